//! A sale that the ledger does not have, made out of a row of a provider's file and of what is given by hand: a late advice, recorded
//! as that of a till (settlement 4.4).

use std::collections::HashSet;
use std::sync::Arc;

use avis_core::loyalty::{Inquiry, inquire};
use avis_core::movement::Direction;
use avis_core::offline::Advice;
use avis_core::settlement::reconcile::{AmountField, MissingRow};
use avis_core::{Fingerprint, narrow};
use avis_server::{Scope, Terminal};
use avis_store::{IdempotencyKey, NewAuthorization, Refused, Task, Verdict};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::service_day;
use crate::control::call::Call;
use crate::control::people;
use crate::control::problem::{Code, Problem};
use crate::control::rules;
use crate::control::secret::id_of_hash;
use crate::control::shape::{Field, Kind, needed, optional};
use crate::keys::Terminals;

/// Discounts of one sale.
const GRANTED_MAX: usize = avis_core::limits::LINES_MAX;
const SUM: Kind = Kind::Whole(i64::MIN, i64::MAX);
const AMOUNT: Kind = Kind::Whole(0, avis_core::limits::AMOUNT_MAX);
const GRANTED: &[Field] = &[
    needed("line_id", Kind::Token(1, 200)),
    needed("benefit", Kind::Code),
    needed("version", Kind::Whole(1, 4_294_967_295)),
    needed("amount", AMOUNT),
];

/// What of a sale its row does not say: a till's request without its id, and what the till granted. The time and the terminal are
/// given where the row has none; the terminal also where the row's is none of the provider's.
pub(super) const ADVICE: &[Field] = &[
    needed("request", Kind::Json),
    needed("granted", Kind::List(&Kind::Object(GRANTED), GRANTED_MAX)),
    optional("terminal", Kind::Code),
];

/// What a row that is missing here says, and the provider's terminal that it names, if it names one. Amounts are minor units.
pub(super) const ROW: &[Field] = &[
    optional("occurred_at", Kind::Instant),
    needed("date", Kind::Date),
    needed("direction", Kind::Word(&["sale", "return"])),
    optional("terminal", Kind::Token(1, 200)),
    optional("own_terminal", Kind::Token(1, 200)),
    optional("request_id", Kind::Id),
    optional("gross", SUM),
    optional("discount", SUM),
    optional("payable", SUM),
];

/// What a row that is missing here says, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct KeptRow {
    occurred_at: Option<Timestamp>,
    date: Date,
    direction: String,
    terminal: Option<String>,
    request_id: Option<Uuid>,
    gross: Option<i64>,
    discount: Option<i64>,
    payable: Option<i64>,
}

impl KeptRow {
    pub(super) fn of(row: &MissingRow) -> Self {
        let amount = |field: AmountField| {
            let present = row.amounts.present().find(|(found, _)| *found == field);
            present.map(|(_, amount)| narrow(amount))
        };
        Self {
            occurred_at: row.occurred_at,
            date: row.date,
            direction: row.direction.word().to_owned(),
            terminal: row.terminal.as_deref().map(str::to_owned),
            request_id: row.request_id,
            gross: amount(AmountField::Gross),
            discount: amount(AmountField::Discount),
            payable: amount(AmountField::Payable),
        }
    }

    /// As it is shown, by the codes of the provider's terminals.
    pub(super) fn shown(&self, terminals: &HashSet<String>) -> Value {
        let Self { occurred_at, date, direction, terminal, request_id, gross, discount, payable } = self;
        let own = terminal.as_ref().filter(|terminal| terminals.contains(*terminal));
        json!({"occurred_at": occurred_at, "date": date, "direction": direction, "terminal": terminal, "own_terminal": own,
            "request_id": request_id, "gross": gross, "discount": discount, "payable": payable})
    }
}

/// Records the sale of a row, once however often it is asked for: its authorization.
///
/// # Errors
/// Whatever is given that is not as the row says it, with its field; what the ledger refuses.
pub(super) fn advise(call: &Call<'_>, provider: &str, (key, row): (&str, &KeptRow)) -> Result<Uuid, Problem> {
    let given = call.body.get("advice").filter(|given| !given.is_null());
    let given = given.ok_or_else(|| Problem::at("/advice", "expected what the row does not say of the sale"))?;
    if row.direction != Direction::Sale.word() {
        return Err(Problem::new(Code::NotInThisState, "what was given back is no advice: expected the row of a sale"));
    }
    let terminal = terminal(call, provider, given, row)?;
    let advice = advice(given, row, request_id(key, row)?)?;
    check_time((call, provider), &advice, row)?;
    check_amounts(&advice, row)?;
    if let Some(fault) = terminal.overstep(&advice.request.request) {
        return Err(Problem::at(in_advice(&format!("/request{}", fault.pointer)), fault.detail));
    }
    let new = planned(call, provider, &advice, terminal.code.as_str().into())?;
    let Advice { granted, device_time, device_sequence, .. } = advice;
    let task = Task::Advise { new: Box::new(new), granted, device_time, device_sequence, told: None };
    match call.control.points.ask(task, "a late advice")? {
        Verdict::Answered { body, .. } => {
            let answer: Value = serde_json::from_slice(&body).map_err(|_| Problem::from(Code::Failed))?;
            let id = answer.get("authorization_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
            id.ok_or_else(|| Problem::new(Code::NotInThisState, "the request was answered before, and declined"))
        }
        Verdict::Refused(Refused::Granted(faults)) => Err(Problem::of_document(faults, in_advice)),
        Verdict::Refused(Refused::RequestIdReused) => {
            Err(Problem::new(Code::Exists, "the request of this id is recorded, and means something else"))
        }
        Verdict::Refused(refused) => {
            tracing::error!(target: "avis::control", %refused, "the ledger refuses a late advice");
            Err(Code::Failed.into())
        }
    }
}

fn in_advice(pointer: &str) -> String {
    format!("/advice{pointer}")
}

/// The id of the request: the row's, or one that follows from the finding.
fn request_id(key: &str, row: &KeptRow) -> Result<Uuid, Problem> {
    row.request_id.or_else(|| id_of_hash(key)).ok_or_else(|| Code::Failed.into())
}

/// The codes of a provider's terminals.
pub(super) fn terminals_of(call: &Call<'_>, provider: &str) -> Result<HashSet<String>, Problem> {
    let terminals = Terminals::read(&*call.control.store)?;
    let own = terminals.all().iter().filter(|terminal| terminal.provider == provider);
    Ok(own.map(|terminal| terminal.code.clone()).collect())
}

/// The terminal that sold: the row's if it is one of the provider, else the one that is given, since a provider's file may number its
/// tills in its own way.
fn terminal(call: &Call<'_>, provider: &str, given: &Value, row: &KeptRow) -> Result<Terminal, Problem> {
    const PLACE: &str = "/advice/terminal";
    let terminals = Terminals::read(&*call.control.store)?;
    let find = |code: &str| terminals.all().iter().find(|own| own.code == code && own.provider == provider);
    let given = given.get("terminal").and_then(Value::as_str);
    let sold = match (row.terminal.as_deref().and_then(find), given) {
        (Some(own), Some(given)) if own.code != given => {
            return Err(Problem::at(PLACE, "expected none, or the terminal that the row names"));
        }
        (Some(own), _) => own,
        (None, Some(given)) => find(given).ok_or_else(|| Problem::at(PLACE, "expected a terminal of the provider"))?,
        (None, None) => {
            return Err(Problem::at(PLACE, "expected the terminal: the row names none of the provider's"));
        }
    };
    // What is for training never stands beside what is real.
    if !sold.may(Scope::Sell) || sold.trains() {
        return Err(Problem::at(PLACE, "expected a terminal that sells: this one trains, or does not sell"));
    }
    Ok(sold.clone())
}

/// The advice that the row and what is given make together.
fn advice(given: &Value, row: &KeptRow, request_id: Uuid) -> Result<Advice, Problem> {
    let mut request = given.get("request").cloned().unwrap_or_default();
    let fields = request.as_object_mut().ok_or_else(|| Problem::at("/advice/request", "expected an object"))?;
    for (name, own) in [("request_id", Some(json!(request_id))), ("occurred_at", row.occurred_at.map(|at| json!(at)))] {
        let Some(own) = own else { continue };
        if fields.insert(name.to_owned(), own).is_some() {
            return Err(Problem::at(format!("/advice/request/{name}"), "expected none: it is that of the row"));
        }
    }
    let at = fields.get("occurred_at").cloned().unwrap_or_default();
    let granted = given.get("granted").cloned().unwrap_or_default();
    if granted.as_array().is_none_or(Vec::is_empty) {
        return Err(Problem::at("/advice/granted", "expected what the till granted: without it nothing is recorded"));
    }
    let advice = json!({"request": request, "granted": granted, "device_time": at, "device_sequence": 0});
    let advice = Advice::from_value(&advice).map_err(|faults| Problem::of_document(faults, in_advice))?;
    if advice.request.asks() {
        return Err(Problem::at("/advice/request", "expected neither `coupons` nor `redeem`: they are a till's alone"));
    }
    Ok(advice)
}

/// A time that is given is one of the row's day, and has been.
fn check_time((call, provider): (&Call<'_>, &str), advice: &Advice, row: &KeptRow) -> Result<(), Problem> {
    const PLACE: &str = "/advice/request/occurred_at";
    let at = advice.request.request.occurred_at;
    if service_day(call.control, provider)?.date(at) != row.date {
        return Err(Problem::at(PLACE, format!("expected a time of {}, the row's day", row.date)));
    }
    if at > call.now {
        return Err(Problem::at(PLACE, "expected a time that has been"));
    }
    Ok(())
}

/// The amounts are those of the row, as far as it has them.
fn check_amounts(advice: &Advice, row: &KeptRow) -> Result<(), Problem> {
    let gross = advice.request.request.gross();
    let discount = advice.granted.iter().map(|granted| granted.amount).fold(0, i64::saturating_add);
    for (name, own, place, given) in [
        ("gross", row.gross, "/advice/request/lines", gross),
        ("discount", row.discount, "/advice/granted", discount),
        ("payable", row.payable, "/advice/granted", gross.saturating_sub(discount)),
    ] {
        if own.is_some_and(|own| own != given) {
            return Err(Problem::at(place, format!("expected what comes to the row's `{name}`")));
        }
    }
    Ok(())
}

/// The sale as of its time, by the rules of now as each advice.
fn planned(call: &Call<'_>, provider: &str, advice: &Advice, terminal: Arc<str>) -> Result<NewAuthorization, Problem> {
    let asked = &advice.request;
    let rules = rules::rules(call.control)?;
    let compiled = rules.compiled().ok_or_else(|| Problem::at("/advice", "there are no rules yet"))?;
    let (shown, at) = (&asked.request.identifiers, asked.request.occurred_at);
    let person = people::standing(call, shown, at, None)?;
    if !shown.is_empty() {
        people::note_look(call, "advise", ["person_advised", "nobody_advised"], &person, None)?;
    }
    let inquiry = inquire(&compiled, provider, person.holder.as_deref(), asked);
    let known = inquiry.as_ref().map(Inquiry::beforehand);
    let fingerprint = Fingerprint::of_loyalty_request(asked, &call.control.cases.secret);
    let key = IdempotencyKey { provider: provider.into(), request_id: asked.request.request_id, fingerprint };
    let plan = avis_core::plan_loyal(compiled, provider, person, asked.request.clone(), known);
    let plan =
        plan.map_err(|faults| Problem::of_document(faults, |pointer| in_advice(&format!("/request{pointer}"))))?;
    // An advice is no hold.
    let hold = SignedDuration::ZERO;
    let inquiry = inquiry.filter(|inquiry| !inquiry.is_empty());
    Ok(NewAuthorization { key, plan, inquiry, terminal, rules: rules.read(), stale: false, hold })
}
