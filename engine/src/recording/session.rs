//! A recording served as if it happened now: the same feed, marked as a replay, and clients say how it goes on.
//!
//! **Invariant**: it reads, and nothing else; each session is a process of its own and knows nothing of what is live.

use super::beside::{Beside, Other};
use super::cursor::Cursor;
use super::form::Entry;
use super::read::Recording;
use crate::cameras::album::Album;
use crate::clock::Mono;
use crate::core::Core;
use crate::feed::proto::{self, command::Body, server_message::Body as Said};
use crate::feed::{Named, Names, Outbox, Sensors, Update};
use crate::operator::Asked;
use crate::queue::{Receiver, Work};
use crate::wall::Skies;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use units::UtcTime;
use watch::Notice;

/// How long it may play before it looks whether somebody has said something.
const SLICE_NS: u64 = 5_000_000;
const REST: Duration = Duration::from_millis(5);
const TELL_NS: u64 = 1_000_000_000;
/// A step looks no further than so many entries.
const MOST_STEPS: u32 = 20_000_000;
/// How long a radar takes to go round, more or less: a step of one scan, seconds.
const SCAN_S: f64 = 3.0;
/// More times than this is as fast as possible.
const FASTEST: f64 = 1000.0;
const SLOWEST: f64 = 0.1;

/// How it begins.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// At which instant; the beginning without one.
    pub at: Option<UtcTime>,
    /// How many times as fast as it was.
    pub speed: f64,
}

/// Who looks at it: their end, and what they say.
pub(crate) struct Viewers {
    pub from: Receiver,
    pub outbox: Outbox,
    pub skies: Skies,
    /// Where the pictures go that cameras took then.
    pub album: Album,
}

/// How it goes on, as clients are told it.
pub(crate) struct Place {
    span: (UtcTime, UtcTime),
    speed: f64,
    is_playing: bool,
    /// What its clock shows.
    clock: UtcTime,
}

/// Why a wish is refused.
type Refused = (u32, &'static str);

struct Player<'a> {
    cursor: Cursor<'a>,
    names: Arc<Names>,
    outbox: Outbox,
    sensors: Sensors,
    skies: Skies,
    album: Album,
    place: Place,
    /// That instant of the recording was shown at this one of ours.
    since: (UtcTime, Mono),
    told: Option<Mono>,
    beside: Option<Beside<'a>>,
    /// For the other one to come as far.
    is_waiting: bool,
}

/// Plays until told to stop, another configuration beside it where there is one. Nothing is played where no keyframe can
/// be read.
pub(crate) fn play(
    recording: &Recording,
    names: &Arc<Names>,
    start: Start,
    viewers: Viewers,
    other: Option<(Other, Viewers)>,
    stop: &CancellationToken,
) {
    let Some(span) = recording.span() else { return };
    let at = start.at.unwrap_or(span.0);
    let Some(cursor) = Cursor::at(recording, names, at) else {
        return tracing::error!("no keyframe can be read: another version of fairway wrote it");
    };
    let Viewers { from: from_clients, outbox, skies, album } = viewers;
    let (beside, from_beside) = match other {
        Some((other, Viewers { from, outbox, skies, .. })) => {
            (Some(Beside::new(recording, names, other.core, outbox, skies)), Some(from))
        }
        None => (None, None),
    };
    let sensors = Sensors::of(cursor.core());
    let mut player = Player {
        cursor,
        names: Arc::clone(names),
        outbox,
        sensors,
        skies,
        album,
        place: Place { span, speed: start.speed.clamp(SLOWEST, f64::INFINITY), is_playing: true, clock: at },
        since: (at, Mono::now()),
        told: None,
        beside,
        is_waiting: false,
    };
    player.everything();
    while !stop.is_cancelled() {
        while let Some(work) = from_clients.waiting().next() {
            if let Work::Command(asked) = work {
                let answer = player.answer(&asked);
                player.outbox.add(answer);
                player.flush();
            }
        }
        while let Some(work) = from_beside.as_ref().and_then(|beside| beside.waiting().next()) {
            if let Work::Command(asked) = work {
                let answer = player.answer(&asked);
                if let Some(beside) = &mut player.beside {
                    beside.add(answer);
                }
            }
        }
        let is_behind = player.advance();
        player.tell();
        if !is_behind {
            from_clients.rest(REST);
        }
    }
}

impl Player<'_> {
    fn core(&self) -> &Core {
        self.cursor.core()
    }

    fn flush(&mut self) {
        self.outbox.flush(self.cursor.core(), Mono::now());
    }

    /// All that there is where it is now.
    fn everything(&mut self) {
        self.outbox.everything(self.cursor.core());
        self.skies.see(&self.cursor.core().watch);
        self.flush();
    }

    /// What the recording's clock should show.
    fn now(&self) -> UtcTime {
        let (then, since) = self.since;
        if !self.place.is_playing {
            return then;
        }
        if self.place.speed > FASTEST {
            return self.place.span.1;
        }
        then.plus_s(Mono::now().since_ns(since) as f64 / 1e9 * self.place.speed)
    }

    /// From here on, as it is now.
    fn mark(&mut self) {
        let at = if self.place.speed > FASTEST { self.core().picture.now() } else { self.now() };
        self.since = (at, Mono::now());
    }

    /// Plays what is due; whether there is more than there was time for.
    fn advance(&mut self) -> bool {
        let entries = self.cursor.entries();
        if let Some(beside) = &mut self.beside {
            let is_there = beside.follow(entries);
            let was_waiting = std::mem::replace(&mut self.is_waiting, !is_there);
            if !is_there {
                // The clock stands where it was when the waiting began, or where it was sent since.
                let here = if was_waiting { self.since.0 } else { self.now() };
                self.since = (here, Mono::now());
                return true;
            }
        }
        let (now, began) = (self.now(), Mono::now());
        if !self.place.is_playing {
            return false;
        }
        let mut any = false;
        while let Some(next) = self.cursor.next_time() {
            if next > now {
                break;
            }
            self.step();
            any = true;
            if Mono::now().since_ns(began) > SLICE_NS {
                self.flush();
                return true;
            }
        }
        if any {
            self.flush();
        } else if self.cursor.next_time().is_none() {
            self.since = (self.core().picture.now(), Mono::now());
            self.place.is_playing = false;
            self.told = None;
        }
        false
    }

    /// One entry, and what came of it.
    fn step(&mut self) -> Option<Entry<'static>> {
        let before = std::mem::take(&mut self.cursor.has_jumped);
        debug_assert!(!before);
        let entry = self.cursor.step()?;
        if std::mem::take(&mut self.cursor.has_jumped) {
            self.outbox.everything(self.cursor.core());
            self.skies.see(&self.cursor.core().watch);
        }
        match &entry {
            Entry::Event(event) => self.sensors.note(event),
            Entry::Notice(notice) if matches!(&**notice, Notice::Storm(_)) => {
                self.skies.see(&self.cursor.core().watch);
            }
            Entry::Settings(settings) => {
                let outbox = &mut self.outbox;
                self.sensors.renew(settings.roll.sources(), &settings.gone, |update| outbox.add(update));
                self.skies.see(&self.cursor.core().watch);
                self.outbox.renewed(self.cursor.core());
            }
            Entry::Notice(_) | Entry::Command(_) => {}
        }
        self.album.keep(self.cursor.core().changes().cues);
        self.outbox.collect(self.cursor.core());
        let (sensors, outbox) = (&mut self.sensors, &mut self.outbox);
        sensors.tell(self.cursor.core().picture.now(), |update| outbox.add(update));
        Some(entry)
    }

    /// Goes somewhere else: what clients hold ends, and what there is instead is told.
    fn seek(&mut self, to: UtcTime) -> Result<(), Refused> {
        let (first, last) = self.place.span;
        let to = to.clamp(first, last);
        let recording = self.cursor.recording();
        let next = Cursor::at(recording, &self.names, to).ok_or((422, "no keyframe can be read there"))?;
        for update in ends(self.core()) {
            self.outbox.add(update);
        }
        self.flush();
        self.cursor = next;
        self.sensors = Sensors::of(self.core());
        self.everything();
        self.since = (to, Mono::now());
        Ok(())
    }

    fn answer(&mut self, asked: &Asked) -> Update {
        let done = match &asked.command.body {
            Some(Body::Replay(wish)) => self.wish(wish),
            _ => Err((422, "this is a replay: what was cannot be changed")),
        };
        let (code, text) = done.map_or_else(|refused| refused, |()| (200, "done"));
        let id = asked.command.id.clone();
        let answer = proto::Answer { id, code, text: text.to_owned(), revision: None };
        self.told = None;
        self.tell();
        Update::Answer(asked.client, Box::new(answer))
    }

    fn wish(&mut self, wish: &proto::Replay) -> Result<(), Refused> {
        if let Some(speed) = wish.speed {
            if speed.is_nan() || speed < SLOWEST {
                return Err((400, "speed: 0.1 or more; above 1000 as fast as possible"));
            }
            self.mark();
            self.place.speed = speed;
        }
        if let Some(at) = wish.seek_us {
            self.seek(UtcTime::from_unix_us(at))?;
        }
        if let Some(is_playing) = wish.playing {
            self.mark();
            self.place.is_playing = is_playing;
        }
        match wish.step.as_str() {
            "" => Ok(()),
            word => {
                self.mark();
                self.place.is_playing = false;
                self.steps(word, wish)
            }
        }
    }

    /// One step, of whichever length.
    fn steps(&mut self, word: &str, wish: &proto::Replay) -> Result<(), Refused> {
        let now = self.core().picture.now();
        match word {
            "back" => {
                // To the keyframe before the one that it came from.
                let before = self.cursor.recording().keyframe(now.plus_s(-1.0));
                let to = before.map_or(self.place.span.0, |(_, it)| UtcTime::from_unix_us(it.time_us));
                return self.seek(to);
            }
            "scan" => {
                let to = now.plus_s(SCAN_S);
                self.until(|player| player.cursor.next_time().is_none_or(|next| next > to));
            }
            "entry" => self.until(|_| true),
            "alert" => self.until(|player| {
                player.core().changes().watch.iter().any(|change| match change {
                    watch::Change::Alert(alert) => {
                        wish.kind.is_none_or(|kind| u32::from(alert.kind.code()) == kind)
                            && wish.track.is_none_or(|track| alert.tracks.iter().any(|id| id.0 == track))
                    }
                    _ => false,
                })
            }),
            "track" => {
                let track = wish.track.ok_or((400, "step track: which?"))?;
                self.until(|player| {
                    let mut changes = player.core().changes().picture.iter();
                    changes.any(|change| matches!(change, fusion::Change::Track(id) if id.0 == track))
                });
            }
            _ => return Err((400, "step: entry, scan, alert, track or back")),
        }
        Ok(())
    }

    /// Plays on until something holds.
    fn until(&mut self, mut holds: impl FnMut(&mut Self) -> bool) {
        for n in 1..MOST_STEPS {
            let is_there = self.step().is_none() || holds(self);
            if is_there || n % 4096 == 0 {
                self.flush();
            }
            if is_there {
                break;
            }
        }
        self.since = (self.core().picture.now(), Mono::now());
    }

    /// Says where it is, every second and after each wish.
    fn tell(&mut self) {
        if self.told.is_some_and(|at| Mono::now().since_ns(at) < TELL_NS) {
            return;
        }
        self.told = Some(Mono::now());
        self.place.clock = self.now().min(self.place.span.1);
        self.outbox.add(replaying(self.cursor.core(), &self.place));
        self.flush();
        if let Some(beside) = &mut self.beside {
            beside.tell(&self.place);
        }
    }
}

/// Where a core is, and how it goes on there.
pub(crate) fn replaying(core: &Core, place: &Place) -> Update {
    let body = Said::Replaying(proto::Replaying {
        time_us: core.picture.now().unix_us(),
        from_us: place.span.0.unix_us(),
        to_us: place.span.1.unix_us(),
        speed: place.speed,
        playing: place.is_playing,
        clock_us: place.clock.unix_us(),
    });
    Update::Named(Named::Sensor, Arc::from(""), Some(Box::new(body)))
}

/// That all of it is no more.
pub(crate) fn ends(core: &Core) -> Vec<Update> {
    let picture = &core.picture;
    let mut all: Vec<Update> = Vec::new();
    all.extend(core.watch.alerts().map(|alert| {
        let state = watch::State::Cleared;
        Update::Alert(watch::Alert { state, cleared: Some(picture.now()), ..alert.clone() }.into())
    }));
    all.extend(picture.tracks().map(|it| Update::TrackGone(it.id, it.identity.mmsi, fusion::Gone::Lost)));
    all.extend(picture.marks().map(|mark| Update::MarkGone(mark.mmsi)));
    all.extend(core.watch.cells().map(|(cell, _)| Update::Cell(cell, 0, Box::default())));
    let named = core.desk.everything().filter_map(|update| match update {
        Update::Named(named, name, _) => Some(Update::Named(named, name, None)),
        _ => None,
    });
    all.extend(named);
    all
}
