//! Our belief about one vessel.

use crate::filter::Filter;
use crate::filter::PREDICT_AHEAD_S;
use crate::heard::{Heard, Recent};
use crate::imm::{Imm, Lever, Pair};
use crate::looks::Looks;
use crate::motion::{self, Agility, Rest};
use crate::plane::{Ecef, Plane};
use crate::radar::Echo;
use crate::relink::Astray;
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
    /// What kind of station speaks for it; `None` where none does.
    pub station: Option<Station>,
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
    /// The last position report in order of arrival; `None` where nobody speaks for it.
    pub reported: Option<Reported>,
    /// Another track that is not lost claims the same MMSI.
    pub doubt: bool,
    pub(crate) plane: Plane,
    pub(crate) imm: Imm,
    pub(crate) lever: Lever,
    /// What the models together believe.
    pub(crate) filter: Filter,
    pub(crate) looks: Looks,
    /// How much likelier it is a vessel than none, nats.
    pub(crate) score: f64,
    pub(crate) born: UtcTime,
    /// How long radar sees it, metres, and from how many plots.
    pub(crate) seen_length_m: f64,
    pub(crate) seen_lengths: u32,
    /// The last fix of a vessel that can teach a radar.
    pub(crate) fix: Option<Fix>,
    /// How many times as noisy as they say its reports are, as a variance.
    pub(crate) noisy: f64,
    /// Mean squared innovation of late.
    pub(crate) restless: f64,
    /// Where its reports have fallen of late.
    pub(crate) astray: Astray,
    pub(crate) time: UtcTime,
    pub(crate) speed_known: bool,
    /// Which way its bow points is said, or follows from its way.
    bow_known: bool,
    /// Position reports that were of this vessel.
    pub(crate) reports: u32,
    /// The core's time at the last of them.
    pub(crate) heard_at: UtcTime,
    heading_at: UtcTime,
    rot_at: UtcTime,
    heard: Heard,
    recent: Recent,
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

/// A heading or a rate of turn is kept this long when the reports that follow do not give one: types 1 and 27
/// alternate on the air, and the latter never does.
const ATTITUDE_KEPT_S: f64 = 60.0;
/// A plane is left for a new one when a report falls this far from its origin.
const PLANE_REACH_M: f64 = 10_000.0;
/// A speed derived from positions counts as known once it is this sure.
const KNOWN_SIGMA_MPS: f64 = 2.0;
/// A small craft of unknown size that is slower than this drifts; a ship slower than the other lies still.
const DRIFT_KN: f64 = 2.0;
const STILL_KN: f64 = 0.8;
/// Navigational status of a ship alongside (ITU-R M.1371-5, table 45).
const MOORED: u8 = 5;
const TINY_M: u16 = 5;
/// A report so near its prediction is of nobody else, metres.
const EXPECTED_M: f64 = 12.0;
/// Radar tells lengths from here on, to a factor of about this much as a logarithm; at most so much comes of it.
const LENGTH_LEAST_M: f64 = 40.0;
const LENGTH_SIGMA: f64 = 0.25;
const LENGTH_MOST: f64 = 16.0;
const YOUNG_HITS: u32 = 16;
/// Mean squared innovation (two degrees of freedom) from which on a still ship is thought to move.
const RESTLESS: f64 = 5.0;
/// Passes of antennas in a row that see nothing of a ship make a ghost of it.
const GHOST_MISSED: u32 = 12;
/// Data later than this no longer moves the state.
const LATE_MOST_S: f64 = 30.0;
/// A squared innovation beyond this (0.03 % of honest ones at two degrees of freedom) is a manoeuvre or an error.
const SURPRISE: f64 = 16.0;
const WIDEN_MOST: f64 = 400.0;
/// A ship whose antenna radar finds farther than this from where it says that it is teaches nobody.
const AGREES_M: f64 = 12.0;
/// What a radar saw longer ago checks nothing.
const FRESH_S: f64 = 10.0;
/// One standard deviation of where an antenna lies ahead of the hull's middle, metres.
const VAGUE_M: f64 = 20.0;
/// One standard deviation on each axis of the speed of a ship that lies still, metres per second.
const STILL_MPS: f64 = 0.15;
/// Below this a course says nothing of the bow.
const ADRIFT_MPS: f64 = 0.4;
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

    /// Where its antenna is thought to be at an instant, earth-centred.
    fn antenna_at(&self, t: UtcTime) -> Ecef {
        let (e_m, n_m) = self.filter.place_after(t.since(self.time));
        let ((sin, cos), ([ahead, aside], _)) = (self.bow().sin_cos(), self.imm.antenna());
        self.plane.lift(e_m + ahead * sin + aside * cos, n_m + ahead * cos - aside * sin)
    }

    /// Radians clockwise from north: as reported, as it goes, or nowhere in particular.
    fn bow(&self) -> f64 {
        if !self.bow_known {
            return 0.0;
        }
        let said = self.heading.map(Degrees::radians);
        said.unwrap_or_else(|| self.filter.mean.z.atan2(self.filter.mean.w))
    }

    fn at_home(&self) -> Kinematics {
        self.kinematics_at(&Plane::at(self.position()), self.time)
    }

    fn acceleration_density(&self) -> f64 {
        self.imm.density(&self.agility())
    }

    pub(crate) fn agility(&self) -> Agility {
        let said = self.said_length_m();
        let seen = self.seen_size_m();
        // Who says that it hardly moves: until its next report, or until radar sees otherwise.
        let said_kn = self.reported.and_then(|reported| reported.sog).map(units::Knots::value);
        let tiny = self.station == Some(Station::ClassB) && self.is_tiny();
        let still_kn = if tiny { DRIFT_KN } else { STILL_KN };
        let firm = self.nav_status == Some(MOORED) || self.is_marker();
        let drifts = said_kn.is_some_and(|kn| kn < still_kn)
            && (firm || self.restless < RESTLESS || !self.looks.is_well_seen());
        motion::agility_of(
            self.station,
            self.identity.ship_type,
            said.or(seen),
            drifts.then_some(if tiny {
                Rest::Adrift
            } else if self.nav_status == Some(MOORED) {
                Rest::Alongside
            } else {
                Rest::Anchored
            }),
            self.filter.speed_mps(),
        )
    }

    /// Says no size, or that of a buoy.
    fn is_tiny(&self) -> bool {
        self.hull.is_none_or(|hull| hull.length_m() < TINY_M)
    }

    /// A net marker: a buoy that drifts with the nets and sends as a small craft of no size, under a number that
    /// somebody made up, with the charge of its battery for a name.
    pub(crate) fn is_marker(&self) -> bool {
        let named = self.identity.name.is_some_and(|name| name.as_str().ends_with('%'));
        self.station == Some(Station::ClassB) && self.is_tiny() && named
    }

    /// Metres from the prediction to a report; `None` where that cannot be the same vessel.
    pub(crate) fn misfit_m(&self, seen: &Seen<'_>) -> Option<f64> {
        let dt_s = seen.valid.since(self.time);
        let mut misfit_m = seen.here.metres_from_origin(self.antenna_at(seen.valid));
        if let Some(reported) = self.reported.filter(|_| !self.is_seen(seen.valid)) {
            // Radar may have led it astray: what it said last counts as well.
            let before = Plane::at(reported.position);
            let (e_m, n_m) = before.to_local(seen.here.origin());
            let (sin, cos) = reported.cog.map_or((0.0, 0.0), |cog| cog.radians().sin_cos());
            let way_m = reported.sog.map_or(0.0, Knots::mps) * seen.valid.since(reported.valid);
            misfit_m = misfit_m.min((e_m - way_m * sin).hypot(n_m - way_m * cos));
        }
        let station = self.station.unwrap_or(Station::ClassA).max(seen.report.station);
        (misfit_m < motion::gate_m(station, self.speed_known, dt_s, seen.report.sigma_m)).then_some(misfit_m)
    }

    /// How long radar sees it, once that is sure.
    fn seen_size_m(&self) -> Option<f64> {
        (self.seen_lengths >= 20).then_some(self.seen_length_m)
    }

    /// A report is where it was expected to be, by a track that knows where its antenna is.
    pub(crate) fn expected(&self, seen: &Seen<'_>) -> bool {
        self.lever.known && seen.here.metres_from_origin(self.antenna_at(seen.valid)) < EXPECTED_M
    }

    /// Whether another station, or the same one twice, passed this very report on before.
    pub(crate) fn has_heard(&self, seen: &Seen<'_>) -> bool {
        self.recent.holds(&seen.reported())
    }

    /// Takes a report of this vessel. Whether it was late: then the state stays as it is.
    pub(crate) fn take(&mut self, seen: &Seen<'_>, now: UtcTime) -> bool {
        let Seen { observation, report, valid, here } = *seen;
        self.reported = Some(seen.reported());
        self.recent.push(seen.reported());
        self.hear(observation.source, observation.arrival);
        self.heard_at = now;
        self.reports = self.reports.saturating_add(1);
        let dt_s = valid.since(self.time);
        if dt_s < -LATE_MOST_S {
            return true;
        }
        self.learn_attitude(report, valid);
        let station = match (self.station, report.station) {
            // A class A ship may carry more than its class A station.
            (Some(Station::ClassA), Station::ClassB) => Station::ClassA,
            // What AIS says a vessel is, its terminal does not take back.
            (Some(known), Station::Terminal) => known,
            (_, said) => said,
        };
        if self.station != Some(station) {
            self.station = Some(station);
            self.relearn_lever();
        }
        self.move_plane(&here);
        let agility = self.agility();
        self.advance(valid, &agility);
        let lag_s = self.time.since(valid).max(0.0);
        let mut measured = motion::measured(report, &here, &self.plane);
        for value in &mut measured.place.r {
            *value *= self.noisy;
        }
        self.orient(&measured);
        let heading = self.bow_rad(&measured);
        let surprise = self.imm.surprise_of_antenna(measured.place, heading, lag_s, &agility);
        // A receiver may be worse than it says: what it errs by is learnt slowly.
        self.noisy = (self.noisy * (1.0 + 0.04 * (surprise.min(SURPRISE) / 2.0 - 1.0))).clamp(1.0, 9.0);
        if surprise > SURPRISE {
            if self.is_seen(valid) {
                // Radar holds it: then the report lags, or its antenna is elsewhere.
                self.imm.loosen_lever((self.filter.speed_mps() * 4.0).powi(2) + 100.0, 25.0);
            } else {
                // What radar taught of it was of something else.
                self.imm.reset_lever(&self.lever);
                self.imm.widen((surprise / SURPRISE).min(WIDEN_MOST));
            }
        }
        self.imm.hear(measured.place, heading, lag_s, &agility);
        if let Some(velocity) = measured.velocity {
            self.imm.go(velocity, lag_s, &agility);
        }
        self.conclude(&agility);
        self.speed_known |= measured.velocity.is_some();
        self.note_fix(seen);
        dt_s < 0.0
    }

    /// Takes an echo of this vessel; `turn` carries the radar's plane into the track's.
    pub(crate) fn take_echo(&mut self, echo: &Echo, turn: [[f64; 2]; 2]) {
        let surprise = self.take_place(echo.valid, |track, _| {
            let (e_m, n_m) = track.plane.flatten(echo.at);
            Pair { z: [e_m, n_m], r: track.blurred(echo, rotated(echo.r, turn)) }
        });
        if let Some(surprise) = surprise {
            self.restless += 0.2 * (surprise.min(20.0) - self.restless);
        }
    }

    /// Takes where its hull's middle was, made of the track and of the seconds by which it is late. Returns the
    /// squared innovation.
    pub(crate) fn take_place(
        &mut self,
        valid: UtcTime,
        place: impl FnOnce(&Self, f64) -> Pair,
    ) -> Option<f64> {
        if self.time.since(valid) > LATE_MOST_S {
            return None;
        }
        let agility = self.agility();
        self.advance(valid, &agility);
        let lag_s = self.time.since(valid).max(0.0);
        let place = place(self, lag_s);
        let surprise = self.imm.see(place, lag_s, &agility);
        self.conclude(&agility);
        Some(surprise)
    }

    /// How long it says, or radar sees, that it is, metres.
    pub(crate) fn length_m(&self) -> Option<f64> {
        self.hull
            .map(|hull| f64::from(hull.length_m()))
            .filter(|&length_m| length_m > 0.0)
            .or(self.seen_size_m())
    }

    /// How long it says that it is, metres.
    pub(crate) fn said_length_m(&self) -> Option<f64> {
        self.hull.map(|hull| f64::from(hull.length_m())).filter(|&length_m| length_m > 0.0)
    }

    /// How far the length that radar sees of it is from one that is said, as a squared distance.
    pub(crate) fn unlike_in_length(&self, said_m: Option<f64>) -> f64 {
        let seen = self.seen_size_m().filter(|&seen_m| seen_m > LENGTH_LEAST_M);
        let both = seen.zip(said_m.filter(|&said_m| said_m > LENGTH_LEAST_M));
        both.map_or(0.0, |(seen, said)| ((seen / said).ln() / LENGTH_SIGMA).powi(2).min(LENGTH_MOST))
    }

    /// A ship that says she lies alongside or at anchor, and hardly moves.
    pub(crate) fn lies_still(&self) -> bool {
        let said_kn = self.reported.and_then(|reported| reported.sog).map(units::Knots::value);
        matches!(self.nav_status, Some(1 | MOORED)) && said_kn.is_some_and(|kn| kn < STILL_KN)
    }

    /// By how much an echo is longer than it, as far as that is known, metres: then it holds something else as well.
    pub(crate) fn excess_m(&self, echo: &Echo) -> f64 {
        let said = self.said_length_m();
        let seen = self.seen_size_m().map(|length_m| length_m * 1.2);
        let longest = said.zip(seen).map(|(said, seen)| said.max(seen)).or(said).or(seen);
        match (echo.size_m, longest) {
            (Some((along, across)), Some(length_m)) => (along.max(across) - 1.15 * length_m - 20.0).max(0.0),
            _ => 0.0,
        }
    }

    /// The middle of an echo that holds something else as well is less the ship's.
    pub(crate) fn blurred(&self, echo: &Echo, [ee, en, nn]: [f64; 3]) -> [f64; 3] {
        let more = (self.excess_m(echo) * 2.0).powi(2);
        [ee + more, en, nn + more]
    }

    /// Predicts to an instant, if that is later than the state.
    fn advance(&mut self, to: UtcTime, agility: &Agility) {
        let dt_s = to.since(self.time);
        if dt_s > 0.0 {
            self.imm.predict(dt_s.min(PREDICT_AHEAD_S), agility, &self.lever);
            self.time = to;
        }
    }

    /// What follows from a state that has changed.
    fn conclude(&mut self, agility: &Agility) {
        self.imm.limit_speed(agility.most_mps);
        self.filter = self.imm.combined();
        debug_assert!(self.imm.is_sound(), "{:?}", self.imm);
        self.speed_known |= self.filter.speed_variance() < KNOWN_SIGMA_MPS.powi(2);
    }

    /// Believes of its motion what another track of the same vessel does, whose radar sees it.
    pub(crate) fn take_motion(&mut self, from: &Self) {
        (self.plane, self.imm, self.filter, self.time) = (from.plane, from.imm, from.filter, from.time);
        (self.looks, self.score) = (from.looks, from.score);
        (self.seen_length_m, self.seen_lengths) = (from.seen_length_m, from.seen_lengths);
        (self.restless, self.speed_known, self.lever) = (from.restless, from.speed_known, from.lever);
        self.fix = None;
        self.relearn_lever();
        let speed_mps = self.filter.speed_mps();
        self.imm.loosen_lever((speed_mps * 8.0).powi(2), 100.0);
        if self.lies_still() {
            let agility = self.agility();
            self.imm.go(
                Pair { z: [0.0; 2], r: [STILL_MPS * STILL_MPS, 0.0, STILL_MPS * STILL_MPS] },
                0.0,
                &agility,
            );
            self.filter = self.imm.combined();
        }
    }

    /// Was lost, and is found again as another echo.
    pub(crate) fn go_on_as(&mut self, echo: &Self) {
        let (length_m, lengths) = (self.seen_length_m, self.seen_lengths);
        self.take_motion(echo);
        self.heard_at = self.heard_at.max(echo.heard_at);
        for (source, at) in echo.heard.all() {
            self.heard.note(source, at);
        }
        if lengths > self.seen_lengths {
            (self.seen_length_m, self.seen_lengths) = (length_m, lengths);
        }
    }

    /// Becomes the track of a vessel that spoke under another number.
    pub(crate) fn take_identity(&mut self, from: &Self) {
        self.identity = from.identity;
        self.hull = from.hull;
        self.station = from.station;
        self.reported = from.reported;
        self.nav_status = from.nav_status;
        (self.heading, self.heading_at) = (from.heading, from.heading_at);
        (self.rot_deg_min, self.rot_at) = (from.rot_deg_min, from.rot_at);
        (self.recent, self.astray, self.noisy) = (from.recent, Astray::default(), 1.0);
        self.reports = self.reports.saturating_add(from.reports);
        for (source, at) in from.heard.all() {
            self.heard.note(source, at);
        }
        self.relearn_lever();
        let speed_mps = self.filter.speed_mps();
        self.imm.loosen_lever((speed_mps * 8.0).powi(2), 100.0);
    }

    /// Is an echo of nobody known from now on.
    pub(crate) fn lose_identity(&mut self) {
        self.identity = Identity::default();
        (self.hull, self.station, self.reported, self.fix) = (None, None, None, None);
        (self.nav_status, self.heading, self.rot_deg_min) = (None, None, None);
        (self.reports, self.noisy, self.doubt) = (0, 1.0, false);
        (self.recent, self.astray) = (Recent::default(), Astray::default());
        self.relearn_lever();
    }

    /// Which way the bow points, radians clockwise from the plane's north: as reported, as it goes, or as before.
    fn bow_rad(&self, measured: &motion::Measured) -> f64 {
        if !self.bow_known {
            return 0.0;
        }
        measured.heading_rad.unwrap_or_else(|| self.filter.mean.z.atan2(self.filter.mean.w))
    }

    /// Whether a report leaves it open which way the bow points: then the antenna's place is one in the world.
    fn orient(&mut self, measured: &motion::Measured) {
        let way_mps = measured.velocity.map_or(f64::INFINITY, |velocity| velocity.z[0].hypot(velocity.z[1]));
        let known = measured.heading_rad.is_some() || (self.bow_known && way_mps > ADRIFT_MPS);
        if known != self.bow_known {
            self.bow_known = known;
            self.lever = motion::lever(self.station, self.hull, self.seen_size_m(), known);
            self.imm.reset_lever(&self.lever);
        }
    }

    /// It says that it is a ship, and radars that should see it look and see nothing.
    pub(crate) fn is_ghost(&self) -> bool {
        let missed: u32 = self.looks.all().map(|look| u32::from(look.missed)).sum();
        self.station == Some(Station::ClassA) && self.looks.hits() <= missed / 50 && missed >= GHOST_MISSED
    }

    /// Radar alone saw it, not often, and then no more: it was clutter.
    pub(crate) fn was_none(&self) -> bool {
        self.station.is_none() && self.looks.hits() < YOUNG_HITS && self.score < 0.0
    }

    /// A ship that speaks, and where her antenna lies on board is not known: any echo nearby could be hers.
    pub(crate) fn is_vague(&self) -> bool {
        self.station.is_some()
            && !self.lever.known
            && !self.looks.is_well_seen()
            && self.imm.antenna().1[0] > VAGUE_M.powi(2)
    }

    /// What would be believed of it if it were as long as an echo is.
    pub(crate) fn as_long_as(&self, echo: &Self) -> Self {
        let mut same = self.clone();
        if echo.seen_lengths >= 3 {
            let lever = motion::lever(self.station, self.hull, Some(echo.seen_length_m), self.bow_known);
            let agility = self.agility();
            same.imm.learn_lever(&lever, &agility);
            same.filter = same.imm.combined();
        }
        same
    }

    /// A radar saw it so lately that what it reports can be checked.
    pub(crate) fn is_seen(&self, at: UtcTime) -> bool {
        self.was_seen(at, FRESH_S)
    }

    /// A radar that sees it well did so less than this ago.
    pub(crate) fn was_seen(&self, at: UtcTime, ago_s: f64) -> bool {
        self.looks.is_well_seen() && self.looks.last_seen().is_some_and(|seen| at.since(seen) < ago_s)
    }

    /// What is now known of the antenna's place.
    /// Whether the state changed.
    pub(crate) fn relearn_lever(&mut self) -> bool {
        let lever = motion::lever(self.station, self.hull, self.seen_size_m(), self.bow_known);
        if lever == self.lever {
            return false;
        }
        if lever.known {
            if self.lever.known {
                // It says something else than before: believe it anew.
                self.imm.loosen_lever(45.0_f64.powi(2), 100.0);
            }
            let agility = self.agility();
            self.imm.learn_lever(&lever, &agility);
            self.filter = self.imm.combined();
        } else if self.lever.known {
            self.imm.loosen_lever(lever.sigma[0].powi(2), lever.sigma[1].powi(2));
        } else {
            let more = |k: usize| {
                (lever.sigma.get(k).copied().unwrap_or(0.0).powi(2)
                    - self.lever.sigma.get(k).copied().unwrap_or(0.0).powi(2))
                .max(0.0)
            };
            self.imm.loosen_lever(more(0), more(1));
        }
        self.lever = lever;
        self.filter = self.imm.combined();
        self.recentre();
        true
    }

    /// Keeps what a clean report says of the hull's centre: it teaches radars.
    fn note_fix(&mut self, seen: &Seen<'_>) {
        let taught = self.fix.and_then(|fix| fix.taught);
        self.fix = None;
        let report = seen.report;
        let (Some(sog), Some(cog)) = (report.sog, report.cog) else { return };
        let ([ahead, aside], _) = self.imm.antenna();
        let [said_ahead, said_aside] = self.lever.mean;
        let agrees = (ahead - said_ahead).hypot(aside - said_aside) < AGREES_M;
        let is_known = self.lever.known
            && self.lever.sigma[0] < AGREES_M
            && report.station != Station::Aircraft
            && report.sigma_m <= 12.0;
        let is_clean = is_known && agrees;
        if !is_clean {
            return;
        }
        let Some(bow) = report.heading.or(Some(cog)) else { return };
        let (sin, cos) = bow.radians().sin_cos();
        let [ahead, aside] = self.lever.mean;
        let (e, n) = (-(ahead * sin + aside * cos), -(ahead * cos - aside * sin));
        let (sin, cos) = cog.radians().sin_cos();
        self.fix = Some(Fix {
            at: seen.here.lift(e, n),
            velocity: [sog.mps() * sin, sog.mps() * cos],
            valid: seen.valid,
            taught,
        });
    }

    /// Changes to the plane at a place where the present one is too far away.
    fn move_plane(&mut self, here: &Plane) {
        if here.metres_from_origin(self.plane.lift(0.0, 0.0)) <= PLANE_REACH_M {
            return;
        }
        let carried = self.plane.carry(self.filter.mean.x, self.filter.mean.y, here);
        self.plane = *here;
        self.imm = self.imm.carried(&self.filter, carried.e_m, carried.n_m, carried.jacobian);
        self.filter = self.imm.combined();
    }

    /// Changes to a plane of its own where it has sailed far from the present one's origin.
    pub(crate) fn recentre(&mut self) {
        if self.filter.mean.x.hypot(self.filter.mean.y) > PLANE_REACH_M {
            let here = Plane::at(self.position());
            self.move_plane(&here);
        }
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
