//! What a client wants to see: its subscriptions, checked once and then asked of every change.

use super::format::Format;
use super::hub::slot::Slot;
use super::message::class_of;
use super::proto::Class;
use super::{Names, Update, proto};
use crate::config::Limits;
use fusion::{Life, SourceId, Track, TrackId};
use prost::Message;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use units::Mmsi;
use units::grid::Cell;

/// How much is said of a track. The more, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    Position,
    Standard,
    Full,
}

impl Detail {
    pub const COUNT: usize = 3;
}

/// The kinds of things that can be subscribed to, in the words of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    Tracks,
    Marks,
    Alerts,
    Cells,
    Zones,
    Units,
    Cameras,
    Sensors,
    Incidents,
}

const THINGS: [(&str, Thing); 9] = [
    ("tracks", Thing::Tracks),
    ("marks", Thing::Marks),
    ("alerts", Thing::Alerts),
    ("cells", Thing::Cells),
    ("zones", Thing::Zones),
    ("units", Thing::Units),
    ("cameras", Thing::Cameras),
    ("sensors", Thing::Sensors),
    ("incidents", Thing::Incidents),
];

/// All subscriptions of one client.
#[derive(Clone, Debug, Default)]
pub struct View {
    subscriptions: Vec<Subscription>,
}

#[derive(Clone, Debug)]
struct Subscription {
    asked: proto::Subscribe,
    id: u32,
    things: [bool; THINGS.len()],
    area: Option<Area>,
    filter: Option<Filter>,
    period: Duration,
    detail: Detail,
}

#[derive(Clone, Debug, Default)]
struct Area {
    boxes: Vec<Bounds>,
    polygon: Option<(Bounds, Vec<Place>)>,
    circles: Vec<(Place, f64)>,
    around: Vec<(TrackId, f64, Option<Place>)>,
}

/// Latitude, longitude.
pub type Place = (f64, f64);

#[derive(Clone, Copy, Debug)]
struct Bounds {
    south: f64,
    west: f64,
    north: f64,
    east: f64,
}

#[derive(Clone, Debug)]
struct Filter {
    asked: proto::Filter,
    classes: Vec<Class>,
    lists: Vec<Arc<BTreeSet<Mmsi>>>,
    lives: Vec<Life>,
    sources: Vec<SourceId>,
    name: Option<String>,
}

/// Why a subscription is refused: code and text.
pub type Refusal = (u32, String);

impl View {
    /// Everything, at once and in full.
    pub fn everything() -> Self {
        let all = Subscription {
            asked: proto::Subscribe::default(),
            id: 0,
            things: [true; THINGS.len()],
            area: None,
            filter: None,
            period: Duration::ZERO,
            detail: Detail::Full,
        };
        Self { subscriptions: vec![all] }
    }

    /// Adds a subscription, or replaces the one with its id.
    ///
    /// # Errors
    /// What is wrong with it; the view stays as it is.
    pub fn subscribe(
        &mut self,
        asked: proto::Subscribe,
        limits: &Limits,
        names: &Names,
    ) -> Result<(), Refusal> {
        let new = Subscription::new(asked, limits, names)?;
        let known = self.subscriptions.iter().position(|old| old.id == new.id);
        if known.is_none() && self.subscriptions.len() >= limits.subscriptions {
            return Err((413, format!("more than {} subscriptions", limits.subscriptions)));
        }
        match known.and_then(|known| self.subscriptions.get_mut(known)) {
            Some(old) => *old = new,
            None => self.subscriptions.push(new),
        }
        Ok(())
    }

    /// Whether there was one.
    pub fn unsubscribe(&mut self, id: u32) -> bool {
        let before = self.subscriptions.len();
        self.subscriptions.retain(|subscription| subscription.id != id);
        self.subscriptions.len() < before
    }

    /// In the words in which they were asked for.
    pub fn asked(&self) -> impl Iterator<Item = &proto::Subscribe> {
        self.subscriptions.iter().map(|subscription| &subscription.asked)
    }

    pub fn ids(&self) -> Vec<u32> {
        self.subscriptions.iter().map(|subscription| subscription.id).collect()
    }

    /// How often changes may come.
    pub fn period(&self) -> Duration {
        self.subscriptions.iter().map(|subscription| subscription.period).min().unwrap_or_default()
    }

    /// Whether what is in view depends on more than the thing itself.
    pub fn moves(&self) -> bool {
        self.subscriptions.iter().any(|subscription| {
            subscription.area.as_ref().is_some_and(|area| !area.around.is_empty())
                || subscription.filter.as_ref().is_some_and(|filter| filter.asked.alerted.is_some())
        })
    }

    /// What is asked, in bytes: who asks the same sees the same. `None` where that depends on more, or on when it was
    /// asked.
    pub fn key(&self, format: Format) -> Option<Arc<[u8]>> {
        let is_listed = |filter: &Filter| !filter.lists.is_empty();
        if self.moves() || self.subscriptions.iter().filter_map(|one| one.filter.as_ref()).any(is_listed) {
            return None;
        }
        let mut key = format.name().as_bytes().to_vec();
        for subscription in &self.subscriptions {
            // With its id, by which it is replaced later.
            key.extend(subscription.asked.encode_length_delimited_to_vec());
        }
        Some(key.into())
    }

    /// Looks where the tracks are that areas lie around.
    pub fn look(&mut self, mut place_of: impl FnMut(TrackId) -> Option<Place>) {
        for area in self.subscriptions.iter_mut().filter_map(|subscription| subscription.area.as_mut()) {
            for (id, _, place) in &mut area.around {
                // Where the track has ended the area stays where it was.
                *place = place_of(*id).or(*place);
            }
        }
    }

    /// Whether alerts, or another thing that is bound to no place, is wanted.
    pub fn wants(&self, thing: Thing) -> bool {
        self.subscriptions.iter().any(|subscription| subscription.wants(thing))
    }

    /// In how much detail a thing is seen; `None`: not at all.
    pub fn sees(&self, slot: &Slot, alerted: bool) -> Option<Detail> {
        let seen = self.subscriptions.iter().filter(|subscription| subscription.sees(slot, alerted));
        seen.map(|subscription| subscription.detail).max()
    }
}

impl Subscription {
    fn new(asked: proto::Subscribe, limits: &Limits, names: &Names) -> Result<Self, Refusal> {
        let mut things = [asked.things.is_empty(); THINGS.len()];
        for word in &asked.things {
            let (_, thing) = THINGS
                .iter()
                .find(|(name, _)| name == word)
                .ok_or_else(|| (400, format!("things: `{}` is none", short(word))))?;
            if let Some(wanted) = things.get_mut(*thing as usize) {
                *wanted = true;
            }
        }
        let detail = match asked.detail.as_str() {
            "" | "full" => Detail::Full,
            "standard" => Detail::Standard,
            "position" => Detail::Position,
            other => {
                let text = format!("detail: `{}` is not position, standard or full", short(other));
                return Err((400, text));
            }
        };
        Ok(Self {
            asked: asked.clone(),
            id: asked.id,
            things,
            area: asked.area.map(|area| Area::new(&area, limits)).transpose()?,
            filter: asked.filter.map(|filter| Filter::new(filter, limits, names)).transpose()?,
            period: Duration::from_millis(asked.period_ms.into()),
            detail,
        })
    }

    fn wants(&self, thing: Thing) -> bool {
        self.things.get(thing as usize).copied().unwrap_or(false)
    }

    fn sees(&self, slot: &Slot, alerted: bool) -> bool {
        if !self.wants(slot.thing()) {
            return false;
        }
        let in_area = match (&self.area, slot.place) {
            (Some(area), Some(place)) => area.contains(place),
            // What is nowhere, as far as anybody knows, is seen by those who want it all.
            (Some(_), None) => !slot.has_place(),
            (None, _) => true,
        };
        in_area
            && match (&self.filter, &slot.update) {
                (Some(filter), Update::Track(track)) => filter.passes(track, alerted),
                _ => true,
            }
    }
}

impl Area {
    fn new(asked: &proto::Area, limits: &Limits) -> Result<Self, Refusal> {
        let shapes = asked.boxes.len() + asked.cells.len() + asked.circles.len() + asked.around.len();
        if shapes > limits.shapes {
            return Err((413, format!("area: {shapes} shapes, at most {}", limits.shapes)));
        }
        let mut boxes = Vec::with_capacity(asked.boxes.len() + asked.cells.len());
        for given in &asked.boxes {
            let bounds =
                Bounds { south: given.south, west: given.west, north: given.north, east: given.east };
            let corners = [(bounds.south, bounds.west), (bounds.north, bounds.east)];
            if !corners.into_iter().all(is_place) || bounds.south > bounds.north {
                return Err((400, "area: a box has south, west, north and east in degrees".to_owned()));
            }
            boxes.push(bounds);
        }
        for code in &asked.cells {
            let cell: Cell =
                code.parse().map_err(|error| (400, format!("area: `{}`: {error}", short(code))))?;
            let (south, north, west, east) = cell.bounds();
            boxes.push(Bounds { south, west, north, east });
        }
        let mut circles = Vec::with_capacity(asked.circles.len());
        for circle in &asked.circles {
            if !is_place((circle.lat, circle.lon)) || !is_radius(circle.radius_m) {
                return Err((400, "area: a circle has lat, lon and radius_m".to_owned()));
            }
            circles.push(((circle.lat, circle.lon), circle.radius_m));
        }
        let mut around = Vec::with_capacity(asked.around.len());
        for given in &asked.around {
            if !is_radius(given.radius_m) {
                return Err((400, "area: around has track and radius_m".to_owned()));
            }
            around.push((TrackId(given.track), given.radius_m, None));
        }
        let polygon = match asked.polygon.len() {
            0 => None,
            corners if corners > limits.vertices => {
                return Err((413, format!("area: {corners} corners, at most {}", limits.vertices)));
            }
            _ => Some(polygon(&asked.polygon)?),
        };
        Ok(Self { boxes, polygon, circles, around })
    }

    fn contains(&self, place: Place) -> bool {
        self.boxes.iter().any(|bounds| bounds.contains(place))
            || self
                .polygon
                .as_ref()
                .is_some_and(|(bounds, ring)| bounds.contains(place) && inside(ring, place))
            || self.circles.iter().any(|(centre, radius_m)| distance_m(*centre, place) <= *radius_m)
            || self
                .around
                .iter()
                .any(|(_, radius_m, centre)| centre.is_some_and(|at| distance_m(at, place) <= *radius_m))
    }
}

impl Bounds {
    fn contains(&self, (lat, lon): Place) -> bool {
        let in_lon = if self.west <= self.east {
            (self.west..=self.east).contains(&lon)
        } else {
            lon >= self.west || lon <= self.east
        };
        in_lon && (self.south..=self.north).contains(&lat)
    }
}

fn polygon(corners: &[proto::Point]) -> Result<(Bounds, Vec<Place>), Refusal> {
    let ring: Vec<Place> = corners.iter().map(|corner| (corner.lat, corner.lon)).collect();
    if ring.len() < 3 || !ring.iter().copied().all(is_place) {
        return Err((400, "area: a polygon has at least 3 corners, each with lat and lon".to_owned()));
    }
    let none = Bounds { south: 90.0, west: 180.0, north: -90.0, east: -180.0 };
    let bounds = ring.iter().fold(none, |bounds, (lat, lon)| Bounds {
        south: bounds.south.min(*lat),
        west: bounds.west.min(*lon),
        north: bounds.north.max(*lat),
        east: bounds.east.max(*lon),
    });
    Ok((bounds, ring))
}

/// Whether a ray to the east crosses an odd number of edges.
fn inside(ring: &[Place], (lat, lon): Place) -> bool {
    let mut inside = false;
    let Some(mut from) = ring.last() else { return false };
    for to in ring {
        let crosses = (from.0 > lat) != (to.0 > lat);
        if crosses && lon < from.1 + (lat - from.0) / (to.0 - from.0) * (to.1 - from.1) {
            inside = !inside;
        }
        from = to;
    }
    inside
}

/// On a sphere: good to half a percent, and the edge of a circle that somebody drew is no better.
fn distance_m(one: Place, other: Place) -> f64 {
    const EARTH_M: f64 = 6_371_008.8;
    let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let across = one.0.to_radians().cos() * other.0.to_radians().cos();
    let h = half(one.0, other.0) + across * half(one.1, other.1);
    2.0 * EARTH_M * h.sqrt().min(1.0).asin()
}

impl Filter {
    fn new(asked: proto::Filter, limits: &Limits, names: &Names) -> Result<Self, Refusal> {
        let most = limits.filter_entries;
        let lists = [
            asked.classes.len(),
            asked.ship_types.len(),
            asked.mmsis.len(),
            asked.lives.len(),
            asked.sources.len(),
            asked.lists.len(),
        ];
        if lists.into_iter().any(|entries| entries > most) {
            return Err((413, format!("filter: a list has more than {most} entries")));
        }
        let classes = words("classes", &asked.classes, |word| {
            Some(match word {
                "class_a" => Class::A,
                "class_b" => Class::B,
                "terminal" => Class::Terminal,
                "aircraft" => Class::Aircraft,
                "net_marker" => Class::NetMarker,
                _ => return None,
            })
        })?;
        let lives = words("lives", &asked.lives, |word| {
            Some(match word {
                "tentative" => Life::Tentative,
                "confirmed" => Life::Confirmed,
                "coasting" => Life::Coasting,
                "lost" => Life::Lost,
                _ => return None,
            })
        })?;
        let sources = words("sources", &asked.sources, |word| names.id(word))?;
        let lists = words("lists", &asked.lists, |word| names.list(word))?;
        let name = asked.name.as_ref().map(|name| name.to_ascii_uppercase());
        Ok(Self { asked, classes, lists, lives, sources, name })
    }

    fn passes(&self, track: &Track, alerted: bool) -> bool {
        let asked = &self.asked;
        let identity = &track.identity;
        let listed = |empty: bool, is_in: bool| empty || is_in;
        let within = |value: Option<f64>, least: Option<f64>, most: Option<f64>| {
            (least.is_none() && most.is_none())
                || value.is_some_and(|value| {
                    least.is_none_or(|least| value >= least) && most.is_none_or(|most| value <= most)
                })
        };
        let length_m = || track.hull.map(|hull| f64::from(hull.length_m())).filter(|&length| length > 0.0);
        listed(self.classes.is_empty(), self.classes.contains(&class_of(track)))
            && listed(self.lives.is_empty(), self.lives.contains(&track.life))
            && listed(
                asked.ship_types.is_empty(),
                identity.ship_type.is_some_and(|code| {
                    asked.ship_types.iter().any(|range| (range.first..=range.last).contains(&code.into()))
                }),
            )
            && listed(
                asked.mmsis.is_empty(),
                identity.mmsi.is_some_and(|mmsi| asked.mmsis.contains(&mmsi.number())),
            )
            && listed(
                self.lists.is_empty(),
                identity.mmsi.is_some_and(|mmsi| self.lists.iter().any(|list| list.contains(&mmsi))),
            )
            && listed(
                self.sources.is_empty(),
                track.heard().any(|(source, _)| self.sources.contains(&source)),
            )
            && within(length_m(), asked.min_length_m, asked.max_length_m)
            && within(track.sog().map(units::Knots::value), asked.min_sog_kn, asked.max_sog_kn)
            && asked.doubt.is_none_or(|doubt| doubt == track.doubt)
            && asked.alerted.is_none_or(|wanted| wanted == alerted)
            && self.name.as_ref().is_none_or(|part| {
                [identity.name, identity.callsign]
                    .into_iter()
                    .flatten()
                    .any(|label| label.as_str().to_ascii_uppercase().contains(part.as_str()))
            })
    }
}

fn words<T>(list: &str, given: &[String], find: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, Refusal> {
    let known =
        |word: &String| find(word).ok_or_else(|| (400, format!("filter: {list}: no `{}`", short(word))));
    given.iter().map(known).collect()
}

fn is_place((lat, lon): Place) -> bool {
    units::Position::new(lat, lon).is_some()
}

fn is_radius(radius_m: f64) -> bool {
    radius_m.is_finite() && radius_m >= 0.0
}

/// What a client said, for an answer that is not longer than the question.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_holds_what_is_inside_it() {
        // A C, open to the east.
        let ring =
            [(0.0, 0.0), (0.0, 3.0), (1.0, 3.0), (1.0, 1.0), (2.0, 1.0), (2.0, 3.0), (3.0, 3.0), (3.0, 0.0)];
        for (place, expected) in [
            ((0.5, 2.0), true),
            ((1.5, 2.0), false),
            ((1.5, 0.5), true),
            ((2.5, 2.9), true),
            ((3.5, 1.0), false),
        ] {
            assert_eq!(inside(&ring, place), expected, "{place:?}");
        }
    }

    #[test]
    fn a_box_may_cross_the_antimeridian() {
        let bounds = Bounds { south: -10.0, west: 170.0, north: 10.0, east: -170.0 };
        for (place, expected) in [((0.0, 175.0), true), ((0.0, -175.0), true), ((0.0, 0.0), false)] {
            assert_eq!(bounds.contains(place), expected, "{place:?}");
        }
    }

    #[test]
    fn distances_are_those_of_the_globe() {
        // A minute of latitude is a nautical mile; one of longitude at 60° is half of it.
        for (one, other, expected) in [
            ((30.0, 122.0), (30.0 + 1.0 / 60.0, 122.0), 1852.0),
            ((60.0, 179.995), (60.0, -179.995), 556.0),
            ((0.0, 0.0), (0.0, 180.0), 20_015_000.0),
        ] {
            let found = distance_m(one, other);
            assert!((found - expected).abs() < expected * 0.005, "{one:?} {other:?}: {found}");
        }
    }
}
