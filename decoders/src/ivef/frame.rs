//! Messages out of a stream. They have no length and no separator: one ends with the end tag of its root (V-145's
//! reference implementation cuts there), and what is between two is space, a prolog or a comment.

use super::MAX_MESSAGE;

/// What is between two messages and longer than this is garbage, whatever it began as.
const MAX_GAP: usize = 4096;
/// The longest start of a root that is waited for: `<`, a prefix, `MSG_` and the name.
const MAX_NAME: usize = 64;
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// What was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut<'a> {
    /// From the root's begin to its end.
    Whole(&'a [u8]),
    /// What no message begins with, up to [`MAX_GAP`] of it.
    Garbage(&'a [u8]),
    /// A message inside which the next one begins, or the stream ends.
    Unfinished(&'a [u8]),
    /// The head of a message above [`MAX_MESSAGE`]; the rest is thrown away.
    TooLong(&'a [u8]),
}

/// Cuts messages from the front of a buffer. Where the buffer ends makes no difference to what comes out.
#[derive(Clone, Debug, Default)]
pub(super) struct Framer {
    /// Up to here the buffer has been searched for the end of the message at its front.
    searched: usize,
    /// Everything up to the next root was already handed out in part.
    skipping: bool,
}

enum Probe {
    Yes,
    No,
    /// More bytes would tell.
    Perhaps,
}

impl Framer {
    /// The next piece, and how many bytes of the buffer are done with. Without a piece it wants more bytes behind
    /// the rest.
    pub fn next<'a>(&mut self, buffer: &'a [u8], end: bool) -> (usize, Option<Cut<'a>>) {
        let mut used = 0;
        loop {
            let rest = buffer.get(used..).unwrap_or_default();
            if self.skipping {
                let (skipped, found) = next_root(rest, 0, end);
                used += skipped;
                if !found {
                    return (used, None);
                }
                self.skipping = false;
                continue;
            }
            let blank = blank(rest);
            if blank > 0 {
                used += blank;
                continue;
            }
            if rest.is_empty() {
                return (used, None);
            }
            return match root(rest, end) {
                Probe::Yes => {
                    let (bytes, cut) = self.message(rest, end);
                    (used + bytes, cut)
                }
                Probe::Perhaps => (used, None),
                Probe::No => {
                    let (bytes, cut) = self.gap(rest, end);
                    if bytes > 0 && cut.is_none() {
                        used += bytes;
                        continue;
                    }
                    (used + bytes, cut)
                }
            };
        }
    }

    /// The buffer begins with something that is neither space nor a root.
    fn gap<'a>(&mut self, rest: &'a [u8], end: bool) -> (usize, Option<Cut<'a>>) {
        let (at, found) = next_root(rest, 1, end);
        let before = rest.get(..at).unwrap_or_default();
        let closed =
            [(b"<?".as_slice(), b"?>".as_slice()), (b"<!--", b"-->")].iter().find_map(|(open, close)| {
                let behind = rest.starts_with(open).then(|| memchr::memmem::find(before, close))?;
                behind.map(|place| place + close.len())
            });
        match closed {
            Some(length) if length <= MAX_GAP => (length, None),
            _ if at > MAX_GAP => {
                self.skipping = true;
                (MAX_GAP, Some(Cut::Garbage(rest.get(..MAX_GAP).unwrap_or_default())))
            }
            _ if found || end => (at, Some(Cut::Garbage(before))),
            _ => (0, None),
        }
    }

    /// The buffer begins with a root.
    fn message<'a>(&mut self, rest: &'a [u8], end: bool) -> (usize, Option<Cut<'a>>) {
        let name_end =
            rest.iter().position(|b| b.is_ascii_whitespace() || b"/>".contains(b)).unwrap_or(rest.len());
        let name = rest.get(1..name_end).unwrap_or_default();
        let from = self.searched.max(name_end);
        let mut searched = rest.len();
        for at in memchr::memchr_iter(b'<', rest.get(from..).unwrap_or_default()).map(|at| from + at) {
            let tag = rest.get(at..).unwrap_or_default();
            match end_tag(tag, name, end) {
                Ok(length) if at + length <= MAX_MESSAGE => {
                    self.searched = 0;
                    return (at + length, rest.get(..at + length).map(Cut::Whole));
                }
                Ok(_) => break,
                Err(Probe::Perhaps) => {
                    searched = at;
                    break;
                }
                Err(_) => {}
            }
            match root(tag, end) {
                Probe::Yes if at <= MAX_MESSAGE => {
                    self.searched = 0;
                    return (at, rest.get(..at).map(Cut::Unfinished));
                }
                Probe::Yes => break,
                Probe::Perhaps => {
                    searched = at;
                    break;
                }
                Probe::No => {}
            }
        }
        self.searched = searched;
        if rest.len() > MAX_MESSAGE + MAX_NAME || end && rest.len() > MAX_MESSAGE {
            self.searched = 0;
            self.skipping = true;
            return (MAX_MESSAGE, rest.get(..MAX_MESSAGE).map(Cut::TooLong));
        }
        if end {
            self.searched = 0;
            return (rest.len(), Some(Cut::Unfinished(rest)));
        }
        (0, None)
    }
}

/// How much space, and marks of UTF-8, there is at the front.
fn blank(rest: &[u8]) -> usize {
    let space = rest.iter().take_while(|b| b.is_ascii_whitespace() || **b == 0).count();
    let behind = rest.get(space..).unwrap_or_default();
    if behind.starts_with(UTF8_MARK) {
        return space + UTF8_MARK.len();
    }
    space
}

/// Where the next root begins, from `from` on; else from where on it may yet.
fn next_root(rest: &[u8], from: usize, end: bool) -> (usize, bool) {
    for at in memchr::memchr_iter(b'<', rest.get(from..).unwrap_or_default()).map(|at| from + at) {
        match root(rest.get(at..).unwrap_or_default(), end) {
            Probe::Yes => return (at, true),
            Probe::Perhaps => return (at, false),
            Probe::No => {}
        }
    }
    (rest.len(), false)
}

/// Whether a root begins here: `<MSG_`, with a prefix or without, and more of a name.
fn root(tag: &[u8], end: bool) -> Probe {
    let Some(inside) = tag.strip_prefix(b"<") else { return Probe::No };
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_-.".contains(b);
    let head = inside.get(..MAX_NAME).unwrap_or(inside);
    let length = head.iter().take_while(|b| is_name(b)).count();
    let (name, behind) = head.split_at(length);
    let (name, behind) = match behind {
        [b':', behind @ ..] if !name.is_empty() => {
            let length = behind.iter().take_while(|b| is_name(b)).count();
            behind.split_at(length)
        }
        _ => (name, behind),
    };
    match behind {
        [] if end || head.len() == MAX_NAME => Probe::No,
        [] => Probe::Perhaps,
        [b, ..] if b.is_ascii_whitespace() || b"/>".contains(b) => {
            if name.starts_with(b"MSG_") {
                Probe::Yes
            } else {
                Probe::No
            }
        }
        _ => Probe::No,
    }
}

/// How long the end tag is that stands here.
fn end_tag(tag: &[u8], name: &[u8], end: bool) -> Result<usize, Probe> {
    const SPACE: usize = 64;
    let expected = b"</".iter().chain(name);
    let matching = tag.iter().zip(expected).take_while(|(a, b)| a == b).count();
    if matching < name.len() + 2 {
        return Err(if matching == tag.len() && !end { Probe::Perhaps } else { Probe::No });
    }
    let behind = tag.get(matching..).unwrap_or_default();
    let space = behind.iter().take(SPACE).take_while(|b| b.is_ascii_whitespace()).count();
    match behind.get(space) {
        Some(b'>') => Ok(matching + space + 1),
        None if !end && space < SPACE => Err(Probe::Perhaps),
        _ => Err(Probe::No),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Everything cut from a stream that arrives in pieces of the given sizes, over and over.
    fn cut(stream: &[u8], sizes: &[usize]) -> Vec<(&'static str, Vec<u8>)> {
        let (mut framer, mut buffer, mut pieces) = (Framer::default(), Vec::new(), Vec::new());
        let (mut rest, mut sizes) = (stream, sizes.iter().cycle());
        loop {
            let (now, later) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
            buffer.extend_from_slice(now);
            rest = later;
            loop {
                let (used, piece) = framer.next(&buffer, rest.is_empty());
                let done = piece.is_none();
                pieces.extend(piece.map(|piece| match piece {
                    Cut::Whole(text) => ("whole", text.to_vec()),
                    Cut::Garbage(text) => ("garbage", text.to_vec()),
                    Cut::Unfinished(text) => ("unfinished", text.to_vec()),
                    Cut::TooLong(text) => ("too long", text.to_vec()),
                }));
                buffer.drain(..used);
                if done {
                    break;
                }
            }
            assert!(buffer.len() <= MAX_MESSAGE + MAX_NAME);
            if rest.is_empty() {
                assert!(buffer.is_empty(), "left: {:?}", buffer.escape_ascii().to_string());
                return pieces;
            }
        }
    }

    #[test]
    fn messages_end_with_their_root() {
        let long_gap = "g".repeat(MAX_GAP + 500);
        let cases: &[(String, &[(&str, &str)])] = &[
            ("<MSG_IVEF>1</MSG_IVEF>".into(), &[("whole", "<MSG_IVEF>1</MSG_IVEF>")]),
            (
                "\u{feff}\r\n<?xml version=\"1.0\"?>\n<!-- a --><MSG_IVEF a='b'></x></MSG_IVEF  >\n\0<x:MSG_Ping></MSG_Ping></x:MSG_Ping>".into(),
                &[
                    ("whole", "<MSG_IVEF a='b'></x></MSG_IVEF  >"),
                    ("whole", "<x:MSG_Ping></MSG_Ping></x:MSG_Ping>"),
                ],
            ),
            (
                "junk<xml><MSG_IVEF><MSG_IVEF>2</MSG_IVEF>tail".into(),
                &[
                    ("garbage", "junk<xml>"),
                    ("unfinished", "<MSG_IVEF>"),
                    ("whole", "<MSG_IVEF>2</MSG_IVEF>"),
                    ("garbage", "tail"),
                ],
            ),
            ("<?xml <MSG_IVEF>".into(), &[("garbage", "<?xml "), ("unfinished", "<MSG_IVEF>")]),
            ("<MSG_IVEF/>".into(), &[("unfinished", "<MSG_IVEF/>")]),
            ("<MSG".into(), &[("garbage", "<MSG")]),
            (
                format!("{long_gap}<MSG_A></MSG_A>"),
                &[("garbage", &long_gap[..MAX_GAP]), ("whole", "<MSG_A></MSG_A>")],
            ),
            (String::new(), &[]),
        ];
        for (stream, expected) in cases {
            for sizes in [vec![1], vec![7, 3], vec![100_000]] {
                let seen = cut(stream.as_bytes(), &sizes);
                let seen: Vec<_> =
                    seen.iter().map(|(kind, t)| (*kind, std::str::from_utf8(t).unwrap())).collect();
                assert_eq!(&seen, expected, "{sizes:?}");
            }
        }
    }

    #[test]
    fn a_message_without_end_costs_no_more_than_the_longest() {
        let stream = ["<MSG_A>", &"<x/>".repeat(MAX_MESSAGE / 4 + 99), "</MSG_A><MSG_B></MSG_B>"].concat();
        let pieces = cut(stream.as_bytes(), &[1 << 16]);
        let kinds: Vec<_> = pieces.iter().map(|(kind, text)| (*kind, text.len())).collect();
        assert_eq!(kinds, [("too long", MAX_MESSAGE), ("whole", 15)]);
        assert_eq!(pieces, cut(stream.as_bytes(), &[stream.len()]));
    }

    proptest! {
        #[test]
        fn where_the_stream_is_cut_does_not_matter(
            parts in prop::collection::vec(
                prop::sample::select(&[
                    "<MSG_A>", "</MSG_A>", "</MSG_A >", "<MSG_A", "<p:MSG_A x='1'>", "</p:MSG_A>", "<", ">", "x", " ",
                    "\n", "<?xml?>", "<?", "?>", "<!--", "-->", "<MSG_", "MSG_", "</", "\u{feff}", "/>",
                ][..]),
                0..24,
            ),
            gap in prop::sample::select(&[0_usize, 0, 0, MAX_GAP - 3, MAX_GAP + 9][..]),
            sizes in prop::collection::vec(1_usize..700, 1..6),
        ) {
            let stream = parts.concat().replacen('x', &"x".repeat(gap.max(1)), 1);
            prop_assert_eq!(cut(stream.as_bytes(), &sizes), cut(stream.as_bytes(), &[stream.len().max(1)]));
        }
    }
}
