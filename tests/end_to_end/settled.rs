//! A month from what was sold to its payment, by commands alone: the provider's file is uploaded and resolved, the day closed, the
//! statement issued, disputed, agreed to and paid, and both sides make its bytes from what they export.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use serde_json::{Value, json};

use crate::deployment::new_id;
use crate::plane::Plane;
use crate::program::{Folder, Server, avis, import_demo};
use crate::remote::Desk;

const TERMS: &str = r#"{"rate": 9000}"#;

/// A grantor and a carrier at machines of their own.
struct Both {
    state: Desk,
    carrier: Desk,
    days: [String; 2],
    today: Date,
}

/// A sale of a family, of which the state bears what the answer says.
fn sale(server: &Server, key: &str, at: Timestamp) -> i64 {
    let body = json!({"request_id": new_id(), "mode": "sale", "occurred_at": at, "channel": "desk", "currency": "EUR",
        "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}]});
    let sold = server.send(key, "/v1/authorizations", body.to_string()).json();
    assert_eq!(sold["outcome"], "approved", "{sold}");
    let discount = sold["discount"].as_i64();
    discount.unwrap_or_else(|| panic!("{sold}"))
}

#[test]
fn a_month_is_settled_by_commands_alone() {
    let files = Folder::new("settled");
    let folder = format!("{}/avis", files.path());
    import_demo(&folder);
    let server = Server::serve_as_it_is(&folder);
    let plane = Plane(&server);
    let operators = plane.operators(&folder);
    plane.party(&operators.0, "lv-state", "grantor");
    plane.party(&operators.0, "atd", "provider");
    let [editor, approver] = ["ed", "ap"].map(|role| plane.joins((&operators.0, &operators.1), "lv-state", role));
    let provider = plane.joins((&operators.0, &operators.1), "atd", "pr");
    let zone = TimeZone::get("Europe/Riga").unwrap();
    let now = Timestamp::now().round(Unit::Second).unwrap();
    let today = zone.to_datetime(now).date();
    let (from, until) = (today.first_of_month(), today.tomorrow().unwrap());
    let mut contract: Value = serde_json::from_str(TERMS).unwrap();
    contract["provider"] = json!("atd");
    contract["from"] = json!(from);
    let drafted = plane.done(&editor, "/contracts", None, &contract);
    let confirm = format!("/contracts/{}/confirm", drafted["id"].as_str().unwrap());
    plane.done(&approver, &confirm, Some(&json!(1)), &Value::Null);
    let (state, carrier) = (Desk::of("settled-state"), Desk::of("settled-carrier"));
    state.sign_in(&server, "ap@lv-state.lv");
    carrier.sign_in(&server, "pr@atd.lv");
    let both = Both { state, carrier, days: [from, until].map(|day| day.to_string()), today };

    let key = plane.key(&provider, "settled-desk", "desk", &["etalons"]);
    let sold = [(); 2].map(|()| sale(&server, &key, now));
    let another_half = today.at(if zone.to_datetime(now).hour() < 12 { 18 } else { 6 }, 0, 0, 0);
    let run = both.a_file_is_uploaded_and_resolved((now, sold), zone.to_timestamp(another_half).unwrap());
    let id = both.a_statement_is_issued_and_disputed(&run);
    both.it_is_agreed_and_paid(&id);
    both.each_makes_its_bytes(&server, &id);
}

impl Both {
    /// The first row has 50 cents more of discount than the ledger, the second matches, and the third nobody sold.
    fn a_file_is_uploaded_and_resolved(&self, (at, [more, same]): (Timestamp, [i64; 2]), never: Timestamp) -> Value {
        let row = |at: Timestamp, cents: i64| format!("{at};settled-desk;{}.{:02}\n", cents / 100, cents % 100);
        let rows = [row(at, more + 50), row(at, same), row(never, 1)].concat();
        let file = self.carrier.files.write("sales.csv", &format!("at;till;discount\n{rows}"));
        let profile = json!({"dates": ["YYYY-MM-DDTHH:mm:ssZ"], "delimiter": ";",
            "columns": {"occurred_at": "at", "terminal": "till", "discount": "discount"}});
        let profile = self.carrier.files.write("profile.json", &profile);
        let [from, until] = &self.days;
        let upload = ["reconcile", "upload", &file, "--from", from, "--until", until];
        self.carrier.refused(&upload, "`--profile FILE`");
        let ran = self.carrier.fed(&[&upload[..], &["--profile", &profile, "--json"]].concat(), "");
        assert_eq!(ran.code, 1, "something is to be looked at: {ran:?}");
        let run: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(run["summary"], json!({"amount_differs": 1, "matched": 1, "missing_here": 1}), "{run}");
        let again = self.carrier.fed(&upload, "");
        assert!(again.code == 1 && again.out.contains("missing_here"), "{again:?}");
        assert!(self.carrier.done(&["reconcile", "list"]).contains("counts"));
        let id = run["id"].as_str().unwrap();
        let resolve = |status: &str, how: &[&str]| {
            let finding = run["items"].as_array().unwrap().iter().find(|finding| finding["status"] == status).unwrap();
            let asked = ["reconcile", "resolve", id, finding["key"].as_str().unwrap()];
            self.carrier.done(&[&asked[..], how].concat())
        };
        let missing = run["items"].as_array().unwrap().iter().find(|finding| finding["status"] == "missing_here");
        let key = missing.unwrap()["key"].as_str().unwrap();
        self.carrier.refused(&["reconcile", "resolve", id, key, "ignore"], "/reason: expected a reason");
        let ignored = resolve("missing_here", &["ignore", "--reason", "a test ticket"]);
        assert!(ignored.contains("resolved") && ignored.contains("ignore: a test ticket"), "{ignored}");
        resolve("amount_differs", &["dispute", "--reason", "the till gave more", "--more", "0.45"]);
        let found = self.carrier.fed(&["reconcile", "findings", id], "");
        assert!(found.code == 0 && found.out.contains("dispute: the till gave more"), "{found:?}");
        run
    }

    fn a_statement_is_issued_and_disputed(&self, run: &Value) -> String {
        let [from, until] = &self.days;
        let draft = ["statement", "draft", from, until, "--grantor", "lv-state"];
        let drafted: Value = serde_json::from_str(&self.carrier.done(&[&draft[..], &["--json"]].concat())).unwrap();
        let id = drafted["id"].as_str().unwrap().to_owned();
        self.state.refused(&["statement", "issue", &id], "day_is_open");
        assert!(self.carrier.done(&["day", &self.today.to_string(), "--close"]).contains("closed"));
        let issued = self.state.done(&["statement", "issue", &id, "--reason", "the month is over"]);
        assert!(issued.contains("issued") && issued.contains("the month is over"), "{issued}");
        let shown: Value = serde_json::from_str(&self.carrier.done(&["statement", "show", &id, "--json"])).unwrap();
        assert_eq!(shown["number"], json!(1), "{shown}");
        let discount: i64 =
            shown["lines"].as_array().unwrap().iter().map(|line| line["amount"].as_i64().unwrap()).sum();
        assert_eq!(json!(discount), run["ours"]["discount"], "reconciliation and statement tell the same");
        let dispute = &shown["disputes"][0];
        assert_eq!(dispute["claims"][0]["more"], json!(45), "what waited: {shown}");
        let line = dispute["line"].to_string();
        let opened: Value =
            serde_json::from_str(&self.state.done(&["statement", "line", &id, &line, "--json"])).unwrap();
        assert!(!opened.as_array().unwrap().is_empty(), "{opened}");
        let again = ["statement", "dispute", &id, &line, "--claimed", "99.00", "--reason", "more"];
        self.carrier.refused(&again, "exists");
        self.carrier.refused(&["statement", "agree", &id], "a dispute about a line is open");
        let ended = self.state.done(&["statement", "end", &id, &line, "--amount", "0.45", "--reason", "so it was"]);
        assert!(ended.contains("adjusted") && ended.contains("0.45"), "{ended}");
        id
    }

    fn it_is_agreed_and_paid(&self, id: &str) {
        self.state.refused(&["statement", "agree", id], "not_yours");
        assert!(self.carrier.done(&["statement", "agree", id]).contains("agreed"));
        let today = self.today.to_string();
        let pay = ["statement", "pay", id, "--reference", "MU 20261128001", "--on"];
        self.state.refused(&[&pay[..], &["1900-01-01"]].concat(), "/paid_on: expected a day from");
        assert!(self.state.done(&[&pay[..], &[&today]].concat()).contains("paid"));
        assert!(self.carrier.done(&["statement", "list"]).contains("paid"));
        self.carrier.refused(&["statement", "remove", id], "not_in_this_state");
    }

    /// The carrier of all that it sold, the state of what concerns it.
    fn each_makes_its_bytes(&self, server: &Server, id: &str) {
        let sealed = self.carrier.done(&["statement", "show", id, "--csv"]);
        let [from, until] = &self.days;
        let mut contract: Value = serde_json::from_str(TERMS).unwrap();
        for (name, value) in [("grantor", "lv-state"), ("provider", "atd"), ("from", from)] {
            contract[name] = json!(value);
        }
        contract["version"] = json!(1);
        let statement =
            json!({"grantor": "lv-state", "provider": "atd", "from": from, "until": until, "issued_on": self.today});
        let terms = json!({"currency": "EUR", "contracts": [contract], "statements": [statement]});
        let at = server.url("");
        let export = ["export", "--at", &at, "movements", "--from", from, "--until", until, "--reason", "statement"];
        for (desk, provider) in [(&self.carrier, &[][..]), (&self.state, &["--provider", "atd"][..])] {
            let terms = desk.files.write("terms.json", &terms);
            let movements = desk.files.write("movements.ndjson", &desk.done(&[&export[..], provider].concat()));
            let made = avis(&["statement", &terms, "--movements", &movements, "--print", "lv-state/atd/1"]);
            assert_eq!((made.code, &made.out), (0, &sealed), "{}", made.err);
        }
        self.state.refused(&export, "provider: expected the provider whose movements they are");
    }
}
