//! What the passing of time does to cases and alerts: delays, timers, revisions, floods.

use super::{Ledger, place_of};
use crate::alert::case::{Case, Judgement, Key, Plan, Signal};
use crate::alert::flood::Config;
use crate::alert::{About, AlertId, Cause, Evidence, Kind, State as Life, Unit, text};
use crate::{Change, Moment};
use std::collections::BTreeMap;
use units::UtcTime;

/// More rectified alerts than anybody acknowledges; past this, the oldest are dismissed.
const MAX_RECTIFIED: usize = 2000;
/// An active alert whose evidence changes is revised no more often than this.
const REVISE_S: f64 = 10.0;
/// How often what was noted of noise is looked through for what no longer matters.
const FORGET_S: i64 = 10;

impl Ledger {
    /// What follows from the passing of time.
    pub fn sweep(&mut self, moment: Moment<'_>, out: &mut Vec<Change>) {
        let now = moment.now;
        let mut due = std::mem::take(&mut self.due);
        due.clear();
        due.extend(self.index.due_until(now));
        due.sort_unstable();
        debug_assert!(due.iter().eq(self.state.cases.iter().filter_map(|(key, case)| {
            case.next(&self.config).is_some_and(|at| at <= now).then_some(key)
        })));
        for key in &due {
            self.settle(key, moment, out);
            self.plan(key);
        }
        self.due = due;
        self.dismiss(now, out);
        if now.unix_s().rem_euclid(FORGET_S) == 0 {
            self.state.noise.sweep(&self.config, now);
        }
        self.report_floods(moment, out);
    }

    /// Takes down when something is next to be done with a case. After whatever has changed it.
    pub(in crate::alert) fn plan(&mut self, key: &Key) {
        let Some(case) = self.state.cases.get_mut(key) else { return };
        let plan = Plan { due: case.next(&self.config), rectified: case.rectified() };
        if plan != case.plan {
            self.index.unplan(key, &case.plan);
            self.index.plan(key, &plan);
            case.plan = plan;
        }
    }

    /// Does what it is time to do with a case.
    pub(super) fn settle(&mut self, key: &Key, moment: Moment<'_>, out: &mut Vec<Change>) {
        let now = moment.now;
        let Some(case) = self.state.cases.get_mut(key) else { return };
        if case.since.is_some_and(|since| now.since(since) >= case.delays.on_s) {
            self.tell(key, moment, out);
            return;
        }
        let off_s = self.state.noise.off_delay_s(key, case.delays.off_s, now);
        let is_over = case.over.is_some_and(|over| now.since(over) >= off_s);
        let Some(alert) = &mut case.alert else { return };
        if alert.shelf.as_ref().is_some_and(|shelf| shelf.until <= now) {
            alert.shelf = None;
            alert.revise(Cause::Timer, None);
            out.push(Change::Alert(Box::new(alert.clone())));
            case.told = now;
        }
        if is_over && alert.state != Life::Rectified {
            self.end(key, now, out);
            return;
        }
        let before = alert.revision;
        if alert.state == Life::Silenced && now.since(alert.changed) >= self.config.silence_s {
            alert.enter(Life::Active, now, Cause::Timer, None);
        }
        if let Some(transfer) = alert.transfer.take_if(|t| now.since(t.at) >= self.config.transfer_s) {
            alert.enter(transfer.before, now, Cause::Timer, None);
            alert.escalation = (alert.escalation + 1).min(9);
        }
        if case.patience.take_if(|until| *until <= now).is_some()
            && alert.state.is_unacknowledged()
            && alert.shelf.is_none()
        {
            if alert.kind.row().escalates {
                alert.escalate();
                self.state.counts.escalated += 1;
            }
            alert.revise(Cause::Timer, None);
        }
        // The judge thinks it graver than when it was told: it is told anew.
        if case.priority < case.told_priority && alert.state != Life::Rectified {
            case.told_priority = case.priority;
            alert.priority = alert.priority.min(case.priority);
            alert.evidence = case.evidence;
            alert.rank = case.rank;
            if case.name.is_some() {
                alert.zone.clone_from(&case.name);
            }
            alert.text = text::of(alert, moment.picture);
            alert.enter(Life::Active, now, Cause::Condition, None);
        }
        if alert.state != Life::Rectified
            && alert.evidence != case.evidence
            && now.since(case.told) >= REVISE_S
        {
            alert.evidence = case.evidence;
            alert.rank = case.rank;
            alert.place = place_of(key, case.place, moment).or(alert.place);
            alert.text = text::of(alert, moment.picture);
            alert.revise(Cause::Condition, None);
        }
        if alert.revision == before {
            return;
        }
        // Whatever happened, it is told once.
        alert.revision = before.saturating_add(1);
        case.told = now;
        let is_led = alert.consequence_of.is_some()
            || alert.group.is_some_and(|head| head != alert.id && self.state.by_id.contains_key(&head));
        // What had no place in the budget may have risen since.
        if alert.state == Life::Active
            && !alert.sounding
            && !is_led
            && alert.shelf.is_none()
            && self.state.noise.may_sound(alert, &self.sectors, &self.config, now)
        {
            alert.sounding = true;
            case.patience = Some(now.plus_s(self.config.patience_s));
            alert.sectors.iter().for_each(|sector| self.state.counts.sound(sector));
        }
        if self.state.by_id.contains_key(&alert.id) {
            out.push(Change::Alert(Box::new(alert.clone())));
        }
    }

    /// Lets go of rectified alerts that nobody will ever acknowledge.
    fn dismiss(&mut self, now: UtcTime, out: &mut Vec<Change>) {
        let surplus = self.index.rectified().count().saturating_sub(MAX_RECTIFIED);
        let hold_s = self.config.rectified_hold_s;
        let over = self.index.rectified().enumerate();
        let over = over.filter(|(i, (_, since))| *i < surplus || now.since(*since) >= hold_s);
        let over: Vec<AlertId> = over.map(|(_, (id, _))| id).collect();
        for id in over {
            self.finish(id, now, Cause::Timer, None, out);
            self.state.counts.dismissed += 1;
        }
    }

    /// One alert for each flood.
    fn report_floods(&mut self, moment: Moment<'_>, out: &mut Vec<Change>) {
        let mut floods: BTreeMap<Kind, usize> = BTreeMap::new();
        for (kind, _, raises) in self.state.noise.floods(&self.config, moment.now) {
            let most = floods.entry(kind).or_default();
            *most = raises.max(*most);
        }
        floods.remove(&Kind::AlertFlood);
        let key = |kind: Kind| Key::place(Kind::AlertFlood, About::Zone(kind.code()));
        let known: Vec<Key> = self.cases(Kind::AlertFlood).collect();
        for case in known.iter().filter(|case| !floods.keys().any(|kind| key(*kind) == **case)) {
            self.end(case, moment.now, out);
            self.plan(case);
        }
        for (kind, raises) in floods {
            let evidence = Evidence::against(raises as f64, self.config.flood_raises.into(), Unit::Vessels);
            let judgement = Judgement { name: Some(kind.title()[0]), ..Judgement::of(key(kind), evidence) };
            self.signal(Signal::On, &judgement, moment, out);
        }
    }
}

impl Case {
    /// When something is next to be done with it.
    fn next(&self, config: &Config) -> Option<UtcTime> {
        let told = self.since.map(|since| since.plus_s(self.delays.on_s));
        let Some(alert) = &self.alert else { return told };
        let is_open = alert.state != Life::Rectified;
        let all = [
            told,
            self.over.filter(|_| is_open).map(|over| over.plus_s(self.delays.off_s)),
            (alert.state == Life::Silenced).then(|| alert.changed.plus_s(config.silence_s)),
            alert.transfer.as_ref().map(|transfer| transfer.at.plus_s(config.transfer_s)),
            alert.shelf.as_ref().map(|shelf| shelf.until),
            self.patience,
            (is_open && alert.evidence != self.evidence).then(|| self.told.plus_s(REVISE_S)),
        ];
        all.into_iter().flatten().min()
    }

    /// Its alert, and since when that has been rectified.
    fn rectified(&self) -> Option<(AlertId, UtcTime)> {
        let alert = self.alert.as_ref().filter(|alert| alert.state == Life::Rectified)?;
        Some((alert.id, alert.changed))
    }
}
