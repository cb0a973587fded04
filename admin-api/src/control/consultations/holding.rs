//! A consultation is held by the specialist whose time it is, who sees the person in that hour if the person agreed.

use avis_store::AuditEntry;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{BOOKED, Consultation, DONE, NO_SHOW, NOTE, OUTCOMES, RUNNING, Time, find, written};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::Kept;
use crate::control::people;
use crate::control::policy::Role;
use crate::control::problem::{Code, Problem};
use crate::control::shape::{Field, Kind, optional};

/// How early it may begin.
const EARLY: SignedDuration = SignedDuration::from_mins(15);
/// How long after its beginning the specialist sees the person at most.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What it came to, or that somebody did not come.
pub(super) const END: &[Field] =
    &[optional("outcome", Kind::Word(OUTCOMES)), optional("no_show", Kind::Truth), optional("result", NOTE)];

/// Whose time it is.
fn own_time<'k>(call: &Call<'_>, found: &'k Kept<Consultation>) -> Result<&'k Time, Problem> {
    let time = found.object.time.as_ref().ok_or_else(|| Problem::from(Code::NotInThisState))?;
    let is_own = call.caller()?.is(Role::Specialist) && call.caller()?.user == time.specialist;
    if is_own { Ok(time) } else { Err(Code::NotYours.into()) }
}

/// `POST /consultations/{id}/start`.
pub(super) fn start(call: &Call<'_>) -> Result<Answer, Problem> {
    let mut found = find(call)?;
    if found.state() != BOOKED {
        return Err(Code::NotInThisState.into());
    }
    let time = own_time(call, &found)?;
    if time.at.duration_since(call.now) > EARLY {
        return Err(Problem::new(
            Code::NotInThisState,
            "it begins a quarter of an hour before its time at the earliest",
        ));
    }
    found.object.started_at = Some(call.now);
    written(call, found, RUNNING, ("consultation_started", Vec::new()))
}

/// `POST /consultations/{id}/end`: held, by the specialist; or not, by either side once its time has come.
pub(super) fn end(call: &Call<'_>) -> Result<Answer, Problem> {
    let mut found = find(call)?;
    let is_no_show = call.body.get("no_show") == Some(&Value::Bool(true));
    let outcome = call.body.get("outcome").and_then(Value::as_str);
    if is_no_show == outcome.is_some() {
        return Err(Problem::at("/outcome", "expected either `outcome` or `no_show`"));
    }
    let has_come = found.object.time.as_ref().is_some_and(|time| time.at <= call.now);
    match (found.state(), is_no_show) {
        (RUNNING, false) => {
            own_time(call, &found)?;
        }
        (BOOKED, true) if has_come => {}
        _ => return Err(Code::NotInThisState.into()),
    }
    found.object.ended_at = Some(call.now);
    found.object.outcome = outcome.map(str::to_owned);
    found.object.result = call.body.get("result").and_then(Value::as_str).map(str::to_owned);
    let (state, action) = if is_no_show { (NO_SHOW, "consultation_missed") } else { (DONE, "consultation_held") };
    written(call, found, state, (action, Vec::new()))
}

/// `GET /consultations/{id}/person`: while it is held, within its hour, and in the audit before.
pub(super) fn person(call: &Call<'_>) -> Result<Answer, Problem> {
    let found = find(call)?;
    let time = own_time(call, &found)?;
    let until = time.ends_at().max(time.at.saturating_add(HOUR).unwrap_or(time.at));
    let begun = found.object.started_at.filter(|at| found.state() == RUNNING && *at <= call.now && call.now < until);
    let holder = found.object.holder.as_deref().filter(|_| begun.is_some() && found.object.agreed);
    let holder = holder.ok_or_else(|| {
        Problem::new(
            Code::NotInThisState,
            "a person is seen who agreed, while the consultation goes on and within its hour",
        )
    })?;
    let mut act = people::act_on(call, "person_read", &found.object.subject);
    act.reason = Some(format!("consultation: {}", found.record.key));
    let after = Some(json!({"shown": ["birth_date", "residences", "entitlements"]}).to_string());
    call.control.registry.append(&[AuditEntry { after, ..AuditEntry::new(call.now, act) }])?;
    let facts = people::facts(call.control, holder)?.ok_or_else(|| Problem::from(Code::NotFound))?;
    Ok(Answer::of(json!({"birth_date": facts.birth_date, "residences": facts.residences,
        "entitlements": facts.entitlements})))
}
