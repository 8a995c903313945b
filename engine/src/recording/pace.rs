//! When all that the core remembers is written down again.

use units::UtcTime;

/// To come to any instant takes telling the core what came behind a keyframe: no more than so many entries, about a
/// tenth of a second ...
const MOST_ENTRIES: u64 = 12_000;
/// ... but where much is heard, a keyframe costs too: so long there is none, seconds.
const LEAST_S: f64 = 5.0;

/// Since the last keyframe.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    every_s: i64,
    last: Option<(UtcTime, u64)>,
}

impl Pace {
    /// One in every stretch of so many seconds, or more.
    #[must_use]
    pub const fn new(every_s: i64) -> Self {
        Self { every_s, last: None }
    }

    /// Whether it is time; before the first, only where somebody wants one.
    #[must_use]
    pub fn is_due(&self, now: UtcTime, entries: u64) -> bool {
        let stretch = |at: UtcTime| at.unix_s().div_euclid(self.every_s);
        self.last.is_some_and(|(at, before)| {
            let is_long = entries.saturating_sub(before) >= MOST_ENTRIES && now.since(at) >= LEAST_S;
            stretch(at) != stretch(now) || is_long
        })
    }

    /// One has been taken.
    pub const fn took(&mut self, now: UtcTime, entries: u64) {
        self.last = Some((now, entries));
    }
}
