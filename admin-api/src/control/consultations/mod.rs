//! Remote consultations: a person at a desk, a specialist of an institution, and a time that the specialist published.

mod booking;
mod holding;
mod institutions;
mod operations;
mod times;

pub(crate) use booking::on_paper;
pub(crate) use operations::OPERATIONS;

use avis_store::records::{RecordChange, RecordFilter};
use avis_store::{AuditEntry, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Control;
use super::answer::Answer;
use super::call::Call;
use super::kept::{self, Kept, Object};
use super::link;
use super::list::Page;
use super::people;
use super::policy::{Reach, Role};
use super::problem::{Code, Problem};
use super::shape::{Field, Kind, needed, optional};

/// A specialist is still to be found.
const REQUESTED: &str = "requested";
/// It has its time.
const BOOKED: &str = "booked";
/// It goes on.
const RUNNING: &str = "running";
/// It was held.
const DONE: &str = "done";
/// The person, or the specialist, did not come.
const NO_SHOW: &str = "no_show";
/// It is not held.
const CANCELLED: &str = "cancelled";
const STATES: &[&str] = &[REQUESTED, BOOKED, RUNNING, DONE, NO_SHOW, CANCELLED];

/// Where the person sits.
pub(crate) const PLACES: &[&str] = &["centre", "library", "brigade", "home"];
/// What it came to.
const OUTCOMES: &[&str] = &["solved", "application_made", "sent_on", "not_solved"];

/// Characters of a note.
pub(crate) const NOTE: Kind = Kind::Text(0, 2_000);

/// A consultation as it is shown: whom it is for is in no answer, and notes are for those who serve the person alone; the person reads
/// what it came to.
const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("party", Kind::Code),
    needed("institution", Kind::Code),
    needed("topic", Kind::Code),
    needed("state", Kind::Word(STATES)),
    needed("place", Kind::Word(PLACES)),
    needed("agreed", Kind::Truth),
    needed("requested_at", Kind::Instant),
    optional("form", Kind::Code),
    optional("at", Kind::Instant),
    optional("minutes", Kind::Whole(1, 24 * 60)),
    optional("link", Kind::Token(1, link::CHARACTERS_MAX)),
    optional("telephone", Kind::Token(1, 30)),
    optional("started_at", Kind::Instant),
    optional("ended_at", Kind::Instant),
    optional("outcome", Kind::Word(OUTCOMES)),
    optional("note", NOTE),
    optional("result", NOTE),
];

/// A consultation as it is kept, of the centre that asked for it.
#[derive(Serialize, Deserialize)]
struct Consultation {
    institution: String,
    topic: String,
    place: String,
    /// The code of the holder; none once it is over.
    holder: Option<String>,
    /// By what the audit names the person.
    subject: String,
    /// Whether the person agreed that the specialist sees them.
    agreed: bool,
    requested_at: Timestamp,
    /// The number of the form on paper by which it was asked for.
    #[serde(default)]
    form: Option<String>,
    time: Option<Time>,
    telephone: Option<String>,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    outcome: Option<String>,
    note: Option<String>,
    result: Option<String>,
}

/// The time of a consultation.
#[derive(Clone, Serialize, Deserialize)]
struct Time {
    /// The key of the record that is taken.
    key: String,
    at: Timestamp,
    minutes: i64,
    /// The user who published it.
    specialist: String,
    link: String,
}

impl Time {
    fn ends_at(&self) -> Timestamp {
        self.at.saturating_add(SignedDuration::from_mins(self.minutes)).unwrap_or(self.at)
    }
}

impl Object for Consultation {
    const KIND: &'static str = "consultation";
}

/// That an institution was asked for a consultation by another, under both: by it the institution finds what is not its own.
#[derive(Serialize, Deserialize)]
struct AskedOf {}

impl Object for AskedOf {
    const KIND: &'static str = "consultation_of";
}

/// By which an institution finds a consultation.
fn asked_of(institution: &str, id: &str) -> RecordChange {
    kept::make(&format!("{institution}/{id}"), &AskedOf {}, (institution, ""), None)
}

/// That a consultation is for a person, under both: by it the person finds what was asked for at a desk.
#[derive(Serialize, Deserialize)]
struct AskedFor {}

impl Object for AskedFor {
    const KIND: &'static str = "consultation_for";
}

/// By which a person finds a consultation.
fn asked_for(subject: &str, id: &str) -> RecordChange {
    kept::make(&format!("{subject}/{id}"), &AskedFor {}, (subject, ""), None)
}

impl Kept<Consultation> {
    /// Whether the caller serves it, or oversees who does, the centre that asked and the institution that was asked; or is the person
    /// whom it is for, or speaks for them.
    fn is_of(&self, call: &Call<'_>) -> Result<bool, Problem> {
        if call.reach == Some(Reach::Person) {
            return Ok(people::subjects(call)?.contains(&self.object.subject));
        }
        Ok(call.reaches(self.owner()) || call.reaches(&self.object.institution))
    }

    /// Whether it is still to be held.
    fn waits(&self) -> bool {
        [REQUESTED, BOOKED].contains(&self.state())
    }

    fn shown(&self, call: &Call<'_>) -> Value {
        let Consultation { institution, topic, place, agreed, requested_at, time, .. } = &self.object;
        let Consultation { form, telephone, started_at, ended_at, outcome, note, result, .. } = &self.object;
        let serves = call.caller.as_ref().is_some_and(|caller| caller.is(Role::Clerk) || caller.is(Role::Specialist));
        let is_for_caller = call.reach == Some(Reach::Person);
        let noted = |note: &Option<String>| note.clone().filter(|_| serves && call.reach != Some(Reach::All));
        let came_to = if is_for_caller { result.clone() } else { noted(result) };
        json!({"id": self.record.key, "party": self.owner(), "institution": institution, "topic": topic,
            "state": self.state(), "place": place, "agreed": agreed, "requested_at": requested_at, "form": form,
            "at": time.as_ref().map(|time| time.at), "minutes": time.as_ref().map(|time| time.minutes),
            "link": time.as_ref().filter(|_| serves || is_for_caller).map(|time| &time.link), "telephone": telephone,
            "started_at": started_at, "ended_at": ended_at, "outcome": outcome,
            "note": noted(note), "result": came_to})
    }

    /// An entry of the audit for the person whom it is for.
    fn entry(&self, call: &Call<'_>, action: &str, after: &Value) -> AuditEntry {
        let mut act = call.act(action, Some(("consultation", &self.record.key)));
        act.on_behalf = Some(self.object.subject.clone()).filter(|subject| *subject != act.actor.id);
        let after = Some(after.to_string());
        AuditEntry { after, ..AuditEntry::new(call.now, act) }.of_party(self.owner())
    }
}

/// The consultation in the path; another's is as good as none.
fn find(call: &Call<'_>) -> Result<Kept<Consultation>, Problem> {
    let found = kept::load::<Consultation>(&*call.control.registry, call.path("id"), call.now)?;
    match found {
        Some(found) if found.is_of(call)? => Ok(found),
        _ => Err(Code::NotFound.into()),
    }
}

/// `GET /consultations/{id}`: what a slip is printed from.
fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let found = find(call)?;
    Ok(Answer::of(found.shown(call)).tagged(found.etag()))
}

/// `GET /consultations`: those that the own party asked for or was asked for, or those for the person who asks, in the order in which
/// they were asked for.
fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let registry = &*call.control.registry;
    let wanted = call.query.get("state").and_then(Value::as_str);
    let found = match call.reach {
        Some(Reach::All) => kept::all::<Consultation>(registry, &RecordFilter::default(), call.now)?,
        Some(Reach::Person) => of_person(call)?,
        _ => of_party(call, call.party()?)?,
    };
    let found = found.iter().filter(|one| wanted.is_none_or(|state| one.state() == state));
    Ok(page.answer_of_all(found.map(|one| (one.record.key.clone(), one.shown(call)))))
}

/// What a party asked for, and what it was asked for, by ids.
fn of_party(call: &Call<'_>, party: &str) -> Result<Vec<Kept<Consultation>>, Problem> {
    let registry = &*call.control.registry;
    let own = RecordFilter { owner: Some(party), ..RecordFilter::default() };
    let mut found = kept::all::<Consultation>(registry, &own, call.now)?;
    found.extend(of_index::<AskedOf>(call, party)?);
    found.sort_by(|one, other| one.record.key.cmp(&other.record.key));
    found.dedup_by(|one, other| one.record.key == other.record.key);
    Ok(found)
}

/// Those for the person who asks, and for whom the person speaks, by ids.
fn of_person(call: &Call<'_>) -> Result<Vec<Kept<Consultation>>, Problem> {
    let mut found = Vec::new();
    for subject in people::subjects(call)? {
        found.extend(of_index::<AskedFor>(call, &subject)?);
    }
    found.sort_by(|one, other| one.record.key.cmp(&other.record.key));
    Ok(found)
}

/// The consultations to which an index of an owner leads, by ids.
fn of_index<I: Object>(call: &Call<'_>, owner: &str) -> Result<Vec<Kept<Consultation>>, Problem> {
    led_to(call, &index::<I>(call, owner)?)
}

/// What an index of an owner has.
fn index<I: Object>(call: &Call<'_>, owner: &str) -> Result<Vec<Kept<I>>, Problem> {
    let own = RecordFilter { owner: Some(owner), ..RecordFilter::default() };
    kept::all::<I>(&*call.control.registry, &own, call.now)
}

/// The consultations to which what an index has leads.
fn led_to<I: Object>(call: &Call<'_>, index: &[Kept<I>]) -> Result<Vec<Kept<Consultation>>, Problem> {
    let mut found = Vec::new();
    for asked in index {
        let id = asked.record.key.split_once('/').map_or("", |(_, id)| id);
        found.extend(kept::load::<Consultation>(&*call.control.registry, id, call.now)?);
    }
    Ok(found)
}

/// Forgets which consultations were for a person, and what they say of the person; those that wait are not held.
pub(crate) fn forget(call: &Call<'_>, subject: &str) -> Result<(), Problem> {
    let (registry, known) = (&*call.control.registry, index::<AskedFor>(call, subject)?);
    for mut found in led_to(call, &known)? {
        let waits = found.waits();
        let freed = found.object.time.as_ref().filter(|_| waits).map(|time| times::free(call, time)).transpose()?;
        let Consultation { holder, note, result, .. } = &mut found.object;
        (*holder, *note, *result) = (None, None, None);
        let state = if waits { CANCELLED } else { found.state() }.to_owned();
        let changes: Vec<RecordChange> = std::iter::once(found.replace(&state)).chain(freed.flatten()).collect();
        registry.change(&changes, &[])?;
    }
    let removed: Vec<RecordChange> = known.iter().map(Kept::remove).collect();
    Ok(registry.change(&removed, &[])?)
}

/// Writes a consultation over what was read, in a state, with what else changes.
fn written(
    call: &Call<'_>,
    mut found: Kept<Consultation>,
    state: &str,
    (action, beside): (&str, Vec<RecordChange>),
) -> Result<Answer, Problem> {
    if [DONE, NO_SHOW, CANCELLED].contains(&state) {
        found.object.holder = None;
    }
    let entry = found.entry(call, action, &json!({"state": state}));
    let changes: Vec<RecordChange> = std::iter::once(found.replace(state)).chain(beside).collect();
    call.control.registry.change(&changes, &[entry])?;
    state.clone_into(&mut found.record.value.state);
    Ok(Answer::of(found.shown(call)).tagged(kept::etag(found.record.version + 1)))
}

impl Control {
    /// How many consultations were held with a specialist from a moment until another.
    ///
    /// # Errors
    /// A store that can't be read.
    pub fn consultations_held(&self, from: Timestamp, until: Timestamp) -> Result<u64, StoreError> {
        let (mut held, mut after) = (0, String::new());
        loop {
            let (kind, state) = (Consultation::KIND, Some(DONE));
            let filter = RecordFilter { kind, state, after: &after, ..RecordFilter::default() };
            let records = self.registry.records(&filter, 1_000)?;
            let Some(last) = records.last() else { return Ok(held) };
            after.clone_from(&last.key);
            let ended = records
                .iter()
                .filter_map(|record| serde_json::from_str::<Consultation>(&record.value.content).ok()?.ended_at);
            held += ended.filter(|at| (from..until).contains(at)).count() as u64;
        }
    }
}
