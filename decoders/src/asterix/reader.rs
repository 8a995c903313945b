//! Blocks out of a stream or a datagram, records out of blocks, and what became of every octet.

use super::record::Record;
use super::{Category, Counters, Editions, Reject};

/// Octets of a block's header: category and length.
const HEADER: usize = 3;
/// How far ahead a block that cannot be read is looked behind, to tell it from garbage.
const AHEAD: usize = 1 << 17;
/// So many headers in a row that lead from one to the next are no accident.
const CHAIN: usize = 8;
/// Behind garbage that is not enough: so soon must a block follow that can be read. Others may stand between.
const SOON: usize = 4;
/// Octets of records that may be read in vain: so many at once, and so many more for each octet that is used up. Made-up
/// blocks that begin at every octet and fail at their ends would cost thousands; noise fails at once.
const MOST_VAIN: usize = AHEAD;
const VAIN_PER_OCTET: usize = 32;
/// Garbage is reported in pieces of at most so many octets.
const MAX_GARBAGE: usize = 4096;

/// What was found.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// A record, wholly there.
    Record(Record<'a>),
    /// Something that is none.
    Reject {
        /// Why.
        reason: Reject,
        /// What was refused: a block, what is left of one, or octets between blocks.
        bytes: &'a [u8],
    },
}

/// Reads the records of one source. Where the stream is cut makes no difference to what comes out.
#[derive(Clone, Debug)]
pub struct Reader {
    editions: Editions,
    counters: Counters,
    /// The last octets read were garbage: a block counts only where another follows, or the end.
    lost: bool,
    /// Octets that may still be read in vain.
    vain: usize,
}

/// What stands at one place.
enum Judgement {
    /// A block that can be read.
    Block(&'static Category, usize),
    /// A block that cannot.
    Refused(Reject, Option<&'static Category>, usize),
    /// No block, which so many octets were read to find out.
    Garbage(usize),
    /// Too little to tell.
    Wait,
}

impl Reader {
    /// A reader for one source, with the editions that the source uses.
    #[must_use]
    pub fn new(editions: Editions) -> Self {
        Self { editions, counters: Counters::default(), lost: false, vain: MOST_VAIN }
    }

    /// What has been counted so far.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Calls `item` for everything found and returns how many bytes of `bytes` are used up: drop them, keep the
    /// rest, and read more behind it. The rest is never longer than 200,000 bytes.
    ///
    /// With `end` (a whole datagram, or the end of a file) nothing is left.
    pub fn read<'a>(&mut self, bytes: &'a [u8], end: bool, mut item: impl FnMut(Item<'a>)) -> usize {
        let (mut at, mut garbage) = (0, 0);
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let judgement = match rest.first() {
                None => Judgement::Wait,
                // No block begins with a zero: padding, where it stands between blocks.
                Some(0) if garbage == at && !self.lost => {
                    let zeros = rest.iter().take_while(|byte| **byte == 0).count();
                    self.counters.padding += zeros as u64;
                    (at, garbage) = (at + zeros, at + zeros);
                    continue;
                }
                Some(_) => self.judge(rest, end),
            };
            let over = matches!(judgement, Judgement::Block(..) | Judgement::Refused(..))
                || at - garbage >= MAX_GARBAGE
                || end && rest.is_empty();
            if over && garbage < at {
                let bytes = bytes.get(garbage..at).unwrap_or_default();
                self.counters.garbage += bytes.len() as u64;
                self.reject(Reject::BadLength, bytes, &mut item);
                garbage = at;
            }
            match judgement {
                Judgement::Block(category, size) => {
                    self.lost = false;
                    self.block(category, rest.get(..size).unwrap_or_default(), &mut item);
                    self.used_up(size);
                    (at, garbage) = (at + size, at + size);
                }
                Judgement::Refused(reason, category, size) => {
                    let block = rest.get(..size).unwrap_or_default();
                    match category {
                        Some(category) => self.block(category, block, &mut item),
                        None => self.reject(reason, block, &mut item),
                    }
                    self.used_up(size);
                    (at, garbage) = (at + size, at + size);
                }
                Judgement::Garbage(read) => {
                    self.lost = true;
                    self.vain = self.vain.saturating_sub(read);
                    self.used_up(1);
                    at += 1;
                }
                Judgement::Wait => break,
            }
        }
        if end {
            self.lost = false;
            return bytes.len();
        }
        garbage
    }

    fn used_up(&mut self, octets: usize) {
        self.vain = (self.vain + VAIN_PER_OCTET * octets).min(MOST_VAIN);
    }

    /// Whether `bytes` begin with a block that can be read.
    pub(super) fn begins_well(&self, bytes: &[u8]) -> bool {
        matches!(self.judge(bytes, false), Judgement::Block(..))
    }

    /// Counts something that is no block, and hands it out.
    pub(super) fn refuse<'a>(&mut self, reason: Reject, bytes: &'a [u8], mut item: impl FnMut(Item<'a>)) {
        self.counters.garbage += bytes.len() as u64;
        self.reject(reason, bytes, &mut item);
    }

    /// The records of a block, up to the first that cannot be read.
    fn block<'a>(&mut self, category: &'static Category, block: &'a [u8], item: &mut impl FnMut(Item<'a>)) {
        self.counters.blocks += 1;
        let mut rest = block.get(HEADER..).unwrap_or_default();
        while !rest.is_empty() {
            match Record::measure(category, rest) {
                Ok(record) => {
                    self.counters.record(category.number);
                    rest = rest.get(record.bytes().len()..).unwrap_or_default();
                    let padding = record.is_empty() && rest.iter().all(|byte| *byte == 0);
                    item(Item::Record(record));
                    if padding {
                        self.counters.padding += rest.len() as u64;
                        return;
                    }
                }
                Err(reason) => return self.reject(reason, rest, item),
            }
        }
    }

    fn reject<'a>(&mut self, reason: Reject, bytes: &'a [u8], item: &mut impl FnMut(Item<'a>)) {
        self.counters.reject(reason);
        item(Item::Reject { reason, bytes });
    }

    /// What `rest` begins with.
    fn judge(&self, rest: &[u8], end: bool) -> Judgement {
        let Some((number, size)) = header(rest) else {
            return if end { Judgement::Garbage(0) } else { Judgement::Wait };
        };
        if size <= HEADER {
            return Judgement::Garbage(0);
        }
        let category = self.editions.category(number);
        if self.lost && (category.is_none() || size > self.vain) {
            return Judgement::Garbage(0);
        }
        let Some(block) = rest.get(..size) else {
            return if end { Judgement::Garbage(0) } else { Judgement::Wait };
        };
        let behind = rest.get(size..).unwrap_or_default();
        let (category, reason, read) = match category.map(|category| (category, sound(category, block))) {
            Some((category, Ok(()))) if !self.lost => return Judgement::Block(category, size),
            Some((category, Ok(()))) => {
                let (follows, read) = self.follows(behind, end, SOON);
                return match follows {
                    Some(true) => Judgement::Block(category, size),
                    Some(false) => Judgement::Garbage(size + read),
                    None => Judgement::Wait,
                };
            }
            Some((category, Err((reason, read)))) => (Some(category), reason, read),
            None => (None, Reject::NoCategory, 0),
        };
        // What has been read in vain too often is not looked behind.
        if self.lost || self.vain < MOST_VAIN / 2 {
            return Judgement::Garbage(read);
        }
        match self.follows(behind, end, CHAIN) {
            (Some(true), _) => Judgement::Refused(reason, category, size),
            (Some(false), more) => Judgement::Garbage(read + more),
            (None, _) => Judgement::Wait,
        }
    }

    /// Whether blocks follow: one that can be read within `hops`, the end, or [`CHAIN`] headers that lead from one to
    /// the next.
    /// `None` where that is not yet known. And how many octets of records were read for it.
    fn follows(&self, behind: &[u8], end: bool, hops: usize) -> (Option<bool>, usize) {
        let (mut at, mut read) = (0, 0);
        for _ in 0..hops {
            let rest = behind.get(at..).unwrap_or_default();
            at += rest.iter().take_while(|byte| **byte == 0).count();
            let rest = behind.get(at..).unwrap_or_default();
            if rest.is_empty() && end {
                return (Some(true), read);
            }
            let Some((number, size)) = header(rest) else { return (end.then_some(false), read) };
            if size <= HEADER || at + size > AHEAD {
                return (Some(false), read);
            }
            let Some(block) = rest.get(..size) else { return (end.then_some(false), read) };
            match self.editions.category(number).map(|category| sound(category, block)) {
                Some(Ok(())) => return (Some(true), read),
                Some(Err((_, octets))) => read += octets,
                None => {}
            }
            at += size;
        }
        (Some(hops == CHAIN), read)
    }
}

/// Category and length of the block that `bytes` begin with.
fn header(bytes: &[u8]) -> Option<(u8, usize)> {
    let [category, length @ ..] = bytes.first_chunk::<HEADER>()?;
    Some((*category, usize::from(u16::from_be_bytes(*length))))
}

/// Whether all of a block can be read; else why not, and how many of its octets were.
fn sound(category: &'static Category, block: &[u8]) -> Result<(), (Reject, usize)> {
    let mut rest = block.get(HEADER..).unwrap_or_default();
    while !rest.is_empty() {
        let record = Record::measure(category, rest).map_err(|why| (why, block.len() - rest.len()))?;
        rest = rest.get(record.bytes().len()..).unwrap_or_default();
        if record.is_empty() {
            let padded = rest.iter().all(|byte| *byte == 0);
            return if padded { Ok(()) } else { Err((Reject::BadLength, block.len() - rest.len())) };
        }
    }
    Ok(())
}
