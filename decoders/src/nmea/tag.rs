//! TAG blocks (NMEA 0183 4.x, IEC 61162-450): `\s:station,c:time,...*hh\` in front of a sentence.

use super::plain::says;
use super::sentence::checksum_ok;
use super::time::epoch;
use crate::simd::Simd;
use units::{Label, UtcTime};

/// What the TAG blocks before a sentence say. A code that is not there is `None`; unknown codes stay in the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// `s`: the station that heard it, cut at [`Label::CAPACITY`] characters.
    pub source: Option<Label>,
    /// `c`: when, from seconds, or milliseconds where the number is large.
    pub time: Option<UtcTime>,
    /// `g`: which sentences belong together.
    pub group: Option<Group>,
    /// `n`: the line's number.
    pub line_count: Option<u32>,
    /// `d`: for whom, cut likewise.
    pub destination: Option<Label>,
    /// `r`: seconds since something the sender knows.
    pub relative_time: Option<u32>,
    /// `t`: free text.
    pub text: Option<Note>,
    /// `i`: information.
    pub information: Option<Note>,
}

/// One sentence's place among those that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its number, 1 to `total`.
    pub number: u8,
    /// How many there are.
    pub total: u8,
    /// What they share, as sent.
    pub id: Label,
}

/// A free text in a TAG block, bytes as sent, cut at 80.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Note {
    bytes: [u8; 80],
    len: u8,
}

impl Note {
    fn new(text: &[u8]) -> Self {
        let mut note = Self { bytes: [0; 80], len: text.len().min(80) as u8 };
        note.bytes.iter_mut().zip(text).for_each(|(place, byte)| *place = *byte);
        note
    }

    /// The text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl std::fmt::Debug for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&String::from_utf8_lossy(self.as_bytes()), f)
    }
}

/// A TAG block at the very front of a line, from between its two `\`, and what follows it.
#[cold]
pub(super) fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = line.strip_prefix(b"\\")?;
    let (block, rest) = inside.split_at_checked(memchr::memchr(b'\\', inside)?)?;
    Some((block, rest.get(1..)?))
}

impl Tag {
    /// Forgets everything, and writes less than a new one would.
    pub(super) fn clear(&mut self) {
        let Self { source, time, group, line_count, destination, relative_time, text, information } = self;
        (*source, *time, *group, *line_count) = (None, None, None, None);
        (*destination, *relative_time, *text, *information) = (None, None, None, None);
    }

    /// Reads the block at the front of a line where it is as stations write it: `\s:station,c:seconds*hh\`, with
    /// `,g:number-total-id` on the parts of a message. Gives what follows. `None`, and nothing read, for any other.
    #[inline(always)]
    pub(super) fn read_usual<'a>(
        &mut self,
        line: &'a [u8],
        last: &mut Seconds,
        simd: Simd,
    ) -> Option<&'a [u8]> {
        let front = line.first_chunk::<64>()?;
        let (source, at) = name(front, 3, b',').filter(|_| front.starts_with(b"\\s:"))?;
        let [b',', b'c', b':'] = *front.get(at..)?.first_chunk()? else { return None };
        let digits = front.get(at + 3..)?.first_chunk()?;
        if last.digits != *digits {
            *last = Seconds::read(digits)?;
        }
        let (group, star) = match front.get(at + 13)? {
            b',' => usual_group(front, at + 13).map(|(group, star)| (Some(group), star))?,
            _ => (None, at + 13),
        };
        let [b'*', high, low, b'\\'] = *front.get(star..)?.first_chunk()? else { return None };
        if !says(u16::from_le_bytes([high, low]), simd.sum_front(front, star) ^ b'\\') {
            return None;
        }
        self.source = Some(source);
        self.time = Some(last.time);
        if group.is_some() {
            self.group = group;
        }
        line.get(star + 4..)
    }

    /// Adds what a block says, from between its two `\`. `None`, and nothing added, where its checksum is wrong
    /// or absent.
    pub(super) fn read(&mut self, block: &[u8]) -> Option<()> {
        let (fields, digits) = block.split_last_chunk::<3>()?;
        let [b'*', high, low] = *digits else { return None };
        if !checksum_ok(fields, high, low) {
            return None;
        }
        for field in fields.split(|&b| b == b',') {
            // The value may hold colons of its own.
            let Some(colon) = memchr::memchr(b':', field) else { continue };
            let (code, value) = field.split_at(colon);
            self.set(code, value.get(1..).unwrap_or_default());
        }
        Some(())
    }

    fn set(&mut self, code: &[u8], value: &[u8]) {
        match code {
            b"s" => self.source = cut(value),
            b"c" => self.time = epoch(value),
            b"g" => self.group = group(value),
            b"n" => self.line_count = number(value),
            b"d" => self.destination = cut(value),
            b"r" => self.relative_time = number(value),
            b"t" => self.text = Some(Note::new(value)),
            b"i" => self.information = Some(Note::new(value)),
            // The older way to write a group: `1G2:id`.
            [number @ b'1'..=b'9', b'G', total @ b'1'..=b'9'] => {
                self.group = cut(value).map(|id| Group { number: number - b'0', total: total - b'0', id });
            }
            _ => {}
        }
    }

    /// Takes over what `other` says and this one does not.
    pub(super) fn fill(&mut self, other: &Self) {
        self.source = self.source.or(other.source);
        self.time = self.time.or(other.time);
        self.group = self.group.or(other.group);
        self.line_count = self.line_count.or(other.line_count);
        self.destination = self.destination.or(other.destination);
        self.relative_time = self.relative_time.or(other.relative_time);
        self.text = self.text.or(other.text);
        self.information = self.information.or(other.information);
    }
}

fn cut(value: &[u8]) -> Option<Label> {
    Label::new(value.get(..Label::CAPACITY).unwrap_or(value))
}

/// `,g:number-total-id` from `at` on, and where it ends.
fn usual_group(front: &[u8; 64], at: usize) -> Option<(Group, usize)> {
    let [b',', b'g', b':', number @ b'1'..=b'9', b'-', total @ b'1'..=b'9', b'-'] =
        *front.get(at..)?.first_chunk()?
    else {
        return None;
    };
    let (id, star) = name(front, at + 7, b'*').filter(|(id, _)| !id.as_str().contains(','))?;
    Some((Group { number: number - b'0', total: total - b'0', id }, star))
}

/// The time in the TAG block before: many lines share a second.
#[derive(Clone, Debug)]
pub(super) struct Seconds {
    digits: [u8; 10],
    time: UtcTime,
}

impl Default for Seconds {
    fn default() -> Self {
        Self { digits: *b"0000000000", time: UtcTime::from_unix_s(0) }
    }
}

impl Seconds {
    #[inline(never)]
    fn read(digits: &[u8; 10]) -> Option<Self> {
        number(digits.get(..5)?).zip(number(digits.get(5..)?)).map(|(high, low)| Self {
            digits: *digits,
            time: UtcTime::from_unix_s(i64::from(high) * 100_000 + i64::from(low)),
        })
    }
}

/// The word of up to 16 characters from `at` on, and where it ends: at `end`, which must come before any `\`.
#[inline(always)]
fn name(front: &[u8; 64], at: usize, end: u8) -> Option<(Label, usize)> {
    let text = front.get(at..)?.first_chunk()?;
    let (eight, more) = text.split_first_chunk()?;
    let len = match ending(*eight, end)? {
        8 => 8 + ending(*more.first_chunk()?, end)?,
        len => len,
    };
    Some((Label::front(*text, len)?, at + len))
}

/// Where `end` is among eight characters, 8 where it is not there. `None` where a `\` comes before it.
#[inline(always)]
fn ending(text: [u8; 8], end: u8) -> Option<usize> {
    let word = u64::from_le_bytes(text);
    let (end, stop) =
        (zero_bytes(word ^ (ONES * u64::from(end))), zero_bytes(word ^ (ONES * u64::from(b'\\'))));
    let place = end.trailing_zeros();
    // Both are 64 where neither is there.
    (place <= stop.trailing_zeros()).then_some(place as usize / 8)
}

const ONES: u64 = u64::from_le_bytes([1; 8]);

/// The high bit of the first byte that is zero, and perhaps of some behind it.
#[inline(always)]
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & (ONES * 0x80)
}

/// `number-total-id`.
fn group(value: &[u8]) -> Option<Group> {
    let mut parts = value.splitn(3, |&b| b == b'-');
    let mut small = || u8::try_from(number(parts.next()?)?).ok().filter(|&n| n > 0);
    let (number, total) = (small()?, small()?);
    Some(Group { number, total, id: cut(parts.next()?)? })
}

/// A decimal number of up to nine digits.
fn number(digits: &[u8]) -> Option<u32> {
    let sound = (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    sound.then(|| digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
}
