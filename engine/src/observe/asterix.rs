//! ASTERIX records of radars to observations: CAT010 and CAT048, plots and tracks.

use super::radar::{Echo, Observer, Outcome, Place, Said, Unused};
use decoders::asterix::{Course, DataSource, Polar, Record, cat010, cat048};
use fusion::SensorTrackStatus;
use units::{Degrees, UtcTime};

/// Counts of a time of day in a second, and in a day.
const PER_S: f64 = 128.0;
const PER_DAY: u32 = 86_400 * 128;
/// A size of seven bits stops counting here.
const SIZE_FULL_M: f64 = 127.0;

/// What the two categories have in common.
#[derive(Clone, Copy, Debug, Default)]
struct Target {
    source: Option<DataSource>,
    time_of_day: Option<u32>,
    /// Simulated, or for a test.
    unreal: bool,
    /// A permanent echo.
    fixed: bool,
    polar: Option<Polar>,
    cartesian_m: Option<[f64; 2]>,
    wgs84_deg: Option<[f64; 2]>,
    /// The cartesian place is on the ground, and not as far off as the antenna is.
    projected: bool,
    course: Option<Course>,
    track: Option<u16>,
    status: Option<SensorTrackStatus>,
    sigma_m: Option<f64>,
    size: Option<cat010::Size>,
}

/// What a record says of a target, where it is about one.
pub fn observe(record: &Record<'_>, radar: &mut Observer, arrival: UtcTime) -> Option<Outcome> {
    let target = match record.category.number {
        10 => surface(&cat010::Report::read(record))?,
        48 => monoradar(&cat048::Report::read(record)),
        _ => return None,
    };
    Some(observed(&target, radar, arrival))
}

fn surface(report: &cat010::Report) -> Option<Target> {
    if report.kind != Some(cat010::Kind::Target) {
        return None;
    }
    let [simulated, test, fixed] = report.descriptor.and_then(|d| d.special).unwrap_or_default();
    let course = report.course.or_else(|| {
        report.velocity_mps.map(|[east, north]| Course {
            speed_mps: east.hypot(north),
            course_deg: east.atan2(north).to_degrees(),
        })
    });
    let status = report.status.map(|status| match status {
        cat010::Status { ended: true, .. } => SensorTrackStatus::Ended,
        cat010::Status { coasted: 1.., .. } => SensorTrackStatus::Coasting,
        cat010::Status { tentative: true, .. } => SensorTrackStatus::Tentative,
        _ => SensorTrackStatus::Confirmed,
    });
    Some(Target {
        source: report.source,
        time_of_day: report.time_of_day,
        unreal: simulated || test,
        fixed,
        polar: report.polar,
        cartesian_m: report.cartesian_m,
        wgs84_deg: report.wgs84_deg,
        projected: report.status.is_some_and(|status| status.projected),
        course,
        track: report.track,
        status,
        // The worse of the two axes stands for both.
        sigma_m: report.deviation.map(|of| of.sigma_m[0].max(of.sigma_m[1])).filter(|sigma_m| *sigma_m > 0.0),
        size: report.size,
    })
}

fn monoradar(report: &cat048::Report) -> Target {
    let descriptor = report.descriptor.unwrap_or_default();
    let life = report.status.and_then(|status| status.life).unwrap_or_default();
    let status = report.status.map(|status| match status {
        _ if life.ended => SensorTrackStatus::Ended,
        // A track without a plot of its own.
        _ if report.descriptor.is_some() && descriptor.detection == 0 => SensorTrackStatus::Coasting,
        cat048::Status { tentative: true, .. } => SensorTrackStatus::Tentative,
        _ => SensorTrackStatus::Confirmed,
    });
    Target {
        source: report.source,
        time_of_day: report.time_of_day,
        unreal: descriptor.simulated || descriptor.test == Some(true) || life.ghost,
        fixed: descriptor.fixed,
        polar: report.polar,
        cartesian_m: report.cartesian_m,
        wgs84_deg: None,
        projected: life.projected,
        course: report.course,
        track: report.track,
        status,
        sigma_m: report.quality.map(|of| of.sigma_m[0].max(of.sigma_m[1])).filter(|sigma_m| *sigma_m > 0.0),
        size: None,
    }
}

fn observed(target: &Target, radar: &mut Observer, arrival: UtcTime) -> Outcome {
    let code = target.source.map(|DataSource { sac, sic }| (sac, sic));
    let index = radar.speaker(code).ok_or(Unused::NoSite)?;
    if target.unreal {
        return Err(Unused::NotTracked);
    }
    if target.fixed {
        return Err(Unused::FixedEcho);
    }
    let day_s = target.time_of_day.filter(|&counts| counts < PER_DAY).map(|counts| f64::from(counts) / PER_S);
    let (valid, _) = radar.valid(index, day_s, arrival);
    let measured =
        target.polar.map(|Polar { range_m, azimuth_deg }| Place::Polar { slant_m: range_m, azimuth_deg });
    let geographic =
        target.wgs84_deg.and_then(|[lat, lon]| units::Position::new(lat, lon)).map(Place::Geographic);
    let local = target.cartesian_m.map(|[e_m, n_m]| {
        if target.projected {
            Place::Local { e_m, n_m }
        } else {
            Place::Polar { slant_m: e_m.hypot(n_m), azimuth_deg: e_m.atan2(n_m).to_degrees() }
        }
    });
    let number = target.track.filter(|_| !(radar.prefers_plots(index) && measured.is_some()));
    let Some(number) = number else {
        let place = measured.or(local).or(geographic).ok_or(Unused::NoPlace)?;
        return radar.plot(index, place, Echo::default(), valid, arrival).ok_or(Unused::NoPlace);
    };
    let size_m = |of: Option<f64>| of.filter(|m| (0.1..SIZE_FULL_M).contains(m));
    let said = Said {
        status: target.status.unwrap_or(SensorTrackStatus::Confirmed),
        place: local.or(geographic).or(measured),
        motion: target.course.map(|Course { speed_mps, course_deg }| (speed_mps, course_deg)),
        sigma_m: target.sigma_m,
        size_m: (
            size_m(target.size.map(|size| size.length_m)),
            size_m(target.size.and_then(|size| size.width_m)),
        ),
        orientation: target.size.and_then(|size| Degrees::new(size.orientation_deg?)),
        ..Said::of(number.into())
    };
    radar.track(index, &said, valid, arrival).ok_or(Unused::NoPlace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Radar;
    use decoders::asterix::{Block, Editions, Item, Reader, time_of_day};
    use fusion::{Body, Observation, Plane, SensorId, SourceId};
    use units::Position;

    fn at(seconds: f64) -> UtcTime {
        UtcTime::from_unix_s(1_764_028_800).plus_s(seconds)
    }

    fn site() -> Position {
        Position::new(29.9, 122.1).unwrap()
    }

    fn outcomes(block: &[u8], radar: &mut Observer, arrival: UtcTime) -> Vec<Option<Outcome>> {
        let mut reader = Reader::new(Editions::default());
        let mut all = Vec::new();
        reader.read(block, true, |item| match item {
            Item::Record(record) => all.push(observe(&record, radar, arrival)),
            Item::Reject { reason, .. } => panic!("{reason}"),
        });
        all
    }

    fn two_radars(plots: bool) -> Observer {
        let radar = |id, code| Radar {
            code: Some(code),
            antenna_height_m: 100.0,
            plots,
            ..Radar::new(id, "hill", site())
        };
        Observer::new(SourceId(4), vec![radar(0, (0, 7)), radar(1, (0, 8))])
    }

    fn report(track: Option<u16>) -> cat010::Report {
        cat010::Report {
            source: Some(DataSource { sac: 0, sic: 8 }),
            kind: Some(cat010::Kind::Target),
            descriptor: Some(cat010::Descriptor { sensor: 3, special: None }),
            time_of_day: Some(time_of_day(at(-0.5))),
            polar: Some(Polar { range_m: 5000.0, azimuth_deg: 90.0 }),
            cartesian_m: Some([4990.0, 0.0]),
            course: Some(Course { speed_mps: 5.0, course_deg: 180.0 }),
            track,
            status: track.map(|_| cat010::Status { projected: true, ..cat010::Status::default() }),
            ..cat010::Report::default()
        }
    }

    fn blocks(reports: &[cat010::Report]) -> Vec<u8> {
        let mut block = Block::new(cat010::category());
        for report in reports {
            block.push(|visit| report.tell(visit)).unwrap();
        }
        block.bytes().to_vec()
    }

    #[test]
    fn a_track_is_a_track_and_a_plot_a_plot_of_the_radar_that_speaks() {
        let mut radar = two_radars(false);
        let ended = cat010::Report {
            polar: None,
            cartesian_m: None,
            course: None,
            status: Some(cat010::Status { ended: true, ..cat010::Status::default() }),
            ..report(Some(12))
        };
        let stranger = cat010::Report { source: Some(DataSource { sac: 9, sic: 9 }), ..report(None) };
        let north = cat010::Report {
            kind: Some(cat010::Kind::StartOfUpdate),
            source: Some(DataSource { sac: 0, sic: 8 }),
            ..cat010::Report::default()
        };
        let all = [report(Some(12)), report(None), ended, stranger, report(Some(12)), north];
        let seen = outcomes(&blocks(&all), &mut radar, at(0.2));
        let Some(Ok(Observation { valid, body: Body::SensorTrack(track), .. })) = seen[0] else {
            panic!("{seen:?}")
        };
        // Over midnight, to the 1/128 s.
        assert!(valid.since(at(-0.5)).abs() < 0.004);
        let (e_m, n_m) = Plane::at(site()).to_local(track.position.unwrap());
        assert!((e_m - 4990.0).abs() < 0.01 && n_m.abs() < 0.01, "{e_m} {n_m}");
        let [east, north] = track.velocity_mps.unwrap();
        assert!(east.abs() < 0.01 && (north + 5.0).abs() < 0.2, "{east} {north}");
        let Some(Ok(Observation { body: Body::Plot(plot), .. })) = seen[1] else { panic!("{seen:?}") };
        assert_eq!((track.key.sensor, plot.sensor), (SensorId(1), SensorId(1)));
        // The antenna's height takes a metre off, as does the way of rounding nothing.
        assert!((plot.polar.unwrap().range_m - 4999.0).abs() < 0.1, "{plot:?}");
        let Some(Ok(Observation { body: Body::SensorTrack(end), .. })) = seen[2] else { panic!("{seen:?}") };
        assert_eq!((end.status, end.position), (SensorTrackStatus::Ended, None));
        assert_eq!(seen[3], Some(Err(Unused::NoSite)));
        let Some(Ok(Observation { body: Body::SensorTrack(again), .. })) = seen[4] else {
            panic!("{seen:?}")
        };
        assert_eq!((track.key.generation, again.key.generation), (0, 1));
        assert_eq!(seen[5], None);
    }

    #[test]
    fn where_plots_are_preferred_a_numbered_report_is_what_was_measured() {
        let seen = outcomes(&blocks(&[report(Some(12))]), &mut two_radars(true), at(0.0));
        assert!(matches!(seen[0], Some(Ok(Observation { body: Body::Plot(_), .. }))), "{seen:?}");
    }

    #[test]
    fn a_monoradar_report_tells_tests_and_permanent_echoes_apart() {
        let mut block = Block::new(cat048::category());
        let plain = cat048::Report {
            source: Some(DataSource { sac: 0, sic: 7 }),
            time_of_day: Some(time_of_day(at(0.0))),
            descriptor: Some(cat048::Descriptor { detection: 1, ..cat048::Descriptor::default() }),
            polar: Some(Polar { range_m: 3704.0, azimuth_deg: 0.0 }),
            ..cat048::Report::default()
        };
        let with = |descriptor| cat048::Report { descriptor: Some(descriptor), ..plain };
        let fixed = cat048::Descriptor { detection: 1, fixed: true, ..cat048::Descriptor::default() };
        let simulated = cat048::Descriptor { detection: 1, simulated: true, ..cat048::Descriptor::default() };
        let coasted = cat048::Report {
            track: Some(9),
            status: Some(cat048::Status::default()),
            ..with(cat048::Descriptor::default())
        };
        for report in [plain, with(fixed), with(simulated), coasted] {
            block.push(|visit| report.tell(visit)).unwrap();
        }
        let seen = outcomes(block.bytes(), &mut two_radars(false), at(0.0));
        assert!(matches!(seen[0], Some(Ok(Observation { body: Body::Plot(_), .. }))), "{seen:?}");
        assert_eq!(seen[1..3], [Some(Err(Unused::FixedEcho)), Some(Err(Unused::NotTracked))]);
        let Some(Ok(Observation { body: Body::SensorTrack(track), .. })) = seen[3] else {
            panic!("{seen:?}")
        };
        assert_eq!(track.status, SensorTrackStatus::Coasting);
    }
}
