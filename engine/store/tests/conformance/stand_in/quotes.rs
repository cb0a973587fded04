//! A quote and a sale of one engine in one state give one price.

use avis_core::authorization::OperationKind;
use avis_core::{Decision, Plan};
use avis_store::{NewAuthorization, Task};
use avis_testing::eventually;
use serde_json::json;

use super::wire::Passing;
use super::{Shop, adapter};
use crate::till::{new_id, operation};

const PRODUCTS: [&str; 6] = ["gift", "three", "purse", "thousand", "half", "budget"];

/// Numbers that look like chance, the same at each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn plan_of(task: Task) -> Box<Plan> {
    match task {
        Task::Authorize(new) => {
            let NewAuthorization { plan, .. } = *new;
            plan
        }
        other => panic!("{other:?}"),
    }
}

/// As the engine quotes: without the ledger where a sale is decided without it, else by what was used.
fn quoted(shop: &Shop, holder: &str, product: &str, units: i64) -> Decision {
    let plan = plan_of(shop.till.sale_to(holder, new_id(), product, units));
    match shop.till.ledger.decide_away(&plan) {
        Some(away) => away.unwrap().decision,
        None => {
            let mut used = shop.till.ledger.usage(plan.needs()).unwrap().into_iter();
            plan.decide(&plan.usage(|_| used.next().unwrap()))
        }
    }
}

fn quote_and_sale_agree(shop: &Shop, chance: &mut Chance) {
    let product = PRODUCTS[usize::try_from(chance.below(6)).unwrap()];
    let (holder, units) =
        (["h-1", "h-2"][usize::try_from(chance.below(2)).unwrap()], 1 + chance.below(2).cast_signed());
    let quoted = quoted(shop, holder, product, units);
    let sold = shop.till.answer(shop.till.sale_to(holder, new_id(), product, units));
    assert_eq!(
        (sold["payable"].as_i64(), &sold["outcome"], &sold["reasons"]),
        (Some(quoted.payable), &json!(quoted.outcome), &json!(quoted.reasons)),
        "{units} {product} for {holder}"
    );
}

#[test]
fn a_quote_and_a_sale_of_one_engine_give_one_price_in_every_state() {
    for seed in 0..6 {
        let mut chance = Chance(seed);
        let beside = adapter(&format!("quotes-{seed}"));
        let mut shop = Shop::new(&beside);
        for _ in 0..40 {
            match (chance.below(8), shop.stand_in.standing().away_since.is_some()) {
                (0, false) => shop.go_away(),
                (0, true) => shop.come_back(),
                (1, true) => shop = shop.restarted(&beside),
                _ => quote_and_sale_agree(&shop, &mut chance),
            }
        }
    }
}

/// The limit is three a month, and the policy of its grantor two uses in an outage.
#[test]
fn what_an_engine_sold_and_was_told_counts_without_the_ledger() {
    let shop = Shop::new(&adapter("known"));
    assert_eq!(shop.till.sell("three", 2)["payable"], 0);
    shop.go_away();
    assert_eq!(shop.till.sell("three", 2)["payable"], 100, "one is left of three");
    let declined = shop.till.sell("three", 1);
    assert_eq!((&declined["outcome"], &declined["reasons"]), (&json!("declined"), &json!(["limit_reached"])));
    shop.come_back();
    assert_eq!(shop.beside.sql("SELECT count(*) FROM over_grant"), 0);
}

#[test]
fn what_another_engine_used_counts_once_the_ledger_told_of_it() {
    let shop = Shop::new(&adapter("told"));
    shop.sold_elsewhere("three", 3);
    let told = quoted(&shop, "h-1", "three", 1);
    assert_eq!(told.payable, 100);
    shop.go_away();
    assert_eq!(shop.till.sell("three", 1)["payable"], 100);
    let other = shop.till.answer(shop.till.sale_to("h-2", new_id(), "three", 1));
    assert_eq!(other["payable"], 0, "of this holder nothing is known to be used");
}

#[test]
fn what_was_given_back_counts_no_more_without_the_ledger() {
    let shop = Shop::new(&adapter("given-back"));
    let sold = shop.till.answer(shop.till.sale(new_id(), "sale", "three", 3));
    shop.till.answer(operation(OperationKind::Refund, &sold, Some(1)));
    shop.go_away();
    assert_eq!(shop.till.sell("three", 1)["payable"], 0, "one of three is left again");
}

#[test]
fn a_sale_that_was_set_aside_hides_nothing_that_is_told_afterwards() {
    let beside = adapter("told-behind");
    let shop = Shop::new(&beside);
    shop.go_away();
    let id = new_id();
    shop.till.answer(shop.till.sale(id, "sale", "gift", 2));
    // Another engine used the id for something else.
    let other = shop.till.sale(id, "sale", "gift", 7);
    shop.wire.ledger().submit(other).unwrap().blocking_recv().unwrap().unwrap();
    shop.wire.pass(Passing::Everything);
    let standing = || shop.stand_in.standing();
    eventually("the sale set aside", standing, |standing| standing.set_aside == 1 && standing.away_since.is_none());
    let shop = shop.restarted(&beside);
    shop.sold_elsewhere("three", 3);
    assert_eq!(quoted(&shop, "h-1", "three", 1).payable, 100);
    shop.go_away();
    assert_eq!(shop.till.sell("three", 1)["payable"], 100, "what the ledger told counts");
}
