//! What a person does who signed in with an eID: sees what is there of them, blocks at once, and types what is proved later.

use avis_admin::control::{LocalLogin, Role};
use avis_store::records::RecordFilter;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::consultations::{said, week};
use crate::forger::Forger;
use crate::imports::{ended, holder, imported};
use crate::through::{RITA, because, forged, real, returned, rita, session, signed_in, started, with_eid};
use crate::till::Till;
use crate::world::{Answered, World, run};

/// A world with Rita's session, and a clerk's with a handle on her.
pub(crate) struct Home {
    pub(crate) world: World,
    pub(crate) forger: Forger,
    pub(crate) operator: String,
    pub(crate) rita: String,
}

impl Home {
    pub(crate) async fn new(test: &str) -> Self {
        let (forger, world, operator) = forged(test, LocalLogin::All, &json!({})).await;
        let rita = rita(&forger, &world).await;
        Self { world, forger, operator, rita }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answered = self.world.get(path).by(&self.rita).send().await;
        answered.is_done();
        answered.json()
    }

    pub(crate) async fn post(&self, path: &str, body: Option<Value>) -> Answered {
        let request = self.world.post(path).by(&self.rita).once();
        let request = if let Some(body) = body { request.json(&body) } else { request };
        request.send().await
    }

    /// Her means of a scheme, the first.
    async fn means(&self, scheme: &str) -> Value {
        let means = self.get("/people/me/means").await;
        let mut of_scheme = means["items"].as_array().unwrap().iter().filter(|means| means["scheme"] == scheme);
        of_scheme.next().unwrap().clone()
    }

    /// A clerk who found her by a card.
    async fn clerk(&self) -> (String, String) {
        let clerk = self.world.user(&self.operator, "desk", Role::Clerk).await;
        let shown = json!({"scheme": "etalons", "value": "R-1", "reason": {"code": "at_desk", "text": "came by"}});
        let found = self.world.post("/people/find").by(&clerk).json(&shown).send().await;
        found.is_done();
        let handle = found.json()["handle"].as_str().unwrap().to_owned();
        (clerk, handle)
    }
}

#[test]
fn who_signs_in_with_an_eid_sees_what_is_theirs_and_nobody_elses() {
    run(async {
        let home = Home::new("residents-own").await;
        let me = home.get("/me").await;
        assert_eq!((&me["acts_as"], &me["email"]), (&json!(["re"]), &Value::Null));
        assert_eq!(home.get("/people/me").await["birth_date"], "1990-01-01");
        assert_eq!(home.get("/people/me/entitlements").await["items"][0]["group"], "pupils");
        assert_eq!(home.means("eid").await["proof"], "sign_in");
        let (clerk, handle) = home.clerk().await;
        home.world.get(&format!("/people/{handle}")).by(&clerk).send().await.is_done();
        let accesses = home.get("/people/me/accesses").await;
        let accesses = accesses["items"].as_array().unwrap();
        let of = |own: bool| accesses.iter().filter(move |access| access["own"] == own).map(|access| &access["action"]);
        assert_eq!(of(false).collect::<Vec<_>>(), ["person_read", "person_found"]);
        assert!(of(true).any(|action| action == "signed_in") && of(true).any(|action| action == "person_read"));
        let looked =
            accesses.iter().find(|access| access["action"] == "person_read" && access["own"] == false).unwrap();
        assert_eq!((&looked["party"], &looked["reason"]), (&json!("desk"), &json!("at_desk: came by")));
        // Neither another's handle is hers, nor `me` a clerk's.
        home.world.get(&format!("/people/{handle}")).by(&home.rita).send().await.is(404, "not_found");
        home.world.get("/people/me").by(&clerk).send().await.is(404, "not_found");
        home.world.get("/me").by(&home.rita).header("avis-party", "city").send().await.is(403, "not_your_party");
        // She asks to be erased, and an operator confirms it: then nobody is signed in any more.
        let asked = home.post("/people/me/erasure", None).await;
        assert_eq!(asked.status, 201, "{asked:?}");
        let confirm = home.world.post(&format!("/erasures/{}/confirm", asked.id())).by(&home.operator);
        confirm.send().await.is_done();
        home.world.get("/me").by(&home.rita).send().await.is(401, "not_signed_in");
        with_eid(&home.forger, &home.world, &json!(RITA)).await.is(403, "unknown_person");
    });
}

#[test]
fn a_session_of_a_resident_is_short_and_ends_with_the_eid() {
    run(async {
        let home = Home::new("residents-session").await;
        for _ in 0..4 {
            home.world.clock.pass(SignedDuration::from_mins(14));
            home.get("/me").await;
        }
        home.world.clock.pass(SignedDuration::from_mins(5));
        home.world.get("/me").by(&home.rita).send().await.is(401, "not_signed_in");
        let again = rita(&home.forger, &home.world).await;
        home.world.clock.pass(SignedDuration::from_mins(16));
        home.world.get("/me").by(&again).send().await.is(401, "not_signed_in");
        let home = Home { rita: rita(&home.forger, &home.world).await, ..home };
        let eid = home.means("eid").await;
        home.post(&format!("/people/me/means/{}/block", eid["id"].as_str().unwrap()), None).await;
        home.world.get("/me").by(&home.rita).send().await.is(401, "not_signed_in");
        with_eid(&home.forger, &home.world, &json!(RITA)).await.is(403, "unknown_person");
    });
}

#[test]
fn whom_nobody_knows_is_told_one_text_and_who_signs_in_for_another_is_refused() {
    run(async {
        let home = Home::new("residents-unknown").await;
        let texts = |answered: &Answered| answered.json()["detail"].clone();
        let unknown = with_eid(&home.forger, &home.world, &json!("PNOLV-020202-12345")).await;
        unknown.is(403, "unknown_person");
        assert!(texts(&unknown).as_str().unwrap().contains("service desk"));
        for (claim, cause) in [
            (json!("DP:PNOLV-010190-12345"), "who signs in does so for another"),
            (json!("PNOEE-010190-12345"), "the claim that names the person is missing or another"),
            (json!("PNOLV- - "), "the claim that names the person is missing or another"),
            (json!(["PNOLV-010190-12345"]), "the claim that names the person is missing or another"),
            (Value::Null, "the claim that names the person is missing or another"),
        ] {
            let refused = with_eid(&home.forger, &home.world, &claim).await;
            refused.is(401, "sign_in_not_completed");
            assert_eq!(because(&home.world), cause);
        }
        let invited = json!({"link": "x".repeat(60), "email": "a@desk.lv", "name": "A"});
        home.world.post("/auth/eid/start").json(&invited).send().await.is(404, "not_found");
    });
}

#[test]
fn what_a_person_types_waits_for_a_proof_and_a_clerk_proves_it() {
    run(async {
        let home = Home::new("residents-typed").await;
        let typed = |value: &str| Some(json!({"scheme": "isic", "value": value, "label": "student"}));
        let made = home.post("/people/me/means", typed("NEW-1")).await;
        assert_eq!((made.status, &made.json()["state"], &made.json()["proof"]), (201, &json!("pending"), &Value::Null));
        let id = made.id();
        // No engine follows it: nobody is found by it.
        let (clerk, handle) = home.clerk().await;
        let shown = json!({"scheme": "isic", "value": "NEW-1", "reason": {"code": "at_desk", "text": "shown"}});
        home.world.post("/people/find").by(&clerk).json(&shown).send().await.is(404, "not_found");
        for body in [
            json!({"scheme": "bank-card", "value": "1"}),
            json!({"scheme": "isic", "value": "4111 1111 1111 1111"}),
            json!({"scheme": "isic", "value": "NEW-2", "valid_until": "2030-01-01"}),
        ] {
            home.post("/people/me/means", Some(body)).await.is(422, "invalid");
        }
        // Another's, one's own and what waits already are told alike, and five tries are all of a day.
        let refused = [
            home.post("/people/me/means", typed("NEW-1")).await,
            home.post("/people/me/means", typed("RI-1")).await,
            home.post("/people/me/means", Some(json!({"scheme": "etalons", "value": "A-1"}))).await,
        ];
        for answered in &refused {
            answered.is(409, "not_added");
            assert_eq!(answered.json()["detail"], refused[0].json()["detail"]);
        }
        let second = home.post("/people/me/means", typed("NEW-2")).await.id();
        home.post("/people/me/means", typed("NEW-3")).await.is(429, "too_many_requests");
        let removed = home.world.request("DELETE", &format!("/people/me/means/{second}")).by(&home.rita).send().await;
        assert_eq!((removed.status, &removed.json()["state"]), (200, &json!("removed")), "{removed:?}");

        home.post(&format!("/people/me/means/{id}/prove"), None).await.is(403, "not_your_role");
        let proved = home.world.post(&format!("/people/{handle}/means/{id}/prove")).by(&clerk).send().await;
        proved.is_done();
        let expected = (json!("active"), json!("desk"), json!("student"));
        let proved = proved.json();
        assert_eq!((proved["state"].clone(), proved["proof"].clone(), proved["label"].clone()), expected);
        home.world.post("/people/find").by(&clerk).json(&shown).send().await.is_done();
        let means = home.get("/people/me/means").await;
        let states = means["items"].as_array().unwrap().iter().filter(|means| means["state"] == "pending");
        assert_eq!(states.count(), 0, "{means}");
    });
}

#[test]
fn a_person_blocks_at_once_and_unblocks_only_what_they_blocked() {
    run(async {
        let home = Home::new("residents-block").await;
        let id = home.means("isic").await["id"].as_str().unwrap().to_owned();
        let step = async |step: &str| home.post(&format!("/people/me/means/{id}/{step}"), None).await;
        let blocked = step("block").await;
        assert_eq!(blocked.json()["state"], "blocked", "{blocked:?}");
        assert_eq!(step("unblock").await.json()["state"], "active");
        let label = Some(json!({"label": "old one"}));
        let renamed = home.post(&format!("/people/me/means/{id}/rename"), label).await;
        assert_eq!((&renamed.json()["label"], &renamed.json()["state"]), (&json!("old one"), &json!("active")));
        // What the issuer blocked is the issuer's, also where the person did before.
        step("block").await.is_done();
        let issuer = home.world.user(&home.operator, "bus", Role::Provider).await;
        let stop = json!({"scheme": "isic", "value": "RI-1", "reason": "stolen"});
        home.world.post("/means/block").by(&issuer).json(&stop).send().await.is_done();
        step("unblock").await.is(403, "not_yours");
        let (clerk, handle) = home.clerk().await;
        home.world.post(&format!("/people/{handle}/means/{id}/unblock")).by(&clerk).send().await.is_done();
        home.world.post(&format!("/people/{handle}/means/{id}/block")).by(&clerk).send().await.is_done();
        step("unblock").await.is(403, "not_yours");
        // Also where the person did before; and to take them away is no way around it.
        home.world.post(&format!("/people/{handle}/means/{id}/unblock")).by(&clerk).send().await.is_done();
        step("block").await.is_done();
        home.world.post(&format!("/people/{handle}/means/{id}/block")).by(&clerk).send().await.is_done();
        step("unblock").await.is(403, "not_yours");
        home.post(&format!("/people/me/means/{id}/replace"), Some(json!({"value": "RI-2"}))).await.is(403, "not_yours");
        let path = format!("/people/me/means/{id}");
        home.world.request("DELETE", &path).by(&home.rita).send().await.is(403, "not_yours");
        // A lost card is nobody's at once; the one in its place waits for a proof.
        let card = home.means("etalons").await["id"].as_str().unwrap().to_owned();
        let new = Some(json!({"value": "R-9"}));
        let replaced = home.post(&format!("/people/me/means/{card}/replace"), new).await;
        assert_eq!((replaced.status, &replaced.json()["state"]), (200, &json!("pending")), "{replaced:?}");
        let means = home.get("/people/me/means").await;
        let old = means["items"].as_array().unwrap().iter().find(|means| means["id"] == json!(card)).unwrap();
        assert_eq!(old["state"], "replaced");
        home.post(&format!("/people/me/means/{card}/block"), None).await.is(404, "not_found");
    });
}

/// Whoever names what the person blocked as blocked, too, has the stricter word: in each way in which a list comes.
#[test]
fn what_a_list_blocks_is_not_the_persons_to_unblock_also_where_the_person_did_first() {
    run(async {
        let home = Home::new("residents-block-lists").await;
        let id = home.means("isic").await["id"].as_str().unwrap().to_owned();
        let step = async |step: &str| home.post(&format!("/people/me/means/{id}/{step}"), None).await;
        let (clerk, handle) = home.clerk().await;
        let let_go =
            async || home.world.post(&format!("/people/{handle}/means/{id}/unblock")).by(&clerk).send().await.is_done();
        let card = |status: &str| format!("scheme;value;status\nisic;RI-1;{status}\n");
        let kind = "kind=means&reason=lost+cards";
        step("block").await.is_done();
        let tried = imported(&home.world, &home.operator, &format!("{kind}&dry_run=true"), &card("blocked")).await;
        assert_eq!(tried["state"], "done", "{tried}");
        step("unblock").await.is_done();
        step("block").await.is_done();
        // A list that changes nothing takes nothing over either.
        let broken = format!("{}etalons;nobody has it;;blocked\n", card("blocked"));
        let failed = imported(&home.world, &home.operator, kind, &broken).await;
        assert_eq!(failed["state"], "failed", "{failed}");
        step("unblock").await.is_done();
        step("block").await.is_done();
        let job = imported(&home.world, &home.operator, kind, &card("blocked")).await;
        assert_eq!((&job["state"], &job["result"]["unchanged"]), (&json!("done"), &json!(1)), "{job}");
        step("unblock").await.is(403, "not_yours");
        let path = format!("/people/me/means/{id}");
        home.world.request("DELETE", &path).by(&home.rita).send().await.is(403, "not_yours");
        let_go().await;
        // From now on it is the person's again, until a list of people says so.
        step("block").await.is_done();
        step("unblock").await.is_done();
        step("block").await.is_done();
        let mut whole = holder(&home.world, "isic", "RI-1");
        let people = format!("{}\n", whole);
        let begun = home.world.post("/imports?kind=holders&reason=registry").by(&home.operator);
        let begun = begun.header("content-type", "application/x-ndjson").bytes(people.as_bytes()).send().await;
        let job = ended(&home.world, &home.operator, &begun).await;
        assert_eq!(job["result"]["unchanged"], 1, "{job}");
        step("unblock").await.is(403, "not_yours");
        let_go().await;
        // The owner of the machine may make active what is blocked, and blocks it anew: that is another block than the person's.
        step("block").await.is_done();
        home.world.import_as_owner(&whole);
        step("unblock").await.is(403, "not_yours");
        let_go().await;
        step("block").await.is_done();
        for status in ["active", "blocked"] {
            let means = whole["identifiers"].as_array_mut().unwrap();
            let isic = means.iter_mut().find(|means| means["scheme"] == "isic").unwrap();
            isic["status"] = json!(status);
            isic.as_object_mut().unwrap().remove("since");
            home.world.import_as_owner(&whole);
        }
        step("unblock").await.is(403, "not_yours");
    });
}

#[test]
fn a_person_sees_to_what_they_consented_and_takes_it_back() {
    run(async {
        let home = Home::new("residents-consents").await;
        assert_eq!(home.get("/me/consents").await["items"], json!([]));
        let editor = home.world.user(&home.operator, "city", Role::Editor).await;
        let join = json!({"scheme": "etalons", "value": "R-1", "consent": "terms-1", "reason": "asked at the desk"});
        let joined = home.world.post("/programs/city-points/members").by(&editor).json(&join).send().await;
        joined.is_done();
        let given = home.get("/me/consents").await["items"][0].clone();
        assert_eq!((&given["kind"], &given["program"]), (&json!("membership"), &json!("city-points")));
        assert_eq!(
            (&given["party"], &given["consent"], &given["until"]),
            (&json!("city"), &json!("terms-1"), &Value::Null)
        );
        let path = format!("/me/consents/{}", given["id"].as_str().unwrap());
        // A user gave none, and another's is as good as none.
        assert_eq!(home.world.get("/me/consents").by(&editor).send().await.json()["items"], json!([]));
        home.world.request("DELETE", &path).by(&editor).send().await.is(404, "not_found");
        let withdraw = async || home.world.request("DELETE", &path).by(&home.rita).send().await;
        let withdrawn = withdraw().await;
        withdrawn.is_done();
        assert!(withdrawn.json()["until"].is_string() && withdrawn.json()["revision"].is_number(), "{withdrawn:?}");
        withdraw().await.is(404, "not_found");
        assert_eq!(home.get("/me/consents").await["items"], json!([]));
        assert!(holder(&home.world, "etalons", "R-1")["memberships"][0]["until"].is_string());
        let accesses = home.get("/people/me/accesses").await;
        let actions = accesses["items"].as_array().unwrap().iter().map(|access| access["action"].as_str().unwrap());
        assert!(actions.into_iter().any(|action| action == "consent_withdrawn"), "{accesses}");
    });
}

#[test]
fn a_person_sees_what_they_have_in_a_programme_also_when_they_left_and_who_found_them_does_not() {
    run(async {
        let home = Home::new("residents-points").await;
        assert_eq!(home.get("/people/me/programs").await["items"], json!([]));
        let editor = home.world.user(&home.operator, "city", Role::Editor).await;
        let named = async |path: &str, more: Value| {
            let mut body = json!({"scheme": "etalons", "value": "R-1", "reason": "asked at the desk"});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let done =
                home.world.post(&format!("/programs/city-points/members{path}")).by(&editor).json(&body).send().await;
            done.is_done();
            done.json()
        };
        named("", json!({"consent": "terms-1"})).await;
        let handle = named("/find", json!({})).await["handle"].as_str().unwrap().to_owned();
        let gift = json!({"points": 300, "reason": "a late delivery"});
        let path = format!("/programs/city-points/members/{handle}/adjustments");
        assert_eq!(home.world.post(&path).by(&editor).once().json(&gift).send().await.status, 201);
        let had = home.get("/people/me/programs").await["items"].clone();
        assert_eq!(had.as_array().unwrap().len(), 1, "{had}");
        let statement = &had[0]["statement"];
        assert_eq!((&had[0]["program"], &had[0]["state"]), (&json!("city-points"), &json!("member")));
        assert_eq!((&statement["balance"], &statement["lots"][0]["points"]), (&json!(300), &json!(300)), "{had}");
        let (clerk, found) = home.clerk().await;
        home.world.get(&format!("/people/{found}/programs")).by(&clerk).send().await.is(403, "not_your_role");
        named("/leave", json!({})).await;
        let left = home.get("/people/me/programs").await["items"][0].clone();
        assert_eq!((&left["state"], &left["statement"]["balance"]), (&json!("left"), &json!(300)), "{left}");
    });
}

#[test]
fn a_resident_signs_in_at_a_real_provider_and_the_code_is_nowhere() {
    run(async {
        let Some((_provider, login)) = real() else { return };
        let (world, _) = World::signing_in("residents-real", login).caught_up().populated().await;
        world.register_rita();
        let begun = started(&world, "eid").await;
        world.clock.catch_up();
        let query = signed_in(&begun, RITA);
        let cookie = session(&returned(&world, "eid", &query, &begun.cookie).await);
        assert_eq!(world.get("/me").by(&cookie).send().await.json()["acts_as"], json!(["re"]));
        let ended = world.get("/me/sessions").by(&cookie).send().await.json();
        let session = ended["items"][0]["id"].as_str().unwrap();
        let out = world.request("DELETE", &format!("/me/sessions/{session}")).by(&cookie).send().await;
        assert_eq!(out.status, 204, "{out:?}");
        world.get("/me").by(&cookie).send().await.is(401, "not_signed_in");
        for entry in std::fs::read_dir(world.folder.file("")).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
            let has = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!has("010190-12345") && !has("01019012345"), "a personal code was kept");
        }
    });
}

#[test]
fn a_person_sees_where_they_bought_and_what_benefits_gave() {
    run(async {
        let home = Home::new("residents-used").await;
        let till = Till::selling_to(&home.world, "h-rita");
        let first = till.sell("2026-11-17T10:00:00Z", 200).await;
        let second = till.sell("2026-11-17T11:00:00Z", 300).await;
        Till::new(&home.world).sell("2026-11-17T12:00:00Z", 500).await;
        let whole = json!({"id": second, "provider": "bus", "occurred_at": "2026-11-17T11:00:00Z", "gross": 300,
            "discount": 150, "payable": 150, "benefits": [{"benefit": "city-half", "amount": 150}]});
        let newest = home.get("/people/me/authorizations?limit=1").await;
        assert_eq!(newest["items"], json!([whole]));
        let next = newest["next"].as_str().unwrap();
        let rest = home.get(&format!("/people/me/authorizations?limit=1&cursor={next}")).await;
        assert_eq!((&rest["items"][0]["id"], &rest["next"]), (&json!(first), &Value::Null));
        let usage = |units: i64, amount: i64| json!([{"benefit": "city-half", "month": "2026-11", "units": units, "amount": amount}]);
        assert_eq!(home.get("/people/me/usage").await["items"], usage(2, 250));
        till.refund(first).await;
        assert_eq!(home.get("/people/me/usage").await["items"], usage(1, 150));
        let rest = home.get("/people/me/authorizations").await;
        assert_eq!((&rest["items"][1]["gross"], &rest["items"][1]["payable"]), (&json!(0), &json!(0)));
    });
}

#[test]
fn a_person_asks_for_a_consultation_from_home_and_finds_what_was_booked_at_a_desk() {
    run(async {
        let home = Home::new("residents-consultations").await;
        let specialist = home.world.user(&home.operator, "lab", Role::Specialist).await;
        home.world.request("PUT", "/institutions/lab").by(&specialist).json(&said()).send().await.is_done();
        let times = week(&["2026-11-23T09:00:00Z", "2026-11-23T09:30:00Z"]);
        let published = home.world.request("PUT", "/institutions/lab/weeks/2026-11-23").by(&specialist).json(&times);
        published.send().await.is_done();
        let asked = |more: Value| {
            let mut body = json!({"handle": "me", "institution": "lab", "topic": "pension", "place": "home",
                "agreed": true});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let ask =
            async |by: &str, body: &Value| home.world.post("/consultations").by(by).once().json(body).send().await;
        ask(&home.rita, &asked(json!({"place": "library"}))).await.is(422, "invalid");
        ask(&home.rita, &asked(json!({"handle": uuid::Uuid::nil().to_string()}))).await.is(422, "invalid");
        let booked = ask(&home.rita, &asked(json!({"at": "2026-11-23T09:00:00Z", "note": "hears badly"}))).await;
        assert_eq!((booked.status, &booked.json()["state"]), (201, &json!("booked")), "{booked:?}");
        assert_eq!((&booked.json()["party"], &booked.json()["note"]), (&json!("lab"), &Value::Null));
        assert_eq!(booked.json()["link"], "https://video.lv/room-1", "who sits at home needs it");
        // The institution serves it, with the note.
        let path = format!("/consultations/{}", booked.id());
        let served = home.world.get(&path).by(&specialist).send().await.json();
        assert_eq!(served["note"], "hears badly", "{served}");
        // What a desk booked for her is there, too; another's is not.
        let (clerk, handle) = home.clerk().await;
        let at_desk = asked(json!({"handle": handle, "place": "library", "at": "2026-11-23T09:30:00Z"}));
        let at_desk = ask(&clerk, &at_desk).await;
        assert_eq!(at_desk.status, 201, "{at_desk:?}");
        let anna = json!({"scheme": "etalons", "value": "A-1", "reason": {"code": "at_desk", "text": "came by"}});
        let anna = home.world.post("/people/find").by(&clerk).json(&anna).send().await.json()["handle"].clone();
        let others = ask(&clerk, &asked(json!({"handle": anna, "place": "library"}))).await.id();
        home.world.get(&format!("/consultations/{others}")).by(&home.rita).send().await.is(404, "not_found");
        let found = home.get("/consultations").await;
        let ids: Vec<_> = found["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids, [booked.id(), at_desk.id()]);
        // She gives her time back, and ends nothing.
        let because = json!({"reason": "fell ill"});
        let end = home.post(&format!("{path}/end"), Some(json!({"no_show": true}))).await;
        end.is(403, "not_your_role");
        let cancelled = home.world.post(&format!("{path}/cancel")).by(&home.rita).json(&because).send().await;
        assert_eq!(cancelled.json()["state"], "cancelled", "{cancelled:?}");
        // Three wait for her at most.
        for _ in 0..2 {
            assert_eq!(ask(&home.rita, &asked(json!({}))).await.status, 201);
        }
        ask(&home.rita, &asked(json!({}))).await.is(409, "too_many_objects");
        // Who is erased is in none of them, and those that wait are not held: their times are free again.
        let erasure = home.post("/people/me/erasure", None).await;
        let confirm = home.world.post(&format!("/erasures/{}/confirm", erasure.id())).by(&home.operator);
        confirm.send().await.is_done();
        let kept = home.world.registry.record("consultation", &at_desk.id()).unwrap().unwrap().value;
        assert_eq!(kept.state, "cancelled");
        assert!(!kept.content.contains("h-rita"), "{}", kept.content);
        let free = home.world.get("/institutions/lab/times").by(&clerk).send().await.json();
        assert_eq!(free["items"].as_array().unwrap().len(), 2, "{free}");
    });
}

#[test]
fn a_code_for_a_tap_is_shown_once_and_takes_the_place_of_the_one_before() {
    run(async {
        let home = Home::new("residents-tap").await;
        let given = home.post("/people/me/tap", Some(json!({"label": "my bank"}))).await;
        let code = given.json()["code"].as_str().unwrap().to_owned();
        assert_eq!((given.status, code.len()), (201, 9), "{given:?}");
        let codes = || {
            let filter = RecordFilter { kind: "tap_code", ..RecordFilter::default() };
            home.world.registry.records(&filter, 10).unwrap()
        };
        let letters = code.replace('-', "").to_ascii_lowercase();
        let kept = codes();
        assert!(kept.len() == 1 && !kept[0].key.contains(&letters) && !kept[0].value.content.contains(&letters));
        home.post("/people/me/tap", Some(json!({}))).await;
        assert!(codes().len() == 1 && codes()[0].key != kept[0].key, "the one before is none any more");
        // Five tries of adding means are all of a day, in whichever way.
        for _ in 0..3 {
            assert_eq!(home.post("/people/me/tap", Some(json!({}))).await.status, 201);
        }
        home.post("/people/me/tap", Some(json!({}))).await.is(429, "too_many_requests");
        let (clerk, handle) = home.clerk().await;
        let path = format!("/people/{handle}/tap");
        home.world.post(&path).by(&clerk).once().json(&json!({})).send().await.is(403, "not_your_role");
    });
}
