//! Authentication codes. A code is made from the terminal's number and our key, so that none needs to be stored, and
//! whoever reads our memory or disk of terminals learns none.

use decoders::jt808::Phone;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::rc::Rc;

const KEY_BYTES: usize = 32;
/// 128 bits.
const CODE_BYTES: usize = 16;

/// Makes codes and knows them again.
#[derive(Clone)]
pub struct Keys(Rc<Hmac<Sha256>>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    /// With the key in a file, which is made, for its owner alone, where it is not there; without one, with a key that
    /// lasts as long as we do.
    pub fn open(path: Option<&Path>) -> io::Result<Self> {
        let key = match path.map(fs::read) {
            Some(Ok(key)) if key.len() == KEY_BYTES => key,
            Some(Ok(_)) => {
                return Err(io::Error::other(format!("the key file does not hold {KEY_BYTES} bytes")));
            }
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            absent => {
                let mut key = vec![0; KEY_BYTES];
                getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
                if let (Some(_), Some(path)) = (absent, path) {
                    let mut file =
                        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
                    file.write_all(&key)?;
                    file.sync_all()?;
                }
                key
            }
        };
        let mac = Hmac::new_from_slice(&key).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self(Rc::new(mac)))
    }

    /// The code of a terminal: 32 hexadecimal digits.
    pub fn code(&self, phone: &Phone) -> String {
        let digest = self.mac(phone).finalize().into_bytes();
        let digit = |n: u8| char::from_digit(n.into(), 16).unwrap_or_default();
        digest.iter().take(CODE_BYTES).flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }

    /// Whether that is its code; how long it takes to say no tells nothing.
    pub fn knows(&self, phone: &Phone, code: &[u8]) -> bool {
        let digit = |b: u8| char::from(b).to_digit(16);
        let bytes: Option<Vec<u8>> = code
            .chunks(2)
            .map(|pair| match pair {
                [high, low] => Some((digit(*high)? << 4 | digit(*low)?) as u8),
                _ => None,
            })
            .collect();
        bytes.is_some_and(|bytes| {
            bytes.len() == CODE_BYTES && self.mac(phone).verify_truncated_left(&bytes).is_ok()
        })
    }

    fn mac(&self, phone: &Phone) -> Hmac<Sha256> {
        let mut mac = Hmac::clone(&self.0);
        mac.update(&phone.key());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_fits_its_terminal_and_outlives_a_restart() {
        let folder = std::env::temp_dir().join(format!("fairway-keys-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("key");
        let phone = |digits| Phone::from_digits(digits, false).unwrap();
        let code = Keys::open(Some(&path)).unwrap().code(&phone("139"));
        let again = Keys::open(Some(&path)).unwrap();
        assert_eq!(code.len(), 32);
        assert!(again.knows(&phone("139"), code.as_bytes()));
        assert!(!again.knows(&phone("138"), code.as_bytes()));
        for wrong in ["", "00", &code[..30], &format!("{code}00"), &code.replace(char::is_alphabetic, "x")] {
            assert!(!again.knows(&phone("139"), wrong.as_bytes()) || wrong == code, "{wrong}");
        }
        assert!(!Keys::open(None).unwrap().knows(&phone("139"), code.as_bytes()));
        fs::write(&path, b"short").unwrap();
        assert!(Keys::open(Some(&path)).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
