//! ASTERIX: system tracks as CAT062, and once a second the end of the batch and the state of the service as CAT065.

use super::told::{Numbers, Told};
use super::{Out, Speaker};
use crate::feed::proto::server_message::Body;
use decoders::asterix::{Block, DataSource, cat010, cat062, cat065, time_of_day};
use units::UtcTime;

/// A datagram stays whole on an Ethernet.
const DATAGRAM: usize = 1200;
const SERVICE: u8 = 1;
/// Kinds of I065/000.
const STATUS: u8 = 1;
const END_OF_BATCH: u8 = 2;
/// I062/270: a size of 127 m is that or more.
const MAX_SIZE_M: f64 = 127.0;

#[derive(Debug)]
pub(super) struct Asterix {
    source: DataSource,
    numbers: Numbers,
    block: Block,
    service: Block,
    batch: u8,
    now: Option<UtcTime>,
}

impl Asterix {
    pub fn new((sac, sic): (u8, u8)) -> Self {
        Self {
            source: DataSource { sac, sic },
            numbers: Numbers::up_to(u16::MAX),
            block: Block::new(cat062::category()),
            service: Block::new(cat065::category()),
            batch: 0,
            now: None,
        }
    }

    fn track(&mut self, told: Told<'_>, out: &mut Out) {
        let Some((number, is_new)) = self.numbers.of(told.0.id) else { return };
        let Some(middle) = told.middle() else { return };
        let mmsi = told.mmsi().map(|mmsi| mmsi.to_string());
        let size = told.size_m().map(|(length_m, beam_m)| cat010::Size {
            length_m: length_m.min(MAX_SIZE_M),
            orientation_deg: told.0.heading_deg,
            width_m: (beam_m > 0.0).then(|| beam_m.min(MAX_SIZE_M)),
        });
        let accuracy = cat062::Accuracy {
            position_m: told.sigma_m(),
            velocity_mps: told.sigma_mps(),
            ..cat062::Accuracy::default()
        };
        let record = cat062::Track {
            source: Some(self.source),
            service: Some(SERVICE),
            time_of_day: Some(time_of_day(told.at())),
            wgs84_deg: Some([middle.lat(), middle.lon()]),
            velocity_mps: told.velocity_mps(),
            identity: told.name().map(identity),
            track: Some(number),
            status: Some(cat062::Status {
                first: is_new,
                coasted: told.0.life() != crate::feed::proto::Life::Confirmed,
                single_sensor: told.0.heard.len() == 1,
                surface: true,
                ..cat062::Status::default()
            }),
            size,
            accuracy: Some(accuracy),
            special: mmsi.as_deref().map(str::as_bytes),
            ..cat062::Track::default()
        };
        self.push(&record, out);
    }

    fn ended(&mut self, id: u64, out: &mut Out) {
        let Some(number) = self.numbers.end(id) else { return };
        let record = cat062::Track {
            source: Some(self.source),
            service: Some(SERVICE),
            time_of_day: self.now.map(time_of_day),
            track: Some(number),
            status: Some(cat062::Status { last: true, surface: true, ..cat062::Status::default() }),
            ..cat062::Track::default()
        };
        self.push(&record, out);
    }

    fn push(&mut self, record: &cat062::Track<'_>, out: &mut Out) {
        if let Err(error) = self.block.push(|visit| record.tell(visit)) {
            tracing::debug!(?error, "a track does not fit into CAT062");
        }
        if self.block.bytes().len() >= DATAGRAM {
            self.pause(out);
        }
    }

    fn second(&mut self, now: UtcTime, out: &mut Out) {
        self.now = Some(now);
        self.pause(out);
        let status = cat065::Status {
            source: Some(self.source),
            service: Some(SERVICE),
            time_of_day: Some(time_of_day(now)),
            ..cat065::Status::default()
        };
        let end = cat065::Status { kind: Some(END_OF_BATCH), batch: Some(self.batch), ..status };
        let system = Some(cat065::System { nogo: 0, overload: false, time_invalid: false });
        let lives = cat065::Status { kind: Some(STATUS), system, ..status };
        self.batch = self.batch.wrapping_add(1);
        self.service.clear();
        for record in [end, lives] {
            if let Err(error) = self.service.push(|visit| record.tell(visit)) {
                tracing::debug!(?error, "a state does not fit into CAT065");
            }
        }
        out.bytes.extend_from_slice(self.service.bytes());
        out.end();
    }
}

impl Speaker for Asterix {
    fn say(&mut self, body: &Body, out: &mut Out) {
        match body {
            Body::Welcome(welcome) => self.now = Some(UtcTime::from_unix_us(welcome.time_us)),
            Body::Track(track) => {
                if let Some(told) = Told::of(track) {
                    self.track(told, out);
                }
            }
            Body::TrackGone(gone) => self.ended(gone.id, out),
            Body::Leave(leave) => {
                if let Some(id) = leave.track {
                    self.ended(id, out);
                }
            }
            Body::Heartbeat(heartbeat) => self.second(UtcTime::from_unix_us(heartbeat.time_us), out),
            _ => {}
        }
    }

    fn pause(&mut self, out: &mut Out) {
        if self.block.records() > 0 {
            out.bytes.extend_from_slice(self.block.bytes());
            out.end();
            self.block.clear();
        }
    }
}

/// Up to eight letters, digits and spaces; what is none of them is a space.
fn identity(name: &str) -> cat062::Identity {
    let mut characters = [b' '; 8];
    for (to, from) in characters.iter_mut().zip(name.bytes()) {
        let from = from.to_ascii_uppercase();
        *to = if from.is_ascii_uppercase() || from.is_ascii_digit() { from } else { b' ' };
    }
    cat062::Identity { source: 0, characters }
}
