//! Radio: what was said is in the recording with who spoke when, and comes out where it belongs.

use super::support::{Folder, eventually, source};
use engine::recording::Recording;
use engine::recording::catalogue::Catalogue;
use engine::recording::verify::verify;
use engine::recording::voice::{channels, sound, spoken, wav};
use engine::{Engine, config};
use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use std::net::UdpSocket;
use std::time::{Duration, Instant};
use units::UtcTime;

const PACKET: usize = 160;

/// A packet of µ-law; loud where somebody speaks.
fn packet(n: u32, speaks: bool) -> Vec<u8> {
    let mut bytes = vec![0x80, 0, (n >> 8) as u8, n as u8];
    // Its clock is about to wrap around.
    bytes.extend((u32::MAX - 5000).wrapping_add(n * PACKET as u32).to_be_bytes());
    bytes.extend(7_u32.to_be_bytes());
    let sample = |place: usize| match (speaks, place / 4 % 2) {
        (false, _) => 0xff,
        (true, 0) => 0x90,
        (true, _) => 0x10,
    };
    bytes.extend((0..PACKET).map(sample));
    bytes
}

/// Where it becomes loud, seconds after the beginning.
fn onsets(samples: &[i16]) -> Vec<f64> {
    let mut found: Vec<f64> = Vec::new();
    for (n, sample) in samples.iter().enumerate() {
        let at = n as f64 / 8000.0;
        if sample.unsigned_abs() > 5000 && found.last().is_none_or(|last| at > last + 0.7) {
            found.push(at);
        }
    }
    found
}

#[test]
fn what_was_said_comes_out_where_it_was_said() {
    let folder = Folder::new("record-voice");
    // A file of another rate, two channels, 24 bits: a second of tone, from half a second on.
    let spec =
        WavSpec { channels: 2, sample_rate: 44_100, bits_per_sample: 24, sample_format: SampleFormat::Int };
    let mut writer = WavWriter::create(folder.file("watch.wav"), spec).unwrap();
    for n in 0..66_150 {
        let tone = (f64::from(n) * 0.06).sin() * 4e6;
        for _ in 0..2 {
            writer.write_sample(if n < 22_050 { 0 } else { tone as i32 }).unwrap();
        }
    }
    writer.finalize().unwrap();
    let toml = "[[source]]\nname = \"vhf-16\"\nkind = \"udp\"\naddress = \"127.0.0.1:0\"\nformat = \"voice\"\n\
        [[source]]\nname = \"room\"\nkind = \"file\"\npath = \"watch.wav\"\nformat = \"voice\"\n\
        [[source]]\nname = \"sea\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n\
        [feed]\njson = \"127.0.0.1:0\"\n[record]\npath = \"recording\"\nkey = \"record.key\"\nsegment_s = 2\n";
    let config = config::parse(toml, &folder.file("fairway.toml")).unwrap();
    let engine = Engine::start(config, false).unwrap();
    let to = source(&engine, "vhf-16");
    let radio = UdpSocket::bind("127.0.0.1:0").unwrap();
    // Half a second of talk in each two, silence between, and now and then what is no packet.
    let (began, began_utc) = (Instant::now(), now());
    let speaks = |n: u32| n >= 50 && n % 100 < 25;
    for n in 0..250_u32 {
        let due = Duration::from_millis(u64::from(n + 1) * 20);
        std::thread::sleep(due.saturating_sub(began.elapsed()));
        radio.send_to(&packet(n, speaks(n)), to).unwrap();
        if n % 50 == 7 {
            radio.send_to(b"not a packet", to).unwrap();
        }
    }
    let counted = |reason: &str| {
        let name = format!("fairway_sentences_rejected_total{{source=\"vhf-16\",reason=\"{reason}\"}} 5");
        engine.metrics().contains(&name)
    };
    eventually("what is no packet is counted", || counted("version"));
    std::thread::sleep(Duration::from_millis(1500));
    drop(engine.stop());

    let kept = folder.file("recording");
    let recording = Recording::open(&kept).unwrap();
    assert!(recording.segments.len() > 1);
    assert_eq!(channels(&recording), ["vhf-16", "room"]);
    assert_eq!(verify(&kept, None).unwrap().faults, []);
    let all = sound(&recording, "vhf-16", began_utc, began_utc.plus_s(6.0)).unwrap();
    assert_eq!((all.packets, all.refused, &all.faults[..]), (250, 5, &[][..]));
    let found = onsets(&all.samples);
    assert_eq!(found.len(), 2, "{found:?}");
    for (at, expected) in found.iter().zip([2.0, 4.0]) {
        assert!((at - expected).abs() < 0.05, "{found:?}");
    }
    // As much of it as was said: half a second each time.
    let loud = all.samples.iter().filter(|sample| sample.unsigned_abs() > 5000).count();
    assert_eq!(loud, 2 * 25 * PACKET);
    // Asked for piece by piece it is the same.
    let mut pieces = Vec::new();
    for n in 0..12 {
        let from = began_utc.plus_s(0.5 * f64::from(n));
        pieces.extend(sound(&recording, "vhf-16", from, from.plus_s(0.5)).unwrap().samples);
    }
    let found_again = onsets(&pieces);
    assert!(found.iter().zip(&found_again).all(|(a, b)| (a - b).abs() < 0.03), "{found:?} {found_again:?}");

    let (spurts, faults) = spoken(&recording, began_utc, began_utc.plus_s(10.0));
    assert_eq!(faults, []);
    let of = |name: &str| -> Vec<_> { spurts.iter().filter(|it| it.source == name).collect() };
    assert_eq!(of("vhf-16").len(), 2, "{spurts:?}");
    for (spurt, expected) in of("vhf-16").iter().zip([2.0, 4.0]) {
        let after = |us: i64| UtcTime::from_unix_us(us).since(began_utc) - expected;
        assert!(after(spurt.from_us).abs() < 0.1 && (after(spurt.to_us) - 0.5).abs() < 0.1, "{spurts:?}");
    }
    // The file was played from when the engine began.
    let [room] = of("room")[..] else { panic!("{spurts:?}") };
    assert!((room.to_us - room.from_us - 1_000_000).abs() < 150_000, "{room:?}");

    // The catalogue says the same.
    let mut catalogue = Catalogue::open(&kept).unwrap();
    catalogue.update(|| true).unwrap();
    let far = i64::MAX / 2;
    let known = catalogue.spoken("vhf-16", 0, far).unwrap();
    assert_eq!(known, of("vhf-16").into_iter().cloned().collect::<Vec<_>>());
    assert_eq!(catalogue.spoken("room", 0, far).unwrap().len(), 1);
    assert_eq!(catalogue.spoken("vhf-16", known[0].to_us + 1, far).unwrap(), known[1..]);

    let mut bytes = std::io::Cursor::new(Vec::new());
    let written = wav(&recording, "vhf-16", (began_utc, began_utc.plus_s(6.0)), &mut bytes).unwrap();
    assert_eq!(written.packets, 250);
    let reader = WavReader::new(std::io::Cursor::new(bytes.into_inner())).unwrap();
    assert_eq!((reader.spec().sample_rate, reader.duration()), (8000, 48_000));
    assert_eq!(reader.into_samples::<i16>().map(Result::unwrap).collect::<Vec<_>>(), all.samples);
}

fn now() -> UtcTime {
    engine::clock::now_utc()
}
