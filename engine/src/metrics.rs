//! What the engine counts. One registry per engine, so that two engines in one process do not mix.

mod help;

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const METADATA: Metadata<'static> = Metadata::new("fairway", Level::INFO, None);

/// The registry. Handles are made once, at start, and kept.
#[derive(Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

struct Inner {
    recorder: PrometheusRecorder,
    publishing: Mutex<()>,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        // The recorder keeps one list of words for every kind.
        for (name, words) in help::HELP {
            recorder.describe_gauge((*name).into(), None, (*words).into());
        }
        Self { inner: Arc::new(Inner { recorder, publishing: Mutex::new(()) }) }
    }
}

impl Metrics {
    /// A counter: `name` says what, `labels` say of which.
    pub fn counter(&self, name: &'static str, labels: &[(&'static str, &str)]) -> Counter {
        self.inner.recorder.register_counter(&key(name, labels), &METADATA)
    }

    /// A gauge.
    pub fn gauge(&self, name: &'static str, labels: &[(&'static str, &str)]) -> Gauge {
        self.inner.recorder.register_gauge(&key(name, labels), &METADATA)
    }

    /// A histogram, shown as quantiles.
    pub fn histogram(&self, name: &'static str, labels: &[(&'static str, &str)]) -> Histogram {
        self.inner.recorder.register_histogram(&key(name, labels), &METADATA)
    }

    /// Held while counters that belong together change, so that no reading falls between them.
    pub fn together(&self) -> MutexGuard<'_, ()> {
        self.inner.publishing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sums up what histograms were told since the last time. Where nobody asks for the metrics, what they were told
    /// would otherwise be kept for ever, each number of it.
    pub fn sum_up(&self) {
        self.inner.recorder.handle().run_upkeep();
    }

    /// All of it, in Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
        let _together = self.together();
        self.inner.recorder.handle().render()
    }
}

fn key(name: &'static str, labels: &[(&'static str, &str)]) -> Key {
    Key::from_parts(name, labels.iter().map(|(k, v)| Label::new(*k, (*v).to_owned())).collect::<Vec<_>>())
}
