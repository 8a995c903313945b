//! Raising: from a case whose condition has held for long enough to an alert, and whether it is heard.

use super::{Ledger, MAX_REPORT, State, place_of};
use crate::alert::case::{Case, Key};
use crate::alert::counts::Suppressed;
use crate::alert::{About, Alert, AlertId, Audience, Cause, Kind, Priority, State as Life, Text, text};
use crate::{Change, Moment};
use units::UtcTime;

impl Ledger {
    /// Raises an alert, or raises it again.
    pub(super) fn tell(&mut self, key: &Key, moment: Moment<'_>, out: &mut Vec<Change>) {
        let now = moment.now;
        let Some(case) = self.state.cases.get(key) else { return };
        let Some(since) = case.since else { return };
        let is_out = self.is_out(key);
        let is_flood = !is_out && self.state.noise.raised(key, &self.config, now);
        let chatters = !is_out && self.state.noise.chatters(key, now);
        let grown = key.kind.row().grows_from.and_then(|kind| self.grown_from(&Key { kind, ..*key }));
        let group = self.group_of(key);
        let consequence_of = self.explained_by(key, moment);
        let State { cases, by_id, last_id, instances, noise, report, counts, .. } = &mut self.state;
        let Some(case) = cases.get_mut(key) else { return };
        case.since = None;
        if is_out {
            case.muted = Some(Suppressed::OutOfService);
            counts.suppress(key.kind, Suppressed::OutOfService);
            return;
        }
        counts.chattering += u64::from(chatters);

        let audience = match key.kind.row().audience {
            Audience::Report if case.is_watched => Audience::Operators,
            audience => audience,
        };
        // Escalating kinds are too grave to be turned down: the budget holds them.
        let is_turned_down = is_flood
            && !key.kind.row().escalates
            && case.priority != Priority::Emergency
            && key.kind != Kind::AlertFlood;
        let priority = if is_turned_down { Priority::Caution } else { case.priority };
        let place = place_of(key, case.place, moment);
        let is_return = case.alert.is_some();
        let is_grown = grown.is_some();
        let mut alert = case.alert.take().or(grown).unwrap_or_else(|| {
            *last_id = (*last_id + 1).max(u64::try_from(now.unix_us()).unwrap_or(0));
            let instance = instances.entry(key.kind).or_default();
            *instance = *instance % 999_999 + 1;
            let id = AlertId(*last_id);
            Alert { revision: 0, instance: *instance, ..blank(id, key, case, now) }
        });
        if is_grown {
            alert.raised = now;
        }
        alert.kind = key.kind;
        alert.priority = priority;
        alert.evidence = case.evidence;
        alert.rank = case.rank;
        alert.condition = since;
        alert.cleared = None;
        alert.place = place;
        if !is_return || alert.sectors.is_empty() {
            alert.sectors = self.sectors.around(place, audience);
        }
        alert.consequence_of = consequence_of;
        alert.group = alert.group.or(group);
        let is_shelved = alert.shelf.is_some();
        alert.enter(Life::Active, now, Cause::Condition, None);
        // One that returns may not be heard this time: then nobody is slow to take it.
        case.patience = None;
        alert.text = text::of(&alert, moment.picture);
        case.told = now;
        case.told_priority = case.priority;
        case.muted = None;
        counts.raise(key.kind, priority);

        if audience == Audience::Report {
            report.push_back(alert.clone());
            if report.len() > MAX_REPORT {
                report.pop_front();
            }
            case.alert = Some(alert);
            return;
        }
        if alert.group == Some(alert.id) {
            alert.group = None;
        }
        let silent = if is_turned_down {
            Some(Suppressed::Flood)
        } else if is_shelved {
            Some(Suppressed::Shelved)
        } else if alert.consequence_of.is_some() {
            Some(Suppressed::Consequence)
        } else if alert.group.is_some_and(|head| by_id.contains_key(&head)) {
            Some(Suppressed::Grouped)
        } else if priority == Priority::Caution {
            None
        } else if noise.may_sound(&alert, &self.sectors, &self.config, now) {
            alert.sounding = true;
            case.patience = Some(now.plus_s(self.config.patience_s));
            alert.sectors.iter().for_each(|sector| counts.sound(sector));
            None
        } else {
            Some(Suppressed::Budget)
        };
        if let Some(reason) = silent.filter(|reason| *reason != Suppressed::Shelved) {
            counts.suppress(key.kind, reason);
        }
        by_id.insert(alert.id, *key);
        self.index.join(&alert);
        out.push(Change::Alert(Box::new(alert.clone())));
        case.alert = Some(alert);
        if let Some(head) = group.filter(|head| by_id.contains_key(head)) {
            self.lead(head, out);
        }
    }
}

/// An alert that says nothing yet.
fn blank(id: AlertId, key: &Key, case: &Case, now: UtcTime) -> Alert {
    Alert {
        id,
        kind: key.kind,
        instance: 1,
        priority: case.priority,
        state: Life::Active,
        revision: 0,
        escalation: 0,
        sounding: false,
        rank: case.rank,
        condition: now,
        raised: now,
        changed: now,
        cleared: None,
        cause: Cause::Condition,
        by: None,
        owner: None,
        transfer: None,
        shelf: None,
        group: None,
        consequence_of: None,
        sectors: Vec::new(),
        tracks: key.tracks,
        about: key.about,
        place: None,
        zone: case.name.clone(),
        cell: match key.about {
            About::Cell(cell) => Some(cell),
            _ => None,
        },
        evidence: case.evidence,
        text: Text::default(),
    }
}
