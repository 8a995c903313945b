//! Whether a recording is what was written: the chain of segments, the seals in each, the bytes under each seal.
//! Needs nothing but the folder and the public key. `tools/verify/verify.py` does the same.

use super::chain::{self, Released};
use super::cut::{self, Cut};
use super::read::{self, FileFault};
use super::scan::{Chunk, Fault, Kind, Scan};
use super::seal::{self, Doubt, Link, NONE, Seal, sha256};
use super::segment::{ABOUT, About, file_name};
use ed25519_dalek::VerifyingKey;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

/// So many missing segments in a row are named.
const MAX_NAMED: u32 = 1000;

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
    /// A cut: the segments from the first to the last of each run are in the chain, and were left out by intention.
    pub left_out: Vec<(u64, u64)>,
    /// Whether it is one.
    pub is_cut: bool,
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

/// Whether the chain of a recording that is being written holds, and all the files are there that it names, without
/// looking into them: the first thing that is wrong.
///
/// # Errors
/// Where it cannot be read at all.
pub fn glance(folder: &Path) -> io::Result<Option<FileFault>> {
    let mut text = std::fs::read(folder.join(chain::FILE))?;
    // The last line may be on its way.
    text.truncate(memchr::memrchr(b'\n', &text).map_or(0, |end| end + 1));
    let mut check = Check::default();
    check.chain(&text, first_key(folder, &text).as_deref());
    if let Some(first) = check.found.faults.into_iter().next() {
        return Ok(Some(first));
    }
    for (number, expected) in check.expected {
        let file = file_name(number);
        let what = match std::fs::metadata(folder.join(&file)) {
            Ok(there) if there.len() == expected.length => continue,
            Ok(_) => "is of another length than it was sealed with",
            Err(_) => "is missing",
        };
        // It may have been let go since.
        let text = std::fs::read(folder.join(chain::FILE))?;
        let links = text.split(|byte| *byte == b'\n').filter_map(chain::said);
        let is_gone = |link: Link| matches!(link, Link::Released { from, through, .. } if (from..=through).contains(&number));
        if links.into_iter().any(is_gone) {
            continue;
        }
        let fault = Fault { from: 0, to: expected.length, what: what.to_owned() };
        return Ok(Some(FileFault { file, fault }));
    }
    Ok(None)
}

/// The key that the first line of a chain must be signed with, should anybody say: it introduces itself, or the first
/// segment names it.
fn first_key(folder: &Path, text: &[u8]) -> Option<String> {
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if let Some(Link::Key { key, previous, .. }) = chain::said(first)
        && previous == NONE
        && !first.ends_with(b" -")
    {
        return Some(key);
    }
    let number = *read::numbers(folder).ok()?.first()?;
    let bytes = std::fs::read(folder.join(file_name(number))).ok()?;
    about(&bytes)?.key
}

/// Checks all of a folder. Without a public key, the one is believed that the recording says itself: who compares it with
/// what the operator gave knows as much. Any of the keys that it was sealed with will do: a later one vouches for what
/// was before it, and was signed by the one before.
///
/// # Errors
/// Where it cannot be read at all.
pub fn verify(folder: &Path, trusted: Option<&str>) -> io::Result<Verified> {
    let names: BTreeMap<u64, String> =
        read::numbers(folder)?.into_iter().map(|number| (number, file_name(number))).collect();
    let text = match std::fs::read(folder.join(chain::FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read?,
    };
    let mut check = Check::default();
    match Cut::of(folder) {
        Ok(cut) => check.cut = cut,
        Err(_) => check.wrong(cut::FILE, 0, 0, "cannot be read"),
    }
    check.found.is_cut = check.cut.is_some();
    check.chain(&text, first_key(folder, &text).as_deref());
    if let Some(trusted) = trusted
        && !check.found.keys.iter().any(|key| key == trusted)
    {
        check.wrong(chain::FILE, 0, text.len() as u64, "was sealed with another key");
    }
    let key = check.key.as_deref().and_then(seal::public);
    let mut previous: Option<String> = None;
    let mut next = 1;
    let numbers: BTreeSet<u64> = names.keys().chain(check.expected.keys()).copied().collect();
    for number in numbers {
        let file = file_name(number);
        if check.released.through(number).is_some() {
            // Said to be gone, and not yet.
            continue;
        }
        let mut named = 0;
        while next < number && named < MAX_NAMED {
            if let Some(through) = check.released.through(next) {
                (next, previous) = (through + 1, None);
            } else if check.leaves_out(next) {
                (next, previous) = (next + 1, None);
            } else {
                check.wrong(&file_name(next), 0, 0, "is missing");
                (next, named) = (next + 1, named + 1);
            }
        }
        next = number + 1;
        if !names.contains_key(&number) && check.leaves_out(number) {
            // What is there stands on it all the same.
            previous = check.expected.get(&number).map(|expected| expected.chain.clone());
            continue;
        }
        if !names.contains_key(&number) {
            check.wrong(&file, 0, 0, "is missing");
            continue;
        }
        let is_last = names.keys().next_back() == Some(&number);
        let bytes = std::fs::read(folder.join(&file))?;
        previous = Some(check.segment(number, &file, &bytes, previous.as_deref(), is_last, key));
    }
    Ok(check.found)
}

/// What a segment says of itself.
fn about(bytes: &[u8]) -> Option<About> {
    let records = Scan::new(bytes).ok()?.map_while(Result::ok).take(2);
    let found = records.filter(|record| record.kind == Kind::Metadata).find_map(|record| record.metadata());
    found.filter(|(name, _)| name == ABOUT).and_then(|(_, about)| About::read(&about))
}

#[derive(Default)]
struct Check {
    found: Verified,
    expected: BTreeMap<u64, Expected>,
    /// Segments that were let go.
    released: Released,
    /// What was taken, where it is a part of a recording.
    cut: Option<Cut>,
    /// The key in force at the end of the chain.
    key: Option<String>,
}

impl Check {
    /// Whether a segment that is not there need not be, and notes that.
    fn leaves_out(&mut self, number: u64) -> bool {
        let is_left_out = self.cut.as_ref().is_some_and(|cut| cut.leaves_out(number));
        if is_left_out {
            match self.found.left_out.last_mut() {
                Some((_, last)) if *last + 1 == number => *last = number,
                _ => self.found.left_out.push((number, number)),
            }
        }
        is_left_out
    }

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
                        Link::Key { key: new, proof, previous, .. } => {
                            if !seal::public(&new)
                                .is_some_and(|new| seal::has_signed(&previous, &proof, &new))
                            {
                                self.wrong(chain::FILE, from, to, "a key that has not signed for itself");
                            }
                            if self.found.keys.last() != Some(&new) {
                                self.found.keys.push(new.clone());
                            }
                            key = Some(new);
                        }
                        Link::Released { from, through, .. } => {
                            self.released.add(from, through);
                            self.expected.retain(|number, _| !(from..=through).contains(number));
                        }
                        Link::Stopped { .. } => {}
                    }
                }
            }
            previous = hash;
        }
        self.key = key;
    }

    /// Checks one file; the chain behind it.
    fn segment(
        &mut self,
        number: u64,
        file: &str,
        bytes: &[u8],
        previous: Option<&str>,
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
        if previous.is_some_and(|chain| chain != start) {
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
