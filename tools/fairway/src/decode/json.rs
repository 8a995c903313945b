//! JSON written straight into bytes: no tree, no allocation per value.

use decoders::ais::Visit;
use decoders::bits::Bits;
use std::io::Write;

/// Writes values one after the other; the commas are its own affair.
#[derive(Debug, Default)]
pub struct Json {
    out: Vec<u8>,
    /// What closes the objects and arrays that are open.
    open: Vec<u8>,
}

impl Json {
    /// What has been written.
    pub fn bytes(&self) -> &[u8] {
        &self.out
    }

    /// Forgets what has been written, keeps the memory.
    pub fn clear(&mut self) {
        self.out.clear();
    }

    /// An object of its own: one line.
    pub fn line(&mut self) {
        self.out.push(b'{');
    }

    /// Ends the line's object and the line.
    pub fn end_line(&mut self) {
        self.out.extend_from_slice(b"}\n");
    }

    /// Where writing has come to, for [`Json::back`].
    pub fn place(&self) -> usize {
        self.out.len()
    }

    /// Takes back everything since a place.
    pub fn back(&mut self, place: usize) {
        self.out.truncate(place);
    }

    /// An unsigned number, however large.
    pub fn count(&mut self, key: &'static str, value: u64) {
        self.key(key);
        self.digits(value);
    }

    /// Bytes read as Latin-1: every byte is the character of its number.
    pub fn latin1(&mut self, key: &'static str, bytes: &[u8]) {
        self.key(key);
        self.out.push(b'"');
        for &byte in bytes {
            self.character(char::from(byte));
        }
        self.out.push(b'"');
    }

    /// Seconds, exact to the nanosecond.
    pub fn seconds(&mut self, key: &'static str, ns: i64) {
        self.key(key);
        self.decimal(ns, 9);
    }

    fn key(&mut self, key: &'static str) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[' | b'\n')) {
            self.out.push(b',');
        }
        if !key.is_empty() {
            self.out.push(b'"');
            self.out.extend_from_slice(key.as_bytes());
            self.out.extend_from_slice(b"\":");
        }
    }

    fn digits(&mut self, mut value: u64) {
        let mut digits = [0; 20];
        let mut used = 0;
        for place in digits.iter_mut().rev() {
            *place = b'0' + (value % 10) as u8;
            value /= 10;
            used += 1;
            if value == 0 {
                break;
            }
        }
        self.out.extend_from_slice(digits.get(20 - used..).unwrap_or_default());
    }

    /// A number of `value` by ten to the power of `-decimals`, without zeros at its end.
    fn decimal(&mut self, value: i64, decimals: u8) {
        if value < 0 {
            self.out.push(b'-');
        }
        let scale = 10_u64.pow(decimals.min(19).into());
        let value = value.unsigned_abs();
        self.digits(value / scale);
        let (mut part, mut left) = (value % scale, decimals);
        if part == 0 {
            return;
        }
        while part.is_multiple_of(10) {
            part /= 10;
            left -= 1;
        }
        self.out.push(b'.');
        let start = self.out.len();
        self.digits(part);
        let zeros = usize::from(left).saturating_sub(self.out.len() - start);
        self.out.splice(start..start, std::iter::repeat_n(b'0', zeros));
    }

    fn character(&mut self, c: char) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        match c {
            '"' | '\\' => self.out.extend_from_slice(&[b'\\', c as u8]),
            // Control characters, and those that some readers of text take for line ends.
            '\0'..='\x1f' | '\x7f'..='\u{9f}' => {
                let digit = |n: u32| HEX.get(n as usize & 15).copied().unwrap_or_default();
                let n = c as u32;
                self.out.extend_from_slice(b"\\u00");
                self.out.extend_from_slice(&[digit(n >> 4), digit(n)]);
            }
            _ if c.is_ascii() => self.out.push(c as u8),
            _ => self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

impl Visit for Json {
    fn null(&mut self, key: &'static str) {
        self.key(key);
        self.out.extend_from_slice(b"null");
    }

    fn flag(&mut self, key: &'static str, value: bool) {
        self.key(key);
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn int(&mut self, key: &'static str, value: i64) {
        self.key(key);
        self.decimal(value, 0);
    }

    fn float(&mut self, key: &'static str, value: f64, decimals: u8) {
        self.key(key);
        let before = self.out.len();
        self.decimal((value * 10_f64.powi(decimals.into())).round() as i64, decimals);
        // Whole numbers of a field that has decimals stay apart from integers.
        if !self.out.get(before..).unwrap_or_default().contains(&b'.') {
            self.out.extend_from_slice(b".0");
        }
    }

    fn text(&mut self, key: &'static str, value: &str) {
        self.key(key);
        self.out.push(b'"');
        value.chars().for_each(|c| self.character(c));
        self.out.push(b'"');
    }

    fn exact(&mut self, key: &'static str, value: f64) {
        self.key(key);
        if value.is_finite() {
            // The shortest digits that give the same number again.
            let _ = write!(self.out, "{value:?}");
        } else {
            self.out.extend_from_slice(b"null");
        }
    }

    fn wide(&mut self, key: &'static str, octets: &[u8]) {
        self.key(key);
        self.out.extend_from_slice(b"\"0x");
        let before = self.out.len();
        for octet in octets {
            let _ = write!(self.out, "{octet:02x}");
        }
        let zeros = self.out.iter().skip(before).take_while(|digit| **digit == b'0').count();
        self.out.drain(before..before + zeros);
        self.out.push(b'"');
    }

    fn hex(&mut self, key: &'static str, bits: Bits<'_>) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        self.key(key);
        self.out.push(b'"');
        let mut left = bits.len();
        for &byte in bits.bytes() {
            // What lies behind the last bit is undefined.
            let byte = if left < 8 { byte & !(0xff >> left) } else { byte };
            left = left.saturating_sub(8);
            for n in [byte >> 4, byte & 15] {
                self.out.extend(HEX.get(usize::from(n)));
            }
        }
        self.out.push(b'"');
    }

    fn object(&mut self, key: &'static str) {
        self.key(key);
        self.out.push(b'{');
        self.open.push(b'}');
    }

    fn array(&mut self, key: &'static str) {
        self.key(key);
        self.out.push(b'[');
        self.open.push(b']');
    }

    fn close(&mut self) {
        self.out.extend(self.open.pop());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_json_has_them() {
        let mut json = Json::default();
        json.line();
        json.null("a");
        json.flag("b", true);
        json.int("c", i64::MIN);
        json.count("d", u64::MAX);
        for (value, decimals) in
            [(0.0, 1), (-0.05, 2), (12.3, 1), (121.990_000_1, 7), (-0.000_000_4, 7), (102.0, 1)]
        {
            json.float("f", value, decimals);
        }
        json.seconds("s", 1_459_382_400_120_000_000);
        json.seconds("s", 1_700_000_000_000_000_000);
        json.latin1("l", b"\xe9\"\\\n\x85/");
        json.text("t", "L'A\"B");
        json.hex("h", Bits::new(&[0xab, 0xff], 11));
        json.hex("h", Bits::new(&[], 0));
        json.exact("x", 0.700_000_000_000_000_1);
        json.exact("x", -105.0);
        json.exact("x", f64::NAN);
        json.wide("w", &[0, 0x0c, 0x07, 0, 0, 0, 0, 0xff]);
        json.object("o");
        json.array("e");
        json.int("", -1);
        json.object("");
        json.close();
        json.close();
        json.close();
        let place = json.place();
        json.int("gone", 1);
        json.back(place);
        json.end_line();
        let expected = "{\"a\":null,\"b\":true,\"c\":-9223372036854775808,\"d\":18446744073709551615,\"f\":0.0,\"f\":-0.05,\
            \"f\":12.3,\"f\":121.9900001,\"f\":-0.0000004,\"f\":102.0,\"s\":1459382400.12,\"s\":1700000000,\
            \"l\":\"\u{e9}\\\"\\\\\\u000a\\u0085/\",\"t\":\"L'A\\\"B\",\"h\":\"abe0\",\"h\":\"\",\
            \"x\":0.7000000000000001,\"x\":-105.0,\"x\":null,\"w\":\"0xc0700000000ff\",\
            \"o\":{\"e\":[-1,{}]}}\n";
        assert_eq!(std::str::from_utf8(json.bytes()), Ok(expected));
        assert!(serde_json::from_slice::<serde_json::Value>(json.bytes()).is_ok());
    }
}
