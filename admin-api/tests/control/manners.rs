//! What every answer promises: strict input, lists, locking, repeats, errors, headers, pace, and the published description.

use avis_admin::control::Role;
use serde_json::{Value, json};

use crate::world::{World, run};

fn party(code: &str) -> Value {
    json!({"code": code, "name": {"lv": "Vārds", "en": "Name"}, "capacities": ["centre"]})
}

#[test]
fn unknown_and_doubled_fields_and_parameters_are_refused() {
    run(async {
        let (world, operator) = World::with_parties("strict").await;
        let post = |body: &str| {
            let request = world.post("/parties").by(&operator).once().header("content-type", "application/json");
            request.bytes(body.as_bytes()).send()
        };
        let mut owned = party("a");
        owned["owner"] = json!("city");
        post(&owned.to_string()).await.is(422, "invalid");
        post(r#"{"code": "a", "code": "b"}"#).await.is(422, "invalid");
        post("{").await.is(422, "invalid");
        post("").await.is(422, "invalid");
        post("[]").await.is(422, "invalid");
        for query in ["?limit=0", "?limit=201", "?limit=x", "?limit=1&limit=1", "?owner=city", "?cursor=%zz"] {
            let refused = world.get(&format!("/parties{query}")).by(&operator).send().await;
            assert!([400, 422].contains(&refused.status), "{query}: {refused:?}");
        }
        let text = world.post("/parties").by(&operator).once().header("content-type", "text/plain").bytes(b"{}");
        text.send().await.is(415, "wrong_media_type");
        let zipped = world.post("/parties").by(&operator).once().json(&party("a")).header("content-encoding", "gzip");
        zipped.send().await.is(415, "wrong_media_type");
        let large = world.post("/parties").by(&operator).once().bytes(&vec![b' '; 256 * 1024 + 1]);
        large.send().await.is(413, "too_large");
        assert_eq!(world.get("/parties/a").by(&operator).send().await.status, 404, "nothing was changed");
    });
}

#[test]
fn an_error_says_all_faults_and_no_value() {
    run(async {
        let (world, operator) = World::with_parties("errors").await;
        let body = json!({"code": "SECRET", "name": {"lv": ""}, "capacities": ["secret"], "secret": 1});
        let refused = world.post("/parties").by(&operator).once().json(&body).send().await;
        refused.is(422, "invalid");
        assert_eq!(refused.headers["content-type"], "application/problem+json");
        let problem = refused.json();
        let pointers: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect();
        assert_eq!(pointers, ["/code", "/name/lv", "/name/en", "/capacities/0", ""]);
        assert_eq!((&problem["pointer"], &problem["status"]), (&json!("/code"), &json!(422)));
        assert_eq!(problem["request"].as_str().unwrap(), refused.headers["avis-request"]);
        assert!(!refused.text.to_lowercase().contains("secret"), "{refused:?}");
        let mut body = party("a");
        body["contact"] = json!("call 010190-12345");
        let refused = world.post("/parties").by(&operator).once().json(&body).send().await;
        refused.is(422, "looks_like_an_identifier");
        assert!(!refused.text.contains("12345"));
    });
}

#[test]
fn a_list_is_read_on_by_a_cursor_of_the_same_filters() {
    run(async {
        let (world, operator) = World::with_parties("lists").await;
        let (mut codes, mut path) = (Vec::new(), "/parties?limit=3".to_owned());
        loop {
            let page = world.get(&path).by(&operator).send().await.json();
            codes
                .extend(page["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("/parties?limit=3&cursor={next}");
        }
        assert_eq!(codes, ["bus", "city", "desk", "lab", "operator", "shop", "town", "tram"]);
        let next = world.get("/parties?limit=1").by(&operator).send().await.json()["next"].as_str().unwrap().to_owned();
        world.get(&format!("/users?cursor={next}")).by(&operator).send().await.is(422, "cursor_mismatch");
        world.get("/parties?cursor=abc").by(&operator).send().await.is(422, "cursor_mismatch");
    });
}

#[test]
fn a_change_needs_the_etag_that_was_read() {
    run(async {
        let (world, operator) = World::with_parties("etags").await;
        let read = world.get("/parties/desk").by(&operator).send().await;
        let etag = read.headers["etag"].clone();
        let mut body = party("desk");
        body.as_object_mut().unwrap().remove("code");
        let put = || world.request("PUT", "/parties/desk").by(&operator).json(&body);
        put().send().await.is(428, "precondition_required");
        put().header("if-match", "\"99\"").send().await.is(412, "changed");
        put().header("if-match", "*").send().await.is(412, "changed");
        let changed = put().header("if-match", &etag).send().await;
        assert_eq!((changed.status, &changed.json()["name"]["lv"]), (200, &json!("Vārds")));
        assert_ne!(changed.headers["etag"], etag);
        put().header("if-match", &etag).send().await.is(412, "changed");
    });
}

#[test]
fn every_object_that_is_read_has_an_etag_which_changes_with_it() {
    run(async {
        let (world, operator) = World::with_parties("all-etags").await;
        let me = world.get("/me").by(&operator).send().await.id();
        let paths = [
            "/me",
            "/parties/city",
            "/benefits/city-rides",
            "/benefits/city-rides/versions/1",
            "/providers/bus",
            "/revisions/1",
            "/terminals/bus-1",
            "/openapi.json",
            &format!("/users/{me}"),
        ];
        for path in paths {
            let etag = |read: &crate::world::Answered| read.headers.get("etag").cloned();
            let (first, again) =
                (world.get(path).by(&operator).send().await, world.get(path).by(&operator).send().await);
            assert!(etag(&first).is_some_and(|etag| etag.starts_with('"')), "{path}: {first:?}");
            assert_eq!(etag(&first), etag(&again), "{path}");
        }
        let before = world.get("/benefits/city-rides").by(&operator).send().await.headers["etag"].clone();
        world.publish_version(2, &json!({"priority": 7}));
        assert_ne!(world.get("/benefits/city-rides").by(&operator).send().await.headers["etag"], before);
    });
}

#[test]
fn an_address_longer_than_mail_has_is_refused_by_its_field() {
    run(async {
        let (world, _) = World::with_parties("long-address").await;
        let body = json!({"email": format!("{}@avis.lv", "\u{101}".repeat(240)), "password": "x"});
        let refused = world.post("/sessions").json(&body).send().await;
        refused.is(422, "invalid");
        assert_eq!(refused.json()["pointer"], "/email");
    });
}

#[test]
fn a_request_that_makes_something_is_answered_once() {
    run(async {
        let (world, operator) = World::with_parties("once").await;
        let post = |key: &str, body: &Value| {
            world.post("/parties").by(&operator).header("idempotency-key", key).json(body).send()
        };
        let key = world.key();
        world.post("/parties").by(&operator).json(&party("new")).send().await.is(422, "invalid");
        post("no-uuid", &party("new")).await.is(422, "invalid");
        let first = post(&key, &party("new")).await;
        let again = post(&key, &party("new")).await;
        assert_eq!((first.status, again.status, &again.text), (201, 201, &first.text));
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert!(!first.headers.contains_key("idempotent-replayed"));
        post(&key, &party("another")).await.is(409, "idempotency_key_reused");
        post(&world.key(), &party("new")).await.is(409, "exists");
        world.clock.pass(jiff::SignedDuration::from_hours(25));
        let operator = world.sign_in("olga@avis.lv").await;
        let late = world.post("/parties").by(&operator).header("idempotency-key", &key).json(&party("new"));
        late.send().await.is(409, "exists");
        let refused = world.key();
        let ask = |key: &str| {
            let request = world.post("/parties").by(&operator).header("idempotency-key", key);
            request.json(&party("new")).send()
        };
        let (first, again) = (ask(&refused).await, ask(&refused.to_uppercase()).await);
        first.is(409, "exists");
        assert_eq!((again.status, &again.text), (409, &first.text), "however the key is written");
        assert_eq!(again.headers["idempotent-replayed"], "true");
        let key = world.key();
        let invite = || {
            let body = json!({"party": "desk", "role": "cl"});
            world.post("/invitations").by(&operator).header("idempotency-key", &key).json(&body).send()
        };
        let (first, again) = (invite().await.json(), invite().await.json());
        assert!(first["link"].is_string() && again["link"].is_null(), "a secret is shown once");
        assert_eq!(first["id"], again["id"]);
    });
}

#[test]
fn answers_are_kept_from_other_pages_and_caches() {
    run(async {
        let (world, operator) = World::with_parties("headers").await;
        for answered in [
            world.get("/me").by(&operator).send().await,
            world.get("/me").send().await,
            world.get("/nothing").send().await,
            world.get("/openapi.json").send().await,
        ] {
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cache-control", "no-store"),
            ] {
                assert_eq!(answered.headers[name], value);
            }
            assert!(answered.headers["content-security-policy"].starts_with("default-src 'none';"));
            assert!(!answered.headers.contains_key("access-control-allow-origin"));
            assert!(!answered.headers.contains_key("strict-transport-security"), "only under TLS");
        }
        world.get("/nothing").by(&operator).send().await.is(404, "not_found");
        let other = world.request("PATCH", "/parties/city").by(&operator).send().await;
        other.is(405, "wrong_method");
        assert_eq!(other.headers["allow"], "GET, PUT");
    });
}

#[test]
fn who_asks_faster_than_the_pace_is_told_to_wait() {
    run(async {
        let (world, operator) = World::with_parties("pace").await;
        let mut refused = 0;
        for _ in 0..60 {
            // A request looks at the clock twice: that moves it, and it is put back.
            world.clock.pass(jiff::SignedDuration::from_millis(-120));
            let answered = world.get("/me").by(&operator).send().await;
            if answered.status == 429 {
                answered.is(429, "too_many_requests");
                assert!(answered.headers.contains_key("retry-after"));
                refused += 1;
            }
        }
        assert!((1..=30).contains(&refused), "{refused}");
        world.clock.pass(jiff::SignedDuration::from_secs(2));
        assert_eq!(world.get("/me").by(&operator).send().await.status, 200);
    });
}

#[test]
fn the_audit_tells_who_did_what_and_holds() {
    run(async {
        let (world, operator) = World::with_parties("audit").await;
        let auditor = world.user(&operator, "operator", Role::Auditor).await;
        let made = world.get("/audit?action=party_made&limit=2").by(&auditor).send().await.json();
        let entry = &made["items"][0];
        assert_eq!((&entry["object"]["key"], &entry["actor"]["party"]), (&json!("lab"), &json!("operator")));
        assert_eq!((&entry["after"]["code"], &entry["from"]), (&json!("lab"), &json!("127.0.0.0/24")));
        let next = format!("/audit?action=party_made&limit=2&cursor={}", made["next"].as_str().unwrap());
        assert_eq!(world.get(&next).by(&auditor).send().await.json()["items"][0]["object"]["key"], "tram");
        let head = world.get("/audit/head").by(&auditor).send().await.json();
        let verified = world.post("/audit/verify").by(&auditor).json(&json!({"anchor": head})).send().await.json();
        assert_eq!(verified["holds"], true);
        let wrong = json!({"anchor": {"seq": head["seq"], "link": "0".repeat(64)}});
        let verified = world.post("/audit/verify").by(&auditor).json(&wrong).send().await.json();
        assert_eq!(verified["holds"], false);
        world.get("/users").header("cookie", "__Host-avis=none").send().await;
        world.get("/audit").by(&operator).send().await.is(403, "not_your_role");
        let refused = world.get("/audit?action=refused").by(&auditor).send().await.json();
        assert_eq!(refused["items"][0]["object"], json!({"kind": "operation", "key": "audit"}));
    });
}

#[test]
fn whoever_signed_in_and_was_refused_is_in_the_audit() {
    run(async {
        let (world, operator) = World::with_parties("refusals").await;
        let auditor = world.user(&operator, "operator", Role::Auditor).await;
        let clerk = world.user(&operator, "desk", Role::Clerk).await;
        let refused = || async {
            let list = world.get("/audit?action=refused&limit=200").by(&auditor).send().await.json();
            let codes = list["items"].as_array().unwrap().iter().map(|entry| entry["after"]["code"].clone());
            codes.collect::<Vec<_>>()
        };
        let before = refused().await.len();
        world
            .request("DELETE", "/me/sessions/0190f6a2-0000-7000-8000-000000000000")
            .header("cookie", &clerk)
            .send()
            .await;
        world.get("/parties").by(&clerk).header("avis-party", "city").send().await.is(403, "not_your_party");
        world.get("/audit").by(&clerk).send().await.is(403, "not_your_role");
        world.clock.pass(jiff::SignedDuration::from_mins(11));
        let token = json!({"name": "x", "scopes": ["me"], "expires_at": "2027-01-01T00:00:00Z"});
        world.post("/me/tokens").by(&clerk).once().json(&token).send().await.is(401, "sign_in_again");
        for _ in 0..120 {
            world.clock.pass(jiff::SignedDuration::from_millis(-120));
            world.get("/me").by(&clerk).send().await;
        }
        world.clock.pass(jiff::SignedDuration::from_secs(5));
        let after = refused().await;
        let new: Vec<_> = after.iter().take(after.len() - before).collect();
        assert_eq!(new, ["too_many_requests", "sign_in_again", "not_your_role", "not_your_party", "cross_site"]);
    });
}

#[test]
fn what_is_anothers_leaves_the_same_entry_as_what_is_not_there() {
    run(async {
        let (world, operator) = World::with_parties("same-entry").await;
        let administrator = world.user(&operator, "desk", Role::Administrator).await;
        let (_, grant) = world.join("a@city.lv", "city", Role::Editor).await;
        let mut seen = Vec::new();
        for id in [grant.as_str(), "0190f6a2-0000-7000-8000-000000000000"] {
            let end = world.request("DELETE", &format!("/grants/{id}")).by(&administrator);
            end.send().await.is(404, "not_found");
            let mut entry = world.get("/audit?limit=1").by(&administrator).send().await.json()["items"][0].clone();
            assert_eq!((&entry["action"], &entry["after"]["path"]["id"]), (&json!("refused"), &json!(id)));
            for name in ["seq", "link", "at", "request", "after"] {
                entry[name] = json!(null);
            }
            seen.push(entry);
        }
        assert_eq!(seen[0], seen[1]);
    });
}

#[test]
fn a_partys_audit_has_its_users_sign_ins_and_what_others_did_to_it() {
    run(async {
        let (world, operator) = World::with_parties("own-audit").await;
        let administrator = world.user(&operator, "desk", Role::Administrator).await;
        let stranger = world.user(&operator, "city", Role::Administrator).await;
        let (user, grant) = world.join("a@desk.lv", "desk", Role::Clerk).await;
        world.sign_in("a@desk.lv").await;
        let wrong = json!({"email": "a@desk.lv", "password": "not the password at all"});
        world.post("/sessions").json(&wrong).send().await.is(401, "sign_in_refused");
        let disable = world.post(&format!("/users/{user}/disable")).by(&operator);
        disable.json(&json!({"reason": "left"})).send().await.is_done();
        let end = world.request("DELETE", &format!("/grants/{grant}")).by(&operator);
        assert_eq!(end.send().await.status, 204);
        let wrong_party = world.get("/parties").by(&administrator).header("avis-party", "city");
        wrong_party.send().await.is(403, "not_your_party");
        let list = |cookie: &str| world.get("/audit?limit=5").by(cookie).send();
        let seen = list(&administrator).await.json();
        let seen: Vec<_> = seen["items"].as_array().unwrap().iter().map(|it| (&it["action"], &it["owner"])).collect();
        let desk = json!("desk");
        let actions = ["refused", "grant_removed", "user_disabled", "sign_in_refused", "signed_in"];
        let actions = actions.map(|action| json!(action));
        assert_eq!(seen, actions.iter().map(|action| (action, &desk)).collect::<Vec<_>>());
        assert!(!list(&stranger).await.text.contains(&user), "it is none of theirs");
    });
}

#[test]
fn what_a_token_does_names_the_token() {
    run(async {
        let (world, operator) = World::with_parties("token-acts").await;
        let body = json!({"name": "x", "scopes": ["party.manage"], "expires_at": "2027-01-01T00:00:00Z"});
        let token = world.post("/me/tokens").by(&operator).once().json(&body).send().await.json();
        let me = world.get("/me").by(&operator).send().await.id();
        let made = world.post("/parties").bearer(token["secret"].as_str().unwrap()).once().json(&party("new"));
        assert_eq!(made.send().await.status, 201);
        let auditor = world.user(&operator, "operator", Role::Auditor).await;
        let entry = world.get("/audit?action=party_made&limit=1").by(&auditor).send().await.json()["items"][0].clone();
        assert_eq!(entry["actor"], json!({"kind": "token", "id": token["prefix"], "party": "operator"}));
        assert_eq!(entry["on_behalf"], json!(me));
    });
}

#[test]
fn the_description_is_the_one_that_is_published() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../schema/control.openapi.json");
    let written = avis_admin::control::openapi_json();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &written).unwrap();
    }
    let renew = "UPDATE_SCHEMA=1 cargo test --workspace --test control";
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(committed == written, "{path} is stale; renew it with `{renew}` and look at the difference");
}

#[test]
fn the_page_for_people_has_every_call_and_needs_no_sign_in() {
    run(async {
        let world = World::empty("docs");
        let page = world.get("/docs").from("192.0.2.1").send().await;
        assert_eq!((page.status, &*page.headers["content-type"]), (200, "text/html; charset=utf-8"), "{page:?}");
        for operation in avis_admin::control::listed() {
            assert!(page.text.contains(&format!("{} /admin/v1{}<", operation.method, operation.path)), "{operation:?}");
        }
        for code in avis_admin::control::Code::ALL {
            assert!(page.text.contains(code.word()), "{code:?}");
        }
    });
}

#[test]
fn the_description_names_the_action_of_each_operation_and_the_whole_policy() {
    let document: Value = serde_json::from_str(&avis_admin::control::openapi_json()).unwrap();
    for operation in avis_admin::control::listed() {
        let described = &document["paths"][format!("/admin/v1{}", operation.path)][operation.method.to_lowercase()];
        assert_eq!(described["x-avis-action"].as_str(), operation.action.map(avis_admin::control::Action::word));
        for role in Role::ALL {
            if let Some(action) = operation.action {
                let letter = document["x-avis-policy"][action.word()][role.word()].as_str().unwrap();
                assert_eq!(letter == ".", action.reach(role, false).is_none(), "{action:?} {role:?}");
            }
        }
    }
}
