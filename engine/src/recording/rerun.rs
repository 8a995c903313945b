//! The same core over the recorded inputs: what it makes of them is what it made of them then, byte for byte.

use super::form::{CHANGES, CORE, Changes, Entries, Entry, KEYFRAME, Keyframe, MESSAGES_TAG};
use super::read::{FileFault, Found, Recording};
use super::scan::Fault;
use super::seal::hex;
use super::tap::{Numbers, put};
use crate::core::Core;
use crate::feed::{Names, Update, proto};
use prost::Message;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::sync::Arc;
use units::UtcTime;

/// Changes that are kept for comparison; past it, recorded and made have nothing to do with each other.
const MAX_AHEAD: usize = 1 << 20;

/// A core that is told what was recorded.
#[derive(Debug)]
pub struct Rerun {
    /// As far as it has come.
    pub core: Core,
    /// What it has been told, and has made of it.
    pub numbers: Numbers,
    names: Arc<Names>,
    /// It is not to follow what the recorded one followed.
    is_other: bool,
}

/// One entry could not be followed by the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// From this entry ...
    pub from: u64,
    /// ... up to this one.
    pub to: u64,
}

impl Rerun {
    /// From a keyframe; `None` where it was written by another version and cannot be read.
    #[must_use]
    pub fn from(keyframe: &Keyframe, names: Arc<Names>) -> Option<Self> {
        let core = Core::restore(postcard::from_bytes(&keyframe.core).ok()?);
        names.learn(core.roll().sources());
        let numbers = Numbers { entries: keyframe.entries, changes: keyframe.changes };
        Some(Self { core, numbers, names, is_other: false })
    }

    /// From the beginning, as another configuration has it.
    #[must_use]
    pub const fn new(core: Core, names: Arc<Names>) -> Self {
        Self { core, numbers: Numbers { entries: 0, changes: 0 }, names, is_other: true }
    }

    /// Sources have other names from here on.
    pub fn rename(&mut self, names: Arc<Names>) {
        self.names = names;
    }

    /// Tells the core what is in a record, and `each` what came of every entry. What it was told already is left out.
    ///
    /// # Errors
    /// What is missing before it; the core has been told nothing then.
    pub fn apply(&mut self, entries: &Entries, mut each: impl FnMut(&mut Self)) -> Result<(), Missing> {
        if entries.first > self.numbers.entries {
            return Err(Missing { from: self.numbers.entries, to: entries.first });
        }
        let known = self.numbers.entries - entries.first;
        for entry in entries.iter().skip(usize::try_from(known).unwrap_or(usize::MAX)) {
            self.tell(&entry);
            each(self);
        }
        Ok(())
    }

    /// Tells it one thing.
    pub fn tell(&mut self, entry: &Entry<'_>) {
        match entry {
            Entry::Event(event) => self.core.apply(event),
            Entry::Notice(notice) => self.core.notice(notice),
            Entry::Command(said) => {
                if let Some(asked) = said.asked() {
                    self.core.command(&asked);
                }
            }
            Entry::Settings(settings) => {
                self.names.learn(settings.roll.sources());
                if !self.is_other {
                    // What is refused changed nothing then, too.
                    drop(self.core.renew(settings));
                }
            }
        }
        self.numbers.entries += 1;
    }

    /// What the last entry changed, each as it is recorded.
    pub fn made(&mut self, mut each: impl FnMut(u64, Vec<u8>)) {
        let now = self.core.picture.now();
        for update in Update::all(&self.core) {
            self.numbers.changes += 1;
            let mut out = Vec::new();
            put(&update, &self.names, now, self.numbers.changes, &mut out);
            each(self.numbers.changes, out);
        }
    }
}

/// What came of a comparison of what was recorded with what is made of it now.
#[derive(Debug, Default)]
pub struct Compared {
    /// Entries that were told.
    pub entries: u64,
    /// Changes that were compared.
    pub changes: u64,
    /// SHA-256 of the recorded changes, and of those made now, each behind its length.
    pub recorded: String,
    /// The same of what is made now.
    pub rerun: String,
    /// Keyframes that the core came to, and how many of them it was equal to.
    pub keyframes: [u64; 2],
    /// Changes that are not the same, and the first of them.
    pub different: u64,
    /// Its number, as recorded and as made now.
    pub first: Option<Difference>,
    /// Entries that are missing.
    pub missing: Vec<Missing>,
    /// What cannot be read.
    pub faults: Vec<FileFault>,
    /// Event time from the first to the last.
    pub span: Option<(UtcTime, UtcTime)>,
    /// Nothing could be told: no keyframe can be read.
    pub nothing: bool,
}

/// One change that is not the same.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Which.
    pub change: u64,
    /// Event time.
    pub at: UtcTime,
    /// As it was recorded; `None` where there is none.
    pub recorded: Option<proto::ServerMessage>,
    /// As it is now.
    pub rerun: Option<proto::ServerMessage>,
}

impl Compared {
    /// Whether all of it is the same, and all of it could be read.
    #[must_use]
    pub fn is_same(&self) -> bool {
        let [met, equal] = self.keyframes;
        !self.nothing
            && self.different == 0
            && self.recorded == self.rerun
            && met == equal
            && self.missing.is_empty()
            && self.faults.is_empty()
    }
}

/// A message as it stands among `Changes`, without what surrounds it.
fn inside(field: &[u8]) -> Option<&[u8]> {
    let mut rest = field.strip_prefix(&[MESSAGES_TAG])?;
    prost::encoding::decode_varint(&mut rest).ok()?;
    Some(rest)
}

/// Tells the core everything again from the first keyframe on, and compares.
#[must_use]
pub fn compare(recording: &Recording, names: &Arc<Names>) -> Compared {
    let mut compared = Compared { faults: recording.faults.clone(), ..Compared::default() };
    let mut state = State {
        rerun: None,
        ahead: VecDeque::new(),
        met: VecDeque::new(),
        base: 0,
        hashes: [Sha256::new(), Sha256::new()],
    };
    let mut messages = recording.messages(0, 0);
    while let Some(found) = messages.message() {
        state.take(&found, names, &mut compared);
    }
    compared.faults.append(&mut messages.faults);
    compared.nothing = state.rerun.is_none();
    // Recorded, and not made. What is made and was not recorded is the tenth of a second before a kill.
    compared.different += state.met.len() as u64;
    if compared.changes == 0 {
        compared.different += state.ahead.len() as u64;
    }
    let [recorded, rerun] = state.hashes;
    compared.recorded = hex(&recorded.finalize());
    compared.rerun = hex(&rerun.finalize());
    compared
}

struct State {
    rerun: Option<Rerun>,
    /// Made, and not yet met in the recording.
    ahead: VecDeque<(u64, UtcTime, Vec<u8>)>,
    /// Recorded, and not yet made.
    met: VecDeque<(u64, UtcTime, Vec<u8>)>,
    /// Changes before the keyframe that we began with.
    base: u64,
    hashes: [Sha256; 2],
}

impl State {
    fn take(&mut self, found: &Found<'_>, names: &Arc<Names>, compared: &mut Compared) {
        let unreadable = |compared: &mut Compared| {
            let fault =
                Fault { from: 0, to: 0, what: format!("a message of {} cannot be read", found.topic) };
            compared.faults.push(FileFault { file: String::new(), fault });
        };
        match found.topic {
            KEYFRAME => match Keyframe::decode(found.data) {
                Ok(keyframe) => self.keyframe(&keyframe, names, compared),
                Err(_) => unreadable(compared),
            },
            CORE => match Entries::decode(found.data) {
                Ok(entries) => self.entries(&entries, compared),
                Err(_) => unreadable(compared),
            },
            CHANGES => match Changes::decode(found.data) {
                Ok(changes) => self.changes(&changes, found.at, compared),
                Err(_) => unreadable(compared),
            },
            _ => {}
        }
    }

    fn keyframe(&mut self, keyframe: &Keyframe, names: &Arc<Names>, compared: &mut Compared) {
        if let Some(rerun) = &self.rerun
            && rerun.numbers.entries == keyframe.entries
        {
            let [met, equal] = &mut compared.keyframes;
            *met += 1;
            let now = postcard::to_stdvec(&rerun.core.snapshot()).unwrap_or_default();
            *equal += u64::from(now == keyframe.core);
            return;
        }
        let is_behind = self.rerun.as_ref().is_none_or(|rerun| rerun.numbers.entries < keyframe.entries);
        if !is_behind {
            return;
        }
        // The first, or the first after something that is missing.
        if let Some(next) = Rerun::from(keyframe, Arc::clone(names)) {
            if let Some(before) = &self.rerun {
                compared.missing.push(Missing { from: before.numbers.entries, to: keyframe.entries });
            }
            // What was recorded of what is missing has nothing to be compared with.
            self.base = keyframe.changes;
            self.ahead.clear();
            self.met.retain(|(number, ..)| *number > keyframe.changes);
            self.rerun = Some(next);
        }
    }

    fn entries(&mut self, entries: &Entries, compared: &mut Compared) {
        let Some(rerun) = &mut self.rerun else { return };
        let before = rerun.numbers.entries;
        let ahead = &mut self.ahead;
        // What is missing is noted when there is a keyframe to go on from.
        let told = rerun.apply(entries, |rerun| {
            let now = rerun.core.picture.now();
            if now.unix_s() > 0 {
                compared.span = Some((compared.span.map_or(now, |(first, _)| first), now));
            }
            rerun.made(|number, made| ahead.push_back((number, now, made)));
        });
        if told.is_ok() {
            compared.entries += rerun.numbers.entries - before;
            self.meet(compared);
        }
        let ahead = &mut self.ahead;
        while ahead.len() > MAX_AHEAD {
            ahead.pop_front();
        }
    }

    fn changes(&mut self, changes: &Changes, at: UtcTime, compared: &mut Compared) {
        let Some(rerun) = &self.rerun else { return };
        // Of what the core was told before the keyframe that we began with.
        let old = self.base.min(rerun.numbers.changes);
        let numbered = (changes.first + 1..).zip(&changes.messages).filter(|(number, _)| *number > old);
        self.met.extend(numbered.map(|(number, message)| (number, at, message.clone())));
        self.meet(compared);
        while self.met.len() > MAX_AHEAD {
            self.met.pop_front();
            compared.different += 1;
        }
    }

    /// Compares what was recorded with what is made now, as far as there are both.
    fn meet(&mut self, compared: &mut Compared) {
        while let (Some((made, ..)), Some((met, ..))) = (self.ahead.front(), self.met.front()) {
            let (made, met) = (*made, *met);
            let now = if made <= met { self.ahead.pop_front() } else { None };
            let then = if met <= made { self.met.pop_front() } else { None };
            compared.changes += u64::from(then.is_some());
            let now_bytes = now.as_ref().and_then(|(.., made)| inside(made));
            let then_bytes = then.as_ref().map(|(.., message)| message.as_slice());
            for (hash, bytes) in self.hashes.iter_mut().zip([then_bytes, now_bytes]) {
                let bytes = bytes.unwrap_or_default();
                hash.update((bytes.len() as u32).to_le_bytes());
                hash.update(bytes);
            }
            if now_bytes != then_bytes {
                compared.different += 1;
                let message = |bytes: &[u8]| proto::ServerMessage::decode(bytes).ok();
                let at = now.as_ref().or(then.as_ref()).map_or(UtcTime::from_unix_ns(0), |(_, at, _)| *at);
                compared.first.get_or_insert_with(|| Difference {
                    change: made.min(met),
                    at,
                    recorded: then_bytes.and_then(message),
                    rerun: now_bytes.and_then(message),
                });
            }
        }
    }
}
