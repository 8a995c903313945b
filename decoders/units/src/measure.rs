use serde::{Deserialize, Serialize};
use std::fmt;

/// One knot in metres per second.
pub const KNOT_MPS: f64 = 1852.0 / 3600.0;

/// A speed in knots: finite, never negative.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Knots(f64);

impl Knots {
    /// `None` where it is negative or not finite.
    #[must_use]
    pub fn new(knots: f64) -> Option<Self> {
        (knots.is_finite() && knots >= 0.0).then_some(Self(knots))
    }

    /// From metres per second; `None` as in [`Knots::new`].
    #[must_use]
    pub fn from_mps(speed_mps: f64) -> Option<Self> {
        Self::new(speed_mps / KNOT_MPS)
    }

    /// The number of knots.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }

    /// In metres per second.
    #[must_use]
    pub fn mps(self) -> f64 {
        self.0 * KNOT_MPS
    }
}

impl fmt::Display for Knots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} kn", self.0)
    }
}

/// A direction, degrees clockwise from true north, in `[0, 360)`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Degrees(f64);

impl Degrees {
    /// Any finite angle, turned into `[0, 360)`; `None` where it is not finite.
    #[must_use]
    pub fn new(degrees: f64) -> Option<Self> {
        if !degrees.is_finite() {
            return None;
        }
        let turned = degrees.rem_euclid(360.0);
        // A tiny negative angle rounds up to the full circle.
        Some(Self(if turned >= 360.0 { 0.0 } else { turned }))
    }

    /// The number of degrees.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.0
    }

    /// In radians.
    #[must_use]
    pub fn radians(self) -> f64 {
        self.0.to_radians()
    }
}

impl fmt::Display for Degrees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05.1}°", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_wrap_and_speeds_do_not() {
        let turned = |d| Degrees::new(d).map(Degrees::value);
        assert_eq!(turned(-90.0), Some(270.0));
        assert_eq!(turned(720.0), Some(0.0));
        assert_eq!(turned(-1e-300), Some(0.0));
        assert_eq!(turned(f64::NAN), None);
        assert_eq!(Knots::new(-0.1), None);
        assert_eq!(Knots::new(f64::INFINITY), None);
        assert!(Knots::new(3600.0).is_some_and(|speed| (speed.mps() - 1852.0).abs() < 1e-9));
    }
}
