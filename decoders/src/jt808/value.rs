//! What is sent as decimal digits, two in a byte.

use crate::calendar;
use std::fmt;
use units::UtcTime;

/// A terminal's phone number: what it is known by. Six bytes until 2013, ten since 2019, padded with zeros in front.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone {
    bytes: [u8; 10],
    long: bool,
}

impl Phone {
    /// Six bytes, as until 2013.
    #[must_use]
    pub const fn short([a, b, c, d, e, f]: [u8; 6]) -> Self {
        Self { bytes: [0, 0, 0, 0, a, b, c, d, e, f], long: false }
    }

    /// Ten bytes, as since 2019.
    #[must_use]
    pub const fn long(bytes: [u8; 10]) -> Self {
        Self { bytes, long: true }
    }

    /// From up to 12 digits, or 20 where `long`; `None` where there are none, more, or something else.
    #[must_use]
    pub fn from_digits(digits: &str, long: bool) -> Option<Self> {
        let most = if long { 20 } else { 12 };
        if digits.is_empty() || digits.len() > most || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut phone = Self { bytes: [0; 10], long };
        for (place, digit) in digits.bytes().rev().enumerate() {
            let nibble = digit - b'0';
            if let Some(byte) = phone.bytes.get_mut(9 - place / 2) {
                *byte |= if place % 2 == 0 { nibble } else { nibble << 4 };
            }
        }
        Some(phone)
    }

    /// As it is sent.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        if self.long { &self.bytes } else { self.bytes.get(4..).unwrap_or_default() }
    }

    /// The same number whichever edition sends it: for looking it up.
    #[must_use]
    pub const fn key(&self) -> [u8; 10] {
        self.bytes
    }
}

impl fmt::Display for Phone {
    /// All digits, leading zeros too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({self})")
    }
}

/// A date and time of day as `YYMMDDhhmmss`, by the terminal's clock: UTC+8 unless it was set otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(pub [u8; 6]);

impl Stamp {
    /// Year, month, day, hour, minute, second; `None` where a digit is none. It may be on no calendar.
    #[must_use]
    pub fn civil(self) -> Option<[u32; 6]> {
        let sound = self.0.iter().all(|byte| byte >> 4 < 10 && byte & 15 < 10);
        let [year, month, day, hour, minute, second] =
            self.0.map(|byte| u32::from(byte >> 4) * 10 + u32::from(byte & 15));
        sound.then_some([2000 + year, month, day, hour, minute, second])
    }

    /// The instant, where the terminal's clock is that many seconds ahead of UTC. `None` where it is on no calendar,
    /// or the clock was never set: a day in the year 2000.
    #[must_use]
    pub fn utc(self, ahead_s: i32) -> Option<UtcTime> {
        let civil = self.civil().filter(|[year, ..]| *year > 2000)?;
        let local = calendar::utc(civil, 0)?;
        Some(UtcTime::from_unix_s(local.unix_s() - i64::from(ahead_s)))
    }

    /// An instant as such a clock shows it; the years 2000 to 2099.
    #[must_use]
    pub fn from_utc(at: UtcTime, ahead_s: i32) -> Option<Self> {
        let [year, month, day, hour, minute, second] =
            calendar::civil(UtcTime::from_unix_s(at.unix_s() + i64::from(ahead_s)))?;
        let year = year.checked_sub(2000).filter(|year| *year < 100)?;
        Some(Self([year, month, day, hour, minute, second].map(|n| (n / 10 * 16 + n % 10) as u8)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_digits_in_both_editions() {
        let phone = Phone::from_digits("13912345678", false).unwrap();
        assert_eq!(phone.to_string(), "013912345678");
        let long = Phone::from_digits("13912345678", true).unwrap();
        assert_eq!((long.to_string().as_str(), long.key()), ("00000000013912345678", phone.key()));
        for wrong in ["", "1234567890123", "12a"] {
            assert_eq!(Phone::from_digits(wrong, false), None, "{wrong}");
        }
    }

    #[test]
    fn a_stamp_is_an_instant_by_the_terminals_clock() {
        // 2018-07-15 10:10:10 in Beijing; expected value from `date -u -d '2018-07-15 02:10:10' +%s`.
        let stamp = Stamp([0x18, 0x07, 0x15, 0x10, 0x10, 0x10]);
        let at = UtcTime::from_unix_s(1_531_620_610);
        assert_eq!(stamp.utc(8 * 3600), Some(at));
        assert_eq!(Stamp::from_utc(at, 8 * 3600), Some(stamp));
        for never in [[0; 6], [0x00, 0x01, 0x01, 0, 0, 0], [0x18, 0x13, 0x01, 0, 0, 0], [0x1a, 1, 1, 0, 0, 0]]
        {
            assert_eq!(Stamp(never).utc(0), None, "{never:?}");
        }
    }
}
