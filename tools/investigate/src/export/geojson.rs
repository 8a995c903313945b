//! GeoJSON (RFC 7946): a feature per piece of a track, and beside its line one list per thing that is known of each point.

use super::Tracks;
use crate::case::utc;
use crate::points::{Point, Who};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

pub fn write(out: &mut impl Write, head: &Value, tracks: &Tracks) -> io::Result<()> {
    write!(out, "{{\"type\":\"FeatureCollection\",\"fairway\":{head},\"features\":[")?;
    let mut comma = "\n";
    for track in tracks.values() {
        for piece in track.pieces() {
            write!(out, "{comma}{}", feature(&track.who, piece))?;
            comma = ",\n";
        }
    }
    writeln!(out, "\n]}}")
}

fn feature(who: &Who, points: &[Point]) -> Value {
    let place = |point: &Point| json!([point.lon, point.lat]);
    let geometry = match points {
        // A line has two ends.
        [point] => json!({"type": "Point", "coordinates": place(point)}),
        _ => json!({"type": "LineString", "coordinates": points.iter().map(place).collect::<Vec<_>>()}),
    };
    json!({"type": "Feature", "geometry": geometry, "properties": properties(who, points)})
}

fn properties(who: &Who, points: &[Point]) -> Map<String, Value> {
    let mut all = Map::new();
    let (picture, track) = who.key;
    all.insert("picture".to_owned(), picture.into());
    all.insert("track".to_owned(), track.into());
    all.insert("piece".to_owned(), points.first().map_or(0, |point| point.piece).into());
    let known = [
        ("mmsi", json!(who.mmsi)),
        ("imo", json!(who.imo)),
        ("name", json!(who.name)),
        ("callsign", json!(who.callsign)),
        ("card", json!(who.card)),
        ("terminal", json!(who.terminal)),
        ("class", json!(who.class)),
        ("ship_type", json!(who.ship_type)),
    ];
    all.extend(known.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let mut list = |name: &str, of: &dyn Fn(&Point) -> Value| {
        all.insert(name.to_owned(), points.iter().map(of).collect::<Vec<_>>().into());
    };
    list("times", &|point| utc(point.at_us).into());
    list("sog_kn", &|point| json!(point.sog_kn));
    list("cog_deg", &|point| json!(point.cog_deg));
    list("heading_deg", &|point| json!(point.heading_deg));
    list("sigma_m", &|point| json!(point.sigma_m().map(|sigma_m| (sigma_m * 100.0).round() / 100.0)));
    list("sources", &|point| point.sources.join(";").into());
    list("states", &|point| point.state.into());
    list("doubts", &|point| point.doubt.into());
    all
}
