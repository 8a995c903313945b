//! Frames out of a stream that mixes everything a BeiDou terminal may say: binary frames of the "4.0" protocol, and
//! sentences of "2.1", of BDS-3 and of NMEA 0183.

use crate::octets::{Octets, hex_digit, xor};
use memchr::{memchr_iter, memchr2, memchr2_iter};

/// The longest binary frame, bytes.
pub const MAX_BINARY: usize = 1024;
/// The longest sentence, bytes.
pub const MAX_SENTENCE: usize = 4096;
/// What a binary frame has besides its body.
const AROUND_BODY: usize = 11;

/// The types of the "4.0" protocol; others are taken too where length and check are right.
const TYPES: &[[u8; 4]] = &[
    *b"GLJC", *b"DWSQ", *b"TXSQ", *b"HXSZ", *b"DHSQ", *b"DSSQ", *b"SCSC", *b"ZBZH", *b"JSZL", *b"GBXX",
    *b"GYXX", *b"WMCS", *b"CKSC", *b"ICJC", *b"JJZH", *b"BSSZ", *b"GXZX", *b"GXDQ", *b"XTZJ", *b"LZSZ",
    *b"LZDQ", *b"SJSC", *b"BBDQ", *b"XHDQ", *b"GLZK", *b"DWXX", *b"TXXX", *b"TXHZ", *b"KLSB", *b"DHSC",
    *b"DSJG", *b"SCSJ", *b"ZBSC", *b"GBSC", *b"GYSC", *b"ICXX", *b"ZHQR", *b"ZJXX", *b"LZXX", *b"SJXX",
    *b"BBXX", *b"XHXX", *b"GLXX", *b"FKXX", *b"ILXX", *b"QLXX", *b"GPSP", *b"GPSX", *b"GNPS", *b"GNPX",
    *b"GNVS", *b"GNVX", *b"GNTS", *b"GNTX",
];

/// Why a candidate is no frame and no sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reject {
    /// It begins with neither `$` nor `!`.
    #[error("no $ or ! in front")]
    NoStart,
    /// A sentence without `*`.
    #[error("no checksum")]
    NoChecksum,
    /// A sentence that does not end with `*` and two hexadecimal digits.
    #[error("no two hexadecimal digits at the end")]
    BadChecksumField,
    /// The xor is another.
    #[error("wrong checksum")]
    BadChecksum,
    /// The length that a binary frame claims is impossible.
    #[error("impossible length")]
    BadLength,
    /// The input ended inside a binary frame.
    #[error("cut off")]
    TooShort,
    /// Longer than any sentence.
    #[error("longer than any sentence")]
    TooLong,
}

impl Reject {
    /// Every reason, in the order of [`Reject::index`].
    pub const ALL: [Self; 7] = [
        Self::NoStart,
        Self::NoChecksum,
        Self::BadChecksumField,
        Self::BadChecksum,
        Self::BadLength,
        Self::TooShort,
        Self::TooLong,
    ];

    /// Its place in [`Reject::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Its name for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoStart => "no_start",
            Self::NoChecksum => "no_checksum",
            Self::BadChecksumField => "bad_checksum_field",
            Self::BadChecksum => "bad_checksum",
            Self::BadLength => "bad_length",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
        }
    }
}

/// A binary frame whose length and check are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binary<'a> {
    /// Four capital letters.
    pub kind: [u8; 4],
    /// The card of the terminal that speaks or is spoken to; 0 is any.
    pub address: u32,
    /// What stands between address and check.
    pub body: &'a [u8],
}

impl<'a> Binary<'a> {
    /// The frame that fills `bytes`.
    ///
    /// # Errors
    /// [`Reject::TooShort`], [`Reject::BadLength`], [`Reject::BadChecksum`].
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Reject> {
        let length = claimed(bytes).ok_or(Reject::TooShort)?;
        if length != bytes.len() || !(AROUND_BODY..=MAX_BINARY).contains(&length) {
            return Err(Reject::BadLength);
        }
        let (check, content) = bytes.split_last().ok_or(Reject::TooShort)?;
        let mut octets = Octets(content);
        let head = || Some((octets.u8()?, octets.array()?, octets.u16()?, octets.u24()?));
        let (_, kind, _, address) = { head }().ok_or(Reject::TooShort)?;
        if xor(content) != *check {
            return Err(Reject::BadChecksum);
        }
        Ok(Self { kind, address, body: content.get(AROUND_BODY - 1..).unwrap_or_default() })
    }

    /// Writes the frame behind `out`; `false`, and nothing written, where the body is too long.
    pub fn encode(&self, out: &mut Vec<u8>) -> bool {
        let length = self.body.len() + AROUND_BODY;
        if length > MAX_BINARY {
            return false;
        }
        let start = out.len();
        out.push(b'$');
        out.extend(self.kind);
        out.extend((length as u16).to_be_bytes());
        let [_, address @ ..] = self.address.to_be_bytes();
        out.extend(address);
        out.extend_from_slice(self.body);
        out.push(xor(out.get(start..).unwrap_or_default()));
        true
    }
}

/// How long the frame at the front says it is.
fn claimed(bytes: &[u8]) -> Option<usize> {
    let mut octets = Octets(bytes);
    octets.slice(5)?;
    octets.u16().map(usize::from)
}

/// A sentence whose checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence<'a> {
    /// `$` or `!`.
    pub start: u8,
    /// What stands between the start and the last `*`.
    pub body: &'a [u8],
}

impl<'a> Sentence<'a> {
    /// The sentence that fills `text`, its line end apart. The checksum is behind the *last* `*`: free text may hold
    /// others.
    ///
    /// # Errors
    /// [`Reject::NoStart`], [`Reject::NoChecksum`], [`Reject::BadChecksumField`], [`Reject::BadChecksum`].
    pub fn decode(text: &'a [u8]) -> Result<Self, Reject> {
        let (start, rest) = text.split_first().ok_or(Reject::NoStart)?;
        if !matches!(start, b'$' | b'!') {
            return Err(Reject::NoStart);
        }
        let [body @ .., b'*', high, low] = rest else {
            let reason = if rest.contains(&b'*') { Reject::BadChecksumField } else { Reject::NoChecksum };
            return Err(reason);
        };
        let (high, low) = hex_digit(*high).zip(hex_digit(*low)).ok_or(Reject::BadChecksumField)?;
        if high << 4 | low != xor(body) {
            return Err(Reject::BadChecksum);
        }
        Ok(Self { start: *start, body })
    }

    /// Talker and type, or a maker's code: what stands before the first comma.
    #[must_use]
    pub fn address(&self) -> &'a [u8] {
        self.body.split(|&b| b == b',').next().unwrap_or_default()
    }

    /// The fields behind the address.
    pub fn fields(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.body.split(|&b| b == b',').skip(1)
    }
}

/// What was cut from a stream.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// A binary frame.
    Binary(Binary<'a>),
    /// A sentence of whatever kind.
    Sentence(Sentence<'a>),
    /// A line that a module says in plain words, such as `TCQ OK!`.
    Words(&'a [u8]),
    /// What is none of these.
    Reject {
        /// Why.
        reason: Reject,
        /// As received.
        bytes: &'a [u8],
    },
}

/// Cuts frames and sentences out of a buffer that is drained from the front, and counts them. Where the buffer is cut
/// makes no difference to what comes out.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// What follows belongs to something that was refused, up to the next start.
    resync: bool,
    /// Everything that was tried.
    pub candidates: u64,
    /// Binary frames and sentences.
    pub taken: u64,
    /// Lines of plain words.
    pub words: u64,
    /// The others, by [`Reject::index`]. `candidates = taken + words + rejects` at every moment.
    pub rejects: [u64; Reject::ALL.len()],
}

/// What may begin at a place.
#[derive(Clone, Copy, PartialEq)]
enum Start {
    Binary,
    Sentence,
    Nothing,
    /// There is too little to tell.
    Wait,
}

/// What to do next.
enum Step<'a> {
    /// Hand out, and go on behind so many bytes.
    Out(Item<'a>, usize),
    /// Go on behind so many bytes.
    Skip(usize),
    /// More bytes are needed.
    Wait,
}

impl Reader {
    /// Calls `out` for everything found and returns how many bytes of `buffer` are used up: drop them, keep the rest
    /// (never longer than [`MAX_SENTENCE`] and [`MAX_BINARY`] together), and read more behind it. With `end` nothing more will come.
    pub fn drain(&mut self, buffer: &[u8], end: bool, mut out: impl FnMut(Item<'_>)) -> usize {
        let mut used = 0;
        while let Some(rest) = buffer.get(used..).filter(|rest| !rest.is_empty()) {
            match self.step(rest, end) {
                Step::Wait => return used,
                Step::Skip(bytes) => used += bytes.max(1),
                Step::Out(item, bytes) => {
                    used += bytes.max(1);
                    self.count(&item);
                    out(item);
                }
            }
        }
        if end {
            self.resync = false;
        }
        used
    }

    fn count(&mut self, item: &Item<'_>) {
        self.candidates += 1;
        match item {
            Item::Binary(_) | Item::Sentence(_) => self.taken += 1,
            Item::Words(_) => self.words += 1,
            Item::Reject { reason, .. } => {
                if let Some(count) = self.rejects.get_mut(reason.index()) {
                    *count += 1;
                }
            }
        }
    }

    fn step<'a>(&mut self, rest: &'a [u8], end: bool) -> Step<'a> {
        let step = match start(rest, end) {
            Start::Wait => Step::Wait,
            Start::Binary => binary(rest, end),
            Start::Sentence => sentence(rest, end),
            Start::Nothing => return self.nothing(rest, end),
        };
        match &step {
            // Its bytes may hold the start of the next: those behind its `$` are looked at again.
            Step::Out(Item::Reject { .. }, 1) => self.resync = true,
            Step::Out(..) => self.resync = false,
            Step::Skip(_) | Step::Wait => {}
        }
        step
    }

    /// No start: up to the next one, or the end of the line.
    fn nothing<'a>(&mut self, rest: &'a [u8], end: bool) -> Step<'a> {
        let mut unsure = false;
        let stop = memchr::memchr3_iter(b'$', b'!', b'\n', rest)
            .find(|&at| match (rest.get(at), start(rest.get(at..).unwrap_or_default(), end)) {
                (Some(b'\n'), _) => true,
                (_, Start::Nothing) => false,
                (_, found) => {
                    unsure = found == Start::Wait;
                    at > 0
                }
            })
            .unwrap_or(rest.len());
        let whole = stop < rest.len() && !unsure || end || stop > MAX_SENTENCE;
        if !whole {
            return Step::Wait;
        }
        let junk = rest.get(..stop.min(MAX_SENTENCE)).unwrap_or_default();
        // Of a line that is too long, the rest belongs to it.
        let overlong = stop > MAX_SENTENCE;
        let behind = if rest.get(stop) == Some(&b'\n') { stop + 1 } else { stop };
        let text = junk.trim_ascii();
        let quiet = self.resync || text.is_empty();
        self.resync = (self.resync || overlong) && behind == stop;
        if quiet {
            return Step::Skip(behind);
        }
        let words = !text.contains(&b'*') && text.iter().all(|b| (0x20..0x7f).contains(b));
        let item =
            if words { Item::Words(text) } else { Item::Reject { reason: Reject::NoStart, bytes: text } };
        Step::Out(item, behind)
    }
}

fn start(rest: &[u8], end: bool) -> Start {
    let Some((first, behind)) = rest.split_first().filter(|(first, _)| matches!(first, b'$' | b'!')) else {
        return Start::Nothing;
    };
    let letters = behind.iter().take(5).take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).count();
    let Some(after) = behind.get(letters) else {
        return if end { Start::Nothing } else { Start::Wait };
    };
    let four = behind.first_chunk::<4>().filter(|four| four.iter().all(u8::is_ascii_uppercase));
    match four {
        Some(kind) if *first == b'$' && letters == 4 && *after != b',' => {
            // The length's first byte; one that cannot be is told of a type that is known.
            if *after <= 4 || TYPES.contains(kind) { Start::Binary } else { Start::Nothing }
        }
        _ if letters == 5 || letters >= 3 && *after == b',' => Start::Sentence,
        _ => Start::Nothing,
    }
}

fn binary(rest: &[u8], end: bool) -> Step<'_> {
    let refuse = |reason, bytes| Step::Out(Item::Reject { reason, bytes }, 1);
    match claimed(rest) {
        None if end => refuse(Reject::TooShort, rest),
        None => Step::Wait,
        Some(length) if !(AROUND_BODY..=MAX_BINARY).contains(&length) => {
            refuse(Reject::BadLength, rest.get(..7).unwrap_or_default())
        }
        Some(length) => match rest.get(..length) {
            None if end => refuse(Reject::TooShort, rest),
            None => Step::Wait,
            Some(bytes) => match Binary::decode(bytes) {
                Ok(frame) => Step::Out(Item::Binary(frame), length),
                Err(reason) => refuse(reason, bytes),
            },
        },
    }
}

fn sentence(rest: &[u8], end: bool) -> Step<'_> {
    let line_end = memchr2(b'\r', b'\n', rest);
    let line = rest.get(..line_end.unwrap_or(rest.len())).unwrap_or_default();
    let line = line.get(..=MAX_SENTENCE).unwrap_or(line);
    // The next sentence may follow at once.
    for star in memchr_iter(b'*', line) {
        let Some([high, low, b'$' | b'!']) = line.get(star + 1..star + 4) else { continue };
        if hex_digit(*high).and(hex_digit(*low)).is_none() {
            continue;
        }
        let (text, behind) = line.split_at_checked(star + 3).unwrap_or((line, &[]));
        match start(behind, end || line_end.is_some()) {
            Start::Wait => return Step::Wait,
            Start::Nothing => {}
            Start::Binary | Start::Sentence => {
                let Ok(sentence) = Sentence::decode(text) else { return refused(text, rest, end) };
                return Step::Out(Item::Sentence(sentence), text.len());
            }
        }
    }
    if line.len() > MAX_SENTENCE {
        let bytes = line.get(..MAX_SENTENCE).unwrap_or_default();
        return Step::Out(Item::Reject { reason: Reject::TooLong, bytes }, 1);
    }
    if line_end.is_none() && !end {
        return Step::Wait;
    }
    match Sentence::decode(line.trim_ascii_end()) {
        Ok(sentence) => Step::Out(Item::Sentence(sentence), line.len()),
        Err(_) => refused(line, rest, end),
    }
}

/// A sentence that is none ends where a sound one begins inside it, if one does.
fn refused<'a>(text: &'a [u8], rest: &'a [u8], end: bool) -> Step<'a> {
    let mut stop = text.len();
    for at in memchr2_iter(b'$', b'!', text).skip(1) {
        let inside = rest.get(at..).unwrap_or_default();
        let sound = match start(inside, end) {
            Start::Binary => match binary(inside, end) {
                Step::Wait => return Step::Wait,
                Step::Out(Item::Binary(_), _) => true,
                _ => false,
            },
            Start::Sentence => {
                // The last start before the check is the likeliest, and looking at all would take too long.
                let last = memchr::memrchr2(b'$', b'!', text) == Some(at);
                last && Sentence::decode(text.get(at..).unwrap_or_default().trim_ascii_end()).is_ok()
            }
            Start::Nothing | Start::Wait => false,
        };
        if sound {
            stop = at;
            break;
        }
    }
    let bytes = text.get(..stop).unwrap_or_default().trim_ascii_end();
    let reason = Sentence::decode(bytes).err().unwrap_or(Reject::BadChecksum);
    Step::Out(Item::Reject { reason, bytes }, stop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Everything read from a stream that arrives in pieces of one size, as text.
    fn read(stream: &[u8], size: usize) -> Vec<String> {
        let (mut reader, mut buffer, mut found) = (Reader::default(), Vec::new(), Vec::new());
        let mut pieces = stream.chunks(size.max(1)).peekable();
        while let Some(piece) = pieces.next() {
            buffer.extend_from_slice(piece);
            let used = reader.drain(&buffer, pieces.peek().is_none(), |item| {
                found.push(match item {
                    Item::Binary(frame) => String::from_utf8(frame.kind.to_vec()).unwrap(),
                    Item::Sentence(sentence) => sentence.address().escape_ascii().to_string(),
                    Item::Words(_) => "words".to_owned(),
                    Item::Reject { reason, .. } => reason.as_str().to_owned(),
                });
            });
            buffer.drain(..used);
            assert!(buffer.len() <= MAX_SENTENCE + MAX_BINARY, "{} kept", buffer.len());
        }
        let c = &reader;
        assert_eq!(c.candidates, c.taken + c.words + c.rejects.iter().sum::<u64>());
        found
    }

    /// From the public table: a text in Chinese, and its request.
    const RECEIVED: &[u8] =
        b"$TXXX\x00\x1a\x02\xad\xf7\x40\x02\xad\xf7\x00\x00\x00\x30\xce\xd2\xb0\xae\xc4\xe3\x00\x67";
    const WAA: &[u8] = b"$BDWAA,0,,0312194,072236.37,3802.69000,N,11426.16000,E,61,M*05";

    #[test]
    fn everything_is_found_in_one_stream() {
        let cases: &[(&[&[u8]], &[&str])] = &[
            (
                &[RECEIVED, WAA, RECEIVED, b"\r\n", WAA, b"\r", WAA, b"\n"],
                &["TXXX", "BDWAA", "TXXX", "BDWAA", "BDWAA"],
            ),
            (&[WAA, WAA, b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23"], &["BDWAA", "BDWAA", "AIVDM"]),
            (&[b"TCQ OK!\r\n\r\n  \n", WAA], &["words", "BDWAA"]),
            (&[b"\xff\xfe$$\n", RECEIVED], &["no_start", "TXXX"]),
            // Cut off by the next, text or binary.
            (&[b"$BDWAA,0,,03121", WAA, b"\r\n"], &["no_checksum", "BDWAA"]),
            (&[b"$BDWAA,0,,03121", RECEIVED, WAA], &["no_checksum", "TXXX", "BDWAA"]),
            (&[b"$BDWAA,0*00", WAA, b"\n"], &["bad_checksum", "BDWAA"]),
            (&[b"$BDWAA,0*0\n$BDWAA,0\n"], &["bad_checksum_field", "no_checksum"]),
            (&[b"$TXXX\x00\x0a\n", b"$TXXX\xff\xff", WAA], &["bad_length", "bad_length", "BDWAA"]),
            (&[&RECEIVED[..20], WAA], &["bad_checksum", "BDWAA"]),
            (&[&RECEIVED[..20]], &["too_short"]),
            // `*` and hexadecimal digits in free text; the xor from a few lines of Python.
            (&[b"$BDTXR,1,0412159,0,,a*12b*c*2C\r\n"], &["BDTXR"]),
            (&[b"$", &[b'A'; 5000], b"\n", WAA], &["too_long", "BDWAA"]),
        ];
        for (pieces, expected) in cases {
            let stream = pieces.concat();
            for size in [1, 2, 7, 100_000] {
                assert_eq!(read(&stream, size), *expected, "{} by {size}", stream.escape_ascii());
            }
        }
    }

    proptest! {
        #[test]
        fn where_the_stream_is_cut_does_not_matter(
            parts in prop::collection::vec(prop::sample::select(&[
                RECEIVED, WAA, b"\r\n", b"$", b"!", b"*05", b"*", b"$TXXX\x00\x20", b"$BDWAA", b"AB", b"\x00", b",", b"$GPGGA,",
            ][..]), 0..24),
            size in 1_usize..40,
        ) {
            let stream = parts.concat();
            prop_assert_eq!(read(&stream, size), read(&stream, stream.len()));
        }

        #[test]
        fn a_binary_frame_comes_back_as_it_was(
            address in 0_u32..1 << 24, body in prop::collection::vec(any::<u8>(), 0..=MAX_BINARY - AROUND_BODY),
        ) {
            let frame = Binary { kind: *b"TXSQ", address, body: &body };
            let mut out = Vec::new();
            prop_assert!(frame.encode(&mut out));
            prop_assert_eq!(Binary::decode(&out), Ok(frame));
            prop_assert_eq!(read(&out, 3), ["TXSQ"]);
        }
    }
}
