//! Hikvision ISAPI: pan and tilt in tenths of a degree, magnification in tenths, over HTTP with digest access.

use super::Fault;
use super::drive::Snapshot;
use super::http::{Ask, Http, Reply};
use super::onvif::picture;
use super::steer::Looks;
use crate::clock::now_utc;
use crate::config::Line;
use decoders::xml::{self, Element};
use hyper::Method;
use watch::cue::geometry::{fov_of_zoom, zoom_ratio};
use watch::cue::{Camera, MAX_PICTURE};

/// An ISAPI camera.
#[derive(Debug)]
pub struct Isapi {
    http: Http,
    channel: u8,
    requests_per_s: f64,
    wide_deg: f64,
}

const MEDIA: &str = "application/xml; charset=utf-8";

impl Isapi {
    pub fn new(camera: &Camera, line: Line, channel: u8) -> Self {
        Self {
            http: Http::new(line.address, line.user, line.password),
            channel,
            requests_per_s: line.requests_per_s,
            wide_deg: camera.fov_deg[1],
        }
    }

    /// Its speeds are whole hundredths: too coarse to follow by.
    #[expect(clippy::unused_self, reason = "every driver is asked")]
    pub const fn turns(&self) -> bool {
        false
    }

    pub const fn requests_per_s(&self) -> f64 {
        self.requests_per_s
    }

    pub async fn open(&mut self) -> Result<(), Fault> {
        self.looks().await.map(drop)
    }

    pub async fn looks(&mut self) -> Result<Looks, Fault> {
        let before = now_utc();
        let said = self.ask(Method::GET, "status", String::new()).await?;
        let at = before.plus_s(now_utc().since(before) / 2.0);
        let root = document(&said)?;
        let high = root.find("AbsoluteHigh").ok_or(Fault::Nonsense("a status without a position"))?;
        let tenths = |name: &str| high.number_at(name).map(|value| value / 10.0);
        let found = (tenths("azimuth"), tenths("elevation"), tenths("absoluteZoom"));
        let (Some(pan_deg), Some(tilt_deg), Some(zoom)) = found else {
            return Err(Fault::Nonsense("a position without numbers"));
        };
        Ok(Looks { at, pan_deg, tilt_deg, fov_deg: fov_of_zoom(zoom.max(1.0), self.wide_deg), is_told: true })
    }

    pub async fn go(&mut self, [pan_deg, tilt_deg, fov_deg]: [f64; 3]) -> Result<(), Fault> {
        let tenths = |value: f64| (value * 10.0).round() as i64;
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><PTZData><AbsoluteHigh><elevation>{}</elevation>\
             <azimuth>{}</azimuth><absoluteZoom>{}</absoluteZoom></AbsoluteHigh></PTZData>",
            tenths(tilt_deg),
            tenths(pan_deg.rem_euclid(360.0)).rem_euclid(3600),
            tenths(zoom_ratio(fov_deg, self.wide_deg)).max(10)
        );
        self.ask(Method::PUT, "absolute", body).await.map(drop)
    }

    pub async fn turn(&mut self, [pan_deg_s, tilt_deg_s]: [f64; 2]) -> Result<(), Fault> {
        // Whole hundredths of its fastest; told only to stop, as it follows by places.
        let hundredths = |rate: f64| rate.clamp(-100.0, 100.0).round() as i64;
        let body = format!(
            "<PTZData><pan>{}</pan><tilt>{}</tilt></PTZData>",
            hundredths(pan_deg_s),
            hundredths(tilt_deg_s)
        );
        self.ask(Method::PUT, "continuous", body).await.map(drop)
    }

    pub async fn stop(&mut self) -> Result<(), Fault> {
        self.turn([0.0, 0.0]).await
    }

    pub async fn snapshot(&mut self) -> Result<Snapshot, Fault> {
        let path = format!("/ISAPI/Streaming/channels/{}01/picture", self.channel);
        let ask = Ask { method: Method::GET, path: &path, media: "", body: String::new(), most: MAX_PICTURE };
        picture(self.http.ask(ask).await?)
    }

    async fn ask(&mut self, method: Method, what: &str, body: String) -> Result<Reply, Fault> {
        let path = format!("/ISAPI/PTZCtrl/channels/{}/{what}", self.channel);
        let ask = Ask { method, path: &path, media: MEDIA, body, most: xml::MAX_BYTES };
        let reply = self.http.ask(ask).await?;
        match reply.status {
            200 => Ok(reply),
            401 | 403 => Err(Fault::Password),
            status => Err(Fault::Refused(status.to_string())),
        }
    }
}

fn document(reply: &Reply) -> Result<Element, Fault> {
    let text = std::str::from_utf8(&reply.body).map_err(|_| Fault::Nonsense("no text"))?;
    xml::parse(text).map_err(|_| Fault::Nonsense("no XML, or too much of it"))
}
