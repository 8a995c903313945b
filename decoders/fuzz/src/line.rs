//! Any bytes, in any pieces: the same comes out, and every candidate is accounted for.
#![no_main]

use decoders::frame::{Framer, Line, MAX_LINE};
use decoders::nmea::{Counters, Datagram, LineClock, LineCounts, Reader};
use units::UtcTime;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((size, stream)) = data.split_first() else { return };
    let whole = read(stream, stream.len().max(1));
    assert_eq!(read(stream, usize::from(*size) + 1), whole);
    // As a datagram, its lines counted.
    let mut counts = LineCounts::default();
    let lines = Datagram::read(stream).lines();
    assert!(lines.len() <= stream.len());
    Framer::default().drain(lines, true, |line| {
        if let Line::Whole(text) = line {
            counts.line(text);
        }
    });
    assert!(counts.senders().map(|sender| sender.late).sum::<u64>() <= counts.late());
});

fn read(stream: &[u8], size: usize) -> (u64, Counters, UtcTime) {
    let (mut framer, mut reader, mut buffer) = (Framer::default(), Reader::new(), Vec::new());
    let start = UtcTime::from_unix_s(1_700_000_000);
    let (mut clock, mut now, mut items) = (LineClock::new(start), start, 0);
    let mut pieces = stream.chunks(size).peekable();
    while let Some(piece) = pieces.next() {
        buffer.extend_from_slice(piece);
        let used = framer.drain(&buffer, pieces.peek().is_none(), |line| {
            let (Line::Whole(text) | Line::TooLong(text)) = line;
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
