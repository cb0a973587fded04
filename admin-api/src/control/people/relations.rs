//! For whom a person may speak: parents for children, guardians for wards, as a list of the registry says it. No engine follows it.
//!
//! What is known of all guardians lies in a bounded number of records by what the audit names them, so that a list of any length is
//! one change of those records, or none.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use avis_core::Span;
use avis_store::records::RecordChange;
use avis_store::{Act, AuditEntry};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::handle::{Capacity, Handle, Held, held, own};
use crate::control::Control;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, needed, optional};

/// How a person stands to who speaks for them.
pub(crate) const RELATIONS: &[&str] = &["child", "ward"];

/// For how many one person speaks, in the past and in what is to come among them.
pub(crate) const SPOKEN_FOR_MAX: usize = 100;

/// Digits of a subject by which records are told apart: 4,096 of them.
const DIGITS: usize = 3;

/// For whom a person speaks.
pub(super) const SHOWN: &[Field] = &[
    needed("handle", Kind::Id),
    needed("relation", Kind::Word(RELATIONS)),
    optional("birth_date", Kind::Token(10, 10)),
    optional("from", Kind::Token(10, 40)),
    optional("until", Kind::Token(10, 40)),
];

/// For whom guardians speak whose subjects begin alike, by their subjects.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Guardians(BTreeMap<String, Vec<Relation>>);

impl Object for Guardians {
    const KIND: &'static str = "guardians";
}

/// That somebody speaks for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Relation {
    /// The code of the person who is spoken for.
    pub(crate) holder: String,
    /// One of [`RELATIONS`].
    pub(crate) relation: String,
    /// When; its dates are read in the zone of the deployment.
    #[serde(flatten)]
    pub(crate) span: Span,
}

/// What became of a relation that a list names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    Added,
    Changed,
    Unchanged,
}

impl Relation {
    fn holds_at(&self, now: Timestamp, zone: &TimeZone) -> bool {
        self.span.resolve(zone).contains(now)
    }
}

/// The key of the record in which a guardian stands.
pub(crate) fn key_of(subject: &str) -> &str {
    subject.get(..DIGITS).unwrap_or(subject)
}

impl Guardians {
    /// Writes a relation, which is known by its person and its beginning; none where there are too many.
    pub(crate) fn put(&mut self, guardian: &str, relation: Relation) -> Option<Put> {
        let all = self.0.entry(guardian.to_owned()).or_default();
        let has_room = all.len() < SPOKEN_FOR_MAX;
        let known = all.iter_mut().find(|one| one.holder == relation.holder && one.span.from == relation.span.from);
        match known {
            Some(known) if *known == relation => Some(Put::Unchanged),
            Some(known) => {
                *known = relation;
                Some(Put::Changed)
            }
            None => has_room.then(|| {
                all.push(relation);
                Put::Added
            }),
        }
    }

    /// Forgets a person, as who speaks and as who is spoken for; whether there was anything.
    fn forget(&mut self, subject: &str, code: &str) -> bool {
        let mut was_there = self.0.remove(subject).is_some();
        for all in self.0.values_mut() {
            let before = all.len();
            all.retain(|relation| relation.holder != code);
            was_there |= all.len() != before;
        }
        self.0.retain(|_, all| !all.is_empty());
        was_there
    }
}

/// For whom a person speaks at a moment: each once, of whom the person is several things by the one that lasts longest.
fn spoken_for(control: &Control, subject: &str, now: Timestamp) -> Result<Vec<Relation>, Problem> {
    let found = kept::load::<Guardians>(&*control.registry, key_of(subject), now)?;
    let mut all = found.and_then(|mut found| found.object.0.remove(subject)).unwrap_or_default();
    let zone = &control.cases.zone;
    all.retain(|relation| relation.holds_at(now, zone));
    // What has no end comes before what has one.
    let end =
        |relation: &Relation| relation.span.resolve(zone).until.map_or((0, None), |until| (1, Some(Reverse(until))));
    all.sort_by(|one, other| (&one.holder, end(one)).cmp(&(&other.holder, end(other))));
    all.dedup_by(|shorter, longest| shorter.holder == longest.holder);
    Ok(all)
}

/// The handle that a guardian has on a person: the same for as long as it is one.
fn handle_of(control: &Control, guardian: &str, code: &str) -> String {
    let parts = [guardian.as_bytes(), code.as_bytes()];
    control.cases.secret.id_for("avis handle of who is spoken for", &parts).to_string()
}

/// Whom a handle names for whom the caller speaks.
///
/// # Errors
/// [`Code::NotFound`] for nobody.
pub(super) fn held_for(call: &Call<'_>, guardian: &Held, handle: &str) -> Result<Held, Problem> {
    let found = all_held_for(call, guardian)?.into_iter().find(|(known, _)| known == handle);
    found.map(|(_, held)| held).ok_or_else(|| Code::NotFound.into())
}

/// All for whom a person speaks now, by their handles.
pub(super) fn all_held_for(call: &Call<'_>, guardian: &Held) -> Result<Vec<(String, Held)>, Problem> {
    let held = |Relation { holder, relation, .. }: Relation| {
        let (known_by, subject) =
            (handle_of(call.control, &guardian.subject, &holder), super::subject(call.control, &holder));
        let handle = Handle { holder, by: guardian.handle.by.clone(), reason: relation };
        (known_by, Held { handle, expires_at: None, subject, capacity: Capacity::Guardian })
    };
    Ok(spoken_for(call.control, &guardian.subject, call.now)?.into_iter().map(held).collect())
}

/// By what the audit names who signed in as a person, and those for whom the person speaks now; none of a user.
pub(crate) fn subjects(call: &Call<'_>) -> Result<Vec<String>, Problem> {
    let Some(own) = own(call)? else { return Ok(Vec::new()) };
    let others = spoken_for(call.control, &own.subject, call.now)?;
    let others = others.iter().map(|relation| super::subject(call.control, &relation.holder));
    Ok(others.chain([own.subject]).collect())
}

/// `GET /people/{handle}/relations`: those for whom a person speaks now, each under a handle of their own.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let held = held(call)?;
    // Who is spoken for speaks for nobody through another.
    if held.capacity != Capacity::Own {
        return Err(Code::NotFound.into());
    }
    held.shown(call, "person_relations_read", &["relations"])?;
    let (mut shown, mut entries) = (Vec::new(), Vec::new());
    for Relation { holder, relation, span } in spoken_for(call.control, &held.subject, call.now)? {
        let Some(facts) = super::facts(call.control, &holder)? else { continue };
        let handle = handle_of(call.control, &held.subject, &holder);
        let subject = super::subject(call.control, &holder);
        let act = super::act_on(call, "person_read", &subject);
        let act = Act { on_behalf: Some(subject), reason: Some(relation.clone()), ..act };
        let after = Some(json!({"shown": ["birth_date"]}).to_string());
        entries.push(AuditEntry { after, ..AuditEntry::new(call.now, act) });
        let one = json!({"handle": handle, "relation": relation, "birth_date": facts.birth_date, "from": span.from,
            "until": span.until});
        shown.push((handle, one));
    }
    // Each of them is told who looked, before anything is shown.
    call.control.registry.append(&entries)?;
    shown.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(page.answer_of_all(shown))
}

/// All relations that are known, each with the guardian as the audit names them.
pub(crate) fn all(control: &Control, now: Timestamp) -> Result<Vec<(String, Relation)>, Problem> {
    let found = kept::all::<Guardians>(&*control.registry, &avis_store::records::RecordFilter::default(), now)?;
    let of_each = found.into_iter().flat_map(|found| found.object.0);
    Ok(of_each.flat_map(|(guardian, all)| all.into_iter().map(move |one| (guardian.clone(), one))).collect())
}

/// Forgets a person in all relations.
pub(super) fn forget(call: &Call<'_>, subject: &str, code: &str) -> Result<(), Problem> {
    let registry = &*call.control.registry;
    for mut kept in kept::all::<Guardians>(registry, &avis_store::records::RecordFilter::default(), call.now)? {
        if kept.object.forget(subject, code) {
            registry.change(&[kept.replace("")], &[])?;
        }
    }
    Ok(())
}

/// The records of guardians, by keys, and what they become.
#[derive(Default)]
pub(crate) struct Changing(BTreeMap<String, (Option<Kept<Guardians>>, Guardians, bool)>);

impl Changing {
    /// Writes a relation of a guardian into their record, which is read once; none where there are too many.
    ///
    /// # Errors
    /// A store that can't be read.
    pub(crate) fn put(
        &mut self,
        registry: &dyn avis_store::Registry,
        (guardian, relation): (&str, Relation),
        now: Timestamp,
    ) -> Result<Option<Put>, Problem> {
        let key = key_of(guardian);
        if !self.0.contains_key(key) {
            let mut before = kept::load::<Guardians>(registry, key, now)?;
            let known = before.as_mut().map(|before| std::mem::take(&mut before.object)).unwrap_or_default();
            self.0.insert(key.to_owned(), (before, known, false));
        }
        let Some((_, known, is_changed)) = self.0.get_mut(key) else { return Ok(None) };
        let put = known.put(guardian, relation);
        *is_changed |= matches!(put, Some(Put::Added | Put::Changed));
        Ok(put)
    }

    /// The records that are to be written.
    pub(crate) fn changes(&self) -> Vec<RecordChange> {
        let changed = self.0.iter().filter(|(_, (_, _, is_changed))| *is_changed);
        let change = |(key, (before, known, _)): (&String, &(Option<Kept<Guardians>>, Guardians, bool))| {
            let before = before.as_ref().map(|before| &before.record);
            RecordChange::put(before, Guardians::KIND, key, kept::value(known, "", "", None))
        };
        changed.map(change).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(holder: &str, from: &str) -> Relation {
        let span = serde_json::from_value(json!({"from": from})).unwrap();
        Relation { holder: holder.to_owned(), relation: "child".to_owned(), span }
    }

    #[test]
    fn a_relation_is_known_by_its_person_and_its_beginning() {
        let mut known = Guardians::default();
        assert_eq!(known.put("g", relation("a", "2020-01-01")), Some(Put::Added));
        assert_eq!(known.put("g", relation("a", "2020-01-01")), Some(Put::Unchanged));
        let ended = Relation { relation: "ward".to_owned(), ..relation("a", "2020-01-01") };
        assert_eq!(known.put("g", ended), Some(Put::Changed));
        assert_eq!(known.put("g", relation("a", "2024-01-01")), Some(Put::Added));
        assert_eq!(known.0["g"].len(), 2);
    }

    #[test]
    fn one_person_speaks_for_a_bounded_number_of_others() {
        let mut known = Guardians::default();
        for number in 0..SPOKEN_FOR_MAX {
            assert_eq!(known.put("g", relation(&number.to_string(), "2020-01-01")), Some(Put::Added));
        }
        assert_eq!(known.put("g", relation("one more", "2020-01-01")), None);
        assert_eq!(known.put("h", relation("one more", "2020-01-01")), Some(Put::Added));
    }

    #[test]
    fn who_is_erased_speaks_for_nobody_and_nobody_for_them() {
        let mut known = Guardians::default();
        known.put("g", relation("a", "2020-01-01"));
        known.put("g", relation("b", "2020-01-01"));
        known.put("of a", relation("c", "2020-01-01"));
        assert!(known.forget("of a", "a") && !known.forget("of a", "a"));
        assert_eq!(known.0.keys().collect::<Vec<_>>(), ["g"]);
        assert_eq!(known.0["g"], [relation("b", "2020-01-01")]);
    }
}
