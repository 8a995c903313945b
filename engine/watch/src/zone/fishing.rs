//! Fishing where not allowed (507): a fishing vessel works in a closed area: it says that it fishes, or goes as
//! slowly as one that does, for a quarter of an hour.

use super::Case;
use crate::Scene;
use crate::alert::{Delays, Evidence, Judgement, Kind, Signal};

const WORK_KN: std::ops::Range<f64> = 0.5..6.0;
const ON_S: f64 = 900.0;
const OFF_S: f64 = 120.0;
const FISHING_VESSEL: u8 = 30;
const FISHES: u8 = 7;

pub(super) fn judge(case: &Case<'_>, scene: &mut Scene<'_>) {
    let track = case.track;
    let says_so = track.nav_status == Some(FISHES);
    let is_slow = track.sog().is_some_and(|sog| WORK_KN.contains(&sog.value()));
    let is_one = says_so || track.identity.ship_type == Some(FISHING_VESSEL);
    let holds = case.is_inside() && is_one && is_slow && !case.zone.permits(track);
    let judgement = Judgement {
        delays: Delays { on_s: ON_S, off_s: OFF_S },
        ..case.judgement(Kind::FishingPattern, Evidence::Fact)
    };
    scene.signal(Signal::of(holds, case.is_clear() || !is_slow), &judgement);
}
