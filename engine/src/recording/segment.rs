//! One file of a recording, while it is written: MCAP, sealed every few seconds.
//!
//! Bytes are made in memory and appended whole, so that a file ends behind a record, or behind a torn one that whoever
//! reads it next can see.

use super::form;
use super::seal::{self, Key, Seal, hex, link};
use mcap::records::{MessageHeader, Metadata};
use mcap::{WriteOptions, Writer};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use units::UtcTime;

/// A chunk is closed when it has grown to this, or when it is time to.
const CHUNK_BYTES: u64 = 1 << 20;
/// Who we are, to those who read MCAP.
pub const PROFILE: &str = "fairway";
/// What a segment says of itself.
pub const ABOUT: &str = "fairway.segment";
/// Where its keyframes are.
pub const INDEX: &str = "fairway.index";

/// One record on its way into a segment.
#[derive(Clone, Debug)]
pub struct Out {
    /// Where it belongs.
    pub topic: Rc<str>,
    /// When what it says happened.
    pub at: UtcTime,
    /// What it says.
    pub data: Vec<u8>,
    /// What is missing without it.
    pub worth: Worth,
}

/// What is missing without a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worth {
    /// Reads, entries or changes.
    pub records: u64,
    /// Lines.
    pub lines: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// What a segment says of itself, in its first record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Which recording it is of.
    pub recording: String,
    /// Which segment it is.
    pub number: u64,
    /// What is before it.
    pub previous: Option<Previous>,
    /// The public half of the key that it is sealed with.
    pub key: Option<String>,
    /// Of the engine.
    pub version: String,
    /// The configuration, by its hash.
    pub config: String,
}

/// What is before a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Previous {
    /// Its number.
    pub number: u64,
    /// How much of it is good.
    pub length: u64,
    /// Of these bytes.
    pub sha256: String,
    /// Its last seal's chain.
    pub chain: String,
}

impl About {
    /// As the metadata of the file.
    pub fn write(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::from([
            ("recording".to_owned(), self.recording.clone()),
            ("segment".to_owned(), self.number.to_string()),
            ("version".to_owned(), self.version.clone()),
            ("config_sha256".to_owned(), self.config.clone()),
        ]);
        if let Some(key) = &self.key {
            all.insert("key".to_owned(), key.clone());
        }
        if let Some(previous) = &self.previous {
            all.insert("previous_segment".to_owned(), previous.number.to_string());
            all.insert("previous_length".to_owned(), previous.length.to_string());
            all.insert("previous_sha256".to_owned(), previous.sha256.clone());
            all.insert("previous_chain".to_owned(), previous.chain.clone());
        }
        all
    }

    /// What the metadata of a file says; `None` where that is no segment of ours.
    pub fn read(all: &BTreeMap<String, String>) -> Option<Self> {
        let text = |key: &str| all.get(key).cloned();
        let number = |key: &str| all.get(key)?.parse().ok();
        let previous = match number("previous_segment") {
            Some(before) => Some(Previous {
                number: before,
                length: number("previous_length")?,
                sha256: text("previous_sha256")?,
                chain: text("previous_chain")?,
            }),
            None => None,
        };
        Some(Self {
            recording: text("recording")?,
            number: number("segment")?,
            previous,
            key: text("key"),
            version: text("version")?,
            config: text("config_sha256")?,
        })
    }
}

/// The name of a segment's file.
pub fn file_name(number: u64) -> String {
    format!("{number:06}.mcap")
}

/// Where MCAP's writer writes: it never looks back.
struct Sink {
    bytes: Rc<RefCell<Vec<u8>>>,
    at: u64,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.borrow_mut().extend_from_slice(bytes);
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Current(0) => Ok(self.at),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// A file that is being written.
pub struct Segment {
    about: About,
    path: PathBuf,
    file: Arc<File>,
    writer: Writer<Sink>,
    made: Rc<RefCell<Vec<u8>>>,
    channels: BTreeMap<Rc<str>, u16>,
    sequence: u32,
    /// How much of the file is good.
    length: u64,
    whole: Sha256,
    /// Since the last seal.
    since: Sha256,
    sealed: u64,
    seals: u64,
    chain: String,
    keyframes: Vec<KeyframeAt>,
    first: Option<UtcTime>,
    last: Option<UtcTime>,
    /// The disk has said that it may not have kept it.
    is_suspect: bool,
}

/// Where a keyframe is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KeyframeAt {
    /// Where its chunk begins.
    pub offset: u64,
    /// Event time.
    pub time_us: i64,
    /// Entries before it.
    pub entries: u64,
}

fn broken(error: mcap::McapError) -> io::Error {
    match error {
        mcap::McapError::Io(error) => error,
        other => io::Error::other(other),
    }
}

impl Segment {
    /// Begins a file.
    ///
    /// # Errors
    /// What the disk says.
    pub fn create(folder: &Path, about: About) -> io::Result<Self> {
        let path = folder.join(file_name(about.number));
        let file = OpenOptions::new().append(true).create_new(true).open(&path)?;
        let made = Rc::new(RefCell::new(Vec::new()));
        let options = WriteOptions::new()
            .profile(PROFILE)
            .library(format!("fairway {}", about.version))
            .chunk_size(Some(CHUNK_BYTES))
            .disable_seeking(true)
            .emit_message_indexes(false)
            .compression_level(3)
            .compression_threads(0);
        let writer = options.create(Sink { bytes: Rc::clone(&made), at: 0 }).map_err(broken)?;
        let previous = about.previous.as_ref().map(|previous| previous.chain.clone());
        let mut segment = Self {
            path,
            file: Arc::new(file),
            writer,
            made,
            channels: BTreeMap::new(),
            sequence: 0,
            length: 0,
            whole: Sha256::new(),
            since: Sha256::new(),
            sealed: 0,
            seals: 0,
            chain: previous.unwrap_or_else(|| seal::NONE.to_owned()),
            keyframes: Vec::new(),
            first: None,
            last: None,
            is_suspect: false,
            about,
        };
        let written = segment.begin();
        if written.is_err() {
            // A file without a beginning says nothing.
            drop(std::fs::remove_file(&segment.path));
        }
        written.map(|()| segment)
    }

    fn begin(&mut self) -> io::Result<()> {
        let about = Metadata { name: ABOUT.to_owned(), metadata: self.about.write() };
        self.writer.write_metadata(&about).map_err(broken)?;
        self.append()?;
        // The name must survive a power cut too.
        if let Some(folder) = self.path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    /// Its number.
    pub const fn number(&self) -> u64 {
        self.about.number
    }

    /// How much of the file is written.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file itself, for whoever makes it last.
    pub fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Takes a record into the chunk that is being made.
    ///
    /// # Errors
    /// None that a disk could cause.
    pub fn write(&mut self, out: &Out) -> io::Result<()> {
        let channel_id = match self.channels.get(&out.topic) {
            Some(id) => *id,
            None => self.channel(&out.topic)?,
        };
        self.sequence = self.sequence.wrapping_add(1);
        let time = u64::try_from(out.at.unix_ns()).unwrap_or_default();
        let header =
            MessageHeader { channel_id, sequence: self.sequence, log_time: time, publish_time: time };
        self.writer.write_to_known_channel(&header, &out.data).map_err(broken)?;
        if form::is_of_the_picture(&out.topic) {
            self.first = Some(self.first.map_or(out.at, |first| first.min(out.at)));
            self.last = self.last.max(Some(out.at));
        }
        Ok(())
    }

    fn channel(&mut self, topic: &Rc<str>) -> io::Result<u16> {
        let (schema, encoding) = match &**topic {
            form::CORE => (Some("fairway.recording.v1.Entries"), "protobuf"),
            form::CHANGES | form::SENSORS => (Some("fairway.recording.v1.Changes"), "protobuf"),
            form::KEYFRAME => (Some("fairway.recording.v1.Keyframe"), "protobuf"),
            raw if raw.starts_with(form::RAW) => (Some("fairway.recording.v1.Raw"), "protobuf"),
            _ => (None, "json"),
        };
        let schema = match schema {
            Some(name) => self.writer.add_schema(name, "protobuf", form::SCHEMA).map_err(broken)?,
            // JSON without a schema says what it is by itself.
            None => 0,
        };
        let id = self.writer.add_channel(schema, topic, encoding, &BTreeMap::new()).map_err(broken)?;
        self.channels.insert(Rc::clone(topic), id);
        Ok(id)
    }

    /// Closes the chunk and appends it to the file.
    ///
    /// # Errors
    /// What the disk says; the file then ends where it did before.
    pub fn flush(&mut self) -> io::Result<()> {
        self.writer.flush().map_err(broken)?;
        self.append()
    }

    /// A keyframe has a chunk of its own, so that it is found without unpacking its neighbours.
    ///
    /// # Errors
    /// What the disk says.
    pub fn keyframe(&mut self, out: &Out, entries: u64) -> io::Result<()> {
        self.flush()?;
        let at = KeyframeAt { offset: self.length, time_us: out.at.unix_us(), entries };
        self.write(out)?;
        self.flush()?;
        self.keyframes.push(at);
        Ok(())
    }

    fn append(&mut self) -> io::Result<()> {
        let mut made = self.made.borrow_mut();
        if made.is_empty() {
            return Ok(());
        }
        if let Err(error) = (&*self.file).write_all(&made) {
            // What got as far as the file before the disk was full is no use to anybody.
            drop(self.file.set_len(self.length));
            return Err(error);
        }
        self.whole.update(&*made);
        self.since.update(&*made);
        self.length += made.len() as u64;
        made.clear();
        Ok(())
    }

    /// Seals what was written since the last seal.
    ///
    /// # Errors
    /// What the disk says.
    pub fn seal(&mut self, key: &Key, now: UtcTime) -> io::Result<()> {
        self.flush()?;
        let sha256 = hex(&std::mem::take(&mut self.since).finalize());
        let chain = link(&self.chain, &sha256);
        let seal = Seal {
            recording: self.about.recording.clone(),
            segment: self.about.number,
            seal: self.seals,
            from: self.sealed,
            to: self.length,
            sha256,
            previous: std::mem::replace(&mut self.chain, chain.clone()),
            chain,
            time_us: now.unix_us(),
            afterwards: false,
        };
        (self.sealed, self.seals) = (self.length, self.seals + 1);
        let line = key.sign(&seal);
        self.writer.write_private_record(seal::OPCODE, line.as_bytes(), <_>::default()).map_err(broken)?;
        let written = self.append();
        if written.is_err() {
            // It is not in the file, so the chain does not have it.
            self.chain = seal.previous;
        }
        written
    }

    /// Ends the file: where its keyframes are, the last seal, MCAP's summary.
    ///
    /// # Errors
    /// What the disk says.
    pub fn finish(&mut self, key: Option<&Key>, now: UtcTime) -> io::Result<Previous> {
        self.flush()?;
        let keyframes = serde_json::to_string(&self.keyframes)?;
        let mut index = BTreeMap::from([("keyframes".to_owned(), keyframes)]);
        for (key, at) in [("first_us", self.first), ("last_us", self.last)] {
            index.extend(at.map(|at| (key.to_owned(), at.unix_us().to_string())));
        }
        let index = Metadata { name: INDEX.to_owned(), metadata: index };
        self.writer.write_metadata(&index).map_err(broken)?;
        self.append()?;
        if let Some(key) = key {
            self.seal(key, now)?;
        }
        self.writer.finish().map_err(broken)?;
        self.append()?;
        let synced = self.file.sync_all();
        self.is_suspect |= synced.is_err();
        synced.map(|()| self.previous())
    }

    /// Whether what is in it lasts: asked once, because after a no another yes means nothing.
    pub fn lasts(&mut self) -> bool {
        if !self.is_suspect {
            self.is_suspect = self.file.sync_data().is_err();
        }
        !self.is_suspect
    }

    /// What the next segment says of this one.
    pub fn previous(&self) -> Previous {
        Previous {
            number: self.about.number,
            length: self.length,
            sha256: hex(&self.whole.clone().finalize()),
            chain: self.chain.clone(),
        }
    }
}
