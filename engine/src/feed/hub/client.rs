//! What one client has not had yet.

use crate::clock::{Mono, now_utc};
use crate::feed::access::User;
use crate::feed::format::{Format, frame};
use crate::feed::outlet::SharedOutlet;
use crate::feed::view::View;
use crate::feed::{bridge, proto};
use crate::recording::consoles::Console;
use proto::server_message::Body;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use tokio::sync::Notify;

/// Answers that may wait for a client; more, and it asks faster than it listens.
const MAX_ANSWERS: usize = 256;

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
    encoded: [OnceLock<Vec<u8>>; 2],
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

/// One client.
#[derive(Debug)]
pub struct Client {
    pub serial: u64,
    pub format: Format,
    pub notify: Arc<Notify>,
    pub outlet: SharedOutlet,
    pub user: User,
    pub name: String,
    pub address: SocketAddr,
    /// What it says that it shows.
    pub viewing: Option<proto::Viewing>,
    /// Where it stands what it has not had yet: the number of its reader.
    pub reader: usize,
    /// It waits to be let in by others.
    pub applies: bool,
    /// It is told the last.
    pub parts: bool,
    pub happenings: VecDeque<Arc<Happening>>,
    pub answers: VecDeque<Body>,
    /// When the bytes were read of what was written for it and may not have left yet.
    pub owed: Vec<Mono>,
    pub seq: u64,
    /// Sent nothing yet: delays are not its own.
    pub is_new: bool,
    pub heartbeat: bool,
    /// Of lists of alerts that it was sent.
    pub lists: u64,
    pub digest: bool,
    pub cut: Option<(u32, &'static str)>,
}

impl Client {
    /// As the recording has it.
    pub fn console(&self, said: &str, view: &View) -> Console {
        Console {
            time_us: now_utc().unix_us(),
            console: self.serial,
            client: self.name.clone(),
            user: self.user.name.clone(),
            role: self.user.role.as_str().to_owned(),
            address: self.address.to_string(),
            form: self.format.name().to_owned(),
            said: said.to_owned(),
            subscriptions: view.asked().cloned().collect(),
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

    /// Memory of what it has and what waits for it, without what all clients share.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.outlet.lock().bytes()
            + self.happenings.capacity() * size_of::<Arc<Happening>>()
            + self.answers.capacity() * size_of::<Body>()
    }

    /// The last alert event that has been sent, of so many.
    pub fn alert_event(&self, last: u64) -> u64 {
        let next = self.happenings.iter().find_map(|happening| happening.event);
        // A live alert of a snapshot is old news, and newer news may stand before it.
        next.map_or(last, |next| next.saturating_sub(1))
    }

    /// What goes before the changes of the picture: answers, and what has happened.
    pub fn front(&mut self, enough: usize, out: &mut Vec<u8>, reads: &mut Vec<Mono>) {
        while out.len() < enough
            && let Some(answer) = self.answers.pop_front()
        {
            self.send(answer, out);
        }
        while out.len() < enough
            && let Some(happening) = self.happenings.pop_front()
        {
            if !self.is_new {
                reads.push(happening.read);
            }
            self.send_happening(&happening, out);
        }
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
