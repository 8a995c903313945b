//! What a client must hold.

use super::Hub;
use super::client::Client;
use super::reader::Reader;
use crate::feed::digest::Tally;
use crate::feed::outbox::Key;
use crate::feed::proto;
use crate::feed::view::Thing;
use proto::server_message::Body;

impl Hub {
    /// What a client holds that has been sent everything up to here: the picture itself, in view, save what
    /// still waits for it.
    pub(super) fn digest(&self, client: &Client, reader: &Reader) -> Body {
        let mut held: Vec<(Key, u64)> = Vec::new();
        for (key, index) in self.slots.present() {
            let Some(slot) = self.slots.get(index) else { continue };
            let place = reader.held(index);
            let version = if place.queued {
                place.version
            } else if reader.view.sees(slot, self.is_alerted(&key)).is_some() {
                slot.version()
            } else {
                0
            };
            held.push((key, version));
        }
        // What has ended and was not told yet is still there, for this client.
        for waiting in reader.queue() {
            if let Some(slot) = self.slots.get(waiting)
                && self.slots.has_ended(waiting)
                && let Some(key) = slot.update.key()
            {
                held.push((key, reader.held(waiting).version));
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
        if reader.view.wants(Thing::Alerts) {
            for (id, revision, _) in self.alerts.values().filter_map(|happening| happening.alert) {
                alerts.add(id, revision.into());
            }
        }
        Body::Digest(proto::Digest {
            time_us: self.now.unix_us(),
            position: reader.position(self.slots.changes),
            alert_event: client.alert_event(self.last_event),
            tracks: Some(tracks.sum()),
            marks: Some(marks.sum()),
            alerts: Some(alerts.sum()),
            cells: Some(cells.sum()),
            waiting: reader.waiting() as u32,
        })
    }
}
