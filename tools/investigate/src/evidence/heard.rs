//! What was said by radio, and what consoles showed, beside the tracks.

use super::{File, Path, Redacted};
use crate::case::Case;
use crate::{Trouble, files};
use engine::recording::voice::{channels, spoken, wav};
use engine::recording::{Recording, consoles};
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{self, BufWriter};

/// Writes it all below a folder; what the manifest says of it.
///
/// # Errors
/// What the disk says.
pub(super) fn write(
    recording: &Recording,
    case: &Case,
    redacted: Option<&Redacted>,
    folder: &Path,
) -> Result<Value, Trouble> {
    let (shown, mut faults) = consoles::shown(recording, case.from, case.to);
    // What a console asked for may be a vessel that is left out.
    if !shown.is_empty() && redacted.is_none() {
        files::write(&folder.join("consoles.jsonl"), &lines(&shown))?;
    }
    let Some((first, last)) = recording.span().filter(|_| redacted.is_none_or(|it| !it.radio)) else {
        return Ok(json!({}));
    };
    let (from, to) = (case.from.unwrap_or(first), case.to.unwrap_or(last));
    let known = channels(recording);
    let mut told = serde_json::Map::new();
    if !known.is_empty() {
        let (all, missing) = spoken(recording, from, to);
        files::write(&folder.join("voice.jsonl"), &lines(&all))?;
        faults.extend(missing);
    }
    for channel in &known {
        let path = folder.join(format!("{channel}.wav"));
        let file = File::create(&path).map_err(Trouble::of(&path))?;
        let sound = wav(recording, channel, (from, to), BufWriter::new(file))
            .map_err(|error| Trouble::of(&path)(io::Error::other(error)))?;
        let facts = json!({ "from_us": from.unix_us(), "packets": sound.packets, "refused": sound.refused });
        told.insert(channel.clone(), facts);
        faults.extend(sound.faults);
    }
    let mut faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
    faults.sort();
    faults.dedup();
    Ok(json!({ "channels": told, "faults": faults }))
}

fn lines<T: Serialize>(all: &[T]) -> Vec<u8> {
    let mut out = Vec::new();
    for one in all {
        out.extend(serde_json::to_vec(one).unwrap_or_default());
        out.push(b'\n');
    }
    out
}
