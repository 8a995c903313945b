//! How long a recording is kept: what is old, or more than there is room for, is let go; what somebody holds is not,
//! however old it is. `holds.jsonl` says who holds what, and why.

use super::chain::Chain;
use super::read::Segment;
use super::seal::{Key, Link};
use super::segment::file_name;
pub use super::terms::Keep;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, Write};
use std::path::Path;
use units::UtcTime;

/// Who holds what.
pub const FILE: &str = "holds.jsonl";
/// So many are let go at once: the recorder has other things to do.
const AT_ONCE: usize = 16;
/// The newest are kept whatever the policy: the picture is made again from them.
const NEWEST: usize = 2;

/// What must not be let go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// What it is called: the number of a case.
    pub name: String,
    /// From when ...
    pub from_us: i64,
    /// ... until when.
    pub to_us: i64,
    /// Why.
    pub why: String,
    /// Who said so.
    pub user: String,
    /// When, UTC.
    pub time_us: i64,
}

impl Hold {
    /// Whether something in a segment is held; where that does not say when it was, it is.
    #[must_use]
    pub fn overlaps(&self, segment: &Segment) -> bool {
        segment
            .first
            .zip(segment.last)
            .is_none_or(|(first, last)| self.from_us <= last.unix_us() && first.unix_us() <= self.to_us)
    }
}

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Hold(Hold),
    Release { name: String, why: String, user: String, time_us: i64 },
}

/// Whoever has it decides what is held: neither does a hold come too late, nor is a line cut in half.
fn lock(folder: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).read(true).append(true).open(folder.join(FILE))?;
    file.lock()?;
    Ok(file)
}

/// What is held, by the order in which it was.
///
/// # Errors
/// What the disk says; or that a line cannot be read: nothing may be let go then.
pub fn holds(folder: &Path) -> io::Result<Vec<Hold>> {
    match File::open(folder.join(FILE)) {
        Ok(file) => read(&file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn read(file: &File) -> io::Result<Vec<Hold>> {
    let mut holds: Vec<Hold> = Vec::new();
    for line in BufReader::new(file).lines() {
        let line = line?;
        // One that was cut short says that somebody wanted to hold something: it is for people to say what.
        match serde_json::from_str(&line)? {
            Line::Hold(hold) => {
                holds.retain(|known| known.name != hold.name);
                holds.push(hold);
            }
            Line::Release { name, .. } => holds.retain(|known| known.name != name),
        }
    }
    Ok(holds)
}

/// Holds something, until somebody says otherwise. The same name again replaces what it held.
///
/// # Errors
/// What the disk says.
pub fn hold(folder: &Path, hold: Hold) -> io::Result<()> {
    write(&mut lock(folder)?, &Line::Hold(hold))
}

/// Does not hold it any more: whether it was.
///
/// # Errors
/// What the disk says.
pub fn unhold(folder: &Path, name: &str, why: &str, user: &str, now: UtcTime) -> io::Result<bool> {
    let mut file = lock(folder)?;
    file.rewind()?;
    let is_held = read(&file)?.iter().any(|hold| hold.name == name);
    if is_held {
        let (name, why, user) = (name.to_owned(), why.to_owned(), user.to_owned());
        write(&mut file, &Line::Release { name, why, user, time_us: now.unix_us() })?;
    }
    Ok(is_held)
}

fn write(file: &mut File, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    file.write_all(&text)?;
    file.sync_all()
}

/// Lets go of what is not kept, oldest first: how many segments. The chain says so before anything is removed.
///
/// # Errors
/// What the disk says.
pub fn release(
    folder: &Path,
    keep: &Keep,
    chain: &mut Chain,
    key: Option<&Key>,
    recording: &str,
    now: UtcTime,
) -> io::Result<u64> {
    let total: u64 = chain.segments.values().map(|closed| closed.length).sum();
    let mut over = keep.bytes.map_or(0, |most| total.saturating_sub(most));
    let is_old = |at: UtcTime| keep.seconds.is_some_and(|most| now.since(at) > most as f64);
    let oldest = chain.segments.values().next();
    if over == 0 && !oldest.is_some_and(|closed| is_old(closed.at)) {
        return Ok(0);
    }
    let mut file = lock(folder)?;
    file.rewind()?;
    let holds = read(&file)?;
    // Runs of segments that follow one another.
    let mut runs: Vec<(u64, u64, &str)> = Vec::new();
    let mut looked = 0;
    let old = chain.segments.len().saturating_sub(NEWEST);
    for (number, closed) in chain.segments.iter().take(old) {
        let why = match (is_old(closed.at), over > 0) {
            (true, _) => "age",
            (false, true) => "size",
            (false, false) => break,
        };
        if looked == AT_ONCE {
            break;
        }
        looked += 1;
        if !holds.is_empty() && is_held(folder, *number, &holds) {
            looked -= 1;
            continue;
        }
        over = over.saturating_sub(closed.length);
        match runs.last_mut() {
            Some((_, through, reason)) if *through + 1 == *number && *reason == why => *through = *number,
            _ => runs.push((*number, *number, why)),
        }
    }
    let mut released = 0;
    for (from, through, why) in runs {
        chain.append(key, |previous| Link::Released {
            recording: recording.to_owned(),
            from,
            through,
            reason: why.to_owned(),
            previous,
            time_us: now.unix_us(),
        })?;
        tracing::info!(from, through, why, "old segments are let go");
        for number in from..=through {
            remove(folder, number)?;
            released += 1;
        }
    }
    Ok(released)
}

/// Removes what the chain has let go and a crash has left.
///
/// # Errors
/// What the disk says.
pub fn sweep(folder: &Path, chain: &Chain) -> io::Result<()> {
    for number in super::read::numbers(folder)? {
        if chain.released.through(number).is_some() {
            remove(folder, number)?;
        }
    }
    Ok(())
}

fn remove(folder: &Path, number: u64) -> io::Result<()> {
    match std::fs::remove_file(folder.join(file_name(number))) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether something in it is held; where it cannot be read, it is.
fn is_held(folder: &Path, number: u64, holds: &[Hold]) -> bool {
    let Ok(segment) = Segment::open(folder, file_name(number)) else { return true };
    holds.iter().any(|hold| hold.overlaps(&segment))
}
