//! When all that the core remembers is written down again.

use units::UtcTime;

/// To come to any instant takes telling the core what came behind a keyframe. That costs by entry, and by track and second:
/// what it looks at each second, whoever says something. As measured with 5,000 vessels, microseconds ...
const ENTRY_US: f64 = 8.0;
const TRACK_SECOND_US: f64 = 0.8;
/// ... and no more than so much is to be told, microseconds ...
const MOST_US: f64 = 100_000.0;
/// ... but where there is much, a keyframe costs too: so long there is none, seconds.
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
    pub fn is_due(&self, now: UtcTime, entries: u64, tracks: usize) -> bool {
        let stretch = |at: UtcTime| at.unix_s().div_euclid(self.every_s);
        self.last.is_some_and(|(at, before)| {
            let (told, since_s) = (entries.saturating_sub(before), now.since(at));
            let us = told as f64 * ENTRY_US + since_s * tracks as f64 * TRACK_SECOND_US;
            stretch(at) != stretch(now) || (us >= MOST_US && since_s >= LEAST_S)
        })
    }

    /// One has been taken.
    pub const fn took(&mut self, now: UtcTime, entries: u64) {
        self.last = Some((now, entries));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_often_where_more_would_have_to_be_told() {
        let at = |s| UtcTime::from_unix_s(1_764_000_000).plus_s(s);
        let mut pace = Pace::new(30);
        assert!(!pace.is_due(at(0.0), 0, 0), "nobody has asked for the first");
        pace.took(at(1.0), 0);
        // Few vessels, much said, many vessels; never at once.
        let first = |per_s: u64, tracks| {
            (2..40).find(|s| pace.is_due(at(f64::from(*s)), per_s * (*s as u64 - 1), tracks))
        };
        assert_eq!(first(10, 100), Some(30));
        assert_eq!(first(1500, 100), Some(10));
        assert_eq!(first(390, 5000), Some(16));
        assert_eq!(first(20_000, 20_000), Some(6));
    }
}
