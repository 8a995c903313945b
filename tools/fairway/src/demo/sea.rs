//! The simulated sea: vessels whose sentences arrive at the engine over TCP as they are sent.

use super::viewer::{View, lock};
use engine::clock::{Mono, now_utc};
use simulate::{Scene, Sent};
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use units::Position;

/// How often the sea looks at the clock.
const STEP: Duration = Duration::from_millis(10);
/// Sent reports that the viewer has not seen again by then never will be.
const MAX_SENT: usize = 100_000;

/// What the demo watches for: the usual, one guard zone that a ship will enter, and crowded cells.
pub fn watch() -> watch::Config {
    let (lat, lon) = Scene::ZONE;
    let corners = [(-0.006, -0.007), (-0.006, 0.007), (0.006, 0.007), (0.006, -0.007)];
    let polygon = corners.iter().filter_map(|(north, east)| Position::new(lat + north, lon + east)).collect();
    let zone = watch::zone::Zone::new("Zhujiajian east", polygon);
    watch::Config {
        zones: vec![zone],
        grid: watch::density::Config { limit: 12, ..watch::density::Config::default() },
        ..watch::Config::default()
    }
}

/// Connects to the engine's source and sails until `stop`.
pub fn sail(
    source: SocketAddr,
    seed: u64,
    vessels: usize,
    view: Arc<Mutex<View>>,
    stop: CancellationToken,
) -> io::Result<JoinHandle<()>> {
    let mut stream = TcpStream::connect(source)?;
    stream.set_nodelay(true)?;
    std::thread::Builder::new().name("sea".to_owned()).spawn(move || {
        let mut scene = Scene::ningbo_zhoushan(seed, vessels, now_utc());
        scene.hello();
        let mut afloat = true;
        while afloat && !stop.is_cancelled() {
            scene.run(now_utc(), &mut |sent| {
                note(&sent, &view);
                afloat &= stream.write_all(sent.bytes).is_ok();
            });
            std::thread::sleep(STEP);
        }
    })
}

/// Remembers when a position report was sent, for the viewer to find.
fn note(sent: &Sent<'_>, view: &Mutex<View>) {
    const SINGLE: &[u8] = b"!AIVDM,1,1,,";
    let is_position = sent.bytes.starts_with(SINGLE)
        && sent.bytes.get(SINGLE.len() + 2).is_some_and(|kind| b"123B".contains(kind));
    if !is_position {
        return;
    }
    let mut view = lock(view);
    if view.sent.len() >= MAX_SENT {
        view.sent.clear();
    }
    view.sent.insert((sent.mmsi.number(), sent.on_air.unix_s()), Mono::now());
}
