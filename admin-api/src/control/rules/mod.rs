//! The rules as everybody who signed in reads them: benefits with their versions, and what they refer to. A commercial party's
//! benefits are read by its own users and by those who oversee the installation.

mod difference;
mod standing;
mod words;

pub(crate) use difference::changes;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use avis_core::document::Provider;
use avis_core::movement::ServiceDay;
use avis_core::{Bound, Catalogue, RuleSet, Span};
use avis_server::catalogue_of;
use avis_store::{Head, Kind as RowKind, Revision, Row, RulesRead, Scope, Stored, version_key, version_of_key};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::Control;
use super::answer::Answer;
use super::call::Call;
use super::drafts;
use super::list::{CURSOR_FIELD, LIMIT_FIELD, Page};
use super::parties;
use super::policy::Action;
use super::problem::{Code, Problem};
use super::shape::{Field, Kind, needed, optional};

/// Programmes: every version of each, or the newest alone.
pub(crate) const OF_PROGRAMMES: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, optional("newest", Kind::Truth)];
/// Campaigns: all, or the one of a code.
pub(crate) const OF_CAMPAIGNS: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, optional("code", Kind::Code)];
/// The filters of the list of benefits.
pub(crate) const OF_GRANTOR: &[Field] =
    &[LIMIT_FIELD, CURSOR_FIELD, optional("grantor", Kind::Token(1, 200)), optional("ends_until", Kind::Date)];

/// A benefit as it is shown: its newest version.
pub(crate) const BENEFIT: &[Field] = &[
    needed("code", Kind::Token(1, 200)),
    needed("grantor", Kind::Token(1, 200)),
    needed("version", Kind::Whole(1, i64::MAX)),
    needed("versions", Kind::List(&Kind::Whole(1, i64::MAX), 100_000)),
    needed("state", Kind::Word(standing::STATES)),
    needed("content", Kind::Json),
    optional("cases", Kind::List(&Kind::Json, 100_000)),
];

/// A programme as it is shown: its newest version.
pub(crate) const PROGRAMME: &[Field] = &[
    needed("code", Kind::Token(1, 200)),
    needed("owner", Kind::Token(1, 200)),
    needed("version", Kind::Whole(1, i64::MAX)),
    needed("content", Kind::Json),
    needed("cases", Kind::List(&Kind::Json, 100_000)),
];

/// One version.
pub(crate) const VERSION: &[Field] = &[
    needed("code", Kind::Token(1, 200)),
    needed("grantor", Kind::Token(1, 200)),
    needed("version", Kind::Whole(1, i64::MAX)),
    needed("content", Kind::Json),
];

/// What differs in a version from the one before it.
pub(crate) const DIFFERENCE: &[Field] = &[
    needed("code", Kind::Token(1, 200)),
    optional("from", Kind::Whole(1, i64::MAX)),
    needed("to", Kind::Whole(1, i64::MAX)),
    needed("changes", Kind::List(&Kind::Object(CHANGE), 1_000_000)),
    BEFORE,
];

/// What the version before says; absent where there is none.
pub(crate) const BEFORE: Field = optional("before", Kind::Json);

/// A field that differs; null is absent.
pub(crate) const CHANGE: &[Field] = &[
    needed("pointer", Kind::Token(0, 1_000)),
    optional("before", Kind::Any),
    optional("after", Kind::Any),
    needed("words", Kind::Object(WORDS)),
];

const WORDS: &[Field] = &[needed("lv", Kind::Token(1, 1_000_000)), needed("en", Kind::Token(1, 1_000_000))];

/// The currency where no rules say another.
pub(crate) const EURO: &str = "EUR";

/// What the rules refer to, as the catalogue has it.
pub(crate) const ENTRY: Kind = Kind::Json;

/// The rules of one revision, read.
#[derive(Clone)]
pub(crate) struct Rules {
    head: Head,
    /// By code, then by number.
    benefits: Arc<BTreeMap<String, BTreeMap<i64, Value>>>,
    /// By kind and key.
    others: Arc<BTreeMap<RowKind, BTreeMap<String, Value>>>,
    catalogue: Arc<OnceLock<Option<Catalogue>>>,
    /// The same, compiled.
    compiled: Arc<OnceLock<Option<Arc<RuleSet>>>>,
}

impl Rules {
    /// As engines decide by them, without cases and without what can't be read; none before there is a currency.
    pub(crate) fn catalogue(&self) -> Option<&Catalogue> {
        let read = || {
            let row = |kind: RowKind, key: String, value: &Value| {
                let content = Some(value.to_string().into());
                Row { kind, key: key.into(), content }
            };
            let benefits = self.benefits.iter().flat_map(|(code, versions)| {
                versions.iter().map(|(number, value)| row(RowKind::Benefit, version_key(code, *number).into(), value))
            });
            let others = self.others.iter().filter(|(kind, _)| **kind != RowKind::Case);
            let others =
                others.flat_map(|(kind, entries)| entries.iter().map(|(key, value)| row(*kind, key.clone(), value)));
            catalogue_of(&benefits.chain(others).collect::<Vec<_>>())
        };
        self.catalogue.get_or_init(read).as_ref()
    }

    /// The same, compiled once for all who ask.
    pub(crate) fn compiled(&self) -> Option<Arc<RuleSet>> {
        let compile = || self.catalogue().map(|catalogue| Arc::new(RuleSet::compile(catalogue)));
        self.compiled.get_or_init(compile).clone()
    }

    /// Compiled for who does not read the rules of some grantors: those take no part. Before there is a currency they are none.
    pub(crate) fn compiled_without(&self, hidden: &HashSet<String>) -> Arc<RuleSet> {
        let whole = if hidden.is_empty() { self.compiled() } else { None };
        whole.unwrap_or_else(|| {
            let nothing = Catalogue::empty(&self.currency());
            compiled_without(self.catalogue().unwrap_or(&nothing), hidden)
        })
    }

    /// Which rules these are.
    pub(crate) fn read(&self) -> RulesRead {
        RulesRead { revision: self.head.revision.number, digest: self.head.digests.of(Scope::Rules) }
    }

    /// As of which revision.
    pub(crate) fn revision(&self) -> Revision {
        self.head.revision
    }

    /// Whose benefit it is.
    pub(crate) fn grantor_of(&self, code: &str) -> Option<&str> {
        self.benefits.get(code)?.last_key_value().map(|(_, content)| grantor(content))
    }

    /// The codes of all benefits.
    pub(crate) fn benefit_codes(&self) -> impl Iterator<Item = &str> {
        self.benefits.keys().map(String::as_str)
    }

    /// The number of its newest version.
    pub(crate) fn newest_version(&self, code: &str) -> Option<i64> {
        self.benefits.get(code)?.last_key_value().map(|(number, _)| *number)
    }

    /// A version as it stands.
    pub(crate) fn version(&self, code: &str, version: i64) -> Option<&Value> {
        self.benefits.get(code)?.get(&version)
    }

    /// The number of the newest version of a programme.
    pub(crate) fn newest_programme(&self, code: &str) -> Option<i64> {
        let versions = self.names_of(RowKind::Program).filter_map(version_of_key);
        versions.filter(|(other, _)| *other == code).map(|(_, version)| version).max()
    }

    /// What benefits refer to, as the catalogue has it, by kind and key.
    pub(crate) fn entry(&self, kind: RowKind, key: &str) -> Option<&Value> {
        self.others.get(&kind)?.get(key)
    }

    /// All entries of a kind by their names.
    pub(crate) fn entries(&self, kind: RowKind) -> impl Iterator<Item = (&str, &Value)> {
        self.others.get(&kind).into_iter().flatten().map(|(key, value)| (key.as_str(), value))
    }

    /// The names of all entries of a kind.
    pub(crate) fn names_of(&self, kind: RowKind) -> impl Iterator<Item = &str> {
        self.entries(kind).map(|(key, _)| key)
    }

    /// Whether there is a provider of a code.
    pub(crate) fn has_provider(&self, code: &str) -> bool {
        self.entry(RowKind::Provider, code).is_some()
    }

    /// A provider's business day.
    pub(crate) fn service_day(&self, provider: &str, of_deployment: &ServiceDay) -> ServiceDay {
        let day = self.entry(RowKind::Provider, provider).and_then(|content| Provider::from_value(content).ok());
        let own = day.and_then(|provider| provider.day.beside(of_deployment));
        own.unwrap_or_else(|| of_deployment.clone())
    }

    /// Whose a group is; none if there is no such group.
    pub(crate) fn owner_of_group(&self, code: &str) -> Option<&str> {
        self.entry(RowKind::Group, code)?.get("owner")?.as_str()
    }

    /// Whose a programme is; none if there is no such programme.
    pub(crate) fn owner_of_programme(&self, code: &str) -> Option<&str> {
        let key = version_key(code, self.newest_programme(code)?);
        self.entry(RowKind::Program, &key)?.get("owner")?.as_str()
    }

    /// The schemes whose means a provider issues.
    pub(crate) fn schemes_issued_by(&self, provider: &str) -> Vec<&str> {
        let issued = self.entry(RowKind::Provider, provider).and_then(|content| content.get("issues")?.as_array());
        issued.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The currency of the deployment.
    pub(crate) fn currency(&self) -> String {
        let deployment = self.others.get(&RowKind::Deployment).and_then(|entries| entries.values().next());
        let currency = deployment.and_then(|deployment| deployment.get("currency")?.as_str());
        currency.unwrap_or(EURO).to_owned()
    }
}

/// The newest rules that were read.
#[derive(Default)]
pub(crate) struct RulesCache(Mutex<Option<Arc<Rules>>>);

/// The rules of the newest revision: read again only where they are others, and by one for all who ask meanwhile.
pub(crate) fn rules(control: &Control) -> Result<Arc<Rules>, Problem> {
    let mut newest = control.rules.0.lock().unwrap_or_else(PoisonError::into_inner);
    let head = control.store.head()?;
    let rules = match newest.take() {
        Some(known) if known.head == head => known,
        Some(known) if is_of_the_same_rules(&known.head, &head) => Arc::new(Rules { head, ..Rules::clone(&known) }),
        _ => Arc::new(read(control)?),
    };
    *newest = Some(rules.clone());
    Ok(rules)
}

/// Whether nothing but other scopes changed between two moments of one store.
fn is_of_the_same_rules(one: &Head, other: &Head) -> bool {
    one.revision.incarnation == other.revision.incarnation
        && one.digests.of(Scope::Rules) == other.digests.of(Scope::Rules)
}

fn read(control: &Control) -> Result<Rules, Problem> {
    let (mut benefits, mut others): (BTreeMap<String, BTreeMap<_, _>>, BTreeMap<_, BTreeMap<_, _>>) =
        Default::default();
    let head = control.store.snapshot(&[Scope::Rules], &mut |stored| {
        let Stored::Row(Row { kind, key, content: Some(content) }) = stored else { return };
        let Ok(value) = serde_json::from_str::<Value>(&content) else { return };
        match version_of_key(&key).filter(|_| kind == RowKind::Benefit) {
            Some((code, version)) => drop(benefits.entry(code.to_owned()).or_default().insert(version, value)),
            None => drop(others.entry(kind).or_default().insert(key.into(), value)),
        }
    })?;
    let (benefits, others) = (Arc::new(benefits), Arc::new(others));
    Ok(Rules { head, benefits, others, catalogue: Arc::default(), compiled: Arc::default() })
}

/// The rules of a catalogue without those of some grantors.
pub(crate) fn compiled_without(catalogue: &Catalogue, hidden: &HashSet<String>) -> Arc<RuleSet> {
    Arc::new(RuleSet::compile(&catalogue.without(|grantor| hidden.contains(grantor))))
}

/// The grantors whose rules the caller does not read.
pub(crate) fn hidden(call: &Call<'_>) -> Result<HashSet<String>, Problem> {
    let caller = call.caller()?;
    if caller.oversees() {
        return Ok(HashSet::new());
    }
    let commercial = parties::commercial(call.control)?;
    Ok(commercial.into_iter().filter(|code| caller.party.as_deref() != Some(code)).collect())
}

fn grantor(content: &Value) -> &str {
    content.get("grantor").and_then(Value::as_str).unwrap_or_default()
}

fn shown_benefit(call: &Call<'_>, code: &str, versions: &BTreeMap<i64, Value>) -> Option<Value> {
    let (newest, content) = versions.last_key_value()?;
    let numbers: Vec<&i64> = versions.keys().collect();
    let state = standing::state(versions, call.now, call.control.zone());
    Some(json!({"code": code, "grantor": grantor(content), "version": newest, "versions": numbers, "state": state,
        "content": content}))
}

/// Whether a version ends from now on, and with a day at the latest.
fn ends_within(call: &Call<'_>, content: &Value, last_day: Date) -> bool {
    let zone = standing::zone_of(content, call.control.zone());
    let end_of_day = Span { from: None, until: Some(Bound::Date(last_day)) }.resolve(&zone).until;
    let ends = standing::span_of(content, call.control.zone()).until;
    ends.is_some_and(|ends| call.now < ends && end_of_day.is_none_or(|last| ends <= last))
}

/// `GET /benefits`.
pub(crate) fn benefits(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let (rules, hidden) = (rules(call.control)?, hidden(call)?);
    let asked = |name: &str| call.query.get(name).and_then(Value::as_str);
    let (of, last_day) = (asked("grantor"), asked("ends_until").and_then(|day| day.parse().ok()));
    let is_wanted = |versions: &BTreeMap<i64, Value>| {
        versions.last_key_value().is_some_and(|(_, content)| {
            of.is_none_or(|of| grantor(content) == of) && last_day.is_none_or(|day| ends_within(call, content, day))
        })
    };
    let behind = rules.benefits.iter().filter(|(code, _)| **code > page.after);
    let wanted = behind.filter(|(_, versions)| is_wanted(versions));
    let shown = wanted.filter_map(|(code, versions)| {
        let benefit = shown_benefit(call, code, versions)?;
        (!hidden.contains(grantor(&benefit))).then(|| (code.clone(), benefit))
    });
    Ok(page.answer_of_all(shown))
}

/// The versions of the benefit in the path, if the caller reads it.
fn versions<'r>(call: &Call<'_>, rules: &'r Rules) -> Result<&'r BTreeMap<i64, Value>, Problem> {
    versions_of(call, rules, call.path("code"))
}

/// The versions of a benefit, if the caller reads it.
pub(crate) fn versions_of<'r>(
    call: &Call<'_>,
    rules: &'r Rules,
    code: &str,
) -> Result<&'r BTreeMap<i64, Value>, Problem> {
    let versions = rules.benefits.get(code);
    let hidden = hidden(call)?;
    let is_read = |versions: &&BTreeMap<i64, Value>| {
        versions.last_key_value().is_some_and(|(_, content)| !hidden.contains(grantor(content)))
    };
    versions.filter(is_read).ok_or_else(|| Code::NotFound.into())
}

/// Whose a group is, if the caller reads it.
///
/// # Errors
/// [`Code::NotFound`].
pub(crate) fn group_owner<'r>(call: &Call<'_>, rules: &'r Rules, code: &str) -> Result<&'r str, Problem> {
    let hidden = hidden(call)?;
    rules.owner_of_group(code).filter(|owner| !hidden.contains(*owner)).ok_or_else(|| Code::NotFound.into())
}

/// `GET /benefits/{code}`: with its cases, as a draft of its next version has them.
pub(crate) fn benefit(call: &Call<'_>) -> Result<Answer, Problem> {
    let (rules, code) = (rules(call.control)?, call.path("code"));
    let mut benefit =
        shown_benefit(call, code, versions(call, &rules)?).ok_or_else(|| Problem::from(Code::NotFound))?;
    if let Some(fields) = benefit.as_object_mut() {
        let cases = drafts::lists::cases_of_benefit(&rules, code);
        fields.insert("cases".to_owned(), json!(cases));
    }
    Ok(Answer::of(benefit))
}

/// `GET /benefits/{code}/versions/{n}`.
pub(crate) fn version(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules(call.control)?;
    let number: i64 = call.path("n").parse().map_err(|_| Problem::from(Code::NotFound))?;
    let content = versions(call, &rules)?.get(&number).ok_or_else(|| Problem::from(Code::NotFound))?;
    let shown = json!({"code": call.path("code"), "grantor": grantor(content), "version": number, "content": content});
    Ok(Answer::of(shown))
}

/// `GET /benefits/{code}/versions/{n}/difference`: to the version before it, or to none.
pub(crate) fn difference(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules(call.control)?;
    let number: i64 = call.path("n").parse().map_err(|_| Problem::from(Code::NotFound))?;
    let versions = versions(call, &rules)?;
    let content = versions.get(&number).ok_or_else(|| Problem::from(Code::NotFound))?;
    let before = versions.range(..number).next_back();
    let nothing = json!({});
    let changes = changes(before.map_or(&nothing, |(_, content)| content), content);
    let from = before.map(|(number, _)| number);
    let before = before.map(|(_, content)| content);
    let shown = json!({"code": call.path("code"), "from": from, "to": number, "changes": changes, "before": before});
    Ok(Answer::of(shown))
}

fn others(call: &Call<'_>, kind: RowKind) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let (rules, hidden) = (rules(call.control)?, hidden(call)?);
    let entries = rules.others.get(&kind).into_iter().flatten();
    let owner = |value: &Value| value.get("owner").and_then(Value::as_str).unwrap_or_default().to_owned();
    let read = entries.filter(|(_, value)| !hidden.contains(&owner(value)));
    Ok(page.answer_of_all(read.map(|(key, value)| (key.clone(), value))))
}

/// Entries of a kind that are wanted and of those whose rules for points the caller reads.
fn of_owners(call: &Call<'_>, kind: RowKind, is_wanted: impl Fn(&str) -> bool) -> Result<Answer, Problem> {
    let (page, rules) = (Page::of(call)?, rules(call.control)?);
    let owner = |value: &Value| value.get("owner").and_then(Value::as_str).unwrap_or_default().to_owned();
    let own = rules.entries(kind).filter(|(key, value)| is_wanted(key) && call.reaches(&owner(value)));
    Ok(page.answer_of_all(own.map(|(key, value)| (key.to_owned(), value))))
}

/// `GET /programs`.
pub(crate) fn programmes(call: &Call<'_>) -> Result<Answer, Problem> {
    if call.query.get("newest") != Some(&Value::Bool(true)) {
        return of_owners(call, RowKind::Program, |_| true);
    }
    let rules = rules(call.control)?;
    let mut newest: BTreeMap<&str, i64> = BTreeMap::new();
    for (code, version) in rules.names_of(RowKind::Program).filter_map(version_of_key) {
        let known = newest.entry(code).or_insert(version);
        *known = version.max(*known);
    }
    of_owners(call, RowKind::Program, |key| {
        version_of_key(key).is_none_or(|(code, version)| newest.get(code) == Some(&version))
    })
}

/// `GET /programs/{code}`: with its cases, as a draft of its next version has them.
pub(crate) fn programme(call: &Call<'_>) -> Result<Answer, Problem> {
    let (rules, code) = (rules(call.control)?, call.path("code"));
    let newest = rules.newest_programme(code);
    let found = newest.and_then(|version| Some((version, rules.entry(RowKind::Program, &version_key(code, version))?)));
    let (version, content) = found.ok_or_else(|| Problem::from(Code::NotFound))?;
    let owner = content.get("owner").and_then(Value::as_str).unwrap_or_default();
    call.check_owner(owner, Action::LoyaltyRead)?;
    let cases = drafts::lists::cases_of_programme(&rules, code);
    Ok(Answer::of(json!({"code": code, "owner": owner, "version": version, "content": content, "cases": cases})))
}

/// `GET /campaigns`.
pub(crate) fn campaigns(call: &Call<'_>) -> Result<Answer, Problem> {
    let code = call.query.get("code").and_then(Value::as_str);
    of_owners(call, RowKind::Campaign, |key| code.is_none_or(|code| code == key))
}

/// `GET /groups`.
pub(crate) fn groups(call: &Call<'_>) -> Result<Answer, Problem> {
    others(call, RowKind::Group)
}

/// `GET /slots`: in the order of a decision.
pub(crate) fn slots(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, rules) = (Page::of(call)?, rules(call.control)?);
    let priority = |slot: &Value| slot.get("priority").and_then(Value::as_i64).unwrap_or_default();
    let placed = |(name, slot)| (format!("{:04} {name}", priority(slot)), slot);
    let placed: BTreeMap<String, &Value> = rules.entries(RowKind::Slot).map(placed).collect();
    Ok(page.answer_of_all(placed))
}

/// `GET /calendars`.
pub(crate) fn calendars(call: &Call<'_>) -> Result<Answer, Problem> {
    others(call, RowKind::Calendar)
}
