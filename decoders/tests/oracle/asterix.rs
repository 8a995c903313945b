//! Every record of the radar captures, beside what two other decoders say of it.

use super::{fields, shared};
use decoders::asterix::{Block, Editions, File, Item, Record, Reject, Stamp};
use decoders::asterix::{cat010, cat034, cat048, cat062, cat065, cat240};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

/// Items, and the time where the file has one.
pub type Told = (fields::Fields, Option<f64>);

/// What was read of one file: the items and the time of each record, by category and octets.
#[derive(Default)]
pub struct Heard {
    pub records: BTreeMap<(u64, String), VecDeque<Told>>,
    pub refused: BTreeMap<u8, u64>,
}

fn seconds(stamp: Stamp) -> f64 {
    match stamp {
        Stamp::Utc(time) => time.unix_ns() as f64 / 1e9,
        Stamp::OfDay(hundredths) => f64::from(hundredths) / 100.0,
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

pub fn heard(file: &[u8]) -> Heard {
    let mut heard = Heard::default();
    let mut reader = File::new(Editions::default());
    reader.read(file, true, |item, stamp| match item {
        Item::Record(record) => {
            let told = fields::record(&record);
            written_again(&record, &told);
            let key = (record.category.number.into(), hex(record.bytes()));
            heard.records.entry(key).or_default().push_back((told, stamp.map(seconds)));
        }
        Item::Reject { reason, bytes } => {
            assert_eq!(reason, Reject::NoCategory, "{}", hex(bytes));
            *heard.refused.entry(bytes[0]).or_default() += 1;
        }
    });
    assert!(reader.counters().balanced());
    heard
}

/// What a record tells can be written, and tells the same again.
fn written_again(record: &Record<'_>, told: &fields::Fields) {
    let mut block = Block::new(record.category);
    block.push(|visit| record.tell(visit)).unwrap_or_else(|e| panic!("{e}: {}", hex(record.bytes())));
    let again = Record::measure(record.category, &block.bytes()[3..]).unwrap();
    assert_eq!(again.bytes().len() + 3, block.bytes().len());
    assert_eq!(&fields::record(&again), told, "{}", hex(record.bytes()));
    macro_rules! comes_back {
        ($read:path) => {{
            let what = $read(record);
            block.clear();
            block.push(|visit| what.tell(visit)).unwrap_or_else(|e| panic!("{e}: {what:?}"));
            let again = Record::measure(record.category, &block.bytes()[3..]).unwrap();
            assert_eq!($read(&again), what);
        }};
    }
    match record.category.number {
        10 => comes_back!(cat010::Report::read),
        34 => comes_back!(cat034::Service::read),
        48 => comes_back!(cat048::Report::read),
        62 => comes_back!(cat062::Track::read),
        65 => comes_back!(cat065::Status::read),
        240 => comes_back!(cat240::Video::read),
        _ => {}
    }
}

#[test]
fn every_record_is_what_libasterix_says() {
    let Some(files) = shared::with_oracle("data/radar", "oracle/radar", ".libasterix.jsonl.gz") else {
        return;
    };
    assert!(!files.is_empty());
    let mut table: BTreeMap<u64, [usize; 4]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for shared::Checked { name, bytes, rows } in &files {
        let mut heard = heard(bytes);
        for row in rows.iter().filter(|row| row["items"].is_object()) {
            let category = row["cat"].as_u64().unwrap();
            if heard.refused.contains_key(&(category as u8)) {
                continue;
            }
            let expected = row["items"].as_object().unwrap();
            let [held, records, items_held, items] = table.entry(category).or_default();
            *records += 1;
            *items += expected.len();
            let key = (category, row["hex"].as_str().unwrap().to_owned());
            let Some((seen, time)) = heard.records.get_mut(&key).and_then(VecDeque::pop_front) else {
                wrong.push(format!("{name}: not found: {key:?}"));
                continue;
            };
            let mut differences = fields::differences(&seen, expected);
            // Files with blocks only have no times.
            let at = row["rx_ts"].as_f64();
            if at.zip(time).is_some_and(|(a, b)| (a - b).abs() > 1e-6) || at.is_some() != time.is_some() {
                differences.push(format!("at {time:?}, expected {at:?}"));
            }
            *items_held += expected.len().saturating_sub(differences.len());
            *held += usize::from(differences.is_empty());
            if !differences.is_empty() {
                wrong.push(format!("{name}: {}: {}", key.1, differences.join("; ")));
            }
        }
        // What libasterix could not read, it says.
        let failed: Vec<_> =
            rows.iter().filter(|row| row["error"].is_string()).map(|row| &row["cat"]).collect();
        for ((category, bytes), _) in heard.records.iter().filter(|(_, left)| !left.is_empty()) {
            if !failed.contains(&&Value::from(*category)) {
                wrong.push(format!("{name}: only we have CAT{category:03} {bytes}"));
            }
        }
    }
    for (category, [held, records, items_held, items]) in &table {
        println!("CAT{category:03} {held:6} of {records:6} records, {items_held:7} of {items:7} items");
    }
    assert!(!table.is_empty());
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}
