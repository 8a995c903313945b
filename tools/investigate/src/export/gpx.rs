//! GPX 1.1: a `trk` per track, a `trkseg` per piece. What GPX has no place for is in `extensions`.

use super::{Tracks, escaped, number};
use crate::case::utc;
use crate::points::{Point, Who};
use serde_json::Value;
use std::io::{self, Write};

pub fn write(out: &mut impl Write, head: &Value, tracks: &Tracks) -> io::Result<()> {
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <gpx version=\"1.1\" creator=\"fairway {}\" xmlns=\"http://www.topografix.com/GPX/1/1\" \
         xmlns:fw=\"urn:fairway:gpx:1\">",
        env!("CARGO_PKG_VERSION")
    )?;
    let told = serde_json::to_string(head)?;
    writeln!(
        out,
        "<metadata><desc>Tracks told again from a recording. Where a trkseg ends, nothing is known until the next.</desc>\
         <extensions><fw:head>{}</fw:head></extensions></metadata>",
        escaped(&told)
    )?;
    for track in tracks.values() {
        let who = &track.who;
        writeln!(out, "<trk><name>{}</name>", escaped(&who.title()))?;
        writeln!(out, "<number>{}</number>", who.key.1)?;
        identity(out, who)?;
        for piece in track.pieces() {
            writeln!(out, "<trkseg>")?;
            piece.iter().try_for_each(|at| point(out, at))?;
            writeln!(out, "</trkseg>")?;
        }
        writeln!(out, "</trk>")?;
    }
    writeln!(out, "</gpx>")
}

fn element(out: &mut impl Write, name: &str, value: &str) -> io::Result<()> {
    if value.is_empty() { Ok(()) } else { write!(out, "<fw:{name}>{}</fw:{name}>", escaped(value)) }
}

fn identity(out: &mut impl Write, who: &Who) -> io::Result<()> {
    write!(out, "<extensions>")?;
    let text = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    element(out, "picture", &who.key.0.to_string())?;
    element(out, "mmsi", &text(who.mmsi.map(u64::from)))?;
    element(out, "imo", &text(who.imo.map(u64::from)))?;
    element(out, "callsign", who.callsign.as_deref().unwrap_or_default())?;
    element(out, "card", &text(who.card))?;
    element(out, "terminal", who.terminal.as_deref().unwrap_or_default())?;
    element(out, "class", who.class.unwrap_or_default())?;
    element(out, "ship_type", &text(who.ship_type.map(u64::from)))?;
    writeln!(out, "</extensions>")
}

fn point(out: &mut impl Write, point: &Point) -> io::Result<()> {
    write!(
        out,
        "<trkpt lat=\"{:.7}\" lon=\"{:.7}\"><time>{}</time><extensions>",
        point.lat,
        point.lon,
        utc(point.at_us)
    )?;
    element(out, "sog_kn", &number(point.sog_kn, 2))?;
    element(out, "cog_deg", &number(point.cog_deg, 2))?;
    element(out, "heading_deg", &number(point.heading_deg, 1))?;
    element(out, "sigma_m", &number(point.sigma_m(), 2))?;
    element(out, "sources", &point.sources.join(";"))?;
    element(out, "state", point.state)?;
    element(out, "doubt", if point.doubt { "1" } else { "" })?;
    writeln!(out, "</extensions></trkpt>")
}
