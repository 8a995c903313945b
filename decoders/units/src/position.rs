use serde::{Deserialize, Serialize};
use std::fmt;

/// A place on the WGS 84 ellipsoid, in degrees: latitude in [-90, 90], longitude in [-180, 180].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    lat_deg: f64,
    lon_deg: f64,
}

impl Position {
    /// `None` where either is out of range or not finite.
    #[must_use]
    pub fn new(lat_deg: f64, lon_deg: f64) -> Option<Self> {
        ((-90.0..=90.0).contains(&lat_deg) && (-180.0..=180.0).contains(&lon_deg))
            .then_some(Self { lat_deg, lon_deg })
    }

    /// Degrees, north positive.
    #[must_use]
    pub const fn lat(self) -> f64 {
        self.lat_deg
    }

    /// Degrees, east positive.
    #[must_use]
    pub const fn lon(self) -> f64 {
        self.lon_deg
    }
}

impl fmt::Display for Position {
    /// Degrees and decimal minutes, as on a chart: `29°56.100'N 121°53.100'E`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |degrees: f64| {
            // Thousandths of a minute first, so that 59.9996' never shows as 60.000'.
            let thousandths = (degrees.abs() * 60_000.0).round() as u32;
            (thousandths / 60_000, f64::from(thousandths % 60_000) / 1000.0)
        };
        let (lat, lat_min) = part(self.lat_deg);
        let (lon, lon_min) = part(self.lon_deg);
        let ns = if self.lat_deg < 0.0 { 'S' } else { 'N' };
        let ew = if self.lon_deg < 0.0 { 'W' } else { 'E' };
        write!(f, "{lat:02}°{lat_min:06.3}'{ns} {lon:03}°{lon_min:06.3}'{ew}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_is_checked_and_text_is_as_on_a_chart() {
        let text = |lat, lon| Position::new(lat, lon).map(|p| p.to_string());
        assert_eq!(text(29.935, 121.885).as_deref(), Some("29°56.100'N 121°53.100'E"));
        assert_eq!(text(-0.999_999_9, -180.0).as_deref(), Some("01°00.000'S 180°00.000'W"));
        assert_eq!(text(90.01, 0.0), None);
        assert_eq!(text(0.0, f64::NAN), None);
    }
}
