use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

const CAPACITY: usize = 40;

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGH: u64 = ONES * 0x80;
const BLANKS: u64 = ONES * 0x20;

/// Which bits of 16 characters lie behind the first `len`.
#[expect(clippy::indexing_slicing, reason = "while compiling")]
static BEHIND: [[u64; 2]; 17] = {
    let mut all = [[0; 2]; 17];
    let mut len = 0;
    while len < 16 {
        let mut place = len;
        while place < 16 {
            all[len][place / 8] |= 0xff << (place % 8 * 8);
            place += 1;
        }
        len += 1;
    }
    all
};

/// Eight characters without those that lie behind; and the high bit of a byte where one of the others is below a blank
/// or above `~`: there may be more such bits behind the first.
#[inline]
const fn blank_out(text: u64, behind: u64) -> (u64, u64) {
    let text = text & !behind;
    let shown = text | behind & BLANKS;
    (text, shown | shown.wrapping_add(ONES) | !shown.wrapping_add(ONES * (0x80 - 0x20)))
}

/// A short text of printable ASCII held in place: a vessel's name, call sign, destination. Never empty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    bytes: [u8; CAPACITY],
    len: u8,
}

impl Label {
    /// The longest text, in characters: an aid's name with its extension takes 34.
    pub const CAPACITY: usize = CAPACITY;

    /// `None` where it is empty, longer than [`Label::CAPACITY`] or not printable ASCII.
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        if text.is_empty() || !text.iter().all(|b| (0x20..0x7f).contains(b)) {
            return None;
        }
        let mut bytes = [0; CAPACITY];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { bytes, len: text.len() as u8 })
    }

    /// [`Label::new`] of the first `len` of 16 characters, without looking at them one by one.
    #[inline]
    #[must_use]
    pub fn front(text: [u8; 16], len: usize) -> Option<Self> {
        let behind = BEHIND.get(len)?;
        let (low, high) = text.split_first_chunk()?;
        let (low, high) = (u64::from_le_bytes(*low), u64::from_le_bytes(*high.first_chunk()?));
        let (low, wrong) = blank_out(low, behind[0]);
        let (high, more_wrong) = if len > 8 { blank_out(high, behind[1]) } else { (0, 0) };
        if (wrong | more_wrong) & HIGH != 0 || len == 0 {
            return None;
        }
        let mut bytes = [0; CAPACITY];
        *bytes.first_chunk_mut()? = low.to_le_bytes();
        *bytes.get_mut(8..)?.first_chunk_mut()? = high.to_le_bytes();
        Some(Self { bytes, len: len as u8 })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only printable ASCII ever gets in, so neither fallback can be reached.
        self.bytes.get(..usize::from(self.len)).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Label;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "1 to {CAPACITY} printable ASCII characters")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Label, E> {
                Label::new(text.as_bytes())
                    .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_printable_text_is_a_label() {
        assert_eq!(Label::new(b"EVER GIVEN").as_ref().map(Label::as_str), Some("EVER GIVEN"));
        for wrong in [&b""[..], b"\x01", b"caf\xc3\xa9", &[b'A'; CAPACITY + 1]] {
            assert_eq!(Label::new(wrong), None, "{wrong:?}");
        }
        assert!(Label::new(&[b'A'; CAPACITY]).is_some());
    }

    #[test]
    fn the_front_of_a_text_is_what_it_is_alone() {
        for len in 0..=17 {
            for (place, c) in (0..16).flat_map(|place| (0..=255).map(move |c| (place, c))) {
                let mut text = *b"ABCDEFGHIJKLMNO~";
                text[place] = c;
                assert_eq!(Label::front(text, len), text.get(..len).and_then(Label::new), "{text:?} {len}");
            }
        }
    }
}
