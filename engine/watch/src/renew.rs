//! Another configuration for a watch that goes on. What is watched for under the same name keeps its number, and with it
//! what is remembered of it and said about it; what is changed or no more has its alerts ended.

use crate::alert::{About, Evidence, Judgement, Key, Kind, Signal};
use crate::config::{Config, ConfigError};
use crate::gate::Gate;
use crate::list::List;
use crate::passage::{Bridge, Object, Route};
use crate::zone::{MAX_ZONES, Zone};
use crate::{Change, Moment, Scene, Snapshot, Watch};
use fusion::Fusion;

/// More of one kind than this were ever configured while the engine ran.
const MAX_NUMBERS: usize = 60_000;

/// Something that has a name and a number.
trait Numbered: Clone + PartialEq {
    fn name(&self) -> &str;
    /// What stands in its place when it is no more: nothing is watched for there.
    fn blank(&self) -> Self;
}

macro_rules! numbered {
    ($($kind:ident: $($field:ident),+;)+) => {$(
        impl Numbered for $kind {
            fn name(&self) -> &str {
                &self.name
            }
            fn blank(&self) -> Self {
                Self { $($field: Vec::new(),)+ ..self.clone() }
            }
        }
    )+};
}

numbered! {
    Gate: line;
    Route: points, vessels;
    Object: points;
    Bridge: line, spans;
    List: mmsi, imo;
}

/// What comes now, under the numbers that it had, and the numbers whose meaning has changed.
fn align<T: Numbered>(before: &[T], next: Vec<T>) -> (Vec<T>, Vec<u16>) {
    let (mut next, mut changed) = (next, Vec::new());
    let mut aligned = Vec::with_capacity(before.len().max(next.len()));
    for (number, old) in (0..).zip(before) {
        let place = next.iter().position(|new| new.name() == old.name());
        let new = place.map_or_else(|| old.blank(), |place| next.remove(place));
        if new != *old {
            changed.push(number);
        }
        aligned.push(new);
    }
    aligned.append(&mut next);
    (aligned, changed)
}

impl Watch {
    /// Follows another configuration from now on. Zones that operators have drawn stay.
    ///
    /// # Errors
    /// What is wrong with it; the watch goes on as it was.
    pub fn renew(
        &mut self,
        picture: &Fusion,
        mut next: Config,
        out: &mut Vec<Change>,
    ) -> Result<(), ConfigError> {
        next.check()?;
        let wrong = |key: &str, reason: &str| ConfigError { key: key.to_owned(), reason: reason.to_owned() };
        if next.grid.level != self.config.grid.level {
            return Err(wrong("grid.level", "cannot be changed while the watch goes on"));
        }
        let is_new = |zone: &&Zone| !self.config.zones.iter().any(|known| known.name == zone.name);
        if self.config.zones.len() + next.zones.iter().filter(is_new).count() > MAX_ZONES {
            return Err(wrong("zones", "more than 10000, with those that were removed"));
        }

        let filed = std::mem::take(&mut next.zones);
        let before = std::mem::take(&mut self.filed);
        for gone in before.iter().filter(|known| !filed.iter().any(|zone| zone.name == known.name)) {
            self.remove_zone(picture, &gone.name, out);
        }
        // What an operator has made of one is undone by who changes it in the file, and by nobody else.
        for zone in filed.iter().filter(|zone| !before.contains(zone)) {
            self.put_zone(picture, zone.clone(), out)?;
        }
        next.zones.clone_from(&self.config.zones);

        let now = &self.config;
        let (gates, changed_gates) = align(&now.gates, next.gates);
        let (routes, changed_routes) = align(&now.routes, next.routes);
        let (objects, changed_objects) = align(&now.objects, next.objects);
        let (bridges, changed_bridges) = align(&now.bridges, next.bridges);
        let (lists, changed_lists) = align(&now.lists, next.lists);
        let most = [gates.len(), routes.len(), objects.len(), bridges.len(), lists.len()];
        if most.iter().any(|many| *many > MAX_NUMBERS) {
            return Err(wrong("watch", "too many were removed while the watch went on: restart"));
        }
        (next.gates, next.routes, next.objects) = (gates, routes, objects);
        (next.bridges, next.lists) = (bridges, lists);
        for (kind, changed) in [
            (Kind::GateCrossing, &changed_gates),
            (Kind::RouteDeviation, &changed_routes),
            (Kind::FixedObject, &changed_objects),
            (Kind::BridgeApproach, &changed_bridges),
            (Kind::WatchList, &changed_lists),
        ] {
            let is_meant = |about| matches!(about, About::Zone(number) if changed.contains(&number));
            self.end_all(picture, kind, is_meant, out);
        }

        let Snapshot { second, ledger, mut memory, .. } = self.snapshot();
        memory.lists.forget(&changed_lists);
        *self = Self::restore(Snapshot { config: next, filed, second, ledger, memory });
        Ok(())
    }

    /// What was said of these is over.
    pub(crate) fn end_all(
        &mut self,
        picture: &Fusion,
        kind: Kind,
        is_meant: impl Fn(About) -> bool,
        out: &mut Vec<Change>,
    ) {
        let open: Vec<Key> = self.ledger.open_cases(kind).filter(|key| is_meant(key.about)).collect();
        let moment = Moment::of(picture, &self.config);
        let mut scene = Scene { moment, ledger: &mut self.ledger, out };
        for key in open {
            scene.signal(Signal::Off, &Judgement::of(key, Evidence::Fact));
        }
    }
}
