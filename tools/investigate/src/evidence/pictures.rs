//! What cameras saw: the core was told each picture, so each is in the recording, and what it shows stands in what came of it.

use super::Path;
use crate::case::Case;
use crate::{Trouble, files};
use engine::feed::{hexadecimal, proto};
use engine::recording::Recording;
use engine::recording::form::{CHANGES, CORE, Changes, Entries};
use prost::Message;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;

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
    let (mut told, mut taken) = (Vec::new(), BTreeMap::new());
    let mut messages = recording.messages(0, 0);
    while let Some(found) = messages.message() {
        match found.topic {
            CHANGES => {
                let changes = Changes::decode(found.data).unwrap_or_default();
                told.extend(changes.messages.iter().filter_map(|message| shown(message)));
            }
            CORE => {
                let entries = Entries::decode(found.data).unwrap_or_default();
                for entry in entries.iter() {
                    taken.extend(entry.pictures().map(|(hash, bytes)| (hexadecimal(hash), bytes.to_vec())));
                }
            }
            _ => {}
        }
    }
    told.retain(|picture| case.is_in_time(picture.time_us));
    if told.is_empty() {
        return Ok(0);
    }
    let home = folder.join("pictures");
    fs::create_dir_all(&home).map_err(Trouble::of(&home))?;
    let mut list = String::new();
    for picture in &told {
        let file = format!("pictures/{}.{}", picture.sha256, ending(&picture.media));
        let bytes = taken.get(&picture.sha256);
        if let Some(bytes) = bytes {
            files::write(&folder.join(&file), bytes)?;
        }
        let line = json!({
            "time_us": picture.time_us, "camera": picture.camera, "track": picture.track, "alert": picture.alert,
            "sha256": picture.sha256, "file": bytes.map(|_| file),
        });
        list.extend([&*line.to_string(), "\n"]);
    }
    files::write(&folder.join("pictures.jsonl"), list.as_bytes())?;
    Ok(told.len())
}

fn shown(message: &[u8]) -> Option<proto::Picture> {
    match proto::ServerMessage::decode(message).ok()?.body? {
        proto::server_message::Body::Picture(picture) => Some(picture),
        _ => None,
    }
}
