//! The picture goes out: one hub on one thread keeps the newest state of everything, encodes each change once
//! per form and detail, and every client takes it at its own pace.
//!
//! **Invariant**: a client holds at most one entry per track, whatever its speed; the core never waits for the
//! hub, nor the hub for a client.

pub mod access;
mod bridge;
mod charges;
mod connection;
pub mod console;
pub mod digest;
pub(crate) mod entry;
pub(crate) mod format;
pub(crate) mod hub;
pub(crate) mod message;
mod nmea;
mod outbox;
mod outlet;
pub mod people;
mod places;
mod sensors;
pub(crate) mod view;
pub mod websocket;
pub(crate) mod words;

pub use format::Format;
pub use hub::ClientId;
pub use message::{Names, camera, hexadecimal, zone, zone_class};
pub use outbox::{Named, Outbox};
pub use sensors::Sensors;

use crate::clock::Mono;
use crate::config::Feed;
use crate::metrics::Metrics;
use crate::operator::Commands;
use crate::recording::ConsoleTap;
use crate::stream::{Parked, Stream};
use crate::tls::Tls;
use connection::Door;
use hub::{Hub, SharedHub};
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use units::UtcTime;

/// What a kind of alert is called in English and in Chinese, by the number that messages carry.
#[must_use]
pub fn kind_title(kind: u32) -> Option<[&'static str; 2]> {
    u16::try_from(kind).ok().and_then(watch::Kind::of).map(watch::Kind::title)
}

/// The messages of `docs/feed/fairway.proto`.
#[expect(missing_docs, clippy::pedantic, clippy::large_enum_variant, reason = "documented in the .proto")]
pub mod proto {
    include!(concat!(env!("OUT_DIR"), "/fairway.v1.rs"));
}

/// What a cell is besides its number of vessels.
#[derive(Clone, Debug, Default)]
pub struct Charge {
    /// Its grade and score, where it has any.
    pub graded: Option<(watch::Grade, f64)>,
    /// Which unit has charge of it.
    pub unit: Option<String>,
    /// Where its water goes, as far as ships tell.
    pub current: Option<fusion::Current>,
}

/// What leaves the core for the hub.
#[derive(Clone, Debug)]
pub enum Update {
    /// A track as it now stands.
    Track(Box<fusion::Track>),
    /// A track that ended.
    TrackGone(fusion::TrackId, Option<units::Mmsi>, fusion::Gone),
    /// A mark as it now stands.
    Mark(Box<fusion::Mark>),
    /// A mark that fell silent.
    MarkGone(units::Mmsi),
    /// An alert as it now stands.
    Alert(Box<watch::Alert>),
    /// How many vessels are in a cell.
    Cell(units::grid::Cell, u32, Box<Charge>),
    /// One of the few things with a name, as it now stands; `None`: it is no more.
    Named(Named, Arc<str>, Option<Box<proto::server_message::Body>>),
    /// Something that happened, for all who can see it.
    Told(Box<proto::server_message::Body>),
    /// What came of a command, for the client that sent it.
    Answer(ClientId, Box<proto::Answer>),
}

/// What one hand-over to the hub carries.
#[derive(Debug)]
pub struct Updates {
    /// In order; never two of the same track.
    pub updates: Vec<Update>,
    /// Event time of the picture.
    pub now: UtcTime,
    /// When the bytes that caused it were read.
    pub read: Mono,
    /// Tracks in the picture.
    pub tracks: usize,
}

/// The sockets of the feed, bound before anything starts.
#[derive(Debug, Default)]
pub struct Sockets {
    json: Option<TcpListener>,
    nmea: Option<TcpListener>,
}

impl Sockets {
    /// Binds what the configuration asks for.
    ///
    /// # Errors
    /// The address that cannot be bound, and why.
    pub fn bind(config: &Feed) -> Result<Self, (SocketAddr, std::io::Error)> {
        let bind = |address: Option<SocketAddr>| {
            address.map(|address| TcpListener::bind(address).map_err(|error| (address, error))).transpose()
        };
        Ok(Self { json: bind(config.json)?, nmea: bind(config.nmea)? })
    }

    /// Where JSON Lines are served.
    #[must_use]
    pub fn json_address(&self) -> Option<SocketAddr> {
        self.json.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// Where NMEA 0183 is served.
    #[must_use]
    pub fn nmea_address(&self) -> Option<SocketAddr> {
        self.nmea.as_ref().and_then(|listener| listener.local_addr().ok())
    }
}

/// Connections that another door let in, and that want the feed.
#[derive(Clone, Debug)]
pub struct Visitors(mpsc::Sender<Visitor>);

/// A connection, and who it is where that is known: nobody else comes by that way.
#[derive(Debug)]
pub struct Visitor {
    stream: Parked,
    address: SocketAddr,
    known: Option<access::User>,
}

/// Connections on their way from that door to the feed. Past this, they are closed.
const MAX_VISITORS: usize = 256;

impl Visitors {
    /// The door's end, and the feed's.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Visitor>) {
        let (to_feed, at_feed) = mpsc::channel(MAX_VISITORS);
        (Self(to_feed), at_feed)
    }

    /// Hands a connection over, of which nothing has been taken.
    pub(crate) fn show_in(&self, stream: Stream, address: SocketAddr) {
        let visitor = |stream| Visitor { stream, address, known: None };
        let shown = stream.park().is_ok_and(|stream| self.0.try_send(visitor(stream)).is_ok());
        if !shown {
            tracing::warn!(%address, "refused: too many at once, or no feed");
        }
    }

    /// A connection of our own to the feed, as a viewer.
    ///
    /// # Errors
    /// There is no feed any more, or no socket.
    pub async fn subscribe(&self, name: &str) -> std::io::Result<tokio::net::TcpStream> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let ours = std::net::TcpStream::connect(listener.local_addr()?)?;
        let (stream, address) = listener.accept()?;
        if ours.local_addr()? != address {
            // Somebody else on this machine was quicker.
            return Err(std::io::ErrorKind::ConnectionRefused.into());
        }
        ours.set_nonblocking(true)?;
        ours.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let known = access::User { name: Some(format!("gateway {name}")), role: access::Role::Viewer };
        let visitor = Visitor { stream: Parked::plain(stream), address, known: Some(known) };
        self.0.send(visitor).await.map_err(|_| std::io::Error::from(std::io::ErrorKind::BrokenPipe))?;
        tokio::net::TcpStream::from_std(ours)
    }
}

/// How often what histograms were told is summed up.
const SUM_UP: Duration = Duration::from_secs(1);

/// For ever. It is the feed that tells them most.
async fn sum_up(metrics: Metrics) {
    let mut often = tokio::time::interval(SUM_UP);
    loop {
        often.tick().await;
        metrics.sum_up();
    }
}

/// Hand-overs that are taken before anybody is told of them.
const AT_ONCE: usize = 64;

/// Writes to those who are in step when their time has come, for ever.
async fn keep_pace(hub: SharedHub) {
    let pace = Arc::clone(&hub.lock().pace);
    loop {
        let next = hub.lock().keep_pace();
        match next {
            Some(Duration::ZERO) => tokio::task::yield_now().await,
            Some(patience) => {
                // Whichever comes first.
                let _sooner = tokio::time::timeout(patience, pace.notified()).await;
            }
            None => pace.notified().await,
        }
    }
}

/// How long clients have to take the last of it when the engine stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// What serves a picture: nothing is in it, and nobody is there.
pub fn hub(
    config: &Feed,
    names: Arc<Names>,
    metrics: &Metrics,
    recorded: Option<ConsoleTap>,
) -> hub::SharedHub {
    let mut hub = Hub::new(names, config.limits.clone(), metrics);
    (hub.is_replay, hub.recorded) = (config.replay, recorded);
    SharedHub::new(hub)
}

/// Serves until the core is gone and every client has had the last of it.
#[expect(clippy::too_many_arguments, reason = "called once")]
pub async fn serve(
    sockets: Sockets,
    visitors: mpsc::Receiver<Visitor>,
    config: Feed,
    entry: Arc<entry::Entry>,
    commands: Commands,
    updates: outbox::Inbox,
    hub: hub::SharedHub,
    metrics: Metrics,
    tls: Option<Arc<Tls>>,
) {
    let door = Rc::new(Door {
        hub: hub.clone(),
        entry,
        limits: config.limits,
        max_clients: config.max_clients.0,
        desks: config.desks,
        commands,
        taken: std::cell::RefCell::default(),
        tls,
        metrics,
    });
    let sums = door.metrics.clone();
    // Pages find the feed on another door only where there is one.
    let has_feed = sockets.json.is_some();
    let mut listeners = JoinSet::new();
    for (listener, has_messages) in [(sockets.json, true), (sockets.nmea, false)] {
        let Some(listener) = listener else { continue };
        match listener.set_nonblocking(true).and_then(|()| tokio::net::TcpListener::from_std(listener)) {
            Ok(listener) => {
                listeners.spawn_local(connection::accept(listener, has_messages, Rc::clone(&door)));
            }
            Err(error) => tracing::error!(%error, "cannot listen"),
        }
    }
    listeners.spawn_local(connection::show_in(visitors, has_feed, door));
    listeners.spawn_local(sum_up(sums));
    listeners.spawn_local(keep_pace(hub.clone()));
    while updates.has_more().await {
        {
            // Taken out by whoever has the hub: in order.
            let mut hub = hub.lock();
            // Who is behind tells less often.
            let more = std::iter::from_fn(|| updates.waiting());
            more.take(AT_ONCE).for_each(|batch| hub.take(batch));
            hub.settle();
        }
        // However much comes, connections have their turn.
        tokio::task::yield_now().await;
    }
    listeners.shutdown().await;
    hub.lock().close();
    let all_gone = async {
        while hub.lock().clients() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if tokio::time::timeout(FAREWELL, all_gone).await.is_err() {
        tracing::warn!(clients = hub.lock().clients(), "clients that did not take the last of it are cut");
    }
}
