//! The control plane as commands use it, from any machine.

mod job;
mod password;
mod signed_in;

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use avis_admin::control::encoded;
use avis_admin::{ClientEncryptionError, client_encryption};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ureq::http::{Method, Request, Response};
use ureq::{Agent, AsSendBody, Body, SendBody};

use crate::failure::Failure;
use crate::patience;

pub(crate) use job::Job;
pub(crate) use password::ask_password;
pub(crate) use signed_in::SignedIn;

const CONNECT_TIME: Duration = Duration::from_secs(10);

/// A request in the making.
#[derive(Clone)]
pub(crate) struct Ask {
    method: Method,
    path: String,
    query: Vec<String>,
    etag: Option<String>,
    body: Option<Value>,
    /// How long its answer may take, and each piece of it.
    within: Duration,
}

impl Ask {
    fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), etag: None, body: None, within: patience::ANSWER }
    }

    /// Reads what is under a path.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// Does something with a body.
    pub(crate) fn post(path: impl Into<String>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::POST, path) }
    }

    /// Does something without one.
    pub(crate) fn act(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    /// Writes over what is under a path.
    pub(crate) fn put(path: impl Into<String>, body: Value) -> Self {
        Self { body: Some(body), ..Self::new(Method::PUT, path) }
    }

    /// Takes away what is under a path.
    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// With a parameter, where there is one.
    pub(crate) fn with(mut self, name: &str, value: Option<&str>) -> Self {
        self.query.extend(value.map(|value| format!("{name}={}", encoded(value))));
        self
    }

    /// Of what was read.
    pub(crate) fn matching(self, etag: Option<String>) -> Self {
        Self { etag, ..self }
    }

    /// For which much is gone through before it is answered.
    pub(crate) fn long(self) -> Self {
        Self { within: patience::WORK, ..self }
    }
}

/// What came back, and of which version it is.
pub(crate) struct Answer<T> {
    pub(crate) body: T,
    pub(crate) etag: Option<String>,
}

/// Items of a list.
#[derive(Deserialize)]
struct Listed<T> {
    items: Vec<T>,
    next: Option<String>,
}

/// Why something was refused.
#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
    #[serde(default)]
    errors: Vec<FieldFault>,
}

#[derive(Deserialize)]
struct FieldFault {
    pointer: String,
    detail: String,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        if problem.code == "not_signed_in" {
            return Self::new("the sign-in is not taken any more: `avis sign-in URL` makes another");
        }
        let told = |fault: &FieldFault| match &*fault.pointer {
            "" => fault.detail.clone(),
            pointer => format!("{pointer}: {}", fault.detail),
        };
        let faults: Vec<String> = problem.errors.iter().map(told).collect();
        if faults.is_empty() {
            Self::new(format!("{} ({})", problem.detail, problem.code))
        } else {
            Self::of_many(faults)
        }
    }
}

/// How requests are authenticated.
enum Credential {
    None,
    Token(String),
    /// The cookie of a session, for what needs a sign-in of the last minutes; and the party.
    Session(String, String),
}

/// The control plane at an address.
pub(crate) struct Remote {
    agent: Agent,
    url: String,
    credential: Credential,
    email: Option<String>,
}

impl Remote {
    /// Of a server, before anybody signed in.
    pub(crate) fn at(url: &str, ca: Option<&Path>) -> Result<Self, Failure> {
        let url = url.trim_end_matches('/');
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(Failure::new("expected an address such as `https://avis.example.lv`"));
        }
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let config = config.timeout_connect(Some(CONNECT_TIME)).timeout_per_write(Some(patience::PIECE));
        let config = if url.starts_with("https://") {
            config.tls_config(client_encryption(ca).map_err(|error| unvouched(&error))?)
        } else {
            config
        };
        Ok(Self { agent: config.build().into(), url: url.to_owned(), credential: Credential::None, email: None })
    }

    /// As who signed in on this machine; of the server that is named, if one is.
    pub(crate) fn signed_in(at: Option<&str>) -> Result<Self, Failure> {
        let signed = SignedIn::read()?;
        if at.is_some_and(|at| at.trim_end_matches('/') != signed.url) {
            return Err(Failure::new(format!("signed in at {}: `avis sign-in URL` signs in elsewhere", signed.url)));
        }
        let remote = Self::at(&signed.url, signed.ca.as_deref())?;
        Ok(Self { credential: Credential::Token(signed.token), email: Some(signed.email), ..remote })
    }

    /// Signs in with a password; what follows is asked by the session, for a party if there is one.
    pub(crate) fn open_session(&mut self, email: &str, password: &str, party: Option<&str>) -> Result<(), Failure> {
        let ask = Ask::post("/sessions", json!({"email": email, "password": password}));
        let response = self.send(&ask)?;
        let cookie = response.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok());
        let cookie = cookie.and_then(|cookie| cookie.split(';').next()).unwrap_or_default().to_owned();
        self.answered::<Value>(response, &ask.path)?;
        self.credential = Credential::Session(cookie, party.unwrap_or_default().to_owned());
        Ok(())
    }

    /// Asks, and reads the answer.
    pub(crate) fn ask<T: DeserializeOwned>(&mut self, ask: &Ask) -> Result<Answer<T>, Failure> {
        let response = self.fresh(|remote| remote.send(ask))?;
        self.answered(response, &ask.path)
    }

    /// All items of a list.
    pub(crate) fn list<T: DeserializeOwned>(&mut self, path: &str) -> Result<Vec<T>, Failure> {
        self.list_of(&Ask::get(path))
    }

    /// Every item of a list with parameters, page by page.
    pub(crate) fn list_of<T: DeserializeOwned>(&mut self, ask: &Ask) -> Result<Vec<T>, Failure> {
        let (mut all, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = ask.clone().with("limit", Some("200")).with("cursor", cursor.as_deref());
            let Listed { items, next } = self.ask::<Listed<T>>(&page)?.body;
            all.extend(items);
            match next {
                Some(next) => cursor = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// Sends a file as it is read.
    pub(crate) fn upload<T: DeserializeOwned>(
        &mut self,
        ask: &Ask,
        media_type: &str,
        mut file: impl Read,
    ) -> Result<Answer<T>, Failure> {
        let request = self.request(ask)?.header("content-type", media_type);
        let request = request.body(SendBody::from_reader(&mut file)).map_err(Failure::of)?;
        // A list is read to its end before it is answered.
        let response = self.run(request, patience::WORK)?;
        self.answered(response, &ask.path)
    }

    /// Reads a file as it comes.
    pub(crate) fn download(&mut self, ask: &Ask) -> Result<impl Read + use<>, Failure> {
        let ask = Ask { within: patience::PIECE, ..ask.clone() };
        let response = self.fresh(|remote| remote.send(&ask))?;
        let is_coming = response.status().is_success();
        if is_coming { Ok(response.into_body().into_reader()) } else { Err(refused(response, &ask.path)) }
    }

    /// What needs a sign-in of the last minutes asks for the password, and is done by that session.
    fn fresh(&mut self, send: impl Fn(&Self) -> Result<Response<Body>, Failure>) -> Result<Response<Body>, Failure> {
        let response = send(self)?;
        let (Some(email), 401) = (self.email.clone(), response.status().as_u16()) else { return Ok(response) };
        let (parts, mut body) = response.into_parts();
        let json = body.read_to_vec().map_err(Failure::of)?;
        let is_stale = serde_json::from_slice::<Problem>(&json).is_ok_and(|problem| problem.code == "sign_in_again");
        if !is_stale {
            return Ok(Response::from_parts(parts, Body::builder().data(json)));
        }
        // Once is enough.
        self.email = None;
        let party = SignedIn::read()?.party;
        self.credential = Credential::None;
        self.open_session(&email, &ask_password(&format!("Password of {email}: "))?, Some(&party))?;
        send(self)
    }

    fn send(&self, ask: &Ask) -> Result<Response<Body>, Failure> {
        let request = self.request(ask)?;
        match &ask.body {
            Some(body) => {
                let request = request.header("content-type", "application/json").body(body.to_string());
                self.run(request.map_err(Failure::of)?, ask.within)
            }
            None => self.run(request.body(()).map_err(Failure::of)?, ask.within),
        }
    }

    /// Waits so long for the answer, and for each piece of it.
    fn run(&self, request: Request<impl AsSendBody>, within: Duration) -> Result<Response<Body>, Failure> {
        let request = self.agent.configure_request(request);
        let request = request.timeout_recv_response(Some(within)).timeout_per_read(Some(within)).build();
        self.agent.run(request).map_err(|error| self.unreachable(&error))
    }

    fn request(&self, ask: &Ask) -> Result<ureq::http::request::Builder, Failure> {
        let Self { url, credential, .. } = self;
        let mark = if ask.query.is_empty() { "" } else { "?" };
        let uri = format!("{url}/admin/v1{}{mark}{}", ask.path, ask.query.join("&"));
        let mut request = Request::builder().method(ask.method.clone()).uri(uri);
        if ask.method == Method::POST {
            request = request.header("idempotency-key", new_key()?);
        }
        if let Some(etag) = &ask.etag {
            request = request.header("if-match", etag);
        }
        Ok(match credential {
            Credential::None => request,
            Credential::Token(token) => request.header("authorization", format!("Bearer {token}")),
            Credential::Session(cookie, party) => {
                let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
                if party.is_empty() { request } else { request.header("avis-party", party) }
            }
        })
    }

    /// The answer of a path.
    fn answered<T: DeserializeOwned>(&self, mut response: Response<Body>, path: &str) -> Result<Answer<T>, Failure> {
        if !response.status().is_success() {
            return Err(refused(response, path));
        }
        let etag = response.headers().get("etag").and_then(|etag| etag.to_str().ok()).map(str::to_owned);
        let json = response.body_mut().read_to_vec().map_err(|error| self.unreachable(&error))?;
        let json: &[u8] = if json.is_empty() { b"null" } else { &json };
        let body = serde_json::from_slice(json);
        let body = body.map_err(|error| Failure::new(format!("an answer that can't be read: {error}")))?;
        Ok(Answer { body, etag })
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        Failure::new(format!("{}: {error}", self.url))
    }
}

/// Why nobody vouches for the server, and how somebody could.
fn unvouched(error: &ClientEncryptionError) -> Failure {
    match error {
        ClientEncryptionError::NoCertificates => Failure::new(format!("{error}: `--ca FILE` names some")),
        ClientEncryptionError::Unreadable { .. } => Failure::of(error),
    }
}

/// Why a path was refused; where nothing is there, which path it was.
fn refused(mut response: Response<Body>, path: &str) -> Failure {
    let status = response.status();
    let problem = response.body_mut().read_to_vec().ok().and_then(|json| serde_json::from_slice::<Problem>(&json).ok());
    match problem {
        Some(problem) if problem.code == "not_found" => Failure::new(format!("{} (not_found: {path})", problem.detail)),
        Some(problem) => problem.into(),
        None => Failure::new(format!("answered with {status}")),
    }
}

fn new_key() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Failure::new(format!("no randomness: {error}")))?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}
