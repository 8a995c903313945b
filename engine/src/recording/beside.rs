//! Another configuration beside a replay: a second core, told the same entries, that goes wherever the replay goes.
//!
//! **Invariant**: it never leads. To go back it begins anew, from the newest state of its own that it has kept.

use super::cursor::Cursor;
use super::form::Entry;
use super::read::Recording;
use super::session::{Place, ends, replaying};
use crate::clock::Mono;
use crate::core::Core;
use crate::feed::{Names, Outbox, Sensors, Update};
use crate::wall::Skies;
use std::sync::Arc;
use watch::Notice;

/// How long it may go on before somebody else has a turn: the replay, when it is in step with it ...
const SLICE_NS: u64 = 5_000_000;
/// ... and whoever wants to say something, when it is not.
const LONG_SLICE_NS: u64 = 50_000_000;
/// Further behind than so many entries, it shows nothing until it is there.
const FAR: u64 = 4096;
/// A state of its own is kept every so many entries at first ...
const KEEP_EVERY: u64 = 16_384;
/// ... so many at most, and no more bytes of them: then every second is let go.
const MOST_KEPT: usize = 64;
const MOST_BYTES: usize = 256 << 20;

/// Another configuration.
#[derive(Debug)]
pub struct Other {
    /// What it is called: its file.
    pub name: String,
    /// What it makes of things; it has been told nothing yet.
    pub core: Core,
}

/// All that the core was after so many entries.
struct Kept {
    entries: u64,
    core: Vec<u8>,
}

/// The other core, and whoever looks at it.
pub(crate) struct Beside<'a> {
    cursor: Cursor<'a>,
    names: Arc<Names>,
    outbox: Outbox,
    sensors: Sensors,
    skies: Skies,
    kept: Vec<Kept>,
    keep_every: u64,
    /// On its way to where the replay is; nothing is shown.
    is_far: bool,
}

impl<'a> Beside<'a> {
    /// At the beginning of the recording.
    pub fn new(
        recording: &'a Recording,
        names: &Arc<Names>,
        core: Core,
        outbox: Outbox,
        skies: Skies,
    ) -> Self {
        let mut keyframes = recording.segments.iter().flat_map(|segment| &segment.keyframes);
        let first = keyframes.next().map_or(0, |keyframe| keyframe.entries);
        let cursor = Cursor::other(recording, names, core, first);
        let mut beside = Self {
            sensors: Sensors::of(cursor.core()),
            cursor,
            names: Arc::clone(names),
            outbox,
            skies,
            kept: Vec::new(),
            keep_every: KEEP_EVERY,
            is_far: false,
        };
        beside.keep();
        beside.everything();
        beside
    }

    /// Comes as far as the replay has come; whether it is there, or has to go on after the others have had a turn.
    pub fn follow(&mut self, entries: u64) -> bool {
        if entries < self.cursor.entries() {
            self.back(entries);
        }
        if !self.is_far && entries - self.cursor.entries().min(entries) > FAR {
            self.hide();
        }
        let (began, slice_ns) = (Mono::now(), if self.is_far { LONG_SLICE_NS } else { SLICE_NS });
        let mut any = false;
        // Reading on may leap over what is missing, and then it is there without a step.
        let is_short = |cursor: &mut Cursor<'_>| {
            cursor.entries() < entries && cursor.next_time().is_some() && cursor.entries() < entries
        };
        while is_short(&mut self.cursor) && self.step().is_some() {
            any = true;
            if Mono::now().since_ns(began) > slice_ns {
                self.flush();
                return self.cursor.entries() >= entries;
            }
        }
        if std::mem::take(&mut self.is_far) {
            self.everything();
        } else if any {
            self.flush();
        }
        true
    }

    fn step(&mut self) -> Option<()> {
        let entry = self.cursor.step()?;
        let core = self.cursor.core();
        match &entry {
            Entry::Event(event) => self.sensors.note(event),
            Entry::Notice(notice) if matches!(&**notice, Notice::Storm(_)) => self.skies.see(&core.watch),
            // It has a configuration of its own.
            Entry::Settings(settings) => {
                let outbox = &mut self.outbox;
                self.sensors.renew(settings.roll.sources(), &settings.gone, |update| outbox.add(update));
            }
            Entry::Notice(_) | Entry::Command(_) => {}
        }
        if !self.is_far {
            self.outbox.collect(core);
            let (sensors, outbox) = (&mut self.sensors, &mut self.outbox);
            sensors.tell(core.picture.now(), |update| outbox.add(update));
        }
        let last = self.kept.last().map_or(0, |kept| kept.entries);
        if self.cursor.entries() >= last.saturating_add(self.keep_every) {
            self.keep();
        }
        Some(())
    }

    /// Remembers where it is, so that the way back there is short.
    fn keep(&mut self) {
        let entries = self.cursor.entries();
        let Ok(core) = postcard::to_stdvec(&self.cursor.core().snapshot()) else { return };
        self.kept.push(Kept { entries, core });
        let is_much = |kept: &[Kept]| {
            kept.len() > MOST_KEPT || kept.iter().map(|kept| kept.core.len()).sum::<usize>() > MOST_BYTES
        };
        // The first is how everything begins.
        while self.kept.len() > 2 && is_much(&self.kept) {
            let mut number = 0;
            self.kept.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.keep_every = self.keep_every.saturating_mul(2);
        }
    }

    /// Goes back, to what is nearest before.
    fn back(&mut self, entries: u64) {
        self.hide();
        let kept = self.kept.iter().rev().find(|kept| kept.entries <= entries).or(self.kept.first());
        let Some(Kept { entries, core }) = kept else { return };
        let Ok(snapshot) = postcard::from_bytes(core) else { return };
        let recording = self.cursor.recording();
        self.cursor = Cursor::other(recording, &self.names, Core::restore(snapshot), *entries);
        self.sensors = Sensors::of(self.cursor.core());
    }

    /// What was shown is not what will be.
    fn hide(&mut self) {
        if std::mem::replace(&mut self.is_far, true) {
            return;
        }
        for update in ends(self.cursor.core()) {
            self.outbox.add(update);
        }
        self.flush();
    }

    fn everything(&mut self) {
        self.outbox.everything(self.cursor.core());
        self.skies.see(&self.cursor.core().watch);
        self.flush();
    }

    /// Says where it is.
    pub fn tell(&mut self, place: &Place) {
        self.outbox.add(replaying(self.cursor.core(), place));
        self.flush();
    }

    /// Hands something over to whoever looks at it.
    pub fn add(&mut self, update: Update) {
        self.outbox.add(update);
        self.flush();
    }

    fn flush(&mut self) {
        self.outbox.flush(self.cursor.core(), Mono::now());
    }
}
