//! How good the data were: by source, and by what speaks for a vessel.

use super::Vessel;
use super::weights::{Quantiles, Weights, rounded};
use crate::points::{Point, Who};
use engine::feed::proto;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use units::UtcTime;

/// Of one source.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OfSource {
    /// Its name.
    pub source: String,
    /// What it tells of.
    pub kind: String,
    /// What it was heard to say; `None` where the recording does not say.
    pub observations: Option<u64>,
    /// Points of tracks that it had a part in.
    pub points: u64,
    /// Vessels in them that have a number.
    pub vessels: u64,
    /// How often it fell silent.
    pub silences: u64,
    /// For how long altogether, seconds.
    pub silent_s: f64,
    /// Of all the time; `None` where it was never said to be heard or silent.
    pub silent_share: Option<f64>,
}

/// Of one class.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OfClass {
    /// Which.
    pub class: String,
    /// Points.
    pub points: u64,
    /// Seconds from one point to the next, within pieces.
    pub interval_s: Quantiles,
    /// Standard deviation of the place along the worst axis, metres.
    pub sigma_m: Quantiles,
    /// Points without a speed, a heading, a name, in per cent.
    pub without_sog: f64,
    /// The same.
    pub without_heading: f64,
    /// The same.
    pub without_name: f64,
    /// Points that the tracker itself distrusted, in per cent.
    pub doubted: f64,
}

#[derive(Default)]
struct Source {
    kind: String,
    points: u64,
    vessels: BTreeSet<Vessel>,
    first_count: Option<u64>,
    /// Of runs before this one.
    before: u64,
    last_count: u64,
    silent_since: Option<i64>,
    silent_us: i64,
    silences: u64,
    is_known: bool,
}

#[derive(Default)]
struct Class {
    points: u64,
    interval: Weights,
    sigma: Weights,
    without_sog: u64,
    without_heading: u64,
    without_name: u64,
    doubted: u64,
}

#[derive(Default)]
pub struct Quality {
    sources: BTreeMap<String, Source>,
    classes: BTreeMap<&'static str, Class>,
}

impl Quality {
    pub fn point(&mut self, class: &'static str, who: &Who, before: Option<&Point>, point: &Point) {
        let vessel = Vessel::of(who);
        for name in &point.sources {
            let source = self.sources.entry(name.clone()).or_default();
            source.points += 1;
            if !matches!(vessel, Vessel::Track(_)) && !source.vessels.contains(&vessel) {
                source.vessels.insert(vessel.clone());
            }
        }
        let class = self.classes.entry(class).or_default();
        class.points += 1;
        if let Some(before) = before {
            class.interval.add((point.at_us - before.at_us) as f64 / 1e6, 1.0);
        }
        if let Some(sigma_m) = point.sigma_m() {
            class.sigma.add(sigma_m, 1.0);
        }
        class.without_sog += u64::from(point.sog_kn.is_none());
        class.without_heading += u64::from(point.heading_deg.is_none());
        class.without_name += u64::from(who.name.is_none());
        class.doubted += u64::from(point.doubt);
    }

    pub fn sensor(&mut self, at: UtcTime, sensor: &proto::Sensor) {
        let source = self.sources.entry(sensor.name.clone()).or_default();
        source.is_known = true;
        if !sensor.kind.is_empty() {
            source.kind.clone_from(&sensor.kind);
        }
        if source.first_count.is_none() {
            source.first_count = Some(sensor.observations);
        } else if sensor.observations < source.last_count {
            // The engine began to count anew.
            source.before += source.last_count;
        }
        source.last_count = sensor.observations;
        let us = at.unix_us();
        match (sensor.state.as_str(), source.silent_since) {
            ("silent", None) => {
                source.silent_since = Some(us);
                source.silences += 1;
            }
            ("up", Some(since)) => {
                source.silent_us += us - since;
                source.silent_since = None;
            }
            _ => {}
        }
    }

    pub fn sources(&self, span: Option<(UtcTime, UtcTime)>) -> Vec<OfSource> {
        let told = |(name, source): (&String, &Source)| {
            let open_us = source.silent_since.zip(span).map_or(0, |(since, (_, to))| to.unix_us() - since);
            let silent_s = (source.silent_us + open_us.max(0)) as f64 / 1e6;
            let whole_s = span.map(|(from, to)| to.since(from)).filter(|whole_s| *whole_s > 0.0);
            OfSource {
                source: name.clone(),
                kind: source.kind.clone(),
                observations: source
                    .first_count
                    .map(|first| (source.before + source.last_count).saturating_sub(first)),
                points: source.points,
                vessels: source.vessels.len() as u64,
                silences: source.silences,
                silent_s: rounded(silent_s),
                silent_share: whole_s
                    .filter(|_| source.is_known)
                    .map(|whole_s| rounded((silent_s / whole_s).min(1.0))),
            }
        };
        self.sources.iter().map(told).collect()
    }

    pub fn classes(&self) -> Vec<OfClass> {
        let told = |(name, class): (&&'static str, &Class)| {
            let share = |count: u64| rounded(100.0 * count as f64 / class.points.max(1) as f64);
            OfClass {
                class: (*name).to_owned(),
                points: class.points,
                interval_s: class.interval.counted(),
                sigma_m: class.sigma.counted(),
                without_sog: share(class.without_sog),
                without_heading: share(class.without_heading),
                without_name: share(class.without_name),
                doubted: share(class.doubted),
            }
        };
        self.classes.iter().map(told).collect()
    }
}
