//! A request that makes something is answered once: the same again is answered as before.

use avis_store::StoreError;
use avis_store::records::RecordChange;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::{Answer, Body};
use super::call::Call;
use super::kept::{self, Kept, Object};
use super::problem::{Code, FieldFault, Problem};
use super::secret::hashed;

/// How long an answer is kept.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How long a request whose process ended holds its key.
const RUNNING_FOR: SignedDuration = SignedDuration::from_secs(60);

/// A first answer, or that it is being made.
#[derive(Serialize, Deserialize)]
struct Replay {
    /// What the request meant.
    fingerprint: String,
    answer: Option<FirstAnswer>,
}

#[derive(Serialize, Deserialize)]
enum FirstAnswer {
    Done { status: u16, body: Option<Value>, etag: Option<String>, location: Option<String> },
    Refused { code: String, detail: String, errors: Vec<FieldFault>, request: String },
}

impl FirstAnswer {
    /// Without its secrets; none of what failed on our side, of what only a later moment can tell, or of what a browser is to keep.
    fn of(call: &Call<'_>, answered: &Result<Answer, Problem>) -> Option<Self> {
        match answered {
            Ok(answer) if !answer.cookies.is_empty() => None,
            Ok(answer) => {
                let mut body = answer.body.clone().map(Body::into_value);
                for name in call.operation.secrets {
                    if let Some(secret) = body.as_mut().and_then(|body| body.get_mut(*name)) {
                        *secret = Value::Null;
                    }
                }
                let (etag, location) = (answer.etag.clone(), answer.location.clone());
                Some(Self::Done { status: answer.status, body, etag, location })
            }
            Err(problem) if problem.code.status() >= 500 || problem.code.status() == 429 => None,
            Err(Problem { code, detail, errors, .. }) => Some(Self::Refused {
                code: code.word().to_owned(),
                detail: detail.clone(),
                errors: errors.clone(),
                request: call.incoming.request.clone(),
            }),
        }
    }

    /// The same once more.
    fn again(self) -> Result<Answer, Problem> {
        match self {
            Self::Done { status, body, etag, location } => {
                let body = body.map(Body::Value);
                Ok(Answer { status, body, etag, location, is_replayed: true, ..Answer::default() })
            }
            Self::Refused { code, detail, errors, request } => {
                let code = Code::of_word(&code).unwrap_or(Code::Failed);
                Err(Problem { errors, replayed: Some(request), ..Problem::new(code, detail) })
            }
        }
    }
}

impl Object for Replay {
    const KIND: &'static str = "replay";
}

/// Answers a call, or gives the answer that the same call had before.
///
/// # Errors
/// A key of another request, or of one that is being answered; what the handler refuses.
pub(crate) fn once(call: &Call<'_>, key: &str) -> Result<Answer, Problem> {
    let principal = call.caller.as_ref().map(|caller| caller.principal.as_str()).unwrap_or_default();
    let key = hashed(&format!("{principal} {key}"));
    let fingerprint = hashed(&meaning(call));
    if let Some(replay) = kept::load::<Replay>(&*call.control.registry, &key, call.now)? {
        return replayed(replay.object, &fingerprint);
    }
    let claimed = claim(call, &key, &fingerprint)?;
    let answered = call.handle();
    settle(call, &claimed, &answered);
    answered
}

/// Method, path, party, parameters and body: what is equal asks for the same.
fn meaning(call: &Call<'_>) -> String {
    let party = call.caller.as_ref().and_then(|caller| caller.party.clone());
    let mut body = call.body.clone();
    body.sort_all_objects();
    serde_json::json!([call.operation.name, call.path_texts(), party, call.query, body]).to_string()
}

fn replayed(replay: Replay, fingerprint: &str) -> Result<Answer, Problem> {
    if replay.fingerprint != fingerprint {
        return Err(Code::IdempotencyKeyReused.into());
    }
    replay.answer.map_or_else(|| Err(Code::InProgress.into()), FirstAnswer::again)
}

/// Takes the key, so that of two requests at once one is answered.
fn claim(call: &Call<'_>, key: &str, fingerprint: &str) -> Result<Kept<Replay>, Problem> {
    let registry = &*call.control.registry;
    let replay = Replay { fingerprint: fingerprint.to_owned(), answer: None };
    let owner = call.caller.as_ref().map(|caller| caller.user.as_str()).unwrap_or_default();
    let until = call.now.saturating_add(RUNNING_FOR).ok();
    // One that expired may still be there.
    let expired = registry.record(Replay::KIND, key)?;
    let value = kept::value(&replay, owner, "running", until);
    let claim = RecordChange::put(expired.as_ref(), Replay::KIND, key, value);
    match registry.change(&[claim], &[]) {
        Err(StoreError::RecordChanged { .. }) => Err(Code::InProgress.into()),
        claimed => {
            claimed?;
            kept::load(registry, key, call.now)?.ok_or_else(|| Code::Unavailable.into())
        }
    }
}

/// Keeps an answer. What is not kept gives the key back.
fn settle(call: &Call<'_>, claimed: &Kept<Replay>, answered: &Result<Answer, Problem>) {
    let change = match FirstAnswer::of(call, answered) {
        Some(first) => {
            let replay = Replay { fingerprint: claimed.object.fingerprint.clone(), answer: Some(first) };
            let until = call.now.saturating_add(KEPT_FOR).ok();
            RecordChange::replace(&claimed.record, kept::value(&replay, claimed.owner(), "answered", until))
        }
        None => claimed.remove(),
    };
    if let Err(error) = call.control.registry.change(&[change], &[]) {
        tracing::warn!(target: "avis::control", %error, "an answer could not be kept for a repeat");
    }
}
