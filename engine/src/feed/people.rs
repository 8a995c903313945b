//! People and their passwords: who signs in gets a token of a session, which ends by itself.
//!
//! **Invariant**: no password is kept, and of tokens only their SHA-256.

use super::access::{self, Role, User};
use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What stands before salt and hash: the only parameters that are used.
const FORM: &str = "argon2id$m=19456,t=2,p=1$";
const SALT: usize = 16;
const HASH: usize = 32;
/// A shorter one is guessed.
pub const SHORTEST: usize = 12;
/// A longer one is not looked at.
pub const LONGEST: usize = 256;
/// Sessions at once; names that somebody has tried.
const MAX_SESSIONS: usize = 10_000;
const MAX_TRIED: usize = 10_000;
const S: u64 = 1_000_000_000;

/// Who may sign in, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// A file with one `HASH ROLE NAME` per line, for its owner alone: `fairway people add`.
    pub path: PathBuf,
    /// How long a session lasts, seconds.
    #[serde(default = "twelve_hours")]
    pub session_s: u64,
    /// How long it may lie unused, seconds.
    #[serde(default = "quarter")]
    pub idle_s: u64,
    /// So many wrong passwords one after the other lock a name ...
    #[serde(default = "five")]
    pub failures: u32,
    /// ... for so long, seconds.
    #[serde(default = "quarter")]
    pub lock_s: u64,
}

const fn twelve_hours() -> u64 {
    43_200
}

const fn quarter() -> u64 {
    900
}

const fn five() -> u32 {
    5
}

/// What a password became.
#[derive(Clone, PartialEq, Eq)]
pub struct Hash {
    salt: [u8; SALT],
    hash: [u8; HASH],
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hash")
    }
}

fn derive(password: &str, salt: &[u8; SALT]) -> Option<[u8; HASH]> {
    let mut hash = [0; HASH];
    let function =
        Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, Some(HASH)).ok()?);
    function.hash_password_into(password.as_bytes(), salt, &mut hash).ok()?;
    Some(hash)
}

impl Hash {
    /// Of a new password.
    ///
    /// # Errors
    /// It is too short or too long, or the machine gives no random bytes.
    pub fn new(password: &str) -> Result<Self, String> {
        if !(SHORTEST..=LONGEST).contains(&password.len()) {
            return Err(format!("a password has {SHORTEST} to {LONGEST} bytes"));
        }
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(|error| error.to_string())?;
        let hash = derive(password, &salt).ok_or("no hash")?;
        Ok(Self { salt, hash })
    }

    /// Of nobody: what it takes to check it is what it takes to check any other.
    const fn dummy() -> Self {
        Self { salt: [0; SALT], hash: [0; HASH] }
    }

    /// Slow, on purpose. How long it takes says nothing about the password.
    #[must_use]
    pub fn is_of(&self, password: &str) -> bool {
        let derived = derive(password.get(..LONGEST).unwrap_or(password), &self.salt);
        let differs =
            |derived: [u8; HASH]| derived.iter().zip(self.hash).fold(0, |sum, (a, b)| sum | (a ^ b));
        password.len() <= LONGEST && derived.is_some_and(|derived| differs(derived) == 0)
    }

    fn parse(text: &str) -> Option<Self> {
        let (salt, hash) = text.strip_prefix(FORM)?.split_once('$')?;
        let bytes = |text: &str| HEXLOWER.decode(text.as_bytes()).ok();
        Some(Self { salt: bytes(salt)?.try_into().ok()?, hash: bytes(hash)?.try_into().ok()? })
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{FORM}{}${}", HEXLOWER.encode(&self.salt), HEXLOWER.encode(&self.hash))
    }
}

/// Who may sign in.
#[derive(Clone, Debug, Default)]
pub struct People(HashMap<String, (Hash, Role)>);

impl People {
    /// Reads a file, which must be its owner's alone.
    ///
    /// # Errors
    /// What is wrong with it, and in which line.
    pub fn read(path: &Path) -> Result<Self, String> {
        crate::tls::private(path)?;
        Self::parse(&std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?)
    }

    /// As [`People::read`].
    ///
    /// # Errors
    /// As there.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut people = HashMap::new();
        for (number, hash, user) in access::lines(text, "what `fairway people add` writes", Hash::parse)? {
            if people.insert(user.name.unwrap_or_default(), (hash, user.role)).is_some() {
                return Err(format!("line {number}: a name that is given above"));
            }
        }
        Ok(Self(people))
    }

    /// Whom a password is to be held against, known or not.
    #[must_use]
    pub fn hash(&self, name: &str) -> Hash {
        self.0.get(name).map_or(Hash::dummy(), |(hash, _)| hash.clone())
    }

    fn role(&self, name: &str) -> Option<Role> {
        self.0.get(name).map(|(_, role)| *role)
    }
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Name or password is wrong; which, is not said.
    Wrong,
    /// Too many wrong passwords.
    Locked,
    /// Too many at once, or no random bytes.
    Busy,
}

/// Which of a session there is.
pub type Key = [u8; 32];

#[derive(Debug)]
struct Session {
    user: User,
    began_ns: u64,
    used_ns: u64,
}

/// Who is signed in, and who has tried.
#[derive(Debug)]
pub struct Sessions {
    terms: Terms,
    open: HashMap<Key, Session>,
    tried: HashMap<String, (u32, u64)>,
}

impl Sessions {
    /// Nobody yet.
    #[must_use]
    pub fn new(terms: Terms) -> Self {
        Self { terms, open: HashMap::new(), tried: HashMap::new() }
    }

    /// Whether that name may try now.
    ///
    /// # Errors
    /// It is locked.
    pub fn may_try(&mut self, name: &str, now_ns: u64) -> Result<(), Refusal> {
        let Terms { failures, lock_s, .. } = self.terms;
        self.tried.retain(|_, (_, at)| now_ns.saturating_sub(*at) < lock_s.saturating_mul(S));
        match self.tried.get(name) {
            Some((wrong, _)) if *wrong >= failures => Err(Refusal::Locked),
            _ => Ok(()),
        }
    }

    /// What came of a try: a token, or one more failure.
    ///
    /// # Errors
    /// Why there is none.
    pub fn tried(
        &mut self,
        people: &People,
        name: &str,
        is_right: bool,
        now_ns: u64,
    ) -> Result<(String, User), Refusal> {
        let Some(role) = people.role(name).filter(|_| is_right) else {
            self.make_room(name);
            let (wrong, at) = self.tried.entry(name.to_owned()).or_default();
            (*wrong, *at) = (wrong.saturating_add(1), now_ns);
            return Err(Refusal::Wrong);
        };
        self.tried.remove(name);
        let Terms { session_s, idle_s, .. } = self.terms;
        self.open.retain(|_, session| session.is_on(session_s, idle_s, now_ns));
        let mut secret = [0; 32];
        if self.open.len() >= MAX_SESSIONS || getrandom::fill(&mut secret).is_err() {
            return Err(Refusal::Busy);
        }
        let token = HEXLOWER.encode(&secret);
        let user = User { name: Some(name.to_owned()), role };
        let session = Session { user: user.clone(), began_ns: now_ns, used_ns: now_ns };
        self.open.insert(key(&token), session);
        Ok((token, user))
    }

    /// Whoever tries many names keeps nobody out: the one that was tried longest ago is forgotten.
    fn make_room(&mut self, name: &str) {
        if self.tried.len() < MAX_TRIED || self.tried.contains_key(name) {
            return;
        }
        let oldest = self.tried.iter().min_by_key(|(_, (_, at))| *at).map(|(name, _)| name.clone());
        if let Some(oldest) = oldest {
            self.tried.remove(&oldest);
        }
    }

    /// Whose session that is; it is used by that.
    pub fn user(&mut self, key: &Key, now_ns: u64) -> Option<User> {
        let Terms { session_s, idle_s, .. } = self.terms;
        let session = self.open.get_mut(key)?;
        if !session.is_on(session_s, idle_s, now_ns) {
            self.open.remove(key);
            return None;
        }
        session.used_ns = now_ns;
        Some(session.user.clone())
    }

    /// Ends it.
    pub fn end(&mut self, key: &Key) -> Option<User> {
        self.open.remove(key).map(|session| session.user)
    }

    /// Ends those of whom the people do not know any more, or know for something else.
    pub fn keep_only(&mut self, people: &People) {
        self.open.retain(|_, session| {
            session.user.name.as_ref().and_then(|name| people.role(name)) == Some(session.user.role)
        });
    }
}

impl Session {
    const fn is_on(&self, session_s: u64, idle_s: u64, now_ns: u64) -> bool {
        now_ns.saturating_sub(self.began_ns) < session_s.saturating_mul(S)
            && now_ns.saturating_sub(self.used_ns) < idle_s.saturating_mul(S)
    }
}

/// Of a token.
#[must_use]
pub fn key(token: &str) -> Key {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> (People, Hash) {
        let hash = Hash::new("correct horse battery").unwrap();
        (People::parse(&format!("# who\n{hash} operator Lin Wei # desk 1\n")).unwrap(), hash)
    }

    fn sessions() -> Sessions {
        let terms = "path = \"people\"\n";
        Sessions::new(toml::from_str(terms).unwrap())
    }

    #[test]
    fn argon2id_is_the_standards() {
        // Expected: the reference program's, by way of Python's argon2-cffi.
        let derived = derive("correct horse battery", b"fairwaysaltsalt1").unwrap();
        let expected = "b49daa772390a9bf5e373ad3e45199429e44d4fe73132e8fba272cb2826bad24";
        assert_eq!(HEXLOWER.encode(&derived), expected);
        assert!(Hash::new("too short").is_err());
        let (people, hash) = people();
        assert!(hash.is_of("correct horse battery"));
        assert!(!hash.is_of("correct horse batterz"));
        assert!(!people.hash("Nobody").is_of("correct horse battery"));
        assert_eq!(Hash::parse(&hash.to_string()), Some(hash));
    }

    #[test]
    fn five_wrong_passwords_lock_a_name_for_a_quarter_of_an_hour() {
        let (people, _) = people();
        let mut sessions = sessions();
        for _ in 0..5 {
            assert_eq!(sessions.may_try("Lin Wei", 0), Ok(()));
            assert_eq!(sessions.tried(&people, "Lin Wei", false, 0).unwrap_err(), Refusal::Wrong);
        }
        assert_eq!(sessions.may_try("Lin Wei", 899 * S), Err(Refusal::Locked));
        assert_eq!(sessions.may_try("Other", 0), Ok(()));
        assert_eq!(sessions.may_try("Lin Wei", 900 * S), Ok(()));
        // A name that nobody has is told and locked alike, whatever the password.
        for _ in 0..5 {
            assert_eq!(sessions.tried(&people, "Nobody", true, 0).unwrap_err(), Refusal::Wrong);
        }
        assert_eq!(sessions.may_try("Nobody", 1), Err(Refusal::Locked));
    }

    #[test]
    fn names_that_somebody_makes_up_keep_nobody_out() {
        let (people, _) = people();
        let mut sessions = sessions();
        for n in 0..MAX_TRIED as u64 + 10 {
            let name = format!("made up {n}");
            assert_eq!(sessions.may_try(&name, n), Ok(()));
            assert_eq!(sessions.tried(&people, &name, false, n).unwrap_err(), Refusal::Wrong);
        }
        assert_eq!(sessions.tried.len(), MAX_TRIED);
        assert_eq!(sessions.may_try("Lin Wei", 20_000), Ok(()));
        assert!(sessions.tried(&people, "Lin Wei", true, 20_000).is_ok());
    }

    #[test]
    fn a_session_ends_by_itself_by_sign_out_and_with_the_person() {
        let (people, _) = people();
        let mut sessions = sessions();
        let open = |sessions: &mut Sessions| key(&sessions.tried(&people, "Lin Wei", true, 0).unwrap().0);
        let idle = open(&mut sessions);
        assert!(sessions.user(&idle, 899 * S).is_some());
        assert!(sessions.user(&idle, 1799 * S).is_none(), "unused for a quarter of an hour");
        let long = open(&mut sessions);
        assert!((1..48).all(|n| sessions.user(&long, n * 899 * S).is_some()));
        assert!(sessions.user(&long, 43_200 * S).is_none(), "twelve hours");
        let ended = open(&mut sessions);
        assert!(sessions.end(&ended).is_some());
        assert!(sessions.user(&ended, 1).is_none());
        let gone = open(&mut sessions);
        sessions.keep_only(&people);
        assert!(sessions.user(&gone, 1).is_some());
        sessions.keep_only(&People::default());
        assert!(sessions.user(&gone, 1).is_none());
    }

    #[test]
    fn a_wrong_line_is_named() {
        let (_, hash) = people();
        for (text, expected) in [
            ("abc operator x".to_owned(), "line 1: what `fairway people add` writes"),
            (
                format!("\n{hash} captain x"),
                "line 2: then viewer, operator, supervisor, investigator or admin",
            ),
            (format!("{hash} viewer"), "line 1: then a name"),
            (format!("{hash} viewer a\n{hash} admin a"), "line 2: a name that is given above"),
        ] {
            assert_eq!(People::parse(&text).unwrap_err(), expected, "{text}");
        }
    }
}
