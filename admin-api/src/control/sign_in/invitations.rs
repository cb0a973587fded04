//! Invitations: a link, shown once to who invites, for one party and one role, used once.

use avis_store::records::{RecordChange, RecordFilter};
use avis_store::{Actor, AuditEntry};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::password::PasswordHash;
use super::recovery::{self, PasswordLink};
use super::{password, sessions, throttle};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::policy::{Action, Reach, Role};
use crate::control::problem::{Code, Problem};
use crate::control::secret;
use crate::control::shape::{Field, Kind, needed, optional};
use crate::control::users::{self, Address, Grant, User, grants, operators};

/// How long a link can be used.
const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Links of one party that are not used yet.
const OPEN_MAX: usize = 100;
/// What every secret of a link begins with.
const BEGINNING: &str = "avisi_";

/// Whom it is for, as who invites tells their own from each other.
const NOTE: Field = optional("note", Kind::Text(0, 100));

/// An invitation as it is made.
pub(crate) const NEW: &[Field] = &[needed("party", Kind::Code), needed("role", Kind::Word(Role::GIVEN)), NOTE];

/// An invitation as it is shown.
pub(crate) const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("party", Kind::Code),
    needed("role", Kind::Word(Role::GIVEN)),
    NOTE,
    needed("expires_at", Kind::Instant),
    optional("link", Kind::Token(40, 200)),
];

/// Somebody takes up an invitation, or a link by which another password is chosen. Who has an account already gives its password.
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
    #[serde(default)]
    note: String,
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

/// A new invitation into a party, by a user or, with an empty id, by the owner of the machine; with a note on whom it is for.
pub(super) fn invitation(
    (party, role): (&str, Role),
    (invited_by, note): (&str, &str),
    life: SignedDuration,
    now: Timestamp,
) -> Result<Made, Problem> {
    let secret = link_secret()?;
    let expires_at = now.saturating_add(life).unwrap_or(Timestamp::MAX);
    let (id, role) = (secret::id(now)?, role.word().to_owned());
    let (party_code, invited_by, note) = (party.to_owned(), invited_by.to_owned(), note.to_owned());
    let invitation = Invitation { id: id.clone(), party: party_code, role, invited_by, note };
    let change = kept::make(&secret::hashed(&secret), &invitation, (party, "open"), Some(expires_at));
    Ok(Made { id, change, secret, expires_at })
}

/// The secret of a new link.
pub(super) fn link_secret() -> Result<String, Problem> {
    Ok(format!("{BEGINNING}{}", secret::letters::<52>()?))
}

/// What leads to an invitation; its secret is no part of the address that is sent.
pub(super) fn link(secret: &str) -> String {
    format!("/join#{secret}")
}

/// `POST /invitations`.
pub(crate) fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    let party = call.text("party");
    grants::check_reach(call, party)?;
    let role = grants::role(call)?;
    grants::check_party(call, party, role)?;
    let registry = &*call.control.registry;
    let turn = kept::turn(registry, &format!("invitations {party}"), call.now)?;
    let filter = RecordFilter { owner: Some(party), ..RecordFilter::default() };
    if kept::all::<Invitation>(registry, &filter, call.now)?.len() >= OPEN_MAX {
        return Err(Problem::new(Code::TooManyObjects, format!("a party has at most {OPEN_MAX} open invitations")));
    }
    let note = call.text("note");
    let Made { id, change, secret, expires_at } =
        invitation((party, role), (&call.caller()?.user, note), LIFE, call.now)?;
    let mut shown =
        json!({"id": id, "party": party, "role": role.word(), "note": note, "expires_at": expires_at, "link": null});
    let entry = call.entry("invited", (Invitation::KIND, &id), (None, Some(&shown))).of_party(party);
    registry.change(&[change, turn], &[entry])?;
    if let Some(link_field) = shown.get_mut("link") {
        *link_field = json!(link(&secret));
    }
    Ok(Answer::made(shown, format!("/admin/v1/invitations/{id}")))
}

impl Kept<Invitation> {
    /// As it is shown afterwards: without its link.
    fn shown(&self) -> Value {
        let Invitation { id, party, role, note, .. } = &self.object;
        json!({"id": id, "party": party, "role": role, "note": note, "expires_at": self.record.value.expires_at, "link": null})
    }
}

/// Those that the caller reaches and nobody took up yet, in the order of their making.
fn open(call: &Call<'_>) -> Result<Vec<Kept<Invitation>>, Problem> {
    let owner = if call.reach == Some(Reach::All) { None } else { Some(call.party()?) };
    let filter = RecordFilter { owner, ..RecordFilter::default() };
    let mut open = kept::all::<Invitation>(&*call.control.registry, &filter, call.now)?;
    open.sort_by(|one, other| one.object.id.cmp(&other.object.id));
    Ok(open)
}

/// `GET /invitations`.
pub(crate) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    Ok(page.answer_of_all(open(call)?.iter().map(|it| (it.object.id.clone(), it.shown()))))
}

/// `DELETE /invitations/{id}`: its link leads nowhere from then on.
pub(crate) fn remove(call: &Call<'_>) -> Result<Answer, Problem> {
    let open = open(call)?;
    let found = open.iter().find(|invitation| invitation.object.id == call.path("id"));
    let invitation = found.ok_or_else(|| Problem::from(Code::NotFound))?;
    let object = (Invitation::KIND, call.path("id"));
    let entry = call.entry("invitation_removed", object, (Some(&invitation.shown()), None));
    let entry = entry.of_party(invitation.owner());
    call.control.registry.change(&[invitation.remove()], &[entry])?;
    Ok(Answer::nothing())
}

/// `POST /invitations/accept`: an invitation, or a link by which somebody chooses another password.
pub(crate) fn accept(call: &Call<'_>) -> Result<Answer, Problem> {
    sessions::check_pace(call)?;
    let (registry, local) = (&*call.control.registry, call.control.login.local);
    local.check()?;
    let email = users::normal_address(call.text("email"))?;
    if let Some(link) = kept::load::<PasswordLink>(registry, &key(call), call.now)? {
        return recovery::take_up(call, &link, &email);
    }
    let invitation = open_under(call, &key(call))?;
    local.check_role(&invitation.object.role)?;
    if users::by_address(registry, &email, call.now)?.is_some() {
        let user = sessions::verified(call, &email, call.text("password"))?;
        return join(call, &invitation, user, None);
    }
    password::check(call.text("password"), &[&email, call.text("name")])?;
    let password = Some(call.control.passwords.hash(call.text("password"))?);
    register(call, &invitation, Newcomer { id: secret::id(call.now)?, email, name: call.text("name"), password }, None)
}

/// Under which the invitation of the link in the body is kept.
fn key(call: &Call<'_>) -> String {
    secret::hashed(call.text("link").rsplit('#').next().unwrap_or_default())
}

/// The invitation of the link in the body.
///
/// # Errors
/// A link that leads nowhere, or not any more.
pub(super) fn open_for(call: &Call<'_>) -> Result<Kept<Invitation>, Problem> {
    open_under(call, &key(call))
}

/// The invitation that is kept under a key.
///
/// # Errors
/// As [`open_for`].
pub(super) fn open_under(call: &Call<'_>, key: &str) -> Result<Kept<Invitation>, Problem> {
    match kept::load::<Invitation>(&*call.control.registry, key, call.now)? {
        Some(invitation) if still_invited(call, &invitation.object)? => Ok(invitation),
        _ => Err(refused(call)),
    }
}

/// Somebody who is no user yet.
pub(super) struct Newcomer<'a> {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) name: &'a str,
    /// None of who signs in through a provider.
    pub(super) password: Option<PasswordHash>,
}

/// The refusal of a link, whatever is the matter with it.
pub(super) fn refused(call: &Call<'_>) -> Problem {
    call.note("invitation_refused", None);
    Problem::at("/link", "expected a link that was not used and has not expired")
}

/// Whether who invited may still do so.
fn still_invited(call: &Call<'_>, invitation: &Invitation) -> Result<bool, Problem> {
    if invitation.invited_by.is_empty() {
        return Ok(true);
    }
    let inviter = kept::load::<User>(&*call.control.registry, &invitation.invited_by, call.now)?;
    let inviter = inviter.filter(|inviter| inviter.state() == users::ACTIVE);
    Ok(inviter.is_some_and(|inviter| inviter.object.reaches(Action::PartyManage, &invitation.party)))
}

/// The grant of an invitation, and what has to be written with it so that what was counted stays true. That of the installation's
/// first operator counts at once.
fn grant(
    call: &Call<'_>,
    invitation: &Kept<Invitation>,
    user_id: &str,
    user: &User,
) -> Result<(Grant, Vec<RecordChange>), Problem> {
    let Invitation { party, role, invited_by, .. } = &invitation.object;
    let role = Role::of_word(role).ok_or_else(|| Problem::from(Code::NotFound))?;
    let mut changes = vec![grants::check(call, user_id, user, party, role)?, invitation.remove()];
    let mut grant = Grant::asked(secret::id(call.now)?, (party, role), user_id, invited_by);
    if role == Role::Operator && invited_by.is_empty() {
        let (is_first, turn) = operators::is_first(call)?;
        changes.push(turn);
        grant = if is_first { grant.of_first_operator() } else { grant };
    }
    changes.push(grant.index(user_id));
    Ok((grant, changes))
}

/// Makes a user of a newcomer, together with what binds a sign-in through a provider to it.
pub(super) fn register(
    call: &Call<'_>,
    invitation: &Kept<Invitation>,
    newcomer: Newcomer<'_>,
    binding: Option<RecordChange>,
) -> Result<Answer, Problem> {
    let Newcomer { id, email, name, password } = newcomer;
    let mut user = User { email, name: name.to_owned(), password, grants: Vec::new(), epoch: 0, disablings: 0 };
    let (grant, mut changes) = grant(call, invitation, &id, &user)?;
    changes.extend(binding);
    user.grants.push(grant);
    changes.push(kept::make(&user.email, &Address { user: id.clone() }, ("", ""), None));
    changes.push(kept::make(&id, &user, ("", users::ACTIVE), None));
    let shown = user.shown(&id, users::ACTIVE, |_| true);
    let entry = joined(call, &id, invitation, "user_registered");
    call.control.registry.change(&changes, &[entry])?;
    // Others may have tried the address before there was an account.
    throttle::forget(&*call.control.registry, &user.email)?;
    Ok(Answer::made(shown, format!("/admin/v1/users/{id}")))
}

/// Gives a user the invitation's role, together with what binds a sign-in through a provider to the user.
pub(super) fn join(
    call: &Call<'_>,
    invitation: &Kept<Invitation>,
    mut user: Kept<User>,
    binding: Option<RecordChange>,
) -> Result<Answer, Problem> {
    let id = user.record.key.clone();
    let (grant, mut changes) = grant(call, invitation, &id, &user.object)?;
    changes.extend(binding);
    user.object.epoch += 1;
    user.object.grants.push(grant);
    changes.push(user.replace(user.state()));
    let shown = user.object.shown(&id, users::ACTIVE, |_| true);
    let entry = joined(call, &id, invitation, "user_joined");
    call.control.registry.change(&changes, &[entry])?;
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
