//! Rendezvous (108): two vessels lie or drift together at sea for long.

use super::Meeting;
use crate::Scene;
use crate::alert::{Delays, Evidence, Judgement, Kind, Signal, Unit};

const NEAR_M: f64 = 500.0;
const CLEAR_M: f64 = 600.0;
const SLOW_KN: f64 = 2.0;
const CLEAR_KN: f64 = 3.0;
const ON_S: f64 = 1200.0;
const OFF_S: f64 = 60.0;

pub(super) fn judge(meeting: &Meeting<'_>, scene: &mut Scene<'_>) {
    let fastest_kn = [meeting.one, meeting.two]
        .iter()
        .map(|track| track.sog().map_or(f64::INFINITY, units::Knots::value))
        .fold(0.0, f64::max);
    let (_, gap_m) = meeting.apart(scene.moment.now);
    let holds = gap_m < NEAR_M && fastest_kn < SLOW_KN;
    let evidence =
        Evidence::Measured { value: gap_m, limit: Some(NEAR_M), time_s: Some(ON_S), unit: Unit::Metres };
    let judgement = Judgement {
        delays: Delays { on_s: ON_S, off_s: OFF_S },
        ..meeting.judgement(Kind::Rendezvous, evidence)
    };
    scene.signal(Signal::of(holds, gap_m > CLEAR_M || fastest_kn > CLEAR_KN), &judgement);
}
