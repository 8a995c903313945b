//! Zones that are drawn, changed and removed while the watch goes on.
//!
//! A zone keeps its number for ever: one that is removed stays in its place, without corners, and is guarded no more.

use super::{MAX_ZONES, Shape, Zone, Zones};
use crate::alert::{About, Evidence, Judgement, Key, Kind, Signal};
use crate::config::{ConfigError, check_zone};
use crate::zone::shape::Index;
use crate::{Change, Moment, Scene, Watch};
use fusion::Fusion;

/// What is said of zones.
const KINDS: [Kind; 16] = [
    Kind::NoMeeting,
    Kind::NoOvertaking,
    Kind::Rendezvous,
    Kind::WrongWay,
    Kind::ShallowCrossing,
    Kind::ZoneEntry,
    Kind::Restricted,
    Kind::PredictedIntrusion,
    Kind::Stay,
    Kind::SpeedLimit,
    Kind::NoAnchoring,
    Kind::AnchorageCrowded,
    Kind::FollowingDistance,
    Kind::Unidentified,
    Kind::DangerousGoods,
    Kind::FishingPattern,
];

impl Zones {
    /// Guards a zone instead of the one of that number, or after the last. What was said of the old one is over.
    fn redraw(&mut self, number: u16, zone: &Zone, scene: &mut Scene<'_>) {
        for kind in KINDS {
            let open: Vec<Key> =
                scene.ledger.open_cases(kind).filter(|key| key.about == About::Zone(number)).collect();
            for key in open {
                scene.signal(Signal::Off, &Judgement::of(key, Evidence::Fact));
            }
        }
        for seen in self.state.tracks.values_mut() {
            seen.visits.retain(|visit| visit.zone != number);
        }
        self.state.inside.remove(&number);
        let guarded = (zone.clone(), Shape::new(&zone.polygon).ok());
        match self.guarded.get_mut(usize::from(number)) {
            Some(place) => *place = guarded,
            None => self.guarded.push(guarded),
        }
        self.index = Index::new(self.guarded.iter().map(|(_, shape)| shape.as_ref()));
        self.ahead_s = self.guarded.iter().filter_map(|(zone, _)| zone.predict_s).fold(0.0, f64::max);
    }
}

impl Watch {
    /// Zones as they are guarded now, in the order in which they were drawn.
    pub fn zones(&self) -> impl Iterator<Item = &Zone> {
        self.config.zones.iter().filter(|zone| !zone.polygon.is_empty())
    }

    /// Guards a zone from now on, instead of the one of its name if there is one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn put_zone(
        &mut self,
        picture: &Fusion,
        zone: Zone,
        out: &mut Vec<Change>,
    ) -> Result<(), ConfigError> {
        check_zone("zone", &zone)?;
        let known = self.config.zones.iter().position(|known| known.name == zone.name);
        let number = known.unwrap_or(self.config.zones.len());
        if number >= MAX_ZONES {
            return Err(ConfigError { key: "zones".to_owned(), reason: format!("more than {MAX_ZONES}") });
        }
        self.redraw(picture, number, zone, out);
        Ok(())
    }

    /// Guards a zone no more. Whether there was one.
    pub fn remove_zone(&mut self, picture: &Fusion, name: &str, out: &mut Vec<Change>) -> bool {
        let is_it = |zone: &Zone| zone.name == name && !zone.polygon.is_empty();
        let Some(number) = self.config.zones.iter().position(is_it) else { return false };
        self.redraw(picture, number, Zone::new(name, Vec::new()), out);
        true
    }

    fn redraw(&mut self, picture: &Fusion, number: usize, zone: Zone, out: &mut Vec<Change>) {
        let moment = Moment::of(picture, &self.config);
        let mut scene = Scene { moment, ledger: &mut self.ledger, out };
        self.judges.zones.redraw(number as u16, &zone, &mut scene);
        match self.config.zones.get_mut(number) {
            Some(place) => *place = zone,
            None => self.config.zones.push(zone),
        }
        self.judges.encounters.draw(&self.config.zones);
    }
}
