//! Sentences as they were heard, one a line, in order of arrival, each behind a TAG block (NMEA 0183 4.x) that says
//! which source heard it and when: `\s:source,c:milliseconds*hh\`. Which sentences belong together (`g`) stays as it was
//! sent; what the station itself said of source and time is in the recording.

use crate::case::{Case, Facts};
use crate::points::{Point, Sink, Who, gather};
use decoders::frame::{Framer, Line};
use decoders::nmea::{Item, Reader};
use engine::recording::Recording;
use engine::recording::form::{RAW, Raw};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Arc;
use units::UtcTime;

/// A line is no longer than this.
const LONGEST: usize = 1024;

/// What was heard.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    pub facts: Facts,
    pub sentences: u64,
    /// By source: bytes in which there is no sentence.
    pub others: BTreeMap<String, u64>,
    /// Whose sentences alone were asked for.
    ships: Option<BTreeSet<u32>>,
}

impl Heard {
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self
            .others
            .iter()
            .map(|(source, bytes)| format!("{source}: {bytes} bytes are no sentences and left out"))
            .collect();
        if let Some(ships) = &self.ships {
            let count = ships.len();
            notes.push(format!(
                "only AIS messages of the {count} vessels that were asked for, as far as they can be decoded"
            ));
        }
        notes
    }
}

/// One source and peer.
#[derive(Default)]
struct Ear {
    framer: Framer,
    buffer: Vec<u8>,
    reader: Reader,
}

pub fn write(
    out: &mut impl Write,
    recording: &Recording,
    case: &Case,
    progress: &mut dyn FnMut(UtcTime),
) -> io::Result<Heard> {
    let mut heard = Heard::default();
    if case.picks() || case.area.is_some() {
        let mut ships = Ships::default();
        heard.facts = gather(recording, case, &mut ships, progress)?.facts;
        heard.ships = Some(ships.0);
    } else {
        heard.facts = case.tell(recording, &mut |at, _| {
            progress(at);
            std::ops::ControlFlow::Continue(())
        });
    }
    let mut ears: BTreeMap<(String, u32), Ear> = BTreeMap::new();
    let mut messages = recording.messages(0, 0);
    while let Some(found) = messages.message() {
        let Some(source) = found.topic.strip_prefix(RAW) else { continue };
        let Ok(raw) = Raw::decode(found.data) else { continue };
        for read in raw.reads() {
            if !case.is_in_time(read.at.unix_us()) {
                continue;
            }
            let ear = ears.entry((source.to_owned(), read.peer)).or_default();
            let (sentences, others) = match &heard.ships {
                Some(ships) => ear.of_ships(out, source, read.at, read.bytes, ships)?,
                None => ear.all(out, source, read.at, read.bytes)?,
            };
            heard.sentences += sentences;
            if others > 0 {
                *heard.others.entry(source.to_owned()).or_default() += others;
            }
        }
    }
    for fault in messages.faults {
        if !heard.facts.retold.faults.contains(&fault) {
            heard.facts.retold.faults.push(fault);
        }
    }
    Ok(heard)
}

/// Only who was there.
#[derive(Default)]
struct Ships(BTreeSet<u32>);

impl Sink for Ships {
    fn point(&mut self, who: &Arc<Who>, _: Point) -> io::Result<()> {
        self.0.extend(who.mmsi);
        Ok(())
    }
}

impl Ear {
    /// Puts a read behind what was left of the one before.
    fn push(&mut self, bytes: &[u8]) {
        let begins = |bytes: &[u8]| matches!(bytes.first(), Some(b'!' | b'$' | b'\\'));
        if begins(&self.buffer) && begins(bytes) {
            // A datagram without the end of its line.
            self.buffer.push(b'\n');
        }
        self.buffer.extend_from_slice(bytes);
    }

    fn all(
        &mut self,
        out: &mut impl Write,
        source: &str,
        at: UtcTime,
        bytes: &[u8],
    ) -> io::Result<(u64, u64)> {
        self.push(bytes);
        let (mut sentences, mut others, mut done) = (0, 0, Ok(()));
        let used = self.framer.drain(&self.buffer, false, |line| {
            let (Line::Whole(line) | Line::TooLong(line)) = line;
            let before = sentences;
            for (group, sentence) in cut(line) {
                sentences += 1;
                if done.is_ok() {
                    done = put(out, source, at, group, sentence);
                }
            }
            if sentences == before {
                others += line.len() as u64;
            }
        });
        done?;
        self.buffer.drain(..used);
        Ok((sentences, others))
    }

    fn of_ships(
        &mut self,
        out: &mut impl Write,
        source: &str,
        at: UtcTime,
        bytes: &[u8],
        ships: &BTreeSet<u32>,
    ) -> io::Result<(u64, u64)> {
        self.push(bytes);
        let (mut sentences, mut done) = (0, Ok(()));
        let used = self.reader.drain(&mut self.framer, &self.buffer, false, at, |item| {
            let Item::Ais(received) = item else { return };
            if !ships.contains(&received.header.mmsi.number()) {
                return;
            }
            for sentence in received.sentences.iter() {
                sentences += 1;
                if done.is_ok() {
                    done = put(out, source, at, None, whole(sentence));
                }
            }
        });
        done?;
        self.buffer.drain(..used);
        Ok((sentences, 0))
    }
}

/// The sentences of a line, each with what a TAG block before it says of its group.
fn cut(line: &[u8]) -> impl Iterator<Item = (Option<&[u8]>, &[u8])> {
    let mut rest = line;
    let mut group = None;
    std::iter::from_fn(move || {
        loop {
            let at = rest.iter().position(|byte| matches!(byte, b'!' | b'$' | b'\\'))?;
            let (_, from) = rest.split_at_checked(at)?;
            if let Some(inside) = from.strip_prefix(b"\\") {
                let end = inside.iter().position(|byte| *byte == b'\\')?;
                let (block, after) = inside.split_at_checked(end)?;
                let mut fields = block.split(|byte| *byte == b',' || *byte == b'*');
                group = fields.find_map(|field| field.strip_prefix(b"g:")).or(group);
                rest = after.get(1..)?;
                continue;
            }
            let sentence = whole(from);
            if !is_one(sentence) {
                rest = from.get(1..)?;
                continue;
            }
            rest = from.get(sentence.len()..)?;
            return Some((group.take(), sentence));
        }
    })
}

/// A sentence without what was appended behind its checksum.
fn whole(text: &[u8]) -> &[u8] {
    let star = text.iter().position(|byte| *byte == b'*').filter(|at| *at + 3 <= text.len());
    text.get(..star.map_or(text.len(), |at| at + 3).min(LONGEST)).unwrap_or_default()
}

/// Whether it looks like one, right or wrong: an address, a comma, nothing that cannot be printed.
fn is_one(text: &[u8]) -> bool {
    let address = text.split(|byte| *byte == b',').next().and_then(|it| it.get(1..)).unwrap_or_default();
    let has_address = address.len() < text.len() - 1 && (2..=6).contains(&address.len());
    has_address
        && address.iter().all(u8::is_ascii_alphanumeric)
        && text.iter().all(|it| (b' '..=b'~').contains(it))
}

fn put(
    out: &mut impl Write,
    source: &str,
    at: UtcTime,
    group: Option<&[u8]>,
    sentence: &[u8],
) -> io::Result<()> {
    let name: String = source
        .chars()
        .map(|it| if it.is_ascii_graphic() && !r",*\:".contains(it) { it } else { '_' })
        .collect();
    let mut block = format!("s:{name},c:{}", at.unix_us().div_euclid(1000)).into_bytes();
    if let Some(group) = group {
        block.extend_from_slice(b",g:");
        block.extend_from_slice(group);
    }
    let sum = block.iter().fold(0, |sum, byte| sum ^ byte);
    out.write_all(b"\\")?;
    out.write_all(&block)?;
    write!(out, "*{sum:02X}\\")?;
    out.write_all(sentence)?;
    out.write_all(b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_cut_out_of_lines_and_keep_their_group() {
        type Case = (&'static [u8], &'static [(Option<&'static str>, &'static str)]);
        let cases: [Case; 5] = [
            (b"!AIVDM,1,1,,A,x,0*23", &[(None, "!AIVDM,1,1,,A,x,0*23")]),
            (b"\\g:1-2-73,s:r1*00\\!AIVDM,2,1,3,A,x,0*23", &[(Some("1-2-73"), "!AIVDM,2,1,3,A,x,0*23")]),
            (b"1764000000 !AB,1*01,17 $CD,2*02", &[(None, "!AB,1*01"), (None, "$CD,2*02")]),
            (b"nothing", &[]),
            (b"!Q\xc7\xb4<,\xf4 $AB,\x01*00 !", &[]),
        ];
        for (line, expected) in cases {
            let found: Vec<_> = cut(line)
                .map(|(group, text)| (group.map(String::from_utf8_lossy), String::from_utf8_lossy(text)))
                .collect();
            let expected: Vec<_> =
                expected.iter().map(|(group, text)| (group.map(Into::into), (*text).into())).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_tag_block_says_who_heard_it_and_when() {
        let mut out = Vec::new();
        put(&mut out, "hill,1", UtcTime::from_unix_us(1_764_000_000_123_456), None, b"!A*01").unwrap();
        // The sum by hand: the exclusive or of `s:hill_1,c:1764000000123`.
        let sum = b"s:hill_1,c:1764000000123".iter().fold(0, |sum, byte| sum ^ byte);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            format!("\\s:hill_1,c:1764000000123*{sum:02X}\\!A*01\r\n")
        );
    }
}
