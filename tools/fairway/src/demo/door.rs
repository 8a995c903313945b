//! Who may act in the demo: whoever opens the wall display at the address that is printed is its operator.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// An operator's token, and the file in which the engine finds what it needs to know it.
pub struct Door {
    pub token: String,
    pub tokens: PathBuf,
}

impl Door {
    /// A new token, for as long as this demo runs.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        let token = hexadecimal(&secret);
        let tokens = folder.join("tokens");
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&tokens)?;
        writeln!(file, "{} supervisor demo", hexadecimal(&Sha256::digest(token.as_bytes())))?;
        Ok(Self { token, tokens })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
