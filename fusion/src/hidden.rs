//! What lies behind a larger ship, as a radar sees it: that nothing comes from there says nothing.

use crate::entries::Entries;
use crate::index::{Found, Index};
use crate::{Life, Radar, Station, Track};
use units::UtcTime;

/// How far in front of it what hides a vessel may lie, metres.
const FRONT_M: f64 = 1000.0;
/// And how far at least.
const BEHIND_M: f64 = 40.0;
/// What hides it is so many times as long.
const LARGER: f64 = 1.5;
/// Of whom no length is known, metres.
const UNKNOWN_M: f64 = 30.0;
/// What hides others is at least so long, metres.
const LEAST_M: f64 = 60.0;
/// The share of a hull's breadth, as the radar sees it, to each side of its middle behind which nothing shows.
const SHARE: f64 = 0.35;

/// Whether a larger ship lies between a radar and a track.
pub(crate) fn is_hidden(track: &Track, radar: &Radar, tracks: &Entries, index: &Index, now: UtcTime) -> bool {
    let (e, n) = radar.plane.flatten(track.surface_at(now));
    let range_m = e.hypot(n);
    if range_m <= BEHIND_M {
        return false;
    }
    let (sin, cos) = (e / range_m, n / range_m);
    let reach_m = 0.5 * FRONT_M.min(range_m);
    let between = radar.plane.lift(e - reach_m * sin, n - reach_m * cos);
    let least_m = (LARGER * track.length_m().unwrap_or(UNKNOWN_M)).max(LEAST_M);
    let mut hidden = false;
    index.find(between, reach_m, now, now, |who| {
        let Found::At(seat) = who else { return };
        if hidden || seat.is_candidate() {
            return;
        }
        let Some(front) = tracks.at(seat).map(|entry| &entry.track) else { return };
        if front.id == track.id || front.life == Life::Lost || front.station == Some(Station::Aircraft) {
            return;
        }
        let (east, north) = radar.plane.flatten(front.surface_at(now));
        let nearer_m = range_m - (east * sin + north * cos);
        let aside_m = (east * cos - north * sin).abs();
        if front.length_m().is_some_and(|length_m| length_m >= least_m)
            && (BEHIND_M..=FRONT_M).contains(&nearer_m)
        {
            hidden = aside_m < SHARE * front.breadth_seen_m(east.atan2(north));
        }
    });
    hidden
}
