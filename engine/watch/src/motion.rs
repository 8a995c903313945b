//! Sudden turn (205), sudden stop (308) and not under command (307): what the motion of one vessel tells.

use crate::alert::{About, Delays, Evidence, Judgement, Key, Kind, Priority, Signal, Unit};
use crate::encounter::apart_deg;
use crate::{Judge, Moment, Scene, is_live};
use fusion::{Station, Track, TrackId, chord_m};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{KNOT_MPS, Knots, Position, UtcTime};

/// Limits of the motion of one vessel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// 205: so much within a minute is a sudden turn, degrees.
    pub turn_deg: f64,
    /// Where the water goes, degrees, and how fast, knots; where it is not given, as ships tell ([`fusion::Current`]): for 306 and 307.
    pub current: Option<[f64; 2]>,
}

impl Default for Config {
    fn default() -> Self {
        Self { turn_deg: 30.0, current: None }
    }
}

/// A look back is this old, seconds.
const LOOK_S: f64 = 30.0;
/// Slower than this a turn is no event, knots.
const STEERAGE_KN: f64 = 3.0;
const QUIET_S: f64 = 60.0;
/// A vessel without way goes slower than this through the water, and is still carried, knots.
const NO_WAY_KN: f64 = 1.5;
const CARRIED_KN: f64 = 0.3;
const ATHWART_DEG: f64 = 45.0;
const DRIFT_S: f64 = 120.0;
/// And it has come this far, metres: nobody does at anchor.
const DRIFTED_M: f64 = 120.0;
/// At anchor or moored.
const LIES: [u8; 2] = [1, 5];

/// The judge of motion.
#[derive(Debug)]
pub(crate) struct Motion {
    config: Config,
    state: State,
}

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    tracks: BTreeMap<TrackId, Seen>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Look {
    at: UtcTime,
    sog_kn: f64,
    cog_deg: f64,
}

/// Two looks back, a half and a whole minute old, and since when it drifts.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Seen {
    looks: [Look; 3],
    drift: Option<(UtcTime, Position)>,
}

impl Motion {
    pub const fn new(config: Config, state: State) -> Self {
        Self { config, state }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }

    fn judge_turn(&self, track: &Track, before: &Look, now: &Look, scene: &mut Scene<'_>) {
        let id = track.id;
        let turned_deg = apart_deg(before.cog_deg, now.cog_deg);
        let is_steered = before.sog_kn > STEERAGE_KN && now.sog_kn > STEERAGE_KN && !turns_for_work(track);
        let holds = is_steered && turned_deg > self.config.turn_deg;
        let judgement = Judgement {
            delays: Delays { on_s: 0.0, off_s: QUIET_S },
            ..Judgement::of(
                Key::one(Kind::SuddenTurn, id, About::Nothing),
                Evidence::of(turned_deg, Unit::Degrees),
            )
        };
        scene.signal(Signal::of(holds, !holds), &judgement);
    }

    fn judge_drift(track: &Track, seen: &mut Seen, scene: &mut Scene<'_>) {
        let (ve, vn) = track.velocity_mps();
        let over_ground_kn = ve.hypot(vn) / KNOT_MPS;
        let off_deg =
            track.heading.zip(track.cog()).map(|(heading, cog)| apart_deg(heading.value(), cog.value()));
        let lies = track.nav_status.is_some_and(|status| LIES.contains(&status));
        let is_athwart = !lies
            && track.station == Some(Station::ClassA)
            && over_ground_kn > CARRIED_KN
            && off_deg.is_some_and(|deg| deg > ATHWART_DEG);
        // Few are: the water is asked for these alone.
        let is_adrift = is_athwart && through_water_kn(track, scene.moment) < NO_WAY_KN;
        let at = track.position();
        if is_adrift {
            seen.drift.get_or_insert((scene.moment.now, at));
        } else {
            seen.drift = None;
        }
        let has_drifted = seen.drift.is_some_and(|(since, from)| {
            scene.moment.now.since(since) >= DRIFT_S && chord_m(from, at) > DRIFTED_M
        });
        let judgement = Judgement {
            delays: Delays { on_s: 0.0, off_s: QUIET_S },
            // Whether it reaches a hazard is not known without a chart: a caution, unless it says so itself.
            priority: Some(if track.nav_status == Some(2) { Priority::Alarm } else { Priority::Caution }),
            ..Judgement::of(
                Key::one(Kind::NotUnderCommand, track.id, About::Nothing),
                Evidence::of(off_deg.unwrap_or(0.0), Unit::Degrees),
            )
        };
        scene.signal(Signal::of(has_drifted, !is_adrift), &judgement);
    }
}

/// Who fishes, tows, dredges, brings pilots or patrols turns all day, and nobody should look up for it.
fn turns_for_work(track: &Track) -> bool {
    track.nav_status == Some(7) || matches!(track.identity.ship_type, Some(30..=34 | 50..=55))
}

/// What a vessel of a length may lose in half a minute and still be itself, knots.
fn most_lost_kn(length_m: f64) -> f64 {
    let deceleration = if length_m >= 100.0 {
        0.10
    } else if length_m >= 50.0 {
        0.20
    } else {
        0.40
    };
    deceleration * LOOK_S / KNOT_MPS
}

impl Judge for Motion {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        if !is_live(track) || track.station == Some(Station::Aircraft) {
            return;
        }
        let (Some(sog), Some(cog)) = (track.sog(), track.cog()) else { return };
        let now = Look { at: track.time(), sog_kn: sog.value(), cog_deg: cog.value() };
        let mut seen =
            self.state.tracks.get(&track.id).copied().unwrap_or(Seen { looks: [now; 3], drift: None });
        let [oldest, old, newest] = seen.looks;
        self.judge_turn(track, &oldest, &now, scene);
        let lost_kn = old.sog_kn - now.sog_kn;
        let length_m = track.hull.map_or(20.0, |hull| f64::from(hull.length_m()));
        let is_sudden = now.at.since(old.at) <= 1.6 * LOOK_S && lost_kn > most_lost_kn(length_m);
        if is_sudden && now.sog_kn < 0.6 * old.sog_kn {
            let key = Key::one(Kind::SuddenStop, track.id, About::Nothing);
            if !scene.ledger.is_told(&key) {
                scene.flash(&Judgement::of(key, Evidence::of(lost_kn, Unit::Knots)), now.at);
            }
        }
        Self::judge_drift(track, &mut seen, scene);
        if now.at.since(newest.at) >= LOOK_S {
            seen.looks = [old, newest, now];
        }
        self.state.tracks.insert(track.id, seen);
    }

    fn gone(&mut self, id: TrackId, _scene: &mut Scene<'_>) {
        self.state.tracks.remove(&id);
    }
}

/// How fast a track goes through the water, knots, by what is configured of where that goes, or by what ships tell.
pub(crate) fn through_water_kn(track: &Track, moment: Moment<'_>) -> f64 {
    let (ve, vn) = track.velocity_mps();
    let (we, wn) = if let Some([set_deg, rate_kn]) = moment.current {
        let (sin, cos) = set_deg.to_radians().sin_cos();
        (rate_kn * KNOT_MPS * sin, rate_kn * KNOT_MPS * cos)
    } else {
        let told = moment.picture.current(track.position());
        told.map_or((0.0, 0.0), |it| (it.east_mps, it.north_mps))
    };
    (ve - we).hypot(vn - wn) / KNOT_MPS
}

/// Speed of a track, knots; 0 where none is known.
pub(crate) fn sog_kn(track: &Track) -> f64 {
    track.sog().map_or(0.0, Knots::value)
}
