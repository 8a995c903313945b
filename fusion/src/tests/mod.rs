//! The tracker through its one door, [`Fusion::apply`].

mod aliases;
mod current;
mod lives;
mod mutual;
mod properties;
mod radar;
mod scenes;

use crate::index::within;
use crate::*;
use units::{Degrees, Knots, Label, Mmsi, Position, UtcTime};

/// When every scene begins.
const T0: UtcTime = UtcTime::from_unix_s(1_764_000_000);

fn home() -> Position {
    Position::new(29.935, 121.885).unwrap()
}

fn mmsi(number: u32) -> Mmsi {
    Mmsi::new(number).unwrap()
}

fn label(text: &str) -> Option<Label> {
    Label::new(text.as_bytes())
}

/// A vessel's report in metres about a place, as a scene writes it.
#[derive(Clone, Copy)]
struct Said {
    mmsi: u32,
    station: Station,
    at: Position,
    e_m: f64,
    n_m: f64,
    sog: Option<f64>,
    cog: Option<f64>,
    nav: Option<u8>,
    sigma_m: f64,
    source: u16,
    valid_s: f64,
    arrival_s: f64,
}

/// A class A ship under way, heard at once.
fn said(t_s: f64, e_m: f64, n_m: f64) -> Said {
    Said {
        mmsi: 413_000_001,
        station: Station::ClassA,
        at: home(),
        e_m,
        n_m,
        sog: Some(10.0),
        cog: Some(0.0),
        nav: Some(0),
        sigma_m: 6.0,
        source: 0,
        valid_s: t_s,
        arrival_s: t_s,
    }
}

impl Said {
    fn report(&self) -> Report {
        Report {
            by: mmsi(self.mmsi).into(),
            station: self.station,
            position: Some(Plane::at(self.at).to_position(self.e_m, self.n_m)),
            sigma_m: self.sigma_m,
            sog: self.sog.and_then(Knots::new),
            cog: self.cog.and_then(Degrees::new),
            heading: None,
            rot_deg_min: None,
            nav_status: self.nav,
        }
    }

    fn event(&self) -> Event {
        event(self.source, self.valid_s, self.arrival_s, Body::Report(self.report()))
    }
}

fn event(source: u16, valid_s: f64, arrival_s: f64, body: Body) -> Event {
    Event::Observation(Observation {
        source: SourceId(source),
        valid: T0.plus_s(valid_s),
        arrival: T0.plus_s(arrival_s),
        body,
    })
}

fn statics(number: u32, name: &str) -> Statics {
    Statics { name: label(name), ship_type: None, hull: None, ..Statics::of(mmsi(number).into()) }
}

/// A tracker and the changes of its last event.
struct World {
    fusion: Fusion,
    changes: Vec<Change>,
}

impl World {
    fn new(config: Config) -> Self {
        Self { fusion: Fusion::new(config), changes: Vec::new() }
    }

    fn apply(&mut self, event: &Event) -> &[Change] {
        self.changes.clear();
        self.fusion.apply(event, &mut self.changes);
        sound(&self.fusion, &self.changes);
        &self.changes
    }

    fn say(&mut self, said: &Said) -> &[Change] {
        self.apply(&said.event())
    }

    fn tick(&mut self, t_s: f64) -> &[Change] {
        self.apply(&Event::Tick(T0.plus_s(t_s)))
    }

    fn only(&self) -> &Track {
        let mut tracks = self.fusion.tracks();
        let track = tracks.next().unwrap();
        assert!(tracks.next().is_none(), "more than one track");
        track
    }
}

/// What must hold after every event, whatever came in.
fn sound(fusion: &Fusion, changes: &[Change]) {
    let counters = fusion.counters();
    assert_eq!(counters.observations, counters.accounted());
    let (mut tracks, mut boxes) = (0, 0);
    for track in fusion.tracks() {
        tracks += 1;
        assert!(track.filter.is_sound() && track.imm.is_sound(), "{:?} {:?}", track.filter, track.imm);
        assert!(track.version > 0);
        let caller = track.identity.caller();
        let others = caller.map(|caller| fusion.claimants(caller));
        let others = others.into_iter().flatten().filter(|other| other.identity.caller() == caller);
        let doubt = { others }.any(|o| o.id != track.id && o.life != Life::Lost);
        // A radar whose site is known can doubt a track as well, once a second.
        if fusion.radars.iter().all(|radar| radar.site.is_none()) {
            assert_eq!(track.doubt, doubt, "{}", track.id);
        } else {
            assert!(track.doubt || !doubt, "{}", track.id);
        }
        // The index holds it now and until the next whole second.
        for t in [fusion.now(), fusion.now().plus_s(0.5), fusion.horizon()] {
            if t <= fusion.horizon() {
                for radius_m in [0.0, 2000.0] {
                    let mut found = Vec::new();
                    fusion.find(track.surface_at(t), radius_m, t, &mut found);
                    boxes += found.iter().filter(|&&id| id == track.id).count();
                    boxes -= 1;
                }
            }
        }
        assert!(within(track.surface_at(track.time()), crate::plane::ecef(track.position()), 1e-3));
    }
    assert_eq!(boxes, 0, "every track is in its box, once");
    let confirmed = |(at, id)| fusion.tracks.get(id).is_some_and(|entry| entry.scheduled == at);
    let mut due: Vec<_> = fusion.schedule.entries().filter(|&entry| confirmed(entry)).collect();
    due.sort_unstable();
    due.dedup();
    assert_eq!(due.len(), tracks);
    assert!(fusion.schedule.entries().count() <= 4 * tracks + 200);
    let mut announced: Vec<_> =
        changes.iter().filter_map(|c| if let Change::Track(id) = c { Some(*id) } else { None }).collect();
    let before = announced.len();
    announced.sort_unstable();
    announced.dedup();
    assert_eq!(announced.len(), before, "a track is announced once an event");
    assert!(announced.iter().all(|&id| fusion.track(id).is_some()));
}
