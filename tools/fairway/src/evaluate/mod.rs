//! `fairway evaluate`: tracks beside the truth of a scene, by the rules of `eval.py`.

pub(crate) mod answer;
mod figures;
pub(crate) mod pairing;
mod tally;

pub use figures::{Figure, Figures};
pub use tally::Rules;

use crate::fuse::scene::{SceneError, open};
use answer::Truth;
use std::error::Error;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tally::Tally;

/// Arguments of the command.
#[derive(clap::Args)]
pub struct Args {
    /// The folder of the scene.
    scene: PathBuf,
    /// The tracks, one JSON object per line; plain or .xz.
    tracks: PathBuf,
    /// One JSON object, with eval.py's keys.
    #[arg(long)]
    json: bool,
    /// How far a track may be from its vessel, metres.
    #[arg(long, default_value_t = Rules::default().cut_m)]
    c: f64,
    /// Not judged before, seconds.
    #[arg(long, default_value_t = Rules::default().warm_s)]
    warm: f64,
    /// Not judged after, seconds.
    #[arg(long, default_value_t = Rules::default().until_s)]
    tmax: f64,
}

/// Prints the figures.
///
/// # Errors
/// A scene or tracks that cannot be read.
pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let rules = Rules { cut_m: args.c, warm_s: args.warm, until_s: args.tmax, ..Rules::default() };
    let figures = score(&args.scene, open(&args.tracks)?, &args.tracks, &rules)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        print!("{figures}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The figures of tracks in a scene; `name` is what errors call the tracks.
///
/// # Errors
/// A scene or tracks that cannot be read.
pub fn score(scene: &Path, tracks: impl BufRead, name: &Path, rules: &Rules) -> Result<Figures, SceneError> {
    let truth = Truth::open(scene)?;
    let answers = truth.answers(tracks, name, rules.hold_s)?;
    Ok(Figures::of(&truth, &Tally::of(&truth, &answers, rules), rules))
}
