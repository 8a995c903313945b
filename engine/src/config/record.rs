//! Where everything that enters is recorded, and for how long it is kept.

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The recording.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The folder of its segments.
    pub path: PathBuf,
    /// What seals them; made where it is not there. Without one nothing is sealed.
    pub key: Option<PathBuf>,
    /// A segment ends when it is so old, seconds ...
    #[serde(default = "segment_s")]
    pub segment_s: u64,
    /// ... or so long, bytes.
    #[serde(default = "segment_bytes")]
    pub segment_bytes: u64,
    /// All that the core remembers is written so often, seconds.
    #[serde(default = "keyframe_s")]
    pub keyframe_s: u32,
    /// What is kept in memory while the disk takes nothing, bytes; past it, the oldest is lost.
    #[serde(default = "memory_bytes")]
    pub memory_bytes: usize,
    /// Whether the picture goes on from where the recording ends.
    #[serde(default = "yes")]
    pub resume: bool,
    /// What is older than so many days is let go, unless it is held; without a limit nothing is.
    pub keep_days: Option<u32>,
    /// The oldest is let go while there is more than this, unless it is held.
    pub keep_bytes: Option<u64>,
}

const fn segment_s() -> u64 {
    60
}

const fn segment_bytes() -> u64 {
    64 << 20
}

const fn keyframe_s() -> u32 {
    30
}

const fn memory_bytes() -> usize {
    64 << 20
}

const fn yes() -> bool {
    true
}

impl Record {
    /// In a folder, as it usually is.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self {
            key: Some(path.join("record.key")),
            path,
            segment_s: segment_s(),
            segment_bytes: segment_bytes(),
            keyframe_s: keyframe_s(),
            memory_bytes: memory_bytes(),
            resume: true,
            keep_days: None,
            keep_bytes: None,
        }
    }

    /// With its paths from where the configuration is.
    pub(super) fn checked(self, folder: &Path) -> Result<Self, String> {
        let limits = [
            ("segment_s", self.segment_s, 1, 3600),
            ("segment_bytes", self.segment_bytes, 1 << 16, 1 << 30),
            ("keyframe_s", self.keyframe_s.into(), 1, 600),
            ("memory_bytes", self.memory_bytes as u64, 1 << 16, 1 << 30),
        ];
        let limits =
            limits.into_iter().chain(self.keep_days.map(|days| ("keep_days", days.into(), 1, 36_500)));
        let limits = limits.chain(self.keep_bytes.map(|bytes| ("keep_bytes", bytes, 1 << 16, u64::MAX)));
        for (key, value, least, most) in limits {
            if !(least..=most).contains(&value) {
                return Err(format!("record.{key}: must be {least} to {most}"));
            }
        }
        Ok(Self { path: folder.join(self.path), key: self.key.map(|key| folder.join(key)), ..self })
    }
}

/// The text of a configuration without what is nobody's business: it goes into every segment.
#[must_use]
pub fn without_secrets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("password") {
        let (before, from) = rest.split_at(at + "password".len());
        out.push_str(before);
        rest = from;
        let value = rest.trim_start_matches([' ', '\t', '=']);
        let mut inside = value.chars();
        if let Some(quote @ ('"' | '\'')) = inside.next() {
            let inside = inside.as_str();
            out.push_str(rest.get(..rest.len() - inside.len()).unwrap_or_default());
            out.push_str("...");
            let end = inside.find([quote, '\n']).unwrap_or(inside.len());
            rest = inside.get(end..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_recorded() {
        for (text, expected) in [
            (
                "ivef = { user = \"a\", password = \"b c\" }\nx = 1",
                "ivef = { user = \"a\", password = \"...\" }\nx = 1",
            ),
            ("password='s3'\npassword = \"\"", "password='...'\npassword = \"...\""),
            ("# the password\nname = \"x\"", "# the password\nname = \"x\""),
        ] {
            assert_eq!(without_secrets(text), expected);
        }
    }
}
