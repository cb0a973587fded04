//! Personal tokens, for programs that act for a user: of one party, for certain actions, and never longer than a year.

use avis_store::records::{RecordChange, RecordFilter};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::control::Control;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::caller::{Credential, CredentialKind, Who};
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem};
use crate::control::secret;
use crate::control::shape::{Field, Kind, needed, optional};
use crate::control::users::{self, User};

/// Tokens of one user.
pub(crate) const TOKENS_MAX: usize = 20;
/// The longest life of a token.
const LIFE_MAX: SignedDuration = SignedDuration::from_hours(365 * 24);
/// What every token begins with.
const BEGINNING: &str = "avisu_";

/// A token as it is made.
pub(crate) const NEW: &[Field] = &[
    needed("name", Kind::Text(1, 100)),
    needed("scopes", Kind::List(&Kind::Token(1, 40), 40)),
    needed("expires_at", Kind::Instant),
];

/// A token as it is shown.
pub(crate) const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("prefix", Kind::Token(1, 20)),
    needed("name", Kind::Text(1, 100)),
    needed("party", Kind::Code),
    needed("scopes", Kind::List(&Kind::Token(1, 40), 40)),
    needed("expires_at", Kind::Instant),
    optional("last_used_on", Kind::Token(10, 10)),
    optional("secret", Kind::Token(40, 60)),
];

/// A token as it is kept, under what it hashes to.
#[derive(Clone, Serialize, Deserialize)]
struct Token {
    id: String,
    prefix: String,
    name: String,
    user: String,
    party: String,
    scopes: Vec<String>,
    expires_at: Timestamp,
    last_used_on: Option<Date>,
    /// How often the user had been disabled when it was made.
    disablings: u64,
}

impl Object for Token {
    const KIND: &'static str = "token";
}

impl Token {
    fn shown(&self, secret: Option<&str>) -> Value {
        let Self { id, prefix, name, party, scopes, expires_at, last_used_on, .. } = self;
        json!({"id": id, "prefix": prefix, "name": name, "party": party, "scopes": scopes, "expires_at": expires_at,
               "last_used_on": last_used_on, "secret": secret})
    }
}

/// The user whose token this is. A terminal's key is none.
pub(crate) fn authenticate(control: &Control, token: &str, now: Timestamp) -> Result<Option<Credential>, Problem> {
    if !token.starts_with(BEGINNING) {
        return Ok(None);
    }
    let registry = &*control.registry;
    let Some(mut token) = kept::load::<Token>(registry, &secret::hashed(token), now)? else { return Ok(None) };
    let user = kept::load::<User>(registry, &token.object.user, now)?;
    let is_his = |user: &Kept<User>| user.state() == users::ACTIVE && user.object.disablings == token.object.disablings;
    let Some(user) = user.filter(is_his) else { return Ok(None) };
    let today = TimeZone::UTC.to_datetime(now).date();
    if token.object.last_used_on != Some(today) {
        token.object.last_used_on = Some(today);
        // Another request of the token may note it at the same moment.
        if let Err(error) = registry.change(&[token.replace("")], &[]) {
            tracing::debug!(target: "avis::control", %error, "the use of a token was not noted");
        }
    }
    let Token { prefix, party, scopes, user: user_id, .. } = token.object;
    Ok(Some(Credential { user_id, who: Who::User(user.object), kind: CredentialKind::Token { prefix, party, scopes } }))
}

/// The user's tokens, in the order of their making.
fn of_user(call: &Call<'_>, user: &str) -> Result<Vec<Kept<Token>>, Problem> {
    let filter = RecordFilter { owner: Some(user), ..RecordFilter::default() };
    let mut tokens = kept::all::<Token>(&*call.control.registry, &filter, call.now)?;
    tokens.sort_by(|one, other| one.object.id.cmp(&other.object.id));
    Ok(tokens)
}

/// Those of the caller that are there for them.
fn own(call: &Call<'_>) -> Result<Vec<Kept<Token>>, Problem> {
    let caller = call.caller()?;
    let mut tokens = of_user(call, &caller.user)?;
    tokens.retain(|token| caller.acts_in(&token.object.party));
    Ok(tokens)
}

/// `GET /me/tokens`.
pub(crate) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let tokens = own(call)?;
    Ok(page.answer_of_all(tokens.iter().map(|token| (token.object.id.clone(), token.object.shown(None)))))
}

/// `POST /me/tokens`: shown once. What is asked for beyond the own roles is refused, and roles are looked up each time.
pub(crate) fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    let (caller, party) = (call.caller()?, call.party()?);
    let scopes = call.texts("scopes");
    check_scopes(call, &scopes)?;
    let expires_at: Timestamp = call.text("expires_at").parse().unwrap_or(Timestamp::MIN);
    if expires_at <= call.now || expires_at.duration_since(call.now) > LIFE_MAX {
        return Err(Problem::at("/expires_at", "expected a moment within 365 days from now"));
    }
    let registry = &*call.control.registry;
    let turn = kept::turn(registry, &format!("tokens {}", caller.user), call.now)?;
    if of_user(call, &caller.user)?.len() >= TOKENS_MAX {
        return Err(Problem::new(Code::TooManyObjects, format!("a user has at most {TOKENS_MAX} tokens")));
    }
    let user = kept::load::<User>(registry, &caller.user, call.now)?;
    let Some(user) = user else { return Err(Code::NotSignedIn.into()) };
    let (prefix, rest) = (format!("{BEGINNING}{}", secret::letters::<8>()?), secret::letters::<32>()?);
    let token = Token {
        id: secret::id(call.now)?,
        prefix: prefix.clone(),
        name: call.text("name").to_owned(),
        user: caller.user.clone(),
        party: party.to_owned(),
        scopes,
        expires_at,
        last_used_on: None,
        disablings: user.object.disablings,
    };
    let whole = format!("{prefix}_{rest}");
    let change: RecordChange = kept::make(&secret::hashed(&whole), &token, (&caller.user, ""), Some(expires_at));
    let entry = call.entry("token_made", (Token::KIND, &token.id), (None, Some(&token.shown(None))));
    registry.change(&[change, turn], &[entry])?;
    Ok(Answer::made(token.shown(Some(&whole)), format!("/admin/v1/me/tokens/{}", token.id)))
}

fn check_scopes(call: &Call<'_>, scopes: &[String]) -> Result<(), Problem> {
    let caller = call.caller()?;
    for (place, scope) in scopes.iter().enumerate() {
        let action = Action::of_word(scope).filter(|action| caller.reach(*action, None).is_some());
        let is_doubled = scopes.iter().take(place).any(|other| other == scope);
        if action.is_none() || is_doubled {
            return Err(Problem::at(format!("/scopes/{place}"), "expected an action that a role of yours has, once"));
        }
    }
    if scopes.is_empty() { Err(Problem::at("/scopes", "expected at least one action")) } else { Ok(()) }
}

/// `DELETE /me/tokens/{id}`.
pub(crate) fn remove(call: &Call<'_>) -> Result<Answer, Problem> {
    let tokens = own(call)?;
    let token = tokens.iter().find(|token| token.object.id == call.path("id"));
    let token = token.ok_or_else(|| Problem::from(Code::NotFound))?;
    let entry = call.entry("token_removed", (Token::KIND, &token.object.id), (Some(&token.object.shown(None)), None));
    call.control.registry.change(&[token.remove()], &[entry])?;
    Ok(Answer::nothing())
}
