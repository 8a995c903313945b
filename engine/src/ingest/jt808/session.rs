//! One terminal's connection.

use super::desk::{Desk, Refused};
use super::keys::Keys;
use crate::clock::{Mono, now_utc};
use crate::config;
use crate::ingest::intake::{LOG_EVERY_NS, Maker};
use crate::observe;
use crate::queue::{Batch, Sender};
use crate::registry::Vessel;
use bytes::{Buf, BytesMut};
use decoders::jt808::{
    Added, Assembly, Frame, Item, Location, MAX_FRAME, Message, Phone, Reader, Reply, Stamp, outcome,
};
use fusion::Event;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use units::{Caller, Terminal, UtcTime};

/// How much one read takes at most.
const READ_BYTES: usize = 4096;
/// Who has not shown a code by then is cut.
const UNKNOWN_FOR: Duration = Duration::from_secs(10);
/// Who does not take our replies for so long is cut.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// How often parts that are missing are looked for, while there are any.
const LOOK_FOR_PARTS: Duration = Duration::from_secs(1);
/// Frames a second, in the long run; who sends more is read more slowly.
const FRAMES_PER_S: f64 = 20.0;
/// Frames that may come at once.
const BURST: f64 = 100.0;

/// What a terminal did and is owed.
#[derive(Debug)]
pub struct Session {
    number: u64,
    peer: u32,
    address: SocketAddr,
    maker: Rc<Maker>,
    settings: Rc<config::Jt808>,
    keys: Keys,
    desk: Rc<RefCell<Desk>>,
    /// Whose connection it is, from its first sound frame on.
    phone: Option<Phone>,
    authenticated: bool,
    /// Of our next frame.
    serial: u16,
    assembly: Assembly,
    /// Parts that are counted as waiting or given up.
    pending: u64,
    given_up: u64,
    cut: CancellationToken,
    logged: Option<Mono>,
    /// The body of a reply in the making.
    body: Vec<u8>,
    /// Replies that are not yet written.
    out: Vec<u8>,
}

impl Session {
    pub fn new(
        address: SocketAddr,
        maker: &Rc<Maker>,
        settings: &Rc<config::Jt808>,
        keys: &Keys,
        desk: &Rc<RefCell<Desk>>,
    ) -> Self {
        Self {
            number: desk.borrow_mut().session(),
            peer: maker.peer(),
            address,
            maker: Rc::clone(maker),
            settings: Rc::clone(settings),
            keys: keys.clone(),
            desk: Rc::clone(desk),
            phone: None,
            authenticated: false,
            serial: 0,
            assembly: Assembly::default(),
            pending: 0,
            given_up: 0,
            cut: CancellationToken::new(),
            logged: None,
            body: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Reads and replies until the terminal goes, is cut, or `stop`.
    pub async fn run(mut self, mut stream: TcpStream, core: Sender, stop: CancellationToken) {
        self.maker.metrics.peers.increment(1.0);
        self.maker.metrics.connects.increment(1);
        let why = self.serve(&mut stream, &core, &stop).await;
        let (source, address) = (self.maker.name.as_str(), self.address);
        tracing::debug!(source, %address, phone = self.phone.map(tracing::field::display), why, "terminal gone");
        self.assembly.end();
        if let Some(phone) = self.phone {
            self.desk.borrow_mut().leave(&phone, self.number);
        }
        self.settle();
        self.maker.metrics.peers.decrement(1.0);
    }

    async fn serve(
        &mut self,
        stream: &mut TcpStream,
        core: &Sender,
        stop: &CancellationToken,
    ) -> &'static str {
        // Replies are small and awaited.
        let _ = stream.set_nodelay(true);
        let mut reader = Reader::default();
        let mut buffer = BytesMut::new();
        let idle = Duration::from_secs(self.settings.idle_s);
        let began = Instant::now();
        let mut heard = began;
        let (mut allowance, mut counted) = (BURST, began);
        loop {
            buffer.reserve(READ_BYTES);
            let mut until = heard + idle;
            if !self.authenticated {
                until = until.min(began + UNKNOWN_FOR);
            }
            if !self.assembly.is_empty() {
                until = until.min(Instant::now() + LOOK_FOR_PARTS);
            }
            let read = tokio::select! {
                biased;
                () = stop.cancelled() => return "we stop",
                () = self.cut.cancelled() => return "it came back by another way",
                read = stream.read_buf(&mut buffer) => Some(read),
                () = tokio::time::sleep_until(until) => None,
            };
            let (now, arrival) = (Instant::now(), now_utc());
            let end = match read {
                Some(Ok(0)) => Some("it hung up"),
                Some(Ok(bytes)) => {
                    self.maker.metrics.bytes.increment(bytes as u64);
                    let fresh = buffer.get(buffer.len() - bytes..).unwrap_or_default();
                    self.maker.record(self.peer, arrival, fresh);
                    heard = now;
                    None
                }
                Some(Err(_)) => Some("read failed"),
                None if now >= heard + idle => Some("silent for too long"),
                None if !self.authenticated && now >= began + UNKNOWN_FOR => Some("it showed no code"),
                None => None,
            };
            let (read, mut events, before) = (Mono::now(), core.buffer(), reader.candidates);
            let used = reader.drain(&buffer, end.is_some(), |item| self.item(item, arrival, &mut events));
            buffer.advance(used);
            debug_assert!(buffer.len() <= MAX_FRAME);
            self.ask_for_parts(arrival);
            self.settle();
            if !events.is_empty() {
                core.send(Batch { events, read }).await;
            }
            if let Some(why) = end {
                return why;
            }
            if !self.out.is_empty() {
                match timeout(WRITE_WITHIN, stream.write_all(&self.out)).await {
                    Ok(Ok(())) => self.out.clear(),
                    Ok(Err(_)) => return "write failed",
                    Err(_) => return "it takes no replies",
                }
            }
            let earned = now.duration_since(counted).as_secs_f64() * FRAMES_PER_S;
            allowance = (allowance + earned).min(BURST) - (reader.candidates - before) as f64;
            counted = now;
            if allowance < 0.0 {
                self.desk.borrow().throttled.increment(1);
                let pause = Duration::from_secs_f64(-allowance / FRAMES_PER_S);
                tokio::select! {
                    () = stop.cancelled() => return "we stop",
                    () = self.cut.cancelled() => return "it came back by another way",
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }
    }

    fn item(&mut self, item: Item<'_>, arrival: UtcTime, events: &mut Vec<Event>) {
        self.desk.borrow_mut().account.candidates += 1;
        match item {
            Item::Frame(frame) => self.frame(&frame, arrival, events),
            Item::Reject { reason, bytes } => {
                self.desk.borrow_mut().account.refuse(reason.index(), 1);
                self.log(reason.as_str(), bytes);
            }
        }
    }

    fn log(&mut self, reason: &str, bytes: &[u8]) {
        if self.logged.is_none_or(|at| Mono::now().since_ns(at) > LOG_EVERY_NS) {
            self.logged = Some(Mono::now());
            let (source, address) = (self.maker.name.as_str(), self.address);
            let text = bytes.get(..bytes.len().min(60)).unwrap_or(bytes).escape_ascii();
            tracing::warn!(source, %address, reason, %text, "frame refused (others may follow, counted)");
        }
    }

    fn refuse(&mut self, frame: &Frame<'_>, reason: Refused, result: u8) {
        self.desk.borrow_mut().refuse(reason);
        self.log(&format!("{reason:?}"), frame.body);
        self.reply(frame, result);
    }

    fn frame(&mut self, frame: &Frame<'_>, arrival: UtcTime, events: &mut Vec<Event>) {
        let phone = *self.phone.get_or_insert(frame.phone);
        if phone.key() != frame.phone.key() {
            return self.refuse(frame, Refused::OtherPhone, outcome::FAILED);
        }
        self.desk.borrow_mut().heard(&phone);
        // What a terminal may say before it has shown its code.
        let open = matches!(frame.id, 0x0002 | 0x0003 | 0x0004 | 0x0100 | 0x0102);
        if !self.authenticated && !open {
            return self.refuse(frame, Refused::Unauthenticated, outcome::FAILED);
        }
        if frame.encryption != 0 {
            // Without the key it stays as it is.
            self.desk.borrow_mut().account.other += 1;
            return self.reply(frame, outcome::UNSUPPORTED);
        }
        let Some(part) = frame.part.filter(|part| part.total > 1) else {
            return self.body(frame, frame.body, 1, arrival, events);
        };
        let mut assembly = std::mem::take(&mut self.assembly);
        match assembly.add(frame, part, arrival) {
            Added::Whole(body, parts) => self.body(frame, body, parts, arrival, events),
            Added::Waiting => self.reply(frame, outcome::OK),
            Added::Duplicate => {
                self.desk.borrow_mut().account.duplicates += 1;
                self.reply(frame, outcome::OK);
            }
            Added::Refused => self.refuse(frame, Refused::BadFragment, outcome::MALFORMED),
        }
        self.assembly = assembly;
    }

    /// A whole body, which came in so many frames; `frame` is the last of them.
    fn body(
        &mut self,
        frame: &Frame<'_>,
        body: &[u8],
        frames: u64,
        arrival: UtcTime,
        events: &mut Vec<Event>,
    ) {
        let v2019 = frame.version.is_some();
        let Some(message) = Message::decode(frame.id, v2019, body) else {
            self.desk
                .borrow_mut()
                .account
                .refuse(decoders::jt808::Reject::ALL.len() + Refused::BadFields as usize, frames);
            self.log("bad_fields", body);
            return self.reply(frame, outcome::MALFORMED);
        };
        let known = !matches!(message, Message::Other(..));
        let repeated = match message {
            Message::Location(location) => self.desk.borrow_mut().repeats(&frame.phone, &location),
            _ => false,
        };
        {
            let account = &mut self.desk.borrow_mut().account;
            account.messages += u64::from(known && !repeated);
            let sum = match (known, repeated) {
                (true, false) => &mut account.used,
                (true, true) => &mut account.duplicates,
                (false, _) => &mut account.other,
            };
            *sum += frames;
        }
        match message {
            Message::Register(_) => self.register(frame),
            Message::Authenticate(authenticate) => self.authenticate(frame, authenticate.code),
            Message::Heartbeat => self.reply(frame, outcome::OK),
            Message::Logout => {
                self.authenticated = false;
                self.desk.borrow_mut().leave(&frame.phone, self.number);
                self.reply(frame, outcome::OK);
            }
            Message::TimeQuery => {
                if let Some(time) = Stamp::from_utc(arrival, 0) {
                    self.send(frame, &Message::Time(time));
                }
            }
            Message::Location(location) => {
                if !repeated {
                    self.observe(&frame.phone, &location, false, arrival, events);
                }
                let alarm = if location.emergency() { outcome::ALARM_TAKEN } else { outcome::OK };
                self.reply(frame, alarm);
            }
            Message::LocationAnswer { location, .. } => {
                self.observe(&frame.phone, &location, false, arrival, events);
            }
            Message::Batch(batch) => {
                for location in batch.locations() {
                    self.observe(&frame.phone, &location, true, arrival, events);
                }
                let whole = if batch.is_whole() { outcome::OK } else { outcome::MALFORMED };
                self.reply(frame, whole);
            }
            Message::TerminalReply(_) => {}
            _ => self.reply(frame, outcome::UNSUPPORTED),
        }
    }

    fn vessel(&self, phone: &Phone) -> Option<Vessel> {
        self.maker.registry.borrow().terminal(phone).copied()
    }

    fn register(&mut self, frame: &Frame<'_>) {
        const DONE: u8 = 0;
        const NO_SUCH_TERMINAL: u8 = 4;
        let welcome = self.settings.strangers || self.vessel(&frame.phone).is_some();
        self.desk.borrow_mut().registered(&frame.phone, self.address, welcome);
        let code = if welcome { self.keys.code(&frame.phone) } else { String::new() };
        let result = if welcome { DONE } else { NO_SUCH_TERMINAL };
        self.send(frame, &Message::RegisterReply { serial: frame.serial, result, code: code.as_bytes() });
    }

    fn authenticate(&mut self, frame: &Frame<'_>, code: &[u8]) {
        if !self.keys.knows(&frame.phone, code) {
            self.desk.borrow_mut().stranger();
            return self.reply(frame, outcome::FAILED);
        }
        self.authenticated = true;
        self.desk.borrow_mut().enter(&frame.phone, self.number, self.address, &self.cut);
        self.reply(frame, outcome::OK);
    }

    fn observe(
        &self,
        phone: &Phone,
        location: &Location<'_>,
        kept: bool,
        arrival: UtcTime,
        events: &mut Vec<Event>,
    ) {
        let vessel = self.vessel(phone);
        let mut desk = self.desk.borrow_mut();
        let before = events.len();
        let fix = observe::jt808::fix(location, kept);
        let on_air = Caller::Terminal(Terminal(phone.key()));
        desk.observer.observe(on_air, vessel.as_ref(), &fix, arrival, |observation| {
            events.push(Event::Observation(observation));
        });
        desk.account.observations += (events.len() - before) as u64;
        if location.emergency() && !kept {
            desk.account.emergencies += 1;
            let (source, address) = (self.maker.name.as_str(), self.address);
            tracing::warn!(source, %phone, %address, "a terminal asks for help");
        }
    }

    fn reply(&mut self, to: &Frame<'_>, result: u8) {
        let reply = Reply { serial: to.serial, id: to.id, result };
        self.send(to, &Message::PlatformReply(reply));
    }

    /// Writes a message in the edition in which the terminal speaks.
    fn send(&mut self, to: &Frame<'_>, message: &Message<'_>) {
        self.body.clear();
        message.encode(to.version.is_some(), &mut self.body);
        let reply = Frame {
            id: message.id(),
            encryption: 0,
            serial: self.serial,
            part: None,
            body: &self.body,
            ..*to
        };
        self.serial = self.serial.wrapping_add(1);
        reply.encode(&mut self.out);
    }

    /// Asks for parts that have not come.
    fn ask_for_parts(&mut self, now: UtcTime) {
        if self.assembly.is_empty() {
            return;
        }
        let (mut assembly, phone) = (std::mem::take(&mut self.assembly), self.phone);
        assembly.due(now, |resend| {
            let Some(phone) = phone else { return };
            let version = (phone.bytes().len() == 10).then_some(1);
            let to = Frame {
                id: 0,
                encryption: 0,
                version,
                reserved: false,
                phone,
                serial: 0,
                part: None,
                body: &[],
            };
            self.send(&to, &Message::Resend { first: resend.first, parts: &resend.parts });
            self.desk.borrow().resends.increment(1);
        });
        self.assembly = assembly;
    }

    /// Brings the accounts up to date and shows them.
    fn settle(&mut self) {
        let mut desk = self.desk.borrow_mut();
        let pending = self.assembly.waiting + self.assembly.given_up;
        desk.account.pending = desk.account.pending.wrapping_add(pending).wrapping_sub(self.pending);
        desk.account.given_up += self.assembly.given_up - self.given_up;
        (self.pending, self.given_up) = (pending, self.assembly.given_up);
        desk.publish();
    }
}
