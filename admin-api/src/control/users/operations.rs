//! The operations on users, their grants, and invitations.

use super::{LISTED, REASON, SHOWN, grants};
use crate::control::operations::{Answers, Operation, act, delete, get, list, make};
use crate::control::policy::Action;
use crate::control::shape::Kind;
use crate::control::sign_in::invitations;

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        secrets: &["link"],
        needs_fresh_sign_in: true,
        ..make(
            "/invitations",
            ("invite", "Invite somebody into a party for a role; the link is shown once"),
            Action::PartyManage,
            (invitations::NEW, invitations::SHOWN),
            invitations::make,
        )
    },
    list(
        "/invitations",
        ("invitations", "Invitations of the party, or all, that nobody took up yet"),
        Action::UsersRead,
        Kind::Object(invitations::SHOWN),
        invitations::list,
    ),
    delete(
        "/invitations/{id}",
        ("end_invitation", "Take an invitation back; its link leads nowhere any more"),
        Action::PartyManage,
        invitations::remove,
    ),
    Operation {
        query: LISTED,
        ..list(
            "/users",
            ("users", "Users with a role in the party, or all; with `q` those in whose name or address it stands"),
            Action::UsersRead,
            Kind::Object(SHOWN),
            super::list,
        )
    },
    get("/users/{id}", ("user", "A user"), Action::UsersRead, Answers::One(SHOWN), super::read),
    Operation {
        needs_fresh_sign_in: true,
        ..act(
            "/users/{id}/disable",
            ("disable_user", "End a user's sessions and tokens at once"),
            Action::PartyManage,
            (Some(REASON), SHOWN),
            super::disable,
        )
    },
    Operation {
        needs_fresh_sign_in: true,
        ..act(
            "/users/{id}/enable",
            ("enable_user", "Let a user sign in again"),
            Action::PartyManage,
            (Some(REASON), SHOWN),
            super::enable,
        )
    },
    list(
        "/grants",
        ("grants", "Grants in the party, or all"),
        Action::UsersRead,
        Kind::Object(grants::SHOWN),
        grants::list,
    ),
    Operation {
        needs_fresh_sign_in: true,
        ..make(
            "/grants",
            ("grant", "Give a user a role; `op`, `ad`, `ap` and `au` wait for a second person"),
            Action::PartyManage,
            (grants::NEW, grants::SHOWN),
            grants::make,
        )
    },
    Operation {
        needs_fresh_sign_in: true,
        ..act(
            "/grants/{id}/confirm",
            ("confirm_grant", "Confirm a grant that another asked for"),
            Action::GrantsConfirm,
            (None, grants::SHOWN),
            grants::confirm,
        )
    },
    Operation {
        needs_fresh_sign_in: true,
        ..delete("/grants/{id}", ("end_grant", "Take a role away"), Action::PartyManage, grants::remove)
    },
];
