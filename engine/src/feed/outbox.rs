//! From the core to the hub. It cannot fill: while the hub is behind, the newest state of each thing waits in
//! the outbox, and an older one is replaced. Alerts are never replaced.

use super::charges::Units;
use super::hub::SharedHub;
use super::{Charge, Update, Updates, message};
use crate::clock::Mono;
use crate::core::Core;
use crossbeam::queue::ArrayQueue;
use fusion::TrackId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;
use units::{Mmsi, grid};

const CAPACITY: usize = 256;

#[derive(Debug)]
struct Shared {
    queue: ArrayQueue<Updates>,
    ready: Notify,
    closed: AtomicBool,
}

/// The core's end: collects what changed, and hands it over once per batch.
#[derive(Debug)]
pub struct Outbox {
    shared: Arc<Shared>,
    tracks: Vec<TrackId>,
    marks: Vec<Mmsi>,
    rest: Vec<Update>,
    units: Units,
    behind: BTreeMap<Key, Update>,
    /// What nothing replaces, in order.
    behind_all: Vec<Update>,
    behind_since: Option<Mono>,
    hub: Option<SharedHub>,
    /// What the last event changed in the picture has been collected.
    is_early: bool,
}

/// The hub's end.
#[derive(Debug)]
pub struct Inbox(Arc<Shared>);

/// What a newer update replaces.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A track.
    Track(TrackId),
    /// A mark.
    Mark(Mmsi),
    /// A cell.
    Cell(grid::Cell),
    /// One of the few things that are known by a name.
    Named(Named, Arc<str>),
}

/// The few things that are known by a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// A guard zone.
    Zone,
    /// A source.
    Sensor,
    /// What operators said of a track, by its number.
    Remarks,
    /// An incident, by its number.
    Incident,
    /// A camera.
    Camera,
    /// A unit of the supervision grid.
    Unit,
}

impl Update {
    /// A change of the picture, as the picture now stands; `None` where the thing has ended since.
    #[must_use]
    pub fn of_picture(change: &fusion::Change, core: &Core) -> Option<Self> {
        Some(match *change {
            fusion::Change::Track(id) => Self::Track(Box::new(core.picture.track(id)?.clone())),
            fusion::Change::Mark(mmsi) => Self::Mark(Box::new(*core.picture.mark(mmsi)?)),
            fusion::Change::TrackGone { id, mmsi, reason } => Self::TrackGone(id, mmsi, reason),
            fusion::Change::MarkGone(mmsi) => Self::MarkGone(mmsi),
        })
    }

    /// A change of the watch.
    #[must_use]
    pub fn of_watch(change: &watch::Change, core: &Core) -> Self {
        match change {
            watch::Change::Alert(alert) => Self::Alert(alert.clone()),
            watch::Change::Cell { cell, .. } | watch::Change::Risk { cell, .. } => Self::cell(*cell, core),
        }
    }

    /// A cell as it now stands.
    fn cell(cell: grid::Cell, core: &Core) -> Self {
        let (vessels, risk, unit) = core.watch.cell(cell);
        let risk = risk.filter(|risk| risk.grade != watch::Grade::None);
        let graded = risk.map(|risk| (risk.grade, risk.score));
        let current = cell.centre().and_then(|centre| core.picture.current(centre));
        let unit = unit.map(|unit| unit.name.clone());
        Self::Cell(cell, vessels, Box::new(Charge { graded, unit, current }))
    }

    /// All that the last event changed, in order.
    pub fn all(core: &Core) -> impl Iterator<Item = Self> {
        let changes = core.changes();
        let picture = changes.picture.iter().filter_map(move |change| Self::of_picture(change, core));
        let watch = changes.watch.iter().map(move |change| Self::of_watch(change, core));
        let cues = changes.cues.iter().filter_map(move |change| message::of_cue(change, &core.cues));
        picture.chain(watch).chain(changes.desk.iter().cloned()).chain(cues)
    }

    /// What this update is about; `None` where nothing ever replaces it.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        Some(match self {
            Self::Track(track) => Key::Track(track.id),
            Self::TrackGone(id, ..) => Key::Track(*id),
            Self::Mark(mark) => Key::Mark(mark.mmsi),
            Self::MarkGone(mmsi) => Key::Mark(*mmsi),
            Self::Cell(cell, ..) => Key::Cell(*cell),
            Self::Named(named, name, _) => Key::Named(*named, Arc::clone(name)),
            Self::Alert(_) | Self::Told(_) | Self::Answer(..) => return None,
        })
    }

    /// Whether what it is about is no more.
    #[must_use]
    pub const fn is_end(&self) -> bool {
        matches!(
            self,
            Self::TrackGone(..) | Self::MarkGone(_) | Self::Cell(_, 0, _) | Self::Named(_, _, None)
        )
    }
}

impl Outbox {
    /// Makes both ends.
    #[must_use]
    pub fn new() -> (Self, Inbox) {
        let shared = Arc::new(Shared {
            queue: ArrayQueue::new(CAPACITY),
            ready: Notify::new(),
            closed: AtomicBool::new(false),
        });
        let outbox = Self {
            shared: Arc::clone(&shared),
            tracks: Vec::new(),
            marks: Vec::new(),
            rest: Vec::new(),
            units: Units::default(),
            behind: BTreeMap::new(),
            behind_all: Vec::new(),
            behind_since: None,
            hub: None,
            is_early: false,
        };
        (outbox, Inbox(shared))
    }

    /// Where that hub is, which [`Self::flush_at_once`] may do something with.
    #[must_use]
    pub fn to(mut self, hub: SharedHub) -> Self {
        self.hub = Some(hub);
        self
    }

    /// Of what the last event changed, hands over what it changed in the picture, as [`Self::flush_at_once`] does.
    pub fn tell_early(&mut self, core: &Core, read: Mono) {
        self.collect_picture(core);
        self.is_early = true;
        self.flush_at_once(core, read);
    }

    fn collect_picture(&mut self, core: &Core) {
        for change in core.changes().picture {
            match *change {
                // Several changes of one batch become one update.
                fusion::Change::Track(id) => self.tracks.push(id),
                fusion::Change::Mark(mmsi) => self.marks.push(mmsi),
                fusion::Change::TrackGone { .. } | fusion::Change::MarkGone(_) => {
                    self.rest.extend(Update::of_picture(change, core));
                }
            }
        }
    }

    /// Notes what the last event changed.
    pub fn collect(&mut self, core: &Core) {
        let changes = core.changes();
        if !std::mem::take(&mut self.is_early) {
            self.collect_picture(core);
        }
        self.rest.extend(changes.watch.iter().map(|change| Update::of_watch(change, core)));
        let has_cells = changes.watch.iter().any(|change| !matches!(change, watch::Change::Alert(_)));
        self.units.tell(core, has_cells, &mut self.rest);
        self.rest.extend(changes.desk.iter().cloned());
        self.rest.extend(changes.cues.iter().filter_map(|change| message::of_cue(change, &core.cues)));
    }

    /// Notes all that there is: nothing of it has been handed over.
    pub fn everything(&mut self, core: &Core) {
        let picture = &core.picture;
        self.tracks.extend(picture.tracks().map(|track| track.id));
        self.marks.extend(picture.marks().map(|mark| mark.mmsi));
        for zone in core.watch.zones() {
            self.rest.push(super::zone(zone, core.desk.zone_revision(&core.watch, &zone.name)));
        }
        self.rest.extend(core.watch.cells().map(|(cell, _)| Update::cell(cell, core)));
        self.units = Units::default();
        self.units.tell(core, true, &mut self.rest);
        self.rest.extend(core.desk.everything());
        let cameras = (0..).take(core.cues.cameras().len());
        self.rest.extend(cameras.filter_map(|number| message::camera(number, &core.cues)));
        self.rest.extend(core.watch.alerts().map(|alert| Update::Alert(alert.clone().into())));
    }

    /// Another configuration: which unit has charge of which cell, and which units there are, may be otherwise.
    pub fn renewed(&mut self, core: &Core) {
        self.rest.extend(core.watch.cells().map(|(cell, _)| Update::cell(cell, core)));
        self.units.again();
        self.units.tell(core, true, &mut self.rest);
    }

    /// Notes something else that is to be handed over.
    pub fn add(&mut self, update: Update) {
        self.rest.push(update);
    }

    /// As [`Self::flush`], but where the hub rests and has few to tell, they have been told when this returns: nobody
    /// has to be woken for it.
    pub fn flush_at_once(&mut self, core: &Core, read: Mono) {
        if self.collected(core, read) && !self.tell() {
            self.shared.ready.notify_one();
        }
    }

    /// Hands over what has been collected, as the picture now stands.
    pub fn flush(&mut self, core: &Core, read: Mono) {
        if self.collected(core, read) {
            self.shared.ready.notify_one();
        }
    }

    /// Does what the hub would do once it is awake. Whether it could.
    fn tell(&self) -> bool {
        let Some(mut hub) = self.hub.as_ref().and_then(SharedHub::at_once) else { return false };
        while let Some(updates) = self.shared.queue.pop() {
            hub.take(updates);
        }
        hub.settle();
        !self.is_behind()
    }

    /// Puts what has been collected before the hub, as the picture now stands; whether there was any.
    fn collected(&mut self, core: &Core, read: Mono) -> bool {
        let mut updates = Vec::with_capacity(self.tracks.len() + self.marks.len() + self.rest.len());
        self.tracks.sort_unstable();
        self.tracks.dedup();
        self.marks.sort_unstable();
        self.marks.dedup();
        // What has ended since is not there any more, and says so among the rest.
        let tracks = self.tracks.drain(..).map(fusion::Change::Track);
        let marks = self.marks.drain(..).map(fusion::Change::Mark);
        updates.extend(tracks.chain(marks).filter_map(|change| Update::of_picture(&change, core)));
        updates.append(&mut self.rest);
        if updates.is_empty() && !self.is_behind() {
            return false;
        }

        let mut read = read;
        if self.is_behind() {
            self.wait(updates);
            // Nobody else fills it: while it is full, what waits is not touched.
            if self.shared.queue.is_full() {
                return true;
            }
            updates = std::mem::take(&mut self.behind).into_values().collect();
            updates.append(&mut self.behind_all);
            read = self.behind_since.take().unwrap_or(read);
        }
        let tracks = core.picture.tracks().len();
        if let Err(back) = self.shared.queue.push(Updates { updates, now: core.picture.now(), read, tracks })
        {
            self.behind_since = Some(back.read);
            self.wait(back.updates);
        }
        true
    }

    /// Keeps what the hub cannot take now.
    fn wait(&mut self, updates: Vec<Update>) {
        for update in updates {
            match update.key() {
                Some(key) => drop(self.behind.insert(key, update)),
                None => self.behind_all.push(update),
            }
        }
    }

    /// Whether the hub still has something to come that it has not been handed.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        !(self.behind.is_empty() && self.behind_all.is_empty())
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Release);
        self.shared.ready.notify_one();
    }
}

impl Inbox {
    /// The next hand-over that waits. Only for whoever has the hub: else they would not come to it in order.
    #[must_use]
    pub fn waiting(&self) -> Option<Updates> {
        self.0.queue.pop()
    }

    /// Waits until there is one; not so when the core is gone and all is taken.
    pub async fn has_more(&self) -> bool {
        loop {
            // Read before the queue: the core pushes first and goes afterwards.
            let closed = self.0.closed.load(Ordering::Acquire);
            if !self.0.queue.is_empty() {
                return true;
            }
            if closed {
                return false;
            }
            self.0.ready.notified().await;
        }
    }
}
