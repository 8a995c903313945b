//! Payload characters to bits and back (IEC 61162-1, table of six-bit symbols): `0` to `W` and `` ` `` to `w`.

use crate::bits::{Bits, Field};

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * ONES;

/// Unpacks eight characters at a time, six bits each, into the front of `out`; what does not fit is left out.
/// `None` where any character is no symbol.
#[inline]
pub(super) fn unpack(chars: &[u8], out: &mut [u8]) -> Option<()> {
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

/// Whether every character is a symbol.
#[inline]
pub(super) fn is_sound(chars: &[u8]) -> bool {
    let (eights, tail) = chars.as_chunks::<8>();
    eights.iter().all(|eight| unpack_eight(*eight).is_some())
        && tail.iter().all(|c| matches!(c, b'0'..=b'W' | b'`'..=b'w'))
}

/// Eight characters in one word, one per byte: checked, mapped and packed all at once.
#[inline]
fn unpack_eight(chars: [u8; 8]) -> Option<[u8; 6]> {
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

/// Writes bits as characters behind `out`; returns how many fill bits the last one holds, 0 to 5.
pub(super) fn pack(bits: Bits<'_>, from: usize, to: usize, out: &mut Vec<u8>) -> u8 {
    let to = to.min(bits.len());
    let mut at = from;
    while at < to {
        let width = (to - at).min(6);
        let six = bits.u8(Field::at(at, width)).unwrap_or_default() << (6 - width);
        out.push(if six < 40 { six + 48 } else { six + 56 });
        at += width;
    }
    ((6 - to.saturating_sub(from) % 6) % 6) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_symbols_of_the_table_are_sound() {
        let mut value = 0;
        for c in 0..=255_u8 {
            let symbol = matches!(c, 0x30..=0x57 | 0x60..=0x77);
            for place in 0..9 {
                let mut chars = *b"000000000";
                chars[place] = c;
                let mut out = [0; 7];
                assert_eq!(unpack(&chars, &mut out).is_some(), symbol, "{c:#x}");
                assert_eq!(is_sound(&chars), symbol, "{c:#x}");
                if symbol {
                    let seen = Bits::new(&out, 54).u8(Field::at(place * 6, 6));
                    assert_eq!(seen, Some(value), "{c:#x} at {place}");
                }
            }
            value += u8::from(symbol);
        }
        assert_eq!(value, 64);
    }

    #[test]
    fn bits_come_back() {
        let bytes = [0x04, 0xd2, 0xff, 0x00, 0x7f, 0x81, 0x55, 0xaa, 0x12];
        for len in 1..=72 {
            let (mut chars, mut out) = (Vec::new(), [0; 12]);
            let fill = pack(Bits::new(&bytes, len), 0, len, &mut chars);
            assert_eq!(chars.len() * 6 - usize::from(fill), len);
            unpack(&chars, &mut out).unwrap();
            assert_eq!(Bits::new(&out, len), Bits::new(&bytes, len));
        }
    }
}
