//! What comes back: who is in the beam, what of it is seen, and what is seen that is nobody.

use super::Site;
use crate::plane::{offset, polar};
use crate::random::Random;
use crate::scene::Scene;
use units::{Mmsi, Position, UtcTime};

/// Mean radius of the Earth, m.
const EARTH_M: f64 = 6_371_000.0;

/// How deep and how broad the echo of a point is, m; the extractor makes good most of the beam.
const PULSE_M: f64 = 20.0;
const BLUR_M: f64 = 20.0;
/// One standard deviation of an echo's size, as a share.
const EXTENT_SIGMA: f64 = 0.05;

/// A vessel in the beam, as it truly is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub mmsi: Mmsi,
    /// When the beam passed, s after the sector began.
    pub after_s: f64,
    pub azimuth_deg: f64,
    pub ground_m: f64,
    pub length_m: f64,
    pub width_m: f64,
    pub heading_deg: f64,
}

/// What a radar makes of one return.
#[derive(Clone, Copy, Debug)]
pub struct Echo {
    /// When the beam passed.
    pub at: UtcTime,
    /// From the antenna, as measured, metres.
    pub slant_m: f64,
    /// From true north, as measured.
    pub azimuth_deg: f64,
    /// Largest for large ships.
    pub strength: f64,
    /// Of how large a thing it seems to be, m.
    pub length_m: f64,
    /// How far it reaches along the range, pulse and all, and across, m.
    pub size_m: [f64; 2],
    /// Whose it is; the larger one's where it is of two.
    pub of: Option<Mmsi>,
}

/// Everyone whose azimuth the beam passes in a sector.
pub(super) fn look(
    site: &Site,
    scene: &Scene,
    begin: UtcTime,
    from_deg: f64,
    width_deg: f64,
    looks: &mut Vec<Look>,
) {
    let sector_s = site.turn_s * width_deg / 360.0;
    let ahead_s = begin.plus_s(sector_s / 2.0).since(scene.now());
    looks.clear();
    looks.extend(scene.vessels().filter_map(|vessel| {
        let (sin, cos) = vessel.course.radians().sin_cos();
        let gone_m = vessel.speed.mps() * ahead_s;
        let (ground_m, azimuth_deg) =
            polar(site.position, offset(vessel.position, gone_m * sin, gone_m * cos));
        let into_deg = azimuth_deg - from_deg;
        (0.0..width_deg).contains(&into_deg).then(|| Look {
            mmsi: vessel.mmsi,
            after_s: sector_s * into_deg / width_deg,
            azimuth_deg,
            ground_m,
            length_m: vessel.length_m(),
            width_m: f64::from(vessel.dimensions.to_port) + f64::from(vessel.dimensions.to_starboard),
            heading_deg: vessel.heading.value(),
        })
    }));
}

/// What is seen of them, and of nobody.
pub(super) fn see(
    site: &Site,
    looks: &[Look],
    begin: UtcTime,
    (from_deg, width_deg): (f64, f64),
    random: &mut Random,
    echoes: &mut Vec<Echo>,
) {
    echoes.clear();
    for look in looks {
        // Drawn for everybody, seen or not, so that one ship's luck does not hang on another's.
        let (luck, along, across) = (random.unit(), random.gauss(), random.gauss());
        let (glint_along, glint_across) = (random.gauss(), random.gauss());
        let hidden =
            shadowed(site, look.ground_m, look.azimuth_deg) || looks.iter().any(|other| hides(other, look));
        if hidden || luck > chance(site, look) {
            continue;
        }
        // The brightest spot of a long ship wanders over it.
        let glint_m = 0.1 * look.length_m;
        let aspect = (look.heading_deg - look.azimuth_deg).to_radians();
        let (sin, cos) = (aspect.sin().abs(), aspect.cos().abs());
        let size_m = [
            PULSE_M + look.length_m * cos + look.width_m * sin,
            BLUR_M + look.length_m * sin + look.width_m * cos,
        ];
        let range_m =
            slant_m(site, look.ground_m) + site.bias.0 + site.sigma.0 * along + glint_m * cos * glint_along;
        let across_deg = (glint_m * sin * glint_across / look.ground_m.max(50.0)).to_degrees();
        echoes.push(Echo {
            at: begin.plus_s(look.after_s),
            slant_m: range_m.max(0.0),
            azimuth_deg: (look.azimuth_deg + site.bias.1 + site.sigma.1 * across + across_deg)
                .rem_euclid(360.0),
            strength: look.length_m.powf(1.5),
            length_m: look.length_m,
            size_m: size_m.map(|m| m * (1.0 + EXTENT_SIGMA * random.gauss()).max(0.2)),
            of: Some(look.mmsi),
        });
    }
    merge(site, echoes);
    clutter(site, begin, from_deg, width_deg, random, echoes);
}

/// The straight line from an antenna to the sea so far off: over the curve of the Earth.
pub(super) fn slant_m(site: &Site, ground_m: f64) -> f64 {
    let h = site.antenna_height_m;
    let half = (ground_m / (2.0 * EARTH_M)).sin();
    (h * h + 4.0 * EARTH_M * (EARTH_M + h) * half * half).sqrt()
}

/// The other way.
pub(super) fn ground_m(site: &Site, slant_m: f64) -> f64 {
    let h = site.antenna_height_m;
    let flat_m2 = (slant_m * slant_m - h * h).max(0.0);
    2.0 * EARTH_M * (flat_m2 / (4.0 * EARTH_M * (EARTH_M + h))).sqrt().min(1.0).asin()
}

/// Probability of detection: by size, falling off towards the end of the reach.
fn chance(site: &Site, look: &Look) -> f64 {
    let by_size = if look.length_m < 25.0 {
        0.85
    } else if look.length_m < 60.0 {
        0.93
    } else {
        0.975
    };
    let edge = (0.92 * site.reach_m - look.ground_m) / (0.03 * site.reach_m);
    if look.ground_m > site.reach_m { 0.0 } else { by_size / (1.0 + (-edge).exp()) }
}

fn shadowed(site: &Site, ground_m: f64, azimuth_deg: f64) -> bool {
    site.shadows.iter().any(|&(from, to, beyond_m)| {
        let width = (to - from).rem_euclid(360.0);
        ground_m > beyond_m && (azimuth_deg - from).rem_euclid(360.0) <= width
    })
}

/// How far off a place is, where neither land nor distance hides it.
pub(super) fn in_sight_m(site: &Site, position: Position) -> Option<f64> {
    let (ground_m, azimuth_deg) = polar(site.position, position);
    (ground_m < 0.85 * site.reach_m && !shadowed(site, ground_m, azimuth_deg)).then_some(ground_m)
}

/// Whether a larger ship is in the way.
fn hides(other: &Look, look: &Look) -> bool {
    let apart = (other.azimuth_deg - look.azimuth_deg).abs().to_radians();
    other.mmsi != look.mmsi
        && other.ground_m < look.ground_m - 40.0
        && other.length_m > 1.5 * look.length_m
        && apart < 0.35 * other.width_m / other.ground_m.max(1.0)
}

/// Makes one echo of two with too little between them: about their middle, nearer to the stronger.
fn merge(site: &Site, echoes: &mut Vec<Echo>) {
    let (range_m, azimuth_deg) = site.resolution;
    let mut at = 0;
    while at < echoes.len() {
        let (head, tail) = echoes.split_at_mut(at + 1);
        let Some(one) = head.last_mut() else { break };
        let close = |other: &Echo| {
            let [along_m, across_m] = apart_m(one, other);
            let half = |k: fn(&Echo) -> f64| 0.5 * (k(one) + k(other));
            along_m < range_m + half(|echo| echo.size_m[0] - PULSE_M)
                && across_m < azimuth_deg.to_radians() * one.slant_m + half(|echo| echo.size_m[1] - BLUR_M)
        };
        let Some(found) = tail.iter().position(close) else {
            at += 1;
            continue;
        };
        let other = echoes.remove(at + 1 + found);
        let Some(one) = echoes.get_mut(at) else { break };
        let mut size_m = [0.0; 2];
        for ((size, apart), (a, b)) in
            size_m.iter_mut().zip(apart_m(one, &other)).zip(one.size_m.into_iter().zip(other.size_m))
        {
            *size = (apart + 0.5 * (a + b)).max(a).max(b);
        }
        one.size_m = size_m;
        let share = one.strength / (one.strength + other.strength);
        let mean = |a: f64, b: f64| share * a + (1.0 - share) * b;
        one.slant_m = mean(one.slant_m, other.slant_m);
        one.azimuth_deg = mean(one.azimuth_deg, other.azimuth_deg);
        if other.strength > one.strength {
            one.of = other.of;
        }
        one.strength += other.strength;
        one.length_m = one.length_m.max(other.length_m);
    }
}

/// Along the range and across, metres.
fn apart_m(one: &Echo, other: &Echo) -> [f64; 2] {
    let turned = (one.azimuth_deg - other.azimuth_deg).to_radians();
    [(one.slant_m - other.slant_m).abs(), turned.abs() * one.slant_m.max(50.0)]
}

/// Echoes of nothing, evenly over the water.
fn clutter(
    site: &Site,
    begin: UtcTime,
    from_deg: f64,
    width_deg: f64,
    random: &mut Random,
    echoes: &mut Vec<Echo>,
) {
    let mean = site.clutter * width_deg / 360.0;
    // Poisson, as Knuth draws it; a hundred in one sector are enough.
    let (floor, mut product) = ((-mean).exp(), random.unit());
    for _ in 0..100 {
        if product <= floor {
            break;
        }
        product *= random.unit();
        let into = random.unit();
        echoes.push(Echo {
            at: begin.plus_s(site.turn_s * width_deg / 360.0 * into),
            slant_m: slant_m(site, site.reach_m * random.unit().sqrt()),
            azimuth_deg: from_deg + width_deg * into,
            strength: random.between(20.0, 200.0),
            length_m: 0.0,
            size_m: [PULSE_M, BLUR_M].map(|m| m * random.between(0.7, 1.3)),
            of: None,
        });
    }
}
