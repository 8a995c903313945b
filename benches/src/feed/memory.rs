//! What a client costs that is as far behind as it can be: everything in the picture waits for it.

use super::{Done, Peer, Size, sail_for};
use engine::feed::console::{Dialogue, Wire};
use engine::feed::proto::Hello;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

const VESSELS: u32 = 2000;
const PER_S: u32 = 4000;

/// Memory of the process for each client and track, bytes: with everything waiting, and when as much again has
/// happened.
pub fn run(size: &Size) -> Done<[f64; 2]> {
    let peer = Peer::engine()?;
    let (way_in, way_out) = peer.sockets()?;
    // Twice: the allocator then has what the picture and its changes need.
    let round = Duration::from_secs_f64(f64::from(VESSELS) / f64::from(PER_S) * 1.2);
    sail_for(way_in, VESSELS, PER_S, round * 2)?;
    let before = resident()?;
    let mut stuck = Vec::new();
    for _ in 0..size.consoles {
        let mut stream = TcpStream::connect(way_out)?;
        stream.write_all(&Dialogue::new(Wire::Proto, Hello::default()).outgoing())?;
        stuck.push(stream);
    }
    let mut grown = [0.0; 2];
    for place in &mut grown {
        sail_for(way_in, VESSELS, PER_S, round * 2)?;
        *place = (resident()? - before) / f64::from(VESSELS) / size.consoles as f64;
    }
    drop(stuck);
    peer.end();
    Ok(grown)
}

/// Bytes of this process that are in memory.
fn resident() -> Done<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no resident memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}
