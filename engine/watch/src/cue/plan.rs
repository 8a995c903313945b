//! Who looks at what: the most urgent first, each by the camera that sees it best and soonest.

use super::aim::Spot;
use super::camera::{Pose, Unseen};
use super::want::Reason;
use super::{Cue, Cues, Key, Moment, Subject, Task, Why};

/// A camera that follows something is this much better at it than another would be.
const HYSTERESIS: f64 = 1.2;
/// A camera this far from losing sight hands over, seconds.
const AHEAD_S: f64 = 20.0;
/// A slew this long halves the worth of a camera, seconds.
const SLEW_S: f64 = 4.0;
/// A camera that has nothing to do begins its tour after this, seconds.
const IDLE_S: f64 = 5.0;
/// One that sees better takes over no sooner than this after the last cue, seconds.
const SETTLE_S: f64 = 15.0;
/// More that have just lost their camera are not looked at again in the same event.
const PASSES: usize = 3;

impl Cues {
    /// Once a second.
    pub(super) fn sweep(&mut self, moment: &mut Moment<'_>) {
        for number in self.numbers() {
            let Some(seat) = self.seat(number) else { continue };
            match &seat.task {
                Task::Held(hand) if moment.now > hand.until => {
                    self.release(number, "its time is over", moment);
                }
                Task::Held(_) => self.follow(number, moment),
                Task::Look { key, .. } => self.keep(number, *key, moment),
                Task::Idle | Task::Tour { .. } => {}
            }
        }
        self.plan(moment);
        for number in self.numbers() {
            self.tour(number, moment);
        }
    }

    /// A camera that follows something goes on, lets go, or hands over.
    fn keep(&mut self, number: u16, key: Key, moment: &mut Moment<'_>) {
        let Some(subject) = self.state.wants.get(&key).map(|want| want.subject) else { return };
        if let Err(cause) = self.worth(number, subject, 0.0, moment) {
            return self.release(number, cause.as_str(), moment);
        }
        self.follow(number, moment);
        let Some(Task::Look { since, from, .. }) = self.seat(number).map(|seat| &seat.task) else { return };
        let looks_twice = self.numbers().filter(|other| self.has(*other, key)).count() > 1;
        if from.is_some() || looks_twice {
            return;
        }
        let own = self.worth(number, subject, AHEAD_S, moment);
        let is_settled = moment.now.since(*since) > SETTLE_S;
        let best = self.best_free(subject, moment);
        let Some((worth, other)) = best else { return };
        let goes = match own {
            Err(_) => true,
            Ok(own) => is_settled && worth > HYSTERESIS * own,
        };
        if goes {
            self.look(other, key, Some(number), moment);
        }
    }

    fn has(&self, number: u16, key: Key) -> bool {
        self.seat(number).is_some_and(|seat| matches!(&seat.task, Task::Look { key: own, .. } if *own == key))
    }

    /// The best camera without anything to do that sees something now and for a while.
    fn best_free(&self, subject: Subject, moment: &Moment<'_>) -> Option<(f64, u16)> {
        let is_free = |number: &u16| {
            self.seat(*number).is_some_and(|seat| {
                seat.is_up == Some(true) && matches!(seat.task, Task::Idle | Task::Tour { .. })
            })
        };
        let worth = |number: u16| {
            let now = self.worth(number, subject, 0.0, moment).ok()?;
            let later = self.worth(number, subject, AHEAD_S, moment).ok()?;
            Some((now.min(later), number))
        };
        self.numbers().filter(is_free).filter_map(worth).fold(None, |best, other| Some(better(best, other)))
    }

    /// How well a camera sees something in so many seconds, and how soon.
    ///
    /// # Errors
    /// Why it does not.
    pub(super) fn worth(
        &self,
        number: u16,
        subject: Subject,
        ahead_s: f64,
        moment: &Moment<'_>,
    ) -> Result<f64, Unseen> {
        let (camera, plane, seat) = self.parts(number).ok_or(Unseen::Down)?;
        if seat.is_up != Some(true) {
            return Err(Unseen::Down);
        }
        let now = moment.now;
        // Most are far: that is seen without any geometry.
        let rough = match subject {
            Subject::Track(id) => moment.picture.track(id).map(fusion::Track::position),
            Subject::Place(place) => Some(place),
        };
        let rough = rough.ok_or(Unseen::Far)?;
        if (rough.lat() - camera.position.lat()).abs() * 110_000.0 > camera.reach_m + 2000.0 {
            return Err(Unseen::Far);
        }
        let spot = Spot::of(subject, moment.picture, now.plus_s(ahead_s)).ok_or(Unseen::Far)?;
        let sight = spot.sight(camera, plane);
        camera.sees(&sight)?;
        let identified_m = camera.identifies_at_m(spot.width_m(sight.azimuth_deg)).max(1.0);
        let (azimuth_deg, elevation_deg) = (sight.azimuth_deg, sight.elevation_deg);
        let to = Pose { azimuth_deg, elevation_deg, fov_deg: camera.fov_deg[0] };
        // Only the way counts here: how far it zooms is much the same for all.
        let way_s =
            seat.pose.map_or(SLEW_S, |pose| camera.slew_s(&Pose { fov_deg: to.fov_deg, ..pose }, &to));
        Ok(camera.favour / (1.0 + (sight.slant_m / identified_m).powi(2)) / (1.0 + way_s / SLEW_S))
    }

    /// Gives cameras to what waits for one.
    pub(super) fn plan(&mut self, moment: &mut Moment<'_>) {
        for _ in 0..PASSES {
            if !self.pass(moment) {
                return;
            }
        }
    }

    /// Once through all that waits; whether something lost its camera by that.
    fn pass(&mut self, moment: &mut Moment<'_>) -> bool {
        let mut waiting: Vec<(f64, Key)> = self
            .state
            .wants
            .iter()
            .filter(|(key, _)| !self.looks_at(**key))
            .map(|(key, want)| (want.urgency(moment.now), *key))
            .collect();
        waiting.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut displaced = false;
        for (urgency, key) in waiting {
            let Some(want) = self.state.wants.get(&key) else { continue };
            // Another camera may have been given to it by an operator.
            let (subject, seen, weight) = (want.subject, want.seen, want.weight());
            let (mut free, mut taken, mut reason) = (None, None, Reason::default());
            for number in self.numbers() {
                let worth = match self.worth(number, subject, 0.0, moment) {
                    Ok(worth) => worth,
                    Err(cause) => {
                        reason.count(cause);
                        continue;
                    }
                };
                let Some(seat) = self.seat(number) else { continue };
                match &seat.task {
                    Task::Idle | Task::Tour { .. } => free = Some(better(free, (worth, number))),
                    Task::Held(_) => reason.count(Unseen::Held),
                    Task::Look { key: other, since, .. } => {
                        let Some(other) = self.state.wants.get(other) else { continue };
                        let from = seat.arrived.unwrap_or(*since);
                        let looked_s = moment.now.since(from);
                        let is_first = !seen && weight > other.weight();
                        let has_looked = seat.arrived.is_some() || looked_s > 3.0 * self.config.look_s;
                        let is_due = has_looked
                            && looked_s >= self.config.look_s
                            && urgency > HYSTERESIS * other.hold(looked_s);
                        if is_first || is_due {
                            // Of those that could be had, the one that is missed least.
                            let missed = worth / (1.0 + other.hold(looked_s));
                            taken = Some(better(taken, (missed, number)));
                        } else {
                            reason.count(Unseen::Busy);
                        }
                    }
                }
            }
            match (free, taken) {
                (Some((_, number)), _) => self.look(number, key, None, moment),
                (None, Some((_, number))) => {
                    self.release(number, "something more urgent", moment);
                    displaced = true;
                    self.look(number, key, None, moment);
                }
                (None, None) => self.say_why(key, reason, moment),
            }
        }
        displaced
    }

    fn look(&mut self, number: u16, key: Key, from: Option<u16>, moment: &mut Moment<'_>) {
        let is_touring = self.seat(number).is_some_and(|seat| matches!(seat.task, Task::Tour { .. }));
        if is_touring {
            self.release(number, "needed", moment);
        }
        let Some(want) = self.state.wants.get_mut(&key) else { return };
        want.told = None;
        let cue = Cue {
            camera: Some(number),
            subject: want.subject,
            why: Why::Alert,
            alert: want.alert(),
            user: None,
            at: moment.now,
            released: false,
            reason: None,
        };
        self.give(number, Task::Look { key, since: moment.now, from }, cue, moment);
    }

    /// A camera without anything to do goes on its tour.
    fn tour(&mut self, number: u16, moment: &mut Moment<'_>) {
        let Some((camera, _, seat)) = self.parts(number) else { return };
        if camera.patrol.is_empty() || seat.is_up != Some(true) {
            return;
        }
        let now = moment.now;
        let next = match seat.task {
            Task::Idle if seat.freed.is_none_or(|freed| now.since(freed) >= IDLE_S) => 0,
            Task::Tour { stop, since } => {
                let dwell_s = camera.patrol.get(stop).map_or(0.0, |stop| stop.dwell_s);
                if now.since(since) < dwell_s || camera.patrol.len() == 1 {
                    return;
                }
                (stop + 1) % camera.patrol.len()
            }
            _ => return,
        };
        let Some(place) = camera.patrol.get(next).map(|stop| stop.place) else { return };
        let cue = Cue {
            camera: Some(number),
            subject: Subject::Place(place),
            why: Why::Patrol,
            alert: None,
            user: None,
            at: now,
            released: false,
            reason: None,
        };
        self.give(number, Task::Tour { stop: next, since: now }, cue, moment);
    }
}

/// The worthier of two, the lower number of equals.
fn better(best: Option<(f64, u16)>, other: (f64, u16)) -> (f64, u16) {
    best.filter(|best| best.0 >= other.0).unwrap_or(other)
}
