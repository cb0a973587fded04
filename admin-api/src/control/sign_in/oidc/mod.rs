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
use std::sync::atomic::{AtomicUsize, Ordering};

use super::local::LocalLogin;
use crate::control::problem::{Code, Problem};

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

    fn find(&self, name: &str) -> Option<&Provider> {
        self.0.get(name)
    }
}

/// Providers that are asked at once: each may take seconds, on a thread that others need.
const AT_ONCE: usize = 16;

/// Lets few sign-ins wait for providers at once.
#[derive(Debug, Default)]
pub(crate) struct ProviderGate(AtomicUsize);

/// A place at the gate, given back when it is dropped.
struct Turn<'a>(&'a AtomicUsize);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl ProviderGate {
    fn turn(&self) -> Result<Turn<'_>, Problem> {
        let one_more = |running: usize| (running < AT_ONCE).then_some(running + 1);
        match self.0.try_update(Ordering::Relaxed, Ordering::Relaxed, one_more) {
            Ok(_) => Ok(Turn(&self.0)),
            Err(_) => Err(Code::Overloaded.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_ask_providers_at_once_and_no_more() {
        let gate = ProviderGate::default();
        let turns: Vec<_> = (0..AT_ONCE).map(|_| gate.turn().unwrap()).collect();
        assert!(gate.turn().is_err_and(|problem| problem.code == Code::Overloaded));
        drop(turns);
        assert!(gate.turn().is_ok());
    }
}
