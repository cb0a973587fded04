//! How much memory the directory takes: holders of a real country's shape, two identifiers each.
//!
//! `BENCH_HOLDERS=2000000 cargo bench --bench memory` measures the size that is promised; without the variable it is a
//! small one, so that nothing rots.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a bench may stop at what it does not expect"
)]

mod common;

use avis_core::{IdentifierKey, WrittenHolder};
use avis_server::Directory;
use common::secret;
use serde_json::json;

const HOLDERS: u64 = 2_000;

fn main() {
    let holders = std::env::var("BENCH_HOLDERS").map_or(HOLDERS, |text| text.parse().unwrap());
    let before = resident_bytes();
    let directory = Directory::default();
    for number in 0..holders {
        directory.add(&holder(number), &secret()).unwrap();
    }
    directory.shrink();
    let identifiers = directory.identifier_count() as u64;
    assert_eq!(identifiers, 2 * holders);
    let last = IdentifierKey::of("etalons", &format!("E{:07}", holders - 1), &secret()).unwrap();
    assert!(directory.look_up(&last).is_some());
    match before.zip(resident_bytes()) {
        Some((before, after)) => {
            let taken = after.saturating_sub(before);
            println!("{holders} holders with {identifiers} identifiers take {:.1} MB", taken as f64 / 1e6);
            println!("{} bytes a holder   (wished: at most 200, which is 400 MB for 2 million)", taken / holders);
        }
        None => println!("this system does not tell how much memory a process takes"),
    }
}

/// Four of five have a benefit; most live where they lived before, some moved.
fn holder(number: u64) -> WrittenHolder {
    let group = |place: u64| {
        let from = format!("{}-{:02}-01", 2015 + (number + place) % 10, 1 + number % 12);
        json!({"group": format!("group-{}", (number * 7 + place * 13) % 60), "from": from, "until": "2027-05-01"})
    };
    let groups = [0, 1, 1, 1, 2][(number % 5) as usize];
    let residences = if number.is_multiple_of(4) {
        json!([{"territory": "lv.riga", "until": "2021-03-04"}, {"territory": "lv.jelgava", "from": "2021-03-05"}])
    } else {
        json!([{"territory": format!("lv.municipality-{}", number % 42), "from": "2012-01-01"}])
    };
    let attributes =
        if number.is_multiple_of(6) { json!([{"name": "grade", "value": 1 + number % 12}]) } else { json!([]) };
    WrittenHolder::from_value(&json!({
        "holder": format!("h-{number:07}"), "household": format!("hh-{:06}", number / 3),
        "birth_date": format!("{}-{:02}-{:02}", 1940 + number % 80, 1 + number % 12, 1 + number % 28),
        "residences": residences, "entitlements": (0..groups).map(group).collect::<Vec<_>>(), "attributes": attributes,
        "identifiers": [
            {"scheme": "etalons", "value": format!("E{number:07}"), "valid_until": "2028-12-31"},
            {"scheme": "bank-card", "value": format!("B{number:07}")},
        ],
    }))
    .unwrap()
}

fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
