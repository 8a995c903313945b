//! Which camera looks where: what is wanted, who looks at it, along which path, and what no camera sees and why.
//!
//! An alert wants a camera. The one that sees best what it is about, and is there soonest, is told to look; it follows
//! until the alert is over, until something more urgent needs it, or until another sees better, and hands over before
//! it loses sight. What waits grows more urgent, and what has been looked at less. An operator's hand is above all.
//!
//! **Invariant**: pure. Alerts, tracks and what cameras say of themselves go in; cues come out, the same for the same.

pub mod aim;
pub mod calibrate;
pub mod camera;
pub mod geometry;
mod hand;
mod notice;
mod plan;
mod want;

pub use aim::{Aim, Subject};
pub use camera::{Camera, Pose, Ridge, Stop, Unseen};
pub use hand::{Point, Refused};
pub use notice::{Change, Cue, Picture, Report, Said, Shot, View, Why};
pub use want::{Key, Reason};

use crate::alert::{Alert, AlertId};
use fusion::{Fusion, Plane, TrackId};
use hand::Hand;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::UtcTime;
use want::Want;

/// All cameras, and how they are shared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// In the order of their numbers.
    pub cameras: Vec<Camera>,
    /// How long an operator's cue holds after the operator last said anything, seconds.
    pub hold_s: f64,
    /// How long a camera looks before what is as urgent may have it, seconds.
    pub look_s: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { cameras: Vec::new(), hold_s: 120.0, look_s: 8.0 }
    }
}

/// Which camera looks where.
#[derive(Debug, Default)]
pub struct Cues {
    config: Config,
    planes: Vec<Plane>,
    state: State,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct State {
    second: Option<i64>,
    seats: Vec<Seat>,
    wants: BTreeMap<Key, Want>,
    /// What each alert wants.
    alerts: BTreeMap<AlertId, Vec<Key>>,
    shots: u64,
    /// Pictures that were asked for and have not come.
    asked: BTreeMap<u64, (u16, Shot)>,
}

/// One camera's.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Seat {
    is_up: Option<bool>,
    down: Option<String>,
    pose: Option<Pose>,
    task: Task,
    aim: Option<Aim>,
    /// When the aim was told.
    aimed: Option<UtcTime>,
    /// When it first was where it should be.
    arrived: Option<UtcTime>,
    /// When it last became free.
    freed: Option<UtcTime>,
    told: Option<UtcTime>,
    told_pose: Option<Pose>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Task {
    /// Nothing since then.
    #[default]
    Idle,
    /// A tour, at that stop since then.
    Tour { stop: usize, since: UtcTime },
    /// It looks at what somebody wants, since then; from another camera, where that is given.
    Look { key: Key, since: UtcTime, from: Option<u16> },
    /// An operator has it.
    Held(Hand),
}

/// Everything that [`Cues`] remembers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    config: Config,
    state: State,
}

/// A path is told anew when it is wrong by this part of the field of view.
const STRAY: f64 = 0.04;
/// Or this old, seconds.
const AIM_AGE_S: f64 = 2.0;
/// And no sooner than this, seconds.
const AIM_LEAST_S: f64 = 0.2;
/// It is there when it is off by no more than this part of the field of view.
const ARRIVED: f64 = 0.25;
/// What a camera says of itself is passed on this often while nothing else changes, seconds.
const TELL_S: f64 = 1.0;
/// Pictures that may be under way; the oldest is given up.
const MAX_ASKED: usize = 256;
/// A picture of no use to anybody: larger than this, bytes.
pub const MAX_PICTURE: usize = 4 << 20;

/// What an event finds, and where it says what it changed.
struct Moment<'a> {
    picture: &'a Fusion,
    now: UtcTime,
    out: &'a mut Vec<Change>,
}

impl Cues {
    /// Nothing is wanted, and no camera was heard.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::restore(Snapshot { config, state: State::default() })
    }

    /// Everything it remembers.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { config: self.config.clone(), state: self.state.clone() }
    }

    /// The inverse of [`Cues::snapshot`].
    #[must_use]
    pub fn restore(snapshot: Snapshot) -> Self {
        let Snapshot { config, mut state } = snapshot;
        state.seats.resize_with(config.cameras.len(), Seat::default);
        let planes = config.cameras.iter().map(|camera| Plane::at(camera.position)).collect();
        Self { config, planes, state }
    }

    /// All cameras, in the order of their numbers.
    #[must_use]
    pub fn cameras(&self) -> &[Camera] {
        &self.config.cameras
    }

    /// The number of a camera.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u16> {
        let place = self.config.cameras.iter().position(|camera| camera.name == name)?;
        u16::try_from(place).ok()
    }

    /// What is known of a camera.
    #[must_use]
    pub fn view(&self, number: u16) -> Option<View<'_>> {
        let (camera, plane, seat) = self.parts(number)?;
        let held = match &seat.task {
            Task::Held(hand) => Some((hand.user.as_str(), hand.until)),
            _ => None,
        };
        Some(View {
            camera,
            is_up: seat.is_up,
            down: seat.down.as_deref(),
            is_slewing: seat.aim.is_some() && seat.arrived.is_none(),
            pose: seat.pose,
            footprint: seat.pose.map_or_else(Vec::new, |pose| camera.footprint(plane, &pose)),
            subject: self.subject(number),
            held,
        })
    }

    /// The paths that cameras follow.
    pub fn aims(&self) -> impl Iterator<Item = (u16, Aim)> {
        let aims = self.state.seats.iter().zip(0..);
        aims.filter_map(|(seat, number)| Some((number, seat.aim?)))
    }

    /// What an alert waits for, where no camera looks at it.
    #[must_use]
    pub fn unseen(&self, alert: AlertId) -> Option<Reason> {
        let keys = self.state.alerts.get(&alert)?;
        if keys.iter().any(|key| self.looks_at(*key)) {
            return None;
        }
        keys.iter().find_map(|key| self.state.wants.get(key)?.told)
    }

    /// Whether some camera looks at what an alert is about.
    #[must_use]
    pub fn sees(&self, alert: AlertId) -> bool {
        self.state.alerts.get(&alert).is_some_and(|keys| keys.iter().any(|key| self.looks_at(*key)))
    }

    /// Takes in what an event changed in the picture and in the judgement of it.
    pub fn apply(
        &mut self,
        picture: &Fusion,
        changes: &[fusion::Change],
        judged: &[crate::Change],
        out: &mut Vec<Change>,
    ) {
        if self.config.cameras.is_empty() {
            return;
        }
        let now = picture.now();
        let mut moment = Moment { picture, now, out };
        let mut is_new = false;
        for change in judged {
            if let crate::Change::Alert(alert) = change {
                is_new |= self.alert(alert, &mut moment);
            }
        }
        for change in changes {
            match *change {
                fusion::Change::Track(id) => self.moved(id, &mut moment),
                fusion::Change::TrackGone { id, .. } => {
                    self.forget(Key::Track(id), "the track has ended", &mut moment);
                }
                fusion::Change::Mark(_) | fusion::Change::MarkGone(_) => {}
            }
        }
        if self.state.second.is_none_or(|swept| now.unix_s() > swept) {
            self.state.second = Some(now.unix_s());
            self.sweep(&mut moment);
        } else if is_new {
            self.plan(&mut moment);
        }
    }

    /// Takes in what a camera says of itself; whether it has just gone down, or has come up again.
    pub fn report(&mut self, picture: &Fusion, report: &Report, out: &mut Vec<Change>) -> bool {
        let before = self.seat(report.camera).and_then(|seat| seat.is_up);
        self.take(picture, report, out);
        let after = self.seat(report.camera).and_then(|seat| seat.is_up);
        after != before && !(before.is_none() && after == Some(true))
    }

    fn take(&mut self, picture: &Fusion, report: &Report, out: &mut Vec<Change>) {
        let mut moment = Moment { picture, now: picture.now(), out };
        let number = report.camera;
        match &report.said {
            Said::Looks { pan_deg, tilt_deg, fov_deg, .. } => {
                let angles = [*pan_deg, *tilt_deg, *fov_deg];
                if angles.iter().all(|angle| angle.is_finite()) {
                    self.looks(number, report.at, angles, &mut moment);
                }
            }
            Said::Down { reason } => self.down(number, reason, &mut moment),
            Said::Picture(picture) => {
                if let Some((camera, shot)) = self.state.asked.remove(&picture.shot)
                    && camera == number
                    && picture.bytes.len() <= MAX_PICTURE
                {
                    moment.out.push(Change::Picture(number, shot, picture.clone()));
                }
            }
        }
    }

    fn looks(&mut self, number: u16, at: UtcTime, [pan, tilt, fov]: [f64; 3], moment: &mut Moment<'_>) {
        let Some(camera) = self.config.cameras.get(usize::from(number)) else { return };
        let (azimuth_deg, elevation_deg) = camera.mount.direction(pan, tilt);
        let pose = Pose { azimuth_deg, elevation_deg, fov_deg: fov };
        let Some(seat) = self.state.seats.get_mut(usize::from(number)) else { return };
        let came_up = seat.is_up != Some(true);
        (seat.is_up, seat.down, seat.pose) = (Some(true), None, Some(pose));
        let is_there = seat.aim.is_some_and(|aim| {
            let wanted = aim.pose_at(at);
            apart_deg(&wanted, &pose) <= ARRIVED * pose.fov_deg.min(wanted.fov_deg)
                && (pose.fov_deg / wanted.fov_deg).ln().abs() < 0.4
        });
        let arrives = is_there && seat.arrived.is_none();
        if arrives {
            seat.arrived = Some(moment.now);
        }
        let has_turned = seat.told_pose.is_none_or(|told| {
            apart_deg(&told, &pose) > 0.02 * pose.fov_deg || (told.fov_deg / pose.fov_deg).ln().abs() > 0.02
        });
        let is_due = seat.told.is_none_or(|told| moment.now.since(told) >= TELL_S);
        if came_up || arrives || (has_turned && is_due) {
            self.tell(number, moment);
        }
        if arrives {
            self.arrive(number, moment);
        }
        if came_up {
            self.plan(moment);
        }
    }

    /// A camera is where it should be: what it looks at has been seen.
    fn arrive(&mut self, number: u16, moment: &mut Moment<'_>) {
        let Some(seat) = self.state.seats.get(usize::from(number)) else { return };
        match seat.task.clone() {
            Task::Look { key, from, .. } => {
                if let Some(want) = self.state.wants.get_mut(&key) {
                    want.seen = true;
                }
                if let Some(from) = from {
                    self.release(from, "handed over", moment);
                    if let Some(seat) = self.state.seats.get_mut(usize::from(number)) {
                        let since = moment.now;
                        seat.task = Task::Look { key, since, from: None };
                    }
                }
                self.shoot(number, moment);
            }
            Task::Held(_) => self.shoot(number, moment),
            Task::Idle | Task::Tour { .. } => {}
        }
    }

    fn shoot(&mut self, number: u16, moment: &mut Moment<'_>) {
        let (Some(seat), Some(subject)) = (self.seat(number), self.subject(number)) else { return };
        let alert = match &seat.task {
            Task::Look { key, .. } => self.state.wants.get(key).and_then(Want::alert),
            _ => None,
        };
        self.state.shots += 1;
        let shot = Shot { number: self.state.shots, subject, alert, at: moment.now };
        if self.state.asked.len() >= MAX_ASKED {
            self.state.asked.pop_first();
        }
        self.state.asked.insert(shot.number, (number, shot));
        moment.out.push(Change::Shoot(number, shot));
    }

    fn down(&mut self, number: u16, reason: &str, moment: &mut Moment<'_>) {
        let Some(seat) = self.state.seats.get_mut(usize::from(number)) else { return };
        if seat.is_up == Some(false) {
            return;
        }
        (seat.is_up, seat.pose) = (Some(false), None);
        seat.down = Some(reason.chars().take(200).collect());
        if matches!(seat.task, Task::Look { .. } | Task::Tour { .. }) {
            self.release(number, "the camera is down", moment);
        }
        self.tell(number, moment);
        self.plan(moment);
    }

    /// A track has moved: whoever looks at it may need another path.
    fn moved(&mut self, id: TrackId, moment: &mut Moment<'_>) {
        for number in self.numbers() {
            if self.subject(number) == Some(Subject::Track(id)) {
                self.follow(number, moment);
            }
        }
    }

    /// Tells a camera its path where the one that it has is no good any more.
    fn follow(&mut self, number: u16, moment: &mut Moment<'_>) {
        let Some((camera, plane, seat)) = self.parts(number) else { return };
        let (Some(subject), now) = (self.subject(number), moment.now) else { return };
        if seat.aimed.is_some_and(|aimed| now.since(aimed) < AIM_LEAST_S) {
            return;
        }
        let fov_deg = match seat.task {
            Task::Tour { stop, .. } => camera.patrol.get(stop).map(|stop| stop.fov_deg),
            _ => None,
        };
        let before = seat.aim.map(|aim| aim.fov_deg);
        let Some(aim) = aim::aim(camera, plane, (seat.pose, before), (subject, fov_deg), moment.picture, now)
        else {
            return;
        };
        let is_good = seat.aim.is_some_and(|old| {
            let (was, is) = (old.pose_at(aim.at), aim.pose_at(aim.at));
            let moves = old.azimuth_deg_s != 0.0 || aim.azimuth_deg_s != 0.0;
            let is_young = seat.aimed.is_some_and(|aimed| now.since(aimed) < AIM_AGE_S);
            apart_deg(&was, &is) < STRAY * aim.fov_deg && old.fov_deg == aim.fov_deg && (is_young || !moves)
        });
        if !is_good && let Some(seat) = self.state.seats.get_mut(usize::from(number)) {
            (seat.aim, seat.aimed) = (Some(aim), Some(now));
            moment.out.push(Change::Aim(number, aim));
        }
    }

    /// What a camera looks at.
    fn subject(&self, number: u16) -> Option<Subject> {
        let (camera, _, seat) = self.parts(number)?;
        match &seat.task {
            Task::Idle => None,
            Task::Tour { stop, .. } => camera.patrol.get(*stop).map(|stop| Subject::Place(stop.place)),
            Task::Look { key, .. } => self.state.wants.get(key).map(|want| want.subject),
            Task::Held(hand) => Some(hand.subject),
        }
    }

    /// Gives a camera something else to do, and says so.
    fn give(&mut self, number: u16, task: Task, cue: Cue, moment: &mut Moment<'_>) {
        let Some(seat) = self.state.seats.get_mut(usize::from(number)) else { return };
        seat.task = task;
        (seat.aim, seat.aimed, seat.arrived) = (None, None, None);
        moment.out.push(Change::Cue(Box::new(cue)));
        self.follow(number, moment);
        self.tell(number, moment);
    }

    /// A camera is free again.
    fn release(&mut self, number: u16, reason: &str, moment: &mut Moment<'_>) {
        let (Some(seat), Some(subject)) = (self.seat(number), self.subject(number)) else { return };
        let (why, alert, user) = match &seat.task {
            Task::Idle => return,
            Task::Tour { .. } => (Why::Patrol, None, None),
            Task::Look { key, .. } => (Why::Alert, self.state.wants.get(key).and_then(Want::alert), None),
            Task::Held(hand) => (Why::Operator, None, Some(hand.user.clone())),
        };
        let key = match &seat.task {
            Task::Look { key, .. } => Some(*key),
            _ => None,
        };
        if let Some(seat) = self.state.seats.get_mut(usize::from(number)) {
            (seat.task, seat.freed) = (Task::Idle, Some(moment.now));
            (seat.aim, seat.aimed, seat.arrived) = (None, None, None);
        }
        // Whoever waits again has waited from now.
        if let Some(key) = key
            && !self.looks_at(key)
            && let Some(want) = self.state.wants.get_mut(&key)
        {
            want.waits_since = moment.now;
        }
        let (camera, at) = (Some(number), moment.now);
        let reason = Some(reason.to_owned());
        let cue = Cue { camera, subject, why, alert, user, at, released: true, reason };
        moment.out.push(Change::Cue(Box::new(cue)));
        self.tell(number, moment);
    }

    /// Says how a camera is.
    fn tell(&mut self, number: u16, moment: &mut Moment<'_>) {
        if let Some(seat) = self.state.seats.get_mut(usize::from(number)) {
            (seat.told, seat.told_pose) = (Some(moment.now), seat.pose);
            moment.out.push(Change::Camera(number));
        }
    }

    fn looks_at(&self, key: Key) -> bool {
        self.state.seats.iter().any(|seat| matches!(&seat.task, Task::Look { key: own, .. } if *own == key))
    }

    fn numbers(&self) -> impl Iterator<Item = u16> + use<> {
        0..u16::try_from(self.config.cameras.len()).unwrap_or(u16::MAX)
    }

    fn seat(&self, number: u16) -> Option<&Seat> {
        self.state.seats.get(usize::from(number))
    }

    fn parts(&self, number: u16) -> Option<(&Camera, &Plane, &Seat)> {
        let index = usize::from(number);
        Some((self.config.cameras.get(index)?, self.planes.get(index)?, self.state.seats.get(index)?))
    }
}

use aim::apart_deg;

/// What an alert is about, as far as a camera can look at it.
fn keys_of(alert: &Alert) -> Vec<(Key, Subject)> {
    let tracks: Vec<_> = alert.tracks.iter().map(|id| (Key::Track(id), Subject::Track(id))).collect();
    match alert.place {
        Some(place) if tracks.is_empty() => vec![(Key::Alert(alert.id), Subject::Place(place))],
        _ => tracks,
    }
}
