//! The date that a time of day lacks.

use units::UtcTime;

/// Counts in a day: a time of day is in 1/128 s.
const DAY: u32 = 86_400 * 128;

/// The instant of a time of day, in counts of 1/128 s since midnight UTC: on the day that puts it nearest to
/// `arrival`. `None` for what is past the end of a day, as corrupt records and other editions have it.
#[must_use]
pub fn instant(time_of_day: u32, arrival: UtcTime) -> Option<UtcTime> {
    const DAY_NS: i64 = 86_400 * 1_000_000_000;
    if time_of_day >= DAY {
        return None;
    }
    let since_midnight = i64::from(time_of_day) * 1_000_000_000 / 128;
    let arrived = arrival.unix_ns();
    let ahead = (since_midnight - arrived.rem_euclid(DAY_NS) + DAY_NS / 2).rem_euclid(DAY_NS) - DAY_NS / 2;
    Some(UtcTime::from_unix_ns(arrived.saturating_add(ahead)))
}

/// The time of day of an instant, in counts of 1/128 s, rounded to the nearest.
#[must_use]
pub fn time_of_day(instant: UtcTime) -> u32 {
    let ns = instant.unix_ns().rem_euclid(86_400 * 1_000_000_000);
    ((ns * 128 + 500_000_000) / 1_000_000_000) as u32 % DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_on_the_day_nearest_to_its_arrival() {
        const MIDNIGHT: i64 = 1_764_028_800;
        let at = |s: f64| UtcTime::from_unix_s(MIDNIGHT).plus_s(s);
        let cases = [
            // Sent just before midnight, arrived just after, and the other way about.
            (at(0.5), 86_399 * 128 + 64, Some(at(-0.5))),
            (at(-0.5), 64, Some(at(0.5))),
            (at(3600.0), 3600 * 128, Some(at(3600.0))),
            (at(43_199.0), 0, Some(at(0.0))),
            (at(43_201.0), 0, Some(at(86_400.0))),
            (at(0.0), DAY - 1, Some(UtcTime::from_unix_ns(at(0.0).unix_ns() - 7_812_500))),
            (at(0.0), DAY, None),
        ];
        for (arrival, counts, expected) in cases {
            assert_eq!(instant(counts, arrival), expected, "{counts} at {arrival:?}");
        }
        assert_eq!((time_of_day(at(-0.001)), time_of_day(at(1.25))), (0, 160));
    }
}
