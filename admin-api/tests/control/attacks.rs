//! The OWASP API Security Top 10 (2023), each by its name; and what poison leaves: everything as it was.

use avis_admin::control::{LocalLogin, Role, listed, openapi_json};
use avis_store::AuditFilter;
use serde_json::{Value, json};

use crate::imports::{ended, faults, imported};
use crate::office::{Office, cases, content};
use crate::services::drafted;
use crate::through::forged;
use crate::world::{Answered, PASSWORD, World, at_once, run};

/// A number that nobody else has.
const PLANTED: &str = "PLANTED4711";
const DELTA: &str = "kind=entitlements&group=seniors&reason=monthly";

async fn sent(world: &World, by: &str, media_type: &str, file: &[u8]) -> Answered {
    let request = world.post(&format!("/imports?{DELTA}")).by(by).header("content-type", media_type);
    request.bytes(file).send().await
}

#[test]
fn api1_broken_object_level_authorization() {
    run(async {
        let (world, operator) = World::with_parties("api1").await;
        let (bus, town) =
            (world.user(&operator, "bus", Role::Provider).await, world.user(&operator, "town", Role::Editor).await);
        let (draft, job) = (world.draft_of("city"), world.job_of("city"));
        let none = "0190f6a2-0000-7000-8000-999999999999";
        for (by, path, of_none) in [
            (&bus, "/terminals/tram-1".to_owned(), "/terminals/nobody".to_owned()),
            (&bus, "/providers/tram".to_owned(), "/providers/nobody".to_owned()),
            (&bus, format!("/jobs/{job}"), format!("/jobs/{none}")),
            (&town, format!("/drafts/{draft}"), format!("/drafts/{none}")),
            (&town, format!("/imports/{job}/report"), format!("/imports/{none}/report")),
        ] {
            let told = |answered: Answered| {
                let mut body = answered.json();
                body["request"] = Value::Null;
                (answered.status, body)
            };
            let others = told(world.get(&path).by(by).send().await);
            assert_eq!(others.0, 404, "{path}");
            assert_eq!(others, told(world.get(&of_none).by(by).send().await), "{path} is told apart from none");
        }
    });
}

#[test]
fn api2_broken_authentication() {
    run(async {
        let (world, operator) = World::with_parties("api2").await;
        let body = json!({"name": "x", "scopes": ["open.read"], "expires_at": "2026-11-19T00:00:00Z"});
        let token = world.post("/me/tokens").by(&operator).once().json(&body).send().await.json();
        let token = token["secret"].as_str().unwrap().to_owned();
        assert_eq!(world.get("/parties").bearer(&token).send().await.status, 200);
        let other = if token.ends_with('x') { 'y' } else { 'x' };
        let altered = format!("{}{other}", &token[..token.len() - 1]);
        for wrong in [&altered, "", "avis_abcdefgh", &token[..20]] {
            world.get("/parties").bearer(wrong).send().await.is(401, "not_signed_in");
        }
        world.get("/parties").by("__Host-avis=guess").send().await.is(401, "not_signed_in");
        world.get("/parties").send().await.is(401, "not_signed_in");
        world.clock.pass(jiff::SignedDuration::from_hours(24));
        world.get("/parties").bearer(&token).send().await.is(401, "not_signed_in");
        let refused = |email: &str| {
            let body = json!({"email": email, "password": format!("{PASSWORD} not")});
            world.post("/sessions").from("127.9.9.9").json(&body).send()
        };
        refused("olga@avis.lv").await.is(401, "sign_in_refused");
        refused("nobody@avis.lv").await.is(401, "sign_in_refused");
    });
}

#[test]
fn api3_broken_object_property_level_authorization() {
    run(async {
        let office = Office::open("api3").await;
        let Office { world, editor, .. } = &office;
        for field in ["owner", "grantor", "state", "approved_by", "content_hash", "version", "edited_by"] {
            let mut body = json!({"code": "rides", "content": content(1_000)});
            body[field] = json!("city");
            world.post("/drafts").by(editor).once().json(&body).send().await.is(422, "invalid");
        }
        assert_eq!(world.get("/drafts").by(editor).send().await.json()["items"], json!([]));
    });
}

#[test]
fn api4_unrestricted_resource_consumption() {
    run(async {
        let (world, operator) = World::with_parties("api4").await;
        let editor = world.user(&operator, "city", Role::Editor).await;
        let before = world.store.head().unwrap();
        world.get("/benefits?limit=201").by(&editor).send().await.is(422, "invalid");
        let long = [b"scheme,value\netalons,".to_vec(), vec![b'1'; 16 * 1024 * 1024]].concat();
        let job = ended(&world, &editor, &sent(&world, &editor, "text/csv", &long).await).await;
        assert_eq!(faults(&world, &editor, &job).await, [(2, String::new(), "too_long".to_owned())]);
        let gzip = world.post(&format!("/imports?{DELTA}")).by(&editor).header("content-type", "text/csv");
        gzip.header("content-encoding", "gzip").bytes(b"\x1f\x8b").send().await.is(415, "wrong_media_type");
        sent(&world, &editor, "application/gzip", b"\x1f\x8b").await.is(415, "wrong_media_type");
        let wide: Vec<u8> = "scheme,value\netalons,A-1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        sent(&world, &editor, "text/csv", &[b"\xff\xfe".to_vec(), wide].concat()).await.is(400, "malformed_request");
        let bad = format!("scheme,value,from\n{}", "etalons,A-1,never\n".repeat(30_000));
        let job = imported(&world, &editor, DELTA, &bad).await;
        assert_eq!(job["problem"]["detail"], "30000 of 30000 rows can't be imported; the report names each");
        let kept = world.registry.record("job_report", job["id"].as_str().unwrap()).unwrap().unwrap();
        let kept: Value = serde_json::from_str(&kept.value.content).unwrap();
        assert_eq!(kept["faults"].as_array().unwrap().len(), 10_000);
        assert_eq!(world.store.head().unwrap(), before, "poison changed something");
    });
}

#[test]
fn the_same_file_twice_at_once_is_imported_once() {
    run(async {
        let (world, operator) = World::with_parties("twice-at-once").await;
        let editor = world.user(&operator, "city", Role::Editor).await;
        let before = world.store.head().unwrap().revision.number;
        let file = b"scheme,value,from\netalons,A-1,2021-01-01\n";
        let answers = at_once(2, |_| sent(&world, &editor, "text/csv", file));
        for begun in answers.iter().filter(|answered| answered.status != 429) {
            assert_eq!(ended(&world, &editor, begun).await["state"], "done");
        }
        assert!(answers.iter().any(|answered| answered.status == 202), "{answers:?}");
        assert_eq!(world.store.head().unwrap().revision.number, before + 1);
    });
}

#[test]
fn api5_broken_function_level_authorization() {
    run(async {
        let (world, operator) = World::with_parties("api5").await;
        let clerk = world.user(&operator, "desk", Role::Clerk).await;
        let mut walked = 0;
        for operation in listed().iter().filter(|operation| operation.method != "GET") {
            let Some(action) = operation.action else { continue };
            let is_narrower = operation.roles.is_some_and(|roles| !roles.contains(&Role::Clerk));
            if action.reach(Role::Clerk, false).is_some() && !is_narrower {
                continue;
            }
            let id = "0190f6a2-0000-7000-8000-999999999999";
            let path = operation.path.replace("{id}", id).replace("{handle}", id).replace("{code}", "city");
            let path = path.replace("{name}", "base").replace("{prefix}", "avis_abcdefgh").replace("{n}", "1");
            let path = path.replace("{date}", "2026-11-17").replace("{key}", &"0".repeat(64));
            let path = path.replace("{number}", "000001-8");
            world.request(operation.method, &path).by(&clerk).send().await.is(403, "not_your_role");
            walked += 1;
        }
        assert!(walked > 20, "{walked}");
    });
}

#[test]
fn api6_unrestricted_access_to_sensitive_business_flows() {
    run(async {
        let (world, operator) = World::with_parties("api6").await;
        let clerk = world.user(&operator, "desk", Role::Clerk).await;
        let body = json!({"scheme": "etalons", "value": "N-1", "reason": {"code": "at_desk", "text": "tries numbers"}});
        for _ in 0..60 {
            world.post("/people/find").by(&clerk).json(&body).send().await.is(404, "not_found");
        }
        assert_eq!(world.post("/people/find").by(&clerk).json(&body).send().await.status, 429);
    });
}

#[test]
fn api7_server_side_request_forgery() {
    let description = openapi_json();
    for field in ["\"url\":", "\"uri\":", "\"callback\":", "\"webhook\":", "\"format\": \"uri\""] {
        assert!(!description.contains(field), "{field}: no request names an address that a server would ask");
    }
}

#[test]
fn api8_security_misconfiguration() {
    run(async {
        let (world, operator) = World::with_parties("api8").await;
        for answered in [world.get("/me").by(&operator).send().await, world.get("/me").send().await] {
            assert_eq!(answered.headers["cache-control"], "no-store", "{answered:?}");
            assert_eq!(answered.headers["x-content-type-options"], "nosniff", "{answered:?}");
            assert!(!answered.headers.keys().any(|name| name.starts_with("access-control-")), "{answered:?}");
        }
        let other_site = world.post("/parties").header("cookie", &operator).header("sec-fetch-site", "cross-site");
        other_site.once().json(&json!({})).send().await.is(403, "cross_site");
        let broken = world.post("/parties").by(&operator).once().header("content-type", "application/json");
        let broken = broken.bytes(b"{\"code\": \"SECRET").send().await;
        assert!(broken.status == 422 && !broken.text.contains("SECRET") && !broken.text.contains(".rs"), "{broken:?}");
    });
}

#[test]
fn api9_improper_inventory_management() {
    let description: Value = serde_json::from_str(&openapi_json()).unwrap();
    let paths = description["paths"].as_object().unwrap();
    let described: usize = paths.values().map(|item| item.as_object().unwrap().len()).sum();
    assert_eq!(described, listed().len(), "what is served is what is published");
    for operation in listed() {
        let item = &paths[&format!("/admin/v1{}", operation.path)][operation.method.to_lowercase()];
        let action = operation.action.map(|action| json!(action.word())).unwrap_or_default();
        assert_eq!(item["x-avis-action"], action, "{}", operation.path);
    }
}

/// Nothing that others name is asked for: neither when it is written, nor published, nor opened.
#[test]
fn api10_unsafe_consumption_of_apis() {
    run(async {
        let (world, operator) = World::with_parties("api10").await;
        let provider = world.user(&operator, "bus", Role::Provider).await;
        let trap = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        trap.set_nonblocking(true).unwrap();
        let address = format!("https://{}/", trap.local_addr().unwrap());
        let made = world.post("/services").by(&provider).once().json(&drafted(&address)).send().await;
        assert_eq!(made.status, 201, "{made:?}");
        let path = format!("/services/{}", made.id());
        let etag = made.headers["etag"].clone();
        let publish = world.post(&format!("{path}/publish")).by(&operator).header("if-match", &etag);
        publish.json(&json!({"reason": "checked"})).send().await.is_done();
        world.post(&format!("{path}/open")).by(&provider).send().await.is_done();
        assert_eq!(trap.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
        // Nor does a provider of sign-ins lead anywhere: neither by its description nor by an answer.
        let (forger, world, _) = forged("api10-provider", LocalLogin::All, &json!({})).await;
        let elsewhere = json!({"issuer": forger.issuer, "authorization_endpoint": format!("{}/a", forger.issuer),
            "token_endpoint": address.replace("https", "http"), "jwks_uri": address});
        forger.leads("/.well-known/openid-configuration", &address);
        world.get("/auth/staff/start").send().await.is(503, "provider_away");
        forger.says("/.well-known/openid-configuration", 200, &json!({"issuer": "https://other.lv"}));
        world.get("/auth/staff/start").send().await.is(503, "provider_away");
        forger.says("/.well-known/openid-configuration", 200, &elsewhere);
        world.get("/auth/staff/start").send().await;
        assert_eq!(trap.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    });
}

/// F25: rolled back, and that rolled back: each a new version, each in the audit.
#[test]
fn f25_a_rollback_and_the_rollback_of_it_are_versions_of_their_own() {
    run(async {
        let office = Office::open("rollbacks").await;
        for (base, rate) in [(None, 1_000), (Some(1), 2_000), (Some(2), 1_000), (Some(3), 2_000)] {
            let id = office.approved(&content(rate), &cases(200 - 200 * rate / 10_000), base).await;
            assert_eq!(office.publish(&id).await.json()["version"], base.unwrap_or(0) + 1);
        }
        let filter = AuditFilter { actions: vec!["benefit_published".to_owned()], ..AuditFilter::default() };
        assert_eq!(office.world.registry.entries(&filter, 10).unwrap().len(), 4);
    });
}

/// F27: a rule that is too deep, too long or too large is refused when it is saved or submitted.
#[test]
fn f27_a_poison_rule_is_refused() {
    run(async {
        let office = Office::open("poison-rule").await;
        let Office { world, editor, .. } = &office;
        let deep = format!(
            "{{\"code\": \"deep\", \"content\": {{\"when\": {}{{}}{}}}}}",
            "{\"not\": ".repeat(10_000),
            "}".repeat(10_000)
        );
        let request = world.post("/drafts").by(editor).once().header("content-type", "application/json");
        let refused = request.bytes(deep.as_bytes()).send().await;
        assert_eq!(refused.status, 422, "{refused:?}");
        let mut many = content(1_000);
        many["when"] = json!({"any": vec![json!({"age": {"min": 1}}); 10_000]});
        let mut huge = content(1_000);
        huge["effect"] = json!({"amount_off": {"amount": i64::MAX}});
        for poison in [many, huge] {
            let draft = office.drafted(&poison, &json!([]), None).await;
            let hash = json!({"content_hash": draft["content_hash"]});
            let refused = office.step(editor, draft["id"].as_str().unwrap(), "submit", &hash).await;
            refused.is(422, "invalid");
        }
    });
}

#[test]
fn what_is_typed_into_an_address_is_not_kept() {
    run(async {
        let (world, operator) = World::with_parties("typed-into-a-path").await;
        for path in ["/benefits/010190-12345", "/benefits/Anna%20Ozola", "/terminals/4111111111111111"] {
            world.get(path).by(&operator).send().await.is(404, "not_found");
        }
        world.get("/benefits/no-such").by(&operator).send().await.is(404, "not_found");
        let entries = world.registry.entries(&AuditFilter::default(), 1_000).unwrap();
        let told: Vec<String> = entries.into_iter().filter_map(|kept| kept.entry.after).collect();
        for typed in ["010190", "Ozola", "4111"] {
            assert!(!told.iter().any(|after| after.contains(typed)), "{typed}");
        }
        assert!(told.iter().any(|after| after.contains("no-such")), "what may be a code is told: {told:?}");
    });
}

/// I7: what was sent as a value is nowhere: no answer, no audit, no file of the folder.
#[test]
fn planted_identifiers_are_nowhere() {
    run(async {
        let (world, operator) = World::with_parties("planted").await;
        let editor = world.user(&operator, "city", Role::Editor).await;
        let clerk = world.user(&operator, "desk", Role::Clerk).await;
        let auditor = world.user(&operator, "operator", Role::Auditor).await;
        let person = json!({"holder": "h-planted", "identifiers": [{"scheme": "etalons", "value": PLANTED}]});
        let begun = world.post("/imports?kind=holders&reason=x").by(&operator);
        let begun =
            begun.header("content-type", "application/x-ndjson").bytes(format!("{person}\n").as_bytes()).send().await;
        let mut answers = vec![ended(&world, &operator, &begun).await.to_string()];
        let list = format!("scheme,value,from\netalons,{PLANTED},2026-01-01\netalons,{PLANTED}X,2026-01-01\n");
        let job = imported(&world, &editor, DELTA, &list).await;
        answers.push(format!("{job} {:?}", faults(&world, &editor, &job).await));
        for value in [PLANTED.to_owned(), format!("{PLANTED}Y")] {
            let body = json!({"scheme": "etalons", "value": value, "reason": {"code": "at_desk", "text": "asks"}});
            answers.push(world.post("/people/find").by(&clerk).json(&body).send().await.text);
            let body = json!({"scheme": "etalons", "value": value, "nonsense": value, "reason": value});
            answers.push(world.post("/people/find").by(&clerk).json(&body).send().await.text);
        }
        for path in ["/exports/holders?reason=x", "/exports/means?reason=x", "/audit?limit=200"] {
            answers.push(world.get(path).by(&auditor).send().await.text);
        }
        assert!(answers.iter().all(|answer| !answer.contains(PLANTED)), "{answers:?}");
        let folder = world.folder.path();
        for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let bytes = std::fs::read(&file).unwrap_or_default();
            assert!(!bytes.windows(PLANTED.len()).any(|part| part == PLANTED.as_bytes()), "{}", file.display());
        }
    });
}
