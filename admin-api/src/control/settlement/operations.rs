//! The operations of settlement.

use super::{
    contracts, days, exporting, findings, opened, profiles, reconciling, runs, statements, steps, uploading, workbook,
};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::imports::job;
use crate::control::list::PAGE_BY_TIME;
use crate::control::operations::{Answers, Operation, act, delete, get, list, make, operation};
use crate::control::policy::{Action, Role};
use crate::control::problem::Problem;
use crate::control::shape::{Field, Kind};

/// A step of a statement that was read.
const fn step(
    path: &'static str,
    names: (&'static str, &'static str),
    body: Option<&'static [Field]>,
    handle: fn(&Call<'_>) -> Result<Answer, Problem>,
) -> Operation {
    Operation { needs_match: true, ..act(path, names, Action::SettlementWrite, (body, statements::SHOWN), handle) }
}

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        query: PAGE_BY_TIME,
        ..list(
            "/contracts",
            ("contracts", "Contracts of the own party, as a grantor or as a provider"),
            Action::SettlementRead,
            Kind::Object(contracts::SHOWN),
            contracts::list,
        )
    },
    Operation {
        example: Some(
            r#"{"provider": "atd", "from": "2026-12-01", "rate": 9500, "rounding": "record",
                "ceiling": {"per": "month", "amount": 5000000}}"#,
        ),
        ..make(
            "/contracts",
            ("draft_contract", "Draft the next version of what the own party reimburses to a provider"),
            Action::ContractsWrite,
            (contracts::NEW, contracts::SHOWN),
            contracts::make,
        )
    },
    get(
        "/contracts/{id}",
        ("contract", "A version of a contract"),
        Action::SettlementRead,
        Answers::One(contracts::SHOWN),
        contracts::read,
    ),
    Operation {
        roles: Some(&[Role::Approver]),
        needs_match: true,
        ..act(
            "/contracts/{id}/confirm",
            ("confirm_contract", "Confirm a version that another drafted; it never changes from then on"),
            Action::ContractsWrite,
            (None, contracts::SHOWN),
            contracts::confirm,
        )
    },
    Operation {
        needs_match: true,
        ..delete(
            "/contracts/{id}",
            ("remove_contract", "Remove a version that is not confirmed"),
            Action::ContractsWrite,
            contracts::remove,
        )
    },
    Operation {
        query: PAGE_BY_TIME,
        ..list(
            "/providers/{code}/days",
            ("days", "A provider's closed days"),
            Action::SettlementRead,
            Kind::Object(days::SHOWN),
            days::list,
        )
    },
    get(
        "/providers/{code}/days/{date}",
        ("day", "A provider's day: as it was closed, or as it stands"),
        Action::SettlementRead,
        Answers::One(days::SHOWN),
        days::read,
    ),
    Operation {
        roles: Some(&[Role::Provider, Role::Administrator]),
        example: Some(r#"{"totals": {"sale": {"count": 12, "gross": 8580, "discount": 7150, "payable": 1430}}}"#),
        ..act(
            "/providers/{code}/days/{date}/close",
            ("close_day", "Close a day and all before it; asked again, it answers what was closed"),
            Action::DaysClose,
            (Some(days::CLOSE), days::SHOWN),
            days::close,
        )
    },
    Operation {
        query: PAGE_BY_TIME,
        ..list(
            "/statements",
            ("statements", "Statements of the own party, as a grantor or as a provider"),
            Action::SettlementRead,
            Kind::Object(statements::LISTED),
            statements::list,
        )
    },
    Operation {
        example: Some(r#"{"grantor": "lv-state", "provider": "atd", "from": "2026-11-01", "until": "2026-12-01"}"#),
        ..make(
            "/statements",
            ("draft_statement", "Draft a statement of what a grantor owes a provider for days of one month"),
            Action::SettlementWrite,
            (statements::NEW, statements::LISTED),
            statements::make,
        )
    },
    get(
        "/statements/{id}",
        ("statement", "A statement with its lines; a draft as it would be issued now"),
        Action::SettlementRead,
        Answers::One(statements::SHOWN),
        statements::read,
    ),
    get(
        "/statements/{id}/sealed",
        ("sealed_statement", "The sealed bytes of a statement, as CSV, with their SHA-256"),
        Action::SettlementRead,
        Answers::One(statements::SEALED),
        statements::sealed,
    ),
    get(
        "/statements/{id}/workbook",
        ("statement_workbook", "The sealed rows of a statement as a workbook (XLSX): the same cells"),
        Action::SettlementRead,
        Answers::File(workbook::WORKBOOK),
        statements::workbook,
    ),
    list(
        "/statements/{id}/lines/{n}/movements",
        ("statement_line", "The movements that sum to a line of an issued statement, without whose they were"),
        Action::SettlementRead,
        Kind::Object(opened::SHOWN),
        opened::list,
    ),
    Operation {
        needs_match: true,
        ..delete(
            "/statements/{id}",
            ("remove_statement", "Remove a draft"),
            Action::SettlementWrite,
            statements::remove,
        )
    },
    step(
        "/statements/{id}/issue",
        ("issue_statement", "Issue a statement of closed days: its lines are sealed"),
        Some(steps::WHY),
        steps::issue,
    ),
    Operation {
        example: Some(r#"{"line": 3, "claimed": 12050, "reason": "twelve tickets of the 4th are missing"}"#),
        ..step(
            "/statements/{id}/disputes",
            ("dispute_line", "Dispute a line of a statement that the other party issued"),
            Some(steps::DISPUTE),
            steps::dispute,
        )
    },
    Operation {
        example: Some(r#"{"line": 3, "amount": 715, "reason": "one ticket was found"}"#),
        ..step(
            "/statements/{id}/disputes/end",
            ("end_dispute", "End a dispute: with an amount that the next statement adds, or keeping the line"),
            Some(steps::END),
            steps::end_dispute,
        )
    },
    step(
        "/statements/{id}/agree",
        ("agree_statement", "Agree to a statement that the other party issued"),
        Some(steps::WHY),
        steps::agree,
    ),
    Operation {
        example: Some(r#"{"paid_on": "2026-12-20", "reference": "order 2026-118"}"#),
        ..step(
            "/statements/{id}/pay",
            ("pay_statement", "Say when and under which reference a statement was paid as a whole"),
            Some(steps::PAY),
            steps::pay,
        )
    },
    Operation {
        query: exporting::QUERY,
        ..get(
            "/exports/movements",
            (
                "export_movements",
                "Movements that count on business days as JSON one a line: a provider's own, or what of another's concerns a grantor",
            ),
            Action::SettlementRead,
            Answers::File(exporting::NDJSON),
            exporting::movements,
        )
    },
    get(
        "/providers/{code}/profile",
        ("profile", "How a provider's own files are written, as it was said last"),
        Action::SettlementRead,
        Answers::One(profiles::SHOWN),
        profiles::read,
    ),
    Operation {
        body: Some(profiles::SAID),
        may_match: true,
        example: Some(
            r#"{"profile": {"delimiter": ";", "decimal": ",", "dates": ["DD.MM.YYYY HH:mm:ss"], "time_zone": "Europe/Riga",
                "columns": {"occurred_at": ["Datums", "Laiks"], "gross": "Cena", "discount": "Atlaide"}}}"#,
        ),
        ..operation(
            ("PUT", "/providers/{code}/profile"),
            ("set_profile", "Say how the own files are written, for the reconciliations that follow"),
            Some(Action::Reconcile),
            Answers::One(profiles::SHOWN),
            profiles::set,
        )
    },
    Operation {
        query: PAGE_BY_TIME,
        ..list(
            "/providers/{code}/reconciliations",
            (
                "reconciliations",
                "A provider's reconciliations in the order of time; of those over the same days the last counts",
            ),
            Action::SettlementRead,
            Kind::Object(runs::SHOWN),
            runs::list,
        )
    },
    Operation {
        body_bytes_max: reconciling::BODY_BYTES_MAX,
        example: Some(
            r#"{"from": "2026-11-01", "until": "2026-12-01", "lines": [{"occurred_at": "2026-11-18T06:12:00Z",
                "external_id": "T-1", "terminal": "desk", "gross": 715, "discount": 715}]}"#,
        ),
        ..make(
            "/providers/{code}/reconciliations",
            ("reconcile", "Hold a file or lines against the ledger; the same again is the run that is there"),
            Action::Reconcile,
            (reconciling::NEW, runs::SHOWN),
            reconciling::make,
        )
    },
    Operation {
        query: uploading::QUERY,
        takes_file: uploading::MEDIA_TYPES,
        ..operation(
            ("POST", "/providers/{code}/reconciliations/file"),
            (
                "reconcile_file",
                "Hold a file of any size against the ledger, read by the kept profile; a job tells what becomes of it",
            ),
            Some(Action::Reconcile),
            Answers::Accepted(job::SHOWN),
            uploading::upload,
        )
    },
    get(
        "/reconciliations/{id}",
        ("reconciliation", "What a reconciliation came to"),
        Action::SettlementRead,
        Answers::One(runs::SHOWN),
        runs::show,
    ),
    list(
        "/reconciliations/{id}/findings",
        ("findings", "What does not match, with who resolved it and why"),
        Action::SettlementRead,
        Kind::Object(findings::SHOWN),
        findings::list,
    ),
    Operation {
        example: Some(r#"{"action": "ignore", "reason": "a test ticket of the technician"}"#),
        ..act(
            "/reconciliations/{id}/findings/{key}/resolve",
            ("resolve_finding", "Say what is done about a finding, and why"),
            Action::Reconcile,
            (Some(findings::RESOLVE), findings::SHOWN),
            findings::resolve,
        )
    },
];
