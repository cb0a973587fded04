//! TLS to the database.

use std::sync::Arc;

use rustls::ClientConfig;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::config::{ConfigError, Encryption};
use crate::authorities;

/// Makes encrypted connections to servers that the configured authorities vouch for; none if nothing is encrypted.
pub(super) fn connector(encryption: &Encryption) -> Result<Option<MakeRustlsConnect>, ConfigError> {
    let Encryption::Verified { authorities: path } = encryption else { return Ok(None) };
    let unusable = |error: String| ConfigError::Authorities(path.clone(), error);
    let roots = authorities::read(path).map_err(unusable)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|error| unusable(error.to_string()))?;
    Ok(Some(MakeRustlsConnect::new(builder.with_root_certificates(roots).with_no_client_auth())))
}
