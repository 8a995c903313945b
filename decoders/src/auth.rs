//! How one proves that one knows a password without saying it: digest access authentication (RFC 2617 and 7616, MD5),
//! which HTTP and SIP share, and the digest of WS-Security's `UsernameToken`.

use data_encoding::{BASE64, HEXLOWER};
use md5::{Digest, Md5};
use sha1::Sha1;

/// The digest of a WS-Security `UsernameToken`, in base 64.
#[must_use]
pub fn token_digest(nonce: &[u8], created: &str, password: &str) -> String {
    let mut hash = Sha1::new();
    for part in [nonce, created.as_bytes(), password.as_bytes()] {
        hash.update(part);
    }
    BASE64.encode(&hash.finalize())
}

/// Bytes in base 64.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Bytes that stand in base 64; `None` where they do not.
#[must_use]
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.trim().as_bytes()).ok()
}

fn md5(text: &str) -> String {
    HEXLOWER.encode(&Md5::digest(text.as_bytes()))
}

/// The parameters of `Digest name="value", name=value`: of a challenge, or of an answer to one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

/// No header has more.
const MAX_PARAMETERS: usize = 32;

impl Parameters {
    /// Reads what stands behind `Digest`; `None` where it is of another scheme.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let (scheme, mut rest) = header.trim().split_once(char::is_whitespace)?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let mut all = Vec::new();
        while all.len() < MAX_PARAMETERS {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            let Some((name, after)) = rest.split_once('=') else { break };
            let after = after.trim_start();
            // A quoted value may hold commas and equals signs.
            let (value, after) = if let Some(quoted) = after.strip_prefix('"') {
                let end = end_of_quoted(quoted)?;
                (quoted.get(..end)?.replace("\\\"", "\""), quoted.get(end + 1..)?)
            } else {
                let end = after.find(',').unwrap_or(after.len());
                (after.get(..end)?.trim().to_owned(), after.get(end..)?)
            };
            all.push((name.trim().to_ascii_lowercase(), value));
            rest = after;
        }
        Some(Self(all))
    }

    /// One of them, by its whole name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Whether this answer, by one who was challenged, proves the password; `method` is that of the request.
    #[must_use]
    pub fn proves(&self, method: &str, password: &str) -> bool {
        let (Some(user), Some(realm), Some(nonce), Some(uri), Some(response)) = (
            self.get("username"),
            self.get("realm"),
            self.get("nonce"),
            self.get("uri"),
            self.get("response"),
        ) else {
            return false;
        };
        let secret = md5(&format!("{user}:{realm}:{password}"));
        let what = md5(&format!("{method}:{uri}"));
        let expected = match (self.get("qop"), self.get("nc"), self.get("cnonce")) {
            (Some(qop), Some(nc), Some(cnonce)) => {
                md5(&format!("{secret}:{nonce}:{nc}:{cnonce}:{qop}:{what}"))
            }
            _ => md5(&format!("{secret}:{nonce}:{what}")),
        };
        // Bytes differ in a time that says nothing of where.
        let (own, said) = (expected.as_bytes(), response.as_bytes());
        own.len() == said.len()
            && own.iter().zip(said).fold(0, |all, (own, said)| all | (own ^ said.to_ascii_lowercase())) == 0
    }
}

fn end_of_quoted(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, value) in text.char_indices() {
        match value {
            '"' if !is_escaped => return Some(at),
            _ => is_escaped = value == '\\' && !is_escaped,
        }
    }
    None
}

/// What a request is, as far as a proof goes.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its target.
    pub uri: &'a str,
    /// How often this challenge was answered, this time among them.
    pub count: u32,
    /// Something that nobody can foresee.
    pub cnonce: &'a str,
}

/// The header that answers a challenge; `None` where it asks for what we do not know.
#[must_use]
pub fn answer(challenge: &Parameters, user: &str, password: &str, request: &Request<'_>) -> Option<String> {
    let is_md5 = challenge.get("algorithm").is_none_or(|algorithm| algorithm.eq_ignore_ascii_case("md5"));
    let (realm, nonce) = (challenge.get("realm")?, challenge.get("nonce")?);
    let clean = |text: &str| !text.contains(['"', '\\', '\r', '\n']);
    if !is_md5 || ![user, realm, nonce, request.uri].into_iter().all(clean) {
        return None;
    }
    let Request { method, uri, count, cnonce } = *request;
    let secret = md5(&format!("{user}:{realm}:{password}"));
    let what = md5(&format!("{method}:{uri}"));
    let offers_auth = challenge
        .get("qop")
        .is_some_and(|qop| qop.split(',').any(|one| one.trim().eq_ignore_ascii_case("auth")));
    let (response, more) = if offers_auth {
        let nc = format!("{count:08x}");
        let response = md5(&format!("{secret}:{nonce}:{nc}:{cnonce}:auth:{what}"));
        (response, format!(", qop=auth, nc={nc}, cnonce=\"{cnonce}\""))
    } else {
        (md5(&format!("{secret}:{nonce}:{what}")), String::new())
    };
    let opaque = challenge
        .get("opaque")
        .filter(|opaque| clean(opaque))
        .map_or_else(String::new, |opaque| format!(", opaque=\"{opaque}\""));
    Some(format!(
        "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", algorithm=MD5{more}{opaque}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The vector that ONVIF's application programmer's guide prints.
    #[test]
    fn the_token_digest_is_as_onvif_has_it() {
        let nonce = from_base64("LKqI6G/AikKCQrN0zqZFlg==").unwrap();
        let digest = token_digest(&nonce, "2010-09-16T07:50:45Z", "userpassword");
        assert_eq!(digest, "tuOSpGlFlIXsozq4HFNeeGeFLEI=");
    }

    /// The example of RFC 2617, 3.5.
    #[test]
    fn the_digest_is_as_in_the_rfc() {
        let challenge = Parameters::parse(
            "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", \
             nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
        )
        .unwrap();
        let request = Request { method: "GET", uri: "/dir/index.html", count: 1, cnonce: "0a4f113b" };
        let header = answer(&challenge, "Mufasa", "Circle Of Life", &request).unwrap();
        let said = Parameters::parse(&header).unwrap();
        assert_eq!(said.get("response"), Some("6629fae49393a05397450978507c4ef1"));
        assert!(said.proves("GET", "Circle Of Life") && !said.proves("GET", "circle of life"));
        assert!(!said.proves("PUT", "Circle Of Life"));
    }

    #[test]
    fn a_cnonce_that_comes_first_is_no_nonce() {
        let said = Parameters::parse("Digest cnonce=\"x, nonce=y\", nonce=\"z\",uri=\"sip:a\"").unwrap();
        assert_eq!((said.get("nonce"), said.get("uri")), (Some("z"), Some("sip:a")));
        assert_eq!(Parameters::parse("Basic realm=\"x\""), None);
    }

    proptest! {
        #[test]
        fn an_answer_proves_its_password(user in "[a-z0-9]{1,20}", password in "[ -~]{0,20}", qop in any::<bool>()) {
            let qop = if qop { ", qop=\"auth\"" } else { "" };
            let challenge = Parameters::parse(&format!("Digest realm=\"r\", nonce=\"n\"{qop}")).unwrap();
            let request = Request { method: "REGISTER", uri: "sip:1@2", count: 3, cnonce: "c" };
            let said = Parameters::parse(&answer(&challenge, &user, &password, &request).unwrap()).unwrap();
            prop_assert!(said.proves("REGISTER", &password));
            let other = format!("{password}x");
            prop_assert!(!said.proves("REGISTER", &other));
        }

        #[test]
        fn any_header_is_read_or_refused(header in ".{0,80}") {
            let _ = Parameters::parse(&header).map(|all| all.proves("GET", "x"));
        }
    }
}
