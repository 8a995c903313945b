//! Alerts by kind, and how they were dealt with.

use super::weights::{Quantiles, Weights};
use engine::feed::proto::{self, AlertState};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use units::UtcTime;

/// Of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OfKind {
    /// Its number.
    pub kind: u32,
    /// Raised in the time that was asked for.
    pub raised: u64,
    /// Of them, by priority as it was highest.
    pub by_priority: BTreeMap<String, u64>,
    /// Of them, by somebody acknowledged.
    pub acknowledged: u64,
    /// Of them, over before anybody acknowledged.
    pub over_unacknowledged: u64,
    /// Of them, neither over nor acknowledged at the end.
    pub open: u64,
    /// Seconds until somebody acknowledged.
    pub acknowledge_s: Quantiles,
    /// Seconds until it was over.
    pub lasted_s: Quantiles,
    /// How often one was escalated at least once.
    pub escalated: u64,
}

#[derive(Default)]
struct One {
    kind: u32,
    priority: String,
    raised_us: i64,
    acknowledged_us: Option<i64>,
    over_us: Option<i64>,
    was_raised_before: bool,
    is_escalated: bool,
}

#[derive(Default)]
pub struct Alerts {
    all: BTreeMap<(u32, u64), One>,
    known: BTreeSet<(u32, u64)>,
    picture: u32,
}

const PRIORITIES: [&str; 4] = ["caution", "warning", "alarm", "emergency"];

fn rank(priority: &str) -> Option<usize> {
    PRIORITIES.iter().position(|known| *known == priority)
}

impl Alerts {
    /// The picture began anew, and so did the numbers.
    pub fn anew(&mut self) {
        self.picture += 1;
    }

    /// It was raised before.
    pub fn stands(&mut self, alert: &proto::Alert) {
        self.known.insert((self.picture, alert.id));
    }

    /// Takes a change: whether an alert was raised with it.
    pub fn take(&mut self, at: UtcTime, alert: &proto::Alert) -> bool {
        let key = (self.picture, alert.id);
        let is_new = !self.all.contains_key(&key);
        let was_raised_before = self.known.contains(&key);
        let one = self.all.entry(key).or_default();
        one.was_raised_before |= is_new && was_raised_before;
        one.kind = alert.kind;
        one.raised_us = alert.raised_us;
        if rank(&alert.priority) > rank(&one.priority) {
            one.priority.clone_from(&alert.priority);
        }
        one.is_escalated |= alert.escalation > 0;
        match alert.state() {
            AlertState::Acknowledged => drop(one.acknowledged_us.get_or_insert(at.unix_us())),
            AlertState::Cleared | AlertState::Rectified => {
                one.over_us.get_or_insert(alert.cleared_us.unwrap_or(at.unix_us()));
            }
            _ => {}
        }
        is_new && !was_raised_before
    }

    pub fn by_kind(&self) -> Vec<OfKind> {
        let mut kinds: BTreeMap<u32, (OfKind, Weights, Weights)> = BTreeMap::new();
        for one in self.all.values().filter(|one| !one.was_raised_before) {
            let (kind, acknowledge, lasted) = kinds.entry(one.kind).or_default();
            kind.kind = one.kind;
            kind.raised += 1;
            kind.escalated += u64::from(one.is_escalated);
            *kind.by_priority.entry(one.priority.clone()).or_default() += 1;
            let since_s = |us: i64| (us - one.raised_us) as f64 / 1e6;
            match (one.acknowledged_us, one.over_us) {
                (Some(at), _) => {
                    kind.acknowledged += 1;
                    acknowledge.add(since_s(at), 1.0);
                }
                (None, Some(_)) => kind.over_unacknowledged += 1,
                (None, None) => kind.open += 1,
            }
            if let Some(over_us) = one.over_us {
                lasted.add(since_s(over_us), 1.0);
            }
        }
        let told = |(mut kind, acknowledge, lasted): (OfKind, Weights, Weights)| {
            (kind.acknowledge_s, kind.lasted_s) = (acknowledge.counted(), lasted.counted());
            kind
        };
        kinds.into_values().map(told).collect()
    }
}
