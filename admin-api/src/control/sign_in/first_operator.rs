//! How the first user comes in: a link that only the owner of the machine reads.

use avis_store::records::RecordFilter;
use avis_store::{Act, Actor, AuditEntry, AuditObject, Registry, StoreError};
use jiff::{SignedDuration, Timestamp};

use super::invitations::{Made, invitation, link};
use crate::control::kept::{self, Object};
use crate::control::parties::{self, OPERATOR, Party};
use crate::control::policy::Role;
use crate::control::problem::Problem;
use crate::control::users::User;
use crate::fault::AdminError;

/// How long the link can be used.
const LIFE: SignedDuration = SignedDuration::from_hours(24);

/// A link, and until when it can be used.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct OneTimeLink {
    /// What it leads to, without the address of the server.
    pub link: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A link for the first operator; none if there is a user already.
///
/// # Errors
/// A store that can't be read or written.
pub fn first_link(registry: &dyn Registry, now: Timestamp) -> Result<Option<OneTimeLink>, AdminError> {
    let users = registry.records(&RecordFilter { kind: User::KIND, ..RecordFilter::default() }, 1)?;
    if users.is_empty() { invite(registry, OPERATOR, Role::Operator, now).map(Some) } else { Ok(None) }
}

/// A link into a party for a role, by the owner of the machine. The operator's party is made where there is none.
///
/// # Errors
/// A party that is not there or has not the capacity; a store that can't be read or written.
pub fn invite(registry: &dyn Registry, party: &str, role: Role, now: Timestamp) -> Result<OneTimeLink, AdminError> {
    if party == OPERATOR {
        begin(registry)?;
    }
    let found = kept::load::<Party>(registry, party, now).map_err(refused)?;
    let found = found.filter(|party| party.state() == parties::ACTIVE);
    let Some(found) = found else { return Err(AdminError::Missing(format!("there is no active party `{party}`"))) };
    if let Some(capacity) = role.capacity().filter(|capacity| !found.object.has(capacity)) {
        return Err(AdminError::at("/role", format!("the party has not the capacity `{capacity}`")));
    }
    let Made { id, change, secret, expires_at } = invitation((party, role), ("", ""), LIFE, now).map_err(refused)?;
    let object = Some(AuditObject { kind: "invitation".to_owned(), key: id });
    let act = Act { object, ..Act::new(Actor::machine("operator"), "invited") };
    registry.change(&[change], &[AuditEntry::new(now, act).of_party(party)])?;
    Ok(OneTimeLink { link: link(&secret), expires_at })
}

/// What refused something to the owner of the machine.
pub(crate) fn refused(problem: Problem) -> AdminError {
    AdminError::Output(problem.detail)
}

/// Makes the party that runs the installation, unless it is there.
fn begin(registry: &dyn Registry) -> Result<(), StoreError> {
    let party = kept::make(OPERATOR, &Party::first_operator(), (OPERATOR, parties::ACTIVE), None);
    match registry.change(&[party], &[]) {
        Err(StoreError::RecordChanged { .. }) => Ok(()),
        made => made,
    }
}
