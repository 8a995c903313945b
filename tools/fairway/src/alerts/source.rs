//! Where a scene comes from: a recorded one with its truth, the simulator, or position reports that are their own
//! truth.

use super::play::Played;
use super::truth::{Instant, Ship, State, Truth};
use crate::evaluate::answer::each;
use crate::fuse::scene::{Scene, SceneError, open};
use decoders::frame::Framer;
use decoders::nmea::{Item, Reader};
use engine::observe::ais::Observer;
use fusion::{Body, Event, Observation, Plane, Report, SourceId, Station};
use serde::Deserialize;
use simulate::{Receiver, Sent};
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use units::{Degrees, Knots, Mmsi, Position, UtcTime};

/// From one instant of the truth to the next, seconds, where it is made here.
const STEP_S: f64 = 5.0;
const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);
/// Between reports further apart than this nobody knows where a vessel was, seconds; the other is for one that lies.
const GAP_S: f64 = 60.0;
const LYING_GAP_S: f64 = 400.0;
const LIES_KN: f64 = 1.0;

/// A recorded scene.
pub fn scene(folder: &Path) -> Result<(Truth, Played), SceneError> {
    let scene = Scene::open(folder)?;
    let truth = Truth::of_scene(folder)?;
    let mut events: Vec<Event> = scene.sites().collect();
    scene.read(&folder.join("measurements.jsonl.xz"), |_, observation| {
        events.push(Event::Observation(*observation));
    })?;
    let played = Played::run(events.into_iter(), scene.at(0.0), &truth, watch::Config::default());
    Ok((truth, played))
}

/// Fresh traffic off Ningbo and Zhoushan.
pub fn simulated(seed: u64, vessels: usize, length_s: f64) -> (Truth, Played) {
    let mut scene = simulate::Scene::ningbo_zhoushan(seed, vessels, START);
    scene.listen(Receiver::ORDINARY);
    scene.hello();
    let plane = Plane::at(Position::new(29.9, 122.2).unwrap_or_else(|| unreachable!()));
    let numbers: BTreeMap<Mmsi, i64> = scene.vessels().map(|vessel| vessel.mmsi).zip(0..).collect();
    let ships = scene.vessels().zip(0..).map(|(vessel, number)| {
        let dimensions = vessel.dimensions;
        let ship = Ship {
            number,
            tx_mmsi: Some(vessel.mmsi.number()),
            length_m: vessel.length_m(),
            beam_m: f64::from(dimensions.to_port) + f64::from(dimensions.to_starboard),
            ..Ship::default()
        };
        (number, ship)
    });
    let mut truth =
        Truth { duration_s: length_s, step_s: STEP_S, plane, ships: ships.collect(), instants: Vec::new() };
    let (mut framer, mut reader, observer) =
        (Framer::default(), Reader::new(), Observer::new(SourceId(0), &Rc::default()));
    let mut events = Vec::new();
    let mut t = 0.0;
    while t <= length_s {
        scene.run(START.plus_s(t), &mut |sent: Sent<'_>| {
            framer.drain(sent.bytes, true, |line| {
                reader.line(line, sent.at, |item| {
                    if let Item::Ais(received) = item {
                        observer.observe(&received, sent.at, |event| events.push(event));
                    }
                });
            });
        });
        let states = scene.vessels().filter_map(|vessel| {
            let number = *numbers.get(&vessel.mmsi)?;
            let place = truth.plane.to_local(vessel.position).into();
            let (cog, heading) = (vessel.course.value(), vessel.heading.value());
            Some(State::new(number, place, vessel.speed.value(), cog, heading))
        });
        let states = states.collect();
        truth.instants.push(Instant { t, states });
        t += STEP_S;
    }
    let played = Played::run(events.into_iter(), START, &truth, watch::Config::default());
    (truth, played)
}

#[derive(Deserialize)]
struct Said {
    ta: f64,
    mmsi: u32,
    lat: f64,
    lon: f64,
    cog: f64,
    sog: f64,
}

/// Position reports as JSON lines; what lies between two reports of a vessel is taken to be the truth about it.
pub fn reports(path: &Path) -> Result<(Truth, Played), SceneError> {
    let mut all: Vec<Said> = Vec::new();
    each(open(path)?, path, |said: Said| {
        all.push(said);
        true
    })?;
    let nowhere = || SceneError::Value { path: path.display().to_string(), line: 1, what: "no such place" };
    let origin = all.first().and_then(|said| Position::new(said.lat, said.lon)).ok_or_else(nowhere)?;
    let plane = Plane::at(origin);
    let mut tracks: BTreeMap<u32, Vec<&Said>> = BTreeMap::new();
    for said in &all {
        tracks.entry(said.mmsi).or_default().push(said);
    }
    let length_s = all.iter().map(|said| said.ta).fold(0.0, f64::max);
    // Nobody says how large they are: taken to be small, so that what counts as close surely was.
    let ships = tracks.keys().map(|&mmsi| {
        let number = i64::from(mmsi);
        (number, Ship { number, tx_mmsi: Some(mmsi), length_m: 20.0, beam_m: 5.0, ..Ship::default() })
    });
    let mut truth =
        Truth { duration_s: length_s, step_s: STEP_S, plane, ships: ships.collect(), instants: Vec::new() };
    let mut t = 0.0;
    while t <= length_s {
        let states = tracks.iter().filter_map(|(&mmsi, reports)| between(&truth.plane, mmsi, reports, t));
        let states = states.collect();
        truth.instants.push(Instant { t, states });
        t += STEP_S;
    }
    let events = all.iter().filter_map(|said| {
        let at = START.plus_s(said.ta);
        let report = Report {
            by: Mmsi::new(said.mmsi)?.into(),
            // Which class is not told either; of the two this one is let be silent for longer.
            station: Station::ClassB,
            position: Position::new(said.lat, said.lon),
            sigma_m: 10.0,
            sog: Knots::new(said.sog),
            cog: Degrees::new(said.cog),
            heading: None,
            rot_deg_min: None,
            nav_status: None,
        };
        Some(Event::Observation(Observation {
            source: SourceId(0),
            valid: at,
            arrival: at,
            body: Body::Report(report),
        }))
    });
    let played = Played::run(events, START, &truth, watch::Config::default());
    Ok((truth, played))
}

fn between(plane: &Plane, mmsi: u32, reports: &[&Said], t: f64) -> Option<State> {
    let next = reports.partition_point(|said| said.ta <= t);
    let (before, after) = (reports.get(next.checked_sub(1)?)?, reports.get(next)?);
    let gap_s = after.ta - before.ta;
    let lies = before.sog < LIES_KN && after.sog < LIES_KN;
    if gap_s > if lies { LYING_GAP_S } else { GAP_S } {
        return None;
    }
    let part = if gap_s > 0.0 { (t - before.ta) / gap_s } else { 0.0 };
    let at = |said: &Said| Some(plane.to_local(Position::new(said.lat, said.lon)?));
    let ((e, n), (to_e, to_n)) = (at(before)?, at(after)?);
    let place = [e + part * (to_e - e), n + part * (to_n - n)];
    Some(State::new(i64::from(mmsi), place, before.sog, before.cog, before.cog))
}
