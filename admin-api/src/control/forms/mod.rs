//! Forms on paper, for brigades and desks without a network: numbered as they are printed, without anything of a person, and entered
//! later with the time at which they were filled in, each once.

mod entering;
mod operations;

pub(crate) use operations::OPERATIONS;

use avis_store::records::{RecordChange, RecordFilter};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::identifier_like::luhn;
use super::kept::{self, Kept, Object};
use super::list::Page;
use super::policy::Action;
use super::problem::{Code, Problem};
use super::shape::{Field, Kind, REASON, needed, optional};

/// It waits to be filled in and entered.
const PRINTED: &str = "printed";
/// What it asks for is being done, or it is not known whether it was done.
const ENTERING: &str = "entering";
/// What it asks for is done.
const ENTERED: &str = "entered";
/// It is lost or spoilt, or nobody goes on with it, and nobody enters it.
const CANCELLED: &str = "cancelled";
const STATES: &[&str] = &[PRINTED, ENTERING, ENTERED, CANCELLED];

/// Forms that are printed at a time.
const PRINTED_AT_ONCE_MAX: u16 = 100;
/// Forms of one party that wait.
const WAITING_MAX: usize = 1_000;

/// What a form may ask for.
const ASKS: &[&str] = &["block", "add", "consultation"];

/// How many.
const NEW: &[Field] = &[needed("count", Kind::Whole(1, PRINTED_AT_ONCE_MAX as i64))];
/// Their numbers, in their order: all that is printed on them, also as a picture for a scanner.
const NUMBERED: &[Field] = &[needed("numbers", Kind::List(&Kind::Code, PRINTED_AT_ONCE_MAX as usize))];
const CANCEL: &[Field] = &[REASON];

/// A form as it is shown: who filled it in is in no answer.
const SHOWN: &[Field] = &[
    needed("number", Kind::Code),
    needed("party", Kind::Code),
    needed("state", Kind::Word(STATES)),
    needed("printed_at", Kind::Instant),
    optional("at", Kind::Instant),
    optional("entered_at", Kind::Instant),
    optional("asks", Kind::Word(ASKS)),
    optional("consultation", Kind::Id),
    optional("revision", Kind::Whole(1, i64::MAX)),
    optional("reason", Kind::Text(1, 200)),
];

/// A form, under its number; of the centre that printed it.
#[derive(Serialize, Deserialize)]
struct Form {
    printed_at: Timestamp,
    /// When it was filled in.
    at: Option<Timestamp>,
    entered_at: Option<Timestamp>,
    asks: Option<String>,
    /// What its entry hashes to: whoever enters it again after a crash goes on with the same.
    entry: Option<String>,
    consultation: Option<String>,
    revision: Option<u64>,
    /// Why it is cancelled.
    reason: Option<String>,
}

impl Object for Form {
    const KIND: &'static str = "form";
}

impl Form {
    /// One that waits.
    fn printed(printed_at: Timestamp) -> Self {
        Self {
            printed_at,
            at: None,
            entered_at: None,
            asks: None,
            entry: None,
            consultation: None,
            revision: None,
            reason: None,
        }
    }
}

/// How many forms were ever numbered.
#[derive(Default, Serialize, Deserialize)]
struct Numbered(u64);

impl Object for Numbered {
    const KIND: &'static str = "forms_numbered";
}

/// A number as it is printed: with a check digit, so that one digit that is mistyped is no other form's.
fn number(count: u64) -> String {
    let digits = format!("{count:06}");
    let of = |check: u32| digits.chars().filter_map(|digit| digit.to_digit(10)).chain([check]).collect::<Vec<_>>();
    let check = (0..10).find(|check| luhn(&of(*check))).unwrap_or_default();
    format!("{digits}-{check}")
}

impl Kept<Form> {
    fn shown(&self) -> Value {
        let Form { printed_at, at, entered_at, asks, consultation, revision, reason, .. } = &self.object;
        json!({"number": self.record.key, "party": self.owner(), "state": self.state(), "printed_at": printed_at,
            "at": at, "entered_at": entered_at, "asks": asks, "consultation": consultation, "revision": revision,
            "reason": reason})
    }
}

/// The form in the path; another's is as good as none.
fn find(call: &Call<'_>) -> Result<Kept<Form>, Problem> {
    let found = kept::load::<Form>(&*call.control.registry, call.path("number"), call.now)?;
    let found = found.ok_or_else(|| Problem::from(Code::NotFound))?;
    call.check_owner(found.owner(), Action::Consultations)?;
    Ok(found)
}

/// `GET /forms/{number}`.
fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let found = find(call)?;
    Ok(Answer::of(found.shown()).tagged(found.etag()))
}

/// `GET /forms`: those of the own party, in the order of their numbers.
fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let state = call.query.get("state").and_then(Value::as_str);
    let owner = if call.reach == Some(super::policy::Reach::All) { None } else { Some(call.party()?) };
    let filter = RecordFilter { owner, state, ..page.records() };
    let found = kept::list::<Form>(&*call.control.registry, &filter, page.most(), call.now)?;
    Ok(page.answer(found.iter().map(|form| (form.record.key.clone(), form.shown()))))
}

/// `POST /forms`: numbers for forms that are printed now.
fn print(call: &Call<'_>) -> Result<Answer, Problem> {
    const COUNTER: &str = "all";
    let (registry, party) = (&*call.control.registry, call.party()?);
    let count = call.body.get("count").and_then(Value::as_u64).unwrap_or_default();
    let waiting = RecordFilter { owner: Some(party), state: Some(PRINTED), ..RecordFilter::default() };
    let waiting = kept::list::<Form>(registry, &waiting, WAITING_MAX, call.now)?.len() as u64;
    if waiting + count > WAITING_MAX as u64 {
        let detail = format!("{waiting} forms wait to be entered or cancelled, and {WAITING_MAX} at most may");
        return Err(Problem::new(Code::TooManyObjects, detail));
    }
    let before = kept::load::<Numbered>(registry, COUNTER, call.now)?;
    let first = before.as_ref().map_or(0, |before| before.object.0) + 1;
    let numbers: Vec<String> = (first..first + count).map(number).collect();
    let form = Form::printed(call.now);
    let counted = kept::put(before.as_ref(), COUNTER, &Numbered(first + count - 1), ("", ""));
    let made = numbers.iter().map(|number| kept::make(number, &form, (party, PRINTED), None));
    let changes: Vec<RecordChange> = std::iter::once(counted).chain(made).collect();
    let after = json!({"numbers": [numbers.first(), numbers.last()]});
    let entry = call.entry("forms_printed", ("party", party), (None, Some(&after)));
    registry.change(&changes, &[entry])?;
    Ok(Answer::made(json!({"numbers": numbers}), "/admin/v1/forms".to_owned()))
}

/// `POST /forms/{number}/cancel`: a form that is lost or spoilt is nobody's to enter, nor one with which nobody goes on; that keeps
/// what it asked for.
fn cancel(call: &Call<'_>) -> Result<Answer, Problem> {
    let mut found = find(call)?;
    if !matches!(found.state(), PRINTED | ENTERING) {
        return Err(not_printed(&found));
    }
    found.object.reason = Some(call.text("reason").to_owned());
    let entry = call.entry("form_cancelled", ("form", &found.record.key), (None, None));
    call.control.registry.change(&[found.replace(CANCELLED)], &[entry])?;
    CANCELLED.clone_into(&mut found.record.value.state);
    Ok(Answer::of(found.shown()))
}

/// That a form does not wait any more, and since when.
fn not_printed(form: &Kept<Form>) -> Problem {
    let state = form.state();
    let detail = match form.object.entered_at {
        Some(at) => format!("the form is {state}, since {at}"),
        None => format!("the form is {state}"),
    };
    Problem::new(Code::NotInThisState, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_a_digit_that_is_another_is_no_number() {
        let all: Vec<String> = (1..2_000).map(number).collect();
        assert_eq!((&*all[0], &*number(1_234_567)), ("000001-8", "1234567-4"));
        let known: std::collections::HashSet<&String> = all.iter().collect();
        assert_eq!(known.len(), all.len());
        for (place, number) in all.iter().enumerate().step_by(97) {
            for (at, _) in number.char_indices().filter(|(_, digit)| digit.is_ascii_digit()) {
                for digit in ('0'..='9').filter(|digit| !number[at..].starts_with(*digit)) {
                    let mut mistyped = number.clone();
                    mistyped.replace_range(at..=at, &digit.to_string());
                    assert!(!known.contains(&mistyped), "{mistyped} of form {place}");
                }
            }
        }
    }
}
