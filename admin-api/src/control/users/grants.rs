//! Grants: a role of a user in a party. Those that open much count once a second person confirmed them.

use avis_store::Registry;
use avis_store::records::{RecordChange, RecordFilter};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{PARTY_USERS_MAX, USER_GRANTS_MAX, User, operators};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::parties;
use crate::control::policy::{Action, Reach, Role};
use crate::control::problem::{Code, Problem};
use crate::control::secret;
use crate::control::shape::{Field, Kind, needed, optional};

/// A grant that waits for a second person.
pub(crate) const ASKED: &str = "asked";
/// A grant that counts.
pub(crate) const COUNTS: &str = "counts";

/// A grant as it is asked for.
pub(crate) const NEW: &[Field] = &[
    needed("user", Kind::Id),
    needed("party", Kind::Code),
    needed("role", Kind::Word(Role::GIVEN)),
    optional("reason", Kind::Text(1, 200)),
];

/// A grant as it is shown.
pub(crate) const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("user", Kind::Id),
    needed("party", Kind::Code),
    needed("role", Kind::Word(Role::GIVEN)),
    needed("state", Kind::Word(&[ASKED, COUNTS])),
    needed("asked_by", Kind::Token(0, 100)),
    optional("confirmed_by", Kind::Token(0, 100)),
];

/// A role of a user, as the user's record keeps it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) id: String,
    pub(crate) party: String,
    pub(crate) role: String,
    /// The id of the user who asked for it; empty where the owner of the machine did.
    pub(crate) asked_by: String,
    needs_confirmation: bool,
    pub(crate) confirmed_by: Option<String>,
}

impl Grant {
    /// A grant to a user that somebody asks for. Nobody gives a role to themselves alone.
    pub(crate) fn asked(id: String, (party, role): (&str, Role), user: &str, asked_by: &str) -> Self {
        let needs_confirmation = role.needs_confirmation() || user == asked_by;
        let (party, role, asked_by) = (party.to_owned(), role.word().to_owned(), asked_by.to_owned());
        Self { id, party, role, asked_by, needs_confirmation, confirmed_by: None }
    }

    /// A grant that counts without a second person.
    #[must_use]
    pub(crate) fn of_first_operator(self) -> Self {
        Self { needs_confirmation: false, ..self }
    }

    pub(crate) fn counts(&self) -> bool {
        !self.needs_confirmation || self.confirmed_by.is_some()
    }

    pub(crate) fn state(&self) -> &'static str {
        if self.counts() { COUNTS } else { ASKED }
    }

    fn shown(&self, user: &str) -> Value {
        let Self { id, party, role, asked_by, confirmed_by, .. } = self;
        json!({"id": id, "user": user, "party": party, "role": role, "state": self.state(), "asked_by": asked_by,
               "confirmed_by": confirmed_by})
    }

    /// The record by which it is found, by its id and by its party.
    pub(crate) fn index(&self, user: &str) -> RecordChange {
        kept::make(&self.id, &GrantOf { user: user.to_owned() }, (&self.party, ""), None)
    }
}

/// Whose grant an id is; the grant itself stands in the user's record.
#[derive(Serialize, Deserialize)]
pub(crate) struct GrantOf {
    user: String,
}

impl Object for GrantOf {
    const KIND: &'static str = "grant";
}

/// The ids of all who have a grant in a party, in their order.
pub(crate) fn users_of(registry: &dyn Registry, party: &str, now: Timestamp) -> Result<Vec<String>, Problem> {
    let filter = RecordFilter { owner: Some(party), ..RecordFilter::default() };
    let grants = kept::all::<GrantOf>(registry, &filter, now)?;
    let mut users: Vec<String> = grants.into_iter().map(|grant| grant.object.user).collect();
    users.sort();
    users.dedup();
    Ok(users)
}

/// Refuses a role that a user can't have: without the capacity, beside an excluded one, twice, or beyond a bound.
///
/// What it answers is to be written with the grant, so that the bounds hold for all who ask at once.
pub(crate) fn check(
    call: &Call<'_>,
    user_id: &str,
    user: &User,
    party: &str,
    role: Role,
) -> Result<RecordChange, Problem> {
    check_party(call, party, role)?;
    for own in &user.grants {
        let Some(other) = Role::of_word(&own.role) else { continue };
        if own.party == party && other == role {
            return Err(Code::Exists.into());
        }
        if role.excludes(other, own.party == party) {
            return Err(Code::RolesExcludeEachOther.into());
        }
    }
    let registry = &*call.control.registry;
    let turn = kept::turn(registry, &format!("users {party}"), call.now)?;
    let users = users_of(registry, party, call.now)?;
    let is_new = !users.iter().any(|id| id == user_id);
    if user.grants.len() >= USER_GRANTS_MAX || (is_new && users.len() >= PARTY_USERS_MAX) {
        let detail = format!("a user has at most {USER_GRANTS_MAX} grants, a party at most {PARTY_USERS_MAX} users");
        return Err(Problem::new(Code::TooManyObjects, detail));
    }
    Ok(turn)
}

/// Refuses a role that a party has not the capacity for.
pub(crate) fn check_party(call: &Call<'_>, party: &str, role: Role) -> Result<(), Problem> {
    let found = kept::load::<parties::Party>(&*call.control.registry, party, call.now)?;
    let found = found.filter(|party| party.state() == parties::ACTIVE);
    let Some(found) = found else { return Err(Problem::at("/party", "expected an active party")) };
    match role.capacity() {
        Some(capacity) if !found.object.has(capacity) => {
            Err(Problem::at("/role", format!("expected a party with the capacity `{capacity}`")))
        }
        _ => Ok(()),
    }
}

/// Refuses what an administrator asks for another's party.
pub(crate) fn check_reach(call: &Call<'_>, party: &str) -> Result<(), Problem> {
    call.check_owner(party, Action::OpenRead)
}

/// `GET /grants`: of the own party, or all.
pub(crate) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let registry = &*call.control.registry;
    let owner = if call.reach == Some(Reach::All) { None } else { Some(call.party()?) };
    let filter = RecordFilter { owner, ..page.records() };
    let mut items = Vec::new();
    for index in kept::list::<GrantOf>(registry, &filter, page.most(), call.now)? {
        let id = index.record.key;
        if let Some(user) = kept::load::<User>(registry, &index.object.user, call.now)?
            && let Some(grant) = user.object.grants.iter().find(|grant| grant.id == id)
        {
            items.push((id, grant.shown(&index.object.user)));
        }
    }
    Ok(page.answer(items))
}

/// `POST /grants`.
pub(crate) fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    let (user_id, party) = (call.text("user"), call.text("party"));
    check_reach(call, party)?;
    let role = role(call)?;
    let user = kept::load::<User>(&*call.control.registry, user_id, call.now)?;
    // Somebody of another party comes by an invitation, which they take up themselves.
    let is_known = |user: &User| {
        call.reach == Some(Reach::All) || user.grants.iter().any(|grant| grant.party == party && grant.counts())
    };
    let user = user.filter(|user| is_known(&user.object));
    let Some(mut user) = user else { return Err(Problem::at("/user", "expected a user of the party")) };
    let turn = check(call, user_id, &user.object, party, role)?;
    let grant = Grant::asked(secret::id(call.now)?, (party, role), user_id, &call.caller()?.user);
    let shown = grant.shown(user_id);
    let index = grant.index(user_id);
    user.object.epoch += 1;
    user.object.grants.push(grant);
    let entry = call.entry("role_granted", (User::KIND, user_id), (None, Some(&shown))).of_party(party);
    call.control.registry.change(&[user.replace(user.state()), index, turn], &[entry])?;
    let id = shown.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Answer::made(shown, format!("/admin/v1/grants/{id}")))
}

/// The role that a body names.
pub(crate) fn role(call: &Call<'_>) -> Result<Role, Problem> {
    Role::of_word(call.text("role")).ok_or_else(|| Problem::at("/role", "expected a role"))
}

/// A grant with the user who has it.
fn find(call: &Call<'_>, id: &str) -> Result<(Kept<GrantOf>, Kept<User>, Grant), Problem> {
    let registry = &*call.control.registry;
    let index = kept::load::<GrantOf>(registry, id, call.now)?.ok_or_else(|| Problem::from(Code::NotFound))?;
    call.check_owner(index.owner(), Action::UsersRead)?;
    let user = kept::load::<User>(registry, &index.object.user, call.now)?;
    let grant = user.as_ref().and_then(|user| user.object.grants.iter().find(|grant| grant.id == id)).cloned();
    match (user, grant) {
        (Some(user), Some(grant)) => Ok((index, user, grant)),
        _ => Err(Code::NotFound.into()),
    }
}

/// `POST /grants/{id}/confirm`: by another than who asked and who gets it.
pub(crate) fn confirm(call: &Call<'_>) -> Result<Answer, Problem> {
    let (index, mut user, grant) = find(call, call.path("id"))?;
    let (id, by) = (&user.record.key, &call.caller()?.user);
    if *by == grant.asked_by || *by == index.object.user {
        return Err(Code::OwnGrant.into());
    }
    if grant.counts() {
        return Err(Problem::new(Code::NotInThisState, "the grant counts already"));
    }
    let confirmed = Grant { confirmed_by: Some(by.clone()), ..grant.clone() };
    let (before, after) = (grant.shown(id), confirmed.shown(id));
    user.object.epoch += 1;
    for own in user.object.grants.iter_mut().filter(|own| own.id == confirmed.id) {
        *own = confirmed.clone();
    }
    let entry = call.entry("grant_confirmed", (User::KIND, id), (Some(&before), Some(&after))).of_party(&grant.party);
    call.control.registry.change(&[user.replace(user.state())], &[entry])?;
    Ok(Answer::of(after))
}

/// `DELETE /grants/{id}`: taking away needs no second person. The last operator stays.
pub(crate) fn remove(call: &Call<'_>) -> Result<Answer, Problem> {
    let (index, mut user, grant) = find(call, call.path("id"))?;
    let is_operators = grant.counts() && grant.role == Role::Operator.word();
    let turn = if is_operators { operators::check_another(call, &user)? } else { None };
    let id = user.record.key.clone();
    user.object.epoch += 1;
    user.object.grants.retain(|own| own.id != grant.id);
    let entry = call.entry("grant_removed", (User::KIND, &id), (Some(&grant.shown(&id)), None)).of_party(&grant.party);
    let changes: Vec<RecordChange> = [user.replace(user.state()), index.remove()].into_iter().chain(turn).collect();
    call.control.registry.change(&changes, &[entry])?;
    Ok(Answer::nothing())
}
