//! KML 2.2 with Google's extension: a `gx:MultiTrack` per track, a `gx:Track` per piece, nothing between the pieces.

use super::{Tracks, escaped, number};
use crate::case::utc;
use crate::points::{Point, Who};
use serde_json::Value;
use std::io::{self, Write};

/// What is said of each point: name, and what it is called.
const FIELDS: [(&str, &str); 6] = [
    ("sog_kn", "Speed over ground, knots"),
    ("cog_deg", "Course over ground, degrees"),
    ("heading_deg", "Heading, degrees"),
    ("sigma_m", "Standard deviation of the place, metres"),
    ("sources", "Seen or heard by"),
    ("state", "State of the track"),
];

pub fn write(out: &mut impl Write, head: &Value, tracks: &Tracks) -> io::Result<()> {
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <kml xmlns=\"http://www.opengis.net/kml/2.2\" xmlns:gx=\"http://www.google.com/kml/ext/2.2\">\n\
         <Document><name>Tracks told again from a recording</name>"
    )?;
    writeln!(
        out,
        "<description>Where a gx:Track ends, nothing is known until the next.</description>\
         <ExtendedData><Data name=\"head\"><value>{}</value></Data></ExtendedData>",
        escaped(&serde_json::to_string(head)?)
    )?;
    write!(out, "<Schema id=\"point\">")?;
    for (name, title) in FIELDS {
        write!(
            out,
            "<gx:SimpleArrayField name=\"{name}\" type=\"string\"><displayName>{title}</displayName></gx:SimpleArrayField>"
        )?;
    }
    writeln!(out, "</Schema>")?;
    for track in tracks.values() {
        writeln!(out, "<Placemark><name>{}</name>", escaped(&track.who.title()))?;
        identity(out, &track.who)?;
        writeln!(out, "<gx:MultiTrack><gx:interpolate>0</gx:interpolate>")?;
        track.pieces().try_for_each(|points| piece(out, points))?;
        writeln!(out, "</gx:MultiTrack></Placemark>")?;
    }
    writeln!(out, "</Document></kml>")
}

fn identity(out: &mut impl Write, who: &Who) -> io::Result<()> {
    let text = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    let all = [
        ("picture", who.key.0.to_string()),
        ("track", who.key.1.to_string()),
        ("mmsi", text(who.mmsi.map(u64::from))),
        ("imo", text(who.imo.map(u64::from))),
        ("callsign", who.callsign.clone().unwrap_or_default()),
        ("card", text(who.card)),
        ("terminal", who.terminal.clone().unwrap_or_default()),
        ("class", who.class.unwrap_or_default().to_owned()),
        ("ship_type", text(who.ship_type.map(u64::from))),
    ];
    write!(out, "<ExtendedData>")?;
    for (name, value) in all.iter().filter(|(_, value)| !value.is_empty()) {
        write!(out, "<Data name=\"{name}\"><value>{}</value></Data>", escaped(value))?;
    }
    writeln!(out, "</ExtendedData>")
}

fn piece(out: &mut impl Write, points: &[Point]) -> io::Result<()> {
    writeln!(out, "<gx:Track>")?;
    for point in points {
        writeln!(out, "<when>{}</when>", utc(point.at_us))?;
    }
    for point in points {
        writeln!(out, "<gx:coord>{:.7} {:.7} 0</gx:coord>", point.lon, point.lat)?;
    }
    writeln!(out, "<ExtendedData><SchemaData schemaUrl=\"#point\">")?;
    for (name, _) in FIELDS {
        write!(out, "<gx:SimpleArrayData name=\"{name}\">")?;
        for point in points {
            write!(out, "<gx:value>{}</gx:value>", escaped(&value(point, name)))?;
        }
        writeln!(out, "</gx:SimpleArrayData>")?;
    }
    writeln!(out, "</SchemaData></ExtendedData></gx:Track>")
}

fn value(point: &Point, name: &str) -> String {
    match name {
        "sog_kn" => number(point.sog_kn, 2),
        "cog_deg" => number(point.cog_deg, 2),
        "heading_deg" => number(point.heading_deg, 1),
        "sigma_m" => number(point.sigma_m(), 2),
        "sources" => point.sources.join(";"),
        _ => point.state.to_owned(),
    }
}
