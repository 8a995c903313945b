//! What the core knows, as messages of the feed.

use super::outbox::Named;
use super::proto::server_message::Body;
use super::view::Detail;
use super::{Charge, Update, proto};
use crate::roll::MAX_SOURCES;
use fusion::{Gone, Life, Mark, MarkKind, Plane, SourceId, Station, Track, TrackId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use units::{Caller, Degrees, KNOT_MPS, Knots, Label, Mmsi, UtcTime, grid};
use watch::cue::{self, Cues, Subject};
use watch::{Alert, Evidence};

/// What has a name: the sources by their ids, and the registry's watch-lists.
///
/// **Invariant**: what has a name keeps it; whoever reads names waits for nobody.
#[derive(Debug)]
pub struct Names {
    sources: Box<[OnceLock<String>]>,
    lists: RwLock<Lists>,
}

type Lists = BTreeMap<String, Arc<BTreeSet<Mmsi>>>;

impl Default for Names {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Names {
    /// Sources in the order of the configuration.
    #[must_use]
    pub fn new(sources: Vec<String>) -> Self {
        let mut places: Vec<OnceLock<String>> = sources.into_iter().map(OnceLock::from).collect();
        places.resize(MAX_SOURCES, OnceLock::new());
        Self { sources: places.into(), lists: RwLock::default() }
    }

    /// There may be more of them now.
    pub fn learn(&self, sources: &[String]) {
        for (place, name) in self.sources.iter().zip(sources) {
            place.get_or_init(|| name.clone());
        }
    }

    /// Which watch-lists there are.
    pub fn enlist(&self, lists: &BTreeMap<String, BTreeSet<Mmsi>>) {
        let lists = lists.iter().map(|(name, members)| (name.clone(), Arc::new(members.clone()))).collect();
        *self.lists.write().unwrap_or_else(PoisonError::into_inner) = lists;
    }

    /// All sources.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map_while(|name| name.get().map(String::as_str))
    }

    /// Who is on the list of that name.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<Arc<BTreeSet<Mmsi>>> {
        self.lists.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// The source of that name.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<SourceId> {
        let index = self.all().position(|known| known == name)?;
        u16::try_from(index).ok().map(SourceId)
    }

    /// What a source is called.
    #[must_use]
    pub fn of(&self, source: SourceId) -> Option<&str> {
        self.sources.get(usize::from(source.0))?.get().map(String::as_str)
    }
}

fn named(names: &Names, source: SourceId) -> String {
    names.of(source).unwrap_or_default().to_owned()
}

fn text(label: Option<Label>) -> Option<String> {
    label.map(|label| label.as_str().to_owned())
}

/// Numbers as people write them: no more digits than mean anything.
fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

fn degrees(value: f64) -> f64 {
    round(value, 7)
}

/// An update as a message; `change` numbers it, for things that have no version of their own.
pub fn body(update: &Update, names: &Names, now: UtcTime, change: u64, detail: Detail) -> Body {
    match update {
        Update::Track(track) => {
            let mut message = self::track(track, names);
            shorten(&mut message, detail);
            Body::Track(message)
        }
        Update::TrackGone(id, mmsi, reason) => track_gone(*id, *mmsi, *reason),
        Update::Mark(mark) => self::mark(mark, change),
        Update::MarkGone(mmsi) => Body::MarkGone(proto::MarkGone { mmsi: mmsi.number() }),
        Update::Alert(alert) => self::alert(alert),
        Update::Cell(cell, vessels, charge) => self::cell(*cell, *vessels, charge, now, change),
        Update::Named(_, _, Some(body)) => {
            let mut body = (**body).clone();
            match &mut body {
                Body::Sensor(sensor) => sensor.version = change,
                Body::Camera(camera) => camera.version = change,
                Body::Unit(unit) => unit.version = change,
                _ => {}
            }
            body
        }
        Update::Named(named, name, None) => match named {
            Named::Zone => Body::ZoneGone(proto::ZoneGone { name: name.to_string() }),
            Named::Sensor => Body::Sensor(proto::Sensor { name: name.to_string(), ..Default::default() }),
            Named::Remarks => {
                let track = name.parse().unwrap_or_default();
                Body::Remarks(proto::Remarks { track, ..Default::default() })
            }
            Named::Unit => Body::Unit(proto::Unit { name: name.to_string(), ..Default::default() }),
            Named::Camera => Body::Camera(proto::Camera { name: name.to_string(), ..Default::default() }),
            Named::Incident => {
                let id = name.parse().unwrap_or_default();
                Body::Incident(proto::Incident { id, ..Default::default() })
            }
        },
        Update::Told(body) => (**body).clone(),
        Update::Answer(_, answer) => Body::Answer((**answer).clone()),
    }
}

/// Whom a zone may mean, and the feed's words for them.
const ZONE_CLASSES: [(watch::zone::Class, &str); 3] = [
    (watch::zone::Class::ClassA, "class_a"),
    (watch::zone::Class::ClassB, "class_b"),
    (watch::zone::Class::Aircraft, "aircraft"),
];

/// Whom the feed's word means.
#[must_use]
pub fn zone_class(word: &str) -> Option<watch::zone::Class> {
    ZONE_CLASSES.iter().find(|(_, known)| *known == word).map(|(class, _)| *class)
}

/// A guard zone.
#[must_use]
pub fn zone(zone: &watch::zone::Zone, revision: u32) -> Update {
    let class = |class: &watch::zone::Class| {
        ZONE_CLASSES.iter().find(|(known, _)| known == class).map(|(_, word)| (*word).to_owned())
    };
    let body = Body::Zone(proto::Zone {
        name: zone.name.clone(),
        polygon: zone.polygon.iter().map(|at| proto::Point { lat: at.lat(), lon: at.lon() }).collect(),
        classes: zone.classes.iter().filter_map(class).collect(),
        buffer_m: zone.buffer_m,
        dwell_s: zone.dwell_s,
        revision,
    });
    Update::Named(Named::Zone, Arc::from(zone.name.as_str()), Some(Box::new(body)))
}

/// A change of where cameras look; `None` where consoles have no use for it.
#[must_use]
pub fn of_cue(change: &cue::Change, cues: &Cues) -> Option<Update> {
    let name = |number: u16| cues.view(number).map(|view| view.camera.name.clone());
    Some(match change {
        cue::Change::Cue(told) => {
            let (track, place) = subject(told.subject);
            Update::Told(Box::new(Body::Cue(proto::Cue {
                camera: told.camera.and_then(name).unwrap_or_default(),
                track,
                place,
                why: told.why.as_str().to_owned(),
                alert: told.alert.map(|id| id.0),
                user: told.user.clone(),
                time_us: told.at.unix_us(),
                released: told.released,
                reason: told.reason.clone(),
            })))
        }
        cue::Change::Camera(number) => camera(*number, cues)?,
        cue::Change::Picture(number, shot, picture) => {
            let (track, place) = subject(shot.subject);
            Update::Told(Box::new(Body::Picture(proto::Picture {
                camera: name(*number)?,
                track,
                place,
                alert: shot.alert.map(|id| id.0),
                time_us: shot.at.unix_us(),
                sha256: hexadecimal(&picture.sha256),
                media: picture.media.clone(),
                bytes: u32::try_from(picture.bytes.len()).unwrap_or(u32::MAX),
            })))
        }
        cue::Change::Aim(..) | cue::Change::Shoot(..) => return None,
    })
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0x0F));
        text
    })
}

fn subject(subject: Subject) -> (Option<u64>, Option<proto::Point>) {
    match subject {
        Subject::Track(id) => (Some(id.0), None),
        Subject::Place(place) => (None, Some(point(place))),
    }
}

fn point(place: units::Position) -> proto::Point {
    proto::Point { lat: degrees(place.lat()), lon: degrees(place.lon()) }
}

/// A camera as it now stands.
#[must_use]
pub fn camera(number: u16, cues: &Cues) -> Option<Update> {
    let view = cues.view(number)?;
    let (track, _) = view.subject.map_or((None, None), subject);
    let state = match view.is_up {
        None => "waiting",
        Some(false) => "down",
        Some(true) if view.is_slewing => "slewing",
        Some(true) => "up",
    };
    let name = view.camera.name.as_str();
    let body = Body::Camera(proto::Camera {
        name: name.to_owned(),
        lat: degrees(view.camera.position.lat()),
        lon: degrees(view.camera.position.lon()),
        height_m: view.camera.height_m,
        state: state.to_owned(),
        azimuth_deg: view.pose.map(|pose| round(pose.azimuth_deg, 3)),
        elevation_deg: view.pose.map(|pose| round(pose.elevation_deg, 3)),
        fov_deg: view.pose.map(|pose| round(pose.fov_deg, 3)),
        footprint: view.footprint.into_iter().map(point).collect(),
        track,
        version: 0,
        reason: view.down.map(str::to_owned),
        user: view.held.map(|(user, _)| user.to_owned()),
        held_until_us: view.held.map(|(_, until)| until.unix_us()),
        stream: view.camera.stream.clone(),
    });
    Some(Update::Named(Named::Camera, Arc::from(name), Some(Box::new(body))))
}

/// Leaves out what was not asked for.
fn shorten(track: &mut proto::Track, detail: Detail) {
    if detail < Detail::Full {
        track.cov_m2.clear();
        track.vel_cov_m2ps2.clear();
        track.reported = None;
        track.heard.clear();
        if let Some(identity) = &mut track.identity {
            identity.claims.clear();
        }
    }
    if detail < Detail::Standard {
        track.identity = None;
        track.nav_status = None;
        track.rot_deg_min = None;
        track.hull = None;
    }
}

/// What kind of thing speaks for a track.
pub(super) fn class_of(track: &Track) -> proto::Class {
    match track.station {
        None => proto::Class::Unspecified,
        Some(_) if track.is_marker() => proto::Class::NetMarker,
        Some(Station::ClassA) => proto::Class::A,
        Some(Station::ClassB) => proto::Class::B,
        Some(Station::Terminal) => proto::Class::Terminal,
        Some(Station::Aircraft) => proto::Class::Aircraft,
    }
}

fn track(track: &Track, names: &Names) -> proto::Track {
    let position = track.reference_position();
    let there = track.kinematics_at(&Plane::at(position), track.time());
    let [.., [_, _, vee, ven], [.., vnn]] = there.covariance;
    let identity = &track.identity;
    // The only claim whose origin the tracker keeps is the one that every report repeats.
    let claims = identity.caller().zip(track.reported).map(|(caller, reported)| proto::Claim {
        field: match caller {
            Caller::Mmsi(_) => "mmsi",
            Caller::Card(_) => "card",
            Caller::Terminal(_) => "terminal",
        }
        .to_owned(),
        value: match caller {
            Caller::Mmsi(mmsi) => mmsi.to_string(),
            Caller::Card(card) => card.to_string(),
            Caller::Terminal(terminal) => terminal.to_string(),
        },
        source: named(names, reported.source),
        time_us: reported.valid.unix_us(),
        belief: None,
    });
    proto::Track {
        id: track.id.0,
        version: track.version,
        life: match track.life {
            Life::Tentative => proto::Life::Tentative,
            Life::Confirmed => proto::Life::Confirmed,
            Life::Coasting => proto::Life::Coasting,
            Life::Lost => proto::Life::Lost,
        }
        .into(),
        class: class_of(track).into(),
        time_us: track.time().unix_us(),
        lat: degrees(position.lat()),
        lon: degrees(position.lon()),
        sog_kn: track.sog().map(|sog| round(sog.value(), 2)),
        cog_deg: track.cog().map(|cog| round(cog.value(), 2)),
        cov_m2: track.position_covariance_m2().map(|value| round(value, 2)).to_vec(),
        identity: Some(proto::Identity {
            mmsi: identity.mmsi.map(Mmsi::number),
            card: identity.card.map(|card| card.0),
            terminal: identity.terminal.map(|terminal| terminal.to_string()),
            imo: identity.imo.map(units::Imo::number),
            name: text(identity.name),
            callsign: text(identity.callsign),
            ship_type: identity.ship_type.map(u32::from),
            destination: text(identity.destination),
            draught_m: identity.draught_m,
            claims: claims.into_iter().collect(),
        }),
        reported: track.reported.map(|reported| proto::Report {
            lat: degrees(reported.position.lat()),
            lon: degrees(reported.position.lon()),
            sog_kn: reported.sog.map(Knots::value),
            cog_deg: reported.cog.map(Degrees::value),
            time_us: reported.valid.unix_us(),
            source: named(names, reported.source),
            arrival_us: reported.arrival.unix_us(),
        }),
        heading_deg: track.heading.map(Degrees::value),
        nav_status: track.nav_status.map(u32::from),
        heard: track
            .heard()
            .map(|(source, at)| proto::Heard { source: named(names, source), time_us: at.unix_us() })
            .collect(),
        hull: track.hull.map(|hull| proto::Hull {
            to_bow: hull.to_bow_m.into(),
            to_stern: hull.to_stern_m.into(),
            to_port: hull.to_port_m.into(),
            to_starboard: hull.to_starboard_m.into(),
        }),
        doubt: track.doubt,
        vel_cov_m2ps2: [vee, ven, vnn].map(|value| round(value, 4)).to_vec(),
        rot_deg_min: track.rot_deg_min.map(|rot| round(rot, 1)),
    }
}

fn track_gone(id: TrackId, mmsi: Option<Mmsi>, reason: Gone) -> Body {
    let reason = match reason {
        Gone::Lost => "lost",
        Gone::Unconfirmed => "unconfirmed",
        Gone::Merged => "merged",
        Gone::Displaced => "displaced",
    };
    Body::TrackGone(proto::TrackGone { id: id.0, reason: reason.to_owned(), mmsi: mmsi.map(Mmsi::number) })
}

fn mark(mark: &Mark, change: u64) -> Body {
    let kind = match mark.kind {
        MarkKind::Aid => "aid",
        MarkKind::BaseStation => "base_station",
    };
    Body::Mark(proto::Mark {
        mmsi: mark.mmsi.number(),
        kind: kind.to_owned(),
        name: text(mark.name),
        lat: mark.position.map(|position| degrees(position.lat())),
        lon: mark.position.map(|position| degrees(position.lon())),
        time_us: mark.heard.unix_us(),
        off_position: mark.off_position,
        r#virtual: mark.is_virtual,
        aid_type: mark.aid_type.map(u32::from),
        version: change,
    })
}

fn cell(cell: grid::Cell, vessels: u32, charge: &Charge, now: UtcTime, change: u64) -> Body {
    Body::Cell(proto::Cell {
        code: cell.to_string(),
        vessels,
        time_us: now.unix_us(),
        version: change,
        grade: charge.graded.map(|(grade, _)| grade.as_str().to_owned()),
        risk: charge.graded.map(|(_, score)| round(score, 3)),
        unit: charge.unit.clone(),
        current: charge.current.map(current),
    })
}

fn current(current: fusion::Current) -> proto::Current {
    let (east, north) = (current.east_mps, current.north_mps);
    proto::Current {
        set_deg: round(east.atan2(north).to_degrees().rem_euclid(360.0), 0) % 360.0,
        rate_kn: round(east.hypot(north) / KNOT_MPS, 2),
        sigma_kn: round(current.sigma_mps() / KNOT_MPS, 2),
    }
}

const fn shelve_reason(reason: watch::ShelveReason) -> &'static str {
    match reason {
        watch::ShelveReason::InHand => "in_hand",
        watch::ShelveReason::Planned => "planned",
        watch::ShelveReason::FalseAlert => "false_alert",
        watch::ShelveReason::Other => "other",
    }
}

pub fn alert(alert: &Alert) -> Body {
    let mut message = proto::Alert {
        id: alert.id.0,
        kind: alert.kind.code().into(),
        priority: alert.priority.as_str().to_owned(),
        state: match alert.state {
            watch::State::Active => proto::AlertState::Active,
            watch::State::Silenced => proto::AlertState::Silenced,
            watch::State::Acknowledged => proto::AlertState::Acknowledged,
            watch::State::Transferred => proto::AlertState::Transferred,
            watch::State::Rectified => proto::AlertState::Rectified,
            watch::State::Cleared => proto::AlertState::Cleared,
        }
        .into(),
        revision: alert.revision,
        condition_us: alert.condition.unix_us(),
        raised_us: alert.raised.unix_us(),
        cleared_us: alert.cleared.map(UtcTime::unix_us),
        tracks: alert.tracks.iter().map(|id| id.0).collect(),
        zone: alert.zone.clone(),
        cell: alert.cell.map(|cell| cell.to_string()),
        text_en: alert.text.en.clone(),
        text_zh: alert.text.zh.clone(),
        user: alert.by.as_ref().map(|by| by.user.clone()),
        owner: match (&alert.transfer, &alert.owner) {
            (Some(transfer), _) => Some(transfer.to.clone()),
            (None, owner) => owner.as_ref().map(|owner| owner.user.clone()),
        },
        reason: alert.shelf.as_ref().map(|shelf| shelve_reason(shelf.reason).to_owned()),
        shelved_until_us: alert.shelf.as_ref().map(|shelf| shelf.until.unix_us()),
        escalation: alert.escalation.into(),
        category: Some(format!("{:?}", alert.kind.category())),
        sounding: alert.sounding,
        rank: round(alert.rank, 3),
        group: alert.group.map(|id| id.0),
        consequence_of: alert.consequence_of.map(|id| id.0),
        sectors: alert.sectors.clone(),
        lat: alert.place.map(|place| degrees(place.lat())),
        lon: alert.place.map(|place| degrees(place.lon())),
        ..proto::Alert::default()
    };
    match alert.evidence {
        Evidence::Encounter { cpa_m, tcpa_s, probability, bows_m, violation, .. } => {
            [message.bow_first_m, message.bow_second_m] = bows_m.map(|bow| bow.map(|m| round(m, 1)));
            message.domain_degree = violation.map(|violation| round(violation.degree, 3));
            message.domain_s = violation.map(|violation| round(violation.entry_s, 1));
            message.cpa_m = Some(round(cpa_m, 1));
            message.tcpa_s = Some(round(tcpa_s, 1));
            message.probability = Some(round(probability, 3));
        }
        Evidence::Density { vessels } => message.count = Some(vessels),
        _ => {}
    }
    Body::Alert(message)
}
