//! Rules from a catalogue, beside those that are there.

use std::collections::{HashMap, HashSet};

use avis_core::loyalty::Coupon;
use avis_core::{Catalogue, Faults, IdentifierSecret, strict_json};
use avis_store::{
    Act, Commit, Committed, Head, Kind, Revision, Row, Scope, Store, StoreError, Stored, Unchanged, version_key,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::cases::{CaseRunner, FailedCase};
use crate::change::ChangeContext;
use crate::fault::{AdminError, LineFault};
use crate::import::{Imported, TRIES, breaking};

/// Imports a catalogue: its entries come, or take the place of those of the same name; what it does not name stays. A published
/// version, and a campaign, never changes, but for its suspensions and its end, and a coupon stays of its campaign. Nothing is published of which a case fails, or which makes one fail
/// that is there and passes, of the same owners or of nobody, unless the context says so.
///
/// # Errors
/// Every fault of the catalogue together with what is there already, and each case that fails; a store that can't be read or
/// written.
pub fn catalogue(
    store: &dyn Store,
    json: &[u8],
    cases: &CaseRunner,
    context: &ChangeContext,
) -> Result<Imported, AdminError> {
    let document = strict_json(json).map_err(|faults| AdminError::Faults(LineFault::located(json, faults)))?;
    let document = keyed(document, &cases.secret);
    let mut tries = 0;
    loop {
        tries += 1;
        match attempt(store, (json, &document), cases, context) {
            Err(AdminError::Store(StoreError::Changed(_))) if tries < TRIES => {}
            done => return done,
        }
    }
}

/// A catalogue together with other documents, as an import would judge it beside them.
///
/// # Errors
/// Every fault of the document, and what it breaks in the others.
pub fn beside(json: &[u8], others: &[Value]) -> Result<Catalogue, Vec<LineFault>> {
    let located = |faults: Faults| LineFault::located(json, faults);
    let document = strict_json(json).map_err(located)?;
    let there = There::of_documents(others);
    let merged = there.merged_with(&document).map_err(located)?;
    let catalogue = Catalogue::from_value(&merged).map_err(|found| located(there.told_of(&document, found)))?;
    there.check_published(&document).map_err(located)?;
    Ok(catalogue)
}

/// A document whose coupons stand by the keyed hashes of their codes. One that can't be read stays, and its reader tells why.
fn keyed(mut document: Value, secret: &IdentifierSecret) -> Value {
    let coupons = document.get_mut("coupons").and_then(Value::as_array_mut);
    for coupon in coupons.into_iter().flatten().filter_map(Value::as_object_mut) {
        if coupon.contains_key("key") {
            continue;
        }
        let code = coupon.get("code").and_then(Value::as_str);
        let Some(key) = code.and_then(|code| Coupon::key(code, secret)) else { continue };
        coupon.remove("code");
        coupon.insert("key".to_owned(), key.to_hex().into());
    }
    document
}

fn attempt(
    store: &dyn Store,
    (json, document): (&[u8], &Value),
    cases: &CaseRunner,
    context: &ChangeContext,
) -> Result<Imported, AdminError> {
    let faults = |faults: Faults| AdminError::Faults(LineFault::located(json, faults));
    let judged = Judged::read(store, document, &cases.secret, |_, _| false)?.map_err(faults)?;
    let owners = breaking::owners(document);
    let broken = judged.broken(cases, document, |owner| owner.is_none_or(|owner| owners.contains(owner)));
    let (failing_cases, warned_cases) = (broken.refusing.len(), broken.warned.len());
    if failing_cases > 0 && !context.despite_failing_cases {
        return Err(faults(judged.told_of_cases(document, broken.refusing)));
    }
    let action = if failing_cases == 0 { "catalogue_imported" } else { DESPITE_FAILING_CASES };
    let committed =
        judged.commit(store, judged.rows(document), &context.act(action, None), (context.at, context.dry_run))?;
    Ok(Imported { failing_cases, warned_cases, ..Imported::of(committed) })
}

/// A document together with the rules that are there.
pub(crate) struct Judged {
    /// As of which state.
    head: Head,
    /// The document, and behind it what it does not name.
    merged: Value,
    /// The same, read.
    pub(crate) checked: Catalogue,
    there: There,
    /// Of what is there, that whose place the document takes.
    replaced: HashMap<Kind, Vec<(Box<str>, Value)>>,
}

impl Judged {
    /// Judges a document together with the rules of a store, but for those whose place it takes; the inner error tells every
    /// fault of it.
    pub(crate) fn read(
        store: &dyn Store,
        document: &Value,
        secret: &IdentifierSecret,
        replaces: impl Fn(Kind, &str) -> bool,
    ) -> Result<Result<Self, Faults>, StoreError> {
        let (head, mut there) = There::read(store, document, secret)?;
        let mut replaced = HashMap::new();
        for (kind, entries) in &mut there.entries {
            replaced.insert(*kind, entries.extract_if(.., |(key, _)| replaces(*kind, key)).collect());
        }
        let judge = || {
            let merged = there.merged_with(document)?;
            let checked = Catalogue::from_value(&merged).map_err(|found| there.told_of(document, found))?;
            there.check_published(document)?;
            Ok((merged, checked))
        };
        Ok(judge().map(|(merged, checked)| Self { head, merged, checked, there, replaced }))
    }

    /// As of which revision.
    pub(crate) fn revision(&self) -> Revision {
        self.head.revision
    }

    /// The document, and behind it what it does not name.
    pub(super) fn merged(&self) -> &Value {
        &self.merged
    }

    /// What is there without the document; none if it can't be read.
    pub(super) fn before(&self) -> Option<Catalogue> {
        let said = ["currency", "languages"].into_iter().filter_map(|name| Some((name, self.merged.get(name)?)));
        let mut document: Map<String, Value> = said.map(|(name, value)| (name.to_owned(), value.clone())).collect();
        for (list, kind) in LISTS {
            let replaced = self.replaced.get(&kind).into_iter().flatten();
            let all = self.there.of(kind).iter().chain(replaced).map(|(_, entry)| entry.clone());
            document.insert(list.to_owned(), all.collect());
        }
        Catalogue::from_value(&Value::Object(document)).ok()
    }

    /// Failed cases by the places of the document; those of what is there are told by their names.
    pub(crate) fn told_of_cases(&self, document: &Value, failed: Vec<FailedCase>) -> Faults {
        self.there.told_of(document, FailedCase::faults(failed))
    }

    /// The rows that the document brings.
    pub(crate) fn rows(&self, document: &Value) -> Vec<Row> {
        rows(document, &self.merged)
    }

    /// Commits rows, if the rules are still those with which they were judged.
    pub(crate) fn commit(
        &self,
        store: &dyn Store,
        rows: Vec<Row>,
        act: &Act,
        (at, dry_run): (Timestamp, bool),
    ) -> Result<Committed, StoreError> {
        store.commit(Commit {
            rows: &mut rows.into_iter().map(|row| Ok(row.into())),
            unchanged: &[
                Unchanged::Scope { scope: Scope::Rules, since: self.head.revision },
                Unchanged::Brought { since: self.head.revision },
            ],
            act,
            at,
            dry_run,
        })
    }
}

/// What the audit calls a publication although cases failed.
pub(crate) const DESPITE_FAILING_CASES: &str = "catalogue_imported_despite_failing_cases";

/// The lists of a catalogue, with their kinds.
const LISTS: [(&str, Kind); 10] = [
    ("calendars", Kind::Calendar),
    ("groups", Kind::Group),
    ("slots", Kind::Slot),
    ("providers", Kind::Provider),
    ("benefits", Kind::Benefit),
    ("programs", Kind::Program),
    ("campaigns", Kind::Campaign),
    ("coupons", Kind::Coupon),
    ("prices", Kind::Price),
    ("cases", Kind::Case),
];

/// Under which key an entry of a list is kept; none if it does not say it readably.
pub(crate) fn key_of(kind: Kind, entry: &Value) -> Option<Box<str>> {
    let text = |field: &str| entry.get(field).and_then(Value::as_str);
    match kind {
        Kind::Calendar | Kind::Slot | Kind::Case => text("name").map(Into::into),
        Kind::Coupon => text("key").or_else(|| text("code")).map(Into::into),
        Kind::Price => Some(format!("{}/{}/{}", text("provider")?, text("product")?, text("from")?).into()),
        Kind::Benefit | Kind::Program => Some(version_key(text("code")?, entry.get("version")?.as_i64()?)),
        _ => text("code").map(Into::into),
    }
}

/// The coupons that cases present, by what their codes hash to.
fn presented<'a>(cases: impl Iterator<Item = &'a Value>, secret: &IdentifierSecret) -> HashSet<Box<str>> {
    let requests = cases.filter_map(|case| case.get("requests")?.as_array()).flatten();
    let codes = requests.filter_map(|request| request.get("coupons")?.as_array()).flatten().filter_map(Value::as_str);
    codes.filter_map(|code| Some(Coupon::key(code, secret)?.to_hex().into())).collect()
}

pub(super) fn entries<'a>(document: &'a Value, list: &str) -> &'a [Value] {
    document.get(list).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Rules that are known already.
pub(super) struct There {
    currency: Option<String>,
    languages: Option<Value>,
    entries: HashMap<Kind, Vec<(Box<str>, Value)>>,
}

impl There {
    /// Those of a store, and as of which state.
    fn read(store: &dyn Store, document: &Value, secret: &IdentifierSecret) -> Result<(Head, Self), StoreError> {
        let mut entries: HashMap<Kind, Vec<_>> = HashMap::new();
        let mut take = |stored| {
            if let Stored::Row(Row { kind, key, content: Some(content) }) = stored
                && let Ok(value) = serde_json::from_str::<Value>(&content)
            {
                entries.entry(kind).or_default().push((key, value));
            }
        };
        let head = store.snapshot(&[Scope::Rules], &mut take)?;
        let cases = entries.get(&Kind::Case).into_iter().flatten().map(|(_, case)| case);
        let mut wanted = presented(cases.chain(self::entries(document, "cases")), secret);
        wanted.extend(self::entries(document, "coupons").iter().filter_map(|coupon| key_of(Kind::Coupon, coupon)));
        if !wanted.is_empty() {
            // Of what may be millions those alone that a case presents or the document brings.
            let mut take = |stored| {
                if let Stored::Row(Row { kind, key, content: Some(content) }) = stored
                    && wanted.contains(&key)
                    && let Ok(value) = serde_json::from_str::<Value>(&content)
                {
                    entries.entry(kind).or_default().push((key, value));
                }
            };
            store.snapshot(&[Scope::Coupons], &mut take)?;
        }
        let deployment = entries.remove(&Kind::Deployment).unwrap_or_default();
        let currency = deployment.first().and_then(|(_, value)| value.get("currency")?.as_str().map(str::to_owned));
        let languages = deployment.first().and_then(|(_, value)| value.get("languages").cloned());
        Ok((head, Self { currency, languages, entries }))
    }

    /// What other documents bring; of entries of one name the last.
    fn of_documents(documents: &[Value]) -> Self {
        let mut entries: HashMap<Kind, Vec<(Box<str>, Value)>> = HashMap::new();
        for (list, kind) in LISTS {
            let all = documents.iter().flat_map(|document| self::entries(document, list));
            let keyed: HashMap<Box<str>, &Value> =
                all.filter_map(|entry| Some((key_of(kind, entry)?, entry))).collect();
            let mut known: Vec<_> = keyed.into_iter().map(|(key, entry)| (key, entry.clone())).collect();
            known.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
            entries.insert(kind, known);
        }
        let currency = documents.iter().find_map(|document| document.get("currency")?.as_str().map(str::to_owned));
        let languages = documents.iter().find_map(|document| document.get("languages").cloned());
        Self { currency, languages, entries }
    }

    pub(super) fn of(&self, kind: Kind) -> &[(Box<str>, Value)] {
        self.entries.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// Those that the document does not name.
    fn others<'a>(
        &'a self,
        document: &Value,
        (list, kind): (&str, Kind),
    ) -> impl Iterator<Item = &'a (Box<str>, Value)> {
        let named: HashSet<_> = entries(document, list).iter().filter_map(|entry| key_of(kind, entry)).collect();
        self.of(kind).iter().filter(move |(key, _)| !named.contains(key))
    }

    /// The document first, so that its own places stay, and behind it what is there.
    fn merged_with(&self, document: &Value) -> Result<Value, Faults> {
        let Value::Object(fields) = document else { return Err(Faults::of_document("expected an object")) };
        if let Some(currency) = &self.currency
            && fields.get("currency").and_then(Value::as_str).is_some_and(|other| other != currency)
        {
            return Err(Faults::at("/currency", format!("expected `{currency}`, the currency of this deployment")));
        }
        let mut merged = fields.clone();
        if let Some(languages) = self.languages.clone()
            && merged.get("languages").is_none_or(Value::is_null)
        {
            merged.insert("languages".to_owned(), languages);
        }
        for (list, kind) in LISTS {
            // What is no list is found by the reader.
            let Some(Value::Array(all)) = merged.get_mut(list).filter(|value| value.is_array()) else {
                if merged.get(list).is_none_or(Value::is_null) {
                    let others: Vec<Value> = self.of(kind).iter().map(|(_, value)| value.clone()).collect();
                    merged.insert(list.to_owned(), Value::Array(others));
                }
                continue;
            };
            all.extend(self.others(document, (list, kind)).map(|(_, value)| value.clone()));
        }
        Ok(Value::Object(merged))
    }

    /// Faults told by the places of the document; what the document breaks in what is there is told by its name.
    fn told_of(&self, document: &Value, mut faults: Faults) -> Faults {
        for fault in &mut faults.list {
            let mut steps = fault.pointer.splitn(4, '/').skip(1);
            let (list, place) = (steps.next().unwrap_or_default(), steps.next().and_then(|step| step.parse().ok()));
            let Some((list, kind)) = LISTS.into_iter().find(|(name, _)| *name == list) else { continue };
            let own = entries(document, list).len();
            let Some(other) = place.and_then(|place: usize| place.checked_sub(own)) else { continue };
            if let Some((key, _)) = self.others(document, (list, kind)).nth(other) {
                let field = steps.next().unwrap_or_default();
                fault.detail =
                    format!("breaks {} `{key}`, which is there already, at /{field}: {}", kind.word(), fault.detail);
                fault.pointer = format!("/{list}");
            }
        }
        faults
    }
}

/// The entries as rows, with what is said of the deployment as a whole there or in the document.
fn rows(document: &Value, merged: &Value) -> Vec<Row> {
    let said = |name: &str| merged.get(name).cloned().unwrap_or_default();
    let deployment = json!({ "currency": said("currency"), "languages": said("languages") });
    let mut rows = vec![row(Kind::Deployment, "deployment".into(), deployment)];
    for (list, kind) in LISTS {
        for entry in entries(document, list) {
            // What has no key was refused before.
            rows.extend(key_of(kind, entry).map(|key| row(kind, key, entry.clone())));
        }
    }
    rows
}

/// A row in the one way in which it is written: fields in order, none that says nothing.
fn row(kind: Kind, key: Box<str>, mut content: Value) -> Row {
    if let Value::Object(fields) = &mut content {
        let said: Map<String, Value> =
            std::mem::take(fields).into_iter().filter(|(_, value)| !value.is_null()).collect();
        *fields = said;
    }
    content.sort_all_objects();
    Row { kind, key, content: Some(content.to_string().into()) }
}
