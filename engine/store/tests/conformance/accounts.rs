//! Accounts of points outside of sales: what their owner gives and takes, what is booked, and how they are read.

use std::sync::Arc;

use avis_core::authorization::OperationKind;
use avis_core::loyalty::{Account, AccountKey, AccountName, Programme};
use avis_store::{AccountChange, AccountTask, BrokenSeal, Clock, PointsAtProvider, PointsPaid, Refused, Task, Verdict};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::points::{self, balance, basket, holder, sell, sell_to};
use crate::reports::Reported;
use crate::sealed::verified;
use crate::till::{PROVIDER, TestClock, new_id, operation_under, secret};

fn family() -> AccountKey {
    AccountKey { program: "points".into(), account: AccountName::Named("family".into()) }
}

pub(crate) fn own_stamps() -> AccountKey {
    AccountKey { program: "stamps".into(), account: AccountName::Own("anna".into()) }
}

/// Of a programme whose points last so many days, or for ever.
pub(crate) fn adjusting(id: Uuid, key: AccountKey, points: i64, days: Option<i64>) -> Task {
    let mut written =
        json!({"code": key.program, "version": 1, "owner": "shop", "scope": {"providers": {"all": true}}});
    if let Some(days) = days {
        written["expiry"] = json!({"days": days});
    }
    let adjustment = Programme::from_value(&written).unwrap().adjustment(points);
    let change = AccountChange::Adjust { adjustment, reason: "welcome".into() };
    Task::OfAccount(Box::new(AccountTask::new(id, key, change, &secret())))
}

fn given(key: AccountKey, points: i64) -> Task {
    adjusting(new_id(), key, points, None)
}

pub(crate) fn booking(key: AccountKey) -> Task {
    Task::OfAccount(Box::new(AccountTask::new(new_id(), key, AccountChange::BookExpiry, &secret())))
}

fn read(reported: &dyn Reported, key: &AccountKey, now: Timestamp) -> Account {
    reported.accounts().account(key, None, now).unwrap()
}

pub(crate) fn an_owner_gives_points_once_and_takes_no_more_than_there_are(reported: &dyn Reported) {
    let clock = Arc::default();
    let till = points::shop(reported, &clock);
    let id = new_id();
    let first = till.answer(adjusting(id, family(), 50, None));
    assert_eq!((&first["points"], &first["balance_after"]), (&json!(50), &json!(50)));
    let Verdict::Answered { body, replayed, .. } = till.ask(adjusting(id, family(), 50, None)) else { panic!() };
    assert_eq!((serde_json::from_slice::<Value>(&body).unwrap(), replayed), (first, true));
    assert_eq!(till.refusal(adjusting(id, family(), 51, None)), Refused::RequestIdReused);
    assert_eq!(till.refusal(given(family(), -51)), Refused::TooMuch { balance: 50 });
    assert_eq!(till.answer(given(family(), -8))["balance_after"], 42);
    assert_eq!(balance(&till, &clock, "points"), 42);
    let paid = sell(&till, &clock, &[("coffee", 2)], &json!({"redeem": [{"program": "points", "max": true}]}));
    assert_eq!(paid["tender"], 42, "what was given pays");
    let taken = crate::till::at_once(20, |_| till.ask(given(own_stamps(), -1)));
    let taken = taken.iter().filter(|verdict| matches!(verdict, Verdict::Answered { .. })).count();
    assert_eq!((taken, balance(&till, &clock, "stamps")), (1, 0), "the one stamp of what was paid in money");
}

pub(crate) fn a_statement_is_what_entries_make_it_at_any_moment(reported: &dyn Reported) {
    let clock: Arc<TestClock> = Arc::default();
    let till = points::shop(reported, &clock);
    let began = clock.now();
    till.answer(given(family(), 50));
    clock.go(60);
    let first = clock.now();
    let paid = sell(&till, &clock, &[("coffee", 2)], &json!({"redeem": [{"program": "points", "points": 30}]}));
    clock.go(60);
    till.answer(given(family(), -5));
    let now = clock.now();
    let accounts = reported.accounts();
    let account = read(reported, &family(), now);
    assert_eq!(account.balance(now), balance(&till, &clock, "points"));
    let at = |at| accounts.account_at(&family(), at).unwrap().balance(at);
    assert_eq!((at(began - SignedDuration::from_secs(1)), at(began), at(now)), (0, 50, account.balance(now)));
    let earned = paid["lines"][0]["points"][0]["earned"].as_i64().unwrap();
    assert_eq!(at(first), 50 - 30 + earned);
    assert_eq!(accounts.account_at(&family(), now).unwrap().lots(now), account.lots(now));
    let all = accounts.operations(&family(), None, 10).unwrap();
    assert_eq!(all.iter().map(|one| one.number).collect::<Vec<_>>(), [3, 2, 1]);
    assert!(all.iter().all(|one| one.entries.iter().map(|entry| entry.points).sum::<i64>() == 0));
    let own: Value = serde_json::from_str(all[0].own.as_deref().unwrap()).unwrap();
    assert_eq!((&own["kind"], &own["reason"], &own["points"]), (&json!("adjustment"), &json!("welcome"), &json!(-5)));
    assert_eq!((all[1].own.as_deref(), all[1].of), (None, crate::till::id_of(&paid)));
    let behind = accounts.operations(&family(), Some(3), 1).unwrap();
    assert_eq!(behind, all[1..2], "a page behind a number");
}

pub(crate) fn booking_what_expired_changes_no_answer_and_can_be_repeated(reported: &dyn Reported) {
    let clock: Arc<TestClock> = Arc::default();
    let till = points::shop(reported, &clock);
    till.answer(adjusting(new_id(), own_stamps(), 7, Some(30)));
    till.answer(given(own_stamps(), 2));
    assert_eq!(till.answer(booking(own_stamps()))["points"], 0, "nothing has expired");
    let (began, day) = (clock.now(), SignedDuration::from_hours(24));
    let end = read(reported, &own_stamps(), began).lots(began).into_iter().find_map(|lot| lot.expires_at).unwrap();
    clock.go(40 * 86_400);
    let before = balance(&till, &clock, "stamps");
    let booked = till.answer(booking(own_stamps()));
    assert_eq!((before, &booked["points"], &booked["balance_after"]), (2, &json!(-7), &json!(2)));
    assert_eq!(till.answer(booking(own_stamps()))["points"], 0, "it was booked");
    assert_eq!(balance(&till, &clock, "stamps"), before);
    let now = clock.now();
    let all = |spans: &[(Timestamp, Timestamp)]| reported.accounts().figures("stamps", spans).unwrap();
    let figures = |from: Timestamp, until: Timestamp| all(&[(from, until)])[0];
    let (given, last_day) = (figures(began - day, began + day), figures(end - day, end));
    assert_eq!((given.active, given.adjusted, given.expired), (1, 9, 0));
    assert_eq!((last_day.expired, figures(end, end + day).expired), (7, 0), "they ended with their last day");
    assert_eq!(figures(now - day, now + day).active, 0, "what was booked is nothing that anybody did");
    assert_eq!(all(&[(end - day, end), (end, end), (began - day, began + day)]), [last_day, figures(end, end), given]);
    assert_eq!((figures(end, end).expired, all(&[]).len()), (0, 0));
    assert_eq!(reported.accounts().account_at(&own_stamps(), now).unwrap().balance(now), before);
    let operations = reported.accounts().operations(&own_stamps(), None, 10).unwrap();
    assert_eq!(operations.len(), 3, "what came to nothing is no operation");
    assert!(operations[0].own.as_deref().unwrap().contains("expiry"));
}

pub(crate) fn what_stands_bought_is_told_by_account_and_date(reported: &dyn Reported) {
    let clock: Arc<TestClock> = Arc::default();
    let till = points::shop(reported, &clock);
    let accounts = reported.accounts();
    let date = |at: Timestamp| at.in_tz("Europe/Riga").unwrap().date();
    let today = date(clock.now());
    let bought = |program: &str, dates, behind: Option<&AccountKey>| {
        let bought = accounts.bought(program, dates, behind, 10).unwrap();
        bought.into_iter().map(|one| (one.key, one.spend, one.purchases)).collect::<Vec<_>>()
    };
    till.answer(given(family(), 50));
    assert_eq!(bought("points", (today, today), None), [], "what is given is nothing bought");
    let first = sell(&till, &clock, &[("coffee", 3)], &json!({"redeem": [{"program": "points", "points": 50}]}));
    let second = sell(&till, &clock, &[("coffee", 2)], &json!({}));
    let paid = first["due"].as_i64().unwrap();
    assert_eq!(bought("points", (today, today), None), [(family(), paid + 200, 2)], "what points paid is not spent");
    till.answer(operation_under(new_id(), OperationKind::Refund, &second, Some(1)));
    assert_eq!(bought("points", (today, today), None), [(family(), paid + 100, 2)]);
    till.answer(operation_under(new_id(), OperationKind::Void, &first, None));
    assert_eq!(bought("points", (today, today), None), [(family(), 100, 1)]);
    assert_eq!(bought("stamps", (today, today), None), [(own_stamps(), 100, 1)], "an account each");
    assert_eq!(bought("points", (today, today), Some(&family())), [], "a page behind an account");
    clock.go(2 * 86_400);
    let later = date(clock.now());
    sell(&till, &clock, &[("coffee", 1)], &json!({}));
    assert_eq!(bought("points", (today, later), None), [(family(), 200, 2)]);
    assert_eq!(bought("points", (later, later), None), [(family(), 100, 1)]);
}

pub(crate) fn what_stands_bought_comes_in_pages_by_account(reported: &dyn Reported) {
    let clock: Arc<TestClock> = Arc::default();
    let till = points::shop(reported, &clock);
    for (holder, units) in [("clara", 3), ("anna", 1), ("berta", 2), ("anna", 4)] {
        sell_to(&till, &clock, holder, &[("coffee", units)]);
    }
    let (accounts, today) = (reported.accounts(), clock.now().in_tz("Europe/Riga").unwrap().date());
    let mut behind = None;
    let mut page = || {
        let bought = accounts.bought("stamps", (today, today), behind.as_ref(), 2).unwrap();
        behind = bought.last().map(|last| last.key.clone());
        bought.into_iter().map(|one| (one.key.account, one.spend, one.purchases)).collect::<Vec<_>>()
    };
    let own = |holder: &str, spend, purchases| (AccountName::Own(holder.into()), spend, purchases);
    assert_eq!(page(), [own("anna", 500, 2), own("berta", 200, 1)]);
    assert_eq!(page(), [own("clara", 300, 1)]);
    assert_eq!(page(), []);
}

pub(crate) fn what_stands_is_told_by_provider_and_by_rule(reported: &dyn Reported) {
    let clock: Arc<TestClock> = Arc::default();
    let till = points::shop(reported, &clock);
    let accounts = reported.accounts();
    let today = clock.now().in_tz("Europe/Riga").unwrap().date();
    let month = today.strftime("%Y-%m").to_string();
    let at_providers = |program: &str, dates| {
        let rows = accounts.by_provider(program, dates).unwrap();
        assert!(rows.iter().all(|row| row.month == month), "{rows:?}");
        let told = |row: PointsAtProvider| {
            (row.provider, [row.active, row.purchases, row.spend, row.earned, row.spent, row.paid])
        };
        rows.into_iter().map(told).collect::<Vec<_>>()
    };
    let of_rules = |program: &str, dates| {
        let rows = accounts.by_rule(program, dates).unwrap();
        assert!(rows.iter().all(|row| row.month == month), "{rows:?}");
        rows.into_iter().map(|row| (row.rule, [row.active, row.purchases, row.earned])).collect::<Vec<_>>()
    };
    let (shop, tram) = (PROVIDER.to_owned(), "tram".to_owned());
    till.answer(given(family(), 50));
    assert_eq!((at_providers("points", (today, today)), of_rules("points", (today, today))), (vec![], vec![]));
    // Seven units of which 50 points pay 50: 650 are due, and earn 65 points, and six stamps.
    let first = sell(&till, &clock, &[("coffee", 7)], &json!({"redeem": [{"program": "points", "points": 50}]}));
    let elsewhere = basket(&clock, "sale", &[("coffee", 2)], &json!({}));
    till.answer(till.planned(&tram, &elsewhere, holder("berta")));
    let hold = till.answer(till.request(PROVIDER, &basket(&clock, "hold", &[("coffee", 1)], &json!({}))));
    assert_eq!(
        at_providers("points", (today, today)),
        [(shop.clone(), [1, 1, 650, 65, 50, 50]), (tram.clone(), [1, 1, 200, 20, 0, 0])],
        "of what is held nothing"
    );
    assert_eq!(of_rules("points", (today, today)), [("base".to_owned(), [1, 2, 85])], "one account of two members");
    till.answer(operation_under(new_id(), OperationKind::Capture, &hold, None));
    // Gold since the first sale: as much again. Of what is given back nothing stands, to the cent.
    clock.go(1);
    let gold = sell(&till, &clock, &[("coffee", 3)], &json!({}));
    let stamps = of_rules("stamps", (today, today));
    assert_eq!(stamps, [("double".to_owned(), [1, 1, 3]), ("unit".to_owned(), [2, 4, 12])], "{gold}");
    till.answer(operation_under(new_id(), OperationKind::Refund, &gold, Some(1)));
    assert_eq!(of_rules("stamps", (today, today)), [("double".to_owned(), [1, 1, 2]), ("unit".to_owned(), [2, 4, 11])]);
    till.answer(operation_under(new_id(), OperationKind::Refund, &first, Some(3)));
    let read = till.read(&first);
    let left = |what: &str| read["lines"][0]["left"][what].as_i64().unwrap();
    let paid = left("payable") - left("due");
    let paid_here = PointsPaid { month: month.clone(), program: "points".to_owned(), paid };
    assert_eq!(accounts.tenders(&shop, (today, today)).unwrap(), [paid_here]);
    assert_eq!(accounts.tenders(&tram, (today, today)).unwrap(), []);
    assert_eq!(
        at_providers("points", (today, today))[0],
        (shop.clone(), [1, 3, 372 + 100 + 200, 38 + 10 + 20, 29, paid]),
        "what points paid is what is left of the tender"
    );
    till.answer(operation_under(new_id(), OperationKind::Refund, &first, None));
    assert_eq!(at_providers("points", (today, today))[0], (shop, [1, 2, 300, 30, 0, 0]));
    let tomorrow = today.tomorrow().unwrap();
    assert_eq!(
        (at_providers("points", (tomorrow, tomorrow)), of_rules("stamps", (tomorrow, tomorrow))),
        (vec![], vec![])
    );
    assert_eq!(at_providers("other", (today, today)), []);
}

pub(crate) fn what_happened_to_an_account_is_sealed(reported: &dyn Reported) {
    let clock = Arc::default();
    let till = points::shop(reported, &clock);
    let (id, other) = (new_id(), new_id());
    till.answer(adjusting(id, family(), 50, None));
    till.answer(adjusting(other, family(), 50, None));
    assert_eq!((verified(reported).whole, verified(reported).broken_count), (2, 0));
    reported.change("UPDATE avis.points_event SET content = replace(content, 'welcome', 'bribe') WHERE id = {id}", id);
    let changed = BrokenSeal::Changed { authorization: id, event: 0 };
    assert!(verified(reported).broken.contains(&changed));
    reported.change("UPDATE avis.points_event SET id = {id} WHERE content LIKE '%welcome%'", new_id());
    let found = verified(reported).broken;
    assert!(found.iter().any(|one| matches!(one, BrokenSeal::Added { table: "points_event", .. })), "{found:?}");
}
