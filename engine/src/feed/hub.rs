//! The newest state of everything, and for each client what it has not had yet.

mod client;
mod door;
mod fill;
mod reader;
mod said;
pub(crate) mod slot;
mod step;
mod sum;

use super::access::User;
use super::format::Format;
use super::message::{self, Names};
use super::outbox::Key;
use super::view::Thing;
use super::{Update, Updates, bridge, proto};
use crate::clock::{Mono, now_utc};
use crate::config::Limits;
use crate::metrics::Metrics;
use crate::recording::ConsoleTap;
use client::{Client, Happening};
pub use door::Guest;
pub use fill::Filled;
use metrics::{Counter, Gauge, Histogram};
use proto::server_message::Body;
use reader::Reader;
use slot::Slots;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use units::UtcTime;

/// Ends that are remembered for those who come back; past this, they get a snapshot.
const MAX_ENDS: usize = 65_536;
pub const HEARTBEAT_MS: u32 = 1000;
/// So many clients are told in less time than it takes to wake another thread, or not much more.
const FEW: usize = 16;

/// The newest state of everything, and who has had what.
pub struct Hub {
    names: Arc<Names>,
    limits: Limits,
    epoch: String,
    slots: Slots,
    /// Live alerts, as they were last told.
    alerts: BTreeMap<u64, Arc<Happening>>,
    /// Those that bridges know, by the name that they have there.
    bridged: BTreeMap<bridge::Name, u64>,
    /// What they are about.
    alerted: HashSet<fusion::TrackId>,
    /// The last changes of alerts, for those who come back.
    events: VecDeque<Arc<Happening>>,
    last_event: u64,
    /// What ended lately: the change, when, and what is said of it.
    ends: VecDeque<(u64, Mono, Update)>,
    /// Of what ended up to this change nothing is remembered.
    forgotten: u64,
    clients: Vec<Option<Client>>,
    readers: Vec<Option<Reader>>,
    /// Numbers of readers that are nobody's.
    free: Vec<usize>,
    /// Those in step, by what they ask.
    steps: HashMap<Arc<[u8]>, usize>,
    /// Told when a reader in step has to wait for its time, or for its turn.
    pub pace: Arc<Notify>,
    /// Something happened that is told as it is.
    has_news: bool,
    /// Before it leaves.
    scratch: Vec<u8>,
    serial: u64,
    /// Why clients were cut, by name.
    cuts: HashMap<String, (Mono, &'static str)>,
    now: UtcTime,
    tracks: usize,
    closing: bool,
    /// What it shows is not happening now.
    pub is_replay: bool,
    /// Where it is taken down who looks at what.
    pub recorded: Option<ConsoleTap>,
    counted: Counted,
}

/// The hub, for its own thread, and for whoever has something for it while that rests. Nothing is waited for while it
/// is held.
#[derive(Clone)]
pub struct SharedHub(Arc<Mutex<Hub>>);

impl std::fmt::Debug for SharedHub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedHub").finish_non_exhaustive()
    }
}

impl SharedHub {
    pub fn new(hub: Hub) -> Self {
        Self(Arc::new(Mutex::new(hub)))
    }

    pub fn lock(&self) -> MutexGuard<'_, Hub> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The hub, where nobody else is at it and it would soon have told everybody.
    pub fn at_once(&self) -> Option<MutexGuard<'_, Hub>> {
        self.0.try_lock().ok().filter(|hub| hub.clients() <= FEW)
    }
}

/// Which client; never another one later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientId {
    index: usize,
    serial: u64,
}

impl ClientId {
    /// No client: what was recorded is answered to nobody.
    pub const NOBODY: Self = Self { index: usize::MAX, serial: u64::MAX };
}

struct Counted {
    registry: Metrics,
    queued: Counter,
    conflated: Counter,
    sent: Counter,
    withdrawn: Counter,
    dropped: Counter,
    resumed: Counter,
    refused: Counter,
    latency: Histogram,
    clients: [Gauge; Format::ALL.len()],
    slots: Gauge,
    in_step: Gauge,
}

impl Hub {
    pub fn new(names: Arc<Names>, limits: Limits, metrics: &Metrics) -> Self {
        let counter = |name| metrics.counter(name, &[]);
        let counted = Counted {
            registry: metrics.clone(),
            queued: counter("fairway_feed_updates_queued_total"),
            conflated: counter("fairway_feed_updates_conflated_total"),
            sent: counter("fairway_feed_updates_sent_total"),
            withdrawn: counter("fairway_feed_updates_withdrawn_total"),
            dropped: counter("fairway_feed_updates_dropped_total"),
            resumed: counter("fairway_feed_resumed_total"),
            refused: counter("fairway_feed_refused_total"),
            latency: metrics.histogram("fairway_socket_to_feed_seconds", &[]),
            clients: Format::ALL
                .map(|format| metrics.gauge("fairway_feed_clients", &[("format", format.name())])),
            slots: metrics.gauge("fairway_feed_things", &[]),
            in_step: metrics.gauge("fairway_feed_clients_in_step", &[]),
        };
        Self {
            names,
            limits,
            epoch: format!("{:016x}", now_utc().unix_ns()),
            slots: Slots::default(),
            alerts: BTreeMap::new(),
            bridged: BTreeMap::new(),
            alerted: HashSet::new(),
            events: VecDeque::new(),
            last_event: 0,
            ends: VecDeque::new(),
            forgotten: 0,
            clients: Vec::new(),
            readers: Vec::new(),
            free: Vec::new(),
            steps: HashMap::new(),
            pace: Arc::default(),
            has_news: false,
            scratch: Vec::new(),
            serial: 0,
            cuts: HashMap::new(),
            now: UtcTime::from_unix_ns(0),
            tracks: 0,
            closing: false,
            is_replay: false,
            recorded: None,
            counted,
        }
    }

    /// Takes what the core handed over. Nobody is told before [`Self::settle`].
    pub fn take(&mut self, batch: Updates) {
        self.now = batch.now;
        self.tracks = batch.tracks;
        for update in batch.updates {
            match update {
                Update::Alert(alert) => self.alert(&alert, batch.read),
                Update::Told(body) => self.tell(*body, batch.read),
                Update::Answer(client, answer) => self.answer(client, Body::Answer(*answer)),
                other => self.replace(other, batch.read),
            }
        }
    }

    /// How many clients there are.
    pub fn clients(&self) -> usize {
        self.clients.iter().flatten().count()
    }

    /// Nothing more will come: every client is told, and cut when it has had everything.
    pub fn close(&mut self) {
        self.closing = true;
        self.disband();
        for client in self.clients.iter().flatten() {
            client.notify.notify_one();
        }
    }

    /// Answers one client.
    pub fn answer(&mut self, id: ClientId, body: Body) {
        if let Some(client) = self.client(id) {
            client.answer(body);
        }
    }

    /// Who a client is.
    pub fn user(&mut self, id: ClientId) -> Option<User> {
        self.client(id).map(|client| client.user.clone())
    }

    /// The alert that bridges know by that name: its number, its revision and what was last said of it.
    pub fn bridged(&self, name: bridge::Name) -> Option<(u64, u32, Arc<Happening>)> {
        let happening = self.alerts.get(self.bridged.get(&name)?)?;
        let (alert, revision, _) = happening.alert?;
        Some((alert, revision, Arc::clone(happening)))
    }

    /// Says something again to one client.
    pub fn repeat(&mut self, id: ClientId, happening: Arc<Happening>) {
        let most = self.limits.alerts_behind;
        if let Some(client) = self.client(id).filter(|client| client.happenings.len() < most) {
            client.happenings.push_back(happening);
            client.notify.notify_one();
        }
    }

    fn client(&mut self, id: ClientId) -> Option<&mut Client> {
        let client = self.clients.get_mut(id.index)?.as_mut();
        client.filter(|client| client.serial == id.serial)
    }

    fn take_out(&mut self, id: ClientId) -> Option<Client> {
        self.clients.get_mut(id.index)?.take_if(|client| client.serial == id.serial)
    }

    fn put_back(&mut self, id: ClientId, client: Client) {
        if let Some(place) = self.clients.get_mut(id.index) {
            *place = Some(client);
        }
    }

    /// A client and its reader, for as long as something is done to both.
    fn take_both(&mut self, id: ClientId) -> Option<(Client, Reader)> {
        let client = self.take_out(id)?;
        let Some(reader) = self.readers.get_mut(client.reader).and_then(Option::take) else {
            self.put_back(id, client);
            return None;
        };
        Some((client, reader))
    }

    fn put_both(&mut self, id: ClientId, client: Client, reader: Reader) {
        self.put_reader(client.reader, reader);
        self.put_back(id, client);
    }

    fn add_reader(&mut self, reader: Reader) -> usize {
        let index = self.free.pop().unwrap_or(self.readers.len());
        match self.readers.get_mut(index) {
            Some(place) => *place = Some(reader),
            None => self.readers.push(Some(reader)),
        }
        index
    }

    /// Nobody reads it any more; it is not in its place.
    fn let_go(&mut self, index: usize, reader: &Reader) {
        for slot in reader.queue() {
            self.slots.had(slot);
        }
        if let Some(key) = reader.key.as_ref().filter(|_| reader.in_step) {
            self.steps.remove(key);
        }
        for id in &reader.applicants {
            if let Some(client) = self.client(*id) {
                client.applies = false;
            }
        }
        self.free.push(index);
    }

    fn put_reader(&mut self, index: usize, reader: Reader) {
        if let Some(place) = self.readers.get_mut(index) {
            *place = Some(reader);
        }
    }

    /// Takes down what a client shows from now on.
    fn record(&self, client: &Client, reader: &Reader, said: &str) {
        if let Some(recorded) = &self.recorded {
            recorded.tell(client.console(said, &reader.view));
        }
    }

    fn count_clients(&self) {
        for (gauge, format) in self.counted.clients.iter().zip(Format::ALL) {
            let count = self.clients.iter().flatten().filter(|client| client.format == format).count();
            gauge.set(count as f64);
        }
    }

    fn alert(&mut self, alert: &watch::Alert, read: Mono) {
        self.last_event += 1;
        let lives = !alert.is_over();
        let Body::Alert(mut message) = message::alert(alert) else { return };
        message.event = self.last_event;
        let alert_key = Some((alert.id.0, alert.revision, lives));
        let mut happening = Happening::new(Some(self.last_event), alert_key, read, Body::Alert(message));
        let was_told = self.alerts.get(&alert.id.0).is_some_and(|before| before.told.is_some());
        happening.told = (was_told || bridge::is_told(alert) && lives).then(|| bridge::told(alert));
        if let Some(told) = &happening.told {
            if lives {
                self.bridged.insert(told.name, alert.id.0);
            } else {
                self.bridged.remove(&told.name);
            }
        }
        let happening = Arc::new(happening);
        if lives {
            self.alerts.insert(alert.id.0, Arc::clone(&happening));
            for track in alert.tracks.iter() {
                if self.alerted.insert(track) {
                    self.slots.alert(&Key::Track(track), true);
                }
            }
        } else {
            self.alerts.remove(&alert.id.0);
            for track in alert.tracks.iter() {
                let still = |live: &Arc<Happening>| live.tracks().any(|other| other == track.0);
                if !self.alerts.values().any(still) {
                    self.alerted.remove(&track);
                    self.slots.alert(&Key::Track(track), false);
                }
            }
        }
        while self.events.len() >= self.limits.alerts_behind {
            self.events.pop_front();
        }
        self.events.push_back(Arc::clone(&happening));
        self.happen(&happening, Thing::Alerts);
    }

    fn tell(&mut self, body: Body, read: Mono) {
        let thing =
            if matches!(body, Body::Cue(_) | Body::Picture(_)) { Thing::Cameras } else { Thing::Tracks };
        self.happen(&Arc::new(Happening::new(None, None, read, body)), thing);
    }

    fn happen(&mut self, happening: &Arc<Happening>, thing: Thing) {
        self.has_news = true;
        for client in self.clients.iter_mut().flatten() {
            let reader = self.readers.get(client.reader).and_then(Option::as_ref);
            let is_wanted = if client.format == Format::Nmea {
                happening.told.is_some()
            } else {
                reader.is_some_and(|reader| reader.view.wants(thing))
            };
            if !is_wanted {
                continue;
            }
            if client.happenings.len() < self.limits.alerts_behind {
                client.happenings.push_back(Arc::clone(happening));
            } else {
                client.cut = Some((429, "too many alerts not taken"));
            }
        }
    }

    fn is_alerted(&self, key: &Key) -> bool {
        matches!(key, Key::Track(id) if self.alerted.contains(id))
    }

    fn replace(&mut self, update: Update, read: Mono) {
        let end = update.is_end().then(|| update.clone());
        let urgent = update.key().is_some_and(|key| self.is_alerted(&key));
        let Some(index) = self.slots.replace(update, read, urgent) else { return };
        let (now, since) = (Mono::now(), self.slots.changes);
        if let Some(end) = end {
            self.ends.push_back((since, now, end));
        }
        let (mut queued, mut conflated) = (0, 0);
        for reader in self.readers.iter_mut().flatten() {
            if !reader.minds(&self.slots, index, urgent) {
                continue;
            }
            let many = reader.members.len() as u64;
            if reader.enqueue(&mut self.slots, index, since, urgent, now) {
                queued += many;
            } else {
                conflated += many;
            }
        }
        self.slots.release(index);
        let _together = self.counted.registry.together();
        self.counted.queued.increment(queued);
        self.counted.conflated.increment(conflated);
    }

    /// Lets go of ends that nobody who comes back can have missed.
    fn forget(&mut self) {
        let now = Mono::now();
        let keep_ns = self.limits.resume_s.saturating_mul(1_000_000_000);
        while let Some((change, at, _)) = self.ends.front()
            && (self.ends.len() > MAX_ENDS || now.since_ns(*at) > keep_ns)
        {
            self.forgotten = *change;
            self.ends.pop_front();
        }
    }
}
