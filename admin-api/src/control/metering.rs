//! How much each party recorded, so that who does business by it can be charged and others never pay for it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::list::{CURSOR_FIELD, LIMIT_FIELD, Page};
use super::operations::{Operation, list};
use super::policy::Action;
use super::problem::Problem;
use super::shape::{Field, Kind, needed};

const SPAN: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, needed("from", Kind::Instant), needed("until", Kind::Instant)];

/// What a party recorded in a span: records and bytes as a provider, and records in which its benefits gave something as a grantor.
const METERED: &[Field] = &[
    needed("party", Kind::Token(1, 200)),
    needed("records", Kind::Whole(0, i64::MAX)),
    needed("bytes", Kind::Whole(0, i64::MAX)),
    needed("granted", Kind::Whole(0, i64::MAX)),
];

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    query: SPAN,
    ..list(
        "/metering",
        ("metering", "How much each party recorded between two moments, or the own one"),
        Action::Figures,
        Kind::Object(METERED),
        metering,
    )
}];

/// `GET /metering`.
fn metering(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let instant = |name: &str| -> Option<Timestamp> { call.query.get(name)?.as_str()?.parse().ok() };
    let (Some(from), Some(until)) = (instant("from"), instant("until")) else {
        return Err(Problem::at("from", "expected two moments"));
    };
    if from >= until {
        return Err(Problem::at("until", "expected a moment after `from`"));
    }
    let metered = call.control.recorded.metered(from, until)?;
    let own = metered.into_iter().filter(|one| call.reaches(&one.party));
    Ok(page.answer_of_all(own.map(|one| {
        let shown: Value =
            json!({"party": one.party, "records": one.records, "bytes": one.bytes, "granted": one.granted});
        (one.party, shown)
    })))
}
