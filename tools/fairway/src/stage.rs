//! The demo's stage: who is on the water, who watches, what is watched for, and what the weather does.

use engine::config::{Port, Radar as Profile, Wall};
use fusion::{RadarSite, Shadow};
use simulate::radar::{Output, Site};
use simulate::{BRIDGE, Scene};
use units::{Position, UtcTime};
use watch::passage::Bridge;
use watch::risk::Responsibility;
use watch::zone::Zone;

/// Traffic off Ningbo and Zhoushan, the ships among it that somebody should hear of, all heard at once.
#[must_use]
pub fn scene(seed: u64, vessels: usize, start: UtcTime) -> Scene {
    let mut scene = Scene::ningbo_zhoushan(seed, vessels, start);
    scene.trouble();
    scene.hello();
    scene
}

/// What the demo watches for: the usual, one guard zone that a ship will enter, a bridge that one will not pass where it
/// should, and crowded cells.
#[must_use]
pub fn watch() -> watch::Config {
    let (lat, lon) = Scene::ZONE;
    let corners = [(-0.006, -0.007), (-0.006, 0.007), (0.006, 0.007), (0.006, -0.007)];
    let polygon = corners.iter().filter_map(|(north, east)| Position::new(lat + north, lon + east)).collect();
    let (ends, span) = BRIDGE;
    let bridge = Bridge {
        name: "Invented bridge".to_owned(),
        line: ends.iter().filter_map(|(lat, lon)| Position::new(*lat, *lon)).collect(),
        spans: vec![span],
        within_s: 600.0,
    };
    watch::Config {
        zones: vec![Zone::new("Zhujiajian east", polygon)],
        bridges: vec![bridge],
        units: units(),
        grid: watch::density::Config { limit: 12, ..watch::density::Config::default() },
        ..watch::Config::default()
    }
}

/// The supervision grid: a bureau, its branches, and a post. Invented.
fn units() -> Vec<Responsibility> {
    let unit = |name: &str, officer: &str, parent: Option<&str>, [south, west, north, east]: [f64; 4]| {
        let corners = [(south, west), (south, east), (north, east), (north, west)];
        Responsibility {
            name: name.to_owned(),
            polygon: corners.iter().filter_map(|(lat, lon)| Position::new(*lat, *lon)).collect(),
            officer: officer.to_owned(),
            duties: String::new(),
            parent: parent.map(str::to_owned),
        }
    };
    vec![
        unit("Zhoushan bureau", "Chen Hai", None, [29.3, 121.5, 30.9, 123.4]),
        unit("Beilun branch", "Lin Wei", Some("Zhoushan bureau"), [29.8, 121.7, 30.2, 122.2]),
        unit("Putuo branch", "Zhou Min", Some("Zhoushan bureau"), [29.6, 122.2, 30.2, 123.0]),
        unit("Zhujiajian post", "Wu Jun", Some("Putuo branch"), [29.8, 122.4, 30.0, 122.8]),
    ]
}

/// What the wall display shows first.
#[must_use]
pub fn wall() -> Wall {
    let port = Port { center: [29.94, 122.02], radius_m: 11_000.0 };
    Wall { port: Some(port), center: [29.93, 122.3], zoom: 9.6, ..Wall::default() }
}

/// Two radars over the same water, on hills to both sides of the way in: one a little off in range, the other in
/// azimuth, and each with land behind it. One tells TTM, the other CAT010 and looks out to the fishing grounds.
#[must_use]
pub fn radars() -> Vec<(&'static str, Site)> {
    let all = [
        ("radar-taohua", Output::Ttm, (29.815, 122.29), 180.0, (12.0, 0.0), 22_224.0, (285.0, 345.0, 9000.0)),
        (
            "radar-zhujiajian",
            Output::Cat010,
            (29.885, 122.42),
            120.0,
            (0.0, 0.12),
            44_448.0,
            (300.0, 350.0, 6000.0),
        ),
    ];
    let site = |(name, output, (lat, lon), antenna_height_m, bias, reach_m, shadow)| {
        let plain = Site::ordinary(Position::new(lat, lon)?, output);
        Some((name, Site { antenna_height_m, bias, reach_m, shadows: vec![shadow], ..plain }))
    };
    all.into_iter().filter_map(site).collect()
}

/// What the engine knows of a radar.
#[must_use]
pub fn profile(number: u16, name: &str, site: &Site) -> Profile {
    let plain = Profile::new(number, name, site.position);
    let mut sight = RadarSite {
        period_s: site.turn_s,
        beam_rad: site.resolution.1.to_radians(),
        resolution_m: site.resolution.0,
        ..plain.sight(0.92 * site.reach_m)
    };
    for (place, &(from, to, beyond_m)) in sight.shadows.iter_mut().zip(&site.shadows) {
        *place = Some(Shadow { from_rad: from.to_radians(), to_rad: to.to_radians(), beyond_m });
    }
    Profile {
        sight: Some(sight),
        antenna_height_m: site.antenna_height_m,
        range_sigma_m: site.sigma.0,
        azimuth_sigma_deg: site.sigma.1,
        ..plain
    }
}

/// A typhoon to the south-east that comes nearer, as the water authority of Zhejiang publishes it: its outer circle
/// reaches the fishing grounds.
#[must_use]
pub fn typhoon(now: UtcTime) -> String {
    // Beijing's clock, to the hour before.
    let hour = now.unix_s().div_euclid(3600) + 8;
    let point = |after_h: i64, lat: f64, lon: f64| {
        let at = UtcTime::from_unix_s((hour + after_h) * 3600);
        let [year, month, day, hour, ..] = decoders::calendar::civil(at).unwrap_or_default();
        let time = format!("{year}/{month}/{day} {hour}:00:00");
        format!(
            r#"{{"time":"{time}","lat":"{lat}","lng":"{lon}","strong":"台风","speed":"35","power":"12","radius7":"260|220|200|240","radius10":"90|80|70|80","radius12":"40|40|30|40""#
        )
    };
    format!(
        r#"[{{"tfid":"000001","name":"试","enname":"Trial","points":[{},"forecast":[{{"tm":"中国","forecastpoints":[{}}},{}}}]}}]}}]}}]"#,
        point(0, 28.3, 123.7),
        point(0, 28.3, 123.7),
        point(12, 29.0, 123.0),
    )
}
