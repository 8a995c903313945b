use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

const CAPACITY: usize = 40;

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
}
