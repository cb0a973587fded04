//! F24 with points: versions of a programme are published while tills sell, on either store.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use avis_testing::{SetOnDrop, eventually};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::deployment::{Deployment, new_id};
use crate::points_rows;
use crate::program::{Folder, Ran, Server, avis};

const KEY: &str = "avis_test_mid_flight_till";
const TILLS: usize = 4;
/// Of the programme.
const VERSIONS: i64 = 5;
/// Sales by a version before the next is published.
const OF_A_VERSION: usize = 25;

/// A version earns its own number of points for each euro.
fn catalogue(versions: i64) -> Value {
    let program = |version: i64| {
        json!({"code": "stars", "version": version, "owner": "shop", "scope": {"providers": {"all": true}},
            "earn": {"per": 100, "rules": [{"code": "base", "money": version}]}, "redeem": {"points": 1, "amount": 1, "max_share": 5_000}})
    };
    json!({"currency": "EUR", "providers": [{"code": "shop-1", "tags": []}], "benefits": [],
        "programs": (1..=versions).map(program).collect::<Value>()})
}

fn people() -> Value {
    let person = |number: usize| {
        json!({"holder": format!("h-{number}"), "identifiers": [{"scheme": "card", "value": format!("CARD-{number}")}],
            "memberships": [{"program": "stars", "consent": "terms"}]})
    };
    (0..2).map(person).collect()
}

fn terminal() -> Value {
    json!({"terminal": "till", "provider": "shop-1", "key": KEY, "channels": ["till"], "schemes": ["card"]})
}

fn sale(holder: usize, more: &Value) -> String {
    let mut sale = json!({
        "request_id": new_id(), "occurred_at": Timestamp::now().to_string(), "channel": "till", "currency": "EUR",
        "identifiers": [{"scheme": "card", "value": format!("CARD-{holder}")}],
        "lines": [{"line_id": "1", "product": "tea", "quantity": 1, "unit_price": 2_000}],
    });
    sale.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sale.to_string()
}

/// Publishes one version more; under which revision.
fn published(import: &dyn Fn(&[&str]) -> Ran, files: &Folder, versions: i64) -> u64 {
    let ran = import(&["--catalogue", &files.write(&format!("catalogue-{versions}.json"), &catalogue(versions))]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let revision = ran.out.split("(revision ").nth(1).and_then(|rest| rest.split(')').next());
    revision.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{}", ran.out))
}

/// Sells at engines while versions follow each other; whose each answer is, and the revision of each version.
fn sold(engines: &[Server], publish: impl Fn(i64) -> u64) -> (Vec<(usize, Value)>, BTreeMap<u64, i64>) {
    let (sales, is_over, mut versions) = (Mutex::new(Vec::new()), AtomicBool::new(false), BTreeMap::new());
    std::thread::scope(|scope| {
        for till in 0..TILLS {
            let (sales, is_over) = (&sales, &is_over);
            scope.spawn(move || {
                let _ending = SetOnDrop(is_over);
                while !is_over.load(Ordering::SeqCst) {
                    let body = sale(till / 2, &json!({"redeem": [{"program": "stars", "points": 7}]}));
                    let answer = engines[till % engines.len()].send(KEY, "/v1/authorizations", body);
                    assert_eq!(answer.status, 200, "{}", answer.text);
                    sales.lock().unwrap().push((till / 2, answer.json()));
                }
            });
        }
        let _ending = SetOnDrop(&is_over);
        let of = |version: i64| sales.lock().unwrap().iter().filter(|(_, sale)| version_of(sale) == version).count();
        for version in 1..=VERSIONS {
            if version > 1 {
                versions.insert(publish(version), version);
            }
            eventually(
                "sales of a version",
                || of(version),
                |count| {
                    assert!(!is_over.load(Ordering::SeqCst), "somebody stopped; see above");
                    *count >= OF_A_VERSION
                },
            );
        }
    });
    (sales.into_inner().unwrap(), versions)
}

fn version_of(sale: &Value) -> i64 {
    sale["loyalty"][0]["version"].as_i64().unwrap_or_else(|| panic!("{sale}"))
}

/// Each sale names one revision, earned by the version of that revision alone, and stands in its account.
fn each_is_of_one_revision(engines: &[Server], sales: &[(usize, Value)], versions: &BTreeMap<u64, i64>) {
    let mut balances = [0, 0];
    for (holder, sale) in sales {
        let of = &sale["loyalty"][0];
        let revision = sale["revision"].as_u64().unwrap();
        let version = versions.range(..=revision).next_back().map_or(1, |(_, version)| *version);
        assert_eq!(version_of(sale), version, "by revision {revision}: {sale}");
        let (due, spent) = (sale["due"].as_i64().unwrap(), of["redeemed"]["points"].as_i64().unwrap_or_default());
        assert_eq!(of["earned"]["points"].as_i64().unwrap(), due * version / 100, "{sale}");
        balances[*holder] += due * version / 100 - spent;
    }
    for engine in engines {
        let balance =
            |holder| engine.quote(KEY, sale(holder, &json!({}))).json()["loyalty"][0]["balance_before"].as_i64();
        assert_eq!([balance(0), balance(1)], balances.map(Some));
    }
}

/// I5: decided again from what it read, the last sale of each version is the same.
fn decided_again(sales: &[(usize, Value)], replay: impl Fn(&str) -> Ran) {
    let last: BTreeMap<i64, &str> =
        sales.iter().map(|(_, sale)| (version_of(sale), sale["authorization_id"].as_str().unwrap())).collect();
    assert_eq!(last.len(), usize::try_from(VERSIONS).unwrap());
    for id in last.values() {
        let ran = replay(id);
        assert_eq!((ran.code, ran.out), (0, format!("{id}: the same\n")), "{}", ran.err);
    }
}

#[test]
fn f24_each_sale_of_a_folder_earns_by_the_version_of_its_one_revision() {
    let files = Folder::new("mid-flight");
    let folder = format!("{}/avis", files.path());
    let _ = std::fs::remove_dir_all(&folder);
    let import = |arguments: &[&str]| avis(&[&["import", "--folder", &folder], arguments].concat());
    let (rules, people) =
        (files.write("catalogue.json", &catalogue(1)), files.write_lines("holders.ndjson", &people()));
    let tills = files.write("terminals.json", &json!({"terminals": [terminal()]}));
    let ran = import(&["--catalogue", &rules, "--holders", &people, "--terminals", &tills]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let engines = [Server::run(&["serve", "--listen", "127.0.0.1:0", "--folder", &folder], " terminals.\n")];
    let (sales, versions) = sold(&engines, |versions| published(&import, &files, versions));
    each_is_of_one_revision(&engines, &sales, &versions);
    decided_again(&sales, |id| avis(&["replay", "--folder", &folder, id]));
}

#[test]
fn f24_each_sale_of_two_engines_earns_by_the_version_of_its_one_revision() {
    let deployment = Deployment::of("mid-flight-on-two", &catalogue(1), &people(), &terminal());
    let engines = [deployment.engine("one"), deployment.engine("two")];
    let office = deployment.folder("office");
    let import = |arguments: &[&str]| deployment.avis(&[&["import", "--folder", &office], arguments].concat());
    let (sales, versions) = sold(&engines, |versions| published(&import, &deployment.files, versions));
    each_is_of_one_revision(&engines, &sales, &versions);
    let answers: Vec<Value> = sales.iter().map(|(_, sale)| sale.clone()).collect();
    assert_eq!(points_rows::hold(&deployment.database, &answers), answers.len());
    decided_again(&sales, |id| deployment.avis(&["replay", "--folder", &office, id]));
}
