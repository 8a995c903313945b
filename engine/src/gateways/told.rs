//! What the feed says of a track, as the languages need it.

use crate::feed::proto;
use decoders::calendar::civil;
use fusion::Plane;
use units::{Degrees, KNOT_MPS, Knots, Label, Mmsi, Position, UtcTime};

/// A track that is told.
#[derive(Clone, Copy)]
pub(super) struct Told<'a>(pub &'a proto::Track);

impl<'a> Told<'a> {
    /// `None` for what may yet be an error, and what has no place.
    pub fn of(track: &'a proto::Track) -> Option<Self> {
        let is_sure = !matches!(track.life(), proto::Life::Tentative | proto::Life::Unspecified);
        (is_sure && Position::new(track.lat, track.lon).is_some()).then_some(Self(track))
    }

    pub fn at(self) -> UtcTime {
        UtcTime::from_unix_us(self.0.time_us)
    }

    pub fn mmsi(self) -> Option<Mmsi> {
        Mmsi::new(self.identity()?.mmsi?)
    }

    pub fn identity(self) -> Option<&'a proto::Identity> {
        self.0.identity.as_ref()
    }

    pub fn name(self) -> Option<&'a str> {
        self.identity()?.name.as_deref().filter(|name| !name.is_empty())
    }

    pub fn label(text: Option<&str>) -> Option<Label> {
        Label::new(text?.as_bytes())
    }

    pub fn sog(self) -> Option<Knots> {
        Knots::new(self.0.sog_kn?)
    }

    pub fn cog(self) -> Option<Degrees> {
        Degrees::new(self.0.cog_deg?)
    }

    pub fn heading(self) -> Option<Degrees> {
        Degrees::new(self.0.heading_deg?)
    }

    /// Where its antenna is.
    pub fn position(self) -> Option<Position> {
        Position::new(self.0.lat, self.0.lon)
    }

    /// Length and beam, metres.
    pub fn size_m(self) -> Option<(f64, f64)> {
        let hull = self.0.hull.as_ref()?;
        let sum = |a: u32, b: u32| f64::from(a) + f64::from(b);
        Some((sum(hull.to_bow, hull.to_stern), sum(hull.to_port, hull.to_starboard)))
            .filter(|(length_m, _)| *length_m > 0.0)
    }

    /// Where the middle of its hull is, as far as that is known.
    pub fn middle(self) -> Option<Position> {
        let antenna = self.position()?;
        let (Some(hull), Some(lies)) = (self.0.hull.as_ref(), self.heading().or_else(|| self.cog())) else {
            return Some(antenna);
        };
        let half = |ahead: u32, astern: u32| (f64::from(ahead) - f64::from(astern)) / 2.0;
        let (ahead_m, starboard_m) =
            (half(hull.to_bow, hull.to_stern), half(hull.to_starboard, hull.to_port));
        let (sin, cos) = lies.radians().sin_cos();
        let (e_m, n_m) = (ahead_m * sin + starboard_m * cos, ahead_m * cos - starboard_m * sin);
        Some(Plane::at(antenna).to_position(e_m, n_m))
    }

    /// East and north, metres per second.
    pub fn velocity_mps(self) -> Option<[f64; 2]> {
        let speed_mps = self.0.sog_kn? * KNOT_MPS;
        let (sin, cos) = self.0.cog_deg?.to_radians().sin_cos();
        Some([speed_mps * sin, speed_mps * cos])
    }

    /// One standard deviation of its place, east and north, metres.
    pub fn sigma_m(self) -> Option<[f64; 2]> {
        sigmas(&self.0.cov_m2)
    }

    /// One standard deviation of its velocity, east and north, metres per second.
    pub fn sigma_mps(self) -> Option<[f64; 2]> {
        sigmas(&self.0.vel_cov_m2ps2)
    }
}

fn sigmas(covariance: &[f64]) -> Option<[f64; 2]> {
    let &[ee, _, nn] = covariance else { return None };
    (ee >= 0.0 && nn >= 0.0).then(|| [ee.sqrt(), nn.sqrt()])
}

/// `2026-11-28T06:07:08.090Z`.
pub(super) fn iso(at: UtcTime) -> String {
    let [year, month, day, hour, minute, second] = civil(at).unwrap_or([1970, 1, 1, 0, 0, 0]);
    let ms = at.unix_us().div_euclid(1000).rem_euclid(1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

/// Small numbers for the tracks of one peer, given back when a track ends; the lowest that is free comes first.
#[derive(Debug)]
pub(super) struct Numbers {
    of: std::collections::HashMap<u64, u16>,
    free: std::collections::BTreeSet<u16>,
    next: u16,
    most: u16,
}

impl Numbers {
    pub fn up_to(most: u16) -> Self {
        Self { of: std::collections::HashMap::new(), free: std::collections::BTreeSet::new(), next: 1, most }
    }

    /// The number of a track, and whether it is new; `None` where all are taken.
    pub fn of(&mut self, track: u64) -> Option<(u16, bool)> {
        if let Some(number) = self.of.get(&track) {
            return Some((*number, false));
        }
        let number = self.free.pop_first().or_else(|| {
            let next = self.next;
            (next <= self.most).then(|| {
                self.next = next.saturating_add(1);
                next
            })
        })?;
        self.of.insert(track, number);
        Some((number, true))
    }

    /// The number that a track had.
    pub fn end(&mut self, track: u64) -> Option<u16> {
        let number = self.of.remove(&track)?;
        self.free.insert(number);
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_end() {
        let mut numbers = Numbers::up_to(3);
        let all: Vec<_> = [10, 20, 10, 30, 40].into_iter().map(|track| numbers.of(track)).collect();
        assert_eq!(all, [Some((1, true)), Some((2, true)), Some((1, false)), Some((3, true)), None]);
        assert_eq!((numbers.end(20), numbers.end(20)), (Some(2), None));
        assert_eq!(numbers.of(40), Some((2, true)));
        assert_eq!(Numbers::up_to(u16::MAX).of(1), Some((1, true)));
    }

    #[test]
    fn the_middle_of_a_hull_is_where_it_lies() {
        // The antenna is 50 m abaft and 4 m to port of the middle; the hull points east.
        let hull = proto::Hull { to_bow: 150, to_stern: 50, to_port: 6, to_starboard: 14 };
        let track = proto::Track {
            lat: 30.0,
            lon: 122.0,
            life: proto::Life::Confirmed.into(),
            heading_deg: Some(90.0),
            hull: Some(hull),
            ..proto::Track::default()
        };
        let told = Told::of(&track).unwrap();
        let (e_m, n_m) = Plane::at(told.position().unwrap()).to_local(told.middle().unwrap());
        assert!((e_m - 50.0).abs() < 0.01 && (n_m + 4.0).abs() < 0.01, "{e_m} {n_m}");
        assert_eq!(told.size_m(), Some((200.0, 20.0)));
    }

    #[test]
    fn instants_are_told_as_the_standard_has_it() {
        assert_eq!(iso(UtcTime::from_unix_us(1_764_000_000_090_000)), "2025-11-24T16:00:00.090Z");
    }
}
