//! The damage is of use: some lines still say something, many are refused, and none breaks the decoder.

use decoders::frame::{Framer, Line};
use decoders::nmea::{Item, Reader};
use simulate::Scene;
use simulate::faults::Mutator;
use units::UtcTime;

#[test]
fn damaged_lines_are_refused_or_read_but_break_nothing() {
    let start = UtcTime::from_unix_s(1_764_000_000);
    let mut scene = Scene::ningbo_zhoushan(1, 100, start);
    let mut lines = Vec::new();
    scene.run(start.plus_s(600.0), &mut |sent| {
        lines.extend(sent.bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec));
    });
    let (mut mutator, mut framer, mut reader) = (Mutator::new(1), Framer::default(), Reader::new());
    let mut out = Vec::new();
    let (mut messages, mut rejects, mut others) = (0_u32, 0_u32, 0_u32);
    for (i, line) in lines.iter().cycle().take(60_000).enumerate() {
        mutator.mutate(line, &mut out);
        let now = start.plus_s(i as f64 / 100.0);
        framer.drain(&out, true, |line: Line<'_>| {
            reader.line(line, now, |item| match item {
                Item::Ais(_) => messages += 1,
                Item::Reject { .. } => rejects += 1,
                Item::Other(_) => others += 1,
            });
        });
        assert!(reader.counters().balanced());
    }
    assert!(messages > 6000 && rejects > 20_000 && others > 200, "{messages} {rejects} {others}");
}
