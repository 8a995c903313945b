//! `fairway run` and `fairway check`.

use clap::Args as ClapArgs;
use engine::{Engine, config};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(ClapArgs)]
pub struct Args {
    /// The configuration file.
    #[arg(short, long, default_value = "fairway.toml")]
    config: PathBuf,
    /// Stop when all files and standard input have ended.
    #[arg(long)]
    until_end: bool,
}

#[derive(ClapArgs)]
pub struct CheckArgs {
    /// The configuration file.
    config: PathBuf,
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    crate::terminal::log_to_stderr();
    let config = config::read(&args.config)?;
    if args.until_end && !config.sources.iter().any(config::Source::ends) {
        return Err("--until-end: no source is a file or standard input, so there is no end".into());
    }
    for weak in config.weak() {
        eprintln!("weak: {weak}");
    }
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let mut engine = Engine::start(config, args.until_end)?;
    let addresses = engine.addresses();
    for (name, address) in &addresses.sources {
        eprintln!("source `{name}` listens on {address}");
    }
    for (what, address) in [
        ("JSON feed on", addresses.json),
        ("NMEA feed on", addresses.nmea),
        ("cameras register on", addresses.gb28181),
    ] {
        if let Some(address) = address {
            eprintln!("{what} {address}");
        }
    }
    if let Some(address) = addresses.http {
        if engine::wall::is_built() {
            eprintln!("wall display on {scheme}://{address}/");
        }
        eprintln!("metrics on {scheme}://{address}/metrics");
    }

    let stopping = engine.stopping();
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut hangups = crate::terminal::hangups()?;
        let stop = crate::terminal::asked_to_stop();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return Ok(()),
                asked = &mut stop => return asked,
                _ = hangups.recv() => reload(&mut engine, &args.config),
            }
        }
    })?;
    let metrics = engine.stop();
    eprintln!("{}", summary(&metrics));
    Ok(ExitCode::SUCCESS)
}

/// Reads the configuration again.
fn reload(engine: &mut Engine, path: &Path) {
    let next = config::read(path);
    for weak in next.iter().flat_map(config::Config::weak) {
        eprintln!("weak: {weak}");
    }
    match engine.reload(next) {
        Ok(reloaded) if reloaded.changes.is_empty() => eprintln!("configuration: nothing is different"),
        Ok(reloaded) => {
            eprintln!("configuration taken: {}", reloaded.changes.join(", "));
            for (name, address) in reloaded.addresses {
                eprintln!("`{name}` listens on {address}");
            }
        }
        Err(error) => eprintln!("configuration refused, all goes on as it was: {error}"),
    }
}

pub fn check(args: &CheckArgs) -> Result<ExitCode, Box<dyn Error>> {
    let config = config::read(&args.config)?;
    let sources = config.sources.len();
    println!("{}: right: {sources} source{}", args.config.display(), if sources == 1 { "" } else { "s" });
    for weak in config.weak() {
        println!("weak: {weak}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The accounting in one line.
fn summary(metrics: &str) -> String {
    let sum = |name: &str| -> u64 {
        let values = metrics.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{') || rest.starts_with(' '))
        });
        values.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>() as u64
    };
    format!(
        "{} sentences: {} used in {} messages, {} refused, {} of other kinds, {} duplicate, {} pending; {} tracks",
        sum("fairway_sentence_candidates_total"),
        sum("fairway_sentences_used_total"),
        sum("fairway_messages_total"),
        sum("fairway_sentences_rejected_total"),
        sum("fairway_sentences_other_total"),
        sum("fairway_sentences_duplicate_total"),
        sum("fairway_sentences_pending"),
        sum("fairway_tracks"),
    )
}
