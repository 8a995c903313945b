//! A measurement of a vessel that is known costs no allocation once the buffers have grown.

#![allow(clippy::unwrap_used, reason = "a test may")]

use fusion::{
    Body, Config, Event, Extent, Fusion, Observation, Plane, Plot, Polar, RadarSite, Report, SensorId,
    SourceId, Station,
};
use units::{Degrees, Knots, Mmsi, Position, UtcTime};

const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);
const VESSELS: u32 = 40;

fn observation(at: UtcTime, body: Body) -> Event {
    Event::Observation(Observation { source: SourceId(0), valid: at, arrival: at, body })
}

/// One second of forty ships in a lane: an echo of each every three seconds, a report every ten.
fn second(plane: &Plane, second: u32, mps: f64, events: &mut Vec<Event>) {
    events.clear();
    for ship in 0..VESSELS {
        let t = f64::from(second) + f64::from(ship) / f64::from(VESSELS);
        let (e, n) = (1000.0 + 600.0 * f64::from(ship % 8) + mps * t, 3000.0 + 700.0 * f64::from(ship / 8));
        let (position, at) = (plane.to_position(e, n), START.plus_s(t));
        if (second + ship).is_multiple_of(3) {
            let range_m = e.hypot(n);
            events.push(observation(
                at,
                Body::Plot(Plot {
                    sensor: SensorId(0),
                    position,
                    covariance_m2: [64.0, 0.0, 64.0],
                    polar: Some(Polar {
                        site: plane.origin(),
                        range_m,
                        azimuth_rad: e.atan2(n),
                        range_sigma_m: 8.0,
                        azimuth_sigma_rad: 1e-3,
                    }),
                    radial_speed_mps: None,
                    amplitude_db: None,
                    extent: Some(Extent { range_m: 95.0, azimuth_rad: 80.0 / range_m + 0.008 }),
                }),
            ));
        } else if (second + ship).is_multiple_of(10) {
            events.push(observation(
                at,
                Body::Report(Report {
                    by: Mmsi::new(413_000_000 + ship).unwrap().into(),
                    station: Station::ClassA,
                    position: Some(position),
                    sigma_m: 6.0,
                    sog: Knots::from_mps(mps),
                    cog: Degrees::new(90.0),
                    heading: Degrees::new(90.0),
                    rot_deg_min: None,
                    nav_status: Some(0),
                }),
            ));
        }
    }
}

/// Measurements and allocations of half a minute, after two.
fn counted(mps: f64) -> (u64, u64) {
    let home = Position::new(29.935, 121.885).unwrap();
    let plane = Plane::at(home);
    let site = RadarSite {
        sensor: SensorId(0),
        position: home,
        period_s: 3.0,
        range_m: 30_000.0,
        beam_rad: 0.008,
        resolution_m: 30.0,
        shadows: [None; 8],
    };
    let (mut fusion, mut changes, mut events) = (Fusion::new(Config::default()), Vec::new(), Vec::new());
    fusion.apply(&Event::Site(START, site), &mut changes);
    let (mut measurements, mut allocations) = (0, 0);
    for passed in 0..150 {
        second(&plane, passed, mps, &mut events);
        for event in &events {
            changes.clear();
            let used = allocation_counter::measure(|| fusion.apply(event, &mut changes));
            if passed >= 120 {
                measurements += 1;
                allocations += used.count_total;
            }
        }
    }
    assert_eq!(fusion.tracks().len(), VESSELS as usize);
    println!("{mps} m/s: {measurements} measurements, {allocations} allocations");
    (measurements, allocations)
}

#[test]
fn a_known_vessel_costs_no_allocation() {
    let (measurements, allocations) = counted(0.0);
    assert!(measurements > 400);
    assert_eq!(allocations, 0);
    // Now and then one leaves its box of the R-tree, whose nodes are vectors.
    let (measurements, allocations) = counted(5.0);
    assert!(allocations * 20 < measurements, "{allocations}");
}
