//! The file as it is written, key by key, and what it must be to mean something.

use super::place::place_of;
use super::{
    AHEAD_S, Beidou, Config, Feed, Format, HttpLimits, Input, Jt808, Plain, Radar, Record, Source, Time, Tls,
    Typhoon, Wall, Wrong, camera, gateway, geojson, ivef, payload,
};
use crate::clock::now_utc;
use crate::feed::people::Terms;
use crate::registry::Registry;
use crate::roll::Roll;
use decoders::asterix::Editions;
use decoders::rdss::Template;
use fusion::{RadarSite, SensorId, Shadow, SourceId};
use payload::Payload;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use units::{Mmsi, Position};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    source: Vec<Spanned<FileSource>>,
    registry: Option<Spanned<FileRegistry>>,
    #[serde(default)]
    payload: Vec<Spanned<Payload>>,
    #[serde(default)]
    feed: Feed,
    #[serde(default)]
    http: Http,
    tls: Option<Tls>,
    people: Option<Terms>,
    changes: Option<ToFile>,
    audit: Option<ToFile>,
    #[serde(default)]
    fusion: fusion::Config,
    #[serde(default)]
    watch: watch::Config,
    #[serde(default)]
    areas: Areas,
    #[serde(default)]
    typhoon: Vec<Spanned<Typhoon>>,
    #[serde(default)]
    cameras: camera::FileCameras,
    #[serde(default)]
    camera: Vec<Spanned<camera::FileCamera>>,
    record: Option<Spanned<Record>>,
    #[serde(default)]
    wall: Option<Spanned<Wall>>,
    #[serde(default)]
    gateway: Vec<Spanned<gateway::FileGateway>>,
}

/// What is drawn elsewhere.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Areas {
    #[serde(default)]
    files: Vec<Spanned<PathBuf>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Http {
    listen: Option<SocketAddr>,
    plain: Option<Plain>,
    #[serde(default)]
    limits: HttpLimits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToFile {
    path: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSource {
    name: Spanned<String>,
    kind: Kind,
    format: Option<Spoken>,
    ivef: Option<Spanned<ivef::FileIvef>>,
    address: Option<Spanned<String>>,
    group: Option<Spanned<Ipv4Addr>>,
    path: Option<Spanned<PathBuf>>,
    time: Option<Time>,
    #[serde(default)]
    radar: Vec<Spanned<FileRadar>>,
    vessel: Option<Spanned<u32>>,
    editions: Option<Spanned<BTreeMap<String, String>>>,
    utc_offset_h: Option<Spanned<f64>>,
    max_terminals: Option<Spanned<usize>>,
    strangers: Option<Spanned<Strangers>>,
    idle_s: Option<Spanned<u64>>,
    key: Option<Spanned<PathBuf>>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Strangers {
    Accept,
    Refuse,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRegistry {
    path: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRadar {
    name: Option<String>,
    position: Spanned<(f64, f64)>,
    sac: Option<u8>,
    sic: Option<u8>,
    #[serde(default)]
    plots: bool,
    antenna_height_m: Option<f64>,
    north_deg: Option<f64>,
    heading_deg: Option<f64>,
    clock_ahead_s: Option<f64>,
    range_sigma_m: Option<f64>,
    azimuth_sigma_deg: Option<f64>,
    reach_m: Option<f64>,
    turn_s: Option<f64>,
    beam_deg: Option<f64>,
    resolution_m: Option<f64>,
    shadows: Option<Vec<(f64, f64, f64)>>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    TcpClient,
    TcpServer,
    Udp,
    File,
    Stdin,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Spoken {
    Nmea,
    /// What `nmea` was called first.
    Ais,
    Beidou,
    Jt808,
    Asterix,
    Ivef,
    Cot,
    Voice,
}

const MAX_SOURCES: usize = 1000;

pub(super) fn check(file: File, text: &str, folder: &Path) -> Result<Config, Wrong> {
    let mut sources: Vec<Source> = Vec::new();
    let templates = file.payload.into_iter().map(payload::template).collect::<Result<Vec<_>, _>>()?;
    let registry = match file.registry {
        Some(entry) => {
            let path = folder.join(&entry.as_ref().path);
            Registry::read(&path, now_utc())
                .map_err(|error| (Some(entry.span()), format!("registry.path: {error}")))?
        }
        None => Registry::default(),
    };
    for entry in file.source {
        let span = entry.span();
        let source = source(entry, folder, &templates)?;
        if sources.iter().any(|other| other.name == source.name) {
            return Err((Some(span), format!("source.name: `{}` is used twice", source.name)));
        }
        let same_clock = sources.first().is_none_or(|first| first.time == source.time);
        if !same_clock {
            let message =
                "source.time: `line` and `arrival` cannot be mixed: a picture has one clock".to_owned();
            return Err((Some(span), message));
        }
        if sources.iter().filter(|s| s.input == Input::Stdin).count() > 0 && source.input == Input::Stdin {
            return Err((Some(span), "source.kind: there is only one standard input".to_owned()));
        }
        sources.push(source);
    }
    if sources.len() > MAX_SOURCES {
        return Err((None, format!("source: more than {MAX_SOURCES}")));
    }
    Roll::default().number(&mut sources).map_err(|error| (None, format!("source: {error}")))?;
    let mut watch = file.watch;
    for path in &file.areas.files {
        geojson::read(&folder.join(path.as_ref()), &mut watch)
            .map_err(|reason| (Some(path.span()), format!("areas.files: {reason}")))?;
    }
    let typhoons =
        file.typhoon.into_iter().map(|entry| typhoon(entry, folder)).collect::<Result<Vec<_>, _>>()?;
    let undrawn = enlist(&registry, &mut watch);
    for zone in undrawn {
        tracing::warn!(%zone, "permits for a zone that is not drawn");
    }
    watch.check().map_err(|error| {
        let message = format!("watch.{error}");
        let key = message.split(':').next().and_then(|key| place_of(text, key));
        (key, message)
    })?;
    let record = file.record.map(|entry| {
        let span = entry.span();
        entry.into_inner().checked(folder).map_err(|message| (Some(span), message))
    });
    let wall = file.wall.map(|entry| {
        let span = entry.span();
        entry.into_inner().checked(folder).map_err(|message| (Some(span), message))
    });
    let tls = file.tls.map(|tls| Tls {
        certificate: folder.join(tls.certificate),
        key: folder.join(tls.key),
        clients: tls.clients.map(|path| folder.join(path)),
    });
    let feed = file.feed;
    let secured = |address| if tls.is_some() { None } else { address };
    for (key, address, plain) in [
        ("feed.json", secured(feed.json), feed.plain),
        ("feed.nmea", feed.nmea, feed.plain),
        ("http.listen", secured(file.http.listen), file.http.plain),
    ] {
        if let Some(address) = address.filter(|address| !address.ip().is_loopback())
            && plain.is_none()
        {
            let table = key.split('.').next().unwrap_or_default();
            let message = format!(
                "{key}: {address} is open to others and not under TLS: give it [tls], or say \
                 {table}.plain = \"on a trusted network\""
            );
            return Err((place_of(text, key), message));
        }
    }
    Ok(Config {
        tls,
        people: file.people.map(|people| Terms { path: folder.join(&people.path), ..people }),
        record: record.transpose()?,
        wall: wall.transpose()?.unwrap_or_default(),
        text: text.to_owned(),
        path: PathBuf::new(),
        sources,
        registry,
        feed: Feed { tokens: feed.tokens.map(|path| folder.join(path)), ..feed },
        http: file.http.listen,
        http_limits: file.http.limits,
        changes: file.changes.map(|changes| folder.join(changes.path)),
        audit: file.audit.map(|audit| folder.join(audit.path)),
        fusion: file.fusion,
        watch,
        typhoons,
        cameras: camera::check(file.cameras, file.camera, folder)?,
        gateways: gateway::check(file.gateway, folder)?,
    })
}

fn typhoon(entry: Spanned<Typhoon>, folder: &Path) -> Result<Typhoon, Wrong> {
    let wrong = |message: &str| Err((Some(entry.span()), format!("typhoon.{message}")));
    let typhoon = entry.as_ref();
    match (&typhoon.path, &typhoon.url) {
        (Some(_), None) => {}
        (None, Some(url)) if url.starts_with("http://") || url.starts_with("https://") => {}
        (None, Some(_)) => return wrong("url: http:// or https://"),
        _ => return wrong("path, url: one of them"),
    }
    if typhoon.every_s < 60 {
        return wrong("every_s: must be 60 or more");
    }
    let path = typhoon.path.as_ref().map(|path| folder.join(path));
    Ok(Typhoon { path, ..entry.into_inner() })
}

/// What the registry knows, for the watch: lists, permits, who should say what. The zones that are not there.
fn enlist(registry: &Registry, watch: &mut watch::Config) -> Vec<String> {
    // A list is watched for where the configuration says so; the others are for consoles to choose by.
    for list in &mut watch.lists {
        let members = registry.lists().get(&list.name).into_iter().flatten();
        list.mmsi.extend(members.map(|mmsi| mmsi.number()));
    }
    let known = registry.known().iter().map(|(mmsi, known)| watch::Registered {
        mmsi: mmsi.number(),
        imo: known.imo.map(units::Imo::number),
        call_sign: known.call_sign,
        name: known.name,
    });
    watch.register.extend(known);
    let mut undrawn = Vec::new();
    for (name, holders) in registry.permits() {
        match watch.zones.iter_mut().find(|zone| zone.name == *name) {
            Some(zone) => zone.permits.extend(holders.iter().map(|mmsi| mmsi.number())),
            None => undrawn.push(name.clone()),
        }
    }
    undrawn
}

/// What sources and gateways may be called: it becomes a label of metrics.
pub(super) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn source(entry: Spanned<FileSource>, folder: &Path, templates: &[Template]) -> Result<Source, Wrong> {
    let whole = entry.span();
    let format = format(entry.as_ref(), folder, templates)
        .map_err(|(span, message)| (span.or(Some(whole.clone())), message))?;
    let FileSource { name, kind, address, group, path, time, vessel, radar, .. } = entry.into_inner();
    let vessel = match vessel {
        Some(number) if format == Format::Nmea => {
            let wrong = || (Some(number.span()), "source.vessel: no MMSI".to_owned());
            Some(Mmsi::new(*number.as_ref()).ok_or_else(wrong)?)
        }
        Some(number) => {
            return Err((Some(number.span()), "source.vessel: this format has no use for it".to_owned()));
        }
        None => None,
    };
    if !is_name(name.as_ref()) {
        return Err((Some(name.span()), "source.name: 1 to 64 letters, digits, `-`, `_` or `.`".to_owned()));
    }

    let needs = |key: &str| (Some(whole.clone()), format!("source.{key}: missing; this kind needs it"));
    let unused =
        |key: &str, span: Range<usize>| (Some(span), format!("source.{key}: this kind has no use for it"));
    let stray_address = address.as_ref().map(Spanned::span);
    let stray_group = group.as_ref().map(Spanned::span);
    let stray_path = path.as_ref().map(Spanned::span);
    let takes_address = matches!(kind, Kind::TcpClient | Kind::TcpServer | Kind::Udp);
    match (stray_address, stray_group, stray_path) {
        (Some(span), ..) if !takes_address => return Err(unused("address", span)),
        (_, Some(span), _) if kind != Kind::Udp => return Err(unused("group", span)),
        (.., Some(span)) if kind != Kind::File => return Err(unused("path", span)),
        _ => {}
    }

    let input = match kind {
        Kind::TcpClient => {
            let address = address.ok_or_else(|| needs("address"))?;
            let port = address.as_ref().rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
            if port.is_none() {
                return Err((Some(address.span()), "source.address: must be `host:port`".to_owned()));
            }
            Input::TcpClient(address.into_inner())
        }
        Kind::TcpServer => Input::TcpServer(socket_address(&address.ok_or_else(|| needs("address"))?)?),
        Kind::Udp => {
            let listen = socket_address(&address.ok_or_else(|| needs("address"))?)?;
            if let Some(group) = &group
                && !(group.as_ref().is_multicast() && listen.is_ipv4())
            {
                let message = "source.group: must be a multicast group of the same IP version".to_owned();
                return Err((Some(group.span()), message));
            }
            Input::Udp { listen, group: group.map(Spanned::into_inner) }
        }
        Kind::File => Input::File(folder.join(path.ok_or_else(|| needs("path"))?.into_inner())),
        Kind::Stdin => Input::Stdin,
    };
    match &format {
        Format::Jt808(_) if kind != Kind::TcpServer => {
            return Err((Some(whole), "source.kind: jt808 terminals connect to a `tcp-server`".to_owned()));
        }
        Format::Ivef(_) if kind != Kind::TcpClient => {
            return Err((Some(whole), "source.kind: of an ivef service we are a `tcp-client`".to_owned()));
        }
        Format::Voice if !matches!(kind, Kind::Udp | Kind::File) => {
            let message = "source.kind: voice comes by `udp` (RTP) or from a `file` (WAV)".to_owned();
            return Err((Some(whole), message));
        }
        Format::Nmea => {}
        _ if time == Some(Time::Line) => {
            return Err((Some(whole), "source.time: only nmea has times in its lines: `arrival`".to_owned()));
        }
        _ => {}
    }
    if let Some(entry) = radar.first().filter(|_| !matches!(format, Format::Nmea | Format::Asterix(_))) {
        return Err((Some(entry.span()), "source.radar: this format has no use for it".to_owned()));
    }
    let lines = kind == Kind::File && format == Format::Nmea;
    let default_time = if lines { Time::Line } else { Time::Arrival };
    let mut radars: Vec<Radar> = Vec::new();
    for entry in radar {
        let span = entry.span();
        let radar = profile(entry.as_ref(), name.as_ref()).map_err(|(span_of, message)| {
            (span_of.or(Some(span.clone())), format!("source.radar.{message}"))
        })?;
        if radars.iter().any(|other| other.name == radar.name || other.code == radar.code) {
            let message = format!("source.radar: `{}` needs a name and a code of its own", radar.name);
            return Err((Some(span), message));
        }
        radars.push(radar);
    }
    let (id, name) = (SourceId(0), name.into_inner());
    Ok(Source { id, name, input, time: time.unwrap_or(default_time), format, vessel, radars })
}

/// The name of a radar is that of its source, unless it has one.
fn profile(entry: &FileRadar, source: &str) -> Result<Radar, Wrong> {
    let (lat, lon) = *entry.position.as_ref();
    let site = Position::new(lat, lon)
        .ok_or_else(|| (Some(entry.position.span()), "position: must be [latitude, longitude]".to_owned()))?;
    let code = match (entry.sac, entry.sic) {
        (Some(sac), Some(sic)) => Some((sac, sic)),
        (None, None) => None,
        _ => return Err((None, "sac, sic: both or neither".to_owned())),
    };
    let plain = Radar::new(0, entry.name.as_deref().unwrap_or(source), site);
    let radar = Radar {
        code,
        plots: entry.plots,
        antenna_height_m: entry.antenna_height_m.unwrap_or(plain.antenna_height_m),
        north_deg: entry.north_deg.unwrap_or(plain.north_deg),
        heading_deg: entry.heading_deg,
        clock_ahead_s: entry.clock_ahead_s.unwrap_or(plain.clock_ahead_s),
        range_sigma_m: entry.range_sigma_m.unwrap_or(plain.range_sigma_m),
        azimuth_sigma_deg: entry.azimuth_sigma_deg.unwrap_or(plain.azimuth_sigma_deg),
        ..plain
    };
    let limits = [
        ("antenna_height_m", radar.antenna_height_m, 0.0, 4000.0),
        ("north_deg", radar.north_deg, -360.0, 360.0),
        ("heading_deg", radar.heading_deg.unwrap_or(0.0), -360.0, 360.0),
        ("clock_ahead_s", radar.clock_ahead_s, -3600.0, 3600.0),
        ("range_sigma_m", radar.range_sigma_m, 0.1, 1000.0),
        ("azimuth_sigma_deg", radar.azimuth_sigma_deg, 0.001, 10.0),
    ];
    within(&limits)?;
    let sight = sight(entry, &radar)?;
    Ok(Radar { sight, ..radar })
}

/// What a radar sees, where its profile tells how far.
fn sight(entry: &FileRadar, radar: &Radar) -> Result<Option<RadarSite>, Wrong> {
    let Some(reach_m) = entry.reach_m else {
        let told = [
            ("turn_s", entry.turn_s.is_some()),
            ("beam_deg", entry.beam_deg.is_some()),
            ("resolution_m", entry.resolution_m.is_some()),
            ("shadows", entry.shadows.is_some()),
        ];
        return match told.into_iter().find(|(_, told)| *told) {
            Some((key, _)) => Err((None, format!("{key}: says nothing without reach_m"))),
            None => Ok(None),
        };
    };
    let usual = radar.sight(reach_m);
    let beam_deg = entry.beam_deg.unwrap_or(usual.beam_rad.to_degrees());
    let site = RadarSite {
        period_s: entry.turn_s.unwrap_or(usual.period_s),
        beam_rad: beam_deg.to_radians(),
        resolution_m: entry.resolution_m.unwrap_or(usual.resolution_m),
        ..usual
    };
    within(&[
        ("reach_m", reach_m, 100.0, 500_000.0),
        ("turn_s", site.period_s, 0.2, 60.0),
        ("beam_deg", beam_deg, 0.01, 45.0),
        ("resolution_m", site.resolution_m, 0.1, 5000.0),
    ])?;
    let shadows = entry.shadows.as_deref().unwrap_or_default();
    let most = site.shadows.len();
    if shadows.len() > most {
        return Err((None, format!("shadows: no more than {most}")));
    }
    let mut all = site.shadows;
    for (place, &(from_deg, to_deg, beyond_m)) in all.iter_mut().zip(shadows) {
        let keys = ["shadows: from", "shadows: to", "shadows: beyond"];
        let [from, to, beyond] = keys;
        within(&[
            (from, from_deg, 0.0, 360.0),
            (to, to_deg, 0.0, 360.0),
            (beyond, beyond_m, 0.0, 500_000.0),
        ])?;
        *place = Some(Shadow { from_rad: from_deg.to_radians(), to_rad: to_deg.to_radians(), beyond_m });
    }
    Ok(Some(RadarSite { shadows: all, ..site }))
}

/// That each value is no less and no more than it may be.
fn within(limits: &[(&str, f64, f64, f64)]) -> Result<(), Wrong> {
    match limits.iter().find(|(_, value, least, most)| !(*least..=*most).contains(value)) {
        Some((key, _, least, most)) => Err((None, format!("{key}: must be {least} to {most}"))),
        None => Ok(()),
    }
}

fn format(entry: &FileSource, folder: &Path, templates: &[Template]) -> Result<Format, Wrong> {
    let FileSource { format, ivef, utc_offset_h, max_terminals, strangers, idle_s, key, editions, .. } =
        entry;
    let spoken = format.unwrap_or(Spoken::Nmea);
    let stray = |span: Option<Range<usize>>, key: &str| match span {
        Some(span) => Err((Some(span), format!("source.{key}: this format has no use for it"))),
        None => Ok(()),
    };
    if spoken != Spoken::Ivef {
        stray(ivef.as_ref().map(Spanned::span), "ivef")?;
    }
    if !matches!(spoken, Spoken::Beidou | Spoken::Jt808) {
        stray(utc_offset_h.as_ref().map(Spanned::span), "utc_offset_h")?;
    }
    if spoken != Spoken::Asterix {
        stray(editions.as_ref().map(Spanned::span), "editions")?;
    }
    if spoken != Spoken::Jt808 {
        stray(max_terminals.as_ref().map(Spanned::span), "max_terminals")?;
        stray(strangers.as_ref().map(Spanned::span), "strangers")?;
        stray(idle_s.as_ref().map(Spanned::span), "idle_s")?;
        stray(key.as_ref().map(Spanned::span), "key")?;
    }
    let ahead_s = match utc_offset_h {
        Some(hours) if (-12.0..=14.0).contains(hours.as_ref()) => (hours.as_ref() * 3600.0) as i32,
        Some(hours) => return Err((Some(hours.span()), "source.utc_offset_h: must be -12 to 14".to_owned())),
        None => AHEAD_S,
    };
    let usual = Jt808::default();
    Ok(match spoken {
        Spoken::Nmea | Spoken::Ais => Format::Nmea,
        Spoken::Asterix => Format::Asterix(chosen(editions.as_ref())?),
        Spoken::Beidou => Format::Beidou(Beidou { ahead_s, templates: templates.to_vec() }),
        Spoken::Jt808 => Format::Jt808(Jt808 {
            ahead_s,
            max_terminals: max_terminals.as_ref().map_or(usual.max_terminals, |most| *most.as_ref()),
            strangers: strangers.as_ref().is_none_or(|who| *who.as_ref() == Strangers::Accept),
            idle_s: idle_s.as_ref().map_or(usual.idle_s, |idle_s| (*idle_s.as_ref()).max(1)),
            key: key.as_ref().map(|path| folder.join(path.as_ref())),
        }),
        Spoken::Ivef => {
            let missing = || (None, "source.ivef: missing; this format needs it".to_owned());
            let settings = ivef.clone().ok_or_else(missing)?;
            Format::Ivef(Box::new(ivef::check(settings, folder)?))
        }
        Spoken::Cot => Format::Cot(SensorId(0)),
        Spoken::Voice => Format::Voice,
    })
}

/// The editions that a source names, by category: `{ 48 = "1.32" }`.
fn chosen(editions: Option<&Spanned<BTreeMap<String, String>>>) -> Result<Editions, Wrong> {
    let mut all = Editions::default();
    let Some(editions) = editions else { return Ok(all) };
    for (category, edition) in editions.as_ref() {
        let number = category.parse().unwrap_or_default();
        if !all.choose(number, edition) {
            let known: Vec<&str> = Editions::of(number).collect();
            let message = if known.is_empty() {
                format!("source.editions: no category `{category}`")
            } else {
                format!("source.editions.{category}: there is {}", known.join(", "))
            };
            return Err((Some(editions.span()), message));
        }
    }
    Ok(all)
}

fn socket_address(text: &Spanned<String>) -> Result<SocketAddr, Wrong> {
    let wrong = || (Some(text.span()), "source.address: must be `ip:port`".to_owned());
    text.as_ref().parse().map_err(|_| wrong())
}
