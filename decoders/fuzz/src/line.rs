//! Any bytes, in any pieces: the same comes out, and every candidate is accounted for.
#![no_main]

use decoders::frame::{Framer, MAX_LINE};
use decoders::nmea::{Counters, LineClock, Reader};
use units::UtcTime;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((size, stream)) = data.split_first() else { return };
    let whole = read(stream, stream.len().max(1));
    assert_eq!(read(stream, usize::from(*size) + 1), whole);
});

fn read(stream: &[u8], size: usize) -> (u64, Counters, UtcTime) {
    let (mut framer, mut reader, mut buffer) = (Framer::default(), Reader::new(), Vec::new());
    let start = UtcTime::from_unix_s(1_700_000_000);
    let (mut clock, mut now, mut items) = (LineClock::new(start), start, 0);
    let mut pieces = stream.chunks(size).peekable();
    while let Some(piece) = pieces.next() {
        buffer.extend_from_slice(piece);
        let used = framer.drain(&buffer, pieces.peek().is_none(), |line| {
            let (decoders::frame::Line::Whole(text) | decoders::frame::Line::TooLong(text)) = line;
            assert!(text.len() <= MAX_LINE);
            now = clock.line(text);
            reader.line(line, now, |_| items += 1);
            assert!(reader.counters().balanced());
        });
        buffer.drain(..used);
        assert!(buffer.len() <= MAX_LINE);
    }
    reader.end();
    assert!(reader.counters().balanced());
    (items, reader.counters().clone(), now)
}
