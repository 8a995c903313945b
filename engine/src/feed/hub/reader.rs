//! What has not been had yet: by one client, or by several that ask the same and have had the same.

use super::ClientId;
use super::slot::Slots;
use crate::clock::Mono;
use crate::feed::format::Format;
use crate::feed::nmea;
use crate::feed::view::View;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Stands in a queue where everything in view has been sent.
pub const SNAPSHOT_END: u32 = u32::MAX;

/// A thing that has changed and was not sent yet.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    pub slot: u32,
    /// The change that put it here.
    pub since: u64,
    pub at: Mono,
}

/// What is held of one thing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    /// The version that was last sent; 0: it is not held.
    pub version: u64,
    pub queued: bool,
}

/// What is asked, what was sent of it, and what waits.
#[derive(Clone, Debug)]
pub struct Reader {
    pub format: Format,
    pub view: View,
    /// What lives under an alert goes before the rest.
    pub urgent: VecDeque<Waiting>,
    pub rest: VecDeque<Waiting>,
    pub held: Vec<Held>,
    /// What statics were sent, by slot.
    pub statics: Vec<u64>,
    /// Snapshots that are not complete.
    pub snapshots: u32,
    /// When the changes last went out, and whether they are going out now.
    pub flushed: Option<Mono>,
    pub flushing: bool,
    /// Somebody will look again by himself when its changes may go out.
    pub sleeps: bool,
    /// Whose it is. Several only while they are in step.
    pub members: Vec<ClientId>,
    /// Those who ask the same, and wait to be let in.
    pub applicants: Vec<ClientId>,
    /// The hub writes what comes to all members at once; else its one member's connection fetches it.
    pub in_step: bool,
    /// What is asked, in bytes; `None` where what is in view depends on more than that.
    pub key: Option<Arc<[u8]>>,
}

impl Reader {
    /// Of one that has had nothing.
    pub fn new(format: Format, view: View, member: ClientId) -> Self {
        let mut reader = Self {
            format,
            view,
            urgent: VecDeque::new(),
            rest: VecDeque::new(),
            held: Vec::new(),
            statics: Vec::new(),
            snapshots: 0,
            flushed: None,
            flushing: false,
            sleeps: false,
            members: vec![member],
            applicants: Vec::new(),
            in_step: false,
            key: None,
        };
        reader.rekey();
        reader
    }

    /// What is asked has changed.
    pub fn rekey(&mut self) {
        self.key = if self.format.has_messages() { self.view.key(self.format) } else { None };
    }

    /// The same for one of its members, who goes on alone.
    pub fn of_one(&self, member: ClientId) -> Self {
        Self { members: vec![member], applicants: Vec::new(), in_step: false, sleeps: false, ..self.clone() }
    }

    pub fn held(&self, slot: u32) -> Held {
        self.held.get(slot as usize).copied().unwrap_or_default()
    }

    pub fn held_mut(&mut self, slot: u32) -> &mut Held {
        let index = slot as usize;
        if self.held.len() <= index {
            self.held.resize(index + 1, Held::default());
        }
        // Just made long enough.
        #[expect(clippy::indexing_slicing, reason = "just made long enough")]
        &mut self.held[index]
    }

    /// Whether a change concerns it: it sees the thing, or holds it and must hear that it sees it no more.
    pub fn minds(&self, slots: &Slots, slot: u32, alerted: bool) -> bool {
        let Some(thing) = slots.get(slot) else { return false };
        match self.format {
            Format::Nmea => nmea::is_shown(&thing.update),
            _ if self.held(slot).version > 0 => true,
            _ => !thing.update.is_end() && self.view.sees(thing, alerted).is_some(),
        }
    }

    /// Whether it was not waiting for this one already.
    pub fn enqueue(&mut self, slots: &mut Slots, slot: u32, since: u64, urgent: bool, at: Mono) -> bool {
        if std::mem::replace(&mut self.held_mut(slot).queued, true) {
            return false;
        }
        if let Some(thing) = slots.get_mut(slot) {
            thing.waiting += 1;
        }
        let queue = if urgent { &mut self.urgent } else { &mut self.rest };
        queue.push_back(Waiting { slot, since, at });
        true
    }

    /// Whether nothing waits.
    pub fn is_done(&self) -> bool {
        self.urgent.is_empty() && self.rest.is_empty()
    }

    /// The next that waits.
    pub fn next(&mut self) -> Option<Waiting> {
        self.urgent.pop_front().or_else(|| self.rest.pop_front())
    }

    /// The slots of all that waits.
    pub fn queue(&self) -> impl Iterator<Item = u32> {
        let slots = self.urgent.iter().chain(&self.rest).map(|waiting| waiting.slot);
        slots.filter(|slot| *slot != SNAPSHOT_END)
    }

    /// What waits has gone out, where nothing waits any more.
    pub fn settle(&mut self, now: Mono) {
        if self.is_done() {
            self.flushing = false;
            self.flushed = Some(now);
        }
    }

    /// How many things wait.
    pub fn waiting(&self) -> usize {
        self.urgent.len() + self.rest.len() - self.snapshots as usize
    }

    pub fn lag_ms(&self, now: Mono) -> u32 {
        let heads = [self.urgent.front(), self.rest.front()];
        let lags = heads.into_iter().flatten().map(|waiting| now.since_ns(waiting.at) / 1_000_000);
        lags.max().map_or(0, |ms| u32::try_from(ms).unwrap_or(u32::MAX))
    }

    /// Every change up to this one has been sent, as far as it is in view; 0 while a snapshot is on its way.
    pub fn position(&self, changes: u64) -> u64 {
        if self.snapshots > 0 {
            return 0;
        }
        let heads = [self.urgent.front(), self.rest.front()];
        heads.into_iter().flatten().map(|waiting| waiting.since.saturating_sub(1)).min().unwrap_or(changes)
    }

    /// How long the changes must still wait.
    pub fn patience(&self, now: Mono) -> Duration {
        let (Some(flushed), false, 0) = (self.flushed, self.flushing, self.snapshots) else {
            return Duration::ZERO;
        };
        self.view.period().saturating_sub(Duration::from_nanos(now.since_ns(flushed)))
    }

    /// Memory of it, without what all share.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.held.capacity() * size_of::<Held>()
            + (self.urgent.capacity() + self.rest.capacity()) * size_of::<Waiting>()
            + self.statics.capacity() * size_of::<u64>()
    }
}
