//! What is known of each radar: where it stands, what it sees, how wrong it is, and the plots that wait.

use crate::clutter::Clutter;
use crate::entries::{AT_NEED, AT_ONCE};
use crate::pending::Pending;
use crate::plane::{Ecef, Plane, ecef};
use crate::registration::Registration;
use crate::{Observation, Plot, SensorId, SourceId, Track};
use serde::{Deserialize, Serialize};
use units::{Position, UtcTime};

/// A radar's site, as configured: what it can see, so that silence means something.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RadarSite {
    /// Which radar.
    pub sensor: SensorId,
    /// Where its antenna stands.
    pub position: Position,
    /// Seconds of one turn of the antenna.
    pub period_s: f64,
    /// How far it sees, metres on the ground.
    pub range_m: f64,
    /// Width of its beam, radians.
    pub beam_rad: f64,
    /// How far apart two echoes of one azimuth must be to be two, metres.
    pub resolution_m: f64,
    /// Where something stands in its way.
    pub shadows: [Option<Shadow>; 8],
}

/// A sector in which a radar sees nothing beyond a range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shadow {
    /// Where it begins, radians clockwise from north.
    pub from_rad: f64,
    /// Where it ends, clockwise from there.
    pub to_rad: f64,
    /// Metres on the ground from which on nothing is seen.
    pub beyond_m: f64,
}

/// A radar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Radar {
    pub(crate) sensor: SensorId,
    pub(crate) site: Option<RadarSite>,
    pub(crate) registration: Registration,
    pub(crate) clutter: Clutter,
    /// What waits for its neighbours, in order of arrival.
    pub(crate) pending: Pending,
    /// It tells all that it sees, and not only what its own tracker follows: then it says something that it does not
    /// tell of a vessel.
    pub(crate) tells_all: bool,
    pub(crate) plane: Plane,
}

/// Most plots that wait at one radar; the oldest is settled at once where there are more.
pub(crate) const PENDING_MOST: usize = 1024;
/// An echo is so much larger than a point that its middle wanders by this share of it.
const GLINT: f64 = 0.085;
const EXTENT_MOST_M: f64 = 450.0;
/// What a pulse adds to the length of an echo, metres.
const PULSE_M: f64 = 15.0;
const USUAL_BEAM_RAD: f64 = 0.008;
const USUAL_PERIOD_S: f64 = 3.0;
/// Straight in its plane, a track is slightly faster over the ground.
const HASTE: f64 = 1.1;

/// A plot as the radar would measure it without its errors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Echo {
    /// When the antenna passed, as the radar says and corrected.
    pub stamped: UtcTime,
    pub valid: UtcTime,
    pub arrival: UtcTime,
    pub source: SourceId,
    /// On the ellipsoid.
    pub at: Ecef,
    /// East and north in the plane at the radar, metres.
    pub flat: [f64; 2],
    /// In the same plane: ee, en, nn.
    pub r: [f64; 3],
    pub range_m: f64,
    pub azimuth_rad: f64,
    /// As measured, before registration; one standard deviation of each.
    pub measured: Option<(f64, f64)>,
    pub sigmas: (f64, f64),
    /// Length and width across the line of sight, without what pulse and beam add, metres.
    pub size_m: Option<(f64, f64)>,
    pub amplitude_db: Option<f64>,
}

impl Radar {
    pub(crate) fn new(sensor: SensorId, position: Position) -> Self {
        Self {
            sensor,
            site: None,
            registration: Registration::new(),
            clutter: Clutter::default(),
            pending: Pending::default(),
            tells_all: false,
            plane: Plane::at(position),
        }
    }

    /// Which radar.
    #[must_use]
    pub const fn sensor(&self) -> SensorId {
        self.sensor
    }

    /// How wrong it is.
    #[must_use]
    pub const fn registration(&self) -> &Registration {
        &self.registration
    }

    pub(crate) fn period_s(&self) -> f64 {
        self.site.map_or(USUAL_PERIOD_S, |site| site.period_s.clamp(0.2, 60.0))
    }

    pub(crate) fn scan(&self, at: UtcTime) -> u32 {
        (at.unix_s() as f64 / self.period_s()) as u32
    }

    /// Whether the site says that it can see a place; `None` where nothing is known of what it sees, or it does not tell.
    pub(crate) fn sees(&self, at: Ecef) -> Option<bool> {
        let site = self.site.filter(|_| self.tells_all)?;
        let (e, n) = self.plane.flatten(at);
        let range_m = e.hypot(n);
        let azimuth = e.atan2(n);
        let shadowed = site.shadows.iter().flatten().any(|shadow| {
            let tau = std::f64::consts::TAU;
            range_m > shadow.beyond_m
                && (azimuth - shadow.from_rad).rem_euclid(tau)
                    <= (shadow.to_rad - shadow.from_rad).rem_euclid(tau)
        });
        Some(range_m <= site.range_m && !shadowed)
    }

    /// Before when a track that goes on as it goes is in no place that the radar could see.
    pub(crate) fn soonest_in_range(&self, track: &Track, now: UtcTime) -> UtcTime {
        let Some(site) = self.site.filter(|_| self.tells_all) else { return AT_NEED };
        let (e, n) = self.plane.flatten(track.surface_at(now));
        let outside_m = e.hypot(n) - site.range_m;
        if outside_m <= 0.0 {
            return AT_ONCE;
        }
        now.plus_s(outside_m / (HASTE * track.filter.speed_mps()).max(1e-6)).min(AT_NEED)
    }

    /// Whether a vessel is thought to be so near an echo that the radar would see no second one.
    pub(crate) fn cannot_part(&self, echo: &Echo, track: &Track) -> bool {
        let (e, n) = self.plane.flatten(track.surface_at(echo.valid));
        let [echo_e, echo_n] = echo.flat;
        let (de, dn) = (e - echo_e, n - echo_n);
        let (sin, cos) = echo.azimuth_rad.sin_cos();
        let (along, across) = echo.size_m.unwrap_or((50.0, 50.0));
        let beam = self.site.map_or(USUAL_BEAM_RAD, |site| site.beam_rad) * echo.range_m;
        let resolution = self.site.map_or(PULSE_M, |site| site.resolution_m);
        (de * sin + dn * cos).abs() < resolution + 0.5 * along
            && (de * cos - dn * sin).abs() < beam + 0.5 * across
    }

    /// A plot, corrected.
    pub(crate) fn echo(&self, observation: &Observation, plot: &Plot) -> Echo {
        let registration = &self.registration;
        let [range_bias, azimuth_bias, _] = registration.sigmas();
        let beam_rad = self.site.map_or(USUAL_BEAM_RAD, |site| site.beam_rad);
        let (measured_e, measured_n) = self.plane.flatten(ecef(plot.position));
        let (range_m, azimuth_rad, sigmas, measured) = if let Some(polar) = plot.polar {
            (
                (polar.range_m - registration.range_m()).max(0.0),
                polar.azimuth_rad - registration.azimuth_rad(),
                (polar.range_sigma_m, polar.azimuth_sigma_rad),
                Some((polar.range_m, polar.azimuth_rad)),
            )
        } else {
            let [ee, _, nn] = plot.covariance_m2;
            let range_m = measured_e.hypot(measured_n);
            let sigma_m = ((ee + nn) * 0.5).max(1.0).sqrt();
            (range_m, measured_e.atan2(measured_n), (sigma_m, sigma_m / range_m.max(100.0)), None)
        };
        let size_m = plot.extent.map(|extent| {
            let along = (extent.range_m - PULSE_M).clamp(0.0, 5000.0);
            let across = ((extent.azimuth_rad - beam_rad) * range_m).clamp(0.0, 5000.0);
            (along, across)
        });
        let (along, across) = size_m.unwrap_or((50.0, 50.0));
        let glint = |length: f64| (GLINT * length.min(EXTENT_MOST_M)).powi(2);
        let (sin, cos) = azimuth_rad.sin_cos();
        let radial = sigmas.0.powi(2).max(1.0)
            + glint(along)
            + if measured.is_some() { range_bias.powi(2) } else { 0.0 };
        let bearing = sigmas.1.powi(2) + if measured.is_some() { azimuth_bias.powi(2) } else { 0.0 };
        let cross = bearing * range_m * range_m + glint(across) + 1.0;
        let r = [
            radial * sin * sin + cross * cos * cos,
            (radial - cross) * sin * cos,
            radial * cos * cos + cross * sin * sin,
        ];
        let (at, flat) = match measured {
            Some(_) => (self.plane.lift(range_m * sin, range_m * cos), [range_m * sin, range_m * cos]),
            None => (ecef(plot.position), [measured_e, measured_n]),
        };
        Echo {
            stamped: observation.valid,
            valid: observation.valid.plus_s(-registration.clock_s()),
            arrival: observation.arrival,
            source: observation.source,
            at,
            flat,
            r,
            range_m,
            azimuth_rad,
            measured,
            sigmas,
            size_m,
            amplitude_db: plot.amplitude_db,
        }
    }
}
