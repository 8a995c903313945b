//! Whether the engine lives and is ready, for a supervisor, a balancer and whoever is called at night.
//!
//! **Invariant**: what others do (a source that is silent, a client that is slow) makes it neither dead nor unready:
//! another start would not help. Alert rules are for that.

use crate::clock::Mono;
use crate::metrics::Metrics;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// One piece of work takes the core microseconds. After so long it does not come back by itself.
const STUCK_NS: u64 = 5_000_000_000;
/// What the status page has of the metrics.
const SHOWN: [&str; 7] = [
    "fairway_source_peers",
    "fairway_tracks",
    "fairway_marks",
    "fairway_alerts_active",
    "fairway_feed_clients",
    "fairway_gateway_peers",
    "fairway_recording",
];

/// What is known of the threads.
#[derive(Clone, Debug)]
pub struct Life(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    started: Mono,
    parts: Mutex<Vec<Part>>,
    /// Since when the core has been at one piece of work, ns; 0: it rests.
    busy_since: AtomicU64,
    stop: CancellationToken,
}

/// What runs until it is told to stop.
#[derive(Debug)]
struct Part {
    name: &'static str,
    ended: Arc<AtomicBool>,
    stop: CancellationToken,
}

impl Part {
    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

/// Tells on its way out, by return or by panic.
struct Ends(Arc<AtomicBool>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Life {
    /// Until `stop` all parts must run.
    pub fn new(stop: CancellationToken) -> Self {
        let (parts, busy_since) = (Mutex::default(), AtomicU64::new(0));
        Self(Arc::new(Inner { started: Mono::now(), parts, busy_since, stop }))
    }

    /// A part of the engine: `run`, watched.
    pub fn of<T, F>(&self, name: &'static str, run: F) -> impl FnOnce() -> T + use<T, F>
    where
        F: FnOnce() -> T,
    {
        self.until(name, &self.0.stop, run)
    }

    /// A part that may be told to stop before the others.
    pub fn until<T, F>(
        &self,
        name: &'static str,
        stop: &CancellationToken,
        run: F,
    ) -> impl FnOnce() -> T + use<T, F>
    where
        F: FnOnce() -> T,
    {
        let ended = Arc::new(AtomicBool::new(false));
        let ends = Ends(Arc::clone(&ended));
        let mut parts = self.0.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.retain(|part| !(part.has_ended() && part.stop.is_cancelled()));
        parts.push(Part { name, ended, stop: stop.clone() });
        move || {
            let _ends = ends;
            run()
        }
    }

    /// The core takes something up.
    pub fn works(&self) {
        self.0.busy_since.store(Mono::now().ns().max(1), Ordering::Relaxed);
    }

    /// The core has nothing to do, or is about to ask.
    pub fn rests(&self) {
        self.0.busy_since.store(0, Ordering::Relaxed);
    }

    /// What is wrong with it, a line each; empty: it lives. One that ends because it is told to is not dead.
    pub fn faults(&self) -> Vec<String> {
        self.faults_at(Mono::now().ns())
    }

    fn faults_at(&self, now_ns: u64) -> Vec<String> {
        if self.0.stop.is_cancelled() {
            return Vec::new();
        }
        let parts = self.0.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let dead = parts.iter().filter(|part| part.has_ended() && !part.stop.is_cancelled());
        let mut faults: Vec<String> = dead.map(|part| format!("{} has ended", part.name)).collect();
        let busy_since = self.0.busy_since.load(Ordering::Relaxed);
        let busy_ns = now_ns.saturating_sub(busy_since);
        if busy_since != 0 && busy_ns > STUCK_NS {
            faults.push(format!("core has been at one piece of work for {} s", busy_ns / 1_000_000_000));
        }
        faults
    }

    /// Why nobody should be sent here, a line each; empty: it is ready.
    pub fn hindrances(&self) -> Vec<String> {
        if self.0.stop.is_cancelled() { vec!["it stops".to_owned()] } else { self.faults() }
    }

    /// All of it for people.
    pub fn status(&self, metrics: &Metrics) -> String {
        let hindrances = self.hindrances();
        let up_s = Mono::now().since_ns(self.0.started) / 1_000_000_000;
        let state = if hindrances.is_empty() { "ready" } else { "not ready" };
        let mut page = format!("fairway {}, up {up_s} s: {state}\n", env!("CARGO_PKG_VERSION"));
        for hindrance in hindrances {
            page.push_str(&hindrance);
            page.push('\n');
        }
        let parts = self.0.parts.lock().unwrap_or_else(PoisonError::into_inner);
        for part in parts.iter() {
            let state = if part.has_ended() { "ended" } else { "runs" };
            // Writing to a String cannot fail.
            let _ = writeln!(page, "{} {state}", part.name);
        }
        let rendered = metrics.render();
        let is_shown = |line: &&str| line.split(['{', ' ']).next().is_some_and(|name| SHOWN.contains(&name));
        for line in rendered.lines().filter(is_shown) {
            page.push_str(line.strip_prefix("fairway_").unwrap_or(line));
            page.push('\n');
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_panics_is_a_fault_until_all_is_told_to_stop() {
        let stop = CancellationToken::new();
        let life = Life::new(stop.clone());
        let core = life.of("core", || panic!("a fault of ours"));
        let feed = life.of("feed", || ());
        assert_eq!(life.faults(), Vec::<String>::new(), "neither has begun");
        std::thread::spawn(core).join().unwrap_err();
        assert_eq!(life.faults(), ["core has ended"]);
        assert_eq!(life.hindrances(), ["core has ended"]);
        let page = life.status(&Metrics::default());
        assert!(page.contains("not ready\n") && page.contains("core ended\nfeed runs\n"), "{page}");
        stop.cancel();
        feed();
        assert_eq!(life.faults(), Vec::<String>::new());
        assert_eq!(life.hindrances(), ["it stops"]);
    }

    #[test]
    fn a_core_that_does_not_come_back_is_a_fault_and_one_that_rests_is_not() {
        let life = Life::new(CancellationToken::new());
        life.works();
        let since_ns = life.0.busy_since.load(Ordering::Relaxed);
        assert_eq!(life.faults_at(since_ns + STUCK_NS), Vec::<String>::new());
        assert_eq!(life.faults_at(since_ns + 2 * STUCK_NS), ["core has been at one piece of work for 10 s"]);
        life.rests();
        assert_eq!(life.faults_at(since_ns + 2 * STUCK_NS), Vec::<String>::new());
    }
}
