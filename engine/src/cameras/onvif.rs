//! ONVIF cameras: services, profile and spaces are asked for once, then status and moves. Nothing is believed of a
//! space but its ranges, and of an address but its path.

use super::Fault;
use super::drive::Snapshot;
use super::http::{Ask, Http, path_of};
use super::reckon::{fov_of, value_of};
use super::soap::call;
use super::steer::Looks;
use crate::clock::now_utc;
use crate::config::Line;
use decoders::calendar;
use decoders::xml::{Element, escaped};
use hyper::Method;
use watch::cue::{Camera, MAX_PICTURE};

/// An ONVIF camera.
#[derive(Debug)]
pub struct Onvif {
    http: Http,
    wanted: Option<String>,
    requests_per_s: f64,
    /// Ends of pan and tilt, and fastest, degrees.
    ends_deg: [[f64; 2]; 2],
    speed_deg_s: [f64; 2],
    zoom: Vec<(f64, f64)>,
    /// How far its clock is ahead of ours, seconds.
    ahead_s: f64,
    paths: Paths,
    profile: String,
    spaces: Spaces,
    snapshot: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct Paths {
    ptz: String,
    media: String,
}

/// What its numbers range over.
#[derive(Clone, Copy, Debug)]
struct Spaces {
    pan: [f64; 2],
    tilt: [f64; 2],
    zoom: [f64; 2],
    speed: [f64; 2],
    turns: bool,
}

impl Default for Spaces {
    fn default() -> Self {
        Self { pan: [-1.0, 1.0], tilt: [-1.0, 1.0], zoom: [0.0, 1.0], speed: [-1.0, 1.0], turns: false }
    }
}

const DEVICE: &str = "/onvif/device_service";
const PAN_TILT: &str = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace";
const ZOOM: &str = "http://www.onvif.org/ver10/tptz/ZoomSpaces/PositionGenericSpace";
const SPEED: &str = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/VelocityGenericSpace";

impl Onvif {
    pub fn new(camera: &Camera, line: Line, profile: Option<String>) -> Self {
        Self {
            http: Http::new(line.address, line.user, line.password),
            wanted: profile,
            requests_per_s: line.requests_per_s,
            ends_deg: [camera.pan_deg.unwrap_or([-180.0, 180.0]), camera.tilt_deg],
            speed_deg_s: camera.speed_deg_s,
            zoom: line.zoom,
            ahead_s: 0.0,
            paths: Paths::default(),
            profile: String::new(),
            spaces: Spaces::default(),
            snapshot: None,
        }
    }

    pub const fn turns(&self) -> bool {
        self.spaces.turns
    }

    pub const fn requests_per_s(&self) -> f64 {
        self.requests_per_s
    }

    pub async fn open(&mut self) -> Result<(), Fault> {
        self.ahead_s = self.clock().await.unwrap_or(0.0);
        let ahead = Some(self.ahead_s);
        let capabilities = "<tds:GetCapabilities><tds:Category>All</tds:Category></tds:GetCapabilities>";
        let found = call(&mut self.http, DEVICE, ahead, capabilities).await?;
        let path = |name: &str| found.find(name).and_then(|service| service.text_at("XAddr")).map(path_of);
        let ptz = path("PTZ").ok_or(Fault::Cannot("turn: it has no PTZ service"))?;
        self.paths = Paths { media: path("Media").unwrap_or_else(|| ptz.clone()), ptz };
        let profiles = call(&mut self.http, &self.paths.media, ahead, "<trt:GetProfiles/>").await?;
        let turning = |profile: &&Element| profile.child("PTZConfiguration").is_some();
        let token = |profile: &&Element| profile.attribute("token").map(str::to_owned);
        let found = match &self.wanted {
            Some(wanted) => profiles.children.iter().find(|it| it.attribute("token") == Some(wanted)),
            None => profiles.children.iter().find(turning),
        };
        let profile = found.or_else(|| profiles.children.first());
        self.profile =
            profile.as_ref().and_then(token).ok_or(Fault::Cannot("turn: it has no profile for that"))?;
        self.spaces = match call(&mut self.http, &self.paths.ptz, ahead, "<tptz:GetNodes/>").await {
            Ok(nodes) => spaces(&nodes),
            // Some tell no nodes, and have the generic spaces.
            Err(Fault::Refused(_) | Fault::Nonsense(_)) => Spaces::default(),
            Err(fault) => return Err(fault),
        };
        let asked = format!(
            "<trt:GetSnapshotUri><trt:ProfileToken>{}</trt:ProfileToken></trt:GetSnapshotUri>",
            escaped(&self.profile)
        );
        let found = call(&mut self.http, &self.paths.media, ahead, &asked).await;
        self.snapshot = found.ok().and_then(|found| found.find("Uri").map(|uri| path_of(&uri.text)));
        Ok(())
    }

    async fn clock(&mut self) -> Option<f64> {
        let asked = "<tds:GetSystemDateAndTime/>";
        let said = call(&mut self.http, DEVICE, None, asked).await.ok()?;
        let utc = said.find("UTCDateTime")?;
        let part = |path: &str| utc.text_at(path).and_then(|text| text.parse::<u32>().ok());
        let parts = [
            part("Date/Year")?,
            part("Date/Month")?,
            part("Date/Day")?,
            part("Time/Hour")?,
            part("Time/Minute")?,
            part("Time/Second")?,
        ];
        Some(calendar::utc(parts, 0)?.since(now_utc()))
    }

    async fn ptz(&mut self, operation: &str, body: &str) -> Result<Element, Fault> {
        let asked = format!(
            "<tptz:{operation}><tptz:ProfileToken>{}</tptz:ProfileToken>{body}</tptz:{operation}>",
            escaped(&self.profile)
        );
        call(&mut self.http, &self.paths.ptz, Some(self.ahead_s), &asked).await
    }

    pub async fn looks(&mut self) -> Result<Looks, Fault> {
        let before = now_utc();
        let said = self.ptz("GetStatus", "").await?;
        // It looked there when it answered: half way, as far as one can tell.
        let at = before.plus_s(now_utc().since(before) / 2.0);
        let position = said.find("Position").ok_or(Fault::Nonsense("a status without a position"))?;
        let pair = position
            .child("PanTilt")
            .and_then(|angles| Some([angles.attribute_number("x")?, angles.attribute_number("y")?]));
        let [x, y] = pair.ok_or(Fault::Nonsense("a position without numbers"))?;
        let [pans, tilts] = self.ends_deg;
        let zoom = position.child("Zoom").and_then(|zoom| zoom.attribute_number("x"));
        let zoom = zoom.map_or(0.0, |zoom| across(self.spaces.zoom, [0.0, 1.0], zoom));
        Ok(Looks {
            at,
            pan_deg: degrees(self.spaces.pan, pans, x),
            tilt_deg: degrees(self.spaces.tilt, tilts, y),
            fov_deg: fov_of(&self.zoom, zoom),
            is_told: true,
        })
    }

    pub async fn go(&mut self, [pan_deg, tilt_deg, fov_deg]: [f64; 3]) -> Result<(), Fault> {
        let [pans, tilts] = self.ends_deg;
        let x = units_of(self.spaces.pan, pans, wrapped(pan_deg, pans));
        let y = units_of(self.spaces.tilt, tilts, tilt_deg);
        let zoom = across([0.0, 1.0], self.spaces.zoom, value_of(&self.zoom, fov_deg));
        let body = format!(
            "<tptz:Position><tt:PanTilt x=\"{x:.6}\" y=\"{y:.6}\" space=\"{PAN_TILT}\"/>\
             <tt:Zoom x=\"{zoom:.6}\" space=\"{ZOOM}\"/></tptz:Position>"
        );
        self.ptz("AbsoluteMove", &body).await.map(drop)
    }

    pub async fn turn(&mut self, [pan_deg_s, tilt_deg_s]: [f64; 2]) -> Result<(), Fault> {
        let [pan_v, tilt_v] = self.speed_deg_s;
        let [slowest, fastest] = self.spaces.speed;
        let unit = |rate: f64, most: f64| (rate / most * fastest).clamp(slowest, fastest);
        let (x, y) = (unit(pan_deg_s, pan_v), unit(tilt_deg_s, tilt_v));
        // It stops by itself where nothing more is said.
        let body = format!(
            "<tptz:Velocity><tt:PanTilt x=\"{x:.6}\" y=\"{y:.6}\" space=\"{SPEED}\"/></tptz:Velocity>\
             <tptz:Timeout>PT3S</tptz:Timeout>"
        );
        self.ptz("ContinuousMove", &body).await.map(drop)
    }

    pub async fn stop(&mut self) -> Result<(), Fault> {
        if self.profile.is_empty() {
            return Ok(());
        }
        self.ptz("Stop", "<tptz:PanTilt>true</tptz:PanTilt><tptz:Zoom>true</tptz:Zoom>").await.map(drop)
    }

    pub async fn snapshot(&mut self) -> Result<Snapshot, Fault> {
        let path = self.snapshot.clone().ok_or(Fault::Cannot("take pictures"))?;
        let ask = Ask { method: Method::GET, path: &path, media: "", body: String::new(), most: MAX_PICTURE };
        picture(self.http.ask(ask).await?)
    }
}

/// An answer that is a picture.
pub fn picture(reply: super::http::Reply) -> Result<Snapshot, Fault> {
    let is_picture = [&b"\xFF\xD8"[..], b"\x89PNG", b"BM"].iter().any(|first| reply.body.starts_with(first));
    match reply.status {
        200 if is_picture => Ok(Snapshot { media: media_of(&reply.body).to_owned(), bytes: reply.body }),
        200 => Err(Fault::Nonsense("no picture")),
        status => Err(Fault::Refused(status.to_string())),
    }
}

fn media_of(bytes: &[u8]) -> &'static str {
    match bytes {
        [0xFF, 0xD8, ..] => "image/jpeg",
        [0x89, b'P', ..] => "image/png",
        _ => "image/bmp",
    }
}

fn spaces(nodes: &Element) -> Spaces {
    let plain = Spaces::default();
    let range = |space: &str, axis: &str| {
        let range = nodes.find(space)?.child(axis)?;
        let (least, most) = (range.number_at("Min")?, range.number_at("Max")?);
        (least < most).then_some([least, most])
    };
    let place = "AbsolutePanTiltPositionSpace";
    let speed = range("ContinuousPanTiltVelocitySpace", "XRange");
    Spaces {
        pan: range(place, "XRange").unwrap_or(plain.pan),
        tilt: range(place, "YRange").unwrap_or(plain.tilt),
        zoom: range("AbsoluteZoomPositionSpace", "XRange").unwrap_or(plain.zoom),
        speed: speed.unwrap_or(plain.speed),
        turns: speed.is_some(),
    }
}

/// A range that cannot be of -1 to 1 is of degrees.
fn is_degrees([least, most]: [f64; 2]) -> bool {
    most - least > 4.0
}

fn degrees(space: [f64; 2], ends_deg: [f64; 2], value: f64) -> f64 {
    if is_degrees(space) { value } else { across(space, ends_deg, value) }
}

fn units_of(space: [f64; 2], ends_deg: [f64; 2], value_deg: f64) -> f64 {
    let [least, most] = space;
    let value = if is_degrees(space) {
        // Its circle begins where it begins.
        if most - least >= 359.0 { (value_deg - least).rem_euclid(360.0) + least } else { value_deg }
    } else {
        across(ends_deg, space, value_deg)
    };
    value.clamp(least, most)
}

fn across([from_a, from_b]: [f64; 2], [to_a, to_b]: [f64; 2], value: f64) -> f64 {
    to_a + (value - from_a) / (from_b - from_a).max(1e-9) * (to_b - to_a)
}

/// A pan of one that goes round and round, within the turn that its numbers are of.
fn wrapped(pan_deg: f64, [least, most]: [f64; 2]) -> f64 {
    if (least..=most).contains(&pan_deg) { pan_deg } else { (pan_deg - least).rem_euclid(360.0) + least }
}
