//! `fairway audit`.

use clap::{Args as ClapArgs, Subcommand};
use engine::operator::{AuditError, verify};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Reads a log from its beginning: exit 0 where it is whole, 1 where it was changed.
    Verify {
        /// The log; its head, `FILE.head`, is beside it.
        file: PathBuf,
    },
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let Command::Verify { file } = &args.command;
    if !file.exists() {
        return Err(format!("{}: no such file", file.display()).into());
    }
    match verify(file) {
        Ok(chain) => {
            println!("{}: whole: {} lines, the last is {}", file.display(), chain.lines, chain.hash);
            Ok(ExitCode::SUCCESS)
        }
        Err(AuditError::Io(error)) => Err(format!("{}: {error}", file.display()).into()),
        Err(error) => {
            println!("{}: {error}", file.display());
            Ok(ExitCode::FAILURE)
        }
    }
}
