//! What radars see.

use super::told::{Lines, rounded};
use serde_json::{Value, json};
use simulate::radar::{Output, Radar, Site, Stage};
use simulate::{Random, Scene};
use std::io::Write;
use units::{KNOT_MPS, Position, UtcTime};

/// The errors of a radar that nobody has set right: up to so much, metres and degrees.
const RANGE_M: f64 = 40.0;
const AZIMUTH_DEG: f64 = 0.4;
const CLUTTER: f64 = 12.0;
/// What a radar's own tracker thinks of its places, metres.
const SIGMA_M: f64 = 25.0;

/// Radars on hills along the way in: latitude, longitude, height, m, and where land is in the way.
const SITES: [(f64, f64, f64, Shadow); 3] = [
    (29.935, 121.93, 110.0, (150.0, 165.0, 6000.0)),
    (29.86, 122.11, 140.0, (40.0, 52.0, 4000.0)),
    (29.815, 122.29, 180.0, (285.0, 300.0, 9000.0)),
];
type Shadow = (f64, f64, f64);

/// Those radars, with errors of that seed.
pub fn sites(seed: u64) -> Vec<Site> {
    let mut random = Random::stream(seed, 4 << 32);
    let radars = SITES.iter().filter_map(|&(lat, lon, antenna_height_m, shadow)| {
        let bias = (random.between(-RANGE_M, RANGE_M), random.between(-AZIMUTH_DEG, AZIMUTH_DEG));
        let plain = Site::ordinary(Position::new(lat, lon)?, Output::Cat048);
        Some(Site { antenna_height_m, bias, clutter: CLUTTER, shadows: vec![shadow], ..plain })
    });
    radars.collect()
}

fn id(number: usize) -> String {
    format!("R{}", number + 1)
}

/// As a scene says them.
pub fn described(sites: &[&Site]) -> Value {
    let all = sites.iter().enumerate().map(|(number, site)| {
        let shadows: Vec<[f64; 3]> = site.shadows.iter().map(|&(from, to, m)| [from, to, m]).collect();
        json!({
            "id": id(number), "lat": site.position.lat(), "lon": site.position.lon(), "h": site.antenna_height_m,
            "period": site.turn_s, "rmax": 0.92 * site.reach_m, "sr": site.sigma.0, "sb": site.sigma.1,
            "beam": site.resolution.1, "res_r": site.resolution.0, "shadow": shadows,
        })
    });
    all.collect()
}

/// What no tracker may read.
pub fn bias(sites: &[&Site]) -> Value {
    let all = sites.iter().enumerate().map(|(number, site)| {
        json!({ "id": id(number), "brange": site.bias.0, "bbear": site.bias.1, "clutter": site.clutter })
    });
    all.collect()
}

/// Every sector that is told up to then: its plots, and what the radar's own tracker makes of them.
pub fn watch(
    number: usize,
    radar: &mut Radar,
    scene: &Scene,
    until: UtcTime,
    plots: &mut Lines<impl Write>,
    tracks: &mut Lines<impl Write>,
) {
    let (id, at_site) = (id(number), radar.site().position);
    radar.observe(scene, until, &mut |at, echoes, updates| {
        for echo in echoes {
            let [along_m, across_m] = echo.size_m;
            plots.push(
                at,
                json!({
                    "k": "plot", "s": id, "t": plots.seconds(echo.at), "r": rounded(echo.slant_m, 10.0),
                    "b": rounded(echo.azimuth_deg, 1e3), "amp": rounded(10.0 * echo.strength.log10(), 10.0),
                    "ex": [along_m.round(), across_m.round()],
                }),
            );
        }
        for update in updates {
            let [e, n] = update.velocity_mps;
            let stage = match (update.is_confirmed(), update.stage) {
                ((false, _), _) => continue,
                ((_, true), _) => 'N',
                (_, Stage::Acquiring | Stage::Tracking) => 'U',
                (_, Stage::Coasting) => 'C',
                (_, Stage::Lost) => 'L',
            };
            let place = update.position(at_site);
            tracks.push(
                at,
                json!({
                    "k": "rtrk", "s": id, "tn": update.number, "t": tracks.seconds(update.at),
                    "lat": rounded(place.lat(), 1e6), "lon": rounded(place.lon(), 1e6),
                    "sog": rounded(e.hypot(n) / KNOT_MPS, 10.0),
                    "cog": rounded(e.atan2(n).to_degrees().rem_euclid(360.0), 10.0), "sp": SIGMA_M, "st": stage,
                }),
            );
        }
    });
}
