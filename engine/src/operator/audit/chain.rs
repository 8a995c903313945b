//! The chain that an audit log is: each line has the hash of the one before it, and a small file beside the log, its
//! head, says how many there are and what the last one's hash is.
//!
//! Who can write both files can write both anew. Whoever must rule that out keeps the last hash elsewhere.

use super::AuditError;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Of the first line: there is none before it.
const NONE: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Longer than any line that was written.
const MAX_LINE: u64 = 1 << 20;

/// How many lines there are, and the hash of the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Lines.
    pub lines: u64,
    /// SHA-256 of the last, hexadecimal.
    pub hash: String,
}

impl Chain {
    /// Always as long, so that it is written over in one piece.
    pub(super) fn head(&self) -> String {
        format!("{:020} {}\n", self.lines, self.hash)
    }
}

/// Where the head of a log is.
pub(super) fn head_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".head");
    path.with_file_name(name)
}

pub(super) fn hash(text: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut out, byte| {
        // A string takes everything.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Cuts off a last line without its end: the machine stopped while it was written, and nobody was answered. Whether
/// there was one.
pub(super) fn mend(path: &Path) -> Result<bool, AuditError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |end| end + 1);
    if whole == bytes.len() {
        return Ok(false);
    }
    // What the head knows was whole once.
    let lines = memchr::memchr_iter(b'\n', &bytes).count() as u64;
    if let Some((was, _)) = head(path)?
        && lines < was
    {
        return Err(AuditError::Short { is: lines, was });
    }
    tracing::warn!(path = %path.display(), "the last line of the audit log was never finished: cut off");
    OpenOptions::new().write(true).open(path)?.set_len(whole as u64)?;
    Ok(true)
}

/// What the head says; `None` where there is none.
fn head(path: &Path) -> Result<Option<(u64, String)>, AuditError> {
    let path = head_path(path);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(_) => return Err(AuditError::NoHead(path)),
    };
    let said = text.trim_end().split_once(' ').and_then(|(lines, hash)| {
        let chain = Chain { lines: lines.parse().ok()?, hash: hash.to_owned() };
        (chain.head() == text).then_some((chain.lines, chain.hash))
    });
    said.map(Some).ok_or(AuditError::NoHead(path))
}

/// Reads a log from its beginning, and holds it beside its head.
///
/// # Errors
/// Where it cannot be read, or is not what was written.
pub fn verify(path: &Path) -> Result<Chain, AuditError> {
    let head = head(path)?;
    let mut chain = Chain { lines: 0, hash: NONE.to_owned() };
    let mut at_head = (0, NONE.to_owned());
    let mut file = match File::open(path) {
        Ok(file) => Some(BufReader::new(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let mut line = Vec::new();
    while let Some(file) = &mut file {
        line.clear();
        if file.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let seq = chain.lines + 1;
        let hash = of_line(&line, seq, &chain.hash).ok_or(AuditError::Broken(seq))?;
        chain = Chain { lines: seq, hash };
        if head.as_ref().is_some_and(|(lines, _)| *lines == seq) {
            at_head = (seq, chain.hash.clone());
        }
    }
    match head {
        Some((was, _)) if chain.lines < was => Err(AuditError::Short { is: chain.lines, was }),
        Some(said) if said != at_head => Err(AuditError::Broken(said.0)),
        None if chain.lines > 0 => Err(AuditError::NoHead(head_path(path))),
        _ => Ok(chain),
    }
}

/// Its hash, where it is whole and follows `previous`.
fn of_line(line: &[u8], seq: u64, previous: &str) -> Option<String> {
    let (said, text) = line.strip_suffix(b"\n")?.split_at_checked(64)?;
    let text = text.strip_prefix(b" ")?;
    let begins = format!("{{\"seq\":{seq},");
    let ends = format!("\"previous\":\"{previous}\"}}");
    let hash = hash(text);
    let is_whole =
        said == hash.as_bytes() && text.starts_with(begins.as_bytes()) && text.ends_with(ends.as_bytes());
    is_whole.then_some(hash)
}
