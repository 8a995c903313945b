//! What AIS stations say besides what they hear (IEC 61162-1): how well a message was received, what became of one
//! that was to be sent, and what is to be sent. And the sentences of VDES, which are kept as they are.

use super::sentence::Sentence;
use crate::ais::Visit;

/// What a well-formed sentence that is no VDM or VDO belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// The work of an AIS station; [`Sentence::station_fields`] tells it.
    Station,
    /// VHF data exchange, the successor of AIS: talker `VE`, or formatter `VSM`. Kept raw.
    Vdes,
    /// Anything else.
    Other,
}

/// How a field is written.
#[derive(Clone, Copy, Debug)]
enum How {
    /// A whole number.
    Int,
    /// A number, told with so many decimals.
    Float(u8),
    /// Characters.
    Text,
    /// `hhmmss.ss`, told as seconds of the day.
    Time,
    /// `ddmm.mm` or `dddmm.mm`, and behind the comma N, S, E or W; told as degrees.
    Angle,
    /// Stands there and says nothing.
    Unit,
}
use How::{Angle, Float, Int, Text, Time, Unit};

/// One formatter: its fields in order.
type Layout = (&'static [u8; 3], &'static [(&'static str, How)]);

const LAYOUTS: &[Layout] = &[
    // Acknowledgement of a transmission: 0 received, 1 not acknowledged, 2 not sent, 3 broadcast, 4 late.
    (
        b"ABK",
        &[("mmsi", Text), ("channel", Text), ("msg_type", Text), ("sequence", Int), ("acknowledgement", Int)],
    ),
    // A message to be sent to one station, and one to be sent to all.
    (
        b"ABM",
        &[
            ("total", Int),
            ("number", Int),
            ("sequence", Int),
            ("mmsi", Text),
            ("channel", Int),
            ("msg_type", Text),
            ("payload", Text),
            ("fill", Int),
        ],
    ),
    (
        b"BBM",
        &[
            ("total", Int),
            ("number", Int),
            ("sequence", Int),
            ("channel", Int),
            ("msg_type", Text),
            ("payload", Text),
            ("fill", Int),
        ],
    ),
    // An interrogation to be sent.
    (
        b"AIR",
        &[
            ("mmsi_1", Text),
            ("msg_type_1_1", Text),
            ("subsection_1_1", Int),
            ("msg_type_1_2", Text),
            ("subsection_1_2", Int),
            ("mmsi_2", Text),
            ("msg_type_2_1", Text),
            ("subsection_2_1", Int),
        ],
    ),
    // Long range: interrogation, what is asked for, and the answer in three parts.
    (
        b"LRI",
        &[
            ("sequence", Int),
            ("control", Int),
            ("requestor_mmsi", Text),
            ("mmsi", Text),
            ("lat_ne", Angle),
            ("lon_ne", Angle),
            ("lat_sw", Angle),
            ("lon_sw", Angle),
        ],
    ),
    (
        b"LRF",
        &[
            ("sequence", Int),
            ("requestor_mmsi", Text),
            ("requestor", Text),
            ("functions", Text),
            ("reply_status", Text),
        ],
    ),
    (
        b"LR1",
        &[
            ("sequence", Int),
            ("mmsi", Text),
            ("requestor_mmsi", Text),
            ("name", Text),
            ("callsign", Text),
            ("imo", Text),
        ],
    ),
    (
        b"LR2",
        &[
            ("sequence", Int),
            ("mmsi", Text),
            ("date", Text),
            ("time_s", Time),
            ("lat", Angle),
            ("lon", Angle),
            ("cog", Float(1)),
            ("", Unit),
            ("sog", Float(1)),
            ("", Unit),
        ],
    ),
    (
        b"LR3",
        &[
            ("sequence", Int),
            ("mmsi", Text),
            ("destination", Text),
            ("eta_date", Text),
            ("eta_time_s", Time),
            ("draught_m", Float(1)),
            ("cargo", Text),
            ("length_m", Float(1)),
            ("beam_m", Float(1)),
            ("ship_type", Text),
            ("persons", Int),
        ],
    ),
    // How the VDM before it was received; `link` is its sequence number.
    (
        b"VSI",
        &[
            ("station", Text),
            ("link", Int),
            ("time_s", Time),
            ("slot", Int),
            ("signal_dbm", Float(1)),
            ("snr_db", Float(1)),
        ],
    ),
    // How full a frame was.
    (
        b"FSR",
        &[
            ("station", Text),
            ("time_s", Time),
            ("channel", Text),
            ("received_slots", Int),
            ("own_slots", Int),
            ("crc_errors", Int),
            ("reserved_slots", Int),
            ("own_reserved_slots", Int),
            ("noise_dbm", Float(1)),
            ("strong_slots", Int),
        ],
    ),
];

impl Sentence<'_> {
    /// What it belongs to.
    #[must_use]
    pub fn family(&self) -> Family {
        match self.address() {
            Some([b'V', b'E', ..] | [_, _, b'V', b'S', b'M']) => Family::Vdes,
            Some(_) if self.layout().is_some() => Family::Station,
            _ => Family::Other,
        }
    }

    /// Tells the fields of a sentence of [`Family::Station`]: numbers where the standard has numbers, null for what is
    /// empty or no number, further fields not at all. `false`, and nothing told, for any other sentence.
    pub fn station_fields(&self, told: &mut dyn Visit) -> bool {
        let Some((_, layout)) = self.layout() else { return false };
        let mut fields = self.fields();
        let mut next = || fields.next().unwrap_or_default();
        for &(name, how) in *layout {
            let field = next();
            match how {
                Int => match number(field).filter(|n| n.fract() == 0.0) {
                    Some(n) => told.int(name, n as i64),
                    None => told.null(name),
                },
                Float(decimals) => or_null(told, name, number(field), decimals),
                Text => match std::str::from_utf8(field) {
                    Ok(text) if !text.is_empty() && field.iter().all(|b| (0x20..0x7f).contains(b)) => {
                        told.text(name, text);
                    }
                    _ => told.null(name),
                },
                Time => or_null(told, name, time_s(field), 6),
                Angle => or_null(told, name, degrees(field, next()), 7),
                Unit => {}
            }
        }
        true
    }

    fn layout(&self) -> Option<&'static Layout> {
        let formatter: &[u8; 3] = self.address()?.get(2..)?.try_into().ok()?;
        LAYOUTS.iter().find(|(name, _)| *name == formatter)
    }
}

fn or_null(told: &mut dyn Visit, name: &'static str, value: Option<f64>, decimals: u8) {
    match value {
        Some(value) => told.float(name, value, decimals),
        None => told.null(name),
    }
}

/// A decimal number of at most nine digits before its point, with or without a sign.
fn number(field: &[u8]) -> Option<f64> {
    let digits = field.strip_prefix(b"-").or_else(|| field.strip_prefix(b"+")).unwrap_or(field);
    let whole = digits.split(|&b| b == b'.').next()?;
    let sound = (1..=9).contains(&whole.len())
        && digits.len() <= 20
        && digits.iter().all(|&b| b.is_ascii_digit() || b == b'.');
    if !sound {
        return None;
    }
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// `hhmmss.ss`; the second may be a leap second.
fn time_s(field: &[u8]) -> Option<f64> {
    let (hours, rest) = field.split_first_chunk::<2>()?;
    let (minutes, seconds) = rest.split_first_chunk::<2>()?;
    let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
    let sound =
        (0.0..24.0).contains(&hours) && (0.0..60.0).contains(&minutes) && (0.0..61.0).contains(&seconds);
    sound.then_some(hours * 3600.0 + minutes * 60.0 + seconds)
}

/// `ddmm.mm` and its half of the globe.
fn degrees(field: &[u8], half: &[u8]) -> Option<f64> {
    let value = number(field).filter(|value| *value >= 0.0)?;
    let whole = (value / 100.0).floor();
    let minutes = value - whole * 100.0;
    let degrees = whole + minutes / 60.0;
    let (most, sign) = match half {
        b"N" => (90.0, 1.0),
        b"S" => (90.0, -1.0),
        b"E" => (180.0, 1.0),
        b"W" => (180.0, -1.0),
        _ => return None,
    };
    (minutes < 60.0 && degrees <= most).then_some(degrees * sign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::Bits;
    use std::fmt::Write;

    /// Fields as `name=value`, what is null left out.
    struct Words(String);

    impl Visit for Words {
        fn null(&mut self, _: &'static str) {}
        fn flag(&mut self, _: &'static str, _: bool) {}
        fn int(&mut self, key: &'static str, value: i64) {
            write!(self.0, " {key}={value}").unwrap();
        }
        fn float(&mut self, key: &'static str, value: f64, decimals: u8) {
            write!(self.0, " {key}={value:.0$}", usize::from(decimals)).unwrap();
        }
        fn text(&mut self, key: &'static str, value: &str) {
            write!(self.0, " {key}={value:?}").unwrap();
        }
        fn exact(&mut self, _: &'static str, _: f64) {}
        fn wide(&mut self, _: &'static str, _: &[u8]) {}
        fn hex(&mut self, _: &'static str, _: Bits<'_>) {}
        fn object(&mut self, _: &'static str) {}
        fn array(&mut self, _: &'static str) {}
        fn close(&mut self) {}
    }

    #[test]
    fn what_stations_say_is_told() {
        // The bodies of VSI and ABK are real ones of base stations; the rest are made up to the standard.
        let cases = [
            (
                "$SAVSI,D13MN-CR-ELKBS1,6,000059.632020,2236,-95,22",
                "Station station=\"D13MN-CR-ELKBS1\" link=6 time_s=59.632020 slot=2236 signal_dbm=-95.0 snr_db=22.0",
            ),
            (
                "$ARVSI,r08XSTL1,,235959.84331689,2244,-066,0",
                "Station station=\"r08XSTL1\" time_s=86399.843317 slot=2244 signal_dbm=-66.0 snr_db=0.0",
            ),
            ("$ANABK,,B,8,5,3", "Station channel=\"B\" msg_type=\"8\" sequence=5 acknowledgement=3"),
            (
                "$AIABK,219012679,B,12,1,0",
                "Station mmsi=\"219012679\" channel=\"B\" msg_type=\"12\" sequence=1 acknowledgement=0",
            ),
            (
                "!AIABM,1,1,2,992199014,0,6,04D0G6EB00000000,0",
                "Station total=1 number=1 sequence=2 mmsi=\"992199014\" channel=0 msg_type=\"6\" \
                 payload=\"04D0G6EB00000000\" fill=0",
            ),
            (
                "!ECBBM,1,1,0,A,8,FstG8N6Kw<3<P6P1=87l0@,4",
                "Station total=1 number=1 sequence=0 msg_type=\"8\" payload=\"FstG8N6Kw<3<P6P1=87l0@\" fill=4",
            ),
            (
                "$AILRF,1,412000001,MRCC NINGBO,ABCEF,22224",
                "Station sequence=1 requestor_mmsi=\"412000001\" requestor=\"MRCC NINGBO\" functions=\"ABCEF\" \
                 reply_status=\"22224\"",
            ),
            (
                "$AILRI,1,0,412000001,,3012.50,N,12230.00,E,2945.00,S,12200.00,W",
                "Station sequence=1 control=0 requestor_mmsi=\"412000001\" lat_ne=30.2083333 lon_ne=122.5000000 \
                 lat_sw=-29.7500000 lon_sw=-122.0000000",
            ),
            // Cut, empty, out of range: what is left is told.
            ("$AIVSI", "Station"),
            ("$AIVSI,,x,256000,9e9,-,1.2.3", "Station"),
            ("$AILRI,1,0,,,9100.00,N,12260.00,E", "Station sequence=1 control=0"),
            ("!VEVSM,1,1,,004121111,1,412,30,0000,0", "Vdes"),
            ("$VEALR,1", "Vdes"),
            ("!AIVSM,1", "Vdes"),
            ("$GPZDA,153415,10,12,2015,0,0", "Other"),
            ("$PGHP,1,2001", "Other"),
        ];
        for (text, expected) in cases {
            let body = &text.as_bytes()[1..];
            let sentence = Sentence { text: text.as_bytes(), body, trailer: &[], tag: None };
            let mut words = Words(format!("{:?}", sentence.family()));
            assert_eq!(sentence.station_fields(&mut words), sentence.family() == Family::Station);
            assert_eq!(words.0, expected);
        }
    }
}
