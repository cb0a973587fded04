//! Signing in through a provider, in tests: a real one, and one that says whatever a test wants.

use std::path::Path;

use avis_admin::control::{LocalLogin, Login, Role, WrittenProviders, invite};
use avis_admin::import::{self, ChangeContext};
use avis_core::WrittenHolder;
use avis_store::{Act, Actor, AuditFilter, Clock, Commit, NewRow};
use avis_testing::{IdentityProvider, TempFolder};
use serde_json::{Value, json};

use crate::forger::Forger;
use crate::world::{Answered, World};

pub(crate) const ADDRESS: &str = "https://avis.example.lv";
pub(crate) const SECRET: &str = "a secret: of /two+ parts";

/// Providers as a file has them, and a secret beside it.
pub(crate) fn login(local: LocalLogin, providers: &Value) -> Login {
    let folder = TempFolder::new("avis-oidc-secret");
    std::fs::write(folder.path().join("staff.secret"), format!("{SECRET}\n")).unwrap();
    let written: WrittenProviders =
        serde_json::from_value(json!({"address": ADDRESS, "providers": providers})).unwrap();
    Login { local, providers: written.read(folder.path()).unwrap() }
}

/// A sign-in that began: where the browser goes, and its cookie.
pub(crate) struct Begun {
    pub(crate) location: String,
    pub(crate) cookie: String,
}

impl Begun {
    fn of(answered: &Answered, location: &str) -> Self {
        let cookie = answered.cookies[0].split(';').next().unwrap().to_owned();
        assert!(answered.cookies[0].ends_with("; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax"));
        Self { location: location.to_owned(), cookie }
    }

    /// A parameter of the address at the provider.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        let pairs = self.location.split(['?', '&']).filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name).unwrap().1
    }
}

pub(crate) async fn started(world: &World, name: &str) -> Begun {
    let answered = world.get(&format!("/auth/{name}/start?to=/console")).send().await;
    assert_eq!(answered.status, 303, "{answered:?}");
    Begun::of(&answered, &answered.headers["location"])
}

/// Begins with an invitation into a party.
pub(crate) async fn started_invited(world: &World, name: &str, (party, role): (&str, Role), body: &Value) -> Begun {
    let mut body = body.clone();
    body["link"] = json!(invite(&*world.registry, party, role, world.clock.now()).unwrap().link);
    let answered = world.post(&format!("/auth/{name}/start")).json(&body).send().await;
    assert_eq!(answered.status, 200, "{answered:?}");
    Begun::of(&answered, answered.json()["location"].as_str().unwrap())
}

/// Brings back what a provider sent.
pub(crate) async fn returned(world: &World, name: &str, query: &str, cookie: &str) -> Answered {
    world.get(&format!("/auth/{name}/callback?{query}")).header("cookie", cookie).send().await
}

/// The cookie of the session that a sign-in came to.
pub(crate) fn session(answered: &Answered) -> String {
    assert_eq!(
        (answered.status, answered.headers.get("location").map(String::as_str)),
        (303, Some("/console")),
        "{answered:?}"
    );
    assert!(answered.cookies[1].starts_with("__Host-avis-sign-in=; Path=/; Max-Age=0;"), "{answered:?}");
    answered.cookies[0].split(';').next().unwrap().to_owned()
}

/// Goes through a real provider as a browser does, as somebody; what it sends back.
pub(crate) fn signed_in(begun: &Begun, who: &str) -> String {
    let config = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).proxy(None);
    let agent: ureq::Agent = config.max_redirects_will_error(false).build().into();
    let issuer = begun.location.split('/').take(3).collect::<Vec<_>>().join("/");
    let (mut address, mut cookies) = (format!("{}&login_hint={who}", begun.location), Vec::new());
    for _ in 0..10 {
        let answer = agent.get(&address).header("cookie", cookies.join("; ")).call().unwrap();
        let set = answer.headers().get_all("set-cookie").iter();
        cookies.extend(set.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap().to_owned()));
        let location = answer.headers().get("location").map(|location| location.to_str().unwrap().to_owned());
        let location = location.unwrap_or_else(|| panic!("{address}: {answer:?}"));
        if let Some((_, query)) = location.strip_prefix(ADDRESS).and_then(|path| path.split_once('?')) {
            return query.to_owned();
        }
        address = if location.starts_with('/') { format!("{issuer}{location}") } else { location };
    }
    panic!("the provider sends the browser nowhere");
}

/// A real provider under several names: by RS256 with its secret in the header; by ES256 with it in the form and userinfo asked, signed
/// alike or, in `mixed`, by an algorithm that is not taken; and of residents.
pub(crate) fn real() -> Option<(IdentityProvider, Login)> {
    let redirects = ["staff", "other", "mixed", "eid"].map(|name| format!("{ADDRESS}/admin/v1/auth/{name}/callback"));
    let redirects = redirects.each_ref().map(String::as_str);
    let provider = IdentityProvider::start(Path::new(env!("CARGO_TARGET_TMPDIR")), SECRET, &redirects)?;
    let issuer = &provider.issuer;
    let login = login(
        LocalLogin::All,
        &json!({
            "staff": {"issuer": issuer, "client_id": "avis", "client_secret_file": "staff.secret"},
            "other": {"issuer": issuer, "client_id": "avis-form", "client_secret_file": "staff.secret",
                "client_secret_in": "form", "person_from": "userinfo", "algorithms": ["ES256"]},
            "mixed": {"issuer": issuer, "client_id": "avis-mixed", "client_secret_file": "staff.secret",
                "person_from": "userinfo", "algorithms": ["ES256"]},
        "eid": {"issuer": issuer, "client_id": "avis", "client_secret_file": "staff.secret", "who": "residents",
            "claim": "serial_number", "scopes": "openid eid", "person_from": "userinfo"},
        }),
    );
    Some((provider, login))
}

/// Why the last sign-in was refused, as the audit has it.
pub(crate) fn because(world: &World) -> String {
    let filter = AuditFilter { actions: vec!["sign_in_refused".to_owned()], ..AuditFilter::default() };
    let after = world.registry.entries(&filter, 1).unwrap()[0].entry.after.clone().unwrap();
    serde_json::from_str::<Value>(&after).unwrap()["because"].as_str().unwrap().to_owned()
}

/// A forger, and a world in which people sign in through it.
pub(crate) async fn forged(test: &str, local: LocalLogin, more: &Value) -> (Forger, World, String) {
    let forger = Forger::start();
    let mut provider = json!({"issuer": forger.issuer, "client_id": "avis", "client_secret_file": "staff.secret"});
    provider.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut residents = provider.clone();
    (residents["who"], residents["claim"]) = (json!("residents"), json!("serial_number"));
    let login = login(local, &json!({"staff": provider, "again": provider, "eid": residents}));
    let (world, operator) = World::signing_in(test, login).populated().await;
    world.register_rita();
    (forger, world, operator)
}

/// Claims as they should be for a sign-in that began.
pub(crate) fn claims(forger: &Forger, world: &World, begun: &Begun) -> Value {
    let now = world.clock.now().as_second();
    json!({"iss": forger.issuer, "aud": "avis", "sub": "anna", "nonce": begun.parameter("nonce"), "iat": now,
        "exp": now + 60, "auth_time": now})
}

pub(crate) const HEADER: &str = r#"{"alg": "ES256", "kid": "1"}"#;

/// Signs in with whatever is made of the right claims; what came of it.
pub(crate) async fn with_token(
    forger: &Forger,
    world: &World,
    begun: &Begun,
    forge: impl Fn(&Forger, &Value) -> String,
) -> Answered {
    forger.gives(&forge(forger, &claims(forger, world, begun)));
    let query = format!("code=c&state={}&session_state=more&scope=openid", begun.parameter("state"));
    returned(world, "staff", &query, &begun.cookie).await
}

pub(crate) fn honest(forger: &Forger, claims: &Value) -> String {
    forger.token(&serde_json::from_str(HEADER).unwrap(), claims)
}

/// The personal code of somebody who has an eID.
pub(crate) const RITA: &str = "PNOLV-010190-12345";

/// Whoever signs in with the eID at the forger; what came of it.
pub(crate) async fn with_eid(forger: &Forger, world: &World, claim: &Value) -> Answered {
    let begun = started(world, "eid").await;
    let mut claims = claims(forger, world, &begun);
    claims["serial_number"] = claim.clone();
    forger.gives(&honest(forger, &claims));
    let query = format!("code=c&state={}", begun.parameter("state"));
    returned(world, "eid", &query, &begun.cookie).await
}

/// Rita signs in; the cookie.
pub(crate) async fn rita(forger: &Forger, world: &World) -> String {
    session(&with_eid(forger, world, &json!(RITA)).await)
}

impl World {
    /// Rita, who signs in with an eID and has cards.
    pub(crate) fn register_rita(&self) {
        let cards = ["R-1", "R-2", "R-3", "R-4"].map(|card| json!({"scheme": "etalons", "value": card}));
        let eid = json!({"scheme": "eid", "value": "010190-12345"});
        let isic = json!({"scheme": "isic", "value": "RI-1"});
        let identifiers: Vec<Value> = [eid, isic].into_iter().chain(cards).collect();
        let holder = json!({"holder": "h-rita", "birth_date": "1990-01-01", "residences": [{"territory": "lv.riga"}],
            "entitlements": [{"group": "pupils", "from": "2020-01-01"}], "identifiers": identifiers});
        let holder = WrittenHolder::from_value(&holder).unwrap().register(&self.secret).unwrap();
        let act = &Act::new(Actor::machine("anna"), "holders_imported");
        let rows = &mut [Ok(NewRow::Holder(Box::new(holder)))].into_iter();
        let commit = Commit { rows, unchanged: &[], act, at: self.clock.now(), dry_run: false };
        self.store.commit(commit).unwrap();
    }

    /// A person as the owner of the machine imports them.
    pub(crate) fn import_as_owner(&self, holder: &Value) {
        let context = ChangeContext {
            actor: Actor::machine("anna"),
            reason: "a list".to_owned(),
            at: self.clock.now(),
            dry_run: false,
            providers: Vec::new(),
            despite_failing_cases: false,
        };
        let stores = (&*self.store, &*self.registry);
        import::holders(stores, holder.to_string().as_bytes(), &self.secret, &context).unwrap();
    }

    /// Means that a person typed and nobody proved.
    pub(crate) fn pending_of(&self, holder: &str) -> String {
        let id = format!("0190f6a2-0000-7000-b000-{:012}", self.number());
        let content = json!({"scheme": "isic", "key": format!("{:032x}", self.number()), "label": null,
            "since": self.clock.now()});
        self.unmade("pending_means", id, (&self.secret.subject(holder), "pending"), &content)
    }
}
