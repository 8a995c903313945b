//! What is read over HTTP: health, metrics, the wall display, and the feed for pages, whose WebSocket begins here and goes on
//! with the feed.

use crate::cameras::album::Album;
use crate::feed::Visitors;
use crate::life::Life;
use crate::metrics::Metrics;
use crate::wall::{self, Wall};
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::Listener;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Serves until `stop`.
pub async fn serve(
    listener: TcpListener,
    metrics: Metrics,
    visitors: Visitors,
    album: Album,
    wall: Wall,
    life: Life,
    stop: CancellationToken,
) {
    let picture = move |Path(sha256): Path<String>| async move {
        match album.find(&sha256) {
            Some(picture) => {
                let media = HeaderValue::from_str(&picture.media);
                let media = media.unwrap_or(HeaderValue::from_static("application/octet-stream"));
                ([(CONTENT_TYPE, media)], picture.bytes.clone()).into_response()
            }
            None => (StatusCode::NOT_FOUND, "not kept here\n").into_response(),
        }
    };
    let (lives, ready, status) = (life.clone(), life.clone(), (life, metrics.clone()));
    let status = move || async move {
        let (life, metrics) = status;
        ([(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")], life.status(&metrics))
    };
    let render = move || async move { ([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()) };
    // Who asks for the feed on a connection that was used before: a WebSocket has one of its own.
    let late =
        || async { (StatusCode::UPGRADE_REQUIRED, "the first request of a connection, as a WebSocket\n") };
    let router = wall
        .routes()
        .route("/metrics", get(render))
        .route("/pictures/{sha256}", get(picture))
        .route("/livez", get(move || async move { healthy(&lives.faults()) }))
        .route("/readyz", get(move || async move { healthy(&ready.hindrances()) }))
        .route("/status", get(status))
        .route("/feed", get(late))
        // A camera's picture is what a camera says it is: no less than the page.
        .layer(middleware::from_fn(wall::guarded));
    let served =
        match listener.set_nonblocking(true).and_then(|()| tokio::net::TcpListener::from_std(listener)) {
            Ok(listener) => {
                let lobby = Lobby { listener, visitors, waiting: JoinSet::new() };
                stop.run_until_cancelled(axum::serve(lobby, router).into_future()).await
            }
            Err(error) => Some(Err(error)),
        };
    if let Some(Err(error)) = served {
        tracing::error!(%error, "HTTP is no longer served");
    }
}

/// 200, or 503 and what is wrong.
fn healthy(faults: &[String]) -> Response {
    if faults.is_empty() {
        return "ok\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, faults.join("\n") + "\n").into_response()
}

/// How long one may be silent who has connected.
const PATIENCE: Duration = Duration::from_secs(5);
/// Those who have connected and said nothing yet. More are closed at once.
const MAX_WAITING: usize = 256;
/// What begins a connection that is the feed's.
const FEED: &[u8] = b"GET /feed";

/// Where connections wait until they have said whom they want. What they say is looked at, and left where it is.
struct Lobby {
    listener: tokio::net::TcpListener,
    visitors: Visitors,
    waiting: JoinSet<Option<(TcpStream, SocketAddr, bool)>>,
}

impl Listener for Lobby {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            tokio::select! {
                (stream, address) = Listener::accept(&mut self.listener) => {
                    if self.waiting.len() < MAX_WAITING {
                        self.waiting.spawn(async move {
                            let wants_feed = tokio::time::timeout(PATIENCE, wants_feed(&stream)).await.ok()??;
                            Some((stream, address, wants_feed))
                        });
                    }
                }
                Some(Ok(Some((stream, address, wants_feed)))) = self.waiting.join_next() => {
                    if !wants_feed {
                        return (stream, address);
                    }
                    self.visitors.show_in(stream, address);
                }
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// `None` where the peer has gone.
async fn wants_feed(stream: &TcpStream) -> Option<bool> {
    loop {
        let mut begun = [0; FEED.len() + 1];
        let length = stream.peek(&mut begun).await.ok()?;
        let (path, after) =
            begun.get(..length)?.split_at_checked(FEED.len()).unwrap_or((begun.get(..length)?, &[]));
        if length == 0 {
            return None;
        }
        if !FEED.starts_with(path) {
            return Some(false);
        }
        if let Some(after) = after.first() {
            return Some(matches!(after, b' ' | b'?'));
        }
        // What has come stays there, so that there is nothing to wait for but time.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
