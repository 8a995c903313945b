//! What the messages say, in SI units; read from a document, and composed into one.
//!
//! Composing takes the message's own identity first: a UUID in braces, fresh for each message.

use super::counters::Reject;
use super::document::{Document, Element};
use super::schema::Kind;
use units::{Degrees, Imo, Mmsi, Position, UtcTime};

/// What a message is about, as a client of a service needs to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Message<'a> {
    /// The server's answer to a login.
    LoginResponse(Reply<'a>),
    /// The server's answer to a service request.
    ServiceResponse(Reply<'a>),
    /// The other side wants to know whether we live.
    Ping,
    /// The answer to our ping.
    Pong {
        /// The ping's identity.
        on: Option<&'a str>,
    },
    /// The server's state; not well, it leaves objects out.
    ServerStatus {
        /// Whether it is well.
        is_well: bool,
        /// In its words.
        details: Option<&'a str>,
    },
    /// Objects: see [`Document::objects`].
    Objects,
    /// The other side leaves.
    Logout,
    /// What only a server is asked.
    Request(Kind),
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The identity of what it answers; some dialects leave it empty.
    pub on: Option<&'a str>,
    /// What was decided.
    pub verdict: Verdict,
    /// Why it was declined, or what is restricted.
    pub reason: Option<&'a str>,
}

/// What a server decides about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As asked.
    Accepted,
    /// Not at all.
    Declined,
    /// In part: the reason says which.
    Restricted,
}

impl<'a> Message<'a> {
    /// What the document holds; `None` where it holds nothing.
    #[must_use]
    pub fn of(document: &'a Document) -> Option<Self> {
        let body = document.body()?;
        Some(match body.kind() {
            Kind::LoginResponse => Self::LoginResponse(Reply::of(body)),
            Kind::ServiceRequestResponse => Self::ServiceResponse(Reply::of(body)),
            Kind::Ping => Self::Ping,
            Kind::Pong => Self::Pong { on: answered(body) },
            Kind::ServerStatus => Self::ServerStatus {
                is_well: body.flag("Status").unwrap_or_default(),
                details: body.text("Details"),
            },
            Kind::ObjectDatas | Kind::VesselData => Self::Objects,
            Kind::Logout => Self::Logout,
            request => Self::Request(request),
        })
    }
}

impl<'a> Reply<'a> {
    fn of(element: Element<'a>) -> Self {
        let verdict = match element.int("Result") {
            Some(1) => Verdict::Accepted,
            Some(3) => Verdict::Restricted,
            _ => Verdict::Declined,
        };
        let reason = element.text("Reason").filter(|reason| !reason.is_empty());
        Self { on: answered(element), verdict, reason }
    }
}

fn answered(element: Element<'_>) -> Option<&str> {
    let on = element.text("ResponseOn").or_else(|| element.text("MsgId"));
    on.filter(|on| !on.is_empty())
}

/// Whether a track's sensors see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackStatus {
    /// Sensors update it.
    Updated,
    /// No sensor does at present.
    Coasted,
    /// It is no more; its number may be given to another.
    Dropped,
}

/// One track. `None`: the sender does not say.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Track<'a> {
    /// The sender's number for it, unique while it lives.
    pub id: i64,
    /// When it was so.
    pub at: Option<UtcTime>,
    /// The middle of the hull.
    pub position: Option<Position>,
    /// One standard deviation of the position, north and east, metres.
    pub sigma_m: Option<(f64, f64)>,
    /// Above the ellipsoid, metres.
    pub altitude_m: Option<f64>,
    /// Speed over ground.
    pub sog_mps: Option<f64>,
    /// One standard deviation of it.
    pub sigma_sog_mps: Option<f64>,
    /// Course over ground.
    pub cog: Option<Degrees>,
    /// One standard deviation of it, degrees.
    pub sigma_cog_deg: Option<f64>,
    /// Heading.
    pub heading: Option<Degrees>,
    /// Rate of turn, starboard positive, degrees a minute.
    pub rot_deg_min: Option<f64>,
    /// As measured.
    pub length_m: Option<f64>,
    /// As measured.
    pub width_m: Option<f64>,
    /// Whether it is seen.
    pub status: Option<TrackStatus>,
    /// Navigational status, as in AIS, 0 to 15.
    pub nav_status: Option<u8>,
    /// Who made it: a UN/LOCODE.
    pub source_id: Option<&'a str>,
    /// Who made it, by name.
    pub source_name: Option<&'a str>,
}

impl<'a> Track<'a> {
    /// The track of an object, if it has one.
    #[must_use]
    pub fn of(object: Element<'a>) -> Option<Self> {
        let track = object.child(Kind::TrackData).or_else(|| object.child(Kind::PosReport))?;
        let pos = track.child(Kind::Pos);
        let of_pos = |name| pos.and_then(|pos| pos.decimal(name));
        let deviation = |name| of_pos(name).filter(|sigma| *sigma > 0.0);
        let either = |name, dialect| track.decimal(name).or_else(|| track.decimal(dialect));
        let status = match (track.int("TrackStatus"), track.flag("Lost")) {
            (Some(1), _) | (None, Some(false)) => Some(TrackStatus::Updated),
            (Some(2), _) => Some(TrackStatus::Coasted),
            (Some(_), _) | (None, Some(true)) => Some(TrackStatus::Dropped),
            (None, None) => None,
        };
        let nav_status = track.child(Kind::NavStatus).and_then(|status| status.int("Value"));
        Some(Self {
            id: track.int("Id")?,
            at: track.time("UpdateTime"),
            position: of_pos("Lat").zip(of_pos("Long")).and_then(|(lat, lon)| Position::new(lat, lon)),
            sigma_m: deviation("EstAccLat").zip(deviation("EstAccLong")),
            altitude_m: of_pos("Altitude").or_else(|| track.decimal("Altitude")),
            sog_mps: track.decimal("SOG"),
            sigma_sog_mps: track.decimal("EstAccSOG").filter(|sigma| *sigma > 0.0),
            cog: track.decimal("COG").and_then(Degrees::new),
            sigma_cog_deg: track.decimal("EstAccCOG").filter(|sigma| *sigma > 0.0),
            heading: either("Heading", "Orientation").and_then(Degrees::new),
            rot_deg_min: either("ROT", "RateOfTurn"),
            length_m: track.decimal("Length"),
            width_m: either("Width", "Breadth"),
            status,
            nav_status: nav_status.or_else(|| track.int("NavStatus")).and_then(|n| u8::try_from(n).ok()),
            source_id: track.text("SourceId"),
            source_name: track.text("SourceName"),
        })
    }

    /// Composes it into the object that is open.
    pub fn compose(&self, into: &mut Document) {
        into.open(Kind::TrackData);
        into.put_decimal("COG", self.cog.map(Degrees::value));
        into.put_decimal("EstAccSOG", self.sigma_sog_mps.map(hundredths));
        into.put_decimal("EstAccCOG", self.sigma_cog_deg.map(hundredths));
        into.put_int("Id", Some(self.id));
        into.put_decimal("Length", self.length_m.map(hundredths));
        into.put_decimal("Heading", self.heading.map(|heading| hundredths(heading.value())));
        into.put_decimal("ROT", self.rot_deg_min);
        into.put_decimal("SOG", self.sog_mps);
        into.put_str("SourceId", self.source_id);
        into.put_str("SourceName", self.source_name);
        into.put_time("UpdateTime", self.at);
        let status = self.status.map(|status| match status {
            TrackStatus::Updated => 1,
            TrackStatus::Coasted => 2,
            TrackStatus::Dropped => 3,
        });
        into.put_int("TrackStatus", status);
        into.put_decimal("Width", self.width_m.map(hundredths));
        if let Some(position) = self.position {
            into.open(Kind::Pos);
            into.put_decimal("Altitude", self.altitude_m.map(hundredths));
            into.put_decimal("EstAccLat", self.sigma_m.map(|(north, _)| hundredths(north)));
            into.put_decimal("EstAccLong", self.sigma_m.map(|(_, east)| hundredths(east)));
            put_place(position, into);
            into.close();
        }
        if let Some(value) = self.nav_status.filter(|value| *value <= 15) {
            into.open(Kind::NavStatus);
            into.put_int("Value", Some(value.into()));
            into.close();
        }
        into.close();
    }
}

/// What is known of a vessel. `None`: the sender does not say.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Vessel<'a> {
    /// The sender's number for it.
    pub id: Option<i64>,
    /// When this was compiled.
    pub at: Option<UtcTime>,
    /// Where it comes from.
    pub source: Option<Provenance>,
    /// Who says so, by name.
    pub source_name: Option<&'a str>,
    /// Whether it is an aid to navigation, not a vessel.
    pub is_aid: Option<bool>,
    /// Its MMSI.
    pub mmsi: Option<Mmsi>,
    /// Its IMO number, where the check digit is right.
    pub imo: Option<Imo>,
    /// Its name.
    pub name: Option<&'a str>,
    /// Its call sign.
    pub callsign: Option<&'a str>,
    /// Its flag, ISO 3166-1 alpha-2.
    pub flag: Option<&'a str>,
    /// Over all.
    pub length_m: Option<f64>,
    /// Over all.
    pub width_m: Option<f64>,
    /// At most.
    pub max_draught_m: Option<f64>,
    /// Ship and cargo type as in AIS; only dialects have it.
    pub ship_type: Option<u8>,
}

/// Where static data come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// The vessel's own transponder.
    Transponder,
    /// A database.
    Database,
    /// An operator.
    Manual,
    /// Several of these.
    Fused,
    /// Someone else.
    External,
}

const PROVENANCES: [Provenance; 5] = [
    Provenance::Transponder,
    Provenance::Database,
    Provenance::Manual,
    Provenance::Fused,
    Provenance::External,
];

impl<'a> Vessel<'a> {
    /// The vessels that an object tells of, one for each source.
    pub fn all(object: Element<'a>) -> impl Iterator<Item = Self> {
        let own = (object.kind() == Kind::VesselData).then_some(object);
        let children = object.children().filter(|e| matches!(e.kind(), Kind::VesselData | Kind::StaticData));
        own.into_iter().chain(children).map(Self::of)
    }

    fn of(element: Element<'a>) -> Self {
        let (identity, construction) = (element.child(Kind::Identifier), element.child(Kind::Construction));
        let text = |name, dialect| {
            let text = identity.and_then(|e| e.text(name)).or_else(|| element.text(dialect));
            text.map(str::trim).filter(|text| !text.is_empty())
        };
        let number = |name| {
            let number = identity.and_then(|e| e.int(name)).or_else(|| element.int(name));
            number.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0)
        };
        let measure =
            |name, dialect| construction.and_then(|e| e.decimal(name)).or_else(|| element.decimal(dialect));
        let source = element.int("SourceType").and_then(|n| PROVENANCES.get(usize::try_from(n - 1).ok()?));
        Self {
            id: element.int("Id"),
            at: element.time("UpdateTime"),
            source: source.copied(),
            source_name: element.text("SourceName"),
            is_aid: element.int("Class").filter(|class| *class > 0).map(|class| class == 2),
            mmsi: number("MMSI").and_then(Mmsi::new),
            imo: number("IMO").and_then(Imo::new),
            name: text("Name", "ShipName"),
            callsign: text("Callsign", "Callsign"),
            flag: text("Flag", "CountryFlag"),
            length_m: measure("Length", "Length"),
            width_m: measure("Width", "Breadth"),
            max_draught_m: measure("MaxDraught", "MaxDraught"),
            ship_type: element.int("ShipType").and_then(|n| u8::try_from(n).ok()),
        }
    }

    /// Composes it into the object that is open.
    pub fn compose(&self, into: &mut Document) {
        into.open(Kind::VesselData);
        into.put_int("Class", self.is_aid.map(|is_aid| if is_aid { 2 } else { 1 }));
        into.put_int("Id", self.id);
        into.put_str("SourceName", self.source_name);
        let source = self.source.and_then(|source| PROVENANCES.iter().position(|p| *p == source));
        into.put_int("SourceType", source.map(|place| place as i64 + 1));
        into.put_time("UpdateTime", self.at);
        if self.length_m.or(self.width_m).or(self.max_draught_m).is_some() {
            into.open(Kind::Construction);
            into.put_decimal("Length", self.length_m.map(hundredths));
            into.put_decimal("MaxDraught", self.max_draught_m);
            into.put_decimal("Width", self.width_m.map(hundredths));
            into.close();
        }
        into.open(Kind::Identifier);
        into.put_str("Callsign", self.callsign);
        into.put_int("IMO", self.imo.map(|imo| imo.number().into()));
        into.put_str("Name", self.name);
        into.put_str("Flag", self.flag);
        into.put_int("MMSI", self.mmsi.map(|mmsi| mmsi.number().into()));
        into.close();
        into.close();
    }
}

/// What is known of a voyage. `None`: the sender does not say.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Voyage<'a> {
    /// The sender's number for it.
    pub id: Option<i64>,
    /// When this was compiled.
    pub at: Option<UtcTime>,
    /// Where it comes from.
    pub source: Option<Provenance>,
    /// Who says so, by name.
    pub source_name: Option<&'a str>,
    /// Where to: a UN/LOCODE.
    pub destination_code: Option<&'a str>,
    /// Where to, in words.
    pub destination: Option<&'a str>,
    /// When it expects to be there.
    pub eta: Option<UtcTime>,
    /// Draught at present.
    pub draught_m: Option<f64>,
}

impl<'a> Voyage<'a> {
    /// The voyages that an object tells of, one for each source.
    pub fn all(object: Element<'a>) -> impl Iterator<Item = Self> {
        let children = object.children().filter(|e| matches!(e.kind(), Kind::VoyageData | Kind::Voyage));
        children.map(|element| {
            let text = |name| element.text(name).map(str::trim).filter(|text| !text.is_empty());
            let source =
                element.int("SourceType").and_then(|n| PROVENANCES.get(usize::try_from(n - 1).ok()?));
            Self {
                id: element.int("Id"),
                at: element.time("UpdateTime"),
                source: source.copied(),
                source_name: element.text("SourceName"),
                destination_code: text("DestCode"),
                destination: text("DestName").or_else(|| text("Destination")),
                eta: element.time("ETA"),
                draught_m: element.decimal("Draught"),
            }
        })
    }

    /// Composes it into the object that is open.
    pub fn compose(&self, into: &mut Document) {
        into.open(Kind::VoyageData);
        into.put_int("Id", self.id);
        into.put_str("DestCode", self.destination_code);
        into.put_str("DestName", self.destination);
        into.put_decimal("Draught", self.draught_m);
        into.put_time("ETA", self.eta);
        into.put_str("SourceName", self.source_name);
        let source = self.source.and_then(|source| PROVENANCES.iter().position(|p| *p == source));
        into.put_int("SourceType", source.map(|place| place as i64 + 1));
        into.put_time("UpdateTime", self.at);
        into.close();
    }
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Service {
    /// Where, each a polygon of at least three corners. None asks for nothing at all.
    pub areas: Vec<Vec<Position>>,
    /// When.
    pub delivery: Delivery,
    /// An `XPath` predicate that begins with `//ObjectData`; the server may know only some.
    pub filter: Option<String>,
}

/// When a server sends objects.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum Delivery {
    /// The whole picture, once.
    Once,
    /// The whole picture, predicted to the moment, again and again.
    Every {
        /// Seconds from one to the next.
        period_s: f64,
    },
    /// Each object when it is updated.
    #[default]
    Updates,
}

/// A client's first message; encryption is plain.
///
/// # Errors
/// Those of [`Document::finish`], as for all that follow.
pub fn login_request(into: &mut Document, id: &str, user: &str, password: &str) -> Result<(), Reject> {
    into.compose(id);
    into.open(Kind::LoginRequest);
    into.put_int("Encryption", Some(1));
    into.put_str("Name", Some(user));
    into.put_str("Password", Some(password));
    into.finish()
}

/// A server's answer to [`login_request`].
///
/// # Errors
/// Those of [`Document::finish`].
pub fn login_response(into: &mut Document, id: &str, reply: &Reply<'_>) -> Result<(), Reject> {
    into.compose(id);
    into.open(Kind::LoginResponse);
    into.put_str("Reason", reply.reason);
    into.put_str("ResponseOn", reply.on);
    into.put_int("Result", Some(if reply.verdict == Verdict::Declined { 2 } else { 1 }));
    into.finish()
}

/// The end of a session.
///
/// # Errors
/// Those of [`Document::finish`].
pub fn logout(into: &mut Document, id: &str) -> Result<(), Reject> {
    into.compose(id);
    into.open(Kind::Logout);
    into.finish()
}

/// Asks the other side whether it lives.
///
/// # Errors
/// Those of [`Document::finish`].
pub fn ping(into: &mut Document, id: &str, at: UtcTime) -> Result<(), Reject> {
    into.compose(id);
    into.open(Kind::Ping);
    into.put_time("TimeStamp", Some(at));
    into.finish()
}

/// Answers a ping.
///
/// # Errors
/// Those of [`Document::finish`].
pub fn pong(into: &mut Document, id: &str, on: &str, node: i64, at: UtcTime) -> Result<(), Reject> {
    into.compose(id);
    into.open(Kind::Pong);
    into.put_str("ResponseOn", Some(on));
    into.put_int("SourceId", Some(node));
    into.put_time("TimeStamp", Some(at));
    into.finish()
}

/// A server's state.
///
/// # Errors
/// Those of [`Document::finish`].
pub fn server_status(
    into: &mut Document,
    id: &str,
    is_well: bool,
    details: Option<&str>,
) -> Result<(), Reject> {
    into.compose(id);
    into.open(Kind::ServerStatus);
    into.put_str("Details", details);
    into.put_flag("Status", Some(is_well));
    into.finish()
}

/// Asks for a service in place of the one that runs: tracks, vessels and voyages with all their fields.
///
/// # Errors
/// Those of [`Document::finish`].
pub fn service_request(into: &mut Document, id: &str, service: &Service) -> Result<(), Reject> {
    into.compose(id);
    into.open(Kind::ServiceRequest);
    for area in &service.areas {
        into.open(Kind::Area);
        for corner in area {
            into.open(Kind::Pos);
            put_place(*corner, into);
            into.close();
        }
        into.close();
    }
    into.open(Kind::Transmission);
    let (kind, period_s) = match service.delivery {
        Delivery::Once => (1, None),
        Delivery::Every { period_s } => (2, Some(period_s)),
        Delivery::Updates => (3, None),
    };
    into.put_int("Type", Some(kind));
    into.put_decimal("Period", period_s);
    into.close();
    for selector in 1..=3 {
        into.open(Kind::Item);
        into.put_int("DataSelector", Some(selector));
        into.put_str("FieldSelector", Some("all"));
        into.close();
    }
    if let Some(filter) = &service.filter {
        into.open(Kind::Filter);
        into.put_str("Predicate", Some(filter));
        into.close();
    }
    into.finish()
}

/// A server's answer to [`service_request`].
///
/// # Errors
/// Those of [`Document::finish`].
pub fn service_response(into: &mut Document, id: &str, reply: &Reply<'_>) -> Result<(), Reject> {
    into.compose(id);
    into.open(Kind::ServiceRequestResponse);
    into.put_str("Reason", reply.reason);
    into.put_str("ResponseOn", reply.on);
    let result = match reply.verdict {
        Verdict::Accepted => 1,
        Verdict::Declined => 2,
        Verdict::Restricted => 3,
    };
    into.put_int("Result", Some(result));
    into.finish()
}

/// Begins a message of objects: compose each between `open(Kind::ObjectData)` and `close()`, then `finish()`.
pub fn objects(into: &mut Document, id: &str) {
    into.compose(id);
    into.open(Kind::ObjectDatas);
}

/// The schema has the meridian opposite Greenwich only once.
fn put_place(position: Position, into: &mut Document) {
    let lon = (position.lon() * 1e5).round() / 1e5;
    into.put_decimal("Lat", Some(position.lat()));
    into.put_decimal("Long", Some(if lon <= -180.0 { 180.0 } else { lon }));
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
