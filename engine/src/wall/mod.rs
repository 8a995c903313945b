//! The wall display: the page, built from `engine/web` and kept in the binary, and what it is told of the place.
//!
//! **Invariant**: it answers questions with what was there when the engine started; what moves comes by the feed.

pub(crate) mod areas;
mod chart;
pub mod land;
mod past;

pub(crate) use areas::Skies;
pub use chart::ChartError;
pub use past::Figures;
pub(crate) use past::Past;

use crate::config;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use chart::Chart;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::io::Read;
use std::sync::Arc;

/// A file of the page.
struct File {
    path: &'static str,
    media: &'static str,
    /// As gzip has it, where that is shorter.
    is_packed: bool,
    bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/wall_files.rs"));

/// Nothing is loaded from anywhere else, nothing that somebody wrote is run, and nobody puts it in a frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; font-src 'self'; \
     img-src 'self' data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);
const MISSING: &str = "The wall display is not built into this fairway.\n\
    Install Node 20 or later, run `make web` in its source, and build it again.\n\
    The feed, the metrics and everything else work without it.\n";

/// Whether the page is in this binary.
#[must_use]
pub const fn is_built() -> bool {
    !FILES.is_empty()
}

/// What MBTiles have in them, in words.
///
/// # Errors
/// Why they cannot be shown.
pub fn look_at(path: &std::path::Path) -> Result<String, ChartError> {
    let chart = Chart::open(Some(path))?;
    let most = chart.max_zoom().map_or_else(|| "unknown".to_owned(), |zoom| zoom.to_string());
    Ok(format!("{} tiles, to zoom {most}", chart.kind()))
}

/// What the page is told.
#[derive(Clone, Debug)]
pub(crate) struct Wall {
    chart: Arc<Chart>,
    place: Value,
    skies: Skies,
    /// Of another configuration beside a replay.
    skies_beside: Skies,
    past: Past,
}

impl Wall {
    /// Opens the chart, and remembers the rest.
    pub fn new(wall: &config::Wall, watch: &watch::Config) -> Result<Self, ChartError> {
        let chart = Chart::open(wall.chart.as_deref())?;
        let place = json!({
            "title": wall.title, "title_zh": wall.title_zh, "center": wall.center, "zoom": wall.zoom,
            "port": wall.port.map(|port| json!({ "center": port.center, "radius_m": port.radius_m })),
            "chart": {
                "url": chart.url(), "kind": chart.kind(), "max_zoom": chart.max_zoom(),
                "note": wall.chart.is_some().then(|| wall.chart_note.clone().unwrap_or_default()),
            },
            "version": env!("CARGO_PKG_VERSION"),
        });
        let (skies, skies_beside) = (Skies::new(watch), Skies::new(watch));
        Ok(Self { chart: Arc::new(chart), place, skies, skies_beside, past: Past::default() })
    }

    pub fn skies(&self) -> Skies {
        self.skies.clone()
    }

    pub fn skies_beside(&self) -> Skies {
        self.skies_beside.clone()
    }

    /// With another configuration of that name beside it.
    pub fn beside(mut self, name: &str) -> Self {
        if let Some(place) = self.place.as_object_mut() {
            place.insert("beside".to_owned(), name.into());
        }
        self
    }

    /// Of a recording.
    pub fn of(mut self, past: Past) -> Self {
        if let Some(place) = self.place.as_object_mut() {
            place.insert("figures".to_owned(), past.has_figures().into());
        }
        self.past = past;
        self
    }

    /// What is asked for by path. Where people sign in, they can sign out too.
    pub fn routes(self, has_people: bool) -> Router {
        const JSON: &str = "application/json";
        let Self { chart, mut place, skies, skies_beside, past } = self;
        if let Some(place) = place.as_object_mut() {
            place.insert("people".to_owned(), has_people.into());
        }
        let place: Arc<str> = place.to_string().into();
        let tiles = Arc::clone(&chart);
        Router::new()
            .route(
                "/wall.json",
                get(move || async move { ([(CONTENT_TYPE, JSON)], place.to_string()).into_response() }),
            )
            .route(
                "/areas.json",
                get(move || async move { ([(CONTENT_TYPE, JSON)], skies.told()).into_response() }),
            )
            .route(
                "/beside/areas.json",
                get(move || async move { ([(CONTENT_TYPE, JSON)], skies_beside.told()).into_response() }),
            )
            .route(
                "/chart.geojson",
                get(move |headers: HeaderMap| async move {
                    chart.land().map_or_else(missing, |(packed, bytes)| {
                        sent("application/geo+json", packed, bytes, &headers)
                    })
                }),
            )
            .route(
                "/tiles/{z}/{x}/{y}",
                get(move |Path((z, x, y)): Path<(u8, u32, u32)>| async move {
                    match tiles.tile(z, x, y) {
                        Some((media, bytes)) => ([(CONTENT_TYPE, media)], bytes).into_response(),
                        None => StatusCode::NO_CONTENT.into_response(),
                    }
                }),
            )
            .merge(past.routes())
            .fallback(get(page))
    }
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, "no such thing\n").into_response()
}

async fn page(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    if FILES.is_empty() && path == "index.html" {
        return (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain; charset=utf-8")], MISSING)
            .into_response();
    }
    let Some(file) = FILES.iter().find(|file| file.path == path) else { return missing() };
    let mut response = sent(file.media, file.is_packed, file.bytes, request.headers());
    // Their names change with what is in them.
    let keep = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    response
}

/// Packed where the asker takes that, and as it is where not.
fn sent(media: &'static str, is_packed: bool, bytes: &'static [u8], asked: &HeaderMap) -> Response {
    let takes = asked.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let mut response = if is_packed && !takes.is_some_and(|value| value.contains("gzip")) {
        let mut plain = Vec::new();
        match GzDecoder::new(bytes).read_to_end(&mut plain) {
            Ok(_) => plain.into_response(),
            Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    } else {
        let mut response = Body::from(bytes).into_response();
        if is_packed {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

/// What a browser is told not to do.
pub(crate) async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // A page may be stricter, or have its colours in itself.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
