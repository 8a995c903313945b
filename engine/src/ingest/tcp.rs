//! TCP sources: we connect, or others do.

use super::READ_BYTES;
use super::intake::{Intake, Maker};
use crate::clock::{Mono, now_utc};
use crate::queue::{Batch, Sender};
use bytes::{Buf, BytesMut};
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(super) const FIRST_WAIT: Duration = Duration::from_millis(250);
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A peer that acknowledges nothing for this long is gone.
const DEAD_AFTER: Duration = Duration::from_secs(8);
/// How many may be connected to one listening source.
const MAX_PEERS: usize = 256;

/// Connects to `address` again and again, and reads.
pub async fn client(address: String, maker: Rc<Maker>, core: Sender, stop: CancellationToken) {
    let mut wait = FIRST_WAIT;
    loop {
        let Some(connected) = stop.run_until_cancelled(connect(&address)).await else { return };
        match connected {
            Ok(stream) => {
                tracing::info!(source = maker.name, address, "connected");
                let heard = peer(stream, &maker, &core, &stop).await;
                tracing::warn!(source = maker.name, address, "connection ended");
                // A peer that hangs up at once is not worth hurrying for.
                wait = if heard { FIRST_WAIT } else { (wait * 2).min(LONGEST_WAIT) };
            }
            Err(error) => {
                tracing::warn!(source = maker.name, address, %error, "cannot connect; retry in {wait:?}");
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            return;
        }
    }
}

/// Connects within the time that a connection may take, and has the kernel watch whether the peer lives.
pub(super) async fn connect(address: &str) -> io::Result<TcpStream> {
    let connecting = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address));
    let stream = connecting.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
    watch_over(&stream)?;
    Ok(stream)
}

/// A peer that is gone without a word is noticed in seconds.
fn watch_over(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(5))
        .with_interval(Duration::from_secs(2))
        .with_retries(3);
    socket.set_tcp_keepalive(&keepalive)?;
    socket.set_tcp_user_timeout(Some(DEAD_AFTER))
}

/// Takes everyone who connects, and reads.
pub async fn server(
    listener: std::net::TcpListener,
    maker: Rc<Maker>,
    core: Sender,
    stop: CancellationToken,
) {
    let listener = match listener.set_nonblocking(true).and_then(|()| TcpListener::from_std(listener)) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(source = maker.name, %error, "cannot listen"),
    };
    let mut peers = JoinSet::new();
    loop {
        while peers.try_join_next().is_some() {}
        let Some(accepted) = stop.run_until_cancelled(listener.accept()).await else { break };
        match accepted {
            Ok((stream, address)) if peers.len() < MAX_PEERS => {
                tracing::info!(source = maker.name, %address, "peer connected");
                let (maker, core, stop) = (Rc::clone(&maker), core.clone(), stop.clone());
                peers.spawn_local(async move {
                    peer(stream, &maker, &core, &stop).await;
                    tracing::info!(source = maker.name, %address, "peer gone");
                });
            }
            Ok((_, address)) => tracing::warn!(source = maker.name, %address, "refused: {MAX_PEERS} peers"),
            // Out of descriptors, or a peer that left before we looked: neither ends the source.
            Err(error) => {
                tracing::warn!(source = maker.name, %error, "cannot accept");
                tokio::time::sleep(FIRST_WAIT).await;
            }
        }
    }
    while peers.join_next().await.is_some() {}
}

/// Reads one peer to its end; whether it said anything.
async fn peer(mut stream: TcpStream, maker: &Rc<Maker>, core: &Sender, stop: &CancellationToken) -> bool {
    if let Err(error) = watch_over(&stream) {
        tracing::warn!(source = maker.name, %error, "a dead peer will be noticed late");
    }

    let mut intake = Intake::new(maker);
    let metrics = &maker.metrics;
    metrics.peers.increment(1.0);
    metrics.connects.increment(1);
    let mut buffer = BytesMut::with_capacity(READ_BYTES);
    let mut heard = false;
    loop {
        buffer.reserve(READ_BYTES - buffer.len().min(READ_BYTES / 2));
        let Some(read) = stop.run_until_cancelled(stream.read_buf(&mut buffer)).await else { break };
        let arrival = now_utc();
        let end = match read {
            Ok(0) => true,
            Ok(bytes) => {
                heard = true;
                metrics.bytes.increment(bytes as u64);
                intake.record(arrival, buffer.get(buffer.len() - bytes..).unwrap_or_default());
                false
            }
            Err(error) => {
                tracing::warn!(source = maker.name, %error, "read failed");
                true
            }
        };
        let (read, mut events) = (Mono::now(), core.buffer());
        let used = intake.take(&buffer, end, arrival, &mut events);
        buffer.advance(used);
        if !events.is_empty() {
            core.send(Batch { events, read }).await;
        }
        if end {
            break;
        }
    }
    intake.end();
    metrics.peers.decrement(1.0);
    heard
}
