//! What a provider sold by month, less what came back: also that for which no benefit gave anything.

use std::collections::BTreeMap;

use avis_core::movement::MovementKind;
use avis_core::narrow;
use avis_core::settlement::Month;
use avis_core::settlement::reports::{self, Sight, Spans};
use avis_store::{TallyPart, TallyRow};
use serde_json::{Value, json};

use super::{FROM, SUM, UNTIL, days, each_tallied};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::list::{CURSOR_FIELD, LIMIT_FIELD, Page};
use crate::control::policy::Action;
use crate::control::problem::Problem;
use crate::control::rules;
use crate::control::shape::{Field, Kind, needed};

/// Which days.
pub(super) const QUERY: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, FROM, UNTIL];

/// A month. `count` is of what was sold, whatever came back of it later; amounts are less what came back.
pub(super) const SHOWN: &[Field] = &[
    needed("month", Kind::Token(7, 7)),
    needed("count", Kind::Whole(0, i64::MAX)),
    needed("gross", SUM),
    needed("discount", SUM),
    needed("payable", SUM),
];

/// What a month comes to.
#[derive(Default)]
struct Sold {
    count: i64,
    gross: i128,
    discount: i128,
    payable: i128,
}

impl Sold {
    fn add(&mut self, kind: &str, sold: reports::Sold) {
        let sells = [MovementKind::Sale, MovementKind::Capture, MovementKind::Advice].map(MovementKind::word);
        self.count += if sells.contains(&kind) { sold.count } else { 0 };
        self.gross += sold.gross;
        self.discount += sold.discount;
        self.payable += sold.payable;
    }

    fn shown(&self, month: Month) -> Value {
        let Self { count, gross, discount, payable } = self;
        json!({"month": month.to_string(), "count": count, "gross": narrow(*gross), "discount": narrow(*discount),
               "payable": narrow(*payable)})
    }
}

/// `GET /reports/turnover`: of the own party, by business days.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, provider, (from, until)) = (Page::of(call)?, call.party()?, days(call)?);
    let mut months: BTreeMap<Month, Sold> = BTreeMap::new();
    if call.reads(Action::SettlementRead, provider) && rules::rules(call.control)?.has_provider(provider) {
        let spans = Spans::of(from, until);
        each_tallied(call, (from, until), (&[TallyPart::Sold], &spans), Sight::Of(provider), &mut |row| {
            if let TallyRow::Sold(span, of, kind, sums) = row
                && *of == *provider
            {
                months.entry(Month::of(span.start())).or_default().add(kind, sums);
            }
            Ok(())
        })?;
    }
    let shown = months.iter().map(|(month, sold)| (month.to_string(), sold.shown(*month)));
    Ok(page.answer_of_all(shown.collect::<Vec<_>>()))
}
