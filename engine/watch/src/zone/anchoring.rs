//! Anchored where not allowed (310): a vessel has stopped in a zone, and says that it is at anchor, or stays for
//! long. The navigational status alone proves nothing: it is the commonest error in AIS.

use super::Case;
use crate::Scene;
use crate::alert::{Evidence, Kind, Signal};

const STOPPED_S: f64 = 120.0;
const LONG_S: f64 = 600.0;
const AT_ANCHOR: u8 = 1;

pub(super) fn judge(case: &Case<'_>, scene: &mut Scene<'_>) {
    let stopped_s = case.visit.stopped.map_or(0.0, |(since, _)| scene.moment.now.since(since));
    let says_so = case.track.nav_status == Some(AT_ANCHOR);
    let is_anchored = stopped_s > LONG_S || stopped_s > STOPPED_S && says_so;
    let holds = case.is_inside() && is_anchored && !case.zone.permits(case.track);
    let is_over = case.is_clear() || case.visit.stopped.is_none();
    scene.signal(Signal::of(holds, is_over), &case.judgement(Kind::NoAnchoring, Evidence::Fact));
}
