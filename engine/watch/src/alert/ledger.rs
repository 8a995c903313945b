//! All cases under watch, raised or not yet.

use super::{Alert, AlertId, Evidence, Kind, State, Subjects};
use crate::{Change, Moment, text};
use fusion::TrackId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::UtcTime;
use units::grid::Cell;

/// More situations than anybody could look at; past this, new ones are counted and not watched.
const MAX_CASES: usize = 65_536;

/// An active alert whose evidence changes is revised no more often than this.
const REVISE_S: f64 = 10.0;

/// What makes two situations the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Key {
    pub kind: Kind,
    pub tracks: Subjects,
    /// Index of the zone in the configuration.
    pub zone: Option<u16>,
    pub cell: Option<Cell>,
}

/// What a judge says of a case at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The condition to raise holds.
    On,
    /// Neither: too little to raise, too much to clear.
    Hold,
    /// The condition to clear holds.
    Off,
}

/// How long a signal has to last, seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Delays {
    pub on_s: f64,
    pub off_s: f64,
}

/// A case and what its judge says of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judgement<'a> {
    pub key: Key,
    pub zone_name: Option<&'a str>,
    pub evidence: Evidence,
    pub delays: Delays,
}

/// All cases.
///
/// **Invariant**: `by_id` holds exactly the cases that have an alert.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    cases: BTreeMap<Key, Case>,
    by_id: BTreeMap<AlertId, Key>,
    last_id: u64,
    refused: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Case {
    /// Since when the condition has held without a break.
    since: UtcTime,
    /// Since when it has been over, where it is.
    over: Option<UtcTime>,
    delays: Delays,
    zone_name: Option<String>,
    evidence: Evidence,
    alert: Option<Alert>,
    /// When the alert was last raised or revised.
    told: UtcTime,
}

/// What comes of a case.
#[derive(PartialEq, Eq)]
enum Outcome {
    Live,
    Over,
}

impl Ledger {
    /// Takes down what a judge says of a case now, and what follows at once.
    pub fn signal(
        &mut self,
        signal: Signal,
        judgement: &Judgement<'_>,
        moment: Moment<'_>,
        out: &mut Vec<Change>,
    ) {
        let key = judgement.key;
        let is_new = !self.cases.contains_key(&key);
        if is_new && (signal != Signal::On || !self.open(judgement, moment.now)) {
            return;
        }
        let Some(case) = self.cases.get_mut(&key) else { return };
        case.evidence = judgement.evidence;
        case.over = if signal == Signal::Off { case.over.or(Some(moment.now)) } else { None };
        // The condition to raise has to hold without a break.
        let broken = case.alert.is_none() && signal != Signal::On;
        if broken || settle(&key, case, &mut self.last_id, moment, out) == Outcome::Over {
            self.close(&key);
        } else if let Some(alert) = &case.alert {
            self.by_id.insert(alert.id, key);
        }
    }

    /// Raises an alert that is over before it could last, and clears it. Nothing else if it is raised already.
    pub fn flash(
        &mut self,
        judgement: &Judgement<'_>,
        since: UtcTime,
        moment: Moment<'_>,
        out: &mut Vec<Change>,
    ) {
        let key = judgement.key;
        if !self.cases.contains_key(&key) && !self.open(judgement, since) {
            return;
        }
        let Some(case) = self.cases.get_mut(&key) else { return };
        if case.alert.is_none() {
            case.evidence = judgement.evidence;
            raise(&key, case, &mut self.last_id, moment, out);
        }
        clear(case, moment.now, out);
        self.close(&key);
    }

    /// A track is no more: every case about it is over.
    pub fn end_of(&mut self, id: TrackId, now: UtcTime, out: &mut Vec<Change>) {
        self.end_where(now, out, |key| key.tracks.iter().any(|track| track == id));
    }

    /// What follows from the passing of time.
    pub fn sweep(&mut self, moment: Moment<'_>, out: &mut Vec<Change>) {
        let Self { cases, by_id, last_id, .. } = self;
        cases.retain(|key, case| {
            let id = case.alert.as_ref().map(|alert| alert.id);
            let outcome = settle(key, case, last_id, moment, out);
            match (outcome, id, &case.alert) {
                (Outcome::Over, ..) => {
                    if let Some(id) = id {
                        by_id.remove(&id);
                    }
                    return false;
                }
                (Outcome::Live, None, Some(raised)) => {
                    by_id.insert(raised.id, *key);
                }
                (Outcome::Live, ..) => {}
            }
            true
        });
    }

    /// The cases of one kind, raised or not yet.
    pub fn cases(&self, kind: Kind) -> impl Iterator<Item = Key> {
        let first = Key { kind, tracks: Subjects::NONE, zone: None, cell: None };
        self.cases.range(first..).map(|(key, _)| *key).take_while(move |key| key.kind == kind)
    }

    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.by_id.values().filter_map(|key| self.cases.get(key)?.alert.as_ref())
    }

    pub fn alert(&self, id: AlertId) -> Option<&Alert> {
        self.cases.get(self.by_id.get(&id)?)?.alert.as_ref()
    }

    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// False where there is no room.
    fn open(&mut self, judgement: &Judgement<'_>, since: UtcTime) -> bool {
        if self.cases.len() >= MAX_CASES {
            self.refused += 1;
            return false;
        }
        let case = Case {
            since,
            over: None,
            delays: judgement.delays,
            zone_name: judgement.zone_name.map(str::to_owned),
            evidence: judgement.evidence,
            alert: None,
            told: since,
        };
        self.cases.insert(judgement.key, case);
        true
    }

    fn close(&mut self, key: &Key) {
        if let Some(alert) = self.cases.remove(key).and_then(|case| case.alert) {
            self.by_id.remove(&alert.id);
        }
    }

    fn end_where(&mut self, now: UtcTime, out: &mut Vec<Change>, is_over: impl Fn(&Key) -> bool) {
        let by_id = &mut self.by_id;
        self.cases.retain(|key, case| {
            let over = is_over(key);
            if over {
                clear(case, now, out);
                if let Some(alert) = &case.alert {
                    by_id.remove(&alert.id);
                }
            }
            !over
        });
    }
}

/// Raises, revises or clears, if it is time to.
fn settle(
    key: &Key,
    case: &mut Case,
    last_id: &mut u64,
    moment: Moment<'_>,
    out: &mut Vec<Change>,
) -> Outcome {
    let now = moment.now;
    let Some(alert) = &mut case.alert else {
        if now.since(case.since) >= case.delays.on_s {
            raise(key, case, last_id, moment, out);
        }
        return Outcome::Live;
    };
    if case.over.is_some_and(|over| now.since(over) >= case.delays.off_s) {
        clear(case, now, out);
        return Outcome::Over;
    }
    if alert.evidence != case.evidence && now.since(case.told) >= REVISE_S {
        alert.revision += 1;
        alert.evidence = case.evidence;
        alert.text = text::of(alert, moment.picture);
        case.told = now;
        out.push(Change::Alert(alert.clone()));
    }
    Outcome::Live
}

fn raise(key: &Key, case: &mut Case, last_id: &mut u64, moment: Moment<'_>, out: &mut Vec<Change>) {
    let now = moment.now;
    *last_id = (*last_id + 1).max(u64::try_from(now.unix_us()).unwrap_or(0));
    let mut alert = Alert {
        id: AlertId(*last_id),
        kind: key.kind,
        priority: key.kind.priority(),
        state: State::Active,
        revision: 1,
        condition: case.since,
        raised: now,
        cleared: None,
        tracks: key.tracks,
        zone: case.zone_name.clone(),
        cell: key.cell,
        evidence: case.evidence,
        text: crate::Text::default(),
    };
    alert.text = text::of(&alert, moment.picture);
    out.push(Change::Alert(alert.clone()));
    case.alert = Some(alert);
    case.told = now;
}

/// Says that an alert is over. What it last said of its tracks stays: they may be gone.
fn clear(case: &mut Case, now: UtcTime, out: &mut Vec<Change>) {
    if let Some(alert) = &mut case.alert {
        alert.state = State::Cleared;
        alert.revision += 1;
        alert.cleared = Some(now);
        out.push(Change::Alert(alert.clone()));
    }
}
