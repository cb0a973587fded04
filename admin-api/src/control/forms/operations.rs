//! The operations on forms on paper.

use super::{CANCEL, NEW, NUMBERED, SHOWN, STATES, entering};
use crate::control::list::{CURSOR_FIELD, LIMIT_FIELD, NEWEST_FIELD};
use crate::control::operations::{Answers, Operation, act, get, list, make};
use crate::control::policy::{Action, Role};
use crate::control::shape::{Field, Kind, optional};

const LISTED: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, NEWEST_FIELD, optional("state", Kind::Word(STATES))];
const CLERK: Option<&[Role]> = Some(&[Role::Clerk]);
const READERS: Option<&[Role]> = Some(&[Role::Clerk, Role::Auditor]);

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        roles: CLERK,
        ..make(
            "/forms",
            ("print_forms", "Numbers for forms on paper, which are printed now and entered later, each once"),
            Action::Consultations,
            (NEW, NUMBERED),
            super::print,
        )
    },
    Operation {
        query: LISTED,
        roles: READERS,
        ..list(
            "/forms",
            ("forms", "Forms on paper of the own party: which wait, and what became of the others"),
            Action::Consultations,
            Kind::Object(SHOWN),
            super::list,
        )
    },
    Operation {
        roles: READERS,
        ..get("/forms/{number}", ("form", "A form on paper"), Action::Consultations, Answers::One(SHOWN), super::read)
    },
    Operation {
        roles: CLERK,
        ..act(
            "/forms/{number}/enter",
            (
                "enter_form",
                "Do what a form asks for, for a person who was found, with the time at which it was filled in",
            ),
            Action::Consultations,
            (Some(entering::ENTRY), SHOWN),
            entering::enter,
        )
    },
    Operation {
        roles: CLERK,
        ..act(
            "/forms/{number}/cancel",
            ("cancel_form", "Cancel a form that is lost or spoilt: nobody enters it"),
            Action::Consultations,
            (Some(CANCEL), SHOWN),
            super::cancel,
        )
    },
];
