//! How a provider's own files are written: said once, over what was read, and nobody else's.

use avis_admin::control::Role;
use serde_json::{Value, json};

use crate::world::{Answered, World, run};

#[test]
fn how_files_are_written_is_kept_and_changed_over_what_was_read() {
    run(async {
        let (world, operator) = World::with_parties("profiles").await;
        let bus = world.user(&operator, "bus", Role::Provider).await;
        let tram = world.user(&operator, "tram", Role::Provider).await;
        let path = "/providers/bus/profile";
        let said = |gross: &str| json!({"profile": {"columns": {"occurred_at": "t", "gross": gross}, "dates": ["YYYY-MM-DD HH:mm:ss"]}});
        let set = |by: &str, etag: Option<&str>, body: &Value| {
            let request = world.request("PUT", path).by(by);
            let request = etag.into_iter().fold(request, |request, etag| request.header("if-match", etag));
            request.json(body).send()
        };
        let nothing = world.get(path).by(&bus).send().await;
        assert_eq!(nothing.json(), json!({"profile": null, "changed_at": null}));
        let wrong = set(&bus, None, &json!({"profile": {"columns": {}, "dates": ["soon"]}})).await;
        wrong.is(422, "invalid");
        let pointers = |answered: &Answered| answered.json()["errors"].to_string();
        assert!(pointers(&wrong).contains("/profile/dates"), "{wrong:?}");
        let first = set(&bus, None, &said("price")).await;
        assert_eq!((first.status, &first.json()["profile"]), (200, &said("price")["profile"]), "{first:?}");
        set(&bus, None, &said("cost")).await.is(428, "precondition_required");
        set(&bus, Some("\"9\""), &said("cost")).await.is(412, "changed");
        let etag = world.get(path).by(&bus).send().await.headers["etag"].clone();
        set(&bus, Some(&etag), &said("cost")).await.is_done();
        assert_eq!(world.get(path).by(&bus).send().await.json()["profile"], said("cost")["profile"]);
        world.get(path).by(&tram).send().await.is(404, "not_found");
        set(&tram, None, &said("price")).await.is(404, "not_found");
    });
}
