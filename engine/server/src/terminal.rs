//! A terminal as it is kept, with its keys.

use avis_core::{Fault, Presented, Request};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::sha256::sha256;

/// A terminal and what it may do, as its row carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terminal {
    /// Its code, unique in the deployment.
    #[serde(rename = "terminal")]
    pub code: String,
    /// Whose it is.
    pub provider: String,
    /// The channels it may sell through.
    pub channels: Vec<String>,
    /// The schemes of identifiers it may present.
    pub schemes: Vec<String>,
    /// What its keys are for.
    pub scopes: Vec<Scope>,
    /// Its keys; more than one while they are being changed.
    pub keys: Vec<Key>,
}

/// `sell`: quotes, sales and what follows them. `explain`: why something was decided. `enrol`: who joins a programme or leaves it.
/// `train`: as `sell`, and what is sold is for training only: kept apart from all that is real, of any time, and forgotten when the
/// engine stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Quotes, authorizations and what follows them.
    Sell,
    /// Why something was decided so: groups and values that were read, which a till must not see.
    Explain,
    /// Persons enrol in merchants' programmes, and leave them.
    Enrol,
    /// As `sell`, for training only: kept apart, of any time, in no statement.
    Train,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Sell, Self::Explain, Self::Enrol, Self::Train];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sell => "sell",
            Self::Explain => "explain",
            Self::Enrol => "enrol",
            Self::Train => "train",
        }
    }

    /// Why scopes can't stand together; none if they can. What trains moves nothing real, so that beside it only explanations make
    /// sense.
    pub fn conflict(scopes: &[Self]) -> Option<String> {
        let real = scopes.iter().find(|scope| matches!(scope, Self::Sell | Self::Enrol))?;
        let word = real.word();
        scopes.contains(&Self::Train).then(|| {
            format!("expected `train` alone or with `explain`: what is for training changes nothing real, and `{word}` would")
        })
    }
}

/// A key as it is kept: what it hashes to, and its beginning, by which people name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The first characters, which may be shown.
    pub prefix: String,
    /// What the whole key hashes to.
    pub sha256: KeyHash,
    /// From when it is not taken any more; half-open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// SHA-256 of a key. A key is long and random, so a fast hash hides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyHash(pub [u8; 32]);

/// The fewest characters of a key.
pub const KEY_CHARACTERS_MIN: usize = 16;
/// The most characters of a key that may be shown; never more than a third of it.
const PREFIX_CHARACTERS_MAX: usize = 13;

impl KeyHash {
    /// Of a key as it is sent.
    pub fn of(key: impl AsRef<[u8]>) -> Self {
        Self(sha256(key.as_ref()))
    }
}

impl Key {
    /// A key as it is to be kept.
    pub fn of(key: &str) -> Self {
        let shown = (key.chars().count() / 3).min(PREFIX_CHARACTERS_MAX);
        Self { prefix: key.chars().take(shown).collect(), sha256: KeyHash::of(key), until: None }
    }

    /// Whether it is taken at a moment.
    pub fn is_taken_at(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl Serialize for KeyHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hex: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&hex)
    }
}

impl<'de> Deserialize<'de> for KeyHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hex = String::deserialize(deserializer)?;
        let expected = || serde::de::Error::custom("expected 64 hexadecimal digits");
        let mut hash = [0; 32];
        if hex.len() != 64 || !hex.is_ascii() {
            return Err(expected());
        }
        for (byte, place) in hash.iter_mut().zip((0..).step_by(2)) {
            let digits = hex.get(place..place + 2).ok_or_else(expected)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| expected())?;
        }
        Ok(Self(hash))
    }
}

impl Terminal {
    /// Whether it may be used so.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || (scope == Scope::Sell && self.trains())
    }

    /// Whether all that it sells is for training, whatever else its keys are for.
    pub fn trains(&self) -> bool {
        self.scopes.contains(&Scope::Train)
    }

    /// What of a request the terminal may not ask: a channel or a scheme that is not its own.
    pub fn overstep(&self, request: &Request) -> Option<Fault> {
        let channel = request.channel.as_deref().filter(|channel| !self.channels.iter().any(|own| own == channel));
        if channel.is_some() {
            let detail = format!("expected a channel of this terminal: {}", listed(&self.channels));
            return Some(Fault { pointer: "/channel".into(), detail });
        }
        self.overstep_schemes(&request.identifiers)
    }

    /// Which identifier the terminal may not present: its scheme is not its own.
    pub fn overstep_schemes(&self, identifiers: &[Presented]) -> Option<Fault> {
        let schemes = identifiers.iter().map(|identifier| &*identifier.scheme);
        let place = schemes.enumerate().find(|(_, scheme)| !self.schemes.iter().any(|own| own == scheme))?.0;
        let detail = format!("expected a scheme of this terminal: {}", listed(&self.schemes));
        Some(Fault { pointer: format!("/identifiers/{place}/scheme"), detail })
    }
}

fn listed(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_written_and_read_again_without_its_key() {
        let key = Key { until: Some("2026-11-18T06:00:00Z".parse().unwrap()), ..Key::of("avis_0123456789_secret") };
        let terminal = Terminal {
            code: "t".into(),
            provider: "p".into(),
            channels: vec!["desk".into()],
            schemes: Vec::new(),
            scopes: vec![Scope::Sell],
            keys: vec![key, Key::of("avis_another_0123456789")],
        };
        let json = serde_json::to_string(&terminal).unwrap();
        assert!(!json.contains("secret") && !json.contains("avis_01234567") && json.contains("avis_01"));
        assert_eq!(serde_json::from_str::<Terminal>(&json).unwrap(), terminal);
    }

    #[test]
    fn training_goes_with_explaining_alone() {
        use Scope::{Enrol, Explain, Sell, Train};
        for scopes in [&[Train][..], &[Explain, Train], &[Sell, Explain, Enrol], &[]] {
            assert_eq!(Scope::conflict(scopes), None, "{scopes:?}");
        }
        for (scopes, real) in [([Train, Enrol], "`enrol` would"), ([Sell, Train], "`sell` would")] {
            assert!(Scope::conflict(&scopes).unwrap().ends_with(real), "{scopes:?}");
        }
    }

    #[test]
    fn a_key_is_taken_until_its_end() {
        let until = "2026-11-18T06:00:00Z".parse::<Timestamp>().unwrap();
        let key = Key { until: Some(until), ..Key::of("avis_0123456789_secret") };
        let second = jiff::SignedDuration::from_secs(1);
        assert!(key.is_taken_at(until - second) && !key.is_taken_at(until));
    }
}
