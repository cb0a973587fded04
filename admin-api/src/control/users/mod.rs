//! Users and what they may do: grants of roles in parties.

pub(crate) mod grants;
mod operations;
pub(crate) mod operators;
pub(crate) mod settled;

use avis_store::records::{RecordChange, RecordFilter};
use avis_store::{AuditEntry, Registry};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::kept::{self, Kept, Object};
use super::list::{CURSOR_FIELD, LIMIT_FIELD, Page};
use super::parties::OPERATOR;
use super::policy::{Action, Reach, Role};
use super::problem::{Code, Problem};
use super::shape::{self, Field, Kind, needed, optional};
use super::sign_in::password::PasswordHash;
use super::sign_in::throttle;
pub(crate) use grants::Grant;
pub(crate) use operations::OPERATIONS;

/// The state of a user who may sign in.
pub(crate) const ACTIVE: &str = "active";
/// The state of one who may not.
pub(crate) const DISABLED: &str = "disabled";

/// Bytes of an address, as mail has them.
const ADDRESS_BYTES_MAX: usize = 254;

/// Users with a role in one party.
pub(crate) const PARTY_USERS_MAX: usize = 1_000;
/// Grants of one user.
pub(crate) const USER_GRANTS_MAX: usize = 50;

/// A role of a user, as it is shown.
pub(crate) const ROLE: &[Field] = &[
    needed("id", Kind::Id),
    needed("party", Kind::Code),
    needed("role", Kind::Word(Role::GIVEN)),
    needed("state", Kind::Word(&[grants::ASKED, grants::COUNTS])),
];

/// A user as shown.
pub(crate) const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("email", Kind::Token(3, 254)),
    needed("name", Kind::Text(1, 200)),
    needed("state", Kind::Word(&[ACTIVE, DISABLED])),
    needed("roles", Kind::List(&Kind::Object(ROLE), USER_GRANTS_MAX)),
];

/// The one who asks, as shown to oneself. A resident is no user: none of what names one is there.
pub(crate) const ME: &[Field] = &[
    optional("id", Kind::Id),
    optional("email", Kind::Token(3, 254)),
    optional("name", Kind::Text(1, 200)),
    needed("state", Kind::Word(&[ACTIVE, DISABLED])),
    needed("roles", Kind::List(&Kind::Object(ROLE), USER_GRANTS_MAX)),
    optional("party", Kind::Code),
    needed("acts_as", Kind::List(&Kind::Word(&Role::WORDS), Role::ALL.len())),
    needed("actions", Kind::List(&Kind::Token(1, 40), 40)),
];

/// Why something is done, in the body of what takes a reason.
const REASON: &[Field] = &[shape::REASON];

/// A user as kept, under the id.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) email: String,
    pub(crate) name: String,
    /// None of who signs in through a provider.
    pub(crate) password: Option<PasswordHash>,
    pub(crate) grants: Vec<Grant>,
    /// Goes up with each change of roles or password: sessions from before have ended.
    #[serde(default)]
    pub(crate) epoch: u64,
    /// Goes up with each time the user is disabled: tokens from before have ended.
    #[serde(default)]
    pub(crate) disablings: u64,
}

impl Object for User {
    const KIND: &'static str = "user";
}

/// Whose an address is, under the address.
#[derive(Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) user: String,
}

impl Object for Address {
    const KIND: &'static str = "email";
}

impl User {
    /// The roles that count in a party.
    pub(crate) fn roles_in(&self, party: &str) -> Vec<Role> {
        let own = self.grants.iter().filter(|grant| grant.party == party && grant.counts());
        own.filter_map(|grant| Role::of_word(&grant.role)).collect()
    }

    /// The parties in which a role counts.
    pub(crate) fn parties(&self) -> Vec<String> {
        let mut parties: Vec<String> =
            self.grants.iter().filter(|grant| grant.counts()).map(|grant| grant.party.clone()).collect();
        parties.sort();
        parties.dedup();
        parties
    }

    /// An entry of the audit that is about the user, for each party of theirs.
    pub(crate) fn entries(&self, entry: &AuditEntry) -> Vec<AuditEntry> {
        let parties = self.parties();
        if parties.is_empty() {
            return vec![entry.clone()];
        }
        parties.iter().map(|party| entry.clone().of_party(party)).collect()
    }

    /// Whether an action of one of the roles that count goes as far as a party.
    pub(crate) fn reaches(&self, action: Action, party: &str) -> bool {
        let counting = self.grants.iter().filter(|grant| grant.counts());
        let mut reaches = counting.map(|grant| {
            let role = Role::of_word(&grant.role)?;
            Some((&grant.party, action.reach(role, grant.party == OPERATOR)?))
        });
        reaches.any(|reach| match reach {
            Some((_, Reach::All)) => true,
            Some((own, Reach::Own)) => own == party,
            Some((_, Reach::Person)) | None => false,
        })
    }

    /// As it is shown to who reaches certain parties: roles elsewhere are not theirs to see.
    pub(crate) fn shown(&self, id: &str, state: &str, reaches: impl Fn(&str) -> bool) -> Value {
        let roles = self
            .grants
            .iter()
            .filter(|grant| reaches(&grant.party))
            .map(|grant| json!({"id": grant.id, "party": grant.party, "role": grant.role, "state": grant.state()}));
        json!({"id": id, "email": self.email, "name": self.name, "state": state, "roles": roles.collect::<Vec<_>>()})
    }
}

/// The user of an id, if the caller reaches a party in which a role of theirs counts. Who is nobody's yet is theirs who asked.
fn find(call: &Call<'_>, id: &str) -> Result<Kept<User>, Problem> {
    let user = kept::load::<User>(&*call.control.registry, id, call.now)?;
    user.filter(|user| is_seen(call, &user.object)).ok_or_else(|| Code::NotFound.into())
}

fn is_seen(call: &Call<'_>, user: &User) -> bool {
    let counts_somewhere = user.grants.iter().any(Grant::counts);
    let is_own = |grant: &Grant| grant.counts() == counts_somewhere && call.reaches(&grant.party);
    call.reach == Some(Reach::All) || user.grants.iter().any(is_own)
}

/// What a user is called, if the caller may know.
pub(crate) fn name_of(call: &Call<'_>, id: &str) -> Result<Option<String>, Problem> {
    let user = kept::load::<User>(&*call.control.registry, id, call.now)?;
    Ok(user.filter(|user| is_seen(call, &user.object)).map(|user| user.object.name))
}

fn shown(call: &Call<'_>, user: &Kept<User>) -> Value {
    user.object.shown(&user.record.key, user.state(), |party| call.reaches(party))
}

/// A list of users, and a part of the name or of the address of those who are looked for.
const LISTED: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, optional("q", Kind::Text(1, 100))];
/// Users that are read at a time.
const READ_AT_ONCE: usize = 500;

/// `GET /users`: of the own party, or all; with `q` those in whose name or address it stands.
pub(crate) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let registry = &*call.control.registry;
    let sought = call.query.get("q").and_then(Value::as_str).map(str::to_lowercase);
    let is_in = |text: &str| sought.as_deref().is_none_or(|sought| text.to_lowercase().contains(sought));
    let is_sought = |user: &Kept<User>| is_in(&user.object.name) || is_in(&user.object.email);
    let item = |user: &Kept<User>| (user.record.key.clone(), shown(call, user));
    let mut items = Vec::new();
    if call.reach == Some(Reach::All) {
        let mut after = page.after.clone();
        while items.len() < page.most() {
            let filter = RecordFilter { after: &after, ..page.records() };
            let users = kept::list::<User>(registry, &filter, READ_AT_ONCE, call.now)?;
            let Some(last) = users.last() else { break };
            after.clone_from(&last.record.key);
            items.extend(users.iter().filter(|user| is_sought(user)).map(item));
        }
        return Ok(page.answer(items));
    }
    for id in grants::users_of(registry, call.party()?, call.now)?.into_iter().filter(|id| *id > page.after) {
        if items.len() == page.most() {
            break;
        }
        let user = kept::load::<User>(registry, &id, call.now)?;
        items.extend(user.filter(|user| is_seen(call, &user.object) && is_sought(user)).as_ref().map(item));
    }
    Ok(page.answer(items))
}

/// `GET /users/{id}`.
pub(crate) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let user = find(call, call.path("id"))?;
    Ok(Answer::of(shown(call, &user)).tagged(user.etag()))
}

/// `POST /users/{id}/disable`: sessions and tokens end at once. The last operator stays.
pub(crate) fn disable(call: &Call<'_>) -> Result<Answer, Problem> {
    let mut user = find(call, call.path("id"))?;
    check_whole(call, &user)?;
    if user.state() == DISABLED {
        return Ok(Answer::of(shown(call, &user)));
    }
    let turn = operators::check_another(call, &user)?;
    user.object.epoch += 1;
    user.object.disablings += 1;
    settle(call, &user, (DISABLED, "user_disabled"), turn)
}

/// `POST /users/{id}/enable`: opens also an account that too many failures closed.
pub(crate) fn enable(call: &Call<'_>) -> Result<Answer, Problem> {
    let user = find(call, call.path("id"))?;
    check_whole(call, &user)?;
    let had_failed = throttle::forget(&*call.control.registry, &user.object.email)?;
    if user.state() == ACTIVE && !had_failed {
        return Ok(Answer::of(shown(call, &user)));
    }
    settle(call, &user, (ACTIVE, "user_enabled"), None)
}

/// Who is also another party's is that party's to disable, too: only an operator reaches all of it.
fn check_whole(call: &Call<'_>, user: &Kept<User>) -> Result<(), Problem> {
    let counting = user.object.grants.iter().filter(|grant| grant.counts());
    if counting.into_iter().all(|grant| call.reaches(&grant.party)) {
        return Ok(());
    }
    Err(Problem::new(Code::NotYours, "the user has roles in another party, too: an operator may do this"))
}

fn settle(
    call: &Call<'_>,
    user: &Kept<User>,
    (state, action): (&str, &str),
    turn: Option<RecordChange>,
) -> Result<Answer, Problem> {
    let id = &user.record.key;
    let (before, after) = (json!({"state": user.state()}), json!({"state": state}));
    let entry = call.entry(action, (User::KIND, id), (Some(&before), Some(&after)));
    let changes: Vec<RecordChange> = std::iter::once(user.replace(state)).chain(turn).collect();
    call.control.registry.change(&changes, &user.object.entries(&entry))?;
    Ok(Answer::of(user.object.shown(id, state, |party| call.reaches(party))))
}

/// The user of an address.
pub(crate) fn by_address(registry: &dyn Registry, email: &str, now: Timestamp) -> Result<Option<Kept<User>>, Problem> {
    match kept::load::<Address>(registry, email, now)? {
        Some(address) => kept::load(registry, &address.object.user, now),
        None => Ok(None),
    }
}

/// An address in the one form in which it is kept.
///
/// # Errors
/// What is no address.
pub(crate) fn normal_address(email: &str) -> Result<String, Problem> {
    let email = email.trim().to_lowercase();
    let is_address = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let is_plain = email.chars().all(|character| !character.is_whitespace() && !character.is_control());
    if is_address && is_plain && email.len() <= ADDRESS_BYTES_MAX {
        Ok(email)
    } else {
        Err(Problem::at("/email", "expected an address such as `anna@example.lv`, of at most 254 bytes"))
    }
}

/// `GET /me`.
pub(crate) fn me(call: &Call<'_>) -> Result<Answer, Problem> {
    let caller = call.caller()?;
    let mut shown = match caller.resident {
        Some(_) => json!({"state": ACTIVE, "roles": []}),
        None => {
            let user = kept::load::<User>(&*call.control.registry, &caller.user, call.now)?;
            let user = user.ok_or_else(|| Problem::from(Code::NotSignedIn))?;
            user.object.shown(&caller.user, user.state(), |_| true)
        }
    };
    let actions: Vec<&str> = Action::all()
        .filter(|action| caller.is_in_scope(*action) && caller.reach(*action, None).is_some())
        .map(Action::word)
        .collect();
    if let Value::Object(fields) = &mut shown {
        fields.insert("party".into(), json!(caller.party));
        fields.insert("acts_as".into(), json!(caller.roles()));
        fields.insert("actions".into(), json!(actions));
    }
    Ok(Answer::of(shown))
}
