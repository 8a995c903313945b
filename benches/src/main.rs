//! `make bench NAME=decode`, or `feed`

use std::process::ExitCode;

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let all = names.is_empty();
    let mut known = false;
    if all || names.iter().any(|name| name == "decode") {
        benches::decode::run(&benches::decode::Size::FULL);
        known = true;
    }
    if all || names.iter().any(|name| name == "feed") {
        if let Err(error) = benches::feed::run(&benches::feed::Size::FULL) {
            eprintln!("feed: {error}");
            return ExitCode::from(2);
        }
        known = true;
    }
    if known {
        return ExitCode::SUCCESS;
    }
    eprintln!("no such benchmark; there are: decode, feed");
    ExitCode::from(2)
}
