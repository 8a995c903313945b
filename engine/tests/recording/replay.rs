//! A recording served again.

use super::{Folder, record, support, traffic};
use engine::feed::Names;
use engine::recording::Recording;
use engine::recording::cursor::Cursor;
use engine::recording::verify::verify;
use engine::{Engine, config};
use std::sync::Arc;
use units::UtcTime;

/// A console of a replay.
pub struct Viewer {
    feed: support::Console,
    wishes: std::net::TcpStream,
    tracks: std::collections::BTreeSet<u64>,
    /// By number: kind, and when it was raised.
    alerts: std::collections::BTreeMap<u64, (u64, i64)>,
    count: u32,
}

impl Viewer {
    pub fn connect(engine: &Engine) -> Self {
        Self::over(engine.addresses().json.unwrap())
    }

    pub fn over(address: std::net::SocketAddr) -> Self {
        let stream = std::net::TcpStream::connect(address).unwrap();
        let wishes = stream.try_clone().unwrap();
        let feed = support::Console::over(stream);
        let (tracks, alerts) = Default::default();
        let mut viewer = Self { feed, wishes, tracks, alerts, count: 0 };
        assert_eq!(viewer.until("welcome")["replay"], true);
        viewer
    }

    /// Reads on to a message of that kind, keeping the picture.
    fn until(&mut self, kind: &str) -> serde_json::Value {
        loop {
            let message = self.feed.next();
            if let Some(id) = message["track"]["id"].as_u64() {
                self.tracks.insert(id);
            }
            if let Some(id) = message["track_gone"]["id"].as_u64() {
                self.tracks.remove(&id);
            }
            if let Some(id) = message["alert"]["id"].as_u64() {
                let alert = &message["alert"];
                if alert["state"] == "cleared" {
                    self.alerts.remove(&id);
                } else {
                    let raised = (alert["kind"].as_u64().unwrap(), alert["raised_us"].as_i64().unwrap());
                    self.alerts.insert(id, raised);
                }
            }
            if let Some(body) = message.get(kind) {
                return body.clone();
            }
        }
    }

    /// Says how it is to go on: the answer's code, and how long that took.
    pub fn wish(&mut self, wish: &str) -> (u64, std::time::Duration) {
        use std::io::Write;
        self.count += 1;
        let (id, began) = (format!("wish-{:06}", self.count), std::time::Instant::now());
        writeln!(self.wishes, "{{\"command\":{{\"id\":\"{id}\",{wish}}}}}").unwrap();
        let answer = self.until("answer");
        assert_eq!(answer["id"], id.as_str());
        (answer["code"].as_u64().unwrap(), began.elapsed())
    }

    /// Where it is, once everything that was said before has come.
    pub fn place(&mut self) -> (i64, bool) {
        self.until("heartbeat");
        let at = self.until("replaying");
        (at["time_us"].as_i64().unwrap(), at["playing"].as_bool().unwrap())
    }

    /// Tracks, and alerts by kind and by when they were raised.
    pub fn seen(&self) -> (std::collections::BTreeSet<u64>, std::collections::BTreeSet<(u64, i64)>) {
        (self.tracks.clone(), self.alerts.values().copied().collect())
    }
}

#[test]
fn a_replay_is_the_same_feed_marked_and_goes_where_it_is_told() {
    let folder = Folder::new("record-replay");
    let (sea, kept) = (folder.file("sea.nmea"), folder.file("recording"));
    traffic(&sea, 6.0, 0);
    record(&folder.file(""), &sea, 65_536);
    let recording = Recording::open(&kept).unwrap();
    let names = Arc::new(Names::new(vec!["sea".to_owned()]));
    let begin = |speed| engine::recording::session::Start { at: None, speed };
    let feed = || config::Feed { json: Some("127.0.0.1:0".parse().unwrap()), ..config::Feed::default() };
    let start = |speed| {
        Engine::replay(recording.clone(), Arc::clone(&names), begin(speed), feed(), None, None).unwrap()
    };
    let (one, other) = (start(1.0), start(100.0));
    let mut there = Viewer::connect(&other);
    let (first, second) = (there.place().0, there.place().0);
    assert!(second > first + 10_000_000, "a hundred times as fast: {first} {second}");
    drop(there);
    let mut here = Viewer::connect(&one);
    let (from, to) = recording.span().unwrap();
    assert!(from.unix_s() == 1_764_000_000 && to.unix_s() > 1_764_000_300, "{from:?} {to:?}");
    let us = |part: f64| from.unix_us() + ((to.unix_us() - from.unix_us()) as f64 * part) as i64;
    let expected = |at_us: i64| {
        let cursor = Cursor::at(&recording, &names, UtcTime::from_unix_us(at_us)).unwrap();
        assert_eq!(cursor.faults(), []);
        let ids: std::collections::BTreeSet<u64> = cursor.core().picture.tracks().map(|it| it.id.0).collect();
        (cursor.core().picture.now().unix_us(), ids)
    };

    // Any instant, forward and backward: the very tracks that there were.
    for part in [0.9, 0.1, 0.5, 0.51, 0.0, 1.0] {
        let (code, took) = here.wish(&format!("\"replay\":{{\"seek_us\":{},\"playing\":false}}", us(part)));
        assert_eq!(code, 200);
        println!("sought in {took:?}");
        let (at, playing) = here.place();
        let (time, ids) = expected(us(part));
        assert!(!playing && at == time, "{part}: {at} {time}");
        assert_eq!(here.tracks, ids, "at {part}");
        assert!(part < 0.1 || (ids.len() > 10 && time > from.unix_us()), "{part}: {} tracks", ids.len());
    }
    // Steps.
    here.wish(&format!("\"replay\":{{\"seek_us\":{}}}", us(0.3)));
    let (before, _) = here.place();
    assert_eq!(here.wish("\"replay\":{\"step\":\"scan\"}").0, 200);
    let (after, _) = here.place();
    assert!((1_000_000..=3_000_000).contains(&(after - before)), "{before} {after}");
    let track = *here.tracks.first().unwrap();
    assert_eq!(here.wish(&format!("\"replay\":{{\"step\":\"track\",\"track\":{track}}}")).0, 200);
    assert!(here.place().0 > after);
    assert_eq!(here.wish("\"replay\":{\"step\":\"back\"}").0, 200);
    assert!(here.place().0 < after);
    // What was cannot be changed, and nonsense is refused.
    assert_eq!(here.wish(&format!("\"label\":{{\"track\":{track},\"text\":\"x\"}}")).0, 403);
    assert_eq!(here.wish("\"replay\":{\"step\":\"sideways\"}").0, 400);
    assert_eq!(here.wish("\"replay\":{\"speed\":0.0}").0, 400);

    // The other session went on at its own pace, to the end.
    let mut there = Viewer::connect(&other);
    while there.place().1 {}
    let end = expected(to.unix_us() + 60_000_000);
    assert_eq!((there.place().0, &there.tracks), (end.0, &end.1));
    drop((one.stop(), other.stop()));
    assert_eq!(verify(&kept, None).unwrap().faults, [], "a replay changes nothing");
}
