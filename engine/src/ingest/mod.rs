//! Bytes come in: every source is one task on the ingest thread; frames are cut in place over a reused buffer,
//! decoded and observed there, and handed to the core one batch per read.
//!
//! **Invariant**: a source that is silent, flooding, cut or broken costs itself and no other.

mod account;
mod asterix;
mod cot;
mod intake;
mod ivef;
mod jt808;
mod player;
mod rdss;
mod stdin;
mod tcp;
mod udp;
mod voice;

use crate::clock::{Mono, now_utc};
use crate::config::{Format, Input, Ivef, Radar, Source, Time};
use crate::metrics::Metrics;
use crate::observe::ears::Ears;
use crate::observe::radar::Observer;
use crate::queue::{Batch, Sender};
use crate::recording::RawTap;
use crate::registry::Registry;
use decoders::nmea::Reject;
use fusion::{Event, SourceId};
use intake::SourceMetrics;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use units::Mmsi;

/// How much one read takes at most.
const READ_BYTES: usize = 64 * 1024;

/// What a source needs to be bound or opened before anything starts.
#[derive(Debug)]
pub struct Prepared {
    name: String,
    time: Time,
    format: Format,
    vessel: Option<Mmsi>,
    id: SourceId,
    radars: Vec<Radar>,
    opened: Opened,
}

#[derive(Debug)]
enum Opened {
    TcpClient(String),
    Ivef { address: String, settings: Box<Ivef> },
    TcpServer(std::net::TcpListener),
    Udp(std::net::UdpSocket),
    File(std::fs::File),
    Wav(voice::Wav),
    Stdin,
}

/// Why a source cannot be opened.
#[derive(Debug, Error)]
#[error("source `{name}`: {what}: {error}")]
pub struct OpenError {
    name: String,
    what: String,
    error: std::io::Error,
}

impl Prepared {
    /// Binds the source's socket or opens its file.
    ///
    /// # Errors
    /// What could not be bound or opened, and why.
    pub fn open(source: &Source) -> Result<Self, OpenError> {
        let fail = |what: String| {
            let name = source.name.clone();
            move |error| OpenError { name, what, error }
        };
        let opened = match &source.input {
            Input::TcpClient(address) => match &source.format {
                Format::Ivef(settings) => {
                    Opened::Ivef { address: address.clone(), settings: settings.clone() }
                }
                _ => Opened::TcpClient(address.clone()),
            },
            Input::TcpServer(address) => {
                Opened::TcpServer(std::net::TcpListener::bind(address).map_err(fail(address.to_string()))?)
            }
            Input::Udp { listen, group } => {
                Opened::Udp(udp::bind(*listen, *group).map_err(fail(listen.to_string()))?)
            }
            Input::File(path) => {
                let file = std::fs::File::open(path).map_err(fail(path.display().to_string()))?;
                match source.format {
                    Format::Voice => Opened::Wav(voice::wav(file).map_err(fail(path.display().to_string()))?),
                    _ => Opened::File(file),
                }
            }
            Input::Stdin => Opened::Stdin,
        };
        Ok(Self {
            name: source.name.clone(),
            time: source.time,
            format: source.format.clone(),
            vessel: source.vessel,
            id: source.id,
            radars: source.radars.clone(),
            opened,
        })
    }

    /// What the configuration calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it listens, if it does.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.opened {
            Opened::TcpServer(listener) => listener.local_addr().ok(),
            Opened::Udp(socket) => socket.local_addr().ok(),
            Opened::TcpClient(_) | Opened::Ivef { .. } | Opened::File(_) | Opened::Wav(_) | Opened::Stdin => {
                None
            }
        }
    }

    const fn ends(&self) -> bool {
        matches!(self.opened, Opened::File(_) | Opened::Wav(_) | Opened::Stdin)
    }
}

/// What changes while it runs.
#[derive(Debug)]
pub enum Order {
    /// Hear these no more.
    Stop(Vec<SourceId>),
    /// Hear these too.
    Start(Vec<Prepared>),
    /// Another registry.
    Registry(Box<Registry>),
}

/// All sources that are heard.
struct Heard {
    core: Sender,
    tap: Option<Rc<RefCell<RawTap>>>,
    metrics: Metrics,
    registry: Rc<RefCell<Rc<Registry>>>,
    ears: Rc<RefCell<Ears>>,
    stop: CancellationToken,
    stops: BTreeMap<SourceId, CancellationToken>,
    ending: JoinSet<()>,
    endless: JoinSet<()>,
}

/// Runs all sources until `stop`; with `until_end`, until the files among them have ended.
pub async fn run(
    sources: Vec<Prepared>,
    until_end: bool,
    registry: Registry,
    (core, tap): (Sender, Option<RawTap>),
    metrics: Metrics,
    mut orders: Receiver<Order>,
    stop: CancellationToken,
) {
    let has_live = sources.is_empty() || sources.iter().any(|source| source.time == Time::Arrival);
    let mut heard = Heard {
        core,
        tap: tap.map(|tap| Rc::new(RefCell::new(tap))),
        metrics,
        registry: Rc::new(RefCell::new(Rc::new(registry))),
        ears: Rc::default(),
        stop: stop.clone(),
        stops: BTreeMap::new(),
        ending: JoinSet::new(),
        endless: JoinSet::new(),
    };
    heard.start(sources);
    if has_live {
        heard.endless.spawn_local(tick(heard.core.clone(), stop.clone()));
    }
    if let Some(tap) = heard.tap.take() {
        heard.endless.spawn_local(settle(Rc::clone(&tap), stop.clone()));
        heard.tap = Some(tap);
    }
    loop {
        if until_end && heard.ending.is_empty() {
            stop.cancel();
        }
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = heard.ending.join_next() => {}
            Some(_) = heard.endless.join_next() => {}
            order = orders.recv() => match order {
                Some(Order::Stop(sources)) => heard.stop(&sources),
                Some(Order::Start(sources)) => heard.start(sources),
                Some(Order::Registry(registry)) => *heard.registry.borrow_mut() = Rc::new(*registry),
                // Nobody will order anything any more.
                None => stop.cancelled().await,
            },
        }
    }
    while heard.ending.join_next().await.is_some() {}
    while heard.endless.join_next().await.is_some() {}
}

impl Heard {
    fn stop(&mut self, sources: &[SourceId]) {
        for stop in sources.iter().filter_map(|source| self.stops.remove(source)) {
            stop.cancel();
        }
    }

    fn start(&mut self, sources: Vec<Prepared>) {
        let mut lanes = Vec::new();
        for source in sources {
            let stop = self.stop.child_token();
            self.stops.insert(source.id, stop.clone());
            self.hear(source, stop, &mut lanes);
        }
        if !lanes.is_empty() {
            let lanes = lanes.into_iter().map(|(file, intake)| player::Lane::file(file, &intake)).collect();
            self.ending.spawn_local(player::run(lanes, self.core.clone(), self.stop.clone()));
        }
    }

    fn hear(&mut self, source: Prepared, stop: CancellationToken, lanes: &mut Vec<Lane>) {
        let reasons = match &source.format {
            Format::Nmea => Reject::ALL.map(Reject::as_str).to_vec(),
            Format::Beidou(_) => rdss::reasons(),
            Format::Jt808(_) => jt808::reasons(),
            Format::Asterix(_) => asterix::reasons(),
            Format::Ivef(_) => ivef::reasons(),
            Format::Cot(_) => cot::reasons(),
            Format::Voice => voice::reasons(),
        };
        let intake = Rc::new(intake::Maker {
            source: source.id,
            name: source.name.clone(),
            metrics: SourceMetrics::new(&self.metrics, &source.name, &reasons, &source.radars),
            format: source.format.clone(),
            cot: match source.format {
                Format::Cot(sensor) => Some(cot::observer(source.id, sensor)),
                _ => None,
            },
            vessel: source.vessel,
            registry: Rc::clone(&self.registry),
            radar: RefCell::new(Observer::new(source.id, source.radars.clone())),
            ears: Rc::clone(&self.ears),
            tap: self.tap.clone(),
            peers: Cell::new(0),
        });
        let (core, ends) = (self.core.clone(), source.ends());
        let tasks = if ends { &mut self.ending } else { &mut self.endless };
        match source.opened {
            Opened::File(file) if source.time == Time::Line => lanes.push((file, intake)),
            Opened::File(file) => {
                tasks.spawn_local(stdin::run(tokio::fs::File::from_std(file), intake, core, stop));
            }
            Opened::Wav(wav) => {
                tasks.spawn_local(wav.play(intake, stop));
            }
            Opened::Stdin if source.time == Time::Line => {
                tasks.spawn_local(player::run(vec![player::Lane::stdin(&intake)], core, stop));
            }
            Opened::Stdin => {
                tasks.spawn_local(stdin::run(tokio::io::stdin(), intake, core, stop));
            }
            Opened::TcpClient(address) => {
                tasks.spawn_local(tcp::client(address, intake, core, stop));
            }
            Opened::Ivef { address, settings } => {
                let client = ivef::Client::new(intake, address, *settings);
                tasks.spawn_local(client.run(core, stop));
            }
            Opened::TcpServer(listener) => {
                if let Format::Jt808(settings) = source.format {
                    tasks.spawn_local(jt808::server(listener, settings, intake, core, stop));
                } else {
                    tasks.spawn_local(tcp::server(listener, intake, core, stop));
                }
            }
            Opened::Udp(socket) => {
                tasks.spawn_local(udp::run(socket, intake, core, stop));
            }
        }
    }
}

/// A file that is played, and who takes it in.
type Lane = (std::fs::File, Rc<intake::Maker>);

/// Hands over what has been read of late, should nothing else be read.
async fn settle(tap: Rc<RefCell<RawTap>>, stop: CancellationToken) {
    let mut often = tokio::time::interval(Duration::from_millis(20));
    often.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(often.tick()).await.is_some() {
        tap.borrow_mut().settle();
    }
}

/// Tells the core each second that time has passed, should nobody else.
async fn tick(core: Sender, stop: CancellationToken) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    while stop.run_until_cancelled(seconds.tick()).await.is_some() {
        let mut events = core.buffer();
        events.push(Event::Tick(now_utc()));
        core.send(Batch { events, read: Mono::now() }).await;
    }
}
