//! Providers as rules know them: their tags, which schemes of identifiers they accept and which they issue, and by what clocks
//! their business days are counted.

use avis_store::Kind as RowKind;
use serde_json::{Map, Value, json};

use super::answer::{Answer, with_revision};
use super::call::Call;
use super::dry_run;
use super::ground::{Change, check_read};
use super::kept;
use super::list::Page;
use super::operations::{Answers, Operation, get, list, operation, replace};
use super::parties::{self, Party};
use super::policy::{Action, Reach};
use super::problem::{Code, Problem};
use super::rules;
use super::secret::etag_of;
use super::shape::{Field, Kind, REASON, needed, optional};

/// Tags and schemes of one provider.
const WORDS_MAX: usize = 64;

const CODES: Kind = Kind::List(&Kind::Code, WORDS_MAX);
const TOKENS: Kind = Kind::List(&Kind::Token(1, 200), 100_000);

/// A provider as it is shown; what is older than the rule for codes stands as it is.
const SHOWN: &[Field] = &[
    needed("code", Kind::Token(1, 200)),
    needed("tags", TOKENS),
    needed("accepts", TOKENS),
    needed("issues", TOKENS),
    // Of its business days, where the rules say it.
    optional("time_zone", Kind::Token(1, 200)),
    optional("service_day_start", Kind::Token(5, 8)),
    optional("revision", Kind::Whole(1, i64::MAX)),
    optional("warnings", dry_run::WARNINGS),
];

const CHANGE: &[Field] = &[needed("accepts", CODES), needed("issues", CODES), REASON];
const TAGS: &[Field] = &[needed("tags", CODES), REASON];

pub(crate) const OPERATIONS: &[Operation] = &[
    list("/providers", ("providers", "Providers, or the own one"), Action::ProviderRead, Kind::Object(SHOWN), all),
    get("/providers/{code}", ("provider", "A provider"), Action::ProviderRead, Answers::One(SHOWN), read),
    dry_run::possible(Operation {
        body: Some(CHANGE),
        may_match: true,
        ..operation(
            ("PUT", "/providers/{code}"),
            ("set_provider", "Say which schemes a provider accepts and issues; what it issues is given by an operator"),
            Some(Action::ProviderWrite),
            Answers::One(SHOWN),
            set,
        )
    }),
    dry_run::possible(replace(
        "/providers/{code}/tags",
        ("set_provider_tags", "Change the tags by which rules name a provider"),
        Action::GroundWrite,
        (TAGS, SHOWN),
        set_tags,
    )),
];

fn shown(content: &Value) -> Value {
    let listed = |field: &str| content.get(field).cloned().unwrap_or_else(|| json!([]));
    let mut shown = json!({"code": content.get("code"), "tags": listed("tags"), "accepts": listed("accepts"),
        "issues": listed("issues")});
    if let Value::Object(fields) = &mut shown {
        let said = ["time_zone", "service_day_start"].into_iter();
        fields.extend(said.filter_map(|field| Some((field.to_owned(), content.get(field)?.clone()))));
    }
    shown
}

/// `GET /providers`: all, or the own one.
fn all(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let rules = rules::rules(call.control)?;
    let own = rules.entries(RowKind::Provider).filter(|(code, _)| call.reaches(code));
    Ok(page.answer_of_all(own.map(|(code, content)| (code.to_owned(), shown(content)))))
}

/// `GET /providers/{code}`.
fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let code = call.path("code");
    let content = rules.entry(RowKind::Provider, code).filter(|_| call.reaches(code));
    let content = content.ok_or_else(|| Problem::from(Code::NotFound))?;
    Ok(Answer::of(shown(content)))
}

/// `PUT /providers/{code}`: of a party that sells, whether rules know it already or not.
fn set(call: &Call<'_>) -> Result<Answer, Problem> {
    let code = call.path("code");
    call.check_owner(code, Action::ProviderRead)?;
    let rules = rules::rules(call.control)?;
    let before = rules.entry(RowKind::Provider, code);
    if before.is_none() && !sells(call, code)? {
        return Err(Code::NotFound.into());
    }
    let (accepts, issues) = (call.texts("accepts"), call.texts("issues"));
    let issued = rules.schemes_issued_by(code);
    if call.reach != Some(Reach::All) && issues.iter().any(|scheme| !issued.contains(&&**scheme)) {
        return Err(Problem::new(Code::NotYours, "which schemes a provider issues is given by an operator"));
    }
    let mut fields = fields_of(before, code);
    for (field, words) in [("accepts", accepts), ("issues", issues)] {
        put_words(&mut fields, field, &words);
    }
    write(call, &Value::Object(fields), "provider_changed")
}

/// `PUT /providers/{code}/tags`.
fn set_tags(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let code = call.path("code");
    let before = rules.entry(RowKind::Provider, code).ok_or_else(|| Problem::from(Code::NotFound))?;
    let mut fields = fields_of(Some(before), code);
    fields.insert("tags".to_owned(), json!(call.texts("tags")));
    write(call, &Value::Object(fields), "provider_tags_changed")
}

/// Whether there is a party of a code that sells.
fn sells(call: &Call<'_>, code: &str) -> Result<bool, Problem> {
    let party = kept::load::<Party>(&*call.control.registry, code, call.now)?;
    Ok(party.is_some_and(|party| party.state() == parties::ACTIVE && party.object.has("provider")))
}

fn fields_of(before: Option<&Value>, code: &str) -> Map<String, Value> {
    let new = || Map::from_iter([("code".to_owned(), json!(code)), ("tags".to_owned(), json!([]))]);
    before.and_then(Value::as_object).cloned().unwrap_or_else(new)
}

/// A list that says nothing is left out, so that older engines read the provider as before.
fn put_words(fields: &mut Map<String, Value>, field: &str, words: &[String]) {
    if words.is_empty() {
        fields.remove(field);
    } else {
        fields.insert(field.to_owned(), json!(words));
    }
}

fn write(call: &Call<'_>, entry: &Value, action: &'static str) -> Result<Answer, Problem> {
    let key = call.path("code");
    let change = Change { kind: RowKind::Provider, key, list: "providers", entry: Some(entry), action };
    let (committed, warnings) = change.commit(call, |before| check_read(call, before.map(shown).as_ref()))?;
    let written = shown(entry);
    Ok(call.committed_with(&committed, &warnings, |revision| {
        Answer::of(with_revision(written.clone(), revision)).tagged(etag_of(&written))
    }))
}
