//! Two radars among ships that say nothing.

use super::*;

const PERIOD_S: f64 = 3.0;
/// East of home and how wrong, metres and radians.
const RADARS: [(f64, f64, f64); 2] = [(-5000.0, 30.0, 0.005), (5000.0, -25.0, -0.004)];

/// Chance without a dice: near enough to a bell.
fn noise(step: u32, salt: u32) -> f64 {
    (0..6).map(|k| jitter(step, salt * 8 + k)).sum::<f64>() * 0.7
}

fn jitter(step: u32, salt: u32) -> f64 {
    let mut z = (u64::from(step) << 32 | u64::from(salt)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) % 2001) as f64 / 1000.0 - 1.0
}

#[test]
fn radars_that_no_ship_teaches_teach_each_other() {
    let mut world = World::new(Config::default());
    let planes = RADARS.map(|(e, ..)| Plane::at(Plane::at(home()).to_position(e, 0.0)));
    for (k, plane) in planes.iter().enumerate() {
        let site = RadarSite {
            sensor: SensorId(k as u16),
            position: plane.origin(),
            period_s: PERIOD_S,
            range_m: 30_000.0,
            beam_rad: 0.008,
            resolution_m: 30.0,
            shadows: [None; 8],
        };
        world.apply(&Event::Site(T0, site));
    }
    // Fourteen ships all round, each on its way.
    let ships = (0..14_u32).map(|ship| {
        let turn = f64::from(ship) * 2.4;
        let far_m = 4000.0 + 600.0 * f64::from(ship);
        ([far_m * turn.sin(), far_m * turn.cos()], [4.0 * (turn * 3.0).cos(), 5.0 * (turn * 2.0).sin()])
    });
    let ships: Vec<_> = ships.collect();
    for scan in 0..200_u32 {
        for (k, plane) in planes.iter().enumerate() {
            let (_, range_bias_m, azimuth_bias) = RADARS[k];
            let t = f64::from(scan) * PERIOD_S + 0.7 * k as f64;
            for (ship, ([e, n], [ve, vn])) in ships.iter().enumerate() {
                let place = Plane::at(home()).to_position(e + ve * t, n + vn * t);
                let (e, n) = plane.to_local(place);
                let salt = ship as u32 * 4 + k as u32 * 2;
                let range_m = e.hypot(n) + range_bias_m + 8.0 * noise(scan, salt);
                let azimuth_rad = e.atan2(n) + azimuth_bias + 0.0012 * noise(scan, salt + 1);
                let position = plane.to_position(range_m * azimuth_rad.sin(), range_m * azimuth_rad.cos());
                world.apply(&event(
                    k as u16,
                    t,
                    t + 0.1,
                    Body::Plot(Plot {
                        sensor: SensorId(k as u16),
                        position,
                        covariance_m2: [100.0, 0.0, 100.0],
                        polar: Some(Polar {
                            site: plane.origin(),
                            range_m,
                            azimuth_rad: azimuth_rad.rem_euclid(std::f64::consts::TAU),
                            range_sigma_m: 8.0,
                            azimuth_sigma_rad: 0.0012,
                        }),
                        radial_speed_mps: None,
                        amplitude_db: None,
                        extent: None,
                    }),
                ));
            }
        }
    }
    assert_eq!(world.fusion.tracks().count(), ships.len());
    for (radar, (_, range_m, azimuth_rad)) in world.fusion.radars().zip(RADARS) {
        let found = radar.registration();
        assert_eq!(found.residuals(), 0, "no ship spoke");
        let off = (found.range_m() - range_m, (found.azimuth_rad() - azimuth_rad).to_degrees());
        let [range_sigma_m, azimuth_sigma, _] = found.sigmas();
        assert!(off.0.abs() < 8.0 && off.0.abs() < 3.0 * range_sigma_m, "{off:?}, {range_sigma_m}");
        assert!(off.1.abs() < 0.04 && off.1.abs() < 3.0 * azimuth_sigma.to_degrees(), "{off:?}");
    }
    // And the ships are where they are: 30 m and 0.3 degrees were up to 60 m of each.
    let t = 200.0 * PERIOD_S;
    let errors = world.fusion.tracks().map(|track| {
        let k = track.kinematics_at(&Plane::at(home()), T0.plus_s(t));
        let off = ships.iter().map(|([e, n], [ve, vn])| (k.e_m - e - ve * t).hypot(k.n_m - n - vn * t));
        off.fold(f64::INFINITY, f64::min)
    });
    let worst = errors.fold(0.0, f64::max);
    assert!(worst < 30.0, "{worst}");
}
