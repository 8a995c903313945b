//! The elements and attributes of schema 0.2.5 (V-145, annex), and those of the dialects before it: one table.
//!
//! What only a dialect has (0.1.x and the ISIS simulator: `PosReport`, `StaticData`, `Voyage`, a root per message) is
//! marked so; the strict rules know none of it.

/// An element. The table holds one entry for each, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the schema's")]
pub enum Kind {
    Message,
    Header,
    Body,
    LoginRequest,
    LoginResponse,
    Logout,
    ObjectDatas,
    Ping,
    Pong,
    ServerStatus,
    ServiceRequest,
    ServiceRequestResponse,
    Area,
    Transmission,
    Item,
    Filter,
    ObjectData,
    TrackData,
    Pos,
    NavStatus,
    VesselData,
    Construction,
    UnType,
    Identifier,
    OtherId,
    OtherName,
    VoyageData,
    Waypoint,
    TaggedItem,
    /// `TrackData` of the dialects.
    PosReport,
    /// `VesselData` of the dialects.
    StaticData,
    /// `VoyageData` of the dialects.
    Voyage,
}

impl Kind {
    /// Its name in XML.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.def().name
    }

    pub(super) fn def(self) -> &'static Def {
        // Every kind has its entry: tested below.
        DEFS.get(self as usize).unwrap_or(&DEFS[0])
    }
}

pub(super) struct Def {
    pub name: &'static str,
    /// In the order of the schema; groups that several elements share are apart.
    pub attributes: &'static [&'static [Attribute]],
    pub children: &'static [Child],
}

pub(super) struct Attribute {
    pub name: &'static str,
    pub need: Need,
    pub form: Form,
}

/// Who insists on an attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Everyone: without it the message means nothing.
    Must,
    /// The schema; dialects leave it out.
    Should,
    May,
    /// The schema does not know it.
    Dialect,
}

/// What a value looks like.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// Characters, fewest and most.
    Text(u32, u32),
    /// Whole number from, to.
    Int(i64, i64),
    Decimal {
        /// Most digits behind the point.
        fraction: u8,
        above: f64,
        /// Whether `above` itself is allowed.
        or_equal: bool,
        to: f64,
    },
    Time,
    Flag,
}

pub(super) struct Child {
    pub kind: Kind,
    pub fewest: u32,
    pub many: bool,
    pub dialect: bool,
}

impl Def {
    /// Attributes with their numbers.
    pub fn attributes(&self) -> impl Iterator<Item = (u8, &'static Attribute)> {
        (0..).zip(self.attributes.iter().flat_map(|group| group.iter()))
    }

    pub fn attribute(&self, name: &str) -> Option<(u8, &'static Attribute)> {
        self.attributes().find(|(_, attribute)| attribute.name == name)
    }

    pub fn attribute_at(&self, number: u8) -> Option<&'static Attribute> {
        self.attributes().nth(number.into()).map(|(_, attribute)| attribute)
    }

    pub fn child(&self, name: &str) -> Option<(usize, &'static Child)> {
        self.children.iter().enumerate().find(|(_, child)| child.kind.name() == name)
    }

    pub fn child_of(&self, kind: Kind) -> Option<(usize, &'static Child)> {
        self.children.iter().enumerate().find(|(_, child)| child.kind == kind)
    }
}

const fn must(name: &'static str, form: Form) -> Attribute {
    Attribute { name, need: Need::Must, form }
}

const fn should(name: &'static str, form: Form) -> Attribute {
    Attribute { name, need: Need::Should, form }
}

const fn may(name: &'static str, form: Form) -> Attribute {
    Attribute { name, need: Need::May, form }
}

const fn dialect(name: &'static str, form: Form) -> Attribute {
    Attribute { name, need: Need::Dialect, form }
}

const fn one(kind: Kind) -> Child {
    Child { kind, fewest: 1, many: false, dialect: false }
}

const fn maybe(kind: Kind) -> Child {
    Child { kind, fewest: 0, many: false, dialect: false }
}

const fn many(fewest: u32, kind: Kind) -> Child {
    Child { kind, fewest, many: true, dialect: false }
}

const fn foreign(kind: Kind) -> Child {
    Child { kind, fewest: 0, many: true, dialect: true }
}

const fn from_to(fraction: u8, from: f64, to: f64) -> Form {
    Form::Decimal { fraction, above: from, or_equal: true, to }
}

const fn above(fraction: u8, above: f64, to: f64) -> Form {
    Form::Decimal { fraction, above, or_equal: false, to }
}

/// As many digits as a value holds.
const FREE: u8 = u8::MAX;
const ANY: Form = from_to(FREE, f64::MIN, f64::MAX);
const POSITIVE: Form = above(FREE, 0.0, f64::MAX);
const POSITIVE_TENTHS: Form = above(1, 0.0, f64::MAX);
const POSITIVE_HUNDREDTHS: Form = above(2, 0.0, f64::MAX);
const INTEGER: Form = Form::Int(i64::MIN, i64::MAX);
const COUNT: Form = Form::Int(1, i64::MAX);
const ID: Form = Form::Text(36, 42);
const NAME: Form = Form::Text(1, 42);
const REASON: Form = Form::Text(0, 256);
const LOCODE: Form = Form::Text(5, 15);
/// As long as a message is.
const FREE_TEXT: Form = Form::Text(0, u32::MAX);

const NONE: &[&[Attribute]] = &[];
const LEAF: &[Child] = &[];

const SOURCE: &[Attribute] = &[may("SourceId", LOCODE), should("SourceName", NAME)];
const SOURCE_TYPE: &[Attribute] = &[should("SourceType", Form::Int(1, 5)), must("UpdateTime", Form::Time)];

const TRACK: &[Attribute] = &[
    must("COG", from_to(1, 0.0, 360.0)),
    may("EstAccSOG", ANY),
    may("EstAccCOG", ANY),
    must("Id", INTEGER),
    may("Length", POSITIVE),
    may("Heading", from_to(FREE, 0.0, 360.0)),
    may("ROT", above(1, -720.0, 720.0)),
    must("SOG", from_to(1, 0.0, f64::MAX)),
    must("UpdateTime", Form::Time),
    should("TrackStatus", Form::Int(1, 3)),
    may("Width", POSITIVE),
    dialect("Lost", Form::Flag),
    dialect("Breadth", POSITIVE),
    dialect("Orientation", from_to(FREE, 0.0, 360.0)),
    dialect("RateOfTurn", above(FREE, -720.0, 720.0)),
    dialect("NavStatus", Form::Int(0, 15)),
    dialect("Altitude", ANY),
    dialect("UpdSensorType", INTEGER),
    dialect("ATONOffPos", Form::Flag),
];

/// What the dialects say of a ship in one element.
const SHIP: &[Attribute] = &[
    dialect("ShipName", FREE_TEXT),
    dialect("Callsign", FREE_TEXT),
    dialect("MMSI", INTEGER),
    dialect("IMO", INTEGER),
    dialect("ShipType", INTEGER),
    dialect("Length", POSITIVE),
    dialect("Breadth", POSITIVE),
    dialect("MaxDraught", POSITIVE),
    dialect("MaxAirDraught", POSITIVE),
    dialect("AntPosDistFromFront", ANY),
    dialect("AntPosDistFromLeft", ANY),
    dialect("CountryFlag", FREE_TEXT),
    dialect("NatLangShipName", FREE_TEXT),
    dialect("PortOfRegistry", FREE_TEXT),
    dialect("ObjectType", INTEGER),
    dialect("ATONType", INTEGER),
    dialect("ATONName", FREE_TEXT),
    dialect("DeepWaterVesselind", Form::Flag),
];

/// Indexed by [`Kind`].
pub(super) static DEFS: [Def; 32] = [
    Def { name: "MSG_IVEF", attributes: NONE, children: &[one(Kind::Header), one(Kind::Body)] },
    Def {
        name: "Header",
        attributes: &[&[must("MsgRefId", ID), should("Version", Form::Text(0, 42))]],
        children: LEAF,
    },
    Def {
        name: "Body",
        attributes: NONE,
        children: &[
            maybe(Kind::LoginRequest),
            maybe(Kind::LoginResponse),
            maybe(Kind::Logout),
            maybe(Kind::ObjectDatas),
            maybe(Kind::Ping),
            maybe(Kind::Pong),
            maybe(Kind::ServerStatus),
            maybe(Kind::ServiceRequest),
            maybe(Kind::ServiceRequestResponse),
            foreign(Kind::VesselData),
        ],
    },
    Def {
        name: "LoginRequest",
        attributes: &[&[must("Encryption", Form::Int(1, 2)), must("Name", REASON), must("Password", REASON)]],
        children: LEAF,
    },
    Def {
        name: "LoginResponse",
        attributes: &[&[
            may("Reason", REASON),
            should("ResponseOn", ID),
            must("Result", Form::Int(1, 2)),
            dialect("MsgId", FREE_TEXT),
        ]],
        children: LEAF,
    },
    Def { name: "Logout", attributes: NONE, children: LEAF },
    Def { name: "ObjectDatas", attributes: NONE, children: &[many(1, Kind::ObjectData)] },
    Def { name: "Ping", attributes: &[&[must("TimeStamp", Form::Time)]], children: LEAF },
    Def {
        name: "Pong",
        attributes: &[&[
            should("ResponseOn", ID),
            should("SourceId", INTEGER),
            must("TimeStamp", Form::Time),
            dialect("MsgId", FREE_TEXT),
        ]],
        children: LEAF,
    },
    Def {
        name: "ServerStatus",
        attributes: &[&[
            may("ContactIdentity", Form::Text(1, 254)),
            may("Details", Form::Text(0, 50)),
            must("Status", Form::Flag),
        ]],
        children: LEAF,
    },
    Def {
        name: "ServiceRequest",
        attributes: NONE,
        children: &[many(0, Kind::Area), one(Kind::Transmission), many(0, Kind::Item), maybe(Kind::Filter)],
    },
    Def {
        name: "ServiceRequestResponse",
        attributes: &[&[
            may("Reason", REASON),
            should("ResponseOn", ID),
            must("Result", Form::Int(1, 3)),
            dialect("MsgId", FREE_TEXT),
        ]],
        children: LEAF,
    },
    Def { name: "Area", attributes: &[&[may("Name", NAME)]], children: &[many(3, Kind::Pos)] },
    Def {
        name: "Transmission",
        attributes: &[&[must("Type", Form::Int(1, 3)), may("Period", ANY)]],
        children: LEAF,
    },
    Def {
        name: "Item",
        attributes: &[&[
            should("DataSelector", Form::Int(1, 3)),
            should("FieldSelector", NAME),
            dialect("Element", INTEGER),
            dialect("Field", FREE_TEXT),
        ]],
        children: LEAF,
    },
    Def { name: "Filter", attributes: &[&[must("Predicate", Form::Text(1, 1024))]], children: LEAF },
    Def {
        name: "ObjectData",
        attributes: NONE,
        children: &[
            maybe(Kind::TrackData),
            many(0, Kind::VesselData),
            many(0, Kind::VoyageData),
            many(0, Kind::TaggedItem),
        ],
    },
    Def {
        name: "TrackData",
        attributes: &[TRACK, SOURCE],
        children: &[many(0, Kind::Pos), many(0, Kind::NavStatus)],
    },
    Def {
        name: "Pos",
        attributes: &[&[
            may("Altitude", ANY),
            may("EstAccAlt", ANY),
            may("EstAccLat", ANY),
            may("EstAccLong", ANY),
            must("Lat", from_to(5, -90.0, 90.0)),
            must("Long", above(5, -180.0, 180.0)),
        ]],
        children: LEAF,
    },
    Def { name: "NavStatus", attributes: &[&[must("Value", Form::Int(0, 15))]], children: LEAF },
    Def {
        name: "VesselData",
        attributes: &[
            &[
                may("Class", Form::Int(0, 2)),
                may("BlackListed", Form::Flag),
                should("Id", INTEGER),
                may("SpecialAttention", Form::Text(0, 20)),
            ],
            SOURCE,
            &[should("SourceType", Form::Int(1, 5)), should("UpdateTime", Form::Time)],
            SHIP,
        ],
        children: &[
            maybe(Kind::Construction),
            maybe(Kind::Identifier),
            foreign(Kind::PosReport),
            foreign(Kind::StaticData),
            foreign(Kind::Voyage),
            foreign(Kind::TaggedItem),
        ],
    },
    Def {
        name: "Construction",
        attributes: &[&[
            may("HullColor", Form::Text(6, 6)),
            may("HullType", Form::Int(1, 3)),
            may("DeadWeight", POSITIVE),
            may("GrossWeight", POSITIVE),
            may("Length", POSITIVE),
            may("LloydsShipType", INTEGER),
            may("YearOfBuild", Form::Int(-9999, 9999)),
            may("MaxAirDraught", POSITIVE_TENTHS),
            may("MaxDraught", POSITIVE_TENTHS),
            may("MaxPersonsOnBoard", COUNT),
            may("MaxSpeed", POSITIVE),
            may("Width", POSITIVE),
        ]],
        children: &[maybe(Kind::UnType)],
    },
    Def {
        name: "UnType",
        attributes: &[&[
            must("CodeA", Form::Text(2, 3)),
            may("CodeB", Form::Text(1, 1)),
            must("Mode", Form::Int(1, 8)),
        ]],
        children: LEAF,
    },
    Def {
        name: "Identifier",
        attributes: &[&[
            may("Callsign", Form::Text(0, 9)),
            may("IMO", INTEGER),
            may("Name", NAME),
            may("FormerName", NAME),
            may("Flag", Form::Text(2, 2)),
            may("Owner", NAME),
            may("MMSI", INTEGER),
            may("LRIT", NAME),
        ]],
        children: &[many(0, Kind::OtherId), many(0, Kind::OtherName)],
    },
    Def { name: "OtherId", attributes: &[&[must("Id", NAME), must("Value", NAME)]], children: LEAF },
    Def {
        name: "OtherName",
        attributes: &[&[must("Lang", Form::Text(2, 2)), must("Name", NAME)]],
        children: LEAF,
    },
    Def {
        name: "VoyageData",
        attributes: &[
            &[
                may("AirDraught", POSITIVE_HUNDREDTHS),
                must("Id", INTEGER),
                may("CargoTypeIMO", Form::Int(0, 5)),
                may("ContactIdentity", Form::Text(1, 254)),
                may("DestCode", LOCODE),
                may("DestName", NAME),
                may("DepartCode", LOCODE),
                may("DepartName", NAME),
                may("Draught", POSITIVE_HUNDREDTHS),
                may("ETA", Form::Time),
                may("ATD", Form::Time),
                may("ISPSLevel", from_to(FREE, 1.0, 3.0)),
                may("OverSizedLength", POSITIVE_TENTHS),
                may("OverSizedWidth", POSITIVE_TENTHS),
                may("PersonsOnBoard", COUNT),
                may("Pilots", POSITIVE),
                may("RouteBound", Form::Flag),
                may("TankerStatus", Form::Int(0, 2)),
                may("Tugs", Form::Flag),
            ],
            SOURCE,
            SOURCE_TYPE,
        ],
        children: &[many(0, Kind::Waypoint)],
    },
    Def {
        name: "Waypoint",
        attributes: &[&[
            may("ATA", Form::Time),
            may("ETA", Form::Time),
            may("RTA", Form::Time),
            may("LoCode", LOCODE),
            must("Name", NAME),
        ]],
        children: &[maybe(Kind::Pos)],
    },
    Def { name: "TaggedItem", attributes: &[&[must("Key", NAME), must("Value", FREE_TEXT)]], children: LEAF },
    Def {
        name: "PosReport",
        attributes: &[TRACK, &[dialect("SourceId", FREE_TEXT), dialect("SourceName", FREE_TEXT)]],
        children: &[many(0, Kind::Pos), many(0, Kind::NavStatus)],
    },
    Def {
        name: "StaticData",
        attributes: &[
            &[
                dialect("Id", FREE_TEXT),
                dialect("Source", INTEGER),
                dialect("SourceName", FREE_TEXT),
                dialect("UpdateTime", Form::Time),
            ],
            SHIP,
        ],
        children: LEAF,
    },
    Def {
        name: "Voyage",
        attributes: &[&[
            dialect("Id", FREE_TEXT),
            dialect("Source", INTEGER),
            dialect("SourceName", FREE_TEXT),
            dialect("CargoType", INTEGER),
            dialect("AirDraught", POSITIVE),
            dialect("Draught", POSITIVE),
            dialect("Destination", FREE_TEXT),
            dialect("ETA", Form::Time),
            dialect("ATA", Form::Time),
            dialect("ISPSLevel", INTEGER),
            dialect("OverSizedLength", POSITIVE),
            dialect("OverSizedWidth", POSITIVE),
            dialect("PersonsOnBoard", INTEGER),
            dialect("Pilots", FREE_TEXT),
            dialect("TankerStatus", FREE_TEXT),
            dialect("Tugs", FREE_TEXT),
        ]],
        children: LEAF,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_entry_and_no_name_comes_twice() {
        let mut seen = vec![Kind::Message];
        for def in &DEFS {
            for child in def.children {
                assert_eq!(child.kind.name(), format!("{:?}", child.kind));
                seen.push(child.kind);
            }
            assert!(def.attributes().count() <= 64 && def.children.len() <= 32, "{}: bit sets", def.name);
            for (number, attribute) in def.attributes() {
                let found = def.attribute(attribute.name).map(|(at, _)| at);
                assert_eq!(found, Some(number), "{} {}", def.name, attribute.name);
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), DEFS.len());
        assert_eq!(Kind::Voyage as usize + 1, DEFS.len());
    }
}
