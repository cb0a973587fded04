//! The programme's indicators with their targets (settlement 5.4).

use avis_core::settlement::reports::{HOLDERS_MIN, Indicator, Programme};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{SUM, Sight, each_moved, parameter, whole};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::list::{CURSOR_FIELD, LIMIT_FIELD, Page};
use crate::control::policy::Reach;
use crate::control::problem::Problem;
use crate::control::shape::{Field, Kind, needed, optional};

/// Since which day the programme is counted; all of the ledger where none is said.
pub(super) const QUERY: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, optional("since", Kind::Date)];

/// An indicator. Of parties together a count of fewer than five persons is not told. `share` is of the next target, in basis points.
pub(super) const SHOWN: &[Field] = &[
    needed("name", Kind::Word(&["transactions", "merchants", "volume", "users", "consultations"])),
    optional("value", SUM),
    needed("targets", Kind::List(&SUM, 10)),
    optional("next_target", SUM),
    optional("share", SUM),
];

/// When a day begins; the day of each provider is the deployment's.
fn first_moment(call: &Call<'_>, day: Date) -> Timestamp {
    let zone = call.control.clock.service_day().zone();
    zone.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MIN)
}

/// `GET /indicators`: of the own party, or of all.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let since = parameter(call, "since").and_then(|since| since.parse().ok()).unwrap_or(Date::MIN);
    let (mut programme, sight) = (Programme::default(), Sight::of(call)?);
    each_moved(call, sight, (since, Date::MAX), &mut |moved| {
        if moved.date >= since {
            programme.add(moved);
        }
        Ok(())
    })?;
    // Of parties alone nobody counts them.
    let held =
        matches!(sight, Sight::All).then(|| call.control.consultations_held(first_moment(call, since), call.now));
    let indicators = programme.indicators(held.transpose()?);
    let is_few = |one: &Indicator| {
        let least = i128::try_from(HOLDERS_MIN).unwrap_or_default();
        call.reach == Some(Reach::All) && one.name == "users" && one.value.is_some_and(|value| value < least)
    };
    let shown = |(place, one): (usize, &Indicator)| -> Result<(String, Value), Problem> {
        let (hidden, sum) = (is_few(one), |sum: Option<i128>| sum.map(whole).transpose());
        let value = sum(one.value.filter(|_| !hidden))?;
        let targets = one.targets.iter().map(|target| whole(*target)).collect::<Result<Vec<_>, _>>()?;
        let (next, share) = (sum(one.next_target())?, sum(one.share())?);
        let shown = json!({"name": one.name, "value": value, "targets": targets, "next_target": next, "share": share});
        Ok((place.to_string(), shown))
    };
    let shown = indicators.iter().enumerate().map(shown).collect::<Result<Vec<_>, Problem>>()?;
    Ok(page.answer_of_all(shown))
}
