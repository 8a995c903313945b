//! Distress beacon (412): an AIS-SART, a man overboard or an EPIRB that transmits, or something that says so.

use crate::alert::{About, Evidence, Judgement, Key, Kind, Priority, Signal};
use crate::{Judge, Scene};
use fusion::{Life, Track, TrackId};
use units::MmsiKind;

/// Navigational status: active, and under test (ITU-R M.1371-5 table 45).
const ACTIVE: u8 = 14;
/// No raft or swimmer goes faster than this, knots.
const TOO_FAST_KN: f64 = 15.0;

/// The judge of beacons; it remembers nothing.
#[derive(Debug)]
pub(crate) struct Beacons;

impl Judge for Beacons {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        let is_beacon = track.identity.mmsi.is_some_and(|mmsi| mmsi.kind() == MmsiKind::Distress);
        let is_active = track.nav_status == Some(ACTIVE);
        let key = Key::one(Kind::DistressBeacon, track.id, About::Nothing);
        if !is_beacon && !is_active {
            if scene.ledger.is_case(&key) {
                scene.signal(Signal::Off, &Judgement::of(key, Evidence::Fact));
            }
            return;
        }
        // One burst may be an error: a track that has been heard twice is confirmed.
        if track.life == Life::Tentative {
            return;
        }
        let is_fast = crate::motion::sog_kn(track) > TOO_FAST_KN;
        let (name, priority) = match (is_beacon, is_active, is_fast) {
            (true, true, false) => ("distress beacon", Priority::Emergency),
            (true, true, true) => ("doubtful distress beacon", Priority::Caution),
            (true, false, _) => ("distress beacon under test", Priority::Caution),
            (false, ..) => ("distress status of a ship", Priority::Caution),
        };
        let name = match track.identity.mmsi {
            Some(mmsi) => format!("{name} {mmsi}"),
            None => name.to_owned(),
        };
        let judgement = Judgement {
            name: Some(&name),
            priority: Some(priority),
            rank: 1.0,
            ..Judgement::of(key, Evidence::Fact)
        };
        scene.signal(Signal::On, &judgement);
    }

    fn gone(&mut self, _id: TrackId, _scene: &mut Scene<'_>) {}
}
