//! Anchorage crowded (311): more vessels in a zone than it has room for.

use super::Zone;
use crate::Scene;
use crate::alert::{About, Delays, Evidence, Judgement, Key, Kind, Signal, Unit};

const ON_S: f64 = 60.0;

pub(super) fn judge(number: u16, zone: &Zone, vessels: usize, scene: &mut Scene<'_>) {
    let Some(capacity) = zone.capacity else { return };
    let evidence = Evidence::against(vessels as f64, capacity.into(), Unit::Vessels);
    let judgement = Judgement {
        name: Some(&zone.name),
        delays: Delays { on_s: ON_S, off_s: ON_S },
        place: zone.polygon.first().copied(),
        ..Judgement::of(Key::place(Kind::AnchorageCrowded, About::Zone(number)), evidence)
    };
    let is_over = vessels as u64 > u64::from(capacity);
    scene.signal(Signal::of(is_over, !is_over), &judgement);
}
