//! A piece of sea with vessels that keep their course, and what the watch says of them.

use fusion::{Body, Event, Fusion, Hull, Observation, Plane, Report, SourceId, Statics, Station};
use std::collections::BTreeSet;
use units::{Degrees, KNOT_MPS, Knots, Label, Mmsi, Position, UtcTime};
use watch::{Alert, Change, Config, Kind, State, Watch};

pub const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);

/// The middle of the scene unless a test says otherwise: off Ningbo.
pub fn ningbo() -> Position {
    Position::new(29.9, 122.1).unwrap()
}

#[derive(Clone, Copy)]
pub struct Vessel {
    pub mmsi: u32,
    pub station: Station,
    /// East and north of the origin at the start, metres.
    pub at: (f64, f64),
    pub sog_kn: f64,
    pub cog_deg: f64,
    /// Seconds between reports.
    pub every: u32,
    /// Silent before the one second and from the other on.
    pub speaks: (u32, u32),
    /// Standard deviation of the noise on each axis, metres, and on the speed, knots.
    pub noise: (f64, f64),
    pub hull: Option<Hull>,
    pub ship_type: u8,
    pub name: Option<Label>,
    pub nav_status: Option<u8>,
    pub heading_deg: Option<f64>,
}

impl Vessel {
    pub fn new(mmsi: u32, at: (f64, f64), sog_kn: f64, cog_deg: f64) -> Self {
        Self {
            mmsi,
            station: Station::ClassA,
            at,
            sog_kn,
            cog_deg,
            every: 5,
            speaks: (0, u32::MAX),
            noise: (0.0, 0.0),
            hull: None,
            ship_type: 70,
            name: None,
            nav_status: None,
            heading_deg: None,
        }
    }
}

/// Uniform numbers by a linear congruence (Knuth's MMIX), and normal ones by the sum of twelve.
pub struct Dice(pub u64);

impl Dice {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// Everything that is said in `seconds`, in order: each vessel's reports, and a tick every second.
pub fn events(origin: Position, vessels: &[Vessel], seconds: u32) -> Vec<Event> {
    let plane = Plane::at(origin);
    let mut dice = Dice(7);
    let mut events = Vec::new();
    for t in 0..=seconds {
        for (i, v) in vessels.iter().enumerate() {
            let lag = 0.4 + 0.5 * i as f64 / vessels.len() as f64;
            let at = START.plus_s(f64::from(t));
            let observation = |body| {
                Event::Observation(Observation {
                    source: SourceId(0),
                    valid: at,
                    arrival: at.plus_s(lag),
                    body,
                })
            };
            if t == 0 && (v.hull.is_some() || v.name.is_some()) {
                events.push(observation(Body::Statics(statics(v))));
            }
            // Vessels do not all speak in the same second.
            if (t + i as u32).is_multiple_of(v.every) && (v.speaks.0..v.speaks.1).contains(&t) {
                events.push(observation(Body::Report(report(v, &plane, f64::from(t), &mut dice))));
            }
        }
        events.push(Event::Tick(START.plus_s(f64::from(t) + 0.95)));
    }
    events
}

fn report(v: &Vessel, plane: &Plane, t: f64, dice: &mut Dice) -> Report {
    let (sin, cos) = v.cog_deg.to_radians().sin_cos();
    let way_m = v.sog_kn * KNOT_MPS * t;
    let (noise_m, noise_kn) = v.noise;
    let east = v.at.0 + way_m * sin + noise_m * dice.normal();
    let north = v.at.1 + way_m * cos + noise_m * dice.normal();
    let sog_kn = (v.sog_kn + noise_kn * dice.normal()).abs();
    // A vessel that lies still reports any course.
    let cog_deg = if v.sog_kn == 0.0 && noise_kn > 0.0 { 360.0 * dice.uniform() } else { v.cog_deg };
    Report {
        by: Mmsi::new(v.mmsi).unwrap().into(),
        station: v.station,
        position: Some(plane.to_position(east, north)),
        sigma_m: 10.0,
        sog: Knots::new(sog_kn),
        cog: Degrees::new(cog_deg),
        heading: v.heading_deg.and_then(Degrees::new),
        rot_deg_min: None,
        nav_status: v.nav_status,
    }
}

fn statics(v: &Vessel) -> Statics {
    Statics {
        name: v.name,
        ship_type: Some(v.ship_type),
        hull: v.hull,
        ..Statics::of(Mmsi::new(v.mmsi).unwrap().into())
    }
}

/// The tracker and the watch over it.
pub struct Sea {
    pub picture: Fusion,
    pub watch: Watch,
    changed: Vec<fusion::Change>,
}

impl Sea {
    pub fn new(config: Config) -> Self {
        config.check().unwrap();
        let picture = Fusion::new(fusion::Config::default());
        Self { picture, watch: Watch::new(config), changed: Vec::new() }
    }

    pub fn apply(&mut self, event: &Event, out: &mut Vec<Change>) {
        self.changed.clear();
        self.picture.apply(event, &mut self.changed);
        self.watch.apply(&self.picture, &self.changed, out);
    }

    pub fn run(&mut self, events: &[Event]) -> Vec<Change> {
        let mut out = Vec::new();
        for event in events {
            self.apply(event, &mut out);
        }
        out
    }
}

/// What the watch says of a scene around [`ningbo`].
pub fn judged(config: Config, vessels: &[Vessel], seconds: u32) -> Vec<Change> {
    Sea::new(config).run(&events(ningbo(), vessels, seconds))
}

pub fn alerts(changes: &[Change]) -> Vec<&Alert> {
    changes
        .iter()
        .filter_map(|change| match change {
            Change::Alert(alert) => Some(&**alert),
            Change::Cell { .. } | Change::Risk { .. } => None,
        })
        .collect()
}

/// Neither a call for attention nor the grade of a cell, which follow from others.
fn is_own(alert: &Alert) -> bool {
    !matches!(alert.kind, Kind::CollisionAttention | Kind::RiskGrade)
}

/// Alerts at the moment that they were raised, without those that follow from others.
pub fn raises(changes: &[Change]) -> Vec<&Alert> {
    let mut seen = BTreeSet::new();
    alerts(changes)
        .into_iter()
        .filter(|alert| is_own(alert))
        .filter(|alert| seen.insert((alert.id, alert.kind)))
        .collect()
}

/// Alerts at the moment that their condition ended, which nobody had acknowledged.
pub fn clears(changes: &[Change]) -> Vec<&Alert> {
    let is_over = |alert: &&Alert| matches!(alert.state, State::Rectified | State::Cleared);
    alerts(changes).into_iter().filter(|alert| is_own(alert)).filter(is_over).collect()
}

/// Seconds from the start of the scene.
pub fn seconds(at: UtcTime) -> f64 {
    at.since(START)
}

/// What was said, one line each, for when a test fails.
pub fn said(changes: &[Change]) -> String {
    let line = |alert: &&Alert| {
        let from = (seconds(alert.condition), seconds(alert.raised), seconds(alert.changed));
        format!("\n{} r{} {:?} {from:?}: {}", alert.id.0, alert.revision, alert.state, alert.text.en)
    };
    alerts(changes).iter().map(line).collect()
}
