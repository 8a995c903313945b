//! `fairway record export` and `cut`: a part of a recording, to hand over.

use super::progress::Bar;
use super::search::area;
use clap::{Args as ClapArgs, ValueEnum};
use engine::recording::Recording;
use engine::recording::catalogue::Area;
use investigate::case::Case;
use investigate::export::{Format, export};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use units::UtcTime;

#[derive(ClapArgs)]
pub struct Args {
    /// The folder of the recording.
    folder: PathBuf,
    /// The file that is made; it is there when it is whole.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// In which form.
    #[arg(long)]
    format: Form,
    /// From this instant ...
    #[arg(long, value_parser = crate::terminal::instant)]
    from: Option<UtcTime>,
    /// ... until this one.
    #[arg(long, value_parser = crate::terminal::instant)]
    to_time: Option<UtcTime>,
    #[command(flatten)]
    what: What,
}

#[derive(ClapArgs)]
pub struct What {
    /// A vessel: MMSI, IMO number, BeiDou card or terminal; or a part of its name or callsign.
    #[arg(long)]
    pub ship: Option<String>,
    /// Where: south,west,north,east in degrees.
    #[arg(long, value_parser = area, allow_hyphen_values = true)]
    pub area: Option<Area>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    Gpx,
    Kml,
    Geojson,
    Csv,
    Geoparquet,
    Nmea,
}

impl Form {
    const fn format(self) -> Format {
        match self {
            Self::Gpx => Format::Gpx,
            Self::Kml => Format::Kml,
            Self::Geojson => Format::GeoJson,
            Self::Csv => Format::Csv,
            Self::Geoparquet => Format::GeoParquet,
            Self::Nmea => Format::Nmea,
        }
    }
}

#[derive(ClapArgs)]
pub struct CutArgs {
    /// The folder of the recording.
    folder: PathBuf,
    /// From this instant ...
    #[arg(long, value_parser = crate::terminal::instant)]
    from: Option<UtcTime>,
    /// ... until this one.
    #[arg(long, value_parser = crate::terminal::instant)]
    to: Option<UtcTime>,
    /// The folder that is made.
    #[arg(long, value_name = "FOLDER")]
    to_folder: PathBuf,
}

type Done = Result<ExitCode, Box<dyn Error>>;

pub fn run(args: &Args) -> Done {
    let recording = Recording::open(&args.folder)?;
    if args.from.zip(args.to_time).is_some_and(|(from, to)| to < from) {
        return Err("--to-time: before --from".into());
    }
    let case = Case {
        from: args.from,
        to: args.to_time,
        ship: args.what.ship.clone(),
        area: args.what.area,
        ..Case::default()
    };
    let mut bar = Bar::new("telling", recording.span());
    let done = export(&recording, &case, args.format.format(), &args.to, &mut |at| bar.at(at))?;
    drop(bar);
    let gathered = &done.gathered;
    for line in gathered.facts.warnings().iter().chain(&done.notes) {
        eprintln!("{line}");
    }
    let files = done.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ");
    match args.format {
        Form::Nmea => println!("{files}: {} sentences", done.sentences),
        _ => println!(
            "{files}: {} tracks in {} pieces, {} points, {} gaps",
            gathered.tracks,
            gathered.pieces,
            gathered.points,
            gathered.gaps.len()
        ),
    }
    Ok(ExitCode::SUCCESS)
}

pub fn cut(args: &CutArgs) -> Done {
    let recording = Recording::open(&args.folder)?;
    for fault in &recording.faults {
        eprintln!("{fault}");
    }
    let mut bar = Bar::new("copying", None);
    let now = engine::clock::now_utc();
    let cut =
        engine::recording::cut::cut(&recording, args.from, args.to, &args.to_folder, now, &mut |done, of| {
            bar.part(done, of);
        })
        .map_err(|error| format!("{}: {error}", args.to_folder.display()))?;
    drop(bar);
    println!(
        "{}: segments {} to {} of recording {}",
        args.to_folder.display(),
        cut.first,
        cut.last,
        cut.recording
    );
    Ok(ExitCode::SUCCESS)
}
