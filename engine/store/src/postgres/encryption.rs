//! TLS to the database.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::config::{ConfigError, Encryption};

/// Makes encrypted connections to servers that the configured authorities vouch for; none if nothing is encrypted.
pub(super) fn connector(encryption: &Encryption) -> Result<Option<MakeRustlsConnect>, ConfigError> {
    let Encryption::Verified { authorities } = encryption else { return Ok(None) };
    let unusable = |error: String| ConfigError::Authorities(authorities.clone(), error);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authorities).map_err(|error| unusable(error.to_string()))? {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("expected a certificate in PEM".into()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|error| unusable(error.to_string()))?;
    Ok(Some(MakeRustlsConnect::new(builder.with_root_certificates(roots).with_no_client_auth())))
}
