//! `[[payload]]`: what a maker put inside short messages. Each carries examples, and an example that does not hold is
//! an error before anything starts.

use super::Wrong;
use decoders::rdss::{Field, Form, Kind, Reading, Template};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    name: String,
    /// First and last card that sends it.
    senders: Option<[u64; 2]>,
    coding: Option<Coding>,
    /// Hexadecimal digits.
    #[serde(default)]
    prefix: String,
    fields: Vec<FileField>,
    examples: Vec<Example>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Coding {
    Digits,
    Mixed,
    Position,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileField {
    name: Name,
    /// Bits from the first of the payload.
    offset: usize,
    /// Bits.
    width: usize,
    r#type: Type,
    #[serde(default = "one")]
    scale: f64,
}

const fn one() -> f64 {
    1.0
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Name {
    Lat,
    Lon,
    Sog,
    Cog,
    TimeOfDay,
    UnixTime,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Type {
    Unsigned,
    Signed,
    Bcd,
    Dms,
    Kmh,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    /// Hexadecimal digits, without the A4 of mixed content.
    hex: String,
    lat: f64,
    lon: f64,
}

/// The template, its examples tried.
pub fn template(entry: Spanned<Payload>) -> Result<Template, Wrong> {
    let span: Range<usize> = entry.span();
    let fail = |message: String| (Some(span.clone()), format!("payload.{message}"));
    let Payload { name, senders, coding, prefix, fields, examples } = entry.into_inner();
    let form = coding.map(|coding| match coding {
        Coding::Digits => Form::Digits,
        Coding::Mixed => Form::Mixed,
        Coding::Position => Form::Position,
    });
    let prefix =
        unhex(&prefix).ok_or_else(|| fail(format!("prefix: `{prefix}` is no hexadecimal number")))?;
    let fields = fields.iter().map(field).collect::<Result<Vec<_>, _>>().map_err(&fail)?;
    let [first, last] = senders.unwrap_or([0, u64::MAX]);
    let template = Template { name, senders: (first, last), form, prefix, fields };
    if examples.is_empty() {
        return Err(fail(format!("examples: `{}` needs at least one", template.name)));
    }
    for Example { hex, lat, lon } in examples {
        let bytes = unhex(&hex).ok_or_else(|| fail(format!("examples: `{hex}` is no hexadecimal number")))?;
        let seen = template.read(first, form.unwrap_or(Form::Mixed), &bytes).map(|report| report.position);
        let near = |at: units::Position| (at.lat() - lat).abs() < 1e-6 && (at.lon() - lon).abs() < 1e-6;
        if !seen.is_some_and(near) {
            let seen = seen.map_or_else(|| "nothing".to_owned(), |at| format!("{}, {}", at.lat(), at.lon()));
            return Err(fail(format!("examples: `{hex}` says {seen} and not {lat}, {lon}")));
        }
    }
    Ok(template)
}

fn field(field: &FileField) -> Result<Field, String> {
    let FileField { name, offset, width, r#type, scale } = *field;
    let kind = match r#type {
        Type::Unsigned => Kind::Unsigned,
        Type::Signed => Kind::Signed,
        Type::Bcd => Kind::Bcd,
        Type::Dms => Kind::Dms,
        Type::Kmh => Kind::Kmh,
    };
    let reading = match name {
        Name::Lat => Reading::Lat,
        Name::Lon => Reading::Lon,
        Name::Sog => Reading::Sog,
        Name::Cog => Reading::Cog,
        Name::TimeOfDay => Reading::TimeOfDay,
        Name::UnixTime => Reading::UnixTime,
    };
    let wide_enough = match kind {
        Kind::Dms => width == 32,
        Kind::Bcd => width.is_multiple_of(4),
        Kind::Unsigned | Kind::Signed | Kind::Kmh => true,
    };
    if !(1..=32).contains(&width) || !wide_enough || offset > 1 << 14 {
        return Err(format!(
            "fields: {width} bits from {offset} on: 1 to 32; 32 for dms; whole digits for bcd"
        ));
    }
    Ok(Field { reading, offset, width, kind, scale })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().map(|c| c.to_digit(16)).collect::<Option<Vec<_>>>()?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some((high << 4 | low) as u8),
        _ => None,
    });
    pairs.collect()
}
