//! Tracks by their number: found at once, and gone through in order.

use crate::TrackId;
use crate::picture::Entry;
#[expect(clippy::disallowed_types, reason = "its order is never seen")]
use std::collections::HashMap;
use std::collections::{BTreeSet, btree_set};
use std::hash::{BuildHasherDefault, Hasher};
use units::UtcTime;

/// All entries, each in a seat that it keeps.
///
/// Whoever knows the seat finds an entry at once; by its number, one looks into a table that is in no cache where the
/// entries are many, so that the seats of those at hand are noted ([`Entries::note`]).
///
/// When the sweep must look at each is kept beside them, since to ask it of every entry would fetch them all, every
/// second: whoever changes an entry has it looked at next time, unless [`Entries::rest`] says when.
#[derive(Debug)]
pub(crate) struct Entries {
    #[expect(clippy::disallowed_types, reason = "its order is never seen")]
    seats: HashMap<TrackId, Seat, BuildHasherDefault<Mixer>>,
    order: BTreeSet<TrackId>,
    rows: Vec<Vec<Option<Entry>>>,
    due: Vec<UtcTime>,
    free: Vec<Seat>,
    noted: [(TrackId, Seat); NOTED],
    /// In every seat.
    mark: u32,
}

/// Where an entry is, and whether among tracks or candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seat(u32);

impl Seat {
    pub const NONE: Self = Self(u32::MAX);

    pub fn is_candidate(self) -> bool {
        self.0 & CANDIDATE != 0
    }

    fn place(self) -> usize {
        (self.0 & !CANDIDATE) as usize
    }
}

const CANDIDATE: u32 = 1 << 31;
/// Seats in a row: entries are large, and no row ever moves.
const ROW: usize = 32;
/// A power of two.
const NOTED: usize = 64;
const NOBODY: TrackId = TrackId(0);
/// At the next sweep, whenever that is.
pub(crate) const AT_ONCE: UtcTime = UtcTime::from_unix_ns(i64::MIN);
/// Not before something changes.
pub(crate) const AT_NEED: UtcTime = UtcTime::from_unix_ns(i64::MAX - 1);
/// Of a seat that nobody has.
const VACANT: UtcTime = UtcTime::from_unix_ns(i64::MAX);

impl Entries {
    pub fn of_tracks() -> Self {
        Self::marked(0)
    }

    pub fn of_candidates() -> Self {
        Self::marked(CANDIDATE)
    }

    #[expect(clippy::disallowed_types, reason = "its order is never seen")]
    fn marked(mark: u32) -> Self {
        Self {
            seats: HashMap::default(),
            order: BTreeSet::new(),
            rows: Vec::new(),
            due: Vec::new(),
            free: Vec::new(),
            noted: [(NOBODY, Seat::NONE); NOTED],
            mark,
        }
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn contains_key(&self, id: TrackId) -> bool {
        self.seat(id).is_some()
    }

    fn seat(&self, id: TrackId) -> Option<Seat> {
        match self.noted.get(noted(id)) {
            Some(&(known, seat)) if known == id => Some(seat),
            _ => self.seats.get(&id).copied(),
        }
    }

    /// Notes a seat that will be asked for soon.
    pub fn note(&mut self, id: TrackId, seat: Seat) {
        if let Some(place) = self.noted.get_mut(noted(id)) {
            *place = (id, seat);
        }
    }

    pub fn at(&self, seat: Seat) -> Option<&Entry> {
        self.rows.get(seat.place() / ROW)?.get(seat.place() % ROW)?.as_ref()
    }

    fn at_mut(&mut self, seat: Seat) -> Option<&mut Entry> {
        self.rows.get_mut(seat.place() / ROW)?.get_mut(seat.place() % ROW)?.as_mut()
    }

    pub fn get(&self, id: TrackId) -> Option<&Entry> {
        self.at(self.seat(id)?)
    }

    /// To be changed: the next sweep looks at it.
    pub fn get_mut(&mut self, id: TrackId) -> Option<&mut Entry> {
        let seat = self.seat(id)?;
        self.rest(seat, AT_ONCE);
        self.at_mut(seat)
    }

    /// To be changed in what no sweep asks for.
    pub fn get_mut_quietly(&mut self, id: TrackId) -> Option<&mut Entry> {
        self.at_mut(self.seat(id)?)
    }

    /// The seat that the next entry gets.
    pub fn next_seat(&self) -> Seat {
        self.free.last().copied().unwrap_or(Seat(self.due.len() as u32 | self.mark))
    }

    /// Seats an entry in [`Entries::next_seat`].
    pub fn insert(&mut self, id: TrackId, entry: Entry) {
        let seat = self.next_seat();
        if self.free.pop().is_none() {
            self.due.push(AT_ONCE);
            if self.rows.last().is_none_or(|row| row.len() == ROW) {
                self.rows.push(Vec::with_capacity(ROW));
            }
            if let Some(row) = self.rows.last_mut() {
                row.push(None);
            }
        }
        let place = self.rows.get_mut(seat.place() / ROW).and_then(|row| row.get_mut(seat.place() % ROW));
        if let Some(place) = place {
            *place = Some(entry);
        }
        self.rest(seat, AT_ONCE);
        self.seats.insert(id, seat);
        self.order.insert(id);
    }

    pub fn remove(&mut self, id: TrackId) -> Option<Entry> {
        self.order.remove(&id);
        let seat = self.seats.remove(&id)?;
        self.rest(seat, VACANT);
        self.free.push(seat);
        if let Some(place) = self.noted.get_mut(noted(id)).filter(|(known, _)| *known == id) {
            *place = (NOBODY, Seat::NONE);
        }
        self.rows.get_mut(seat.place() / ROW)?.get_mut(seat.place() % ROW)?.take()
    }

    /// The sweep need not look at it before an instant if nothing changes it.
    pub fn rest(&mut self, seat: Seat, until: UtcTime) {
        if let Some(due) = self.due.get_mut(seat.place()) {
            *due = until;
        }
    }

    /// The sweep looks at all of them.
    pub fn rouse(&mut self) {
        for due in &mut self.due {
            // Seats that nobody has stay empty.
            if *due < VACANT {
                *due = AT_ONCE;
            }
        }
    }

    /// Those at which the sweep must look, by ascending number; `out` is cleared first.
    pub fn due(&self, now: UtcTime, out: &mut Vec<TrackId>) {
        out.clear();
        let due = (0..).zip(&self.due).filter(|(_, due)| **due <= now);
        out.extend(due.filter_map(|(place, _)| self.at(Seat(place))).map(|entry| entry.track.id));
        out.sort_unstable();
    }

    /// By ascending number.
    pub fn values(&self) -> Values<'_> {
        Values { entries: self, order: self.order.iter() }
    }

    /// By ascending number.
    pub fn each(&mut self, mut visit: impl FnMut(TrackId, &mut Entry)) {
        let Self { order, seats, rows, .. } = self;
        for &id in &*order {
            let Some(seat) = seats.get(&id) else { continue };
            let row = rows.get_mut(seat.place() / ROW);
            if let Some(Some(entry)) = row.and_then(|row| row.get_mut(seat.place() % ROW)) {
                visit(id, entry);
            }
        }
    }
}

/// Entries by ascending number.
#[derive(Debug)]
pub(crate) struct Values<'a> {
    entries: &'a Entries,
    order: btree_set::Iter<'a, TrackId>,
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a Entry;

    fn next(&mut self) -> Option<Self::Item> {
        self.order.find_map(|&id| self.entries.get(id))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.order.size_hint()
    }
}

impl ExactSizeIterator for Values<'_> {}

fn noted(TrackId(id): TrackId) -> usize {
    id as usize % NOTED
}

/// Numbers follow one another: one multiplication spreads them.
#[derive(Debug, Default)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}
