//! Datagrams of random bytes, as fast as is wanted: to the engine, or to a socket that nobody reads, which costs the
//! machine the same.

use super::Done;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Bytes of one: a sentence and a half.
const LENGTH: usize = 120;
const STEP: Duration = Duration::from_millis(1);

/// Somebody who makes it.
pub struct Noise {
    over: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    thread: JoinHandle<()>,
    _mute: Option<UdpSocket>,
}

impl Noise {
    /// To that address; without one, to nobody.
    pub fn start(to: Option<SocketAddr>, per_s: u32) -> Done<Self> {
        let mute = if to.is_none() { Some(UdpSocket::bind("127.0.0.1:0")?) } else { None };
        let to = match (&mute, to) {
            (Some(mute), _) => mute.local_addr()?,
            (None, Some(to)) => to,
            (None, None) => return Err("nobody to send to".into()),
        };
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let (over, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let thread = std::thread::Builder::new().name("noise".to_owned()).spawn({
            let (over, sent) = (Arc::clone(&over), Arc::clone(&sent));
            move || {
                let (mut bytes, mut state, began) = ([0; LENGTH], 1_u64, Instant::now());
                while !over.load(Ordering::Relaxed) {
                    let due = (began.elapsed().as_secs_f64() * f64::from(per_s)) as u64;
                    while sent.load(Ordering::Relaxed) < due && !over.load(Ordering::Relaxed) {
                        // Knuth's MMIX: random enough to be no sentence.
                        for byte in &mut bytes {
                            state = state
                                .wrapping_mul(6_364_136_223_846_793_005)
                                .wrapping_add(1_442_695_040_888_963_407);
                            *byte = (state >> 33) as u8;
                        }
                        // What the kernel has no room for is lost, as in a network.
                        drop(socket.send_to(&bytes, to));
                        sent.fetch_add(1, Ordering::Relaxed);
                    }
                    std::thread::sleep(STEP);
                }
            }
        })?;
        Ok(Self { over, sent, thread, _mute: mute })
    }

    /// It is over. How many were sent.
    pub fn end(self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        drop(self.thread.join());
        self.sent.load(Ordering::Relaxed)
    }
}

/// What this process holds in memory, bytes.
pub fn resident() -> Done<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    Ok(kib.ok_or("no VmRSS")?.trim().parse::<f64>()? * 1024.0)
}
