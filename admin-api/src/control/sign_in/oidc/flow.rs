//! A sign-in from its beginning to the provider's answer. What began it stays in the browser, the store keeps what it hashes to, and
//! that is removed before the answer is looked at: a state or a code is good once.

use avis_store::AuditEntry;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::provider::{Provider, Verifier};
use super::refusal::Refusal;
use super::residents;
use super::staff::{self, Invited};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Object};
use crate::control::path::is_own_path;
use crate::control::problem::{Code, Problem};
use crate::control::secret;
use crate::control::shape::{Field, Kind, needed, optional};
use crate::control::sign_in::sessions::check_pace;
use crate::control::users;

/// The cookie of who began a sign-in: only this host, only encrypted, never to a script.
const COOKIE: &str = "__Host-avis-sign-in";
/// How long a sign-in may take.
const LIFE: SignedDuration = SignedDuration::from_mins(10);
/// Where somebody is sent who did not say where to.
const HOME: &str = "/admin/v1/me";
/// Where a browser is told why it came to nothing.
const TOLD: &str = "/sign-in";

/// Where to afterwards: a path on this host.
const TO: Field = optional("to", Kind::Token(1, 200));

/// The parameters of a beginning.
pub(crate) const START: &[Field] = &[TO];

/// An invitation that is taken up by signing in. Who has an account with a password gives it, this once.
pub(crate) const INVITED: &[Field] = &[
    needed("link", Kind::Token(40, 500)),
    needed("email", Kind::Token(3, 254)),
    needed("name", Kind::Text(1, 200)),
    optional("password", Kind::Token(1, crate::control::sign_in::password::MOST)),
    TO,
];

/// Where the browser is to go.
pub(crate) const LEADS: &[Field] = &[needed("location", Kind::Token(1, 4_000))];

/// What a provider sends back; whatever else it sends is passed over.
pub(crate) const CALLBACK: &[Field] = &[
    optional("state", Kind::Token(1, 200)),
    optional("code", Kind::Token(1, 4_000)),
    optional("error", Kind::Token(1, 200)),
    optional("iss", Kind::Token(1, 500)),
];

/// A sign-in that began, under what its state hashes to.
#[derive(Serialize, Deserialize)]
struct Flow {
    provider: String,
    /// What the browser's cookie hashes to.
    verifier: String,
    to: String,
    invited: Option<Invited>,
}

impl Object for Flow {
    const KIND: &'static str = "sign_in_flow";
}

fn provider<'c>(call: &'c Call<'_>) -> Result<&'c Provider, Problem> {
    call.control.login.providers.find(call.path("name")).ok_or_else(|| Code::NotFound.into())
}

/// `GET /auth/{name}/start`: the browser goes to the provider.
pub(crate) fn start(call: &Call<'_>) -> Result<Answer, Problem> {
    for_people(call, started(call))
}

/// What a browser is sent to where it can't go on: the page that says why. Programs are told by the refusal itself.
fn for_people(call: &Call<'_>, answered: Result<Answer, Problem>) -> Result<Answer, Problem> {
    let is_browser = call.incoming.header("accept")?.is_some_and(|accepted| accepted.contains("text/html"));
    answered.or_else(|problem| match is_browser {
        true => {
            let location = Some(format!("{TOLD}?refused={}", problem.code.word()));
            Ok(Answer { status: 303, location, cookies: vec![cookie("", 0)], ..Answer::default() })
        }
        false => Err(problem),
    })
}

fn started(call: &Call<'_>) -> Result<Answer, Problem> {
    check_pace(call)?;
    let begun = begin(call, call.query.get("to"), None)?;
    Ok(Answer { status: 303, location: Some(begun.location), cookies: vec![begun.cookie], ..Answer::default() })
}

/// `POST /auth/{name}/start`: with an invitation, which binds who signs in to a user.
pub(crate) fn start_invited(call: &Call<'_>) -> Result<Answer, Problem> {
    check_pace(call)?;
    if provider(call)?.residents.is_some() {
        return Err(Problem::new(Code::NotFound, "residents sign in here, and nobody invites them"));
    }
    let email = users::normal_address(call.text("email"))?;
    let invited = staff::invited(call, email)?;
    let begun = begin(call, call.body.get("to"), Some(invited))?;
    Ok(Answer { cookies: vec![begun.cookie], ..Answer::of(json!({"location": begun.location})) })
}

/// Where the browser goes, and what it keeps.
struct Begun {
    location: String,
    cookie: String,
}

fn begin(call: &Call<'_>, to: Option<&Value>, invited: Option<Invited>) -> Result<Begun, Problem> {
    let provider = provider(call)?;
    let to = to.and_then(Value::as_str).unwrap_or(HOME);
    if !is_own_path(to) {
        return Err(Problem::at("/to", "expected a path on this host, such as `/`"));
    }
    let verifier = Verifier(secret::hex(&secret::random::<32>()?));
    let state = secret::hex(&secret::random::<32>()?);
    let asked = {
        let _turn = call.control.asking_providers.take().ok_or(Code::Overloaded)?;
        provider.address(&verifier, &state, call.now)
    };
    let location = asked.map_err(|refusal| refused(call, refusal))?;
    let flow = Flow {
        provider: call.path("name").to_owned(),
        verifier: secret::hashed(&verifier.0),
        to: to.to_owned(),
        invited,
    };
    let expires_at = call.now.saturating_add(LIFE).ok();
    call.control.registry.change(&[kept::make(&secret::hashed(&state), &flow, ("", ""), expires_at)], &[])?;
    Ok(Begun { location, cookie: cookie(&verifier.0, LIFE.as_secs()) })
}

/// A cookie of the sign-in, for so many seconds. It comes along when the provider sends the browser back.
fn cookie(verifier: &str, seconds: i64) -> String {
    format!("{COOKIE}={verifier}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

/// `GET /auth/{name}/callback`: the provider sent the browser back.
pub(crate) fn callback(call: &Call<'_>) -> Result<Answer, Problem> {
    for_people(call, came_back(call))
}

fn came_back(call: &Call<'_>) -> Result<Answer, Problem> {
    check_pace(call)?;
    let provider = provider(call)?;
    let parameter = |name: &str| call.query.get(name).and_then(Value::as_str);
    let (flow, verifier) = take(call, parameter("state"))?.ok_or_else(|| refused(call, Refusal::State))?;
    let told = {
        let _turn = call.control.asking_providers.take().ok_or(Code::Overloaded)?;
        let checked = provider.check_issuer(parameter("iss"), call.now);
        checked.and_then(|()| match (parameter("error"), parameter("code")) {
            (None, Some(code)) => provider.person(code, &verifier, call.now),
            _ => Err(Refusal::Provider),
        })
    };
    let told = told.map_err(|refusal| refused(call, refusal))?;
    let session = match &provider.residents {
        Some(claim) => residents::sign_in(call, claim, &told)?,
        None => staff::sign_in(call, provider, &told, flow.invited)?,
    };
    let cookies = vec![session, cookie("", 0)];
    Ok(Answer { status: 303, location: Some(flow.to), cookies, ..Answer::default() })
}

/// Takes the sign-in that a state names from the store, if it is of this provider and this browser began it.
fn take(call: &Call<'_>, state: Option<&str>) -> Result<Option<(Flow, Verifier)>, Problem> {
    let (Some(state), Some(cookie)) = (state, call.incoming.cookie(COOKIE)?) else { return Ok(None) };
    let registry = &*call.control.registry;
    let flow = kept::load::<Flow>(registry, &secret::hashed(state), call.now)?;
    let is_own = |flow: &Flow| flow.provider == call.path("name") && flow.verifier == secret::hashed(cookie);
    let Some(flow) = flow.filter(|flow| is_own(&flow.object)) else { return Ok(None) };
    // Of two who bring it at once, one finds it.
    registry.change(&[flow.remove()], &[])?;
    Ok(Some((flow.object, Verifier(cookie.to_owned()))))
}

/// The refusal of a sign-in, whose cause is in the audit.
pub(super) fn refused(call: &Call<'_>, refusal: Refusal) -> Problem {
    let after = json!({"provider": call.path("name"), "because": refusal.to_string()});
    let act = call.act("sign_in_refused", Some(("operation", call.operation.name)));
    call.append(&[AuditEntry { after: Some(after.to_string()), ..AuditEntry::new(call.now, act) }]);
    match refusal {
        Refusal::Away => Code::ProviderAway.into(),
        _ => Code::SignInNotCompleted.into(),
    }
}
