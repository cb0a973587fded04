//! A call of one operation: from a request to an answer, in this order: who asks, how often, from where, whether a role of theirs may
//! do it, what is asked, whether it was asked before.

use avis_store::{Act, AuditEntry, AuditObject};
use jiff::Timestamp;
use serde_json::Value;

use super::Control;
use super::answer::Answer;
use super::caller::{self, Caller};
use super::incoming::Incoming;
use super::once;
use super::operations::{Found, Operation, find};
use super::policy::{Action, Reach};
use super::problem::{Code, Problem};

/// What a handler is given.
pub(crate) struct Call<'a> {
    pub(crate) control: &'a Control,
    pub(crate) operation: &'static Operation,
    /// None where the operation is open to all.
    pub(crate) caller: Option<Caller>,
    /// How far the operation goes for the caller.
    pub(crate) reach: Option<Reach>,
    path: Vec<(&'static str, String)>,
    pub(crate) query: Value,
    pub(crate) body: Value,
    /// The etag that was read, where the operation needs it.
    pub(crate) if_match: Option<String>,
    pub(crate) now: Timestamp,
    pub(crate) incoming: &'a Incoming,
}

impl Control {
    /// Answers a request.
    pub(crate) fn answer(&self, incoming: &Incoming) -> Result<Answer, Problem> {
        let (operation, path) = match find(&incoming.method, &incoming.path) {
            Found::Operation(operation, path) => (operation, path),
            Found::OtherMethods(methods) => {
                return Err(Problem::new(Code::WrongMethod, format!("expected {}", methods.join(" or "))));
            }
            Found::Nothing => return Err(Code::NotFound.into()),
        };
        let now = self.clock.now();
        let mut call = Call {
            control: self,
            operation,
            caller: None,
            reach: None,
            path,
            query: Value::Null,
            body: Value::Null,
            if_match: None,
            now,
            incoming,
        };
        if let Some(action) = operation.action {
            let caller = caller::authenticate(self, incoming, action, now)?;
            self.principals.take(&caller.principal, now).map_err(|s| Problem::after(Code::TooManyRequests, s))?;
            call.caller = Some(caller);
            call.reach = Some(call.admit(action)?);
        }
        call.query = incoming.parameters(operation.query)?;
        call.body = incoming.json(operation.body)?;
        if operation.needs_match {
            let etag = incoming.header("if-match")?.map(str::to_owned);
            call.if_match = Some(etag.ok_or_else(|| Problem::from(Code::PreconditionRequired))?);
        }
        let answer = if operation.is_once {
            let key = incoming.header("idempotency-key")?.filter(|key| uuid::Uuid::try_parse(key).is_ok());
            let key =
                key.ok_or_else(|| Problem::at("idempotency-key", "expected the header `idempotency-key`, a UUID"))?;
            once::once(&call, key)?
        } else {
            (operation.handle)(&call)?
        };
        debug_assert_eq!(operation.described(&answer), Ok(()), "{}", operation.name);
        Ok(answer)
    }
}

impl Call<'_> {
    /// Whether the caller may do it at all, and how far.
    fn admit(&self, action: Action) -> Result<Reach, Problem> {
        let caller = self.caller()?;
        let refused = |code: Code| {
            self.note("refused", None);
            Err(code.into())
        };
        if !caller.is_in_scope(action) {
            return refused(Code::OutOfScope);
        }
        let Some(reach) = caller.reach(action, self.operation.roles) else { return refused(Code::NotYourRole) };
        if self.operation.needs_fresh_sign_in && !caller.signed_in_lately(self.now) {
            return Err(Code::SignInAgain.into());
        }
        Ok(reach)
    }

    /// Who asks.
    pub(crate) fn caller(&self) -> Result<&Caller, Problem> {
        self.caller.as_ref().ok_or_else(|| Code::NotSignedIn.into())
    }

    /// The party for which the caller acts.
    pub(crate) fn party(&self) -> Result<&str, Problem> {
        self.caller()?.party.as_deref().ok_or_else(|| Code::NotYourRole.into())
    }

    /// What stands in the path under a name.
    pub(crate) fn path(&self, name: &str) -> &str {
        self.path.iter().find(|(parameter, _)| *parameter == name).map(|(_, text)| text.as_str()).unwrap_or_default()
    }

    /// All that stands in the path.
    pub(crate) fn path_texts(&self) -> Vec<&str> {
        self.path.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// A text of the body; it was checked before.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A list of texts of the body.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let items = self.body.get(name).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Whether the operation reaches what is a party's.
    pub(crate) fn reaches(&self, owner: &str) -> bool {
        match self.reach {
            Some(Reach::All) => true,
            Some(Reach::Own) => self.caller.as_ref().is_some_and(|caller| caller.party.as_deref() == Some(owner)),
            Some(Reach::Person) | None => false,
        }
    }

    /// Refuses what is another's: as if it were not there, unless the caller may read it.
    ///
    /// # Errors
    /// [`Code::NotFound`] or [`Code::NotYours`].
    pub(crate) fn check_owner(&self, owner: &str, reading: Action) -> Result<(), Problem> {
        if self.reaches(owner) {
            return Ok(());
        }
        let caller = self.caller()?;
        let reads = match caller.reach(reading, None) {
            Some(Reach::All) => true,
            Some(Reach::Own) => caller.party.as_deref() == Some(owner),
            Some(Reach::Person) | None => false,
        };
        self.note("refused", None);
        Err(if reads { Code::NotYours } else { Code::NotFound }.into())
    }

    /// Refuses what was changed since the caller read it.
    ///
    /// # Errors
    /// [`Code::Changed`].
    pub(crate) fn check_match(&self, etag: &str) -> Result<(), Problem> {
        if self.if_match.as_deref() == Some(etag) { Ok(()) } else { Err(Code::Changed.into()) }
    }

    /// The act that the audit is to tell.
    pub(crate) fn act(&self, action: &str, object: Option<(&str, &str)>) -> Act {
        let actor = self.caller.as_ref().map_or_else(caller::unknown, |caller| caller.actor.clone());
        Act {
            from: self.incoming.network(),
            object: object.map(|(kind, key)| AuditObject { kind: kind.to_owned(), key: key.to_owned() }),
            reason: self.body.get("reason").and_then(Value::as_str).map(str::to_owned),
            request: Some(self.incoming.request.clone()),
            ..Act::new(actor, action)
        }
    }

    /// An entry of the audit, of what was and what is.
    pub(crate) fn entry(
        &self,
        action: &str,
        object: (&str, &str),
        (before, after): (Option<&Value>, Option<&Value>),
    ) -> AuditEntry {
        let text = |value: Option<&Value>| value.map(Value::to_string);
        let act = self.act(action, Some(object));
        AuditEntry { before: text(before), after: text(after), ..AuditEntry::new(self.now, act) }
    }

    /// Notes in the audit what changes nothing. The answer does not wait for a store that is away.
    pub(crate) fn note(&self, action: &str, object: Option<(&str, &str)>) {
        let act = self.act(action, object.or(Some(("operation", self.operation.name))));
        if let Err(error) = self.control.registry.append(&[AuditEntry::new(self.now, act)]) {
            tracing::warn!(target: "avis::control", %error, "the audit could not be told of a refusal");
        }
    }
}
