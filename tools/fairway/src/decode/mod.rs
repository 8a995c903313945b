//! `fairway decode`: any capture, decoded.

mod asterix;
mod frames;
mod ivef;
mod json;
mod plain;
mod report;
mod source;

use clap::{Args as ClapArgs, ValueEnum};
use frames::Frames;
use json::Json;
use plain::Plain;
use report::{Report, Summary, Totals};
use source::Input;
use std::error::Error;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// As much as is asked of a file at a time.
const READ_BYTES: usize = 1 << 16;

/// What a packed file of the log archives begins with.
const XZ: &[u8] = b"\xfd7zXZ\0";

#[derive(ClapArgs)]
pub struct Args {
    /// What the input is.
    #[arg(long, value_enum, default_value = "auto")]
    format: Format,
    /// One JSON object per line, the summary last.
    #[arg(long)]
    json: bool,
    /// Each line is SECONDS, SOURCE and a sentence, with a TAB between; that time alone joins parts. Up to 65,536
    /// sources are kept apart; one more, and all begin anew.
    #[arg(long)]
    timed: bool,
    /// One frame in hexadecimal notation per line: for `rdss` and `jt808`.
    #[arg(long)]
    hex: bool,
    /// Files; `-`, or none, is standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Format {
    /// Finds out by itself.
    Auto,
    /// NMEA 0183 lines, AIS among them.
    Nmea,
    /// What BeiDou terminals say: binary 4.0, sentences of 2.1 and of BDS-3.
    Rdss,
    /// JT/T 808 frames of every edition.
    Jt808,
    /// ASTERIX: blocks, final frames (.ff), pcap or pcapng.
    Asterix,
    /// IVEF 0.2.5 and its dialects, packed with zlib or not.
    Ivef,
}

pub fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let frames = matches!(args.format, Format::Rdss | Format::Jt808);
    if args.hex && !frames {
        return Err("--hex: only with --format rdss or jt808".into());
    }
    if args.timed && (frames || matches!(args.format, Format::Asterix | Format::Ivef)) {
        return Err("--timed: only with --format nmea".into());
    }
    let report = if args.json { Report::Programs(Json::default()) } else { Report::People(Plain::default()) };
    let Args { format, hex, timed, .. } = *args;
    let (totals, summary) = (Totals::default(), Summary::default());
    let mut decoding = Decoding { report, totals, summary, format, hex, timed, out: io::stdout().lock() };
    match decoding.all(&args.files) {
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(Failure::Output(error)) => Err(format!("standard output: {error}").into()),
        Err(Failure::Input(error)) => Err(error.into()),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

enum Failure {
    Input(String),
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

struct Decoding<W> {
    report: Report,
    totals: Totals,
    summary: Summary,
    format: Format,
    hex: bool,
    timed: bool,
    out: W,
}

/// One input, as its format has it.
enum Opened {
    Lines(Input),
    Frames(Frames),
    Asterix(Box<asterix::Input>),
    Ivef(Box<ivef::Input>),
}

impl Opened {
    /// As the format says, or as the input begins.
    fn new(format: Format, hex: bool, timed: bool, name: &str, head: &[u8]) -> Self {
        match format {
            Format::Asterix => Self::Asterix(Box::new(asterix::Input::new(name))),
            Format::Auto if !timed && decoders::asterix::File::begins(head) => {
                Self::Asterix(Box::new(asterix::Input::new(name)))
            }
            Format::Auto | Format::Nmea => Self::Lines(Input::new(timed, name)),
            Format::Rdss => Self::Frames(Frames::rdss(name, hex)),
            Format::Jt808 => Self::Frames(Frames::jt808(name, hex)),
            Format::Ivef => Self::Ivef(Box::new(ivef::Input::new(name))),
        }
    }
}

impl<W: Write> Decoding<W> {
    fn all(&mut self, files: &[PathBuf]) -> Result<(), Failure> {
        let stdin = [PathBuf::from("-")];
        let files = if files.is_empty() { &stdin } else { files };
        // A name that is wrong is told before anything else is.
        for file in files {
            open(file)?;
        }
        for file in files {
            self.one(file)?;
        }
        let words = match self.format {
            Format::Auto | Format::Nmea | Format::Asterix | Format::Ivef => self.report.summary(&self.totals),
            Format::Rdss | Format::Jt808 => self.report.frames(&self.summary),
        };
        self.report.flush(true, &mut self.out)?;
        if let Some(words) = words {
            eprintln!("{words}");
        }
        Ok(())
    }

    fn one(&mut self, file: &Path) -> Result<(), Failure> {
        let mut stream = open(file)?;
        let name = file.to_string_lossy();
        let mut input = None;
        let mut buffer = Vec::new();
        let (mut packed, mut decided) = (None, self.timed || !matches!(self.format, Format::Auto));
        loop {
            let kept = buffer.len();
            buffer.resize(kept + READ_BYTES, 0);
            let read = match stream.read(buffer.get_mut(kept..).unwrap_or_default()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    buffer.truncate(kept);
                    continue;
                }
                read => read.map_err(|error| Failure::Input(format!("{}: {error}", file.display())))?,
            };
            buffer.truncate(kept + read);
            if *packed.get_or_insert_with(|| buffer.starts_with(XZ)) {
                let name = file.display();
                return Err(Failure::Input(format!("{name}: packed; try `xz -dc {name} | fairway decode`")));
            }
            if !decided {
                if read > 0 && is_undecided(&buffer) {
                    continue;
                }
                decided = true;
                if decoders::ivef::looks_like(&buffer) {
                    input = Some(Opened::Ivef(Box::new(ivef::Input::new(name.as_ref()))));
                }
            }
            let used = match input
                .get_or_insert_with(|| Opened::new(self.format, self.hex, self.timed, name.as_ref(), &buffer))
            {
                Opened::Ivef(input) => {
                    input.take(&buffer, &mut self.report);
                    buffer.len()
                }
                Opened::Lines(input) => input.drain(&buffer, read == 0, &mut self.report, &mut self.totals),
                Opened::Frames(input) => input.drain(&buffer, read == 0, &mut self.report),
                Opened::Asterix(input) => input.drain(&buffer, read == 0, &mut self.report),
            };
            buffer.drain(..used);
            // Whoever follows a live stream sees each message as it comes.
            self.report.flush(file == Path::new("-"), &mut self.out)?;
            if read == 0 {
                match input {
                    Some(Opened::Lines(input)) => input.end(&mut self.totals),
                    Some(Opened::Frames(input)) => input.end(&mut self.summary),
                    Some(Opened::Asterix(input)) => input.end(&mut self.totals),
                    Some(Opened::Ivef(input)) => input.end(&mut self.report, &mut self.totals),
                    None => {}
                }
                return Ok(());
            }
        }
    }
}

/// Whether more bytes may show that a stream is no lines: a root, or a packed one, stands a little behind the begin.
fn is_undecided(head: &[u8]) -> bool {
    const ENOUGH: usize = 4096;
    head.len() < ENOUGH
        && matches!(head.trim_ascii_start().first(), None | Some(b'<' | b'x' | 0xef))
        && !decoders::ivef::looks_like(head)
}

fn open(file: &Path) -> Result<Box<dyn Read>, Failure> {
    if file.as_os_str() == OsStr::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let opened = File::open(file).and_then(|opened| {
        if opened.metadata()?.is_dir() { Err(ErrorKind::IsADirectory.into()) } else { Ok(opened) }
    });
    match opened {
        Ok(opened) => Ok(Box::new(opened)),
        Err(error) => Err(Failure::Input(format!("{}: {error}", file.display()))),
    }
}
