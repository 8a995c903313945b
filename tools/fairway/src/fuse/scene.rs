//! A recorded scene: radars, and everything they and the ships said, in order of arrival.

use engine::observe::ais::valid;
use fusion::{
    Body, Event, Extent, Hull, Observation, Plot, Polar, RadarSite, Report, SensorId, SensorTrack,
    SensorTrackKey, SensorTrackStatus, Shadow, SourceId, Statics, Station,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;
use units::{Caller, Card, Degrees, KNOT_MPS, Knots, Label, Mmsi, Position, UtcTime};

/// What a scene says of itself; its answers are not read.
#[derive(Debug, Deserialize)]
pub struct Scene {
    /// Seconds.
    pub duration: f64,
    /// From one instant of the truth to the next, seconds.
    pub truth_step: f64,
    /// UTC of its beginning, seconds since 1970.
    pub t0_utc: f64,
    radars: Vec<Radar>,
    #[serde(default)]
    bd_registry: BTreeMap<String, u32>,
}

#[derive(Debug, Deserialize)]
struct Radar {
    id: String,
    lat: f64,
    lon: f64,
    h: f64,
    period: f64,
    rmax: f64,
    sr: f64,
    sb: f64,
    beam: f64,
    res_r: f64,
    #[serde(default)]
    shadow: Vec<[f64; 3]>,
}

/// Why a file of a scene could not be read.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "they name the file, the line, and what is wrong there")]
pub enum SceneError {
    #[error("{path}: {error}")]
    Read { path: String, error: std::io::Error },
    #[error("{path}:{line}: {error}")]
    Line { path: String, line: usize, error: serde_json::Error },
    #[error("{path}:{line}: {what}")]
    Value { path: String, line: usize, what: &'static str },
}

#[derive(Deserialize)]
#[serde(tag = "k", rename_all = "lowercase")]
enum Line {
    Plot {
        s: String,
        t: f64,
        ta: f64,
        r: f64,
        b: f64,
        amp: Option<f64>,
        ex: Option<[f64; 2]>,
    },
    /// A plot that says where it was seen, and no more.
    Point {
        s: String,
        t: f64,
        ta: f64,
        lat: f64,
        lon: f64,
        sigma: f64,
    },
    Ais {
        sec: u8,
        ta: f64,
        #[serde(default)]
        st: String,
        mmsi: u32,
        lat: f64,
        lon: f64,
        sog: Option<f64>,
        cog: Option<f64>,
        hdg: Option<f64>,
        ns: Option<u8>,
        cls: String,
    },
    Ais5 {
        ta: f64,
        #[serde(default)]
        st: String,
        mmsi: u32,
        name: Option<String>,
        r#type: Option<u8>,
        #[serde(rename = "A")]
        bow: u16,
        #[serde(rename = "B")]
        stern: u16,
        #[serde(rename = "C")]
        port: u16,
        #[serde(rename = "D")]
        starboard: u16,
    },
    Bd {
        id: serde_json::Value,
        t: f64,
        ta: f64,
        lat: f64,
        lon: f64,
        sog: Option<f64>,
        cog: Option<f64>,
    },
    Rtrk {
        s: String,
        tn: u32,
        t: f64,
        ta: f64,
        lat: f64,
        lon: f64,
        sog: Option<f64>,
        cog: Option<f64>,
        sp: f64,
        st: char,
    },
}

/// Opens a file, unpacking it where it is packed.
///
/// # Errors
/// It cannot be read.
pub fn open(path: &Path) -> Result<Box<dyn BufRead>, SceneError> {
    let fail = |error| SceneError::Read { path: path.display().to_string(), error };
    let file = BufReader::new(File::open(path).map_err(fail)?);
    if path.extension().is_some_and(|extension| extension == "gz") {
        return Ok(Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(file))));
    }
    if path.extension().is_some_and(|extension| extension == "xz") {
        let mut bytes = Vec::new();
        lzma_rust2::XzReader::new(file, true).read_to_end(&mut bytes).map_err(fail)?;
        return Ok(Box::new(std::io::Cursor::new(bytes)));
    }
    Ok(Box::new(file))
}

/// Lines of a scene: packed, or as they are.
pub fn file(folder: &Path, name: &str) -> PathBuf {
    let plain = folder.join(format!("{name}.jsonl"));
    if plain.exists() { plain } else { folder.join(format!("{name}.jsonl.xz")) }
}

/// What a scene's description says of what is asked for, and what errors call the file.
pub(crate) fn described<T: DeserializeOwned>(folder: &Path) -> Result<(T, String), SceneError> {
    let path = folder.join("scene.json");
    let name = path.display().to_string();
    match serde_json::from_reader(open(&path)?) {
        Ok(said) => Ok((said, name)),
        Err(error) => Err(SceneError::Line { path: name, line: error.line(), error }),
    }
}

impl Scene {
    /// Reads what a scene says of itself.
    ///
    /// # Errors
    /// It cannot be read, or is no scene.
    pub fn open(folder: &Path) -> Result<Self, SceneError> {
        Ok(described(folder)?.0)
    }

    /// An instant of the scene.
    pub fn at(&self, t: f64) -> UtcTime {
        UtcTime::from_unix_s(self.t0_utc as i64).plus_s(self.t0_utc.fract() + t)
    }

    /// The sources, by number, as the tracks' `src` names them.
    pub fn source_name(&self, source: SourceId) -> &str {
        self.radars
            .get(usize::from(source.0))
            .map_or(if source.0 == BEIDOU { "BD" } else { "AIS" }, |radar| &radar.id)
    }

    /// What each radar can see.
    pub fn sites(&self) -> impl Iterator<Item = Event> {
        self.radars.iter().enumerate().filter_map(|(n, radar)| {
            let mut shadows = [None; 8];
            for (place, &[from, to, beyond_m]) in shadows.iter_mut().zip(&radar.shadow) {
                *place = Some(Shadow { from_rad: from.to_radians(), to_rad: to.to_radians(), beyond_m });
            }
            let site = RadarSite {
                sensor: SensorId(n as u16),
                position: Position::new(radar.lat, radar.lon)?,
                period_s: radar.period,
                range_m: radar.rmax,
                beam_rad: radar.beam.to_radians(),
                resolution_m: radar.res_r,
                shadows,
            };
            Some(Event::Site(self.at(0.0), site))
        })
    }

    /// Reads measurements; each as when it arrived, in seconds of the scene, and what it says.
    ///
    /// # Errors
    /// A line that is no measurement.
    pub fn read(&self, path: &Path, mut take: impl FnMut(f64, &Observation)) -> Result<(), SceneError> {
        let name = path.display().to_string();
        let mut stations = BTreeMap::new();
        let mut generations = BTreeMap::new();
        for (n, line) in open(path)?.lines().enumerate() {
            let line = line.map_err(|error| SceneError::Read { path: name.clone(), error })?;
            if line.trim().is_empty() {
                continue;
            }
            let parsed = serde_json::from_str(&line).map_err(|error| SceneError::Line {
                path: name.clone(),
                line: n + 1,
                error,
            })?;
            let (ta, observation) = self
                .observation(parsed, &mut stations, &mut generations)
                .map_err(|what| SceneError::Value { path: name.clone(), line: n + 1, what })?;
            if let Some(observation) = observation {
                take(ta, &observation);
            }
        }
        Ok(())
    }

    fn observation(
        &self,
        line: Line,
        stations: &mut BTreeMap<String, u16>,
        generations: &mut BTreeMap<(usize, u32), u32>,
    ) -> Result<(f64, Option<Observation>), &'static str> {
        let place = |lat, lon| Position::new(lat, lon).ok_or("no such place");
        let number = |mmsi| Mmsi::new(mmsi).ok_or("no such MMSI");
        let radar = |id: &str| self.radars.iter().position(|radar| radar.id == id).ok_or("no such radar");
        let next = stations.len() as u16;
        let mut station = |id: String| SourceId(FIRST_STATION + *stations.entry(id).or_insert(next));
        let observation = |source, valid, ta, body| {
            Ok((ta, Some(Observation { source, valid, arrival: self.at(ta), body })))
        };
        match line {
            Line::Plot { s, t, ta, r, b, amp, ex } => {
                let n = radar(&s)?;
                let site = self.radars.get(n).ok_or("no such radar")?;
                let plot = plot(n, site, r, b, amp, ex).ok_or("no such place")?;
                observation(SourceId(n as u16), self.at(t), ta, Body::Plot(plot))
            }
            Line::Point { s, t, ta, lat, lon, sigma } => {
                let n = radar(&s)?;
                let plot = Plot {
                    sensor: SensorId(n as u16),
                    position: place(lat, lon)?,
                    covariance_m2: [sigma * sigma, 0.0, sigma * sigma],
                    polar: None,
                    radial_speed_mps: None,
                    amplitude_db: None,
                    extent: None,
                };
                observation(SourceId(n as u16), self.at(t), ta, Body::Plot(plot))
            }
            Line::Ais { sec, ta, st, mmsi, lat, lon, sog, cog, hdg, ns, cls } => {
                let arrival = self.at(ta);
                let class_a = cls == "A";
                let base_m: f64 = if class_a { 6.0 } else { 7.0 };
                let speed_mps = sog.unwrap_or(0.0) * KNOT_MPS;
                let (valid, sigma_m) = match sec {
                    0..60 => (valid(sec, arrival), base_m),
                    // Sent about then; how long before is not known.
                    60 => (arrival.plus_s(-0.7), base_m.hypot(speed_mps * 0.7)),
                    // Dead reckoned: it drifts away from the truth.
                    62 => (arrival.plus_s(-0.7), 5.0 * base_m.hypot(speed_mps)),
                    _ => (arrival, 1000.0),
                };
                let report = Report {
                    by: number(mmsi)?.into(),
                    station: if class_a { Station::ClassA } else { Station::ClassB },
                    position: Some(place(lat, lon)?).filter(|_| !matches!(sec, 61 | 63)),
                    sigma_m,
                    sog: sog.and_then(Knots::new),
                    cog: cog.and_then(Degrees::new),
                    heading: hdg.filter(|hdg| *hdg < 360.0).and_then(Degrees::new),
                    rot_deg_min: None,
                    nav_status: ns,
                };
                observation(station(st), valid, ta, Body::Report(report))
            }
            Line::Ais5 { ta, st, mmsi, name, r#type, bow, stern, port, starboard } => {
                let hull =
                    Hull { to_bow_m: bow, to_stern_m: stern, to_port_m: port, to_starboard_m: starboard };
                let statics = Statics {
                    name: name.and_then(|name| Label::new(name.as_bytes())),
                    ship_type: r#type,
                    hull: Some(hull).filter(|hull| hull.length_m() > 0),
                    ..Statics::of(number(mmsi)?.into())
                };
                observation(station(st), self.at(ta), ta, Body::Statics(statics))
            }
            Line::Bd { id, t, ta, lat, lon, sog, cog } => {
                let card = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
                let by = match self.bd_registry.get(&card) {
                    Some(&mmsi) => number(mmsi)?.into(),
                    None => Caller::Card(Card(card.parse().map_err(|_| "no such card")?)),
                };
                let report = Report {
                    by,
                    station: Station::Terminal,
                    position: Some(place(lat, lon)?),
                    sigma_m: 12.0,
                    sog: sog.and_then(Knots::new),
                    cog: cog.and_then(Degrees::new),
                    heading: None,
                    rot_deg_min: None,
                    nav_status: None,
                };
                observation(SourceId(BEIDOU), self.at(t), ta, Body::Report(report))
            }
            Line::Rtrk { s, tn, t, ta, lat, lon, sog, cog, sp, st } => {
                let n = radar(&s)?;
                let generation = generations.entry((n, tn)).or_insert(0);
                if st == 'N' {
                    *generation += 1;
                }
                let velocity_mps = sog.zip(cog).map(|(sog, cog)| {
                    let (sin, cos) = cog.to_radians().sin_cos();
                    [sog * KNOT_MPS * sin, sog * KNOT_MPS * cos]
                });
                let track = SensorTrack {
                    key: SensorTrackKey { sensor: SensorId(n as u16), number: tn, generation: *generation },
                    status: match st {
                        'C' => SensorTrackStatus::Coasting,
                        'L' => SensorTrackStatus::Ended,
                        _ => SensorTrackStatus::Confirmed,
                    },
                    position: Some(place(lat, lon)?),
                    covariance_m2: [sp * sp, 0.0, sp * sp],
                    velocity_mps,
                    velocity_covariance: [2.25, 0.0, 2.25],
                    name: None,
                    mmsi: None,
                    length_m: None,
                    width_m: None,
                    orientation: None,
                };
                observation(SourceId(n as u16), self.at(t), ta, Body::SensorTrack(track))
            }
        }
    }
}

const BEIDOU: u16 = 255;
const FIRST_STATION: u16 = 256;
/// Mean radius of the Earth, metres.
const EARTH_M: f64 = 6_371_000.0;

/// A plot on the ground: slant range from an antenna on a hill, over a sea that falls away.
fn plot(n: usize, site: &Radar, r: f64, b: f64, amp: Option<f64>, ex: Option<[f64; 2]>) -> Option<Plot> {
    let drop_m = r * r / (2.0 * EARTH_M);
    let range_m = (r * r - (site.h + drop_m).powi(2)).max(0.0).sqrt();
    let azimuth_rad = b.to_radians();
    let antenna = Position::new(site.lat, site.lon)?;
    let (sin, cos) = azimuth_rad.sin_cos();
    let (range_sigma_m, azimuth_sigma_rad) = (site.sr, site.sb.to_radians());
    let (radial, cross) = (range_sigma_m.powi(2), (range_m * azimuth_sigma_rad).powi(2));
    Some(Plot {
        sensor: SensorId(n as u16),
        position: fusion::Plane::at(antenna).to_position(range_m * sin, range_m * cos),
        covariance_m2: [
            radial * sin * sin + cross * cos * cos,
            (radial - cross) * sin * cos,
            radial * cos * cos + cross * sin * sin,
        ],
        polar: Some(Polar { site: antenna, range_m, azimuth_rad, range_sigma_m, azimuth_sigma_rad }),
        radial_speed_mps: None,
        amplitude_db: amp,
        extent: ex.map(|[along, across]| Extent { range_m: along, azimuth_rad: across / range_m.max(1.0) }),
    })
}
