//! The camera as an ONVIF device over HTTP: bytes in, bytes out. Its spaces are the generic ones, -1 to 1 and 0 to 1,
//! and the addresses that it tells of itself have a host that nobody reaches, as many have.

use super::http::{self, Answer, Request};
use super::{Camera, Command, Seen, picture};
use crate::date::date;
use decoders::auth;
use decoders::xml::{self, Element};
use units::UtcTime;

/// An ONVIF device around a camera.
#[derive(Debug)]
pub struct Onvif {
    user: String,
    password: String,
    /// Requests that were refused for want of a password.
    pub refused: u64,
}

/// The host that it tells, of a network that is for examples only.
const TOLD_HOST: &str = "192.0.2.77";
const PROFILE: &str = "Profile_1";
const GENERIC: &str = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace";
const SNAPSHOT: &str = "/snapshot.png";
const NONCE: &str = "6f1c2a";

impl Onvif {
    /// Who must say what.
    #[must_use]
    pub fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: password.to_owned(), refused: 0 }
    }

    /// Takes whole requests out of what came, and appends the answers. `false`: the connection is of no more use.
    pub fn take(
        &mut self,
        received: &mut Vec<u8>,
        camera: &mut Camera,
        things: &[Seen],
        now: UtcTime,
        out: &mut Vec<u8>,
    ) -> bool {
        camera.run(now);
        http::take(received, out, |request| match (request.method.as_str(), request.path.as_str()) {
            ("GET", SNAPSHOT) => self.snapshot(request, camera, things),
            ("POST", _) => self.soap(&request.body, camera, now),
            _ => Answer::new(404, "text/plain", "no"),
        })
    }

    fn snapshot(&mut self, request: &Request, camera: &Camera, things: &[Seen]) -> Answer {
        if http::proves(request, NONCE, &self.user, &self.password) {
            return Answer::new(200, "image/png", picture(camera.looks(), things));
        }
        self.refused += 1;
        http::challenge(NONCE)
    }

    fn soap(&mut self, body: &str, camera: &mut Camera, now: UtcTime) -> Answer {
        let Ok(root) = xml::parse(body) else { return fault(400, "ter:WellFormed", "not well-formed") };
        let Some(asked) = root.at("Body").and_then(|body| body.children.first()) else {
            return fault(400, "ter:WellFormed", "an empty body");
        };
        // The time is told to everybody, so that clocks can be compared before anything is proved.
        if asked.name != "GetSystemDateAndTime" && !self.proves(&root) {
            self.refused += 1;
            return fault(400, "ter:NotAuthorized", "who are you");
        }
        operation(asked, camera, now)
    }

    fn proves(&self, root: &Element) -> bool {
        let Some(token) = root.at("Header/Security/UsernameToken") else { return false };
        let (Some(user), Some(digest), Some(nonce), Some(created)) = (
            token.text_at("Username"),
            token.text_at("Password"),
            token.text_at("Nonce").and_then(auth::from_base64),
            token.text_at("Created"),
        ) else {
            return false;
        };
        user == self.user && digest == auth::token_digest(&nonce, created, &self.password)
    }
}

fn soap(status: u16, body: &str) -> Answer {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\" xmlns:trt=\"http://www.onvif.org/ver10/media/wsdl\" \
         xmlns:tptz=\"http://www.onvif.org/ver20/ptz/wsdl\" xmlns:tt=\"http://www.onvif.org/ver10/schema\" \
         xmlns:ter=\"http://www.onvif.org/ver10/error\"><s:Body>{body}</s:Body></s:Envelope>"
    );
    Answer::new(status, "application/soap+xml; charset=utf-8", text)
}

fn fault(status: u16, code: &str, reason: &str) -> Answer {
    soap(
        status,
        &format!(
            "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{code}</s:Value></s:Subcode></s:Code>\
             <s:Reason><s:Text xml:lang=\"en\">{reason}</s:Text></s:Reason></s:Fault>"
        ),
    )
}

fn operation(asked: &Element, camera: &mut Camera, now: UtcTime) -> Answer {
    let service = |name: &str| format!("http://{TOLD_HOST}/onvif/{name}_service");
    let body = match asked.name.as_str() {
        "GetSystemDateAndTime" => system_time(now),
        "GetCapabilities" => format!(
            "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media><tt:XAddr>{}</tt:XAddr></tt:Media>\
             <tt:PTZ><tt:XAddr>{}</tt:XAddr></tt:PTZ></tds:Capabilities></tds:GetCapabilitiesResponse>",
            service("media"),
            service("ptz")
        ),
        "GetProfiles" => format!(
            "<trt:GetProfilesResponse><trt:Profiles token=\"Fixed_0\"><tt:Name>fixed</tt:Name></trt:Profiles>\
             <trt:Profiles token=\"{PROFILE}\"><tt:Name>main</tt:Name><tt:PTZConfiguration token=\"PTZ_1\">\
             <tt:NodeToken>Node_1</tt:NodeToken></tt:PTZConfiguration></trt:Profiles></trt:GetProfilesResponse>"
        ),
        "GetNodes" => nodes(),
        "GetSnapshotUri" => format!(
            "<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>http://{TOLD_HOST}{SNAPSHOT}</tt:Uri></trt:MediaUri>\
             </trt:GetSnapshotUriResponse>"
        ),
        "GetStatus" => status(camera, now),
        "AbsoluteMove" | "RelativeMove" | "ContinuousMove" | "Stop" => {
            if asked.text_at("ProfileToken") != Some(PROFILE) {
                return fault(400, "ter:NoProfile", "no such profile");
            }
            match motion(asked, camera) {
                Some(command) => camera.tell(command, now),
                None => return fault(500, "ter:InvalidPosition", "out of range"),
            }
            format!("<tptz:{}Response/>", asked.name)
        }
        _ => return fault(500, "ter:ActionNotSupported", "not here"),
    };
    soap(200, &body)
}

/// A move as the camera knows it; `None` where it is out of range.
fn motion(asked: &Element, camera: &Camera) -> Option<Command> {
    let make = camera.make();
    let pair = |path: &str| -> Option<[f64; 2]> {
        let element = asked.at(path)?;
        Some([element.attribute_number("x")?, element.attribute_number("y")?])
    };
    let one = |path: &str| asked.at(path).and_then(|element| element.attribute_number("x"));
    let is_unit = |value: &f64| (-1.0..=1.0).contains(value);
    let [pan_v, tilt_v] = make.speed_deg_s;
    match asked.name.as_str() {
        "AbsoluteMove" => {
            let angles = pair("Position/PanTilt");
            let zoom = one("Position/Zoom");
            let is_there = angles.is_none_or(|all| all.iter().all(is_unit))
                && zoom.is_none_or(|z| (0.0..=1.0).contains(&z));
            is_there.then(|| Command::Go {
                angles_deg: angles.map(|[x, y]| angles_of(camera, x, y)),
                fov_deg: zoom.map(|zoom| fov_of(camera, zoom)),
            })
        }
        "RelativeMove" => {
            let [x, y] = pair("Translation/PanTilt").unwrap_or_default();
            let [pan, tilt, fov] = camera.told();
            let angles_deg = Some([pan + 180.0 * x, tilt + 90.0 * y]);
            [x, y].iter().all(is_unit).then_some(Command::Go { angles_deg, fov_deg: Some(fov) })
        }
        "ContinuousMove" => {
            let [x, y] = pair("Velocity/PanTilt").unwrap_or_default();
            let zoom = one("Velocity/Zoom");
            // PT2S, PT0.5S.
            let for_s = match asked.text_at("Timeout") {
                Some(text) => Some(text.strip_prefix("PT")?.strip_suffix('S')?.parse().ok()?),
                None => None,
            };
            let is_right = [x, y].iter().all(is_unit) && zoom.as_ref().is_none_or(is_unit);
            is_right.then_some(Command::Turn { pan_deg_s: x * pan_v, tilt_deg_s: y * tilt_v, zoom, for_s })
        }
        _ => Some(Command::Stop),
    }
}

fn ends(camera: &Camera) -> ([f64; 2], [f64; 2]) {
    (camera.make().pan_deg.unwrap_or([-180.0, 180.0]), camera.make().tilt_deg)
}

fn angles_of(camera: &Camera, x: f64, y: f64) -> [f64; 2] {
    let (pan, tilt) = ends(camera);
    let along = |[least, most]: [f64; 2], value: f64| least + f64::midpoint(value, 1.0) * (most - least);
    [along(pan, x), along(tilt, y)]
}

fn fov_of(camera: &Camera, zoom: f64) -> f64 {
    let [narrow, wide] = camera.make().fov_deg;
    wide * (narrow / wide).powf(zoom)
}

fn status(camera: &Camera, now: UtcTime) -> String {
    let [pan, tilt, fov] = camera.told();
    let (pans, tilts) = ends(camera);
    let part = |[least, most]: [f64; 2], value: f64| 2.0 * (value - least) / (most - least) - 1.0;
    let [narrow, wide] = camera.make().fov_deg;
    let zoom = (fov / wide).ln() / (narrow / wide).ln();
    let state = if camera.is_moving() { "MOVING" } else { "IDLE" };
    format!(
        "<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position><tt:PanTilt x=\"{:.7}\" y=\"{:.7}\" space=\"{GENERIC}\"/>\
         <tt:Zoom x=\"{zoom:.6}\"/></tt:Position><tt:MoveStatus><tt:PanTilt>{state}</tt:PanTilt>\
         <tt:Zoom>{state}</tt:Zoom></tt:MoveStatus><tt:UtcTime>{}</tt:UtcTime></tptz:PTZStatus></tptz:GetStatusResponse>",
        part(pans, pan),
        part(tilts, tilt),
        iso(now)
    )
}

fn nodes() -> String {
    let space = |name: &str, uri: &str, range: &str| {
        format!("<tt:{name}><tt:URI>http://www.onvif.org/ver10/tptz/{uri}</tt:URI>{range}</tt:{name}>")
    };
    let unit = "<tt:Min>-1</tt:Min><tt:Max>1</tt:Max>";
    let plane = format!("<tt:XRange>{unit}</tt:XRange><tt:YRange>{unit}</tt:YRange>");
    let line = "<tt:XRange><tt:Min>0</tt:Min><tt:Max>1</tt:Max></tt:XRange>";
    format!(
        "<tptz:GetNodesResponse><tptz:PTZNode token=\"Node_1\"><tt:Name>head</tt:Name><tt:SupportedPTZSpaces>{}{}{}\
         </tt:SupportedPTZSpaces></tptz:PTZNode></tptz:GetNodesResponse>",
        space("AbsolutePanTiltPositionSpace", "PanTiltSpaces/PositionGenericSpace", &plane),
        space("AbsoluteZoomPositionSpace", "ZoomSpaces/PositionGenericSpace", line),
        space("ContinuousPanTiltVelocitySpace", "PanTiltSpaces/VelocityGenericSpace", &plane),
    )
}

fn system_time(now: UtcTime) -> String {
    let (year, month, day, hour, minute, second) = date(now);
    format!(
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>\
         <tt:UTCDateTime><tt:Time><tt:Hour>{hour}</tt:Hour><tt:Minute>{minute}</tt:Minute><tt:Second>{second}</tt:Second>\
         </tt:Time><tt:Date><tt:Year>{year}</tt:Year><tt:Month>{month}</tt:Month><tt:Day>{day}</tt:Day></tt:Date>\
         </tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )
}

/// `2025-11-24T16:00:00Z`
fn iso(now: UtcTime) -> String {
    let (year, month, day, hour, minute, second) = date(now);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}
