//! Prices of a provider as it tells them itself: of one that is reduced, tills are answered the lowest before (loyalty 11).

use avis_core::Span;
use avis_core::limits::AMOUNT_MAX;
use avis_store::{Kind as RowKind, StoreError};
use jiff::civil::Date;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::dry_run;
use super::list::Page;
use super::operations::{Operation, act, list};
use super::policy::Action;
use super::problem::{Code, Problem};
use super::rules::{self, Rules};
use super::shape::{Field, Kind, REASON, needed, optional};
use crate::import::{Judged, TRIES, key_of};

/// Prices of one request.
const PRICES_MAX: u16 = 1_000;

const PRODUCT: Field = needed("product", Kind::Token(1, 200));
const AMOUNT: Field = needed("price", Kind::Whole(0, AMOUNT_MAX));
const FROM: Field = needed("from", Kind::Token(10, 40));
const UNTIL: Field = optional("until", Kind::Token(10, 40));

/// A price; `from` and `until` are dates, the last one still of it, or instants. Amounts are minor units.
const PRICE: &[Field] = &[PRODUCT, AMOUNT, FROM, UNTIL, optional("reduced", Kind::Truth)];

/// A price as it is told back: of a reduction that is in force the lowest price of the thirty days before it began, null where
/// there was none.
const SHOWN: &[Field] = &[
    PRODUCT,
    AMOUNT,
    FROM,
    UNTIL,
    needed("reduced", Kind::Truth),
    optional("reference", Kind::Object(&[optional("price", Kind::Whole(0, AMOUNT_MAX))])),
];

const TOLD: &[Field] = &[needed("prices", Kind::List(&Kind::Object(PRICE), PRICES_MAX as usize)), REASON];

/// How many were told, and with which revision engines know them.
const DONE: &[Field] =
    &[needed("count", Kind::Whole(1, PRICES_MAX as i64)), needed("revision", Kind::Whole(0, i64::MAX))];

pub(crate) const OPERATIONS: &[Operation] = &[
    list(
        "/providers/{code}/prices",
        ("prices", "Prices that a provider told, by product and beginning"),
        Action::ProviderRead,
        Kind::Object(SHOWN),
        all,
    ),
    dry_run::possible(Operation {
        example: Some(
            r#"{"prices": [{"product": "shop.bread", "price": 199, "from": "2026-11-01", "until": "2026-11-30"},
                {"product": "shop.bread", "price": 149, "from": "2026-12-01", "reduced": true}], "reason": "Advent"}"#,
        ),
        ..act(
            "/providers/{code}/prices",
            (
                "tell_prices",
                "Tell prices, all or none; of one that is or was in force only the end changes, until it has come",
            ),
            Action::ProviderWrite,
            (Some(TOLD), DONE),
            tell,
        )
    }),
];

/// `GET /providers/{code}/prices`.
fn all(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let rules = rules::rules(call.control)?;
    let code = call.path("code");
    if !rules.has_provider(code) || !call.reaches(code) {
        return Err(Code::NotFound.into());
    }
    let of_provider = |(key, _): &(&str, &Value)| key.split_once('/').is_some_and(|(provider, _)| provider == code);
    let own = rules.entries(RowKind::Price).filter(of_provider);
    let compiled = rules.compiled();
    let with_reference = |price: &Value| {
        let mut shown = shown(price);
        let product = price.get("product").and_then(Value::as_str).unwrap_or_default();
        let reference = compiled.as_ref().filter(|_| is_in_force(call, price));
        let reference = reference.and_then(|rules| rules.reference_price(code, product, call.now));
        if let (Some(fields), Some(lowest)) = (shown.as_object_mut(), reference) {
            fields.insert("reference".to_owned(), json!({"price": lowest}));
        }
        shown
    };
    Ok(page.answer_of_all(own.map(|(key, price)| (key.to_owned(), with_reference(price)))))
}

fn shown(price: &Value) -> Value {
    let field = |name: &str| price.get(name).cloned().unwrap_or_default();
    json!({"product": field("product"), "price": field("price"), "from": field("from"), "until": field("until"),
           "reduced": price.get("reduced").and_then(Value::as_bool).unwrap_or_default()})
}

/// `POST /providers/{code}/prices`: judged beside all that were told before.
fn tell(call: &Call<'_>) -> Result<Answer, Problem> {
    let code = call.path("code");
    call.check_owner(code, Action::ProviderRead)?;
    let prices = prices(call, code);
    if prices.is_empty() {
        return Err(Problem::at("/prices", "expected at least one price"));
    }
    for _ in 0..TRIES {
        let rules = rules::rules(call.control)?;
        if !rules.has_provider(code) {
            return Err(Code::NotFound.into());
        }
        for (index, price) in prices.iter().enumerate() {
            check_kept(call, &rules, price)
                .map_err(|(field, detail)| Problem::at(format!("/prices/{index}/{field}"), detail))?;
        }
        let document = json!({"currency": rules.currency(), "prices": prices});
        let judged = match Judged::read(&*call.control.store, &document, &call.control.cases.secret, |_, _| false)? {
            Ok(judged) if judged.revision() == rules.revision() => judged,
            Ok(_) => continue,
            Err(faults) => return Err(Problem::of_document(faults, str::to_owned)),
        };
        let act = call.act("prices_told", Some((RowKind::Provider.word(), code)));
        let rows = judged.rows(&document);
        match judged.commit(&*call.control.store, rows, &act, (call.now, call.is_dry())) {
            Ok(committed) => {
                let count = prices.len();
                return Ok(
                    call.committed(&committed, |revision| Answer::of(json!({"count": count, "revision": revision})))
                );
            }
            Err(StoreError::Changed(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Code::Changed.into())
}

/// The prices of the body as the catalogue has them.
fn prices(call: &Call<'_>, provider: &str) -> Vec<Value> {
    let told = call.body.get("prices").and_then(Value::as_array).into_iter().flatten();
    let entry = |price: &Value| {
        let mut entry = json!({"provider": provider});
        if let (Some(fields), Some(told)) = (entry.as_object_mut(), price.as_object()) {
            fields.extend(
                told.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())),
            );
        }
        entry
    };
    told.map(entry).collect()
}

/// Refuses to change what is or was in force: nobody would know what the lowest price was.
fn check_kept(call: &Call<'_>, rules: &Rules, price: &Value) -> Result<(), (&'static str, &'static str)> {
    let before = key_of(RowKind::Price, price).and_then(|key| rules.entry(RowKind::Price, &key));
    let Some(before) = before.filter(|before| has_come(call, before, "from")) else { return Ok(()) };
    let is_same = |name: &str| shown(price).get(name) == shown(before).get(name);
    if !is_same("price") || !is_same("reduced") {
        return Err(("price", "expected the price that was told: it is in force, or was"));
    }
    let is_past = before.get("until").is_some() && has_come(call, before, "until");
    if !is_same("until") && (is_past || has_come(call, price, "until")) {
        return Err(("until", "expected an end that is still to come, of a price that has not ended"));
    }
    Ok(())
}

/// Whether a price counts now: the last day of one that ends is still of it.
fn is_in_force(call: &Call<'_>, price: &Value) -> bool {
    let zone = call.control.clock.service_day().zone();
    Span::deserialize(price).is_ok_and(|valid| valid.resolve(zone).contains(call.now))
}

/// Whether a bound of a price lies behind: a date once it has begun.
fn has_come(call: &Call<'_>, price: &Value, bound: &str) -> bool {
    let Some(text) = price.get(bound).and_then(Value::as_str) else { return false };
    match text.parse::<Date>() {
        Ok(date) if text.len() == 10 => date <= call.control.clock.service_day().date(call.now),
        _ => text.parse::<jiff::Timestamp>().is_ok_and(|at| at <= call.now),
    }
}
