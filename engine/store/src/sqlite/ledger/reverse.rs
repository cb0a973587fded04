//! Undoes a request: before, after or without it.

use avis_core::authorization::{ReversalBody, Undone};
use rusqlite::Connection;

use super::{StepError, advise, recounted, request, stored};
use crate::answer::{self, Reversal};
use crate::ledger::{Refused, RequestKey, Verdict};

pub(super) fn reverse(connection: &Connection, key: &RequestKey, body: &ReversalBody) -> Result<Verdict, StepError> {
    let (provider, original) = (&*key.provider, body.original_request_id);
    let told = |result| Reversal {
        request_id: key.request_id,
        original_request_id: original,
        result,
        over_granted: Vec::new(),
    };
    let Some(known) = request::find(connection, provider, original)? else {
        request::reverse_in_advance(connection, provider, original)?;
        return request::keep(connection, key, request::REVERSE, None, answer::reversed_nothing(&told("reversed")));
    };
    if known.kind.as_deref() == Some(request::REVERSE) {
        return Ok(Verdict::Refused(Refused::NotReversible));
    }
    let record = known.authorization.map(|id| stored::load(connection, provider, id)).transpose()?.flatten();
    let Some(mut record) = record else {
        let told = told(result(if known.reversed { Undone::Already } else { Undone::Now }));
        request::set_reversed(connection, provider, original)?;
        return request::keep(connection, key, request::REVERSE, None, answer::reversed_nothing(&told));
    };
    if known.reversed {
        let told = told(result(Undone::Already));
        return request::keep(connection, key, request::REVERSE, Some(record.id), answer::reversed(&record, &told));
    }
    request::set_reversed(connection, provider, original)?;
    let is_whole = known.kind.as_deref() == Some(request::AUTHORIZE);
    let before = record.authorization.clone();
    let undone = stored::change(connection, &mut record, |record| {
        let authorization = &mut record.authorization;
        if is_whole { authorization.reverse() } else { authorization.undo(original) }
    })?;
    if is_whole {
        advise::unlist(connection, record.id)?;
    }
    // Empty where nothing counts again: for the whole, and for what was undone already.
    let over_granted = recounted::over_granted(connection, &before, &record)?;
    advise::list(connection, &record, &over_granted, &[])?;
    let told = Reversal { over_granted, ..told(result(undone)) };
    request::keep(connection, key, request::REVERSE, Some(record.id), answer::reversed(&record, &told))
}

/// An operation can be undone already with what it built on.
fn result(undone: Undone) -> &'static str {
    match undone {
        Undone::Now => "reversed",
        Undone::Already => "already_reversed",
    }
}
