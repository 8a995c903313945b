//! Who heard a vessel, and what it said last: small sets of fixed size.

use crate::SourceId;
use crate::track::Reported;
use serde::{Deserialize, Serialize};
use units::UtcTime;

/// The newest time per source; the source silent longest makes room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Heard([Option<(SourceId, UtcTime)>; 8]);

impl Heard {
    /// Whether the source is new.
    pub fn note(&mut self, source: SourceId, at: UtcTime) -> bool {
        if let Some((_, newest)) = self.0.iter_mut().flatten().find(|(known, _)| *known == source) {
            *newest = at.max(*newest);
            return false;
        }
        // An empty place comes before any time.
        if let Some(place) = self.0.iter_mut().min_by_key(|place| place.map(|(_, newest)| newest)) {
            *place = Some((source, at));
        }
        true
    }

    pub fn all(&self) -> impl Iterator<Item = (SourceId, UtcTime)> {
        self.0.iter().flatten().copied()
    }
}

/// Two hearings of one transmission differ by less than this where two stations heard it, and each stamped it
/// with its own clock.
const COPY_S: f64 = 5.0;
/// And by less than this where one station passed it on twice.
const ECHO_S: f64 = 1.0;

/// The last few reports, to know a copy by: what reaches us by a slow station is a copy of an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recent {
    reports: [Option<Reported>; 4],
    next: u8,
}

impl Recent {
    pub fn push(&mut self, report: Reported) {
        let place = usize::from(self.next) % self.reports.len();
        if let Some(place) = self.reports.get_mut(place) {
            *place = Some(report);
        }
        self.next = (self.next + 1) % self.reports.len() as u8;
    }

    pub fn holds(&self, report: &Reported) -> bool {
        self.reports.iter().flatten().any(|known| {
            let apart_s = if known.source == report.source { ECHO_S } else { COPY_S };
            known.position == report.position
                && known.sog == report.sog
                && known.cog == report.cog
                && report.valid.since(known.valid).abs() < apart_s
        })
    }
}
