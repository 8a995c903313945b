//! CSV (RFC 4180): a line per point, in order of time. What is not known is empty.

use super::number;
use crate::case::utc;
use crate::points::{Point, Sink, Who};
use std::io::{self, Write};
use std::sync::Arc;

const COLUMNS: [&str; 28] = [
    "picture",
    "track",
    "piece",
    "time",
    "lat",
    "lon",
    "sog_kn",
    "cog_deg",
    "heading_deg",
    "rot_deg_min",
    "nav_status",
    "sigma_m",
    "cov_ee_m2",
    "cov_en_m2",
    "cov_nn_m2",
    "state",
    "doubt",
    "sources",
    "reported_lat",
    "reported_lon",
    "mmsi",
    "imo",
    "name",
    "callsign",
    "card",
    "terminal",
    "class",
    "ship_type",
];

/// Lines on their way.
pub struct Rows<W: Write> {
    out: csv::Writer<W>,
    has_head: bool,
}

impl<W: Write> Rows<W> {
    /// Begins.
    pub fn new(out: W) -> Self {
        Self { out: csv::Writer::from_writer(out), has_head: false }
    }

    /// Ends.
    pub fn finish(&mut self) -> io::Result<()> {
        self.head()?;
        self.out.flush()
    }

    fn head(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.has_head, true) {
            self.out.write_record(COLUMNS)?;
        }
        Ok(())
    }
}

fn text<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

impl<W: Write> Sink for Rows<W> {
    fn point(&mut self, who: &Arc<Who>, point: Point) -> io::Result<()> {
        self.head()?;
        let cov = |n: usize| number(point.cov_m2.and_then(|cov| cov.get(n).copied()), 2);
        let reported = |n: usize| number(point.reported.and_then(|it| it.get(n).copied()), 7);
        let row: [String; COLUMNS.len()] = [
            who.key.0.to_string(),
            who.key.1.to_string(),
            point.piece.to_string(),
            utc(point.at_us),
            format!("{:.7}", point.lat),
            format!("{:.7}", point.lon),
            number(point.sog_kn, 2),
            number(point.cog_deg, 2),
            number(point.heading_deg, 1),
            number(point.rot_deg_min, 1),
            text(point.nav_status.as_ref()),
            number(point.sigma_m(), 2),
            cov(0),
            cov(1),
            cov(2),
            point.state.to_owned(),
            u8::from(point.doubt).to_string(),
            point.sources.join(";"),
            reported(0),
            reported(1),
            text(who.mmsi.as_ref()),
            text(who.imo.as_ref()),
            text(who.name.as_ref()),
            text(who.callsign.as_ref()),
            text(who.card.as_ref()),
            text(who.terminal.as_ref()),
            text(who.class.as_ref()),
            text(who.ship_type.as_ref()),
        ];
        Ok(self.out.write_record(&row)?)
    }
}
