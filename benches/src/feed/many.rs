//! A thousand consoles that each want a thousand updates a second, fifty times a second: what one update costs the
//! feed's thread. Their readers throw away what they read: they share the machine, and are not what is measured.

use super::consoles::{Consoles, thread_cpu_us};
use super::{Done, Peer, sail};
use engine::feed::console::{Dialogue, Wire};
use engine::feed::proto::{Hello, Subscribe};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const VESSELS: u32 = 1000;
const PER_S: u32 = 1000;
const PERIOD_MS: u32 = 20;

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Updates that reached each console a second.
    pub per_s: f64,
    /// CPU of the feed's thread, microseconds per console and update.
    pub cpu_us: f64,
    /// The part of one core that it took.
    pub core: f64,
}

/// So many consoles for so long.
pub fn run(many: usize, length: Duration) -> Done<Figures> {
    let peer = Peer::engine()?;
    let (way_in, way_out) = peer.sockets()?;
    let consoles = Consoles::start(many, move |_| console(way_out))?;
    let over = consoles.over();
    let sailing = std::thread::spawn(move || sail(way_in, VESSELS, PER_S, over).is_ok());
    // Every vessel has reported twice, and every console has the picture.
    std::thread::sleep(Duration::from_secs(3));
    let sent = || {
        let metrics = peer.metrics();
        metrics
            .lines()
            .find_map(|line| line.strip_prefix("fairway_feed_updates_sent_total ")?.parse::<f64>().ok())
    };
    let (cpu, updates, began) = (thread_cpu_us("feed")?, sent().unwrap_or(0.0), Instant::now());
    std::thread::sleep(length);
    let (cpu, updates) = (thread_cpu_us("feed")? - cpu, sent().unwrap_or(0.0) - updates);
    let elapsed_s = began.elapsed().as_secs_f64();
    consoles.end()?;
    drop(sailing.join());
    peer.end();
    Ok(Figures {
        per_s: updates / elapsed_s / many as f64,
        cpu_us: cpu / updates.max(1.0),
        core: cpu / 1e6 / elapsed_s,
    })
}

async fn console(feed: SocketAddr) {
    let Ok(mut stream) = tokio::net::TcpStream::connect(feed).await else { return };
    let all = Subscribe { period_ms: PERIOD_MS, detail: "position".to_owned(), ..Subscribe::default() };
    let hello = Hello { client: "many".to_owned(), subscriptions: vec![all], ..Hello::default() };
    if stream.write_all(&Dialogue::new(Wire::Proto, hello).outgoing()).await.is_err() {
        return;
    }
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(1..) = stream.read(&mut buffer).await {}
}
