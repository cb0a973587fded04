//! Holders of a real country's shape, as many as one likes.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench may stop at what it does not expect")]

use std::io::{BufRead, BufReader, Read};

use serde_json::{Value, json};

/// A holder of a real country's shape, two identifiers each. Four of five have a benefit; most live where they lived before, some
/// moved.
pub(crate) fn resident(number: u64) -> Value {
    let group = |place: u64| {
        let from = format!("{}-{:02}-01", 2015 + (number + place) % 10, 1 + number % 12);
        json!({"group": format!("group-{}", (number * 7 + place * 13) % 60), "from": from, "until": "2027-05-01"})
    };
    let groups = [0, 1, 1, 1, 2][usize::try_from(number % 5).unwrap()];
    let residences = if number.is_multiple_of(4) {
        json!([{"territory": "lv.riga", "until": "2021-03-04"}, {"territory": "lv.jelgava", "from": "2021-03-05"}])
    } else {
        json!([{"territory": format!("lv.municipality-{}", number % 42), "from": "2012-01-01"}])
    };
    let attributes =
        if number.is_multiple_of(6) { json!([{"name": "grade", "value": 1 + number % 12}]) } else { json!([]) };
    json!({
        "holder": format!("h-{number:07}"), "household": format!("hh-{:06}", number / 3),
        "birth_date": format!("{}-{:02}-{:02}", 1940 + number % 80, 1 + number % 12, 1 + number % 28),
        "residences": residences, "entitlements": (0..groups).map(group).collect::<Vec<_>>(), "attributes": attributes,
        "identifiers": [
            {"scheme": "etalons", "value": format!("E{number:07}"), "valid_until": "2028-12-31"},
            {"scheme": "bank-card", "value": format!("B{number:07}")},
        ],
    })
}

/// So many residents as a file, one a line, written as it is read.
pub(crate) fn written(residents: u64) -> impl BufRead {
    BufReader::new(Lines { lines: (0..residents).map(|number| format!("{}\n", resident(number))), rest: Vec::new() })
}

struct Lines<T> {
    lines: T,
    rest: Vec<u8>,
}

impl<T: Iterator<Item = String>> Read for Lines<T> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.rest.is_empty() {
            self.rest = self.lines.next().unwrap_or_default().into_bytes();
        }
        let count = self.rest.len().min(into.len());
        into[..count].copy_from_slice(&self.rest[..count]);
        self.rest.drain(..count);
        Ok(count)
    }
}
