//! Who may call: a terminal's key names the terminal, its provider, and the channels and schemes it may use.

use std::collections::{HashMap, HashSet};
use std::fmt;

use avis_core::{Fault, Request};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// A terminal and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Its code.
    pub code: String,
    /// Whose it is.
    pub provider: String,
    channels: Vec<String>,
    schemes: Vec<String>,
    scopes: Vec<Scope>,
}

/// What a credential is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Quotes, authorizations and what follows them.
    Sell,
    /// Why something was decided so: groups and values that were read, which a till must not see.
    Explain,
}

/// The terminals, by the SHA-256 of their keys.
#[derive(Debug, Default)]
pub struct Credentials(HashMap<[u8; 32], Terminal>);

/// A file of terminals.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    terminals: Vec<WrittenTerminal>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTerminal {
    terminal: String,
    provider: String,
    channels: Vec<String>,
    schemes: Vec<String>,
    /// A till sells, unless it says otherwise.
    #[serde(default = "sell")]
    scopes: Vec<Scope>,
    key: Key,
}

fn sell() -> Vec<Scope> {
    vec![Scope::Sell]
}

/// A key as it is written; forgotten once it is hashed.
#[derive(Deserialize)]
struct Key(String);

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Key(…)")
    }
}

/// Why a file of terminals can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// Not the expected JSON. The parser's own words could repeat a key, so only the place is told.
    #[error(
        "line {line} column {column}: expected `{{\"terminals\": [{{\"terminal\", \"provider\", \"channels\", \"schemes\", \"key\"}}]}}`"
    )]
    Malformed {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// A key too short to be secret.
    #[error("/terminals/{0}/key: expected at least {KEY_CHARACTERS_MIN} characters")]
    ShortKey(usize),
    /// A key or a terminal's code that another entry has.
    #[error("/terminals/{0}: expected a terminal and a key that no entry before has")]
    Duplicate(usize),
    /// A provider that the catalogue does not name.
    #[error("/terminals/{0}/provider: unknown provider `{1}`")]
    UnknownProvider(usize, String),
}

/// The fewest characters of a key.
pub const KEY_CHARACTERS_MIN: usize = 16;

impl Credentials {
    /// Reads a file of terminals.
    ///
    /// # Errors
    /// Malformed JSON, short or repeated keys, and providers that are not known.
    pub fn parse(json: &[u8], knows_provider: impl Fn(&str) -> bool) -> Result<Self, CredentialsError> {
        let malformed =
            |error: serde_json::Error| CredentialsError::Malformed { line: error.line(), column: error.column() };
        let file: File = serde_json::from_slice(json).map_err(malformed)?;
        let mut terminals = HashMap::new();
        let mut codes = HashSet::new();
        for (place, written) in file.terminals.into_iter().enumerate() {
            if written.key.0.chars().count() < KEY_CHARACTERS_MIN {
                return Err(CredentialsError::ShortKey(place));
            }
            if !knows_provider(&written.provider) {
                return Err(CredentialsError::UnknownProvider(place, written.provider));
            }
            let terminal = Terminal {
                code: written.terminal,
                provider: written.provider,
                channels: written.channels,
                schemes: written.schemes,
                scopes: written.scopes,
            };
            let new = codes.insert(terminal.code.clone());
            if terminals.insert(hashed(&written.key.0), terminal).is_some() || !new {
                return Err(CredentialsError::Duplicate(place));
            }
        }
        Ok(Self(terminals))
    }

    /// The terminal that a key names.
    pub fn find(&self, key: &str) -> Option<&Terminal> {
        self.0.get(&hashed(key))
    }

    /// How many terminals there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl Terminal {
    /// Whether it may be used so.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// What of a request the terminal may not ask: a channel or a scheme that is not its own.
    pub fn overstep(&self, request: &Request) -> Option<Fault> {
        let channel = request.channel.as_deref().filter(|channel| !self.channels.iter().any(|own| own == channel));
        if channel.is_some() {
            let detail = format!("expected a channel of this terminal: {}", listed(&self.channels));
            return Some(Fault { pointer: "/channel".into(), detail });
        }
        let schemes = request.identifiers.iter().map(|identifier| &*identifier.scheme);
        let place = schemes.enumerate().find(|(_, scheme)| !self.schemes.iter().any(|own| own == scheme))?.0;
        let detail = format!("expected a scheme of this terminal: {}", listed(&self.schemes));
        Some(Fault { pointer: format!("/identifiers/{place}/scheme"), detail })
    }
}

fn listed(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn hashed(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &str) -> String {
        Credentials::parse(json.as_bytes(), |provider| provider == "atd").unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_is_told_by_place_and_never_with_a_key() {
        let terminal = |code: &str, provider: &str, key: &str| {
            format!(
                r#"{{"terminal": "{code}", "provider": "{provider}", "channels": [], "schemes": [], "key": "{key}"}}"#
            )
        };
        let key = "secret_0123456789";
        for (json, told) in [
            (format!(r#"{{"terminals": ["{key}"]}}"#), "line 1"),
            (format!(r#"{{"terminals": [{}]}}"#, terminal("a", "atd", "secret")), "/terminals/0/key"),
            (format!(r#"{{"terminals": [{}]}}"#, terminal("a", "vivi", key)), "unknown provider `vivi`"),
            (format!(r#"{{"terminals": [{0}, {0}]}}"#, terminal("a", "atd", key)), "/terminals/1"),
        ] {
            let message = refused(&json);
            assert!(message.contains(told) && !message.contains("secret"), "{message}");
        }
    }
}
