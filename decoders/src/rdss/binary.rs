//! Bodies of the binary "4.0" protocol.

use super::Binary;
use super::content::Content;
use crate::TimeOfDay;
use crate::octets::Octets;
use units::Position;

/// What a frame says. Every frame is one of these; a body that is too short for its type is [`Message::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// DWXX: where a terminal is.
    Fix(Fix),
    /// TXXX: a short message was received.
    Received(Received<'a>),
    /// TXSQ: a short message is to be sent.
    Send(Send<'a>),
    /// DWSQ: a position is asked for.
    FixRequest(FixRequest),
    /// ICJC: the card is to be read.
    ReadCard {
        /// 0 its own, from 1 on those of its subordinates.
        frame: u8,
    },
    /// ICXX: the card.
    Card(Card),
    /// ICXX with subordinates: their card numbers, three bytes each.
    Subordinates(&'a [u8]),
    /// TXHZ: receipts, four bytes each: hour and minute of sending, hour and minute of the receipt.
    Receipts {
        /// Whose.
        receiver: u32,
        /// The receipts.
        times: &'a [u8],
    },
    /// FKXX: what became of a command.
    Feedback(Feedback),
    /// ZJXX: the terminal about itself.
    SelfTest {
        /// State of the card, the hardware, the battery and the way in.
        states: [u8; 4],
        /// Power of six beams, 0 to 5.
        beams: [u8; 6],
    },
    /// XTZJ, GLJC, SJSC: how often something is to be told, seconds.
    Period(u16),
    /// GLZK: power of six beams, 0 to 5.
    Beams([u8; 6]),
    /// SJXX: the time.
    Clock {
        /// Year.
        year: u16,
        /// Month, day, hour, minute, second.
        rest: [u8; 5],
    },
    /// GPSX, and GNPX without a date: what the satellite receiver says.
    Gnss(Gnss),
    /// Anything else.
    Other,
}

/// DWXX. What the hemisphere is, is not said: north and east.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The terminal that speaks.
    pub card: u32,
    /// The terminal that is spoken of; 0 is the one that speaks.
    pub queried: u32,
    /// Category bits: 5 queried, 4 key, 3 coarse, 2 urgent, 1 several solutions, 0 high altitude.
    pub category: u8,
    /// Hour, minute, second, hundredth, as sent.
    pub time_raw: [u8; 4],
    /// Degrees, minutes, seconds, tenths, as sent.
    pub lon_raw: [u8; 4],
    /// Degrees, minutes, seconds, tenths, as sent.
    pub lat_raw: [u8; 4],
    /// Metres, sign and magnitude.
    pub height_raw: u16,
    /// Height of the geoid there, metres, sign and magnitude.
    pub anomaly_raw: u16,
}

impl Fix {
    /// Whose position it is.
    #[must_use]
    pub const fn vessel(&self) -> u32 {
        if self.queried == 0 { self.card } else { self.queried }
    }

    /// It answers a query.
    #[must_use]
    pub const fn query(&self) -> bool {
        self.category & 1 << 5 != 0
    }

    /// To 100 m and not to 20 m.
    #[must_use]
    pub const fn coarse(&self) -> bool {
        self.category & 1 << 3 != 0
    }

    /// It was asked for in an emergency.
    #[must_use]
    pub const fn urgent(&self) -> bool {
        self.category & 1 << 2 != 0
    }

    /// When, by the terminal's clock.
    #[must_use]
    pub const fn time(&self) -> Option<TimeOfDay> {
        let [hour, minute, second, hundredth] = self.time_raw;
        TimeOfDay::new(hour, minute, second, hundredth as u16 * 10)
    }

    /// Where; `None` where that is no place.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        Position::new(degrees(self.lat_raw)?, degrees(self.lon_raw)?)
    }

    /// Metres above the ellipsoid, or sea, as the terminal has it.
    #[must_use]
    pub fn height_m(&self) -> i16 {
        signed(self.height_raw)
    }

    /// Metres.
    #[must_use]
    pub fn anomaly_m(&self) -> i16 {
        signed(self.anomaly_raw)
    }

    /// A fix of one's own; `None` in the south and in the west, where this protocol does not reach.
    #[must_use]
    pub fn new(card: u32, at: Position, time: TimeOfDay) -> Option<Self> {
        let (hour, minute, second, ms) = time.parts();
        Some(Self {
            card,
            queried: 0,
            category: 0,
            time_raw: [hour, minute, second, (ms / 10) as u8],
            lon_raw: sexagesimal(at.lon())?,
            lat_raw: sexagesimal(at.lat())?,
            height_raw: 0,
            anomaly_raw: 0,
        })
    }
}

fn degrees([degree, minute, second, tenth]: [u8; 4]) -> Option<f64> {
    let sound = minute < 60 && second < 60 && tenth < 10;
    let tenths =
        (f64::from(degree) * 60.0 + f64::from(minute)) * 600.0 + f64::from(second) * 10.0 + f64::from(tenth);
    sound.then_some(tenths / 36_000.0)
}

fn sexagesimal(degrees: f64) -> Option<[u8; 4]> {
    if degrees < 0.0 {
        return None;
    }
    let tenths = (degrees * 36_000.0).round() as u32;
    let parts = [tenths / 36_000, tenths / 600 % 60, tenths / 10 % 60, tenths % 10];
    Some(parts.map(|part| part as u8))
}

/// Bit 14 is the sign, those below the magnitude.
const fn signed(raw: u16) -> i16 {
    let magnitude = (raw & 0x3fff) as i16;
    if raw & 0x4000 == 0 { magnitude } else { -magnitude }
}

/// TXXX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    /// The terminal that received it.
    pub card: u32,
    /// Category bits, as sent.
    pub category: u8,
    /// Who sent it.
    pub sender: u32,
    /// Hour and minute of sending; 0, 0 is not given.
    pub sent_raw: [u8; 2],
    /// How much there is, bits.
    pub bits: u16,
    /// The bytes that hold them.
    pub bytes: &'a [u8],
    /// The check of the space segment failed.
    pub damaged: bool,
}

impl<'a> Received<'a> {
    /// When it was sent, by the sender's clock.
    #[must_use]
    pub fn sent(&self) -> Option<TimeOfDay> {
        let [hour, minute] = self.sent_raw;
        TimeOfDay::new(hour, minute, 0, 0).filter(|_| self.sent_raw != [0, 0])
    }

    /// What it says.
    #[must_use]
    pub fn content(&self) -> Content<'a> {
        Content::binary(self.category & 1 << 5 == 0, self.bytes, self.bits.into())
    }
}

/// TXSQ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Send<'a> {
    /// The terminal that shall send it.
    pub card: u32,
    /// Category bits: 0x44 Chinese, 0x46 digits or mixed.
    pub category: u8,
    /// For whom.
    pub to: u32,
    /// How much there is, bits.
    pub bits: u16,
    /// 0.
    pub answer: u8,
    /// The bytes that hold them.
    pub bytes: &'a [u8],
}

impl<'a> Send<'a> {
    /// What it says.
    #[must_use]
    pub fn content(&self) -> Content<'a> {
        Content::binary(self.category & 1 << 1 == 0, self.bytes, self.bits.into())
    }
}

/// DWSQ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixRequest {
    /// Category bits: 5 urgent, 3 and 2 how height is found, 0 high altitude.
    pub category: u8,
    /// Metres.
    pub height_m: i16,
    /// Metres.
    pub antenna_m: u16,
    /// Pressure, 20 bits, and temperature, sign and 11 bits, as sent.
    pub air_raw: u32,
    /// Every so many seconds; 0 once.
    pub interval_s: u16,
}

/// ICXX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card {
    /// Its number.
    pub card: u32,
    /// Number under which it hears broadcasts.
    pub broadcast: u32,
    /// What kind of user.
    pub feature: u8,
    /// It may send every so many seconds.
    pub interval_s: u16,
    /// 1 to 4: how long its messages may be.
    pub level: u8,
    /// Encrypted.
    pub encrypted: bool,
    /// How many subordinates it has.
    pub subordinates: u16,
}

/// FKXX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// 0 done, 1 failed, 2 no lock, 3 battery low, 4 too early, 5 encryption, 6 check, 7 and 8 suppression begins and ends.
    pub flag: u8,
    /// The command that it is about, or how long to wait.
    pub detail: [u8; 4],
}

impl Feedback {
    /// The command, where one is named.
    #[must_use]
    pub fn command(&self) -> Option<&str> {
        let named = self.detail.iter().all(u8::is_ascii_uppercase);
        if named { std::str::from_utf8(&self.detail).ok() } else { None }
    }

    /// How long to wait, seconds, where it was too early. Some terminals send it in the last byte, others from the first
    /// on, lowest byte first.
    #[must_use]
    pub const fn wait_s(&self) -> Option<u32> {
        match (self.flag, self.detail) {
            (4, [0, 0, 0, last]) => Some(last as u32),
            (4, detail) => Some(u32::from_le_bytes(detail)),
            _ => None,
        }
    }
}

/// GPSX and GNPX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gnss {
    /// Year, month and day; GNPX gives none.
    pub date: Option<[u8; 3]>,
    /// Hour, minute, second.
    pub time_raw: [u8; 3],
    /// `E` or `W`, degrees, minutes, seconds, tenths.
    pub lon_raw: [u8; 5],
    /// `N` or `S`, degrees, minutes, seconds, tenths.
    pub lat_raw: [u8; 5],
    /// Metres.
    pub height_m: u16,
    /// As sent.
    pub speed_raw: u16,
    /// Degrees, as sent.
    pub course_raw: u16,
    /// Satellites used.
    pub satellites: u8,
    /// 0 is no fix.
    pub state: u8,
}

impl Gnss {
    /// Where; `None` where there is no fix or no such place.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        let part = |[side, rest @ ..]: [u8; 5], negative: u8| {
            degrees(rest).map(|degrees| if side == negative { -degrees } else { degrees })
        };
        Position::new(part(self.lat_raw, b'S')?, part(self.lon_raw, b'W')?)
    }
}

impl<'a> Message<'a> {
    /// What a frame says.
    #[must_use]
    pub fn decode(frame: &Binary<'a>) -> Self {
        let mut o = Octets(frame.body);
        read(frame, &mut o).unwrap_or(Self::Other)
    }
}

fn read<'a>(frame: &Binary<'a>, o: &mut Octets<'a>) -> Option<Message<'a>> {
    let card = frame.address;
    Some(match &frame.kind {
        b"DWXX" => {
            let category = o.u8()?;
            let queried = o.u24()?;
            let (time_raw, lon_raw, lat_raw) = (o.array()?, o.array()?, o.array()?);
            let (height_raw, anomaly_raw) = (o.u16()?, o.u16()?);
            Message::Fix(Fix { card, queried, category, time_raw, lon_raw, lat_raw, height_raw, anomaly_raw })
        }
        b"TXXX" => {
            let (category, sender, sent_raw, bits) = (o.u8()?, o.u24()?, o.array()?, o.u16()?);
            let bytes = o.slice(usize::from(bits).div_ceil(8))?;
            let damaged = o.u8()? != 0;
            Message::Received(Received { card, category, sender, sent_raw, bits, bytes, damaged })
        }
        b"TXSQ" => {
            let (category, to, bits, answer) = (o.u8()?, o.u24()?, o.u16()?, o.u8()?);
            let bytes = o.slice(usize::from(bits).div_ceil(8))?;
            Message::Send(Send { card, category, to, bits, answer, bytes })
        }
        b"DWSQ" => Message::FixRequest(FixRequest {
            category: o.u8()?,
            height_m: o.u16()? as i16,
            antenna_m: o.u16()?,
            air_raw: o.u32()?,
            interval_s: o.u16()?,
        }),
        b"ICJC" => Message::ReadCard { frame: o.u8()? },
        b"ICXX" if o.u8()? == 0 => Message::Card(Card {
            card,
            broadcast: o.u24()?,
            feature: o.u8()?,
            interval_s: o.u16()?,
            level: o.u8()?,
            encrypted: o.u8()? != 0,
            subordinates: o.u16()?,
        }),
        b"ICXX" => Message::Subordinates(o.0),
        b"TXHZ" => {
            let (receiver, count) = (o.u24()?, o.u8()?);
            Message::Receipts { receiver, times: o.slice(4 * usize::from(count))? }
        }
        b"FKXX" => Message::Feedback(Feedback { flag: o.u8()?, detail: o.array()? }),
        b"ZJXX" => Message::SelfTest { states: o.array()?, beams: o.array()? },
        b"XTZJ" | b"SJSC" => Message::Period(o.u16()?),
        b"GLJC" => Message::Period(o.u8()?.into()),
        b"GLZK" => Message::Beams(o.array()?),
        b"SJXX" => Message::Clock { year: o.u16()?, rest: o.array()? },
        b"GPSX" => Message::Gnss(gnss(Some(o.array()?), o)?),
        b"GNPX" => Message::Gnss(gnss(None, o)?),
        _ => Message::Other,
    })
}

fn gnss(date: Option<[u8; 3]>, o: &mut Octets<'_>) -> Option<Gnss> {
    Some(Gnss {
        date,
        time_raw: o.array()?,
        lon_raw: o.array()?,
        lat_raw: o.array()?,
        height_m: o.u16()?,
        speed_raw: o.u16()?,
        course_raw: o.u16()?,
        satellites: o.u8()?,
        state: o.u8()?,
    })
}

impl Fix {
    /// Writes it as DWXX behind `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut body = vec![self.category];
        body.extend(low_three(self.queried));
        body.extend(self.time_raw);
        body.extend(self.lon_raw);
        body.extend(self.lat_raw);
        body.extend(self.height_raw.to_be_bytes());
        body.extend(self.anomaly_raw.to_be_bytes());
        Binary { kind: *b"DWXX", address: self.card, body: &body }.encode(out);
    }
}

impl Received<'_> {
    /// Writes it as TXXX behind `out`; `false`, and nothing written, where it is too long.
    pub fn encode(&self, out: &mut Vec<u8>) -> bool {
        let mut body = vec![self.category];
        body.extend(low_three(self.sender));
        body.extend(self.sent_raw);
        body.extend(self.bits.to_be_bytes());
        body.extend_from_slice(self.bytes);
        body.push(self.damaged.into());
        Binary { kind: *b"TXXX", address: self.card, body: &body }.encode(out)
    }
}

impl Send<'_> {
    /// Writes it as TXSQ behind `out`; `false`, and nothing written, where it is too long.
    pub fn encode(&self, out: &mut Vec<u8>) -> bool {
        let mut body = vec![self.category];
        body.extend(low_three(self.to));
        body.extend(self.bits.to_be_bytes());
        body.push(self.answer);
        body.extend_from_slice(self.bytes);
        Binary { kind: *b"TXSQ", address: self.card, body: &body }.encode(out)
    }
}

const fn low_three(number: u32) -> [u8; 3] {
    let [_, a, b, c] = number.to_be_bytes();
    [a, b, c]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &str) -> Vec<u8> {
        text.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
    }

    #[test]
    fn the_published_fix_is_where_it_was() {
        // Card, place and time as published with the frame.
        let bytes = frame(
            "24 44 57 58 58 00 1f 1f fa 66 08 00 00 00 0b 1c 32 47 76 05 2f 07 18 22 35 06 00 14 00 0a 8d",
        );
        let Message::Fix(fix) = Message::decode(&Binary::decode(&bytes).unwrap()) else { panic!() };
        let at = fix.position().unwrap();
        assert_eq!((fix.vessel(), fix.height_m(), fix.anomaly_m()), (2_095_718, 20, 10));
        assert!((at.lat() - 24.581_555_556).abs() < 1e-9 && (at.lon() - 118.096_583_333).abs() < 1e-9);
        assert_eq!(fix.time().unwrap().to_string(), "11:28:50.71");
        let mut again = Vec::new();
        fix.encode(&mut again);
        assert_eq!(again, bytes);
        let made = Fix::new(fix.card, at, fix.time().unwrap()).unwrap();
        assert_eq!((made.lat_raw, made.lon_raw, made.time_raw), (fix.lat_raw, fix.lon_raw, fix.time_raw));
    }

    #[test]
    fn a_length_that_reaches_past_the_frame_is_no_message() {
        let body = [0x40, 0, 0, 1, 0, 0, 0x7f, 0xff, 1, 2, 0];
        let frame = Binary { kind: *b"TXXX", address: 1, body: &body };
        assert_eq!(Message::decode(&frame), Message::Other);
    }

    #[test]
    fn how_long_to_wait_is_read_from_either_end() {
        let wait = |flag, detail| Feedback { flag, detail }.wait_s();
        assert_eq!(wait(4, [0, 0, 0, 58]), Some(58));
        assert_eq!(wait(4, [58, 0, 0, 0]), Some(58));
        assert_eq!(wait(0, *b"TXSQ"), None);
        assert_eq!(Feedback { flag: 0, detail: *b"TXSQ" }.command(), Some("TXSQ"));
    }
}
