//! A provider's terminals and their keys: the rows that every engine follows, as `avis key` writes them.

use avis_server::{Scope, Terminal};
use avis_store::{Act, AuditFilter, AuditObject, Committed};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::answer::{Answer, with_revision};
use super::call::Call;
use super::dry_run;
use super::list::Page;
use super::operations::{Answers, Operation, get, list, make, operation, replace};
use super::policy::{Action, Reach, Role};
use super::problem::{Code, Problem};
use super::secret::etag_of;
use super::shape::{Field, Kind, REASON, needed, optional};
use super::terminal_calls::{self, Together};
use crate::keys::{Terminals, add_key, end_keys};

/// Channels and schemes of one terminal.
const WORDS_MAX: usize = 64;
/// For how long other keys are taken unless it is said: a day.
const OVERLAP_S: i64 = 86_400;
/// The longest time for which they may be: a year.
const OVERLAP_MAX_S: i64 = 31_536_000;

const SCOPES: &[&str] = &["sell", "explain", "enrol", "train"];
const CODE: Field = needed("code", Kind::Code);
const CHANNELS: Field = needed("channels", Kind::List(&Kind::Code, WORDS_MAX));
const SCHEMES: Field = needed("schemes", Kind::List(&Kind::Code, WORDS_MAX));
const SCOPES_GIVEN: Field = optional("scopes", Kind::List(&Kind::Word(SCOPES), 4));
const REVISION: Field = optional("revision", Kind::Whole(1, i64::MAX));

const NEW: &[Field] = &[CODE, CHANNELS, SCHEMES, SCOPES_GIVEN, REASON];
const CHANGE: &[Field] = &[CHANNELS, SCHEMES, SCOPES_GIVEN, REASON];
const NEW_KEY: &[Field] = &[optional("others_for_s", Kind::Whole(0, OVERLAP_MAX_S)), REASON];

const END_KEY: &[Field] = &[REASON];

/// What is shown of a terminal, and what else; its code may be older than the rule for codes.
macro_rules! terminal {
    ($($also:expr),+) => {
        &[
            needed("code", Kind::Token(1, 200)),
            needed("provider", Kind::Token(1, 200)),
            needed("channels", Kind::List(&Kind::Token(0, 200), 100_000)),
            needed("schemes", Kind::List(&Kind::Token(0, 200), 100_000)),
            needed("scopes", Kind::List(&Kind::Word(SCOPES), 100)),
            needed("keys", Kind::List(&Kind::Object(KEY), 1_000)),
            $($also),+
        ]
    };
}

/// A terminal in a list, with what its own people are told: when it called last, and how many ranges of numbers are missing of what it
/// uploaded.
const LISTED: &[Field] = terminal!(optional("last_call_at", Kind::Instant), optional("gaps", Kind::Whole(0, i64::MAX)));

/// A terminal as it is shown.
const SHOWN: &[Field] = terminal!(REVISION);
const KEY: &[Field] = &[
    needed("prefix", Kind::Token(0, 20)),
    optional("until", Kind::Instant),
    // Where a terminal is read alone, by its own people.
    optional("ended_because", Kind::Text(0, 1_000)),
];

/// A key, the only time that it is shown.
const MADE_KEY: &[Field] = &[
    needed("prefix", Kind::Token(1, 20)),
    optional("secret", Kind::Token(40, 60)),
    needed("others_until", Kind::Instant),
    needed("revision", Kind::Whole(1, i64::MAX)),
];

pub(crate) const OPERATIONS: &[Operation] = &[
    list(
        "/terminals",
        ("terminals", "Terminals, of all or of the own provider"),
        Action::ProviderRead,
        Kind::Object(LISTED),
        all,
    ),
    dry_run::possible(make(
        "/terminals",
        ("make_terminal", "Make a terminal of the own provider"),
        Action::ProviderWrite,
        (NEW, SHOWN),
        create,
    )),
    get("/terminals/{code}", ("terminal", "A terminal"), Action::ProviderRead, Answers::One(SHOWN), read),
    Operation {
        roles: Some(&[Role::Operator, Role::Provider, Role::Auditor]),
        ..get(
            "/terminals/{code}/calls",
            ("terminal_calls", "When a terminal called last, what it was refused, and which numbers it did not upload"),
            Action::ProviderRead,
            Answers::One(terminal_calls::SHOWN),
            calls,
        )
    },
    dry_run::possible(replace(
        "/terminals/{code}",
        ("change_terminal", "Change what a terminal may do; `explain` is given by an operator"),
        Action::ProviderWrite,
        (CHANGE, SHOWN),
        change,
    )),
    dry_run::possible(Operation {
        secrets: &["secret"],
        ..make(
            "/terminals/{code}/keys",
            ("make_key", "Give a terminal another key, shown once; the others are taken for a while yet"),
            Action::ProviderWrite,
            (NEW_KEY, MADE_KEY),
            make_key,
        )
    }),
    dry_run::possible(Operation {
        body: Some(END_KEY),
        needs_match: true,
        ..operation(
            ("DELETE", "/terminals/{code}/keys/{prefix}"),
            ("end_key", "End a key at once"),
            Some(Action::ProviderWrite),
            Answers::One(SHOWN),
            end_key,
        )
    }),
];

fn shown(terminal: &Terminal) -> Value {
    let Terminal { code, provider, channels, schemes, scopes, keys } = terminal;
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.word()).collect();
    let keys: Vec<Value> = keys.iter().map(|key| json!({"prefix": key.prefix, "until": key.until})).collect();
    json!({"code": code, "provider": provider, "channels": channels, "schemes": schemes, "scopes": scopes, "keys": keys})
}

/// All terminals, and the one in the path if the operation reaches it.
fn find(call: &Call<'_>) -> Result<(Terminals, Terminal), Problem> {
    let terminals = Terminals::read(&*call.control.store)?;
    let found = terminals.all().iter().find(|terminal| terminal.code == call.path("code")).cloned();
    let found = found.ok_or_else(|| Problem::from(Code::NotFound))?;
    call.check_owner(&found.provider, Action::ProviderRead)?;
    Ok((terminals, found))
}

fn commit(call: &Call<'_>, terminals: &Terminals, terminal: &Terminal, action: &str) -> Result<Committed, Problem> {
    let owner = Some(terminal.provider.clone());
    let act = Act { owner, ..call.act(action, Some(("terminal", &terminal.code))) };
    Ok(terminals.commit(&*call.control.store, terminal, &act, (call.now, call.is_dry()))?)
}

/// A terminal as it is after a change.
fn changed(call: &Call<'_>, terminal: &Terminal, committed: &Committed) -> Answer {
    let etag = etag_of(&shown(terminal));
    call.committed(committed, |revision| Answer::of(with_revision(shown(terminal), revision)).tagged(etag))
}

/// `GET /terminals`.
fn all(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let terminals = Terminals::read(&*call.control.store)?;
    let mut own: Vec<&Terminal> = terminals.all().iter().filter(|terminal| call.reaches(&terminal.provider)).collect();
    own.sort_by(|one, other| one.code.cmp(&other.code));
    let provider = if call.reach == Some(Reach::All) { None } else { Some(call.party()?) };
    let calls = terminal_calls::all(call, provider)?;
    let listed = |terminal: &Terminal| {
        let mut shown = shown(terminal);
        let is_told = terminal_calls::is_told(call, &terminal.provider);
        let told =
            calls.get(&(terminal.provider.clone(), terminal.code.clone())).filter(|_| is_told).map(Together::listed);
        if let (Some(fields), Some((last_at, gaps))) = (shown.as_object_mut(), told) {
            fields.insert("last_call_at".to_owned(), json!(last_at));
            fields.insert("gaps".to_owned(), json!(gaps));
        }
        shown
    };
    Ok(page.answer_of_all(own.into_iter().map(|terminal| (terminal.code.clone(), listed(terminal)))))
}

/// `GET /terminals/{code}/calls`.
fn calls(call: &Call<'_>) -> Result<Answer, Problem> {
    let (_, terminal) = find(call)?;
    if !terminal_calls::is_told(call, &terminal.provider) {
        return Err(Code::NotFound.into());
    }
    Ok(Answer::of(terminal_calls::of(call, &terminal.provider, &terminal.code)?.shown(&terminal.code)))
}

/// `GET /terminals/{code}`.
fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let (_, terminal) = find(call)?;
    let mut shown = shown(&terminal);
    let etag = etag_of(&shown);
    if terminal_calls::is_told(call, &terminal.provider) {
        tell_why_ended(call, &terminal, &mut shown)?;
    }
    Ok(Answer::of(shown).tagged(etag))
}

/// Tells of keys that somebody ended why that was, as the audit has it.
fn tell_why_ended(call: &Call<'_>, terminal: &Terminal, shown: &mut Value) -> Result<(), Problem> {
    const ENDS_MAX: usize = 100;
    let has_ended = |until: Option<Timestamp>| until.is_some_and(|until| until <= call.now);
    if !terminal.keys.iter().any(|key| has_ended(key.until)) {
        return Ok(());
    }
    let object = Some(AuditObject { kind: "terminal".to_owned(), key: terminal.code.clone() });
    let filter = AuditFilter { object, actions: vec!["keys_revoked".to_owned()], ..AuditFilter::default() };
    let ends = call.control.registry.entries(&filter, ENDS_MAX)?;
    let listed = shown.get_mut("keys").and_then(Value::as_array_mut).into_iter().flatten();
    for (key, told) in terminal.keys.iter().zip(listed) {
        // The audit tells times to the millisecond.
        let ended = key.until.map(Timestamp::as_millisecond);
        let end = ends.iter().find(|end| Some(end.entry.at.as_millisecond()) == ended);
        if let (Some(fields), Some(reason)) = (told.as_object_mut(), end.and_then(|end| end.entry.act.reason.clone())) {
            fields.insert("ended_because".to_owned(), json!(reason));
        }
    }
    Ok(())
}

/// The scopes of a body; those that were there where it says nothing of them.
fn scopes(call: &Call<'_>, before: &[Scope]) -> Result<Vec<Scope>, Problem> {
    if call.body.get("scopes").is_none_or(Value::is_null) {
        return Ok(before.to_vec());
    }
    let given = call.texts("scopes");
    if given.is_empty() {
        return Err(Problem::at("/scopes", "expected at least one scope"));
    }
    let scopes: Vec<Scope> =
        Scope::ALL.into_iter().filter(|scope| given.iter().any(|word| word == scope.word())).collect();
    if let Some(conflict) = Scope::conflict(&scopes) {
        return Err(Problem::at("/scopes", conflict));
    }
    if scopes.contains(&Scope::Explain) && !before.contains(&Scope::Explain) && call.reach != Some(Reach::All) {
        return Err(Problem::new(Code::NotYours, "the scope `explain` is given by an operator"));
    }
    Ok(scopes)
}

/// `POST /terminals`: it has no key yet.
fn create(call: &Call<'_>) -> Result<Answer, Problem> {
    let (code, provider) = (call.text("code"), call.party()?);
    let terminals = Terminals::read(&*call.control.store)?;
    if !terminals.knows_provider(provider) {
        return Err(Problem::new(Code::Invalid, "expected a party that the rules know as a provider"));
    }
    if let Some(taken) = terminals.all().iter().find(|terminal| terminal.code == code) {
        // Codes are one deployment's, so that one of another provider is told to be taken: who tries many is in the audit.
        if !call.reaches(&taken.provider) {
            call.note_refused(Code::Exists);
        }
        return Err(Code::Exists.into());
    }
    let terminal = Terminal {
        code: code.to_owned(),
        provider: provider.to_owned(),
        channels: call.texts("channels"),
        schemes: call.texts("schemes"),
        scopes: scopes(call, &[Scope::Sell])?,
        keys: Vec::new(),
    };
    let committed = commit(call, &terminals, &terminal, "terminal_created")?;
    let (etag, place) = (etag_of(&shown(&terminal)), format!("/admin/v1/terminals/{code}"));
    Ok(call
        .committed(&committed, |revision| Answer::made(with_revision(shown(&terminal), revision), place).tagged(etag)))
}

/// `PUT /terminals/{code}`.
fn change(call: &Call<'_>) -> Result<Answer, Problem> {
    let (terminals, before) = find(call)?;
    call.check_match(&etag_of(&shown(&before)))?;
    let scopes = scopes(call, &before.scopes)?;
    let terminal = Terminal { channels: call.texts("channels"), schemes: call.texts("schemes"), scopes, ..before };
    let committed = commit(call, &terminals, &terminal, "terminal_changed")?;
    Ok(changed(call, &terminal, &committed))
}

/// `POST /terminals/{code}/keys`.
fn make_key(call: &Call<'_>) -> Result<Answer, Problem> {
    let (terminals, mut terminal) = find(call)?;
    let others_for_s = call.body.get("others_for_s").and_then(Value::as_i64).unwrap_or(OVERLAP_S);
    let until = call.now.saturating_add(SignedDuration::from_secs(others_for_s)).unwrap_or(Timestamp::MAX);
    let secret = add_key(&mut terminal, until, call.now)?;
    let prefix = terminal.keys.last().map(|key| key.prefix.clone()).unwrap_or_default();
    let committed = commit(call, &terminals, &terminal, "key_rotated")?;
    let place = format!("/admin/v1/terminals/{}/keys/{prefix}", terminal.code);
    Ok(call.committed(&committed, |revision| {
        let shown = json!({"prefix": prefix, "secret": secret, "others_until": until, "revision": revision});
        Answer::made(shown, place)
    }))
}

/// `DELETE /terminals/{code}/keys/{prefix}`.
fn end_key(call: &Call<'_>) -> Result<Answer, Problem> {
    let (terminals, mut terminal) = find(call)?;
    let prefix = call.path("prefix");
    if !terminal.keys.iter().any(|key| key.prefix == prefix) {
        return Err(Code::NotFound.into());
    }
    call.check_match(&etag_of(&shown(&terminal)))?;
    if end_keys(&mut terminal, Some(prefix), call.now) == 0 {
        return Err(Problem::new(Code::NotInThisState, "the key has ended already"));
    }
    let committed = commit(call, &terminals, &terminal, "keys_revoked")?;
    Ok(changed(call, &terminal, &committed))
}
