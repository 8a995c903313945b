//! What one client has not had yet.

use super::slot::Slots;
use crate::clock::{Mono, now_utc};
use crate::feed::access::User;
use crate::feed::format::{Format, frame};
use crate::feed::view::View;
use crate::feed::{bridge, nmea, proto};
use crate::recording::consoles::Console;
use proto::server_message::Body;
use std::cell::OnceCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;

/// Answers that may wait for a client; more, and it asks faster than it listens.
const MAX_ANSWERS: usize = 256;
/// Stands in a client's queue where everything in view has been sent.
pub const SNAPSHOT_END: u32 = u32::MAX;

/// Something that happened and is told once, in order: it is never replaced by what comes later.
#[derive(Debug)]
pub struct Happening {
    /// Counts the changes of alerts; `None` for what is no alert.
    pub event: Option<u64>,
    /// Of an alert: its id, its revision, and whether it lives on.
    pub alert: Option<(u64, u32, bool)>,
    pub read: Mono,
    /// For bridges.
    pub told: Option<bridge::Told>,
    body: Body,
    encoded: [OnceCell<Vec<u8>>; 2],
}

impl Happening {
    pub fn new(event: Option<u64>, alert: Option<(u64, u32, bool)>, read: Mono, body: Body) -> Self {
        Self { event, alert, read, told: None, body, encoded: Default::default() }
    }

    /// Of an alert: what it is about.
    pub fn tracks(&self) -> impl Iterator<Item = u64> {
        let tracks: &[u64] = if let Body::Alert(alert) = &self.body { &alert.tracks } else { &[] };
        tracks.iter().copied()
    }

    fn bytes(&self, format: Format) -> &[u8] {
        let [json, proto] = &self.encoded;
        let cell = if format == Format::Proto { proto } else { json };
        cell.get_or_init(|| crate::feed::format::encode(format, self.body.clone()))
    }
}

/// A thing that has changed and was not sent yet.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    pub slot: u32,
    /// The change that put it here.
    pub since: u64,
    pub at: Mono,
}

/// What a client has of one thing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    /// The version that it was last sent; 0: it does not hold it.
    pub version: u64,
    pub queued: bool,
}

/// One client.
#[derive(Debug)]
pub struct Client {
    pub serial: u64,
    pub format: Format,
    pub notify: Rc<Notify>,
    pub user: User,
    pub name: String,
    pub address: SocketAddr,
    pub view: View,
    /// What it says that it shows.
    pub viewing: Option<proto::Viewing>,
    /// What lives under an alert goes before the rest.
    pub urgent: VecDeque<Waiting>,
    pub rest: VecDeque<Waiting>,
    pub held: Vec<Held>,
    pub happenings: VecDeque<Rc<Happening>>,
    pub answers: VecDeque<Body>,
    /// What statics it has had, by slot.
    pub statics: Vec<u64>,
    pub seq: u64,
    /// Snapshots that are not complete.
    pub snapshots: u32,
    /// Sent nothing yet: delays are not its own.
    pub is_new: bool,
    pub heartbeat: bool,
    /// Of lists of alerts that it was sent.
    pub lists: u64,
    pub digest: bool,
    /// When the changes last went out, and whether they are going out now.
    pub flushed: Option<Mono>,
    pub flushing: bool,
    /// It will look again by itself when its changes may go out.
    pub sleeps: bool,
    pub cut: Option<(u32, &'static str)>,
}

impl Client {
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

    /// As the recording has it.
    pub fn console(&self, said: &str) -> Console {
        Console {
            time_us: now_utc().unix_us(),
            console: self.serial,
            client: self.name.clone(),
            user: self.user.name.clone(),
            role: self.user.role.as_str().to_owned(),
            address: self.address.to_string(),
            form: self.format.name().to_owned(),
            said: said.to_owned(),
            subscriptions: self.view.asked().cloned().collect(),
            is_cut: false,
            viewing: self.viewing.clone(),
        }
    }

    pub fn answer(&mut self, body: Body) {
        if self.answers.len() < MAX_ANSWERS {
            self.answers.push_back(body);
            self.notify.notify_one();
        } else {
            self.cut = Some((429, "more than 256 answers not taken"));
        }
    }

    pub fn waiting(&self) -> usize {
        self.urgent.len() + self.rest.len() - self.snapshots as usize
    }

    /// Memory of what it has and what waits for it, without what all clients share.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.held.capacity() * size_of::<Held>()
            + (self.urgent.capacity() + self.rest.capacity()) * size_of::<Waiting>()
            + self.happenings.capacity() * size_of::<Rc<Happening>>()
            + self.answers.capacity() * size_of::<Body>()
            + self.statics.capacity() * size_of::<u64>()
    }

    pub fn lag_ms(&self, now: Mono) -> u32 {
        let heads = [self.urgent.front(), self.rest.front()];
        let lags = heads.into_iter().flatten().map(|waiting| now.since_ns(waiting.at) / 1_000_000);
        lags.max().map_or(0, |ms| u32::try_from(ms).unwrap_or(u32::MAX))
    }

    /// Every change up to this one has been sent, as far as it concerns this client; 0 while a snapshot is on
    /// its way.
    pub fn position(&self, changes: u64) -> u64 {
        if self.snapshots > 0 {
            return 0;
        }
        let heads = [self.urgent.front(), self.rest.front()];
        heads.into_iter().flatten().map(|waiting| waiting.since.saturating_sub(1)).min().unwrap_or(changes)
    }

    /// The last alert event that has been sent, of so many.
    pub fn alert_event(&self, last: u64) -> u64 {
        let next = self.happenings.iter().find_map(|happening| happening.event);
        // A live alert of a snapshot is old news, and newer news may stand before it.
        next.map_or(last, |next| next.saturating_sub(1))
    }

    /// How long the changes must still wait.
    pub fn patience(&self, now: Mono) -> Duration {
        let (Some(flushed), false, 0) = (self.flushed, self.flushing, self.snapshots) else {
            return Duration::ZERO;
        };
        self.view.period().saturating_sub(Duration::from_nanos(now.since_ns(flushed)))
    }

    pub fn send(&mut self, body: Body, out: &mut Vec<u8>) {
        if self.format == Format::Nmea {
            if let Body::Answer(answer) = &body {
                out.extend_from_slice(&bridge::answer(answer, now_utc()));
            }
        } else {
            let encoded = crate::feed::format::encode(self.format, body);
            self.send_encoded(&encoded, out);
        }
    }

    pub fn send_encoded(&mut self, encoded: &[u8], out: &mut Vec<u8>) {
        self.seq += 1;
        frame(self.format, self.seq, encoded, out);
    }

    pub fn send_happening(&mut self, happening: &Happening, out: &mut Vec<u8>) {
        if self.format == Format::Nmea {
            out.extend_from_slice(happening.told.as_ref().map_or(&[], |told| &told.sentences));
            return;
        }
        self.seq += 1;
        frame(self.format, self.seq, happening.bytes(self.format), out);
    }
}
