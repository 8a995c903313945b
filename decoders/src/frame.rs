//! Lines out of a buffer that reads fill and drains empty.

use crate::simd::{Ends, Simd, WINDOW};

/// The longest line, in bytes, without its terminator.
pub const MAX_LINE: usize = 1024;

/// What was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A line without its terminator; never blank.
    Whole(&'a [u8]),
    /// The first [`MAX_LINE`] bytes of a longer line; the rest is thrown away.
    TooLong(&'a [u8]),
}

/// Cuts lines (ended by LF, CR or CRLF; blank ones skipped) out of a buffer that is drained from the front.
/// Where the buffer is cut makes no difference to what comes out.
#[derive(Clone, Debug)]
pub struct Framer {
    /// Inside a line that was already handed out as too long.
    discarding: bool,
    simd: Simd,
    ends: Box<Ends>,
}

impl Default for Framer {
    fn default() -> Self {
        Self { discarding: false, simd: Simd::default(), ends: Box::new([0; WINDOW + 2]) }
    }
}

impl Framer {
    /// Calls `line` for each line and returns how many bytes of `buffer` are used up: drop them, keep the rest,
    /// and read more behind it. The rest is never longer than [`MAX_LINE`].
    ///
    /// With `end` (end of a file, or a whole datagram) the rest counts as a line too, and nothing is left.
    #[inline(always)]
    pub fn drain<'a>(&mut self, buffer: &'a [u8], end: bool, mut line: impl FnMut(Line<'a>)) -> usize {
        let (mut start, mut window) = (0, 0);
        while let Some(text) = buffer.get(window..).filter(|text| !text.is_empty()) {
            let count = self.simd.line_ends(text, &mut self.ends);
            for place in self.ends.get(..count).unwrap_or_default() {
                let at = window + usize::from(*place);
                let Some(whole) = buffer.get(start..at) else { continue };
                start = at + 1;
                // The CR of a CRLF.
                let whole = if let [front @ .., b'\r'] = whole { front } else { whole };
                // It neither is blank nor ends with a terminator of its own.
                let usual = matches!(whole, [b'!'..=0xff, .., b'!'..=0xff]) && whole.len() <= MAX_LINE;
                if usual && !self.discarding {
                    line(Line::Whole(whole));
                } else if !std::mem::take(&mut self.discarding) {
                    judge(whole, &mut line);
                }
            }
            window += WINDOW;
        }
        let rest = buffer.get(start..).unwrap_or_default();
        let (too_long, discarding) = (rest.len() > MAX_LINE, self.discarding);
        if !(end || too_long || discarding) {
            return start;
        }
        self.discarding = !end;
        if !discarding {
            judge(rest, &mut line);
        }
        buffer.len()
    }
}

/// Tells of a line that may be blank or too long.
#[cold]
#[inline(never)]
fn judge<'a>(whole: &'a [u8], line: &mut impl FnMut(Line<'a>)) {
    let mut whole = whole;
    while let [front @ .., b'\r' | b'\n'] = whole {
        whole = front;
    }
    match whole.get(..MAX_LINE) {
        Some(head) if whole.len() > MAX_LINE => line(Line::TooLong(head)),
        _ if whole.trim_ascii_start().is_empty() => {}
        _ => line(Line::Whole(whole)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Everything cut from a stream that arrives in pieces of the given sizes, over and over.
    fn cut(stream: &[u8], sizes: &[usize]) -> Vec<(bool, Vec<u8>)> {
        let (mut framer, mut buffer, mut lines) = (Framer::default(), Vec::new(), Vec::new());
        let mut keep = |line: Line<'_>| {
            lines.push(match line {
                Line::Whole(text) => (true, text.to_vec()),
                Line::TooLong(head) => (false, head.to_vec()),
            });
        };
        let (mut rest, mut sizes) = (stream, sizes.iter().cycle());
        while !rest.is_empty() {
            let (now, later) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
            buffer.extend_from_slice(now);
            rest = later;
            let used = framer.drain(&buffer, false, &mut keep);
            buffer.drain(..used);
            assert!(buffer.len() <= MAX_LINE);
        }
        assert_eq!(framer.drain(&buffer, true, &mut keep), buffer.len());
        lines
    }

    #[test]
    fn lines_end_at_any_terminator() {
        let long = [b'x'; MAX_LINE + 1];
        let stream = [b"one\r\n\r\ntwo\rthree\n \t\n".as_slice(), &long, b"\nfour"].concat();
        let expected = [
            (true, b"one".to_vec()),
            (true, b"two".to_vec()),
            (true, b"three".to_vec()),
            (false, vec![b'x'; MAX_LINE]),
            (true, b"four".to_vec()),
        ];
        for sizes in [vec![1], vec![7, 3], vec![100_000]] {
            assert_eq!(cut(&stream, &sizes), expected, "{sizes:?}");
        }
    }

    proptest! {
        #[test]
        fn where_the_stream_is_cut_does_not_matter(
            runs in prop::collection::vec((prop::sample::select(&b"ab\r\n !"[..]), 1_usize..900), 0..24),
            sizes in prop::collection::vec(1_usize..700, 1..6),
        ) {
            let stream: Vec<u8> =
                runs.iter().flat_map(|&(byte, n)| std::iter::repeat_n(byte, n)).collect();
            prop_assert_eq!(cut(&stream, &sizes), cut(&stream, &[stream.len().max(1)]));
        }
    }
}
