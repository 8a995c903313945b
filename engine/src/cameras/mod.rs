//! Cameras: told where to look, asked where they look, each on its own.
//!
//! The core says what each is to follow and what is to be photographed; one task a camera does so, at its pace and
//! behind its own timeouts. What cameras say of themselves goes back into the core as notices, ten times a second at
//! most.
//!
//! **Invariant**: a camera costs its own task and no other; what it sends is bounded, and its password is never said.

pub mod album;
mod drive;
mod http;
mod isapi;
mod onvif;
mod pelco;
mod platform;
mod reckon;
mod soap;
pub mod steer;
mod wire;

pub use platform::Platform;

use crate::clock::now_utc;
use crate::config::{Cameras, Line, Protocol};
use crate::metrics::Metrics;
use crate::queue::Asking;
use drive::{Driver, drive};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{mpsc, watch as newest};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use watch::Notice;
use watch::cue::{Aim, Camera, Change, Cues, Report, Said, Shot};

/// Pictures that one camera may owe; more are not asked for.
const SHOTS: usize = 4;
/// What cameras say waits this long for what others say.
const GATHER: Duration = Duration::from_millis(100);
/// Reports that wait while the core is behind; the newest of each camera is kept.
const MAX_WAITING: usize = 4096;

/// The core's end.
#[derive(Debug, Default)]
pub struct Orders {
    lines: Vec<(newest::Sender<Option<Aim>>, mpsc::Sender<Shot>)>,
}

/// One camera's end.
#[derive(Debug)]
pub struct Order {
    aim: newest::Receiver<Option<Aim>>,
    shots: mpsc::Receiver<Shot>,
}

/// Why a camera did not do as it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// It cannot be reached, or the connection broke.
    #[error("not reached: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("no answer in time")]
    Late,
    /// It does not believe who we are.
    #[error("refuses our password")]
    Password,
    /// It says no.
    #[error("refuses: {0}")]
    Refused(String),
    /// It says what makes no sense.
    #[error("not understood: {0}")]
    Nonsense(&'static str),
    /// It has no such thing.
    #[error("cannot {0}")]
    Cannot(&'static str),
}

impl Orders {
    /// For so many cameras: the core's end, and one for each.
    #[must_use]
    pub fn new(cameras: usize) -> (Self, Vec<Order>) {
        let (mut orders, mut ends) = (Self::default(), Vec::new());
        for _ in 0..cameras {
            let ((aims, aim), (shoot, shots)) = (newest::channel(None), mpsc::channel(SHOTS));
            orders.lines.push((aims, shoot));
            ends.push(Order { aim, shots });
        }
        (orders, ends)
    }

    /// What cameras were to do when the core was last alive.
    pub fn resume(&self, cues: &Cues) {
        for (number, aim) in cues.aims() {
            self.aim(number, Some(aim));
        }
    }

    /// Passes on what cameras are to do. The newest path replaces one that was not taken yet.
    pub fn pass(&self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Aim(number, aim) => self.aim(*number, Some(*aim)),
                Change::Cue(cue) if cue.released => {
                    if let Some(number) = cue.camera {
                        self.aim(number, None);
                    }
                }
                Change::Shoot(number, shot) => {
                    if let Some((_, shots)) = self.lines.get(usize::from(*number)) {
                        // One that owes pictures already does not get more work.
                        let _ = shots.try_send(*shot);
                    }
                }
                Change::Cue(_) | Change::Camera(_) | Change::Picture(..) => {}
            }
        }
    }

    fn aim(&self, number: u16, aim: Option<Aim>) {
        if let Some((aims, _)) = self.lines.get(usize::from(number)) {
            aims.send_replace(aim);
        }
    }
}

/// Where cameras' tasks put what cameras say.
#[derive(Clone, Debug, Default)]
pub struct Desk(Rc<RefCell<Vec<Report>>>);

impl Desk {
    fn say(&self, camera: u16, said: Said) {
        self.say_at(camera, said, now_utc());
    }

    fn say_at(&self, camera: u16, said: Said, at: units::UtcTime) {
        let mut waiting = self.0.borrow_mut();
        // Of where it looks, the newest is enough.
        if matches!(said, Said::Looks { .. }) {
            waiting.retain(|other| other.camera != camera || !matches!(other.said, Said::Looks { .. }));
        }
        if waiting.len() < MAX_WAITING {
            waiting.push(Report { camera, at, said });
        }
    }
}

/// Runs all cameras until `stop`.
pub async fn run(
    cameras: Cameras,
    orders: Vec<Order>,
    platform: Option<Platform>,
    core: Asking,
    metrics: Metrics,
    stop: CancellationToken,
) {
    let desk = Desk::default();
    let mut tasks = JoinSet::new();
    let platform = platform.map(|platform| platform.open(&cameras.lines, &metrics, &mut tasks));
    let all = cameras.cues.cameras.into_iter().zip(cameras.lines).zip(orders).zip(0..);
    for (((camera, line), order), number) in all {
        let driver = driver(&camera, line, platform.as_ref());
        let counted = drive::Counted::new(&metrics, &camera.name);
        tasks.spawn_local(drive(number, camera, driver, order, desk.clone(), counted, stop.clone()));
    }
    let mut tick = tokio::time::interval(GATHER);
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        let reports = std::mem::take(&mut *desk.0.borrow_mut());
        if reports.is_empty() {
            continue;
        }
        if let Err(back) = core.tell(Notice::Cameras(reports))
            && let Notice::Cameras(mut reports) = *back
        {
            // What finds no room is said again, behind which comes what is newer.
            let mut waiting = desk.0.borrow_mut();
            reports.append(&mut waiting);
            reports.truncate(MAX_WAITING);
            *waiting = reports;
        }
    }
    // Motors that turn by speed are told to stop, where that is quick.
    let _ = tokio::time::timeout(Duration::from_millis(500), async {
        while tasks.join_next().await.is_some() {}
    })
    .await;
}

fn driver(camera: &Camera, line: Line, platform: Option<&platform::Office>) -> Driver {
    match line.protocol.clone() {
        Protocol::Onvif { profile } => Driver::Onvif(Box::new(onvif::Onvif::new(camera, line, profile))),
        Protocol::Isapi { channel } => Driver::Isapi(Box::new(isapi::Isapi::new(camera, line, channel))),
        Protocol::PelcoD { unit, baud } => {
            Driver::Pelco(Box::new(pelco::Pelco::new(camera, line, unit, baud)))
        }
        Protocol::Gb28181 { device, channel } => {
            Driver::Gb28181(Box::new(platform::Gb28181::new(camera, device, channel, platform.cloned())))
        }
    }
}
