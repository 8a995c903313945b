//! Meeting where none is allowed (104): two long vessels on opposite courses in one zone.

use super::Meeting;
use crate::Scene;
use crate::alert::{Delays, Evidence, Judgement, Kind, Signal, Unit};
use crate::encounter::apart_deg;
use fusion::Track;

const OPPOSITE_DEG: f64 = 120.0;
const STEERAGE_KN: f64 = 2.0;
const ON_S: f64 = 10.0;
const OFF_S: f64 = 20.0;

pub(super) fn judge(meeting: &Meeting<'_>, scene: &mut Scene<'_>) {
    let Some(least_m) = meeting.zone.no_meeting_m else { return };
    let (one, two) = (meeting.one, meeting.two);
    let is_meant = |track: &Track| {
        track.hull.is_some_and(|hull| f64::from(hull.length_m()) >= least_m)
            && track.sog().is_some_and(|sog| sog.value() > STEERAGE_KN)
    };
    let courses = one.cog().zip(two.cog());
    let is_opposite = courses.is_some_and(|(a, b)| apart_deg(a.value(), b.value()) > OPPOSITE_DEG);
    let ([x, y], _) = meeting.apart(scene.moment.now);
    let ((ae, an), (be, bn)) = (one.velocity_mps(), two.velocity_mps());
    let (ve, vn) = (be - ae, bn - an);
    let closing = -(x * ve + y * vn);
    let meets_s = closing / (ve * ve + vn * vn).max(1e-3);
    let holds = is_meant(one) && is_meant(two) && is_opposite && closing > 0.0;
    let evidence =
        Evidence::Measured { value: meets_s, limit: None, time_s: Some(meets_s), unit: Unit::Seconds };
    let judgement = Judgement {
        delays: Delays { on_s: ON_S, off_s: OFF_S },
        ..meeting.judgement(Kind::NoMeeting, evidence)
    };
    scene.signal(Signal::of(holds, !holds), &judgement);
}
