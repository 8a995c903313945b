//! What HTTP cameras share: whole requests out of bytes, answers into bytes, digest access.

use decoders::auth;
use std::fmt::Write;

/// A whole request.
pub struct Request {
    pub method: String,
    pub path: String,
    pub authorization: Option<String>,
    pub body: String,
}

/// What it is answered with.
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub media: &'static str,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn new(status: u16, media: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: String::new(), media, body: body.into() }
    }
}

const REALM: &str = "camera";
/// A longer request is refused, bytes.
const MAX_REQUEST: usize = 64 * 1024;

/// Takes whole requests out of what came, and appends what `each` answers. `false`: the connection is of no more use.
pub fn take(received: &mut Vec<u8>, out: &mut Vec<u8>, mut each: impl FnMut(&Request) -> Answer) -> bool {
    while let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(received.get(..end).unwrap_or_default()).into_owned();
        let header = |name: &str| {
            head.lines().skip(1).find_map(|line| {
                let (own, value) = line.split_once(':')?;
                own.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
            })
        };
        let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        if length > MAX_REQUEST {
            return false;
        }
        let whole = end + 4 + length;
        if received.len() < whole {
            break;
        }
        let body = String::from_utf8_lossy(received.get(end + 4..whole).unwrap_or_default()).into_owned();
        received.drain(..whole);
        let mut words = head.split_whitespace().map(str::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let answer = each(&Request { method, path, authorization: header("authorization"), body });
        let reason = if answer.status == 200 { "OK" } else { "Error" };
        let mut text = format!("HTTP/1.1 {} {reason}\r\n{}", answer.status, answer.headers);
        let length = answer.body.len();
        let _ = write!(text, "Content-Type: {}\r\nContent-Length: {length}\r\n\r\n", answer.media);
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(&answer.body);
    }
    received.len() <= MAX_REQUEST
}

/// Whether a request proves who sends it, by the nonce that is good now.
pub fn proves(request: &Request, nonce: &str, user: &str, password: &str) -> bool {
    request.authorization.as_deref().and_then(auth::Parameters::parse).is_some_and(|said| {
        said.get("nonce") == Some(nonce)
            && said.get("username") == Some(user)
            && said.get("uri") == Some(&request.path)
            && said.proves(&request.method, password)
    })
}

/// Who are you?
pub fn challenge(nonce: &str) -> Answer {
    let headers = format!("WWW-Authenticate: Digest realm=\"{REALM}\", nonce=\"{nonce}\", qop=\"auth\"\r\n");
    Answer { headers, ..Answer::new(401, "text/plain", "who are you") }
}
