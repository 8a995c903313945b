//! A client of another centre's IVEF service (IALA V-145): it logs in, asks for what is configured, answers and sends
//! pings, and begins again whenever the connection ends.

use super::account::{Account, MAX_REASONS};
use super::intake::Maker;
use super::tcp;
use crate::clock::{Mono, now_utc};
use crate::config::{Ivef, Secret};
use crate::metrics::Metrics;
use crate::observe::ivef::{Counted, Observer};
use crate::queue::{Batch, Sender};
use bytes::BytesMut;
use decoders::ivef::message::{self, Message, Reply, Verdict};
use decoders::ivef::{Counters, Document, Item, Oddity, Reject, Rules, Stream, pack};
use fusion::Event;
use metrics::{Counter, Gauge};
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use units::UtcTime;

/// How much one read takes: a little, because what is packed grows, and others wait.
const READ_BYTES: usize = 16 * 1024;
/// Events are handed over so many at a time.
const BATCH_EVENTS: usize = 1024;
/// Pings answered per read; who sends more is not in need of an answer.
const MAX_PONGS: usize = 8;
/// A reason is logged at most this often; it is counted always.
const LOG_EVERY_NS: u64 = 10_000_000_000;
/// What we are to servers that ask which of our nodes speaks.
const NODE: i64 = 1;

/// Reasons for which a message may be refused, by their place in an [`Account`].
pub fn reasons() -> Vec<&'static str> {
    const { assert!(Reject::COUNT <= MAX_REASONS) };
    Reject::ALL.map(Reject::as_str).to_vec()
}

/// One source: what is asked of whom, and what is kept from one connection to the next.
#[derive(Debug)]
pub struct Client {
    maker: Rc<Maker>,
    address: String,
    settings: Ivef,
    observer: Observer,
    own: OwnMetrics,
    /// What was published, and of it what the sessions before this one brought.
    published: Account,
    before: Account,
    counted: Counted,
}

/// How a session ended.
#[derive(Debug)]
enum End {
    /// We were told to stop.
    Stopped,
    /// The other side, or the way there.
    Cut(&'static str),
    Failed(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl Client {
    pub fn new(maker: Rc<Maker>, address: String, settings: Ivef) -> Self {
        Self {
            observer: Observer::new(maker.source, settings.sensor),
            own: OwnMetrics::new(maker.metrics.registry(), &maker.name),
            published: Account::default(),
            before: Account::default(),
            counted: Counted::default(),
            maker,
            address,
            settings,
        }
    }

    /// Runs sessions until `stop`.
    pub async fn run(mut self, core: Sender, stop: CancellationToken) {
        let mut wait = tcp::FIRST_WAIT;
        loop {
            let Some(connected) = stop.run_until_cancelled(tcp::connect(&self.address)).await else { return };
            match connected {
                Ok(stream) => {
                    tracing::info!(source = self.maker.name, address = self.address, "connected");
                    self.maker.metrics.peers.increment(1.0);
                    self.maker.metrics.connects.increment(1);
                    let mut session = Session::new(stream, self.maker.peer(), &self.settings);
                    let end = session.run(&mut self, &core, &stop).await;
                    session.stream.end(|item| {
                        if let Item::Reject { reason, .. } = item {
                            tracing::debug!(source = self.maker.name, reason = reason.as_str(), "cut off");
                        }
                    });
                    self.publish(&mut session);
                    self.before = self.published.clone();
                    self.maker.metrics.peers.decrement(1.0);
                    self.own.serving.set(0.0);
                    match end {
                        End::Stopped => {
                            session.leave().await;
                            return;
                        }
                        End::Cut(why) => {
                            tracing::warn!(
                                source = self.maker.name,
                                address = self.address,
                                why,
                                "session ended"
                            );
                        }
                        End::Failed(error) => {
                            tracing::warn!(source = self.maker.name, address = self.address, %error, "session ended");
                        }
                    }
                    // Who was served is worth hurrying for; who was turned away is not.
                    wait = if session.served { tcp::FIRST_WAIT } else { (wait * 2).min(tcp::LONGEST_WAIT) };
                }
                Err(error) => {
                    tracing::warn!(source = self.maker.name, address = self.address, %error, "cannot connect; retry in {wait:?}");
                    wait = (wait * 2).min(tcp::LONGEST_WAIT);
                }
            }
            if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                return;
            }
        }
    }

    /// Shows what was counted since the last time.
    fn publish(&mut self, session: &mut Session) {
        let (counters, before) = (session.stream.counters(), &self.before);
        let counted = self.observer.counted();
        let mut now = Account {
            candidates: before.candidates + counters.candidates,
            used: before.used + counters.messages,
            messages: before.messages + counters.messages,
            observations: self.published.observations + std::mem::take(&mut session.observed),
            rejects: before.rejects,
            ..Account::default()
        };
        for (place, count) in counters.rejects.into_iter().enumerate() {
            now.refuse(place, count);
        }
        self.maker.metrics.publish_frames(&self.published, &now);
        self.published = now;
        self.own.publish(&session.published, counters);
        session.published.clone_from(counters);
        self.own.publish_objects(self.counted, counted);
        self.counted = counted;
    }
}

/// Where a session has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The login is not answered yet.
    LoggingIn,
    /// The server sends what it sends us by itself; our request is not answered yet.
    Asking,
    /// Objects come.
    Serving,
}

/// One connection.
#[derive(Debug)]
struct Session {
    socket: TcpStream,
    /// Which peer of its source it is.
    peer: u32,
    stream: Stream,
    published: Counters,
    /// Observations not published yet.
    observed: u64,
    phase: Phase,
    /// The identity of what we wait for an answer to.
    asked: String,
    /// When the answer must be there.
    answer_by: Option<tokio::time::Instant>,
    /// When a byte, and when a whole message, came last.
    heard: tokio::time::Instant,
    whole: tokio::time::Instant,
    packed: bool,
    /// Whether objects came.
    served: bool,
    composed: Document,
    out: Vec<u8>,
    events: Vec<Event>,
    logged: Option<Mono>,
}

impl Session {
    fn new(socket: TcpStream, peer: u32, settings: &Ivef) -> Self {
        let now = tokio::time::Instant::now();
        let stream = Stream::new(Rules::Lenient);
        Self {
            socket,
            peer,
            published: stream.counters().clone(),
            stream,
            observed: 0,
            phase: Phase::LoggingIn,
            asked: String::new(),
            answer_by: None,
            heard: now,
            whole: now,
            packed: settings.packed,
            served: false,
            composed: Document::new(),
            out: Vec::new(),
            events: Vec::new(),
            logged: None,
        }
    }

    async fn run(&mut self, client: &mut Client, core: &Sender, stop: &CancellationToken) -> End {
        match self.converse(client, core, stop).await {
            Err(end) => end,
            Ok(()) => End::Stopped,
        }
    }

    async fn converse(
        &mut self,
        client: &mut Client,
        core: &Sender,
        stop: &CancellationToken,
    ) -> Result<(), End> {
        let timeout = Duration::from_secs_f64(client.settings.reply_timeout_s);
        let quiet = Duration::from_secs_f64(client.settings.ping_after_s);
        // A server that trickles bytes and never ends a message is no better than a silent one.
        let endless = quiet * 6 + timeout;
        self.ask(timeout, |document, id| {
            let Secret(password) = &client.settings.password;
            message::login_request(document, id, &client.settings.user, password)
        });
        let mut buffer = BytesMut::with_capacity(READ_BYTES);
        loop {
            self.send(timeout, stop).await?;
            let quiet_until = self.answer_by.unwrap_or(self.heard + quiet).min(self.whole + endless);
            buffer.clear();
            buffer.reserve(READ_BYTES);
            let mut limited = (&mut self.socket).take(READ_BYTES as u64);
            let reading = tokio::time::timeout_at(quiet_until, limited.read_buf(&mut buffer));
            let Some(read) = stop.run_until_cancelled(reading).await else { return Ok(()) };
            let now = tokio::time::Instant::now();
            match read {
                Err(_) if self.answer_by.is_some() => return Err(End::Cut("no answer")),
                Err(_) if now >= self.whole + endless => return Err(End::Cut("no whole message")),
                Err(_) => self.ask(timeout, |document, id| message::ping(document, id, now_utc())),
                Ok(Ok(0)) => return Err(End::Cut("hung up")),
                Ok(Ok(bytes)) => {
                    client.maker.metrics.bytes.increment(bytes as u64);
                    self.heard = now;
                    let read = Mono::now();
                    let arrival = now_utc();
                    client.maker.record(self.peer, arrival, &buffer);
                    let said = self.hear(client, &buffer, arrival, now);
                    self.hand_over(core, read).await;
                    said?;
                }
                Ok(Err(error)) => return Err(error.into()),
            }
        }
    }

    /// Reads what came. An error ends the session.
    fn hear(
        &mut self,
        client: &mut Client,
        bytes: &[u8],
        arrival: UtcTime,
        now: tokio::time::Instant,
    ) -> Result<(), End> {
        let mut stream = std::mem::take(&mut self.stream);
        let (mut pongs, mut end) = (0, None);
        stream.take(bytes, |item| match item {
            Item::Message(document) => {
                self.whole = now;
                if self.phase == Phase::Serving {
                    // Whatever it says shows that it lives: the pong may come behind a whole picture.
                    self.answer_by = None;
                }
                if end.is_none() {
                    end = self.message(client, document, arrival, &mut pongs).err();
                }
            }
            Item::Reject { reason, text } => {
                if self.logged.is_none_or(|at| Mono::now().since_ns(at) > LOG_EVERY_NS) {
                    self.logged = Some(Mono::now());
                    let text = text.get(..text.len().min(120)).unwrap_or(text).escape_ascii();
                    tracing::warn!(source = client.maker.name, reason = reason.as_str(), %text, "message refused (others may follow, counted)");
                }
            }
        });
        self.stream = stream;
        self.observed += self.events.len() as u64;
        client.publish(self);
        if end.is_none() && self.stream.is_broken() {
            end = Some(End::Cut("what it packs cannot be unpacked"));
        }
        end.map_or(Ok(()), Err)
    }

    fn message(
        &mut self,
        client: &mut Client,
        document: &Document,
        arrival: UtcTime,
        pongs: &mut usize,
    ) -> Result<(), End> {
        let Some(message) = Message::of(document) else { return Ok(()) };
        match (message, self.phase) {
            (Message::LoginResponse(reply), Phase::LoggingIn) if self.answers(&reply) => {
                if reply.verdict == Verdict::Declined {
                    client.own.logins[1].increment(1);
                    let reason = reply.reason.unwrap_or_default().escape_debug();
                    tracing::error!(source = client.maker.name, %reason, "login declined");
                    return Err(End::Cut("login declined"));
                }
                client.own.logins[0].increment(1);
                self.answered(client);
                if let Some(service) = &client.settings.service {
                    self.phase = Phase::Asking;
                    let timeout = Duration::from_secs_f64(client.settings.reply_timeout_s);
                    self.ask(timeout, |document, id| message::service_request(document, id, service));
                }
            }
            (Message::ServiceResponse(reply), Phase::Asking) if self.answers(&reply) => {
                let place = match reply.verdict {
                    Verdict::Accepted => 0,
                    Verdict::Declined => 1,
                    Verdict::Restricted => 2,
                };
                if let Some(counter) = client.own.services.get(place) {
                    counter.increment(1);
                }
                if reply.verdict != Verdict::Accepted {
                    let reason = reply.reason.unwrap_or_default().escape_debug();
                    tracing::warn!(source = client.maker.name, verdict = ?reply.verdict, %reason, "service not as asked");
                }
                self.answered(client);
            }
            (Message::Objects, Phase::Asking | Phase::Serving) => {
                self.served = true;
                for object in document.objects() {
                    client.observer.observe(object, arrival, |observation| {
                        self.events.push(Event::Observation(observation));
                    });
                }
            }
            (Message::Ping, _) => {
                if *pongs < MAX_PONGS
                    && let Some(on) = document.id()
                {
                    *pongs += 1;
                    self.say(|composed, id| message::pong(composed, id, on, NODE, arrival));
                }
            }
            (Message::Pong { .. }, Phase::Serving) => {}
            (Message::ServerStatus { is_well, details }, _) => {
                client.own.well.set(if is_well { 1.0 } else { 0.0 });
                let details = details.unwrap_or_default().escape_debug();
                if is_well {
                    tracing::info!(source = client.maker.name, %details, "server is well");
                } else {
                    tracing::warn!(source = client.maker.name, %details, "server is not well: objects may be missing");
                }
            }
            (Message::Logout, _) => return Err(End::Cut("logged out by the server")),
            // Objects before the login is accepted, answers to what was not asked, requests that only servers are sent.
            _ => client.own.unexpected.increment(1),
        }
        Ok(())
    }

    /// Whether a reply is to what was asked last; some dialects do not say.
    fn answers(&self, reply: &Reply<'_>) -> bool {
        let bare = |id: &str| id.trim_matches(['{', '}']).to_ascii_lowercase();
        reply.on.is_none_or(|on| bare(on) == bare(&self.asked))
    }

    fn answered(&mut self, client: &Client) {
        self.answer_by = None;
        self.phase = Phase::Serving;
        client.own.serving.set(1.0);
        client.own.well.set(1.0);
    }

    /// Says something that must be answered.
    fn ask(&mut self, timeout: Duration, compose: impl FnOnce(&mut Document, &str) -> Result<(), Reject>) {
        self.asked = self.say(compose);
        self.answer_by = Some(tokio::time::Instant::now() + timeout);
    }

    /// Composes a message behind what waits to be sent; its identity.
    fn say(&mut self, compose: impl FnOnce(&mut Document, &str) -> Result<(), Reject>) -> String {
        let id = format!("{{{}}}", uuid::Uuid::new_v4());
        match compose(&mut self.composed, &id) {
            Ok(()) if self.packed => {
                let mut plain = Vec::new();
                self.composed.encode(&mut plain);
                pack(&plain, &mut self.out);
            }
            Ok(()) => self.composed.encode(&mut self.out),
            // The configuration is checked: only a defect gets here.
            Err(reason) => tracing::error!(reason = reason.as_str(), "a message of ours is none"),
        }
        id
    }

    async fn send(&mut self, timeout: Duration, stop: &CancellationToken) -> Result<(), End> {
        if self.out.is_empty() {
            return Ok(());
        }
        let sending = tokio::time::timeout(timeout, self.socket.write_all(&self.out));
        match stop.run_until_cancelled(sending).await {
            None => return Err(End::Stopped),
            Some(Err(_)) => return Err(End::Cut("takes nothing")),
            Some(Ok(sent)) => sent?,
        }
        self.out.clear();
        Ok(())
    }

    async fn hand_over(&mut self, core: &Sender, read: Mono) {
        while !self.events.is_empty() {
            let mut events = core.buffer();
            events.extend(self.events.drain(..self.events.len().min(BATCH_EVENTS)));
            core.send(Batch { events, read }).await;
        }
    }

    /// Says good-bye, if the other side takes it at once.
    async fn leave(mut self) {
        self.out.clear();
        self.say(message::logout);
        let goodbye = async {
            self.socket.write_all(&self.out).await?;
            self.socket.shutdown().await
        };
        if !matches!(tokio::time::timeout(Duration::from_millis(250), goodbye).await, Ok(Ok(()))) {
            tracing::debug!("the server did not take the logout");
        }
    }
}

/// What only this kind of source counts.
#[derive(Debug)]
struct OwnMetrics {
    objects: [Counter; 4],
    renumbered: Counter,
    refused: Vec<Counter>,
    oddities: Vec<Counter>,
    logins: [Counter; 2],
    services: [Counter; 3],
    unexpected: Counter,
    serving: Gauge,
    well: Gauge,
}

impl OwnMetrics {
    fn new(metrics: &Metrics, source: &str) -> Self {
        let counter = |name| metrics.counter(name, &[("source", source)]);
        let labelled =
            |name, label, value: &str| metrics.counter(name, &[("source", source), (label, value)]);
        Self {
            renumbered: counter("fairway_ivef_renumbered_total"),
            objects: ["observed", "repeated", "trackless", "aid"]
                .map(|what| labelled("fairway_ivef_objects_total", "what", what)),
            refused: reasons()
                .into_iter()
                .map(|reason| labelled("fairway_ivef_objects_refused_total", "reason", reason))
                .collect(),
            oddities: Oddity::ALL
                .iter()
                .map(|oddity| labelled("fairway_ivef_oddities_total", "what", oddity.as_str()))
                .collect(),
            logins: ["accepted", "declined"]
                .map(|what| labelled("fairway_ivef_logins_total", "verdict", what)),
            services: ["accepted", "declined", "restricted"]
                .map(|what| labelled("fairway_ivef_services_total", "verdict", what)),
            unexpected: counter("fairway_ivef_unexpected_total"),
            serving: metrics.gauge("fairway_ivef_serving", &[("source", source)]),
            well: metrics.gauge("fairway_ivef_server_well", &[("source", source)]),
        }
    }

    fn publish(&self, before: &Counters, now: &Counters) {
        raise(&self.refused, &before.objects_refused, &now.objects_refused);
        raise(&self.oddities, &before.oddities, &now.oddities);
    }

    fn publish_objects(&self, before: Counted, now: Counted) {
        let counts = |c: Counted| [c.observed, c.repeated, c.trackless, c.aids];
        raise(&self.objects, &counts(before), &counts(now));
        self.renumbered.increment(now.renumbered - before.renumbered);
    }
}

fn raise(counters: &[Counter], before: &[u64], now: &[u64]) {
    for (counter, (now, before)) in counters.iter().zip(now.iter().zip(before)) {
        counter.increment(now - before);
    }
}
