//! Encounters: who truly came closer than 50 m hull to hull, who could be foreseen to, and who was told of.

use super::hulls::Two;
use super::play::Played;
use super::truth::{State, Truth};
use std::collections::BTreeMap;
use std::fmt;
use watch::Kind;

/// Hulls closer than this are an encounter, metres.
const LIMIT_M: f64 = 50.0;
/// Those that could be foreseen so long before are counted for recall, and their tracks had to be there so long
/// before, seconds.
const FORESEEN_S: f64 = 180.0;
const TRACKED_S: f64 = 200.0;
/// What was not foreseen for so long was foreseen anew afterwards, seconds.
const BREAK_S: f64 = 15.0;
/// What happens before is not judged, seconds: nobody has a track yet.
const WARM_S: f64 = 60.0;
/// Nobody farther apart than this is looked at, metres.
const FAR_M: f64 = 12_000.0;
/// Farther apart than this, hulls are not close within a step.
const NEAR_M: f64 = 1500.0;
const KINDS: [Kind; 2] = [Kind::CollisionRisk, Kind::FishingEncounter];

type Pair = (i64, i64);

/// What the truth has of one pair.
#[derive(Default)]
struct Met {
    /// When the hulls were first closest within the limit, and how close.
    closest: Option<(f64, f64)>,
    is_done: bool,
    /// Then they both lay still, or one followed the other: no alert is wanted.
    is_excluded: bool,
    /// Instants at which linear prediction put them inside the limit within the time to act; and at twice the limits.
    foreseen: Vec<usize>,
    widely: Vec<usize>,
}

/// Figures of encounters.
#[derive(Default)]
pub struct Encounters {
    ship_hours: f64,
    /// Hull gaps inside the limit, of them told before they were closest, and those that no alert is wanted for.
    gaps: usize,
    told: usize,
    excluded: usize,
    /// Of the gaps: no instant at which both had a track and linear prediction said so.
    unforeseen: usize,
    /// Of those that could be foreseen long before: how many, and told.
    pub early: usize,
    /// Of those, told before.
    pub early_told: usize,
    missed: Vec<String>,
    /// Of those: how long before the closest point they were told, the median.
    lead_s: Option<f64>,
    /// All others.
    pub others: usize,
    /// How long after the first foreseeable instant they were told, the median, seconds; never is infinite.
    pub delay_s: Option<f64>,
    raised: usize,
    /// Of the alerts: the truth foresaw nothing about then, at the limit and at twice the limits.
    false_at_limit: usize,
    false_at_twice: usize,
}

impl Encounters {
    pub(super) fn of(truth: &Truth, played: &Played) -> Self {
        let met = meetings(truth);
        let mut told: BTreeMap<Pair, Vec<(f64, f64)>> = BTreeMap::new();
        let mut found = Self { ship_hours: truth.ship_hours(), ..Self::default() };
        for raised in played.raised.iter().filter(|raised| KINDS.contains(&raised.kind)) {
            found.raised += 1;
            let over = raised.over.unwrap_or(f64::INFINITY);
            let &[one, other] = played.vessels(raised, truth).as_slice() else {
                found.false_at_limit += 1;
                found.false_at_twice += 1;
                continue;
            };
            told.entry((one, other)).or_default().push((raised.t, over));
            let about = |instants: &[usize]| {
                let near = (raised.t - 60.0)..(raised.t + 60.0);
                instants.iter().any(|i| truth.instants.get(*i).is_some_and(|now| near.contains(&now.t)))
            };
            let pair = met.get(&(one, other));
            let came = pair.and_then(|met| met.closest).is_some_and(|(t, _)| t > raised.t - 30.0);
            found.false_at_limit += usize::from(!came && !pair.is_some_and(|met| about(&met.foreseen)));
            found.false_at_twice += usize::from(!came && !pair.is_some_and(|met| about(&met.widely)));
        }
        let (mut leads, mut delays) = (Vec::new(), Vec::new());
        for (pair, met) in &met {
            let Some((closest, gap_m)) = met.closest else { continue };
            if closest < WARM_S {
                continue;
            }
            if met.is_excluded {
                found.excluded += 1;
                continue;
            }
            let before = told.get(pair).into_iter().flatten();
            let at = before.map(|(t, _)| *t).filter(|t| *t <= closest).fold(f64::INFINITY, f64::min);
            found.gaps += 1;
            found.told += usize::from(at.is_finite());
            let Some(first_t) = first_foreseen(truth, played, *pair, met) else {
                found.unforeseen += 1;
                if at.is_infinite() {
                    found.missed.push(format!(
                        "{} and {}: {gap_m:.0} m at {closest:.0} s, not foreseen",
                        pair.0, pair.1
                    ));
                }
                continue;
            };
            let tracked = |ship| truth.at(closest - TRACKED_S).is_some_and(|i| played.is_tracked(ship, i));
            let is_early = first_t <= closest - FORESEEN_S && tracked(pair.0) && tracked(pair.1);
            if is_early {
                found.early += 1;
                found.early_told += usize::from(at.is_finite());
                leads.push(closest - at);
            } else {
                found.others += 1;
                delays.push(at - first_t);
            }
            if !at.is_finite() {
                let (a, b) = *pair;
                found.missed.push(format!(
                    "{a} and {b}: {gap_m:.0} m at {closest:.0} s, foreseen from {first_t:.0} s"
                ));
            }
        }
        found.lead_s = median(&mut leads);
        found.delay_s = median(&mut delays);
        found
    }

    /// Of the hull gaps, the share that was told before; `None` where there was none.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        (self.gaps > 0).then(|| self.told as f64 / self.gaps as f64)
    }
}

/// From when on the gap could be foreseen without a break, both having a track.
fn first_foreseen(truth: &Truth, played: &Played, pair: Pair, met: &Met) -> Option<f64> {
    let (closest, _) = met.closest?;
    let mut first = None;
    for &i in met.foreseen.iter().rev() {
        let t = truth.instants.get(i)?.t;
        if t > closest {
            continue;
        }
        let is_break = first.unwrap_or(closest) - t > BREAK_S.max(2.0 * truth.step_s);
        if is_break || !played.is_tracked(pair.0, i) || !played.is_tracked(pair.1, i) {
            break;
        }
        first = Some(t);
    }
    first
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Every pair that came close, or that linear prediction ever said would.
fn meetings(truth: &Truth) -> BTreeMap<Pair, Met> {
    let mut met: BTreeMap<Pair, Met> = BTreeMap::new();
    let mut before: BTreeMap<i64, State> = BTreeMap::new();
    for (i, instant) in truth.instants.iter().enumerate() {
        for (n, one) in instant.states.iter().enumerate() {
            for other in instant.states.iter().skip(n + 1) {
                let (Some(a), Some(b)) = (truth.ships.get(&one.ship), truth.ships.get(&other.ship)) else {
                    continue;
                };
                let two = Two { ships: [a, b], states: [*one, *other] };
                let range_m = two.range_m();
                if range_m > FAR_M {
                    continue;
                }
                let ids = (one.ship.min(other.ship), one.ship.max(other.ship));
                if !two.is_excluded() && two.foresees(2.0 * LIMIT_M, 2.0).is_some() {
                    let pair = met.entry(ids).or_default();
                    pair.widely.push(i);
                    if two.foresees(LIMIT_M, 1.0).is_some() {
                        pair.foreseen.push(i);
                    }
                }
                if range_m < NEAR_M
                    && let Some(was) = before.get(&one.ship).zip(before.get(&other.ship))
                {
                    let way = Way { two, was: [*was.0, *was.1], t: instant.t, step_s: truth.step_s };
                    way.note(met.entry(ids).or_default());
                }
            }
        }
        before = instant.states.iter().map(|state| (state.ship, *state)).collect();
    }
    met
}

/// From one instant to the next.
struct Way<'a> {
    two: Two<'a>,
    was: [State; 2],
    t: f64,
    step_s: f64,
}

impl Way<'_> {
    fn note(&self, met: &mut Met) {
        let seconds = self.step_s.max(1.0) as u32;
        for s in 1..=seconds {
            let part = f64::from(s) / f64::from(seconds);
            let between = |was: &State, is: &State| {
                let mut state = *is;
                for (place, (a, b)) in state.place.iter_mut().zip(was.place.iter().zip(is.place)) {
                    *place = a + part * (b - a);
                }
                state
            };
            let states =
                [between(&self.was[0], &self.two.states[0]), between(&self.was[1], &self.two.states[1])];
            let two = Two { states, ..self.two };
            let (gap_m, t) = (two.gap_m(0.0), self.t - self.step_s * (1.0 - part));
            match met.closest {
                Some((_, least)) if met.is_done || gap_m >= least => {
                    met.is_done |= gap_m >= 2.0 * LIMIT_M;
                }
                None if gap_m >= LIMIT_M => {}
                _ => (met.closest, met.is_excluded) = (Some((t, gap_m)), two.is_excluded()),
            }
        }
    }
}

impl fmt::Display for Encounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_hour = |count: usize| count as f64 / self.ship_hours.max(1e-9);
        writeln!(
            f,
            "hull gaps under {LIMIT_M:.0} m: {}, told before: {} ({:.3}); never foreseeable: {}; lying, following: {} more",
            self.gaps,
            self.told,
            self.recall().unwrap_or(1.0),
            self.unforeseen,
            self.excluded
        )?;
        writeln!(
            f,
            "  foreseen {FORESEEN_S:.0} s before, tracked {TRACKED_S:.0} s before: {}, told: {}, median lead {} s",
            self.early,
            self.early_told,
            or_dash(self.lead_s)
        )?;
        writeln!(f, "  others: {}, median delay {} s", self.others, or_dash(self.delay_s))?;
        for missed in &self.missed {
            writeln!(f, "  not told: {missed}")?;
        }
        writeln!(
            f,
            "risks raised: {}; not foreseen by the truth: {} ({:.2} per ship-hour), nor at twice the limits: {} ({:.2})",
            self.raised,
            self.false_at_limit,
            per_hour(self.false_at_limit),
            self.false_at_twice,
            per_hour(self.false_at_twice)
        )
    }
}

fn or_dash(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"))
}
