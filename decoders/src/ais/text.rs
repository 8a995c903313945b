//! Six-bit text (Annex 8, Table 47).

use crate::bits::{BitWriter, Bits, Field};
use std::fmt;
use units::Label;

/// A text field as it was sent: up to `N` characters of the six-bit alphabet, unused ones `@`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<const N: usize> {
    chars: [u8; N],
    len: u8,
}

impl<const N: usize> Text<N> {
    /// No text: every character is `@`.
    pub const BLANK: Self = Self { chars: [b'@'; N], len: N as u8 };

    /// Nothing at all, not even `@`: the field is not there.
    pub const ABSENT: Self = Self { chars: [b'@'; N], len: 0 };

    /// A text, cut at `N` characters. Lower case becomes upper case and what the alphabet lacks becomes a blank.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut out = Self::BLANK;
        for (place, c) in out.chars.iter_mut().zip(text.chars()) {
            *place = six(c);
        }
        out
    }

    /// As [`Text::new`], but only `len` characters of the field: for one that need not be sent whole.
    #[must_use]
    pub fn part(text: &str, len: usize) -> Self {
        Self { len: len.min(N) as u8, ..Self::new(text) }
    }

    /// From a label; `None` is no text.
    #[must_use]
    pub fn from_label(label: Option<Label>) -> Self {
        label.map_or(Self::BLANK, |label| Self::new(label.as_str()))
    }

    #[inline(always)]
    pub(super) fn decode(bits: Bits<'_>, field: Field) -> Self {
        let mut out = Self::ABSENT;
        let len = (bits.len().saturating_sub(field.start()) / 6).min(N);
        out.len = len as u8;
        if len == 0 {
            return out;
        }
        let (eights, tail) = out.chars.as_chunks_mut::<8>();
        let mut at = field.start();
        for eight in eights {
            *eight = letters(bits, at);
            at += 48;
        }
        tail.iter_mut().zip(letters(bits, at)).for_each(|(place, letter)| *place = letter);
        if len < N {
            out.chars.iter_mut().skip(len).for_each(|place| *place = b'@');
        }
        out
    }

    /// Every character that was sent, `@` and blanks included, as ASCII.
    #[must_use]
    pub fn sent(&self) -> &[u8] {
        self.chars.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The text: up to the first `@`, without trailing blanks; `None` where that leaves nothing.
    #[must_use]
    pub fn label(&self) -> Option<Label> {
        label(self.sent())
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(self.sent()), f)
    }
}

/// Eight characters from bit `at` on.
#[inline(always)]
fn letters(bits: Bits<'_>, at: usize) -> [u8; 8] {
    let sixes = u64::from_ne_bytes(bits.eight_sixes(at));
    // Those below 32 are the letters, 64 higher up.
    let low = !sixes & 0x2020_2020_2020_2020;
    (sixes | low << 1).to_ne_bytes()
}

/// Cuts at the first `@`, then trailing blanks.
pub(super) fn label(sent: &[u8]) -> Option<Label> {
    Label::new(cut(sent))
}

fn cut(sent: &[u8]) -> &[u8] {
    let used = sent.iter().position(|&c| c == b'@').and_then(|at| sent.get(..at)).unwrap_or(sent);
    let end = used.iter().rposition(|&c| c != b' ').map_or(0, |last| last + 1);
    used.get(..end).unwrap_or_default()
}

/// Room for any text: as many characters as the longest payload that a [`crate::nmea::Reader`] keeps.
pub const MOST_CHARS: usize = 2048;

/// The text from bit `from` on: whole characters, up to the first `@`, without trailing blanks; `None` where that
/// leaves nothing. What has no room is cut.
pub(super) fn read<'r>(bits: Bits<'_>, from: usize, room: &'r mut [u8; MOST_CHARS]) -> Option<&'r str> {
    let mut len = 0;
    let field = Field::at(from, bits.len().saturating_sub(from));
    for (place, six) in room.iter_mut().zip(bits.sixes(field)) {
        *place = if six < 32 { six + 64 } else { six };
        len += 1;
    }
    let text = cut(room.get(..len)?);
    std::str::from_utf8(text).ok().filter(|text| !text.is_empty())
}

/// Writes a text behind what `out` holds. Lower case becomes upper case and what the alphabet lacks a blank.
pub(super) fn push(text: &str, out: &mut BitWriter) {
    for c in text.chars() {
        out.push(i64::from(six(c) & 63), 6);
    }
}

fn six(c: char) -> u8 {
    match c.to_ascii_uppercase() {
        c @ ' '..='_' if c != '@' => c as u8,
        _ => b' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::BitWriter;

    const FIELD: Field = Field::first(72);

    #[test]
    fn text_is_cut_at_the_first_at_sign() {
        let cases = [
            ("EVER GIVEN", Some("EVER GIVEN")),
            ("  leading  ", Some("  LEADING")),
            ("A@B", Some("A B")), // Only the sender's padding is an at sign.
            ("L'_^[\\]?", Some("L'_^[\\]?")),
            ("żółw", Some("   W")),
            ("", None),
            ("   ", None),
            ("ABCDEFGHIJKLMNOP", Some("ABCDEFGHIJKL")),
        ];
        for (text, expected) in cases {
            let sent = Text::<12>::new(text);
            let mut out = BitWriter::new();
            out.put_text(FIELD, sent.sent());
            let back = Text::<12>::decode(out.bits(), FIELD);
            assert_eq!(back, sent);
            assert_eq!(back.label().as_ref().map(Label::as_str), expected, "{text}");
        }
        assert_eq!(label(b"AB@CD"), Label::new(b"AB"));
        assert_eq!(Text::<12>::decode(Bits::new(&[0x04, 0x10], 11), FIELD).sent(), b"A");
    }
}
