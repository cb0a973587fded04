//! From an approved draft to a version that every engine follows.
//!
//! The draft is claimed first, so that nobody changes it any more; then its version is committed; then the draft is marked. Whoever
//! publishes it again after a crash in between finds what was committed, and makes no second version.

use avis_store::{Act, AuditObject, Kind, Row, StoreError};
use jiff::Timestamp;

use super::judging::{self, Candidate};
use super::{APPROVED, Draft, PUBLISHED, Published, comparing, find_in, scheduling, write};
use crate::control::Control;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::dry_run;
use crate::control::kept::{self, Kept};
use crate::control::problem::{Code, Problem};
use crate::control::{parties, rules};
use crate::import::TRIES;

/// `POST /drafts/{id}/publish`: now, or at its time where that is still to come.
pub(super) fn publish(call: &Call<'_>) -> Result<Answer, Problem> {
    let draft = find_in(call, &[APPROVED])?;
    if call.is_dry() {
        let Checked { candidate, rows, warnings } = judged(call.control, &draft)?;
        let act = call.act(&published_action(&draft), None);
        let committed = candidate.judged.commit(&*call.control.store, rows, &act, (call.now, true))?;
        return Ok(dry_run::would(&committed.counts, &warnings));
    }
    if !draft.object.is_publishing && draft.object.publish_at.is_some_and(|at| at > call.now) {
        return scheduling::schedule(call, draft);
    }
    let draft = claim(call, draft)?;
    match committed(call.control, &draft, call.act(&published_action(&draft), None), call.now) {
        Ok((published, warnings)) => {
            let (published, not_published_because) = (Some(published), None);
            let new = Draft { is_publishing: false, published, not_published_because, ..draft.object.clone() };
            Ok(write(call, draft, new, (PUBLISHED, "draft_published"))?.warned(&warnings))
        }
        Err(problem) => {
            // What is not known to be refused may be there: only publishing can tell.
            if problem.code.status() < 500 {
                let new = Draft { is_publishing: false, ..draft.object.clone() };
                write(call, draft, new, (APPROVED, "draft_not_published"))?;
            }
            Err(problem)
        }
    }
}

/// Nobody but who publishes it changes it from now on.
fn claim(call: &Call<'_>, mut draft: Kept<Draft>) -> Result<Kept<Draft>, Problem> {
    if !draft.object.is_publishing {
        draft.object.is_publishing = true;
        draft.object.cases_before = Some(comparing::cases_there(&*rules::rules(call.control)?, &draft.object));
        let told = draft.object.told(APPROVED);
        let entry = call.entry("draft_claimed", ("draft", &draft.record.key), (None, Some(&told)));
        call.control.registry.change(&[draft.replace(APPROVED)], &[entry])?;
        let id = draft.record.key;
        draft = kept::load(&*call.control.registry, &id, call.now)?.ok_or_else(|| Problem::from(Code::NotFound))?;
    }
    Ok(draft)
}

/// The version of a claimed draft, as it is committed by an act now or was before a crash, and what is to be thought of.
pub(super) fn committed(
    control: &Control,
    draft: &Kept<Draft>,
    act: Act,
    now: Timestamp,
) -> Result<(Published, Vec<String>), Problem> {
    let version = draft.object.base.unwrap_or(0) + 1;
    let kind = draft.object.kind;
    let object = AuditObject { kind: kind.word().to_owned(), key: kind.key(&draft.object.code, version) };
    let act = Act { object: Some(object), ..act };
    for _ in 0..TRIES {
        let rules = rules::rules(control)?;
        // It was committed before a crash. What became of it since, such as a suspension, stays.
        if let Some(there) = kind.version(&rules, &draft.object.code, version) {
            return if judging::publishes(&draft.object, (draft.owner(), version), there) {
                Ok((Published { version, revision: rules.revision().number }, Vec::new()))
            } else {
                Err(Code::Outdated.into())
            };
        }
        let Checked { candidate, rows, warnings } = judged(control, draft)?;
        match candidate.judged.commit(&*control.store, rows, &act, (now, false)) {
            Ok(committed) => return Ok((Published { version, revision: committed.head.revision.number }, warnings)),
            Err(StoreError::Changed(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Code::Changed.into())
}

/// A draft as the version that it would become, for which no case refuses it.
struct Checked {
    candidate: Candidate,
    rows: Vec<Row>,
    warnings: Vec<String>,
}

fn judged(control: &Control, draft: &Kept<Draft>) -> Result<Checked, Problem> {
    check_approved(control, draft)?;
    let candidate = Candidate::read(control, &draft.object, draft.owner())?;
    let warnings = candidate.run_cases(control)?;
    let mut rows = candidate.judged.rows(&candidate.document);
    rows.extend(dropped_cases(&*rules::rules(control)?, &draft.object, &rows));
    Ok(Checked { candidate, rows, warnings })
}

/// Refuses what is not the content that was approved, and what is of a party that was closed since.
///
/// # Errors
/// [`Code::ContentChanged`], and [`Code::NotInThisState`].
pub(super) fn check_approved(control: &Control, draft: &Kept<Draft>) -> Result<(), Problem> {
    if draft.object.approved_hash.as_deref() != Some(&*judging::content_hash(&draft.object)) {
        return Err(Code::ContentChanged.into());
    }
    if parties::is_closed(control, draft.owner())? {
        return Err(Problem::new(Code::NotInThisState, "the party of this draft is closed"));
    }
    Ok(())
}

/// What the audit calls that a draft became a version.
pub(super) fn published_action(draft: &Kept<Draft>) -> String {
    format!("{}_published", draft.object.kind.word())
}

/// Cases that the draft does not have any more.
fn dropped_cases(rules: &rules::Rules, draft: &Draft, rows: &[Row]) -> Vec<Row> {
    let prefix = draft.kind.case_prefix(&draft.code);
    let names = rules.names_of(Kind::Case).filter(|name| name.starts_with(&prefix));
    let dropped = names.filter(|name| !rows.iter().any(|row| row.kind == Kind::Case && *row.key == **name));
    dropped.map(|name| Row { kind: Kind::Case, key: name.into(), content: None }).collect()
}
