//! Sound as radios send it over a network: G.711 (ITU-T), linear PCM and Opus (RFC 6716) in RTP, decoded to one rate.

mod activity;
mod g711;
mod placing;
mod slower;

pub use activity::{Activity, Spoken};
pub use g711::{from_a_law, from_mu_law};
pub use placing::Placing;

use crate::rtp::{self, Datagram, Packet};
use ruopus::OpusDecoder;
use slower::Slower;

/// Samples per second of all that comes out: twice what a marine radio lets through.
pub const RATE_HZ: u32 = 8000;
/// The header extension that says how many samples per second linear PCM has, as 32 bits: "FW".
pub const RATE_PROFILE: u16 = 0x4657;
/// Linear PCM of any rate, where the extension says which.
pub const L16: u8 = 127;
/// The clock of Opus has so many ticks per second, whatever is in it (RFC 7587, clause 4.1).
const OPUS_HZ: u32 = 48_000;
/// Rates of linear PCM that are taken.
const L16_HZ: std::ops::RangeInclusive<u32> = RATE_HZ..=192_000;

/// Why nothing can be heard of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reject {
    /// Shorter than its header says.
    Short,
    /// No RTP, or another version of it.
    Version,
    /// More padding than there is.
    Padding,
    /// A payload type that is none of ours.
    Payload,
    /// A payload that cannot be decoded.
    Codec,
}

impl Reject {
    /// All reasons.
    pub const ALL: [Self; 5] = [Self::Short, Self::Version, Self::Padding, Self::Payload, Self::Codec];

    /// For programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Version => "version",
            Self::Padding => "padding",
            Self::Payload => "payload",
            Self::Codec => "codec",
        }
    }

    /// Its place among all.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl From<rtp::Reject> for Reject {
    fn from(reject: rtp::Reject) -> Self {
        match reject {
            rtp::Reject::Short => Self::Short,
            rtp::Reject::Version => Self::Version,
            rtp::Reject::Padding => Self::Padding,
        }
    }
}

/// What a datagram brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Heard<'a> {
    /// Sound.
    Sound(Sound<'a>),
    /// Nothing to hear: what senders tell of themselves, comfort noise.
    Nothing,
}

/// The sound of one packet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sound<'a> {
    /// Who sends.
    pub ssrc: u32,
    /// Of its first sample, in ticks of `clock_hz`.
    pub timestamp: u32,
    /// Ticks per second.
    pub clock_hz: u32,
    /// The first of a spurt of talk.
    pub is_marked: bool,
    /// At [`RATE_HZ`].
    pub samples: &'a [i16],
}

/// One sender's sound, packet by packet.
#[derive(Default)]
pub struct Ear {
    opus: Option<Box<OpusDecoder>>,
    slower: Option<Slower>,
    linear: Vec<i16>,
    samples: Vec<i16>,
}

impl std::fmt::Debug for Ear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ear").finish_non_exhaustive()
    }
}

impl Ear {
    /// Hears a datagram. Payload types that are agreed upon elsewhere (RFC 3551, clause 6: 96 and above) are Opus, or
    /// linear PCM where an extension says its rate.
    ///
    /// # Errors
    /// Why nothing can be heard of it.
    pub fn hear(&mut self, datagram: &[u8]) -> Result<Heard<'_>, Reject> {
        let packet = match rtp::decode(datagram)? {
            Datagram::Packet(packet) => packet,
            Datagram::Rtcp => return Ok(Heard::Nothing),
        };
        self.samples.clear();
        let clock_hz = match packet.payload_type {
            0 => self.companded(&packet, from_mu_law),
            8 => self.companded(&packet, from_a_law),
            // Comfort noise (RFC 3389).
            13 => return Ok(Heard::Nothing),
            96.. => match rate(&packet) {
                Some(hz) if L16_HZ.contains(&hz) => self.linear(packet.payload, hz)?,
                Some(_) => return Err(Reject::Payload),
                None => self.opus(packet.payload)?,
            },
            _ => return Err(Reject::Payload),
        };
        let Packet { ssrc, timestamp, is_marked, .. } = packet;
        Ok(Heard::Sound(Sound { ssrc, timestamp, clock_hz, is_marked, samples: &self.samples }))
    }

    fn companded(&mut self, packet: &Packet<'_>, expand: fn(u8) -> i16) -> u32 {
        self.samples.extend(packet.payload.iter().map(|byte| expand(*byte)));
        RATE_HZ
    }

    fn linear(&mut self, payload: &[u8], hz: u32) -> Result<u32, Reject> {
        let (pairs, rest) = payload.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(Reject::Codec);
        }
        self.linear.clear();
        self.linear.extend(pairs.iter().map(|pair| i16::from_be_bytes(*pair)));
        if hz == RATE_HZ {
            self.samples.append(&mut self.linear);
            return Ok(hz);
        }
        if self.slower.as_ref().is_none_or(|slower| slower.rate_hz() != hz) {
            self.slower = Some(Slower::new(hz));
        }
        if let Some(slower) = &mut self.slower {
            slower.take(&self.linear, &mut self.samples);
        }
        Ok(hz)
    }

    fn opus(&mut self, payload: &[u8]) -> Result<u32, Reject> {
        // Nothing at all would ask for what was lost to be made up, and nothing here is made up.
        if payload.is_empty() {
            return Err(Reject::Codec);
        }
        let decoder = self.opus.get_or_insert_with(|| Box::new(OpusDecoder::with_rate(RATE_HZ, 1)));
        self.samples = decoder.decode_packet_i16(payload).map_err(|_| Reject::Codec)?;
        Ok(OPUS_HZ)
    }
}

/// What the extension says of linear PCM.
fn rate(packet: &Packet<'_>) -> Option<u32> {
    let (profile, data) = packet.extension?;
    let hz = data.first_chunk().filter(|_| profile == RATE_PROFILE)?;
    Some(u32::from_be_bytes(*hz))
}

/// A packet of linear PCM with its rate, as [`Ear`] hears it.
#[must_use]
pub fn linear(sequence: u16, timestamp: u32, ssrc: u32, hz: u32, samples: &[i16]) -> Vec<u8> {
    let payload: Vec<u8> = samples.iter().flat_map(|sample| sample.to_be_bytes()).collect();
    let hz = hz.to_be_bytes();
    let extension = Some((RATE_PROFILE, &hz[..]));
    Packet { payload_type: L16, is_marked: false, sequence, timestamp, ssrc, extension, payload: &payload }
        .encode()
}

/// How loud it is, decibels below the loudest that there is: 0 is a square wave at full scale; `None` where all is zero.
#[must_use]
pub fn level_dbfs(samples: &[i16]) -> Option<f32> {
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let mean = sum / samples.len().max(1) as f64 / (32_768.0 * 32_768.0);
    (mean > 0.0).then(|| (10.0 * mean.log10()) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ruopus::OpusEncoder;
    use std::f64::consts::TAU;

    fn tone(hz: f64, rate: u32, count: usize, loud: f64) -> Vec<i16> {
        (0..count).map(|n| ((TAU * hz * n as f64 / f64::from(rate)).sin() * loud) as i16).collect()
    }

    /// How much of a tone is in it, decibels below full scale.
    fn of_tone(samples: &[i16], hz: f64) -> f64 {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, sample) in samples.iter().enumerate() {
            let (sin, cos) = (TAU * hz * n as f64 / f64::from(RATE_HZ)).sin_cos();
            (re, im) = (re + f64::from(*sample) * cos, im + f64::from(*sample) * sin);
        }
        20.0 * (re.hypot(im) * 2.0 / samples.len() as f64 / 32_768.0).max(1e-9).log10()
    }

    fn heard(ear: &mut Ear, packet: &[u8]) -> Vec<i16> {
        match ear.hear(packet) {
            Ok(Heard::Sound(sound)) => sound.samples.to_vec(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn linear_of_any_rate_keeps_its_voice_and_loses_what_would_fold_into_it() {
        for rate in [8000, 16_000, 22_050, 44_100, 48_000] {
            for (hz, at_least, at_most) in
                [(1000.0, -7.0, -5.0), (3000.0, -9.0, -5.0), (7000.0, -200.0, -46.0)]
            {
                if hz * 2.0 > f64::from(rate) {
                    continue;
                }
                let all = tone(hz, rate, rate as usize, 16_384.0);
                let (mut ear, mut out) = (Ear::default(), Vec::new());
                for (n, piece) in all.chunks(rate as usize / 50).enumerate() {
                    out.extend(heard(&mut ear, &linear(n as u16, 0, 1, rate, piece)));
                }
                assert!(out.len().abs_diff(RATE_HZ as usize) < 40, "{rate}: {}", out.len());
                // What is above half the rate would come back below it.
                let level = of_tone(&out[400..7600], if hz > 4000.0 { 8000.0 - hz } else { hz });
                assert!((at_least..at_most).contains(&level), "{rate} Hz, {hz} Hz: {level}");
            }
        }
    }

    #[test]
    fn opus_of_every_kind() {
        let all: Vec<f32> = tone(1000.0, OPUS_HZ, OPUS_HZ as usize, 16_384.0)
            .iter()
            .map(|it| f32::from(*it) / 32_768.0)
            .collect();
        let ways = [
            ("celt", OpusEncoder::encode as fn(&mut _, &[f32], usize) -> _),
            ("silk", OpusEncoder::encode_silk),
            ("hybrid", OpusEncoder::encode_hybrid),
        ];
        for (way, encode) in ways {
            let (mut encoder, mut ear, mut out) = (OpusEncoder::new(1), Ear::default(), Vec::new());
            for (n, piece) in all.chunks(960).enumerate() {
                let payload: Vec<u8> = encode(&mut encoder, piece, 200).unwrap();
                let packet = Packet {
                    payload_type: 111,
                    is_marked: n == 0,
                    sequence: n as u16,
                    timestamp: n as u32 * 960,
                    ssrc: 1,
                    extension: None,
                    payload: &payload,
                };
                let Ok(Heard::Sound(sound)) = ear.hear(&packet.encode()) else { panic!("{way}, {n}") };
                assert_eq!(
                    (sound.clock_hz, sound.timestamp, sound.samples.len()),
                    (48_000, n as u32 * 960, 160)
                );
                out.extend_from_slice(sound.samples);
            }
            let level = of_tone(&out[1600..], 1000.0);
            assert!((-7.5..-5.0).contains(&level), "{way}: {level}");
        }
    }

    #[test]
    fn what_cannot_be_heard() {
        let packet = |payload_type, payload| {
            Packet {
                payload_type,
                is_marked: false,
                sequence: 0,
                timestamp: 0,
                ssrc: 0,
                extension: None,
                payload,
            }
            .encode()
        };
        let mut ear = Ear::default();
        for (bytes, expected) in [
            (packet(13, &[30]), Ok(Heard::Nothing)),
            (packet(9, &[0; 160]), Err(Reject::Payload)),
            (packet(111, &[]), Err(Reject::Codec)),
            // More frames than 120 ms have room for (RFC 6716, clause 3.4, R5).
            (packet(111, &[0xfb, 0x3f, 1, 2]), Err(Reject::Codec)),
            (linear(0, 0, 0, 4000, &[1]), Err(Reject::Payload)),
            (b"GET / HTTP/1.1".to_vec(), Err(Reject::Version)),
            (vec![0x80], Err(Reject::Short)),
        ] {
            assert_eq!(ear.hear(&bytes), expected, "{bytes:?}");
        }
        assert_eq!(heard(&mut ear, &packet(0, &[0xff, 0x00, 0x80])), [0, -32_124, 32_124]);
    }

    proptest! {
        #[test]
        fn any_payload(payload_type in 96_u8..127, bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut ear = Ear::default();
            let packet = Packet {
                payload_type, is_marked: false, sequence: 0, timestamp: 0, ssrc: 0, extension: None, payload: &bytes,
            };
            for _ in 0..3 {
                if let Ok(Heard::Sound(sound)) = ear.hear(&packet.encode()) {
                    prop_assert!(sound.samples.len() <= 960);
                }
            }
        }
    }
}
