//! Base stations along a coast: most messages are heard by several, and each passes on what it heard when its line
//! lets it.

use crate::plane::distance_m;
use crate::random::Random;
use crate::scene::Sent;
use units::{Position, UtcTime};

/// As far as a base station hears, metres.
const REACH_M: f64 = 70_000.0;
/// The share of messages that a station in reach does not hear.
const LOSS: f64 = 0.2;
/// Shortest and longest delay on the way to whoever listens, seconds; most are short.
const DELAY_S: (f64, f64) = (0.03, 2.0);
/// One message in a hundred comes later than that by all ways, seconds.
const LATE: f64 = 0.01;
const LATE_S: (f64, f64) = (3.0, 15.0);

/// All stations of a coast.
///
/// The same seed and calls give the same copies.
pub struct Shore {
    stations: Vec<Position>,
    random: Random,
}

impl Shore {
    /// Stations at these places.
    #[must_use]
    pub fn new(seed: u64, stations: Vec<Position>) -> Self {
        Self { stations, random: Random::stream(seed, 0x5368_6f72_6500) }
    }

    /// What becomes of a message from a place: hands out which stations heard it, and when that is known.
    pub fn hear(&mut self, sent: &Sent<'_>, from: Position, heard: &mut impl FnMut(usize, UtcTime)) {
        let random = &mut self.random;
        let late_s = if random.chance(LATE) { random.between(LATE_S.0, LATE_S.1) } else { 0.0 };
        for (number, &station) in self.stations.iter().enumerate() {
            // Drawn for every station, so that one's luck does not hang on another's reach.
            let (lost, slow) = (random.chance(LOSS), random.unit());
            if !lost && distance_m(station, from) < REACH_M {
                let delay_s = DELAY_S.0 + (DELAY_S.1 - DELAY_S.0) * slow.powi(3);
                heard(number, sent.on_air.plus_s(late_s + delay_s));
            }
        }
    }
}
