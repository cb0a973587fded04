//! Which cases hold up whom: one's own do, those of others that pass now are told, and what fails already is in nobody's way.

use avis_store::{Kind, Row};
use serde_json::{Value, json};

use crate::office::{Office, cases, content, text};
use crate::world::run;

impl Office {
    /// A rule of a grantor at the tram, and a case of it by which the bus asks something for a ticket.
    fn published(&self, grantor: &str, payable: i64) -> String {
        let code = format!("{grantor}-gold");
        let mut rule = content(1_000);
        rule["scope"] = json!({"providers": {"codes": ["tram"]}});
        for (field, value) in [("code", json!(code)), ("version", json!(1)), ("grantor", json!(grantor))] {
            rule[field] = value;
        }
        let name = format!("{code}: the bus has none");
        let mut case = cases(payable)[0].clone();
        case["name"] = json!(name);
        let row = |kind, key: &str, content: &Value| {
            Ok(Row { kind, key: key.into(), content: Some(content.to_string().into()) }.into())
        };
        self.world.commit(vec![row(Kind::Benefit, &format!("{code}/1"), &rule), row(Kind::Case, &name, &case)]);
        name
    }

    async fn changed_slot(&self, query: &str) -> crate::world::Answered {
        let (world, operator) = (&self.world, &self.operator);
        let etag = world.get("/slots/base").by(operator).send().await.headers["etag"].clone();
        let capped = json!({"priority": 1, "max_discount": {"rate": 1000}, "reason": "enough"});
        let put = world.request("PUT", &format!("/slots/base{query}")).by(operator).header("if-match", &etag);
        put.json(&capped).send().await
    }
}

#[test]
fn cases_of_others_that_pass_now_are_told_and_hold_nobody_up() {
    run(async {
        let office = Office::open("breaking-others").await;
        let world = &office.world;
        let [town, _] = ["town", "shop"].map(|grantor| office.published(grantor, 200));
        let draft = office.drafted(&content(5000), &cases(100), None).await;
        let path = format!("/drafts/{}", text(&draft["id"]));
        let body = json!({"content": content(5000), "cases": cases(100)});
        let ran = world.post(&format!("{path}/cases")).by(&office.editor).json(&body).send().await;
        assert_eq!(ran.json()["hidden"], 1, "{ran:?}");
        let told = &ran.json()["cases"][1];
        assert_eq!((&told["name"], &told["own"], &told["refuses"]), (&json!(town), &json!(false), &json!(false)));
        let hash = json!({"content_hash": draft["content_hash"]});
        let checked = world.post(&format!("{path}/check")).by(&office.editor).send().await;
        let submitted = office.step(&office.editor, &text(&draft["id"]), "submit", &hash).await;
        office.step(&office.approver, &text(&draft["id"]), "approve", &hash).await.is_done();
        let (id, reason) = (text(&draft["id"]), json!({"reason": "decided"}));
        let dry = office.step(&office.approver, &id, "publish?dry_run=true", &reason).await;
        let published = office.publish(&id).await;
        for told in [&checked, &submitted, &dry, &published] {
            told.is_done();
            let warnings = told.json()["warnings"].clone();
            let of_town = format!("case `{town}` passes now and would fail: expected 200, got 100");
            let hidden = "cases of rules that are not shown to your party pass now and would fail: 1";
            assert_eq!(warnings, json!([hidden, of_town]), "{told:?}");
        }
        for told in [ran, checked, submitted, dry, published] {
            assert!(!told.text.contains("shop-gold"), "{told:?}");
        }
        assert_eq!(world.get(&path).by(&office.editor).send().await.json()["state"], "published");
    });
}

#[test]
fn what_fails_already_holds_nobody_up() {
    run(async {
        let office = Office::open("breaking-before").await;
        for grantor in ["city", "town"] {
            office.published(grantor, 1);
        }
        let draft = office.drafted(&content(5000), &cases(100), None).await;
        let checked =
            office.world.post(&format!("/drafts/{}/check", text(&draft["id"]))).by(&office.editor).send().await;
        assert_eq!((checked.status, &checked.json()["warnings"]), (200, &json!([])), "{checked:?}");
        let id = office.approved(&content(5000), &cases(100), None).await;
        office.publish(&id).await.is_done();
    });
}

#[test]
fn a_case_of_the_same_grantor_that_passes_now_refuses_what_would_break_it() {
    run(async {
        let office = Office::open("breaking-own").await;
        let other = office.published("city", 200);
        let draft = office.drafted(&content(5000), &cases(100), None).await;
        let id = text(&draft["id"]);
        let submitted =
            office.step(&office.editor, &id, "submit", &json!({"content_hash": draft["content_hash"]})).await;
        submitted.is(422, "case_failed");
        assert!(submitted.text.contains(&other) && submitted.text.contains("expected 200, got 100"), "{submitted:?}");
        let body = json!({"content": content(5000), "cases": cases(100)});
        let ran = office.world.post(&format!("/drafts/{id}/cases")).by(&office.editor).json(&body).send().await.json();
        assert_eq!((&ran["cases"][1]["own"], &ran["cases"][1]["refuses"]), (&json!(false), &json!(true)), "{ran}");
        assert_eq!(ran["cases"][0]["refuses"], false, "{ran}");
    });
}

#[test]
fn what_an_operator_changes_beneath_rules_is_told_of_their_cases() {
    run(async {
        let office = Office::open("breaking-ground").await;
        let id = office.approved(&content(5000), &cases(100), None).await;
        office.publish(&id).await.is_done();
        let told = json!(["case `rides: a ticket` passes now and would fail: expected 100, got 180"]);
        let dry = office.changed_slot("?dry_run=true").await;
        assert_eq!((dry.status, &dry.json()["warnings"]), (200, &told), "{dry:?}");
        let mut case = cases(100)[0].clone();
        case["name"] = json!("of nobody");
        let row = |content: Option<&Value>| Row {
            kind: Kind::Case,
            key: "of nobody".into(),
            content: content.map(|content| content.to_string().into()),
        };
        office.world.commit(vec![Ok(row(Some(&case)).into())]);
        let refused = office.changed_slot("").await;
        refused.is(422, "case_failed");
        assert!(refused.text.contains("of nobody") && !refused.text.contains("rides: "), "{refused:?}");
        office.world.commit(vec![Ok(row(None).into())]);
        let changed = office.changed_slot("").await;
        assert_eq!((changed.status, &changed.json()["warnings"]), (200, &told), "{changed:?}");
        // It fails by now, and holds up nobody who changes something else.
        let next = office.approved(&content(5000), &cases(180), Some(1)).await;
        office.publish(&next).await.is_done();
    });
}
