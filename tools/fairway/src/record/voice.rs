//! `fairway record voice`: who spoke by radio, and the sound of it.

use super::WRONG;
use crate::terminal::utc;
use clap::Args as ClapArgs;
use engine::recording::Recording;
use engine::recording::voice::{channels, spoken, wav};
use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::process::ExitCode;
use units::UtcTime;

#[derive(ClapArgs)]
pub struct Args {
    /// The folder of the recording.
    folder: PathBuf,
    /// Of this channel alone; a file of sound is of one channel.
    #[arg(long)]
    channel: Option<String>,
    /// From this instant ...
    #[arg(long, value_parser = crate::terminal::instant)]
    from: Option<UtcTime>,
    /// ... until this one.
    #[arg(long, value_parser = crate::terminal::instant)]
    to: Option<UtcTime>,
    /// One JSON object a line instead of words.
    #[arg(long)]
    json: bool,
    /// Writes the sound there: each word when it was said, silence where nothing was heard.
    #[arg(long, value_name = "FILE")]
    wav: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let recording = Recording::open(&args.folder)?;
    let (first, last) = recording.span().ok_or("nothing is recorded there")?;
    let (from, to) = (args.from.unwrap_or(first), args.to.unwrap_or(last));
    let known = channels(&recording);
    if let Some(channel) = args.channel.as_ref().filter(|channel| !known.contains(channel)) {
        return Err(format!("--channel: no `{channel}`; there is {}", listed(&known)).into());
    }
    let (spoken, mut faults) = spoken(&recording, from, to);
    for spurt in spoken.iter().filter(|it| args.channel.as_ref().is_none_or(|channel| *channel == it.source))
    {
        if args.json {
            println!("{}", serde_json::to_string(spurt)?);
        } else {
            let length_s = (spurt.to_us - spurt.from_us) as f64 / 1e6;
            println!("{} {} {length_s:.1} s, {} dBFS", utc(spurt.from_us), spurt.source, spurt.loudest_dbfs);
        }
    }
    if let Some(path) = &args.wav {
        let one = args.channel.as_ref().or_else(|| known.first().filter(|_| known.len() == 1));
        let channel = one.ok_or_else(|| format!("--wav: of which --channel? There is {}", listed(&known)))?;
        let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let sound = wav(&recording, channel, (from, to), BufWriter::new(file))?;
        eprintln!(
            "{}: {} packets, {} refused, from {}",
            path.display(),
            sound.packets,
            sound.refused,
            utc(from.unix_us())
        );
        faults.extend(sound.faults.into_iter().filter(|fault| !faults.contains(fault)).collect::<Vec<_>>());
    }
    for fault in &faults {
        eprintln!("{fault}");
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(WRONG) })
}

fn listed(known: &[String]) -> String {
    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
}
