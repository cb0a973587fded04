//! Reports: what settlement reads of the ledger's rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use avis_core::WrittenHolder;
use avis_core::authorization::OperationKind;
use avis_store::{
    Accounts, Authorizations, BrokenSeal, ClosedDays, Entries, Posting, Reports, StoredMovement, Taken, Wanted,
};
use jiff::civil::Date;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::rows::{Dialect, Tables};
use crate::sealed::{Sealed, verified};
use crate::till::{PROVIDER, Till, id_of, new_id, operation};

/// An adapter whose ledger is reported about.
pub(crate) trait Reported: Sealed + Tables {
    fn reports(&self) -> Box<dyn Reports>;

    fn accounts(&self) -> Box<dyn Accounts>;

    /// Changes what is added up, behind its back.
    fn change_tally(&self, statement: &str);
}

const DAY: Date = Date::constant(2026, 11, 18);

fn of_days(from: Date, until: Date) -> Authorizations<'static> {
    Authorizations::OfDays(from, until)
}

fn postings(
    reported: &dyn Reported,
    entries: Entries<'_>,
    closed: &ClosedDays,
    of: Authorizations<'_>,
) -> Vec<Posting> {
    let mut found = Vec::new();
    let wanted = Wanted { provider: PROVIDER, entries, closed, of };
    let mut sink = |posting| {
        found.push(posting);
        Ok(())
    };
    reported.reports().each_posting(&wanted, &mut sink).unwrap();
    found
}

/// Movements as authorization, number, first and business day.
fn dates(found: &[Posting]) -> Vec<(Uuid, i64, i8, i8)> {
    let date = |posting: &Posting| {
        let movement = &posting.movement;
        (movement.id.authorization, movement.id.number, posting.first.day(), movement.business_date.day())
    };
    found.iter().map(date).collect()
}

fn closed(days: &[(Date, &Taken)]) -> ClosedDays {
    // As a record keeps it.
    let kept = |taken: &Taken| serde_json::from_str(&serde_json::to_string(taken).unwrap()).unwrap();
    ClosedDays::new(days.iter().map(|(date, taken)| (*date, kept(taken))))
}

pub(crate) fn postings_are_the_entries_of_a_grantor_in_their_order(reported: &dyn Reported) {
    let till = Till::new(reported);
    let sold: Vec<Value> = ["gift", "half", "three"].map(|product| till.sell(product, 2)).to_vec();
    till.answer(operation(OperationKind::Refund, &sold[1], Some(1)));
    till.sell_at("tram", "gift", 1);
    let tomorrow = DAY.tomorrow().unwrap();
    let found = postings(reported, Entries::Of("state"), &ClosedDays::default(), of_days(DAY, tomorrow));
    let mut by_payer: BTreeMap<String, i64> = BTreeMap::new();
    for borne in found.iter().filter_map(|posting| posting.borne.as_ref()) {
        *by_payer.entry(format!("{} {}", borne.stake.benefit, borne.stake.payer)).or_default() += borne.amount;
    }
    let Dialect { schema, .. } = reported.dialect();
    let sums = format!(
        "SELECT benefit, payer, sum(amount) FROM {schema}entry WHERE provider = '{PROVIDER}' GROUP BY 1, 2 ORDER BY 1, 2"
    );
    let rows = reported.rows(&sums).into_iter().map(|row| (format!("{} {}", row[0], row[1]), row[2].parse().unwrap()));
    assert_eq!(by_payer, rows.collect());
    assert_eq!(by_payer.len(), 3);
    let keys: Vec<_> = found.iter().map(|posting| posting.movement.id).collect();
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(keys, sorted);
    assert_eq!(found.len(), 4);
    let movement = &found.iter().find(|posting| posting.movement.id.number == 2).unwrap().movement;
    let told =
        (movement.moved.kind.word(), movement.moved.direction.word(), movement.moved.discount, &*movement.terminal);
    assert_eq!(told, ("refund", "return", -50, "desk"));
    let of_nobody = |of| postings(reported, Entries::Of("nobody"), &ClosedDays::default(), of);
    let ids: Vec<Uuid> = sold.iter().map(id_of).collect();
    let without = of_nobody(Authorizations::Of(&ids));
    assert!(without.len() == 4 && without.iter().all(|posting| posting.borne.is_none()), "movements come all the same");
    assert!(of_nobody(of_days(DAY, tomorrow)).is_empty(), "of days only those that are the grantor's");
    assert!(postings(reported, Entries::Of("state"), &ClosedDays::default(), of_days(tomorrow, Date::MAX)).is_empty());
}

pub(crate) fn movements_of_authorizations_come_whole_and_in_order(reported: &dyn Reported) {
    let till = Till::new(reported);
    let sold: Vec<Value> = ["gift", "half", "three"].map(|product| till.sell(product, 2)).to_vec();
    till.answer(operation(OperationKind::Refund, &sold[0], Some(1)));
    let mut of_two = Vec::new();
    let ids = [id_of(&sold[2]), id_of(&sold[0])];
    let mut sink = |movement: StoredMovement| {
        of_two.extend(ids.contains(&movement.authorization()).then_some(movement));
        Ok(())
    };
    reported.movements().each_movement(&mut sink).unwrap();
    let found = reported.reports().movements_of(&ids).unwrap();
    assert_eq!((&found, found.len()), (&of_two, 3));
    assert!(reported.reports().movements_of(&[]).unwrap().is_empty());
}

pub(crate) fn what_a_close_did_not_take_counts_on_the_next_open_day(reported: &dyn Reported) {
    let till = Till::new(reported);
    let one = till.sell("gift", 2);
    let first = reported.reports().taken().unwrap();
    // Whether it is sealed by now or not, the close took it.
    let two = till.sell("gift", 1);
    till.answer(operation(OperationKind::Refund, &one, Some(1)));
    verified(reported);
    let second = reported.reports().taken().unwrap();
    let three = till.sell("gift", 1);
    till.answer(operation(OperationKind::Refund, &one, Some(1)));
    let next = DAY.tomorrow().unwrap();
    let mut expected = vec![
        (id_of(&one), 1, 18, 18),
        (id_of(&one), 2, 18, 19),
        (id_of(&one), 3, 18, 20),
        (id_of(&two), 1, 19, 19),
        (id_of(&three), 1, 20, 20),
    ];
    expected.sort();
    let closed = closed(&[(DAY, &first), (next, &second)]);
    let of = |from, until| dates(&postings(reported, Entries::None, &closed, of_days(from, until)));
    assert_eq!(of(DAY, next), expected, "all that took place on the day");
    // On the days after it nothing took place, and yet something counts.
    let later = of(next, Date::MAX);
    expected
        .iter()
        .filter(|expected| expected.3 > 18)
        .for_each(|expected| assert!(later.contains(expected), "{later:?}"));
    verified(reported);
    assert_eq!(of(DAY, next), expected, "and nothing of it changes");
}

pub(crate) fn authorizations_are_found_by_their_ids_and_by_their_requests(reported: &dyn Reported) {
    let till = Till::new(reported);
    let sold = [till.sell("gift", 1), till.sell("gift", 2)];
    let refunded = till.answer(operation(OperationKind::Refund, &sold[1], Some(1)));
    let refund: Uuid = refunded["operation"]["request_id"].as_str().unwrap().parse().unwrap();
    let none = ClosedDays::default();
    let (ids, requests) = ([id_of(&sold[0]), id_of(&sold[1]), new_id()], [refund, new_id()]);
    let found = |of| dates(&postings(reported, Entries::Of("state"), &none, of)).len();
    assert_eq!(found(Authorizations::Of(&ids)), 3);
    assert_eq!(found(Authorizations::OfRequests(&requests)), 2);
    assert_eq!(found(Authorizations::Of(&[])), 0);
}

/// Each row of postings by authorization, with what reports ask of it.
fn told(found: &[Posting]) -> Vec<(Uuid, [&str; 5])> {
    let mut told: Vec<_> = found
        .iter()
        .filter_map(|posting| {
            let borne = posting.borne.as_ref()?;
            let (holder, territory) = (posting.holder.as_deref(), posting.territory.as_deref());
            let row = [
                holder.unwrap_or("-"),
                territory.unwrap_or("-"),
                &borne.product,
                &borne.stake.benefit,
                &borne.stake.payer,
            ];
            Some((posting.movement.id.authorization, row))
        })
        .collect();
    told.sort_unstable();
    told
}

pub(crate) fn postings_tell_whose_they_are_and_where_they_lived_and_a_holders_are_found(reported: &dyn Reported) {
    let till = Till::new(reported);
    let lives = |holder: &str, territories: &[&str]| {
        let residences: Vec<_> = territories.iter().map(|territory| json!({"territory": territory})).collect();
        let written = json!({"holder": holder, "household": "hh-2", "residences": residences});
        Arc::new(WrittenHolder::from_value(&written).unwrap().holder)
    };
    let request = |product: &str| {
        json!({
            "request_id": new_id(), "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
            "lines": [{"line_id": "1", "product": product, "quantity": 2, "unit_price": 100}],
        })
    };
    let riga = lives("h-2", &["lv", "lv.riga.north", "lv.riga.centre"]);
    let moved = lives("h-2", &["lv.ogre"]);
    let one = till.answer(till.planned(PROVIDER, &request("gift"), riga));
    let two = till.answer(till.planned(PROVIDER, &request("half"), moved));
    let other = till.sell("gift", 1);
    // What follows counts where it began, wherever the holder lives by now.
    till.answer(operation(OperationKind::Refund, &one, Some(1)));
    let (none, tomorrow) = (ClosedDays::default(), DAY.tomorrow().unwrap());
    let row = |territory, product, benefit| ["h-2", territory, product, benefit, "state"];
    let centre = row("lv.riga.centre", "gift", "gift-benefit");
    let mut expected =
        vec![(id_of(&one), centre), (id_of(&one), centre), (id_of(&two), row("lv.ogre", "half", "half-benefit"))];
    expected.sort_unstable();
    let of_holder = postings(reported, Entries::All, &none, Authorizations::OfHolder("h-2"));
    assert_eq!(told(&of_holder), expected);
    assert!(postings(reported, Entries::All, &none, Authorizations::OfHolder("h-3")).is_empty());
    expected.push((id_of(&other), ["h-1", "-", "gift", "gift-benefit", "state"]));
    expected.sort_unstable();
    let of_day = postings(reported, Entries::All, &none, of_days(DAY, tomorrow));
    assert_eq!(told(&of_day), expected);
    assert!(verified(reported).is_whole());
    reported.change(
        "UPDATE avis.movement SET territory = 'lv.ogre' WHERE authorization_id = {id} AND number = 2",
        id_of(&one),
    );
    let authorization = id_of(&one);
    assert_eq!(verified(reported).broken, [BrokenSeal::Changed { authorization, event: 1 }]);
}
