//! What is heard and is no vessel, kept beside the picture.

use crate::ageing::Ageing;
use crate::plane::chord_m;
use crate::{Change, MarkKind, MarkReport};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{Label, Mmsi, Position, UtcTime};

/// Something that is heard and is no vessel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Who it claims to be.
    pub mmsi: Mmsi,
    /// From 1; one more with every change that was announced.
    pub version: u32,
    /// What it is.
    pub kind: MarkKind,
    /// Where, if it ever said so; moves only when it says that it is more than 10 m away.
    pub position: Option<Position>,
    /// Name.
    pub name: Option<Label>,
    /// Off its charted position, as it says itself.
    pub off_position: Option<bool>,
    /// Exists only on the air.
    pub is_virtual: bool,
    /// Type of aid to navigation, the code of ITU-R M.1371-5 table 74.
    pub aid_type: Option<u8>,
    /// When it was last heard, by the core's time; alone no reason for a new version.
    pub heard: UtcTime,
}

/// A mark's own position wanders by less than this.
const MOVED_M: f64 = 10.0;

#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    all: BTreeMap<Mmsi, Mark>,
    ages: Ageing<Mmsi>,
}

impl Marks {
    /// Takes a report; the mark silent longest makes room where there are more than `most`.
    pub fn take(&mut self, report: &MarkReport, now: UtcTime, most: usize, changes: &mut Vec<Change>) {
        if let Some(mark) = self.all.get_mut(&report.mmsi) {
            let before = *mark;
            mark.learn(report);
            if *mark != before {
                mark.version = mark.version.saturating_add(1);
                changes.push(Change::Mark(report.mmsi));
            }
            mark.heard = now;
            return;
        }
        while self.all.len() >= most.max(1) {
            let Some((oldest, _)) = self.ages.take_oldest(|mmsi| self.all.get(&mmsi).map(|m| m.heard)) else {
                break;
            };
            self.all.remove(&oldest);
            changes.push(Change::MarkGone(oldest));
        }
        self.all.insert(report.mmsi, Mark::born(report, now));
        self.ages.insert(report.mmsi, now);
        changes.push(Change::Mark(report.mmsi));
    }

    /// Ends those silent for too long. How many.
    pub fn sweep(&mut self, now: UtcTime, silence_s: f64, changes: &mut Vec<Change>) -> u64 {
        let mut gone = 0;
        while let Some((oldest, heard)) = self.ages.oldest(|mmsi| self.all.get(&mmsi).map(|m| m.heard)) {
            if heard.plus_s(silence_s.max(0.0)) > now {
                break;
            }
            self.all.remove(&oldest);
            changes.push(Change::MarkGone(oldest));
            gone += 1;
        }
        gone
    }

    pub fn get(&self, mmsi: Mmsi) -> Option<&Mark> {
        self.all.get(&mmsi)
    }

    pub fn all(&self) -> impl ExactSizeIterator<Item = &Mark> {
        self.all.values()
    }

    pub fn restore(all: impl IntoIterator<Item = Mark>) -> Self {
        let mut marks = Self::default();
        for mark in all {
            marks.ages.insert(mark.mmsi, mark.heard);
            marks.all.insert(mark.mmsi, mark);
        }
        marks
    }
}

impl Mark {
    fn born(report: &MarkReport, now: UtcTime) -> Self {
        Self {
            mmsi: report.mmsi,
            version: 1,
            kind: report.kind,
            position: report.position,
            name: report.name,
            off_position: report.off_position,
            is_virtual: report.is_virtual,
            aid_type: report.aid_type,
            heard: now,
        }
    }

    fn learn(&mut self, report: &MarkReport) {
        let moved = |known: Position, said: Position| chord_m(known, said) > MOVED_M;
        self.position = match (self.position, report.position) {
            (Some(known), Some(said)) if !moved(known, said) => Some(known),
            (known, said) => said.or(known),
        };
        self.kind = report.kind;
        self.is_virtual = report.is_virtual;
        self.name = report.name.or(self.name);
        self.off_position = report.off_position.or(self.off_position);
        self.aid_type = report.aid_type.or(self.aid_type);
    }
}
