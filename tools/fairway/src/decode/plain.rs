//! Fields for people: `name=value`, what is not available left out.

use decoders::ais::Visit;
use decoders::bits::Bits;
use std::fmt::Write;

/// One line in the making.
#[derive(Debug, Default)]
pub struct Plain {
    pub line: String,
    /// What closes the objects and arrays that are open.
    open: Vec<char>,
}

impl Plain {
    fn key(&mut self, key: &'static str) {
        if !self.line.ends_with(['{', '[', '\n']) && !self.line.is_empty() {
            self.line.push(' ');
        }
        if !key.is_empty() {
            self.line.push_str(key);
            self.line.push('=');
        }
    }

    fn open(&mut self, key: &'static str, open: char, close: char) {
        self.key(key);
        self.line.push(open);
        self.open.push(close);
    }
}

impl Visit for Plain {
    fn null(&mut self, _key: &'static str) {}

    fn flag(&mut self, key: &'static str, value: bool) {
        self.key(key);
        self.line.push_str(if value { "yes" } else { "no" });
    }

    fn int(&mut self, key: &'static str, value: i64) {
        self.key(key);
        let _ = write!(self.line, "{value}");
    }

    fn float(&mut self, key: &'static str, value: f64, decimals: u8) {
        self.key(key);
        let _ = write!(self.line, "{value:.0$}", usize::from(decimals));
    }

    fn text(&mut self, key: &'static str, value: &str) {
        self.key(key);
        let _ = write!(self.line, "{value:?}");
    }

    fn exact(&mut self, key: &'static str, value: f64) {
        self.key(key);
        let _ = write!(self.line, "{value}");
    }

    fn wide(&mut self, key: &'static str, octets: &[u8]) {
        self.hex(key, Bits::new(octets, octets.len() * 8));
    }

    fn hex(&mut self, key: &'static str, bits: Bits<'_>) {
        self.key(key);
        for byte in bits.bytes() {
            let _ = write!(self.line, "{byte:02x}");
        }
    }

    fn object(&mut self, key: &'static str) {
        self.open(key, '{', '}');
    }

    fn array(&mut self, key: &'static str) {
        self.open(key, '[', ']');
    }

    fn close(&mut self) {
        self.line.extend(self.open.pop());
    }
}
