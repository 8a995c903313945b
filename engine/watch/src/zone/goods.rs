//! Dangerous goods (501): a vessel that carries them and a passenger ship, too close to each other.

use super::Meeting;
use crate::Scene;
use crate::alert::{Delays, Evidence, Judgement, Kind, Signal, Unit};
use fusion::Track;

const CLEAR_FACTOR: f64 = 1.1;
const ON_S: f64 = 30.0;
const OFF_S: f64 = 60.0;

/// ITU-R M.1371-5 table 53: cargo ships and tankers of the hazard categories X, Y, Z and OS; any tanker counts.
const fn is_dangerous(ship_type: u8) -> bool {
    matches!(ship_type, 71..=74 | 80..=84)
}

const fn has_passengers(ship_type: u8) -> bool {
    matches!(ship_type, 60..=69)
}

pub(super) fn judge(meeting: &Meeting<'_>, scene: &mut Scene<'_>) {
    let Some(limit_m) = meeting.zone.dangerous_goods_m else { return };
    let is = |track: &Track, what: fn(u8) -> bool| track.identity.ship_type.is_some_and(what);
    let (one, two) = (meeting.one, meeting.two);
    let are_meant =
        is(one, is_dangerous) && is(two, has_passengers) || is(two, is_dangerous) && is(one, has_passengers);
    let (_, gap_m) = if are_meant { meeting.apart(scene.moment.now) } else { ([0.0; 2], f64::INFINITY) };
    let judgement = Judgement {
        delays: Delays { on_s: ON_S, off_s: OFF_S },
        ..meeting.judgement(Kind::DangerousGoods, Evidence::against(gap_m.min(1e6), limit_m, Unit::Metres))
    };
    scene.signal(Signal::of(gap_m < limit_m, gap_m > CLEAR_FACTOR * limit_m), &judgement);
}
