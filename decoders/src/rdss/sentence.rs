//! Sentences of the "2.1" protocol and of BDS-3.

use super::Sentence;
use super::content::{Content, Form, encode_text};
use crate::TimeOfDay;
use std::fmt::Write as _;
use units::Position;

/// What a sentence says. Every sentence is one of these; one with fields missing is [`Message::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// DWR and WAA: where a terminal is.
    Fix(Fix<'a>),
    /// TXR (2.1) and TCI (BDS-3): a short message was received.
    Received(Received<'a>),
    /// TXA (2.1) and TCQ (BDS-3): a short message is to be sent.
    Send {
        /// For whom.
        to: u64,
        /// What.
        content: Content<'a>,
    },
    /// ICI (2.1) and ICP (BDS-3): the card; 0 is none.
    Card {
        /// Its number.
        card: u64,
        /// It may send every so many seconds.
        interval_s: Option<u32>,
        /// How long its messages may be.
        level: Option<u8>,
        /// How many subordinates it has.
        subordinates: Option<u32>,
    },
    /// FKI: what became of a command.
    Feedback(Feedback<'a>),
    /// HZR: receipts.
    Receipts {
        /// Whose.
        card: u64,
        /// Times of sending and of the receipt, one field each.
        times: Fields<'a>,
    },
    /// ICZ: subordinates, one field each.
    Subordinates {
        /// How many there are in all.
        total: u32,
        /// Some of them.
        cards: Fields<'a>,
    },
    /// PWI: how well the satellites of short messages are heard.
    Beams(Beams<'a>),
    /// BSI: the response beam, the time-difference beam, and the power of each, 0 to 5.
    Powers(Fields<'a>),
    /// Anything else.
    Other,
}

/// Fields, one after the other, separated by commas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        let some = (!self.0.is_empty()).then_some(self.0);
        some.into_iter().flat_map(|text| text.split(|&b| b == b','))
    }
}

/// DWR and WAA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fix<'a> {
    /// DWR: 1 its own, 2 a report or an answer, 3 a report of the first kind. WAA: 0 received, 1 sent.
    pub kind: u8,
    /// It came as WAA.
    pub reported: bool,
    /// Whose position it is.
    pub card: u64,
    time: &'a [u8],
    lat: [&'a [u8]; 2],
    lon: [&'a [u8]; 2],
    height: &'a [u8],
    /// To 100 m and not to 20 m; not said by WAA.
    pub coarse: bool,
    /// It was asked for in an emergency; not said by WAA.
    pub urgent: bool,
}

impl Fix<'_> {
    /// When, by the terminal's clock.
    #[must_use]
    pub fn time(&self) -> Option<TimeOfDay> {
        TimeOfDay::parse(self.time)
    }

    /// Where; `None` where that is no place.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        let [lat, ns] = self.lat;
        let [lon, ew] = self.lon;
        Position::new(degrees(lat, ns, *b"NS")?, degrees(lon, ew, *b"EW")?)
    }

    /// Metres.
    #[must_use]
    pub fn height_m(&self) -> Option<f64> {
        number(self.height)
    }
}

/// TXR and TCI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    /// Who sent it.
    pub sender: u64,
    /// For whom; TXR does not say.
    pub receiver: Option<u64>,
    /// When it was sent, as given; empty where it is not.
    pub time: &'a [u8],
    /// TXR: 0 Chinese, 1 digits, 2 mixed. TCI: 1 Chinese, 2 digits, 3 mixed, 4 and 5 compressed.
    pub coding: u8,
    /// What it says.
    pub content: Content<'a>,
}

impl Received<'_> {
    /// When it was sent, by the sender's clock.
    #[must_use]
    pub fn sent(&self) -> Option<TimeOfDay> {
        TimeOfDay::parse(self.time)
    }
}

/// FKI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feedback<'a> {
    /// The command.
    pub command: &'a str,
    /// Done.
    pub done: bool,
    /// BDS-3: why not; means something only where it was not done.
    pub reason: Option<u8>,
    /// How long to wait, seconds.
    pub wait_s: Option<u32>,
}

/// PWI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beams<'a> {
    /// Beams of the second generation.
    pub second: u8,
    /// Beams of the third generation.
    pub third: u8,
    rest: &'a [u8],
}

/// One beam of the third generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beam {
    /// Its number.
    pub id: u8,
    /// Strength of its data channel, dBHz.
    pub data_dbhz: u8,
    /// Strength of its pilot channel, dBHz.
    pub pilot_dbhz: u8,
}

impl Beam {
    /// Strong enough to send by.
    #[must_use]
    pub const fn usable(self) -> bool {
        self.data_dbhz > 40
    }
}

impl Beams<'_> {
    /// The beams of the third generation. Some modules put a 0 behind each.
    pub fn third_beams(&self) -> impl Iterator<Item = Beam> {
        let mut fields = Fields(self.rest).iter().peekable();
        (0..self.third).map_while(move |_| {
            let mut next = || fields.next().and_then(integer);
            let beam = Beam { id: next()?, data_dbhz: next()?, pilot_dbhz: next()? };
            // A beam is never number 0.
            fields.next_if(|field| *field == b"0");
            Some(beam)
        })
    }
}

impl<'a> Message<'a> {
    /// What a sentence says, whoever talks.
    #[must_use]
    pub fn decode(sentence: &Sentence<'a>) -> Self {
        let Some((_, kind)) = sentence.address().split_at_checked(2) else { return Self::Other };
        let rest = sentence.body.get(sentence.address().len() + 1..).unwrap_or_default();
        let mut row = Row(Some(rest));
        let message = match kind {
            b"DWR" => dwr(&mut row).map(Self::Fix),
            b"WAA" => waa(&mut row).map(Self::Fix),
            b"TXR" => txr(&mut row).map(Self::Received),
            b"TCI" => tci(rest).map(Self::Received),
            b"TXA" => txa(&mut row),
            b"TCQ" => tcq(&mut row),
            b"ICI" => ici(&mut row),
            b"ICP" => icp(&mut row),
            b"FKI" => fki(&mut row).map(Self::Feedback),
            b"HZR" => hzr(&mut row),
            b"ICZ" => icz(&mut row),
            b"PWI" => pwi(&mut row).map(Self::Beams),
            b"BSI" => Some(Self::Powers(Fields(rest))),
            _ => None,
        };
        message.unwrap_or(Self::Other)
    }
}

/// Fields taken from the left; what is left may be content with commas in it.
struct Row<'a>(Option<&'a [u8]>);

impl<'a> Row<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.0?;
        let end = memchr::memchr(b',', text);
        self.0 = end.and_then(|end| text.get(end + 1..));
        text.get(..end.unwrap_or(text.len()))
    }

    fn number<T: TryFrom<u64>>(&mut self) -> Option<T> {
        integer(self.next()?)
    }

    fn skip(&mut self, n: usize) -> Option<()> {
        (0..n).try_for_each(|_| self.next().map(drop))
    }

    fn rest(&mut self) -> &'a [u8] {
        self.0.take().unwrap_or_default()
    }
}

/// A whole number in decimal notation.
fn integer<T: TryFrom<u64>>(text: &[u8]) -> Option<T> {
    if text.is_empty() || text.len() > 18 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    T::try_from(text.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'))).ok()
}

fn number(text: &[u8]) -> Option<f64> {
    let plain = text.iter().all(|b| b.is_ascii_digit() || b"+-.".contains(b));
    std::str::from_utf8(text).ok().filter(|_| plain)?.parse().ok()
}

/// Degrees and minutes, `dddmm.mmmm`.
fn degrees(text: &[u8], side: &[u8], [positive, negative]: [u8; 2]) -> Option<f64> {
    let value = number(text).filter(|value| *value >= 0.0)?;
    let whole = (value / 100.0).trunc();
    let minutes = value - whole * 100.0;
    let sign = match side {
        [side] if *side == positive => 1.0,
        [side] if *side == negative => -1.0,
        _ => return None,
    };
    (minutes < 60.0).then_some(sign * (whole + minutes / 60.0))
}

fn dwr<'a>(row: &mut Row<'a>) -> Option<Fix<'a>> {
    let (kind, card, time) = (row.number()?, row.number()?, row.next()?);
    let (lat, lon) = ([row.next()?, row.next()?], [row.next()?, row.next()?]);
    let height = row.next()?;
    row.skip(3)?;
    let (coarse, urgent) = (row.next()? == b"1", row.next()? == b"A");
    Some(Fix { kind, reported: false, card, time, lat, lon, height, coarse, urgent })
}

fn waa<'a>(row: &mut Row<'a>) -> Option<Fix<'a>> {
    let kind = row.number()?;
    row.skip(1)?;
    let (card, time) = (row.number()?, row.next()?);
    let (lat, lon) = ([row.next()?, row.next()?], [row.next()?, row.next()?]);
    let height = row.next().unwrap_or_default();
    Some(Fix { kind, reported: true, card, time, lat, lon, height, coarse: false, urgent: false })
}

fn txr<'a>(row: &mut Row<'a>) -> Option<Received<'a>> {
    row.skip(1)?;
    let (sender, coding, time) = (row.number()?, row.number()?, row.next()?);
    let form = form_21(coding)?;
    let content = Content::sentence(form, row.rest());
    Some(Received { sender, receiver: None, time, coding, content })
}

const fn form_21(coding: u8) -> Option<Form> {
    match coding {
        0 => Some(Form::Chinese),
        1 => Some(Form::Digits),
        2 => Some(Form::Mixed),
        _ => None,
    }
}

/// Makers do not agree on what stands before and behind the time; the time is the first field of six digits.
fn tci(rest: &[u8]) -> Option<Received<'_>> {
    let mut row = Row(Some(rest));
    let (sender, receiver) = (row.number()?, row.number()?);
    let mut time = row.next()?;
    if !is_time(time) {
        time = row.next().filter(|field| is_time(field))?;
    }
    let coding = row.number()?;
    let content = row.rest();
    let mut behind = Row(Some(content));
    let content = match (behind.next()?, behind.0) {
        (b"0", Some(content)) => content,
        // One maker puts two numbers here, the second with a point.
        (_, Some(more)) => {
            let mut behind = Row(Some(more));
            let point = behind.next().is_some_and(|field| field.contains(&b'.') && number(field).is_some());
            behind.0.filter(|_| point).unwrap_or(content)
        }
        _ => content,
    };
    Some(Received { sender, receiver: Some(receiver), time, coding, content: content_bds3(coding, content) })
}

fn is_time(field: &[u8]) -> bool {
    let digits = field.split(|&b| b == b'.').next().unwrap_or_default();
    digits.len() == 6 && digits.iter().all(u8::is_ascii_digit)
}

fn content_bds3(coding: u8, text: &[u8]) -> Content<'_> {
    let form = match coding {
        1 => Form::Chinese,
        // What BDS-3 calls code is bytes: text as often as digits.
        2 | 3 => Form::Mixed,
        _ => Form::Compressed,
    };
    Content::sentence(form, text)
}

fn txa<'a>(row: &mut Row<'a>) -> Option<Message<'a>> {
    let to = row.number()?;
    row.skip(1)?;
    let form = form_21(row.number()?)?;
    let text = row.rest();
    Some(Message::Send { to, content: Content::sentence(form, text.strip_prefix(b",").unwrap_or(text)) })
}

fn tcq<'a>(row: &mut Row<'a>) -> Option<Message<'a>> {
    let to = row.number()?;
    row.skip(2)?;
    let coding = row.number()?;
    let rest = row.rest();
    // The last field is how often; some leave one empty in front of the content.
    let end = memchr::memrchr(b',', rest)?;
    let text = rest.get(..end)?;
    Some(Message::Send { to, content: content_bds3(coding, text.strip_prefix(b",").unwrap_or(text)) })
}

fn ici<'a>(row: &mut Row<'a>) -> Option<Message<'a>> {
    let card = row.number()?;
    row.skip(3)?;
    let (interval_s, level) = (row.number(), row.number());
    row.skip(1)?;
    Some(Message::Card { card, interval_s, level, subordinates: row.number() })
}

fn icp<'a>(row: &mut Row<'a>) -> Option<Message<'a>> {
    let card = row.number()?;
    row.skip(12)?;
    let (interval_s, level) = (row.number(), row.number());
    row.skip(4)?;
    Some(Message::Card { card, interval_s, level, subordinates: row.number() })
}

/// The two generations begin with different things: a command, or a time.
fn fki<'a>(row: &mut Row<'a>) -> Option<Feedback<'a>> {
    let text = |field: &'a [u8]| std::str::from_utf8(field).ok().filter(|text| text.is_ascii());
    let first = row.next()?;
    if !first.first()?.is_ascii_digit() {
        let (command, done) = (text(first)?, row.next()? == b"Y");
        row.skip(2)?;
        let wait = row.next().filter(|field| field.len() == 4).and_then(integer::<u32>);
        let wait_s = wait.map(|mmss| mmss / 100 * 60 + mmss % 100);
        return Some(Feedback { command, done, reason: None, wait_s });
    }
    let (command, done) = (text(row.next()?)?, row.next()? == b"Y");
    Some(Feedback { command, done, reason: row.number(), wait_s: row.number() })
}

fn hzr<'a>(row: &mut Row<'a>) -> Option<Message<'a>> {
    let card = row.number()?;
    row.skip(1)?;
    Some(Message::Receipts { card, times: Fields(row.rest()) })
}

fn icz<'a>(row: &mut Row<'a>) -> Option<Message<'a>> {
    Some(Message::Subordinates { total: row.number()?, cards: Fields(row.rest()) })
}

fn pwi<'a>(row: &mut Row<'a>) -> Option<Beams<'a>> {
    row.skip(1)?;
    let second: u8 = row.number()?;
    row.skip(3 * usize::from(second))?;
    let third = row.number()?;
    Some(Beams { second, third, rest: row.rest() })
}

/// Writes a position as `$BDWAA` behind `out`: as a terminal reports it.
pub fn encode_waa(out: &mut Vec<u8>, card: u64, time: TimeOfDay, at: Position, height_m: i32) {
    let (hour, minute, second, ms) = time.parts();
    let mut body = format!("BDWAA,0,,{card:07},{hour:02}{minute:02}{second:02}.{:02},", ms / 10);
    coordinates(&mut body, at);
    let _ = write!(body, ",{height_m},M");
    crate::nmea::encode_sentence(out, b'$', body.as_bytes());
}

/// Writes a position as `$BDDWR` behind `out`: as a command unit gives it on.
pub fn encode_dwr(out: &mut Vec<u8>, card: u64, time: TimeOfDay, at: Position, height_m: i32, urgent: bool) {
    let (hour, minute, second, ms) = time.parts();
    let mut body = format!("BDDWR,2,{card:07},{hour:02}{minute:02}{second:02}.{:02},", ms / 10);
    coordinates(&mut body, at);
    let _ = write!(body, ",{height_m},M,0,M,0,{},V,L", if urgent { 'A' } else { 'V' });
    crate::nmea::encode_sentence(out, b'$', body.as_bytes());
}

fn coordinates(body: &mut String, at: Position) {
    let part = |degrees: f64| {
        let units = (degrees.abs() * 600_000.0).round() as u32;
        (units / 600_000, units / 10_000 % 60, units % 10_000)
    };
    let ((lat, lat_min, lat_part), (lon, lon_min, lon_part)) = (part(at.lat()), part(at.lon()));
    let (ns, ew) = (if at.lat() < 0.0 { 'S' } else { 'N' }, if at.lon() < 0.0 { 'W' } else { 'E' });
    let _ = write!(body, "{lat:02}{lat_min:02}.{lat_part:04},{ns},{lon:03}{lon_min:02}.{lon_part:04},{ew}");
}

/// Writes a received text as `$BDTCI` of BDS-3 behind `out`, mixed coding.
pub fn encode_tci(out: &mut Vec<u8>, sender: u64, receiver: u64, time: TimeOfDay, text: &str) {
    let (hour, minute, second, _) = time.parts();
    let mut body = format!("BDTCI,{sender:07},{receiver:07},2,{hour:02}{minute:02}{second:02},3,0,A4");
    push_hex(&mut body, text);
    crate::nmea::encode_sentence(out, b'$', body.as_bytes());
}

/// Writes a text to send as `$CCTCQ` of BDS-3 behind `out`, mixed coding, acknowledged, once.
pub fn encode_tcq(out: &mut Vec<u8>, to: u64, text: &str) {
    let mut body = format!("CCTCQ,{to:07},2,2,3,A4");
    push_hex(&mut body, text);
    body.push_str(",0");
    crate::nmea::encode_sentence(out, b'$', body.as_bytes());
}

fn push_hex(body: &mut String, text: &str) {
    for byte in encode_text(text) {
        let _ = write!(body, "{byte:02X}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sentence with whatever checksum it must have.
    fn of(body: &str) -> Sentence<'_> {
        Sentence { start: b'$', body: body.as_bytes() }
    }

    #[test]
    fn positions_of_both_kinds_are_read() {
        // Expected values by hand from the published sentences: 23 + 02.2434 / 60 degrees, and so on.
        let Message::Fix(dwr) =
            Message::decode(&of("BDDWR,1,0242407,084936.50,2302.2434,N,11323.6667,E,14,M,-6,M,1,V,V,L"))
        else {
            panic!()
        };
        let at = dwr.position().unwrap();
        assert!((at.lat() - 23.037_39).abs() < 1e-9 && (at.lon() - 113.394_445).abs() < 1e-9, "{at:?}");
        assert_eq!((dwr.card, dwr.coarse, dwr.urgent, dwr.height_m()), (242_407, true, false, Some(14.0)));
        assert_eq!(dwr.time().unwrap().to_string(), "08:49:36.50");
        let Message::Fix(waa) =
            Message::decode(&of("BDWAA,0,,0312194,072236.37,3802.69000,N,11426.16000,E,61,M"))
        else {
            panic!()
        };
        assert!((waa.position().unwrap().lat() - 38.044_833_333).abs() < 1e-9);
        for wrong in [
            "BDWAA,0,,1,072236,3860.0,N,1,E,1,M",
            "BDWAA,0,,1,1,9100.0,N,11426.16,E,1,M",
            "BDWAA,0,,1,1,,,,,",
        ] {
            let Message::Fix(fix) = Message::decode(&of(wrong)) else { panic!() };
            assert_eq!(fix.position(), None, "{wrong}");
        }
    }

    #[test]
    fn every_layout_of_a_received_message_is_read() {
        let text = |body| match Message::decode(&of(body)) {
            Message::Received(got) => (got.sender, got.time.to_vec(), got.content.text()),
            other => panic!("{body}: {other:?}"),
        };
        let hello = (4_204_986, b"142204".to_vec(), Some("hello".to_owned()));
        for body in [
            "BDTCI,4204986,4204990,2,142204,3,0,A468656C6C6F",
            "BDTCI,4204986,4204990,2,142204,2,0,68656C6C6F",
            "BDTCI,04204986,4204990,2,142204,2,68656C6C6F",
            "BDTCI,4204986,4204990,142204,2,0,68656C6C6F",
            "BDTCI,4204986,4204990,142204,2,1,1.0,68656C6C6F",
        ] {
            assert_eq!(text(body), hello, "{body}");
        }
        assert_eq!(text("BDTXR,1,0195817,2,1439,A468656C6C6F").2.as_deref(), Some("hello"));
        assert_eq!(text("BDTXR,1,0195817,0,,a,b*cd,1").2.as_deref(), Some("a,b*cd,1"));
    }

    #[test]
    fn what_a_terminal_says_of_itself_is_read() {
        let card = |body| match Message::decode(&of(body)) {
            Message::Card { card, interval_s, level, subordinates } => {
                (card, interval_s, level, subordinates)
            }
            other => panic!("{other:?}"),
        };
        let expected = (242_286, Some(60), Some(3), Some(0));
        assert_eq!(card("BDICI,0242286,00242286,0000011,6,60,3,N,0"), expected);
        let expected = (4_238_473, Some(60), Some(2), Some(21));
        assert_eq!(card("BDICP,4238473,0,0,3,0,N,2,N,1,0,0,3,1,60,2,0,0,0,0,21,0,0,0"), expected);
        let feedback = |body| match Message::decode(&of(body)) {
            Message::Feedback(f) => (f.command, f.done, f.reason, f.wait_s),
            other => panic!("{other:?}"),
        };
        assert_eq!(feedback("BDFKI,082920,TCQ,N,1,42"), ("TCQ", false, Some(1), Some(42)));
        assert_eq!(feedback("BDFKI,TXA,N,Y,0,0058"), ("TXA", false, None, Some(58)));
        let Message::Beams(beams) =
            Message::decode(&of("BDPWI,023628.00,00,03,2,51,44,0,4,50,43,16,31,44,0"))
        else {
            panic!()
        };
        let seen: Vec<_> = beams.third_beams().map(|beam| (beam.id, beam.usable())).collect();
        assert_eq!(seen, [(2, true), (4, true), (16, false)]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let at = Position::new(29.935, 121.885).unwrap();
        let time = TimeOfDay::new(6, 13, 20, 250).unwrap();
        let mut out = Vec::new();
        encode_waa(&mut out, 15_240_507, time, at, 3);
        encode_dwr(&mut out, 15_240_507, time, at, 3, true);
        encode_tci(&mut out, 15_240_507, 4_204_990, time, "浙普渔12345 报平安");
        encode_tcq(&mut out, 15_240_507, "收到");
        let mut seen = Vec::new();
        let mut reader = crate::rdss::Reader::default();
        reader.drain(&out, true, |item| {
            let crate::rdss::Item::Sentence(sentence) = item else { panic!("{item:?}") };
            seen.push(match Message::decode(&sentence) {
                Message::Fix(fix) => format!("{} {} {}", fix.card, fix.position().unwrap(), fix.urgent),
                Message::Received(got) => format!("{} {}", got.sender, got.content.text().unwrap()),
                Message::Send { to, content } => format!("{to} {}", content.text().unwrap()),
                other => panic!("{other:?}"),
            });
        });
        let expected = [
            "15240507 29°56.100'N 121°53.100'E false",
            "15240507 29°56.100'N 121°53.100'E true",
            "15240507 浙普渔12345 报平安",
            "15240507 收到",
        ];
        assert_eq!(seen, expected);
    }
}
