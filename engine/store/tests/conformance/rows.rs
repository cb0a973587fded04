//! The tables of an adapter, asked in SQL of its own, and the laws that hold between them and what is read back.

use std::collections::BTreeMap;
use std::sync::Arc;

use avis_store::Ledger;
use serde_json::Value;
use uuid::Uuid;

use crate::till::{Adapter, TestClock};

/// An adapter whose tables can be asked beside it.
pub(crate) trait Tables: Adapter {
    /// The words in which its tables are asked.
    fn dialect(&self) -> Dialect;

    /// The rows of a query, each value as text; null is empty.
    fn rows(&self, query: &str) -> Vec<Vec<String>>;

    /// The rows of a table, each as one text; bytes stand in hexadecimal digits.
    fn texts(&self, table: &str) -> Vec<String>;

    /// The ledger of the tables, to be read when nobody else has it open any more.
    fn reader(&self) -> Box<dyn Ledger> {
        self.open(Arc::<TestClock>::default())
    }
}

/// What the SQL of one database says otherwise than that of another.
pub(crate) struct Dialect {
    /// In front of every table.
    pub(crate) schema: &'static str,
    /// `authorization_id` in hexadecimal digits.
    pub(crate) authorization: &'static str,
    /// The month of `date`, as `2026-11`.
    pub(crate) month: &'static str,
}

/// What of one line stands sold: units, gross, payable, discount.
type Sold = (i64, i64, i64, i64);

fn number(text: &str) -> i64 {
    text.parse().unwrap_or_else(|_| panic!("no number: {text:?}"))
}

/// Every law, over all that was recorded, with the ledger opened anew.
pub(crate) fn laws_hold(tables: &dyn Tables) {
    laws_hold_at(tables, &*tables.reader());
}

/// Every law, over all that was recorded, as an open ledger reads it back.
pub(crate) fn laws_hold_at(tables: &dyn Tables, ledger: &dyn Ledger) {
    every_movement_is_the_sum_of_its_parts(tables);
    movements_sum_to_what_is_read_back(tables, ledger);
    points_are_sums_of_entries(tables);
}

/// Double entry, and what is left of lots and owed by accounts as the sums of their entries.
fn points_are_sums_of_entries(tables: &dyn Tables) {
    let schema = tables.dialect().schema;
    let broken = [
        format!("SELECT number FROM {schema}points_entry GROUP BY program, account, number HAVING sum(points) <> 0"),
        format!(
            "SELECT l.lot FROM {schema}points_lot l WHERE l.points < 0 OR l.points <>
             (SELECT coalesce(sum(e.points), 0) FROM {schema}points_entry e WHERE e.program = l.program
              AND e.account = l.account AND e.lot = l.lot)"
        ),
        format!(
            "SELECT account FROM {schema}points_entry GROUP BY program, account, ledger_account
             HAVING (ledger_account IN ('issued', 'owed') AND sum(points) > 0)
                 OR (ledger_account IN ('points', 'reserved', 'redeemed', 'expired') AND sum(points) < 0)"
        ),
        format!("SELECT uses FROM {schema}coupon_use WHERE uses NOT IN (0, 1)"),
    ];
    for query in broken {
        assert_eq!(tables.rows(&query), Vec::<Vec<String>>::new(), "{query}");
    }
    let owed = format!(
        "SELECT a.content, (SELECT coalesce(sum(e.points), 0) FROM {schema}points_entry e WHERE e.program = a.program
         AND e.account = a.account AND e.ledger_account = 'owed') FROM {schema}points_account a"
    );
    for row in tables.rows(&owed) {
        let content: Value = serde_json::from_str(&row[0]).unwrap();
        assert_eq!(-number(&row[1]), content["owed"].as_i64().unwrap_or_default(), "{content}");
    }
}

fn every_movement_is_the_sum_of_its_parts(tables: &dyn Tables) {
    let schema = tables.dialect().schema;
    let same = |one: &str, other: &str| {
        format!("{one}.authorization_id = {other}.authorization_id AND {one}.number = {other}.number")
    };
    let sum = |what: &str, table: &str, of: &str| {
        format!("(SELECT coalesce(sum({what}), 0) FROM {schema}{table} s WHERE {})", same("s", of))
    };
    let (gross, payable) = (sum("gross", "movement_line", "m"), sum("payable", "movement_line", "m"));
    let discount = sum("amount", "entry", "m");
    let broken = [
        format!(
            "SELECT m.number FROM {schema}movement m WHERE m.gross <> m.discount + m.payable OR m.gross <> {gross}
             OR m.payable <> {payable} OR m.discount <> {discount}"
        ),
        format!(
            "SELECT l.number FROM {schema}movement_line l WHERE l.gross - l.payable <>
             (SELECT coalesce(sum(e.amount), 0) FROM {schema}entry e WHERE {} AND e.line = l.line)",
            same("e", "l")
        ),
        format!(
            "SELECT authorization_id FROM {schema}movement GROUP BY authorization_id
             HAVING min(number) <> 1 OR max(number) <> count(*)"
        ),
        format!(
            "SELECT authorization_id FROM {schema}authorization_event GROUP BY authorization_id
             HAVING min(number) <> 1 OR max(number) <> count(*)"
        ),
        format!(
            "SELECT m.number FROM {schema}movement m WHERE m.direction =
             CASE WHEN m.kind IN ('void', 'refund') THEN 'sale' WHEN m.kind <> 'reversal' THEN 'return' ELSE '' END"
        ),
    ];
    for query in broken {
        assert_eq!(tables.rows(&query), Vec::<Vec<String>>::new(), "{query}");
    }
}

/// What all movements sum to by SQL, against what each authorization says of itself.
fn movements_sum_to_what_is_read_back(tables: &dyn Tables, ledger: &dyn Ledger) {
    let Dialect { schema, authorization, .. } = tables.dialect();
    let mut sums: BTreeMap<(String, String), Sold> = BTreeMap::new();
    let lines = format!(
        "SELECT {authorization}, line_id, sum(units), sum(gross), sum(payable) FROM {schema}movement_line GROUP BY 1, 2"
    );
    for row in tables.rows(&lines) {
        sums.insert((row[0].clone(), row[1].clone()), (number(&row[2]), number(&row[3]), number(&row[4]), 0));
    }
    let entries = format!("SELECT {authorization}, line_id, sum(amount) FROM {schema}entry GROUP BY 1, 2");
    for row in tables.rows(&entries) {
        sums.get_mut(&(row[0].clone(), row[1].clone())).unwrap().3 = number(&row[2]);
    }
    let over_granted = over_granted(tables);
    let all =
        format!("SELECT {}, provider FROM {schema}authorization", authorization.replace("authorization_id", "id"));
    for row in tables.rows(&all) {
        let id: Uuid = row[0].parse().unwrap();
        let read = ledger.authorization(&row[1], id).unwrap().unwrap();
        let read: Value = serde_json::from_slice(&read).unwrap();
        let sold = ["captured", "partly_refunded", "refunded"].contains(&read["state"].as_str().unwrap());
        for line in read["lines"].as_array().unwrap() {
            let left = |name: &str| line["left"][name].as_i64().unwrap();
            let (payable, discount) = (left("payable"), left("discount"));
            let stands = if sold { (left("units"), payable + discount, payable, discount) } else { (0, 0, 0, 0) };
            let line_id = line["line_id"].as_str().unwrap().to_owned();
            let sum = sums.get(&(row[0].clone(), line_id)).copied().unwrap_or_default();
            assert_eq!(sum, stands, "units, gross, payable, discount of {read}");
        }
        if sold {
            let (listed, entered) = over_granted.get(&row[0]).copied().unwrap_or_default();
            assert_eq!(listed, entered, "what is listed as over-granted is what was entered as such: {read}");
        }
    }
}

/// Of each authorization, what is listed as over-granted, and what stands entered as such.
fn over_granted(tables: &dyn Tables) -> BTreeMap<String, (i64, i64)> {
    let Dialect { schema, authorization, .. } = tables.dialect();
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let listed = format!("SELECT {authorization}, sum(grantor + provider) FROM {schema}over_grant GROUP BY 1");
    for row in tables.rows(&listed) {
        sums.entry(row[0].clone()).or_default().0 = number(&row[1]);
    }
    let entered =
        format!("SELECT {authorization}, sum(amount) FROM {schema}entry WHERE cause = 'over_granted' GROUP BY 1");
    for row in tables.rows(&entered) {
        sums.entry(row[0].clone()).or_default().1 = number(&row[1]);
    }
    sums
}
