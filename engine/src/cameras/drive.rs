//! One camera's task: it is asked where it looks, told what is next, photographs what is wanted, and is tried again
//! later and later where it does not answer.

use super::steer::{Looks, Steering, Wish};
use super::{Desk, Fault, Order, isapi::Isapi, onvif::Onvif, pelco::Pelco, platform::Gb28181};
use crate::clock::now_utc;
use crate::metrics::Metrics;
use metrics::Counter;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watch::cue::{Camera, Picture, Said, Shot};

/// How one talks to a camera.
#[derive(Debug)]
pub enum Driver {
    Onvif(Box<Onvif>),
    Isapi(Box<Isapi>),
    Pelco(Box<Pelco>),
    Gb28181(Box<Gb28181>),
}

/// A file that a camera gave.
#[derive(Debug)]
pub struct Snapshot {
    pub media: String,
    pub bytes: Vec<u8>,
}

/// Asks each kind of driver the same.
macro_rules! each {
    ($driver:expr, $it:ident => $asked:expr) => {
        match $driver {
            Driver::Onvif($it) => $asked,
            Driver::Isapi($it) => $asked,
            Driver::Pelco($it) => $asked,
            Driver::Gb28181($it) => $asked,
        }
    };
}

impl Driver {
    async fn open(&mut self) -> Result<(), Fault> {
        each!(self, it => it.open().await)
    }

    async fn looks(&mut self) -> Result<Looks, Fault> {
        each!(self, it => it.looks().await)
    }

    async fn go(&mut self, pan_deg: f64, tilt_deg: f64, fov_deg: f64) -> Result<(), Fault> {
        each!(self, it => it.go([pan_deg, tilt_deg, fov_deg]).await)
    }

    async fn turn(&mut self, pan_deg_s: f64, tilt_deg_s: f64) -> Result<(), Fault> {
        each!(self, it => it.turn([pan_deg_s, tilt_deg_s]).await)
    }

    async fn stop(&mut self) -> Result<(), Fault> {
        each!(self, it => it.stop().await)
    }

    async fn snapshot(&mut self) -> Result<Snapshot, Fault> {
        match self {
            Self::Onvif(it) => it.snapshot().await,
            Self::Isapi(it) => it.snapshot().await,
            Self::Pelco(_) | Self::Gb28181(_) => Err(Fault::Cannot("take pictures")),
        }
    }

    /// Speeds are fine enough to follow by.
    fn turns(&self) -> bool {
        each!(self, it => it.turns())
    }

    fn requests_per_s(&self) -> f64 {
        each!(self, it => it.requests_per_s())
    }
}

/// What is counted of one camera.
pub struct Counted {
    asked: Counter,
    faults: Counter,
    pictures: Counter,
}

impl Counted {
    pub fn new(metrics: &Metrics, name: &str) -> Self {
        let counter = |what| metrics.counter(what, &[("camera", name)]);
        Self {
            asked: counter("fairway_camera_commands_total"),
            faults: counter("fairway_camera_faults_total"),
            pictures: counter("fairway_camera_pictures_total"),
        }
    }
}

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Getting to know a camera takes no longer than this.
const OPEN: Duration = Duration::from_secs(15);
/// So many faults in a row and it is down.
const FAULTS: u32 = 3;

/// Runs one camera until `stop`.
pub async fn drive(
    number: u16,
    camera: Camera,
    mut driver: Driver,
    mut order: Order,
    desk: Desk,
    counted: Counted,
    stop: CancellationToken,
) {
    let mut wait = FIRST_WAIT;
    loop {
        let session = session(number, &camera, &mut driver, &mut order, &desk, &counted, &mut wait);
        let Some(fault) = stop.run_until_cancelled(session).await else { break };
        counted.faults.increment(1);
        tracing::warn!(camera = camera.name, %fault, "camera down");
        desk.say(number, Said::Down { reason: fault.to_string() });
        if stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
            break;
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    let _ = tokio::time::timeout(Duration::from_millis(300), driver.stop()).await;
}

/// As long as it does as it is told; why it does no more.
async fn session(
    number: u16,
    camera: &Camera,
    driver: &mut Driver,
    order: &mut Order,
    desk: &Desk,
    counted: &Counted,
    wait: &mut Duration,
) -> Fault {
    match tokio::time::timeout(OPEN, driver.open()).await {
        Ok(Ok(())) => {}
        Ok(Err(fault)) => return fault,
        Err(_) => return Fault::Late,
    }
    let (mut steering, mut faults) = (Steering::default(), 0);
    // Two questions a round: where it looks, and what it is told.
    let mut tick = tokio::time::interval(Duration::from_secs_f64(2.0 / driver.requests_per_s()));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let done = round(number, camera, driver, order, (&mut steering, desk, counted)).await;
        match done {
            Ok(()) => (faults, *wait) = (0, FIRST_WAIT),
            Err(fault) => {
                faults += 1;
                counted.faults.increment(1);
                if faults >= FAULTS || fault == Fault::Password {
                    return fault;
                }
            }
        }
    }
}

async fn round(
    number: u16,
    camera: &Camera,
    driver: &mut Driver,
    order: &mut Order,
    (steering, desk, counted): (&mut Steering, &Desk, &Counted),
) -> Result<(), Fault> {
    let looks = driver.looks().await?;
    let Looks { at, pan_deg, tilt_deg, fov_deg, is_told } = looks;
    desk.say_at(number, Said::Looks { pan_deg, tilt_deg, fov_deg, is_told }, at);
    let aim = *order.aim.borrow_and_update();
    let wish = steering.next(camera, aim.as_ref(), &looks, driver.turns(), now_utc());
    if wish != Wish::Nothing {
        counted.asked.increment(1);
    }
    match wish {
        Wish::Nothing => {}
        Wish::Go { pan_deg, tilt_deg, fov_deg } => driver.go(pan_deg, tilt_deg, fov_deg).await?,
        Wish::Turn { pan_deg_s, tilt_deg_s } => driver.turn(pan_deg_s, tilt_deg_s).await?,
        Wish::Stop => driver.stop().await?,
    }
    if let Ok(shot) = order.shots.try_recv() {
        match driver.snapshot().await {
            Ok(snapshot) => {
                counted.pictures.increment(1);
                desk.say(number, Said::Picture(picture(&shot, snapshot)));
            }
            Err(Fault::Cannot(_)) => {}
            Err(fault) => {
                counted.faults.increment(1);
                tracing::info!(camera = camera.name, %fault, "no picture");
            }
        }
    }
    Ok(())
}

fn picture(shot: &Shot, snapshot: Snapshot) -> Picture {
    let Snapshot { media, bytes } = snapshot;
    Picture { shot: shot.number, media, sha256: Sha256::digest(&bytes).into(), bytes }
}
