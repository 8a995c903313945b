//! Every row of the AIS oracle holds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

#[path = "oracle/fields.rs"]
mod fields;
#[path = "oracle/shared.rs"]
mod shared;

use decoders::ais::Message;
use decoders::bits::{BitWriter, Bits};
use decoders::frame::Framer;
use decoders::nmea::{Counters, Flags, Item, Reader, Reject, Tag};
use serde_json::Value;
use std::collections::BTreeMap;
use units::{Label, UtcTime};

/// What came of some bytes.
#[derive(Default)]
struct Heard {
    messages: Vec<(Message, Flags, Option<Tag>, usize)>,
    rejects: Vec<Reject>,
}

impl Heard {
    /// Reads bytes as one datagram.
    fn read(&mut self, reader: &mut Reader, bytes: &[u8], time: UtcTime) {
        Framer::default().drain(bytes, true, |line| {
            reader.line(line, time, |item| match item {
                Item::Ais(got) => {
                    assert!(written_back(&got.message, got.payload), "{:?}", got.message);
                    self.messages.push((got.message, got.flags, got.tag.copied(), got.payload.len()));
                }
                Item::Reject { reason, .. } => self.rejects.push(reason),
                Item::Other(_) => {}
            });
            assert!(reader.counters().balanced(), "{:?}", reader.counters());
        });
    }
}

/// Whether encoding gives the payload again, bit for bit, up to where the type's own fields end.
fn written_back(message: &Message, payload: Bits<'_>) -> bool {
    let mut out = BitWriter::new();
    message.encode(&mut out);
    let written = out.bits();
    // Message 21 is filled up to whole bytes, with zeros whatever was there.
    let fields =
        if let Message::Aid(m) = message { 272 + m.extension_raw.sent().len() * 6 } else { written.len() };
    let own = fields.min(written.len()).min(payload.len());
    Bits::new(written.bytes(), own) == Bits::new(payload.bytes(), own) && written.len() <= payload.len() + 7
}

#[test]
fn every_row_of_the_ais_oracle_holds() {
    let Some(rows) = shared::rows("oracle/ais") else { return };
    let mut table: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in &rows {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let (first, verdict) = match row["kind"].as_str() {
            Some("message") => (format!("type {:2}", row["expect"]["msg_type"]), message(row)),
            Some("malformed") => ("malformed".to_owned(), malformed(row)),
            Some("stream") => ("stream".to_owned(), stream(row)),
            kind => panic!("{kind:?}"),
        };
        let (held, all) = table.entry((first, text("class"))).or_default();
        *all += 1;
        *held += usize::from(verdict.is_ok());
        if let Err(why) = verdict {
            wrong.push(format!("{} {}: {why}", text("id"), text("class")));
        }
    }
    for ((first, class), (held, all)) in &table {
        println!("{first:9} {class:30} {held:5} of {all:5}");
    }
    println!("{} of {} rows hold", rows.len() - wrong.len(), rows.len());
    assert!(!rows.is_empty());
    assert!(
        wrong.is_empty(),
        "{} rows do not hold:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
}

fn message(row: &Value) -> Result<(), String> {
    let (mut reader, mut heard) = (Reader::new(), Heard::default());
    for line in row["sentences"].as_array().into_iter().flatten() {
        heard.read(&mut reader, &latin1(line), UtcTime::from_unix_s(0));
    }
    let [(message, _, _, bits)] = &heard.messages[..] else {
        return Err(format!("{} messages, {:?}", heard.messages.len(), heard.rejects));
    };
    if row["bits"] != *bits {
        return Err(format!("{bits} bits"));
    }
    compare(message, &row["expect"])
}

/// Field by field where the type is decoded; else type, sender and length.
fn compare(message: &Message, expect: &Value) -> Result<(), String> {
    let expect = expect.as_object().ok_or("no expectation")?;
    let differences = fields::fields(message).map_or_else(
        || {
            let seen = [
                ("msg_type", Value::from(message.kind())),
                ("repeat", message.repeat().into()),
                ("mmsi", message.mmsi().number().into()),
                ("bits", message.header().bits.into()),
                ("length_ok", message.length_ok().into()),
            ];
            let differs = |(key, value): &(&str, Value)| expect.get(*key).is_some_and(|want| want != value);
            seen.iter().filter(|row| differs(row)).map(|row| format!("{row:?}")).collect()
        },
        |seen| fields::differences(&seen, expect),
    );
    if differences.is_empty() { Ok(()) } else { Err(differences.join("; ")) }
}

/// The reason a class is refused for, where there is only one.
fn reason(class: &str) -> Option<Reject> {
    Some(match class {
        "bad_checksum" => Reject::BadChecksum,
        "checksum_missing" | "glued_after_cut" => Reject::NoChecksum,
        "checksum_one_digit" | "checksum_not_hex" => Reject::BadChecksumField,
        "no_start" => Reject::NoStart,
        "extra_field" | "missing_field" => Reject::BadFields,
        "frag_number_zero"
        | "frag_count_zero"
        | "frag_number_gt_total"
        | "frag_not_numeric"
        | "frag_count_ten" => Reject::BadFragment,
        "control_char" | "non_ascii_payload" | "armor_char_out_of_range" => Reject::BadArmor,
        "fill_bits_gt5" | "fill_bits_missing" | "fill_bits_two_digit" => Reject::BadFill,
        "payload_empty" => Reject::EmptyPayload,
        "truncated_lt38" => Reject::TooShort,
        "bad_formatter" => Reject::NotAis,
        _ => return None,
    })
}

fn malformed(row: &Value) -> Result<(), String> {
    let (mut reader, mut heard) = (Reader::new(), Heard::default());
    for line in row["lines_latin1"].as_array().into_iter().flatten() {
        heard.read(&mut reader, &latin1(line), UtcTime::from_unix_s(0));
    }
    let counters = reader.counters();
    let action = row["action"].as_str().unwrap_or_default();
    let messages = match action {
        "reject" | "reject_not_ais" => 0,
        "accept_first_and_second" => 2,
        _ => 1,
    };
    if heard.messages.len() != messages {
        return Err(format!("{} messages, {:?}", heard.messages.len(), heard.rejects));
    }
    if let Some(reason) = reason(row["class"].as_str().unwrap_or_default())
        && heard.rejects != [reason]
    {
        return Err(format!("refused for {:?}", heard.rejects));
    }
    let noted = match action {
        "reject" => heard.rejects.len() + counters.tag_bad as usize > 0,
        "reject_not_ais" => counters.not_ais() == 1,
        "accept" => heard.messages.iter().all(|(_, flags, ..)| *flags == Flags::default()),
        "accept_drop_tag" => counters.tag_bad == 1 && heard.messages[0].2.is_none(),
        // Some types are so variable that eight characters more are within their limits.
        "accept_flagged" if row["class"] == "overlong_payload" => {
            heard.messages[0].1.contains(Flags::LONG) != heard.messages[0].0.length_ok().unwrap_or_default()
        }
        "accept_flagged" => heard.messages[0].1 != Flags::default(),
        "accept_unknown" => counters.unknown_type == 1 && heard.messages[0].0.length_ok().is_none(),
        "accept_first_and_second" => heard.rejects.is_empty(),
        "accept_second" => counters.candidates == 2,
        _ => false,
    };
    if !noted {
        return Err(format!("{action}: {counters:?}"));
    }
    if let ([(message, _, tag, _)], Some(_)) = (&heard.messages[..], row["expect"].as_object()) {
        compare(message, &row["expect"])?;
        if let Some(expected) = row["tag"].as_object() {
            let tag = tag.ok_or("no TAG block")?;
            for (key, value) in expected {
                let seen = tag_field(&tag, key);
                let number = |value: &Value| value.as_f64();
                if seen != *value
                    && number(&seen).zip(number(value)).is_none_or(|(a, b)| (a - b).abs() > 1e-6)
                {
                    return Err(format!("TAG {key}: {seen}, expected {value}"));
                }
            }
        }
    }
    Ok(())
}

fn tag_field(tag: &Tag, key: &str) -> Value {
    let text = |label: Option<Label>| label.map(|label| label.to_string()).into();
    match key {
        "source" => text(tag.source),
        "destination" => text(tag.destination),
        "time" => tag.time.map(|time| time.since(UtcTime::from_unix_s(0))).into(),
        "group" => {
            tag.group.map_or(Value::Null, |g| serde_json::json!([g.number, g.total, g.id.to_string()]))
        }
        "line_count" => tag.line_count.into(),
        "relative_time" => tag.relative_time.into(),
        "text" => tag.text.map(|note| String::from_utf8_lossy(note.as_bytes()).into_owned()).into(),
        _ => Value::String(format!("unknown key {key}")),
    }
}

fn stream(row: &Value) -> Result<(), String> {
    let timeout_s = row["timeout_s"].as_f64().ok_or("no timeout")?;
    let mut readers: BTreeMap<&str, Reader> = BTreeMap::new();
    let mut heard = Heard::default();
    let mut after = Vec::new();
    for (event, at) in row["events"].as_array().into_iter().flatten().zip(0_u64..) {
        let source = event["src"].as_str().unwrap_or_default();
        let reader = readers.entry(source).or_insert_with(|| Reader::with_timeout(timeout_s));
        let time = UtcTime::from_unix_s(0).plus_s(event["t"].as_f64().ok_or("no time")?);
        heard.read(reader, &latin1(&event["line"]), time);
        after.resize(heard.messages.len(), at);
    }
    readers.values_mut().for_each(Reader::end);
    let expected = row["expect_messages"].as_array().ok_or("no messages")?;
    if heard.messages.len() != expected.len() {
        return Err(format!("{} messages, expected {}", heard.messages.len(), expected.len()));
    }
    for ((message, after), expected) in heard.messages.iter().zip(after).zip(expected) {
        if expected["after_event"] != after {
            return Err(format!("after event {after}, expected {}", expected["after_event"]));
        }
        compare(&message.0, &expected["expect"])?;
    }
    for (name, expected) in row["expect_counters"].as_object().into_iter().flatten() {
        let seen: u64 = readers.values().map(|reader| counter(reader.counters(), name)).sum();
        if *expected != seen {
            return Err(format!("{name} {seen}, expected {expected}"));
        }
    }
    if row["class"] == "tag_group_source_inherited" {
        let tag = heard.messages[0].2.ok_or("no TAG block")?;
        tag.source.zip(tag.time).ok_or("the first line's source and time are lost")?;
    }
    Ok(())
}

fn counter(counters: &Counters, name: &str) -> u64 {
    match name {
        "incomplete_timeout" => counters.incomplete_timeout,
        "incomplete_replaced" => counters.incomplete_replaced,
        "duplicate_part" => counters.duplicate_part,
        "conflict" => counters.conflict,
        "out_of_order" => counters.out_of_order,
        "channel_inferred" => counters.channel_inferred,
        "fill_bits_nonfinal" => counters.fill_bits_nonfinal,
        "tag_bad" => counters.tag_bad,
        "unknown_type" => counters.unknown_type,
        "short" => counters.short,
        "long" => counters.long,
        "not_ais" => counters.not_ais(),
        _ => {
            let reason = Reject::ALL.into_iter().find(|reason| reason.as_str() == name);
            counters.rejected(reason.unwrap_or_else(|| panic!("counter {name}")))
        }
    }
}

fn latin1(text: &Value) -> Vec<u8> {
    text.as_str().unwrap_or_default().chars().map(|c| c as u8).collect()
}
