//! What reports and echoes do to a track.

use super::{Fix, Seen, Track, rotated};
use crate::filter::PREDICT_AHEAD_S;
use crate::imm::{Lever, Pair};
use crate::motion::{self, Agility};
use crate::plane::Plane;
use crate::radar::Echo;
use crate::{Report, SourceId, Station};
use units::{Knots, UtcTime};

/// A heading or a rate of turn is kept this long when the reports that follow do not give one: types 1 and 27
/// alternate on the air, and the latter never does.
const ATTITUDE_KEPT_S: f64 = 60.0;
/// A plane is left for a new one when a report falls this far from its origin.
const PLANE_REACH_M: f64 = 10_000.0;
/// A speed derived from positions counts as known once it is this sure.
const KNOWN_SIGMA_MPS: f64 = 2.0;
/// A report so near its prediction is of nobody else, metres.
const EXPECTED_M: f64 = 12.0;
/// Data later than this no longer moves the state.
const LATE_MOST_S: f64 = 30.0;
/// A squared innovation beyond this (0.03 % of honest ones at two degrees of freedom) is a manoeuvre or an error.
const SURPRISE: f64 = 16.0;
const WIDEN_MOST: f64 = 400.0;
/// A ship whose antenna radar finds farther than this from where it says that it is teaches nobody.
const AGREES_M: f64 = 12.0;
/// Squared distance of the antenna from where it is said to be that no honest error explains.
const MISPLACED: f64 = 16.0;
/// How much less is known, as a variance, of a vessel that was believed too much.
pub(super) const ANEW: f64 = 16.0;
/// Below this a course says nothing of the bow.
const ADRIFT_MPS: f64 = 0.4;

impl Track {
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
        // Who is not where radar sees her tells of an earlier time.
        let is_past = self.misplaced && self.is_seen(valid);
        if let Some(velocity) = measured.velocity.filter(|_| !is_past) {
            self.imm.go(velocity, lag_s, &agility);
        }
        self.conclude(&agility);
        self.speed_known |= measured.velocity.is_some();
        self.judge_lever(valid);
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

    /// Predicts to an instant, if that is later than the state.
    pub(super) fn advance(&mut self, to: UtcTime, agility: &Agility) {
        let dt_s = to.since(self.time);
        if dt_s > 0.0 {
            let lever = Lever { known: self.lever.known && !self.misplaced, ..self.lever };
            self.imm.predict(dt_s.min(PREDICT_AHEAD_S), agility, &lever);
            self.time = to;
        }
    }

    /// What follows from a state that has changed.
    pub(super) fn conclude(&mut self, agility: &Agility) {
        self.imm.limit_speed(agility.most_mps);
        self.filter = self.imm.combined();
        debug_assert!(self.imm.is_sound(), "{:?}", self.imm);
        self.speed_known |= self.filter.speed_variance() < KNOWN_SIGMA_MPS.powi(2);
    }

    /// Which way the bow points, radians clockwise from the plane's north: as reported, as it goes, or as before.
    pub(super) fn bow_rad(&self, measured: &motion::Measured) -> f64 {
        if !self.bow_known {
            return 0.0;
        }
        measured.heading_rad.unwrap_or_else(|| self.filter.mean.z.atan2(self.filter.mean.w))
    }

    /// Whether a report leaves it open which way the bow points: then the antenna's place is one in the world.
    pub(super) fn orient(&mut self, measured: &motion::Measured) {
        let way_mps = measured.velocity.map_or(f64::INFINITY, |velocity| velocity.z[0].hypot(velocity.z[1]));
        let known = measured.heading_rad.is_some() || (self.bow_known && way_mps > ADRIFT_MPS);
        if known != self.bow_known {
            self.bow_known = known;
            self.lever = motion::lever(self.station, self.hull, self.seen_size_m(), known);
            self.imm.reset_lever(&self.lever);
        }
    }

    /// Whether radar finds the antenna where it says that it is.
    fn judge_lever(&mut self, valid: UtcTime) {
        if !self.lever.known {
            self.misplaced = false;
        } else if self.is_seen(valid) {
            let ([ahead, _], [variance, _]) = self.imm.antenna();
            let off = (ahead - self.lever.mean[0]).powi(2);
            let least = if self.misplaced {
                AGREES_M.powi(2)
            } else {
                MISPLACED * (variance + self.lever.sigma[0].powi(2))
            };
            let misplaced = off > least && !self.looks_longer();
            if misplaced && !self.misplaced {
                // What followed from believing it as well.
                self.imm.widen(ANEW);
                self.filter = self.imm.combined();
            }
            self.misplaced = misplaced;
        }
    }

    /// Keeps what a clean report says of the hull's centre: it teaches radars.
    pub(super) fn note_fix(&mut self, seen: &Seen<'_>) {
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
    pub(super) fn move_plane(&mut self, here: &Plane) {
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

fn keep<T>(known: &mut Option<T>, since: &mut UtcTime, said: Option<T>, valid: UtcTime) {
    if said.is_some() {
        (*known, *since) = (said, valid);
    } else if valid.since(*since) > ATTITUDE_KEPT_S {
        *known = None;
    }
}
