//! The control plane of a server, as those who administer a party use it.

use avis_testing::eventually;
use serde_json::{Value, json};

use crate::deployment::new_id;
use crate::program::{Server, agent, avis};

const PASSWORD: &str = "tilts pāri lielajai upei";

/// The control plane of a server.
pub(crate) struct Plane<'s>(pub(crate) &'s Server);

impl Plane<'_> {
    /// Two operators, who confirm each other's grants.
    pub(crate) fn operators(&self, folder: &str) -> (String, String) {
        let link = std::fs::read_to_string(format!("{folder}/first-operator.link")).unwrap();
        let first = self.come_in(link.trim(), "olga@avis.lv");
        let second = avis(&["user", "--folder", folder, "invite"]).out;
        self.come_in(second.lines().next().unwrap(), "oto@avis.lv");
        for grant in self.asked(&first) {
            self.done(&first, &format!("/grants/{grant}/confirm"), None, &Value::Null);
        }
        let second = self.sign_in("oto@avis.lv");
        (first, second)
    }

    /// A party of one capacity.
    pub(crate) fn party(&self, operator: &str, code: &str, capacity: &str) {
        let party = json!({"code": code, "name": {"lv": code, "en": code}, "capacities": [capacity]});
        self.done(operator, "/parties", None, &party);
    }

    /// The key of a new terminal of a provider, once it is taken.
    pub(crate) fn key(&self, provider: &str, terminal: &str, channel: &str, schemes: &[&str]) -> String {
        let made = json!({"code": terminal, "channels": [channel], "schemes": schemes, "reason": "a new one"});
        self.done(provider, "/terminals", None, &made);
        let key = self.done(provider, &format!("/terminals/{terminal}/keys"), None, &json!({"reason": "the first"}));
        let key = key["secret"].as_str().unwrap().to_owned();
        eventually("a key that is taken", || self.0.read(&key, "/v1/terminal").status, |status| *status == 200);
        key
    }

    /// What somebody reads.
    pub(crate) fn read(&self, cookie: &str, path: &str) -> Value {
        let response = agent().get(self.0.url(&format!("/admin/v1{path}"))).header("cookie", cookie).call().unwrap();
        let status = response.status().as_u16();
        let text = response.into_body().read_to_string().unwrap();
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Sends a list, and waits for the end of its job.
    pub(crate) fn import(&self, cookie: &str, query: &str, file: &str) -> Value {
        let request = agent().post(self.0.url(&format!("/admin/v1/imports?{query}"))).content_type("text/csv");
        let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
        let response = request.send(file).unwrap();
        assert_eq!(response.status().as_u16(), 202);
        let job: Value = serde_json::from_str(&response.into_body().read_to_string().unwrap()).unwrap();
        let path = format!("/imports/{}", job["id"].as_str().unwrap());
        eventually("the end of an import", || self.read(cookie, &path), |job| job["state"] != "running")
    }

    /// Posts as somebody.
    pub(crate) fn post(&self, cookie: &str, path: &str, etag: Option<&Value>, body: &Value) -> (u16, Value) {
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
    pub(crate) fn done(&self, cookie: &str, path: &str, etag: Option<&Value>, body: &Value) -> Value {
        let (status, answer) = self.post(cookie, path, etag, body);
        assert!(status < 300, "{path}: {status} {answer}");
        answer
    }

    /// Takes up a link, and signs in.
    pub(crate) fn come_in(&self, link: &str, email: &str) -> String {
        let body = json!({"link": link, "email": email, "name": "Kāds", "password": PASSWORD});
        self.done("", "/invitations/accept", None, &body);
        self.sign_in(email)
    }

    pub(crate) fn sign_in(&self, email: &str) -> String {
        let request = agent().post(self.0.url("/admin/v1/sessions")).content_type("application/json");
        let response = request.send(json!({"email": email, "password": PASSWORD}).to_string()).unwrap();
        response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    /// The grants that wait.
    pub(crate) fn asked(&self, cookie: &str) -> Vec<String> {
        let grants = agent().get(self.0.url("/admin/v1/grants?limit=200")).header("cookie", cookie).call().unwrap();
        let grants: Value = serde_json::from_str(&grants.into_body().read_to_string().unwrap()).unwrap();
        let asked = grants["items"].as_array().unwrap().iter().filter(|grant| grant["state"] == "asked");
        asked.map(|grant| grant["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Invites somebody into a party, who comes in; what waits is confirmed by another.
    pub(crate) fn joins(&self, (inviting, confirming): (&str, &str), party: &str, role: &str) -> String {
        let invitation = self.done(inviting, "/invitations", None, &json!({"party": party, "role": role}));
        let email = format!("{role}@{party}.lv");
        self.come_in(invitation["link"].as_str().unwrap(), &email);
        for grant in self.asked(confirming) {
            self.done(confirming, &format!("/grants/{grant}/confirm"), None, &Value::Null);
        }
        self.sign_in(&email)
    }
}
