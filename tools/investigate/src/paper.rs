//! A page as PDF, printed by a browser that is on this machine: it knows the scripts of the world, and lays out what it shows.

use crate::{Trouble, files};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What browsers of the one family that prints without a window are called.
const BROWSERS: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];

/// The first that is there.
fn browser() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let in_folders =
        |name: &&str| std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|it| it.is_file());
    BROWSERS.iter().find_map(in_folders)
}

/// Prints a page of ours, which needs no network.
///
/// # Errors
/// There is no browser, or it did not print.
pub fn print(page: &Path, to: &Path) -> Result<(), Trouble> {
    let none = || Trouble::Asked(format!("no PDF: none of {} is installed here", BROWSERS.join(", ")));
    let program = browser().ok_or_else(none)?;
    let home = files::with_ending(to, "work");
    let page = address(&page.canonicalize().map_err(Trouble::of(page))?);
    let to = &std::path::absolute(to).map_err(Trouble::of(to))?;
    let option = |name: &str, value: &Path| {
        let mut option = OsString::from(name);
        option.push(value);
        option
    };
    let done = Command::new(&program)
        .args(["--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update"])
        // Who is root has no sandbox there; the page runs no script of anybody else's.
        .args(is_root().then_some("--no-sandbox"))
        .arg(option("--user-data-dir=", &home))
        .arg(option("--print-to-pdf=", to))
        .arg(page)
        .stdin(Stdio::null())
        .output();
    drop(std::fs::remove_dir_all(&home));
    let done = done.map_err(Trouble::of(&program))?;
    let is_there = std::fs::read(to).is_ok_and(|bytes| bytes.starts_with(b"%PDF-"));
    if done.status.success() && is_there {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let last = said.lines().last().unwrap_or_default();
    Err(Trouble::Asked(format!("{} printed nothing: {last}", program.display())))
}

/// As browsers have it.
fn address(path: &Path) -> String {
    let escaped = |byte: &u8| {
        let is_plain = byte.is_ascii_alphanumeric() || b"/-_.".contains(byte);
        if is_plain { char::from(*byte).to_string() } else { format!("%{byte:02X}") }
    };
    let bytes = path.as_os_str().as_encoded_bytes();
    format!("file://{}", bytes.iter().map(escaped).collect::<String>())
}

/// Whether whoever runs this is root.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) == 0)
}
