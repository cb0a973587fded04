//! From a draft to an approved one: who edited it last does not approve it.

use serde_json::json;

use super::judging::{Candidate, content_hash};
use super::{APPROVED, CASES, CONTENT, DRAFT, Draft, SUBMITTED, find, find_in, write};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::dry_run;
use crate::control::problem::{Code, Problem};
use crate::control::shape::{self, Field, Kind, needed, optional};

/// The hash of the content that was read.
pub(super) const HASH: &[Field] = &[needed("content_hash", Kind::Token(64, 64))];
/// What a draft may become, to be tried.
pub(super) const TRIED: &[Field] = &[CONTENT, CASES];
const FAULT: &[Field] = &[
    needed("pointer", Kind::Token(0, 1_000)),
    needed("detail", Kind::Token(0, 10_000)),
    optional("expected", Kind::Any),
    optional("came", Kind::Any),
];
const CASE: &[Field] = &[
    needed("name", Kind::Token(0, 1_000)),
    needed("own", Kind::Truth),
    needed("refuses", Kind::Truth),
    needed("faults", Kind::List(&Kind::Object(FAULT), 10_000)),
];
/// The draft's own cases, and those of others that pass now and would fail: what is not as it is expected, by pointers into the case, and
/// whether the draft is refused for it. Of rules that the draft's grantor does not read it is told how many fail.
pub(super) const RAN: &[Field] =
    &[needed("cases", Kind::List(&Kind::Object(CASE), 1_000_000)), needed("hidden", Kind::Whole(0, 1_000_000))];
/// Why.
pub(super) const REASON: &[Field] = &[shape::REASON];
/// What a check finds.
pub(super) const CHECKED: &[Field] = &[
    needed("content_hash", Kind::Token(64, 64)),
    needed("version", Kind::Whole(1, i64::MAX)),
    needed("cases", Kind::Whole(0, 1_000_000)),
    needed("warnings", dry_run::WARNINGS),
];

/// `POST /drafts/{id}/check`: whether it could be submitted, changing nothing.
pub(super) fn check(call: &Call<'_>) -> Result<Answer, Problem> {
    let draft = find(call)?;
    let candidate = Candidate::read(call.control, &draft.object, draft.owner())?;
    let warnings = candidate.run_cases(call.control)?;
    Ok(Answer::of(json!({"content_hash": content_hash(&draft.object), "version": candidate.version,
                         "cases": draft.object.cases.len(), "warnings": warnings})))
}

/// `POST /drafts/{id}/cases`: how the cases come out with another content, changing nothing.
pub(super) fn run_cases(call: &Call<'_>) -> Result<Answer, Problem> {
    let draft = find(call)?;
    let typed = Draft::read(call, (draft.object.kind, &draft.object.code))?;
    let tried = Draft { content: typed.content, cases: typed.cases, ..draft.object.clone() };
    let candidate = Candidate::read(call.control, &tried, draft.owner())?;
    let (cases, hidden) = candidate.ran(call.control)?;
    Ok(Answer::of(json!({"cases": cases, "hidden": hidden})))
}

/// `POST /drafts/{id}/submit`.
pub(super) fn submit(call: &Call<'_>) -> Result<Answer, Problem> {
    let draft = find_in(call, &[DRAFT])?;
    check_hash(call, &draft.object)?;
    let warnings = Candidate::read(call.control, &draft.object, draft.owner())?.run_cases(call.control)?;
    let new = Draft { rejected_because: None, ..draft.object.clone() };
    Ok(write(call, draft, new, (SUBMITTED, "draft_submitted"))?.warned(&warnings))
}

/// `POST /drafts/{id}/withdraw`.
pub(super) fn withdraw(call: &Call<'_>) -> Result<Answer, Problem> {
    let draft = find_in(call, &[SUBMITTED, APPROVED])?;
    let new = Draft { approved_by: None, approved_hash: None, ..draft.object.clone() };
    write(call, draft, new, (DRAFT, "draft_withdrawn"))
}

/// `POST /drafts/{id}/reject`.
pub(super) fn reject(call: &Call<'_>) -> Result<Answer, Problem> {
    let draft = find_in(call, &[SUBMITTED, APPROVED])?;
    let rejected_because = Some(call.text("reason").to_owned());
    let new = Draft { approved_by: None, approved_hash: None, rejected_because, ..draft.object.clone() };
    write(call, draft, new, (DRAFT, "draft_rejected"))
}

/// `POST /drafts/{id}/approve`: by another than who edited it last, and of the content that was read.
pub(super) fn approve(call: &Call<'_>) -> Result<Answer, Problem> {
    let draft = find_in(call, &[SUBMITTED])?;
    check_hash(call, &draft.object)?;
    let by = call.caller()?.user.clone();
    if by == draft.object.edited_by {
        return Err(Code::OwnWork.into());
    }
    let approved_hash = Some(content_hash(&draft.object));
    let new = Draft { approved_by: Some(by), approved_hash, ..draft.object.clone() };
    write(call, draft, new, (APPROVED, "draft_approved"))
}

fn check_hash(call: &Call<'_>, draft: &Draft) -> Result<(), Problem> {
    if call.text("content_hash") == content_hash(draft) { Ok(()) } else { Err(Code::ContentChanged.into()) }
}
