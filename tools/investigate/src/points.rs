//! Tracks as points and the gaps between them. A point is where a vessel was thought to be when somebody saw or heard
//! her; what was only predicted is none.

use crate::case::{Case, Facts, utc};
use engine::feed::proto::{self, Life, server_message::Body};
use engine::recording::Recording;
use engine::recording::retell::Item;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use units::UtcTime;

/// A track: how often the picture had begun anew, and its number since.
pub type Key = (u32, u64);

/// Whose track it is, as known at a point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Who {
    /// Which track.
    pub key: Key,
    /// As it calls itself.
    pub mmsi: Option<u32>,
    /// The same.
    pub imo: Option<u32>,
    /// The same.
    pub name: Option<String>,
    /// The same.
    pub callsign: Option<String>,
    /// BeiDou card.
    pub card: Option<u64>,
    /// JT/T 808 terminal.
    pub terminal: Option<String>,
    /// What speaks for it: `class_a` and so on; `None` where nobody does.
    pub class: Option<&'static str>,
    /// ITU-R M.1371 ship and cargo type.
    pub ship_type: Option<u32>,
    /// To bow, stern, port and starboard from the place that is said, metres.
    pub hull: Option<[u32; 4]>,
}

/// Where it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Of which piece of its track: another one begins behind every gap.
    pub piece: u32,
    /// When.
    pub at_us: i64,
    /// WGS 84, as estimated.
    pub lat: f64,
    /// The same.
    pub lon: f64,
    /// Over ground.
    pub sog_kn: Option<f64>,
    /// True.
    pub cog_deg: Option<f64>,
    /// True.
    pub heading_deg: Option<f64>,
    /// Starboard positive.
    pub rot_deg_min: Option<f64>,
    /// ITU-R M.1371.
    pub nav_status: Option<u32>,
    /// East-east, east-north, north-north.
    pub cov_m2: Option<[f64; 3]>,
    /// Of the velocity.
    pub vel_cov_m2ps2: Option<[f64; 3]>,
    /// `tentative` or `confirmed`.
    pub state: &'static str,
    /// The tracker itself distrusted it.
    pub doubt: bool,
    /// Who saw or heard it since the point before.
    pub sources: Vec<String>,
    /// What the vessel herself said, where that is what made this point.
    pub reported: Option<[f64; 2]>,
}

/// From where to where nothing is known of a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Which track.
    pub key: Key,
    /// Whose, as far as known then.
    pub mmsi: Option<u32>,
    /// The same.
    pub name: Option<String>,
    /// The last point before.
    pub from_us: i64,
    /// The first point after; `None` where the track ended.
    pub to_us: Option<i64>,
    /// Why.
    pub reason: String,
}

impl Gap {
    /// For lists.
    #[must_use]
    pub fn json(&self) -> Value {
        let (picture, track) = self.key;
        json!({
            "picture": picture, "track": track, "mmsi": self.mmsi, "name": self.name,
            "from": utc(self.from_us), "to": self.to_us.map(utc), "reason": self.reason,
        })
    }
}

impl Who {
    /// Of a track as the feed has it.
    #[must_use]
    pub fn of(picture: u32, track: &proto::Track) -> Self {
        let identity = track.identity.clone().unwrap_or_default();
        let class = match track.class() {
            proto::Class::Unspecified => None,
            proto::Class::A => Some("class_a"),
            proto::Class::B => Some("class_b"),
            proto::Class::Aircraft => Some("aircraft"),
            proto::Class::Terminal => Some("terminal"),
            proto::Class::NetMarker => Some("net_marker"),
        };
        Self {
            key: (picture, track.id),
            mmsi: identity.mmsi,
            imo: identity.imo,
            name: identity.name,
            callsign: identity.callsign,
            card: identity.card,
            terminal: identity.terminal,
            class,
            ship_type: identity.ship_type,
            hull: track.hull.map(|hull| [hull.to_bow, hull.to_stern, hull.to_port, hull.to_starboard]),
        }
    }

    /// Whether a number is one of its numbers, or a text a part of its name or callsign.
    #[must_use]
    pub fn is_called(&self, ship: &str) -> bool {
        let ship = ship.trim();
        if let Ok(number) = ship.strip_prefix("IMO").map_or(ship, str::trim).parse::<u64>() {
            let terminal = || self.terminal.as_ref().is_some_and(|it| it.parse() == Ok(number));
            return [self.mmsi, self.imo].iter().flatten().any(|it| u64::from(*it) == number)
                || self.card == Some(number)
                || terminal();
        }
        let ship = ship.to_lowercase();
        [&self.name, &self.callsign]
            .iter()
            .any(|it| it.as_ref().is_some_and(|it| it.to_lowercase().contains(&ship)))
    }

    /// What people would call it.
    #[must_use]
    pub fn title(&self) -> String {
        let number = || self.mmsi.map(|mmsi| format!("MMSI {mmsi:09}"));
        let card = || self.card.map(|card| format!("card {card}"));
        let terminal = || self.terminal.as_ref().map(|terminal| format!("terminal {terminal}"));
        let track = || format!("track {}", self.key.1);
        self.name.clone().or_else(number).or_else(card).or_else(terminal).unwrap_or_else(track)
    }
}

impl Point {
    /// Standard deviation of its place along the worst axis, metres.
    #[must_use]
    pub fn sigma_m(&self) -> Option<f64> {
        let [east, cross, north] = self.cov_m2?;
        let widest = f64::midpoint(east, north) + (0.5 * (east - north)).hypot(cross);
        Some(widest.max(0.0).sqrt()).filter(|sigma_m| sigma_m.is_finite())
    }
}

/// Three numbers, or nothing.
fn three(values: &[f64]) -> Option<[f64; 3]> {
    <[f64; 3]>::try_from(values).ok()
}

/// Takes points as they come.
pub trait Sink {
    /// One more.
    ///
    /// # Errors
    /// Where it cannot be kept: then no more are given.
    fn point(&mut self, who: &Arc<Who>, point: Point) -> std::io::Result<()>;

    /// What else is said, as it is said.
    fn item(&mut self, _at: UtcTime, _item: &Item<'_>) {}
}

/// What was told.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// What is true of it.
    pub facts: Facts,
    /// Where nothing is known of a track, by when that begins.
    pub gaps: Vec<Gap>,
    /// Tracks that have points.
    pub tracks: u64,
    /// Their pieces.
    pub pieces: u64,
    /// Their points.
    pub points: u64,
}

/// Tells the points of a case in order of time, `progress` the instants that it comes to.
///
/// # Errors
/// Where the sink does not take any more.
pub fn gather(
    recording: &Recording,
    case: &Case,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(UtcTime),
) -> std::io::Result<Gathered> {
    let picked = if case.picks() { Some(pick(recording, case, progress)) } else { None };
    let mut pen =
        Pen { case, picked, picture: 0, lines: BTreeMap::new(), sink, gathered: Gathered::default() };
    let mut broken = None;
    let facts = case.tell(recording, &mut |at, item| {
        progress(at);
        pen.sink.item(at, item);
        match pen.take(item) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                broken = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    if let Some(error) = broken {
        return Err(error);
    }
    let mut gathered = pen.gathered;
    gathered.facts = facts;
    gathered.gaps.sort_by_key(|gap| (gap.from_us, gap.key));
    Ok(gathered)
}

/// The tracks that are ever called so: a name may be known late.
fn pick(recording: &Recording, case: &Case, progress: &mut dyn FnMut(UtcTime)) -> BTreeSet<Key> {
    let (mut picked, mut left_out, mut picture) = (BTreeSet::new(), BTreeSet::new(), 0);
    case.tell(recording, &mut |at, item| {
        progress(at);
        match item {
            Item::Anew => picture += 1,
            Item::Standing(Body::Track(track)) | Item::Changed(Body::Track(track)) => {
                let who = Who::of(picture, track);
                if case.is_ship(&who) {
                    picked.insert(who.key);
                }
                if case.is_left_out(&who) {
                    left_out.insert(who.key);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    picked.retain(|key| !left_out.contains(key));
    picked
}

/// A track while it is written.
#[derive(Debug)]
struct Line {
    who: Arc<Who>,
    piece: u32,
    last_us: Option<i64>,
    heard_us: i64,
    /// Why the next point begins another piece.
    broken: Option<String>,
}

struct Pen<'a> {
    case: &'a Case,
    picked: Option<BTreeSet<Key>>,
    picture: u32,
    lines: BTreeMap<u64, Line>,
    sink: &'a mut dyn Sink,
    gathered: Gathered,
}

impl Pen<'_> {
    fn take(&mut self, item: &Item<'_>) -> std::io::Result<()> {
        match item {
            Item::Standing(Body::Track(track)) => self.track(track, true),
            Item::Changed(Body::Track(track)) => self.track(track, false),
            Item::Changed(Body::TrackGone(gone)) => {
                if let Some(line) = self.lines.remove(&gone.id) {
                    self.end(&line, &format!("the track ended: {}", gone.reason));
                }
                Ok(())
            }
            Item::Hole(hole) if hole.what == "all" => {
                for line in self.lines.values_mut() {
                    line.broken = Some(hole.reason.clone());
                }
                Ok(())
            }
            Item::Again(tracks) => {
                let gone: Vec<u64> = self.lines.keys().filter(|id| !tracks.contains(id)).copied().collect();
                for id in gone {
                    if let Some(line) = self.lines.remove(&id) {
                        self.end(&line, "the track ended meanwhile");
                    }
                }
                Ok(())
            }
            Item::Anew => {
                for line in std::mem::take(&mut self.lines).into_values() {
                    self.end(&line, "the picture began anew");
                }
                self.picture += 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end(&mut self, line: &Line, reason: &str) {
        let Some(from_us) = line.last_us else { return };
        self.gathered.gaps.push(gap(&line.who, from_us, None, reason));
    }

    fn track(&mut self, track: &proto::Track, stands: bool) -> std::io::Result<()> {
        let key = (self.picture, track.id);
        if self.picked.as_ref().is_some_and(|picked| !picked.contains(&key)) {
            return Ok(());
        }
        let who = Who::of(self.picture, track);
        let line = self.lines.entry(track.id).or_insert_with(|| Line {
            who: Arc::default(),
            piece: 0,
            last_us: None,
            heard_us: i64::MIN,
            broken: None,
        });
        if *line.who != who {
            line.who = Arc::new(who);
        }
        // What stood when it begins may be older than what was asked for.
        let (heard_us, mut sources) = (line.heard_us, Vec::new());
        for heard in &track.heard {
            if heard.time_us > heard_us {
                sources.push(heard.source.clone());
                line.heard_us = line.heard_us.max(heard.time_us);
            }
        }
        let state = match track.life() {
            Life::Unspecified | Life::Tentative => "tentative",
            Life::Confirmed => "confirmed",
            Life::Coasting => {
                line.broken.get_or_insert_with(|| "nobody heard her: coasting".to_owned());
                return Ok(());
            }
            Life::Lost => {
                line.broken = Some("nobody heard her: lost".to_owned());
                return Ok(());
            }
        };
        let is_news = line.last_us.is_none_or(|last_us| track.time_us > last_us);
        if !is_news || !self.case.is_in_time(track.time_us) {
            return Ok(());
        }
        if !self.case.is_in_area(track.lat, track.lon) {
            line.broken = Some("outside the area".to_owned());
            return Ok(());
        }
        if let Some(last_us) = line.last_us
            && let Some(reason) = line.broken.take()
        {
            line.piece += 1;
            self.gathered.gaps.push(gap(&line.who, last_us, Some(track.time_us), &reason));
            self.gathered.pieces += 1;
        } else if line.last_us.is_none() {
            line.broken = None;
            self.gathered.tracks += 1;
            self.gathered.pieces += 1;
        }
        line.last_us = Some(track.time_us);
        let reported = track.reported.as_ref().filter(|reported| reported.time_us == track.time_us);
        if stands {
            // Who was heard before cannot be told from who was heard now.
            sources = reported.iter().map(|reported| reported.source.clone()).collect();
        }
        let point = Point {
            piece: line.piece,
            at_us: track.time_us,
            lat: track.lat,
            lon: track.lon,
            sog_kn: track.sog_kn,
            cog_deg: track.cog_deg,
            heading_deg: track.heading_deg,
            rot_deg_min: track.rot_deg_min,
            nav_status: track.nav_status,
            cov_m2: three(&track.cov_m2),
            vel_cov_m2ps2: three(&track.vel_cov_m2ps2),
            state,
            doubt: track.doubt,
            sources,
            reported: reported.map(|reported| [reported.lat, reported.lon]),
        };
        self.gathered.points += 1;
        let who = Arc::clone(&line.who);
        self.sink.point(&who, point)
    }
}

fn gap(who: &Who, from_us: i64, to_us: Option<i64>, reason: &str) -> Gap {
    Gap { key: who.key, mmsi: who.mmsi, name: who.name.clone(), from_us, to_us, reason: reason.to_owned() }
}
