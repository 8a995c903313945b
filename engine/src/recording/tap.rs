//! What ingest and the core hand to the recorder: blocks over bounded queues, never waiting. Where the recorder is
//! behind, the oldest block gives way, and is counted.

use super::Setup;
use super::consoles::Console;
use super::form::{Entry, Gap, MESSAGES_TAG, Said};
use super::pace::Pace;
use super::voice::{self, Spurt};
use crate::clock::Mono;
use crate::core::{Core, Snapshot};
use crate::feed::format::{Format, encode};
use crate::feed::message::body;
use crate::feed::view::Detail;
use crate::feed::{Names, Update, proto};
use crate::operator::{Asked, Record};
use crate::reload::Settings;
use crossbeam::queue::ArrayQueue;
use fusion::{Event, SourceId};
use prost::encoding::{encode_varint, encoded_len_varint};
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use units::UtcTime;
use watch::Notice;

/// A block that has grown to this is handed over at once ...
const BLOCK_BYTES: usize = 64 * 1024;
/// ... and so many may wait: 64 MiB of either kind.
const BLOCKS: usize = 1024;
/// A spare block that has grown larger than this is let go.
const SPARE_BYTES: usize = 4 * BLOCK_BYTES;
/// Handed over at the latest after this.
const OLDEST_NS: u64 = 20_000_000;
/// Of `ServerMessage.seq`: field 1, a varint.
const SEQ_TAG: u8 = 0x08;

/// What was read, of all sources.
#[derive(Debug, Default)]
pub struct RawBlock {
    pub heads: Vec<Head>,
    pub bytes: Vec<u8>,
    began: Option<Mono>,
}

/// One read.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    pub source: SourceId,
    pub peer: u32,
    pub at: UtcTime,
    pub length: u32,
}

impl RawBlock {
    /// The reads in it.
    pub fn reads(&self) -> impl Iterator<Item = (&Head, &[u8])> {
        let mut rest = self.bytes.as_slice();
        self.heads.iter().map_while(move |head| {
            let (bytes, after) = rest.split_at_checked(head.length as usize)?;
            rest = after;
            Some((head, bytes))
        })
    }
}

/// What the core was told, and what came of it.
#[derive(Debug, Default)]
pub struct CoreBlock {
    pub first_entry: u64,
    pub entry_count: u32,
    pub entries: Vec<u8>,
    pub first_change: u64,
    pub change_count: u32,
    /// As the field of `Changes`, one after the other.
    pub changes: Vec<u8>,
    /// The same, of what sources do.
    pub sensors: Vec<u8>,
    /// Commands and their answers, one JSON line each.
    pub commands: Vec<(UtcTime, Vec<u8>)>,
    /// Event time of the first and of the last.
    pub from: Option<UtcTime>,
    pub to: Option<UtcTime>,
    /// The state behind all this.
    pub keyframe: Option<Box<Snapshot>>,
}

/// Event time before this: there has been no event.
const FIRST_S: i64 = 1;

impl CoreBlock {
    /// When it begins; `None` before the first event, and where nothing in it happened at any time.
    pub fn time(&self) -> Option<UtcTime> {
        self.from
    }

    /// Something in it happened then. Before the first event nobody knows when.
    fn reach(&mut self, now: UtcTime) {
        if now.unix_s() >= FIRST_S {
            self.from.get_or_insert(now);
        }
        self.to = Some(now);
    }

    fn size(&self) -> usize {
        self.entries.len() + self.changes.len() + self.sensors.len()
    }

    fn is_empty(&self) -> bool {
        self.size() == 0 && self.commands.is_empty() && self.keyframe.is_none()
    }
}

/// Both queues.
#[derive(Debug)]
pub struct Shared {
    raw: ArrayQueue<Box<RawBlock>>,
    core: ArrayQueue<Box<CoreBlock>>,
    spare_raw: ArrayQueue<Box<RawBlock>>,
    spare_core: ArrayQueue<Box<CoreBlock>>,
    consoles: ArrayQueue<Box<Console>>,
    spoken: ArrayQueue<Box<Spurt>>,
    lost: Mutex<Vec<Gap>>,
    keyframe_wanted: AtomicBool,
    setup: Mutex<Option<Setup>>,
    taps: AtomicUsize,
}

impl Shared {
    fn new() -> Self {
        Self {
            raw: ArrayQueue::new(BLOCKS),
            core: ArrayQueue::new(BLOCKS),
            spare_raw: ArrayQueue::new(BLOCKS),
            spare_core: ArrayQueue::new(BLOCKS),
            consoles: ArrayQueue::new(BLOCKS),
            spoken: ArrayQueue::new(BLOCKS),
            lost: Mutex::default(),
            keyframe_wanted: AtomicBool::new(true),
            setup: Mutex::default(),
            taps: AtomicUsize::new(2),
        }
    }

    /// The next block of reads.
    pub fn raw(&self) -> Option<Box<RawBlock>> {
        self.raw.pop()
    }

    /// The next block of the core.
    pub fn core(&self) -> Option<Box<CoreBlock>> {
        self.core.pop()
    }

    /// The next change of what a console shows.
    pub fn console(&self) -> Option<Box<Console>> {
        self.consoles.pop()
    }

    /// Hands one over. What had to give way for it.
    pub fn tell(&self, console: Box<Console>) -> Option<Box<Console>> {
        self.consoles.force_push(console)
    }

    /// The next that was said by radio.
    pub fn spoken(&self) -> Option<Box<Spurt>> {
        self.spoken.pop()
    }

    /// Hands one over. What had to give way for it.
    pub fn speak(&self, spurt: Box<Spurt>) -> Option<Box<Spurt>> {
        self.spoken.force_push(spurt)
    }

    /// Gives blocks back to be used again.
    pub fn recycle_raw(&self, mut block: Box<RawBlock>) {
        block.heads.clear();
        block.bytes.clear();
        block.began = None;
        if block.bytes.capacity() <= SPARE_BYTES {
            drop(self.spare_raw.push(block));
        }
    }

    /// The same.
    pub fn recycle_core(&self, mut block: Box<CoreBlock>) {
        if block.entries.capacity().max(block.changes.capacity()) <= SPARE_BYTES {
            for buffer in [&mut block.entries, &mut block.changes, &mut block.sensors] {
                buffer.clear();
            }
            let CoreBlock { entries, changes, sensors, .. } = *block;
            *block = CoreBlock { entries, changes, sensors, ..CoreBlock::default() };
            drop(self.spare_core.push(block));
        }
    }

    /// What gave way since the last time.
    pub fn lost(&self) -> Vec<Gap> {
        std::mem::take(&mut *self.lost.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Has the core hand over all that it remembers, at its next event.
    pub fn want_keyframe(&self) {
        self.keyframe_wanted.store(true, Ordering::Release);
    }

    /// What recordings say of who records is something else from now on.
    pub fn settle(&self, setup: Setup) {
        *self.setup.lock().unwrap_or_else(PoisonError::into_inner) = Some(setup);
    }

    /// What it is, where it has changed.
    pub fn setup(&self) -> Option<Setup> {
        self.setup.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether nothing more will come.
    pub fn has_ended(&self) -> bool {
        self.taps.load(Ordering::Acquire) == 0
    }

    /// Blocks that wait, of either kind.
    pub fn waiting(&self) -> [usize; 2] {
        [self.raw.len(), self.core.len()]
    }

    pub(super) fn lose(&self, gaps: impl IntoIterator<Item = Gap>) {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).extend(gaps);
    }
}

/// Makes both ends; entries and changes go on from these numbers.
pub fn taps(names: Arc<Names>, numbers: Numbers, keyframe_s: i64) -> (RawTap, CoreTap, Arc<Shared>) {
    let shared = Arc::new(Shared::new());
    let raw = RawTap { shared: Arc::clone(&shared), block: Box::default() };
    let core = CoreTap {
        shared: Arc::clone(&shared),
        block: Box::default(),
        numbers,
        names,
        pace: Pace::new(keyframe_s),
    };
    (raw, core, shared)
}

/// How many there have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// What the core was told.
    pub entries: u64,
    /// What came of it.
    pub changes: u64,
}

/// Ingest's end.
#[derive(Debug)]
pub struct RawTap {
    shared: Arc<Shared>,
    block: Box<RawBlock>,
}

impl RawTap {
    /// Takes down what was read.
    pub fn read(&mut self, source: SourceId, peer: u32, at: UtcTime, bytes: &[u8]) {
        let Ok(length) = u32::try_from(bytes.len()) else { return };
        self.block.heads.push(Head { source, peer, at, length });
        self.block.bytes.extend_from_slice(bytes);
        self.block.began.get_or_insert_with(Mono::now);
        if self.block.bytes.len() >= BLOCK_BYTES {
            self.hand_over();
        }
    }

    /// Takes down who spoke.
    pub fn spoken(&self, spurt: Spurt) {
        voice::tell(&self.shared, spurt);
    }

    /// Hands over what has waited long enough.
    pub fn settle(&mut self) {
        if self.block.began.is_some_and(|began| Mono::now().since_ns(began) >= OLDEST_NS) {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        if self.block.heads.is_empty() {
            return;
        }
        let next = self.shared.spare_raw.pop().unwrap_or_default();
        let full = std::mem::replace(&mut self.block, next);
        if let Some(displaced) = self.shared.raw.force_push(full) {
            self.shared.lose(raw_gaps(&displaced));
            self.shared.recycle_raw(displaced);
        }
    }
}

impl Drop for RawTap {
    fn drop(&mut self) {
        self.hand_over();
        self.shared.taps.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What is missing without a block, by source; sources are named by their number here.
fn raw_gaps(block: &RawBlock) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    for (head, bytes) in block.reads() {
        let source = head.source.0.to_string();
        let place = gaps.iter().position(|gap| gap.source.as_deref() == Some(&source));
        let us = head.at.unix_us();
        let place = place.unwrap_or_else(|| {
            gaps.push(Gap { what: "raw".to_owned(), source: Some(source), from_us: us, ..Gap::default() });
            gaps.len() - 1
        });
        if let Some(gap) = gaps.get_mut(place) {
            gap.records += 1;
            gap.bytes += bytes.len() as u64;
            gap.lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
            gap.to_us = us;
            "behind".clone_into(&mut gap.reason);
        }
    }
    gaps
}

/// The core's end.
#[derive(Debug)]
pub struct CoreTap {
    shared: Arc<Shared>,
    block: Box<CoreBlock>,
    numbers: Numbers,
    names: Arc<Names>,
    pace: Pace,
}

impl CoreTap {
    /// Takes down what a sensor says, before the core hears it.
    pub fn event(&mut self, event: &Event) {
        self.entry(&Entry::Event(Cow::Borrowed(event)));
    }

    /// The same of what is nobody's track.
    pub fn notice(&mut self, notice: &Notice) {
        self.entry(&Entry::Notice(Cow::Borrowed(notice)));
    }

    /// The same of a command.
    pub fn command(&mut self, asked: &Asked) {
        self.entry(&Entry::Command(Box::new(Said::of(asked))));
    }

    /// The same of another configuration.
    pub fn settings(&mut self, settings: &Settings) {
        self.entry(&Entry::Settings(Cow::Borrowed(settings)));
    }

    /// And what was answered.
    pub fn answered(&mut self, asked: &Asked, answer: &proto::Answer) {
        let line = serde_json::to_vec(&Record::of(asked, answer)).unwrap_or_default();
        self.block.commands.push((asked.at, line));
    }

    fn entry(&mut self, entry: &Entry<'_>) {
        let before = self.block.entries.len();
        if let Err(error) = postcard::to_io(entry, &mut self.block.entries) {
            // A vector takes everything.
            tracing::error!(%error, "an event is not in the recording");
            self.block.entries.truncate(before);
            return;
        }
        if self.block.entry_count == 0 {
            self.block.first_entry = self.numbers.entries;
        }
        self.block.entry_count += 1;
        self.numbers.entries += 1;
    }

    /// Takes down what the core made of it.
    pub fn changes(&mut self, core: &Core) {
        let now = core.picture.now();
        for update in Update::all(core) {
            if self.block.change_count == 0 {
                self.block.first_change = self.numbers.changes;
            }
            self.numbers.changes += 1;
            self.block.change_count += 1;
            put(&update, &self.names, now, self.numbers.changes, &mut self.block.changes);
        }
        self.block.reach(now);
    }

    /// Takes down what a source does.
    pub fn sensor(&mut self, update: &Update, now: UtcTime) {
        put(update, &self.names, now, 0, &mut self.block.sensors);
    }

    /// After a batch: takes a keyframe when it is time to, and hands over a block that is full.
    pub fn settle(&mut self, core: &Core) {
        let now = core.picture.now();
        let wanted = self.shared.keyframe_wanted.load(Ordering::Acquire);
        if wanted || self.pace.is_due(now, self.numbers.entries, core.picture.tracks().len()) {
            self.shared.keyframe_wanted.store(false, Ordering::Release);
            self.pace.took(now, self.numbers.entries);
            self.block.keyframe = Some(Box::new(core.snapshot()));
            self.block.reach(now);
            self.mark();
            self.hand_over();
        } else if self.block.size() >= BLOCK_BYTES {
            self.hand_over();
        }
    }

    /// Nothing else waits to be done.
    pub fn idle(&mut self) {
        self.hand_over();
    }

    /// A keyframe says what was before it, even where nothing was.
    fn mark(&mut self) {
        if self.block.entry_count == 0 {
            self.block.first_entry = self.numbers.entries;
        }
        if self.block.change_count == 0 {
            self.block.first_change = self.numbers.changes;
        }
    }

    fn hand_over(&mut self) {
        if self.block.is_empty() {
            return;
        }
        let next = self.shared.spare_core.pop().unwrap_or_default();
        let full = std::mem::replace(&mut self.block, next);
        if let Some(displaced) = self.shared.core.force_push(full) {
            // What follows has nothing to stand on until there is a keyframe again.
            self.shared.want_keyframe();
            self.shared.lose(core_gaps(&displaced, "behind"));
            self.shared.recycle_core(displaced);
        }
    }
}

impl Drop for CoreTap {
    fn drop(&mut self) {
        self.hand_over();
        self.shared.taps.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What is missing without a block of the core.
pub fn core_gaps(block: &CoreBlock, reason: &str) -> [Gap; 2] {
    let us = |at: Option<UtcTime>| at.map_or(0, UtcTime::unix_us);
    let gap = |what: &str, records: u32, bytes: usize| Gap {
        what: what.to_owned(),
        source: None,
        records: records.into(),
        bytes: bytes as u64,
        lines: 0,
        from_us: us(block.from),
        to_us: us(block.to),
        reason: reason.to_owned(),
    };
    [
        gap("core", block.entry_count, block.entries.len()),
        gap("changes", block.change_count, block.changes.len()),
    ]
}

/// Appends an update as `Changes` has it.
pub fn put(update: &Update, names: &Names, now: UtcTime, seq: u64, out: &mut Vec<u8>) {
    let message = encode(Format::Proto, body(update, names, now, seq, Detail::Full));
    let head = if seq == 0 { 0 } else { 1 + encoded_len_varint(seq) };
    out.push(MESSAGES_TAG);
    encode_varint((head + message.len()) as u64, out);
    if seq != 0 {
        out.push(SEQ_TAG);
        encode_varint(seq, out);
    }
    out.extend_from_slice(&message);
}
