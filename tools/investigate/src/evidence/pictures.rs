//! What cameras saw: the core was told each picture, so each is in the recording, and what it shows stands in what came of it.

use super::Path;
use crate::case::Case;
use crate::{Trouble, files};
use engine::feed::{hexadecimal, proto};
use engine::recording::Recording;
use engine::recording::form::{CHANGES, CORE, Changes, Entries};
use prost::Message;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use units::UtcTime;

/// A camera takes no longer than this for a picture, seconds.
const LATE_S: f64 = 300.0;

/// Files of this kind end so.
fn ending(media: &str) -> &'static str {
    match media {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        _ => "bin",
    }
}

/// Writes the pictures of a case and `pictures.jsonl`, which says what each of them shows; how many.
///
/// # Errors
/// What the disk says.
pub(super) fn write(recording: &Recording, case: &Case, folder: &Path) -> Result<usize, Trouble> {
    let mut told = Vec::new();
    each(recording, case, |topic, data| {
        if topic == CHANGES {
            let changes = Changes::decode(data).unwrap_or_default();
            told.extend(changes.messages.iter().filter_map(|message| shown(message)));
        }
        Ok(())
    })?;
    told.retain(|picture| case.is_in_time(picture.time_us));
    if told.is_empty() {
        return Ok(0);
    }
    let home = folder.join("pictures");
    fs::create_dir_all(&home).map_err(Trouble::of(&home))?;
    let wanted: BTreeMap<&str, String> = told
        .iter()
        .map(|picture| (&*picture.sha256, format!("pictures/{}.{}", picture.sha256, ending(&picture.media))))
        .collect();
    let mut written = BTreeSet::new();
    each(recording, case, |topic, data| {
        let entries =
            if topic == CORE { Entries::decode(data).unwrap_or_default() } else { Entries::default() };
        for entry in entries.iter() {
            for (hash, bytes) in entry.pictures() {
                let hash = hexadecimal(hash);
                if let Some(file) = wanted.get(&*hash) {
                    files::write(&folder.join(file), bytes)?;
                    written.insert(hash);
                }
            }
        }
        Ok(())
    })?;
    let mut list = String::new();
    for picture in &told {
        let file = wanted.get(&*picture.sha256).filter(|_| written.contains(&picture.sha256));
        let line = json!({
            "time_us": picture.time_us, "camera": picture.camera, "track": picture.track, "alert": picture.alert,
            "sha256": picture.sha256, "file": file,
        });
        list.extend([&*line.to_string(), "\n"]);
    }
    files::write(&folder.join("pictures.jsonl"), list.as_bytes())?;
    Ok(told.len())
}

/// Goes through what was recorded in the time of a case, and a while behind it: a picture comes after it is asked for.
fn each(
    recording: &Recording,
    case: &Case,
    mut take: impl FnMut(&str, &[u8]) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let from = case.from.unwrap_or(UtcTime::from_unix_ns(i64::MIN));
    let to = case.to.map_or(UtcTime::from_unix_ns(i64::MAX), |to| to.plus_s(LATE_S));
    let mut messages = recording.messages(0, 0).between(from, to);
    while let Some(found) = messages.message() {
        take(found.topic, found.data)?;
    }
    Ok(())
}

fn shown(message: &[u8]) -> Option<proto::Picture> {
    match proto::ServerMessage::decode(message).ok()?.body? {
        proto::server_message::Body::Picture(picture) => Some(picture),
        _ => None,
    }
}
