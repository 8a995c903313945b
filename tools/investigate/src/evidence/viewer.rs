//! The page of a package: opens from a folder, with no network and no server.

use crate::chart::STYLE;
use crate::waters::Waters;
use engine::wall::land::Area;
use serde_json::Value;

const SCRIPT: &str = include_str!("viewer.js");
/// So many points are shown; of more, every second, third, and so on, and the page says so.
const MOST: usize = 300_000;

/// Text that may stand in a script.
fn in_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// The page.
pub fn page(manifest: &Value, geojson: &str, waters: &Waters, files: &[String]) -> String {
    let all: Value = serde_json::from_str(geojson).unwrap_or_default();
    let features = all.get("features").and_then(Value::as_array).cloned().unwrap_or_default();
    let length =
        |feature: &Value| feature.pointer("/properties/times").and_then(Value::as_array).map_or(0, Vec::len);
    let every = features.iter().map(length).sum::<usize>().div_ceil(MOST).max(1);
    let tracks: Vec<Value> = features.iter().map(|feature| track(feature, every)).collect();
    let waters = reach(&tracks).map(|area| waters.json(area));
    let shown = serde_json::json!({"every": every, "tracks": tracks, "waters": waters, "files": files});
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Evidence package</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}\
         body{{max-width:1200px}}#map{{width:100%;height:560px;background:#eef4f8;border:1px solid #c8d2dc;touch-action:none}}\
         #time{{width:100%}}#ships{{max-height:260px;overflow:auto}}tr.on{{background:#fff4d6}}button{{font:inherit}}</style>\
         <h1>Evidence package / 证据包</h1><div id=\"head\"></div><div id=\"missing\"></div>\
         <p><button id=\"play\">▶</button> <span id=\"clock\"></span> UTC</p><input id=\"time\" type=\"range\" min=\"0\" \
         max=\"10000\" value=\"0\" aria-label=\"Time\"><canvas id=\"map\"></canvas>\
         <p class=\"dim\">Drag and wheel move the chart. A line is where somebody saw or heard the ship; where nobody did there is \
         none. A ring: last seen there, in the last three minutes. 拖动与滚轮可移动海图；无观测处航迹断开；圆环为三分钟内最后位置。 <span id=\"chart\"></span></p><h2>Ships / 船舶</h2><div id=\"ships\"></div>\
         <h2>Files / 文件</h2><div id=\"files\"></div>\
         <script>const manifest={};const shown={};</script><script>{SCRIPT}</script></html>",
        in_script(manifest),
        in_script(&shown)
    )
}

/// Where the tracks are, and a little around.
fn reach(tracks: &[Value]) -> Option<Area> {
    let points = tracks.iter().filter_map(|track| track.get("points").and_then(Value::as_array)).flatten();
    let places = points.filter_map(|point| Some((point.get(2)?.as_f64()?, point.get(1)?.as_f64()?)));
    let all = places.fold(None, |all: Option<Area>, (lat, lon)| {
        let [south, west, north, east] = all.unwrap_or([lat, lon, lat, lon]);
        Some([south.min(lat), west.min(lon), north.max(lat), east.max(lon)])
    });
    let [south, west, north, east] = all?;
    let around = (0.3 * (north - south).max(east - west)).clamp(0.02, 1.0);
    // The chart is wider than it is high.
    Some([south - around, west - 3.0 * around, north + around, east + 3.0 * around])
}

/// One piece of a track, as short as it can be said.
fn track(feature: &Value, every: usize) -> Value {
    let of = feature.get("properties").cloned().unwrap_or_default();
    let places: Vec<Value> = match feature.pointer("/geometry/coordinates").and_then(Value::as_array) {
        Some(places) if places.first().is_some_and(Value::is_array) => places.clone(),
        Some(place) => vec![Value::from(place.clone())],
        None => Vec::new(),
    };
    let list = |name: &str| of.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let (times, sog, cog, sources) = (list("times"), list("sog_kn"), list("cog_deg"), list("sources"));
    let (sigma, last) = (list("sigma_m"), places.len().saturating_sub(1));
    let points: Vec<Value> = places
        .iter()
        .enumerate()
        // The end of a piece is always shown.
        .filter(|(n, _)| n % every == 0 || *n == last)
        .map(|(n, place)| {
            let at = |list: &[Value]| list.get(n).cloned().unwrap_or_default();
            serde_json::json!([at(&times), place[0], place[1], at(&sog), at(&cog), at(&sigma), at(&sources)])
        })
        .collect();
    serde_json::json!({"mmsi": of.get("mmsi"), "name": of.get("name"), "track": of.get("track"), "points": points})
}
