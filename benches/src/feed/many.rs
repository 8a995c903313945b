//! A thousand consoles that each want a thousand updates a second, fifty times a second: what one update costs the
//! feed's thread. Their readers throw away what they read: they share the machine, and are not what is measured.

use super::crowd::thread_cpu_us;
use super::{Done, Peer, sail};
use engine::feed::console::{Dialogue, Wire};
use engine::feed::proto::{Hello, Subscribe};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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
pub fn run(consoles: usize, length: Duration) -> Done<Figures> {
    let peer = Peer::engine()?;
    let (way_in, way_out) = peer.sockets()?;
    let (over, bytes) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let readers = std::thread::Builder::new().name("consoles".to_owned()).spawn({
        let (over, bytes) = (Arc::clone(&over), Arc::clone(&bytes));
        move || {
            runtime.block_on(async {
                let mut all = tokio::task::JoinSet::new();
                for _ in 0..consoles {
                    all.spawn(console(way_out, Arc::clone(&bytes)));
                }
                while !over.load(Ordering::Relaxed) {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                all.shutdown().await;
            });
        }
    })?;
    let sailing = std::thread::spawn({
        let over = Arc::clone(&over);
        move || sail(way_in, VESSELS, PER_S, || over.load(Ordering::Relaxed)).is_ok()
    });
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
    over.store(true, Ordering::Relaxed);
    drop(sailing.join());
    readers.join().map_err(|_| "the consoles' thread panicked")?;
    peer.end();
    Ok(Figures {
        per_s: updates / elapsed_s / consoles as f64,
        cpu_us: cpu / updates.max(1.0),
        core: cpu / 1e6 / elapsed_s,
    })
}

async fn console(feed: SocketAddr, bytes: Arc<AtomicU64>) {
    let Ok(mut stream) = tokio::net::TcpStream::connect(feed).await else { return };
    let all = Subscribe { period_ms: PERIOD_MS, detail: "position".to_owned(), ..Subscribe::default() };
    let hello = Hello { client: "many".to_owned(), subscriptions: vec![all], ..Hello::default() };
    if stream.write_all(&Dialogue::new(Wire::Proto, hello).outgoing()).await.is_err() {
        return;
    }
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        bytes.fetch_add(read as u64, Ordering::Relaxed);
    }
}
