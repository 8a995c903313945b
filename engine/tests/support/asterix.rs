//! What radars and centres send in ASTERIX, and sockets to send it by.

use decoders::asterix::{Block, DataSource, Polar, cat010, cat034, cat048, cat062, cat065, time_of_day};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{SystemTime, UNIX_EPOCH};
use units::UtcTime;

/// Targets of one scan.
pub const TARGETS: usize = 5;

pub fn now() -> UtcTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    UtcTime::from_unix_ns(since.as_nanos() as i64)
}

/// What one scan of a surface radar sends: CAT010 plots that its tracker has numbered.
pub fn surface(sic: u8, scan: usize) -> Vec<u8> {
    let mut block = Block::new(cat010::category());
    for target in 0..TARGETS {
        let report = cat010::Report {
            source: Some(DataSource { sac: 25, sic }),
            kind: Some(cat010::Kind::Target),
            descriptor: Some(cat010::Descriptor { sensor: 3, special: None }),
            time_of_day: Some(time_of_day(now())),
            polar: Some(Polar {
                range_m: 2000.0 + 500.0 * target as f64,
                azimuth_deg: 45.0 + scan as f64 * 0.1,
            }),
            track: Some(target as u16),
            status: Some(cat010::Status::default()),
            ..Default::default()
        };
        block.push(|visit| report.tell(visit)).unwrap();
    }
    block.bytes().to_vec()
}

/// The same of CAT048: plots, with the north marker before them.
pub fn monoradar(sic: u8, scan: usize) -> Vec<u8> {
    let source = Some(DataSource { sac: 25, sic });
    let mut north = Block::new(cat034::category());
    let marker = cat034::Service {
        source,
        kind: Some(cat034::Kind::NorthMarker),
        time_of_day: Some(time_of_day(now())),
        ..Default::default()
    };
    north.push(|visit| marker.tell(visit)).unwrap();
    let mut plots = Block::new(cat048::category());
    for target in 0..TARGETS {
        let report = cat048::Report {
            source,
            time_of_day: Some(time_of_day(now())),
            descriptor: Some(cat048::Descriptor { detection: 1, ..Default::default() }),
            polar: Some(Polar {
                range_m: 3000.0 + 500.0 * target as f64,
                azimuth_deg: 90.0 + scan as f64 * 0.1,
            }),
            ..Default::default()
        };
        plots.push(|visit| report.tell(visit)).unwrap();
    }
    [north.bytes(), plots.bytes()].concat()
}

/// What a centre sends: its tracks, and the end of the batch.
pub fn centre(sic: u8, scan: usize) -> Vec<u8> {
    let source = Some(DataSource { sac: 25, sic });
    let mut tracks = Block::new(cat062::category());
    for target in 0..TARGETS {
        let track = cat062::Track {
            source,
            service: Some(1),
            time_of_day: Some(time_of_day(now())),
            wgs84_deg: Some([29.7 + 0.01 * target as f64, 122.0 + 1e-4 * scan as f64]),
            velocity_mps: Some([4.0, 0.0]),
            track: Some(target as u16),
            status: Some(cat062::Status { surface: true, ..Default::default() }),
            ..Default::default()
        };
        tracks.push(|visit| track.tell(visit)).unwrap();
    }
    let mut service = Block::new(cat065::category());
    let end = cat065::Status {
        source,
        kind: Some(2),
        service: Some(1),
        time_of_day: Some(time_of_day(now())),
        batch: Some(scan as u8),
        ..Default::default()
    };
    service.push(|visit| end.tell(visit)).unwrap();
    [tracks.bytes(), service.bytes()].concat()
}

/// Reports of a surface radar of which only the first makes an observation: a track that ends without a place, one
/// that goes on without one, a test target, a permanent echo.
pub fn surface_oddities(sic: u8) -> [Vec<u8>; 4] {
    let base = cat010::Report {
        source: Some(DataSource { sac: 25, sic }),
        kind: Some(cat010::Kind::Target),
        time_of_day: Some(time_of_day(now())),
        track: Some(0),
        ..Default::default()
    };
    let special = |special| Some(cat010::Descriptor { sensor: 3, special: Some(special) });
    let polar = Some(Polar { range_m: 4000.0, azimuth_deg: 10.0 });
    let ended = cat010::Status { ended: true, ..Default::default() };
    let reports = [
        cat010::Report { status: Some(ended), ..base },
        cat010::Report { track: Some(90), ..base },
        cat010::Report { polar, descriptor: special([false, true, false]), ..base },
        cat010::Report { polar, descriptor: special([false, false, true]), ..base },
    ];
    reports.map(|report| {
        let mut block = Block::new(cat010::category());
        block.push(|visit| report.tell(visit)).unwrap();
        block.bytes().to_vec()
    })
}

pub const GROUP: Ipv4Addr = Ipv4Addr::new(239, 192, 43, 78);

/// Whether the machine has multicast: some containers have none.
pub fn multicast() -> bool {
    UdpSocket::bind("127.0.0.1:0").unwrap().join_multicast_v4(&GROUP, &Ipv4Addr::LOCALHOST).is_ok()
}

pub fn udp(to: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(to).unwrap();
    socket
}

/// A socket that sends to the group.
pub fn group(port: u16) -> UdpSocket {
    let socket = udp(SocketAddr::new(GROUP.into(), port));
    socket2::SockRef::from(&socket).set_multicast_if_v4(&Ipv4Addr::LOCALHOST).unwrap();
    socket
}
