//! `make bench NAME=decode`

use std::process::ExitCode;

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let all = names.is_empty();
    let mut known = false;
    if all || names.iter().any(|name| name == "decode") {
        benches::decode::run(&benches::decode::Size::FULL);
        known = true;
    }
    if known {
        return ExitCode::SUCCESS;
    }
    eprintln!("no such benchmark; there is: decode");
    ExitCode::from(2)
}
