//! Undoes a request: before, after or without it.

use avis_core::authorization::ReversalBody;
use rusqlite::Connection;

use super::{StepError, request, stored};
use crate::answer::{self, Reversal};
use crate::ledger::{Refused, RequestKey, Verdict};

pub(super) fn reverse(connection: &Connection, key: &RequestKey, body: &ReversalBody) -> Result<Verdict, StepError> {
    let (provider, original) = (&*key.provider, body.original_request_id);
    let told = |result| Reversal { request_id: key.request_id, original_request_id: original, result };
    let Some(known) = request::find(connection, provider, original)? else {
        request::reverse_in_advance(connection, provider, original)?;
        return request::keep(connection, key, request::REVERSE, None, answer::reversed_nothing(&told("reversed")));
    };
    if known.kind.as_deref() == Some(request::REVERSE) {
        return Ok(Verdict::Refused(Refused::NotReversible));
    }
    let told = told(if known.reversed { "already_reversed" } else { "reversed" });
    let record = known.authorization.map(|id| stored::load(connection, provider, id)).transpose()?.flatten();
    let Some(mut record) = record else {
        request::set_reversed(connection, provider, original)?;
        return request::keep(connection, key, request::REVERSE, None, answer::reversed_nothing(&told));
    };
    if !known.reversed {
        request::set_reversed(connection, provider, original)?;
        let is_whole = known.kind.as_deref() == Some(request::AUTHORIZE);
        stored::change(connection, &mut record, |record| {
            let authorization = &mut record.authorization;
            if is_whole { authorization.reverse() } else { authorization.undo(original) }
        })?;
    }
    request::keep(connection, key, request::REVERSE, Some(record.id), answer::reversed(&record, &told))
}
