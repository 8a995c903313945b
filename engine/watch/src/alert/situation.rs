//! Alerts that belong together: the situation of several vessels, what one alert grew from, what explains another.

use super::case::{Key, Plan};
use super::ledger::{Ledger, State};
use super::{About, Alert, AlertId, Cause, Kind, State as Life};
use crate::{Change, Moment};
use fusion::TrackId;
use std::collections::BTreeSet;
use units::UtcTime;

/// More alerts than this are not one situation.
const MAX_GROUP: usize = 12;

/// Where to look cases up by a vessel and by time, and alerts by their situation. It follows from the cases.
#[derive(Debug, Default)]
pub(super) struct Index {
    of_track: BTreeSet<(TrackId, Key)>,
    of_group: BTreeSet<(AlertId, AlertId)>,
    due: BTreeSet<(UtcTime, Key)>,
    rectified: BTreeSet<(AlertId, UtcTime)>,
}

impl Index {
    pub fn of(state: &State) -> Self {
        let mut index = Self::default();
        for (key, case) in &state.cases {
            index.open(key);
            if let Some(alert) = &case.alert {
                index.join(alert);
            }
        }
        index
    }

    pub fn open(&mut self, key: &Key) {
        self.of_track.extend(key.tracks.iter().map(|track| (track, *key)));
    }

    pub fn close(&mut self, key: &Key) {
        for track in key.tracks.iter() {
            self.of_track.remove(&(track, *key));
        }
    }

    pub fn plan(&mut self, key: &Key, plan: &Plan) {
        self.due.extend(plan.due.map(|at| (at, *key)));
        self.rectified.extend(plan.rectified);
    }

    pub fn unplan(&mut self, key: &Key, plan: &Plan) {
        if let Some(at) = plan.due {
            self.due.remove(&(at, *key));
        }
        if let Some(rectified) = &plan.rectified {
            self.rectified.remove(rectified);
        }
    }

    /// The cases with which something is to be done by now, the longest due first.
    pub fn due_until(&self, now: UtcTime) -> impl Iterator<Item = Key> {
        self.due.iter().take_while(move |(at, _)| *at <= now).map(|(_, key)| *key)
    }

    /// The alerts that wait for somebody to acknowledge them, the oldest first, and since when.
    pub fn rectified(&self) -> impl Iterator<Item = (AlertId, UtcTime)> {
        self.rectified.iter().copied()
    }

    pub fn join(&mut self, alert: &Alert) {
        self.of_group.extend(alert.group.map(|head| (head, alert.id)));
    }

    pub fn leave(&mut self, alert: &Alert) {
        if let Some(head) = alert.group {
            self.of_group.remove(&(head, alert.id));
        }
    }

    /// The cases about a vessel.
    pub fn about(&self, track: TrackId) -> impl Iterator<Item = Key> {
        let first = (track, Key::place(Kind::CollisionRisk, About::Nothing));
        self.of_track.range(first..).take_while(move |(id, _)| *id == track).map(|(_, key)| *key)
    }

    /// How many alerts are of a situation, at most so many.
    fn members(&self, head: AlertId, most: usize) -> usize {
        let all = self.of_group.range((head, AlertId(0))..).take_while(|(of, _)| *of == head);
        all.take(most).count()
    }
}

impl Ledger {
    /// The first alert of a situation says that it is one.
    pub(super) fn lead(&mut self, head: AlertId, out: &mut Vec<Change>) {
        let Some(alert) = self.alert_mut(head).filter(|alert| alert.group.is_none()) else { return };
        alert.group = Some(head);
        alert.revise(Cause::Grouping, None);
        let alert = alert.clone();
        self.index.join(&alert);
        out.push(Change::Alert(Box::new(alert)));
    }

    /// Takes the lesser alert about the same vessels out of its case, so that it becomes another in place.
    pub(super) fn grown_from(&mut self, lesser: &Key) -> Option<Alert> {
        let is_live = self.is_told(lesser);
        let alert = self.state.cases.get_mut(lesser).filter(|_| is_live)?.alert.take();
        self.close(lesser);
        if let Some(alert) = &alert {
            self.state.by_id.remove(&alert.id);
        }
        alert
    }

    /// The situation that an encounter belongs to: that of another one with one of its vessels.
    pub(super) fn group_of(&self, key: &Key) -> Option<AlertId> {
        if !matches!(key.kind, Kind::CollisionRisk | Kind::FishingEncounter | Kind::DomainIntrusion) {
            return None;
        }
        let kinds = [Kind::CollisionRisk, Kind::FishingEncounter, Kind::DomainIntrusion];
        let near = key.tracks.iter().flat_map(|track| self.index.about(track));
        let others = near.filter(|other| other != key && kinds.contains(&other.kind));
        let heads = others.filter_map(|other| {
            let alert = self.state.cases.get(&other)?.alert.as_ref()?;
            (alert.state != Life::Rectified).then_some(alert.group.unwrap_or(alert.id))
        });
        heads.min().filter(|head| self.index.members(*head, MAX_GROUP) < MAX_GROUP)
    }

    /// The silence of a source explains that nobody hears a vessel which nobody else heard.
    pub(super) fn explained_by(&self, key: &Key, moment: Moment<'_>) -> Option<AlertId> {
        if !matches!(key.kind, Kind::LostTarget | Kind::AisLost) {
            return None;
        }
        let track = moment.picture.track(key.tracks.iter().next()?)?;
        let mut explanation = None;
        for (source, _) in track.heard() {
            let silent = Key::place(Kind::SourceSilent, About::Source(source));
            if !self.is_told(&silent) {
                return None;
            }
            explanation = explanation.or(self.state.cases.get(&silent)?.alert.as_ref().map(|a| a.id));
        }
        explanation
    }
}
