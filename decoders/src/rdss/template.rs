//! Fleet reports inside short messages. No national layout is public, so a configuration says what a maker's bytes mean;
//! what no template fits stays text or bytes, and is never taken for a position.

use super::{Content, Form};
use crate::TimeOfDay;
use crate::bits::{self, Bits};
use units::{Degrees, KNOT_MPS, Knots, Position};

/// What a maker's payload looks like.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Its name, for people.
    pub name: String,
    /// Cards that send it, first and last.
    pub senders: (u64, u64),
    /// Only content of this form, where it is said.
    pub form: Option<Form>,
    /// What its bytes begin with.
    pub prefix: Vec<u8>,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// What it says.
    pub reading: Reading,
    /// Where it begins, bits.
    pub offset: usize,
    /// How long it is, bits: 1 to 32.
    pub width: usize,
    /// How it is written.
    pub kind: Kind,
    /// Its number is multiplied by this.
    pub scale: f64,
}

/// What a field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Degrees, north positive.
    Lat,
    /// Degrees, east positive.
    Lon,
    /// Knots.
    Sog,
    /// Degrees.
    Cog,
    /// `hhmmss` as a number, by the terminal's clock.
    TimeOfDay,
    /// Seconds since 1970, UTC.
    UnixTime,
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Binary, without a sign.
    Unsigned,
    /// Binary, two's complement.
    Signed,
    /// Decimal digits of four bits.
    Bcd,
    /// Degrees, minutes, seconds, tenths, a byte each.
    Dms,
    /// Kilometres an hour, binary, without a sign: turned into knots.
    Kmh,
}

/// What a payload says by a template.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// Where.
    pub position: Position,
    /// Speed over ground.
    pub sog: Option<Knots>,
    /// Course over ground.
    pub cog: Option<Degrees>,
    /// When, by the terminal's clock.
    pub time: Option<TimeOfDay>,
    /// When, seconds since 1970.
    pub unix_s: Option<i64>,
}

impl Template {
    /// What a payload says; `None` where it is another's, shorter than its fields, or where it says no position.
    #[must_use]
    pub fn read(&self, sender: u64, form: Form, bytes: &[u8]) -> Option<Report> {
        let (first, last) = self.senders;
        let mine = (first..=last).contains(&sender)
            && self.form.is_none_or(|own| own == form)
            && bytes.starts_with(&self.prefix);
        if !mine {
            return None;
        }
        let value = |reading| {
            let field = self.fields.iter().find(|field| field.reading == reading)?;
            field.number(Bits::new(bytes, usize::MAX))
        };
        // A field that is laid out must be there: a payload that is cut off is none.
        let whole = self.fields.iter().all(|field| field.offset + field.width <= bytes.len() * 8);
        let position = Position::new(value(Reading::Lat)?, value(Reading::Lon)?).filter(|_| whole)?;
        let time = value(Reading::TimeOfDay).and_then(|number| {
            let n = number as u32;
            TimeOfDay::new((n / 10_000).min(99) as u8, (n / 100 % 100) as u8, (n % 100) as u8, 0)
        });
        Some(Report {
            position,
            sog: value(Reading::Sog).and_then(Knots::new),
            cog: value(Reading::Cog).filter(|cog| (0.0..=360.0).contains(cog)).and_then(Degrees::new),
            time,
            unix_s: value(Reading::UnixTime).map(|seconds| seconds as i64),
        })
    }

    /// As [`Template::read`], of a message's content. `scratch` is room for its bytes.
    pub fn content(&self, sender: u64, content: &Content<'_>, scratch: &mut Vec<u8>) -> Option<Report> {
        content.bytes(scratch);
        self.read(sender, content.form, scratch)
    }
}

impl Field {
    fn number(&self, bits: Bits<'_>) -> Option<f64> {
        let part = |from: usize, width: usize| bits::Field::at(self.offset + from, width);
        let number = match self.kind {
            Kind::Unsigned => f64::from(bits.u32(part(0, self.width))?),
            Kind::Kmh => f64::from(bits.u32(part(0, self.width))?) / 3.6 / KNOT_MPS,
            Kind::Signed => f64::from(bits.i32(part(0, self.width))?),
            Kind::Bcd => {
                let mut digits = (0..self.width / 4).map(|at| bits.u32(part(4 * at, 4)).filter(|d| *d < 10));
                digits.try_fold(0.0, |sum, digit| digit.map(|digit| sum * 10.0 + f64::from(digit)))?
            }
            Kind::Dms => {
                let byte = |at: usize| bits.u32(part(8 * at, 8)).map(f64::from);
                let (minutes, seconds, tenths) = (byte(1)?, byte(2)?, byte(3)?);
                let sound = minutes < 60.0 && seconds < 60.0 && tenths < 10.0;
                sound.then_some(byte(0)? + minutes / 60.0 + (seconds + tenths / 10.0) / 3600.0)?
            }
        };
        Some(number * self.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn template() -> Template {
        let field = |reading, offset, width, kind, scale| Field { reading, offset, width, kind, scale };
        Template {
            name: "made up".to_owned(),
            senders: (100, 199),
            form: Some(Form::Mixed),
            prefix: vec![0xfb, 0x11],
            fields: vec![
                field(Reading::Lat, 16, 32, Kind::Signed, 1e-6),
                field(Reading::Lon, 48, 32, Kind::Dms, 1.0),
                field(Reading::Sog, 80, 8, Kind::Unsigned, 0.1),
                field(Reading::Cog, 88, 12, Kind::Bcd, 1.0),
                field(Reading::TimeOfDay, 100, 24, Kind::Bcd, 1.0),
            ],
        }
    }

    #[test]
    fn a_payload_is_read_as_its_template_says() {
        // -29.5 degrees; 121 degrees 53 minutes 6.5 seconds; 8.5 knots; 275 degrees; 06:13:20.
        let bytes = [
            &[0xfb, 0x11][..],
            &(-29_500_000_i32).to_be_bytes(),
            &[121, 53, 6, 5, 85, 0x27, 0x50, 0x61, 0x32, 0x00],
        ]
        .concat();
        let report = template().read(150, Form::Mixed, &bytes).unwrap();
        assert_eq!(report.position.lat(), -29.5);
        assert!((report.position.lon() - (121.0 + 53.0 / 60.0 + 6.5 / 3600.0)).abs() < 1e-12);
        assert_eq!(report.sog.map(Knots::value), Some(8.5));
        assert_eq!(report.cog.map(Degrees::value), Some(275.0));
        assert_eq!(report.time, TimeOfDay::new(6, 13, 20, 0));
        let none = [
            template().read(99, Form::Mixed, &bytes),
            template().read(150, Form::Digits, &bytes),
            template().read(150, Form::Mixed, &bytes[..15]),
            template().read(150, Form::Mixed, &[&[0xfb, 0x12][..], &bytes[2..]].concat()),
        ];
        assert_eq!(none, [None; 4]);
    }

    proptest! {
        #[test]
        fn any_payload_is_read_or_left(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let bytes = [&[0xfb, 0x11][..], &bytes].concat();
            if let Some(report) = template().read(100, Form::Mixed, &bytes) {
                prop_assert!(report.cog.is_none_or(|cog| cog.value() < 360.0));
            }
        }
    }
}
