//! A place in a recording: the core as it was there, and what it was told next.

use super::form::{CORE, Entries, Entry, KEYFRAME, Keyframe};
use super::read::{FileFault, Messages, Recording};
use super::rerun::Rerun;
use crate::core::Core;
use crate::feed::Names;
use crate::feed::proto::command::Body;
use prost::Message;
use std::collections::VecDeque;
use std::sync::Arc;
use units::UtcTime;

/// The core at some instant of a recording.
#[derive(Debug)]
pub struct Cursor<'a> {
    recording: &'a Recording,
    names: Arc<Names>,
    messages: Messages<'a>,
    rerun: Rerun,
    next: VecDeque<Entry<'static>>,
    /// Entries were missing, and it went on from a keyframe: the core is another one.
    pub has_jumped: bool,
    /// The core is not the one that was recorded: keyframes mean nothing to it, and it goes on over what is missing.
    is_other: bool,
}

impl<'a> Cursor<'a> {
    /// At an instant; before the beginning, at the beginning. `None` where no keyframe can be read.
    #[must_use]
    pub fn at(recording: &'a Recording, names: &Arc<Names>, time: UtcTime) -> Option<Self> {
        let first = || {
            let mut all = recording.segments.iter().enumerate();
            all.find_map(|(index, segment)| Some((index, *segment.keyframes.first()?)))
        };
        let (segment, keyframe) = recording.keyframe(time).or_else(first)?;
        let mut messages = recording.messages(segment, keyframe.offset);
        let rerun = loop {
            let found = messages.message()?;
            if found.topic == KEYFRAME {
                break Rerun::from(&Keyframe::decode(found.data).ok()?, Arc::clone(names))?;
            }
        };
        let names = Arc::clone(names);
        let next = VecDeque::new();
        let mut cursor = Self { recording, names, messages, rerun, next, has_jumped: false, is_other: false };
        while cursor.next_time().is_some_and(|next| next <= time) {
            cursor.step();
        }
        Some(cursor)
    }

    /// Another core than the recorded one, which has been told so many entries.
    #[must_use]
    pub fn other(recording: &'a Recording, names: &Arc<Names>, core: Core, entries: u64) -> Self {
        let all = recording.segments.iter().enumerate().rev();
        let before =
            all.flat_map(|(index, segment)| segment.keyframes.iter().rev().map(move |it| (index, it)));
        // What it was told already is read, and left out.
        let (segment, offset) = before
            .filter(|(_, keyframe)| keyframe.entries <= entries)
            .map(|(index, keyframe)| (index, keyframe.offset))
            .next()
            .unwrap_or_default();
        let mut rerun = Rerun::new(core, Arc::clone(names));
        rerun.numbers.entries = entries;
        let messages = recording.messages(segment, offset);
        let (names, next) = (Arc::clone(names), VecDeque::new());
        Self { recording, names, messages, rerun, next, has_jumped: false, is_other: true }
    }

    /// How many entries the core has been told.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.rerun.numbers.entries
    }

    /// The core as it is there.
    #[must_use]
    pub const fn core(&self) -> &Core {
        &self.rerun.core
    }

    /// What could not be read on the way.
    #[must_use]
    pub fn faults(&self) -> &[FileFault] {
        &self.messages.faults
    }

    /// The recording that it is a place in.
    #[must_use]
    pub const fn recording(&self) -> &'a Recording {
        self.recording
    }

    /// When what comes next was; `None` at the end.
    pub fn next_time(&mut self) -> Option<UtcTime> {
        while self.next.is_empty() {
            self.read()?;
        }
        match self.next.front()? {
            Entry::Event(event) => Some(event.arrival()),
            // As soon as what was before.
            Entry::Notice(_) | Entry::Command(_) | Entry::Settings(_) => Some(self.rerun.core.picture.now()),
        }
    }

    /// Tells the core what comes next; what that was.
    pub fn step(&mut self) -> Option<Entry<'static>> {
        while self.next.is_empty() {
            self.read()?;
        }
        let entry = self.next.pop_front()?;
        if self.is_other && is_about_an_alert(&entry) {
            self.rerun.numbers.entries += 1;
        } else {
            self.rerun.tell(&entry);
        }
        Some(entry)
    }

    /// Reads on to the next record that says something; `None` at the end.
    fn read(&mut self) -> Option<()> {
        let found = self.messages.message()?;
        let told = self.rerun.numbers.entries;
        match found.topic {
            CORE => {
                let entries = Entries::decode(found.data).unwrap_or_default();
                if self.is_other && entries.first > told {
                    self.rerun.numbers.entries = entries.first;
                }
                let told = self.rerun.numbers.entries;
                // What follows on something that is missing waits for a keyframe.
                if entries.first <= told {
                    let known = usize::try_from(told - entries.first).unwrap_or(usize::MAX);
                    self.next.extend(entries.iter().skip(known));
                }
            }
            KEYFRAME if !self.is_other => {
                let keyframe = Keyframe::decode(found.data).ok().filter(|keyframe| keyframe.entries > told);
                let next = keyframe.and_then(|keyframe| Rerun::from(&keyframe, Arc::clone(&self.names)));
                if let Some(next) = next {
                    self.rerun = next;
                    self.has_jumped = true;
                }
            }
            _ => {}
        }
        Some(())
    }
}

/// Whether an operator said it of an alert: the number of that one is another one's in another core.
fn is_about_an_alert(entry: &Entry<'_>) -> bool {
    let Entry::Command(said) = entry else { return false };
    said.asked().is_some_and(|asked| {
        matches!(
            asked.command.body,
            Some(
                Body::Acknowledge(_)
                    | Body::Silence(_)
                    | Body::Transfer(_)
                    | Body::Accept(_)
                    | Body::Shelve(_)
                    | Body::Unshelve(_)
                    | Body::Close(_)
            )
        )
    })
}
