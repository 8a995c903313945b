//! `fairway decode` as others run it: the real binary on files, on its input, with and without `--json` and `--timed`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use decoders::ais::{PositionA, StaticA, Text};
use decoders::bits::BitWriter;
use decoders::nmea::{encode_sentence, encode_vdm};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use units::Mmsi;

/// Runs it with something on its input.
fn decode(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fairway"))
        .arg("decode")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A program that refuses its arguments does not read.
    let writing = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap();
    output
}

/// Its JSON lines: all but the last, and the summary.
fn objects(output: &Output) -> (Vec<Value>, Value) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let mut objects: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
    let summary = objects.pop().unwrap();
    assert_eq!(summary["kind"], "summary");
    assert!(objects.iter().all(|object| object["kind"] != "summary"));
    assert_accounted(&objects, &summary);
    (objects, summary)
}

/// Candidates = used + rejects by reason + pending + duplicates + other sentences, and the lines say the same.
fn assert_accounted(objects: &[Value], summary: &Value) {
    let sum =
        |key: &str| summary[key].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>();
    let counter = |name: &str| summary["counters"][name].as_u64().unwrap();
    let of = |kind: &str| objects.iter().filter(|object| object["kind"] == kind).count() as u64;
    let parts = ["used", "pending", "duplicates", "other"].map(counter);
    assert_eq!(summary["candidates"], sum("rejects") + parts.iter().sum::<u64>(), "{summary}");
    assert_eq!(summary["messages"], of("ais"));
    assert_eq!(sum("rejects"), of("reject"));
    let sentences = objects.iter().filter_map(|object| object["sentences"].as_array());
    assert_eq!(counter("used"), sentences.map(|list| list.len() as u64).sum::<u64>());
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for reject in objects.iter().filter(|object| object["kind"] == "reject") {
        *reasons.entry(reject["reason"].as_str().unwrap()).or_default() += 1;
    }
    for (reason, count) in summary["rejects"].as_object().unwrap() {
        assert_eq!(*count, reasons.get(reason.as_str()).copied().unwrap_or_default(), "{reason}");
    }
}

/// A fresh folder that is removed with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("fairway-decode-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn mmsi() -> Mmsi {
    Mmsi::new(413_000_001).unwrap()
}

fn one() -> String {
    let (mut bits, mut out) = (BitWriter::new(), Vec::new());
    PositionA { sog_raw: Some(123), ..PositionA::new(1, mmsi()) }.encode(&mut bits);
    encode_vdm(&mut out, *b"AI", Some(b'A'), 0, bits.bits());
    String::from_utf8(out).unwrap().trim_end().to_owned()
}

fn two() -> [String; 2] {
    let (mut bits, mut out) = (BitWriter::new(), Vec::new());
    StaticA { name_raw: Text::new("FAIRWAY"), ..StaticA::new(mmsi()) }.encode(&mut bits);
    assert_eq!(encode_vdm(&mut out, *b"BS", Some(b'B'), 7, bits.bits()), 2);
    let text = String::from_utf8(out).unwrap();
    let mut lines = text.lines().map(str::to_owned);
    [lines.next().unwrap(), lines.next().unwrap()]
}

fn sum(text: &str) -> String {
    let mut out = Vec::new();
    encode_sentence(&mut out, text.as_bytes()[0], &text.as_bytes()[1..]);
    String::from_utf8(out).unwrap().trim_end().to_owned()
}

#[test]
fn each_thing_found_is_one_line_and_the_summary_is_the_last() {
    let (one, [a, b]) = (one(), two());
    let tag = format!("{}\\", sum("\\g:1-2-77,s:r003,c:1700000006123,n:5,d:NB,r:12,t:hello,i:x"));
    let vsi = sum("$SAVSI,D13MN,6,000059.632020,2236,-95,22");
    let vdes = sum("!VEVSM,1,1,,004121111,1,412,30,0,0");
    let lines = [
        format!("{tag}{a}"),
        format!("{one}\u{e9}"),
        b.clone(),
        format!("{}0", &one[..one.len() - 1]),
        "no start".to_owned(),
        vsi.clone(),
        vdes.clone(),
        a.clone(),
        a.clone(),
        sum("$GPZDA,153415,10,12,2015,0,0"),
    ];
    let latin1: Vec<u8> = lines.join("\r\n").chars().map(|c| c as u8).collect();
    let folder = Folder::new("lines");
    let file = folder.file("a.nmea", &latin1);
    let (objects, summary) = objects(&decode(&["--json", &file], b""));
    let expected_tag = json!({
        "source": "r003", "time": 1_700_000_006.123, "group": [1, 2, "77"], "line_count": 5, "destination": "NB",
        "relative_time": 12, "text": "hello"
    });
    let [position, statics, bad_checksum, no_start, station, exchange] = &objects[..] else {
        panic!("{objects:?}")
    };
    assert_eq!(position["source"], file.as_str());
    assert_eq!(position["sentences"], json!([format!("{one}\u{e9}")]));
    assert_eq!(
        (&position["tag"], &position["flags"], &position["asm"]),
        (&Value::Null, &json!([]), &Value::Null)
    );
    assert_eq!(
        (&position["message"]["mmsi"], &position["message"]["sog"]),
        (&json!(413_000_001), &json!(12.3))
    );
    assert_eq!(position["message"]["length_ok"], true);
    assert_eq!(statics["sentences"], json!([a, b]));
    assert_eq!((&statics["tag"], &statics["message"]["name"]), (&expected_tag, &json!("FAIRWAY")));
    assert_eq!((&bad_checksum["reason"], &no_start["reason"]), (&json!("bad_checksum"), &json!("no_start")));
    assert_eq!(
        no_start,
        &json!({"kind": "reject", "source": file, "line": "no start", "reason": "no_start"})
    );
    assert_eq!(station["fields"]["signal_dbm"], -95.0);
    assert_eq!((&station["type"], &station["sentence"]), (&json!("SAVSI"), &json!(vsi)));
    assert_eq!((&exchange["kind"], &exchange["sentence"]), (&json!("vdes"), &json!(vdes)));
    assert_eq!((&summary["candidates"], &summary["messages"]), (&json!(10), &json!(2)));
    let counter = |name: &str| summary["counters"][name].as_u64().unwrap();
    assert_eq!((counter("used"), counter("pending"), counter("duplicates"), counter("other")), (3, 1, 1, 3));
    assert_eq!((counter("incomplete_timeout"), counter("vdes"), counter("station")), (1, 1, 1));

    // The same from standard input, named or not, and whatever the format is called.
    for arguments in [&["--json"][..], &["--json", "-"], &["--format", "nmea", "--json"]] {
        let (from_input, same) = self::objects(&decode(arguments, &latin1));
        assert_eq!((from_input.len(), &same), (objects.len(), &summary));
        assert_eq!(from_input[0]["source"], "-");
        assert_eq!(from_input[1]["message"], statics["message"]);
    }
    // Two files are two sources, and one account: parts do not join across them.
    let (first, second) = (folder.file("1", a.as_bytes()), folder.file("2", b.as_bytes()));
    let (found, summary) = self::objects(&decode(&["--json", &first, &second], b""));
    assert_eq!((found.len(), &summary["counters"]["pending"]), (0, &json!(2)));
}

#[test]
fn people_read_a_line_per_message_and_the_summary_apart() {
    let [a, b] = two();
    let input = format!("{}\r\n{a}\n{b}\nhello\n", one());
    let output = decode(&[], input.as_bytes());
    assert!(output.status.success());
    let (out, words) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 3, "{out}");
    assert!(lines[0].contains("mmsi=413000001") && lines[0].contains("sog=12.3"), "{out}");
    assert!(!lines[0].contains("null"));
    assert!(lines[1].contains("name=\"FAIRWAY\""), "{out}");
    assert_eq!(lines[2], "refused, no_start: hello");
    assert!(words.starts_with("4 sentences: 3 used in 2 messages, 1 refused, 0 without"), "{words}");
    assert!(words.contains("refused, no_start: 1"), "{words}");
}

#[test]
fn timed_lines_are_joined_by_their_source_and_time_alone() {
    let (one, [a, b]) = (one(), two());
    let tag = format!("{}\\", sum("\\s:other,c:1"));
    let lines = [
        format!("0.0\tu\t{a}"),
        format!("0.5\tv\t{tag}{one}"),
        format!("1.0\tv\t{b}"),
        format!("1.9\tu\t{b}\tafter"),
        format!("5\tu\t{a}"),
        format!("7.001\tu\t{b}"),
        format!("8\t\u{e9} x\t{one}"),
        "no columns".to_owned(),
        "9\tonly one".to_owned(),
    ];
    let latin1: Vec<u8> = lines.join("\n").chars().map(|c| c as u8).collect();
    let (found, summary) = objects(&decode(&["--json", "--timed"], &latin1));
    let seen: Vec<_> = found
        .iter()
        .map(|object| (object["source"].as_str().unwrap(), object["kind"].as_str().unwrap()))
        .collect();
    let expected = [("v", "ais"), ("u", "ais"), ("\u{e9} x", "ais"), ("-", "reject"), ("-", "reject")];
    assert_eq!(seen, expected);
    assert_eq!(found[0]["tag"]["source"], "other");
    assert_eq!(found[1]["sentences"], json!([a, format!("{b}\tafter")]));
    assert_eq!(summary["counters"]["pending"], 3);
    assert_eq!(summary["counters"]["incomplete_timeout"], 3);
}

#[test]
fn what_cannot_be_read_is_said_in_one_line_and_costs_the_rest() {
    let folder = Folder::new("wrong");
    let good = folder.file("good", one().as_bytes());
    let packed = folder.file("log.xz", b"\xfd7zXZ\0\0\x04");
    let absent = folder.0.join("absent").to_str().unwrap().to_owned();
    let directory = folder.0.to_str().unwrap();
    let cases: [(&[&str], &str); 4] = [
        (&["--json", &good, &absent], "absent"),
        (&["--json", directory], "directory"),
        (&["--json", &packed], "xz -dc"),
        (&["--format", "morse"], "morse"),
    ];
    for (arguments, word) in cases {
        let output = decode(arguments, b"");
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {words}");
        assert!(words.contains(word), "{words}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    let (found, _) = objects(&decode(&["--json", &good], b""));
    assert_eq!(found.len(), 1);
    let (found, summary) = objects(&decode(&["--json"], b""));
    assert_eq!((found.len(), &summary["candidates"]), (0, &json!(0)));
}

/// The shared data, if it is there.
fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("FAIRWAY_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = root.join(path);
    if !path.exists() {
        println!("skipped: no shared data");
        return None;
    }
    Some(path)
}

fn unpacked(path: &Path) -> Vec<u8> {
    let unpack = "import sys, lzma; sys.stdout.buffer.write(lzma.open(sys.argv[1]).read())";
    let ran = Command::new("python3").args(["-c", unpack]).arg(path).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}

#[test]
fn the_vernon_logs_hold_926_bad_checksums_and_all_is_accounted_for() {
    let Some(logs) = shared("data/ais/logs") else { return };
    let folder = Folder::new("vernon");
    let mut files: Vec<_> = std::fs::read_dir(logs).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with("ais_vernon_"));
    files.sort();
    let files: Vec<String> = files
        .iter()
        .map(|path| folder.file(&path.file_stem().unwrap().to_string_lossy(), &unpacked(path)))
        .collect();
    assert_eq!(files.len(), 5);
    let arguments: Vec<&str> = std::iter::once("--json").chain(files.iter().map(String::as_str)).collect();
    let (_, summary) = objects(&decode(&arguments, b""));
    println!("{summary}");
    assert_eq!(summary["rejects"]["bad_checksum"], 926);
    assert_eq!(summary["candidates"], 270_811);
}

/// Whether all that is expected was told. Numbers are equal as numbers.
fn differences(seen: &Value, expected: &Value, at: &str, out: &mut Vec<String>) {
    match (seen, expected) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let of =
                    |map: &Map<String, Value>| map.get(key).cloned().unwrap_or_else(|| json!("(absent)"));
                differences(&of(a), &of(b), &format!("{at}.{key}"), out);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).for_each(|(a, b)| differences(a, b, at, out));
        }
        (Value::Number(a), Value::Number(b)) if (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-9 => {}
        _ if seen == expected => {}
        _ => out.push(format!("{at}: {seen}, expected {expected}")),
    }
}

/// Each row of the oracle is a source of one timed input; what the binary says of it is what the row says.
#[test]
fn what_it_writes_is_what_the_oracle_holds() {
    let Some(folder) = shared("oracle/ais") else { return };
    let mut rows: BTreeMap<String, Value> = BTreeMap::new();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".jsonl.xz"));
    for file in files {
        for line in unpacked(&file).split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let row: Value = serde_json::from_slice(line).unwrap();
            rows.insert(row["id"].as_str().unwrap().to_owned(), row);
        }
    }
    let latin1 = |text: &Value| -> Vec<u8> { text.as_str().unwrap().chars().map(|c| c as u8).collect() };
    let (mut input, mut parted) = (Vec::new(), 0);
    for (n, (id, row)) in rows.iter().enumerate() {
        let lines = row["sentences"].as_array().or(row["lines_latin1"].as_array());
        for line in lines.into_iter().flatten() {
            let line = latin1(line);
            // A line end within would leave the columns behind.
            if line.trim_ascii().iter().any(|byte| matches!(byte, b'\r' | b'\n')) {
                parted += 1;
                continue;
            }
            input.extend_from_slice(format!("{n}\t{id}\t").as_bytes());
            input.extend_from_slice(&line);
            input.push(b'\n');
        }
        for event in row["events"].as_array().into_iter().flatten() {
            let at = event["t"].as_f64().unwrap() + n as f64;
            input.extend_from_slice(format!("{at}\t{id}/{}\t", event["src"].as_str().unwrap()).as_bytes());
            input.extend_from_slice(&latin1(&event["line"]));
            input.push(b'\n');
        }
    }
    let (found, summary) = objects(&decode(&["--json", "--timed"], &input));
    let mut by_row: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for object in found.iter().filter(|object| object["kind"] == "ais") {
        by_row.entry(object["source"].as_str().unwrap().split('/').next().unwrap()).or_default().push(object);
    }
    let (mut wrong, mut held) = (Vec::new(), 0);
    for (id, row) in &rows {
        let seen = by_row.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
        let mut differ = Vec::new();
        let expected: Vec<&Value> = match row["kind"].as_str() {
            Some("stream") => {
                row["expect_messages"].as_array().unwrap().iter().map(|message| &message["expect"]).collect()
            }
            _ => row.get("expect").into_iter().filter(|expect| expect.is_object()).collect(),
        };
        let refused = row["action"].as_str().is_some_and(|action| action.starts_with("reject"));
        if expected.len() != seen.len()
            && (refused || !expected.is_empty())
            && row["action"] != "accept_first_and_second"
        {
            differ.push(format!("{} messages", seen.len()));
        }
        for (object, expected) in seen.iter().zip(&expected) {
            let mut message = object["message"].clone();
            if message["length_ok"].is_null() {
                // Of a type without a number in the standard the oracle tells fewer fields.
                message.as_object_mut().unwrap().retain(|key, _| expected.get(key).is_some());
            }
            differences(&message, expected, "message", &mut differ);
            if row["asm"].is_object() {
                differences(&object["asm"], &row["asm"], "asm", &mut differ);
            }
            for (key, value) in row["tag"].as_object().into_iter().flatten() {
                differences(&object["tag"][key], value, key, &mut differ);
            }
        }
        held += usize::from(differ.is_empty());
        if !differ.is_empty() {
            wrong.push(format!("{id} {}: {}", row["class"], differ.join("; ")));
        }
    }
    println!("{held} of {} rows, {parted} lines left out, {} messages", rows.len(), summary["messages"]);
    assert!(held > 0 && parted * 100 < rows.len());
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}
