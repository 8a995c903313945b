//! After a crash: the torn end is cut off and sealed, and the picture is made again from the newest keyframe and what
//! came after it.

use super::chain::Chain;
use super::form::{CHANGES, CORE, Changes, Entries, KEYFRAME, Keyframe};
use super::read::{self, OpenError, Recording, Segment};
use super::rerun::Rerun;
use super::scan::{Chunk, Fault, Kind, Scan};
use super::seal::{self, Key, Link, Seal, hex, link};
use super::segment::{About, Previous, file_name};
use super::tap::Numbers;
use crate::core::Core;
use crate::feed::Names;
use prost::Message;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use units::UtcTime;

/// What a folder holds for the next run.
#[derive(Debug, Default)]
pub struct Recovered {
    /// The picture as it was; `None` where there is none, or it was made by another configuration.
    pub core: Option<Core>,
    /// Entries and changes so far.
    pub numbers: Numbers,
    /// Changes that were made again and are in no file: the number before the first, how many, and all of them as
    /// `Changes` has them.
    pub unrecorded: (u64, u32, Vec<u8>),
    /// What the next segment says of itself.
    pub about: About,
    /// Event time of the picture.
    pub at: Option<UtcTime>,
    /// What had to be cut off, and why.
    pub cut: Vec<(String, Fault)>,
}

/// Looks into a folder, mends what a crash has left, and makes the picture again.
///
/// # Errors
/// What the disk says.
pub fn recover(
    folder: &Path,
    about: About,
    names: &Arc<Names>,
    key: Option<&Key>,
    now: UtcTime,
) -> io::Result<Recovered> {
    std::fs::create_dir_all(folder)?;
    let mut recovered = Recovered { about, ..Recovered::default() };
    sweep(folder)?;
    let recording = match Recording::open_end(folder) {
        Ok(recording) => recording,
        Err(OpenError::Empty(_)) => {
            let mut id = [0; 16];
            getrandom::fill(&mut id).map_err(io::Error::other)?;
            recovered.about.recording = hex(&id);
            recovered.about.number = 1;
            return Ok(recovered);
        }
        Err(OpenError::Folder { error, .. }) => return Err(error),
    };
    let Some(last) = recording.segments.last() else {
        let faults: Vec<String> = recording.faults.iter().map(ToString::to_string).collect();
        return Err(io::Error::other(format!("no segment can be read: {}", faults.join("; "))));
    };
    let mut previous = None;
    if last.is_closed {
        let bytes = std::fs::read(folder.join(&last.file))?;
        let closed = Previous {
            number: last.about.number,
            length: bytes.len() as u64,
            sha256: seal::sha256(&bytes),
            chain: last_chain(&bytes).unwrap_or_else(|| start_of_chain(last)),
        };
        add_to_chain(folder, last, &closed, key, now)?;
        previous = Some(closed);
    } else {
        let (mended, cut) = mend(folder, last, key, now)?;
        recovered.cut.extend(cut.map(|cut| (last.file.clone(), cut)));
        previous = previous.or(mended);
    }
    recovered.about.recording.clone_from(&last.about.recording);
    // One may be there that cannot be read at all.
    let mut number = last.about.number + 1;
    while folder.join(file_name(number)).exists() {
        number += 1;
    }
    recovered.about.number = number;
    recovered.about.previous = previous;
    let same_config =
        last.about.config == recovered.about.config && last.about.version == recovered.about.version;
    // What made a core panic would make it panic again, and there would never be a picture.
    let made = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let mut recovered = Recovered::default();
        picture(&recording, names, same_config, &mut recovered);
        recovered
    }));
    let made = made.unwrap_or_else(|_| {
        tracing::error!("the picture cannot be made again: it begins anew");
        let mut recovered = Recovered::default();
        picture(&recording, names, false, &mut recovered);
        recovered
    });
    let Recovered { about, cut, .. } = recovered;
    Ok(Recovered { about, cut, ..made })
}

/// Removes what was begun last and of which nothing has lasted.
fn sweep(folder: &Path) -> io::Result<()> {
    let linked = Chain::open(folder)?.last;
    let numbers = read::numbers(folder)?;
    for number in numbers.into_iter().rev().take_while(|number| Some(*number) > linked) {
        let path = folder.join(file_name(number));
        if !is_hollow(&std::fs::read(&path)?) {
            break;
        }
        std::fs::remove_file(&path)?;
    }
    Ok(())
}

/// Whether there is nothing in a file that anybody could read.
fn is_hollow(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
        || Scan::new(bytes).is_ok_and(|scan| !scan.flatten().any(|record| record.kind == Kind::Chunk))
}

/// The chain of the last seal in a file.
fn last_chain(bytes: &[u8]) -> Option<String> {
    let seals = Scan::new(bytes).ok()?.flatten().filter(|record| record.kind == Kind::Seal);
    let last = seals.filter_map(|record| unsigned(record.seal())).last()?;
    Some(last.chain)
}

fn start_of_chain(segment: &Segment) -> String {
    segment.about.previous.as_ref().map_or(seal::NONE, |previous| &previous.chain).to_owned()
}

/// What a seal says, whoever signed it.
fn unsigned(line: &[u8]) -> Option<Seal> {
    let space = memchr::memrchr(b' ', line)?;
    serde_json::from_slice(line.get(..space)?).ok()
}

/// Cuts a file off behind its last whole record, seals what is there, and ends it as MCAP files end.
fn mend(
    folder: &Path,
    segment: &Segment,
    key: Option<&Key>,
    now: UtcTime,
) -> io::Result<(Option<Previous>, Option<Fault>)> {
    let path = folder.join(&segment.file);
    let bytes = std::fs::read(&path)?;
    let Ok(mut scan) = Scan::new(&bytes) else { return Ok((None, None)) };
    let (mut chunk, mut good, mut cut) = (Chunk::default(), scan.at(), None);
    let (mut chain, mut sealed, mut seals) = (start_of_chain(segment), 0, 0);
    for record in scan.by_ref() {
        match record {
            Ok(record) if matches!(record.kind, Kind::DataEnd | Kind::Footer) => break,
            Ok(record) => {
                if record.kind == Kind::Chunk
                    && let Err(fault) = record.unpack(&mut chunk)
                {
                    cut.get_or_insert(fault);
                    continue;
                }
                if let Some(seal) = (record.kind == Kind::Seal).then(|| unsigned(record.seal())).flatten() {
                    (chain, sealed, seals) = (seal.chain, seal.to, seal.seal + 1);
                }
                good = record.to;
                cut = None;
            }
            Err(fault) => {
                cut.get_or_insert(fault);
            }
        }
    }
    let mut whole: Vec<u8> = bytes.get(..good).unwrap_or_default().to_vec();
    if let Some(key) = key {
        let from = usize::try_from(sealed).unwrap_or(usize::MAX);
        let sha256 = seal::sha256(whole.get(from..).unwrap_or_default());
        let next = link(&chain, &sha256);
        let seal = Seal {
            recording: segment.about.recording.clone(),
            segment: segment.about.number,
            seal: seals,
            from: sealed,
            to: good as u64,
            sha256,
            previous: std::mem::replace(&mut chain, next.clone()),
            chain: next,
            time_us: now.unix_us(),
            afterwards: true,
        };
        let line = key.sign(&seal);
        record(seal::OPCODE, line.as_bytes(), &mut whole);
    }
    // The end of the data, without a checksum, and a footer without a summary.
    record(0x0f, &[0; 4], &mut whole);
    record(0x02, &[0; 20], &mut whole);
    whole.extend_from_slice(b"\x89MCAP0\r\n");
    let file = OpenOptions::new().write(true).open(&path)?;
    file.set_len(good as u64)?;
    let mut end = OpenOptions::new().append(true).open(&path)?;
    end.write_all(whole.get(good..).unwrap_or_default())?;
    end.sync_all()?;
    let previous = Previous {
        number: segment.about.number,
        length: whole.len() as u64,
        sha256: hex(&Sha256::digest(&whole)),
        chain,
    };
    add_to_chain(folder, segment, &previous, key, now)?;
    let torn =
        Fault { from: good as u64, to: bytes.len() as u64, what: "never finished: cut off".to_owned() };
    Ok((Some(previous), (good < bytes.len()).then_some(torn)))
}

/// Has the chain know of a segment, where it does not.
fn add_to_chain(
    folder: &Path,
    segment: &Segment,
    closed: &Previous,
    key: Option<&Key>,
    now: UtcTime,
) -> io::Result<()> {
    let (recording, time_us) = (segment.about.recording.clone(), now.unix_us());
    let mut chain = Chain::open(folder)?;
    if chain.last >= Some(closed.number) {
        return Ok(());
    }
    let closed = closed.clone();
    chain.append(key, |previous| Link::Segment {
        recording,
        segment: closed.number,
        file: segment.file.clone(),
        length: closed.length,
        sha256: closed.sha256,
        chain: closed.chain,
        previous,
        time_us,
    })
}

fn record(opcode: u8, body: &[u8], out: &mut Vec<u8>) {
    out.push(opcode);
    out.extend_from_slice(&(body.len() as u64).to_le_bytes());
    out.extend_from_slice(body);
}

/// Makes the picture again, and counts what there was.
fn picture(recording: &Recording, names: &Arc<Names>, same_config: bool, recovered: &mut Recovered) {
    let newest = recording.keyframe(UtcTime::from_unix_ns(i64::MAX));
    let (segment, offset) = newest.map_or((recording.segments.len() - 1, 0), |(at, it)| (at, it.offset));
    let mut rerun: Option<Rerun> = None;
    // Made again, and not yet met in the recording.
    let mut ahead: VecDeque<(u64, Vec<u8>)> = VecDeque::new();
    let mut messages = recording.messages(segment, offset);
    while let Some(found) = messages.message() {
        match found.topic {
            KEYFRAME => {
                let Ok(keyframe) = Keyframe::decode(found.data) else { continue };
                recovered.numbers.entries = recovered.numbers.entries.max(keyframe.entries);
                recovered.numbers.changes = recovered.numbers.changes.max(keyframe.changes);
                let is_newer = rerun.as_ref().is_none_or(|rerun| rerun.numbers.entries < keyframe.entries);
                if same_config && is_newer {
                    ahead.clear();
                    rerun = Rerun::from(&keyframe, Arc::clone(names)).or(rerun);
                }
            }
            CORE => {
                let Ok(entries) = Entries::decode(found.data) else { continue };
                let end = entries.first + u64::from(entries.count);
                recovered.numbers.entries = recovered.numbers.entries.max(end);
                if let Some(rerun) = &mut rerun {
                    // Over what is missing there is nothing to stand on but the next keyframe.
                    let told = rerun.apply(&entries, |rerun| {
                        rerun.made(|number, made| ahead.push_back((number, made)));
                    });
                    if told.is_err() {
                        ahead.clear();
                    }
                }
            }
            CHANGES => {
                let Ok(changes) = Changes::decode(found.data) else { continue };
                let last = changes.first + u64::from(changes.count);
                recovered.numbers.changes = recovered.numbers.changes.max(last);
                while ahead.front().is_some_and(|(number, _)| *number <= last) {
                    ahead.pop_front();
                }
            }
            _ => {}
        }
    }
    let Some(rerun) = rerun else { return };
    // Past what is missing the picture cannot be trusted to be what it was.
    let is_whole = rerun.numbers.entries == recovered.numbers.entries;
    if !is_whole {
        tracing::warn!("something is missing at the end of the recording: the picture goes on without it");
    }
    if let (true, Some((first, _))) = (is_whole, ahead.front()) {
        let count = u32::try_from(ahead.len()).unwrap_or(u32::MAX);
        recovered.unrecorded = (first - 1, count, ahead.iter().flat_map(|(_, made)| made).copied().collect());
    }
    recovered.numbers.changes = recovered.numbers.changes.max(rerun.numbers.changes);
    recovered.at = Some(rerun.core.picture.now());
    recovered.core = Some(rerun.core);
}
