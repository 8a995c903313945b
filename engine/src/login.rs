//! Signing in and out over HTTP, and the guard before everything else that is asked for there.

mod form;

use crate::feed::access::{Action, User, may};
use crate::feed::entry::Entry;
use crate::feed::people::Refusal;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use form::{Said, page};
use std::sync::Arc;

/// Longest name and password together, as they are sent.
const MAX_BODY: usize = 4096;

/// Where one signs in and out.
pub fn routes(entry: &Arc<Entry>, is_secure: bool) -> Router {
    let (inside, outside) = (Arc::clone(entry), Arc::clone(entry));
    Router::new()
        .route(
            "/login",
            get(|uri: Uri, headers: HeaderMap| async move { page(Said::Nothing, &headers, &uri) }),
        )
        .route(
            "/login",
            post(move |uri: Uri, headers: HeaderMap, body: Bytes| async move {
                sign_in(&inside, &uri, &headers, &body, is_secure).await
            }),
        )
        .route(
            "/logout",
            post(move |headers: HeaderMap| async move {
                if !is_own(&headers) {
                    return StatusCode::FORBIDDEN.into_response();
                }
                let user = token(&headers).and_then(|token| outside.sign_out(token));
                tracing::info!(user = user.and_then(|user| user.name), "signed out");
                let over = HeaderValue::from_static("fairway=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict");
                (StatusCode::SEE_OTHER, [(LOCATION, HeaderValue::from_static("/login")), (SET_COOKIE, over)])
                    .into_response()
            }),
        )
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// Lets through only whoever may have what is asked for. Without people to sign in, whoever reaches the port may look.
pub fn guarded(router: Router, entry: &Arc<Entry>) -> Router {
    router.layer(middleware::from_fn_with_state(Arc::clone(entry), guard))
}

async fn guard(State(entry): State<Arc<Entry>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // What a supervisor of processes asks, and the way in.
    if !entry.has_people() || matches!(path, "/livez" | "/readyz" | "/login" | "/logout") {
        return next.run(request).await;
    }
    let action = if path == "/metrics" { Action::ReadMetrics } else { Action::Look };
    match entry.user(token(request.headers())) {
        Some(User { role, .. }) if may(role, action) => next.run(request).await,
        Some(_) => (StatusCode::FORBIDDEN, "not with this role\n").into_response(),
        None if path == "/" => {
            (StatusCode::SEE_OTHER, [(LOCATION, to("/login", request.uri()))]).into_response()
        }
        None => (StatusCode::UNAUTHORIZED, "sign in at /login, or send a token as `Authorization: Bearer`\n")
            .into_response(),
    }
}

/// A page of ours, with what stood behind `?`: a screen of the wall keeps its layout.
fn to(page: &'static str, asked: &Uri) -> HeaderValue {
    let whole = asked.query().and_then(|query| HeaderValue::from_str(&format!("{page}?{query}")).ok());
    whole.unwrap_or(HeaderValue::from_static(page))
}

/// What a request says who it is.
fn token(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    bearer.or_else(|| in_cookie(headers.get(COOKIE)?.to_str().ok()?))
}

/// Our own among the cookies of a request.
pub fn in_cookie(cookies: &str) -> Option<&str> {
    cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("fairway="))
}

/// Whether a page of ours asks, or no page at all.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |value: Option<&HeaderValue>| value.and_then(|value| value.to_str().ok().map(str::to_owned));
    let Some(origin) = text(headers.get(ORIGIN)) else { return true };
    let site = origin.split_once("://").map_or(&*origin, |(_, site)| site);
    text(headers.get(HOST)).is_some_and(|host| host.eq_ignore_ascii_case(site))
}

async fn sign_in(entry: &Entry, uri: &Uri, headers: &HeaderMap, body: &[u8], is_secure: bool) -> Response {
    if !is_own(headers) {
        return (StatusCode::FORBIDDEN, "a page of another site may not\n").into_response();
    }
    let again = |said| page(said, headers, uri);
    let (name, password) = (field(body, "name"), field(body, "password"));
    let (Some(name), Some(password)) = (name, password) else { return again(Said::Incomplete) };
    match entry.sign_in(&name, password).await {
        Ok((token, user)) => {
            tracing::info!(user = user.name, role = user.role.as_str(), "signed in");
            if headers.get(ACCEPT).is_some_and(|accept| accept == "application/json") {
                let answer = serde_json::json!({ "token": token, "role": user.role.as_str() });
                return ([(CACHE_CONTROL, "no-store")], axum::Json(answer)).into_response();
            }
            let secure = if is_secure { "; Secure" } else { "" };
            let cookie = format!("fairway={token}; Path=/; HttpOnly; SameSite=Strict{secure}");
            let Ok(cookie) = HeaderValue::from_str(&cookie) else {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            };
            (StatusCode::SEE_OTHER, [(LOCATION, to("/", uri)), (SET_COOKIE, cookie)]).into_response()
        }
        Err(Refusal::Wrong) => {
            tracing::warn!(name, "name or password is wrong");
            again(Said::Wrong)
        }
        Err(Refusal::Locked) => {
            tracing::warn!(name, "locked");
            again(Said::Locked)
        }
        Err(Refusal::Busy) => again(Said::Busy),
    }
}

/// One field of `application/x-www-form-urlencoded`.
fn field(body: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    text.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| decoded(value)).flatten()
    })
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                (high * 16 + low) as u8
            }
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_browsers_write_it() {
        let body = b"name=Lin+Wei&password=%E6%B5%B7+%26%3D%2b";
        assert_eq!(field(body, "name").as_deref(), Some("Lin Wei"));
        assert_eq!(field(body, "password").as_deref(), Some("\u{6d77} &=+"));
        for wrong in ["password", "password=%", "password=%e", "password=%zz", "password=%ff", ""] {
            assert_eq!(field(wrong.as_bytes(), "password"), None, "{wrong}");
        }
    }
}
