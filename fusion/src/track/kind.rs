//! What kind of vessel a track is, how sure it is that it is one, and how long.

use super::Track;
use crate::motion::{self, Agility, Rest};
use crate::radar::Echo;
use crate::{Statics, Station};
use units::UtcTime;

/// A small craft of unknown size that is slower than this drifts; a ship slower than the other lies still.
const DRIFT_KN: f64 = 2.0;
const STILL_KN: f64 = 0.8;
/// Navigational status of a ship alongside (ITU-R M.1371-5, table 45).
const MOORED: u8 = 5;
const TINY_M: u16 = 5;
/// Radar tells lengths from here on, to a factor of about this much as a logarithm; at most so much comes of it.
const LENGTH_LEAST_M: f64 = 40.0;
const LENGTH_SIGMA: f64 = 0.25;
const LENGTH_MOST: f64 = 16.0;
const UNLIKE: f64 = 9.0;
const YOUNG_HITS: u32 = 16;
/// Mean squared innovation (two degrees of freedom) from which on a still ship is thought to move.
const RESTLESS: f64 = 5.0;
/// Passes of antennas in a row that see nothing of a ship make a ghost of it.
const GHOST_MISSED: u32 = 12;
/// What a radar saw longer ago checks nothing.
const FRESH_S: f64 = 10.0;
/// One standard deviation of where an antenna lies ahead of the hull's middle, metres.
const VAGUE_M: f64 = 20.0;

impl Track {
    pub(crate) fn agility(&self) -> Agility {
        let said = self.said_length_m();
        let seen = self.seen_size_m();
        // Who says that it hardly moves: until its next report, or until radar sees otherwise.
        let said_kn = self.reported.and_then(|reported| reported.sog).map(units::Knots::value);
        let tiny = self.station == Some(Station::ClassB) && self.is_tiny();
        let still_kn = if tiny { DRIFT_KN } else { STILL_KN };
        let firm = self.nav_status == Some(MOORED) || self.is_marker();
        let drifts = said_kn.is_some_and(|kn| kn < still_kn)
            && (firm || self.restless < RESTLESS || !self.looks.is_well_seen());
        motion::agility_of(
            self.station,
            self.identity.ship_type,
            said.or(seen),
            drifts.then_some(if tiny {
                Rest::Adrift
            } else if self.nav_status == Some(MOORED) {
                Rest::Alongside
            } else {
                Rest::Anchored
            }),
            self.filter.speed_mps(),
        )
    }

    /// Says no size, or that of a buoy.
    pub(super) fn is_tiny(&self) -> bool {
        self.hull.is_none_or(|hull| hull.length_m() < TINY_M)
    }

    /// A net marker: a buoy that drifts with the nets and sends as a small craft of no size, under a number that
    /// somebody made up, with the charge of its battery for a name.
    #[must_use]
    pub fn is_marker(&self) -> bool {
        let named = self.identity.name.is_some_and(|name| name.as_str().ends_with('%'));
        self.station == Some(Station::ClassB) && self.is_tiny() && named
    }

    /// How long radar sees it, once that is sure.
    pub(super) fn seen_size_m(&self) -> Option<f64> {
        (self.seen_lengths >= 20).then_some(self.seen_length_m)
    }

    /// How long it says, or radar sees, that it is, metres.
    pub(crate) fn length_m(&self) -> Option<f64> {
        self.hull
            .map(|hull| f64::from(hull.length_m()))
            .filter(|&length_m| length_m > 0.0)
            .or(self.seen_size_m())
    }

    /// How broad it is to who looks along an azimuth, metres; of one whose bow may point anywhere, on the average.
    pub(crate) fn breadth_seen_m(&self, azimuth_rad: f64) -> f64 {
        let length_m = self.length_m().unwrap_or(0.0);
        let width_m =
            self.hull.map_or(0.0, |hull| f64::from(hull.to_port_m) + f64::from(hull.to_starboard_m));
        if self.bow_known {
            let (sin, cos) = (self.bow() - azimuth_rad).sin_cos();
            length_m * sin.abs() + width_m * cos.abs()
        } else {
            std::f64::consts::FRAC_2_PI * (length_m + width_m)
        }
    }

    /// How long it says that it is, metres.
    pub(crate) fn said_length_m(&self) -> Option<f64> {
        self.hull.map(|hull| f64::from(hull.length_m())).filter(|&length_m| length_m > 0.0)
    }

    /// How far the length that radar sees of it is from one that is said, as a squared distance.
    pub(crate) fn unlike_in_length(&self, said_m: Option<f64>) -> f64 {
        let seen = self.seen_size_m().filter(|&seen_m| seen_m > LENGTH_LEAST_M);
        let both = seen.zip(said_m.filter(|&said_m| said_m > LENGTH_LEAST_M));
        both.map_or(0.0, |(seen, said)| ((seen / said).ln() / LENGTH_SIGMA).powi(2).min(LENGTH_MOST))
    }

    /// Statics that say another hull than hers may be another's of her number: only where radar sees that hull.
    pub(crate) fn is_like(&self, statics: &Statics) -> bool {
        let said_m = statics.hull.map(|hull| f64::from(hull.length_m()));
        let (own, said) = (self.unlike_in_length(self.said_length_m()), self.unlike_in_length(said_m));
        let same = self.hull.is_none() || statics.hull.is_none() || statics.hull == self.hull;
        said <= UNLIKE && (same || said + 1.0 < own)
    }

    /// Forgets a hull that radar does not see.
    pub(crate) fn doubt_hull(&mut self) {
        if self.unlike_in_length(self.said_length_m()) > UNLIKE {
            self.hull = None;
            self.relearn_lever();
            // And what followed from it.
            self.imm.widen(super::intake::ANEW);
            self.filter = self.imm.combined();
        }
    }

    /// Radar sees her longer than she is: her echoes hold somebody else as well.
    pub(crate) fn looks_longer(&self) -> bool {
        self.seen_size_m().zip(self.said_length_m()).is_some_and(|(seen, said)| seen > 1.15 * said + 30.0)
    }

    /// A ship that says she lies alongside or at anchor, and hardly moves.
    pub(crate) fn lies_still(&self) -> bool {
        let said_kn = self.reported.and_then(|reported| reported.sog).map(units::Knots::value);
        matches!(self.nav_status, Some(1 | MOORED)) && said_kn.is_some_and(|kn| kn < STILL_KN)
    }

    /// By how much an echo is longer than it, as far as that is known, metres: then it holds something else as well.
    pub(crate) fn excess_m(&self, echo: &Echo) -> f64 {
        let said = self.said_length_m();
        let seen = self.seen_size_m().map(|length_m| length_m * 1.2);
        let longest = said.zip(seen).map(|(said, seen)| said.max(seen)).or(said).or(seen);
        match (echo.size_m, longest) {
            (Some((along, across)), Some(length_m)) => (along.max(across) - 1.15 * length_m - 20.0).max(0.0),
            _ => 0.0,
        }
    }

    /// The middle of an echo that holds something else as well is less the ship's.
    pub(crate) fn blurred(&self, echo: &Echo, [ee, en, nn]: [f64; 3]) -> [f64; 3] {
        let more = (self.excess_m(echo) * 2.0).powi(2);
        [ee + more, en, nn + more]
    }

    /// It says that it is a ship, and radars that should see it look and see nothing.
    pub(crate) fn is_ghost(&self) -> bool {
        let missed: u32 = self.looks.all().map(|look| u32::from(look.missed)).sum();
        self.station == Some(Station::ClassA) && self.looks.hits() <= missed / 50 && missed >= GHOST_MISSED
    }

    /// Nobody speaks for it, or only a terminal of which it is not known whose it is.
    pub(crate) fn is_nameless(&self) -> bool {
        self.station.is_none() || (self.station == Some(Station::Terminal) && self.identity.mmsi.is_none())
    }

    /// Radar alone saw it, not often, and then no more: it was clutter.
    pub(crate) fn was_none(&self) -> bool {
        self.station.is_none() && self.looks.hits() < YOUNG_HITS && self.score < 0.0
    }

    /// A ship that speaks, and where her antenna lies on board is not known: any echo nearby could be hers.
    pub(crate) fn is_vague(&self) -> bool {
        self.station.is_some()
            && !self.lever.known
            && !self.looks.is_well_seen()
            && self.imm.antenna().1[0] > VAGUE_M.powi(2)
    }

    /// What would be believed of it if it were as long as an echo is.
    pub(crate) fn as_long_as(&self, echo: &Self) -> Self {
        let mut same = self.clone();
        if echo.seen_lengths >= 3 {
            let lever = motion::lever(self.station, self.hull, Some(echo.seen_length_m), self.bow_known);
            let agility = self.agility();
            same.imm.learn_lever(&lever, &agility);
            same.filter = same.imm.combined();
        }
        same
    }

    /// A radar saw it so lately that what it reports can be checked.
    pub(crate) fn is_seen(&self, at: UtcTime) -> bool {
        self.was_seen(at, FRESH_S)
    }

    /// A radar that sees it well did so less than this ago.
    pub(crate) fn was_seen(&self, at: UtcTime, ago_s: f64) -> bool {
        self.looks.is_well_seen() && self.looks.last_seen().is_some_and(|seen| at.since(seen) < ago_s)
    }
}
