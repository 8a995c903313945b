//! Dragging anchor (309): the point that a vessel hangs on has moved.
//!
//! At anchor a vessel lies on a circle about its anchor and points at it: hawse plus radius along the heading stays
//! where it is, however far the vessel swings. The radius and that point are fitted to what was seen; when the
//! newest minute leaves the point by more than that can explain, farther with every sample, and not ahead, the
//! anchor drags. Without a heading only the usual swinging circle is left.

use crate::alert::{About, Delays, Evidence, Judgement, Key, Kind, Signal, Unit};
use crate::encounter::apart_deg;
use crate::hull::Outline;
use crate::{Judge, Scene, is_live};
use fusion::{Plane, Track, TrackId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use units::{Knots, Position, UtcTime};

const AT_ANCHOR: u8 = 1;
/// Faster than this over the ground nobody has just anchored, metres per second.
const SLOW_MPS: f64 = 1.0;
/// Faster than this and ahead, the vessel is under way, metres per second.
const UNDER_WAY_MPS: f64 = 1.5;
/// One sample is the mean of so many seconds.
const SAMPLE_S: f64 = 30.0;
/// Samples that are kept: half an hour.
const SAMPLES: usize = 60;
/// The newest ones are not fitted, but compared with the fit.
const NEWEST: usize = 4;
/// The fit needs so many.
const LEAST: usize = 5;
/// How far the hawse is from the anchor before anything was seen, and how sure that is, metres.
const RADIUS_M: f64 = 130.0;
const RADIUS_SIGMA_M: f64 = 60.0;
/// How far a sample lies from the circle, metres, and how far the heading points past the anchor, radians.
const SAMPLE_SIGMA_M: f64 = 12.0;
const YAW_SIGMA: f64 = 0.14;
/// The point must have moved by this and twice its own uncertainty, metres.
const MOVED_M: f64 = 30.0;
const BACK_M: f64 = 25.0;
/// Without a heading: the usual swinging circle, metres.
const CIRCLE_M: f64 = 350.0;
/// A vessel that moves where it points does not drag.
const AHEAD_DEG: f64 = 50.0;
/// The hawse is this part of the length abaft the bow.
const HAWSE: f64 = 0.03;

/// The judge of anchors.
#[derive(Debug)]
pub(crate) struct Drag {
    state: State,
}

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    tracks: BTreeMap<TrackId, Hanging>,
}

/// A mean over half a minute: hawse east and north of the origin, metres, and the unit vector of the heading; both
/// of its parts are 0 where no heading is known.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Sample {
    at_m: [f64; 2],
    ahead: [f64; 2],
}

/// A vessel at anchor.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Hanging {
    origin: Position,
    sum: Sample,
    count: u32,
    begun: UtcTime,
    samples: VecDeque<Sample>,
    /// Where it hung when it began to drag.
    held: Option<Fit>,
}

/// The point that it hangs on, and how far away.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Fit {
    anchor_m: [f64; 2],
    radius_m: f64,
    radius_variance: f64,
    mean_ahead: [f64; 2],
}

impl Drag {
    pub const fn new(state: State) -> Self {
        Self { state }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }
}

impl Judge for Drag {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        let speed_mps = track.sog().map_or(0.0, Knots::mps);
        let is_anchored = is_live(track) && track.nav_status == Some(AT_ANCHOR);
        let Some(hanging) = self.state.tracks.get_mut(&track.id) else {
            if is_anchored && speed_mps < SLOW_MPS {
                self.state.tracks.insert(track.id, Hanging::new(track));
            }
            return;
        };
        let is_under_way = speed_mps > UNDER_WAY_MPS && goes_ahead(track);
        if !is_anchored || is_under_way {
            self.state.tracks.remove(&track.id);
            scene.signal(Signal::Off, &judgement(track.id, 0.0));
            return;
        }
        if let Some((signal, moved_m)) = hanging.take(track) {
            scene.signal(signal, &judgement(track.id, moved_m));
        }
    }

    fn gone(&mut self, id: TrackId, _scene: &mut Scene<'_>) {
        self.state.tracks.remove(&id);
    }
}

fn judgement(id: TrackId, moved_m: f64) -> Judgement<'static> {
    Judgement {
        delays: Delays { on_s: 0.0, off_s: 60.0 },
        rank: (0.5 + moved_m / 400.0).min(1.0),
        ..Judgement::of(Key::one(Kind::AnchorDrag, id, About::Nothing), Evidence::of(moved_m, Unit::Metres))
    }
}

fn goes_ahead(track: &Track) -> bool {
    let directions = track.heading.zip(track.cog());
    directions.is_some_and(|(heading, cog)| apart_deg(heading.value(), cog.value()) < AHEAD_DEG)
}

impl Hanging {
    fn new(track: &Track) -> Self {
        Self {
            origin: track.position(),
            sum: Sample::default(),
            count: 0,
            begun: track.time(),
            samples: VecDeque::new(),
            held: None,
        }
    }

    /// Takes a state of the track in; once a sample is complete, what it says.
    fn take(&mut self, track: &Track) -> Option<(Signal, f64)> {
        let outline = Outline::of(track);
        let ahead = if track.heading.is_some() { outline.ahead() } else { [0.0; 2] };
        let (e, n) = Plane::at(self.origin).to_local(track.position());
        let reach_m = outline.length_m * (0.5 - HAWSE);
        for (sum, value) in self.sum.at_m.iter_mut().zip([e + reach_m * ahead[0], n + reach_m * ahead[1]]) {
            *sum += value;
        }
        for (sum, value) in self.sum.ahead.iter_mut().zip(ahead) {
            *sum += value;
        }
        self.count += 1;
        if track.time().since(self.begun) < SAMPLE_S {
            return None;
        }
        let mean = |[a, b]: [f64; 2]| [a / f64::from(self.count), b / f64::from(self.count)];
        let sample = Sample { at_m: mean(self.sum.at_m), ahead: mean(self.sum.ahead) };
        (self.sum, self.count, self.begun) = (Sample::default(), 0, track.time());
        self.samples.push_back(sample);
        if self.samples.len() > SAMPLES {
            self.samples.pop_front();
        }
        self.judge()
    }

    fn judge(&mut self) -> Option<(Signal, f64)> {
        let old = self.samples.len().checked_sub(NEWEST).filter(|old| *old >= LEAST)?;
        let fit = self.held.unwrap_or_else(|| Fit::of(&self.samples.iter().take(old)));
        let newest: Vec<Sample> = self.samples.iter().skip(old).copied().collect();
        let moved: Vec<[f64; 2]> = newest.iter().map(|sample| fit.residual_m(sample)).collect();
        let lengths: Vec<f64> = moved.iter().map(|[e, n]| e.hypot(*n)).collect();
        let (last, sample) = (*lengths.last()?, newest.last()?);
        let [one, two] = [newest.first()?, sample];
        let drift = [two.at_m[0] - one.at_m[0], two.at_m[1] - one.at_m[1]];
        let is_heading = sample.ahead[0].hypot(sample.ahead[1]) > 0.5;
        let drift_deg = drift[0].atan2(drift[1]).to_degrees();
        let heading_deg = sample.ahead[0].atan2(sample.ahead[1]).to_degrees();
        let goes_ahead = is_heading && apart_deg(drift_deg, heading_deg) < AHEAD_DEG;
        let limit_m = if is_heading { MOVED_M + 2.0 * fit.sigma_m(sample) } else { CIRCLE_M };
        let grows = lengths.windows(2).skip(NEWEST - 3).all(|pair| pair.first() < pair.last());
        let drags = last > limit_m && grows && !goes_ahead;
        if drags {
            self.held.get_or_insert(fit);
        } else if last < BACK_M {
            self.held = None;
        }
        Some((Signal::of(drags || self.held.is_some() && last > limit_m, last < BACK_M), last))
    }
}

impl Fit {
    /// Least squares for hawse = anchor - radius × heading, the radius near what is usual.
    fn of<'a>(samples: &(impl Iterator<Item = &'a Sample> + Clone)) -> Self {
        let count = samples.clone().count().max(1) as f64;
        let mean = |of: fn(&Sample) -> [f64; 2]| {
            let sum = samples.clone().map(of).fold([0.0; 2], |[a, b], [c, d]| [a + c, b + d]);
            [sum[0] / count, sum[1] / count]
        };
        let (at, ahead) = (mean(|s| s.at_m), mean(|s| s.ahead));
        let (mut cross, mut square) = (0.0, 0.0);
        for sample in samples.clone() {
            let (x, y) = (sample.at_m[0] - at[0], sample.at_m[1] - at[1]);
            let (u, v) = (sample.ahead[0] - ahead[0], sample.ahead[1] - ahead[1]);
            cross += x * u + y * v;
            square += u * u + v * v;
        }
        let prior = (SAMPLE_SIGMA_M / RADIUS_SIGMA_M).powi(2);
        let radius_m = ((prior * RADIUS_M - cross) / (square + prior)).clamp(20.0, 400.0);
        Self {
            anchor_m: [at[0] + radius_m * ahead[0], at[1] + radius_m * ahead[1]],
            radius_m,
            radius_variance: SAMPLE_SIGMA_M.powi(2) / (square + prior),
            mean_ahead: ahead,
        }
    }

    fn residual_m(&self, sample: &Sample) -> [f64; 2] {
        let hangs = |axis: usize| {
            let (at, ahead) = (sample.at_m.get(axis)?, sample.ahead.get(axis)?);
            Some(at + self.radius_m * ahead - self.anchor_m.get(axis)?)
        };
        [hangs(0).unwrap_or(0.0), hangs(1).unwrap_or(0.0)]
    }

    fn sigma_m(&self, sample: &Sample) -> f64 {
        let turned =
            (sample.ahead[0] - self.mean_ahead[0]).powi(2) + (sample.ahead[1] - self.mean_ahead[1]).powi(2);
        (25.0 + self.radius_variance * turned + (YAW_SIGMA * self.radius_m).powi(2)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A vessel that swings with the tide, its heading up to 10° past its anchor; what the judge says, by samples.
    fn swing(radius_m: f64, hours: u32, drag_from: Option<u32>, phase: f64) -> Vec<(u32, Signal, f64)> {
        let mut hanging = Hanging {
            origin: Position::new(30.0, 122.0).unwrap(),
            sum: Sample::default(),
            count: 0,
            begun: UtcTime::from_unix_s(0),
            samples: VecDeque::new(),
            held: None,
        };
        let mut said = Vec::new();
        let mut dice = 88_172_645_463_325_252_u64;
        let mut noise = || {
            let mut sum = 0.0;
            for _ in 0..4 {
                dice ^= dice << 13;
                dice ^= dice >> 7;
                dice ^= dice << 17;
                sum += (dice >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
            }
            sum * 3.0
        };
        for i in 0..hours * 120 {
            let t = f64::from(i) * SAMPLE_S;
            // Two tide turns, each by half a turn within three quarters of an hour, and a swing of ten minutes.
            let turn = |at_s: f64| 1.0 / (1.0 + (-(t - at_s) / 400.0).exp());
            let tide = std::f64::consts::PI
                * (turn(5000.0 + 600.0 * phase) + turn(f64::from(hours) * 3600.0 - 6000.0));
            let bearing = phase + tide + 0.15 * (t / 95.0 + phase).sin();
            let heading = bearing + 0.12 * (t / 80.0 + 2.0 * phase).cos();
            let moved_m = drag_from.map_or(0.0, |from| 0.5 * f64::from(i.saturating_sub(from)) * SAMPLE_S);
            // Astern, more or less.
            let way = phase + std::f64::consts::PI + 0.8 * (3.0 * phase).sin();
            let sample = Sample {
                at_m: [
                    moved_m * way.sin() - radius_m * bearing.sin() + noise(),
                    moved_m * way.cos() - radius_m * bearing.cos() + noise(),
                ],
                ahead: [heading.sin(), heading.cos()],
            };
            hanging.samples.push_back(sample);
            if hanging.samples.len() > SAMPLES {
                hanging.samples.pop_front();
            }
            if let Some((signal, m)) = hanging.judge() {
                said.push((i, signal, m));
            }
        }
        said
    }

    #[test]
    fn gate_g_no_false_alarm_in_two_hundred_ship_hours_with_two_tide_turns_each() {
        let mut false_alarms = 0;
        for ship in 0..34 {
            let said = swing(60.0 + 4.0 * f64::from(ship), 6, None, f64::from(ship) * 0.7);
            false_alarms += usize::from(said.iter().any(|(_, signal, _)| *signal == Signal::On));
        }
        assert_eq!(false_alarms, 0, "ships of 34, 204 hours");
    }

    #[test]
    fn gate_g_a_drag_is_told_in_time() {
        for ship in 0..30 {
            // Half a metre a second: 60 m after two minutes.
            let from = 30 + ship;
            let said = swing(60.0 + 4.0 * f64::from(ship), 6, Some(from), f64::from(ship) * 0.7);
            let first = said.iter().find(|(_, signal, _)| *signal == Signal::On).map(|(i, ..)| *i);
            let after_s = first.map(|i| f64::from(i) * SAMPLE_S - f64::from(from) * SAMPLE_S - 120.0);
            assert!(after_s.is_some_and(|s| (-120.0..=180.0).contains(&s)), "ship {ship}: {after_s:?}");
        }
    }
}
