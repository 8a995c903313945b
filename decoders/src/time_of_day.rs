//! Times of day without a date.

use std::fmt;
use units::UtcTime;

const DAY_MS: i64 = 86_400_000;

/// A time of day by a terminal's clock, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay {
    ms: u32,
}

impl TimeOfDay {
    /// `None` where there is no such time.
    #[must_use]
    pub const fn new(hour: u8, minute: u8, second: u8, ms: u16) -> Option<Self> {
        if hour > 23 || minute > 59 || second > 59 || ms > 999 {
            return None;
        }
        Some(Self { ms: ((hour as u32 * 60 + minute as u32) * 60 + second as u32) * 1000 + ms as u32 })
    }

    /// From `hhmm`, `hhmmss` or `hhmmss.ss`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let dot = memchr::memchr(b'.', text).unwrap_or(text.len());
        let (digits, decimals) = text.split_at_checked(dot)?;
        let mut decimals = decimals.iter().skip(1);
        let two = |pair: &[u8]| match pair {
            [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some((a - b'0') * 10 + b - b'0'),
            _ => None,
        };
        let mut pairs = digits.chunks(2).map(two);
        let (hour, minute) = (pairs.next()??, pairs.next()??);
        let second = pairs.next().unwrap_or(Some(0))?;
        if pairs.next().is_some() {
            return None;
        }
        let mut ms = 0;
        for scale in [100, 10, 1] {
            match decimals.next() {
                Some(digit) if digit.is_ascii_digit() => ms += u16::from(digit - b'0') * scale,
                Some(_) => return None,
                None => break,
            }
        }
        Self::new(hour, minute, second, ms)
    }

    /// Hour, minute, second, millisecond.
    #[must_use]
    pub const fn parts(self) -> (u8, u8, u8, u16) {
        let s = self.ms / 1000;
        ((s / 3600) as u8, (s / 60 % 60) as u8, (s % 60) as u8, (self.ms % 1000) as u16)
    }

    /// The time of day of an instant, by a clock that is so many seconds ahead of UTC.
    #[must_use]
    pub const fn of(at: UtcTime, ahead_s: i32) -> Self {
        let ms = at.unix_ns().div_euclid(1_000_000) + ahead_s as i64 * 1000;
        Self { ms: ms.rem_euclid(DAY_MS) as u32 }
    }

    /// The instant nearest to an arrival, 12 hours before it or after, that a clock so many seconds ahead of UTC shows
    /// as this. Nearest and not last: two clocks that differ by a second must not differ by a day.
    #[must_use]
    pub fn near(self, arrival: UtcTime, ahead_s: i32) -> UtcTime {
        let now_ms = arrival.unix_ns().div_euclid(1_000_000);
        let behind_ms = i64::from(Self::of(arrival, ahead_s).ms) - i64::from(self.ms);
        let behind_ms = (behind_ms + DAY_MS / 2).rem_euclid(DAY_MS) - DAY_MS / 2;
        UtcTime::from_unix_ns((now_ms - behind_ms).saturating_mul(1_000_000))
    }
}

impl fmt::Display for TimeOfDay {
    /// `hh:mm:ss.cc`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second, ms) = self.parts();
        write!(f, "{hour:02}:{minute:02}:{second:02}.{:02}", ms / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_finds_its_day() {
        // 2023-11-14 22:13:20 UTC, 06:13:20 on the next day in Beijing.
        let arrival = UtcTime::from_unix_s(1_700_000_000);
        let cases = [
            ("061320", 8, 0),
            ("061310.50", 8, -9),
            ("0613", 8, -20),
            ("061325", 8, 5),       // A clock that is fast.
            ("181321", 8, -43_199), // Almost 12 hours ago.
            ("221320", 0, 0),
            ("221320", 8, -8 * 3600), // UTC taken for Beijing's.
            ("000000", 0, 6400),
        ];
        for (text, hours, expected) in cases {
            let time = TimeOfDay::parse(text.as_bytes()).unwrap();
            let at = time.near(arrival, hours * 3600);
            assert_eq!(at.unix_s() - arrival.unix_s(), expected - i64::from(text.contains('.')), "{text}");
            assert_eq!(TimeOfDay::of(at, hours * 3600), time);
        }
        for wrong in ["", "1", "24", "2400", "000060", "00000000", "0000xx", "000000.x"] {
            assert_eq!(TimeOfDay::parse(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
