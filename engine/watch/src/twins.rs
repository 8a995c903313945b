//! Identity clash (405) and position jump (408): one MMSI in two places.
//!
//! The tracker keeps two tracks where one number is heard from places that one vessel cannot join. Where both go
//! on speaking, two vessels bear the number. Where one has been heard for a while and falls silent as the other begins,
//! one vessel jumped, whether it comes back or not.

use crate::alert::{About, Delays, Evidence, Judgement, Key, Kind, Signal, Unit};
use crate::invalid::is_invalid;
use crate::{Judge, Scene};
use fusion::{Track, TrackId, chord_m};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{KNOT_MPS, UtcTime};

/// Both have to have spoken within this, seconds.
const BOTH_S: f64 = 120.0;
/// One of two interrupts the other after so few reports at most, and at least so often.
const RUN: u32 = 2;
const TURNS: u32 = 4;
/// Two that are this far apart and as far as a vessel of 50 knots would have gone are in two places, metres.
const APART_M: f64 = 926.0;
const FAST_MPS: f64 = 50.0 * KNOT_MPS;
/// Less than this is no jump, metres.
const JUMP_M: f64 = 300.0;
const CLASH_OFF_S: f64 = 600.0;
const JUMP_OFF_S: f64 = 300.0;
/// Who jumps was heard for so long before, seconds: of two that begin together, neither does.
const KNOWN_S: f64 = 45.0;
/// And is silent where it was for so long, or where it had gone to once it is back, seconds.
const SILENT_S: f64 = 25.0;
const MAX_TWINS: usize = 16_384;

/// The judge of numbers that are used twice.
#[derive(Debug)]
pub(crate) struct Twins {
    state: State,
}

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    twins: BTreeMap<(TrackId, TrackId), Twin>,
    /// Since when each that has a number speaks.
    since: BTreeMap<TrackId, UtcTime>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Twin {
    /// When each was last heard.
    heard: [UtcTime; 2],
    last: TrackId,
    /// Reports of that one in a row, and how often one was interrupted at once.
    run: u32,
    turns: u32,
    apart_m: f64,
    /// When the later of them began, how far from the other and how long after it, metres and seconds, where the
    /// other was known by then.
    leap: Option<(UtcTime, f64, f64)>,
}

impl Twins {
    pub const fn new(state: State) -> Self {
        Self { state }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }

    fn note(&mut self, track: &Track, other: &Track, scene: &mut Scene<'_>) {
        let ids = (track.id.min(other.id), track.id.max(other.id));
        if !self.state.twins.contains_key(&ids) && self.state.twins.len() >= MAX_TWINS {
            return;
        }
        let Some((own, others)) = track.reported.zip(other.reported) else { return };
        let (now, apart_m) = (own.arrival, chord_m(own.position, others.position));
        let known =
            self.state.since.get(&other.id).is_some_and(|since| others.arrival.since(*since) > KNOWN_S);
        let twin = self.state.twins.entry(ids).or_insert(Twin {
            heard: [others.arrival; 2],
            last: other.id,
            run: RUN + 1,
            turns: 0,
            apart_m,
            leap: None,
        });
        // A track also changes when nothing was heard of it.
        let before = if track.id == ids.0 { twin.heard[0] } else { twin.heard[1] };
        if before == now {
            return;
        }
        if twin.last == track.id {
            twin.run = twin.run.saturating_add(1);
        } else {
            // Who comes back after a while does not speak in turn.
            let is_back = now.since(before) >= BOTH_S;
            twin.turns = if is_back { 0 } else { twin.turns + u32::from(twin.run <= RUN) };
            if known && (twin.leap.is_none() || is_back) {
                twin.leap = Some((now, apart_m, now.since(others.arrival).max(1.0)));
            }
            (twin.last, twin.run) = (track.id, 1);
        }
        let [first, second] = &mut twin.heard;
        *(if track.id == ids.0 { first } else { second }) = now;
        twin.apart_m = apart_m;
        let twin = *twin;
        let clash = judgement(Kind::IdentityClash, ids, twin.apart_m, CLASH_OFF_S);
        scene.signal(Signal::of(twin.clashes(), !twin.both_speak()), &clash);
    }
}

impl Twin {
    fn both_speak(&self) -> bool {
        let silent_s = self.heard[0].since(self.heard[1]).abs();
        silent_s < BOTH_S && self.turns >= TURNS
    }

    /// Two vessels are in two places.
    fn clashes(&self) -> bool {
        let skew_s = self.heard[0].since(self.heard[1]).abs();
        self.both_speak() && self.apart_m > APART_M + FAST_MPS * skew_s
    }

    /// How far one vessel has jumped: faster than anything goes, and nobody speaks from where it is not.
    fn jump_m(&self, now: UtcTime) -> Option<f64> {
        let (at, leap_m, gap_s) = self.leap?;
        let silent_s = self.heard.iter().map(|heard| now.since(*heard)).fold(0.0, f64::max);
        let is_told = leap_m > JUMP_M
            && leap_m / gap_s > 40.0 * KNOT_MPS
            && self.turns < TURNS
            && silent_s > SILENT_S
            && now.since(at) < BOTH_S;
        is_told.then_some(leap_m)
    }
}

fn judgement(kind: Kind, (one, other): (TrackId, TrackId), apart_m: f64, off_s: f64) -> Judgement<'static> {
    Judgement {
        delays: Delays { on_s: 0.0, off_s },
        ..Judgement::of(Key::pair(kind, one, other, About::Nothing), Evidence::of(apart_m, Unit::Metres))
    }
}

impl Judge for Twins {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        let Some(mmsi) = track.identity.mmsi.filter(|mmsi| !is_invalid(*mmsi)) else { return };
        if let Some(reported) = track.reported {
            self.state.since.entry(track.id).or_insert(reported.arrival);
        }
        let picture = scene.moment.picture;
        for other in picture.claimants(mmsi).filter(|other| other.id != track.id).take(8) {
            self.note(track, other, scene);
        }
    }

    fn gone(&mut self, id: TrackId, _scene: &mut Scene<'_>) {
        self.state.since.remove(&id);
        self.state.twins.retain(|(one, other), _| *one != id && *other != id);
    }

    fn sweep(&mut self, scene: &mut Scene<'_>) {
        let now = scene.moment.now;
        for (ids, twin) in &self.state.twins {
            let key = Key::pair(Kind::PositionJump, ids.0, ids.1, About::Nothing);
            let clash = Key { kind: Kind::IdentityClash, ..key };
            if let Some(jump_m) = twin.jump_m(now).filter(|_| !scene.ledger.is_told(&clash)) {
                scene.signal(Signal::On, &judgement(Kind::PositionJump, *ids, jump_m, JUMP_OFF_S));
            }
        }
        let silent = |twin: &Twin| twin.heard.iter().any(|heard| now.since(*heard) > BOTH_S);
        for (ids, twin) in self.state.twins.iter().filter(|(_, twin)| silent(twin)) {
            for (kind, off_s) in [(Kind::IdentityClash, CLASH_OFF_S), (Kind::PositionJump, JUMP_OFF_S)] {
                let judgement = judgement(kind, *ids, twin.apart_m, off_s);
                if scene.ledger.is_case(&judgement.key) {
                    scene.signal(Signal::Off, &judgement);
                }
            }
        }
    }
}
