//! One camera's HTTP: one connection, one request at a time, digest access, and limits on what comes back.

use super::Fault;
use crate::config::Secret;
use bytes::Bytes;
use decoders::auth::{self, Parameters};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::net::TcpStream;

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    pub method: Method,
    pub path: &'a str,
    pub media: &'static str,
    pub body: String,
    /// A longer answer is refused, bytes.
    pub most: usize,
}

/// A connection to a camera, made when it is needed.
pub struct Http {
    address: String,
    user: String,
    password: Secret,
    sender: Option<SendRequest<Full<Bytes>>>,
    challenge: Option<(Parameters, u32)>,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("address", &self.address).finish_non_exhaustive()
    }
}

const CONNECT: Duration = Duration::from_secs(3);
/// From the first byte of a request to the last of its answer.
const WHOLE: Duration = Duration::from_secs(5);
const REDIRECTS: usize = 3;
/// Longest head of an answer, bytes.
const MAX_HEAD: usize = 32 * 1024;

impl Http {
    pub const fn new(address: String, user: String, password: Secret) -> Self {
        Self { address, user, password, sender: None, challenge: None }
    }

    pub fn user(&self) -> &str {
        &self.user
    }

    pub const fn password(&self) -> &Secret {
        &self.password
    }

    /// Asks, proves who we are where that is wanted, and follows a few redirects on the same host.
    pub async fn ask(&mut self, ask: Ask<'_>) -> Result<Reply, Fault> {
        let asked = tokio::time::timeout(CONNECT + WHOLE, self.whole(ask)).await;
        asked.unwrap_or(Err(Fault::Late)).inspect_err(|_| self.sender = None)
    }

    async fn whole(&mut self, ask: Ask<'_>) -> Result<Reply, Fault> {
        let (mut path, mut proved, mut redirects) = (ask.path.to_owned(), false, 0);
        loop {
            let response = self.once(&ask, &path).await?;
            let status = response.status().as_u16();
            let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
            match status {
                401 if proved => return Err(Fault::Password),
                401 => {
                    let all = response.headers().get_all(WWW_AUTHENTICATE);
                    let mut challenges =
                        all.iter().filter_map(|value| Parameters::parse(value.to_str().ok()?));
                    let challenge = challenges.next().ok_or(Fault::Password)?;
                    self.challenge = Some((challenge, 0));
                    proved = true;
                    drained(response).await?;
                }
                301 | 302 | 303 | 307 | 308 => {
                    redirects += 1;
                    if redirects > REDIRECTS {
                        return Err(Fault::Refused("redirects without end".to_owned()));
                    }
                    // Whatever host it names, it is the one that we were told to ask.
                    path = header(LOCATION).map(path_of).ok_or(Fault::Nonsense("a redirect to nowhere"))?;
                    drained(response).await?;
                }
                _ => {
                    let body = collected(response, ask.most).await?;
                    return Ok(Reply { status, body });
                }
            }
        }
    }

    async fn once(&mut self, ask: &Ask<'_>, path: &str) -> Result<Response<Incoming>, Fault> {
        // A camera may have closed what was kept open: then it is asked once more, anew.
        let is_kept = self.sender.as_ref().is_some_and(|sender| !sender.is_closed());
        match self.send(ask, path).await {
            Err(Fault::Unreachable(_)) if is_kept => {
                self.sender = None;
                self.send(ask, path).await
            }
            done => done,
        }
    }

    async fn send(&mut self, ask: &Ask<'_>, path: &str) -> Result<Response<Incoming>, Fault> {
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(path)
            .header(HOST, &self.address)
            .header(CONTENT_TYPE, ask.media);
        if let Some((challenge, count)) = &mut self.challenge {
            *count += 1;
            let (count, cnonce) = (*count, nonce()?);
            let of = auth::Request { method: ask.method.as_str(), uri: path, count, cnonce: &cnonce };
            if let Some(proof) = auth::answer(challenge, &self.user, &self.password.0, &of) {
                request = request.header(AUTHORIZATION, proof);
            }
        }
        let body = Full::new(Bytes::from(ask.body.clone()));
        let request = request.body(body).map_err(|_| Fault::Nonsense("an address"))?;
        let mut sender = match self.sender.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => self.connect().await?,
        };
        let ready = async {
            sender.ready().await?;
            sender.send_request(request).await
        };
        let response = ready.await.map_err(|error| broken(&error))?;
        self.sender = Some(sender);
        Ok(response)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Fault> {
        let unreached = |error: std::io::Error| Fault::Unreachable(error.kind().to_string());
        let stream = tokio::time::timeout(CONNECT, TcpStream::connect(&self.address))
            .await
            .map_err(|_| Fault::Late)?
            .map_err(unreached)?;
        stream.set_nodelay(true).map_err(unreached)?;
        let (sender, connection) = Builder::new()
            .max_buf_size(MAX_HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(&error))?;
        tokio::task::spawn_local(async move {
            // What goes wrong is seen by whoever waits for the answer.
            let _ = connection.await;
        });
        Ok(sender)
    }
}

fn broken(error: &hyper::Error) -> Fault {
    if error.is_parse() || error.is_parse_too_large() {
        Fault::Nonsense("no HTTP")
    } else {
        Fault::Unreachable("the connection broke".to_owned())
    }
}

async fn collected(response: Response<Incoming>, most: usize) -> Result<Vec<u8>, Fault> {
    let limited = Limited::new(response.into_body(), most);
    let body = limited.collect().await.map_err(|error| {
        if error.is::<http_body_util::LengthLimitError>() {
            Fault::Nonsense("a longer answer than there can be")
        } else {
            Fault::Unreachable("half an answer".to_owned())
        }
    })?;
    Ok(body.to_bytes().to_vec())
}

/// What nobody wants is short, or the connection is not used again.
async fn drained(response: Response<Incoming>) -> Result<(), Fault> {
    const MOST: usize = 64 * 1024;
    collected(response, MOST).await.map(drop)
}

/// The path and query of an address, whatever its host.
pub fn path_of(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    if address.len() == rest.len() && rest.starts_with('/') {
        return rest.to_owned();
    }
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/").to_owned()
}

/// Something that nobody can foresee, in hexadecimal.
pub fn nonce() -> Result<String, Fault> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| Fault::Cannot("be random"))?;
    Ok(crate::feed::hexadecimal(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_all_that_is_taken_of_an_address() {
        for (address, expected) in [
            ("http://192.0.2.77/onvif/ptz_service", "/onvif/ptz_service"),
            ("http://192.0.2.77:8080/a?b=c", "/a?b=c"),
            ("http://192.0.2.77", "/"),
            ("/snapshot.jpg", "/snapshot.jpg"),
            ("nonsense", "/"),
        ] {
            assert_eq!(path_of(address), expected);
        }
    }
}
