//! What a short message carries: Chinese, digits, or both.

use crate::octets::hex_digit;
use encoding_rs::GB18030;

/// How the content is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Text in GB 18030.
    Chinese,
    /// Digits, two in a byte.
    Digits,
    /// Bytes: text in GB 18030, or what a maker put there.
    Mixed,
    /// A maker's position report: 0xA0 to 0xA2 in front.
    Position,
    /// Compressed; nothing public says how.
    Compressed,
}

impl Form {
    /// Its name for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chinese => "cn",
            Self::Digits => "bcd",
            Self::Mixed => "mix",
            Self::Position => "position",
            Self::Compressed => "compressed",
        }
    }
}

/// The content of a short message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content<'a> {
    /// How it is meant.
    pub form: Form,
    /// As it was sent, without the 0xA4 of mixed content.
    raw: &'a [u8],
    /// `raw` is hexadecimal digits.
    hex: bool,
    /// How many digits count, where they are [`Form::Digits`].
    digits: usize,
}

/// What stands in front of mixed content.
const MIXED: u8 = 0xa4;

impl<'a> Content<'a> {
    /// Of a binary frame: `chinese` as its category says, `bits` as its length does.
    #[must_use]
    pub fn binary(chinese: bool, bytes: &'a [u8], bits: usize) -> Self {
        let digits = bits.div_ceil(4);
        let (form, raw) = match bytes {
            _ if chinese => (Form::Chinese, bytes),
            [MIXED, rest @ ..] => (Form::Mixed, rest),
            [0xa0..=0xa2, ..] => (Form::Position, bytes),
            _ => (Form::Digits, bytes),
        };
        Self { form, raw, hex: false, digits }
    }

    /// Of a sentence: text as it is, digits and bytes in hexadecimal notation.
    #[must_use]
    pub fn sentence(form: Form, text: &'a [u8]) -> Self {
        // Text cannot look like this by chance: Chinese needs bytes above 0x80.
        let chinese_in_hex = |text: &[u8]| {
            let high = |pair: &[u8]| matches!(pair, [a, _] if hex_digit(*a) >= Some(8));
            !text.is_empty() && all_hex(text) && text.chunks(2).all(high)
        };
        let hex = match form {
            Form::Chinese => chinese_in_hex(text),
            _ => all_hex(text),
        };
        let (form, raw) = match (form, text) {
            (Form::Digits | Form::Mixed, [b'A' | b'a', b'4', rest @ ..]) if hex => (Form::Mixed, rest),
            (Form::Digits, [b'A' | b'a', b'0'..=b'2', ..]) if hex => (Form::Position, text),
            _ => (form, text),
        };
        Self { form, raw, hex, digits: raw.len() }
    }

    /// The bytes, in place of what `out` held; where the last hexadecimal digit has no partner, it gets a 0.
    pub fn bytes(&self, out: &mut Vec<u8>) {
        out.clear();
        if !self.hex {
            return out.extend_from_slice(self.raw);
        }
        out.extend(self.raw.chunks(2).map(|pair| {
            let digit = |place: usize| pair.get(place).and_then(|d| hex_digit(*d)).unwrap_or_default();
            digit(0) << 4 | digit(1)
        }));
    }

    /// The text; `None` where it is none: bytes that are no GB 18030, or a form that holds none.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let mut bytes = Vec::new();
        self.bytes(&mut bytes);
        match self.form {
            Form::Chinese | Form::Mixed => decode_text(&bytes),
            Form::Digits => Some(self.digits(&bytes)),
            Form::Position | Form::Compressed => None,
        }
    }

    /// Digits, without the one that only fills the last byte.
    fn digits(&self, bytes: &[u8]) -> String {
        let mut text: String = bytes
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .take(self.digits)
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .map(|digit| digit.to_ascii_uppercase())
            .collect();
        if text.ends_with('F') {
            text.pop();
        }
        text
    }
}

fn all_hex(text: &[u8]) -> bool {
    text.iter().all(|&b| hex_digit(b).is_some())
}

/// Text in GB 18030; `None` where the bytes are none.
pub(super) fn decode_text(bytes: &[u8]) -> Option<String> {
    GB18030.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}

/// Text as GB 18030 writes it.
pub(super) fn encode_text(text: &str) -> Vec<u8> {
    GB18030.encode(text).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_gives_its_text() {
        // The bytes of 我爱你 and 浙普渔 are those of the public frames.
        let cases: [(Content<'_>, Form, Option<&str>); 11] = [
            (Content::binary(true, b"\xce\xd2\xb0\xae\xc4\xe3", 48), Form::Chinese, Some("我爱你")),
            (Content::binary(false, b"\xa4hi", 24), Form::Mixed, Some("hi")),
            (Content::binary(false, b"\x12\x34\x5f", 24), Form::Digits, Some("12345")),
            (Content::binary(false, b"\x12\x34\x50", 20), Form::Digits, Some("12345")),
            (Content::binary(false, b"\xa0\x01", 16), Form::Position, None),
            (Content::sentence(Form::Mixed, b"A4D5E3C6D5D3E6"), Form::Mixed, Some("浙普渔")),
            (Content::sentence(Form::Digits, b"A468656C6C6F"), Form::Mixed, Some("hello")),
            (Content::sentence(Form::Digits, b"12345"), Form::Digits, Some("12345")),
            (Content::sentence(Form::Chinese, b"\xce\xd2*,$1"), Form::Chinese, Some("我*,$1")),
            (Content::sentence(Form::Chinese, b"CED2B0AE"), Form::Chinese, Some("我爱")),
            (Content::sentence(Form::Mixed, b"A4BF13ECHELLO"), Form::Mixed, Some("A4BF13ECHELLO")),
        ];
        for (content, form, text) in cases {
            assert_eq!((content.form, content.text().as_deref()), (form, text), "{content:?}");
        }
        let mut bytes = Vec::new();
        Content::sentence(Form::Mixed, b"A4123").bytes(&mut bytes);
        assert_eq!(bytes, [0x12, 0x30]);
        assert_eq!(Content::binary(true, b"\xff\xff", 16).text(), None);
        assert_eq!(decode_text(&encode_text("浙普渔12345")).as_deref(), Some("浙普渔12345"));
    }
}
