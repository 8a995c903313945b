//! A part of a recording, in a form that other programs read.

mod csv;
mod geojson;
mod geoparquet;
mod gpx;
mod kml;
mod nmea;
mod parquet;

use crate::case::Case;
use crate::points::{Gathered, Key, Point, Sink, Who, gather};
use crate::{Trouble, files};
use engine::recording::Recording;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use units::UtcTime;

/// Forms that hold a track in one piece are made in memory: so many points of it.
const MOST_POINTS: u64 = 10_000_000;

/// The form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// GPX 1.1.
    Gpx,
    /// KML 2.2 with `gx:Track`.
    Kml,
    /// RFC 7946.
    GeoJson,
    /// A line per point.
    Csv,
    /// Parquet with `GeoParquet` 1.1 metadata, a row per point.
    GeoParquet,
    /// The sentences as they were heard, behind TAG blocks.
    Nmea,
}

impl Format {
    /// Every one.
    pub const ALL: [Self; 6] = [Self::Gpx, Self::Kml, Self::GeoJson, Self::Csv, Self::GeoParquet, Self::Nmea];

    /// As a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gpx => "gpx",
            Self::Kml => "kml",
            Self::GeoJson => "geojson",
            Self::Csv => "csv",
            Self::GeoParquet => "geoparquet",
            Self::Nmea => "nmea",
        }
    }

    /// The end of a file's name.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::GeoParquet => "parquet",
            other => other.as_str(),
        }
    }
}

/// What was written.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// The files, the one that was asked for first.
    pub files: Vec<PathBuf>,
    /// Tracks, pieces, points; of NMEA there are none.
    pub gathered: Gathered,
    /// Sentences.
    pub sentences: u64,
    /// What else there is to say.
    pub notes: Vec<String>,
}

/// Writes a file: it is there when it is whole, and not before.
///
/// # Errors
/// What the disk says; or that there is too much for this form.
pub fn export(
    recording: &Recording,
    case: &Case,
    format: Format,
    to: &Path,
    progress: &mut dyn FnMut(UtcTime),
) -> Result<Done, Trouble> {
    let mut done = Done { files: vec![to.to_owned()], ..Done::default() };
    let beside = files::with_ending(to, "json");
    let has_own_head = !matches!(format, Format::Csv | Format::Nmea);
    let file = files::Part::create(to)?;
    let mut out = BufWriter::new(&file);
    let written = match format {
        Format::Gpx | Format::Kml | Format::GeoJson => {
            gathered(recording, case, progress).and_then(|(gathered, tracks)| {
                let head = head(&gathered, case);
                match format {
                    Format::Gpx => gpx::write(&mut out, &head, &tracks),
                    Format::Kml => kml::write(&mut out, &head, &tracks),
                    _ => geojson::write(&mut out, &head, &tracks),
                }?;
                Ok(gathered)
            })
        }
        Format::Csv => {
            let mut sink = csv::Rows::new(&mut out);
            gather(recording, case, &mut sink, progress).and_then(|gathered| {
                sink.finish()?;
                Ok(gathered)
            })
        }
        Format::GeoParquet => geoparquet::Rows::new(&mut out).and_then(|mut sink| {
            let gathered = gather(recording, case, &mut sink, progress)?;
            sink.finish(&head(&gathered, case))?;
            Ok(gathered)
        }),
        Format::Nmea => nmea::write(&mut out, recording, case, progress).map(|heard| {
            done.sentences = heard.sentences;
            done.notes = heard.notes();
            Gathered { facts: heard.facts, ..Gathered::default() }
        }),
    };
    let flushed = written.and_then(|gathered| out.flush().map(|()| gathered));
    drop(out);
    done.gathered = flushed.map_err(Trouble::of(to))?;
    if !has_own_head {
        let mut head = head(&done.gathered, case);
        if let Some(head) = head.as_object_mut()
            && format == Format::Nmea
        {
            head.insert("sentences".to_owned(), done.sentences.into());
            head.insert("notes".to_owned(), json!(done.notes));
        }
        files::write(&beside, &serde_json::to_vec_pretty(&head).unwrap_or_default())?;
        done.files.push(beside);
    }
    file.finish()?;
    Ok(done)
}

/// What is said at the head of a file.
fn head(gathered: &Gathered, case: &Case) -> Value {
    let mut head = gathered.facts.json(case, &gathered.gaps);
    if let Some(head) = head.as_object_mut() {
        head.insert("tracks".to_owned(), gathered.tracks.into());
        head.insert("pieces".to_owned(), gathered.pieces.into());
        head.insert("points".to_owned(), gathered.points.into());
    }
    head
}

/// One track.
#[derive(Clone, Debug, Default)]
struct Track {
    /// As it was known last.
    who: Arc<Who>,
    points: Vec<Point>,
}

impl Track {
    /// Its pieces, in order.
    fn pieces(&self) -> impl Iterator<Item = &[Point]> {
        self.points.chunk_by(|one, other| one.piece == other.piece)
    }
}

type Tracks = BTreeMap<Key, Track>;

#[derive(Default)]
struct Kept {
    tracks: Tracks,
    points: u64,
}

impl Sink for Kept {
    fn point(&mut self, who: &Arc<Who>, point: Point) -> io::Result<()> {
        self.points += 1;
        if self.points > MOST_POINTS {
            return Err(io::Error::other(format!(
                "more than {MOST_POINTS} points: ask for less, or for csv or geoparquet"
            )));
        }
        let track = self.tracks.entry(who.key).or_default();
        if !Arc::ptr_eq(&track.who, who) {
            track.who = Arc::clone(who);
        }
        track.points.push(point);
        Ok(())
    }
}

fn gathered(
    recording: &Recording,
    case: &Case,
    progress: &mut dyn FnMut(UtcTime),
) -> io::Result<(Gathered, Tracks)> {
    let mut kept = Kept::default();
    let gathered = gather(recording, case, &mut kept, progress)?;
    Ok((gathered, kept.tracks))
}

/// A number as people write it.
fn number(value: Option<f64>, digits: usize) -> String {
    value.map(|value| format!("{value:.digits$}")).unwrap_or_default()
}

/// Text between tags of XML or HTML.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no place for them.
            '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                out.push('?');
            }
            _ => out.push(letter),
        }
    }
    out
}
