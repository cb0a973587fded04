//! What holds of everything that was settled, whatever a test did: statements, closed days, reconciliations and the ledger itself come to
//! what the exported movements come to (I6).

use std::collections::BTreeMap;
use std::convert::Infallible;

use avis_core::movement::ServiceDay;
use avis_core::narrow;
use avis_core::settlement::PostedMovement;
use avis_core::settlement::reconcile::{AmountField, Dates, Held, Listed, Profile, Sheet, reconcile};
use avis_store::DAY_KIND;
use avis_store::records::RecordFilter;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::parties::Parties;
use crate::stores::aside;
use crate::world::World;

impl Drop for Parties {
    fn drop(&mut self) {
        // A test that failed says more by itself.
        if !std::thread::panicking() {
            hold(&self.world);
        }
    }
}

fn hold(world: &World) {
    let movements = world.movements();
    let borne: i128 = movements.iter().map(|movement| i128::from(movement.moved.discount)).sum();
    // SQL says nothing of what is beyond 64 bits.
    if let Ok(borne) = i64::try_from(borne) {
        assert_eq!(aside(|| world.stores.sum("amount", "entry")), borne, "the ledger's entries, added up by SQL");
    }
    for (key, owner, statement) in records(world, "statement") {
        let Some(lines) = statement["sealed"]["lines"].as_array() else { continue };
        let days = ["from", "until"].map(|name| date(&statement[name]));
        let of = |part: &Value| ["accrued", "correction"].contains(&part["part"].as_str().unwrap());
        let amounts = lines.iter().filter(|line| of(line)).map(|line| line["amount"].as_i64().unwrap());
        let stated: i128 = amounts.map(i128::from).sum();
        let provider = statement["provider"].as_str().unwrap();
        let of_days = movements.iter().filter(|movement| {
            *movement.provider == *provider && days[0] <= movement.business_date && movement.business_date < days[1]
        });
        assert_eq!(stated, of_days.map(|movement| part_of(movement, &owner)).sum::<i128>(), "the statement {key}");
    }
    let mut by_day: BTreeMap<(&str, Date), i128> = BTreeMap::new();
    for movement in &movements {
        *by_day.entry((&movement.provider, movement.business_date)).or_default() += i128::from(movement.moved.discount);
    }
    for (key, owner, day) in records(world, DAY_KIND) {
        let kinds = day["ours"].as_object().unwrap().values();
        let closed: i128 = kinds.map(|total| i128::from(total["discount"].as_i64().unwrap_or_default())).sum();
        let moved = by_day.get(&(&*owner, date(&day["date"]))).copied().unwrap_or_default();
        assert_eq!(narrow(closed), narrow(moved), "the day {key}");
    }
    reconciled(&movements);
}

/// What a provider is told that its file has nothing of is what moved in that month.
fn reconciled(movements: &[PostedMovement]) {
    let profile = json!({"columns": {"occurred_at": "at", "discount": "discount"}, "delimiter": ";",
        "dates": ["YYYY-MM-DD HH:mm:ss"]});
    let profile = Profile::from_value(&profile).unwrap();
    let (zone, day) = (TimeZone::UTC, ServiceDay::of_deployment(TimeZone::UTC));
    let sheet = Sheet::read("at;discount\n", &profile, &zone, &day).unwrap();
    let mut by_month: BTreeMap<(&str, Date), Vec<PostedMovement>> = BTreeMap::new();
    for movement in movements {
        by_month
            .entry((&movement.provider, movement.natural_date.first_of_month()))
            .or_default()
            .push(movement.clone());
    }
    for ((provider, first), of_month) in by_month {
        let dates = Dates::new(first, first.last_of_month().tomorrow().unwrap()).unwrap();
        let asked = Held { profile: &profile, dates, zone: &zone, listed: Listed::Unmatched };
        let found = reconcile(&sheet, &of_month, asked, &mut |_| Ok::<_, Infallible>(())).unwrap();
        let moved: i128 = of_month.iter().map(|movement| i128::from(movement.moved.discount)).sum();
        assert_eq!(found.ours.get(AmountField::Discount), moved, "{provider} in the month of {first}");
    }
}

/// What of a movement a grantor pays, or is of its benefits.
fn part_of(movement: &PostedMovement, grantor: &str) -> i128 {
    let discounts = movement.moved.lines.iter().flat_map(|line| &line.discounts);
    let entries = discounts.flat_map(|discount| {
        let is_own = discount.grantor.as_deref() == Some(grantor);
        discount.entries.iter().filter(move |entry| is_own || *entry.payer == *grantor)
    });
    entries.map(|entry| i128::from(entry.amount)).sum()
}

fn date(text: &Value) -> Date {
    text.as_str().unwrap().parse().unwrap()
}

/// All records of a kind: their keys, owners and contents.
fn records(world: &World, kind: &str) -> Vec<(String, String, Value)> {
    let filter = RecordFilter { kind, ..RecordFilter::default() };
    let records = aside(|| world.registry.records(&filter, 10_000)).unwrap();
    let content = |text: &str| serde_json::from_str(text).unwrap();
    records.into_iter().map(|record| (record.key, record.value.owner, content(&record.value.content))).collect()
}
