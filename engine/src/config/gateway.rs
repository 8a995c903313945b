//! `[[gateway]]`: neighbours who are told the picture, each in his own language.

use super::ivef::{Secret, password_of};
use super::{Plain, Wrong, file};
use serde::Deserialize;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use units::Position;

/// A door for neighbours of one language.
#[derive(Clone, Debug, PartialEq)]
pub struct Gateway {
    /// What operators and metrics call it.
    pub name: String,
    /// What is spoken there.
    pub language: Language,
    /// Where they connect.
    pub listen: Option<SocketAddr>,
    /// To where datagrams go.
    pub send: Vec<SocketAddr>,
    /// What they may see: south, west, north, east, degrees; `None` is everything.
    pub area: Option<[f64; 4]>,
    /// One vessel is told no more often than this, seconds.
    pub period_s: f64,
    /// How many may be connected.
    pub max_peers: usize,
}

/// What is spoken.
#[derive(Clone, Debug, PartialEq)]
pub enum Language {
    /// NMEA 0183: VDM, and TTM of what has no MMSI as seen from a place.
    Nmea {
        /// From where; without one, what has no MMSI is not told.
        station: Option<Position>,
    },
    /// Signal K deltas, one to a line.
    SignalK,
    /// ASTERIX CAT062 and CAT065.
    Asterix {
        /// System area and identification code.
        code: (u8, u8),
    },
    /// Cursor on Target events.
    Cot,
    /// IVEF 0.2.5.
    Ivef {
        /// Who may log in, and with what.
        users: Vec<(String, Secret)>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileGateway {
    name: Spanned<String>,
    format: Spoken,
    listen: Option<Spanned<SocketAddr>>,
    /// Has to be said where others can reach it: none of these languages knows TLS.
    plain: Option<Plain>,
    #[serde(default)]
    send: Vec<SocketAddr>,
    area: Option<Spanned<[f64; 4]>>,
    period_s: Option<Spanned<f64>>,
    max_peers: Option<Spanned<usize>>,
    station: Option<Spanned<(f64, f64)>>,
    sac: Option<Spanned<u8>>,
    sic: Option<Spanned<u8>>,
    users: Option<Spanned<Vec<FileUser>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileUser {
    name: String,
    password_file: Spanned<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Spoken {
    Nmea,
    SignalK,
    Asterix,
    Cot,
    Ivef,
}

/// More doors than a centre has neighbours.
const MAX_GATEWAYS: usize = 64;
const MAX_SENDS: usize = 64;
const MAX_PEERS: usize = 10_000;
/// The longest name of schema 0.2.5.
const MAX_NAME: usize = 256;

pub(super) fn check(entries: Vec<Spanned<FileGateway>>, folder: &Path) -> Result<Vec<Gateway>, Wrong> {
    if entries.len() > MAX_GATEWAYS {
        return Err((None, format!("gateway: more than {MAX_GATEWAYS}")));
    }
    let mut all: Vec<Gateway> = Vec::new();
    for entry in entries {
        let span = entry.span();
        let gateway = one(entry, folder)?;
        if all.iter().any(|other| other.name == gateway.name) {
            return Err((Some(span), format!("gateway.name: `{}` is used twice", gateway.name)));
        }
        all.push(gateway);
    }
    Ok(all)
}

fn one(entry: Spanned<FileGateway>, folder: &Path) -> Result<Gateway, Wrong> {
    let whole = entry.span();
    let wrong = |span: Range<usize>, key: &str, what: &str| (Some(span), format!("gateway.{key}: {what}"));
    let FileGateway {
        name,
        format,
        listen,
        plain,
        send,
        area,
        period_s,
        max_peers,
        station,
        sac,
        sic,
        users,
    } = entry.into_inner();
    if !file::is_name(name.as_ref()) {
        return Err(wrong(name.span(), "name", "1 to 64 letters, digits, `-`, `_` or `.`"));
    }
    if listen.is_none() && send.is_empty() {
        return Err(wrong(whole, "listen", "this or send must be there"));
    }
    if let Some(open) =
        listen.as_ref().filter(|listen| !listen.as_ref().ip().is_loopback() && plain.is_none())
    {
        let what =
            format!("{} is open to others: say gateway.plain = \"on a trusted network\"", open.as_ref());
        return Err(wrong(open.span(), "listen", &what));
    }
    let listen = listen.map(Spanned::into_inner);
    if send.len() > MAX_SENDS {
        return Err(wrong(whole, "send", "at most 64"));
    }
    if format == Spoken::Ivef && !send.is_empty() {
        return Err(wrong(whole, "send", "ivef is spoken over connections"));
    }
    if let Some(area) = &area {
        let [south, west, north, east] = *area.as_ref();
        let is_place = |lat, lon| Position::new(lat, lon).is_some();
        if !(is_place(south, west) && is_place(north, east) && south < north) {
            return Err(wrong(area.span(), "area", "south, west, north, east, degrees"));
        }
    }
    let period = period_s.as_ref().map_or(1.0, |period| *period.as_ref());
    if !(0.0..=3600.0).contains(&period) {
        let span = period_s.map_or(whole, |period| period.span());
        return Err(wrong(span, "period_s", "0 to 3600"));
    }
    let most = max_peers.as_ref().map_or(16, |most| *most.as_ref());
    if !(1..=MAX_PEERS).contains(&most) {
        let span = max_peers.map_or(whole, |most| most.span());
        return Err(wrong(span, "max_peers", "1 to 10000"));
    }
    for (key, given, of) in [
        ("station", station.as_ref().map(Spanned::span), Spoken::Nmea),
        ("sac", sac.as_ref().map(Spanned::span), Spoken::Asterix),
        ("sic", sic.as_ref().map(Spanned::span), Spoken::Asterix),
        ("users", users.as_ref().map(Spanned::span), Spoken::Ivef),
    ] {
        if let Some(span) = given.filter(|_| format != of) {
            return Err(wrong(span, key, "this format has no use for it"));
        }
    }
    let language = match format {
        Spoken::Nmea => {
            let place = station.map(|station| {
                let (lat, lon) = *station.as_ref();
                Position::new(lat, lon)
                    .ok_or_else(|| wrong(station.span(), "station", "latitude and longitude, degrees"))
            });
            Language::Nmea { station: place.transpose()? }
        }
        Spoken::SignalK => Language::SignalK,
        Spoken::Asterix => {
            let code = |code: Option<Spanned<u8>>| code.map_or(0, Spanned::into_inner);
            Language::Asterix { code: (code(sac), code(sic)) }
        }
        Spoken::Cot => Language::Cot,
        Spoken::Ivef => {
            let Some(users) = users else {
                return Err(wrong(whole, "users", "missing; without them nobody could log in"));
            };
            let span = users.span();
            let mut known = Vec::new();
            for FileUser { name, password_file } in users.into_inner() {
                if !(1..=MAX_NAME).contains(&name.chars().count()) {
                    return Err(wrong(span, "users", "name: 1 to 256 characters"));
                }
                let password = password_of(&folder.join(password_file.as_ref()))
                    .map_err(|what| wrong(password_file.span(), "users", &what))?;
                if password.is_empty() {
                    return Err(wrong(password_file.span(), "users", "an empty password"));
                }
                known.push((name, Secret(password)));
            }
            Language::Ivef { users: known }
        }
    };
    let area = area.map(Spanned::into_inner);
    Ok(Gateway { name: name.into_inner(), language, listen, send, area, period_s: period, max_peers: most })
}
