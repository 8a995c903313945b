//! A recording as a whole: its segments in order, and the messages in them.

use super::form::{KEYFRAME, Keyframe, is_of_the_picture};
use super::scan::{Chunk, Fault, Kind, Scan, Topics};
use super::segment::{ABOUT, About, INDEX, KeyframeAt, file_name};
use prost::Message as _;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use thiserror::Error;
use units::UtcTime;

/// What a segment says of itself stands in its first bytes.
const HEAD: u64 = 64 * 1024;
/// Where its keyframes are stands before its summary.
const NEAR: u64 = 64 * 1024;
/// A summary that claims to be longer is not believed: what is in the file is looked at instead.
const MOST_END: u64 = 16 << 20;
/// So many missing segments in a row are named.
const MAX_NAMED: u64 = 1000;

/// All segments of a folder.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Where.
    pub folder: PathBuf,
    /// In order.
    pub segments: Vec<Segment>,
    /// What is not there, or cannot be read at all.
    pub faults: Vec<FileFault>,
}

/// One segment.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Its file.
    pub file: String,
    /// What it says of itself.
    pub about: About,
    /// How many bytes of it count: what was written after the disk had refused is in the next one too.
    pub length: u64,
    /// Whether its end was written.
    pub is_closed: bool,
    /// When what is in it happened.
    pub first: Option<UtcTime>,
    /// The last of it.
    pub last: Option<UtcTime>,
    /// Its keyframes.
    pub keyframes: Vec<KeyframeAt>,
    /// Its topics, where its end says them.
    topics: Topics,
}

/// Something wrong, and in which file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// Which.
    pub file: String,
    /// Where and what.
    pub fault: Fault,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { from, to, what } = &self.fault;
        write!(f, "{}: bytes {from} to {to}: {what}", self.file)
    }
}

/// Why there is nothing to read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder cannot be read.
    #[error("{}: {error}", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is no segment in it.
    #[error("{}: no recording", .0.display())]
    Empty(PathBuf),
}

/// The numbers of the segments in a folder, in order.
///
/// # Errors
/// What the disk says.
pub fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers: Vec<u64> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".mcap")?.parse().ok());
        // `7.mcap` is none of ours.
        numbers.extend(number.filter(|number| name.to_str() == Some(&file_name(*number))));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

impl Recording {
    /// Looks at all segments of a folder.
    ///
    /// # Errors
    /// Where there is none.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let wrong = |error| OpenError::Folder { folder: folder.to_owned(), error };
        let numbers = numbers(folder).map_err(wrong)?;
        let mut recording = Self { folder: folder.to_owned(), segments: Vec::new(), faults: Vec::new() };
        for number in numbers {
            recording.add(file_name(number));
        }
        if recording.segments.is_empty() && recording.faults.is_empty() {
            return Err(OpenError::Empty(folder.to_owned()));
        }
        Ok(recording)
    }

    /// Looks at no more than the end of it, back to the newest keyframe.
    ///
    /// # Errors
    /// Where there is none.
    pub fn open_end(folder: &Path) -> Result<Self, OpenError> {
        let wrong = |error| OpenError::Folder { folder: folder.to_owned(), error };
        let numbers = numbers(folder).map_err(wrong)?;
        let mut enough = numbers.len();
        for (place, number) in numbers.iter().enumerate().rev() {
            enough = place;
            if Segment::open(folder, file_name(*number)).is_ok_and(|segment| !segment.keyframes.is_empty()) {
                break;
            }
        }
        // One more: what it ends with may stand in the next one too.
        let from = enough.saturating_sub(1);
        let mut recording = Self { folder: folder.to_owned(), segments: Vec::new(), faults: Vec::new() };
        for number in numbers.get(from..).unwrap_or_default() {
            recording.add(file_name(*number));
        }
        if numbers.is_empty() { Err(OpenError::Empty(folder.to_owned())) } else { Ok(recording) }
    }

    fn fault(&mut self, file: String, fault: Fault) {
        self.faults.push(FileFault { file, fault });
    }

    fn add(&mut self, file: String) {
        let segment = match Segment::open(&self.folder, file.clone()) {
            Ok(segment) => segment,
            Err(fault) => return self.fault(file, fault),
        };
        if let Some(before) = self.segments.last_mut() {
            if let Some(previous) = &segment.about.previous
                && before.about.number == previous.number
            {
                before.length = before.length.min(previous.length);
            }
            let expected = before.about.number + 1;
            for missing in expected..segment.about.number.min(expected + MAX_NAMED) {
                let fault = Fault { from: 0, to: 0, what: "is missing".to_owned() };
                self.faults.push(FileFault { file: file_name(missing), fault });
            }
        }
        self.segments.push(segment);
    }

    /// Goes through all messages from a segment on, and from a place in it where a record is known to begin.
    #[must_use]
    pub fn messages(&self, segment: usize, offset: u64) -> Messages<'_> {
        Messages {
            recording: self,
            segment,
            offset: usize::try_from(offset).ok().filter(|offset| *offset > 0),
            bytes: None,
            at: 0,
            chunk: Chunk::default(),
            in_chunk: false,
            topics: Topics::default(),
            faults: Vec::new(),
            only: None,
        }
    }

    /// The last keyframe that is no later than `time` and of which `entries` is no more: where it is.
    #[must_use]
    pub fn keyframe(&self, time: UtcTime) -> Option<(usize, KeyframeAt)> {
        let us = time.unix_us();
        self.segments.iter().enumerate().rev().find_map(|(index, segment)| {
            let at = segment.keyframes.iter().rev().find(|keyframe| keyframe.time_us <= us)?;
            Some((index, *at))
        })
    }

    /// When it begins and ends.
    #[must_use]
    pub fn span(&self) -> Option<(UtcTime, UtcTime)> {
        let first = self.segments.iter().filter_map(|segment| segment.first).min()?;
        let last = self.segments.iter().filter_map(|segment| segment.last).max()?;
        Some((first, last))
    }
}

/// Where the summary of a file begins that was ended; 0 where it has none.
fn summary_at(file: &File, length: u64) -> Option<u64> {
    // Record, two offsets, a checksum, and the magic again.
    const FOOTER: u64 = 9 + 8 + 8 + 4 + 8;
    let mut bytes = [0; FOOTER as usize];
    file.read_exact_at(&mut bytes, length.checked_sub(FOOTER)?).ok()?;
    let footer = Scan::from(&bytes, 0).next()?.ok()?;
    (footer.kind == Kind::Footer).then(|| footer.summary()).flatten()
}

/// Whether a segment was ended.
pub fn is_closed(path: &Path) -> bool {
    let file = File::open(path).ok();
    file.is_some_and(|file| file.metadata().is_ok_and(|it| summary_at(&file, it.len()).is_some()))
}

impl Segment {
    /// What its head and its end say; without an end, what is in it.
    ///
    /// # Errors
    /// Why that cannot be read.
    pub fn open(folder: &Path, file: String) -> Result<Self, Fault> {
        let wrong = |error: io::Error| Fault { from: 0, to: 0, what: error.to_string() };
        let path = folder.join(&file);
        let opened = File::open(&path).map_err(wrong)?;
        let length = opened.metadata().map_err(wrong)?.len();
        let mut head = Vec::new();
        (&opened).take(HEAD).read_to_end(&mut head).map_err(wrong)?;
        let foreign = Fault { from: 0, to: length, what: "no segment of ours".to_owned() };
        let about = Scan::new(&head)?
            .map_while(Result::ok)
            .take(2)
            .filter(|record| record.kind == Kind::Metadata)
            .find_map(|record| record.metadata().filter(|(name, _)| name == ABOUT));
        let about = about.and_then(|(_, about)| About::read(&about)).ok_or(foreign)?;
        let mut segment = Self {
            file,
            about,
            length,
            is_closed: false,
            first: None,
            last: None,
            keyframes: Vec::new(),
            topics: Topics::default(),
        };
        if segment.look_at_end(&opened).is_none() {
            segment.look_inside(&std::fs::read(&path).map_err(wrong)?);
        }
        Ok(segment)
    }

    /// Reads the summary.
    fn look_at_end(&mut self, file: &File) -> Option<()> {
        let summary = summary_at(file, self.length)?;
        self.is_closed = true;
        let summary = Some(summary).filter(|at| *at > 0)?;
        // The index is the last metadata before the last seal and the end of the data.
        let near = summary.saturating_sub(NEAR);
        if self.length.checked_sub(near)? > MOST_END {
            return None;
        }
        let mut end = vec![0; usize::try_from(self.length - near).ok()?];
        file.read_exact_at(&mut end, near).ok()?;
        let (before, summary) = end.split_at_checked(usize::try_from(summary - near).ok()?)?;
        for record in Scan::from(summary, 0).map_while(Result::ok) {
            if record.kind == Kind::Channel {
                record.channel(&mut self.topics);
            }
        }
        let mark = memchr::memmem::rfind(before, INDEX.as_bytes())?;
        let record = Scan::from(before, mark.checked_sub(9 + 4)?).next()?.ok()?;
        let (name, index) = record.metadata()?;
        if name != INDEX {
            return None;
        }
        let time = |key: &str| index.get(key)?.parse().ok().map(UtcTime::from_unix_us);
        (self.first, self.last) = (time("first_us"), time("last_us"));
        self.keyframes = serde_json::from_str(index.get("keyframes")?).ok()?;
        Some(())
    }

    /// Goes through all of it.
    fn look_inside(&mut self, bytes: &[u8]) {
        let (mut chunk, mut topics) = (Chunk::default(), Topics::default());
        let Ok(scan) = Scan::new(bytes) else { return };
        for record in scan.flatten().filter(|record| record.kind == Kind::Chunk) {
            if record.unpack(&mut chunk).is_err() {
                continue;
            }
            while let Some(message) = chunk.next(&mut topics) {
                let (channel, at, data) = (message.channel, message.at, message.data);
                let is_keyframe = topics.of(channel) == KEYFRAME;
                if is_of_the_picture(topics.of(channel)) {
                    self.first = Some(self.first.map_or(at, |first| first.min(at)));
                    self.last = self.last.max(Some(at));
                }
                if let Some(Ok(keyframe)) = is_keyframe.then(|| Keyframe::decode(data)) {
                    self.keyframes.push(KeyframeAt {
                        offset: record.from as u64,
                        time_us: keyframe.time_us,
                        entries: keyframe.entries,
                    });
                }
            }
        }
        self.topics = topics;
    }
}

/// All messages, one after the other.
#[derive(Debug)]
pub struct Messages<'a> {
    recording: &'a Recording,
    segment: usize,
    offset: Option<usize>,
    bytes: Option<Vec<u8>>,
    at: usize,
    chunk: Chunk,
    in_chunk: bool,
    topics: Topics,
    /// What could not be read so far.
    pub faults: Vec<FileFault>,
    only: Option<(UtcTime, UtcTime)>,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// In which segment, by its place among them.
    pub segment: usize,
    /// What about.
    pub topic: &'a str,
    /// When what it says happened.
    pub at: UtcTime,
    /// What it says.
    pub data: &'a [u8],
}

impl Messages<'_> {
    /// Leaves out chunks that have nothing between these times.
    #[must_use]
    pub const fn between(mut self, from: UtcTime, to: UtcTime) -> Self {
        self.only = Some((from, to));
        self
    }

    /// The next one.
    pub fn message(&mut self) -> Option<Found<'_>> {
        loop {
            if self.in_chunk {
                if self.chunk.has_more(&mut self.topics) {
                    let message = self.chunk.next(&mut self.topics)?;
                    return Some(Found {
                        segment: self.segment,
                        topic: self.topics.of(message.channel),
                        at: message.at,
                        data: message.data,
                    });
                }
                self.in_chunk = false;
            }
            if !self.advance() {
                return None;
            }
        }
    }

    /// Unpacks the next chunk; false at the end.
    fn advance(&mut self) -> bool {
        loop {
            let Some(segment) = self.recording.segments.get(self.segment) else { return false };
            if self.bytes.is_none() {
                self.load(segment);
            }
            let Some(bytes) = &self.bytes else { return false };
            let mut scan = Scan::from(bytes, self.at);
            let found = scan.next();
            self.at = scan.at();
            match found {
                None => self.leave(),
                Some(Err(fault)) => self.faults.push(FileFault { file: segment.file.clone(), fault }),
                Some(Ok(record)) => match record.kind {
                    // What follows is said again.
                    Kind::DataEnd | Kind::Footer => self.leave(),
                    Kind::Channel => record.channel(&mut self.topics),
                    Kind::Chunk => {
                        let is_outside = self
                            .only
                            .zip(record.times())
                            .is_some_and(|((from, to), (first, last))| last < from || first > to);
                        if is_outside {
                            continue;
                        }
                        match record.unpack(&mut self.chunk) {
                            Ok(()) => {
                                self.in_chunk = true;
                                return true;
                            }
                            Err(fault) => {
                                self.faults.push(FileFault { file: segment.file.clone(), fault });
                            }
                        }
                    }
                    _ => {}
                },
            }
        }
    }

    fn load(&mut self, segment: &Segment) {
        let path = self.recording.folder.join(&segment.file);
        let mut bytes = std::fs::read(path).unwrap_or_else(|error| {
            let fault = Fault { from: 0, to: segment.length, what: error.to_string() };
            self.faults.push(FileFault { file: segment.file.clone(), fault });
            Vec::new()
        });
        bytes.truncate(usize::try_from(segment.length).unwrap_or(usize::MAX));
        self.at = self.offset.take().unwrap_or(8);
        self.topics = segment.topics.clone();
        self.bytes = Some(bytes);
    }

    fn leave(&mut self) {
        self.bytes = None;
        self.segment += 1;
    }
}
