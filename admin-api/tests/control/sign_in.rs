//! Signing in: sessions, cookies, tokens, throttling, and other sites.

use avis_admin::control::Role;
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{PASSWORD, World, run};

#[test]
fn a_terminals_key_and_what_is_no_credential_are_refused() {
    run(async {
        let (world, operator) = World::with_parties("credentials").await;
        for token in ["avis_abcdefgh_abcdefghabcdefghabcdefghabcdefgh", "avisu_abcdefgh_none", "", "x"] {
            world.get("/me").bearer(token).send().await.is(401, "not_signed_in");
        }
        world.get("/me").send().await.is(401, "not_signed_in");
        world.get("/me").header("cookie", "__Host-avis=none").send().await.is(401, "not_signed_in");
        world.get("/me").header("authorization", "Basic abc").send().await.is(401, "not_signed_in");
        world.get("/me").by(&operator).bearer("x").send().await.is(400, "two_credentials");
        let doubled = format!("{operator}; {operator}");
        world.get("/me").header("cookie", &doubled).send().await.is(400, "malformed_request");
    });
}

#[test]
fn a_session_ends_when_idle_and_in_any_case_after_half_a_day() {
    run(async {
        let (world, operator) = World::with_parties("idle").await;
        for _ in 0..24 {
            world.clock.pass(SignedDuration::from_mins(29));
            assert_eq!(world.get("/me").by(&operator).send().await.status, 200);
        }
        world.clock.pass(SignedDuration::from_mins(29));
        world.get("/me").by(&operator).send().await.is(401, "not_signed_in");
        let again = world.sign_in("olga@avis.lv").await;
        world.clock.pass(SignedDuration::from_mins(31));
        world.get("/me").by(&again).send().await.is(401, "not_signed_in");
    });
}

#[test]
fn what_is_delicate_needs_a_sign_in_of_the_last_minutes() {
    run(async {
        let (world, operator) = World::with_parties("fresh").await;
        world.clock.pass(SignedDuration::from_mins(11));
        let body = json!({"party": "desk", "role": "cl"});
        world.post("/invitations").by(&operator).once().json(&body).send().await.is(401, "sign_in_again");
        assert_eq!(world.get("/users").by(&operator).send().await.status, 200);
        let operator = world.sign_in("olga@avis.lv").await;
        assert_eq!(world.post("/invitations").by(&operator).once().json(&body).send().await.status, 201);
        let token = json!({"name": "x", "scopes": ["party.manage"], "expires_at": "2027-01-01T00:00:00Z"});
        let token = world.post("/me/tokens").by(&operator).once().json(&token).send().await.json();
        let by_token = world.post("/invitations").bearer(token["secret"].as_str().unwrap()).once();
        by_token.json(&body).send().await.is(401, "sign_in_again");
    });
}

#[test]
fn by_a_cookie_only_our_own_pages_change_something() {
    run(async {
        let (world, operator) = World::with_parties("cross-site").await;
        let post = || world.post("/audit/verify").header("cookie", &operator).json(&json!({}));
        for request in [
            post(),
            post().header("sec-fetch-site", "cross-site"),
            post().header("sec-fetch-site", "same-site"),
            post().header("origin", "https://evil.lv").header("host", "avis.lv"),
            post().header("origin", "null").header("host", "avis.lv"),
        ] {
            request.send().await.is(403, "cross_site");
        }
        let own = post().header("origin", "https://avis.lv").header("host", "avis.lv");
        own.send().await.is(403, "not_your_role");
        assert_eq!(world.get("/me").header("cookie", &operator).send().await.status, 200, "reading changes nothing");
    });
}

#[test]
fn after_five_failures_one_must_wait_whether_there_is_such_an_account_or_not() {
    run(async {
        let (world, _) = World::with_parties("throttle").await;
        for email in ["olga@avis.lv", "nobody@avis.lv"] {
            let body = json!({"email": email, "password": "not the password at all"});
            for _ in 0..5 {
                world.post("/sessions").json(&body).send().await.is(401, "sign_in_refused");
            }
            let waits = world.post("/sessions").json(&body).send().await;
            waits.is(429, "too_many_attempts");
            assert!(waits.headers.contains_key("retry-after"));
            world.clock.pass(SignedDuration::from_secs(3));
            world.post("/sessions").json(&body).send().await.is(401, "sign_in_refused");
            world.clock.pass(SignedDuration::from_secs(60));
        }
        world.sign_in("olga@avis.lv").await;
        let body = json!({"email": "olga@avis.lv", "password": "not the password at all"});
        world.post("/sessions").json(&body).send().await.is(401, "sign_in_refused");
        world.sign_in("olga@avis.lv").await;
    });
}

#[test]
fn after_a_hundred_failures_an_account_is_closed_until_it_is_opened() {
    run(async {
        let (world, operator) = World::with_parties("closed").await;
        let (user, _) = world.join("a@desk.lv", "desk", Role::Clerk).await;
        let body = json!({"email": "a@desk.lv", "password": "not the password at all"});
        for number in 0..100 {
            let request = world.post("/sessions").from(&format!("127.0.1.{number}")).json(&body);
            request.send().await.is(401, "sign_in_refused");
            world.clock.pass(SignedDuration::from_secs(901));
        }
        world.clock.pass(SignedDuration::from_hours(48));
        let right = json!({"email": "a@desk.lv", "password": PASSWORD});
        world.post("/sessions").json(&right).send().await.is(429, "too_many_attempts");
        drop(operator);
        let operator = world.sign_in("olga@avis.lv").await;
        let open = world.post(&format!("/users/{user}/enable")).by(&operator).json(&json!({"reason": "called"}));
        assert_eq!(open.send().await.status, 200);
        world.sign_in("a@desk.lv").await;
    });
}

#[test]
fn an_address_signs_in_thirty_times_a_minute() {
    run(async {
        let (world, _) = World::with_parties("address").await;
        let attempt = |number: u32| {
            let body = json!({"email": format!("n{number}@avis.lv"), "password": "not the password at all"});
            world.post("/sessions").from("127.9.9.9").json(&body).send()
        };
        for number in 0..30 {
            attempt(number).await.is(401, "sign_in_refused");
        }
        let mut codes = Vec::new();
        for number in 30..34 {
            codes.push(attempt(number).await.code());
        }
        assert!(codes.contains(&"too_many_attempts".to_owned()), "{codes:?}");
    });
}

#[test]
fn a_password_is_never_sent_in_the_clear_over_a_network() {
    run(async {
        let (world, _) = World::with_parties("clear").await;
        let body = json!({"email": "olga@avis.lv", "password": PASSWORD});
        world.post("/sessions").from("192.0.2.1").json(&body).send().await.is(403, "encryption_needed");
    });
}

#[test]
fn a_cookie_is_for_this_host_alone_and_no_script() {
    run(async {
        let (world, _) = World::with_parties("cookie").await;
        let body = json!({"email": " OLGA@avis.lv", "password": PASSWORD});
        let signed_in = world.post("/sessions").json(&body).send().await;
        let cookie = &signed_in.headers["set-cookie"];
        assert!(cookie.starts_with("__Host-avis=") && cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"));
        let value = cookie.split(['=', ';']).nth(1).unwrap();
        assert_eq!(value.len(), 64, "256 bits");
        assert!(!signed_in.text.contains(value), "never in a body");
    });
}

#[test]
fn a_changed_password_ends_every_session() {
    run(async {
        let (world, operator) = World::with_parties("password").await;
        let other = world.sign_in("olga@avis.lv").await;
        let change = |current: &str, password: &str| {
            let body = json!({"current": current, "password": password});
            world.request("PUT", "/me/password").by(&operator).json(&body).send()
        };
        change(PASSWORD, "passwordpassword").await.is(422, "invalid");
        change(PASSWORD, "short").await.is(422, "invalid");
        change("not the one it is", "cits tilts pār upi 9").await.is(401, "sign_in_refused");
        assert_eq!(change(PASSWORD, "cits tilts pār upi 9").await.status, 204);
        for cookie in [&operator, &other] {
            world.get("/me").by(cookie).send().await.is(401, "not_signed_in");
        }
    });
}

#[test]
fn nothing_secret_is_kept_as_it_is() {
    run(async {
        let (world, operator) = World::with_parties("secrets").await;
        let token = json!({"name": "x", "scopes": ["open.read"], "expires_at": "2027-01-01T00:00:00Z"});
        let token = world.post("/me/tokens").by(&operator).once().json(&token).send().await.json();
        let body = json!({"party": "desk", "role": "cl"});
        let link = world.post("/invitations").by(&operator).once().json(&body).send().await.json();
        let link = link["link"].as_str().unwrap().rsplit('#').next().unwrap().to_owned();
        let secrets = [token["secret"].as_str().unwrap(), &link, &operator["__Host-avis=".len()..], PASSWORD];
        let mut kept = String::new();
        for kind in ["user", "email", "grant", "session", "token", "invitation", "replay", "failures", "party"] {
            let filter = avis_store::records::RecordFilter { kind, ..Default::default() };
            kept.push_str(&format!("{:?}", world.registry.records(&filter, 1_000).unwrap()));
        }
        kept.push_str(&format!("{:?}", world.registry.entries(&Default::default(), 1_000).unwrap()));
        assert!(kept.contains("olga@avis.lv"), "it was looked at");
        for secret in secrets {
            assert!(!kept.contains(secret), "{secret}");
        }
    });
}
