//! Radars over real sockets: what each of them says is observed and accounted for.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use decoders::arpa::{Message, Reference, TargetStatus, TrackedTarget, Unit};
use engine::Engine;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use support::asterix::{GROUP, TARGETS, centre, group, monoradar, multicast, surface, surface_oddities};
use support::{eventually, report, scrape, source, start};

const RADARS: usize = 50;
const STATIONS: usize = 12;
/// Scans that each radar sends.
const SCANS: usize = 8;
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

/// What a radar speaks.
#[derive(Clone, Copy, PartialEq)]
enum Tongue {
    Ttm,
    /// CAT010.
    Surface,
    /// CAT048, with CAT034.
    Monoradar,
    /// CAT062, with CAT065: a centre.
    Centre,
}

/// Two of five speak NMEA, the others each a category; by TCP, UDP and multicast in turn.
fn tongue(radar: usize) -> Tongue {
    [Tongue::Ttm, Tongue::Ttm, Tongue::Surface, Tongue::Monoradar, Tongue::Centre][radar % 5]
}

fn way(index: usize) -> &'static str {
    ["tcp-server", "udp", "multicast"][index / 5 % 3]
}

fn configured(name: &str, way: &str, rest: &str) -> String {
    // Where there is no multicast the group's radars send to the address itself.
    let group = match way {
        "multicast" if multicast() => format!("group = \"{GROUP}\"\n"),
        _ => String::new(),
    };
    let kind = if way == "tcp-server" { way } else { "udp" };
    format!("[[source]]\nname = \"{name}\"\nkind = \"{kind}\"\naddress = \"127.0.0.1:0\"\n{group}{rest}")
}

fn connected(engine: &Engine, name: &str, way: &str) -> Line {
    let address = source(engine, name);
    match way {
        "tcp-server" => Line::to(address, true),
        "multicast" if multicast() => Line::Udp(group(address.port())),
        _ => Line::to(address, false),
    }
}

/// What a radar says of one scan.
fn scanned(tongue: Tongue, scan: usize) -> Vec<u8> {
    match tongue {
        Tongue::Ttm => (0..TARGETS)
            .flat_map(|n| {
                target(n as u32, 2.0 + n as f64, 10.0 * n as f64 + 0.1 * scan as f64, Reference::True)
            })
            .collect(),
        Tongue::Surface => surface(1, scan),
        Tongue::Monoradar => monoradar(1, scan),
        Tongue::Centre => centre(1, scan),
    }
}

/// What radars of NMEA also say: a bearing from the bow that nobody knows, a target without a number, one that ends
/// without a place, one on another's line, a field that is none, a sentence of nobody's, and dirt.
const DIRT: [&[u8]; 7] = [
    b"$RATTM,91,1.0,10.0,R,,,,,,N,,T,,,*02\r\n",
    b"$RATLL,,2940.000,N,12210.000,E,,,,*5F\r\n",
    b"$RATTM,92,,,,,,,,,N,,T,,,*63\r\n",
    b"$RATTM,00,0.000,000.0,T,0.00,0.0,T,,,N,,L,,,A*01\r\n",
    b"$RATTM,xx,1.0*71\r\n",
    b"$GPZDA,153415,10,12,2015,0,0*4B\r\n",
    b"$RATTM,01,1.2*00\r\n",
];
/// A block of a category that nobody has, and a thousand octets in which none begins.
const STRANGE: [u8; 6] = [0x01, 0, 6, 0x80, 1, 2];
const NOISE: [u8; 1000] = [0xff; 1000];

/// What one radar is to have at the metrics: candidates, records or sentences used, observations by kind, why targets
/// were not used, and why pieces were refused.
struct Expected {
    candidates: usize,
    used: usize,
    tracks: usize,
    plots: usize,
    unused: &'static [&'static str],
    refused: &'static [&'static str],
}

fn expected(tongue: Tongue) -> Expected {
    const STRANGERS: &[&str] = &["bad_length", "no_category"];
    let told = SCANS * TARGETS;
    let base = Expected { candidates: 0, used: 0, tracks: 0, plots: 0, unused: &[], refused: STRANGERS };
    match tongue {
        Tongue::Ttm => Expected {
            candidates: told + DIRT.len(),
            used: told + 4,
            tracks: told + 1,
            unused: &["no_heading", "no_number", "no_place"],
            refused: &["bad_checksum", "bad_fields"],
            ..base
        },
        Tongue::Surface => Expected {
            candidates: told + 4 + 2,
            used: told + 4,
            tracks: told + 1,
            unused: &["fixed_echo", "no_place", "not_tracked"],
            ..base
        },
        // The north marker of each scan is a record, and no target.
        Tongue::Monoradar => {
            Expected { candidates: told + SCANS + 2, used: told + SCANS, plots: told, ..base }
        }
        // What a centre believes is no measurement of a radar.
        Tongue::Centre => Expected { candidates: told + SCANS + 2, used: told + SCANS, ..base },
    }
}

#[test]
fn fifty_radars_and_twelve_ais_stations_at_once_are_all_accounted_for() {
    let mut toml = "[http]\nlisten = \"127.0.0.1:0\"\n".to_owned();
    let radar_name = |radar: usize| format!("radar-{radar:02}");
    let station_name = |station: usize| format!("ais-{station:02}");
    for radar in 0..RADARS {
        let format = if tongue(radar) == Tongue::Ttm { "" } else { "format = \"asterix\"\n" };
        let (lat, north) = (29.5 + radar as f64 * 0.01, radar as f64 * 0.01);
        let site = format!(
            "{format}[[source.radar]]\nposition = [{lat}, 122.0]\nantenna_height_m = 100\nnorth_deg = {north}\n"
        );
        toml += &configured(&radar_name(radar), way(radar), &site);
    }
    for station in 0..STATIONS {
        toml += &configured(&station_name(station), way(station), "");
    }
    let engine = start(&toml);
    let http = engine.addresses().http.unwrap();
    let connect = |name: String, index| connected(&engine, &name, way(index));
    let mut radars: Vec<Line> = (0..RADARS).map(|n| connect(radar_name(n), n)).collect();
    let mut stations: Vec<Line> = (0..STATIONS).map(|n| connect(station_name(n), n)).collect();

    for scan in 0..SCANS {
        for (n, radar) in radars.iter_mut().enumerate() {
            radar.send(&scanned(tongue(n), scan));
            if scan == 0 && tongue(n) != Tongue::Ttm {
                radar.send(&STRANGE);
            }
        }
        for (n, station) in stations.iter_mut().enumerate() {
            for of in 0..REPORTS / SCANS {
                let mmsi = 413_000_000 + (n * 100 + of) as u32;
                let (lat, lon) = (29.6 + 0.01 * n as f64, 122.0 + 0.01 * of as f64 + 1e-4 * scan as f64);
                station.send(&report(mmsi, lat, lon));
            }
        }
    }
    for (n, radar) in radars.iter_mut().enumerate() {
        if tongue(n) == Tongue::Ttm {
            for line in DIRT {
                radar.send(line);
            }
            continue;
        }
        if tongue(n) == Tongue::Surface {
            for block in surface_oddities(1) {
                radar.send(&block);
            }
        }
        radar.send(&NOISE);
    }
    // A station without a site cannot place what a radar says.
    stations[0].send(&target(1, 2.0, 3.0, Reference::True));
    // The end of a stream says that what is left of it begins no block.
    drop(radars);

    let of_all: usize =
        (0..RADARS).map(|n| expected(tongue(n))).map(|of| of.tracks + of.plots).sum::<usize>();
    let total = |name: &str, label: &str| scrape(http).sum(name, label) as usize;
    eventually("every radar observation is in the core", || {
        total("fairway_core_observations_total", "") == of_all + STATIONS * REPORTS
    });
    let pieces: usize = (0..RADARS).map(|n| expected(tongue(n)).candidates).sum();
    eventually("every piece is counted", || {
        total("fairway_sentence_candidates_total", "source=\"radar-") == pieces
    });
    let metrics = scrape(http);
    for radar in 0..RADARS {
        let name = radar_name(radar);
        let expected = expected(tongue(radar));
        let label = format!("source=\"{name}\"");
        let of = |name: &str| metrics.sum(name, &label) as usize;
        assert_eq!(metrics.assert_accounted(&name) as usize, expected.candidates, "{name}");
        assert_eq!(of("fairway_sentences_used_total"), expected.used, "{name}");
        for (kind, count) in [("track", expected.tracks), ("plot", expected.plots)] {
            let label = format!("sensor=\"{name}\",kind=\"{kind}\"");
            let observed = metrics.sum("fairway_radar_observations_total", &label) as usize;
            assert_eq!(observed, count, "{name} {kind}");
        }
        assert_eq!(of("fairway_observations_total"), expected.tracks + expected.plots, "{name}");
        assert_eq!(of("fairway_observations_dropped_total"), 0, "{name}");
        for (counter, reasons) in [
            ("fairway_radar_targets_unused_total", expected.unused),
            ("fairway_sentences_rejected_total", expected.refused),
        ] {
            for reason in reasons {
                let label = format!("{label},reason=\"{reason}\"");
                assert_eq!(metrics.sum(counter, &label), 1, "{name} {reason}");
            }
            assert_eq!(of(counter), reasons.len(), "{name} {counter}");
        }
        let other = usize::from(tongue(radar) == Tongue::Ttm);
        assert_eq!(of("fairway_sentences_other_total"), other, "{name}");
    }
    for station in 0..STATIONS {
        let name = station_name(station);
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
