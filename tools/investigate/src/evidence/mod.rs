//! An evidence package: one zip with the sealed originals, what was made of them, what verifies both, and a page that shows
//! it without us.

mod heard;
mod pictures;
mod redacted;
mod viewer;
mod work;

pub use redacted::{ORIGINALS, Redacted};

use crate::case::{Case, utc};
use crate::encounter::{Language, encounter, html};
use crate::export::{Format, export};
use crate::points::Gathered;
use crate::stats::{self, Wanted};
use crate::waters::Waters;
use crate::{Trouble, files};
use engine::recording::cut::cut;
use engine::recording::seal::{Key, hex};
use engine::recording::verify::verify;
use engine::recording::{Recording, Setup};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use units::UtcTime;
use work::Work;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// Pages are made in each, and named after it.
const LANGUAGES: [(Language, &str); 2] = [(Language::English, "en"), (Language::Chinese, "zh")];

/// The list of hashes, as `sha256sum -c` reads it.
pub const LIST: &str = "hashes.sha256";
/// Its signature: the public key, and behind a space the signature.
pub const SIGNED: &str = "hashes.sha256.sig";
/// The sealed segments.
pub const ORIGINAL: &str = "original";
/// What was handed over, beside the recording.
pub const LOG: &str = "handed-over.jsonl";

const VERIFIERS: [(&str, &str); 3] = [
    ("verify.py", include_str!("../../../verify/verify.py")),
    ("ed25519.py", include_str!("../../../verify/ed25519.py")),
    ("package.py", include_str!("../../../verify/package.py")),
];
const README: &str = include_str!("readme.txt");

/// What goes into it, and who answers for that.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Which part of the recording.
    pub case: Case,
    /// The number of the case.
    pub number: String,
    /// Why it is handed over.
    pub why: String,
    /// Who hands it over.
    pub by: String,
    /// Two ships whose encounter is reported.
    pub pair: Option<[u32; 2]>,
    /// The key that signs the list of hashes.
    pub key: Option<PathBuf>,
    /// A program that verifies the recording, to go with it.
    pub binary: Option<PathBuf>,
    /// It is made of another one, without all that is in that.
    pub redacted: Option<Redacted>,
}

/// What was made.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// Of the whole zip.
    pub sha256: String,
    /// Files in it.
    pub files: usize,
    /// What the originals' seals say: segments, and faults.
    pub segments: u64,
    /// The same.
    pub faults: Vec<String>,
    /// What is not in the recording.
    pub warnings: Vec<String>,
}

/// Makes it. `progress` is told what is being done. What a disk or a kill breaks off is gone on with when the same is asked for
/// again.
///
/// # Errors
/// What the disk says; or that what was asked for is not in the recording.
pub fn package(
    recording: &Recording,
    wish: &Wish,
    to: &Path,
    now: UtcTime,
    progress: &mut dyn FnMut(&str),
) -> Result<Made, Trouble> {
    if wish.redacted.is_some() && wish.pair.is_some() {
        let why = "no encounter report in a redacted package: its alerts name whoever they are about, also who is left out";
        return Err(Trouble::Asked(why.to_owned()));
    }
    let work = Work::begin(to, &format!("{wish:?} {} {:?}", recording.folder.display(), recording.span()))?;
    let made = make(recording, wish, (to, work.home()), now, progress);
    if !matches!(made, Err(Trouble::File { .. })) {
        work.end();
    }
    made
}

fn make(
    recording: &Recording,
    wish: &Wish,
    (to, home): (&Path, &Path),
    now: UtcTime,
    progress: &mut dyn FnMut(&str),
) -> Result<Made, Trouble> {
    let case = &Case {
        without: wish.redacted.as_ref().map(|it| it.ships.clone()).unwrap_or_default(),
        ..wish.case.clone()
    };
    let wrong = |path: &Path| Trouble::of(path);
    // Of an earlier try.
    for file in [LIST, SIGNED] {
        drop(fs::remove_file(home.join(file)));
    }
    for folder in ["", "derived", "verify"] {
        fs::create_dir_all(home.join(folder)).map_err(wrong(home))?;
    }
    let (redaction, originals) = if let Some(redacted) = &wish.redacted {
        (Some(redacted::write(redacted, home)?), None)
    } else {
        progress("sealed originals");
        let original = home.join(ORIGINAL);
        drop(fs::remove_dir_all(&original));
        let taken = cut(recording, case.from, case.to, &original, now, &mut |_, _| {}).map_err(wrong(to))?;
        (None, Some((taken, verify(&original, None).map_err(wrong(&original))?)))
    };

    let mut told = Gathered::default();
    for format in Format::ALL {
        progress(format.as_str());
        let file = home.join(format!("derived/{}.{}", name(format), format.ending()));
        // One tells what is true of them all.
        if format != Format::Csv && work::is_whole(&file, format) {
            continue;
        }
        let done = export(recording, case, format, &file, &mut |_| {})?;
        if format == Format::Csv {
            told = done.gathered;
        }
    }
    progress("figures");
    let figures = stats::stats(recording, case, &Wanted::default(), &mut |_| {}).map_err(wrong(to))?;
    for (language, tag) in LANGUAGES {
        let file = home.join(format!("derived/figures.{tag}.html"));
        files::write(&file, stats::html(&figures, language).as_bytes())?;
    }
    let mut table = Vec::new();
    stats::csv(&mut table, &figures).map_err(wrong(to))?;
    files::write(&home.join("derived/figures.csv"), &table)?;
    progress("radio and consoles");
    let radio = heard::write(recording, case, wish.redacted.as_ref(), &home.join("derived"))?;
    // What is seen in a picture cannot be left out of it.
    let pictures = match wish.redacted {
        None => pictures::write(recording, case, &home.join("derived"))?,
        Some(_) => 0,
    };
    let waters = Waters::of(recording, case.from, None)?;
    if let Some(pair) = wish.pair {
        progress("encounter");
        // Both ships whole, whichever was asked for.
        let both = Case { ship: None, area: None, ..case.clone() };
        let met = encounter(recording, &both, pair, &mut |_| {}).map_err(wrong(to))?;
        for (language, tag) in LANGUAGES {
            let file = home.join(format!("derived/encounter.{tag}.html"));
            files::write(&file, html(&met, &waters, language).as_bytes())?;
        }
    }
    progress("page and verifiers");
    for (file, text) in VERIFIERS {
        files::write(&home.join("verify").join(file), text.as_bytes())?;
    }
    if let Some(binary) = &wish.binary {
        let copy = home.join("verify/fairway");
        fs::copy(binary, &copy).map_err(wrong(binary))?;
    }
    files::write(&home.join("README.txt"), README.as_bytes())?;
    let geojson = fs::read_to_string(home.join("derived/tracks.geojson")).map_err(wrong(home))?;
    let setup = Setup::of(recording).unwrap_or_default();
    let manifest = json!({
        "what": "evidence package", "case": wish.number, "why": wish.why, "by": wish.by, "made": utc(now.unix_us()),
        "made_by": format!("fairway {}", env!("CARGO_PKG_VERSION")), "redacted": redaction,
        "recording": told.facts.recording,
        "recorded_by": {"version": setup.version, "config_sha256": setup.sha256},
        "asked": case.asked(), "pair": wish.pair,
        "ships": ships(&geojson),
        "originals": originals.as_ref().map(|(taken, sealed)| json!({
            "segments": [taken.first, taken.last], "left_out": sealed.left_out, "seals": sealed.seals,
            "keys": sealed.keys, "faults": sealed.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })),
        "tracks": told.facts.json(case, &told.gaps),
        "radio": radio, "pictures": pictures,
    });
    let mut names: Vec<String> = below(home).map_err(wrong(home))?.into_keys().collect();
    names.retain(|name| name != "index.html" && name != "manifest.json");
    names.extend(["manifest.json", LIST].map(str::to_owned));
    let page = viewer::page(&manifest, &geojson, &waters, &names);
    files::write(&home.join("index.html"), page.as_bytes())?;
    files::write(&home.join("manifest.json"), &serde_json::to_vec_pretty(&manifest).unwrap_or_default())?;

    progress("hashes");
    let all = below(home).map_err(wrong(home))?;
    let mut list = String::new();
    for (name, path) in &all {
        list.extend([&*sha256_of(path).map_err(wrong(path))?, "  ", name, "\n"]);
    }
    files::write(&home.join(LIST), list.as_bytes())?;
    if let Some(path) = &wish.key {
        if !path.exists() {
            return Err(Trouble::Asked(format!("{}: no key is there", path.display())));
        }
        let key = Key::open(path).map_err(wrong(path))?;
        let line = format!("{} {}\n", key.public(), key.prove(&list));
        files::write(&home.join(SIGNED), line.as_bytes())?;
    }
    progress("zip");
    let all = below(home).map_err(wrong(home))?;
    let part = files::Part::create(to)?;
    pack(&part, &all).map_err(wrong(to))?;
    part.finish()?;
    let sha256 = sha256_of(to).map_err(wrong(to))?;
    let file_name = to.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    files::write(&files::with_ending(to, "sha256"), format!("{sha256}  {file_name}\n").as_bytes())?;
    let mut warnings = told.facts.warnings();
    if let Err(error) = note(&recording.folder, wish, now, &sha256) {
        warnings.push(format!(
            "{}: {error}: it is not noted there that this was handed over",
            recording.folder.display()
        ));
    }
    let (segments, faults) = originals.map_or((0, Vec::new()), |(_, sealed)| {
        (sealed.segments, sealed.faults.iter().map(ToString::to_string).collect())
    });
    Ok(Made { sha256, files: all.len(), segments, faults, warnings })
}

const fn name(format: Format) -> &'static str {
    match format {
        Format::Nmea => "sentences",
        _ => "tracks",
    }
}

/// Who is in it, by MMSI and name.
fn ships(geojson: &str) -> Value {
    let all: Value = serde_json::from_str(geojson).unwrap_or_default();
    let mut ships: BTreeMap<String, Value> = BTreeMap::new();
    for feature in all.get("features").and_then(Value::as_array).into_iter().flatten() {
        let Some(of) = feature.get("properties") else { continue };
        if let Some(mmsi) = of.get("mmsi").and_then(Value::as_u64) {
            ships.insert(format!("{mmsi:09}"), of.get("name").cloned().unwrap_or_default());
        }
    }
    json!(ships)
}

/// Every file below a folder, by its name in the package.
fn below(home: &Path) -> io::Result<BTreeMap<String, PathBuf>> {
    let (mut all, mut folders) = (BTreeMap::new(), vec![home.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(name) = path.strip_prefix(home) {
                all.insert(name.to_string_lossy().into_owned(), path);
            }
        }
    }
    Ok(all)
}

fn sha256_of(path: &Path) -> io::Result<String> {
    let (mut file, mut hash, mut block) = (File::open(path)?, Sha256::new(), vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(block.get(..read).unwrap_or_default());
    }
}

fn pack(part: &files::Part, all: &BTreeMap<String, PathBuf>) -> io::Result<()> {
    let mut zip = zip::ZipWriter::new(BufWriter::new(part));
    for (name, path) in all {
        // Segments are packed already.
        let is_packed = Path::new(name).extension().is_some_and(|it| it == "mcap" || it == "parquet");
        let method = if is_packed { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let mode = if name == "verify/fairway" { 0o755 } else { 0o644 };
        let options =
            SimpleFileOptions::default().compression_method(method).large_file(true).unix_permissions(mode);
        zip.start_file(name.as_str(), options).map_err(io::Error::other)?;
        io::copy(&mut File::open(path)?, &mut zip)?;
    }
    zip.finish().map_err(io::Error::other)?.flush()
}

/// That it was handed over is noted beside the recording.
fn note(folder: &Path, wish: &Wish, now: UtcTime, sha256: &str) -> io::Result<()> {
    let line = json!({
        "time_us": now.unix_us(), "case": wish.number, "why": wish.why, "by": wish.by,
        "asked": wish.case.asked(), "sha256": sha256,
    });
    let mut file = OpenOptions::new().create(true).append(true).open(folder.join(LOG))?;
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_all()
}
