//! How two ships met: range, bearing, closest point of approach over time, how sure each is, what was raised and who did
//! what. At every second, each ship is where she was thought to be then: from her last point, as she went. Where nobody saw
//! or heard one of them, there is nothing.

pub mod geometry;
mod page;
mod plot;
mod words;

pub use page::html;
pub use words::Language;

use crate::case::{Case, Facts};
use crate::points::{Gap, Gathered, Key, Point, Sink, Who, gather};
use engine::feed::proto::{self, AlertState, server_message::Body};
use engine::recording::Recording;
use engine::recording::consoles::{Console, Watch};
use engine::recording::retell::Item;
use geometry::{Plane, Ship, Sure, Two};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use units::UtcTime;

const SECOND_US: i64 = 1_000_000;
/// Charts have no more instants than this.
const MOST_SAMPLES: i64 = 20_000;
/// A stationary ship that reports every three minutes is there in between; nobody is for longer.
const OLDEST_S: f64 = 370.0;

/// One of the two.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// As she was known last.
    pub who: Who,
    /// Where she was, in order.
    pub points: Vec<Point>,
    /// Her tracks.
    pub tracks: BTreeSet<Key>,
    /// Where nothing is known of her.
    pub gaps: Vec<Gap>,
}

/// Both at one instant.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// When.
    pub at_us: i64,
    /// As each was thought to be; `None` in a gap.
    pub ships: [Option<Ship>; 2],
    /// One to the other, where both are there.
    pub two: Option<Two>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at_us: i64,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An alert about one or both: its kind, priority, state, texts, and who acted on it.
    Alert {
        /// Its number.
        id: u64,
        /// The number of its kind.
        kind: u32,
        /// emergency | alarm | warning | caution
        priority: String,
        /// active | acknowledged | ...
        state: &'static str,
        /// English and Chinese.
        text: [String; 2],
        /// Who acted on it last.
        user: Option<String>,
        /// Whether it is about both.
        both: bool,
    },
    /// An operator's command: who, what, and what was answered.
    Command {
        /// Who.
        user: String,
        /// What.
        action: String,
        /// What was answered.
        answer: String,
    },
}

/// When they were closest.
#[derive(Clone, Copy, Debug)]
pub struct Closest {
    /// When.
    pub at_us: i64,
    /// One standard deviation of it, seconds.
    pub at_sigma_s: Option<f64>,
    /// Between their middles.
    pub range_m: Sure,
    /// Between their hulls.
    pub gap_m: Option<f64>,
    /// As both were then.
    pub ships: [Ship; 2],
    /// One of them was in a gap just before or after: they may have been closer.
    pub is_at_gap: bool,
}

/// How they met.
#[derive(Clone, Debug)]
pub struct Encounter {
    /// What was asked for.
    pub case: Case,
    /// What is true of it all.
    pub facts: Facts,
    /// The two.
    pub sides: [Side; 2],
    /// Every second, or less often where it is long.
    pub samples: Vec<Sample>,
    /// Alerts and commands, in order.
    pub events: Vec<Event>,
    /// What consoles showed: as they were when it begins, and what became of them.
    pub consoles: Vec<Console>,
    /// When they were closest; `None` where they never were there together.
    pub closest: Option<Closest>,
    /// The plane of all places.
    pub plane: Plane,
}

/// Looks at the two that have these MMSIs.
///
/// # Errors
/// Where one of them was not there.
pub fn encounter(
    recording: &Recording,
    case: &Case,
    mmsis: [u32; 2],
    progress: &mut dyn FnMut(UtcTime),
) -> io::Result<Encounter> {
    let consoles = Watch::new(case.from);
    let mut seen = Seen { mmsis, sides: <_>::default(), log: Vec::new(), consoles };
    let Gathered { facts, gaps, .. } = gather(recording, case, &mut seen, progress)?;
    for (side, mmsi) in seen.sides.iter_mut().zip(mmsis) {
        if side.points.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                format!("MMSI {mmsi:09}: she was not there then, or nobody saw or heard her"),
            ));
        }
        side.points.sort_by_key(|point| point.at_us);
        side.gaps = gaps.iter().filter(|gap| side.tracks.contains(&gap.key)).cloned().collect();
    }
    let events = seen.events();
    let (sides, consoles) = (seen.sides, seen.consoles.all());
    let middle = |side: &Side| side.points.get(side.points.len() / 2).map(|point| (point.lat, point.lon));
    let (lat, lon) = sides.iter().find_map(middle).unwrap_or_default();
    let plane = Plane::at(lat, lon);
    let samples = samples(&plane, &sides);
    let closest = closest(&samples);
    Ok(Encounter { case: case.clone(), facts, sides, samples, events, consoles, closest, plane })
}

/// What is seen on the way.
struct Seen {
    mmsis: [u32; 2],
    sides: [Side; 2],
    log: Vec<(Event, BTreeSet<u64>, Option<u64>)>,
    consoles: Watch,
}

impl Sink for Seen {
    fn point(&mut self, who: &Arc<Who>, point: Point) -> io::Result<()> {
        for (side, mmsi) in self.sides.iter_mut().zip(self.mmsis) {
            if who.mmsi == Some(mmsi) {
                side.tracks.insert(who.key);
                if side.who != **who {
                    let (name, hull) = (side.who.name.take(), side.who.hull.take());
                    side.who = (**who).clone();
                    side.who.name = side.who.name.take().or(name);
                    side.who.hull = side.who.hull.or(hull);
                }
                side.points.push(point.clone());
            }
        }
        Ok(())
    }

    fn item(&mut self, at: UtcTime, item: &Item<'_>) {
        match item {
            Item::Standing(Body::Alert(alert)) | Item::Changed(Body::Alert(alert)) => self.alert(at, alert),
            Item::Command(line) => self.command(line),
            Item::Console(console) => self.consoles.take((**console).clone()),
            _ => {}
        }
    }
}

impl Seen {
    fn alert(&mut self, at: UtcTime, alert: &proto::Alert) {
        let what = What::Alert {
            id: alert.id,
            kind: alert.kind,
            priority: alert.priority.clone(),
            state: state(alert.state()),
            text: [alert.text_en.clone(), alert.text_zh.clone()],
            user: alert.user.clone(),
            both: false,
        };
        let tracks = alert.tracks.iter().copied().collect();
        self.log.push((Event { at_us: at.unix_us(), what }, tracks, Some(alert.id)));
    }

    fn command(&mut self, line: &[u8]) {
        let Ok(said) = serde_json::from_slice::<serde_json::Value>(line) else { return };
        let text = |name: &str| said.get(name).and_then(|it| it.as_str()).unwrap_or_default().to_owned();
        let code = said.get("code").and_then(serde_json::Value::as_u64).unwrap_or_default();
        let what = What::Command {
            user: text("user"),
            action: text("action"),
            answer: format!("{code} {}", text("text")),
        };
        let at_us = said.get("time_us").and_then(serde_json::Value::as_i64).unwrap_or_default();
        let (mut tracks, mut alert) = (BTreeSet::new(), None);
        let command = said.get("command").and_then(|it| it.as_object());
        for fields in command.into_iter().flat_map(|command| command.values()) {
            tracks.extend(fields.get("track").and_then(serde_json::Value::as_u64));
            alert = fields.get("alert").and_then(serde_json::Value::as_u64).or(alert);
        }
        self.log.push((Event { at_us, what }, tracks, alert));
    }

    /// What is about either of the two: their tracks are known by now.
    fn events(&mut self) -> Vec<Event> {
        let of = |side: &Side| side.tracks.iter().map(|(_, track)| *track).collect::<BTreeSet<u64>>();
        let [one, other] = self.sides.each_ref().map(of);
        let touches = |tracks: &BTreeSet<u64>| [!tracks.is_disjoint(&one), !tracks.is_disjoint(&other)];
        let about: BTreeSet<u64> = self
            .log
            .iter()
            .filter(|(event, tracks, _)| {
                matches!(event.what, What::Alert { .. }) && touches(tracks).contains(&true)
            })
            .filter_map(|(.., alert)| *alert)
            .collect();
        let mut events: Vec<Event> = Vec::new();
        let mut states: BTreeMap<u64, (&str, String, Option<String>)> = BTreeMap::new();
        for (mut event, tracks, alert) in std::mem::take(&mut self.log) {
            let is_about =
                touches(&tracks).contains(&true) || alert.is_some_and(|alert| about.contains(&alert));
            if !is_about {
                continue;
            }
            if let What::Alert { id, state, priority, user, both, .. } = &mut event.what {
                *both = touches(&tracks) == [true, true];
                // An alert is told anew with every second that its numbers change.
                let now = (*state, priority.clone(), user.clone());
                if states.insert(*id, now.clone()) == Some(now) {
                    continue;
                }
            }
            events.push(event);
        }
        events.sort_by_key(|event| event.at_us);
        events
    }
}

const fn state(state: AlertState) -> &'static str {
    match state {
        AlertState::Unspecified | AlertState::Active => "active",
        AlertState::Cleared => "cleared",
        AlertState::Silenced => "silenced",
        AlertState::Acknowledged => "acknowledged",
        AlertState::Transferred => "transferred",
        AlertState::Rectified => "rectified",
    }
}

/// The last point that is no later, if she has not been in a gap since.
fn ship_at(plane: &Plane, side: &Side, at_us: i64) -> Option<Ship> {
    let next = side.points.partition_point(|point| point.at_us <= at_us);
    let last = side.points.get(next.checked_sub(1)?)?;
    let age_s = (at_us - last.at_us) as f64 / 1e6;
    let is_in_gap = side.gaps.iter().any(|gap| {
        gap.from_us < at_us && gap.from_us >= last.at_us && gap.to_us.is_none_or(|to_us| at_us < to_us)
    });
    // At the end of what was asked for, too, she goes on only for as long as one would wait for her next report.
    let is_last = next == side.points.len();
    let usual_s = usual_s(side);
    let is_old = age_s > OLDEST_S || is_last && age_s > 2.0 * usual_s;
    (!is_in_gap && !is_old).then(|| Ship::after(plane, &side.who, last, age_s))
}

/// The median of the times between her points, seconds.
fn usual_s(side: &Side) -> f64 {
    let pairs = side.points.windows(2);
    let mut steps: Vec<i64> = pairs
        .filter_map(|pair| Some(pair.last()?.at_us - pair.first()?.at_us))
        .filter(|step| *step > 0)
        .collect();
    steps.sort_unstable();
    steps.get(steps.len() / 2).map_or(10.0, |step| (*step as f64 / 1e6).max(1.0))
}

fn samples(plane: &Plane, sides: &[Side; 2]) -> Vec<Sample> {
    let ends = |side: &Side| Some((side.points.first()?.at_us, side.points.last()?.at_us));
    let [Some(one), Some(other)] = sides.each_ref().map(ends) else { return Vec::new() };
    let (from_us, to_us) = (one.0.max(other.0), one.1.min(other.1));
    let step_us = SECOND_US.max((to_us - from_us) / MOST_SAMPLES);
    let mut samples = Vec::new();
    let mut at_us = from_us.div_euclid(SECOND_US) * SECOND_US + SECOND_US;
    while at_us <= to_us {
        let ships = sides.each_ref().map(|side| ship_at(plane, side, at_us));
        let two = match &ships {
            [Some(one), Some(other)] => Some(Two::of(one, other)),
            _ => None,
        };
        samples.push(Sample { at_us, ships, two });
        at_us += step_us;
    }
    samples
}

/// When they stopped coming closer, nearest of all times: how far apart two are says little about when they are closest, how
/// fast they come closer says more. Where they never did, when they were nearest.
fn turn(samples: &[Sample]) -> Option<usize> {
    let tcpa = |place: usize| samples.get(place)?.two?.tcpa_s.map(|it| it.value);
    let range = |place: &usize| samples.get(*place).and_then(|it| it.two).map(|two| two.range_m.value);
    let nearest = |one: &usize, other: &usize| {
        let [one, other] = [one, other].map(|place| range(place).unwrap_or(f64::INFINITY));
        one.total_cmp(&other)
    };
    let turns = (0..samples.len()).filter(|place| {
        let pair = tcpa(*place).zip(tcpa(place + 1));
        pair.is_some_and(|(now, next)| now >= 0.0 && next < 0.0)
    });
    let least = (0..samples.len()).filter(|place| range(place).is_some()).min_by(nearest)?;
    // One that is nearer by far than any turn is at an end of what is known.
    let turn = turns.min_by(nearest).filter(|turn| {
        let [turn, least] = [*turn, least].map(|place| range(&place).unwrap_or(f64::INFINITY));
        turn <= least * 1.2 + 50.0
    });
    turn.or(Some(least))
}

fn closest(samples: &[Sample]) -> Option<Closest> {
    let place = turn(samples)?;
    let sample = samples.get(place)?;
    let (two, [Some(one), Some(other)]) = (sample.two?, sample.ships) else { return None };
    let is_known = |place: Option<usize>| {
        place.and_then(|place| samples.get(place)).is_some_and(|sample| sample.two.is_some())
    };
    let is_at_gap = !is_known(place.checked_sub(1)) || !is_known(Some(place + 1));
    // Between two seconds, as they went.
    let shift_s = two.tcpa_s.map_or(0.0, |tcpa| tcpa.value).clamp(-1.0, 1.0);
    let ships = [one.later(shift_s), other.later(shift_s)];
    let at = Two::of(&ships[0], &ships[1]);
    Some(Closest {
        at_us: sample.at_us + (shift_s * 1e6) as i64,
        at_sigma_s: at.tcpa_s.and_then(|tcpa| tcpa.sigma),
        range_m: at
            .dcpa_m
            .filter(|_| at.tcpa_s.is_some_and(|tcpa| tcpa.value.abs() < 1.0))
            .unwrap_or(at.range_m),
        gap_m: at.gap_m,
        ships,
        is_at_gap,
    })
}
