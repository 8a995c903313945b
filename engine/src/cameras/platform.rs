//! Our GB/T 28181 server: cameras and lower platforms register with us over SIP, by UDP or TCP, say that they live, and
//! are told where to look.

mod device;
mod office;

pub use device::Gb28181;
pub use office::Office;

use crate::config::{self, Line, Protocol};
use crate::metrics::Metrics;
use decoders::sip::{self, Message, SipError};
use office::Peer;
use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Where any port will do, so many are tried.
const PORT_TRIES: u32 = 32;

/// Its sockets, bound before anything starts.
#[derive(Debug)]
pub struct Platform {
    config: config::Gb28181,
    udp: UdpSocket,
    tcp: TcpListener,
}

/// Connections at once; more are closed.
const MAX_CONNECTIONS: usize = 1024;
/// A connection that says nothing is closed: three missed signs of life.
const IDLE: Duration = Duration::from_secs(200);
/// Messages that wait for a slow peer; more are dropped.
const WAITING: usize = 16;

impl Platform {
    /// Binds both.
    ///
    /// # Errors
    /// Where that is not possible.
    pub fn bind(config: config::Gb28181) -> io::Result<Self> {
        let (udp, tcp) = Self::both(&config)?;
        udp.set_nonblocking(true)?;
        tcp.set_nonblocking(true)?;
        Ok(Self { config, udp, tcp })
    }

    /// The same port for both, whichever it is.
    fn both(config: &config::Gb28181) -> io::Result<(UdpSocket, TcpListener)> {
        let mut tries = 0;
        loop {
            let udp = UdpSocket::bind(config.listen)?;
            match TcpListener::bind(udp.local_addr()?) {
                Ok(tcp) => return Ok((udp, tcp)),
                // One that is free for datagrams may be somebody's for connections.
                Err(_) if config.listen.port() == 0 && tries < PORT_TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.udp.local_addr().ok()
    }

    /// Opens for the cameras that are known.
    pub(super) fn open(self, lines: &[Line], metrics: &Metrics, tasks: &mut JoinSet<()>) -> Office {
        let passwords: BTreeMap<String, config::Secret> = lines
            .iter()
            .filter_map(|line| match &line.protocol {
                Protocol::Gb28181 { device, .. } => Some((device.clone(), line.password.clone())),
                _ => None,
            })
            .collect();
        let (udp, tcp) =
            match (tokio::net::UdpSocket::from_std(self.udp), tokio::net::TcpListener::from_std(self.tcp)) {
                (Ok(udp), Ok(tcp)) => (Rc::new(udp), tcp),
                (Err(error), _) | (_, Err(error)) => {
                    tracing::error!(%error, "no camera can register");
                    return Office::new(self.config, passwords, None, metrics);
                }
            };
        let office = Office::new(self.config, passwords, Some(Rc::clone(&udp)), metrics);
        tasks.spawn_local(datagrams(udp, office.clone()));
        tasks.spawn_local(connections(tcp, office.clone()));
        office
    }
}

async fn datagrams(socket: Rc<tokio::net::UdpSocket>, office: Office) {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let Ok((read, from)) = socket.recv_from(&mut bytes).await else {
            // An answer that could not be delivered shows here: it is of no matter.
            tokio::task::yield_now().await;
            continue;
        };
        match sip::datagram(bytes.get(..read).unwrap_or_default()) {
            Ok(message) => {
                if let Some(answer) = office.take(&message, &Peer::Udp(from)) {
                    let _ = socket.send_to(&answer.bytes(), from).await;
                }
            }
            Err(_) => office.count_refused(),
        }
    }
}

async fn connections(listener: tokio::net::TcpListener, office: Office) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) if open.len() < MAX_CONNECTIONS => {
                    open.spawn_local(connection(stream, address, office.clone()));
                }
                Ok(_) => office.count_refused(),
                // Out of descriptors, perhaps: others may close theirs.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
            Some(_) = open.join_next() => {}
        }
    }
}

async fn connection(mut stream: tokio::net::TcpStream, address: SocketAddr, office: Office) {
    let (sender, mut outgoing) = mpsc::channel::<Vec<u8>>(WAITING);
    let peer = Peer::Tcp(address, sender);
    let (mut received, mut bytes) = (Vec::new(), vec![0; 16 * 1024]);
    let (mut reading, mut writing) = stream.split();
    loop {
        tokio::select! {
            read = tokio::time::timeout(IDLE, reading.read(&mut bytes)) => {
                let Ok(Ok(read @ 1..)) = read else { break };
                received.extend_from_slice(bytes.get(..read).unwrap_or_default());
                let Ok(messages) = messages(&mut received) else {
                    office.count_refused();
                    break;
                };
                let mut answers = Vec::new();
                for message in messages {
                    answers.extend(office.take(&message, &peer).map(|answer| answer.bytes()).unwrap_or_default());
                }
                let written = tokio::time::timeout(Duration::from_secs(5), writing.write_all(&answers)).await;
                if !matches!(written, Ok(Ok(()))) {
                    break;
                }
            }
            Some(message) = outgoing.recv() => {
                let written = tokio::time::timeout(Duration::from_secs(5), writing.write_all(&message)).await;
                if !matches!(written, Ok(Ok(()))) {
                    break;
                }
            }
        }
    }
    office.gone(address);
}

/// All whole messages of a stream.
fn messages(received: &mut Vec<u8>) -> Result<Vec<Message>, SipError> {
    let (mut all, mut used) = (Vec::new(), 0);
    while let Some((message, length)) = sip::cut(received.get(used..).unwrap_or_default())? {
        used += length;
        all.push(message);
    }
    received.drain(..used);
    Ok(all)
}
