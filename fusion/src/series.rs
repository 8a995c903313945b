//! What a sensor's own tracker made: each of its series is linked to a track of ours, and moves it.
//!
//! A series has been filtered, so that its errors last: a state of it counts for a third of what it claims, and
//! the sensor's own predictions for nothing. Its number is no identity: where it goes somewhere else than its track,
//! the link ends. Whatever it follows begins as a candidate, as an echo does.

use crate::Life;
use crate::radar::Echo;
use crate::{
    Change, Fusion, Observation, Plot, Polar, SensorTrack, SensorTrackKey, SensorTrackStatus, Track, TrackId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{Caller, UtcTime};

/// Which track each series moves.
pub(crate) type Links = BTreeMap<SensorTrackKey, Link>;

/// A series and its track.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Link {
    track: TrackId,
    heard: UtcTime,
    /// States in a row that were elsewhere.
    odd: u8,
}

const LINKS_MOST: usize = 50_000;
/// A series silent for this long has ended, seconds.
const SILENT_S: f64 = 60.0;
const ODD_MOST: u8 = 3;
/// One state of a series knows little that the one before did not.
const CORRELATED: f64 = 3.0;
const SIGMA_FLOOR_M: f64 = 5.0;
/// One sensor has one series of a vessel: no second one while the first has been heard within so many turns.
const TURNS: f64 = 3.0;

impl Fusion {
    /// A state of a series comes in.
    pub(crate) fn sensor_track(
        &mut self,
        observation: &Observation,
        said: &SensorTrack,
        changes: &mut Vec<Change>,
    ) {
        let lag_s = observation.arrival.since(observation.valid);
        if said.status == SensorTrackStatus::Ended {
            self.links.remove(&said.key);
            return;
        }
        if let Some(link) = self.links.get_mut(&said.key) {
            link.heard = self.now;
        }
        // What it only expects or is not sure of says nothing.
        if said.status != SensorTrackStatus::Confirmed || !(-5.0..30.0).contains(&lag_s) {
            return;
        }
        let Some((place, echo)) = self.echo_of(observation, said) else { return };
        let linked = self
            .links
            .get(&said.key)
            .map(|link| link.track)
            .filter(|&id| self.entry(id).is_some_and(|entry| entry.track.life != Life::Lost));
        match linked {
            Some(id) => self.follow(place, &echo, said.key, id, changes),
            None => match self.seek(place, &echo, said) {
                Some(id) => {
                    self.link(said.key, id);
                    self.take(place, &echo, id, changes);
                }
                None => self.begin_series(place, &echo, said, changes),
            },
        }
        self.call(said);
    }

    /// A state as an echo that is as little sure as what it adds.
    fn echo_of(&mut self, observation: &Observation, said: &SensorTrack) -> Option<(usize, Echo)> {
        let position = said.position?;
        let place = self.radar(said.key.sensor, position)?;
        let radar = self.radars.get(place)?;
        let [ee, en, nn] = said.covariance_m2.map(|value| value * CORRELATED);
        let floor = SIGMA_FLOOR_M * SIGMA_FLOOR_M * CORRELATED;
        let covariance_m2 = [ee.max(floor), en, nn.max(floor)];
        let sigma_m = f64::midpoint(covariance_m2[0], covariance_m2[2]).sqrt();
        // Where the antenna stands is known, so its errors of range and azimuth can be taken off.
        let polar = radar.site.map(|site| {
            let (e_m, n_m) = radar.plane.to_local(position);
            let range_m = e_m.hypot(n_m);
            let azimuth_rad = e_m.atan2(n_m).rem_euclid(std::f64::consts::TAU);
            Polar {
                site: site.position,
                range_m,
                azimuth_rad,
                range_sigma_m: sigma_m,
                azimuth_sigma_rad: sigma_m / range_m.max(100.0),
            }
        });
        let plot = Plot {
            sensor: said.key.sensor,
            position,
            covariance_m2,
            polar,
            radial_speed_mps: None,
            amplitude_db: None,
            extent: None,
        };
        let echo = radar.echo(observation, &plot);
        let sound = echo.r.iter().all(|r| r.is_finite()) && echo.r[0] < 1e10 && echo.r[2] < 1e10;
        sound.then_some((place, echo))
    }

    /// Moves the track of a series, unless the series has gone elsewhere.
    fn follow(
        &mut self,
        place: usize,
        echo: &Echo,
        key: SensorTrackKey,
        id: TrackId,
        changes: &mut Vec<Change>,
    ) {
        let Some(radar) = self.radars.get(place) else { return };
        let Some(entry) = self.entry(id) else { return };
        let seen = entry.track.looks.get(key.sensor).and_then(|look| look.seen);
        if seen.is_some_and(|seen| echo.valid.since(seen) < 0.5 * radar.period_s()) {
            return;
        }
        let fits = radar.fits(&entry.track, echo);
        if fits {
            self.take(place, echo, id, changes);
        }
        let Some(link) = self.links.get_mut(&key) else { return };
        link.odd = if fits { 0 } else { link.odd + 1 };
        if link.odd >= ODD_MOST {
            self.links.remove(&key);
        }
    }

    /// The track that a series without one is of.
    fn seek(&self, place: usize, echo: &Echo, said: &SensorTrack) -> Option<TrackId> {
        let radar = self.radars.get(place)?;
        let free = |track: &Track| {
            let seen = track.looks.get(said.key.sensor).and_then(|look| look.seen);
            seen.is_none_or(|seen| echo.valid.since(seen) > TURNS * radar.period_s())
        };
        let mut best: Option<(f64, TrackId)> = None;
        let mut found = Vec::new();
        let reach_m = crate::associate::REACH_M * std::f64::consts::SQRT_2;
        self.find(echo.at, reach_m, echo.valid, &mut found);
        for id in found {
            let Some(entry) = self.entry(id) else { continue };
            if !free(&entry.track) {
                continue;
            }
            let Some(gain) = radar.gain(&entry.track, echo) else { continue };
            if best.is_none_or(|(most, known)| gain > most || (gain == most && id < known)) {
                best = Some((gain, id));
            }
        }
        best.map(|(_, id)| id)
    }

    fn link(&mut self, key: SensorTrackKey, track: TrackId) {
        if self.links.len() < LINKS_MOST || self.links.contains_key(&key) {
            self.links.insert(key, Link { track, heard: self.now, odd: 0 });
        }
    }

    /// A series of something that is not in the picture. Of a radar it must first prove that it lasts; what another
    /// centre is sure of is there.
    fn begin_series(&mut self, place: usize, echo: &Echo, said: &SensorTrack, changes: &mut Vec<Change>) {
        let Some(radar) = self.radars.get(place) else { return };
        let (plane, is_radar) = (radar.plane, radar.site.is_some());
        if is_radar {
            if let Some(id) = self.begin_candidate(echo, said.key.sensor, &plane) {
                self.link(said.key, id);
            }
            return;
        }
        self.counters.sighted += 1;
        self.make_room(changes);
        let id = self.next_id;
        let mut track = Track::sighted(id, echo, &plane, self.now);
        if let Some(look) = track.looks.of(said.key.sensor, echo.valid) {
            look.hit(echo.valid);
        }
        track.hear(echo.source, echo.arrival);
        let leaf = self.adopt(track);
        self.index.insert(leaf);
        self.link(said.key, id);
        self.touch(id);
    }

    /// A sensor that says who it is names a track that nobody else names; one that only has a word for it lends that.
    fn call(&mut self, said: &SensorTrack) {
        let Some(id) = self.links.get(&said.key).map(|link| link.track) else { return };
        let Some(caller) = said.mmsi.map(Caller::Mmsi) else {
            let is_nameless = |track: &Track| {
                track.identity.caller().is_none() && track.identity.name.is_none() && said.name.is_some()
            };
            if self.tracks.get(id).is_some_and(|entry| is_nameless(&entry.track))
                && let Some(entry) = self.tracks.get_mut(id)
            {
                entry.track.identity.name = said.name;
                self.touch(id);
            }
            return;
        };
        let taken = self.claimants(caller).any(|track| track.life != Life::Lost)
            || self.claimants(caller).count() >= self.config.max_tracks_per_caller;
        let Some(entry) = self.tracks.get_mut(id) else { return };
        if taken || entry.track.identity.caller().is_some() {
            return;
        }
        let (mut identity, hull) = self.names.of(caller);
        identity.name = identity.name.or(said.name);
        (entry.track.identity, entry.track.hull) = (identity, hull);
        self.claim(id);
        self.touch(id);
    }

    /// A track goes on under another number, and its series with it.
    pub(crate) fn carry_series(&mut self, from: TrackId, to: TrackId) {
        for link in self.links.values_mut().filter(|link| link.track == from) {
            link.track = to;
        }
    }

    /// Once a second: forgets series that fell silent.
    pub(crate) fn forget_series(&mut self) {
        let now = self.now;
        self.links.retain(|_, link| now.since(link.heard) < SILENT_S);
    }
}
