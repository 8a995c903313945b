//! What was said by radio: who spoke when, topic `/voice`, and the sound again, out of what was read from its source.

use super::Setup;
use super::form::{Gap, RAW, Raw, VOICE};
use super::read::{FileFault, Recording};
use super::tap::Shared;
use decoders::voice::{Ear, Heard, Placing, RATE_HZ, Spoken};
use hound::{SampleFormat, WavSpec, WavWriter};
use prost::Message;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{Seek, Write};
use units::UtcTime;

/// No more is decoded in one go, seconds.
pub const MOST_S: i64 = 120;
/// Senders on one channel that are told apart.
const MOST_PEERS: usize = 64;
/// Before what is wanted, so much is heard too: to learn how late packets are, and what a decoder remembers, seconds.
const BEFORE_S: f64 = 10.0;
/// What is recorded may stand so much later in the recording than when it was, seconds.
const NEAR_S: f64 = 60.0;

/// Somebody spoke: topic `/voice`, as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spurt {
    /// On which channel: the name of its source.
    pub source: String,
    /// From, UTC.
    pub from_us: i64,
    /// Until.
    pub to_us: i64,
    /// The loudest of it, decibels below full scale.
    pub loudest_dbfs: f32,
}

impl Spurt {
    /// On a channel.
    #[must_use]
    pub fn new(source: &str, spoken: &Spoken) -> Self {
        Self {
            source: source.to_owned(),
            from_us: spoken.from.unix_us(),
            to_us: spoken.to.unix_us(),
            loudest_dbfs: (spoken.loudest_dbfs * 10.0).round() / 10.0,
        }
    }

    /// As a record has it.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Takes it down. Where the recorder is behind, the oldest gives way, and is counted.
pub(super) fn tell(shared: &Shared, spurt: Spurt) {
    if let Some(displaced) = shared.speak(Box::new(spurt)) {
        shared.lose([Gap {
            what: "voice".to_owned(),
            source: Some(displaced.source.clone()),
            records: 1,
            from_us: displaced.from_us,
            to_us: displaced.to_us,
            reason: "behind".to_owned(),
            ..Gap::default()
        }]);
    }
}

/// Who spoke between two instants. And what of the recording cannot be read.
#[must_use]
pub fn spoken(recording: &Recording, from: UtcTime, to: UtcTime) -> (Vec<Spurt>, Vec<FileFault>) {
    let mut all: Vec<Spurt> = Vec::new();
    // It is told when it has ended.
    let faults = each(recording, from, to.plus_s(NEAR_S), |topic, data| {
        if topic == VOICE
            && let Ok(spurt) = serde_json::from_slice::<Spurt>(data)
            && spurt.to_us >= from.unix_us()
            && spurt.from_us <= to.unix_us()
        {
            all.push(spurt);
        }
    });
    all.sort_by(|a, b| (a.from_us, &a.source).cmp(&(b.from_us, &b.source)));
    (all, faults)
}

/// What was to be heard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sound {
    /// [`RATE_HZ`] of them per second, from the first instant that was asked for; where nothing was heard they are 0.
    pub samples: Vec<i16>,
    /// Packets that begin in it.
    pub packets: u64,
    /// Packets that could not be decoded.
    pub refused: u64,
    /// What of the recording cannot be read.
    pub faults: Vec<FileFault>,
}

/// Why there is no sound of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no more than {MOST_S} s at once")
    }
}

impl std::error::Error for TooLong {}

/// The sound of a channel between two instants, each packet where it belongs.
///
/// # Errors
/// More than [`MOST_S`] are wanted.
pub fn sound(recording: &Recording, source: &str, from: UtcTime, to: UtcTime) -> Result<Sound, TooLong> {
    let length_s = to.since(from).max(0.0);
    if length_s > MOST_S as f64 {
        return Err(TooLong);
    }
    let topic = format!("{RAW}{source}");
    let mut sound = Sound { samples: vec![0; (length_s * f64::from(RATE_HZ)) as usize], ..Sound::default() };
    let mut peers: BTreeMap<u32, (Ear, Placing)> = BTreeMap::new();
    sound.faults = each(recording, from.plus_s(-BEFORE_S), to.plus_s(1.0), |of, data| {
        if of != topic {
            return;
        }
        let raw = Raw::decode(data).unwrap_or_default();
        for read in raw.reads() {
            // Whoever came first has been silent for longest.
            if peers.len() >= MOST_PEERS && !peers.contains_key(&read.peer) {
                peers.pop_first();
            }
            let (ear, placing) = peers.entry(read.peer).or_default();
            match ear.hear(read.bytes) {
                Ok(Heard::Sound(heard)) => {
                    let at = placing.place(&heard, read.at);
                    mix(&mut sound.samples, at.since(from), heard.samples);
                    sound.packets += u64::from(at >= from && at < to);
                }
                Ok(Heard::Nothing) => {}
                Err(_) => sound.refused += u64::from(read.at >= from && read.at < to),
            }
        }
    });
    Ok(sound)
}

/// Writes the sound of a channel between two instants, however long, as WAV: one channel, 16 bits. What was in it; its
/// samples are in the file alone.
///
/// # Errors
/// What the disk says; a WAV file is no longer than 4 GiB, three days.
pub fn wav(
    recording: &Recording,
    source: &str,
    (from, to): (UtcTime, UtcTime),
    out: impl Write + Seek,
) -> Result<Sound, hound::Error> {
    let spec =
        WavSpec { channels: 1, sample_rate: RATE_HZ, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut writer = WavWriter::new(out, spec)?;
    let (mut all, mut at) = (Sound::default(), from);
    while at < to {
        let until = at.plus_s(MOST_S as f64).min(to);
        let Ok(mut part) = sound(recording, source, at, until) else { break };
        for sample in &part.samples {
            writer.write_sample(*sample)?;
        }
        all.packets += part.packets;
        all.refused += part.refused;
        part.faults.retain(|fault| !all.faults.contains(fault));
        all.faults.append(&mut part.faults);
        at = until;
    }
    writer.finalize()?;
    Ok(all)
}

/// Adds samples from so many seconds on.
fn mix(all: &mut [i16], after_s: f64, samples: &[i16]) {
    let first = (after_s * f64::from(RATE_HZ)).round() as i64;
    for (place, sample) in (first..).zip(samples) {
        if let Some(there) = usize::try_from(place).ok().and_then(|place| all.get_mut(place)) {
            *there = there.saturating_add(*sample);
        }
    }
}

/// How loud it was, in equal parts of the time: of each the loudest, 0 to 1.
#[must_use]
pub fn peaks(samples: &[i16], parts: usize) -> Vec<f32> {
    let of = |part: usize| part * samples.len() / parts.max(1);
    let part = |part: usize| samples.get(of(part)..of(part + 1)).unwrap_or_default();
    let loudest = |samples: &[i16]| samples.iter().map(|it| it.unsigned_abs()).max().unwrap_or_default();
    (0..parts).map(|n| f32::from(loudest(part(n))) / 32_768.0).collect()
}

/// Goes through what was recorded between two instants.
fn each(
    recording: &Recording,
    from: UtcTime,
    to: UtcTime,
    mut take: impl FnMut(&str, &[u8]),
) -> Vec<FileFault> {
    let is_before = |last: Option<UtcTime>| last.is_some_and(|last| last.plus_s(NEAR_S) < from);
    let first = recording.segments.iter().take_while(|segment| is_before(segment.last)).count();
    let is_after = |first: Option<UtcTime>| first.is_some_and(|first| first.plus_s(-NEAR_S) > to);
    let last = recording.segments.iter().take_while(|segment| !is_after(segment.first)).count();
    let mut messages = recording.messages(first, 0).between(from, to);
    while let Some(found) = messages.message() {
        if found.segment >= last {
            break;
        }
        if found.at >= from && found.at <= to {
            take(found.topic, found.data);
        }
    }
    messages.faults
}

/// The channels that were heard: sources of sound, as the first and the last segment have the configuration.
#[must_use]
pub fn channels(recording: &Recording) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for segment in [0, recording.segments.len().saturating_sub(1)] {
        let Some(setup) = Setup::from(recording, segment) else { continue };
        let Ok(config) = setup.text.parse::<toml::Table>() else { continue };
        let sources = config.get("source").and_then(toml::Value::as_array).into_iter().flatten();
        for source in sources {
            let of = |key: &str| source.get(key).and_then(toml::Value::as_str);
            if let (Some("voice"), Some(name)) = (of("format"), of("name"))
                && !all.iter().any(|known| known == name)
            {
                all.push(name.to_owned());
            }
        }
    }
    all
}
