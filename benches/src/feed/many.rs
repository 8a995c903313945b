//! A thousand consoles that each want a thousand updates a second, fifty times a second: what one update costs the
//! feed's thread, beside a loop that writes as many bytes as often to as many sockets and does nothing else. Their readers
//! throw away what they read: they share the machine, and are not what is measured.

use super::consoles::{Consoles, thread_cpu_us};
use super::{Done, Peer, sail};
use engine::feed::console::{Dialogue, Wire};
use engine::feed::proto::{Hello, Subscribe};
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
    /// The same cost of the loop that only writes.
    pub raw_us: f64,
}

/// So many consoles for so long.
pub fn run(many: usize, length: Duration) -> Done<Figures> {
    let peer = Peer::engine()?;
    let (way_in, way_out) = peer.sockets()?;
    let read = Arc::new(AtomicU64::new(0));
    let consoles = Consoles::start(many, {
        let read = Arc::clone(&read);
        move |_| console(way_out, Arc::clone(&read))
    })?;
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
    let bytes = read.load(Ordering::Relaxed);
    std::thread::sleep(length);
    let (cpu, updates) = (thread_cpu_us("feed")? - cpu, sent().unwrap_or(0.0) - updates);
    let (elapsed_s, bytes) = (began.elapsed().as_secs_f64(), read.load(Ordering::Relaxed) - bytes);
    consoles.end()?;
    drop(sailing.join());
    peer.end();
    let ticks = elapsed_s * 1000.0 / f64::from(PERIOD_MS) * many as f64;
    let raw = raw(many, length, (bytes as f64 / ticks) as usize)?;
    Ok(Figures {
        per_s: updates / elapsed_s / many as f64,
        cpu_us: cpu / updates.max(1.0),
        core: cpu / 1e6 / elapsed_s,
        raw_us: raw / (updates / ticks).max(1.0),
    })
}

/// What one write of so many bytes costs a thread that writes them to so many sockets in turn, microseconds.
fn raw(many: usize, length: Duration, bytes: usize) -> Done<f64> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let way_out = listener.local_addr()?;
    let consoles = Consoles::start(many, move |_| console(way_out, Arc::default()))?;
    let mut sockets = Vec::new();
    for _ in 0..many {
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        sockets.push(socket);
    }
    let writer =
        std::thread::Builder::new().name("raw".to_owned()).spawn(move || -> std::io::Result<f64> {
            let (message, began) = (vec![0; bytes], Instant::now());
            let (mut writes, before) = (0_u32, thread_cpu_us("raw"));
            for tick in 1.. {
                for mut socket in &sockets {
                    match socket.write(&message) {
                        Ok(_) => writes += 1,
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                        Err(error) => return Err(error),
                    }
                }
                if began.elapsed() > length {
                    break;
                }
                let due = Duration::from_millis(u64::from(PERIOD_MS)) * tick;
                std::thread::sleep(due.saturating_sub(began.elapsed()));
            }
            let after = thread_cpu_us("raw");
            Ok((after.unwrap_or(f64::NAN) - before.unwrap_or(f64::NAN)) / f64::from(writes))
        })?;
    let took = writer.join().map_err(|_| "the writer panicked")?;
    consoles.end()?;
    Ok(took?)
}

async fn console(feed: SocketAddr, read: Arc<AtomicU64>) {
    let Ok(mut stream) = tokio::net::TcpStream::connect(feed).await else { return };
    let all = Subscribe { period_ms: PERIOD_MS, detail: "position".to_owned(), ..Subscribe::default() };
    let hello = Hello { client: "many".to_owned(), subscriptions: vec![all], ..Hello::default() };
    if stream.write_all(&Dialogue::new(Wire::Proto, hello).outgoing()).await.is_err() {
        return;
    }
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(more @ 1..) = stream.read(&mut buffer).await {
        read.fetch_add(more as u64, Ordering::Relaxed);
    }
}
