//! `fairway simulate`: fresh traffic as a scene with its truth, in the form that `fairway fuse` and `fairway evaluate`
//! read.

mod heard;
mod seen;
mod told;

use heard::Coast;
use lzma_rust2::{XzOptions, XzWriter};
use serde_json::json;
use simulate::radar::Radar;
use simulate::{Scene, Vessel};
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use told::{Lines, instant, say, ship};
use units::UtcTime;

/// From one instant of the truth to the next, seconds.
const STEP_S: u32 = 5;
/// UTC of every scene's beginning: what is made of a seed does not hang on the day.
const START: UtcTime = UtcTime::from_unix_s(1_764_000_000);
/// The box that is scored, about its middle: what the radars and stations can know of. Degrees.
const MIDDLE: (f64, f64) = (29.87, 122.1);
const HALF: (f64, f64) = (0.15, 0.3);
/// Fast: a scene is read once or twice.
const EFFORT: u32 = 1;

/// Arguments of the command.
#[derive(clap::Args)]
pub struct Args {
    /// The folder that is made.
    scene: PathBuf,
    /// Another seed, another traffic.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// So many vessels between Ningbo and the fishing grounds.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    vessels: u32,
    /// How long, seconds.
    #[arg(long, default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    length: u32,
    /// Of a hundred vessels, so many without AIS.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=100))]
    dark: u32,
    /// With ships whose AIS lies, falls silent or bears another's number, and one whose anchor drags.
    #[arg(long)]
    faults: bool,
}

/// Makes the folder.
///
/// # Errors
/// It exists, or cannot be written.
pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let folder = args.scene.as_path();
    fs::create_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut scene = Scene::ningbo_zhoushan(args.seed, args.vessels as usize, START);
    if args.faults {
        scene.trouble();
    }
    let mut coast = Coast::new(args.seed, &scene, args.dark);
    let mut radars: Vec<Radar> = seen::sites(args.seed)
        .into_iter()
        .zip(args.seed..)
        .map(|(site, seed)| Radar::new(site, seed))
        .collect();
    let mut measured = Lines::new(START, packed(folder, "measurements.jsonl.xz")?);
    let mut tracked = Lines::new(START, packed(folder, "rtracks.jsonl.xz")?);
    let mut truth = packed(folder, "truth.jsonl.xz")?;
    for (number, vessel) in scene.vessels().enumerate() {
        let fault = scene.faults().find(|(own, ..)| *own == vessel.mmsi).map(|(_, told, what)| (told, what));
        say(&mut truth, &ship(number, vessel, coast.is_dark(vessel.mmsi), fault))?;
    }
    for second in 0..=args.length {
        let now = START.plus_s(f64::from(second));
        coast.listen(&mut scene, now, &mut measured);
        for (number, radar) in radars.iter_mut().enumerate() {
            seen::watch(number, radar, &scene, now, &mut measured, &mut tracked);
        }
        if second % STEP_S == 0 {
            for (number, vessel) in scene.vessels().enumerate().filter(|(_, vessel)| is_inside(vessel)) {
                say(&mut truth, &instant(second, number, vessel))?;
            }
        }
        // Whatever is said later arrives later.
        measured.pass(now.plus_s(-1.0))?;
        tracked.pass(now.plus_s(-1.0))?;
    }
    let end = START.plus_s(f64::from(args.length));
    measured.pass(end)?;
    tracked.pass(end)?;
    let (measurements, file) = measured.end();
    close(file)?;
    close(tracked.end().1)?;
    close(truth)?;
    let sites: Vec<_> = radars.iter().map(Radar::site).collect();
    let vessels = scene.vessels().count();
    let about = json!({
        "name": folder.file_name().map(|name| name.to_string_lossy()),
        "note": "between Ningbo and the fishing grounds, simulated",
        "duration": args.length, "truth_step": STEP_S, "t0_utc": START.unix_s(), "seed": args.seed,
        "origin": [MIDDLE.0, MIDDLE.1],
        "area_latlon": [MIDDLE.0 - HALF.0, MIDDLE.1 - HALF.1, MIDDLE.0 + HALF.0, MIDDLE.1 + HALF.1],
        "ships": vessels, "measurements": measurements,
        "radars": seen::described(&sites), "evaluator_only_true_bias": seen::bias(&sites),
        "stations": heard::described(), "bridges": [], "fixed": [], "bd_registry": coast.registry(),
    });
    fs::write(folder.join("scene.json"), serde_json::to_string_pretty(&about)?)?;
    println!("{}: {vessels} vessels, {} s, {measurements} measurements", folder.display(), args.length);
    Ok(ExitCode::SUCCESS)
}

fn is_inside(vessel: &Vessel) -> bool {
    (vessel.position.lat() - MIDDLE.0).abs() < HALF.0 && (vessel.position.lon() - MIDDLE.1).abs() < HALF.1
}

type Packed = BufWriter<XzWriter<File>>;

fn packed(folder: &Path, name: &str) -> Result<Packed, Box<dyn Error>> {
    let path = folder.join(name);
    let file = File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(BufWriter::new(XzWriter::new(file, XzOptions::with_preset(EFFORT))?))
}

fn close(file: Packed) -> io::Result<()> {
    file.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?.flush()
}
