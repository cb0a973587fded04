//! Signing in through providers of OpenID Connect: the authorization code with PKCE, state and nonce once.

mod address;
mod claims;
mod fetching;
mod flow;
mod provider;
mod refusal;
mod residents;
mod signature;
mod staff;
mod written;

use std::collections::BTreeMap;

use super::local::LocalLogin;

pub(crate) use flow::{CALLBACK, INVITED, LEADS, START, callback, start, start_invited};
use provider::Provider;
pub use written::WrittenProviders;

/// The providers through which people sign in, by their names.
#[derive(Default)]
pub struct SignInProviders(BTreeMap<String, Provider>);

/// How people sign in.
#[derive(Default)]
pub struct Login {
    /// Who does so with a password.
    pub local: LocalLogin,
    /// Through whom the others do.
    pub providers: SignInProviders,
}

impl Login {
    /// Who signs in how, in a few words.
    pub fn told(&self) -> String {
        let by_password = match self.local {
            LocalLogin::All => "with passwords",
            LocalLogin::Operators => "operators alone with passwords",
            LocalLogin::None => "nobody with a password",
        };
        let names: Vec<&str> = self.providers.0.keys().map(String::as_str).collect();
        let through = if names.is_empty() { "no provider".to_owned() } else { format!("`{}`", names.join("`, `")) };
        format!("people sign in through {through}, {by_password}")
    }
}

impl SignInProviders {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of those through which users sign in; residents have pages of their own.
    pub(crate) fn of_users(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, provider)| provider.residents.is_none()).map(|(name, _)| name.as_str())
    }

    fn find(&self, name: &str) -> Option<&Provider> {
        self.0.get(name)
    }
}

/// Providers that are asked at once: each may take seconds, on a thread that others need.
pub(crate) const ASKED_AT_ONCE: usize = 16;
