//! Reports out of step (416): a vessel's clock is wrong, or what it says is old (RISK.md A7).
//!
//! Where radar holds a track, its reports lie behind it or ahead of it along its way by the same time, one like the
//! other. A track that nobody but the vessel itself feeds lies where the vessel says, and shows nothing.

use crate::alert::{About, Delays, Evidence, Judgement, Key, Kind, Signal, Unit};
use crate::invalid::is_invalid;
use crate::{Judge, Scene, is_live};
use fusion::{Plane, Track, TrackId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use units::UtcTime;

/// Judged by so many reports.
const REPORTS: usize = 20;
/// Slower than this the way says nothing about time, metres per second.
const LEAST_MPS: f64 = 2.5;
/// Out of step by more than this, and in step again below that, seconds.
const LAG_S: f64 = 3.0;
const CLEAR_S: f64 = 2.0;
/// How much the lags of one fault may differ among themselves: a standard deviation, seconds.
const SPREAD_S: f64 = 0.8;
/// Of the lag this is sure, seconds, less what an antenna makes of it that lies so far from where it is said to,
/// metres; and from where the middle is, where nothing is said.
const SURE_S: f64 = 2.0;
const ANTENNA_M: f64 = 5.0;
const UNKNOWN_M: f64 = 200.0;
/// Of an offset across the way, which no clock makes, the most as a part of that along it.
const ACROSS: f64 = 0.5;
const OFF_S: f64 = 60.0;

/// The judge of time.
#[derive(Debug)]
pub(crate) struct Lag {
    state: State,
}

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    tracks: BTreeMap<TrackId, Reports>,
}

/// How far the newest reports of a vessel lay behind it, seconds, and to which side, metres; how fast it went; and how
/// well its antenna is known, metres.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Reports {
    newest: UtcTime,
    all: VecDeque<[f64; 4]>,
}

impl Lag {
    pub const fn new(state: State) -> Self {
        Self { state }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }
}

impl Judge for Lag {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        let Some(reported) = track.reported.filter(|_| is_live(track)) else { return };
        // What two say under one number is of neither.
        let is_alone = track
            .identity
            .mmsi
            .is_none_or(|mmsi| !is_invalid(mmsi) && scene.moment.picture.claimants(mmsi).take(2).count() < 2);
        if !is_alone {
            self.state.tracks.remove(&track.id);
            return;
        }
        let reports = self
            .state
            .tracks
            .entry(track.id)
            .or_insert_with(|| Reports { newest: UtcTime::from_unix_ns(0), all: VecDeque::new() });
        if reports.newest == reported.valid {
            return;
        }
        reports.newest = reported.valid;
        let Some(report) = seen(track) else { return };
        reports.all.push_back(report);
        if reports.all.len() > REPORTS {
            reports.all.pop_front();
        }
        if let Some((signal, lag_s)) = reports.judge() {
            let judgement = Judgement {
                delays: Delays { on_s: 0.0, off_s: OFF_S },
                ..Judgement::of(
                    Key::one(Kind::ReportLag, track.id, About::Nothing),
                    Evidence::against(lag_s, LAG_S, Unit::Seconds),
                )
            };
            scene.signal(signal, &judgement);
        }
    }

    fn gone(&mut self, id: TrackId, _scene: &mut Scene<'_>) {
        self.state.tracks.remove(&id);
    }
}

/// How far the last report lies behind the track, seconds, to which side, metres, and how fast it goes.
fn seen(track: &Track) -> Option<[f64; 4]> {
    let reported = track.reported?;
    let plane = Plane::at(reported.position);
    let now = track.kinematics_at(&plane, reported.valid);
    let speed_mps = now.ve_mps.hypot(now.vn_mps);
    if speed_mps < LEAST_MPS {
        return None;
    }
    let (e, n) = (now.ve_mps / speed_mps, now.vn_mps / speed_mps);
    // From the middle of the hull to the antenna, forward and to starboard.
    let hull = track.hull.filter(|hull| hull.to_bow_m > 0 && hull.to_stern_m > 0);
    let half = |a: u16, b: u16| (f64::from(a) - f64::from(b)) / 2.0;
    let (forward_m, starboard_m) = hull.map_or((0.0, 0.0), |hull| {
        (half(hull.to_stern_m, hull.to_bow_m), half(hull.to_port_m, hull.to_starboard_m))
    });
    let (sin, cos) = track.heading.map_or((e, n), |heading| heading.radians().sin_cos());
    let antenna_e = now.e_m + forward_m * sin + starboard_m * cos;
    let antenna_n = now.n_m + forward_m * cos - starboard_m * sin;
    let known_m = if hull.is_some() { ANTENNA_M } else { UNKNOWN_M };
    Some([(antenna_e * e + antenna_n * n) / speed_mps, antenna_e * n - antenna_n * e, speed_mps, known_m])
}

impl Reports {
    fn judge(&self) -> Option<(Signal, f64)> {
        if self.all.len() < REPORTS {
            return None;
        }
        let count = self.all.len() as f64;
        let mean = |of: &dyn Fn(&[f64; 4]) -> f64| self.all.iter().map(of).sum::<f64>() / count;
        let (lag_s, across_m, speed_mps) = (mean(&|r| r[0]), mean(&|r| r[1]), mean(&|r| r[2]));
        let spread_s = mean(&|r| (r[0] - lag_s).powi(2)).sqrt();
        let is_along = across_m.abs() < ACROSS * lag_s.abs() * speed_mps;
        let is_sure = lag_s.abs() > LAG_S.max(SURE_S + mean(&|r| r[3]) / speed_mps);
        let lags = is_sure && is_along && spread_s < SPREAD_S;
        Some((Signal::of(lags, lag_s.abs() < CLEAR_S), lag_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a7_the_same_lag_again_and_again_is_a_fault_of_the_clock() {
        let judged = |lag: &dyn Fn(usize) -> [f64; 4]| {
            let reports = Reports { newest: UtcTime::from_unix_ns(0), all: (0..REPORTS).map(lag).collect() };
            reports.judge().unwrap().0
        };
        let noise = |i: usize| 0.5 * (i as f64).sin();
        assert_eq!(judged(&|i| [8.0 + noise(i), 5.0, 6.0, 5.0]), Signal::On);
        assert_eq!(judged(&|i| [-8.0 + noise(i), 5.0, 6.0, 5.0]), Signal::On, "ahead");
        assert_eq!(judged(&|i| [noise(i), 5.0, 6.0, 5.0]), Signal::Off);
        assert_eq!(
            judged(&|i| [8.0 + noise(i), 5.0, 6.0, 200.0]),
            Signal::Hold,
            "an antenna may be elsewhere"
        );
        assert_eq!(
            judged(&|i| [8.0 + noise(i), 40.0, 6.0, 5.0]),
            Signal::Hold,
            "beside it: no clock does that"
        );
        assert_eq!(judged(&|i| [8.0 * noise(i) + 8.0, 5.0, 6.0, 5.0]), Signal::Hold, "now so, now so");
        let few = Reports { newest: UtcTime::from_unix_ns(0), all: [[8.0, 0.0, 6.0, 5.0]].into() };
        assert_eq!(few.judge(), None);
    }
}
