//! `fairway record consoles`: what each console showed.

use crate::terminal::utc;
use clap::Args as ClapArgs;
use engine::recording::Recording;
use engine::recording::consoles::{Console, shown};
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
    /// One JSON object a line instead of words.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let recording = Recording::open(&args.folder)?;
    let (consoles, faults) = shown(&recording, args.from, args.to);
    for console in &consoles {
        if args.json {
            println!("{}", serde_json::to_string(console)?);
        } else {
            println!("{}", words(console));
        }
    }
    for fault in &faults {
        eprintln!("{fault}");
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(super::WRONG) })
}

fn words(console: &Console) -> String {
    if console.said == "began" {
        return format!("{} the recording begins, or goes on: nobody is there", utc(console.time_us));
    }
    let user = console.user.as_deref().unwrap_or("nobody known");
    let asked = match (console.is_cut, console.subscriptions.len()) {
        (true, _) => "asked for more than is recorded".to_owned(),
        (false, 0) => "asked for everything".to_owned(),
        (false, _) => serde_json::to_string(&console.subscriptions).unwrap_or_default(),
    };
    let shows = console.viewing.as_ref().map(|viewing| {
        let shown = serde_json::to_string(viewing).unwrap_or_default();
        format!(", shows {shown}")
    });
    format!(
        "{} console {} {}: {user} ({}), `{}` at {}, {asked}{}",
        utc(console.time_us),
        console.console,
        console.said,
        console.role,
        console.client,
        console.address,
        shows.unwrap_or_default()
    )
}
