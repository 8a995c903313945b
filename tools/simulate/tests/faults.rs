//! The damage is of use: some lines still say something, many are refused, and none breaks the decoder.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use decoders::frame::{Framer, Line};
use decoders::nmea::{Item, Reader, encode_sentence};
use simulate::Scene;
use simulate::faults::Mutator;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use units::UtcTime;

/// A few thousand lines of a scene, every third with a TAG block.
fn lines(start: UtcTime) -> Vec<Vec<u8>> {
    let mut scene = Scene::ningbo_zhoushan(1, 100, start);
    let mut lines: Vec<Vec<u8>> = Vec::new();
    scene.run(start.plus_s(600.0), &mut |sent| {
        let parts = sent.bytes.split_inclusive(|&byte| byte == b'\n').count();
        for (line, number) in sent.bytes.split_inclusive(|&byte| byte == b'\n').zip(1..) {
            let mut out = Vec::new();
            if lines.len().is_multiple_of(3) {
                let body = format!("g:{number}-{parts}-{},s:st{},c:{}", lines.len(), parts, sent.at.unix_s());
                encode_sentence(&mut out, b'\\', body.as_bytes());
                out.truncate(out.len() - 2);
                out.push(b'\\');
            }
            out.extend_from_slice(line);
            lines.push(out);
        }
    });
    lines
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long a line takes is part of what is shown")]
fn damaged_lines_are_refused_or_read_but_break_nothing() {
    let count = if std::env::var_os("FAIRWAY_SOAK").is_some() { 100_000_000 } else { 1_000_000 };
    let start = UtcTime::from_unix_s(1_764_000_000);
    let lines = lines(start);
    let (mut mutator, mut framer, mut reader) = (Mutator::new(1), Framer::default(), Reader::new());
    let (mut out, mut panics, mut slowest) = (Vec::new(), 0, (Duration::ZERO, Vec::new()));
    let (mut messages, mut used, mut rejects, mut others) = (0_u64, 0_u64, 0_u64, 0_u64);
    for (i, line) in (0..count).zip(lines.iter().cycle()) {
        mutator.mutate(line, &mut out);
        let now = start.plus_s(f64::from(i) / 1000.0);
        let read = |line: Line<'_>| {
            let began = Instant::now();
            reader.line(line, now, |item| match item {
                Item::Ais(got) => {
                    messages += 1;
                    used += got.sentences.count() as u64;
                }
                Item::Reject { .. } => rejects += 1,
                Item::Other(_) => others += 1,
            });
            let took = began.elapsed();
            if took > slowest.0 {
                let (Line::Whole(text) | Line::TooLong(text)) = line;
                slowest = (took, text.to_vec());
            }
        };
        if catch_unwind(AssertUnwindSafe(|| framer.drain(&out, true, read))).is_err() {
            panics += 1;
            println!("panic: {}", out.escape_ascii());
        }
        if i % 1000 == 0 || panics > 0 {
            assert!(reader.counters().balanced(), "{:?}", reader.counters());
        }
    }
    reader.end();
    let c = reader.counters();
    println!(
        "{count} mutated lines: {} candidates, {messages} messages, {rejects} refused, {others} others, {} pending, \
         {panics} panics; slowest line {:?}, {} bytes",
        c.candidates,
        c.pending,
        slowest.0,
        slowest.1.len()
    );
    assert_eq!(panics, 0);
    assert!(c.balanced());
    assert_eq!((c.messages, c.used), (messages, used));
    assert_eq!((c.other, c.rejects.iter().sum::<u64>()), (others, rejects));
    let share = |n: u64| n as f64 / f64::from(count);
    assert!(share(messages) > 0.1 && share(rejects) > 0.3 && share(others) > 0.003);
}
