//! Makes Rust types of `docs/feed/fairway.proto`, with serde derives so that the same messages are JSON Lines. Packs the
//! wall display (`engine/web/dist/page`, where `make web` has built it) and its coast.

use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;
use std::fmt::Write as _;
use std::io::{Error, Write as _};
use std::path::{Path, PathBuf};

// Numbers of google/protobuf/descriptor.proto.
const REPEATED: i32 = 3;
const MESSAGE: i32 = 11;

fn main() -> Result<(), Error> {
    let proto = "../docs/feed/fairway.proto";
    println!("cargo:rerun-if-changed={proto}");
    let descriptors = protox::compile([proto], ["../docs/feed"]).map_err(Error::other)?;

    // What recordings say of themselves.
    let recording = "../docs/recording/recording.proto";
    println!("cargo:rerun-if-changed={recording}");
    let schema = protox::compile([recording], ["../docs/recording", "../docs/feed"]).map_err(Error::other)?;
    let out =
        std::path::PathBuf::from(std::env::var_os("OUT_DIR").ok_or_else(|| Error::other("no OUT_DIR"))?);
    std::fs::write(out.join("recording.bin"), schema.encode_to_vec())?;
    wall(&out)?;

    let mut build = prost_build::Config::new();
    build
        .message_attribute(".", "#[derive(serde::Serialize, serde::Deserialize)]")
        .message_attribute(".", "#[serde(default)]")
        .field_attribute("body", "#[serde(flatten)]");
    for oneof in ["ServerMessage.body", "ClientMessage.body", "Command.body"] {
        let path = format!(".fairway.v1.{oneof}");
        build.enum_attribute(&path, "#[derive(serde::Serialize, serde::Deserialize)]");
        build.enum_attribute(&path, "#[serde(rename_all = \"snake_case\")]");
    }
    // In JSON an enumeration is a word, and what is not known is a key that is absent.
    for (field, words) in [("Track.life", "life"), ("Track.class", "class"), ("Alert.state", "alert_state")] {
        let with = format!("#[serde(with = \"crate::feed::words::{words}\")]");
        build.field_attribute(format!(".fairway.v1.{field}"), with);
    }
    for message in descriptors.file.iter().flat_map(|file| &file.message_type) {
        for field in &message.field {
            let absent = if field.label == Some(REPEATED) {
                "Vec::is_empty"
            } else if field.proto3_optional == Some(true)
                || (field.r#type == Some(MESSAGE) && field.oneof_index.is_none())
            {
                "Option::is_none"
            } else {
                continue;
            };
            let path = format!(".fairway.v1.{}.{}", message.name(), field.name());
            build.field_attribute(path, format!("#[serde(skip_serializing_if = \"{absent}\")]"));
        }
    }
    build.compile_fds(descriptors)
}

/// Every file of the page, packed where that makes it shorter, and a table of them.
fn wall(out: &Path) -> Result<(), Error> {
    let coast = "../fixtures/chart/coast.geojson";
    println!("cargo:rerun-if-changed={coast}");
    std::fs::write(out.join("coast.geojson.gz"), packed(&std::fs::read(coast)?)?)?;

    println!("cargo:rerun-if-changed=web/dist");
    let dist = Path::new("web/dist/page");
    let mut files = Vec::new();
    if dist.is_dir() {
        find(dist, &mut files)?;
    }
    files.sort();
    let store = out.join("wall");
    std::fs::create_dir_all(&store)?;
    let mut table = String::from("static FILES: &[File] = &[\n");
    for (index, file) in files.iter().enumerate() {
        let path = file.strip_prefix(dist).map_err(Error::other)?;
        let path = path.to_str().ok_or_else(|| Error::other("a name that is no text"))?;
        let media = match file.extension().and_then(|kind| kind.to_str()) {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("woff2") => "font/woff2",
            _ => "application/octet-stream",
        };
        let plain = std::fs::read(file)?;
        let less = packed(&plain)?;
        let is_packed = less.len() < plain.len();
        let stored = store.join(index.to_string());
        let stored_at = stored.to_str().ok_or_else(|| Error::other("a folder that is no text"))?;
        std::fs::write(&stored, if is_packed { less } else { plain })?;
        let line = format!(
            "File {{ path: {path:?}, media: {media:?}, is_packed: {is_packed}, bytes: include_bytes!({stored_at:?}) }},\n"
        );
        table.write_str(&line).map_err(Error::other)?;
    }
    table.push_str("];\n");
    std::fs::write(out.join("wall_files.rs"), table)
}

fn find(folder: &Path, into: &mut Vec<PathBuf>) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { find(&path, into)? } else { into.push(path) }
    }
    Ok(())
}

fn packed(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes)?;
    packed.finish()
}
