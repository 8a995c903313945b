//! When each packet's sound was: the sender's clock counts samples, ours says when packets came.

use super::Sound;
use std::collections::VecDeque;
use units::UtcTime;

/// Packets that came so long ago no longer tell how late the next one is.
const WINDOW_NS: i64 = 20_000_000_000;
/// No more of them are kept.
const MOST: usize = 1024;
/// The sender's clock is not what it was: it has begun to count anew.
const ANEW_NS: u64 = 1_000_000_000;
/// A clock that has gone so far wrong is set right, even in the midst of talk ...
const WRONG_NS: u64 = 10_000_000;
/// ... and without hesitation where nobody was heard for so long.
const PAUSE_NS: i64 = 100_000_000;

/// Places the packets of one sender on our clock. A packet comes late, never early: those that came soonest of late tell
/// what the sender's clock shows, and the sender's clock tells the rest, so that talk is not torn by the network.
#[derive(Debug, Default)]
pub struct Placing {
    sender: Option<(u32, u32)>,
    /// The sender's ticks without their wrapping around.
    ticks: i64,
    timestamp: u32,
    /// When a packet came, and how much our clock was then ahead of the sender's: each later than the one before, and
    /// more ahead.
    ahead: VecDeque<(i64, i64)>,
    /// What the sender's clock is thought to be behind ours.
    base_ns: Option<i64>,
    /// Until when there was sound.
    until_ns: i64,
}

impl Placing {
    /// When the first sample of a packet was, that came at `arrival`.
    pub fn place(&mut self, sound: &Sound<'_>, arrival: UtcTime) -> UtcTime {
        let arrival_ns = arrival.unix_ns();
        let sender = Some((sound.ssrc, sound.clock_hz));
        if self.sender == sender {
            let since = sound.timestamp.wrapping_sub(self.timestamp) as i32;
            self.ticks += i64::from(since);
        } else {
            *self = Self { sender, ..Self::default() };
        }
        self.timestamp = sound.timestamp;
        let clock_ns = (i128::from(self.ticks) * 1_000_000_000 / i128::from(sound.clock_hz.max(1))) as i64;
        let length_ns = sound.samples.len() as i64 * 1_000_000_000 / i64::from(super::RATE_HZ);
        // It was sent when its last sample was taken.
        let ahead_ns = arrival_ns.saturating_sub(length_ns).saturating_sub(clock_ns);
        if self.ahead.front().is_some_and(|(_, least)| ahead_ns.abs_diff(*least) > ANEW_NS) {
            self.ahead.clear();
            self.base_ns = None;
        }
        while self.ahead.back().is_some_and(|(_, other)| *other >= ahead_ns) {
            self.ahead.pop_back();
        }
        self.ahead.push_back((arrival_ns, ahead_ns));
        while self.ahead.len() > MOST
            || self.ahead.front().is_some_and(|(came, _)| *came < arrival_ns.saturating_sub(WINDOW_NS))
        {
            self.ahead.pop_front();
        }
        let least = self.ahead.front().map_or(ahead_ns, |(_, least)| *least);
        let is_pause = clock_ns.saturating_add(least) > self.until_ns.saturating_add(PAUSE_NS);
        let base_ns = match self.base_ns {
            Some(base_ns) if !is_pause && base_ns.abs_diff(least) < WRONG_NS => base_ns,
            _ => least,
        };
        self.base_ns = Some(base_ns);
        let at_ns = clock_ns.saturating_add(base_ns);
        self.until_ns = self.until_ns.max(at_ns.saturating_add(length_ns));
        UtcTime::from_unix_ns(at_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START_NS: i64 = 1_700_000_000_000_000_000;

    /// An hour of a sender whose clock is wrong by so many parts in a million, each packet late by up to 40 ms: when its
    /// sound is said to be, less when it was.
    fn errors(ppm: f64, first: u32, seed: u64) -> Vec<f64> {
        let (mut placing, mut dice, samples) = (Placing::default(), seed, [0_i16; 160]);
        let mut errors = Vec::new();
        for n in 0..180_000_u32 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let late_ns = 1_000_000 + (dice >> 33) as i64 % 40_000_000;
            let spoken_ns = START_NS + (f64::from(n) * 20e6 * (1.0 + ppm * 1e-6)) as i64;
            // Talk of 8 s, and silence of 12 s.
            if n % 1000 >= 400 {
                continue;
            }
            let timestamp = first.wrapping_add(n * 160);
            let sound = Sound { ssrc: 1, timestamp, clock_hz: 8000, is_marked: false, samples: &samples };
            let at = placing.place(&sound, UtcTime::from_unix_ns(spoken_ns + 20_000_000 + late_ns));
            // The network's least delay nobody can know.
            errors.push((at.unix_ns() - spoken_ns - 1_000_000) as f64 / 1e6);
        }
        errors
    }

    #[test]
    fn an_hour_of_a_wrong_clock_over_a_bad_network() {
        for (ppm, first) in [(0.0, 0), (200.0, 7), (-200.0, u32::MAX - 1000)] {
            let errors = errors(ppm, first, 42);
            let worst = errors.iter().skip(20).fold(0.0_f64, |worst, error| worst.max(error.abs()));
            assert!(worst < 45.0, "{ppm}: {worst}");
            let mean = errors.iter().sum::<f64>() / errors.len() as f64;
            assert!(mean.abs() < 5.0, "{ppm}: {mean}");
            // Within a spurt nothing is torn but where the clock is set right.
            let torn = errors.windows(2).filter(|pair| (pair[1] - pair[0]).abs() > 1.0).count();
            assert!(torn < 1000, "{ppm}: {torn}");
        }
    }

    #[test]
    fn a_clock_that_begins_anew() {
        let (mut placing, samples) = (Placing::default(), [0_i16; 160]);
        let sound =
            |timestamp, ssrc| Sound { ssrc, timestamp, clock_hz: 8000, is_marked: false, samples: &samples };
        let at = |ms: i64| UtcTime::from_unix_ns(START_NS + ms * 1_000_000);
        assert_eq!(placing.place(&sound(5000, 1), at(20)), at(0));
        assert_eq!(placing.place(&sound(5160, 1), at(45)), at(20));
        assert_eq!(placing.place(&sound(900_000_000, 1), at(60)), at(40));
        assert_eq!(placing.place(&sound(3, 2), at(80)), at(60));
        // Out of turn: its own place.
        assert_eq!(placing.place(&sound(323, 2), at(120)), at(100));
        assert_eq!(placing.place(&sound(163, 2), at(121)), at(80));
    }

    proptest! {
        #[test]
        fn any_packets(all in prop::collection::vec((any::<u32>(), any::<i64>(), 1_u32..100_000), 0..50)) {
            let mut placing = Placing::default();
            for (timestamp, ns, clock_hz) in all {
                let sound = Sound { ssrc: 1, timestamp, clock_hz, is_marked: false, samples: &[0; 160] };
                placing.place(&sound, UtcTime::from_unix_ns(ns));
            }
        }
    }
}
