//! What becomes of what was handed over: records, chunks, segments; and what is done where a disk does not take them.
//!
//! No thread and no clock: time is an argument.

mod files;

use super::Setup;
use super::chain::Chain;
use super::consoles::{Console, Present};
use super::form::{Keyframe, RAW};
use super::gaps::Gaps;
use super::keys::Keys;
use super::pending::{Reads, Told, Topics, changes};
use super::seal::Link;
use super::segment::{About, Out, Previous, Segment, Worth};
use super::sync::Syncer;
use super::tap::{CoreBlock, RawBlock, Shared};
use super::terms::Mark;
pub use super::terms::{Condition, From, Settings};
use crate::clock::Mono;
use crate::feed::Names;
use fusion::SourceId;
use prost::Message;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use units::UtcTime;

/// What was gathered becomes records so often ...
const CUT_NS: u64 = 90_000_000;
/// ... and a chunk of the file at every cut where much has been gathered, at every second where little: with what
/// waits in the taps (20 ms) and between two looks (20 ms), no line waits longer than 250 ms.
const MUCH_BYTES: usize = 16 * 1024;
const SEAL_NS: u64 = 10_000_000_000;
const CLOCK_NS: u64 = 10_000_000_000;
/// After the disk refused, it is asked again so often.
const RETRY_NS: u64 = 500_000_000;
/// And so often at the end.
const LAST_TRIES: u32 = 3;

/// The state of it all.
pub struct Recorder {
    settings: Settings,
    about: About,
    config: Vec<u8>,
    keys: Option<Keys>,
    chain: Chain,
    shared: Arc<Shared>,
    topics: Topics,
    names: Arc<Names>,
    reads: Vec<Reads>,
    told: Told,
    consoles: Present,
    /// What was before the first event: when that was is not known yet.
    #[expect(clippy::vec_box, reason = "they come boxed, and go back so")]
    early: Vec<Box<CoreBlock>>,
    segment: Option<Segment>,
    segment_began: Mono,
    syncer: Syncer,
    sync_due: bool,
    syncs: u64,
    asked: Option<Mark>,
    synced: Option<Mark>,
    /// Records that may not be on the disk yet; the first `written` of them are in the file.
    kept: VecDeque<Out>,
    kept_bytes: usize,
    /// How many records there were before the first of `kept`.
    kept_from: u64,
    written: usize,
    /// Records up to here are in the file as far as the system knows.
    in_file: u64,
    /// Segments that the chain does not have yet.
    unlinked: VecDeque<Previous>,
    gaps: Gaps,
    cut: Mono,
    /// The last cut is not in the file yet.
    has_waited: bool,
    sealed: Mono,
    clocked: Option<Mono>,
    refused: Option<Mono>,
    condition: Condition,
    now: UtcTime,
}

impl Recorder {
    /// Begins the first segment.
    ///
    /// # Errors
    /// What the disk says.
    pub fn start(
        settings: Settings,
        from: From,
        names: Arc<Names>,
        config: Vec<u8>,
        shared: Arc<Shared>,
        (mono, now): (Mono, UtcTime),
    ) -> io::Result<Self> {
        let mut recorder = Self {
            chain: from.chain,
            about: from.about,
            config,
            keys: from.keys,
            shared,
            topics: Topics::default(),
            reads: Vec::new(),
            names,
            told: Told::default(),
            consoles: Present::default(),
            early: Vec::new(),
            segment: None,
            segment_began: mono,
            syncer: Syncer::start()?,
            sync_due: false,
            syncs: 0,
            asked: None,
            synced: None,
            kept: VecDeque::new(),
            kept_bytes: 0,
            kept_from: 0,
            written: 0,
            in_file: 0,
            unlinked: VecDeque::new(),
            gaps: Gaps::default(),
            cut: mono,
            has_waited: false,
            sealed: mono,
            clocked: None,
            refused: None,
            condition: Condition::default(),
            now,
            settings,
        };
        recorder.key()?;
        recorder.begin(mono)?;
        recorder.console(&Console::began(now.unix_us()));
        let (first, count, messages) = from.unrecorded;
        if count > 0 {
            let worth = Worth { records: count.into(), ..Worth::default() };
            let data = changes(first, count, &messages);
            recorder.keep(Out { topic: Rc::clone(&recorder.topics.changes), at: now, data, worth });
        }
        Ok(recorder)
    }

    /// How it is.
    pub const fn condition(&self) -> &Condition {
        &self.condition
    }

    /// How long the disk has been at the present request.
    pub fn waiting_ns(&self, mono: Mono) -> u64 {
        self.syncer.busy().map_or(0, |since| mono.since_ns(since))
    }

    /// Takes what has been handed over, and does what it is time to do.
    pub fn step(&mut self, mono: Mono, now: UtcTime) {
        self.now = now;
        while let Some(done) = self.syncer.done() {
            self.synced(done);
        }
        // What comes meanwhile is for the next step: else, however much comes, nothing would be sealed or end.
        let [raw, core] = self.shared.waiting();
        let shared = Arc::clone(&self.shared);
        for block in std::iter::from_fn(|| shared.raw()).take(raw) {
            self.raw(&block);
            self.shared.recycle_raw(block);
        }
        for block in std::iter::from_fn(|| shared.core()).take(core) {
            if let Some(block) = self.core(block) {
                self.shared.recycle_core(block);
            }
        }
        while let Some(console) = self.shared.console() {
            self.console(&console);
            self.consoles.note(*console);
        }
        while let Some(spurt) = self.shared.spoken() {
            let (at, data) = (UtcTime::from_unix_us(spurt.to_us), spurt.line());
            let topic = Rc::clone(&self.topics.voice);
            self.keep(Out { topic, at, data, worth: Worth { records: 1, ..Worth::default() } });
        }
        self.gaps();
        if mono.since_ns(self.cut) >= CUT_NS {
            self.cut = mono;
            self.cut();
            let since = self.kept_from + self.kept.len() as u64 - self.in_file.max(self.kept_from);
            let since = usize::try_from(since).unwrap_or(usize::MAX);
            let much: usize = self.kept.iter().rev().take(since).map(|out| out.data.len()).sum();
            if self.has_waited || much >= MUCH_BYTES {
                self.has_waited = false;
                self.try_to(mono, Self::flush);
            } else {
                self.has_waited = since > 0;
            }
        }
        if self.clocked.is_none_or(|at| mono.since_ns(at) >= CLOCK_NS) {
            self.clocked = Some(mono);
            self.clock(mono);
        }
        let is_ready = self.refused.is_some_and(|at| mono.since_ns(at) >= RETRY_NS);
        if self.segment.is_none() && is_ready {
            self.resume(mono);
        }
        if self.sync_due {
            self.sync();
        }
        if mono.since_ns(self.sealed) >= SEAL_NS {
            self.sealed = mono;
            self.try_to(mono, Self::seal);
        }
        let is_old = mono.since_ns(self.segment_began) >= self.settings.segment_s * 1_000_000_000;
        let is_long = self.segment.as_ref().is_some_and(|it| it.length() >= self.settings.segment_bytes);
        let is_other = self.shared.setup().is_some_and(|setup| self.settle(&setup));
        if is_old || is_long || is_other {
            self.try_to(mono, Self::rotate);
        }
    }

    /// Writes the last of it.
    pub fn stop(mut self, mono: Mono, now: UtcTime) -> Condition {
        self.step(mono, now);
        self.early(now);
        self.cut();
        // What the disk refuses now is written into one more file.
        for _ in 0..LAST_TRIES {
            if self.segment.is_none() {
                self.resume(mono);
            }
            let mut is_ended = false;
            self.try_to(mono, |recorder, _| {
                recorder.end()?;
                let (recording, time_us) = (recorder.about.recording.clone(), recorder.now.unix_us());
                let key = recorder.keys.as_ref().map(|keys| &keys.key);
                recorder.chain.append(key, |previous| Link::Stopped { recording, previous, time_us })?;
                is_ended = true;
                Ok(())
            });
            if is_ended {
                break;
            }
        }
        if let Some(reason) = &self.condition.stopped {
            tracing::error!(reason, "the end of the recording is missing");
        }
        self.condition
    }

    fn raw(&mut self, block: &RawBlock) {
        for (head, bytes) in block.reads() {
            while self.reads.len() <= usize::from(head.source.0)
                && let Some(name) = self.names.all().nth(self.reads.len())
            {
                self.reads.push(Reads::new(format!("{RAW}{name}").into()));
            }
            if let Some(reads) = self.reads.get_mut(usize::from(head.source.0)) {
                reads.add(head, bytes);
            }
        }
    }

    /// Takes a block of the core, and gives it back.
    fn core(&mut self, block: Box<CoreBlock>) -> Option<Box<CoreBlock>> {
        let Some(at) = block.time() else {
            self.early.push(block);
            return None;
        };
        self.early(at);
        Some(self.told(block))
    }

    /// What was before the first event was, as far as anybody can tell, when that was.
    fn early(&mut self, at: UtcTime) {
        for mut block in std::mem::take(&mut self.early) {
            (block.from, block.to) = (Some(at), Some(at));
            let block = self.told(block);
            self.shared.recycle_core(block);
        }
    }

    fn told(&mut self, mut block: Box<CoreBlock>) -> Box<CoreBlock> {
        if !self.told.goes_on(&block) {
            self.cut_told();
        }
        self.told.add(&block);
        for (at, line) in block.commands.drain(..) {
            let topic = Rc::clone(&self.topics.commands);
            self.keep(Out { topic, at, data: line, worth: Worth { records: 1, ..Worth::default() } });
        }
        self.keyframe(&mut block);
        block
    }

    fn console(&mut self, console: &Console) {
        let (at, data) = (UtcTime::from_unix_us(console.time_us), console.line());
        let topic = Rc::clone(&self.topics.consoles);
        self.keep(Out { topic, at, data, worth: Worth { records: 1, ..Worth::default() } });
    }

    /// Each segment says by itself who was looking at what.
    fn consoles_stand(&mut self) {
        let all: Vec<_> = self.consoles.all().collect();
        for console in all {
            self.console(&Console { time_us: self.now.unix_us(), ..console });
        }
    }

    fn keyframe(&mut self, block: &mut CoreBlock) {
        let Some(snapshot) = block.keyframe.take() else { return };
        let core = match postcard::to_stdvec(&*snapshot) {
            Ok(core) => core,
            Err(error) => return tracing::error!(%error, "a keyframe cannot be written"),
        };
        self.cut_told();
        let at = block.to.unwrap_or(self.now);
        let entries = block.first_entry + u64::from(block.entry_count);
        let changes = block.first_change + u64::from(block.change_count);
        let data = Keyframe { entries, changes, time_us: at.unix_us(), core }.encode_to_vec();
        let out = Out { topic: Rc::clone(&self.topics.keyframe), at, data, worth: Worth::default() };
        // While nothing is written none is kept: there will be another as soon as something is.
        self.try_to(self.cut, |recorder, mono| {
            recorder.flush(mono)?;
            let Some(segment) = &mut recorder.segment else { return Ok(()) };
            segment.keyframe(&out, entries)?;
            recorder.condition.records += 1;
            recorder.flush(mono)
        });
    }

    fn cut(&mut self) {
        let reads: Vec<Out> = self.reads.iter_mut().filter_map(Reads::cut).collect();
        for out in reads {
            self.keep(out);
        }
        self.cut_told();
    }

    fn cut_told(&mut self) {
        let mut outs = Vec::new();
        self.told.cut(&self.topics, |out| outs.push(out));
        for out in outs {
            self.keep(out);
        }
    }

    /// Takes a record into the file, should there be one, and keeps it until it is known to last.
    fn keep(&mut self, out: Out) {
        if let Some(segment) = &mut self.segment {
            match segment.write(&out) {
                Ok(()) => self.written += 1,
                Err(error) => tracing::error!(%error, "a record cannot be written"),
            }
        }
        self.kept_bytes += out.data.len();
        self.kept.push_back(out);
        while self.kept_bytes > self.settings.memory_bytes
            && let Some(oldest) = self.kept.pop_front()
        {
            self.kept_bytes -= oldest.data.len();
            self.kept_from += 1;
            if self.written > 0 {
                // It is in the file, and may yet turn out to be lost with it.
                self.written -= 1;
            } else {
                let reason = self.condition.stopped.as_deref().unwrap_or("behind");
                self.gaps.lose(&oldest, reason);
                self.condition.lost = self.gaps.lost;
            }
        }
    }

    /// Says what is missing, as soon as it can be written.
    fn gaps(&mut self) {
        for mut gap in self.shared.lost() {
            // The taps know sources by their numbers.
            let number = gap.source.as_deref().and_then(|number| number.parse().ok());
            gap.source = number.and_then(|number| self.names.of(SourceId(number))).map(str::to_owned);
            self.gaps.add(gap);
        }
        self.condition.lost = self.gaps.lost;
        if self.segment.is_none() {
            return;
        }
        for gap in self.gaps.take() {
            tracing::error!(what = gap.what, source = gap.source, lines = gap.lines, "not in the recording");
            let data = serde_json::to_vec(&gap).unwrap_or_default();
            self.note(Rc::clone(&self.topics.gap), UtcTime::from_unix_us(gap.to_us), data);
        }
    }

    fn note(&mut self, topic: Rc<str>, at: UtcTime, data: Vec<u8>) {
        self.keep(Out { topic, at, data, worth: Worth::default() });
    }

    /// How this machine's clocks stand to each other.
    fn clock(&mut self, mono: Mono) {
        let line = format!(r#"{{"utc_us":{},"monotonic_us":{}}}"#, self.now.unix_us(), mono.ns() / 1000);
        self.note(Rc::clone(&self.topics.clock), self.now, line.into_bytes());
    }

    /// Does something with the file; where that fails, the file is left, and another begun later.
    fn try_to(&mut self, mono: Mono, what: impl FnOnce(&mut Self, Mono) -> io::Result<()>) {
        if self.segment.is_none() {
            return;
        }
        if let Err(error) = what(self, mono) {
            self.refuse(mono, &error, true);
        }
    }

    /// The disk does not take it, or does not keep it: then the file is good up to what it kept before.
    fn refuse(&mut self, mono: Mono, error: &io::Error, was_kept: bool) {
        if let Some(mut segment) = self.segment.take() {
            let good = if was_kept && segment.lasts() {
                self.lasts(self.in_file);
                Some(segment.previous())
            } else {
                // It is not asked again: what it would say then means nothing.
                self.synced.take().map(|mark| mark.segment)
            };
            let length = good.as_ref().map_or(0, |good| good.length);
            tracing::error!(%error, file = %segment.path().display(), good = length, "the recording stops");
            match good {
                Some(good) => {
                    drop(segment.file().set_len(good.length));
                    self.about.number = good.number + 1;
                    self.about.previous = Some(good.clone());
                    self.unlinked.push_back(good);
                }
                // Nothing of it is good: the next one takes its place.
                None => drop(std::fs::remove_file(segment.path())),
            }
        }
        // What is not known to last is to be written again.
        self.written = 0;
        self.asked = None;
        self.synced = None;
        self.sync_due = false;
        self.refused = Some(mono);
        self.condition.stopped = Some(error.to_string());
    }

    /// Records up to there need not be kept any more.
    fn lasts(&mut self, outs: u64) {
        while self.kept_from < outs
            && let Some(lasting) = self.kept.pop_front()
        {
            self.kept_bytes -= lasting.data.len();
            self.kept_from += 1;
            self.written = self.written.saturating_sub(1);
            self.condition.records += 1;
        }
    }
}
