//! Instants to calendar dates: base stations send the date, ships the date they expect to arrive.

use units::UtcTime;

/// Year, month, day, hour, minute, second, UTC.
pub(crate) fn date(at: UtcTime) -> (u16, u8, u8, u8, u8, u8) {
    let seconds = at.unix_s();
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days since 0000-03-01, so that the leap day is a year's last.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    (year as u16, month as u8, day as u8, hour as u8, minute as u8, second as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_become_dates() {
        // Expected values from `date -u -d @...`.
        let cases = [
            (0, (1970, 1, 1, 0, 0, 0)),
            (951_825_601, (2000, 2, 29, 12, 0, 1)),
            (1_459_382_401, (2016, 3, 31, 0, 0, 1)),
            (4_107_542_400, (2100, 3, 1, 0, 0, 0)),
        ];
        for (seconds, expected) in cases {
            assert_eq!(date(UtcTime::from_unix_s(seconds)), expected);
        }
    }
}
