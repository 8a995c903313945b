//! `fairway decode` of BeiDou and JT/T 808, through the binary, as a program reads it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may")]

use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What the binary prints for some input, as JSON.
fn decode(arguments: &[&str], input: &[u8]) -> Vec<Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fairway"))
        .arg("decode")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    output
        .stdout
        .split(|&b| b == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16).unwrap()).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

/// A location and a heartbeat with an escape, as the rules of the standard give them.
const LOCATION: &str = "7e020000260112233445500000000000010000000200ba7f0e07e4f11c0028003c000018071510101001040000006402020037ab7e";
const HEARTBEAT: &str = "7e0002000000000000067800017d017e";

fn told() -> [Value; 2] {
    [
        json!({
            "kind": "jt808", "source": "-", "msg_id": "0200", "v2019": false, "ver": null, "phone": "011223344550",
            "serial": 0, "total": null, "index": null, "enc": 0,
            "body_hex": "000000010000000200ba7f0e07e4f11c0028003c000018071510101001040000006402020037",
            "location": {
                "alarm": 1, "status": 2, "acc": 0, "fixed": 1, "lat": 12.222_222, "lon": 132.444_444, "alt_m": 40,
                "speed_kmh": 6.0, "course": 0, "time_utc8": "2018-07-15 10:10:10", "gps": 0, "bds": 0, "glo": 0, "gal": 0,
                "extra": [["01", "00000064"], ["02", "0037"]],
            },
        }),
        json!({
            "kind": "jt808", "source": "-", "msg_id": "0002", "v2019": false, "ver": null, "phone": "000000000678",
            "serial": 1, "total": null, "index": null, "enc": 0, "body_hex": "", "location": null,
        }),
    ]
}

#[test]
fn jt808_frames_come_out_of_bytes_and_of_hexadecimal_lines() {
    let flipped = LOCATION.replace("0028", "0029");
    let bytes = [unhex(LOCATION), unhex(&flipped), unhex(HEARTBEAT)].concat();
    let lines = format!("{LOCATION}\n\n{flipped}\r\n7E 0002 0000 0000 0000 0678 0001 7d01 7E\nno digits\n");
    let [location, heartbeat] = told();
    for (arguments, input, candidates) in [
        (&["--format", "jt808", "--json"][..], bytes, 3),
        (&["--format", "jt808", "--json", "--hex"], lines.into_bytes(), 4),
    ] {
        let seen = decode(arguments, &input);
        assert_eq!(seen[0], location);
        assert_eq!((&seen[1]["kind"], &seen[1]["reason"]), (&json!("reject"), &json!("bad_checksum")));
        let hex = arguments.len() > 3;
        assert!(!hex || seen[1]["line"] == flipped.as_str());
        assert_eq!(seen[2], heartbeat);
        let summary = seen.last().unwrap();
        assert_eq!((&summary["candidates"], &summary["messages"]), (&json!(candidates), &json!(2)));
        let rejects: u64 =
            summary["rejects"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(rejects, candidates - 2);
        assert_eq!(summary["rejects"]["bad_fields"], u64::from(hex));
        assert_eq!(summary["counters"]["used"], 2);
    }
}

#[test]
fn rdss_of_every_generation_comes_out_of_one_stream() {
    let binary = unhex("2444575858001f1ffa66080000000b1c324776052f07182235060014000a8d");
    let text = b"$BDTXR,1,0179773,2,,A468656C6C6F*43\r\nTCQ OK!\r\n";
    let waa = b"$BDWAA,0,,0312194,072236.37,3802.69000,N,11426.16000,E,61,M*05\n";
    let wrong = b"$BDWAA,0,,0312194,072236.37,3802.69000,N,11426.16000,E,61,M*06\n";
    let stream = [&binary[..], text, waa, wrong].concat();
    let mut hex = String::new();
    for frame in [&binary[..], waa, wrong] {
        for byte in frame {
            write!(hex, "{byte:02x}").unwrap();
        }
        hex.push('\n');
    }
    let fix = json!({
        "card": 2_095_718, "queried": 0, "vessel": 2_095_718, "query": false, "precision": 1, "urgent": false,
        "time": "11:28:50.71", "lat": 24.581_555_556, "lon": 118.096_583_333, "height": 20, "anomaly": 10,
    });
    let report = json!({"card": 312_194, "lat": 38.044_833_333, "lon": 114.436});
    for (arguments, input, candidates) in [
        (&["--format", "rdss", "--json"][..], stream, 5),
        (&["--format", "rdss", "--json", "--hex"], hex.into_bytes(), 3),
    ] {
        let seen = decode(arguments, &input);
        let of = |kind: &str| {
            seen.iter().find(|line| line["type"] == kind).unwrap_or_else(|| panic!("{kind}: {seen:?}"))
        };
        assert_eq!(of("DWXX")["fields"], fix);
        assert_eq!((&of("DWXX")["kind"], &of("DWXX")["checksum"]), (&json!("rdss"), &json!("ok")));
        assert_eq!(of("BDWAA")["fields"], report);
        assert_eq!(seen.iter().filter(|line| line["reason"] == "bad_checksum").count(), 1);
        let summary = seen.last().unwrap();
        assert_eq!(summary["candidates"], candidates);
        let counters = &summary["counters"];
        assert_eq!(counters["used"].as_u64().unwrap() + counters["other"].as_u64().unwrap() + 1, candidates);
    }
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    for arguments in [&["--hex"][..], &["--format", "jt808", "--timed"]] {
        let run = Command::new(env!("CARGO_BIN_EXE_fairway"))
            .arg("decode")
            .args(arguments)
            .stdin(Stdio::null())
            .output();
        assert_eq!(run.unwrap().status.code(), Some(2), "{arguments:?}");
    }
}
