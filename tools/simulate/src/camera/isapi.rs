//! The camera as a Hikvision ISAPI device over HTTP: bytes in, bytes out. Everything wants digest access, a nonce is
//! good for a few requests only, and elevation counts downwards, as that of many domes.

use super::http::{self, Answer, Request};
use super::{Camera, Command, Seen, picture};
use decoders::xml;
use units::UtcTime;

/// An ISAPI device around a camera.
#[derive(Debug)]
pub struct Isapi {
    user: String,
    password: String,
    /// Requests that the nonce of now was good for.
    used: u32,
    nonce: u32,
    /// Requests that were refused for want of a password.
    pub refused: u64,
}

const MEDIA: &str = "application/xml; charset=\"UTF-8\"";
const NAMESPACE: &str = "http://www.hikvision.com/ver20/XMLSchema";
/// A nonce is good for so many requests.
const GOOD_FOR: u32 = 40;

impl Isapi {
    /// Who must say what.
    #[must_use]
    pub fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: password.to_owned(), used: 0, nonce: 1, refused: 0 }
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
        http::take(received, out, |request| {
            let nonce = format!("4e6f{:08x}", self.nonce);
            if self.used >= GOOD_FOR || !http::proves(request, &nonce, &self.user, &self.password) {
                (self.used, self.nonce, self.refused) = (0, self.nonce + 1, self.refused + 1);
                return http::challenge(&format!("4e6f{:08x}", self.nonce));
            }
            self.used += 1;
            operation(request, camera, things, now)
        })
    }
}

fn operation(request: &Request, camera: &mut Camera, things: &[Seen], now: UtcTime) -> Answer {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/ISAPI/PTZCtrl/channels/1/status") => Answer::new(200, MEDIA, status(camera)),
        ("PUT", "/ISAPI/PTZCtrl/channels/1/absolute") => told(absolute(&request.body, camera), camera, now),
        ("PUT", "/ISAPI/PTZCtrl/channels/1/continuous") => {
            told(continuous(&request.body, camera), camera, now)
        }
        ("GET", "/ISAPI/Streaming/channels/101/picture") => {
            Answer::new(200, "image/png", picture(camera.looks(), things))
        }
        _ => response(404, 4, "Invalid Operation"),
    }
}

fn told(command: Option<Command>, camera: &mut Camera, now: UtcTime) -> Answer {
    match command {
        Some(command) => {
            camera.tell(command, now);
            response(200, 1, "OK")
        }
        None => response(400, 6, "Invalid XML Content"),
    }
}

/// Tenths of a degree, tenths of the magnification; `None` where it is none of that or out of range.
fn absolute(body: &str, camera: &Camera) -> Option<Command> {
    let root = xml::parse(body).ok().filter(|root| root.name == "PTZData")?;
    let high = root.child("AbsoluteHigh")?;
    let tenths = |name: &str| high.text_at(name)?.parse::<i32>().ok();
    let (down, azimuth, zoom) = (tenths("elevation")?, tenths("azimuth")?, tenths("absoluteZoom")?);
    let is_there =
        (-900..=2700).contains(&down) && (0..=3600).contains(&azimuth) && (1..=9999).contains(&zoom);
    let [_, wide] = camera.make().fov_deg;
    let half = (wide.to_radians() / 2.0).tan() / (f64::from(zoom) / 10.0);
    is_there.then(|| Command::Go {
        angles_deg: Some([f64::from(azimuth) / 10.0, -f64::from(down) / 10.0]),
        fov_deg: Some(2.0 * half.atan().to_degrees()),
    })
}

/// Hundredths of its fastest.
fn continuous(body: &str, camera: &Camera) -> Option<Command> {
    let root = xml::parse(body).ok().filter(|root| root.name == "PTZData")?;
    let part = |name: &str| {
        let hundredths = root.text_at(name)?.parse::<i32>().ok()?;
        (-100..=100).contains(&hundredths).then(|| f64::from(hundredths) / 100.0)
    };
    let ([pan_v, tilt_v], pan, tilt) = (camera.make().speed_deg_s, part("pan")?, part("tilt")?);
    Some(Command::Turn { pan_deg_s: pan * pan_v, tilt_deg_s: tilt * tilt_v, zoom: None, for_s: None })
}

fn status(camera: &Camera) -> String {
    let [pan, tilt, fov] = camera.told();
    let [_, wide] = camera.make().fov_deg;
    let ratio = (wide.to_radians() / 2.0).tan() / (fov.to_radians() / 2.0).tan();
    let tenths = |value: f64| (value * 10.0).round() as i32;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PTZStatus version=\"2.0\" xmlns=\"{NAMESPACE}\">\n\
         <AbsoluteHigh>\n<elevation>{}</elevation>\n<azimuth>{}</azimuth>\n<absoluteZoom>{}</absoluteZoom>\n\
         </AbsoluteHigh>\n</PTZStatus>\n",
        tenths(-tilt),
        tenths(pan.rem_euclid(360.0)),
        tenths(ratio)
    )
}

fn response(status: u16, code: u8, said: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ResponseStatus version=\"2.0\" xmlns=\"{NAMESPACE}\">\n\
         <statusCode>{code}</statusCode>\n<statusString>{said}</statusString>\n</ResponseStatus>\n"
    );
    Answer::new(status, MEDIA, body)
}
