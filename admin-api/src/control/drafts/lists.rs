//! Rules as rows of lists: each is a draft as it would be sent, with its grantor; and the newest version of a benefit in that shape.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use avis_store::records::{RecordChange, RecordFilter};
use avis_store::{AuditEntry, Kind as RowKind, Registry};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::judging::{canonical_text, case_name, content_hash, publishes};
use super::subject::Subject;
use super::{DRAFT, Draft, NEW, OPEN_DRAFTS_MAX, OPEN_STATES};
use crate::control::kept::{self, Object};
use crate::control::parties::{self, Party};
use crate::control::problem::{Code, Problem};
use crate::control::rules::Rules;
use crate::control::secret;
use crate::control::shape::{Field, check, is_code};

/// The fields of a row: those of a draft that is made, and whose it is.
pub(crate) const FIELDS: &[&str] = &["kind", "code", "grantor", "base", "content", "cases", "publish_at", "note"];

/// A row of a list of rules.
pub(crate) struct Listed {
    grantor: String,
    /// Whether the row says on which version it is based; else it is the newest.
    names_base: bool,
    draft: Draft,
}

/// A field of a row and what is wrong with it.
pub(crate) type Fault = (&'static str, &'static str);

/// What a list of rules makes.
pub(crate) struct Planned {
    changes: Vec<RecordChange>,
    drafts: Vec<(String, String, Draft)>,
    /// Rows that say what is published or drafted already.
    pub(crate) unchanged: u64,
}

impl Listed {
    /// Reads a row, of a user.
    ///
    /// # Errors
    /// Its first fault.
    pub(crate) fn read(row: &Value, by: &str) -> Result<Self, Fault> {
        let mut body = row.clone();
        let grantor = body.as_object_mut().and_then(|fields| fields.remove("grantor"));
        let grantor =
            grantor.as_ref().and_then(Value::as_str).filter(|code| is_code(code)).ok_or(("grantor", "invalid"))?;
        check(&body, NEW).map_err(|problem| told(&problem))?;
        let not_given = |name: &&str| row.pointer(&format!("/content/{name}")).is_some_and(|value| !value.is_null());
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let (kind, code) = (Subject::of_word(text("kind")), text("code"));
        if kind.not_in_content().iter().any(not_given) {
            return Err(("content", "unknown_field"));
        }
        let draft = Draft::of(&body, (kind, code), by);
        Ok(Self { grantor: grantor.to_owned(), names_base: draft.base.is_some(), draft })
    }

    /// How many bytes of text it keeps.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.draft.content.to_string().len()
    }
}

/// The fault of a row that a problem tells.
fn told(problem: &Problem) -> Fault {
    let pointer = problem.errors.first().map(|fault| &*fault.pointer).unwrap_or_default();
    let field = NEW.iter().map(|field: &Field| field.name).find(|name| pointer.split('/').nth(1) == Some(name));
    let code = if problem.code == Code::LooksLikeAnIdentifier { "looks_like_an_identifier" } else { "invalid" };
    (field.unwrap_or_default(), code)
}

/// What all rows would make together, or the faults of some, by their places; of one grantor's alone, or of any.
pub(crate) fn plan(
    rows: &[&Listed],
    (registry, rules): (&dyn Registry, &Arc<Rules>),
    own: Option<&str>,
    now: Timestamp,
) -> Result<(Planned, Vec<(usize, Fault)>), Problem> {
    let mut planned = Planned { changes: Vec::new(), drafts: Vec::new(), unchanged: 0 };
    let (mut faults, mut seen, mut grantors) = (Vec::new(), HashSet::new(), BTreeMap::new());
    for (place, row) in rows.iter().enumerate() {
        let grantor = match grantors.entry(row.grantor.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                planned.changes.push(kept::turn(registry, &format!("drafts {}", row.grantor), now)?);
                new.insert(Grantor::read(registry, &row.grantor, own, now)?)
            }
        };
        let judged = if seen.insert((row.draft.kind, row.draft.code.clone())) {
            judged(row, rules, grantor)
        } else {
            Err(("code", "repeated"))
        };
        match judged {
            Err(fault) => faults.push((place, fault)),
            Ok(None) => planned.unchanged += 1,
            Ok(Some(draft)) => {
                let id = secret::id(now)?;
                planned.changes.push(kept::make(&id, &draft, (&row.grantor, DRAFT), None));
                planned.drafts.push((id, row.grantor.clone(), draft));
            }
        }
    }
    Ok((planned, faults))
}

/// The draft that a row makes; none where it says what there is already.
fn judged(row: &Listed, rules: &Rules, grantor: &mut Grantor) -> Result<Option<Draft>, Fault> {
    if let Some(fault) = grantor.fault {
        return Err(("grantor", fault));
    }
    let kind = row.draft.kind;
    let newest = kind.newest(rules, &row.draft.code);
    let mut draft = row.draft.clone();
    if !row.names_base {
        draft.base = newest;
    }
    if kind.owner(rules, &draft.code).is_some_and(|owner| owner != row.grantor) {
        return Err(("code", "not_yours"));
    }
    if draft.base.is_some_and(|base| !kind.can_be_based_on(rules, &draft.code, base)) {
        return Err(("base", "unknown_version"));
    }
    if newest.is_some_and(|version| is_published(&draft, (&row.grantor, version), rules)) {
        return Ok(None);
    }
    if !grantor.open.insert(content_hash(&draft)) {
        return Ok(None);
    }
    let is_full = grantor.open.len() > OPEN_DRAFTS_MAX;
    if is_full { Err(("", "too_many_drafts")) } else { Ok(Some(draft)) }
}

/// Whether a draft says what a version says, with the same cases.
fn is_published(draft: &Draft, (owner, version): (&str, i64), rules: &Rules) -> bool {
    let there = draft.kind.version(rules, &draft.code, version);
    let prefix = draft.kind.case_prefix(&draft.code);
    let given = draft.cases.iter().map(|case| normal_case(&prefix, case)).collect::<BTreeSet<_>>();
    let known = cases_of(rules, &prefix).map(|case| normal_case(&prefix, case)).collect();
    there.is_some_and(|there| publishes(draft, (owner, version), there)) && given == known
}

/// The cases of a benefit that are there.
pub(crate) fn cases_of_benefit<'r>(rules: &'r Rules, code: &str) -> Vec<&'r Value> {
    cases_of(rules, &Subject::Benefit.case_prefix(code)).collect()
}

/// The cases of a programme that are there.
pub(crate) fn cases_of_programme<'r>(rules: &'r Rules, code: &str) -> Vec<&'r Value> {
    cases_of(rules, &Subject::Program.case_prefix(code)).collect()
}

pub(super) fn cases_of<'r, 'p>(rules: &'r Rules, prefix: &'p str) -> impl Iterator<Item = &'r Value> + use<'r, 'p> {
    rules.entries(RowKind::Case).filter(move |(name, _)| name.starts_with(prefix)).map(|(_, case)| case)
}

/// A case in one form: its name as it is kept, and no field that says nothing.
pub(super) fn normal_case(prefix: &str, case: &Value) -> String {
    let mut case = case.clone();
    if let Some(fields) = case.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
        let name = fields.get("name").and_then(Value::as_str).map(|name| case_name(prefix, name));
        fields.extend(name.map(|name| ("name".to_owned(), json!(name))));
    }
    canonical_text(&case)
}

/// What is asked of a grantor once, however many rows name it.
struct Grantor {
    /// Why no row can be its.
    fault: Option<&'static str>,
    /// The hashes of its drafts that are not published yet.
    open: BTreeSet<String>,
}

impl Grantor {
    fn read(registry: &dyn Registry, code: &str, own: Option<&str>, now: Timestamp) -> Result<Self, Problem> {
        let party = kept::load::<Party>(registry, code, now)?;
        let is_grantor = party.is_some_and(|it| it.state() == parties::ACTIVE && it.object.has("grantor"));
        let is_other = own.is_some_and(|own| own != code);
        let word = if own.is_some() { "not_yours" } else { "unknown_grantor" };
        let fault = (is_other || !is_grantor).then_some(word);
        let mut open = BTreeSet::new();
        for state in OPEN_STATES {
            let filter = RecordFilter { owner: Some(code), state: Some(state), ..RecordFilter::default() };
            open.extend(kept::all::<Draft>(registry, &filter, now)?.iter().map(|draft| content_hash(&draft.object)));
        }
        Ok(Self { fault, open })
    }
}

impl Planned {
    /// How many drafts are made.
    pub(crate) fn added(&self) -> u64 {
        self.drafts.len() as u64
    }

    /// The changes and the entries that make the drafts, each entry like one that tells of the whole list.
    pub(crate) fn changes(&self, whole: &AuditEntry) -> (Vec<RecordChange>, Vec<AuditEntry>) {
        let entry = |(id, owner, draft): &(String, String, Draft)| {
            let mut entry = whole.clone();
            entry.act.action = "draft_made".to_owned();
            entry.act.object = Some(avis_store::AuditObject { kind: Draft::KIND.to_owned(), key: id.clone() });
            entry.act.owner = Some(owner.clone());
            entry.after = Some(draft.told(DRAFT).to_string());
            entry
        };
        let entries = self.drafts.iter().map(entry).chain([whole.clone()]).collect();
        (self.changes.clone(), entries)
    }
}

/// The newest version of a benefit as a row of a list.
pub(crate) fn row_of(rules: &Rules, code: &str) -> Option<Value> {
    let newest = rules.version(code, rules.newest_version(code)?)?;
    let mut content = newest.clone();
    if let Some(fields) = content.as_object_mut() {
        fields.retain(|name, _| !Subject::Benefit.not_in_content().contains(&&**name));
    }
    let cases = cases_of_benefit(rules, code);
    Some(json!({"code": code, "grantor": rules.grantor_of(code), "content": content, "cases": cases}))
}
