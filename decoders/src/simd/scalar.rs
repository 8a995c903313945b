//! Eight bytes at a time, in the words of any machine.

use super::{BLOCK, Ends, gather};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * ONES;

pub(super) fn line_ends(text: &[u8], ends: &mut Ends) -> usize {
    text.chunks(BLOCK).zip((0..).step_by(BLOCK)).fold(0, |count, (block, base)| {
        gather(places(block, b'\n') | places(block, b'\r'), base, ends, count)
    })
}

pub(super) fn unpack(text: &[u8], from: usize, to: usize, out: &mut [u8]) -> Option<u8> {
    unpack_chars(text.get(from..to)?, out)?;
    Some(checksum(text))
}

/// Where `c` is among up to 64 bytes: bit `n` is byte `n`.
#[inline]
fn places(block: &[u8], c: u8) -> u64 {
    let (eights, tail) = block.as_chunks::<8>();
    let mut all = 0;
    for (eight, place) in eights.iter().zip((0..).step_by(8)) {
        all |= places_in(u64::from_le_bytes(*eight), c) << place;
    }
    if !tail.is_empty() {
        let mut eight = [!c; 8];
        eight.iter_mut().zip(tail).for_each(|(place, byte)| *place = *byte);
        all |= places_in(u64::from_le_bytes(eight), c) << (eights.len() * 8);
    }
    all
}

/// The same among the eight bytes of a word.
#[inline]
fn places_in(word: u64, c: u8) -> u64 {
    let differing = word ^ (u64::from(c) * ONES);
    // The high bit of each byte says whether it is `c`; no byte carries over.
    let equal = !(((differing & !HIGH) + !HIGH) | differing) & HIGH;
    (equal >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// The xor of all bytes.
#[inline]
pub(crate) fn checksum(text: &[u8]) -> u8 {
    let (eights, tail) = text.as_chunks::<8>();
    let word = eights.iter().fold(0, |sum, eight| sum ^ u64::from_ne_bytes(*eight));
    tail.iter().fold(fold(word), |sum, byte| sum ^ byte)
}

/// The xor of the bytes of a word.
#[inline]
fn fold(word: u64) -> u8 {
    let word = word ^ word >> 32;
    let word = word ^ word >> 16;
    (word ^ word >> 8) as u8
}

/// Unpacks characters, six bits each, into the front of `out`; what does not fit is left out. `None` where any
/// character is no symbol.
#[inline]
pub(crate) fn unpack_chars(chars: &[u8], out: &mut [u8]) -> Option<()> {
    let (eights, tail) = chars.as_chunks::<8>();
    let (sixes, end) = out.as_chunks_mut::<6>();
    let mut sixes = sixes.iter_mut();
    for (eight, six) in eights.iter().zip(&mut sixes) {
        *six = unpack_eight(*eight)?;
    }
    if !tail.is_empty() {
        let mut eight = [b'0'; 8];
        eight.iter_mut().zip(tail).for_each(|(place, c)| *place = *c);
        let six = unpack_eight(eight)?;
        let room = sixes.next().map_or(end, |six| six);
        room.iter_mut().zip(six).for_each(|(place, byte)| *place = byte);
    }
    Some(())
}

/// Eight characters in one word, one per byte: checked, mapped and packed all at once.
#[inline]
pub(crate) fn unpack_eight(chars: [u8; 8]) -> Option<[u8; 6]> {
    let x = u64::from_be_bytes(chars);
    // The high bit of each byte says whether that byte is at least the character; no byte carries over.
    let at_least = |c: u8| x.wrapping_add(u64::from(0x80 - c) * ONES);
    let upper = at_least(b'`');
    let wrong = x | !at_least(b'0') | (at_least(b'X') & !upper) | at_least(b'x');
    if wrong & HIGH != 0 {
        return None;
    }
    let v = x.wrapping_sub(0x30 * ONES).wrapping_sub((upper & HIGH) >> 4);
    let v = (v & 0x3f00_3f00_3f00_3f00) >> 2 | v & 0x003f_003f_003f_003f;
    let v = (v & 0x0fff_0000_0fff_0000) >> 4 | v & 0x0000_0fff_0000_0fff;
    let v = (v >> 32) << 24 | v & 0x00ff_ffff;
    let [_, _, six @ ..] = v.to_be_bytes();
    Some(six)
}
