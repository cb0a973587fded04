//! TLS at the terminals' port, with a certificate that may change while it is served.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use avis_store::Background;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// With what the server proves who it is. Connections that are open keep the certificate with which they began.
#[derive(Clone, Debug)]
pub struct ServerEncryption {
    pub(super) config: ServerConfig,
    files: Files,
    current: Arc<Current>,
    /// What was read at the start.
    first: Contents,
}

/// Why a certificate and its key are of no use.
#[derive(Debug, thiserror::Error)]
pub enum EncryptionError {
    /// The file of the certificate, and those that lead to its authority.
    #[error("{0}: {1}; expected certificates in PEM, the server's own first")]
    Certificate(PathBuf, String),
    /// The file of the key.
    #[error("{0}: {1}; expected the private key in PEM that belongs to the certificate")]
    Key(PathBuf, String),
}

/// Where certificate and key are.
#[derive(Clone, Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What the two files hold at a moment.
#[derive(Clone, PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl std::fmt::Debug for Contents {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Contents(…)")
    }
}

/// The certificate that new connections are shown.
#[derive(Debug)]
struct Current(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

impl ServerEncryption {
    /// Reads the server's certificate, with those that lead to its authority, and its private key; both are PEM. TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// A file that can't be read, or is something else; a key that is another certificate's.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, EncryptionError> {
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        let first = files.read()?;
        let current = Arc::new(Current(ArcSwap::from_pointee(files.certified(&first)?)));
        let versions = ServerConfig::builder_with_provider(provider().into()).with_safe_default_protocol_versions();
        let builder = versions.map_err(|error| files.bad_key(&error))?.with_no_client_auth();
        let config = builder.with_cert_resolver(current.clone());
        Ok(Self { config, files, current, first })
    }

    /// Looks so often, in the background, whether the files changed, and shows new connections what they hold then. Files that are
    /// of no use are reported once, and the certificate from before is shown on.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub fn renew(&self, every: Duration) -> io::Result<Background> {
        let (files, current, first) = (self.files.clone(), self.current.clone(), self.first.clone());
        let mut looked = Ok(first);
        Background::start("avis-certificate", move |control| {
            while control.sleep(every) {
                looked = files.look(&looked, &current);
            }
        })
    }
}

impl Files {
    fn bad_certificate(&self, detail: &dyn ToString) -> EncryptionError {
        EncryptionError::Certificate(self.certificate.clone(), detail.to_string())
    }

    fn bad_key(&self, detail: &dyn ToString) -> EncryptionError {
        EncryptionError::Key(self.key.clone(), detail.to_string())
    }

    fn read(&self) -> Result<Contents, EncryptionError> {
        let certificate = std::fs::read(&self.certificate).map_err(|error| self.bad_certificate(&error))?;
        let key = std::fs::read(&self.key).map_err(|error| self.bad_key(&error))?;
        Ok(Contents { certificate, key })
    }

    fn certified(&self, contents: &Contents) -> Result<CertifiedKey, EncryptionError> {
        let chain = CertificateDer::pem_slice_iter(&contents.certificate).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|error| self.bad_certificate(&error))?;
        if chain.is_empty() {
            return Err(self.bad_certificate(&"there is no certificate in it"));
        }
        let private = PrivateKeyDer::from_pem_slice(&contents.key).map_err(|error| self.bad_key(&error))?;
        CertifiedKey::from_der(chain, private, &provider()).map_err(|error| match error {
            rustls::Error::InvalidCertificate(_) => self.bad_certificate(&error),
            _ => self.bad_key(&error),
        })
    }

    /// Takes over what the files hold if that is something new since the last look; what was found then, or why nothing could be.
    fn look(&self, last: &Result<Contents, String>, current: &Current) -> Result<Contents, String> {
        let contents = match self.read() {
            Ok(contents) => contents,
            Err(error) => {
                let error = error.to_string();
                if last.as_ref().err() != Some(&error) {
                    report(&error);
                }
                return Err(error);
            }
        };
        if last.as_ref().ok() != Some(&contents) {
            match self.certified(&contents) {
                Ok(certified) => {
                    current.0.store(Arc::new(certified));
                    tracing::info!(target: "avis::certificate", "new connections are shown what the files hold now");
                }
                Err(error) => report(&error.to_string()),
            }
        }
        Ok(contents)
    }
}

fn report(error: &str) {
    tracing::error!(target: "avis::certificate", error, "the certificate from before is shown on");
}
