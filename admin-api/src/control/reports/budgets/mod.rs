//! Budgets of a grantor: limits of its benefits over everybody's discount, and ceilings of its contracts (settlement 5.3).

mod ceilings;
mod limits;

use std::collections::BTreeMap;

use avis_core::narrow;
use avis_core::settlement::reports::Budget;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{CODE, SUM, parameter};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::list::{CURSOR_FIELD, LIMIT_FIELD, Page};
use crate::control::problem::Problem;
use crate::control::shape::{Field, Kind, needed, optional};

/// A budget.
pub(super) const SHOWN: &[Field] = &[
    needed("kind", Kind::Word(&["limit", "ceiling"])),
    optional("benefit", CODE),
    optional("provider", CODE),
    optional("version", Kind::Whole(1, i64::MAX)),
    optional("start", Kind::Date),
    optional("end", Kind::Date),
    needed("amount", Kind::Whole(0, i64::MAX)),
    needed("used", SUM),
    needed("days", Kind::Whole(0, 28)),
    needed("recent", SUM),
    optional("forecast", SUM),
    optional("runs_out", Kind::Date),
    needed("course", Kind::List(&Kind::Object(STEP), 32)),
];

/// What was used by the morning of a day.
const STEP: &[Field] = &[needed("date", Kind::Date), needed("used", SUM)];

/// A budget of which all use is added up.
struct Counted {
    /// Under what it stands in the list.
    key: String,
    /// What it is of, as it is shown.
    of: Value,
    budget: Budget,
}

/// All of them, or those of one benefit.
pub(super) const QUERY: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, optional("benefit", CODE)];

/// `GET /reports/budgets`: those of the own party that run today.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, party) = (Page::of(call)?, call.party()?);
    let today = call.control.clock.service_day().date(call.now);
    let benefit = parameter(call, "benefit");
    let mut counted = limits::counted(call, (party, benefit), today)?;
    if benefit.is_none() {
        counted.extend(ceilings::counted(call, party, today)?);
    }
    let shown = counted.into_iter().map(|one| (one.key.clone(), one.shown(today)));
    Ok(page.answer_of_all(shown.collect::<BTreeMap<_, _>>()))
}

impl Counted {
    fn shown(self, today: Date) -> Value {
        let Budget { start, end, amount, .. } = &self.budget;
        let on = self.budget.on(today);
        let ends = (*end < Date::MAX).then_some(end);
        // What never ends has nothing that it would come to.
        let forecast = ends.map(|_| narrow(on.forecast));
        let step = |(date, used)| json!({"date": date, "used": narrow(used)});
        let course: Vec<Value> = self.budget.course(today).into_iter().map(step).collect();
        let mut shown = json!({
            "start": (*start > Date::MIN).then_some(start), "end": ends, "amount": narrow(*amount), "used": narrow(on.used),
            "days": on.days, "recent": narrow(on.recent), "forecast": forecast, "runs_out": on.runs_out,
            "course": course,
        });
        if let (Value::Object(shown), Value::Object(of)) = (&mut shown, self.of) {
            shown.extend(of);
        }
        shown
    }
}
