//! How somebody comes back in by the owner of the machine: an account that is opened again, and another password by a link. The last
//! operator has nobody else to ask.

use avis_store::{Act, Actor, ActorKind, AuditEntry, AuditObject, Registry};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::first_operator::{OneTimeLink, refused};
use super::{invitations, password, throttle};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::problem::{Code, Problem};
use crate::control::secret;
use crate::control::users::{self, User};
use crate::fault::AdminError;

/// How long a link can be used.
const LIFE: SignedDuration = SignedDuration::from_hours(24);

/// Who may choose another password, under what the secret of the link hashes to.
#[derive(Serialize, Deserialize)]
pub(super) struct PasswordLink {
    user: String,
}

impl Object for PasswordLink {
    const KIND: &'static str = "password_link";
}

/// Lets a user sign in again, who was disabled or whose account too many failures closed.
///
/// # Errors
/// An address that nobody has; a store that can't be read or written.
pub fn enable(registry: &dyn Registry, email: &str, now: Timestamp) -> Result<(), AdminError> {
    let user = find(registry, email, now)?;
    let entry = entry(&user, "user_enabled", now);
    registry.change(&[user.replace(users::ACTIVE)], &user.object.entries(&entry))?;
    throttle::forget(registry, &user.object.email)?;
    Ok(())
}

/// A link by which a user chooses another password.
///
/// # Errors
/// An address that nobody has, or a user who is disabled; a store that can't be read or written.
pub fn reset(registry: &dyn Registry, email: &str, now: Timestamp) -> Result<OneTimeLink, AdminError> {
    let user = find(registry, email, now)?;
    if user.state() != users::ACTIVE {
        return Err(AdminError::at("/email", "the user is disabled: enable them first"));
    }
    let secret = invitations::link_secret().map_err(refused)?;
    let expires_at = now.saturating_add(LIFE).unwrap_or(Timestamp::MAX);
    let link = PasswordLink { user: user.record.key.clone() };
    let change = kept::make(&secret::hashed(&secret), &link, (&user.record.key, "open"), Some(expires_at));
    registry.change(&[change], &user.object.entries(&entry(&user, "password_link_made", now)))?;
    Ok(OneTimeLink { link: invitations::link(&secret), expires_at })
}

fn find(registry: &dyn Registry, email: &str, now: Timestamp) -> Result<Kept<User>, AdminError> {
    let email = users::normal_address(email).map_err(|problem| AdminError::at("/email", problem.detail))?;
    let user = users::by_address(registry, &email, now).map_err(refused)?;
    user.ok_or_else(|| AdminError::Missing("no user has this address".to_owned()))
}

/// What the owner of the machine did for a user.
fn entry(user: &Kept<User>, action: &str, now: Timestamp) -> AuditEntry {
    let object = Some(AuditObject { kind: User::KIND.to_owned(), key: user.record.key.clone() });
    AuditEntry::new(now, Act { object, ..Act::new(Actor::machine("operator"), action) })
}

/// The other password of who has the link: every session ends, and failures before are forgotten.
pub(super) fn take_up(call: &Call<'_>, link: &Kept<PasswordLink>, email: &str) -> Result<Answer, Problem> {
    let (registry, id) = (&*call.control.registry, &link.object.user);
    let user = kept::load::<User>(registry, id, call.now)?;
    let Some(mut user) = user.filter(|user| user.state() == users::ACTIVE && user.object.email == email) else {
        return Err(invitations::refused(call));
    };
    if !call.control.login.local.lets(&user.object) {
        return Err(Code::LocalSignInOff.into());
    }
    password::check(call.text("password"), &[email, &user.object.name])?;
    user.object.password = Some(call.control.passwords.hash(call.text("password"))?);
    user.object.epoch += 1;
    let mut entry = call.entry("password_reset", (User::KIND, id), (None, Some(&json!({"fields": ["password"]}))));
    entry.act.actor = Actor { kind: ActorKind::User, id: id.clone(), party: None };
    registry.change(&[link.remove(), user.replace(user.state())], &user.object.entries(&entry))?;
    throttle::forget(registry, email)?;
    Ok(Answer::made(user.object.shown(id, user.state(), |_| true), format!("/admin/v1/users/{id}")))
}
