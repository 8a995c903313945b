//! The forms of the same messages: a body is encoded once for each form, and shared; `seq` is each client's own.

use super::proto::{self, ClientMessage, ServerMessage, server_message::Body};
use prost::Message;

/// What a client is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON Lines of `docs/feed/fairway.proto`.
    Json,
    /// The same messages as Protobuf, each after its length.
    Proto,
    /// NMEA 0183 sentences.
    Nmea,
}

impl Format {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Json, Self::Proto, Self::Nmea];

    /// As metrics call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Proto => "proto",
            Self::Nmea => "nmea",
        }
    }

    /// Whether it has messages at all.
    pub const fn has_messages(self) -> bool {
        !matches!(self, Self::Nmea)
    }
}

const JSON_HEAD: &[u8] = br#"{"seq":0,"#;
/// Of `ServerMessage.seq`: field 1, a varint.
const SEQ_TAG: u8 = 0x08;

/// A message without its `seq`, for [`frame`] to finish.
pub fn encode(format: Format, body: Body) -> Vec<u8> {
    let message = ServerMessage { seq: 0, body: Some(body) };
    match format {
        Format::Json => {
            let mut json = serde_json::to_vec(&message).unwrap_or_default();
            json.drain(..JSON_HEAD.len().min(json.len()));
            json.push(b'\n');
            json
        }
        // A zero is left out, so there is no `seq` yet.
        Format::Proto => message.encode_to_vec(),
        Format::Nmea => Vec::new(),
    }
}

/// Appends what [`encode`] made, with its `seq`.
pub fn frame(format: Format, seq: u64, body: &[u8], out: &mut Vec<u8>) {
    match format {
        Format::Json => {
            out.extend_from_slice(br#"{"seq":"#);
            decimal(seq, out);
            out.push(b',');
            out.extend_from_slice(body);
        }
        Format::Proto => {
            let mut head = [SEQ_TAG; 11];
            let mut rest = head.get_mut(1..).unwrap_or_default();
            prost::encoding::encode_varint(seq, &mut rest);
            let len = 1 + prost::encoding::encoded_len_varint(seq);
            let whole = u32::try_from(len + body.len()).unwrap_or(u32::MAX);
            out.extend_from_slice(&whole.to_le_bytes());
            out.extend_from_slice(head.get(..len).unwrap_or_default());
            out.extend_from_slice(body);
        }
        Format::Nmea => {}
    }
}

fn decimal(number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        if let Some(digit) = digits.get_mut(at) {
            *digit = b'0' + (rest % 10) as u8;
        }
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(at..).unwrap_or_default());
}

/// Why a client's bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Longer than it may be.
    TooLong,
    /// Not a message.
    Nonsense,
}

/// Takes the next whole message off `bytes`, and says how many bytes that were; `None` until there is one.
///
/// # Errors
/// What is no message, or will be too long to be one.
pub fn cut<M: FromBytes>(
    format: Format,
    bytes: &[u8],
    longest: usize,
) -> Result<Option<(M, usize)>, Unreadable> {
    let (body, used) = match format {
        Format::Proto => {
            let Some((len, rest)) = bytes.split_first_chunk::<4>() else { return Ok(None) };
            let len = u32::from_le_bytes(*len) as usize;
            if len > longest {
                return Err(Unreadable::TooLong);
            }
            let Some(body) = rest.get(..len) else { return Ok(None) };
            (body, 4 + len)
        }
        Format::Json | Format::Nmea => {
            let Some(end) = memchr::memchr(b'\n', bytes) else {
                return if bytes.len() > longest { Err(Unreadable::TooLong) } else { Ok(None) };
            };
            if end > longest {
                return Err(Unreadable::TooLong);
            }
            (bytes.get(..end).unwrap_or_default(), end + 1)
        }
    };
    M::from_bytes(format, body).map(|message| Some((message, used)))
}

/// A message that can be read in either form.
pub trait FromBytes: Sized {
    /// # Errors
    /// [`Unreadable::Nonsense`].
    fn from_bytes(format: Format, body: &[u8]) -> Result<Self, Unreadable>;
}

impl<M: Message + Default + serde::de::DeserializeOwned> FromBytes for M {
    fn from_bytes(format: Format, body: &[u8]) -> Result<Self, Unreadable> {
        let message = match format {
            Format::Proto => M::decode(body).ok(),
            Format::Json | Format::Nmea => serde_json::from_slice(body).ok(),
        };
        message.ok_or(Unreadable::Nonsense)
    }
}

/// A client's message as bytes.
pub fn encode_client(format: Format, message: &ClientMessage, out: &mut Vec<u8>) {
    match format {
        Format::Proto => {
            out.extend_from_slice(&(message.encoded_len() as u32).to_le_bytes());
            out.extend(message.encode_to_vec());
        }
        Format::Json | Format::Nmea => {
            out.extend(serde_json::to_vec(message).unwrap_or_default());
            out.push(b'\n');
        }
    }
}

/// A refusal.
pub fn error(code: u32, text: impl Into<String>, last: bool) -> Body {
    Body::Error(proto::Error { code, text: text.into(), last })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;
    use serde_json::Value;
    use std::collections::BTreeSet;

    /// Reads a golden line, which must come out as it went in, by way of Protobuf too. What is in it.
    fn there_and_back<M>(line: &str) -> Vec<String>
    where
        M: Message + Default + Serialize + serde::de::DeserializeOwned + PartialEq,
    {
        let message: M = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let golden: Value = serde_json::from_str(line).unwrap();
        assert_eq!(serde_json::to_value(&message).unwrap(), golden, "as JSON");
        assert!(M::decode(&*message.encode_to_vec()).unwrap() == message, "as Protobuf: {line}");
        let keys = |value: &Value| value.as_object().map(|o| o.keys().cloned().collect()).unwrap_or(vec![]);
        let mut found: Vec<String> = keys(&golden);
        found.extend(golden.get("command").map(keys).into_iter().flatten());
        found
    }

    #[test]
    fn the_golden_lines_have_every_message_and_every_form_agrees() {
        let proto = include_str!("../../../docs/feed/fairway.proto");
        let bodies = |message: &str| -> BTreeSet<String> {
            let start = proto.find(&format!("message {message} {{")).unwrap();
            let body = proto[start..].split_once("oneof body {").unwrap().1.split_once('}').unwrap().0;
            body.lines().filter_map(|line| Some(line.trim().split(' ').nth(1)?.to_owned())).collect()
        };
        let server = include_str!("../../../docs/feed/server.jsonl").lines();
        let found: BTreeSet<String> = server.flat_map(there_and_back::<ServerMessage>).collect();
        assert!(
            bodies("ServerMessage").is_subset(&found),
            "{:?}",
            bodies("ServerMessage").difference(&found)
        );
        let client = include_str!("../../../docs/feed/client.jsonl").lines();
        let found: BTreeSet<String> = client.flat_map(there_and_back::<ClientMessage>).collect();
        for message in ["ClientMessage", "Command"] {
            assert!(bodies(message).is_subset(&found), "{:?}", bodies(message).difference(&found));
        }
    }

    #[test]
    fn a_frame_is_one_message_in_either_form() {
        for seq in [1, 9, 127, 128, 16_384, u64::MAX] {
            for format in [Format::Json, Format::Proto] {
                let body = encode(format, error(413, "too big", true));
                let mut out = Vec::new();
                frame(format, seq, &body, &mut out);
                for end in 0..out.len() {
                    let partial = cut::<ServerMessage>(format, &out[..end], 1000);
                    assert!(matches!(partial, Ok(None)), "{format:?} cut at {end}");
                }
                let (message, used) = cut::<ServerMessage>(format, &out, 1000).unwrap().unwrap();
                assert_eq!(
                    (used, message.seq, message.body),
                    (out.len(), seq, Some(error(413, "too big", true)))
                );
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_is_a_message_or_refused(bytes in proptest::collection::vec(0_u8.., 0..200)) {
            for format in [Format::Json, Format::Proto] {
                if let Ok(Some((_, used))) = cut::<ClientMessage>(format, &bytes, 100) {
                    proptest::prop_assert!(used <= bytes.len());
                }
            }
        }
    }
}
