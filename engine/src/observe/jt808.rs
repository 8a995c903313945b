//! JT/T 808 locations to observations.
//!
//! Error: a satellite receiver's, as the terminal does not say. The time is by the terminal's clock, with a date.

use super::terminal::{Claim, Fix};
use decoders::jt808::Location;

const SIGMA_M: f64 = 10.0;

/// What a location says. One that is no present fix is a sign of life without a place.
#[must_use]
pub fn fix(location: &Location<'_>, kept: bool) -> Fix {
    let fixed = location.fixed();
    Fix {
        position: location.position().filter(|_| fixed),
        sigma_m: SIGMA_M,
        sog: location.sog().filter(|_| fixed),
        cog: location.cog().filter(|_| fixed),
        claim: Claim::Stamp(location.time),
        kept,
        // One from the past is no call now.
        distress: location.emergency() && !kept,
    }
}
