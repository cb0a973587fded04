//! What holds of the statements of any ledger.

use avis_core::settlement::{PostedMovement, Statement};
use proptest::prelude::*;
use serde_json::json;

use crate::naive;
use crate::world::{self, contract, date, file, movement};

/// A sale with what is given back of it later: authorization, days, amounts.
fn sold(number: u128) -> impl Strategy<Value = Vec<PostedMovement>> {
    let returns = prop::collection::vec((0..40, 1..=60_i64), 0..3);
    (1..60, prop::sample::select(vec!["half", "day"]), 1..=200_i64, prop::bool::ANY, returns).prop_map(
        move |(day, benefit, amount, is_paid, returns)| {
            let payer = if is_paid { "state" } else { "town" };
            let entry = |amount| [(benefit, "state", payer, "", amount)];
            let mut movements = vec![movement(number, 1, (day, day), &entry(amount))];
            let (mut last, mut left) = (day, amount);
            for (count, (after, back)) in returns.into_iter().enumerate() {
                (last, left) = (last + after, left - back);
                if left < 0 {
                    break;
                }
                movements.push(movement(number, i64::try_from(count).unwrap() + 2, (day, last), &entry(-back)));
            }
            movements
        },
    )
}

fn ledger() -> impl Strategy<Value = Vec<PostedMovement>> {
    let sales = (0..8_u128).map(sold).collect::<Vec<_>>();
    sales.prop_map(|sales| sales.into_iter().flatten().collect())
}

const MONTHS: usize = 8;

fn statements(movements: &[PostedMovement], beside: &serde_json::Value, second_rate: i64) -> Vec<Statement> {
    let mut second = contract(2, beside);
    second["from"] = json!(date(20));
    second["rate"] = json!(second_rate);
    let contracts = json!([contract(1, beside), second]);
    world::statements(&file(&contracts, MONTHS), movements).unwrap()
}

proptest! {
    #[test]
    fn statements_add_up_to_the_movements(movements in ledger(), rate in 0..=10_000_i64, second in 0..=10_000_i64) {
        let statements = statements(&movements, &json!({"rate": rate}), second);
        let stated: i128 = statements.iter().flat_map(|statement| &statement.lines).map(|line| line.amount).sum();
        let moved: i128 = movements.iter().map(|movement| i128::from(movement.moved.discount)).sum();
        prop_assert_eq!(stated, moved);
        let rates = [(1, date(1), rate), (2, date(20), second)];
        let mut owed = 0;
        for statement in &statements {
            owed += statement.total();
            prop_assert_eq!(owed, naive::owed_until(&movements, &rates, statement.period.until()));
        }
    }

    #[test]
    fn no_order_of_movements_changes_a_statement(movements in ledger().prop_shuffle(), rate in 0..=10_000_i64) {
        let mut sorted = movements.clone();
        sorted.sort_by_key(|movement| movement.id);
        let beside = json!({"rate": rate, "rounding": "batch", "ceiling": {"per": "year", "amount": 300}});
        prop_assert_eq!(statements(&movements, &beside, rate), statements(&sorted, &beside, rate));
    }

    #[test]
    fn what_comes_later_changes_no_statement(movements in ledger(), rate in 0..=10_000_i64, day in 1..90) {
        let beside = json!({"rate": rate, "ceiling": {"per": "month", "amount": 200}});
        let until = date(day);
        let known: Vec<_> = movements.iter().filter(|movement| movement.business_date < until).cloned().collect();
        let (then, now) = (statements(&known, &beside, rate), statements(&movements, &beside, rate));
        for (then, now) in then.iter().zip(&now).filter(|(then, _)| then.period.until() <= until) {
            prop_assert_eq!(then.sealed("EUR"), now.sealed("EUR"));
        }
    }

    #[test]
    fn a_ceiling_holds_over_all_statements(movements in ledger(), most in 0..=600_i64) {
        let beside = json!({"ceiling": {"per": "validity", "amount": most}});
        let statements = statements(&movements, &beside, 10_000);
        for version in [1, 2] {
            let (mut due, mut paid) = (0, 0);
            for line in statements.iter().flat_map(|statement| &statement.lines).filter(|line| line.contract == Some(version)) {
                due += if line.benefit.is_some() { line.reimbursed } else { 0 };
                paid += line.reimbursed;
            }
            prop_assert_eq!(paid, due.min(i128::from(most)));
        }
    }
}
