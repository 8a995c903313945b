//! A camera that has registered: one of 2022 is told angles and says them; one of 2016 is turned for a time, and reckoned.

use super::super::Fault;
use super::super::reckon::Reckoned;
use super::super::steer::Looks;
use super::office::{Office, catalogue};
use crate::clock::now_utc;
use decoders::gb28181::{Command, Instruction, Move};
use std::time::Duration;
use watch::cue::Camera;
use watch::cue::geometry::{fov_of_zoom, turn, zoom_ratio};

/// A camera that has registered.
#[derive(Debug)]
pub struct Gb28181 {
    camera: Camera,
    device: String,
    channel: String,
    office: Option<Office>,
    /// It is told angles, and says them.
    is_precise: bool,
    reckoned: Reckoned,
}

const PATIENCE: Duration = Duration::from_secs(10);
/// A camera of 2016 begins there: pan 0, tilt 0, as wide as it can.
const HOME: u8 = 1;
/// As fast as a camera is turned by time alone, degrees a second.
const BY_TIME_DEG_S: f64 = 20.0;
/// A shorter way is none.
const LEAST_WAY_DEG: f64 = 0.02;
const HOMEWARD: Duration = Duration::from_secs(5);
/// Many listen to no other address.
const ADDRESS: u16 = 1;

impl Gb28181 {
    pub fn new(camera: &Camera, device: String, channel: String, office: Option<Office>) -> Self {
        let reckoned = Reckoned::default();
        Self { camera: camera.clone(), device, channel, office, is_precise: false, reckoned }
    }

    /// Eight bits of speed are too coarse to follow by.
    #[expect(clippy::unused_self, reason = "every driver is asked")]
    pub const fn turns(&self) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "every driver is asked")]
    pub const fn requests_per_s(&self) -> f64 {
        6.0
    }

    fn office(&self) -> Result<Office, Fault> {
        self.office.clone().ok_or(Fault::Cannot("register: there is no server"))
    }

    pub async fn open(&mut self) -> Result<(), Fault> {
        let office = self.office()?;
        let here = async {
            loop {
                match office.finds(&self.device) {
                    Some(is_2022) => return is_2022,
                    None => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        };
        let is_2022 = tokio::time::timeout(PATIENCE, here).await;
        let is_2022 = is_2022.map_err(|_| Fault::Unreachable("has not registered".to_owned()))?;
        match catalogue(&office, &self.device).await {
            Ok(_) if office.channels(&self.device).contains(&self.channel) => {}
            Ok(_) => tracing::warn!(device = self.device, channel = self.channel, "not in its catalogue"),
            // A lone camera may have none.
            Err(fault) => tracing::info!(device = self.device, %fault, "no catalogue"),
        }
        self.is_precise = is_2022;
        if is_2022 {
            match self.looks().await {
                Ok(_) => return Ok(()),
                // It says that it is of 2022, and is not.
                Err(Fault::Late | Fault::Nonsense(_)) => self.is_precise = false,
                Err(fault) => return Err(fault),
            }
        }
        self.instruct(Command::CallPreset(HOME)).await?;
        tokio::time::sleep(HOMEWARD).await;
        let [_, wide] = self.camera.fov_deg;
        self.reckoned.is_at([0.0, 0.0, wide]);
        Ok(())
    }

    pub async fn looks(&mut self) -> Result<Looks, Fault> {
        let office = self.office()?;
        if office.finds(&self.device).is_none() {
            return Err(Fault::Unreachable("fell silent".to_owned()));
        }
        if !self.is_precise {
            return self.reckoned.looks().ok_or(Fault::Nonsense("never told where to look"));
        }
        let before = now_utc();
        let asked = format!(
            "<Query><CmdType>PTZPosition</CmdType><SN>{{SN}}</SN><DeviceID>{}</DeviceID></Query>",
            self.channel
        );
        let said = office.ask(&self.device, &asked).await?;
        let at = before.plus_s(now_utc().since(before) / 2.0);
        let (pan, tilt) = (said.number_at("Pan"), said.number_at("Tilt"));
        let (Some(pan_deg), Some(tilt_deg)) = (pan, tilt) else {
            return Err(Fault::Nonsense("a position without numbers"));
        };
        let [_, wide] = self.camera.fov_deg;
        let fov_deg = said
            .number_at("HorizontalFieldAngle")
            .or_else(|| said.number_at("Zoom").map(|ratio| fov_of_zoom(ratio, wide)))
            .filter(|fov| *fov > 0.0)
            .unwrap_or(wide);
        Ok(Looks { at, pan_deg, tilt_deg, fov_deg, is_told: true })
    }

    pub async fn go(&mut self, [pan_deg, tilt_deg, fov_deg]: [f64; 3]) -> Result<(), Fault> {
        let [_, wide] = self.camera.fov_deg;
        if !self.is_precise {
            return self.go_by_time([pan_deg, tilt_deg, fov_deg]).await;
        }
        let precise = format!(
            "<PTZPreciseCtrl><Pan>{:.2}</Pan><Tilt>{tilt_deg:.2}</Tilt><Zoom>{:.2}</Zoom></PTZPreciseCtrl>",
            pan_deg.rem_euclid(360.0),
            zoom_ratio(fov_deg, wide)
        );
        self.control(&precise).await
    }

    /// Turns for as long as the way is, one axis after the other, then zooms likewise.
    async fn go_by_time(&mut self, to: [f64; 3]) -> Result<(), Fault> {
        let [narrow, wide] = self.camera.fov_deg;
        let [pan, tilt, fov] = self.reckoned.now(now_utc()).unwrap_or([0.0, 0.0, wide]);
        let [pan_v, tilt_v] = self.camera.speed_deg_s;
        for (way, most, is_pan) in [(turn(pan, to[0]), pan_v, true), (to[1] - tilt, tilt_v, false)] {
            if way.abs() < LEAST_WAY_DEG {
                continue;
            }
            // Speeds have steps: the time is that of the step, and no shorter than can be kept well.
            let step = most / 255.0;
            let steps = (way.abs().min(BY_TIME_DEG_S) / step).clamp(1.0, 255.0).floor();
            let signed = steps.copysign(way) as i16;
            let (pan, tilt) = if is_pan { (signed, 0) } else { (0, signed) };
            self.turn_for(Move { pan, tilt, zoom: 0 }, way.abs() / (steps * step)).await?;
        }
        let zoom_s = self.camera.zoom_s * (fov / to[2]).ln() / (wide / narrow).ln().max(1e-3);
        if zoom_s.abs() > 0.1 {
            let zoom = if zoom_s > 0.0 { 15 } else { -15 };
            self.turn_for(Move { zoom, ..Move::default() }, zoom_s.abs()).await?;
        }
        self.reckoned.is_at(to);
        Ok(())
    }

    async fn turn_for(&mut self, way: Move, seconds: f64) -> Result<(), Fault> {
        self.instruct(Command::Move(way)).await?;
        tokio::time::sleep(Duration::from_secs_f64(seconds.clamp(0.0, 30.0))).await;
        self.stop().await
    }

    pub async fn turn(&mut self, [pan_deg_s, tilt_deg_s]: [f64; 2]) -> Result<(), Fault> {
        let [pan_v, tilt_v] = self.camera.speed_deg_s;
        let step = |rate: f64, most: f64| (rate / most * 255.0).clamp(-255.0, 255.0).round() as i16;
        let way = Move { pan: step(pan_deg_s, pan_v), tilt: step(tilt_deg_s, tilt_v), zoom: 0 };
        self.instruct(Command::Move(way)).await
    }

    pub async fn stop(&mut self) -> Result<(), Fault> {
        if self.office.as_ref().is_none_or(|office| office.finds(&self.device).is_none()) {
            return Ok(());
        }
        self.instruct(Command::Move(Move::default())).await
    }

    async fn instruct(&mut self, command: Command) -> Result<(), Fault> {
        let instruction = Instruction { address: ADDRESS, command };
        self.control(&format!("<PTZCmd>{instruction}</PTZCmd>")).await
    }

    async fn control(&mut self, what: &str) -> Result<(), Fault> {
        let body = format!(
            "<Control><CmdType>DeviceControl</CmdType><SN>{{SN}}</SN><DeviceID>{}</DeviceID>{what}\
             <Info><ControlPriority>5</ControlPriority></Info></Control>",
            self.channel
        );
        self.office()?.tell(&self.device, &body).await
    }
}
