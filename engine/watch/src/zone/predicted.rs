//! Predicted intrusion (304): as it goes, a vessel will be in a zone soon.
//!
//! Looked at while the vessel is in the buffer of the zone or its way leads there; the buffer of such a zone is as
//! wide as its configuration says.

use super::Case;
use crate::Scene;
use crate::alert::{Delays, Evidence, Judgement, Kind, Signal, Unit};

const ON_S: f64 = 10.0;
const OFF_S: f64 = 20.0;
/// How finely the way is looked at, parts.
const STEPS: u32 = 16;

pub(super) fn judge(case: &Case<'_>, scene: &mut Scene<'_>) {
    let Some(ahead_s) = case.zone.predict_s else { return };
    let now = scene.moment.now;
    let at = case.track.position_at(now);
    // Inside it is 301 or 303.
    let hits = |part: u32| {
        let t = now.plus_s(ahead_s * f64::from(part) / f64::from(STEPS));
        case.shape.is_cut(at, case.track.position_at(t))
    };
    let is_heading_there = !case.is_inside() && !case.zone.permits(case.track) && hits(STEPS);
    let first = if is_heading_there { (1..=STEPS).find(|part| hits(*part)) } else { None };
    let entry_s = first.map(|part| ahead_s * f64::from(part) / f64::from(STEPS));
    let evidence = Evidence::Measured {
        value: entry_s.unwrap_or(0.0),
        limit: Some(ahead_s),
        time_s: entry_s,
        unit: Unit::Seconds,
    };
    let judgement = Judgement {
        delays: Delays { on_s: ON_S, off_s: OFF_S },
        ..case.judgement(Kind::PredictedIntrusion, evidence)
    };
    scene.signal(Signal::of(is_heading_there, !is_heading_there), &judgement);
}
