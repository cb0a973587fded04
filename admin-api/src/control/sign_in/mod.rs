//! Who somebody is: passwords, providers, sessions, tokens, invitations, and the first operator's link.

pub(crate) mod first_operator;
pub(crate) mod invitations;
pub(crate) mod local;
pub(crate) mod oidc;
mod operations;
pub(crate) mod password;
pub(crate) mod recovery;
pub(crate) mod sessions;
pub(crate) mod throttle;
pub(crate) mod tokens;

pub(crate) use operations::OPERATIONS;
