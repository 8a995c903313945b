//! The same feed under TLS 1.3: a certificate of our own making, and a client that trusts it.

use super::Done;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

/// What an engine needs to be under TLS, and its clients to believe it.
pub struct Secret {
    folder: PathBuf,
    client: Arc<ClientConfig>,
}

impl Secret {
    /// Made anew.
    pub fn new() -> Done<Self> {
        let folder = std::env::temp_dir().join(format!("fairway-bench-tls-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        std::fs::write(folder.join("certificate.pem"), made.cert.pem())?;
        let key = folder.join("key.pem");
        std::fs::write(&key, made.signing_key.serialize_pem())?;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600))?;
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { folder, client: Arc::new(client) })
    }

    /// Its part of the configuration.
    pub fn toml(&self) -> String {
        let folder = self.folder.display();
        format!("[tls]\ncertificate = \"{folder}/certificate.pem\"\nkey = \"{folder}/key.pem\"\n")
    }

    /// A connection whose hands are not shaken yet.
    pub fn over(&self, stream: TcpStream) -> Done<StreamOwned<ClientConnection, TcpStream>> {
        let connection = ClientConnection::new(Arc::clone(&self.client), ServerName::try_from("localhost")?)?;
        Ok(StreamOwned::new(connection, stream))
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        // What is left over is in a folder for what is left over.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
