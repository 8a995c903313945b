//! A console that reads at half the rate of what would be sent to it: how old is what it reads?
//!
//! A vessel reports every 250 ms here, and waits its turn in between, so that 125 ms is what any fair order gives. The
//! rest lies in kernels: what the engine's may hold is small, and what the reader's holds is the reader's own choice
//! (at this rate each KiB is 2 ms).

use super::{Done, Peer, Size, age_us, median, sail_for};
use engine::clock::now_utc;
use engine::feed::console::{Console, Dialogue, Picture, Wire};
use engine::feed::proto::Hello;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const PER_S: u32 = 2000;
const VESSELS: u32 = 500;

/// Median age of what it shows, milliseconds: in the first half, and in the second. `buffer_bytes` is what its own kernel
/// may hold for it.
pub fn run(size: &Size, buffer_bytes: usize) -> Done<[f64; 2]> {
    let peer = Peer::engine()?;
    let (way_in, way_out) = peer.sockets()?;
    let length = size.length * 3;
    // How many bytes an update makes, from one that reads all.
    let mut all = Console::connect(way_out, Wire::Json, Hello::default())?;
    sail_for(way_in, VESSELS, PER_S, Duration::from_millis(300))?;
    all.stream.set_read_timeout(Some(Duration::from_millis(100)))?;
    let (mut bytes, mut messages) = (0, 0_u64);
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read @ 1..) = all.stream.read(&mut buffer) {
        bytes += read;
        messages += buffer.iter().take(read).filter(|byte| **byte == b'\n').count() as u64;
    }
    drop(all);
    let per_s = bytes as f64 / messages.max(1) as f64 * f64::from(PER_S) / 2.0;

    let stream = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    stream.set_recv_buffer_size(buffer_bytes)?;
    stream.connect(&way_out.into())?;
    let mut stream: TcpStream = stream.into();
    let mut dialogue = Dialogue::new(Wire::Json, Hello::default());
    stream.write_all(&dialogue.outgoing())?;
    let sailing = std::thread::spawn(move || sail_for(way_in, VESSELS, PER_S, length).is_ok());
    let mut ages: Vec<(Duration, f64)> = Vec::new();
    let (mut picture, mut taken, mut chunk) = (Picture::default(), 0_usize, [0; 4096]);
    let started = Instant::now();
    while started.elapsed() < length {
        let allowed = started.elapsed().as_secs_f64() * per_s;
        if taken as f64 > allowed {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        }
        let read = stream.read(&mut chunk)?;
        taken += read;
        dialogue.take(chunk.get(..read).unwrap_or_default())?;
        let now_us = now_utc().unix_us();
        let mut faults = Vec::new();
        dialogue.messages(|message| {
            if let Some(us) = age_us(&message, now_us) {
                ages.push((started.elapsed(), us / 1000.0));
            }
            faults.extend(picture.apply(message).err());
        })?;
        if let Some(fault) = faults.first() {
            return Err(format!("{fault:?}").into());
        }
    }
    drop(sailing.join());
    peer.end();
    let half = |from: f64, to: f64| {
        let range = length.mul_f64(from)..length.mul_f64(to);
        median(ages.iter().filter(|(at, _)| range.contains(at)).map(|(_, ms)| *ms).collect())
    };
    Ok([half(0.1, 0.55), half(0.55, 1.0)])
}
