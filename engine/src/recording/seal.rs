//! Seals: what was written is chained by SHA-256 and signed (Ed25519), so that whoever changes, removes or moves a
//! byte of it afterwards is found out.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The opcode of a seal among the records of a segment: MCAP leaves those from 0x80 to us.
pub const OPCODE: u8 = 0x80;

/// 32 bytes as text.
pub type Hex = String;

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> Hex {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        // A string takes everything.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The bytes of hexadecimal digits.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    // One way to write it, and no other.
    let is_plain = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if digits.len() != 2 * N || !is_plain {
        return None;
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(out)
}

/// The SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> Hex {
    hex(&Sha256::digest(bytes))
}

/// Each link holds on to the one before it.
pub fn link(previous: &str, sha256: &str) -> Hex {
    let mut hash = Sha256::new();
    hash.update(previous.as_bytes());
    hash.update(sha256.as_bytes());
    hex(&hash.finalize())
}

/// Of the first link: there is none before it.
pub const NONE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What a seal says; it is signed as the JSON text that stands in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// Of which recording.
    pub recording: String,
    /// Of which segment.
    pub segment: u64,
    /// Which of it, from 0.
    pub seal: u64,
    /// The bytes of the file that it is about: from here ...
    pub from: u64,
    /// ... up to here, where it stands itself.
    pub to: u64,
    /// Of these bytes.
    pub sha256: Hex,
    /// The chain before it.
    pub previous: Hex,
    /// The chain with it: SHA-256 of `previous` and `sha256`, as text.
    pub chain: Hex,
    /// When, UTC.
    pub time_us: i64,
    /// Written by a later run, over what an earlier one had left unsealed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub afterwards: bool,
}

/// What the chain of segments says of one, in `chain.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Link {
    /// A segment that is complete.
    Segment {
        /// Of which recording.
        recording: String,
        /// Which.
        segment: u64,
        /// Its file.
        file: String,
        /// How long that is.
        length: u64,
        /// Of all of it.
        sha256: Hex,
        /// Its last seal's.
        chain: Hex,
        /// SHA-256 of the line before this one.
        previous: Hex,
        /// When, UTC.
        time_us: i64,
    },
    /// The key changes: signed by the old one; what follows is signed by the new. The first of all lines names the first.
    Key {
        /// Of which recording.
        recording: String,
        /// The new public key.
        key: Hex,
        /// The new key's signature of `previous`: it vouches for all that was before it.
        proof: Hex,
        /// SHA-256 of the line before this one.
        previous: Hex,
        /// When, UTC.
        time_us: i64,
    },
    /// Old segments were let go, as the policy says.
    Released {
        /// Of which recording.
        recording: String,
        /// The first that is gone ...
        from: u64,
        /// ... and the last.
        through: u64,
        /// Why.
        reason: String,
        /// SHA-256 of the line before this one.
        previous: Hex,
        /// When, UTC.
        time_us: i64,
    },
    /// The recorder was told to stop, and did.
    Stopped {
        /// Of which recording.
        recording: String,
        /// SHA-256 of the line before this one.
        previous: Hex,
        /// When, UTC.
        time_us: i64,
    },
}

impl Link {
    /// SHA-256 of the line before it.
    pub fn previous(&self) -> &str {
        match self {
            Self::Segment { previous, .. }
            | Self::Key { previous, .. }
            | Self::Released { previous, .. }
            | Self::Stopped { previous, .. } => previous,
        }
    }
}

/// What signs.
#[derive(Debug)]
pub struct Key(SigningKey);

impl Key {
    /// Reads the file, or makes it: 32 random bytes that nobody else may read.
    ///
    /// # Errors
    /// Where it cannot be read or made, or is no key.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut secret = [0; 32];
        match std::fs::File::open(path) {
            Ok(file) => {
                let mut bytes = Vec::new();
                file.take(33).read_to_end(&mut bytes)?;
                let wrong = || io::Error::new(ErrorKind::InvalidData, "a key has 32 bytes");
                secret = bytes.try_into().map_err(|_| wrong())?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                getrandom::fill(&mut secret).map_err(io::Error::other)?;
                let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
                file.write_all(&secret)?;
                file.sync_all()?;
            }
            Err(error) => return Err(error),
        }
        Ok(Self(SigningKey::from_bytes(&secret)))
    }

    /// What others check it with.
    pub fn public(&self) -> Hex {
        hex(self.0.verifying_key().as_bytes())
    }

    /// Its signature of a text, as hexadecimal digits.
    pub fn prove(&self, text: &str) -> Hex {
        hex(&self.0.sign(text.as_bytes()).to_bytes())
    }

    /// What it says, as text, and its signature: `{...} <hex>`.
    pub fn sign(&self, what: &impl Serialize) -> String {
        let text = serde_json::to_string(what).unwrap_or_default();
        let signature = self.prove(&text);
        format!("{text} {signature}")
    }
}

/// Why what is signed is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It cannot be read at all.
    Unreadable,
    /// Somebody else signed it, or it was changed.
    Signature,
}

/// Reads what was signed with the key of that public half.
///
/// # Errors
/// Why it is not believed.
pub fn read<T: DeserializeOwned>(line: &[u8], public: &VerifyingKey) -> Result<T, Doubt> {
    let space = memchr::memrchr(b' ', line).ok_or(Doubt::Unreadable)?;
    let (text, signature) = line.split_at(space);
    let signature = signature.get(1..).and_then(|hex| std::str::from_utf8(hex).ok());
    let signature = signature.and_then(unhex::<64>).ok_or(Doubt::Unreadable)?;
    // Strict: no second signature of the same text is accepted.
    public.verify_strict(text, &Signature::from_bytes(&signature)).map_err(|_| Doubt::Signature)?;
    serde_json::from_slice(text).map_err(|_| Doubt::Unreadable)
}

/// Whether the key of that public half has signed a text.
pub fn has_signed(text: &str, proof: &str, public: &VerifyingKey) -> bool {
    unhex::<64>(proof)
        .is_some_and(|proof| public.verify_strict(text.as_bytes(), &Signature::from_bytes(&proof)).is_ok())
}

/// A public key as text.
pub fn public(hex: &str) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(&unhex(hex)?).ok()
}
