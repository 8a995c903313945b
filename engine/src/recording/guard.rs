//! Looks after the recorder from outside, because one that hangs in a disk cannot say so itself: alerts 604, 605 and
//! 608, and the metrics.

use super::recorder::Condition;
use crate::clock::Mono;
use crate::metrics::Metrics;
use crate::queue::Asking;
use metrics::{Counter, Gauge, Histogram};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use watch::Notice;

const LOOK: Duration = Duration::from_millis(200);
/// A disk that has not answered for so long is slow.
const SLOW_NS: u64 = 1_000_000_000;
/// Less of the disk than this is free: time to do something.
const FREE_PART: f64 = 0.15;
const FREE_EVERY_NS: u64 = 5_000_000_000;
/// What is wrong is said again after this, in case it was not heard.
const AGAIN_NS: u64 = 10_000_000_000;
/// Whether the chain holds and its files are there is looked at so often.
const GLANCE_EVERY_NS: u64 = 600_000_000_000;
/// Nothing lost for so long: it is over.
const OVER_NS: u64 = 30_000_000_000;

/// How the recorder was when it last looked up.
#[derive(Debug, Default)]
pub struct Pulse {
    beat_ns: AtomicU64,
    waiting_ns: AtomicU64,
    queued: [AtomicU64; 2],
    ended: AtomicBool,
    condition: Mutex<Condition>,
}

impl Pulse {
    pub fn beat(&self, now: Mono, waiting_ns: u64, condition: &Condition, queued: [usize; 2]) {
        let mut known = self.condition.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != *condition {
            known.clone_from(condition);
        }
        drop(known);
        for (gauge, queued) in self.queued.iter().zip(queued) {
            gauge.store(queued as u64, Ordering::Relaxed);
        }
        self.waiting_ns.store(waiting_ns, Ordering::Relaxed);
        self.beat_ns.store(now.ns(), Ordering::Release);
    }

    pub fn end(&self, condition: &Condition) {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner).clone_from(condition);
        self.ended.store(true, Ordering::Release);
    }

    /// Whether nothing is recorded any more.
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    fn condition(&self) -> Condition {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Who looks.
#[derive(Debug)]
pub struct Guard {
    folder: PathBuf,
    pulse: Arc<Pulse>,
    door: Asking,
    gauges: Gauges,
    free: Option<(Mono, f64)>,
    told: Option<(Mono, Option<Trouble>)>,
    glanced: Option<Mono>,
    /// What is wrong with the chain, and what was said of it.
    broken: Option<String>,
    chain_told: Option<String>,
    lost: u64,
    lost_at: Option<Mono>,
}

/// What is wrong. A figure in the words that changes is no news; this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Stopped,
    Slow,
    Full,
}

#[derive(Debug)]
struct Gauges {
    is_recording: Gauge,
    free: Gauge,
    queued: [Gauge; 2],
    bytes: Counter,
    records: Counter,
    segments: Counter,
    lost: Counter,
    disk: Histogram,
}

impl Guard {
    pub fn new(folder: PathBuf, pulse: Arc<Pulse>, door: Asking, metrics: &Metrics) -> Self {
        let counter = |name| metrics.counter(name, &[]);
        let gauges = Gauges {
            is_recording: metrics.gauge("fairway_recording", &[]),
            free: metrics.gauge("fairway_record_disk_free_ratio", &[]),
            queued: ["raw", "core"].map(|of| metrics.gauge("fairway_record_blocks_waiting", &[("of", of)])),
            bytes: counter("fairway_record_bytes_total"),
            records: counter("fairway_record_records_total"),
            segments: counter("fairway_record_segments_total"),
            lost: counter("fairway_record_lost_total"),
            disk: metrics.histogram("fairway_record_disk_waits_seconds", &[]),
        };
        Self {
            folder,
            pulse,
            door,
            gauges,
            free: None,
            told: None,
            glanced: None,
            broken: None,
            chain_told: None,
            lost: 0,
            lost_at: None,
        }
    }

    /// Until the recorder ends.
    pub fn run(mut self) {
        while !self.pulse.has_ended() {
            self.look(Mono::now());
            std::thread::sleep(LOOK);
        }
        self.publish(&self.pulse.condition(), true);
    }

    fn look(&mut self, now: Mono) {
        let condition = self.pulse.condition();
        let beat = self.pulse.beat_ns.load(Ordering::Acquire);
        let hangs_ns = if beat == 0 { 0 } else { now.ns().saturating_sub(beat) };
        let waits_ns = self.pulse.waiting_ns.load(Ordering::Relaxed).max(hangs_ns);
        self.gauges.disk.record(waits_ns as f64 / 1e9);
        if self.free.is_none_or(|(at, _)| now.since_ns(at) >= FREE_EVERY_NS)
            && let Ok(disk) = rustix::fs::statvfs(&self.folder)
        {
            let free = disk.f_bavail as f64 / (disk.f_blocks.max(1)) as f64;
            self.free = Some((now, free));
            self.gauges.free.set(free);
        }
        let trouble = if let Some(reason) = &condition.stopped {
            Some((Trouble::Stopped, format!("nothing is recorded: {reason}")))
        } else if waits_ns >= SLOW_NS {
            Some((Trouble::Slow, "the disk does not answer".to_owned()))
        } else {
            let low = self.free.filter(|(_, free)| *free < FREE_PART);
            low.map(|(_, free)| {
                (Trouble::Full, format!("the disk is nearly full: {:.0} % free", 100.0 * free))
            })
        };
        self.publish(&condition, trouble.is_none());
        self.tell(now, trouble);
        self.chain(now, condition.key);
        self.overrun(now, condition.lost);
    }

    fn tell(&mut self, now: Mono, trouble: Option<(Trouble, String)>) {
        let (what, words) = trouble.unzip();
        let is_new = match self.told {
            None => what.is_some(),
            Some((at, told)) => told != what || (what.is_some() && now.since_ns(at) >= AGAIN_NS),
        };
        if !is_new {
            return;
        }
        // An alarm that stands keeps its words: another trouble is another alarm.
        let stands = self.told.is_some_and(|(_, told)| told.is_some() && told != what);
        if stands && words.is_some() {
            if self.door.tell(Notice::Recorder { trouble: None }).is_err() {
                return;
            }
            self.told = Some((now, None));
        }
        if self.door.tell(Notice::Recorder { trouble: words }).is_ok() {
            self.told = Some((now, what));
        }
    }

    /// Whether the recording is as it was sealed, as far as a glance can tell.
    fn chain(&mut self, now: Mono, key: Option<String>) {
        if self.glanced.is_none_or(|at| now.since_ns(at) >= GLANCE_EVERY_NS) {
            self.glanced = Some(now);
            self.broken = match super::verify::glance(&self.folder) {
                Ok(fault) => fault.map(|fault| fault.to_string()),
                Err(error) => Some(format!("the chain cannot be read: {error}")),
            };
            if let Some(broken) = &self.broken {
                tracing::error!(broken, "the recording is not as it was sealed");
            }
        }
        let mut trouble = self.broken.clone().or(key);
        if trouble != self.chain_told && self.chain_told.is_some() {
            trouble = None;
        }
        if trouble != self.chain_told && self.door.tell(Notice::Chain { trouble: trouble.clone() }).is_ok() {
            self.chain_told = trouble;
        }
    }

    fn overrun(&mut self, now: Mono, lost: u64) {
        if lost > self.lost {
            let notice = Notice::Overrun { name: "the recording".to_owned(), lost: lost - self.lost };
            if self.lost_at.is_some() || self.door.tell(notice).is_ok() {
                (self.lost, self.lost_at) = (lost, Some(now));
            }
        } else if self.lost_at.is_some_and(|at| now.since_ns(at) >= OVER_NS) {
            let notice = Notice::Overrun { name: "the recording".to_owned(), lost: 0 };
            if self.door.tell(notice).is_ok() {
                self.lost_at = None;
            }
        }
    }

    fn publish(&self, condition: &Condition, is_well: bool) {
        self.gauges.is_recording.set(if is_well { 1.0 } else { 0.0 });
        for (gauge, queued) in self.gauges.queued.iter().zip(&self.pulse.queued) {
            gauge.set(queued.load(Ordering::Relaxed) as f64);
        }
        self.gauges.bytes.absolute(condition.bytes);
        self.gauges.records.absolute(condition.records);
        self.gauges.segments.absolute(condition.segments);
        self.gauges.lost.absolute(condition.lost);
    }
}
