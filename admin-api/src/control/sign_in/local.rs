//! Who signs in with a password, and who only through a provider.

use serde::Deserialize;

use crate::control::policy::Role;
use crate::control::problem::{Code, Problem};
use crate::control::users::{Grant, User};

/// Who signs in with a password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LocalLogin {
    /// Everybody who has one.
    #[default]
    All,
    /// Operators alone.
    Operators,
    /// Nobody.
    None,
}

impl LocalLogin {
    /// Refuses passwords where nobody has any.
    pub(super) fn check(self) -> Result<(), Problem> {
        if self == Self::None { Err(Code::LocalSignInOff.into()) } else { Ok(()) }
    }

    /// Refuses a password of who is to have a role and signs in through a provider.
    pub(super) fn check_role(self, role: &str) -> Result<(), Problem> {
        let is_let = self == Self::All || (self == Self::Operators && role == Role::Operator.word());
        if is_let { Ok(()) } else { Err(Code::LocalSignInOff.into()) }
    }

    /// Whether a user signs in with a password.
    pub(super) fn lets(self, user: &User) -> bool {
        let is_operator = |grant: &Grant| grant.counts() && grant.role == Role::Operator.word();
        self == Self::All || (self == Self::Operators && user.grants.iter().any(is_operator))
    }
}
