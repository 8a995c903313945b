//! What a package is made in: kept where the making broke off, so that the same command goes on from there.

use super::Path;
use crate::export::Format;
use crate::{Trouble, files};
use std::fs;
use std::path::PathBuf;

/// A folder beside the package, and what it is for.
pub(super) struct Work {
    home: PathBuf,
    note: PathBuf,
}

impl Work {
    /// Goes on where the same was asked for before, and begins anew where not.
    ///
    /// # Errors
    /// What the disk says.
    pub fn begin(to: &Path, asked: &str) -> Result<Self, Trouble> {
        let work = Self { home: files::with_ending(to, "work"), note: files::with_ending(to, "asked") };
        if fs::read_to_string(&work.note).ok().as_deref() != Some(asked) {
            drop(fs::remove_dir_all(&work.home));
            files::write(&work.note, asked.as_bytes())?;
        }
        Ok(work)
    }

    /// Where.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Nobody goes on from here.
    pub fn end(self) {
        drop(fs::remove_dir_all(&self.home));
        drop(fs::remove_file(&self.note));
    }
}

/// Whether an export was made to its end: files are there when they are whole.
pub(super) fn is_whole(file: &Path, format: Format) -> bool {
    let beside = files::with_ending(file, "json");
    file.exists() && (format != Format::Nmea || beside.exists())
}
