//! All tracks and marks, and the cycle that keeps them.

use crate::ageing::Ageing;
use crate::alias::Aliases;
use crate::associate::Cluster;
use crate::current::Currents;
use crate::entries::{AT_ONCE, Entries, Seat};
use crate::identity::Names;
use crate::index::{Cells, Found, Index, Leaf, Spot, within};
use crate::mark::Marks;
use crate::mutual::{Pair, Sights};
use crate::plane::{Ecef, ecef};
use crate::schedule::Schedule;
use crate::series::Links;
use crate::sweep::{Swept, due};
use crate::unmerge::Taken;
use crate::{
    Body, Change, Config, Counters, Event, Gone, Life, Mark, Observation, Radar, SourceId, Statics, Track,
    TrackId, life,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use units::{Caller, Mmsi, Position, UtcTime};

/// The tracker: all tracks and marks, and what is needed to keep them.
#[derive(Debug)]
pub struct Fusion {
    pub(crate) config: Config,
    pub(crate) now: UtcTime,
    /// The last second that was swept.
    pub(crate) swept_s: i64,
    pub(crate) next_id: TrackId,
    pub(crate) tracks: Entries,
    /// Who claims which MMSI.
    pub(crate) claims: BTreeSet<(Caller, TrackId)>,
    pub(crate) aliases: Aliases,
    ages: Ageing<TrackId>,
    /// When each track must be looked at: exactly one entry per track, never later than it must.
    pub(crate) schedule: Schedule,
    pub(crate) swept: Swept,
    /// What may become a track: never shown.
    pub(crate) candidates: Entries,
    pub(crate) next_candidate: TrackId,
    /// In order of first hearing.
    pub(crate) radars: Vec<Radar>,
    /// Radars that teach each other, and what they saw last.
    pub(crate) pairs: Vec<Pair>,
    pub(crate) sights: Sights,
    /// Pairs of tracks that may be one, and how often they looked it.
    pub(crate) suspects: BTreeMap<(TrackId, TrackId), i8>,
    pub(crate) cluster: Cluster,
    /// Which track each series of a sensor's own tracker moves.
    pub(crate) links: Links,
    pub(crate) currents: Currents,
    /// Tracks that ended in others of late, the longest ago first.
    pub(crate) taken: VecDeque<Taken>,
    pub(crate) index: Index,
    pub(crate) marks: Marks,
    pub(crate) names: Names,
    pub(crate) counters: Counters,
    /// Tracks that the present event changed; empty between events.
    touched: Vec<TrackId>,
    pub(crate) due: Vec<TrackId>,
}

/// Candidates are numbered from here, so that one index holds both.
pub(crate) const FIRST_CANDIDATE: TrackId = TrackId(1 << 63);

/// A track and where it is kept.
#[derive(Debug)]
pub(crate) struct Entry {
    pub track: Track,
    pub leaf: Leaf,
    pub(crate) spot: Spot,
    pub(crate) scheduled: UtcTime,
    pub(crate) seat: Seat,
}

impl Fusion {
    /// Other limits from now on.
    pub const fn renew(&mut self, config: Config) {
        self.config = config;
    }

    /// An empty picture.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            now: UtcTime::from_unix_ns(0),
            swept_s: i64::MIN,
            next_id: TrackId(1),
            tracks: Entries::of_tracks(),
            claims: BTreeSet::new(),
            aliases: Aliases::new(),
            ages: Ageing::default(),
            schedule: Schedule::default(),
            swept: Swept::default(),
            candidates: Entries::of_candidates(),
            next_candidate: FIRST_CANDIDATE,
            radars: Vec::new(),
            pairs: Vec::new(),
            sights: Sights::new(),
            suspects: BTreeMap::new(),
            cluster: Cluster::default(),
            links: Links::new(),
            currents: Currents::default(),
            taken: VecDeque::new(),
            index: Index::default(),
            marks: Marks::default(),
            names: Names::default(),
            counters: Counters::default(),
            touched: Vec::new(),
            due: Vec::new(),
        }
    }

    /// The only way in: takes one event and appends what it changed, each track at most once besides its end.
    pub fn apply(&mut self, event: &Event, changes: &mut Vec<Change>) {
        self.now = self.now.max(event.arrival());
        let second = self.now.unix_s();
        // One sweep, however many seconds passed: a recording may jump by hours.
        self.settle(changes);
        if second > self.swept_s {
            self.swept_s = second;
            self.sweep(changes);
        }
        match event {
            Event::Observation(observation) => self.observe(observation, changes),
            Event::AlsoHeard(heard) => self.hear(heard.mmsi.into(), heard.source, heard.arrival),
            Event::Site(_, site) => self.site(site),
            Event::Tick(_) => {}
        }
        self.announce(changes);
    }

    fn observe(&mut self, observation: &Observation, changes: &mut Vec<Change>) {
        self.counters.observations += 1;
        match &observation.body {
            Body::Report(report) => self.report(observation, report, changes),
            Body::Statics(statics) => self.statics(observation, statics),
            Body::Mark(report) => {
                self.counters.marks += 1;
                self.marks.take(report, self.now, self.config.max_marks, changes);
            }
            Body::Plot(plot) => {
                self.counters.plots += 1;
                self.plot(observation, plot, changes);
            }
            Body::SensorTrack(said) => {
                self.counters.sensor_tracks += 1;
                self.sensor_track(observation, said, changes);
            }
            // It is the watch that answers.
            Body::Distress(_) => self.counters.distress += 1,
        }
    }

    fn statics(&mut self, observation: &Observation, statics: &Statics) {
        self.counters.statics += 1;
        self.names.learn(statics, self.now, self.config.max_statics);
        let ids: Vec<TrackId> = claimants(&self.claims, statics.by).map(|&(_, id)| id).collect();
        let shared = ids.len() > 1;
        for id in ids {
            let Some(entry) = self.tracks.get_mut(id) else { continue };
            let track = &mut entry.track;
            let new_source = track.hear(observation.source, observation.arrival);
            // Which of several vessels of one number this is of, only a length can tell.
            if shared && !track.is_like(statics) {
                continue;
            }
            if track.identity.learn(&mut track.hull, statics) || new_source {
                self.touched.push(id);
            }
            if track.relearn_lever() {
                self.place(id);
            }
        }
    }

    /// Notes one more source of what is known already.
    fn hear(&mut self, caller: Caller, source: SourceId, at: UtcTime) {
        self.counters.also_heard += 1;
        for &(_, id) in claimants(&self.claims, caller) {
            let Some(entry) = self.tracks.get_mut(id) else { continue };
            let track = &mut entry.track;
            if track.hear(source, at) {
                self.touched.push(id);
            }
        }
    }

    /// Gives every touched track its new version.
    fn announce(&mut self, changes: &mut Vec<Change>) {
        self.touched.sort_unstable();
        self.touched.dedup();
        for id in self.touched.drain(..) {
            // What ended within the event has said so already.
            if let Some(entry) = self.tracks.get_mut_quietly(id) {
                let track = &mut entry.track;
                track.version = track.version.saturating_add(1);
                changes.push(Change::Track(id));
            }
        }
    }

    /// The latest arrival seen; never goes back. 1970 before the first event.
    #[must_use]
    pub const fn now(&self) -> UtcTime {
        self.now
    }

    /// Radars see otherwise than before: what waited for them is looked at anew.
    pub(crate) fn rouse(&mut self) {
        self.tracks.rouse();
    }

    /// All tracks, by ascending id.
    pub fn tracks(&self) -> impl ExactSizeIterator<Item = &Track> {
        self.tracks.values().map(|entry| &entry.track)
    }

    /// One track.
    #[must_use]
    pub fn track(&self, id: TrackId) -> Option<&Track> {
        self.tracks.get(id).map(|entry| &entry.track)
    }

    /// The tracks that claim an MMSI, by ascending id.
    pub fn claimants(&self, caller: impl Into<Caller>) -> impl Iterator<Item = &Track> {
        claimants(&self.claims, caller.into()).filter_map(|&(_, id)| self.track(id))
    }

    /// All marks, by ascending MMSI.
    pub fn marks(&self) -> impl ExactSizeIterator<Item = &Mark> {
        self.marks.all()
    }

    /// One mark.
    #[must_use]
    pub fn mark(&self, mmsi: Mmsi) -> Option<&Mark> {
        self.marks.get(mmsi)
    }

    /// All radars, in order of first hearing.
    pub fn radars(&self) -> impl ExactSizeIterator<Item = &Radar> {
        self.radars.iter()
    }

    /// What became of everything that came in.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Tracks whose position now is within a radius of a place as the straight line goes ([`chord_m`]),
    /// by ascending id; `out` is cleared first.
    ///
    /// [`chord_m`]: crate::chord_m
    pub fn near(&self, place: Position, radius_m: f64, out: &mut Vec<TrackId>) {
        out.clear();
        if radius_m.is_nan() || radius_m < 0.0 {
            return;
        }
        let place = ecef(place);
        let is_near = |id: &TrackId| {
            self.tracks
                .get(*id)
                .is_some_and(|entry| within(entry.track.surface_at(self.now), place, radius_m))
        };
        self.find(place, radius_m, self.now, out);
        out.retain(is_near);
        out.sort_unstable();
    }

    pub(crate) fn touch(&mut self, id: TrackId) {
        self.touched.push(id);
    }

    /// When the present second ends: what is not due by then will be looked at in time by the next sweep.
    pub(crate) fn horizon(&self) -> UtcTime {
        UtcTime::from_unix_s(self.now.unix_s().saturating_add(1))
    }

    /// Takes a new track in, everywhere but in the index, and returns its leaf for that.
    pub(crate) fn adopt(&mut self, track: Track) -> Leaf {
        let id = track.id;
        self.next_id = self.next_id.max(TrackId(id.0.saturating_add(1)));
        for caller in track.identity.callers() {
            let is_alias = self.aliases.get(&caller).is_some_and(|alias| alias.is_of(id));
            if is_alias || track.identity.caller() == Some(caller) {
                self.claims.insert((caller, id));
            }
        }
        let living = &self.tracks;
        self.ages.prune(living.len(), |id| living.contains_key(id));
        let confirms = |at, id| living.get(id).is_some_and(|entry| entry.scheduled == at);
        self.schedule.prune(living.len(), confirms);
        self.ages.insert(id, track.heard_at);
        let (at, speed_mps) = (track.surface_at(self.now), track.filter.speed_mps());
        let leaf = Leaf::new(id, at, speed_mps);
        let seat = self.tracks.next_seat();
        let spot = self.index.cells.insert(seat, at, speed_mps, self.now);
        let scheduled = leaf
            .holds_until(at, speed_mps, self.now)
            .min(Cells::good_until(speed_mps, self.now))
            .min(life::deadline(&track, &self.config));
        self.schedule.insert(scheduled, id);
        self.tracks.insert(id, Entry { track, leaf, spot, scheduled, seat });
        leaf
    }

    /// A track or a candidate.
    pub(crate) fn entry(&self, id: TrackId) -> Option<&Entry> {
        if id >= FIRST_CANDIDATE { &self.candidates } else { &self.tracks }.get(id)
    }

    /// A track or a candidate.
    pub(crate) fn at(&self, seat: Seat) -> Option<&Entry> {
        if seat.is_candidate() { &self.candidates } else { &self.tracks }.at(seat)
    }

    /// Notes where one is that will be asked for soon.
    pub(crate) fn note(&mut self, id: TrackId, seat: Seat) {
        if seat.is_candidate() { &mut self.candidates } else { &mut self.tracks }.note(id, seat);
    }

    /// Adds all tracks and candidates within a radius at an instant not after now, and some others.
    pub(crate) fn find(&self, at: Ecef, radius_m: f64, when: UtcTime, found: &mut Vec<TrackId>) {
        self.index.find(at, radius_m, when, self.now, |who| match who {
            Found::At(seat) => found.extend(self.at(seat).map(|entry| entry.track.id)),
            Found::Track(id) => found.push(id),
        });
    }

    /// A track or a candidate.
    pub(crate) fn entry_mut(&mut self, id: TrackId) -> Option<&mut Entry> {
        if id >= FIRST_CANDIDATE { &mut self.candidates } else { &mut self.tracks }.get_mut(id)
    }

    /// Takes a candidate in. Candidates lie in the cells alone: nobody looks for them from afar.
    pub(crate) fn adopt_candidate(&mut self, track: Track) {
        let id = track.id;
        self.next_candidate = self.next_candidate.max(TrackId(id.0.saturating_add(1)));
        let (at, speed_mps) = (track.surface_at(self.now), track.filter.speed_mps());
        let leaf = Leaf::new(id, at, speed_mps);
        let seat = self.candidates.next_seat();
        let spot = self.index.cells.insert(seat, at, speed_mps, self.now);
        let scheduled = UtcTime::from_unix_ns(i64::MAX);
        self.candidates.insert(id, Entry { track, leaf, spot, scheduled, seat });
    }

    /// Takes a candidate out.
    pub(crate) fn drop_candidate(&mut self, id: TrackId) -> Option<Track> {
        let entry = self.candidates.remove(id)?;
        self.index.cells.remove(entry.spot, entry.seat);
        Some(entry.track)
    }

    /// Keeps the index true to a candidate.
    pub(crate) fn place_candidate(&mut self, id: TrackId) {
        let Some(entry) = self.candidates.get_mut(id) else { return };
        let (at, speed_mps) = (entry.track.surface_at(self.now), entry.track.filter.speed_mps());
        self.index.cells.set(&mut entry.spot, entry.seat, at, speed_mps, self.now);
    }

    /// Keeps the index and the schedule true to a track that has changed or is due.
    pub(crate) fn place(&mut self, id: TrackId) {
        let horizon = self.horizon();
        let Some(entry) = self.tracks.get_mut_quietly(id) else { return };
        let (at, speed_mps) = (entry.track.surface_at(self.now), entry.track.filter.speed_mps());
        self.index.cells.set(&mut entry.spot, entry.seat, at, speed_mps, self.now);
        let mut leaves = entry.leaf.holds_until(at, speed_mps, self.now);
        if leaves < horizon {
            self.index.remove(&entry.leaf);
            entry.leaf = Leaf::new(id, at, speed_mps);
            self.index.insert(entry.leaf);
            leaves = entry.leaf.holds_until(at, speed_mps, self.now);
        }
        let at_latest = leaves
            .min(Cells::good_until(speed_mps, self.now))
            .min(life::deadline(&entry.track, &self.config));
        let (seat, rests) = (entry.seat, due(&entry.track, &self.radars, self.now));
        // An entry that is too early costs one look; moving it at every report would cost more.
        if at_latest < entry.scheduled {
            entry.scheduled = at_latest;
            self.schedule.insert(at_latest, id);
            let living = &self.tracks;
            let confirms = |at, id| living.get(id).is_some_and(|entry| entry.scheduled == at);
            self.schedule.prune(living.len(), confirms);
        }
        self.tracks.rest(seat, rests);
    }

    /// Puts a track that the sweep took out of the schedule back into it.
    pub(crate) fn reschedule(&mut self, id: TrackId) {
        if let Some(entry) = self.tracks.get_mut_quietly(id) {
            entry.scheduled = UtcTime::from_unix_ns(i64::MAX);
        }
        self.place(id);
    }

    /// Ends a track.
    pub(crate) fn end(&mut self, id: TrackId, reason: Gone, changes: &mut Vec<Change>) {
        let Some(entry) = self.tracks.remove(id) else { return };
        self.index.remove(&entry.leaf);
        self.index.cells.remove(entry.spot, entry.seat);
        let identity = &entry.track.identity;
        let caller = identity.caller();
        self.disclaim(id, identity);
        changes.push(Change::TrackGone { id, mmsi: identity.mmsi, reason });
        match reason {
            Gone::Lost => self.counters.ended += 1,
            Gone::Unconfirmed => self.counters.unconfirmed += 1,
            Gone::Merged => self.counters.merged += 1,
            Gone::Displaced => self.counters.displaced += 1,
        }
        if let Some(caller) = caller {
            self.judge(caller);
        }
    }

    /// The track silent longest.
    pub(crate) fn most_silent(&mut self) -> Option<TrackId> {
        let tracks = &self.tracks;
        self.ages.oldest(|id| tracks.get(id).map(|entry| entry.track.heard_at)).map(|(id, _)| id)
    }

    /// Settles who is in doubt among the tracks of one caller.
    pub(crate) fn judge(&mut self, caller: Caller) {
        // A terminal's number is its vessel's second name, and no claim of hers to be another.
        let goes_by = |track: &Track| track.identity.caller() == Some(caller);
        let live = self.claimants(caller).filter(|track| track.life != Life::Lost && goes_by(track)).count();
        for &(_, id) in claimants(&self.claims, caller) {
            let Some(entry) = self.tracks.get_mut_quietly(id) else { continue };
            let track = &mut entry.track;
            if !goes_by(track) {
                continue;
            }
            let others = live - usize::from(track.life != Life::Lost);
            let doubt = others > 0 || track.is_ghost();
            if track.doubt != doubt {
                track.doubt = doubt;
                self.counters.doubts += u64::from(doubt);
                self.touched.push(id);
                let seat = entry.seat;
                self.tracks.rest(seat, AT_ONCE);
            }
        }
    }
}

fn claimants(
    claims: &BTreeSet<(Caller, TrackId)>,
    caller: Caller,
) -> impl Iterator<Item = &(Caller, TrackId)> {
    claims.range((caller, TrackId(0))..=(caller, TrackId(u64::MAX)))
}
