//! `fairway replay A --with other.toml`: what another configuration would have made of it.

use engine::config;
use engine::core::Core;
use engine::feed::Names;
use engine::recording::difference::{Report, Verdict, difference};
use engine::recording::{Recording, Setup};
use serde_json::json;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// So many vessels are named, the furthest off first.
const MOST_NAMED: usize = 20;

pub fn run(
    recording: &Recording,
    setup: &Setup,
    with: &Path,
    as_json: bool,
) -> Result<ExitCode, Box<dyn Error>> {
    let report = difference(recording, &Arc::new(Names::new(setup.sources.clone())), core(with, setup)?);
    if as_json {
        println!("{}", in_json(&report));
    } else {
        told(&report, with);
    }
    Ok(if report.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(super::DIFFERENT) })
}

/// A core of that configuration, which has heard nothing yet.
pub fn core(with: &Path, setup: &Setup) -> Result<Core, Box<dyn Error>> {
    let config = config::read(with)?;
    let names: Vec<&String> = config.sources.iter().map(|source| &source.name).collect();
    if names != setup.sources.iter().collect::<Vec<_>>() {
        // What was heard is known by its source's place among them.
        let recorded = setup.sources.join(", ");
        return Err(
            format!("{}: its sources must be those of the recording: {recorded}", with.display()).into()
        );
    }
    let radars = config.sources.iter().flat_map(|source| &source.radars);
    let sites = radars.filter_map(|radar| radar.sight).collect();
    Ok(Core::new(config.fusion, config.watch)
        .with_sources(setup.sources.clone())
        .with_sites(sites)
        .with_cameras(config.cameras.cues))
}

fn count(report: &Report, verdict: Verdict) -> usize {
    report.alerts.iter().filter(|pair| pair.verdict() == verdict).count()
}

fn in_json(report: &Report) -> serde_json::Value {
    let alerts: Vec<_> = report
        .alerts
        .iter()
        .filter_map(|pair| {
            let it = pair.either()?;
            let times = |told: Option<&engine::recording::difference::Told>| {
                told.map(|told| json!({"raised_us": told.raised_us, "cleared_us": told.cleared_us, "priority": told.priority}))
            };
            Some(json!({
                "kind": it.kind, "about": it.about, "text": it.text, "verdict": pair.verdict().as_str(),
                "later_s": pair.later_us().map(|us| us as f64 / 1e6),
                "recorded": times(pair.recorded.as_ref()), "rerun": times(pair.rerun.as_ref()),
            }))
        })
        .collect();
    let tracks: Vec<_> = report
        .tracks
        .iter()
        .filter(|(_, beside)| beside.is_different())
        .map(|(name, beside)| {
            let [both, only_recorded, only_rerun] = beside.seen;
            json!({
                "vessel": name, "both": both, "only_recorded": only_recorded, "only_rerun": only_rerun,
                "apart_m": beside.apart_m, "apart_us": beside.apart_at.map(units::UtcTime::unix_us),
            })
        })
        .collect();
    let counts: serde_json::Map<_, _> =
        Verdict::ALL.iter().map(|it| (it.as_str().to_owned(), count(report, *it).into())).collect();
    json!({
        "alert_counts": counts, "alerts": alerts, "vessels": report.tracks.len(), "tracks": tracks,
        "nameless_recorded": report.nameless[0], "nameless_rerun": report.nameless[1],
        "begins_midway": report.begins_midway,
        "missing_entries": report.missing.iter().map(|it| it.to - it.from).sum::<u64>(),
        "faults": report.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn told(report: &Report, with: &Path) {
    let utc = crate::terminal::utc;
    for fault in &report.faults {
        println!("{fault}");
    }
    for gap in &report.missing {
        println!("entries {} to {} are missing: the re-run goes on without them", gap.from, gap.to);
    }
    if report.begins_midway {
        println!("it does not begin where the engine did: what stood then is missing on both sides");
    }
    let [same, earlier, later, only_then, only_now] = Verdict::ALL.map(|verdict| count(report, verdict));
    let file = with.display();
    println!(
        "alerts: {same} the same; with {file} {earlier} earlier, {later} later, {only_now} more, {only_then} less"
    );
    for pair in report.alerts.iter().filter(|pair| pair.verdict() != Verdict::Same) {
        let Some(it) = pair.either() else { continue };
        let late =
            pair.later_us().map(|us| format!(" by {:.1} s", (us.abs() as f64) / 1e6)).unwrap_or_default();
        let word = pair.verdict().as_str().replace('_', " ");
        println!("  {}  {:<14} {} {}: {}{late}", utc(it.raised_us), word, it.kind, it.about, it.text);
    }
    let mut different: Vec<_> = report.tracks.iter().filter(|(_, it)| it.is_different()).collect();
    let [then, now] = report.nameless;
    println!(
        "vessels: {} of {} elsewhere or in one only; tracks of nobody known, on average: {then:.1} recorded, {now:.1} re-run",
        different.len(),
        report.tracks.len()
    );
    different.sort_by(|(_, one), (_, other)| other.apart_m.total_cmp(&one.apart_m));
    for (name, it) in different.iter().take(MOST_NAMED) {
        let [both, only_then, only_now] = it.seen;
        let at = it.apart_at.map(|at| format!(" at {}", utc(at.unix_us()))).unwrap_or_default();
        println!(
            "  {name}: {:.1} m apart{at}; seen {both} times in both, {only_then} only recorded, {only_now} only re-run",
            it.apart_m
        );
    }
    if different.len() > MOST_NAMED {
        println!("  and {} more: --json has all", different.len() - MOST_NAMED);
    }
}
