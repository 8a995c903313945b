//! What each console showed: the feed tells it when it changes, and the recorder again where a segment begins.

use super::form::{CONSOLES, Gap};
use super::read::{FileFault, Recording};
use super::tap::Shared;
use crate::feed::proto;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use units::UtcTime;

/// Longer than this, what it asked for is left out, and said to be.
const LONGEST: usize = 64 * 1024;

/// A console, as it is from now on: topic `/consoles`, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Console {
    /// Since when, UTC.
    pub time_us: i64,
    /// Its number; no other console of the run has it.
    pub console: u64,
    /// What it calls itself.
    pub client: String,
    /// Who sits at it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<String>,
    /// What that person may do.
    pub role: String,
    /// From where.
    pub address: String,
    /// `json`, `proto` or `nmea`.
    pub form: String,
    /// What has happened: `joined`, `view`, `left`; `stands` where a segment begins; `began` where a run does, and
    /// nobody is there.
    pub said: String,
    /// What it asked for. None: everything.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub subscriptions: Vec<proto::Subscribe>,
    /// What it asked for is too long to be recorded.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_cut: bool,
    /// What it says that it shows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub viewing: Option<proto::Viewing>,
}

impl Console {
    /// Somebody begins to record: whoever was there before is not any more.
    #[must_use]
    pub fn began(time_us: i64) -> Self {
        Self { time_us, said: "began".to_owned(), ..Self::default() }
    }

    /// As a record has it.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        let line = serde_json::to_vec(self).unwrap_or_default();
        if line.len() <= LONGEST {
            return line;
        }
        let cut = Self { subscriptions: Vec::new(), is_cut: true, ..self.clone() };
        serde_json::to_vec(&cut).unwrap_or_default()
    }
}

/// The feed's end.
#[derive(Clone, Debug)]
pub struct ConsoleTap(Arc<Shared>);

impl ConsoleTap {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Takes it down. Where the recorder is behind, the oldest gives way, and is counted.
    pub fn tell(&self, console: Console) {
        if let Some(displaced) = self.0.tell(Box::new(console)) {
            self.0.lose([Gap {
                what: "consoles".to_owned(),
                records: 1,
                from_us: displaced.time_us,
                to_us: displaced.time_us,
                reason: "behind".to_owned(),
                ..Gap::default()
            }]);
        }
    }
}

/// Those that are there.
#[derive(Debug, Default)]
pub struct Present(BTreeMap<u64, Console>);

impl Present {
    /// Takes note of what has been recorded.
    pub fn note(&mut self, console: Console) {
        match console.said.as_str() {
            "began" => self.0.clear(),
            "left" => drop(self.0.remove(&console.console)),
            _ => drop(self.0.insert(console.console, console)),
        }
    }

    /// All of them, for a segment that begins.
    pub fn all(&self) -> impl Iterator<Item = Console> {
        self.0.values().map(|console| Console { said: "stands".to_owned(), ..console.clone() })
    }
}

/// What consoles showed between two instants: those that were there when it begins, as they then were, and what became of
/// them. And what of the recording cannot be read.
#[must_use]
pub fn shown(
    recording: &Recording,
    from: Option<UtcTime>,
    to: Option<UtcTime>,
) -> (Vec<Console>, Vec<FileFault>) {
    let mut watch = Watch::new(from);
    let mut messages = recording.messages(0, 0);
    while let Some(found) = messages.message() {
        if found.topic == CONSOLES
            && to.is_none_or(|to| found.at <= to)
            && let Ok(console) = serde_json::from_slice(found.data)
        {
            watch.take(console);
        }
    }
    (watch.all(), messages.faults)
}

/// Puts together what consoles showed from an instant on.
#[derive(Debug, Default)]
pub struct Watch {
    from_us: i64,
    /// As they were before it.
    before: Present,
    /// What became of them, in order.
    shown: Vec<Console>,
    /// As they are now.
    known: Present,
}

impl Watch {
    /// From an instant on, or from the beginning.
    #[must_use]
    pub fn new(from: Option<UtcTime>) -> Self {
        Self { from_us: from.map_or(i64::MIN, UtcTime::unix_us), ..Self::default() }
    }

    /// The next that is recorded.
    pub fn take(&mut self, console: Console) {
        if console.time_us < self.from_us {
            return self.before.note(console);
        }
        // A segment that begins says again what is known.
        let is_known = |all: &Present| all.0.contains_key(&console.console);
        if console.said != "stands" || !(is_known(&self.known) || is_known(&self.before)) {
            self.shown.push(console.clone());
        }
        self.known.note(console);
    }

    /// Those that were there, and then what became of them.
    #[must_use]
    pub fn all(self) -> Vec<Console> {
        self.before.all().chain(self.shown).collect()
    }
}
