//! One sentence: where it is in a line, whether it is whole, what its fields are.

use super::{Reject, Tag};
pub(super) use crate::simd::checksum;
use memchr::{memchr, memchr3};

/// A piece of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// What stands between the two `\` of a TAG block.
    Tag(&'a [u8]),
    /// A `\` that no other closes: the TAG block is lost.
    OpenTag,
    /// From `!` or `$` to the last character before the next piece.
    Candidate(&'a [u8]),
    /// What is left of a line that holds no candidate.
    Junk(&'a [u8]),
}

/// Cuts the next piece off the front of a line; `seen` says whether a candidate was cut from it before.
pub(super) fn next_piece<'a>(line: &mut &'a [u8], seen: bool) -> Option<Piece<'a>> {
    let text = *line;
    let Some(start) = memchr3(b'!', b'$', b'\\', text) else {
        *line = &[];
        return (!seen && !text.trim_ascii().is_empty()).then_some(Piece::Junk(text));
    };
    let (_, text) = text.split_at(start);
    if text.first() == Some(&b'\\') {
        return Some(tag(line, text));
    }
    let end = candidate_end(text);
    let (candidate, rest) = text.split_at(end);
    *line = rest;
    Some(Piece::Candidate(candidate.trim_ascii_end()))
}

/// A TAG block. One whose closing `\` belongs to a later block has a start of a sentence inside; but so may free
/// text, so the checksum decides.
fn tag<'a>(line: &mut &'a [u8], text: &'a [u8]) -> Piece<'a> {
    let inside = text.get(1..).unwrap_or_default();
    let close = memchr(b'\\', inside);
    if let Some((block, rest)) = close.and_then(|at| inside.split_at_checked(at)) {
        let sound = || matches!(block, [fields @ .., b'*', high, low] if checksum_ok(fields, *high, *low));
        if memchr::memchr2(b'!', b'$', block).is_none() || sound() {
            *line = rest.get(1..).unwrap_or_default();
            return Piece::Tag(block);
        }
    }
    *line = inside;
    Piece::OpenTag
}

/// Where the candidate at the front of `text` ends: behind its checksum and what a station appends to it, at the
/// next start or TAG block. One that was cut off by the next ends there: at the last start before a `*`.
fn candidate_end(text: &[u8]) -> usize {
    let body = text.get(1..).unwrap_or_default();
    let stop = memchr::memchr2(b'*', b'\\', body).map_or(text.len(), |at| at + 1);
    let own = text.get(1..stop).unwrap_or_default();
    if let Some(restart) = memchr::memrchr2(b'!', b'$', own) {
        return restart + 1;
    }
    let behind = text.get(stop..).unwrap_or_default();
    memchr3(b'!', b'$', b'\\', behind).map_or(text.len(), |at| stop + at)
}

/// Whether two hexadecimal digits are the xor of some text.
#[inline]
pub(super) fn checksum_ok(text: &[u8], high: u8, low: u8) -> bool {
    hex(high).zip(hex(low)).is_some_and(|(high, low)| high << 4 | low == checksum(text))
}

#[inline]
fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// A sentence whose checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence<'a> {
    /// All of it, from its start to what was appended behind the checksum.
    pub text: &'a [u8],
    /// What stands between `!` or `$` and `*`.
    pub body: &'a [u8],
    /// What a station appended behind the checksum, from its first separator on.
    pub trailer: &'a [u8],
    /// What the TAG blocks before it say.
    pub tag: Option<&'a Tag>,
}

impl<'a> Sentence<'a> {
    /// Checks a candidate.
    ///
    /// # Errors
    /// Why it is no sentence.
    #[inline]
    pub(super) fn read(text: &'a [u8]) -> Result<Self, Reject> {
        let body = text.get(1..).unwrap_or_default();
        let star = memchr(b'*', body).ok_or(Reject::NoChecksum)?;
        let (body, rest) = body.split_at(star);
        let Some(([_, high, low], trailer)) = rest.split_first_chunk() else {
            return Err(Reject::BadChecksumField);
        };
        let (high, low) = hex(*high).zip(hex(*low)).ok_or(Reject::BadChecksumField)?;
        if high << 4 | low != checksum(body) {
            return Err(Reject::BadChecksum);
        }
        Ok(Self { text, body, trailer, tag: None })
    }

    /// The first field: talker and formatter, or a maker's code. `None` where it is not at least three capital
    /// letters and digits.
    #[must_use]
    pub fn address(&self) -> Option<&'a [u8]> {
        let end = memchr(b',', self.body).unwrap_or(self.body.len());
        let address = self.body.get(..end)?;
        let sound =
            address.len() >= 3 && address.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        sound.then_some(address)
    }

    /// The fields behind the address.
    pub fn fields(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.body.split(|&b| b == b',').skip(1)
    }

    /// Tracked targets: encapsulated, and no AIS.
    pub(super) fn is_ttd(&self) -> bool {
        matches!(self.body, [_, _, b'T', b'T', b'D', b',', ..])
    }

    /// Whether it begins with `!`, as encapsulated sentences do.
    #[must_use]
    pub fn encapsulated(&self) -> bool {
        self.text.first() == Some(&b'!')
    }
}

/// The fields of a VDM or VDO sentence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vdm<'a> {
    pub talker: [u8; 2],
    pub own: bool,
    pub total: u8,
    pub number: u8,
    /// Only where there is more than one part.
    pub sequence: Option<u8>,
    pub channel: Channel,
    pub payload: &'a [u8],
    /// Where in the sentence's text the payload begins.
    pub payload_at: usize,
    pub fill: u8,
}

/// The radio channel as received: `A`, `B`, `1`, `2`, nothing, or something else, cut at seven characters.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Channel {
    bytes: [u8; 7],
    len: u8,
}

impl Channel {
    /// A channel of one letter or digit.
    #[inline]
    pub(super) const fn of(c: u8) -> Self {
        Self { bytes: [c, 0, 0, 0, 0, 0, 0], len: 1 }
    }

    fn new(text: &[u8]) -> Option<Self> {
        if !text.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let mut channel = Self { bytes: [0; 7], len: text.len().min(7) as u8 };
        channel.bytes.iter_mut().zip(text).for_each(|(place, byte)| *place = *byte);
        Some(channel)
    }

    /// The text of the field.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.bytes.get(..usize::from(self.len)).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }

    /// Whether the field was empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<'a> Vdm<'a> {
    /// How many bits the payload holds.
    #[inline]
    pub(super) fn bits(&self) -> usize {
        self.payload.len() * 6 - usize::from(self.fill)
    }

    /// `None` where the sentence is something else.
    #[inline]
    pub(super) fn read(sentence: &Sentence<'a>) -> Option<Result<Self, Reject>> {
        let Some((head, rest)) = sentence.body.split_first_chunk::<6>() else {
            // Nothing but its address.
            let bare = matches!(sentence.body, [_, _, b'V', b'D', b'M' | b'O']);
            return bare.then_some(Err(Reject::BadFields));
        };
        let [t, u, b'V', b'D', last @ (b'M' | b'O'), b','] = *head else { return None };
        if !t.is_ascii_graphic() || !u.is_ascii_graphic() {
            return None;
        }
        Some(Self::fields([t, u], last == b'O', rest))
    }

    #[inline]
    fn fields(talker: [u8; 2], own: bool, rest: &'a [u8]) -> Result<Self, Reject> {
        let mut fields = rest.split(|&b| b == b',');
        // Behind the start, the address and its comma, and below four fields and theirs.
        let mut payload_at = 7;
        let mut next = || fields.next().ok_or(Reject::BadFields);
        let (total, number, sequence) = (next()?, next()?, next()?);
        let (channel, payload, fill) = (next()?, next()?, next()?);
        if fields.next().is_some() {
            return Err(Reject::BadFields);
        }
        for field in [total, number, sequence, channel] {
            payload_at += field.len() + 1;
        }
        let part = |field: &[u8]| match field {
            [digit @ b'1'..=b'9'] => Ok(digit - b'0'),
            _ => Err(Reject::BadFragment),
        };
        let (total, number) = (part(total)?, part(number)?);
        if number > total {
            return Err(Reject::BadFragment);
        }
        let sequence = match sequence {
            // On a single sentence it means nothing.
            _ if total == 1 => None,
            [] => None,
            [digit @ b'0'..=b'9'] => Some(digit - b'0'),
            [tens @ b'0'..=b'9', digit @ b'0'..=b'9'] => Some((tens - b'0') * 10 + digit - b'0'),
            _ => return Err(Reject::BadFragment),
        };
        let channel = Channel::new(channel).ok_or(Reject::BadFields)?;
        if payload.is_empty() {
            return Err(Reject::EmptyPayload);
        }
        let fill = match fill {
            [digit @ b'0'..=b'5'] => Ok(digit - b'0'),
            _ => Err(Reject::BadFill),
        };
        // The payload is checked where it is unpacked; a wrong fill field must not hide a wrong payload.
        match fill {
            Err(_) if !super::armor::is_sound(payload) => Err(Reject::BadArmor),
            fill => {
                Ok(Self { talker, own, total, number, sequence, channel, payload, payload_at, fill: fill? })
            }
        }
    }
}
