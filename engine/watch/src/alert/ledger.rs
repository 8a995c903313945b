//! All cases under watch, raised or not yet: what judges say of them, and the end of each.

mod telling;
mod timing;

use super::case::{Case, Judgement, Key, Plan, Signal};
use super::counts::{Counts, Suppressed};
use super::flood::{Config, Noise, Sectors};
use super::life::End;
use super::situation::Index;
use super::{About, Alert, AlertId, Audience, Cause, Ends, Kind, Operator, State as Life};
use crate::{Change, Moment};
use fusion::TrackId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use units::{Position, UtcTime};

/// More situations than anybody could look at; past this, new ones are counted and not watched.
const MAX_CASES: usize = 65_536;
/// The newest entries of the report on data quality.
const MAX_REPORT: usize = 10_000;
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
    pub fn new(config: &Config, mut state: State) -> Self {
        let (index, sectors) = (Index::of(&state), Sectors::new(&config.sectors));
        // The index has none of the plans yet, whatever the state says.
        for case in state.cases.values_mut() {
            case.plan = Plan::default();
        }
        let keys: Vec<Key> = state.cases.keys().copied().collect();
        let mut ledger = Self { state, config: config.clone(), sectors, index, due: Vec::new() };
        for key in &keys {
            ledger.plan(key);
        }
        ledger
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
        self.hear(signal, judgement, moment, out);
        self.plan(&judgement.key);
    }

    fn hear(&mut self, signal: Signal, judgement: &Judgement<'_>, moment: Moment<'_>, out: &mut Vec<Change>) {
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
        self.plan(&key);
    }

    /// A track is no more: every case about it is over.
    pub fn end_of(&mut self, id: TrackId, now: UtcTime, out: &mut Vec<Change>) {
        let mut due = std::mem::take(&mut self.due);
        due.clear();
        due.extend(self.index.about(id));
        for key in &due {
            self.end(key, now, out);
            self.plan(key);
        }
        self.due = due;
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

    /// The same in the order in which they lie: much quicker where there are thousands.
    pub fn alerts_as_they_lie(&self) -> impl Iterator<Item = &Alert> {
        let State { cases, by_id, .. } = &self.state;
        let told = cases.values().filter_map(|case| case.alert.as_ref());
        // Only of these kinds some are in the report and on no list.
        told.filter(|alert| alert.kind.audience() != Audience::Report || by_id.contains_key(&alert.id))
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
        if let Some(case) = self.state.cases.remove(key) {
            self.index.unplan(key, &case.plan);
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
        } else {
            self.plan(&key);
        }
        self.index.leave(&alert);
        alert.enter(Life::Cleared, now, cause, by);
        out.push(Change::Alert(Box::new(alert)));
        Some(())
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
                self.plan(&key);
            }
        }
        1
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
