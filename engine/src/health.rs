//! How each source does: how long it has been silent, how much it says, whether its clock is right.
//!
//! Part of the core, so event time only: the same events give the same answers.

use fusion::{Observation, SourceId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use units::UtcTime;
use watch::Health;

/// Sources are asked this often, seconds.
const EVERY_S: i64 = 10;
/// What a source usually says is learnt over this many askings: ten minutes.
const USUAL: f64 = 60.0;
/// The newest lags of a source; their middle one counts.
const LAGS: usize = 65;
/// A message carries whole seconds, and a second passes on the way.
const LAG_DOUBT_S: f64 = 1.0;

/// All sources that were heard.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sources {
    known: BTreeMap<SourceId, Source>,
    /// The configuration has them no more: nothing is expected of them.
    gone: BTreeSet<SourceId>,
    asked: Option<i64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Source {
    heard: UtcTime,
    count: u32,
    usual: Option<f64>,
    askings: u32,
    /// Arrival less validity, seconds, in a ring.
    lags: Vec<f32>,
    next: usize,
}

impl Sources {
    /// Those that the configuration has no more.
    pub fn dismiss(&mut self, gone: &[SourceId]) {
        self.gone = gone.iter().copied().collect();
        self.known.retain(|id, _| !self.gone.contains(id));
    }

    /// Of which nothing is expected.
    pub const fn dismissed(&self) -> &BTreeSet<SourceId> {
        &self.gone
    }

    /// Something was heard.
    pub fn note(&mut self, observation: &Observation) {
        // The last of it may still have been on its way.
        if self.gone.contains(&observation.source) {
            return;
        }
        let lag_s = observation.arrival.since(observation.valid) as f32;
        let source = self.known.entry(observation.source).or_insert_with(|| Source {
            heard: observation.arrival,
            count: 0,
            usual: None,
            askings: 0,
            lags: Vec::new(),
            next: 0,
        });
        source.heard = source.heard.max(observation.arrival);
        source.count = source.count.saturating_add(1);
        match source.lags.get_mut(source.next) {
            Some(place) => *place = lag_s,
            None => source.lags.push(lag_s),
        }
        source.next = (source.next + 1) % LAGS;
    }

    /// Says how each does, when it is time to; `names` has what they are called, by their numbers.
    pub fn report(&mut self, now: UtcTime, names: &[String], mut tell: impl FnMut(Health)) {
        let asking = now.unix_s().div_euclid(EVERY_S);
        let Some(before) = self.asked.replace(asking) else { return };
        if asking <= before {
            return;
        }
        let elapsed_s = ((asking - before) * EVERY_S) as f64;
        for (id, source) in &mut self.known {
            let rate = f64::from(std::mem::take(&mut source.count)) / elapsed_s;
            let silent_s = now.since(source.heard).max(0.0);
            source.askings = source.askings.saturating_add(1);
            let usual = source.usual;
            source.usual = Some(usual.map_or(rate, |usual| usual + (rate - usual) / USUAL));
            let is_learnt = f64::from(source.askings) > USUAL;
            let name = names.get(usize::from(id.0)).cloned();
            tell(Health {
                source: *id,
                name: name.unwrap_or_else(|| format!("source {}", id.0)),
                silent_s,
                // So few a second say little about a rate.
                rates: usual.filter(|usual| is_learnt && *usual > 1.0).map(|usual| [rate, usual]),
                ahead_s: source.ahead_s(),
            });
        }
    }
}

impl Source {
    /// How far its messages come from the future; nothing where they come from the past, as messages do.
    fn ahead_s(&self) -> Option<f64> {
        if self.lags.len() < LAGS {
            return None;
        }
        let mut lags = self.lags.clone();
        lags.sort_by(f32::total_cmp);
        let middle = f64::from(*lags.get(LAGS / 2)?);
        Some(if middle < -LAG_DOUBT_S { -middle } else { 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fusion::{Body, MarkKind, MarkReport};

    fn heard(at_s: f64, lag_s: f64) -> Observation {
        let arrival = UtcTime::from_unix_s(1_764_000_000).plus_s(at_s);
        Observation {
            source: SourceId(0),
            valid: arrival.plus_s(-lag_s),
            arrival,
            body: Body::Mark(MarkReport {
                mmsi: units::Mmsi::new(4_120_001).unwrap(),
                kind: MarkKind::BaseStation,
                position: None,
                name: None,
                off_position: None,
                is_virtual: false,
                aid_type: None,
            }),
        }
    }

    #[test]
    fn a_source_is_known_by_what_it_says_and_when() {
        for (lag_s, expected) in [(0.5, 0.0), (-3.0, 3.0), (20.0, 0.0)] {
            let mut sources = Sources::default();
            let names = ["shore".to_owned()];
            let mut last = None;
            for i in 0..7000 {
                let observation = heard(f64::from(i) / 10.0, lag_s);
                sources.note(&observation);
                sources.report(observation.arrival, &names, |health| last = Some(health));
            }
            let health = last.take().unwrap();
            assert_eq!((health.name.as_str(), health.ahead_s), ("shore", Some(expected)));
            let [rate, usual] = health.rates.unwrap();
            assert!((rate - 10.0).abs() < 0.5 && (usual - 10.0).abs() < 0.5, "{rate} {usual}");
            let later = heard(820.0, lag_s).arrival;
            sources.report(later, &names, |health| last = Some(health));
            assert!((last.unwrap().silent_s - 120.0).abs() < 1.0);
        }
    }

    #[test]
    fn of_a_source_that_is_no_more_nothing_is_expected() {
        let mut sources = Sources::default();
        let names = ["shore".to_owned()];
        let told = |sources: &mut Sources, s: f64| {
            let mut told = 0;
            sources.report(heard(s, 0.0).arrival, &names, |_| told += 1);
            told
        };
        sources.note(&heard(0.0, 0.0));
        assert_eq!((told(&mut sources, 1.0), told(&mut sources, 20.0)), (0, 1));
        sources.dismiss(&[SourceId(0)]);
        sources.note(&heard(21.0, 0.0));
        assert_eq!(told(&mut sources, 200.0), 0);
        // It is there again.
        sources.dismiss(&[]);
        sources.note(&heard(201.0, 0.0));
        assert_eq!(told(&mut sources, 220.0), 1);
    }
}
