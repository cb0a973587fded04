//! How much memory the directory takes: holders of a real country's shape, two identifiers each.
//!
//! `BENCH_HOLDERS=2000000 cargo bench --bench memory` measures the size that is promised; without the variable it is a
//! small one, so that nothing rots.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench may stop at what it does not expect")]

mod common;

use avis_core::{IdentifierKey, WrittenHolder};
use avis_server::Directory;
use common::residents::resident;
use common::{resident_bytes, secret};

const HOLDERS: u64 = 2_000;

fn main() {
    let holders = std::env::var("BENCH_HOLDERS").map_or(HOLDERS, |text| text.parse().unwrap());
    let before = resident_bytes();
    let directory = Directory::default();
    for number in 0..holders {
        directory.add(&WrittenHolder::from_value(&resident(number)).unwrap(), &secret()).unwrap();
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
