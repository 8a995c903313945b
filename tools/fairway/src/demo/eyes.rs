//! Simulated cameras over the simulated sea: they speak ONVIF and GB/T 28181 on real sockets, turn as motors do, and
//! their pictures show what is there. Only here it is known where they truly look.

use super::viewer::View;
use decoders::sip;
use engine::clock::now_utc;
use engine::config::{Cameras, Gb28181, Line, Protocol, Secret};
use fusion::Plane;
use simulate::Scene;
use simulate::camera::{Camera, Device, Make, Onvif, Seen};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use units::{Position, UtcTime};
use watch::cue::geometry::{self, Mount};
use watch::cue::{self, Pose, Stop, aim::apart_deg};

const USER: &str = "admin";
const PASSWORD: &str = "simulated";
const SERVER: &str = "34020000002000000001";
const REALM: &str = "3402000000";
const DEVICE: &str = "34020000001320000001";
/// Who has nothing to say for so long is looked after, whether it has to stop.
const TURN: Duration = Duration::from_millis(20);
/// How often the things before a camera are counted anew, seconds.
const LOOK_S: f64 = 0.2;

/// Name, place, height, true azimuth of pan 0, and whether it registers with us.
type Site = (&'static str, (f64, f64), f64, f64, bool);

const SITES: [Site; 3] = [
    ("taohua", (29.815, 122.29), 95.0, 12.0, false),
    ("zhujiajian", (29.885, 122.42), 120.0, 201.25, false),
    ("dongji", (29.905, 122.66), 80.0, 88.75, true),
];
const TILT_OFFSET_DEG: f64 = 0.3;
const REACH_M: f64 = 16_000.0;

/// One camera, as it truly is.
struct Eye {
    name: &'static str,
    plane: Plane,
    height_m: f64,
    camera: Mutex<Camera>,
    things: Mutex<Vec<Seen>>,
}

/// All of them.
#[derive(Clone)]
pub struct Eyes {
    all: Vec<Arc<Eye>>,
    looked: Option<UtcTime>,
    /// How far off each was, in thousandths of its field of view: how often, most at last.
    off: BTreeMap<&'static str, Vec<u32>>,
}

/// Thousandths that are told apart.
const MOST_OFF: usize = 1000;

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Eyes {
    /// Sets them up, and says how the engine finds them.
    pub fn open() -> io::Result<(Self, Cameras)> {
        let mut eyes = Self { all: Vec::new(), looked: None, off: BTreeMap::new() };
        let mut cameras = Cameras::default();
        for (name, (lat, lon), height_m, pan_offset_deg, registers) in SITES {
            let Some(position) = Position::new(lat, lon) else { continue };
            let make = Make { pan_offset_deg, tilt_offset_deg: TILT_OFFSET_DEG, ..Make::default() };
            let plane = Plane::at(position);
            let eye = Arc::new(Eye {
                name,
                plane,
                height_m,
                camera: Mutex::new(Camera::new(make, now_utc())),
                things: Mutex::default(),
            });
            let stop =
                |east: f64, fov_deg| Stop { place: plane.to_position(east, 6000.0), fov_deg, dwell_s: 15.0 };
            let plain = cue::Camera::new(name, position, height_m);
            let [narrow, wide] = plain.fov_deg;
            cameras.cues.cameras.push(cue::Camera {
                mount: Mount { pan_offset_deg, tilt_offset_deg: TILT_OFFSET_DEG, ..Mount::default() },
                latency_s: 0.2,
                reach_m: REACH_M,
                patrol: vec![stop(-4000.0, 20.0), stop(4000.0, 20.0)],
                ..plain
            });
            let (protocol, address) = if registers {
                let channel = DEVICE.to_owned();
                (Protocol::Gb28181 { device: DEVICE.to_owned(), channel }, String::new())
            } else {
                (Protocol::Onvif { profile: None }, serve(Arc::clone(&eye))?.to_string())
            };
            cameras.lines.push(Line {
                protocol,
                address,
                user: USER.to_owned(),
                password: Secret(PASSWORD.to_owned()),
                requests_per_s: 8.0,
                zoom: vec![(0.0, wide), (1.0, narrow)],
            });
            eyes.all.push(eye);
        }
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        cameras.gb28181 = Some(Gb28181 { listen, id: SERVER.to_owned(), realm: REALM.to_owned() });
        Ok((eyes, cameras))
    }

    /// Those that register with the engine do so.
    pub fn register(&self, server: SocketAddr, stopping: &CancellationToken) -> io::Result<()> {
        for (eye, (.., registers)) in self.all.iter().zip(SITES) {
            if registers {
                register(Arc::clone(eye), server, stopping.clone())?;
            }
        }
        Ok(())
    }

    /// Looks at the truth: what is before each camera, and how far off each is from what it follows.
    pub fn look(&mut self, scene: &Scene, view: &mut View) {
        let now = now_utc();
        if self.looked.is_some_and(|looked| now.since(looked) < LOOK_S) {
            return;
        }
        self.looked = Some(now);
        for eye in &self.all {
            let mut things = Vec::new();
            for vessel in scene.vessels() {
                let sight = geometry::sight(&eye.plane, eye.height_m, vessel.position, 4.0);
                if sight.ground_m > REACH_M {
                    continue;
                }
                let beam_m = vessel.length_m() / 6.0;
                let aspect_deg = vessel.heading.value() - sight.azimuth_deg;
                let width_m = geometry::apparent_width_m(vessel.length_m(), beam_m, aspect_deg);
                let width_deg = geometry::field_of_view_deg(width_m, 1.0, sight.slant_m);
                let (azimuth_deg, elevation_deg) = (sight.azimuth_deg, sight.elevation_deg);
                things.push(Seen { azimuth_deg, elevation_deg, width_deg });
                let follows = view.follows(eye.name) == Some(vessel.mmsi.number());
                if follows {
                    let [azimuth, elevation, fov_deg] = {
                        let mut camera = lock(&eye.camera);
                        camera.run(now);
                        camera.looks()
                    };
                    let truth = Pose { azimuth_deg, elevation_deg, fov_deg };
                    let looks = Pose { azimuth_deg: azimuth, elevation_deg: elevation, fov_deg };
                    let off = apart_deg(&truth, &looks) / fov_deg;
                    let counts = self.off.entry(eye.name).or_insert_with(|| vec![0; MOST_OFF]);
                    if let Some(count) = counts.get_mut(((off * 1000.0) as usize).min(MOST_OFF - 1)) {
                        *count += 1;
                    }
                }
            }
            *lock(&eye.things) = things;
        }
        view.eyes = self.off.iter().map(|(name, counts)| ((*name).to_owned(), quantiles(counts))).collect();
    }
}

/// Median and 99 of 100, and how many looks.
fn quantiles(counts: &[u32]) -> [f64; 3] {
    let all: u32 = counts.iter().sum();
    let at = |part: f64| {
        let mut left = (f64::from(all) * part) as i64;
        let found = counts.iter().position(|count| {
            left -= i64::from(*count);
            left < 0
        });
        found.unwrap_or(counts.len()) as f64 / 1000.0
    };
    [at(0.5), at(0.99), f64::from(all)]
}

/// As an ONVIF device, a thread for each connection.
fn serve(eye: Arc<Eye>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    std::thread::Builder::new().name(eye.name.to_owned()).spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let eye = Arc::clone(&eye);
            std::thread::spawn(move || {
                let mut device = Onvif::new(USER, PASSWORD);
                let (mut received, mut buffer, mut out) = (Vec::new(), [0; 8192], Vec::new());
                while let Ok(read @ 1..) = stream.read(&mut buffer) {
                    received.extend_from_slice(buffer.get(..read).unwrap_or_default());
                    let things = lock(&eye.things).clone();
                    out.clear();
                    let mut camera = lock(&eye.camera);
                    let goes_on = device.take(&mut received, &mut camera, &things, now_utc(), &mut out);
                    drop(camera);
                    if stream.write_all(&out).is_err() || !goes_on {
                        return;
                    }
                }
            });
        }
    })?;
    Ok(address)
}

/// As a GB/T 28181 device, by UDP.
fn register(eye: Arc<Eye>, server: SocketAddr, stopping: CancellationToken) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(TURN))?;
    let via = ("UDP", socket.local_addr()?.to_string());
    let mut device = Device::new(DEVICE, PASSWORD, (SERVER, REALM), via, now_utc());
    std::thread::Builder::new().name(eye.name.to_owned()).spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while !stopping.is_cancelled() {
            let mut out = Vec::new();
            device.run(now_utc(), &mut out);
            if let Ok((read, _)) = socket.recv_from(&mut buffer)
                && let Ok(message) = sip::datagram(buffer.get(..read).unwrap_or_default())
            {
                device.take(&message, &mut lock(&eye.camera), now_utc(), &mut out);
            }
            for message in out {
                if socket.send_to(&message.bytes(), server).is_err() {
                    return;
                }
            }
        }
    })?;
    Ok(())
}
