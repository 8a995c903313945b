//! What was found, written out: for programs one object per line, for people one line.

use super::json::Json;
use super::plain::Plain;
use decoders::ais::{Visit, asm};
use decoders::arpa;
use decoders::asterix;
use decoders::nmea::{Counters, Family, Item, Received, Reject, Sentence, Tag};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Output that waits is never more than this and what one read gives.
const WAITING_BYTES: usize = 1 << 16;

/// Where items go.
pub enum Report {
    Programs(Json),
    People(Plain),
}

/// The accounts of all sources, those that have ended among them.
#[derive(Debug, Default)]
pub struct Totals {
    pub candidates: u64,
    pub messages: u64,
    pub rejects: [u64; Reject::COUNT],
    /// Some of the input was ASTERIX: records, not sentences.
    records: bool,
    /// The rest, by name.
    counters: [u64; NAMES.len()],
    /// Rejects of other formats, by reason.
    other_rejects: BTreeMap<&'static str, u64>,
    /// What only other formats count, by name.
    pub other_counters: BTreeMap<&'static str, u64>,
}

const NAMES: [&str; 18] = [
    "used",
    "pending",
    "duplicates",
    "other",
    "incomplete_timeout",
    "incomplete_replaced",
    "duplicate_part",
    "conflict",
    "out_of_order",
    "channel_inferred",
    "fill_bits_nonfinal",
    "tag_bad",
    "unknown_type",
    "short",
    "long",
    "not_ais",
    "station",
    "vdes",
];

/// The accounts of frames: by name, as each kind of stream has its own.
#[derive(Debug, Default)]
pub struct Summary {
    pub candidates: u64,
    pub messages: u64,
    rejects: Vec<(&'static str, u64)>,
    counters: Vec<(&'static str, u64)>,
}

impl Summary {
    /// Adds to the rejects of one reason.
    pub fn reject(&mut self, reason: &'static str, count: u64) {
        add(&mut self.rejects, reason, count);
    }

    /// Adds to one of the other counters.
    pub fn counter(&mut self, name: &'static str, count: u64) {
        add(&mut self.counters, name, count);
    }
}

fn add(counts: &mut Vec<(&'static str, u64)>, name: &'static str, count: u64) {
    match counts.iter_mut().find(|(known, _)| *known == name) {
        Some((_, sum)) => *sum += count,
        None => counts.push((name, count)),
    }
}

impl Totals {
    /// Every reason with how often it was one: NMEA's always, other formats' where they were.
    fn reasons(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let names = || Reject::ALL.into_iter().map(Reject::as_str);
        let also = |name| self.other_rejects.get(name).copied().unwrap_or_default();
        let own = names().zip(self.rejects).map(move |(name, count)| (name, count + also(name)));
        let others = self.other_rejects.iter().filter(move |(name, _)| names().all(|own| own != **name));
        own.chain(others.map(|(name, count)| (*name, *count)))
    }

    /// Adds messages of another format, each a candidate that was used.
    pub fn add_messages(&mut self, count: u64) {
        self.candidates += count;
        self.messages += count;
        let [used, ..] = &mut self.counters;
        *used += count;
    }

    /// Adds the accounts of one ASTERIX stream.
    pub fn add_asterix(&mut self, c: &asterix::Counters) {
        self.records = true;
        self.add_messages(c.records);
        for (reason, count) in asterix::Reject::ALL.into_iter().zip(c.rejects) {
            self.add_rejects(reason.as_str(), count);
        }
    }

    /// Adds candidates of another format that were refused.
    pub fn add_rejects(&mut self, reason: &'static str, count: u64) {
        self.candidates += count;
        *self.other_rejects.entry(reason).or_default() += count;
    }

    /// Adds one source's accounts.
    pub fn add(&mut self, c: &Counters) {
        self.candidates += c.candidates;
        self.messages += c.messages;
        for (sum, count) in self.rejects.iter_mut().zip(c.rejects) {
            *sum += count;
        }
        let counts = [
            c.used,
            c.pending,
            c.duplicates,
            c.other,
            c.incomplete_timeout,
            c.incomplete_replaced,
            c.duplicate_part,
            c.conflict,
            c.out_of_order,
            c.channel_inferred,
            c.fill_bits_nonfinal,
            c.tag_bad,
            c.unknown_type,
            c.short,
            c.long,
            c.not_ais(),
            c.station,
            c.vdes,
        ];
        for (sum, count) in self.counters.iter_mut().zip(counts) {
            *sum += count;
        }
    }
}

/// What became of sentences that are no AIS, for [`decoders::nmea::Reader::settle`].
#[derive(Debug, Default)]
pub struct Others {
    pub used: u64,
    pub refused: u64,
}

impl Report {
    /// Writes one item of a source.
    pub fn item(&mut self, source: &[u8], item: &Item<'_>, others: &mut Others) {
        match (&mut *self, item) {
            (Self::Programs(json), Item::Ais(got)) => message(json, source, got),
            (_, Item::Reject { reason, text }) => self.refused(source, reason.as_str(), text),
            (Self::People(plain), Item::Ais(got)) => {
                got.message.fields(got.payload, plain);
                plain.object("asm");
                let before = plain.line.len();
                let told = asm::fields(got.message, got.payload, plain);
                plain.close();
                if !told {
                    plain.line.truncate(before - " asm={".len());
                }
                plain.line.push('\n');
            }
            (_, Item::Other(sentence)) => match arpa::decode(sentence) {
                Some(Ok(message)) => {
                    others.used += 1;
                    self.radar(source, sentence, &message);
                }
                Some(Err(why)) => {
                    others.refused += 1;
                    self.misread(source, sentence.text, why);
                }
                None => self.other(source, sentence),
            },
        }
    }

    /// Writes what an AIS or VDES station says besides messages; other sentences are only counted.
    fn other(&mut self, source: &[u8], sentence: &Sentence<'_>) {
        let kind = match sentence.family() {
            Family::Station => "station",
            Family::Vdes => "vdes",
            Family::Other => return,
        };
        let address = sentence.address().unwrap_or_default();
        match self {
            Self::Programs(json) => {
                json.line();
                json.text("kind", kind);
                json.latin1("source", source);
                json.latin1("sentence", sentence.text);
                match sentence.tag {
                    Some(block) => tag(json, block),
                    None => json.null("tag"),
                }
                json.latin1("type", address);
                if kind == "station" {
                    json.object("fields");
                    sentence.station_fields(json);
                    json.close();
                }
                json.end_line();
            }
            Self::People(plain) => {
                let _ = write!(plain.line, "{kind} {}", address.escape_ascii());
                if !sentence.station_fields(plain) {
                    let _ = write!(plain.line, " {}", sentence.text.escape_ascii());
                }
                plain.line.push('\n');
            }
        }
    }

    /// Writes what a radar or bridge system says.
    fn radar(&mut self, source: &[u8], sentence: &Sentence<'_>, message: &arpa::Message<'_>) {
        match self {
            Self::Programs(json) => {
                json.line();
                json.text("kind", "arpa");
                json.latin1("source", source);
                json.latin1("sentence", sentence.text);
                match sentence.tag {
                    Some(block) => tag(json, block),
                    None => json.null("tag"),
                }
                json.latin1("talker", sentence.body.get(..2).unwrap_or_default());
                json.text("type", message.formatter());
                json.object("fields");
                message.tell(json);
                json.close();
                json.end_line();
            }
            Self::People(plain) => {
                plain.line.push_str(message.formatter());
                message.tell(plain);
                plain.line.push('\n');
            }
        }
    }

    fn misread(&mut self, source: &[u8], text: &[u8], why: arpa::DecodeError) {
        let reason = Reject::BadFields.as_str();
        match self {
            Self::Programs(json) => {
                json.line();
                json.text("kind", "reject");
                json.latin1("source", source);
                json.latin1("line", text);
                json.text("reason", reason);
                json.text("detail", &why.to_string());
                json.end_line();
            }
            Self::People(plain) => {
                let _ = writeln!(plain.line, "refused, {reason}: {}: {why}", text.escape_ascii());
            }
        }
    }

    /// Writes what was refused.
    pub fn refused(&mut self, source: &[u8], reason: &'static str, text: &[u8]) {
        match self {
            Self::Programs(json) => {
                json.line();
                json.text("kind", "reject");
                json.latin1("source", source);
                json.latin1("line", text);
                json.text("reason", reason);
                json.end_line();
            }
            Self::People(plain) => {
                let _ = writeln!(plain.line, "refused, {reason}: {}", text.escape_ascii());
            }
        }
    }

    /// Writes a frame that tells its own fields.
    pub fn told(&mut self, kind: &'static str, source: &[u8], tell: &mut dyn FnMut(&mut dyn Visit)) {
        match self {
            Self::Programs(json) => {
                json.line();
                json.text("kind", kind);
                json.latin1("source", source);
                tell(json);
                json.end_line();
            }
            Self::People(plain) => {
                tell(plain);
                plain.line.push('\n');
            }
        }
    }

    /// Hands over what waits: all of it, or only when it has become much.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn flush(&mut self, all: bool, out: &mut impl Write) -> io::Result<()> {
        let waiting = match self {
            Self::Programs(json) => json.bytes(),
            Self::People(plain) => plain.line.as_bytes(),
        };
        if all || waiting.len() > WAITING_BYTES {
            out.write_all(waiting)?;
            match self {
                Self::Programs(json) => json.clear(),
                Self::People(plain) => plain.line.clear(),
            }
        }
        if all { out.flush() } else { Ok(()) }
    }

    /// Writes the accounts: for programs behind the rest, for people apart, as what is given back.
    pub fn summary(&mut self, totals: &Totals) -> Option<String> {
        match self {
            Self::Programs(json) => {
                let others = totals.other_counters.iter().map(|(name, count)| (*name, *count));
                let counters = NAMES.into_iter().zip(totals.counters).chain(others);
                accounts(json, totals.candidates, totals.messages, totals.reasons(), counters);
                None
            }
            Self::People(_) => Some(in_words(totals)),
        }
    }

    /// As [`Report::summary`], of frames.
    pub fn frames(&mut self, summary: &Summary) -> Option<String> {
        let Summary { candidates, messages, rejects, counters } = summary;
        match self {
            Self::Programs(json) => {
                accounts(json, *candidates, *messages, rejects.iter().copied(), counters.iter().copied());
                None
            }
            Self::People(_) => {
                let refused: u64 = rejects.iter().map(|(_, count)| count).sum();
                let mut out =
                    format!("{candidates} frames and sentences: {messages} read, {refused} refused");
                for (reason, count) in rejects.iter().filter(|(_, count)| *count > 0) {
                    let _ = write!(out, "\nrefused, {reason}: {count}");
                }
                Some(out)
            }
        }
    }
}

fn accounts(
    json: &mut Json,
    candidates: u64,
    messages: u64,
    rejects: impl Iterator<Item = (&'static str, u64)>,
    counters: impl Iterator<Item = (&'static str, u64)>,
) {
    json.line();
    json.text("kind", "summary");
    json.count("candidates", candidates);
    json.count("messages", messages);
    json.object("rejects");
    rejects.for_each(|(reason, count)| json.count(reason, count));
    json.close();
    json.object("counters");
    counters.for_each(|(name, count)| json.count(name, count));
    json.close();
    json.end_line();
}

fn message(json: &mut Json, source: &[u8], got: &Received<'_>) {
    json.line();
    json.text("kind", "ais");
    json.latin1("source", source);
    json.array("sentences");
    got.sentences.iter().for_each(|sentence| json.latin1("", sentence));
    json.close();
    match got.tag {
        Some(block) => tag(json, block),
        None => json.null("tag"),
    }
    json.array("flags");
    got.flags.names().for_each(|name| json.text("", name));
    json.close();
    json.object("message");
    got.message.fields(got.payload, json);
    json.close();
    let before = json.place();
    json.object("asm");
    let told = asm::fields(got.message, got.payload, json);
    json.close();
    if !told {
        json.back(before);
        json.null("asm");
    }
    json.end_line();
}

fn tag(json: &mut Json, tag: &Tag) {
    json.object("tag");
    match &tag.source {
        Some(source) => json.text("source", source.as_str()),
        None => json.null("source"),
    }
    match tag.time {
        Some(time) => json.seconds("time", time.unix_ns()),
        None => json.null("time"),
    }
    match &tag.group {
        Some(group) => {
            json.array("group");
            json.int("", group.number.into());
            json.int("", group.total.into());
            json.text("", group.id.as_str());
            json.close();
        }
        None => json.null("group"),
    }
    match tag.line_count {
        Some(count) => json.int("line_count", count.into()),
        None => json.null("line_count"),
    }
    match &tag.destination {
        Some(destination) => json.text("destination", destination.as_str()),
        None => json.null("destination"),
    }
    match tag.relative_time {
        Some(time) => json.int("relative_time", time.into()),
        None => json.null("relative_time"),
    }
    match &tag.text {
        Some(note) => json.latin1("text", note.as_bytes()),
        None => json.null("text"),
    }
    json.close();
}

fn in_words(totals: &Totals) -> String {
    let [used, pending, duplicates, other, ..] = totals.counters;
    let refused: u64 = totals.reasons().map(|(_, count)| count).sum();
    let what = if totals.records { "records and sentences" } else { "sentences" };
    let mut out = format!(
        "{} {what}: {used} used in {} messages, {refused} refused, {pending} without the rest of their message, \
         {duplicates} duplicates, {other} of other kinds",
        totals.candidates, totals.messages,
    );
    for (reason, count) in totals.reasons().filter(|(_, count)| *count > 0) {
        let _ = write!(out, "\nrefused, {reason}: {count}");
    }
    for (name, count) in totals.other_counters.iter().filter(|(_, count)| **count > 0) {
        let _ = write!(out, "\n{name}: {count}");
    }
    out
}
