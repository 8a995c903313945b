//! The records of a segment's bytes, however they come: what is whole is given out, what is not is named by where it
//! stands. Reads MCAP itself, because whoever has to say which byte is wrong has to know where each one is.

use super::seal;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Read;
use units::UtcTime;
use zstd::stream::read::Decoder;
use zstd::zstd_safe::{DCtx, ResetDirective};

const MAGIC: &[u8] = b"\x89MCAP0\r\n";
const CHANNEL: u8 = 0x04;
const MESSAGE: u8 = 0x05;
const CHUNK: u8 = 0x06;
const METADATA: u8 = 0x0c;
const DATA_END: u8 = 0x0f;
const FOOTER: u8 = 0x02;
/// A chunk that says that it unpacks to more is not believed.
const MAX_CHUNK: u64 = 1 << 30;
/// What stands before the data of a message: channel, sequence, two times.
const HEAD: usize = 2 + 4 + 8 + 8;
/// From the beginning of a chunk's record to the name of its compression.
const TO_COMPRESSION: usize = 1 + 8 + 8 + 8 + 8 + 4;

/// Where something is, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// From this byte ...
    pub from: u64,
    /// ... up to this one.
    pub to: u64,
    /// What.
    pub what: String,
}

fn fault(from: usize, to: usize, what: impl Into<String>) -> Fault {
    Fault { from: from as u64, to: to as u64, what: what.into() }
}

/// A record of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Where it begins.
    pub from: usize,
    /// Where the next one does.
    pub to: usize,
    /// What it is.
    pub kind: Kind,
    body: &'a [u8],
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Messages, packed.
    Chunk,
    /// A topic.
    Channel,
    /// Words about the file.
    Metadata,
    /// One of our seals.
    Seal,
    /// What follows is a summary of what was before.
    DataEnd,
    /// The end of the file.
    Footer,
    /// Of no interest.
    Other,
}

/// Goes through the records of a file.
#[derive(Clone, Debug)]
pub struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    ended: bool,
}

impl<'a> Scan<'a> {
    /// From the beginning.
    ///
    /// # Errors
    /// Where that is not the beginning of an MCAP file.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Fault> {
        if bytes.starts_with(MAGIC) {
            Ok(Self { bytes, at: MAGIC.len(), ended: false })
        } else {
            let head = bytes.len().min(MAGIC.len());
            Err(fault(0, head, "this is not how an MCAP file begins"))
        }
    }

    /// From a record that is known to begin there.
    pub const fn from(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, ended: false }
    }

    /// Up to where it has come.
    pub const fn at(&self) -> usize {
        self.at
    }

    fn record(&self, at: usize) -> Option<Record<'a>> {
        let (opcode, rest) = self.bytes.get(at..)?.split_first()?;
        let (length, rest) = rest.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let body = rest.get(..length)?;
        let kind = match *opcode {
            CHUNK => Kind::Chunk,
            CHANNEL => Kind::Channel,
            METADATA => Kind::Metadata,
            seal::OPCODE => Kind::Seal,
            DATA_END => Kind::DataEnd,
            FOOTER => Kind::Footer,
            0x01..=0x0f | 0x80.. => Kind::Other,
            _ => return None,
        };
        Some(Record { from: at, to: at + 9 + length, kind, body })
    }

    /// Where a chunk or a seal begins next.
    fn resume(&self, from: usize) -> Option<usize> {
        let rest = self.bytes.get(from..)?;
        let chunk = memchr::memmem::find_iter(rest, b"\x04\0\0\0zstd")
            .filter_map(|at| (from + at).checked_sub(TO_COMPRESSION))
            .find(|at| *at >= from && self.record(*at).is_some_and(|record| record.kind == Kind::Chunk));
        let seal = memchr::memmem::find_iter(rest, b"{\"recording\":")
            .filter_map(|at| (from + at).checked_sub(9))
            .find(|at| *at >= from && self.record(*at).is_some_and(|record| record.kind == Kind::Seal));
        chunk.into_iter().chain(seal).min()
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = Result<Record<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended || self.at >= self.bytes.len() {
            return None;
        }
        if let Some(record) = self.record(self.at) {
            self.at = record.to;
            self.ended = record.kind == Kind::Footer;
            return Some(Ok(record));
        }
        let from = self.at;
        if let Some(next) = self.resume(from + 1) {
            self.at = next;
            return Some(Err(fault(from, next, "no record can be read here")));
        }
        (self.at, self.ended) = (self.bytes.len(), true);
        Some(Err(fault(from, self.bytes.len(), "it ends in the middle of a record")))
    }
}

/// Takes numbers and texts off the front of bytes.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn text(&mut self) -> Option<Cow<'a, str>> {
        let length = self.u32()? as usize;
        self.bytes(length).map(String::from_utf8_lossy)
    }

    fn map(&mut self) -> Option<BTreeMap<String, String>> {
        let length = self.u32()? as usize;
        let mut inside = Fields(self.bytes(length)?);
        let mut all = BTreeMap::new();
        while !inside.0.is_empty() {
            all.insert(inside.text()?.into_owned(), inside.text()?.into_owned());
        }
        Some(all)
    }
}

/// Which topic each channel is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topics(BTreeMap<u16, String>);

impl Topics {
    fn note(&mut self, body: &[u8]) -> Option<()> {
        let mut fields = Fields(body);
        let (id, _schema, topic) = (fields.u16()?, fields.u16()?, fields.text()?);
        // No more than MCAP has numbers.
        self.0.entry(id).or_insert_with(|| topic.into_owned());
        Some(())
    }

    /// The name of a channel.
    pub fn of(&self, channel: u16) -> &str {
        self.0.get(&channel).map_or("", String::as_str)
    }
}

/// One message of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Of which topic: see [`Topics::of`].
    pub channel: u16,
    /// When what it says happened.
    pub at: UtcTime,
    /// What it says.
    pub data: &'a [u8],
}

thread_local! {
    /// What unpacks: to make one takes longer than most chunks do.
    static UNPACKER: RefCell<DCtx<'static>> = RefCell::new(DCtx::create());
}

/// A chunk, unpacked.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    bytes: Vec<u8>,
    at: usize,
}

impl Record<'_> {
    /// What a metadata record says.
    pub fn metadata(&self) -> Option<(String, BTreeMap<String, String>)> {
        let mut fields = Fields(self.body);
        Some((fields.text()?.into_owned(), fields.map()?))
    }

    /// The text of a seal.
    pub fn seal(&self) -> &[u8] {
        self.body
    }

    /// Adds the topic of a channel record.
    pub fn channel(&self, topics: &mut Topics) {
        topics.note(self.body);
    }

    /// Of a footer: where the summary begins; 0 where there is none.
    pub fn summary(&self) -> Option<u64> {
        Fields(self.body).u64()
    }

    /// When the messages of a chunk are of.
    pub fn times(&self) -> Option<(UtcTime, UtcTime)> {
        let mut fields = Fields(self.body);
        let mut time = || fields.u64().map(|ns| UtcTime::from_unix_ns(i64::try_from(ns).unwrap_or(i64::MAX)));
        Some((time()?, time()?))
    }

    /// Unpacks a chunk.
    ///
    /// # Errors
    /// Why it cannot be.
    pub fn unpack(&self, chunk: &mut Chunk) -> Result<(), Fault> {
        chunk.bytes.clear();
        chunk.at = 0;
        self.unpacked(&mut chunk.bytes).map_err(|what| {
            chunk.bytes.clear();
            fault(self.from, self.to, format!("a chunk {what}"))
        })
    }

    fn unpacked(&self, out: &mut Vec<u8>) -> Result<(), &'static str> {
        const SHORT: &str = "without its head";
        let mut fields = Fields(self.body);
        fields.bytes(16).ok_or(SHORT)?;
        let size = fields.u64().ok_or(SHORT)?;
        let crc = fields.u32().ok_or(SHORT)?;
        let compression = fields.text().ok_or(SHORT)?;
        let packed = fields.u64().and_then(|size| fields.bytes(usize::try_from(size).ok()?)).ok_or(SHORT)?;
        if !fields.0.is_empty() {
            return Err("with something behind it");
        }
        if size > MAX_CHUNK {
            return Err("that claims to unpack to more than 1 GiB");
        }
        match &*compression {
            "zstd" => {
                UNPACKER.with_borrow_mut(|unpacker| {
                    // What is left of one that could not be unpacked.
                    unpacker.reset(ResetDirective::SessionOnly).map_err(|_| "that cannot be unpacked")?;
                    let mut unpacker = Decoder::with_context(packed, unpacker).take(size + 1);
                    unpacker.read_to_end(out).map_err(|_| "that cannot be unpacked")
                })?;
            }
            "" => out.extend_from_slice(packed),
            _ => return Err("packed in a way that we do not know"),
        }
        if out.len() as u64 != size {
            return Err("of another length than it says");
        }
        if crc != 0 && crc32fast::hash(out) != crc {
            return Err("with a wrong checksum");
        }
        Ok(())
    }
}

impl Chunk {
    /// The next message; topics that come first are noted.
    pub fn next(&mut self, topics: &mut Topics) -> Option<Message<'_>> {
        let (from, to) = self.find(topics)?;
        let mut fields = Fields(self.bytes.get(from..to)?);
        let channel = fields.u16()?;
        fields.u32()?;
        let ns = fields.u64()?;
        fields.u64()?;
        let at = UtcTime::from_unix_ns(i64::try_from(ns).unwrap_or(i64::MAX));
        Some(Message { channel, at, data: fields.0 })
    }

    /// Whether there is another: [`Chunk::next`] has it then.
    pub fn has_more(&mut self, topics: &mut Topics) -> bool {
        let before = self.at;
        let mut at = before;
        let found = loop {
            let found = self.find(topics);
            if found.is_none_or(|(from, to)| to - from >= HEAD) {
                break found;
            }
            at = self.at;
        };
        self.at = at;
        found.is_some()
    }

    /// Where the next message is, and beyond it.
    fn find(&mut self, topics: &mut Topics) -> Option<(usize, usize)> {
        loop {
            let mut fields = Fields(self.bytes.get(self.at..)?);
            let [opcode] = fields.array()?;
            let length = usize::try_from(fields.u64()?).ok()?;
            fields.bytes(length)?;
            let from = self.at + 9;
            let to = from + length;
            self.at = to;
            match opcode {
                CHANNEL => {
                    topics.note(self.bytes.get(from..to)?);
                }
                MESSAGE => return Some((from, to)),
                // Schemas, and what others may have put in.
                _ => {}
            }
        }
    }
}
