//! Dragging anchor (309): a vessel has left the circle that it lies on.
//!
//! At anchor the middle of a hull stays on a circle about its anchor, and the bow points there, more or less. The
//! circle is fitted to half an hour of what was seen, the last minutes apart: means of half a minute where the track
//! is sure of itself, and each report, for it has a heading. What is then seen outside the circle by more than its
//! uncertainty, farther with every look, and not ahead, drags. Inside the circle a chain is slack, and nothing is wrong.
//! Without a heading only the usual swinging circle is left.

mod circle;

use crate::alert::{About, Delays, Evidence, Judgement, Key, Kind, Signal, Unit};
use crate::encounter::apart_deg;
use crate::{Judge, Scene, is_live};
use circle::{Circle, Sample, wrapped};
use fusion::{Plane, Reported, Track, TrackId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use units::{Knots, Position, UtcTime};

const AT_ANCHOR: u8 = 1;
/// Faster than this over the ground nobody has just anchored, metres per second.
const SLOW_MPS: f64 = 1.0;
/// Faster than this and ahead, the vessel is under way, metres per second.
const UNDER_WAY_MPS: f64 = 1.5;
/// A mean is over so many seconds, of a track that is as sure as this, metres.
const MEAN_S: f64 = 30.0;
const SURE_M: f64 = 15.0;
/// A report is as good as this, metres.
const REPORT_M: f64 = 8.0;
/// What is kept: half an hour, and so many at most.
const KEPT_S: f64 = 1800.0;
const MOST: usize = 96;
/// What is newer than this is not fitted, but compared with the fit, seconds.
const NEW_S: f64 = 170.0;
/// A fit needs so many samples over so many seconds.
const LEAST: usize = 3;
const LEAST_S: f64 = 120.0;
/// It has left by this and twice what is not sure, metres; and is back below that.
const LEFT_M: f64 = 25.0;
const BACK_M: f64 = 15.0;
/// A mean that has left counts when the one before was on its way, metres.
const BEGUN_M: f64 = 10.0;
/// It has to go on outward between two looks, metres. Faster than this nothing drags, metres per second.
const GOES_M: f64 = 4.0;
const FASTEST_MPS: f64 = 1.5;
/// Without a heading: the usual swinging circle, metres.
const CIRCLE_M: f64 = 350.0;
/// A vessel that moves where it points does not drag.
const AHEAD_DEG: f64 = 50.0;

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

/// A vessel at anchor.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Hanging {
    origin: Position,
    /// The mean that is being made.
    sum_m: [f64; 2],
    count: u32,
    begun: UtcTime,
    /// The last report that was taken.
    report: UtcTime,
    heading_rad: Option<f64>,
    samples: VecDeque<(UtcTime, Sample)>,
    /// What it left when it began to drag.
    held: Option<Circle>,
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
        if let Some((signal, left_m)) = hanging.take(track) {
            scene.signal(signal, &judgement(track.id, left_m));
        }
    }

    fn gone(&mut self, id: TrackId, _scene: &mut Scene<'_>) {
        self.state.tracks.remove(&id);
    }
}

fn judgement(id: TrackId, left_m: f64) -> Judgement<'static> {
    Judgement {
        delays: Delays { on_s: 0.0, off_s: 60.0 },
        rank: (0.5 + left_m / 400.0).clamp(0.0, 1.0),
        ..Judgement::of(Key::one(Kind::AnchorDrag, id, About::Nothing), Evidence::of(left_m, Unit::Metres))
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
            sum_m: [0.0; 2],
            count: 0,
            begun: track.time(),
            report: UtcTime::from_unix_ns(0),
            heading_rad: None,
            samples: VecDeque::new(),
            held: None,
        }
    }

    /// Takes a state of the track in; once there is a new sample, what it says.
    fn take(&mut self, track: &Track) -> Option<(Signal, f64)> {
        if let Some(reported) = track.reported.filter(|reported| reported.valid > self.report) {
            self.report = reported.valid;
            if let Some(sample) = self.of_report(track, &reported) {
                return self.judge(reported.valid, sample);
            }
        }
        let [ee, _, nn] = track.position_covariance_m2();
        let sigma_m = f64::midpoint(ee, nn).sqrt();
        if sigma_m < SURE_M {
            let (e, n) = Plane::at(self.origin).to_local(track.position());
            for (sum, value) in self.sum_m.iter_mut().zip([e, n]) {
                *sum += value;
            }
            self.count += 1;
        }
        if track.time().since(self.begun) < MEAN_S {
            return None;
        }
        let (sum_m, count) = (std::mem::take(&mut self.sum_m), std::mem::take(&mut self.count));
        self.begun = track.time();
        let sample = Sample {
            at_m: sum_m.map(|sum| sum / f64::from(count.max(1))),
            sigma_m: sigma_m.clamp(4.0, SURE_M),
            heading_rad: None,
        };
        if count > 0 { self.judge(track.time(), sample) } else { None }
    }

    /// The middle of the hull when it reported, as far as it says how the hull lies.
    fn of_report(&self, track: &Track, reported: &Reported) -> Option<Sample> {
        let heading_rad = track.heading?.radians();
        let hull = track.hull.filter(|hull| hull.to_bow_m > 0 && hull.to_stern_m > 0)?;
        let half = |a: u16, b: u16| (f64::from(a) - f64::from(b)) / 2.0;
        // From the antenna to the middle.
        let forward_m = half(hull.to_bow_m, hull.to_stern_m);
        let starboard_m = half(hull.to_starboard_m, hull.to_port_m);
        let (sin, cos) = heading_rad.sin_cos();
        let (e, n) = Plane::at(self.origin).to_local(reported.position);
        let at_m = [e + forward_m * sin + starboard_m * cos, n + forward_m * cos - starboard_m * sin];
        Some(Sample { at_m, sigma_m: REPORT_M, heading_rad: Some(heading_rad) })
    }

    fn judge(&mut self, now: UtcTime, sample: Sample) -> Option<(Signal, f64)> {
        self.heading_rad = sample.heading_rad.or(self.heading_rad);
        let before = self.samples.back().copied();
        self.samples.push_back((now, sample));
        while self.samples.len() > MOST || self.samples.front().is_some_and(|(at, _)| now.since(*at) > KEPT_S)
        {
            self.samples.pop_front();
        }
        let old = self.samples.iter().take_while(|(at, _)| now.since(*at) >= NEW_S);
        let (count, (first, _)) = (old.clone().count(), *self.samples.front()?);
        if count < LEAST || now.since(first) < NEW_S + LEAST_S {
            return None;
        }
        let (was, last) = (before?, sample);
        let Some(circle) = self.held.or_else(|| Circle::of(&old.map(|(_, sample)| sample))) else {
            let left_m = last.at_m[0].hypot(last.at_m[1]);
            return Some((Signal::of(left_m > CIRCLE_M, left_m < 0.9 * CIRCLE_M), left_m));
        };
        let (left_m, sigma_m) = circle.outside_m(&last);
        let was_m = circle.outside_m(&was.1).0;
        let went_m = left_m - was_m;
        // A track may be led astray for once; what the vessel says of itself is of it.
        let is_again = last.heading_rad.is_some() || was_m > BEGUN_M;
        let (x, y) = (last.at_m[0] - was.1.at_m[0], last.at_m[1] - was.1.at_m[1]);
        let dt_s = now.since(was.0).max(1.0);
        let is_outward = went_m > GOES_M.min(GOES_M * dt_s / MEAN_S)
            && x.hypot(y) < FASTEST_MPS * dt_s + 4.0 * last.sigma_m;
        // Ahead is where the bow points: outward it never does, unless the vessel goes there by itself.
        let goes_ahead = self.heading_rad.is_some_and(|heading_rad| {
            wrapped(heading_rad - circle.outward_rad(last.at_m)).abs() < AHEAD_DEG.to_radians()
        });
        let has_left = left_m > LEFT_M + 2.0 * sigma_m;
        if has_left && is_outward && is_again && !goes_ahead {
            self.held.get_or_insert(circle);
        } else if left_m < BACK_M {
            self.held = None;
        }
        Some((Signal::of(self.held.is_some() && has_left, left_m < BACK_M), left_m))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A vessel that swings with the tide, its heading up to 10° past its anchor, seen each half minute, heard each
    /// three minutes; what the judge says, by half minutes.
    fn swing(radius_m: f64, hours: u32, drag_from: Option<u32>, phase: f64) -> Vec<(u32, Signal, f64)> {
        let mut hanging = Hanging {
            origin: Position::new(30.0, 122.0).unwrap(),
            sum_m: [0.0; 2],
            count: 0,
            begun: UtcTime::from_unix_s(0),
            report: UtcTime::from_unix_s(0),
            heading_rad: None,
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
            let t = f64::from(i) * MEAN_S;
            // Two tide turns, each by half a turn within three quarters of an hour, and a swing of ten minutes.
            let turn = |at_s: f64| 1.0 / (1.0 + (-(t - at_s) / 400.0).exp());
            let tide = std::f64::consts::PI
                * (turn(5000.0 + 600.0 * phase) + turn(f64::from(hours) * 3600.0 - 6000.0));
            let bearing = phase + tide + 0.15 * (t / 95.0 + phase).sin();
            let heading = bearing + std::f64::consts::PI + 0.12 * (t / 80.0 + 2.0 * phase).cos();
            let moved_m = drag_from.map_or(0.0, |from| 0.5 * f64::from(i.saturating_sub(from)) * MEAN_S);
            // Outward, more or less.
            let way = phase + 0.6 * (3.0 * phase).sin();
            let sample = Sample {
                at_m: [
                    moved_m * way.sin() + radius_m * bearing.sin() + noise(),
                    moved_m * way.cos() + radius_m * bearing.cos() + noise(),
                ],
                sigma_m: 5.0,
                heading_rad: i.is_multiple_of(6).then_some(heading),
            };
            if let Some((signal, m)) = hanging.judge(UtcTime::from_unix_s(i64::from(i) * 30), sample) {
                said.push((i, signal, m));
            }
        }
        said
    }

    #[test]
    fn gate_g_no_false_alarm_in_two_hundred_ship_hours_with_two_tide_turns_each() {
        let mut false_alarms = 0;
        for ship in 0..34 {
            let said = swing(100.0 + 6.0 * f64::from(ship), 6, None, f64::from(ship) * 0.7);
            assert!(said.len() > 600, "{}", said.len());
            false_alarms += usize::from(said.iter().any(|(_, signal, _)| *signal == Signal::On));
        }
        assert_eq!(false_alarms, 0, "ships of 34, 204 hours");
    }

    #[test]
    fn gate_g_a_drag_is_told_in_time() {
        for ship in 0..30 {
            // Half a metre a second: 60 m after two minutes.
            let from = 30 + ship;
            let said = swing(100.0 + 6.0 * f64::from(ship), 6, Some(from), f64::from(ship) * 0.7);
            let first = said.iter().find(|(_, signal, _)| *signal == Signal::On).map(|(i, ..)| *i);
            let after_s = first.map(|i| f64::from(i) * MEAN_S - f64::from(from) * MEAN_S - 120.0);
            assert!(after_s.is_some_and(|s| (-120.0..=180.0).contains(&s)), "ship {ship}: {after_s:?}");
        }
    }
}
