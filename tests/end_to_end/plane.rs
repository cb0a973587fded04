//! The control plane of a server, as those who administer a party use it.

use avis_testing::eventually;
use serde_json::{Value, json};

use crate::deployment::new_id;
use crate::program::{Server, agent, avis};

pub(crate) const PASSWORD: &str = "tilts pāri lielajai upei";
/// Of every user of the demo.
pub(crate) const DEMO_PASSWORD: &str = "avis demo password";

/// The control plane of a server.
pub(crate) struct Plane<'s>(pub(crate) &'s Server);

impl Plane<'_> {
    /// Two operators, who confirm each other's grants.
    pub(crate) fn operators(&self, folder: &str) -> (String, String) {
        let link = std::fs::read_to_string(format!("{folder}/first-operator.link")).unwrap();
        let second = avis(&["user", "--folder", folder, "invite"]).out;
        self.operators_by((link.trim(), second.lines().next().unwrap()))
    }

    /// The same by the links that they were given.
    pub(crate) fn operators_by(&self, (first, second): (&str, &str)) -> (String, String) {
        let first = self.come_in(first, "olga@avis.lv");
        self.come_in(second, "oto@avis.lv");
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
        let ask = || {
            let asked = agent().get(self.0.url(&format!("/admin/v1{path}"))).header("cookie", cookie).call().unwrap();
            (asked.status().as_u16(), asked.into_body().read_to_string().unwrap())
        };
        // Who looks again and again is told to come more slowly.
        let (status, text) = eventually("an answer", ask, |(status, _)| *status != 429);
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Sends a list as CSV, and waits for the end of its job.
    pub(crate) fn import(&self, cookie: &str, query: &str, file: &str) -> Value {
        self.import_as(cookie, query, ("text/csv", file))
    }

    /// Sends a list of a media type, and waits for the end of its job.
    pub(crate) fn import_as(&self, cookie: &str, query: &str, (media_type, file): (&str, &str)) -> Value {
        let request = agent().post(self.0.url(&format!("/admin/v1/imports?{query}"))).content_type(media_type);
        let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
        let response = request.send(file).unwrap();
        assert_eq!(response.status().as_u16(), 202);
        let job: Value = serde_json::from_str(&response.into_body().read_to_string().unwrap()).unwrap();
        let path = format!("/imports/{}", job["id"].as_str().unwrap());
        eventually("the end of an import", || self.read(cookie, &path), |job| job["state"] != "running")
    }

    /// Posts as somebody.
    pub(crate) fn post(&self, cookie: &str, path: &str, etag: Option<&Value>, body: &Value) -> (u16, Value) {
        let key = new_id();
        let ask = || {
            let request = agent().post(self.0.url(&format!("/admin/v1{path}")));
            let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
            let request = request.header("idempotency-key", &key);
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
            let answer: Value =
                serde_json::from_str(&response.into_body().read_to_string().unwrap()).unwrap_or_default();
            (status, answer)
        };
        eventually("an answer", ask, |(_, answer)| answer["code"] != "too_many_requests")
    }

    /// Puts what is not there yet.
    pub(crate) fn put(&self, cookie: &str, path: &str, body: &Value) {
        let request = agent().put(self.0.url(&format!("/admin/v1{path}"))).content_type("application/json");
        let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
        let response = request.send(body.to_string()).unwrap();
        let status = response.status().as_u16();
        assert_eq!(status, 200, "{path}: {}", response.into_body().read_to_string().unwrap());
    }

    /// Posts what has to be refused.
    pub(crate) fn refused(&self, cookie: &str, path: &str, body: &Value, (status, code): (u16, &str)) {
        let (given, answer) = self.post(cookie, path, Some(&json!(2)), body);
        assert_eq!((given, answer["code"].as_str()), (status, Some(code)), "{path}: {answer}");
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
        self.sign_in_with(email, PASSWORD)
    }

    /// The cookie of a session.
    pub(crate) fn sign_in_with(&self, email: &str, password: &str) -> String {
        let request = agent().post(self.0.url("/admin/v1/sessions")).content_type("application/json");
        let response = request.send(json!({"email": email, "password": password}).to_string()).unwrap();
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
