//! The core's thread: it takes what comes, one thing after the other, and passes on what has changed.

use crate::alerts::AlertMetrics;
use crate::cameras::Orders;
use crate::cameras::album::Album;
use crate::changes::ChangeLog;
use crate::clock::Mono;
use crate::core::Core;
use crate::feed::{Outbox, Sensors, Update};
use crate::life::Life;
use crate::metrics::Metrics;
use crate::operator::{Audit, Record};
use crate::queue::{Receiver, Renewal, Work};
use crate::recording::CoreTap;
use units::UtcTime;

/// Where it goes what has changed.
pub(super) struct Ways<'a> {
    pub outbox: Outbox,
    pub tap: Option<CoreTap>,
    pub log: Option<ChangeLog>,
    pub audit: &'a Audit,
    pub eyes: (&'a Orders, &'a Album),
}

impl Ways<'_> {
    /// Passes on what came of one thing that the core was told.
    fn pass(&mut self, core: &Core, alerts: &AlertMetrics) {
        let (changes, (orders, album)) = (core.changes(), self.eyes);
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
    fn settle(&mut self, core: &Core, read: Mono) {
        if let Some(tap) = &mut self.tap {
            tap.settle(core);
        }
        self.outbox.flush(core, read);
    }
}

/// Works until nobody is left who could bring any.
pub(super) fn run_core(
    mut core: Core,
    mut sensors: Sensors,
    (from_ingest, life): (&Receiver, &Life),
    mut ways: Ways<'_>,
    metrics: &Metrics,
) {
    let (counted, mut alerts) = (CoreMetrics::new(metrics), AlertMetrics::new(metrics));
    if let Some(tap) = &mut ways.tap {
        tap.settle(&core);
    }
    while let Some(work) = next(from_ingest, ways.tap.as_mut(), life) {
        match work {
            Work::Batch(batch) => {
                for event in &batch.events {
                    if let Some(tap) = &mut ways.tap {
                        tap.event(event);
                    }
                    core.apply(event);
                    sensors.note(event);
                    ways.pass(&core, &alerts);
                }
                counted.publish(&core, batch.events.len());
                let now = core.picture.now();
                sensors.tell(now, |update| ways.sensor(update, now));
                alerts.publish(&core.watch, now);
                let read = batch.read;
                from_ingest.recycle(batch.events);
                ways.settle(&core, read);
            }
            Work::Notice(notice) => {
                if let Some(tap) = &mut ways.tap {
                    tap.notice(&notice);
                }
                core.notice(&notice);
                ways.pass(&core, &alerts);
                ways.settle(&core, Mono::now());
            }
            Work::Renewal(renewal) => {
                let Renewal { settings, answer } = *renewal;
                if let Some(tap) = &mut ways.tap {
                    tap.settings(&settings);
                }
                let done = core.renew(&settings);
                ways.pass(&core, &alerts);
                if done.is_ok() {
                    let now = core.picture.now();
                    ways.outbox.renewed(&core);
                    sensors.renew(settings.roll.sources(), &settings.gone, |update| ways.sensor(update, now));
                }
                ways.settle(&core, Mono::now());
                // Whoever asked may have given up.
                drop(answer.send(done));
            }
            Work::Command(asked) => {
                if let Some(tap) = &mut ways.tap {
                    tap.command(&asked);
                }
                let answer = core.command(&asked);
                ways.pass(&core, &alerts);
                if let Some(tap) = &mut ways.tap {
                    tap.answered(&asked, &answer);
                }
                ways.audit.write(Record::of(&asked, &answer));
                ways.outbox.add(Update::Answer(asked.client, Box::new(answer)));
                counted.publish(&core, 1);
                ways.settle(&core, Mono::now());
            }
        }
    }
    if let Some(log) = &mut ways.log {
        log.flush();
    }
    while ways.outbox.is_behind() {
        std::thread::sleep(std::time::Duration::from_millis(1));
        ways.outbox.flush(&core, Mono::now());
    }
}

/// What is to be done next; the recorder has what was done before, when nothing is.
fn next(from_ingest: &Receiver, tap: Option<&mut CoreTap>, life: &Life) -> Option<Work> {
    life.rests();
    let work = match tap {
        None => from_ingest.receive(),
        Some(tap) => from_ingest.waiting().or_else(|| {
            tap.idle();
            from_ingest.receive()
        }),
    }?;
    life.works();
    Some(work)
}

struct CoreMetrics {
    events: metrics::Counter,
    outcomes: Vec<metrics::Counter>,
    tracks: metrics::Gauge,
    marks: metrics::Gauge,
}

impl CoreMetrics {
    fn new(metrics: &Metrics) -> Self {
        Self {
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
