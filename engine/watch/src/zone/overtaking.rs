//! Overtaking where none is allowed (105): one vessel gains on another from astern, close by.

use super::Meeting;
use crate::Scene;
use crate::alert::{Delays, Evidence, Judgement, Kind, Signal};
use crate::encounter::apart_deg;
use units::KNOT_MPS;

const SAME_DEG: f64 = 30.0;
const GAIN_MPS: f64 = KNOT_MPS;
/// Overtaking begins so many lengths astern and ends as many ahead.
const LENGTHS: f64 = 2.0;
const ON_S: f64 = 10.0;
const OFF_S: f64 = 20.0;

pub(super) fn judge(meeting: &Meeting<'_>, scene: &mut Scene<'_>) {
    let (one, two) = (meeting.one, meeting.two);
    let courses = one.cog().zip(two.cog());
    let is_same = courses.is_some_and(|(a, b)| apart_deg(a.value(), b.value()) < SAME_DEG);
    let speeds = one.sog().zip(two.sog()).map(|(a, b)| (a.mps(), b.mps()));
    let is_gaining = speeds.is_some_and(|(a, b)| (a - b).abs() > GAIN_MPS && a.min(b) > 2.0 * KNOT_MPS);
    let length_m =
        [one, two].iter().filter_map(|t| t.hull).map(|hull| f64::from(hull.length_m())).sum::<f64>();
    let ([x, y], _) = meeting.apart(scene.moment.now);
    let is_near = x.hypot(y) < LENGTHS * length_m.max(50.0);
    let holds = is_same && is_gaining && is_near;
    let judgement = Judgement {
        delays: Delays { on_s: ON_S, off_s: OFF_S },
        ..meeting.judgement(Kind::NoOvertaking, Evidence::Fact)
    };
    scene.signal(Signal::of(holds, !holds), &judgement);
}
