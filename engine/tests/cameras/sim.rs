//! Simulated cameras on real sockets, and ships that report.

use decoders::pelco;
use decoders::sip;
use decoders::{ais, bits::BitWriter, nmea::encode_vdm};
use fusion::Plane;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{self, OpenptFlags};
use simulate::camera::{Camera, Device, Isapi, Make, Onvif, Seen};
use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use units::{Degrees, KNOT_MPS, Knots, Mmsi, Position, UtcTime};
use watch::cue::geometry;

pub fn now() -> UtcTime {
    engine::clock::now_utc()
}

/// A camera that others may look into while it is used.
#[derive(Clone)]
pub struct Shared {
    pub camera: Arc<Mutex<Camera>>,
    pub things: Arc<Mutex<Vec<Seen>>>,
    pub alive: Arc<AtomicBool>,
}

impl Shared {
    pub fn new(make: Make) -> Self {
        Self {
            camera: Arc::new(Mutex::new(Camera::new(make, now()))),
            things: Arc::default(),
            alive: Arc::new(AtomicBool::new(true)),
        }
    }

    /// True azimuth, elevation and field of view, now.
    pub fn looks(&self) -> [f64; 3] {
        let mut camera = self.camera.lock().unwrap();
        camera.run(now());
        camera.looks()
    }

    /// As an ONVIF device.
    pub fn serve_onvif(&self, user: &str, password: &str) -> SocketAddr {
        let mut device = Onvif::new(user, password);
        self.serve_http(move |received, camera, things, out| {
            device.take(received, camera, things, now(), out)
        })
    }

    /// As an ISAPI device.
    pub fn serve_isapi(&self, user: &str, password: &str) -> SocketAddr {
        let mut device = Isapi::new(user, password);
        self.serve_http(move |received, camera, things, out| {
            device.take(received, camera, things, now(), out)
        })
    }

    /// One connection, one thread; `takes` says whether the connection is of more use.
    fn serve_http(
        &self,
        takes: impl FnMut(&mut Vec<u8>, &mut Camera, &[Seen], &mut Vec<u8>) -> bool + Send + 'static,
    ) -> SocketAddr {
        let (shared, takes) = (self.clone(), Mutex::new(takes));
        serve(move |mut stream| {
            let (mut received, mut buffer, mut out) = (Vec::new(), [0; 16 * 1024], Vec::new());
            while let Ok(read @ 1..) = stream.read(&mut buffer) {
                if !shared.alive.load(Ordering::Relaxed) {
                    return;
                }
                received.extend_from_slice(&buffer[..read]);
                let things = shared.things.lock().unwrap().clone();
                out.clear();
                let goes_on = takes.lock().unwrap()(
                    &mut received,
                    &mut shared.camera.lock().unwrap(),
                    &things,
                    &mut out,
                );
                if stream.write_all(&out).is_err() || !goes_on {
                    return;
                }
            }
        })
    }

    /// As a Pelco-D camera behind a converter; `answers` its questions or not, and none while it is not alive.
    pub fn serve_pelco(&self, answers: bool) -> SocketAddr {
        let shared = self.clone();
        serve(move |stream| shared.speak_pelco(stream, answers))
    }

    /// As a Pelco-D camera at the other end of a serial line: the path of our end, and that end, to look at.
    pub fn serve_serial(&self) -> (String, OwnedFd) {
        let line = pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        pty::grantpt(&line).unwrap();
        pty::unlockpt(&line).unwrap();
        let path = pty::ptsname(&line, Vec::new()).unwrap().into_string().unwrap();
        // The line outlives whoever opens it.
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        let held = rustix::fs::open(&path, flags, Mode::empty()).unwrap();
        let shared = self.clone();
        std::thread::spawn(move || shared.speak_pelco(File::from(line), true));
        (path, held)
    }

    fn speak_pelco(&self, mut stream: impl Read + Write, answers: bool) {
        use pelco::Command;
        let shared = self;
        let (mut received, mut buffer) = (Vec::new(), [0; 1024]);
        let mut wanted = [0.0, 0.0];
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            received.extend_from_slice(&buffer[..read]);
            let (mut out, alive) = (Vec::new(), shared.alive.load(Ordering::Relaxed));
            pelco::drain(&mut received, |unit, command| {
                let mut camera = shared.camera.lock().unwrap();
                camera.run(now());
                let [pan, tilt, fov] = camera.told();
                let [narrow, wide] = camera.make().fov_deg;
                let hundredths = |deg: f64| ((deg.rem_euclid(360.0) * 100.0).round() as u32 % 36_000) as u16;
                let degrees = |value: u16| (f64::from(value) / 100.0 + 180.0).rem_euclid(360.0) - 180.0;
                let go = |angles_deg, fov_deg| simulate::camera::Command::Go { angles_deg, fov_deg };
                let answer = match command {
                    Command::QueryPan => Some(Command::PanIs(hundredths(pan))),
                    Command::QueryTilt => Some(Command::TiltIs(hundredths(tilt))),
                    Command::QueryZoom => {
                        let part = (fov / wide).ln() / (narrow / wide).ln();
                        Some(Command::ZoomIs((part * 65_535.0) as u16))
                    }
                    Command::Pan(value) => {
                        wanted[0] = degrees(value);
                        camera.tell(go(Some(wanted), None), now());
                        None
                    }
                    Command::Tilt(value) => {
                        wanted[1] = degrees(value);
                        camera.tell(go(Some(wanted), None), now());
                        None
                    }
                    Command::Zoom(value) => {
                        let fov = wide * (narrow / wide).powf(f64::from(value) / 65_535.0);
                        camera.tell(go(None, Some(fov)), now());
                        None
                    }
                    _ => None,
                };
                out.extend(
                    answer
                        .filter(|_| answers && alive)
                        .map(|it| pelco::encode(unit, it))
                        .into_iter()
                        .flatten(),
                );
            });
            if stream.write_all(&out).is_err() {
                return;
            }
        }
    }

    /// As a GB/T 28181 device that registers with a server by UDP.
    pub fn register_udp(&self, server: SocketAddr, id: &str, password: &str, older: bool) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let mut device = device(id, password, ("UDP", socket.local_addr().unwrap()), older);
        let shared = self.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            while shared.alive.load(Ordering::Relaxed) {
                let mut out = Vec::new();
                device.run(now(), &mut out);
                if let Ok((read, _)) = socket.recv_from(&mut buffer)
                    && let Ok(message) = sip::datagram(&buffer[..read])
                {
                    device.take(&message, &mut shared.camera.lock().unwrap(), now(), &mut out);
                }
                for message in out {
                    socket.send_to(&message.bytes(), server).unwrap();
                }
            }
        });
    }

    /// The same by TCP.
    pub fn register_tcp(&self, server: SocketAddr, id: &str, password: &str) {
        let mut stream = TcpStream::connect(server).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let mut device = device(id, password, ("TCP", stream.local_addr().unwrap()), false);
        let shared = self.clone();
        std::thread::spawn(move || {
            let (mut received, mut buffer) = (Vec::new(), [0; 16 * 1024]);
            while shared.alive.load(Ordering::Relaxed) {
                let mut out = Vec::new();
                device.run(now(), &mut out);
                match stream.read(&mut buffer) {
                    Ok(0) => return,
                    Ok(read) => received.extend_from_slice(&buffer[..read]),
                    Err(_) => {}
                }
                while let Ok(Some((message, used))) = sip::cut(&received) {
                    received.drain(..used);
                    device.take(&message, &mut shared.camera.lock().unwrap(), now(), &mut out);
                }
                for message in out {
                    if stream.write_all(&message.bytes()).is_err() {
                        return;
                    }
                }
            }
        });
    }
}

pub const SERVER: &str = "34020000002000000001";

fn device(id: &str, password: &str, (transport, own): (&'static str, SocketAddr), older: bool) -> Device {
    let device = Device::new(id, password, (SERVER, "3402000000"), (transport, own.to_string()), now());
    if older { device.older() } else { device }
}

/// Whoever connects gets a thread of its own.
pub fn serve(each: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let each = Arc::new(each);
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            stream.set_nodelay(true).unwrap();
            let each = Arc::clone(&each);
            std::thread::spawn(move || each(stream));
        }
    });
    address
}

/// A ship on a straight course.
#[derive(Clone, Copy)]
pub struct Ship {
    pub mmsi: u32,
    pub from: Position,
    pub since: UtcTime,
    pub sog_kn: f64,
    pub cog_deg: f64,
    pub length_m: u32,
    /// Seconds between reports.
    pub every: i64,
}

impl Ship {
    pub fn at(&self, t: UtcTime) -> Position {
        let way_m = self.sog_kn * KNOT_MPS * t.since(self.since);
        let (sin, cos) = self.cog_deg.to_radians().sin_cos();
        Plane::at(self.from).to_position(way_m * sin, way_m * cos)
    }

    /// What it says at a whole second.
    pub fn report(&self, second: i64) -> Vec<u8> {
        let mut out = Vec::new();
        if second.rem_euclid(self.every) != 0 {
            return out;
        }
        let mmsi = Mmsi::new(self.mmsi).unwrap();
        let (lon_raw, lat_raw) = ais::raw::position(Some(self.at(UtcTime::from_unix_s(second))));
        let report = ais::PositionA {
            lon_raw,
            lat_raw,
            sog_raw: ais::raw::sog(Knots::new(self.sog_kn)),
            cog_raw: ais::raw::cog(Degrees::new(self.cog_deg)),
            heading_raw: Some(self.cog_deg as u16),
            second_raw: Some(second.rem_euclid(60) as u8),
            pos_accuracy: Some(true),
            ..ais::PositionA::new(1, mmsi)
        };
        let mut bits = BitWriter::default();
        ais::Message::PositionA(report).encode(&mut bits);
        encode_vdm(&mut out, *b"AI", Some(b'A'), 0, bits.bits());
        out
    }

    /// How big it is.
    pub fn statics(&self) -> Vec<u8> {
        let half = Some((self.length_m / 2) as u16);
        let side = Some((self.length_m / 14).max(1) as u8);
        let plain = ais::StaticA::new(Mmsi::new(self.mmsi).unwrap());
        let dimensions_raw =
            ais::RawDimensions { to_bow: half, to_stern: half, to_port: side, to_starboard: side };
        let (mut bits, mut out) = (BitWriter::default(), Vec::new());
        ais::Message::StaticA(ais::StaticA { dimensions_raw, ..plain }).encode(&mut bits);
        encode_vdm(&mut out, *b"AI", Some(b'A'), 1, bits.bits());
        out
    }

    /// Where it is from there, now: true azimuth, elevation, distance.
    pub fn seen_from(&self, place: Position, height_m: f64) -> geometry::Sight {
        geometry::sight(&Plane::at(place), height_m, self.at(now()), 4.0)
    }
}
