//! Users, invitations, grants with a second person, and what excludes what.

use avis_admin::control::{Role, invite};
use avis_store::Clock;
use avis_store::records::RecordChange;
use serde_json::{Value, json};

use crate::world::{PASSWORD, World, at_once, run};

#[test]
fn from_the_first_operators_link_to_a_token_of_a_grantor() {
    run(async {
        let (world, operator) = World::with_parties("story").await;
        let second = world.user(&operator, "operator", Role::Operator).await;
        let invitation = json!({"party": "city", "role": "ad"});
        let made = world.post("/invitations").by(&operator).once().json(&invitation).send().await;
        assert_eq!(made.status, 201, "{made:?}");
        let link = made.json()["link"].as_str().unwrap().to_owned();
        let user = world.accept(&link, "ieva@city.lv").await;
        let grant = user.json()["roles"][0].clone();
        assert_eq!((&grant["party"], &grant["role"], &grant["state"]), (&json!("city"), &json!("ad"), &json!("asked")));
        let ieva = world.sign_in("ieva@city.lv").await;
        world.get("/users").by(&ieva).send().await.is(403, "not_your_role");
        let confirm = format!("/grants/{}/confirm", grant["id"].as_str().unwrap());
        world.post(&confirm).by(&operator).send().await.is(403, "own_grant");
        assert_eq!(world.post(&confirm).by(&second).send().await.json()["state"], "counts");
        world.get("/me").by(&ieva).send().await.is(401, "not_signed_in");
        let ieva = world.sign_in("ieva@city.lv").await;
        assert_eq!(world.get("/me").by(&ieva).send().await.json()["acts_as"], json!(["ad"]));
        let token = json!({"name": "nightly", "scopes": ["users.read"], "expires_at": "2027-01-01T00:00:00Z"});
        let made = world.post("/me/tokens").by(&ieva).once().json(&token).send().await;
        let secret = made.json()["secret"].as_str().unwrap().to_owned();
        assert!(secret.starts_with("avisu_") && secret.len() == 6 + 8 + 1 + 32, "{secret}");
        let users = world.get("/users").bearer(&secret).send().await;
        assert_eq!((users.status, &users.json()["items"][0]["email"]), (200, &json!("ieva@city.lv")));
        world.get("/parties").bearer(&secret).send().await.is(403, "out_of_scope");
    });
}

#[test]
fn a_link_is_used_once_and_not_after_its_time() {
    run(async {
        let (world, operator) = World::with_parties("links").await;
        let invite = || async {
            let body = json!({"party": "desk", "role": "cl"});
            let made = world.post("/invitations").by(&operator).once().json(&body).send().await.json();
            made["link"].as_str().unwrap().to_owned()
        };
        let (used, late) = (invite().await, invite().await);
        assert_eq!(world.accept(&used, "a@desk.lv").await.status, 201);
        world.accept(&used, "b@desk.lv").await.is(422, "invalid");
        world.clock.pass(jiff::SignedDuration::from_hours(7 * 24));
        world.accept(&late, "b@desk.lv").await.is(422, "invalid");
    });
}

#[test]
fn who_has_an_account_joins_another_party_with_its_password() {
    run(async {
        let (world, operator) = World::with_parties("join").await;
        world.join("a@desk.lv", "desk", Role::Clerk).await;
        let link = invite(&*world.registry, "bus", Role::Provider, jiff::Timestamp::MIN);
        assert!(link.is_ok());
        let body = json!({"party": "bus", "role": "pr"});
        let made = world.post("/invitations").by(&operator).once().json(&body).send().await.json();
        let accept = |password: &str| {
            let body = json!({"link": made["link"], "email": "A@desk.lv", "name": "A", "password": password});
            world.post("/invitations/accept").json(&body).send()
        };
        accept("not the password of a").await.is(401, "sign_in_refused");
        assert_eq!(accept(PASSWORD).await.json()["roles"].as_array().unwrap().len(), 2);
        let cookie = world.sign_in("a@desk.lv").await;
        world.get("/parties").by(&cookie).send().await.is(400, "party_unclear");
        assert_eq!(world.get("/parties").by(&cookie).header("avis-party", "bus").send().await.status, 200);
        world.get("/parties").by(&cookie).header("avis-party", "city").send().await.is(403, "not_your_party");
        assert_eq!(world.get("/me").by(&cookie).send().await.status, 200, "the own account needs no party");
    });
}

#[test]
fn roles_need_the_capacity_and_exclude_each_other() {
    run(async {
        let (world, operator) = World::with_parties("roles").await;
        let (user, _) = world.join("a@city.lv", "city", Role::Editor).await;
        let grant = |party: &str, role: &str| {
            let body = json!({"user": user, "party": party, "role": role});
            world.post("/grants").by(&operator).once().json(&body).send()
        };
        grant("city", "pr").await.is(422, "invalid");
        grant("nobody", "ad").await.is(422, "invalid");
        grant("operator", "op").await.is(409, "roles_exclude_each_other");
        grant("city", "au").await.is(409, "roles_exclude_each_other");
        grant("city", "ed").await.is(409, "exists");
        assert_eq!(grant("town", "au").await.json()["state"], "asked");
        assert_eq!(grant("desk", "cl").await.json()["state"], "counts");
    });
}

#[test]
fn nobody_confirms_the_own_grant_or_one_that_they_asked_for() {
    run(async {
        let (world, operator) = World::with_parties("confirm").await;
        let second = world.user(&operator, "operator", Role::Operator).await;
        let me = world.get("/me").by(&second).send().await.id();
        let body = json!({"user": me, "party": "city", "role": "ad"});
        let grant = world.post("/grants").by(&operator).once().json(&body).send().await.id();
        let confirm = format!("/grants/{grant}/confirm");
        // A change of roles ended the session.
        world.get("/me").by(&second).send().await.is(401, "not_signed_in");
        let email = world.get(&format!("/users/{me}")).by(&operator).send().await.json()["email"].clone();
        let second = world.sign_in(email.as_str().unwrap()).await;
        world.post(&confirm).by(&second).header("avis-party", "operator").send().await.is(403, "own_grant");
        world.post(&confirm).by(&operator).send().await.is(403, "own_grant");
        let third = world.user(&operator, "operator", Role::Operator).await;
        assert_eq!(world.post(&confirm).by(&third).send().await.json()["state"], "counts");
        world.post(&confirm).by(&third).send().await.is(409, "not_in_this_state");
    });
}

#[test]
fn a_disabled_user_is_out_at_once_and_for_good() {
    run(async {
        let (world, operator) = World::with_parties("disable").await;
        let (user, _) = world.join("a@desk.lv", "desk", Role::Clerk).await;
        let cookie = world.sign_in("a@desk.lv").await;
        let token = json!({"name": "x", "scopes": ["open.read"], "expires_at": "2027-01-01T00:00:00Z"});
        let token = world.post("/me/tokens").by(&cookie).once().json(&token).send().await.json();
        let token = token["secret"].as_str().unwrap();
        assert_eq!(world.get("/parties").bearer(token).send().await.status, 200);
        let change = |what: &str| {
            let request = world.post(&format!("/users/{user}/{what}")).by(&operator);
            request.json(&json!({"reason": "left"})).send()
        };
        assert_eq!(change("disable").await.json()["state"], "disabled");
        world.get("/me").by(&cookie).send().await.is(401, "not_signed_in");
        world.get("/parties").bearer(token).send().await.is(401, "not_signed_in");
        let body = json!({"email": "a@desk.lv", "password": PASSWORD});
        world.post("/sessions").json(&body).send().await.is(401, "sign_in_refused");
        assert_eq!(change("enable").await.json()["state"], "active");
        world.get("/me").by(&cookie).send().await.is(401, "not_signed_in");
        world.get("/parties").bearer(token).send().await.is(401, "not_signed_in");
        assert_eq!(world.get("/me").by(&world.sign_in("a@desk.lv").await).send().await.status, 200);
    });
}

#[test]
fn an_administrator_disables_nobody_who_is_also_anothers() {
    run(async {
        let (world, operator) = World::with_parties("shared-user").await;
        let administrator = world.user(&operator, "desk", Role::Administrator).await;
        let (user, _) = world.join("a@desk.lv", "desk", Role::Clerk).await;
        let body = json!({"user": user, "party": "bus", "role": "pr"});
        assert_eq!(world.post("/grants").by(&operator).once().json(&body).send().await.status, 201);
        let disable = world.post(&format!("/users/{user}/disable")).json(&json!({"reason": "left"}));
        disable.by(&administrator).send().await.is(403, "not_yours");
        let seen = world.get(&format!("/users/{user}")).by(&administrator).send().await;
        assert!(!seen.text.contains("bus"), "roles elsewhere are not theirs to see: {seen:?}");
    });
}

#[test]
fn the_last_operator_stays() {
    run(async {
        let (world, operator) = World::with_parties("last").await;
        let grant = world.get("/me").by(&operator).send().await.json()["roles"][0]["id"].clone();
        let end = format!("/grants/{}", grant.as_str().unwrap());
        world.request("DELETE", &end).by(&operator).send().await.is(409, "not_in_this_state");
        world.user(&operator, "operator", Role::Operator).await;
        assert_eq!(world.request("DELETE", &end).by(&operator).send().await.status, 204);
        world.get("/me").by(&operator).send().await.is(401, "not_signed_in");
    });
}

#[test]
fn the_last_operator_is_not_disabled_and_of_two_who_end_each_other_one_stays() {
    run(async {
        let (world, operator) = World::with_parties("last-two").await;
        let olga = world.get("/me").by(&operator).send().await.json();
        let disable = |user: &Value| {
            let path = format!("/users/{}/disable", user["id"].as_str().unwrap());
            world.post(&path).by(&operator).json(&json!({"reason": "left"}))
        };
        disable(&olga).send().await.is(409, "not_in_this_state");
        let second = world.user(&operator, "operator", Role::Operator).await;
        let oto = world.get("/me").by(&second).send().await.json();
        let others = [(&operator, &oto), (&second, &olga)];
        let ended = at_once(2, |number| {
            let (cookie, other) = others[number];
            let path = format!("/grants/{}", other["roles"][0]["id"].as_str().unwrap());
            world.request("DELETE", &path).by(cookie).send()
        });
        let statuses: Vec<u16> = ended.iter().map(|ended| ended.status).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    });
}

#[test]
fn whoever_comes_first_operates_whatever_else_is_granted_in_the_operators_party() {
    run(async {
        let world = World::empty("first");
        let link = invite(&*world.registry, "operator", Role::Auditor, world.clock.now()).unwrap().link;
        assert_eq!(world.accept(&link, "anna@avis.lv").await.json()["roles"][0]["state"], "asked");
        let link = invite(&*world.registry, "operator", Role::Operator, world.clock.now()).unwrap().link;
        assert_eq!(world.accept(&link, "olga@avis.lv").await.json()["roles"][0]["state"], "counts");
        let link = invite(&*world.registry, "operator", Role::Operator, world.clock.now()).unwrap().link;
        assert_eq!(world.accept(&link, "oto@avis.lv").await.json()["roles"][0]["state"], "asked");
    });
}

#[test]
fn a_link_leads_nowhere_once_who_made_it_may_not_invite_any_more() {
    run(async {
        let (world, operator) = World::with_parties("inviter").await;
        let administrator = world.user(&operator, "desk", Role::Administrator).await;
        let body = json!({"party": "desk", "role": "cl"});
        let invited = world.post("/invitations").by(&administrator).once().json(&body).send().await.json();
        let grant = world.get("/me").by(&administrator).send().await.json()["roles"][0]["id"].clone();
        let end = format!("/grants/{}", grant.as_str().unwrap());
        assert_eq!(world.request("DELETE", &end).by(&operator).send().await.status, 204);
        world.accept(invited["link"].as_str().unwrap(), "a@desk.lv").await.is(422, "invalid");
    });
}

#[test]
fn an_invitation_is_seen_by_its_party_and_taken_back() {
    run(async {
        let (world, operator) = World::with_parties("invitations").await;
        let administrator = world.user(&operator, "desk", Role::Administrator).await;
        let stranger = world.user(&operator, "city", Role::Administrator).await;
        let body = json!({"party": "desk", "role": "cl"});
        let invited = world.post("/invitations").by(&administrator).once().json(&body).send().await.json();
        let id = invited["id"].as_str().unwrap();
        let list = world.get("/invitations").by(&administrator).send().await.json();
        let shown = list["items"].as_array().unwrap().iter().find(|item| item["id"] == invited["id"]).unwrap();
        assert_eq!((&shown["role"], &shown["link"]), (&json!("cl"), &json!(null)), "its link is shown once");
        assert!(!world.get("/invitations").by(&stranger).send().await.text.contains(id));
        let end = || world.request("DELETE", &format!("/invitations/{id}"));
        end().by(&stranger).send().await.is(404, "not_found");
        assert_eq!(end().by(&administrator).send().await.status, 204);
        end().by(&administrator).send().await.is(404, "not_found");
        world.accept(invited["link"].as_str().unwrap(), "a@desk.lv").await.is(422, "invalid");
    });
}

#[test]
fn a_role_ends_with_the_capacity_of_its_party() {
    run(async {
        let (world, operator) = World::with_parties("capacity").await;
        let editor = world.user(&operator, "city", Role::Editor).await;
        assert_eq!(world.get("/drafts").by(&editor).send().await.status, 200);
        let etag = world.get("/parties/city").by(&operator).send().await.headers["etag"].clone();
        let body = json!({"name": {"lv": "city", "en": "city"}, "capacities": ["centre"]});
        let put = world.request("PUT", "/parties/city").by(&operator).header("if-match", &etag);
        assert_eq!(put.json(&body).send().await.status, 200);
        world.get("/drafts").by(&editor).send().await.is(403, "not_your_role");
        assert_eq!(world.get("/me").by(&editor).send().await.json()["acts_as"], json!([]));
    });
}

#[test]
fn nobody_gives_a_role_to_themselves_alone() {
    run(async {
        let (world, operator) = World::with_parties("oneself").await;
        let second = world.user(&operator, "operator", Role::Operator).await;
        let me = world.get("/me").by(&operator).send().await.id();
        let body = json!({"user": me, "party": "desk", "role": "cl"});
        let granted = world.post("/grants").by(&operator).once().json(&body).send().await;
        assert_eq!(granted.json()["state"], "asked", "{granted:?}");
        let operator = world.sign_in("olga@avis.lv").await;
        let body = json!({"party": "desk", "role": "pr"});
        world.post("/invitations").by(&operator).once().json(&body).send().await.is(422, "invalid");
        let body = json!({"party": "bus", "role": "pr"});
        let invited = world.post("/invitations").by(&operator).once().json(&body).send().await.json();
        let joined = world.accept(invited["link"].as_str().unwrap(), "olga@avis.lv").await.json();
        assert_eq!(joined["roles"].as_array().unwrap().last().unwrap()["state"], "asked");
        let confirm = format!("/grants/{}/confirm", granted.id());
        assert_eq!(world.post(&confirm).by(&second).send().await.json()["state"], "counts");
    });
}

#[test]
fn a_user_is_found_by_a_part_of_the_name_or_of_the_address_page_by_page() {
    run(async {
        let (world, operator) = World::with_parties("sought").await;
        let administrator = world.user(&operator, "desk", Role::Administrator).await;
        for email in ["zane@desk.lv", "zaiga@desk.lv"] {
            world.join(email, "desk", Role::Clerk).await;
        }
        world.join("zinta@city.lv", "city", Role::Editor).await;
        let found = async |by: &str, query: &str| {
            let page = world.get(&format!("/users?{query}")).by(by).send().await.json();
            let emails =
                page["items"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned());
            (emails.collect::<Vec<_>>(), page["next"].as_str().map(str::to_owned))
        };
        assert_eq!(found(&administrator, "q=ZA").await.0, ["zane@desk.lv", "zaiga@desk.lv"]);
        assert_eq!(found(&administrator, "q=zinta").await.0, [] as [&str; 0], "another party's");
        assert_eq!(found(&operator, "q=zinta").await.0, ["zinta@city.lv"]);
        let (first, next) = found(&operator, "q=z&limit=1").await;
        let (second, _) = found(&operator, &format!("q=z&limit=1&cursor={}", next.unwrap())).await;
        assert_eq!([first, second].concat(), ["zane@desk.lv", "zaiga@desk.lv"]);
    });
}

#[test]
fn what_was_only_asked_for_neither_opens_nor_protects_a_user() {
    run(async {
        let (world, operator) = World::with_parties("asked").await;
        let of_desk = world.user(&operator, "desk", Role::Administrator).await;
        let of_city = world.user(&operator, "city", Role::Administrator).await;
        let (user, _) = world.join("a@desk.lv", "desk", Role::Clerk).await;
        let body = json!({"user": user, "party": "city", "role": "ad"});
        assert_eq!(world.post("/grants").by(&operator).once().json(&body).send().await.json()["state"], "asked");
        world.get(&format!("/users/{user}")).by(&of_city).send().await.is(404, "not_found");
        assert!(!world.get("/users").by(&of_city).send().await.text.contains("a@desk.lv"));
        let disable = world.post(&format!("/users/{user}/disable")).json(&json!({"reason": "left"}));
        assert_eq!(disable.by(&of_desk).send().await.json()["state"], "disabled");
    });
}

#[test]
fn a_token_of_one_party_reaches_no_session_and_no_token_of_another() {
    run(async {
        let (world, operator) = World::with_parties("token-reach").await;
        let (user, _) = world.join("a@desk.lv", "desk", Role::Clerk).await;
        let body = json!({"user": user, "party": "bus", "role": "pr"});
        assert_eq!(world.post("/grants").by(&operator).once().json(&body).send().await.status, 201);
        let cookie = world.sign_in("a@desk.lv").await;
        let make = |party: &str| {
            let body = json!({"name": party, "scopes": ["me", "tokens"], "expires_at": "2027-01-01T00:00:00Z"});
            world.post("/me/tokens").by(&cookie).header("avis-party", party).once().json(&body).send()
        };
        let (of_desk, of_bus) = (make("desk").await.json(), make("bus").await.json());
        let secret = of_desk["secret"].as_str().unwrap();
        let seen = world.get("/me/tokens").bearer(secret).send().await.json();
        let names: Vec<_> = seen["items"].as_array().unwrap().iter().map(|token| &token["name"]).collect();
        assert_eq!(names, ["desk"]);
        let end = |token: &Value| {
            let path = format!("/me/tokens/{}", token["id"].as_str().unwrap());
            world.request("DELETE", &path).bearer(secret).send()
        };
        end(&of_bus).await.is(404, "not_found");
        world.get("/me/sessions").bearer(secret).send().await.is(403, "out_of_scope");
        let sessions = world.get("/me/sessions").by(&cookie).send().await.json();
        let session = format!("/me/sessions/{}", sessions["items"][0]["id"].as_str().unwrap());
        world.request("DELETE", &session).bearer(secret).send().await.is(403, "out_of_scope");
        assert_eq!(end(&of_desk).await.status, 204);
        assert_eq!(world.get("/me").by(&cookie).header("avis-party", "bus").send().await.status, 200);
    });
}

#[test]
fn what_ends_a_role_or_a_user_is_not_done_by_a_token() {
    run(async {
        let (world, operator) = World::with_parties("token-delicate").await;
        let (user, grant) = world.join("a@desk.lv", "desk", Role::Clerk).await;
        let body = json!({"name": "x", "scopes": ["party.manage"], "expires_at": "2027-01-01T00:00:00Z"});
        let token = world.post("/me/tokens").by(&operator).once().json(&body).send().await.json();
        let secret = token["secret"].as_str().unwrap();
        let end = world.request("DELETE", &format!("/grants/{grant}")).bearer(secret);
        end.send().await.is(401, "sign_in_again");
        for what in ["disable", "enable"] {
            let request = world.post(&format!("/users/{user}/{what}")).bearer(secret);
            request.json(&json!({"reason": "left"})).send().await.is(401, "sign_in_again");
        }
    });
}

#[test]
fn a_commercial_partys_rules_are_read_by_its_own_users_and_who_oversees() {
    run(async {
        let (world, operator) = World::with_parties("commercial").await;
        for (party, role, reads) in [
            ("shop", Role::Editor, true),
            ("operator", Role::Auditor, true),
            ("operator", Role::Operator, true),
            ("city", Role::Editor, false),
            ("city", Role::Auditor, false),
        ] {
            let cookie = world.user(&operator, party, role).await;
            let list = world.get("/benefits").by(&cookie).send().await;
            assert_eq!(list.text.contains("shop-rides"), reads, "{party}: {list:?}");
            assert!(list.text.contains("city-rides"), "{list:?}");
            let groups = world.get("/groups").by(&cookie).send().await;
            assert_eq!(groups.text.contains("shop-gold"), reads, "{party}: {groups:?}");
            assert!(groups.text.contains("seniors"), "{groups:?}");
            for path in [
                "/benefits/shop-rides",
                "/benefits/shop-rides/versions/1",
                "/benefits/shop-rides/versions/1/difference",
            ] {
                assert_eq!(world.get(path).by(&cookie).send().await.status, if reads { 200 } else { 404 }, "{party}");
            }
        }
    });
}

#[test]
fn a_partys_rules_follow_it_as_it_becomes_commercial_and_is_not_any_more() {
    run(async {
        let (world, operator) = World::with_parties("becomes-commercial").await;
        let reader = world.user(&operator, "city", Role::Editor).await;
        for (commercial, status) in [(true, 404), (false, 200)] {
            let etag = world.get("/parties/town").by(&operator).send().await.headers["etag"].clone();
            let body =
                json!({"name": {"lv": "town", "en": "town"}, "capacities": ["grantor"], "commercial": commercial});
            let changed = world.request("PUT", "/parties/town").by(&operator).header("if-match", &etag).json(&body);
            changed.send().await.is_done();
            assert_eq!(world.get("/benefits/town-rides").by(&reader).send().await.status, status);
            assert_eq!(world.get("/benefits/shop-rides").by(&reader).send().await.status, 404);
        }
        // Parties that are older than what is kept beside them.
        let known = world.registry.record("commercial_parties", "all").unwrap().unwrap();
        world.registry.change(&[RecordChange::remove(&known)], &[]).unwrap();
        assert_eq!(world.get("/benefits/shop-rides").by(&reader).send().await.status, 404);
    });
}

#[test]
fn a_version_is_shown_with_what_differs_from_the_one_before_it() {
    run(async {
        let (world, operator) = World::with_parties("difference").await;
        let cookie = world.user(&operator, "town", Role::Editor).await;
        world.publish_version(3, &json!({"priority": 7, "effect": {"percent": {"rate": 5000}}}));
        let difference = |n: u8| {
            let path = format!("/benefits/city-rides/versions/{n}/difference");
            let (world, cookie) = (&world, &cookie);
            async move { world.get(&path).by(cookie).send().await }
        };
        let third = difference(3).await.json();
        assert_eq!((&third["from"], &third["to"]), (&json!(1), &json!(3)));
        let told: Vec<_> = third["changes"].as_array().unwrap().iter().map(|change| &change["words"]).collect();
        assert_eq!(told[1], &json!({"lv": "prioritāte: pievienots 7", "en": "priority: 7 is added"}));
        assert_eq!((told.len(), &third["changes"][0]["pointer"]), (2, &json!("/effect")));
        assert_eq!(difference(1).await.json()["from"], json!(null));
        difference(2).await.is(404, "not_found");
    });
}

#[test]
fn an_administrator_grants_nothing_to_somebody_of_another_party() {
    run(async {
        let (world, operator) = World::with_parties("strangers").await;
        let administrator = world.user(&operator, "city", Role::Administrator).await;
        let (stranger, _) = world.join("stranger@town.lv", "town", Role::Editor).await;
        let grant = |user: &str| json!({"user": user, "party": "city", "role": "ed"});
        let ask = |body| {
            let (world, administrator) = (&world, &administrator);
            async move { world.post("/grants").by(administrator).once().json(&body).send().await }
        };
        let refused = ask(grant(&stranger)).await;
        refused.is(422, "invalid");
        let none = ask(grant("0190f6a2-0000-7000-8000-000000000000")).await;
        assert_eq!(refused.json()["errors"], none.json()["errors"], "as if there were nobody");
        world.get(&format!("/users/{stranger}")).by(&administrator).send().await.is(404, "not_found");
    });
}
