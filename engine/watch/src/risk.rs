//! Risk grade (314): how dangerous each cell of the supervision grid is, in four grades, and each unit of it.
//!
//! A cell's score joins what is live in it, as probabilities join. Its grade compares that with the cell's own
//! history, or while that is short with the history of all cells: orange is its worst 5 %, red its worst 1 %, and red
//! needs two hulls that come too close. A grade rises at once and falls a minute after its score did.

use crate::alert::{About, Delays, Evidence, Judgement, Key, Kind, Signal, State as Life, Unit};
use crate::zone::shape::Shape;
use crate::{Change, Judge, Scene};
use fusion::{Track, TrackId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::grid::Cell;
use units::{Position, UtcTime};

/// Grades of risk, the least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grade {
    /// Nothing to speak of.
    #[default]
    None,
    /// Low.
    Blue,
    /// General.
    Yellow,
    /// Greater.
    Orange,
    /// Major.
    Red,
}

impl Grade {
    /// As a lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Blue => "blue",
            Self::Yellow => "yellow",
            Self::Orange => "orange",
            Self::Red => "red",
        }
    }

    const ALL: [Self; 5] = [Self::None, Self::Blue, Self::Yellow, Self::Orange, Self::Red];

    fn next(self) -> Self {
        Self::ALL.get(self as usize + 1).copied().unwrap_or(Self::Red)
    }
}

/// A part of the sea that somebody answers for; its cells are those whose middles lie in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Responsibility {
    /// What it is called: 1 to 64 characters.
    pub name: String,
    /// Its corners in order, each `[latitude, longitude]` in degrees.
    #[serde(with = "crate::zone::corners")]
    pub polygon: Vec<Position>,
    /// Who answers for it.
    #[serde(default)]
    pub officer: String,
    /// What they do.
    #[serde(default)]
    pub duties: String,
    /// The unit that it belongs to: of a post its branch, of a branch its bureau.
    #[serde(default)]
    pub parent: Option<String>,
}

/// Why a cell has its score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The kind of what is live there; 312 stands for the number of vessels.
    pub kind: Kind,
    /// What it adds alone, 0 to 1.
    pub score: f64,
}

/// The risk of one cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellRisk {
    /// Its grade.
    pub grade: Grade,
    /// 0 to 1.
    pub score: f64,
    /// The gravest first, at most four.
    pub reasons: Vec<Reason>,
    /// Since when its score has been too low for its grade.
    low: Option<UtcTime>,
}

impl CellRisk {
    /// Up at once, down when the score has been too low for a minute: the grade, and since when it has been.
    fn settle(
        was: Grade,
        low: Option<UtcTime>,
        grade: Grade,
        eased: Grade,
        now: UtcTime,
    ) -> (Grade, Option<UtcTime>) {
        if grade >= was {
            return (grade, None);
        }
        if eased >= was {
            return (was, None);
        }
        let since = low.unwrap_or(now);
        if now.since(since) >= FALL_S { (grade, None) } else { (was, Some(since)) }
    }
}

/// Each cell is graded every so many seconds, a tenth of them in each.
const EVERY_S: i64 = 10;
const FALL_S: f64 = 60.0;
const FALL_FACTOR: f64 = 0.9;
/// In fog the limits are this much lower, and no cell rises by more than one grade for it.
const FOG_FACTOR: f64 = 0.9;
const MAX_REASONS: usize = 4;
/// Scores are counted in steps of a fortieth.
const STEPS: usize = 40;
/// A cell's own history counts from an hour on; that of all cells from so many scores.
const OWN_LEAST: u32 = 360;
const ALL_LEAST: u32 = 200;
/// A history is halved when it is this long, so that it follows the seasons.
const MOST: u32 = 60_480;
/// Parts of the day with histories of their own.
const PARTS: usize = 4;
/// Below this nothing is orange or red, however quiet it usually is.
const FLOOR: f64 = 0.3;
/// Without a history: yellow, orange, red.
const LIMITS: [f64; 3] = [0.4, 0.6, 0.8];
/// A crowded cell adds at most this.
const CROWD: f64 = 0.3;
const MAX_CELLS: usize = 200_000;

/// How much each kind adds where it is live (RISK.md "Grid").
const WEIGHTS: [(Kind, f64); 20] = [
    (Kind::DomainIntrusion, 0.4),
    (Kind::FixedObject, 0.5),
    (Kind::WrongWay, 0.5),
    (Kind::SuddenTurn, 0.1),
    (Kind::ShallowCrossing, 0.1),
    (Kind::BridgeApproach, 0.6),
    (Kind::ZoneEntry, 0.1),
    (Kind::Restricted, 0.5),
    (Kind::SpeedLimit, 0.2),
    (Kind::NotUnderCommand, 0.5),
    (Kind::SuddenStop, 0.4),
    (Kind::AnchorDrag, 0.8),
    (Kind::NoAnchoring, 0.3),
    (Kind::NetHazard, 0.3),
    (Kind::LostTarget, 0.3),
    (Kind::AisLost, 0.4),
    (Kind::IdentityClash, 0.3),
    (Kind::PositionJump, 0.4),
    (Kind::DistressBeacon, 0.6),
    (Kind::BeiDouSos, 0.6),
];

/// How often each score was seen, by parts of the day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct History {
    counts: BTreeMap<(u8, u8), u32>,
    totals: [u32; PARTS],
}

impl History {
    fn note(&mut self, part: usize, score: f64) {
        *self.counts.entry((part as u8, step_of(score))).or_default() += 1;
        let Some(total) = self.totals.get_mut(part) else { return };
        *total += 1;
        if *total >= MOST {
            let all = self.counts.range_mut((part as u8, 0)..=(part as u8, u8::MAX));
            *total = all
                .map(|(_, count)| {
                    *count /= 2;
                    *count
                })
                .sum();
        }
    }

    fn total(&self, part: usize) -> u32 {
        self.totals.get(part).copied().unwrap_or(0)
    }

    /// The scores that only these parts of all others are above; the parts from the least on.
    fn worst<const N: usize>(&self, part: usize, shares: [f64; N]) -> [f64; N] {
        let total = f64::from(self.total(part));
        let mut all = self.counts.range((part as u8, 0)..=(part as u8, u8::MAX)).rev();
        let (mut above, mut at) = (0_u32, None);
        shares.map(|share| {
            let most = (total * share) as u32;
            loop {
                let Some((step, count)) = at.or_else(|| all.next().map(|((_, step), n)| (*step, *n))) else {
                    return 0.0;
                };
                if above.saturating_add(count) > most {
                    at = Some((step, count));
                    // All of this step is not worse.
                    return f64::from(step + 1) / STEPS as f64;
                }
                above += count;
                at = None;
            }
        })
    }
}

fn step_of(score: f64) -> u8 {
    ((score * STEPS as f64) as usize).min(STEPS - 1) as u8
}

/// The judge of cells.
#[derive(Debug)]
pub(crate) struct Risks {
    level: u8,
    capacity: u32,
    units: Vec<(Responsibility, Option<Shape>)>,
    state: State,
}

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    cells: BTreeMap<Cell, CellRisk>,
    own: BTreeMap<Cell, History>,
    all: History,
    is_foggy: bool,
    /// The second that was graded last.
    second: Option<i64>,
}

/// Post, branch, bureau, and one more: no chain of units is longer.
const MOST_ABOVE: usize = 4;

impl Risks {
    pub fn new(level: u8, capacity: u32, units: &[Responsibility], state: State) -> Self {
        let units = units.iter().map(|unit| (unit.clone(), Shape::new(&unit.polygon).ok())).collect();
        Self { level, capacity: capacity.max(1), units, state }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }

    pub fn set_fog(&mut self, is_foggy: bool) {
        self.state.is_foggy = is_foggy;
    }

    /// Cells with a grade, in their order.
    pub fn cells(&self) -> impl Iterator<Item = (Cell, &CellRisk)> {
        self.state.cells.iter().map(|(cell, risk)| (*cell, risk))
    }

    /// Its risk, where it is graded.
    pub fn cell(&self, cell: Cell) -> Option<&CellRisk> {
        self.state.cells.get(&cell)
    }

    /// The unit that has charge of a cell: of those that it lies in, the one furthest down.
    pub fn charge_of(&self, cell: Cell) -> Option<&Responsibility> {
        let centre = cell.centre()?;
        let holds =
            |shape: &Option<Shape>| shape.as_ref().is_some_and(|shape| shape.outside_m(centre, 1.0) <= 0.0);
        let holding = self.units.iter().filter(|(_, shape)| holds(shape)).map(|(unit, _)| unit);
        holding.max_by_key(|unit| self.above(unit).count())
    }

    /// The units above one, nearest first.
    pub fn above<'a>(&'a self, unit: &'a Responsibility) -> impl Iterator<Item = &'a Responsibility> {
        let parent = |unit: &Responsibility| {
            let parent = unit.parent.as_deref()?;
            self.units.iter().map(|(unit, _)| unit).find(|unit| unit.name == parent)
        };
        std::iter::successors(parent(unit), move |unit| parent(unit)).take(MOST_ABOVE)
    }

    /// The worst grade in each unit, those of the units below it included.
    pub fn units(&self) -> Vec<(&Responsibility, Grade)> {
        let own = |shape: &Option<Shape>| {
            let Some(shape) = shape else { return Grade::None };
            let inside =
                self.state.cells.iter().filter(|(cell, _)| {
                    cell.centre().is_some_and(|centre| shape.outside_m(centre, 1.0) <= 0.0)
                });
            inside.map(|(_, risk)| risk.grade).max().unwrap_or_default()
        };
        let mut grades: Vec<(&Responsibility, Grade)> =
            self.units.iter().map(|(unit, shape)| (unit, own(shape))).collect();
        // Post to branch to bureau: two steps up; more where somebody draws more.
        for _ in 0..MOST_ABOVE {
            for i in 0..grades.len() {
                let Some((unit, grade)) = grades.get(i).copied() else { break };
                let Some(parent) = &unit.parent else { continue };
                if let Some((_, above)) = grades.iter_mut().find(|(u, _)| u.name == *parent) {
                    *above = grade.max(*above);
                }
            }
        }
        grades
    }

    /// What is live, by cell: the score, the reasons, and whether two hulls come too close. Of those whose turn it is.
    fn live(
        &self,
        density: &BTreeMap<Cell, u32>,
        scene: &Scene<'_>,
        turns: &Turns,
    ) -> BTreeMap<Cell, (f64, Vec<Reason>, bool)> {
        let mut found: BTreeMap<Cell, (f64, Vec<Reason>, bool)> = BTreeMap::new();
        let mut add = |cell: Cell, kind: Kind, score: f64, is_gap: bool| {
            let (total, reasons, gap) = found.entry(cell).or_default();
            *total = join(*total, score);
            *gap |= is_gap;
            reasons.push(Reason { kind, score });
        };
        for (cell, vessels) in turns.among(density) {
            let part = f64::from(*vessels) / f64::from(self.capacity);
            add(*cell, Kind::CellDensity, CROWD * part.min(1.0), false);
        }
        for alert in scene.ledger.alerts_as_they_lie().filter(|alert| alert.state != Life::Rectified) {
            let Some(cell) = alert.place.and_then(|place| Cell::at(place, self.level).ok()) else { continue };
            if !turns.has(cell) {
                continue;
            }
            match (alert.kind, alert.evidence) {
                (kind, Evidence::Encounter { cri, probability, .. }) => {
                    let is_gap = kind != Kind::CollisionAttention;
                    add(cell, kind, (cri * probability).clamp(0.0, 0.95), is_gap);
                }
                (kind, _) => {
                    if let Some((_, weight)) = WEIGHTS.iter().find(|(k, _)| *k == kind) {
                        add(cell, kind, *weight, false);
                    }
                }
            }
        }
        found
    }

    /// What is yellow, orange and red by the history of all cells.
    fn usual(&self, part: usize) -> [f64; 3] {
        limits_of(&self.state.all, part, ALL_LEAST).unwrap_or(LIMITS)
    }

    /// The grades of those cells anew whose turn has come; `density` says how many are in each cell.
    pub fn grade(&mut self, density: &BTreeMap<Cell, u32>, scene: &mut Scene<'_>) {
        let now = scene.moment.now;
        let turns = Turns::new(self.state.second.replace(now.unix_s()), now.unix_s());
        let part = (now.unix_s().div_euclid(86_400 / PARTS as i64)).rem_euclid(PARTS as i64) as usize;
        let mut live = self.live(density, scene, &turns);
        for (cell, _) in turns.among(&self.state.cells) {
            live.entry(*cell).or_default();
        }
        for (cell, (score, ..)) in &live {
            if density.contains_key(cell) && self.state.own.len() < MAX_CELLS {
                self.state.all.note(part, *score);
                self.state.own.entry(*cell).or_default().note(part, *score);
            }
        }
        let usual = self.usual(part);
        for (cell, (score, mut reasons, is_gap)) in live {
            let own = self.state.own.get(&cell);
            let limits = own.and_then(|own| limits_of(own, part, OWN_LEAST)).unwrap_or(usual);
            let clear = grade(limits, score, is_gap);
            let now_is = if self.state.is_foggy {
                grade(limits, score / FOG_FACTOR, is_gap).min(clear.next())
            } else {
                clear
            };
            let eased = grade(limits, score / FALL_FACTOR, is_gap);
            let before = self.state.cells.get(&cell);
            let was = before.map_or(Grade::None, |before| before.grade);
            let (grade, low) =
                CellRisk::settle(was, before.and_then(|before| before.low), now_is, eased, now);
            reasons.sort_by(|a, b| b.score.total_cmp(&a.score));
            reasons.truncate(MAX_REASONS);
            let risk = CellRisk { grade, score, reasons, low };
            if grade != was {
                scene.out.push(Change::Risk { cell, risk: risk.clone() });
            }
            // What is and was below that has been told to be over.
            if grade.max(was) >= Grade::Orange {
                signal(cell, grade, score, scene);
            }
            if grade == Grade::None && !density.contains_key(&cell) {
                self.state.cells.remove(&cell);
            } else {
                self.state.cells.insert(cell, risk);
            }
        }
    }
}

/// Orange and red are told, as a caution and a warning.
fn signal(cell: Cell, grade: Grade, score: f64, scene: &mut Scene<'_>) {
    let priority = if grade == Grade::Red { crate::Priority::Warning } else { crate::Priority::Caution };
    let key = Key::place(Kind::RiskGrade, About::Cell(cell));
    let judgement = Judgement {
        priority: Some(priority),
        delays: Delays { on_s: 0.0, off_s: 300.0 },
        rank: score,
        ..Judgement::of(key, Evidence::of(grade as u8 as f64, Unit::Grade))
    };
    scene.signal(Signal::of(grade >= Grade::Orange, grade < Grade::Orange), &judgement);
}

/// Which cells are graded: the seconds that have passed, as their last digit.
struct Turns([bool; EVERY_S as usize]);

impl Turns {
    /// Of every second after `last`; of all of them where that is long ago, or there is none.
    fn new(last: Option<i64>, now: i64) -> Self {
        let since = last.map_or(EVERY_S, |last| now.saturating_sub(last).clamp(1, EVERY_S));
        let mut turns = [false; EVERY_S as usize];
        for second in (now - since + 1)..=now {
            if let Some(turn) = turns.get_mut(second.rem_euclid(EVERY_S) as usize) {
                *turn = true;
            }
        }
        Self(turns)
    }

    /// Rows have turns: their cells lie together in a map.
    fn has(&self, cell: Cell) -> bool {
        self.0.get(cell.row() as usize % EVERY_S as usize).copied().unwrap_or(false)
    }

    /// Of a map those whose turn it is; the others are not gone through.
    fn among<'a, V>(&self, map: &'a BTreeMap<Cell, V>) -> impl Iterator<Item = (&'a Cell, &'a V)> {
        let next = |cell: &&Cell| map.range(cell.next_row()..).next().map(|(cell, _)| cell);
        let rows = std::iter::successors(map.keys().next(), next);
        rows.filter(|cell| self.has(**cell)).flat_map(|cell| map.range(*cell..cell.next_row()))
    }
}

/// As probabilities join.
fn join(total: f64, score: f64) -> f64 {
    1.0 - (1.0 - total) * (1.0 - score)
}

/// Yellow, orange and red by a history, where it is long enough.
fn limits_of(history: &History, part: usize, least: u32) -> Option<[f64; 3]> {
    (history.total(part) >= least).then(|| {
        let [red, orange, yellow] = history.worst(part, [0.01, 0.05, 0.2]);
        [yellow, orange, red].map(|limit| limit.max(FLOOR))
    })
}

fn grade([yellow, orange, red]: [f64; 3], score: f64, is_gap: bool) -> Grade {
    match score {
        s if s >= red && is_gap => Grade::Red,
        s if s >= orange => Grade::Orange,
        s if s >= yellow => Grade::Yellow,
        s if s >= FLOOR / 3.0 => Grade::Blue,
        _ => Grade::None,
    }
}

impl Judge for Risks {
    fn update(&mut self, _track: &Track, _scene: &mut Scene<'_>) {}

    fn gone(&mut self, _id: TrackId, _scene: &mut Scene<'_>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_a_history() {
        let mut history = History::default();
        for i in 0..1000 {
            history.note(0, f64::from(i) / 1000.0);
        }
        for (share, expected) in [(0.05, 0.95), (0.01, 1.0), (0.2, 0.8)] {
            assert!((history.worst(0, [share])[0] - expected).abs() <= 1.0 / STEPS as f64 + 1e-9, "{share}");
        }
        assert_eq!(history.worst(0, [0.01, 0.05, 0.2]), [0.01, 0.05, 0.2].map(|s| history.worst(0, [s])[0]));
        assert_eq!(history.worst(1, [0.01, 0.05]), [0.0; 2]);
        assert_eq!(history.total(0), 1000);
    }

    #[test]
    fn grid_grades_are_monotone_and_fog_raises_by_one_at_most() {
        let mut risks = Risks::new(4, 50, &[], State::default());
        for with_history in [false, true] {
            if with_history {
                (0..1000).for_each(|i| risks.state.all.note(0, f64::from(i) / 2000.0));
            }
            for is_gap in [false, true] {
                let grades: Vec<Grade> =
                    (0..=100).map(|i| grade(risks.usual(0), f64::from(i) / 100.0, is_gap)).collect();
                assert!(grades.windows(2).all(|pair| pair[0] <= pair[1]), "{grades:?}");
                assert_eq!(*grades.last().unwrap(), if is_gap { Grade::Red } else { Grade::Orange });
            }
        }
    }

    #[test]
    fn grid_a_score_grows_with_every_input() {
        // Alone and joined with any other, in steps of a twentieth.
        let parts = || (0..=20).map(|i| f64::from(i) / 20.0);
        for other in parts() {
            let joined: Vec<f64> = parts().map(|score| join(other, score)).collect();
            assert!(joined.windows(2).all(|pair| pair[0] <= pair[1]), "{other}: {joined:?}");
            assert!(joined.iter().all(|total| (other - 1e-12..=1.0).contains(total)), "{other}: {joined:?}");
        }
        // RISK.md "Grid": 1 - prod(1 - s).
        assert!((join(join(0.5, 0.4), 0.8) - 0.94).abs() < 1e-12);
    }

    #[test]
    fn grid_three_per_cent_about_a_limit_is_one_change_in_a_minute() {
        let risks = Risks::new(4, 50, &[], State::default());
        for limit in LIMITS {
            let (mut risk, mut changes) = (CellRisk::default(), Vec::new());
            for i in 0..60 {
                let now = UtcTime::from_unix_s(i * EVERY_S);
                let score = limit * if i % 2 == 0 { 1.03 } else { 0.97 };
                let clear = grade(risks.usual(0), score, true);
                let eased = grade(risks.usual(0), score / FALL_FACTOR, true);
                let (grade, low) = CellRisk::settle(risk.grade, risk.low, clear, eased, now);
                if grade != risk.grade {
                    changes.push(i * EVERY_S);
                }
                risk = CellRisk { grade, low, ..risk };
            }
            // The first is that there is a grade at all.
            assert_eq!(changes, [0], "about {limit}");
            // And once the score has gone, the grade goes after a minute.
            let settle =
                |risk: &CellRisk, now| CellRisk::settle(risk.grade, risk.low, Grade::None, Grade::None, now);
            let gone = |s: i64| UtcTime::from_unix_s(600 + s);
            let (kept, low) = settle(&risk, gone(0));
            assert_eq!((kept, low), (risk.grade, Some(gone(0))));
            let falling = CellRisk { low, ..risk.clone() };
            assert_eq!(settle(&falling, gone(50)).0, risk.grade);
            assert_eq!(settle(&falling, gone(60)).0, Grade::None);
        }
    }

    #[test]
    fn grid_every_cell_has_its_turn_once_in_ten_seconds() {
        // Both sides of the equator and of Greenwich.
        let place = |i: u32| Position::new(f64::from(i / 50) / 60.0 - 0.3, f64::from(i % 50) / 60.0 - 0.4);
        let map: BTreeMap<Cell, u32> =
            (0..2000).map(|i| (Cell::at(place(i).unwrap(), 4).unwrap(), i)).collect();
        let count = map.len();
        assert!(count > 1000, "{count}");
        let graded = |last, now| {
            let turns = Turns::new(last, now);
            let found: Vec<Cell> = turns.among(&map).map(|(cell, _)| *cell).collect();
            assert!(map.keys().filter(|cell| turns.has(**cell)).eq(&found), "{last:?} {now}");
            found.len()
        };
        // One second after the other: each about a tenth, together all.
        let each: Vec<usize> = (1..=10).map(|s| graded(Some(s - 1), s)).collect();
        assert_eq!(each.iter().sum::<usize>(), count, "{each:?}");
        assert!(each.iter().all(|n| *n <= count / 5), "{each:?}");
        // Seconds that nobody ticked are made up for; the first time all are, and none is twice.
        let three = each[7] + each[8] + each[9];
        let cases = [
            (None, 7, count),
            (Some(7), 10, three),
            (Some(7), 3600, count),
            (Some(9), 9, each[8]),
            (Some(9), 3, each[2]),
        ];
        for (last, now, expected) in cases {
            assert_eq!(graded(last, now), expected, "{last:?} {now}");
        }
    }
}
