//! What all rules stand on: slots and calendars, kept by who runs the installation; and which schemes of identifiers there are.

mod operations;
mod schemes;

use avis_core::Faults;
use avis_store::{Committed, Kind as RowKind, Row, StoreError};
use serde_json::{Map, Value, json};

use super::answer::{Answer, with_revision};
use super::call::Call;
use super::drafts::Failing;
use super::dry_run;
use super::policy::Reach;
use super::problem::{Code, Problem, moved};
use super::rules;
use super::secret::etag_of;
use super::shape::{Field, Kind, REASON, needed, optional};
use crate::import::{Judged, TRIES};

pub(crate) use operations::OPERATIONS;
pub(crate) use schemes::is_known_scheme;

/// A slot as it is written.
const SLOT: &[Field] = &[
    optional("policy", Kind::Word(&["best", "first", "all"])),
    needed("priority", Kind::Whole(0, 9_999)),
    optional("max_discount", Kind::Object(&[needed("rate", Kind::Whole(0, 10_000))])),
    REASON,
];

/// A calendar as it is written.
const CALENDAR: &[Field] = &[needed("dates", Kind::List(&Kind::Token(10, 10), 100_000)), REASON];

/// Why something goes.
const REMOVE: &[Field] = &[REASON];

/// With which revision it went.
const REMOVED: &[Field] = &[needed("revision", Kind::Whole(1, i64::MAX)), optional("warnings", dry_run::WARNINGS)];

/// A kind of entry that rules name.
struct Ground {
    kind: RowKind,
    /// Its list in a catalogue.
    list: &'static str,
    /// What the audit calls a change of it, and its end.
    acts: (&'static str, &'static str),
}

const SLOTS: Ground = Ground { kind: RowKind::Slot, list: "slots", acts: ("slot_set", "slot_removed") };
const CALENDARS: Ground =
    Ground { kind: RowKind::Calendar, list: "calendars", acts: ("calendar_set", "calendar_removed") };

/// `GET /slots/{name}`.
fn slot(call: &Call<'_>) -> Result<Answer, Problem> {
    read(call, &SLOTS)
}

/// `PUT /slots/{name}`.
fn set_slot(call: &Call<'_>) -> Result<Answer, Problem> {
    set(call, &SLOTS)
}

/// `DELETE /slots/{name}`.
fn remove_slot(call: &Call<'_>) -> Result<Answer, Problem> {
    remove(call, &SLOTS)
}

/// `GET /calendars/{name}`.
fn calendar(call: &Call<'_>) -> Result<Answer, Problem> {
    read(call, &CALENDARS)
}

/// `PUT /calendars/{name}`.
fn set_calendar(call: &Call<'_>) -> Result<Answer, Problem> {
    set(call, &CALENDARS)
}

/// `DELETE /calendars/{name}`.
fn remove_calendar(call: &Call<'_>) -> Result<Answer, Problem> {
    remove(call, &CALENDARS)
}

fn read(call: &Call<'_>, ground: &Ground) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let entry = rules.entry(ground.kind, call.path("name")).ok_or_else(|| Problem::from(Code::NotFound))?;
    Ok(Answer::of(entry.clone()))
}

/// The entry as the body has it, in the place of what was read, or new.
fn set(call: &Call<'_>, ground: &Ground) -> Result<Answer, Problem> {
    let name = call.path("name");
    let mut entry = Map::from_iter([("name".to_owned(), json!(name))]);
    let fields = call.body.as_object().into_iter().flatten();
    entry.extend(
        fields.filter(|(field, value)| *field != "reason" && !value.is_null()).map(|(k, v)| (k.clone(), v.clone())),
    );
    let entry = Value::Object(entry);
    let change = Change { kind: ground.kind, key: name, list: ground.list, entry: Some(&entry), action: ground.acts.0 };
    let (committed, warnings) = change.commit(call, |before| check_read(call, before))?;
    Ok(call.committed_with(&committed, &warnings, |revision| {
        Answer::of(with_revision(entry.clone(), revision)).tagged(etag_of(&entry))
    }))
}

/// What no rule names any more.
fn remove(call: &Call<'_>, ground: &Ground) -> Result<Answer, Problem> {
    let key = call.path("name");
    let change = Change { kind: ground.kind, key, list: ground.list, entry: None, action: ground.acts.1 };
    let (committed, warnings) = change.commit(call, |before| match before {
        Some(before) => call.check_match(&etag_of(before)),
        None => Err(Code::NotFound.into()),
    })?;
    Ok(call.committed_with(&committed, &warnings, |revision| Answer::of(json!({"revision": revision}))))
}

/// Refuses to write over what is there unless the caller read it.
///
/// # Errors
/// [`Code::PreconditionRequired`], [`Code::Changed`], and [`Code::NotFound`] where it is not there any more.
pub(crate) fn check_read(call: &Call<'_>, before: Option<&Value>) -> Result<(), Problem> {
    match (before, call.if_match.as_deref()) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Code::NotFound.into()),
        (Some(_), None) => Err(Code::PreconditionRequired.into()),
        (Some(before), Some(etag)) if etag_of(before) == etag => Ok(()),
        (Some(_), Some(_)) => Err(Code::Changed.into()),
    }
}

/// A change of one entry that rules refer to; none takes it away.
pub(crate) struct Change<'e> {
    pub(crate) kind: RowKind,
    pub(crate) key: &'e str,
    pub(crate) list: &'static str,
    pub(crate) entry: Option<&'e Value>,
    pub(crate) action: &'static str,
}

impl Change<'_> {
    /// Makes it, if the rules hold with it; cases of others that pass without it and fail with it are warned of. What was there is looked
    /// at before.
    ///
    /// # Errors
    /// What the look refuses; every fault by the fields of the body, and what it breaks in other rules; where an operator changes it, cases
    /// of nobody's rule that pass without it and fail with it.
    pub(crate) fn commit(
        &self,
        call: &Call<'_>,
        look: impl Fn(Option<&Value>) -> Result<(), Problem>,
    ) -> Result<(Committed, Vec<String>), Problem> {
        for _ in 0..TRIES {
            let rules = rules::rules(call.control)?;
            look(rules.entry(self.kind, self.key))?;
            let mut document = json!({"currency": rules.currency()});
            if let (Some(fields), Some(entry)) = (document.as_object_mut(), self.entry) {
                fields.insert(self.list.to_owned(), json!([entry]));
            }
            let goes = |kind: RowKind, key: &str| self.entry.is_none() && kind == self.kind && key == self.key;
            let judged = match Judged::read(&*call.control.store, &document, &call.control.cases.secret, goes)? {
                Ok(judged) if judged.revision() == rules.revision() => judged,
                Ok(_) => continue,
                Err(faults) => return Err(self.told(faults)),
            };
            let warnings = self.run_cases(call, &judged, &document)?;
            let mut rows = judged.rows(&document);
            if self.entry.is_none() {
                rows.push(Row { kind: self.kind, key: self.key.into(), content: None });
            }
            let act = call.act(self.action, Some((self.kind.word(), self.key)));
            match judged.commit(&*call.control.store, rows, &act, (call.now, call.is_dry())) {
                Ok(committed) => return Ok((committed, warnings)),
                Err(StoreError::Changed(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Code::Changed.into())
    }

    /// Runs every case. What is to be thought of before: who oversees all parties is told everything.
    fn run_cases(&self, call: &Call<'_>, judged: &Judged, document: &Value) -> Result<Vec<String>, Problem> {
        let party = if call.reach == Some(Reach::All) { None } else { Some(call.party()?) };
        let broken = judged.broken(&call.control.cases, document, |owner| owner == party);
        if !broken.refusing.is_empty() {
            let problem = self.told(judged.told_of_cases(document, broken.refusing));
            return Err(Problem { code: Code::CaseFailed, ..problem });
        }
        Ok(Failing::told_to(party, call.control, judged, broken.warned)?.warnings())
    }

    /// Faults of the catalogue by the fields of the body.
    fn told(&self, faults: Faults) -> Problem {
        let own = format!("/{}/0", self.list);
        Problem::of_document(faults, |pointer| moved(pointer, &own, ""))
    }
}
