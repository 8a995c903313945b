//! Datagrams to a radio channel: whatever is sent, what is heard is no longer than a packet may be, and has its place.
#![no_main]

use decoders::voice::{Activity, Ear, Heard, Placing};
use units::UtcTime;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (mut ear, mut placing, mut activity) = (Ear::default(), Placing::default(), Activity::default());
    let mut rest = data;
    let mut at = UtcTime::from_unix_s(1_700_000_000);
    while let Some((length, after)) = rest.split_first() {
        let (datagram, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        at = at.plus_s(0.02);
        if let Ok(Heard::Sound(sound)) = ear.hear(datagram) {
            assert!(sound.samples.len() <= 960 || sound.samples.len() <= datagram.len());
            let from = placing.place(&sound, at);
            activity.hear(from, sound.samples, |spoken| assert!(spoken.to >= spoken.from));
        }
    }
});
