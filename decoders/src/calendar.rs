//! Calendar dates to instants.

use units::UtcTime;

/// A date and time of day, UTC, as `[year, month, day, hour, minute, second]` and nanoseconds; `None` where it
/// is on no calendar or beyond the years 1970 to 2200.
#[must_use]
pub fn utc([year, month, day, hour, minute, second]: [u32; 6], ns: u32) -> Option<UtcTime> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    let sound = (1970..=2200).contains(&year)
        && (1..=last).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60
        && ns < 1_000_000_000;
    if !sound {
        return None;
    }
    // Days since 1970, with the year begun in March so that the leap day is its last.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1;
    let seconds = (i64::from(days) - 719_468) * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
    Some(UtcTime::from_unix_ns(seconds * 1_000_000_000 + i64::from(ns)))
}

/// The date and time of day of an instant, UTC, as `[year, month, day, hour, minute, second]`; `None` before 1970 or
/// after 2200.
#[must_use]
pub fn civil(at: UtcTime) -> Option<[u32; 6]> {
    let seconds = u64::try_from(at.unix_s()).ok().filter(|seconds| *seconds < 7_258_118_400)?;
    let (days, second) = (seconds / 86_400 + 719_468, (seconds % 86_400) as u32);
    // Years begun in March, in eras of 400.
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let m = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * m + 2) / 5 + 1;
    let (month, next) = if m < 10 { (m + 3, 0) } else { (m - 9, 1) };
    let year = era * 400 + year_of_era + next;
    Some([year as u32, month as u32, day as u32, second / 3600, second / 60 % 60, second % 60])
}

#[cfg(test)]
mod tests {
    use super::{civil, utc};

    #[test]
    fn dates_become_instants() {
        // Expected values from `date -u -d ... +%s`.
        let cases = [
            ([1970, 1, 1, 0, 0, 0], Some(0)),
            ([2000, 2, 29, 12, 0, 1], Some(951_825_601)),
            ([2016, 3, 31, 0, 0, 1], Some(1_459_382_401)),
            ([2100, 3, 1, 0, 0, 0], Some(4_107_542_400)),
            ([2100, 2, 29, 0, 0, 0], None),
            ([2015, 13, 1, 0, 0, 0], None),
            ([2015, 12, 1, 24, 0, 0], None),
            ([0, 1, 1, 0, 0, 0], None),
        ];
        for (date, expected) in cases {
            assert_eq!(utc(date, 0).map(units::UtcTime::unix_s), expected, "{date:?}");
            assert!(utc(date, 0).is_none_or(|at| civil(at) == Some(date)), "{date:?}");
        }
    }
}
