//! Pelco-D, over TCP as converters of serial lines have it, or on a serial line: one that answers is believed, of one
//! that never did it is reckoned where it must be, and one that no longer does is down.

use super::Fault;
use super::reckon::{Reckoned, fov_of, value_of};
use super::steer::Looks;
use super::wire::Wire;
use crate::clock::now_utc;
use crate::config::Line;
use decoders::pelco::{self, Command, Move};
use std::time::Duration;
use watch::cue::Camera;

/// A Pelco-D camera.
#[derive(Debug)]
pub struct Pelco {
    camera: Camera,
    line: Line,
    unit: u8,
    baud: u32,
    stream: Option<Wire>,
    received: Vec<u8>,
    reckoned: Reckoned,
    /// It answers questions; `None` while that is not known.
    answers: Option<bool>,
}

const ANSWER: Duration = Duration::from_millis(700);
const WRITE: Duration = Duration::from_secs(2);
/// More than this between two answers is noise, bytes.
const MAX_NOISE: usize = 1024;
/// Zoom values go from 0 to this, where the table does not say.
const ZOOM_MOST: f64 = 65_535.0;

impl Pelco {
    pub fn new(camera: &Camera, mut line: Line, unit: u8, baud: u32) -> Self {
        if line.zoom.iter().all(|(value, _)| *value <= 1.0) {
            line.zoom.iter_mut().for_each(|(value, _)| *value *= ZOOM_MOST);
        }
        Self {
            camera: camera.clone(),
            line,
            unit,
            baud,
            stream: None,
            received: Vec::new(),
            reckoned: Reckoned::default(),
            answers: None,
        }
    }

    /// Its speeds are of 64 steps: too coarse to follow by.
    #[expect(clippy::unused_self, reason = "every driver is asked")]
    pub const fn turns(&self) -> bool {
        false
    }

    pub const fn requests_per_s(&self) -> f64 {
        self.line.requests_per_s
    }

    pub async fn open(&mut self) -> Result<(), Fault> {
        self.received.clear();
        self.stream = None;
        self.stream = Some(Wire::open(&self.line.address, self.baud).await?);
        self.answers = match self.ask(Command::QueryPan).await {
            Ok(_) => Some(true),
            // It is of those that only listen, unless it has ever answered: then it is dead.
            Err(Fault::Late) if self.answers != Some(true) => Some(false),
            Err(fault) => return Err(fault),
        };
        if self.answers == Some(false) {
            // Nobody knows where it looks: it is sent to where it begins.
            let [_, wide] = self.camera.fov_deg;
            self.go([0.0, 0.0, wide]).await?;
        }
        Ok(())
    }

    pub async fn looks(&mut self) -> Result<Looks, Fault> {
        if self.answers != Some(true) {
            return self.reckoned.looks().ok_or(Fault::Nonsense("never told where to look"));
        }
        let before = now_utc();
        let (pan, tilt) = (self.ask(Command::QueryPan).await?, self.ask(Command::QueryTilt).await?);
        let at = before.plus_s(now_utc().since(before) / 2.0);
        let zoom = self.ask(Command::QueryZoom).await?;
        let degrees = |hundredths: u16| f64::from(hundredths) / 100.0;
        let tilt_deg = if tilt > 18_000 { degrees(tilt) - 360.0 } else { degrees(tilt) };
        let fov_deg = fov_of(&self.line.zoom, f64::from(zoom));
        Ok(Looks { at, pan_deg: degrees(pan), tilt_deg, fov_deg, is_told: true })
    }

    pub async fn go(&mut self, [pan_deg, tilt_deg, fov_deg]: [f64; 3]) -> Result<(), Fault> {
        let hundredths = |deg: f64| ((deg.rem_euclid(360.0) * 100.0).round() as u32 % 36_000) as u16;
        let zoom = value_of(&self.line.zoom, fov_deg).clamp(0.0, ZOOM_MOST) as u16;
        for command in
            [Command::Pan(hundredths(pan_deg)), Command::Tilt(hundredths(tilt_deg)), Command::Zoom(zoom)]
        {
            self.tell(command).await?;
        }
        self.reckoned.go(&self.camera, [pan_deg, tilt_deg, fov_deg]);
        Ok(())
    }

    pub async fn turn(&mut self, [pan_deg_s, tilt_deg_s]: [f64; 2]) -> Result<(), Fault> {
        let [pan_v, tilt_v] = self.camera.speed_deg_s;
        let step = |rate: f64, most: f64| (rate / most * 63.0).clamp(-63.0, 63.0).round() as i8;
        let way = Move { pan: step(pan_deg_s, pan_v), tilt: step(tilt_deg_s, tilt_v), zoom: 0 };
        self.tell(Command::Move(way)).await
    }

    pub async fn stop(&mut self) -> Result<(), Fault> {
        if self.stream.is_none() {
            return Ok(());
        }
        self.tell(Command::Move(Move::default())).await
    }

    async fn tell(&mut self, command: Command) -> Result<(), Fault> {
        let stream = self.stream.as_mut().ok_or_else(|| Fault::Unreachable("not connected".to_owned()))?;
        let written = tokio::time::timeout(WRITE, stream.write_all(&pelco::encode(self.unit, command))).await;
        match written {
            Err(_) => Err(Fault::Late),
            Ok(Err(error)) => Err(Fault::Unreachable(error.kind().to_string())),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Asks for one value.
    async fn ask(&mut self, question: Command) -> Result<u16, Fault> {
        self.tell(question).await?;
        let unit = self.unit;
        let answer = async {
            loop {
                let mut found = None;
                pelco::drain(&mut self.received, |address, command| {
                    let ((Command::QueryPan, Command::PanIs(value))
                    | (Command::QueryTilt, Command::TiltIs(value))
                    | (Command::QueryZoom, Command::ZoomIs(value))) = (question, command)
                    else {
                        return;
                    };
                    if address == unit {
                        found = Some(value);
                    }
                });
                if let Some(value) = found {
                    return Ok(value);
                }
                if self.received.len() > MAX_NOISE {
                    return Err(Fault::Nonsense("noise on the line"));
                }
                let stream = self.stream.as_mut().ok_or_else(|| Fault::Unreachable("closed".to_owned()))?;
                let mut bytes = [0; 256];
                match stream.read(&mut bytes).await {
                    Ok(0) => return Err(Fault::Unreachable("closed".to_owned())),
                    Ok(read) => self.received.extend_from_slice(bytes.get(..read).unwrap_or_default()),
                    Err(error) => return Err(Fault::Unreachable(error.kind().to_string())),
                }
            }
        };
        tokio::time::timeout(ANSWER, answer).await.unwrap_or(Err(Fault::Late))
    }
}
