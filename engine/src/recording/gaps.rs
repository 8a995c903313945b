//! What is missing, until it can be said in the recording itself.

use super::form::{CHANGES, CORE, Gap, RAW};
use super::segment::Out;

/// By what is missing.
#[derive(Debug, Default)]
pub struct Gaps {
    all: Vec<Gap>,
    /// Reads, entries and changes, since the beginning.
    pub lost: u64,
}

impl Gaps {
    /// Notes a record that was never written.
    pub fn lose(&mut self, out: &Out, reason: &str) {
        let (what, source) = match &*out.topic {
            CORE => ("core", None),
            CHANGES => ("changes", None),
            topic => match topic.strip_prefix(RAW) {
                Some(source) => ("raw", Some(source.to_owned())),
                None => (topic.trim_start_matches('/'), None),
            },
        };
        let us = out.at.unix_us();
        self.add(Gap {
            what: what.to_owned(),
            source,
            records: out.worth.records,
            bytes: out.worth.bytes,
            lines: out.worth.lines,
            from_us: us,
            to_us: us,
            reason: reason.to_owned(),
        });
    }

    /// Adds to what is missing of the same thing.
    pub fn add(&mut self, gap: Gap) {
        self.lost += gap.records;
        let same = |other: &&mut Gap| (&other.what, &other.source) == (&gap.what, &gap.source);
        match self.all.iter_mut().find(same) {
            Some(known) => {
                known.records += gap.records;
                known.bytes += gap.bytes;
                known.lines += gap.lines;
                known.from_us = known.from_us.min(gap.from_us);
                known.to_us = known.to_us.max(gap.to_us);
            }
            None => self.all.push(gap),
        }
    }

    /// All of it, once.
    pub fn take(&mut self) -> Vec<Gap> {
        std::mem::take(&mut self.all)
    }
}
