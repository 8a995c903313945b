//! Collision risk (101): two hulls that will come too close, soon.
//!
//! A pair is found when the faster of the two changes: to meet within the time limit the other must be within
//! twice that vessel's own way, so slow vessels look a short way and nobody looks at everybody. Pairs under watch
//! are looked at again every second. Limits are flat for now: ship domains, lanes and time to act come here.

mod approach;
mod said;

use crate::alert::{Delays, Evidence, Judgement, Key, Kind, Signal, Subjects};
use crate::{Judge, Moment, Scene, is_live};
use approach::{Approach, Relative, half_extent_m, within};
use fusion::{Fusion, Kinematics, Plane, Station, Track, TrackId};
use said::Said;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{KNOT_MPS, Knots, UtcTime};

/// When two vessels are too close.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Hulls should stay this far apart, metres.
    pub gap_m: f64,
    /// Encounters further ahead than this are not looked at, seconds.
    pub tcpa_s: f64,
    /// How long a risk lasts before it is raised, seconds.
    pub on_delay_s: f64,
    /// How long it is over before it is cleared, seconds.
    pub off_delay_s: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { gap_m: 50.0, tcpa_s: 300.0, on_delay_s: 10.0, off_delay_s: 20.0 }
    }
}

const RAISE_PROBABILITY: f64 = 0.5;
const CLEAR_PROBABILITY: f64 = 0.3;
/// An encounter is over this long after its closest point.
const PAST_S: f64 = -30.0;
/// One that moves away into the future is over at this multiple of the time limit.
const FAR_FACTOR: f64 = 1.5;
/// Two vessels that are both slower lie still, or nearly.
const SLOW_MPS: f64 = 2.0 * KNOT_MPS;
/// One that gains on another more slowly than this is following it.
const FOLLOWING_MPS: f64 = 2.0 * KNOT_MPS;
/// Cosine of the most by which the course of a follower differs: 45°.
const FOLLOWING_COS: f64 = std::f64::consts::FRAC_1_SQRT_2;
/// Vessels that stay this close, this slow to each other, for this long, belong together: tug and tow, pilot
/// and ship. They do until they part faster than `PARTING_MPS`.
const COMPANY_M: f64 = 100.0;
const COMPANY_MPS: f64 = KNOT_MPS;
const COMPANY_S: f64 = 120.0;
const PARTING_MPS: f64 = 2.0 * KNOT_MPS;
/// More pairs in company than any picture has; past this, new ones are not noted.
const MAX_COMPANY: usize = 65_536;
/// At every report a vessel looks this far ahead; as far as the time limit only so often, seconds: most of the
/// work is in looking far, and what is far can wait.
const CLOSE_S: f64 = 60.0;
const FAR_EVERY_S: f64 = 10.0;
/// No hull reaches further from its centre, metres.
const REACH_M: f64 = 250.0;

/// The judge of encounters.
#[derive(Debug)]
pub(crate) struct Encounters {
    config: Config,
    state: State,
    candidates: Vec<TrackId>,
    pairs: Vec<(TrackId, TrackId)>,
}

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// Pairs that keep company, the lower number first.
    company: BTreeMap<(TrackId, TrackId), Company>,
    /// When each vessel last looked as far ahead as the time limit.
    looked: BTreeMap<TrackId, UtcTime>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Company {
    since: UtcTime,
    is_settled: bool,
}

impl Encounters {
    pub fn new(config: Config, state: State) -> Self {
        Self { config, state, candidates: Vec::new(), pairs: Vec::new() }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }

    /// Says what a pair is.
    fn judge(&self, pair: &Pair<'_>, scene: &mut Scene<'_>) {
        let Pair { own, other, one, two, approach } = pair;
        let reach_m = reach_m(own, approach.across) + reach_m(other, approach.across);
        let sigma_m = approach.sigma_m(&sum(&one.covariance, &two.covariance));
        let probability = within(approach.miss_m, sigma_m, self.config.gap_m + reach_m);
        let keeps_company = self.state.company.get(&order(own.id, other.id)).is_some_and(|c| c.is_settled);
        let signal = if keeps_company || !pair.may_collide() || pair.is_following() {
            Signal::Off
        } else {
            self.limits(approach, probability)
        };
        let judgement = Judgement {
            key: key(own.id, other.id),
            zone_name: None,
            evidence: Evidence::Encounter {
                cpa_m: (approach.miss_m.abs() - reach_m).max(0.0),
                tcpa_s: approach.tcpa_s,
                probability,
            },
            delays: Delays { on_s: self.config.on_delay_s, off_s: self.config.off_delay_s },
        };
        scene.signal(signal, &judgement);
    }

    /// How far ahead a vessel looks for others this time, seconds.
    fn horizon_s(&mut self, id: TrackId, now: UtcTime) -> f64 {
        let looked = self.state.looked.get(&id);
        if looked.is_some_and(|looked| now.since(*looked) < FAR_EVERY_S) {
            return self.config.tcpa_s.min(CLOSE_S);
        }
        self.state.looked.insert(id, now);
        self.config.tcpa_s
    }

    fn limits(&self, approach: &Approach, probability: f64) -> Signal {
        let tcpa_s = approach.tcpa_s;
        if probability > RAISE_PROBABILITY && (0.0..self.config.tcpa_s).contains(&tcpa_s) {
            Signal::On
        } else if probability < CLEAR_PROBABILITY
            || tcpa_s < PAST_S
            || tcpa_s > self.config.tcpa_s * FAR_FACTOR
        {
            Signal::Off
        } else {
            Signal::Hold
        }
    }

    /// Whether a pair is worth a closer look; takes down who keeps company.
    fn glance(&mut self, pair: &Pair<'_>, now: UtcTime) -> bool {
        let approach = &pair.approach;
        if is_close(approach) && self.state.company.len() < MAX_COMPANY {
            let company = self.state.company.entry(order(pair.own.id, pair.other.id));
            company.or_insert(Company { since: now, is_settled: false });
        }
        // More likely than not means that the miss itself is within the limit.
        let limit_m = self.config.gap_m + 2.0 * REACH_M;
        approach.miss_m.abs() < limit_m && (0.0..self.config.tcpa_s).contains(&approach.tcpa_s)
    }

    /// Who still keeps company, who does so for good, and who has parted.
    fn sweep_company(&mut self, Moment { picture, now }: Moment<'_>) {
        self.state.company.retain(|&ids, company| {
            let Some((own, other)) = both(ids, picture) else { return false };
            let approach = Pair::new(own, other, now).approach;
            company.is_settled |= now.since(company.since) > COMPANY_S;
            if company.is_settled { approach.speed_mps <= PARTING_MPS } else { is_close(&approach) }
        });
    }
}

impl Judge for Encounters {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        let Moment { picture, now } = scene.moment;
        let speed_mps = track.sog().map_or(0.0, Knots::mps);
        if !is_candidate(track) || speed_mps < SLOW_MPS {
            return;
        }
        let radius_m = 2.0 * speed_mps * self.horizon_s(track.id, now) + self.config.gap_m + 2.0 * REACH_M;
        let mut candidates = std::mem::take(&mut self.candidates);
        picture.near(track.position(), radius_m, &mut candidates);
        let plane = Plane::at(track.position());
        let own = track.kinematics_at(&plane, now);
        let said = Said::of(track, now);
        for id in candidates.iter().filter(|id| **id != track.id) {
            let Some(other) = picture.track(*id).filter(|other| is_candidate(other)) else { continue };
            if !said.may_meet(&Said::of(other, now), self.config.gap_m + 2.0 * REACH_M, self.config.tcpa_s) {
                continue;
            }
            let pair = Pair::seen(track, other, own, other.kinematics_at(&plane, now));
            if self.glance(&pair, now) {
                self.judge(&pair, scene);
            }
        }
        self.candidates = candidates;
    }

    fn gone(&mut self, id: TrackId, _scene: &mut Scene<'_>) {
        // Company is looked through every second.
        self.state.looked.remove(&id);
    }

    fn sweep(&mut self, scene: &mut Scene<'_>) {
        let Moment { picture, now } = scene.moment;
        self.sweep_company(scene.moment);
        let mut pairs = std::mem::take(&mut self.pairs);
        pairs.clear();
        pairs.extend(scene.ledger.cases(Kind::CollisionRisk).filter_map(|key| key.tracks.both()));
        for (own, other) in pairs.iter().filter_map(|ids| both(*ids, picture)) {
            self.judge(&Pair::new(own, other, now), scene);
        }
        self.pairs = pairs;
    }
}

/// Two tracks, where they are now, and how they pass.
struct Pair<'a> {
    own: &'a Track,
    other: &'a Track,
    one: Kinematics,
    two: Kinematics,
    approach: Approach,
}

impl<'a> Pair<'a> {
    fn new(own: &'a Track, other: &'a Track, now: UtcTime) -> Self {
        let plane = Plane::at(own.position());
        Self::seen(own, other, own.kinematics_at(&plane, now), other.kinematics_at(&plane, now))
    }

    fn seen(own: &'a Track, other: &'a Track, one: Kinematics, two: Kinematics) -> Self {
        let relative = Relative {
            place_m: [two.e_m - one.e_m, two.n_m - one.n_m],
            velocity_mps: [two.ve_mps - one.ve_mps, two.vn_mps - one.vn_mps],
        };
        Self { own, other, one, two, approach: relative.approach() }
    }

    fn may_collide(&self) -> bool {
        let is_slow = |track: &Kinematics| track.ve_mps.hypot(track.vn_mps) < SLOW_MPS;
        // Two tracks with one MMSI are one vessel in doubt, not two that meet.
        let mmsi = self.own.identity.mmsi;
        let is_twin = mmsi.is_some() && mmsi == self.other.identity.mmsi;
        let is_known = is_candidate(self.own) && is_candidate(self.other);
        is_known && !is_twin && !(is_slow(&self.one) && is_slow(&self.two))
    }

    /// Much the same course, and the distance shrinks slowly.
    fn is_following(&self) -> bool {
        let ([ax, ay], [bx, by]) = ([self.one.ve_mps, self.one.vn_mps], [self.two.ve_mps, self.two.vn_mps]);
        let along = ax * bx + ay * by;
        self.approach.closing_mps < FOLLOWING_MPS && along > ax.hypot(ay) * bx.hypot(by) * FOLLOWING_COS
    }
}

fn is_close(approach: &Approach) -> bool {
    approach.range_m < COMPANY_M && approach.speed_mps < COMPANY_MPS
}

fn key(one: TrackId, other: TrackId) -> Key {
    Key { kind: Kind::CollisionRisk, tracks: Subjects::pair(one, other), zone: None, cell: None }
}

fn order(one: TrackId, other: TrackId) -> (TrackId, TrackId) {
    (one.min(other), one.max(other))
}

fn both((one, other): (TrackId, TrackId), picture: &Fusion) -> Option<(&Track, &Track)> {
    picture.track(one).zip(picture.track(other))
}

/// Whether a track is a vessel whose motion is known.
fn is_candidate(track: &Track) -> bool {
    is_live(track) && track.station != Station::Aircraft && track.speed_known()
}

fn sum(one: &[[f64; 4]; 4], other: &[[f64; 4]; 4]) -> [[f64; 4]; 4] {
    let mut sum = *one;
    for (row, other) in sum.iter_mut().zip(other) {
        for (value, other) in row.iter_mut().zip(other) {
            *value += other;
        }
    }
    sum
}

/// How far a hull reaches from its centre along a direction; a usual hull of its class where it is not known.
fn reach_m(track: &Track, along: [f64; 2]) -> f64 {
    let known = track.hull.map(|hull| (f64::from(hull.length_m()), f64::from(hull.beam_m())));
    let (usual_length_m, usual_beam_m) =
        if track.station == Station::ClassA { (100.0, 16.0) } else { (15.0, 5.0) };
    let (length_m, beam_m) =
        known.filter(|(length_m, _)| *length_m > 0.0).unwrap_or((usual_length_m, usual_beam_m));
    // Ships are about six times as long as they are wide.
    let beam_m = if beam_m > 0.0 { beam_m } else { length_m / 6.0 };
    let reach_m = match track.heading.or(track.cog()) {
        Some(heading) => half_extent_m(length_m, beam_m, heading.radians(), along),
        None => length_m / 2.0,
    };
    reach_m.min(REACH_M)
}
