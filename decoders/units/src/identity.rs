use serde::{Deserialize, Serialize};
use std::fmt;

/// A maritime mobile service identity as it was heard: any 30-bit number (ITU-R M.585-9 says which mean what).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mmsi(u32);

/// What the leading digits say a station is (ITU-R M.585-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MmsiKind {
    /// A ship: MID first.
    Ship,
    /// A group of ships: 0 MID.
    Group,
    /// A coast station: 00 MID.
    Coast,
    /// A search and rescue aircraft: 111 MID.
    Aircraft,
    /// A craft of a parent ship: 98 MID.
    Craft,
    /// An aid to navigation: 99 MID.
    Aid,
    /// A distress transmitter: 970 (SART), 972 (man overboard), 974 (EPIRB).
    Distress,
    /// Anything else that was heard on the air.
    Other,
}

impl Mmsi {
    /// `None` above 30 bits: no message can carry that.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number < 1 << 30 { Some(Self(number)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// What the digits say.
    #[must_use]
    pub const fn kind(self) -> MmsiKind {
        match self.0 {
            970_000_000..=970_999_999 | 972_000_000..=972_999_999 | 974_000_000..=974_999_999 => {
                MmsiKind::Distress
            }
            980_000_000..=989_999_999 => MmsiKind::Craft,
            990_000_000..=999_999_999 => MmsiKind::Aid,
            111_000_000..=111_999_999 => MmsiKind::Aircraft,
            201_000_000..=775_999_999 => MmsiKind::Ship,
            20_100_000..=77_599_999 => MmsiKind::Group,
            2_010_000..=7_759_999 => MmsiKind::Coast,
            _ => MmsiKind::Other,
        }
    }
}

impl fmt::Display for Mmsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}", self.0)
    }
}

/// An IMO ship number whose check digit is right (IMO resolution A.1117(30)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Imo(u32);

impl Imo {
    /// `None` where it is not seven digits or the last one does not check.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number < 1_000_000 || number > 9_999_999 {
            return None;
        }
        let (mut rest, mut weight, mut sum) = (number / 10, 2, 0);
        while rest > 0 {
            sum += rest % 10 * weight;
            rest /= 10;
            weight += 1;
        }
        if sum % 10 == number % 10 { Some(Self(number)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Imo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:07}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_imo_number_checks_its_last_digit() {
        // 9074729 is the worked example of the resolution.
        assert_eq!(Imo::new(9_074_729).map(Imo::number), Some(9_074_729));
        for wrong in [9_074_728, 0, 907_472, 10_000_000] {
            assert_eq!(Imo::new(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_mmsi_says_what_it_is() {
        use MmsiKind::{Aid, Aircraft, Coast, Craft, Distress, Group, Other, Ship};
        let cases = [
            (413_000_001, Ship),
            (41_300_000, Group),
            (4_121_111, Coast),
            (111_232_506, Aircraft),
            (982_191_000, Craft),
            (994_136_001, Aid),
            (970_010_001, Distress),
            (123, Other),
            ((1 << 30) - 1, Other),
        ];
        for (number, kind) in cases {
            assert_eq!(Mmsi::new(number).map(Mmsi::kind), Some(kind), "{number}");
        }
        assert_eq!(Mmsi::new(1 << 30), None);
        assert_eq!(Mmsi::new(4_121_111).map(|m| m.to_string()).as_deref(), Some("004121111"));
    }
}
