//! A rule reaches every till without a shell on the server: a grantor is invited, drafts, approves with four eyes, publishes, and stops.

use avis_testing::eventually;
use serde_json::{Value, json};

use crate::deployment::new_id;
use crate::program::{Folder, Server, agent, avis, import_demo};

const PASSWORD: &str = "tilts pāri lielajai upei";

/// The control plane of a server.
struct Plane<'s>(&'s Server);

impl Plane<'_> {
    /// Posts as somebody.
    fn post(&self, cookie: &str, path: &str, etag: Option<&Value>, body: &Value) -> (u16, Value) {
        let request = agent().post(self.0.url(&format!("/admin/v1{path}")));
        let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
        let request = request.header("idempotency-key", new_id());
        let request = match etag {
            Some(version) => request.header("if-match", format!("\"{version}\"")),
            None => request,
        };
        let response = if body.is_null() {
            request.send_empty()
        } else {
            request.content_type("application/json").send(body.to_string())
        };
        let response = response.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.into_body().read_to_string().unwrap()).unwrap_or_default())
    }

    /// Posts what has to succeed.
    fn done(&self, cookie: &str, path: &str, etag: Option<&Value>, body: &Value) -> Value {
        let (status, answer) = self.post(cookie, path, etag, body);
        assert!(status < 300, "{path}: {status} {answer}");
        answer
    }

    /// Takes up a link, and signs in.
    fn come_in(&self, link: &str, email: &str) -> String {
        let body = json!({"link": link, "email": email, "name": "Kāds", "password": PASSWORD});
        self.done("", "/invitations/accept", None, &body);
        self.sign_in(email)
    }

    fn sign_in(&self, email: &str) -> String {
        let request = agent().post(self.0.url("/admin/v1/sessions")).content_type("application/json");
        let response = request.send(json!({"email": email, "password": PASSWORD}).to_string()).unwrap();
        response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    /// The grants that wait.
    fn asked(&self, cookie: &str) -> Vec<String> {
        let grants = agent().get(self.0.url("/admin/v1/grants?limit=200")).header("cookie", cookie).call().unwrap();
        let grants: Value = serde_json::from_str(&grants.into_body().read_to_string().unwrap()).unwrap();
        let asked = grants["items"].as_array().unwrap().iter().filter(|grant| grant["state"] == "asked");
        asked.map(|grant| grant["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Invites somebody into a party, who comes in; what waits is confirmed by another.
    fn joins(&self, (inviting, confirming): (&str, &str), party: &str, role: &str) -> String {
        let invitation = self.done(inviting, "/invitations", None, &json!({"party": party, "role": role}));
        let email = format!("{role}@{party}.lv");
        self.come_in(invitation["link"].as_str().unwrap(), &email);
        for grant in self.asked(confirming) {
            self.done(confirming, &format!("/grants/{grant}/confirm"), None, &Value::Null);
        }
        self.sign_in(&email)
    }
}

/// What a boat of 10.00 costs at a terminal of the carrier.
fn price(server: &Server, key: &str) -> i64 {
    let quote = json!({"request_id": new_id(), "occurred_at": "2026-11-18T08:12:00+02:00",
        "channel": "desk", "currency": "EUR", "lines": [{"line_id": "1", "product": "kuldiga.boat", "quantity": 1, "unit_price": 1000}]});
    server.quote(key, quote.to_string()).json()["payable"].as_i64().unwrap()
}

#[test]
fn a_grantor_drafts_approves_publishes_and_stops_and_the_till_sees_each_step() {
    let files = Folder::new("from-draft-to-till");
    let folder = format!("{}/avis", files.path());
    let _ = std::fs::remove_dir_all(&folder);
    import_demo(&folder);
    let server = Server::serve(&folder);
    let plane = Plane(&server);
    let link = std::fs::read_to_string(format!("{folder}/first-operator.link")).unwrap();
    let first = plane.come_in(link.trim(), "olga@avis.lv");
    let second = avis(&["user", "--folder", &folder, "invite"]).out;
    plane.come_in(second.lines().next().unwrap(), "oto@avis.lv");
    for grant in plane.asked(&first) {
        plane.done(&first, &format!("/grants/{grant}/confirm"), None, &Value::Null);
    }
    let second = plane.sign_in("oto@avis.lv");
    let party = json!({"code": "kuldiga", "name": {"lv": "Kuldīga", "en": "Kuldīga"}, "capacities": ["grantor"]});
    plane.done(&first, "/parties", None, &party);
    let editor = plane.joins((&first, &second), "kuldiga", "ed");
    let approver = plane.joins((&first, &second), "kuldiga", "ap");

    // The carrier makes a terminal of its own, and its key is taken within a moment.
    let carrier = json!({"code": "atd", "name": {"lv": "ATD", "en": "ATD"}, "capacities": ["provider"]});
    plane.done(&first, "/parties", None, &carrier);
    let provider = plane.joins((&first, &second), "atd", "pr");
    let terminal = json!({"code": "kuldiga-desk", "channels": ["desk"], "schemes": [], "reason": "a new desk"});
    plane.done(&provider, "/terminals", None, &terminal);
    let key = plane.done(&provider, "/terminals/kuldiga-desk/keys", None, &json!({"reason": "the first"}));
    let key = key["secret"].as_str().unwrap();
    eventually("a key that is taken", || server.read(key, "/v1/terminal").status, |status| *status == 200);

    assert_eq!(price(&server, key), 1000);
    let content = json!({"name": {"lv": "Laiva", "en": "Boat"}, "valid": {"from": "2026-01-01"}, "priority": 10,
        "scope": {"providers": {"codes": ["atd"]}, "products": ["kuldiga.boat"]}, "effect": {"percent": {"rate": 5000}}});
    let body = json!({"code": "kuldiga-boat", "content": content, "cases": []});
    let draft = plane.done(&editor, "/drafts", None, &body);
    let path = |step: &str| format!("/drafts/{}/{step}", draft["id"].as_str().unwrap());
    let hash = json!({"content_hash": draft["content_hash"]});
    plane.done(&editor, &path("submit"), Some(&json!(1)), &hash);
    let (status, refused) = plane.post(&editor, &path("approve"), Some(&json!(2)), &hash);
    assert_eq!((status, &refused["code"]), (403, &json!("not_your_role")));
    plane.done(&approver, &path("approve"), Some(&json!(2)), &hash);
    assert_eq!(price(&server, key), 1000, "what is approved is not in force");
    let published = plane.done(&approver, &path("publish"), Some(&json!(3)), &json!({"reason": "decided"}));
    assert_eq!(published["version"], 1);
    eventually("the price of the benefit", || price(&server, key), |price| *price == 500);
    plane.done(
        &approver,
        "/benefits/kuldiga-boat/suspend",
        None,
        &json!({"reason": "a mistake", "from": "2026-01-01T00:00:00Z"}),
    );
    eventually("the price without it", || price(&server, key), |price| *price == 1000);
}
