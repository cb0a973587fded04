//! To what a person consented, and those for whom the person speaks, and how it is taken back: a membership in a merchant's programme is
//! one consent.

use avis_core::loyalty::{Membership, Programme};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::handle::{Held, ME, own};
use super::{Person, changed, relations};
use crate::control::answer::{Answer, with_revision};
use crate::control::call::Call;
use crate::control::list::{CURSOR_FIELD, LIMIT_FIELD, Page};
use crate::control::loyalty;
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, needed, optional};

const ID: Field = needed("id", Kind::Id);
/// Whose it is: `me`, or the handle of who is spoken for.
const HANDLE: Field = needed("handle", Kind::Token(2, 36));
const KIND: Field = needed("kind", Kind::Word(&["membership"]));
const PROGRAM: Field = needed("program", Kind::Token(1, 300));
const PARTY: Field = optional("party", Kind::Token(1, 300));
const CONSENT: Field = needed("consent", Kind::Token(1, 300));
const FROM: Field = optional("from", Kind::Token(10, 40));
const UNTIL: Field = optional("until", Kind::Token(10, 40));

/// Whose are wanted; of all without it.
pub(super) const LISTED: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, optional("handle", Kind::Token(2, 36))];

/// A consent that stands: to whom, for what, and until when.
pub(super) const SHOWN: &[Field] = &[ID, HANDLE, KIND, PROGRAM, PARTY, CONSENT, FROM, UNTIL];

/// A consent that was taken back, and the revision from which on no till knows it.
pub(super) const WITHDRAWN: &[Field] =
    &[ID, HANDLE, KIND, PROGRAM, PARTY, CONSENT, FROM, UNTIL, needed("revision", Kind::Whole(1, i64::MAX))];

/// A membership that holds or is to begin, with its programme; none if the rules have that no more.
struct Standing {
    id: String,
    membership: Membership,
    programme: Option<Programme>,
}

impl Standing {
    fn zone(&self, call: &Call<'_>) -> TimeZone {
        let zone = self.programme.as_ref().map(|programme| &programme.time_zone);
        zone.unwrap_or(&call.control.cases.zone).clone()
    }

    fn shown(&self, handle: &str) -> Value {
        let Membership { program, span, consent, .. } = &self.membership;
        json!({"id": self.id, "handle": handle, "kind": "membership", "program": program, "consent": consent, "from": span.from,
            "until": span.until, "party": self.programme.as_ref().map(|programme| &programme.owner)})
    }
}

/// One consent a programme: the same id for as long as the person is a member.
fn id_of(call: &Call<'_>, held: &Held, program: &str) -> String {
    let parts = [held.subject.as_bytes(), program.as_bytes()];
    call.control.cases.secret.id_for("avis id of consents", &parts).to_string()
}

/// What stands of a person's consents, by ids.
fn standing(call: &Call<'_>, held: &Held, person: &Person) -> Result<Vec<Standing>, Problem> {
    let mut found: Vec<Standing> = Vec::new();
    for membership in &person.holder.holder.memberships {
        let (id, programme) =
            (id_of(call, held, &membership.program), loyalty::counting(call.control, &membership.program, call.now)?);
        let one = Standing { id, membership: membership.clone(), programme };
        if !membership.ended_at(call.now, &one.zone(call)) && found.iter().all(|other| other.id != one.id) {
            found.push(one);
        }
    }
    found.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(found)
}

/// The person who asks, and for whom the person speaks, by handles; nobody where a user asks.
fn spoken_for(call: &Call<'_>) -> Result<Vec<(String, Held)>, Problem> {
    let Some(own) = own(call)? else { return Ok(Vec::new()) };
    let mut all = relations::all_held_for(call, &own)?;
    all.insert(0, (ME.to_owned(), own));
    Ok(all)
}

/// `GET /me/consents`: what stands of one's own, and of those for whom one speaks; a user gave none.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let (wanted, mut all) = (call.query.get("handle").and_then(Value::as_str), spoken_for(call)?);
    if let Some(wanted) = wanted {
        all.retain(|(handle, _)| handle == wanted);
        if all.is_empty() {
            return Err(Code::NotFound.into());
        }
    }
    let mut shown: Vec<(String, Value)> = Vec::new();
    for (handle, held) in &all {
        let Some(person) = known(held.shown(call, "person_consents_read", &["memberships"]))? else { continue };
        let found = standing(call, held, &person)?;
        shown.extend(found.iter().map(|one| (one.id.clone(), one.shown(handle))));
    }
    shown.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(page.answer_of_all(shown))
}

/// A person who is still there.
fn known(person: Result<Person, Problem>) -> Result<Option<Person>, Problem> {
    match person {
        Err(problem) if problem.code == Code::NotFound => Ok(None),
        person => person.map(Some),
    }
}

/// The consent in the path, with whose it is.
fn wanted(call: &Call<'_>) -> Result<(String, Held, Standing), Problem> {
    for (handle, held) in spoken_for(call)? {
        let Some(person) = known(held.person(call))? else { continue };
        let found = standing(call, &held, &person)?.into_iter().find(|one| one.id == call.path("id"));
        if let Some(found) = found {
            return Ok((handle, held, found));
        }
    }
    Err(Code::NotFound.into())
}

/// `DELETE /me/consents/{id}`: the person leaves the programme at once; points stay until they expire.
pub(super) fn withdraw(call: &Call<'_>) -> Result<Answer, Problem> {
    let (handle, held, found) = wanted(call)?;
    let (program, zone) = (&*found.membership.program, found.zone(call));
    let act = held.act(call, "consent_withdrawn");
    let committed = changed(call, held.holder(), &act, &|holder| {
        let left = loyalty::left(call, (program, &zone), &mut holder.holder)?;
        left.ok_or_else(|| Code::NotFound.into())
    })?;
    let revision = committed.head.revision.number;
    let mut withdrawn = found.shown(&handle);
    if let Value::Object(fields) = &mut withdrawn {
        fields.insert("until".to_owned(), json!(call.now));
    }
    Ok(Answer::of(with_revision(withdrawn, revision)))
}
