//! `[cameras]` and `[[camera]]`: where cameras stand, what they can do, and how one talks to them.

use super::Wrong;
use super::ivef::Secret;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use toml::Spanned;
use units::Position;
use watch::cue::geometry::Mount;
use watch::cue::{self, Ridge, Stop};

/// All cameras, and how they are shared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cameras {
    /// How they are shared, and each as the planner knows it.
    pub cues: cue::Config,
    /// How one talks to each, in the same order.
    pub lines: Vec<Line>,
    /// Where cameras and platforms register with us.
    pub gb28181: Option<Gb28181>,
}

/// How one talks to a camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// In what words.
    pub protocol: Protocol,
    /// `host:port`, or the path of a serial device; empty where it comes to us.
    pub address: String,
    /// Who we say we are.
    pub user: String,
    /// What we prove it with, or what it proves itself with.
    pub password: Secret,
    /// How often it may be asked anything, a second.
    pub requests_per_s: f64,
    /// What its zoom values mean: value and field of view, degrees, at least two.
    pub zoom: Vec<(f64, f64)>,
}

/// In what words one talks to a camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// ONVIF: SOAP over HTTP.
    Onvif {
        /// Which profile; `None`: the first that turns.
        profile: Option<String>,
    },
    /// GB/T 28181: it registers with us.
    Gb28181 {
        /// The device that registers.
        device: String,
        /// The channel of it that turns; that of a lone camera is the device itself.
        channel: String,
    },
    /// Pelco-D over TCP or on a serial line.
    PelcoD {
        /// Its address on the line.
        unit: u8,
        /// Of the serial line; TCP has none.
        baud: u32,
    },
    /// Hikvision ISAPI.
    Isapi {
        /// Its channel.
        channel: u8,
    },
}

/// Our own SIP server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gb28181 {
    /// Where it listens, UDP and TCP.
    pub listen: SocketAddr,
    /// Our number: twenty digits.
    pub id: String,
    /// Our domain; the first ten digits of our number where it is not given.
    #[serde(default)]
    pub realm: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileCameras {
    credentials: Option<Spanned<PathBuf>>,
    hold_s: Option<Spanned<f64>>,
    look_s: Option<Spanned<f64>>,
    gb28181: Option<Spanned<Gb28181>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileCamera {
    name: Spanned<String>,
    position: Spanned<(f64, f64)>,
    height_m: f64,
    #[serde(default)]
    pan_offset_deg: f64,
    #[serde(default)]
    tilt_offset_deg: f64,
    #[serde(default)]
    pan_reversed: bool,
    #[serde(default)]
    tilt_reversed: bool,
    #[serde(default)]
    lean_deg: [f64; 2],
    pan_deg: Option<[f64; 2]>,
    tilt_deg: Option<[f64; 2]>,
    fov_deg: Option<[f64; 2]>,
    speed_deg_s: Option<[f64; 2]>,
    accel_deg_s2: Option<[f64; 2]>,
    zoom_s: Option<f64>,
    latency_s: Option<f64>,
    repeat_deg: Option<f64>,
    reach_m: Option<f64>,
    #[serde(default)]
    blind_deg: Vec<[f64; 2]>,
    /// From, to, beyond.
    #[serde(default)]
    hidden: Vec<(f64, f64, f64)>,
    #[serde(default)]
    patrol: Vec<FileStop>,
    favour: Option<f64>,
    stream: Option<String>,
    protocol: Spanned<Words>,
    address: Option<Spanned<String>>,
    profile: Option<String>,
    device: Option<Spanned<String>>,
    channel: Option<Spanned<toml::Value>>,
    unit: Option<u8>,
    baud: Option<Spanned<u32>>,
    requests_per_s: Option<f64>,
    #[serde(default)]
    zoom: Vec<(f64, f64)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileStop {
    at: (f64, f64),
    fov_deg: f64,
    dwell_s: f64,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Words {
    Onvif,
    Gb28181,
    PelcoD,
    Isapi,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credential {
    user: Option<String>,
    password: String,
}

const MAX_CAMERAS: usize = 1000;
/// A GB/T 28181 number has so many digits.
const DIGITS: usize = 20;
/// What serial lines run at.
const BAUDS: [u32; 8] = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200];
const BAUD: u32 = 9600;

/// Checks what the file says.
pub(super) fn check(
    shared: FileCameras,
    cameras: Vec<Spanned<FileCamera>>,
    folder: &Path,
) -> Result<Cameras, Wrong> {
    let mut credentials = match &shared.credentials {
        Some(path) => read_credentials(&folder.join(path.as_ref()))
            .map_err(|what| (Some(path.span()), format!("cameras.credentials: {what}")))?,
        None => BTreeMap::new(),
    };
    let mut all = Cameras::default();
    for (key, value, into) in
        [("hold_s", &shared.hold_s, &mut all.cues.hold_s), ("look_s", &shared.look_s, &mut all.cues.look_s)]
    {
        let Some(value) = value else { continue };
        if !(1.0..=86_400.0).contains(value.as_ref()) {
            return Err((Some(value.span()), format!("cameras.{key}: must be from 1 to 86400")));
        }
        *into = *value.as_ref();
    }
    if cameras.len() > MAX_CAMERAS {
        return Err((None, format!("camera: more than {MAX_CAMERAS}")));
    }
    for entry in cameras {
        let whole = entry.span();
        let camera = entry.into_inner();
        let name = camera.name.as_ref().clone();
        if all.cues.cameras.iter().any(|other| other.name == name) {
            return Err((Some(camera.name.span()), format!("camera.name: `{name}` is used twice")));
        }
        let credential = credentials.remove(&name).unwrap_or_default();
        let (seen, line) = camera.check(credential).map_err(|(span, what)| {
            (Some(span.unwrap_or_else(|| whole.clone())), format!("camera.{what}"))
        })?;
        let is_taken = |other: &Line| other.address == line.address && line.address.starts_with('/');
        if all.lines.iter().any(is_taken) {
            let what = format!("camera.address: another camera is on `{}`", line.address);
            return Err((Some(whole), what));
        }
        all.cues.cameras.push(seen);
        all.lines.push(line);
    }
    if let Some((stray, _)) = credentials.first_key_value() {
        let span = shared.credentials.map(|path| path.span());
        return Err((span, format!("cameras.credentials: there is no camera `{stray}`")));
    }
    let needs_server = all.lines.iter().any(|line| matches!(line.protocol, Protocol::Gb28181 { .. }));
    all.gb28181 = match shared.gb28181 {
        Some(server) => {
            let span = server.span();
            let mut server = server.into_inner();
            if !is_number(&server.id) {
                return Err((Some(span), "cameras.gb28181.id: must be twenty digits".to_owned()));
            }
            if server.realm.is_empty() {
                server.realm = server.id.chars().take(DIGITS / 2).collect();
            }
            Some(server)
        }
        None if needs_server => {
            return Err((None, "cameras.gb28181: missing; cameras that register need it".to_owned()));
        }
        None => None,
    };
    Ok(all)
}

fn is_number(id: &str) -> bool {
    id.len() == DIGITS && id.bytes().all(|byte| byte.is_ascii_digit())
}

impl FileCamera {
    fn check(self, credential: Credential) -> Result<(cue::Camera, Line), Wrong> {
        let name = self.name.as_ref();
        let is_name = (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if !is_name {
            return Err((Some(self.name.span()), "name: must be 1 to 64 printable characters".to_owned()));
        }
        let (lat, lon) = *self.position.as_ref();
        let position = Position::new(lat, lon).ok_or_else(|| {
            (Some(self.position.span()), "position: must be [latitude, longitude]".to_owned())
        })?;
        let plain = cue::Camera::new(name, position, self.height_m);
        let patrol = self.patrol.iter().map(|stop| {
            let place = Position::new(stop.at.0, stop.at.1)?;
            Some(Stop { place, fov_deg: stop.fov_deg, dwell_s: stop.dwell_s })
        });
        let patrol: Option<Vec<Stop>> = patrol.collect();
        let ridge = |&(from, to, beyond_m): &(f64, f64, f64)| Ridge { sector_deg: [from, to], beyond_m };
        let line = self.line(credential)?;
        let stream = self.stream.as_ref().map(|template| {
            template.replace("{address}", line.address.split(':').next().unwrap_or_default())
        });
        let camera = cue::Camera {
            mount: Mount {
                pan_offset_deg: self.pan_offset_deg,
                tilt_offset_deg: self.tilt_offset_deg,
                pan_reversed: self.pan_reversed,
                tilt_reversed: self.tilt_reversed,
                lean_deg: self.lean_deg,
            },
            pan_deg: self.pan_deg,
            tilt_deg: self.tilt_deg.unwrap_or(plain.tilt_deg),
            fov_deg: self.fov_deg.unwrap_or(plain.fov_deg),
            speed_deg_s: self.speed_deg_s.unwrap_or(plain.speed_deg_s),
            accel_deg_s2: self.accel_deg_s2.unwrap_or(plain.accel_deg_s2),
            zoom_s: self.zoom_s.unwrap_or(plain.zoom_s),
            latency_s: self.latency_s.unwrap_or(plain.latency_s),
            repeat_deg: self.repeat_deg.unwrap_or(plain.repeat_deg),
            reach_m: self.reach_m.unwrap_or(plain.reach_m),
            blind_deg: self.blind_deg,
            hidden: self.hidden.iter().map(ridge).collect(),
            patrol: patrol.ok_or((None, "patrol: at must be [latitude, longitude]".to_owned()))?,
            favour: self.favour.unwrap_or(plain.favour),
            stream,
            ..plain
        };
        check_ranges(&camera).map_err(|what| (None, what))?;
        let mut line = line;
        if line.zoom.is_empty() {
            let [narrow, wide] = camera.fov_deg;
            line.zoom = vec![(0.0, wide), (1.0, narrow)];
        }
        Ok((camera, line))
    }

    fn baud(&self) -> Result<u32, Wrong> {
        match &self.baud {
            None => Ok(BAUD),
            Some(baud) if BAUDS.contains(baud.as_ref()) => Ok(*baud.as_ref()),
            Some(baud) => Err((Some(baud.span()), format!("baud: must be one of {BAUDS:?}"))),
        }
    }

    fn line(&self, credential: Credential) -> Result<Line, Wrong> {
        let number = || {
            let value = self.channel.as_ref().map(|channel| channel.as_ref().as_integer());
            match value {
                None => Ok(1),
                Some(value) => value.and_then(|value| u8::try_from(value).ok()).ok_or_else(|| {
                    (self.channel.as_ref().map(Spanned::span), "channel: must be 0 to 255".to_owned())
                }),
            }
        };
        let is_path = self.address.as_ref().is_some_and(|address| address.as_ref().starts_with('/'));
        let is_serial = is_path && *self.protocol.as_ref() == Words::PelcoD;
        let protocol = match self.protocol.as_ref() {
            Words::Onvif => Protocol::Onvif { profile: self.profile.clone() },
            Words::PelcoD => Protocol::PelcoD { unit: self.unit.unwrap_or(1), baud: self.baud()? },
            Words::Isapi => Protocol::Isapi { channel: number()? },
            Words::Gb28181 => {
                let wrong = |span, key: &str| (span, format!("{key}: must be twenty digits, as text"));
                let device = self.device.as_ref().map(Spanned::as_ref).filter(|id| is_number(id));
                let device =
                    device.ok_or_else(|| wrong(self.device.as_ref().map(Spanned::span), "device"))?;
                let channel = match &self.channel {
                    None => device,
                    Some(channel) => channel
                        .as_ref()
                        .as_str()
                        .filter(|id| is_number(id))
                        .ok_or_else(|| wrong(Some(channel.span()), "channel"))?,
                };
                Protocol::Gb28181 { device: device.to_owned(), channel: channel.to_owned() }
            }
        };
        let comes_to_us = matches!(protocol, Protocol::Gb28181 { .. });
        let address = match (&self.address, comes_to_us) {
            (None, true) => String::new(),
            (None, false) => return Err((None, "address: missing; this protocol needs it".to_owned())),
            (Some(address), true) => {
                return Err((Some(address.span()), "address: it comes to us".to_owned()));
            }
            (Some(address), false) if is_serial => address.as_ref().clone(),
            (Some(address), false) => {
                let port = address.as_ref().rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
                if port.is_none() {
                    return Err((Some(address.span()), "address: must be `host:port`".to_owned()));
                }
                address.as_ref().clone()
            }
        };
        let user = match (&protocol, credential.user) {
            (_, Some(user)) => user,
            (Protocol::Gb28181 { device, .. }, None) => device.clone(),
            (_, None) => String::new(),
        };
        let requests_per_s = self.requests_per_s.unwrap_or(8.0);
        if !(0.1..=100.0).contains(&requests_per_s) {
            return Err((None, "requests_per_s: must be from 0.1 to 100".to_owned()));
        }
        let rises = self.zoom.windows(2).all(|two| match two {
            [one, other] => one.0 < other.0 && one.1 > 0.0 && other.1 > 0.0,
            _ => true,
        });
        if self.zoom.len() == 1 || !rises {
            return Err((None, "zoom: two or more [value, field of view], values rising".to_owned()));
        }
        if let (Some(baud), false) = (&self.baud, is_serial) {
            return Err((Some(baud.span()), "baud: only serial lines of Pelco-D have one".to_owned()));
        }
        let (password, zoom) = (Secret(credential.password), self.zoom.clone());
        Ok(Line { protocol, address, user, password, requests_per_s, zoom })
    }
}

/// That a camera can be.
fn check_ranges(camera: &cue::Camera) -> Result<(), String> {
    let [narrow, wide] = camera.fov_deg;
    let [pan_v, tilt_v] = camera.speed_deg_s;
    let [pan_a, tilt_a] = camera.accel_deg_s2;
    let [low, high] = camera.tilt_deg;
    let [left, right] = camera.pan_deg.unwrap_or([-180.0, 180.0]);
    for (key, value, least, most) in [
        ("height_m", camera.height_m, 0.0, 4000.0),
        ("pan_offset_deg", camera.mount.pan_offset_deg, -360.0, 360.0),
        ("tilt_offset_deg", camera.mount.tilt_offset_deg, -90.0, 90.0),
        ("lean_deg", camera.mount.lean_deg[0], -10.0, 10.0),
        ("lean_deg", camera.mount.lean_deg[1], -10.0, 10.0),
        ("pan_deg", left, -360.0, right),
        ("pan_deg", right, left, 720.0),
        ("tilt_deg", low, -180.0, high),
        ("tilt_deg", high, low, 180.0),
        ("fov_deg", narrow, 0.05, wide),
        ("fov_deg", wide, narrow, 150.0),
        ("speed_deg_s", pan_v, 0.1, 720.0),
        ("speed_deg_s", tilt_v, 0.1, 720.0),
        ("accel_deg_s2", pan_a, 0.1, 10_000.0),
        ("accel_deg_s2", tilt_a, 0.1, 10_000.0),
        ("zoom_s", camera.zoom_s, 0.0, 60.0),
        ("latency_s", camera.latency_s, 0.0, 10.0),
        ("repeat_deg", camera.repeat_deg, 0.0, 10.0),
        ("reach_m", camera.reach_m, 10.0, 100_000.0),
        ("favour", camera.favour, 0.01, 100.0),
    ] {
        if !(least..=most).contains(&value) {
            return Err(format!("{key}: must be from {least} to {most}"));
        }
    }
    let is_stop =
        |stop: &Stop| (0.05..=150.0).contains(&stop.fov_deg) && (1.0..=86_400.0).contains(&stop.dwell_s);
    if !camera.patrol.iter().all(is_stop) {
        return Err("patrol: fov_deg must be from 0.05 to 150, dwell_s from 1 to 86400".to_owned());
    }
    Ok(())
}

/// Names and passwords are in a file that nobody else can read.
fn read_credentials(path: &Path) -> Result<BTreeMap<String, Credential>, String> {
    use std::os::unix::fs::PermissionsExt;
    let cannot = |error| format!("{}: {error}", path.display());
    let metadata = std::fs::metadata(path).map_err(cannot)?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(format!("{}: others can read it; chmod 600", path.display()));
    }
    let text = std::fs::read_to_string(path).map_err(cannot)?;
    // What the parser found wrong may quote a password: it stays here.
    toml::from_str(&text).map_err(|_| {
        format!("{}: each camera is [\"its name\"] with `password` and perhaps `user`", path.display())
    })
}

#[cfg(test)]
mod tests {
    use crate::config::{ConfigError, parse};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    const CAMERA: &str = "[[camera]]\nname = \"hill\"\nposition = [29.8, 122.3]\nheight_m = 90.0\n";

    fn error(text: &str) -> String {
        parse(text, Path::new("fairway.toml"))
            .map_or_else(|error: ConfigError| error.to_string(), |_| "right".into())
    }

    #[test]
    fn a_camera_that_makes_no_sense_is_refused() {
        for (more, expected) in [
            ("protocol = \"onvif\"\naddress = \"192.0.2.1:80\"\n", "right"),
            ("protocol = \"onvif\"\n", "fairway.toml:1: camera.address: missing; this protocol needs it"),
            (
                "protocol = \"onvif\"\naddress = \"192.0.2.1\"\n",
                "fairway.toml:6: camera.address: must be `host:port`",
            ),
            (
                "protocol = \"gb28181\"\ndevice = \"3402\"\n",
                "fairway.toml:6: camera.device: must be twenty digits, as text",
            ),
            (
                "protocol = \"pelco-d\"\naddress = \"h:1\"\nfov_deg = [60.0, 1.0]\n",
                "fairway.toml:1: camera.fov_deg: must be from 0.05 to 1",
            ),
            ("protocol = \"pelco-d\"\naddress = \"/dev/ttyS0\"\nbaud = 2400\n", "right"),
            (
                "protocol = \"pelco-d\"\naddress = \"/dev/ttyS0\"\nbaud = 9601\n",
                "fairway.toml:7: camera.baud: must be one of [1200, 2400, 4800, 9600, ",
            ),
            (
                "protocol = \"pelco-d\"\naddress = \"h:1\"\nbaud = 9600\n",
                "fairway.toml:7: camera.baud: only serial lines of Pelco-D have one",
            ),
            (
                "protocol = \"onvif\"\naddress = \"/dev/ttyS0\"\n",
                "fairway.toml:6: camera.address: must be `host:port`",
            ),
            (
                "protocol = \"isapi\"\naddress = \"h:1\"\npassword = \"x\"\n",
                "fairway.toml:7: camera.password: unknown field `password`",
            ),
        ] {
            let found = error(&format!("{CAMERA}{more}"));
            assert!(found.starts_with(expected), "{found}");
        }
        let line = "protocol = \"pelco-d\"\naddress = \"/dev/ttyS0\"\n";
        let shared = format!("{CAMERA}{line}{}{line}", CAMERA.replace("hill", "dale"));
        assert!(error(&shared).ends_with("another camera is on `/dev/ttyS0`"), "{}", error(&shared));
        let twice = format!("{CAMERA}protocol = \"onvif\"\naddress = \"h:1\"\n").repeat(2);
        assert!(error(&twice).ends_with("camera.name: `hill` is used twice"), "{}", error(&twice));
    }

    #[test]
    fn credentials_are_in_a_file_of_their_own_and_never_said() {
        let folder = std::env::temp_dir().join(format!("fairway-cameras-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("cameras.secret");
        let text = format!(
            "[cameras]\ncredentials = \"cameras.secret\"\n{CAMERA}protocol = \"onvif\"\naddress = \"h:1\"\n"
        );
        let read = |secret: &str, mode: u32| {
            std::fs::write(&path, secret).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            parse(&text, &folder.join("fairway.toml")).map_err(|error| error.to_string())
        };
        let good = read("[\"hill\"]\nuser = \"admin\"\npassword = \"canary\"\n", 0o600).unwrap();
        assert_eq!(
            (good.cameras.lines[0].user.as_str(), good.cameras.lines[0].password.0.as_str()),
            ("admin", "canary")
        );
        assert!(!format!("{good:?}").contains("canary"));
        let open = read("[\"hill\"]\npassword = \"canary\"\n", 0o644).unwrap_err();
        assert!(open.ends_with("others can read it; chmod 600"), "{open}");
        for broken in ["[\"hill\"]\npassword = canary\n", "[\"hill\"]\npasswort = \"canary\"\n"] {
            let wrong = read(broken, 0o600).unwrap_err();
            assert!(wrong.contains("each camera is") && !wrong.contains("canary"), "{wrong}");
        }
        let stray = read("[\"dale\"]\npassword = \"canary\"\n", 0o600).unwrap_err();
        assert!(stray.ends_with("there is no camera `dale`"), "{stray}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
