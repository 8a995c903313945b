//! ASTERIX sources over real sockets: every record, target and observation is accounted for.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod support;

use std::io::Write as _;
use std::net::TcpStream;
use support::asterix::{TARGETS, group, monoradar, multicast, surface, udp};
use support::{eventually, scrape, source, start};

const SCANS: usize = 8;

#[test]
fn asterix_over_udp_multicast_and_tcp_is_accounted_for() {
    if !multicast() {
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
    let group = group(source(&engine, "group").port());
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
