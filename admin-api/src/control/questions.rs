//! The control plane for pages of this program: the same operations, for the same callers, under the same policy, without a socket.

use std::io::Read;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use jiff::Timestamp;
use serde_json::Value;

use super::answer::{Answer, Body, Download};
use super::http::{Door, downloaded};
use super::incoming::{self, Incoming};
use super::operations::{all, body_bytes_max};
use super::problem::{Code, Problem};
use super::{Control, LocalLogin, secret};
use crate::work_pool::WorkPool;

/// The headers of a visitor by which the control plane knows who asks, and from where.
const HEADERS: [&str; 4] = ["cookie", "host", "origin", "sec-fetch-site"];

/// How often a page that asked too much tries again.
const PATIENCE: usize = 20;
/// How many wait at a time; whoever comes then is told at once, so that those who wait leave threads to others.
pub(super) const WAITING_MAX: usize = 8;
/// After how long.
const PAUSE: Duration = Duration::from_millis(100);

/// Who asks: what came with the request for a page.
pub struct Visitor {
    headers: Vec<(String, String)>,
    peer: Option<IpAddr>,
    is_encrypted: bool,
    request: String,
}

/// What is asked of the control plane.
#[derive(Default)]
pub struct Question {
    /// In capitals.
    pub method: &'static str,
    /// Behind `/admin/v1`.
    pub path: String,
    /// Parameters by name, not encoded.
    pub query: Vec<(&'static str, String)>,
    /// Null where none is sent.
    pub body: Value,
    /// The etag that was read.
    pub if_match: Option<String>,
    /// By which a repeat is known.
    pub idempotency_key: Option<String>,
    /// The party for which it is asked, where the visitor has several.
    pub party: Option<String>,
    /// The body of an operation that takes a file, with its media type.
    pub file: Option<(&'static str, Box<dyn Read + Send>)>,
}

/// What came back.
#[derive(Debug, Default)]
pub struct Reply {
    /// The status that a program would be answered.
    pub status: u16,
    /// Null where there is none.
    pub body: Value,
    /// The version of what it shows.
    pub etag: Option<String>,
    /// Where what was made is.
    pub location: Option<String>,
    /// What the browser is to keep, as headers have it.
    pub cookies: Vec<String>,
    download: Option<Download>,
}

/// That it was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For programs.
    pub code: Code,
    /// For people.
    pub detail: String,
    /// What is wrong, each as a JSON pointer into what was asked, and what was expected there.
    pub errors: Vec<(String, String)>,
    /// Seconds after which another attempt may help.
    pub retry_after_s: Option<u64>,
}

impl Door {
    /// Who asks by a request.
    ///
    /// # Errors
    /// Headers that can't be read.
    pub fn visitor(&self, http: &HttpRequest) -> Result<Visitor, Refusal> {
        let client = self.client(http);
        let mut headers = Vec::new();
        for name in HEADERS {
            for value in http.headers().get_all(name) {
                let value = value.to_str().map_err(|_| Refusal::from(Code::MalformedRequest))?;
                headers.push((name.to_owned(), value.to_owned()));
            }
        }
        let request = secret::id(self.control.clock.now()).unwrap_or_default();
        Ok(Visitor { headers, peer: client.address, is_encrypted: client.is_encrypted, request })
    }
}

impl Visitor {
    /// Who asks from within this program, by the cookie of a session if there is one.
    pub fn within(peer: IpAddr, cookie: Option<&str>, now: Timestamp) -> Self {
        let site = [("host", "localhost"), ("origin", "http://localhost")];
        let headers = site.into_iter().chain(cookie.map(|cookie| ("cookie", cookie)));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { headers, peer: Some(peer), is_encrypted: false, request: secret::id(now).unwrap_or_default() }
    }

    /// The id of the request, for the audit and for who asks about it.
    pub fn request(&self) -> &str {
        &self.request
    }

    /// Whether what it carries can't be overheard on its way by others than the last proxy.
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// The address of this host as the visitor reached it.
    pub fn origin(&self) -> String {
        let host = self.headers.iter().find(|(name, _)| name == "host").map_or("", |(_, host)| host);
        format!("{}://{host}", if self.is_encrypted { "https" } else { "http" })
    }

    /// The value of a cookie; none where it is not there or stands twice.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let headers = self.headers.iter().filter(|(header, _)| header == "cookie");
        let pairs = headers.flat_map(|(_, value)| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs.filter(|(cookie, _)| *cookie == name).map(|(_, value)| value);
        found.next().filter(|_| found.next().is_none())
    }

    /// Refuses what does not come from a page of this host.
    ///
    /// # Errors
    /// [`Code::CrossSite`].
    pub fn check_site(&self) -> Result<(), Refusal> {
        let question = Question { method: "POST", ..Question::default() };
        Ok(super::caller::check_site(&self.incoming(question))?)
    }

    fn incoming(&self, question: Question) -> Incoming {
        let Question { method, path, query, body, if_match, idempotency_key, party, file } = question;
        let mut headers = self.headers.clone();
        let media_type = match &file {
            Some((media_type, _)) => Some((*media_type).to_owned()),
            None => (!body.is_null()).then(|| "application/json".to_owned()),
        };
        let given = [
            ("content-type", media_type),
            ("if-match", if_match),
            ("idempotency-key", idempotency_key),
            ("avis-party", party),
        ];
        headers.extend(given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        let query = query.iter().map(|(name, value)| format!("{name}={}", incoming::encoded(value)));
        Incoming {
            method: method.to_owned(),
            path,
            query: query.collect::<Vec<_>>().join("&"),
            headers,
            body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
            file: Mutex::new(file.map(|(_, file)| file)),
            peer: self.peer,
            is_encrypted: self.is_encrypted,
            request: self.request.clone(),
        }
    }
}

impl Control {
    /// Through whom users sign in, by the names of the settings.
    pub fn sign_in_providers(&self) -> impl Iterator<Item = &str> {
        self.login.providers.of_users()
    }

    /// Whether anybody signs in with a password.
    pub fn takes_passwords(&self) -> bool {
        self.login.local != LocalLogin::None
    }

    /// The currency of the installation; the euro while it is not known.
    pub fn currency(&self) -> String {
        super::rules::rules(self).map_or_else(|_| super::rules::EURO.to_owned(), |rules| rules.currency())
    }

    /// A key of a form, by which it is done once.
    pub fn new_key(&self) -> String {
        // Without randomness there is none, and what is sent with it is refused.
        secret::id(self.clock.now()).unwrap_or_default()
    }

    /// The key of one thing that a form asks for, by the form's own: the same once more is done once, and what was typed anew is
    /// something else.
    pub fn key_within(&self, form: &str, (method, path): (&str, &str), body: &Value) -> Option<String> {
        let digits = secret::hashed(&format!("{form} {method} {path} {body}"));
        Some(uuid::Uuid::try_parse(digits.get(..32)?).ok()?.to_string())
    }

    /// Answers what a page asks, as a program would be answered. Who asks more than the pace allows waits a little first: a page asks
    /// several things at once, and a person can't ask again for a part of it.
    ///
    /// # Errors
    /// What was refused, and why.
    pub fn ask(&self, visitor: &Visitor, question: Question) -> Result<Reply, Refusal> {
        let incoming = visitor.incoming(question);
        // A program's is bounded while it is read.
        let bytes_max = body_bytes_max(&incoming.method, &incoming.path);
        if incoming.body.len() > bytes_max {
            return Err(Problem::of_bytes(bytes_max).into());
        }
        let Answer { status, body, etag, location, cookies, download, .. } = self.answered_in_time(&incoming)?;
        let body = body.map(Body::into_value).unwrap_or_default();
        Ok(Reply { status, body, etag, location, cookies, download })
    }
}

impl Control {
    fn answered_in_time(&self, incoming: &Incoming) -> Result<Answer, Problem> {
        // A file is there once: what it was sent for can't be asked again.
        let has_file = incoming.has_file();
        let mut answered = self.answer(incoming);
        let is_too_soon = |answered: &Result<_, Problem>| {
            let is_soon_over = |problem: &Problem| match problem.code {
                Code::TooManyRequests => problem.retry_after_s.is_none_or(|seconds| seconds <= 1),
                // A form that is sent twice at once waits for the answer of the first.
                Code::InProgress => true,
                _ => false,
            };
            answered.as_ref().is_err_and(is_soon_over)
        };
        if has_file || !is_too_soon(&answered) {
            return answered;
        }
        let Some(_turn) = self.waiting.take() else { return answered };
        for _ in 0..PATIENCE {
            std::thread::sleep(PAUSE);
            answered = self.answer(incoming);
            if !is_too_soon(&answered) {
                break;
            }
        }
        answered
    }
}

impl Reply {
    /// Whether it is a file.
    pub fn is_file(&self) -> bool {
        self.download.is_some()
    }

    /// The file as an answer that has begun, going out while a thread of the pool writes it; an empty answer where it is none.
    pub fn streamed(&self, mut response: HttpResponseBuilder, pool: &WorkPool) -> HttpResponse {
        match &self.download {
            Some(download) => downloaded(response, download, pool),
            None => response.finish(),
        }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let Problem { code, detail, errors, retry_after_s, .. } = problem;
        let errors = errors.into_iter().map(|fault| (fault.pointer, fault.detail)).collect();
        Self { code, detail, errors, retry_after_s }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Problem::from(code).into()
    }
}

/// Whether somebody with these roles and actions, as `GET /me` tells them, may do an operation at all.
pub fn may(method: &str, path: &str, roles: &[String], actions: &[String]) -> bool {
    let has = |words: &[String], word: &str| words.iter().any(|own| own == word);
    let operation = all().find(|operation| operation.method == method && operation.path == path);
    debug_assert!(operation.is_some(), "{method} {path}");
    operation.is_some_and(|operation| {
        let in_actions = operation.action.is_none_or(|action| has(actions, action.word()));
        let reaches = |among: &[super::Role]| among.iter().any(|role| has(roles, role.word()));
        in_actions && operation.roles.is_none_or(reaches)
    })
}
