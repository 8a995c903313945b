//! Fewer samples per second, without what would fold back into them.

use super::RATE_HZ;
use std::f64::consts::PI;

/// Half the length of the filter, in samples of the slower rate.
const HALF: usize = 16;
/// What passes, as a part of half the slower rate.
const PASS: f64 = 0.86;

/// From a faster rate to [`RATE_HZ`]: a sinc under a Hann window, evaluated where each sample falls. What comes out is
/// `HALF` of its samples (2 ms) late.
#[derive(Debug)]
pub(super) struct Slower {
    from_hz: u32,
    /// What has come and is still needed, after `half` samples of silence.
    waiting: Vec<f32>,
    /// Of the next sample, within `waiting`, in parts of [`RATE_HZ`].
    next: u64,
}

impl Slower {
    pub fn new(from_hz: u32) -> Self {
        let half = Self::half(from_hz);
        Self { from_hz, waiting: vec![0.0; 2 * half], next: half as u64 * u64::from(RATE_HZ) }
    }

    pub const fn rate_hz(&self) -> u32 {
        self.from_hz
    }

    const fn half(from_hz: u32) -> usize {
        HALF * from_hz as usize / RATE_HZ as usize + 1
    }

    /// Takes some, and adds what they give.
    pub fn take(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        self.waiting.extend(samples.iter().map(|sample| f32::from(*sample)));
        let (half, rate) = (Self::half(self.from_hz), u64::from(RATE_HZ));
        let pass = PASS * f64::from(RATE_HZ) / f64::from(self.from_hz);
        loop {
            let at = (self.next / rate) as usize;
            let Some(near) = self.waiting.get(at - half..=at + half) else { break };
            let part = (self.next % rate) as f64 / f64::from(RATE_HZ);
            let (mut sum, mut weights) = (0.0, 0.0);
            for (n, sample) in near.iter().enumerate() {
                let x = n as f64 - half as f64 - part;
                let window = 0.5 + 0.5 * (PI * x / (half + 1) as f64).cos();
                let sinc = if x == 0.0 { 1.0 } else { (PI * pass * x).sin() / (PI * pass * x) };
                sum += f64::from(*sample) * sinc * window;
                weights += sinc * window;
            }
            out.push((sum / weights).round().clamp(-32_768.0, 32_767.0) as i16);
            self.next += u64::from(self.from_hz);
        }
        let done = (self.next / rate) as usize - half;
        self.waiting.drain(..done.min(self.waiting.len()));
        self.next -= done as u64 * rate;
    }
}
