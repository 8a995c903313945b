//! One client's connection: it is greeted, says what it wants, and then takes what the hub has for it at its own
//! pace.

use super::Visitor;
use super::access::{Action, Tokens, User, may};
use super::bridge;
use super::entry::Entry;
use super::format::{Format, Unreadable, cut, encode, error, frame};
use super::hub::{ClientId, Filled, Guest, HEARTBEAT_MS, SharedHub};
use super::outlet::SharedOutlet;
use super::people::Key;
use super::places::{Allowance, Place, Taken};
use super::proto::{self, ClientMessage, client_message::Body as Said, server_message::Body};
use super::websocket::{self, Upgrade, WebSocket};
use crate::clock::now_utc;
use crate::config::{Desk, Limits};
use crate::metrics::Metrics;
use crate::operator::Commands;
use crate::stream::{Parked, Stream};
use crate::tls::{self, Tls};
use decoders::arpa::Command;
use socket2::SockRef;
use std::cell::RefCell;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tungstenite::protocol::Role;

/// What the kernel may hold for a client: much more, and a slow one sees the past.
const SEND_BUFFER: usize = 16 * 1024;
const NOT_SENT: u32 = 4 * 1024;
/// How much is encoded for a client before it has taken it ...
const FILL_BYTES: usize = 16 * 1024;
/// ... and for one that could not take the last at once: what waits here as bytes is not replaced any more.
const SLOW_FILL_BYTES: usize = 2 * 1024;
/// A peer that acknowledges nothing for this long is gone.
const USER_TIMEOUT: Duration = Duration::from_secs(8);
/// Silence for this long after connecting is a hello too: a person with `nc` says nothing.
const HELLO_WAIT: Duration = Duration::from_secs(1);
/// How long the peer has to take the last of it.
const LINGER: Duration = Duration::from_millis(500);
/// What opens a connection in Protobuf.
pub const MAGIC: &[u8] = b"FWP1";

/// What every connection needs.
pub struct Door {
    pub hub: SharedHub,
    pub entry: Arc<Entry>,
    pub limits: Limits,
    pub max_clients: usize,
    pub desks: Vec<Desk>,
    pub commands: Commands,
    pub taken: RefCell<Taken>,
    pub tls: Option<Arc<Tls>>,
    pub metrics: Metrics,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug)]
enum End {
    /// By itself, or by its network.
    Left(&'static str),
    /// We had enough of it.
    Cut(&'static str),
}

/// Takes clients for ever.
pub async fn accept(listener: TcpListener, has_messages: bool, door: Rc<Door>) {
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                // Sentences have no TLS: those who speak them do not know it.
                let tls = door.tls.clone().filter(|_| has_messages);
                admit(Come::New(stream, tls), address, has_messages, None, &door);
            }
            // Out of descriptors, or a client that left before we looked: neither ends the feed.
            Err(error) => {
                tracing::warn!(%error, "cannot accept");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Takes clients that came by another door.
pub async fn show_in(mut visitors: tokio::sync::mpsc::Receiver<Visitor>, has_feed: bool, door: Rc<Door>) {
    while let Some(Visitor { stream, address, known }) = visitors.recv().await {
        if !has_feed && known.is_none() {
            continue;
        }
        admit(Come::Over(stream), address, true, known, &door);
    }
}

/// A connection that is to be let in.
enum Come {
    /// By our own door, with the certificate to show it.
    New(TcpStream, Option<Arc<Tls>>),
    /// By another, which has shaken hands.
    Over(Parked),
}

fn admit(come: Come, address: SocketAddr, has_messages: bool, known: Option<User>, door: &Rc<Door>) {
    let place = match Place::take(door, address.ip(), has_messages) {
        Ok(place) => place,
        Err(reason) => {
            turn_away(&come, has_messages, reason);
            tracing::warn!(%address, reason, "refused");
            return;
        }
    };
    let door = Rc::clone(door);
    tokio::task::spawn_local(async move {
        let opened = match come {
            Come::New(stream, tls) => {
                let opened = tokio::time::timeout(tls::HANDSHAKE, Stream::open(stream, tls.as_deref())).await;
                tls::counted(opened, &door.metrics)
            }
            Come::Over(parked) => parked.resume().await,
        };
        let stream = match opened {
            Ok(stream) => stream,
            Err(error) => return tracing::info!(%address, %error, "no handshake"),
        };
        tracing::info!(%address, "client connected");
        let (end, mut line) = serve(stream, address, has_messages, known, &door).await;
        line.linger().await;
        drop(place);
        let (End::Left(reason) | End::Cut(reason)) = end;
        tracing::info!(%address, reason, "client gone");
    });
}

fn turn_away(come: &Come, has_messages: bool, text: &str) {
    // Under TLS nobody would understand it before a handshake, which is what there is no room for.
    if let (Come::New(stream, None), true) = (come, has_messages) {
        let mut out = Vec::new();
        frame(Format::Json, 1, &encode(Format::Json, error(503, text, true)), &mut out);
        // The socket is new and empty: it fits, or the client is gone already.
        let _gone_already = stream.try_write(&out);
    }
}

async fn serve(
    stream: Stream,
    address: SocketAddr,
    has_messages: bool,
    known: Option<User>,
    door: &Door,
) -> (End, Line) {
    let socket = SockRef::from(stream.tcp());
    let tuned = socket
        .set_tcp_nodelay(true)
        .and_then(|()| socket.set_send_buffer_size(SEND_BUFFER))
        .and_then(|()| socket.set_tcp_notsent_lowat(NOT_SENT))
        .and_then(|()| socket.set_tcp_user_timeout(Some(USER_TIMEOUT)));
    if let Err(error) = tuned {
        tracing::warn!(%error, "a slow client will see older data than it should");
    }
    let tcp = Arc::clone(stream.tcp());
    let mut line = Line {
        tcp,
        outlet: SharedOutlet::new(stream),
        format: Format::Nmea,
        said: Vec::new(),
        reading: true,
        cookie: None,
        session: None,
    };
    let end = line.talk(address, has_messages, known, door).await;
    (end, line)
}

impl Line {
    /// From the greeting to the end.
    async fn talk(
        &mut self,
        address: SocketAddr,
        has_messages: bool,
        known: Option<User>,
        door: &Door,
    ) -> End {
        let mut hello = proto::Hello::default();
        if has_messages {
            self.format = Format::Json;
            match self.greet(&door.limits).await {
                Ok(said) => hello = said,
                Err(refusal) => return self.refuse(refusal),
            }
            if hello.version > 1 {
                tracing::debug!(%address, version = hello.version, "speaks a later version too");
            }
        }
        let machine = self.outlet.lock().stream.certificate().filter(|_| hello.token.is_none());
        let machine = machine.and_then(|certificate| door.entry.machine(&certificate));
        // A page has its session's token in a cookie.
        let token = hello.token.as_deref().or(self.cookie.as_deref());
        let user = known.or(machine).or_else(|| door.entry.user(token));
        let user = user.filter(|user| may(user.role, Action::Look));
        self.session = door.entry.session(token);
        // Sentences have no word for a token: whoever may reach their port may read them, and who may do more is
        // known by address.
        let desk = door.desks.iter().find(|desk| desk.address == address.ip().to_canonical());
        let desk = desk.map(|desk| User { name: Some(desk.name.clone()), role: desk.role });
        let user = if has_messages { user } else { desk.or_else(|| Tokens::open().user(None)) };
        let Some(user) = user else {
            return self.refuse((401, "this token is not known here".to_owned()));
        };
        self.outlet.lock().format = self.format;
        let outlet = self.outlet.clone();
        let joined = door.hub.lock().join(Guest { format: self.format, user, address, hello, outlet });
        let (id, notify) = match joined {
            Ok(joined) => joined,
            Err(refusal) => return self.refuse(refusal),
        };
        let end = self.pump(id, &notify, door, address).await;
        let cut = if let End::Cut(reason) = end { Some(reason) } else { None };
        door.hub.lock().leave(id, cut);
        end
    }
}

/// A connection and what has been read of it.
struct Line {
    tcp: Arc<TcpStream>,
    outlet: SharedOutlet,
    format: Format,
    /// What the client said and was not understood yet.
    said: Vec<u8>,
    reading: bool,
    /// What an upgrade to WebSocket says who it is.
    cookie: Option<String>,
    /// Where it is here for as long as a session lasts.
    session: Option<Key>,
}

type Refusal = (u32, String);

impl Line {
    /// Closes so that the last that was said arrives: with unread bytes left, a close would be a reset.
    async fn linger(&mut self) {
        let finished = self.outlet.lock().stream.finish();
        if finished.is_ok() {
            let rest = async {
                let mut ignored = [0; 4096];
                while self.readable().await.is_ok() {
                    match self.try_read(&mut ignored) {
                        Ok(1..) => {}
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                        Ok(0) | Err(_) => break,
                    }
                }
            };
            // However that ends, it is over.
            let _patience = tokio::time::timeout(LINGER, rest).await;
        }
    }

    /// Finds out which form the client speaks, and waits for its whole hello, or for a second of silence.
    async fn greet(&mut self, limits: &Limits) -> Result<proto::Hello, Refusal> {
        let connected = Instant::now();
        let mut upgraded = false;
        let mut opened = false;
        loop {
            if !opened && self.outlet.lock().websocket.is_none() {
                opened = self.open()?;
            }
            if !opened && self.said.first() == Some(&b'G') {
                upgraded = self.upgrade(limits)?;
            }
            // A client of WebSocket chooses the form with its first message.
            if (opened || upgraded) && !self.said.is_empty() {
                match cut::<ClientMessage>(self.format, &self.said, limits.message_bytes) {
                    Ok(None) => {}
                    Ok(Some((ClientMessage { body: Some(Said::Hello(hello)) }, used))) => {
                        self.said.drain(..used);
                        return Ok(hello);
                    }
                    Ok(Some(_)) => return Err((400, "the first message is hello".to_owned())),
                    Err(Unreadable::TooLong) => {
                        return Err((
                            413,
                            format!("the hello is longer than {} bytes", limits.message_bytes),
                        ));
                    }
                    Err(Unreadable::Nonsense) => return Err((400, "the hello is not understood".to_owned())),
                }
            }
            let nothing = self.said.is_empty() && !opened && !upgraded;
            let patience = if nothing { HELLO_WAIT } else { Duration::from_millis(limits.hello_ms) };
            match timeout_at(connected + patience, self.read()).await {
                Ok(Ok(0)) | Err(_) if nothing => {
                    // Whoever only closes its sending side still listens.
                    return Ok(proto::Hello::default());
                }
                Err(_) => return Err((408, format!("the hello took longer than {} ms", limits.hello_ms))),
                Ok(Ok(0)) => return Err((400, "the hello is cut short".to_owned())),
                Ok(Ok(_)) => {}
                Ok(Err(reason)) => return Err((400, reason.to_owned())),
            }
        }
    }

    /// Whether the first bytes say which form it is.
    fn open(&mut self) -> Result<bool, Refusal> {
        match self.said.first() {
            None | Some(b'G') => Ok(false),
            Some(b'{') => Ok(true),
            Some(_) if self.said.starts_with(MAGIC) => {
                self.said.drain(..MAGIC.len());
                self.format = Format::Proto;
                Ok(true)
            }
            Some(_) if MAGIC.starts_with(&self.said) => Ok(false),
            Some(_) => {
                let text = "a client begins with a line like {\"hello\":{}}, with FWP1, or with an upgrade to \
                    WebSocket";
                Err((400, text.to_owned()))
            }
        }
    }

    /// Whether it is a WebSocket now.
    fn upgrade(&mut self, limits: &Limits) -> Result<bool, Refusal> {
        match websocket::upgrade(&self.said) {
            Upgrade::Partial => Ok(false),
            Upgrade::Refuse(answer) => {
                let _gone_already = self.outlet.lock().stream.try_write(&answer);
                // Said in its own words already.
                Err((0, "no upgrade".to_owned()))
            }
            Upgrade::Switch(answer, used, cookie) => {
                self.cookie = cookie;
                let _gone_already = self.outlet.lock().stream.try_write(&answer);
                let early: Vec<u8> = self.said.drain(..).skip(used).collect();
                let websocket = WebSocket::new(Role::Server, limits.message_bytes);
                self.outlet.lock().websocket = Some(Box::new(websocket));
                self.take(&early).map_err(|reason| (400, reason.to_owned()))?;
                Ok(true)
            }
        }
    }

    /// Takes bytes of the socket.
    fn take(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        let Some(websocket) = &mut self.outlet.lock().websocket else {
            self.said.extend_from_slice(bytes);
            return Ok(());
        };
        if let Some(format) = websocket.take(bytes, &mut self.said)? {
            self.format = format;
        }
        Ok(())
    }

    /// Reads what is there, or waits until something is.
    async fn read(&mut self) -> Result<usize, &'static str> {
        let mut bytes = [0; 4096];
        loop {
            self.readable().await.map_err(|_| "connection lost")?;
            match self.try_read(&mut bytes) {
                Ok(read) => {
                    self.take(bytes.get(..read).unwrap_or_default())?;
                    return Ok(read);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return Err("connection lost"),
            }
        }
    }

    fn refuse(&mut self, (code, text): Refusal) -> End {
        if code > 0 && self.format.has_messages() {
            let mut out = Vec::new();
            frame(self.format, 1, &encode(self.format, error(code, text, true)), &mut out);
            let mut outlet = self.outlet.lock();
            outlet.format = self.format;
            // The socket is new and all but empty: it fits, or the client is gone already.
            let _gone_already = outlet.say(&out);
        }
        End::Left("refused at the door")
    }

    /// When there is something to read; at once where it has come already.
    async fn readable(&self) -> std::io::Result<()> {
        let has_come = self.outlet.lock().stream.has_come();
        if has_come { Ok(()) } else { self.tcp.readable().await }
    }

    fn try_read(&self, into: &mut [u8]) -> std::io::Result<usize> {
        self.outlet.lock().stream.try_read(into)
    }

    /// Writes as fast as the client takes it, hears what it says, and returns why it ended.
    async fn pump(&mut self, id: ClientId, notify: &Notify, door: &Door, address: SocketAddr) -> End {
        let hub = &door.hub;
        let (mut out, mut reads) = (Vec::new(), Vec::new());
        let mut heartbeat = tokio::time::interval(Duration::from_millis(HEARTBEAT_MS.into()));
        let no_progress = Duration::from_millis(door.limits.no_progress_ms);
        let mut allowance = Allowance::new(door.limits.messages_per_s);
        let (mut beats, mut last, mut over, mut wake, mut enough) = (0, None, None, None, FILL_BYTES);
        // The first tick is now, and nobody's.
        heartbeat.tick().await;
        loop {
            let pushed = self.outlet.lock().push();
            let Ok(clear) = pushed else { return End::Left("connection lost") };
            let full = !clear;
            if full {
                enough = SLOW_FILL_BYTES;
            } else {
                hub.lock().written(&mut reads);
                if let Some(reason) = last {
                    return reason;
                }
                // What came with the hello, or before we could write.
                if !self.said.is_empty()
                    && let Err(reason) = self.hear(id, door, address, &mut allowance)
                {
                    last = Some(End::Cut(reason));
                }
                last = last.or(over.take());
                wake = None;
                out.clear();
                let said = {
                    // Whoever has the hub next writes after this.
                    let mut hub = hub.lock();
                    match hub.fill(id, enough, &mut out, &mut reads) {
                        Filled::Open(patience) => wake = patience.map(|patience| Instant::now() + patience),
                        Filled::Last(reason) => last = last.or(Some(End::Cut(reason))),
                    }
                    if last.is_some() {
                        hub.part(id);
                    }
                    self.outlet.lock().say(&out)
                };
                match said {
                    Ok(true) => {
                        tokio::task::consume_budget().await;
                        continue;
                    }
                    Ok(false) => enough = FILL_BYTES,
                    Err(_) => return End::Left("connection lost"),
                }
                if let Some(reason) = last {
                    return reason;
                }
            }
            let patience_ends = self.outlet.lock().progress + no_progress;
            tokio::select! {
                _ = self.tcp.writable(), if full => {}
                () = tokio::time::sleep_until(patience_ends), if full => {
                    return End::Cut("took nothing for too long");
                }
                () = notify.notified(), if !full => {}
                () = tokio::time::sleep_until(wake.unwrap_or(patience_ends)), if !full && wake.is_some() => {}
                _ = heartbeat.tick() => {
                    beats += 1;
                    if self.session.is_some_and(|session| !door.entry.is_on(&session)) {
                        self.session = None;
                        hub.lock().answer(id, error(401, "the session is over".to_owned(), true));
                        over = Some(End::Cut("its session is over"));
                    }
                    hub.lock().heartbeat(id, beats);
                }
                // A client that takes nothing is not heard either.
                read = self.readable(), if self.reading && !full => {
                    let mut bytes = [0; 4096];
                    match read.and_then(|()| self.try_read(&mut bytes)) {
                        // Its end is not the end of ours.
                        Ok(0) => self.reading = false,
                        Ok(read) => {
                            if let Err(reason) = self.take(bytes.get(..read).unwrap_or_default()) {
                                return End::Left(reason);
                            }
                        }
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                        Err(_) => return End::Left("connection lost"),
                    }
                }
            }
        }
    }

    /// Does what a bridge says. A plotter talks to its autopilot, too, and not to us.
    fn hear_bridge(&mut self, id: ClientId, door: &Door, address: SocketAddr, allowance: &mut Allowance) {
        let mut wishes = Vec::new();
        bridge::hear(&mut self.said, |wish| wishes.push(wish));
        for wish in wishes {
            let known = door.hub.lock().bridged(wish.name);
            if let (Command::Repeat, Some((.., happening))) = (wish.command, &known) {
                if allowance.take() {
                    door.hub.lock().repeat(id, Arc::clone(happening));
                }
                continue;
            }
            let serial = format!("{:x}", now_utc().unix_ns());
            let order = known.and_then(|(alert, revision, _)| wish.order(alert, revision, &serial));
            let user = door.hub.lock().user(id);
            let refused = match (order, user) {
                (Some(order), Some(user)) if allowance.take() => {
                    door.commands.send(id, user, address, order).err()
                }
                // An alert that nobody knows, a command that is none of ours, or too many of them.
                _ => Some(wish.refusal()),
            };
            if let Some(refused) = refused {
                door.hub.lock().answer(id, Body::Answer(refused));
            }
        }
    }

    /// Does what the client said, as far as that is whole.
    ///
    /// # Errors
    /// It talks too much, or nonsense: it has been told so.
    fn hear(
        &mut self,
        id: ClientId,
        door: &Door,
        address: SocketAddr,
        allowance: &mut Allowance,
    ) -> Result<(), &'static str> {
        if self.format == Format::Nmea {
            self.hear_bridge(id, door, address, allowance);
            return Ok(());
        }
        let answer = |body: Body| door.hub.lock().answer(id, body);
        let mut used = 0;
        let heard = loop {
            let rest = self.said.get(used..).unwrap_or_default();
            let message = match cut::<ClientMessage>(self.format, rest, door.limits.message_bytes) {
                Ok(None) => break Ok(()),
                Ok(Some((message, length))) => {
                    used += length;
                    message
                }
                Err(Unreadable::TooLong) => {
                    answer(error(413, format!("longer than {} bytes", door.limits.message_bytes), true));
                    break Err("said too much at once");
                }
                Err(Unreadable::Nonsense) => {
                    answer(error(400, "this is no message", true));
                    break Err("talks nonsense");
                }
            };
            if !allowance.take() {
                answer(error(
                    429,
                    format!("more than {} messages a second", door.limits.messages_per_s),
                    true,
                ));
                break Err("talks too much");
            }
            match message.body {
                None => answer(error(400, "an empty message", false)),
                Some(Said::Command(command)) => {
                    let user = door.hub.lock().user(id);
                    if let Some(user) = user
                        && let Err(refused) = door.commands.send(id, user, address, command)
                    {
                        answer(Body::Answer(refused));
                    }
                }
                Some(said) => door.hub.lock().said(id, said),
            }
        };
        self.said.drain(..used.min(self.said.len()));
        if heard.is_err() {
            self.said.clear();
            self.reading = false;
        }
        heard
    }
}
