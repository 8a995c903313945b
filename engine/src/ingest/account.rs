//! What became of the frames of a source, and what was thought of the fixes in them.

use super::intake::SourceMetrics;
use crate::metrics::Metrics;
use crate::observe::terminal::{Observer, Verdict};
use metrics::Counter;

/// Reasons for which a source may refuse a frame, at most.
pub const MAX_REASONS: usize = 24;

/// At every moment `candidates = used + rejects + pending + duplicates + other`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub candidates: u64,
    pub used: u64,
    pub pending: u64,
    pub duplicates: u64,
    pub other: u64,
    /// By the place that the source gives each reason.
    pub rejects: [u64; MAX_REASONS],
    pub messages: u64,
    pub observations: u64,
    /// Parts whose message never became whole; they stay pending.
    pub given_up: u64,
    pub emergencies: u64,
    pub texts: u64,
}

impl Account {
    /// Notes a refusal by the place of its reason.
    pub fn refuse(&mut self, reason: usize, count: u64) {
        if let Some(sum) = self.rejects.get_mut(reason) {
            *sum += count;
        }
    }
}

/// The counters of a source whose vessels are known by card or terminal.
#[derive(Debug)]
pub struct TerminalMetrics {
    times: Vec<Counter>,
    strangers: Counter,
    nowhere: Counter,
    emergencies: Counter,
    texts: Counter,
    published: ([u64; Verdict::ALL.len()], [u64; 4]),
}

impl TerminalMetrics {
    pub fn new(metrics: &Metrics, source: &str) -> Self {
        let counter = |name| metrics.counter(name, &[("source", source)]);
        let time = |verdict: Verdict| {
            let labels = [("source", source), ("verdict", verdict.as_str())];
            metrics.counter("fairway_terminal_times_total", &labels)
        };
        Self {
            times: Verdict::ALL.into_iter().map(time).collect(),
            strangers: counter("fairway_terminal_fixes_unregistered_total"),
            nowhere: counter("fairway_terminal_fixes_without_place_total"),
            emergencies: counter("fairway_terminal_emergencies_total"),
            texts: counter("fairway_terminal_texts_total"),
            published: Default::default(),
        }
    }

    /// Adds what has come since the last time.
    pub fn publish(&mut self, of: &Observer, account: &Account) {
        let (times, others) = &self.published;
        for (counter, (now, before)) in self.times.iter().zip(of.times.iter().zip(times)) {
            counter.increment(now - before);
        }
        let now = [of.strangers, of.nowhere, account.emergencies, account.texts];
        let counters = [&self.strangers, &self.nowhere, &self.emergencies, &self.texts];
        for (counter, (now, before)) in counters.into_iter().zip(now.iter().zip(others)) {
            counter.increment(now - before);
        }
        self.published = (of.times, now);
    }
}

/// The metrics of one source of frames, and what they show.
#[derive(Debug)]
pub struct Published {
    terminals: TerminalMetrics,
    last: Account,
}

impl Published {
    pub fn new(terminals: TerminalMetrics) -> Self {
        Self { terminals, last: Account::default() }
    }

    /// Shows what was counted since the last time.
    pub fn publish(&mut self, metrics: &SourceMetrics, account: &Account, of: &Observer) {
        metrics.publish_frames(&self.last, account);
        self.terminals.publish(of, account);
        self.last.clone_from(account);
    }
}
