//! What is counted from instant to instant.

use super::answer::{Answer, Ship, State, Truth};
use super::pairing::{Pair, Place, Places, pairs};
use std::collections::{BTreeMap, BTreeSet};

/// How tracks are judged.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// A track within this of a vessel may be its track, metres.
    pub cut_m: f64,
    /// Not judged before, seconds.
    pub warm_s: f64,
    /// Nor after.
    pub until_s: f64,
    /// How old a line may be at the instant for which it counts, seconds.
    pub hold_s: f64,
    /// A vessel keeps its track within this, metres.
    pub keep_m: f64,
}

impl Default for Rules {
    fn default() -> Self {
        Self { cut_m: 200.0, warm_s: 60.0, until_s: 1e9, hold_s: 0.6, keep_m: 150.0 }
    }
}

/// A charted echo explains a track within this, metres.
const FIXED_M: f64 = 120.0;
/// About the border of the scored area, metres.
const BORDER_M: f64 = 200.0;
/// A partner that goes on is preferred by this, square metres.
const LOYALTY_M2: f64 = 60.0 * 60.0;
/// A chi-square of two degrees of freedom is below this in 95 of 100.
const CHI95: f64 = 5.991;
/// Slower ones have no course to speak of, knots.
const UNDER_WAY_KN: f64 = 2.0;

/// One vessel's life so far.
#[derive(Default)]
pub struct Life {
    pub appeared_s: f64,
    pub first_s: Option<f64>,
    /// Instants after warming up.
    pub present: u64,
    /// Those at which each track was its.
    pub held: BTreeMap<String, u64>,
    last: Option<String>,
    matched_s: Option<f64>,
}

/// Everything counted.
#[derive(Default)]
pub struct Tally {
    pub gospa: Vec<f64>,
    pub squared_m2: Vec<f64>,
    pub missed: Vec<f64>,
    pub false_tracks: Vec<f64>,
    pub vessels: u64,
    pub trajectory: f64,
    pub switches: u64,
    pub fragments: u64,
    pub lives: BTreeMap<i64, Life>,
    /// Of each track: instants at which it counted, and at which it was somebody's.
    pub tracks: BTreeMap<String, [u64; 2]>,
    pub position_m2: Vec<f64>,
    pub speed_kn2: Vec<f64>,
    pub course_deg: Vec<f64>,
    pub nees: Vec<f64>,
    pub inside: u64,
    /// Matched vessels with a sound identity: all, rightly and wrongly named.
    pub named: [u64; 3],
    /// Matched vessels without one: all, and named all the same.
    pub dark: [u64; 2],
    /// Tracks that counted, those near a vessel, those not, and vessels near a track.
    pub near: [u64; 4],
    /// Matched tracks: all, and doubted.
    pub doubted: [u64; 2],
}

impl Tally {
    /// Goes through a scene.
    pub fn of(truth: &Truth, answers: &BTreeMap<i64, Vec<Answer>>, rules: &Rules) -> Self {
        let mut tally = Self::default();
        let fixed = Places::of(&truth.fixed);
        for (t, states) in truth.instants.iter().take_while(|(t, _)| *t <= rules.until_s) {
            let inside = |place: Place, more_m: f64| {
                let [low, high] = truth.area;
                (0..2).all(|axis| match (place.get(axis), low.get(axis), high.get(axis)) {
                    (Some(at), Some(low), Some(high)) => *at > low - more_m && *at < high + more_m,
                    _ => false,
                })
            };
            let answers: Vec<&Answer> =
                Truth::at(answers, *t).iter().filter(|answer| inside(answer.place, BORDER_M)).collect();
            let excused = |answer: &Answer| {
                answer.doubt
                    || !inside(answer.place, -BORDER_M)
                    || fixed.nearest(answer.place).is_some_and(|(_, m)| m <= FIXED_M)
            };
            tally.instant(*t, states, &answers, excused, truth, rules);
        }
        tally
    }

    fn instant(
        &mut self,
        t: f64,
        states: &[State],
        answers: &[&Answer],
        excused: impl Fn(&Answer) -> bool,
        truth: &Truth,
        rules: &Rules,
    ) {
        let vessels: Vec<Place> = states.iter().map(|state| state.place).collect();
        let places: Vec<Place> = answers.iter().map(|answer| answer.place).collect();
        for state in states {
            self.lives.entry(state.ship).or_insert_with(|| Life { appeared_s: t, ..Life::default() });
        }
        if t < rules.warm_s {
            for pair in pairs(&vessels, &places, rules.keep_m, |_, _| 0.0) {
                let (Some(state), Some(answer)) = (states.get(pair.vessel), answers.get(pair.track)) else {
                    continue;
                };
                if let Some(life) = self.lives.get_mut(&state.ship) {
                    life.first_s.get_or_insert(t);
                    life.last = Some(answer.id.clone());
                }
            }
            return;
        }
        let counted = self.count(&vessels, &places, answers, excused, rules);
        let last: Vec<Option<String>> = states
            .iter()
            .map(|state| self.lives.get(&state.ship).and_then(|life| life.last.clone()))
            .collect();
        let loyal = |vessel: usize, track: usize| {
            let same =
                last.get(vessel).and_then(Option::as_ref) == answers.get(track).map(|answer| &answer.id);
            if same { -LOYALTY_M2 } else { 0.0 }
        };
        let kept = pairs(&vessels, &places, rules.keep_m, loyal);
        for pair in &kept {
            if let (Some(state), Some(answer)) = (states.get(pair.vessel), answers.get(pair.track)) {
                self.follow(t, truth.step_s, pair, state, answer, rules);
                if let Some(ship) = truth.ships.get(&state.ship) {
                    self.name(ship, answer);
                }
            }
        }
        for state in states {
            if let Some(life) = self.lives.get_mut(&state.ship) {
                life.present += 1;
            }
        }
        for &track in &counted {
            if let Some(answer) = answers.get(track) {
                self.tracks.entry(answer.id.clone()).or_default()[0] += 1;
            }
        }
        let apart = vessels.len() as f64 + counted.len() as f64 - 2.0 * kept.len() as f64;
        self.trajectory += rules.cut_m.powi(2) / 2.0 * apart;
        self.crowd(&vessels, counted.iter().filter_map(|&track| places.get(track).copied()), rules);
    }

    /// GOSPA of one instant; the tracks that count.
    fn count(
        &mut self,
        vessels: &[Place],
        places: &[Place],
        answers: &[&Answer],
        excused: impl Fn(&Answer) -> bool,
        rules: &Rules,
    ) -> Vec<usize> {
        let found = pairs(vessels, places, rules.cut_m, |_, _| 0.0);
        let matched: BTreeSet<usize> = found.iter().map(|pair| pair.track).collect();
        self.doubted[0] += matched.len() as u64;
        let doubted = |track: &&usize| answers.get(**track).is_some_and(|answer| answer.doubt);
        self.doubted[1] += matched.iter().filter(doubted).count() as u64;
        let counts = |(track, answer): (usize, &&Answer)| {
            (matched.contains(&track) || !excused(answer)).then_some(track)
        };
        let counted: Vec<usize> = answers.iter().enumerate().filter_map(counts).collect();
        let false_tracks = (counted.len() - found.len()) as f64;
        let missed = (vessels.len() - found.len()) as f64;
        let squared_m2: f64 = found.iter().map(|pair| pair.squared_m2).sum();
        self.gospa.push((squared_m2 + rules.cut_m.powi(2) / 2.0 * (missed + false_tracks)).sqrt());
        self.squared_m2.push(squared_m2);
        self.missed.push(missed);
        self.false_tracks.push(false_tracks);
        self.vessels += vessels.len() as u64;
        counted
    }

    /// A vessel that has a track: is it still the same, and how good is it?
    fn follow(&mut self, t: f64, step_s: f64, pair: &Pair, state: &State, answer: &Answer, rules: &Rules) {
        let Some(life) = self.lives.get_mut(&state.ship) else { return };
        life.first_s.get_or_insert(t);
        if life.last.as_ref().is_some_and(|last| *last != answer.id) {
            self.switches += 1;
            self.trajectory += (rules.cut_m / 2.0).powi(2);
        }
        if let Some(before) = life.matched_s
            && before != t - step_s
        {
            self.fragments += 1;
        }
        life.last = Some(answer.id.clone());
        life.matched_s = Some(t);
        *life.held.entry(answer.id.clone()).or_default() += 1;
        self.tracks.entry(answer.id.clone()).or_default()[1] += 1;
        self.trajectory += pair.squared_m2;
        self.position_m2.push(pair.squared_m2);
        if let Some(sog_kn) = answer.sog_kn {
            if state.sog_kn > UNDER_WAY_KN
                && let Some(cog_deg) = answer.cog_deg
            {
                let off_deg = (cog_deg - state.cog_deg + 180.0).rem_euclid(360.0) - 180.0;
                self.course_deg.push(off_deg.abs());
            }
            self.speed_kn2.push((sog_kn - state.sog_kn).powi(2));
        }
        if let Some([ee, en, nn]) = answer.covariance {
            let [e, n] = [answer.place[0] - state.place[0], answer.place[1] - state.place[1]];
            let determinant = ee * nn - en * en;
            let squared = if determinant == 0.0 {
                1e3
            } else {
                (e * e * nn - 2.0 * e * n * en + n * n * ee) / determinant
            };
            self.nees.push(squared);
            self.inside += u64::from(squared < CHI95);
        }
    }

    /// Is it called what it is called?
    fn name(&mut self, ship: &Ship, answer: &Answer) {
        let borrowed = matches!(ship.fault.as_deref(), Some("wrong_mmsi" | "dup_mmsi"));
        if ship.mmsi.is_some() && !borrowed {
            self.named[0] += 1;
            self.named[1] += u64::from(answer.mmsi == ship.mmsi);
            self.named[2] += u64::from(answer.mmsi.is_some() && answer.mmsi != ship.mmsi);
        } else if ship.mmsi.is_none() {
            self.dark[0] += 1;
            self.dark[1] += u64::from(answer.mmsi.is_some());
        }
    }

    /// Every track goes to the vessel nearest to it.
    fn crowd(&mut self, vessels: &[Place], tracks: impl Iterator<Item = Place>, rules: &Rules) {
        let near = Places::of(vessels);
        let mut had = BTreeSet::new();
        for place in tracks {
            self.near[0] += 1;
            match near.nearest(place).filter(|(_, m)| *m < rules.keep_m) {
                Some((vessel, _)) => {
                    self.near[1] += 1;
                    had.insert(vessel);
                }
                None => self.near[2] += 1,
            }
        }
        self.near[3] += had.len() as u64;
    }
}
