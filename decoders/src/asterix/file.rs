//! Files of ASTERIX: blocks one after the other, final frames (`.ff`), and network captures.

use super::{Counters, Editions, Item, Reader, Reject};
use crate::capture::{self, Capture};
use units::UtcTime;

/// What stands before and behind the blocks of a final frame: length, three octets, time of day; and its end.
const FRAME_HEAD: usize = 8;
const FRAME_TAIL: [u8; 4] = [0xa5; 4];

/// When something was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// An instant.
    Utc(UtcTime),
    /// A time of day, in hundredths of a second since midnight: a final frame knows no date.
    OfDay(u32),
}

impl Stamp {
    /// The instant; a time of day is on the day that puts it nearest to `near`.
    #[must_use]
    pub fn instant(self, near: UtcTime) -> Option<UtcTime> {
        match self {
            Self::Utc(time) => Some(time),
            // Both counts are exact at the second.
            Self::OfDay(hundredths) => {
                let whole = super::instant(hundredths / 100 * 128, near)?;
                Some(UtcTime::from_unix_ns(whole.unix_ns() + i64::from(hundredths % 100) * 10_000_000))
            }
        }
    }
}

/// Reads a file from its beginning, in pieces of any size; finds out by itself what kind it is.
#[derive(Debug)]
pub struct File {
    reader: Reader,
    kind: Option<Kind>,
    /// The end of a network capture that cannot be read has been told.
    broken: bool,
    /// All of it has been read: what comes next is another file.
    ended: bool,
}

#[derive(Debug)]
enum Kind {
    Blocks,
    Frames,
    Capture(Box<Capture>),
}

impl File {
    /// A file of records in these editions.
    #[must_use]
    pub fn new(editions: Editions) -> Self {
        Self { reader: Reader::new(editions), kind: None, broken: false, ended: false }
    }

    /// Whether a file that begins so is one: a network capture, a final frame, or a block that can be read.
    #[must_use]
    pub fn begins(head: &[u8]) -> bool {
        capture::is_capture(head)
            || matches!(frame(head), Frame::Whole(..))
            || Reader::new(Editions::default()).begins_well(head)
    }

    /// What has been counted so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        self.reader.counters()
    }

    /// What has been counted of packets, where it is a network capture.
    #[must_use]
    pub fn packets(&self) -> Option<capture::Counters> {
        match &self.kind {
            Some(Kind::Capture(capture)) => Some(capture.counters()),
            _ => None,
        }
    }

    /// Calls `item` for everything found, with its time where the file has one, and returns how many bytes of
    /// `bytes` are used up: drop them, keep the rest (never more than a mebibyte), and read more behind it. With
    /// `end` nothing is left, and what comes next is found out anew: a datagram that looks like another kind of file
    /// spoils no other.
    pub fn read(&mut self, bytes: &[u8], end: bool, mut item: impl FnMut(Item<'_>, Option<Stamp>)) -> usize {
        if std::mem::replace(&mut self.ended, end) {
            (self.kind, self.broken) = (None, false);
        }
        if self.kind.is_none() {
            self.kind = kind(&self.reader, bytes, end);
        }
        let Self { reader, kind, broken, .. } = self;
        match kind {
            None => 0,
            Some(Kind::Blocks) => reader.read(bytes, end, |found| item(found, None)),
            Some(Kind::Frames) => frames(reader, bytes, end, &mut item),
            Some(Kind::Capture(capture)) => {
                let used = capture.read(bytes, end, |datagram| {
                    let time = datagram.time.map(Stamp::Utc);
                    reader.read(datagram.bytes, true, |found| item(found, time));
                });
                if capture.is_broken() && !std::mem::replace(broken, true) {
                    let rest = bytes.get(bytes.len().saturating_sub(16)..).unwrap_or_default();
                    reader.refuse(Reject::BadLength, rest, |found| item(found, None));
                }
                used
            }
        }
    }
}

/// What a file is, by its head; `None` where too little is there to tell.
fn kind(reader: &Reader, bytes: &[u8], end: bool) -> Option<Kind> {
    if capture::is_capture(bytes) {
        return Some(Kind::Capture(Box::default()));
    }
    // A block's first octet is its category; a frame's is the upper half of its length.
    match frame(bytes) {
        Frame::Whole(..) => Some(Kind::Frames),
        Frame::None => Some(Kind::Blocks),
        Frame::Wait if end || reader.begins_well(bytes) => Some(Kind::Blocks),
        Frame::Wait => None,
    }
}

enum Frame<'a> {
    /// Its time of day, its blocks, and how long it is.
    Whole(u32, &'a [u8], usize),
    None,
    Wait,
}

/// The final frame that `bytes` begin with.
fn frame(bytes: &[u8]) -> Frame<'_> {
    let Some([length @ .., _, _, _, t0, t1, t2]) = bytes.first_chunk::<FRAME_HEAD>() else {
        return Frame::Wait;
    };
    let length = usize::from(u16::from_be_bytes(*length));
    if length < FRAME_HEAD + FRAME_TAIL.len() {
        return Frame::None;
    }
    let Some(whole) = bytes.get(..length) else { return Frame::Wait };
    match whole.strip_suffix(&FRAME_TAIL).and_then(|front| front.get(FRAME_HEAD..)) {
        Some(blocks) => Frame::Whole(u32::from_be_bytes([0, *t0, *t1, *t2]), blocks, length),
        None => Frame::None,
    }
}

fn frames(
    reader: &mut Reader,
    bytes: &[u8],
    end: bool,
    item: &mut impl FnMut(Item<'_>, Option<Stamp>),
) -> usize {
    /// Octets that are refused at a time.
    const MOST: usize = 4096;
    let (mut at, mut garbage) = (0, 0);
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let found = if rest.is_empty() { Frame::Wait } else { frame(rest) };
        let over = matches!(found, Frame::Whole(..)) || at - garbage >= MOST || end && rest.is_empty();
        if over && garbage < at {
            let refused = bytes.get(garbage..at).unwrap_or_default();
            reader.refuse(Reject::BadLength, refused, |found| item(found, None));
            garbage = at;
        }
        match found {
            Frame::Whole(time, blocks, length) => {
                reader.read(blocks, true, |found| item(found, Some(Stamp::OfDay(time))));
                (at, garbage) = (at + length, at + length);
            }
            Frame::Wait if rest.is_empty() || !end => break,
            // Nothing here, or not all of it.
            Frame::None | Frame::Wait => at += 1,
        }
    }
    if end { bytes.len() } else { garbage }
}
