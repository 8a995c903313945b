//! Parts of messages with right checksums, in any order and at any time: what is whole comes out once, and nothing
//! is lost from the accounts. Six bytes of input make one part.
#![no_main]

use decoders::frame::Line;
use decoders::nmea::{Item, Reader, encode_sentence};
use units::UtcTime;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (mut reader, mut at_ms, mut told) = (Reader::new(), 0_i64, 0);
    let mut line = Vec::new();
    for part in data.as_chunks::<6>().0 {
        let [shape, place, payload, fill, wait, tag] = *part;
        let (total, number) = (shape % 10, place % 10);
        let sequence = ["", "0", "1", "12", "x"][usize::from(shape >> 4) % 5];
        let channel = ["", "A", "B", "1"][usize::from(place >> 6)];
        let symbol = char::from(b'0' + payload % 40);
        let payload = symbol.to_string().repeat(usize::from(payload / 4) + 1);
        let body = format!("AIVDM,{total},{number},{sequence},{channel},{payload},{}", fill % 7);
        line.clear();
        if tag > 127 {
            encode_sentence(&mut line, b'\\', format!("g:1-2-{},s:st{}", tag & 3, tag >> 2 & 1).as_bytes());
            line.truncate(line.len() - 2);
            line.push(b'\\');
        }
        encode_sentence(&mut line, b'!', body.as_bytes());
        // Mostly forward, now and then a long way back.
        at_ms += if wait == 255 { -5000 } else { i64::from(wait) * 4 };
        let time = UtcTime::from_unix_ns(at_ms * 1_000_000);
        reader.line(Line::Whole(line.trim_ascii_end()), time, |item| {
            told += match item {
                Item::Ais(got) => {
                    assert_eq!(got.sentences.iter().count(), got.sentences.count());
                    got.sentences.count() as u64
                }
                Item::Reject { .. } | Item::Other(_) => 1,
            };
        });
        let c = reader.counters();
        assert!(c.balanced(), "{c:?}");
        assert_eq!(told, c.used + c.other + c.rejects.iter().sum::<u64>());
    }
    reader.end();
    let c = reader.counters();
    assert!(c.incomplete_timeout + c.incomplete_replaced + c.conflict <= c.pending + c.duplicates);
});
