//! A part of a recording as it was sealed: whole segments, the chain of all of them, and a note of which were taken. Whoever
//! verifies it learns that what is there is untouched, and which segments of the chain are not there.

use super::chain;
use super::read::Recording;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::Path;
use units::UtcTime;

/// What is in a cut.
pub const FILE: &str = "cut.json";

/// The note.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Of which recording.
    pub recording: String,
    /// The first segment that was taken ...
    pub first: u64,
    /// ... and the last: the rest was left where it is.
    pub last: u64,
    /// What was asked for.
    pub from_us: Option<i64>,
    /// The same.
    pub to_us: Option<i64>,
    /// When it was made.
    pub time_us: i64,
    /// By which engine.
    pub version: String,
}

impl Cut {
    /// The note of a folder, where it has one.
    ///
    /// # Errors
    /// What the disk says, or that it cannot be read.
    pub fn of(folder: &Path) -> io::Result<Option<Self>> {
        match fs::read(folder.join(FILE)) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a segment was left out by intention.
    #[must_use]
    pub fn leaves_out(&self, number: u64) -> bool {
        !(self.first..=self.last).contains(&number)
    }
}

/// Takes the segments that cover a stretch of time into a new folder, beginning where there is a keyframe. `each` is told
/// how many bytes were taken so far, and of how many.
///
/// # Errors
/// What the disk says; or that nothing was recorded then, or the folder is there already.
pub fn cut(
    recording: &Recording,
    from: Option<UtcTime>,
    to: Option<UtcTime>,
    folder: &Path,
    now: UtcTime,
    each: &mut dyn FnMut(u64, u64),
) -> io::Result<Cut> {
    if folder.exists() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "is there already"));
    }
    let first = from.and_then(|from| recording.keyframe(from)).map_or(0, |(first, _)| first);
    // A segment that does not say when it begins does so behind all that is before it.
    let mut known_us = i64::MIN;
    let mut is_meant = |(_, segment): &(usize, &super::read::Segment)| {
        let begins_us = segment.first.map_or(known_us, UtcTime::unix_us);
        let times = segment.keyframes.iter().map(|it| it.time_us).chain(segment.last.map(UtcTime::unix_us));
        known_us = times.fold(known_us, i64::max);
        to.is_none_or(|to| begins_us <= to.unix_us())
    };
    let rest = recording.segments.iter().enumerate().skip(first);
    let taken: Vec<_> = rest.take_while(|it| is_meant(it)).collect();
    let overlaps = taken.iter().any(|(_, it)| it.last.zip(from).is_none_or(|(last, from)| last >= from));
    let (Some((_, one)), Some((_, other)), true) = (taken.first(), taken.last(), overlaps) else {
        return Err(io::Error::new(io::ErrorKind::NotFound, "nothing was recorded then"));
    };
    let cut = Cut {
        recording: one.about.recording.clone(),
        first: one.about.number,
        last: other.about.number,
        from_us: from.map(UtcTime::unix_us),
        to_us: to.map(UtcTime::unix_us),
        time_us: now.unix_us(),
        version: super::version(),
    };
    let mut part = folder.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    if part.exists() {
        // Of an attempt that was broken off.
        fs::remove_dir_all(part)?;
    }
    fs::create_dir_all(part)?;
    // Before the segments: what is sealed meanwhile is then more than the chain says, and not less.
    let mut text = match fs::read(recording.folder.join(chain::FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read?,
    };
    text.truncate(memchr::memrchr(b'\n', &text).map_or(0, |end| end + 1));
    fs::write(part.join(chain::FILE), text)?;
    let length = |file: &str| fs::metadata(recording.folder.join(file)).map_or(0, |it| it.len());
    let total: u64 = taken.iter().map(|(_, segment)| length(&segment.file)).sum();
    let mut done = 0;
    for (_, segment) in &taken {
        done += fs::copy(recording.folder.join(&segment.file), part.join(&segment.file))
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", segment.file)))?;
        each(done, total);
    }
    fs::write(part.join(FILE), serde_json::to_vec_pretty(&cut)?)?;
    fs::rename(part, folder)?;
    Ok(cut)
}
