//! TLS 1.3 for the feed and for HTTP. The certificate is read again when its files have changed: who is connected
//! stays, and who comes next is shown the new one.

use crate::config;
use crate::metrics::Metrics;
use crate::stream::Stream;
use crate::watched::Watched;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use thiserror::Error;

/// How long a handshake may take.
pub const HANDSHAKE: Duration = Duration::from_secs(5);

/// What is wrong with a file.
#[derive(Debug, Error)]
#[error("{}: {what}", path.display())]
pub struct TlsError {
    path: PathBuf,
    what: String,
}

/// The certificate in force.
#[derive(Debug)]
pub struct Tls {
    files: config::Tls,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Now {
    config: Arc<ServerConfig>,
    read: Watched,
}

impl Tls {
    /// Reads what the configuration names.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(files: config::Tls) -> Result<Self, TlsError> {
        let paths = [Some(&files.certificate), Some(&files.key), files.clients.as_ref()];
        let watched = Watched::new(paths.into_iter().flatten().cloned().collect());
        let now = Mutex::new(Now { config: Arc::new(read(&files)?), read: watched });
        Ok(Self { files, now })
    }

    /// For one who has just connected. What is wrong with a new certificate keeps the one that was.
    pub(crate) fn session(&self) -> io::Result<ServerConnection> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.read.have_changed() {
            match read(&self.files) {
                Ok(config) => {
                    now.config = Arc::new(config);
                    tracing::info!("a new certificate is in force");
                }
                Err(error) => tracing::error!(%error, "the certificate stays as it was"),
            }
        }
        let config = Arc::clone(&now.config);
        drop(now);
        ServerConnection::new(config).map_err(io::Error::other)
    }
}

/// What came of a handshake, counted where it failed.
pub(crate) fn counted(
    opened: Result<io::Result<Stream>, tokio::time::error::Elapsed>,
    metrics: &Metrics,
) -> io::Result<Stream> {
    let (reason, error) = match opened {
        Ok(Ok(stream)) => return Ok(stream),
        Ok(Err(error)) => ("broken", error),
        Err(_) => ("slow", io::ErrorKind::TimedOut.into()),
    };
    metrics.counter("fairway_tls_failed_total", &[("reason", reason)]).increment(1);
    Err(error)
}

fn read(files: &config::Tls) -> Result<ServerConfig, TlsError> {
    let wrong = |path: &Path, what: String| TlsError { path: path.to_owned(), what };
    private(&files.key).map_err(|what| wrong(&files.key, what))?;
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|_| wrong(&files.key, "no private key in PEM".to_owned()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| wrong(&files.certificate, error.to_string()))?;
    let builder = match &files.clients {
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates(path)? {
                roots.add(certificate).map_err(|error| wrong(path, error.to_string()))?;
            }
            // Pages and people show none: who they are is asked for above.
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .map_err(|error| wrong(path, error.to_string()))?;
            builder.with_client_cert_verifier(verifier)
        }
        None => builder.with_no_client_auth(),
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|error| wrong(&files.certificate, format!("does not go with the key: {error}")))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |what: &str| TlsError { path: path.to_owned(), what: what.to_owned() };
    let file = CertificateDer::pem_file_iter(path).map_err(|_| wrong("cannot be read"))?;
    let chain = file.collect::<Result<Vec<_>, _>>().map_err(|_| wrong("not PEM"))?;
    if chain.is_empty() { Err(wrong("no certificate in PEM")) } else { Ok(chain) }
}

/// Refuses a file with a secret that others can read.
///
/// # Errors
/// Why.
pub fn private(path: &Path) -> Result<(), String> {
    let known = fs::metadata(path).map_err(|error| format!("cannot be read: {error}"))?;
    if known.mode() & 0o077 != 0 {
        return Err(format!("others can read it ({:o}): chmod 600", known.mode() & 0o777));
    }
    Ok(())
}
