//! `fairway record`: what is in a recording, what was when, whether it is what was written, and how long it is kept.

mod consoles;
mod encounter;
mod export;
mod keep;
mod package;
mod progress;
mod search;
mod stats;
mod voice;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use engine::recording::verify::{Verified, verify};
use engine::recording::{Recording, Setup};
use investigate::encounter::Language;
use serde_json::json;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use units::UtcTime;

/// Something in it is not what it should be.
const WRONG: u8 = 1;

/// Of a page.
#[derive(Clone, Copy, ValueEnum)]
enum Lang {
    En,
    Zh,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::En => Self::English,
            Lang::Zh => Self::Chinese,
        }
    }
}

#[derive(ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// What is inside: segments, times, topics, what is missing.
    #[command(after_help = "Example:\n  fairway record info recording")]
    Info(Folder),
    /// Whether it is untouched: the first wrong byte range, and every missing segment. Exit 1 where it is not.
    #[command(after_help = "Example:\n  fairway record verify recording --key 5d2a...")]
    Verify {
        #[command(flatten)]
        folder: Folder,
        /// The public key that the operator gave you; without it, the one that the recording names is believed.
        #[arg(long)]
        key: Option<String>,
    },
    /// Was she there, who heard her, how sure were we: vessels, alerts, commands and marks, and what is missing.
    #[command(
        after_help = "Example:\n  fairway record search recording --ship 413000001 --from 2026-11-28T10:00:00Z \\\n    \
                      --to 2026-11-28T11:00:00Z --area 29.8,122.0,30.0,122.4"
    )]
    Search(search::Args),
    /// What each console showed: who sat at it, what it had asked for, its chart, whether it was heard.
    #[command(after_help = "Example:\n  fairway record consoles recording --from 2026-11-28T10:00:00Z")]
    Consoles(consoles::Args),
    /// Who spoke by radio and when, and the sound of it.
    #[command(
        after_help = "Example:\n  fairway record voice recording --channel vhf-16 --from 2026-11-28T10:00:00Z \\\n    \
                      --to 2026-11-28T10:10:00Z --wav vhf-16.wav"
    )]
    Voice(voice::Args),
    /// Takes what has been recorded into the catalogue that `search` looks into; a recorder does so as it goes.
    #[command(after_help = "Example:\n  fairway record catalogue recording --anew")]
    Catalogue(search::CatalogueArgs),
    /// Tracks, or sentences as they were heard, in a form that other programs read. Where the recording or a track has a gap,
    /// so has the file.
    #[command(
        after_help = "Example:\n  fairway record export recording --format gpx --to case-7.gpx --ship 413000001 \\\n    \
                      --from 2026-11-28T10:00:00Z --to-time 2026-11-28T11:00:00Z"
    )]
    Export(export::Args),
    /// The sealed segments that cover a stretch of time, as they are: `verify` says what is there and what is not.
    #[command(after_help = "Example:\n  fairway record cut recording --from 2026-11-28T10:00:00Z \\\n    \
                      --to 2026-11-28T11:00:00Z --to-folder case-7")]
    Cut(export::CutArgs),
    /// Figures: vessels, speeds, gates, density, alerts and how they were dealt with, quality of the data, by hour and day.
    #[command(
        after_help = "Example:\n  fairway record stats recording --gate bar,29.95,122.10,29.85,122.10 --html figures.html"
    )]
    Stats(stats::Args),
    /// How two ships met, as a page: range, bearing, DCPA, TCPA over time and how sure they are, hulls at true scale, alerts
    /// and what operators did.
    #[command(
        after_help = "Example:\n  fairway record encounter recording --a 413000001 --b 413000002 --out case-7.html --lang zh"
    )]
    Encounter(encounter::Args),
    /// An evidence package: the sealed originals, what is made of them, what verifies both, and a page that shows it, in one zip.
    #[command(
        after_help = "Example:\n  fairway record package recording --to case-7.zip --case 7 --why 'collision off Xiazhimen' \\\n    \
                      --from 2026-11-28T10:00:00Z --to-time 2026-11-28T11:00:00Z --key record.key"
    )]
    Package(package::Args),
    /// Keeps a stretch of time, whatever the policy lets go, until it is released.
    #[command(
        after_help = "Example:\n  fairway record hold recording case-7 --from 2026-11-28T10:00:00Z \\\n    \
                      --to 2026-11-28T11:00:00Z --why 'collision off Xiazhimen'"
    )]
    Hold(keep::HoldArgs),
    /// Does not hold it any more: the policy may let it go.
    #[command(after_help = "Example:\n  fairway record release recording case-7 --why 'closed'")]
    Release(keep::ReleaseArgs),
    /// Makes the key that is to follow: the recorder takes it with its next segment, signed by both.
    #[command(after_help = "Example:\n  fairway record rotate record.key")]
    Rotate(keep::RotateArgs),
}

#[derive(ClapArgs)]
struct Folder {
    /// The folder of the recording.
    folder: PathBuf,
    /// One JSON object instead of words.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    match &args.what {
        What::Info(folder) => info(&folder.folder, folder.json),
        What::Search(args) => search::run(args),
        What::Consoles(args) => consoles::run(args),
        What::Voice(args) => voice::run(args),
        What::Catalogue(args) => search::catalogue(args),
        What::Export(args) => export::run(args),
        What::Cut(args) => export::cut(args),
        What::Stats(args) => stats::run(args),
        What::Encounter(args) => encounter::run(args),
        What::Package(args) => package::run(args),
        What::Hold(args) => keep::hold(args),
        What::Release(args) => keep::release(args),
        What::Rotate(args) => keep::rotate(args),
        What::Verify { folder, key } => {
            if key.as_deref().is_some_and(|key| engine::recording::seal::public(key).is_none()) {
                return Err("--key: 64 hexadecimal digits".into());
            }
            let found = verify(&folder.folder, key.as_deref())
                .map_err(|error| format!("{}: {error}", folder.folder.display()))?;
            Ok(told(&found, folder.json))
        }
    }
}

fn told(found: &Verified, as_json: bool) -> ExitCode {
    let is_whole = found.faults.is_empty();
    if as_json {
        let faults: Vec<_> = found
            .faults
            .iter()
            .map(|it| json!({"file": it.file, "from": it.fault.from, "to": it.fault.to, "what": it.fault.what}))
            .collect();
        let unsealed =
            found.unsealed.as_ref().map(|(file, from, to)| json!({"file": file, "from": from, "to": to}));
        let all = json!({
            "untouched": is_whole, "segments": found.segments, "seals": found.seals, "bytes": found.bytes,
            "keys": found.keys, "ended": found.is_ended, "unsealed": unsealed,
            "cut": found.is_cut, "left_out": found.left_out, "faults": faults,
        });
        println!("{all}");
    } else {
        for fault in &found.faults {
            println!("{fault}");
        }
        let (segments, seals, bytes) = (found.segments, found.seals, found.bytes);
        match found.keys.as_slice() {
            [] => println!("{segments} segments, not sealed: nothing can be proven"),
            keys => {
                let word = if is_whole { "untouched" } else { "NOT as written" };
                println!("{word}: {segments} segments, {seals} seals over {bytes} bytes");
                println!("sealed with {}: compare it with the key that you were given", keys.join(", then "));
            }
        }
        if found.is_cut {
            let runs: Vec<_> =
                found.left_out.iter().map(|(first, last)| format!("{first} to {last}")).collect();
            let runs = if runs.is_empty() { "none".to_owned() } else { runs.join(", ") };
            println!("a cut: segments left out, of which nothing can be said: {runs}");
        }
        if let Some((file, from, to)) = &found.unsealed {
            println!("{file}: bytes {from} to {to} are not sealed (yet)");
        }
        if !found.is_ended {
            println!(
                "it was not ended in an orderly way, or goes on: what may have come after this cannot be known"
            );
        }
    }
    if is_whole { ExitCode::SUCCESS } else { ExitCode::from(WRONG) }
}

fn info(folder: &Path, as_json: bool) -> Result<ExitCode, Box<dyn Error>> {
    let recording = Recording::open(folder)?;
    let setup = Setup::of(&recording).unwrap_or_default();
    let mut topics: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut gaps = Vec::new();
    let mut messages = recording.messages(0, 0);
    while let Some(found) = messages.message() {
        let (count, bytes) = topics.entry(found.topic.to_owned()).or_default();
        *count += 1;
        *bytes += found.data.len() as u64;
        if found.topic == engine::recording::form::GAP {
            gaps.push(String::from_utf8_lossy(found.data).into_owned());
        }
    }
    let mut faults = recording.faults.clone();
    faults.append(&mut messages.faults);
    let holds = engine::recording::keep::holds(folder)?;
    let size: u64 = recording.segments.iter().map(|segment| segment.length).sum();
    let us = |at: Option<UtcTime>| at.map(UtcTime::unix_us);
    if as_json {
        let segments: Vec<_> = recording
            .segments
            .iter()
            .map(|it| {
                json!({
                    "file": it.file, "bytes": it.length, "closed": it.is_closed,
                    "first_us": us(it.first), "last_us": us(it.last), "keyframes": it.keyframes.len(),
                })
            })
            .collect();
        let topics: BTreeMap<_, _> = topics
            .iter()
            .map(|(topic, (count, bytes))| (topic, json!({"records": count, "bytes": bytes})))
            .collect();
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let all = json!({
            "version": setup.version, "config_sha256": setup.sha256, "bytes": size,
            "segments": segments, "topics": topics, "gaps": gaps, "faults": faults, "holds": holds,
        });
        println!("{all}");
    } else {
        println!("fairway {}, configuration {}", setup.version, setup.sha256.get(..12).unwrap_or_default());
        println!("{:<14} {:>12} {:>10}  from                      seconds", "segment", "bytes", "keyframes");
        for it in &recording.segments {
            let (first, last) = (us(it.first).unwrap_or(0), us(it.last).unwrap_or(0));
            let open = if it.is_closed { "" } else { "  open" };
            println!(
                "{:<14} {:>12} {:>10}  {:<25} {:>7.1}{open}",
                it.file,
                it.length,
                it.keyframes.len(),
                crate::terminal::utc(first),
                (last - first) as f64 / 1e6
            );
        }
        println!("{:<24} {:>10} {:>14}", "topic", "records", "bytes");
        for (topic, (count, bytes)) in &topics {
            println!("{topic:<24} {count:>10} {bytes:>14}");
        }
        for gap in &gaps {
            println!("missing: {gap}");
        }
        for hold in &holds {
            let [from, to] = [hold.from_us, hold.to_us].map(crate::terminal::utc);
            println!("held: {} from {from} to {to} by {}: {}", hold.name, hold.user, hold.why);
        }
        for fault in &faults {
            println!("{fault}");
        }
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(WRONG) })
}
