//! The wall display over HTTP: what a browser is told not to do, what is there, and what is not.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod support;

use engine::{Engine, wall};
use flate2::read::GzDecoder;
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use support::{Folder, PATIENCE, eventually, report, source, start};

const ENGINE: &str = "[[source]]\nname = \"ais\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n[http]\nlisten = \"127.0.0.1:0\"\n";
const MARK: &[u8] = b"\x89PNG one tile";

struct Answer {
    status: u16,
    /// By name in lower case.
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    fn json(&self) -> Value {
        assert_eq!(self.status, 200);
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One request on a connection of its own, as it is written: a path may be one that no client would send.
fn ask(engine: &Engine, method: &str, path: &str, more: &str) -> Answer {
    let mut stream = TcpStream::connect(engine.addresses().http.unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: test\r\n{more}\r\n").unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    let end = memchr::memmem::find(&all, b"\r\n\r\n").unwrap_or_else(|| panic!("{path}: no head in {all:?}"));
    let head = std::str::from_utf8(&all[..end]).unwrap();
    let (first, rest) = head.split_once("\r\n").unwrap();
    let headers = rest.lines().map(|line| line.split_once(": ").unwrap());
    Answer {
        status: first.split(' ').nth(1).unwrap().parse().unwrap(),
        headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect(),
        body: all[end + 4..].to_vec(),
    }
}

fn get(engine: &Engine, path: &str) -> Answer {
    ask(engine, "GET", path, "")
}

/// A chart of one tile: zoom 2, column 3, row 1 from the north, which is 2 from the south.
fn chart(folder: &Folder, name: &str, format: &str) -> PathBuf {
    let path = folder.file(name);
    let tiles = Connection::open(&path).unwrap();
    tiles
        .execute_batch(
            "CREATE TABLE metadata (name text, value text);
             CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob);
             INSERT INTO metadata VALUES ('maxzoom', '2');",
        )
        .unwrap();
    tiles.execute("INSERT INTO metadata VALUES ('format', ?1)", [format]).unwrap();
    tiles.execute("INSERT INTO tiles VALUES (2, 3, 2, ?1)", [MARK]).unwrap();
    path
}

fn assert_guarded(answer: &Answer, path: &str) {
    let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("{path}: no policy"));
    let rules: BTreeMap<&str, &str> = policy
        .split(';')
        .map(|rule| rule.trim().split_once(' ').unwrap_or_else(|| panic!("{path}: {rule:?}")))
        .collect();
    // What is not named falls back to nothing at all; nobody frames the page, and it frames nobody.
    assert_eq!(rules["default-src"], "'none'", "{path}");
    assert_eq!(rules["frame-ancestors"], "'none'", "{path}");
    assert_eq!(rules["base-uri"], "'none'", "{path}");
    assert_eq!(rules["form-action"], "'none'", "{path}");
    assert_eq!(rules["script-src"], "'self'", "{path}");
    assert_eq!(rules["connect-src"], "'self'", "{path}");
    assert!(!rules.contains_key("frame-src") && !policy.contains("unsafe"), "{path}: {policy}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
}

#[test]
fn every_answer_carries_what_a_browser_is_not_to_do() {
    let engine = start(ENGINE);
    for path in [
        "/",
        "/index.html",
        "/wall.json",
        "/areas.json",
        "/chart.geojson",
        "/tiles/0/0/0",
        "/tiles/0/0/x",
        "/tiles/900/0/0",
        "/no/such/thing",
        "/assets/none.js",
        "/livez",
        "/readyz",
        "/status",
        "/metrics",
        "/pictures/0",
    ] {
        assert_guarded(&get(&engine, path), path);
    }
    assert_guarded(&ask(&engine, "POST", "/wall.json", "Content-Length: 0\r\n"), "POST");
    drop(engine.stop());
}

#[test]
fn what_is_not_there_is_not_found_and_no_path_leads_out() {
    let engine = start(ENGINE);
    let file = env!("CARGO_MANIFEST_DIR");
    for path in [
        "/no/such/thing",
        "/assets/",
        "/assets/../index.htm",
        "/../../../../etc/passwd",
        "/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/%00",
        "//etc/passwd",
        &format!("/{file}/Cargo.toml"),
        &format!("/{}", "a".repeat(4000)),
    ] {
        let answer = get(&engine, path);
        assert_eq!((answer.status, &*answer.body), (404, &b"no such thing\n"[..]), "{path}");
    }
    for path in ["/", "/wall.json", "/areas.json", "/chart.geojson"] {
        let answer = ask(&engine, "POST", path, "Content-Length: 0\r\n");
        assert_eq!(answer.status, 405, "{path}");
    }
    drop(engine.stop());
}

#[test]
fn the_page_is_there_or_it_is_said_how_to_make_it() {
    let engine = start(ENGINE);
    let page = get(&engine, "/");
    let text = String::from_utf8(page.body.clone()).unwrap();
    if wall::is_built() {
        assert_eq!(page.status, 200);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(page.header("cache-control"), Some("no-cache"));
        assert!(text.contains("<script type=\"module\""), "{text}");
        // Whatever the page names is there, and is kept: its name changes with what is in it.
        let named = text.split('"').filter_map(|part| part.strip_prefix("./assets/"));
        let mut count = 0;
        for name in named {
            let path = format!("/assets/{name}");
            let part = get(&engine, &path);
            assert_eq!(part.status, 200, "{path}");
            assert!(part.header("cache-control").unwrap().contains("immutable"), "{path}");
            count += 1;
        }
        assert!(count >= 2, "script and style: {text}");
    } else {
        assert_eq!(page.status, 404);
        assert_eq!(page.header("content-type"), Some("text/plain; charset=utf-8"));
        assert!(text.contains("make web"), "{text}");
    }
    // The rest does not need it.
    assert_eq!(get(&engine, "/livez").status, 200);
    drop(engine.stop());
}

#[test]
fn without_a_chart_of_ones_own_the_coast_is_sent_packed_or_plain() {
    let engine = start(ENGINE);
    let place = get(&engine, "/wall.json").json();
    assert_eq!(place["chart"]["url"], "chart.geojson");
    assert_eq!(place["chart"]["kind"], "geojson");
    assert_eq!(place["chart"]["note"], Value::Null);

    let plain = get(&engine, "/chart.geojson");
    assert_eq!(plain.header("content-type"), Some("application/geo+json"));
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(plain.json()["type"], "FeatureCollection");
    let packed = ask(&engine, "GET", "/chart.geojson", "Accept-Encoding: gzip, br\r\n");
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.body.len() < plain.body.len());
    let mut unpacked = Vec::new();
    GzDecoder::new(&*packed.body).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);

    assert_eq!(get(&engine, "/areas.json").json()["type"], "FeatureCollection");
    let tile = get(&engine, "/tiles/0/0/0");
    assert_eq!((tile.status, tile.body.len()), (204, 0));
    drop(engine.stop());
}

#[test]
fn tiles_are_counted_from_the_north_and_what_is_outside_is_empty() {
    let folder = Folder::new("wall-tiles");
    let path = chart(&folder, "harbour.mbtiles", "png");
    assert_eq!(wall::look_at(&path).unwrap(), "raster tiles, to zoom 2");
    let engine = start(&format!("{ENGINE}[wall]\nchart = {path:?}\nchart_note = \"of the harbour\"\n"));
    let place = get(&engine, "/wall.json").json();
    assert_eq!(place["chart"]["url"], "tiles/{z}/{x}/{y}");
    assert_eq!(place["chart"]["max_zoom"], 2);
    assert_eq!(place["chart"]["note"], "of the harbour");

    let tile = get(&engine, "/tiles/2/3/1");
    assert_eq!((tile.status, tile.header("content-type")), (200, Some("image/png")));
    assert_eq!(tile.body, MARK);
    // No such tile, row or zoom; the last would be an overflow for whoever counted carelessly.
    for path in ["/tiles/2/3/2", "/tiles/2/3/4", "/tiles/0/0/9", "/tiles/32/0/0", "/tiles/255/4294967295/0"] {
        let answer = get(&engine, path);
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{path}");
    }
    for path in ["/tiles/256/0/0", "/tiles/-1/0/0", "/tiles/2/3/4294967296", "/tiles/2/x/1"] {
        assert_eq!(get(&engine, path).status, 400, "{path}");
    }
    assert_eq!(get(&engine, "/chart.geojson").status, 404);
    drop(engine.stop());
}

#[test]
fn a_chart_that_cannot_be_shown_is_refused_with_its_name() {
    let folder = Folder::new("wall-charts");
    let text = |name: &str, text: &str| {
        let path = folder.file(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let cases: [(PathBuf, &str); 6] = [
        (chart(&folder, "vector.mbtiles", "pbf"), "only pictures"),
        (text("noise.mbtiles", "no SQLite at all"), "is no MBTiles"),
        (text("empty.mbtiles", ""), "is no MBTiles"),
        (text("torn.geojson", "{\"type\":"), "is no JSON"),
        (text("point.geojson", "{\"type\":\"Point\"}"), "is no GeoJSON FeatureCollection"),
        (folder.file("nowhere.geojson"), "No such file"),
    ];
    for (path, reason) in cases {
        let error = wall::look_at(&path).unwrap_err().to_string();
        let name = Path::new(&path).file_name().unwrap().to_str().unwrap();
        assert!(error.contains(name) && error.contains(reason), "{name}: {error}");
    }
}

#[test]
fn health_says_what_runs() {
    let engine = start(
        "[[source]]\nname = \"sea\"\nkind = \"tcp-server\"\naddress = \"127.0.0.1:0\"\n\
         [http]\nlisten = \"127.0.0.1:0\"\n",
    );
    for path in ["/livez", "/readyz"] {
        let answer = get(&engine, path);
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"ok\n".as_slice()), "{path}");
    }
    let mut sea = TcpStream::connect(source(&engine, "sea")).unwrap();
    sea.write_all(&report(413_000_001, 29.5, 122.1)).unwrap();
    let status = || String::from_utf8(get(&engine, "/status").body).unwrap();
    eventually("the track is in the status", || status().contains("\ntracks 1\n"));
    let page = status();
    let first = page.lines().next().unwrap();
    assert!(first.starts_with("fairway ") && first.ends_with(": ready"), "{first}");
    for line in ["core runs", "feed runs", "http runs", "ingest runs", "source_peers{source=\"sea\"} 1"] {
        assert!(page.lines().any(|said| said == line), "{line} is not in {page}");
    }
    drop(engine.stop());
}
