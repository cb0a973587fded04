//! The engine in memory: rules, holders and terminals, and the way from a request to an answer.

use std::sync::Arc;

use arc_swap::ArcSwap;
use avis_core::{Faults, IdentifierKey, IdentifierSecret, Person, Plan, Request, RuleSet, plan, recognise};
use jiff::tz::TimeZone;

use crate::credentials::Credentials;
use crate::directory::Directory;

/// Everything that a decision reads, kept warm.
pub struct Engine {
    rules: ArcSwap<RuleSet>,
    /// Who is known by which identifier.
    pub directory: Directory,
    /// Who may call.
    pub credentials: Credentials,
    secret: IdentifierSecret,
    /// In which the validity of identifiers is read.
    zone: TimeZone,
}

/// The revision of what was loaded from files: one load is all that ever happened.
pub const LOADED_REVISION: u64 = 1;

impl Engine {
    /// An engine of these rules, holders and terminals.
    pub fn new(
        rules: impl Into<Arc<RuleSet>>,
        directory: Directory,
        credentials: Credentials,
        secret: IdentifierSecret,
        zone: TimeZone,
    ) -> Self {
        Self { rules: ArcSwap::new(rules.into()), directory, credentials, secret, zone }
    }

    /// The rules of this moment; a request sees exactly one set.
    pub fn rules(&self) -> Arc<RuleSet> {
        self.rules.load_full()
    }

    /// Under which identifiers and requests are hashed.
    pub fn secret(&self) -> &IdentifierSecret {
        &self.secret
    }

    /// Puts other rules in the place of these, for the requests that follow.
    pub fn swap_rules(&self, rules: RuleSet) {
        self.rules.store(Arc::new(rules));
    }

    /// Recognises the person and finds what can apply.
    ///
    /// # Errors
    /// As [`avis_core::plan`].
    pub fn plan(&self, provider: &str, request: Request) -> Result<Plan, Faults> {
        plan(self.rules(), provider, self.person(&request), request)
    }

    /// Who stands at the till.
    pub fn person(&self, request: &Request) -> Person {
        let (holder, identifiers) = recognise(&request.identifiers, request.occurred_at, &self.zone, |presented| {
            let key = IdentifierKey::of(&presented.scheme, &presented.value, &self.secret)?;
            self.directory.look_up(&key)
        });
        let holder = holder.and_then(|packed| self.directory.unpack(&packed)).map(Arc::new);
        Person { holder, identifiers }
    }
}
