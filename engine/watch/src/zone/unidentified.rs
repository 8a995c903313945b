//! Unidentified (404): a vessel is in a zone where everybody must say who they are, and does not.

use super::Case;
use crate::Scene;
use crate::alert::{Evidence, Kind, Signal, Unit};

const PATIENCE_S: f64 = 300.0;

pub(super) fn judge(case: &Case<'_>, scene: &mut Scene<'_>) {
    let stayed_s = case.visit.entered.map_or(0.0, |entered| scene.moment.now.since(entered));
    let is_named = case.track.identity.mmsi.is_some();
    let holds = case.is_inside() && !is_named && stayed_s >= PATIENCE_S;
    let judgement = case.judgement(Kind::Unidentified, Evidence::of(stayed_s, Unit::Seconds));
    scene.signal(Signal::of(holds, case.is_clear() || is_named), &judgement);
}
