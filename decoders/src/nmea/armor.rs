//! Payload characters to bits and back (IEC 61162-1, table of six-bit symbols): `0` to `W` and `` ` `` to `w`.

use crate::bits::{Bits, Field};
pub(super) use crate::simd::unpack_chars as unpack;
use crate::simd::unpack_eight;

/// Whether every character is a symbol.
#[inline]
pub(super) fn is_sound(chars: &[u8]) -> bool {
    let (eights, tail) = chars.as_chunks::<8>();
    eights.iter().all(|eight| unpack_eight(*eight).is_some())
        && tail.iter().all(|c| matches!(c, b'0'..=b'W' | b'`'..=b'w'))
}

/// Writes bits as characters behind `out`; returns how many fill bits the last one holds, 0 to 5.
pub(crate) fn pack(bits: Bits<'_>, from: usize, to: usize, out: &mut Vec<u8>) -> u8 {
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
