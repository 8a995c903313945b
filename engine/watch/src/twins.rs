//! Identity clash (405) and position jump (408): one MMSI in two places.
//!
//! The tracker keeps two tracks where one number is heard from places that one vessel cannot join. Where both go
//! on speaking, two vessels bear the number; where the one falls silent as the other begins, one vessel jumped.

use crate::alert::{About, Delays, Evidence, Judgement, Key, Kind, Signal, Unit};
use crate::invalid::is_invalid;
use crate::{Judge, Scene};
use fusion::{Track, TrackId, chord_m};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{KNOT_MPS, UtcTime};

/// Both have to have spoken within this, seconds.
const BOTH_S: f64 = 120.0;
/// They speak in turn at least so often to be two.
const TURNS: u32 = 4;
/// Two that are this far apart and as far as a vessel of 50 knots would have gone are in two places, metres.
const APART_M: f64 = 926.0;
const FAST_MPS: f64 = 50.0 * KNOT_MPS;
/// Less than this is no jump, metres.
const JUMP_M: f64 = 300.0;
const CLASH_OFF_S: f64 = 600.0;
const JUMP_OFF_S: f64 = 300.0;
/// It takes so long to tell a jump from two that speak in turn, seconds.
const JUMP_ON_S: f64 = 20.0;
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
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Twin {
    /// When each was last heard.
    heard: [UtcTime; 2],
    last: TrackId,
    turns: u32,
    apart_m: f64,
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
        let twin = self.state.twins.entry(ids).or_insert(Twin {
            heard: [others.arrival; 2],
            last: other.id,
            turns: 0,
            apart_m,
        });
        // A track also changes when nothing was heard of it.
        let before = if track.id == ids.0 { twin.heard[0] } else { twin.heard[1] };
        if before == now {
            return;
        }
        if twin.last != track.id {
            (twin.last, twin.turns) = (track.id, twin.turns.saturating_add(1));
        }
        let [first, second] = &mut twin.heard;
        *(if track.id == ids.0 { first } else { second }) = now;
        twin.apart_m = apart_m;
        let silent_s = twin.heard[0].since(twin.heard[1]).abs();
        let both_speak = silent_s < BOTH_S && twin.turns >= TURNS;
        let is_apart = apart_m > APART_M + FAST_MPS * others.arrival.since(now).abs();
        let twin = *twin;
        let clash = judgement(Kind::IdentityClash, ids, twin.apart_m, CLASH_OFF_S);
        scene.signal(Signal::of(both_speak && is_apart, !both_speak), &clash);
        // A jump is between the last of the one and the first of the other, faster than anything goes.
        let gap_s = twin.heard[0].since(twin.heard[1]).abs().max(1.0);
        let jumped = !both_speak && apart_m > JUMP_M && apart_m / gap_s > 40.0 * KNOT_MPS;
        let jump = judgement(Kind::PositionJump, ids, twin.apart_m, JUMP_OFF_S);
        scene.signal(Signal::of(jumped && !scene.ledger.is_told(&clash.key), both_speak), &jump);
    }
}

fn judgement(kind: Kind, (one, other): (TrackId, TrackId), apart_m: f64, off_s: f64) -> Judgement<'static> {
    Judgement {
        delays: Delays { on_s: if kind == Kind::PositionJump { JUMP_ON_S } else { 0.0 }, off_s },
        ..Judgement::of(Key::pair(kind, one, other, About::Nothing), Evidence::of(apart_m, Unit::Metres))
    }
}

impl Judge for Twins {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        let Some(mmsi) = track.identity.mmsi.filter(|mmsi| !is_invalid(*mmsi)) else { return };
        let picture = scene.moment.picture;
        for other in picture.claimants(mmsi).filter(|other| other.id != track.id).take(8) {
            self.note(track, other, scene);
        }
    }

    fn gone(&mut self, id: TrackId, _scene: &mut Scene<'_>) {
        self.state.twins.retain(|(one, other), _| *one != id && *other != id);
    }

    fn sweep(&mut self, scene: &mut Scene<'_>) {
        let now = scene.moment.now;
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
