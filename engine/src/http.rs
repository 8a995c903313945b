//! What is read over HTTP: health, metrics, the wall display, and the feed for pages, whose WebSocket begins here and goes on
//! with the feed.

use crate::cameras::album::Album;
use crate::config::HttpLimits;
use crate::feed::entry::Entry;
use crate::life::Life;
use crate::lobby::{self, Doors, Lobby};
use crate::login;
use crate::metrics::Metrics;
use crate::tls::Tls;
use crate::wall::{self, Wall};
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::net::TcpListener;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The port, and what is behind it.
pub struct Port {
    pub metrics: Metrics,
    pub visitors: Doors,
    pub album: Album,
    pub wall: Wall,
    pub life: Life,
    pub tls: Option<Arc<Tls>>,
    pub limits: HttpLimits,
    pub entry: Arc<Entry>,
}

impl Port {
    /// Serves until `stop`.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        let Self { metrics, visitors, album, wall, life, tls, limits, entry } = self;
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
            (
                [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")],
                life.status(&metrics),
            )
        };
        let counted = metrics.clone();
        let render = move || async move { ([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()) };
        // Who asks for the feed on a connection that was used before: a WebSocket has one of its own.
        let late = || async {
            (StatusCode::UPGRADE_REQUIRED, "the first request of a connection, as a WebSocket\n")
        };
        let router = wall
            .routes(entry.has_people())
            .route("/metrics", get(render))
            .route("/pictures/{sha256}", get(picture))
            .route("/livez", get(move || async move { healthy(&lives.faults()) }))
            .route("/readyz", get(move || async move { healthy(&ready.hindrances()) }))
            .route("/status", get(status))
            .route("/feed", get(late))
            .route("/feed/beside", get(late))
            // A camera's picture is what a camera says it is: no less than the page.
            .layer(middleware::from_fn(wall::guarded))
            // These have headers of their own.
            .merge(login::routes(&entry, tls.is_some()));
        let router = login::guarded(router, &entry);
        let lobby = Lobby { visitors, tls, limits, metrics: counted };
        if let Some(Err(error)) = stop.run_until_cancelled(lobby::serve(listener, lobby, router)).await {
            tracing::error!(%error, "HTTP is no longer served");
        }
    }
}

/// 200, or 503 and what is wrong.
fn healthy(faults: &[String]) -> Response {
    if faults.is_empty() {
        return "ok\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, faults.join("\n") + "\n").into_response()
}
