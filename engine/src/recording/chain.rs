//! `chain.jsonl`: which segments there are, one signed line each, chained, so that none can be taken away, put in or
//! changed without it showing.

use super::seal::{Key, Link, NONE, sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

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
        let last = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let last = last.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let previous = if last.is_empty() { NONE.to_owned() } else { sha256(last) };
        let segments = bytes.split(|byte| *byte == b'\n').filter_map(said);
        let last = segments.filter_map(|link| match link {
            Link::Segment { segment, .. } => Some(segment),
            _ => None,
        });
        let last = last.max();
        Ok(Self { file, previous, length: whole as u64, last })
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
        let written = writeln!(self.file, "{line}").and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            drop(self.file.set_len(self.length));
            return Err(error);
        }
        self.length += line.len() as u64 + 1;
        self.previous = sha256(line.as_bytes());
        Ok(())
    }
}
