//! `fairway replay`: what was, again.

mod difference;

use clap::Args as ClapArgs;
use engine::config::{Feed, Wall};
use engine::feed::Names;
use engine::recording::beside::Other;
use engine::recording::rerun::{Compared, compare};
use engine::recording::session::Start;
use engine::recording::{Recording, Setup};
use engine::wall::Figures;
use engine::{Display, Engine};
use investigate::case::Case;
use investigate::encounter::Language;
use investigate::stats::{Wanted, html, stats};
use serde_json::json;
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use units::UtcTime;

/// What is made of it now is not what was made of it then.
const DIFFERENT: u8 = 1;

#[derive(ClapArgs)]
pub struct Args {
    /// The folder of the recording.
    recording: PathBuf,
    /// Tells the same core everything again, compares every change with what was recorded, and prints both hashes.
    #[arg(long)]
    check: bool,
    /// What another configuration would have made of it: alerts and vessels that differ, and when; with `--wall`, its
    /// picture beside the recorded one.
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    with: Option<PathBuf>,
    /// One JSON object instead of words.
    #[arg(long)]
    json: bool,
    /// Where it begins: an instant like 2026-11-28T10:30:00Z.
    #[arg(long, value_parser = crate::terminal::instant)]
    at: Option<UtcTime>,
    /// How many times as fast as it was; above 1000 as fast as possible.
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
    /// Where the feed is served; another session, another port.
    #[arg(long, default_value = "127.0.0.1:4721")]
    listen: SocketAddr,
    /// Where the wall display shows it, like 127.0.0.1:9474.
    #[arg(long)]
    wall: Option<SocketAddr>,
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let recording = Recording::open(&args.recording)?;
    let setup = Setup::of(&recording).ok_or("the recording does not say who made it")?;
    if let (Some(with), None) = (&args.with, args.wall) {
        if args.at.is_some() {
            return Err("--at: what differs is told of all of it; with --wall it begins there".into());
        }
        return difference::run(&recording, &setup, with, args.json);
    }
    let names = Arc::new(Names::new(setup.sources.clone()));
    if !args.check {
        return serve(recording, names, &setup, args);
    }
    let began = engine::clock::Mono::now();
    let compared = compare(&recording, &names);
    let took_s = engine::clock::Mono::now().since_ns(began) as f64 / 1e9;
    Ok(told(&compared, &setup, took_s, args.json))
}

/// The feed of what was, until told to stop.
fn serve(
    recording: Recording,
    names: Arc<Names>,
    setup: &Setup,
    args: &Args,
) -> Result<ExitCode, Box<dyn Error>> {
    crate::terminal::log_to_stderr();
    let (from, to) = recording.span().ok_or("there is nothing in it")?;
    let begin = Start { at: args.at, speed: args.speed };
    let feed = Feed { json: Some(args.listen), ..Feed::default() };
    let display = args.wall.map(|address| Display {
        address,
        wall: Wall::recorded(&setup.text),
        figures: Some(Figures::new(figures)),
    });
    let other = args.with.as_deref().map(|with| {
        let name = with.file_name().unwrap_or(with.as_os_str()).to_string_lossy().into_owned();
        difference::core(with, setup).map(|core| Other { name, core })
    });
    let engine = Engine::replay(recording, names, begin, feed, display, other.transpose()?)?;
    let port = engine.addresses().json.map_or(0, |address| address.port());
    let [from, to] = [from, to].map(|at| crate::terminal::utc(at.unix_us()));
    println!("REPLAY of {from} to {to} on {}", args.listen.ip());
    if let Some(address) = engine.addresses().http {
        println!("wall:  http://{address}/?layout=replay");
    }
    println!("look:  nc 127.0.0.1 {port}");
    if let (Some(address), Some(with)) = (engine.addresses().beside, &args.with) {
        println!("with {}:  nc 127.0.0.1 {}", with.display(), address.port());
    }
    println!("say:   {{\"command\":{{\"id\":\"seek-000001\",\"replay\":{{\"seek_us\":...,\"speed\":10}}}}}}");
    let asked = crate::terminal::asked_to_stop();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(asked)?;
    drop(engine.stop());
    Ok(ExitCode::SUCCESS)
}

/// The page of the figures of a part of it.
fn figures(
    recording: &Recording,
    (from, to): (UtcTime, UtcTime),
    is_chinese: bool,
) -> std::io::Result<String> {
    let case = Case { from: Some(from), to: Some(to), ..Case::default() };
    let language = if is_chinese { Language::Chinese } else { Language::English };
    Ok(html(&stats(recording, &case, &Wanted::default(), &mut |_| {})?, language))
}

fn told(compared: &Compared, setup: &Setup, took_s: f64, as_json: bool) -> ExitCode {
    let [met, equal] = compared.keyframes;
    let span_s = compared.span.map_or(0.0, |(first, last)| last.since(first));
    let missing: u64 = compared.missing.iter().map(|missing| missing.to - missing.from).sum();
    if as_json {
        let all = json!({
            "same": compared.is_same(), "entries": compared.entries, "changes": compared.changes,
            "recorded_sha256": compared.recorded, "rerun_sha256": compared.rerun,
            "keyframes": met, "keyframes_equal": equal, "different": compared.different,
            "missing_entries": missing, "span_s": span_s, "took_s": took_s,
            "faults": compared.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        });
        println!("{all}");
    } else {
        for fault in &compared.faults {
            println!("{fault}");
        }
        for gap in &compared.missing {
            println!("entries {} to {} are missing: it goes on from the next keyframe", gap.from, gap.to);
        }
        if compared.nothing {
            println!("no keyframe can be read: it was made by fairway {}", setup.version);
        }
        println!("{:>9}  {}  {} changes", "recorded", compared.recorded, compared.changes);
        println!("{:>9}  {}  {} entries", "re-run", compared.rerun, compared.entries);
        println!(
            "{equal} of {met} keyframes equal; {span_s:.0} s in {took_s:.2} s: {:.0} times",
            span_s / took_s.max(1e-9)
        );
        if let Some(first) = &compared.first {
            let say = |message| serde_json::to_string(message).unwrap_or_default();
            println!("{} changes differ, first {}:", compared.different, first.change);
            println!("  recorded  {}", first.recorded.as_ref().map_or_else(|| "nothing".to_owned(), say));
            println!("  re-run    {}", first.rerun.as_ref().map_or_else(|| "nothing".to_owned(), say));
        }
        println!("{}", if compared.is_same() { "the same, byte for byte" } else { "NOT the same" });
    }
    if compared.is_same() { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) }
}
