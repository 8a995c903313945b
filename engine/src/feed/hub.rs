//! The newest state of everything, and for each client what it has not had yet.

use super::message::{self, Names};
use super::outbox::Key;
use super::{Update, Updates, nmea, proto};
use crate::clock::Mono;
use crate::metrics::Metrics;
use metrics::{Counter, Gauge, Histogram};
use proto::server_message::Body;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::Notify;
use units::UtcTime;

/// How much is encoded for a client before it has taken it.
const FILL_BYTES: usize = 16 * 1024;
/// Alerts that a client may have before it; more, and it is cut: it is not watching.
const MAX_ALERTS: usize = 4096;
/// Stands in a client's queue where its snapshot is complete.
const SNAPSHOT_END: u32 = u32::MAX;
pub const HEARTBEAT_MS: u32 = 1000;

/// What a client is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON Lines of `docs/feed/fairway.proto`.
    Json,
    /// NMEA 0183 sentences.
    Nmea,
}

/// The newest state of everything, and who has had what.
pub struct Hub {
    names: Arc<Names>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    by_key: HashMap<Key, u32>,
    alerts: BTreeMap<u64, Rc<[u8]>>,
    clients: Vec<Option<Client>>,
    now: UtcTime,
    tracks: usize,
    statics: u32,
    closing: bool,
    counted: Counted,
}

/// One track, mark or cell. It is kept until every client that waits for it has had its end.
struct Slot {
    update: Update,
    read: Mono,
    waiting: u32,
    json: Option<Rc<[u8]>>,
    nmea: Option<Rc<nmea::Sentences>>,
    /// Changes with what `nmea::Sentences::statics` says.
    statics: u32,
}

struct Client {
    format: Format,
    notify: Rc<Notify>,
    queue: VecDeque<u32>,
    queued: Vec<bool>,
    alerts: VecDeque<Rc<[u8]>>,
    /// What statics it has had, by slot.
    statics: Vec<u32>,
    seq: u64,
    in_snapshot: bool,
    welcome: bool,
    heartbeat: bool,
    cut: Option<&'static str>,
}

/// Which client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientId(usize);

/// Whether more can come for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// It may.
    Open,
    /// What has been filled in is the last.
    Last(&'static str),
}

struct Counted {
    registry: Metrics,
    queued: Counter,
    conflated: Counter,
    sent: Counter,
    dropped: Counter,
    latency: Histogram,
    clients: [Gauge; 2],
    slots: Gauge,
}

impl Hub {
    pub fn new(names: Arc<Names>, metrics: &Metrics) -> Self {
        let counter = |name| metrics.counter(name, &[]);
        let counted = Counted {
            registry: metrics.clone(),
            queued: counter("fairway_feed_updates_queued_total"),
            conflated: counter("fairway_feed_updates_conflated_total"),
            sent: counter("fairway_feed_updates_sent_total"),
            dropped: counter("fairway_feed_updates_dropped_total"),
            latency: metrics.histogram("fairway_socket_to_feed_seconds", &[]),
            clients: ["json", "nmea"]
                .map(|format| metrics.gauge("fairway_feed_clients", &[("format", format)])),
            slots: metrics.gauge("fairway_feed_things", &[]),
        };
        Self {
            names,
            slots: Vec::new(),
            free: Vec::new(),
            by_key: HashMap::new(),
            alerts: BTreeMap::new(),
            clients: Vec::new(),
            now: UtcTime::from_unix_ns(0),
            tracks: 0,
            statics: 0,
            closing: false,
            counted,
        }
    }

    /// Takes what the core handed over.
    pub fn take(&mut self, batch: Updates) {
        self.now = batch.now;
        self.tracks = batch.tracks;
        for update in batch.updates {
            if let Update::Alert(alert) = update {
                self.alert(&alert);
            } else {
                self.replace(update, batch.read);
            }
        }
        for client in self.clients.iter().flatten() {
            if !client.queue.is_empty() || !client.alerts.is_empty() {
                client.notify.notify_one();
            }
        }
        self.counted.slots.set((self.slots.len() - self.free.len()) as f64);
    }

    /// How many clients there are.
    pub fn clients(&self) -> usize {
        self.clients.iter().flatten().count()
    }

    /// How many clients take this format.
    pub fn clients_of(&self, format: Format) -> usize {
        self.clients.iter().flatten().filter(|client| client.format == format).count()
    }

    /// Nothing more will come: every client is told, and cut when it has had everything.
    pub fn close(&mut self) {
        self.closing = true;
        for client in self.clients.iter().flatten() {
            client.notify.notify_one();
        }
    }

    /// A new client, with the whole picture before it.
    pub fn join(&mut self, format: Format) -> (ClientId, Rc<Notify>) {
        let notify = Rc::new(Notify::new());
        let mut client = Client {
            format,
            notify: Rc::clone(&notify),
            queue: VecDeque::new(),
            queued: vec![false; self.slots.len()],
            alerts: VecDeque::new(),
            statics: Vec::new(),
            seq: 0,
            in_snapshot: true,
            welcome: format == Format::Json,
            heartbeat: false,
            cut: None,
        };
        let mut present: Vec<(Key, u32)> = self.by_key.iter().map(|(key, slot)| (*key, *slot)).collect();
        present.sort_unstable();
        for (_, index) in present {
            if let Some(slot) = self.slots.get_mut(index as usize)
                && client.enqueue(index, slot)
            {
                self.counted.queued.increment(1);
            }
        }
        if format == Format::Json {
            client.alerts.extend(self.alerts.values().cloned());
        }
        client.queue.push_back(SNAPSHOT_END);
        let id = self.clients.iter().position(Option::is_none).unwrap_or(self.clients.len());
        match self.clients.get_mut(id) {
            Some(place) => *place = Some(client),
            None => self.clients.push(Some(client)),
        }
        self.count_clients();
        (ClientId(id), notify)
    }

    /// A client has gone.
    pub fn leave(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(id.0).and_then(Option::take) else { return };
        let mut dropped = 0;
        for index in client.queue {
            if index != SNAPSHOT_END {
                dropped += 1;
                self.had(index);
            }
        }
        self.counted.dropped.increment(dropped);
        self.count_clients();
    }

    /// A client has had nothing for a while.
    pub fn heartbeat(&mut self, id: ClientId) {
        if let Some(client) = self.client(id) {
            client.heartbeat = client.format == Format::Json;
        }
    }

    /// Appends what comes next for a client to `out`. `reads` receives, for each update that is not of its
    /// snapshot, when the bytes that caused it were read.
    pub fn fill(&mut self, id: ClientId, out: &mut Vec<u8>, reads: &mut Vec<Mono>) -> Filled {
        let (now, tracks) = (self.now, self.tracks);
        let Some(client) = self.client(id) else { return Filled::Last("gone") };
        if let Some(reason) = client.cut {
            client.error(429, reason, out);
            return Filled::Last(reason);
        }
        if std::mem::take(&mut client.welcome) {
            let welcome = proto::Welcome {
                server: concat!("fairway ", env!("CARGO_PKG_VERSION")).to_owned(),
                protocol: 1,
                time_us: now.unix_us(),
                heartbeat_ms: HEARTBEAT_MS,
            };
            client.line(&encode(Body::Welcome(welcome)), out);
        }
        while out.len() < FILL_BYTES
            && let Some(alert) = client.alerts.pop_front()
        {
            client.line(&alert, out);
        }
        let mut sent = 0;
        while out.len() < FILL_BYTES {
            let Some(client) = self.client(id) else { break };
            let Some(index) = client.queue.pop_front() else { break };
            if index == SNAPSHOT_END {
                client.in_snapshot = false;
                self.end_snapshot(id, out);
                continue;
            }
            sent += 1;
            self.write(id, index, out, reads);
            self.had(index);
        }
        self.counted.sent.increment(sent);

        let closing = self.closing;
        let Some(client) = self.client(id) else { return Filled::Last("gone") };
        if std::mem::take(&mut client.heartbeat) && out.is_empty() {
            let heartbeat = proto::Heartbeat { time_us: now.unix_us(), tracks: tracks as u32 };
            client.line(&encode(Body::Heartbeat(heartbeat)), out);
        }
        if closing && client.queue.is_empty() && client.alerts.is_empty() {
            client.error(503, "the engine stops", out);
            return Filled::Last("the engine stops");
        }
        Filled::Open
    }

    /// How long the update took from its read to the client's socket.
    pub fn written(&mut self, reads: &mut Vec<Mono>) {
        let now = Mono::now();
        for read in reads.drain(..) {
            self.counted.latency.record(now.since_ns(read) as f64 * 1e-9);
        }
    }

    fn client(&mut self, id: ClientId) -> Option<&mut Client> {
        self.clients.get_mut(id.0).and_then(Option::as_mut)
    }

    fn count_clients(&self) {
        for (gauge, format) in self.counted.clients.iter().zip([Format::Json, Format::Nmea]) {
            gauge.set(self.clients_of(format) as f64);
        }
    }

    fn alert(&mut self, alert: &watch::Alert) {
        let body: Rc<[u8]> = encode(message::alert(alert)).into();
        if alert.is_over() {
            self.alerts.remove(&alert.id.0);
        } else {
            self.alerts.insert(alert.id.0, Rc::clone(&body));
        }
        for client in self.clients.iter_mut().flatten().filter(|client| client.format == Format::Json) {
            if client.alerts.len() < MAX_ALERTS {
                client.alerts.push_back(Rc::clone(&body));
            } else {
                client.cut = Some("more than 4096 alerts not taken");
            }
        }
    }

    fn replace(&mut self, update: Update, read: Mono) {
        let key = update.key();
        let gone = matches!(update, Update::TrackGone(..) | Update::MarkGone(_))
            || matches!(update, Update::Cell(_, 0));
        let index = if let Some(index) = self.by_key.get(&key) {
            *index
        } else if gone {
            // Born and gone between two hand-overs: nobody has heard of it.
            return;
        } else {
            self.allocate(key, &update, read)
        };
        if gone {
            self.by_key.remove(&key);
        }
        let Some(slot) = self.slots.get_mut(index as usize) else { return };
        slot.read = read;
        slot.json = None;
        slot.nmea = None;
        if statics_differ(&slot.update, &update) {
            self.statics += 1;
            slot.statics = self.statics;
        }
        slot.update = update;
        let (mut queued, mut conflated) = (0, 0);
        for client in self.clients.iter_mut().flatten() {
            if !client.wants(&slot.update) {
                continue;
            }
            if client.enqueue(index, slot) {
                queued += 1;
            } else {
                conflated += 1;
            }
        }
        let unheard = gone && slot.waiting == 0;
        let _together = self.counted.registry.together();
        self.counted.queued.increment(queued);
        self.counted.conflated.increment(conflated);
        if unheard {
            self.free.push(index);
        }
    }

    fn allocate(&mut self, key: Key, update: &Update, read: Mono) -> u32 {
        self.statics += 1;
        let slot =
            Slot { update: update.clone(), read, waiting: 0, json: None, nmea: None, statics: self.statics };
        let index = if let Some(index) = self.free.pop() {
            if let Some(place) = self.slots.get_mut(index as usize) {
                *place = slot;
            }
            index
        } else {
            self.slots.push(slot);
            (self.slots.len() - 1) as u32
        };
        self.by_key.insert(key, index);
        index
    }

    /// One client less waits for this slot.
    fn had(&mut self, index: u32) {
        let Some(slot) = self.slots.get_mut(index as usize) else { return };
        slot.waiting = slot.waiting.saturating_sub(1);
        if slot.waiting == 0 && self.by_key.get(&slot.update.key()) != Some(&index) {
            self.free.push(index);
        }
    }

    fn write(&mut self, id: ClientId, index: u32, out: &mut Vec<u8>, reads: &mut Vec<Mono>) {
        let Some(slot) = self.slots.get_mut(index as usize) else { return };
        let Some(client) = self.clients.get_mut(id.0).and_then(Option::as_mut) else { return };
        if let Some(queued) = client.queued.get_mut(index as usize) {
            *queued = false;
        }
        if !client.in_snapshot {
            reads.push(slot.read);
        }
        match client.format {
            Format::Json => {
                let json =
                    slot.json.get_or_insert_with(|| encode(body(&slot.update, &self.names, self.now)).into());
                client.seq += 1;
                line(client.seq, json, out);
            }
            Format::Nmea => {
                let sentences = slot.nmea.get_or_insert_with(|| Rc::new(nmea::sentences(&slot.update)));
                out.extend_from_slice(&sentences.position);
                if client.statics.len() <= index as usize {
                    client.statics.resize(index as usize + 1, 0);
                }
                if let Some(had) = client.statics.get_mut(index as usize)
                    && *had != slot.statics
                {
                    *had = slot.statics;
                    out.extend_from_slice(&sentences.statics);
                }
            }
        }
    }

    fn end_snapshot(&mut self, id: ClientId, out: &mut Vec<u8>) {
        let count = |wanted: fn(&Key) -> bool| self.by_key.keys().filter(|key| wanted(key)).count() as u32;
        let end = proto::SnapshotEnd {
            tracks: count(|key| matches!(key, Key::Track(_))),
            marks: count(|key| matches!(key, Key::Mark(_))),
            cells: count(|key| matches!(key, Key::Cell(_))),
            alerts: self.alerts.len() as u32,
        };
        if let Some(client) = self.client(id)
            && client.format == Format::Json
        {
            client.line(&encode(Body::SnapshotEnd(end)), out);
        }
    }
}

impl Client {
    fn wants(&self, update: &Update) -> bool {
        match self.format {
            Format::Json => true,
            Format::Nmea => nmea::is_shown(update),
        }
    }

    /// Whether it was not waiting for this one already.
    fn enqueue(&mut self, index: u32, slot: &mut Slot) -> bool {
        if !self.wants(&slot.update) {
            return false;
        }
        if self.queued.len() <= index as usize {
            self.queued.resize(index as usize + 1, false);
        }
        let Some(queued) = self.queued.get_mut(index as usize) else { return false };
        if std::mem::replace(queued, true) {
            return false;
        }
        slot.waiting += 1;
        self.queue.push_back(index);
        true
    }

    fn line(&mut self, body: &[u8], out: &mut Vec<u8>) {
        self.seq += 1;
        line(self.seq, body, out);
    }

    fn error(&mut self, code: u32, text: &str, out: &mut Vec<u8>) {
        if self.format == Format::Json {
            self.line(&encode(Body::Error(proto::Error { code, text: text.to_owned() })), out);
        }
    }
}

/// A message as one JSON line without its `seq`, which is each client's own.
pub fn encode(body: Body) -> Vec<u8> {
    let message = proto::ServerMessage { seq: 0, body: Some(body) };
    let mut json = serde_json::to_vec(&message).unwrap_or_default();
    json.drain(..br#"{"seq":0,"#.len().min(json.len()));
    json.push(b'\n');
    json
}

/// Puts `seq` in front of what [`encode`] made.
pub fn line(seq: u64, body: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"seq":"#);
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = seq;
    loop {
        at -= 1;
        if let Some(digit) = digits.get_mut(at) {
            *digit = b'0' + (rest % 10) as u8;
        }
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(at..).unwrap_or_default());
    out.push(b',');
    out.extend_from_slice(body);
}

/// An update as a message.
pub fn body(update: &Update, names: &Names, now: UtcTime) -> Body {
    match update {
        Update::Track(track) => message::track(track, names),
        Update::TrackGone(id, mmsi, reason) => message::track_gone(*id, *mmsi, *reason),
        Update::Mark(mark) => message::mark(mark),
        Update::MarkGone(mmsi) => message::mark_gone(*mmsi),
        Update::Alert(alert) => message::alert(alert),
        Update::Cell(cell, vessels) => message::cell(*cell, *vessels, now),
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
