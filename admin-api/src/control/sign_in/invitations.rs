//! Invitations: a link, shown once to who invites, for one party and one role, used once.

use avis_store::records::{RecordChange, RecordFilter};
use avis_store::{Actor, AuditEntry};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{password, sessions};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::policy::Role;
use crate::control::problem::{Code, Problem};
use crate::control::secret;
use crate::control::shape::{Field, Kind, needed, optional};
use crate::control::users::{self, Address, Grant, User, grants};

/// How long a link can be used.
const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Links of one party that are not used yet.
const OPEN_MAX: usize = 100;
/// What every secret of a link begins with.
const BEGINNING: &str = "avisi_";

/// An invitation as it is made.
pub(crate) const NEW: &[Field] = &[needed("party", Kind::Code), needed("role", Kind::Word(&Role::WORDS))];

/// An invitation as it is shown.
pub(crate) const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("party", Kind::Code),
    needed("role", Kind::Word(&Role::WORDS)),
    needed("expires_at", Kind::Instant),
    optional("link", Kind::Token(40, 200)),
];

/// Somebody takes up an invitation. Who has an account already gives its password.
pub(crate) const ACCEPT: &[Field] = &[
    needed("link", Kind::Token(40, 500)),
    needed("email", Kind::Token(3, 254)),
    needed("name", Kind::Text(1, 200)),
    needed("password", Kind::Token(password::LEAST, password::MOST)),
];

/// An invitation as it is kept, under what its secret hashes to.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Invitation {
    id: String,
    party: String,
    role: String,
    /// The user who invites; empty where the owner of the machine does.
    invited_by: String,
}

impl Object for Invitation {
    const KIND: &'static str = "invitation";
}

/// An invitation, the record that makes it, and its secret.
pub(super) struct Made {
    pub(super) id: String,
    pub(super) change: RecordChange,
    pub(super) secret: String,
    pub(super) expires_at: Timestamp,
}

/// A new invitation into a party, by a user or, with an empty id, by the owner of the machine.
pub(super) fn invitation(
    (party, role): (&str, Role),
    invited_by: &str,
    life: SignedDuration,
    now: Timestamp,
) -> Result<Made, Problem> {
    let secret = format!("{BEGINNING}{}", secret::letters::<52>()?);
    let expires_at = now.saturating_add(life).unwrap_or(Timestamp::MAX);
    let (id, role) = (secret::id(now)?, role.word().to_owned());
    let invitation = Invitation { id: id.clone(), party: party.to_owned(), role, invited_by: invited_by.to_owned() };
    let change = kept::make(&secret::hashed(&secret), &invitation, (party, "open"), Some(expires_at));
    Ok(Made { id, change, secret, expires_at })
}

/// What leads to an invitation; its secret is no part of the address that is sent.
pub(super) fn link(secret: &str) -> String {
    format!("/admin/v1/invitations/accept#{secret}")
}

/// `POST /invitations`.
pub(crate) fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    let party = call.text("party");
    grants::check_reach(call, party)?;
    let role = grants::role(call)?;
    grants::check_party(call, party, role)?;
    let registry = &*call.control.registry;
    let filter = RecordFilter { owner: Some(party), ..RecordFilter::default() };
    if kept::list::<Invitation>(registry, &filter, OPEN_MAX, call.now)?.len() >= OPEN_MAX {
        return Err(Problem::new(Code::TooManyObjects, format!("a party has at most {OPEN_MAX} open invitations")));
    }
    let Made { id, change, secret, expires_at } = invitation((party, role), &call.caller()?.user, LIFE, call.now)?;
    let mut shown = json!({"id": id, "party": party, "role": role.word(), "expires_at": expires_at, "link": null});
    let entry = call.entry("invited", (Invitation::KIND, &id), (None, Some(&shown)));
    registry.change(&[change], &[entry])?;
    if let Some(link_field) = shown.get_mut("link") {
        *link_field = json!(link(&secret));
    }
    Ok(Answer::made(shown, format!("/admin/v1/invitations/{id}")))
}

/// `POST /invitations/accept`.
pub(crate) fn accept(call: &Call<'_>) -> Result<Answer, Problem> {
    sessions::check_connection(call)?;
    let email = users::normal_address(call.text("email"))?;
    password::check(call.text("password"), &[&email, call.text("name")])?;
    let secret = call.text("link").rsplit('#').next().unwrap_or_default();
    let invitation = kept::load::<Invitation>(&*call.control.registry, &secret::hashed(secret), call.now)?;
    let Some(invitation) = invitation else {
        call.note("invitation_refused", None);
        return Err(Problem::at("/link", "expected a link that was not used and has not expired"));
    };
    let known = users::by_address(call, &email)?;
    match known {
        Some(_) => {
            let user = sessions::verified(call, &email, call.text("password"))?;
            join(call, &invitation, user)
        }
        None => register(call, &invitation, email),
    }
}

/// The grant of an invitation. That of the installation's first operator counts at once.
fn grant(call: &Call<'_>, invitation: &Kept<Invitation>, user_id: &str, user: &User) -> Result<Grant, Problem> {
    let Invitation { party, role, invited_by, .. } = &invitation.object;
    let role = Role::of_word(role).ok_or_else(|| Problem::from(Code::NotFound))?;
    grants::check(call, user_id, user, party, role)?;
    let grant = Grant::asked(secret::id(call.now)?, party, role, invited_by);
    let is_first = role == Role::Operator && invited_by.is_empty() && grants::users_of(call, party)?.is_empty();
    Ok(if is_first { grant.of_first_operator() } else { grant })
}

fn register(call: &Call<'_>, invitation: &Kept<Invitation>, email: String) -> Result<Answer, Problem> {
    let id = secret::id(call.now)?;
    let password = call.control.passwords.hash(call.text("password"))?;
    let name = call.text("name").to_owned();
    let mut user = User { email, name, password, grants: Vec::new(), epoch: 0, disablings: 0 };
    let grant = grant(call, invitation, &id, &user)?;
    let index = grant.index(&id);
    user.grants.push(grant);
    let address = kept::make(&user.email, &Address { user: id.clone() }, ("", ""), None);
    let made = kept::make(&id, &user, ("", users::ACTIVE), None);
    let shown = user.shown(&id, users::ACTIVE, |_| true);
    let entry = joined(call, &id, invitation, "user_registered");
    call.control.registry.change(&[invitation.remove(), address, made, index], &[entry])?;
    Ok(Answer::made(shown, format!("/admin/v1/users/{id}")))
}

fn join(call: &Call<'_>, invitation: &Kept<Invitation>, mut user: Kept<User>) -> Result<Answer, Problem> {
    let id = user.record.key.clone();
    let grant = grant(call, invitation, &id, &user.object)?;
    let index = grant.index(&id);
    user.object.epoch += 1;
    user.object.grants.push(grant);
    let shown = user.object.shown(&id, users::ACTIVE, |_| true);
    let entry = joined(call, &id, invitation, "user_joined");
    call.control.registry.change(&[invitation.remove(), user.replace(user.state()), index], &[entry])?;
    Ok(Answer::made(shown, format!("/admin/v1/users/{id}")))
}

/// The entry of who took up an invitation, in the party's part of the audit.
fn joined(call: &Call<'_>, user: &str, invitation: &Kept<Invitation>, action: &str) -> AuditEntry {
    let Invitation { id, party, role, .. } = &invitation.object;
    let after = json!({"invitation": id, "party": party, "role": role});
    let mut entry = call.entry(action, (User::KIND, user), (None, Some(&after)));
    entry.act.actor = Actor { kind: avis_store::ActorKind::User, id: user.to_owned(), party: Some(party.clone()) };
    entry
}
