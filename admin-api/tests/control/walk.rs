//! Every operation × role × whose: what the one table of the policy says is what the handlers do.

mod bodies;
mod echoes;

use avis_admin::control::{Action, ListedOperation, LocalLogin, Reach, Role, invite, listed};
use avis_store::Clock;
use avis_store::records::{Record, RecordFilter};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use self::bodies::{body, query};
use crate::forger::Forger;
use crate::through::{forged, rita};
use crate::world::{Answered, World, run};

/// Whose an object is, as seen by who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Own,
    Other,
    None,
}

impl Whose {
    /// What is one's own, another's, or not there.
    fn of<T>(self, [own, other, none]: [T; 3]) -> T {
        match self {
            Self::Own => own,
            Self::Other => other,
            Self::None => none,
        }
    }
}

/// Somebody who asks.
struct Asker {
    role: Role,
    party: &'static str,
    email: String,
    cookie: String,
    signed_in_at: Timestamp,
}

impl Asker {
    /// Signs in anew; the cookie.
    async fn sign_in(&self, world: &World, forger: &Forger) -> String {
        if self.role == Role::Resident { rita(forger, world).await } else { world.sign_in(&self.email).await }
    }

    /// What is delicate needs a sign-in of the last minutes.
    async fn stay_signed_in(&mut self, world: &World, forger: &Forger) {
        if world.clock.now().duration_since(self.signed_in_at) > SignedDuration::from_mins(4) {
            self.cookie = self.sign_in(world, forger).await;
            self.signed_in_at = world.clock.now();
        }
    }
}

/// Objects of settlement by their paths, with their kinds and states.
const SETTLED: [(&str, &str, &str); 3] = [
    ("/contracts", "contract", "confirmed"),
    ("/statements", "statement", "draft"),
    ("/reconciliations", "reconciliation", "done"),
];
/// An id that nothing has.
const NO_ID: &str = "0190f6a2-0000-7000-8000-000000000000";
/// A number that no form has.
const NO_FORM: &str = "999999-0";
/// What a role that an object's owner has nothing to do with is refused.
const REFUSALS: [&str; 4] = ["not_your_role", "not_yours", "not_found", "out_of_scope"];

/// Somebody of each role.
async fn askers(world: &World, forger: &Forger, operator: &str) -> Vec<Asker> {
    let mut askers = Vec::new();
    for (role, party) in [
        (Role::Operator, "operator"),
        (Role::Administrator, "city"),
        (Role::Editor, "city"),
        (Role::Approver, "city"),
        (Role::Provider, "bus"),
        (Role::Clerk, "desk"),
        (Role::Specialist, "lab"),
        (Role::Auditor, "bus"),
        (Role::Auditor, "operator"),
    ] {
        let email = format!("asker{}@{party}.lv", world.number());
        let (_, grant) = world.join(&email, party, role).await;
        world.post(&format!("/grants/{grant}/confirm")).by(operator).send().await;
        let cookie = world.sign_in(&email).await;
        askers.push(Asker { role, party, email, cookie, signed_in_at: world.clock.now() });
    }
    // Of no party: what is its own is nothing to a resident.
    let (email, cookie, signed_in_at) = (String::new(), rita(forger, world).await, world.clock.now());
    askers.push(Asker { role: Role::Resident, party: "city", email, cookie, signed_in_at });
    askers
}

#[test]
fn f32_each_role_does_what_the_policy_says_and_no_more() {
    run(async {
        let (forger, world, operator) = forged("walk", LocalLogin::All, &json!({})).await;
        let mut askers = askers(&world, &forger, &operator).await;
        let mut walked = 0;
        for asker in &mut askers {
            for operation in listed().iter().filter(|operation| operation.action.is_some()) {
                asker.stay_signed_in(&world, &forger).await;
                for whose in [Whose::Own, Whose::Other, Whose::None] {
                    walked += usize::from(step(&world, &forger, asker, operation, whose).await);
                }
            }
        }
        assert!(walked > 500, "{walked}");
    });
}

/// Whether there was something to ask.
async fn step(world: &World, forger: &Forger, asker: &Asker, operation: &ListedOperation, whose: Whose) -> bool {
    let Some((path, owner)) = object(world, forger, asker, operation, whose).await else { return false };
    let path = format!("{path}{}", query(operation));
    let mut request = world.request(operation.method, &path).by(&asker.cookie).header("if-match", "\"0\"").once();
    if let Some(body) = body(operation, &owner) {
        request = request.json(&body);
    }
    let answered = request.send().await;
    let told =
        format!("{} {path} by {} of {} ({whose:?}): {answered:?}", operation.method, asker.role.word(), asker.party);
    let expected = expected(asker, operation, &owner, whose);
    match expected {
        None => assert!(!REFUSALS.contains(&&*answered.code()) && answered.status < 500, "{told}"),
        Some(code) => assert_eq!(answered.code(), code, "{told}"),
    }
    if expected == Some("not_found") {
        assert_eq!(without_request(&answered), without_request(&none_such(world, asker, operation).await), "{told}");
    }
    // The audit tells also which of others' things the own users asked for.
    let is_list = operation.method == "GET" && !path.contains('{') && path != "/audit";
    if is_list && reach(asker, operation) == Some(Reach::Own) {
        let others = ["\"town\"", "\"tram\""];
        assert!(others.iter().all(|other| !answered.text.contains(other)), "{told}");
    }
    true
}

/// The refusal of what is not there at all.
async fn none_such(world: &World, asker: &Asker, operation: &ListedOperation) -> Answered {
    let path = operation
        .path
        .replace("{id}", NO_ID)
        .replace("{handle}", NO_ID)
        .replace("{code}", "nobody")
        .replace("{n}", "999");
    let path = path.replace("{seq}", "99999999").replace("{prefix}", "avis_abcdefgh").replace("{name}", "nobody");
    let path = path.replace("{date}", "2026-11-17").replace("{key}", &"0".repeat(64)).replace("{number}", NO_FORM);
    let path = format!("{path}{}", query(operation));
    let mut request = world.request(operation.method, &path).by(&asker.cookie).header("if-match", "\"0\"").once();
    if let Some(body) = body(operation, "nobody") {
        request = request.json(&body);
    }
    request.send().await
}

/// The body of a refusal without the id of its request.
fn without_request(answered: &Answered) -> Value {
    let mut body = answered.json();
    body["request"] = Value::Null;
    body
}

fn reach(asker: &Asker, operation: &ListedOperation) -> Option<Reach> {
    if operation.roles.is_some_and(|roles| !roles.contains(&asker.role)) {
        return None;
    }
    operation.action?.reach(asker.role, asker.party == "operator")
}

/// The code of the refusal that the policy asks for; none if it lets it through.
fn expected(asker: &Asker, operation: &ListedOperation, owner: &str, whose: Whose) -> Option<&'static str> {
    let Some(reach) = reach(asker, operation) else { return Some("not_your_role") };
    let is_path = operation.path.contains('{');
    if whose == Whose::None && is_path {
        return Some("not_found");
    }
    if reach == Reach::Person {
        return (whose == Whose::Other && is_path).then_some("not_found");
    }
    if reach == Reach::All || owner == asker.party || owner.is_empty() {
        return None;
    }
    // What a role reads of others it is told not to change; the rest is not there for it.
    let reads = match operation.path {
        path if path.starts_with("/parties")
            || path.starts_with("/benefits")
            || path.starts_with("/groups")
            || path == "/services/{id}"
            || path.starts_with("/institutions")
            || !is_path =>
        {
            Some(Reach::All)
        }
        path if path.starts_with("/grants") && operation.method != "GET" => {
            Action::UsersRead.reach(asker.role, asker.party == "operator")
        }
        _ => None,
    };
    Some(if reads == Some(Reach::All) { "not_yours" } else { "not_found" })
}

/// The path of an object of somebody, and of which party it is; empty where it is nobody's.
async fn object(
    world: &World,
    forger: &Forger,
    asker: &Asker,
    operation: &ListedOperation,
    whose: Whose,
) -> Option<(String, String)> {
    let path = operation.path;
    let party = match whose {
        Whose::Own => asker.party,
        Whose::Other if asker.party == "city" => "town",
        Whose::Other if asker.party == "bus" => "tram",
        Whose::Other => "city",
        Whose::None => "nobody",
    };
    let of = |text: String, owner: &str| Some((text, owner.to_owned()));
    match path {
        "/parties/{code}" => of(path.replace("{code}", party), party),
        _ if is_of_people(path) => {
            let (path, owner) = of_people(world, path, whose);
            of(of_member(world, asker, path, whose).await, &owner)
        }
        _ if path.starts_with("/people/{handle}") => of(person(world, asker, path, whose).await, ""),
        _ if path.starts_with("/providers/{code}") || path.starts_with("/terminals/{code}") => {
            let provider = whose.of(["bus", "tram", "nobody"]);
            let code = if path.starts_with("/terminals") { format!("{provider}-1") } else { provider.to_owned() };
            of(of_a_date(path).replace("{code}", &code).replace("{prefix}", "avis_abcdefgh"), provider)
        }
        "/slots/{name}" | "/calendars/{name}" => of(ground(path, whose), ""),
        _ if ["/services/{id}", "/consultations/{id}", "/institutions/{code}", "/forms/{number}"]
            .iter()
            .any(|of| path.starts_with(of)) =>
        {
            of(served(world, asker, (path, party), whose), party)
        }
        _ if path.starts_with("/benefits/{code}") => {
            let (path, owner) = benefit(operation, party, whose);
            of(path, owner)
        }
        "/revisions/{n}" => of(path.replace("{n}", if whose == Whose::None { "999" } else { "1" }), ""),
        "/audit/{seq}" => {
            let seq = if whose == Whose::None { 99_999_999 } else { entry_of(world, party)? };
            of(path.replace("{seq}", &seq.to_string()), party)
        }
        "/invitations/{id}" | "/me/sessions/{id}" | "/me/tokens/{id}" | "/me/consents/{id}" => {
            of_users(world, forger, asker, (path, party), whose).await
        }
        _ if path.starts_with("/users/{id}") || path.starts_with("/grants/{id}") => {
            of_users(world, forger, asker, (path, party), whose).await
        }
        _ if path.starts_with("/authorizations/{id}") => unsold(path, whose),
        _ if ["/drafts/{id}", "/imports/{id}", "/jobs/{id}", "/adjustments/{id}"]
            .iter()
            .any(|of| path.starts_with(of)) =>
        {
            of(path.replace("{id}", &record(world, path, party, whose)), party)
        }
        _ if settled(path).is_some() => of(path_of_settled(world, path, party, whose), party),
        "/invitations" | "/grants" if operation.method == "POST" => of(path.to_owned(), party),
        "/parties" if operation.method == "POST" => {
            of(path.to_owned(), if whose == Whose::Own { asker.party } else { "other" })
        }
        _ => (whose == Whose::Own).then(|| (path.to_owned(), String::new())),
    }
}

/// A user, or what is one's.
async fn of_users(
    world: &World,
    forger: &Forger,
    asker: &Asker,
    (path, party): (&str, &str),
    whose: Whose,
) -> Option<(String, String)> {
    let of = |id: &str, owner: &str| Some((path.replace("{id}", id), owner.to_owned()));
    if path.starts_with("/me/") {
        // Tokens and consents have tests of their own.
        let is_walked = path.contains("sessions") || whose == Whose::None;
        let id = if is_walked { session(world, forger, asker, whose).await } else { return None };
        return of(&id, "");
    }
    if whose == Whose::None {
        return of(NO_ID, "nobody");
    }
    if path.starts_with("/invitations") {
        return of(&invitation_of(world, party), party);
    }
    let email = format!("victim{}@{party}.lv", world.number());
    let (user, grant) = world.join(&email, party, Role::Auditor).await;
    of(if path.starts_with("/users") { &user } else { &grant }, party)
}

/// A service, a form, a consultation or an institution of a party; a consultation for who asks as a person, or for somebody else.
fn served(world: &World, asker: &Asker, (path, party): (&str, &str), whose: Whose) -> String {
    let is_own = asker.role == Role::Resident && whose == Whose::Own;
    let subject = if is_own { world.secret.subject("h-rita") } else { "0".repeat(32) };
    let id = match whose {
        Whose::None if path.starts_with("/forms") => NO_FORM.to_owned(),
        Whose::None => NO_ID.to_owned(),
        _ if path.starts_with("/forms") => world.form_of(party),
        _ if path.starts_with("/services") => world.service_of(party),
        _ if path.starts_with("/consultations") => world.consultation_of(party, &subject),
        _ => {
            world.institution_of(party);
            NO_ID.to_owned()
        }
    };
    let path = path.replace("{id}", &id).replace("{number}", &id);
    path.replace("{code}", party).replace("{date}", "2026-11-23")
}

/// A slot or a calendar that is there, or none.
fn ground(path: &str, whose: Whose) -> String {
    let there = if path.starts_with("/slots") { "base" } else { "holidays" };
    path.replace("{name}", if whose == Whose::None { "nobody" } else { there })
}

/// A record that is not there: nobody sold anything here.
fn unsold(path: &str, whose: Whose) -> Option<(String, String)> {
    (whose == Whose::None).then(|| (path.replace("{id}", NO_ID), "nobody".to_owned()))
}

fn of_a_date(path: &str) -> String {
    path.replace("{date}", "2026-11-17")
}

/// The kind and the state of the object of settlement in a path.
fn settled(path: &str) -> Option<(&'static str, &'static str)> {
    let is_of = |prefix: &str| path.starts_with(prefix) && path.contains("{id}");
    SETTLED.iter().find(|(prefix, ..)| is_of(prefix)).map(|(_, kind, state)| (*kind, *state))
}

fn path_of_settled(world: &World, path: &str, party: &str, whose: Whose) -> String {
    let id = match settled(path) {
        Some((kind, state)) if whose != Whose::None => world.settled_of(kind, state, party),
        _ => NO_ID.to_owned(),
    };
    path.replace("{id}", &id).replace("{key}", &"0".repeat(64)).replace("{n}", "1")
}

/// A session of who asks, of somebody, or of nobody.
async fn session(world: &World, forger: &Forger, asker: &Asker, whose: Whose) -> String {
    match whose {
        Whose::Own => session_of(world, &asker.sign_in(world, forger).await).await,
        Whose::Other => others_session(world).await,
        Whose::None => NO_ID.to_owned(),
    }
}

/// A draft, a job or an adjustment of a party.
fn record(world: &World, path: &str, party: &str, whose: Whose) -> String {
    match whose {
        Whose::None => NO_ID.to_owned(),
        Whose::Own | Whose::Other if path.starts_with("/drafts") => world.draft_of(party),
        Whose::Own | Whose::Other if path.starts_with("/adjustments") => world.adjustment_of(party),
        Whose::Own | Whose::Other => world.job_of(party),
    }
}

/// Whether a path is of people, or of a merchant's programmes.
fn is_of_people(path: &str) -> bool {
    let of_members = ["/programs/{code}", "/campaigns/{code}", "/groups/{code}"].iter().any(|of| path.starts_with(of));
    of_members || path.contains("/members") || path == "/erasures/{id}/confirm"
}

/// What concerns people and is a party's.
fn of_people(world: &World, path: &str, whose: Whose) -> (String, String) {
    let (group, owner) = whose.of([("seniors", "city"), ("pupils", "town"), ("nobody", "nobody")]);
    if path.starts_with("/groups") {
        return (path.replace("{code}", group), owner.to_owned());
    }
    if path.starts_with("/programs") {
        return (path.replace("{code}", &format!("{owner}-points")), owner.to_owned());
    }
    if path.starts_with("/campaigns") {
        return (path.replace("{code}", &format!("{owner}-spring")), owner.to_owned());
    }
    let id = if whose == Whose::None { NO_ID.to_owned() } else { world.erasure_of("desk") };
    (path.replace("{id}", &id), "desk".to_owned())
}

/// Something of a member whom the asker found, if the asker can, or of nobody.
async fn of_member(world: &World, asker: &Asker, path: String, whose: Whose) -> String {
    if !path.contains("{handle}") {
        return path;
    }
    let mut handle = NO_ID.to_owned();
    if whose == Whose::Own && asker.role == Role::Editor {
        let anna = json!({"scheme": "etalons", "value": "A-1", "reason": "because"});
        let joins = json!({"scheme": "etalons", "value": "A-1", "reason": "because", "consent": "terms-1"});
        world.post("/programs/city-points/members").by(&asker.cookie).json(&joins).send().await;
        let found = world.post("/programs/city-points/members/find").by(&asker.cookie).json(&anna).send().await;
        found.json()["handle"].as_str().unwrap().clone_into(&mut handle);
    }
    path.replace("{handle}", &handle)
}

/// Something of a person whom the asker found, if the asker can, or somebody else.
async fn person(world: &World, asker: &Asker, path: &str, whose: Whose) -> String {
    let found = json!({"scheme": "etalons", "value": "A-1", "reason": {"code": "at_desk", "text": "lost card"}});
    let finder = match whose {
        Whose::Own if asker.role == Role::Resident => return own_of_resident(world, asker, path).await,
        Whose::Own if asker.role == Role::Clerk => asker.cookie.clone(),
        Whose::Other => {
            let email = format!("other{}@desk.lv", world.number());
            world.join(&email, "desk", Role::Clerk).await;
            world.sign_in(&email).await
        }
        Whose::Own | Whose::None => return path.replace("{handle}", NO_ID).replace("{id}", NO_ID),
    };
    let handle = world.post("/people/find").by(&finder).json(&found).send().await.json();
    let handle = handle["handle"].as_str().unwrap();
    let card = json!({"scheme": "isic", "value": format!("I-{}", world.number())});
    world.post(&format!("/people/{handle}/means")).by(&finder).once().json(&card).send().await;
    let means = world.get(&format!("/people/{handle}/means")).by(&finder).send().await.json();
    let current =
        means["items"].as_array().unwrap().iter().find(|means| means["state"] == "active" && means["proof"] == "desk");
    let id = current.and_then(|means| means["id"].as_str()).unwrap_or(NO_ID).to_owned();
    let id = if path.ends_with("/prove") { world.pending_of("h-anna") } else { id };
    path.replace("{handle}", handle).replace("{id}", &id)
}

/// Something of who signed in as a person: a card that is still there.
async fn own_of_resident(world: &World, asker: &Asker, path: &str) -> String {
    let means = world.get("/people/me/means").by(&asker.cookie).send().await.json();
    let means = means["items"].as_array().unwrap().iter();
    let card = means.into_iter().find(|means| means["state"] == "active" && means["scheme"] == "etalons").unwrap();
    path.replace("{handle}", "me").replace("{id}", card["id"].as_str().unwrap())
}

/// A benefit: read, it is everybody's; stopped, its grantor's.
fn benefit(operation: &ListedOperation, party: &str, whose: Whose) -> (String, &'static str) {
    let owner = if operation.method == "POST" && party == "town" { "town" } else { "city" };
    let code = if whose == Whose::None { "nothing".to_owned() } else { format!("{owner}-rides") };
    let path = operation.path.replace("{code}", &code).replace("{n}", "1");
    (path, if operation.method == "POST" { owner } else { "" })
}

/// An invitation into a party by the owner of the machine.
fn invitation_of(world: &World, party: &str) -> String {
    invite(&*world.registry, party, Role::Auditor, world.clock.now()).unwrap();
    let filter = RecordFilter { kind: "invitation", owner: Some(party), ..RecordFilter::default() };
    let made = world.registry.records(&filter, 1_000).unwrap();
    let id = |record: &Record| serde_json::from_str::<Value>(&record.value.content).unwrap()["id"].clone();
    made.first().map(id).unwrap().as_str().unwrap().to_owned()
}

/// The newest entry that somebody of a party made, if there is one.
fn entry_of(world: &World, party: &str) -> Option<u64> {
    let filter = avis_store::AuditFilter { party: Some(party.to_owned()), ..Default::default() };
    world.registry.entries(&filter, 1).unwrap().first().map(|kept| kept.anchor.seq)
}

async fn others_session(world: &World) -> String {
    let email = format!("somebody{}@desk.lv", world.number());
    world.join(&email, "desk", Role::Clerk).await;
    let cookie = world.sign_in(&email).await;
    session_of(world, &cookie).await
}

async fn session_of(world: &World, cookie: &str) -> String {
    let sessions = world.get("/me/sessions").by(cookie).send().await.json();
    let sessions = sessions["items"].as_array().unwrap();
    let current = sessions.iter().find(|session| session["current"] == true).unwrap();
    current["id"].as_str().unwrap().to_owned()
}
