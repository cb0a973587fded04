//! The operations on people and their means.

use super::{blocking, consents, erasure, finding, means, members, pending, points, reading, relations, tapping, used};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::dry_run;
use crate::control::operations::{Answers, Operation, act, get, list, make, operation};
use crate::control::policy::{Action, Role};
use crate::control::problem::Problem;
use crate::control::shape::{Field, Kind};

/// Something done to the means in the path.
const fn done(
    path: &'static str,
    names: (&'static str, &'static str),
    body: Option<&'static [Field]>,
    handle: fn(&Call<'_>) -> Result<Answer, Problem>,
) -> Operation {
    act(path, names, Action::MeansWrite, (body, means::SHOWN), handle)
}

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        query: consents::LISTED,
        ..list(
            "/me/consents",
            ("my_consents", "To what one consented as a person, and those for whom one speaks, to whom and until when"),
            Action::Me,
            Kind::Object(consents::SHOWN),
            consents::list,
        )
    },
    operation(
        ("DELETE", "/me/consents/{id}"),
        ("withdraw_consent", "Take a consent back: one is no member of the programme from now on"),
        Some(Action::Me),
        Answers::One(consents::WITHDRAWN),
        consents::withdraw,
    ),
    act(
        "/people/find",
        ("find_person", "Find a person by an exact identifier and with a reason; a handle for half an hour"),
        Action::PeopleFind,
        (Some(finding::FIND), finding::FOUND),
        finding::find,
    ),
    get(
        "/people/{handle}",
        ("person", "The facts of a person who was found"),
        Action::PeopleRead,
        Answers::One(reading::PERSON),
        reading::person,
    ),
    list(
        "/people/{handle}/entitlements",
        ("person_entitlements", "The beneficiary groups of a person who was found"),
        Action::PeopleRead,
        Kind::Object(reading::ENTITLEMENT),
        reading::entitlements,
    ),
    list(
        "/people/{handle}/means",
        ("person_means", "The means by which a person is recognised, those that are gone included"),
        Action::PeopleRead,
        Kind::Object(means::SHOWN),
        means::list,
    ),
    list(
        "/people/{handle}/accesses",
        ("person_accesses", "Who looked at a person or changed something of theirs, when and why, the newest first"),
        Action::PeopleRead,
        Kind::Object(reading::ACCESS),
        reading::accesses,
    ),
    Operation {
        roles: Some(&[Role::Resident]),
        ..list(
            "/people/{handle}/relations",
            (
                "person_relations",
                "For whom one speaks, children and wards, each under a handle that is good as `me` is",
            ),
            Action::PeopleRead,
            Kind::Object(relations::SHOWN),
            relations::list,
        )
    },
    Operation {
        roles: Some(&[Role::Resident]),
        ..list(
            "/people/{handle}/programs",
            ("person_programs", "What a person has in each programme: balance, level, and points by when they end"),
            Action::PeopleRead,
            Kind::Object(points::SHOWN),
            points::list,
        )
    },
    list(
        "/people/{handle}/usage",
        ("person_usage", "What each benefit gave a person, by months"),
        Action::PeopleRead,
        Kind::Object(used::USAGE),
        used::usage,
    ),
    list(
        "/people/{handle}/authorizations",
        ("person_authorizations", "What was sold to a person and what benefits gave, the newest first"),
        Action::PeopleRead,
        Kind::Object(used::AUTHORIZATION),
        used::authorizations,
    ),
    make(
        "/people/{handle}/means",
        ("add_means", "Add means: shown at a desk they are active at once, typed by the person they wait for a proof"),
        Action::MeansWrite,
        (means::NEW, means::SHOWN),
        means::add,
    ),
    Operation {
        roles: Some(&[Role::Resident]),
        secrets: &["code"],
        ..make(
            "/people/{handle}/tap",
            ("give_tap_code", "A code of ten minutes, by which means that are tapped at a till become one's own"),
            Action::MeansWrite,
            (tapping::NEW, tapping::SHOWN),
            tapping::make,
        )
    },
    done(
        "/people/{handle}/means/{id}/block",
        ("block_means", "Block means at once; again changes nothing"),
        None,
        blocking::block,
    ),
    Operation {
        roles: Some(&[Role::Clerk]),
        ..done(
            "/people/{handle}/means/{id}/prove",
            ("prove_means", "Make means active that the person typed, and that were shown at a desk"),
            None,
            pending::prove,
        )
    },
    done(
        "/people/{handle}/means/{id}/rename",
        ("rename_means", "Give means another label"),
        Some(means::RENAMED),
        means::rename,
    ),
    done(
        "/people/{handle}/means/{id}/unblock",
        ("unblock_means", "Unblock means; the person only what the person blocked"),
        None,
        blocking::unblock,
    ),
    Operation {
        may_be_once: true,
        ..done(
            "/people/{handle}/means/{id}/replace",
            ("replace_means", "Put other means in the place of lost ones, in one revision"),
            Some(means::REPLACEMENT),
            means::replace,
        )
    },
    operation(
        ("DELETE", "/people/{handle}/means/{id}"),
        ("remove_means", "Remove means: they name nobody any more"),
        Some(Action::MeansWrite),
        Answers::One(means::SHOWN),
        means::remove,
    ),
    act(
        "/means/block",
        ("block_issued_means", "Block means of a scheme that the provider issues; nobody's are answered alike"),
        Action::MeansBlock,
        (Some(blocking::STOPPED), blocking::BLOCKED),
        blocking::block_issued,
    ),
    dry_run::possible(Operation {
        may_be_once: true,
        ..act(
            "/groups/{code}/members",
            ("write_member", "Add or end one entitlement of a group of the own grantor"),
            Action::MembersWrite,
            (Some(members::NEW), members::SHOWN),
            members::write,
        )
    }),
    Operation {
        body: None,
        roles: Some(&[Role::Clerk, Role::Resident]),
        needs_fresh_sign_in: true,
        ..make(
            "/people/{handle}/erasure",
            ("ask_erasure", "Ask that a person is erased; an operator confirms it"),
            Action::PeopleErase,
            (&[], erasure::SHOWN),
            erasure::ask,
        )
    },
    Operation {
        roles: Some(&[Role::Operator]),
        ..list(
            "/erasures",
            ("erasures", "Erasures that wait for an operator, and those that were done"),
            Action::PeopleErase,
            Kind::Object(erasure::SHOWN),
            erasure::list,
        )
    },
    Operation {
        roles: Some(&[Role::Operator]),
        needs_fresh_sign_in: true,
        ..act(
            "/erasures/{id}/confirm",
            ("confirm_erasure", "Erase a person: facts and means go, amounts stay under an opaque subject"),
            Action::PeopleErase,
            (None, erasure::SHOWN),
            erasure::confirm,
        )
    },
];
