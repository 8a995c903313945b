//! `fairway decode` of ASTERIX through the real binary.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

/// One record of CAT010 (a plot at 1,000 m, 90 degrees), a block of a category without a table, and noise.
const PLOT: [u8; 15] = [0x0a, 0, 15, 0xf4, 0, 7, 1, 0x60, 0, 0x32, 0, 0x03, 0xe8, 0x40, 0];
const UNKNOWN: [u8; 6] = [0x01, 0, 6, 0x80, 1, 2];

/// What comes out, line by line, and the words on standard error.
fn decode(arguments: &[&str], input: &[u8]) -> (Vec<String>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fairway"))
        .arg("decode")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout).lines().map(str::to_owned).collect(), text(output.stderr))
}

#[test]
fn asterix_is_recognised_and_told_as_json() {
    let frame = [&[0, 27, 0, 0, 0, 0x5c, 0x18, 0x90][..], &PLOT, &[0xa5; 4]].concat();
    let noise = [0xff_u8; 1000].as_slice();
    let record = |time: Value| {
        let mut record = json!({
            "kind": "asterix", "source": "-", "cat": 10, "hex": "f40007016000320003e84000",
            "items": {
                "010": {"SAC": 0, "SIC": 7}, "000": 1, "020": {"TYP": 3, "DCR": 0, "CHN": 0, "GBS": 0, "CRT": 0},
                "140": 100.0, "040": {"RHO": 1000.0, "TH": 90.0},
            },
        });
        if !time.is_null() {
            record["rx_ts"] = time;
        }
        record
    };
    let reject = |bytes: &[u8], reason: &str| {
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({"kind": "reject", "source": "-", "line": hex.concat(), "reason": reason})
    };
    let plain = record(Value::Null);
    let cases: [(&[&str], Vec<u8>, Vec<Value>); 4] = [
        (&["--json"], PLOT.repeat(2), vec![plain.clone(), plain.clone()]),
        (
            &["--json", "--format", "asterix"],
            [&UNKNOWN[..], &PLOT, noise, &PLOT].concat(),
            vec![reject(&UNKNOWN, "no_category"), plain.clone(), reject(noise, "bad_length"), plain],
        ),
        (&["--json"], frame.clone(), vec![record(json!(60356))]),
        (&["--json", "--format", "asterix"], vec![], vec![]),
    ];
    for (arguments, input, expected) in cases {
        let (lines, _) = decode(arguments, &input);
        let mut seen: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let summary = seen.pop().unwrap();
        assert_eq!(seen, expected);
        let messages = expected.iter().filter(|line| line["kind"] == "asterix").count();
        assert_eq!(summary["kind"], "summary");
        assert_eq!(
            (&summary["candidates"], &summary["messages"]),
            (&json!(expected.len()), &json!(messages))
        );
        for reason in ["no_category", "unknown_item", "bad_length"] {
            let count = expected.iter().filter(|line| line["reason"] == reason).count();
            assert_eq!(summary["rejects"][reason], json!(count), "{reason}");
        }
    }
}

#[test]
fn asterix_is_told_in_words() {
    let (lines, words) = decode(&[], &[&PLOT[..], &UNKNOWN, &PLOT].concat());
    let plot =
        "CAT010 010={SAC=0 SIC=7} 000=1 020={TYP=3 DCR=0 CHN=0 GBS=0 CRT=0} 140=100 040={RHO=1000 TH=90}";
    assert_eq!(lines, [plot, "refused, no_category, 6 octets: 010006800102", plot]);
    assert!(
        words.contains("3 records and sentences: 2 used") && words.contains("refused, no_category: 1"),
        "{words}"
    );
}
