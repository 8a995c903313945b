//! A package made of another for those who may not have all of it: what is left out is said, and the originals are named by
//! their hashes.

use super::{LIST, ORIGINAL, Path, sha256_of};
use crate::{Trouble, files};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

/// Where the hashes of the originals stand, as `sha256sum -c` reads them beside the whole package.
pub const ORIGINALS: &str = "originals.sha256";

/// What is left out, and of which package.
#[derive(Clone, Debug, Default)]
pub struct Redacted {
    /// The whole package.
    pub of: PathBuf,
    /// Vessels, by number or name, that are in nothing.
    pub ships: Vec<String>,
    /// The radio is left out.
    pub radio: bool,
}

/// Writes the hashes of the originals; what the manifest says of it.
///
/// # Errors
/// The whole package cannot be read, or is none.
pub(super) fn write(redacted: &Redacted, home: &Path) -> Result<Value, Trouble> {
    let wrong = Trouble::of(&redacted.of);
    let no_package = |error| Trouble::Asked(format!("{}: {error}", redacted.of.display()));
    let list = hashes(&redacted.of).map_err(no_package)?;
    let place = format!("  {ORIGINAL}/");
    let mut of_originals = String::new();
    for line in list.lines().filter(|line| line.contains(&place)) {
        of_originals.extend([line, "\n"]);
    }
    if of_originals.is_empty() {
        return Err(Trouble::Asked(format!("{}: no package with originals", redacted.of.display())));
    }
    files::write(&home.join(ORIGINALS), of_originals.as_bytes())?;
    let name = redacted.of.file_name().map(|name| name.to_string_lossy().into_owned());
    let sha256 = sha256_of(&redacted.of).map_err(wrong)?;
    Ok(json!({
        "of": name, "of_sha256": sha256, "vessels_left_out": redacted.ships.len(), "radio_left_out": redacted.radio,
        "pictures_left_out": true, "consoles_left_out": true,
        "originals": format!("not in here; their hashes are in {ORIGINALS}"),
    }))
}

/// The list of hashes in a package.
fn hashes(package: &Path) -> io::Result<String> {
    let mut zip = zip::ZipArchive::new(File::open(package)?).map_err(io::Error::other)?;
    let mut text = String::new();
    zip.by_name(LIST).map_err(io::Error::other)?.read_to_string(&mut text)?;
    Ok(text)
}
