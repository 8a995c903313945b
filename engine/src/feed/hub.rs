//! The newest state of everything, and for each client what it has not had yet.

mod client;
pub(crate) mod slot;

use super::access::User;
use super::digest::Tally;
use super::format::{Format, encode, error};
use super::message::{self, Names};
use super::outbox::Key;
use super::view::{Detail, Thing, View};
use super::{Update, Updates, proto};
use crate::clock::{Mono, now_utc};
use crate::config::Limits;
use crate::metrics::Metrics;
use client::{Client, Happening, SNAPSHOT_END};
use metrics::{Counter, Gauge, Histogram};
use proto::server_message::Body;
use slot::Slots;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use units::UtcTime;

/// How much is encoded for a client before it has taken it.
const FILL_BYTES: usize = 16 * 1024;
/// Ends that are remembered for those who come back; past this, they get a snapshot.
const MAX_ENDS: usize = 65_536;
/// With more ends than that to be told, a snapshot is shorter.
const MAX_ENDS_TOLD: usize = 4096;
/// Clients that were cut, and are told why when they come back.
const MAX_CUTS: usize = 1024;
/// How long that is remembered.
const CUT_KEPT_NS: u64 = 3_600_000_000_000;
pub const HEARTBEAT_MS: u32 = 1000;
/// A digest comes with every so many heartbeats.
const DIGEST_EVERY: u64 = 10;
/// Of this protocol.
const VERSION: u32 = 1;

/// The newest state of everything, and who has had what.
pub struct Hub {
    names: Arc<Names>,
    limits: Limits,
    epoch: String,
    slots: Slots,
    /// Live alerts, as they were last told.
    alerts: BTreeMap<u64, Rc<Happening>>,
    /// What they are about.
    alerted: HashSet<fusion::TrackId>,
    /// The last changes of alerts, for those who come back.
    events: VecDeque<Rc<Happening>>,
    last_event: u64,
    /// What ended lately: the change, when, and what is said of it.
    ends: VecDeque<(u64, Mono, Update)>,
    /// Of what ended up to this change nothing is remembered.
    forgotten: u64,
    clients: Vec<Option<Client>>,
    serial: u64,
    /// Why clients were cut, by name.
    cuts: HashMap<String, (Mono, &'static str)>,
    now: UtcTime,
    tracks: usize,
    closing: bool,
    counted: Counted,
}

/// Which client; never another one later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientId {
    index: usize,
    serial: u64,
}

/// Somebody who wants to be a client.
#[derive(Debug)]
pub struct Guest {
    pub format: Format,
    pub user: User,
    pub hello: proto::Hello,
}

/// Whether more can come for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// It may: whenever the client is notified, and after so long in any case.
    Open(Option<Duration>),
    /// What has been filled in is the last.
    Last(&'static str),
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
        };
        Self {
            names,
            limits,
            epoch: format!("{:016x}", now_utc().unix_ns()),
            slots: Slots::default(),
            alerts: BTreeMap::new(),
            alerted: HashSet::new(),
            events: VecDeque::new(),
            last_event: 0,
            ends: VecDeque::new(),
            forgotten: 0,
            clients: Vec::new(),
            serial: 0,
            cuts: HashMap::new(),
            now: UtcTime::from_unix_ns(0),
            tracks: 0,
            closing: false,
            counted,
        }
    }

    /// Takes what the core handed over.
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
        let now = Mono::now();
        for client in self.clients.iter().flatten() {
            let changed = client.waiting() > 0 && !(client.sleeps && client.patience(now) > Duration::ZERO);
            if changed || !client.happenings.is_empty() {
                client.notify.notify_one();
            }
        }
        self.forget();
        self.counted.slots.set(self.slots.len() as f64);
    }

    /// How many clients there are.
    pub fn clients(&self) -> usize {
        self.clients.iter().flatten().count()
    }

    /// Nothing more will come: every client is told, and cut when it has had everything.
    pub fn close(&mut self) {
        self.closing = true;
        for client in self.clients.iter().flatten() {
            client.notify.notify_one();
        }
    }

    /// A new client, with everything that it asks for before it.
    ///
    /// # Errors
    /// What is wrong with what it asks for.
    pub fn join(&mut self, guest: Guest) -> Result<(ClientId, Rc<Notify>), (u32, String)> {
        let Guest { format, user, hello } = guest;
        let mut view = View::default();
        if hello.subscriptions.is_empty() {
            view = View::everything();
        }
        for subscription in hello.subscriptions {
            view.subscribe(subscription, &self.limits, &self.names)?;
        }
        let name: String = hello.client.chars().take(64).collect();
        let notify = Rc::new(Notify::new());
        self.serial += 1;
        let mut client = Client {
            serial: self.serial,
            format,
            notify: Rc::clone(&notify),
            user,
            name,
            view,
            urgent: VecDeque::new(),
            rest: VecDeque::new(),
            held: Vec::new(),
            happenings: VecDeque::new(),
            answers: VecDeque::new(),
            statics: Vec::new(),
            seq: 0,
            snapshots: 0,
            is_new: true,
            heartbeat: false,
            digest: false,
            flushed: None,
            flushing: false,
            sleeps: false,
            cut: None,
        };
        let resume = hello.resume.filter(|resume| resume.epoch == self.epoch);
        let resumed = format.has_messages()
            && !client.view.moves()
            && resume.as_ref().is_some_and(|resume| {
                resume.position > 0
                    && (self.forgotten..=self.slots.changes).contains(&resume.position)
                    && self.ends_since(resume.position).count() <= MAX_ENDS_TOLD
            });
        let position = resume.as_ref().map_or(0, |resume| resume.position);
        let alert_event = resume.map(|resume| resume.alert_event);
        if format.has_messages() {
            let missed_from = alert_event.filter(|seen| self.remembers(*seen));
            let welcome = self.welcome(&client, resumed, missed_from.unwrap_or(self.last_event));
            client.answers.push_back(welcome);
            self.alerts_before(&mut client, missed_from, resumed);
        }
        if resumed {
            self.counted.resumed.increment(1);
            self.changes_since(&mut client, position);
        } else {
            self.review(&mut client, 0);
        }
        client.rest.push_back(client::Waiting { slot: SNAPSHOT_END, since: 0, at: Mono::now() });
        client.snapshots = 1;
        let index = self.clients.iter().position(Option::is_none).unwrap_or(self.clients.len());
        match self.clients.get_mut(index) {
            Some(place) => *place = Some(client),
            None => self.clients.push(Some(client)),
        }
        self.count_clients();
        Ok((ClientId { index, serial: self.serial }, notify))
    }

    fn welcome(&mut self, client: &Client, resumed: bool, alert_event: u64) -> Body {
        let limits = &self.limits;
        let now = Mono::now();
        self.cuts.retain(|_, (at, _)| now.since_ns(*at) < CUT_KEPT_NS);
        Body::Welcome(proto::Welcome {
            server: concat!("fairway ", env!("CARGO_PKG_VERSION")).to_owned(),
            protocol: VERSION,
            time_us: self.now.unix_us(),
            heartbeat_ms: HEARTBEAT_MS,
            epoch: self.epoch.clone(),
            role: client.user.role.as_str().to_owned(),
            user: client.user.name.clone(),
            resumed,
            limits: Some(proto::Limits {
                message_bytes: limits.message_bytes as u32,
                subscriptions: limits.subscriptions as u32,
                shapes: limits.shapes as u32,
                vertices: limits.vertices as u32,
                filter_entries: limits.filter_entries as u32,
                messages_per_s: limits.messages_per_s,
                alerts_behind: limits.alerts_behind as u32,
                no_progress_ms: limits.no_progress_ms as u32,
                resume_s: limits.resume_s as u32,
            }),
            last_cut: self.cuts.remove(&client.name).map(|(_, reason)| reason.to_owned()),
            alert_event,
        })
    }

    /// Whether all alert events after that one are still known.
    fn remembers(&self, event: u64) -> bool {
        let first = self.events.front().and_then(|happening| happening.event);
        event <= self.last_event && first.is_none_or(|first| first <= event + 1)
    }

    /// The alerts that stand, and those events that it has missed.
    fn alerts_before(&self, client: &mut Client, missed_from: Option<u64>, resumed: bool) {
        if !client.view.wants(Thing::Alerts) {
            return;
        }
        if !(resumed && missed_from.is_some()) {
            let is_old = |happening: &Rc<Happening>| {
                missed_from.is_none_or(|seen| happening.event.is_some_and(|event| event <= seen))
            };
            let mut live: Vec<_> = self.alerts.values().filter(|alert| is_old(alert)).cloned().collect();
            live.sort_unstable_by_key(|happening| happening.event);
            client.happenings.extend(live);
        }
        if let Some(seen) = missed_from {
            let missed = self.events.iter().filter(|event| event.event.is_some_and(|event| event > seen));
            client.happenings.extend(missed.cloned());
        }
    }

    /// What has ended since, the newest first, and is not there again.
    fn ends_since(&self, position: u64) -> impl Iterator<Item = (u64, &Update)> {
        let newest_first = self.ends.iter().rev().take_while(move |(change, ..)| *change > position);
        let mut known = HashSet::new();
        newest_first.filter_map(move |(change, _, update)| {
            let key = update.key()?;
            let is_over = self.slots.find(&key).is_none() && known.insert(key);
            is_over.then_some((*change, update))
        })
    }

    /// What a client that comes back has missed. It holds what has not changed and was in view.
    fn changes_since(&mut self, client: &mut Client, position: u64) {
        for (change, update) in self.ends_since(position) {
            // It may hold it or not: an end of something unknown is no harm.
            client.answers.push_back(message::body(update, &self.names, self.now, change, Detail::Full));
        }
        for (key, index) in self.slots.present() {
            let Some(slot) = self.slots.get(index) else { continue };
            if slot.changed > position {
                // It may hold an earlier state, whether it is in view now or not.
                client.held_mut(index).version = 1;
                self.enqueue(client, index, position + 1);
            } else if client.view.sees(slot, self.is_alerted(&key)).is_some() {
                client.held_mut(index).version = slot.version();
            }
        }
    }

    /// A client has gone. Why it was cut, where it was.
    pub fn leave(&mut self, id: ClientId, cut: Option<&'static str>) {
        let Some(client) = self.take_out(id) else { return };
        let mut dropped = 0;
        for waiting in client.urgent.iter().chain(&client.rest) {
            if waiting.slot != SNAPSHOT_END {
                dropped += 1;
                self.slots.had(waiting.slot);
            }
        }
        self.counted.dropped.increment(dropped);
        if let Some(reason) = cut {
            self.counted.registry.counter("fairway_feed_cuts_total", &[("reason", reason)]).increment(1);
            if !client.name.is_empty() && self.cuts.len() < MAX_CUTS {
                self.cuts.insert(client.name, (Mono::now(), reason));
            }
        }
        self.count_clients();
    }

    /// A second has passed for a client: the `beat`th.
    pub fn heartbeat(&mut self, id: ClientId, beat: u64) {
        let Some(mut client) = self.take_out(id) else { return };
        client.heartbeat = client.format.has_messages();
        client.digest |= client.heartbeat && beat.is_multiple_of(DIGEST_EVERY);
        if client.view.moves() && client.snapshots == 0 {
            let since = self.slots.changes;
            self.review(&mut client, since);
        }
        self.put_back(id, client);
    }

    /// What a client said.
    pub fn said(&mut self, id: ClientId, said: proto::client_message::Body) {
        use proto::client_message::Body as Said;
        let Some(mut client) = self.take_out(id) else { return };
        match said {
            Said::Hello(_) => client.answer(error(400, "hello is only the first message", false)),
            Said::Subscribe(subscription) => {
                match client.view.subscribe(subscription, &self.limits, &self.names) {
                    Ok(()) => self.subscribed(&mut client, false),
                    Err((code, text)) => self.refuse(&mut client, code, text),
                }
            }
            Said::Unsubscribe(subscription) => {
                if client.view.unsubscribe(subscription.id) {
                    self.subscribed(&mut client, false);
                } else {
                    self.refuse(&mut client, 404, format!("no subscription {}", subscription.id));
                }
            }
            Said::Resnap(_) => {
                for held in &mut client.held {
                    held.version = 0;
                }
                // What it has not had comes in any case; what stands comes again.
                let last_had = client.alert_event(self.last_event);
                client.happenings.clear();
                self.alerts_before(&mut client, Some(last_had), false);
                self.subscribed(&mut client, true);
            }
            Said::Ping(ping) => {
                client.answer(Body::Pong(proto::Pong { nonce: ping.nonce, clock_us: now_utc().unix_us() }));
            }
            // The connection has sent it to the core.
            Said::Command(_) => {}
        }
        self.put_back(id, client);
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

    fn refuse(&self, client: &mut Client, code: u32, text: String) {
        self.counted.refused.increment(1);
        client.answer(error(code, text, false));
    }

    fn subscribed(&mut self, client: &mut Client, anew: bool) {
        client.answer(Body::Subscribed(proto::Subscribed { ids: client.view.ids(), anew }));
        self.review(client, 0);
        client.rest.push_back(client::Waiting { slot: SNAPSHOT_END, since: 0, at: Mono::now() });
        client.snapshots += 1;
        client.notify.notify_one();
    }

    /// Looks at everything anew: what has come into view, and what has left it.
    fn review(&mut self, client: &mut Client, since: u64) {
        let slots = &self.slots;
        client.view.look(|id| slots.find(&Key::Track(id)).and_then(|slot| slot.place));
        for (key, index) in self.slots.present() {
            let alerted = self.is_alerted(&key);
            let held = client.held(index).version > 0;
            let sees = match client.format {
                Format::Nmea => client.minds(&self.slots, index, alerted),
                _ => self.slots.get(index).is_some_and(|slot| client.view.sees(slot, alerted).is_some()),
            };
            if sees != held {
                self.enqueue(client, index, since);
            }
        }
        if !(client.happenings.is_empty() && client.waiting() == 0) {
            client.notify.notify_one();
        }
    }

    fn enqueue(&mut self, client: &mut Client, index: u32, since: u64) {
        let urgent = self
            .slots
            .get(index)
            .is_some_and(|slot| slot.update.key().is_some_and(|key| self.is_alerted(&key)));
        if client.enqueue(&mut self.slots, index, since, urgent, Mono::now()) {
            self.counted.queued.increment(1);
        }
    }

    /// Appends what comes next for a client to `out`. `reads` receives, for each update that is not of its
    /// snapshot, when the bytes that caused it were read.
    pub fn fill(&mut self, id: ClientId, out: &mut Vec<u8>, reads: &mut Vec<Mono>) -> Filled {
        let Some(mut client) = self.take_out(id) else {
            return Filled::Last("gone");
        };
        let filled = self.fill_client(&mut client, out, reads);
        self.put_back(id, client);
        filled
    }

    fn fill_client(&mut self, client: &mut Client, out: &mut Vec<u8>, reads: &mut Vec<Mono>) -> Filled {
        if let Some((code, reason)) = client.cut {
            client.send(error(code, reason, true), out);
            return Filled::Last(reason);
        }
        while out.len() < FILL_BYTES
            && let Some(answer) = client.answers.pop_front()
        {
            client.send(answer, out);
        }
        while out.len() < FILL_BYTES
            && let Some(happening) = client.happenings.pop_front()
        {
            if !client.is_new {
                reads.push(happening.read);
            }
            client.send_happening(&happening, out);
        }

        let now = Mono::now();
        let patience = client.patience(now);
        if patience.is_zero() && (!client.urgent.is_empty() || !client.rest.is_empty()) {
            client.flushing = true;
            let (mut sent, mut withdrawn) = (0, 0);
            while out.len() < FILL_BYTES
                && let Some(waiting) = client.urgent.pop_front().or_else(|| client.rest.pop_front())
            {
                if waiting.slot == SNAPSHOT_END {
                    client.snapshots -= 1;
                    client.is_new = false;
                    client.digest = true;
                    let end = self.end_snapshot();
                    client.send(end, out);
                    continue;
                }
                if self.write(client, waiting.slot, out, reads) {
                    sent += 1;
                } else {
                    withdrawn += 1;
                }
                self.slots.had(waiting.slot);
            }
            self.counted.sent.increment(sent);
            self.counted.withdrawn.increment(withdrawn);
            if client.urgent.is_empty() && client.rest.is_empty() {
                client.flushing = false;
                client.flushed = Some(now);
            }
        }
        if client.digest && client.happenings.is_empty() && client.snapshots == 0 {
            client.digest = false;
            let digest = self.digest(client);
            client.send(digest, out);
        }
        if std::mem::take(&mut client.heartbeat) {
            let heartbeat = Body::Heartbeat(proto::Heartbeat {
                time_us: self.now.unix_us(),
                tracks: self.tracks as u32,
                position: client.position(self.slots.changes),
                alert_event: client.alert_event(self.last_event),
                waiting: client.waiting() as u32,
                lag_ms: client.lag_ms(now),
            });
            client.send(heartbeat, out);
        }
        let nothing_waits =
            client.urgent.is_empty() && client.rest.is_empty() && client.happenings.is_empty();
        if self.closing && nothing_waits && client.answers.is_empty() {
            client.send(error(503, "the engine stops", true), out);
            return Filled::Last("the engine stops");
        }
        let patience = client.patience(now);
        client.sleeps = client.waiting() > 0 && !patience.is_zero();
        Filled::Open(client.sleeps.then_some(patience))
    }

    /// How long the update took from its read to the client's socket.
    pub fn written(&mut self, reads: &mut Vec<Mono>) {
        let now = Mono::now();
        for read in reads.drain(..) {
            self.counted.latency.record(now.since_ns(read) as f64 * 1e-9);
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
        let happening = Happening::new(Some(self.last_event), alert_key, read, Body::Alert(message));
        if lives {
            self.alerts.insert(alert.id.0, Rc::clone(&happening));
            self.alerted.extend(alert.tracks.iter());
        } else {
            self.alerts.remove(&alert.id.0);
            for track in alert.tracks.iter() {
                let still = |live: &Rc<Happening>| live.tracks().any(|other| other == track.0);
                if !self.alerts.values().any(still) {
                    self.alerted.remove(&track);
                }
            }
        }
        while self.events.len() >= self.limits.alerts_behind {
            self.events.pop_front();
        }
        self.events.push_back(Rc::clone(&happening));
        self.happen(&happening, Thing::Alerts);
    }

    fn tell(&mut self, body: Body, read: Mono) {
        let thing = if matches!(body, Body::Cue(_)) { Thing::Cameras } else { Thing::Tracks };
        self.happen(&Happening::new(None, None, read, body), thing);
    }

    fn happen(&mut self, happening: &Rc<Happening>, thing: Thing) {
        for client in self.clients.iter_mut().flatten().filter(|client| client.format.has_messages()) {
            if !client.view.wants(thing) {
                continue;
            }
            if client.happenings.len() < self.limits.alerts_behind {
                client.happenings.push_back(Rc::clone(happening));
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
        let Some(index) = self.slots.replace(update, read) else { return };
        let (now, since) = (Mono::now(), self.slots.changes);
        if let Some(end) = end {
            self.ends.push_back((since, now, end));
        }
        let (mut queued, mut conflated) = (0, 0);
        for client in self.clients.iter_mut().flatten() {
            if !client.minds(&self.slots, index, urgent) {
                continue;
            }
            if client.enqueue(&mut self.slots, index, since, urgent, now) {
                queued += 1;
            } else {
                conflated += 1;
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

    /// Whether there was something to say.
    fn write(&mut self, client: &mut Client, index: u32, out: &mut Vec<u8>, reads: &mut Vec<Mono>) -> bool {
        client.held_mut(index).queued = false;
        let ended = self.slots.has_ended(index);
        let Some(slot) = self.slots.get_mut(index) else { return false };
        if client.format == Format::Nmea {
            let sentences = slot.sentences();
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
            client.held_mut(index).version = if ended { 0 } else { slot.version() };
            if client.snapshots == 0 {
                reads.push(slot.read);
            }
            return true;
        }
        let holds = client.held(index).version > 0;
        let alerted = match &slot.update {
            Update::Track(track) => self.alerted.contains(&track.id),
            _ => false,
        };
        let seen = client.view.sees(slot, alerted);
        let (body, version) = match (ended, seen, holds) {
            (true, _, true) => (slot.body(client.format, Detail::Full, &self.names, self.now), 0),
            (false, Some(detail), _) => {
                (slot.body(client.format, detail, &self.names, self.now), slot.version())
            }
            (false, None, true) => {
                client.held_mut(index).version = 0;
                // What has no place leaves only with its subscription: nobody waits for it.
                let Some(leave) = slot::leave(&slot.update) else { return false };
                (encode(client.format, Body::Leave(leave)).into(), 0)
            }
            (_, _, false) => return false,
        };
        client.held_mut(index).version = version;
        client.send_encoded(&body, out);
        if client.snapshots == 0 {
            reads.push(slot.read);
        }
        true
    }

    fn end_snapshot(&self) -> Body {
        let count = |wanted: fn(&Key) -> bool| self.slots.count(wanted) as u32;
        Body::SnapshotEnd(proto::SnapshotEnd {
            tracks: count(|key| matches!(key, Key::Track(_))),
            marks: count(|key| matches!(key, Key::Mark(_))),
            cells: count(|key| matches!(key, Key::Cell(_))),
            alerts: self.alerts.len() as u32,
        })
    }

    /// What a client holds that has been sent everything up to here: the picture itself, in view, save what
    /// still waits for it.
    fn digest(&self, client: &Client) -> Body {
        let mut held: Vec<(Key, u64)> = Vec::new();
        for (key, index) in self.slots.present() {
            let Some(slot) = self.slots.get(index) else { continue };
            let place = client.held(index);
            let version = if place.queued {
                place.version
            } else if client.view.sees(slot, self.is_alerted(&key)).is_some() {
                slot.version()
            } else {
                0
            };
            held.push((key, version));
        }
        // What has ended and was not told yet is still there, for this client.
        for waiting in client.urgent.iter().chain(&client.rest) {
            if let Some(slot) = self.slots.get(waiting.slot)
                && self.slots.has_ended(waiting.slot)
                && let Some(key) = slot.update.key()
            {
                held.push((key, client.held(waiting.slot).version));
            }
        }
        held.sort_unstable();
        let [mut tracks, mut marks, mut alerts, mut cells] = <[Tally; 4]>::default();
        let mut by_code: Vec<(String, u64)> = Vec::new();
        for (key, version) in held.into_iter().filter(|(_, version)| *version > 0) {
            match key {
                Key::Track(id) => tracks.add(id.0, version),
                Key::Mark(mmsi) => marks.add(mmsi.number().into(), version),
                Key::Cell(cell) => by_code.push((cell.to_string(), version)),
                Key::Named(..) => {}
            }
        }
        by_code.sort_unstable();
        for (code, version) in &by_code {
            cells.add_bytes(code.as_bytes(), *version);
        }
        if client.view.wants(Thing::Alerts) {
            for (id, revision, _) in self.alerts.values().filter_map(|happening| happening.alert) {
                alerts.add(id, revision.into());
            }
        }
        Body::Digest(proto::Digest {
            time_us: self.now.unix_us(),
            position: client.position(self.slots.changes),
            alert_event: client.alert_event(self.last_event),
            tracks: Some(tracks.sum()),
            marks: Some(marks.sum()),
            alerts: Some(alerts.sum()),
            cells: Some(cells.sum()),
            waiting: client.waiting() as u32,
        })
    }
}
