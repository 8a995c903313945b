//! One TOML file says what the engine does. Keys are strict; an error names file, line and key.

mod camera;
mod file;
mod gateway;
mod geojson;
mod http;
mod ivef;
mod payload;
mod place;
mod record;
#[cfg(test)]
mod tests;
mod wall;
mod weak;

pub use camera::{Cameras, Gb28181, Line, Protocol};
pub use gateway::{Gateway, Language};
pub use http::HttpLimits;
pub use ivef::{Ivef, Secret};
pub use record::{Record, without_secrets};
pub use wall::{Port, Wall};

use crate::feed::access::Role;
use crate::feed::people::Terms;
use crate::registry::Registry;
use decoders::asterix::Editions;
use decoders::rdss::Template;
use fusion::{Plane, RadarSite, SensorId, SourceId};
use serde::Deserialize;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};
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
    /// How much one may ask there.
    pub http_limits: HttpLimits,
    /// A file that receives every change as a JSON line, in order.
    pub changes: Option<PathBuf>,
    /// A file that receives every action of an operator.
    pub audit: Option<PathBuf>,
    /// Limits of the tracker.
    pub fusion: fusion::Config,
    /// What is watched for.
    pub watch: watch::Config,
    /// Files of typhoon tracks.
    pub typhoons: Vec<Typhoon>,
    /// What looks where it is told to.
    pub cameras: Cameras,
    /// Where everything that enters is recorded.
    pub record: Option<Record>,
    /// What the wall display shows.
    pub wall: Wall,
    /// What the feed and HTTP are served under.
    pub tls: Option<Tls>,
    /// Who may sign in.
    pub people: Option<Terms>,
    /// Neighbours who are told the picture.
    pub gateways: Vec<Gateway>,
    /// The text of all this, as the recording has it.
    pub text: String,
    /// Where it was read.
    pub path: PathBuf,
}

/// Where the track of a typhoon is: a file, read again when it has changed, or a URL.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Typhoon {
    /// The file.
    pub path: Option<PathBuf>,
    /// The URL, http or https.
    pub url: Option<String>,
    /// How often that is asked, seconds.
    #[serde(default = "every_ten_minutes")]
    pub every_s: u64,
    /// Which quarter each of its radii is for.
    #[serde(default)]
    pub quadrants: crate::typhoon::Quadrants,
}

const fn every_ten_minutes() -> u64 {
    600
}

impl Typhoon {
    /// In a file.
    #[must_use]
    pub const fn file(path: PathBuf, quadrants: crate::typhoon::Quadrants) -> Self {
        Self { path: Some(path), url: None, every_s: every_ten_minutes(), quadrants }
    }
}

impl fmt::Display for Typhoon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.path, &self.url) {
            (Some(path), _) => path.display().fmt(f),
            // What stands before the host may be a secret.
            (None, Some(url)) => f.write_str(url.rsplit('@').next().unwrap_or_default()),
            (None, None) => Ok(()),
        }
    }
}

/// One input.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Its number: its place in the configuration, until a [`crate::roll::Roll`] gives it another.
    pub id: SourceId,
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
    /// What it sees, where that is told: then it says something that it sees nothing.
    pub sight: Option<RadarSite>,
}

impl Radar {
    /// One that turns every three seconds and sees so far, metres, in all directions.
    #[must_use]
    pub const fn sight(&self, range_m: f64) -> RadarSite {
        RadarSite {
            sensor: self.id,
            position: self.plane.origin(),
            period_s: 3.0,
            range_m,
            beam_rad: 0.008,
            resolution_m: 30.0,
            shadows: [None; 8],
        }
    }

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
            sight: None,
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
    /// Cursor on Target; the sensor that its tracks are of.
    Cot(SensorId),
    /// The sound of a radio channel: RTP, or a WAV file.
    Voice,
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
    /// Has to be said where one of these is not on this machine alone, and not under TLS.
    pub plain: Option<Plain>,
    /// How many may be connected to each.
    #[serde(default = "max_clients")]
    pub max_clients: MaxClients,
    /// A file that says who has which token; without one, whoever comes is a viewer.
    pub tokens: Option<PathBuf>,
    /// Whether one may look without a token, where there are tokens.
    #[serde(default)]
    pub anonymous: bool,
    /// Who may say more than nothing on the NMEA port, by address: sentences have no word for a token.
    #[serde(default)]
    pub desks: Vec<Desk>,
    /// Past these a client is refused or cut.
    #[serde(default)]
    pub limits: Limits,
    /// What is served is a recording.
    #[serde(skip)]
    pub replay: bool,
}

/// TLS 1.3, where it is wanted. All files are PEM.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Our certificate, and those between it and its root.
    pub certificate: PathBuf,
    /// Its key, readable by its owner alone.
    pub key: PathBuf,
    /// Who signs the certificates of machines. Which of them may do what stands among the tokens.
    pub clients: Option<PathBuf>,
}

/// What must be said of a port that others can reach and read without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Plain {
    /// In these words.
    #[serde(rename = "on a trusted network")]
    Trusted,
}

/// Somebody at a bridge alert system that speaks NMEA 0183.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// From where it connects.
    pub address: IpAddr,
    /// Who that is.
    pub name: String,
    /// What for.
    pub role: Role,
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
    /// Memory of what waits for one client, bytes.
    pub client_bytes: usize,
    /// The same of all together: past it, nobody else is let in.
    pub total_bytes: usize,
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
            client_bytes: 32 << 20,
            total_bytes: 256 << 20,
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
        line: span.map(|span| place::line_of(text, &span)),
        message,
    };
    let file: file::File = toml::from_str(text).map_err(|error| {
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        let key = error.span().and_then(|span| place::key_at(text, &span)).unwrap_or_default();
        wrong((error.span(), format!("{key}{message}")))
    })?;
    let config = file::check(file, text, path.parent().unwrap_or(Path::new(""))).map_err(wrong)?;
    Ok(Config { path: path.to_owned(), ..config })
}

impl ConfigError {
    /// That something in this text is not to be had, by its key.
    #[must_use]
    pub fn at(path: &Path, text: &str, key: &str, reason: &str) -> Self {
        let line = place::place_of(text, key).map(|span| place::line_of(text, &span));
        Self { path: path.to_owned(), line, message: format!("{key}: {reason}") }
    }
}

type Wrong = (Option<Range<usize>>, String);
