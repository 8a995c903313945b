//! The key that seals a recording, and the one that is to follow it: whoever wants another puts it beside the first,
//! and the recorder takes it with its next segment.

use super::chain::Chain;
use super::seal::Key;
use std::io;
use std::path::{Path, PathBuf};
use units::UtcTime;

/// The key in force, and where it is.
#[derive(Debug)]
pub struct Keys {
    path: PathBuf,
    /// What seals.
    pub key: Key,
}

/// Where the next key waits.
fn next_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".next");
    path.with_file_name(name)
}

/// Makes the key that is to follow, and says its public half.
///
/// # Errors
/// Where one waits already, or what the disk says.
pub fn prepare_next(path: &Path) -> io::Result<String> {
    let next = next_path(path);
    if !path.exists() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "there is no key to follow"));
    }
    if next.exists() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "one waits already to be taken"));
    }
    Ok(Key::open(&next)?.public())
}

impl Keys {
    /// Reads the key, or makes it; a change that a crash cut short is brought to its end.
    ///
    /// # Errors
    /// What the disk says, or where the file is no key.
    pub fn open(path: &Path, chain: &Chain) -> io::Result<Self> {
        let next = next_path(path);
        if next.exists() && chain.key.as_ref() == Some(&Key::open(&next)?.public()) {
            std::fs::rename(&next, path)?;
        }
        Ok(Self { path: path.to_owned(), key: Key::open(path)? })
    }

    /// Takes the key that waits, where one does: true then.
    ///
    /// # Errors
    /// What the disk says, or where the file is no key.
    pub fn change(&mut self, chain: &mut Chain, recording: &str, now: UtcTime) -> io::Result<bool> {
        let next = next_path(&self.path);
        if !next.exists() {
            return Ok(false);
        }
        let key = Key::open(&next)?;
        // Said first: whoever finds both files then knows which is in force.
        chain.change_key(Some(&self.key), &key, recording, now)?;
        self.key = key;
        std::fs::rename(&next, &self.path)?;
        Ok(true)
    }
}

/// Has the chain know what seals from here on: the first key, or the one that waits. What is wrong with it, should
/// anything be.
///
/// # Errors
/// What the disk says.
pub fn settle(
    keys: Option<&mut Keys>,
    chain: &mut Chain,
    recording: &str,
    now: UtcTime,
) -> io::Result<Option<String>> {
    let Some(keys) = keys else {
        return Ok(chain.key.is_some().then(|| "it is not sealed any more".to_owned()));
    };
    match &chain.key {
        None => chain.change_key(None, &keys.key, recording, now)?,
        Some(known) if *known != keys.key.public() => {
            return Ok(Some("it is sealed with another key than before".to_owned()));
        }
        Some(_) => {
            if keys.change(chain, recording, now)? {
                let key = keys.key.public();
                tracing::warn!(key, "the recording is sealed with another key from here on");
            }
        }
    }
    Ok(None)
}
