//! The page on which people sign in: one form, no script, nothing from elsewhere.

use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// What the form says besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Nothing,
    Incomplete,
    Wrong,
    Locked,
    Busy,
}

impl Said {
    /// Status, English and Chinese.
    const fn words(self) -> (StatusCode, [&'static str; 2]) {
        match self {
            Self::Nothing => (StatusCode::OK, ["", ""]),
            Self::Incomplete => {
                let text = ["Name and password, as a form sends them.", "请填写用户名和密码。"];
                (StatusCode::BAD_REQUEST, text)
            }
            Self::Wrong => (StatusCode::UNAUTHORIZED, ["Name or password is wrong.", "用户名或密码错误。"]),
            Self::Locked => {
                let text = ["Too many wrong passwords. Try again later.", "密码错误次数过多，请稍后再试。"];
                (StatusCode::TOO_MANY_REQUESTS, text)
            }
            Self::Busy => {
                let text = ["Too many at once. Try again.", "登录人数过多，请重试。"];
                (StatusCode::SERVICE_UNAVAILABLE, text)
            }
        }
    }
}

/// Title, name, password, button.
const WORDS: [[&str; 4]; 2] =
    [["Vessel traffic", "Name", "Password", "Sign in"], ["船舶交通", "用户名", "密码", "登录"]];

/// As the wall display looks at dusk: nobody at a dark desk is dazzled by it.
const STYLE: &str = "\
:root{color-scheme:dark;font:500 16px/1.4 'Noto Sans SC',system-ui,sans-serif}\
*{box-sizing:border-box}\
body{margin:0;min-height:100vh;display:grid;place-items:center;background:#081822;color:#e8f1f5}\
main{width:min(24rem,calc(100vw - 2rem));padding:2rem;background:#0e2330;border:1px solid #24424f;border-radius:.5rem}\
h1{margin:0;font-size:1.9rem;line-height:1.2}\
.what{margin:0 0 1.5rem;color:#a3bac6}\
form,label{display:grid}\
form{gap:1rem}\
label{gap:.3rem;color:#a3bac6}\
input,button{font:inherit;padding:.6rem .7rem;border-radius:.3rem;border:1px solid #4d7384}\
input{background:#081822;color:#e8f1f5}\
button{margin-top:.5rem;background:#6cc0ff;border-color:#6cc0ff;color:#06131c;font-weight:700;cursor:pointer}\
:focus-visible{outline:2px solid #6cc0ff;outline-offset:2px}\
[role=alert]{margin:1rem 0 0;padding:.5rem .7rem;border-left:.3rem solid #ffc233;background:#17323f}\
[role=alert]:empty{display:none}";

/// Nothing but that style, by its hash.
static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
    let hash = BASE64.encode(&Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    HeaderValue::from_str(&policy).ok()
});

/// The page. What stands behind `?` is kept by it: the browser sends the form to where it got it.
pub fn page(said: Said, headers: &HeaderMap, uri: &Uri) -> Response {
    let is_chinese = is_chinese(headers, uri);
    let (status, alert) = said.words();
    let [words, other] = WORDS;
    let ([what, name, password, button], lang) = if is_chinese { (other, "zh-CN") } else { (words, "en") };
    let [english, chinese] = alert;
    let alert = if is_chinese { chinese } else { english };
    let page = format!(
        "<!doctype html><html lang=\"{lang}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"icon\" href=\"data:,\"><title>{button} · Fairway</title><style>{STYLE}</style>\
         <main><h1>Fairway</h1><p class=\"what\">{what}</p><form method=\"post\">\
         <label>{name}<input name=\"name\" autocomplete=\"username\" autocapitalize=\"none\" \
         spellcheck=\"false\" autofocus required></label>\
         <label>{password}<input name=\"password\" type=\"password\" autocomplete=\"current-password\" \
         required></label><button>{button}</button></form><p role=\"alert\">{alert}</p></main>\n"
    );
    let Some(policy) = POLICY.clone() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let headers = [
        (CONTENT_SECURITY_POLICY, policy),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (VARY, HeaderValue::from_static("accept-language")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    ];
    (status, headers, Html(page)).into_response()
}

/// As the wall display decides it: by the address, else by what the browser prefers.
fn is_chinese(headers: &HeaderMap, uri: &Uri) -> bool {
    let asked = uri.query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("lang=")));
    if let Some(asked) = asked {
        return asked == "zh";
    }
    let preferred = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    preferred.is_some_and(|all| all.trim_start().get(..2).is_some_and(|it| it.eq_ignore_ascii_case("zh")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_speaks_the_language_that_is_asked_for() {
        let chinese = HeaderMap::from_iter([(ACCEPT_LANGUAGE, HeaderValue::from_static("zh-CN,en;q=0.5"))]);
        let none = HeaderMap::new();
        for (headers, address, expected) in [
            (&none, "/login", false),
            (&chinese, "/login", true),
            (&chinese, "/login?layout=kpi&lang=en", false),
            (&none, "/login?lang=zh", true),
            (&none, "/login?slang=zh", false),
        ] {
            assert_eq!(is_chinese(headers, &Uri::from_static(address)), expected, "{address}");
        }
    }
}
