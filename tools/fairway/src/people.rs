//! `fairway people`: who may sign in, in a file for its owner alone.

use clap::{Args as ClapArgs, Subcommand};
use engine::feed::access::Role;
use engine::feed::people::{Hash, People};
use rustix::termios::{LocalModes, OptionalActions, isatty, tcgetattr, tcsetattr};
use std::error::Error;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(ClapArgs)]
pub struct Args {
    /// The file that `[people] path` names; made where it is not there.
    #[arg(short, long, default_value = "people")]
    file: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lets somebody in, or gives them another password or role. The password is read from standard input.
    Add {
        /// viewer, operator, supervisor, investigator or admin.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Who.
        name: String,
    },
    /// Lets somebody in no more.
    Remove {
        /// Who.
        name: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    let known = Role::ALL.into_iter().find(|role| role.as_str() == text);
    known.ok_or_else(|| "viewer, operator, supervisor, investigator or admin".to_owned())
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let text = if args.file.exists() {
        // What is wrong with it is said before anything is asked.
        People::read(&args.file).map_err(|error| format!("{}: {error}", args.file.display()))?;
        std::fs::read_to_string(&args.file)?
    } else {
        String::new()
    };
    let (name, line) = match &args.command {
        Command::Add { role, name } => {
            let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
            if name.is_empty() || name.contains('#') {
                return Err("a name has letters, and no `#`".into());
            }
            let hash = Hash::new(&password()?)?;
            let line = format!("{hash} {} {name}\n", role.as_str());
            (name, line)
        }
        Command::Remove { name } => (name.clone(), String::new()),
    };
    let is_other = |line: &&str| named(line) != Some(name.clone());
    let mut kept: String = text.lines().filter(is_other).flat_map(|line| [line, "\n"]).collect();
    if line.is_empty() && kept.lines().count() == text.lines().count() {
        return Err(format!("{}: nobody is called {name}", args.file.display()).into());
    }
    kept.push_str(&line);
    replace(&args.file, &kept)?;
    println!("{}: {name} {}", args.file.display(), if line.is_empty() { "is gone" } else { "may sign in" });
    Ok(ExitCode::SUCCESS)
}

/// Whose line it is.
fn named(line: &str) -> Option<String> {
    let line = line.split('#').next()?;
    let name: Vec<&str> = line.split_whitespace().skip(2).collect();
    (!name.is_empty()).then(|| name.join(" "))
}

/// In one step, so that nobody reads half of it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut beside = path.file_name().unwrap_or_default().to_owned();
    beside.push(".new");
    let beside = path.with_file_name(beside);
    drop(std::fs::remove_file(&beside));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, path)
}

/// Unseen, where somebody types it.
fn password() -> Result<String, Box<dyn Error>> {
    let input = io::stdin();
    let mut line = String::new();
    if isatty(&input) {
        eprint!("Password: ");
        let before = tcgetattr(&input)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&input, OptionalActions::Now, &quiet)?;
        let read = input.read_line(&mut line);
        tcsetattr(&input, OptionalActions::Now, &before)?;
        eprintln!();
        read?;
    } else {
        input.read_line(&mut line)?;
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
