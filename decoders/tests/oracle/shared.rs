//! Where the shared data is, and how to unpack it.

use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// Unpacks every file it is given, one after the other.
const UNPACK: &str = "
import sys, lzma, gzip
for path in sys.argv[1:]:
    read = lzma.open if path.endswith('.xz') else gzip.open if path.endswith('.gz') else open
    with read(path, 'rb') as file:
        sys.stdout.buffer.write(file.read() + b'\\n')
";

/// One file as it is.
const READ: &str = "
import sys
sys.stdout.buffer.write(open(sys.argv[1], 'rb').read())
";

/// Unpacks the files of one archive, one after the other.
const UNTAR: &str = "
import sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    for member in archive:
        if member.isfile():
            lines = archive.extractfile(member).read().split()
            sys.stdout.buffer.write(b'\\n'.join(lines) + b'\\n')
";

/// The rows of every table that has a column of that name, as objects.
const UNTABLE: &str = "
import sys, csv, json
for path in sys.argv[2:]:
    with open(path, encoding='utf-8', newline='') as file:
        table = csv.DictReader(file)
        if sys.argv[1] in table.fieldnames:
            for row in table:
                print(json.dumps(row))
";

/// Every row of every `.csv` file of a folder that has a column of that name, each an object of texts; `None`, said
/// aloud, where the folder is not there.
pub fn table(folder: &str, column: &str) -> Option<Vec<Value>> {
    let Ok(entries) = std::fs::read_dir(root().join(folder)) else {
        println!("skipped: no shared data");
        return None;
    };
    let mut paths: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "csv"))
        .collect();
    paths.sort();
    paths.insert(0, PathBuf::from(column));
    let lines = python(UNTABLE, &paths);
    let lines = lines.split(|&b| b == b'\n').filter(|line| !line.is_empty());
    Some(lines.map(|line| serde_json::from_slice(line).unwrap()).collect())
}

/// Every row of every `.jsonl` file of a folder, packed or not; `None`, said aloud, where the folder is not there.
pub fn rows(folder: &str) -> Option<Vec<Value>> {
    let Ok(entries) = std::fs::read_dir(root().join(folder)) else {
        println!("skipped: no shared data");
        return None;
    };
    let mut paths: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(".jsonl")))
        .collect();
    paths.sort();
    let unpacked = python(UNPACK, &paths);
    let lines = unpacked.split(|&b| b == b'\n').filter(|line| !line.is_empty());
    Some(lines.map(|line| serde_json::from_slice(line).unwrap()).collect())
}

/// A file, and what an oracle says of it.
pub struct Checked {
    pub name: String,
    pub bytes: Vec<u8>,
    pub rows: Vec<Value>,
}

/// The files of a folder that have an oracle named `FILE.suffix` in another. `None`, said aloud, where a folder is not there.
pub fn with_oracle(folder: &str, oracles: &str, suffix: &str) -> Option<Vec<Checked>> {
    let Ok(entries) = std::fs::read_dir(root().join(oracles)) else {
        println!("skipped: no shared data");
        return None;
    };
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            entry.unwrap().file_name().to_string_lossy().strip_suffix(suffix).map(str::to_owned)
        })
        .collect();
    names.sort();
    let read = |name: String| {
        let path = root().join(folder).join(&name);
        let bytes = path.is_file().then(|| python(READ, &[path]))?;
        let rows = python(UNPACK, &[root().join(oracles).join(format!("{name}{suffix}"))]);
        let rows = rows.split(|&b| b == b'\n').filter(|line| !line.is_empty());
        let rows = rows.map(|line| serde_json::from_slice(line).unwrap()).collect();
        Some(Checked { name, bytes, rows })
    };
    Some(names.into_iter().filter_map(read).collect())
}

/// Every payload of an archive of files that hold one bit per character, a payload per line; as bytes and how many
/// bits. `None`, said aloud, where the archive is not there.
pub fn payloads(archive: &str) -> Option<Vec<(Vec<u8>, usize)>> {
    let path = root().join(archive);
    if !path.is_file() {
        println!("skipped: no shared data");
        return None;
    }
    let unpacked = python(UNTAR, &[path]);
    let lines = unpacked.split(|&b| b == b'\n').filter(|line| !line.is_empty());
    let pack = |bits: &[u8]| -> Vec<u8> {
        bits.chunks(8)
            .map(|eight| eight.iter().zip(0..).fold(0, |byte, (bit, at)| byte | (bit & 1) << (7 - at)))
            .collect()
    };
    Some(lines.map(|bits| (pack(bits), bits.len())).collect())
}

/// Every file of a folder with that extension, by name; `None`, said aloud, where there is none.
#[allow(clippy::disallowed_methods, reason = "a test may")]
pub fn files(folder: &str, extension: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let entries =
        std::fs::read_dir(root().join(folder)).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|it| it == extension)).collect();
    paths.sort();
    if paths.is_empty() {
        println!("skipped: no shared data");
        return None;
    }
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    Some(paths.into_iter().map(|path| (name(&path), std::fs::read(path).unwrap())).collect())
}

/// One file; `None`, said aloud, where it is not there.
pub fn file(path: &str) -> Option<PathBuf> {
    let path = root().join(path);
    if !path.is_file() {
        println!("skipped: no shared data");
    }
    path.is_file().then_some(path)
}

fn root() -> PathBuf {
    std::env::var_os("FAIRWAY_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from)
}

fn python(script: &str, paths: &[PathBuf]) -> Vec<u8> {
    let ran = Command::new("python3").arg("-c").arg(script).args(paths).output().expect("python3");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}
