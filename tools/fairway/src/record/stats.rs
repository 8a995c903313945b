//! `fairway record stats`: figures of a recording.

use super::Lang;
use super::export::What;
use super::progress::Bar;
use clap::Args as ClapArgs;
use engine::recording::Recording;
use investigate::case::Case;
use investigate::files;
use investigate::stats::{Figures, Gate, Wanted, csv, html, stats};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use units::UtcTime;

#[derive(ClapArgs)]
pub struct Args {
    /// The folder of the recording.
    folder: PathBuf,
    /// From this instant ...
    #[arg(long, value_parser = crate::terminal::instant)]
    from: Option<UtcTime>,
    /// ... until this one.
    #[arg(long, value_parser = crate::terminal::instant)]
    to: Option<UtcTime>,
    #[command(flatten)]
    what: What,
    /// A line that vessels pass: name,lat,lon,lat,lon. As often as there are gates.
    #[arg(long, value_parser = gate, allow_hyphen_values = true)]
    gate: Vec<Gate>,
    /// The side of a cell of the density, degrees.
    #[arg(long, value_parser = side, default_value = "0.01")]
    cell: f64,
    /// One JSON object instead of words.
    #[arg(long)]
    json: bool,
    /// Writes all figures, one a line.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Writes a page with charts.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// In which language that is.
    #[arg(long, default_value = "en")]
    lang: Lang,
    /// Writes the cells of the density as GeoJSON.
    #[arg(long, value_name = "FILE")]
    density: Option<PathBuf>,
}

fn gate(text: &str) -> Result<Gate, String> {
    let wrong = || format!("`{text}`: write name,lat,lon,lat,lon in degrees, like bar,29.9,122.1,29.8,122.2");
    let (name, places) = text.split_once(',').ok_or_else(wrong)?;
    let numbers: Vec<f64> =
        places.split(',').map(|it| it.trim().parse()).collect::<Result<_, _>>().map_err(|_| wrong())?;
    let [a, b, c, d] = <[f64; 4]>::try_from(numbers).map_err(|_| wrong())?;
    let is_place = |lat: f64, lon: f64| lat.abs() <= 90.0 && lon.abs() <= 180.0;
    if is_place(a, b) && is_place(c, d) && (a, b) != (c, d) {
        Ok(Gate { name: name.to_owned(), a: [a, b], b: [c, d] })
    } else {
        Err(wrong())
    }
}

fn side(text: &str) -> Result<f64, String> {
    let side = text.parse::<f64>().ok().filter(|side| (0.0001..=10.0).contains(side));
    side.ok_or_else(|| format!("`{text}`: from 0.0001 to 10 degrees"))
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let recording = Recording::open(&args.folder)?;
    let case = Case {
        from: args.from,
        to: args.to,
        ship: args.what.ship.clone(),
        area: args.what.area,
        ..Case::default()
    };
    let wanted = Wanted { gates: args.gate.clone(), cell_deg: args.cell };
    let mut bar = Bar::new("counting", recording.span());
    let figures = stats(&recording, &case, &wanted, &mut |at| bar.at(at))?;
    drop(bar);
    if let Some(path) = &args.csv {
        let mut bytes = Vec::new();
        csv(&mut bytes, &figures)?;
        files::write(path, &bytes)?;
    }
    if let Some(path) = &args.html {
        files::write(path, html(&figures, args.lang.into()).as_bytes())?;
    }
    if let Some(path) = &args.density {
        files::write(path, figures.density_geojson().as_bytes())?;
    }
    if args.json {
        println!("{}", serde_json::to_string(&figures)?);
    } else {
        told(&figures);
    }
    Ok(ExitCode::SUCCESS)
}

fn told(figures: &Figures) {
    let list = |name: &str| figures.head.get(name).and_then(|it| it.as_array()).cloned().unwrap_or_default();
    for it in list("holes").iter().chain(&list("faults")) {
        println!("missing: {it}");
    }
    println!(
        "{} vessels, {} tracks of nobody known, {:.1} vessel hours",
        figures.vessels, figures.nameless, figures.vessel_hours
    );
    let maybe = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"));
    println!(
        "{:<12} {:>8} {:>7} {:>7} {:>7} {:>7} {:>7}",
        "speed, kn", "hours", "5%", "50%", "95%", "99%", "most"
    );
    for (class, it) in &figures.speeds {
        let [p05, p50, p95, p99, most] = [it.p05, it.p50, it.p95, it.p99, it.most].map(maybe);
        println!("{class:<12} {:>8.1} {p05:>7} {p50:>7} {p95:>7} {p99:>7} {most:>7}", it.weight);
    }
    for gate in &figures.gates {
        println!(
            "gate {}: {} left to right, {} right to left, {} unseen",
            gate.gate, gate.left_to_right, gate.right_to_left, gate.unseen
        );
    }
    for it in &figures.alerts {
        let (after, lasted) = (maybe(it.acknowledge_s.p50), maybe(it.lasted_s.p50));
        println!(
            "alert {}: {} raised, {} acknowledged after {after} s (median), {} over before, {} open; lasted {lasted} s",
            it.kind, it.raised, it.acknowledged, it.over_unacknowledged, it.open
        );
    }
    for it in &figures.sources {
        let count = it.observations.map_or_else(|| "-".to_owned(), |count| count.to_string());
        println!(
            "source {}: {count} observations, {} points, {} vessels, silent {} times for {:.0} s",
            it.source, it.points, it.vessels, it.silences, it.silent_s
        );
    }
}
