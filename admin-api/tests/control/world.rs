//! A control plane with parties of each capacity and users of each role, and requests in one line.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, rt};
use avis_admin::CaseRunner;
use avis_admin::control::{Control, Door, Login, Points, Proxies, Role, first_link, invite, routes};
use avis_core::movement::ServiceDay;
use avis_core::{IdentifierSecret, WrittenHolder};
use avis_store::sqlite::Folder;
use avis_store::{Act, Actor, Clock, Commit, Interrupted, Kind, NewRow, Registry, Reports, Row, Store};
use avis_testing::TempFolder;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::stores::{Stores, aside};

/// A password that is none of the common ones.
pub(crate) const PASSWORD: &str = "tilts pāri lielajai upei";

/// A clock that a test moves; each look takes it a little further, so that nobody comes faster than the pace.
pub(crate) struct TestClock {
    now: Mutex<Timestamp>,
    day: ServiceDay,
}

impl TestClock {
    pub(crate) fn pass(&self, time: SignedDuration) {
        *self.now.lock().unwrap() += time;
    }

    /// For servers that have no other clock than the machine's.
    pub(crate) fn catch_up(&self) {
        *self.now.lock().unwrap() = Timestamp::now();
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let mut now = self.now.lock().unwrap();
        *now += SignedDuration::from_millis(60);
        *now
    }

    fn service_day(&self) -> &ServiceDay {
        &self.day
    }
}

pub(crate) struct World {
    pub(crate) registry: Arc<dyn Registry>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) control: Arc<Control>,
    pub(crate) secret: IdentifierSecret,
    pub(crate) folder: Arc<Folder>,
    pub(crate) stores: Stores,
    door: Arc<Door>,
    /// The addresses of who signed in, by their cookies.
    emails: Mutex<HashMap<String, String>>,
    numbers: AtomicU64,
    _folder: TempFolder,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) cookies: Vec<String>,
    pub(crate) text: String,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn id(&self) -> String {
        assert!(self.status == 201 || self.status == 200, "{self:?}");
        self.json()["id"].as_str().unwrap().to_owned()
    }

    /// Makes sure that it is this refusal.
    pub(crate) fn is_done(&self) {
        assert_eq!(self.status, 200, "{self:?}");
    }

    pub(crate) fn is(&self, status: u16, code: &str) {
        assert_eq!((self.status, &*self.code()), (status, code), "{self:?}");
    }
}

/// A request in the making.
pub(crate) struct Request<'w> {
    world: &'w World,
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    peer: String,
}

impl Request<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As a user with a session, from our own pages.
    pub(crate) fn by(self, cookie: &str) -> Self {
        self.header("cookie", cookie).header("sec-fetch-site", "same-origin")
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.bytes(body.to_string().as_bytes()).header("content-type", "application/json")
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.body = Some(bytes.to_vec());
        self
    }

    /// Under an idempotency key of its own.
    pub(crate) fn once(self) -> Self {
        let key = self.world.key();
        self.header("idempotency-key", &key)
    }

    pub(crate) fn from(mut self, peer: &str) -> Self {
        self.peer = peer.to_owned();
        self
    }

    pub(crate) async fn send(self) -> Answered {
        let control = routes(self.world.door.clone());
        let service = init_service(App::new().configure(|config| control(config))).await;
        let peer: SocketAddr = format!("{}:1", self.peer).parse().unwrap();
        let mut request = TestRequest::with_uri(&format!("/admin/v1{}", self.path))
            .method(Method::from_bytes(self.method.as_bytes()).unwrap())
            .peer_addr(peer);
        for (name, value) in self.headers {
            request = request.append_header((name, value));
        }
        if let Some(body) = self.body {
            request = request.set_payload(body);
        }
        let response = call_service(&service, request.to_request()).await;
        let status = response.status().as_u16();
        let headers = response.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let cookies = response.headers().get_all("set-cookie");
        let cookies = cookies.map(|cookie| cookie.to_str().unwrap().to_owned()).collect();
        let text = String::from_utf8_lossy(&read_body(response).await).into_owned();
        Answered { status, headers, cookies, text }
    }
}

impl World {
    /// Without anybody.
    pub(crate) fn empty(test: &str) -> Self {
        Self::with(test, Proxies::default(), Login::default())
    }

    /// Without anybody, on a database.
    fn on_database(test: &str) -> Self {
        let (temp, folder) = in_folder(test);
        let clock = clock();
        let stores = aside(|| Stores::in_database(&secret(), clock.clone()));
        Self::on(stores, (temp, folder), clock, Proxies::default(), Login::default())
    }

    /// Without anybody, behind proxies.
    pub(crate) fn behind(proxies: Proxies, test: &str) -> Self {
        Self::with(test, proxies, Login::default())
    }

    /// Without anybody, where people sign in so.
    pub(crate) fn signing_in(test: &str, login: Login) -> Self {
        Self::with(test, Proxies::default(), login)
    }

    /// At the machine's time, which other servers have.
    pub(crate) fn caught_up(self) -> Self {
        self.clock.catch_up();
        self
    }

    fn with(test: &str, proxies: Proxies, login: Login) -> Self {
        let (temp, folder) = in_folder(test);
        let clock = clock();
        let stores = Stores::in_folder(&folder, &secret(), clock.clone());
        Self::on(stores, (temp, folder), clock, proxies, login)
    }

    fn on(
        stores: Stores,
        (temp, folder): (TempFolder, Arc<Folder>),
        clock: Arc<TestClock>,
        proxies: Proxies,
        login: Login,
    ) -> Self {
        let control = Arc::new(node(&stores, clock.clone()).with_login(login));
        let door = Arc::new(Door { control: control.clone(), is_encrypted: false, proxies });
        let (store, registry) = (stores.store.clone(), stores.registry.clone());
        let (secret, emails, numbers) = (secret(), Mutex::default(), AtomicU64::new(1));
        Self { registry, store, clock, control, secret, folder, stores, door, emails, numbers, _folder: temp }
    }

    /// Another admin node over the same store.
    pub(crate) fn another_node(&self) -> Control {
        self.node_by(self.clock.clone())
    }

    /// Another admin node over the same store, by a clock of its own.
    pub(crate) fn node_by(&self, clock: Arc<dyn Clock>) -> Control {
        node(&self.stores, clock)
    }

    /// The same, where reports read from a replica.
    pub(crate) fn reading_from(self, replica: Arc<dyn Reports>) -> Self {
        let control = Arc::new(self.another_node().with_replica(Some(replica)));
        let door = Arc::new(Door { control: control.clone(), is_encrypted: false, proxies: Proxies::default() });
        Self { control, door, ..self }
    }

    /// With a first operator, parties, and rules; and the operator's cookie.
    pub(crate) async fn with_parties(test: &str) -> (Self, String) {
        Self::empty(test).populated().await
    }

    /// The same on a database.
    pub(crate) async fn with_parties_on_database(test: &str) -> (Self, String) {
        Self::on_database(test).populated().await
    }

    /// With a first operator, parties, and rules; and the operator's cookie.
    pub(crate) async fn populated(self) -> (Self, String) {
        let link = aside(|| first_link(&*self.registry, self.clock.now())).unwrap().unwrap().link;
        self.accept(&link, "olga@avis.lv").await;
        let operator = self.sign_in("olga@avis.lv").await;
        for (code, capacity, commercial) in [
            ("city", "grantor", false),
            ("town", "grantor", false),
            ("shop", "grantor", true),
            ("bus", "provider", false),
            ("tram", "provider", false),
            ("desk", "centre", false),
            ("lab", "institution", false),
        ] {
            let body = json!({"code": code, "name": {"lv": code, "en": code}, "capacities": [capacity],
                              "commercial": commercial});
            let made = self.post("/parties").by(&operator).once().json(&body).send().await;
            assert_eq!(made.status, 201, "{made:?}");
        }
        self.publish();
        (self, operator)
    }

    /// Rules of each grantor, as the owner of the machine imports them.
    fn publish(&self) {
        let row = |kind, key: &str, content: Value| {
            Ok(Row { kind, key: key.into(), content: Some(content.to_string().into()) }.into())
        };
        let benefit = |grantor: &str| {
            row(
                Kind::Benefit,
                &format!("{grantor}-rides/1"),
                json!({"code": format!("{grantor}-rides"), "version": 1,
                "grantor": grantor}),
            )
        };
        let programme = |owner: &str| {
            let code = format!("{owner}-points");
            let content = json!({"code": code, "version": 1, "owner": owner, "scope": {"providers": {"all": true}},
                "earn": {"rules": [{"code": "base", "money": 1}]}, "expiry": {"days": 30},
                "redeem": {"points": 100, "amount": 50}});
            row(Kind::Program, &format!("{code}/1"), content)
        };
        let campaign = |owner: &str| {
            let code = format!("{owner}-spring");
            row(
                Kind::Campaign,
                &code,
                json!({"code": code, "owner": owner, "uses": 1,
                "valid": {"from": "2026-11-01"}, "hold_out": {"program": format!("{owner}-points"), "share": 3_000}}),
            )
        };
        let provider = |code: &str| row(Kind::Provider, code, json!({"code": code, "tags": [], "issues": ["isic"]}));
        let terminal = |provider: &str| {
            let code = format!("{provider}-1");
            row(
                Kind::Terminal,
                &code,
                json!({"terminal": code, "provider": provider, "channels": ["desk"], "schemes": ["card"],
                "scopes": ["sell"], "keys": [{"prefix": "avis_abcdefgh", "sha256": "0".repeat(64)}]}),
            )
        };
        let rows = [
            self.holder("h-anna", &["A-1"]),
            self.holder("h-berta", &["B-1"]),
            terminal("bus"),
            terminal("tram"),
            benefit("city"),
            benefit("town"),
            benefit("shop"),
            programme("city"),
            programme("town"),
            campaign("city"),
            campaign("town"),
            provider("bus"),
            provider("tram"),
            row(Kind::Group, "shop-gold", json!({"code": "shop-gold", "owner": "shop"})),
            row(Kind::Group, "seniors", json!({"code": "seniors", "owner": "city"})),
            row(Kind::Group, "pupils", json!({"code": "pupils", "owner": "town"})),
            row(Kind::Slot, "base", json!({"name": "base", "policy": "best", "priority": 1})),
            row(Kind::Calendar, "holidays", json!({"name": "holidays", "dates": []})),
        ];
        self.commit(rows.into());
    }

    /// As somebody at the machine imports it.
    pub(crate) fn commit(&self, rows: Vec<Result<NewRow, Interrupted>>) {
        let act = &Act::new(Actor::machine("anna"), "catalogue_imported");
        let at = self.clock.now();
        aside(|| {
            let rows = &mut rows.into_iter();
            self.store.commit(Commit { rows, unchanged: &[], act, at, dry_run: false }).unwrap();
        });
    }

    /// A pensioner with cards.
    fn holder(&self, code: &str, cards: &[&str]) -> Result<NewRow, Interrupted> {
        let cards: Vec<Value> = cards.iter().map(|card| json!({"scheme": "etalons", "value": card})).collect();
        let holder = json!({"holder": code, "birth_date": "1950-05-01", "residences": [{"territory": "lv.riga"}],
            "entitlements": [{"group": "seniors", "from": "2020-01-01"}], "identifiers": cards});
        let holder = WrittenHolder::from_value(&holder).unwrap().register(&self.secret).unwrap();
        Ok(NewRow::Holder(Box::new(holder)))
    }

    /// A new version of the city's benefit, with these fields beside.
    pub(crate) fn publish_version(&self, version: i64, beside: &Value) {
        let mut content = json!({"code": "city-rides", "version": version, "grantor": "city"});
        content.as_object_mut().unwrap().extend(beside.as_object().unwrap().clone());
        let key = format!("city-rides/{version}").into();
        let row = Row { kind: Kind::Benefit, key, content: Some(content.to_string().into()) };
        self.commit(vec![Ok(row.into())]);
    }

    pub(crate) fn request(&self, method: &'static str, path: &str) -> Request<'_> {
        let (path, peer) = (path.to_owned(), "127.0.0.1".to_owned());
        Request { world: self, method, path, headers: Vec::new(), body: None, peer }
    }

    pub(crate) fn get(&self, path: &str) -> Request<'_> {
        self.request("GET", path)
    }

    pub(crate) fn post(&self, path: &str) -> Request<'_> {
        self.request("POST", path)
    }

    /// A number that no other has.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// A new idempotency key.
    pub(crate) fn key(&self) -> String {
        format!("0190f6a2-8000-7000-8000-{:012x}", self.number())
    }

    /// An address from which nobody signed in yet.
    fn fresh_peer(&self) -> String {
        let number = self.number();
        format!("127.{}.{}.{}", number / 65_536 % 256, number / 256 % 256, number % 256)
    }

    pub(crate) async fn accept(&self, link: &str, email: &str) -> Answered {
        let body = json!({"link": link, "email": email, "name": "Kāds", "password": PASSWORD});
        self.post("/invitations/accept").from(&self.fresh_peer()).json(&body).send().await
    }

    /// Signs in; the cookie.
    pub(crate) async fn sign_in(&self, email: &str) -> String {
        let body = json!({"email": email, "password": PASSWORD});
        let answered = self.post("/sessions").from(&self.fresh_peer()).json(&body).send().await;
        assert_eq!(answered.status, 201, "{answered:?}");
        let cookie = answered.headers["set-cookie"].split(';').next().unwrap().to_owned();
        self.emails.lock().unwrap().insert(cookie.clone(), email.to_owned());
        cookie
    }

    /// Signs in again who has a cookie that may have expired.
    pub(crate) async fn sign_in_again(&self, cookie: &str) -> String {
        let email = self.emails.lock().unwrap()[cookie].clone();
        self.sign_in(&email).await
    }

    /// Somebody new whom the owner of the machine invites: the id of the user, and of the grant.
    pub(crate) async fn join(&self, email: &str, party: &str, role: Role) -> (String, String) {
        let link = aside(|| invite(&*self.registry, party, role, self.clock.now())).unwrap().link;
        let user = self.accept(&link, email).await;
        let grant = user.json()["roles"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
        (user.id(), grant)
    }

    /// Somebody whose role counts, confirmed by an operator where it needs that; the cookie.
    pub(crate) async fn user(&self, operator: &str, party: &str, role: Role) -> String {
        let email = format!("u{}@{party}.lv", self.number());
        let (_, grant) = self.join(&email, party, role).await;
        let confirmed = self.post(&format!("/grants/{grant}/confirm")).by(operator).send().await;
        assert!(confirmed.status == 200 || confirmed.code() == "not_in_this_state", "{confirmed:?}");
        self.sign_in(&email).await
    }
}

fn secret() -> IdentifierSecret {
    IdentifierSecret::new([7; 32])
}

fn in_folder(test: &str) -> (TempFolder, Arc<Folder>) {
    let temp = TempFolder::new(&format!("avis-control-{test}"));
    let folder = Arc::new(Folder::create(&temp.path().join("avis")).unwrap());
    (temp, folder)
}

fn clock() -> Arc<TestClock> {
    let now = Mutex::new("2026-11-18T06:12:00Z".parse().unwrap());
    Arc::new(TestClock { now, day: ServiceDay::of_deployment(TimeZone::UTC) })
}

fn node(stores: &Stores, clock: Arc<dyn Clock>) -> Control {
    let cases = CaseRunner { secret: secret(), zone: TimeZone::UTC };
    let points = Points { accounts: stores.accounts.clone(), ledger: stores.ledger.clone(), alone_max: 1_000 };
    let (store, registry) = (stores.store.clone(), stores.registry.clone());
    Control::new(store, registry, clock, cases, stores.recorded.clone(), stores.reports.clone(), points)
}

/// Runs a test of handlers.
pub(crate) fn run(test: impl Future<Output = ()>) {
    rt::System::new().block_on(test);
}

/// What comes back from requests that are sent at the same time.
pub(crate) fn at_once<F: Future<Output = Answered>>(times: usize, ask: impl Fn(usize) -> F + Sync) -> Vec<Answered> {
    std::thread::scope(|scope| {
        let ask = &ask;
        let answer = |number| {
            scope.spawn(move || {
                let mut answered = None;
                run(async { answered = Some(ask(number).await) });
                answered.unwrap()
            })
        };
        let answers: Vec<_> = (0..times).map(answer).collect();
        answers.into_iter().map(|answer| answer.join().unwrap()).collect()
    })
}
