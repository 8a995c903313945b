//! ASTERIX sources over real sockets: every record, target and observation is accounted for.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use decoders::asterix::{Block, DataSource, Polar, cat010, cat034, cat048, time_of_day};
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{SystemTime, UNIX_EPOCH};
use support::{eventually, scrape, source, start};
use units::UtcTime;

const SCANS: usize = 8;
const TARGETS: usize = 5;

fn now() -> UtcTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    UtcTime::from_unix_ns(since.as_nanos() as i64)
}

/// What one scan of a surface radar sends: CAT010 plots that its tracker has numbered.
fn surface(sic: u8, scan: usize) -> Vec<u8> {
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
fn monoradar(sic: u8, scan: usize) -> Vec<u8> {
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

const GROUP: Ipv4Addr = Ipv4Addr::new(239, 192, 43, 78);

fn udp(to: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(to).unwrap();
    socket
}

#[test]
fn asterix_over_udp_multicast_and_tcp_is_accounted_for() {
    // Some containers have no multicast at all.
    if UdpSocket::bind("127.0.0.1:0").unwrap().join_multicast_v4(&GROUP, &Ipv4Addr::LOCALHOST).is_err() {
        return println!("skipped: no multicast on this machine");
    }
    let engine = start(
        r#"
        [http]
        listen = "127.0.0.1:0"
        [[source]]
        name = "harbour"
        kind = "udp"
        address = "127.0.0.1:0"
        format = "asterix"
        editions = { 10 = "1.1" }
        [[source.radar]]
        name = "north"
        position = [29.9, 122.1]
        sac = 25
        sic = 7
        [[source.radar]]
        name = "south"
        position = [29.8, 122.1]
        sac = 25
        sic = 8
        [[source]]
        name = "hill"
        kind = "tcp-server"
        address = "127.0.0.1:0"
        format = "asterix"
        [[source.radar]]
        position = [29.9, 122.2]
        antenna_height_m = 120
        [[source]]
        name = "group"
        kind = "udp"
        address = "127.0.0.1:0"
        group = "239.192.43.78"
        format = "asterix"
        [[source.radar]]
        position = [29.7, 122.2]
        "#,
    );
    let http = engine.addresses().http.unwrap();
    let harbour = udp(source(&engine, "harbour"));
    let mut hill = TcpStream::connect(source(&engine, "hill")).unwrap();
    let group = udp(SocketAddr::new(GROUP.into(), source(&engine, "group").port()));
    socket2::SockRef::from(&group).set_multicast_if_v4(&Ipv4Addr::LOCALHOST).unwrap();
    // Noise of a thousand octets between two blocks, in which no block begins.
    let noise = [0xff_u8; 1000];
    let unknown = [0x01, 0, 6, 0x80, 1, 2];
    for scan in 0..SCANS {
        for sic in [7, 8, 9] {
            harbour.send(&surface(sic, scan)).unwrap();
        }
        group.send(&[&unknown[..], &surface(1, scan)].concat()).unwrap();
        // A stream is cut anywhere.
        let stream = [&monoradar(1, scan)[..], &noise].concat();
        for piece in stream.chunks(31) {
            hill.write_all(piece).unwrap();
        }
    }
    drop(hill);

    let of_radar = SCANS * TARGETS;
    eventually("every observation is in the core", || {
        scrape(http).sum("fairway_core_observations_total", "") as usize == 4 * of_radar
    });
    eventually("the connection has ended", || {
        scrape(http).sum("fairway_source_peers", "source=\"hill\"") == 0
    });
    let metrics = scrape(http);
    let seen = |source: &str, sensor: &str, kind: &str| {
        let label = format!("source=\"{source}\",sensor=\"{sensor}\",kind=\"{kind}\"");
        metrics.sum("fairway_radar_observations_total", &label) as usize
    };
    assert_eq!(seen("harbour", "north", "track"), of_radar);
    assert_eq!(seen("harbour", "south", "track"), of_radar);
    assert_eq!(seen("hill", "hill", "plot"), of_radar);
    assert_eq!(seen("group", "group", "track"), of_radar);
    // The third radar of the harbour has no site.
    let no_site = metrics.sum("fairway_radar_targets_unused_total", "source=\"harbour\",reason=\"no_site\"");
    assert_eq!(no_site as usize, of_radar);
    let refused = |source: &str, reason: &str| {
        let label = format!("source=\"{source}\",reason=\"{reason}\"");
        metrics.sum("fairway_sentences_rejected_total", &label) as usize
    };
    assert_eq!((refused("hill", "bad_length"), refused("group", "no_category")), (SCANS, SCANS));
    assert_eq!(metrics.assert_accounted("harbour") as usize, 3 * of_radar);
    assert_eq!(metrics.assert_accounted("hill") as usize, of_radar + 2 * SCANS);
    assert_eq!(metrics.assert_accounted("group") as usize, of_radar + SCANS);
    for source in ["harbour", "hill", "group"] {
        let label = format!("source=\"{source}\"");
        assert_eq!(metrics.sum("fairway_observations_dropped_total", &label), 0);
    }
    drop(engine.stop());
}
