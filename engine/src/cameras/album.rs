//! The last pictures, for whoever knows their SHA-256: the feed tells it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use watch::cue::{Change, Picture};

/// Pictures that are kept here; a recording keeps all.
const MAX_PICTURES: usize = 256;
/// And no more than this together, bytes.
const MAX_BYTES: usize = 64 << 20;

/// The last pictures. The core puts them in, the page's server takes them out; nobody waits for long.
#[derive(Clone, Debug, Default)]
pub struct Album(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    pictures: VecDeque<Arc<Picture>>,
    bytes: usize,
}

impl Album {
    /// Keeps what was taken.
    pub fn keep(&self, changes: &[Change]) {
        for change in changes {
            let Change::Picture(_, _, picture) = change else { continue };
            let Ok(mut kept) = self.0.lock() else { return };
            kept.bytes += picture.bytes.len();
            kept.pictures.push_back(Arc::new(picture.clone()));
            while kept.pictures.len() > MAX_PICTURES || kept.bytes > MAX_BYTES {
                let Some(oldest) = kept.pictures.pop_front() else { break };
                kept.bytes -= oldest.bytes.len();
            }
        }
    }

    /// The picture with these hexadecimal digits.
    #[must_use]
    pub fn find(&self, sha256: &str) -> Option<Arc<Picture>> {
        let kept = self.0.lock().ok()?;
        kept.pictures.iter().find(|picture| crate::feed::hexadecimal(&picture.sha256) == sha256).cloned()
    }
}
