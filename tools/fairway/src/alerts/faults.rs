//! Faults of what vessels say: which were flagged, by the labels of the truth, and what was flagged elsewhere.

use super::play::Played;
use super::truth::Truth;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use watch::Kind;

/// Which kind tells of which fault.
const FAULTS: [(&str, Kind); 7] = [
    ("wrong_mmsi", Kind::InvalidIdentity),
    ("dup_mmsi", Kind::IdentityClash),
    ("dup_victim", Kind::IdentityClash),
    ("jump", Kind::PositionJump),
    ("stale", Kind::ReportLag),
    ("clock", Kind::ReportLag),
    ("dark_mid", Kind::AisLost),
];

/// Figures of faults.
pub struct Faults {
    ship_hours: f64,
    /// Per fault: how many vessels have it, and which were not flagged.
    pub rows: Vec<(&'static str, Kind, usize, Vec<i64>)>,
    ghosts: usize,
    /// Numbers of nobody that were never in doubt.
    pub undoubted: Vec<u32>,
    /// Flagged for what they have not, by kind: vessel and second.
    pub elsewhere: BTreeMap<Kind, Vec<(i64, f64)>>,
    doubted: Vec<i64>,
}

impl Faults {
    /// `None` where the truth has none.
    pub(super) fn of(truth: &Truth, played: &Played) -> Option<Self> {
        let with = |fault: &str| -> BTreeSet<i64> {
            let ships = truth.ships.values().filter(|ship| ship.fault.as_deref() == Some(fault));
            ships.map(|ship| ship.number).collect()
        };
        truth.ships.values().find(|ship| ship.fault.is_some())?;
        let mut flagged: BTreeMap<Kind, BTreeSet<i64>> = BTreeMap::new();
        let mut elsewhere: BTreeMap<Kind, Vec<(i64, f64)>> = BTreeMap::new();
        for raised in &played.raised {
            if !FAULTS.iter().any(|(_, kind)| *kind == raised.kind) {
                continue;
            }
            let may: BTreeSet<i64> = FAULTS
                .iter()
                .filter(|(_, kind)| *kind == raised.kind)
                .flat_map(|(fault, _)| with(fault))
                .collect();
            // A number that is borne twice is both bearers' alert; a track that is no vessel's goes by its number.
            let mut ships = played.vessels(raised, truth);
            if raised.kind == Kind::IdentityClash || ships.is_empty() {
                let bears = |mmsi: Option<u32>| mmsi.is_some_and(|mmsi| raised.mmsis.contains(&mmsi));
                ships.extend(truth.ships.values().filter(|ship| bears(ship.tx_mmsi)).map(|ship| ship.number));
            }
            if !ships.iter().any(|ship| may.contains(ship)) {
                let who = ships.first().copied().unwrap_or(-1);
                elsewhere.entry(raised.kind).or_default().push((who, raised.t));
            }
            flagged.entry(raised.kind).or_default().extend(ships);
        }
        let rows = FAULTS.map(|(fault, kind)| {
            let all = with(fault);
            let missed =
                all.iter().filter(|ship| !flagged.get(&kind).is_some_and(|ships| ships.contains(ship)));
            (fault, kind, all.len(), missed.copied().collect())
        });
        let real: BTreeSet<u32> = truth.ships.values().filter_map(|ship| ship.tx_mmsi).collect();
        let ghosts: Vec<u32> = played.mmsis.difference(&real).copied().collect();
        let faulty: BTreeSet<i64> =
            truth.ships.values().filter(|ship| ship.fault.is_some()).map(|ship| ship.number).collect();
        Some(Self {
            ship_hours: truth.ship_hours(),
            rows: rows.into(),
            ghosts: ghosts.len(),
            undoubted: ghosts.into_iter().filter(|mmsi| !played.doubted_mmsis.contains(mmsi)).collect(),
            elsewhere,
            doubted: played.doubted.difference(&faulty).copied().collect(),
        })
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (fault, kind, all, missed) in &self.rows {
            writeln!(
                f,
                "{fault}: {} of {all} flagged by {}; not: {missed:?}",
                all - missed.len(),
                kind.code()
            )?;
        }
        let doubted = self.ghosts - self.undoubted.len();
        writeln!(f, "ghosts: {doubted} of {} in doubt; not: {:?}", self.ghosts, self.undoubted)?;
        let mut all = 0;
        for (kind, whom) in &self.elsewhere {
            all += whom.len();
            writeln!(f, "elsewhere {}: {whom:?} (vessel, s)", kind.code())?;
        }
        writeln!(f, "doubted without a fault: {:?}", self.doubted)?;
        writeln!(
            f,
            "flagged elsewhere: {all} in {:.1} ship-hours ({:.2} per 50), doubts besides",
            self.ship_hours,
            50.0 * all as f64 / self.ship_hours.max(1e-9)
        )
    }
}
