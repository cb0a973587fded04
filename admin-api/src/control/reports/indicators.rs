//! The programme's indicators with their targets (settlement 5.4).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use avis_core::narrow;
use avis_core::settlement::Month;
use avis_core::settlement::reports::{HOLDERS_MIN, Indicator, NewlyStanding, Programme, Sight, Spans};
use avis_store::{TallyPart, TallyRow};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{SUM, each_posting_of, each_tallied, parameter, published, sight};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::list::{CURSOR_FIELD, LIMIT_FIELD, Page};
use crate::control::problem::Problem;
use crate::control::shape::{Field, Kind, needed, optional};

/// Since which day it is counted, of all parties the first of a month; all of the ledger where none is said.
pub(super) const QUERY: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, optional("since", Kind::Date)];

/// An indicator. Of parties together published months are counted, and no fewer than five are told. `share` is of the next target, in basis points.
pub(super) const SHOWN: &[Field] = &[
    needed("name", Kind::Word(&["transactions", "merchants", "volume", "users", "consultations"])),
    optional("value", SUM),
    needed("targets", Kind::List(&SUM, 10)),
    optional("next_target", SUM),
    optional("share", SUM),
];

/// When a day begins by the deployment's clock, as consultations are of no provider.
fn first_moment(call: &Call<'_>, day: Date) -> Timestamp {
    let zone = call.control.clock.service_day().zone();
    zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MIN)
}

/// `GET /indicators`: of the own party since a day, or of all in the months that are published, so that nothing is had by subtracting
/// one answer from another.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, sight) = (Page::of(call)?, sight(call)?);
    let (asked, is_of_all) = (parameter(call, "since"), matches!(sight, Sight::All));
    let since = asked.and_then(|since| since.parse().ok()).unwrap_or(Date::MIN);
    if is_of_all && asked.is_some() && since.day() != 1 {
        return Err(Problem::at(
            "/since",
            "expected the first of a month: of all parties published months are counted",
        ));
    }
    let published = is_of_all.then(|| published::months(call)).transpose()?;
    let programme = since_day(call, (sight, since), |day| {
        published.as_ref().is_none_or(|months| months.contains(&Month::of(day)))
    })?;
    // Of parties alone nobody counts them.
    let held = published.map(|months| held(call, months.last().copied())).transpose()?;
    let shown = programme.indicators(held, call.control.users_before);
    let shown = shown.iter().enumerate().map(|(place, one)| (place.to_string(), shown_as(one, is_of_all, asked)));
    Ok(page.answer_of_all(shown.collect::<Vec<_>>()))
}

/// What a programme came to since a day, of the days that count.
fn since_day(
    call: &Call<'_>,
    (sight, since): (Sight<'_>, Date),
    counts: impl Fn(Date) -> bool,
) -> Result<Programme, Problem> {
    let (days, parts) = ((since, Date::MAX), [TallyPart::Standing, TallyPart::Borne, TallyPart::Used]);
    let (mut standing, mut people) = (BTreeMap::<_, i64>::new(), HashSet::new());
    let mut volume = 0_i128;
    each_tallied(call, days, (&parts, &Spans::of(since, Date::MAX)), sight, &mut |row| {
        if !counts(row.span().start()) {
            return Ok(());
        }
        match row {
            TallyRow::Standing(_, provider, seer, count) if sight.has_standing(&provider, seer.as_deref()) => {
                *standing.entry(provider).or_default() += count;
            }
            TallyRow::Borne(_, granted, bearer, amount) if sight.has_borne(&granted, &bearer.payer) => {
                volume += amount;
            }
            TallyRow::Used(_, granted, seer, _, of) if sight.has_used(&granted, seer.as_deref()) => people.extend(of),
            _ => {}
        }
        Ok(())
    })?;
    let transactions = standing.values().copied().map(i128::from).sum();
    let merchants = merchants(call, (sight, since), &counts, &standing)?;
    Ok(Programme { transactions, merchants, volume, users: people.len() })
}

/// How many providers have an authorization that came to stand on days that count, by how many came to stand of each less those that
/// ceased to. Where that is none or fewer, those that ceased to may have been of earlier days: it is told by the movements.
fn merchants(
    call: &Call<'_>,
    (sight, since): (Sight<'_>, Date),
    counts: &impl Fn(Date) -> bool,
    standing: &BTreeMap<Arc<str>, i64>,
) -> Result<usize, Problem> {
    let (mut merchants, mut reports) = (0, None);
    for (provider, count) in standing {
        if *count > 0 {
            merchants += 1;
            continue;
        }
        let mut newly = NewlyStanding::default();
        let reading = (call, *reports.get_or_insert_with(|| call.control.reading()));
        each_posting_of(provider, reading, sight, (since, Date::MAX), &mut |posting| {
            if let Some(moved) = posting.moved() {
                newly.add(moved.authorization, moved.amount, since <= moved.date && counts(moved.date));
            }
            Ok(())
        })?;
        merchants += usize::from(newly.is_any());
    }
    Ok(merchants)
}

/// Consultations that were held until the end of the last month that is published.
fn held(call: &Call<'_>, last: Option<Month>) -> Result<u64, Problem> {
    let until = last.map_or(Timestamp::MIN, |month| first_moment(call, month.end()));
    Ok(call.control.consultations_held(Timestamp::MIN, until.min(call.now))?)
}

/// An indicator. Of parties together no count of a few is told, and how many users and consultations there were is told of all months
/// alone: those of some months less those of fewer could be a few.
fn shown_as(one: &Indicator, is_of_all: bool, since: Option<&str>) -> Value {
    let least = u128::try_from(HOLDERS_MIN).unwrap_or_default();
    let is_counted = ["transactions", "users", "consultations"].contains(&one.name);
    // Also where more were taken back than came.
    let is_few = |value: i128| is_counted && (1..least).contains(&value.unsigned_abs());
    let is_of_all_months = ["users", "consultations"].contains(&one.name);
    let is_kept = |value: i128| is_of_all && (is_few(value) || (is_of_all_months && since.is_some()));
    let told = Indicator { value: one.value.filter(|value| !is_kept(*value)), ..*one };
    let targets: Vec<i64> = told.targets.into_iter().flatten().map(narrow).collect();
    json!({"name": told.name, "value": told.value.map(narrow), "targets": targets,
           "next_target": told.next_target().map(narrow), "share": told.share().map(narrow)})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_parties_together_no_count_of_a_few_is_told_nor_of_a_few_that_were_taken_back() {
        let told = |value: i128, is_of_all: bool| {
            let one = Indicator { name: "transactions", value: Some(value), targets: None };
            shown_as(&one, is_of_all, None)["value"].as_i64()
        };
        assert_eq!(
            [-5, -4, -1, 0, 1, 4, 5].map(|value| told(value, true)),
            [Some(-5), None, None, Some(0), None, None, Some(5)]
        );
        assert_eq!([-4, 4].map(|value| told(value, false)), [Some(-4), Some(4)]);
    }
}
