//! What is done with the picture: one thing after the other, and what has changed is passed on.
//!
//! By the core's thread; or, where that rests and there is little to do, by whoever brings it: to wake a thread takes
//! longer than most reports do.
//!
//! **Invariant**: one at a time has the [`Keeper`], and only who has it takes out what waits.

use crate::alerts::AlertMetrics;
use crate::cameras::Orders;
use crate::cameras::album::Album;
use crate::changes::ChangeLog;
use crate::clock::{Mono, now_utc};
use crate::core::Core;
use crate::feed::{Outbox, Sensors, Update};
use crate::life::Life;
use crate::metrics::Metrics;
use crate::operator::{Audit, Record};
use crate::queue::{Hand, Receiver, Renewal, Waiting, Work};
use crate::recording::CoreTap;
use crossbeam::sync::Unparker;
use std::sync::{Arc, Mutex, PoisonError};
use units::UtcTime;

/// With more tracks than these, whoever brings a report leaves it to the core's thread to look at all of them.
const FEW_TRACKS: usize = 200;
/// So many things at most are done by whoever brings the last of them.
const AT_ONCE: usize = 8;

/// Where it goes what has changed.
pub(super) struct Ways {
    pub outbox: Outbox,
    pub tap: Option<CoreTap>,
    pub log: Option<ChangeLog>,
    pub audit: Audit,
    pub eyes: (Orders, Album),
}

impl Ways {
    /// Passes on what came of one thing that the core was told.
    fn pass(&mut self, core: &Core, alerts: &AlertMetrics) {
        let (changes, (orders, album)) = (core.changes(), &self.eyes);
        if let Some(tap) = &mut self.tap {
            tap.changes(core);
        }
        self.outbox.collect(core);
        orders.pass(changes.cues);
        album.keep(changes.cues);
        alerts.note(changes.watch);
        if let Some(log) = &mut self.log {
            log.write(core);
        }
    }

    /// What a source does, which is no matter of the core's.
    fn sensor(&mut self, update: Update, now: UtcTime) {
        if let Some(tap) = &mut self.tap {
            tap.sensor(&update, now);
        }
        self.outbox.add(update);
    }

    /// All of one piece of work has been passed on.
    fn settle(&mut self, core: &Core, read: Mono, at_once: bool) {
        if let Some(tap) = &mut self.tap {
            tap.settle(core);
        }
        if at_once {
            self.outbox.flush_at_once(core, read);
        } else {
            self.outbox.flush(core, read);
        }
    }
}

/// The core and all that goes with it.
pub(super) struct Keeper {
    core: Core,
    sensors: Sensors,
    ways: Ways,
    alerts: AlertMetrics,
    counted: CoreMetrics,
    life: Life,
}

impl Keeper {
    pub fn new(core: Core, sensors: Sensors, mut ways: Ways, metrics: &Metrics, life: Life) -> Self {
        if let Some(tap) = &mut ways.tap {
            tap.settle(&core);
        }
        let (counted, alerts) = (CoreMetrics::new(metrics), AlertMetrics::new(metrics));
        Self { core, sensors, ways, alerts, counted, life }
    }

    /// Does so much of what waits; with `at_once` those who look at the picture have been told when it returns, where
    /// that can be.
    fn work(&mut self, waiting: &Waiting, most: usize, at_once: bool) {
        for work in std::iter::from_fn(|| waiting.next()).take(most) {
            self.life.works();
            let [by_core, by_bringer] = &self.counted.work;
            (if at_once { by_bringer } else { by_core }).increment(1);
            self.one(work, waiting, at_once);
        }
        // The recorder has what was done, when nothing else is.
        if waiting.is_empty()
            && let Some(tap) = &mut self.ways.tap
        {
            tap.idle();
        }
        self.life.rests();
    }

    fn one(&mut self, work: Work, waiting: &Waiting, at_once: bool) {
        let Self { core, sensors, ways, alerts, counted, .. } = self;
        match work {
            Work::Batch(batch) => {
                let last = batch.events.len().saturating_sub(1);
                for (number, event) in batch.events.iter().enumerate() {
                    if let Some(tap) = &mut ways.tap {
                        tap.event(event);
                    }
                    core.see(event);
                    if at_once && number == last {
                        // Where a ship is, is told before it is judged.
                        ways.outbox.tell_early(core, batch.read);
                    }
                    core.judge(event);
                    sensors.note(event);
                    ways.pass(core, alerts);
                }
                counted.publish(core, batch.events.len());
                let now = core.picture.now();
                sensors.tell(now, |update| ways.sensor(update, now));
                alerts.publish(&core.watch, now);
                waiting.recycle(batch.events);
                ways.settle(core, batch.read, at_once);
            }
            Work::Notice(notice) => {
                if let Some(tap) = &mut ways.tap {
                    tap.notice(&notice);
                }
                core.notice(&notice);
                ways.pass(core, alerts);
                ways.settle(core, Mono::now(), at_once);
            }
            Work::Renewal(renewal) => {
                let Renewal { settings, answer } = *renewal;
                if let Some(tap) = &mut ways.tap {
                    tap.settings(&settings);
                }
                let done = core.renew(&settings);
                ways.pass(core, alerts);
                if done.is_ok() {
                    let now = core.picture.now();
                    ways.outbox.renewed(core);
                    sensors.renew(settings.roll.sources(), &settings.gone, |update| ways.sensor(update, now));
                }
                ways.settle(core, Mono::now(), at_once);
                // Whoever asked may have given up.
                drop(answer.send(done));
            }
            Work::Command(asked) => {
                if let Some(tap) = &mut ways.tap {
                    tap.command(&asked);
                }
                let answer = core.command(&asked);
                ways.pass(core, alerts);
                if let Some(tap) = &mut ways.tap {
                    tap.answered(&asked, &answer);
                }
                ways.audit.write(Record::of(&asked, &answer));
                ways.outbox.add(Update::Answer(asked.client, Box::new(answer)));
                counted.publish(core, 1);
                ways.settle(core, Mono::now(), at_once);
            }
        }
    }

    /// Whether there is more to do than one report takes: what happens each second is due.
    fn is_long(&self) -> bool {
        self.core.picture.tracks().len() > FEW_TRACKS
            && self.core.watch.swept().is_none_or(|second| second < now_utc().unix_s())
    }

    /// Nobody is left who could bring anything.
    fn end(mut self) {
        if let Some(log) = &mut self.ways.log {
            log.flush();
        }
        while self.ways.outbox.is_behind() {
            std::thread::sleep(std::time::Duration::from_millis(1));
            self.ways.outbox.flush(&self.core, Mono::now());
        }
    }
}

/// The keeper, for whoever has it in hand; `None` where it is over.
pub(super) type Kept = Arc<Mutex<Option<Keeper>>>;

/// Works until nobody is left who could bring anything.
pub(super) fn run_core(from: &Receiver, kept: &Kept) {
    // However this ends, the feed and the recorder hear of it.
    let ends = Ends(kept);
    while from.has_more() {
        let Ok(mut keeper) = kept.lock() else {
            tracing::error!("the core ended in a panic of whoever had it in hand");
            return;
        };
        let Some(keeper) = keeper.as_mut() else { return };
        keeper.work(from.waiting(), usize::MAX, false);
    }
    if let Some(keeper) = ends.take() {
        keeper.end();
    }
}

struct Ends<'a>(&'a Kept);

impl Ends<'_> {
    fn take(&self) -> Option<Keeper> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// The hand of whoever brings something.
pub(super) struct Bringer {
    pub kept: Kept,
    pub waiting: Waiting,
    pub core: Unparker,
}

impl std::fmt::Debug for Bringer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bringer").finish_non_exhaustive()
    }
}

impl Hand for Bringer {
    fn take_up(&self) -> bool {
        // Who panics with the core in hand wakes its thread, which finds that out.
        let _told = Told(&self.core);
        let Ok(mut keeper) = self.kept.try_lock() else { return false };
        let Some(keeper) = keeper.as_mut() else { return false };
        if keeper.is_long() {
            return false;
        }
        keeper.work(&self.waiting, AT_ONCE, true);
        self.waiting.is_empty()
    }
}

struct Told<'a>(&'a Unparker);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.unpark();
        }
    }
}

struct CoreMetrics {
    /// By the core's thread, and by whoever brought it.
    work: [metrics::Counter; 2],
    events: metrics::Counter,
    outcomes: Vec<metrics::Counter>,
    tracks: metrics::Gauge,
    marks: metrics::Gauge,
}

impl CoreMetrics {
    fn new(metrics: &Metrics) -> Self {
        Self {
            work: ["core", "bringer"].map(|by| metrics.counter("fairway_core_work_total", &[("by", by)])),
            events: metrics.counter("fairway_core_events_total", &[]),
            outcomes: fusion::Counters::default()
                .outcomes()
                .iter()
                .map(|(outcome, _)| {
                    metrics.counter("fairway_core_observations_total", &[("outcome", outcome)])
                })
                .collect(),
            tracks: metrics.gauge("fairway_tracks", &[]),
            marks: metrics.gauge("fairway_marks", &[]),
        }
    }

    fn publish(&self, core: &Core, events: usize) {
        self.events.increment(events as u64);
        for (counter, (_, count)) in self.outcomes.iter().zip(core.picture.counters().outcomes()) {
            counter.absolute(count);
        }
        self.tracks.set(core.picture.tracks().len() as f64);
        self.marks.set(core.picture.marks().len() as f64);
    }
}
