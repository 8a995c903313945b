//! What a judge saw.

use serde::{Deserialize, Serialize};

/// What a measured value is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Metres.
    Metres,
    /// Knots.
    Knots,
    /// Degrees.
    Degrees,
    /// Seconds.
    Seconds,
    /// A number of vessels.
    Vessels,
    /// A part of a whole.
    Part,
    /// Seconds, to the millisecond.
    Moment,
    /// So many a second.
    PerSecond,
    /// Grades of risk: 1 blue, 2 yellow, 3 orange, 4 red.
    Grade,
}

/// Who gives way, as the collision regulations have it, of the two tracks in ascending order of their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Duty {
    /// The one with the lower number.
    First,
    /// The one with the higher number.
    Second,
    /// Both.
    Both,
    /// Neither has a role towards the other.
    Neither,
}

/// What a judge saw.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Evidence {
    /// Nothing but the fact.
    Fact,
    /// Two vessels on their way towards each other.
    Encounter {
        /// Distance between the hulls at the closest point of approach, metres; 0 where they overlap.
        cpa_m: f64,
        /// Time until then, seconds; negative when it is past.
        tcpa_s: f64,
        /// Probability that the hulls come closer than the limit.
        probability: f64,
        /// The limit, metres.
        limit_m: f64,
        /// Collision risk index, 0 to 1.
        cri: f64,
        /// What the regulations call it.
        meeting: crate::encounter::Meeting,
        /// Who gives way.
        duty: Duty,
        /// Where the second crosses the heading line of the first, metres ahead of it, negative astern; and the first
        /// that of the second. `None`: it does not.
        bows_m: [Option<f64>; 2],
        /// In open water: the worse of what happens to their domains; `None` where they stay free.
        violation: Option<crate::encounter::Violation>,
    },
    /// A vessel in a zone.
    Entry {
        /// It went in on one side and out on the other before it had been seen inside for long.
        through: bool,
    },
    /// Vessels in a cell.
    Density {
        /// How many.
        vessels: u32,
    },
    /// Something measured.
    Measured {
        /// What it is.
        value: f64,
        /// What it should not pass.
        limit: Option<f64>,
        /// When, seconds from now; how long, where nothing is to come.
        time_s: Option<f64>,
        /// In what.
        unit: Unit,
    },
}

impl Evidence {
    /// One value of a unit.
    pub(crate) const fn of(value: f64, unit: Unit) -> Self {
        Self::Measured { value, limit: None, time_s: None, unit }
    }

    /// With its limit.
    pub(crate) const fn against(value: f64, limit: f64, unit: Unit) -> Self {
        Self::Measured { value, limit: Some(limit), time_s: None, unit }
    }
}
