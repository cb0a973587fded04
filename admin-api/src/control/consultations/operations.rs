//! The operations on consultations, and on what institutions offer.

use super::{SHOWN, STATES, booking, holding, institutions, times};
use crate::control::list::{CURSOR_FIELD, LIMIT_FIELD};
use crate::control::operations::{Answers, Operation, act, get, list, make, operation};
use crate::control::people::SEEN;
use crate::control::policy::{Action, Role};
use crate::control::shape::{Field, Kind, REASON, optional};

const LISTED: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, optional("state", Kind::Word(STATES))];
/// An auditor reads.
const SERVING: &[Role] = &[Role::Clerk, Role::Specialist];
const CONCERNED: &[Role] = &[Role::Clerk, Role::Specialist, Role::Resident];

pub(crate) const OPERATIONS: &[Operation] = &[
    list(
        "/institutions",
        ("institutions", "Institutions that lend specialists, with their topics"),
        Action::OpenRead,
        Kind::Object(institutions::SHOWN),
        institutions::list,
    ),
    get(
        "/institutions/{code}",
        ("institution", "An institution that lends specialists"),
        Action::OpenRead,
        Answers::One(institutions::SHOWN),
        institutions::read,
    ),
    Operation {
        query: times::LISTED,
        ..list(
            "/institutions/{code}/times",
            ("consultation_times", "Free times of an institution's specialists"),
            Action::OpenRead,
            Kind::Object(times::FREE_TIME),
            times::list,
        )
    },
    Operation {
        body: Some(institutions::SAID),
        may_match: true,
        roles: Some(&[Role::Specialist]),
        ..operation(
            ("PUT", "/institutions/{code}"),
            ("set_institution", "Say what the own institution is asked about, and where its consultations are held"),
            Some(Action::Consultations),
            Answers::One(institutions::SHOWN),
            institutions::set,
        )
    },
    Operation {
        body: Some(times::WEEK),
        roles: Some(&[Role::Specialist]),
        ..operation(
            ("PUT", "/institutions/{code}/weeks/{date}"),
            ("publish_week", "Publish one's own times in the week that begins on a Monday; what was taken stays"),
            Some(Action::Consultations),
            Answers::One(times::PUBLISHED),
            times::publish,
        )
    },
    Operation {
        query: LISTED,
        ..list(
            "/consultations",
            ("consultations", "Consultations that the own party asked for or was asked for, or that are for oneself"),
            Action::Consultations,
            Kind::Object(SHOWN),
            super::list,
        )
    },
    Operation {
        roles: Some(&[Role::Clerk, Role::Resident]),
        ..make(
            "/consultations",
            (
                "request_consultation",
                "Ask for a consultation for a person who was found or for oneself, at a free time or without one",
            ),
            Action::Consultations,
            (booking::NEW, SHOWN),
            booking::make,
        )
    },
    get(
        "/consultations/{id}",
        ("consultation", "A consultation, as a slip is printed"),
        Action::Consultations,
        Answers::One(SHOWN),
        super::read,
    ),
    step(
        "/consultations/{id}/assign",
        ("assign_consultation", "Give it a free time, or another one"),
        Some(booking::TIME),
        booking::assign,
    ),
    Operation {
        roles: Some(&[Role::Specialist]),
        ..step(
            "/consultations/{id}/start",
            ("start_consultation", "Begin it, as the specialist whose time it is"),
            None,
            holding::start,
        )
    },
    Operation {
        roles: Some(SERVING),
        ..step(
            "/consultations/{id}/end",
            ("end_consultation", "What it came to, or that somebody did not come"),
            Some(holding::END),
            holding::end,
        )
    },
    step(
        "/consultations/{id}/cancel",
        ("cancel_consultation", "It is not held; its time is free again"),
        Some(&[REASON]),
        booking::cancel,
    ),
    Operation {
        roles: Some(&[Role::Specialist]),
        ..get(
            "/consultations/{id}/person",
            ("consultation_person", "The person, for the specialist, while it is held and if the person agreed"),
            Action::Consultations,
            Answers::One(SEEN),
            holding::person,
        )
    },
];

/// Something done by who serves the person, or by the person.
const fn step(
    path: &'static str,
    names: (&'static str, &'static str),
    body: Option<&'static [Field]>,
    handle: fn(
        &crate::control::call::Call<'_>,
    ) -> Result<crate::control::answer::Answer, crate::control::problem::Problem>,
) -> Operation {
    Operation { roles: Some(CONCERNED), ..act(path, names, Action::Consultations, (body, SHOWN), handle) }
}
