//! Speed limit (306): a vessel goes faster over the ground than a zone allows, or through the water where the zone says so.

use super::Case;
use crate::Scene;
use crate::alert::{Delays, Evidence, Judgement, Kind, Signal, Unit};
use crate::motion::through_water_kn;

/// So much faster is not told.
const TOLERANCE_KN: f64 = 1.0;
const ON_S: f64 = 60.0;
const OFF_S: f64 = 10.0;

pub(super) fn judge(case: &Case<'_>, scene: &mut Scene<'_>) {
    let (Some(limit_kn), Some(sog)) = (case.zone.speed_kn, case.track.sog()) else { return };
    let speed_kn =
        if case.zone.speed_through_water { through_water_kn(case.track, scene.moment) } else { sog.value() };
    let judgement = Judgement {
        delays: Delays { on_s: ON_S, off_s: OFF_S },
        ..case.judgement(Kind::SpeedLimit, Evidence::against(speed_kn, limit_kn, Unit::Knots))
    };
    let is_fast = case.is_inside() && speed_kn > limit_kn + TOLERANCE_KN;
    scene.signal(Signal::of(is_fast, case.is_clear() || speed_kn < limit_kn), &judgement);
}
