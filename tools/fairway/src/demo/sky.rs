//! The weather over the sea: a typhoon's track in a file, as far as the engine can tell from the water authority.

use engine::clock::now_utc;
use engine::config::Typhoon;
use engine::typhoon::Quadrants;
use fairway::stage;
use std::io;
use std::path::{Path, PathBuf};

/// A folder with the file; both go with it.
pub struct Sky(PathBuf);

impl Sky {
    pub fn new() -> io::Result<Self> {
        let sky = Self(std::env::temp_dir().join(format!("fairway-demo-{}", std::process::id())));
        std::fs::create_dir_all(&sky.0)?;
        std::fs::write(sky.path(), stage::typhoon(now_utc()))?;
        Ok(sky)
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }

    fn path(&self) -> PathBuf {
        self.0.join("typhoon.json")
    }

    pub fn typhoon(&self) -> Typhoon {
        Typhoon::file(self.path(), Quadrants::NeSeSwNw)
    }
}

impl Drop for Sky {
    fn drop(&mut self) {
        // What stays behind of a temporary folder does no harm.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
