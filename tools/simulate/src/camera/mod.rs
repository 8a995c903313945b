//! A camera that turns, tilts and zooms as motors do: it has a top speed, needs time to reach it, and hears commands
//! late. What it says of itself is rounded; where it truly looks is known here.

mod gb28181;
mod http;
mod isapi;
mod motor;
mod onvif;
mod picture;

pub use gb28181::Device;
pub use isapi::Isapi;
pub use onvif::Onvif;
pub use picture::picture;

use motor::Motor;
use std::collections::VecDeque;
use units::UtcTime;

/// How it is built and how it stands.
#[derive(Clone, Debug)]
pub struct Make {
    /// True azimuth of its pan 0, degrees.
    pub pan_offset_deg: f64,
    /// Elevation of its tilt 0, degrees.
    pub tilt_offset_deg: f64,
    /// Its stops, degrees; `None`: it pans round and round, and tells -180 to 180.
    pub pan_deg: Option<[f64; 2]>,
    /// Its stops, degrees.
    pub tilt_deg: [f64; 2],
    /// Narrowest and widest horizontal field of view, degrees.
    pub fov_deg: [f64; 2],
    /// Pan and tilt, degrees a second.
    pub speed_deg_s: [f64; 2],
    /// Pan and tilt, degrees a second squared.
    pub accel_deg_s2: [f64; 2],
    /// From widest to narrowest, seconds.
    pub zoom_s: f64,
    /// From a command to motion, seconds.
    pub latency_s: f64,
    /// It tells its angles in steps of this, degrees.
    pub step_deg: f64,
}

impl Default for Make {
    fn default() -> Self {
        Self {
            pan_offset_deg: 0.0,
            tilt_offset_deg: 0.0,
            pan_deg: None,
            tilt_deg: [-90.0, 30.0],
            fov_deg: [0.8, 60.0],
            speed_deg_s: [60.0, 40.0],
            accel_deg_s2: [60.0, 60.0],
            zoom_s: 3.0,
            latency_s: 0.15,
            step_deg: 0.01,
        }
    }
}

/// What it can be told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Command {
    /// Go there; what is `None` stays as it is.
    Go {
        /// Pan and tilt, degrees.
        angles_deg: Option<[f64; 2]>,
        /// Horizontal field of view, degrees.
        fov_deg: Option<f64>,
    },
    /// Turn at this, degrees a second; zoom at this part of its speed, in is positive. Until told otherwise, or for so long.
    Turn {
        /// Degrees a second.
        pan_deg_s: f64,
        /// Degrees a second.
        tilt_deg_s: f64,
        /// -1 to 1; `None`: it stays as it is.
        zoom: Option<f64>,
        /// Seconds.
        for_s: Option<f64>,
    },
    /// Stop.
    Stop,
}

/// A camera.
#[derive(Debug)]
pub struct Camera {
    make: Make,
    pan: Motor,
    tilt: Motor,
    /// The logarithm of the field of view.
    zoom: Motor,
    now: UtcTime,
    waiting: VecDeque<(UtcTime, Command)>,
    turns_until: Option<UtcTime>,
    commands: u64,
}

/// How finely its motion is reckoned, seconds.
const STEP_S: f64 = 0.005;
/// Commands that it keeps in mind.
const MAX_WAITING: usize = 64;

impl Camera {
    /// Looks north along the level, as wide as it can.
    #[must_use]
    pub fn new(make: Make, now: UtcTime) -> Self {
        let [pan_v, tilt_v] = make.speed_deg_s;
        let [pan_a, tilt_a] = make.accel_deg_s2;
        let [narrow, wide] = make.fov_deg;
        let zoom_v = (wide / narrow).ln() / make.zoom_s.max(0.01);
        Self {
            pan: Motor::new(0.0, make.pan_deg, pan_v, pan_a),
            tilt: Motor::new(0.0, Some(make.tilt_deg), tilt_v, tilt_a),
            zoom: Motor::new(wide.ln(), Some([narrow.ln(), wide.ln()]), zoom_v, 20.0 * zoom_v),
            make,
            now,
            waiting: VecDeque::new(),
            turns_until: None,
            commands: 0,
        }
    }

    /// How it is built.
    #[must_use]
    pub const fn make(&self) -> &Make {
        &self.make
    }

    /// How many commands it was given.
    #[must_use]
    pub const fn commands(&self) -> u64 {
        self.commands
    }

    /// Gives it a command at an instant.
    pub fn tell(&mut self, command: Command, now: UtcTime) {
        self.run(now);
        self.commands += 1;
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push_back((self.now.plus_s(self.make.latency_s), command));
        }
    }

    /// Lets time pass.
    pub fn run(&mut self, until: UtcTime) {
        while self.now < until {
            let next = self.waiting.front().map_or(until, |(due, _)| (*due).min(until));
            let next = self.turns_until.map_or(next, |end| if end > self.now { end.min(next) } else { next });
            self.step(next);
            if self.turns_until.is_some_and(|end| end <= self.now) {
                self.turns_until = None;
                self.halt();
            }
            while let Some((_, command)) = self.waiting.pop_front_if(|(due, _)| *due <= self.now) {
                self.obey(command);
            }
        }
    }

    fn step(&mut self, until: UtcTime) {
        while self.now < until {
            let s = until.since(self.now).min(STEP_S);
            for motor in [&mut self.pan, &mut self.tilt, &mut self.zoom] {
                motor.run(s);
            }
            self.now = if until.since(self.now) <= STEP_S { until } else { self.now.plus_s(s) };
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Go { angles_deg, fov_deg } => {
                if let Some([pan, tilt]) = angles_deg {
                    self.turns_until = None;
                    self.pan.go(pan);
                    self.tilt.go(tilt);
                }
                if let Some(fov_deg) = fov_deg.filter(|fov| *fov > 0.0) {
                    self.zoom.go(fov_deg.ln());
                }
            }
            Command::Turn { pan_deg_s, tilt_deg_s, zoom, for_s } => {
                self.pan.turn(pan_deg_s);
                self.tilt.turn(tilt_deg_s);
                if let Some(zoom) = zoom {
                    self.zoom.turn(-zoom * self.zoom.speed());
                }
                self.turns_until = for_s.map(|s| self.now.plus_s(s));
            }
            Command::Stop => {
                self.turns_until = None;
                self.halt();
            }
        }
    }

    fn halt(&mut self) {
        self.pan.turn(0.0);
        self.tilt.turn(0.0);
    }

    /// It moves.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        [&self.pan, &self.tilt, &self.zoom].iter().any(|motor| motor.is_moving())
    }

    /// Pan, tilt and horizontal field of view, as it tells them.
    #[must_use]
    pub fn told(&self) -> [f64; 3] {
        let rounded = |value: f64| (value / self.make.step_deg).round() * self.make.step_deg;
        let pan = match self.make.pan_deg {
            Some(_) => self.pan.at(),
            None => (self.pan.at() + 180.0).rem_euclid(360.0) - 180.0,
        };
        [rounded(pan), rounded(self.tilt.at()), self.zoom.at().exp()]
    }

    /// True azimuth, elevation and horizontal field of view, degrees: where it looks, whatever it says.
    #[must_use]
    pub fn looks(&self) -> [f64; 3] {
        let azimuth = (self.pan.at() + self.make.pan_offset_deg).rem_euclid(360.0);
        [azimuth, self.tilt.at() + self.make.tilt_offset_deg, self.zoom.at().exp()]
    }
}

/// A thing that may be in the picture: from the camera, degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Of its middle.
    pub azimuth_deg: f64,
    /// Of its waterline.
    pub elevation_deg: f64,
    /// How wide it looks.
    pub width_deg: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);

    #[test]
    fn it_needs_the_time_that_motors_need() {
        let mut camera = Camera::new(Make::default(), START);
        camera.tell(Command::Go { angles_deg: Some([150.0, -10.0]), fov_deg: Some(5.0) }, START);
        // By hand: 150° at 60°/s and 60°/s²: 3.5 s, and 0.15 s before it moves.
        camera.run(START.plus_s(3.6));
        assert!(camera.is_moving() && camera.told()[0] < 150.0, "{:?}", camera.told());
        camera.run(START.plus_s(3.8));
        let [pan, tilt, fov] = camera.told();
        assert!((pan - 150.0).abs() < 0.02 && (tilt + 10.0).abs() < 0.02, "{pan} {tilt}");
        assert!((fov - 5.0).abs() < 0.05 && !camera.is_moving(), "{fov}");
    }

    #[test]
    fn it_turns_until_its_time_is_over_and_stops_at_its_stops() {
        let make = Make { pan_deg: Some([-20.0, 20.0]), pan_offset_deg: 90.0, ..Make::default() };
        let mut camera = Camera::new(make, START);
        let turn = |pan_deg_s: f64, for_s: Option<f64>| Command::Turn {
            pan_deg_s,
            tilt_deg_s: 0.0,
            zoom: None,
            for_s,
        };
        camera.tell(turn(2.0, Some(2.0)), START);
        camera.run(START.plus_s(10.0));
        let [azimuth, ..] = camera.looks();
        assert!((azimuth - 94.0).abs() < 0.1, "{azimuth}");
        camera.tell(turn(30.0, None), START.plus_s(10.0));
        camera.run(START.plus_s(20.0));
        assert!((camera.told()[0] - 20.0).abs() < 0.02, "{:?}", camera.told());
        camera.tell(Command::Stop, START.plus_s(20.0));
        camera.run(START.plus_s(21.0));
        assert!(!camera.is_moving());
    }
}
