//! A client of IVEF against a server that shares no code with it (`tools/peers/ivef.py`), over a real socket: whole
//! sessions, cut in the middle, declined, silent, healed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::{Folder, eventually, scrape, start};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn password(folder: &Folder) -> PathBuf {
    let path = folder.file("password");
    std::fs::write(&path, "s3cret & <odd>\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// The interpreter and the schema with which the server checks what we send; without them it checks less.
fn validating() -> (PathBuf, Option<PathBuf>) {
    let shared =
        std::env::var_os("FAIRWAY_SHARED").map_or_else(|| Path::new(ROOT).join("../shared"), PathBuf::from);
    let schema = shared.join("data/radar/ivef-0.2.5.xsd");
    let python = Path::new(ROOT).join(".venv/bin/python");
    let has_lxml = Command::new(&python).args(["-c", "import lxml"]).stderr(Stdio::null()).status();
    if has_lxml.is_ok_and(|status| status.success()) && schema.is_file() {
        return (python, Some(schema));
    }
    println!("skipped: validation by the schema (no .venv with lxml, or no shared data)");
    ("python3".into(), None)
}

#[test]
fn a_session_is_cut_in_the_middle_and_heals() {
    let folder = Folder::new("ivef");
    let (python, schema) = validating();
    let port_file = folder.file("port");
    let mut server = Command::new(python)
        .arg(Path::new(ROOT).join("tools/peers/ivef.py"))
        .arg(&port_file)
        .args(schema)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    eventually("the server listens", || port_file.is_file());
    let port = std::fs::read_to_string(&port_file).unwrap();
    let engine = start(&format!(
        r#"
        [[source]]
        name = "vts"
        kind = "tcp-client"
        address = "127.0.0.1:{port}"
        format = "ivef"
        [source.ivef]
        user = "vts-b"
        password_file = {:?}
        areas = [[[29.6, 122.0], [29.6, 122.6], [30.1, 122.6], [30.1, 122.0]]]
        period_s = 2.5
        filter = "//ObjectData[TrackData[@SOG > 1]]"
        ping_after_s = 1.0
        reply_timeout_s = 6.0
        [http]
        listen = "127.0.0.1:0"
        "#,
        password(&folder)
    ));
    let http = engine.addresses().http.unwrap();
    let mut said = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut said).unwrap();
    if said.is_empty() {
        let mut error = String::new();
        server.stderr.take().unwrap().read_to_string(&mut error).unwrap();
        panic!("{error}");
    }
    let sent: serde_json::Value = serde_json::from_str(&said).unwrap();
    let objects = sent["objects"].as_i64().unwrap();
    let observed = || scrape(http).sum("fairway_ivef_objects_total", "what=\"observed\"") == objects;
    eventually("every object is observed", observed);
    let metrics = scrape(http);
    assert_eq!(metrics.sum("fairway_ivef_logins_total", "accepted"), 4);
    assert_eq!(metrics.sum("fairway_ivef_logins_total", "declined"), 1);
    assert_eq!(metrics.sum("fairway_ivef_services_total", "\"accepted"), 2);
    assert_eq!(metrics.sum("fairway_ivef_services_total", "declined"), 1);
    assert_eq!(metrics.sum("fairway_ivef_services_total", "restricted"), 1);
    assert_eq!(metrics.sum("fairway_source_connects_total", "vts"), 5);
    assert_eq!(metrics.sum("fairway_ivef_serving", "vts"), 1);
    // Each fault with its reason: the cut message, the one without a body, what is none, the decimal comma.
    let rejected = |reason| metrics.sum("fairway_sentences_rejected_total", reason);
    assert_eq!((rejected("unfinished"), rejected("no_start")), (1, 1));
    assert_eq!((rejected("missing_attribute"), rejected("vts")), (1, 3));
    assert_eq!(
        metrics.sum("fairway_ivef_objects_refused_total", "bad_number"),
        sent["refused_objects"].as_i64().unwrap()
    );
    assert_eq!(metrics.sum("fairway_ivef_objects_refused_total", "vts"), 1);
    let repeated = metrics.sum("fairway_ivef_objects_total", "what=\"repeated\"");
    assert_eq!(repeated, sent["repeated_objects"].as_i64().unwrap());
    assert_eq!(metrics.sum("fairway_ivef_oddities_total", "unknown_attribute"), 1);
    assert_eq!(metrics.sum("fairway_ivef_unexpected_total", "vts"), 0);
    // A track of each object, and who it is, of those that repeat too.
    assert_eq!(metrics.sum("fairway_observations_total", "vts"), 2 * objects + repeated);
    assert_eq!(metrics.assert_accounted("vts"), sent["messages"].as_i64().unwrap() + 3);
    drop(engine.stop());
    let ended = server.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// A server that floods, lies and trickles costs its own source, and nobody else.
#[test]
fn a_hostile_server_costs_itself() {
    let folder = Folder::new("ivef-hostile");
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let engine = start(&format!(
        r#"
        [[source]]
        name = "hostile"
        kind = "tcp-client"
        address = "{}"
        format = "ivef"
        ivef = {{ user = "vts-b", password_file = {:?}, reply_timeout_s = 4.0 }}
        [http]
        listen = "127.0.0.1:0"
        "#,
        server.local_addr().unwrap(),
        password(&folder)
    ));
    let http = engine.addresses().http.unwrap();
    let mut bomb = Vec::new();
    decoders::ivef::pack(&vec![b' '; 50_000_000], &mut bomb);
    let ping = "<MSG_IVEF><Header MsgRefId=\"x\"/><Body><Ping TimeStamp=\"2026-11-23T06:00:00Z\"/></Body></MSG_IVEF>";
    let endless = format!("<MSG_IVEF>{}", "<x/>".repeat(2_000_000));
    let flood = format!("{}<MSG_Logout>", ping.repeat(20_000));
    let attacks: [(&[u8], &str); 4] = [
        (&bomb, "bomb"),
        (b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", "no_start"),
        (endless.as_bytes(), "too_long"),
        (flood.as_bytes(), "unfinished"),
    ];
    for (attack, reason) in attacks {
        let (mut peer, _) = server.accept().unwrap();
        peer.set_read_timeout(Some(support::PATIENCE)).unwrap();
        // It may hang up on what it has seen enough of.
        let _ = peer.write_all(attack);
        let _ = peer.shutdown(std::net::Shutdown::Write);
        let _ = std::io::copy(&mut peer, &mut std::io::sink());
        eventually(reason, || scrape(http).sum("fairway_sentences_rejected_total", reason) >= 1);
    }
    let metrics = scrape(http);
    metrics.assert_accounted("hostile");
    assert_eq!(metrics.sum("fairway_observations_total", "hostile"), 0);
    drop(engine.stop());
}
