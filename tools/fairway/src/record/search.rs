//! `fairway record search`: was she there, who heard her, how sure were we.

use crate::terminal::utc;
use clap::Args as ClapArgs;
use engine::recording::catalogue::{Answer, Area, Catalogue, Question, Visit};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use units::UtcTime;

#[derive(ClapArgs)]
pub struct Args {
    /// The folder of the recording.
    folder: PathBuf,
    /// A vessel: MMSI, IMO number, BeiDou card or terminal; or a part of its name or callsign.
    #[arg(long)]
    ship: Option<String>,
    /// From this instant ...
    #[arg(long, value_parser = crate::terminal::instant)]
    from: Option<UtcTime>,
    /// ... until this one.
    #[arg(long, value_parser = crate::terminal::instant)]
    to: Option<UtcTime>,
    /// Where: south,west,north,east in degrees.
    #[arg(long, value_parser = area, allow_hyphen_values = true)]
    area: Option<Area>,
    /// The number of a kind of alert, like 101.
    #[arg(long)]
    alert: Option<u32>,
    /// An operator.
    #[arg(long)]
    operator: Option<String>,
    /// At most so many of each.
    #[arg(long, default_value_t = 1000)]
    most: usize,
    /// One JSON object instead of words.
    #[arg(long)]
    json: bool,
}

#[derive(ClapArgs)]
pub struct CatalogueArgs {
    /// The folder of the recording.
    folder: PathBuf,
    /// Empties it first.
    #[arg(long)]
    anew: bool,
}

type Done = Result<ExitCode, Box<dyn Error>>;

pub(super) fn area(text: &str) -> Result<Area, String> {
    let wrong = || format!("`{text}`: write south,west,north,east in degrees, like 29.8,122.0,30.0,122.4");
    let numbers: Vec<f64> =
        text.split(',').map(|it| it.trim().parse()).collect::<Result<_, _>>().map_err(|_| wrong())?;
    let [south, west, north, east] = Area::try_from(numbers).map_err(|_| wrong())?;
    let is_right = -90.0 <= south && south <= north && north <= 90.0;
    if is_right && -180.0 <= west && west <= east && east <= 180.0 {
        Ok([south, west, north, east])
    } else {
        Err(wrong())
    }
}

pub fn catalogue(args: &CatalogueArgs) -> Done {
    let wrong = |error| format!("{}: {error}", args.folder.display());
    // Looked at first: a folder without a recording gets no catalogue.
    engine::recording::Recording::open_end(&args.folder)?;
    let mut catalogue = Catalogue::open(&args.folder).map_err(wrong)?;
    if args.anew {
        catalogue.clear().map_err(wrong)?;
    }
    let added = catalogue.update(|| true).map_err(wrong)?;
    let counts = catalogue.counts().map_err(wrong)?;
    println!(
        "{added} segments taken in; now {} segments, {} visits of vessels, {} alerts, {} commands, {} marks",
        counts.segments, counts.ships, counts.alerts, counts.commands, counts.marks
    );
    Ok(ExitCode::SUCCESS)
}

pub fn run(args: &Args) -> Done {
    let wrong = |error| format!("{}: {error}", args.folder.display());
    let question = Question {
        ship: args.ship.clone(),
        from_us: args.from.map(UtcTime::unix_us),
        to_us: args.to.map(UtcTime::unix_us),
        area: args.area,
        alert: args.alert,
        operator: args.operator.clone(),
        most: args.most,
    };
    let answer = Catalogue::look(&args.folder).and_then(|it| it.search(&question)).map_err(wrong)?;
    if args.json {
        println!("{}", serde_json::to_string(&answer)?);
    } else {
        told(&answer, &question);
    }
    Ok(ExitCode::SUCCESS)
}

fn told(answer: &Answer, question: &Question) {
    for visit in &answer.visits {
        ship(visit);
    }
    let looked_for_ships = question.operator.is_none() || question.ship.is_some() || question.area.is_some();
    if answer.visits.is_empty() && looked_for_ships {
        println!("no vessel is known to have been there");
    }
    for alert in &answer.alerts {
        let end = alert.cleared_us.map_or_else(|| "not over".to_owned(), |us| format!("over {}", utc(us)));
        let user = alert.user.as_ref().map(|user| format!(", {user} acted on it")).unwrap_or_default();
        println!(
            "alert {} {} {}, {end}{user}: {}",
            alert.kind,
            alert.priority,
            utc(alert.raised_us),
            alert.text
        );
    }
    for command in &answer.commands {
        let user = command.user.as_deref().unwrap_or("nobody known");
        println!(
            "command {} {user}: {}: {} {}",
            utc(command.time_us),
            command.action,
            command.code,
            command.text
        );
    }
    for mark in &answer.marks {
        println!("mark {} {}: {}", utc(mark.time_us), mark.user, mark.text);
    }
    if answer.is_cut {
        println!("and more: --most");
    }
    match answer.span_us {
        Some([first, last]) => println!("recorded: {} to {}", utc(first), utc(last)),
        None => println!("nothing is in the catalogue"),
    }
    for hole in &answer.holes {
        let source = hole.source.as_ref().map(|source| format!(" of {source}")).unwrap_or_default();
        println!(
            "missing: {} to {}: {}{source}: {}",
            utc(hole.from_us),
            utc(hole.to_us),
            hole.what,
            hole.reason
        );
    }
    for file in &answer.not_in {
        println!("not in the catalogue yet: {file}");
    }
}

fn ship(visit: &Visit) {
    let mut called: Vec<String> = Vec::new();
    called.extend(visit.mmsi.map(|mmsi| format!("MMSI {mmsi:09}")));
    called.extend(visit.imo.map(|imo| format!("IMO {imo}")));
    called.extend(visit.card.map(|card| format!("card {card}")));
    called.extend(visit.terminal.as_ref().map(|terminal| format!("terminal {terminal}")));
    called.extend(visit.name.as_ref().map(|name| format!("\"{name}\"")));
    called.extend(visit.callsign.clone());
    called.push(format!("track {}", visit.track));
    let heard = match visit.sources.as_slice() {
        [] => "nobody heard her meanwhile".to_owned(),
        sources => format!("heard by {}", sources.join(", ")),
    };
    let sure = visit.sigma_m.map_or_else(
        || "her place without a figure".to_owned(),
        |[best, worst]| format!("±{best:.0} to {worst:.0} m"),
    );
    let doubt = if visit.doubt { ", DOUBTED: another one claimed the same identity" } else { "" };
    let [south, west, north, east] = visit.area;
    println!("{}", called.join(", "));
    println!(
        "  {} to {}  {south:.4},{west:.4} to {north:.4},{east:.4}",
        utc(visit.from_us),
        utc(visit.to_us)
    );
    println!("  {heard}; {sure}; {} states{doubt}", visit.states);
}
