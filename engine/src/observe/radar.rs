//! Radars: where what they see lies, how sure that is, and which use of a track number it belongs to.

use crate::config::Radar;
use fusion::{
    Body, Extent, Observation, Plane, Plot, Polar, SensorId, SensorTrack, SensorTrackKey, SensorTrackStatus,
    SourceId,
};
use std::collections::BTreeMap;
use units::{Degrees, Label, Mmsi, Position, UtcTime};

/// Mean radius of the Earth, metres: heights of antennas need no better one.
const EARTH_M: f64 = 6_371_000.0;
/// No radar at sea sees further.
const FARTHEST_M: f64 = 500_000.0;
/// A clock that is further off than this is wrong, and the arrival is taken.
const CLOCK_WRONG_S: f64 = 60.0;
const DAY_S: f64 = 86_400.0;
/// Of a sensor's track that does not say: one standard deviation of its velocity on each axis, metres per second.
const TRACK_VELOCITY_SIGMA_MPS: f64 = 1.5;

/// Where a radar sees something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// By range from the antenna, in a straight line, and azimuth from what the radar takes for north.
    Polar {
        /// Metres.
        slant_m: f64,
        /// Degrees clockwise.
        azimuth_deg: f64,
    },
    /// Metres along the radar's own east and north, on the ground.
    Local {
        /// East.
        e_m: f64,
        /// North.
        n_m: f64,
    },
    /// By latitude and longitude.
    Geographic(Position),
}

/// What a radar says of one of its tracks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said {
    /// Its number.
    pub number: u32,
    /// What the radar thinks of it.
    pub status: SensorTrackStatus,
    /// Where; some leave it out when a track ends.
    pub place: Option<Place>,
    /// Speed, metres per second, and course, degrees from what the radar takes for north.
    pub motion: Option<(f64, f64)>,
    /// One standard deviation of the place on each axis, metres, where the radar says it.
    pub sigma_m: Option<f64>,
    /// What the radar calls it.
    pub name: Option<Label>,
    /// Who the radar says it is.
    pub mmsi: Option<Mmsi>,
    /// Length and width, metres.
    pub size_m: (Option<f64>, Option<f64>),
    /// Which way its longer side lies.
    pub orientation: Option<Degrees>,
}

impl Said {
    /// A confirmed track of which nothing else is known.
    #[must_use]
    pub const fn of(number: u32) -> Self {
        Self {
            number,
            status: SensorTrackStatus::Confirmed,
            place: None,
            motion: None,
            sigma_m: None,
            name: None,
            mmsi: None,
            size_m: (None, None),
            orientation: None,
        }
    }
}

/// One detection, besides its place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Echo {
    /// Radial speed, metres per second, positive away from the antenna.
    pub radial_speed_mps: Option<f64>,
    /// Strength, decibels above the radar's noise.
    pub amplitude_db: Option<f64>,
    /// How much of the sea it covers.
    pub extent: Option<Extent>,
}

/// Why a target gave no observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unused {
    /// No profile says where the radar is.
    NoSite,
    /// Its angles are relative to a heading that nobody told.
    NoHeading,
    /// No number: somebody pointed at a place.
    NoNumber,
    /// It goes on, and is nowhere.
    NoPlace,
    /// Not tracked, or made for a test.
    NotTracked,
    /// What the radar knows for a permanent echo.
    FixedEcho,
}

impl Unused {
    /// Every reason.
    pub const ALL: [Self; 6] =
        [Self::NoSite, Self::NoHeading, Self::NoNumber, Self::NoPlace, Self::NotTracked, Self::FixedEcho];

    /// Its name for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoSite => "no_site",
            Self::NoHeading => "no_heading",
            Self::NoNumber => "no_number",
            Self::NoPlace => "no_place",
            Self::NotTracked => "not_tracked",
            Self::FixedEcho => "fixed_echo",
        }
    }
}

/// What became of one target.
pub type Outcome = Result<Observation, Unused>;

/// One source's radars, and which use each of their track numbers is in. One for all peers of a source: a number
/// goes on when a connection begins anew.
#[derive(Debug)]
pub struct Observer {
    source: SourceId,
    radars: Vec<Radar>,
    uses: Uses,
}

impl Observer {
    /// For the radars of one source.
    #[must_use]
    pub fn new(source: SourceId, radars: Vec<Radar>) -> Self {
        Self { source, radars, uses: Uses::default() }
    }

    /// Its radars.
    #[must_use]
    pub fn radars(&self) -> &[Radar] {
        &self.radars
    }

    /// Which of them speaks: by area and identification code, where it gave them. `None` where no profile is his.
    #[must_use]
    pub fn speaker(&self, sac_sic: Option<(u8, u8)>) -> Option<usize> {
        // A profile for anybody is for those who have none of their own.
        let own = self.radars.iter().position(|radar| radar.code.is_some() && radar.code == sac_sic);
        own.or_else(|| self.radars.iter().position(|radar| radar.code.is_none()))
    }

    /// Whether what a radar measured is wanted, and not what its tracker made of it.
    #[must_use]
    pub fn prefers_plots(&self, radar: usize) -> bool {
        self.radars.get(radar).is_some_and(|radar| radar.plots)
    }

    /// When a radar's clock showed so many seconds after midnight, UTC: on the day nearest to the arrival; and whether
    /// its clock can be believed. `None` is the arrival.
    #[must_use]
    pub fn valid(&self, radar: usize, day_s: Option<f64>, arrival: UtcTime) -> (UtcTime, bool) {
        let ahead_s = self.radars.get(radar).map_or(0.0, |radar| radar.clock_ahead_s);
        let Some(day_s) = day_s else { return (arrival, true) };
        let now_s = arrival.unix_ns().rem_euclid(86_400_000_000_000) as f64 / 1e9;
        let later_s = (day_s - ahead_s - now_s + DAY_S / 2.0).rem_euclid(DAY_S) - DAY_S / 2.0;
        if later_s.abs() > CLOCK_WRONG_S { (arrival, false) } else { (arrival.plus_s(later_s), true) }
    }

    /// One detection, of nobody known; `None` where no radar has that index or the place is none.
    #[must_use]
    pub fn plot(
        &self,
        radar: usize,
        place: Place,
        echo: Echo,
        valid: UtcTime,
        arrival: UtcTime,
    ) -> Option<Observation> {
        let radar = self.radars.get(radar)?;
        let polar = radar.polar(place)?;
        let Echo { radial_speed_mps, amplitude_db, extent } = echo;
        let body = Body::Plot(Plot {
            sensor: radar.id,
            position: radar.position(&polar),
            covariance_m2: covariance_m2(&polar),
            polar: matches!(place, Place::Polar { .. }).then_some(polar),
            radial_speed_mps,
            amplitude_db,
            extent,
        });
        Some(Observation { source: self.source, valid, arrival, body })
    }

    /// One state of a radar's track; `None` where no radar has that index, or a track that goes on is nowhere.
    pub fn track(
        &mut self,
        radar: usize,
        said: &Said,
        valid: UtcTime,
        arrival: UtcTime,
    ) -> Option<Observation> {
        let radar = self.radars.get(radar)?;
        let polar = said.place.and_then(|place| radar.polar(place));
        if polar.is_none() && said.status != SensorTrackStatus::Ended {
            return None;
        }
        let position = polar.as_ref().map(|polar| match said.place {
            Some(Place::Geographic(position)) => position,
            _ => radar.position(polar),
        });
        let speed_mps = said.motion.map_or(0.0, |(speed_mps, _)| speed_mps);
        let state = State { position, speed_mps, arrival, ended: said.status == SensorTrackStatus::Ended };
        let generation = self.uses.generation(radar.id, said.number, state);
        // What a track has been smoothed by, and what a smoothed track is late by (ALGORITHMS 1).
        let covariance_m2 = match (said.sigma_m, &polar) {
            (Some(sigma_m), _) => [sigma_m * sigma_m, 0.0, sigma_m * sigma_m],
            (None, Some(polar)) => {
                let [ee, en, nn] = covariance_m2(polar);
                [0.64 * ee + 9.0, 0.64 * en, 0.64 * nn + 9.0]
            }
            (None, None) => [0.0; 3],
        };
        let turned_rad = position.map_or(0.0, |position| radar.plane.convergence_rad(&Plane::at(position)));
        let velocity_mps = said.motion.map(|(speed_mps, course_deg)| {
            let (sin, cos) = ((course_deg + radar.north_deg).to_radians() + turned_rad).sin_cos();
            [speed_mps * sin, speed_mps * cos]
        });
        let variance = TRACK_VELOCITY_SIGMA_MPS * TRACK_VELOCITY_SIGMA_MPS;
        let body = Body::SensorTrack(SensorTrack {
            key: SensorTrackKey { sensor: radar.id, number: said.number, generation },
            status: said.status,
            position,
            covariance_m2,
            velocity_mps,
            velocity_covariance: [variance, 0.0, variance],
            name: said.name,
            mmsi: said.mmsi,
            length_m: said.size_m.0,
            width_m: said.size_m.1,
            orientation: said.orientation,
        });
        Some(Observation { source: self.source, valid, arrival, body })
    }
}

impl Radar {
    /// A place as range on the ground and true azimuth; `None` where it is not finite, or out of any radar's sight.
    fn polar(&self, place: Place) -> Option<Polar> {
        let (range_m, azimuth_rad) = match place {
            Place::Polar { slant_m, azimuth_deg } => {
                (self.ground_m(slant_m), (azimuth_deg + self.north_deg).to_radians())
            }
            Place::Local { e_m, n_m } => (e_m.hypot(n_m), e_m.atan2(n_m) + self.north_deg.to_radians()),
            Place::Geographic(position) => {
                let (e_m, n_m) = self.plane.to_local(position);
                (e_m.hypot(n_m), e_m.atan2(n_m))
            }
        };
        let sound = azimuth_rad.is_finite() && (0.0..FARTHEST_M).contains(&range_m);
        sound.then(|| Polar {
            site: self.plane.origin(),
            range_m,
            azimuth_rad: azimuth_rad.rem_euclid(std::f64::consts::TAU),
            range_sigma_m: self.range_sigma_m,
            azimuth_sigma_rad: self.azimuth_sigma_deg.to_radians(),
        })
    }

    /// How far off on the plane that touches the sea below the antenna, for a straight line from the antenna to the
    /// sea: cut by the Earth's curvature as well as by the antenna's height.
    fn ground_m(&self, slant_m: f64) -> f64 {
        let height_m = self.antenna_height_m;
        if !(0.0..FARTHEST_M).contains(&slant_m) {
            return f64::NAN;
        }
        let flat_m2 = (slant_m * slant_m - height_m * height_m).max(0.0);
        let half = (flat_m2 / (4.0 * EARTH_M * (EARTH_M + height_m))).sqrt().min(1.0).asin();
        EARTH_M * (2.0 * half).sin()
    }

    fn position(&self, polar: &Polar) -> Position {
        let (sin, cos) = polar.azimuth_rad.sin_cos();
        self.plane.to_position(polar.range_m * sin, polar.range_m * cos)
    }
}

/// Along true east and north: ee, en, nn.
fn covariance_m2(polar: &Polar) -> [f64; 3] {
    let (sin, cos) = polar.azimuth_rad.sin_cos();
    let along = polar.range_sigma_m * polar.range_sigma_m;
    let across = (polar.range_m * polar.azimuth_sigma_rad).powi(2);
    [
        sin * sin * along + cos * cos * across,
        sin * cos * (along - across),
        cos * cos * along + sin * sin * across,
    ]
}

/// Numbers that are remembered; of more, those silent longest are forgotten, so many at a time: a peer that makes up
/// numbers costs no search for each.
const MAX_USES: usize = 65_536;
const FORGOTTEN: usize = 8192;
/// A number that has been silent for this long begins anew.
const SILENT_S: f64 = 60.0;
/// A track that is further from where it was than it can have gone is another.
const JUMP_M: f64 = 1000.0;
const SPEED_CHANGE_MPS: f64 = 25.0;

/// Which use each track number is in.
#[derive(Debug, Default)]
struct Uses {
    known: BTreeMap<(SensorId, u32), (u32, State)>,
}

/// What was last heard of a number.
#[derive(Clone, Copy, Debug)]
struct State {
    position: Option<Position>,
    speed_mps: f64,
    arrival: UtcTime,
    ended: bool,
}

impl State {
    /// Whether `next` cannot be the same thing.
    fn is_over_before(&self, next: &Self) -> bool {
        let after_s = next.arrival.since(self.arrival);
        // A second end adds nothing; what lives after an end is new.
        if self.ended && next.ended {
            return false;
        }
        let jumped = self.position.zip(next.position).is_some_and(|(from, to)| {
            let most_m = JUMP_M + (self.speed_mps + SPEED_CHANGE_MPS) * after_s.max(0.0);
            fusion::chord_m(from, to) > most_m
        });
        self.ended || after_s > SILENT_S || jumped
    }
}

impl Uses {
    fn generation(&mut self, sensor: SensorId, number: u32, state: State) -> u32 {
        let key = (sensor, number);
        if let Some((generation, before)) = self.known.get_mut(&key) {
            *generation = generation.wrapping_add(u32::from(before.is_over_before(&state)));
            let position = state.position.or(before.position);
            *before = State { position, ..state };
            return *generation;
        }
        if self.known.len() >= MAX_USES {
            let mut silent: Vec<_> =
                self.known.iter().map(|(key, (_, state))| (state.arrival, *key)).collect();
            silent.select_nth_unstable(FORGOTTEN);
            for (_, key) in silent.iter().take(FORGOTTEN) {
                self.known.remove(key);
            }
        }
        self.known.insert(key, (0, state));
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observer() -> Observer {
        let site = Position::new(29.9, 122.1).unwrap();
        let radar = Radar {
            antenna_height_m: 200.0,
            north_deg: 1.0,
            clock_ahead_s: 0.5,
            ..Radar::new(3, "hill", site)
        };
        Observer::new(SourceId(1), vec![radar])
    }

    fn at(seconds: f64) -> UtcTime {
        UtcTime::from_unix_s(1_795_413_600).plus_s(seconds)
    }

    fn plot_at(slant_m: f64, azimuth_deg: f64) -> Plot {
        let place = Place::Polar { slant_m, azimuth_deg };
        let seen = observer().plot(0, place, Echo::default(), at(0.0), at(0.0)).unwrap();
        let Body::Plot(plot) = seen.body else { panic!("{seen:?}") };
        plot
    }

    #[test]
    fn a_range_from_a_hill_is_shorter_on_the_sea() {
        // A site at 200 m sees 20 m too far at 1 km, 6.7 m at 3 km (ALGORITHMS 0); the curvature adds to it far out:
        // from a sphere of 6371 km in a few lines of Python.
        for (slant_m, short_m, give_m) in
            [(1000.0, 20.2, 0.1), (3000.0, 6.7, 0.1), (30_000.0, 1.221, 0.01), (100.0, 100.0, 1e-9)]
        {
            let polar = plot_at(slant_m, 44.0).polar.unwrap();
            assert!((slant_m - polar.range_m - short_m).abs() < give_m, "{slant_m}: {}", polar.range_m);
            assert!((polar.azimuth_rad.to_degrees() - 45.0).abs() < 1e-9);
        }
        assert!(
            observer()
                .plot(
                    0,
                    Place::Polar { slant_m: f64::NAN, azimuth_deg: 0.0 },
                    Echo::default(),
                    at(0.0),
                    at(0.0)
                )
                .is_none()
        );
        assert!(
            observer()
                .plot(1, Place::Local { e_m: 1.0, n_m: 0.0 }, Echo::default(), at(0.0), at(0.0))
                .is_none()
        );
    }

    #[test]
    fn a_plot_is_surest_along_its_ray() {
        // 10 m along, 0.2 degrees across: 69.8 m at 20 km.
        let [ee, en, nn] = plot_at(20_000.0, 89.0).covariance_m2;
        assert!(
            (ee.sqrt() - 10.0).abs() < 1e-6 && en.abs() < 1e-6 && (nn.sqrt() - 69.8).abs() < 0.1,
            "{ee} {en} {nn}"
        );
        let [ee, en, nn] = plot_at(20_000.0, 44.0).covariance_m2;
        assert!((ee - nn).abs() < 1e-6 && en < 0.0 && ee * nn > en * en);
    }

    #[test]
    fn a_time_of_day_is_of_the_nearest_day() {
        let observer = observer();
        // 2026-11-23 06:00:00 is 1,795,413,600; the radar's clock is half a second ahead.
        let midnight = UtcTime::from_unix_s(1_795_392_000);
        for (arrival, day_s, valid, sound) in [
            (at(0.2), 21_600.4, at(-0.1), true),
            (midnight.plus_s(0.3), 86_399.9, midnight.plus_s(-0.6), true),
            (midnight.plus_s(-0.3), 0.4, midnight.plus_s(-0.1), true),
            (at(0.0), 20_000.0, at(0.0), false),
        ] {
            let seen = observer.valid(0, Some(day_s), arrival);
            assert!(seen.0.since(valid).abs() < 1e-6 && seen.1 == sound, "{day_s}: {seen:?}");
        }
        assert_eq!(observer.valid(0, None, at(0.0)), (at(0.0), true));
    }

    #[test]
    fn a_flood_of_numbers_is_forgotten_and_the_one_that_speaks_is_not() {
        let mut uses = Uses::default();
        let state =
            |seconds: f64, ended| State { position: None, speed_mps: 0.0, arrival: at(seconds), ended };
        // Number 1 ends, and is used again once: generation 1.
        assert_eq!(uses.generation(SensorId(3), 1, state(0.0, true)), 0);
        assert_eq!(uses.generation(SensorId(3), 1, state(0.1, false)), 1);
        for n in 0..3 * MAX_USES as u32 {
            uses.generation(SensorId(3), n + 100, state(f64::from(n) * 1e-4, false));
            if n.is_multiple_of(1000) {
                assert_eq!(uses.generation(SensorId(3), 1, state(f64::from(n) * 1e-4 + 0.2, false)), 1);
            }
            assert!(uses.known.len() <= MAX_USES);
        }
    }

    #[test]
    fn a_radar_with_a_profile_of_its_own_has_no_other() {
        let site = Position::new(29.9, 122.1).unwrap();
        let anybody = Radar::new(1, "anybody", site);
        let own = Radar { code: Some((25, 7)), ..Radar::new(2, "own", site) };
        let observer = Observer::new(SourceId(1), vec![anybody, own.clone()]);
        assert_eq!(
            [Some((25, 7)), Some((25, 8)), None].map(|code| observer.speaker(code)),
            [Some(1), Some(0), Some(0)]
        );
        let observer = Observer::new(SourceId(1), vec![own]);
        assert_eq!(
            [Some((25, 7)), Some((25, 8)), None].map(|code| observer.speaker(code)),
            [Some(0), None, None]
        );
    }

    #[test]
    fn a_number_that_is_used_again_is_another_track() {
        use SensorTrackStatus::{Confirmed, Ended};
        let mut observer = observer();
        let near = Some(Place::Polar { slant_m: 5000.0, azimuth_deg: 10.0 });
        let far = Some(Place::Polar { slant_m: 9000.0, azimuth_deg: 10.0 });
        let steps = [
            (0.0, Confirmed, near, 0),
            (3.0, Confirmed, near, 0),
            // Ended without a place, and told twice.
            (6.0, Ended, None, 0),
            (9.0, Ended, None, 0),
            (12.0, Confirmed, near, 1),
            // Where it cannot have got to.
            (15.0, Confirmed, far, 2),
            // Silent for too long.
            (80.0, Confirmed, far, 3),
        ];
        for (seconds, status, place, generation) in steps {
            let said = Said { status, place, motion: Some((5.0, 90.0)), ..Said::of(7) };
            let seen = observer.track(0, &said, at(seconds), at(seconds)).unwrap();
            let Body::SensorTrack(track) = seen.body else { panic!("{seen:?}") };
            assert_eq!(track.key, SensorTrackKey { sensor: SensorId(3), number: 7, generation }, "{seconds}");
            assert_eq!(track.position.is_some(), place.is_some());
            // North is a degree off, and so is the course.
            let [east, north] = track.velocity_mps.unwrap();
            assert!((east - 4.999).abs() < 0.002 && (north + 0.087).abs() < 0.01, "{east} {north}");
        }
        // A track that goes on, nowhere.
        assert!(observer.track(0, &Said::of(8), at(0.0), at(0.0)).is_none());
    }
}
