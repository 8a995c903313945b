//! IVEF, written out.
//!
//! For programs: `{"kind":"ivef","source","id","type","dialect":bool,"objects_refused":{reason:n},"oddities":{name:n},
//! "message":{...}}`, the message with the schema's names, times as the standard writes them, and what may come more
//! than once in arrays. For people one line per message, and below it one per object.

use super::report::{Report, Totals};
use decoders::ais::Visit;
use decoders::ivef::{Document, Element, Item, Kind, Oddity, Reject, Rules, Stream};
use std::fmt::Write;

/// As much of what was refused as is shown.
const SHOWN: usize = 1024;

/// One file, or standard input.
pub struct Input {
    name: Vec<u8>,
    stream: Stream,
}

impl Input {
    pub fn new(name: &str) -> Self {
        Self { name: name.as_bytes().to_vec(), stream: Stream::new(Rules::Lenient) }
    }

    pub fn take(&mut self, bytes: &[u8], report: &mut Report) {
        let Self { name, stream } = self;
        stream.take(bytes, |item| show(name, &item, report));
    }

    pub fn end(mut self, report: &mut Report, totals: &mut Totals) {
        let Self { name, stream } = &mut self;
        stream.end(|item| show(name, &item, report));
        let c = stream.counters();
        totals.add_messages(c.messages);
        for (reason, count) in Reject::ALL.into_iter().zip(c.rejects) {
            totals.add_rejects(reason.as_str(), count);
        }
        let refused = c.objects_refused.iter().sum();
        let odd = c.oddities.iter().sum();
        for (counter, count) in [("objects", c.objects), ("objects_refused", refused), ("oddities", odd)] {
            *totals.other_counters.entry(counter).or_default() += count;
        }
    }
}

fn show(source: &[u8], item: &Item<'_>, report: &mut Report) {
    match (report, item) {
        (Report::Programs(json), Item::Message(document)) => {
            json.line();
            json.text("kind", "ivef");
            json.latin1("source", source);
            match document.id() {
                Some(id) => json.text("id", id),
                None => json.null("id"),
            }
            json.text("type", document.body().map_or("", |body| body.kind().name()));
            json.flag("dialect", is_dialect(document));
            json.object("objects_refused");
            for (reason, count) in Reject::ALL.into_iter().zip(document.refused()).filter(|(_, n)| **n > 0) {
                json.count(reason.as_str(), (*count).into());
            }
            json.close();
            json.object("oddities");
            for (oddity, count) in Oddity::ALL.into_iter().zip(document.oddities()).filter(|(_, n)| **n > 0) {
                json.count(oddity.as_str(), (*count).into());
            }
            json.close();
            json.object("message");
            if let Some(body) = document.root().and_then(|root| root.child(Kind::Body)) {
                body.fields(json);
            }
            json.close();
            json.end_line();
        }
        (Report::Programs(json), Item::Reject { reason, text }) => {
            json.line();
            json.text("kind", "reject");
            json.latin1("source", source);
            json.latin1("line", text.get(..SHOWN).unwrap_or(text));
            json.text("reason", reason.as_str());
            json.end_line();
        }
        (Report::People(plain), Item::Message(document)) => {
            let body = document.body();
            let _ = write!(plain.line, "{}", body.map_or("", |body| body.kind().name()));
            if matches!(body.map(Element::kind), Some(Kind::ObjectDatas | Kind::VesselData)) {
                plain.line.push('\n');
                for object in document.objects() {
                    plain.line.push(' ');
                    object.fields(plain);
                    plain.line.push('\n');
                }
                for (reason, count) in
                    Reject::ALL.into_iter().zip(document.refused()).filter(|(_, n)| **n > 0)
                {
                    let _ = writeln!(plain.line, "  refused, {}: {count} objects", reason.as_str());
                }
            } else {
                if let Some(body) = body {
                    body.fields(plain);
                }
                plain.line.push('\n');
            }
        }
        (Report::People(plain), Item::Reject { reason, text }) => {
            let text = text.get(..SHOWN).unwrap_or(text).escape_ascii();
            let _ = writeln!(plain.line, "refused, {}: {text}", reason.as_str());
        }
    }
}

fn is_dialect(document: &Document) -> bool {
    let of = Oddity::ALL.into_iter().zip(document.oddities());
    of.into_iter().any(|(oddity, count)| oddity == Oddity::Dialect && *count > 0)
}
