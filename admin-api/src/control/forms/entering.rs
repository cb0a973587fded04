//! A form that was filled in is entered: what it asks for is done for the person whom the clerk found, under the form's number, once.

use avis_store::AuditEntry;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{ASKS, ENTERED, ENTERING, Form, PRINTED, find, not_printed};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::consultations::{self, NOTE, PLACES};
use crate::control::kept::Kept;
use crate::control::people::{self, Held, MeansOnPaper};
use crate::control::policy::Action;
use crate::control::problem::{Code, Problem};
use crate::control::secret::hashed;
use crate::control::shape::{Field, Kind, needed, optional};

const BLOCK: &[Field] = &[needed("means", Kind::Id)];
const ADD: &[Field] = &[
    needed("scheme", Kind::Code),
    needed("value", Kind::Token(1, 200)),
    optional("label", Kind::Text(1, 60)),
    optional("valid_until", Kind::Token(10, 40)),
];
const CONSULTATION: &[Field] = &[
    needed("institution", Kind::Code),
    needed("topic", Kind::Code),
    needed("place", Kind::Word(PLACES)),
    needed("agreed", Kind::Truth),
    optional("note", NOTE),
];

/// For whom, when it was filled in, and one thing that it asks for.
pub(super) const ENTRY: &[Field] = &[
    needed("handle", Kind::Token(2, 36)),
    needed("at", Kind::Instant),
    optional("block", Kind::Object(BLOCK)),
    optional("add", Kind::Object(ADD)),
    optional("consultation", Kind::Object(CONSULTATION)),
];

/// What a form asks for, read before anything is done.
enum Wanted<'b> {
    /// Means that are lost, by their id.
    Block(&'b str),
    /// Means that the clerk saw.
    Add { means: MeansOnPaper, label: Option<&'b str> },
    /// A consultation, for which the institution finds a time.
    Consultation(&'b Value),
}

impl<'b> Wanted<'b> {
    /// The one thing that the body names, with its word.
    fn of(call: &'b Call<'_>) -> Result<(&'static str, Self), Problem> {
        let given = ASKS.iter().filter_map(|word| Some((*word, call.body.get(*word).filter(|it| !it.is_null())?)));
        let given: Vec<(&'static str, &Value)> = given.collect();
        let [(word, body)] = given[..] else {
            return Err(Problem::at("", "expected one of `block`, `add` and `consultation`"));
        };
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        Ok((
            word,
            match word {
                "block" => Self::Block(text("means").unwrap_or_default()),
                "add" => Self::Add { means: MeansOnPaper::read(call, (body, "/add"))?, label: text("label") },
                _ => Self::Consultation(body),
            },
        ))
    }

    /// What tells it from another, without anything by which a person is recognised.
    fn mark(&self, call: &Call<'_>) -> Value {
        match self {
            Self::Block(means) => json!(["block", means]),
            Self::Add { means, .. } => json!(["add", means.id(call.control)]),
            Self::Consultation(body) => json!(["consultation", body]),
        }
    }
}

/// `POST /forms/{number}/enter`.
pub(super) fn enter(call: &Call<'_>) -> Result<Answer, Problem> {
    let form = find(call)?;
    let (word, asked) = Wanted::of(call)?;
    // What concerns means needs what it would need without paper.
    if word != "consultation" && !call.caller()?.is_in_scope(Action::MeansWrite) {
        return Err(Code::OutOfScope.into());
    }
    let held = people::held_in_body(call)?.on_paper(&form.record.key);
    let at = filled_in_at(call, &form)?;
    let entry = hashed(&json!([held.subject, at, asked.mark(call)]).to_string());
    match form.state() {
        PRINTED => {}
        ENTERING if form.object.entry.as_ref() == Some(&entry) => {}
        _ => return Err(not_printed(&form)),
    }
    let (goes_on, mut form) = (form.state() == ENTERING, form);
    let Form { at: filled_in_at, entered_at, asks, entry: kept_entry, .. } = &mut form.object;
    (*filled_in_at, *entered_at, *asks, *kept_entry) = (Some(at), Some(call.now), Some(word.to_owned()), Some(entry));
    match asked {
        Wanted::Consultation(body) => ask_for_consultation(call, &held, form, body),
        Wanted::Block(means) => with_means(call, &held, form, |held| people::block_means(call, held, means)),
        Wanted::Add { means, label } if goes_on => with_means(call, &held, form, |held| means.go_on(call, held, label)),
        Wanted::Add { means, label } => with_means(call, &held, form, |held| means.add(call, held, label)),
    }
}

/// When the form was filled in: after it was printed, and before now.
fn filled_in_at(call: &Call<'_>, form: &Kept<Form>) -> Result<Timestamp, Problem> {
    let at: Option<Timestamp> = call.text("at").parse().ok();
    let at = at.filter(|at| (form.object.printed_at..=call.now).contains(at));
    let expected = || format!("expected a time between the printing of the form, {}, and now", form.object.printed_at);
    at.ok_or_else(|| Problem::at("/at", expected()))
}

/// The consultation and its form are written together.
fn ask_for_consultation(call: &Call<'_>, held: &Held, mut form: Kept<Form>, body: &Value) -> Result<Answer, Problem> {
    let at = form.object.at.unwrap_or(call.now);
    let on = (form.record.key.as_str(), at);
    let (id, mut changes, requested) = consultations::on_paper(call, held, (body, "/consultation"), on)?;
    form.object.consultation = Some(id);
    changes.push(form.replace(ENTERED));
    let entered = entered(call, held, &form);
    call.control.registry.change(&changes, &[requested, entered])?;
    Ok(shown(form, ENTERED))
}

/// The form is taken before anything is done, so that nobody else enters it. What is refused leaves it as it was; whatever else went
/// wrong may have done what it asks for, so that it stays taken for who enters the same once more, or cancels it.
fn with_means(
    call: &Call<'_>,
    held: &Held,
    mut form: Kept<Form>,
    act: impl Fn(&Held) -> Result<u64, Problem>,
) -> Result<Answer, Problem> {
    let registry = &*call.control.registry;
    held.person(call)?;
    registry.change(&[form.replace(ENTERING)], &[])?;
    form.record.version += 1;
    match act(held) {
        Ok(revision) => form.object.revision = Some(revision),
        Err(problem) if !is_refusal(&problem) => return Err(problem),
        Err(problem) => {
            form.object = Form::printed(form.object.printed_at);
            registry.change(&[form.replace(PRINTED)], &[])?;
            return Err(problem);
        }
    }
    let entered = entered(call, held, &form);
    registry.change(&[form.replace(ENTERED)], &[entered])?;
    Ok(shown(form, ENTERED))
}

/// Whether a problem says that nothing was done. What was changed meanwhile may be what is kept beside means that are written.
fn is_refusal(problem: &Problem) -> bool {
    problem.code.status() < 500 && problem.code != Code::Changed
}

/// What the audit is told of the form itself.
fn entered(call: &Call<'_>, held: &Held, form: &Kept<Form>) -> AuditEntry {
    let after = json!({"asks": form.object.asks, "at": form.object.at, "on_paper": true});
    let act = call.act("form_entered", Some(("form", &form.record.key)));
    let act = avis_store::Act { on_behalf: Some(held.subject.clone()), ..act };
    AuditEntry { after: Some(after.to_string()), ..AuditEntry::new(call.now, act) }
}

fn shown(mut form: Kept<Form>, state: &str) -> Answer {
    state.clone_into(&mut form.record.value.state);
    Answer::of(form.shown())
}
