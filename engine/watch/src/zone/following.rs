//! Following distance (315): two vessels under way, much the same course, too close behind each other.

use super::Meeting;
use crate::Scene;
use crate::alert::{Delays, Evidence, Judgement, Kind, Signal, Unit};
use crate::encounter::apart_deg;

const SAME_DEG: f64 = 30.0;
const STEERAGE_KN: f64 = 2.0;
const CLEAR_FACTOR: f64 = 1.2;
const ON_S: f64 = 20.0;
const OFF_S: f64 = 20.0;

pub(super) fn judge(meeting: &Meeting<'_>, scene: &mut Scene<'_>) {
    let Some(limit_m) = meeting.zone.following_m else { return };
    let (one, two) = (meeting.one, meeting.two);
    let is_under_way = [one, two].iter().all(|t| t.sog().is_some_and(|sog| sog.value() > STEERAGE_KN));
    let courses = one.cog().zip(two.cog());
    let is_same = courses.is_some_and(|(a, b)| apart_deg(a.value(), b.value()) < SAME_DEG);
    let (_, gap_m) = meeting.apart(scene.moment.now);
    let holds = is_under_way && is_same && gap_m < limit_m;
    let judgement = Judgement {
        delays: Delays { on_s: ON_S, off_s: OFF_S },
        ..meeting.judgement(Kind::FollowingDistance, Evidence::against(gap_m, limit_m, Unit::Metres))
    };
    let is_over = !is_under_way || !is_same || gap_m > CLEAR_FACTOR * limit_m;
    scene.signal(Signal::of(holds, is_over), &judgement);
}
