//! What somebody wants to be looked at, and how urgently.

use super::camera::Unseen;
use super::{Change, Cue, Cues, Moment, Subject, Task, Why, keys_of};
use crate::alert::{Alert, AlertId, Audience, Priority, State};
use fusion::TrackId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use units::UtcTime;

/// What is wanted: one entry, however many alerts want it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Key {
    /// A vessel.
    Track(TrackId),
    /// The place of an alert.
    Alert(AlertId),
}

/// Something to be looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Want {
    pub subject: Subject,
    /// The alerts that want it, and how much.
    pub alerts: BTreeMap<AlertId, u8>,
    /// Nobody looks at it since then.
    pub waits_since: UtcTime,
    /// A camera has been on it.
    pub seen: bool,
    /// Why no camera looks, as it was last told, and when.
    pub told: Option<Reason>,
    pub told_at: Option<UtcTime>,
}

/// Why no camera looks at something: how many cannot, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason([u16; Unseen::ALL.len()]);

impl Reason {
    pub(super) fn count(&mut self, cause: Unseen) {
        let place = Unseen::ALL.iter().position(|other| *other == cause);
        if let Some(count) = place.and_then(|place| self.0.get_mut(place)) {
            *count = count.saturating_add(1);
        }
    }

    /// Whether the causes are the same, whatever their numbers.
    fn is_like(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(own, other)| (*own > 0) == (other > 0))
    }

    /// How many cameras cannot for that cause.
    #[must_use]
    pub fn of(&self, cause: Unseen) -> u16 {
        Unseen::ALL.iter().zip(self.0).find(|(other, _)| **other == cause).map_or(0, |(_, count)| count)
    }
}

/// `3 too far, 1 behind land`
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_first = true;
        for (cause, count) in Unseen::ALL.iter().zip(self.0).filter(|(_, count)| *count > 0) {
            let comma = if is_first { "" } else { ", " };
            write!(f, "{comma}{count} {}", cause.as_str())?;
            is_first = false;
        }
        Ok(())
    }
}

/// Wants that are kept; more are alerts that nobody could look through.
const MAX_WANTS: usize = 10_000;
/// One that waits this long counts as one step more urgent, seconds.
const STEP_S: f64 = 20.0;
/// The same reason is not said again, and another no sooner than this, seconds.
const REASON_S: f64 = 5.0;

impl Want {
    /// How much it is wanted.
    pub fn weight(&self) -> f64 {
        self.alerts.values().max().map_or(0.0, |weight| f64::from(*weight))
    }

    /// The alert that wants it most, the oldest of equals.
    pub fn alert(&self) -> Option<AlertId> {
        let most = self.alerts.values().max()?;
        self.alerts.iter().find(|(_, weight)| *weight == most).map(|(id, _)| *id)
    }

    /// While it waits: without bound, so that everything has its turn.
    pub fn urgency(&self, now: UtcTime) -> f64 {
        self.weight() + now.since(self.waits_since).max(0.0) / STEP_S
    }

    /// While a camera has been on it for so long.
    pub fn hold(&self, looked_s: f64) -> f64 {
        self.weight() / (1.0 + looked_s.max(0.0) / STEP_S)
    }
}

/// How much an alert wants a camera; `None`: not at all.
fn weight(alert: &Alert) -> Option<u8> {
    let is_wanted = !alert.is_over() && alert.shelf.is_none() && alert.kind.audience() == Audience::Operators;
    let weight = match alert.priority {
        Priority::Emergency => 16,
        Priority::Alarm => 8,
        Priority::Warning => 4,
        Priority::Caution => 2,
    };
    // Somebody has it in hand already.
    let taken = matches!(alert.state, State::Acknowledged | State::Rectified);
    is_wanted.then_some(if taken { weight / 2 } else { weight })
}

impl Cues {
    /// Takes in how an alert now stands; whether something new is wanted.
    pub(super) fn alert(&mut self, alert: &Alert, moment: &mut Moment<'_>) -> bool {
        let Some(weight) = weight(alert) else {
            for key in self.state.alerts.remove(&alert.id).unwrap_or_default() {
                let is_over = self.state.wants.get_mut(&key).is_some_and(|want| {
                    want.alerts.remove(&alert.id);
                    want.alerts.is_empty()
                });
                if is_over {
                    self.forget(key, "the alert is over", moment);
                }
            }
            return false;
        };
        let mut is_new = false;
        let known = self.state.alerts.contains_key(&alert.id);
        for (key, subject) in keys_of(alert) {
            if !self.state.wants.contains_key(&key) && self.state.wants.len() >= MAX_WANTS {
                continue;
            }
            is_new |= !known;
            let want = self.state.wants.entry(key).or_insert_with(|| Want {
                subject,
                alerts: BTreeMap::new(),
                waits_since: moment.now,
                seen: false,
                told: None,
                told_at: None,
            });
            want.subject = subject;
            want.alerts.insert(alert.id, weight);
            if !known {
                self.state.alerts.entry(alert.id).or_default().push(key);
                // Whoever looks at it already takes a picture of what has happened now.
                let on_it = self.numbers().find(|number| {
                    self.seat(*number).is_some_and(|seat| {
                        seat.arrived.is_some()
                            && matches!(&seat.task, Task::Look { key: own, .. } if *own == key)
                    })
                });
                if let Some(number) = on_it {
                    self.shoot(number, moment);
                }
            }
        }
        is_new
    }

    /// Something is not wanted any more.
    pub(super) fn forget(&mut self, key: Key, reason: &str, moment: &mut Moment<'_>) {
        for number in self.numbers() {
            let looks = self
                .seat(number)
                .is_some_and(|seat| matches!(&seat.task, Task::Look { key: own, .. } if *own == key));
            if looks {
                self.release(number, reason, moment);
            }
        }
        if let Some(want) = self.state.wants.remove(&key) {
            for alert in want.alerts.keys() {
                let is_bare = self.state.alerts.get_mut(alert).is_some_and(|keys| {
                    keys.retain(|other| *other != key);
                    keys.is_empty()
                });
                if is_bare {
                    self.state.alerts.remove(alert);
                }
            }
        }
    }

    /// Says why no camera looks at something, once.
    pub(super) fn say_why(&mut self, key: Key, reason: Reason, moment: &mut Moment<'_>) {
        let now = moment.now;
        let Some(want) = self.state.wants.get_mut(&key) else { return };
        let is_said = want.told.is_some_and(|told| told.is_like(&reason));
        let is_early = want.told_at.is_some_and(|told| now.since(told) < REASON_S);
        if is_said || (want.told.is_some() && is_early) {
            return;
        }
        (want.told, want.told_at) = (Some(reason), Some(now));
        let cue = Cue {
            camera: None,
            subject: want.subject,
            why: Why::Alert,
            alert: want.alert(),
            user: None,
            at: now,
            released: false,
            reason: Some(reason.to_string()),
        };
        moment.out.push(Change::Cue(Box::new(cue)));
    }
}
