//! The other end of the feed: what a console does with what it is sent. Used by `fairway load`, by tests and by
//! whoever writes a console in Rust.
//!
//! [`Dialogue`] turns bytes into messages and back, [`Picture`] keeps what they say and checks it, [`Console`] is
//! both on a blocking socket.

use super::connection::MAGIC;
use super::digest::Tally;
use super::format::{Format, cut, encode_client};
use super::proto::{self, ClientMessage, ServerMessage, client_message, server_message::Body};
use super::websocket::WebSocket;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use tungstenite::protocol::Role;

/// Longest message that we take from an engine.
const LONGEST: usize = 16 << 20;

/// How a console speaks to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// JSON Lines over TCP.
    Json,
    /// Protobuf over TCP.
    Proto,
    /// JSON Lines over WebSocket.
    WebSocketJson,
    /// Protobuf over WebSocket.
    WebSocketProto,
}

impl Wire {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Json, Self::Proto, Self::WebSocketJson, Self::WebSocketProto];

    const fn format(self) -> Format {
        match self {
            Self::Json | Self::WebSocketJson => Format::Json,
            Self::Proto | Self::WebSocketProto => Format::Proto,
        }
    }

    const fn is_websocket(self) -> bool {
        matches!(self, Self::WebSocketJson | Self::WebSocketProto)
    }
}

/// Bytes of one connection to messages, and back.
#[derive(Debug)]
pub struct Dialogue {
    format: Format,
    websocket: Option<WebSocket>,
    /// The HTTP answer is still to come.
    upgrading: bool,
    received: Vec<u8>,
    /// To be written to the socket.
    outgoing: Vec<u8>,
}

impl Dialogue {
    /// Begins with a hello.
    #[must_use]
    pub fn new(wire: Wire, hello: proto::Hello) -> Self {
        let mut dialogue = Self {
            format: wire.format(),
            websocket: None,
            upgrading: wire.is_websocket(),
            received: Vec::new(),
            outgoing: Vec::new(),
        };
        if wire.is_websocket() {
            // The engine's answer to a key proves that it speaks WebSocket, and no more than that.
            dialogue.outgoing.extend_from_slice(
                b"GET /feed HTTP/1.1\r\nHost: fairway\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                  Sec-WebSocket-Key: ZmFpcndheSBjb25zb2xlLg==\r\nSec-WebSocket-Version: 13\r\n\r\n",
            );
            dialogue.websocket = Some(WebSocket::new(Role::Client, LONGEST));
        } else if wire == Wire::Proto {
            dialogue.outgoing.extend_from_slice(MAGIC);
        }
        dialogue.say(client_message::Body::Hello(hello));
        dialogue
    }

    /// Says something.
    pub fn say(&mut self, body: client_message::Body) {
        let mut bytes = Vec::new();
        encode_client(self.format, &ClientMessage { body: Some(body) }, &mut bytes);
        match &mut self.websocket {
            Some(websocket) => {
                websocket.wrap(self.format, bytes);
                self.outgoing.append(&mut websocket.outgoing());
            }
            None => self.outgoing.append(&mut bytes),
        }
    }

    /// What is to be written to the socket.
    #[must_use]
    pub fn outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    /// Takes bytes of the socket.
    ///
    /// # Errors
    /// What is no answer of an engine.
    pub fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        let wrong = |what: &str| io::Error::new(ErrorKind::InvalidData, what.to_owned());
        if self.upgrading {
            self.received.extend_from_slice(bytes);
            let Some(end) = self.received.windows(4).position(|four| four == b"\r\n\r\n") else {
                return Ok(());
            };
            if !self.received.starts_with(b"HTTP/1.1 101 ") {
                return Err(wrong(&String::from_utf8_lossy(&self.received)));
            }
            self.upgrading = false;
            let early = self.received.split_off(end + 4);
            self.received.clear();
            return self.take(&early);
        }
        match &mut self.websocket {
            Some(websocket) => {
                let taken = websocket.take(bytes, &mut self.received);
                self.outgoing.append(&mut websocket.outgoing());
                taken.map_err(wrong)?;
            }
            None => self.received.extend_from_slice(bytes),
        }
        Ok(())
    }

    /// Hands over every whole message that has been taken.
    ///
    /// # Errors
    /// What is no message.
    pub fn messages(&mut self, mut each: impl FnMut(ServerMessage)) -> io::Result<()> {
        let mut used = 0;
        if !self.upgrading {
            while let Some((message, length)) =
                cut(self.format, self.received.get(used..).unwrap_or_default(), LONGEST)
                    .map_err(|error| io::Error::new(ErrorKind::InvalidData, format!("{error:?}")))?
            {
                used += length;
                each(message);
            }
        }
        self.received.drain(..used);
        Ok(())
    }
}

/// What is wrong with what an engine sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A message is missing.
    Gap {
        /// What should have come.
        expected: u64,
        /// What came.
        got: u64,
    },
    /// A version lower than the one that is held.
    Older {
        /// Of what.
        thing: String,
        /// That is held.
        held: u64,
        /// That came.
        got: u64,
    },
    /// An alert event is missing.
    AlertMissed {
        /// What should have come.
        expected: u64,
        /// What came.
        got: u64,
    },
    /// What is held is not what the engine says.
    Digest {
        /// Of what.
        things: &'static str,
        /// That is held: how many, and their sum.
        held: (u32, u32),
        /// That the engine has.
        told: (u32, u32),
    },
}

/// What a console holds.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// By id.
    pub tracks: BTreeMap<u64, proto::Track>,
    /// By MMSI.
    pub marks: BTreeMap<u32, proto::Mark>,
    /// By code.
    pub cells: BTreeMap<String, proto::Cell>,
    /// Live ones, by id.
    pub alerts: BTreeMap<u64, proto::Alert>,
    /// By name.
    pub zones: BTreeMap<String, proto::Zone>,
    /// By name.
    pub cameras: BTreeMap<String, proto::Camera>,
    /// By name.
    pub sensors: BTreeMap<String, proto::Sensor>,
    /// What operators said, by track.
    pub remarks: BTreeMap<u64, proto::Remarks>,
    /// By id.
    pub incidents: BTreeMap<u64, proto::Incident>,
    /// The engine's last welcome.
    pub welcome: proto::Welcome,
    /// Everything has been sent once.
    pub complete: bool,
    /// Digests that agreed.
    pub agreed: u64,
    /// The last of them that agreed with nothing waiting: the picture was the engine's.
    pub last_agreed: Option<proto::Digest>,
    /// Alert events, each counted once however often it was sent.
    pub alert_events: u64,
    seq: u64,
    position: u64,
    alert_event: u64,
    /// Subscriptions that were sent and not confirmed.
    asked: u32,
}

impl Picture {
    /// Takes a message.
    ///
    /// # Errors
    /// What is wrong with it; it has been taken all the same.
    pub fn apply(&mut self, message: ServerMessage) -> Result<(), Fault> {
        let (expected, got) = (self.seq + 1, message.seq);
        self.seq = got;
        let taken = message.body.map_or(Ok(()), |body| self.take(body));
        if got != expected {
            return Err(Fault::Gap { expected, got });
        }
        taken
    }

    /// The connection is a new one.
    pub const fn reconnected(&mut self) {
        self.seq = 0;
        self.asked = 0;
    }

    /// Another subscription has been sent: where the connection now ends before it is confirmed and complete,
    /// there is nothing to resume.
    pub const fn subscribing(&mut self) {
        self.asked += 1;
        self.position = 0;
    }

    /// For the hello of the next connection.
    #[must_use]
    pub fn resume(&self) -> Option<proto::Resume> {
        (!self.welcome.epoch.is_empty()).then(|| proto::Resume {
            epoch: self.welcome.epoch.clone(),
            position: self.position,
            alert_event: self.alert_event,
        })
    }

    fn take(&mut self, body: Body) -> Result<(), Fault> {
        match body {
            Body::Welcome(welcome) => return self.welcomed(welcome),
            Body::SnapshotEnd(_) => self.complete = true,
            Body::Track(track) => {
                let held = self.tracks.get(&track.id).map_or(0, |held| held.version);
                if track.version < held {
                    return older(format!("track {}", track.id), held.into(), track.version.into());
                }
                self.tracks.insert(track.id, track);
            }
            Body::TrackGone(gone) => {
                self.tracks.remove(&gone.id);
                self.remarks.remove(&gone.id);
            }
            Body::Mark(mark) => {
                let held = self.marks.get(&mark.mmsi).map_or(0, |held| held.version);
                if mark.version < held {
                    return older(format!("mark {}", mark.mmsi), held, mark.version);
                }
                self.marks.insert(mark.mmsi, mark);
            }
            Body::MarkGone(gone) => drop(self.marks.remove(&gone.mmsi)),
            Body::Cell(cell) => {
                let held = self.cells.get(&cell.code).map_or(0, |held| held.version);
                if cell.version < held {
                    return older(format!("cell {}", cell.code), held, cell.version);
                }
                if cell.vessels > 0 {
                    self.cells.insert(cell.code.clone(), cell);
                } else {
                    self.cells.remove(&cell.code);
                }
            }
            Body::Alert(alert) => return self.alert(alert),
            Body::Leave(leave) => {
                leave.track.map(|id| self.tracks.remove(&id));
                leave.mark.map(|mmsi| self.marks.remove(&mmsi));
                leave.cell.map(|code| self.cells.remove(&code));
            }
            Body::Heartbeat(heartbeat) => self.at(heartbeat.position, heartbeat.alert_event),
            Body::Digest(digest) => return self.check(digest),
            Body::Zone(zone) => drop(self.zones.insert(zone.name.clone(), zone)),
            Body::ZoneGone(gone) => drop(self.zones.remove(&gone.name)),
            Body::Camera(camera) => drop(self.cameras.insert(camera.name.clone(), camera)),
            Body::Sensor(sensor) if sensor.state.is_empty() => drop(self.sensors.remove(&sensor.name)),
            Body::Sensor(sensor) => drop(self.sensors.insert(sensor.name.clone(), sensor)),
            Body::Remarks(remarks) => {
                if remarks.revision > 0 {
                    self.remarks.insert(remarks.track, remarks);
                } else {
                    self.remarks.remove(&remarks.track);
                }
            }
            Body::Incident(incident) => drop(self.incidents.insert(incident.id, incident)),
            Body::Subscribed(subscribed) => {
                self.asked = self.asked.saturating_sub(1);
                self.position = 0;
                self.complete = false;
                if subscribed.anew {
                    self.forget();
                }
            }
            Body::Error(_)
            | Body::Merge(_)
            | Body::Split(_)
            | Body::Pong(_)
            | Body::Answer(_)
            | Body::Unit(_)
            | Body::Picture(_)
            | Body::Replaying(_)
            | Body::Cue(_) => {}
        }
        Ok(())
    }

    fn welcomed(&mut self, welcome: proto::Welcome) -> Result<(), Fault> {
        let same = welcome.epoch == self.welcome.epoch;
        let (seen, from) = (self.alert_event, welcome.alert_event);
        if !welcome.resumed {
            self.forget();
            self.alert_event = if same { seen } else { from };
        }
        self.complete = false;
        self.welcome = welcome;
        if same && from > seen {
            self.alert_event = from;
            return Err(Fault::AlertMissed { expected: seen + 1, got: from + 1 });
        }
        Ok(())
    }

    /// Nothing of it holds any more, but for the alert events that were seen.
    fn forget(&mut self) {
        *self = Self {
            welcome: std::mem::take(&mut self.welcome),
            agreed: self.agreed,
            alert_events: self.alert_events,
            seq: self.seq,
            alert_event: self.alert_event,
            asked: self.asked,
            ..Self::default()
        };
    }

    const fn at(&mut self, position: u64, alert_event: u64) {
        if position > 0 && self.complete && self.asked == 0 {
            self.position = position;
        }
        if alert_event > self.alert_event {
            self.alert_event = alert_event;
        }
    }

    fn alert(&mut self, alert: proto::Alert) -> Result<(), Fault> {
        let (expected, got) = (self.alert_event + 1, alert.event);
        let held = self.alerts.get(&alert.id).map_or(0, |held| held.revision);
        if alert.revision < held {
            return older(format!("alert {}", alert.id), held.into(), alert.revision.into());
        }
        if alert.state == i32::from(proto::AlertState::Cleared) {
            self.alerts.remove(&alert.id);
        } else {
            self.alerts.insert(alert.id, alert);
        }
        // One that was sent before is said again, with the others that stand.
        if got >= expected {
            self.alert_events += 1;
            self.alert_event = got;
        }
        if got > expected {
            return Err(Fault::AlertMissed { expected, got });
        }
        Ok(())
    }

    /// What it holds, as the engine sums it up.
    #[must_use]
    pub fn sums(&self) -> [proto::Sum; 4] {
        let [mut tracks, mut marks, mut alerts, mut cells] = <[Tally; 4]>::default();
        self.tracks.values().for_each(|track| tracks.add(track.id, track.version.into()));
        self.marks.values().for_each(|mark| marks.add(mark.mmsi.into(), mark.version));
        self.alerts.values().for_each(|alert| alerts.add(alert.id, alert.revision.into()));
        self.cells.values().for_each(|cell| cells.add_bytes(cell.code.as_bytes(), cell.version));
        [tracks, marks, alerts, cells].map(Tally::sum)
    }

    fn check(&mut self, digest: proto::Digest) -> Result<(), Fault> {
        self.at(digest.position, digest.alert_event);
        let told = [&digest.tracks, &digest.marks, &digest.alerts, &digest.cells];
        for ((held, told), things) in self.sums().iter().zip(told).zip(["tracks", "marks", "alerts", "cells"])
        {
            let pair = |sum: &proto::Sum| (sum.count, sum.crc);
            let told = pair(told.as_ref().unwrap_or(&proto::Sum::default()));
            if pair(held) != told {
                return Err(Fault::Digest { things, held: pair(held), told });
            }
        }
        self.agreed += 1;
        if digest.waiting == 0 {
            self.last_agreed = Some(digest);
        }
        Ok(())
    }
}

fn older(thing: String, held: u64, got: u64) -> Result<(), Fault> {
    Err(Fault::Older { thing, held, got })
}

/// A console on a blocking socket.
#[derive(Debug)]
pub struct Console {
    /// For whoever wants to be rude to it.
    pub stream: TcpStream,
    dialogue: Dialogue,
    ready: std::collections::VecDeque<ServerMessage>,
}

impl Console {
    /// Connects and says hello.
    ///
    /// # Errors
    /// Where that is not possible.
    pub fn connect(address: SocketAddr, wire: Wire, hello: proto::Hello) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let mut console =
            Self { stream, dialogue: Dialogue::new(wire, hello), ready: std::collections::VecDeque::new() };
        console.flush()?;
        Ok(console)
    }

    /// Says something.
    ///
    /// # Errors
    /// The connection is lost.
    pub fn say(&mut self, body: client_message::Body) -> io::Result<()> {
        self.dialogue.say(body);
        self.flush()
    }

    /// The next message; `None` at the end.
    ///
    /// # Errors
    /// The connection is lost, or what came is no message, or nothing came for as long as the stream's timeout.
    pub fn receive(&mut self) -> io::Result<Option<ServerMessage>> {
        let mut bytes = [0; 16 * 1024];
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Ok(Some(message));
            }
            let read = self.stream.read(&mut bytes)?;
            if read == 0 {
                return Ok(None);
            }
            self.dialogue.take(bytes.get(..read).unwrap_or_default())?;
            let ready = &mut self.ready;
            self.dialogue.messages(|message| ready.push_back(message))?;
            self.flush()?;
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.write_all(&self.dialogue.outgoing())
    }
}
