//! Signing in through providers of OpenID Connect: a real one, and one that forges.

use std::path::Path;

use avis_admin::AdminError;
use avis_admin::control::{LocalLogin, Role, WrittenProviders, invite};
use avis_store::Clock;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::forger::{Forger, encoded};
use crate::through::{
    ADDRESS, because, claims, forged, honest, login, real, returned, session, signed_in, started, started_invited,
    with_token,
};
use crate::world::{PASSWORD, World, run};

/// Who is invited.
fn anna() -> Value {
    json!({"email": "anna@desk.lv", "name": "Anna", "to": "/console"})
}

#[test]
fn an_invitation_binds_who_signs_in_at_a_real_provider_and_a_code_is_good_once() {
    run(async {
        let Some((provider, login)) = real() else { return };
        let (world, _) = World::signing_in("oidc-real", login).caught_up().populated().await;
        let anna = anna();
        let begun = started_invited(&world, "staff", ("desk", Role::Clerk), &anna).await;
        world.clock.catch_up();
        let query = signed_in(&begun, "anna");
        let answered = returned(&world, "staff", &query, &begun.cookie).await;
        let cookie = session(&answered);
        let me = world.get("/me").by(&cookie).send().await.json();
        assert_eq!((&me["email"], &me["acts_as"]), (&json!("anna@desk.lv"), &json!(["cl"])));
        // What needs a sign-in of the last minutes has one.
        let token = json!({"name": "x", "scopes": ["people.find"], "expires_at": world.clock.now() + SignedDuration::from_hours(1)});
        assert_eq!(world.post("/me/tokens").by(&cookie).once().json(&token).send().await.status, 201);

        returned(&world, "staff", &query, &begun.cookie).await.is(401, "sign_in_not_completed");
        let another = started(&world, "staff").await;
        let code = query.split('&').find(|pair| pair.starts_with("code=")).unwrap();
        let replayed = format!("{code}&state={}&iss={}", another.parameter("state"), provider.issuer);
        returned(&world, "staff", &replayed, &another.cookie).await.is(401, "sign_in_not_completed");
        assert_eq!(because(&world), "the code was refused");

        // From now on without an invitation; who has none is nobody, through another client of the issuer the same.
        for name in ["staff", "other"] {
            let begun = started(&world, name).await;
            world.clock.catch_up();
            let cookie = session(&returned(&world, name, &signed_in(&begun, "anna"), &begun.cookie).await);
            assert_eq!(world.get("/me").by(&cookie).send().await.json()["id"], me["id"]);
            let begun = started(&world, name).await;
            world.clock.catch_up();
            let query = signed_in(&begun, "somebody");
            returned(&world, name, &query, &begun.cookie).await.is(403, "not_invited");
        }
    });
}

#[test]
fn a_forged_token_signs_nobody_in() {
    run(async {
        let (forger, world, _) = forged("oidc-forged", LocalLogin::All, &json!({})).await;
        let body = anna();
        let begun = started_invited(&world, "staff", ("desk", Role::Clerk), &body).await;
        session(&with_token(&forger, &world, &begun, honest).await);

        type Forge = fn(&Forger, &Value) -> String;
        fn with(forger: &Forger, claims: &Value, name: &str, value: &Value) -> String {
            let mut claims = claims.clone();
            claims[name] = value.clone();
            honest(forger, &claims)
        }
        let cases: [(&str, Forge); 15] = [
            ("another issuer", |forger, claims| with(forger, claims, "iss", &json!("https://evil.lv"))),
            ("another audience", |forger, claims| with(forger, claims, "aud", &json!("other"))),
            ("another authorized party", |forger, claims| with(forger, claims, "azp", &json!("other"))),
            ("another nonce", |forger, claims| with(forger, claims, "nonce", &json!("0"))),
            ("expired", |forger, claims| with(forger, claims, "exp", &json!(1))),
            ("not valid yet", |forger, claims| with(forger, claims, "nbf", &json!(9_999_999_999_i64))),
            ("a sign-in of long ago", |forger, claims| with(forger, claims, "auth_time", &json!(1))),
            ("another subject", |forger, claims| with(forger, claims, "sub", &json!(""))),
            ("an algorithm that is not taken", |forger, claims| forger.token(&json!({"alg": "HS256"}), claims)),
            ("an algorithm that is not taken", |_, claims| {
                format!("{}.{}.", encoded(r#"{"alg":"none"}"#), encoded(claims.to_string()))
            }),
            ("a key that the provider does not publish", |forger, claims| {
                forger.token(&json!({"alg": "ES256", "kid": "2"}), claims)
            }),
            ("a key that the provider does not publish", |forger, claims| {
                forger.token(&json!({"alg": "RS256", "kid": "1"}), claims)
            }),
            ("a wrong signature", |_, claims| honest(&Forger::start(), claims)),
            ("no token that can be read", |forger, claims| {
                forger.token(&json!({"alg": "ES256", "kid": "1", "crit": ["b64"]}), claims)
            }),
            ("no token that can be read", |_, _| "a.b".to_owned()),
        ];
        for (cause, forge) in cases {
            // Nobody comes faster than the pace of an address.
            world.clock.pass(SignedDuration::from_secs(5));
            let begun = started(&world, "staff").await;
            with_token(&forger, &world, &begun, forge).await.is(401, "sign_in_not_completed");
            assert_eq!(because(&world), cause);
        }
        let begun = started(&world, "staff").await;
        session(&with_token(&forger, &world, &begun, honest).await);
    });
}

#[test]
fn a_sign_in_ends_in_the_browser_in_which_it_began_and_once() {
    run(async {
        let (forger, world, _) = forged("oidc-flow", LocalLogin::All, &json!({})).await;
        let anna = anna();
        let begun = started_invited(&world, "staff", ("desk", Role::Clerk), &anna).await;
        forger.gives(&honest(&forger, &claims(&forger, &world, &begun)));
        let other = started(&world, "staff").await;
        let query = format!("code=c&state={}", begun.parameter("state"));
        for (name, query, cookie) in [
            ("staff", query.as_str(), other.cookie.as_str()),
            ("staff", &query, ""),
            ("again", &query, &begun.cookie),
            ("staff", "code=c", &begun.cookie),
            ("staff", "code=c&state=0", &begun.cookie),
        ] {
            returned(&world, name, query, cookie).await.is(401, "sign_in_not_completed");
            assert_eq!(because(&world), "the state is unknown, was used or is another browser's");
        }
        session(&returned(&world, "staff", &query, &begun.cookie).await);
        returned(&world, "staff", &query, &begun.cookie).await.is(401, "sign_in_not_completed");

        for (more, cause) in [
            ("error=access_denied", "the provider refused"),
            ("code=c&error=access_denied", "the provider refused"),
            ("code=c&iss=https://evil.lv", "another issuer"),
        ] {
            let begun = started(&world, "staff").await;
            let query = format!("{more}&state={}", begun.parameter("state"));
            returned(&world, "staff", &query, &begun.cookie).await.is(401, "sign_in_not_completed");
            assert_eq!(because(&world), cause);
        }
        let late = started(&world, "staff").await;
        world.clock.pass(SignedDuration::from_mins(10));
        let query = format!("code=c&state={}", late.parameter("state"));
        returned(&world, "staff", &query, &late.cookie).await.is(401, "sign_in_not_completed");
        for to in ["//evil.lv", "https://evil.lv", "/%5Cevil.lv"] {
            world.get(&format!("/auth/staff/start?to={to}")).send().await.is(422, "invalid");
        }
        world.get("/auth/nobody/start").send().await.is(404, "not_found");
        let plain = world.get("/auth/staff/start").from("192.0.2.7").send().await;
        plain.is(403, "encryption_needed");
    });
}

#[test]
fn an_account_is_bound_by_its_password_and_no_address_is_taken_over() {
    run(async {
        let (forger, world, operator) = forged("oidc-bound", LocalLogin::All, &json!({})).await;
        let (id, _) = world.join("anna@desk.lv", "desk", Role::Clerk).await;
        let mut anna = anna();
        let begun = started_invited(&world, "staff", ("lab", Role::Specialist), &anna).await;
        with_token(&forger, &world, &begun, honest).await.is(403, "not_invited");

        anna["password"] = json!("not the password at all");
        anna["link"] = json!(invite(&*world.registry, "lab", Role::Specialist, world.clock.now()).unwrap().link);
        world.post("/auth/staff/start").json(&anna).send().await.is(401, "sign_in_refused");
        anna["password"] = json!(PASSWORD);
        let begun = started_invited(&world, "staff", ("lab", Role::Specialist), &anna).await;
        let cookie = session(&with_token(&forger, &world, &begun, honest).await);
        assert_eq!(world.get("/me").by(&cookie).send().await.json()["id"], json!(id));

        // Another's account is not bound to a subject that has a user.
        world.join("berta@desk.lv", "desk", Role::Clerk).await;
        let berta = json!({"email": "berta@desk.lv", "name": "Berta", "password": PASSWORD});
        let begun = started_invited(&world, "staff", ("lab", Role::Specialist), &berta).await;
        with_token(&forger, &world, &begun, honest).await.is(403, "not_invited");

        // A user who is disabled signs in by no way.
        let disable = world.post(&format!("/users/{id}/disable")).by(&operator).json(&json!({"reason": "left"}));
        disable.send().await.is_done();
        let begun = started(&world, "staff").await;
        with_token(&forger, &world, &begun, honest).await.is(403, "not_invited");
        let wrong = json!({"email": "c@desk.lv", "name": "C", "link": "x".repeat(60)});
        world.post("/auth/staff/start").json(&wrong).send().await.is(422, "invalid");
    });
}

#[test]
fn userinfo_alone_names_the_person_where_it_is_set_so() {
    run(async {
        let more = json!({"person_from": "userinfo_alone", "scopes": "urn:profile"});
        let (forger, world, _) = forged("oidc-userinfo", LocalLogin::All, &more).await;
        let anna = anna();
        let begun = started_invited(&world, "staff", ("desk", Role::Clerk), &anna).await;
        assert!(!begun.location.contains("nonce="));
        forger.says("/token", 200, &json!({"access_token": "a", "token_type": "Bearer"}));
        forger.says("/userinfo", 200, &json!({"sub": "anna"}));
        let query = format!("code=c&state={}", begun.parameter("state"));
        let cookie = session(&returned(&world, "staff", &query, &begun.cookie).await);
        // Nobody told when she signed in: what needs a sign-in of the last minutes is not hers to do.
        let token = json!({"name": "x", "scopes": ["people.find"], "expires_at": world.clock.now() + SignedDuration::from_hours(1)});
        world.get("/me").by(&cookie).send().await.is_done();
        world.post("/me/tokens").by(&cookie).once().json(&token).send().await.is(401, "sign_in_again");
        for (body, cause) in [(json!([]), "no token that can be read"), (json!({}), "another subject")] {
            forger.says("/userinfo", 200, &body);
            let begun = started(&world, "staff").await;
            let query = format!("code=c&state={}", begun.parameter("state"));
            returned(&world, "staff", &query, &begun.cookie).await.is(401, "sign_in_not_completed");
            assert_eq!(because(&world), cause);
        }
        // By default nobody is believed without a signed token.
        let (forger, world, _) = forged("oidc-unsigned", LocalLogin::All, &json!({})).await;
        forger.says("/token", 200, &json!({"access_token": "a"}));
        let begun = started(&world, "staff").await;
        let query = format!("code=c&state={}", begun.parameter("state"));
        returned(&world, "staff", &query, &begun.cookie).await.is(401, "sign_in_not_completed");
        assert_eq!(because(&world), "no token that says who signed in");
    });
}

#[test]
fn userinfo_that_is_signed_is_verified_as_a_token_is() {
    run(async {
        let more = json!({"person_from": "userinfo"});
        let (forger, world, _) = forged("oidc-userinfo-signed", LocalLogin::All, &more).await;
        let told = json!({"iss": forger.issuer, "aud": "avis", "sub": "anna"});
        let anna = anna();
        forger.says_signed("/userinfo", honest(&forger, &told));
        let begun = started_invited(&world, "staff", ("desk", Role::Clerk), &anna).await;
        session(&with_token(&forger, &world, &begun, honest).await);
        let with = |name: &str, value: Value| {
            let mut told = told.clone();
            told[name] = value;
            honest(&forger, &told)
        };
        for (cause, token) in [
            ("another issuer", with("iss", json!("https://evil.lv"))),
            ("another issuer", with("iss", Value::Null)),
            ("another audience", with("aud", json!("other"))),
            ("another audience", with("aud", Value::Null)),
            ("another subject", with("sub", json!("berta"))),
            ("another subject", with("sub", json!(""))),
            ("expired", with("exp", json!(1))),
            ("a wrong signature", honest(&Forger::start(), &told)),
            ("an algorithm that is not taken", forger.token(&json!({"alg": "HS256"}), &told)),
            (
                "an algorithm that is not taken",
                format!("{}.{}.", encoded(r#"{"alg":"none"}"#), encoded(told.to_string())),
            ),
            ("a key that the provider does not publish", forger.token(&json!({"alg": "ES256", "kid": "2"}), &told)),
            ("no token that can be read", honest(&forger, &json!(["anna"])).replace('.', "")),
            ("no token that can be read", told.to_string()),
        ] {
            // Nobody comes faster than the pace of an address.
            world.clock.pass(SignedDuration::from_secs(5));
            forger.says_signed("/userinfo", token);
            let begun = started(&world, "staff").await;
            with_token(&forger, &world, &begun, honest).await.is(401, "sign_in_not_completed");
            assert_eq!(because(&world), cause);
        }
        forger.says_signed("/userinfo", with("aud", json!(["other", "avis"])));
        let begun = started(&world, "staff").await;
        session(&with_token(&forger, &world, &begun, honest).await);
    });
}

#[test]
fn userinfo_that_a_real_provider_signs_names_the_person_and_by_no_other_algorithm() {
    run(async {
        let Some((_provider, login)) = real() else { return };
        let (world, _) = World::signing_in("oidc-real-userinfo", login).caught_up().populated().await;
        let anna = anna();
        let begun = started_invited(&world, "other", ("desk", Role::Clerk), &anna).await;
        world.clock.catch_up();
        session(&returned(&world, "other", &signed_in(&begun, "anna"), &begun.cookie).await);
        let begun = started(&world, "mixed").await;
        world.clock.catch_up();
        let refused = returned(&world, "mixed", &signed_in(&begun, "anna"), &begun.cookie).await;
        refused.is(401, "sign_in_not_completed");
        assert_eq!(because(&world), "an algorithm that is not taken");
    });
}

#[test]
fn a_provider_that_is_away_or_speaks_without_end_signs_nobody_in() {
    run(async {
        let (forger, world, _) = forged("oidc-away", LocalLogin::All, &json!({})).await;
        let issuer = &forger.issuer;
        let description = "/.well-known/openid-configuration";
        let endpoints = |token: &str| json!({"issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": token});
        for (status, body) in [
            (500, json!({})),
            (302, json!({})),
            (200, json!("a".repeat(300_000))),
            (200, json!({"issuer": "https://evil.lv"})),
            (200, endpoints("http://evil.lv/token")),
            (200, endpoints("file:///etc/passwd")),
        ] {
            forger.says(description, status, &body);
            world.get("/auth/staff/start").send().await.is(503, "provider_away");
        }
        forger.says(description, 200, &endpoints(&format!("{issuer}/token")));
        let begun = started(&world, "staff").await;
        forger.says("/token", 503, &json!({}));
        let query = format!("code=c&state={}", begun.parameter("state"));
        returned(&world, "staff", &query, &begun.cookie).await.is(503, "provider_away");
    });
}

#[test]
fn a_new_key_of_the_provider_is_asked_for() {
    run(async {
        let (forger, world, _) = forged("oidc-keys", LocalLogin::All, &json!({})).await;
        let body = anna();
        let published = json!({"keys": []});
        let keys = forger.says_for_now("/keys", &published);
        let begun = started_invited(&world, "staff", ("desk", Role::Clerk), &body).await;
        with_token(&forger, &world, &begun, honest).await.is(401, "sign_in_not_completed");
        forger.says("/keys", 200, &keys);
        let begun = started_invited(&world, "staff", ("desk", Role::Clerk), &body).await;
        with_token(&forger, &world, &begun, honest).await.is(401, "sign_in_not_completed");
        world.clock.pass(SignedDuration::from_mins(1));
        let begun = started_invited(&world, "staff", ("desk", Role::Clerk), &body).await;
        session(&with_token(&forger, &world, &begun, honest).await);
    });
}

#[test]
fn passwords_are_taken_of_those_alone_who_are_set() {
    run(async {
        let password = |email: &str| json!({"email": email, "password": PASSWORD});
        let (_, world, _) = forged("oidc-operators", LocalLogin::Operators, &json!({})).await;
        world.post("/sessions").json(&password("olga@avis.lv")).send().await;
        let link = invite(&*world.registry, "desk", Role::Clerk, world.clock.now()).unwrap().link;
        world.accept(&link, "anna@desk.lv").await.is(403, "local_sign_in_off");
        assert_eq!(world.post("/sessions").json(&password("olga@avis.lv")).send().await.status, 201);

        let forger = Forger::start();
        let provider = json!({"issuer": forger.issuer, "client_id": "avis"});
        let world = World::signing_in("oidc-none", login(LocalLogin::None, &json!({"staff": provider})));
        let link = invite(&*world.registry, "operator", Role::Operator, world.clock.now()).unwrap().link;
        world.accept(&link, "olga@avis.lv").await.is(403, "local_sign_in_off");
        world.post("/sessions").json(&password("olga@avis.lv")).send().await.is(403, "local_sign_in_off");
        let olga = json!({"email": "olga@avis.lv", "name": "Olga", "to": "/console"});
        let begun = started_invited(&world, "staff", ("operator", Role::Operator), &olga).await;
        let cookie = session(&with_token(&forger, &world, &begun, honest).await);
        assert_eq!(world.get("/me").by(&cookie).send().await.json()["acts_as"], json!(["op"]));
    });
}

#[test]
fn a_file_of_providers_is_read_strictly_and_each_fault_has_its_place() {
    let read = |file: Value| serde_json::from_value::<WrittenProviders>(file).map(|it| it.read(Path::new("/nowhere")));
    let provider = json!({"issuer": "http://127.0.0.1:1", "client_id": "avis"});
    assert!(read(json!({"address": ADDRESS, "providers": {"staff": provider}})).unwrap().is_ok());
    for (field, value) in [
        ("algorithms", json!(["HS256"])),
        ("algorithms", json!(["none"])),
        ("person_from", json!("access_token")),
        ("client_secret", json!("in the file itself")),
    ] {
        let mut provider = provider.clone();
        provider[field] = value;
        assert!(read(json!({"address": ADDRESS, "providers": {"staff": provider}})).is_err(), "{field}");
    }
    let wrong = json!({"issuer": "http://eid.lv", "client_id": "", "algorithms": [], "scopes": "profile",
        "client_secret_file": "none.secret", "person_from": "userinfo",
        "endpoints": {"authorization": "x", "token": "http://eid.lv/token"}});
    let Err(AdminError::Faults(faults)) = read(json!({"address": "avis.lv", "providers": {"A": wrong}})).unwrap()
    else {
        panic!("it is taken");
    };
    let places: Vec<&str> = faults.iter().map(|fault| &*fault.pointer).collect();
    assert_eq!(
        places,
        [
            "/address",
            "/providers/A",
            "/providers/A/issuer",
            "/providers/A/client_id",
            "/providers/A/algorithms",
            "/providers/A/scopes",
            "/providers/A/endpoints/authorization",
            "/providers/A/endpoints/token",
            "/providers/A/endpoints/keys",
            "/providers/A/endpoints/userinfo",
            "/providers/A/client_secret_file"
        ]
    );
}
