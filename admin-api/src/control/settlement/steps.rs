//! The life of a statement: issued by one party, agreed to or disputed line by line by the other, and paid (settlement 3.3).

use avis_core::narrow;
use avis_store::AuditEntry;
use avis_store::records::RecordChange;
use jiff::Timestamp;
use jiff::civil::Date;

use super::computing::{Computed, Stated, compute};
use super::dispute::{Dispute, LineClaim, Outcome};
use super::lines::KeptLine;
use super::statements::{AGREED, DRAFT, ISSUED, PAID, Payment, Sealed, StatementRecord, Step, issued, shown};
use super::{ReadPair, find_in, findings};
use crate::control::answer::Answer;
use crate::control::call::Call;
use crate::control::kept::{Kept, Object};
use crate::control::problem::{Code, Problem};
use crate::control::rules;
use crate::control::shape::{Field, Kind, REASON, needed, optional};

const AMOUNT: Kind = Kind::Whole(-avis_core::limits::AMOUNT_MAX, avis_core::limits::AMOUNT_MAX);

/// A line that is not accepted: what it should say is owed, and why.
pub(super) const DISPUTE: &[Field] = &[needed("line", Kind::Whole(1, 1_000_000)), needed("claimed", AMOUNT), REASON];
/// What a dispute ends in: with an amount the next statement has an adjustment, without one the line is kept.
pub(super) const END: &[Field] = &[needed("line", Kind::Whole(1, 1_000_000)), optional("amount", AMOUNT), REASON];
/// When and under which reference a statement was paid.
pub(super) const PAY: &[Field] =
    &[needed("paid_on", Kind::Date), needed("reference", Kind::Reference(1, 200)), MAYBE_WHY];
/// Why it is done, for who wants to say.
pub(super) const WHY: &[Field] = &[MAYBE_WHY];
const MAYBE_WHY: Field = optional("reason", Kind::Text(1, 200));

/// Bytes of a statement when it is issued: what one record keeps, with room for disputes and steps.
const SEALED_BYTES_MAX: usize = avis_store::records::CONTENT_BYTES_MAX / 2;

/// A step of a statement that is about to be written: its audit entry.
fn entry_of(
    call: &Call<'_>,
    kept: &mut Kept<StatementRecord>,
    (step, state): (&str, &'static str),
    line: usize,
) -> Result<AuditEntry, Problem> {
    let (by, party) = (call.caller()?.user.clone(), call.party()?.to_owned());
    let reason = Some(call.text("reason").to_owned()).filter(|reason| !reason.is_empty());
    kept.object.steps.push(Step { step: step.to_owned(), by, party, at: call.now, reason });
    let dispute = kept.object.disputes.iter().find(|dispute| dispute.line == line).map(Dispute::shown);
    let told = serde_json::json!({
        "grantor": kept.owner(), "provider": kept.object.provider, "from": kept.object.from, "until": kept.object.until,
        "state": state, "number": kept.object.sealed.as_ref().map(|sealed| sealed.number),
        "hash": kept.object.sealed.as_ref().map(|sealed| &sealed.hash),
        "dispute": dispute, "disputed_lines": kept.object.disputes.iter().map(|dispute| dispute.line).collect::<Vec<_>>(),
    });
    let action = format!("statement_{step}");
    Ok(call.entry(&action, (StatementRecord::KIND, &kept.record.key), (None, Some(&told))))
}

/// Writes a statement after a step.
fn write(
    call: &Call<'_>,
    mut kept: Kept<StatementRecord>,
    (step, state): (&str, &'static str),
    more: Vec<RecordChange>,
) -> Result<Answer, Problem> {
    let entry = entry_of(call, &mut kept, (step, state), line(call))?;
    let mut changes = vec![kept.replace(state)];
    changes.extend(more);
    call.control.registry.change(&changes, &[entry])?;
    kept.record.value.state = state.to_owned();
    kept.record.version += 1;
    Ok(Answer::of(shown(call, &kept)?).tagged(kept.etag()))
}

/// What was sealed; only drafts have nothing.
fn sealed(kept: &Kept<StatementRecord>) -> Result<&Sealed, Problem> {
    kept.object.sealed.as_ref().ok_or_else(|| Code::NotInThisState.into())
}

/// Refuses whoever is of the party that issued a statement, or of the other one.
fn check_side(call: &Call<'_>, kept: &Kept<StatementRecord>, is_issuer: bool) -> Result<(), Problem> {
    if (call.party()? == sealed(kept)?.issued_by) == is_issuer {
        return Ok(());
    }
    let detail = if is_issuer {
        "this is for the party that issued it"
    } else {
        "this is for the other party than the one that issued it"
    };
    Err(Problem::new(Code::NotYours, detail))
}

/// `POST /statements/{id}/issue`: its days are closed, and its lines are sealed.
pub(super) fn issue(call: &Call<'_>) -> Result<Answer, Problem> {
    let mut kept = find_in::<StatementRecord>(call, DRAFT)?;
    let (grantor, provider) = (kept.owner().to_owned(), kept.object.provider.clone());
    // Whoever issues another one of the pair meanwhile makes this one lose.
    let read = ReadPair::of(call, &grantor, &provider)?;
    let (records, before) = issued(call, &grantor, &provider)?;
    let period = kept.object.period()?;
    let computed = compute(call, Stated { grantor: &grantor, provider: &provider, period }, &before)?;
    if let Some(open_from) = computed.open_from {
        let detail = format!("{open_from} is open: a statement is of closed days");
        return Err(Problem::new(Code::DayIsOpen, detail));
    }
    let sealed = seal(call, &computed)?;
    let mut pair = read.pair();
    pair.until = Some(period.until());
    kept.object.sealed = Some(sealed);
    check_size(&kept.object)?;
    let mut more = vec![read.replace(pair)];
    more.extend(records.into_iter().filter_map(stated));
    more.extend(findings::dispute_waiting(call, &mut kept)?);
    write(call, kept, ("issued", ISSUED), more)
}

fn seal(call: &Call<'_>, computed: &Computed) -> Result<Sealed, Problem> {
    let Computed { statement, number, .. } = computed;
    let mut numbered = statement.clone();
    numbered.number = Some(*number);
    let currency = rules::rules(call.control)?.currency();
    let avis_core::settlement::Sealed { csv, hash } = numbered.sealed(&currency);
    Ok(Sealed {
        number: *number,
        issued_by: call.party()?.to_owned(),
        currency,
        opening: narrow(statement.opening),
        total: narrow(statement.total()),
        csv,
        hash,
        lines: KeptLine::of(&statement.lines),
    })
}

/// Refuses a statement that one record can't keep, with its lines and their bytes.
fn check_size(statement: &StatementRecord) -> Result<(), Problem> {
    let bytes = serde_json::to_vec(statement).map_or(usize::MAX, |kept| kept.len());
    if bytes > SEALED_BYTES_MAX {
        let detail = "the statement has more lines than AVIS keeps: expected a shorter period";
        return Err(Problem::new(Code::TooManyObjects, detail));
    }
    Ok(())
}

/// An earlier statement whose adjustments are stated now.
fn stated(mut kept: Kept<StatementRecord>) -> Option<RecordChange> {
    let outcomes = kept.object.disputes.iter_mut().filter_map(|dispute| dispute.outcome.as_mut());
    let mut pending = outcomes.filter(|outcome| outcome.adjusted.is_some() && !outcome.is_stated).peekable();
    pending.peek()?;
    pending.for_each(|outcome| outcome.is_stated = true);
    let state = kept.state().to_owned();
    Some(kept.replace(&state))
}

/// `POST /statements/{id}/disputes`: by the other party, of a line that it has not disputed yet.
pub(super) fn dispute(call: &Call<'_>) -> Result<Answer, Problem> {
    let mut kept = find_in::<StatementRecord>(call, ISSUED)?;
    let lines = sealed(&kept)?.lines.len();
    if line(call) > lines {
        return Err(Problem::at("/line", format!("expected one of the {lines} lines of the statement")));
    }
    let reimbursed = kept.object.reimbursed(line(call)).unwrap_or_default();
    let more = whole(call, "claimed").unwrap_or_default().saturating_sub(reimbursed);
    enter_dispute(call, &mut kept, line(call), (None, more))?;
    write(call, kept, ("disputed", ISSUED), Vec::new())
}

/// Enters how much more a line should say is owed, perhaps of a finding, into a statement that another party issued.
///
/// # Errors
/// One that the own party issued, or that is not open to disputes; a line that is disputed, or was.
pub(super) fn enter_dispute(
    call: &Call<'_>,
    kept: &mut Kept<StatementRecord>,
    line: usize,
    (finding, more): (Option<&str>, i64),
) -> Result<(), Problem> {
    check_side(call, kept, false)?;
    if kept.state() != ISSUED {
        return Err(Problem::new(Code::NotInThisState, "the statement is agreed"));
    }
    let (reason, by) = (call.text("reason").to_owned(), call.caller()?.user.clone());
    kept.object.claim(line, LineClaim { finding: finding.map(str::to_owned), more, reason, by, at: call.now })
}

/// What became of the dispute of a line, `disputed` or `dispute_withdrawn`: the statement's change, and its audit entry.
pub(super) fn disputed(
    call: &Call<'_>,
    mut kept: Kept<StatementRecord>,
    (step, line): (&str, usize),
) -> Result<(RecordChange, AuditEntry), Problem> {
    let entry = entry_of(call, &mut kept, (step, ISSUED), line)?;
    Ok((kept.replace(ISSUED), entry))
}

/// `POST /statements/{id}/disputes/end`: by the party that issued it.
pub(super) fn end_dispute(call: &Call<'_>) -> Result<Answer, Problem> {
    let mut kept = find_in::<StatementRecord>(call, ISSUED)?;
    check_side(call, &kept, true)?;
    let line = line(call);
    let open = kept.object.disputes.iter_mut().find(|dispute| dispute.line == line && dispute.is_open());
    let open = open.ok_or_else(|| Problem::at("/line", "expected a line of which a dispute is open"))?;
    let (adjusted, reason, by) = (whole(call, "amount"), call.text("reason").to_owned(), call.caller()?.user.clone());
    open.outcome = Some(Outcome { adjusted, reason, by, at: call.now, is_stated: false });
    write(call, kept, ("dispute_ended", ISSUED), Vec::new())
}

/// `POST /statements/{id}/agree`: by the other party, once no dispute is open.
pub(super) fn agree(call: &Call<'_>) -> Result<Answer, Problem> {
    let kept = find_in::<StatementRecord>(call, ISSUED)?;
    check_side(call, &kept, false)?;
    if kept.object.disputes.iter().any(Dispute::is_open) {
        return Err(Problem::new(Code::NotInThisState, "a dispute about a line is open"));
    }
    write(call, kept, ("agreed", AGREED), Vec::new())
}

/// `POST /statements/{id}/pay`: by the grantor, of the whole.
pub(super) fn pay(call: &Call<'_>) -> Result<Answer, Problem> {
    let mut kept = find_in::<StatementRecord>(call, AGREED)?;
    if call.party()? != kept.owner() {
        return Err(Problem::new(Code::NotYours, "a statement is paid by the grantor"));
    }
    let on = paid_on(call, &kept)?;
    kept.object.paid = Some(Payment { on, reference: call.text("reference").to_owned() });
    write(call, kept, ("paid", PAID), Vec::new())
}

/// A day from that of the issue until today, by the provider's clocks.
fn paid_on(call: &Call<'_>, kept: &Kept<StatementRecord>) -> Result<Date, Problem> {
    let (on, day) = (super::date(call, "paid_on")?, super::service_day(call.control, &kept.object.provider)?);
    let date_of = |at: Timestamp| day.zone().to_datetime(at).date();
    let issued = kept.object.steps.iter().find(|step| step.step == ISSUED).map(|step| date_of(step.at));
    let (first, today) = (issued.unwrap_or(on), date_of(call.now));
    if first <= on && on <= today {
        return Ok(on);
    }
    Err(Problem::at("/paid_on", format!("expected a day from {first}, when it was issued, until today, {today}")))
}

fn line(call: &Call<'_>) -> usize {
    whole(call, "line").and_then(|line| usize::try_from(line).ok()).unwrap_or_default()
}

fn whole(call: &Call<'_>, name: &str) -> Option<i64> {
    call.body.get(name).and_then(serde_json::Value::as_i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(lines: usize) -> StatementRecord {
        let day = Date::constant(2026, 11, 18);
        let csv = "2026-11-18;riga-seniors;1;1;2;-100;50\n".repeat(lines);
        let sealed = Sealed {
            number: 1,
            issued_by: "riga".into(),
            currency: "EUR".into(),
            opening: 0,
            total: 0,
            csv,
            hash: String::new(),
            lines: Vec::new(),
        };
        let (disputes, steps) = (Vec::new(), Vec::new());
        let provider = "bus".into();
        StatementRecord { provider, from: day, until: day, sealed: Some(sealed), disputes, steps, paid: None }
    }

    #[test]
    fn a_statement_is_sealed_as_long_as_a_record_keeps_it() {
        assert_eq!(check_size(&statement(1_000)), Ok(()));
        let refused = check_size(&statement(100_000)).unwrap_err();
        assert_eq!(refused.code, Code::TooManyObjects);
    }
}
