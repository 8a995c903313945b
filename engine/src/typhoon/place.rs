//! Where the track of a typhoon is read: a file when it has changed, a URL every few minutes.

use crate::config::Typhoon;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};
use ureq::Agent;

/// How often a file is looked at.
pub const EVERY: Duration = Duration::from_secs(10);
/// A larger one is no track, bytes.
const MAX_BYTES: u64 = 16 << 20;
/// From the first byte of the question to the last of the answer.
const PATIENCE: Duration = Duration::from_secs(30);
const MAX_REDIRECTS: u32 = 3;
/// After a failure, and at most after many.
const FIRST_WAIT: Duration = Duration::from_mins(1);
const LAST_WAIT: Duration = Duration::from_mins(30);

/// One typhoon's place, and what was read there last.
#[derive(Debug)]
pub struct Place {
    pub typhoon: Typhoon,
    /// It was looked at, and when the file was last changed then: one that is not there is said once.
    is_seen: bool,
    modified: Option<SystemTime>,
    web: Option<Web>,
}

#[derive(Debug)]
struct Web {
    agent: Agent,
    /// What the server calls the version that was read last.
    tag: Option<String>,
    next: Instant,
    failures: u32,
}

impl Place {
    pub fn new(typhoon: Typhoon) -> Self {
        let web = typhoon.url.is_some().then(|| Web {
            agent: agent(PATIENCE),
            tag: None,
            next: Instant::now(),
            failures: 0,
        });
        Self { typhoon, is_seen: false, modified: None, web }
    }

    /// What is there, where it is news or cannot be read. It may take as long as a server may.
    pub fn read(&mut self) -> Option<Result<String, String>> {
        let Typhoon { path, url, every_s, .. } = &self.typhoon;
        if let (Some(url), Some(web)) = (url, &mut self.web) {
            return web.read(url, Duration::from_secs((*every_s).max(1)), Instant::now());
        }
        let path = path.clone()?;
        self.modified_since(&path)
    }

    /// Where the core had no room for it, the next look finds it new.
    pub fn remember(&mut self, is_told: bool) {
        if is_told {
            return;
        }
        self.is_seen = false;
        if let Some(web) = &mut self.web {
            web.tag = None;
            web.next = Instant::now();
        }
    }

    fn modified_since(&mut self, path: &Path) -> Option<Result<String, String>> {
        let now = std::fs::metadata(path).and_then(|about| Ok((about.modified()?, about.len())));
        let modified = now.as_ref().ok().map(|(modified, _)| *modified);
        if std::mem::replace(&mut self.is_seen, true) && self.modified == modified {
            return None;
        }
        self.modified = modified;
        Some(now.map_err(|error| error.to_string()).and_then(|(_, size)| {
            if size > MAX_BYTES {
                return Err(format!("more than {MAX_BYTES} bytes"));
            }
            std::fs::read_to_string(path).map_err(|error| error.to_string())
        }))
    }
}

impl Web {
    fn read(&mut self, url: &str, every: Duration, now: Instant) -> Option<Result<String, String>> {
        if now < self.next {
            return None;
        }
        let fetched = fetch(&self.agent, url, self.tag.as_deref());
        self.failures = if fetched.is_err() { self.failures.saturating_add(1) } else { 0 };
        self.next =
            now + if fetched.is_err() { wait(self.failures).max(every.min(LAST_WAIT)) } else { every };
        match fetched {
            Ok(None) => None,
            Ok(Some((text, tag))) => {
                self.tag = tag;
                Some(Ok(text))
            }
            Err(error) => Some(Err(error)),
        }
    }
}

/// Twice as long after each failure.
fn wait(failures: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LAST_WAIT)
}

fn agent(patience: Duration) -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(patience))
        .max_redirects(MAX_REDIRECTS)
        .http_status_as_error(false)
        .user_agent(concat!("fairway/", env!("CARGO_PKG_VERSION")));
    config.build().into()
}

/// What is there and what the server calls it; `None` where it is the version that is known.
fn fetch(agent: &Agent, url: &str, tag: Option<&str>) -> Result<Option<(String, Option<String>)>, String> {
    let mut question = agent.get(url);
    if let Some(tag) = tag {
        question = question.header("If-None-Match", tag);
    }
    let mut answer = question.call().map_err(|error| error.to_string())?;
    match answer.status().as_u16() {
        200 => {}
        304 if tag.is_some() => return Ok(None),
        other => return Err(format!("the server answers {other}")),
    }
    let tag = answer.headers().get("ETag").and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    let body = answer.body_mut().with_config().limit(MAX_BYTES);
    let text = body.read_to_string().map_err(|error| error.to_string())?;
    Ok(Some((text, tag)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    /// A server that gives these answers, one for each connection, and tells what it was asked.
    fn server(answers: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/typhoon", listener.local_addr().unwrap());
        let asked = std::thread::spawn(move || {
            let questions = answers.into_iter().map(|answer| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let question: Vec<String> =
                    lines.by_ref().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
                // Who has heard enough may have gone.
                drop(stream.write_all(answer.as_bytes()));
                question.join("\n")
            });
            questions.collect()
        });
        (url, asked)
    }

    fn http(status: &str, headers: &str, body: &str) -> String {
        format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    #[test]
    fn what_is_known_is_not_read_again() {
        let (url, asked) =
            server(vec![http("200 OK", "ETag: \"v1\"\r\n", "[]"), http("304 Not Modified", "", "")]);
        let agent = agent(PATIENCE);
        let first = fetch(&agent, &url, None).unwrap();
        assert_eq!(first, Some(("[]".to_owned(), Some("\"v1\"".to_owned()))));
        assert_eq!(fetch(&agent, &url, Some("\"v1\"")).unwrap(), None);
        let asked = asked.join().unwrap();
        assert!(asked[0].starts_with("GET /typhoon HTTP/1.1"), "{}", asked[0]);
        assert!(asked[1].to_ascii_lowercase().contains("if-none-match: \"v1\""), "{}", asked[1]);
    }

    #[test]
    fn what_goes_wrong_is_said() {
        let elsewhere = |url: &str| http("302 Found", &format!("Location: {url}\r\n"), "");
        let huge = "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n".to_owned() + &"x".repeat(1 << 20);
        for (answers, expected) in [
            (vec![http("500 Oops", "", "")], "the server answers 500"),
            (vec![http("304 Not Modified", "", "")], "the server answers 304"),
            (vec!["SSH-2.0-x\r\n".to_owned()], ""),
            (vec![huge], ""),
            (vec![elsewhere("/a"), elsewhere("/b"), elsewhere("/c"), elsewhere("/d")], ""),
        ] {
            let (url, asked) = server(answers);
            let said = fetch(&agent(PATIENCE), &url, None).unwrap_err();
            assert!(said.starts_with(expected) && !said.is_empty(), "{said}");
            asked.join().unwrap();
        }
        // One that never answers.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let said = fetch(&agent(Duration::from_millis(300)), &url, None).unwrap_err();
        assert!(said.contains("timeout"), "{said}");
    }

    #[test]
    fn who_fails_is_asked_more_and_more_seldom() {
        let waits = [1, 2, 3, 5, 6, 100, u32::MAX].map(|failures| wait(failures).as_secs());
        assert_eq!(waits, [60, 120, 240, 960, 1800, 1800, 1800]);

        let (url, asked) = server(vec![http("503 Busy", "", ""), http("200 OK", "", "[]")]);
        let start = Instant::now();
        let (every, mut web) =
            (Duration::from_secs(90), Web { agent: agent(PATIENCE), tag: None, next: start, failures: 0 });
        let mut after = |seconds| web.read(&url, every, start + Duration::from_secs(seconds));
        assert!(matches!(after(0), Some(Err(_))));
        assert_eq!(after(89), None, "no sooner than it is asked without a failure");
        assert_eq!(after(90), Some(Ok("[]".to_owned())));
        assert_eq!(after(179), None);
        asked.join().unwrap();
    }
}
