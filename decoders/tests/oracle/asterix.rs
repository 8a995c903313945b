//! Every record of the radar captures, beside what two other decoders say of it.

use super::{fields, shared};
use decoders::asterix::{Block, Editions, Item, Reader, Record, Reject};
use serde_json::Value;
use std::collections::BTreeMap;

/// What was read of one file: the items of each record, by category and octets.
#[derive(Default)]
struct Heard {
    records: BTreeMap<(u64, String), Vec<fields::Fields>>,
    refused: BTreeMap<u8, u64>,
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

fn heard(file: &[u8]) -> Heard {
    let mut heard = Heard::default();
    let mut reader = Reader::new(Editions::default());
    reader.read(file, true, |item| match item {
        Item::Record(record) => {
            let told = fields::record(&record);
            written_again(&record, &told);
            let key = (record.category.number.into(), hex(record.bytes()));
            heard.records.entry(key).or_default().push(told);
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
}

#[test]
fn every_record_is_what_libasterix_says() {
    let Some(files) = shared::with_oracle("data/radar", "oracle/radar", ".libasterix.jsonl.gz") else {
        return;
    };
    assert!(!files.is_empty());
    let mut table: BTreeMap<u64, [usize; 4]> = BTreeMap::new();
    let mut wrong = Vec::new();
    // Containers are opened elsewhere: here, blocks one after the other.
    let raw = |file: &&shared::Checked| !matches!(file.name.rsplit('.').next(), Some("ff" | "pcap"));
    for shared::Checked { name, bytes, rows } in files.iter().filter(raw) {
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
            let Some(seen) = heard.records.get_mut(&key).and_then(Vec::pop) else {
                wrong.push(format!("{name}: not found: {key:?}"));
                continue;
            };
            let differences = fields::differences(&seen, expected);
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
