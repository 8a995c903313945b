//! What a replay's page is told of its recording besides the feed: when something was raised or marked, who spoke, the sound
//! of radio channels, piece by piece, and its figures.

use crate::recording::Recording;
use crate::recording::catalogue::{Catalogue, CatalogueError};
use crate::recording::voice::{self, MOST_S, TooLong, peaks, sound, spoken, wav};
use axum::extract::{Path, Query};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::get};
use decoders::voice::RATE_HZ;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::io::Cursor;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use units::UtcTime;

/// So many read a recording at the same time: the others wait.
const MOST_AT_ONCE: usize = 2;
/// After so long somebody who waits for figures is told that they are being counted: a connection is cut in the end.
const PATIENCE: Duration = Duration::from_secs(10);
/// A picture of the sound has no more parts.
const MOST_PARTS: usize = 4000;

/// Makes the page of a recording's figures from one instant to another, in Chinese or not: counting is no matter of the
/// engine's.
#[derive(Clone)]
pub struct Figures(Arc<Count>);

type Count = dyn Fn(&Recording, (UtcTime, UtcTime), bool) -> std::io::Result<String> + Send + Sync;

impl Figures {
    /// By what makes it.
    pub fn new(
        count: impl Fn(&Recording, (UtcTime, UtcTime), bool) -> std::io::Result<String> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(count))
    }
}

impl std::fmt::Debug for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Figures").finish_non_exhaustive()
    }
}

/// That page has its charts and their colours in itself, and nothing that runs.
const FIGURES_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; \
     form-action 'none'",
);

/// A recording; nothing where what is shown happens now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past(Option<Arc<Recorded>>);

#[derive(Debug)]
struct Recorded {
    recording: Arc<Recording>,
    channels: Vec<String>,
    figures: Option<Figures>,
    turns: Arc<Semaphore>,
    /// Whoever counts reads all of it: one at a time.
    counting: Arc<Semaphore>,
    /// What was counted last, for whoever asks again.
    counted: Mutex<Option<(Asked, String)>>,
}

/// From when until when, microseconds, and whether in Chinese.
type Asked = (i64, i64, bool);

/// From when until when, and in how many parts.
#[derive(Deserialize)]
struct Wish {
    from_us: i64,
    to_us: i64,
    parts: Option<usize>,
    lang: Option<String>,
}

impl Wish {
    fn span(&self) -> (UtcTime, UtcTime) {
        (UtcTime::from_unix_us(self.from_us), UtcTime::from_unix_us(self.to_us))
    }
}

impl Past {
    /// Of a recording.
    pub fn of(recording: Arc<Recording>, figures: Option<Figures>) -> Self {
        let (turns, counting) = (Arc::new(Semaphore::new(MOST_AT_ONCE)), Arc::new(Semaphore::new(1)));
        let (channels, counted) = (voice::channels(&recording), Mutex::default());
        Self(Some(Arc::new(Recorded { recording, channels, figures, turns, counting, counted })))
    }

    /// Whether there is a page of figures.
    pub fn has_figures(&self) -> bool {
        self.0.as_ref().is_some_and(|recorded| recorded.figures.is_some())
    }

    /// `/events.json`, `/figures`, `/voice.json`, `/voice/CHANNEL` (WAV), `/voice/CHANNEL/peaks` and `/voice/CHANNEL/spoken`.
    pub fn routes(self) -> Router {
        let channels = self.0.as_ref().map_or_else(Vec::new, |recorded| recorded.channels.clone());
        let told = json!({ "channels": channels, "rate_hz": RATE_HZ, "most_s": MOST_S });
        let (wav, picture, list) = (self.clone(), self.clone(), self.clone());
        let (figures, events) = (self.clone(), self);
        Router::new()
            .route("/events.json", get(move || async move { events.events().await }))
            .route(
                "/figures",
                get(move |Query(wish): Query<Wish>| async move { figures.counted(wish).await }),
            )
            .route("/voice.json", get(move || async move { Json(told) }))
            .route(
                "/voice/{channel}",
                get(move |Path(channel): Path<String>, Query(wish): Query<Wish>| async move {
                    wav.read(channel, wish, in_wav).await
                }),
            )
            .route(
                "/voice/{channel}/peaks",
                get(move |Path(channel): Path<String>, Query(wish): Query<Wish>| async move {
                    picture.read(channel, wish, in_parts).await
                }),
            )
            .route(
                "/voice/{channel}/spoken",
                get(move |Path(channel): Path<String>, Query(wish): Query<Wish>| async move {
                    list.read(channel, wish, listed).await
                }),
            )
    }

    /// Out of the catalogue, where there is one.
    async fn events(self) -> Response {
        match self.0 {
            Some(recorded) => recorded.make(|recording| known(recording, Catalogue::events)).await,
            None => Json(json!([])).into_response(),
        }
    }

    /// Figures from one instant to another.
    async fn counted(self, wish: Wish) -> Response {
        let Some((recorded, Figures(count))) =
            self.0.and_then(|recorded| Some((Arc::clone(&recorded), recorded.figures.clone()?)))
        else {
            return (StatusCode::NOT_FOUND, "no such thing\n").into_response();
        };
        let is_chinese = wish.lang.as_deref() == Some("zh");
        // No more than there is, so that the same is asked in one way only.
        let (from_us, to_us) = match recorded.recording.span() {
            Some((first, last)) => (wish.from_us.max(first.unix_us()), wish.to_us.min(last.unix_us())),
            None => (wish.from_us, wish.to_us),
        };
        let asked = (from_us, to_us, is_chinese);
        let here = Arc::clone(&recorded);
        let counting = take_turn(&recorded.counting, move || here.count(&*count, asked));
        let shown = |page: String| {
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            ([(CONTENT_TYPE, html), (CONTENT_SECURITY_POLICY, FIGURES_POLICY)], page).into_response()
        };
        // It is counted on when nobody waits any more, and whoever asks again finds it.
        let Ok(counted) = tokio::time::timeout(PATIENCE, counting).await else {
            return shown(waiting(is_chinese));
        };
        match counted {
            Some(Ok(page)) => shown(page),
            Some(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
            None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }

    async fn read(
        self,
        channel: String,
        wish: Wish,
        make: fn(&Recording, &str, &Wish) -> Response,
    ) -> Response {
        let Some(recorded) = self.0.filter(|recorded| recorded.channels.contains(&channel)) else {
            return (StatusCode::NOT_FOUND, "no such channel\n").into_response();
        };
        recorded.make(move |recording| make(recording, &channel, &wish)).await
    }
}

impl Recorded {
    /// Reads in it, when it is its turn.
    async fn make(&self, make: impl FnOnce(&Recording) -> Response + Send + 'static) -> Response {
        let recording = Arc::clone(&self.recording);
        let made = take_turn(&self.turns, move || make(&recording)).await;
        made.unwrap_or_else(|| StatusCode::SERVICE_UNAVAILABLE.into_response())
    }

    /// The page of figures; the one that was made last is made once.
    fn count(&self, count: &Count, asked: Asked) -> std::io::Result<String> {
        let last = || self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, page)) = last().as_ref().filter(|(of, _)| *of == asked) {
            return Ok(page.clone());
        }
        let (from_us, to_us, is_chinese) = asked;
        let span = (UtcTime::from_unix_us(from_us), UtcTime::from_unix_us(to_us));
        let page = count(&self.recording, span, is_chinese)?;
        *last() = Some((asked, page.clone()));
        Ok(page)
    }
}

/// A page that asks again by itself.
fn waiting(is_chinese: bool) -> String {
    let (lang, text) = if is_chinese { ("zh-CN", "正在统计…") } else { ("en", "Counting …") };
    format!(
        "<!doctype html><html lang=\"{lang}\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"1\">\
         <title>{text}</title><p>{text}</p></html>"
    )
}

/// Works where nobody waits for a disk, when it is its turn, and keeps the turn until it is done, whoever has gone meanwhile.
async fn take_turn<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let turn = Arc::clone(turns).acquire_owned().await.ok()?;
    let work = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    work.await.ok()
}

/// What the catalogue knows; where there is none, nothing.
fn known<T: Default + Serialize>(
    recording: &Recording,
    ask: impl FnOnce(&Catalogue) -> Result<T, CatalogueError>,
) -> Response {
    match Catalogue::look(&recording.folder).and_then(|catalogue| ask(&catalogue)) {
        Ok(known) => Json(known).into_response(),
        Err(CatalogueError::None) => Json(T::default()).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

fn in_wav(recording: &Recording, channel: &str, wish: &Wish) -> Response {
    let (from, to) = wish.span();
    if to.since(from) > MOST_S as f64 {
        return (StatusCode::BAD_REQUEST, format!("{TooLong}\n")).into_response();
    }
    let mut bytes = Vec::new();
    match wav(recording, channel, (from, to), Cursor::new(&mut bytes)) {
        Ok(_) => ([(CONTENT_TYPE, "audio/wav")], bytes).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

/// Who spoke, however long it was: out of the catalogue, where there is one.
fn listed(recording: &Recording, channel: &str, wish: &Wish) -> Response {
    known(recording, |catalogue| catalogue.spoken(channel, wish.from_us, wish.to_us))
}

fn in_parts(recording: &Recording, channel: &str, wish: &Wish) -> Response {
    let (from, to) = wish.span();
    let found = match sound(recording, channel, from, to) {
        Ok(found) => found,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    let (spoken, faults) = spoken(recording, from, to);
    let spoken: Vec<_> = spoken.into_iter().filter(|spurt| spurt.source == channel).collect();
    let faults: Vec<String> = found.faults.iter().chain(&faults).map(ToString::to_string).collect();
    let peaks = peaks(&found.samples, wish.parts.unwrap_or(MOST_PARTS).min(MOST_PARTS));
    let told = json!({
        "peaks": peaks, "packets": found.packets, "refused": found.refused, "faults": faults,
        "spoken": spoken,
    });
    Json(told).into_response()
}
