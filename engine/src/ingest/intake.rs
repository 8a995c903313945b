//! What every source of lines does with its bytes: cut, decode, observe, count.

use super::account::Account;
use super::asterix::AsterixIntake;
use super::cot::CotIntake;
use super::rdss::RdssIntake;
use super::voice::VoiceIntake;
use crate::clock::Mono;
use crate::config::{Format, Radar};
use crate::metrics::Metrics;
use crate::observe::ears::Ears;
use crate::observe::gnss::Own;
use crate::observe::{ais, arpa, radar};
use crate::recording::RawTap;
use crate::registry::Registry;
use decoders::frame::{Framer, Line};
use decoders::nmea::{Counters, Datagram, Item, LineCounts, Reader, Reject, Sentence};
use fusion::{Body, Event, Observation, SensorId, SourceId};
use metrics::{Counter, Gauge};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use units::{Mmsi, UtcTime};

/// A reason is logged at most this often per peer; it is counted always.
pub const LOG_EVERY_NS: u64 = 10_000_000_000;

/// Makes an [`Intake`] for each peer of one source.
#[derive(Debug)]
pub struct Maker {
    pub source: SourceId,
    pub name: String,
    pub metrics: SourceMetrics,
    /// One for all peers: a track number goes on when a connection begins anew.
    pub radar: RefCell<radar::Observer>,
    pub format: Format,
    /// What tells the tracks of a Cursor on Target source apart.
    pub cot: Option<Rc<RefCell<crate::observe::cot::Observer>>>,
    pub vessel: Option<Mmsi>,
    pub registry: Rc<RefCell<Rc<Registry>>>,
    /// What all sources have heard of late.
    pub ears: Rc<RefCell<Ears>>,
    /// Where what is read is taken down first, where anything is.
    pub tap: Option<Rc<RefCell<RawTap>>>,
    /// Peers so far.
    pub peers: Cell<u32>,
}

impl Maker {
    /// A number for a new peer.
    pub fn peer(&self) -> u32 {
        self.peers.set(self.peers.get().wrapping_add(1));
        self.peers.get()
    }

    /// Takes down what was read, before anybody looks at it.
    pub fn record(&self, peer: u32, arrival: UtcTime, bytes: &[u8]) {
        if let Some(tap) = &self.tap
            && !bytes.is_empty()
        {
            tap.borrow_mut().read(self.source, peer, arrival, bytes);
        }
    }
}

/// One peer's bytes: what is half read, half assembled, and counted so far.
#[derive(Debug)]
pub struct Intake {
    maker: Rc<Maker>,
    framer: Framer,
    lines: Lines,
    /// What a BeiDou source has instead of lines.
    rdss: Option<Box<RdssIntake>>,
    /// What an ASTERIX source has.
    asterix: Option<Box<AsterixIntake>>,
    /// What one of Cursor on Target has.
    cot: Option<Box<CotIntake>>,
    /// What one of sound has.
    voice: Option<Box<VoiceIntake>>,
    counts: LineCounts,
    /// Which peer of its source it is.
    pub peer: u32,
}

/// What happens to each line.
#[derive(Debug)]
struct Lines {
    reader: Reader,
    observer: ais::Observer,
    console: arpa::Console,
    /// Whose receiver it is that also speaks here.
    own: Option<Own>,
    published: Counters,
    observed: Observed,
    logged: Option<Mono>,
}

/// What became of messages since it was last shown.
#[derive(Debug, Default)]
pub struct Observed {
    ais: u64,
    /// Messages that another station had told of.
    copies: u64,
    /// By radar of the source.
    radars: Vec<BySensor>,
    /// Targets of which nothing was observed, by [`radar::Unused`].
    unused: [u64; radar::Unused::ALL.len()],
}

#[derive(Clone, Copy, Debug)]
struct BySensor {
    sensor: SensorId,
    plots: u64,
    tracks: u64,
}

impl Observed {
    pub fn new(radars: &[Radar]) -> Self {
        let radars = radars.iter().map(|radar| BySensor { sensor: radar.id, plots: 0, tracks: 0 }).collect();
        Self { radars, ..Self::default() }
    }

    pub fn unused(&mut self, why: radar::Unused) {
        for (count, reason) in self.unused.iter_mut().zip(radar::Unused::ALL) {
            *count += u64::from(reason == why);
        }
    }

    /// Counts an observation for whichever of the radars made it.
    pub fn sensor(&mut self, observation: &Observation) {
        let (sensor, is_plot) = match &observation.body {
            Body::Plot(plot) => (plot.sensor, true),
            Body::SensorTrack(track) => (track.key.sensor, false),
            _ => return,
        };
        if let Some(of) = self.radars.iter_mut().find(|of| of.sensor == sensor) {
            *(if is_plot { &mut of.plots } else { &mut of.tracks }) += 1;
        }
    }
}

impl Intake {
    pub fn new(maker: &Rc<Maker>) -> Self {
        let reader = Reader::new();
        let lines = Lines {
            published: reader.counters().clone(),
            reader,
            observer: ais::Observer::new(maker.source, &maker.ears),
            console: arpa::Console::default(),
            observed: Observed::new(maker.radar.borrow().radars()),
            own: maker.vessel.map(|mmsi| Own::new(maker.source, mmsi)),
            logged: None,
        };
        let rdss = match &maker.format {
            Format::Beidou(settings) => Some(Box::new(RdssIntake::new(maker.source, settings))),
            _ => None,
        };
        let asterix = match &maker.format {
            Format::Asterix(editions) => {
                Some(Box::new(AsterixIntake::new(*editions, maker.radar.borrow().radars())))
            }
            _ => None,
        };
        Self {
            maker: Rc::clone(maker),
            framer: Framer::default(),
            lines,
            rdss,
            asterix,
            cot: maker.cot.as_ref().map(|observer| Box::new(CotIntake::new(Rc::clone(observer)))),
            voice: matches!(maker.format, Format::Voice).then(Box::default),
            counts: LineCounts::default(),
            peer: maker.peer(),
        }
    }

    const fn has_lines(&self) -> bool {
        self.rdss.is_none() && self.asterix.is_none() && self.cot.is_none() && self.voice.is_none()
    }

    /// The source's counters.
    pub fn metrics(&self) -> &SourceMetrics {
        &self.maker.metrics
    }

    /// Takes the whole lines at the front of `buffer` and returns how many bytes that were. With `end`, the
    /// rest is a line too.
    pub fn take(&mut self, buffer: &[u8], end: bool, arrival: UtcTime, events: &mut Vec<Event>) -> usize {
        let Self { maker, framer, lines, rdss, asterix, cot, voice, .. } = self;
        if let Some(rdss) = rdss {
            return rdss.take(maker, buffer, end, arrival, events);
        }
        if let Some(asterix) = asterix {
            return asterix.take(maker, buffer, end, arrival, events);
        }
        if let Some(cot) = cot {
            return cot.take(maker, buffer, end, arrival, events);
        }
        if let Some(voice) = voice {
            return voice.take(maker, buffer, arrival);
        }
        let used = lines
            .read(maker, arrival, events, |reader, item| reader.drain(framer, buffer, end, arrival, item));
        self.publish();
        used
    }

    /// Takes down what was read, before anybody looks at it.
    pub fn record(&self, arrival: UtcTime, bytes: &[u8]) {
        self.maker.record(self.peer, arrival, bytes);
    }

    /// Takes one datagram: whole lines, with the header and the line counts of IEC 61162-450 or without.
    pub fn datagram(&mut self, bytes: &[u8], arrival: UtcTime, events: &mut Vec<Event>) {
        if !self.has_lines() {
            self.take(bytes, true, arrival, events);
            return;
        }
        let datagram = Datagram::read(bytes);
        let Self { maker, framer, lines, counts, .. } = self;
        let [plain, sentences, foreign, bad_header] = &maker.metrics.datagrams;
        let counter = match datagram {
            Datagram::Plain(_) => plain,
            Datagram::Sentences(_) => sentences,
            Datagram::Foreign => foreign,
            Datagram::BadHeader(_) => bad_header,
        };
        counter.increment(1);
        let counted = !matches!(datagram, Datagram::Plain(_));
        let (lost, late) = (counts.lost(), counts.late());
        framer.drain(datagram.lines(), true, |line| {
            if let (true, Line::Whole(text)) = (counted, line) {
                counts.line(text);
            }
            lines.line(maker, line, arrival, events);
        });
        maker.metrics.lines_lost.increment(counts.lost() - lost);
        maker.metrics.lines_late.increment(counts.late() - late);
        self.publish();
    }

    /// It is so late, and nothing came.
    pub fn pause(&mut self, now: UtcTime) {
        if let Some(voice) = &mut self.voice {
            voice.pause(&self.maker, now);
        }
    }

    /// Cuts whole lines as [`Intake::take`] does, and hands them out instead of reading them.
    pub fn cut<'a>(&mut self, buffer: &'a [u8], end: bool, line: impl FnMut(Line<'a>)) -> usize {
        self.framer.drain(buffer, end, line)
    }

    /// Reads one line that [`Intake::cut`] handed out; `publish` makes the counters show it.
    pub fn line(&mut self, line: Line<'_>, arrival: UtcTime, events: &mut Vec<Event>) {
        self.lines.line(&self.maker, line, arrival, events);
    }

    /// The peer has gone: what is half assembled stays so.
    pub fn end(&mut self) {
        if let Some(voice) = &mut self.voice {
            voice.end(&self.maker);
        }
        if !self.has_lines() {
            return;
        }
        self.lines.reader.end();
        self.publish();
    }

    /// Shows what was counted since the last time.
    pub fn publish(&mut self) {
        if !self.has_lines() {
            return;
        }
        let lines = &mut self.lines;
        let now = lines.reader.counters();
        self.maker.metrics.publish(&lines.published, now, &mut lines.observed);
        lines.published.clone_from(now);
    }
}

impl Lines {
    fn line(&mut self, maker: &Maker, line: Line<'_>, arrival: UtcTime, events: &mut Vec<Event>) {
        self.read(maker, arrival, events, |reader, item| reader.line(line, arrival, item));
    }

    /// Takes what the reader finds in a line or in many.
    fn read<R>(
        &mut self,
        maker: &Maker,
        arrival: UtcTime,
        events: &mut Vec<Event>,
        find: impl FnOnce(&mut Reader, &mut dyn FnMut(Item<'_>)) -> R,
    ) -> R {
        let Self { reader, observer, console, own, observed, logged, .. } = self;
        let (mut used, mut refused) = (0, 0);
        let found = find(reader, &mut |item| match item {
            Item::Ais(received) => {
                let copy = observer.observe(&received, arrival, |event| {
                    observed.ais += u64::from(matches!(event, Event::Observation(_)));
                    events.push(event);
                });
                observed.copies += u64::from(copy);
            }
            Item::Reject { reason, text } => refuse(maker, logged, reason.as_str(), text, None),
            Item::Other(sentence) => match decoders::arpa::decode(&sentence) {
                Some(Ok(message)) => {
                    used += 1;
                    let radar = &mut maker.radar.borrow_mut();
                    console.observe(&message, radar, arrival, |outcome| match outcome {
                        Ok(observation) => {
                            observed.sensor(&observation);
                            events.push(Event::Observation(observation));
                        }
                        Err(why) => observed.unused(why),
                    });
                }
                Some(Err(why)) => {
                    refused += 1;
                    let Sentence { text, .. } = sentence;
                    refuse(maker, logged, Reject::BadFields.as_str(), text, Some(why));
                }
                None => {
                    if let Some(own) = own {
                        own.observe(&sentence, arrival, |observation| {
                            observed.ais += 1;
                            events.push(Event::Observation(observation));
                        });
                    }
                }
            },
        });
        reader.settle(used, refused);
        found
    }
}

/// Logs a reason now and then; it is counted always.
/// Says that something was refused, now and then.
pub(super) fn refuse(
    maker: &Maker,
    logged: &mut Option<Mono>,
    reason: &str,
    text: &[u8],
    why: Option<decoders::arpa::DecodeError>,
) {
    if logged.is_none_or(|at| Mono::now().since_ns(at) > LOG_EVERY_NS) {
        *logged = Some(Mono::now());
        let source = &maker.name;
        let text = text.get(..text.len().min(120)).unwrap_or(text).escape_ascii();
        let why = why.map(tracing::field::display);
        tracing::warn!(source, reason, why, %text, "refused (others may follow, counted)");
    }
}

/// One source's counters: the accounting of sentence candidates, and what became of the messages.
#[derive(Debug)]
pub struct SourceMetrics {
    together: Metrics,
    candidates: Counter,
    used: Counter,
    pending: Gauge,
    duplicates: Counter,
    other: Counter,
    rejects: Vec<Counter>,
    messages: Counter,
    observations: Counter,
    /// Plots and tracks of each radar, and targets that gave neither.
    radars: Vec<[Counter; 2]>,
    unused: Vec<Counter>,
    copies: Counter,
    groups: [Counter; 3],
    assembly: [Counter; 5],
    datagrams: [Counter; 4],
    lines_lost: Counter,
    lines_late: Counter,
    /// Bytes read.
    pub bytes: Counter,
    /// Observations that a full queue refused.
    pub dropped: Counter,
    /// Peers connected now.
    pub peers: Gauge,
    /// Connections made.
    pub connects: Counter,
}

impl SourceMetrics {
    pub fn new(metrics: &Metrics, source: &str, reasons: &[&'static str], radars: &[Radar]) -> Self {
        let counter = |name| metrics.counter(name, &[("source", source)]);
        let labelled =
            |name, label, value: &str| metrics.counter(name, &[("source", source), (label, value)]);
        Self {
            together: metrics.clone(),
            candidates: counter("fairway_sentence_candidates_total"),
            used: counter("fairway_sentences_used_total"),
            pending: metrics.gauge("fairway_sentences_pending", &[("source", source)]),
            duplicates: counter("fairway_sentences_duplicate_total"),
            other: counter("fairway_sentences_other_total"),
            rejects: reasons
                .iter()
                .map(|reason| labelled("fairway_sentences_rejected_total", "reason", reason))
                .collect(),
            messages: counter("fairway_messages_total"),
            observations: counter("fairway_observations_total"),
            radars: radars
                .iter()
                .map(|radar| {
                    ["plot", "track"].map(|kind| {
                        let labels = [("source", source), ("sensor", &*radar.name), ("kind", kind)];
                        metrics.counter("fairway_radar_observations_total", &labels)
                    })
                })
                .collect(),
            unused: radar::Unused::ALL
                .iter()
                .map(|reason| labelled("fairway_radar_targets_unused_total", "reason", reason.as_str()))
                .collect(),
            copies: counter("fairway_messages_heard_before_total"),
            groups: ["timeout", "replaced", "conflict"]
                .map(|reason| labelled("fairway_groups_given_up_total", "reason", reason)),
            assembly: ["out_of_order", "channel_inferred", "fill_bits_nonfinal", "tag_bad", "unknown_type"]
                .map(|what| labelled("fairway_sentence_oddities_total", "what", what)),
            datagrams: ["plain", "iec_61162_450", "foreign", "bad_header"]
                .map(|what| labelled("fairway_datagrams_total", "what", what)),
            lines_lost: counter("fairway_datagram_lines_lost_total"),
            lines_late: counter("fairway_datagram_lines_late_total"),
            bytes: counter("fairway_source_bytes_total"),
            dropped: counter("fairway_observations_dropped_total"),
            peers: metrics.gauge("fairway_source_peers", &[("source", source)]),
            connects: counter("fairway_source_connects_total"),
        }
    }

    /// Where they are registered.
    pub const fn registry(&self) -> &Metrics {
        &self.together
    }

    /// Adds what has come to the accounts of frames since the last time.
    pub fn publish_frames(&self, before: &Account, now: &Account) {
        let _together = self.together.together();
        self.frames(before, now);
    }

    /// As [`SourceMetrics::publish_frames`], with what radars gave.
    pub fn publish_records(&self, before: &Account, now: &Account, observed: &mut Observed) {
        let _together = self.together.together();
        self.frames(before, now);
        let observations = self.radars(observed);
        self.observations.increment(observations);
    }

    fn frames(&self, before: &Account, now: &Account) {
        add(&self.candidates, now.candidates - before.candidates);
        add(&self.used, now.used - before.used);
        self.pending.increment(now.pending as f64 - before.pending as f64);
        add(&self.duplicates, now.duplicates - before.duplicates);
        add(&self.other, now.other - before.other);
        for (counter, (now, before)) in self.rejects.iter().zip(now.rejects.iter().zip(&before.rejects)) {
            add(counter, now - before);
        }
        add(&self.messages, now.messages - before.messages);
        add(&self.observations, now.observations - before.observations);
        for (counter, (now, before)) in self.groups.iter().zip([(now.given_up, before.given_up)]) {
            add(counter, now - before);
        }
    }

    /// Plots and tracks of each radar, and targets that gave neither; how many observations that were.
    fn radars(&self, observed: &mut Observed) -> u64 {
        let mut observations = 0;
        for ([plots, tracks], of) in self.radars.iter().zip(&mut observed.radars) {
            let (new_plots, new_tracks) = (std::mem::take(&mut of.plots), std::mem::take(&mut of.tracks));
            add(plots, new_plots);
            add(tracks, new_tracks);
            observations += new_plots + new_tracks;
        }
        for (counter, count) in self.unused.iter().zip(&mut observed.unused) {
            add(counter, std::mem::take(count));
        }
        observations
    }

    fn publish(&self, before: &Counters, now: &Counters, observed: &mut Observed) {
        let _together = self.together.together();
        add(&self.candidates, now.candidates - before.candidates);
        add(&self.used, now.used - before.used);
        self.pending.increment(now.pending as f64 - before.pending as f64);
        add(&self.duplicates, now.duplicates - before.duplicates);
        add(&self.other, now.other - before.other);
        for (counter, (now, before)) in self.rejects.iter().zip(now.rejects.iter().zip(&before.rejects)) {
            add(counter, now - before);
        }
        add(&self.messages, now.messages - before.messages);
        let observations = std::mem::take(&mut observed.ais) + self.radars(observed);
        add(&self.observations, observations);
        add(&self.copies, std::mem::take(&mut observed.copies));
        let given_up = |c: &Counters| [c.incomplete_timeout, c.incomplete_replaced, c.conflict];
        for (counter, (now, before)) in
            self.groups.iter().zip(given_up(now).into_iter().zip(given_up(before)))
        {
            add(counter, now - before);
        }
        let odd = |c: &Counters| {
            [c.out_of_order, c.channel_inferred, c.fill_bits_nonfinal, c.tag_bad, c.unknown_type]
        };
        for (counter, (now, before)) in self.assembly.iter().zip(odd(now).into_iter().zip(odd(before))) {
            add(counter, now - before);
        }
    }
}

/// Most of them did not change: what is not touched need not be fetched.
fn add(counter: &Counter, many: u64) {
    if many > 0 {
        counter.increment(many);
    }
}
