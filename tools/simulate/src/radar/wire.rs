//! What a radar sees, as it goes out: TTM sentences, CAT010, CAT048 with CAT034.

use super::antenna::{Echo, slant_m};
use super::tracker::{Stage, Update};
use super::{Output, SECTORS, Site};
use decoders::arpa::{Acquisition, Clock, Message, Reference, TargetStatus, TrackedTarget, Unit};
use decoders::asterix::{Block, Course, DataSource, Editions, Polar, cat010, cat048, time_of_day};
use units::{KNOT_MPS, UtcTime};

const NM: f64 = 1852.0;
/// CAT010 has seven bits for a length.
const MOST_LENGTH_M: f64 = 127.0;

#[derive(Debug)]
pub(super) struct Wire {
    lines: Vec<u8>,
    /// The service messages of CAT034, where there are any.
    service: Option<Block>,
    surface: Block,
    plots: Block,
    source: DataSource,
    site: Site,
}

impl Wire {
    pub fn new(site: &Site) -> Self {
        let (sac, sic) = site.code;
        let service =
            (site.output == Output::Cat048).then(|| Editions::default().category(34).map(Block::new));
        Self {
            lines: Vec::new(),
            service: service.flatten(),
            surface: Block::new(cat010::category()),
            plots: Block::new(cat048::category()),
            source: DataSource { sac, sic },
            site: site.clone(),
        }
    }

    pub fn clear(&mut self) {
        self.lines.clear();
        self.service.iter_mut().for_each(Block::clear);
        self.surface.clear();
        self.plots.clear();
    }

    /// Hands out what is not empty, in one piece.
    pub fn finish(&mut self, at: UtcTime, told: &mut impl FnMut(UtcTime, &[u8])) {
        let blocks = self.service.iter().chain([&self.surface, &self.plots]);
        for block in blocks.filter(|block| block.records() > 0) {
            self.lines.extend_from_slice(block.bytes());
        }
        if !self.lines.is_empty() {
            told(at, &self.lines);
        }
    }

    /// That a sector has begun: north in CAT010, every one in CAT034.
    pub fn sector(&mut self, site: &Site, place: u8, end: UtcTime) {
        let DataSource { sac, sic } = self.source;
        match (site.output, &mut self.service) {
            (Output::Cat010, _) if place == 0 => {
                let report = cat010::Report {
                    source: Some(self.source),
                    kind: Some(cat010::Kind::StartOfUpdate),
                    time_of_day: Some(time_of_day(end)),
                    ..cat010::Report::default()
                };
                // Everything in it is within its range.
                let _ = self.surface.push(|visit| report.tell(visit));
            }
            (Output::Cat048, Some(service)) => {
                let _ = service.push(|visit| {
                    visit.object("010");
                    visit.int("SAC", sac.into());
                    visit.int("SIC", sic.into());
                    visit.close();
                    visit.int("000", if place == 0 { 1 } else { 2 });
                    visit.exact("030", f64::from(time_of_day(end)) / 128.0);
                    visit.exact("020", f64::from(place) * 360.0 / SECTORS as f64);
                    visit.exact("041", site.turn_s);
                });
            }
            _ => {}
        }
    }

    pub fn targets(&mut self, updates: &[Update]) {
        for update in updates {
            let lost = update.stage == Stage::Lost;
            let [e_m, n_m] = update.place_m;
            let slant_m = slant_m(&self.site, e_m.hypot(n_m));
            let bearing = e_m.atan2(n_m).to_degrees().rem_euclid(360.0);
            let (speed_mps, course) = polar(update.velocity_mps);
            let known = update.stage != Stage::Acquiring;
            let day_ms = update.at.unix_ns().rem_euclid(86_400_000_000_000) / 1_000_000;
            let target = TrackedTarget {
                number: Some(update.number.into()),
                distance: Some(if lost { 0.0 } else { round(slant_m / NM, 1000.0) }),
                bearing: Some(if lost { 0.0 } else { round(bearing, 10.0) % 360.0 }),
                bearing_from: Some(Reference::True),
                speed: known.then(|| round(speed_mps / KNOT_MPS, 10.0)),
                course: known.then(|| round(course, 10.0) % 360.0),
                course_from: Some(Reference::True),
                unit: Some(Unit::NauticalMiles),
                status: Some(match update.stage {
                    Stage::Acquiring => TargetStatus::Acquiring,
                    Stage::Tracking | Stage::Coasting => TargetStatus::Tracking,
                    Stage::Lost => TargetStatus::Lost,
                }),
                time: Clock::of_day_ms(day_ms as u32 / 10 * 10),
                acquisition: Some(Acquisition::Automatic),
                ..TrackedTarget::default()
            };
            Message::Ttm(target).encode(*b"RA", &mut self.lines);
        }
    }

    pub fn surface(&mut self, site: &Site, updates: &[Update], echoes: &[Echo]) {
        for update in updates {
            let lost = update.stage == Stage::Lost;
            let (speed_mps, course_deg) = polar(update.velocity_mps);
            let near = update.place_m.iter().all(|m| m.abs() < 32_767.0);
            let status = cat010::Status {
                tentative: update.stage == Stage::Acquiring,
                ended: lost,
                coasted: u8::from(update.stage == Stage::Coasting),
                projected: true,
                smoothed: true,
                ..cat010::Status::default()
            };
            let plain = self.report(update.at);
            let report = cat010::Report {
                track: Some(update.number),
                status: Some(status),
                polar: update.echo.as_ref().and_then(measured),
                cartesian_m: (!lost && near).then_some(update.place_m),
                course: (!lost).then_some(Course { speed_mps, course_deg }),
                velocity_mps: (!lost).then_some(update.velocity_mps),
                size: update.echo.map(|echo| cat010::Size {
                    length_m: echo.length_m.clamp(1.0, MOST_LENGTH_M).round(),
                    orientation_deg: Some(update.heading_deg),
                    width_m: Some(update.width_m.clamp(1.0, MOST_LENGTH_M).round()),
                }),
                ..plain
            };
            let _ = self.surface.push(|visit| report.tell(visit));
        }
        // What no track has taken goes out as it was seen.
        for echo in echoes.iter().filter(|echo| echo.of.is_none() && echo.slant_m <= site.reach_m * 1.1) {
            let report = cat010::Report { polar: measured(echo), ..self.report(echo.at) };
            let _ = self.surface.push(|visit| report.tell(visit));
        }
    }

    fn report(&self, at: UtcTime) -> cat010::Report {
        cat010::Report {
            source: Some(self.source),
            kind: Some(cat010::Kind::Target),
            // A primary radar.
            descriptor: Some(cat010::Descriptor { sensor: 3, special: None }),
            time_of_day: Some(time_of_day(at)),
            ..cat010::Report::default()
        }
    }

    pub fn plots(&mut self, echoes: &[Echo]) {
        for echo in echoes {
            let report = cat048::Report {
                source: Some(self.source),
                time_of_day: Some(time_of_day(echo.at)),
                descriptor: Some(cat048::Descriptor { detection: 1, ..cat048::Descriptor::default() }),
                polar: measured(echo),
                ..cat048::Report::default()
            };
            let _ = self.plots.push(|visit| report.tell(visit));
        }
    }
}

/// Where an echo is, where both categories can say it.
fn measured(echo: &Echo) -> Option<Polar> {
    (echo.slant_m < 65_535.0).then_some(Polar { range_m: echo.slant_m, azimuth_deg: echo.azimuth_deg })
}

/// Speed, and course in degrees.
fn polar([east, north]: [f64; 2]) -> (f64, f64) {
    (east.hypot(north), east.atan2(north).to_degrees().rem_euclid(360.0))
}

/// To the nearest part.
fn round(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}
