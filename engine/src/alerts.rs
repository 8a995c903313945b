//! What became of alerts, at the metrics.

use crate::metrics::Metrics;
use metrics::{Counter, Gauge, Histogram};
use std::collections::HashMap;
use units::UtcTime;
use watch::{Cause, Change, Kind, Priority, State, Suppressed, Watch};

/// Handles, made when something is first counted and kept.
pub struct AlertMetrics {
    registry: Metrics,
    active: Gauge,
    stale: Gauge,
    acknowledge_s: Histogram,
    lag_s: Histogram,
    refused: Counter,
    escalated: Counter,
    dismissed: Counter,
    chattering: Counter,
    suppressed: [Counter; Suppressed::ALL.len()],
    raised: HashMap<(Kind, Priority), Counter>,
    sounded: HashMap<String, Counter>,
    told: Option<i64>,
}

impl AlertMetrics {
    pub fn new(metrics: &Metrics) -> Self {
        let counter = |name| metrics.counter(name, &[]);
        Self {
            registry: metrics.clone(),
            active: metrics.gauge("fairway_alerts_active", &[]),
            stale: metrics.gauge("fairway_alerts_stale", &[]),
            acknowledge_s: metrics.histogram("fairway_alert_ack_seconds", &[]),
            lag_s: metrics.histogram("fairway_alert_eval_lag_seconds", &[]),
            refused: counter("fairway_alert_commands_refused_total"),
            escalated: counter("fairway_alert_escalated_total"),
            dismissed: counter("fairway_alert_dismissed_total"),
            chattering: counter("fairway_alert_chattering_total"),
            suppressed: Suppressed::ALL.map(|reason| {
                metrics.counter("fairway_alert_suppressed_total", &[("reason", reason.as_str())])
            }),
            raised: HashMap::new(),
            sounded: HashMap::new(),
            told: None,
        }
    }

    /// Notes what one event changed.
    pub fn note(&self, changes: &[Change]) {
        for change in changes {
            let Change::Alert(alert) = change else { continue };
            if alert.state == State::Acknowledged && alert.cause == Cause::Command {
                self.acknowledge_s.record(alert.changed.since(alert.raised));
            } else if alert.revision == 1 {
                // From the beginning of the condition; what is above the on-delay of the kind is late.
                self.lag_s.record(alert.raised.since(alert.condition));
            }
        }
    }

    /// Publishes the totals, once a second of event time.
    pub fn publish(&mut self, watch: &Watch, now: UtcTime) {
        if self.told.replace(now.unix_s()) == Some(now.unix_s()) {
            return;
        }
        let counts = watch.counts();
        self.active.set(watch.alerts().count() as f64);
        self.stale.set(watch.stale(now).count() as f64);
        self.refused.absolute(counts.refused());
        self.escalated.absolute(counts.escalated());
        self.dismissed.absolute(counts.dismissed());
        self.chattering.absolute(counts.chattering());
        for (counter, reason) in self.suppressed.iter().zip(Suppressed::ALL) {
            counter.absolute(counts.suppressed(reason));
        }
        let registry = &self.registry;
        for (kind, priority, n) in counts.all_raised() {
            let counter = self.raised.entry((kind, priority)).or_insert_with(|| {
                let code = kind.code().to_string();
                registry.counter(
                    "fairway_alert_raised_total",
                    &[("kind", code.as_str()), ("priority", priority.as_str())],
                )
            });
            counter.absolute(n);
        }
        for (sector, n) in counts.sounded() {
            if !self.sounded.contains_key(sector) {
                let counter = registry.counter("fairway_alert_sounded_total", &[("sector", sector)]);
                self.sounded.insert(sector.to_owned(), counter);
            }
            if let Some(counter) = self.sounded.get(sector) {
                counter.absolute(n);
            }
        }
    }
}
