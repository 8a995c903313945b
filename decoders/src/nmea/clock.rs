//! When the lines of a file were received, from what the lines themselves say.

use super::armor::unpack;
use super::sentence::{Piece, Sentence, Vdm, next_piece};
use super::tag::Tag;
use super::time::{epoch, iso};
use crate::bits::{Bits, Field};
use crate::calendar::utc;
use units::UtcTime;

/// The longest step, seconds, that one line's word is enough for.
const JUMP_S: f64 = 600.0;

/// Gives each line of a file the time at which it was received.
///
/// By a line's own word: a TAG block's `c:`; else the `$PGHP` sentence of the line before; else an epoch or an
/// ISO 8601 time in front of the sentence or behind its checksum. Where no line has said anything yet, the file
/// plays at the pace of the UTC seconds in its own AIS position reports.
///
/// The clock never goes back. A step forward of more than ten minutes counts only when the next line that says a
/// time agrees within ten minutes, so that one corrupt time does not end every track.
#[derive(Clone, Debug)]
pub struct LineClock {
    now: UtcTime,
    /// Some line has said what time it is.
    told: bool,
    /// What a line said that was too far ahead to be believed alone.
    doubtful: Option<UtcTime>,
    /// What a TAG block or `$PGHP` sentence on a line of its own says about the next sentence.
    ahead: Option<UtcTime>,
}

impl LineClock {
    /// Standing at `start` until a line says otherwise.
    #[must_use]
    pub const fn new(start: UtcTime) -> Self {
        Self { now: start, told: false, doubtful: None, ahead: None }
    }

    /// The time of this line.
    pub fn line(&mut self, line: &[u8]) -> UtcTime {
        let word = Word::read(line);
        let said = match word {
            Word { tag: Some(time), .. } => Some(time),
            Word { own: Some(time), .. } => self.ahead.or(Some(time)),
            _ => self.ahead,
        };
        // A line without a sentence speaks for the next one; any other uses up what was said before it.
        if word.speaks_for_next {
            self.ahead = word.tag.or(word.own).or(self.ahead);
        } else if word.sentence {
            self.ahead = None;
        }
        if let Some(said) = said {
            self.hear(said);
        } else if let Some(second) = word.second.filter(|_| !self.told) {
            self.pace(second);
        }
        self.now
    }

    fn hear(&mut self, said: UtcTime) {
        let near = |a: UtcTime, b: UtcTime| a.since(b).abs() <= JUMP_S;
        let believed = !self.told
            || said.since(self.now) <= JUMP_S
            || self.doubtful.is_some_and(|doubtful| near(said, doubtful));
        if !believed {
            self.doubtful = Some(said);
            return;
        }
        self.doubtful = None;
        // The first word sets the clock, wherever it stood.
        self.now = if self.told { self.now.max(said) } else { said };
        self.told = true;
    }

    /// Forward to the next instant with this second, if it is less than half a minute away: a report from before
    /// the clock's second is late, not 59 seconds early.
    fn pace(&mut self, second: u8) {
        let ahead = (i64::from(second) - self.now.unix_s()).rem_euclid(60);
        if (1..30).contains(&ahead) {
            self.now = UtcTime::from_unix_s(self.now.unix_s() + ahead);
        }
    }
}

/// What one line says about time.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    tag: Option<UtcTime>,
    own: Option<UtcTime>,
    second: Option<u8>,
    sentence: bool,
    speaks_for_next: bool,
}

impl Word {
    fn read(line: &[u8]) -> Self {
        let (mut word, mut rest, mut tag) = (Self::default(), line, Tag::default());
        let mut tagged = false;
        while let Some(piece) = next_piece(&mut rest, word.sentence) {
            match piece {
                Piece::Tag(block) => tagged |= tag.read(block).is_some(),
                Piece::Junk(_) => return Self::default(),
                Piece::Candidate(text) if !word.sentence => {
                    word.sentence = true;
                    let before = line.len() - rest.len();
                    word.candidate(text, line.get(..before).unwrap_or_default());
                }
                Piece::OpenTag | Piece::Candidate(_) => {}
            }
        }
        word.tag = tag.time;
        word.speaks_for_next |= tagged && !word.sentence;
        word
    }

    fn candidate(&mut self, text: &[u8], line_to_end: &[u8]) {
        let Ok(sentence) = Sentence::read(text) else { return };
        if let Some(fields) = sentence.body.strip_prefix(b"PGHP,1,") {
            self.own = pghp(fields);
            self.speaks_for_next = self.own.is_some();
            return;
        }
        let trimmed = line_to_end.trim_ascii_end();
        let prefix = trimmed.get(..trimmed.len().saturating_sub(text.len())).unwrap_or_default();
        self.own = leading(prefix).or_else(|| trailing(sentence.trailer));
        if let Some(Ok(vdm)) = Vdm::read(&sentence)
            && vdm.total == 1
        {
            self.second = second(vdm.payload, vdm.fill);
        }
    }
}

/// `YYYY,M,D,h,m,s,ms,...`
fn pghp(fields: &[u8]) -> Option<UtcTime> {
    let mut fields = fields.split(|&b| b == b',').map(|field| {
        let sound = (1..=4).contains(&field.len()) && field.iter().all(u8::is_ascii_digit);
        sound.then(|| field.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
    });
    let mut next = || fields.next().flatten();
    let date = [next()?, next()?, next()?, next()?, next()?, next()?];
    utc(date, next()?.checked_mul(1_000_000)?)
}

/// A time in front of a sentence: `2016-03-31 00:00:01, `, `1459382400.12 `, `1490075479,`, `[2024-07-19 08:45:40.021] `.
fn leading(prefix: &[u8]) -> Option<UtcTime> {
    let prefix = prefix.trim_ascii_start();
    let prefix = prefix.strip_prefix(b"[").unwrap_or(prefix);
    let end = prefix.iter().position(|b| !b.is_ascii_digit() && *b != b'.').unwrap_or(prefix.len());
    iso(prefix).or_else(|| plausible(prefix.get(..end)?))
}

/// A time behind a checksum: the first field that is one, as in `,r003669946,1325394060,1325394001`.
fn trailing(trailer: &[u8]) -> Option<UtcTime> {
    let separator = |b: &u8| matches!(b, b',' | b'\t' | b';');
    trailer.split(separator).map(<[u8]>::trim_ascii).find_map(|field| iso(field).or_else(|| plausible(field)))
}

/// An epoch from 1990 on: a smaller number is something else.
fn plausible(text: &[u8]) -> Option<UtcTime> {
    epoch(text).filter(|time| time.unix_s() > 631_152_000)
}

/// The UTC second in a position report, where it holds one.
fn second(payload: &[u8], fill: u8) -> Option<u8> {
    let mut bytes = [0; 48];
    unpack(payload.get(..56).unwrap_or(payload), &mut bytes)?;
    let bits = Bits::new(&bytes, (payload.len() * 6 - usize::from(fill)).min(336));
    let at = match bits.u8(Field::first(6))? {
        1..=3 => 137,
        9 => 128,
        18 | 19 => 133,
        21 => 253,
        _ => return None,
    };
    bits.u8(Field::at(at, 6)).filter(|second| *second < 60)
}
