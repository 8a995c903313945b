//! What comes next for a client, whenever it can take more.

use super::client::{Client, SNAPSHOT_END};
use super::{ClientId, Hub, slot};
use crate::clock::Mono;
use crate::feed::format::{Format, encode, error};
use crate::feed::outbox::Key;
use crate::feed::view::Detail;
use crate::feed::{bridge, proto};
use proto::server_message::Body;
use std::time::Duration;

/// A digest comes with every so many heartbeats.
const DIGEST_EVERY: u64 = 10;

/// Whether more can come for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// It may: whenever the client is notified, and after so long in any case.
    Open(Option<Duration>),
    /// What has been filled in is the last.
    Last(&'static str),
}

impl Hub {
    /// Appends what comes next for a client to `out`. `reads` receives, for each update that is not of its
    /// snapshot, when the bytes that caused it were read. It stops at `enough` bytes.
    pub fn fill(&mut self, id: ClientId, enough: usize, out: &mut Vec<u8>, reads: &mut Vec<Mono>) -> Filled {
        let Some(mut client) = self.take_out(id) else {
            return Filled::Last("gone");
        };
        let filled = self.fill_client(&mut client, enough, out, reads);
        self.put_back(id, client);
        filled
    }

    fn fill_client(
        &mut self,
        client: &mut Client,
        enough: usize,
        out: &mut Vec<u8>,
        reads: &mut Vec<Mono>,
    ) -> Filled {
        if let Some((code, reason)) = client.cut {
            client.send(error(code, reason, true), out);
            return Filled::Last(reason);
        }
        while out.len() < enough
            && let Some(answer) = client.answers.pop_front()
        {
            client.send(answer, out);
        }
        while out.len() < enough
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
            while out.len() < enough
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
        if client.format == Format::Nmea {
            if std::mem::take(&mut client.heartbeat) {
                let told = self.alerts.values().filter_map(|alert| alert.told.as_ref());
                out.extend_from_slice(&bridge::list(told, client.lists));
                client.lists += 1;
            }
        } else if std::mem::take(&mut client.heartbeat) {
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

    /// Whether there was something to say.
    fn write(&mut self, client: &mut Client, index: u32, out: &mut Vec<u8>, reads: &mut Vec<Mono>) -> bool {
        let held = client.held_mut(index);
        held.queued = false;
        let holds = held.version > 0;
        let Some(slot) = self.slots.get_mut(index) else { return false };
        // A slot whose thing has ended keeps its end until it is another's.
        let ended = slot.update.is_end();
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
        let seen = client.view.sees(slot, slot.alerted);
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

    /// How long the oldest and the newest update of a write took from their read to the client's socket.
    pub fn written(&mut self, reads: &mut Vec<Mono>) {
        let ends = reads.iter().copied().min().zip(reads.iter().copied().max());
        let Some((oldest, newest)) = ends else { return };
        let now = Mono::now();
        for read in [oldest, newest].into_iter().take(reads.len()) {
            self.counted.latency.record(now.since_ns(read) as f64 * 1e-9);
        }
        reads.clear();
    }

    /// A second has passed for a client: the `beat`th.
    pub fn heartbeat(&mut self, id: ClientId, beat: u64) {
        let Some(mut client) = self.take_out(id) else { return };
        client.heartbeat = client.format.has_messages() || beat % bridge::EVERY_S == 1;
        client.digest |= client.format.has_messages() && beat.is_multiple_of(DIGEST_EVERY);
        if client.bytes() > self.limits.client_bytes {
            client.cut = Some((413, "more waits for it than may"));
            client.notify.notify_one();
        }
        if client.view.moves() && client.snapshots == 0 {
            let since = self.slots.changes;
            self.review(&mut client, since);
        }
        self.put_back(id, client);
    }
}
