//! Lost target (401), AIS lost (402), AIS gap (403) and identity change (406): what a vessel no longer says, and
//! what it says otherwise.

use crate::alert::{About, Delays, Evidence, Judgement, Key, Kind, Signal, Unit};
use crate::{Judge, Registered, Scene, is_live};
use fusion::{Identity, Life, Station, Track, TrackId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use units::{Imo, Label, Mmsi, UtcTime};

/// Silent for so many of its reporting intervals, and for so long at least, seconds, it is dark.
const INTERVALS: f64 = 6.0;
const DARK_S: f64 = 180.0;
/// Its track is still fed by somebody.
const SEEN_S: f64 = 60.0;
const GAP_S: f64 = 1800.0;
/// How long a vessel that has gone is remembered, seconds; and how many are.
const REMEMBER_S: f64 = 7.0 * 86_400.0;
const MAX_REMEMBERED: usize = 100_000;
const OFF_S: f64 = 10.0;

/// The judge of silence.
#[derive(Debug)]
pub(crate) struct Silence {
    state: State,
    register: BTreeMap<Mmsi, Registered>,
    due: Vec<TrackId>,
}

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// What each said of itself.
    said: BTreeMap<TrackId, Said>,
    /// Who has gone, and when it was last heard.
    gone: BTreeMap<Mmsi, UtcTime>,
    /// Who says otherwise than the register.
    against: BTreeSet<TrackId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Said {
    mmsi: Option<Mmsi>,
    heard: UtcTime,
    imo: Option<Imo>,
    name: Option<Label>,
    callsign: Option<Label>,
    ship_type: Option<u8>,
    may_go_dark: bool,
}

impl Said {
    fn of(track: &Track) -> Self {
        let Identity { mmsi, imo, name, callsign, ship_type, .. } = track.identity;
        Self { mmsi, heard: spoke(track), imo, name, callsign, ship_type, may_go_dark: may_go_dark(track) }
    }

    /// It says otherwise than the register.
    fn denies(&self, known: &Registered) -> bool {
        let other = |said: Option<Label>, known: Option<Label>| {
            said.zip(known).is_some_and(|(said, known)| said.as_str().trim_end() != known.as_str().trim_end())
        };
        self.imo.zip(known.imo).is_some_and(|(said, known)| said.number() != known)
            || other(self.callsign, known.call_sign)
            || other(self.name, known.name)
    }

    /// Something that was known is now otherwise.
    fn contradicts(&self, before: &Self) -> bool {
        fn other<T: PartialEq>(now: Option<T>, before: Option<T>) -> bool {
            now.zip(before).is_some_and(|(now, before)| now != before)
        }
        other(self.imo, before.imo)
            || other(self.name, before.name)
            || other(self.callsign, before.callsign)
            || other(self.ship_type, before.ship_type)
            || other(self.mmsi, before.mmsi)
    }
}

/// When it last said where it is. Whoever never did is seen only, and is none of those who fall silent.
fn spoke(track: &Track) -> UtcTime {
    track.reported.map_or(track.time(), |reported| reported.arrival)
}

/// Class A of 50 m and more, passenger ships and whoever carries dangerous goods.
fn is_watched(track: &Track) -> bool {
    let is_long = track.hull.is_some_and(|hull| hull.length_m() >= 50);
    let is_grave = matches!(track.identity.ship_type, Some(60..=69 | 71..=74 | 80..=89));
    track.station == Some(Station::ClassA) && (is_long || is_grave)
}

/// Whose silence is told while it is seen: those, and whoever has a class A station and does not say how large it is.
fn may_go_dark(track: &Track) -> bool {
    let is_unknown = track.hull.is_none_or(|hull| hull.length_m() == 0);
    is_watched(track) || track.station == Some(Station::ClassA) && is_unknown
}

/// How often such a vessel speaks (ITU-R M.1371-5, annex 1, table 1), seconds.
fn interval_s(track: &Track) -> f64 {
    let sog_kn = crate::motion::sog_kn(track);
    match (track.station, sog_kn) {
        (Some(Station::ClassB), kn) if kn > 2.0 => 30.0,
        (_, kn) if kn < 3.0 => 180.0,
        (_, kn) if kn > 23.0 => 2.0,
        (_, kn) if kn > 14.0 => 6.0,
        _ => 10.0,
    }
}

impl Silence {
    pub fn new(register: &[Registered], state: State) -> Self {
        let by_mmsi = register.iter().filter_map(|known| Some((Mmsi::new(known.mmsi)?, *known)));
        Self { state, register: by_mmsi.collect(), due: Vec::new() }
    }

    /// Tells once of a vessel that says otherwise than the register.
    fn compare(&mut self, id: TrackId, said: &Said, scene: &mut Scene<'_>) {
        let Some(known) = said.mmsi.and_then(|mmsi| self.register.get(&mmsi)) else { return };
        if !said.denies(known) {
            self.state.against.remove(&id);
        } else if self.state.against.insert(id) {
            let key = Key::one(Kind::IdentityChange, id, About::Nothing);
            let judgement = Judgement { name: Some("register"), ..Judgement::of(key, Evidence::Fact) };
            scene.flash(&judgement, scene.moment.now);
        }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }
}

impl Judge for Silence {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        let now = scene.moment.now;
        let lost = Key::one(Kind::LostTarget, track.id, About::Nothing);
        let silent_s = now.since(spoke(track));
        if track.life == Life::Lost && is_watched(track) || scene.ledger.is_case(&lost) {
            let judgement = Judgement {
                delays: Delays { on_s: 0.0, off_s: OFF_S },
                ..Judgement::of(lost, Evidence::of(silent_s, Unit::Seconds))
            };
            scene.signal(Signal::of(track.life == Life::Lost, is_live(track)), &judgement);
        }
        let said = Said::of(track);
        let before = self.state.said.insert(track.id, said);
        if before.is_some_and(|before| said.contradicts(&before)) {
            let key = Key::one(Kind::IdentityChange, track.id, About::Nothing);
            scene.flash(&Judgement::of(key, Evidence::Fact), now);
        }
        if !self.register.is_empty() {
            self.compare(track.id, &said, scene);
        }
        if before.is_none()
            && let Some(last) = track.identity.mmsi.and_then(|mmsi| self.state.gone.remove(&mmsi))
            && spoke(track).since(last) > GAP_S
        {
            let gap_s = spoke(track).since(last);
            let key = Key::one(Kind::AisGap, track.id, About::Nothing);
            scene.flash(&Judgement::of(key, Evidence::of(gap_s, Unit::Seconds)), last);
        }
    }

    fn gone(&mut self, id: TrackId, _scene: &mut Scene<'_>) {
        self.state.against.remove(&id);
        let Some(said) = self.state.said.remove(&id) else { return };
        if let Some(mmsi) = said.mmsi
            && self.state.gone.len() < MAX_REMEMBERED
        {
            self.state.gone.insert(mmsi, said.heard);
        }
    }

    fn sweep(&mut self, scene: &mut Scene<'_>) {
        let now = scene.moment.now;
        // Every vessel is looked at once in ten seconds.
        if now.unix_s().rem_euclid(10) != 0 {
            return;
        }
        self.state.gone.retain(|_, last| now.since(*last) < REMEMBER_S);
        let mut due = std::mem::take(&mut self.due);
        due.clear();
        let watched = self.state.said.iter().filter(|(_, said)| said.may_go_dark && said.mmsi.is_some());
        due.extend(watched.filter(|(_, said)| now.since(said.heard) > DARK_S).map(|(id, _)| *id));
        due.extend(scene.ledger.open_cases(Kind::AisLost).filter_map(|key| key.tracks.iter().next()));
        due.sort_unstable();
        due.dedup();
        for id in &due {
            let Some(track) = scene.moment.picture.track(*id) else { continue };
            let silent_s = now.since(spoke(track));
            let is_silent = silent_s > (INTERVALS * interval_s(track)).max(DARK_S);
            let is_seen = is_live(track) && now.since(track.time()) < SEEN_S;
            let judgement = Judgement {
                delays: Delays { on_s: 0.0, off_s: OFF_S },
                ..Judgement::of(
                    Key::one(Kind::AisLost, *id, About::Nothing),
                    Evidence::of(silent_s, Unit::Seconds),
                )
            };
            scene.signal(Signal::of(is_silent && is_seen, !is_silent || !is_seen), &judgement);
        }
        self.due = due;
    }
}
