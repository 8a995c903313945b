//! When somebody speaks: what stands out of the noise.

use super::{RATE_HZ, level_dbfs};
use units::UtcTime;

/// Looked at together, samples: 20 ms.
const FRAME: usize = RATE_HZ as usize / 50;
/// Never quieter than this, decibels below full scale.
const QUIET_DBFS: f32 = -60.0;
/// So much louder than the noise is somebody.
const ABOVE_DB: f32 = 9.0;
/// Noise is what is quietest in so many frames, 3 s: a voice has its pauses.
const QUIETEST: usize = 150;
/// So many frames of the last [`LOOK`] must be loud for somebody to begin.
const LOUD: u32 = 4;
const LOOK: u32 = 8;
/// Who is silent for so long has ended.
const PAUSE_NS: i64 = 800_000_000;
/// What goes on for longer is told in pieces.
const LONGEST_NS: i64 = 60_000_000_000;

/// Somebody spoke.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spoken {
    /// From.
    pub from: UtcTime,
    /// Until.
    pub to: UtcTime,
    /// The loudest 20 ms, decibels below full scale.
    pub loudest_dbfs: f32,
}

/// Listens to one channel.
#[derive(Debug)]
pub struct Activity {
    /// How loud the last frames were, decibels below full scale.
    levels: [f32; QUIETEST],
    /// Where the next goes.
    next: usize,
    /// Of the last frames, the newest lowest: whether it was loud.
    loud: u32,
    spoken: Option<Spoken>,
}

impl Default for Activity {
    fn default() -> Self {
        Self { levels: [QUIET_DBFS; QUIETEST], next: 0, loud: 0, spoken: None }
    }
}

impl Activity {
    /// Hears what began at `from`; tells what has ended.
    pub fn hear(&mut self, from: UtcTime, samples: &[i16], mut ended: impl FnMut(Spoken)) {
        for (n, frame) in samples.chunks(FRAME).enumerate() {
            let at = |place: usize| {
                let ns = place as i64 * 1_000_000_000 / i64::from(RATE_HZ);
                UtcTime::from_unix_ns(from.unix_ns().saturating_add(ns))
            };
            self.frame(at(n * FRAME), at(n * FRAME + frame.len()), frame, &mut ended);
        }
    }

    fn frame(&mut self, from: UtcTime, to: UtcTime, frame: &[i16], ended: &mut impl FnMut(Spoken)) {
        self.pause(from, &mut *ended);
        let level = level_dbfs(frame).unwrap_or(QUIET_DBFS).max(QUIET_DBFS);
        if let Some(oldest) = self.levels.get_mut(self.next) {
            *oldest = level;
        }
        self.next = (self.next + 1) % QUIETEST;
        let noise = self.levels.iter().fold(0.0, |least: f32, level| least.min(*level));
        let is_loud = level > noise + ABOVE_DB;
        self.loud = (self.loud << 1 | u32::from(is_loud)) & ((1 << LOOK) - 1);
        match &mut self.spoken {
            Some(spoken) => {
                if is_loud {
                    spoken.to = spoken.to.max(to);
                    spoken.loudest_dbfs = spoken.loudest_dbfs.max(level);
                }
                if to.unix_ns().saturating_sub(spoken.from.unix_ns()) >= LONGEST_NS {
                    ended(Spoken { to, ..*spoken });
                    *spoken = Spoken { from: to, to, loudest_dbfs: level };
                }
            }
            None if self.loud.count_ones() >= LOUD => {
                // They began with the first of these.
                let since = i64::from(u32::BITS - self.loud.leading_zeros()) * FRAME as i64;
                let began = to.unix_ns().saturating_sub(since * 1_000_000_000 / i64::from(RATE_HZ));
                self.spoken = Some(Spoken { from: UtcTime::from_unix_ns(began), to, loudest_dbfs: level });
            }
            None => {}
        }
    }

    /// It is so late: who has been silent for long has ended.
    pub fn pause(&mut self, now: UtcTime, mut ended: impl FnMut(Spoken)) {
        let is_over = |spoken: &mut Spoken| now.unix_ns().saturating_sub(spoken.to.unix_ns()) > PAUSE_NS;
        if let Some(spoken) = self.spoken.take_if(is_over) {
            self.loud = 0;
            ended(spoken);
        }
    }

    /// Nothing more will come.
    pub fn end(&mut self, mut ended: impl FnMut(Spoken)) {
        if let Some(spoken) = self.spoken.take() {
            ended(spoken);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    /// Noise all the time, and a voice (a tone that comes and goes four times a second) from and until, in seconds.
    fn heard(noise: f64, voice: f64, spoken: &[(f64, f64)], length_s: f64) -> Vec<(f64, f64, f32)> {
        let (mut activity, mut all, mut dice) = (Activity::default(), Vec::new(), 1_u64);
        let samples: Vec<i16> = (0..(length_s * 8000.0) as usize)
            .map(|n| {
                let t = n as f64 / 8000.0;
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let noise = noise * ((dice >> 33) as f64 / f64::from(1_u32 << 30) - 1.0);
                let speaks = spoken.iter().any(|(from, to)| (*from..*to).contains(&t));
                let syllable = 0.5 + 0.5 * (TAU * 4.0 * t).sin();
                let voice = if speaks { voice * syllable * (TAU * 440.0 * t).sin() } else { 0.0 };
                (noise + voice).clamp(-32_768.0, 32_767.0) as i16
            })
            .collect();
        let mut end = |spoken: Spoken| {
            let s = |at: UtcTime| at.unix_ns() as f64 / 1e9;
            all.push((s(spoken.from), s(spoken.to), spoken.loudest_dbfs));
        };
        for (n, piece) in samples.chunks(160).enumerate() {
            activity.hear(UtcTime::from_unix_ns(n as i64 * 20_000_000), piece, &mut end);
        }
        activity.end(end);
        all
    }

    #[test]
    fn somebody_speaks() {
        let spoken = [(5.0, 9.0), (12.0, 13.0), (20.0, 24.0)];
        for noise in [0.0, 30.0, 300.0] {
            let all = heard(noise, 8000.0, &spoken, 30.0);
            let of_them: Vec<_> = all.iter().filter(|(from, ..)| *from > 3.0).collect();
            assert_eq!(of_them.len(), 3, "{noise}: {all:?}");
            for ((from, to, loudest), (began, ended)) in of_them.iter().zip(spoken) {
                assert!((from - began).abs() < 0.2 && (to - ended).abs() < 0.2, "{noise}: {all:?}");
                assert!((-16.0..-12.0).contains(loudest), "{all:?}");
            }
        }
    }

    #[test]
    fn nobody_speaks() {
        assert_eq!(heard(0.0, 0.0, &[], 20.0), []);
        // A squelch that stands open is noise: at first it may be anything.
        assert!(heard(3000.0, 0.0, &[], 120.0).iter().all(|(_, to, _)| *to < 4.0));
        // A click is not a word.
        assert_eq!(heard(10.0, 8000.0, &[(5.0, 5.04)], 20.0), []);
    }

    #[test]
    fn what_never_ends_is_told_in_pieces() {
        let all = heard(0.0, 8000.0, &[(1.0, 150.0)], 152.0);
        assert_eq!(all.len(), 3, "{all:?}");
        assert!(all.windows(2).all(|pair| (pair[0].1 - pair[1].0).abs() < 0.1), "{all:?}");
    }
}
