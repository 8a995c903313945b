//! Radars that watch the same truth: an antenna that turns, echoes with noise, clutter and shadows, a tracker that
//! numbers what it sees, and what goes out in wire formats.

mod antenna;
mod tracker;
mod video;
mod wire;

use crate::random::Random;
use crate::scene::Scene;
use antenna::Look;
use std::ops::Range;
use tracker::Tracker;
use units::{Mmsi, Position, UtcTime};
use video::Screen;
use wire::Wire;

pub use antenna::Echo;
pub use tracker::{Stage, Update};

/// Parts of a turn that are told at once.
const SECTORS: i64 = 32;
/// From the end of a sector until it is told, s.
const LATENCY_S: f64 = 0.05;

/// What a radar is like, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Where its antenna is.
    pub position: Position,
    /// How far the antenna is above the sea, m: ranges are measured from there.
    pub antenna_height_m: f64,
    /// As far as it looks, m.
    pub reach_m: f64,
    /// Seconds for one turn.
    pub turn_s: f64,
    /// One standard deviation of its ranges, m, and azimuths, degrees.
    pub sigma: (f64, f64),
    /// What is added to every range, m, and azimuth, degrees.
    pub bias: (f64, f64),
    /// Two echoes are one where they are nearer than this along the range, m, and in azimuth, degrees.
    pub resolution: (f64, f64),
    /// Echoes of nothing, in each turn.
    pub clutter: f64,
    /// Where land is in the way: azimuths from and to, clockwise, degrees, and beyond which range, m.
    pub shadows: Vec<(f64, f64, f64)>,
    /// What goes out.
    pub output: Output,
    /// System area and identification code, in ASTERIX.
    pub code: (u8, u8),
}

/// What a radar tells, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Tracks, as TTM sentences.
    Ttm,
    /// Tracks and what else it sees, as CAT010.
    Cat010,
    /// Plots, as CAT048, with the sectors of CAT034.
    Cat048,
    /// Video, as CAT240: every cell of every direction.
    Cat240,
}

impl Site {
    /// An ordinary coastal radar: X band, 24 turns a minute, 0.2 degrees, 12 nautical miles.
    #[must_use]
    pub const fn ordinary(position: Position, output: Output) -> Self {
        Self {
            position,
            antenna_height_m: 80.0,
            reach_m: 22_224.0,
            turn_s: 2.5,
            sigma: (8.0, 0.15),
            bias: (0.0, 0.0),
            resolution: (30.0, 0.5),
            clutter: 5.0,
            shadows: Vec::new(),
            output,
            code: (0, 1),
        }
    }

    /// How far off a place is over the ground, m, where neither land nor distance hides it.
    #[must_use]
    pub fn in_sight_m(&self, position: Position) -> Option<f64> {
        antenna::in_sight_m(self, position)
    }
}

/// A radar at work.
#[derive(Debug)]
pub struct Radar {
    site: Site,
    /// Sectors since 1970 that have been told.
    told: Option<i64>,
    tracker: Tracker,
    wire: Wire,
    screen: Option<Screen>,
    random: Random,
    looks: Vec<Look>,
    echoes: Vec<Echo>,
}

impl Radar {
    /// A radar that begins to turn when it is first run. The same seed and calls give the same bytes.
    #[must_use]
    pub fn new(site: Site, seed: u64) -> Self {
        let wire = Wire::new(&site);
        let screen = (site.output == Output::Cat240).then(|| Screen::new(&site));
        // TTM has numbers of two digits, CAT010 of twelve bits.
        let tracker = Tracker::new(if site.output == Output::Ttm { 99 } else { 4095 });
        let random = Random::stream(seed, 0x5261_6461_7200);
        Self { site, told: None, tracker, wire, screen, random, looks: Vec::new(), echoes: Vec::new() }
    }

    /// What it is like.
    #[must_use]
    pub const fn site(&self) -> &Site {
        &self.site
    }

    /// The number that its tracker has given a vessel, if it follows it.
    #[must_use]
    pub fn number(&self, mmsi: Mmsi) -> Option<u16> {
        self.tracker.number(mmsi)
    }

    /// Hands out every sector that is told up to and including `until`: when, and the lines or blocks. The scene must
    /// have been run to `until`, and at least once a second.
    pub fn run(&mut self, scene: &Scene, until: UtcTime, told: &mut impl FnMut(UtcTime, &[u8])) {
        for sector in self.due(until) {
            let span = self.sweep(scene, sector);
            self.tell(sector.rem_euclid(SECTORS), span, told);
        }
    }

    /// The same before it is put into bytes: when a sector is told, its echoes, and what the tracker made of them.
    pub fn observe(
        &mut self,
        scene: &Scene,
        until: UtcTime,
        told: &mut impl FnMut(UtcTime, &[Echo], &[Update]),
    ) {
        for sector in self.due(until) {
            let (_, end) = self.sweep(scene, sector);
            self.tracker.scan(&self.site, &self.looks, &self.echoes);
            told(end.plus_s(LATENCY_S), &self.echoes, self.tracker.updates());
        }
    }

    fn sector_s(&self) -> f64 {
        self.site.turn_s / SECTORS as f64
    }

    /// Sectors that have not been told and are over.
    fn due(&mut self, until: UtcTime) -> Range<i64> {
        let latest = ((until.plus_s(-LATENCY_S).unix_ns() as f64 / 1e9) / self.sector_s()).floor() as i64;
        let first = self.told.map_or(latest, |before| before + 1);
        self.told = Some(latest - 1).max(self.told);
        first..latest
    }

    /// Looks where the beam passes: from when to when.
    fn sweep(&mut self, scene: &Scene, sector: i64) -> (UtcTime, UtcTime) {
        let sector_s = self.sector_s();
        let Self { site, random, looks, echoes, .. } = self;
        let begin = UtcTime::from_unix_ns((sector as f64 * sector_s * 1e9) as i64);
        let width_deg = 360.0 / SECTORS as f64;
        let from_deg = sector.rem_euclid(SECTORS) as f64 * width_deg;
        antenna::look(site, scene, begin, from_deg, width_deg, looks);
        antenna::see(site, looks, begin, (from_deg, width_deg), random, echoes);
        (begin, begin.plus_s(sector_s))
    }

    fn tell(&mut self, place: i64, (begin, end): (UtcTime, UtcTime), told: &mut impl FnMut(UtcTime, &[u8])) {
        let Self { site, tracker, wire, screen, random, looks, echoes, .. } = self;
        if let Some(screen) = screen {
            return screen.sector(site, place, (begin, end.plus_s(LATENCY_S)), echoes, random, told);
        }
        tracker.scan(site, looks, echoes);
        wire.clear();
        wire.sector(site, place as u8, end);
        match site.output {
            Output::Ttm => wire.targets(tracker.updates()),
            Output::Cat010 => wire.surface(site, tracker.updates(), echoes),
            Output::Cat048 => wire.plots(echoes),
            Output::Cat240 => {}
        }
        wire.finish(end.plus_s(LATENCY_S), told);
    }
}
