//! How often e-services are opened, by quarter, and by how many: of each who opens one, a keyed hash of them, the service and the
//! quarter is kept until the quarter is over.

use std::collections::BTreeMap;

use avis_core::settlement::reports::HOLDERS_MIN;
use avis_store::records::RecordFilter;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{PUBLISHED, Service, find};
use crate::control::Control;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Object};
use crate::control::link;
use crate::control::list::Page;
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, needed, optional};

/// Where the service is.
pub(super) const OPENED: &[Field] =
    &[needed("address", Kind::Token(1, link::CHARACTERS_MAX)), needed("login", Kind::Truth)];

/// A quarter; what is of fewer than [`HOLDERS_MIN`] is told to nobody but the party itself.
pub(super) const COUNTED: &[Field] = &[
    needed("quarter", Kind::Token(7, 7)),
    optional("openings", Kind::Whole(0, i64::MAX)),
    optional("people", Kind::Whole(0, i64::MAX)),
];

/// What was counted of one part of those who open a service, so that many may open it at once.
#[derive(Serialize, Deserialize)]
struct Openings {
    quarter: String,
    openings: u64,
    people: u64,
}

impl Object for Openings {
    const KIND: &'static str = "service_openings";
}

/// That somebody opened a service in a quarter.
#[derive(Serialize, Deserialize)]
struct Opener {}

impl Object for Opener {
    const KIND: &'static str = "service_opener";
}

/// `POST /services/{id}/open`.
pub(super) fn open(call: &Call<'_>) -> Result<Answer, Problem> {
    let service = find(call)?;
    let content = service.object.published.as_ref().filter(|_| service.state() == PUBLISHED);
    let content = content.ok_or_else(|| Problem::from(Code::NotInThisState))?;
    let (registry, id) = (&*call.control.registry, &service.record.key);
    let (quarter, ends_at) = quarter_of(call.control, call.now);
    let opener = call.control.cases.secret.subject(&format!("opens {} {id} {quarter}", call.caller()?.user));
    let part: String = opener.chars().take(1).collect();
    let key = format!("{id}/{quarter}/{part}");
    let before = kept::load::<Openings>(registry, &key, call.now)?;
    let known = kept::load::<Opener>(registry, &opener, call.now)?;
    let (openings, people) = before.as_ref().map_or((0, 0), |kept| (kept.object.openings, kept.object.people));
    let counted = Openings { quarter, openings: openings + 1, people: people + u64::from(known.is_none()) };
    let counts = kept::put(before.as_ref(), &key, &counted, (id, ""));
    // Who opened it in this quarter before is known by a record that is gone with the quarter.
    let opens = known.is_none().then(|| kept::make(&opener, &Opener {}, ("", ""), Some(ends_at)));
    registry.change(&opens.into_iter().chain([counts]).collect::<Vec<_>>(), &[])?;
    Ok(Answer::of(json!({"address": content.address, "login": content.login})))
}

/// The quarter of a moment, such as `2026-Q4`, by the days of the deployment, and when it is surely over.
fn quarter_of(control: &Control, now: Timestamp) -> (String, Timestamp) {
    let date = control.cases.zone.to_datetime(now).date();
    let place = (date.month() - 1) / 3;
    let begins = Date::new(date.year(), place * 3 + 1, 1).unwrap_or(date);
    let next = begins.checked_add(3.months()).unwrap_or(date);
    let ends_at = control.cases.zone.to_timestamp(next.at(0, 0, 0, 0));
    let a_quarter = SignedDuration::from_hours(24 * 92);
    let ends_at = ends_at.ok().or_else(|| now.checked_add(a_quarter).ok()).unwrap_or(now);
    (format!("{}-Q{}", date.year(), place + 1), ends_at)
}

/// `GET /services/{id}/openings`.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let service = kept::load::<Service>(&*call.control.registry, call.path("id"), call.now)?;
    let service = service.ok_or_else(|| Problem::from(Code::NotFound))?;
    call.check_owner(service.owner(), Action::Figures)?;
    let is_own = call.party()? == service.owner();
    let told = |count: u64| (is_own || count >= HOLDERS_MIN as u64).then_some(count);
    let quarters = openings(call.control, &service.record.key, call.now)?;
    Ok(page.answer_of_all(quarters.into_iter().map(|(quarter, (openings, people))| {
        let shown: Value = json!({"quarter": quarter, "openings": told(openings), "people": told(people)});
        (quarter, shown)
    })))
}

/// How often a service was opened, and by how many, by quarter.
pub(crate) fn openings(
    control: &Control,
    service: &str,
    now: Timestamp,
) -> Result<BTreeMap<String, (u64, u64)>, Problem> {
    let parts = RecordFilter { owner: Some(service), ..RecordFilter::default() };
    let mut quarters: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for kept in kept::all::<Openings>(&*control.registry, &parts, now)? {
        let (openings, people) = quarters.entry(kept.object.quarter).or_default();
        *openings += kept.object.openings;
        *people += kept.object.people;
    }
    Ok(quarters)
}
