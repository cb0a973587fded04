//! Files with faults planted at random, held against the ledger of each store: every fault is found, and nothing else is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::parties::{Parties, on_each_store};
use crate::till::Till;
use crate::world::run;

/// Sales that a file may get wrong, ten minutes apart.
const SALES: i64 = 30;

/// How many files, unless `PLANTED_FILES` says otherwise.
fn files() -> u64 {
    std::env::var("PLANTED_FILES").map_or(24, |text| text.parse().unwrap())
}

/// A row of numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// What was sold on the 17th: each with its discount in cents, and by what it is found again.
struct Sale {
    authorization: Uuid,
    minutes: i64,
    discount: i64,
}

impl Sale {
    fn row(&self, number: usize, day: i64, more: i64) -> String {
        let (hour, minute, cents) = (8 + self.minutes / 60, self.minutes % 60, self.discount + more);
        let day = 17 + day;
        format!("{day}.11.2026 {hour:02}:{minute:02};desk;{},{:02};T{number}\n", cents / 100, cents % 100)
    }
}

/// A file, and how often each status is told of each sale.
fn planted(sales: &[Sale], chance: &mut Chance) -> (String, BTreeMap<String, usize>) {
    let (mut rows, mut expected) = (Vec::new(), BTreeMap::new());
    for (number, sale) in sales.iter().enumerate() {
        let mut told = |status: &str| *expected.entry(format!("{status} {}", sale.authorization)).or_default() += 1;
        match chance.below(12) {
            0 => told("missing_there"),
            1 => {
                rows.extend([sale.row(number, 0, 0), sale.row(number, 0, 0)]);
                *expected.entry("duplicate ".to_owned()).or_default() += 1;
            }
            2 => {
                rows.push(sale.row(number, 0, 1));
                told("amount_differs");
            }
            3 => {
                rows.push(sale.row(number, 1, 0));
                told("wrong_day");
            }
            4 => {
                rows.push(sale.row(number, 0, 0).replace(',', "?"));
                told("missing_there");
            }
            _ => rows.push(sale.row(number, 0, 0)),
        }
    }
    // In an order of its own.
    for place in (1..rows.len()).rev() {
        let other = usize::try_from(chance.below(place as u64 + 1)).unwrap();
        rows.swap(place, other);
    }
    let mut file = "Laiks;Kase;Atlaide;Bons\n".to_owned();
    rows.iter().for_each(|row| file.write_str(row).unwrap());
    (file, expected)
}

/// What was told of each sale that does not match.
async fn found(parties: &Parties, run: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let findings = parties.get(&parties.bus, &format!("/reconciliations/{run}/findings?limit=200")).await.json();
    for finding in findings["items"].as_array().unwrap() {
        let movement = finding["movements"][0].as_str().and_then(|movement| movement.split_once('/'));
        let status = finding["status"].as_str().unwrap();
        let authorization = movement.map_or("", |(authorization, _)| authorization);
        *found.entry(format!("{status} {authorization}")).or_default() += 1;
    }
    found
}

on_each_store! {
    async fn every_fault_that_is_planted_is_found_and_nothing_else(parties) {
        let (till, mut sales) = (Till::new(&parties.world), Vec::new());
        for number in 0..SALES {
            let (minutes, discount) = (number * 10, 100 + 7 * number);
            let at = format!("2026-11-17T{:02}:{:02}:00Z", 8 + minutes / 60, minutes % 60);
            sales.push(Sale { authorization: till.sell(&at, 2 * discount).await, minutes, discount });
        }
        let profile = json!({"dates": ["DD.MM.YYYY HH:mm"], "delimiter": ";", "decimal": ",", "time_zone": "UTC",
            "columns": {"occurred_at": "Laiks", "terminal": "Kase", "discount": "Atlaide", "external_id": "Bons"}});
        for seed in 0..files() {
            let (file, expected) = planted(&sales, &mut Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
            let body = json!({"from": "2026-11-17", "until": "2026-11-19", "file": file, "profile": profile});
            let run = parties.make(&parties.bus, "/providers/bus/reconciliations", &body).await;
            assert_eq!(found(&parties, &run.id()).await, expected, "PLANTED_FILES, number {seed}: {file}");
            let told: u64 = run.json()["summary"].as_object().unwrap().iter()
                .filter(|(status, _)| *status != "matched").map(|(_, count)| Value::as_u64(count).unwrap()).sum();
            assert_eq!(told, expected.values().sum::<usize>() as u64);
        }
    }
}
