//! `make bench NAME=decode`, or one of the others; without a name, all.

use benches::feed::{Figures, Size};
use std::error::Error;
use std::process::ExitCode;

const NAMES: [&str; 8] = ["asterix", "decode", "feed", "flood", "fusion", "record", "search", "watch"];
/// Parts of `feed`.
const PARTS: [&str; 2] = ["echo", "many"];

fn run(name: &str) -> Result<(), Box<dyn Error>> {
    match name {
        "asterix" => drop(benches::asterix::run(&benches::asterix::Size::FULL)),
        "decode" => drop(benches::decode::run(&benches::decode::Size::FULL)),
        "echo" => benches::feed::run_echo(&Size::FULL, &mut Figures::default())?,
        "many" => benches::feed::run_many(&Size::FULL, &mut Figures::default())?,
        "feed" => drop(benches::feed::run(&Size::FULL)?),
        "flood" => drop(benches::feed::run_flood(&Size::FULL)?),
        "fusion" => benches::tracker::run(&benches::tracker::Size::FULL)?,
        "record" => benches::record::run(&benches::record::Size::FULL)?,
        "search" => drop(benches::search::run(&benches::search::Size::FULL)?),
        "watch" => benches::watch::run(&benches::watch::Size::FULL),
        _ => {
            return Err(format!(
                "no such benchmark; there are: {}",
                [&NAMES[..], &PARTS[..]].concat().join(", ")
            )
            .into());
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    if names.is_empty() {
        names = NAMES.map(str::to_owned).to_vec();
    }
    for name in names {
        if let Err(error) = run(&name) {
            eprintln!("{name}: {error}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
