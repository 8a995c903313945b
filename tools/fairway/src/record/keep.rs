//! What is held, and keys that change.

use clap::Args as ClapArgs;
use engine::recording::keep::{self, Hold};
use engine::recording::keys;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use units::UtcTime;

#[derive(ClapArgs)]
pub struct HoldArgs {
    /// The folder of the recording.
    folder: PathBuf,
    /// What it is called: the number of a case.
    name: String,
    /// From this instant ...
    #[arg(long, value_parser = crate::terminal::instant)]
    from: UtcTime,
    /// ... until this one.
    #[arg(long, value_parser = crate::terminal::instant)]
    to: UtcTime,
    #[command(flatten)]
    because: Because,
}

#[derive(ClapArgs)]
pub struct ReleaseArgs {
    /// The folder of the recording.
    folder: PathBuf,
    /// What it is called.
    name: String,
    #[command(flatten)]
    because: Because,
}

#[derive(ClapArgs)]
struct Because {
    /// Why.
    #[arg(long)]
    why: String,
    /// Who says so; you, as this machine knows you, without it.
    #[arg(long)]
    by: Option<String>,
}

impl Because {
    fn by(&self) -> String {
        self.by.clone().or_else(|| std::env::var("USER").ok()).unwrap_or_else(|| "unknown".to_owned())
    }
}

#[derive(ClapArgs)]
pub struct RotateArgs {
    /// The file of the key that is in force.
    key: PathBuf,
}

type Done = Result<ExitCode, Box<dyn Error>>;

pub fn hold(args: &HoldArgs) -> Done {
    if args.to < args.from {
        return Err("--to: before --from".into());
    }
    let recording = engine::recording::Recording::open(&args.folder)?;
    let hold = Hold {
        name: args.name.clone(),
        from_us: args.from.unix_us(),
        to_us: args.to.unix_us(),
        why: args.because.why.clone(),
        user: args.because.by(),
        time_us: engine::clock::now_utc().unix_us(),
    };
    let overlaps = recording.segments.iter().filter(|segment| hold.overlaps(segment)).count();
    let name = hold.name.clone();
    keep::hold(&args.folder, hold).map_err(|error| format!("{}: {error}", args.folder.display()))?;
    println!("{name}: held; {overlaps} segments of now are in it");
    Ok(ExitCode::SUCCESS)
}

pub fn release(args: &ReleaseArgs) -> Done {
    let (why, by) = (&args.because.why, args.because.by());
    let was_held = keep::unhold(&args.folder, &args.name, why, &by, engine::clock::now_utc())
        .map_err(|error| format!("{}: {error}", args.folder.display()))?;
    if !was_held {
        return Err(format!("`{}` is not held", args.name).into());
    }
    println!("{}: not held any more", args.name);
    Ok(ExitCode::SUCCESS)
}

pub fn rotate(args: &RotateArgs) -> Done {
    let next = keys::prepare_next(&args.key).map_err(|error| format!("{}: {error}", args.key.display()))?;
    println!("{next}");
    eprintln!("the recorder takes it with its next segment; give the line above to whoever verifies");
    Ok(ExitCode::SUCCESS)
}
