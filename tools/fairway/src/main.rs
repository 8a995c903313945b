//! `fairway`: the one binary.

mod audit;
mod chart;
mod cue;
mod decode;
mod demo;
mod grid;
mod load;
mod people;
mod record;
mod registry;
mod replay;
mod run;
mod scene;
mod terminal;

use clap::{Parser, Subcommand};
use fairway::{alerts, evaluate, fuse};
use std::process::ExitCode;

/// Could not run at all.
const CANNOT: u8 = 2;

#[derive(Parser)]
#[command(
    version,
    about = "Watches a coast: one picture from every sensor.",
    after_help = "Example:\n  fairway demo"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The engine, as one TOML file says.
    #[command(after_help = "Example:\n  fairway run -c fixtures/fairway.toml")]
    Run(run::Args),
    /// The engine on a simulated Ningbo-Zhoushan, with a live table.
    #[command(after_help = "Example:\n  fairway demo --for 60s")]
    Demo(demo::Args),
    /// Any capture, decoded: one line per message, refused sentences with their reason, a summary last.
    #[command(
        after_help = "Example:\n  echo '!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23' | fairway decode --json"
    )]
    Decode(decode::Args),
    /// A recorded scene through the tracker: what an operator would see, as tracks.
    #[command(after_help = "Example:\n  fairway fuse ../shared/scenarios/p1_lanes20 -o tracks.jsonl")]
    Fuse(fuse::Args),
    /// Tracks beside the truth of their scene: GOSPA and the rest.
    #[command(after_help = "Example:\n  fairway evaluate ../shared/scenarios/p1_lanes20 tracks.jsonl")]
    Evaluate(evaluate::Args),
    /// Fresh traffic as a scene with its truth, for `fuse`, `evaluate` and `alerts`.
    #[command(
        after_help = "Example:\n  fairway simulate fresh --seed 7 && fairway fuse fresh -o tracks.jsonl && fairway evaluate fresh tracks.jsonl"
    )]
    Simulate(scene::Args),
    /// A scene through the watch: what was told beside what was true.
    #[command(after_help = "Example:\n  fairway alerts ../shared/scenarios/p2_encounters40")]
    Alerts(alerts::Args),
    /// BeiDou grid codes (GB/T 39409-2020): of places, back, and of areas.
    #[command(after_help = "Example:\n  echo 29.935,121.885 | fairway grid encode --level 5")]
    Grid(grid::Args),
    /// Vessels and what they are known by, in one file: what is told it, and what cannot be.
    #[command(after_help = "Example:\n  fairway registry import vessels.db vessels.csv --source MSA")]
    Registry(registry::Args),
    /// Where a camera must look to see a place, and why; how it is mounted, from sightings.
    #[command(after_help = "Examples:\n  fairway cue hill 29.88,122.41 -c fixtures/fairway.toml\n  \
                      fairway cue hill --calibrate sightings.csv -c fixtures/fairway.toml")]
    Cue(cue::Args),
    /// Many consoles at once, and how long things take to reach them.
    #[command(after_help = "Example, with `fairway demo` running:\n  fairway load --consoles 100 --for 30s")]
    Load(load::Args),
    /// Recordings: what is inside, and whether it is untouched.
    #[command(after_help = "Example:\n  fairway record verify recording")]
    Record(record::Args),
    /// A recording, again.
    #[command(
        after_help = "Examples:\n  fairway replay recording --check\n  fairway replay recording --with other.toml"
    )]
    Replay(replay::Args),
    /// What lies below the picture on the wall display, for other waters.
    #[command(
        after_help = "Example:\n  fairway chart coast gshhs_f.b --area 50.4,-2.2,51.1,-0.7 -o solent.geojson"
    )]
    Chart(chart::Args),
    /// The audit log: whether it is what was written.
    #[command(after_help = "Example:\n  fairway audit verify audit.jsonl")]
    Audit(audit::Args),
    /// Who may sign in, and as what.
    #[command(
        after_help = "Example:\n  echo 'correct horse battery' | fairway people add --role operator 'Lin Wei'"
    )]
    People(people::Args),
    /// Says whether a configuration file is right, and if not, where.
    #[command(after_help = "Example:\n  fairway check fixtures/fairway.toml")]
    Check(run::CheckArgs),
}

fn main() -> ExitCode {
    terminal::mind_closed_pipes();
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Decode(args) => decode::run(&args),
        Command::Fuse(args) => fuse::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Simulate(args) => scene::run(&args),
        Command::Alerts(args) => alerts::run(&args),
        Command::Grid(args) => grid::run(&args),
        Command::Registry(args) => registry::run(&args),
        Command::Cue(args) => cue::run(&args),
        Command::Load(args) => load::run(&args),
        Command::Record(args) => record::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Chart(args) => chart::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::People(args) => people::run(&args),
        Command::Check(args) => run::check(&args),
    };
    done.unwrap_or_else(|error| {
        let broken = error.downcast_ref::<std::io::Error>();
        if broken.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
            return ExitCode::SUCCESS;
        }
        eprintln!("fairway: {error}");
        ExitCode::from(CANNOT)
    })
}
