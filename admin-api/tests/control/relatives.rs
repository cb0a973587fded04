//! Who speaks for whom: a parent sees to a child's means and consents for as long as the registry says so.

use avis_admin::control::Role;
use serde_json::{Value, json};

use crate::imports::{faults, holder, imported};
use crate::residents::Home;
use crate::through::{session, with_eid};
use crate::world::run;

/// A list of who speaks for whom, brought by an operator; the job when it ended.
async fn relations(home: &Home, rows: &str) -> Value {
    let csv = format!("scheme;value;guardian_scheme;guardian_value;relation;from;until\n{rows}\n");
    imported(&home.world, &home.operator, "kind=relations&reason=from+the+registry", &csv).await
}

fn join_again() -> Value {
    json!({"scheme": "etalons", "value": "A-1", "consent": "terms-1", "reason": "asked again"})
}

#[test]
fn a_parent_sees_a_child_s_means_and_blocks_one_while_the_registry_says_so() {
    run(async {
        let home = Home::new("residents-child").await;
        assert_eq!(home.get("/people/me/relations").await["items"], json!([]));
        for (row, field, code) in [
            ("etalons;A-1;etalons;R-1;friend;;", "relation", "invalid"),
            ("etalons;none;etalons;R-1;child;;", "value", "unknown_person"),
            ("etalons;A-1;etalons;none;child;;", "guardian_value", "unknown_person"),
            ("etalons;R-1;etalons;R-2;child;;", "guardian_value", "same_person"),
            ("etalons;A-1;etalons;R-1;child;2026-01-02;2026-01-01", "from", "invalid"),
        ] {
            let job = relations(&home, row).await;
            assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!("bad_rows")), "{job}");
            let found = faults(&home.world, &home.operator, &job).await;
            assert_eq!(found, [(2, field.to_owned(), code.to_owned())], "{row}");
        }
        let job = relations(&home, "etalons;A-1;etalons;R-1;child;2015-03-01;2033-03-01").await;
        assert_eq!((&job["state"], &job["result"]["added"]), (&json!("done"), &json!(1)), "{job}");
        let known = home.get("/people/me/relations").await["items"].clone();
        assert_eq!((&known[0]["relation"], &known[0]["until"]), (&json!("child"), &json!("2033-03-01")));
        let child = format!("/people/{}", known[0]["handle"].as_str().unwrap());
        home.get(&child).await;
        home.world.get(&format!("{child}/relations")).by(&home.rita).send().await.is(404, "not_found");
        // That the parent saw the birth date in the list is told to the child as well.
        let looks = home.get(&format!("{child}/accesses")).await;
        let looks = looks["items"].as_array().unwrap().iter().filter(|access| access["action"] == "person_read");
        assert_eq!(looks.count(), 2);
        // One of the child's means is blocked; the others stay, and so do the parent's.
        let means = home.get(&format!("{child}/means")).await["items"].clone();
        let blocked = home.post(&format!("{child}/means/{}/block", means[0]["id"].as_str().unwrap()), None).await;
        assert_eq!(blocked.json()["state"], "blocked", "{blocked:?}");
        let count = async |path: &str, state: &str| {
            let means = home.get(path).await;
            means["items"].as_array().unwrap().iter().filter(|means| means["state"] == state).count()
        };
        assert_eq!(count(&format!("{child}/means"), "blocked").await, 1);
        assert_eq!(count("/people/me/means", "blocked").await, 0);
        // The child's own list of who looked names the parent as another, with the reason.
        let accesses = home.get(&format!("{child}/accesses")).await;
        let access = accesses["items"].as_array().unwrap().iter().find(|access| access["action"] == "means_blocked");
        assert_eq!(
            (&access.unwrap()["own"], &access.unwrap()["reason"]),
            (&json!(false), &json!("child")),
            "{accesses}"
        );
        // To a user the handle is nothing, and it ends with the relation.
        home.world.get(&child).by(&home.operator).send().await.is(403, "not_your_role");
        let clerk = home.world.user(&home.operator, "desk", Role::Clerk).await;
        home.world.get(&child).by(&clerk).send().await.is(404, "not_found");
        let job = relations(&home, "etalons;A-1;etalons;R-1;child;2015-03-01;2026-01-01").await;
        assert_eq!(job["result"]["changed"], 1, "{job}");
        home.world.get(&child).by(&home.rita).send().await.is(404, "not_found");
        assert_eq!(home.get("/people/me/relations").await["items"], json!([]));
    });
}

/// Control plane, 5: only who blocked unblocks, or a desk.
#[test]
fn what_a_parent_blocked_is_not_the_childs_to_unblock_nor_the_other_way_round() {
    run(async {
        let home = Home::new("residents-child-blocks").await;
        let means = [("eid", "120312-54321"), ("etalons", "C-1"), ("isic", "CI-1")];
        let means = means.map(|(scheme, value)| json!({"scheme": scheme, "value": value}));
        home.world.import_as_owner(&json!({"holder": "h-child", "birth_date": "2012-03-12", "identifiers": means}));
        let job = relations(&home, "etalons;C-1;etalons;R-1;child;2015-03-01;2033-03-01").await;
        assert_eq!(job["state"], "done", "{job}");
        let child = session(&with_eid(&home.forger, &home.world, &json!("PNOLV-120312-54321")).await);
        let handle = home.get("/people/me/relations").await["items"][0]["handle"].as_str().unwrap().to_owned();
        let known = home.get(&format!("/people/{handle}/means")).await;
        let of =
            |scheme: &str| known["items"].as_array().unwrap().iter().find(|means| means["scheme"] == scheme).unwrap();
        let (card, isic) = (of("etalons")["id"].clone(), of("isic")["id"].clone());
        let path = |of: &str, id: &Value, step: &str| format!("/people/{of}/means/{}/{step}", id.as_str().unwrap());
        let by_child =
            async |id: &Value, step: &str| home.world.post(&path("me", id, step)).by(&child).once().send().await;
        home.post(&path(&handle, &card, "block"), None).await.is_done();
        by_child(&card, "unblock").await.is(403, "not_yours");
        home.post(&path(&handle, &card, "unblock"), None).await.is_done();
        by_child(&isic, "block").await.is_done();
        home.post(&path(&handle, &isic, "unblock"), None).await.is(403, "not_yours");
        by_child(&isic, "unblock").await.is_done();
    });
}

#[test]
fn what_a_child_consented_to_is_told_and_taken_back_by_who_speaks_for_it() {
    run(async {
        let home = Home::new("residents-child-consents").await;
        let job = relations(&home, "etalons;A-1;etalons;R-1;child;2015-03-01;2033-03-01").await;
        assert_eq!(job["state"], "done", "{job}");
        let known = home.get("/people/me/relations").await["items"][0].clone();
        let editor = home.world.user(&home.operator, "city", Role::Editor).await;
        for card in ["A-1", "R-1"] {
            let join = json!({"scheme": "etalons", "value": card, "consent": "terms-1", "reason": "asked"});
            home.world.post("/programs/city-points/members").by(&editor).json(&join).send().await.is_done();
        }
        let handle = known["handle"].as_str().unwrap();
        let consents = home.get("/me/consents").await["items"].as_array().unwrap().clone();
        let whose: Vec<&str> = consents.iter().map(|one| one["handle"].as_str().unwrap()).collect();
        assert!(whose.len() == 2 && whose.contains(&"me") && whose.contains(&handle), "{consents:?}");
        let of_child = home.get(&format!("/me/consents?handle={handle}")).await["items"].clone();
        assert_eq!((of_child.as_array().unwrap().len(), &of_child[0]["handle"]), (1, &json!(handle)));
        // Who speaks for the child by two relations at once is told once, and so is the child.
        let job = relations(&home, "etalons;A-1;etalons;R-1;ward;2020-01-01;").await;
        assert_eq!((&job["state"], &job["result"]["added"]), (&json!("done"), &json!(1)), "{job}");
        let reads = async |action: &str| {
            let accesses = home.get(&format!("/people/{handle}/accesses")).await;
            let all = accesses["items"].as_array().unwrap().clone();
            all.iter().filter(|access| access["action"] == action).count()
        };
        let before = reads("person_consents_read").await;
        assert_eq!(home.get("/me/consents").await["items"], json!(consents));
        assert_eq!(reads("person_consents_read").await, before + 1);
        // The child is listed once, by what lasts longest, and is told once who looked.
        let before = reads("person_read").await;
        let listed = home.get("/people/me/relations").await["items"].clone();
        let one = json!([{"handle": handle, "relation": "ward", "birth_date": known["birth_date"], "from": "2020-01-01", "until": null}]);
        assert_eq!(listed, one);
        assert_eq!(reads("person_read").await, before + 1);
        let job = relations(&home, "etalons;A-1;etalons;R-1;ward;2020-01-01;2021-01-01").await;
        assert_eq!(job["result"]["changed"], 1, "{job}");
        let nobody = format!("/me/consents?handle={}", uuid::Uuid::nil());
        home.world.get(&nobody).by(&home.rita).send().await.is(404, "not_found");
        let consent = format!("/me/consents/{}", of_child[0]["id"].as_str().unwrap());
        let withdrawn = home.world.request("DELETE", &consent).by(&home.rita).send().await;
        assert_eq!((withdrawn.status, &withdrawn.json()["handle"]), (200, &json!(handle)), "{withdrawn:?}");
        assert!(holder(&home.world, "etalons", "A-1")["memberships"][0]["until"].is_string());
        assert!(holder(&home.world, "etalons", "R-1")["memberships"][0]["until"].is_null());
        let accesses = home.get(&format!("/people/{handle}/accesses")).await;
        for (action, relation) in [("person_consents_read", "ward"), ("consent_withdrawn", "child")] {
            let of = accesses["items"].as_array().unwrap().iter().find(|access| access["action"] == action).unwrap();
            assert_eq!((&of["own"], &of["reason"]), (&json!(false), &json!(relation)), "{accesses}");
        }
        // It ends with the relation.
        let job = relations(&home, "etalons;A-1;etalons;R-1;child;2015-03-01;2026-01-01").await;
        assert_eq!(job["result"]["changed"], 1, "{job}");
        home.world.post("/programs/city-points/members").by(&editor).json(&join_again()).send().await.is_done();
        let left = home.get("/me/consents").await["items"].clone();
        assert_eq!((left.as_array().unwrap().len(), &left[0]["handle"]), (1, &json!("me")), "{left}");
        home.world.request("DELETE", &consent).by(&home.rita).send().await.is(404, "not_found");
    });
}
