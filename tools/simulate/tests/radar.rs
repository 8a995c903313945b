//! Radars tell of the same truth as AIS does, with the faults that they are given and no others.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may")]

use decoders::arpa::{self, TargetStatus};
use decoders::asterix::{Editions, Item as Record, Reader as Blocks, cat010, cat048, cat240};
use decoders::frame::Framer;
use decoders::nmea::{Item, Reader};
use simulate::Scene;
use simulate::radar::{Output, Radar, Site};
use std::collections::BTreeMap;
use units::{Position, UtcTime};

const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);

fn site(output: Output) -> Site {
    Site::ordinary(Position::new(29.90, 122.25).unwrap(), output)
}

/// East and north of the site, metres, good to a few over 20 km.
fn local(site: &Site, place: Position) -> (f64, f64) {
    let (sin, cos) = site.position.lat().to_radians().sin_cos();
    let w2: f64 = 1.0 - 0.006_694_379_990_14 * sin * sin;
    let (east, north) =
        (6_378_137.0 / w2.sqrt() * cos, 6_378_137.0 * (1.0 - 0.006_694_379_990_14) / w2.powf(1.5));
    let (dlat, dlon) = (place.lat() - site.position.lat(), place.lon() - site.position.lon());
    // The circle of latitude bends away by this much.
    let bend = east * dlon.to_radians().powi(2) * sin / 2.0;
    (east * dlon.to_radians(), north * dlat.to_radians() + bend)
}

/// Runs a scene and a radar; hands out what the radar tells, and the scene as it is then.
fn run(site: Site, vessels: usize, seconds: u32, mut told: impl FnMut(&Scene, &Radar, UtcTime, &[u8])) {
    let mut scene = Scene::ningbo_zhoushan(3, vessels, START);
    let mut radar = Radar::new(site, 7);
    for step in 0..seconds * 4 {
        let now = START.plus_s(f64::from(step) / 4.0);
        scene.run(now, &mut |_| {});
        let mut all = Vec::new();
        radar.run(&scene, now, &mut |at, bytes| all.push((at, bytes.to_vec())));
        for (at, bytes) in all {
            assert!(at <= now && at > now.plus_s(-0.4), "told {} s late", now.since(at));
            told(&scene, &radar, at, &bytes);
        }
    }
}

/// The plots of CAT048: when, slant range and azimuth.
fn plots(bytes: &[u8]) -> Vec<(f64, f64, f64)> {
    let (mut reader, mut all) = (Blocks::new(Editions::default()), Vec::new());
    reader.read(bytes, true, |item| match item {
        Record::Record(record) if record.category.number == 48 => {
            let report = cat048::Report::read(&record);
            let polar = report.polar.unwrap();
            all.push((f64::from(report.time_of_day.unwrap()) / 128.0, polar.range_m, polar.azimuth_deg));
        }
        Record::Record(record) => assert_eq!(record.category.number, 34),
        Record::Reject { reason, .. } => panic!("{reason}"),
    });
    all
}

/// Where every vessel is when the radar's beam was there, as the radar should see it: range and azimuth.
fn seen(site: &Site, scene: &Scene, day_s: f64) -> Vec<(f64, f64)> {
    let now_s = scene.now().unix_s().rem_euclid(86_400) as f64;
    let place = |vessel: &simulate::Vessel| {
        let (sin, cos) = vessel.course.radians().sin_cos();
        let gone_m = vessel.speed.mps() * (day_s - now_s);
        let (e, n) = local(site, vessel.position);
        let (e, n) = (e + gone_m * sin, n + gone_m * cos);
        (e.hypot(n).hypot(site.antenna_height_m), e.atan2(n).to_degrees().rem_euclid(360.0))
    };
    scene.vessels().map(place).collect()
}

fn wrap(deg: f64) -> f64 {
    (deg + 180.0).rem_euclid(360.0) - 180.0
}

/// Mean and one standard deviation.
fn moments(of: &[f64]) -> (f64, f64) {
    let mean = of.iter().sum::<f64>() / of.len() as f64;
    (mean, (of.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / of.len() as f64).sqrt())
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for output in [Output::Ttm, Output::Cat010, Output::Cat048, Output::Cat240] {
        let bytes = || {
            let mut all = Vec::new();
            run(site(output), 60, 20, |_, _, at, bytes| {
                all.extend_from_slice(&at.unix_ns().to_be_bytes());
                all.extend_from_slice(bytes);
            });
            all
        };
        assert!(bytes() == bytes() && bytes().len() > 1000, "{output:?}");
    }
}

#[test]
fn plots_err_as_much_as_the_site_says_and_clutter_is_nobody() {
    let site = Site { bias: (20.0, 0.3), clutter: 8.0, ..site(Output::Cat048) };
    let (mut along, mut across, mut nobody, mut turns) = (Vec::new(), Vec::new(), 0, 0.0);
    run(site.clone(), 300, 100, |scene, _, _, bytes| {
        turns += 1.0 / 32.0;
        for (day_s, range_m, azimuth_deg) in plots(bytes) {
            let truth = seen(&site, scene, day_s);
            let off = |&(r, a): &(f64, f64)| (range_m - r - 20.0, wrap(azimuth_deg - a - 0.3));
            let near = truth.iter().map(off).min_by(|a, b| {
                let far = |(r, a): &(f64, f64)| r.hypot(a.to_radians() * range_m);
                far(a).total_cmp(&far(b))
            });
            match near {
                // Far enough out that a ship's length does not turn it much.
                Some((r, a)) if r.abs() < 120.0 && (a.to_radians() * range_m).abs() < 200.0 => {
                    if range_m > 8000.0 {
                        along.push(r);
                        across.push(a);
                    }
                }
                _ => nobody += 1,
            }
        }
    });
    let ((range, range_sd), (azimuth, azimuth_sd)) = (moments(&along), moments(&across));
    println!(
        "{} plots: range {range:.1} +- {range_sd:.1} m, azimuth {azimuth:.3} +- {azimuth_sd:.3} deg",
        along.len()
    );
    assert!(along.len() > 500);
    // The quantum of CAT048 is 7.2 m, and long ships glint.
    assert!(range.abs() < 5.0 && (8.0..30.0).contains(&range_sd), "{range} {range_sd}");
    assert!(azimuth.abs() < 0.03 && (0.13..0.3).contains(&azimuth_sd), "{azimuth} {azimuth_sd}");
    let clutter = f64::from(nobody) / turns;
    println!("{clutter:.1} echoes of nobody in each of {turns:.0} turns");
    assert!((6.0..9.5).contains(&clutter), "{clutter}");
}

#[test]
fn nothing_is_seen_in_a_shadow_and_close_echoes_are_one() {
    let count = |site: Site| {
        let mut all = 0;
        run(site, 300, 30, |_, _, _, bytes| all += plots(bytes).len());
        all
    };
    let open = Site { clutter: 0.0, ..site(Output::Cat048) };
    let sharp = count(Site { resolution: (1.0, 0.01), ..open.clone() });
    let blunt = count(Site { resolution: (800.0, 4.0), ..open.clone() });
    assert!(blunt < sharp * 9 / 10 && blunt > 0, "{blunt} of {sharp}");
    let shadow = Site { shadows: vec![(350.0, 100.0, 3000.0)], ..open };
    run(shadow, 300, 30, |_, _, _, bytes| {
        for (_, range_m, azimuth_deg) in plots(bytes) {
            let inside = !(101.0..349.0).contains(&azimuth_deg);
            assert!(!inside || range_m < 3300.0, "{range_m} {azimuth_deg}");
        }
    });
}

#[test]
fn targets_of_ttm_follow_the_vessels_whose_numbers_they_are() {
    let site = site(Output::Ttm);
    let (mut reader, mut speeds, mut places, mut lost) = (Reader::new(), Vec::new(), Vec::new(), 0);
    run(site.clone(), 120, 120, |scene, radar, at, bytes| {
        let settled = at.since(START) > 60.0;
        let numbers: BTreeMap<u32, &simulate::Vessel> = scene
            .vessels()
            .filter_map(|vessel| Some((u32::from(radar.number(vessel.mmsi)?), vessel)))
            .collect();
        Framer::default().drain(bytes, true, |line| {
            reader.line(line, at, |item| {
                let Item::Other(sentence) = item else { panic!("{item:?}") };
                let Some(Ok(arpa::Message::Ttm(target))) = arpa::decode(&sentence) else {
                    panic!("{sentence:?}")
                };
                lost += u32::from(target.status == Some(TargetStatus::Lost));
                let of = numbers.get(&target.number.unwrap());
                let (Some(vessel), true, Some(speed_mps)) = (of, settled, target.speed_mps()) else { return };
                if target.status != Some(TargetStatus::Tracking) {
                    return;
                }
                let day_s = target.time.unwrap().of_day_s();
                let index = scene.vessels().position(|other| other.mmsi == vessel.mmsi).unwrap();
                let (range_m, azimuth_deg) = seen(&site, scene, day_s)[index];
                let across = wrap(target.bearing.unwrap() - azimuth_deg).to_radians() * range_m;
                places.push((target.distance_m().unwrap() - range_m).hypot(across));
                speeds.push(speed_mps - vessel.speed.mps());
            });
        });
    });
    places.sort_by(f64::total_cmp);
    let (middle, most) = (places[places.len() / 2], places[places.len() * 95 / 100]);
    let (mean, sd) = moments(&speeds);
    println!(
        "{} targets: half within {middle:.0} m, 95 % within {most:.0} m, speed {mean:.2} +- {sd:.2} m/s",
        places.len()
    );
    assert!(places.len() > 300 && middle < 60.0 && most < 250.0);
    assert!(mean.abs() < 1.5 && sd < 4.0);
}

#[test]
fn tracks_of_cat010_end_without_a_place_and_their_numbers_come_again() {
    let site = Site { shadows: vec![(0.0, 180.0, 0.0)], reach_m: 12_000.0, ..site(Output::Cat010) };
    let (mut ended, mut plots, mut tracks, mut north) = (0, 0, 0, 0);
    run(site, 300, 60, |_, _, _, bytes| {
        Blocks::new(Editions::default()).read(bytes, true, |item| {
            let Record::Record(record) = item else { panic!("{item:?}") };
            let report = cat010::Report::read(&record);
            match (report.kind, report.track, report.status) {
                (Some(cat010::Kind::StartOfUpdate), ..) => north += 1,
                (_, Some(_), Some(status)) if status.ended => {
                    assert_eq!((report.polar, report.cartesian_m), (None, None));
                    ended += 1;
                }
                (_, Some(_), Some(_)) => {
                    assert!(report.cartesian_m.is_some() && report.course.is_some());
                    tracks += 1;
                }
                _ => {
                    assert!(report.polar.is_some());
                    plots += 1;
                }
            }
        });
    });
    println!("{north} turns, {tracks} states of tracks, {ended} ended, {plots} plots of nobody");
    assert!((23..=25).contains(&north) && tracks > 200 && ended > 0 && plots > 30);
}

#[test]
fn video_shows_every_ship_where_it_is_and_noise_elsewhere() {
    let site = Site { clutter: 2.0, ..site(Output::Cat240) };
    let (mut messages, mut ships, mut bright, mut strange) = (0_u32, 0, 0, 0);
    let (mut next_deg, mut next_index) = (None, None);
    run(site.clone(), 300, 20, |scene, _, _, bytes| {
        assert!(bytes.len() <= 1472, "{} octets do not fit a datagram", bytes.len());
        let mut found = 0;
        Blocks::new(Editions::default()).read(bytes, true, |item| {
            let Record::Record(record) = item else { panic!("{item:?}") };
            let video = cat240::Video::read(&record);
            assert_eq!(
                (record.category.number, video.source.map(|it| (it.sac, it.sic))),
                (240, Some(site.code))
            );
            found += 1;
            if video.kind == Some(1) {
                assert_eq!(video.summary, Some(&b"SIMULATED X-BAND"[..]));
                return;
            }
            messages += 1;
            let (sweep, cells) = (video.sweep.unwrap(), video.cells.unwrap());
            // Directions follow each other without a gap, and so do their numbers.
            let [start, end] = sweep.azimuths_deg;
            assert!(next_deg.replace(end).is_none_or(|before| before == start));
            assert!(
                next_index.replace(video.index.unwrap() + 1).is_none_or(|before| video.index == Some(before))
            );
            assert_eq!((cells.strengths().count(), cells.bits()), (1024, Some(8)));
            assert!((sweep.range_m(1023) - site.reach_m).abs() < 50.0);
            let day_s = f64::from(video.time_of_day.unwrap()) / 128.0;
            let middle_deg = start + 180.0 / 1024.0;
            let strengths: Vec<u32> = cells.strengths().collect();
            let truth = seen(&site, scene, day_s);
            let apart_m = |range_m: f64, (r, a): &(f64, f64)| {
                (range_m - r).abs().max((wrap(middle_deg - a).to_radians() * range_m).abs() - 0.02 * range_m)
            };
            for (range_m, azimuth_deg) in &truth {
                if wrap(middle_deg - azimuth_deg).abs() < 180.0 / 1024.0 && *range_m < 0.8 * site.reach_m {
                    ships += 1;
                    let near = |n: u32| (sweep.range_m(n) - range_m).abs() < 150.0;
                    bright += u32::from((0..1024).any(|n| near(n) && strengths[n as usize] > 70));
                }
            }
            for (n, _) in strengths.iter().enumerate().filter(|(_, strength)| **strength > 70) {
                let range_m = sweep.range_m(n as u32);
                strange += usize::from(!truth.iter().any(|at| apart_m(range_m, at) < 200.0));
            }
        });
        assert_eq!(found, 1);
    });
    println!("{messages} directions; {bright} of {ships} ships bright, {strange} bright cells are nobody's");
    // Eight turns, but for the part that is not told yet.
    assert!((7_000..=8_192).contains(&messages));
    // Some are not seen in a turn (4 % of the ships), some hidden by others; clutter is 2 echoes a turn.
    assert!(ships > 200 && f64::from(bright) > 0.85 * f64::from(ships));
    assert!((1..400).contains(&strange));
}
