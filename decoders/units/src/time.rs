use serde::{Deserialize, Serialize};

const NS_PER_S: i64 = 1_000_000_000;

/// An instant: nanoseconds since 1970-01-01 00:00 UTC, leap seconds not counted. From 1677 to 2262.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UtcTime(i64);

impl UtcTime {
    /// From nanoseconds since 1970.
    #[must_use]
    pub const fn from_unix_ns(ns: i64) -> Self {
        Self(ns)
    }

    /// From microseconds since 1970; beyond the range, the nearest end of it.
    #[must_use]
    pub const fn from_unix_us(us: i64) -> Self {
        Self(us.saturating_mul(1000))
    }

    /// From whole seconds since 1970; beyond the range, the nearest end of it.
    #[must_use]
    pub const fn from_unix_s(seconds: i64) -> Self {
        Self(seconds.saturating_mul(NS_PER_S))
    }

    /// Nanoseconds since 1970.
    #[must_use]
    pub const fn unix_ns(self) -> i64 {
        self.0
    }

    /// Microseconds since 1970, rounded down.
    #[must_use]
    pub const fn unix_us(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub const fn unix_s(self) -> i64 {
        self.0.div_euclid(NS_PER_S)
    }

    /// Seconds from `earlier` to this instant; negative where this one is earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / NS_PER_S as f64
    }

    /// The instant nearest to this one whose UTC second of the minute is `second`.
    #[must_use]
    pub fn nearest_second(self, second: u8) -> Self {
        let minute = self.unix_s().div_euclid(60).saturating_mul(60).saturating_add(i64::from(second));
        let candidates = [-60, 0, 60].map(|more| Self::from_unix_s(minute.saturating_add(more)));
        candidates
            .into_iter()
            .min_by(|a, b| a.since(self).abs().total_cmp(&b.since(self).abs()))
            .unwrap_or(self)
    }

    /// The instant that many seconds later, to the nanosecond; the nearest end of the range beyond it.
    #[must_use]
    pub fn plus_s(self, seconds: f64) -> Self {
        Self(self.0.saturating_add((seconds * NS_PER_S as f64).round() as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_stays_in_range() {
        let noon = UtcTime::from_unix_s(1_764_000_000);
        assert_eq!(noon.plus_s(-0.25).unix_ns(), 1_763_999_999_750_000_000);
        assert_eq!(noon.plus_s(2.5).since(noon), 2.5);
        assert_eq!(UtcTime::from_unix_ns(-1).unix_s(), -1);
        assert_eq!(UtcTime::from_unix_s(i64::MAX).plus_s(f64::MAX).unix_ns(), i64::MAX);
        assert_eq!(noon.plus_s(f64::NAN), noon);
        for (at, second, nearest) in
            [(0.4, 58, -2), (0.4, 2, 2), (0.4, 31, -29), (59.9, 1, 61), (31.0, 0, 60)]
        {
            assert_eq!(
                noon.plus_s(at).nearest_second(second),
                noon.plus_s(f64::from(nearest)),
                "{at} {second}"
            );
        }
        for end in [i64::MIN, i64::MAX] {
            let _ = UtcTime::from_unix_ns(end).nearest_second(59);
        }
    }
}
