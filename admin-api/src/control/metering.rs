//! How much each party recorded, so that who does business by it can be charged and others never pay for it. Of other parties whole months
//! are told, so that nobody subtracts one time from another and finds the few between.

use std::collections::BTreeMap;

use avis_store::Metered;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::list::{CURSOR_FIELD, LIMIT_FIELD, Page};
use super::operations::{Operation, list};
use super::policy::{Action, Reach};
use super::problem::Problem;
use super::rules;
use super::shape::{Field, Kind, needed, optional};

const SPAN: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, needed("from", Kind::Instant), needed("until", Kind::Instant)];

/// Counts below it are told to whom they belong alone.
const FEW: i64 = 5;

/// What a party recorded in a span: records and bytes as a provider, records in which its benefits gave something as a grantor, and apart
/// from them those in which points of its programmes moved, once for each programme. Null is a count of another party that is too small
/// to be told; bytes count nobody.
const METERED: &[Field] = &[
    needed("party", Kind::Token(1, 200)),
    optional("records", Kind::Whole(0, i64::MAX)),
    needed("bytes", Kind::Whole(0, i64::MAX)),
    optional("granted", Kind::Whole(0, i64::MAX)),
    optional("loyalty", Kind::Whole(0, i64::MAX)),
];

pub(crate) const OPERATIONS: &[Operation] = &[Operation {
    query: SPAN,
    ..list(
        "/metering",
        ("metering", "How much each party recorded in a month that has ended, or the own one between two moments"),
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
        return Err(Problem::at("/from", "expected two moments"));
    };
    if from >= until {
        return Err(Problem::at("/until", "expected a moment after `from`"));
    }
    if call.reach == Some(Reach::All) {
        check_month(call, (from, until))?;
    }
    let metered = counted(call, (from, until))?;
    let own = metered.into_iter().filter(|(party, _)| call.reaches(party));
    // Few are told to whom they belong alone.
    let party = call.caller()?.party.as_deref();
    let told = |of: &str, count: i64| (party == Some(of) || count == 0 || count >= FEW).then_some(count);
    Ok(page.answer_of_all(own.map(|(code, (one, loyalty))| {
        let told = |count: i64| told(&code, count);
        let shown: Value = json!({"party": code, "records": told(one.records), "bytes": one.bytes,
            "granted": told(one.granted), "loyalty": told(loyalty)});
        (code, shown)
    })))
}

/// What each party recorded, and in how many records points of its programmes moved; of a programme that nobody has any more nobody is told.
fn counted(
    call: &Call<'_>,
    (from, until): (Timestamp, Timestamp),
) -> Result<BTreeMap<String, (Metered, i64)>, Problem> {
    let recorded = &call.control.recorded;
    let metered = recorded.metered(from, until)?.into_iter();
    let mut counted: BTreeMap<_, _> = metered.map(|one| (one.party.clone(), (one, 0))).collect();
    let rules = rules::rules(call.control)?;
    for (program, records) in recorded.metered_points(from, until)? {
        if let Some(owner) = rules.owner_of_programme(&program) {
            counted.entry(owner.to_owned()).or_default().1 += records;
        }
    }
    Ok(counted)
}

/// Refuses what is no whole month, or one that has not ended: who asks again and again would count one by one.
fn check_month(call: &Call<'_>, (from, until): (Timestamp, Timestamp)) -> Result<(), Problem> {
    let zone = call.control.zone();
    let first = zone.to_datetime(from).date().first_of_month();
    let begins = |day: Date| zone.to_timestamp(day.at(0, 0, 0, 0)).ok();
    let next = first.last_of_month().tomorrow().ok();
    if (begins(first), next.and_then(begins)) != (Some(from), Some(until)) {
        return Err(Problem::at("/until", "expected one whole month, since other parties are counted"));
    }
    if until > call.now {
        return Err(Problem::at("/until", "expected a month that has ended, since other parties are counted"));
    }
    Ok(())
}
