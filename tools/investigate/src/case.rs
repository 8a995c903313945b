//! What is asked of a recording, and what is true of every answer.

use crate::points::{Gap, Who};
use engine::recording::catalogue::{Area, Hole};
use engine::recording::cut::Cut;
use engine::recording::read::FileFault;
use engine::recording::retell::{Item, Retold, retell};
use engine::recording::scan::Fault;
use engine::recording::segment::file_name;
use engine::recording::{Recording, Setup};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use units::UtcTime;

/// Which part of it.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// From this instant ...
    pub from: Option<UtcTime>,
    /// ... until this one.
    pub to: Option<UtcTime>,
    /// A vessel: one of its numbers, or a part of its name or callsign.
    pub ship: Option<String>,
    /// Vessels that are left out, likewise: whoever was ever called so.
    pub without: Vec<String>,
    /// South, west, north, east, degrees.
    pub area: Option<Area>,
}

/// What is true of an answer: where it comes from, and what is not in it.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Who recorded, from when on, in order.
    pub setups: Vec<(Option<UtcTime>, Setup)>,
    /// Which recording.
    pub recording: String,
    /// How it was told.
    pub retold: Retold,
    /// When nothing was recorded, or not all.
    pub holes: Vec<Hole>,
    /// When the picture began anew.
    pub anew: Vec<UtcTime>,
}

impl Case {
    /// Tells all of it, and what is true of it.
    pub fn tell(
        &self,
        recording: &Recording,
        each: &mut dyn FnMut(UtcTime, &Item<'_>) -> ControlFlow<()>,
    ) -> Facts {
        let mut facts = Facts::default();
        if let Some(segment) = recording.segments.first() {
            facts.recording.clone_from(&segment.about.recording);
        }
        let retold = retell(recording, self.from, self.to, &mut |at, item| {
            match &item {
                Item::Setup(setup) => {
                    let at = Some(at).filter(|at| at.unix_s() > 0);
                    facts.setups.push((at, (*setup).clone()));
                }
                Item::Hole(hole) => facts.holes.push(hole.clone()),
                Item::Anew => facts.anew.push(at),
                _ => {}
            }
            each(at, &item)
        });
        facts.retold = retold;
        // What is gone from the end of a cut shows in no number of a segment.
        let last = recording.segments.last().map_or(0, |segment| segment.about.number);
        let promised = Cut::of(&recording.folder).ok().flatten().map_or(0, |cut| cut.last);
        facts.retold.faults.extend((last + 1..=promised).map(|number| FileFault {
            file: file_name(number),
            fault: Fault { from: 0, to: 0, what: "is missing".to_owned() },
        }));
        facts
    }

    /// Whether a place is meant.
    #[must_use]
    pub fn is_in_area(&self, lat: f64, lon: f64) -> bool {
        self.area.is_none_or(|[south, west, north, east]| {
            (south..=north).contains(&lat) && (west..=east).contains(&lon)
        })
    }

    /// Whether an instant is meant.
    #[must_use]
    pub fn is_in_time(&self, us: i64) -> bool {
        self.from.is_none_or(|from| from.unix_us() <= us) && self.to.is_none_or(|to| us <= to.unix_us())
    }

    /// Whether a vessel is meant.
    #[must_use]
    pub fn is_ship(&self, who: &Who) -> bool {
        self.ship.as_ref().is_none_or(|ship| who.is_called(ship))
    }

    /// Whether a vessel is left out.
    #[must_use]
    pub fn is_left_out(&self, who: &Who) -> bool {
        self.without.iter().any(|ship| who.is_called(ship))
    }

    /// Whether not all vessels are meant.
    #[must_use]
    pub const fn picks(&self) -> bool {
        self.ship.is_some() || !self.without.is_empty()
    }

    /// As it was asked.
    #[must_use]
    pub fn asked(&self) -> Value {
        json!({
            "from": self.from.map(|at| utc(at.unix_us())), "to": self.to.map(|at| utc(at.unix_us())),
            "ship": self.ship, "area": self.area, "vessels_left_out": self.without.len(),
        })
    }
}

impl Facts {
    /// For the head of an answer.
    #[must_use]
    pub fn json(&self, case: &Case, gaps: &[Gap]) -> Value {
        let recorded: Vec<Value> = self
            .setups
            .iter()
            .map(|(at, setup)| {
                json!({
                    "from": at.map(|at| utc(at.unix_us())), "version": setup.version,
                    "config_sha256": setup.sha256, "sources": setup.sources,
                })
            })
            .collect();
        let holes: Vec<Value> = self
            .holes
            .iter()
            .map(|hole| {
                json!({
                    "from": utc(hole.from_us), "to": utc(hole.to_us), "what": hole.what,
                    "source": hole.source, "reason": hole.reason,
                })
            })
            .collect();
        let span = self.retold.span.map(|(from, to)| [utc(from.unix_us()), utc(to.unix_us())]);
        json!({
            "made_by": format!("fairway {}", env!("CARGO_PKG_VERSION")),
            "recording": self.recording, "recorded_by": recorded, "asked": case.asked(), "span": span,
            "told": if self.retold.as_recorded == 0 { "by the same core again" } else { "in part as it was recorded" },
            "entries": self.retold.entries, "missing_entries": self.retold.missing,
            "changes_as_recorded": self.retold.as_recorded,
            "began_anew": self.anew.iter().map(|at| utc(at.unix_us())).collect::<Vec<_>>(),
            "holes": holes, "faults": self.retold.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "gaps": gaps.iter().map(Gap::json).collect::<Vec<_>>(),
        })
    }

    /// In a few lines, for whoever asked.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.retold.faults.iter().map(ToString::to_string).collect();
        lines.extend(self.holes.iter().map(|hole| {
            let source = hole.source.as_ref().map(|source| format!(" of {source}")).unwrap_or_default();
            let [from, to] = [hole.from_us, hole.to_us].map(utc);
            format!("missing: {}{source} from {from} to {to}: {}", hole.what, hole.reason)
        }));
        lines.extend(self.anew.iter().map(|at| {
            let at = utc(at.unix_us());
            format!("{at}: the picture began anew; tracks from before end there")
        }));
        if self.retold.as_recorded > 0 {
            let changes = self.retold.as_recorded;
            lines.push(format!(
                "{changes} changes are told as they were recorded: another version wrote the keyframes"
            ));
        }
        lines
    }
}

/// An instant as people write it, to the microsecond.
#[must_use]
pub fn utc(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us).map_or_else(|_| format!("{us} us"), |at| format!("{at:.6}"))
}
