//! What a provider sold by month, less what came back: also that for which no benefit gave anything.

use std::collections::BTreeMap;

use avis_core::movement::MovementKind;
use avis_core::settlement::{Month, PostedMovement};
use avis_store::{Authorizations, Entries, Wanted};
use serde_json::{Value, json};

use super::{FROM, SUM, UNTIL, days, whole};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::list::{CURSOR_FIELD, LIMIT_FIELD, Page};
use crate::control::policy::Action;
use crate::control::problem::Problem;
use crate::control::rules;
use crate::control::settlement::closed_days;
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
    fn add(&mut self, movement: &PostedMovement) {
        let moved = &movement.moved;
        let sells = matches!(moved.kind, MovementKind::Sale | MovementKind::Capture | MovementKind::Advice);
        self.count += i64::from(sells);
        self.gross += i128::from(moved.gross);
        self.discount += i128::from(moved.discount);
        self.payable += i128::from(moved.payable);
    }

    fn shown(&self, month: Month) -> Result<Value, Problem> {
        let Self { count, gross, discount, payable } = self;
        Ok(json!({"month": month.to_string(), "count": count, "gross": whole(*gross)?, "discount": whole(*discount)?,
                  "payable": whole(*payable)?}))
    }
}

/// `GET /reports/turnover`: of the own party, by business days.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, provider, (from, until)) = (Page::of(call)?, call.party()?, days(call)?);
    let mut months: BTreeMap<Month, Sold> = BTreeMap::new();
    let is_told = call.reads(Action::SettlementRead, provider);
    if is_told && rules::rules(call.control)?.has_provider(provider) {
        let closed = closed_days(call, provider)?;
        let of = Authorizations::OfDays(from, until);
        let wanted = Wanted { provider, entries: Entries::None, closed: &closed, of };
        call.control.reports.each_posting(&wanted, &mut |posting| {
            let movement = posting.movement;
            let is_within = from <= movement.business_date && movement.business_date < until;
            if is_within {
                months.entry(Month::of(movement.business_date)).or_default().add(&movement);
            }
            Ok(())
        })?;
    }
    let shown = months.iter().map(|(month, sold)| Ok((month.to_string(), sold.shown(*month)?)));
    Ok(page.answer_of_all(shown.collect::<Result<Vec<_>, Problem>>()?))
}
