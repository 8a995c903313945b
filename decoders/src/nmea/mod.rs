//! NMEA 0183 sentences, TAG blocks and the assembly of AIS messages from them.
//!
//! One [`Reader`] per source takes lines and gives items. Every sentence candidate is accounted for, exactly and at
//! every moment: see [`Counters`].
//!
//! **Invariant**: no allocation per line once its buffers have grown, a bound on everything that is kept, and time
//! only as an argument.

mod armor;
mod assembly;
mod clock;
mod counters;
mod datagram;
mod encode;
pub mod gnss;
mod plain;
mod sentence;
mod station;
mod tag;
#[cfg(test)]
mod tests;
mod time;

pub use clock::LineClock;
pub use counters::{Counters, Reject};
pub use datagram::{Datagram, LineCounts, SenderCount};
pub use encode::{encode_sentence, encode_vdm, encode_vdo};
pub use sentence::{Channel, Sentence};
pub use station::Family;
pub use tag::{Group, Note, Tag};

pub(crate) use armor::pack;
pub(crate) use encode::close as close_sentence;

use crate::ais::{self, Header, Length, Message};
use crate::bits::Bits;
use crate::frame::{Framer, Line, MAX_LINE};
use crate::simd::{Simd, Work, room};
use assembly::{Added, Assembly, Part};
use sentence::{Piece, Vdm, next_piece};
use units::UtcTime;

/// Room for the payload of the longest message that is kept.
const PAYLOAD_BYTES: usize = room(2 * MAX_LINE);

/// Where payloads are unpacked. Aligned, so that no wide store lies across two lines of the cache: reading from one that
/// does has to wait for it.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Payload([u8; PAYLOAD_BYTES]);

/// Reads the lines of one source: TAG blocks, sentences, and what waits for more.
#[derive(Clone, Debug)]
pub struct Reader {
    assembly: Assembly,
    counters: Counters,
    /// What TAG blocks said since the last candidate; means something only with `tagged`.
    tag: Tag,
    tagged: bool,
    seconds: tag::Seconds,
    /// Flags for the next candidate.
    flags: Flags,
    simd: Simd,
    payload: Box<Payload>,
    /// The payloads of all parts, end to end.
    joined: Vec<u8>,
}

/// What a line held.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// One AIS message, whole.
    Ais(Received<'a>),
    /// A candidate was refused. A message that is refused gives one item per part.
    Reject {
        /// Why.
        reason: Reject,
        /// The candidate.
        text: &'a [u8],
    },
    /// A well-formed sentence that is no VDM or VDO; [`Sentence::family`] says what it is about. [`Reader::settle`]
    /// takes what became of it.
    Other(Sentence<'a>),
}

/// An AIS message and how it came.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Its kind, sender and length: the message's own, at hand.
    pub header: Header,
    /// The message, decoded.
    pub message: &'a Message,
    /// Its bits, fill bits removed.
    pub payload: Bits<'a>,
    /// What the TAG blocks of its sentences say; the first part's word counts.
    pub tag: Option<&'a Tag>,
    /// The two characters that say what kind of station heard it: `AI`, `BS`, `AB`.
    pub talker: [u8; 2],
    /// Where it was heard.
    pub channel: Channel,
    /// VDO: about the receiving station itself.
    pub own: bool,
    /// What was unusual about it.
    pub flags: Flags,
    /// The sentences it came in.
    pub sentences: Sentences<'a>,
}

/// The sentences of one message.
#[derive(Clone, Copy, Debug)]
pub struct Sentences<'a> {
    text: &'a [u8],
    /// Empty where the text is one sentence.
    parts: &'a [Option<Part>],
}

impl<'a> Sentences<'a> {
    /// Each sentence in order, from its start to what was appended behind its checksum.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let whole = self.parts.is_empty().then_some(self.text);
        whole.into_iter().chain(self.parts.iter().flatten().map(move |part| part.sentence(self.text)))
    }

    /// How many there are, 1 to 9.
    #[must_use]
    pub fn count(self) -> usize {
        self.parts.len().max(1)
    }
}

/// What was unusual about a message that was taken all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u16);

impl Flags {
    /// A sentence began with `$` instead of `!`.
    pub const DOLLAR_START: Self = Self(1);
    /// A TAG block in front of it was not closed, and dropped.
    pub const TAG_UNTERMINATED: Self = Self(1 << 1);
    /// The checksum of a TAG block in front of it was wrong or absent; the block was dropped.
    pub const TAG_DROPPED: Self = Self(1 << 2);
    /// The payload is shorter than its type allows.
    pub const SHORT: Self = Self(1 << 3);
    /// The payload is longer than its type allows.
    pub const LONG: Self = Self(1 << 4);
    /// The standard knows no such type.
    pub const UNKNOWN_TYPE: Self = Self(1 << 5);
    /// A part had no channel and joined the only group it could belong to.
    pub const CHANNEL_INFERRED: Self = Self(1 << 6);
    /// Its parts came out of order.
    pub const OUT_OF_ORDER: Self = Self(1 << 7);
    /// A part other than the last claimed fill bits; they were not removed.
    pub const FILL_BITS_NONFINAL: Self = Self(1 << 8);

    const NAMES: [(Self, &'static str); 9] = [
        (Self::DOLLAR_START, "dollar_start"),
        (Self::TAG_UNTERMINATED, "tag_unterminated"),
        (Self::TAG_DROPPED, "tag_dropped"),
        (Self::SHORT, "short"),
        (Self::LONG, "long"),
        (Self::UNKNOWN_TYPE, "unknown_type"),
        (Self::CHANNEL_INFERRED, "channel_inferred"),
        (Self::OUT_OF_ORDER, "out_of_order"),
        (Self::FILL_BITS_NONFINAL, "fill_bits_nonfinal"),
    ];

    /// Whether all of `other` are raised.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names of those raised.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(flag, _)| self.contains(*flag)).map(|(_, name)| name)
    }

    fn raise(&mut self, other: Self, when: bool) {
        if when {
            self.0 |= other.0;
        }
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// For one source, with two seconds for the parts of a message to come.
    #[must_use]
    pub fn new() -> Self {
        Self::with_timeout(assembly::TIMEOUT_S)
    }

    /// With another time for the parts of a message to come, in seconds.
    #[must_use]
    pub fn with_timeout(timeout_s: f64) -> Self {
        Self {
            assembly: Assembly::with_timeout(timeout_s),
            counters: Counters::new(),
            tag: Tag::default(),
            tagged: false,
            seconds: tag::Seconds::default(),
            flags: Flags::default(),
            simd: Simd::default(),
            payload: Box::new(Payload([0; PAYLOAD_BYTES])),
            joined: Vec::new(),
        }
    }

    /// What has become of every candidate so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Says what became of sentences that came out as [`Item::Other`]: so many were messages of another standard, so
    /// many were refused by its decoder; the rest were of no interest.
    pub fn settle(&mut self, used: u64, refused: u64) {
        self.counters.settle(used, refused);
    }

    /// The end of the input: what still waits is given up.
    pub fn end(&mut self) {
        self.assembly.end(&mut self.counters);
    }

    /// Reads one line. `time` is when it was received; it drives the assembly. Calls `out` for everything found, in
    /// order: a line may hold several sentences.
    pub fn line(&mut self, line: Line<'_>, time: UtcTime, mut out: impl FnMut(Item<'_>)) {
        self.assembly.expire(time, &mut self.counters);
        self.simd.run(One { reader: self, line, time, out: &mut out });
    }

    /// Reads the whole lines at the front of a buffer, all received at `time`: [`Framer::drain`] and [`Reader::line`] in
    /// one, and quicker.
    pub fn drain(
        &mut self,
        framer: &mut Framer,
        buffer: &[u8],
        end: bool,
        time: UtcTime,
        mut out: impl FnMut(Item<'_>),
    ) -> usize {
        self.assembly.expire(time, &mut self.counters);
        self.simd.run(Many { reader: self, framer, buffer, end, time, out: &mut out })
    }

    #[inline(always)]
    fn one(&mut self, line: Line<'_>, time: UtcTime, out: &mut impl FnMut(Item<'_>)) {
        match line {
            Line::Whole(text) if self.plain(text, time, out) => {}
            line => self.pieces(line, time, out),
        }
    }

    /// Reads a line that is a TAG block or none and one plain sentence. `false`, and nothing told, for any other.
    #[inline(always)]
    fn plain(&mut self, line: &[u8], time: UtcTime, out: &mut impl FnMut(Item<'_>)) -> bool {
        let text = match line {
            [b'\\', ..] => match self.tag.read_usual(line, &mut self.seconds, self.simd) {
                Some(text) => text,
                None => match tag::split(line) {
                    Some((block, text)) if self.tag.read(block).is_some() => text,
                    _ => return false,
                },
            },
            _ => line,
        };
        self.tagged |= text.len() < line.len();
        let Some(single) = plain::single(text, self.simd, &mut self.payload.0) else {
            return self.plain_part(text, time, out);
        };
        self.counters.candidates += 1;
        let plain::Single { talker, own, channel, kind, bits } = single;
        let taken = self.message(talker, own, channel, kind, bits, text, out);
        self.close(taken, text, out);
        true
    }

    #[inline(never)]
    fn plain_part(&mut self, text: &[u8], time: UtcTime, out: &mut impl FnMut(Item<'_>)) -> bool {
        let Some((sentence, vdm)) = plain::part(text, self.simd, &mut self.payload.0) else { return false };
        self.counters.candidates += 1;
        let taken = self.unpacked(&sentence, &vdm, time, out);
        self.close(taken, text, out);
        true
    }

    /// Reads a line, whatever it holds.
    #[inline(never)]
    fn pieces(&mut self, line: Line<'_>, time: UtcTime, out: &mut impl FnMut(Item<'_>)) {
        let (text, whole) = match line {
            Line::Whole(text) => (text, true),
            Line::TooLong(head) => (head, false),
        };
        let (mut rest, mut seen) = (text, false);
        while let Some(piece) = next_piece(&mut rest, seen) {
            match piece {
                Piece::Tag(block) => self.tag_block(block),
                Piece::OpenTag => {
                    self.counters.tag_bad += 1;
                    self.flags.raise(Flags::TAG_UNTERMINATED, true);
                }
                Piece::Candidate(text) => {
                    seen = true;
                    let read = Sentence::read(text);
                    // The last candidate of a cut line is what was cut, unless it is whole.
                    if whole || !rest.is_empty() || read.is_ok() {
                        self.candidate(text, read, time, out);
                    }
                }
                Piece::Junk(text) if whole => self.candidate(text, Err(Reject::NoStart), time, out),
                Piece::Junk(_) => {}
            }
            seen |= matches!(piece, Piece::Junk(_));
        }
        if !whole {
            self.candidate(text, Err(Reject::TooLong), time, out);
        }
    }

    fn tag_block(&mut self, block: &[u8]) {
        if self.tag.read(block).is_some() {
            self.tagged = true;
        } else {
            self.counters.tag_bad += 1;
            self.flags.raise(Flags::TAG_DROPPED, true);
        }
    }

    /// Accounts for one candidate.
    fn candidate(
        &mut self,
        text: &[u8],
        read: Result<Sentence<'_>, Reject>,
        time: UtcTime,
        out: &mut impl FnMut(Item<'_>),
    ) {
        self.counters.candidates += 1;
        let taken = read.and_then(|sentence| self.sentence(&sentence, time, out));
        self.close(taken, text, out);
    }

    /// Tells of a candidate that was refused, and forgets the TAG blocks that stood before it.
    #[inline]
    fn close(&mut self, taken: Result<(), Reject>, text: &[u8], out: &mut impl FnMut(Item<'_>)) {
        if let Err(reason) = taken {
            self.counters.reject(reason, 1);
            out(Item::Reject { reason, text });
        }
        if self.tagged {
            self.tag.clear();
            self.tagged = false;
        }
        self.flags = Flags::default();
    }

    fn sentence(
        &mut self,
        sentence: &Sentence<'_>,
        time: UtcTime,
        out: &mut impl FnMut(Item<'_>),
    ) -> Result<(), Reject> {
        let Some(vdm) = Vdm::read(sentence) else {
            sentence.address().ok_or(Reject::BadFields)?;
            match sentence.family() {
                Family::Station => self.counters.station += 1,
                Family::Vdes => self.counters.vdes += 1,
                Family::Other if sentence.encapsulated() && !sentence.is_ttd() => return Err(Reject::NotAis),
                Family::Other => {}
            }
            self.counters.other += 1;
            let tag = self.tagged.then_some(&self.tag);
            out(Item::Other(Sentence { tag, ..*sentence }));
            return Ok(());
        };
        let vdm = vdm?;
        let (from, to) = (vdm.payload_at, vdm.payload_at + vdm.payload.len());
        self.simd.unpack(sentence.text, from, to, &mut self.payload.0).ok_or(Reject::BadArmor)?;
        self.unpacked(sentence, &vdm, time, out)
    }

    /// A sentence whose payload has been unpacked, and so checked.
    fn unpacked(
        &mut self,
        sentence: &Sentence<'_>,
        vdm: &Vdm<'_>,
        time: UtcTime,
        out: &mut impl FnMut(Item<'_>),
    ) -> Result<(), Reject> {
        if vdm.total > 1 {
            return self.part(sentence, vdm, time, out);
        }
        self.flags.raise(Flags::DOLLAR_START, !sentence.encapsulated());
        self.message(vdm.talker, vdm.own, vdm.channel, self.payload.0[0] >> 2, vdm.bits(), sentence.text, out)
    }

    /// A message in one sentence, its payload unpacked.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "what was read of the sentence, in registers")]
    fn message(
        &mut self,
        talker: [u8; 2],
        own: bool,
        channel: Channel,
        kind: u8,
        bits: usize,
        text: &[u8],
        out: &mut impl FnMut(Item<'_>),
    ) -> Result<(), Reject> {
        let payload = Bits::of(&self.payload.0, bits);
        let header = Header::decode(payload).map_err(|_| Reject::TooShort)?;
        let header = Header { kind, ..header };
        let message = &ais::decode_behind(header, payload);
        let mut flags = self.flags;
        flags.judge(header, &mut self.counters);
        self.counters.used += 1;
        let tag = self.tagged.then_some(&self.tag);
        let sentences = Sentences { text, parts: &[] };
        out(Item::Ais(Received { header, message, payload, tag, talker, channel, own, flags, sentences }));
        Ok(())
    }

    /// One of several parts, its characters known to be symbols.
    fn part(
        &mut self,
        sentence: &Sentence<'_>,
        vdm: &Vdm<'_>,
        time: UtcTime,
        out: &mut impl FnMut(Item<'_>),
    ) -> Result<(), Reject> {
        let tag = self.tagged.then_some(&self.tag);
        let group = match self.assembly.add(sentence, vdm, tag, time, &mut self.counters) {
            Added::Pending | Added::Duplicate => return Ok(()),
            Added::TooLong => return Err(Reject::TooLong),
            Added::Whole(group) => group,
        };
        let total = u64::from(vdm.total);
        self.counters.pending -= total;
        self.joined.clear();
        let mut fill = 0;
        for part in group.parts().iter().flatten() {
            self.joined.extend_from_slice(part.payload(group.text()));
            fill = part.fill();
        }
        let sentences = Sentences { text: group.text(), parts: group.parts() };
        let (chars, len) = (self.joined.len(), self.joined.len() * 6 - usize::from(fill));
        // Every part was checked before it waited.
        let _ = self.simd.unpack(&self.joined, 0, chars, &mut self.payload.0);
        let payload = Bits::new(&self.payload.0, len);
        if let Ok(header) = Header::decode(payload) {
            let message = &ais::decode_behind(header, payload);
            self.counters.used += total;
            let mut flags = self.flags;
            flags.raise(Flags::DOLLAR_START, group.dollar());
            flags.raise(Flags::CHANNEL_INFERRED, group.inferred());
            flags.raise(Flags::OUT_OF_ORDER, group.out_of_order());
            flags.raise(Flags::FILL_BITS_NONFINAL, group.fill_nonfinal());
            flags.judge(header, &mut self.counters);
            let Vdm { talker, own, .. } = *vdm;
            let (tag, channel) = (group.tag(), group.channel());
            out(Item::Ais(Received {
                header,
                message,
                payload,
                tag,
                talker,
                channel,
                own,
                flags,
                sentences,
            }));
        } else {
            self.counters.reject(Reject::TooShort, total);
            sentences.iter().for_each(|text| out(Item::Reject { reason: Reject::TooShort, text }));
        }
        Ok(())
    }
}

/// [`Reader::line`], with all that the machine has.
struct One<'a, F> {
    reader: &'a mut Reader,
    line: Line<'a>,
    time: UtcTime,
    out: &'a mut F,
}

impl<F: FnMut(Item<'_>)> Work for One<'_, F> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        self.reader.one(self.line, self.time, self.out);
    }
}

/// [`Reader::drain`], likewise.
struct Many<'a, F> {
    reader: &'a mut Reader,
    framer: &'a mut Framer,
    buffer: &'a [u8],
    end: bool,
    time: UtcTime,
    out: &'a mut F,
}

impl<F: FnMut(Item<'_>)> Work for Many<'_, F> {
    type Out = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let Self { reader, framer, buffer, end, time, out } = self;
        framer.drain(
            buffer,
            end,
            #[inline(always)]
            |line| reader.one(line, time, out),
        )
    }
}

impl Flags {
    /// Counts a message and flags what is odd about its type and length.
    #[inline]
    fn judge(&mut self, header: Header, counters: &mut Counters) {
        counters.messages += 1;
        if let Some(count) = counters.by_type.get_mut(usize::from(header.kind)) {
            *count += 1;
        }
        let (flag, count) = match header.length() {
            Length::Ok => return,
            Length::Short => (Self::SHORT, &mut counters.short),
            Length::Long => (Self::LONG, &mut counters.long),
            Length::Unknown => (Self::UNKNOWN_TYPE, &mut counters.unknown_type),
        };
        *count += 1;
        self.raise(flag, true);
    }
}
