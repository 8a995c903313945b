//! How a camera is mounted, from sightings of vessels whose place is known: least squares, and what is left over.
//!
//! With six or more, the lean of the mast too. A sighting that is far off the rest is left out, and the rest solved
//! again.

use super::geometry::{self, Mount};
use nalgebra::{DMatrix, DVector};

/// A camera was on something whose direction is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sighting {
    /// Where it truly was, as its place says.
    pub azimuth_deg: f64,
    /// The same.
    pub elevation_deg: f64,
    /// In the camera's own degrees.
    pub pan_deg: f64,
    /// In the camera's own degrees.
    pub tilt_deg: f64,
}

/// What the sightings say.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// How it is mounted.
    pub mount: Mount,
    /// Of each sighting, in azimuth and in elevation, degrees.
    pub residuals_deg: Vec<[f64; 2]>,
    /// Which were left out.
    pub outliers: Vec<usize>,
    /// Root mean square over those that were not.
    pub rms_deg: f64,
    /// The lean was solved for.
    pub has_lean: bool,
}

/// Why there is no solution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsolved {
    /// Fewer than three.
    TooFew,
    /// They do not agree with each other.
    Scattered,
}

impl std::fmt::Display for Unsolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooFew => "three sightings at least, six for the lean of the mast",
            Self::Scattered => "the sightings do not agree: look whether pan or tilt counts the other way",
        })
    }
}

const LEAST: usize = 3;
const LEAST_FOR_LEAN: usize = 6;
/// A sighting further off than this is none of this camera, degrees.
const REJECT_DEG: f64 = 0.3;
/// The azimuths must span this much for a lean to show, degrees.
const SPAN_DEG: f64 = 60.0;

/// Solves for the mount; `usual` says which way pan and tilt count.
///
/// # Errors
/// Why not.
pub fn solve(usual: &Mount, sightings: &[Sighting]) -> Result<Solution, Unsolved> {
    let mut kept: Vec<usize> = (0..sightings.len()).collect();
    loop {
        if kept.len() < LEAST {
            return Err(if sightings.len() < LEAST { Unsolved::TooFew } else { Unsolved::Scattered });
        }
        let used: Vec<Sighting> = kept.iter().filter_map(|index| sightings.get(*index)).copied().collect();
        let has_lean = used.len() >= LEAST_FOR_LEAN && span_deg(&used) >= SPAN_DEG;
        let mount = fit(usual, &used, has_lean).ok_or(Unsolved::Scattered)?;
        let residuals_deg: Vec<[f64; 2]> =
            sightings.iter().map(|sighting| residual(&mount, sighting)).collect();
        let off = |index: &usize| residuals_deg.get(*index).map_or(0.0, |[az, el]| az.hypot(*el));
        let worst = kept.iter().copied().max_by(|a, b| off(a).total_cmp(&off(b)));
        let Some(index) = worst.filter(|index| off(index) > REJECT_DEG) else {
            let square: f64 = kept.iter().map(|index| off(index).powi(2)).sum();
            let rms_deg = (square / kept.len() as f64).sqrt();
            let outliers = (0..sightings.len()).filter(|index| !kept.contains(index)).collect();
            return Ok(Solution { mount, residuals_deg, outliers, rms_deg, has_lean });
        };
        // One that is off pulls the others: the worst goes, and all are looked at again.
        kept.retain(|other| *other != index);
        if kept.len() * 2 < sightings.len() {
            return Err(Unsolved::Scattered);
        }
    }
}

fn residual(mount: &Mount, sighting: &Sighting) -> [f64; 2] {
    let (azimuth, elevation) = mount.direction(sighting.pan_deg, sighting.tilt_deg);
    [geometry::turn(azimuth, sighting.azimuth_deg), sighting.elevation_deg - elevation]
}

/// How much of the circle the sightings spread over.
fn span_deg(sightings: &[Sighting]) -> f64 {
    let mut azimuths: Vec<f64> = sightings.iter().map(|s| s.azimuth_deg.rem_euclid(360.0)).collect();
    azimuths.sort_by(f64::total_cmp);
    let (Some(first), Some(last)) = (azimuths.first(), azimuths.last()) else { return 0.0 };
    let gaps = azimuths.windows(2).map(|pair| pair.last().unwrap_or(&0.0) - pair.first().unwrap_or(&0.0));
    360.0 - gaps.fold(360.0 + first - last, f64::max)
}

/// Offsets, and the lean: linear in all four once the angles are taken about a first guess.
fn fit(usual: &Mount, sightings: &[Sighting], has_lean: bool) -> Option<Mount> {
    let bare = Mount { pan_offset_deg: 0.0, tilt_offset_deg: 0.0, lean_deg: [0.0; 2], ..*usual };
    let first = sightings.first()?;
    let (azimuth, _) = bare.direction(first.pan_deg, first.tilt_deg);
    let about_deg = geometry::turn(azimuth, first.azimuth_deg);
    let unknowns = if has_lean { 4 } else { 2 };
    let mut a = DMatrix::<f64>::zeros(2 * sightings.len(), unknowns);
    let mut b = DVector::<f64>::zeros(2 * sightings.len());
    for (i, sighting) in sightings.iter().enumerate() {
        let (azimuth, elevation) = bare.direction(sighting.pan_deg, sighting.tilt_deg);
        let (sin, cos) = sighting.azimuth_deg.to_radians().sin_cos();
        let tan = sighting.elevation_deg.to_radians().tan();
        let rows = [[1.0, 0.0, tan * sin, -tan * cos], [0.0, 1.0, cos, sin]];
        let off =
            [geometry::turn(azimuth + about_deg, sighting.azimuth_deg), sighting.elevation_deg - elevation];
        for ((k, row), off) in rows.iter().enumerate().zip(off) {
            for (j, value) in row.iter().take(unknowns).enumerate() {
                *a.get_mut((2 * i + k, j))? = *value;
            }
            *b.get_mut(2 * i + k)? = off;
        }
    }
    let solved = a.svd(true, true).solve(&b, 1e-9).ok()?;
    let at = |i: usize| solved.get(i).copied().unwrap_or(0.0);
    Some(Mount {
        pan_offset_deg: (about_deg + at(0)).rem_euclid(360.0),
        tilt_offset_deg: at(1),
        lean_deg: [at(2), at(3)],
        ..*usual
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(mount: &Mount, azimuth_deg: f64, elevation_deg: f64, noise: f64) -> Sighting {
        let (pan, tilt_deg) = mount.angles(azimuth_deg, elevation_deg);
        Sighting { azimuth_deg, elevation_deg, pan_deg: pan + noise, tilt_deg: tilt_deg - noise }
    }

    #[test]
    fn offsets_and_lean_come_back() {
        let mount = Mount {
            pan_offset_deg: 341.3,
            tilt_offset_deg: -0.8,
            pan_reversed: true,
            lean_deg: [0.35, -0.2],
            ..Mount::default()
        };
        let usual = Mount { pan_reversed: true, ..Mount::default() };
        let noise = [0.01, -0.02, 0.0, 0.015, -0.01, 0.02, -0.005, 0.01];
        let mut seen: Vec<Sighting> = noise
            .iter()
            .enumerate()
            .map(|(i, noise)| sighting(&mount, 40.0 * i as f64, -0.4 - 0.3 * i as f64, *noise))
            .collect();
        let found = solve(&usual, &seen).unwrap();
        assert!(found.has_lean && found.outliers.is_empty() && found.rms_deg < 0.03, "{found:?}");
        assert!(geometry::turn(found.mount.pan_offset_deg, 341.3).abs() < 0.03, "{found:?}");
        assert!((found.mount.tilt_offset_deg + 0.8).abs() < 0.03, "{found:?}");
        assert!(
            (found.mount.lean_deg[0] - 0.35).abs() < 0.04 && (found.mount.lean_deg[1] + 0.2).abs() < 0.04
        );

        // Somebody centred another ship.
        seen.push(sighting(&mount, 100.0, -1.0, 2.0));
        let again = solve(&usual, &seen).unwrap();
        assert_eq!(again.outliers, [8]);
        assert!(geometry::turn(again.mount.pan_offset_deg, 341.3).abs() < 0.03, "{again:?}");
    }

    #[test]
    fn three_say_the_offsets_and_two_say_nothing() {
        let mount = Mount { pan_offset_deg: 12.0, tilt_offset_deg: 0.3, ..Mount::default() };
        let seen = [10.0, 11.0, 300.0].map(|azimuth| sighting(&mount, azimuth, -0.5, 0.0));
        let found = solve(&Mount::default(), &seen).unwrap();
        assert!(!found.has_lean && (found.mount.pan_offset_deg - 12.0).abs() < 1e-6, "{found:?}");
        assert_eq!(solve(&Mount::default(), &seen[..2]), Err(Unsolved::TooFew));
        // A camera that counts the other way.
        let reversed = Mount { pan_reversed: true, ..mount };
        let seen = [10.0, 110.0, 300.0].map(|azimuth| sighting(&reversed, azimuth, -0.5, 0.0));
        assert_eq!(solve(&Mount::default(), &seen), Err(Unsolved::Scattered));
    }
}
