//! Records, read beside the ledger that writes them.

use std::sync::Arc;

use avis_core::Need;
use avis_core::authorization::OperationKind;
use avis_store::{Clock, Recorded, RecordedFilter, Task};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::accounts;
use crate::points;
use crate::till::{Adapter, PROVIDER, TestClock, Till, id_of, new_id, operation};

/// An adapter whose records can be read beside its ledger.
pub(crate) trait Readable: Adapter {
    fn recorded(&self) -> Box<dyn Recorded>;
}

fn ids(adapter: &dyn Readable, filter: RecordedFilter<'_>, most: usize) -> Vec<Uuid> {
    let newest = adapter.recorded().newest(&filter, most).unwrap();
    newest.iter().map(|(record, _)| record.id).collect()
}

pub(crate) fn a_list_has_each_record_once_and_the_newest_sale_first(adapter: &dyn Readable) {
    let till = Till::new(adapter);
    let ours: Vec<Value> = (0..5).map(|minute| till.sell_after(f64::from(minute), "gift", 1)).collect();
    let request = json!({
        "request_id": new_id(), "occurred_at": "2026-11-18T12:02:30+02:00", "currency": "EUR",
        "lines": [{"line_id": "1", "product": "half", "quantity": 1, "unit_price": 100}],
    });
    let theirs = till.answer(till.request("tram", &request));
    let all: Vec<Uuid> = [&ours[4], &ours[3], &theirs, &ours[2], &ours[1], &ours[0]].map(id_of).into();
    let none = RecordedFilter::default();
    assert_eq!(ids(adapter, none, 100), all);
    let tram = RecordedFilter { provider: Some("tram"), ..none };
    assert_eq!(ids(adapter, tram, 100), [id_of(&theirs)]);
    assert_eq!(ids(adapter, RecordedFilter { grantor: Some("state"), ..none }, 100), all);
    assert_eq!(ids(adapter, RecordedFilter { grantor: Some("nobody"), ..none }, 100), [] as [Uuid; 0]);
    assert_eq!(ids(adapter, RecordedFilter { grantor: Some("nobody"), ..tram }, 100), [id_of(&theirs)], "of either");
    let sold_by = |sold_by| RecordedFilter { sold_by: Some(sold_by), grantor: Some("state"), ..none };
    assert_eq!(ids(adapter, sold_by("tram"), 100), [id_of(&theirs)]);
    assert_eq!(ids(adapter, RecordedFilter { grantor: Some("nobody"), ..sold_by("tram") }, 100), [] as [Uuid; 0]);
    let at = |terminal| RecordedFilter { terminal: Some(terminal), ..none };
    assert_eq!(ids(adapter, at("t"), 100), all);
    assert_eq!(ids(adapter, at("elsewhere"), 100), [] as [Uuid; 0]);
    let between = RecordedFilter {
        from: Some("2026-11-18T12:01:00+02:00".parse().unwrap()),
        until: Some("2026-11-18T12:03:00+02:00".parse().unwrap()),
        ..none
    };
    assert_eq!(ids(adapter, between, 100), all[2..5]);
    let mut paged = Vec::new();
    while paged.len() < all.len() {
        let page = ids(adapter, RecordedFilter { behind: paged.last().copied(), ..none }, 4);
        assert!(!page.is_empty(), "{paged:?}");
        paged.extend(page);
    }
    assert_eq!(paged, all);
}

pub(crate) fn a_record_is_as_its_answers_tell_it_and_decides_the_same_again(adapter: &dyn Readable) {
    let till = Till::new(adapter);
    let sale = till.sell("gift", 2);
    till.answer(operation(OperationKind::Refund, &sale, Some(1)));
    let (record, reading) = adapter.recorded().record(id_of(&sale)).unwrap().unwrap();
    let told = till.ledger.authorization(PROVIDER, id_of(&sale)).unwrap().unwrap();
    assert_eq!(record.read_back(), told);
    let (decision, _, _) = reading.clone().decide_again(till.rules()).unwrap();
    assert_eq!(serde_json::to_value(&decision.lines).unwrap()[0]["discounts"], sale["lines"][0]["discounts"]);
    assert_eq!(reading.decide_by(&till.rules(), till.rules()).unwrap(), decision);
    assert!(adapter.recorded().record(Uuid::max()).unwrap().is_none());
}

pub(crate) fn what_each_party_recorded_is_counted(adapter: &dyn Readable) {
    let till = Till::new(adapter);
    for minute in 0..3 {
        till.sell_after(f64::from(minute), "gift", 1);
    }
    let count = |from: &str, until: &str| {
        let metered = adapter.recorded().metered(from.parse().unwrap(), until.parse().unwrap()).unwrap();
        metered.into_iter().map(|one| (one.party, one.records, one.bytes > 0, one.granted)).collect::<Vec<_>>()
    };
    let all = count("2026-11-18T12:00:00+02:00", "2026-11-18T13:00:00+02:00");
    assert_eq!(all, [("bus".to_owned(), 3, true, 0), ("state".to_owned(), 0, false, 3)]);
    let one = count("2026-11-18T12:01:00+02:00", "2026-11-18T12:02:00+02:00");
    assert_eq!(one, [("bus".to_owned(), 1, true, 0), ("state".to_owned(), 0, false, 1)]);
    assert_eq!(count("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"), []);
}

/// A record counts once in each programme, whatever moved; what happens to an account alone is no record.
pub(crate) fn in_how_many_records_points_moved_is_counted_by_programme(adapter: &dyn Readable) {
    let clock = Arc::new(TestClock::default());
    let shop = points::shop(adapter, &clock);
    for _ in 0..2 {
        points::sell(&shop, &clock, &[("coffee", 3)], &json!({}));
    }
    shop.answer(accounts::adjusting(new_id(), accounts::own_stamps(), 7, Some(30)));
    let moved = |from: &str| {
        adapter.recorded().metered_points(from.parse().unwrap(), "2100-01-01T00:00:00Z".parse().unwrap()).unwrap()
    };
    let all = moved("2000-01-01T00:00:00Z");
    assert!(!all.is_empty() && all.iter().all(|(_, records)| *records == 2), "{all:?}");
    assert_eq!(moved("2099-01-01T00:00:00Z"), []);
}

pub(crate) fn what_was_used_and_what_is_in_accounts_is_read_as_the_ledger_tells_it(adapter: &dyn Readable) {
    let till = Till::new(adapter);
    till.sell("three", 2);
    till.sell_after(0.0, "transfer", 1);
    let needs: Vec<Need> = ["three", "transfer"]
        .into_iter()
        .flat_map(|product| {
            let Task::Authorize(new) = till.sale(new_id(), "sale", product, 1) else { panic!("a sale") };
            new.plan.needs().to_vec()
        })
        .collect();
    let used = adapter.recorded().used(&needs).unwrap();
    assert_eq!(used, till.ledger.usage(&needs).unwrap());
    assert_eq!(used[0].units, 2);
    drop(till);
    let clock = Arc::new(TestClock::default());
    let shop = points::shop(adapter, &clock);
    points::sell(&shop, &clock, &[("coffee", 3)], &json!({}));
    let (_, inquiry) = points::inquiry(&shop, &clock);
    let known = adapter.recorded().points(&inquiry, clock.now()).unwrap();
    assert_eq!(known, shop.ledger.known(&inquiry, clock.now()).unwrap());
    assert_eq!(serde_json::to_value(&known).unwrap()["members"][0]["balance"], 30);
}
