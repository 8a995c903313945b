//! What is said of it all: one list of figures, under the names that `eval.py` gives them.

use super::answer::Truth;
use super::tally::{Rules, Tally};
use serde::{Serialize, Serializer};
use std::fmt;

/// One figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Figure {
    /// A name.
    Name(String),
    /// How many.
    Count(u64),
    /// How much; `None` where nothing was there to be measured.
    Value(Option<f64>),
}

/// All figures, in the order in which they are told.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures(Vec<(&'static str, Figure)>);

impl Figures {
    /// A figure by its name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<f64> {
        match self.0.iter().find(|(known, _)| *known == name)?.1 {
            Figure::Name(_) => None,
            Figure::Count(count) => Some(count as f64),
            Figure::Value(value) => value,
        }
    }

    pub(super) fn of(truth: &Truth, tally: &Tally, rules: &Rules) -> Self {
        let instants = tally.gospa.len() as f64;
        let vessels = tally.vessels as f64;
        let (gospa, mean_ships) = (mean(&tally.gospa), vessels / instants);
        let judged = || tally.lives.values().filter(|life| life.present > 0);
        let longest: Vec<f64> = judged()
            .map(|life| life.held.values().copied().max().unwrap_or(0) as f64 / life.present as f64)
            .collect();
        let many: Vec<f64> = judged().map(|life| life.held.len() as f64).collect();
        let strangers =
            tally.tracks.values().filter(|[counted, good]| *counted > 0 && 5 * good < *counted).count();
        let end_s = truth.duration_s.min(rules.until_s) - 90.0;
        let first: Vec<f64> = tally
            .lives
            .values()
            .filter(|life| life.appeared_s < end_s)
            .filter_map(|life| Some(life.first_s? - life.appeared_s))
            .collect();
        let never = tally.lives.values().filter(|life| life.first_s.is_none()).count();
        let squares: Vec<f64> = tally.course_deg.iter().map(|off| off * off).collect();
        let share = |part: u64, whole: u64| Figure::Value(Some(part as f64 / whole.max(1) as f64));
        let value = Figure::Value;
        let of = |x: f64| Figure::Value(Some(x).filter(|x| x.is_finite()));
        let sum = |all: &[f64]| all.iter().sum::<f64>();
        let [counted, near, far, had] = tally.near;
        Self(vec![
            ("scenario", Figure::Name(truth.name.clone())),
            ("snapshots", Figure::Count(tally.gospa.len() as u64)),
            ("mean_ships", of(mean_ships)),
            ("GOSPA", value(gospa)),
            ("GOSPA_per_sqrt_ship", value(gospa.map(|gospa| gospa / mean_ships.sqrt()))),
            ("loc_part", value(root_mean(&tally.squared_m2))),
            ("missed", value(mean(&tally.missed))),
            ("false", value(mean(&tally.false_tracks))),
            ("missed_pct", of(100.0 * sum(&tally.missed) / vessels)),
            ("false_pct", of(100.0 * sum(&tally.false_tracks) / vessels)),
            ("TGOSPA_ub", of((tally.trajectory / instants).sqrt())),
            ("id_switches", Figure::Count(tally.switches)),
            ("id_switches_per_ship_h", of(tally.switches as f64 / (vessels * truth.step_s / 3600.0))),
            ("fragments", Figure::Count(tally.fragments)),
            ("longest_track_share", value(mean(&longest))),
            ("tracks_per_ship", value(mean(&many))),
            ("SIAP_completeness", of(had as f64 / vessels)),
            ("SIAP_ambiguity", share(near, had)),
            ("SIAP_spurious", share(far, counted)),
            ("identity_correct", share(tally.named[1], tally.named[0])),
            ("identity_wrong", share(tally.named[2], tally.named[0])),
            ("dark_labelled", share(tally.dark[1], tally.dark[0])),
            ("false_tracks_per_h", of(strangers as f64 / (instants * truth.step_s / 3600.0))),
            ("t_confirm_median", value(quantile(&first, 0.5))),
            ("t_confirm_p90", value(quantile(&first, 0.9))),
            ("never_tracked", Figure::Count(never as u64)),
            ("pos_rmse", value(root_mean(&tally.position_m2))),
            ("pos_median", value(quantile(&tally.position_m2, 0.5).map(f64::sqrt))),
            ("sog_rmse_kn", value(root_mean(&tally.speed_kn2))),
            ("cog_rmse_deg", value(root_mean(&squares))),
            ("cog_median_deg", value(quantile(&tally.course_deg, 0.5))),
            ("NEES_mean", value(mean(&tally.nees))),
            ("NEES_median", value(quantile(&tally.nees, 0.5))),
            ("cov95_share", of(tally.inside as f64 / tally.nees.len() as f64)),
            ("doubt_on_true", share(tally.doubted[1], tally.doubted[0])),
        ])
    }
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, figure)| (name, figure)))
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, figure) in &self.0 {
            match figure {
                Figure::Name(text) => writeln!(f, "{name:24} {text}")?,
                Figure::Count(count) => writeln!(f, "{name:24} {count}")?,
                Figure::Value(Some(value)) => writeln!(f, "{name:24} {}", (value * 1e4).round() / 1e4)?,
                Figure::Value(None) => writeln!(f, "{name:24} -")?,
            }
        }
        Ok(())
    }
}

fn mean(all: &[f64]) -> Option<f64> {
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

fn root_mean(squares: &[f64]) -> Option<f64> {
    mean(squares).map(f64::sqrt)
}

/// Between the two nearest in rank, in proportion.
fn quantile(all: &[f64], share: f64) -> Option<f64> {
    let mut sorted = all.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = share * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted.get(rank.floor() as usize)?, sorted.get(rank.ceil() as usize)?);
    Some(low + (high - low) * rank.fract())
}
