//! Zone entry (301) and restricted area (303): a vessel has gone into a zone.
//!
//! An entry counts once the vessel has been inside for the dwell time, or once it has come out on another side,
//! clear of the zone.

use super::{Case, Whereabouts};
use crate::Scene;
use crate::alert::{Delays, Evidence, Judgement, Kind, Signal};

pub(super) fn judge(case: &Case<'_>, scene: &mut Scene<'_>) {
    let zone = case.zone;
    if zone.prohibited && zone.permits(case.track) {
        return;
    }
    let kind = if zone.prohibited { Kind::Restricted } else { Kind::ZoneEntry };
    let judgement = |through| Judgement {
        delays: Delays { on_s: zone.dwell_s, off_s: 0.0 },
        ..case.judgement(kind, Evidence::Entry { through })
    };
    match case.whereabouts {
        Whereabouts::Inside => scene.signal(Signal::On, &judgement(false)),
        Whereabouts::Near => scene.signal(Signal::Hold, &judgement(false)),
        Whereabouts::Clear { through: true } => scene.flash(&judgement(true), case.visit.since),
        Whereabouts::Clear { through: false } => scene.signal(Signal::Off, &judgement(false)),
    }
}
