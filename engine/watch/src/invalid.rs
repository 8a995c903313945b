//! Invalid identity (407): an MMSI that no ship can have.

use crate::alert::{About, Evidence, Judgement, Key, Kind, Signal};
use crate::{Judge, Scene, is_live};
use fusion::{Station, Track, TrackId};
use units::{Mmsi, MmsiKind};

/// What devices send before anybody has told them who they are.
const DEFAULTS: [u32; 6] = [0, 1, 111_111_111, 123_456_789, 412_000_000, 999_999_999];

/// Whether a number cannot be that of a vessel.
pub(crate) fn is_invalid(mmsi: Mmsi) -> bool {
    let is_digits_alike = mmsi.number().is_multiple_of(111_111_111);
    let is_somebody = matches!(
        mmsi.kind(),
        MmsiKind::Ship | MmsiKind::Craft | MmsiKind::Aircraft | MmsiKind::Distress | MmsiKind::Aid
    );
    DEFAULTS.contains(&mmsi.number()) || is_digits_alike || !is_somebody
}

/// The judge of numbers; it remembers nothing.
#[derive(Debug)]
pub(crate) struct Invalid;

impl Judge for Invalid {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        if !is_live(track) || track.station == Some(Station::Aircraft) {
            return;
        }
        let is_wrong = track.identity.mmsi.is_some_and(is_invalid);
        let key = Key::one(Kind::InvalidIdentity, track.id, About::Nothing);
        scene.signal(Signal::of(is_wrong, !is_wrong), &Judgement::of(key, Evidence::Fact));
    }

    fn gone(&mut self, _id: TrackId, _scene: &mut Scene<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_a3_numbers_that_no_ship_has() {
        // RISK.md A3.
        for (number, expected) in [
            (413_000_001, false),
            (201_000_000, false),
            (775_999_999, false),
            (200_999_999, true),
            (776_000_000, true),
            (111_111_111, true),
            (123_456_789, true),
            (0, true),
            (412_000_000, true),
            (12_345, true),
        ] {
            assert_eq!(is_invalid(Mmsi::new(number).unwrap()), expected, "{number}");
        }
    }
}
