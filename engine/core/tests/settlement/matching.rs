//! Files and ledgers in which much could be taken for something else, held against a slow reading of the same page.

use avis_core::movement::ServiceDay;
use avis_core::settlement::PostedMovement;
use avis_core::settlement::reconcile::{Dates, Profile, Sheet};
use jiff::civil::Date;
use jiff::{Span, Timestamp, ToSpan};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use crate::naive_matching::{Amounts, Found, Manner, Moved, Row, date_of, days_later, found};
use crate::shop::{euro, held, zone};

const TERMINALS: [&str; 2] = ["bus", "desk"];

/// A sale or return as it is drawn: authorization, day, second, discount and payable in steps, terminal, whether it is a return.
type Drawn = (u128, i64, i64, i64, i64, usize, bool);

/// What the shop wrote of it.
#[derive(Clone, Debug)]
enum Wrote {
    /// A row so many seconds, hours and days off.
    Off(i64, i64, i64),
    /// Rows of parts under one number.
    Parts(i64),
    /// One row for it and so many after it.
    WithNext(usize),
    /// Two rows, so many seconds apart.
    Twice(i64),
    /// Another discount, another price.
    Other(i64, i64),
    /// By ids: the request's, the authorization's, the next one's, too.
    Ids(bool, bool, bool, i64),
    /// Sold and given back, of which the ledger knows nothing.
    Nothing(bool),
    /// No row.
    Left,
}

fn wrote() -> impl Strategy<Value = Wrote> {
    prop_oneof![
        4 => (-7..=7_i64, Just(0), Just(0)).prop_map(|(s, h, d)| Wrote::Off(s, h, d)),
        2 => (-140..=140_i64, Just(0), Just(0)).prop_map(|(s, h, d)| Wrote::Off(s, h, d)),
        2 => (-6..=6_i64, -1..=1_i64, -1..=1_i64).prop_map(|(s, h, d)| Wrote::Off(s, h, d)),
        2 => (2..=4_i64).prop_map(Wrote::Parts),
        2 => (1..=3_usize).prop_map(Wrote::WithNext),
        2 => prop::sample::select(vec![0, 1, 60]).prop_map(Wrote::Twice),
        1 => (-1..=1_i64, -1..=1_i64).prop_map(|(d, p)| Wrote::Other(d, p)),
        4 => (any::<bool>(), any::<bool>(), prop::bool::weighted(0.2), -90..=90_000_i64).prop_map(|(r, a, n, s)| Wrote::Ids(r, a, n, s)),
        1 => any::<bool>().prop_map(Wrote::Nothing),
        2 => Just(Wrote::Left),
    ]
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (1..6_u128, -2..5_i64, 0..700_i64, 1..4_i64, 0..2_i64, 0..2_usize, prop::bool::weighted(0.3))
}

/// A day, counted from the one before summer time ends.
fn day(number: i64) -> Date {
    Date::constant(2026, 10, 24).checked_add(Span::new().days(number)).unwrap()
}

fn instant(day_number: i64, second: i64) -> Timestamp {
    let start = zone().to_timestamp(day(day_number).at(10, 0, 0, 0)).unwrap();
    start.checked_add(second.seconds()).unwrap()
}

fn amounts(discount: i64, payable: i64, is_return: bool) -> Amounts {
    let sign = if is_return { -1 } else { 1 };
    [(discount + payable) * 100 * sign, discount * 100 * sign, payable * 100 * sign]
}

fn ledger(drawn: &[(Drawn, bool)]) -> Vec<Moved> {
    let mut numbers = std::collections::BTreeMap::new();
    let moved = drawn.iter().enumerate().map(|(place, (drawn, is_late))| {
        let (authorization, day_number, second, discount, payable, terminal, is_return) = *drawn;
        let number = numbers.entry(authorization).and_modify(|number| *number += 1).or_insert(1);
        Moved {
            at: instant(day_number, second),
            authorization,
            number: *number,
            request: 1000 + place as u128,
            terminal: TERMINALS[terminal],
            amounts: amounts(discount, payable, is_return),
            business: day(day_number + i64::from(*is_late)),
        }
    });
    moved.collect()
}

fn off(at: Timestamp, seconds: i64, hours: i64, days: i64) -> Timestamp {
    days_later(at, days).checked_add((seconds + 3600 * hours).seconds()).unwrap()
}

/// The rows of the first of these movements, without their lines.
fn rows_of(movements: &[Moved], wrote: &Wrote, has_number: bool, has_terminal: bool) -> Vec<Row> {
    let (moved, next) = (&movements[0], &movements[1]);
    let number = format!("n{}", moved.request);
    let row = Row {
        at: moved.at,
        external_id: has_number.then(|| number.clone()),
        amounts: moved.amounts,
        terminal: has_terminal.then_some(moved.terminal),
        request: None,
        authorizations: Vec::new(),
        line: 0,
    };
    match *wrote {
        Wrote::Off(seconds, hours, days) => vec![Row { at: off(moved.at, seconds, hours, days), ..row }],
        Wrote::Parts(count) => {
            let part = moved.amounts.map(|amount| amount / count);
            let rest = moved.amounts.map(|amount| amount - amount / count * (count - 1));
            let at = |place: i64| off(moved.at, place, 0, 0);
            let row = Row { external_id: Some(number), ..row };
            (0..count)
                .map(|place| Row { at: at(place), amounts: if place == 0 { rest } else { part }, ..row.clone() })
                .collect()
        }
        Wrote::WithNext(count) => {
            let sum = |place: usize| movements[..=count].iter().map(|moved| moved.amounts[place]).sum();
            let amounts = [0, 1, 2].map(sum);
            let is_mixed = amounts.iter().any(|amount| *amount < 0) && amounts.iter().any(|amount| *amount > 0);
            if is_mixed || amounts == [0; 3] { Vec::new() } else { vec![Row { amounts, ..row }] }
        }
        Wrote::Twice(apart) => vec![Row { at: off(moved.at, apart, 0, 0), ..row.clone() }, row],
        Wrote::Other(discount, payable) => {
            let [_, is, pays] = moved.amounts;
            let (discount, payable) = (is.abs() + discount * 50, pays.abs() + payable.abs() * 50);
            let sign = is.signum();
            vec![Row { amounts: [sign * (discount + payable), sign * discount, sign * payable], ..row }]
        }
        Wrote::Ids(by_request, by_authorization, also_next, seconds) => {
            let mut authorizations = Vec::new();
            authorizations.extend(by_authorization.then_some(moved.authorization));
            authorizations
                .extend((also_next && next.authorization != moved.authorization).then_some(next.authorization));
            let is_unknown = !by_request && authorizations.is_empty();
            let request = if is_unknown { Some(7) } else { by_request.then_some(moved.request) };
            vec![Row { at: off(moved.at, seconds, 0, 0), request, authorizations, ..row }]
        }
        Wrote::Nothing(is_whole) => {
            let row = Row { external_id: Some(number), ..row };
            let other = row.amounts.map(|amount| if is_whole { -amount } else { amount * 2 });
            vec![row.clone(), Row { amounts: other, ..row }]
        }
        Wrote::Left => Vec::new(),
    }
}

fn posted(moved: &Moved) -> PostedMovement {
    let authorization = Uuid::from_u128(moved.authorization);
    let [gross, discount, payable] = moved.amounts;
    let (kind, direction) = if discount < 0 { ("refund", "return") } else { ("sale", "sale") };
    let natural = date_of(moved.at);
    let line = json!({"movement": format!("{authorization}/{}", moved.number), "authorization_id": authorization,
        "request_id": Uuid::from_u128(moved.request), "original_request_id": null, "provider": "carrier", "terminal": moved.terminal,
        "kind": kind, "direction": direction, "occurred_at": moved.at, "recorded_at": moved.at, "authorized_on": natural,
        "natural_date": natural, "business_date": moved.business, "late": moved.business > natural,
        "gross": gross, "discount": discount, "payable": payable,
        "lines": [{"line_id": "1", "product": "bus", "units": discount.signum(), "gross": gross, "payable": payable, "discounts": [
            {"benefit": "b", "version": 1, "grantor": "state", "units": discount.signum(), "amount": discount,
             "entries": [{"payer": "state", "cause": "", "amount": discount}]}]}]});
    PostedMovement::from_json(line.to_string().as_bytes()).unwrap()
}

const FIELDS: [(&str, &str); 3] = [("gross", "Summa"), ("discount", "Atlaide"), ("payable", "Maksa")];

fn text_of(rows: &[Row], mapped: [bool; 3]) -> String {
    let columns = |cells: [String; 3]| {
        cells
            .into_iter()
            .zip(mapped)
            .filter(|(_, is_mapped)| *is_mapped)
            .map(|(cell, _)| cell)
            .collect::<Vec<_>>()
            .join(";")
    };
    let mut text = format!("Laiks;Bons;Kase;{};P;D\n", columns(FIELDS.map(|(_, name)| name.to_owned())));
    for row in rows {
        let at = zone().to_datetime(row.at).strftime("%d.%m.%Y %H:%M:%S");
        let ids: Vec<String> = row.authorizations.iter().map(|id| Uuid::from_u128(*id).to_string()).collect();
        let request = row.request.map(|id| Uuid::from_u128(id).to_string()).unwrap_or_default();
        let (number, terminal) = (row.external_id.as_deref().unwrap_or_default(), row.terminal.unwrap_or_default());
        text += &format!("{at};{number};{terminal};{};{request};{}\n", columns(row.amounts.map(euro)), ids.join(" "));
    }
    text
}

fn profile_of(manner: &Manner) -> Profile {
    let mut columns = json!({"occurred_at": "Laiks", "external_id": "Bons", "terminal": "Kase", "request_id": "P", "authorization_id": "D"});
    for ((field, name), is_mapped) in FIELDS.into_iter().zip(manner.mapped) {
        if is_mapped {
            columns[field] = json!(name);
        }
    }
    let profile = json!({"columns": columns, "decimal": ",", "dates": ["DD.MM.YYYY HH:mm:ss"], "tight_s": manner.tight,
        "window_s": manner.window, "tolerance": manner.tolerance});
    Profile::from_json(profile.to_string().as_bytes()).unwrap()
}

/// What the engine of reconciliation finds, in the words of the slow reading.
fn reconciled(rows: &[Row], movements: &[Moved], manner: &Manner) -> Vec<Found> {
    let profile = profile_of(manner);
    let sheet =
        Sheet::read(&text_of(rows, manner.mapped), &profile, &zone(), &ServiceDay::of_deployment(zone())).unwrap();
    assert_eq!(sheet.bad_count, 0, "{:?}", sheet.bad);
    let posted: Vec<PostedMovement> = movements.iter().map(posted).collect();
    let found = held(&sheet, &posted, &profile, Dates::new(manner.from, manner.until).unwrap());
    let mut found: Vec<Found> = found
        .findings
        .iter()
        .map(|finding| {
            let id = |movement: &String| {
                let (authorization, number) = movement.split_once('/').unwrap();
                format!("{}/{number}", Uuid::parse_str(authorization).unwrap().as_u128())
            };
            Found {
                status: finding.status.word(),
                lines: finding.lines.iter().copied().collect(),
                movements: finding.movements.iter().map(id).collect(),
            }
        })
        .collect();
    found.sort();
    found
}

fn manner() -> impl Strategy<Value = Manner> {
    let mapped =
        prop::sample::select(vec![[false, true, false], [true, true, true], [true, false, true], [true, false, false]]);
    (mapped, prop::sample::select(vec![0, 0, 60]), prop::sample::select(vec![60, 120, 400])).prop_map(
        |(mapped, tolerance, window)| Manner { from: day(0), until: day(3), tight: 5, window, tolerance, mapped },
    )
}

fn told(movements: &[Moved]) -> String {
    let told = movements.iter().map(|moved| {
        let local = zone().to_datetime(moved.at);
        format!(
            "{local} {}/{} of {} {} {:?} on {}\n",
            moved.authorization, moved.number, moved.request, moved.terminal, moved.amounts, moved.business
        )
    });
    told.collect()
}

/// Those that the others have not.
fn unlike<'f>(these: &'f [Found], others: &[Found]) -> Vec<&'f Found> {
    these.iter().filter(|found| !others.contains(found)).collect()
}

proptest! {
    #[test]
    fn what_is_found_is_what_a_slow_reading_of_the_page_finds(
        drawn in prop::collection::vec((drawn(), prop::bool::weighted(0.1)), 1..14),
        wrote in prop::collection::vec((wrote(), prop::bool::weighted(0.8), prop::bool::weighted(0.8)), 14),
        manner in manner(),
    ) {
        let movements = ledger(&drawn);
        let mut rows: Vec<Row> = Vec::new();
        for (place, (wrote, has_number, has_terminal)) in wrote.iter().enumerate().take(movements.len()) {
            let from_here: Vec<Moved> = movements.iter().cycle().skip(place).take(4).cloned().collect();
            rows.extend(rows_of(&from_here, wrote, *has_number, *has_terminal));
        }
        for (place, row) in rows.iter_mut().enumerate() {
            row.line = place as u64 + 2;
            for (amount, is_mapped) in row.amounts.iter_mut().zip(manner.mapped) {
                *amount *= i64::from(is_mapped);
            }
        }
        let (is, ought) = (reconciled(&rows, &movements, &manner), found(&rows, &movements, manner));
        prop_assert!(is == ought, "{}\n{}\nis    {:?}\nought {:?}\nof {manner:?}", text_of(&rows, manner.mapped), told(&movements), unlike(&is, &ought), unlike(&ought, &is));
    }
}
