//! Against the lane (204) and shallow crossing of a lane (206): COLREG rule 10.

use super::Case;
use crate::Scene;
use crate::alert::{Delays, Evidence, Judgement, Kind, Signal, Unit};
use crate::encounter::apart_deg;

/// Slower than this there is no course to speak of, knots.
const STEERAGE_KN: f64 = 2.0;
const AGAINST_DEG: f64 = 90.0;
const AGAINST_CLEAR_DEG: f64 = 70.0;
const AGAINST_ON_S: f64 = 20.0;
/// Shallower than this a vessel joins the lane, steeper it crosses it at right angles.
const SHALLOW_DEG: [f64; 2] = [20.0, 70.0];
const SHALLOW_ON_S: f64 = 60.0;
const OFF_S: f64 = 20.0;
/// Either way across a lane, the angle to it is at most this.
const RIGHT_ANGLE_DEG: f64 = 90.0;

/// Angle between the course and the lane, 0 to 180; `None` without steerage.
fn angle_deg(case: &Case<'_>) -> Option<f64> {
    let (lane, sog, cog) = (case.zone.lane?, case.track.sog()?, case.track.cog()?);
    (sog.value() > STEERAGE_KN).then(|| apart_deg(cog.value(), lane.course_deg))
}

pub(super) fn judge_direction(case: &Case<'_>, scene: &mut Scene<'_>) {
    let angle = angle_deg(case);
    let judgement = Judgement {
        delays: Delays { on_s: AGAINST_ON_S, off_s: OFF_S },
        ..case.judgement(Kind::WrongWay, Evidence::against(angle.unwrap_or(0.0), AGAINST_DEG, Unit::Degrees))
    };
    // A crossing at right angles is no way against the lane.
    let is_against = angle.is_some_and(|angle| angle > AGAINST_DEG + SHALLOW_DEG[0]);
    let is_clear = case.is_clear() || angle.is_none_or(|angle| angle < AGAINST_CLEAR_DEG);
    scene.signal(Signal::of(case.is_inside() && is_against, is_clear), &judgement);
}

pub(super) fn judge_crossing(case: &Case<'_>, scene: &mut Scene<'_>) {
    // The angle to the line of the lane, whichever way it is crossed.
    let angle = angle_deg(case).map(|angle| angle.min(2.0 * RIGHT_ANGLE_DEG - angle));
    let judgement = Judgement {
        delays: Delays { on_s: SHALLOW_ON_S, off_s: OFF_S },
        ..case.judgement(Kind::ShallowCrossing, Evidence::of(angle.unwrap_or(0.0), Unit::Degrees))
    };
    let is_shallow = angle.is_some_and(|angle| (SHALLOW_DEG[0]..SHALLOW_DEG[1]).contains(&angle));
    scene.signal(Signal::of(case.is_inside() && is_shallow, case.is_clear() || !is_shallow), &judgement);
}
