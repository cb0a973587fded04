//! The operations on lists and jobs.

use super::{QUERY, exporting, import, job};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::list::{CURSOR_FIELD, LIMIT_FIELD, NEWEST_FIELD};
use crate::control::operations::{Answers, Operation, act, get, list, operation};
use crate::control::policy::{Action, Role};
use crate::control::problem::Problem;
use crate::control::shape::{Field, Kind, needed, optional};

const FAULT: &[Field] = &[
    needed("line", Kind::Whole(0, i64::MAX)),
    optional("field", Kind::Token(0, 64)),
    needed("code", Kind::Token(1, 64)),
];

/// Those of one state, or all.
const FILTERS: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, NEWEST_FIELD, optional("state", Kind::Word(job::STATES))];

/// A list as a file.
const fn export(
    path: &'static str,
    names: (&'static str, &'static str),
    media_type: &'static str,
    handle: fn(&Call<'_>) -> Result<Answer, Problem>,
) -> Operation {
    Operation { query: exporting::QUERY, ..get(path, names, Action::Exports, Answers::File(media_type), handle) }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        query: QUERY,
        takes_file: &["text/csv", "application/x-ndjson"],
        ..operation(
            ("POST", "/imports"),
            ("import", "Import a list as CSV or JSON one a line; a job tells what becomes of it"),
            Some(Action::Imports),
            Answers::Accepted(job::SHOWN),
            import,
        )
    },
    Operation {
        query: FILTERS,
        ..list(
            "/imports",
            ("imports", "Imports of the party, or of all"),
            Action::Imports,
            Kind::Object(job::SHOWN),
            job::list,
        )
    },
    get("/imports/{id}", ("import_job", "An import"), Action::Imports, Answers::One(job::SHOWN), job::read),
    list(
        "/imports/{id}/report",
        ("import_report", "The faults of an import, by line and field, without a value"),
        Action::Imports,
        Kind::Object(FAULT),
        job::report,
    ),
    Operation {
        query: FILTERS,
        ..list("/jobs", ("jobs", "Jobs of the party, or of all"), Action::Jobs, Kind::Object(job::SHOWN), job::list)
    },
    get("/jobs/{id}", ("job", "A job"), Action::Jobs, Answers::One(job::SHOWN), job::read),
    act(
        "/jobs/{id}/cancel",
        ("cancel_job", "Cancel a job that is not committed yet: as if it had never begun"),
        Action::Jobs,
        (None, job::SHOWN),
        job::cancel,
    ),
    Operation {
        query: exporting::OF_GROUP,
        roles: Some(&[Role::Editor, Role::Auditor]),
        needs_fresh_sign_in: true,
        ..export(
            "/exports/entitlements",
            ("export_entitlements", "The memberships of an own group as CSV, each identifier by its keyed hash"),
            "text/csv",
            exporting::entitlements,
        )
    },
    Operation {
        roles: Some(&[Role::Auditor]),
        needs_fresh_sign_in: true,
        ..export(
            "/exports/holders",
            (
                "export_holders",
                "Everybody who has means as JSON one a line, for the operator's auditor; nobody by a code",
            ),
            "application/x-ndjson",
            exporting::holders,
        )
    },
    Operation {
        roles: Some(&[Role::Provider, Role::Auditor]),
        needs_fresh_sign_in: true,
        ..export(
            "/exports/means",
            ("export_means", "The means of the schemes that the provider issues as CSV, each by its keyed hash"),
            "text/csv",
            exporting::means,
        )
    },
    Operation {
        query: exporting::OF_RECORDS,
        roles: Some(&[Role::Editor, Role::Provider, Role::Auditor]),
        needs_fresh_sign_in: true,
        ..export(
            "/exports/records",
            ("export_records", "Records of use as JSON one a line, the newest first, as far as the caller reads them"),
            "application/x-ndjson",
            exporting::records,
        )
    },
    Operation {
        roles: Some(&[Role::Auditor]),
        needs_fresh_sign_in: true,
        ..export(
            "/exports/relations",
            (
                "export_relations",
                "Who speaks for whom as CSV, for the operator's auditor; each by the keyed hash of their means",
            ),
            "text/csv",
            exporting::relations,
        )
    },
    Operation {
        roles: Some(&[Role::Operator, Role::Editor, Role::Auditor]),
        ..export(
            "/exports/rules",
            ("export_rules", "The newest version of each own benefit as JSON one a line, in the shape of a draft"),
            "application/x-ndjson",
            exporting::rules,
        )
    },
    Operation {
        roles: Some(&[Role::Operator, Role::Provider, Role::Auditor]),
        ..export(
            "/exports/terminals",
            ("export_terminals", "The terminals of the own provider as JSON one a line, without keys"),
            "application/x-ndjson",
            exporting::terminals,
        )
    },
];
