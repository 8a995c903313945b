//! Lines to items: whose they are, and when they came.

use super::report::{Others, Report, Totals};
use decoders::frame::{Framer, Line};
use decoders::nmea::{LineClock, Reader};
use std::collections::HashMap;
use units::UtcTime;

/// The most sources of one timed input that are kept apart.
const MOST_SOURCES: usize = 1 << 16;

/// One file, or standard input.
pub struct Input {
    framer: Framer,
    name: Vec<u8>,
    lines: Lines,
}

enum Lines {
    /// All of one source, with whatever times they tell themselves.
    Plain { reader: Box<Reader>, clock: LineClock },
    /// Each with its time and source.
    Timed { readers: HashMap<Vec<u8>, Reader>, now: UtcTime },
}

impl Input {
    pub fn new(timed: bool, name: &str) -> Self {
        let start = UtcTime::from_unix_s(0);
        let lines = if timed {
            Lines::Timed { readers: HashMap::new(), now: start }
        } else {
            Lines::Plain { reader: Box::new(Reader::new()), clock: LineClock::new(start) }
        };
        Self { framer: Framer::default(), name: name.as_bytes().to_vec(), lines }
    }

    /// Reads the lines of a buffer, and with `end` what stands behind the last; returns how many bytes are used up.
    pub fn drain(&mut self, buffer: &[u8], end: bool, report: &mut Report, totals: &mut Totals) -> usize {
        let Self { framer, name, lines } = self;
        framer.drain(buffer, end, |line| match lines {
            Lines::Plain { reader, clock } => {
                let (Line::Whole(text) | Line::TooLong(text)) = line;
                read(reader, line, clock.line(text), name, report);
            }
            Lines::Timed { readers, now } => {
                // A line without the columns is read as it stands, with the time of the one before.
                let (time, source, line) = columns(line).unwrap_or((None, name, line));
                *now = time.unwrap_or(*now);
                if !readers.contains_key(source) {
                    if readers.len() >= MOST_SOURCES {
                        end_all(readers, totals);
                    }
                    readers.insert(source.to_vec(), Reader::new());
                }
                if let Some(reader) = readers.get_mut(source) {
                    read(reader, line, *now, source, report);
                }
            }
        })
    }

    /// The end of the input: what still waits is given up, and all is added up.
    pub fn end(mut self, totals: &mut Totals) {
        match &mut self.lines {
            Lines::Plain { reader, .. } => {
                reader.end();
                totals.add(reader.counters());
            }
            Lines::Timed { readers, .. } => end_all(readers, totals),
        }
    }
}

fn read(reader: &mut Reader, line: Line<'_>, time: UtcTime, source: &[u8], report: &mut Report) {
    let mut others = Others::default();
    reader.line(line, time, |item| report.item(source, &item, &mut others));
    reader.settle(others.used, others.refused);
}

fn end_all(readers: &mut HashMap<Vec<u8>, Reader>, totals: &mut Totals) {
    for (_, mut reader) in readers.drain() {
        reader.end();
        totals.add(reader.counters());
    }
}

/// Time, source and sentence; no time where the first column holds none.
fn columns(line: Line<'_>) -> Option<(Option<UtcTime>, &[u8], Line<'_>)> {
    let (Line::Whole(text) | Line::TooLong(text)) = line;
    let mut columns = text.splitn(3, |&b| b == b'\t');
    let (seconds, source, sentence) = (columns.next()?, columns.next()?, columns.next()?);
    let seconds = std::str::from_utf8(seconds).ok().and_then(|text| text.trim().parse::<f64>().ok());
    let time = seconds.filter(|s| s.is_finite()).map(|s| UtcTime::from_unix_s(0).plus_s(s));
    let sentence =
        if matches!(line, Line::Whole(_)) { Line::Whole(sentence) } else { Line::TooLong(sentence) };
    Some((time, source, sentence))
}
