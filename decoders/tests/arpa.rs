//! What holds for any sentence of a radar or bridge system.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may")]

use decoders::arpa::{self, DecodeError, Message};
use decoders::frame::Line;
use decoders::nmea::{Item, Reader, encode_sentence};
use proptest::prelude::*;
use units::UtcTime;

const KINDS: [&str; 13] =
    ["TTM", "TLL", "TTD", "TLB", "RSD", "OSD", "ALF", "ALC", "ALR", "ACN", "ARC", "HBT", "ACK"];

/// What stands in fields, and what should not.
fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        1 => Just(" ".to_owned()),
        4 => (0_u32..20_000_000).prop_map(|n| n.to_string()),
        4 => (-9_999_999_i32..99_999_999, 0..6_usize).prop_map(|(n, decimals)| {
            format!("{:.decimals$}", f64::from(n) / 10_f64.powi(decimals as i32))
        }),
        6 => "[ABCEHKLMNOPQRSTUVW]",
        2 => "[ -)+-~]{0,12}",
        2 => "[0-9]{6}(\\.[0-9]{0,4})?",
        2 => "(0[0-9]|1[0-7])?[0-8][0-9][0-5][0-9](\\.[0-9]{0,7})?",
        1 => "([0-Wa-w]{15}){1,4}",
    ]
}

fn body() -> impl Strategy<Value = String> {
    (prop::sample::select(&KINDS[..]), prop::collection::vec(field(), 0..18))
        .prop_map(|(kind, fields)| [vec![format!("RA{kind}")], fields].concat().join(","))
}

/// Reads a line that should be one sentence, and hands over what it means.
fn read<T>(line: &[u8], mut check: impl FnMut(Option<Result<Message<'_>, DecodeError>>) -> T) -> Option<T> {
    let mut checked = None;
    Reader::new().line(Line::Whole(line), UtcTime::from_unix_s(0), |item| {
        if let Item::Other(sentence) = item {
            checked = Some(check(arpa::decode(&sentence)));
        }
    });
    checked
}

fn line(body: &str) -> Vec<u8> {
    let (mut out, start) = (Vec::new(), if body.starts_with("RATTD") { b'!' } else { b'$' });
    encode_sentence(&mut out, start, body.as_bytes());
    out
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4000, ..ProptestConfig::default() })]

    /// What decodes is written and read again as it was; what was written once is written so for ever.
    #[test]
    fn what_decodes_comes_back(body in body()) {
        read(line(&body).trim_ascii_end(), |decoded| {
            let Some(Ok(message)) = decoded else { return };
            let mut out = Vec::new();
            message.encode(*b"RA", &mut out);
            let again = read(out.trim_ascii_end(), |decoded| {
                assert_eq!(decoded.unwrap().unwrap(), message, "{body}");
            });
            assert!(again.is_some(), "{body}: {}", out.escape_ascii());
        });
    }

    #[test]
    fn a_mutated_sentence_never_panics(
        body in body(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..4),
    ) {
        let mut text = body.into_bytes();
        for (at, byte, how) in changes {
            let at = at.index(text.len().max(1)).min(text.len().saturating_sub(1));
            match how {
                _ if text.is_empty() => text.push(byte),
                0 => text[at] = byte,
                1 => { text.remove(at); }
                _ => text.insert(at, byte),
            }
        }
        let mut out = Vec::new();
        encode_sentence(&mut out, if text.contains(&b'D') { b'!' } else { b'$' }, &text);
        read(out.trim_ascii_end(), |decoded| {
            if let Some(Ok(message)) = decoded {
                message.encode(*b"RA", &mut Vec::new());
            }
        });
    }
}
