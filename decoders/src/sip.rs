//! SIP (RFC 3261), as far as GB/T 28181 goes without video: whole messages, their headers, and where one ends in a
//! stream.

use std::fmt::Write;

/// A longer head is refused, bytes.
pub const MAX_HEAD: usize = 16 * 1024;
/// A longer body is refused, bytes.
pub const MAX_BODY: usize = 64 * 1024;
const MAX_HEADERS: usize = 128;

/// What its first line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum First {
    /// Somebody wants something.
    Request {
        /// What: `REGISTER`, `MESSAGE`.
        method: String,
        /// Of whom.
        uri: String,
    },
    /// An answer.
    Response {
        /// 200, 401.
        code: u16,
        /// In words.
        reason: String,
    },
}

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its first line.
    pub first: First,
    /// In order, names as they came (the short ones made long).
    pub headers: Vec<(String, String)>,
    /// What follows.
    pub body: Vec<u8>,
}

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SipError {
    /// Head or body is too long, or there are too many headers.
    #[error("too long")]
    TooLong,
    /// The first line or a header is none.
    #[error("not understood")]
    Malformed,
}

impl Message {
    /// A header, whatever its case; the first of several.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The method, where it is a request.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        match &self.first {
            First::Request { method, .. } => Some(method),
            First::Response { .. } => None,
        }
    }

    /// The code, where it is an answer.
    #[must_use]
    pub const fn code(&self) -> Option<u16> {
        match self.first {
            First::Request { .. } => None,
            First::Response { code, .. } => Some(code),
        }
    }

    /// The user in the address of a header: `<sip:34020000001320000001@3402000000>;tag=1`.
    #[must_use]
    pub fn user(&self, header: &str) -> Option<&str> {
        user_of(self.header(header)?)
    }

    /// An answer to a request, with what every answer repeats.
    #[must_use]
    pub fn answer(&self, code: u16, reason: &str, tag: &str) -> Self {
        let mut headers: Vec<(String, String)> = Vec::new();
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            for (own, value) in self.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name)) {
                let value = if name == "To" && !value.contains("tag=") {
                    format!("{value};tag={tag}")
                } else {
                    value.clone()
                };
                headers.push((own.clone(), value));
            }
        }
        let first = First::Response { code, reason: reason.to_owned() };
        Self { first, headers, body: Vec::new() }
    }

    /// With one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// As bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut head = match &self.first {
            First::Request { method, uri } => format!("{method} {uri} SIP/2.0\r\n"),
            First::Response { code, reason } => format!("SIP/2.0 {code} {reason}\r\n"),
        };
        let own = self.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        for (name, value) in own {
            // A line break in a value would be another header.
            let value: String = value.chars().filter(|value| !value.is_control()).collect();
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "Content-Length: {}\r\n\r\n", self.body.len());
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// The user part of an address.
#[must_use]
pub fn user_of(address: &str) -> Option<&str> {
    let (_, after) = address.split_once("sip:").or_else(|| address.split_once("SIP:"))?;
    let (user, _) = after.split_once('@')?;
    (!user.is_empty() && user.len() <= 64).then_some(user)
}

/// The next message of a stream, and how many bytes it took; `None` while it is not whole.
///
/// # Errors
/// What makes it none: the stream is of no more use.
pub fn cut(bytes: &[u8]) -> Result<Option<(Message, usize)>, SipError> {
    // Line breaks between messages keep a connection alive.
    let skipped = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let rest = bytes.get(skipped..).unwrap_or_default();
    let head = rest.get(..rest.len().min(MAX_HEAD)).unwrap_or_default();
    let Some((end, gap)) = end_of_head(head) else {
        return if rest.len() > MAX_HEAD { Err(SipError::TooLong) } else { Ok(None) };
    };
    let (first, headers) = read_head(head.get(..end).unwrap_or_default())?;
    let mut message = Message { first, headers, body: Vec::new() };
    let length = match message.header("Content-Length") {
        Some(length) => length.parse::<usize>().map_err(|_| SipError::Malformed)?,
        None => 0,
    };
    if length > MAX_BODY {
        return Err(SipError::TooLong);
    }
    let start = end + gap;
    let Some(body) = rest.get(start..start + length) else { return Ok(None) };
    message.body = body.to_vec();
    Ok(Some((message, skipped + start + length)))
}

/// A datagram is one message; without a length its body is the rest of it.
///
/// # Errors
/// What makes it none.
pub fn datagram(bytes: &[u8]) -> Result<Message, SipError> {
    let head = bytes.get(..bytes.len().min(MAX_HEAD)).unwrap_or_default();
    let (end, gap) = end_of_head(head).ok_or(SipError::Malformed)?;
    let (first, headers) = read_head(head.get(..end).unwrap_or_default())?;
    let mut message = Message { first, headers, body: Vec::new() };
    let rest = bytes.get(end + gap..).unwrap_or_default();
    // Some count their bytes wrong: what is there is there.
    let told = message.header("Content-Length").and_then(|length| length.parse::<usize>().ok());
    let length = told.unwrap_or(rest.len()).min(rest.len());
    if length > MAX_BODY {
        return Err(SipError::TooLong);
    }
    message.body = rest.get(..length).unwrap_or_default().to_vec();
    Ok(message)
}

/// Where the head ends, and how long the empty line is: the first of whatever kind, so that it does not matter how much
/// has come yet.
fn end_of_head(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    ends.find_map(|(at, _)| {
        let empty = match bytes.get(at + 1..)? {
            [b'\n', ..] => 2,
            [b'\r', b'\n', ..] => 3,
            _ => return None,
        };
        let has_return = at > 0 && bytes.get(at - 1) == Some(&b'\r');
        Some((at - usize::from(has_return), empty + usize::from(has_return)))
    })
}

type Head = (First, Vec<(String, String)>);

fn read_head(bytes: &[u8]) -> Result<Head, SipError> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let first = read_first(lines.next().unwrap_or_default()).ok_or(SipError::Malformed)?;
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        // A line that begins with a blank goes on with the one before.
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
            continue;
        }
        if headers.len() >= MAX_HEADERS {
            return Err(SipError::TooLong);
        }
        let (name, value) = line.split_once(':').ok_or(SipError::Malformed)?;
        let name = match name.trim() {
            "v" => "Via",
            "f" => "From",
            "t" => "To",
            "i" => "Call-ID",
            "m" => "Contact",
            "l" => "Content-Length",
            "c" => "Content-Type",
            name => name,
        };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    Ok((first, headers))
}

fn read_first(line: &str) -> Option<First> {
    if let Some(rest) = line.strip_prefix("SIP/2.0 ") {
        let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let code = code.parse().ok().filter(|code| (100..700).contains(code))?;
        return Some(First::Response { code, reason: reason.to_owned() });
    }
    let mut words = line.split(' ');
    let (method, uri, version) = (words.next()?, words.next()?, words.next()?);
    let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_method && version == "SIP/2.0" && words.next().is_none())
        .then(|| First::Request { method: method.to_owned(), uri: uri.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REGISTER: &str = "REGISTER sip:34020000002000000001@3402000000 SIP/2.0\r\n\
        v: SIP/2.0/UDP 127.0.0.1:15070;rport;branch=z9hG4bK1\r\n\
        From: <sip:34020000001320000001@3402000000>;tag=1\r\n\
        To: <sip:34020000001320000001@3402000000>\r\nCall-ID: 1-7@127.0.0.1\r\nCSeq: 1 REGISTER\r\n\
        Contact: <sip:34020000001320000001@127.0.0.1:15070>;\r\n  expires=60\r\nContent-Length: 0\r\n\r\n";

    #[test]
    fn a_request_is_read_and_answered() {
        let (message, used) = cut(format!("\r\n{REGISTER}MESS").as_bytes()).unwrap().unwrap();
        assert_eq!(used, REGISTER.len() + 2);
        assert_eq!(message.method(), Some("REGISTER"));
        assert_eq!(message.user("from"), Some("34020000001320000001"));
        assert_eq!(message.header("contact"), Some("<sip:34020000001320000001@127.0.0.1:15070>; expires=60"));
        let answer = message.answer(200, "OK", "t").with("Expires", "60\r\nX: y");
        let text = String::from_utf8(answer.bytes()).unwrap();
        assert!(
            text.starts_with("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:15070;rport;branch=z9hG4bK1\r\n"),
            "{text}"
        );
        assert!(text.contains("To: <sip:34020000001320000001@3402000000>;tag=t\r\n"), "{text}");
        assert!(text.ends_with("Expires: 60X: y\r\nContent-Length: 0\r\n\r\n"), "{text}");
        assert_eq!(datagram(&answer.bytes()).unwrap().code(), Some(200));
    }

    #[test]
    fn what_is_none_is_refused() {
        let long = format!("MESSAGE sip:a@b SIP/2.0\r\nX: {}", "x".repeat(MAX_HEAD));
        let many = format!("MESSAGE sip:a@b SIP/2.0\r\n{}\r\n", "X: y\r\n".repeat(200));
        for (text, expected) in [
            ("MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 9\r\n\r\nshort", Ok(None)),
            ("MESSAGE sip:a@b SIP/2.0\r\n", Ok(None)),
            ("HELO x\r\n\r\n", Err(SipError::Malformed)),
            ("SIP/2.0 9000 x\r\n\r\n", Err(SipError::Malformed)),
            ("MESSAGE sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n", Err(SipError::Malformed)),
            ("MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 99999999\r\n\r\n", Err(SipError::TooLong)),
            (&long, Err(SipError::TooLong)),
            (&many, Err(SipError::TooLong)),
        ] {
            assert_eq!(cut(text.as_bytes()), expected, "{}", &text[..text.len().min(60)]);
        }
    }

    #[test]
    fn the_first_empty_line_ends_a_head() {
        let bytes = b"MESSAGE sip:a@b SIP/2.0\r\nX: y\n\nX: z\r\n\r\n";
        let (message, used) = cut(bytes).unwrap().unwrap();
        assert_eq!((message.headers.len(), used), (1, 31));
        assert_eq!(cut(&bytes[..31]).unwrap().unwrap().0, message);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = cut(&bytes);
            let _ = datagram(&bytes);
        }

        #[test]
        fn what_is_written_is_read(body in prop::collection::vec(any::<u8>(), 0..100), value in "[!-~]{1,30}") {
            let first = First::Request { method: "MESSAGE".to_owned(), uri: "sip:a@b".to_owned() };
            let headers = vec![("Subject".to_owned(), value)];
            let bytes = Message { first, headers, body }.bytes();
            let (message, used) = cut(&bytes).unwrap().unwrap();
            prop_assert_eq!(used, bytes.len());
            prop_assert_eq!(message.bytes(), bytes.clone());
            prop_assert_eq!(datagram(&bytes).unwrap(), message);
        }
    }
}
