//! A call of one operation: from a request to an answer, in this order: who asks, how often, from where, whether a role of theirs may
//! do it, what is asked, whether it was asked before.

use avis_store::{Act, Actor, ActorKind, AuditEntry, AuditObject};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Control;
use super::answer::Answer;
use super::caller::{self, Caller};
use super::identifier_like::looks_like_an_identifier;
use super::incoming::Incoming;
use super::once;
use super::operations::{Found, Operation, find};
use super::policy::{Action, Reach};
use super::problem::{Code, Problem};
use super::shape::{is_code, is_id};
use crate::import::TRIES;

/// What a handler is given.
pub(crate) struct Call<'a> {
    pub(crate) control: &'a Control,
    pub(crate) operation: &'static Operation,
    /// None where the operation is open to all.
    pub(crate) caller: Option<Caller>,
    /// How far the operation goes for the caller.
    pub(crate) reach: Option<Reach>,
    /// Whom the audit names, as far as it is known by now.
    actor: Actor,
    /// The user whose token acts.
    on_behalf: Option<String>,
    /// The parties of the user, whichever they act for.
    parties: Vec<String>,
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
            Found::OtherMethods(methods) => return Err(Problem::of_method(methods)),
            Found::Nothing => return Err(Code::NotFound.into()),
        };
        let mut call = Call {
            control: self,
            operation,
            caller: None,
            reach: None,
            actor: caller::unknown(),
            on_behalf: None,
            parties: Vec::new(),
            path,
            query: Value::Null,
            body: Value::Null,
            if_match: None,
            now: self.clock.now(),
            incoming,
        };
        let answered = call.answer().map(|answer| operation.tagged(answer));
        match &answered {
            Ok(answer) => debug_assert_eq!(operation.described(answer), Ok(()), "{}", operation.name),
            Err(problem) => call.note_refusal(problem),
        }
        answered
    }
}

impl Call<'_> {
    fn answer(&mut self) -> Result<Answer, Problem> {
        let (operation, incoming) = (self.operation, self.incoming);
        // Before anything secret is looked at: what could be overheard is taken for nothing.
        if !operation.is_description() && !incoming.is_private() {
            return Err(Code::EncryptionNeeded.into());
        }
        if let Some(action) = operation.action {
            self.admit(action)?;
        }
        self.query = incoming.parameters(operation.query, operation.takes_other_parameters)?;
        self.body = incoming.json(operation.body)?;
        if operation.needs_match || operation.may_match {
            self.if_match = incoming.header("if-match")?.map(str::to_owned);
        }
        if operation.needs_match && self.if_match.is_none() {
            return Err(Code::PreconditionRequired.into());
        }
        // What does nothing needs no key.
        let takes_key = operation.is_once || (operation.may_be_once && incoming.header("idempotency-key")?.is_some());
        if takes_key && !self.is_dry() {
            let key = incoming.header("idempotency-key")?.and_then(|key| uuid::Uuid::try_parse(key).ok());
            let key =
                key.ok_or_else(|| Problem::at("idempotency-key", "expected the header `idempotency-key`, a UUID"))?;
            once::once(self, &key.to_string())
        } else {
            self.handle()
        }
    }

    /// Does what the operation is. Who named no etag is not told that others were faster: it is done beside what they did.
    pub(crate) fn handle(&self) -> Result<Answer, Problem> {
        for _ in 0..TRIES {
            match (self.operation.handle)(self) {
                Err(problem) if problem.code == Code::Changed && self.if_match.is_none() => {}
                answered => return answered,
            }
        }
        Err(Code::Unavailable.into())
    }

    /// Who asks, and whether they may do it at all and how far.
    fn admit(&mut self, action: Action) -> Result<(), Problem> {
        let (control, incoming) = (self.control, self.incoming);
        let credential = caller::authenticate(control, incoming, self.now)?;
        (self.actor, self.on_behalf) = credential.actor();
        self.parties = credential.parties();
        let caller = caller::act_for(control, incoming, action, credential, self.now)?;
        self.actor.party.clone_from(&caller.party);
        if let Err(wait) = control.principals.take(&caller.principal, self.now) {
            if wait.is_first {
                self.note_refused(Code::TooManyRequests);
            }
            return Err(Problem::after(Code::TooManyRequests, wait.seconds));
        }
        let caller = self.caller.insert(caller);
        if !caller.is_in_scope(action) {
            return Err(Code::OutOfScope.into());
        }
        let reach = caller.reach(action, self.operation.roles).ok_or_else(|| Problem::from(Code::NotYourRole))?;
        if self.operation.needs_fresh_sign_in && !caller.signed_in_lately(self.now) {
            return Err(Code::SignInAgain.into());
        }
        self.reach = Some(reach);
        Ok(())
    }

    /// Whom the audit names.
    pub(crate) fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Notes that somebody who signed in was refused. What is another's leaves the same entry as what is not there.
    fn note_refusal(&self, problem: &Problem) {
        let is_noted = matches!(problem.code.status(), 403 | 404) || problem.code == Code::SignInAgain;
        if is_noted && self.actor.kind != ActorKind::Unknown {
            self.note_refused(problem.code);
        }
    }

    /// Notes a refusal in the audit, under its code.
    pub(crate) fn note_refused(&self, code: Code) {
        // What names nothing may be anything that somebody typed.
        let is_told = |text: &str| is_id(text) || (is_code(text) && !looks_like_an_identifier(text));
        let named = self.path.iter().filter(|(_, text)| is_told(text));
        let path: Map<String, Value> = named.map(|(name, text)| ((*name).to_owned(), json!(text))).collect();
        let act = self.act("refused", Some(("operation", self.operation.name)));
        let after = Some(json!({"code": code.word(), "path": path}).to_string());
        self.append(&self.for_parties(AuditEntry { after, ..AuditEntry::new(self.now, act) }));
    }

    /// An entry of what somebody did for no party in particular: one for each of theirs.
    pub(crate) fn for_parties(&self, entry: AuditEntry) -> Vec<AuditEntry> {
        if entry.act.actor.party.is_some() || self.parties.is_empty() {
            return vec![entry];
        }
        self.parties.iter().map(|party| entry.clone().of_party(party)).collect()
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

    /// Whether the caller reads what is a party's.
    pub(crate) fn reads(&self, action: Action, owner: &str) -> bool {
        let Some(caller) = self.caller.as_ref().filter(|caller| caller.is_in_scope(action)) else { return false };
        match caller.reach(action, None) {
            Some(Reach::All) => true,
            Some(Reach::Own) => caller.party.as_deref() == Some(owner),
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
        Err(if self.reads(reading, owner) { Code::NotYours } else { Code::NotFound }.into())
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
        Act {
            on_behalf: self.on_behalf.clone(),
            from: self.incoming.network(),
            object: object.map(|(kind, key)| AuditObject { kind: kind.to_owned(), key: key.to_owned() }),
            reason: self.body.get("reason").and_then(Value::as_str).map(str::to_owned),
            request: Some(self.incoming.request.clone()),
            ..Act::new(self.actor.clone(), action)
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
        self.append(&[AuditEntry::new(self.now, act)]);
    }

    /// Notes entries in the audit as [`Call::note`] does.
    pub(crate) fn append(&self, entries: &[AuditEntry]) {
        if let Err(error) = self.control.registry.append(entries) {
            tracing::warn!(target: "avis::control", %error, "the audit could not be told of a refusal");
        }
    }
}
