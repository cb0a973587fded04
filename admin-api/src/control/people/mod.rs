//! People, as they see themselves, and as a clerk sees them: found by an exact identifier and with a reason, read for half an hour
//! under a handle, and each read in the audit before anything is shown.

mod blocking;
mod consents;
mod erasure;
mod finding;
mod handle;
mod means;
mod members;
mod operations;
mod pending;
mod points;
mod reading;
mod recognising;
mod relations;
mod tapping;
mod used;

pub(crate) use blocking::block_of as block_means;
pub(crate) use finding::{BOUNDS as FINDING_BOUNDS, FOUND};
pub(crate) use handle::{GOOD_FOR, Held, credential, held_in_body};
pub(crate) use means::{OnPaper as MeansOnPaper, proved_by_sign_in};
pub(crate) use operations::OPERATIONS;
pub(crate) use reading::{SEEN, facts};
pub(crate) use recognising::{note_look, standing};
pub(crate) use relations::{Changing, Put, RELATIONS, Relation, all as all_relations, subjects};

use avis_core::{IdentifierKey, IdentifierStatus, RegisteredHolder};
use avis_store::{
    Act, AuditObject, Commit, Committed, Head, Kind as RowKind, NewRow, Row, StoreError, Stored, Unchanged,
};

use jiff::Timestamp;

use super::Control;
use super::call::Call;
use super::problem::{Code, Problem};
use super::quota;
use crate::import::TRIES;

/// A person as the store has it at a moment.
pub(crate) struct Person {
    pub(crate) holder: RegisteredHolder,
    head: Head,
}

impl Person {
    /// Reads the person of a holder's code; none if there is none any more.
    pub(crate) fn of_code(control: &Control, code: &str) -> Result<Option<Self>, Problem> {
        let (head, found) = control.registry.rows(RowKind::Holder, &[code])?;
        found.into_iter().flatten().next().map(|stored| Self::read(head, &stored)).transpose()
    }

    /// Finds the person who is known by an identifier.
    pub(crate) fn known_by(control: &Control, key: IdentifierKey) -> Result<Option<Self>, Problem> {
        let (head, found) = control.registry.holders_by(&[key])?;
        found.into_iter().flatten().next().map(|stored| Self::read(head, &stored)).transpose()
    }

    /// The person whom the body of who may not look for people names. Who names nobody too often names nobody for a while.
    ///
    /// # Errors
    /// Nobody whom the store knows; too many of those.
    pub(crate) fn named(call: &Call<'_>) -> Result<Self, Problem> {
        let key = identifier_key(call)?;
        let missed = quota::take(call, &format!("missed {}", call.caller()?.user), FINDING_BOUNDS)?;
        if let Some(person) = Self::known_by(call.control, key)? {
            return Ok(person);
        }
        call.control.registry.change(&[missed], &[])?;
        Err(Problem::at("/value", "expected an identifier of somebody who is known"))
    }

    /// Nobody is shown of whom the store is not sure.
    fn read(head: Head, stored: &Stored) -> Result<Self, Problem> {
        let content = match stored {
            Stored::Row(row) => row.content.as_deref(),
            Stored::Altered { .. } | Stored::Unknown { .. } => None,
        };
        let holder = content.and_then(|content| RegisteredHolder::parse(content.as_bytes()).ok());
        let holder = holder.ok_or_else(|| {
            tracing::error!(target: "avis::control", "a holder's row is not what it was, or can't be read");
            Problem::from(Code::Failed)
        })?;
        Ok(Self { holder, head })
    }

    pub(crate) fn subject(&self, control: &Control) -> String {
        subject(control, &self.holder.holder.code)
    }
}

/// Who is known by an identifier that is active at a moment.
pub(crate) fn known_by_active(
    control: &Control,
    key: IdentifierKey,
    now: Timestamp,
) -> Result<Option<RegisteredHolder>, Problem> {
    let Some(Person { holder, .. }) = Person::known_by(control, key)? else { return Ok(None) };
    let known = holder.identifiers.iter().find(|known| known.key == key);
    let is_active = known.is_some_and(|known| known.state.at(now, &control.cases.zone) == IdentifierStatus::Active);
    Ok(is_active.then_some(holder))
}

/// By what the audit names a person: a keyed hash, which says nothing to who has not the key.
pub(crate) fn subject(control: &Control, code: &str) -> String {
    control.cases.secret.subject(code)
}

/// The keyed hash of what somebody shows.
///
/// # Errors
/// A value of which nothing is left in its normal form.
pub(crate) fn identifier_key(call: &Call<'_>) -> Result<IdentifierKey, Problem> {
    let key = IdentifierKey::of(call.text("scheme"), call.text("value"), &call.control.cases.secret);
    key.ok_or_else(|| Problem::at("/value", "expected more than blanks, dashes and what can't be seen"))
}

/// An act that concerns a person.
pub(crate) fn act_on(call: &Call<'_>, action: &str, subject: &str) -> Act {
    let object = AuditObject { kind: "person".to_owned(), key: subject.to_owned() };
    Act { object: Some(object), ..call.act(action, None) }
}

/// Writes a person as it became and other rows with it, if nobody changed any since it was read; none if somebody did.
fn commit(
    call: &Call<'_>,
    person: &Person,
    (row, others): (NewRow, Vec<Row>),
    act: &Act,
) -> Result<Option<Committed>, Problem> {
    let committed = call.control.store.commit(Commit {
        rows: &mut std::iter::once(row).chain(others.into_iter().map(NewRow::Row)).map(Ok),
        unchanged: &[Unchanged::Brought { since: person.head.revision }],
        act,
        at: call.now,
        dry_run: call.is_dry(),
    });
    match committed {
        Err(StoreError::Changed(_)) => Ok(None),
        committed => Ok(Some(committed?)),
    }
}

/// Refuses a person whom no engine could read.
fn check_readable(holder: &RegisteredHolder) -> Result<(), Problem> {
    let read = RegisteredHolder::parse(holder.to_json().as_bytes());
    read.map(drop).map_err(|faults| Problem::of_document(faults, |_| String::new()))
}

/// Changes a person over what others change meanwhile; the number of the revision.
///
/// # Errors
/// What the change refuses; a person that is gone; [`Code::Unavailable`] if others are always faster.
pub(crate) fn change(
    call: &Call<'_>,
    code: &str,
    act: &Act,
    change: &dyn Fn(&mut RegisteredHolder) -> Result<(), Problem>,
) -> Result<u64, Problem> {
    changed(call, code, act, &|holder| change(holder).map(|()| Vec::new()))
        .map(|committed| committed.head.revision.number)
}

/// The same with the other rows that change with the person, as it was committed, or would be.
pub(crate) fn changed(
    call: &Call<'_>,
    code: &str,
    act: &Act,
    change: &dyn Fn(&mut RegisteredHolder) -> Result<Vec<Row>, Problem>,
) -> Result<Committed, Problem> {
    for _ in 0..TRIES {
        let person = Person::of_code(call.control, code)?.ok_or_else(|| Problem::from(Code::NotFound))?;
        let mut holder = person.holder.clone();
        let others = change(&mut holder)?;
        check_readable(&holder)?;
        if let Some(committed) = commit(call, &person, (NewRow::Holder(Box::new(holder)), others), act)? {
            return Ok(committed);
        }
    }
    // What was counted or kept with it is not done once more.
    Err(Code::Unavailable.into())
}
