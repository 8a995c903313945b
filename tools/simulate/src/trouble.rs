//! What goes wrong on purpose: a few ships that somebody on shore should hear of. The truth stays the truth, also of
//! those who lie.

use crate::motion::{Helm, Plan};
use crate::plane::{ahead, offset};
use crate::traffic::{Crew, Way};
use crate::vessel::{Kind, Vessel};
use units::{Mmsi, Position};

/// What one ship does that it should not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Trouble {
    /// From then on it says nothing.
    Dark { from_s: f64 },
    /// It bears another's number.
    Alias(Mmsi),
    /// Between these it says that it is elsewhere, metres east and north.
    Jump { from_s: f64, to_s: f64, by_m: [f64; 2] },
    /// From then on its anchor comes along.
    Drag { from_s: f64, mps: f64, course_deg: f64 },
    /// Nothing but where it goes.
    Course,
}

impl Trouble {
    /// What it bears and what is wrong with it, as scenes with their truth call that; `None` where its AIS is right.
    pub(crate) fn fault(&self, own: Mmsi) -> Option<(Mmsi, &'static str)> {
        match *self {
            Self::Dark { .. } => Some((own, "dark_mid")),
            Self::Alias(NOBODY) => Some((NOBODY, "wrong_mmsi")),
            Self::Alias(mmsi) => Some((mmsi, "dup_mmsi")),
            Self::Jump { .. } => Some((own, "jump")),
            Self::Drag { .. } | Self::Course => None,
        }
    }

    /// What it says of itself, where it is not silent.
    pub(crate) fn told(&self, vessel: &Vessel, now_s: f64) -> Option<Vessel> {
        let mut told = vessel.clone();
        match *self {
            Self::Dark { from_s } if now_s >= from_s => return None,
            Self::Alias(mmsi) => told.mmsi = mmsi,
            Self::Jump { from_s, to_s, by_m: [e, n] } if (from_s..to_s).contains(&now_s) => {
                told.position = offset(told.position, e, n);
            }
            Self::Dark { .. } | Self::Jump { .. } | Self::Drag { .. } | Self::Course => {}
        }
        Some(told)
    }

    /// What it does to the ship in one second.
    pub(crate) fn pull(&self, helm: &mut Helm, now_s: f64) {
        if let (Self::Drag { from_s, mps, course_deg }, Plan::Anchored { anchor, .. }) =
            (*self, &mut helm.plan)
            && now_s >= from_s
        {
            *anchor = ahead(*anchor, course_deg, mps);
        }
    }
}

/// Where the bridge is that one of them heads for, beside its span: from, to, and the span, metres from there.
pub const BRIDGE: ([(f64, f64); 2], [f64; 2]) = ([(30.02, 122.60), (30.02, 122.64)], [1700.0, 2100.0]);

/// A number that no ship has.
const NOBODY: Mmsi = match Mmsi::new(123_456_789) {
    Some(mmsi) => mmsi,
    None => panic!("no such number"),
};

/// The ships, in open water east of Zhujiajian; `other` is whose number is borrowed.
pub(crate) fn ships(crew: &mut Crew, other: Mmsi) -> Vec<(Vessel, Helm, Trouble)> {
    let mut ships = Vec::new();
    let mut sails = |kind, lat, lon, course_deg, speed_kn, after_s, trouble| {
        let to = Position::new(lat, lon);
        let way = to.map(|to| Way { to, course_deg, speed_kn, after_s, beyond_m: 20_000.0 });
        let planned = way.and_then(|way| crew.planned(kind, &way));
        ships.extend(planned.map(|(vessel, helm)| (vessel, helm, trouble)));
    };
    sails(Kind::Coaster, 29.795, 122.56, 90.0, 9.0, 200.0, Trouble::Dark { from_s: 60.0 });
    sails(Kind::Coaster, 29.96, 122.53, 150.0, 10.0, 300.0, Trouble::Alias(other));
    sails(Kind::Coaster, 29.76, 122.52, 270.0, 8.0, 300.0, Trouble::Alias(NOBODY));
    let jump = Trouble::Jump { from_s: 150.0, to_s: 230.0, by_m: [0.0, 5000.0] };
    sails(Kind::Tanker, 29.83, 122.66, 180.0, 9.0, 300.0, jump);
    let ([(lat, lon), _], _) = BRIDGE;
    // A kilometre and more along the bridge: between its end and the span.
    sails(Kind::Bulk, lat, lon + 0.012, 0.0, 10.0, 480.0, Trouble::Course);
    let drags = Position::new(29.85, 122.49).and_then(|at| crew.lying(Kind::Coaster, at));
    let drag = Trouble::Drag { from_s: 300.0, mps: 0.7, course_deg: 320.0 };
    ships.extend(drags.map(|(vessel, helm)| (vessel, helm, drag)));
    ships
}
