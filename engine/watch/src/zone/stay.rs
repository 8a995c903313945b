//! Stay (305): a vessel is in a zone for too long, or was for too short.

use super::{Case, Whereabouts};
use crate::Scene;
use crate::alert::{Evidence, Kind, Signal, Unit};

pub(super) fn judge(case: &Case<'_>, scene: &mut Scene<'_>) {
    let now = scene.moment.now;
    let stayed_s = case.visit.entered.map_or(0.0, |entered| now.since(entered));
    let (least_s, most_s) = (case.zone.stay_min_s, case.zone.stay_max_s);
    let evidence = |limit_s: f64| Evidence::against(stayed_s, limit_s, Unit::Seconds);
    if let Some(most_s) = most_s {
        let is_long = stayed_s > most_s && !case.zone.permits(case.track);
        let signal = Signal::of(is_long && !case.is_clear(), case.is_clear());
        scene.signal(signal, &case.judgement(Kind::Stay, evidence(most_s)));
    }
    if let (Some(least_s), Whereabouts::Clear { .. }, Some(entered)) =
        (least_s, case.whereabouts, case.visit.entered)
        && stayed_s < least_s
    {
        scene.flash(&case.judgement(Kind::Stay, evidence(least_s)), entered);
    }
}
