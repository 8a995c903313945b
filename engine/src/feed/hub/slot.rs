//! The newest state of each thing, encoded at most once for each form and detail.

use crate::clock::Mono;
use crate::feed::format::{Format, encode};
use crate::feed::message::Names;
use crate::feed::outbox::{Key, Named};
use crate::feed::view::{Detail, Place, Thing};
use crate::feed::{Update, message, nmea, proto};
use std::collections::HashMap;
use std::sync::Arc;
use units::UtcTime;

/// One thing. It is kept until every client that waits for it has had its end.
#[derive(Debug)]
pub struct Slot {
    pub update: Update,
    /// Where it is, for areas.
    pub place: Option<Place>,
    pub read: Mono,
    /// The number of the change that made it so.
    pub changed: u64,
    /// Readers that have not had it yet.
    pub waiting: u32,
    bodies: [[Option<Arc<[u8]>>; Detail::COUNT]; 2],
    nmea: Option<Arc<nmea::Sentences>>,
    /// Changes with what `nmea::Sentences::statics` says.
    pub statics: u64,
    /// A live alert is about it.
    pub alerted: bool,
}

impl Slot {
    fn new(update: Update, read: Mono, changed: u64, alerted: bool) -> Self {
        Self {
            place: place(&update),
            update,
            read,
            changed,
            waiting: 0,
            bodies: Default::default(),
            nmea: None,
            statics: changed,
            alerted,
        }
    }

    /// What kind of thing it is, or was.
    pub fn thing(&self) -> Thing {
        match self.update {
            // The last two are told once, and never kept here.
            Update::Track(_) | Update::TrackGone(..) | Update::Told(_) | Update::Answer(..) => Thing::Tracks,
            Update::Mark(_) | Update::MarkGone(_) => Thing::Marks,
            Update::Alert(_) => Thing::Alerts,
            Update::Cell(..) => Thing::Cells,
            Update::Named(named, ..) => named.thing(),
        }
    }

    /// Whether it is of a kind that is somewhere.
    pub fn has_place(&self) -> bool {
        matches!(self.update, Update::Track(_) | Update::Mark(_) | Update::Cell(..))
    }

    /// The version that the feed's messages carry.
    pub fn version(&self) -> u64 {
        match &self.update {
            Update::Track(track) => track.version.into(),
            _ => self.changed,
        }
    }

    /// The message of it, without `seq`.
    pub fn body(&mut self, format: Format, detail: Detail, names: &Names, now: UtcTime) -> Arc<[u8]> {
        let detail = if matches!(self.update, Update::Track(_)) { detail } else { Detail::Full };
        let make = || -> Arc<[u8]> {
            encode(format, message::body(&self.update, names, now, self.changed, detail)).into()
        };
        let kept = self.bodies.get_mut(usize::from(format == Format::Proto));
        match kept.and_then(|by_detail| by_detail.get_mut(detail as usize)) {
            Some(kept) => Arc::clone(kept.get_or_insert_with(make)),
            None => make(),
        }
    }

    pub fn sentences(&mut self) -> Arc<nmea::Sentences> {
        Arc::clone(self.nmea.get_or_insert_with(|| Arc::new(nmea::sentences(&self.update))))
    }
}

fn place(update: &Update) -> Option<Place> {
    match update {
        Update::Track(track) => Some(track.position()),
        Update::Mark(mark) => mark.position,
        Update::Cell(cell, ..) => cell.centre(),
        _ => None,
    }
    .map(|position| (position.lat(), position.lon()))
}

/// All things.
///
/// **Invariant**: `by_key` holds exactly the things that have not ended.
#[derive(Debug, Default)]
pub struct Slots {
    all: Vec<Slot>,
    free: Vec<u32>,
    by_key: HashMap<Key, u32>,
    /// Numbers the changes of all things, from 1.
    pub changes: u64,
}

impl Slots {
    /// How many there are, those included whose end somebody waits for.
    pub fn len(&self) -> usize {
        self.all.len() - self.free.len()
    }

    pub fn get(&self, index: u32) -> Option<&Slot> {
        self.all.get(index as usize)
    }

    pub fn get_mut(&mut self, index: u32) -> Option<&mut Slot> {
        self.all.get_mut(index as usize)
    }

    pub fn find(&self, key: &Key) -> Option<&Slot> {
        self.get(*self.by_key.get(key)?)
    }

    /// Alerts have begun to be about it, or are no more.
    pub fn alert(&mut self, key: &Key, alerted: bool) {
        let index = self.by_key.get(key).copied();
        if let Some(slot) = index.and_then(|index| self.get_mut(index)) {
            slot.alerted = alerted;
        }
    }

    /// What has not ended, in order of its key.
    pub fn present(&self) -> Vec<(Key, u32)> {
        let mut present: Vec<_> = self.by_key.iter().map(|(key, index)| (key.clone(), *index)).collect();
        present.sort_unstable();
        present
    }

    pub fn count(&self, wanted: impl Fn(&Key) -> bool) -> usize {
        self.by_key.keys().filter(|key| wanted(key)).count()
    }

    pub fn has_ended(&self, index: u32) -> bool {
        // A slot whose thing has ended keeps its end until it is another's.
        self.get(index).is_none_or(|slot| slot.update.is_end())
    }

    /// Takes a newer state. Where it is now; `None` where nobody has heard of what ends here.
    pub fn replace(&mut self, update: Update, read: Mono, alerted: bool) -> Option<u32> {
        let key = update.key()?;
        let known = self.by_key.get(&key).copied();
        if update.is_end() {
            // Born and gone between two hand-overs otherwise.
            known?;
            self.by_key.remove(&key);
        }
        self.changes += 1;
        let Some(index) = known else {
            return Some(self.allocate(key, Slot::new(update, read, self.changes, alerted)));
        };
        let slot = self.all.get_mut(index as usize)?;
        let statics = if statics_differ(&slot.update, &update) { self.changes } else { slot.statics };
        *slot = Slot { waiting: slot.waiting, statics, ..Slot::new(update, read, self.changes, alerted) };
        Some(index)
    }

    fn allocate(&mut self, key: Key, slot: Slot) -> u32 {
        let index = if let Some(index) = self.free.pop() {
            if let Some(place) = self.all.get_mut(index as usize) {
                *place = slot;
            }
            index
        } else {
            self.all.push(slot);
            (self.all.len() - 1) as u32
        };
        self.by_key.insert(key, index);
        index
    }

    /// One reader more waits for it.
    pub fn wait(&mut self, index: u32) {
        if let Some(slot) = self.all.get_mut(index as usize) {
            slot.waiting += 1;
        }
    }

    /// One reader less waits for it.
    pub fn had(&mut self, index: u32) {
        if let Some(slot) = self.all.get_mut(index as usize)
            && slot.waiting > 0
        {
            slot.waiting -= 1;
            self.release(index);
        }
    }

    /// Lets it go where it has ended and nobody waits for it.
    pub fn release(&mut self, index: u32) {
        if self.get(index).is_some_and(|slot| slot.waiting == 0) && self.has_ended(index) {
            self.free.push(index);
        }
    }
}

fn statics_differ(before: &Update, now: &Update) -> bool {
    match (before, now) {
        (Update::Track(before), Update::Track(now)) => {
            before.identity != now.identity || before.hull != now.hull || before.station != now.station
        }
        _ => false,
    }
}

impl Named {
    const fn thing(self) -> Thing {
        match self {
            Self::Zone => Thing::Zones,
            Self::Sensor => Thing::Sensors,
            Self::Incident => Thing::Incidents,
            Self::Camera => Thing::Cameras,
            Self::Unit => Thing::Units,
            Self::Remarks => Thing::Tracks,
        }
    }
}

/// What is said in `leave`, for a thing that is out of view.
pub fn leave(update: &Update) -> Option<proto::Leave> {
    Some(match update {
        Update::Track(track) => proto::Leave { track: Some(track.id.0), ..proto::Leave::default() },
        Update::Mark(mark) => proto::Leave { mark: Some(mark.mmsi.number()), ..proto::Leave::default() },
        Update::Cell(cell, ..) => proto::Leave { cell: Some(cell.to_string()), ..proto::Leave::default() },
        _ => return None,
    })
}
