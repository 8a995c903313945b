//! A scene through the tracker and the watch: what was raised, and which track was which vessel.

use super::truth::Truth;
use crate::evaluate::pairing::{Place, pairs};
use fusion::{Event, Fusion, Life, TrackId};
use std::collections::{BTreeMap, BTreeSet};
use units::UtcTime;
use watch::{Alert, Change, Kind, Priority, State, Watch};

/// A track is a vessel's within this, metres.
const REACH_M: f64 = 200.0;

/// An alert as it was raised.
#[derive(Clone, Debug)]
pub struct Raised {
    pub kind: Kind,
    pub priority: Priority,
    pub tracks: Vec<TrackId>,
    /// What they called themselves.
    pub mmsis: Vec<u32>,
    /// Seconds of the scene.
    pub t: f64,
    /// When its condition had ended, where it did.
    pub over: Option<f64>,
    pub sounds: bool,
    /// English.
    pub says: String,
}

/// Grades of occupied cells, counted at every step.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grades {
    /// Cells with vessels in them.
    pub occupied: u64,
    /// Of them.
    pub orange: u64,
    /// Of them.
    pub red: u64,
}

/// What came of a scene.
#[derive(Default)]
pub struct Played {
    pub raised: Vec<Raised>,
    /// Per instant of the truth: whose track is which vessel's.
    pub vessel_of: Vec<BTreeMap<TrackId, i64>>,
    /// Vessels whose track was in doubt at some instant.
    pub doubted: BTreeSet<i64>,
    /// Numbers that were in doubt at some instant.
    pub doubted_mmsis: BTreeSet<u32>,
    /// Everything that was heard of as a number.
    pub mmsis: BTreeSet<u32>,
    pub grades: Grades,
    /// Alerts that began to sound, by sector.
    pub sounding: Vec<(String, f64)>,
    live: BTreeMap<u64, usize>,
}

/// A scene on its way through both.
struct Run<'a> {
    fusion: Fusion,
    watch: Watch,
    start: UtcTime,
    truth: &'a Truth,
    /// Seconds of the scene that were ticked.
    second: f64,
    seen: Vec<fusion::Change>,
    judged: Vec<Change>,
    played: Played,
}

impl Run<'_> {
    fn apply(&mut self, event: &Event) {
        self.seen.clear();
        self.judged.clear();
        self.fusion.apply(event, &mut self.seen);
        self.watch.apply(&self.fusion, &self.seen, &mut self.judged);
        let now_s = self.fusion.now().since(self.start);
        self.played.note(&self.judged, &self.fusion, self.start, now_s);
    }

    fn tick_until(&mut self, t: f64) {
        while self.second < t {
            let now = self.start.plus_s(self.second);
            self.apply(&Event::Tick(now));
            let next = self.truth.instants.get(self.played.vessel_of.len());
            if next.is_some_and(|instant| instant.t <= self.second) {
                self.played.pair(&self.fusion, self.truth, now);
                self.played.grade(&self.watch);
            }
            self.second += 1.0;
        }
    }
}

impl Played {
    /// Runs events in order of arrival, with a tick each second.
    pub fn run(
        events: impl Iterator<Item = Event>,
        start: UtcTime,
        truth: &Truth,
        config: watch::Config,
    ) -> Self {
        let mut run = Run {
            fusion: Fusion::new(fusion::Config::default()),
            watch: Watch::new(config),
            start,
            truth,
            second: 0.0,
            seen: Vec::new(),
            judged: Vec::new(),
            played: Self::default(),
        };
        for event in events {
            let t = event.arrival().since(start);
            if t > truth.duration_s {
                break;
            }
            run.tick_until(t);
            run.apply(&event);
        }
        run.tick_until(truth.duration_s + 1.0);
        let Run { fusion, watch, mut played, .. } = run;
        // What goes into the report is on nobody's list, and is told with no change.
        played.raised.extend(watch.report().map(|alert| raised(alert, &fusion, start)));
        played
    }

    fn note(&mut self, judged: &[Change], fusion: &Fusion, start: UtcTime, t: f64) {
        for change in judged {
            let Change::Alert(alert) = change else { continue };
            let known = self.live.get(&alert.id.0).copied();
            let kind = known.and_then(|at| Some(self.raised.get(at)?.kind));
            let is_over = matches!(alert.state, State::Rectified | State::Cleared);
            if is_over {
                if let Some(raised) = known.and_then(|at| self.raised.get_mut(at)) {
                    raised.over.get_or_insert(t);
                }
                self.live.remove(&alert.id.0);
            } else if kind == Some(alert.kind) {
                let Some(raised) = known.and_then(|at| self.raised.get_mut(at)) else { continue };
                if alert.sounding && !raised.sounds {
                    raised.sounds = true;
                    self.sounding.extend(alert.sectors.iter().map(|sector| (sector.clone(), t)));
                }
            } else {
                self.live.insert(alert.id.0, self.raised.len());
                self.raised.push(raised(alert, fusion, start));
                if alert.sounding {
                    self.sounding.extend(alert.sectors.iter().map(|sector| (sector.clone(), t)));
                }
            }
        }
    }

    fn pair(&mut self, fusion: &Fusion, truth: &Truth, now: UtcTime) {
        let Some(instant) = truth.instants.get(self.vessel_of.len()) else { return };
        let live = |life| matches!(life, Life::Confirmed | Life::Coasting);
        let tracks: Vec<_> = fusion.tracks().filter(|track| live(track.life)).collect();
        let places: Vec<Place> =
            tracks.iter().map(|track| truth.plane.to_local(track.position_at(now)).into()).collect();
        let vessels: Vec<Place> = instant.states.iter().map(|state| state.place).collect();
        let mut found = BTreeMap::new();
        for pair in pairs(&vessels, &places, REACH_M, |_, _| 0.0) {
            let (Some(state), Some(track)) = (instant.states.get(pair.vessel), tracks.get(pair.track)) else {
                continue;
            };
            found.insert(track.id, state.ship);
            if track.doubt {
                self.doubted.insert(state.ship);
            }
        }
        for track in tracks {
            let Some(mmsi) = track.identity.mmsi else { continue };
            self.mmsis.insert(mmsi.number());
            if track.doubt {
                self.doubted_mmsis.insert(mmsi.number());
            }
        }
        self.vessel_of.push(found);
    }

    fn grade(&mut self, watch: &Watch) {
        self.grades.occupied += watch.cells().count() as u64;
        let occupied: BTreeSet<_> = watch.cells().map(|(cell, _)| cell).collect();
        for (_, risk) in watch.risks().filter(|(cell, _)| occupied.contains(cell)) {
            self.grades.red += u64::from(risk.grade == watch::Grade::Red);
            self.grades.orange += u64::from(risk.grade == watch::Grade::Orange);
        }
    }

    /// The vessel of a track about then, else the one that it was most of the time.
    pub fn vessel(&self, track: TrackId, instant: usize) -> Option<i64> {
        if let Some(ship) = self.vessel_of.get(instant).and_then(|now| now.get(&track)) {
            return Some(*ship);
        }
        let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
        for ship in self.vessel_of.iter().filter_map(|instant| instant.get(&track)) {
            *counts.entry(*ship).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(ship, _)| ship)
    }

    /// The vessels that an alert was about, in ascending order.
    pub fn vessels(&self, raised: &Raised, truth: &Truth) -> Vec<i64> {
        let instant = truth.at(raised.t).unwrap_or(0);
        let mut ships: Vec<i64> =
            raised.tracks.iter().filter_map(|track| self.vessel(*track, instant)).collect();
        ships.sort_unstable();
        ships.dedup();
        ships
    }

    /// The vessel has had a track at an instant.
    pub fn is_tracked(&self, ship: i64, instant: usize) -> bool {
        self.vessel_of.get(instant).is_some_and(|now| now.values().any(|there| *there == ship))
    }
}

fn raised(alert: &Alert, fusion: &Fusion, start: UtcTime) -> Raised {
    Raised {
        kind: alert.kind,
        priority: alert.priority,
        tracks: alert.tracks.iter().collect(),
        mmsis: alert.tracks.iter().filter_map(|id| Some(fusion.track(id)?.identity.mmsi?.number())).collect(),
        t: alert.changed.since(start),
        over: None,
        sounds: alert.sounding,
        says: alert.text.en.clone(),
    }
}
