//! WebSocket as a codec: bytes in, bytes out. The library never sees the socket, so that one way of writing, with
//! one rule for slow clients, serves every form.

use super::format::Format;
use std::io::{self, Read, Write};
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::{Message, Role, WebSocketConfig, WebSocketContext};

/// One side of a connection that has been upgraded.
pub struct WebSocket {
    context: WebSocketContext,
    pipe: Pipe,
}

impl std::fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebSocket").finish_non_exhaustive()
    }
}

/// What the library takes for a socket.
#[derive(Debug, Default)]
struct Pipe {
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.incoming.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let len = self.incoming.len().min(into.len());
        for (place, byte) in into.iter_mut().zip(self.incoming.drain(..len)) {
            *place = byte;
        }
        Ok(len)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WebSocket {
    /// `longest` bounds what the peer may send in one message.
    #[must_use]
    pub fn new(role: Role, longest: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(4096)
            .write_buffer_size(0)
            .max_message_size(Some(longest))
            .max_frame_size(Some(longest));
        Self { context: WebSocketContext::new(role, Some(config)), pipe: Pipe::default() }
    }

    /// Takes bytes of the socket, and appends those of whole messages to `said`. In which form the last of them
    /// was; `None` where there was none.
    ///
    /// # Errors
    /// The peer closed, or broke the protocol.
    pub fn take(&mut self, bytes: &[u8], said: &mut Vec<u8>) -> Result<Option<Format>, &'static str> {
        self.pipe.incoming.extend_from_slice(bytes);
        let mut format = None;
        loop {
            match self.context.read(&mut self.pipe) {
                Ok(Message::Text(text)) => {
                    said.extend_from_slice(text.as_bytes());
                    if !text.ends_with('\n') {
                        said.push(b'\n');
                    }
                    format = Some(Format::Json);
                }
                Ok(Message::Binary(bytes)) => {
                    said.extend_from_slice(&bytes);
                    format = Some(Format::Proto);
                }
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(format);
                }
                Err(tungstenite::Error::Capacity(_)) => return Err("a message that is too long"),
                Err(tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed) => {
                    return Err("closed");
                }
                Err(_) => return Err("not a WebSocket message"),
            }
        }
    }

    /// Puts whole messages of ours into one of theirs.
    pub fn wrap(&mut self, format: Format, bytes: Vec<u8>) {
        let message = match format {
            Format::Proto => Message::binary(bytes),
            Format::Json | Format::Nmea => Message::text(String::from_utf8_lossy(&bytes).into_owned()),
        };
        // Its socket takes everything; what is refused here was refused because the peer has closed.
        drop(self.context.write(&mut self.pipe, message).and_then(|()| self.context.flush(&mut self.pipe)));
    }

    /// What is to be written to the socket: messages, and answers to pings.
    pub fn outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.pipe.outgoing)
    }
}

/// Longest HTTP request.
pub const REQUEST_BYTES: usize = 16 * 1024;
const HEADERS: usize = 64;

/// What comes of an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// It is not whole yet.
    Partial,
    /// Answer this; as many bytes were the request; our cookie, where it has one.
    Switch(Vec<u8>, usize, Option<String>),
    /// Answer this, and close.
    Refuse(Vec<u8>),
}

/// Reads an HTTP request that asks for a WebSocket. A page of another site is refused: its visitors may be ours.
#[must_use]
pub fn upgrade(bytes: &[u8]) -> Upgrade {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let used = match request.parse(bytes) {
        Ok(httparse::Status::Complete(used)) => used,
        Ok(httparse::Status::Partial) if bytes.len() <= REQUEST_BYTES => return Upgrade::Partial,
        _ => return refuse("400 Bad Request", "not an HTTP request"),
    };
    let header = |name: &str| {
        let found = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok()).unwrap_or_default().trim()
    };
    let lists = |name: &str, word: &str| header(name).split(',').any(|w| w.trim().eq_ignore_ascii_case(word));
    if request.method != Some("GET") || !lists("upgrade", "websocket") || !lists("connection", "upgrade") {
        return refuse(
            "426 Upgrade Required",
            "a client begins with a line like {\"hello\":{}}, with FWP1, or \
            with an upgrade to WebSocket",
        );
    }
    if header("sec-websocket-version") != "13" || header("sec-websocket-key").len() != 24 {
        return refuse("400 Bad Request", "WebSocket version 13 and a key are needed");
    }
    let origin = header("origin");
    let site = origin.split_once("://").map_or(origin, |(_, site)| site);
    if !origin.is_empty() && !site.eq_ignore_ascii_case(header("host")) {
        return refuse("403 Forbidden", "a page of another site may not look");
    }
    let key = derive_accept_key(header("sec-websocket-key").as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {key}\r\n\r\n"
    );
    let cookie = crate::login::in_cookie(header("cookie")).map(str::to_owned);
    Upgrade::Switch(answer.into_bytes(), used, cookie)
}

fn refuse(status: &str, text: &str) -> Upgrade {
    let answer = format!(
        "HTTP/1.1 {status}\r\nUpgrade: websocket\r\nConnection: close\r\nContent-Type: text/plain\r\n\
         Content-Length: {}\r\n\r\n{text}\n",
        text.len() + 1
    );
    Upgrade::Refuse(answer.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASK: &str = "GET /feed HTTP/1.1\r\nHost: fairway.example:4711\r\nUpgrade: websocket\r\nConnection: \
        keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

    #[test]
    fn who_asks_rightly_is_let_in() {
        // The key and its answer are those of RFC 6455, 1.3.
        let whole = format!("{ASK}Origin: http://fairway.example:4711\r\n\r\nrest");
        let Upgrade::Switch(answer, used, None) = upgrade(whole.as_bytes()) else { panic!("refused") };
        assert!(String::from_utf8(answer).unwrap().contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert_eq!(&whole[used..], "rest");
        assert_eq!(upgrade(ASK.as_bytes()), Upgrade::Partial);
    }

    #[test]
    fn who_does_not_is_told_why() {
        for (request, expected) in [
            (format!("{ASK}Origin: http://elsewhere.example\r\n\r\n"), "403"),
            ("GET / HTTP/1.1\r\n\r\n".to_owned(), "426"),
            (ASK.replace("13\r\n", "8\r\n\r\n"), "400"),
            ("GET \u{1} /\r\n\r\n".to_owned(), "400"),
            (format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(REQUEST_BYTES)), "400"),
        ] {
            let Upgrade::Refuse(answer) = upgrade(request.as_bytes()) else { panic!("let in: {request}") };
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{answer}");
        }
    }

    #[test]
    fn messages_come_out_as_they_went_in() {
        let (mut client, mut server) = (WebSocket::new(Role::Client, 100), WebSocket::new(Role::Server, 100));
        client.wrap(Format::Json, b"{\"ping\":{}}".to_vec());
        client.wrap(Format::Json, b"{\"ping\":{}}\n".to_vec());
        let (bytes, mut said) = (client.outgoing(), Vec::new());
        // Byte by byte, as a network may.
        let formats: Vec<_> = bytes.iter().filter_map(|b| server.take(&[*b], &mut said).unwrap()).collect();
        assert_eq!(said, b"{\"ping\":{}}\n{\"ping\":{}}\n");
        assert_eq!(formats, [Format::Json; 2]);
        client.wrap(Format::Proto, vec![7; 101]);
        assert_eq!(server.take(&client.outgoing(), &mut said), Err("a message that is too long"));
    }
}
