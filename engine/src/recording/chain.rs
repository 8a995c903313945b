//! `chain.jsonl`: which segments there are, one signed line each, chained, so that none can be taken away, put in or
//! changed without it showing.

use super::seal::{Hex, Key, Link, NONE, sha256};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use units::UtcTime;

/// Its name.
pub const FILE: &str = "chain.jsonl";

/// The file, open at its end.
#[derive(Debug)]
pub struct Chain {
    file: File,
    previous: String,
    length: u64,
    /// The last segment that it has.
    pub last: Option<u64>,
    /// What lines are signed with now, by its public half.
    pub key: Option<Hex>,
    /// The segments that were not let go.
    pub segments: BTreeMap<u64, Closed>,
    /// Those that were.
    pub released: Released,
}

/// Segments that were let go: runs, from and through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Released(Vec<(u64, u64)>);

impl Released {
    /// Adds a run.
    pub fn add(&mut self, from: u64, through: u64) {
        match self.0.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(from) => *last = through,
            _ => self.0.push((from, through)),
        }
    }

    /// The last of the run that a segment is in; `None` where it was not let go.
    pub fn through(&self, number: u64) -> Option<u64> {
        self.0
            .iter()
            .find(|(from, through)| (*from..=*through).contains(&number))
            .map(|(_, through)| *through)
    }
}

/// A segment that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// How long its file is.
    pub length: u64,
    /// Since when.
    pub at: UtcTime,
}

/// What a line says, whoever signed it.
pub fn said(line: &[u8]) -> Option<Link> {
    let space = memchr::memrchr(b' ', line)?;
    serde_json::from_slice(line.get(..space)?).ok()
}

impl Chain {
    /// Opens it, or begins one; a last line without its end was never written.
    ///
    /// # Errors
    /// What the disk says.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE);
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(&path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |end| end + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64)?;
            bytes.truncate(whole);
        }
        let lines = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let last = lines.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let previous = if last.is_empty() { NONE.to_owned() } else { sha256(last) };
        let (segments, released) = (BTreeMap::new(), Released::default());
        let mut chain =
            Self { file, previous, length: whole as u64, last: None, key: None, segments, released };
        for link in lines.split(|byte| *byte == b'\n').filter_map(said) {
            chain.note(&link);
        }
        Ok(chain)
    }

    /// Whether nothing was ever written.
    pub const fn is_new(&self) -> bool {
        self.length == 0
    }

    fn note(&mut self, link: &Link) {
        match link {
            Link::Segment { segment, length, time_us, .. } => {
                self.last = self.last.max(Some(*segment));
                let closed = Closed { length: *length, at: UtcTime::from_unix_us(*time_us) };
                self.segments.insert(*segment, closed);
            }
            Link::Key { key, .. } => self.key = Some(key.clone()),
            Link::Released { from, through, .. } => {
                self.segments.retain(|number, _| !(*from..=*through).contains(number));
                self.released.add(*from, *through);
            }
            Link::Stopped { .. } => {}
        }
    }

    /// Appends one line; what it says of the line before is filled in.
    ///
    /// # Errors
    /// What the disk says; the file then ends where it did before.
    pub fn append(&mut self, key: Option<&Key>, link: impl FnOnce(String) -> Link) -> io::Result<()> {
        let link = link(self.previous.clone());
        // Without a key it is a list, and proves nothing.
        let line = match key {
            Some(key) => key.sign(&link),
            None => format!("{} -", serde_json::to_string(&link)?),
        };
        // What could not be made to last is cut off, so that what is made to last next is written anew.
        let written =
            self.file.write_all(format!("{line}\n").as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            drop(self.file.set_len(self.length));
            return Err(error);
        }
        self.length += line.len() as u64 + 1;
        self.previous = sha256(line.as_bytes());
        self.note(&link);
        Ok(())
    }

    /// Has another key sign what follows; the one before says so, where there is one.
    ///
    /// # Errors
    /// What the disk says.
    pub fn change_key(
        &mut self,
        before: Option<&Key>,
        next: &Key,
        recording: &str,
        now: UtcTime,
    ) -> io::Result<()> {
        // The first key introduces itself.
        let signs = if self.is_new() { Some(next) } else { before };
        self.append(signs, |previous| Link::Key {
            recording: recording.to_owned(),
            key: next.public(),
            proof: next.prove(&previous),
            previous,
            time_us: now.unix_us(),
        })
    }
}
