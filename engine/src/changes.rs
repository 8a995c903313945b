//! The change stream as a file: every change of every event, in order, one JSON line each. Two runs over the
//! same input write the same bytes.

use crate::core::Core;
use crate::feed::format::{Format, encode, frame};
use crate::feed::message::body;
use crate::feed::view::Detail;
use crate::feed::{Names, Update};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// The file, as far as it could be written.
#[derive(Debug)]
pub struct ChangeLog {
    file: Option<BufWriter<File>>,
    names: Arc<Names>,
    seq: u64,
    out: Vec<u8>,
}

impl ChangeLog {
    /// Makes the file, or empties it.
    ///
    /// # Errors
    /// Where that is not possible.
    pub fn create(path: &Path, names: Arc<Names>) -> std::io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        Ok(Self { file: Some(file), names, seq: 0, out: Vec::new() })
    }

    /// Writes what the last event changed.
    pub fn write(&mut self, core: &Core) {
        let Some(file) = &mut self.file else { return };
        self.out.clear();
        for update in Update::all(core) {
            self.seq += 1;
            let body = body(&update, &self.names, core.picture.now(), self.seq, Detail::Full);
            frame(Format::Json, self.seq, &encode(Format::Json, body), &mut self.out);
        }
        if let Err(error) = file.write_all(&self.out) {
            self.fail(&error);
        }
    }

    /// Makes what is written visible to readers.
    pub fn flush(&mut self) {
        if let Some(Err(error)) = self.file.as_mut().map(BufWriter::flush) {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &std::io::Error) {
        tracing::error!(%error, changes = self.seq, "the change file ends here");
        self.file = None;
    }
}
