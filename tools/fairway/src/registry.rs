//! `fairway registry`: what a registry is told, and what in it cannot be.

use clap::{Parser, Subcommand};
use engine::registry::store::Store;
use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Two vessels claim the same.
const CLASHES: u8 = 1;

#[derive(Parser)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Takes a CSV file in, all of it or nothing. Columns, in any order: `ship_id`, imo, mmsi, card, terminal, `call_sign`,
    /// name, `utc_offset_h`, lists and permits (with ; between them), from and to (days), confidence.
    #[command(after_help = "Example:\n  fairway registry import vessels.db vessels.csv --source MSA")]
    Import {
        /// The registry; made where there is none.
        registry: PathBuf,
        /// What to take in.
        file: PathBuf,
        /// Who says so.
        #[arg(long)]
        source: String,
    },
    /// Numbers that several vessels claim at the same time, one per line; code 1 where there are any.
    Clashes {
        /// The registry.
        registry: PathBuf,
    },
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    match &args.command {
        Command::Import { registry, file, source } => {
            let text =
                std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            let done = Store::open(registry)?
                .import(&text, source)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            println!("{} lines: {} new vessels, {} new claims", done.lines, done.vessels, done.claims);
            Ok(ExitCode::SUCCESS)
        }
        Command::Clashes { registry } => {
            if !registry.is_file() {
                return Err(format!("{}: no such file", registry.display()).into());
            }
            let clashes = Store::open(registry)?.clashes()?;
            let mut out = std::io::stdout().lock();
            for clash in &clashes {
                let by: Vec<String> =
                    clash.by.iter().map(|(vessel, source)| format!("vessel {vessel} by {source}")).collect();
                writeln!(out, "{} {}: {}", clash.scheme, clash.value, by.join(", "))?;
            }
            Ok(if clashes.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(CLASHES) })
        }
    }
}
