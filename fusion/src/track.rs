//! Our belief about one vessel.

mod intake;
mod kind;
mod succession;

use crate::current::Told;
use crate::filter::Filter;
use crate::heard::{Heard, Recent};
use crate::imm::{Imm, Lever, Pair};
use crate::looks::Looks;
use crate::motion;
use crate::plane::{Ecef, Plane};
use crate::radar::Echo;
use crate::relink::Astray;
use crate::{Hull, Identity, Life, Observation, Report, SourceId, Station};
use serde::{Deserialize, Serialize};
use std::fmt;
use units::{Degrees, Knots, Position, UtcTime};

/// A track's number: never another vessel's, not even after the track has ended. A track that ended in another by mistake
/// comes back under its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TrackId(pub u64);

impl fmt::Display for TrackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The last position report in order of arrival, as it was received.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// Where its antenna was.
    pub position: Position,
    /// Speed over ground.
    pub sog: Option<Knots>,
    /// Course over ground.
    pub cog: Option<Degrees>,
    /// When it was true, as the source said.
    pub valid: UtcTime,
    /// When it reached us.
    pub arrival: UtcTime,
    /// Who heard it.
    pub source: SourceId,
}

/// Where and how fast a track is at an instant, in a given tangent plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kinematics {
    /// East of the plane's origin, metres.
    pub e_m: f64,
    /// North of it, metres.
    pub n_m: f64,
    /// Rate along the plane's east, metres per second.
    pub ve_mps: f64,
    /// Rate along its north, metres per second.
    pub vn_mps: f64,
    /// Of the four above in that order, SI.
    pub covariance: [[f64; 4]; 4],
}

/// Our belief about one vessel.
///
/// In memory what gating asks for comes first, then what a measurement moves, and last what it leaves alone: among many
/// tracks each line of one is waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[repr(C)]
pub struct Track {
    pub(crate) time: UtcTime,
    /// What the models together believe.
    pub(crate) filter: Filter,
    /// What kind of station speaks for it; `None` where none does.
    pub station: Option<Station>,
    /// How sure it is that it is there.
    pub life: Life,
    /// Another track that is not lost claims the same MMSI.
    pub doubt: bool,
    pub(crate) speed_known: bool,
    /// Which way its bow points is said, or follows from its way.
    bow_known: bool,
    /// Radar finds the antenna elsewhere than it says: its reports lag, or it says a wrong place.
    pub(crate) misplaced: bool,
    /// Where the hull lies about the antenna.
    pub hull: Option<Hull>,
    /// Navigational status, the code of ITU-R M.1371-5 table 45.
    pub nav_status: Option<u8>,
    /// ... and from how many plots.
    pub(crate) seen_lengths: u32,
    /// How long radar sees it, metres, ...
    pub(crate) seen_length_m: f64,
    /// Mean squared innovation of late.
    pub(crate) restless: f64,
    pub(crate) plane: Plane,
    pub(crate) looks: Looks,
    pub(crate) lever: Lever,
    /// How much likelier it is a vessel than none, nats.
    pub(crate) score: f64,
    /// The core's time when it was last heard or seen.
    pub(crate) heard_at: UtcTime,
    heard: Heard,
    pub(crate) imm: Imm,
    /// Its number.
    pub id: TrackId,
    /// From 1; one more with every change that was announced.
    pub version: u32,
    /// Position reports that were of this vessel.
    pub(crate) reports: u32,
    /// The last position report in order of arrival; `None` where nobody speaks for it.
    pub reported: Option<Reported>,
    /// The last fix of a vessel that can teach a radar.
    pub(crate) fix: Option<Fix>,
    /// Who it claims to be.
    pub identity: Identity,
    /// True heading.
    pub heading: Option<Degrees>,
    /// Rate of turn, degrees a minute, starboard positive.
    pub rot_deg_min: Option<f64>,
    heading_at: UtcTime,
    rot_at: UtcTime,
    pub(crate) born: UtcTime,
    /// How many times as noisy as they say its reports are, as a variance.
    pub(crate) noisy: f64,
    recent: Recent,
    /// Where its reports have fallen of late.
    pub(crate) astray: Astray,
    /// When it last told of the water.
    pub(crate) told: Option<Told>,
}

/// Where a vessel itself says that its hull's centre was, in the track's plane.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fix {
    pub at: Ecef,
    /// Towards true east and north there, metres per second.
    pub velocity: [f64; 2],
    pub valid: UtcTime,
    /// When a radar last learnt from this ship.
    pub taught: Option<UtcTime>,
}

/// Below this there is no course to speak of.
const COURSE_FLOOR_MPS: f64 = 0.2;

impl Track {
    pub(crate) fn born(
        id: TrackId,
        (identity, hull): (Identity, Option<Hull>),
        seen: &Seen<'_>,
        now: UtcTime,
    ) -> Self {
        let Seen { observation, report, .. } = *seen;
        let plane = seen.here;
        let measured = motion::measured(report, &plane, &plane);
        let bow_known = measured.heading_rad.is_some();
        let lever = motion::lever(Some(report.station), hull, None, bow_known);
        let heading = measured.heading_rad.unwrap_or(0.0);
        let imm = Imm::born(
            measured.place,
            measured.velocity.unwrap_or_else(|| unknown_velocity(Some(report.station))),
            &lever,
            Some(heading),
        );
        let mut track = Self {
            speed_known: measured.velocity.is_some(),
            bow_known,
            station: Some(report.station),
            identity,
            hull,
            reported: Some(seen.reported()),
            reports: 1,
            ..Self::new(id, plane, &imm, lever, seen.valid, now)
        };
        track.learn_attitude(report, seen.valid);
        track.recent.push(seen.reported());
        track.hear(observation.source, observation.arrival);
        track.note_fix(seen);
        track
    }

    /// From one echo of nobody known.
    pub(crate) fn sighted(id: TrackId, echo: &Echo, radar: &Plane, now: UtcTime) -> Self {
        let plane = Plane::at(radar.to_position(radar.flatten(echo.at).0, radar.flatten(echo.at).1));
        let lever = motion::lever(None, None, None, true);
        let turn = radar.turned_into(&plane);
        let place = Pair { z: [0.0; 2], r: rotated(echo.r, turn) };
        let imm = Imm::born(place, unknown_velocity(None), &lever, None);
        Self::new(id, plane, &imm, lever, echo.valid, now)
    }

    fn new(id: TrackId, plane: Plane, imm: &Imm, lever: Lever, time: UtcTime, now: UtcTime) -> Self {
        Self {
            id,
            version: 0,
            life: Life::Tentative,
            station: None,
            identity: Identity::default(),
            hull: None,
            heading: None,
            rot_deg_min: None,
            nav_status: None,
            reported: None,
            doubt: false,
            plane,
            imm: *imm,
            lever,
            misplaced: false,
            filter: imm.combined(),
            looks: Looks::default(),
            score: 0.0,
            born: time,
            seen_length_m: 0.0,
            seen_lengths: 0,
            fix: None,
            noisy: 1.0,
            restless: 2.0,
            astray: Astray::default(),
            time,
            speed_known: false,
            bow_known: true,
            reports: 0,
            heard_at: now,
            heading_at: time,
            rot_at: time,
            heard: Heard::default(),
            recent: Recent::default(),
            told: None,
        }
    }

    /// Time of the state.
    #[must_use]
    pub const fn time(&self) -> UtcTime {
        self.time
    }

    /// Where the middle of its hull was thought to be at [`Track::time`].
    #[must_use]
    pub fn position(&self) -> Position {
        self.plane.to_position(self.filter.mean.x, self.filter.mean.y)
    }

    /// Where the point that its own reports speak of, its antenna, was at [`Track::time`]; where that point lies on
    /// board is not known, the same as [`Track::position`].
    #[must_use]
    pub fn reference_position(&self) -> Position {
        let ((sin, cos), [ahead, aside]) = (self.bow().sin_cos(), self.lever.mean);
        let (e_m, n_m) = (self.filter.mean.x, self.filter.mean.y);
        self.plane.to_position(e_m + ahead * sin + aside * cos, n_m + ahead * cos - aside * sin)
    }

    /// Where it is thought to be at an instant, going on as it goes; from half an hour on it stands still.
    #[must_use]
    pub fn position_at(&self, t: UtcTime) -> Position {
        let (e_m, n_m) = self.filter.place_after(t.since(self.time));
        self.plane.to_position(e_m, n_m)
    }

    /// Towards true east and true north, metres per second; zero where no speed is known.
    #[must_use]
    pub fn velocity_mps(&self) -> (f64, f64) {
        let mean = &self.filter.mean;
        let here = Plane::at(self.position());
        let [[ee, en], [ne, nn]] = self.plane.carry(mean.x, mean.y, &here).jacobian;
        (ee * mean.z + en * mean.w, ne * mean.z + nn * mean.w)
    }

    /// A speed was reported, or derived from positions well enough.
    #[must_use]
    pub const fn speed_known(&self) -> bool {
        self.speed_known
    }

    /// Speed over ground; `None` while none is known.
    #[must_use]
    pub fn sog(&self) -> Option<Knots> {
        if self.speed_known { Knots::from_mps(self.filter.speed_mps()) } else { None }
    }

    /// Course over ground; `None` while no speed is known or it hardly moves.
    #[must_use]
    pub fn cog(&self) -> Option<Degrees> {
        if !self.speed_known || self.filter.speed_mps() < COURSE_FLOOR_MPS {
            return None;
        }
        let (east, north) = self.velocity_mps();
        Degrees::new(east.atan2(north).to_degrees())
    }

    /// Covariance of [`Track::position`] along true east and north: ee, en, nn, square metres.
    #[must_use]
    pub fn position_covariance_m2(&self) -> [f64; 3] {
        let [[ee, en, ..], [_, nn, ..], ..] = self.at_home().covariance;
        [ee, en, nn]
    }

    /// Where and how fast it is thought to be at an instant, in a given plane.
    #[must_use]
    pub fn kinematics_at(&self, plane: &Plane, t: UtcTime) -> Kinematics {
        let filter = self.filter.predicted(t.since(self.time), self.acceleration_density());
        let carried = self.plane.carry(filter.mean.x, filter.mean.y, plane);
        let there = filter.carried(carried.e_m, carried.n_m, carried.jacobian);
        Kinematics {
            e_m: there.mean.x,
            n_m: there.mean.y,
            ve_mps: there.mean.z,
            vn_mps: there.mean.w,
            covariance: there.covariance.into(),
        }
    }

    /// Who heard it, and when last. Of more than eight sources, the eight heard most recently.
    pub fn heard(&self) -> impl Iterator<Item = (SourceId, UtcTime)> {
        self.heard.all()
    }

    /// Where it is thought to be at an instant, earth-centred.
    pub(crate) fn surface_at(&self, t: UtcTime) -> Ecef {
        let (e_m, n_m) = self.filter.place_after(t.since(self.time));
        self.plane.lift(e_m, n_m)
    }

    /// One standard deviation on each axis of where it is thought to be at an instant, metres.
    pub(crate) fn spread_m(&self, t: UtcTime) -> f64 {
        let there = self.filter.predicted(t.since(self.time), self.acceleration_density());
        ((there.covariance.m11 + there.covariance.m22) * 0.5).sqrt()
    }

    /// Where its antenna is thought to be at an instant, earth-centred.
    fn antenna_at(&self, t: UtcTime) -> Ecef {
        let (e_m, n_m) = self.filter.place_after(t.since(self.time));
        let ((sin, cos), ([ahead, aside], _)) = (self.bow().sin_cos(), self.imm.antenna());
        self.plane.lift(e_m + ahead * sin + aside * cos, n_m + ahead * cos - aside * sin)
    }

    /// Radians clockwise from north: as reported, as it goes, or nowhere in particular.
    pub(crate) fn bow(&self) -> f64 {
        if !self.bow_known {
            return 0.0;
        }
        let said = self.heading.map(Degrees::radians);
        said.unwrap_or_else(|| self.filter.mean.z.atan2(self.filter.mean.w))
    }

    fn at_home(&self) -> Kinematics {
        self.kinematics_at(&Plane::at(self.position()), self.time)
    }

    /// How much its velocity may change: the variance that each component gains in a second, square metres per second
    /// squared.
    #[must_use]
    pub fn acceleration_density(&self) -> f64 {
        self.imm.density(&self.agility())
    }
}

fn unknown_velocity(station: Option<Station>) -> Pair {
    let variance = motion::unknown_speed_mps(station).powi(2);
    Pair { z: [0.0; 2], r: [variance, 0.0, variance] }
}

/// A covariance (ee, en, nn) in another plane.
pub(crate) fn rotated([ee, en, nn]: [f64; 3], [[a, b], [c, d]]: [[f64; 2]; 2]) -> [f64; 3] {
    [
        a * a * ee + 2.0 * a * b * en + b * b * nn,
        a * c * ee + (a * d + b * c) * en + b * d * nn,
        c * c * ee + 2.0 * c * d * en + d * d * nn,
    ]
}

/// A position report on its way into a track.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub observation: &'a Observation,
    pub report: &'a Report,
    /// When it was true, as we believe.
    pub valid: UtcTime,
    /// The plane at the reported place.
    pub here: Plane,
}

impl Seen<'_> {
    fn reported(&self) -> Reported {
        Reported {
            position: self.here.origin(),
            sog: self.report.sog,
            cog: self.report.cog,
            valid: self.observation.valid,
            arrival: self.observation.arrival,
            source: self.observation.source,
        }
    }
}
