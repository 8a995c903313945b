//! What another configuration would have made of the same inputs, beside what operators saw then: which alerts it would
//! have raised earlier, later, or not at all, and which tracks it would have shown elsewhere.

use super::form::{CHANGES, CORE, Changes, Entries, KEYFRAME, Keyframe};
use super::read::{FileFault, Recording};
use super::rerun::{Missing, Rerun};
use super::story::Story;
pub use super::story::Told;
use crate::core::Core;
use crate::feed::{Names, Update, message, proto, view};
use prost::Message;
use std::collections::BTreeMap;
use std::sync::Arc;
use units::UtcTime;

/// Nearer than this in time, an alert is the same, microseconds.
const SAME_US: i64 = 500_000;
/// Tracks are compared so often, seconds.
const SAMPLE_S: i64 = 10;
/// Further apart than this, a track is elsewhere, metres: what the feed rounds is nearer.
const ELSEWHERE_M: f64 = 1.0;

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Alerts, by when they were or would have been raised.
    pub alerts: Vec<Pair>,
    /// Vessels, by what they are known as.
    pub tracks: BTreeMap<String, Beside>,
    /// Tracks of nobody known, on average: as recorded, and now.
    pub nameless: [f64; 2],
    /// Event time from the first to the last.
    pub span: Option<(UtcTime, UtcTime)>,
    /// It does not begin where the engine did: alerts that stood then may seem to be missing.
    pub begins_midway: bool,
    /// Entries that are missing: the re-run went on without them.
    pub missing: Vec<Missing>,
    /// What cannot be read.
    pub faults: Vec<FileFault>,
}

/// One alert in both.
#[derive(Clone, Debug)]
pub struct Pair {
    /// As it was recorded.
    pub recorded: Option<Told>,
    /// As it would have been.
    pub rerun: Option<Told>,
}

/// How the two are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// At the same time.
    Same,
    /// The other would have raised it earlier.
    Earlier,
    /// Later.
    Later,
    /// The other would not have raised it.
    OnlyRecorded,
    /// It was not raised.
    OnlyRerun,
}

impl Verdict {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Same, Self::Earlier, Self::Later, Self::OnlyRecorded, Self::OnlyRerun];

    /// As a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Earlier => "earlier",
            Self::Later => "later",
            Self::OnlyRecorded => "only_recorded",
            Self::OnlyRerun => "only_rerun",
        }
    }
}

impl Pair {
    /// Which of it.
    #[must_use]
    pub fn either(&self) -> Option<&Told> {
        self.recorded.as_ref().or(self.rerun.as_ref())
    }

    /// How much later the other would have raised it, microseconds; `None` where there is only one.
    #[must_use]
    pub fn later_us(&self) -> Option<i64> {
        Some(self.rerun.as_ref()?.raised_us - self.recorded.as_ref()?.raised_us)
    }

    /// How the two are to each other.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (self.later_us(), &self.recorded) {
            (Some(later), _) if later.abs() < SAME_US => Verdict::Same,
            (Some(later), _) if later < 0 => Verdict::Earlier,
            (Some(_), _) => Verdict::Later,
            (None, Some(_)) => Verdict::OnlyRecorded,
            (None, None) => Verdict::OnlyRerun,
        }
    }
}

/// One vessel in both.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Beside {
    /// Times that it was looked for and was in both, only as recorded, only now.
    pub seen: [u64; 3],
    /// How far apart the two were at most, metres, and when.
    pub apart_m: f64,
    /// When that was.
    pub apart_at: Option<UtcTime>,
}

impl Beside {
    /// Whether it is not the same in both.
    #[must_use]
    pub const fn is_different(&self) -> bool {
        let [_, only_recorded, only_now] = self.seen;
        only_recorded > 0 || only_now > 0 || self.apart_m > ELSEWHERE_M
    }
}

/// Tells another core everything from the beginning, and keeps both stories side by side.
#[must_use]
pub fn difference(recording: &Recording, names: &Arc<Names>, core: Core) -> Report {
    let mut report = Report { faults: recording.faults.clone(), ..Report::default() };
    let mut rerun = Rerun::new(core, Arc::clone(names));
    let (mut then, mut now) = (Story::default(), Story::default());
    let (mut has_begun, mut stretch, mut samples) = (false, None, 0_u64);
    let mut messages = recording.messages(0, 0);
    while let Some(found) = messages.message() {
        match found.topic {
            KEYFRAME if !has_begun => {
                let Ok(keyframe) = Keyframe::decode(found.data) else { continue };
                has_begun = true;
                report.begins_midway = keyframe.entries > 0;
                rerun.numbers.entries = keyframe.entries;
            }
            CORE if has_begun => {
                let Ok(entries) = Entries::decode(found.data) else { continue };
                if entries.first > rerun.numbers.entries {
                    report.missing.push(Missing { from: rerun.numbers.entries, to: entries.first });
                    rerun.numbers.entries = entries.first;
                }
                let told = rerun.apply(&entries, |rerun| {
                    let at = rerun.core.picture.now();
                    for update in Update::all(&rerun.core) {
                        now.take(at, message::body(&update, names, at, 0, view::Detail::Standard));
                    }
                });
                if let Err(missing) = told {
                    report.missing.push(missing);
                }
            }
            CHANGES if has_begun => {
                let Ok(changes) = Changes::decode(found.data) else { continue };
                for bytes in &changes.messages {
                    let body = proto::ServerMessage::decode(bytes.as_slice()).ok().and_then(|it| it.body);
                    if let Some(body) = body {
                        then.take(found.at, body);
                    }
                }
                // Both have come to the same entry.
                let at = rerun.core.picture.now();
                if at.unix_s() > 0 {
                    report.span = Some((report.span.map_or(at, |(first, _)| first), at));
                    if stretch.replace(at.unix_s().div_euclid(SAMPLE_S))
                        != Some(at.unix_s().div_euclid(SAMPLE_S))
                    {
                        samples += 1;
                        beside(&mut report, &then, &now, at);
                    }
                }
            }
            _ => {}
        }
    }
    report.faults.append(&mut messages.faults);
    for sum in &mut report.nameless {
        *sum /= samples.max(1) as f64;
    }
    report.alerts = paired(then.alerts(), now.alerts());
    report
}

/// Looks at all vessels once.
fn beside(report: &mut Report, then: &Story, now: &Story, at: UtcTime) {
    let (before, after) = (then.vessels(), now.vessels());
    for (sum, story) in report.nameless.iter_mut().zip([then, now]) {
        *sum += story.nameless() as f64;
    }
    for (name, place) in &before {
        let vessel = report.tracks.entry(name.clone()).or_default();
        let [both, only_recorded, _] = &mut vessel.seen;
        match after.get(name) {
            Some(other) => {
                *both += 1;
                let apart_m = apart_m(*place, *other);
                if apart_m > vessel.apart_m {
                    (vessel.apart_m, vessel.apart_at) = (apart_m, Some(at));
                }
            }
            None => *only_recorded += 1,
        }
    }
    for name in after.keys().filter(|name| !before.contains_key(*name)) {
        let [.., only_now] = &mut report.tracks.entry(name.clone()).or_default().seen;
        *only_now += 1;
    }
}

/// Between two places that are near each other.
fn apart_m((lat, lon): (f64, f64), (other_lat, other_lon): (f64, f64)) -> f64 {
    const DEGREE_M: f64 = 111_195.0;
    // The shorter way round.
    let east = ((lon - other_lon + 180.0).rem_euclid(360.0) - 180.0) * lat.to_radians().cos();
    (lat - other_lat).hypot(east) * DEGREE_M
}

/// Puts alerts of the same kind about the same together, nearest in time first.
fn paired(then: Vec<Told>, now: Vec<Told>) -> Vec<Pair> {
    let mut alike: BTreeMap<(u32, String), [Vec<Told>; 2]> = BTreeMap::new();
    for (side, told) in [then, now].into_iter().enumerate() {
        for told in told {
            let lists = alike.entry((told.kind, told.about.clone())).or_default();
            if let Some(list) = lists.get_mut(side) {
                list.push(told);
            }
        }
    }
    let mut pairs = Vec::new();
    for [then, now] in alike.into_values() {
        pairs.extend(nearest(then, now));
    }
    pairs.sort_by_key(|pair| pair.either().map_or(0, |told| told.raised_us));
    pairs
}

fn nearest(then: Vec<Told>, now: Vec<Told>) -> Vec<Pair> {
    let mut candidates: Vec<(i64, usize, usize)> = Vec::new();
    for (one, recorded) in then.iter().enumerate() {
        // Of something that comes and goes all day, only the nearest few can be meant.
        let from = now.partition_point(|told| told.raised_us < recorded.raised_us).saturating_sub(2);
        for (other, rerun) in now.iter().enumerate().skip(from).take(4) {
            candidates.push(((rerun.raised_us - recorded.raised_us).abs(), one, other));
        }
    }
    candidates.sort_unstable();
    let (mut of_then, mut of_now) = (vec![None; then.len()], vec![false; now.len()]);
    for (_, one, other) in candidates {
        if let (Some(free), Some(is_taken)) = (of_then.get_mut(one), of_now.get_mut(other))
            && free.is_none()
            && !*is_taken
        {
            (*free, *is_taken) = (Some(other), true);
        }
    }
    let mut pairs: Vec<Pair> = then
        .into_iter()
        .zip(of_then)
        .map(|(recorded, other)| Pair {
            recorded: Some(recorded),
            rerun: other.and_then(|other| now.get(other).cloned()),
        })
        .collect();
    let rest = now.into_iter().zip(of_now).filter(|(_, is_taken)| !is_taken);
    pairs.extend(rest.map(|(rerun, _)| Pair { recorded: None, rerun: Some(rerun) }));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(about: &str, raised_s: i64) -> Told {
        Told { kind: 101, about: about.to_owned(), raised_us: raised_s * 1_000_000, ..Told::default() }
    }

    #[test]
    fn alerts_are_put_beside_those_that_are_nearest_in_time() {
        let then = vec![told("a", 10), told("a", 100), told("b", 50), told("c", 70)];
        let now = vec![told("a", 4), told("a", 105), told("a", 300), told("b", 50), told("d", 1)];
        let found: Vec<_> = paired(then, now)
            .iter()
            .map(|pair| {
                let about = pair.either().unwrap().about.clone();
                (about, pair.verdict().as_str(), pair.later_us().map(|us| us / 1_000_000))
            })
            .collect();
        let expected = [
            ("d", "only_rerun", None),
            ("a", "earlier", Some(-6)),
            ("b", "same", Some(0)),
            ("c", "only_recorded", None),
            ("a", "later", Some(5)),
            ("a", "only_rerun", None),
        ];
        assert_eq!(found, expected.map(|(about, word, later)| (about.to_owned(), word, later)));
    }
}
