//! Points that a merchant's editor gives a member or takes, with a reason; above a bound a second person confirms it.

use avis_core::loyalty::Programme;
use avis_store::records::RecordFilter;
use avis_store::{AccountChange, AccountTask, Act, AuditEntry, Refused, Task, Verdict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::alone::alone;
use super::finding::held;
use super::programme_of;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{self, Kept, Object};
use crate::control::list::Page;
use crate::control::people::{Person, act_on};
use crate::control::policy::{Action, Reach};
use crate::control::problem::{Code, Problem};
use crate::control::secret::hashed;
use crate::control::shape::{Field, Kind, needed, optional};

/// Waits for the ledger, or for a second person.
const ASKED: &str = "asked";
/// In the ledger.
const DONE: &str = "done";
/// It is with the ledger, which did not say yet what became of it.
const SENT: &str = "sent";

/// Points of one adjustment.
const POINTS: Kind = Kind::Whole(-1_000_000_000, 1_000_000_000);

/// How many, and why.
pub(super) const NEW: &[Field] = &[needed("points", POINTS), needed("reason", Kind::Text(1, 200))];

/// An adjustment; the member by a name that is this merchant's own.
pub(super) const SHOWN: &[Field] = &[
    needed("id", Kind::Id),
    needed("program", Kind::Code),
    needed("member", Kind::Token(32, 32)),
    needed("points", POINTS),
    needed("reason", Kind::Token(1, 200)),
    needed("state", Kind::Word(&[ASKED, SENT, DONE])),
    needed("asked_by", Kind::Token(0, 100)),
    needed("asked_at", Kind::Instant),
    optional("confirmed_by", Kind::Token(0, 100)),
    optional("done_at", Kind::Instant),
    optional("balance_after", Kind::Whole(i64::MIN, i64::MAX)),
];

/// An adjustment as it is kept, under the id of its task in the ledger.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Adjusted {
    program: String,
    /// The code of the holder; none once it is done.
    holder: Option<String>,
    member: String,
    points: i64,
    reason: String,
    asked_by: String,
    asked_at: Timestamp,
    /// Whether it is done without a second person.
    #[serde(default)]
    is_alone: bool,
    confirmed_by: Option<String>,
    done_at: Option<Timestamp>,
    balance_after: Option<i64>,
}

impl Object for Adjusted {
    const KIND: &'static str = "adjustment";
}

impl Adjusted {
    fn shown(&self, id: &str, state: &str) -> Value {
        json!({
            "id": id, "program": self.program, "member": self.member, "points": self.points, "reason": self.reason,
            "state": state, "asked_by": self.asked_by, "asked_at": self.asked_at, "confirmed_by": self.confirmed_by,
            "done_at": self.done_at, "balance_after": self.balance_after,
        })
    }
}

fn shown(kept: &Kept<Adjusted>) -> Value {
    kept.object.shown(&kept.record.key, kept.state())
}

/// `POST /programs/{code}/members/{handle}/adjustments`: up to the bound at once, above it when another confirmed it.
pub(super) fn ask(call: &Call<'_>) -> Result<Answer, Problem> {
    let member = held(call)?;
    if !member.is_member || !member.programme.in_force(call.now) {
        let detail = "expected a membership that holds, of a programme that is in force";
        return Err(Problem::new(Code::NotInThisState, detail));
    }
    let points = call.body.get("points").and_then(Value::as_i64).unwrap_or_default();
    if points == 0 {
        return Err(Problem::at("/points", "expected another number than 0"));
    }
    // The same key is the same task of the ledger, also where its answer was lost.
    let id = id_of(call)?;
    let kept = match kept::load::<Adjusted>(&*call.control.registry, &id, call.now)? {
        Some(known) => known,
        None => {
            let alone = alone(call, (&member.programme.code, &member.name(call)), points)?;
            let adjusted = Adjusted {
                program: member.programme.code.to_string(),
                holder: Some(member.person.holder.holder.code.to_string()),
                member: member.name(call),
                points,
                reason: call.text("reason").to_owned(),
                asked_by: call.caller()?.user.clone(),
                asked_at: call.now,
                is_alone: alone.is_some(),
                confirmed_by: None,
                done_at: None,
                balance_after: None,
            };
            let act = Act { reason: Some(adjusted.reason.clone()), ..member.act(call, "adjustment_asked") };
            let entry = entry(call, act, &adjusted.shown(&id, ASKED));
            let owner = &*member.programme.owner;
            let mut changes = alone.unwrap_or_default();
            changes.push(kept::make(&id, &adjusted, (owner, ASKED), None));
            call.control.registry.change(&changes, &[entry])?;
            let made = kept::load::<Adjusted>(&*call.control.registry, &id, call.now)?;
            made.ok_or_else(|| Problem::from(Code::Unavailable))?
        }
    };
    let shown = if kept.state() != DONE && kept.object.is_alone { settle(call, kept, None)? } else { shown(&kept) };
    Ok(Answer::made(shown, "/admin/v1/adjustments".to_owned()))
}

/// An id that follows from who asks and under which key.
fn id_of(call: &Call<'_>) -> Result<String, Problem> {
    let key = call.incoming.header("idempotency-key")?.unwrap_or_default();
    let digits = hashed(&format!("adjustment {} {key}", call.caller()?.principal));
    let id = digits.get(..32).and_then(|digits| u128::from_str_radix(digits, 16).ok());
    let id = id.ok_or_else(|| Problem::from(Code::Failed))?;
    Ok(uuid::Builder::from_random_bytes(id.to_be_bytes()).into_uuid().to_string())
}

/// `GET /adjustments`: those that wait, and those that were done.
pub(super) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let page = Page::of(call)?;
    let owner = if call.reach == Some(Reach::All) { None } else { Some(call.party()?) };
    let state = call.query.get("state").and_then(Value::as_str);
    let filter = RecordFilter { owner, state, ..page.records() };
    let found = kept::list::<Adjusted>(&*call.control.registry, &filter, page.most(), call.now)?;
    Ok(page.answer(found.iter().map(|kept| (kept.record.key.clone(), shown(kept)))))
}

/// The adjustment in the path, if it is in one of these states.
fn waiting(call: &Call<'_>, states: &[&str]) -> Result<Kept<Adjusted>, Problem> {
    let kept = kept::load::<Adjusted>(&*call.control.registry, call.path("id"), call.now)?;
    let kept = kept.ok_or_else(|| Problem::from(Code::NotFound))?;
    call.check_owner(kept.owner(), Action::LoyaltyRead)?;
    if states.contains(&kept.state()) { Ok(kept) } else { Err(Code::NotInThisState.into()) }
}

/// `POST /adjustments/{id}/confirm`: by another than who asked for it.
pub(super) fn confirm(call: &Call<'_>) -> Result<Answer, Problem> {
    let (kept, by) = (waiting(call, &[ASKED, SENT])?, call.caller()?.user.clone());
    if kept.object.asked_by == by {
        return Err(Problem::new(Code::OwnWork, "an adjustment is confirmed by another than who asked for it"));
    }
    Ok(Answer::of(settle(call, kept, Some(by))?))
}

/// `DELETE /adjustments/{id}`: one that waits, and is not with the ledger.
pub(super) fn remove(call: &Call<'_>) -> Result<Answer, Problem> {
    let kept = waiting(call, &[ASKED])?;
    let entry = call.entry("adjustment_removed", (Adjusted::KIND, &kept.record.key), (Some(&shown(&kept)), None));
    call.control.registry.change(&[kept.remove()], &[entry])?;
    Ok(Answer::nothing())
}

/// Does it in the ledger, once, and then says so.
fn settle(call: &Call<'_>, mut kept: Kept<Adjusted>, by: Option<String>) -> Result<Value, Problem> {
    let code = kept.object.holder.clone().ok_or_else(|| Problem::from(Code::NotInThisState))?;
    let person = Person::of_code(call.control, &code)?;
    let person = person.ok_or_else(|| Problem::new(Code::NotInThisState, "the person is gone"))?;
    let programme = programme_of(call, &kept.object.program)?;
    // From here on nobody removes it: what the ledger does can't be taken back.
    if kept.state() == ASKED {
        call.control.registry.change(&[kept.replace(SENT)], &[])?;
        let sent = kept::load::<Adjusted>(&*call.control.registry, &kept.record.key, call.now)?;
        kept = sent.ok_or_else(|| Problem::from(Code::Changed))?;
    }
    let done = match adjust(call, &programme, &person, &kept) {
        Err(problem) if problem.code == Code::OutcomeUnknown => return Err(problem),
        Err(problem) if problem.code == Code::Invalid && by.is_none() => {
            // It was asked for and done in one: nothing is left of it.
            let entry = call.entry("adjustment_refused", (Adjusted::KIND, &kept.record.key), (None, None));
            call.control.registry.change(&[kept.remove()], &[entry])?;
            return Err(problem);
        }
        Err(problem) => {
            call.control.registry.change(&[kept.replace(ASKED)], &[])?;
            return Err(problem);
        }
        Ok(done) => done,
    };
    kept.object.holder = None;
    kept.object.confirmed_by = by;
    kept.object.done_at = done.get("at").and_then(Value::as_str).and_then(|at| at.parse().ok());
    kept.object.balance_after = done.get("balance_after").and_then(Value::as_i64);
    let after = kept.object.shown(&kept.record.key, DONE);
    let act = act_on(call, "points_adjusted", &person.subject(call.control));
    let act = Act { reason: Some(kept.object.reason.clone()), ..act };
    call.control.registry.change(&[kept.replace(DONE)], &[entry(call, act, &after)])?;
    Ok(after)
}

fn entry(call: &Call<'_>, act: Act, after: &Value) -> AuditEntry {
    AuditEntry { after: Some(after.to_string()), ..AuditEntry::new(call.now, act) }
}

/// The answer of the ledger.
fn adjust(call: &Call<'_>, programme: &Programme, person: &Person, kept: &Kept<Adjusted>) -> Result<Value, Problem> {
    let account = programme.account_of(&person.holder.holder, call.now).filter(|_| programme.in_force(call.now));
    let account = account.ok_or_else(|| Problem::new(Code::NotInThisState, "the person is no member now"))?;
    let id = kept.record.key.parse::<Uuid>().map_err(|_| Problem::from(Code::Failed))?;
    let adjustment = programme.adjustment(kept.object.points);
    let change = AccountChange::Adjust { adjustment, reason: kept.object.reason.as_str().into() };
    let task = AccountTask::new(id, account, change, &call.control.cases.secret);
    match call.control.points.ask(Task::OfAccount(Box::new(task)), "an adjustment")? {
        Verdict::Answered { body, .. } => serde_json::from_slice(&body).map_err(|_| Code::Failed.into()),
        Verdict::Refused(refused @ Refused::TooMuch { .. }) => Err(Problem::at("/points", refused.to_string())),
        Verdict::Refused(refused) => {
            tracing::error!(target: "avis::control", %refused, "the ledger refuses an adjustment");
            Err(Code::Failed.into())
        }
    }
}
