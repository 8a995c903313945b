//! Which plot is of which track.
//!
//! A plot waits a moment for its neighbours of the same scan. Then the plots and the tracks that could be each
//! other's make a cluster, and the cluster is settled as a whole: by the assignment that explains most. What is
//! left over feeds the clutter map and begins a candidate.

use crate::assignment::{self, MOST};
use crate::clutter::Clutter;
use crate::entries::Seat;
use crate::imm::{log_gaussian, squared};
use crate::index::Found;
use crate::pending::REACH_MOST_M;
use crate::picture::FIRST_CANDIDATE;
use crate::plane::{Ecef, Plane};
use crate::radar::{Echo, PENDING_MOST, Radar};
use crate::registration::Residual;
use crate::track::rotated;
use crate::{Change, Fusion, Life, Observation, Plot, RadarSite, SensorId, Station, Track, TrackId};

use std::f64::consts::SQRT_2;

/// How long a plot waits for its neighbours, seconds.
const HOLD_S: f64 = 0.25;
/// No farther than this from its prediction, metres.
pub(crate) const REACH_M: f64 = 350.0;
/// What a track could take lies within this of where it is thought to be when one of them was seen, metres.
const NEIGHBOURS_M: f64 = REACH_MOST_M;
/// Squared innovation at two degrees of freedom: 99.97 % of honest ones.
const GATE: f64 = 16.0;
/// No vessel is longer, metres.
const LONGEST_M: f64 = 460.0;
/// A plot of a track that is sure rather than of one that is not, nats.
const SURE: f64 = 1.5;
/// Vessels that appear, per square metre and scan.
const BIRTHS: f64 = 2e-9;
const SCORE_MOST: f64 = 16.0;
const GAIN_MOST: f64 = 6.0;
const RADARS_MOST: usize = 64;
const CANDIDATES_MOST: usize = 20_000;
/// A track must have been seen so often within so many looks, and be this likely.
const CONFIRM_HITS: u32 = 4;
const CONFIRM_SCORE: f64 = 10.0;
const CANDIDATE_MOST_MPS: f64 = 40.0;
/// Few vessels are this fast: more must be seen of one before it is believed.
const FAST_MPS: f64 = 18.0;
/// A vessel that nobody speaks for, and that was seen so often, may be hidden in its neighbour's echo for so long.
const COVERED_HITS: u32 = 30;
const COVERED_S: f64 = 90.0;
/// A ship's own fix teaches a radar for this long.
const FIX_S: f64 = 13.0;
const TEACH_FROM_M: f64 = 1500.0;
/// One ship counts as one witness in this time, seconds.
const WITNESS_S: f64 = 30.0;

/// What is settled at once; kept for its memory.
#[derive(Debug, Default)]
pub(crate) struct Cluster {
    /// Numbers of the radar's pending plots.
    plots: Vec<u64>,
    tracks: Vec<TrackId>,
    seats: Vec<Seat>,
    found: Vec<(TrackId, Seat)>,
    several: Vec<TrackId>,
    gone: Vec<u64>,
}

impl Fusion {
    /// A radar's site, from now on.
    pub(crate) fn site(&mut self, site: &RadarSite) {
        if let Some(place) = self.radar(site.sensor, site.position)
            && let Some(radar) = self.radars.get_mut(place)
        {
            radar.site = Some(*site);
            radar.plane = Plane::at(site.position);
            self.rouse();
        }
    }

    pub(crate) fn radar(&mut self, sensor: crate::SensorId, position: units::Position) -> Option<usize> {
        let known = self.radars.iter().position(|radar| radar.sensor == sensor);
        if known.is_none() && self.radars.len() < RADARS_MOST {
            self.radars.push(Radar::new(sensor, position));
            self.rouse();
            return Some(self.radars.len() - 1);
        }
        known
    }

    /// A plot comes in.
    pub(crate) fn plot(&mut self, observation: &Observation, plot: &Plot, changes: &mut Vec<Change>) {
        let site = plot.polar.map_or(plot.position, |polar| polar.site);
        let Some(place) = self.radar(plot.sensor, site) else { return };
        let lag_s = observation.arrival.since(observation.valid);
        if !(-5.0..30.0).contains(&lag_s) {
            return;
        }
        let Some(radar) = self.radars.get_mut(place) else { return };
        let echo = radar.echo(observation, plot);
        if !echo.r.iter().all(|r| r.is_finite()) || echo.r[0] > 1e10 || echo.r[2] > 1e10 {
            return;
        }
        let told = std::mem::replace(&mut radar.tells_all, true);
        radar.pending.push(echo);
        let full = radar.pending.len() > PENDING_MOST;
        if !told {
            self.rouse();
        }
        if full {
            self.settle_cluster(place, changes);
        }
    }

    /// Settles every plot that has waited long enough.
    pub(crate) fn settle(&mut self, changes: &mut Vec<Change>) {
        loop {
            let ripe = self.radars.iter().enumerate().filter_map(|(place, radar)| {
                let (_, first) = radar.pending.oldest()?;
                let first = first.arrival;
                (first.plus_s(HOLD_S) <= self.now).then_some((first, place))
            });
            let Some((_, place)) = ripe.min() else { return };
            self.settle_cluster(place, changes);
        }
    }

    /// Settles the oldest waiting plot of a radar and all that hangs together with it.
    fn settle_cluster(&mut self, place: usize, changes: &mut Vec<Change>) {
        let mut cluster = std::mem::take(&mut self.cluster);
        if self.settle_shared(place, &mut cluster.several) {
            self.cluster = cluster;
            return;
        }
        self.gather(place, &mut cluster);
        for (&id, &seat) in cluster.tracks.iter().zip(&cluster.seats) {
            self.note(id, seat);
        }
        cluster.gone.clear();
        match (cluster.tracks.as_slice(), cluster.plots.as_slice()) {
            ([], _) => {}
            // The common case: nobody else could have it.
            (&[id], &[plot]) => {
                if self.gain_of(place, id, plot) > 0.0 {
                    cluster.gone.push(plot);
                    self.hit(place, plot, id, changes);
                }
            }
            _ => self.assign(place, &mut cluster, changes),
        }
        // The oldest is settled in any case; the others wait for their own turn.
        if let Some(&oldest) = cluster.plots.first()
            && !cluster.gone.contains(&oldest)
        {
            cluster.gone.push(oldest);
            self.leftover(place);
        }
        if let Some(radar) = self.radars.get_mut(place) {
            for &plot in &cluster.gone {
                radar.pending.settle(plot);
            }
        }
        self.cluster = cluster;
    }

    /// Nats for a waiting plot being a track's; 0 where it cannot be.
    fn gain_of(&self, place: usize, id: TrackId, plot: u64) -> f64 {
        let (Some(radar), Some(entry)) = (self.radars.get(place), self.entry(id)) else { return 0.0 };
        let Some(echo) = radar.pending.get(plot) else { return 0.0 };
        radar.gain(&entry.track, echo).unwrap_or(0.0)
    }

    /// Gives the plots of a cluster to its tracks so that all together gain most.
    fn assign(&mut self, place: usize, cluster: &mut Cluster, changes: &mut Vec<Change>) {
        let (rows, columns) = (cluster.tracks.len().min(MOST), cluster.plots.len().min(MOST));
        let mut gain = [[0.0; MOST]; MOST];
        for (&id, row) in cluster.tracks.iter().zip(&mut gain) {
            for (&plot, cell) in cluster.plots.iter().zip(row.iter_mut()) {
                *cell = self.gain_of(place, id, plot);
            }
        }
        let partners = assignment::best(&gain, rows, columns);
        for (row, &id) in cluster.tracks.iter().enumerate() {
            let Some(column) = partners.get(row).copied().flatten() else { continue };
            let Some(&plot) = cluster.plots.get(column) else { continue };
            cluster.gone.push(plot);
            self.hit(place, plot, id, changes);
        }
        for (row, &id) in cluster.tracks.iter().enumerate() {
            if partners.get(row).is_some_and(Option::is_none) {
                self.covered(place, id, &cluster.plots);
            }
        }
    }

    /// A vessel that got no plot: one of those near it may be of it as well.
    fn covered(&mut self, place: usize, id: TrackId, plots: &[u64]) {
        let now = self.now;
        let (Some(radar), Some(entry)) = (self.radars.get(place), self.tracks.get_mut(id)) else { return };
        let track = &mut entry.track;
        let known = track.station.is_none() && track.looks.hits() >= COVERED_HITS;
        if !known || track.looks.last_seen().is_none_or(|seen| now.since(seen) > COVERED_S) {
            return;
        }
        let echoes = plots.iter().filter_map(|&plot| radar.pending.get(plot));
        let Some(echo) = echoes.clone().find(|echo| radar.cannot_part(echo, track)) else { return };
        if let Some(look) = track.looks.of(radar.sensor, echo.valid) {
            look.share(echo.valid);
        }
        track.heard_at = now;
        if track.life == Life::Coasting {
            self.live(id, Life::Confirmed);
        }
    }

    /// Settles the oldest waiting plot if it is of several vessels.
    fn settle_shared(&mut self, place: usize, found: &mut Vec<TrackId>) -> bool {
        let Some(radar) = self.radars.get(place) else { return false };
        let Some((number, &echo)) = radar.pending.oldest() else { return false };
        if !self.holds_several(radar, &echo, found) {
            return false;
        }
        self.share(place, &echo, found);
        if let Some(radar) = self.radars.get_mut(place) {
            radar.pending.settle(number);
        }
        true
    }

    /// The oldest waiting plot, the tracks that could be its, their other plots, and so on.
    fn gather(&self, place: usize, cluster: &mut Cluster) {
        let Cluster { plots, tracks, seats, found, several, .. } = cluster;
        plots.clear();
        tracks.clear();
        seats.clear();
        let Some(radar) = self.radars.get(place) else { return };
        plots.extend(radar.pending.oldest().map(|(number, _)| number));
        let mut next = 0;
        while let Some(echo) = plots.get(next).and_then(|&plot| radar.pending.get(plot)) {
            next += 1;
            found.clear();
            self.index.find(echo.at, REACH_M * SQRT_2, echo.valid, self.now, |who| {
                let entry = match who {
                    Found::At(seat) => self.at(seat),
                    Found::Track(id) => self.entry(id),
                };
                found.extend(entry.map(|entry| (entry.track.id, entry.seat)));
            });
            found.sort_unstable_by_key(|(id, _)| *id);
            for &(id, seat) in found.iter() {
                if tracks.contains(&id) || tracks.len() >= MOST {
                    continue;
                }
                let Some(entry) = self.at(seat) else { continue };
                if fit(radar, &entry.track, echo).is_none() {
                    continue;
                }
                tracks.push(id);
                seats.push(seat);
                let (e, n) = radar.plane.flatten(entry.track.surface_at(echo.valid));
                radar.pending.near([e, n], NEIGHBOURS_M, |plot, other| {
                    if plots.len() < MOST
                        && !plots.contains(&plot)
                        && other.valid.since(echo.valid).abs() < 1.0
                        && fit(radar, &entry.track, other).is_some()
                        && !self.holds_several(radar, other, several)
                    {
                        plots.push(plot);
                    }
                });
            }
        }
    }

    /// A plot is of a track.
    fn hit(&mut self, place: usize, plot: u64, id: TrackId, changes: &mut Vec<Change>) {
        let echo = self.radars.get(place).and_then(|radar| radar.pending.get(plot)).copied();
        if let Some(echo) = echo {
            self.take(place, &echo, id, changes);
        }
    }

    /// An echo is of a track.
    pub(crate) fn take(&mut self, place: usize, echo: &Echo, id: TrackId, changes: &mut Vec<Change>) {
        let now = self.now;
        let Some(radar) = self.radars.get(place) else { return };
        let (sensor, radar_plane) = (radar.sensor, radar.plane);
        let Some(entry) = self.entry(id) else { return };
        let Some(fitted) = fit(radar, &entry.track, echo) else { return };
        let Some(entry) = self.entry_mut(id) else { return };
        let track = &mut entry.track;
        track.recentre();
        let turn = radar_plane.turned_into(&track.plane);
        track.take_echo(echo, turn);
        if let Some(look) = track.looks.of(sensor, echo.valid) {
            look.hit(echo.valid);
        }
        track.score = (track.score + fitted.evidence.min(GAIN_MOST)).min(SCORE_MOST);
        track.heard_at = now;
        track.hear(echo.source, echo.arrival);
        if let Some((along, across)) = echo.size_m.filter(|(along, across)| along.max(*across) < LONGEST_M) {
            track.seen_lengths = track.seen_lengths.saturating_add(1);
            // What lies beside it makes an echo longer, and nothing makes one shorter.
            let more = along.max(across) - track.seen_length_m;
            let weight = (1.0 / f64::from(track.seen_lengths)).max(if more > 0.0 { 0.02 } else { 0.15 });
            track.seen_length_m += weight * more;
        }
        let residual = residual(&radar_plane, track, echo);
        if let Some(residual) = residual
            && let Some(radar) = self.radars.get_mut(place)
        {
            radar.registration.learn(echo.stamped.unix_ns() as f64 * 1e-9, &residual, id);
        }
        if id < FIRST_CANDIDATE {
            self.compare(place, echo, id);
            self.live(id, Life::Confirmed);
            self.place(id);
            self.touch(id);
        } else {
            // Until it has earned its name it is an echo of nobody.
            self.note_clutter(place, echo);
            self.place_candidate(id);
            self.confirm(id, changes);
        }
    }

    /// Makes a track of a candidate that has earned it.
    fn confirm(&mut self, id: TrackId, changes: &mut Vec<Change>) {
        let Some(entry) = self.candidates.get(id) else { return };
        let track = &entry.track;
        if let Some(lost) = self.lost_as(track) {
            if let Some(candidate) = self.drop_candidate(id) {
                self.regain(lost, &candidate);
                self.carry_series(id, lost);
            }
            return;
        }
        let speed_mps = track.filter.speed_mps();
        let hits = if speed_mps > FAST_MPS { CONFIRM_HITS + 1 } else { CONFIRM_HITS };
        let earned =
            track.looks.hits() >= hits && track.score >= CONFIRM_SCORE && speed_mps < CANDIDATE_MOST_MPS;
        if !earned {
            return;
        }
        let known = self.known_as(track);
        let Some(mut track) = self.drop_candidate(id) else { return };
        if let Some(known) = known {
            self.show(known, &track);
            self.carry_series(id, known);
            return;
        }
        self.make_room(changes);
        if let Some(parted) = self.parted_as(&track) {
            self.counters.parted += 1;
            track = parted;
        } else {
            self.counters.sighted += 1;
            track.id = self.next_id;
        }
        track.life = Life::Confirmed;
        self.carry_series(id, track.id);
        let id = track.id;
        let leaf = self.adopt(track);
        self.index.insert(leaf);
        self.touch(id);
    }

    fn note_clutter(&mut self, place: usize, echo: &Echo) {
        if let Some(radar) = self.radars.get_mut(place) {
            let scan = radar.scan(echo.valid);
            radar.clutter.note(Clutter::cell(echo.range_m, echo.azimuth_rad), scan);
        }
    }

    /// What no track took: an echo of nobody known.
    fn leftover(&mut self, place: usize) {
        let Some(radar) = self.radars.get(place) else { return };
        let Some((_, &echo)) = radar.pending.oldest() else { return };
        self.note_clutter(place, &echo);
        let Some(radar) = self.radars.get(place) else { return };
        let (sensor, plane) = (radar.sensor, radar.plane);
        self.begin_candidate(&echo, sensor, &plane);
    }

    /// Something that nobody knows, and nobody sees yet.
    pub(crate) fn begin_candidate(
        &mut self,
        echo: &Echo,
        sensor: SensorId,
        plane: &Plane,
    ) -> Option<TrackId> {
        if self.candidates.len() >= CANDIDATES_MOST {
            return None;
        }
        let id = self.next_candidate;
        let mut track = Track::sighted(id, echo, plane, self.now);
        if let Some(look) = track.looks.of(sensor, echo.valid) {
            look.hit(echo.valid);
        }
        track.hear(echo.source, echo.arrival);
        self.adopt_candidate(track);
        Some(id)
    }
}

impl Radar {
    /// Nats for an echo being a track's; `None` where it cannot be.
    pub(crate) fn gain(&self, track: &Track, echo: &Echo) -> Option<f64> {
        fit(self, track, echo).map(|fit| fit.gain + fit.bonus)
    }

    /// Whether an echo can be a track's.
    pub(crate) fn fits(&self, track: &Track, echo: &Echo) -> bool {
        fit(self, track, echo).is_some()
    }
}

/// How well a plot fits a track.
#[derive(Clone, Copy, Debug)]
struct Fit {
    /// Nats for the plot being the track's and the track not being missed.
    gain: f64,
    /// Nats for the plot being the track's rather than nobody's.
    evidence: f64,
    /// For being sure of the track.
    bonus: f64,
}

fn fit(radar: &Radar, track: &Track, echo: &Echo) -> Option<Fit> {
    // Echoes near one that is vague make a track of their own first: whose it is shows when all its neighbours have one.
    if track.station == Some(Station::Aircraft)
        || (track.life == Life::Lost && track.station.is_some())
        || track.is_vague()
    {
        return None;
    }
    let dt_s = echo.valid.since(track.time);
    let (e_m, n_m) = track.filter.place_after(dt_s);
    let (echo_e_m, echo_n_m) = track.plane.flatten(echo.at);
    let nu = [echo_e_m - e_m, echo_n_m - n_m];
    if nu[0].abs() > REACH_M || nu[1].abs() > REACH_M {
        return None;
    }
    // One look, one echo.
    let look = track.looks.get(radar.sensor);
    if look.is_some_and(|look| look.seen.is_some_and(|seen| echo.valid.since(seen) < 0.5 * radar.period_s()))
    {
        return None;
    }
    let agility = track.agility();
    let p = &track.filter.covariance;
    let r = track.blurred(echo, rotated(echo.r, radar.plane.turned_into(&track.plane)));
    let dt = dt_s.abs().min(120.0);
    let ahead = dt_s.clamp(-120.0, 120.0);
    let base = [
        p.m11 + 2.0 * ahead * p.m13 + dt * dt * p.m33 + r[0],
        p.m12 + ahead * (p.m14 + p.m23) + dt * dt * p.m34 + r[1],
        p.m22 + 2.0 * ahead * p.m24 + dt * dt * p.m44 + r[2],
    ];
    let grown = |q: f64| {
        let more = q * dt.powi(3) / 3.0;
        [base[0] + more, base[1], base[2] + more]
    };
    let (calm, agile) = (grown(agility.q[0]), grown(agility.q[1]));
    if squared(nu, agile) > GATE {
        return None;
    }
    let (calm, agile) = (log_gaussian(nu, calm), log_gaussian(nu, agile));
    let likelihood = (0.9 * calm.exp() + 0.1 * agile.exp()).max(1e-300).ln();
    let pd = track.looks.pd(radar.sensor);
    let cell = Clutter::cell(echo.range_m, echo.azimuth_rad);
    let density = radar.clutter.density(cell, radar.scan(echo.valid)) + BIRTHS;
    let gain = (pd / (1.0 - pd)).ln() + likelihood - density.ln();
    let bonus = if track.life == Life::Tentative { 0.0 } else { SURE };
    Some(Fit { gain, evidence: gain + (1.0 - pd).ln(), bonus })
}

/// What a ship's own fix says of the radar that sees it.
fn residual(radar: &Plane, track: &mut Track, echo: &Echo) -> Option<Residual> {
    let measured = echo.measured?;
    let plane = track.plane;
    let fix = track.fix.as_mut()?;
    let dt_s = echo.stamped.since(fix.valid);
    if dt_s.abs() > FIX_S || echo.range_m < TEACH_FROM_M {
        return None;
    }
    let since_s = fix.taught.map_or(WITNESS_S, |taught| echo.stamped.since(taught));
    if since_s < 2.0 {
        return None;
    }
    fix.taught = Some(echo.stamped);
    let [[ee, en], [ne, nn]] = plane.turned_into(radar);
    let [ve, vn] = fix.velocity;
    let (ve, vn) = (ee * ve + en * vn, ne * ve + nn * vn);
    let (e_m, n_m) = flat(radar, fix.at);
    let (e_m, n_m) = (e_m + ve * dt_s, n_m + vn * dt_s);
    let range_m = e_m.hypot(n_m);
    let turn = measured.1 - e_m.atan2(n_m);
    let azimuth_rad = (turn + std::f64::consts::PI).rem_euclid(std::f64::consts::TAU) - std::f64::consts::PI;
    let witness = 25.0 * (WITNESS_S / since_s.clamp(1.0, WITNESS_S)) + (0.2 * dt_s).powi(2);
    let (along, across) = echo.size_m.unwrap_or((50.0, 50.0));
    let azimuth_variance =
        echo.sigmas.1.powi(2) + ((3.0 + 0.09 * across.min(250.0)).powi(2) + witness) / range_m.powi(2);
    Some(Residual {
        range_m: measured.0 - range_m,
        azimuth_rad,
        range_variance: echo.sigmas.0.powi(2) + (3.0 + 0.09 * along.min(250.0)).powi(2) + witness,
        azimuth_variance,
        range_rate: (ve * e_m + vn * n_m) / range_m,
        azimuth_rate: (ve * n_m - vn * e_m) / range_m.powi(2),
    })
}

fn flat(plane: &Plane, at: Ecef) -> (f64, f64) {
    plane.flatten(at)
}
