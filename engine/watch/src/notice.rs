//! What is nobody's track: a source that falls silent, a distress message, a typhoon. And the technical alerts that
//! follow at once: 409 sensor bias, 410 BeiDou disagrees, 411 BeiDou distress, 601 source silent, 602 source out of
//! band, 603 clock offset, 604 recorder, 605 chain of the recording, 608 overrun, 609 camera down, 610 configuration.

use crate::Scene;
use crate::alert::{About, Delays, Evidence, Judgement, Key, Kind, Priority, Signal, Unit};
use crate::storm::Storm;
use fusion::{SourceId, TrackId};
use serde::{Deserialize, Serialize};
use units::{Caller, Label, Position};

/// What is nobody's track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Notice {
    /// How a source does; said again and again.
    Source(Health),
    /// What cameras say of themselves.
    Cameras(Vec<crate::cue::Report>),
    /// A camera does not answer or refuses what it is told, or does as it should again.
    Camera {
        /// Which.
        number: u16,
        /// What it is called.
        name: String,
        /// Whether it does not.
        is_down: bool,
    },
    /// A configuration was taken, or refused.
    Configuration {
        /// What happened, in words.
        text: String,
    },
    /// A typhoon as it is now known.
    Storm(Storm),
    /// Somebody calls for help by BeiDou.
    Sos {
        /// Who.
        by: Caller,
        /// What it is called, where that is known.
        name: Option<Label>,
        /// Where.
        place: Option<Position>,
    },
    /// A sensor is off by this, over several vessels.
    Bias {
        /// Which.
        source: SourceId,
        /// What it is called.
        name: String,
        /// Metres.
        off_m: f64,
        /// Metres.
        limit_m: f64,
    },
    /// A vessel's AIS and its BeiDou terminal are apart by this, metres.
    Disagreement {
        /// Which.
        track: TrackId,
        /// How far.
        apart_m: f64,
    },
    /// How the recorder does.
    Recorder {
        /// What is wrong with it; `None`: it records.
        trouble: Option<String>,
    },
    /// What was lost because somebody was too slow.
    Overrun {
        /// Of what.
        name: String,
        /// How much of late; 0: it is over.
        lost: u64,
    },
    /// Whether the recording is as it was sealed.
    Chain {
        /// What is wrong with it; `None`: nothing.
        trouble: Option<String>,
    },
}

/// How a source does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Which.
    pub source: SourceId,
    /// What it is called.
    pub name: String,
    /// How long it has said nothing, seconds.
    pub silent_s: f64,
    /// What it says now and what it usually says, a second; `None` while that is not known.
    pub rates: Option<[f64; 2]>,
    /// How far the clock that stamps its messages is ahead of ours, seconds; `None` while that is not known.
    pub ahead_s: Option<f64>,
}

const SILENT_S: f64 = 60.0;
/// A source is out of band at less than this part of its usual rate, or at this multiple.
const BAND: [f64; 2] = [0.3, 3.0];
const RATE_ON_S: f64 = 120.0;
const OFFSET_S: f64 = 0.05;
const OFFSET_ALARM_S: f64 = 0.5;
const OFFSET_ON_S: f64 = 60.0;
/// A third of a mile (ALERTS.md 410).
const APART_M: f64 = 556.0;
const CLEAR_FACTOR: f64 = 0.8;

pub(crate) fn judge(notice: &Notice, scene: &mut Scene<'_>) {
    match notice {
        Notice::Source(health) => judge_source(health, scene),
        Notice::Configuration { text } => {
            let key = Key::place(Kind::Configuration, About::Nothing);
            scene.flash(
                &Judgement { name: Some(text), ..Judgement::of(key, Evidence::Fact) },
                scene.moment.now,
            );
        }
        Notice::Camera { number, name, is_down } => {
            let key = Key::place(Kind::CameraDown, About::Camera(*number));
            let judgement = Judgement { name: Some(name), ..Judgement::of(key, Evidence::Fact) };
            scene.signal(Signal::of(*is_down, !*is_down), &judgement);
        }
        // The judge of weather keeps the one, the cues the others.
        Notice::Storm(_) | Notice::Cameras(_) => {}
        Notice::Sos { by, name, place } => {
            let track = scene.moment.picture.claimants(*by).next().map(|track| track.id);
            let about = About::Caller(*by);
            let alone = Key::place(Kind::BeiDouSos, about);
            // Who called before there was a track of it is still the same caller.
            let key = match track {
                Some(id) if !scene.ledger.is_case(&alone) => Key::one(Kind::BeiDouSos, id, about),
                _ => alone,
            };
            let name = name.map_or_else(|| by.to_string(), |name| format!("{name} ({by})"));
            let judgement = Judgement {
                name: Some(&name),
                place: *place,
                rank: 1.0,
                ..Judgement::of(key, Evidence::Fact)
            };
            scene.signal(Signal::On, &judgement);
        }
        Notice::Bias { source, name, off_m, limit_m } => {
            let judgement = Judgement {
                name: Some(name),
                ..Judgement::of(
                    Key::place(Kind::SensorBias, About::Source(*source)),
                    Evidence::against(*off_m, *limit_m, Unit::Metres),
                )
            };
            scene.signal(Signal::of(off_m > limit_m, *off_m < CLEAR_FACTOR * limit_m), &judgement);
        }
        Notice::Disagreement { track, apart_m } => {
            let judgement = Judgement::of(
                Key::one(Kind::BeiDouDisagrees, *track, About::Nothing),
                Evidence::against(*apart_m, APART_M, Unit::Metres),
            );
            scene.signal(Signal::of(*apart_m > APART_M, *apart_m < CLEAR_FACTOR * APART_M), &judgement);
        }
        Notice::Recorder { trouble } => {
            let key = Key::place(Kind::Recorder, About::Nothing);
            let name = trouble.as_deref();
            let judgement = Judgement { name, ..Judgement::of(key, Evidence::Fact) };
            scene.signal(Signal::of(trouble.is_some(), trouble.is_none()), &judgement);
        }
        Notice::Chain { trouble } => {
            let key = Key::place(Kind::Chain, About::Nothing);
            let name = trouble.as_deref();
            let judgement = Judgement { name, ..Judgement::of(key, Evidence::Fact) };
            scene.signal(Signal::of(trouble.is_some(), trouble.is_none()), &judgement);
        }
        Notice::Overrun { name, lost } => {
            let key = Key::place(Kind::Overrun, About::Nothing);
            let name = format!("{name}: {lost} lost");
            let judgement = Judgement { name: Some(&name), ..Judgement::of(key, Evidence::Fact) };
            scene.signal(Signal::of(*lost > 0, *lost == 0), &judgement);
        }
    }
}

/// What is said of sources.
const OF_SOURCES: [Kind; 4] = [Kind::SourceSilent, Kind::SourceRate, Kind::ClockOffset, Kind::SensorBias];

impl crate::Watch {
    /// Nothing is expected of a source any more: what was said of it is over.
    pub fn dismiss(&mut self, picture: &fusion::Fusion, source: SourceId, out: &mut Vec<crate::Change>) {
        for kind in OF_SOURCES {
            self.end_all(picture, kind, |about| about == About::Source(source), out);
        }
    }
}

fn judge_source(health: &Health, scene: &mut Scene<'_>) {
    let judgement = |kind, evidence| Judgement {
        name: Some(&health.name),
        ..Judgement::of(Key::place(kind, About::Source(health.source)), evidence)
    };
    let is_silent = health.silent_s >= SILENT_S;
    let silent = judgement(Kind::SourceSilent, Evidence::of(health.silent_s, Unit::Seconds));
    scene.signal(Signal::of(is_silent, !is_silent), &silent);

    if let Some([rate, usual]) = health.rates {
        let [least, most] = BAND;
        let is_out = !is_silent && !(least * usual..=most * usual).contains(&rate);
        let rate = Judgement {
            delays: Delays { on_s: RATE_ON_S, off_s: RATE_ON_S },
            ..judgement(Kind::SourceRate, Evidence::against(rate, usual, Unit::PerSecond))
        };
        scene.signal(Signal::of(is_out, !is_out), &rate);
    }
    if let Some(ahead_s) = health.ahead_s {
        let off_s = ahead_s.abs();
        let priority = if off_s > OFFSET_ALARM_S { Priority::Alarm } else { Priority::Warning };
        let offset = Judgement {
            priority: Some(priority),
            delays: Delays { on_s: OFFSET_ON_S, off_s: OFFSET_ON_S },
            ..judgement(Kind::ClockOffset, Evidence::of(ahead_s, Unit::Moment))
        };
        scene.signal(Signal::of(off_s > OFFSET_S, off_s < CLEAR_FACTOR * OFFSET_S), &offset);
    }
}
