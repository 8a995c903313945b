//! Any bytes as a BeiDou terminal's stream, in any pieces: the same comes out, everything is accounted for, and
//! everything that computes answers.
#![no_main]

use decoders::rdss::{Item, MAX_BINARY, MAX_SENTENCE, Reader, binary, sentence};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((size, stream)) = data.split_first() else { return };
    let whole = read(stream, stream.len().max(1));
    assert_eq!(read(stream, usize::from(*size) + 1), whole);
});

fn read(stream: &[u8], size: usize) -> Vec<String> {
    let (mut reader, mut buffer, mut found) = (Reader::default(), Vec::new(), Vec::new());
    let mut pieces = stream.chunks(size).peekable();
    while let Some(piece) = pieces.next() {
        buffer.extend_from_slice(piece);
        let used = reader.drain(&buffer, pieces.peek().is_none(), |item| {
            found.push(match &item {
                Item::Binary(frame) => {
                    let message = binary::Message::decode(frame);
                    if let binary::Message::Received(got) = message {
                        let _ = (got.content().text(), got.sent());
                    }
                    if let binary::Message::Fix(fix) = message {
                        let _ = (fix.position(), fix.time(), fix.height_m());
                        let mut again = Vec::new();
                        fix.encode(&mut again);
                        assert!(again.len() == 31);
                    }
                    format!("{frame:?} {message:?}")
                }
                Item::Sentence(sentence) => {
                    let message = sentence::Message::decode(sentence);
                    match message {
                        sentence::Message::Fix(fix) => drop((fix.position(), fix.time(), fix.height_m())),
                        sentence::Message::Received(got) => drop((got.content.text(), got.sent())),
                        sentence::Message::Beams(beams) => assert!(beams.third_beams().count() <= 255),
                        _ => {}
                    }
                    format!("{sentence:?} {message:?}")
                }
                other => format!("{other:?}"),
            });
        });
        buffer.drain(..used);
        assert!(buffer.len() <= MAX_SENTENCE + MAX_BINARY);
        let c = &reader;
        assert_eq!(c.candidates, c.taken + c.words + c.rejects.iter().sum::<u64>());
        assert_eq!(c.candidates, found.len() as u64);
    }
    found
}
