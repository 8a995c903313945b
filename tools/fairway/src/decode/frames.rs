//! Streams of frames: BeiDou RDSS and JT/T 808, as raw bytes or as one frame in hexadecimal notation per line.

use super::report::{Report, Summary};
use decoders::ais::Visit;
use decoders::{jt808, rdss};

/// The longest line of hexadecimal digits: what is longer is no frame.
const MAX_LINE: usize = 1 << 14;

/// One input.
pub struct Frames {
    name: Vec<u8>,
    stream: Stream,
    /// The input is lines of hexadecimal digits.
    hex: bool,
    /// Inside a line that was refused for its length.
    discarding: bool,
    bytes: Vec<u8>,
    /// Lines that are no frame in hexadecimal notation: no such digits, and too long.
    bad_lines: [u64; 2],
}

enum Stream {
    Rdss(rdss::Reader),
    Jt808(jt808::Reader),
}

impl Frames {
    pub fn rdss(name: &str, hex: bool) -> Self {
        Self::new(name, hex, Stream::Rdss(rdss::Reader::default()))
    }

    pub fn jt808(name: &str, hex: bool) -> Self {
        Self::new(name, hex, Stream::Jt808(jt808::Reader::default()))
    }

    fn new(name: &str, hex: bool, stream: Stream) -> Self {
        let name = name.as_bytes().to_vec();
        Self { name, stream, hex, discarding: false, bytes: Vec::new(), bad_lines: [0; 2] }
    }

    /// Reads what is whole in a buffer, and with `end` all of it; returns how many bytes are used up.
    pub fn drain(&mut self, buffer: &[u8], end: bool, report: &mut Report) -> usize {
        if !self.hex {
            return self.stream.drain(&self.name, buffer, end, None, report);
        }
        let mut rest = buffer;
        loop {
            let stop = rest.iter().position(|&b| b == b'\n');
            let line = rest.get(..stop.unwrap_or(rest.len())).unwrap_or_default();
            if stop.is_none() && !end && line.len() <= MAX_LINE {
                return buffer.len() - rest.len();
            }
            if !std::mem::replace(&mut self.discarding, stop.is_none() && !end) {
                self.line(line.trim_ascii(), report);
            }
            rest = stop.and_then(|stop| rest.get(stop + 1..)).unwrap_or_default();
            if rest.is_empty() {
                return buffer.len();
            }
        }
    }

    fn line(&mut self, line: &[u8], report: &mut Report) {
        let reason = match unhex(line, &mut self.bytes) {
            _ if line.is_empty() => return,
            _ if line.len() > MAX_LINE => "too_long",
            false => "bad_fields",
            true => {
                self.stream.drain(&self.name, &self.bytes, true, Some(line), report);
                return;
            }
        };
        let [bad_fields, too_long] = &mut self.bad_lines;
        *if reason == "too_long" { too_long } else { bad_fields } += 1;
        let line = line.get(..MAX_LINE).unwrap_or(line);
        report.refused(&self.name, reason, line);
    }

    /// The end of the input: everything is added up.
    pub fn end(self, summary: &mut Summary) {
        let [bad_fields, too_long] = self.bad_lines;
        summary.candidates += bad_fields + too_long;
        summary.reject("bad_fields", bad_fields);
        summary.reject("too_long", too_long);
        let (candidates, used, other) = match &self.stream {
            Stream::Rdss(reader) => (reader.candidates, reader.taken, reader.words),
            Stream::Jt808(reader) => (reader.candidates, reader.frames, 0),
        };
        summary.candidates += candidates;
        summary.messages += used;
        for (name, count) in [("used", used), ("pending", 0), ("duplicates", 0), ("other", other)] {
            summary.counter(name, count);
        }
        match &self.stream {
            Stream::Rdss(reader) => {
                let named = rdss::Reject::ALL.map(rdss::Reject::as_str).into_iter().zip(reader.rejects);
                named.for_each(|(name, count)| summary.reject(name, count));
            }
            Stream::Jt808(reader) => {
                let named = jt808::Reject::ALL.map(jt808::Reject::as_str).into_iter().zip(reader.rejects);
                named.for_each(|(name, count)| summary.reject(name, count));
            }
        }
    }
}

impl Stream {
    /// `line` is what the bytes came in, where that was a line of text.
    fn drain(
        &mut self,
        name: &[u8],
        bytes: &[u8],
        end: bool,
        line: Option<&[u8]>,
        report: &mut Report,
    ) -> usize {
        match self {
            Self::Rdss(reader) => reader.drain(bytes, end, |item| match item {
                rdss::Item::Binary(frame) => message(report, name, &frame.kind, &mut |out| frame.tell(out)),
                rdss::Item::Sentence(sentence) => {
                    message(report, name, sentence.address(), &mut |out| sentence.tell(out));
                }
                rdss::Item::Words(_) => {}
                rdss::Item::Reject { reason, bytes } => {
                    report.refused(name, reason.as_str(), line.unwrap_or(bytes));
                }
            }),
            Self::Jt808(reader) => reader.drain(bytes, end, |item| match item {
                jt808::Item::Frame(frame) => report.told("jt808", name, &mut |out| frame.tell(out)),
                jt808::Item::Reject { reason, bytes } => {
                    report.refused(name, reason.as_str(), line.unwrap_or(bytes));
                }
            }),
        }
    }
}

fn message(report: &mut Report, name: &[u8], kind: &[u8], tell: &mut dyn FnMut(&mut dyn Visit)) {
    report.told("rdss", name, &mut |out| {
        out.text("type", &String::from_utf8_lossy(kind));
        out.text("checksum", "ok");
        out.object("fields");
        tell(out);
        out.close();
    });
}

/// Hexadecimal digits to bytes, in place of what `out` held; blanks between them do not count.
fn unhex(text: &[u8], out: &mut Vec<u8>) -> bool {
    out.clear();
    let mut high = None;
    for &digit in text.iter().filter(|b| !b.is_ascii_whitespace()) {
        let Some(value) = char::from(digit).to_digit(16) else { return false };
        match high.take() {
            None => high = Some(value),
            Some(high) => out.push((high << 4 | value) as u8),
        }
    }
    high.is_none()
}
