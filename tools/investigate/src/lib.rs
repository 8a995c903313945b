//! What a recording says of one case: tracks to hand over, figures, encounters, evidence.
//!
//! **Invariant**: it reads recordings and writes files of its own; where the recording has gaps, so has what is made of it.

pub mod case;
pub mod chart;
pub mod encounter;
pub mod evidence;
pub mod export;
pub mod files;
pub mod paper;
pub mod points;
pub mod stats;
pub mod waters;

/// Why something could not be made: in words that name what.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// A file.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// There is nothing to read.
    #[error(transparent)]
    Recording(#[from] engine::recording::read::OpenError),
    /// What was asked for cannot be.
    #[error("{0}")]
    Asked(String),
}

impl Trouble {
    /// Of a file.
    pub fn of(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |error| Self::File { path, error }
    }
}
