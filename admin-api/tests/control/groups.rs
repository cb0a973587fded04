//! Beneficiary groups: made and named by their grantor.

use avis_admin::control::Role;
use avis_store::{AuditFilter, AuditObject};
use serde_json::{Value, json};

use crate::office::Office;
use crate::world::run;

#[test]
fn a_group_is_named_by_its_grantor_over_what_was_read() {
    run(async {
        let office = Office::open("names_of_groups").await;
        let (world, editor) = (&office.world, &office.editor);
        let read = world.get("/groups/seniors").by(editor).send().await;
        let etag = read.headers["etag"].clone();
        let body = json!({"name": {"lv": "Seniori", "en": "Seniors"}, "reason": "people read it"});
        let put = |path: &'static str, etag: &str, body: &Value| {
            world.request("PUT", path).by(editor).header("if-match", etag).json(body).send()
        };
        world.request("PUT", "/groups/seniors").by(editor).json(&body).send().await.is(428, "precondition_required");
        put("/groups/nobody", &etag, &body).await.is(404, "not_found");
        put("/groups/seniors", &etag, &json!({"name": {"lv": "Seniori"}, "reason": "half"})).await.is(422, "invalid");
        let named = put("/groups/seniors", &etag, &body).await;
        assert_eq!((named.status, &named.json()["name"]["en"]), (200, &json!("Seniors")), "{named:?}");
        put("/groups/seniors", &etag, &body).await.is(412, "changed");
        let read = world.get("/groups/seniors").by(editor).send().await;
        let group = json!({"code": "seniors", "owner": "city", "name": body["name"]});
        assert_eq!((&read.json(), &read.headers["etag"]), (&group, &named.headers["etag"]));
        let of_group = AuditFilter { actions: vec!["group_set".to_owned()], ..AuditFilter::default() };
        let [told] = &world.registry.entries(&of_group, 10).unwrap()[..] else { panic!("one change, told once") };
        let object = AuditObject { kind: "group".to_owned(), key: "seniors".to_owned() };
        assert_eq!((&told.entry.act.object, told.entry.act.reason.as_deref()), (&Some(object), Some("people read it")));
    });
}

#[test]
fn a_group_is_named_as_it_is_made_tried_without_a_change_and_by_nobody_but_its_owner() {
    run(async {
        let office = Office::open("names_of_new_groups").await;
        let (world, editor) = (&office.world, &office.editor);
        let name = json!({"lv": "Zvejnieki", "en": "Fishers"});
        let made = json!({"code": "fishers", "name": name, "reason": "a new one"});
        let made = world.post("/groups").by(editor).once().json(&made).send().await;
        assert_eq!((made.status, &made.json()["name"]), (201, &name), "{made:?}");
        let read = |by: &str, path: &str| world.get(path).by(by).send();
        let fishers = read(editor, "/groups/fishers").await;
        assert_eq!(fishers.json(), json!({"code": "fishers", "owner": "city", "name": name}));
        assert_eq!(fishers.headers["etag"], made.headers["etag"]);

        let other = json!({"name": {"lv": "Makšķernieki", "en": "Anglers"}, "reason": "another word"});
        let put = |by: &str, path: &str, etag: &str, body: &Value| {
            world.request("PUT", path).by(by).header("if-match", etag).json(body).send()
        };
        let etag = &fishers.headers["etag"];
        let would = put(editor, "/groups/fishers?dry_run=true", etag, &other).await;
        assert_eq!((would.status, &would.json()["counts"]["changed"]), (200, &json!(1)), "{would:?}");
        put(editor, "/groups/fishers", etag, &json!({"name": null, "reason": "none"})).await.is(422, "invalid");
        let town = world.user(&office.operator, "town", Role::Editor).await;
        put(&town, "/groups/fishers", etag, &other).await.is(403, "not_yours");
        // A merchant's groups are there for nobody else.
        read(editor, "/groups/shop-gold").await.is(404, "not_found");
        put(editor, "/groups/shop-gold", etag, &other).await.is(404, "not_found");
        assert_eq!(read(editor, "/groups/fishers").await.json()["name"], name, "it is called as before");
    });
}
