//! Limits of a grantor's benefits over everybody's discount.

use std::collections::BTreeMap;

use avis_core::document::{Benefit, Limit, LimitScope, Measure};
use avis_core::movement::Cause;
use avis_core::settlement::reports::{Budget, Sight, Span, Spans};
use avis_core::{LimitWindow, Window};
use avis_store::{TallyPart, TallyRow};
use jiff::civil::Date;
use serde_json::json;

use super::Counted;
use crate::control::call::Call;
use crate::control::problem::Problem;
use crate::control::reports::each_tallied;
use crate::control::rules;

/// A limit whose use is added up.
struct Counting {
    benefit: String,
    version: i64,
    budget: Budget,
}

/// What was used of each of a party that runs today; of one benefit where it is named.
pub(super) fn counted(
    call: &Call<'_>,
    (party, benefit): (&str, Option<&str>),
    today: Date,
) -> Result<Vec<Counted>, Problem> {
    let mut limits = running(call, (party, benefit), today)?;
    if let Some(from) = limits.iter().map(|limit| limit.budget.start).min() {
        let spans = [Spans { word: Span::DAY, from, until: today }];
        each_tallied(call, (from, today), (&[TallyPart::Borne], &spans), Sight::Of(party), &mut |row| {
            limits.iter_mut().for_each(|limit| limit.add(&row));
            Ok(())
        })?;
    }
    Ok(limits.into_iter().map(Counting::counted).collect())
}

/// Those of the newest versions that are over days.
fn running(call: &Call<'_>, (party, wanted): (&str, Option<&str>), today: Date) -> Result<Vec<Counting>, Problem> {
    let rules = rules::rules(call.control)?;
    let mut newest: BTreeMap<&str, &Benefit> = BTreeMap::new();
    let benefits = rules.catalogue().map(|catalogue| catalogue.benefits.as_slice()).unwrap_or_default();
    let is_of = |benefit: &&Benefit| *benefit.grantor == *party && wanted.is_none_or(|code| *benefit.code == *code);
    for benefit in benefits.iter().filter(is_of) {
        let known = newest.entry(&benefit.code).or_insert(benefit);
        if known.version < benefit.version {
            *known = benefit;
        }
    }
    let of_everybody = |limit: &&Limit| limit.scope == LimitScope::Benefit && limit.measure == Measure::Discount;
    let counting = newest.into_values().flat_map(|benefit| {
        benefit.limits.iter().filter(of_everybody).filter_map(|limit| {
            let (start, end) = days_of(limit.window, today)?;
            let budget = Budget { start, end, amount: limit.max.into(), spent: BTreeMap::new() };
            Some(Counting { benefit: benefit.code.to_string(), version: benefit.version, budget })
        })
    });
    Ok(counting.collect())
}

/// The days of the window in which a day lies, until the one after the last; none of a window that slides, or is of one day.
fn days_of(window: LimitWindow, today: Date) -> Option<(Date, Date)> {
    let LimitWindow::Dates(window) = window else { return None };
    if matches!(window, Window::Day | Window::Rolling { .. }) {
        return None;
    }
    let range = window.around(today);
    Some((range.from, range.until.tomorrow().unwrap_or(Date::MAX)))
}

impl Counting {
    /// Takes in what the benefit gave, on the day on which it counts.
    fn add(&mut self, row: &TallyRow) {
        let TallyRow::Borne(span, granted, bearer, amount) = row else { return };
        let is_of = *granted.benefit == *self.benefit && bearer.cause != Cause::Unfunded.word();
        if is_of && self.budget.has(bearer.authorized_on) {
            *self.budget.spent.entry(span.start()).or_default() += *amount;
        }
    }

    fn counted(self) -> Counted {
        let Self { benefit, version, budget } = self;
        let Budget { start, end, amount, .. } = &budget;
        let key = format!("{benefit}/{start}/{end}/{amount}");
        Counted { key, of: json!({"kind": "limit", "benefit": benefit, "version": version}), budget }
    }
}
