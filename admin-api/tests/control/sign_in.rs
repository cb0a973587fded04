//! Signing in: sessions, cookies, tokens, throttling, and other sites.

use avis_admin::control::{Role, enable, reset};
use avis_store::Clock;
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{Answered, PASSWORD, World, at_once, run};

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
fn of_many_guesses_at_once_no_more_are_looked_at_than_one_after_another() {
    run(async {
        let (world, _) = World::with_parties("parallel").await;
        let body = json!({"email": "olga@avis.lv", "password": "not the password at all"});
        let guesses = at_once(12, |_| world.post("/sessions").json(&body).send());
        let mut codes: Vec<String> = guesses.iter().map(Answered::code).collect();
        codes.sort();
        let refused = codes.iter().filter(|code| *code == "sign_in_refused").count();
        assert_eq!((refused, codes.len() - refused), (5, 7), "{codes:?}");
        assert!(codes.iter().skip(5).all(|code| code == "too_many_attempts"), "{codes:?}");
    });
}

/// Makes the next failure of every account that failed before the hundredth.
fn nearly_close(world: &World) {
    let filter = avis_store::records::RecordFilter { kind: "failures", ..Default::default() };
    for record in world.registry.records(&filter, 100).unwrap() {
        let content = record.value.content.replace("\"count\":1", "\"count\":99");
        let value = avis_store::records::RecordValue { content, ..record.value.clone() };
        world.registry.change(&[avis_store::records::RecordChange::replace(&record, value)], &[]).unwrap();
    }
}

/// Fails so often at an account that it is closed.
async fn close(world: &World, email: &str) {
    let wrong = json!({"email": email, "password": "not the password at all"});
    world.post("/sessions").json(&wrong).send().await.is(401, "sign_in_refused");
    nearly_close(world);
    world.post("/sessions").json(&wrong).send().await.is(401, "sign_in_refused");
    world.clock.pass(SignedDuration::from_hours(1));
    world.post("/sessions").json(&wrong).send().await.is(429, "too_many_attempts");
}

#[test]
fn the_owner_of_the_machine_opens_the_only_operators_account() {
    run(async {
        let (world, _) = World::with_parties("opened").await;
        close(&world, "olga@avis.lv").await;
        enable(&*world.registry, " OLGA@avis.lv", world.clock.now()).unwrap();
        world.sign_in("olga@avis.lv").await;
        let missing = enable(&*world.registry, "nobody@avis.lv", world.clock.now());
        assert!(missing.unwrap_err().to_string().contains("no user"));
    });
}

#[test]
fn by_a_link_of_the_owner_of_the_machine_a_user_chooses_another_password() {
    run(async {
        let (world, operator) = World::with_parties("reset").await;
        close(&world, "olga@avis.lv").await;
        let link = reset(&*world.registry, "olga@avis.lv", world.clock.now()).unwrap().link;
        let take_up = |email: &str| {
            let body = json!({"link": link, "email": email, "name": "Olga", "password": "cits tilts pār upi 9"});
            world.post("/invitations/accept").json(&body).send()
        };
        take_up("otto@avis.lv").await.is(422, "invalid");
        let weak = json!({"link": link, "email": "olga@avis.lv", "name": "x", "password": "passwordpassword"});
        let refused = world.post("/invitations/accept").json(&weak).send().await;
        assert_eq!((refused.status, &refused.json()["pointer"]), (422, &json!("/password")), "{refused:?}");
        let taken = take_up("olga@avis.lv").await;
        assert_eq!((taken.status, &taken.json()["roles"][0]["role"]), (201, &json!("op")), "{taken:?}");
        take_up("olga@avis.lv").await.is(422, "invalid");
        world.get("/me").by(&operator).send().await.is(401, "not_signed_in");
        let sign_in = |password: &str| {
            let body = json!({"email": "olga@avis.lv", "password": password});
            world.post("/sessions").json(&body).send()
        };
        sign_in(PASSWORD).await.is(401, "sign_in_refused");
        assert_eq!(sign_in("cits tilts pār upi 9").await.status, 201);
    });
}

#[test]
fn who_takes_up_an_invitation_is_not_held_up_by_failures_before_it() {
    run(async {
        let (world, operator) = World::with_parties("fresh-account").await;
        close(&world, "new@desk.lv").await;
        world.join("new@desk.lv", "desk", Role::Clerk).await;
        world.sign_in("new@desk.lv").await;
        drop(operator);
    });
}

#[test]
fn what_is_remembered_of_an_address_that_nobody_has_goes_by_itself() {
    run(async {
        let (world, _) = World::with_parties("nobody").await;
        close(&world, "nobody@avis.lv").await;
        let filter = avis_store::records::RecordFilter { kind: "failures", ..Default::default() };
        let kept = world.registry.records(&filter, 100).unwrap();
        assert_eq!(kept.len(), 1);
        assert!(kept[0].value.expires_at.is_some_and(|end| end > world.clock.now()), "{kept:?}");
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
fn a_session_and_a_token_are_never_taken_in_the_clear_over_a_network() {
    run(async {
        let (world, operator) = World::with_parties("clear-session").await;
        let token = json!({"name": "x", "scopes": ["open.read"], "expires_at": "2027-01-01T00:00:00Z"});
        let token = world.post("/me/tokens").by(&operator).once().json(&token).send().await.json();
        let token = token["secret"].as_str().unwrap();
        world.get("/me").by(&operator).from("192.0.2.1").send().await.is(403, "encryption_needed");
        world.get("/parties").bearer(token).from("192.0.2.1").send().await.is(403, "encryption_needed");
        let none = world.get("/me").by("__Host-avis=none").from("192.0.2.1").send().await;
        none.is(403, "encryption_needed");
        assert_eq!(world.get("/openapi.json").from("192.0.2.1").send().await.status, 200);
        assert_eq!(world.get("/parties").bearer(token).send().await.status, 200);
    });
}

#[test]
fn behind_a_trusted_proxy_who_asks_is_whom_the_proxy_names() {
    run(async {
        let world = World::behind("10.0.0.0/8".parse().unwrap(), "proxy");
        let attempt = |client: &str, proto: &str| {
            let body = json!({"email": format!("n{}@avis.lv", world.number()), "password": "not the password at all"});
            let request = world.post("/sessions").from("10.1.1.1").header("x-forwarded-for", client);
            request.header("x-forwarded-proto", proto).json(&body).send()
        };
        attempt("192.0.2.1", "http").await.is(403, "encryption_needed");
        let mut codes = Vec::new();
        for number in 0..34 {
            codes.push(attempt(&format!("2001:db8:0:1::{number}"), "https").await.code());
        }
        assert!(codes.contains(&"too_many_attempts".to_owned()), "one subscriber: {codes:?}");
        attempt("2001:db8:0:2::1", "https").await.is(401, "sign_in_refused");
        let forged = world.post("/sessions").from("192.0.2.9").header("x-forwarded-proto", "https");
        forged.json(&json!({"email": "a@b.lv", "password": "x"})).send().await.is(403, "encryption_needed");
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
