//! "Why not?": why a record came out as it did, decided again from what was read by the rules of then; or why a till would answer as it
//! would now. A grantor is told of its own benefits, a clerk of who was found.

use std::sync::Arc;

use avis_core::telling::{Language, sentence};
use avis_core::{Decision, Mismatch, RuleSet, Trace, mismatches};
use avis_server::rules_of;
use avis_store::{Act, AuditEntry, Record, RowHasher, RulesRead};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::now::decided_now;
use super::why::{self, Sees};
use super::{View, find, shown};
use crate::control::Control;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::people::{self, Held};
use crate::control::policy::{Action, Reach};
use crate::control::problem::{Code, Problem};
use crate::control::rules::{self, Rules};
use crate::control::shape::{Field, Kind, needed, optional};

/// What is to be explained: a record by its number, or what a till would be asked.
pub(super) const QUESTION: &[Field] = &[
    optional("authorization", Kind::Id),
    optional("provider", Kind::Token(1, 200)),
    optional("request", Kind::Json),
    optional("handle", Kind::Id),
    optional("reason", Kind::Text(1, 200)),
];

const WORDS: Kind = Kind::Object(&[needed("lv", Kind::Token(0, 100_000)), needed("en", Kind::Token(0, 100_000))]);

/// A part of a condition: what it asks, whether it is so, what was read and from where.
const CONDITION: &[Field] = &[
    needed("depth", Kind::Whole(0, 1_000)),
    needed("test", Kind::Token(1, 100)),
    needed("answer", Kind::Word(&["true", "false", "unknown"])),
    optional("asks", Kind::Any),
    optional("read", Kind::Any),
    needed("words", WORDS),
    optional("source", Kind::Object(why::SOURCE)),
];

/// What became of a benefit on a line, in the order of the decision.
const LINE: &[Field] = &[
    needed("benefit", Kind::Token(1, 200)),
    needed("version", Kind::Whole(1, i64::MAX)),
    optional("name", Kind::Json),
    optional("line_id", Kind::Token(0, 200)),
    optional("result", Kind::Token(1, 100)),
    optional("amount", Kind::Whole(i64::MIN, i64::MAX)),
    needed("words", WORDS),
    needed("conditions", Kind::List(&Kind::Object(CONDITION), 100_000)),
    optional("would_change", WORDS),
];

/// A record as the caller reads it, the sentence for who is told all, a line for each candidate, and the trace for programs.
pub(super) const EXPLAINED: &[Field] = &[
    optional("authorization", Kind::Json),
    optional("explanation", WORDS),
    needed("lines", Kind::List(&Kind::Object(LINE), 1_000_000)),
    needed("trace", Kind::Json),
    optional("again", Kind::Object(AGAIN)),
];

const DIFFERENCE: &[Field] =
    &[needed("pointer", Kind::Token(0, 1_000)), optional("recorded", Kind::Any), optional("now", Kind::Any)];

/// A record decided again, for who oversees all: by the rules of which revision, and where it came out otherwise.
const AGAIN: &[Field] = &[
    needed("revision", Kind::Whole(0, i64::MAX)),
    needed("differences", Kind::List(&Kind::Object(DIFFERENCE), 100_000)),
];

/// `GET /authorizations/{id}/explain`.
pub(super) fn explain(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    let (record, reading, view) = find(call, Action::Explain, &rules)?;
    of_record(call, (record, reading), Some(&view), &rules, None)
}

/// `POST /explain`.
pub(super) fn ask(call: &Call<'_>) -> Result<Answer, Problem> {
    let rules = rules::rules(call.control)?;
    // Whoever may not look at more shows whom they found.
    let is_of_a_person = !call.text("handle").is_empty() || call.reach == Some(Reach::Person);
    let held = is_of_a_person.then(|| people::held_in_body(call)).transpose()?;
    let given = |name: &str| call.body.get(name).filter(|value| !value.is_null());
    match (given("authorization").and_then(Value::as_str), given("provider"), given("request")) {
        (Some(id), None, None) => {
            let id = Uuid::try_parse(id).map_err(|_| Problem::from(Code::NotFound))?;
            match &held {
                Some(held) => {
                    let found = call.control.recorded.record(id)?.filter(|(_, reading)| {
                        reading.person.holder.as_ref().is_some_and(|holder| *holder.code == *held.holder())
                    });
                    let found = found.ok_or_else(|| Problem::from(Code::NotFound))?;
                    of_record(call, found, None, &rules, Some(held))
                }
                None => {
                    let (record, reading, view) = super::found(call, id, Action::Explain, &rules)?;
                    of_record(call, (record, reading), Some(&view), &rules, None)
                }
            }
        }
        (None, Some(provider), Some(request)) => {
            let provider = provider.as_str().unwrap_or_default();
            let sees = Sees::of(call, held.as_ref())?;
            let (decision, trace) = decided_now(call, (provider, request), &rules, held.as_ref())?;
            let answer = told(call, &sees, (decision, trace), &rules, call.now)?;
            Ok(Answer::of(Value::Object(answer)))
        }
        _ => Err(Problem::at("", "expected either `authorization`, or `provider` and `request`")),
    }
}

/// A record, decided again by the rules of then, once the audit knows who asks. Who reads no record is shown none.
fn of_record(
    call: &Call<'_>,
    (record, reading): (Record, avis_core::Reading),
    view: Option<&View>,
    rules: &Rules,
    held: Option<&Held>,
) -> Result<Answer, Problem> {
    let sees = match view {
        Some(View::OfGrantor(grantor)) => Sees::Own(grantor.clone()),
        _ => Sees::of(call, held)?,
    };
    if reading.is_erased() {
        return Err(Problem::new(Code::NotInThisState, "what was read was erased with the person"));
    }
    let of_then = rules_of_then(call.control, record.rules)?;
    let holder = reading.person.holder.as_ref().map(|holder| holder.code.clone());
    let (decision, _, trace) = reading.decide_again(of_then).map_err(|faults| {
        Problem::new(Code::Failed, faults.list.first().map_or_else(String::new, |fault| fault.detail.clone()))
    })?;
    let act = act(call, held, holder.as_deref(), &record.id.to_string());
    let after = Some(json!({"authorization": record.id, "shown": ["explanation"]}).to_string());
    call.control.registry.append(&[AuditEntry { after, ..AuditEntry::new(call.now, act) }])?;
    let again = matches!(sees, Sees::All).then(|| again(&record, &decision));
    let mut answer = told(call, &sees, (decision, trace), rules, record.recorded_at)?;
    answer.insert("again".to_owned(), json!(again));
    if let Some(view) = view {
        answer.insert("authorization".to_owned(), shown(&record, view, rules));
    }
    Ok(Answer::of(Value::Object(answer)))
}

/// Where a record would come out otherwise by what was read then.
pub fn differences(record: &Record, decision: &Decision) -> Vec<Mismatch> {
    let lines: Vec<_> = record.authorization.lines.iter().map(|line| &line.decided).collect();
    let recorded = json!({"outcome": record.outcome, "reasons": record.reasons, "lines": lines});
    mismatches(&recorded, &json!(decision))
}

fn again(record: &Record, decision: &Decision) -> Value {
    let told = |wrong: &Mismatch| json!({"pointer": wrong.pointer, "recorded": wrong.expected, "now": wrong.got});
    let differences: Vec<Value> = differences(record, decision).iter().map(told).collect();
    json!({"revision": record.rules.revision, "differences": differences})
}

/// That a person's record is explained; one of nobody is an object of its own.
fn act(call: &Call<'_>, held: Option<&Held>, holder: Option<&str>, id: &str) -> Act {
    match (held, holder) {
        (Some(held), _) => held.act(call, "person_explained"),
        (None, Some(holder)) => people::act_on(call, "person_explained", &people::subject(call.control, holder)),
        (None, None) => call.act("record_explained", Some(("authorization", id))),
    }
}

/// A decision as far as the caller may see why. Whose it is, is nobody's to read here.
fn told(
    call: &Call<'_>,
    sees: &Sees,
    (decision, mut trace): (Decision, Trace),
    rules: &Rules,
    as_of: Timestamp,
) -> Result<Map<String, Value>, Problem> {
    trace.holder = None;
    sees.keep(&mut trace, rules);
    let explanation = matches!(sees, Sees::All).then(|| {
        let told = |language: Language| (language.tag().to_owned(), json!(sentence(&decision, &trace, language)));
        Value::Object(Language::ALL.map(told).into_iter().collect())
    });
    let lines = why::lines(call, &trace, rules, as_of)?;
    let fields = [("explanation", json!(explanation)), ("lines", json!(lines)), ("trace", json!(trace))];
    Ok(fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}

/// The rules that a record was decided by.
///
/// # Errors
/// A store that was restored since and has others under the number of their revision.
pub(crate) fn rules_of_then(control: &Control, read: RulesRead) -> Result<Arc<RuleSet>, Problem> {
    let rows = control.registry.rules_as_of(read.revision)?;
    let rules = rules_of(&rows).filter(|_| RowHasher::new(&control.cases.secret).sum(&rows) == read.digest);
    rules.map(Arc::new).ok_or_else(|| {
        Problem::new(
            Code::NotInThisState,
            "the rules by which it was decided are not here: the store was restored since",
        )
    })
}
