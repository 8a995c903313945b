//! Who did what, when, and what came of it: one JSON line each, chained by SHA-256 so that a line that was changed,
//! removed or moved is found, and on the disk before the next one is taken.
//!
//! A thread of its own writes: neither the core nor the feed waits for a disk.

mod chain;

pub use chain::{Chain, verify};

use super::Asked;
use crate::clock::now_utc;
use crate::feed::access::Action;
use crate::feed::proto;
use crate::metrics::Metrics;
use crossbeam::queue::ArrayQueue;
use crossbeam::sync::{Parker, Unparker};
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use thiserror::Error;

const CAPACITY: usize = 1024;

/// One action.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    time_us: i64,
    user: Option<String>,
    role: &'static str,
    address: String,
    action: &'static str,
    command: proto::Command,
    code: u32,
    text: String,
    revision: Option<u32>,
}

impl Record {
    /// What came of a command.
    #[must_use]
    pub fn of(asked: &Asked, answer: &proto::Answer) -> Self {
        Self {
            time_us: asked.at.unix_us(),
            user: asked.user.name.clone(),
            role: asked.user.role.as_str(),
            address: asked.address.to_string(),
            action: asked.command.body.as_ref().map_or("none", |body| Action::of(body).as_str()),
            command: asked.command.clone(),
            code: answer.code,
            text: answer.text.clone(),
            revision: answer.revision,
        }
    }
}

#[derive(Debug)]
struct Shared {
    records: ArrayQueue<Record>,
    writers: AtomicUsize,
}

/// Where records are handed in. Without a file they are only counted.
#[derive(Debug)]
pub struct Audit {
    shared: Option<(Arc<Shared>, Unparker)>,
}

/// Why there is no log.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuditError {
    /// It cannot be opened or read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It was changed since it was written.
    #[error("line {0} is not what was written: keep this file, and begin another")]
    Broken(u64),
    /// Lines are missing at its end.
    #[error("it ends after line {is}, and was written to line {was}: keep this file, and begin another")]
    Short {
        /// Its last line.
        is: u64,
        /// What its head says.
        was: u64,
    },
    /// The file beside it that says where it ends is not there, or says nothing.
    #[error("{}: missing or no head of a log: keep this file, and begin another", .0.display())]
    NoHead(PathBuf),
}

impl Audit {
    /// No log.
    #[must_use]
    pub const fn none() -> Self {
        Self { shared: None }
    }

    /// Opens a log, checks all of it, and starts the thread that writes to it.
    ///
    /// # Errors
    /// Where it cannot be read or written, or was changed.
    pub fn open(path: &Path, metrics: &Metrics) -> Result<(Self, std::thread::JoinHandle<()>), AuditError> {
        let torn = chain::mend(path)?;
        let chain = chain::verify(path)?;
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        let head = chain::head_path(path);
        let head = OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(head)?;
        head.write_all_at(chain.head().as_bytes(), 0)?;
        let parker = Parker::new();
        let unparker = parker.unparker().clone();
        let shared = Arc::new(Shared { records: ArrayQueue::new(CAPACITY), writers: AtomicUsize::new(1) });
        let written = metrics.counter("fairway_audit_records_total", &[]);
        let failed = metrics.counter("fairway_audit_failed_total", &[]);
        metrics.counter("fairway_audit_torn_total", &[]).increment(u64::from(torn));
        let mut log = Log { file, head, chain };
        let thread = std::thread::Builder::new().name("audit".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || {
                loop {
                    // Read before the queue: a writer pushes first and goes afterwards.
                    let writers = shared.writers.load(Ordering::Acquire);
                    while let Some(record) = shared.records.pop() {
                        match log.write(&record) {
                            Ok(()) => written.increment(1),
                            Err(error) => {
                                failed.increment(1);
                                tracing::error!(%error, ?record, "not in the audit log");
                            }
                        }
                    }
                    if writers == 0 {
                        return;
                    }
                    parker.park();
                }
            }
        })?;
        Ok((Self { shared: Some((shared, unparker)) }, thread))
    }

    /// Whether another record would be taken; a few are kept back for those who are refused meanwhile.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.shared.as_ref().is_none_or(|(shared, _)| shared.records.len() < CAPACITY / 2)
    }

    /// Hands a record in.
    pub fn write(&self, record: Record) {
        if let Some((shared, writer)) = &self.shared {
            if let Err(record) = shared.records.push(record) {
                tracing::error!(?record, "not in the audit log: it is behind");
            }
            writer.unpark();
        }
    }
}

impl Clone for Audit {
    fn clone(&self) -> Self {
        if let Some((shared, _)) = &self.shared {
            shared.writers.fetch_add(1, Ordering::Relaxed);
        }
        Self { shared: self.shared.clone() }
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        if let Some((shared, writer)) = &self.shared
            && shared.writers.fetch_sub(1, Ordering::AcqRel) == 1
        {
            writer.unpark();
        }
    }
}

struct Log {
    file: File,
    head: File,
    chain: Chain,
}

#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    written_us: i64,
    #[serde(flatten)]
    record: &'a Record,
    previous: &'a str,
}

impl Log {
    fn write(&mut self, record: &Record) -> io::Result<()> {
        let seq = self.chain.lines + 1;
        let line = Line { seq, written_us: now_utc().unix_us(), record, previous: &self.chain.hash };
        let text = serde_json::to_string(&line)?;
        let hash = chain::hash(text.as_bytes());
        writeln!(self.file, "{hash} {text}")?;
        self.file.sync_data()?;
        self.chain = Chain { lines: seq, hash };
        // After the line: the head may be behind the log, and is never before it.
        self.head.write_all_at(self.chain.head().as_bytes(), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> Record {
        Record {
            time_us: 1,
            user: Some("Lin".to_owned()),
            role: "operator",
            address: "127.0.0.1:1".to_owned(),
            action: "note",
            command: proto::Command::default(),
            code: 200,
            text: text.to_owned(),
            revision: None,
        }
    }

    /// Writes that many records, and says what the metrics then are.
    fn write(path: &Path, records: u32) -> String {
        let metrics = Metrics::default();
        let (audit, thread) = Audit::open(path, &metrics).unwrap();
        for n in 0..records {
            audit.write(record(&format!("note {n}")));
        }
        drop(audit);
        thread.join().unwrap();
        metrics.render()
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("fairway-audit-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_line_that_was_never_finished_is_cut_counted_and_the_log_goes_on() {
        let folder = folder("torn");
        let path = folder.join("audit.jsonl");
        write(&path, 5);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        write!(file, "half a li").unwrap();
        assert!(write(&path, 5).contains("fairway_audit_torn_total 1"));
        assert_eq!(verify(&path).unwrap().lines, 10);
        // The machine stopped between a line and its head.
        let head = std::fs::read(chain::head_path(&path)).unwrap();
        write(&path, 1);
        std::fs::write(chain::head_path(&path), head).unwrap();
        write(&path, 1);
        assert_eq!(verify(&path).unwrap().lines, 12);
        std::fs::remove_dir_all(folder).unwrap();
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
        #[test]
        fn any_single_change_is_found(kind in 0..6_u8, seed in proptest::num::usize::ANY, byte in 1..=255_u8) {
            static WHOLE: std::sync::OnceLock<(Vec<u8>, Vec<u8>)> = std::sync::OnceLock::new();
            let (whole, head) = WHOLE.get_or_init(|| {
                let folder = folder("whole");
                let path = folder.join("audit.jsonl");
                write(&path, 12);
                let read = (std::fs::read(&path).unwrap(), std::fs::read(chain::head_path(&path)).unwrap());
                std::fs::remove_dir_all(folder).unwrap();
                read
            });
            let (mut bytes, mut head) = (whole.clone(), head.clone());
            let at = seed % bytes.len();
            let mut lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
            let line = seed % (lines.len() - 1);
            match kind {
                0 => bytes[at] ^= byte,
                1 => { bytes.insert(at, byte); }
                2 => { bytes.remove(at); }
                3 => { lines.remove(seed % lines.len()); bytes = lines.concat(); }
                4 => { lines.swap(line, line + 1); bytes = lines.concat(); }
                _ => { let at = seed % head.len(); head[at] ^= byte; }
            }
            let folder = folder("changed");
            let path = folder.join("audit.jsonl");
            std::fs::write(&path, &bytes).unwrap();
            std::fs::write(chain::head_path(&path), &head).unwrap();
            proptest::prop_assert!(verify(&path).is_err(), "{kind} at {at}");
            // Nor does the engine go on as if nothing were wrong.
            proptest::prop_assert!(Audit::open(&path, &Metrics::default()).is_err());
            std::fs::write(&path, whole).unwrap();
            std::fs::remove_file(chain::head_path(&path)).unwrap();
            proptest::prop_assert!(verify(&path).is_err());
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
}
