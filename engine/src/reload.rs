//! Another configuration for an engine that runs: read, checked, built, and only then followed. Where any of it cannot
//! be, the engine goes on as it was.

use crate::config::{Config, ConfigError, Gateway, Input, Source, Time, Typhoon};
use crate::feed::{Names, Visitors};
use crate::gateways::{self, Bound};
use crate::ingest::{OpenError, Order, Prepared};
use crate::life::Life;
use crate::metrics::Metrics;
use crate::pipeline;
use crate::queue::{Asking, Renewal};
use crate::recording::{self, Setup};
use crate::roll::Roll;
use crate::typhoon;
use crate::wall::Skies;
use fusion::{RadarSite, SourceId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use watch::Notice;

/// What the core is told of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Limits of the tracker.
    pub fusion: fusion::Config,
    /// What is watched for.
    pub watch: watch::Config,
    /// Radars of which other things are known than before.
    pub sites: Vec<RadarSite>,
    /// Which number each source and radar has.
    pub roll: Roll,
    /// Sources that have a number and are no more.
    pub gone: Vec<SourceId>,
    /// What is different, in words.
    pub said: String,
}

/// What is different now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// In words; empty: nothing.
    pub changes: Vec<String>,
    /// Sources and gateways that listen since, by name.
    pub addresses: Vec<(String, SocketAddr)>,
}

/// Why a configuration is not followed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// It is wrong, or asks for what only a start can give.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A source cannot be opened.
    #[error(transparent)]
    Source(#[from] OpenError),
    /// A gateway cannot.
    #[error("gateway {address}: {error}")]
    Gateway {
        /// Where it should listen.
        address: SocketAddr,
        /// Why it cannot.
        error: io::Error,
    },
    /// The engine does not answer.
    #[error("the {0} does not answer")]
    Silent(&'static str),
}

/// What has a thread of its own, and its end.
type Running = (CancellationToken, JoinHandle<()>);

const RESTART: &str = "cannot be changed while it runs: restart";
/// How long a socket of ours may need to become free.
const PATIENCE: Duration = Duration::from_secs(3);
/// The core answers in far less.
const ANSWER: Duration = Duration::from_secs(10);

/// What is followed, and the ways to change it.
#[derive(Debug)]
pub struct Reloader {
    pub config: Config,
    pub roll: Roll,
    pub orders: tokio::sync::mpsc::Sender<Order>,
    pub core: Asking,
    pub names: Arc<Names>,
    pub recording: Option<recording::Renewal>,
    pub skies: Skies,
    pub visitors: Visitors,
    pub metrics: Metrics,
    pub life: Life,
    pub stop: CancellationToken,
    pub gateways: BTreeMap<String, Running>,
    pub typhoons: Option<Running>,
}

/// What a configuration has that only a start can change: its key, and whether it is the same.
fn fixed(now: &Config, next: &Config) -> [(&'static str, bool); 11] {
    [
        ("feed", now.feed == next.feed),
        ("http.listen", now.http == next.http),
        ("http.limits", now.http_limits == next.http_limits),
        ("tls", now.tls == next.tls),
        ("people", now.people == next.people),
        ("changes", now.changes == next.changes),
        ("audit", now.audit == next.audit),
        ("cameras", now.cameras == next.cameras),
        ("record", now.record == next.record),
        ("wall", now.wall == next.wall),
        ("watch.grid.level", now.watch.grid.level == next.watch.grid.level),
    ]
}

/// Whether it plays what was, or cannot be opened twice.
fn is_played(source: &Source) -> bool {
    source.time == Time::Line || source.input == Input::Stdin
}

impl Reloader {
    /// Follows another configuration from now on.
    ///
    /// # Errors
    /// Why not; all goes on as it was.
    pub fn reload(&mut self, mut next: Config) -> Result<Reloaded, ReloadError> {
        let refuse = |key: &str, reason: &str| ConfigError::at(&next.path, &next.text, key, reason);
        if let Some((key, _)) = fixed(&self.config, &next).into_iter().find(|(_, is_same)| !is_same) {
            return Err(refuse(key, RESTART).into());
        }
        let mut roll = self.roll.clone();
        roll.number(&mut next.sources).map_err(|reason| refuse("source", reason))?;
        let gone: Vec<Source> =
            self.config.sources.iter().filter(|old| !next.sources.contains(old)).cloned().collect();
        let new: Vec<Source> =
            next.sources.iter().filter(|source| !self.config.sources.contains(source)).cloned().collect();
        if gone.iter().chain(&new).any(is_played) {
            return Err(refuse("source", "what is played from a file cannot be changed: restart").into());
        }
        let old_gateways: Vec<Gateway> =
            self.config.gateways.iter().filter(|old| !next.gateways.contains(old)).cloned().collect();
        let new_gateways: Vec<Gateway> =
            next.gateways.iter().filter(|it| !self.config.gateways.contains(it)).cloned().collect();

        // Whatever can be had while all goes on is built first; what we hold ourselves cannot.
        let lets_go = !(gone.is_empty() && old_gateways.is_empty());
        let (mut opened, mut sources_left) = (Vec::new(), Vec::new());
        for source in &new {
            match Prepared::open(source) {
                Ok(source) => opened.push(source),
                Err(_) if lets_go => sources_left.push(source),
                Err(error) => return Err(error.into()),
            }
        }
        let (mut bound, mut gateways_left) = (Vec::new(), Vec::new());
        for gateway in &new_gateways {
            match Bound::bind(gateway.clone()) {
                Ok(door) => bound.push(door),
                Err(_) if lets_go => gateways_left.push(gateway),
                Err((address, error)) => return Err(ReloadError::Gateway { address, error }),
            }
        }

        let changes = self.changes(&next, &gone, &new, &old_gateways, &new_gateways);
        let said = if changes.is_empty() { "as before".to_owned() } else { changes.join(", ") };
        let forward = settings(&self.config, &next, &roll, format!("taken: {said}"));
        let mut undo = settings(&next, &self.config, &roll, String::new());
        // A number that the core has heard of is nobody else's, whatever comes of this.
        self.roll.clone_from(&roll);
        self.names.learn(roll.sources());
        if let Err(error) = self.tell_core(forward)? {
            return Err(refuse("watch", &error.to_string()).into());
        }
        self.order(Order::Stop(gone.iter().map(|source| source.id).collect()))?;
        for gateway in &old_gateways {
            self.gateways.remove(&gateway.name).inspect(|(stop, _)| stop.cancel());
        }
        if let Err(error) = build(&sources_left, &gateways_left, &mut opened, &mut bound) {
            drop((opened, bound));
            undo.said = format!("refused: {error}");
            drop(self.tell_core(undo));
            self.restore(&gone, &old_gateways);
            return Err(error);
        }

        let mut addresses: Vec<_> =
            opened.iter().filter_map(|it| Some((it.name().to_owned(), it.address()?))).collect();
        addresses.extend(bound.iter().filter_map(Bound::address));
        self.names.enlist(next.registry.lists());
        if next.registry != self.config.registry {
            self.order(Order::Registry(Box::new(next.registry.clone())))?;
        }
        self.order(Order::Start(opened))?;
        for bound in bound {
            self.serve(bound);
        }
        if next.typhoons != self.config.typhoons {
            self.follow(&next.typhoons);
        }
        self.skies.redraw(&next.watch);
        if let (Some(recording), true) = (&self.recording, next.text != self.config.text) {
            recording.settle(Setup::new(roll.sources(), &next.text));
        }
        self.config = next;
        Ok(Reloaded { changes, addresses })
    }

    /// What is different, in words.
    fn changes(
        &self,
        next: &Config,
        gone: &[Source],
        new: &[Source],
        old_gateways: &[Gateway],
        new_gateways: &[Gateway],
    ) -> Vec<String> {
        let now = &self.config;
        let mut changes = Vec::new();
        for (what, is_same) in [
            ("watch", now.watch == next.watch),
            ("fusion", now.fusion == next.fusion),
            ("registry", now.registry == next.registry),
            ("typhoons", now.typhoons == next.typhoons),
        ] {
            if !is_same {
                changes.push(what.to_owned());
            }
        }
        differences("source", &names(gone), &names(new), &mut changes);
        differences("gateway", &names(old_gateways), &names(new_gateways), &mut changes);
        changes
    }

    /// What the core says to it.
    fn tell_core(&self, settings: Settings) -> Result<Result<(), watch::ConfigError>, ReloadError> {
        let (answer, answered) = sync_channel(1);
        if !self.core.renew(Renewal { settings, answer }) {
            return Err(ReloadError::Silent("core"));
        }
        answered.recv_timeout(ANSWER).map_err(|_| ReloadError::Silent("core"))
    }

    fn order(&self, order: Order) -> Result<(), ReloadError> {
        self.orders.try_send(order).map_err(|_| ReloadError::Silent("ingest"))
    }

    /// Begins again what was stopped for others that could not be.
    fn restore(&mut self, gone: &[Source], gateways: &[Gateway]) {
        let mut opened = Vec::new();
        for source in gone {
            match patiently(|| Prepared::open(source)) {
                Ok(source) => opened.push(source),
                Err(error) => tracing::error!(%error, "cannot go on as it was"),
            }
        }
        if let Err(error) = self.order(Order::Start(opened)) {
            tracing::error!(%error, "sources cannot go on as they were");
        }
        for gateway in gateways {
            match patiently(|| Bound::bind(gateway.clone())) {
                Ok(bound) => self.serve(bound),
                Err((address, error)) => {
                    tracing::error!(%address, %error, "a gateway cannot go on as it was");
                }
            }
        }
    }

    /// Lets neighbours in, on a thread of its own.
    pub fn serve(&mut self, bound: Bound) {
        let name = bound.name().to_owned();
        let stop = self.stop.child_token();
        let (visitors, metrics, until) = (self.visitors.clone(), self.metrics.clone(), stop.clone());
        let run = move || pipeline::run_local(gateways::serve(bound, visitors, metrics, until));
        if let Some(running) = self.spawn("gateway", stop, run) {
            self.gateways.insert(name, running);
        }
    }

    /// Follows the typhoons of a configuration, and no others.
    pub fn follow(&mut self, typhoons: &[Typhoon]) {
        if let Some((stop, _)) = self.typhoons.take() {
            stop.cancel();
        }
        if typhoons.is_empty() {
            return;
        }
        let stop = self.stop.child_token();
        let (typhoons, core, skies, until) =
            (typhoons.to_vec(), self.core.clone(), self.skies.clone(), stop.clone());
        let run = move || pipeline::run_local(typhoon::follow(typhoons, core, skies, until));
        self.typhoons = self.spawn("typhoon", stop, run);
    }

    fn spawn(
        &self,
        name: &'static str,
        stop: CancellationToken,
        run: impl FnOnce() + Send + 'static,
    ) -> Option<Running> {
        match pipeline::thread(name, self.life.until(name, &stop, run)) {
            Ok(thread) => Some((stop, thread)),
            Err(error) => {
                tracing::error!(name, %error, "does not run");
                None
            }
        }
    }

    /// Threads that end when the engine stops.
    pub fn into_threads(self) -> impl Iterator<Item = JoinHandle<()>> {
        self.gateways.into_values().chain(self.typhoons).map(|(_, thread)| thread)
    }
}

/// Builds what could not be had while others held it.
fn build(
    sources: &[&Source],
    gateways: &[&Gateway],
    opened: &mut Vec<Prepared>,
    bound: &mut Vec<Bound>,
) -> Result<(), ReloadError> {
    for source in sources {
        opened.push(patiently(|| Prepared::open(source))?);
    }
    for gateway in gateways {
        let door = patiently(|| Bound::bind((*gateway).clone()));
        bound.push(door.map_err(|(address, error)| ReloadError::Gateway { address, error })?);
    }
    Ok(())
}

/// What the core is told to go from one configuration to the next.
fn settings(before: &Config, next: &Config, roll: &Roll, said: String) -> Settings {
    let sites = |config: &Config| -> Vec<RadarSite> {
        config.sources.iter().flat_map(|source| &source.radars).filter_map(|radar| radar.sight).collect()
    };
    let known = sites(before);
    let sites = sites(next).into_iter().filter(|site| !known.contains(site)).collect();
    let is_there = |id: &SourceId| next.sources.iter().any(|source| source.id == *id);
    let gone = (0..).map(SourceId).take(roll.sources().len()).filter(|id| !is_there(id)).collect();
    Settings { fusion: next.fusion, watch: next.watch.clone(), sites, roll: roll.clone(), gone, said }
}

/// Tells the core why a configuration was not followed.
pub fn refused(core: &Asking, error: &ReloadError) {
    // Where too many notices wait, the log has it.
    drop(core.tell(Notice::Configuration { text: format!("refused: {error}") }));
}

/// What has a name in the configuration.
trait Named {
    fn name(&self) -> &str;
}

impl Named for Source {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for Gateway {
    fn name(&self) -> &str {
        &self.name
    }
}

fn names<T: Named>(all: &[T]) -> Vec<&str> {
    all.iter().map(Named::name).collect()
}

/// Says which are no more, which are new, and which are other than they were.
fn differences(what: &str, gone: &[&str], new: &[&str], out: &mut Vec<String>) {
    for name in gone {
        let word = if new.contains(name) { "changed" } else { "gone" };
        out.push(format!("{what} `{name}` {word}"));
    }
    out.extend(new.iter().filter(|name| !gone.contains(name)).map(|name| format!("{what} `{name}` new")));
}

/// Tries again for a while: whoever held the address was us, and has been told to let go.
fn patiently<T, E>(mut open: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let began = Instant::now();
    loop {
        match open() {
            Err(_) if began.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(20)),
            done => return done,
        }
    }
}
