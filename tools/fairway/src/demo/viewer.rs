//! A client of the feed like any other: it keeps the picture that it is sent, and measures how old it was.

use engine::clock::Mono;
use engine::feed::proto::{Alert, AlertState, Camera, ServerMessage, Track, server_message::Body};
use hdrhistogram::Histogram;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use units::{Label, Mmsi};

/// One vessel that AIS and all radars tell of, and how often each has.
#[derive(Clone, Debug)]
pub struct Witnessed {
    pub mmsi: Mmsi,
    pub name: Label,
    pub by_ais: usize,
    /// The radar, its number for the vessel, and how often it told of it.
    pub by_radar: Vec<(&'static str, u16, usize)>,
}

/// What the viewer has been sent, and what the simulator has sent.
#[derive(Debug)]
pub struct View {
    pub tracks: BTreeMap<u64, Track>,
    pub marks: BTreeMap<u32, String>,
    pub alerts: BTreeMap<u64, Alert>,
    pub raised: u64,
    pub lines: u64,
    /// Sequence numbers that did not follow the one before: 0.
    pub gaps: u64,
    seq: u64,
    /// The boat that is heard in several ways.
    pub boat: Option<u32>,
    /// When the report of a vessel for a second went into the simulator's socket.
    pub sent: HashMap<(u32, i64), Mono>,
    /// From there to this client, microseconds.
    pub latency_us: Histogram<u64>,
    /// Whom the simulator knows to be seen by everybody.
    pub witnessed: Option<Witnessed>,
    /// By name.
    pub cameras: BTreeMap<String, Camera>,
    /// Pictures that were taken.
    pub pictures: u64,
    /// Alerts that no camera looks at, with the reason that was last given.
    pub unseen: BTreeMap<u64, String>,
    /// How far each camera truly is from what it follows, as a part of its field of view: median, 99 of 100, looks.
    pub eyes: BTreeMap<String, [f64; 3]>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            tracks: BTreeMap::new(),
            marks: BTreeMap::new(),
            alerts: BTreeMap::new(),
            raised: 0,
            lines: 0,
            gaps: 0,
            seq: 0,
            boat: None,
            sent: HashMap::new(),
            latency_us: histogram(),
            witnessed: None,
            cameras: BTreeMap::new(),
            pictures: 0,
            unseen: BTreeMap::new(),
            eyes: BTreeMap::new(),
        }
    }
}

fn histogram() -> Histogram<u64> {
    // One that grows would not grow for `saturating_record`, and hide what is late. These bounds are always possible,
    // so the fallback is never needed.
    Histogram::new_with_bounds(1, 60_000_000, 3).unwrap_or_else(|_| histogram())
}

pub fn lock(view: &Mutex<View>) -> MutexGuard<'_, View> {
    view.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connects, and keeps the view until the engine ends.
pub fn watch(feed: SocketAddr, view: Arc<Mutex<View>>) -> io::Result<JoinHandle<()>> {
    let mut stream = TcpStream::connect(feed)?;
    stream.write_all(b"{\"hello\":{\"client\":\"demo\"}}\n")?;
    std::thread::Builder::new().name("viewer".to_owned()).spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
            let at = Mono::now();
            if let Ok(message) = serde_json::from_str(&line) {
                lock(&view).take(message, at);
            }
            line.clear();
        }
    })
}

impl View {
    fn take(&mut self, message: ServerMessage, at: Mono) {
        self.lines += 1;
        self.gaps += u64::from(message.seq != self.seq + 1);
        self.seq = message.seq;
        match message.body {
            Some(Body::Track(track)) => {
                let reported =
                    track.reported.as_ref().map_or(0, |reported| reported.time_us.div_euclid(1_000_000));
                let mmsi = track.identity.as_ref().and_then(|identity| identity.mmsi).unwrap_or_default();
                if let Some(sent) = self.sent.remove(&(mmsi, reported)) {
                    self.latency_us.saturating_record(at.since_ns(sent) / 1000);
                }
                self.tracks.insert(track.id, track);
            }
            Some(Body::TrackGone(gone)) => {
                self.tracks.remove(&gone.id);
            }
            Some(Body::Mark(mark)) => {
                self.marks.insert(mark.mmsi, mark.kind);
            }
            Some(Body::MarkGone(gone)) => {
                self.marks.remove(&gone.mmsi);
            }
            Some(Body::Alert(alert)) => {
                if alert.state() == AlertState::Cleared {
                    self.alerts.remove(&alert.id);
                    self.unseen.remove(&alert.id);
                } else {
                    self.raised += u64::from(self.alerts.insert(alert.id, alert).is_none());
                }
            }
            Some(Body::Camera(camera)) => {
                self.cameras.insert(camera.name.clone(), camera);
            }
            Some(Body::Cue(cue)) => {
                if let Some(alert) = cue.alert {
                    match cue.reason {
                        Some(reason) if cue.camera.is_empty() => self.unseen.insert(alert, reason),
                        _ => self.unseen.remove(&alert),
                    };
                }
            }
            Some(Body::Picture(_)) => self.pictures += 1,
            _ => {}
        }
    }

    /// The vessel that a camera is on.
    pub fn follows(&self, camera: &str) -> Option<u32> {
        let camera = self.cameras.get(camera).filter(|camera| camera.state == "up")?;
        self.tracks.get(&camera.track?)?.identity.as_ref()?.mmsi
    }
}
