//! A whole story of loyalty, in one folder and on two engines while PostgreSQL restarts: one sale of a municipal benefit, a merchant's
//! offer, points that pay and points that are earned; a line comes back; the tenth coffee; a level and its grace; a coupon of a hold.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use avis_testing::{Durability, PrivatePostgres, eventually, own_postgres, postgres};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::deployment::{Deployment, new_id};
use crate::points_rows;
use crate::program::{Folder, Server, avis};

const KEY: &str = "avis_test_story_till";
/// Holds end soon, and sales of years ago are taken.
const SETTINGS: [(&str, &str); 2] = [("AVIS_SELLING__HOLD_S", "1"), ("AVIS_SELLING__PAST_S", "1576800000")];

fn catalogue() -> Value {
    let name = json!({"lv": "n", "en": "n"});
    let benefit = |code: &str, grantor: &str, product: &str, rate: i64, more: Value| {
        let mut benefit = json!({"code": code, "version": 1, "grantor": grantor, "name": name, "priority": 1,
            "scope": {"providers": {"all": true}, "products": [product]}, "effect": {"percent": {"rate": rate}}});
        benefit.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        benefit
    };
    let programme = |code: &str, owner: &str, product: &str, more: Value| {
        let mut programme = json!({"code": code, "version": 1, "owner": owner,
            "scope": {"providers": {"all": true}, "products": [product]}});
        programme.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        programme
    };
    json!({
        "currency": "EUR", "providers": [{"code": "mall", "tags": []}], "groups": [{"code": "seniors", "owner": "city"}],
        "programs": [
            programme("market", "shop", "food", json!({"earn": {"per": 100, "rules": [{"code": "base", "money": 1}]},
                "redeem": {"points": 1, "amount": 1}})),
            programme("stamps", "cafe", "coffee", json!({"earn": {"rules": [{"code": "stamp", "unit": 1}]}})),
            programme("club", "chain", "clothes", json!({
                "earn": {"per": 100, "rules": [{"code": "base", "money": 1},
                    {"code": "gold", "bonus": 5_000, "when": {"tier": {"program": "club", "at_least": "gold"}}}]},
                "tiers": {"measure": "spend", "window": {"year": {}}, "grace_days": 31, "levels": [{"code": "gold", "min": 50_000}]}})),
        ],
        "campaigns": [{"code": "spring", "owner": "shop", "uses": 1}],
        "coupons": [{"campaign": "spring", "code": "AB12-CD"}],
        "benefits": [
            benefit("city-bread", "city", "food.bread", 5_000, json!({"when": {"member_of": {"groups": ["seniors"]}}})),
            benefit("shop-cheese", "shop", "food.cheese", 1_000, json!({})),
            benefit("tenth-coffee", "cafe", "coffee", 10_000, json!({
                "costs": {"program": "stamps", "points": 9, "automatic": true}, "choose": {"order": "cheapest"}})),
            benefit("spring-tea", "shop", "tea", 5_000, json!({"when": {"coupon": {"campaign": "spring"}}})),
        ],
    })
}

fn anna() -> Value {
    let memberships = ["market", "stamps", "club"].map(|program| json!({"program": program, "consent": "terms"}));
    json!([{"holder": "anna", "identifiers": [{"scheme": "card", "value": "ANNA"}], "entitlements": [{"group": "seniors"}],
        "memberships": memberships}])
}

fn terminal() -> Value {
    json!({"terminal": "till", "provider": "mall", "key": KEY, "channels": ["till"], "schemes": ["card"]})
}

/// What happens between one chapter and the next.
trait Between {
    /// The engine at which the next request is sent.
    fn engine(&self) -> &Server;
    /// Something that must change nothing.
    fn happens(&self);
}

/// Sends until it is answered by who knows the accounts: without the database it is 503.
fn answered(world: &dyn Between, path: &str, body: &Value) -> Value {
    let sent = || world.engine().try_send(KEY, path, body);
    let done = |answer: &Option<crate::program::Answer>| {
        answer.as_ref().is_some_and(|answer| {
            assert!([200, 503].contains(&answer.status), "{}", answer.text);
            answer.status == 200 && ["exact", ""].contains(&answer.json()["usage"].as_str().unwrap_or_default())
        })
    };
    eventually("an answer", sent, done).unwrap().json()
}

fn basket(lines: &[(&str, i64, i64)], more: &Value) -> Value {
    let lines = (1..).zip(lines).map(|(number, (product, units, price))| {
        json!({"line_id": format!("{number}"), "product": product, "quantity": units, "unit_price": price})
    });
    let mut body = json!({"request_id": new_id(), "occurred_at": Timestamp::now().to_string(), "channel": "till", "currency": "EUR",
        "identifiers": [{"scheme": "card", "value": "ANNA"}], "lines": lines.collect::<Vec<_>>()});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn sell(world: &dyn Between, lines: &[(&str, i64, i64)], more: &Value) -> Value {
    answered(world, "/v1/authorizations", &basket(lines, more))
}

fn operate(world: &dyn Between, what: &str, sale: &Value, more: &Value) -> Value {
    let mut body = json!({"request_id": new_id()});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    answered(world, &format!("/v1/authorizations/{}/{what}", sale["authorization_id"].as_str().unwrap()), &body)
}

fn programme<'a>(answer: &'a Value, code: &str) -> &'a Value {
    let all = answer["loyalty"].as_array().unwrap_or_else(|| panic!("{answer}"));
    all.iter().find(|one| one["program"] == code).unwrap_or_else(|| panic!("{code} in {answer}"))
}

/// What Anna has, as a quote tells it.
fn balances(world: &dyn Between) -> Vec<i64> {
    let quote = answered(world, "/v1/quote", &basket(&[("other", 1, 100)], &json!({})));
    assert_eq!(quote["usage"], "exact", "{quote}");
    ["market", "stamps", "club"].map(|code| programme(&quote, code)["balance_before"].as_i64().unwrap()).into()
}

fn sum(of: &Value, name: &str) -> i64 {
    of.as_array().unwrap().iter().map(|one| one[name].as_i64().unwrap()).sum()
}

fn story(world: &dyn Between) {
    one_sale_in_which_every_cent_has_a_payer(world);
    world.happens();
    the_tenth_coffee_is_free(world);
    world.happens();
    gold_earns_half_as_much_again_and_ends_after_its_grace(world);
    world.happens();
    a_coupon_of_a_hold_that_ends_can_be_used_again(world);
}

fn one_sale_in_which_every_cent_has_a_payer(world: &dyn Between) {
    sell(world, &[("food.milk", 100, 100)], &json!({}));
    let before = balances(world);
    assert_eq!(before, [100, 0, 0]);
    world.happens();
    let lines = [("food.bread", 2, 200), ("food.cheese", 1, 1_000), ("food.milk", 3, 100)];
    let sale = sell(world, &lines, &json!({"redeem": [{"program": "market", "points": 60}]}));
    assert_eq!((&sale["payable"], &sale["tender"], &sale["due"]), (&json!(1_400), &json!(60), &json!(1_340)), "{sale}");
    let mut payers = std::collections::BTreeSet::new();
    for (line, (_, units, price)) in sale["lines"].as_array().unwrap().iter().zip(lines) {
        let discounts = line["discounts"].as_array().unwrap();
        let funded: Vec<&Value> =
            discounts.iter().flat_map(|discount| discount["funding"].as_array().unwrap()).collect();
        payers.extend(funded.iter().map(|part| part["payer"].as_str().unwrap().to_owned()));
        let borne: i64 = funded.iter().map(|part| part["amount"].as_i64().unwrap()).sum();
        let paid = line["due"].as_i64().unwrap() + sum(&line["tender"], "amount") + borne;
        assert_eq!(paid, units * price, "{line}");
        assert!(line["tender"].as_array().unwrap().iter().all(|part| part["payer"] == "shop"), "{line}");
    }
    assert_eq!(payers.into_iter().collect::<Vec<_>>(), ["city", "shop"]);
    let earned = programme(&sale, "market")["earned"]["points"].as_i64().unwrap();
    assert_eq!((earned, balances(world)), (13, vec![100 - 60 + 13, 0, 0]));
    world.happens();
    // A line comes back with its points, and then the rest: everything is as it was.
    let points = |line: usize| &sale["lines"][line]["points"][0];
    let (spent, of_line) = (points(1)["spent"].as_i64().unwrap(), points(1)["earned"].as_i64().unwrap());
    let refund =
        operate(world, "refunds", &sale, &json!({"lines": [{"line_id": "2", "units": 1}], "reason": "mouldy"}));
    let moved = programme(&refund, "market");
    assert_eq!(
        (&moved["returned"], &moved["taken_back"], &moved["short"]),
        (&json!(spent), &json!(of_line), &json!(0))
    );
    assert_eq!(balances(world)[0], 53 + spent - of_line);
    world.happens();
    operate(world, "refunds", &sale, &json!({"reason": "all of it"}));
    assert_eq!(balances(world), before);
}

fn the_tenth_coffee_is_free(world: &dyn Between) {
    let nine = sell(world, &[("coffee.latte", 9, 350)], &json!({}));
    assert_eq!((&nine["due"], &programme(&nine, "stamps")["balance_after"]), (&json!(3_150), &json!(9)));
    world.happens();
    let tenth = sell(world, &[("coffee.latte", 1, 350), ("coffee.espresso", 1, 200)], &json!({}));
    assert_eq!(
        (&tenth["lines"][0]["due"], &tenth["lines"][1]["due"]),
        (&json!(350), &json!(0)),
        "the cheapest: {tenth}"
    );
    assert_eq!(programme(&tenth, "stamps")["balance_after"], 1);
}

fn gold_earns_half_as_much_again_and_ends_after_its_grace(world: &dyn Between) {
    let bought = |at: &str, price: i64| {
        let sale = sell(world, &[("clothes.coat", 1, price)], &json!({"occurred_at": at}));
        let club = programme(&sale, "club");
        (club["tier"].clone(), club["earned"]["points"].as_i64().unwrap())
    };
    assert_eq!(bought("2024-06-01T09:00:00+03:00", 50_000), (Value::Null, 500));
    assert_eq!(bought("2025-12-01T09:00:00+02:00", 1_000), (json!("gold"), 15));
    world.happens();
    assert_eq!(bought("2026-01-31T09:00:00+02:00", 1_000), (json!("gold"), 15), "the last day of grace");
    assert_eq!(bought("2026-02-01T09:00:00+02:00", 1_000), (Value::Null, 10));
}

fn a_coupon_of_a_hold_that_ends_can_be_used_again(world: &dyn Between) {
    let with_coupon = json!({"coupons": ["ab12 cd"]});
    let hold = sell(world, &[("tea", 1, 400)], &json!({"coupons": ["AB12-CD"], "mode": "hold"}));
    assert_eq!((&hold["payable"], &hold["coupons"][0]["state"]), (&json!(200), &json!("taken")));
    world.happens();
    let state =
        || world.engine().read(KEY, &format!("/v1/authorizations/{}", hold["authorization_id"].as_str().unwrap()));
    eventually("the end of a hold", state, |read| read.status == 200 && read.json()["state"] == "expired");
    let again = sell(world, &[("tea", 1, 400)], &with_coupon);
    assert_eq!((&again["payable"], &again["coupons"][0]["state"]), (&json!(200), &json!("taken")), "{again}");
    let used = sell(world, &[("tea", 1, 400)], &with_coupon);
    assert_eq!((&used["payable"], &used["coupons"][0]["state"]), (&json!(400), &json!("used")), "{used}");
}

/// An engine to which nothing happens.
struct Alone(Server);

impl Between for Alone {
    fn engine(&self) -> &Server {
        &self.0
    }

    fn happens(&self) {}
}

/// A folder with the story's rules, people and till.
fn imported(files: &Folder) -> String {
    let folder = format!("{}/avis", files.path());
    let _ = std::fs::remove_dir_all(&folder);
    let (rules, people) = (files.write("catalogue.json", &catalogue()), files.write_lines("holders.ndjson", &anna()));
    let tills = files.write("terminals.json", &json!({"terminals": [terminal()]}));
    let sources = ["--catalogue", &rules, "--holders", &people, "--terminals", &tills];
    let ran = avis(&[&["import", "--folder", &folder], &sources[..]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    folder
}

fn served(folder: &str) -> Alone {
    let serve = ["serve", "--listen", "127.0.0.1:0", "--folder", folder];
    Alone(Server::run_in(&SETTINGS, &serve, " terminals.\n"))
}

#[test]
fn a_basket_a_refund_a_free_coffee_a_level_and_a_coupon_in_one_folder() {
    story(&served(&imported(&Folder::new("story-of-points"))));
}

/// F37: what was spent after the backup is not spent in the life that begins with it, until the till says it again.
#[test]
fn f37_a_folder_that_was_put_back_has_the_points_and_coupons_of_its_backup() {
    let files = Folder::new("points-put-back");
    let (folder, copy) = (imported(&files), format!("{}/copy", files.path()));
    let _ = std::fs::remove_dir_all(&copy);
    let shop = served(&folder);
    sell(&shop, &[("food.milk", 100, 100)], &json!({}));
    let backed_up = avis(&["backup", "--folder", &folder, "--to", &copy]);
    assert_eq!(backed_up.code, 0, "{}", backed_up.err);
    let more = json!({"redeem": [{"program": "market", "points": 60}], "coupons": ["AB12-CD"]});
    let lost = basket(&[("food.milk", 1, 100), ("tea", 1, 400)], &more);
    let sold = answered(&shop, "/v1/authorizations", &lost);
    assert_eq!((&sold["tender"], &sold["coupons"][0]["state"], balances(&shop)[0]), (&json!(60), &json!("taken"), 40));
    shop.0.stop();
    std::fs::remove_dir_all(&folder).unwrap();
    let restored = avis(&["restore", "--from", &copy, "--folder", &folder]);
    assert_eq!(restored.code, 0, "{}", restored.err);
    let shop = served(&folder);
    assert_eq!(balances(&shop)[0], 100, "nothing was spent in this life");
    let again = answered(&shop, "/v1/authorizations", &lost);
    assert_eq!((&again["lines"], &again["coupons"], balances(&shop)[0]), (&sold["lines"], &sold["coupons"], 40));
    assert_eq!(answered(&shop, "/v1/authorizations", &lost), again);
    assert_eq!(balances(&shop)[0], 40, "and once");
}

/// F37: engines that run on while their database is put back have the points and coupons of its backup, and what one of them sold
/// while there was none is handed in to this life, once.
#[test]
fn f37_a_database_that_was_put_back_has_the_points_and_coupons_of_its_backup_and_what_was_sold_without_it() {
    let deployment = Deployment::of("points-database-put-back", &catalogue(), &anna(), &terminal());
    let database = &deployment.database;
    let backup = format!("{database}_backup");
    let engine = |node: &str| Alone(deployment.engine_in(&deployment.folder(node), node, &deployment.url, &SETTINGS));
    let shop = engine("one");
    sell(&shop, &[("food.milk", 100, 100)], &json!({}));
    shop.0.stop();
    let copy = |to: &str, from: &str| {
        let copied = || postgres().sql("postgres", &format!("CREATE DATABASE {to} TEMPLATE {from}"));
        eventually("a database that nobody uses", copied, Result::is_ok).unwrap();
    };
    copy(&backup, database);
    postgres().sql(&backup, "UPDATE avis.store SET incarnation = gen_random_uuid()").unwrap();
    let (one, two) = (engine("one"), engine("two"));
    let more = json!({"redeem": [{"program": "market", "points": 60}], "coupons": ["AB12-CD"]});
    let lost = basket(&[("food.milk", 1, 100), ("tea", 1, 400)], &more);
    let sold = answered(&one, "/v1/authorizations", &lost);
    assert_eq!((&sold["tender"], &sold["coupons"][0]["state"], balances(&two)[0]), (&json!(60), &json!("taken"), 40));

    postgres().sql("postgres", &format!("DROP DATABASE {database} WITH (FORCE)")).unwrap();
    let alone = basket(&[("food.milk", 1, 1_000)], &json!({}));
    let alone_sold = answered(&one, "/v1/authorizations", &alone);
    assert_eq!(
        (&alone_sold["stale"], &programme(&alone_sold, "market")["earned"]["points"]),
        (&json!(true), &json!(10))
    );
    copy(database, &backup);
    let journal = || one.0.get("/metrics").text;
    eventually("an empty journal", journal, |text| text.contains("avis_stand_in_journal 0\n"));
    for shop in [&one, &two] {
        assert_eq!(balances(shop)[0], 110, "nothing was spent in this life, and ten were earned without it");
    }
    let again = answered(&two, "/v1/authorizations", &lost);
    assert_eq!((&again["lines"], &again["coupons"]), (&sold["lines"], &sold["coupons"]));
    for shop in [&one, &two] {
        assert_eq!(answered(shop, "/v1/authorizations", &lost), again);
        assert_eq!(answered(shop, "/v1/authorizations", &alone), alone_sold);
        assert_eq!(balances(shop)[0], 50, "and once");
        assert!(shop.0.get("/metrics").text.contains("avis_follower_mismatches_total 0\n"));
    }
    assert_eq!(points_rows::hold(database, &[again, alone_sold]), 2);
}

/// Two engines in turn, which do not stand in, and whose database stops and comes back while they are asked.
struct TwoEngines {
    engines: [Server; 2],
    postgres: Arc<PrivatePostgres>,
    coming_back: Mutex<Option<JoinHandle<()>>>,
    asked: AtomicUsize,
}

impl Between for TwoEngines {
    fn engine(&self) -> &Server {
        &self.engines[self.asked.fetch_add(1, Ordering::SeqCst) % 2]
    }

    fn happens(&self) {
        let mut coming_back = self.coming_back.lock().unwrap();
        if let Some(before) = coming_back.take() {
            before.join().unwrap();
        }
        self.postgres.stop().unwrap();
        let postgres = self.postgres.clone();
        *coming_back = Some(std::thread::spawn(move || postgres.run().unwrap()));
    }
}

#[test]
fn a_basket_a_refund_a_free_coffee_a_level_and_a_coupon_on_two_engines_while_postgres_restarts() {
    let postgres = Arc::new(own_postgres(Durability::OnDisk, &[]));
    let deployment = Deployment::on(&postgres, "story-of-points-on-two", &catalogue(), &anna(), &terminal());
    let settings = [&SETTINGS[..], &[("AVIS_STAND_IN__STALE_MAX_S", "0")]].concat();
    let engine = |node: &str| deployment.engine_in(&deployment.folder(node), node, &deployment.url, &settings);
    let engines = [engine("one"), engine("two")];
    let world = TwoEngines { engines, postgres, coming_back: Mutex::default(), asked: AtomicUsize::new(0) };
    story(&world);
    if let Some(restart) = world.coming_back.lock().unwrap().take() {
        restart.join().unwrap();
    }
}
