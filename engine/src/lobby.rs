//! The door of the HTTP port. Whoever comes has little time and little room, and the first to come past that is the
//! first to be refused; who asks for the feed is shown there, and has the feed's limits from then on.

use crate::config::HttpLimits;
use crate::feed::Visitors;
use crate::metrics::Metrics;
use crate::stream::Stream;
use crate::tls::{self, Tls};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What begins a connection that is the feed's, or that of another configuration beside a replay.
const FEED: &[u8] = b"GET /feed";
const BESIDE: &[u8] = b"GET /feed/beside";
/// The head of a request: its bytes, and its lines.
const HEAD_BYTES: usize = 16 * 1024;
const HEADERS: usize = 64;

/// Where whoever asks for a feed is shown in.
pub struct Doors {
    pub feed: Visitors,
    pub beside: Option<Visitors>,
}

/// What a connection meets.
pub struct Lobby {
    pub visitors: Doors,
    pub tls: Option<Arc<Tls>>,
    pub limits: HttpLimits,
    pub metrics: Metrics,
}

/// Serves until it is dropped.
pub async fn serve(listener: std::net::TcpListener, lobby: Lobby, router: Router) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let lobby = Arc::new(lobby);
    let mut inside = JoinSet::new();
    let mut of_address: HashMap<IpAddr, usize> = HashMap::new();
    let clients = lobby.metrics.gauge("fairway_http_clients", &[]);
    loop {
        clients.set(inside.len() as f64);
        tokio::select! {
            come = listener.accept() => {
                let (stream, address) = match come {
                    Ok(come) => come,
                    // Out of descriptors, or a client that left before we looked.
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                };
                let ip = address.ip().to_canonical();
                let count = of_address.get(&ip).copied().unwrap_or(0);
                let reason = if inside.len() >= lobby.limits.clients {
                    "no room"
                } else if count >= lobby.limits.per_address && !ip.is_loopback() {
                    "address"
                } else {
                    of_address.insert(ip, count + 1);
                    let (lobby, router) = (Arc::clone(&lobby), router.clone());
                    inside.spawn(async move {
                        if let Err(reason) = lobby.receive(stream, address, router).await {
                            lobby.count("fairway_http_cut_total", reason);
                        }
                        ip
                    });
                    continue;
                };
                lobby.count("fairway_http_refused_total", reason);
            }
            Some(done) = inside.join_next() => {
                if let Ok(ip) = done
                    && let Some(count) = of_address.get_mut(&ip)
                {
                    *count -= 1;
                    if *count == 0 {
                        of_address.remove(&ip);
                    }
                }
            }
        }
    }
}

impl Lobby {
    fn count(&self, name: &'static str, reason: &'static str) {
        self.metrics.counter(name, &[("reason", reason)]).increment(1);
    }

    /// One connection to its end, or as far as the feed's door; why it was cut, where it was.
    async fn receive(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        router: Router,
    ) -> Result<(), &'static str> {
        let opened = tokio::time::timeout(tls::HANDSHAKE, Stream::open(stream, self.tls.as_deref())).await;
        // Counted there.
        let Ok(mut stream) = tls::counted(opened, &self.metrics) else { return Ok(()) };
        let request = Duration::from_millis(self.limits.request_ms);
        match tokio::time::timeout(request, wish(&mut stream)).await {
            Ok(Some(Wish::Feed)) => {
                self.visitors.feed.show_in(stream, address);
                return Ok(());
            }
            Ok(Some(Wish::Beside)) => {
                if let Some(beside) = &self.visitors.beside {
                    beside.show_in(stream, address);
                    return Ok(());
                }
            }
            Ok(Some(Wish::Page)) => {}
            Ok(None) => return Ok(()),
            Err(_) => return Err("slow"),
        }
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(request)
            .max_headers(HEADERS)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
        let mut connection = pin!(connection);
        let life = Duration::from_millis(self.limits.life_ms);
        let done = if let Ok(done) = tokio::time::timeout(life, connection.as_mut()).await {
            done
        } else {
            // What is asked for already is still answered, and as much time again is enough for that.
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(life, connection).await.map_err(|_| "long")?
        };
        match done {
            Err(error) if error.is_timeout() => Err("slow"),
            _ => Ok(()),
        }
    }
}

/// What a connection begins with.
enum Wish {
    Page,
    Feed,
    Beside,
}

/// What it asks for; `None` where the peer has gone. What it said is left to be read.
async fn wish(stream: &mut Stream) -> Option<Wish> {
    loop {
        let (begun, is_end) = stream.look().await.ok()?;
        for (path, wish) in [(FEED, Wish::Feed), (BESIDE, Wish::Beside)] {
            if matches!(begun.strip_prefix(path), Some([b' ' | b'?', ..])) {
                return Some(wish);
            }
        }
        // The longer of both begins with the shorter.
        if !BESIDE.starts_with(begun) {
            return Some(Wish::Page);
        }
        if is_end {
            return None;
        }
    }
}
