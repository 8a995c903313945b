//! Typhoon tracks as the Zhejiang water authority publishes them: JSON, every value a string, times Beijing's.
//!
//! Radii stand as `a|b|c|d`, and publishers do not agree which quarter is which: unless the configuration says, each
//! quarter has the largest radius that any of the known orders gives it. A forecast without radii has the last observed
//! ones, scaled by its class, and marked as assumed.

mod place;

use crate::config::Typhoon;
use crate::queue::Asking;
use crate::wall::Skies;
use decoders::calendar;
use place::{EVERY, Place};
use serde::Deserialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use units::{Position, UtcTime};
use watch::Notice;
use watch::storm::{Storm, StormPoint};

/// Beijing's clock is so far ahead of UTC, seconds.
const AHEAD_S: f64 = 8.0 * 3600.0;
/// No typhoon has more points, observed and forecast.
const MAX_POINTS: usize = 1000;
/// No circle is larger, kilometres.
const MOST_KM: f64 = 2000.0;

/// Which quarter each of the four radii is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Quadrants {
    /// Nobody knows: the worst of all orders.
    #[default]
    #[serde(rename = "unknown")]
    Unknown,
    /// North-east, south-east, north-west, south-west.
    #[serde(rename = "ne-se-nw-sw")]
    NeSeNwSw,
    /// North-east, south-east, south-west, north-west.
    #[serde(rename = "ne-se-sw-nw")]
    NeSeSwNw,
    /// South-east, north-east, north-west, south-west.
    #[serde(rename = "se-ne-nw-sw")]
    SeNeNwSw,
    /// North-east, north-west, south-east, south-west.
    #[serde(rename = "ne-nw-se-sw")]
    NeNwSeSw,
}

impl Quadrants {
    /// North-east, south-east, south-west and north-west of four that stand in this order.
    fn sorted(self, [a, b, c, d]: [f64; 4]) -> [f64; 4] {
        match self {
            Self::Unknown => [a.max(b), a.max(b).max(c), c.max(d), b.max(c).max(d)],
            Self::NeSeNwSw => [a, b, d, c],
            Self::NeSeSwNw => [a, b, c, d],
            Self::SeNeNwSw => [b, a, d, c],
            Self::NeNwSeSw => [a, c, d, b],
        }
    }
}

/// Tells the core of each track, now and whenever there is news of it. What cannot be read is said, and what was known
/// stays.
pub(crate) async fn follow(typhoons: Vec<Typhoon>, core: Asking, skies: Skies, stop: CancellationToken) {
    let mut places: Vec<Place> = typhoons.into_iter().map(Place::new).collect();
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        for place in std::mem::take(&mut places) {
            // A server may take its time, and nobody else waits for it; nor does whoever stops.
            let reading = tokio::task::spawn_blocking(move || {
                let mut place = place;
                let read = place.read();
                (place, read)
            });
            let read = tokio::select! {
                () = stop.cancelled() => return,
                read = reading => read,
            };
            let Ok((mut place, read)) = read else { continue };
            let storms = read.map(|read| read.and_then(|text| parse(&text, place.typhoon.quadrants)));
            match storms {
                None => {}
                Some(Ok(storms)) => {
                    for storm in &storms {
                        skies.note(storm);
                    }
                    // What finds no room is said again.
                    let told = storms.into_iter().all(|storm| core.tell(Notice::Storm(storm)).is_ok());
                    place.remember(told);
                }
                Some(Err(error)) => {
                    tracing::warn!(typhoon = %place.typhoon, %error, "typhoon not read");
                }
            }
            places.push(place);
        }
    }
}

/// Reads one typhoon: a storm for each agency that forecasts it, or one where none does.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str, order: Quadrants) -> Result<Vec<Storm>, String> {
    // It may come wrapped for a script.
    let start = text.find(['{', '[']).ok_or("is no JSON")?;
    let end = text.rfind(['}', ']']).filter(|end| *end > start).ok_or("is no JSON")?;
    let whole: Value = serde_json::from_str(text.get(start..=end).unwrap_or_default())
        .map_err(|error| format!("is no JSON: {error}"))?;
    let track = whole.as_array().and_then(|all| all.first()).unwrap_or(&whole);
    let points = track.get("points").and_then(Value::as_array).ok_or("has no `points`")?;
    if points.len() > MAX_POINTS {
        return Err(format!("more than {MAX_POINTS} points"));
    }
    let mut observed = Vec::new();
    for (n, entry) in points.iter().enumerate() {
        let read = point(entry, order).ok_or_else(|| format!("points[{n}]: has no time or place"))?;
        observed.push(read);
    }
    observed.sort_by_key(|point| point.at);
    let last = observed.last().copied().ok_or("has no `points`")?;
    let name = ["enname", "name", "tfid"].map(|key| text_of(track, key).unwrap_or_default()).join(" ");
    let newest = points.iter().rev().find_map(|entry| entry.get("forecast").and_then(Value::as_array));
    let mut storms = Vec::new();
    let newest_class = points.last().and_then(class);
    for agency in newest.into_iter().flatten() {
        let Some(ahead) = agency.get("forecastpoints").and_then(Value::as_array) else { continue };
        let mut points = observed.clone();
        for entry in ahead.iter().take(MAX_POINTS) {
            let Some(read) = point(entry, order).filter(|read| read.at > last.at) else { continue };
            points.push(forecast(read, &last, [newest_class, class(entry)]));
        }
        points.sort_by_key(|point| point.at);
        let tm = text_of(agency, "tm").unwrap_or_default();
        storms.push(Storm { name: format!("{name} ({tm})"), points });
    }
    if storms.is_empty() {
        storms.push(Storm { name, points: observed });
    }
    Ok(storms)
}

/// With its own radii, or what its class makes of the last that were seen.
fn forecast(own: StormPoint, last: &StormPoint, [from, to]: [Option<f64>; 2]) -> StormPoint {
    let scale = from.zip(to).map_or(1.0, |(from, to)| (to / from).clamp(0.5, 2.0));
    let is_assumed = own.radii_m.iter().all(Option::is_none);
    let radii_m = if is_assumed {
        last.radii_m.map(|circle| circle.map(|r| r.map(|m| m * scale)))
    } else {
        own.radii_m
    };
    StormPoint { is_forecast: true, is_assumed, radii_m, ..own }
}

fn point(entry: &Value, order: Quadrants) -> Option<StormPoint> {
    let place = Position::new(number(entry, "lat")?, number(entry, "lng")?)?;
    let radii_m = ["radius7", "radius10", "radius12"].map(|key| {
        let text = text_of(entry, key)?;
        let mut four = [0.0; 4];
        let mut parts = text.split('|');
        for radius in &mut four {
            let km = parts.next()?.trim().parse().ok().filter(|km| (0.0..=MOST_KM).contains(km))?;
            *radius = km * 1000.0;
        }
        parts.next().is_none().then(|| order.sorted(four))
    });
    Some(StormPoint { at: time(entry)?, place, radii_m, is_forecast: false, is_assumed: false })
}

/// The middle of the speeds of a class (GB/T 19201), metres per second: by the wind, else by the name.
fn class(entry: &Value) -> Option<f64> {
    const CLASSES: [(&str, f64, f64); 6] = [
        ("热带低压", 10.8, 14.0),
        ("热带风暴", 17.2, 20.8),
        ("强热带风暴", 24.5, 28.5),
        ("台风", 32.7, 37.0),
        ("强台风", 41.5, 46.2),
        ("超强台风", 51.0, 56.0),
    ];
    let by_speed = number(entry, "speed")
        .and_then(|mps| CLASSES.iter().rev().find(|(_, least, _)| mps >= *least).map(|(.., middle)| *middle));
    let name = text_of(entry, "strong");
    by_speed.or_else(|| {
        let name = name?;
        CLASSES.iter().find(|(class, ..)| *class == name).map(|(.., middle)| *middle)
    })
}

/// `2021/9/23 20:00:00`, hours and days with or without a nought.
fn time(entry: &Value) -> Option<UtcTime> {
    let text = text_of(entry, "time")?;
    let mut parts = text.split(['/', '-', ' ', ':', 'T']).map(str::parse::<u32>);
    let mut next = || parts.next()?.ok();
    let date = [next()?, next()?, next()?, next()?, next()?, next().unwrap_or(0)];
    Some(calendar::utc(date, 0)?.plus_s(-AHEAD_S))
}

fn text_of<'a>(entry: &'a Value, key: &str) -> Option<&'a str> {
    entry.get(key)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

fn number(entry: &Value, key: &str) -> Option<f64> {
    let value = entry.get(key)?;
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    const TRACK: &str = r#"cb([{"tfid":"202501","name":"试","enname":"Test","points":[
        {"time":"2025/9/1 8:00:00","lat":"28.00","lng":"124.00","strong":"台风","speed":"35","radius7":"300|250|200|150","radius10":"100|90|80|70","radius12":"",
         "forecast":[{"tm":"中国","forecastpoints":[
            {"time":"2025/9/1 8:00:00","lat":"28.00","lng":"124.00","speed":"35"},
            {"time":"2025/9/1 20:00:00","lat":"29.00","lng":"123.00","speed":"28"},
            {"time":"2025/9/2 8:00:00","lat":"30.00","lng":"122.50","speed":"28","radius7":"10|20|30|40"}]},
            {"tm":"日本","forecastpoints":null}]}]}]);"#;

    #[test]
    fn a_track_and_what_is_forecast_of_it() {
        let storms = parse(TRACK, Quadrants::NeSeSwNw).unwrap();
        let [storm] = storms.as_slice() else { panic!("{storms:?}") };
        assert_eq!(storm.name, "Test 试 202501 (中国)");
        let [seen, assumed, told] = storm.points.as_slice() else { panic!("{:?}", storm.points) };
        // 2025-09-01 00:00 UTC.
        assert_eq!((seen.at.unix_s(), seen.is_forecast, seen.is_assumed), (1_756_684_800, false, false));
        assert_eq!(
            seen.radii_m,
            [
                Some([300_000.0, 250_000.0, 200_000.0, 150_000.0]),
                Some([100_000.0, 90_000.0, 80_000.0, 70_000.0]),
                None
            ]
        );
        // A severe tropical storm after a typhoon: 28.5 of 37.
        assert!(assumed.is_forecast && assumed.is_assumed);
        assert!((assumed.radii_m[0].unwrap()[0] - 300_000.0 * 28.5 / 37.0).abs() < 1.0);
        assert_eq!((told.is_assumed, told.radii_m[0].unwrap()[3], told.radii_m[1]), (false, 40_000.0, None));
    }

    #[test]
    fn a_file_is_told_of_when_it_has_changed() {
        let path = std::env::temp_dir().join(format!("fairway-typhoon-{}.json", std::process::id()));
        std::fs::write(&path, TRACK).unwrap();
        let (sender, receiver) = crate::queue::channel();
        let (stop, door) = (CancellationToken::new(), sender.asking());
        let file = Typhoon::file(path.clone(), Quadrants::Unknown);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let told = runtime.block_on(async {
            let told = async {
                let work = tokio::task::spawn_blocking(move || receiver.receive()).await;
                stop.cancel();
                work
            };
            tokio::join!(follow(vec![file], door, Skies::new(&watch::Config::default()), stop.clone()), told)
                .1
        });
        std::fs::remove_file(path).unwrap();
        drop(sender);
        let Ok(Some(crate::queue::Work::Notice(notice))) = told else { panic!("{told:?}") };
        let Notice::Storm(storm) = *notice else { panic!("{notice:?}") };
        assert_eq!(storm.points.len(), 3);
    }

    #[test]
    fn an_unknown_order_is_the_worst_of_all() {
        // RISK.md: NE = max(a,b), SE = max(a,b,c), SW = max(c,d), NW = max(b,c,d).
        let orders = [Quadrants::NeSeNwSw, Quadrants::NeSeSwNw, Quadrants::SeNeNwSw, Quadrants::NeNwSeSw];
        for four in [[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0], [2.0, 4.0, 1.0, 3.0], [3.0, 1.0, 4.0, 2.0]] {
            let worst = Quadrants::Unknown.sorted(four);
            for (quarter, radius) in worst.iter().enumerate() {
                let most = orders.iter().map(|order| order.sorted(four)[quarter]).fold(0.0, f64::max);
                assert_eq!(*radius, most, "{four:?}, quarter {quarter}");
            }
        }
    }

    #[test]
    fn the_sample_is_read() {
        let shared = std::env::var_os("FAIRWAY_SHARED")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
        let Ok(text) = std::fs::read_to_string(shared.join("data/beidou/typhoon_zjwater_sample.json")) else {
            eprintln!("skipped: no shared data");
            return;
        };
        let storms = parse(&text, Quadrants::Unknown).unwrap();
        assert_eq!(storms.len(), 2, "two agencies");
        let at = storms[0].at(UtcTime::from_unix_s(1_632_398_400 + 6 * 3600)).unwrap();
        assert!(at.is_assumed && at.radii_m[0].is_some());
        // 250|220|200|180: to the north-east the first or the second, the other way the third or the fourth.
        assert_eq!(storms[0].points[0].radii_m[0], Some([250_000.0, 250_000.0, 200_000.0, 220_000.0]));
    }

    #[test]
    fn what_is_no_track_is_refused() {
        for (text, expected) in [
            ("", "is no JSON"),
            ("{]", "is no JSON: key must be a string at line 1 column 2"),
            ("{}", "has no `points`"),
            (r#"{"points":[]}"#, "has no `points`"),
            (
                r#"{"points":[{"time":"2025/13/1 8:00:00","lat":"28","lng":"124"}]}"#,
                "points[0]: has no time or place",
            ),
        ] {
            assert_eq!(parse(text, Quadrants::Unknown).unwrap_err(), expected);
        }
    }
}
