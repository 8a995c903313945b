//! Who may do what: one table, and whatever it does not allow is refused.

use super::proto;
use proto::command::Body;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;

/// What somebody is here for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Stands the watch: alerts, labels, cameras.
    Operator,
    /// Is in charge of the watch: zones, and what stays shelved for long.
    Supervisor,
    /// Looks into what has been. Acts on nothing that is live.
    Investigator,
    /// Gives others their access. Acts on no traffic.
    Admin,
}

impl Role {
    /// Every role, in the order of the table's columns.
    pub const ALL: [Self; 5] =
        [Self::Viewer, Self::Operator, Self::Supervisor, Self::Investigator, Self::Admin];

    /// As a lower-case word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Supervisor => "supervisor",
            Self::Investigator => "investigator",
            Self::Admin => "admin",
        }
    }
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Take charge of an alert.
    Acknowledge,
    /// Quieten an alert for a while.
    Silence,
    /// Give an alert to another desk.
    Transfer,
    /// Take an alert that another desk gives.
    Accept,
    /// Take an alert out of the list for a while.
    Shelve,
    /// Put it back.
    Unshelve,
    /// End an emergency.
    Close,
    /// Name a track.
    Label,
    /// Say that two tracks are one vessel.
    Link,
    /// Say that they are not.
    Unlink,
    /// Point a camera.
    PointCamera,
    /// Let a camera go.
    ReleaseCamera,
    /// Draw a zone, or change one.
    PutZone,
    /// Remove a zone.
    RemoveZone,
    /// Write something down.
    Note,
    /// Mark a place and time for whoever looks into it later.
    MarkIncident,
    /// Say how a replay goes on.
    Replay,
    /// See the picture, and the page.
    Look,
    /// Read the metrics.
    ReadMetrics,
}

type Row = (Action, &'static str, [bool; Role::ALL.len()]);

/// viewer, operator, supervisor, investigator, admin
const TABLE: [Row; 19] = [
    (Action::Acknowledge, "acknowledge", [false, true, true, false, false]),
    (Action::Silence, "silence", [false, true, true, false, false]),
    (Action::Transfer, "transfer", [false, true, true, false, false]),
    (Action::Accept, "accept", [false, true, true, false, false]),
    (Action::Shelve, "shelve", [false, true, true, false, false]),
    (Action::Unshelve, "unshelve", [false, true, true, false, false]),
    (Action::Close, "close", [false, false, true, false, false]),
    (Action::Label, "label", [false, true, true, false, false]),
    (Action::Link, "link", [false, true, true, false, false]),
    (Action::Unlink, "unlink", [false, true, true, false, false]),
    (Action::PointCamera, "point_camera", [false, true, true, false, false]),
    (Action::ReleaseCamera, "release_camera", [false, true, true, false, false]),
    (Action::PutZone, "put_zone", [false, false, true, false, false]),
    (Action::RemoveZone, "remove_zone", [false, false, true, false, false]),
    (Action::Note, "note", [false, true, true, false, false]),
    (Action::MarkIncident, "mark_incident", [false, true, true, false, false]),
    // Whoever may look may look at another instant; what is live refuses it.
    (Action::Replay, "replay", [true, true, true, true, true]),
    (Action::Look, "look", [true, true, true, true, true]),
    (Action::ReadMetrics, "read_metrics", [true, true, true, true, true]),
];

impl Action {
    /// Every action, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(action, ..)| *action)
    }

    /// Those that are commands of the feed.
    pub fn commands() -> impl Iterator<Item = Self> {
        Self::all().filter(|action| !matches!(action, Self::Look | Self::ReadMetrics))
    }

    /// What a command asks for.
    #[must_use]
    pub const fn of(command: &Body) -> Self {
        match command {
            Body::Acknowledge(_) => Self::Acknowledge,
            Body::Silence(_) => Self::Silence,
            Body::Transfer(_) => Self::Transfer,
            Body::Accept(_) => Self::Accept,
            Body::Shelve(_) => Self::Shelve,
            Body::Unshelve(_) => Self::Unshelve,
            Body::Close(_) => Self::Close,
            Body::Label(_) => Self::Label,
            Body::Link(_) => Self::Link,
            Body::Unlink(_) => Self::Unlink,
            Body::PointCamera(_) => Self::PointCamera,
            Body::ReleaseCamera(_) => Self::ReleaseCamera,
            Body::PutZone(_) => Self::PutZone,
            Body::RemoveZone(_) => Self::RemoveZone,
            Body::Note(_) => Self::Note,
            Body::MarkIncident(_) => Self::MarkIncident,
            Body::Replay(_) => Self::Replay,
        }
    }

    /// As the schema calls it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        TABLE.iter().find(|(action, ..)| *action == self).map_or("unknown", |(_, word, _)| word)
    }
}

/// Whether a role may do that.
#[must_use]
pub fn may(role: Role, action: Action) -> bool {
    let row = TABLE.iter().find(|(known, ..)| *known == action);
    let allowed = row.and_then(|(.., allowed)| {
        Role::ALL.iter().zip(allowed).find(|(known, _)| **known == role).map(|(_, allowed)| *allowed)
    });
    allowed.unwrap_or(false)
}

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Who; `None` for the anonymous.
    pub name: Option<String>,
    /// What for.
    pub role: Role,
}

/// Who holds which token, or which certificate. Only the tokens' SHA-256 are known here: they are random and long, so
/// that is enough.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    known: HashMap<[u8; 32], User>,
    anonymous: bool,
}

/// Longer than any token.
const MAX_TOKEN: usize = 256;

impl Tokens {
    /// Nobody has a token, and whoever comes may look.
    #[must_use]
    pub fn open() -> Self {
        Self { known: HashMap::new(), anonymous: true }
    }

    /// Reads a file with one `SHA-256 ROLE NAME` per line, of a token or of a machine's certificate (DER); `#` begins
    /// a comment.
    ///
    /// # Errors
    /// What is wrong with it, and in which line.
    pub fn read(path: &Path, anonymous: bool) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
        Self::parse(&text, anonymous)
    }

    /// As [`Tokens::read`].
    ///
    /// # Errors
    /// As there.
    pub fn parse(text: &str, anonymous: bool) -> Result<Self, String> {
        let mut known = HashMap::new();
        for (number, hash, user) in lines(text, "64 hexadecimal digits come first", hex)? {
            if known.insert(hash, user).is_some() {
                return Err(format!("line {number}: a token that is given above"));
            }
        }
        Ok(Self { known, anonymous })
    }

    /// Who has that token; without one, the anonymous viewer where that is allowed.
    #[must_use]
    pub fn user(&self, token: Option<&str>) -> Option<User> {
        match token {
            None => self.anonymous.then_some(User { name: None, role: Role::Viewer }),
            Some(token) if token.len() > MAX_TOKEN => None,
            Some(token) => self.known.get(&<[u8; 32]>::from(Sha256::digest(token))).cloned(),
        }
    }

    /// The machine whose certificate has that SHA-256; its issuer was checked at the handshake.
    #[must_use]
    pub fn machine(&self, certificate: &[u8; 32]) -> Option<User> {
        self.known.get(certificate).cloned()
    }
}

/// Lines of `SECRET ROLE NAME` with their numbers; `#` begins a comment. `first` is said where there is no such secret.
pub(super) fn lines<T>(
    text: &str,
    first: &str,
    secret: impl Fn(&str) -> Option<T>,
) -> Result<Vec<(u32, T, User)>, String> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let wrong = |what: &str| format!("line {number}: {what}");
        let mut words = line.split_whitespace();
        let secret = words.next().and_then(&secret).ok_or_else(|| wrong(first))?;
        let role = words.next().unwrap_or_default();
        let role = Role::ALL.into_iter().find(|known| known.as_str() == role);
        let role = role.ok_or_else(|| wrong("then viewer, operator, supervisor, investigator or admin"))?;
        let name = words.collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            return Err(wrong("then a name"));
        }
        found.push((number, secret, User { name: Some(name), role }));
    }
    Ok(found)
}

fn hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    let mut bytes = [0; 32];
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_hash() {
        // SHA-256 of `abc`, FIPS 180-2 B.1.
        let text = "# who\nba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad operator Lin Wei # desk 1\n";
        let tokens = Tokens::parse(text, false).unwrap();
        let lin = User { name: Some("Lin Wei".to_owned()), role: Role::Operator };
        assert_eq!(tokens.user(Some("abc")), Some(lin));
        for stranger in [None, Some("abd"), Some(""), Some(&*"a".repeat(1000))] {
            assert_eq!(tokens.user(stranger), None, "{stranger:?}");
        }
        assert_eq!(Tokens::open().user(None).map(|user| user.role), Some(Role::Viewer));
        assert_eq!(Tokens::open().user(Some("abc")), None);
    }

    #[test]
    fn a_wrong_line_is_named() {
        let hash = "0".repeat(64);
        for (text, expected) in [
            ("abc".to_owned(), "line 1: 64 hexadecimal digits come first"),
            (
                format!("\n{hash} captain x"),
                "line 2: then viewer, operator, supervisor, investigator or admin",
            ),
            (format!("{hash} viewer"), "line 1: then a name"),
            (format!("{hash} viewer a\n{hash} admin b"), "line 2: a token that is given above"),
            (format!("{} viewer a", "+1".repeat(32)), "line 1: 64 hexadecimal digits come first"),
        ] {
            assert_eq!(Tokens::parse(&text, false).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn every_action_has_one_row() {
        let words: std::collections::BTreeSet<_> = TABLE.iter().map(|(_, word, _)| word).collect();
        assert_eq!(words.len(), TABLE.len());
        let viewer_may: Vec<_> = Action::all().filter(|action| may(Role::Viewer, *action)).collect();
        assert_eq!(
            viewer_may,
            [Action::Replay, Action::Look, Action::ReadMetrics],
            "who only looks does nothing else"
        );
    }
}
