//! The operations on drafts.

use super::steps::{self, CHECKED, HASH, RAN, REASON, TRIED};
use super::{CHANGE, NEW, SHOWN, STATES, comparing, history, publishing, scheduling};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::dry_run;
use crate::control::list::{CURSOR_FIELD, LIMIT_FIELD, NEWEST_FIELD};
use crate::control::operations::{Answers, Operation, act, delete, get, list, make, replace};
use crate::control::policy::Action;
use crate::control::problem::Problem;
use crate::control::shape::{Field, Kind, optional};

/// Bytes of a draft as it is sent.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Those of one state, or all.
const FILTERS: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, NEWEST_FIELD, optional("state", Kind::Word(STATES))];

/// A step of a draft that was read.
const fn step(
    path: &'static str,
    names: (&'static str, &'static str),
    action: Action,
    body: Option<&'static [Field]>,
    handle: fn(&Call<'_>) -> Result<Answer, Problem>,
) -> Operation {
    Operation { needs_match: true, ..act(path, names, action, (body, SHOWN), handle) }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        query: FILTERS,
        ..list("/drafts", ("drafts", "The party's drafts"), Action::DraftsRead, Kind::Object(SHOWN), super::list)
    },
    Operation {
        body_bytes_max: BODY_BYTES_MAX,
        ..make(
            "/drafts",
            ("make_draft", "Draft the next version of a benefit or a programme, a new one, or a campaign"),
            Action::DraftsWrite,
            (NEW, SHOWN),
            super::make,
        )
    },
    get("/drafts/{id}", ("draft", "A draft"), Action::DraftsRead, Answers::One(SHOWN), super::read),
    Operation {
        body_bytes_max: BODY_BYTES_MAX,
        ..replace(
            "/drafts/{id}",
            ("change_draft", "Change a draft; what was approved has to be approved again"),
            Action::DraftsWrite,
            (CHANGE, SHOWN),
            super::change,
        )
    },
    Operation {
        needs_match: true,
        ..delete("/drafts/{id}", ("remove_draft", "Remove a draft"), Action::DraftsWrite, super::remove)
    },
    get(
        "/drafts/{id}/difference",
        ("draft_difference", "What a draft changes of its base and of the cases, as data and in words"),
        Action::DraftsRead,
        Answers::One(comparing::DIFFERENCE),
        comparing::difference,
    ),
    list(
        "/drafts/{id}/history",
        ("draft_history", "Who did what to a draft, when and why, the newest first"),
        Action::DraftsRead,
        Kind::Object(history::STEP),
        history::history,
    ),
    act(
        "/drafts/{id}/check",
        ("check_draft", "See whether a draft could be submitted: its faults, and its cases"),
        Action::DraftsWrite,
        (None, CHECKED),
        steps::check,
    ),
    Operation {
        body_bytes_max: BODY_BYTES_MAX,
        ..act(
            "/drafts/{id}/cases",
            ("run_cases", "See how the cases come out with another content, before it is saved; nothing is changed"),
            Action::DraftsWrite,
            (Some(TRIED), RAN),
            steps::run_cases,
        )
    },
    step(
        "/drafts/{id}/submit",
        ("submit_draft", "Submit a draft; every case is run"),
        Action::DraftsWrite,
        Some(HASH),
        steps::submit,
    ),
    step(
        "/drafts/{id}/withdraw",
        ("withdraw_draft", "Take a draft back to edit it"),
        Action::DraftsWrite,
        None,
        steps::withdraw,
    ),
    step(
        "/drafts/{id}/approve",
        ("approve_draft", "Approve the content that was read; never by who edited it last"),
        Action::DraftsDecide,
        Some(HASH),
        steps::approve,
    ),
    step(
        "/drafts/{id}/reject",
        ("reject_draft", "Send a draft back"),
        Action::DraftsDecide,
        Some(REASON),
        steps::reject,
    ),
    dry_run::possible(step(
        "/drafts/{id}/publish",
        ("publish_draft", "Publish an approved draft as the next version, now or at its time"),
        Action::DraftsDecide,
        Some(REASON),
        publishing::publish,
    )),
    step(
        "/drafts/{id}/unschedule",
        ("unschedule_draft", "Keep a draft from being published at its time; it is approved as before"),
        Action::DraftsDecide,
        None,
        scheduling::unschedule,
    ),
];
