//! A peer's bytes in any pieces: the same events come out, and all of it is taken in the end.
#![no_main]

use decoders::cot::{Item, drain};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((size, stream)) = data.split_first() else { return };
    let whole = events(stream, stream.len().max(1));
    assert_eq!(events(stream, usize::from(*size) + 1), whole);
});

fn events(bytes: &[u8], size: usize) -> Vec<String> {
    let (mut buffer, mut found) = (Vec::new(), Vec::new());
    for piece in bytes.chunks(size) {
        buffer.extend_from_slice(piece);
        let used = drain(&buffer, false, |item| take(&item, &mut found));
        buffer.drain(..used);
    }
    let used = drain(&buffer, true, |item| take(&item, &mut found));
    assert_eq!(used, buffer.len());
    found
}

fn take(item: &Item<'_>, found: &mut Vec<String>) {
    if let Item::Event(event) = item {
        assert!(event.position.lat().abs() <= 90.0 && event.ce_m.is_none_or(f64::is_finite));
        found.push(event.uid.clone());
    }
}
