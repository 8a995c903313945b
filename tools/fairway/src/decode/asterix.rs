//! ASTERIX: records and rejects of a file, written out.

use super::json::Json;
use super::plain::Plain;
use super::report::{Report, Totals};
use decoders::ais::Visit;
use decoders::asterix::{Editions, File, Item, Record, Stamp};
use decoders::bits::Bits;
use std::fmt::Write;

/// One file, or standard input.
pub struct Input {
    file: File,
    name: Vec<u8>,
}

impl Input {
    pub fn new(name: &str) -> Self {
        Self { file: File::new(Editions::default()), name: name.as_bytes().to_vec() }
    }

    /// Reads what a buffer holds, and with `end` what is left at its end; returns how many bytes are used up.
    pub fn drain(&mut self, buffer: &[u8], end: bool, report: &mut Report) -> usize {
        let Self { file, name } = self;
        file.read(buffer, end, |item, stamp| match report {
            Report::Programs(json) => for_programs(json, name, &item, stamp),
            Report::People(plain) => for_people(plain, &item),
        })
    }

    /// The end of the input: all is added up.
    pub fn end(self, totals: &mut Totals) {
        totals.add_asterix(self.file.counters());
    }
}

fn for_programs(json: &mut Json, source: &[u8], item: &Item<'_>, stamp: Option<Stamp>) {
    json.line();
    match item {
        Item::Record(record) => {
            json.text("kind", "asterix");
            json.latin1("source", source);
            json.int("cat", record.category.number.into());
            json.hex("hex", octets(record.bytes()));
            if let Some(stamp) = stamp {
                json.seconds("rx_ts", nanoseconds(stamp));
            }
            told(record, json);
        }
        Item::Reject { reason, bytes } => {
            json.text("kind", "reject");
            json.latin1("source", source);
            json.hex("line", octets(bytes));
            json.text("reason", reason.as_str());
        }
    }
    json.end_line();
}

fn for_people(plain: &mut Plain, item: &Item<'_>) {
    match item {
        Item::Record(record) => {
            let _ = write!(plain.line, "CAT{:03}", record.category.number);
            record.tell(plain);
        }
        Item::Reject { reason, bytes } => {
            // As much as a line on a terminal takes.
            let head = bytes.get(..32).unwrap_or(bytes);
            let _ = write!(plain.line, "refused, {}, {} octets: ", reason.as_str(), bytes.len());
            for octet in head {
                let _ = write!(plain.line, "{octet:02x}");
            }
        }
    }
    plain.line.push('\n');
}

fn told(record: &Record<'_>, visit: &mut dyn Visit) {
    visit.object("items");
    record.tell(visit);
    visit.close();
}

fn octets(bytes: &[u8]) -> Bits<'_> {
    Bits::new(bytes, bytes.len() * 8)
}

/// Since 1970, or, where the file knows no date, since midnight.
fn nanoseconds(stamp: Stamp) -> i64 {
    match stamp {
        Stamp::Utc(time) => time.unix_ns(),
        Stamp::OfDay(hundredths) => i64::from(hundredths) * 10_000_000,
    }
}
