//! What a recording says between two instants, told again in the words of the feed, and what it does not say.
//!
//! The same core hears the recorded entries. Where no keyframe can be read, because another version wrote it, the changes
//! are told as they were recorded.

use super::Setup;
use super::catalogue::Hole;
use super::consoles::Console;
use super::form::{
    CHANGES, COMMANDS, CONFIG, CONSOLES, CORE, Changes, Entries, Entry, GAP, Gap, KEYFRAME, Keyframe, SENSORS,
};
use super::read::{FileFault, Found, Recording};
use super::rerun::Rerun;
use crate::feed::proto::{self, server_message::Body};
use crate::feed::{Names, Update, message, view::Detail};
use crate::wall::areas;
use prost::Message;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use units::UtcTime;

/// Time is recorded every second: where a new segment begins so much later, nobody was recording, microseconds.
const HOLE_US: i64 = 5_000_000;

/// One thing that it says.
#[derive(Debug)]
pub enum Item<'a> {
    /// What the configuration of the watch draws, when the telling begins and behind whatever is missing: features of
    /// GeoJSON, each a line with a `kind` and a `name`.
    Waters(Vec<serde_json::Value>),
    /// As it stood when the telling begins: a track or an alert.
    Standing(Body),
    /// As it then became.
    Changed(Body),
    /// What an operator asked for and was answered: a line of JSON.
    Command(&'a [u8]),
    /// What a console showed from here on; also of those that stood before the telling begins.
    Console(Box<Console>),
    /// Who recorded from here on.
    Setup(&'a Setup),
    /// Nothing is known of what was meanwhile, or not all.
    Hole(Hole),
    /// The picture began anew: what stood does not any more, and numbers of tracks and alerts are given again.
    Anew,
    /// Behind something that is missing, these tracks are still there; what stands follows.
    Again(BTreeSet<u64>),
}

/// How it went.
#[derive(Clone, Debug, Default)]
pub struct Retold {
    /// Entries that the core was told.
    pub entries: u64,
    /// Changes that were told as they were recorded, because the core could not be.
    pub as_recorded: u64,
    /// Entries that are missing.
    pub missing: u64,
    /// What cannot be read.
    pub faults: Vec<FileFault>,
    /// When what was told begins and ends.
    pub span: Option<(UtcTime, UtcTime)>,
}

/// Tells what was between two instants, both included; all of it without them. `each` may end it.
pub fn retell(
    recording: &Recording,
    from: Option<UtcTime>,
    to: Option<UtcTime>,
    each: &mut dyn FnMut(UtcTime, Item<'_>) -> ControlFlow<()>,
) -> Retold {
    let from = from.unwrap_or(UtcTime::from_unix_ns(i64::MIN));
    let first = recording.keyframe(from).map_or(0, |(segment, _)| segment);
    let mut teller = Teller {
        from,
        to: to.unwrap_or(UtcTime::from_unix_ns(i64::MAX)),
        setup: None,
        names: Arc::new(Names::default()),
        rerun: None,
        now: UtcTime::from_unix_ns(i64::MIN),
        has_begun: false,
        lost: None,
        waits_from: None,
        segment: first,
        retold: Retold { faults: recording.faults.clone(), ..Retold::default() },
        each,
    };
    let mut messages = recording.messages(first, 0);
    while let Some(found) = messages.message() {
        if found.segment != teller.segment {
            teller.segment = found.segment;
            teller.lost.get_or_insert(Lost { at: teller.now, entries: 0 });
        }
        if teller.take(&found).is_break() {
            break;
        }
    }
    let mut retold = teller.retold;
    retold.faults.append(&mut messages.faults);
    retold
}

/// Since when it is not known whether anything is missing.
#[derive(Clone, Copy)]
struct Lost {
    at: UtcTime,
    /// Entries that are known to be missing.
    entries: u64,
}

struct Teller<'a> {
    from: UtcTime,
    to: UtcTime,
    setup: Option<Setup>,
    names: Arc<Names>,
    /// `None` where no keyframe could be read yet.
    rerun: Option<Rerun>,
    now: UtcTime,
    has_begun: bool,
    lost: Option<Lost>,
    /// Entries behind this one are missing: what follows waits for a keyframe.
    waits_from: Option<u64>,
    segment: usize,
    retold: Retold,
    each: &'a mut dyn FnMut(UtcTime, Item<'_>) -> ControlFlow<()>,
}

const GO_ON: ControlFlow<()> = ControlFlow::Continue(());

impl Teller<'_> {
    fn take(&mut self, found: &Found<'_>) -> ControlFlow<()> {
        match found.topic {
            CONFIG => self.setup(found.data),
            KEYFRAME => match Keyframe::decode(found.data) {
                Ok(keyframe) => self.keyframe(&keyframe),
                Err(_) => GO_ON,
            },
            CORE => match Entries::decode(found.data) {
                Ok(entries) => self.entries(&entries),
                Err(_) => GO_ON,
            },
            CHANGES if self.rerun.is_none() || self.waits_from.is_some() => self.recorded(found, true),
            SENSORS => self.recorded(found, false),
            COMMANDS if self.is_within(found.at) => (self.each)(found.at, Item::Command(found.data)),
            CONSOLES if found.at <= self.to => match serde_json::from_slice(found.data) {
                Ok(console) => (self.each)(found.at, Item::Console(console)),
                Err(_) => GO_ON,
            },
            GAP => match serde_json::from_slice::<Gap>(found.data) {
                Ok(gap) => self.gap(gap),
                Err(_) => GO_ON,
            },
            _ => GO_ON,
        }
    }

    fn is_within(&self, at: UtcTime) -> bool {
        self.from <= at && at <= self.to
    }

    fn setup(&mut self, text: &[u8]) -> ControlFlow<()> {
        let Ok(setup) = serde_json::from_slice::<Setup>(text) else { return GO_ON };
        if self.setup.as_ref() == Some(&setup) {
            return GO_ON;
        }
        self.names = Arc::new(Names::new(setup.sources.clone()));
        if let Some(rerun) = &mut self.rerun {
            rerun.rename(Arc::clone(&self.names));
        }
        (self.each)(self.now, Item::Setup(self.setup.insert(setup)))
    }

    fn gap(&mut self, gap: Gap) -> ControlFlow<()> {
        let (from_us, to_us) = (gap.from_us, gap.to_us);
        if to_us < self.from.unix_us() || from_us > self.to.unix_us() {
            return GO_ON;
        }
        let reason = format!("{} records of {} bytes: {}", gap.records, gap.bytes, gap.reason);
        let hole = Hole { from_us, to_us, what: gap.what, source: gap.source, reason };
        (self.each)(UtcTime::from_unix_us(to_us), Item::Hole(hole))
    }

    fn keyframe(&mut self, keyframe: &Keyframe) -> ControlFlow<()> {
        let at = UtcTime::from_unix_us(keyframe.time_us);
        if self.rerun.as_ref().is_some_and(|rerun| rerun.numbers.entries >= keyframe.entries) {
            return GO_ON;
        }
        let Some(next) = Rerun::from(keyframe, Arc::clone(&self.names)) else { return GO_ON };
        // Of a telling that has not begun, the last keyframe before it is enough.
        let before = self.rerun.replace(next);
        self.waits_from = None;
        if !self.has_begun {
            return if at >= self.from { self.begin(at) } else { GO_ON };
        }
        let missing = before.map_or(0, |before| keyframe.entries.saturating_sub(before.numbers.entries));
        self.retold.missing += missing;
        self.lost.get_or_insert(Lost { at: self.now, entries: 0 }).entries += missing;
        self.found_again(at)?;
        // Where the picture begins anew, one number is left out.
        let is_new = missing == 1;
        let tracks = self.rerun.iter().flat_map(|rerun| rerun.core.picture.tracks());
        let again = tracks.map(|track| track.id.0).collect();
        (self.each)(at, if is_new { Item::Anew } else { Item::Again(again) })?;
        self.stand(at)
    }

    /// Says what stands.
    fn begin(&mut self, at: UtcTime) -> ControlFlow<()> {
        self.has_begun = true;
        self.lost = None;
        self.stand(at)
    }

    fn stand(&mut self, at: UtcTime) -> ControlFlow<()> {
        let Some(rerun) = &self.rerun else { return GO_ON };
        let core = &rerun.core;
        (self.each)(at, Item::Waters(areas::waters(core.watch.config())))?;
        let tracks = core.picture.tracks().map(|track| Update::Track(Box::new(track.clone())));
        let alerts = core.watch.alerts().map(|alert| Update::Alert(Box::new(alert.clone())));
        for update in tracks.chain(alerts) {
            let body = message::body(&update, &self.names, at, 0, Detail::Full);
            (self.each)(at, Item::Standing(body))?;
        }
        GO_ON
    }

    /// The time that was lost has ended: whether anything was.
    fn found_again(&mut self, at: UtcTime) -> ControlFlow<()> {
        let Some(lost) = self.lost.take().filter(|_| self.has_begun) else { return GO_ON };
        let is_long = at.unix_us().saturating_sub(lost.at.unix_us()) > HOLE_US;
        let reason = match lost.entries {
            0 if !is_long => return GO_ON,
            0 => "nothing was recorded".to_owned(),
            entries => format!("{entries} entries are missing"),
        };
        let (from_us, to_us) = (lost.at.unix_us(), at.unix_us());
        let hole = Hole { from_us, to_us, what: "all".to_owned(), source: None, reason };
        (self.each)(at, Item::Hole(hole))
    }

    fn entries(&mut self, entries: &Entries) -> ControlFlow<()> {
        let Some(rerun) = &self.rerun else { return GO_ON };
        if self.waits_from.is_some() {
            return GO_ON;
        }
        let told = rerun.numbers.entries;
        if entries.first > told {
            // How many are missing is known when there is a keyframe to go on from.
            self.lost.get_or_insert(Lost { at: self.now, entries: 0 });
            self.waits_from.get_or_insert(told);
            return GO_ON;
        }
        let known = usize::try_from(told - entries.first).unwrap_or(usize::MAX);
        for entry in entries.iter().skip(known) {
            let at = match &entry {
                Entry::Event(event) => event.arrival(),
                Entry::Notice(_) | Entry::Command(_) | Entry::Settings(_) => self.now,
            };
            if at > self.to {
                return ControlFlow::Break(());
            }
            if !self.has_begun && at >= self.from {
                self.begin(at)?;
            }
            if self.has_begun {
                self.found_again(at)?;
            }
            self.now = self.now.max(at);
            let Some(rerun) = &mut self.rerun else { return GO_ON };
            rerun.tell(&entry);
            if !self.has_begun {
                continue;
            }
            self.retold.entries += 1;
            let now = rerun.core.picture.now();
            if now.unix_s() > 0 {
                self.retold.span = Some((self.retold.span.map_or(now, |(first, _)| first), now));
            }
            for update in Update::all(&rerun.core) {
                let body = message::body(&update, &self.names, now, 0, Detail::Full);
                (self.each)(now, Item::Changed(body))?;
            }
        }
        GO_ON
    }

    /// Changes as they were recorded; those of sources are recorded only so.
    fn recorded(&mut self, found: &Found<'_>, are_of_the_picture: bool) -> ControlFlow<()> {
        if !self.is_within(found.at) {
            return if are_of_the_picture && found.at > self.to { ControlFlow::Break(()) } else { GO_ON };
        }
        let Ok(changes) = Changes::decode(found.data) else { return GO_ON };
        if are_of_the_picture {
            self.has_begun = true;
            self.found_again(found.at)?;
            self.now = self.now.max(found.at);
            self.retold.span = Some((self.retold.span.map_or(found.at, |(first, _)| first), found.at));
        }
        for bytes in &changes.messages {
            let body = proto::ServerMessage::decode(bytes.as_slice()).ok().and_then(|it| it.body);
            let Some(body) = body else { continue };
            self.retold.as_recorded += u64::from(are_of_the_picture);
            (self.each)(found.at, Item::Changed(body))?;
        }
        GO_ON
    }
}
