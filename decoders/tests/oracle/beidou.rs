//! Every row of the BeiDou and JT/T 808 tables holds.

use super::fields::Tree;
use super::shared;
use decoders::{jt808, rdss};
use serde_json::{Value, json};

fn unhex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap().as_bytes();
    let digit = |b: u8| char::from(b).to_digit(16).unwrap() as u8;
    text.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn all_hold(rows: &[Value], check: impl Fn(&Value) -> Result<(), String>) {
    assert!(!rows.is_empty(), "no rows");
    let wrong: Vec<String> =
        rows.iter().filter_map(|row| check(row).err().map(|why| format!("{why}\n  {row}"))).collect();
    println!("{} rows, {} wrong", rows.len(), wrong.len());
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

/// Numbers equal to a billionth, everything else to the letter.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Number(a), Value::Number(b)) => (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1.5e-9,
        (a, b) => a == b,
    }
}

/// What a row of the table says of its frame.
fn frame_of(row: &Value) -> Value {
    let number = |key: &str| row[key].as_str().unwrap().parse::<i64>().map_or(Value::Null, |n| json!(n));
    let location = row["location_json"].as_str().unwrap();
    json!({
        "msg_id": row["msg_id"], "v2019": row["v2019"] == "1", "ver": number("ver"), "phone": row["phone"],
        "serial": number("serial"), "total": number("total"), "index": number("index"), "enc": number("enc"),
        "body_hex": row["body_hex"],
        "location": if location.is_empty() { Value::Null } else { serde_json::from_str(location).unwrap() },
    })
}

/// Frames told and written again, and reasons of those refused.
fn read_jt808(stream: &[u8]) -> (Vec<(Value, Vec<u8>)>, Vec<jt808::Reject>) {
    let (mut frames, mut rejects) = (Vec::new(), Vec::new());
    let mut reader = jt808::Reader::default();
    reader.drain(stream, true, |item| match item {
        jt808::Item::Frame(frame) => {
            let (mut tree, mut again) = (Tree::default(), Vec::new());
            frame.tell(&mut tree);
            assert!(frame.encode(&mut again));
            if let Some(message) = frame.message() {
                let mut body = Vec::new();
                message.encode(frame.version.is_some(), &mut body);
                assert_eq!(body, frame.body, "{message:?}");
            }
            frames.push((tree.value(), again));
        }
        jt808::Item::Reject { reason, .. } => rejects.push(reason),
    });
    assert_eq!(reader.candidates, reader.frames + reader.rejects.iter().sum::<u64>());
    assert_eq!(
        (reader.frames, reader.candidates - reader.frames),
        (frames.len() as u64, rejects.len() as u64)
    );
    (frames, rejects)
}

#[test]
fn every_jt808_frame_is_read_and_written_back_byte_for_byte() {
    let Some(rows) = shared::table("data/beidou", "location_json") else { return };
    all_hold(&rows, |row| {
        let bytes = unhex(&row["frame_hex"]);
        let (frames, rejects) = read_jt808(&bytes);
        let [(told, again)] = &frames[..] else {
            return Err(format!("{} frames, {rejects:?}", frames.len()));
        };
        if *again != bytes {
            return Err(format!("written back as {again:02x?}"));
        }
        if same(told, &frame_of(row)) { Ok(()) } else { Err(told.to_string()) }
    });
}

/// One byte changed, left out or sent twice, or the end cut off: refused, or read as it was, never otherwise.
#[test]
fn damaged_jt808_frames_are_refused_or_read_as_they_were() {
    let Some(rows) = shared::table("data/beidou", "location_json") else { return };
    let (mut refused, mut unchanged) = (0, 0);
    for row in &rows {
        let bytes = unhex(&row["frame_hex"]);
        let sound = read_jt808(&bytes).0;
        for at in 0..bytes.len() {
            let (before, from) = bytes.split_at(at);
            let flips = [1, 2, 0x10, 0x80, 0xff].map(|mask| [before, &[from[0] ^ mask], &from[1..]].concat());
            let others = [
                [before, &from[..1], from].concat(), // sent twice
                [before, &from[1..]].concat(),       // lost
                before.to_vec(),                     // cut off
                [before, &bytes].concat(),           // cut off and sent again
            ];
            for damaged in flips.iter().chain(&others) {
                let (frames, rejects) = read_jt808(damaged);
                assert!(frames.iter().all(|frame| sound.contains(frame)), "{damaged:02x?} gave {frames:?}");
                let empty = damaged.iter().all(|&byte| byte == 0x7e);
                assert!(!frames.is_empty() || !rejects.is_empty() || empty, "{damaged:02x?} vanished");
                refused += rejects.len();
                unchanged += frames.len();
            }
        }
        // The whole of it twice, with both marks or one between.
        assert_eq!(read_jt808(&[&bytes[..], &bytes].concat()).0.len(), 2 * sound.len());
        assert_eq!(read_jt808(&[&bytes[..], &bytes[1..]].concat()).0.len(), 2 * sound.len());
    }
    println!("{refused} refused, {unchanged} read as they were");
}

/// What is found in a stream: type and fields, or the reason.
fn read_rdss(stream: &[u8]) -> Vec<Result<(String, Value), rdss::Reject>> {
    let mut found = Vec::new();
    let mut reader = rdss::Reader::default();
    reader.drain(stream, true, |item| {
        let mut tree = Tree::default();
        match item {
            rdss::Item::Binary(frame) => {
                frame.tell(&mut tree);
                let mut again = Vec::new();
                assert!(frame.encode(&mut again));
                assert_eq!(again, stream);
                found.push(Ok((String::from_utf8_lossy(&frame.kind).into_owned(), tree.value())));
            }
            rdss::Item::Sentence(sentence) => {
                sentence.tell(&mut tree);
                found.push(Ok((String::from_utf8_lossy(sentence.address()).into_owned(), tree.value())));
            }
            rdss::Item::Words(words) => panic!("{words:?}"),
            rdss::Item::Reject { reason, .. } => found.push(Err(reason)),
        }
    });
    found
}

#[test]
fn every_public_rdss_row_has_its_type_and_its_checksum() {
    let Some(rows) = shared::table("data/beidou", "checksum") else { return };
    all_hold(&rows, |row| match (&read_rdss(&unhex(&row["bytes_hex"]))[..], row["checksum"] == "ok") {
        ([Ok((kind, _))], true) if row["type"] == kind.as_str() => Ok(()),
        ([Err(rdss::Reject::BadChecksum)], false) => Ok(()),
        (other, _) => Err(format!("{other:?}")),
    });
}

#[test]
fn every_synthetic_rdss_row_says_what_it_should() {
    let Some(rows) = shared::table("data/beidou", "expected_json") else { return };
    all_hold(&rows, |row| {
        let expected: Value = serde_json::from_str(row["expected_json"].as_str().unwrap()).unwrap();
        match &read_rdss(&unhex(&row["bytes_hex"]))[..] {
            [Ok((kind, told))] if row["kind"] == kind.as_str() && same(told, &expected) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
}
