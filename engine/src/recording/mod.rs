//! Everything that enters is recorded before anybody looks at it, what the core is told and makes of it too, so that
//! the same inputs give the same changes again, and a crash costs a quarter of a second.
//!
//! **Invariant**: neither ingest nor the core ever waits for a disk. What is missing is said in the recording itself.

pub mod beside;
pub mod catalogue;
mod chain;
pub mod consoles;
pub mod cursor;
pub mod cut;
pub mod difference;
pub mod form;
mod gaps;
mod guard;
pub mod keep;
pub mod keys;
pub mod pace;
mod pending;
pub mod read;
mod recorder;
pub mod recover;
pub mod rerun;
pub mod retell;
pub mod scan;
pub mod seal;
pub mod segment;
pub mod session;
mod story;
mod sync;
mod tap;
mod terms;
pub mod verify;
pub mod voice;

pub use consoles::ConsoleTap;
pub use read::Recording;
pub use recorder::Condition;
pub use tap::{CoreTap, Numbers, RawTap};

use crate::clock::{Mono, now_utc};
use crate::config::Record;
use crate::feed::Names;
use crate::metrics::Metrics;
use catalogue::Catalogue;
use chain::Chain;
use guard::{Guard, Pulse};
use keys::Keys;
use recorder::{From, Recorder, Settings};
use recover::Recovered;
use segment::About;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the recorder looks at what was handed over.
const LOOK: Duration = Duration::from_millis(20);
/// With more blocks than that waiting it does not rest between two looks.
const MANY_BLOCKS: usize = 128;

/// How often the catalogue takes in what is complete ...
const CATALOGUE_EVERY: Duration = Duration::from_secs(10);
/// ... looks whether the recorder has ended ...
const CATALOGUE_LOOK: Duration = Duration::from_millis(100);
/// ... and how long it may go on then: what is left is for the next run.
const CATALOGUE_LAST_NS: u64 = 1_000_000_000;

/// What every segment says of the engine that wrote it: topic `/config`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Of the engine.
    pub version: String,
    /// The names of its sources, by their numbers.
    pub sources: Vec<String>,
    /// SHA-256 of the configuration as it was read.
    pub sha256: String,
    /// The configuration, without passwords.
    pub text: String,
}

impl Setup {
    /// Of a configuration's text.
    #[must_use]
    pub fn new(sources: &[String], text: &str) -> Self {
        Self {
            version: version(),
            sources: sources.to_vec(),
            sha256: seal::sha256(text.as_bytes()),
            text: crate::config::without_secrets(text),
        }
    }

    /// As the first segment that says it has it.
    #[must_use]
    pub fn of(recording: &Recording) -> Option<Self> {
        Self::from(recording, 0)
    }

    /// The same from a segment on, by its place among them.
    #[must_use]
    pub fn from(recording: &Recording, segment: usize) -> Option<Self> {
        let mut messages = recording.messages(segment, 0);
        while let Some(found) = messages.message() {
            if found.topic == form::CONFIG {
                return serde_json::from_slice(found.data).ok();
            }
        }
        None
    }
}

/// Snapshots and entries are read by the version that wrote them.
fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// A recorder before it has begun, and what its folder holds.
#[derive(Debug)]
pub struct Prepared {
    record: Record,
    setup: Setup,
    keys: Option<Keys>,
    chain: Chain,
    /// What was there.
    pub recovered: Recovered,
    lock: File,
}

/// A recorder at work: its threads end when both taps are gone.
#[derive(Debug)]
pub struct Running {
    /// Ingest's end.
    pub raw: RawTap,
    /// The core's end.
    pub core: CoreTap,
    /// The feed's end.
    pub consoles: ConsoleTap,
    /// Where it is told that somebody else records from now on.
    pub renewal: Renewal,
    /// The recorder, and who looks after it.
    pub threads: Vec<JoinHandle<()>>,
}

/// Who records may change while it is recorded.
#[derive(Clone, Debug)]
pub struct Renewal(Arc<tap::Shared>);

impl Renewal {
    /// Another segment begins, and says so.
    pub fn settle(&self, setup: Setup) {
        self.0.settle(setup);
    }
}

/// Takes the folder, mends what is in it and makes the picture again.
///
/// # Errors
/// What the disk says; or that somebody else is recording there.
pub fn prepare(record: Record, setup: Setup) -> io::Result<Prepared> {
    std::fs::create_dir_all(&record.path)?;
    let lock = lock(&record.path)?;
    let chain = Chain::open(&record.path)?;
    let keys = record.key.as_deref().map(|path| Keys::open(path, &chain)).transpose()?;
    keep::sweep(&record.path, &chain)?;
    // Over what was not sealed until now no seal is put afterwards.
    let key = keys.as_ref().map(|keys| &keys.key).filter(|_| chain.is_new() || chain.key.is_some());
    let about = About { version: setup.version.clone(), config: setup.sha256.clone(), ..About::default() };
    let mut recovered = recover::recover(&record.path, about, &Arc::new(Names::default()), key, now_utc())?;
    // It may say more now.
    let chain = Chain::open(&record.path)?;
    if !record.resume {
        recovered.core = None;
    }
    if recovered.core.is_none() && recovered.numbers.entries > 0 {
        // Another core begins: a number is left out, so that nobody tells this one what the other was told.
        recovered.numbers.entries += 1;
    }
    for (file, fault) in &recovered.cut {
        tracing::warn!(file, from = fault.from, to = fault.to, "the end of a segment was {}", fault.what);
    }
    Ok(Prepared { record, setup, keys, chain, recovered, lock })
}

/// One recorder per folder.
fn lock(folder: &Path) -> io::Result<File> {
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock"))?;
    lock.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => io::Error::other("another engine is recording here"),
        std::fs::TryLockError::Error(error) => error,
    })?;
    Ok(lock)
}

impl Prepared {
    /// Begins to record.
    ///
    /// # Errors
    /// What the disk says.
    pub fn start(
        self,
        names: &Arc<Names>,
        door: crate::queue::Asking,
        metrics: &Metrics,
    ) -> io::Result<Running> {
        let Self { record, mut setup, keys, chain, recovered, lock } = self;
        setup.sources = names.all().map(str::to_owned).collect();
        let keyframe_s = i64::from(record.keyframe_s);
        let (raw, core, shared) = tap::taps(Arc::clone(names), recovered.numbers, keyframe_s);
        let pulse = Arc::new(Pulse::default());
        let settings = Settings {
            folder: record.path.clone(),
            segment_s: record.segment_s,
            segment_bytes: record.segment_bytes,
            memory_bytes: record.memory_bytes,
            keep: keep::Keep {
                seconds: record.keep_days.map(|days| u64::from(days) * 86_400),
                bytes: record.keep_bytes,
            },
        };
        let config = serde_json::to_vec(&setup)?;
        let from = From { about: recovered.about, unrecorded: recovered.unrecorded, keys, chain };
        let sources = Arc::clone(names);
        let (tell, begun) = sync_channel(1);
        let recorder = std::thread::Builder::new().name("recorder".to_owned()).spawn({
            let (pulse, shared) = (Arc::clone(&pulse), Arc::clone(&shared));
            move || {
                let now = (Mono::now(), now_utc());
                let recorder = Recorder::start(settings, from, sources, config, Arc::clone(&shared), now);
                let mut recorder = match recorder {
                    Ok(recorder) => recorder,
                    Err(error) => return drop(tell.send(Err(error))),
                };
                drop(tell.send(Ok(())));
                loop {
                    // Read before the queues: what is handed over last comes first.
                    let has_ended = shared.has_ended();
                    let mono = Mono::now();
                    recorder.step(mono, now_utc());
                    pulse.beat(mono, recorder.waiting_ns(mono), recorder.condition(), shared.waiting());
                    if has_ended {
                        break;
                    }
                    if shared.waiting().into_iter().all(|blocks| blocks < MANY_BLOCKS) {
                        std::thread::sleep(LOOK);
                    }
                }
                pulse.end(&recorder.stop(Mono::now(), now_utc()));
                drop(lock);
            }
        })?;
        begun.recv().unwrap_or_else(|_| Err(io::Error::other("the recorder ended at once")))?;
        let librarian = std::thread::Builder::new().name("catalogue".to_owned()).spawn({
            let (folder, pulse) = (record.path.clone(), Arc::clone(&pulse));
            move || keep_catalogue(&folder, &pulse)
        })?;
        let guard = Guard::new(record.path, Arc::clone(&pulse), door, metrics);
        let guard = std::thread::Builder::new().name("record-guard".to_owned()).spawn(|| guard.run())?;
        let (consoles, renewal) = (ConsoleTap::new(Arc::clone(&shared)), Renewal(shared));
        Ok(Running { raw, core, consoles, renewal, threads: vec![recorder, guard, librarian] })
    }
}

/// Keeps the catalogue until the recorder ends. What goes wrong with it is no trouble of the recording's.
fn keep_catalogue(folder: &Path, pulse: &Pulse) {
    // Not at once: whoever starts has more pressing things to do.
    let (mut open, mut waited): (Option<Catalogue>, _) = (None, Duration::ZERO);
    loop {
        // Read before the folder: the last segment is complete by then.
        let has_ended = pulse.has_ended();
        if has_ended || waited >= CATALOGUE_EVERY {
            waited = Duration::ZERO;
            let began = Mono::now();
            let goes_on = || !pulse.has_ended() || Mono::now().since_ns(began) < CATALOGUE_LAST_NS;
            // Opened once: whether it is whole takes a look at all of it.
            let known = open.take().filter(|_| folder.join(catalogue::FILE).exists());
            let known = known.map_or_else(|| Catalogue::open(folder), Ok);
            match known.and_then(|mut known| known.update(goes_on).map(|_| known)) {
                Ok(known) => open = Some(known),
                Err(error) => tracing::warn!(%error, "the catalogue of the recording is behind"),
            }
        }
        if has_ended {
            return;
        }
        std::thread::sleep(CATALOGUE_LOOK);
        waited += CATALOGUE_LOOK;
    }
}
