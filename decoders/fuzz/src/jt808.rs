//! Any bytes as a JT/T 808 stream, in any pieces: the same comes out, what is a frame is written back the same, and
//! parts are accounted for.
#![no_main]

use decoders::jt808::{Added, Assembly, Item, MAX_FRAME, Message, Reader};
use units::UtcTime;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((size, stream)) = data.split_first() else { return };
    let whole = read(stream, stream.len().max(1));
    assert_eq!(read(stream, usize::from(*size) + 1), whole);
});

fn read(stream: &[u8], size: usize) -> Vec<String> {
    let (mut reader, mut buffer, mut found) = (Reader::default(), Vec::new(), Vec::new());
    let (mut assembly, mut parts, mut done) = (Assembly::default(), 0, 0);
    let mut pieces = stream.chunks(size).peekable();
    while let Some(piece) = pieces.next() {
        buffer.extend_from_slice(piece);
        let used = reader.drain(&buffer, pieces.peek().is_none(), |item| {
            if let Item::Frame(frame) = item {
                let mut again = Vec::new();
                assert!(frame.encode(&mut again));
                let mut twice = Vec::new();
                Reader::default().drain(&again, true, |item| twice.push(format!("{item:?}")));
                assert_eq!(twice, [format!("{item:?}")]);
                body(&frame.message());
                if let Some(part) = frame.part {
                    parts += 1;
                    done += match assembly.add(&frame, part, UtcTime::from_unix_s(parts)) {
                        Added::Whole(_, count) => count,
                        Added::Waiting => 0,
                        Added::Duplicate | Added::Refused => 1,
                    };
                    assembly.due(UtcTime::from_unix_s(parts), |_| {});
                    assert_eq!(parts as u64, done + assembly.waiting + assembly.given_up);
                }
            }
            found.push(format!("{item:?}"));
        });
        buffer.drain(..used);
        assert!(buffer.len() <= MAX_FRAME);
        assert_eq!(reader.candidates, reader.frames + reader.rejects.iter().sum::<u64>());
    }
    found
}

fn body(message: &Option<Message<'_>>) {
    match message {
        Some(Message::Location(location)) => {
            let _ = (location.position(), location.sog(), location.cog(), location.time.utc(8 * 3600));
            assert!(location.extras.iter().count() <= 1023);
        }
        Some(Message::Batch(batch)) => assert!(batch.locations().count() <= 36),
        _ => {}
    }
}
