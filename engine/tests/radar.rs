//! Radars over real sockets: what each of them says is observed and accounted for.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use decoders::arpa::{Message, Reference, TargetStatus, TrackedTarget, Unit};
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use support::{eventually, report, scrape, source, start};

const RADARS: usize = 50;
const STATIONS: usize = 12;
/// Scans that each radar sends, of so many targets.
const SCANS: usize = 8;
const TARGETS: usize = 5;
const REPORTS: usize = 40;

/// A way into the engine.
enum Line {
    Tcp(TcpStream),
    Udp(UdpSocket),
}

impl Line {
    fn to(address: SocketAddr, tcp: bool) -> Self {
        if tcp {
            return Self::Tcp(TcpStream::connect(address).unwrap());
        }
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(address).unwrap();
        Self::Udp(socket)
    }

    fn send(&mut self, bytes: &[u8]) {
        match self {
            Self::Tcp(stream) => stream.write_all(bytes).unwrap(),
            Self::Udp(socket) => assert_eq!(socket.send(bytes).unwrap(), bytes.len()),
        }
    }
}

fn target(number: u32, distance: f64, bearing: f64, from: Reference) -> Vec<u8> {
    let mut out = Vec::new();
    let target = TrackedTarget {
        number: Some(number),
        distance: Some(distance),
        bearing: Some(bearing),
        bearing_from: Some(from),
        speed: Some(8.0),
        course: Some(90.0),
        course_from: Some(Reference::True),
        unit: Some(Unit::NauticalMiles),
        status: Some(TargetStatus::Tracking),
        ..TrackedTarget::default()
    };
    Message::Ttm(target).encode(*b"RA", &mut out);
    out
}

#[test]
fn fifty_radars_and_twelve_ais_stations_at_once_are_all_accounted_for() {
    let mut toml = "[http]\nlisten = \"127.0.0.1:0\"\n".to_owned();
    let tcp = |index: usize| index.is_multiple_of(2);
    let kind = |index| if tcp(index) { "tcp-server" } else { "udp" };
    for radar in 0..RADARS {
        let (kind, north) = (kind(radar), radar as f64 * 0.01);
        write!(
            toml,
            "[[source]]\nname = \"radar-{radar:02}\"\nkind = \"{kind}\"\naddress = \"127.0.0.1:0\"\n\
             [[source.radar]]\nposition = [{}, 122.0]\nantenna_height_m = 100\nnorth_deg = {north}\n",
            29.5 + radar as f64 * 0.01
        )
        .unwrap();
    }
    for station in 0..STATIONS {
        let kind = kind(station);
        write!(
            toml,
            "[[source]]\nname = \"ais-{station:02}\"\nkind = \"{kind}\"\naddress = \"127.0.0.1:0\"\n"
        )
        .unwrap();
    }
    let engine = start(&toml);
    let http = engine.addresses().http.unwrap();
    let connect = |prefix: &str, count| -> Vec<Line> {
        (0..count).map(|n| Line::to(source(&engine, &format!("{prefix}-{n:02}")), tcp(n))).collect()
    };
    let (mut radars, mut stations) = (connect("radar", RADARS), connect("ais", STATIONS));

    for scan in 0..SCANS {
        for radar in &mut radars {
            let lines: Vec<_> = (0..TARGETS)
                .map(|n| {
                    target(n as u32, 2.0 + n as f64, 10.0 * n as f64 + 0.1 * scan as f64, Reference::True)
                })
                .collect();
            radar.send(&lines.concat());
        }
        for (n, station) in stations.iter_mut().enumerate() {
            for of in 0..REPORTS / SCANS {
                let mmsi = 413_000_000 + (n * 100 + of) as u32;
                station.send(&report(
                    mmsi,
                    29.6 + 0.01 * n as f64,
                    122.0 + 0.01 * of as f64 + 1e-4 * scan as f64,
                ));
            }
        }
    }
    // And what radars also say: a bearing from the bow that nobody knows, a target without a number, one that ends
    // without a place, one on another's line, a field that is none, a sentence of nobody's, and dirt.
    let dirt: &[(&[u8], &str)] = &[
        (b"$RATTM,91,1.0,10.0,R,,,,,,N,,T,,,*02\r\n", "no_heading"),
        (b"$RATLL,,2940.000,N,12210.000,E,,,,*5F\r\n", "no_number"),
        (b"$RATTM,92,,,,,,,,,N,,T,,,*63\r\n", "no_place"),
        (b"$RATTM,00,0.000,000.0,T,0.00,0.0,T,,,N,,L,,,A*01\r\n", ""),
        (b"$RATTM,xx,1.0*71\r\n", "bad_fields"),
        (b"$GPZDA,153415,10,12,2015,0,0*4B\r\n", "other"),
        (b"$RATTM,01,1.2*00\r\n", "bad_checksum"),
    ];
    for radar in &mut radars {
        for (line, _) in dirt {
            radar.send(line);
        }
    }
    // A station without a site cannot place what a radar says.
    stations[0].send(&target(1, 2.0, 3.0, Reference::True));

    let tracks = RADARS * (SCANS * TARGETS + 1);
    let total = |name: &str, label: &str| scrape(http).sum(name, label) as usize;
    eventually("every radar observation is in the core", || {
        total("fairway_core_observations_total", "") == tracks + STATIONS * REPORTS
    });
    let metrics = scrape(http);
    for radar in 0..RADARS {
        let name = format!("radar-{radar:02}");
        let label = format!("source=\"{name}\"");
        let sensor = format!("sensor=\"{name}\",kind=\"track\"");
        let of = |name: &str| metrics.sum(name, &label);
        assert_eq!(metrics.assert_accounted(&name) as usize, SCANS * TARGETS + dirt.len(), "{name}");
        let observed = metrics.sum("fairway_radar_observations_total", &sensor) as usize;
        assert_eq!(observed, SCANS * TARGETS + 1, "{name}");
        assert_eq!(of("fairway_observations_total") as usize, observed);
        for reason in ["no_heading", "no_number", "no_place"] {
            let label = format!("{label},reason=\"{reason}\"");
            assert_eq!(metrics.sum("fairway_radar_targets_unused_total", &label), 1, "{name} {reason}");
        }
        for (reason, count) in [("bad_fields", 1), ("bad_checksum", 1)] {
            let label = format!("{label},reason=\"{reason}\"");
            assert_eq!(metrics.sum("fairway_sentences_rejected_total", &label), count, "{name} {reason}");
        }
        assert_eq!(of("fairway_sentences_other_total"), 1);
        assert_eq!(of("fairway_observations_dropped_total"), 0);
    }
    for station in 0..STATIONS {
        let name = format!("ais-{station:02}");
        let stray = usize::from(station == 0);
        assert_eq!(metrics.assert_accounted(&name) as usize, REPORTS + stray, "{name}");
        let observed = metrics.sum("fairway_observations_total", &format!("source=\"{name}\""));
        assert_eq!(observed as usize, REPORTS, "{name}");
    }
    assert_eq!(metrics.sum("fairway_radar_targets_unused_total", "source=\"ais-00\",reason=\"no_site\""), 1);
    drop(engine.stop());
}

#[test]
fn a_target_lies_where_it_was_seen_from_a_mast_with_a_heading() {
    let engine = start(
        r#"
        [[source]]
        name = "ship"
        kind = "tcp-server"
        address = "127.0.0.1:0"
        [[source.radar]]
        position = [29.75, 122.3]
        [http]
        listen = "127.0.0.1:0"
        "#,
    );
    let http = engine.addresses().http.unwrap();
    let mut line = Line::to(source(&engine, "ship"), true);
    line.send(b"$RAOSD,035.1,A,036.0,P,10.2,P,,,N*77\r\n");
    line.send(&target(5, 3.21, 33.3, Reference::Relative));
    let seen = || scrape(http).sum("fairway_radar_observations_total", "sensor=\"ship\",kind=\"track\"");
    eventually("the heading was known", || seen() == 1);
    assert_eq!(scrape(http).sum("fairway_radar_targets_unused_total", ""), 0);
    drop(engine.stop());
}
