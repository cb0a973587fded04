//! A slow reading of settlement 2 and 3: it looks at every movement again for each question.

use avis_core::settlement::PostedMovement;
use jiff::civil::Date;

/// A contract of one rate: version, first day, rate.
pub(crate) type Rate = (i64, Date, i64);

/// What state owes by record for the business days before `until`, had all of it been in one statement.
pub(crate) fn owed_until(movements: &[PostedMovement], rates: &[Rate], until: Date) -> i128 {
    let mut keys: Vec<_> = movements.iter().flat_map(keys_of).collect();
    keys.sort();
    keys.dedup();
    keys.iter().map(|key| reimbursed(standing(movements, key, until), rate_of(movements, key.0, rates))).sum()
}

type Key = (uuid::Uuid, String);

fn keys_of(movement: &PostedMovement) -> Vec<Key> {
    let discounts = movement.moved.lines.iter().flat_map(|line| &line.discounts);
    let paid = discounts.filter(|discount| discount.entries.iter().any(|entry| &*entry.payer == "state"));
    paid.map(|discount| (movement.id.authorization, discount.benefit.to_string())).collect()
}

fn standing(movements: &[PostedMovement], (authorization, benefit): &Key, until: Date) -> i128 {
    let mut sum = 0;
    for movement in movements {
        if movement.id.authorization != *authorization || movement.business_date >= until {
            continue;
        }
        for discount in movement.moved.lines.iter().flat_map(|line| &line.discounts) {
            for entry in &discount.entries {
                if *discount.benefit == **benefit && &*entry.payer == "state" {
                    sum += i128::from(entry.amount);
                }
            }
        }
    }
    sum
}

fn rate_of(movements: &[PostedMovement], authorization: uuid::Uuid, rates: &[Rate]) -> i64 {
    let day = movements.iter().find(|movement| movement.id.authorization == authorization).unwrap().authorized_on;
    rates.iter().filter(|(_, from, _)| *from <= day).max().map_or(0, |(_, _, rate)| *rate)
}

/// Half up, of the absolute amount.
fn reimbursed(amount: i128, rate: i64) -> i128 {
    let exact = amount.abs() * i128::from(rate);
    let (whole, rest) = (exact / 10_000, exact % 10_000);
    (whole + i128::from(rest >= 5000)) * amount.signum()
}
