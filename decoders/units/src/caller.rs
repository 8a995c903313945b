//! By what number a vessel is known on the air.

use crate::Mmsi;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The card of a BeiDou terminal: its user address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Card(pub u64);

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a JT/T 808 terminal: up to 20 digits, two a byte, the same whichever edition sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Terminal(pub [u8; 10]);

impl fmt::Display for Terminal {
    /// Without leading zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits =
            self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]).skip_while(|digit| *digit == 0);
        digits.try_for_each(|digit| write!(f, "{digit:x}"))
    }
}

/// Who speaks. A vessel that has several goes by the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Caller {
    /// By AIS, or by a terminal that is known to be of this vessel.
    Mmsi(Mmsi),
    /// By a card of which no MMSI is known.
    Card(Card),
    /// By a terminal of which no MMSI is known.
    Terminal(Terminal),
}

impl Caller {
    /// Its MMSI.
    #[must_use]
    pub const fn mmsi(self) -> Option<Mmsi> {
        match self {
            Self::Mmsi(mmsi) => Some(mmsi),
            Self::Card(_) | Self::Terminal(_) => None,
        }
    }
}

impl From<Mmsi> for Caller {
    fn from(mmsi: Mmsi) -> Self {
        Self::Mmsi(mmsi)
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mmsi(mmsi) => mmsi.fmt(f),
            Self::Card(card) => write!(f, "card {card}"),
            Self::Terminal(terminal) => write!(f, "terminal {terminal}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_shown_as_people_write_them() {
        let terminal = Terminal([0, 0, 0, 0, 1, 0x39, 0x12, 0x34, 0x56, 0x78]);
        let shown = [
            Caller::from(Mmsi::new(412_001_234).unwrap()),
            Caller::Card(Card(312_194)),
            Caller::Terminal(terminal),
        ];
        assert_eq!(shown.map(|who| who.to_string()), ["412001234", "card 312194", "terminal 13912345678"]);
    }
}
