//! TTM, TLL and TLB: targets one by one (IEC 61162-1).

use super::Clock;
use super::value::{Letter, Minutes, Reference, Table, Text, Unit, position};
use super::way::{Key, Way, digits, entries};
use units::Position;

/// TTM, tracked target: where it is seen from own ship, and how it moves.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrackedTarget<'a> {
    /// Its number, from 0; some count to 99, some to 999 or further.
    pub number: Option<u32>,
    /// Distance, in `unit`.
    pub distance: Option<f64>,
    /// Bearing, degrees.
    pub bearing: Option<f64>,
    /// Against what; some leave it out and mean true.
    pub bearing_from: Option<Reference>,
    /// Speed, in `unit` an hour; `None` while it is being acquired.
    pub speed: Option<f64>,
    /// Course, degrees.
    pub course: Option<f64>,
    /// Against what. Relative means relative motion: course and speed as seen from own ship.
    pub course_from: Option<Reference>,
    /// Distance at the closest point of approach, in `unit`.
    pub cpa: Option<f64>,
    /// Minutes until then, negative where it has passed.
    pub tcpa_min: Option<f64>,
    /// What distances and speeds are counted in; nautical miles where it is left out.
    pub unit: Option<Unit>,
    /// What its operator calls it.
    pub name: Option<Text<'a>>,
    /// Whether it is tracked; some leave it out and mean that it is.
    pub status: Option<TargetStatus>,
    /// A fixed target by which own speed over ground is found.
    pub reference: Option<ReferenceTarget>,
    /// When it was seen.
    pub time: Option<Clock>,
    /// Who began to track it.
    pub acquisition: Option<Acquisition>,
}

impl<'a> TrackedTarget<'a> {
    pub(super) fn fields(&mut self, way: &mut impl Way<'a>) {
        way.whole("number", &mut self.number, 2);
        way.decimal("distance", &mut self.distance, (1, 3));
        way.decimal("bearing", &mut self.bearing, (3, 1));
        way.letter("bearing_from", &mut self.bearing_from);
        way.decimal("speed", &mut self.speed, (1, 2));
        way.decimal("course", &mut self.course, (3, 1));
        way.letter("course_from", &mut self.course_from);
        way.decimal("cpa", &mut self.cpa, (1, 2));
        way.decimal("tcpa_min", &mut self.tcpa_min, (1, 1));
        way.letter("unit", &mut self.unit);
        way.text("name", &mut self.name);
        way.letter("status", &mut self.status);
        way.letter("reference", &mut self.reference);
        way.clock("time", &mut self.time);
        way.letter("acquisition", &mut self.acquisition);
    }

    /// Distance, metres.
    #[must_use]
    pub fn distance_m(&self) -> Option<f64> {
        Some(self.distance? * self.unit.unwrap_or(Unit::NauticalMiles).metres())
    }

    /// Speed, metres per second.
    #[must_use]
    pub fn speed_mps(&self) -> Option<f64> {
        Some(self.speed? * self.unit.unwrap_or(Unit::NauticalMiles).metres() / 3600.0)
    }
}

/// TLL, target by latitude and longitude. Without a number it marks what somebody pointed at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TargetPosition<'a> {
    /// Its number.
    pub number: Option<u32>,
    /// North positive.
    pub lat: Option<Minutes>,
    /// East positive.
    pub lon: Option<Minutes>,
    /// What its operator calls it.
    pub name: Option<Text<'a>>,
    /// When it was seen.
    pub time: Option<Clock>,
    /// Whether it is tracked; some leave it out and mean that it is.
    pub status: Option<TargetStatus>,
    /// A fixed target by which own speed over ground is found.
    pub reference: Option<ReferenceTarget>,
}

impl<'a> TargetPosition<'a> {
    pub(super) fn fields(&mut self, way: &mut impl Way<'a>) {
        way.whole("number", &mut self.number, 2);
        way.angle("lat", &mut self.lat, *b"NS");
        way.angle("lon", &mut self.lon, *b"EW");
        way.text("name", &mut self.name);
        way.clock("time", &mut self.time);
        way.letter("status", &mut self.status);
        way.letter("reference", &mut self.reference);
    }

    /// Where it is.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        position(self.lat, self.lon)
    }

    /// Puts it at a place.
    #[must_use]
    pub fn at(self, place: Position) -> Self {
        let [lat, lon] = [place.lat(), place.lon()].map(Minutes::of_degrees).map(Some);
        Self { lat, lon, ..self }
    }
}

/// TLB, target labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TargetLabels<'a> {
    list: &'a [u8],
}

impl<'a> TargetLabels<'a> {
    /// Labels to be sent, written into `room`; `None` takes a label away.
    #[must_use]
    pub fn of(labels: &[(u32, Option<Text<'_>>)], room: &'a mut Vec<u8>) -> Self {
        use std::io::Write as _;
        room.clear();
        for (number, label) in labels {
            let comma = if room.is_empty() { "" } else { "," };
            drop(write!(room, "{comma}{number},"));
            room.extend_from_slice(label.map_or(&[], Text::as_sent));
        }
        Self { list: room }
    }

    pub(super) fn fields(&mut self, way: &mut impl Way<'a>) {
        way.list("labels", &mut self.list, &[Key::Number("number"), Key::Text("label")]);
    }

    /// Each target's number and its label; a label that is `None` is taken away. Pairs without a number are left out.
    pub fn labels(&self) -> impl Iterator<Item = (u32, Option<Text<'a>>)> + use<'a> {
        entries(self.list, 2).filter_map(|[number, label, ..]| {
            let number =
                Some(number).filter(|number| !number.is_empty()).and_then(|number| digits(number, 10))?;
            Some((number, Some(label).filter(|label| !label.is_empty()).map(Text::sent)))
        })
    }
}

/// What a radar says of its tracking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetStatus {
    /// No longer seen.
    Lost,
    /// Being acquired.
    Acquiring,
    /// Tracked.
    Tracking,
    /// A letter that the standard does not have.
    Other(u8),
}

impl Letter for TargetStatus {
    fn read(letter: u8) -> Option<Self> {
        Some(match letter {
            b'L' => Self::Lost,
            b'Q' => Self::Acquiring,
            b'T' => Self::Tracking,
            other if other.is_ascii_alphanumeric() => Self::Other(other),
            _ => return None,
        })
    }

    fn letter(self) -> u8 {
        match self {
            Self::Lost => b'L',
            Self::Acquiring => b'Q',
            Self::Tracking => b'T',
            Self::Other(letter) => letter,
        }
    }
}

/// The mark of a reference target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReferenceTarget;

impl Table for ReferenceTarget {
    const TABLE: &'static [(u8, Self)] = &[(b'R', Self)];
}

/// Who began to track a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquisition {
    /// The radar.
    Automatic,
    /// Its operator.
    Manual,
    /// The target reported itself.
    Reported,
}

impl Table for Acquisition {
    const TABLE: &'static [(u8, Self)] =
        &[(b'A', Self::Automatic), (b'M', Self::Manual), (b'R', Self::Reported)];
}
