//! What a message says about the world, in SI and WGS 84, whatever standard it came in.

use serde::{Deserialize, Serialize};
use units::{Caller, Card, Degrees, Imo, Knots, Label, Mmsi, Position, Terminal, UtcTime};

/// Which input an observation came from: an index into the configuration's list of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceId(pub u16);

/// One statement about the world by one source.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Who heard it.
    pub source: SourceId,
    /// When it was true.
    pub valid: UtcTime,
    /// When it reached us.
    pub arrival: UtcTime,
    /// What it says.
    pub body: Body,
}

/// What is observed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Body {
    /// What a vessel says of its motion.
    Report(Report),
    /// What a vessel says of itself that seldom changes.
    Statics(Statics),
    /// Something that is heard and is no vessel.
    Mark(MarkReport),
    /// One detection by a radar, of nobody known.
    Plot(Plot),
    /// What a sensor's own tracker says of something that it numbered.
    SensorTrack(SensorTrack),
    /// Somebody calls for help.
    Distress(Distress),
}

/// Which radar: an index into the configuration's list of sites. Several may come by one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SensorId(pub u16);

/// One detection by a radar. Its time of validity is when the antenna passed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plot {
    /// Who saw it.
    pub sensor: SensorId,
    /// Where, on the ground, as the site's profile corrects it.
    pub position: Position,
    /// Covariance of the position along true east and north: ee, en, nn, square metres. Without what an extended
    /// target adds.
    pub covariance_m2: [f64; 3],
    /// The same as it was measured; `None` where the sensor measures no range and azimuth.
    pub polar: Option<Polar>,
    /// Radial speed, metres per second, positive away from the antenna.
    pub radial_speed_mps: Option<f64>,
    /// Strength, decibels above what the sensor takes for its noise.
    pub amplitude_db: Option<f64>,
    /// How much of the sea it covers, as seen: with pulse length and beam width in it.
    pub extent: Option<Extent>,
}

/// A place as a radar measures it, corrected as its site's profile says: what registration works on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Polar {
    /// Where the antenna is.
    pub site: Position,
    /// Range on the ground, metres.
    pub range_m: f64,
    /// Azimuth from true north at the site, radians clockwise, in `[0, 2π)`.
    pub azimuth_rad: f64,
    /// One standard deviation of the range, metres.
    pub range_sigma_m: f64,
    /// One standard deviation of the azimuth, radians.
    pub azimuth_sigma_rad: f64,
}

/// Extent of an echo.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extent {
    /// Along the range, metres.
    pub range_m: f64,
    /// In azimuth, radians.
    pub azimuth_rad: f64,
}

/// Which series of a sensor's tracker. Sensors use their numbers again: the generation tells one use from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SensorTrackKey {
    /// Whose number it is.
    pub sensor: SensorId,
    /// The number.
    pub number: u32,
    /// From 0; one more each time the number begins anew.
    pub generation: u32,
}

/// One state of a series that a sensor's own tracker numbered: filtered, so not independent of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensorTrack {
    /// Which series.
    pub key: SensorTrackKey,
    /// What the sensor thinks of it.
    pub status: SensorTrackStatus,
    /// Where; `None` where only its end is told.
    pub position: Option<Position>,
    /// Covariance of the position along true east and north: ee, en, nn, square metres.
    pub covariance_m2: [f64; 3],
    /// Towards true east and true north, metres per second.
    pub velocity_mps: Option<[f64; 2]>,
    /// Covariance of the velocity along the same: ee, en, nn.
    pub velocity_covariance: [f64; 3],
    /// What the sensor calls it.
    pub name: Option<Label>,
    /// Who the sensor says it is.
    pub mmsi: Option<Mmsi>,
    /// Length, as the sensor makes it, metres.
    pub length_m: Option<f64>,
    /// Width, as the sensor makes it, metres.
    pub width_m: Option<f64>,
    /// Which way its longer side lies.
    pub orientation: Option<Degrees>,
}

/// What a sensor thinks of one of its tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SensorTrackStatus {
    /// Not sure yet that it is there.
    Tentative,
    /// Sure.
    Confirmed,
    /// Not seen of late: predicted.
    Coasting,
    /// The series ends with this.
    Ended,
}

/// What kind of station speaks (ITU-R M.1371-5, Annex 1), in the order of how far each may stray.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Station {
    /// A vessel's terminal that reports to an authority: BeiDou short messages, JT/T 808. Seldom, and with no word of
    /// what vessel it is.
    Terminal,
    /// Class A ship station.
    ClassA,
    /// Class B ship station.
    ClassB,
    /// Search and rescue aircraft.
    Aircraft,
}

/// What a vessel says of its own motion.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Who it claims to be.
    pub by: Caller,
    /// What kind of station sent it.
    pub station: Station,
    /// Where its antenna is; `None` is only a sign of life.
    pub position: Option<Position>,
    /// One standard deviation of the position on each axis, metres.
    pub sigma_m: f64,
    /// Speed over ground.
    pub sog: Option<Knots>,
    /// Course over ground.
    pub cog: Option<Degrees>,
    /// True heading.
    pub heading: Option<Degrees>,
    /// Rate of turn, degrees a minute, starboard positive.
    pub rot_deg_min: Option<f64>,
    /// Navigational status, the code of ITU-R M.1371-5 table 45 (0-15).
    pub nav_status: Option<u8>,
}

/// What a vessel says of itself that seldom changes. A `None` says nothing: it does not erase what is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statics {
    /// Who it claims to be.
    pub by: Caller,
    /// Its BeiDou card.
    pub card: Option<Card>,
    /// Its JT/T 808 terminal.
    pub terminal: Option<Terminal>,
    /// IMO number, where its check digit is right.
    pub imo: Option<Imo>,
    /// Name.
    pub name: Option<Label>,
    /// Call sign.
    pub callsign: Option<Label>,
    /// Ship and cargo type, the code of ITU-R M.1371-5 table 53.
    pub ship_type: Option<u8>,
    /// Where the hull lies about the antenna.
    pub hull: Option<Hull>,
    /// Destination, as typed on board.
    pub destination: Option<Label>,
    /// Present static draught, metres.
    pub draught_m: Option<f64>,
}

impl Statics {
    /// Of somebody who says nothing yet.
    #[must_use]
    pub const fn of(by: Caller) -> Self {
        Self {
            by,
            card: None,
            terminal: None,
            imo: None,
            name: None,
            callsign: None,
            ship_type: None,
            hull: None,
            destination: None,
            draught_m: None,
        }
    }
}

/// Distances from the antenna, metres (ITU-R M.1371-5, figure 41).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hull {
    /// To the bow.
    pub to_bow_m: u16,
    /// To the stern.
    pub to_stern_m: u16,
    /// To the port side.
    pub to_port_m: u16,
    /// To the starboard side.
    pub to_starboard_m: u16,
}

impl Hull {
    /// Length over all, metres; 0 where it was not given.
    #[must_use]
    pub const fn length_m(self) -> u16 {
        self.to_bow_m.saturating_add(self.to_stern_m)
    }

    /// Beam, metres; 0 where it was not given.
    #[must_use]
    pub const fn beam_m(self) -> u16 {
        self.to_port_m.saturating_add(self.to_starboard_m)
    }
}

/// A call for help by a terminal: it says nothing of motion, a report may come with it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distress {
    /// Who calls.
    pub by: Caller,
    /// Where, as it says.
    pub position: Option<Position>,
    /// Its name, where the registry has one.
    pub name: Option<Label>,
}

/// What is heard and is no vessel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarkReport {
    /// Who it claims to be.
    pub mmsi: Mmsi,
    /// What it is.
    pub kind: MarkKind,
    /// Where; `None` is only a sign of life.
    pub position: Option<Position>,
    /// Name.
    pub name: Option<Label>,
    /// Off its charted position, as it says itself.
    pub off_position: Option<bool>,
    /// Exists only on the air.
    pub is_virtual: bool,
    /// Type of aid to navigation, the code of ITU-R M.1371-5 table 74.
    pub aid_type: Option<u8>,
}

/// Kinds of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MarkKind {
    /// Aid to navigation.
    Aid,
    /// Shore station.
    BaseStation,
}
