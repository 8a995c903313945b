//! Who is on the water and what for.

use crate::motion::{Helm, Limits, Plan, Waypoint};
use crate::names::Names;
use crate::plane::{ahead, distance_m};
use crate::random::Random;
use crate::route::{circuit, somewhere};
use crate::vessel::{Build, Class, Kind, Vessel};
use crate::waters::{ANCHORAGES, Area, BERTHS, GROUNDS, LANES, STATIONS};
use decoders::ais::Dimensions;
use std::f64::consts::TAU;
use units::{Degrees, KNOT_MPS, Knots, Position};

/// What a vessel does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    Sails,
    Roams,
    Anchored,
    Moored,
}

/// The mix, in per cent: 60 of class A, 40 of class B.
const MIX: &[(usize, Kind, Class, Work)] = &[
    (8, Kind::Container, Class::A, Work::Sails),
    (7, Kind::Bulk, Class::A, Work::Sails),
    (6, Kind::Tanker, Class::A, Work::Sails),
    (8, Kind::Coaster, Class::A, Work::Sails),
    (5, Kind::Ferry, Class::A, Work::Sails),
    (2, Kind::FastFerry, Class::A, Work::Sails),
    (3, Kind::Tug, Class::A, Work::Roams),
    (2, Kind::Pilot, Class::A, Work::Roams),
    (2, Kind::Fishing, Class::A, Work::Roams),
    (3, Kind::Bulk, Class::A, Work::Anchored),
    (3, Kind::Tanker, Class::A, Work::Anchored),
    (4, Kind::Coaster, Class::A, Work::Anchored),
    (3, Kind::Container, Class::A, Work::Moored),
    (4, Kind::Coaster, Class::A, Work::Moored),
    (23, Kind::Fishing, Class::BCarrierSense, Work::Roams),
    (7, Kind::Coaster, Class::BCarrierSense, Work::Sails),
    (2, Kind::Coaster, Class::BSelfOrganising, Work::Sails),
    (2, Kind::Patrol, Class::BSelfOrganising, Work::Roams),
    (3, Kind::Coaster, Class::BCarrierSense, Work::Anchored),
    (3, Kind::Fishing, Class::BCarrierSense, Work::Moored),
    (2, Kind::Tug, Class::BCarrierSense, Work::Roams),
];

/// Which line of the mix the vessel of that number is: any run of a hundred has all of it.
fn role(number: usize) -> Option<(Kind, Class, Work)> {
    let mut slot = (number * 61 + 7) % 100;
    for &(share, kind, class, work) in MIX {
        if slot < share {
            return Some((kind, class, work));
        }
        slot -= share;
    }
    None
}

/// Puts vessels on the water.
pub(crate) struct Crew {
    seed: u64,
    names: Names,
    number: u64,
    anchored: usize,
    anchored_in_all: usize,
    moored: usize,
}

impl Crew {
    pub(crate) fn new(seed: u64, vessels: usize) -> Self {
        Self {
            seed,
            names: Names::default(),
            number: 0,
            anchored: 0,
            anchored_in_all: vessels / 5 + 1,
            moored: 0,
        }
    }

    /// One vessel of the mix, somewhere in its waters.
    pub(crate) fn next(&mut self, number: usize) -> Option<(Vessel, Helm)> {
        let (kind, class, work) = role(number)?;
        let mut random = self.random();
        let build = kind.build();
        let work = if work == Work::Moored && self.moored >= BERTHS.len() { Work::Anchored } else { work };
        let length_m = build.length_m(&mut random);
        let cruise_mps = random.between(build.speed_kn.0, build.speed_kn.1) * KNOT_MPS;
        let limits = build.limits(length_m);
        let helm = match work {
            Work::Sails => {
                let lanes: Vec<_> = LANES.iter().filter(|lane| lane.kinds.contains(&kind)).collect();
                // A lane that lists a kind twice gets twice as many of it.
                let weight = |lane: &&crate::waters::Lane| lane.kinds.iter().filter(|&&k| k == kind).count();
                let mut rest = random.below(lanes.iter().map(weight).sum());
                let lane = lanes.iter().find(|lane| {
                    let here = rest < weight(lane);
                    rest = rest.saturating_sub(weight(lane));
                    here
                })?;
                let points = circuit(lane, random.between(0.35, 0.95));
                let (at, course_deg, next) = somewhere(&points, &mut random)?;
                let plan = Plan::Route { points, next, stopped_until_s: None };
                Helm::new(at, course_deg, limits, plan, Random::new(random.word())).under_way(cruise_mps)
            }
            Work::Roams => roaming(kind, &build, limits, &mut random)?,
            Work::Anchored => self.anchored(length_m, limits, &mut random)?,
            Work::Moored => {
                let &(lat, lon, heading_deg) = BERTHS.get(self.moored)?;
                self.moored += 1;
                Helm::new(
                    Position::new(lat, lon)?,
                    heading_deg,
                    limits,
                    Plan::Moored,
                    Random::new(random.word()),
                )
            }
        };
        let vessel = self.vessel(kind, class, length_m, &helm, &mut random)?;
        Some((vessel, helm))
    }

    /// A ship of class A that runs up and down a straight line and passes a place at a known time.
    pub(crate) fn planned(&mut self, kind: Kind, way: &Way) -> Option<(Vessel, Helm)> {
        let mut random = self.random();
        let length_m = (kind.build().length_m.1 * 0.8).round();
        let helm = way.helm(kind, length_m, Random::new(random.word()));
        let vessel = self.vessel(kind, Class::A, length_m, &helm, &mut random)?;
        Some((vessel, helm))
    }

    /// A ship of class A that lies at anchor at a place.
    pub(crate) fn lying(&mut self, kind: Kind, anchor: Position) -> Option<(Vessel, Helm)> {
        let mut random = self.random();
        let length_m = (kind.build().length_m.1 * 0.8).round();
        let plan = Plan::Anchored {
            anchor,
            scope_m: length_m / 2.0 + 40.0,
            heading_deg: 140.0,
            tide_dps: 0.003,
            yaw_deg: 5.0,
            period_s: 900.0,
            phase: 0.0,
        };
        let limits = kind.build().limits(length_m);
        let helm = Helm::new(anchor, 0.0, limits, plan, Random::new(random.word()));
        let vessel = self.vessel(kind, Class::A, length_m, &helm, &mut random)?;
        Some((vessel, helm))
    }

    fn random(&mut self) -> Random {
        self.number += 1;
        Random::stream(self.seed, self.number)
    }

    fn anchored(&mut self, length_m: f64, limits: Limits, random: &mut Random) -> Option<Helm> {
        let areas = ANCHORAGES.len();
        let area = ANCHORAGES.get(self.anchored % areas)?;
        let (place, places) = (self.anchored / areas, self.anchored_in_all / areas + 1);
        self.anchored += 1;
        // Sunflower seeds: even spacing however many there are, at most 900 m.
        let spacing_m = (area.radius_m / (places as f64).sqrt()).min(900.0);
        let anchor = ahead(
            Position::new(area.lat, area.lon)?,
            place as f64 * 137.508,
            spacing_m * (place as f64).sqrt(),
        );
        let plan = Plan::Anchored {
            anchor,
            scope_m: length_m / 2.0 + random.between(25.0, 60.0),
            heading_deg: 140.0 + random.between(-15.0, 15.0),
            tide_dps: random.between(0.002, 0.006),
            yaw_deg: random.between(3.0, 9.0),
            period_s: random.between(700.0, 1300.0),
            phase: random.between(0.0, TAU),
        };
        Some(Helm::new(anchor, 0.0, limits, plan, Random::new(random.word())))
    }

    fn vessel(
        &mut self,
        kind: Kind,
        class: Class,
        length_m: f64,
        helm: &Helm,
        random: &mut Random,
    ) -> Option<Vessel> {
        let build = kind.build();
        let who = self.names.identity(kind, length_m, random)?;
        let beam_m = (length_m / build.slender).round().clamp(4.0, 62.0);
        // The antenna stands on the bridge: aft on cargo ships, forward of the middle on the rest.
        let aft = if kind.is_merchant() { random.between(0.08, 0.25) } else { random.between(0.5, 0.7) };
        let (to_stern, to_port) = ((length_m * aft).round(), (beam_m * random.between(0.35, 0.65)).round());
        let dimensions = Dimensions {
            to_bow: (length_m - to_stern) as u16,
            to_stern: to_stern as u16,
            to_port: to_port as u8,
            to_starboard: (beam_m - to_port) as u8,
        };
        let laden = random.between(build.draught_m.0, build.draught_m.1);
        let size = (length_m - build.length_m.0) / (build.length_m.1 - build.length_m.0);
        let draught_m = build.draught_m.0 + (laden - build.draught_m.0) * (0.4 + 0.6 * size);
        let deep = kind.is_merchant() && draught_m > 13.0;
        let nav_status = match (kind, helm.is_anchored(), helm.is_moored()) {
            (_, true, _) => 1,
            (_, _, true) => 5,
            (Kind::Fishing, ..) => 7,
            _ if deep => 4,
            _ => 0,
        };
        let mut vessel = Vessel {
            mmsi: who.mmsi,
            name: who.name,
            call_sign: who.call_sign,
            imo: who.imo,
            destination: who.destination,
            kind,
            class,
            ship_type: random.pick(build.ship_types),
            dimensions,
            draught_m: Some((draught_m * 10.0).round() / 10.0),
            position: helm.at,
            speed: Knots::new(0.0)?,
            course: Degrees::new(0.0)?,
            heading: Degrees::new(0.0)?,
            rot_deg_min: 0.0,
            nav_status,
        };
        vessel.update(helm);
        Some(vessel)
    }
}

/// How a planned ship comes to a place.
pub(crate) struct Way {
    pub(crate) to: Position,
    pub(crate) course_deg: f64,
    pub(crate) speed_kn: f64,
    /// Seconds until it is there.
    pub(crate) after_s: f64,
    /// How far on it runs before it turns back.
    pub(crate) beyond_m: f64,
}

impl Way {
    pub(crate) fn helm(&self, kind: Kind, length_m: f64, random: Random) -> Helm {
        let speed_mps = self.speed_kn * KNOT_MPS;
        let from = ahead(self.to, self.course_deg + 180.0, speed_mps * self.after_s);
        let point = |at| Waypoint { at, limit_mps: f64::INFINITY, stop_s: 0.0 };
        let points = vec![point(from), point(ahead(self.to, self.course_deg, self.beyond_m))];
        let plan = Plan::Route { points, next: 1, stopped_until_s: None };
        let limits = kind.build().limits(length_m);
        let mut helm = Helm::new(from, self.course_deg, limits, plan, random).under_way(speed_mps);
        // It must be there on time.
        helm.stray = 0.0;
        helm
    }
}

fn roaming(kind: Kind, build: &Build, limits: Limits, random: &mut Random) -> Option<Helm> {
    let fishing = kind == Kind::Fishing;
    let area: &Area = if fishing {
        GROUNDS.get(random.below(GROUNDS.len()))?
    } else {
        let fit: Vec<_> = STATIONS.iter().filter(|(who, _)| *who == kind).collect();
        &fit.get(random.below(fit.len()))?.1
    };
    let middle = Position::new(area.lat, area.lon)?;
    // A fishing vessel keeps to its own piece of the ground.
    let centre = ahead(middle, random.between(0.0, 360.0), area.radius_m * random.unit().sqrt());
    let (centre, radius_m) = if fishing { (centre, 1200.0) } else { (middle, area.radius_m) };
    let at = ahead(centre, random.between(0.0, 360.0), 0.8 * radius_m * random.unit().sqrt());
    let fast_kn = if fishing { 4.8 } else { build.speed_kn.1 };
    let plan = Plan::Roam {
        centre,
        radius_m,
        slow_mps: build.speed_kn.0 * KNOT_MPS,
        fast_mps: fast_kn * KNOT_MPS,
        idle: if fishing { 0.05 } else { 0.3 },
        until_s: random.between(5.0, 200.0),
    };
    let speed_mps = random.between(build.speed_kn.0, fast_kn) * KNOT_MPS;
    debug_assert!(distance_m(at, middle) < area.radius_m + 2500.0);
    Some(
        Helm::new(at, random.between(0.0, 360.0), limits, plan, Random::new(random.word()))
            .under_way(speed_mps),
    )
}
