//! The cards of the demo that provoke every answer, as the page for terminals lists them.

use std::collections::BTreeSet;

use avis_core::Reason;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::deployment::new_id;
use crate::program::Server;

const KEY: &str = "avis_demo_test_till";

/// A row of the table: what is sent, and what must come.
struct Row {
    cards: Vec<String>,
    product: String,
    unit_price: i64,
    outcome: String,
    payable: i64,
    reasons: Vec<String>,
}

/// The words of a cell that stand in backticks.
fn words(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn table() -> Vec<Row> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/terminals.md")).unwrap();
    let (_, section) = page.split_once("\n### Test means\n").unwrap();
    let lines = section.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let lines = lines.take_while(|line| line.starts_with('|'));
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [cards, product, unit_price, outcome, payable, reasons] = cells[..] else { panic!("{line}") };
        Row {
            cards: words(cards),
            product: words(product).concat(),
            unit_price: unit_price.parse().unwrap(),
            outcome: words(outcome).concat(),
            payable: payable.parse().unwrap(),
            reasons: words(reasons),
        }
    };
    lines.map(row).collect()
}

impl Row {
    fn request(&self) -> String {
        let cards = self.cards.iter().map(|card| json!({"scheme": "loyalty", "value": card}));
        json!({
            "request_id": new_id(), "occurred_at": Timestamp::now().to_string(), "channel": "till", "currency": "EUR",
            "identifiers": cards.collect::<Vec<_>>(),
            "lines": [{"line_id": "1", "product": self.product, "quantity": 1, "unit_price": self.unit_price}],
        })
        .to_string()
    }

    fn is_answered_by(&self, answer: &Value) {
        let main = self.reasons.first().filter(|_| self.payable > 0);
        let came = (&answer["outcome"], &answer["payable"], &answer["reasons"], &answer["main_reason"]);
        assert_eq!(
            came,
            (&json!(self.outcome), &json!(self.payable), &json!(self.reasons), &json!(main)),
            "{:?}: {answer}",
            self.cards
        );
    }
}

#[test]
fn every_card_of_the_table_gives_its_answer_again_and_again() {
    let (server, table) = (Server::start(), table());
    for row in &table {
        for _ in 0..3 {
            row.is_answered_by(&server.quote(KEY, row.request()).json());
            row.is_answered_by(&server.send(KEY, "/v1/authorizations", row.request()).json());
        }
    }
}

#[test]
fn the_table_has_every_outcome_and_every_reason_alone() {
    let table = table();
    let outcomes: BTreeSet<&str> = table.iter().map(|row| &*row.outcome).collect();
    assert_eq!(outcomes, BTreeSet::from(["approved", "declined", "partially_approved"]));
    assert!(table.iter().any(|row| row.outcome == "approved" && row.payable == 0 && row.reasons.is_empty()));
    for reason in Reason::ALL {
        let alone = table.iter().any(|row| row.reasons == [reason.word()]);
        assert!(alone, "no card gives `{}` alone", reason.word());
    }
    let cards: BTreeSet<&String> = table.iter().map(|row| &row.cards[0]).collect();
    assert_eq!(cards.len(), table.len(), "each row has a card of its own");
}
