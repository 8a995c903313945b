//! `make bench NAME=decode`, or one of the others; without a name, all.

use std::process::ExitCode;

/// How a benchmark ends: what kept it from measuring.
type Done = Result<(), Box<dyn std::error::Error>>;

/// One row a benchmark.
const ALL: [(&str, fn() -> Done); 3] = [("decode", decode), ("feed", feed), ("watch", watch)];

fn decode() -> Done {
    benches::decode::run(&benches::decode::Size::FULL);
    Ok(())
}

fn feed() -> Done {
    benches::feed::run(&benches::feed::Size::FULL)?;
    Ok(())
}

fn watch() -> Done {
    benches::watch::run(&benches::watch::Size::FULL);
    Ok(())
}

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let chosen: Vec<_> =
        ALL.iter().filter(|(name, _)| names.is_empty() || names.iter().any(|n| n == name)).collect();
    if chosen.is_empty() {
        eprintln!("no such benchmark; there are: {}", ALL.map(|(name, _)| name).join(", "));
        return ExitCode::from(2);
    }
    for (name, run) in chosen {
        if let Err(error) = run() {
            eprintln!("{name}: {error}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
