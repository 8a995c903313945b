//! What is gathered for a tenth of a second before it becomes records.

use super::form::{Changes, Entries, MESSAGES_TAG, Raw};
use super::segment::{Out, Worth};
use super::tap::{CoreBlock, Head};
use prost::Message;
use std::rc::Rc;
use units::UtcTime;

/// Reads of one source.
#[derive(Debug)]
pub struct Reads {
    topic: Rc<str>,
    /// Reads so far.
    count: u64,
    raw: Raw,
}

impl Reads {
    pub fn new(topic: Rc<str>) -> Self {
        Self { topic, count: 0, raw: Raw::default() }
    }

    pub fn add(&mut self, head: &Head, bytes: &[u8]) {
        let raw = &mut self.raw;
        if raw.length.is_empty() {
            (raw.first, raw.start_ns) = (self.count, head.at.unix_ns());
        }
        self.count += 1;
        raw.after_ns.push(head.at.unix_ns() - raw.start_ns);
        raw.peer.push(head.peer);
        raw.length.push(head.length);
        raw.data.extend_from_slice(bytes);
    }

    pub fn cut(&mut self) -> Option<Out> {
        if self.raw.length.is_empty() {
            return None;
        }
        let raw = &mut self.raw;
        let worth =
            Worth { records: raw.length.len() as u64, lines: raw.lines(), bytes: raw.data.len() as u64 };
        let out = Out {
            topic: Rc::clone(&self.topic),
            at: UtcTime::from_unix_ns(raw.start_ns),
            data: raw.encode_to_vec(),
            worth,
        };
        for numbers in [&mut raw.peer, &mut raw.length] {
            numbers.clear();
        }
        raw.after_ns.clear();
        raw.data.clear();
        Some(out)
    }
}

/// What the core was told and made of it.
#[derive(Debug, Default)]
pub struct Told {
    entries: Entries,
    first_change: u64,
    changes: u32,
    messages: Vec<u8>,
    sensors: Vec<u8>,
    at: Option<UtcTime>,
}

impl Told {
    /// Whether a block follows on what is here; otherwise that must be cut first.
    pub fn goes_on(&self, block: &CoreBlock) -> bool {
        let entries = block.entry_count == 0
            || self.entries.count == 0
            || self.entries.first + u64::from(self.entries.count) == block.first_entry;
        let changes = block.change_count == 0
            || self.changes == 0
            || self.first_change + u64::from(self.changes) == block.first_change;
        entries && changes
    }

    pub fn add(&mut self, block: &CoreBlock) {
        if self.entries.count == 0 {
            self.entries.first = block.first_entry;
        }
        if self.changes == 0 {
            self.first_change = block.first_change;
        }
        self.entries.count += block.entry_count;
        self.entries.entries.extend_from_slice(&block.entries);
        self.changes += block.change_count;
        self.messages.extend_from_slice(&block.changes);
        self.sensors.extend_from_slice(&block.sensors);
        self.at = self.at.or(block.time());
    }

    /// As records, in the order in which they are to be read.
    pub fn cut(&mut self, topics: &Topics, mut each: impl FnMut(Out)) {
        let at = self.at.take().unwrap_or(UtcTime::from_unix_ns(0));
        if self.entries.count > 0 {
            let worth = Worth {
                records: self.entries.count.into(),
                bytes: self.entries.entries.len() as u64,
                lines: 0,
            };
            each(Out { topic: Rc::clone(&topics.core), at, data: self.entries.encode_to_vec(), worth });
            self.entries.count = 0;
            self.entries.entries.clear();
        }
        if self.changes > 0 {
            let worth = Worth { records: self.changes.into(), bytes: self.messages.len() as u64, lines: 0 };
            let data = changes(self.first_change, self.changes, &self.messages);
            each(Out { topic: Rc::clone(&topics.changes), at, data, worth });
            self.changes = 0;
            self.messages.clear();
        }
        if !self.sensors.is_empty() {
            let data = changes(0, 0, &self.sensors);
            each(Out { topic: Rc::clone(&topics.sensors), at, data, worth: Worth::default() });
            self.sensors.clear();
        }
    }
}

/// `Changes`, of messages that are in its form already.
pub fn changes(first: u64, count: u32, messages: &[u8]) -> Vec<u8> {
    debug_assert!(messages.first().is_none_or(|tag| *tag == MESSAGES_TAG));
    let mut data = Changes { first, count, messages: Vec::new() }.encode_to_vec();
    data.extend_from_slice(messages);
    data
}

/// The names of topics, made once.
#[derive(Debug)]
pub struct Topics {
    pub core: Rc<str>,
    pub changes: Rc<str>,
    pub sensors: Rc<str>,
    pub keyframe: Rc<str>,
    pub commands: Rc<str>,
    pub consoles: Rc<str>,
    pub voice: Rc<str>,
    pub config: Rc<str>,
    pub clock: Rc<str>,
    pub gap: Rc<str>,
}

impl Default for Topics {
    fn default() -> Self {
        use super::form;
        Self {
            core: form::CORE.into(),
            changes: form::CHANGES.into(),
            sensors: form::SENSORS.into(),
            keyframe: form::KEYFRAME.into(),
            commands: form::COMMANDS.into(),
            consoles: form::CONSOLES.into(),
            voice: form::VOICE.into(),
            config: form::CONFIG.into(),
            clock: form::CLOCK.into(),
            gap: form::GAP.into(),
        }
    }
}
