//! TLS at the terminals' port.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// With what the server proves who it is. It is read once: another certificate counts from the next start.
#[derive(Clone, Debug)]
pub struct ServerEncryption(pub(super) ServerConfig);

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

impl ServerEncryption {
    /// Reads the server's certificate, with those that lead to its authority, and its private key; both are PEM. TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// A file that can't be read, or is something else; a key that is another certificate's.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, EncryptionError> {
        let bad_certificate = |detail: String| EncryptionError::Certificate(certificate.to_owned(), detail);
        let bad_key = |detail: String| EncryptionError::Key(key.to_owned(), detail);
        let chain = CertificateDer::pem_file_iter(certificate).map_err(|error| bad_certificate(error.to_string()))?;
        let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|error| bad_certificate(error.to_string()))?;
        if chain.is_empty() {
            return Err(bad_certificate("there is no certificate in it".to_owned()));
        }
        let private = PrivateKeyDer::from_pem_file(key).map_err(|error| bad_key(error.to_string()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = versions.map_err(|error| bad_key(error.to_string()))?.with_no_client_auth();
        let built = builder.with_single_cert(chain, private);
        Ok(Self(built.map_err(|error| match error {
            rustls::Error::InvalidCertificate(_) => bad_certificate(error.to_string()),
            _ => bad_key(error.to_string()),
        })?))
    }
}
