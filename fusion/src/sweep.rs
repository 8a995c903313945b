//! Once a second: what silence and drift have done.

use crate::entries::{AT_NEED, AT_ONCE};
use crate::hidden::is_hidden;
use crate::life::{Fate, fate};
use crate::picture::Entry;
use crate::{Change, Fusion, Life, Radar, Station, Track, TrackId};
use units::UtcTime;

/// A candidate is a track by then, or nothing, seconds.
const CANDIDATE_MOST_S: f64 = 40.0;
/// Looks in a row that saw nothing of a candidate: planing craft show half the time.
const MISSED_MOST: u16 = 5;

/// A vessel that only radar saw, and whose place is less sure than this (one standard deviation on each axis, metres),
/// is lost: a craft that turns hard within seconds, a ship that goes straight on not for minutes.
const STRAYED_M: f64 = 140.0;

/// What the look at every track has shown; kept for its memory.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    /// Whose doubt is not what radar says.
    odd: Vec<TrackId>,
    ended: Vec<TrackId>,
    /// Where they are is no longer known.
    strayed: Vec<TrackId>,
    /// Candidates that go on.
    held: Vec<TrackId>,
    /// At whom to look.
    due: Vec<TrackId>,
    /// Which radars should have seen the one that is looked at, and whether it is hidden from them.
    overdue: Vec<(usize, bool)>,
    /// Whom nobody speaks for, or a terminal alone.
    pub silent: Vec<TrackId>,
    /// For what is near one of them.
    pub near: Vec<TrackId>,
}

impl Swept {
    fn clear(&mut self) {
        for list in [&mut self.odd, &mut self.ended, &mut self.strayed, &mut self.held, &mut self.silent] {
            list.clear();
        }
    }

    fn note(&mut self, track: &Track, any_radar: bool, now: UtcTime) {
        if track.is_nameless() {
            self.silent.push(track.id);
        }
        if track.station.is_none() {
            if track.was_none() {
                self.ended.push(track.id);
            } else if track.life == Life::Coasting && track.spread_m(now) > STRAYED_M {
                self.strayed.push(track.id);
            }
        } else if any_radar && track.is_ghost() != track.doubt {
            self.odd.push(track.id);
        }
    }
}

impl Fusion {
    /// Looks at every track that is due before the next whole second, and at the marks silent longest. Tracks
    /// are taken by ascending id, so that how early each was scheduled does not show.
    pub(crate) fn sweep(&mut self, changes: &mut Vec<Change>) {
        let mut seen = std::mem::take(&mut self.swept);
        self.looks(&mut seen);
        self.haunt(&seen);
        self.expire(&mut seen, changes);
        self.merge(&mut seen, changes);
        self.forget_series();
        self.swept = seen;
        let horizon = self.horizon();
        let mut due = std::mem::take(&mut self.due);
        due.clear();
        while let Some((at, id)) = self.schedule.pop_before(horizon) {
            if self.tracks.get(id).is_some_and(|entry| entry.scheduled == at) {
                due.push(id);
            }
        }
        due.sort_unstable();
        due.dedup();
        for &id in &due {
            let Some(track) = self.track(id) else { continue };
            match fate(track, self.now, &self.config) {
                Fate::Ends(reason) => self.end(id, reason, changes),
                Fate::Lives(life) => {
                    self.live(id, life);
                    self.reschedule(id);
                }
            }
        }
        self.due = due;
        self.counters.marks_silent += self.marks.sweep(self.now, self.config.mark_silence_s, changes);
    }

    /// Charges the passes of each antenna that saw nothing, and notes what the one look at every track that is due
    /// shows.
    fn looks(&mut self, seen: &mut Swept) {
        let now = self.now;
        seen.clear();
        let Self { tracks, candidates, radars, index, .. } = self;
        let mut list = std::mem::take(&mut seen.due);
        tracks.due(now, &mut list);
        debug_assert!(tracks.values().all(|Entry { track, .. }| {
            list.binary_search(&track.id).is_ok() || due(track, radars, now) > now
        }));
        for &id in &list {
            let Some(track) = tracks.get(id).map(|entry| &entry.track) else { continue };
            let is_ship = track.station != Some(Station::Aircraft);
            for (place, radar) in radars.iter().enumerate().filter(|_| is_ship) {
                if !is_awaited(track, radar, now) && radar.sees(track.surface_at(now)) == Some(true) {
                    seen.overdue.push((place, is_hidden(track, radar, tracks, index, now)));
                }
            }
            let Some(entry) = tracks.get_mut_quietly(id) else { continue };
            let track = &mut entry.track;
            for (place, hidden) in seen.overdue.drain(..) {
                match radars.get(place) {
                    Some(radar) if !hidden => charge(track, radar, now),
                    Some(radar) => {
                        if let Some(look) = track.looks.of(radar.sensor, now) {
                            look.pass(now);
                        }
                    }
                    None => {}
                }
            }
            if is_ship {
                seen.note(track, !radars.is_empty(), now);
            }
            let (seat, rests) = (entry.seat, due(&entry.track, radars, now));
            tracks.rest(seat, rests);
        }
        seen.due = list;
        candidates.each(|_, entry| {
            let track = &mut entry.track;
            for radar in &*radars {
                let awaited = is_awaited(track, radar, now);
                let sees = || radar.sees(track.surface_at(now)) == Some(true);
                if !awaited && (track.looks.get(radar.sensor).is_some() || sees()) {
                    charge(track, radar, now);
                }
            }
        });
    }

    /// Doubts what radar cannot find, and no longer doubts what it has found.
    fn haunt(&mut self, seen: &Swept) {
        for &id in &seen.odd {
            if let Some(caller) = self.track(id).and_then(|track| track.identity.caller()) {
                self.judge(caller);
            }
        }
    }

    /// Ends young tracks that were nothing, and candidates that came to nothing.
    fn expire(&mut self, seen: &mut Swept, changes: &mut Vec<Change>) {
        let now = self.now;
        for &id in &seen.ended {
            self.end(id, crate::Gone::Lost, changes);
        }
        seen.ended.clear();
        for &id in &seen.strayed {
            self.live(id, Life::Lost);
        }
        seen.held.clear();
        for entry in self.candidates.values() {
            let (id, track) = (entry.track.id, &entry.track);
            let came_to_nothing = track.score < -2.0
                || now.since(track.born) > CANDIDATE_MOST_S
                || track.looks.all().all(|look| look.missed >= MISSED_MOST);
            if came_to_nothing { &mut seen.ended } else { &mut seen.held }.push(id);
        }
        for &id in &seen.ended {
            self.drop_candidate(id);
        }
        for &id in &seen.held {
            self.place_candidate(id);
        }
    }

    /// Gives a track its life, and settles what follows from it for others of its number.
    pub(crate) fn live(&mut self, id: TrackId, life: Life) {
        let Some(entry) = self.tracks.get_mut(id) else { return };
        let before = std::mem::replace(&mut entry.track.life, life);
        if before == life {
            return;
        }
        let caller = entry.track.identity.caller();
        self.touch(id);
        if life == Life::Lost {
            self.counters.lost += 1;
        }
        if let Some(caller) = caller
            && (before == Life::Lost || life == Life::Lost)
        {
            self.judge(caller);
        }
    }
}

/// Seconds by which a plot may come after the antenna has passed.
const SLACK_S: f64 = 1.2;

/// The antenna's next pass need not have come in yet.
fn is_awaited(track: &Track, radar: &Radar, now: UtcTime) -> bool {
    track.looks.get(radar.sensor).is_some_and(|look| now.since(look.last) <= radar.period_s() + SLACK_S)
}

/// Rounding must not make a look late, seconds.
const EARLY_S: f64 = 1e-3;

/// Until when a track that nothing changes need not be looked at: no antenna's pass is overdue before.
pub(crate) fn due(track: &Track, radars: &[Radar], now: UtcTime) -> UtcTime {
    if track.station == Some(Station::Aircraft) {
        return AT_NEED;
    }
    if track.is_nameless() || (!radars.is_empty() && track.is_ghost() != track.doubt) {
        return AT_ONCE;
    }
    radars.iter().fold(AT_NEED, |first, radar| {
        let awaited = track.looks.get(radar.sensor).filter(|_| is_awaited(track, radar, now));
        first.min(match awaited {
            Some(look) => look.last.plus_s(radar.period_s() + SLACK_S - EARLY_S),
            None => radar.soonest_in_range(track, now),
        })
    })
}

fn charge(track: &mut Track, radar: &Radar, now: UtcTime) {
    let period_s = radar.period_s();
    let mut lost = 0.0;
    if let Some(look) = track.looks.of(radar.sensor, now) {
        if now.since(look.last) > 20.0 * period_s {
            // It comes back into view.
            look.last = now;
        }
        while now.since(look.last) > period_s + SLACK_S {
            let passed = look.last.plus_s(period_s);
            lost += (1.0 - f64::from(look.pd)).ln();
            look.miss(passed);
        }
    }
    track.score = (track.score + lost).max(-7.0);
}
