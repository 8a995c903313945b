//! One fishing boat that is heard by AIS, by BeiDou short messages, by its JT/T 808 terminal and by radar, and is one track.

use decoders::jt808::{Authenticate, Item, Message, Reader, Register};
use engine::clock::{Mono, now_utc};
use engine::registry::{self, Registry};
use fairway::stage;
use simulate::{Kind, Scene, Terminal, Vessel};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use units::Mmsi;

/// How often each of the two reports.
const EVERY_NS: u64 = 10_000_000_000;
const PATIENCE: Duration = Duration::from_secs(10);

/// The boat of a scene, that which a radar has nearest; `None` where no radar sees one.
pub fn of(seed: u64, vessels: usize) -> Option<Vessel> {
    let scene = Scene::ningbo_zhoushan(seed, vessels, now_utc());
    let radars = stage::radars();
    let off_m = |boat: &Vessel| {
        radars.iter().filter_map(|(_, site)| site.in_sight_m(boat.position)).min_by(f64::total_cmp)
    };
    let boats = scene.vessels().filter(|vessel| vessel.kind == Kind::Fishing);
    let near = boats.filter_map(|boat| Some((off_m(boat)?, boat)));
    near.min_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, boat)| boat.clone())
}

/// What the registry has for it.
pub fn registry(boat: Option<&Vessel>) -> Registry {
    let mut registry = Registry::default();
    if let Some(boat) = boat {
        let terminal = Terminal::of(boat);
        let vessel =
            registry::Vessel { mmsi: Some(boat.mmsi), name: Some(boat.name), ..registry::Vessel::default() };
        registry.insert(vessel, Some(terminal.card.into()), Some(terminal.phone));
    }
    registry
}

/// Its connections to shore.
pub struct Boat {
    pub mmsi: Mmsi,
    terminal: Terminal,
    /// The shore station that hears its short messages.
    fleet: TcpStream,
    server: TcpStream,
    reported: Option<Mono>,
    out: Vec<u8>,
}

impl Boat {
    /// Connects, registers and shows its code.
    pub fn connect(boat: &Vessel, fleet: SocketAddr, server: SocketAddr) -> io::Result<Self> {
        let (fleet, server) = (TcpStream::connect(fleet)?, TcpStream::connect(server)?);
        fleet.set_nodelay(true)?;
        server.set_nodelay(true)?;
        server.set_read_timeout(Some(PATIENCE))?;
        let terminal = Terminal::of(boat);
        let mut boat = Self { mmsi: boat.mmsi, terminal, fleet, server, reported: None, out: Vec::new() };
        let register = Register {
            province: 33,
            city: 903,
            maker: b"SIM",
            model: &[b'S'; 20],
            terminal: b"0000001",
            colour: 0,
            plate: b"",
        };
        let reply = boat.ask(&Message::Register(register))?;
        let code = reply.get(3..).unwrap_or_default();
        boat.ask(&Message::Authenticate(Authenticate { code, device: &[] }))?;
        boat.server.set_nonblocking(true)?;
        Ok(boat)
    }

    /// Sends a message and waits for the body of its reply.
    fn ask(&mut self, message: &Message<'_>) -> io::Result<Vec<u8>> {
        self.out.clear();
        self.terminal.frame(message, &mut self.out);
        self.server.write_all(&self.out)?;
        let (mut reader, mut buffer, mut reply) = (Reader::default(), [0; 512], None);
        loop {
            let read = self.server.read(&mut buffer)?;
            if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            reader.drain(buffer.get(..read).unwrap_or_default(), false, |item| {
                if let Item::Frame(frame) = item {
                    reply = Some(frame.body.to_vec());
                }
            });
            if let Some(reply) = reply {
                return Ok(reply);
            }
        }
    }

    /// Reports where it is, by both, when it is time.
    pub fn sail(&mut self, truth: &Vessel) -> io::Result<()> {
        // Replies are not waited for, but taken.
        let mut replies = [0; 512];
        match self.server.read(&mut replies) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
        let now = Mono::now();
        if self.reported.is_some_and(|at| now.since_ns(at) < EVERY_NS) {
            return Ok(());
        }
        self.reported = Some(now);
        self.out.clear();
        self.terminal.short_message(truth, now_utc(), &mut self.out);
        self.fleet.write_all(&self.out)?;
        self.out.clear();
        self.terminal.location(truth, now_utc(), &mut self.out);
        self.server.write_all(&self.out)
    }
}
