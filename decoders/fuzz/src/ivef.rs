//! A peer's bytes, packed or not, in any pieces: the same comes out, every candidate is accounted for, and a message
//! that is written is read back as it was.
#![no_main]

use decoders::ivef::message::{Message, Track, Vessel, Voyage};
use decoders::ivef::{Counters, Document, Item, Rules, Stream, pack};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((size, stream)) = data.split_first() else { return };
    let whole = read(stream, stream.len().max(1));
    // What breaks inside a packed stream breaks at one byte or another.
    if !whole.1 {
        assert_eq!(read(stream, usize::from(*size) + 1), whole);
    }
    let mut packed = Vec::new();
    pack(stream, &mut packed);
    read(&packed, usize::from(*size) + 1);
});

fn read(bytes: &[u8], size: usize) -> (Counters, bool) {
    let mut stream = Stream::default();
    let (mut out, mut again, mut rewritten) = (Vec::new(), Document::new(), Vec::new());
    let mut found = 0;
    let mut check = |item: Item<'_>| {
        found += 1;
        let Item::Message(document) = item else { return };
        let _ = Message::of(document);
        for object in document.objects() {
            let _ = (Track::of(object), Vessel::all(object).count(), Voyage::all(object).count());
        }
        out.clear();
        document.encode(&mut out);
        again.decode(&out, Rules::Lenient).expect("what we write is a message");
        assert_eq!(&again, document);
        rewritten.clear();
        again.encode(&mut rewritten);
        assert_eq!(rewritten, out);
        // By the strict rules it is refused or the same.
        if again.decode(&out, Rules::Strict).is_ok() {
            assert_eq!(&again, document);
        }
    };
    for piece in bytes.chunks(size) {
        stream.take(piece, &mut check);
        assert!(stream.counters().balanced());
    }
    stream.end(&mut check);
    assert!(stream.counters().balanced());
    let c = stream.counters();
    assert_eq!(found, c.candidates);
    (c.clone(), stream.is_broken())
}
