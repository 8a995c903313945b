//! What is watched for, and its limits.

use crate::zone::{MAX_BUFFER_M, MAX_ZONES, Zone};
use crate::{density, encounter};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is watched for, and its limits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Collision risk.
    pub encounter: encounter::Config,
    /// Guard zones.
    pub zones: Vec<Zone>,
    /// Cell density.
    pub grid: density::Config,
}

/// What is wrong with a configuration: the key and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    key: String,
    reason: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.reason)
    }
}

impl std::error::Error for ConfigError {}

const MAX_NAME: usize = 64;
/// Delays beyond a day are a slip of the hand.
const MAX_DELAY_S: f64 = 86_400.0;
/// Further ahead than this nobody keeps their course.
const MAX_TCPA_S: f64 = 3600.0;
const MAX_GAP_M: f64 = 10_000.0;

impl Config {
    /// Whether all of it makes sense.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), ConfigError> {
        let encounter = &self.encounter;
        positive("encounter.gap_m", encounter.gap_m, MAX_GAP_M)?;
        positive("encounter.tcpa_s", encounter.tcpa_s, MAX_TCPA_S)?;
        delay("encounter.on_delay_s", encounter.on_delay_s)?;
        delay("encounter.off_delay_s", encounter.off_delay_s)?;

        let grid = &self.grid;
        demand((4..=5).contains(&grid.level), || "grid.level".to_owned(), "must be 4 or 5")?;
        demand(grid.limit > 0, || "grid.limit".to_owned(), "must be at least 1")?;
        delay("grid.on_delay_s", grid.on_delay_s)?;

        demand(self.zones.len() <= MAX_ZONES, || "zones".to_owned(), "more than 10000")?;
        self.zones.iter().enumerate().try_for_each(|(i, zone)| check_zone(&format!("zones[{i}]"), zone))
    }
}

fn check_zone(key: &str, zone: &Zone) -> Result<(), ConfigError> {
    let is_name =
        (1..=MAX_NAME).contains(&zone.name.chars().count()) && !zone.name.chars().any(char::is_control);
    demand(is_name, || format!("{key}.name"), "must be 1 to 64 printable characters")?;
    demand(!zone.classes.is_empty(), || format!("{key}.classes"), "must name at least one class")?;
    positive(&format!("{key}.buffer_m"), zone.buffer_m, MAX_BUFFER_M)?;
    delay(&format!("{key}.dwell_s"), zone.dwell_s)?;
    let wrong = |error: crate::zone::ShapeError| ConfigError {
        key: format!("{key}.polygon"),
        reason: format!("`{}` {error}", zone.name),
    };
    zone.check_shape().map_err(wrong)
}

fn demand(is_met: bool, key: impl Fn() -> String, reason: &str) -> Result<(), ConfigError> {
    if is_met { Ok(()) } else { Err(ConfigError { key: key(), reason: reason.to_owned() }) }
}

fn positive(key: &str, value: f64, most: f64) -> Result<(), ConfigError> {
    let is_met = value > 0.0 && value <= most;
    demand(is_met, || key.to_owned(), &format!("must be more than 0 and at most {most}"))
}

fn delay(key: &str, value: f64) -> Result<(), ConfigError> {
    let is_met = (0.0..=MAX_DELAY_S).contains(&value);
    demand(is_met, || key.to_owned(), &format!("must be from 0 to {MAX_DELAY_S} seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::Class;
    use units::Position;

    fn zone(corners: &[(f64, f64)]) -> Zone {
        Zone {
            name: "Z".to_owned(),
            polygon: corners.iter().map(|&(lat, lon)| Position::new(lat, lon).unwrap()).collect(),
            classes: vec![Class::ClassA],
            buffer_m: 25.0,
            dwell_s: 10.0,
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        type Case = (&'static str, fn(&mut Config));
        let square = [(30.0, 122.0), (30.0, 123.0), (31.0, 123.0), (31.0, 122.0)];
        let cases: [Case; 10] = [
            ("", |_| {}),
            ("encounter.gap_m: must be more than 0 and at most 10000", |c| c.encounter.gap_m = f64::NAN),
            ("encounter.tcpa_s: must be more than 0 and at most 3600", |c| c.encounter.tcpa_s = 1e9),
            ("encounter.on_delay_s: must be from 0 to 86400 seconds", |c| c.encounter.on_delay_s = -1.0),
            ("grid.level: must be 4 or 5", |c| c.grid.level = 6),
            ("grid.limit: must be at least 1", |c| c.grid.limit = 0),
            ("zones[0].name: must be 1 to 64 printable characters", |c| c.zones[0].name.clear()),
            ("zones[0].classes: must name at least one class", |c| c.zones[0].classes.clear()),
            ("zones[0].buffer_m: must be more than 0 and at most 500", |c| c.zones[0].buffer_m = 0.0),
            ("zones[0].polygon: `Z` needs at least 3 corners", |c| c.zones[0].polygon.truncate(2)),
        ];
        for (expected, change) in cases {
            let mut config = Config { zones: vec![zone(&square)], ..Config::default() };
            change(&mut config);
            assert_eq!(config.check().map_or_else(|e| e.to_string(), |()| String::new()), expected);
        }
    }

    #[test]
    fn a_polygon_has_an_inside() {
        let cases: [(&str, &[(f64, f64)]); 9] = [
            ("", &[(30.0, 122.0), (30.0, 123.0), (31.0, 123.0)]),
            ("", &[(30.0, 122.0), (30.0, 123.0), (31.0, 123.0), (30.0, 122.0)]),
            ("", &[(1.0, 179.5), (1.0, -179.5), (2.0, -179.5), (2.0, 179.5)]),
            ("needs at least 3 corners", &[(30.0, 122.0), (30.0, 123.0), (30.0, 122.0)]),
            ("crosses or touches itself", &[(30.0, 122.0), (30.0, 123.0), (30.0, 124.0)]),
            ("crosses or touches itself", &[(30.0, 122.0), (31.0, 123.0), (30.0, 123.5), (31.0, 122.5)]),
            ("crosses or touches itself", &[(30.0, 122.0), (30.0, 124.0), (31.0, 124.0), (30.0, 123.0)]),
            ("spans more than 5° of latitude or longitude", &[(30.0, 122.0), (30.0, 128.0), (31.0, 123.0)]),
            ("lies beyond 85° of latitude", &[(86.0, 122.0), (86.0, 123.0), (85.0, 123.0)]),
        ];
        for (expected, corners) in cases {
            let config = Config { zones: vec![zone(corners)], ..Config::default() };
            let found = config.check().map_or_else(|e| e.to_string(), |()| String::new());
            let expected =
                if expected.is_empty() { String::new() } else { format!("zones[0].polygon: `Z` {expected}") };
            assert_eq!(found, expected);
        }
    }
}
