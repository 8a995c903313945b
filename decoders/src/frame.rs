//! Lines out of a buffer that reads fill and drains empty.

use memchr::memchr2;

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
#[derive(Clone, Debug, Default)]
pub struct Framer {
    /// Inside a line that was already handed out as too long.
    discarding: bool,
}

impl Framer {
    /// Calls `line` for each line and returns how many bytes of `buffer` are used up: drop them, keep the rest,
    /// and read more behind it. The rest is never longer than [`MAX_LINE`].
    ///
    /// With `end` (end of a file, or a whole datagram) the rest counts as a line too, and nothing is left.
    pub fn drain<'a>(&mut self, buffer: &'a [u8], end: bool, mut line: impl FnMut(Line<'a>)) -> usize {
        let mut rest = buffer;
        while let Some(at) = memchr2(b'\n', b'\r', rest) {
            let (whole, behind) = rest.split_at(at);
            rest = behind.get(1..).unwrap_or_default();
            if !std::mem::take(&mut self.discarding) {
                hand(whole, &mut line);
            }
        }
        if end {
            if !std::mem::take(&mut self.discarding) {
                hand(rest, &mut line);
            }
            return buffer.len();
        }
        if self.discarding {
            return buffer.len();
        }
        if rest.len() > MAX_LINE {
            hand(rest, &mut line);
            self.discarding = true;
            return buffer.len();
        }
        buffer.len() - rest.len()
    }
}

#[inline]
fn hand<'a>(whole: &'a [u8], line: &mut impl FnMut(Line<'a>)) {
    match whole.split_at_checked(MAX_LINE) {
        Some((head, [_, ..])) => line(Line::TooLong(head)),
        _ if whole.trim_ascii().is_empty() => {}
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
