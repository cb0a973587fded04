//! The corpus of the fuzz targets, as an ordinary test: what once broke stays mended.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod common;
mod fuzzed;

use std::path::Path;

fn each(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let files = std::fs::read_dir(folder).unwrap();
    let count = files.map(|file| check(&std::fs::read(file.unwrap().path()).unwrap())).count();
    assert!(count > 5, "the corpus of `{target}` is here");
}

#[test]
fn any_catalogue_is_refused_or_decides() {
    each("catalogue", fuzzed::catalogue);
    common::corpus().iter().for_each(|row| fuzzed::catalogue(row["catalogue"].to_string().as_bytes()));
}

#[test]
fn any_request_is_refused_or_decided() {
    each("request", fuzzed::request);
    for row in common::corpus() {
        common::list(&row, "requests").iter().for_each(|request| fuzzed::request(request.to_string().as_bytes()));
    }
}
