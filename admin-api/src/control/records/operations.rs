//! The operations on records.

use super::explained::{self, EXPLAINED, QUESTION};
use super::{ITEM, LISTED};
use crate::control::operations::{Answers, Operation, act, get, list};
use crate::control::policy::{Action, Role};
use crate::control::shape::Kind;

/// A clerk reads records through the person found, and not here.
const NOT_OF_A_PERSON: &[Role] = &[Role::Editor, Role::Approver, Role::Auditor];

pub(crate) const OPERATIONS: &[Operation] = &[
    Operation {
        query: LISTED,
        ..list(
            "/authorizations",
            (
                "authorizations",
                "Records of use, the newest first: a provider's own, or in which own benefits gave something",
            ),
            Action::RecordsRead,
            Kind::Object(ITEM),
            super::list,
        )
    },
    get(
        "/authorizations/{id}",
        ("authorization", "A record of use; a grantor reads what its own benefits gave"),
        Action::RecordsRead,
        Answers::Document,
        super::read,
    ),
    Operation {
        roles: Some(NOT_OF_A_PERSON),
        ..get(
            "/authorizations/{id}/explain",
            ("explain_authorization", "Why a record came out as it did, as far as own benefits are concerned"),
            Action::Explain,
            Answers::One(EXPLAINED),
            explained::explain,
        )
    },
    Operation {
        example: Some(
            r#"{"provider": "rigas-satiksme", "reason": "a complaint by letter", "request": {"currency": "EUR", "channel": "desk",
                "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
                "lines": [{"line_id": "1", "product": "transport.tram", "quantity": 1, "unit_price": 150}]}}"#,
        ),
        ..act(
            "/explain",
            (
                "explain",
                "Why not: of a record by its number, or of what a till would be asked now; a line a candidate, and what would change it",
            ),
            Action::Explain,
            (Some(QUESTION), EXPLAINED),
            explained::ask,
        )
    },
];
