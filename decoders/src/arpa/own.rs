//! RSD and OSD: the radar's settings and its own ship (IEC 61162-1).

use super::value::{Table, Unit};
use super::way::Way;

/// RSD, radar system data: origins, rings, lines, cursor and scale of the display.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RadarSettings {
    /// Where origin 1 is: distance from own ship, in `unit`.
    pub origin_1_range: Option<f64>,
    /// And its bearing, degrees from the bow.
    pub origin_1_bearing: Option<f64>,
    /// Variable range marker 1, from origin 1, in `unit`.
    pub vrm_1: Option<f64>,
    /// Bearing line 1, from origin 1, degrees.
    pub ebl_1: Option<f64>,
    /// Likewise for origin 2.
    pub origin_2_range: Option<f64>,
    /// Likewise.
    pub origin_2_bearing: Option<f64>,
    /// Likewise.
    pub vrm_2: Option<f64>,
    /// Likewise.
    pub ebl_2: Option<f64>,
    /// Cursor: distance from own ship, in `unit`.
    pub cursor_range: Option<f64>,
    /// And its bearing, degrees from the bow.
    pub cursor_bearing: Option<f64>,
    /// Range scale, in `unit`.
    pub scale: Option<f64>,
    /// What distances are counted in.
    pub unit: Option<Unit>,
    /// Which way is up.
    pub rotation: Option<Rotation>,
}

impl RadarSettings {
    pub(super) fn fields<'a>(&mut self, way: &mut impl Way<'a>) {
        const RANGE: (usize, usize) = (1, 3);
        const BEARING: (usize, usize) = (3, 1);
        way.decimal("origin_1_range", &mut self.origin_1_range, RANGE);
        way.decimal("origin_1_bearing", &mut self.origin_1_bearing, BEARING);
        way.decimal("vrm_1", &mut self.vrm_1, RANGE);
        way.decimal("ebl_1", &mut self.ebl_1, BEARING);
        way.decimal("origin_2_range", &mut self.origin_2_range, RANGE);
        way.decimal("origin_2_bearing", &mut self.origin_2_bearing, BEARING);
        way.decimal("vrm_2", &mut self.vrm_2, RANGE);
        way.decimal("ebl_2", &mut self.ebl_2, BEARING);
        way.decimal("cursor_range", &mut self.cursor_range, RANGE);
        way.decimal("cursor_bearing", &mut self.cursor_bearing, BEARING);
        way.decimal("scale", &mut self.scale, (1, 1));
        way.letter("unit", &mut self.unit);
        way.letter("rotation", &mut self.rotation);
    }
}

/// OSD, own ship data: the motion that the radar reckons with.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OwnShip {
    /// True heading, degrees.
    pub heading: Option<f64>,
    /// Whether the heading is valid.
    pub heading_valid: Option<bool>,
    /// True course, degrees.
    pub course: Option<f64>,
    /// Where the course comes from.
    pub course_by: Option<MotionSource>,
    /// Speed, in `unit` an hour.
    pub speed: Option<f64>,
    /// Where the speed comes from.
    pub speed_by: Option<MotionSource>,
    /// Where the current sets, degrees true, as entered by hand.
    pub set: Option<f64>,
    /// How fast, in `unit` an hour.
    pub drift: Option<f64>,
    /// What speeds are counted in.
    pub unit: Option<Unit>,
}

impl OwnShip {
    pub(super) fn fields<'a>(&mut self, way: &mut impl Way<'a>) {
        way.decimal("heading", &mut self.heading, (3, 1));
        way.letter("heading_valid", &mut self.heading_valid);
        way.decimal("course", &mut self.course, (3, 1));
        way.letter("course_by", &mut self.course_by);
        way.decimal("speed", &mut self.speed, (1, 1));
        way.letter("speed_by", &mut self.speed_by);
        way.decimal("set", &mut self.set, (3, 1));
        way.decimal("drift", &mut self.drift, (1, 1));
        way.letter("unit", &mut self.unit);
    }
}

/// Which way is up on the display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The course.
    CourseUp,
    /// The bow.
    HeadUp,
    /// North.
    NorthUp,
}

impl Table for Rotation {
    const TABLE: &'static [(u8, Self)] =
        &[(b'C', Self::CourseUp), (b'H', Self::HeadUp), (b'N', Self::NorthUp)];
}

/// Where own course or speed comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MotionSource {
    /// A log over ground.
    BottomLog,
    /// A hand.
    Manual,
    /// A log through the water.
    Water,
    /// A fixed target that the radar tracks.
    Radar,
    /// A positioning system.
    Positioning,
}

impl Table for MotionSource {
    const TABLE: &'static [(u8, Self)] = &[
        (b'B', Self::BottomLog),
        (b'M', Self::Manual),
        (b'W', Self::Water),
        (b'R', Self::Radar),
        (b'P', Self::Positioning),
    ];
}
