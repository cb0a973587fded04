//! Where points of a programme were earned and spent, by which rules, and what they paid: of what stands of authorizations, by the
//! months of their service dates.

use std::collections::BTreeMap;

use avis_core::loyalty::Programme;
use avis_core::settlement::Month;
use avis_core::settlement::reports::HOLDERS_MIN;
use avis_store::{Kind as RowKind, PointsAtProvider, PointsOfRule, PointsPaid};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::figures::months_asked;
use super::programme;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::policy::Reach;
use crate::control::problem::Problem;
use crate::control::rules;
use crate::control::settlement;
use crate::control::shape::{Field, Kind, needed, optional};

const NUMBER: Kind = Kind::Whole(i64::MIN, i64::MAX);
const MONTH: Field = needed("month", Kind::Token(7, 7));
const ROWS_MAX: usize = 1_000_000;

const OF_PROVIDER: &[Field] = &[
    MONTH,
    needed("provider", Kind::Token(1, 200)),
    optional("active", NUMBER),
    optional("purchases", NUMBER),
    optional("spend", NUMBER),
    optional("earned", NUMBER),
    optional("worth", NUMBER),
    optional("spent", NUMBER),
    optional("paid", NUMBER),
];
const OF_RULE: &[Field] = &[
    MONTH,
    needed("rule", Kind::Token(1, 200)),
    optional("active", NUMBER),
    optional("purchases", NUMBER),
    optional("earned", NUMBER),
    optional("worth", NUMBER),
];
const OF_TENDER: &[Field] =
    &[MONTH, needed("program", Kind::Code), needed("payer", Kind::Code), needed("amount", NUMBER)];

const PROGRAM: Field = needed("program", Kind::Code);

/// A programme by provider. What too few stand behind is null to who is not of the merchant.
pub(super) const PROVIDERS: &[Field] =
    &[PROGRAM, needed("providers", Kind::List(&Kind::Object(OF_PROVIDER), ROWS_MAX))];
/// A programme by rule, as [`PROVIDERS`].
pub(super) const RULES: &[Field] = &[PROGRAM, needed("rules", Kind::List(&Kind::Object(OF_RULE), ROWS_MAX))];
/// What points paid at a provider.
pub(super) const TENDERS: &[Field] =
    &[needed("provider", Kind::Token(1, 200)), needed("tenders", Kind::List(&Kind::Object(OF_TENDER), ROWS_MAX))];

/// `GET /programs/{code}/figures/providers?from=2026-01&until=2026-12`.
pub(super) fn by_provider(call: &Call<'_>) -> Result<Answer, Problem> {
    let programme = programme(call)?;
    let rows = call.control.points.accounts.by_provider(&programme.code, dates(call, &programme.time_zone)?)?;
    let is_own = is_own(call, &programme)?;
    let row = |row: PointsAtProvider| {
        let of = |number: i64| is_told(is_own, row.active).then_some(number);
        json!({"month": row.month, "provider": row.provider, "active": of(row.active), "purchases": of(row.purchases),
            "spend": of(row.spend), "earned": of(row.earned), "worth": of(row.earned).and_then(|points| worth(&programme, points)),
            "spent": of(row.spent), "paid": of(row.paid)})
    };
    let providers: Vec<Value> = rows.into_iter().map(row).collect();
    Ok(Answer::of(json!({"program": programme.code, "providers": providers})))
}

/// `GET /programs/{code}/figures/rules?from=2026-01&until=2026-12`.
pub(super) fn by_rule(call: &Call<'_>) -> Result<Answer, Problem> {
    let programme = programme(call)?;
    let rows = call.control.points.accounts.by_rule(&programme.code, dates(call, &programme.time_zone)?)?;
    let is_own = is_own(call, &programme)?;
    let row = |row: PointsOfRule| {
        let of = |number: i64| is_told(is_own, row.active).then_some(number);
        json!({"month": row.month, "rule": row.rule, "active": of(row.active), "purchases": of(row.purchases),
            "earned": of(row.earned), "worth": of(row.earned).and_then(|points| worth(&programme, points))})
    };
    let rules: Vec<Value> = rows.into_iter().map(row).collect();
    Ok(Answer::of(json!({"program": programme.code, "rules": rules})))
}

/// `GET /providers/{code}/tenders?from=2026-01&until=2026-12`: what points paid there, and who owes it.
pub(super) fn tenders(call: &Call<'_>) -> Result<Answer, Problem> {
    let provider = settlement::provider(call)?;
    let owners = owners(call)?;
    let rows = call.control.points.accounts.tenders(provider, dates(call, call.control.zone())?)?;
    let told = |row: PointsPaid| {
        let payer = owners.get(&row.program).map_or("", String::as_str);
        json!({"month": row.month, "program": row.program, "payer": payer, "amount": row.paid})
    };
    let tenders: Vec<Value> = rows.into_iter().map(told).collect();
    Ok(Answer::of(json!({"provider": provider, "tenders": tenders})))
}

/// Whose each programme is.
fn owners(call: &Call<'_>) -> Result<BTreeMap<String, String>, Problem> {
    let rules = rules::rules(call.control)?;
    let text = |programme: &Value, field: &str| programme.get(field).and_then(Value::as_str).map(str::to_owned);
    let programmes = rules.entries(RowKind::Program);
    Ok(programmes.filter_map(|(_, programme)| text(programme, "code").zip(text(programme, "owner"))).collect())
}

/// The first day of the months that are asked for, and the last one.
fn dates(call: &Call<'_>, zone: &TimeZone) -> Result<(Date, Date), Problem> {
    let months = months_asked(call, zone.to_datetime(call.now).date())?;
    let end = months.last().map_or(Date::MIN, |month| Month::end(*month));
    Ok((months.first().map_or(Date::MAX, |month| Month::first(*month)), end.yesterday().unwrap_or(end)))
}

/// Whether who asks is of the merchant.
pub(super) fn is_own(call: &Call<'_>, programme: &Programme) -> Result<bool, Problem> {
    Ok(call.reach == Some(Reach::Own) || call.caller()?.party.as_deref() == Some(&*programme.owner))
}

/// Whether a figure behind which so many stand is told.
pub(super) fn is_told(is_own: bool, count: i64) -> bool {
    is_own || count == 0 || usize::try_from(count).is_ok_and(|count| count >= HOLDERS_MIN)
}

/// What points would pay, in minor units, rounded down; none where they are no tender.
pub(super) fn worth(programme: &Programme, points: i64) -> Option<i64> {
    let redeem = programme.redeem.as_ref()?;
    let amount = i128::from(points) * i128::from(redeem.amount) / i128::from(redeem.points.max(1));
    i64::try_from(amount).ok()
}
