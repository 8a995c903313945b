//! `fairway alerts`: a scene through the tracker and the watch, and what was told beside what was true.

mod drag;
mod encounters;
mod faults;
mod hulls;
mod play;
mod source;
mod truth;

pub use drag::Drags;
pub use encounters::Encounters;
pub use faults::Faults;
pub use play::Grades;

use crate::fuse::scene::SceneError;
use play::Played;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use truth::Truth;
use watch::Priority;

/// Arguments of the command.
#[derive(clap::Args)]
pub struct Args {
    /// The folder of a scene, or a file of position reports, one JSON object per line; plain, .gz or .xz.
    #[arg(required_unless_present = "simulate")]
    scene: Option<PathBuf>,
    /// Simulated traffic of so many vessels instead.
    #[arg(long, conflicts_with = "scene")]
    simulate: Option<usize>,
    /// How long that is, seconds.
    #[arg(long, default_value_t = 3600.0)]
    length: f64,
    /// Another seed, another traffic.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Every alert, one line each.
    #[arg(long)]
    list: bool,
}

/// Prints the figures.
///
/// # Errors
/// A scene that cannot be read.
pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let (truth, played) = match (&args.scene, args.simulate) {
        (None, vessels) => source::simulated(args.seed, vessels.unwrap_or_default(), args.length),
        (Some(path), _) if path.is_dir() => source::scene(path)?,
        (Some(path), _) => source::reports(path)?,
    };
    if args.list {
        for raised in &played.raised {
            println!(
                "{:7.1} {} {:8} {:?} {}",
                raised.t,
                raised.kind.code(),
                raised.priority.as_str(),
                played.vessels(raised, &truth),
                raised.says
            );
        }
    }
    print!("{}", Figures::of(&truth, &played));
    Ok(ExitCode::SUCCESS)
}

/// Of a recorded scene.
///
/// # Errors
/// It cannot be read.
pub fn of_scene(folder: &Path) -> Result<Figures, SceneError> {
    source::scene(folder).map(|(truth, played)| Figures::of(&truth, &played))
}

/// Of position reports that are their own truth.
///
/// # Errors
/// They cannot be read.
pub fn of_reports(path: &Path) -> Result<Figures, SceneError> {
    source::reports(path).map(|(truth, played)| Figures::of(&truth, &played))
}

/// Of simulated traffic.
#[must_use]
pub fn of_traffic(seed: u64, vessels: usize, length_s: f64) -> Figures {
    let (truth, played) = source::simulated(seed, vessels, length_s);
    Figures::of(&truth, &played)
}

/// What was told, beside what was true.
pub struct Figures {
    hours: f64,
    /// Alerts on somebody's list, by kind and priority.
    raised: BTreeMap<(u16, Priority), usize>,
    /// That began to sound within any hour, at most, by sector.
    pub sounding: BTreeMap<String, usize>,
    /// Grades of cells.
    pub grades: Grades,
    /// Encounters.
    pub encounters: Encounters,
    /// What vessels say wrongly, where the truth has it.
    pub faults: Option<Faults>,
    /// Anchors, where there are any.
    pub drags: Option<Drags>,
}

impl Figures {
    fn of(truth: &Truth, played: &Played) -> Self {
        let mut raised = BTreeMap::new();
        for one in &played.raised {
            *raised.entry((one.kind.code(), one.priority)).or_default() += 1;
        }
        let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for (sector, t) in &played.sounding {
            times.entry(sector).or_default().push(*t);
        }
        let most = |times: &Vec<f64>| {
            times
                .iter()
                .map(|from| times.iter().filter(|t| (*from..*from + 3600.0).contains(*t)).count())
                .max()
        };
        Self {
            hours: truth.duration_s / 3600.0,
            raised,
            sounding: times.iter().map(|(s, times)| ((*s).to_owned(), most(times).unwrap_or(0))).collect(),
            grades: played.grades,
            encounters: Encounters::of(truth, played),
            faults: Faults::of(truth, played),
            drags: Drags::of(truth, played),
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "raised in {:.2} h:", self.hours)?;
        for ((kind, priority), count) in &self.raised {
            write!(f, " {kind} {} {count},", priority.as_str())?;
        }
        writeln!(f, "\nsounded, most in an hour: {:?}", self.sounding)?;
        let Grades { occupied, orange, red } = self.grades;
        let part = |count: u64| 100.0 * count as f64 / occupied.max(1) as f64;
        writeln!(f, "of {occupied} occupied cells {:.2} % red, {:.2} % orange", part(red), part(orange))?;
        write!(f, "{}", self.encounters)?;
        if let Some(faults) = &self.faults {
            write!(f, "{faults}")?;
        }
        match &self.drags {
            Some(drags) => write!(f, "{drags}"),
            None => Ok(()),
        }
    }
}
