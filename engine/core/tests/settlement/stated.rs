//! Statements over random ledgers and contracts, held against a slow reading of the same page.

use avis_core::settlement::{PostedMovement, Statement};
use jiff::civil::Date;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::naive_statements::{Agreed, LineText, Stood, stated};
use crate::world::{date, read, statements};

/// Benefit with its version and grantor, and who bears it for which cause.
type Borne = (&'static str, i64, &'static str, &'static str, &'static str);

const BORNE: [Borne; 8] = [
    ("half", 1, "state", "state", ""),
    ("half", 1, "state", "town", ""),
    ("half", 1, "state", "carrier", "unfunded"),
    ("half", 2, "state", "state", ""),
    ("day", 1, "town", "state", ""),
    ("day", 1, "town", "town", ""),
    ("day", 1, "state", "state", "over_granted"),
    ("day", 1, "town", "carrier", "over_granted"),
];

/// An authorization as it is drawn: day sold, days until it counts, what is borne in cents, and what comes back of it how much later.
type Drawn = (i32, i32, Vec<(usize, i64)>, Vec<(i32, usize, i64)>);

fn drawn() -> impl Strategy<Value = Drawn> {
    let borne = prop::collection::vec((0..BORNE.len(), 1..300_i64), 1..4);
    let backs = prop::collection::vec((0..45, 0..4_usize, 1..200_i64), 0..4);
    (1..60, prop::sample::select(vec![0, 0, 0, 3, 35]), borne, backs)
}

fn entries_of(number: u128, (sold, later, borne, backs): &Drawn) -> Vec<Vec<Stood>> {
    let first = date(sold + later);
    let stood = |place: usize, amount: i64, day: Date| {
        let (benefit, version, benefit_grantor, payer, cause) = BORNE[place];
        Stood {
            authorization: number,
            day,
            first,
            authorized_on: date(*sold),
            benefit,
            version,
            benefit_grantor,
            payer,
            cause,
            units: amount.signum(),
            amount,
        }
    };
    let mut movements = vec![borne.iter().map(|(place, amount)| stood(*place, *amount, first)).collect()];
    let (mut left, mut day) = (borne.clone(), sold + later);
    for (after, which, amount) in backs {
        day += after;
        let which = which % left.len();
        let back = (*amount).min(left[which].1);
        if back > 0 {
            left[which].1 -= back;
            movements.push(vec![stood(left[which].0, -back, date(day))]);
        }
    }
    movements
}

fn posted(number: usize, entries: &[Stood]) -> PostedMovement {
    let first = &entries[0];
    let id = Uuid::from_u128(first.authorization);
    let discounts: Vec<Value> = entries.iter().map(|entry| {
        json!({"benefit": entry.benefit, "version": entry.version, "grantor": entry.benefit_grantor, "units": entry.units,
               "amount": entry.amount, "entries": [{"payer": entry.payer, "cause": entry.cause, "amount": entry.amount}]})
    }).collect();
    let amount: i64 = entries.iter().map(|entry| entry.amount).sum();
    let (kind, direction) = if amount < 0 { ("refund", "return") } else { ("sale", "sale") };
    let natural = first.authorized_on.min(first.day);
    let line = json!({"movement": format!("{id}/{number}"), "authorization_id": id, "request_id": Uuid::from_u128(number as u128),
        "original_request_id": null, "provider": "carrier", "terminal": "desk", "kind": kind, "direction": direction,
        "occurred_at": format!("{natural}T10:00:00Z"), "recorded_at": format!("{}T10:00:00Z", first.day),
        "authorized_on": first.authorized_on, "natural_date": natural, "business_date": first.day, "late": first.day > natural,
        "gross": amount, "discount": amount, "payable": 0,
        "lines": [{"line_id": "1", "product": "bus", "units": amount.signum(), "gross": amount, "payable": 0, "discounts": discounts}]});
    PostedMovement::from_json(line.to_string().as_bytes()).unwrap()
}

fn contracts() -> impl Strategy<Value = Vec<Agreed>> {
    let ceiling = prop::option::of((prop::sample::select(vec!["month", "year", "validity"]), 0..900_i64));
    let other = prop::option::weighted(0.3, 0..=10_000_i64);
    let agreed = (1..40, prop::option::weighted(0.3, 5..60), 0..=10_000_i64, other, any::<bool>(), ceiling);
    prop::collection::vec(agreed, 0..4).prop_map(|agreed| {
        let mut from = date(1);
        (1..)
            .zip(agreed)
            .map(|(version, (after, lasts, rate, other_rate, is_batch, ceiling))| {
                let until = lasts.map(|days| from.checked_add(jiff::Span::new().days(days)).unwrap());
                let agreed = Agreed { version, from, until, rate, other_rate, is_batch, ceiling };
                from = from.checked_add(jiff::Span::new().days(after)).unwrap();
                agreed
            })
            .collect()
    })
}

fn contract_json(agreed: &Agreed) -> Value {
    let mut contract = json!({"grantor": "state", "provider": "carrier", "version": agreed.version, "from": agreed.from, "rate": agreed.rate,
        "rounding": if agreed.is_batch { "batch" } else { "record" }});
    if let Some(until) = agreed.until {
        contract["until"] = json!(until);
    }
    if let Some(rate) = agreed.other_rate {
        contract["rates"] = json!({"day": rate});
    }
    if let Some((per, amount)) = agreed.ceiling {
        contract["ceiling"] = json!({"per": per, "amount": amount});
    }
    contract
}

/// Periods one after the other, of half a month or a whole one.
fn periods(halves: &[bool]) -> Vec<(Date, Date)> {
    let mut periods = Vec::new();
    let mut first = date(1);
    for is_halved in halves {
        let next = first.checked_add(jiff::Span::new().months(1)).unwrap();
        let middle = first.checked_add(jiff::Span::new().days(14)).unwrap();
        if *is_halved {
            periods.extend([(first, middle), (middle, next)]);
        } else {
            periods.push((first, next));
        }
        first = next;
    }
    periods
}

fn told(statement: &Statement) -> Vec<LineText> {
    let mut told: Vec<LineText> = statement
        .lines
        .iter()
        .map(|line| {
            let text = |text: Option<&str>| {
                if line.benefit.is_some() { text.unwrap_or("").to_owned() } else { text.unwrap_or("-").to_owned() }
            };
            let number = |number: Option<i64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
            let cause = if line.benefit.is_some() { line.cause } else { "-" };
            format!(
                "{} {} {} {} {} {} {} {} {} {} {} {} {} {}",
                line.part.word(),
                line.month.as_deref().unwrap_or(""),
                text(line.benefit.as_deref()),
                number(line.version),
                text(line.benefit_grantor.as_deref()),
                text(line.payer.as_deref()),
                cause,
                number(line.contract),
                number(line.rate),
                line.uses,
                line.units,
                line.amount,
                line.reimbursed,
                line.note.as_deref().unwrap_or("-"),
            )
        })
        .collect();
    told.sort();
    told
}

proptest! {
    #[test]
    fn statements_are_what_a_slow_reading_of_the_page_states(
        drawn in prop::collection::vec(drawn(), 0..8),
        contracts in contracts(),
        halves in prop::collection::vec(any::<bool>(), 6),
    ) {
        let authorizations: Vec<Vec<Vec<Stood>>> = drawn.iter().enumerate().map(|(place, drawn)| entries_of(place as u128 + 1, drawn)).collect();
        let movements: Vec<PostedMovement> = authorizations.iter()
            .flat_map(|movements| movements.iter().enumerate().map(|(place, entries)| posted(place + 1, entries)))
            .collect();
        let periods = periods(&halves);
        let dated: Vec<Value> = periods.iter()
            .map(|(from, until)| json!({"grantor": "state", "provider": "carrier", "from": from, "until": until, "issued_on": until}))
            .collect();
        let file = read(&json!({"currency": "EUR", "contracts": contracts.iter().map(contract_json).collect::<Vec<_>>(), "statements": dated}));
        let is: Vec<Vec<LineText>> = statements(&file, &movements).unwrap().iter().map(told).collect();
        let entries: Vec<Stood> = authorizations.into_iter().flatten().flatten().collect();
        let ought = stated(&entries, &contracts, &periods);
        prop_assert!(is == ought, "{}", unlike(&is, &ought, &contracts, &entries));
    }
}

fn unlike(is: &[Vec<LineText>], ought: &[Vec<LineText>], contracts: &[Agreed], entries: &[Stood]) -> String {
    let mut text = String::new();
    for (place, (is, ought)) in is.iter().zip(ought).enumerate().filter(|(_, (is, ought))| is != ought) {
        text += &format!("statement {}\nis    {is:#?}\nought {ought:#?}\n", place + 1);
    }
    contracts.iter().for_each(|contract| text += &format!("{contract:?}\n"));
    entries.iter().for_each(|entry| text += &format!("{entry:?}\n"));
    text
}
