//! The simulator over an engine of a test's own.

use std::sync::Mutex;

use serde_json::{Value, json};
use uuid::Uuid;

use super::engine::{Call, Engine, Reply};
use super::play::{Action, Doing, Scene, Trouble, play};
use super::setup::Setup;
use super::state::{Row, State};
use super::wrong::Wrong;

const DEMO: &str = include_str!("../../../demo/simulator.json");
const FRESH: Uuid = Uuid::from_u128(7);

/// Notes what is asked, and answers the same each time.
struct Noted {
    terminal: Value,
    status: u16,
    answer: Value,
    calls: Mutex<Vec<Call>>,
}

impl Noted {
    fn answering(status: u16, answer: Value) -> Self {
        let terminal = json!({
            "provider": "atd", "channels": ["desk", "app"], "schemes": ["etalons"], "training": true, "currency": "EUR",
            "time_zone": "Europe/Riga", "time": "2026-06-01T09:00:00Z",
        });
        Self { terminal, status, answer, calls: Mutex::default() }
    }

    fn quoting() -> Self {
        Self::answering(200, json!({"outcome": "approved", "gross": 715, "payable": 0, "lines": [], "reasons": []}))
    }

    fn paths(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|call| call.path.clone()).collect()
    }
}

impl Engine for Noted {
    fn call(&self, call: &Call) -> Result<Reply, String> {
        self.calls.lock().unwrap().push(call.clone());
        let (status, body) = match &*call.path {
            "/v1/terminal" => (200, &self.terminal),
            _ => (self.status, &self.answer),
        };
        Ok(Reply { status, headers: Vec::new(), body: body.to_string() })
    }

    fn url(&self) -> &'static str {
        "http://127.0.0.1:1"
    }
}

fn demo() -> Setup {
    Setup::read(DEMO.as_bytes()).unwrap()
}

fn played<'a>(setup: &'a Setup, engine: &Noted, change: impl FnOnce(&mut State)) -> Result<Scene<'a>, Trouble> {
    let mut state = setup.beginning(None);
    change(&mut state);
    play(setup, engine, state, None, FRESH, false)
}

#[test]
fn a_file_with_faults_is_refused_with_all_of_them() {
    let told = |change: fn(&mut Value)| {
        let mut json: Value = serde_json::from_str(DEMO).unwrap();
        change(&mut json);
        Setup::read(json.to_string().as_bytes()).unwrap_err().join("\n")
    };
    for (change, expected) in [
        ((|json| json["terminals"] = json!([])) as fn(&mut Value), "/terminals: expected 1 to 200 entries"),
        (
            |json| json["terminals"][0]["products"][0] = json!("a.b"),
            "/terminals/0/products/0: it is none of `products`",
        ),
        (|json| json["means"][0]["name"] = json!("Ä"), "/means/0/name: expected 1 to 40 small letters"),
        (|json| json["means"][1]["name"] = json!("anna"), "/means/1/name: it stands before already"),
        (|json| json["means"][0]["identifiers"] = json!([]), "/means/0/identifiers: expected 1 to 8 entries"),
        (|json| json["products"][0]["unit_price"] = json!(-1), "/products/0/unit_price: expected 0 to 1000000000000"),
        (|json| json["examples"][0]["means"] = json!("nobody-here"), "/examples/0/means: it is none of `means`"),
        (|json| json["examples"][0]["lines"] = json!([]), "/examples/0/lines: expected 1 to 20 lines"),
        (|json| json["more"] = json!(1), "unknown field `more`"),
    ] {
        let told = told(change);
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

#[test]
fn a_quote_is_asked_as_the_fields_say_and_nothing_else() {
    let (setup, engine) = (demo(), Noted::quoting());
    let scene = played(&setup, &engine, |state| state.rows[0].price = "1,5".to_owned()).unwrap();
    assert_eq!(engine.paths(), ["/v1/terminal", "/v1/quote"]);
    let body = engine.calls.lock().unwrap()[1].body.clone().unwrap();
    assert_eq!(
        body,
        json!({
            "request_id": FRESH, "mode": "sale", "occurred_at": "2026-11-18T08:12:00+02:00", "channel": "desk", "currency": "EUR",
            "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
            "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 150}],
        })
    );
    assert!(!scene.state.address().contains("ANNA"), "an identifier stands in no address: {}", scene.state.address());
    assert_eq!(scene.exchanges.len(), 1);
}

#[test]
fn now_is_the_engines_now_where_the_till_stands() {
    let (setup, engine) = (demo(), Noted::quoting());
    let scene = played(&setup, &engine, |state| (state.at, state.channel) = (String::new(), String::new())).unwrap();
    assert_eq!((&*scene.state.at, &*scene.state.channel), ("2026-06-01T12:00", "desk"));
}

#[test]
fn what_is_wrong_is_named_and_not_sent() {
    let setup = demo();
    let wrong = |change: fn(&mut State)| {
        let engine = Noted::quoting();
        let mut state = setup.beginning(None);
        change(&mut state);
        let doing = Doing { action: Action::Sell, request: FRESH, units: Vec::new() };
        let scene = play(&setup, &engine, state, Some(&doing), FRESH, true).unwrap();
        assert_eq!(engine.paths(), ["/v1/terminal"]);
        scene.wrong
    };
    let scheme = || "bank-card".to_owned();
    for (change, expected) in [
        ((|state| state.at = "yesterday".to_owned()) as fn(&mut State), Wrong::NoTime.at("at")),
        (|state| state.at = "2026-13-01T00:00".to_owned(), Wrong::NoTime.at("at")),
        (|state| state.channel = "till".to_owned(), Wrong::NoChannel.at("channel")),
        (|state| state.means = "somebody".to_owned(), Wrong::NoMeans.at("means")),
        (|state| state.means = "peteris".to_owned(), Wrong::NotTaken { scheme: scheme() }.at("means")),
        (|state| state.coupon = "free".to_owned(), Wrong::NoCoupon.at("coupon")),
        (|state| state.points = "max".to_owned(), Wrong::NoProgramme.at("points")),
        (|state| state.rows.clear(), Wrong::NoLines.at("product-1")),
        (|state| state.rows[0].product = "shop.books".to_owned(), Wrong::NoProduct.in_row("product", 0)),
        (|state| state.rows[0].quantity = "0".to_owned(), Wrong::NoQuantity { most: 1_000_000 }.in_row("quantity", 0)),
        (
            |state| state.rows[0].quantity = "1000001".to_owned(),
            Wrong::NoQuantity { most: 1_000_000 }.in_row("quantity", 0),
        ),
        (|state| state.rows[0].price = "-1".to_owned(), Wrong::NoAmount { most: 1_000_000_000_000 }.in_row("price", 0)),
        (
            |state| state.rows[0].price = "10000000000,01".to_owned(),
            Wrong::NoAmount { most: 1_000_000_000_000 }.in_row("price", 0),
        ),
        (|state| state.rows[0].grant = "lv-goda-gimene".to_owned(), Wrong::NoGrant.in_row("grant", 0)),
    ] {
        let found = wrong(change);
        assert!(found.contains(&expected), "{expected:?}: {found:?}");
    }
}

#[test]
fn a_terminal_that_sells_for_real_is_left_alone() {
    let setup = demo();
    let mut engine = Noted::quoting();
    engine.terminal["training"] = json!(false);
    assert_eq!(played(&setup, &engine, |_| {}).err(), Some(Trouble::NotTraining));
    assert_eq!(engine.paths(), ["/v1/terminal"]);
    let strange = |state: &mut State| state.terminal = "elsewhere".to_owned();
    assert_eq!(played(&setup, &Noted::quoting(), strange).err(), Some(Trouble::NoTerminal));
}

#[test]
fn what_the_engine_refuses_is_shown_and_what_it_says_in_another_tongue_is_trouble() {
    let setup = demo();
    let refused = Noted::answering(409, json!({"code": "not_in_state", "detail": "the authorization is `voided`"}));
    let scene = played(&setup, &refused, |_| {}).unwrap();
    assert_eq!(scene.problem.unwrap().code, "not_in_state");
    assert!(scene.answer.is_none());
    let strange = Noted::answering(200, json!("hello"));
    assert!(matches!(played(&setup, &strange, |_| {}), Err(Trouble::Unreadable(_))));
}

#[test]
fn without_a_connection_nobody_is_asked_for_a_price() {
    let setup = demo();
    let engine = Noted::answering(
        200,
        json!({"benefits": [
        {"benefit": "b", "version": 4, "products": ["transport.bus"], "except_products": [], "max_discount": 2000, "max_uses": 20}]}),
    );
    let kept = |state: &mut State| {
        state.is_offline = true;
        state.rows.push(Row { product: "transport.bus.regional.pass".to_owned(), ..Row::default() });
        (state.rows[0].grant, state.rows[0].granted) = ("b:4".to_owned(), "3,58".to_owned());
    };
    let scene = played(&setup, &engine, kept).unwrap();
    assert_eq!(engine.paths(), ["/v1/terminal", "/v1/terminal/offline"]);
    assert!(scene.offline.unwrap().benefits[0].covers("transport.bus.regional.single") && scene.answer.is_none());
}
