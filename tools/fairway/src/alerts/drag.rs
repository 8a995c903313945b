//! Anchors that drag: how soon they were told, and who only swings.

use super::play::Played;
use super::truth::Truth;
use std::fmt;
use units::KNOT_MPS;
use watch::Kind;

/// An anchor has to be told after its point has moved so far, metres.
const MOVED_M: f64 = 60.0;

/// Figures of anchors.
pub struct Drags {
    /// The vessel, and how long after its anchor had moved it was told, seconds; `None` is never.
    pub delays: Vec<(i64, Option<f64>)>,
    /// Told of vessels whose anchor holds.
    pub wrong: Vec<(i64, f64)>,
    hours: f64,
}

impl Drags {
    /// `None` where nobody lies at anchor.
    pub(super) fn of(truth: &Truth, played: &Played) -> Option<Self> {
        let at_anchor = truth.ships.values().filter(|ship| ship.anchor.is_some());
        let swinging = at_anchor.clone().filter(|ship| ship.drag_t.is_none()).count();
        at_anchor.clone().next()?;
        let told: Vec<(i64, f64)> = played
            .raised
            .iter()
            .filter(|raised| raised.kind == Kind::AnchorDrag)
            .map(|raised| (played.vessels(raised, truth).first().copied().unwrap_or(-1), raised.t))
            .collect();
        let drags = |ship: i64| truth.ships.get(&ship).and_then(|ship| ship.drag_t);
        let delays = at_anchor.filter_map(|ship| {
            let (from, kn) = ship.drag_t.zip(ship.drag_kn)?;
            let moved = from + MOVED_M / (kn * KNOT_MPS);
            let own =
                told.iter().filter(|(who, t)| *who == ship.number && *t >= from).map(|(_, t)| t - moved);
            Some((ship.number, own.fold(None, |least: Option<f64>, t| Some(least.map_or(t, |l| l.min(t))))))
        });
        Some(Self {
            delays: delays.collect(),
            wrong: told.iter().filter(|(who, t)| drags(*who).is_none_or(|from| *t < from)).copied().collect(),
            hours: swinging as f64 * truth.duration_s / 3600.0,
        })
    }
}

impl fmt::Display for Drags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (ship, delay_s) in &self.delays {
            match delay_s {
                Some(s) => writeln!(
                    f,
                    "drags: vessel {ship}, told {s:.0} s after its anchor had moved {MOVED_M:.0} m"
                )?,
                None => writeln!(f, "drags: vessel {ship}, never told")?,
            }
        }
        writeln!(
            f,
            "swings: told {} times in {:.1} ship-hours {:?}",
            self.wrong.len(),
            self.hours,
            self.wrong
        )
    }
}
