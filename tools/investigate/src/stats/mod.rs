//! Figures of a recording: who was there, how fast, through which gates, where most of the time, which alerts and how they
//! were dealt with, and how good the data were. Times are of the tracks' pieces: what nobody saw or heard counts nowhere.

mod alerts;
mod density;
mod gates;
mod page;
mod quality;
mod table;
mod weights;

pub use alerts::OfKind;
pub use density::Cell;
pub use gates::{Crossing, Gate, Passed};
pub use page::html;
pub use quality::{OfClass, OfSource};
pub use table::csv;
pub use weights::Quantiles;

use crate::case::Case;
use crate::points::{Key, Point, Sink, Who, gather};
use alerts::Alerts;
use decoders::calendar::{civil, utc};
use density::Density;
use engine::feed::proto::server_message::Body;
use engine::recording::Recording;
use engine::recording::retell::Item;
use gates::Gates;
use quality::Quality;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use units::UtcTime;
use weights::Weights;

const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;

/// What is counted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Lines that vessels pass.
    pub gates: Vec<Gate>,
    /// The side of a cell of the density, degrees.
    pub cell_deg: f64,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { gates: Vec::new(), cell_deg: 0.01 }
    }
}

/// All of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Figures {
    /// Where it comes from, and what is not in it.
    pub head: Value,
    /// Vessels that have a number, each once.
    pub vessels: u64,
    /// Of them, by what speaks for them.
    pub vessels_by_class: BTreeMap<String, u64>,
    /// Tracks that were confirmed and of nobody known.
    pub nameless: u64,
    /// Hours that all vessels together were seen or heard.
    pub vessel_hours: f64,
    /// Speed over ground by class, by time, knots.
    pub speeds: BTreeMap<String, Quantiles>,
    /// What passed the gates.
    pub gates: Vec<Passed>,
    /// Where they were.
    pub density: Vec<Cell>,
    /// Its cells' side, degrees.
    pub cell_deg: f64,
    /// Alerts, by kind.
    pub alerts: Vec<OfKind>,
    /// By source.
    pub sources: Vec<OfSource>,
    /// By class.
    pub quality: Vec<OfClass>,
    /// By hour.
    pub hours: Vec<Period>,
    /// By day, UTC.
    pub days: Vec<Period>,
    /// By month, UTC.
    pub months: Vec<Period>,
}

/// An hour, a day or a month.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Period {
    /// When it begins.
    pub from: String,
    /// Vessels that have a number.
    pub vessels: u64,
    /// Points of all tracks.
    pub points: u64,
    /// Hours that all vessels together were seen or heard.
    pub vessel_hours: f64,
    /// Alerts that were raised.
    pub alerts: u64,
    /// Gates that were passed.
    pub crossings: u64,
}

impl Figures {
    /// The cells of the density as GeoJSON.
    #[must_use]
    pub fn density_geojson(&self) -> String {
        let side = self.cell_deg;
        let feature = |cell: &Cell| {
            let (south, west) = (cell.south, cell.west);
            let (north, east) = (south + side, west + side);
            let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
            serde_json::json!({
                "type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
                "properties": {
                    "vessel_hours": cell.vessel_hours, "vessels": cell.vessels, "mean_sog_kn": cell.mean_sog_kn,
                },
            })
        };
        let features: Vec<Value> = self.density.iter().map(feature).collect();
        serde_json::json!({"type": "FeatureCollection", "fairway": self.head, "features": features})
            .to_string()
    }
}

/// Counts.
///
/// # Errors
/// None but what the recording cannot say; that stands in `head`.
pub fn stats(
    recording: &Recording,
    case: &Case,
    wanted: &Wanted,
    progress: &mut dyn FnMut(UtcTime),
) -> io::Result<Figures> {
    let mut count = Count {
        gates: Gates::new(&wanted.gates),
        density: Density::new(wanted.cell_deg),
        alerts: Alerts::default(),
        quality: Quality::default(),
        speeds: BTreeMap::new(),
        last: BTreeMap::new(),
        vessels: BTreeMap::new(),
        nameless: BTreeSet::new(),
        seconds: 0.0,
        hours: BTreeMap::new(),
        days: BTreeMap::new(),
        months: BTreeMap::new(),
    };
    let gathered = gather(recording, case, &mut count, progress)?;
    let mut head = gathered.facts.json(case, &[]);
    if let Some(head) = head.as_object_mut() {
        // How many is enough here.
        head.insert("gaps".to_owned(), gathered.gaps.len().into());
        head.insert("tracks".to_owned(), gathered.tracks.into());
        head.insert("points".to_owned(), gathered.points.into());
    }
    let span = gathered.facts.retold.span;
    let mut by_class: BTreeMap<String, u64> = BTreeMap::new();
    for class in count.vessels.values() {
        *by_class.entry((*class).to_owned()).or_default() += 1;
    }
    Ok(Figures {
        head,
        vessels: count.vessels.len() as u64,
        vessels_by_class: by_class,
        nameless: count.nameless.len() as u64,
        vessel_hours: count.seconds / 3600.0,
        speeds: count
            .speeds
            .iter()
            .map(|(class, speeds)| ((*class).to_owned(), speeds.quantiles()))
            .collect(),
        gates: count.gates.passed(),
        density: count.density.cells(),
        cell_deg: wanted.cell_deg,
        alerts: count.alerts.by_kind(),
        sources: count.quality.sources(span),
        quality: count.quality.classes(),
        hours: count.hours.iter().map(|(at, it)| it.period(at * HOUR_US)).collect(),
        days: count.days.iter().map(|(at, it)| it.period(at * DAY_US)).collect(),
        months: count.months.iter().map(|(month, it)| it.period(first_us(*month))).collect(),
    })
}

/// Who a vessel is, wherever its track ends and another begins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Vessel {
    Mmsi(u32),
    Card(u64),
    Terminal(String),
    Track(Key),
}

impl Vessel {
    fn of(who: &Who) -> Self {
        let mmsi = who.mmsi.map(Self::Mmsi);
        let card = || who.card.map(Self::Card);
        let terminal = || who.terminal.clone().map(Self::Terminal);
        mmsi.or_else(card).or_else(terminal).unwrap_or(Self::Track(who.key))
    }
}

/// Of whom nobody speaks.
const NOBODY: &str = "radar";

fn class(who: &Who) -> &'static str {
    who.class.unwrap_or(NOBODY)
}

#[derive(Default)]
struct Stretch {
    vessels: BTreeSet<Vessel>,
    points: u64,
    seconds: f64,
    alerts: u64,
    crossings: u64,
}

impl Stretch {
    fn period(&self, from_us: i64) -> Period {
        let from = crate::case::utc(from_us);
        Period {
            from: from.replace(".000000", ""),
            vessels: self.vessels.iter().filter(|it| !matches!(it, Vessel::Track(_))).count() as u64,
            points: self.points,
            vessel_hours: self.seconds / 3600.0,
            alerts: self.alerts,
            crossings: self.crossings,
        }
    }
}

struct Count {
    gates: Gates,
    density: Density,
    alerts: Alerts,
    quality: Quality,
    speeds: BTreeMap<&'static str, Weights>,
    /// The point before, of every track.
    last: BTreeMap<Key, Point>,
    vessels: BTreeMap<Vessel, &'static str>,
    nameless: BTreeSet<Key>,
    seconds: f64,
    hours: BTreeMap<i64, Stretch>,
    days: BTreeMap<i64, Stretch>,
    /// By months since the year 0.
    months: BTreeMap<u32, Stretch>,
}

/// Which month an instant is in.
fn month(us: i64) -> u32 {
    civil(UtcTime::from_unix_us(us)).map_or(0, |[year, month, ..]| year * 12 + month - 1)
}

/// When a month begins.
fn first_us(month: u32) -> i64 {
    utc([month / 12, month % 12 + 1, 1, 0, 0, 0], 0).map_or(0, UtcTime::unix_us)
}

impl Count {
    /// Of its hour, its day and its month.
    fn each(&mut self, us: i64, mut each: impl FnMut(&mut Stretch)) {
        each(self.months.entry(month(us)).or_default());
        each(self.hours.entry(us.div_euclid(HOUR_US)).or_default());
        each(self.days.entry(us.div_euclid(DAY_US)).or_default());
    }
}

impl Sink for Count {
    fn point(&mut self, who: &Arc<Who>, point: Point) -> io::Result<()> {
        let (vessel, class) = (Vessel::of(who), class(who));
        if matches!(vessel, Vessel::Track(_)) {
            if point.state == "confirmed" {
                self.nameless.insert(who.key);
            }
        } else {
            self.vessels.insert(vessel.clone(), class);
            // It is known now who it is.
            self.nameless.remove(&who.key);
        }
        let before = self.last.get(&who.key).filter(|before| before.piece == point.piece);
        let mut seconds = 0.0;
        if let Some(before) = before {
            seconds = (point.at_us - before.at_us) as f64 / 1e6;
            let sog_kn = before.sog_kn.zip(point.sog_kn).map(|(one, other)| f64::midpoint(one, other));
            if let Some(sog_kn) = sog_kn {
                self.speeds.entry(class).or_default().add(sog_kn, seconds);
            }
            let middle = [f64::midpoint(before.lat, point.lat), f64::midpoint(before.lon, point.lon)];
            self.density.add(&vessel, middle, seconds, sog_kn);
        }
        let crossings = self.gates.point(who, self.last.get(&who.key), &point);
        self.quality.point(class, who, before, &point);
        self.seconds += seconds;
        self.each(point.at_us, |it| {
            it.vessels.insert(vessel.clone());
            it.points += 1;
            it.seconds += seconds;
            it.crossings += crossings;
        });
        self.last.insert(who.key, point);
        Ok(())
    }

    fn item(&mut self, at: UtcTime, item: &Item<'_>) {
        match item {
            Item::Changed(Body::Alert(alert)) => {
                let raised = u64::from(self.alerts.take(at, alert));
                self.each(at.unix_us(), |it| it.alerts += raised);
            }
            Item::Standing(Body::Alert(alert)) => self.alerts.stands(alert),
            Item::Anew => self.alerts.anew(),
            Item::Changed(Body::Sensor(sensor)) => self.quality.sensor(at, sensor),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_with_its_first_day() {
        // Expected values from `date -u -d ... +%s`.
        for (us, from_s) in [
            (1_798_761_599_999_999, 1_796_083_200),
            (1_798_761_600_000_000, 1_798_761_600),
            (1_803_859_199_000_000, 1_801_440_000),
        ] {
            assert_eq!(first_us(month(us)), from_s * 1_000_000, "{us}");
        }
    }
}
