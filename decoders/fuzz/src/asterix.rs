//! Any bytes, in any pieces: the same records come out, every candidate is accounted for, and what a record tells can
//! be written and tells the same.
#![no_main]

use decoders::asterix::{Block, Counters, Editions, File, Item, Reader, Record};
use decoders::asterix::{cat010, cat034, cat048, cat062, cat065, cat240};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((size, stream)) = data.split_first() else { return };
    let whole = read(stream, stream.len().max(1));
    assert_eq!(read(stream, usize::from(*size) + 1), whole);
    let mut file = File::new(Editions::default());
    file.read(stream, true, |_, _| {});
    assert!(file.counters().balanced());
});

fn read(stream: &[u8], size: usize) -> (usize, Counters) {
    let (mut reader, mut buffer, mut octets) = (Reader::new(Editions::default()), Vec::new(), 0);
    let mut pieces = stream.chunks(size).peekable();
    while let Some(piece) = pieces.next() {
        buffer.extend_from_slice(piece);
        let used = reader.read(&buffer, pieces.peek().is_none(), |item| match item {
            Item::Record(record) => {
                octets += record.bytes().len();
                written_again(&record);
            }
            Item::Reject { bytes, .. } => octets += bytes.len(),
        });
        buffer.drain(..used);
        assert!(reader.counters().balanced());
    }
    (octets, reader.counters().clone())
}

/// Spare bits and unknown extents are lost the first time, and nothing the second.
fn written_again(record: &Record<'_>) {
    let write = |record: &Record<'_>| {
        let mut block = Block::new(record.category);
        // What it tells fits a block unless it fills one already.
        block.push(|visit| record.tell(visit)).ok()?;
        Some(block.bytes().to_vec())
    };
    let Some(once) = write(record) else { return };
    let again = Record::measure(record.category, &once[3..]).expect("what was written can be read");
    assert_eq!(write(&again).as_ref(), Some(&once));
    macro_rules! comes_back {
        ($read:path) => {{
            let what = $read(record);
            let mut block = Block::new(record.category);
            if block.push(|visit| what.tell(visit)).is_ok() {
                let again = Record::measure(record.category, &block.bytes()[3..]).expect("readable");
                assert_eq!($read(&again), what);
            }
        }};
    }
    match record.category.number {
        10 => comes_back!(cat010::Report::read),
        34 => comes_back!(cat034::Service::read),
        48 => comes_back!(cat048::Report::read),
        62 => comes_back!(cat062::Track::read),
        65 => comes_back!(cat065::Status::read),
        240 => comes_back!(cat240::Video::read),
        _ => {}
    }
}
