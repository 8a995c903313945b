//! Any fields behind any of the satellite receivers' addresses: read, and what is read is written and read again the same.
#![no_main]

use decoders::frame::Line;
use decoders::nmea::gnss::Gnss;
use decoders::nmea::{Item, Reader, encode_sentence};
use units::UtcTime;

const KINDS: [&[u8; 3]; 11] =
    [b"GGA", b"RMC", b"GLL", b"GNS", b"VTG", b"ZDA", b"GSA", b"GSV", b"GST", b"HDT", b"THS"];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((kind, fields)) = data.split_first() else { return };
    let body = [b"BD", &KINDS[usize::from(*kind) % KINDS.len()][..], b",", fields].concat();
    let mut line = Vec::new();
    encode_sentence(&mut line, b'$', &body);
    let Some(once) = read(&line) else { return };
    // Decimals that a sentence does not show are lost the first time, and nothing after that.
    let mut written = Vec::new();
    once.encode(*b"GN", &mut written);
    let Some(twice) = read(&written) else { return };
    let mut again = Vec::new();
    twice.encode(*b"GN", &mut again);
    assert_eq!(read(&again), Some(twice), "{}", written.escape_ascii());
});

fn read(line: &[u8]) -> Option<Gnss> {
    let mut seen = None;
    Reader::new().line(Line::Whole(line.trim_ascii_end()), UtcTime::from_unix_s(0), |item| {
        if let Item::Other(sentence) = item {
            seen = Gnss::decode(&sentence);
        }
    });
    seen
}
