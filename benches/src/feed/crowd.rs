//! Many consoles, with and without trouble, by turns in one run: what the machine does to the others it does to both.

use super::consoles::{Consoles, thread_cpu_us};
use super::noise::{Noise, resident};
use super::{Done, Peer, Size, age_us, median, quantile, sail};
use engine::clock::now_utc;
use engine::feed::console::{Dialogue, Wire};
use engine::feed::proto::Hello;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What goes wrong beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A console that never reads.
    Stuck,
    /// So many datagrams of random bytes a second; where there is no trouble, nobody reads them.
    Noise(u32),
}

/// What came of it.
pub struct Figures {
    /// 50th and 99th percentile of age at the consoles, medians of the windows, microseconds: without trouble, and
    /// with it.
    pub ages_us: [(f64, f64); 2],
    /// The median over pairs of windows: 99th percentile with trouble, to that without.
    pub ratio: f64,
    /// CPU of the feed's thread, microseconds per console and update.
    pub cpu_us: f64,
    /// Datagrams a second that were sent in windows with trouble.
    pub noise_per_s: f64,
    /// Memory that the trouble cost, bytes.
    pub grown_b: f64,
}

/// It, while it lasts.
enum Guard {
    Stuck { _stream: TcpStream },
    Noise(Noise),
}

/// Ages by window.
type Windows = Mutex<Vec<Vec<f64>>>;

struct Watched {
    windows: Windows,
    /// Which one it is; past the end: none.
    now: AtomicUsize,
}

/// A thousand updates a second to many consoles.
pub fn run(size: &Size, trouble: Trouble) -> Done<Figures> {
    let peer = Peer::engine()?;
    let (way_in, way_out) = peer.sockets()?;
    let pairs = size.pairs * 3;
    let watched = Arc::new(Watched {
        windows: Mutex::new(vec![Vec::new(); pairs * 2]),
        now: AtomicUsize::new(usize::MAX),
    });
    let consoles = Consoles::start(size.consoles, {
        let watched = Arc::clone(&watched);
        move |_| console(way_out, Arc::clone(&watched))
    })?;
    let over = consoles.over();
    let sailing = std::thread::spawn(move || sail(way_in, 500, 1000, over).is_ok());
    // Every vessel has reported, and every console has the picture.
    std::thread::sleep(Duration::from_millis(800));
    let window = size.length / 2;
    let (mut cpu_us, mut noise, mut noisy_s, resident_before) = (0.0, 0, 0.0, resident()?);
    let mut resident_most = resident_before;
    for number in 0..pairs * 2 {
        // None, one, one, none: what grows with time is in both.
        let has_trouble = is_troubled(number);
        let began = Instant::now();
        let guard = match trouble {
            Trouble::Stuck => has_trouble
                .then(|| stuck(way_out))
                .transpose()?
                .map(|stream| Guard::Stuck { _stream: stream }),
            Trouble::Noise(per_s) => {
                Some(Guard::Noise(Noise::start(has_trouble.then(|| peer.datagrams()).flatten(), per_s)?))
            }
        };
        // Its snapshot is another story.
        std::thread::sleep(window / 5);
        let before = thread_cpu_us("feed")?;
        watched.now.store(number, Ordering::Relaxed);
        std::thread::sleep(window);
        watched.now.store(usize::MAX, Ordering::Relaxed);
        if !has_trouble {
            cpu_us += thread_cpu_us("feed")? - before;
        }
        resident_most = resident_most.max(resident()?);
        if let Some(Guard::Noise(made)) = guard {
            let sent = made.end();
            if has_trouble {
                (noise, noisy_s) = (noise + sent, noisy_s + began.elapsed().as_secs_f64());
            }
        }
    }
    consoles.end()?;
    drop(sailing.join());
    peer.end();

    let mut windows = std::mem::take(&mut *watched.windows.lock().unwrap_or_else(PoisonError::into_inner));
    let seen: Vec<(f64, f64, usize)> = windows
        .iter_mut()
        .map(|ages| {
            ages.sort_by(f64::total_cmp);
            (quantile(ages, 0.5), quantile(ages, 0.99), ages.len())
        })
        .collect();
    let of = |with: bool, what: fn(&(f64, f64, usize)) -> f64| {
        let these = seen.iter().enumerate().filter(|(number, _)| is_troubled(*number) == with);
        these.map(|(_, one)| what(one)).collect::<Vec<_>>()
    };
    let middle = |with| (median(of(with, |one| one.0)), median(of(with, |one| one.1)));
    let ratios = of(true, |one| one.1).into_iter().zip(of(false, |one| one.1)).map(|(one, none)| one / none);
    Ok(Figures {
        ages_us: [middle(false), middle(true)],
        ratio: median(ratios.collect()),
        cpu_us: cpu_us / of(false, |one| one.2 as f64).iter().sum::<f64>().max(1.0),
        noise_per_s: if noisy_s > 0.0 { noise as f64 / noisy_s } else { 0.0 },
        grown_b: resident_most - resident_before,
    })
}

const fn is_troubled(window: usize) -> bool {
    matches!(window % 4, 1 | 2)
}

/// A console that asks for everything and never reads.
fn stuck(feed: SocketAddr) -> Done<TcpStream> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.set_recv_buffer_size(4096)?;
    socket.connect(&feed.into())?;
    let mut stream: TcpStream = socket.into();
    stream.write_all(&Dialogue::new(Wire::Proto, hello()).outgoing())?;
    Ok(stream)
}

fn hello() -> Hello {
    Hello { client: "crowd".to_owned(), ..Hello::default() }
}

async fn console(feed: SocketAddr, watched: Arc<Watched>) {
    let Ok(mut stream) = tokio::net::TcpStream::connect(feed).await else { return };
    let mut dialogue = Dialogue::new(Wire::Proto, hello());
    if stream.write_all(&dialogue.outgoing()).await.is_err() {
        return;
    }
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(read) = stream.read(&mut bytes).await {
        if read == 0 || dialogue.take(bytes.get(..read).unwrap_or_default()).is_err() {
            return;
        }
        let now_us = now_utc().unix_us();
        let mut windows = watched.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let mut window = windows.get_mut(watched.now.load(Ordering::Relaxed));
        let taken = dialogue.messages(|message| {
            if let (Some(us), Some(window)) = (age_us(&message, now_us), &mut window) {
                window.push(us);
            }
        });
        if taken.is_err() {
            return;
        }
    }
}
