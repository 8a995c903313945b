use super::*;
use crate::frame::Line;
use crate::nmea::{Item, Reader};
use proptest::prelude::*;

/// What a line says, by the reader and this decoder.
fn read(line: &[u8]) -> Option<Gnss> {
    let mut seen = None;
    Reader::new().line(Line::Whole(line.trim_ascii_end()), UtcTime::from_unix_s(0), |item| match item {
        Item::Other(sentence) => seen = Gnss::decode(&sentence),
        other => panic!("{other:?}"),
    });
    seen
}

/// A sentence of this body.
fn of(body: &str) -> Option<Gnss> {
    let mut line = Vec::new();
    encode_sentence(&mut line, b'$', body.as_bytes());
    read(&line)
}

fn at(lat: f64, lon: f64) -> Option<Position> {
    Position::new(lat, lon)
}

#[test]
fn sentences_of_every_talker_are_read() {
    let time = TimeOfDay::parse;
    // Samples of the standard and of receivers; values by hand.
    let Some(Gnss::Gga(gga)) = of("BDGGA,123519.00,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,") else {
        panic!()
    };
    assert!(same(gga.position, at(48.0 + 7.038 / 60.0, 11.0 + 31.0 / 60.0)));
    assert_eq!((gga.time, gga.quality, gga.satellites), (time(b"123519"), Some(1), Some(8)));
    assert_eq!(
        (gga.altitude_m, gga.separation_m, gga.age_s, gga.station),
        (Some(545.4), Some(46.9), None, None)
    );

    let Some(Gnss::Rmc(rmc)) = of("GNRMC,070723.00,A,2309.30979,N,11330.00659,E,0.08,,070324,,,A,V") else {
        panic!()
    };
    assert_eq!((rmc.valid, rmc.mode, rmc.nav_status), (Some(true), Some(b'A'), Some(b'V')));
    // `date -u -d '2024-03-07 07:07:23' +%s`
    assert_eq!(rmc.at(), Some(UtcTime::from_unix_s(1_709_795_243)));
    assert_eq!((rmc.sog.map(Knots::value), rmc.cog), (Some(0.08), None));
    let Some(Gnss::Rmc(short)) = of("GPRMC,040107.00,V,3151.6567,S,11714.4833,W,0,0,150613,3.5,W,A") else {
        panic!()
    };
    assert_eq!((short.valid, short.variation_deg, short.nav_status), (Some(false), Some(-3.5), None));
    assert!(short.position.is_some_and(|p| p.lat() < -31.8 && p.lon() < -117.2));

    // The extra field of a Chinese receiver, and the standard's own form.
    let expected = UtcTime::from_unix_s(1_709_796_448);
    for body in ["BDZDA,1,072728.000,07,03,2024,00", "GNZDA,072728.00,07,03,2024,00,00"] {
        let Some(Gnss::Zda(zda)) = of(body) else { panic!() };
        assert_eq!(zda.at(), Some(expected), "{body}");
    }
    let cases = [
        ("GPVTG,054.7,T,034.4,M,005.5,N,010.2,K", Some(5.5)),
        ("GBVTG,054.7,T,,M,,N,1.852,K,A", Some(1.0)),
        ("GPVTG,054.7,034.4,005.5,010.2", Some(5.5)),
        ("GPVTG,,T,,M,,N,,K,N", None),
    ];
    for (body, sog) in cases {
        let Some(Gnss::Vtg(vtg)) = of(body) else { panic!() };
        assert_eq!(vtg.sog.map(Knots::value), sog, "{body}");
    }
    let Some(Gnss::Gsv(gsv)) = of("GPGSV,3,3,10,20,25,214,,22,68,187,") else { panic!() };
    let ids: Vec<_> = gsv.satellites.iter().flatten().map(|s| (s.id, s.snr_dbhz)).collect();
    assert_eq!((ids, gsv.signal), (vec![(20, None), (22, None)], None));
    let Some(Gnss::Gsv(gsv)) = of("GPGSV,3,1,10,01,,,41,02,38,034,42,03,36,113,47,07,38,195,25,1") else {
        panic!()
    };
    assert_eq!((gsv.satellites.iter().flatten().count(), gsv.signal), (4, Some(1)));
    let Some(Gnss::Gsa(gsa)) = of("GNGSA,A,3,01,19,,,,,,,,,,,1.9,1.0,1.6,4") else { panic!() };
    assert_eq!(
        (gsa.system, gsa.hdop, gsa.satellites[1], gsa.satellites[2]),
        (Some(4), Some(1.0), Some(19), None)
    );
    let Some(Gnss::Gll(gll)) = of("GALLL,1").or(of("GAGLL,2959.9,N,12200.6,E,072728,A,D")) else { panic!() };
    assert!(same(gll.position, at(29.0 + 59.9 / 60.0, 122.0 + 0.6 / 60.0)) && gll.mode == Some(b'D'));
    assert_eq!(of("HEHDT,274.07,T"), Some(Gnss::Hdt(Degrees::new(274.07))));
    assert_eq!(of("GNHDT,361.0,T"), Some(Gnss::Hdt(None)));
    let Some(Gnss::Gns(gns)) = of("GNGNS,014035.00,4332.69,S,17235.48,E,RRNA,13,0.9,25.63,11.24,,,V") else {
        panic!()
    };
    assert_eq!((gns.modes.map(|m| m.to_string()).as_deref(), gns.nav_status), (Some("RRNA"), Some(b'V')));
    for none in ["PGGA,1", "GPXYZ,1", "GPGSV,,1"] {
        assert_eq!(of(none), None, "{none}");
    }
}

/// A number of so many decimals, as it comes out of a sentence.
fn decimals(range: std::ops::Range<i32>, scale: f64) -> impl Strategy<Value = Option<f64>> {
    prop::option::of(range.prop_map(move |n| f64::from(n) / scale))
}

fn time() -> impl Strategy<Value = Option<TimeOfDay>> {
    let parts = (0_u8..24, 0_u8..60, 0_u8..60, 0_u16..100);
    prop::option::of(parts).prop_map(|time| time.and_then(|(h, m, s, c)| TimeOfDay::new(h, m, s, c * 10)))
}

fn degrees() -> impl Strategy<Value = Option<Degrees>> {
    decimals(0..36_000, 100.0).prop_map(|value| value.and_then(Degrees::new))
}

fn knots() -> impl Strategy<Value = Option<Knots>> {
    decimals(0..10_000, 100.0).prop_map(|value| value.and_then(Knots::new))
}

fn letter() -> impl Strategy<Value = Option<u8>> {
    prop::option::of(prop::sample::select(&b"ADEFMNPRSV"[..]))
}

fn date() -> impl Strategy<Value = Option<[u16; 3]>> {
    prop::option::of([1_u16..29, 1..13, 2000..2100])
}

fn place() -> impl Strategy<Value = Option<Position>> {
    prop::option::of((-90.0..=90.0, -180.0..=180.0))
        .prop_map(|at| at.and_then(|(lat, lon)| Position::new(lat, lon)))
}

/// Equal, with the position to a fifth of a millimetre.
fn same(a: Option<Position>, b: Option<Position>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a.lat() - b.lat()).abs() < 2e-9 && (a.lon() - b.lon()).abs() < 2e-9,
        (a, b) => a == b,
    }
}

fn again(sentence: &Gnss) -> Gnss {
    let mut line = Vec::new();
    sentence.encode(*b"GB", &mut line);
    assert!(line.len() <= 120, "{}", line.escape_ascii());
    read(&line).unwrap()
}

proptest! {
    #[test]
    fn fixes_are_read_as_they_were_written(
        time in time(), position in place(), (valid, quality) in any::<(Option<bool>, Option<u8>)>(),
        (sog, cog) in (knots(), degrees()), date in date(), variation_deg in decimals(-1800..1800, 10.0),
        (mode, nav_status) in (letter(), letter()), satellites in prop::option::of(0_u8..100),
        (hdop, altitude_m) in (decimals(0..9999, 100.0), decimals(-10_000..100_000, 100.0)), station in any::<Option<u16>>(),
    ) {
        let age_s = hdop.map(|hdop| (hdop * 10.0).round() / 10.0);
        let gga = Gga { time, position, quality, satellites, hdop, altitude_m, separation_m: altitude_m, age_s, station };
        let Gnss::Gga(read) = again(&Gnss::Gga(gga)) else { panic!() };
        prop_assert!(same(read.position, position));
        prop_assert_eq!(Gga { position, ..read }, gga);
        let rmc = Rmc { time, valid, position, sog, cog, date, variation_deg, mode, nav_status };
        let Gnss::Rmc(read) = again(&Gnss::Rmc(rmc)) else { panic!() };
        prop_assert!(same(read.position, position));
        prop_assert_eq!(Rmc { position, ..read }, rmc);
        let gll = Gll { position, time, valid, mode };
        let Gnss::Gll(read) = again(&Gnss::Gll(gll)) else { panic!() };
        prop_assert!(same(read.position, position));
        prop_assert_eq!(Gll { position, ..read }, gll);
        let modes = Label::new(b"AANDNN");
        let gns = Gns { time, position, modes, satellites, hdop, altitude_m, separation_m: None, age_s, station, nav_status };
        let Gnss::Gns(read) = again(&Gnss::Gns(gns)) else { panic!() };
        prop_assert!(same(read.position, position));
        prop_assert_eq!(Gns { position, ..read }, gns);
    }

    #[test]
    fn everything_else_is_read_as_it_was_written(
        time in time(), date in date(), (cog, cog_magnetic, sog) in (degrees(), degrees(), knots()), mode in letter(),
        (zone_h, zone_min) in (prop::option::of(-13_i8..14), prop::option::of(0_u8..60)),
        sigma in decimals(0..99_999, 100.0), ids in any::<[Option<u16>; 12]>(), system in prop::option::of(0_u8..16),
        (total, number, in_view) in (1_u8..10, 1_u8..10, prop::option::of(0_u8..100)),
        shown in prop::collection::vec((any::<u16>(), prop::option::of(0_u8..91), prop::option::of(0_u16..360), prop::option::of(0_u8..100)), 0..5),
    ) {
        let mut satellites = [None; 4];
        for (place, (id, elevation_deg, azimuth_deg, snr_dbhz)) in satellites.iter_mut().zip(shown) {
            *place = Some(Satellite { id, elevation_deg, azimuth_deg, snr_dbhz });
        }
        let sentences = [
            Gnss::Vtg(Vtg { cog, cog_magnetic, sog, mode }),
            Gnss::Zda(Zda { time, date, zone_h, zone_min }),
            Gnss::Gst(Gst { time, rms: sigma, major_m: sigma, orientation: cog, alt_sigma_m: sigma, ..Gst::default() }),
            Gnss::Gsa(Gsa { choice: mode, fix: Some(3), satellites: ids, pdop: sigma, hdop: None, vdop: sigma, system }),
            Gnss::Gsv(Gsv { total, number, in_view, satellites, signal: system }),
            Gnss::Hdt(cog),
            Gnss::Ths { heading: cog, mode },
        ];
        for sentence in sentences {
            prop_assert_eq!(again(&sentence), sentence);
        }
    }

    #[test]
    fn any_fields_are_read(kind in prop::sample::select(&["GGA", "RMC", "GLL", "GNS", "VTG", "ZDA", "GSA", "GSV", "GST", "HDT", "THS"][..]), fields in "[0-9A-Z.,+-]{0,80}") {
        of(&format!("BD{kind},{fields}"));
    }
}
