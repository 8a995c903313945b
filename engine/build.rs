//! Makes Rust types of `docs/feed/fairway.proto`, with serde derives so that the same messages are JSON Lines.

use prost::Message;
use std::io::Error;

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
