//! Whether each source is heard: told when that changes, and every ten seconds while it speaks.

use super::proto::{self, server_message};
use super::{Named, Update};
use crate::core::Core;
use fusion::{Body, Event, Report, SourceId, Station};
use std::sync::Arc;
use units::UtcTime;

/// A source that says nothing for this long is silent: the slowest reporting interval of a vessel under way is
/// ten seconds, of one at anchor three minutes.
const SILENT_S: f64 = 60.0;
const EVERY_S: i64 = 10;

/// What a source may tell of.
const KINDS: [&str; 3] = ["ais", "radar", "beidou"];

const fn kind_of(body: &Body) -> usize {
    match body {
        Body::Plot(_) | Body::SensorTrack(_) => 1,
        Body::Report(Report { station: Station::Terminal, .. }) | Body::Distress(_) => 2,
        Body::Report(_) | Body::Statics(_) | Body::Mark(_) => 0,
    }
}

fn words(kinds: [bool; KINDS.len()]) -> String {
    let told: Vec<_> = KINDS.into_iter().zip(kinds).filter_map(|(kind, told)| told.then_some(kind)).collect();
    told.join(" ")
}

/// All sources, in the order of the configuration.
#[derive(Debug, Default)]
pub struct Sensors {
    rows: Vec<Row>,
    second: Option<i64>,
}

#[derive(Debug)]
struct Row {
    name: Arc<str>,
    observations: u64,
    kinds: [bool; KINDS.len()],
    heard: Option<UtcTime>,
    told: Option<&'static str>,
    told_observations: u64,
    told_at: Option<UtcTime>,
    /// It is told of no more.
    is_gone: bool,
}

impl Row {
    fn new(name: String) -> Self {
        Self {
            name: Arc::from(name),
            observations: 0,
            kinds: Default::default(),
            heard: None,
            told: None,
            told_observations: 0,
            told_at: None,
            is_gone: false,
        }
    }
}

impl Sensors {
    /// None of them heard yet.
    pub fn new(names: impl Iterator<Item = String>) -> Self {
        Self { rows: names.map(Row::new).collect(), second: None }
    }

    /// Those that a core hears.
    pub fn of(core: &Core) -> Self {
        let mut sensors = Self::new(core.roll().sources().iter().cloned());
        // Of what is no more nothing was told.
        sensors.renew(&[], &core.dismissed(), |_| {});
        sensors
    }

    /// There may be more of them now, and some of which nothing is expected any more.
    pub fn renew(&mut self, names: &[String], gone: &[SourceId], mut tell: impl FnMut(Update)) {
        self.rows.extend(names.iter().skip(self.rows.len()).cloned().map(Row::new));
        for (number, row) in (0..).zip(&mut self.rows) {
            let is_gone = gone.contains(&SourceId(number));
            if is_gone && !row.is_gone {
                tell(Update::Named(Named::Sensor, Arc::clone(&row.name), None));
            }
            if is_gone != row.is_gone {
                *row = Row { is_gone, ..Row::new(row.name.to_string()) };
            }
        }
    }

    /// Takes note of an event.
    pub fn note(&mut self, event: &Event) {
        if let Event::Observation(observation) = event
            && let Some(row) = self.rows.get_mut(usize::from(observation.source.0)).filter(|row| !row.is_gone)
        {
            row.observations += 1;
            if let Some(kind) = row.kinds.get_mut(kind_of(&observation.body)) {
                *kind = true;
            }
            row.heard = row.heard.max(Some(observation.arrival));
        }
    }

    /// Says what is to be told at this time.
    pub fn tell(&mut self, now: UtcTime, mut tell: impl FnMut(Update)) {
        let second = now.unix_s();
        if self.second.is_some_and(|told| second <= told) {
            return;
        }
        self.second = Some(second);
        for row in self.rows.iter_mut().filter(|row| !row.is_gone) {
            let state = match row.heard {
                None => "waiting",
                Some(heard) if now.since(heard) > SILENT_S => "silent",
                Some(_) => "up",
            };
            let elapsed_s = row.told_at.map(|at| now.since(at));
            let is_due = row.observations > row.told_observations
                && second.rem_euclid(EVERY_S) == 0
                && elapsed_s.is_some_and(|elapsed_s| elapsed_s >= 1.0);
            if row.told == Some(state) && !is_due {
                continue;
            }
            let since = (row.observations - row.told_observations) as f64;
            let rate_hz = elapsed_s.filter(|elapsed_s| *elapsed_s >= 1.0).map_or(0.0, |s| since / s);
            (row.told, row.told_observations, row.told_at) = (Some(state), row.observations, Some(now));
            let sensor = proto::Sensor {
                name: row.name.to_string(),
                state: state.to_owned(),
                heard_us: row.heard.map(UtcTime::unix_us),
                observations: row.observations,
                rate_hz: (rate_hz * 10.0).round() / 10.0,
                version: 0,
                kind: words(row.kinds),
            };
            tell(Update::Named(
                Named::Sensor,
                Arc::clone(&row.name),
                Some(Box::new(server_message::Body::Sensor(sensor))),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_told_and_what_does_not_is_not() {
        let heard = |s: i64| {
            let at = UtcTime::from_unix_s(s);
            let mark = fusion::MarkReport {
                mmsi: units::Mmsi::new(4_131_234).unwrap(),
                kind: fusion::MarkKind::BaseStation,
                position: None,
                name: None,
                off_position: None,
                is_virtual: false,
                aid_type: None,
            };
            let body = fusion::Body::Mark(mark);
            Event::Observation(fusion::Observation {
                source: fusion::SourceId(0),
                valid: at,
                arrival: at,
                body,
            })
        };
        let mut sensors = Sensors::new(["sea".to_owned()].into_iter());
        let mut at = |s: i64, hears: bool| {
            if hears {
                sensors.note(&heard(s));
            }
            let mut told = Vec::new();
            sensors.tell(UtcTime::from_unix_s(s), |update| match update {
                Update::Named(_, _, Some(body)) => match *body {
                    server_message::Body::Sensor(sensor) => {
                        told.push(format!("{} {} {}", sensor.state, sensor.observations, sensor.rate_hz));
                    }
                    _ => unreachable!(),
                },
                _ => unreachable!(),
            });
            told.join("; ")
        };
        for (second, hears, expected) in [
            (1001, false, "waiting 0 0"),
            (1002, false, ""),
            (1003, true, "up 1 0.5"),
            (1003, true, ""),
            (1009, true, ""),
            (1010, false, "up 3 0.3"),
            (1020, false, ""),
            (1070, false, "silent 3 0"),
            (1071, true, "up 4 1"),
        ] {
            assert_eq!(at(second, hears), expected, "at {second}");
        }
    }
}
