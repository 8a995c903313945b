//! What is read over HTTP: metrics.

use crate::metrics::Metrics;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use std::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves until `stop`.
pub async fn serve(listener: TcpListener, metrics: Metrics, stop: CancellationToken) {
    let render = move || async move { ([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()) };
    let router = Router::new().route("/metrics", get(render)).route("/livez", get(|| async { "ok\n" }));
    let served =
        match listener.set_nonblocking(true).and_then(|()| tokio::net::TcpListener::from_std(listener)) {
            Ok(listener) => stop.run_until_cancelled(axum::serve(listener, router).into_future()).await,
            Err(error) => Some(Err(error)),
        };
    if let Some(Err(error)) = served {
        tracing::error!(%error, "metrics are no longer served");
    }
}
