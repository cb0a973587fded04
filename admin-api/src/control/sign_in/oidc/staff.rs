//! Users by their providers' word: an issuer and a subject, which an invitation bound to a user.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::claims::signed_in_at;
use super::flow::refused;
use super::provider::Provider;
use super::refusal::Refusal;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::problem::{Code, Problem};
use crate::control::secret;
use crate::control::sign_in::invitations::{self, Newcomer};
use crate::control::sign_in::sessions;
use crate::control::users::{self, User};

/// Whose an issuer's subject is, under what both hash to.
#[derive(Serialize, Deserialize)]
struct Bound {
    user: String,
}

impl Object for Bound {
    const KIND: &'static str = "bound_subject";
}

/// Who takes up an invitation by signing in.
#[derive(Serialize, Deserialize)]
pub(super) struct Invited {
    /// Under which the invitation is kept.
    invitation: String,
    email: String,
    name: String,
    /// The user whose password was given.
    user: Option<String>,
}

/// Somebody with an invitation, and with the password of an account where they have one.
pub(super) fn invited(call: &Call<'_>, email: String) -> Result<Invited, Problem> {
    let invitation = invitations::open_for(call)?;
    let password = call.body.get("password").and_then(Value::as_str);
    let user = password.map(|password| sessions::verified(call, &email, password)).transpose()?;
    Ok(Invited {
        invitation: invitation.record.key,
        email,
        name: call.text("name").to_owned(),
        user: user.map(|user| user.record.key),
    })
}

/// Signs in the user to whom the provider's subject is bound, or binds it first; the cookie of the session.
pub(super) fn sign_in(
    call: &Call<'_>,
    provider: &Provider,
    told: &Value,
    invited: Option<Invited>,
) -> Result<String, Problem> {
    let subject = told.get("sub").and_then(Value::as_str).filter(|subject| !subject.is_empty());
    let subject = subject.ok_or_else(|| refused(call, Refusal::Subject))?;
    let key = secret::hashed(&serde_json::json!([provider.issuer, subject]).to_string());
    let bound = kept::load::<Bound>(&*call.control.registry, &key, call.now)?;
    let user = match invited {
        Some(invited) => take_up(call, &invited, bound, &key)?,
        None => bound.ok_or_else(|| unknown(call))?.object.user,
    };
    let user = kept::load::<User>(&*call.control.registry, &user, call.now)?;
    let user = user.filter(|user| user.state() == users::ACTIVE).ok_or_else(|| unknown(call))?;
    let signed_in_at = signed_in_at(call, told);
    sessions::begin(call, &user, signed_in_at).map(|begun| begun.cookie)
}

/// The refusal of who is nobody's, or of a user who was disabled.
fn unknown(call: &Call<'_>) -> Problem {
    call.note("sign_in_refused", None);
    Code::NotInvited.into()
}

/// The user who takes up an invitation: the one to whom the subject is bound, the one whose password was given, or a new one.
fn take_up(call: &Call<'_>, invited: &Invited, bound: Option<Kept<Bound>>, key: &str) -> Result<String, Problem> {
    let registry = &*call.control.registry;
    let invitation = invitations::open_under(call, &invited.invitation)?;
    let bind = |user: &str| kept::make(key, &Bound { user: user.to_owned() }, (user, ""), None);
    let known = match (bound, &invited.user) {
        // One person signs in as one user.
        (Some(bound), Some(user)) if bound.object.user != *user => return Err(unknown(call)),
        (Some(bound), _) => Some((bound.object.user, None)),
        (None, Some(user)) => Some((user.clone(), Some(bind(user)))),
        (None, None) => None,
    };
    if let Some((id, binding)) = known {
        let user = kept::load::<User>(registry, &id, call.now)?;
        let user = user.filter(|user| user.state() == users::ACTIVE).ok_or_else(|| unknown(call))?;
        invitations::join(call, &invitation, user, binding)?;
        return Ok(id);
    }
    // An address that somebody has is not taken over by who only says that it is theirs.
    if users::by_address(registry, &invited.email, call.now)?.is_some() {
        return Err(unknown(call));
    }
    let id = secret::id(call.now)?;
    let binding = bind(&id);
    let email = invited.email.clone();
    let newcomer = Newcomer { id: id.clone(), email, name: &invited.name, password: None };
    invitations::register(call, &invitation, newcomer, Some(binding))?;
    Ok(id)
}
