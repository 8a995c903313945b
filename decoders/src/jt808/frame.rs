//! Frames (JT/T 808-2019, 4.4): `7e`, escaped header, body and xor, `7e`.

use super::Phone;
use crate::octets::{Octets, xor};

/// The longest body of one frame, bytes: its length has ten bits.
pub const MAX_BODY: usize = 1023;
/// The longest frame between its marks, bytes, every one of them escaped.
pub const MAX_FRAME: usize = 2 * (21 + MAX_BODY + 1);

const MARK: u8 = 0x7e;
const ESCAPE: u8 = 0x7d;

/// Why a candidate is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reject {
    /// Bytes before the first mark.
    #[error("no 7e in front")]
    NoStart,
    /// Less than a header and a check, or the input ended before the closing mark.
    #[error("shorter than a frame, or cut off")]
    TooShort,
    /// Longer than any frame.
    #[error("longer than any frame")]
    TooLong,
    /// `7d` not followed by 01 or 02.
    #[error("7d without 01 or 02 behind it")]
    BadEscape,
    /// The xor is another.
    #[error("wrong checksum")]
    BadChecksum,
    /// The body is not as long as the header says.
    #[error("the body is not as long as the header says")]
    BadLength,
}

impl Reject {
    /// Every reason, in the order of [`Reject::index`].
    pub const ALL: [Self; 6] =
        [Self::NoStart, Self::TooShort, Self::TooLong, Self::BadEscape, Self::BadChecksum, Self::BadLength];

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
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::BadEscape => "bad_escape",
            Self::BadChecksum => "bad_checksum",
            Self::BadLength => "bad_length",
        }
    }
}

/// Which part of a message a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// How many there are.
    pub total: u16,
    /// Which one this is, from 1.
    pub index: u16,
}

/// One frame whose check and length are right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What the body is: `0x0200` is a location.
    pub id: u16,
    /// How the body is encrypted: 0 not at all, 1 RSA. What is encrypted stays as it is.
    pub encryption: u8,
    /// The protocol version, from 1; `None` in the editions of 2011 and 2013.
    pub version: Option<u8>,
    /// The topmost property bit, reserved.
    pub reserved: bool,
    /// Whose it is.
    pub phone: Phone,
    /// The sender's running number.
    pub serial: u16,
    /// Where the message is cut into several frames.
    pub part: Option<Part>,
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Decodes what stands between two marks, escapes undone.
    ///
    /// # Errors
    /// [`Reject::TooShort`], [`Reject::BadChecksum`], [`Reject::BadLength`].
    pub fn decode(plain: &'a [u8]) -> Result<Self, Reject> {
        let (check, content) = plain.split_last().ok_or(Reject::TooShort)?;
        let head = Self::header(content);
        match head {
            _ if content.len() < 12 => Err(Reject::TooShort),
            _ if xor(content) != *check => Err(Reject::BadChecksum),
            None => Err(Reject::TooShort),
            Some((frame, length)) if frame.body.len() == length => Ok(frame),
            Some(_) => Err(Reject::BadLength),
        }
    }

    /// The frame, and how long its body should be.
    fn header(content: &'a [u8]) -> Option<(Self, usize)> {
        let mut octets = Octets(content);
        let (id, properties) = (octets.u16()?, octets.u16()?);
        let flag = |bit: u16| properties >> bit & 1 != 0;
        let version = if flag(14) { Some(octets.u8()?) } else { None };
        let phone =
            if version.is_some() { Phone::long(octets.array()?) } else { Phone::short(octets.array()?) };
        let serial = octets.u16()?;
        let part = if flag(13) { Some(Part { total: octets.u16()?, index: octets.u16()? }) } else { None };
        let encryption = (properties >> 10 & 7) as u8;
        let frame = Self { id, encryption, version, reserved: flag(15), phone, serial, part, body: octets.0 };
        Some((frame, usize::from(properties & 0x3ff)))
    }

    /// Writes the frame behind `out`, marks and escapes and all. `false`, and nothing written, where the body is longer
    /// than [`MAX_BODY`], or the phone is of the other edition.
    pub fn encode(&self, out: &mut Vec<u8>) -> bool {
        let long = self.phone.bytes().len() == 10;
        if self.body.len() > MAX_BODY || long != self.version.is_some() {
            return false;
        }
        let bit = |set: bool, place: u16| u16::from(set) << place;
        let properties = self.body.len() as u16
            | u16::from(self.encryption & 7) << 10
            | bit(self.part.is_some(), 13)
            | bit(long, 14)
            | bit(self.reserved, 15);
        let mut escaped = Escaped { out, check: 0 };
        escaped.out.push(MARK);
        escaped.put(&self.id.to_be_bytes());
        escaped.put(&properties.to_be_bytes());
        escaped.put(self.version.as_slice());
        escaped.put(self.phone.bytes());
        escaped.put(&self.serial.to_be_bytes());
        if let Some(Part { total, index }) = self.part {
            escaped.put(&total.to_be_bytes());
            escaped.put(&index.to_be_bytes());
        }
        escaped.put(self.body);
        escaped.put(&[escaped.check]);
        escaped.out.push(MARK);
        true
    }
}

struct Escaped<'o> {
    out: &'o mut Vec<u8>,
    check: u8,
}

impl Escaped<'_> {
    fn put(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.check ^= byte;
            match byte {
                MARK => self.out.extend([ESCAPE, 2]),
                ESCAPE => self.out.extend([ESCAPE, 1]),
                _ => self.out.push(byte),
            }
        }
    }
}

/// Writes a message behind `out`, as parts where one frame is too short: `head` says everything but the part and the
/// body. Serials count up from that of `head`; returns how many frames that were, 0 where it takes more than 1,024.
pub fn encode_message(head: Frame<'_>, body: &[u8], out: &mut Vec<u8>) -> u16 {
    let total = body.len().div_ceil(MAX_BODY).max(1);
    if total > super::assembly::MAX_PARTS {
        return 0;
    }
    let mut count = 0;
    for at in 0..total {
        let piece = body.get(at * MAX_BODY..).unwrap_or_default();
        let piece = piece.get(..MAX_BODY).unwrap_or(piece);
        let part = (total > 1).then_some(Part { total: total as u16, index: at as u16 + 1 });
        let serial = head.serial.wrapping_add(at as u16);
        count += u16::from(Frame { serial, part, body: piece, ..head }.encode(out));
    }
    count
}

/// What was cut from a stream.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// What is none.
    Reject {
        /// Why.
        reason: Reject,
        /// As received, without its marks; of one that is too long, the beginning.
        bytes: &'a [u8],
    },
}

/// Cuts frames out of a buffer that is drained from the front, and counts them. Where the buffer is cut makes no
/// difference to what comes out. Every mark may close a frame and open the next.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// A mark was seen.
    started: bool,
    /// Inside something that was already refused.
    discarding: bool,
    plain: Vec<u8>,
    /// Everything between two marks, and what stood before the first; empty ones do not count.
    pub candidates: u64,
    /// Those that were frames.
    pub frames: u64,
    /// The others, by [`Reject::index`]. `candidates = frames + rejects` at every moment.
    pub rejects: [u64; Reject::ALL.len()],
}

impl Reader {
    /// Calls `out` for each frame and reject, and returns how many bytes of `buffer` are used up: drop them, keep the
    /// rest (never longer than [`MAX_FRAME`]), and read more behind it. With `end` nothing more will come.
    pub fn drain(&mut self, buffer: &[u8], end: bool, mut out: impl FnMut(Item<'_>)) -> usize {
        let mut start = 0;
        for at in memchr::memchr_iter(MARK, buffer) {
            let candidate = buffer.get(start..at).unwrap_or_default();
            start = at + 1;
            if !std::mem::take(&mut self.discarding) && !candidate.is_empty() {
                self.candidate(candidate, &mut out);
            }
            self.started = true;
        }
        let rest = buffer.get(start..).unwrap_or_default();
        let cut_off = end && !rest.is_empty() && !self.discarding;
        let too_long = rest.len() > MAX_FRAME && !self.discarding;
        if cut_off || too_long {
            let reason = match self.started {
                false => Reject::NoStart,
                true if too_long => Reject::TooLong,
                true => Reject::TooShort,
            };
            self.refuse(reason, rest.get(..MAX_FRAME).unwrap_or(rest), &mut out);
            self.discarding = true;
        }
        if end {
            (self.started, self.discarding) = (false, false);
            return buffer.len();
        }
        if self.discarding { buffer.len() } else { start }
    }

    fn candidate(&mut self, candidate: &[u8], out: &mut impl FnMut(Item<'_>)) {
        let mut plain = std::mem::take(&mut self.plain);
        let read = match self.started {
            false => Err(Reject::NoStart),
            true if candidate.len() > MAX_FRAME => Err(Reject::TooLong),
            true => unescape(candidate, &mut plain).and_then(|()| Frame::decode(&plain)),
        };
        match read {
            Ok(frame) => {
                self.candidates += 1;
                self.frames += 1;
                out(Item::Frame(frame));
            }
            Err(reason) => self.refuse(reason, candidate.get(..MAX_FRAME).unwrap_or(candidate), out),
        }
        self.plain = plain;
    }

    fn refuse(&mut self, reason: Reject, bytes: &[u8], out: &mut impl FnMut(Item<'_>)) {
        self.candidates += 1;
        if let Some(count) = self.rejects.get_mut(reason.index()) {
            *count += 1;
        }
        out(Item::Reject { reason, bytes });
    }
}

/// Undoes the escapes, in place of what `plain` held.
fn unescape(escaped: &[u8], plain: &mut Vec<u8>) -> Result<(), Reject> {
    plain.clear();
    let mut rest = escaped;
    while let Some(at) = memchr::memchr(ESCAPE, rest) {
        let (before, from) = rest.split_at(at);
        plain.extend_from_slice(before);
        plain.push(match from.get(1) {
            Some(1) => ESCAPE,
            Some(2) => MARK,
            _ => return Err(Reject::BadEscape),
        });
        rest = from.get(2..).unwrap_or_default();
    }
    plain.extend_from_slice(rest);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// Everything read from a stream that arrives in pieces of one size: frames written again, and reasons.
    fn read(stream: &[u8], size: usize) -> (Vec<Vec<u8>>, Vec<Reject>) {
        let (mut reader, mut buffer) = (Reader::default(), Vec::new());
        let (mut frames, mut rejects) = (Vec::new(), Vec::new());
        let mut pieces = stream.chunks(size.max(1)).peekable();
        while let Some(piece) = pieces.next() {
            buffer.extend_from_slice(piece);
            let used = reader.drain(&buffer, pieces.peek().is_none(), |item| match item {
                Item::Frame(frame) => {
                    let mut again = Vec::new();
                    assert!(frame.encode(&mut again));
                    frames.push(again);
                }
                Item::Reject { reason, .. } => rejects.push(reason),
            });
            buffer.drain(..used);
            assert!(buffer.len() <= MAX_FRAME);
        }
        assert_eq!(reader.candidates, reader.frames + reader.rejects.iter().sum::<u64>());
        (frames, rejects)
    }

    /// From the two open projects named in the oracle's table, and from the standard's own rules.
    const HEARTBEAT: &str = "7e0002000000000000067800017d017e";
    const REGISTER_REPLY: &str =
        "7e8100401801123456789012345620190001000100313233343536373839306162636465666768696a6b687e";

    #[test]
    fn frames_are_found_however_they_are_glued() {
        let (a, b) = (unhex(HEARTBEAT), unhex(REGISTER_REPLY));
        let shared = [&a[..], &b[1..]].concat();
        let apart = [&a[..], &[MARK, MARK], &b[..]].concat();
        let junk = [b"junk", &a[..], b"between", &b[..]].concat();
        for size in [1, 3, 1000] {
            assert_eq!(read(&shared, size), (vec![a.clone(), b.clone()], vec![]));
            assert_eq!(read(&apart, size), (vec![a.clone(), b.clone()], vec![]));
            let expected = vec![Reject::NoStart, Reject::TooShort];
            assert_eq!(read(&junk, size), (vec![a.clone(), b.clone()], expected));
        }
    }

    #[test]
    fn what_is_no_frame_is_refused_with_its_reason() {
        let long = [&[MARK][..], &[1; MAX_FRAME + 1], &[MARK]].concat();
        let cases: [(Vec<u8>, Reject); 8] = [
            (unhex("7e00027e"), Reject::TooShort),
            (unhex("7e0002000000000000067800017e"), Reject::TooShort),
            (unhex("7e0002000000000000067800017d037e"), Reject::BadEscape),
            (unhex("7e0002000000000000067800017d7e"), Reject::BadEscape),
            (unhex("7e0002000000000000067800017d027e"), Reject::BadChecksum),
            (unhex("7e0002000100000000067800017c7e"), Reject::BadLength),
            (unhex("7e0002000000000000067800017d01"), Reject::TooShort),
            (long, Reject::TooLong),
        ];
        for (stream, reason) in cases {
            assert_eq!(read(&stream, 7), (vec![], vec![reason]), "{stream:02x?}");
        }
    }

    proptest! {
        #[test]
        fn a_frame_comes_back_as_it_was(
            id in any::<u16>(), encryption in 0_u8..8, version in any::<Option<u8>>(), reserved in any::<bool>(),
            digits in any::<[u8; 10]>(), serial in any::<u16>(), part in any::<Option<(u16, u16)>>(),
            body in prop::collection::vec(prop_oneof![any::<u8>(), Just(MARK), Just(ESCAPE)], 0..=MAX_BODY),
            size in 1_usize..3000,
        ) {
            let phone = match version {
                Some(_) => Phone::long(digits),
                None => Phone::short(*digits.first_chunk().unwrap()),
            };
            let part = part.map(|(total, index)| Part { total, index });
            let frame = Frame { id, encryption, version, reserved, phone, serial, part, body: &body };
            let mut out = Vec::new();
            prop_assert!(frame.encode(&mut out));
            prop_assert_eq!(read(&out, size), (vec![out.clone()], vec![]));
        }

        #[test]
        fn where_the_stream_is_cut_does_not_matter(
            stream in prop::collection::vec(prop::sample::select(&[MARK, ESCAPE, 0, 1, 2, 0x40][..]), 0..400),
            size in 1_usize..64,
        ) {
            prop_assert_eq!(read(&stream, size), read(&stream, stream.len()));
        }
    }
}
