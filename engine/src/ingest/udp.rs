//! UDP sources, unicast and multicast: a datagram holds whole lines, as IEC 61162-450 has them or without its header.

use super::READ_BYTES;
use super::intake::{Intake, Maker};
use super::voice::LOOK;
use crate::clock::{Mono, now_utc};
use crate::config::Format;
use crate::queue::{Batch, Sender};
use socket2::{Domain, Protocol, Socket, Type};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use tokio::net::UdpSocket;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// What the kernel may hold for us while we are busy; it gives less where its own limit is lower.
const RECEIVE_BUFFER: usize = 4 << 20;
/// Senders whose half-assembled messages are kept apart; the one silent longest gives way.
const MAX_SENDERS: usize = 256;
/// Datagrams taken in one go.
const BURST: usize = 64;

/// Binds; with a group, joins it on the interface that has the address `listen`, and hears nothing but the group.
pub fn bind(listen: SocketAddr, group: Option<Ipv4Addr>) -> io::Result<std::net::UdpSocket> {
    let socket = Socket::new(Domain::for_address(listen), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    if let (Some(group), SocketAddr::V4(listen)) = (group, listen) {
        // Several programs on one machine may listen to one group.
        socket.set_reuse_address(true)?;
        // A datagram to the group does not arrive at a socket bound to the interface's own address.
        socket.bind(&SocketAddr::from((group, listen.port())).into())?;
        socket.join_multicast_v4(&group, listen.ip())?;
    } else {
        socket.bind(&listen.into())?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Reads datagrams until `stop`.
pub async fn run(socket: std::net::UdpSocket, maker: Rc<Maker>, core: Sender, stop: CancellationToken) {
    let socket = match UdpSocket::from_std(socket) {
        Ok(socket) => socket,
        Err(error) => return tracing::error!(source = maker.name, %error, "cannot listen"),
    };
    let metrics = &maker.metrics;
    let mut senders: BTreeMap<SocketAddr, (Mono, Intake)> = BTreeMap::new();
    let mut buffer = vec![0; READ_BYTES];
    let looks = matches!(maker.format, Format::Voice);
    loop {
        let ready = stop.run_until_cancelled(async {
            if looks { timeout(LOOK, socket.readable()).await.ok() } else { Some(socket.readable().await) }
        });
        let Some(ready) = ready.await else { break };
        if looks {
            let now = now_utc();
            for (_, intake) in senders.values_mut() {
                intake.pause(now);
            }
        }
        let Some(ready) = ready else { continue };
        if let Err(error) = ready {
            tracing::warn!(source = maker.name, %error, "read failed");
            continue;
        }
        let (read, mut events) = (Mono::now(), core.buffer());
        for _ in 0..BURST {
            let (bytes, from) = match socket.try_recv_from(&mut buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => {
                    tracing::warn!(source = maker.name, %error, "read failed");
                    break;
                }
            };
            metrics.bytes.increment(bytes as u64);
            if senders.len() >= MAX_SENDERS && !senders.contains_key(&from) {
                let longest =
                    senders.iter().min_by_key(|(_, (heard, _))| *heard).map(|(address, _)| *address);
                if let Some((_, mut gone)) = longest.and_then(|address| senders.remove(&address)) {
                    gone.end();
                }
            }
            let (heard, intake) = senders.entry(from).or_insert_with(|| (read, Intake::new(&maker)));
            *heard = read;
            let (datagram, arrival) = (buffer.get(..bytes).unwrap_or_default(), now_utc());
            intake.record(arrival, datagram);
            intake.datagram(datagram, arrival, &mut events);
        }
        if events.is_empty() {
            continue;
        }
        if let Err(batch) = core.try_send(Batch { events, read }) {
            // Nobody can be asked to wait: the newest is what is lost.
            metrics.dropped.increment(batch.events.len() as u64);
        }
    }
    for (_, intake) in senders.values_mut() {
        intake.end();
    }
}
