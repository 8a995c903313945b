//! What is watched for, and its limits.

use crate::gate::Gate;
use crate::list::List;
use crate::passage::{Bridge, Object, Route};
use crate::risk::Responsibility;
use crate::zone::{MAX_BUFFER_M, MAX_ZONES, Zone};
use crate::{density, encounter, motion};
use serde::{Deserialize, Serialize};
use std::fmt;
use units::Label;

/// What is watched for, and its limits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The life of alerts, and how much may be heard.
    pub alerts: crate::alert::Config,
    /// Collision risk.
    pub encounter: encounter::Config,
    /// Zones and their rules.
    pub zones: Vec<Zone>,
    /// Lines that are watched.
    pub gates: Vec<Gate>,
    /// Ways that some vessels should keep to.
    pub routes: Vec<Route>,
    /// Things to stay away from.
    pub objects: Vec<Object>,
    /// Bridges and their spans.
    pub bridges: Vec<Bridge>,
    /// Vessels that somebody looks for.
    pub lists: Vec<List>,
    /// What vessels should say of themselves: who says otherwise is told of by 406.
    pub register: Vec<Registered>,
    /// Units of the supervision grid.
    pub units: Vec<Responsibility>,
    /// Motion of one vessel.
    pub motion: motion::Config,
    /// Cell density.
    pub grid: density::Config,
}

/// What a vessel should say of itself, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// Its MMSI.
    pub mmsi: u32,
    /// Its IMO number.
    #[serde(default)]
    pub imo: Option<u32>,
    /// Its call sign.
    #[serde(default)]
    pub call_sign: Option<Label>,
    /// Its name.
    #[serde(default)]
    pub name: Option<Label>,
}

/// What is wrong with a configuration: the key and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    pub(crate) key: String,
    pub(crate) reason: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.reason)
    }
}

impl std::error::Error for ConfigError {}

const MAX_NAME: usize = 64;
const MAX_SECTORS: usize = 64;
const MAX_LINES: usize = 1000;
/// Delays beyond a day are a slip of the hand.
const MAX_DELAY_S: f64 = 86_400.0;
/// Further ahead than this nobody keeps their course.
const MAX_ACT_S: f64 = 3600.0;
const MAX_AHEAD_S: f64 = 1800.0;
const MAX_STAY_S: f64 = 30.0 * 86_400.0;
const MAX_GAP_M: f64 = 10_000.0;

impl Config {
    /// Whether all of it makes sense.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.check_alerts()?;
        let encounter = &self.encounter;
        positive("encounter.gap_m", encounter.gap_m, MAX_GAP_M)?;
        let [least_s, most_s] = encounter.act_s;
        positive("encounter.act_s", least_s, most_s)?;
        positive("encounter.act_s", most_s, MAX_ACT_S)?;
        if let Some(limit_s) = encounter.no_manoeuvre_s {
            positive("encounter.no_manoeuvre_s", limit_s, MAX_ACT_S)?;
        }
        delay("encounter.on_delay_s", encounter.on_delay_s)?;
        delay("encounter.off_delay_s", encounter.off_delay_s)?;

        let grid = &self.grid;
        demand((4..=5).contains(&grid.level), || "grid.level".to_owned(), "must be 4 or 5")?;
        demand(grid.limit > 0, || "grid.limit".to_owned(), "must be at least 1")?;
        delay("grid.on_delay_s", grid.on_delay_s)?;

        self.check_lines()?;
        demand(self.zones.len() <= MAX_ZONES, || "zones".to_owned(), "more than 10000")?;
        self.zones.iter().enumerate().try_for_each(|(i, zone)| check_zone(&format!("zones[{i}]"), zone))
    }
}

impl Config {
    fn check_lines(&self) -> Result<(), ConfigError> {
        positive("motion.turn_deg", self.motion.turn_deg, 180.0)?;
        let number = |key: &str, name: &str, i: usize| format!("{key}[{i}].{name}");
        for (i, gate) in self.gates.iter().enumerate() {
            check_name(&number("gates", "name", i), &gate.name)?;
            demand(gate.line.len() == 2, || number("gates", "line", i), "must have 2 ends")?;
        }
        for (i, route) in self.routes.iter().enumerate() {
            check_name(&number("routes", "name", i), &route.name)?;
            demand(route.points.len() >= 2, || number("routes", "points", i), "must be at least 2")?;
            positive(&number("routes", "width_m", i), route.width_m, MAX_GAP_M)?;
        }
        for (i, object) in self.objects.iter().enumerate() {
            check_name(&number("objects", "name", i), &object.name)?;
            demand(!object.points.is_empty(), || number("objects", "points", i), "must be at least 1")?;
            positive(&number("objects", "radius_m", i), object.radius_m, MAX_GAP_M)?;
            positive(&number("objects", "within_s", i), object.within_s, MAX_AHEAD_S)?;
        }
        for (i, bridge) in self.bridges.iter().enumerate() {
            check_name(&number("bridges", "name", i), &bridge.name)?;
            demand(bridge.line.len() == 2, || number("bridges", "line", i), "must have 2 ends")?;
            let is_span = |span: &[f64; 2]| span[0] >= 0.0 && span[0] < span[1] && span[1].is_finite();
            demand(bridge.spans.iter().all(is_span), || number("bridges", "spans", i), "from less than to")?;
            positive(&number("bridges", "within_s", i), bridge.within_s, MAX_AHEAD_S)?;
        }
        for (i, list) in self.lists.iter().enumerate() {
            check_name(&number("lists", "name", i), &list.name)?;
        }
        for (i, unit) in self.units.iter().enumerate() {
            check_name(&number("units", "name", i), &unit.name)?;
            check_polygon(&number("units", "polygon", i), &unit.name, &unit.polygon)?;
            let has_parent =
                unit.parent.as_ref().is_none_or(|parent| self.units.iter().any(|u| u.name == *parent));
            demand(has_parent, || number("units", "parent", i), "is no unit")?;
        }
        let lines =
            [self.gates.len(), self.routes.len(), self.objects.len(), self.bridges.len(), self.lists.len()];
        demand(lines.iter().all(|n| *n <= MAX_LINES), || "watch".to_owned(), "more than 1000 of a kind")
    }

    fn check_alerts(&self) -> Result<(), ConfigError> {
        let alerts = &self.alerts;
        demand(alerts.sectors.len() <= MAX_SECTORS, || "alerts.sectors".to_owned(), "more than 64")?;
        demand(alerts.sounding_budget > 0, || "alerts.sounding_budget".to_owned(), "must be at least 1")?;
        for (key, value) in [
            ("alerts.silence_s", alerts.silence_s),
            ("alerts.transfer_s", alerts.transfer_s),
            ("alerts.patience_s", alerts.patience_s),
            ("alerts.rectified_hold_s", alerts.rectified_hold_s),
            ("alerts.flood_s", alerts.flood_s),
        ] {
            positive(key, value, MAX_DELAY_S)?;
        }
        alerts.sectors.iter().enumerate().try_for_each(|(i, sector)| {
            let key = format!("alerts.sectors[{i}]");
            check_name(&format!("{key}.name"), &sector.name)?;
            check_polygon(&format!("{key}.polygon"), &sector.name, &sector.polygon)
        })
    }
}

fn check_name(key: &str, name: &str) -> Result<(), ConfigError> {
    let is_name = (1..=MAX_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    demand(is_name, || key.to_owned(), "must be 1 to 64 printable characters")
}

fn check_polygon(key: &str, name: &str, polygon: &[units::Position]) -> Result<(), ConfigError> {
    let wrong = |error| ConfigError { key: key.to_owned(), reason: format!("`{name}` {error}") };
    crate::zone::check_polygon(polygon).map_err(wrong)
}

/// What is wrong with a zone, if anything.
pub(crate) fn check_zone(key: &str, zone: &Zone) -> Result<(), ConfigError> {
    check_name(&format!("{key}.name"), &zone.name)?;
    demand(!zone.classes.is_empty(), || format!("{key}.classes"), "must name at least one class")?;
    positive(&format!("{key}.buffer_m"), zone.buffer_m, MAX_BUFFER_M)?;
    delay(&format!("{key}.dwell_s"), zone.dwell_s)?;
    for (name, value, most) in [
        ("predict_s", zone.predict_s, MAX_AHEAD_S),
        ("stay_min_s", zone.stay_min_s, MAX_STAY_S),
        ("stay_max_s", zone.stay_max_s, MAX_STAY_S),
        ("speed_kn", zone.speed_kn, 100.0),
        ("no_meeting_m", zone.no_meeting_m, 1000.0),
        ("following_m", zone.following_m, MAX_GAP_M),
        ("dangerous_goods_m", zone.dangerous_goods_m, MAX_GAP_M),
        ("lane.course_deg", zone.lane.map(|lane| lane.course_deg).filter(|course| *course != 0.0), 360.0),
    ] {
        if let Some(value) = value {
            positive(&format!("{key}.{name}"), value, most)?;
        }
    }
    let is_day = zone.hours.is_none_or(|hours| hours.iter().all(|hour| *hour <= 24));
    demand(is_day, || format!("{key}.hours"), "must be from 0 to 24")?;
    check_polygon(&format!("{key}.polygon"), &zone.name, &zone.polygon)
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
            classes: vec![Class::ClassA],
            ..Zone::new("Z", corners.iter().map(|&(lat, lon)| Position::new(lat, lon).unwrap()).collect())
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        type Case = (&'static str, fn(&mut Config));
        let square = [(30.0, 122.0), (30.0, 123.0), (31.0, 123.0), (31.0, 122.0)];
        let cases: [Case; 10] = [
            ("", |_| {}),
            ("encounter.gap_m: must be more than 0 and at most 10000", |c| c.encounter.gap_m = f64::NAN),
            ("encounter.act_s: must be more than 0 and at most 3600", |c| c.encounter.act_s = [1.0, 1e9]),
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
