//! `make bench NAME=decode`, or one of the others; without a name, all.

use std::error::Error;
use std::process::ExitCode;

const NAMES: [&str; 8] = ["asterix", "decode", "feed", "flood", "fusion", "record", "search", "watch"];

fn run(name: &str) -> Result<(), Box<dyn Error>> {
    match name {
        "asterix" => drop(benches::asterix::run(&benches::asterix::Size::FULL)),
        "decode" => drop(benches::decode::run(&benches::decode::Size::FULL)),
        "feed" => drop(benches::feed::run(&benches::feed::Size::FULL)?),
        "flood" => drop(benches::feed::run_flood(&benches::feed::Size::FULL)?),
        "fusion" => benches::tracker::run(&benches::tracker::Size::FULL)?,
        "record" => benches::record::run(&benches::record::Size::FULL)?,
        "search" => drop(benches::search::run(&benches::search::Size::FULL)?),
        "watch" => benches::watch::run(&benches::watch::Size::FULL),
        _ => return Err(format!("no such benchmark; there are: {}", NAMES.join(", ")).into()),
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
