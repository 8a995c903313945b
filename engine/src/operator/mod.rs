//! What operators do: a command is checked at the door, applied by the core as an event like any other, recorded,
//! and answered.

mod audit;
mod desk;

pub use audit::{Audit, AuditError, Chain, Record, verify};
pub use desk::{Around, Desk, Snapshot};

use crate::clock::now_utc;
use crate::feed::access::{Action, User, may};
use crate::feed::{ClientId, proto};
use crate::queue;
use std::net::SocketAddr;
use units::UtcTime;

/// A command on its way into the core.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Whom to answer.
    pub client: ClientId,
    /// Who asks.
    pub user: User,
    /// From where.
    pub address: SocketAddr,
    /// When it reached us.
    pub at: UtcTime,
    /// What.
    pub command: proto::Command,
}

/// The door to the core.
#[derive(Debug)]
pub struct Commands {
    to_core: queue::Asking,
    audit: Audit,
}

impl Commands {
    /// Through `to_core`, each written down in `audit`.
    #[must_use]
    pub const fn new(to_core: queue::Asking, audit: Audit) -> Self {
        Self { to_core, audit }
    }

    /// Sends a command to the core, which answers.
    ///
    /// # Errors
    /// The answer, where it does not get that far.
    pub fn send(
        &self,
        client: ClientId,
        user: User,
        address: SocketAddr,
        command: proto::Command,
    ) -> Result<(), proto::Answer> {
        let asked = Asked { client, user, address, at: now_utc(), command };
        let refused = |code: u32, text: &str| proto::Answer {
            id: asked.command.id.chars().take(MAX_ID).collect(),
            code,
            text: text.to_owned(),
            revision: None,
        };
        if !is_id(&asked.command.id) {
            return Err(refused(400, "an id has 8 to 64 letters, digits and `-`"));
        }
        let Some(body) = &asked.command.body else {
            return Err(refused(400, "an empty command"));
        };
        let action = Action::of(body);
        if !may(asked.user.role, action) {
            let text = format!("{} may not {}", article(asked.user.role.as_str()), action.as_str());
            let answer = refused(403, &text);
            self.audit.write(Record::of(&asked, &answer));
            return Err(answer);
        }
        // Nothing is done that cannot be written down.
        if !self.audit.has_room() {
            return Err(refused(503, "the audit log is behind"));
        }
        match self.to_core.ask(asked) {
            Ok(()) => Ok(()),
            Err(asked) => Err(proto::Answer {
                id: asked.command.id,
                code: 503,
                text: "too many commands at once".to_owned(),
                revision: None,
            }),
        }
    }
}

const MAX_ID: usize = 64;

fn is_id(id: &str) -> bool {
    (8..=MAX_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn article(word: &str) -> String {
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {word}", if vowel { "an" } else { "a" })
}
