//! What leaves its owner (settlement 5.2): leaves of a closed month, worked out once and the same for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use avis_core::settlement::Month;
use avis_core::settlement::reports::{Counted, DICTIONARY, Dimension, Figures, Leaf, Sight, Spans, leaves, open_data};
use avis_store::{StoreError, TallyPart};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{CODE, SUM, each_moved, each_tallied, figures, parameter};
use crate::control::answer::{Answer, Download};
use crate::control::call::Call;
use crate::control::kept::{self, Object};
use crate::control::list::Page;
use crate::control::problem::{Code, Problem};
use crate::control::settlement::{closed_days, closing_providers};
use crate::control::shape::{Field, Kind, needed};

/// Of which month, such as `2026-11`.
pub(super) const QUERY: &[Field] = &[needed("month", Kind::Token(7, 7))];

const LEAF: &[Field] = &[
    needed("month", Kind::Token(7, 7)),
    needed("grantor", CODE),
    needed("benefit", Kind::Token(0, 200)),
    needed("territory", Kind::Token(0, 200)),
    needed("uses", SUM),
    needed("holders", Kind::Whole(0, i64::MAX)),
    needed("discount", SUM),
];

/// What is published of a month.
pub(super) const SHOWN: &[Field] =
    &[needed("month", Kind::Token(7, 7)), needed("groups", Kind::List(&Kind::Object(LEAF), 1_000_000))];

pub(super) const CSV: &str = "text/csv; charset=utf-8";

/// Providers that are named where their days are open.
const NAMED_MAX: usize = 10;

/// What was published of a month, under it.
#[derive(Serialize, Deserialize)]
struct Published {
    leaves: Vec<Leaf>,
}

impl Object for Published {
    const KIND: &'static str = "published_month";
}

/// `GET /reports/published`.
pub(super) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let month = month(call)?;
    Ok(Answer::of(json!({"month": month.to_string(), "groups": of_month(call, month)?})))
}

/// `GET /reports/open-data`.
pub(super) fn csv(call: &Call<'_>) -> Result<Answer, Problem> {
    let csv = open_data(&of_month(call, month(call)?)?);
    Ok(Answer::download(Download::new(CSV, move |out| out.write_all(csv.as_bytes()))))
}

/// `GET /reports/open-data/dictionary`.
pub(super) fn dictionary(_: &Call<'_>) -> Result<Answer, Problem> {
    Ok(Answer::download(Download::new(CSV, |out| out.write_all(DICTIONARY.as_bytes()))))
}

/// The month that is asked for.
fn month(call: &Call<'_>) -> Result<Month, Problem> {
    let month = parameter(call, "month").unwrap_or_default().parse::<Month>();
    month.map_err(|error| Problem::at("/month", error.to_string()))
}

/// Uses, holders and discount of groups, by their values.
type Groups = BTreeMap<Vec<Arc<str>>, (i64, u64, i64)>;

/// Sums of what was published of whole months, for who oversees all parties: by nothing else than it goes out.
pub(super) fn groups(call: &Call<'_>, counted: &Counted) -> Result<Groups, Problem> {
    const TREE: [Dimension; 4] = [Dimension::Month, Dimension::Grantor, Dimension::Benefit, Dimension::Territory];
    let mut asked = counted.by.iter().chain(counted.only.keys());
    if let Some(other) = asked.find(|dimension| !TREE.contains(dimension)) {
        let detail = "figures of other parties go out by `month`, `grantor`, `benefit` and `territory` alone";
        return Err(Problem::of_parameter(other.word(), detail));
    }
    for (name, day) in [("from", counted.from), ("until", counted.until)] {
        if day.day() != 1 {
            return Err(Problem::of_parameter(
                name,
                "figures of other parties go out by month: expected the first of one",
            ));
        }
    }
    let mut groups = Groups::new();
    let months = counted.from.series(1.month()).take_while(|day| *day < counted.until);
    for month in months.map(Month::of) {
        for leaf in of_month(call, month)?.iter().filter(|leaf| holds(counted, leaf)) {
            let values = counted.by.iter().map(|dimension| value(leaf, *dimension).into()).collect();
            let sums = groups.entry(values).or_default();
            *sums = (
                sums.0.saturating_add(leaf.uses),
                sums.1.saturating_add(leaf.holders),
                sums.2.saturating_add(leaf.discount),
            );
        }
    }
    Ok(groups)
}

/// The same as a list.
pub(super) fn figures(call: &Call<'_>, page: &Page, counted: &Counted) -> Result<Answer, Problem> {
    let shown = groups(call, counted)?.into_iter().map(|(values, (uses, holders, discount))| {
        let words = counted.by.iter().zip(&values).filter(|(_, value)| !value.is_empty());
        let mut shown: Map<String, Value> =
            words.map(|(dimension, value)| (dimension.word().to_owned(), json!(value))).collect();
        shown.extend(
            [("uses", json!(uses)), ("holders", json!(holders)), ("discount", json!(discount))]
                .map(|(name, value)| (name.to_owned(), value)),
        );
        (figures::key(&values), Value::Object(shown))
    });
    Ok(page.answer_of_all(shown.collect::<BTreeMap<_, _>>()))
}

fn value(leaf: &Leaf, dimension: Dimension) -> &str {
    match dimension {
        Dimension::Month => &leaf.month,
        Dimension::Grantor => &leaf.grantor,
        Dimension::Benefit => &leaf.benefit,
        _ => &leaf.territory,
    }
}

fn holds(counted: &Counted, leaf: &Leaf) -> bool {
    counted.only.iter().all(|(dimension, only)| value(leaf, *dimension) == only)
}

/// The leaves of a month, published when they are first asked for.
fn of_month(call: &Call<'_>, month: Month) -> Result<Vec<Leaf>, Problem> {
    let (registry, key) = (&*call.control.registry, month.to_string());
    if let Some(published) = kept::load::<Published>(registry, &key, call.now)? {
        return Ok(published.object.leaves);
    }
    let published = Published { leaves: worked_out(call, month)? };
    if published.leaves.is_empty() {
        // Of nothing nothing is kept: a closed month stays as it is.
        return Ok(Vec::new());
    }
    let entry = call.entry("month_published", (Published::KIND, &key), (None, None));
    match registry.change(&[kept::make(&key, &published, ("", ""), None)], &[entry]) {
        Ok(()) => Ok(published.leaves),
        // Somebody else published it meanwhile: that is what went out.
        Err(StoreError::RecordChanged { .. }) => {
            let published = kept::load::<Published>(registry, &key, call.now)?;
            published.map(|published| published.object.leaves).ok_or_else(|| Code::Unavailable.into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The months of which something is published, now that this asks for all of them.
pub(super) fn months(call: &Call<'_>) -> Result<BTreeSet<Month>, Problem> {
    let mut months = BTreeSet::new();
    let (from, until) = (Date::MIN, Date::MAX);
    each_tallied(call, (from, until), (&[TallyPart::Sold], &Spans::of(from, until)), Sight::All, &mut |row| {
        months.insert(Month::of(row.span().start()));
        Ok(())
    })?;
    let mut published = BTreeSet::new();
    for month in months {
        match of_month(call, month) {
            Ok(leaves) => published.extend((!leaves.is_empty()).then_some(month)),
            Err(problem) if problem.code == Code::DayIsOpen => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(published)
}

/// Whose days those are, as far as who asks sees their days.
fn told_of(call: &Call<'_>, waiting: &BTreeSet<String>) -> Option<String> {
    let mut seen = waiting.iter().filter(|provider| call.reaches(provider)).map(String::as_str);
    let mut named: Vec<&str> = seen.by_ref().take(NAMED_MAX).collect();
    named.extend(seen.next().map(|_| "…"));
    (!named.is_empty()).then(|| named.join(", "))
}

/// The leaves of a month of which every provider closed its days, also who sold nothing or left the rules: nothing can count on them any more.
fn worked_out(call: &Call<'_>, month: Month) -> Result<Vec<Leaf>, Problem> {
    let (first, until, last) = (month.first(), month.end(), month.first().last_of_month());
    let open = |whose: Option<String>| match whose {
        Some(whose) => Problem::new(Code::DayIsOpen, format!("days until {last} are not all closed: those of {whose}")),
        None => Problem::new(Code::DayIsOpen, format!("days until {last} are not all closed")),
    };
    if call.control.clock.service_day().date(call.now) <= last {
        return Err(open(None));
    }
    let mut waiting = BTreeSet::new();
    for provider in closing_providers(call.control)? {
        if closed_days(call, &provider)?.last().is_none_or(|closed| closed < last) {
            waiting.insert(provider);
        }
    }
    if !waiting.is_empty() {
        return Err(open(told_of(call, &waiting)));
    }
    let by = vec![Dimension::Grantor, Dimension::Benefit, Dimension::Territory];
    let mut counted = Figures::new(Counted { from: first, until, by, ..Counted::default() });
    // It is told for ever: from the database itself, which has all that the closed days took.
    each_moved((call, &*call.control.reports), Sight::All, (first, until), &mut |moved| Ok(counted.add(moved)?))?;
    Ok(leaves(month, counted.cells()?))
}
