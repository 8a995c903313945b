//! `fairway decode` of IVEF, through the binary.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use decoders::ivef::pack;
use serde_json::{Value, json};
use simulate::{Centre, Scene};
use std::io::Write;
use std::process::{Command, Stdio};
use units::UtcTime;

const PING: &str = "<MSG_IVEF><Header MsgRefId=\"{550e8400-e29b-41d4-a716-446655440007}\" Version=\"0.2.5\"/>\
     <Body><Ping TimeStamp=\"2026-11-23T06:00:10Z\"/></Body></MSG_IVEF>\n";

/// What it prints for that input, and on the side.
fn decode(arguments: &[&str], input: &[u8]) -> (String, String, bool) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fairway"))
        .arg("decode")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feed = std::thread::spawn({
        let input = input.to_vec();
        // It may refuse to start.
        move || drop(stdin.write_all(&input))
    });
    let output = child.wait_with_output().unwrap();
    feed.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.success())
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

/// A centre's pictures of a minute.
fn pictures() -> (Vec<u8>, usize) {
    let start = UtcTime::from_unix_s(1_764_000_000);
    let (mut scene, mut centre) = (Scene::ningbo_zhoushan(1, 60, start), Centre::new(1, "VTS"));
    let (mut out, mut told) = (Vec::new(), 0);
    for step in 0..6 {
        scene.run(start.plus_s(f64::from(step) * 10.0), &mut |_| {});
        told += centre.picture(&scene, &mut out);
    }
    (out, told)
}

#[test]
fn a_stream_is_known_by_itself_and_every_candidate_is_accounted_for() {
    let (pictures, told) = pictures();
    let comma =
        PING.replace("<Ping TimeStamp=\"2026-11-23T06:00:10Z\"/>", "<ServerStatus Status=\"maybe\"/>");
    let stream = [PING.as_bytes(), b"junk\n", &pictures, comma.as_bytes(), b"<MSG_IVEF>"].concat();
    let mut packed = Vec::new();
    for piece in stream.chunks(5000) {
        pack(piece, &mut packed);
    }
    let (out, ..) = decode(&["--json"], &stream);
    for (arguments, input) in [(&["--json"][..], &packed), (&["--json", "--format", "ivef"], &stream)] {
        let (same, errors, fine) = decode(arguments, input);
        assert!(fine && errors.is_empty(), "{errors}");
        assert!(same == out, "{arguments:?}");
    }
    let lines = lines(&out);
    assert_eq!(
        lines[0],
        json!({
            "kind": "ivef", "source": "-", "id": "{550e8400-e29b-41d4-a716-446655440007}", "type": "Ping",
            "dialect": false, "objects_refused": {}, "oddities": {},
            "message": {"Ping": {"TimeStamp": "2026-11-23T06:00:10.000Z"}},
        })
    );
    assert_eq!(lines[1], json!({"kind": "reject", "source": "-", "line": "junk\n", "reason": "no_start"}));
    let track = &lines[2]["message"]["ObjectDatas"]["ObjectData"][0]["TrackData"];
    assert!(
        track["SOG"].is_number() && track["Pos"][0]["Lat"].is_number() && track["SourceName"] == "VTS",
        "{track}"
    );
    let summary = lines.last().unwrap();
    assert_eq!((&summary["candidates"], &summary["messages"]), (&json!(10), &json!(7)));
    assert_eq!((&summary["counters"]["used"], &summary["counters"]["objects"]), (&json!(7), &json!(told)));
    for (reason, count) in [("no_start", 1), ("bad_flag", 1), ("unfinished", 1), ("bad_checksum", 0)] {
        assert_eq!(summary["rejects"][reason], count, "{reason}");
    }
    assert_eq!(lines.len(), 11);
}

#[test]
fn people_read_one_line_per_object() {
    let (out, errors, fine) = decode(&[], &[PING.as_bytes(), &pictures().0].concat());
    assert!(fine);
    assert!(
        out.starts_with("Ping TimeStamp=\"2026-11-23T06:00:10.000Z\"\nObjectDatas\n  TrackData={COG="),
        "{out}"
    );
    assert!(
        errors.contains("7 used in 7 messages, 0 refused") && errors.contains("\nobjects: 360"),
        "{errors}"
    );
}

#[test]
fn lines_stay_lines() {
    let nmea = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\n";
    let (out, ..) = decode(&["--json"], nmea);
    assert_eq!(lines(&out)[0]["kind"], "ais");
    let (out, ..) = decode(&["--json", "--format", "ivef"], nmea);
    assert_eq!(lines(&out)[0]["reason"], "no_start");
    let (_, errors, fine) = decode(&["--timed", "--format", "ivef"], b"");
    assert!(!fine && errors.contains("--timed"), "{errors}");
}
