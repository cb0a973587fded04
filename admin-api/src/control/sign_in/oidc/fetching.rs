//! Asks a provider over HTTP: within a time and a size, following nobody elsewhere.

use std::time::Duration;

use avis_core::strict_json;
use serde_json::Value;
use ureq::http::Response;
use ureq::tls::TlsConfig;
use ureq::{Agent, Body};

const CONNECT_TIME: Duration = Duration::from_secs(5);
/// From the beginning to the last byte of an answer.
const WHOLE_TIME: Duration = Duration::from_secs(10);
/// Bytes of an answer.
const BYTES_MAX: u64 = 256 * 1024;

/// Why there is no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error(transparent)]
    Unreachable(#[from] ureq::Error),
    #[error("it answered with the status {0}")]
    Status(u16),
    #[error("it answered no JSON")]
    NotJson,
}

/// What a provider says of a person: as it is, or in a token that still has to be verified.
pub(super) enum Userinfo {
    Plain(Value),
    Signed(String),
}

/// Asks one provider.
pub(super) struct Fetching(Agent);

impl Fetching {
    /// Over TLS; in the clear where there is none, past the proxies of this machine.
    pub(super) fn new(encryption: Option<TlsConfig>) -> Self {
        let config =
            Agent::config_builder().http_status_as_error(false).max_redirects(0).max_redirects_will_error(false);
        // Each on a connection of its own: between two sign-ins the provider closes one that is kept.
        let config = config.max_idle_connections(0);
        let config = config.timeout_connect(Some(CONNECT_TIME)).timeout_global(Some(WHOLE_TIME));
        let config = match encryption {
            Some(encryption) => config.https_only(true).tls_config(encryption),
            None => config.proxy(None),
        };
        Self(config.build().into())
    }

    /// What is under an address.
    pub(super) fn get(&self, address: &str) -> Result<Value, FetchError> {
        read(self.0.get(address).header("accept", "application/json").call()?)
    }

    /// What is said of the person of an access token.
    pub(super) fn userinfo(&self, address: &str, token: &str) -> Result<Userinfo, FetchError> {
        let request = self.0.get(address).header("accept", "application/json, application/jwt");
        let response = request.header("authorization", format!("Bearer {token}")).call()?;
        let media_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
        let is_signed = media_type.is_some_and(|media_type| {
            media_type.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/jwt"))
        });
        if !is_signed {
            return Ok(Userinfo::Plain(read(response)?));
        }
        Ok(Userinfo::Signed(String::from_utf8_lossy(&body(response)?).trim().to_owned()))
    }

    /// The answer to a form, sent under an `authorization` where there is one.
    pub(super) fn post(&self, address: &str, form: &str, authorization: Option<&str>) -> Result<Value, FetchError> {
        let request = self.0.post(address).header("accept", "application/json");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = match authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        };
        read(request.send(form)?)
    }
}

fn read(response: Response<Body>) -> Result<Value, FetchError> {
    strict_json(&body(response)?).map_err(|_| FetchError::NotJson)
}

fn body(response: Response<Body>) -> Result<Vec<u8>, FetchError> {
    let status = response.status().as_u16();
    if status != 200 {
        return Err(FetchError::Status(status));
    }
    Ok(response.into_body().into_with_config().limit(BYTES_MAX).read_to_vec()?)
}
