//! Whether a recording is what was written: the chain of segments, the seals in each, the bytes under each seal.
//! Needs nothing but the folder and the public key. `tools/verify/verify.py` does the same.

use super::chain;
use super::read::FileFault;
use super::scan::{Chunk, Fault, Kind, Scan};
use super::seal::{self, Doubt, Link, NONE, Seal, sha256};
use super::segment::{ABOUT, About, file_name};
use ed25519_dalek::VerifyingKey;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// What is wrong, in order; the first is the first.
    pub faults: Vec<FileFault>,
    /// Segments that were looked at.
    pub segments: u64,
    /// Seals that hold.
    pub seals: u64,
    /// Bytes under them.
    pub bytes: u64,
    /// At the end of what is still being written, or was never ended: its file, and the bytes that no seal covers.
    pub unsealed: Option<(String, u64, u64)>,
    /// Whether the recorder was told to stop, and did.
    pub is_ended: bool,
    /// The keys that it was sealed with, in order.
    pub keys: Vec<String>,
}

/// What the chain says of one segment.
#[derive(Clone, Debug)]
struct Expected {
    length: u64,
    sha256: String,
    chain: String,
    /// The key in force before the line.
    key: Option<VerifyingKey>,
}

/// Checks all of a folder. Without a public key, the one is believed that the recording says itself: who compares it with
/// what the operator gave knows as much.
///
/// # Errors
/// Where it cannot be read at all.
pub fn verify(folder: &Path, trusted: Option<&str>) -> io::Result<Verified> {
    let mut names: BTreeMap<u64, String> = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let number = name.strip_suffix(".mcap").and_then(|number| number.parse().ok());
        if let Some(number) = number.filter(|number| file_name(*number) == name) {
            names.insert(number, name);
        }
    }
    let text = match std::fs::read(folder.join(chain::FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read?,
    };
    let mut check = Check { found: Verified::default(), expected: BTreeMap::new(), released: 0 };
    let first = names.values().next().and_then(|name| std::fs::read(folder.join(name)).ok());
    let said = first.as_deref().and_then(about).and_then(|about| about.key);
    let key = trusted.map(str::to_owned).or(said);
    check.chain(&text, key.as_deref());
    let mut previous: Option<(u64, String)> = None;
    for number in
        names.keys().copied().chain(check.expected.keys().copied()).collect::<std::collections::BTreeSet<_>>()
    {
        let file = file_name(number);
        if !names.contains_key(&number) {
            check.wrong(&file, 0, 0, "is missing");
            continue;
        }
        let is_last = names.keys().next_back() == Some(&number);
        let bytes = std::fs::read(folder.join(&file))?;
        let gap = previous.as_ref().map_or(check.released, |(before, _)| *before) + 1;
        for missing in gap..number.min(gap + 1000) {
            if !check.expected.contains_key(&missing) {
                check.wrong(&file_name(missing), 0, 0, "is missing");
            }
        }
        let key = key.as_deref().and_then(seal::public);
        let last = check.segment(number, &file, &bytes, previous.as_ref(), is_last, key);
        previous = Some((number, last));
    }
    Ok(check.found)
}

/// What a segment says of itself.
fn about(bytes: &[u8]) -> Option<About> {
    let records = Scan::new(bytes).ok()?.map_while(Result::ok).take(2);
    let found = records.filter(|record| record.kind == Kind::Metadata).find_map(|record| record.metadata());
    found.filter(|(name, _)| name == ABOUT).and_then(|(_, about)| About::read(&about))
}

struct Check {
    found: Verified,
    expected: BTreeMap<u64, Expected>,
    /// Segments up to here were let go.
    released: u64,
}

impl Check {
    fn wrong(&mut self, file: &str, from: u64, to: u64, what: &str) {
        let fault = Fault { from, to, what: what.to_owned() };
        self.found.faults.push(FileFault { file: file.to_owned(), fault });
    }

    /// Goes through the chain of segments.
    fn chain(&mut self, text: &[u8], key: Option<&str>) {
        let mut key = key.map(str::to_owned);
        self.found.keys.extend(key.clone());
        let (mut at, mut previous) = (0_usize, NONE.to_owned());
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let (from, to) = (at as u64, (at + line.len()) as u64);
            at += line.len();
            let Some(line) = line.strip_suffix(b"\n") else {
                self.wrong(chain::FILE, from, to, "a line without its end");
                continue;
            };
            let public = key.as_deref().and_then(seal::public);
            let link = match &public {
                Some(public) => seal::read::<Link>(line, public),
                None => line.strip_suffix(b" -").map_or(Err(Doubt::Signature), |text| {
                    serde_json::from_slice(text).map_err(|_| Doubt::Unreadable)
                }),
            };
            let hash = sha256(line);
            match link {
                Err(Doubt::Unreadable) => self.wrong(chain::FILE, from, to, "a line that cannot be read"),
                Err(Doubt::Signature) => self.wrong(chain::FILE, from, to, "a line that was not signed so"),
                Ok(link) if link.previous() != previous => {
                    self.wrong(chain::FILE, from, to, "a line that does not follow on the one before");
                }
                Ok(link) => {
                    self.found.is_ended = matches!(link, Link::Stopped { .. });
                    match link {
                        Link::Segment { segment, length, sha256, chain, .. } => {
                            self.expected.insert(segment, Expected { length, sha256, chain, key: public });
                        }
                        Link::Key { key: new, .. } => {
                            self.found.keys.push(new.clone());
                            key = Some(new);
                        }
                        Link::Released { through, .. } => {
                            self.released = self.released.max(through);
                            self.expected.retain(|number, _| *number > through);
                        }
                        Link::Stopped { .. } => {}
                    }
                }
            }
            previous = hash;
        }
    }

    /// Checks one file; the chain behind it.
    fn segment(
        &mut self,
        number: u64,
        file: &str,
        bytes: &[u8],
        previous: Option<&(u64, String)>,
        is_last: bool,
        key: Option<VerifyingKey>,
    ) -> String {
        self.found.segments += 1;
        let before = self.found.faults.len();
        let expected = self.expected.get(&number).cloned();
        let length = bytes.len() as u64;
        let about = about(bytes);
        match &about {
            None => self.wrong(file, 0, length, "no segment of ours"),
            Some(about) if about.number != number => {
                self.wrong(file, 0, length, &format!("is segment {} under another name", about.number));
            }
            Some(_) => {}
        }
        let key = expected.as_ref().map_or(key, |expected| expected.key);
        let start = about.as_ref().and_then(|about| about.previous.as_ref());
        let start = start.map_or_else(|| NONE.to_owned(), |previous| previous.chain.clone());
        if let Some((_, chain)) = previous
            && *chain != start
        {
            self.wrong(file, 0, length, "does not follow on the segment before");
        }
        let (chain, sealed) = self.seals(number, file, bytes, &start, key);
        match expected {
            Some(expected) => {
                let whole = usize::try_from(expected.length).ok().and_then(|length| bytes.get(..length));
                if length > expected.length {
                    self.wrong(file, expected.length, length, "bytes that were not recorded");
                }
                match whole {
                    None => self.wrong(file, length, expected.length, "is cut off"),
                    Some(whole) if sha256(whole) != expected.sha256 => {
                        // Where a seal, or the lack of one, has said so already, it has said where.
                        if self.found.faults.len() == before {
                            self.wrong(file, sealed, length, "was changed behind its last seal");
                        }
                    }
                    Some(_) if chain != expected.chain && self.found.faults.len() == before => {
                        self.wrong(file, 0, length, "has other seals than the chain says");
                    }
                    Some(_) => {}
                }
                // What is wrong here is said; the next stands on what it should have been.
                return expected.chain;
            }
            None if is_last => {
                if sealed < length {
                    self.found.unsealed = Some((file.to_owned(), sealed, length));
                }
                self.found.is_ended = false;
            }
            None => self.wrong(file, 0, length, "is not in the chain of segments"),
        }
        chain
    }

    /// Goes through the seals of a file: the chain behind the last, and up to which byte they hold.
    fn seals(
        &mut self,
        number: u64,
        file: &str,
        bytes: &[u8],
        start: &str,
        key: Option<VerifyingKey>,
    ) -> (String, u64) {
        let (mut chain, mut sealed, mut count) = (start.to_owned(), 0, 0);
        let Ok(mut scan) = Scan::new(bytes) else { return (chain, sealed) };
        let mut torn: Option<Fault> = None;
        for record in scan.by_ref() {
            let record = match record {
                Ok(record) if record.kind == Kind::Seal => record,
                Ok(_) => continue,
                Err(fault) => {
                    torn.get_or_insert(fault);
                    continue;
                }
            };
            let (from, to) = (record.from as u64, record.to as u64);
            let Some(key) = &key else {
                self.wrong(file, from, to, "a seal, and no key to check it with");
                continue;
            };
            let seal: Seal = match seal::read(record.seal(), key) {
                Ok(seal) => seal,
                Err(Doubt::Unreadable) => {
                    self.wrong(file, from, to, "a seal that cannot be read");
                    continue;
                }
                Err(Doubt::Signature) => {
                    self.wrong(file, from, to, "a seal that was not signed so");
                    continue;
                }
            };
            let is_next = (seal.segment, seal.seal, seal.from, seal.to) == (number, count, sealed, from)
                && seal.previous == chain;
            if !is_next {
                self.wrong(file, sealed, from, "bytes under a seal that was made for others");
            }
            let range = usize::try_from(seal.from).ok().zip(usize::try_from(seal.to).ok());
            let under = range.and_then(|(from, to)| bytes.get(from..to)).unwrap_or_default();
            if sha256(under) == seal.sha256 && seal::link(&seal.previous, &seal.sha256) == seal.chain {
                self.found.seals += 1;
                self.found.bytes += under.len() as u64;
            } else {
                let Fault { from, to, what } = narrow(bytes, seal.from, seal.to);
                self.wrong(file, from, to, &what);
            }
            (chain, sealed, count) = (seal.chain, from, seal.seal + 1);
            torn = None;
        }
        if torn.is_some() && self.expected.contains_key(&number) {
            let Fault { from, to, what } = narrow(bytes, sealed, bytes.len() as u64);
            self.wrong(file, from, to, &what);
        }
        (chain, sealed)
    }
}

/// Where between two places the damage is, should a checksum tell: behind the last chunk that is as it was.
fn narrow(bytes: &[u8], from: u64, to: u64) -> Fault {
    let mut good = from;
    let start = usize::try_from(from).unwrap_or(usize::MAX).max(8);
    let mut chunk = Chunk::default();
    for record in Scan::from(bytes, start) {
        let wrong = match record {
            Ok(record) if record.from as u64 >= to => break,
            Ok(record) if record.kind == Kind::Chunk => match record.unpack(&mut chunk) {
                Ok(()) => {
                    good = record.to as u64;
                    continue;
                }
                Err(fault) => fault,
            },
            Ok(_) => continue,
            Err(fault) => fault,
        };
        let what = format!("was changed since it was sealed: {}", wrong.what);
        return Fault { from: good, to: wrong.to, what };
    }
    Fault { from, to, what: "was changed since it was sealed".to_owned() }
}
