//! Every row of the oracles holds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may"
)]

#[path = "oracle/arpa.rs"]
mod arpa;
#[path = "oracle/asterix.rs"]
mod asterix;
#[path = "oracle/beidou.rs"]
mod beidou;
#[path = "oracle/cctv.rs"]
mod cctv;
#[path = "oracle/croatia.rs"]
mod croatia;
#[path = "oracle/fields.rs"]
mod fields;
#[path = "oracle/ivef.rs"]
mod ivef;
#[path = "oracle/shared.rs"]
mod shared;

use decoders::ais::{Length, Message};
use decoders::bits::{BitWriter, Bits};
use decoders::frame::Framer;
use decoders::nmea::{Counters, Flags, Item, Reader, Reject, Tag};
use serde_json::Value;
use std::collections::BTreeMap;
use units::{Label, UtcTime};

/// What came of some bytes.
#[derive(Default)]
struct Heard {
    messages: Vec<Got>,
    rejects: Vec<Reject>,
}

/// A message, and what it says.
struct Got {
    message: Message,
    flags: Flags,
    tag: Option<Tag>,
    bits: usize,
    fields: fields::Fields,
    asm: Value,
}

impl Heard {
    /// Reads bytes as one datagram.
    fn read(&mut self, reader: &mut Reader, bytes: &[u8], time: UtcTime) {
        Framer::default().drain(bytes, true, |line| {
            reader.line(line, time, |item| match item {
                Item::Ais(got) => {
                    assert_eq!(
                        written_back(got.message, got.payload).bits(),
                        got.payload,
                        "{:?}",
                        got.message
                    );
                    self.messages.push(Got {
                        message: *got.message,
                        flags: got.flags,
                        tag: got.tag.copied(),
                        bits: got.payload.len(),
                        fields: fields::fields(got.message, got.payload),
                        asm: fields::application(got.message, got.payload),
                    });
                }
                Item::Reject { reason, .. } => self.rejects.push(reason),
                Item::Other(_) => {}
            });
            assert!(reader.counters().balanced(), "{:?}", reader.counters());
        });
    }
}

/// The payload that encoding gives again.
fn written_back(message: &Message, payload: Bits<'_>) -> BitWriter {
    let mut out = BitWriter::new();
    message.encode_over(payload, &mut out);
    out
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
    let [got] = &heard.messages[..] else {
        return Err(format!("{} messages, {:?}", heard.messages.len(), heard.rejects));
    };
    if row["bits"] != got.bits {
        return Err(format!("{} bits", got.bits));
    }
    compare(got, &row["expect"])?;
    // Where the oracle has nothing, it does not know the format.
    match (row["asm"].as_object(), got.asm.as_object()) {
        (None, _) => Ok(()),
        (Some(_), None) => Err("asm: nothing".to_owned()),
        (Some(expected), Some(seen)) => told(&fields::differences(seen, expected)),
    }
}

/// Field by field. Of a number that the standard does not know the oracle tells fewer.
fn compare(got: &Got, expect: &Value) -> Result<(), String> {
    let expect = expect.as_object().ok_or("no expectation")?;
    let mut seen = got.fields.clone();
    if got.message.length_ok().is_none() {
        seen.retain(|key, _| expect.contains_key(key));
    }
    told(&fields::differences(&seen, expect))
}

fn told(differences: &[String]) -> Result<(), String> {
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
        "accept" => heard.messages.iter().all(|got| got.flags == Flags::default()),
        "accept_drop_tag" => counters.tag_bad == 1 && heard.messages[0].tag.is_none(),
        // Some types are so variable that eight characters more are within their limits.
        "accept_flagged" if row["class"] == "overlong_payload" => {
            heard.messages[0].flags.contains(Flags::LONG)
                != heard.messages[0].message.length_ok().unwrap_or_default()
        }
        "accept_flagged" => heard.messages[0].flags != Flags::default(),
        "accept_unknown" => counters.unknown_type == 1 && heard.messages[0].message.length_ok().is_none(),
        "accept_first_and_second" => heard.rejects.is_empty(),
        "accept_second" => counters.candidates == 2,
        _ => false,
    };
    if !noted {
        return Err(format!("{action}: {counters:?}"));
    }
    if let ([got], Some(_)) = (&heard.messages[..], row["expect"].as_object()) {
        compare(got, &row["expect"])?;
        if let Some(expected) = row["tag"].as_object() {
            let tag = got.tag.ok_or("no TAG block")?;
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
        compare(message, &expected["expect"])?;
    }
    for (name, expected) in row["expect_counters"].as_object().into_iter().flatten() {
        let seen: u64 = readers.values().map(|reader| counter(reader.counters(), name)).sum();
        if *expected != seen {
            return Err(format!("{name} {seen}, expected {expected}"));
        }
    }
    if row["class"] == "tag_group_source_inherited" {
        let tag = heard.messages[0].tag.ok_or("no TAG block")?;
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

/// What no field of a message holds, when it is written back: why, and how often.
#[derive(Default, Debug)]
struct Leftovers {
    /// An application's data or a text, as it should be.
    content: usize,
    /// Zeros up to a whole byte or six-bit character.
    fill: usize,
    /// The same, but not zeros.
    dirty_fill: usize,
    /// A cut inside a field.
    cut: usize,
    /// More bits than the standard knows fields for.
    surplus: usize,
}

#[test]
fn every_real_payload_is_written_back_bit_for_bit() {
    let Some(payloads) = shared::payloads("data/ais/goais_bits.tar.xz") else { return };
    let (mut exact, mut wholly, mut left) = (0, 0, Leftovers::default());
    let mut kinds: BTreeMap<u8, usize> = BTreeMap::new();
    for (bytes, len) in &payloads {
        let payload = Bits::new(bytes, *len);
        let Ok(message) = decoders::ais::decode(payload) else { panic!("{len} bits") };
        *kinds.entry(message.kind()).or_default() += 1;
        let written = written_back(&message, payload);
        assert_eq!(written.bits(), payload, "{message:?}");
        let again = decoders::ais::decode(written.bits()).unwrap();
        assert_eq!(again, message);
        assert_eq!(fields::fields(&again, written.bits()), fields::fields(&message, payload));
        exact += 1;
        // How much of that the fields alone give.
        let mut alone = BitWriter::new();
        message.encode(&mut alone);
        let own = alone.bits().len().min(*len);
        let behind = len - own;
        let zeros = (own..*len).all(|at| bytes[at / 8] & (0x80 >> (at % 8)) == 0);
        let same = Bits::new(alone.bits().bytes(), own) == Bits::new(bytes, own);
        match message.kind() {
            6 | 8 | 12 | 14 | 17 | 25 | 26 => left.content += 1,
            _ if behind == 0 && same => wholly += 1,
            _ if message.length_ok() == Some(false) && message.length() == Length::Short => left.cut += 1,
            _ if behind >= 8 => left.surplus += 1,
            _ if zeros && same => left.fill += 1,
            _ => left.dirty_fill += 1,
        }
    }
    println!("{exact} of {} payloads bit for bit, {wholly} from fields alone; else {left:?}", payloads.len());
    println!("by type: {kinds:?}");
    assert!(!payloads.is_empty());
}
