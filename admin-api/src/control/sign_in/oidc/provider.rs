//! A provider: where it is, how its answers are read, and what is known of it for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::address::{form, is_plain, is_private, with};
use super::claims::{self, Expected};
use super::fetching::{FetchError, Fetching, Userinfo};
use super::refusal::Refusal;
use super::residents::Claim;
use super::signature::{Algorithm, KeySet, signed};
use crate::control::incoming::encoded;
use crate::control::secret::hex;

/// How long it is believed where a provider is and which keys it has.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(1);
/// How often its keys are asked for again, where a token names another one.
const KEYS_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// A person shows the provider who they are anew, if they did so longer ago.
pub(super) const SIGNED_IN_WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// By what a program proves to the provider which one it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SecretIn {
    /// In the header `authorization`.
    #[default]
    Header,
    /// In the form.
    Form,
}

/// Which answer of the provider names the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PersonFrom {
    /// Its signed token.
    #[default]
    IdToken,
    /// Its userinfo, of whom its signed token says the same.
    Userinfo,
    /// Its userinfo alone: it gives no signed token.
    UserinfoAlone,
}

/// Where a provider is asked what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Endpoints {
    pub(super) authorization: String,
    pub(super) token: String,
    pub(super) userinfo: Option<String>,
    pub(super) keys: Option<String>,
    /// Whether its answers say of which issuer they are.
    #[serde(skip)]
    names_issuer: bool,
}

/// A provider as it is set up.
pub(super) struct Provider {
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) secret: Option<String>,
    pub(super) secret_in: SecretIn,
    pub(super) scopes: String,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) person_from: PersonFrom,
    /// Which claim names a person, where residents sign in; none where users do.
    pub(super) residents: Option<Claim>,
    /// Where it is asked, if its own description does not say.
    pub(super) endpoints: Option<Endpoints>,
    /// Where it sends people back to.
    pub(super) redirect: String,
    pub(super) fetching: Fetching,
    pub(super) known: Mutex<Known>,
}

/// What a provider said of itself, and when.
#[derive(Default)]
pub(super) struct Known {
    endpoints: Option<(Timestamp, Endpoints)>,
    keys: Option<(Timestamp, KeySet)>,
}

/// What the browser keeps of a sign-in that began: who has it began it.
pub(super) struct Verifier(pub(super) String);

impl Verifier {
    /// What the provider is shown of it beforehand.
    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.0))
    }

    /// What the signed token has to repeat.
    fn nonce(&self) -> String {
        hex(&Sha256::digest(format!("nonce {}", self.0)))
    }
}

impl Provider {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What went wrong on the provider's side, for the log.
    fn away(&self, what: &str, error: &FetchError) -> Refusal {
        tracing::warn!(target: "avis::control", issuer = %self.issuer, what, %error, "a provider of sign-ins can't be used");
        Refusal::Away
    }

    /// Where it is asked what. Its own description is believed for a while.
    fn endpoints(&self, now: Timestamp) -> Result<Endpoints, Refusal> {
        if let Some(endpoints) = &self.endpoints {
            return Ok(endpoints.clone());
        }
        let known = self.known().endpoints.clone();
        if let Some((_, endpoints)) = known.filter(|(at, _)| now.duration_since(*at) < KNOWN_FOR) {
            return Ok(endpoints);
        }
        let address = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let told = self.fetching.get(&address).map_err(|error| self.away("its description", &error))?;
        let endpoints = self.described(&told).ok_or_else(|| {
            tracing::warn!(target: "avis::control", issuer = %self.issuer,
                "a provider's description is of another issuer, lacks an endpoint, or has one in the clear");
            Refusal::Away
        })?;
        self.known().endpoints = Some((now, endpoints.clone()));
        Ok(endpoints)
    }

    fn described(&self, told: &Value) -> Option<Endpoints> {
        let text = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
        // What is encrypted leads nowhere in the clear.
        let is_usable = |address: &String| is_private(address) && (is_plain(&self.issuer) || !is_plain(address));
        let endpoint = |name: &str| text(name).filter(is_usable);
        if text("issuer")? != self.issuer {
            return None;
        }
        Some(Endpoints {
            authorization: endpoint("authorization_endpoint")?,
            token: endpoint("token_endpoint")?,
            userinfo: endpoint("userinfo_endpoint"),
            keys: endpoint("jwks_uri"),
            names_issuer: told.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        })
    }

    /// Where a browser is sent to sign in.
    pub(super) fn address(&self, verifier: &Verifier, state: &str, now: Timestamp) -> Result<String, Refusal> {
        let endpoints = self.endpoints(now)?;
        let (challenge, nonce) = (verifier.challenge(), verifier.nonce());
        let within = SIGNED_IN_WITHIN.as_secs().to_string();
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect),
            ("scope", &self.scopes),
            ("state", state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        if self.person_from != PersonFrom::UserinfoAlone {
            parameters.extend([("nonce", nonce.as_str()), ("max_age", within.as_str())]);
        }
        Ok(with(&endpoints.authorization, &parameters))
    }

    /// Refuses an answer that names another issuer, or none although this one always does.
    pub(super) fn check_issuer(&self, named: Option<&str>, now: Timestamp) -> Result<(), Refusal> {
        let names_issuer = self.endpoints(now)?.names_issuer;
        let is_right = named.map_or(!names_issuer, |named| named == self.issuer);
        if is_right { Ok(()) } else { Err(Refusal::Issuer) }
    }

    /// What the provider says of the person who brings a code.
    pub(super) fn person(&self, code: &str, verifier: &Verifier, now: Timestamp) -> Result<Value, Refusal> {
        let endpoints = self.endpoints(now)?;
        let answer = self.redeem(&endpoints.token, code, verifier)?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        if self.person_from == PersonFrom::UserinfoAlone {
            return self.userinfo(&endpoints, text("access_token"), now);
        }
        let token = self.token(&endpoints, text("id_token").ok_or(Refusal::NoToken)?, now)?;
        let expected = Expected {
            issuer: &self.issuer,
            client_id: &self.client_id,
            nonce: &verifier.nonce(),
            signed_in_within: SIGNED_IN_WITHIN,
            now,
        };
        claims::check(&token, &expected)?;
        if self.person_from == PersonFrom::IdToken {
            return Ok(token);
        }
        let mut told = self.userinfo(&endpoints, text("access_token"), now)?;
        if told.get("sub") != token.get("sub") {
            return Err(Refusal::Subject);
        }
        if let (Value::Object(told), Some(at)) = (&mut told, token.get("auth_time")) {
            told.insert("auth_time".to_owned(), at.clone());
        }
        Ok(told)
    }

    /// Gives the code for tokens.
    fn redeem(&self, address: &str, code: &str, verifier: &Verifier) -> Result<Value, Refusal> {
        let mut parameters = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect),
            ("code_verifier", &verifier.0),
        ];
        let mut authorization = None;
        match (&self.secret, self.secret_in) {
            (Some(secret), SecretIn::Header) => {
                let pair = format!("{}:{}", encoded(&self.client_id), encoded(secret));
                authorization = Some(format!("Basic {}", STANDARD.encode(pair)));
            }
            (Some(secret), SecretIn::Form) => {
                parameters.extend([("client_id", self.client_id.as_str()), ("client_secret", secret)]);
            }
            (None, _) => parameters.push(("client_id", &self.client_id)),
        }
        match self.fetching.post(address, &form(&parameters), authorization.as_deref()) {
            // A code that was used, is another's or too old; a secret that is not right is in the provider's log.
            Err(FetchError::Status(400..=499)) => Err(Refusal::Code),
            answered => answered.map_err(|error| self.away("its tokens", &error)),
        }
    }

    /// The signed token, by the keys that are known or, for one of another key, that are published now.
    fn token(&self, endpoints: &Endpoints, token: &str, now: Timestamp) -> Result<Value, Refusal> {
        let address = endpoints.keys.as_deref().ok_or(Refusal::Key)?;
        let keys = self.keys(address, KNOWN_FOR, now)?;
        match signed(token, &self.algorithms, &keys) {
            Err(Refusal::Key) => signed(token, &self.algorithms, &self.keys(address, KEYS_EVERY, now)?),
            read => read,
        }
    }

    fn keys(&self, address: &str, known_for: SignedDuration, now: Timestamp) -> Result<KeySet, Refusal> {
        let known = self.known().keys.clone();
        if let Some((_, keys)) = known.filter(|(at, _)| now.duration_since(*at) < known_for) {
            return Ok(keys);
        }
        let told = self.fetching.get(address).map_err(|error| self.away("its keys", &error))?;
        let keys = KeySet::read(&told);
        self.known().keys = Some((now, keys.clone()));
        Ok(keys)
    }

    /// What the provider says of the person of an access token; what is signed is verified as its tokens are.
    fn userinfo(&self, endpoints: &Endpoints, token: Option<&str>, now: Timestamp) -> Result<Value, Refusal> {
        let (Some(address), Some(token)) = (&endpoints.userinfo, token) else { return Err(Refusal::NoToken) };
        let told = match self.fetching.userinfo(address, token).map_err(|error| self.away("its userinfo", &error))? {
            Userinfo::Plain(told) => told,
            Userinfo::Signed(signed) => {
                let told = self.token(endpoints, &signed, now)?;
                claims::check_userinfo(&told, &self.issuer, &self.client_id, now)?;
                told
            }
        };
        if told.is_object() { Ok(told) } else { Err(Refusal::Malformed) }
    }
}
