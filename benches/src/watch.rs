//! The watch over a sea of constant density: what one second costs, and one vessel in it. And a grid code.

use fusion::{Body, Event, Fusion, Observation, Plane, Report, SourceId, Station};
use std::hint::black_box;
use units::grid::Cell;
use units::{Degrees, Knots, Mmsi, Position, UtcTime};
use watch::{Config, Kind, Watch};

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Vessels in each sea.
    pub vessels: &'static [u32],
    /// Seconds that are judged.
    pub seconds: u32,
    /// Bytes that are gone through before a second to have nothing of the sea in the caches.
    pub cold: usize,
    /// Places that are encoded.
    pub places: u32,
}

impl Size {
    /// What is quoted.
    pub const FULL: Self =
        Self { vessels: &[1000, 10_000, 100_000], seconds: 20, cold: 256 << 20, places: 2_000_000 };
    /// What a test can wait for.
    pub const TINY: Self = Self { vessels: &[50, 100], seconds: 3, cold: 1 << 20, places: 1000 };
}

const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);
/// As in the widest scene: 4,688 vessels in a square of 120 km.
const PER_KM2: f64 = 0.33;
/// How often a vessel speaks, seconds.
const EVERY: usize = 6;

/// Uniform numbers by a linear congruence (Knuth's MMIX).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// How long this thread has been at work: who else uses the machine does not count.
pub(crate) fn at_work_s() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// What one sea cost.
struct Cost {
    /// Of one second, all that is judged in it, milliseconds; the median.
    sweep_ms: f64,
    /// The dearest one.
    worst_ms: f64,
    /// Of a second of encounters alone: less what a watch takes that looks for none.
    encounters_ms: f64,
    /// Of one change of one track, nanoseconds.
    update_ns: f64,
    alerts: usize,
    risks: usize,
}

/// Prints the table.
pub fn run(size: &Size) {
    println!(
        "{:>8} {:>11} {:>11} {:>15} {:>15} {:>15} {:>11} {:>7} {:>7}",
        "vessels",
        "second, ms",
        "worst, ms",
        "encounters, ms",
        "per vessel, ns",
        "from cold, ns",
        "update, ns",
        "alerts",
        "risks"
    );
    let mut costs = Vec::new();
    for &vessels in size.vessels {
        let cost = sea(vessels, size.seconds, 0);
        let per_vessel_ns = cost.encounters_ms * 1e6 / f64::from(vessels);
        let cold_ns = sea(vessels, size.seconds, size.cold).encounters_ms * 1e6 / f64::from(vessels);
        println!(
            "{vessels:>8} {:>11.2} {:>11.2} {:>15.2} {per_vessel_ns:>15.0} {cold_ns:>15.0} {:>11.0} {:>7} {:>7}",
            cost.sweep_ms, cost.worst_ms, cost.encounters_ms, cost.update_ns, cost.alerts, cost.risks
        );
        costs.push((per_vessel_ns, cold_ns, cost));
    }
    let encode_ns = encode(size.places);
    println!("\na code of level 5: {encode_ns:.0} ns");
    if let (Some((first, first_cold, _)), Some((last, last_cold, most))) = (costs.first(), costs.last()) {
        println!(
            "\nbench watch: second_ms {:.1} encounters_ms {:.1} per_vessel_ns {last:.0} most_to_least {:.2} most_to_least_cold {:.2} update_ns {:.0} grid5_ns {encode_ns:.0}",
            most.sweep_ms,
            most.encounters_ms,
            last / first,
            last_cold / first_cold,
            most.update_ns
        );
    }
}

/// Goes through so many bytes, so that the caches hold nothing else.
fn go_cold(bytes: &mut [u64]) {
    for byte in bytes.iter_mut().step_by(8) {
        *byte = byte.wrapping_add(1);
    }
    black_box(bytes);
}

/// `cold`: before each second, and each watch in it, the caches are emptied by going through so many bytes.
fn sea(vessels: u32, seconds: u32, cold: usize) -> Cost {
    let mut other = vec![0_u64; cold / size_of::<u64>()];
    let side_m = (f64::from(vessels) / PER_KM2).sqrt() * 1000.0;
    let mut dice = Dice(u64::from(vessels));
    let (mut picture, mut watch) = (Fusion::new(fusion::Config::default()), Watch::new(Config::default()));
    // One that looks for no encounters: its horizon is now.
    let blind = watch::encounter::Config { act_s: [0.0, 0.0], ..watch::encounter::Config::default() };
    let mut blind = Watch::new(Config { encounter: blind, ..Config::default() });
    let (mut changed, mut out) = (Vec::new(), Vec::new());
    let centre = Position::new(30.0, 124.0).unwrap_or_else(|| unreachable!());
    let plane = Plane::at(centre);
    let ships: Vec<_> = (0..vessels)
        .map(|i| {
            let at = [side_m * (dice.uniform() - 0.5), side_m * (dice.uniform() - 0.5)];
            let sog_kn = if dice.uniform() < 0.3 { 0.2 } else { 3.0 + 15.0 * dice.uniform() };
            (413_000_000 + i, at, sog_kn, 360.0 * dice.uniform())
        })
        .collect();
    let report = |&(mmsi, [e, n], sog_kn, cog_deg): &(u32, [f64; 2], f64, f64), t: f64| {
        let (sin, cos) = f64::to_radians(cog_deg).sin_cos();
        let way_m = sog_kn * units::KNOT_MPS * t;
        Some(Event::Observation(Observation {
            source: SourceId(0),
            valid: START.plus_s(t),
            arrival: START.plus_s(t),
            body: Body::Report(Report {
                by: Mmsi::new(mmsi)?.into(),
                station: Station::ClassA,
                position: Some(plane.to_position(e + way_m * sin, n + way_m * cos)),
                sigma_m: 10.0,
                sog: Knots::new(sog_kn),
                cog: Degrees::new(cog_deg),
                heading: None,
                rot_deg_min: None,
                nav_status: None,
            }),
        }))
    };
    // The tracker takes all events, then the watch what they changed, so that only the watch is timed: how long it
    // took, how long the blind one did, and for how many changes.
    let mut apply = |events: &mut dyn Iterator<Item = Event>| {
        changed.clear();
        events.for_each(|event| picture.apply(&event, &mut changed));
        let mut timed = |watch: &mut Watch| {
            out.clear();
            go_cold(&mut other);
            let began_s = at_work_s();
            watch.apply(&picture, &changed, &mut out);
            at_work_s() - began_s
        };
        (timed(&mut watch), timed(&mut blind), changed.len() as u64)
    };
    // Every vessel is heard in each of three rounds, within half a second of the round.
    for round in 0..3 {
        for (chunk, ships) in ships.chunks(1000).enumerate() {
            let at_s =
                |i: usize| f64::from(round) * 2.0 + 0.5 * (chunk * 1000 + i) as f64 / f64::from(vessels);
            apply(&mut ships.iter().enumerate().filter_map(|(i, ship)| report(ship, at_s(i))));
        }
    }
    // Then each speaks every six seconds, between two of those that are judged.
    let (mut updates, mut update_s) = (0_u64, 0.0);
    let mut sweeps: Vec<(f64, f64)> = Vec::new();
    for second in 0..seconds {
        let at_s = 6.0 + f64::from(second);
        let (whole_s, blind_s, _) = apply(&mut std::iter::once(Event::Tick(START.plus_s(at_s))));
        sweeps.push((whole_s * 1e3, (whole_s - blind_s) * 1e3));
        let mut speakers = ships.iter().skip(second as usize % EVERY).step_by(EVERY);
        let (took_s, _, changes) = apply(&mut speakers.by_ref().filter_map(|ship| report(ship, at_s + 0.5)));
        update_s += took_s;
        updates += changes;
    }
    let (mut whole, mut encounters): (Vec<f64>, Vec<f64>) = sweeps.into_iter().unzip();
    whole.sort_by(f64::total_cmp);
    encounters.sort_by(f64::total_cmp);
    let middle = |sorted: &[f64]| sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    let count =
        |kind: Option<Kind>| watch.alerts().filter(|a| kind.is_none_or(|kind| a.kind == kind)).count();
    Cost {
        sweep_ms: middle(&whole),
        worst_ms: whole.last().copied().unwrap_or(0.0),
        encounters_ms: middle(&encounters),
        update_ns: update_s * 1e9 / (updates.max(1) as f64),
        alerts: count(None),
        risks: count(Some(Kind::CollisionRisk)),
    }
}

fn encode(places: u32) -> f64 {
    let mut dice = Dice(5);
    let at: Vec<Position> = (0..1000)
        .filter_map(|_| Position::new(26.0 + 6.0 * dice.uniform(), 119.5 + 6.0 * dice.uniform()))
        .collect();
    let began_s = at_work_s();
    let mut sum = 0_u64;
    for place in at.iter().cycle().take(places as usize) {
        if let Ok(cell) = Cell::at(*black_box(place), 5) {
            sum += u64::from(
                black_box(cell.code()).as_str().as_bytes().iter().map(|b| u32::from(*b)).sum::<u32>(),
            );
        }
    }
    let took_ns = (at_work_s() - began_s) * 1e9;
    assert!(sum > 0, "{sum}");
    took_ns / f64::from(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs() {
        run(&Size::TINY);
    }
}
