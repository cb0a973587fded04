//! What a person used, wherever it was: the sales of which something moved, and what each benefit gave by months.

use std::collections::BTreeMap;
use std::sync::Arc;

use avis_store::{Authorizations, ClosedDays, Entries, Kind as RowKind, Posting, Wanted};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::handle::{Held, held};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::list::Page;
use crate::control::problem::Problem;
use crate::control::rules;
use crate::control::shape::{Field, Kind, needed};

const AMOUNT: Kind = Kind::Whole(i64::MIN, i64::MAX);
const CODE: Kind = Kind::Token(1, 300);

const GIVEN: &[Field] = &[needed("benefit", CODE), needed("amount", AMOUNT)];

/// A sale as it stands: what was given back is not in it any more.
pub(super) const AUTHORIZATION: &[Field] = &[
    needed("id", Kind::Id),
    needed("provider", CODE),
    needed("occurred_at", Kind::Instant),
    needed("gross", AMOUNT),
    needed("discount", AMOUNT),
    needed("payable", AMOUNT),
    needed("benefits", Kind::List(&Kind::Object(GIVEN), 1_000)),
];

/// What a benefit gave in a month, to which sales and what is given back count as the provider's days have it.
pub(super) const USAGE: &[Field] =
    &[needed("benefit", CODE), needed("month", Kind::Token(7, 7)), needed("units", AMOUNT), needed("amount", AMOUNT)];

/// A sale, summed up of its movements: what is given back has the other sign.
struct Sale {
    provider: Arc<str>,
    occurred_at: Timestamp,
    gross: i64,
    discount: i64,
    payable: i64,
    given: BTreeMap<Arc<str>, i64>,
    /// The last movement that was summed up: one comes with each of its entries.
    last: Option<i64>,
}

/// Gives every posting of a person to a sink, of one provider after another.
fn each_posting(call: &Call<'_>, held: &Held, sink: &mut dyn FnMut(Posting)) -> Result<(), Problem> {
    let rules = rules::rules(call.control)?;
    let closed = ClosedDays::new([]);
    for (provider, _) in rules.entries(RowKind::Provider) {
        let of = Authorizations::OfHolder(held.holder());
        let wanted = Wanted { provider, entries: Entries::All, closed: &closed, of };
        call.control.reports.each_posting(&wanted, &mut |posting| {
            sink(posting);
            Ok(())
        })?;
    }
    Ok(())
}

/// `GET /people/{handle}/authorizations`: the newest first.
pub(super) fn authorizations(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let held = held(call)?;
    held.shown(call, "person_authorizations_read", &["authorizations"])?;
    let mut sales: BTreeMap<Uuid, Sale> = BTreeMap::new();
    each_posting(call, &held, &mut |posting| add(&mut sales, posting))?;
    // Ids rise with time, and cursors go up.
    let newest_first = sales.iter().rev().map(|(id, sale)| (format!("{:032x}", !id.as_u128()), shown(*id, sale)));
    Ok(page.answer_of_all(newest_first))
}

fn add(sales: &mut BTreeMap<Uuid, Sale>, posting: Posting) {
    let Posting { movement, borne, .. } = posting;
    let sale = sales.entry(movement.id.authorization).or_insert_with(|| Sale {
        provider: movement.provider.clone(),
        occurred_at: movement.occurred_at,
        gross: 0,
        discount: 0,
        payable: 0,
        given: BTreeMap::new(),
        last: None,
    });
    let moved = &movement.moved;
    if sale.last != Some(movement.id.number) {
        sale.last = Some(movement.id.number);
        sale.gross = sale.gross.saturating_add(moved.gross);
        sale.discount = sale.discount.saturating_add(moved.discount);
        sale.payable = sale.payable.saturating_add(moved.payable);
    }
    if let Some(borne) = borne {
        let given = sale.given.entry(borne.stake.benefit).or_default();
        *given = given.saturating_add(borne.amount);
    }
}

fn shown(id: Uuid, sale: &Sale) -> Value {
    let Sale { provider, occurred_at, gross, discount, payable, given, .. } = sale;
    let given: Vec<Value> =
        given.iter().map(|(benefit, amount)| json!({"benefit": benefit, "amount": amount})).collect();
    json!({"id": id, "provider": provider, "occurred_at": occurred_at, "gross": gross, "discount": discount,
        "payable": payable, "benefits": given})
}

/// `GET /people/{handle}/usage`: by benefits and months.
pub(super) fn usage(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let held = held(call)?;
    held.shown(call, "person_usage_read", &["usage"])?;
    let mut used: BTreeMap<(Arc<str>, String), (i64, i64)> = BTreeMap::new();
    each_posting(call, &held, &mut |posting| {
        let Some(borne) = posting.borne else { return };
        let month = posting.movement.business_date.strftime("%Y-%m").to_string();
        let (units, amount) = used.entry((borne.stake.benefit, month)).or_default();
        *units = units.saturating_add(if borne.is_first { borne.units } else { 0 });
        *amount = amount.saturating_add(borne.amount);
    })?;
    Ok(page.answer_of_all(used.iter().map(|((benefit, month), (units, amount))| {
        let shown = json!({"benefit": benefit, "month": month, "units": units, "amount": amount});
        (format!("{benefit} {month}"), shown)
    })))
}
