//! Parties and users who are there from the beginning, without invitations and second persons: as a demo has them.

use avis_store::Registry;
use avis_store::records::RecordChange;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{ACTIVE, Address, Grant, User, normal_address};
use crate::control::kept;
use crate::control::parties::{self, OPERATOR, Party};
use crate::control::policy::Role;
use crate::control::problem::Problem;
use crate::control::secret;
use crate::control::sign_in::first_operator::refused;
use crate::control::sign_in::password::PasswordGate;
use crate::fault::AdminError;

/// Who is there, and the one password of all of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// The password of every user.
    pub password: String,
    /// Parties, as `POST /parties` takes them; the operator's is there anyway.
    pub parties: Vec<Value>,
    /// Users with their roles.
    pub users: Vec<SettledUser>,
}

/// One user.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettledUser {
    /// By which they sign in.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// Parties and roles.
    pub roles: Vec<(String, String)>,
}

/// Writes them into a registry in which there is none of them.
///
/// # Errors
/// A party or a user that is not as it should be; a store that can't be written.
pub fn settle(registry: &dyn Registry, settled: &Settled, now: Timestamp) -> Result<(), AdminError> {
    let changes = changes(settled, now).map_err(refused)?;
    Ok(registry.change(&changes, &[])?)
}

fn changes(settled: &Settled, now: Timestamp) -> Result<Vec<RecordChange>, Problem> {
    let party = |code: &str, party: &Party| kept::make(code, party, (code, parties::ACTIVE), None);
    let mut changes = vec![party(OPERATOR, &Party::first_operator())];
    for body in &settled.parties {
        let code = body.get("code").and_then(Value::as_str).unwrap_or_default();
        changes.push(party(code, &Party::read(body)?));
    }
    // One hash for all: it is one password, and nobody is to take it for a secret.
    let password = PasswordGate::default().hash(&settled.password)?;
    for SettledUser { email, name, roles } in &settled.users {
        let (id, email) = (secret::id(now)?, normal_address(email)?);
        let mut user = User {
            email,
            name: name.clone(),
            password: Some(password.clone()),
            grants: Vec::new(),
            epoch: 0,
            disablings: 0,
        };
        for (party, role) in roles {
            let role = Role::of_word(role).ok_or_else(|| Problem::at("/roles", "expected a role"))?;
            let grant = Grant::asked(secret::id(now)?, (party, role), &id, "").of_first_operator();
            changes.push(grant.index(&id));
            user.grants.push(grant);
        }
        changes.push(kept::make(&user.email, &Address { user: id.clone() }, ("", ""), None));
        changes.push(kept::make(&id, &user, ("", ACTIVE), None));
    }
    Ok(changes)
}
