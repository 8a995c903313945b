//! `fairway fuse`: a recorded scene through the same tracker as `run`.

mod play;
pub mod scene;

pub use play::{Done, FuseError, fuse, fuse_until};

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of the command.
#[derive(clap::Args)]
pub struct Args {
    /// The folder of the scene.
    scene: PathBuf,
    /// Radars as tracks of their own trackers instead of plots.
    #[arg(long)]
    rtracks: bool,
    /// Where the tracks go, one JSON object per line; standard output without it.
    #[arg(short)]
    output: Option<PathBuf>,
}

/// Writes the tracks, and what it cost.
///
/// # Errors
/// A scene that cannot be read, or tracks that cannot be written.
pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let (done, fusion) = match &args.output {
        Some(path) => {
            let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
            play::fuse(&args.scene, args.rtracks, &mut BufWriter::new(file))?
        }
        None => play::fuse(&args.scene, args.rtracks, &mut BufWriter::new(std::io::stdout().lock()))?,
    };
    let per_s = done.busy_s * 1e6 / done.measurements.max(1) as f64;
    let tracks = fusion.tracks().len();
    eprintln!(
        "{} measurements, {} snapshots, {tracks} tracks, {per_s:.2} us each",
        done.measurements, done.snapshots
    );
    for radar in fusion.radars() {
        let registration = radar.registration();
        let [range_m, azimuth_rad, _] = registration.sigmas();
        eprintln!(
            "radar {}: {:.1} ± {range_m:.1} m, {:.3} ± {:.3} deg, from {} sightings",
            radar.sensor().0,
            registration.range_m(),
            registration.azimuth_rad().to_degrees(),
            azimuth_rad.to_degrees(),
            registration.residuals(),
        );
    }
    Ok(ExitCode::SUCCESS)
}
