//! Any fields behind the name of any sentence of a radar: what decodes comes back as it was.
#![no_main]

use decoders::arpa;
use decoders::frame::Line;
use decoders::nmea::{Item, Reader, encode_sentence};
use units::UtcTime;

const KINDS: [&[u8; 3]; 13] =
    [b"TTM", b"TLL", b"TTD", b"TLB", b"RSD", b"OSD", b"ALF", b"ALC", b"ALR", b"ACN", b"ARC", b"HBT", b"ACK"];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((kind, fields)) = data.split_first() else { return };
    let kind = KINDS[usize::from(*kind) % KINDS.len()];
    let mut line = Vec::new();
    let start = if kind == b"TTD" { b'!' } else { b'$' };
    encode_sentence(&mut line, start, &[b"RA", &kind[..], b",", fields].concat());
    read(&line, |message| {
        let mut out = Vec::new();
        message.encode(*b"RA", &mut out);
        read(&out, |again| assert_eq!(again, message));
    });
});

fn read(line: &[u8], mut each: impl FnMut(&arpa::Message<'_>)) {
    Reader::new().line(Line::Whole(line.trim_ascii_end()), UtcTime::from_unix_s(0), |item| {
        if let Item::Other(sentence) = item
            && let Some(Ok(message)) = arpa::decode(&sentence)
        {
            each(&message);
        }
    });
}
