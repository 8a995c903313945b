//! `fairway record encounter`: how two ships met, as one page.

use super::Lang;
use super::progress::Bar;
use clap::Args as ClapArgs;
use engine::recording::Recording;
use investigate::case::{Case, utc};
use investigate::encounter::{encounter, html};
use investigate::waters::Waters;
use investigate::{files, paper};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use units::UtcTime;

#[derive(ClapArgs)]
pub struct Args {
    /// The folder of the recording.
    folder: PathBuf,
    /// MMSI of the first.
    #[arg(long, value_name = "MMSI", value_parser = clap::value_parser!(u32).range(1..1_000_000_000))]
    a: u32,
    /// MMSI of the second.
    #[arg(long, value_name = "MMSI", value_parser = clap::value_parser!(u32).range(1..1_000_000_000))]
    b: u32,
    /// From this instant ...
    #[arg(long, value_parser = crate::terminal::instant)]
    from: Option<UtcTime>,
    /// ... until this one.
    #[arg(long, value_parser = crate::terminal::instant)]
    to: Option<UtcTime>,
    /// The page that is made.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// And as PDF, by a browser that is installed here (Chromium, Chrome or Edge).
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// A chart of your own below the tracks: GeoJSON of land. Else the one of the recording's wall display, or the coast that
    /// comes along.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// In which language.
    #[arg(long, default_value = "en")]
    lang: Lang,
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let recording = Recording::open(&args.folder)?;
    let case = Case { from: args.from, to: args.to, ..Case::default() };
    let waters = Waters::of(&recording, case.from, args.chart.as_deref())?;
    let mut bar = Bar::new("telling", recording.span());
    let met = encounter(&recording, &case, [args.a, args.b], &mut |at| bar.at(at))?;
    drop(bar);
    files::write(&args.out, html(&met, &waters, args.lang.into()).as_bytes())?;
    if let Some(pdf) = &args.pdf {
        paper::print(&args.out, pdf)?;
    }
    for line in met.facts.warnings() {
        eprintln!("{line}");
    }
    match &met.closest {
        Some(closest) => {
            let sigma = closest.range_m.sigma.map_or_else(|| "?".to_owned(), |sigma| format!("{sigma:.0}"));
            println!(
                "{}: closest at {}, {:.0} m ± {sigma} m from middle to middle{}",
                args.out.display(),
                utc(closest.at_us),
                closest.range_m.value,
                if closest.is_at_gap { "; beside a gap: they may have been closer" } else { "" }
            );
        }
        None => println!("{}: the two were never seen at the same time", args.out.display()),
    }
    Ok(ExitCode::SUCCESS)
}
