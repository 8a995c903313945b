//! `fairway record package`: all of a case in one file, to hand over.

use super::export::What;
use clap::Args as ClapArgs;
use engine::recording::Recording;
use investigate::case::Case;
use investigate::evidence::{Redacted, Wish, package};
use std::error::Error;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use units::UtcTime;

/// Something in the originals is not what was written.
const WRONG: u8 = 1;

#[derive(ClapArgs)]
pub struct Args {
    /// The folder of the recording.
    folder: PathBuf,
    /// The zip that is made.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// The number of the case.
    #[arg(long)]
    case: String,
    /// Why it is handed over.
    #[arg(long)]
    why: String,
    /// Who hands it over; you, as this machine knows you, without it.
    #[arg(long)]
    by: Option<String>,
    /// From this instant ...
    #[arg(long, value_parser = crate::terminal::instant)]
    from: Option<UtcTime>,
    /// ... until this one.
    #[arg(long, value_parser = crate::terminal::instant)]
    to_time: Option<UtcTime>,
    #[command(flatten)]
    what: What,
    /// Two ships whose encounter is reported: MMSI,MMSI.
    #[arg(long, value_parser = pair, value_name = "MMSI,MMSI")]
    pair: Option<[u32; 2]>,
    /// The file of the key that signs the list of hashes, like that of the recording.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// This package with everything in it: what is made is it without what --without and --without-radio say, and without the
    /// originals, whose hashes stay.
    #[arg(long, value_name = "FILE")]
    redacts: Option<PathBuf>,
    /// A vessel that is left out: one of its numbers, or a part of its name.
    #[arg(long, value_name = "SHIP", requires = "redacts")]
    without: Vec<String>,
    /// The radio is left out.
    #[arg(long, requires = "redacts")]
    without_radio: bool,
    /// This program goes with it, as the second verifier.
    #[arg(long)]
    with_binary: bool,
}

fn pair(text: &str) -> Result<[u32; 2], String> {
    let wrong = || format!("`{text}`: write two MMSIs, like 413000001,413000002");
    let (one, other) = text.split_once(',').ok_or_else(wrong)?;
    let mmsi = |text: &str| text.trim().parse::<u32>().ok().filter(|it| (1..1_000_000_000).contains(it));
    Ok([mmsi(one).ok_or_else(wrong)?, mmsi(other).ok_or_else(wrong)?])
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let recording = Recording::open(&args.folder)?;
    let by = args.by.clone().or_else(|| std::env::var("USER").ok()).unwrap_or_else(|| "unknown".to_owned());
    let wish = Wish {
        case: Case {
            from: args.from,
            to: args.to_time,
            ship: args.what.ship.clone(),
            area: args.what.area,
            ..Case::default()
        },
        number: args.case.clone(),
        why: args.why.clone(),
        by,
        pair: args.pair,
        key: args.key.clone(),
        binary: args.with_binary.then(std::env::current_exe).transpose()?,
        redacted: args.redacts.as_ref().map(|of| Redacted {
            of: of.clone(),
            ships: args.without.clone(),
            radio: args.without_radio,
        }),
    };
    let is_watched = std::io::stderr().is_terminal();
    let now = engine::clock::now_utc();
    let made = package(&recording, &wish, &args.to, now, &mut |what| {
        if is_watched {
            eprintln!("{what} ...");
        }
    })?;
    for line in made.warnings.iter().chain(&made.faults) {
        eprintln!("{line}");
    }
    println!("{}: {} files, {} sealed segments", args.to.display(), made.files, made.segments);
    println!("SHA-256 {}: tell it to whoever receives this, by another way", made.sha256);
    Ok(if made.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(WRONG) })
}
