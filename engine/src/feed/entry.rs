//! Who comes in, by whichever door: tokens and certificates of machines, passwords and sessions of people.

use super::access::{Tokens, User};
use super::people::{self, Key, People, Refusal, Sessions, Terms};
use crate::clock::Mono;
use crate::metrics::Metrics;
use crate::watched::Watched;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;
use tokio::sync::Semaphore;

/// Passwords that may wait to be checked; one is checked at a time, so that a flood of them leaves a core.
const MAX_CHECKS: usize = 16;

/// Whom all doors ask.
#[derive(Debug)]
pub struct Entry {
    known: Mutex<Known>,
    checks: Semaphore,
    turn: Semaphore,
    metrics: Metrics,
}

#[derive(Debug)]
struct Known {
    files: Files,
    read: Watched,
    tokens: Tokens,
    people: Arc<People>,
    /// Where there are people.
    sessions: Option<Sessions>,
}

/// Where it stands who may come in.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Of tokens, and of machines; without one, and without people, whoever reaches the feed may look.
    pub tokens: Option<PathBuf>,
    /// Whether one without a token may look all the same.
    pub anonymous: bool,
    /// Of people.
    pub people: Option<Terms>,
}

impl Files {
    fn tokens(&self) -> Result<Tokens, WrongFile> {
        let Some(path) = &self.tokens else {
            // Where people sign in, nobody looks unasked.
            let is_open = self.people.is_none() || self.anonymous;
            return Ok(if is_open { Tokens::open() } else { Tokens::default() });
        };
        Tokens::read(path, self.anonymous).map_err(|what| WrongFile {
            key: "feed.tokens",
            path: path.clone(),
            what,
        })
    }

    fn people(&self) -> Result<People, WrongFile> {
        let Some(Terms { path, .. }) = &self.people else { return Ok(People::default()) };
        People::read(path).map_err(|what| WrongFile { key: "people", path: path.clone(), what })
    }
}

/// What is wrong with one of them.
#[derive(Debug, Error)]
#[error("{key}: {}: {what}", path.display())]
pub struct WrongFile {
    key: &'static str,
    path: PathBuf,
    what: String,
}

impl Entry {
    /// Reads the files. They are read again when they have changed.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn open(files: Files, metrics: &Metrics) -> Result<Self, WrongFile> {
        let paths = files.tokens.iter().chain(files.people.as_ref().map(|terms| &terms.path));
        let read = Watched::new(paths.cloned().collect());
        let (tokens, people) = (files.tokens()?, Arc::new(files.people()?));
        let sessions = files.people.clone().map(Sessions::new);
        let known = Mutex::new(Known { files, read, tokens, people, sessions });
        let (checks, turn) = (Semaphore::new(MAX_CHECKS), Semaphore::new(1));
        Ok(Self { known, checks, turn, metrics: metrics.clone() })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.read.have_changed() {
            known.renew();
        }
        known
    }

    /// Whether people sign in here.
    pub fn has_people(&self) -> bool {
        self.known().sessions.is_some()
    }

    /// Who has that token, or that session; without one, the anonymous viewer where that is allowed.
    pub fn user(&self, token: Option<&str>) -> Option<User> {
        let mut known = self.known();
        if let Some(user) = known.tokens.user(token) {
            return Some(user);
        }
        let key = people::key(token.filter(|token| token.len() == 64)?);
        known.sessions.as_mut()?.user(&key, Mono::now().ns())
    }

    /// The machine whose certificate has that SHA-256.
    pub fn machine(&self, certificate: &[u8; 32]) -> Option<User> {
        self.known().tokens.machine(certificate)
    }

    /// The session that a token is of, for as long as it lasts.
    pub fn session(&self, token: Option<&str>) -> Option<Key> {
        let key = people::key(token.filter(|token| token.len() == 64)?);
        self.is_on(&key).then_some(key)
    }

    /// Whether a session still is one; it is used by that.
    pub fn is_on(&self, key: &Key) -> bool {
        self.known().sessions.as_mut().is_some_and(|open| open.user(key, Mono::now().ns()).is_some())
    }

    /// A token for whoever knows the password.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn sign_in(&self, name: &str, password: String) -> Result<(String, User), Refusal> {
        let come_of = self.try_in(name, password).await;
        let result = match &come_of {
            Ok(_) => "let in",
            Err(Refusal::Wrong) => "wrong",
            Err(Refusal::Locked) => "locked",
            Err(Refusal::Busy) => "busy",
        };
        self.metrics.counter("fairway_sign_ins_total", &[("result", result)]).increment(1);
        come_of
    }

    async fn try_in(&self, name: &str, password: String) -> Result<(String, User), Refusal> {
        if name.len() > people::LONGEST {
            return Err(Refusal::Wrong);
        }
        let _place = self.checks.try_acquire().map_err(|_| Refusal::Busy)?;
        let _turn = self.turn.acquire().await.map_err(|_| Refusal::Busy)?;
        let people = {
            let mut known = self.known();
            let people = Arc::clone(&known.people);
            known.sessions.as_mut().ok_or(Refusal::Wrong)?.may_try(name, Mono::now().ns())?;
            people
        };
        let hash = people.hash(name);
        let check = tokio::task::spawn_blocking(move || hash.is_of(&password));
        let is_right = check.await.map_err(|_| Refusal::Busy)?;
        let mut known = self.known();
        // As they are now, should the file have been read again meanwhile.
        let people = Arc::clone(&known.people);
        known.sessions.as_mut().ok_or(Refusal::Wrong)?.tried(&people, name, is_right, Mono::now().ns())
    }

    /// Ends a session.
    pub fn sign_out(&self, token: &str) -> Option<User> {
        self.known().sessions.as_mut()?.end(&people::key(token))
    }
}

impl Known {
    /// Takes what the files say now; a wrong one leaves what was. Sessions go on, but of those who are no longer who
    /// they were.
    fn renew(&mut self) {
        let read = self.files.tokens().and_then(|tokens| Ok((tokens, self.files.people()?)));
        match read {
            Ok((tokens, people)) => {
                if let Some(sessions) = &mut self.sessions {
                    sessions.keep_only(&people);
                }
                (self.tokens, self.people) = (tokens, Arc::new(people));
                tracing::info!("who may come in was read anew");
            }
            Err(error) => tracing::error!(%error, "who may come in stays as it was"),
        }
    }
}
