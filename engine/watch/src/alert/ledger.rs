//! All cases under watch, raised or not yet.

use super::case::{Case, Judgement, Key, Signal};
use super::counts::{Counts, Suppressed};
use super::flood::{Config, Noise, Sectors};
use super::life::End;
use super::situation::Index;
use super::text;
use super::{
    About, Alert, AlertId, Audience, Cause, Ends, Evidence, Kind, Operator, Priority, State as Life,
};
use crate::{Change, Moment};
use fusion::TrackId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use units::{Position, UtcTime};

/// More situations than anybody could look at; past this, new ones are counted and not watched.
const MAX_CASES: usize = 65_536;
/// More rectified alerts than anybody acknowledges; past this, the oldest are dismissed.
const MAX_RECTIFIED: usize = 2000;
/// The newest entries of the report on data quality.
const MAX_REPORT: usize = 10_000;
/// An active alert whose evidence changes is revised no more often than this.
const REVISE_S: f64 = 10.0;
/// Active for longer than this is stale.
const STALE_S: f64 = 86_400.0;

/// All cases, and what is kept of them.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(super) state: State,
    config: Config,
    sectors: Sectors,
    pub(super) index: Index,
    due: Vec<Key>,
}

/// What it remembers.
///
/// **Invariant**: `by_id` holds exactly the cases that have an alert for operators.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(super) cases: BTreeMap<Key, Case>,
    pub(super) by_id: BTreeMap<AlertId, Key>,
    last_id: u64,
    instances: BTreeMap<Kind, u32>,
    out_of_service: BTreeSet<(Kind, Option<u16>)>,
    noise: Noise,
    report: VecDeque<Alert>,
    pub(super) counts: Counts,
}

impl Ledger {
    pub fn new(config: &Config, state: State) -> Self {
        let (index, sectors) = (Index::of(&state), Sectors::new(&config.sectors));
        Self { state, config: config.clone(), sectors, index, due: Vec::new() }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }

    /// Takes down what a judge says of a case now, and what follows at once.
    pub fn signal(
        &mut self,
        signal: Signal,
        judgement: &Judgement<'_>,
        moment: Moment<'_>,
        out: &mut Vec<Change>,
    ) {
        let (key, now) = (judgement.key, moment.now);
        let Some(case) = self.state.cases.get_mut(&key) else {
            if signal == Signal::On && self.open(judgement, now) {
                self.settle(&key, moment, out);
            }
            return;
        };
        case.learn(judgement);
        match signal {
            Signal::On => {
                let was_over = case.over.take().is_some_and(|over| now.since(over) >= case.delays.off_s);
                if case.awaits() && case.since.is_none() {
                    case.since = Some(now);
                    self.state.counts.begin(key.kind);
                } else if was_over && case.alert.as_ref().is_some_and(|alert| alert.shelf.is_some()) {
                    // It ended and began again on the shelf.
                    self.state.counts.begin(key.kind);
                    self.state.counts.suppress(key.kind, Suppressed::Shelved);
                }
            }
            // The condition to raise has to hold without a break.
            Signal::Hold | Signal::Off => {
                if signal == Signal::Hold {
                    case.over = None;
                } else {
                    case.over.get_or_insert(now);
                }
                if case.since.take().is_some() {
                    self.state.counts.suppress(key.kind, Suppressed::OnDelay);
                }
                if case.alert.is_none() && (case.muted.is_none() || signal == Signal::Off) {
                    self.close(&key);
                    return;
                }
            }
        }
        self.settle(&key, moment, out);
    }

    /// Something came and went since then, or happened just now: it is told without delay. What is told already
    /// is told anew.
    pub fn flash(
        &mut self,
        judgement: &Judgement<'_>,
        since: UtcTime,
        moment: Moment<'_>,
        out: &mut Vec<Change>,
    ) {
        let key = judgement.key;
        match self.state.cases.get_mut(&key) {
            None => {
                if !self.open(judgement, since) {
                    return;
                }
            }
            Some(case) => {
                case.learn(judgement);
                let is_news =
                    case.awaits() || key.kind.row().ends == Ends::Acknowledged && case.alert.is_some();
                if is_news && case.since.is_none() {
                    case.since = Some(since);
                    self.state.counts.begin(key.kind);
                }
            }
        }
        self.tell(&key, moment, out);
        if key.kind.row().ends == Ends::Condition {
            self.end(&key, moment.now, out);
        }
    }

    /// A track is no more: every case about it is over.
    pub fn end_of(&mut self, id: TrackId, now: UtcTime, out: &mut Vec<Change>) {
        let mut due = std::mem::take(&mut self.due);
        due.clear();
        due.extend(self.index.about(id));
        for key in &due {
            self.end(key, now, out);
        }
        self.due = due;
    }

    /// What follows from the passing of time.
    pub fn sweep(&mut self, moment: Moment<'_>, out: &mut Vec<Change>) {
        let now = moment.now;
        let mut due = std::mem::take(&mut self.due);
        due.clear();
        due.extend(self.state.cases.iter().filter(|(_, case)| self.is_due(case, now)).map(|(key, _)| *key));
        for key in &due {
            self.settle(key, moment, out);
        }
        self.due = due;
        self.dismiss(now, out);
        self.state.noise.sweep(&self.config, now);
        self.report_floods(moment, out);
    }

    fn is_due(&self, case: &Case, now: UtcTime) -> bool {
        let past = |since: UtcTime, limit_s: f64| now.since(since) >= limit_s;
        let Some(alert) = &case.alert else { return case.since.is_some_and(|s| past(s, case.delays.on_s)) };
        case.since.is_some_and(|since| past(since, case.delays.on_s))
            || case.over.is_some_and(|over| past(over, case.delays.off_s)) && alert.state != Life::Rectified
            || alert.state == Life::Silenced && past(alert.changed, self.config.silence_s)
            || alert.transfer.as_ref().is_some_and(|t| past(t.at, self.config.transfer_s))
            || alert.shelf.as_ref().is_some_and(|shelf| shelf.until <= now)
            || case.patience.is_some_and(|until| until <= now)
            || alert.state != Life::Rectified && alert.evidence != case.evidence && past(case.told, REVISE_S)
    }

    /// The cases of one kind, raised or not yet.
    pub fn cases(&self, kind: Kind) -> impl Iterator<Item = Key> {
        let first = Key::place(kind, About::Nothing);
        self.state.cases.range(first..).map(|(key, _)| *key).take_while(move |key| key.kind == kind)
    }

    /// Those whose condition may still end: all but the rectified ones.
    pub fn open_cases(&self, kind: Kind) -> impl Iterator<Item = Key> {
        let first = Key::place(kind, About::Nothing);
        let all = self.state.cases.range(first..).take_while(move |(key, _)| key.kind == kind);
        all.filter(|(_, case)| case.state() != Some(Life::Rectified)).map(|(key, _)| *key)
    }

    /// Whether a case is under watch, told or not.
    pub fn is_case(&self, key: &Key) -> bool {
        self.state.cases.get(key).is_some_and(|case| case.state() != Some(Life::Rectified))
    }

    /// Whether the condition of a case holds and has been told.
    pub fn is_told(&self, key: &Key) -> bool {
        let state = self.state.cases.get(key).and_then(Case::state);
        state.is_some_and(|state| !matches!(state, Life::Rectified | Life::Cleared))
    }

    /// Cases of a kind whose on-delay runs.
    #[cfg(test)]
    pub fn waiting(&self, kind: Kind) -> usize {
        let of_kind = self.state.cases.iter().filter(|(key, _)| key.kind == kind);
        of_kind.filter(|(_, case)| case.since.is_some()).count()
    }

    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.state.by_id.values().filter_map(|key| self.state.cases.get(key)?.alert.as_ref())
    }

    pub fn alert(&self, id: AlertId) -> Option<&Alert> {
        self.state.cases.get(self.state.by_id.get(&id)?)?.alert.as_ref()
    }

    pub(super) fn alert_mut(&mut self, id: AlertId) -> Option<&mut Alert> {
        self.state.cases.get_mut(self.state.by_id.get(&id)?)?.alert.as_mut()
    }

    /// Active for more than a day.
    pub fn stale(&self, now: UtcTime) -> impl Iterator<Item = &Alert> {
        self.alerts().filter(move |a| a.state != Life::Rectified && now.since(a.raised) > STALE_S)
    }

    pub const fn counts(&self) -> &Counts {
        &self.state.counts
    }

    /// What was found wrong with what vessels say, the newest last.
    pub fn report(&self) -> impl ExactSizeIterator<Item = &Alert> {
        self.state.report.iter()
    }

    /// Which kinds are out of service, and in which zone if not everywhere.
    pub fn out_of_service(&self) -> impl Iterator<Item = (Kind, Option<u16>)> {
        self.state.out_of_service.iter().copied()
    }

    /// False where there is no room.
    fn open(&mut self, judgement: &Judgement<'_>, since: UtcTime) -> bool {
        let State { cases, counts, .. } = &mut self.state;
        counts.begin(judgement.key.kind);
        if cases.len() >= MAX_CASES {
            counts.suppress(judgement.key.kind, Suppressed::Full);
            return false;
        }
        cases.insert(judgement.key, Case::new(judgement, since));
        self.index.open(&judgement.key);
        true
    }

    /// Forgets a case.
    pub(super) fn close(&mut self, key: &Key) {
        self.index.close(key);
        self.state.cases.remove(key);
    }

    /// Does what it is time to do with a case.
    fn settle(&mut self, key: &Key, moment: Moment<'_>, out: &mut Vec<Change>) {
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

    /// Raises an alert, or raises it again.
    fn tell(&mut self, key: &Key, moment: Moment<'_>, out: &mut Vec<Change>) {
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

    /// The condition of a case has ended.
    fn end(&mut self, key: &Key, now: UtcTime, out: &mut Vec<Change>) {
        let Some(case) = self.state.cases.get_mut(key) else { return };
        if case.since.take().is_some() {
            self.state.counts.suppress(key.kind, Suppressed::OnDelay);
        }
        case.over.get_or_insert(now);
        let Some(alert) = &mut case.alert else {
            self.close(key);
            return;
        };
        if !self.state.by_id.contains_key(&alert.id) {
            // It was only ever in the report.
            self.close(key);
            return;
        }
        match alert.end(case.priority) {
            End::Stay => {}
            End::Rectify => {
                alert.enter(Life::Rectified, now, Cause::Condition, None);
                out.push(Change::Alert(Box::new(alert.clone())));
            }
            End::Clear => {
                let id = alert.id;
                self.finish(id, now, Cause::Condition, None, out);
            }
        }
    }

    /// Clears an alert and forgets its case.
    pub(super) fn finish(
        &mut self,
        id: AlertId,
        now: UtcTime,
        cause: Cause,
        by: Option<&Operator>,
        out: &mut Vec<Change>,
    ) -> Option<()> {
        let key = self.state.by_id.remove(&id)?;
        let case = self.state.cases.get_mut(&key)?;
        let mut alert = case.alert.take()?;
        // What is about to return does so as another one.
        if case.since.is_none() {
            self.close(&key);
        }
        self.index.leave(&alert);
        alert.enter(Life::Cleared, now, cause, by);
        out.push(Change::Alert(Box::new(alert)));
        Some(())
    }

    /// Lets go of rectified alerts that nobody will ever acknowledge.
    fn dismiss(&mut self, now: UtcTime, out: &mut Vec<Change>) {
        let alerts = self.state.cases.values().filter_map(|case| case.alert.as_ref());
        let waiting = alerts.filter(|alert| alert.state == Life::Rectified);
        let mut waiting: Vec<(AlertId, UtcTime)> = waiting.map(|alert| (alert.id, alert.changed)).collect();
        waiting.sort_unstable();
        let surplus = waiting.len().saturating_sub(MAX_RECTIFIED);
        let hold_s = self.config.rectified_hold_s;
        for (i, (id, changed)) in waiting.into_iter().enumerate() {
            if i < surplus || now.since(changed) >= hold_s {
                self.finish(id, now, Cause::Timer, None, out);
                self.state.counts.dismissed += 1;
            }
        }
    }

    fn is_out(&self, key: &Key) -> bool {
        let zone = match key.about {
            About::Zone(zone) => Some(zone),
            _ => None,
        };
        let out = &self.state.out_of_service;
        out.contains(&(key.kind, None)) || zone.is_some() && out.contains(&(key.kind, zone))
    }

    /// Takes a kind out of service or back. How much changed.
    pub(super) fn serve(&mut self, kind: Kind, zone: Option<u16>, on: bool, now: UtcTime) -> usize {
        let out = &mut self.state.out_of_service;
        let changed = if on { out.remove(&(kind, zone)) } else { out.insert((kind, zone)) };
        if !changed {
            return 0;
        }
        // What went on meanwhile begins now.
        let keys: Vec<Key> = self.cases(kind).filter(|key| !self.is_out(key)).collect();
        for key in keys {
            let Some(case) = self.state.cases.get_mut(&key) else { continue };
            if case.muted.take_if(|reason| *reason == Suppressed::OutOfService).is_some() {
                case.since = Some(now);
                self.state.counts.begin(kind);
            }
        }
        1
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
        }
        for (kind, raises) in floods {
            let evidence =
                Evidence::against(raises as f64, self.config.flood_raises.into(), super::Unit::Vessels);
            let judgement = Judgement { name: Some(kind.title()[0]), ..Judgement::of(key(kind), evidence) };
            self.signal(Signal::On, &judgement, moment, out);
        }
    }
}

fn place_of(key: &Key, known: Option<Position>, moment: Moment<'_>) -> Option<Position> {
    known.or_else(|| match (key.tracks.iter().next(), key.about) {
        (Some(id), _) => moment.picture.track(id).map(|track| track.position_at(moment.now)),
        (None, About::Cell(cell)) => cell.centre(),
        (None, About::Mark(mmsi)) => moment.picture.mark(mmsi).and_then(|mark| mark.position),
        (None, _) => None,
    })
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
        text: super::Text::default(),
    }
}
