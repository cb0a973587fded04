//! The operations on what all rules stand on.

use super::schemes;
use super::{CALENDAR, REMOVE, REMOVED, SLOT};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::dry_run;
use crate::control::operations::{Answers, Operation, get, list, operation};
use crate::control::policy::Action;
use crate::control::problem::Problem;
use crate::control::rules;
use crate::control::shape::{Field, Kind};

type Handle = fn(&Call<'_>) -> Result<Answer, Problem>;

/// A PUT that makes something, or changes what was read.
const fn put(
    path: &'static str,
    names: (&'static str, &'static str),
    body: &'static [Field],
    handle: Handle,
) -> Operation {
    let put = operation(("PUT", path), names, Some(Action::GroundWrite), Answers::Document, handle);
    dry_run::possible(Operation { body: Some(body), may_match: true, ..put })
}

/// A DELETE of what was read.
const fn remove(path: &'static str, names: (&'static str, &'static str), handle: Handle) -> Operation {
    let remove = operation(("DELETE", path), names, Some(Action::GroundWrite), Answers::One(REMOVED), handle);
    dry_run::possible(Operation { body: Some(REMOVE), needs_match: true, ..remove })
}

pub(crate) const OPERATIONS: &[Operation] = &[
    list("/slots", ("slots", "Slots in the order of a decision"), Action::OpenRead, rules::ENTRY, rules::slots),
    get("/slots/{name}", ("slot", "A slot"), Action::OpenRead, Answers::Document, super::slot),
    put("/slots/{name}", ("set_slot", "Make a slot, or change one"), SLOT, super::set_slot),
    remove("/slots/{name}", ("remove_slot", "Remove a slot that no rule names"), super::remove_slot),
    list("/calendars", ("calendars", "Calendars"), Action::OpenRead, rules::ENTRY, rules::calendars),
    get("/calendars/{name}", ("calendar", "A calendar"), Action::OpenRead, Answers::Document, super::calendar),
    put("/calendars/{name}", ("set_calendar", "Make a calendar, or change one"), CALENDAR, super::set_calendar),
    remove("/calendars/{name}", ("remove_calendar", "Remove a calendar that no rule names"), super::remove_calendar),
    list(
        "/schemes",
        ("schemes", "Schemes of identifiers"),
        Action::OpenRead,
        Kind::Object(schemes::SCHEME),
        schemes::list,
    ),
];
