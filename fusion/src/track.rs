//! Our belief about one vessel.

use crate::filter::Filter;
use crate::heard::{Heard, Recent};
use crate::motion;
use crate::plane::{Ecef, Plane};
use crate::{Hull, Identity, Life, Observation, Report, SourceId, Station};
use serde::{Deserialize, Serialize};
use std::fmt;
use units::{Degrees, Knots, Position, UtcTime};

/// A track's number: never used again, not even after the track has ended.
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// Its number.
    pub id: TrackId,
    /// From 1; one more with every change that was announced.
    pub version: u32,
    /// How sure it is that it is there.
    pub life: Life,
    /// What kind of station speaks for it.
    pub station: Station,
    /// Who it claims to be.
    pub identity: Identity,
    /// Where the hull lies about the antenna.
    pub hull: Option<Hull>,
    /// True heading.
    pub heading: Option<Degrees>,
    /// Rate of turn, degrees a minute, starboard positive.
    pub rot_deg_min: Option<f64>,
    /// Navigational status, the code of ITU-R M.1371-5 table 45.
    pub nav_status: Option<u8>,
    /// The last position report in order of arrival.
    pub reported: Reported,
    /// Another track that is not lost claims the same MMSI.
    pub doubt: bool,
    pub(crate) plane: Plane,
    pub(crate) filter: Filter,
    pub(crate) time: UtcTime,
    pub(crate) speed_known: bool,
    /// Position reports that were of this vessel.
    pub(crate) reports: u32,
    /// The core's time at the last of them.
    pub(crate) heard_at: UtcTime,
    heading_at: UtcTime,
    rot_at: UtcTime,
    heard: Heard,
    recent: Recent,
}

/// A heading or a rate of turn is kept this long when the reports that follow do not give one: types 1 and 27
/// alternate on the air, and the latter never does.
const ATTITUDE_KEPT_S: f64 = 60.0;
/// A plane is left for a new one when a report falls this far from its origin.
const PLANE_REACH_M: f64 = 10_000.0;
/// A speed derived from positions counts as known once it is this sure.
const KNOWN_SIGMA_MPS: f64 = 2.0;
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
        let mut track = Self {
            id,
            version: 0,
            life: Life::Tentative,
            station: report.station,
            identity,
            hull,
            heading: None,
            rot_deg_min: None,
            nav_status: None,
            reported: seen.reported(),
            doubt: false,
            plane,
            filter: Filter::born(&measured, motion::unknown_speed_mps(report.station)),
            time: seen.valid,
            speed_known: measured.velocity.is_some(),
            reports: 1,
            heard_at: now,
            heading_at: seen.valid,
            rot_at: seen.valid,
            heard: Heard::default(),
            recent: Recent::default(),
        };
        track.learn_attitude(report, seen.valid);
        track.recent.push(seen.reported());
        track.hear(observation.source, observation.arrival);
        track
    }

    /// Time of the state.
    #[must_use]
    pub const fn time(&self) -> UtcTime {
        self.time
    }

    /// Where it was thought to be at [`Track::time`].
    #[must_use]
    pub fn position(&self) -> Position {
        self.plane.to_position(self.filter.mean.x, self.filter.mean.y)
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
        let there = self.at_home();
        (there.ve_mps, there.vn_mps)
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

    fn at_home(&self) -> Kinematics {
        self.kinematics_at(&Plane::at(self.position()), self.time)
    }

    fn acceleration_density(&self) -> f64 {
        let length_m = self.hull.map(Hull::length_m).filter(|&length_m| length_m > 0);
        motion::acceleration_density(self.station, self.identity.ship_type, length_m)
    }

    /// Metres from the prediction to a report; `None` where that cannot be the same vessel.
    pub(crate) fn misfit_m(&self, seen: &Seen<'_>) -> Option<f64> {
        let dt_s = seen.valid.since(self.time);
        let misfit_m = seen.here.metres_from_origin(self.surface_at(seen.valid));
        let station = self.station.max(seen.report.station);
        (misfit_m < motion::gate_m(station, self.speed_known, dt_s, seen.report.sigma_m)).then_some(misfit_m)
    }

    /// Whether another station, or the same one twice, passed this very report on before.
    pub(crate) fn has_heard(&self, seen: &Seen<'_>) -> bool {
        self.recent.holds(&seen.reported())
    }

    /// Takes a report of this vessel. Whether it was late: then the state stays as it is.
    pub(crate) fn take(&mut self, seen: &Seen<'_>, now: UtcTime) -> bool {
        let Seen { observation, report, valid, here } = *seen;
        self.reported = seen.reported();
        self.recent.push(self.reported);
        self.hear(observation.source, observation.arrival);
        self.heard_at = now;
        self.reports = self.reports.saturating_add(1);
        let dt_s = valid.since(self.time);
        if dt_s < 0.0 {
            return true;
        }
        // What AIS says a vessel is, its terminal does not take back.
        if report.station != Station::Terminal {
            self.station = report.station;
        }
        self.learn_attitude(report, valid);
        let predicted = self.filter.predicted(dt_s, self.acceleration_density());
        self.filter = self.moved_plane(&predicted, &here);
        let measured = motion::measured(report, &here, &self.plane);
        self.filter = self.filter.updated(&measured);
        self.time = valid;
        self.speed_known |=
            measured.velocity.is_some() || self.filter.speed_variance() < KNOWN_SIGMA_MPS.powi(2);
        false
    }

    /// Changes to the plane at the reported place where the present one is too far away.
    fn moved_plane(&mut self, filter: &Filter, here: &Plane) -> Filter {
        if here.metres_from_origin(self.plane.lift(0.0, 0.0)) <= PLANE_REACH_M {
            return *filter;
        }
        let carried = self.plane.carry(filter.mean.x, filter.mean.y, here);
        self.plane = *here;
        filter.carried(carried.e_m, carried.n_m, carried.jacobian)
    }

    /// What a report says besides place and speed. Whether anything changed.
    pub(crate) fn learn_attitude(&mut self, report: &Report, valid: UtcTime) -> bool {
        let before = (self.heading, self.rot_deg_min, self.nav_status);
        keep(&mut self.heading, &mut self.heading_at, report.heading, valid);
        let rot = report.rot_deg_min.filter(|rot| rot.is_finite());
        keep(&mut self.rot_deg_min, &mut self.rot_at, rot, valid);
        self.nav_status = report.nav_status.or(self.nav_status);
        before != (self.heading, self.rot_deg_min, self.nav_status)
    }

    /// Notes who heard it. Whether that is somebody new.
    pub(crate) fn hear(&mut self, source: SourceId, at: UtcTime) -> bool {
        self.heard.note(source, at)
    }
}

fn keep<T>(known: &mut Option<T>, since: &mut UtcTime, said: Option<T>, valid: UtcTime) {
    if said.is_some() {
        (*known, *since) = (said, valid);
    } else if valid.since(*since) > ATTITUDE_KEPT_S {
        *known = None;
    }
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
