//! Zones: what may and may not be done where. One zone can have several rules, each of a kind of its own.
//!
//! The way between two updates is tested, not only its ends: nothing jumps through. A buffer outside the border
//! belongs to neither side, so that noise along the border says nothing.

mod anchoring;
mod crowd;
mod edit;
mod entry;
mod fishing;
mod following;
mod goods;
mod lane;
mod meeting;
mod overtaking;
mod predicted;
mod rendezvous;
pub(crate) mod shape;
mod speed;
mod stay;
mod unidentified;

use crate::alert::{About, Evidence, Judgement, Key, Kind, Signal};
use crate::hull::Outline;
use crate::{Judge, Scene, is_live};
use fusion::{Plane, Station, Track, TrackId, chord_m};
use serde::{Deserialize, Serialize};
pub(crate) use shape::ShapeError;
use shape::{Index, Shape};
use std::collections::{BTreeMap, BTreeSet};
use units::{Position, UtcTime};

/// A guard zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// What operators call it: 1 to 64 characters.
    pub name: String,
    /// Its corners in order, each `[latitude, longitude]` in degrees. Edges are straight in both.
    #[serde(with = "corners")]
    pub polygon: Vec<Position>,
    /// For whom it is guarded.
    #[serde(default = "vessels")]
    pub classes: Vec<Class>,
    /// How far out a vessel must be to be out again, metres; or one standard deviation of its position.
    #[serde(default = "buffer_m")]
    pub buffer_m: f64,
    /// How long a vessel must be inside to be in, seconds.
    #[serde(default = "dwell_s")]
    pub dwell_s: f64,
    /// Which limits hold for encounters in it.
    #[serde(default)]
    pub profile: Option<crate::encounter::Profile>,
    /// 204, 206: it is a traffic lane.
    #[serde(default)]
    pub lane: Option<Lane>,
    /// 301: whether an entry is told. It is where the zone has no other rule.
    #[serde(default)]
    pub guard: Option<bool>,
    /// 303: nobody may enter but those with a permit.
    #[serde(default)]
    pub prohibited: bool,
    /// MMSIs that may enter a prohibited zone, anchor, fish or stay.
    #[serde(default)]
    pub permits: Vec<u32>,
    /// 304: an entry so far ahead is told, seconds.
    #[serde(default)]
    pub predict_s: Option<f64>,
    /// 305: shorter stays are told, seconds.
    #[serde(default)]
    pub stay_min_s: Option<f64>,
    /// 305: longer stays are told, seconds.
    #[serde(default)]
    pub stay_max_s: Option<f64>,
    /// 306: faster is too fast.
    #[serde(default)]
    pub speed_kn: Option<f64>,
    /// 306: through the water, as far as ships tell where that goes, and not over the ground.
    #[serde(default)]
    pub speed_through_water: bool,
    /// 310: nobody may anchor.
    #[serde(default)]
    pub no_anchoring: bool,
    /// 404: everybody must say who they are.
    #[serde(default)]
    pub identify: bool,
    /// 311: so many may be in it.
    #[serde(default)]
    pub capacity: Option<u32>,
    /// 104: vessels as long as this must not meet in it, metres.
    #[serde(default)]
    pub no_meeting_m: Option<f64>,
    /// 105: nobody may overtake.
    #[serde(default)]
    pub no_overtaking: bool,
    /// 315: hulls under way stay this far apart, metres.
    #[serde(default)]
    pub following_m: Option<f64>,
    /// 507: nobody may fish.
    #[serde(default)]
    pub no_fishing: bool,
    /// 501: a vessel with dangerous goods and a passenger ship stay this far apart, metres.
    #[serde(default)]
    pub dangerous_goods_m: Option<f64>,
    /// 108: vessels that lie together are told.
    #[serde(default)]
    pub rendezvous: bool,
    /// Hours of the day, UTC, in which its rules hold: from the one, until the other; over midnight if the first is
    /// the greater.
    #[serde(default)]
    pub hours: Option<[u8; 2]>,
}

/// A traffic lane.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lane {
    /// Which way traffic goes, degrees.
    pub course_deg: f64,
}

/// Who may be meant by a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Class A ship stations.
    ClassA,
    /// Class B ship stations.
    ClassB,
    /// Search and rescue aircraft.
    Aircraft,
}

pub(crate) fn vessels() -> Vec<Class> {
    vec![Class::ClassA, Class::ClassB]
}

const fn buffer_m() -> f64 {
    25.0
}

const fn dwell_s() -> f64 {
    10.0
}

/// More zones than this nobody watches; a zone is known by a 16-bit number.
pub(crate) const MAX_ZONES: usize = 10_000;

/// A buffer never grows beyond this, however poor a position is, metres.
pub(crate) const MAX_BUFFER_M: f64 = 500.0;

impl Zone {
    /// A guard zone for vessels, everything else as usual.
    #[must_use]
    pub fn new(name: &str, polygon: Vec<Position>) -> Self {
        Self {
            name: name.to_owned(),
            polygon,
            classes: vessels(),
            buffer_m: buffer_m(),
            dwell_s: dwell_s(),
            profile: None,
            lane: None,
            guard: None,
            prohibited: false,
            permits: Vec::new(),
            predict_s: None,
            stay_min_s: None,
            stay_max_s: None,
            speed_kn: None,
            speed_through_water: false,
            no_anchoring: false,
            identify: false,
            capacity: None,
            no_meeting_m: None,
            no_overtaking: false,
            following_m: None,
            no_fishing: false,
            dangerous_goods_m: None,
            rendezvous: false,
            hours: None,
        }
    }

    /// Whether its rules hold at this hour.
    fn is_on(&self, now: UtcTime) -> bool {
        let hour = now.unix_s().div_euclid(3600).rem_euclid(24);
        self.hours.is_none_or(|[from, until]| {
            let (from, until) = (i64::from(from), i64::from(until));
            if from <= until { (from..until).contains(&hour) } else { hour >= from || hour < until }
        })
    }

    fn permits(&self, track: &Track) -> bool {
        track.identity.mmsi.is_some_and(|mmsi| self.permits.contains(&mmsi.number()))
    }

    fn has_pair_rules(&self) -> bool {
        self.no_meeting_m.is_some()
            || self.no_overtaking
            || self.following_m.is_some()
            || self.dangerous_goods_m.is_some()
            || self.rendezvous
    }

    /// Whether it has a rule besides that of the guard.
    fn has_other_rules(&self) -> bool {
        self.has_pair_rules()
            || self.prohibited
            || self.profile.is_some()
            || self.lane.is_some()
            || self.predict_s.is_some()
            || self.stay_min_s.or(self.stay_max_s).is_some()
            || self.speed_kn.is_some()
            || self.no_anchoring
            || self.identify
            || self.capacity.is_some()
            || self.no_fishing
    }
}

/// What is wrong with a polygon, if anything.
pub(crate) fn check_polygon(corners: &[Position]) -> Result<(), ShapeError> {
    Shape::new(corners).map(|_| ())
}

/// The judge of zones.
#[derive(Debug)]
pub(crate) struct Zones {
    /// In the order of the configuration; `None` where a polygon is none.
    guarded: Vec<(Zone, Option<Shape>)>,
    index: Index,
    /// The furthest that any zone looks ahead, seconds.
    ahead_s: f64,
    state: State,
    candidates: Vec<u16>,
}

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    tracks: BTreeMap<TrackId, Seen>,
    /// Who is in each zone that looks at several vessels at once.
    inside: BTreeMap<u16, BTreeSet<TrackId>>,
}

/// Where a track was last, and which zones it was not clear of.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Seen {
    at: Position,
    visits: Vec<Visit>,
}

/// A track in a zone or in its buffer.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Visit {
    zone: u16,
    /// Where the track was last clear of the zone; `None` where it was first seen here.
    from: Option<Position>,
    since: UtcTime,
    /// Since when it has been inside, where it has.
    entered: Option<UtcTime>,
    /// Since when it has hardly moved, and where.
    stopped: Option<(UtcTime, Position)>,
}

/// Where a track is with regard to a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whereabouts {
    Inside,
    /// In the buffer.
    Near,
    /// Outside and beyond the buffer; it may have come through.
    Clear {
        through: bool,
    },
}

/// One track and one zone, as every rule sees them.
struct Case<'a> {
    number: u16,
    zone: &'a Zone,
    shape: &'a Shape,
    track: &'a Track,
    visit: &'a Visit,
    whereabouts: Whereabouts,
}

impl Case<'_> {
    /// A judgement of this kind about this track in this zone.
    fn judgement(&self, kind: Kind, evidence: Evidence) -> Judgement<'_> {
        let key = Key::one(kind, self.track.id, About::Zone(self.number));
        Judgement { name: Some(&self.zone.name), ..Judgement::of(key, evidence) }
    }

    const fn is_inside(&self) -> bool {
        matches!(self.whereabouts, Whereabouts::Inside)
    }

    const fn is_clear(&self) -> bool {
        matches!(self.whereabouts, Whereabouts::Clear { .. })
    }
}

/// A rule about one track: whether a zone has it, and what it says.
type Rule = (fn(&Zone) -> bool, fn(&Case<'_>, &mut Scene<'_>));
/// One row a kind.
const RULES: [Rule; 9] = [
    (|zone| zone.prohibited || zone.guard.unwrap_or(!zone.has_other_rules()), entry::judge),
    (|zone| zone.predict_s.is_some(), predicted::judge),
    (|zone| zone.stay_min_s.or(zone.stay_max_s).is_some(), stay::judge),
    (|zone| zone.speed_kn.is_some(), speed::judge),
    (|zone| zone.lane.is_some(), lane::judge_direction),
    (|zone| zone.lane.is_some(), lane::judge_crossing),
    (|zone| zone.no_anchoring, anchoring::judge),
    (|zone| zone.identify, unidentified::judge),
    (|zone| zone.no_fishing, fishing::judge),
];

/// Two tracks in one zone.
struct Meeting<'a> {
    number: u16,
    zone: &'a Zone,
    one: &'a Track,
    two: &'a Track,
}

impl Meeting<'_> {
    fn judgement(&self, kind: Kind, evidence: Evidence) -> Judgement<'_> {
        let key = Key::pair(kind, self.one.id, self.two.id, About::Zone(self.number));
        Judgement { name: Some(&self.zone.name), ..Judgement::of(key, evidence) }
    }

    /// The way from the middle of the one to that of the other, and between their hulls, metres.
    fn apart(&self, now: UtcTime) -> ([f64; 2], f64) {
        let (one, two) = (Outline::of(self.one), Outline::of(self.two));
        let plane = Plane::at(self.one.position_at(now));
        let (e, n) = plane.to_local(self.two.position_at(now));
        ([e, n], one.gap_m(&two, [e, n]))
    }
}

/// A rule about two tracks.
type PairRule = (fn(&Zone) -> bool, fn(&Meeting<'_>, &mut Scene<'_>));
const PAIR_RULES: [PairRule; 5] = [
    (|zone| zone.no_meeting_m.is_some(), meeting::judge),
    (|zone| zone.no_overtaking, overtaking::judge),
    (|zone| zone.following_m.is_some(), following::judge),
    (|zone| zone.dangerous_goods_m.is_some(), goods::judge),
    (|zone| zone.rendezvous, rendezvous::judge),
];
/// The kinds of those.
const PAIR_KINDS: [Kind; 5] =
    [Kind::NoMeeting, Kind::NoOvertaking, Kind::FollowingDistance, Kind::DangerousGoods, Kind::Rendezvous];
/// In a zone with more vessels than this, the pairs of the first ones are looked at.
const MAX_INSIDE: usize = 100;

impl Zones {
    pub fn new(zones: &[Zone], state: State) -> Self {
        let guarded: Vec<_> =
            zones.iter().take(MAX_ZONES).map(|zone| (zone.clone(), Shape::new(&zone.polygon).ok())).collect();
        let index = Index::new(guarded.iter().map(|(_, shape)| shape.as_ref()));
        let ahead_s = zones.iter().filter_map(|zone| zone.predict_s).fold(0.0, f64::max);
        Self { guarded, index, ahead_s, state, candidates: Vec::new() }
    }

    pub fn state(&self) -> State {
        self.state.clone()
    }
}

impl Judge for Zones {
    fn update(&mut self, track: &Track, scene: &mut Scene<'_>) {
        if self.guarded.is_empty() || !is_live(track) {
            return;
        }
        let (at, now) = (track.position(), scene.moment.now);
        let Self { guarded, index, ahead_s, state, candidates } = self;
        let mut last = None;
        let seen = state
            .tracks
            .entry(track.id)
            .and_modify(|seen| last = Some(seen.at))
            .or_insert_with(|| Seen { at, visits: Vec::new() });
        candidates.clear();
        index.along(last.unwrap_or(at), at, candidates);
        if *ahead_s > 0.0 {
            index.along(at, track.position_at(now.plus_s(*ahead_s)), candidates);
        }
        candidates.extend(seen.visits.iter().map(|visit| visit.zone));
        candidates.sort_unstable();
        candidates.dedup();
        for &number in candidates.iter() {
            let Some((zone, Some(shape))) = guarded.get(usize::from(number)) else { continue };
            // Who does not say what it is may be anything.
            if !track.station.is_none_or(|station| zone.classes.contains(&class(station))) {
                continue;
            }
            let place = seen.visits.iter().position(|visit| visit.zone == number);
            let mut visit = match place {
                Some(place) => seen.visits.swap_remove(place),
                None => Visit { zone: number, from: last, since: now, entered: None, stopped: None },
            };
            let whereabouts = whereabouts(zone, shape, track, &visit, now);
            visit.look(track, whereabouts, now);
            let case = Case { number, zone, shape, track, visit: &visit, whereabouts };
            for (applies, judge) in &RULES {
                if applies(zone) {
                    judge(&case, scene);
                }
            }
            if zone.has_pair_rules() || zone.capacity.is_some() {
                let inside = state.inside.entry(number).or_default();
                if whereabouts == Whereabouts::Inside {
                    inside.insert(track.id)
                } else {
                    inside.remove(&track.id)
                };
            }
            if !case.is_clear() {
                seen.visits.push(visit);
            }
        }
        seen.visits.sort_unstable_by_key(|visit| visit.zone);
        seen.at = at;
    }

    fn gone(&mut self, id: TrackId, _scene: &mut Scene<'_>) {
        self.state.tracks.remove(&id);
        self.state.inside.values_mut().for_each(|inside| {
            inside.remove(&id);
        });
    }

    fn sweep(&mut self, scene: &mut Scene<'_>) {
        self.sweep_predicted(scene);
        // What two do together ends when one of them leaves.
        for kind in PAIR_KINDS {
            let open: Vec<Key> = scene.ledger.open_cases(kind).collect();
            for key in open {
                let About::Zone(number) = key.about else { continue };
                let inside = self.state.inside.get(&number);
                if !key.tracks.iter().all(|id| inside.is_some_and(|inside| inside.contains(&id))) {
                    scene.signal(Signal::Off, &Judgement::of(key, Evidence::Fact));
                }
            }
        }
        for (number, inside) in &self.state.inside {
            let Some((zone, Some(_))) = self.guarded.get(usize::from(*number)) else { continue };
            crowd::judge(*number, zone, inside.len(), scene);
            if !zone.has_pair_rules() || !zone.is_on(scene.moment.now) {
                continue;
            }
            let present: Vec<&Track> =
                inside.iter().take(MAX_INSIDE).filter_map(|id| scene.moment.picture.track(*id)).collect();
            for (i, one) in present.iter().enumerate() {
                for two in present.iter().skip(i + 1) {
                    let meeting = Meeting { number: *number, zone, one, two };
                    for (applies, judge) in &PAIR_RULES {
                        if applies(zone) {
                            judge(&meeting, scene);
                        }
                    }
                }
            }
        }
    }
}

impl Zones {
    /// A vessel that no longer goes towards a zone is not looked at for it: what was said of it is looked at again.
    fn sweep_predicted(&self, scene: &mut Scene<'_>) {
        let now = scene.moment.now;
        let open: Vec<Key> = scene.ledger.open_cases(Kind::PredictedIntrusion).collect();
        for key in open {
            let About::Zone(number) = key.about else { continue };
            let track = key.tracks.iter().next().and_then(|id| scene.moment.picture.track(id));
            let zone = self.guarded.get(usize::from(number));
            let (Some(track), Some((zone, Some(shape)))) = (track, zone) else { continue };
            let visit = Visit { zone: number, from: None, since: now, entered: None, stopped: None };
            let whereabouts = whereabouts(zone, shape, track, &visit, now);
            predicted::judge(&Case { number, zone, shape, track, visit: &visit, whereabouts }, scene);
        }
    }
}

/// Slower than this a vessel has stopped, metres per second ...
const STOPPED_MPS: f64 = 0.7;
/// ... while it stays within this, metres.
const STOPPED_M: f64 = 250.0;

impl Visit {
    /// Notes when the track came in and when it stopped.
    fn look(&mut self, track: &Track, whereabouts: Whereabouts, now: UtcTime) {
        match whereabouts {
            Whereabouts::Inside => _ = self.entered.get_or_insert(now),
            Whereabouts::Near => {}
            Whereabouts::Clear { .. } => {
                self.stopped = None;
                return;
            }
        }
        let at = track.position();
        let is_slow = track.sog().is_some_and(|sog| sog.mps() < STOPPED_MPS);
        match self.stopped {
            Some((_, there)) if is_slow && chord_m(there, at) < STOPPED_M => {}
            _ if is_slow => self.stopped = Some((now, at)),
            _ => self.stopped = None,
        }
    }
}

fn whereabouts(zone: &Zone, shape: &Shape, track: &Track, visit: &Visit, now: UtcTime) -> Whereabouts {
    let at = track.position();
    let [ee, _, nn] = track.position_covariance_m2();
    let sigma_m = f64::midpoint(ee, nn).max(0.0).sqrt();
    let buffer_m = zone.buffer_m.max(sigma_m).min(MAX_BUFFER_M);
    let outside_m = shape.outside_m(at, buffer_m);
    if outside_m > buffer_m || !zone.is_on(now) {
        Whereabouts::Clear {
            through: zone.is_on(now) && visit.from.is_some_and(|from| shape.is_cut(from, at)),
        }
    } else if outside_m > 0.0 {
        Whereabouts::Near
    } else {
        Whereabouts::Inside
    }
}

pub(crate) const fn class(station: Station) -> Class {
    match station {
        Station::ClassA => Class::ClassA,
        // A boat that is known by its terminal alone is one of those.
        Station::Terminal | Station::ClassB => Class::ClassB,
        Station::Aircraft => Class::Aircraft,
    }
}

/// Corners as pairs of numbers.
pub(crate) mod corners {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use units::Position;

    pub fn serialize<S: Serializer>(corners: &[Position], serializer: S) -> Result<S::Ok, S::Error> {
        corners.iter().map(|p| [p.lat(), p.lon()]).collect::<Vec<_>>().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Position>, D::Error> {
        let corners = Vec::<[f64; 2]>::deserialize(deserializer)?;
        let position = |[lat, lon]: [f64; 2]| {
            let wrong = || D::Error::custom(format_args!("[{lat}, {lon}] is no latitude and longitude"));
            Position::new(lat, lon).ok_or_else(wrong)
        };
        corners.into_iter().map(position).collect()
    }
}
