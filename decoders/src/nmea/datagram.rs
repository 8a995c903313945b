//! IEC 61162-450 datagrams: a header, then lines with TAG blocks whose `n:` counts the lines of their sender.

use super::sentence::{Piece, next_piece};
use super::tag::Tag;
use units::Label;

/// What a datagram of sentences begins with.
const SENTENCES: &[u8; 6] = b"UdPbC\0";
/// Other datagrams of the family: binary files, simple and re-transmittable, and NMEA 2000.
const FOREIGN: [&[u8; 6]; 4] = [b"RaUdP\0", b"RrUdP\0", b"RrTcP\0", b"NkPgN\0"];

/// Line counts go from 1 to this, and begin again.
const MOST_LINES: u32 = 999;
/// A count this little behind the newest is a line that was overtaken; one further behind, a sender that began anew.
const OVERTAKEN: u32 = 16;
/// Senders that are told apart; the one silent longest gives way.
const MOST_SENDERS: usize = 64;

/// What one datagram holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datagram<'a> {
    /// Lines and no header, as most senders of NMEA 0183 have it.
    Plain(&'a [u8]),
    /// IEC 61162-450: lines behind the header.
    Sentences(&'a [u8]),
    /// Something else of IEC 61162-450 or -460, that is no sentences.
    Foreign,
    /// A header that is none of the family's; the lines behind it, where there are any.
    BadHeader(&'a [u8]),
}

impl<'a> Datagram<'a> {
    /// Tells by the first bytes.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Self {
        let Some((head, rest)) = bytes.split_first_chunk::<6>() else { return Self::Plain(bytes) };
        if head == SENTENCES {
            return Self::Sentences(rest);
        }
        if FOREIGN.contains(&head) {
            return Self::Foreign;
        }
        let (token, end) = (&head[..5], head[5]);
        if !(token == &SENTENCES[..5] || end == 0 && token.iter().all(u8::is_ascii_alphanumeric)) {
            return Self::Plain(bytes);
        }
        let lines = bytes.get(5..).unwrap_or_default();
        let lines = lines.strip_prefix(b"\0").unwrap_or(lines);
        Self::BadHeader(if matches!(lines, [b'\\' | b'!' | b'$', ..]) { lines } else { &[] })
    }

    /// The lines in it.
    #[must_use]
    pub const fn lines(self) -> &'a [u8] {
        match self {
            Self::Plain(lines) | Self::Sentences(lines) | Self::BadHeader(lines) => lines,
            Self::Foreign => &[],
        }
    }
}

/// Finds out by their line counts how many lines of each sender never came.
#[derive(Clone, Debug, Default)]
pub struct LineCounts {
    senders: Vec<SenderCount>,
    lines: u64,
    lost: u64,
    late: u64,
}

/// What is known of one sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderCount {
    /// The `s:` of its TAG blocks.
    pub sender: Label,
    /// Lines that were passed over in its counting.
    pub lost: u64,
    /// Lines that came when they had been passed over already.
    pub late: u64,
    newest: u32,
    /// How many lines of all had come when it was last heard.
    heard: u64,
}

impl LineCounts {
    /// Lines of all senders that were passed over, so far; those among them that came late after all are also
    /// [`LineCounts::late`].
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Lines of all senders that came late.
    #[must_use]
    pub const fn late(&self) -> u64 {
        self.late
    }

    /// The senders heard.
    pub fn senders(&self) -> impl Iterator<Item = &SenderCount> {
        self.senders.iter()
    }

    /// Looks at the TAG blocks of one line. A line without `s:` or `n:` says nothing.
    pub fn line(&mut self, line: &[u8]) {
        let (mut rest, mut tag) = (line, Tag::default());
        while let Some(Piece::Tag(block)) = next_piece(&mut rest, false) {
            let _ = tag.read(block);
        }
        if let (Some(sender), Some(count @ 1..=MOST_LINES)) = (tag.source, tag.line_count) {
            self.count(sender, count);
        }
    }

    fn count(&mut self, sender: Label, count: u32) {
        self.lines += 1;
        let heard = self.lines;
        let Some(known) = self.senders.iter_mut().find(|known| known.sender == sender) else {
            let new = SenderCount { sender, lost: 0, late: 0, newest: count, heard };
            if self.senders.len() < MOST_SENDERS {
                self.senders.push(new);
            } else if let Some(oldest) = self.senders.iter_mut().min_by_key(|known| known.heard) {
                *oldest = new;
            }
            return;
        };
        known.heard = heard;
        let ahead = (count + MOST_LINES - known.newest) % MOST_LINES;
        let behind = MOST_LINES - ahead;
        match ahead {
            // The same line again.
            0 => {}
            _ if behind <= OVERTAKEN => {
                known.late += 1;
                self.late += 1;
            }
            // A sender that was started again.
            _ if behind < MOST_LINES / 2 || (count == 1 && ahead > OVERTAKEN) => known.newest = count,
            _ => {
                known.lost += u64::from(ahead - 1);
                self.lost += u64::from(ahead - 1);
                known.newest = count;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::encode_sentence;
    use super::*;

    #[test]
    fn datagrams_are_known_by_their_header() {
        let cases: [(&[u8], Datagram<'_>); 12] = [
            (b"UdPbC\0\\s:a*12\\!A", Datagram::Sentences(b"\\s:a*12\\!A")),
            (b"UdPbC\0", Datagram::Sentences(b"")),
            (b"RaUdP\0\x01\x02", Datagram::Foreign),
            (b"NkPgN\0\x01\x02", Datagram::Foreign),
            (b"UdPbC\\s:a*12\\!A", Datagram::BadHeader(b"\\s:a*12\\!A")),
            (b"UdPbD\0!AIVDM", Datagram::BadHeader(b"!AIVDM")),
            (b"XxXxX\0\x00\x01", Datagram::BadHeader(b"")),
            (b"UdPbC!", Datagram::BadHeader(b"!")),
            (b"UdPbC", Datagram::Plain(b"UdPbC")),
            (b"!AIVDM,1,1", Datagram::Plain(b"!AIVDM,1,1")),
            (b"\0\0!AIVDM", Datagram::Plain(b"\0\0!AIVDM")),
            (b"", Datagram::Plain(b"")),
        ];
        for (bytes, expected) in cases {
            assert_eq!(Datagram::read(bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    /// Lost and late after a sender's counts.
    fn after(counts: &[u32]) -> (u64, u64) {
        let mut all = LineCounts::default();
        for count in counts {
            let mut line = Vec::new();
            encode_sentence(&mut line, b'\\', format!("s:AI0001,n:{count}").as_bytes());
            line.truncate(line.len() - 2);
            line.extend_from_slice(b"\\!AIVDM,1,1,,A,x,0*00");
            all.line(&line);
        }
        (all.lost(), all.late())
    }

    #[test]
    fn lines_that_never_came_are_counted() {
        let cases: [(&[u32], (u64, u64)); 12] = [
            (&[], (0, 0)),
            (&[5], (0, 0)),
            (&[5, 6, 7], (0, 0)),
            (&[5, 7], (1, 0)),
            (&[998, 999, 1, 2], (0, 0)),
            (&[998, 2], (2, 0)),
            (&[5, 5], (0, 0)),
            // Overtaken: lost, and then not.
            (&[5, 7, 6, 8], (1, 1)),
            (&[999, 2, 1, 3], (1, 1)),
            // Begun anew.
            (&[400, 1, 2], (0, 0)),
            (&[700, 1, 2], (0, 0)),
            // Out of range: said nothing.
            (&[5, 0, 1000, 6], (0, 0)),
        ];
        for (counts, expected) in cases {
            assert_eq!(after(counts), expected, "{counts:?}");
        }
    }

    #[test]
    fn senders_are_told_apart_and_bounded() {
        let mut all = LineCounts::default();
        for n in 1..=10_u32 {
            for sender in 0..3 {
                // The third one loses every other line.
                if sender < 2 || n % 2 == 1 {
                    all.count(Label::new(format!("S{sender}").as_bytes()).unwrap(), n);
                }
            }
        }
        let lost: Vec<u64> = all.senders().map(|sender| sender.lost).collect();
        assert_eq!((lost, all.lost()), (vec![0, 0, 4], 4));
        for n in 0..1000 {
            all.count(Label::new(format!("T{n}").as_bytes()).unwrap(), 1);
        }
        assert_eq!(all.senders().count(), MOST_SENDERS);
    }
}
