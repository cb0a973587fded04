//! How a client of ours knows whom it talks to: by the system's certificates, or by those of a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// Why nobody vouches for a server.
#[derive(Debug, thiserror::Error)]
pub enum ClientEncryptionError {
    /// A file that can't be read.
    #[error("{}: {error}", .path.display())]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// The system's own reason.
        error: std::io::Error,
    },
    /// No certificate where one was expected.
    #[error("no certificates vouch for the server: expected some in PEM")]
    NoCertificates,
}

/// TLS by the system's certificates, or by those of a file of PEM.
///
/// # Errors
/// A file that can't be read; no certificates.
pub fn client_encryption(authorities: Option<&Path>) -> Result<TlsConfig, ClientEncryptionError> {
    let certificates: Vec<Certificate<'static>> = match authorities {
        Some(path) => {
            let unreadable = |error| ClientEncryptionError::Unreadable { path: path.to_owned(), error };
            let pem = std::fs::read(path).map_err(unreadable)?;
            let certificates = parse_pem(&pem).filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            });
            certificates.collect()
        }
        None => {
            let system = rustls_native_certs::load_native_certs().certs;
            system.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect()
        }
    };
    if certificates.is_empty() {
        return Err(ClientEncryptionError::NoCertificates);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = TlsConfig::builder().unversioned_rustls_crypto_provider(provider);
    Ok(config.root_certs(RootCerts::Specific(Arc::new(certificates))).build())
}
