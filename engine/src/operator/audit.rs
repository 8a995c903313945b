//! Who did what, when, and what came of it: one JSON line each, chained by SHA-256 so that a line that was changed,
//! removed or moved is found, and on the disk before the next one is taken.
//!
//! A thread of its own writes: neither the core nor the feed waits for a disk.

use super::Asked;
use crate::clock::now_utc;
use crate::feed::access::Action;
use crate::feed::proto;
use crate::metrics::Metrics;
use crossbeam::queue::ArrayQueue;
use crossbeam::sync::{Parker, Unparker};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use thiserror::Error;

const CAPACITY: usize = 1024;
/// Of the first line: there is none before it.
const NONE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

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
        mend(path)?;
        let chain = verify(path)?;
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let parker = Parker::new();
        let unparker = parker.unparker().clone();
        let shared = Arc::new(Shared { records: ArrayQueue::new(CAPACITY), writers: AtomicUsize::new(1) });
        let written = metrics.counter("fairway_audit_records_total", &[]);
        let failed = metrics.counter("fairway_audit_failed_total", &[]);
        let mut log = Log { file, chain };
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

/// How many lines there are, and the hash of the last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Chain {
    lines: u64,
    hash: String,
}

struct Log {
    file: File,
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
        let hash = hash(&text);
        writeln!(self.file, "{hash} {text}")?;
        self.file.sync_data()?;
        self.chain = Chain { lines: seq, hash };
        Ok(())
    }
}

fn hash(text: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut out, byte| {
        // A string takes everything.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Cuts off a last line without its end: the machine stopped while it was written, and nobody was answered.
fn mend(path: &Path) -> io::Result<()> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |end| end + 1);
    if whole < bytes.len() {
        tracing::warn!(path = %path.display(), "the last line of the audit log was never finished: cut off");
        OpenOptions::new().write(true).open(path)?.set_len(whole as u64)?;
    }
    Ok(())
}

/// Reads a log from its beginning.
fn verify(path: &Path) -> Result<Chain, AuditError> {
    let mut chain = Chain { lines: 0, hash: NONE.to_owned() };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(chain),
        Err(error) => return Err(error.into()),
    };
    for line in BufReader::new(file).lines() {
        let (line, seq) = (line?, chain.lines + 1);
        let broken = AuditError::Broken(seq);
        let Some((said, text)) = line.split_once(' ') else { return Err(broken) };
        let begins = format!("{{\"seq\":{seq},");
        let ends = format!("\"previous\":\"{}\"}}", chain.hash);
        if said != hash(text) || !text.starts_with(&begins) || !text.ends_with(&ends) {
            return Err(broken);
        }
        chain = Chain { lines: seq, hash: said.to_owned() };
    }
    Ok(chain)
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

    #[test]
    fn whatever_is_changed_is_found() {
        let path = std::env::temp_dir().join(format!("fairway-audit-{}.jsonl", std::process::id()));
        drop(std::fs::remove_file(&path));
        for round in 0..2 {
            // Opened again, it goes on, even where its last line was cut.
            let (audit, thread) = Audit::open(&path, &Metrics::default()).unwrap();
            for n in 0..5 {
                audit.write(record(&format!("{round} {n}")));
            }
            drop(audit);
            thread.join().unwrap();
            let mut file = OpenOptions::new().append(true).open(&path).unwrap();
            write!(file, "half a li").unwrap();
        }
        mend(&path).unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        assert_eq!(verify(&path).unwrap().lines, 10);

        let lines: Vec<&str> = whole.lines().collect();
        let mut without = lines.clone();
        without.remove(4);
        let mut swapped = lines.clone();
        swapped.swap(2, 3);
        let mut damaged: Vec<Vec<u8>> =
            [without, swapped].map(|lines| (lines.join("\n") + "\n").into_bytes()).to_vec();
        // Any one byte.
        for at in (0..whole.len()).step_by(37) {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] ^= 1;
            damaged.push(bytes);
        }
        for bytes in damaged {
            std::fs::write(&path, &bytes).unwrap();
            assert!(verify(&path).is_err(), "{}", String::from_utf8_lossy(&bytes));
        }
        std::fs::remove_file(&path).unwrap();
    }
}
