//! Neighbours are told the picture, each in his own language.
//!
//! Every peer is an ordinary subscriber of the feed, as a viewer of one area: the hub keeps the newest state for one
//! that is slow, and nothing waits here but what it has just been handed. A language is a [`Speaker`] in a file of its
//! own; another one is one more row in [`speaker`].
//!
//! **Invariant**: what a peer says or does not take costs itself alone.

mod asterix;
mod cot;
mod ivef;
mod nmea;
mod session;
mod signalk;
mod told;

use crate::config::{Gateway, Language};
use crate::feed::Visitors;
use crate::feed::proto::{client_message, server_message::Body};
use crate::metrics::Metrics;
use session::{Counted, Peer};
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::rc::Rc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// What a language makes of the picture.
trait Speaker {
    /// The first words.
    fn greet(&mut self, _out: &mut Out) {}
    /// Something has changed, or a second has passed.
    fn say(&mut self, body: &Body, out: &mut Out);
    /// All that came together has been said.
    fn pause(&mut self, _out: &mut Out) {}
    /// What the peer says.
    ///
    /// # Errors
    /// Why its connection ends.
    fn hear(&mut self, _bytes: &[u8], _out: &mut Out) -> Result<(), &'static str> {
        Ok(())
    }
}

/// What is to be sent.
#[derive(Debug, Default)]
struct Out {
    bytes: Vec<u8>,
    /// Where datagrams end.
    ends: Vec<usize>,
    /// What the feed is asked.
    asks: Vec<client_message::Body>,
    /// Why there is nothing more to say.
    over: Option<&'static str>,
}

impl Out {
    /// What was appended since the last end is one datagram.
    fn end(&mut self) {
        if self.ends.last().copied().unwrap_or(0) < self.bytes.len() {
            self.ends.push(self.bytes.len());
        }
    }

    fn datagrams(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).filter_map(|(from, to)| self.bytes.get(from..*to))
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

fn speaker(gateway: &Gateway) -> Box<dyn Speaker> {
    match &gateway.language {
        Language::Nmea { station } => Box::new(nmea::Nmea::new(*station)),
        Language::SignalK => Box::new(signalk::SignalK::default()),
        Language::Asterix { code } => Box::new(asterix::Asterix::new(*code)),
        Language::Cot => Box::new(cot::Cot::default()),
        Language::Ivef { users } => Box::new(ivef::Ivef::new(users, gateway.area)),
    }
}

/// A door with its sockets.
#[derive(Debug)]
pub struct Bound {
    gateway: Gateway,
    listener: Option<TcpListener>,
    sockets: Vec<UdpSocket>,
}

impl Bound {
    /// Binds what the configuration asks for.
    ///
    /// # Errors
    /// The address that cannot be bound, and why.
    pub fn bind(gateway: Gateway) -> Result<Self, (SocketAddr, io::Error)> {
        let listen = |address| TcpListener::bind(address).map_err(|error| (address, error));
        let listener = gateway.listen.map(listen).transpose()?;
        let socket = |to: &SocketAddr| {
            let any = SocketAddr::new(if to.is_ipv4() { [0; 4].into() } else { [0_u16; 8].into() }, 0);
            let bound = UdpSocket::bind(any).and_then(|socket| {
                socket.connect(to)?;
                socket.set_nonblocking(true)?;
                Ok(socket)
            });
            bound.map_err(|error| (*to, error))
        };
        let sockets = gateway.send.iter().map(socket).collect::<Result<_, _>>()?;
        Ok(Self { gateway, listener, sockets })
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.gateway.name
    }

    /// What it is called, and where it listens.
    #[must_use]
    pub fn address(&self) -> Option<(String, SocketAddr)> {
        Some((self.gateway.name.clone(), self.listener.as_ref()?.local_addr().ok()?))
    }
}

/// How long peers have to take the last of it when the engine stops.
const FAREWELL: Duration = Duration::from_secs(3);
/// Where datagrams go, another subscription is made this long after one has ended.
const AGAIN: Duration = Duration::from_secs(1);

/// Serves until `stop`, and then until the feed has ended.
pub async fn serve(door: Bound, visitors: Visitors, metrics: Metrics, stop: CancellationToken) {
    let mut all = JoinSet::new();
    let Bound { gateway, listener, sockets } = door;
    let gateway = Rc::new(gateway);
    let counted = Rc::new(Counted::new(&metrics, &gateway.name));
    for socket in sockets {
        match tokio::net::UdpSocket::from_std(socket) {
            Ok(socket) => {
                let send = send(Rc::clone(&gateway), socket, visitors.clone(), Rc::clone(&counted));
                all.spawn_local(until_farewell(send, stop.clone()));
            }
            Err(error) => tracing::error!(gateway = gateway.name, %error, "cannot send"),
        }
    }
    let open = |listener: TcpListener| {
        listener.set_nonblocking(true)?;
        tokio::net::TcpListener::from_std(listener)
    };
    match listener.map(open) {
        Some(Ok(listener)) => {
            all.spawn_local(accept(gateway, listener, visitors, counted, stop));
        }
        Some(Err(error)) => tracing::error!(gateway = gateway.name, %error, "cannot listen"),
        None => {}
    }
    while all.join_next().await.is_some() {}
}

async fn until_farewell(task: impl Future<Output = ()>, stop: CancellationToken) {
    let over = async {
        stop.cancelled().await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        () = task => {}
        () = over => {}
    }
}

/// Sends datagrams for ever.
async fn send(gateway: Rc<Gateway>, socket: tokio::net::UdpSocket, visitors: Visitors, counted: Rc<Counted>) {
    let mut peer = Peer::Udp(socket);
    loop {
        let reason = session::run(&gateway, &mut peer, &visitors, &counted).await;
        tracing::info!(gateway = gateway.name, reason, "datagrams pause");
        tokio::time::sleep(AGAIN).await;
    }
}

/// Takes peers until `stop`.
async fn accept(
    gateway: Rc<Gateway>,
    listener: tokio::net::TcpListener,
    visitors: Visitors,
    counted: Rc<Counted>,
    stop: CancellationToken,
) {
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = sessions.join_next() => {}
            taken = listener.accept() => match taken {
                Ok((_, address)) if sessions.len() >= gateway.max_peers => {
                    counted.refuse();
                    tracing::warn!(gateway = gateway.name, %address, "refused: too many");
                }
                Ok((stream, address)) => {
                    let (gateway, visitors) = (Rc::clone(&gateway), visitors.clone());
                    let counted = Rc::clone(&counted);
                    sessions.spawn_local(async move {
                        tracing::info!(gateway = gateway.name, %address, "neighbour connected");
                        let mut peer = Peer::tcp(stream);
                        let reason = session::run(&gateway, &mut peer, &visitors, &counted).await;
                        counted.gone(reason);
                        tracing::info!(gateway = gateway.name, %address, reason, "neighbour gone");
                    });
                }
                Err(error) => {
                    tracing::warn!(gateway = gateway.name, %error, "cannot accept");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
    // Somebody else may be about to listen there.
    drop(listener);
    let all_gone = async { while sessions.join_next().await.is_some() {} };
    if tokio::time::timeout(FAREWELL, all_gone).await.is_err() {
        sessions.shutdown().await;
    }
}
