//! What clients say, and what they see for it.

use super::client::Client;
use super::reader::{Reader, SNAPSHOT_END, Waiting};
use super::{ClientId, Hub};
use crate::clock::{Mono, now_utc};
use crate::feed::format::{Format, error};
use crate::feed::outbox::Key;
use crate::feed::proto;
use proto::server_message::Body;

impl Hub {
    /// What a client said.
    pub fn said(&mut self, id: ClientId, said: proto::client_message::Body) {
        use proto::client_message::Body as Said;
        if matches!(said, Said::Subscribe(_) | Said::Unsubscribe(_) | Said::Resnap(_)) {
            self.alone(id);
        }
        let Some((mut client, mut reader)) = self.take_both(id) else { return };
        match said {
            Said::Hello(_) => client.answer(error(400, "hello is only the first message", false)),
            Said::Subscribe(subscription) => {
                match reader.view.subscribe(subscription, &self.limits, &self.names) {
                    Ok(()) => self.subscribed(&mut client, &mut reader, false),
                    Err((code, text)) => self.refuse(&mut client, code, text),
                }
            }
            Said::Unsubscribe(subscription) => {
                if reader.view.unsubscribe(subscription.id) {
                    self.subscribed(&mut client, &mut reader, false);
                } else {
                    self.refuse(&mut client, 404, format!("no subscription {}", subscription.id));
                }
            }
            Said::Resnap(_) => {
                for held in &mut reader.held {
                    held.version = 0;
                }
                // What it has not had comes in any case; what stands comes again.
                let last_had = client.alert_event(self.last_event);
                client.happenings.clear();
                self.alerts_before(&mut client, &reader, Some(last_had), false);
                self.subscribed(&mut client, &mut reader, true);
            }
            Said::Ping(ping) => {
                client.answer(Body::Pong(proto::Pong { nonce: ping.nonce, clock_us: now_utc().unix_us() }));
            }
            Said::Viewing(viewing) => match check(&viewing) {
                Ok(()) if client.viewing.as_ref() == Some(&viewing) => {}
                Ok(()) => {
                    client.viewing = Some(viewing);
                    self.record(&client, &reader, "view");
                }
                Err(text) => self.refuse(&mut client, 400, text.to_owned()),
            },
            // The connection has sent it to the core.
            Said::Command(_) => {}
        }
        self.put_both(id, client, reader);
    }

    fn refuse(&self, client: &mut Client, code: u32, text: String) {
        self.counted.refused.increment(1);
        client.answer(error(code, text, false));
    }

    fn subscribed(&mut self, client: &mut Client, reader: &mut Reader, anew: bool) {
        client.answer(Body::Subscribed(proto::Subscribed { ids: reader.view.ids(), anew }));
        reader.rekey();
        if !anew {
            self.record(client, reader, "view");
        }
        self.review(reader, 0);
        reader.rest.push_back(Waiting { slot: SNAPSHOT_END, since: 0, at: Mono::now() });
        reader.snapshots += 1;
        client.notify.notify_one();
    }

    /// Looks at everything anew: what has come into view, and what has left it.
    pub(super) fn review(&mut self, reader: &mut Reader, since: u64) {
        let slots = &self.slots;
        reader.view.look(|id| slots.find(&Key::Track(id)).and_then(|slot| slot.place));
        for (key, index) in self.slots.present() {
            let alerted = self.is_alerted(&key);
            let held = reader.held(index).version > 0;
            let sees = match reader.format {
                Format::Nmea => reader.minds(&self.slots, index, alerted),
                _ => self.slots.get(index).is_some_and(|slot| reader.view.sees(slot, alerted).is_some()),
            };
            if sees != held {
                self.enqueue(reader, index, since);
            }
        }
    }

    pub(super) fn enqueue(&mut self, reader: &mut Reader, index: u32, since: u64) {
        let urgent = self
            .slots
            .get(index)
            .is_some_and(|slot| slot.update.key().is_some_and(|key| self.is_alerted(&key)));
        if reader.enqueue(&mut self.slots, index, since, urgent, Mono::now()) {
            self.counted.queued.increment(1);
        }
    }
}

/// Texts of what a console shows are no longer than this, and there are so many.
const TEXT: usize = 64;
const HIDDEN: usize = 32;

/// What is wrong with what a console says that it shows.
fn check(viewing: &proto::Viewing) -> Result<(), &'static str> {
    let proto::Viewing { lat, lon, zoom, layout, palette, language, sound, track: _, hidden } = viewing;
    let texts = [layout, palette, language, sound];
    if hidden.len() > HIDDEN || texts.into_iter().chain(hidden).any(|text| text.len() > TEXT) {
        return Err("viewing: longer than it may be");
    }
    let is_within = |value: &Option<f64>, most: f64| value.is_none_or(|value| value.abs() <= most);
    if !(is_within(lat, 90.0) && is_within(lon, 180.0) && is_within(zoom, 32.0)) {
        return Err("viewing: lat, lon or zoom is none");
    }
    Ok(())
}
