//! The operations on the own account, and those by which somebody comes in.

use super::{invitations, oidc, sessions, tokens};
use crate::control::operations::{Answers, Operation, delete, get, list, make, operation};
use crate::control::policy::{Action, Role};
use crate::control::shape::Kind;
use crate::control::users;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        body: Some(sessions::NEW),
        ..operation(
            ("POST", "/sessions"),
            ("sign_in", "Sign in with a password; the session comes as a cookie"),
            None,
            Answers::Made(sessions::SHOWN),
            sessions::make,
        )
    },
    Operation {
        body: Some(invitations::ACCEPT),
        ..operation(
            ("POST", "/invitations/accept"),
            ("accept_invitation", "Take up an invitation, with a new account or with one's own"),
            None,
            Answers::Made(users::SHOWN),
            invitations::accept,
        )
    },
    Operation {
        query: oidc::START,
        ..operation(
            ("GET", "/auth/{name}/start"),
            ("start_sign_in", "Sign in through a provider: the browser goes there"),
            None,
            Answers::Elsewhere,
            oidc::start,
        )
    },
    Operation {
        body: Some(oidc::INVITED),
        ..operation(
            ("POST", "/auth/{name}/start"),
            ("start_invited_sign_in", "Take up an invitation by signing in through a provider"),
            None,
            Answers::One(oidc::LEADS),
            oidc::start_invited,
        )
    },
    Operation {
        query: oidc::CALLBACK,
        takes_other_parameters: true,
        ..operation(
            ("GET", "/auth/{name}/callback"),
            ("end_sign_in", "The provider sends the browser back; the session comes as a cookie"),
            None,
            Answers::Elsewhere,
            oidc::callback,
        )
    },
    get("/me", ("me", "Who is signed in, with roles and actions"), Action::Me, Answers::One(users::ME), users::me),
    list("/me/sessions", ("my_sessions", "One's sessions"), Action::Me, Kind::Object(sessions::SHOWN), sessions::list),
    delete("/me/sessions/{id}", ("end_session", "Sign out, here or elsewhere"), Action::Me, sessions::remove),
    Operation {
        method: "PUT",
        body: Some(sessions::PASSWORD),
        roles: Some(Role::OF_USERS),
        needs_fresh_sign_in: true,
        ..delete(
            "/me/password",
            ("change_password", "Change one's password; every session ends"),
            Action::Me,
            sessions::change_password,
        )
    },
    list("/me/tokens", ("my_tokens", "One's tokens"), Action::Tokens, Kind::Object(tokens::SHOWN), tokens::list),
    Operation {
        secrets: &["secret"],
        needs_fresh_sign_in: true,
        ..make(
            "/me/tokens",
            ("make_token", "Make a token; its secret is shown once"),
            Action::Tokens,
            (tokens::NEW, tokens::SHOWN),
            tokens::make,
        )
    },
    delete("/me/tokens/{id}", ("end_token", "End a token"), Action::Tokens, tokens::remove),
];
