//! Files that are there when they are whole, and not before.

use crate::Trouble;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file on its way.
#[derive(Debug)]
pub struct Part {
    file: File,
    unfinished: PathBuf,
    to: PathBuf,
    is_done: bool,
}

/// The same path with more behind it.
#[must_use]
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// Writes all of a small one.
///
/// # Errors
/// What the disk says.
pub fn write(to: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    let part = Part::create(to)?;
    (&part.file).write_all(bytes).map_err(Trouble::of(to))?;
    part.finish()
}

impl Part {
    /// Begins.
    ///
    /// # Errors
    /// What the disk says.
    pub fn create(to: &Path) -> Result<Self, Trouble> {
        let unfinished = with_ending(to, "part");
        let file = File::create(&unfinished).map_err(Trouble::of(&unfinished))?;
        Ok(Self { file, unfinished, to: to.to_owned(), is_done: false })
    }

    /// It is whole.
    ///
    /// # Errors
    /// What the disk says.
    pub fn finish(mut self) -> Result<(), Trouble> {
        self.file.sync_data().map_err(Trouble::of(&self.to))?;
        std::fs::rename(&self.unfinished, &self.to).map_err(Trouble::of(&self.to))?;
        self.is_done = true;
        Ok(())
    }
}

impl Write for &Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&self.file).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&self.file).flush()
    }
}

impl io::Seek for &Part {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        (&self.file).seek(to)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_done {
            // What was begun and not ended is of no use to anybody.
            drop(std::fs::remove_file(&self.unfinished));
        }
    }
}
