//! Clients come, with what they missed where they come back, and go.

use super::client::{Client, Happening};
use super::reader::{Reader, SNAPSHOT_END, Waiting};
use super::{ClientId, HEARTBEAT_MS, Hub};
use crate::clock::Mono;
use crate::feed::access::User;
use crate::feed::format::Format;
use crate::feed::outlet::SharedOutlet;
use crate::feed::view::{Detail, Thing, View};
use crate::feed::{Update, message, proto};
use proto::server_message::Body;
use std::collections::{HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::Notify;

/// With more ends than that to be told, a snapshot is shorter.
const MAX_ENDS_TOLD: usize = 4096;
/// Clients that were cut, and are told why when they come back.
const MAX_CUTS: usize = 1024;
/// How long that is remembered.
const CUT_KEPT_NS: u64 = 3_600_000_000_000;
/// Of this protocol.
const VERSION: u32 = 1;

/// Somebody who wants to be a client.
#[derive(Debug)]
pub struct Guest {
    pub format: Format,
    pub user: User,
    pub address: SocketAddr,
    pub hello: proto::Hello,
    pub outlet: SharedOutlet,
}

impl Hub {
    /// A new client, with everything that it asks for before it.
    ///
    /// # Errors
    /// What is wrong with what it asks for.
    pub fn join(&mut self, guest: Guest) -> Result<(ClientId, Arc<Notify>), (u32, String)> {
        let Guest { format, user, address, hello, outlet } = guest;
        let held = self.clients.iter().flatten().map(Client::bytes).sum::<usize>()
            // Whoever falls out of step has its own.
            + self.readers.iter().flatten().map(|it| it.bytes() * it.members.len()).sum::<usize>();
        if held > self.limits.total_bytes {
            return Err((503, "no room: what waits for the others fills the memory".to_owned()));
        }
        let mut view = View::default();
        if hello.subscriptions.is_empty() {
            view = View::everything();
        }
        for subscription in hello.subscriptions {
            view.subscribe(subscription, &self.limits, &self.names)?;
        }
        let name: String = hello.client.chars().take(64).collect();
        let notify = Arc::new(Notify::new());
        self.serial += 1;
        let index = self.clients.iter().position(Option::is_none).unwrap_or(self.clients.len());
        let id = ClientId { index, serial: self.serial };
        let mut reader = Reader::new(format, view, id);
        let mut client = Client {
            serial: self.serial,
            format,
            notify: Arc::clone(&notify),
            outlet,
            user,
            name,
            address,
            viewing: None,
            reader: 0,
            applies: false,
            parts: false,
            happenings: VecDeque::new(),
            answers: VecDeque::new(),
            owed: Vec::new(),
            seq: 0,
            is_new: true,
            heartbeat: false,
            lists: 0,
            digest: false,
            cut: None,
        };
        let resume = hello.resume.filter(|resume| resume.epoch == self.epoch);
        let resumed = format.has_messages()
            && !reader.view.moves()
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
            self.alerts_before(&mut client, &reader, missed_from, resumed);
        }
        if format == Format::Nmea {
            client.happenings.extend(self.alerts.values().filter(|alert| alert.told.is_some()).cloned());
        }
        if resumed {
            self.counted.resumed.increment(1);
            self.changes_since(&mut client, &mut reader, position);
        } else {
            self.review(&mut reader, 0);
        }
        reader.rest.push_back(Waiting { slot: SNAPSHOT_END, since: 0, at: Mono::now() });
        reader.snapshots = 1;
        self.record(&client, &reader, "joined");
        client.reader = self.add_reader(reader);
        match self.clients.get_mut(index) {
            Some(place) => *place = Some(client),
            None => self.clients.push(Some(client)),
        }
        self.count_clients();
        Ok((id, notify))
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
            replay: self.is_replay,
        })
    }

    /// Whether all alert events after that one are still known.
    fn remembers(&self, event: u64) -> bool {
        let first = self.events.front().and_then(|happening| happening.event);
        event <= self.last_event && first.is_none_or(|first| first <= event + 1)
    }

    /// The alerts that stand, and those events that it has missed.
    pub(super) fn alerts_before(
        &self,
        client: &mut Client,
        reader: &Reader,
        missed_from: Option<u64>,
        resumed: bool,
    ) {
        if !reader.view.wants(Thing::Alerts) {
            return;
        }
        if !(resumed && missed_from.is_some()) {
            let is_old = |happening: &Arc<Happening>| {
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
    fn changes_since(&mut self, client: &mut Client, reader: &mut Reader, position: u64) {
        for (change, update) in self.ends_since(position) {
            // It may hold it or not: an end of something unknown is no harm.
            client.answers.push_back(message::body(update, &self.names, self.now, change, Detail::Full));
        }
        for (key, index) in self.slots.present() {
            let Some(slot) = self.slots.get(index) else { continue };
            if slot.changed > position {
                // It may hold an earlier state, whether it is in view now or not.
                reader.held_mut(index).version = 1;
                self.enqueue(reader, index, position + 1);
            } else if reader.view.sees(slot, self.is_alerted(&key)).is_some() {
                reader.held_mut(index).version = slot.version();
            }
        }
    }

    /// A client has gone. Why it was cut, where it was.
    pub fn leave(&mut self, id: ClientId, cut: Option<&'static str>) {
        let Some(client) = self.take_out(id) else { return };
        let mut dropped = 0;
        if let Some(mut reader) = self.readers.get_mut(client.reader).and_then(Option::take) {
            self.record(&client, &reader, "left");
            dropped = reader.queue().count() as u64;
            reader.members.retain(|member| *member != id);
            if reader.members.is_empty() {
                self.let_go(client.reader, &reader);
            } else {
                self.put_reader(client.reader, reader);
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
}
