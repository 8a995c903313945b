//! The wiring: four threads and what runs between them.
//!
//! `ingest` reads, decodes and observes; `core` owns the picture; `feed` serves it; `http` shows the metrics.

mod replay;
mod work;

pub use replay::Display;

use crate::cameras::album::Album;
use crate::cameras::{self, Orders, Platform};
use crate::changes::ChangeLog;
use crate::clock::Mono;
use crate::config::{Config, ConfigError};
use crate::core::Core;
use crate::feed::entry::{Entry, Files, WrongFile};
use crate::feed::{self, Names, Outbox, Sensors, Visitors};
use crate::gateways::Bound;
use crate::http::Port;
use crate::ingest::{self, OpenError, Prepared};
use crate::life::Life;
use crate::lobby::Doors;
use crate::metrics::Metrics;
use crate::operator::{Audit, AuditError, Commands};
use crate::queue;
use crate::recording::{self, Setup};
use crate::reload::{self, ReloadError, Reloaded, Reloader};
use crate::tls::{Tls, TlsError};
use crate::wall::Wall;
use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use thiserror::Error;
use tokio::task::LocalSet;
use tokio_util::sync::CancellationToken;
use work::{Bringer, Keeper, Ways, run_core};

/// Orders to ingest that may wait: a reload gives three at most.
const ORDERS: usize = 8;

/// A running engine.
#[derive(Debug)]
pub struct Engine {
    addresses: Addresses,
    metrics: Metrics,
    stop: CancellationToken,
    threads: Vec<JoinHandle<()>>,
    http: Option<JoinHandle<()>>,
    http_stop: CancellationToken,
    /// How it follows another configuration; a replay has one for good.
    reloader: Option<Reloader>,
}

/// Where a running engine listens.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    /// Sources that listen, by name.
    pub sources: Vec<(String, SocketAddr)>,
    /// The JSON Lines feed.
    pub json: Option<SocketAddr>,
    /// The NMEA 0183 feed.
    pub nmea: Option<SocketAddr>,
    /// Where cameras register, UDP and TCP.
    pub gb28181: Option<SocketAddr>,
    /// Metrics.
    pub http: Option<SocketAddr>,
    /// Of a replay, the JSON Lines feed of the other configuration.
    pub beside: Option<SocketAddr>,
    /// Gateways that listen, by name.
    pub gateways: Vec<(String, SocketAddr)>,
}

/// Why an engine did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// A source.
    #[error(transparent)]
    Source(#[from] OpenError),
    /// Numbers of sources.
    #[error("source: {0}")]
    Numbers(&'static str),
    /// An address of ours.
    #[error("{what} {address}: {error}")]
    Listen {
        /// What should listen there.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why it cannot.
        error: io::Error,
    },
    /// The file of changes.
    #[error("changes: {}: {error}", path.display())]
    Changes {
        /// Which.
        path: PathBuf,
        /// Why it cannot be written.
        error: io::Error,
    },
    /// Who may come in.
    #[error(transparent)]
    Entry(#[from] WrongFile),
    /// The certificate.
    #[error("tls: {0}")]
    Tls(#[from] TlsError),
    /// The audit log.
    #[error("audit: {}: {error}", path.display())]
    Audit {
        /// Which.
        path: PathBuf,
        /// Why it cannot be written.
        error: AuditError,
    },
    /// The recording.
    #[error("record: {}: {error}", path.display())]
    Record {
        /// Which.
        path: PathBuf,
        /// Why nothing can be recorded there.
        error: io::Error,
    },
    /// The wall display has no chart.
    #[error("wall.chart: {0}")]
    Chart(#[source] crate::wall::ChartError),
    /// The operating system gave no thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] io::Error),
}

impl Engine {
    /// Opens everything, and only then starts. With `until_end` it stops when all files have been played.
    ///
    /// # Errors
    /// What could not be opened; nothing runs then.
    pub fn start(config: Config, until_end: bool) -> Result<Self, StartError> {
        let followed = config.clone();
        let Config {
            mut sources,
            registry,
            feed,
            http,
            http_limits,
            changes,
            audit,
            fusion,
            watch,
            typhoons,
            cameras,
            record,
            wall,
            gateways,
            tls,
            people,
            text,
            ..
        } = config;
        let record_path = record.as_ref().map(|record| record.path.clone()).unwrap_or_default();
        let wrong = |error| StartError::Record { path: record_path.clone(), error };
        let mut recorder = record
            .map(|record| recording::prepare(record, Setup::new(&[], &text)).map_err(wrong))
            .transpose()?;
        let before = recorder.as_mut().and_then(|recorder| recorder.recovered.core.take());
        // Who goes on from a recording goes on with its numbers.
        let mut roll = before.as_ref().map(|core| core.roll().clone()).unwrap_or_default();
        roll.number(&mut sources).map_err(StartError::Numbers)?;
        let followed = Config { sources: sources.clone(), ..followed };
        let sites =
            sources.iter().flat_map(|source| &source.radars).filter_map(|radar| radar.sight).collect();
        let names = Arc::new(Names::new(roll.sources().to_vec()));
        names.enlist(registry.lists());
        let sources = sources.iter().map(Prepared::open).collect::<Result<Vec<_>, _>>()?;
        let sockets = feed::Sockets::bind(&feed).map_err(|(address, error)| StartError::Listen {
            what: "feed",
            address,
            error,
        })?;
        let listen = |address| {
            TcpListener::bind(address).map_err(|error| StartError::Listen { what: "http", address, error })
        };
        let http = http.map(listen).transpose()?;
        let wall = Wall::new(&wall, &watch).map_err(StartError::Chart)?;
        let skies = wall.skies();
        let changes = changes
            .map(|path| {
                ChangeLog::create(&path, Arc::clone(&names))
                    .map_err(|error| StartError::Changes { path, error })
            })
            .transpose()?;
        let platform = cameras.gb28181.clone().map(|server| {
            let address = server.listen;
            Platform::bind(server).map_err(|error| StartError::Listen {
                what: "cameras.gb28181",
                address,
                error,
            })
        });
        let platform = platform.transpose()?;
        let bind = |gateway| {
            let listen = |(address, error)| StartError::Listen { what: "gateway", address, error };
            Bound::bind(gateway).map_err(listen)
        };
        let gateways = gateways.into_iter().map(bind).collect::<Result<Vec<_>, _>>()?;
        let addresses = Addresses {
            gateways: gateways.iter().filter_map(Bound::address).collect(),
            sources: sources.iter().filter_map(|s| Some((s.name().to_owned(), s.address()?))).collect(),
            json: sockets.json_address(),
            nmea: sockets.nmea_address(),
            gb28181: platform.as_ref().and_then(Platform::address),
            http: http.as_ref().and_then(|listener| listener.local_addr().ok()),
            beside: None,
        };

        let tls = tls.map(Tls::open).transpose()?.map(Arc::new);
        let metrics = Metrics::default();
        let files = Files { tokens: feed.tokens.clone(), anonymous: feed.anonymous, people };
        let entry = Arc::new(Entry::open(files, &metrics)?);
        let mut threads = Vec::new();
        let audit = match audit {
            Some(path) => {
                let (audit, thread) = Audit::open(&path, &metrics)
                    .map_err(|error| StartError::Audit { path: path.clone(), error })?;
                threads.push(thread);
                audit
            }
            None => Audit::none(),
        };
        let (stop, http_stop) = (CancellationToken::new(), CancellationToken::new());
        let life = Life::new(stop.clone());
        let (to_core, from_ingest) = queue::channel();
        let (visitors, at_feed) = Visitors::new();
        let (outbox, inbox) = Outbox::new();
        let core = match before {
            Some(before) => {
                let tracks = before.picture.tracks().len();
                tracing::info!(tracks, "the picture goes on from the recording");
                before.with_roll(roll.clone())
            }
            None => Core::new(fusion, watch)
                .with_roll(roll.clone())
                .with_sites(sites)
                .with_cameras(cameras.cues.clone()),
        };
        let (raw_tap, core_tap, recorded, renewal) = match recorder {
            Some(recorder) => {
                let running = recorder.start(&names, to_core.asking(), &metrics).map_err(wrong)?;
                threads.extend(running.threads);
                (Some(running.raw), Some(running.core), Some(running.consoles), Some(running.renewal))
            }
            None => (None, None, None, None),
        };
        let hub = feed::hub(&feed, Arc::clone(&names), &metrics, recorded);
        let mut outbox = outbox.to(hub.clone());
        let sensors = Sensors::of(&core);
        // Handed over before anybody can ask for it.
        outbox.everything(&core);
        outbox.flush(&core, Mono::now());
        let commands = Commands::new(to_core.asking(), audit.clone());
        let album = Album::default();
        let (orders, ends) = Orders::new(cameras.lines.len());
        orders.resume(&core.cues);
        if !cameras.lines.is_empty() {
            let (metrics, stop, door) = (metrics.clone(), stop.clone(), to_core.asking());
            let run = move || run_local(cameras::run(cameras, ends, platform, door, metrics, stop));
            threads.push(spawn(&life, "cameras", run)?);
        }
        let eyes = (orders, album.clone());
        let ways = Ways { outbox, tap: core_tap, log: changes, audit, eyes };
        let keeper = Keeper::new(core, sensors, ways, &metrics, life.clone());
        let kept = Arc::new(Mutex::new(Some(keeper)));
        let waiting = from_ingest.waiting().clone();
        let to_core = to_core.with_hand(|core| Arc::new(Bringer { kept: Arc::clone(&kept), waiting, core }));
        threads.push(spawn(&life, "core", move || run_core(&from_ingest, &kept))?);
        threads.push(spawn(&life, "feed", {
            let (metrics, tls, entry) = (metrics.clone(), tls.clone(), Arc::clone(&entry));
            move || {
                run_local(feed::serve(sockets, at_feed, feed, entry, commands, inbox, hub, metrics, tls));
            }
        })?);
        let (orders, ordered) = tokio::sync::mpsc::channel(ORDERS);
        let mut reloader = Reloader {
            config: followed,
            roll,
            orders,
            core: to_core.asking(),
            names: Arc::clone(&names),
            recording: renewal,
            skies,
            visitors: visitors.clone(),
            metrics: metrics.clone(),
            life: life.clone(),
            stop: stop.clone(),
            gateways: BTreeMap::new(),
            typhoons: None,
        };
        for gateway in gateways {
            reloader.serve(gateway);
        }
        let http = http
            .map(|listener| {
                let (metrics, stop) = (metrics.clone(), http_stop.clone());
                let life_there = life.clone();
                let limits = http_limits;
                let visitors = Doors { feed: visitors, beside: None };
                let port = Port { metrics, visitors, album, wall, life: life_there, tls, limits, entry };
                let serve = port.serve(listener, stop);
                spawn(&life, "http", move || run_local(serve))
            })
            .transpose()?;
        reloader.follow(&typhoons);
        // Last, so that nobody is heard before somebody listens.
        threads.push(spawn(&life, "ingest", {
            let (metrics, stop) = (metrics.clone(), stop.clone());
            let taps = (to_core, raw_tap);
            move || run_local(ingest::run(sources, until_end, registry, taps, metrics, ordered, stop))
        })?);
        Ok(Self { addresses, metrics, stop, threads, http, http_stop, reloader: Some(reloader) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Follows another configuration from now on: live alerts, sessions and recordings go on. Counted, and told to
    /// the operators, either way.
    ///
    /// # Errors
    /// Why not; all goes on as it was.
    pub fn reload(&mut self, next: Result<Config, ConfigError>) -> Result<Reloaded, ReloadError> {
        let Some(reloader) = &mut self.reloader else { return Err(ReloadError::Silent("replay")) };
        let done = match next {
            Ok(next) => reloader.reload(next),
            Err(error) => Err(error.into()),
        };
        let outcome = match &done {
            Ok(_) => "taken",
            Err(error) => {
                reload::refused(&reloader.core, error);
                "refused"
            }
        };
        self.metrics.counter("fairway_config_reloads_total", &[("outcome", outcome)]).increment(1);
        done
    }

    /// Its metrics, in Prometheus' text format.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.metrics.render()
    }

    /// Cancelled once it is told to stop, or has played all files.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Stops reading, applies what has been read, lets clients take the last of it, and ends. Returns the
    /// metrics as they then stand.
    #[must_use]
    pub fn stop(self) -> String {
        self.stop.cancel();
        let threads =
            self.threads.into_iter().chain(self.reloader.into_iter().flat_map(Reloader::into_threads));
        for thread in threads {
            join(thread);
        }
        self.http_stop.cancel();
        if let Some(http) = self.http {
            join(http);
        }
        self.metrics.render()
    }
}

fn spawn(
    life: &Life,
    name: &'static str,
    run: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StartError> {
    thread(name, life.of(name, run))
}

/// A thread that is called so.
pub(crate) fn thread(
    name: &'static str,
    run: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StartError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(StartError::Thread)
}

fn join(thread: JoinHandle<()>) {
    let name = thread.thread().name().unwrap_or_default().to_owned();
    if thread.join().is_err() {
        tracing::error!(thread = name, "ended in a panic");
    }
}

/// Runs one thread's tasks on that thread alone.
pub(crate) fn run_local(task: impl Future<Output = ()>) {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            LocalSet::new().block_on(&runtime, task);
            // A read of standard input cannot be called back: it is left behind.
            runtime.shutdown_background();
        }
        Err(error) => tracing::error!(%error, "a thread has no runtime"),
    }
}
