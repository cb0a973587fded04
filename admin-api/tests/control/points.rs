//! What was sold to members of a programme: figures by provider and by rule, what points paid, and what a campaign brings.

use std::sync::Arc;

use avis_admin::control::Role;
use avis_core::loyalty::{AccountName, HoldOut, LoyaltyRequest, inquire};
use avis_core::{Catalogue, Fingerprint, Holder, IdentifierSecret, Person, RuleSet, WrittenHolder, plan_loyal};
use avis_store::{Digest, IdempotencyKey, NewAuthorization, NewRow, RulesRead, Task, Verdict};
use jiff::SignedDuration;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{World, run};

/// Tills that know the programme of the city, with a rule that gives twice as much for what is dear.
struct Tills<'w> {
    world: &'w World,
    rules: Arc<RuleSet>,
}

impl<'w> Tills<'w> {
    fn new(world: &'w World) -> Self {
        let programme = json!({"code": "city-points", "version": 1, "owner": "city", "scope": {"providers": {"all": true}},
            "earn": {"per": 1, "rules": [{"code": "base", "money": 1}, {"code": "dear", "bonus": 10_000, "products": ["dear"]}]},
            "expiry": {"days": 30}, "redeem": {"points": 100, "amount": 50}});
        let providers = json!([{"code": "bus", "tags": []}, {"code": "tram", "tags": []}]);
        let catalogue = json!({"currency": "EUR", "providers": providers, "programs": [programme], "benefits": []});
        Self { world, rules: Arc::new(RuleSet::compile(&Catalogue::from_value(&catalogue).unwrap())) }
    }

    /// Sells one unit of a product to a member, who redeems so many points.
    async fn sell(&self, provider: &str, member: &str, (product, cents): (&str, i64), points: i64) -> Value {
        let redeem = if points > 0 { json!([{"program": "city-points", "points": points}]) } else { json!([]) };
        let asked = LoyaltyRequest::from_value(&json!({
            "request_id": Uuid::from_u128(self.world.number().into()), "occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR",
            "redeem": redeem, "lines": [{"line_id": "1", "product": product, "quantity": 1, "unit_price": cents}],
        }));
        let asked = asked.unwrap();
        let secret = IdentifierSecret::new([7; 32]);
        let fingerprint = Fingerprint::of_loyalty_request(&asked, &secret);
        let key = IdempotencyKey { provider: provider.into(), request_id: asked.request.request_id, fingerprint };
        let holder: Arc<Holder> = Arc::new(WrittenHolder::from_value(&member_of(member)).unwrap().holder);
        let inquiry = inquire(&self.rules, provider, Some(&holder), &asked);
        let known = inquiry.as_ref().map(avis_core::loyalty::Inquiry::beforehand);
        let person = Person { holder: Some(holder), identifiers: Vec::new() };
        let plan = plan_loyal(self.rules.clone(), provider, person, asked.request, known).unwrap();
        let rules = RulesRead { revision: 1, digest: Digest::from_bytes([7; 16]) };
        let hold = SignedDuration::from_mins(30);
        let new = NewAuthorization { key, plan, inquiry, terminal: "till".into(), rules, stale: false, hold };
        let task = Task::Authorize(Box::new(new));
        match self.world.stores.ledger.submit(task).unwrap().await.unwrap().unwrap() {
            Verdict::Answered { body, .. } => serde_json::from_slice(&body).unwrap(),
            Verdict::Refused(refused) => panic!("{refused}"),
        }
    }
}

fn member_of(holder: &str) -> Value {
    let memberships = json!([{"program": "city-points", "from": "2026-10-01", "consent": "terms-1"}]);
    json!({"holder": holder, "memberships": memberships})
}

fn join(world: &World, members: &[String]) {
    let row = |member: &String| {
        let holder = WrittenHolder::from_value(&member_of(member)).unwrap();
        Ok(NewRow::Holder(Box::new(holder.register(&world.secret).unwrap())))
    };
    world.commit(members.iter().map(row).collect());
}

const MONTHS: &str = "?from=2026-11&until=2026-11";

#[test]
fn figures_by_provider_and_rule_tell_what_was_earned_and_what_points_paid_and_few_are_not_told_to_others() {
    run(async {
        let (world, operator) = World::with_parties("points-by-provider").await;
        let approver = world.user(&operator, "city", Role::Approver).await;
        let tills = Tills::new(&world);
        tills.sell("bus", "m-0", ("dear", 1_000), 0).await;
        let paid = tills.sell("tram", "m-0", ("ticket", 600), 400).await;
        assert_eq!((&paid["tender"], &paid["due"]), (&json!(200), &json!(400)), "{paid}");
        let read =
            |by: &str, what: &str| world.get(&format!("/programs/city-points/figures/{what}{MONTHS}")).by(by).send();
        // Whose programme it is is charged for it, apart from who sold.
        let november = "/metering?from=2026-11-01T00:00:00Z&until=2026-12-01T00:00:00Z";
        let metered = world.get(november).by(&approver).send().await.json();
        let own = json!([{"party": "city", "records": 0, "bytes": 0, "granted": 0, "loyalty": 2}]);
        assert_eq!(metered["items"], own, "{metered}");
        let providers = read(&approver, "providers").await.json();
        let row = |provider: &str, numbers: [i64; 7]| {
            let [active, purchases, spend, earned, worth, spent, paid] = numbers;
            json!({"month": "2026-11", "provider": provider, "active": active, "purchases": purchases, "spend": spend,
                "earned": earned, "worth": worth, "spent": spent, "paid": paid})
        };
        let told = [row("bus", [1, 1, 1_000, 2_000, 1_000, 0, 0]), row("tram", [1, 1, 400, 400, 200, 400, 200])];
        assert_eq!(providers, json!({"program": "city-points", "providers": told}));
        let rules = read(&approver, "rules").await.json();
        let row = |rule: &str, purchases: i64, earned: i64| json!({"month": "2026-11", "rule": rule, "active": 1, "purchases": purchases, "earned": earned, "worth": earned / 2});
        assert_eq!(rules, json!({"program": "city-points", "rules": [row("base", 2, 1_400), row("dear", 1, 1_000)]}));
        let few = read(&operator, "providers").await.json();
        assert_eq!((&few["providers"][0]["provider"], &few["providers"][0]["earned"]), (&json!("bus"), &Value::Null));
        assert_eq!(few["providers"][1]["paid"], Value::Null);
        assert_eq!(read(&operator, "rules").await.json()["rules"][0]["worth"], Value::Null);
        for member in 1..5 {
            tills.sell("bus", &format!("m-{member}"), ("ticket", 100), 0).await;
        }
        let many = read(&operator, "providers").await.json();
        assert_eq!((&many["providers"][0]["active"], &many["providers"][0]["earned"]), (&json!(5), &json!(2_400)));
        let town = world.user(&operator, "town", Role::Approver).await;
        read(&town, "providers").await.is(404, "not_found");
        read(&town, "rules").await.is(404, "not_found");
        let backwards = "/programs/city-points/figures/rules?from=2026-11&until=2026-10";
        world.get(backwards).by(&approver).send().await.is(422, "invalid");
    });
}

#[test]
fn a_provider_reads_what_points_paid_there_and_who_owes_it_and_no_other_reads_it() {
    run(async {
        let (world, operator) = World::with_parties("points-tenders").await;
        let tills = Tills::new(&world);
        tills.sell("bus", "m-0", ("ticket", 1_000), 0).await;
        tills.sell("bus", "m-0", ("ticket", 600), 400).await;
        let bus = world.user(&operator, "bus", Role::Provider).await;
        let path = format!("/providers/bus/tenders{MONTHS}");
        let told = json!([{"month": "2026-11", "program": "city-points", "payer": "city", "amount": 200}]);
        assert_eq!(world.get(&path).by(&bus).send().await.json(), json!({"provider": "bus", "tenders": told}));
        let tram = world.user(&operator, "tram", Role::Provider).await;
        world.get(&path).by(&tram).send().await.is(404, "not_found");
        let nothing = world.get(&format!("/providers/tram/tenders{MONTHS}")).by(&tram).send().await.json();
        assert_eq!(nothing["tenders"], json!([]));
    });
}

/// Each of those who are not held out buys for 300 and the others for 100: that is what the campaign brings, and no chance is in it.
#[test]
fn a_campaign_brings_what_its_members_bought_beyond_those_held_out() {
    run(async {
        let (world, operator) = World::with_parties("uplift-of-sales").await;
        let approver = world.user(&operator, "city", Role::Approver).await;
        let members: Vec<String> = (0..30).map(|number| format!("m-{number}")).collect();
        join(&world, &members);
        let hold_out = HoldOut { program: "city-points".into(), share: 3_000 };
        let is_held_out = |member: &str| hold_out.holds_out("city-spring", &AccountName::Own(member.into()));
        let tills = Tills::new(&world);
        for member in &members {
            let cents = if is_held_out(member) { 100 } else { 300 };
            tills.sell("bus", member, ("ticket", cents), 0).await;
            if !is_held_out(member) {
                tills.sell("bus", member, ("ticket", cents), 0).await;
            }
        }
        // Who is no member when it begins is on neither side.
        tills.sell("bus", "nobody", ("ticket", 9_000), 0).await;
        let told = world.get("/campaigns/city-spring/uplift").by(&approver).send().await.json();
        let held_out = members.iter().filter(|member| is_held_out(member)).count();
        let group = |members: usize, spend: i64, purchases: i64| json!({"members": members, "spend": spend, "purchases": purchases});
        assert_eq!(told["treated"], group(members.len() - held_out, 600, 2_000), "{told}");
        assert_eq!(told["held_out"], group(held_out, 100, 1_000), "{told}");
        assert_eq!(told["spend"], json!({"uplift": 500, "low": 500, "high": 500}));
        assert_eq!(told["purchases"], json!({"uplift": 1_000, "low": 1_000, "high": 1_000}));
    });
}
