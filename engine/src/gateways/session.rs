//! One peer: a subscription of the feed on one side, its own language on the other.

use super::{Out, Speaker, speaker};
use crate::config::Gateway;
use crate::feed::Visitors;
use crate::feed::console::{Dialogue, Wire};
use crate::feed::proto;
use crate::metrics::Metrics;
use socket2::SockRef;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// A peer that takes nothing for this long is cut.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the kernel may hold for a peer: much more, and a slow one sees the past.
const SEND_BUFFER: usize = 64 * 1024;
/// Read at once, of the feed and of the peer.
const FEED_BYTES: usize = 16 * 1024;
const PEER_BYTES: usize = 4 * 1024;
/// After so many datagrams a breath is taken, so that receivers can follow a whole picture.
const BURST: usize = 32;
const BREATH: Duration = Duration::from_millis(1);

/// Who is spoken to.
pub(super) enum Peer {
    Tcp(TcpStream),
    Udp(UdpSocket),
}

impl Peer {
    pub fn tcp(stream: TcpStream) -> Self {
        let socket = SockRef::from(&stream);
        if let Err(error) =
            socket.set_tcp_nodelay(true).and_then(|()| socket.set_send_buffer_size(SEND_BUFFER))
        {
            tracing::warn!(%error, "a slow neighbour will see older data than it should");
        }
        Self::Tcp(stream)
    }

    async fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(into).await,
            // Nobody answers a datagram here.
            Self::Udp(_) => std::future::pending().await,
        }
    }

    async fn send(&mut self, out: &Out, counted: &Counted) -> Result<(), &'static str> {
        match self {
            Self::Tcp(stream) => {
                let mut rest = out.bytes.as_slice();
                while !rest.is_empty() {
                    let sent = timeout(PATIENCE, stream.write(rest)).await;
                    let Ok(sent) = sent else { return Err("took nothing for ten seconds") };
                    match sent {
                        Ok(0) | Err(_) => return Err("connection lost"),
                        Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
                    }
                }
            }
            Self::Udp(socket) => {
                for (number, datagram) in out.datagrams().enumerate() {
                    // Nobody there is said by the next one's error, and is no reason to stop.
                    if socket.send(datagram).await.is_err() {
                        counted.unsent.increment(1);
                    }
                    if number % BURST == BURST - 1 {
                        tokio::time::sleep(BREATH).await;
                    }
                }
            }
        }
        counted.bytes.increment(out.bytes.len() as u64);
        Ok(())
    }
}

/// Speaks with a peer until one of the two has had enough: why.
pub(super) async fn run(
    gateway: &Gateway,
    peer: &mut Peer,
    visitors: &Visitors,
    counted: &Counted,
) -> &'static str {
    let Ok(mut feed) = visitors.subscribe(&gateway.name).await else { return "no room at the feed" };
    let mut dialogue = Dialogue::new(Wire::Proto, hello(gateway));
    let mut speaker = speaker(gateway);
    let (mut from_feed, mut from_peer) = (vec![0; FEED_BYTES], vec![0; PEER_BYTES]);
    let mut out = Out::default();
    let mut hears = true;
    counted.peers.increment(1.0);
    let _gone = Leaves(counted);
    speaker.greet(&mut out);
    loop {
        for ask in out.asks.drain(..) {
            dialogue.say(ask);
        }
        let asked = dialogue.outgoing();
        if !asked.is_empty() && feed.write_all(&asked).await.is_err() {
            return "the feed ended";
        }
        if let Err(reason) = peer.send(&out, counted).await {
            return reason;
        }
        out.clear();
        if let Some(reason) = out.over {
            return reason;
        }
        tokio::select! {
            read = feed.read(&mut from_feed) => {
                let taken = read.ok().filter(|read| *read > 0).and_then(|read| from_feed.get(..read));
                let Some(bytes) = taken else { return "the feed ended" };
                if let Err(error) = told(bytes, &mut dialogue, speaker.as_mut(), &mut out) {
                    tracing::error!(gateway = gateway.name, %error, "the feed is not understood");
                    return "the feed is not understood";
                }
            }
            read = peer.read(&mut from_peer), if hears => match read {
                // Whoever only closes its sending side still listens.
                Ok(0) => hears = false,
                Ok(read) => {
                    let heard = speaker.hear(from_peer.get(..read).unwrap_or_default(), &mut out);
                    if let Err(reason) = heard {
                        // The last words, where there are any; it ends whether it takes them or not.
                        let _gone_already = peer.send(&out, counted).await;
                        return reason;
                    }
                }
                Err(_) => return "connection lost",
            }
        }
    }
}

fn told(bytes: &[u8], dialogue: &mut Dialogue, speaker: &mut dyn Speaker, out: &mut Out) -> io::Result<()> {
    dialogue.take(bytes)?;
    dialogue.messages(|message| {
        if let Some(body) = &message.body {
            speaker.say(body, out);
        }
    })?;
    speaker.pause(out);
    Ok(())
}

fn hello(gateway: &Gateway) -> proto::Hello {
    let boxes = gateway.area.map(|[south, west, north, east]| proto::Box { south, west, north, east });
    let area = boxes.map(|one| proto::Area { boxes: vec![one], ..proto::Area::default() });
    let subscription = proto::Subscribe {
        id: 1,
        things: vec!["tracks".to_owned(), "marks".to_owned()],
        area,
        period_ms: (gateway.period_s * 1000.0) as u32,
        ..proto::Subscribe::default()
    };
    proto::Hello {
        client: format!("gateway {}", gateway.name),
        subscriptions: vec![subscription],
        ..proto::Hello::default()
    }
}

/// Figures of one door.
pub(super) struct Counted {
    metrics: Metrics,
    name: String,
    peers: metrics::Gauge,
    bytes: metrics::Counter,
    unsent: metrics::Counter,
}

impl Counted {
    pub fn new(metrics: &Metrics, name: &str) -> Self {
        let label = &[("gateway", name)];
        Self {
            peers: metrics.gauge("fairway_gateway_peers", label),
            bytes: metrics.counter("fairway_gateway_sent_bytes_total", label),
            unsent: metrics.counter("fairway_gateway_datagrams_unsent_total", label),
            metrics: metrics.clone(),
            name: name.to_owned(),
        }
    }

    pub fn refuse(&self) {
        self.gone("too many");
    }

    /// A peer has gone, and why.
    pub fn gone(&self, reason: &'static str) {
        let labels = &[("gateway", self.name.as_str()), ("reason", reason)];
        self.metrics.counter("fairway_gateway_ends_total", labels).increment(1);
    }
}

/// Takes a peer off the count however its session ends.
struct Leaves<'a>(&'a Counted);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.peers.decrement(1.0);
    }
}
