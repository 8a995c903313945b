//! One TOML file says what the engine does. Keys are strict; an error names file, line and key.

mod ivef;
mod payload;

pub use ivef::{Ivef, Secret};

use crate::registry::Registry;
use decoders::asterix::Editions;
use decoders::rdss::Template;
use fusion::{Plane, SensorId};
use payload::Payload;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use units::{Mmsi, Position};

/// Everything that the engine is told before it starts.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where messages come from.
    pub sources: Vec<Source>,
    /// Which card and which terminal belong to which vessel.
    pub registry: Registry,
    /// Who may listen to the picture, and where.
    pub feed: Feed,
    /// Where metrics are read.
    pub http: Option<SocketAddr>,
    /// A file that receives every change as a JSON line, in order.
    pub changes: Option<PathBuf>,
    /// A file that receives every action of an operator.
    pub audit: Option<PathBuf>,
    /// Limits of the tracker.
    pub fusion: fusion::Config,
    /// What is watched for.
    pub watch: watch::Config,
}

/// One input.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// What operators, metrics and the feed call it.
    pub name: String,
    /// How its bytes arrive.
    pub input: Input,
    /// Which time its messages carry.
    pub time: Time,
    /// The radars that speak through it.
    pub radars: Vec<Radar>,
    /// What its bytes are.
    pub format: Format,
    /// Whose satellite receiver and compass it is that speak here, where they do.
    pub vessel: Option<Mmsi>,
}

/// The profile of a radar's site.
#[derive(Clone, Debug, PartialEq)]
pub struct Radar {
    /// Its number: an index into all radars of the configuration, in order.
    pub id: SensorId,
    /// What operators and metrics call it.
    pub name: String,
    /// Its system area and identification codes (ASTERIX); `None` is whoever speaks through the source.
    pub code: Option<(u8, u8)>,
    /// The plane that touches the sea below its antenna.
    pub plane: Plane,
    /// Of what it has measured and also numbered, take the measurement, and not what its tracker made of it.
    pub plots: bool,
    /// How far the antenna is above the sea, metres: its ranges are measured from there, in a straight line.
    pub antenna_height_m: f64,
    /// True azimuth of what it takes for north, degrees.
    pub north_deg: f64,
    /// Of a radar that tells angles from a bow: where that points, degrees true; told headings come first.
    pub heading_deg: Option<f64>,
    /// How much its clock is ahead of UTC, seconds.
    pub clock_ahead_s: f64,
    /// One standard deviation of its ranges, metres.
    pub range_sigma_m: f64,
    /// One standard deviation of its azimuths, degrees.
    pub azimuth_sigma_deg: f64,
}

impl Radar {
    /// An ordinary radar at sea level; `number` is its place among all radars of the configuration.
    #[must_use]
    pub fn new(number: u16, name: &str, site: Position) -> Self {
        Self {
            id: SensorId(number),
            name: name.to_owned(),
            code: None,
            plots: false,
            plane: Plane::at(site),
            antenna_height_m: 0.0,
            north_deg: 0.0,
            heading_deg: None,
            clock_ahead_s: 0.0,
            range_sigma_m: 10.0,
            azimuth_sigma_deg: 0.2,
        }
    }
}

/// What bytes are.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Format {
    /// NMEA 0183, AIS among it.
    #[default]
    Nmea,
    /// What BeiDou terminals say.
    Beidou(Beidou),
    /// JT/T 808: terminals connect to us.
    Jt808(Jt808),
    /// ASTERIX, with the edition of each category.
    Asterix(Editions),
    /// Another centre's IVEF service, of which we are a client.
    Ivef(Box<Ivef>),
}

/// A BeiDou source.
#[derive(Clone, Debug, PartialEq)]
pub struct Beidou {
    /// How far the terminals' clocks are ahead of UTC, where the registry does not say, seconds.
    pub ahead_s: i32,
    /// Fleet reports inside short messages.
    pub templates: Vec<Template>,
}

/// A JT/T 808 server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jt808 {
    /// How far the terminals' clocks are ahead of UTC, where the registry does not say, seconds.
    pub ahead_s: i32,
    /// How many may be connected.
    pub max_terminals: usize,
    /// Terminals that the registry does not know may register.
    pub strangers: bool,
    /// How long a terminal may be silent, seconds: three of its heartbeats.
    pub idle_s: u64,
    /// A file with the key that authentication codes are made from; made where it is not there. Without one, terminals
    /// register anew each time we start.
    pub key: Option<PathBuf>,
}

/// Beijing's.
const AHEAD_S: i32 = 8 * 3600;

impl Default for Beidou {
    fn default() -> Self {
        Self { ahead_s: AHEAD_S, templates: Vec::new() }
    }
}

impl Default for Jt808 {
    fn default() -> Self {
        Self { ahead_s: AHEAD_S, max_terminals: 10_000, strangers: true, idle_s: 180, key: None }
    }
}

impl Source {
    /// Whether it ends by itself.
    #[must_use]
    pub const fn ends(&self) -> bool {
        matches!(self.input, Input::File(_) | Input::Stdin)
    }
}

/// How bytes arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// We connect to `host:port`, again and again.
    TcpClient(String),
    /// Others connect to us.
    TcpServer(SocketAddr),
    /// Datagrams come to us.
    Udp {
        /// Where we listen.
        listen: SocketAddr,
        /// The multicast group that we join.
        group: Option<Ipv4Addr>,
    },
    /// A file, played once, as fast as the core takes it.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// Which time a message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Time {
    /// When it reached us.
    Arrival,
    /// What its line says: TAG block, `$PGHP`, prefix or suffix; else the pace of its own AIS seconds.
    Line,
}

/// Who may listen, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// `docs/feed/fairway.proto`, as JSON Lines, Protobuf or WebSocket, as each client begins.
    pub json: Option<SocketAddr>,
    /// NMEA 0183 for chart plotters.
    pub nmea: Option<SocketAddr>,
    /// How many may be connected to each.
    #[serde(default = "max_clients")]
    pub max_clients: MaxClients,
    /// A file that says who has which token; without one, whoever comes is a viewer.
    pub tokens: Option<PathBuf>,
    /// Whether one may look without a token, where there are tokens.
    #[serde(default)]
    pub anonymous: bool,
    /// Past these a client is refused or cut.
    #[serde(default)]
    pub limits: Limits,
}

/// What one client of the feed may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Longest message, bytes.
    pub message_bytes: usize,
    /// Subscriptions.
    pub subscriptions: usize,
    /// Boxes, circles, cells and tracks in one area.
    pub shapes: usize,
    /// Corners of one polygon.
    pub vertices: usize,
    /// Entries of one list of a filter.
    pub filter_entries: usize,
    /// Messages a second on average; twice as many at once.
    pub messages_per_s: u32,
    /// Alerts that may wait to be taken, and that are kept for those who come back.
    pub alerts_behind: usize,
    /// A hello that has begun must be whole by then, milliseconds.
    pub hello_ms: u64,
    /// A client that takes nothing for this long is cut, milliseconds.
    pub no_progress_ms: u64,
    /// How long one can be away and resume, seconds.
    pub resume_s: u64,
    /// Clients from one address; this machine's own are not counted.
    pub per_address: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 64 * 1024,
            subscriptions: 64,
            shapes: 256,
            vertices: 256,
            filter_entries: 1000,
            messages_per_s: 20,
            alerts_behind: 4096,
            hello_ms: 5000,
            no_progress_ms: 10_000,
            resume_s: 120,
            per_address: 16,
        }
    }
}

/// How many clients one feed takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct MaxClients(pub usize);

impl Default for MaxClients {
    fn default() -> Self {
        max_clients()
    }
}

const fn max_clients() -> MaxClients {
    MaxClients(1024)
}

/// Why a configuration is refused, and where.
#[derive(Debug)]
pub struct ConfigError {
    path: PathBuf,
    line: Option<usize>,
    message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", self.message)
    }
}

impl std::error::Error for ConfigError {}

/// Reads and checks a configuration file.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(path: &Path) -> Result<Config, ConfigError> {
    let fail = |message| ConfigError { path: path.to_owned(), line: None, message };
    let text = std::fs::read_to_string(path).map_err(|e| fail(format!("cannot be read: {e}")))?;
    parse(&text, path)
}

/// Checks a configuration; `path` is where it came from: relative paths inside it start there.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
    let wrong = |(span, message): Wrong| ConfigError {
        path: path.to_owned(),
        line: span.map(|span| line_of(text, &span)),
        message,
    };
    let file: File = toml::from_str(text).map_err(|error| {
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        let key = error.span().and_then(|span| key_at(text, &span)).unwrap_or_default();
        wrong((error.span(), format!("{key}{message}")))
    })?;
    check(file, text, path.parent().unwrap_or(Path::new(""))).map_err(wrong)
}

type Wrong = (Option<Range<usize>>, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    source: Vec<Spanned<FileSource>>,
    registry: Option<Spanned<FileRegistry>>,
    #[serde(default)]
    payload: Vec<Spanned<Payload>>,
    #[serde(default)]
    feed: Feed,
    #[serde(default)]
    http: Http,
    changes: Option<ToFile>,
    audit: Option<ToFile>,
    #[serde(default)]
    fusion: fusion::Config,
    #[serde(default)]
    watch: watch::Config,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Http {
    listen: Option<SocketAddr>,
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
}

const MAX_SOURCES: usize = 1000;

fn check(file: File, text: &str, folder: &Path) -> Result<Config, Wrong> {
    let mut sources: Vec<Source> = Vec::new();
    let mut sensors = 0;
    let templates = file.payload.into_iter().map(payload::template).collect::<Result<Vec<_>, _>>()?;
    let registry = match file.registry {
        Some(entry) => {
            let path = folder.join(&entry.as_ref().path);
            Registry::read(&path).map_err(|error| (Some(entry.span()), format!("registry.path: {error}")))?
        }
        None => Registry::default(),
    };
    for entry in file.source {
        let span = entry.span();
        let source = source(entry, folder, &templates, &mut sensors)?;
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
    file.watch.check().map_err(|error| {
        let message = format!("watch.{error}");
        let key = message.split(':').next().and_then(|key| place_of(text, key));
        (key, message)
    })?;
    Ok(Config {
        sources,
        registry,
        feed: Feed { tokens: file.feed.tokens.map(|path| folder.join(path)), ..file.feed },
        http: file.http.listen,
        changes: file.changes.map(|changes| folder.join(changes.path)),
        audit: file.audit.map(|audit| folder.join(audit.path)),
        fusion: file.fusion,
        watch: file.watch,
    })
}

fn source(
    entry: Spanned<FileSource>,
    folder: &Path,
    templates: &[Template],
    sensors: &mut u16,
) -> Result<Source, Wrong> {
    let whole = entry.span();
    let format = format(entry.as_ref(), folder, templates, sensors)
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
    let name_ok = (1..=64).contains(&name.as_ref().len())
        && name.as_ref().chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if !name_ok {
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
        Format::Beidou(_) if time == Some(Time::Line) => {
            return Err((Some(whole), "source.time: beidou has no times in its lines: `arrival`".to_owned()));
        }
        Format::Asterix(_) if time == Some(Time::Line) => {
            return Err((Some(whole), "source.time: asterix has no lines: `arrival`".to_owned()));
        }
        _ => {}
    }
    let lines = kind == Kind::File && format == Format::Nmea;
    let default_time = if lines { Time::Line } else { Time::Arrival };
    let mut radars: Vec<Radar> = Vec::new();
    for entry in radar {
        let span = entry.span();
        let radar = profile(entry.as_ref(), name.as_ref(), *sensors).map_err(|(span_of, message)| {
            (span_of.or(Some(span.clone())), format!("source.radar.{message}"))
        })?;
        if radars.iter().any(|other| other.name == radar.name || other.code == radar.code) {
            let message = format!("source.radar: `{}` needs a name and a code of its own", radar.name);
            return Err((Some(span), message));
        }
        *sensors = sensors.saturating_add(1);
        radars.push(radar);
    }
    Ok(Source { name: name.into_inner(), input, time: time.unwrap_or(default_time), format, vessel, radars })
}

/// The name of a radar is that of its source, unless it has one.
fn profile(entry: &FileRadar, source: &str, number: u16) -> Result<Radar, Wrong> {
    let (lat, lon) = *entry.position.as_ref();
    let site = Position::new(lat, lon)
        .ok_or_else(|| (Some(entry.position.span()), "position: must be [latitude, longitude]".to_owned()))?;
    let code = match (entry.sac, entry.sic) {
        (Some(sac), Some(sic)) => Some((sac, sic)),
        (None, None) => None,
        _ => return Err((None, "sac, sic: both or neither".to_owned())),
    };
    let plain = Radar::new(number, entry.name.as_deref().unwrap_or(source), site);
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
    match limits.into_iter().find(|(_, value, least, most)| !(*least..=*most).contains(value)) {
        Some((key, _, least, most)) => Err((None, format!("{key}: must be {least} to {most}"))),
        None => Ok(radar),
    }
}

fn format(
    entry: &FileSource,
    folder: &Path,
    templates: &[Template],
    sensors: &mut u16,
) -> Result<Format, Wrong> {
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
    if matches!(spoken, Spoken::Nmea | Spoken::Ais | Spoken::Asterix | Spoken::Ivef) {
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
            let sensor = SensorId(*sensors);
            *sensors = sensors.saturating_add(1);
            Format::Ivef(Box::new(ivef::check(settings, sensor, folder)?))
        }
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

fn line_of(text: &str, span: &Range<usize>) -> usize {
    1 + text.as_bytes().iter().take(span.start).filter(|byte| **byte == b'\n').count()
}

/// Where the value of a key like `watch.zones[1].polygon` stands, or of the nearest table around it.
fn place_of(text: &str, key: &str) -> Option<Range<usize>> {
    let document = DeTable::parse(text).ok()?;
    let mut table = document.get_ref();
    let mut place = None;
    for step in key.split('.') {
        let (name, index) = step
            .split_once('[')
            .map_or((step, None), |(name, rest)| (name, rest.trim_end_matches(']').parse::<usize>().ok()));
        let Some(mut value) = table.get(name) else { return place };
        if let (Some(index), DeValue::Array(array)) = (index, value.get_ref()) {
            value = array.get(index)?;
        }
        place = Some(value.span());
        let DeValue::Table(inner) = value.get_ref() else { return place };
        table = inner;
    }
    place
}

/// The key of the line that an error points into, with its table: `feed.json: `.
fn key_at(text: &str, span: &Range<usize>) -> Option<String> {
    let before = text.get(..span.start)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..)?.lines().next()?;
    let key = line.split_once('=')?.0.trim();
    let table = before.lines().rev().find_map(|line| {
        let table = line.trim().trim_start_matches('[').split_once(']')?.0.trim();
        line.trim().starts_with('[').then_some(table)
    });
    Some(table.map_or_else(|| format!("{key}: "), |table| format!("{table}.{key}: ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse(text, Path::new("fairway.toml")).map_or_else(|e| e.to_string(), |c| format!("accepted: {c:?}"))
    }

    /// A payload of two coordinates, with one example.
    fn payload(example: &str) -> String {
        let field = |name: &str, offset: u32| {
            format!("{{ name = \"{name}\", offset = {offset}, width = 32, type = \"signed\", scale = 1e-6 }}")
        };
        format!(
            "[[payload]]\nname = \"a\"\nprefix = \"FB11\"\nfields = [{}, {}]\n\
             examples = [{{ hex = \"{example}\", lat = 29.935128, lon = 121.9 }}]\n",
            field("lat", 16),
            field("lon", 48)
        )
    }

    #[test]
    fn a_beidou_source_knows_the_payloads_and_its_clock() {
        let text = payload("FB1101C8C61807440BE0")
            + "[[source]]\nname = \"a\"\nkind = \"stdin\"\nformat = \"beidou\"\nutc_offset_h = 0\n";
        let config = parse(&text, Path::new("fairway.toml")).unwrap();
        let Format::Beidou(beidou) = &config.sources[0].format else { panic!("{config:?}") };
        assert_eq!((beidou.ahead_s, beidou.templates.len()), (0, 1));
    }

    #[test]
    fn a_wrong_key_is_named_with_its_line() {
        const SERVER: &str = "[[source]]\nname = \"a\"\nkind = \"tcp-server\"\n";
        const CLIENT: &str =
            "[[source]]\nname = \"a\"\nkind = \"tcp-client\"\naddress = \"h:1\"\nformat = \"ivef\"\n";
        const STDIN: &str = "[[source]]\nname = \"a\"\nkind = \"stdin\"\n";
        let cases = [
            (
                "[feed]\njson = \"127.0.0.1:1\"\njsno = 1\n".to_owned(),
                "fairway.toml:3: feed.jsno: unknown field `jsno`, expected one of `json`, `nmea`, `max_clients`, `tokens`, `anonymous`, `limits`",
            ),
            (
                "[feed]\njson = \"127.0.0.1\"\n".to_owned(),
                "fairway.toml:2: feed.json: invalid socket address syntax",
            ),
            (
                "\n[[source]]\nname = \"a\"\nkind = \"carrier-pigeon\"\n".to_owned(),
                "fairway.toml:4: source.kind: unknown variant `carrier-pigeon`, expected one of `tcp-client`, `tcp-server`, `udp`, `file`, `stdin`",
            ),
            (SERVER.to_owned(), "fairway.toml:1: source.address: missing; this kind needs it"),
            (format!("{SERVER}address = \"here\"\n"), "fairway.toml:4: source.address: must be `ip:port`"),
            (
                format!("{SERVER}address = \"127.0.0.1:1\"\npath = \"x\"\n"),
                "fairway.toml:5: source.path: this kind has no use for it",
            ),
            (format!("{STDIN}{STDIN}"), "fairway.toml:4: source.name: `a` is used twice"),
            (
                format!("{STDIN}[[source]]\nname = \"b\"\nkind = \"file\"\npath = \"x\"\n"),
                "fairway.toml:4: source.time: `line` and `arrival` cannot be mixed: a picture has one clock",
            ),
            (
                "[[source]]\nname = \"a b\"\nkind = \"stdin\"\n".to_owned(),
                "fairway.toml:2: source.name: 1 to 64 letters, digits, `-`, `_` or `.`",
            ),
            ("[watch.grid]\nlevel = 9\n".to_owned(), "fairway.toml:2: watch.grid.level: must be 4 or 5"),
            (
                "[watch.encounter]\ngap = 9\n".to_owned(),
                "fairway.toml:2: watch.encounter.gap: unknown field `gap`, expected one of `profile`, `gap_m`, `domain`, `act_s`, `on_delay_s`, `off_delay_s`, `no_manoeuvre_s`",
            ),
            (
                "[[watch.zones]]\nname = \"x\"\npolygon = [[30.0, 122.0], [30.1, 122.0]]\n".to_owned(),
                "fairway.toml:3: watch.zones[0].polygon: `x` needs at least 3 corners",
            ),
            (
                format!("{STDIN}editions = {{ 48 = \"1.32\" }}\n"),
                "fairway.toml:4: source.editions: this format has no use for it",
            ),
            (
                format!("{STDIN}format = \"asterix\"\neditions = {{ 48 = \"9\" }}\n"),
                "fairway.toml:5: source.editions.48: there is 1.32",
            ),
            (
                format!("{STDIN}format = \"asterix\"\neditions = {{ 1 = \"9\" }}\n"),
                "fairway.toml:5: source.editions: no category `1`",
            ),
            (
                format!("{STDIN}[[source.radar]]\nposition = [122.1, 29.9]\n"),
                "fairway.toml:5: source.radar.position: must be [latitude, longitude]",
            ),
            (
                format!("{STDIN}[[source.radar]]\nposition = [29.9, 122.1]\nsac = 1\n"),
                "fairway.toml:4: source.radar.sac, sic: both or neither",
            ),
            (
                format!("{STDIN}[[source.radar]]\nposition = [29.9, 122.1]\nrange_sigma_m = 0\n"),
                "fairway.toml:4: source.radar.range_sigma_m: must be 0.1 to 1000",
            ),
            (
                format!(
                    "{STDIN}[[source.radar]]\nposition = [29.9, 122.1]\n[[source.radar]]\nposition = [29.9, 122.1]\n"
                ),
                "fairway.toml:6: source.radar: `a` needs a name and a code of its own",
            ),
            (CLIENT.to_owned(), "fairway.toml:1: source.ivef: missing; this format needs it"),
            (
                format!("{STDIN}format = \"ivef\"\nivef = {{ user = \"u\", password_env = \"PATH\" }}\n"),
                "fairway.toml:1: source.kind: of an ivef service we are a `tcp-client`",
            ),
            (
                format!("{STDIN}ivef = {{ user = \"u\", password_env = \"PATH\" }}\n"),
                "fairway.toml:4: source.ivef: this format has no use for it",
            ),
            (
                format!("{CLIENT}[source.ivef]\nuser = \"u\"\n"),
                "fairway.toml:6: source.ivef.password_file: this or password_env must be there, and not both",
            ),
            (
                format!("{CLIENT}[source.ivef]\nuser = \"u\"\npassword_env = \"FAIRWAY_NO_SUCH\"\n"),
                "fairway.toml:8: source.ivef.password_env: not set, or not text",
            ),
            (
                format!("{CLIENT}[source.ivef]\nuser = \"u\"\npassword_env = \"PATH\"\nperiod_s = 1.0\n"),
                "fairway.toml:6: source.ivef.areas: missing; without areas nothing can be asked for",
            ),
            (
                format!(
                    "{CLIENT}[source.ivef]\nuser = \"u\"\npassword_env = \"PATH\"\nareas = [[[91.0, 0.0]]]\n"
                ),
                "fairway.toml:9: source.ivef.areas: each needs at least 3 corners [latitude, longitude]",
            ),
            (
                format!("{CLIENT}[source.ivef]\nuser = \"u\"\npassword_env = \"PATH\"\nping_after_s = 0.0\n"),
                "fairway.toml:9: source.ivef.ping_after_s: must be from 0.1 to 86400",
            ),
            ("[feed\n".to_owned(), "fairway.toml:1: unclosed table, expected `]`"),
            (
                format!("{STDIN}format = \"jt808\"\n"),
                "fairway.toml:1: source.kind: jt808 terminals connect to a `tcp-server`",
            ),
            (
                format!("{STDIN}format = \"beidou\"\nstrangers = \"refuse\"\n"),
                "fairway.toml:5: source.strangers: this format has no use for it",
            ),
            (
                format!("{STDIN}format = \"beidou\"\nutc_offset_h = 15\n"),
                "fairway.toml:5: source.utc_offset_h: must be -12 to 14",
            ),
            (
                payload("FB1101C8C61807440BE2"),
                "fairway.toml:1: payload.examples: `FB1101C8C61807440BE2` says 29.935128, 121.900002 and not 29.935128, 121.9",
            ),
            (
                payload("FB12"),
                "fairway.toml:1: payload.examples: `FB12` says nothing and not 29.935128, 121.9",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(error(&text), expected, "{text}");
        }
    }

    #[test]
    fn the_example_configuration_is_right_and_shows_the_defaults() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/fairway.toml");
        let config = read(&path).unwrap();
        assert_eq!(config.sources.len(), 4);
        let radar = config.sources.iter().flat_map(|source| &source.radars).next().unwrap();
        let plain = Radar::new(0, "hill", radar.plane.origin());
        assert_eq!(*radar, Radar { antenna_height_m: 120.0, ..plain });
        assert_eq!(config.fusion, fusion::Config::default());
        assert_eq!(config.watch.encounter, watch::encounter::Config::default());
        assert_eq!(config.watch.grid, watch::density::Config::default());
    }
}
