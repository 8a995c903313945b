//! What a vessel is, and what each kind of vessel is like.

use crate::motion::{Helm, Limits};
use crate::plane::ahead;
use crate::random::Random;
use decoders::ais::Dimensions;
use units::{Degrees, Imo, Knots, Label, Mmsi, Position};

/// What kind of vessel it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Container ship.
    Container,
    /// Bulk carrier.
    Bulk,
    /// Tanker.
    Tanker,
    /// Small cargo ship along the coast.
    Coaster,
    /// Passenger and vehicle ferry.
    Ferry,
    /// High-speed craft.
    FastFerry,
    /// Fishing vessel.
    Fishing,
    /// Tug.
    Tug,
    /// Pilot vessel.
    Pilot,
    /// Patrol boat.
    Patrol,
}

/// How a vessel's AIS unit shares the channel, and with that how often it reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Class A.
    A,
    /// Class B, carrier sense.
    BCarrierSense,
    /// Class B, self-organising.
    BSelfOrganising,
}

/// A vessel as it truly is.
#[derive(Clone, Debug)]
pub struct Vessel {
    /// Its MMSI.
    pub mmsi: Mmsi,
    /// Its name.
    pub name: Label,
    /// Its call sign; fishing vessels have none.
    pub call_sign: Option<Label>,
    /// Its IMO number, for merchant ships of 100 m and more.
    pub imo: Option<Imo>,
    /// Where it says it is bound.
    pub destination: Option<Label>,
    /// What it is.
    pub kind: Kind,
    /// Its AIS unit.
    pub class: Class,
    /// Type of ship and cargo (M.1371 table 53).
    pub ship_type: u8,
    /// Its hull about the antenna.
    pub dimensions: Dimensions,
    /// Draught, m.
    pub draught_m: Option<f64>,
    /// Middle of the hull.
    pub position: Position,
    /// Speed over ground.
    pub speed: Knots,
    /// Course over ground.
    pub course: Degrees,
    /// True heading.
    pub heading: Degrees,
    /// Rate of turn, degrees per minute, starboard positive.
    pub rot_deg_min: f64,
    /// Navigational status (M.1371 table 48).
    pub nav_status: u8,
}

/// What a kind of vessel is like: lowest and highest of each.
pub(crate) struct Build {
    pub(crate) length_m: (f64, f64),
    pub(crate) slender: f64,
    pub(crate) speed_kn: (f64, f64),
    pub(crate) turn_dps: f64,
    pub(crate) accel_mps2: f64,
    pub(crate) draught_m: (f64, f64),
    pub(crate) ship_types: &'static [u8],
}

impl Kind {
    /// Faster than this it never goes.
    #[must_use]
    pub fn top_speed_kn(self) -> f64 {
        self.build().speed_kn.1 * 1.1
    }

    pub(crate) fn is_merchant(self) -> bool {
        matches!(self, Self::Container | Self::Bulk | Self::Tanker | Self::Coaster)
    }

    #[rustfmt::skip]
    pub(crate) fn build(self) -> Build {
        let (length_m, slender, speed_kn, turn_dps, accel_mps2, draught_m, ship_types): (_, _, _, _, _, _, &[u8]) = match self {
            Self::Container => ((140.0, 399.0), 6.9, (13.0, 19.0), 0.5, 0.03, (8.0, 15.8), &[70, 71, 72]),
            Self::Bulk => ((150.0, 330.0), 6.3, (9.5, 13.0), 0.4, 0.02, (8.0, 18.5), &[70, 70, 79]),
            Self::Tanker => ((100.0, 330.0), 6.0, (9.5, 13.5), 0.4, 0.02, (6.0, 20.0), &[80, 81, 82, 89]),
            Self::Coaster => ((52.0, 115.0), 6.2, (7.0, 11.5), 1.2, 0.04, (2.8, 6.5), &[70, 70, 79, 80]),
            Self::Ferry => ((45.0, 98.0), 4.8, (10.5, 15.5), 2.5, 0.1, (2.2, 4.2), &[60, 60, 69]),
            Self::FastFerry => ((28.0, 45.0), 4.0, (25.0, 32.0), 3.0, 0.25, (1.2, 1.8), &[40, 40, 49]),
            Self::Fishing => ((18.0, 46.0), 4.9, (2.5, 8.5), 4.0, 0.08, (1.8, 4.0), &[30]),
            Self::Tug => ((28.0, 40.0), 3.2, (3.0, 9.0), 5.0, 0.15, (3.0, 4.8), &[52, 52, 31]),
            Self::Pilot => ((16.0, 30.0), 3.8, (4.0, 17.0), 6.0, 0.3, (1.4, 2.4), &[50]),
            Self::Patrol => ((20.0, 45.0), 5.0, (3.0, 18.0), 6.0, 0.3, (1.4, 2.6), &[55]),
        };
        Build { length_m, slender, speed_kn, turn_dps, accel_mps2, draught_m, ship_types }
    }
}

impl Vessel {
    /// Length over all, m.
    #[must_use]
    pub fn length_m(&self) -> f64 {
        f64::from(self.dimensions.to_bow) + f64::from(self.dimensions.to_stern)
    }

    /// Where the antenna is: what the vessel reports, but for its receiver's error.
    #[must_use]
    pub fn antenna(&self) -> Position {
        let of = &self.dimensions;
        // From the middle of the hull to the antenna, forward and to starboard.
        let forward_m = (f64::from(of.to_stern) - f64::from(of.to_bow)) / 2.0;
        let starboard_m = (f64::from(of.to_port) - f64::from(of.to_starboard)) / 2.0;
        let heading = self.heading.value();
        ahead(ahead(self.position, heading, forward_m), heading + 90.0, starboard_m)
    }

    /// Takes over what the helm did. What is not finite would be our own fault and keeps the old value.
    pub(crate) fn update(&mut self, helm: &Helm) {
        self.position = helm.at;
        self.speed = Knots::from_mps(helm.speed_mps).unwrap_or(self.speed);
        self.course = Degrees::new(helm.course_deg).unwrap_or(self.course);
        self.heading = Degrees::new(helm.heading_deg).unwrap_or(self.heading);
        self.rot_deg_min = helm.rot_dps * 60.0;
    }
}

impl Build {
    pub(crate) fn length_m(&self, random: &mut Random) -> f64 {
        // More small ships than large ones.
        let size = random.unit().powf(1.6);
        (self.length_m.0 + (self.length_m.1 - self.length_m.0) * size).round()
    }

    pub(crate) fn limits(&self, length_m: f64) -> Limits {
        Limits { turn_dps: self.turn_dps, radius_m: 1.2 * length_m, accel_mps2: self.accel_mps2 }
    }
}
