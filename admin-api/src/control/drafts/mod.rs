//! Drafts: the next version of a benefit, a programme or a campaign, from its first word until it is published. One edits and submits, another one approves
//! (control 3).

mod comparing;
mod history;
mod judging;
pub(crate) mod lists;
mod operations;
mod publishing;
mod scheduling;
mod steps;
mod subject;

use avis_store::records::RecordFilter;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::dry_run;
use super::kept::{self, Kept, Object};
use super::list::Page;
use super::policy::{Action, Reach};
use super::problem::{Code, Problem};
use super::rules;
use super::secret;
use super::shape::{Field, Kind, needed, optional};

pub(crate) use judging::{Candidate, Failing};
pub(crate) use operations::OPERATIONS;
use scheduling::Schedule;
use subject::Subject;
pub use subject::not_drafted;

/// Being edited.
const DRAFT: &str = "draft";
/// Waiting for a second person.
const SUBMITTED: &str = "submitted";
/// May be published.
const APPROVED: &str = "approved";
/// To be published at its time.
const SCHEDULED: &str = "scheduled";
/// A version by now.
const PUBLISHED: &str = "published";
/// Not published yet.
const OPEN_STATES: [&str; 4] = [DRAFT, SUBMITTED, APPROVED, SCHEDULED];
const STATES: &[&str] = &[DRAFT, SUBMITTED, APPROVED, SCHEDULED, PUBLISHED];

/// Drafts of a party that are not published yet.
const OPEN_DRAFTS_MAX: usize = 500;
/// Cases of one draft.
const CASES_MAX: usize = 200;

const PUBLISH_AT: Field = optional("publish_at", Kind::Instant);
const NOTE: Field = optional("note", Kind::Text(0, 2_000));
const BASE: Field = optional("base", Kind::Whole(1, i64::MAX));
const CONTENT: Field = needed("content", Kind::Rule);
const CASES: Field = optional("cases", Kind::List(&Kind::Rule, CASES_MAX));

/// A draft as it is made: of a benefit, unless it says another kind.
const NEW: &[Field] =
    &[optional("kind", Kind::Word(subject::WORDS)), needed("code", Kind::Code), BASE, CONTENT, CASES, PUBLISH_AT, NOTE];

/// A draft as it is changed.
const CHANGE: &[Field] = &[BASE, CONTENT, CASES, PUBLISH_AT, NOTE];

/// A draft as it is shown.
const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("kind", Kind::Word(subject::WORDS)),
    needed("code", Kind::Code),
    needed("grantor", Kind::Code),
    needed("state", Kind::Word(STATES)),
    BASE,
    CONTENT,
    needed("cases", Kind::List(&Kind::Json, CASES_MAX)),
    PUBLISH_AT,
    NOTE,
    needed("content_hash", Kind::Token(64, 64)),
    needed("edited_by", Kind::Token(0, 100)),
    optional("approved_by", Kind::Token(0, 100)),
    optional("rejected_because", Kind::Token(0, 200)),
    optional("scheduled_by", Kind::Token(0, 100)),
    optional("not_published_because", Kind::Token(0, 1_000)),
    optional("version", Kind::Whole(1, i64::MAX)),
    optional("revision", Kind::Whole(1, i64::MAX)),
    optional("warnings", dry_run::WARNINGS),
];

/// A draft as it is kept, under its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Draft {
    /// Of a benefit where nothing is said.
    #[serde(default)]
    kind: Subject,
    code: String,
    /// The version on which it is based; none of a new benefit.
    base: Option<i64>,
    content: Value,
    cases: Vec<Value>,
    /// When it is to be published; none is as soon as somebody does.
    #[serde(default)]
    publish_at: Option<Timestamp>,
    note: String,
    /// The user who wrote this content.
    edited_by: String,
    approved_by: Option<String>,
    /// Of the content that was approved.
    #[serde(default)]
    approved_hash: Option<String>,
    rejected_because: Option<String>,
    /// Of one that is scheduled.
    #[serde(default)]
    schedule: Option<Schedule>,
    /// Why it was not published at its time.
    #[serde(default)]
    not_published_because: Option<String>,
    /// Whether somebody publishes it just now, or did when a process ended: then only that can go on.
    is_publishing: bool,
    published: Option<Published>,
    /// The cases that there were before it was published: what it changed of them stays to be read.
    #[serde(default)]
    cases_before: Option<Vec<Value>>,
}

/// What became of a draft.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Published {
    version: i64,
    revision: u64,
}

impl Object for Draft {
    const KIND: &'static str = "draft";
}

impl Draft {
    /// The content of a body.
    fn read(call: &Call<'_>, (kind, code): (Subject, &str)) -> Result<Self, Problem> {
        let content = call.body.get("content").cloned().unwrap_or_default();
        let is_there = |name: &&&str| content.get(**name).is_some_and(|it| !it.is_null());
        if let Some(name) = kind.not_in_content().iter().find(is_there) {
            let detail = format!(
                "unknown field: code, version and {} are given, and a version is suspended when it is published",
                kind.owner_field()
            );
            return Err(Problem::at(format!("/content/{name}"), detail));
        }
        Ok(Self::of(&call.body, (kind, code), &call.caller()?.user))
    }

    /// What a body that was checked says, by a user.
    fn of(body: &Value, (kind, code): (Subject, &str), by: &str) -> Self {
        let field = |name: &str| body.get(name).filter(|value| !value.is_null());
        Self {
            kind,
            code: code.to_owned(),
            base: field("base").and_then(Value::as_i64),
            content: field("content").cloned().unwrap_or_default(),
            cases: field("cases").and_then(Value::as_array).cloned().unwrap_or_default(),
            publish_at: field("publish_at").and_then(|at| at.as_str()?.parse().ok()),
            note: field("note").and_then(Value::as_str).unwrap_or_default().to_owned(),
            edited_by: by.to_owned(),
            approved_by: None,
            approved_hash: None,
            rejected_because: None,
            schedule: None,
            not_published_because: None,
            is_publishing: false,
            published: None,
            cases_before: None,
        }
    }

    fn shown(&self, id: &str, owner: &str, state: &str) -> Value {
        let Self { kind, code, base, content, cases, publish_at, note, edited_by, approved_by, .. } = self;
        json!({"id": id, "kind": kind.word(), "code": code, "grantor": owner, "state": state, "base": base, "content": content, "cases": cases,
               "publish_at": publish_at, "note": note, "content_hash": judging::content_hash(self), "edited_by": edited_by,
               "approved_by": approved_by, "rejected_because": self.rejected_because,
               "scheduled_by": self.schedule.as_ref().map(|schedule| &schedule.by),
               "not_published_because": self.not_published_because,
               "version": self.published.map(|it| it.version), "revision": self.published.map(|it| it.revision)})
    }

    /// What the audit tells of it: not the content, whose hash it is.
    fn told(&self, state: &str) -> Value {
        json!({"kind": self.kind.word(), "code": self.code, "state": state, "base": self.base, "content_hash": judging::content_hash(self)})
    }
}

fn shown(draft: &Kept<Draft>) -> Value {
    draft.object.shown(&draft.record.key, draft.owner(), draft.state())
}

/// The draft in the path, if it is the caller's party's.
fn find(call: &Call<'_>) -> Result<Kept<Draft>, Problem> {
    let draft = kept::load::<Draft>(&*call.control.registry, call.path("id"), call.now)?;
    let draft = draft.ok_or_else(|| Problem::from(Code::NotFound))?;
    call.check_owner(draft.owner(), Action::DraftsRead)?;
    Ok(draft)
}

/// What the draft that a field of the body names would be as a version. One that the caller does not read is as good as none.
///
/// # Errors
/// Another field than a draft's that is read; what publishing it now would be refused for.
pub(crate) fn candidate(call: &Call<'_>, field: &str) -> Result<Candidate, Problem> {
    let draft = kept::load::<Draft>(&*call.control.registry, call.text(field), call.now)?;
    let draft = draft.filter(|draft| call.reads(Action::DraftsRead, draft.owner()));
    let draft = draft.ok_or_else(|| Problem::at(format!("/{field}"), "expected a draft that you may read"))?;
    Candidate::read(call.control, &draft.object, draft.owner())
}

/// The draft in the path as the caller read it, in one of some states.
fn find_in(call: &Call<'_>, states: &[&str]) -> Result<Kept<Draft>, Problem> {
    let draft = find(call)?;
    call.check_match(&draft.etag())?;
    if !states.contains(&draft.state()) {
        return Err(Problem::new(Code::NotInThisState, format!("expected a draft that is {}", states.join(" or "))));
    }
    if draft.object.is_publishing && states != [APPROVED] {
        return Err(Problem::new(Code::NotInThisState, "it is being published"));
    }
    Ok(draft)
}

/// Writes a draft over what was read, in a state.
fn write(call: &Call<'_>, mut read: Kept<Draft>, new: Draft, (state, action): (&str, &str)) -> Result<Answer, Problem> {
    let (before, after) = (read.object.told(read.state()), new.told(state));
    read.object = new;
    let id = read.record.key.clone();
    let entry = call.entry(action, (Draft::KIND, &id), (Some(&before), Some(&after)));
    call.control.registry.change(&[read.replace(state)], &[entry])?;
    let shown = read.object.shown(&id, read.owner(), state);
    Ok(Answer::of(shown).tagged(kept::etag(read.record.version + 1)))
}

/// Refuses a code that another grantor has, and a base that is no version of it.
fn check_base(call: &Call<'_>, draft: &Draft) -> Result<(), Problem> {
    let (rules, kind) = (rules::rules(call.control)?, draft.kind);
    if kind.owner(&rules, &draft.code).is_some_and(|owner| owner != call.party().unwrap_or_default()) {
        return Err(Problem::new(
            Code::NotYours,
            format!("another {} has a {} of this code", kind.owner_field(), kind.word()),
        ));
    }
    match draft.base {
        Some(base) if !kind.can_be_based_on(&rules, &draft.code, base) => {
            let detail = match kind {
                Subject::Campaign => "expected none: a campaign does not change".to_owned(),
                _ => format!("expected a version of the {}, or none for a new one", kind.word()),
            };
            Err(Problem::at("/base", detail))
        }
        _ => Ok(()),
    }
}

/// `GET /drafts`.
fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let owner = if call.reach == Some(Reach::All) { None } else { Some(call.party()?) };
    let state = call.query.get("state").and_then(Value::as_str);
    let filter = RecordFilter { owner, state, ..page.records() };
    let drafts = kept::list::<Draft>(&*call.control.registry, &filter, page.most(), call.now)?;
    Ok(page.answer(drafts.iter().map(|draft| (draft.record.key.clone(), shown(draft)))))
}

/// `GET /drafts/{id}`.
fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let draft = find(call)?;
    Ok(Answer::of(shown(&draft)).tagged(draft.etag()))
}

/// `POST /drafts`.
fn make(call: &Call<'_>) -> Result<Answer, Problem> {
    let owner = call.party()?;
    let draft = Draft::read(call, (Subject::of_word(call.text("kind")), call.text("code")))?;
    check_base(call, &draft)?;
    let turn = kept::turn(&*call.control.registry, &format!("drafts {owner}"), call.now)?;
    let mut open = 0;
    for state in OPEN_STATES {
        let filter = RecordFilter { owner: Some(owner), state: Some(state), ..RecordFilter::default() };
        open += kept::list::<Draft>(&*call.control.registry, &filter, OPEN_DRAFTS_MAX, call.now)?.len();
    }
    if open >= OPEN_DRAFTS_MAX {
        let detail = format!("a party has at most {OPEN_DRAFTS_MAX} drafts that are not published");
        return Err(Problem::new(Code::TooManyObjects, detail));
    }
    let id = secret::id(call.now)?;
    let change = kept::make(&id, &draft, (owner, DRAFT), None);
    let entry = call.entry("draft_made", (Draft::KIND, &id), (None, Some(&draft.told(DRAFT))));
    call.control.registry.change(&[change, turn], &[entry])?;
    let shown = draft.shown(&id, owner, DRAFT);
    Ok(Answer::made(shown, format!("/admin/v1/drafts/{id}")).tagged(kept::etag(1)))
}

/// `PUT /drafts/{id}`: whatever was approved before has to be approved again.
fn change(call: &Call<'_>) -> Result<Answer, Problem> {
    let draft = find_in(call, &[DRAFT, SUBMITTED, APPROVED])?;
    let new = Draft::read(call, (draft.object.kind, &draft.object.code))?;
    check_base(call, &new)?;
    write(call, draft, new, (DRAFT, "draft_changed"))
}

/// `DELETE /drafts/{id}`.
fn remove(call: &Call<'_>) -> Result<Answer, Problem> {
    let draft = find_in(call, &[DRAFT, SUBMITTED, APPROVED])?;
    let before = draft.object.told(draft.state());
    let entry = call.entry("draft_removed", (Draft::KIND, &draft.record.key), (Some(&before), None));
    call.control.registry.change(&[draft.remove()], &[entry])?;
    Ok(Answer::nothing())
}
