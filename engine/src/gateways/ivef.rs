//! IVEF 0.2.5, the server's side (IALA V-145): who logs in gets the picture as it changes, and may ask for areas of it.

use super::told::Told;
use super::{Out, Speaker};
use crate::config::Secret;
use crate::feed::proto::{self, Resnap, Subscribe, Unsubscribe, client_message, server_message::Body};
use decoders::ivef::message::{self, Provenance, Reply, Track, TrackStatus, Verdict, Vessel, Voyage};
use decoders::ivef::{Document, Item, Kind, Rules, Stream};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use units::{Degrees, Imo, UtcTime};

/// Who has not logged in by then is none of ours, seconds.
const LOGIN_S: u32 = 10;
/// What is asked for at once: more, and it is declined.
const MAX_AREAS: usize = 16;
const MAX_CORNERS: usize = 200;
/// Accuracies that say that nothing is known.
const UNKNOWN_SOG_MPS: f64 = 50.0;
const UNKNOWN_COG_DEG: f64 = 180.0;
const NODE: i64 = 1;
const CENTRE: &str = "fairway";

pub(super) struct Ivef {
    users: Vec<(String, Secret)>,
    area: Option<[f64; 4]>,
    stream: Stream,
    reply: Document,
    objects: Document,
    /// Where an object is tried before it stands in `objects`: a wrong one there would cost all others.
    trial: Document,
    /// How many stand in `objects`.
    waiting: usize,
    stage: Stage,
    /// Subscriptions of the feed, numbered from 1.
    subscriptions: u32,
    told: HashSet<u64>,
    now: UtcTime,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    /// For so many seconds.
    Stranger(u32),
    /// Logged in: everything when it changes.
    Served,
    /// The whole picture, and nothing after it.
    Once,
    /// Logged in, and asked for nothing.
    Quiet,
}

/// What a peer says, out of its message.
enum Said {
    Login { id: String, name: String, password: String },
    Service { id: String, areas: Vec<Vec<(f64, f64)>>, delivery: Option<i64>, period_s: f64, is_partly: bool },
    Ping { id: String },
    Logout,
    Else,
}

impl Ivef {
    pub fn new(users: &[(String, Secret)], area: Option<[f64; 4]>) -> Self {
        Self {
            users: users.to_vec(),
            area,
            stream: Stream::new(Rules::Lenient),
            reply: Document::new(),
            objects: Document::new(),
            trial: Document::new(),
            waiting: 0,
            stage: Stage::Stranger(0),
            subscriptions: 1,
            told: HashSet::new(),
            now: crate::clock::now_utc(),
        }
    }

    fn answer(&mut self, out: &mut Out, compose: impl FnOnce(&mut Document, &str) -> bool) {
        if compose(&mut self.reply, &identity()) {
            append(&self.reply, out);
        }
    }

    fn login(&mut self, said: Said, out: &mut Out) -> Result<(), &'static str> {
        let Said::Login { id, name, password } = said else { return Err("spoke before it logged in") };
        // Compared by their digests, so that the time that it takes says nothing.
        let digest = |text: &str| Sha256::digest(text.as_bytes());
        let known = self.users.iter().find(|(user, _)| *user == name);
        let is_known = known.is_some_and(|(_, secret)| digest(&secret.0) == digest(&password));
        let (verdict, reason) = if is_known {
            (Verdict::Accepted, None)
        } else {
            (Verdict::Declined, Some("unknown name or password"))
        };
        let reply = Reply { on: Some(&id), verdict, reason };
        self.answer(out, |document, own| message::login_response(document, own, &reply).is_ok());
        if !is_known {
            return Err("unknown name or password");
        }
        self.stage = Stage::Served;
        out.asks.push(client_message::Body::Resnap(Resnap {}));
        Ok(())
    }

    fn serve(&mut self, said: Said, out: &mut Out) {
        let Said::Service { id, areas, delivery, period_s, is_partly } = said else { return };
        let too_much = areas.len() > MAX_AREAS
            || areas.iter().any(|area| area.len() < 3 || area.len() > MAX_CORNERS)
            || !matches!(delivery, Some(1..=3));
        let (verdict, reason) = if too_much {
            (Verdict::Declined, Some("at most 16 areas of 3 to 200 corners, delivery 1 to 3"))
        } else if is_partly || delivery == Some(2) {
            (Verdict::Restricted, Some("whole objects, without a filter, each when it is updated"))
        } else {
            (Verdict::Accepted, None)
        };
        let reply = Reply { on: Some(&id), verdict, reason };
        self.answer(out, |document, own| message::service_response(document, own, &reply).is_ok());
        if too_much {
            return;
        }
        if areas.is_empty() {
            self.stage = Stage::Quiet;
            return;
        }
        self.stage = if delivery == Some(1) { Stage::Once } else { Stage::Served };
        let asked = areas.len() as u32;
        for (number, area) in (1..).zip(areas) {
            let polygon = area.into_iter().map(|(lat, lon)| proto::Point { lat, lon }).collect();
            out.asks.push(client_message::Body::Subscribe(Subscribe {
                id: number,
                things: vec!["tracks".to_owned()],
                area: Some(proto::Area { polygon, ..proto::Area::default() }),
                period_ms: (period_s.clamp(0.0, 3600.0) * 1000.0) as u32,
                ..Subscribe::default()
            }));
        }
        for id in asked + 1..=self.subscriptions {
            out.asks.push(client_message::Body::Unsubscribe(Unsubscribe { id }));
        }
        self.subscriptions = asked;
        out.asks.push(client_message::Body::Resnap(Resnap {}));
    }

    fn shows(&self, track: &proto::Track) -> bool {
        self.area.is_none_or(|[south, west, north, east]| {
            let is_between = if west <= east {
                (west..=east).contains(&track.lon)
            } else {
                track.lon >= west || track.lon <= east
            };
            is_between && (south..=north).contains(&track.lat)
        })
    }

    fn object(&mut self, compose: impl Fn(&mut Document)) {
        message::objects(&mut self.trial, &identity());
        self.trial.open(Kind::ObjectData);
        compose(&mut self.trial);
        self.trial.close();
        if let Err(error) = self.trial.finish() {
            tracing::warn!(?error, "an object that the schema does not have");
            return;
        }
        if self.waiting == 0 {
            message::objects(&mut self.objects, &identity());
        }
        self.waiting += 1;
        self.objects.open(Kind::ObjectData);
        compose(&mut self.objects);
        self.objects.close();
    }

    fn track(&mut self, told: Told<'_>) {
        let track = told.0;
        let (Some(id), Some(middle)) = (i64::try_from(track.id).ok(), told.middle()) else { return };
        self.told.insert(track.id);
        let size_m = told.size_m();
        let [east_m, north_m] = told.sigma_m().unwrap_or([0.0; 2]);
        let state = Track {
            id,
            at: Some(told.at()),
            position: Some(middle),
            sigma_m: told.sigma_m().map(|_| (north_m, east_m)),
            heading: told.heading(),
            rot_deg_min: track.rot_deg_min,
            length_m: size_m.map(|(length_m, _)| length_m),
            width_m: size_m.map(|(_, beam_m)| beam_m).filter(|beam_m| *beam_m > 0.0),
            status: Some(if track.life() == proto::Life::Confirmed {
                TrackStatus::Updated
            } else {
                TrackStatus::Coasted
            }),
            nav_status: track.nav_status.and_then(|code| u8::try_from(code).ok()),
            source_name: Some(CENTRE),
            ..motion(track.sog_kn.map(|kn| kn * units::KNOT_MPS), told.cog())
        };
        self.object(|document| {
            state.compose(document);
            if let Some(identity) = told.identity() {
                let vessel = Vessel {
                    id: Some(id),
                    at: Some(told.at()),
                    source: Some(Provenance::Fused),
                    source_name: Some(CENTRE),
                    is_aid: Some(false),
                    mmsi: told.mmsi(),
                    imo: identity.imo.and_then(Imo::new),
                    name: told.name(),
                    callsign: identity.callsign.as_deref().filter(|text| !text.is_empty()),
                    length_m: state.length_m,
                    width_m: state.width_m,
                    ship_type: identity.ship_type.and_then(|code| u8::try_from(code).ok()),
                    ..Vessel::default()
                };
                vessel.compose(document);
                if identity.destination.is_some() || identity.draught_m.is_some() {
                    let voyage = Voyage {
                        id: Some(id),
                        at: Some(told.at()),
                        source: Some(Provenance::Transponder),
                        source_name: Some(CENTRE),
                        destination: identity.destination.as_deref().filter(|text| !text.is_empty()),
                        draught_m: identity.draught_m,
                        ..Voyage::default()
                    };
                    voyage.compose(document);
                }
            }
        });
    }

    fn gone(&mut self, track: u64) {
        let (true, Ok(id)) = (self.told.remove(&track), i64::try_from(track)) else { return };
        let end = Track {
            id,
            at: Some(self.now),
            status: Some(TrackStatus::Dropped),
            source_name: Some(CENTRE),
            ..motion(None, None)
        };
        self.object(|document| end.compose(document));
    }
}

/// The schema wants SOG and COG of every track and has no word for unknown: then they are 0, and their accuracy says so.
fn motion<'a>(sog_mps: Option<f64>, cog: Option<Degrees>) -> Track<'a> {
    Track {
        sog_mps: Some(sog_mps.unwrap_or(0.0)),
        sigma_sog_mps: sog_mps.is_none().then_some(UNKNOWN_SOG_MPS),
        cog: cog.or(Degrees::new(0.0)),
        sigma_cog_deg: cog.is_none().then_some(UNKNOWN_COG_DEG),
        ..Track::default()
    }
}

impl Speaker for Ivef {
    fn say(&mut self, body: &Body, out: &mut Out) {
        if let Body::Heartbeat(heartbeat) = body {
            self.now = UtcTime::from_unix_us(heartbeat.time_us);
        }
        match (&mut self.stage, body) {
            (Stage::Stranger(seconds), Body::Heartbeat(_)) => {
                *seconds += 1;
                if *seconds > LOGIN_S {
                    out.over = Some("did not log in");
                }
            }
            (Stage::Stranger(_) | Stage::Quiet, _) => {}
            (Stage::Once, Body::SnapshotEnd(_)) => self.stage = Stage::Quiet,
            (_, Body::Track(track)) => match Told::of(track) {
                Some(told) if self.shows(track) => self.track(told),
                _ => self.gone(track.id),
            },
            (_, Body::TrackGone(gone)) => self.gone(gone.id),
            (_, Body::Leave(leave)) => {
                if let Some(id) = leave.track {
                    self.gone(id);
                }
            }
            _ => {}
        }
    }

    fn pause(&mut self, out: &mut Out) {
        if std::mem::take(&mut self.waiting) == 0 {
            return;
        }
        match self.objects.finish() {
            Ok(()) => append(&self.objects, out),
            Err(error) => tracing::warn!(?error, "objects that the schema does not have"),
        }
    }

    fn hear(&mut self, bytes: &[u8], out: &mut Out) -> Result<(), &'static str> {
        let mut all = Vec::new();
        self.stream.take(bytes, |item| {
            // What is refused is as good as nothing: a login is still waited for.
            if let Item::Message(document) = item {
                all.extend(said(document));
            }
        });
        if self.stream.is_broken() {
            return Err("what it packed cannot be unpacked");
        }
        for said in all {
            match (self.stage, said) {
                (Stage::Stranger(_), said) => self.login(said, out)?,
                (_, Said::Logout) => return Err("logged out"),
                (_, Said::Ping { id }) => {
                    let now = self.now;
                    self.answer(out, |document, own| message::pong(document, own, &id, NODE, now).is_ok());
                }
                (_, said @ Said::Service { .. }) => self.serve(said, out),
                (_, Said::Login { .. } | Said::Else) => {}
            }
        }
        Ok(())
    }
}

fn said(document: &Document) -> Option<Said> {
    let body = document.body()?;
    let id = document.id().unwrap_or_default().to_owned();
    Some(match body.kind() {
        Kind::LoginRequest => Said::Login {
            id,
            name: body.text("Name").unwrap_or_default().to_owned(),
            password: body.text("Password").unwrap_or_default().to_owned(),
        },
        Kind::ServiceRequest => {
            let transmission = body.child(Kind::Transmission);
            let corners = |area: decoders::ivef::Element<'_>| {
                let places = area.children().filter(|pos| pos.kind() == Kind::Pos);
                places.filter_map(|pos| pos.decimal("Lat").zip(pos.decimal("Long"))).collect()
            };
            let areas = body.children().filter(|part| part.kind() == Kind::Area).map(corners).collect();
            let is_partly = body.child(Kind::Filter).is_some() || body.child(Kind::Item).is_some();
            Said::Service {
                id,
                areas,
                delivery: transmission.and_then(|part| part.int("Type")),
                period_s: transmission.and_then(|part| part.decimal("Period")).unwrap_or(0.0),
                is_partly,
            }
        }
        Kind::Ping => Said::Ping { id },
        Kind::Logout => Said::Logout,
        _ => Said::Else,
    })
}

fn append(document: &Document, out: &mut Out) {
    document.encode(&mut out.bytes);
    if out.bytes.last() != Some(&b'\n') {
        out.bytes.push(b'\n');
    }
    out.end();
}

fn identity() -> String {
    format!("{{{}}}", uuid::Uuid::new_v4())
}
