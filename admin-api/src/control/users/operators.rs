//! The operators of the installation: there is always one who may sign in.

use avis_store::Registry;
use avis_store::records::RecordChange;
use jiff::Timestamp;

use super::{ACTIVE, User, grants};
use crate::control::call::Call;
use crate::control::kept::{self, Kept};
use crate::control::parties;
use crate::control::policy::Role;
use crate::control::problem::{Code, Problem};

/// What all who count operators take turns by.
const TURN: &str = "operators";

fn is_operator(user: &Kept<User>) -> bool {
    let is_one = |grant: &grants::Grant| grant.role == Role::Operator.word() && grant.counts();
    user.state() == ACTIVE && user.object.grants.iter().any(is_one)
}

/// Whether there is an operator but for one user, and what keeps it so until it is written.
fn is_there(registry: &dyn Registry, but: &str, now: Timestamp) -> Result<(bool, RecordChange), Problem> {
    let turn = kept::turn(registry, TURN, now)?;
    for id in grants::users_of(registry, parties::OPERATOR, now)? {
        if id != but && kept::load::<User>(registry, &id, now)?.is_some_and(|user| is_operator(&user)) {
            return Ok((true, turn));
        }
    }
    Ok((false, turn))
}

/// Whether there is none yet, and what keeps it so until it is written.
pub(crate) fn is_first(call: &Call<'_>) -> Result<(bool, RecordChange), Problem> {
    let (is_there, turn) = is_there(&*call.control.registry, "", call.now)?;
    Ok((!is_there, turn))
}

/// Refuses that the last operator goes. What it answers is to be written with what takes the user's role or the user away, so that
/// of two who take each other's away one stays.
///
/// # Errors
/// [`Code::NotInThisState`].
pub(crate) fn check_another(call: &Call<'_>, user: &Kept<User>) -> Result<Option<RecordChange>, Problem> {
    if !is_operator(user) {
        return Ok(None);
    }
    match is_there(&*call.control.registry, &user.record.key, call.now)? {
        (true, turn) => Ok(Some(turn)),
        (false, _) => Err(Problem::new(Code::NotInThisState, "it is the last operator")),
    }
}
