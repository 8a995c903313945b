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

/// Every row of every `.jsonl` file of a folder, packed or not; `None`, said aloud, where the folder is not there.
pub fn rows(folder: &str) -> Option<Vec<Value>> {
    let root = std::env::var_os("FAIRWAY_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
        println!("skipped: no shared data");
        return None;
    };
    let mut paths: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(".jsonl")))
        .collect();
    paths.sort();
    let unpacked = Command::new("python3").arg("-c").arg(UNPACK).args(&paths).output().expect("python3");
    assert!(unpacked.status.success(), "{}", String::from_utf8_lossy(&unpacked.stderr));
    let lines = unpacked.stdout.split(|&b| b == b'\n').filter(|line| !line.is_empty());
    Some(lines.map(|line| serde_json::from_slice(line).unwrap()).collect())
}
