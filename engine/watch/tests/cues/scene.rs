//! Ships on straight courses, alerts about them, and cameras that do as they are told.

use fusion::{Body, Event, Fusion, Hull, Observation, Plane, Report, SourceId, Statics, Station, TrackId};
use std::collections::BTreeMap;
use units::{Degrees, KNOT_MPS, Knots, Mmsi, Position, UtcTime};
use watch::cue::{Aim, Camera, Change, Config, Cue, Cues, Pose, Report as CameraReport, Said, Shot, Subject};
use watch::{About, Alert, AlertId, Cause, Evidence, Kind, Priority, State, Subjects, Text};

pub const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);

pub fn origin() -> Position {
    Position::new(29.9, 122.1).unwrap()
}

/// A place so far east and north of the origin, metres.
pub fn place(east_m: f64, north_m: f64) -> Position {
    Plane::at(origin()).to_position(east_m, north_m)
}

#[derive(Clone, Copy)]
pub struct Ship {
    pub mmsi: u32,
    pub at: (f64, f64),
    pub sog_kn: f64,
    pub cog_deg: f64,
    pub length_m: u16,
}

impl Ship {
    pub fn place(&self, t: f64) -> Position {
        let (sin, cos) = self.cog_deg.to_radians().sin_cos();
        let way_m = self.sog_kn * KNOT_MPS * t;
        place(self.at.0 + way_m * sin, self.at.1 + way_m * cos)
    }
}

pub struct Sea {
    pub picture: Fusion,
    pub cues: Cues,
    pub ships: Vec<Ship>,
    /// Seconds since the start.
    pub t: u32,
    pub changes: Vec<Change>,
    /// Where cameras look, and whether they answer.
    pub poses: BTreeMap<u16, (Pose, bool)>,
    /// What each follows, and when it can first be there.
    aims: BTreeMap<u16, (Aim, UtcTime)>,
    /// Seconds that the cues took.
    pub spent_s: f64,
}

impl Sea {
    pub fn new(cameras: Vec<Camera>, ships: Vec<Ship>) -> Self {
        let looks = Pose { azimuth_deg: 0.0, elevation_deg: 0.0, fov_deg: 20.0 };
        let poses = (0..cameras.len() as u16).map(|number| (number, (looks, true))).collect();
        Self {
            picture: Fusion::new(fusion::Config::default()),
            cues: Cues::new(Config { cameras, ..Config::default() }),
            ships,
            t: 0,
            changes: Vec::new(),
            poses,
            aims: BTreeMap::new(),
            spent_s: 0.0,
        }
    }

    pub fn now(&self) -> UtcTime {
        self.picture.now()
    }

    /// Lets a second pass: ships report, cameras move and report.
    pub fn second(&mut self) {
        let at = START.plus_s(f64::from(self.t));
        for i in 0..self.ships.len() {
            let ship = self.ships[i];
            if self.t == 0 {
                let half = ship.length_m / 2;
                let hull = Hull { to_bow_m: half, to_stern_m: half, to_port_m: 10, to_starboard_m: 10 };
                let statics =
                    Statics { hull: Some(hull), ..Statics::of(Mmsi::new(ship.mmsi).unwrap().into()) };
                self.apply(&Event::Observation(observation(at, Body::Statics(statics))));
            }
            if (self.t + i as u32).is_multiple_of(4) {
                let report = Report {
                    by: Mmsi::new(ship.mmsi).unwrap().into(),
                    station: Station::ClassA,
                    position: Some(ship.place(f64::from(self.t))),
                    sigma_m: 5.0,
                    sog: Knots::new(ship.sog_kn),
                    cog: Degrees::new(ship.cog_deg),
                    heading: Degrees::new(ship.cog_deg),
                    rot_deg_min: None,
                    nav_status: None,
                };
                self.apply(&Event::Observation(observation(at, Body::Report(report))));
            }
        }
        self.apply(&Event::Tick(at.plus_s(0.5)));
        let reports: Vec<CameraReport> = self
            .poses
            .iter_mut()
            .map(|(number, (pose, is_up))| {
                let now = at.plus_s(0.5);
                // Whoever has had the time to get there is there.
                if let Some((aim, _)) = self.aims.get(number).filter(|(_, from)| *from <= now) {
                    *pose = aim.pose_at(now);
                }
                let said = if *is_up {
                    let (pan_deg, tilt_deg) = (pose.azimuth_deg, pose.elevation_deg);
                    Said::Looks { pan_deg, tilt_deg, fov_deg: pose.fov_deg, is_told: true }
                } else {
                    Said::Down { reason: "no answer".to_owned() }
                };
                CameraReport { camera: *number, at: now, said }
            })
            .collect();
        for report in reports {
            let from = self.changes.len();
            let began = std::time::Instant::now();
            self.cues.report(&self.picture, &report, &mut self.changes);
            self.spent_s += began.elapsed().as_secs_f64();
            self.obey(from);
        }
        self.t += 1;
    }

    pub fn seconds(&mut self, n: u32) {
        (0..n).for_each(|_| self.second());
    }

    fn apply(&mut self, event: &Event) {
        let mut changed = Vec::new();
        self.picture.apply(event, &mut changed);
        self.judged(&changed, &[]);
    }

    fn judged(&mut self, changed: &[fusion::Change], judged: &[watch::Change]) {
        let from = self.changes.len();
        let began = std::time::Instant::now();
        self.cues.apply(&self.picture, changed, judged, &mut self.changes);
        self.spent_s += began.elapsed().as_secs_f64();
        self.obey(from);
    }

    /// Cameras do as they are told.
    pub fn obey(&mut self, from: usize) {
        for change in &self.changes[from..] {
            match change {
                Change::Aim(number, aim) => self.aims.entry(*number).or_insert((*aim, aim.at)).0 = *aim,
                Change::Cue(cue) => {
                    if let Some(number) = cue.camera {
                        self.aims.remove(&number);
                    }
                }
                _ => {}
            }
        }
    }

    pub fn track(&self, mmsi: u32) -> TrackId {
        self.picture.claimants(Mmsi::new(mmsi).unwrap()).next().unwrap().id
    }

    /// An alert of a vessel, as it is raised.
    pub fn alert(&mut self, id: u64, mmsi: u32, priority: Priority) {
        let alert = self.alert_of(id, mmsi, priority);
        self.judged(&[], &[watch::Change::Alert(Box::new(alert))]);
    }

    pub fn clear(&mut self, id: u64, mmsi: u32) {
        let alert = self.alert_of(id, mmsi, Priority::Alarm);
        let alert = Alert { state: State::Cleared, cleared: Some(self.now()), ..alert };
        self.judged(&[], &[watch::Change::Alert(Box::new(alert))]);
    }

    fn alert_of(&self, id: u64, mmsi: u32, priority: Priority) -> Alert {
        let now = self.now();
        Alert {
            id: AlertId(id),
            kind: Kind::CollisionRisk,
            instance: 1,
            priority,
            state: State::Active,
            revision: 1,
            escalation: 0,
            sounding: false,
            rank: 0.5,
            condition: now,
            raised: now,
            changed: now,
            cleared: None,
            cause: Cause::Condition,
            by: None,
            owner: None,
            transfer: None,
            shelf: None,
            group: None,
            consequence_of: None,
            sectors: Vec::new(),
            tracks: Subjects::one(self.track(mmsi)),
            about: About::Nothing,
            place: None,
            zone: None,
            cell: None,
            evidence: Evidence::Fact,
            text: Text::default(),
        }
    }

    /// Cues so far, in short.
    pub fn told(&self) -> Vec<String> {
        let cue = |cue: &Cue| {
            let camera = cue.camera.map_or("-".to_owned(), |number| number.to_string());
            let subject = match cue.subject {
                Subject::Track(id) => {
                    let name = self.picture.track(id).and_then(|track| track.identity.mmsi);
                    name.map_or("gone".to_owned(), |mmsi| mmsi.to_string())
                }
                Subject::Place(_) => "place".to_owned(),
            };
            let word = if cue.released { " released" } else { "" };
            let reason = cue.reason.as_deref().map_or(String::new(), |reason| format!(": {reason}"));
            format!("{camera} {subject} {}{word}{reason}", cue.why.as_str())
        };
        self.changes
            .iter()
            .filter_map(|change| match change {
                Change::Cue(it) => Some(cue(it)),
                _ => None,
            })
            .collect()
    }

    pub fn shots(&self) -> Vec<(u16, Shot)> {
        self.changes
            .iter()
            .filter_map(|change| match change {
                Change::Shoot(number, shot) => Some((*number, *shot)),
                _ => None,
            })
            .collect()
    }

    /// How far off a ship a camera looks, as a part of its field of view; `None` while it looks elsewhere.
    pub fn off(&self, number: u16, mmsi: u32) -> Option<f64> {
        let view = self.cues.view(number)?;
        if view.subject != Some(Subject::Track(self.track(mmsi))) {
            return None;
        }
        let ship = self.ships.iter().find(|ship| ship.mmsi == mmsi)?;
        let plane = Plane::at(view.camera.position);
        let truth = view.camera.sight(&plane, ship.place(f64::from(self.t) - 0.5), 4.0);
        let pose = self.poses.get(&number)?.0;
        let truth = Pose {
            azimuth_deg: truth.azimuth_deg,
            elevation_deg: truth.elevation_deg,
            fov_deg: pose.fov_deg,
        };
        Some(watch::cue::aim::apart_deg(&truth, &pose) / pose.fov_deg)
    }
}

fn observation(at: UtcTime, body: Body) -> Observation {
    Observation { source: SourceId(0), valid: at, arrival: at.plus_s(0.1), body }
}
