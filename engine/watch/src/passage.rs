//! Off route (203), fixed object (106) and bridge approach (210): where a vessel will pass, if it goes on as it goes.

use crate::alert::{About, Delays, Evidence, Judgement, Key, Kind, Priority, Signal, Unit};
use crate::encounter::within;
use crate::hull::{Outline, to_segment_m};
use crate::{Judge, Scene, is_live};
use fusion::{Plane, Station, Track, TrackId};
use serde::{Deserialize, Serialize};
use units::{KNOT_MPS, Position};

/// A way that some vessels should keep to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// What operators call it: 1 to 64 characters.
    pub name: String,
    /// Its points in order, each `[latitude, longitude]` in degrees.
    #[serde(with = "crate::zone::corners")]
    pub points: Vec<Position>,
    /// From side to side, metres.
    pub width_m: f64,
    /// MMSIs of the vessels that it is for.
    pub vessels: Vec<u32>,
}

/// Something to stay away from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// What operators call it: 1 to 64 characters.
    pub name: String,
    /// Where: one place, or several for a line, each `[latitude, longitude]` in degrees.
    #[serde(with = "crate::zone::corners")]
    pub points: Vec<Position>,
    /// Hulls stay this far from it, metres.
    pub radius_m: f64,
    /// So far ahead, seconds.
    #[serde(default = "object_within_s")]
    pub within_s: f64,
}

const fn object_within_s() -> f64 {
    360.0
}

/// A bridge and where vessels pass it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bridge {
    /// What operators call it: 1 to 64 characters.
    pub name: String,
    /// Its two ends, each `[latitude, longitude]` in degrees.
    #[serde(with = "crate::zone::corners")]
    pub line: Vec<Position>,
    /// Its navigable spans: from and to, metres along it from its first end.
    pub spans: Vec<[f64; 2]>,
    /// So far ahead, seconds.
    #[serde(default = "bridge_within_s")]
    pub within_s: f64,
}

const fn bridge_within_s() -> f64 {
    600.0
}

/// Further from its first point than this, nothing of it is looked at, metres.
const FAR_M: f64 = 40_000.0;
const SLOW_MPS: f64 = KNOT_MPS;
const ROUTE_CLEAR: f64 = 0.8;
const ROUTE_ON_S: f64 = 15.0;
const OBJECT_CLEAR: f64 = 1.2;
const ON_S: f64 = 10.0;
const OFF_S: f64 = 20.0;
/// Beside half the beam, metres (RISK.md B).
const SPAN_MARGIN_M: f64 = 10.0;
/// How soon, seconds, how likely, and how grave.
const LEVELS: [(f64, f64, Priority); 3] =
    [(180.0, 0.2, Priority::Alarm), (360.0, 0.05, Priority::Warning), (600.0, 0.01, Priority::Caution)];

/// The judge of passages; it remembers nothing. `None` is what has no place.
#[derive(Debug)]
pub(crate) struct Passages {
    routes: Vec<Option<(Route, Line)>>,
    objects: Vec<Option<(Object, Line)>>,
    bridges: Vec<Option<(Bridge, Line)>>,
}

/// Points on the plane of the first of them.
#[derive(Debug)]
struct Line {
    plane: Plane,
    points_m: Vec<[f64; 2]>,
}

impl Line {
    fn new(points: &[Position]) -> Option<Self> {
        let plane = Plane::at(*points.first()?);
        let local = |place: &Position| {
            let (e, n) = plane.to_local(*place);
            [e, n]
        };
        Some(Self { plane, points_m: points.iter().map(local).collect() })
    }

    /// The least distance from a place.
    fn distance_m(&self, at: [f64; 2]) -> f64 {
        let legs = self.points_m.windows(2).filter_map(|leg| Some((*leg.first()?, *leg.get(1)?)));
        let single = self.points_m.first().map(|point| (*point, *point));
        legs.chain(single).map(|(from, to)| to_segment_m(at, from, to)).fold(f64::INFINITY, f64::min)
    }
}

impl Passages {
    pub fn new(routes: &[Route], objects: &[Object], bridges: &[Bridge]) -> Self {
        Self {
            routes: routes.iter().map(|r| Some((r.clone(), Line::new(&r.points)?))).collect(),
            objects: objects.iter().map(|o| Some((o.clone(), Line::new(&o.points)?))).collect(),
            bridges: bridges.iter().map(|b| Some((b.clone(), Line::new(&b.line)?))).collect(),
        }
    }
}

/// Where a vessel's middle is, and its way, on a plane.
struct There {
    at_m: [f64; 2],
    velocity_mps: [f64; 2],
    outline: Outline,
    covariance: [[f64; 4]; 4],
}

impl There {
    /// `None` where it is far away.
    fn of(track: &Track, line: &Line, scene: &Scene<'_>) -> Option<Self> {
        let now = track.kinematics_at(&line.plane, scene.moment.now);
        let outline = Outline::of(track);
        let at_m = [now.e_m, now.n_m];
        (at_m[0].hypot(at_m[1]) < FAR_M).then_some(Self {
            at_m,
            velocity_mps: [now.ve_mps, now.vn_mps],
            outline,
            covariance: now.covariance,
        })
    }

    fn after(&self, seconds: f64) -> [f64; 2] {
        [self.at_m[0] + seconds * self.velocity_mps[0], self.at_m[1] + seconds * self.velocity_mps[1]]
    }

    fn speed_mps(&self) -> f64 {
        self.velocity_mps[0].hypot(self.velocity_mps[1])
    }
}

impl Judge for Passages {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        if !is_live(track) || track.station == Some(Station::Aircraft) || !track.speed_known() {
            return;
        }
        for (number, route) in (0_u16..).zip(&self.routes) {
            let Some((route, line)) = route else { continue };
            if track.identity.mmsi.is_some_and(|mmsi| route.vessels.contains(&mmsi.number())) {
                judge_route(number, route, line, track, scene);
            }
        }
        for (number, object) in (0_u16..).zip(&self.objects) {
            let Some((object, line)) = object else { continue };
            judge_object(number, object, line, track, scene);
        }
        for (number, bridge) in (0_u16..).zip(&self.bridges) {
            let Some((bridge, line)) = bridge else { continue };
            judge_bridge(number, bridge, line, track, scene);
        }
    }

    fn gone(&mut self, _id: TrackId, _scene: &mut Scene<'_>) {}
}

fn judge_route(number: u16, route: &Route, line: &Line, track: &Track, scene: &mut Scene<'_>) {
    let Some(there) = There::of(track, line, scene) else { return };
    let (off_m, limit_m) = (line.distance_m(there.at_m), route.width_m / 2.0);
    let judgement = Judgement {
        name: Some(&route.name),
        delays: Delays { on_s: ROUTE_ON_S, off_s: OFF_S },
        ..Judgement::of(
            Key::one(Kind::RouteDeviation, track.id, About::Zone(number)),
            Evidence::against(off_m, limit_m, Unit::Metres),
        )
    };
    scene.signal(Signal::of(off_m > limit_m, off_m < ROUTE_CLEAR * limit_m), &judgement);
}

fn judge_object(number: u16, object: &Object, line: &Line, track: &Track, scene: &mut Scene<'_>) {
    let key = Key::one(Kind::FixedObject, track.id, About::Zone(number));
    let there = There::of(track, line, scene);
    // The nearest point of its way, in steps of a tenth of the radius at most.
    let nearest = there.as_ref().map(|there| {
        let speed_mps = there.speed_mps();
        let ahead_s = if speed_mps < SLOW_MPS { 0.0 } else { object.within_s };
        let steps = (speed_mps * ahead_s / (0.1 * object.radius_m).max(5.0)).ceil().clamp(1.0, 500.0) as u32;
        let reach_m = there.outline.beam_m / 2.0;
        (0..=steps)
            .map(|i| {
                let t = ahead_s * f64::from(i) / f64::from(steps);
                (line.distance_m(there.after(t)) - reach_m, t)
            })
            .fold((f64::INFINITY, 0.0), |best, next| if next.0 < best.0 { next } else { best })
    });
    let (gap_m, time_s) = nearest.unwrap_or((f64::INFINITY, 0.0));
    if gap_m > OBJECT_CLEAR * object.radius_m && !scene.ledger.is_case(&key) {
        return;
    }
    let judgement = Judgement {
        name: Some(&object.name),
        delays: Delays { on_s: ON_S, off_s: OFF_S },
        rank: (1.0 - time_s / object.within_s.max(1.0)).clamp(0.0, 1.0),
        ..Judgement::of(
            key,
            Evidence::Measured {
                value: gap_m.clamp(0.0, 1e6),
                limit: Some(object.radius_m),
                time_s: Some(time_s),
                unit: Unit::Metres,
            },
        )
    };
    let is_over = gap_m > OBJECT_CLEAR * object.radius_m;
    scene.signal(Signal::of(gap_m < object.radius_m, is_over), &judgement);
}

fn judge_bridge(number: u16, bridge: &Bridge, line: &Line, track: &Track, scene: &mut Scene<'_>) {
    let key = Key::one(Kind::BridgeApproach, track.id, About::Zone(number));
    let passage = There::of(track, line, scene).and_then(|there| pass(bridge, line, &there));
    let (level, miss_m, time_s) = passage.unwrap_or((None, 0.0, 0.0));
    if level.is_none() && !scene.ledger.is_case(&key) {
        return;
    }
    let judgement = Judgement {
        name: Some(&bridge.name),
        delays: Delays { on_s: ON_S, off_s: OFF_S },
        priority: level,
        rank: (1.0 - time_s / bridge.within_s.max(1.0)).clamp(0.0, 1.0),
        ..Judgement::of(
            key,
            Evidence::Measured { value: miss_m, limit: None, time_s: Some(time_s), unit: Unit::Metres },
        )
    };
    scene.signal(Signal::of(level.is_some(), level.is_none()), &judgement);
}

/// Where a vessel passes a bridge: how grave that is, how far outside a span, metres, and when, seconds.
fn pass(bridge: &Bridge, line: &Line, there: &There) -> Option<(Option<Priority>, f64, f64)> {
    if there.speed_mps() < SLOW_MPS {
        return None;
    }
    let end = *line.points_m.get(1)?;
    let side = crate::gate::crossing(there.at_m, there.after(bridge.within_s), end)?;
    let length_m = end[0].hypot(end[1]);
    let [ux, uy] = [end[0] / length_m, end[1] / length_m];
    // The speed across the bridge is what changes the side.
    let across_mps = (there.velocity_mps[0] * uy - there.velocity_mps[1] * ux).abs();
    let off_m = (there.at_m[0] * uy - there.at_m[1] * ux).abs();
    debug_assert!(side != 0.0);
    let time_s = off_m / across_mps.max(1e-6);
    let [x, y] = there.after(time_s);
    let along_m = x * ux + y * uy;
    // Along the bridge, now and grown by the speed's own doubt.
    let weights = [ux, uy, ux * time_s, uy * time_s];
    let variance: f64 = there
        .covariance
        .iter()
        .zip(weights)
        .map(|(row, w)| w * row.iter().zip(weights).map(|(c, v)| c * v).sum::<f64>())
        .sum();
    let sigma_m = variance.max(0.0).sqrt();
    let margin_m = there.outline.reach_m([ux, uy]).min(there.outline.beam_m) + SPAN_MARGIN_M;
    let (miss_m, clear) = bridge
        .spans
        .iter()
        .map(|[from, to]| {
            let (middle, half) = (f64::midpoint(*from, *to), (to - from) / 2.0 - margin_m);
            let miss = (along_m - middle).abs() - half;
            (miss, within(along_m - middle, sigma_m, half.max(0.0)))
        })
        .fold((f64::INFINITY, 0.0), |best, next| if next.0 < best.0 { next } else { best });
    let hits = 1.0 - clear;
    // What will surely miss is grave at any distance in time.
    let is_sure = hits > 0.5;
    let level = LEVELS.iter().find(|(soon_s, likely, _)| time_s < *soon_s && hits > *likely);
    let priority =
        if is_sure && time_s < bridge.within_s { Some(Priority::Alarm) } else { level.map(|l| l.2) };
    Some((priority, miss_m.clamp(0.0, 1e6), time_s))
}
