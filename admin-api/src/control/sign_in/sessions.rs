//! Sessions: a cookie after a sign-in, with a password or through a provider.

use avis_core::IdentifierKey;
use avis_store::records::RecordFilter;
use avis_store::{Actor, ActorKind, AuditEntry};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{password, throttle};
use crate::control::Control;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::caller::{Credential, CredentialKind, Who};
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::people;
use crate::control::problem::{Code, Problem};
use crate::control::secret;
use crate::control::shape::{Field, Kind, needed};
use crate::control::users::{self, User};

/// The name of the cookie: only this host, only encrypted, never to a script.
pub const COOKIE: &str = "__Host-avis";

/// How long a session lasts without a request, and in all.
struct Lasting {
    idle: SignedDuration,
    whole: SignedDuration,
}

/// Of a user.
const OF_USER: Lasting = Lasting { idle: SignedDuration::from_mins(30), whole: SignedDuration::from_hours(12) };
/// Of a resident, who may sit at a screen that others use, too.
const OF_RESIDENT: Lasting = Lasting { idle: SignedDuration::from_mins(15), whole: SignedDuration::from_hours(1) };
/// How often it is noted that it is used.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Sessions of one user; the oldest end first.
const SESSIONS_MAX: usize = 20;

/// A sign-in.
pub(crate) const NEW: &[Field] =
    &[needed("email", Kind::Token(3, 254)), needed("password", Kind::Token(1, password::MOST))];

/// A session as it is shown.
pub(crate) const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("signed_in_at", Kind::Instant),
    needed("last_seen_at", Kind::Instant),
    needed("ends_at", Kind::Instant),
    needed("current", Kind::Truth),
];

/// Another password.
pub(crate) const PASSWORD: &[Field] = &[
    needed("current", Kind::Token(1, password::MOST)),
    needed("password", Kind::Token(password::LEAST, password::MOST)),
];

/// A session as it is kept, under what its cookie hashes to.
#[derive(Clone, Serialize, Deserialize)]
struct Session {
    id: String,
    /// The id of the user; of a resident, by what the audit names the person.
    user: String,
    /// The key of the eID by which a resident signed in.
    #[serde(default)]
    eid: Option<String>,
    signed_in_at: Timestamp,
    last_seen_at: Timestamp,
    ends_at: Timestamp,
    /// The user's epoch when it began.
    epoch: u64,
}

impl Object for Session {
    const KIND: &'static str = "session";
}

impl Session {
    fn new(call: &Call<'_>, user: String, signed_in_at: Timestamp, lasting: &Lasting) -> Result<Self, Problem> {
        let ends_at = call.now.saturating_add(lasting.whole).unwrap_or(Timestamp::MAX);
        let id = secret::id(call.now)?;
        Ok(Self { id, user, eid: None, signed_in_at, last_seen_at: call.now, ends_at, epoch: 0 })
    }

    fn shown(&self, current: Option<&str>) -> Value {
        let Self { id, signed_in_at, last_seen_at, ends_at, .. } = self;
        let is_current = current == Some(id);
        json!({"id": id, "signed_in_at": signed_in_at, "last_seen_at": last_seen_at, "ends_at": ends_at,
               "current": is_current})
    }

    fn lasting(&self) -> &'static Lasting {
        if self.eid.is_some() { &OF_RESIDENT } else { &OF_USER }
    }

    /// From when it is over: after a while without a request, and in any case at its end.
    fn expires_at(&self) -> Timestamp {
        self.last_seen_at.saturating_add(self.lasting().idle).unwrap_or(Timestamp::MAX).min(self.ends_at)
    }
}

/// The user whose session a cookie names.
pub(crate) fn authenticate(control: &Control, cookie: &str, now: Timestamp) -> Result<Option<Credential>, Problem> {
    let registry = &*control.registry;
    let Some(mut session) = kept::load::<Session>(registry, &secret::hashed(cookie), now)? else { return Ok(None) };
    let Some(who) = whose(control, &session.object, now)? else { return Ok(None) };
    if now.duration_since(session.object.last_seen_at) >= NOTED_EVERY {
        session.object.last_seen_at = now;
        let value = kept::value(&session.object, session.owner(), "", Some(session.object.expires_at()));
        // Another request of the session may note it at the same moment.
        let noted = registry.change(&[avis_store::records::RecordChange::replace(&session.record, value)], &[]);
        if let Err(error) = noted {
            tracing::debug!(target: "avis::control", %error, "the use of a session was not noted");
        }
    }
    let kind = CredentialKind::Session(session.object.id, session.object.signed_in_at);
    Ok(Some(Credential { user_id: session.object.user, who, kind }))
}

/// Whose session it is: none of a user who was disabled or whose roles changed, or of a person whose eID was blocked.
fn whose(control: &Control, session: &Session, now: Timestamp) -> Result<Option<Who>, Problem> {
    if let Some(eid) = &session.eid {
        let key = IdentifierKey::from_hex(eid).ok_or_else(|| Problem::from(Code::NotSignedIn))?;
        let holder = people::known_by_active(control, key, now)?.map(|holder| holder.holder.code.to_string());
        return Ok(holder.filter(|code| control.cases.secret.subject(code) == session.user).map(Who::Resident));
    }
    let user = kept::load::<User>(&*control.registry, &session.user, now)?;
    let is_his = |user: &Kept<User>| user.state() == users::ACTIVE && user.object.epoch == session.epoch;
    Ok(user.filter(is_his).map(|user| Who::User(user.object)))
}

/// `POST /sessions`. An account that nobody has costs the same work and is answered alike.
pub(crate) fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    check_pace(call)?;
    call.control.login.local.check()?;
    let email = users::normal_address(call.text("email"))?;
    let user = verified(call, &email, call.text("password"))?;
    if !call.control.login.local.lets(&user.object) {
        note_refused(call, Some(&user));
        return Err(Code::SignInRefused.into());
    }
    let Begun { session, cookie } = begin(call, &user, call.now)?;
    let location = format!("/admin/v1/me/sessions/{}", session.id);
    Ok(Answer { cookies: vec![cookie], ..Answer::made(session.shown(Some(&session.id)), location) })
}

/// A session that began, and its cookie.
pub(super) struct Begun {
    session: Session,
    pub(super) cookie: String,
}

/// Begins a session of a user who showed who they are at a moment.
pub(super) fn begin(call: &Call<'_>, user: &Kept<User>, signed_in_at: Timestamp) -> Result<Begun, Problem> {
    let id = &user.record.key;
    let mut entry = call.entry("signed_in", (User::KIND, id), (None, None));
    entry.act.actor = Actor { kind: ActorKind::User, id: id.clone(), party: None };
    let (user_id, epoch) = (id.clone(), user.object.epoch);
    let session = Session { epoch, ..Session::new(call, user_id, signed_in_at, &OF_USER)? };
    opened(call, session, &user.object.entries(&entry))
}

/// Begins a session of a person, by the key of their eID.
pub(super) fn begin_resident(
    call: &Call<'_>,
    subject: &str,
    eid: IdentifierKey,
    signed_in_at: Timestamp,
) -> Result<Begun, Problem> {
    let mut entry = call.entry("signed_in", ("person", subject), (None, None));
    entry.act.actor = Actor { kind: ActorKind::Resident, id: subject.to_owned(), party: None };
    let eid = Some(eid.to_hex());
    let session = Session { eid, ..Session::new(call, subject.to_owned(), signed_in_at, &OF_RESIDENT)? };
    opened(call, session, &[entry])
}

/// Keeps a session that began, in the place of the oldest ones where there are too many.
fn opened(call: &Call<'_>, session: Session, entries: &[AuditEntry]) -> Result<Begun, Problem> {
    let registry = &*call.control.registry;
    let cookie = secret::hex(&secret::random::<32>()?);
    let made = kept::make(&secret::hashed(&cookie), &session, (&session.user, ""), Some(session.expires_at()));
    let mut changes = vec![made];
    let mut others = of_user(call, &session.user)?;
    others.sort_by(|one, other| one.object.id.cmp(&other.object.id));
    let too_many = (others.len() + 1).saturating_sub(SESSIONS_MAX);
    changes.extend(others.iter().take(too_many).map(Kept::remove));
    registry.change(&changes, entries)?;
    Ok(Begun { session, cookie: format!("{COOKIE}={cookie}; Path=/; Secure; HttpOnly; SameSite=Lax") })
}

/// Refuses an address that signs in too often.
pub(crate) fn check_pace(call: &Call<'_>) -> Result<(), Problem> {
    let Err(wait) = call.control.sign_ins.take(&call.incoming.place(), call.now) else { return Ok(()) };
    if wait.is_first {
        call.note("sign_in_refused", None);
    }
    Err(Problem::after(Code::TooManyAttempts, wait.seconds))
}

/// The user whose address and password these are.
pub(crate) fn verified(call: &Call<'_>, email: &str, password: &str) -> Result<Kept<User>, Problem> {
    let registry = &*call.control.registry;
    let user = users::by_address(registry, email, call.now)?;
    throttle::attempt(call, email, user.is_some()).inspect_err(|_| note_refused(call, user.as_ref()))?;
    let is_right = call.control.passwords.is(password, user.as_ref().and_then(|user| user.object.password.as_ref()))?;
    match user {
        Some(user) if is_right && user.state() == users::ACTIVE => {
            throttle::forget(registry, email)?;
            Ok(user)
        }
        other => {
            note_refused(call, other.as_ref());
            Err(Code::SignInRefused.into())
        }
    }
}

/// Notes for the parties of a user that somebody could not sign in.
fn note_refused(call: &Call<'_>, user: Option<&Kept<User>>) {
    const REFUSED: &str = "sign_in_refused";
    match user {
        Some(user) => {
            call.append(&user.object.entries(&call.entry(REFUSED, (User::KIND, &user.record.key), (None, None))));
        }
        None => call.note(REFUSED, None),
    }
}

fn of_user(call: &Call<'_>, user: &str) -> Result<Vec<Kept<Session>>, Problem> {
    let filter = RecordFilter { owner: Some(user), ..RecordFilter::default() };
    kept::all(&*call.control.registry, &filter, call.now)
}

/// `GET /me/sessions`.
pub(crate) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let caller = call.caller()?;
    let current = caller.own_session()?;
    let page = Page::of(call)?;
    let mut sessions = of_user(call, &caller.user)?;
    sessions.sort_by(|one, other| one.object.id.cmp(&other.object.id));
    let shown = sessions.iter().map(|session| (session.object.id.clone(), session.object.shown(Some(current))));
    Ok(page.answer_of_all(shown))
}

/// `DELETE /me/sessions/{id}`: signs out, also elsewhere.
pub(crate) fn remove(call: &Call<'_>) -> Result<Answer, Problem> {
    let caller = call.caller()?;
    caller.own_session()?;
    let user = &caller.user;
    let sessions = of_user(call, user)?;
    let session = sessions.iter().find(|session| session.object.id == call.path("id"));
    let session = session.ok_or_else(|| Problem::from(Code::NotFound))?;
    let kind = if caller.resident.is_some() { "person" } else { User::KIND };
    let entry = call.entry("signed_out", (kind, user), (None, None));
    call.control.registry.change(&[session.remove()], &call.for_parties(entry))?;
    Ok(Answer::nothing())
}

/// `PUT /me/password`: every session ends.
pub(crate) fn change_password(call: &Call<'_>) -> Result<Answer, Problem> {
    check_pace(call)?;
    let id = &call.caller()?.user;
    let user = kept::load::<User>(&*call.control.registry, id, call.now)?;
    let Some(user) = user else { return Err(Code::NotSignedIn.into()) };
    password::check(call.text("password"), &[&user.object.email, &user.object.name])?;
    let mut user = verified(call, &user.object.email, call.text("current"))?;
    user.object.password = Some(call.control.passwords.hash(call.text("password"))?);
    user.object.epoch += 1;
    let entry = call.entry("password_changed", (User::KIND, id), (None, None));
    call.control.registry.change(&[user.replace(user.state())], &user.object.entries(&entry))?;
    Ok(Answer::nothing())
}
