//! What lies below the tracks: land, and what the configuration of the watch draws.

use crate::Trouble;
use crate::encounter::Language;
use engine::recording::retell::{Item, retell};
use engine::recording::{Recording, Setup};
use engine::wall::land::{Area, Land, Place};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::Path;
use units::UtcTime;

/// Both.
#[derive(Clone, Debug)]
pub struct Waters {
    land: Land,
    /// Zones, routes, gates, bridges and objects, as they were when the telling begins.
    pub drawn: Vec<Drawn>,
}

/// One thing that the configuration draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// zone | route | gate | bridge | span | object
    pub kind: String,
    /// As operators call it.
    pub name: String,
    /// Longitude and latitude, degrees; a zone ends where it began.
    pub line: Vec<Place>,
}

impl Waters {
    /// Of a recording: on that chart, or on the one that its wall display had where it is on this machine, or on the
    /// coast that comes along.
    ///
    /// # Errors
    /// Where that chart cannot be read.
    pub fn of(recording: &Recording, from: Option<UtcTime>, chart: Option<&Path>) -> Result<Self, Trouble> {
        let land = match chart {
            Some(_) => Land::open(chart).map_err(|error| Trouble::Asked(error.to_string()))?,
            None => Land::recorded(&Setup::of(recording).unwrap_or_default().text),
        };
        let mut drawn = Vec::new();
        retell(recording, from, None, &mut |_, item| match item {
            Item::Waters(features) => {
                drawn = features.iter().filter_map(Drawn::of).collect();
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        });
        Ok(Self { land, drawn })
    }

    /// The land of an area, cut at its edges; filled even-odd.
    #[must_use]
    pub fn land(&self, area: Area) -> Vec<Vec<Place>> {
        self.land.within(area)
    }

    /// What is to be said of the land that is shown, or not.
    #[must_use]
    pub fn note(&self, area: Area, language: Language) -> String {
        if !self.land.covers(area) {
            return language
                .of(
                    "There is no chart of all of these waters: land may be missing.",
                    "海图未完全覆盖该水域：陆地可能缺失。",
                )
                .to_owned();
        }
        let warning = language.of("not for navigation", "不得用于航海");
        match self.land.name() {
            Some(name) => format!("{}: {name}, {warning}.", language.of("Chart", "海图")),
            None => format!(
                "{}, {warning}.",
                language.of(
                    "Land: shorelines of GSHHG (LGPL), of about the 1990s",
                    "陆地：GSHHG 岸线（LGPL），约上世纪九十年代"
                )
            ),
        }
    }

    /// For a page: land of an area to five decimals, and what is drawn.
    #[must_use]
    pub fn json(&self, area: Area) -> Value {
        let round = |degrees: f64| (degrees * 1e5).round() / 1e5;
        let line = |line: &[Place]| -> Value {
            line.iter().map(|(lon, lat)| json!([round(*lon), round(*lat)])).collect()
        };
        json!({
            "land": self.land(area).iter().map(|ring| line(ring)).collect::<Vec<_>>(),
            "drawn": self.drawn.iter().map(|it| json!({
                "kind": it.kind, "name": it.name, "line": line(&it.line),
            })).collect::<Vec<_>>(),
            "note": [self.note(area, Language::English), self.note(area, Language::Chinese)],
        })
    }
}

impl Drawn {
    fn of(feature: &Value) -> Option<Self> {
        let text = |name: &str| feature.pointer(&format!("/properties/{name}"))?.as_str().map(str::to_owned);
        let place = |at: &Value| Some((at.get(0)?.as_f64()?, at.get(1)?.as_f64()?));
        let line = feature.pointer("/geometry/coordinates")?.as_array()?.iter().filter_map(place).collect();
        Some(Self { kind: text("kind")?, name: text("name")?, line })
    }
}
