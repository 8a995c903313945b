//! Every radar sentence of the shared data says what a reading of its fields one by one says.

use super::shared;
use decoders::ais::Visit;
use decoders::arpa::{self, Message};
use decoders::bits::Bits;
use decoders::frame::Framer;
use decoders::nmea::{Item, Reader, Sentence};
use std::collections::BTreeMap;
use units::UtcTime;

#[test]
fn every_radar_sentence_says_what_its_fields_say() {
    let Some(files) = shared::files("data/radar", "txt") else { return };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (name, bytes) in &files {
        let mut reader = Reader::new();
        Framer::default().drain(bytes, true, |line| {
            reader.line(line, UtcTime::from_unix_s(0), |item| match item {
                Item::Other(sentence) => {
                    let kind = String::from_utf8_lossy(&sentence.address().unwrap()[2..]).into_owned();
                    *seen.entry(kind).or_default() += 1;
                    judge(&sentence);
                }
                Item::Reject { reason, text } => {
                    assert!(text.starts_with(b"#"), "{name}: {reason:?}: {}", text.escape_ascii());
                }
                Item::Ais(_) => {}
            });
        });
    }
    println!("{seen:?}");
    assert!(seen.contains_key("TTM") && seen.contains_key("TTD"));
}

/// Against a reading of our own: split at commas, each field a number, a time, a letter, a text or nothing.
fn judge(sentence: &Sentence<'_>) {
    let text = String::from_utf8_lossy(sentence.body).into_owned();
    let Some(decoded) = arpa::decode(sentence) else {
        assert!(OTHERS.contains(&&text[2..5]), "unknown: {text}");
        return;
    };
    let message = decoded.unwrap_or_else(|why| panic!("{text}: {why}"));
    let mut told = Flat::default();
    message.tell(&mut told);
    let mut fields: Vec<String> = text.split(',').skip(1).map(|field| field.trim().to_owned()).collect();
    match message {
        Message::Ttd(_) => {
            let targets = fields[3].as_bytes().chunks(15).flat_map(target).collect::<Vec<_>>();
            fields[0] = i64::from_str_radix(&fields[0], 16).unwrap().to_string();
            fields[1] = i64::from_str_radix(&fields[1], 16).unwrap().to_string();
            fields.extend(targets);
        }
        Message::Tll(_) => {
            for at in [1, 2] {
                let hemisphere = fields.remove(at + 1);
                fields[at] = degrees(&fields[at], &hemisphere);
            }
        }
        _ => {}
    }
    for (at, (key, value)) in told.0.iter().enumerate() {
        let field = fields.get(at).map_or("", String::as_str);
        let same = match (value.parse::<f64>(), field.parse::<f64>()) {
            (Ok(value), Ok(field)) if *key != "label" => (value - field).abs() < 1e-6,
            _ if *key == "time" => {
                value.replace(':', "").trim_end_matches('0') == field.trim_end_matches('0')
            }
            _ => value == field,
        };
        assert!(same, "{text}: {key} is {value:?}, and not {field:?}");
    }
    // What comes back is written as it was read, give or take how numbers are padded.
    let (mut out, mut again) = (Vec::new(), Flat::default());
    message.encode(*b"RA", &mut out);
    Reader::new().line(decoders::frame::Line::Whole(out.trim_ascii_end()), UtcTime::from_unix_s(0), |item| {
        let Item::Other(sentence) = item else { panic!("{item:?}") };
        arpa::decode(&sentence).unwrap().unwrap().tell(&mut again);
    });
    assert_eq!(again, told, "{text}");
}

/// What stands in the files and is for other decoders.
const OTHERS: &[&str] = &["RMC", "ZDA", "HDT", "ROT", "VTG", "GGA", "GLL", "THS", "VBW"];

fn degrees(angle: &str, hemisphere: &str) -> String {
    let Some(point) = angle.find('.').or(Some(angle.len())).filter(|point| *point > 2) else {
        return String::new();
    };
    let minutes: f64 = angle[point - 2..].parse().unwrap();
    let whole: f64 = angle[..point - 2].parse().unwrap();
    let sign = if "SW".contains(hemisphere) { -1.0 } else { 1.0 };
    (sign * (whole + minutes / 60.0)).to_string()
}

/// One target of a TTD as text, from a row of bits written out.
fn target(chars: &[u8]) -> Vec<String> {
    const WIDTHS: [(&str, usize); 13] = [
        ("version", 2),
        ("number", 10),
        ("bearing", 12),
        ("speed", 12),
        ("course", 12),
        ("heading", 12),
        ("status", 3),
        ("test", 1),
        ("distance", 14),
        ("relative", 1),
        ("water", 1),
        ("reserved", 2),
        ("correlation", 8),
    ];
    let six = |c: &u8| if *c < 0x60 { c - 48 } else { c - 56 };
    let bits = chars.iter().map(|c| format!("{:06b}", six(c))).collect::<Vec<_>>().concat();
    let mut fields = BTreeMap::new();
    let mut at = 0;
    for (name, width) in WIDTHS {
        fields.insert(name, u32::from_str_radix(&bits[at..at + width], 2).unwrap());
        at += width;
    }
    let tenths = |name| {
        let value = fields[name];
        if value == 4095 { String::new() } else { (f64::from(value) / 10.0).to_string() }
    };
    let flag = |name| if fields[name] == 1 { "yes".to_owned() } else { "no".to_owned() };
    vec![
        fields["number"].to_string(),
        tenths("bearing"),
        tenths("speed"),
        tenths("course"),
        tenths("heading"),
        (f64::from(fields["distance"]) / 100.0).to_string(),
        fields["status"].to_string(),
        flag("test"),
        flag("relative"),
        flag("water"),
        fields["correlation"].to_string(),
    ]
}

/// Everything told, in order, as text; what is not available is empty.
#[derive(Default, Debug, PartialEq)]
struct Flat(Vec<(&'static str, String)>);

impl Visit for Flat {
    fn null(&mut self, key: &'static str) {
        self.0.push((key, String::new()));
    }

    fn flag(&mut self, key: &'static str, value: bool) {
        self.0.push((key, if value { "yes" } else { "no" }.to_owned()));
    }

    fn int(&mut self, key: &'static str, value: i64) {
        self.0.push((key, value.to_string()));
    }

    fn float(&mut self, key: &'static str, value: f64, decimals: u8) {
        self.0.push((key, format!("{value:.0$}", usize::from(decimals))));
    }

    fn text(&mut self, key: &'static str, value: &str) {
        self.0.push((key, value.to_owned()));
    }

    fn exact(&mut self, key: &'static str, value: f64) {
        panic!("{key}: {value}");
    }

    fn wide(&mut self, key: &'static str, octets: &[u8]) {
        panic!("{key}: {octets:?}");
    }

    fn hex(&mut self, key: &'static str, _bits: Bits<'_>) {
        panic!("{key}");
    }

    fn object(&mut self, _key: &'static str) {}

    fn array(&mut self, _key: &'static str) {}

    fn close(&mut self) {}
}
