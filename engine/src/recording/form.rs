//! What is inside a recording, message by message: `docs/recording/recording.proto`.

use crate::feed::ClientId;
use crate::feed::access::{Role, User};
use crate::feed::proto;
use crate::operator::Asked;
use crate::reload::Settings;
use fusion::Event;
use prost::Message;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::net::SocketAddr;
use units::UtcTime;
use watch::Notice;
use watch::cue;

/// The schema of it all, as segments carry it.
pub const SCHEMA: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/recording.bin"));

/// What the core was told: [`Entries`].
pub const CORE: &str = "/core";
/// What came of it: [`Changes`].
pub const CHANGES: &str = "/changes";
/// All that it remembered: [`Keyframe`].
pub const KEYFRAME: &str = "/keyframe";
/// Operators' commands and their answers, as JSON.
pub const COMMANDS: &str = "/commands";
/// What each console showed, as JSON ([`super::consoles::Console`]).
pub const CONSOLES: &str = "/consoles";
/// Who spoke by radio, and when, as JSON ([`super::voice::Spurt`]).
pub const VOICE: &str = "/voice";
/// What sources did: [`Changes`].
pub const SENSORS: &str = "/sensors";
/// Who recorded: [`super::Setup`], as JSON.
pub const CONFIG: &str = "/config";
/// How the machine's clocks stood to each other, as JSON.
pub const CLOCK: &str = "/clock";
/// What is missing: [`Gap`], as JSON.
pub const GAP: &str = "/gap";
/// Before the name of a source.
pub const RAW: &str = "/raw/";

/// Whether what stands there has the time of the picture, and not that of the machine that recorded it: a file's lines
/// may be years old.
pub fn is_of_the_picture(topic: &str) -> bool {
    matches!(topic, CORE | CHANGES)
}

/// What was read from one source in a short while.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Raw {
    /// Number of the first read.
    #[prost(uint64, tag = "1")]
    pub first: u64,
    /// When the first arrived.
    #[prost(int64, tag = "2")]
    pub start_ns: i64,
    /// Of each read: how long after that it arrived.
    #[prost(int64, repeated, tag = "3")]
    pub after_ns: Vec<i64>,
    /// From which peer.
    #[prost(uint32, repeated, tag = "4")]
    pub peer: Vec<u32>,
    /// How many bytes it brought.
    #[prost(uint32, repeated, tag = "5")]
    pub length: Vec<u32>,
    /// All of them.
    #[prost(bytes = "vec", tag = "6")]
    pub data: Vec<u8>,
}

/// One read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read<'a> {
    /// When it arrived.
    pub at: UtcTime,
    /// From whom.
    pub peer: u32,
    /// What it brought.
    pub bytes: &'a [u8],
}

impl Raw {
    /// The reads in it; what is not whole is left out.
    pub fn reads(&self) -> impl Iterator<Item = Read<'_>> {
        let mut from = 0_usize;
        self.after_ns.iter().zip(&self.peer).zip(&self.length).map_while(move |((after_ns, peer), length)| {
            let to = from.checked_add(*length as usize)?;
            let bytes = self.data.get(from..to)?;
            from = to;
            let at = UtcTime::from_unix_ns(self.start_ns.saturating_add(*after_ns));
            Some(Read { at, peer: *peer, bytes })
        })
    }

    /// Lines that end in it.
    pub fn lines(&self) -> u64 {
        memchr::memchr_iter(b'\n', &self.data).count() as u64
    }
}

/// What the core was told, in order.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Entries {
    /// Number of the first.
    #[prost(uint64, tag = "1")]
    pub first: u64,
    /// How many.
    #[prost(uint32, tag = "2")]
    pub count: u32,
    /// All of them, one after the other.
    #[prost(bytes = "vec", tag = "3")]
    pub entries: Vec<u8>,
}

/// What came out of it.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Changes {
    /// Number of the first.
    #[prost(uint64, tag = "1")]
    pub first: u64,
    /// How many.
    #[prost(uint32, tag = "2")]
    pub count: u32,
    /// Each a `fairway.v1.ServerMessage`.
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub messages: Vec<Vec<u8>>,
}

/// Of the field of [`Changes`] that has the messages.
pub const MESSAGES_TAG: u8 = 0x1a;

/// All that the core remembered.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Keyframe {
    /// Entries before it.
    #[prost(uint64, tag = "1")]
    pub entries: u64,
    /// Changes before it.
    #[prost(uint64, tag = "2")]
    pub changes: u64,
    /// Event time of the picture.
    #[prost(int64, tag = "3")]
    pub time_us: i64,
    /// The snapshot.
    #[prost(bytes = "vec", tag = "4")]
    pub core: Vec<u8>,
}

/// Something that the core was told.
#[expect(clippy::large_enum_variant, reason = "one at a time, and never kept")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Entry<'a> {
    /// What a sensor said, or time.
    Event(Cow<'a, Event>),
    /// What is nobody's track.
    Notice(Cow<'a, Notice>),
    /// What an operator asked for.
    Command(Box<Said>),
    /// Another configuration.
    Settings(Cow<'a, Settings>),
}

impl Entry<'_> {
    /// Pictures that cameras took: SHA-256, and the file.
    pub fn pictures(&self) -> impl Iterator<Item = (&[u8; 32], &[u8])> {
        let reports = match self {
            Entry::Notice(notice) => match &**notice {
                Notice::Cameras(reports) => reports.as_slice(),
                _ => &[],
            },
            _ => &[],
        };
        reports.iter().filter_map(|report| match &report.said {
            cue::Said::Picture(picture) => Some((&picture.sha256, picture.bytes.as_slice())),
            _ => None,
        })
    }
}

/// An operator's command as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    user: Option<String>,
    role: u8,
    address: SocketAddr,
    at: UtcTime,
    /// `fairway.v1.Command`.
    command: Vec<u8>,
}

impl Said {
    /// As it reached the core.
    #[must_use]
    pub fn of(asked: &Asked) -> Self {
        let role = Role::ALL.iter().position(|role| *role == asked.user.role);
        Self {
            user: asked.user.name.clone(),
            role: role.map_or(0, |place| place as u8),
            address: asked.address,
            at: asked.at,
            command: asked.command.encode_to_vec(),
        }
    }

    /// To be asked again; nobody waits for the answer.
    #[must_use]
    pub fn asked(&self) -> Option<Asked> {
        Some(Asked {
            client: ClientId::NOBODY,
            user: User { name: self.user.clone(), role: *Role::ALL.get(usize::from(self.role))? },
            address: self.address,
            at: self.at,
            command: proto::Command::decode(&*self.command).ok()?,
        })
    }
}

impl Entries {
    /// The entries, up to the first that cannot be read.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'static>> {
        let mut rest = self.entries.as_slice();
        (0..self.count).map_while(move |_| {
            let (entry, after) = postcard::take_from_bytes(rest).ok()?;
            rest = after;
            Some(entry)
        })
    }
}

/// What is missing, and why: topic `/gap`, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// `raw`, `core`, `changes`, `consoles` or `voice`.
    pub what: String,
    /// Of which source.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    /// Reads, entries or changes that are missing.
    pub records: u64,
    /// The bytes in them.
    pub bytes: u64,
    /// The lines in them.
    pub lines: u64,
    /// Of the first of them, UTC.
    pub from_us: i64,
    /// Of the last.
    pub to_us: i64,
    /// `behind` or what the disk said.
    pub reason: String,
}
