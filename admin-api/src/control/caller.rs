//! Who asks: by a session's cookie or by a token, for one party.

use avis_store::{Actor, ActorKind};
use jiff::{SignedDuration, Timestamp};

use super::Control;
use super::incoming::Incoming;
use super::kept;
use super::parties::{self, Party};
use super::policy::{Action, Reach, Role};
use super::problem::{Code, Problem};
use super::sign_in::sessions::{self, COOKIE};
use super::sign_in::tokens;
use super::users::User;

/// How long after a sign-in what is delicate may be done.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(10);

/// A moment from which on nobody signed in lately.
pub(crate) fn long_ago(now: Timestamp) -> Timestamp {
    now - FRESH_FOR - SignedDuration::from_secs(1)
}

/// Somebody who was authenticated.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The id of the user; of a resident, by what the audit names the person.
    pub(crate) user: String,
    /// The holder's code of who signed in as a person.
    pub(crate) resident: Option<String>,
    /// The party for which the user acts; none where that does not matter.
    pub(crate) party: Option<String>,
    /// The roles that count there.
    roles: Vec<Role>,
    is_of_operator: bool,
    /// The actions of a token; all of a session.
    scopes: Option<Vec<String>>,
    /// The id of the session; none of a token.
    pub(crate) session: Option<String>,
    /// When the user signed in; never by a token.
    signed_in_at: Option<Timestamp>,
    /// Whose pace and whose repeats these are.
    pub(crate) principal: String,
}

/// Somebody with the way in which the request is authenticated.
pub(crate) struct Credential {
    pub(crate) user_id: String,
    pub(crate) who: Who,
    pub(crate) kind: CredentialKind,
}

/// Who is authenticated.
pub(crate) enum Who {
    /// A user.
    User(User),
    /// A person, by the holder's code.
    Resident(String),
}

/// In which way.
pub(crate) enum CredentialKind {
    /// By a session of this id, signed in at this moment.
    Session(String, Timestamp),
    /// By a token with this prefix, of one party, for these actions.
    Token { prefix: String, party: String, scopes: Vec<String> },
}

/// An actor that was not authenticated.
pub(crate) fn unknown() -> Actor {
    Actor { kind: ActorKind::Unknown, id: String::new(), party: None }
}

impl Credential {
    /// The parties in which a role of who asks counts.
    pub(crate) fn parties(&self) -> Vec<String> {
        match &self.who {
            Who::User(user) => user.parties(),
            Who::Resident(_) => Vec::new(),
        }
    }

    /// Whom the audit names, and for whom they act.
    pub(crate) fn actor(&self) -> (Actor, Option<String>) {
        let actor = |kind, id: &str| Actor { kind, id: id.to_owned(), party: None };
        match (&self.who, &self.kind) {
            (Who::Resident(_), _) => (actor(ActorKind::Resident, &self.user_id), None),
            (_, CredentialKind::Session(..)) => (actor(ActorKind::User, &self.user_id), None),
            (_, CredentialKind::Token { prefix, .. }) => (actor(ActorKind::Token, prefix), Some(self.user_id.clone())),
        }
    }
}

/// What a request is authenticated by.
///
/// # Errors
/// No credential, one that is not known or not any more, two at once.
pub(crate) fn authenticate(control: &Control, incoming: &Incoming, now: Timestamp) -> Result<Credential, Problem> {
    let credential = match (incoming.header("authorization")?, incoming.cookie(COOKIE)?) {
        (Some(_), Some(_)) => return Err(Code::TwoCredentials.into()),
        (Some(header), None) => match header.strip_prefix("Bearer ") {
            Some(token) => tokens::authenticate(control, token, now)?,
            None => None,
        },
        (None, Some(cookie)) => sessions::authenticate(control, cookie, now)?,
        (None, None) => None,
    };
    credential.ok_or_else(|| Code::NotSignedIn.into())
}

/// By a cookie, what changes something comes from our own pages.
pub(crate) fn check_site(incoming: &Incoming) -> Result<(), Problem> {
    if incoming.method == "GET" {
        return Ok(());
    }
    let is_own = match incoming.header("sec-fetch-site")? {
        Some(site) => site == "same-origin",
        None => {
            let host = incoming.header("host")?.unwrap_or_default();
            let origin = incoming.header("origin")?.unwrap_or_default();
            origin.split_once("://").is_some_and(|(_, of)| !of.is_empty() && of == host)
        }
    };
    if is_own { Ok(()) } else { Err(Code::CrossSite.into()) }
}

/// Who asks by a credential, and for which party.
///
/// # Errors
/// A cookie from another site; a party in which the user is not.
pub(crate) fn act_for(
    control: &Control,
    incoming: &Incoming,
    action: Action,
    credential: Credential,
    now: Timestamp,
) -> Result<Caller, Problem> {
    let Credential { user_id, who, kind } = credential;
    let user = match who {
        Who::User(user) => user,
        Who::Resident(holder) => return resident(incoming, user_id, holder, kind),
    };
    let wanted = incoming.header("avis-party")?;
    let (party, scopes, session, signed_in_at, prefix) = match kind {
        CredentialKind::Session(id, at) => {
            check_site(incoming)?;
            (chosen(&user, wanted, action)?, None, Some(id), Some(at), None)
        }
        CredentialKind::Token { prefix, party, scopes } => {
            if wanted.is_some_and(|wanted| wanted != party) {
                return Err(Code::NotYourParty.into());
            }
            (Some(party), Some(scopes), None, None, Some(prefix))
        }
    };
    let found = match &party {
        Some(party) => kept::load::<Party>(&*control.registry, party, now)?,
        None => None,
    };
    let found = found.filter(|party| party.state() == parties::ACTIVE);
    let mut roles = party.as_ref().filter(|_| found.is_some()).map(|code| user.roles_in(code)).unwrap_or_default();
    // What the party may not be any more, nobody is for it.
    let has = |capacity: &str| found.as_ref().is_some_and(|party| party.object.has(capacity));
    roles.retain(|role| role.capacity().is_none_or(has));
    let is_of_operator = has(parties::OPERATOR);
    let principal = prefix.unwrap_or_else(|| user_id.clone());
    let resident = None;
    Ok(Caller { user: user_id, resident, party, roles, is_of_operator, scopes, session, signed_in_at, principal })
}

/// A person asks for themselves, and for no party.
fn resident(incoming: &Incoming, user: String, holder: String, kind: CredentialKind) -> Result<Caller, Problem> {
    let CredentialKind::Session(session, at) = kind else { return Err(Code::NotSignedIn.into()) };
    check_site(incoming)?;
    if incoming.header("avis-party")?.is_some() {
        return Err(Code::NotYourParty.into());
    }
    Ok(Caller {
        principal: user.clone(),
        user,
        resident: Some(holder),
        party: None,
        roles: vec![Role::Resident],
        is_of_operator: false,
        scopes: None,
        session: Some(session),
        signed_in_at: Some(at),
    })
}

/// The party that a session acts for: the one that is named, or the only one.
fn chosen(user: &User, wanted: Option<&str>, action: Action) -> Result<Option<String>, Problem> {
    let parties = user.parties();
    match wanted {
        Some(wanted) if parties.iter().any(|party| party == wanted) => Ok(Some(wanted.to_owned())),
        Some(_) => Err(Code::NotYourParty.into()),
        None if parties.len() <= 1 => Ok(parties.into_iter().next()),
        None if action == Action::Me => Ok(None),
        None => {
            let detail = "you have roles in several parties: name one in the header `avis-party`";
            Err(Problem::new(Code::PartyUnclear, detail))
        }
    }
}

impl Caller {
    /// Whether a token is for an action; a session is for all.
    pub(crate) fn is_in_scope(&self, action: Action) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.iter().any(|scope| scope == action.word()))
    }

    /// How far an action goes for the caller, by certain roles only where it is narrower than the policy's row.
    pub(crate) fn reach(&self, action: Action, among: Option<&[Role]>) -> Option<Reach> {
        if action == Action::Me && self.resident.is_none() {
            // Whoever signed in sees the own account, also while no role counts yet.
            return Some(Reach::Person);
        }
        let roles = self.roles.iter().filter(|role| among.is_none_or(|among| among.contains(role)));
        roles.filter_map(|role| action.reach(*role, self.is_of_operator)).max()
    }

    /// The session by which the caller asks; what concerns sessions is not for tokens.
    ///
    /// # Errors
    /// [`Code::OutOfScope`].
    pub(crate) fn own_session(&self) -> Result<&str, Problem> {
        self.session.as_deref().ok_or_else(|| Code::OutOfScope.into())
    }

    /// Whether what is the user's for a party is there for the caller: all by a session, and of its own party by a token.
    pub(crate) fn acts_in(&self, party: &str) -> bool {
        self.session.is_some() || self.party.as_deref() == Some(party)
    }

    /// Whether one of the caller's roles is this one.
    pub(crate) fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The words of the roles that count.
    pub(crate) fn roles(&self) -> Vec<&'static str> {
        self.roles.iter().map(|role| role.word()).collect()
    }

    /// Whether the caller oversees the installation: an operator, or an auditor of the operator's party.
    pub(crate) fn oversees(&self) -> bool {
        self.is(Role::Operator) || (self.is_of_operator && self.is(Role::Auditor))
    }

    /// Whether the caller signed in a short while ago.
    pub(crate) fn signed_in_lately(&self, now: Timestamp) -> bool {
        self.signed_in_at.is_some_and(|at| now.duration_since(at) <= FRESH_FOR)
    }
}
