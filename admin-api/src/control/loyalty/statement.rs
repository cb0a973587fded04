//! What a member has, at any moment, and what happened to the account.

use avis_core::loyalty::LotAnswer;
use avis_store::AccountOperation;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::finding::held;
use super::name_for;
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::list::Page;
use crate::control::problem::Problem;
use crate::control::shape::{Field, Kind, needed, optional};

const POINTS: Kind = Kind::Whole(i64::MIN, i64::MAX);
const LOT: &[Field] = &[
    needed("points", POINTS),
    needed("earned_at", Kind::Instant),
    needed("active_from", Kind::Instant),
    optional("expires_at", Kind::Instant),
];
const NEXT: &[Field] = &[needed("tier", Kind::Token(1, 64)), needed("missing", POINTS)];

/// Of which moment: the end of its minute.
pub(super) const AT: &[Field] = &[optional("at", Kind::Instant)];

const BALANCE: Field = needed("balance", POINTS);
const PENDING: Field = needed("pending", POINTS);
const OWED: Field = needed("owed", POINTS);
const TIER: Field = optional("tier", Kind::Token(1, 64));
const ABOVE: Field = optional("next", Kind::Object(NEXT));
const LOTS: Field = needed("lots", Kind::List(&Kind::Object(LOT), 1_000_000));

/// What somebody has in a programme.
pub(crate) const HAD: &[Field] = &[BALANCE, PENDING, OWED, TIER, ABOVE, LOTS];

/// What a member has. Of an earlier moment the level is not told, and of no moment more than the minute.
pub(super) const STATEMENT: &[Field] = &[
    needed("handle", Kind::Id),
    optional("expires_at", Kind::Instant),
    needed("program", Kind::Code),
    needed("member", Kind::Token(32, 32)),
    needed("state", Kind::Word(&["member", "left"])),
    needed("at", Kind::Instant),
    BALANCE,
    PENDING,
    OWED,
    TIER,
    ABOVE,
    LOTS,
];

const ENTRY: &[Field] = &[
    needed("ledger_account", Kind::Token(1, 20)),
    optional("lot", POINTS),
    needed("points", POINTS),
    optional("active_from", Kind::Instant),
    optional("expires_at", Kind::Instant),
];

/// Something that happened to the account: of a sale, under a name that is this merchant's own, or of the account itself.
pub(super) const OPERATION: &[Field] = &[
    needed("number", Kind::Whole(1, i64::MAX)),
    needed("kind", Kind::Word(&["sale", "adjustment", "expiry"])),
    needed("at", Kind::Instant),
    needed("recorded_at", Kind::Instant),
    optional("sale", Kind::Token(32, 32)),
    optional("reason", Kind::Token(0, 200)),
    needed("points", POINTS),
    needed("entries", Kind::List(&Kind::Object(ENTRY), 1_000_000)),
];

/// `GET /programs/{code}/members/{handle}`: now, or at an earlier moment.
pub(super) fn read(call: &Call<'_>) -> Result<Answer, Problem> {
    let member = held(call)?;
    let asked: Option<Timestamp> = call.query.get("at").and_then(Value::as_str).and_then(|at| at.parse().ok());
    if asked.is_some_and(|at| at > call.now) {
        return Err(Problem::at("/at", "expected a moment that has passed"));
    }
    // A sale is found by no finer moments than those that are told.
    let earlier = asked.and_then(end_of_minute).filter(|at| *at < call.now);
    let (accounts, programme) = (&call.control.points.accounts, &member.programme);
    let account = match earlier {
        Some(at) => accounts.account_at(&member.account, at)?,
        None => accounts.account(&member.account, programme.level_since(call.now), call.now)?,
    };
    let at = earlier.unwrap_or(call.now);
    let statement = programme.statement(&account, at);
    member.note(call, "member_read", &["balance", "pending", "owed", "tier", "lots"])?;
    let (tier, next) = if earlier.is_some() { (None, None) } else { (statement.tier, statement.next) };
    let lots: Vec<Value> = statement.lots.iter().map(lot).collect();
    Ok(Answer::of(json!({
        "handle": call.path("handle"), "expires_at": member.expires_at, "program": statement.program,
        "member": member.name(call), "state": if member.is_member { "member" } else { "left" }, "at": at,
        "balance": statement.balance, "pending": statement.pending, "owed": statement.owed, "tier": tier, "next": next,
        "lots": lots,
    })))
}

fn lot(lot: &LotAnswer) -> Value {
    json!({"points": lot.points, "earned_at": to_the_minute(lot.earned_at), "active_from": to_the_minute(lot.active_from),
           "expires_at": lot.expires_at.map(to_the_minute)})
}

/// `GET /programs/{code}/members/{handle}/operations`: the newest first.
pub(super) fn operations(call: &Call<'_>) -> Result<Answer, Problem> {
    let (page, member) = (Page::of(call)?, held(call)?);
    let before = page.after.parse().ok();
    let operations = call.control.points.accounts.operations(&member.account, before, page.most())?;
    member.note(call, "member_operations_read", &["operations"])?;
    let shown = operations.iter().map(|one| (one.number.to_string(), shown(call, &member.programme.owner, one)));
    Ok(page.answer(shown))
}

fn shown(call: &Call<'_>, owner: &str, operation: &AccountOperation) -> Value {
    let own = operation.own.as_deref().map(|own| serde_json::from_str::<Value>(own).unwrap_or_default());
    let own = |name: &str| own.as_ref().and_then(|own| own.get(name)).cloned().unwrap_or_default();
    let sale = operation.own.is_none().then(|| name_for(call, owner, "sale", &operation.of.to_string()));
    let entries: Vec<Value> = operation
        .entries
        .iter()
        .map(|entry| {
            json!({"ledger_account": entry.ledger_account, "lot": entry.lot, "points": entry.points,
                   "active_from": entry.active_from.map(to_the_minute),
                   "expires_at": entry.expires_at.map(to_the_minute)})
        })
        .collect();
    let of_the_account = operation.entries.iter().filter(|entry| ["points", "owed"].contains(&&*entry.ledger_account));
    let kind = if sale.is_some() { json!("sale") } else { own("kind") };
    let (at, recorded_at) = (to_the_minute(operation.at), to_the_minute(operation.recorded_at));
    json!({
        "number": operation.number, "kind": kind, "at": at, "recorded_at": recorded_at, "sale": sale,
        "reason": own("reason"), "points": of_the_account.map(|entry| entry.points).sum::<i64>(), "entries": entries,
    })
}

/// The end of the minute of a moment; the moment itself where it is one.
fn end_of_minute(at: Timestamp) -> Option<Timestamp> {
    let begins = to_the_minute(at);
    if begins == at { Some(at) } else { begins.checked_add(SignedDuration::from_mins(1)).ok() }
}

/// The beginning of the minute: an instant to the nanosecond would join what two merchants read of one sale.
fn to_the_minute(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(60)).unwrap_or(at)
}
