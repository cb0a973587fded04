//! Lists: a bound, and a cursor that belongs to the filters with which it was given.

use avis_store::records::RecordFilter;
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::problem::{Code, Problem};
use super::secret::{hashed, hex, unhex};
use super::shape::{Field, Kind, optional};

/// The most items of a page.
pub(crate) const LIMIT_MAX: i64 = 200;
/// The items of a page where nothing is said.
const LIMIT: usize = 50;

/// Bytes for which there is room before a page is written: most pages are smaller.
const USUAL_BYTES: usize = 32 * 1024;

/// The parameter that bounds a page.
pub(crate) const LIMIT_FIELD: Field = optional("limit", Kind::Whole(1, LIMIT_MAX));
/// The parameter that goes on behind a page.
pub(crate) const CURSOR_FIELD: Field = optional("cursor", Kind::Token(1, 1_000));
/// The parameter by which a list begins with what was made last.
pub(crate) const NEWEST_FIELD: Field = optional("newest_first", Kind::Truth);
/// The parameters of a list without filters.
pub(crate) const PAGE: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD];
/// The parameters of such a list whose keys grow with time.
pub(crate) const PAGE_BY_TIME: &[Field] = &[LIMIT_FIELD, CURSOR_FIELD, NEWEST_FIELD];

/// Which part of a list is wanted.
pub(crate) struct Page {
    /// The key behind which it begins; empty at the beginning.
    pub(crate) after: String,
    /// How many.
    pub(crate) limit: usize,
    /// Whether it begins with what was made last.
    newest_first: bool,
    /// Of what the list is one.
    mark: String,
}

/// A page as it is shown.
#[derive(Serialize)]
struct Shown<'a, T> {
    items: Vec<&'a T>,
    next: Option<String>,
}

impl Page {
    /// As a call asks for it. A cursor gives no right: the policy is asked again.
    ///
    /// # Errors
    /// A cursor of other filters, or none at all.
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Problem> {
        let mut filters = call.query.clone();
        if let Value::Object(filters) = &mut filters {
            filters.retain(|name, _| name != "limit" && name != "cursor");
        }
        let (paths, party) = (call.path_texts(), call.caller.as_ref().and_then(|caller| caller.party.clone()));
        let of = json!([call.operation.name, paths, party, filters]).to_string();
        let mark: String = hashed(&of).chars().take(16).collect();
        let limit = call.query.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
        let after = match call.query.get("cursor").and_then(Value::as_str) {
            None => String::new(),
            Some(cursor) => {
                let key = cursor.strip_prefix(&mark).and_then(unhex).and_then(|key| String::from_utf8(key).ok());
                key.ok_or_else(|| {
                    Problem::new(Code::CursorMismatch, "expected the `next` of a list with the same filters")
                })?
            }
        };
        let newest_first = call.query.get(NEWEST_FIELD.name).and_then(Value::as_bool).unwrap_or_default();
        Ok(Self { after, limit: limit.unwrap_or(LIMIT), newest_first, mark })
    }

    /// The records behind the cursor, in the order that is asked for.
    pub(crate) fn records(&self) -> RecordFilter<'_> {
        RecordFilter { after: &self.after, newest_first: self.newest_first, ..RecordFilter::default() }
    }

    /// One more than fits, by which it is known whether more follows.
    pub(crate) fn most(&self) -> usize {
        self.limit + 1
    }

    /// The list, of items behind the cursor with their keys; at most [`Page::most`] of them are looked at.
    pub(crate) fn answer<T: Serialize>(&self, items: impl IntoIterator<Item = (String, T)>) -> Answer {
        let mut items: Vec<(String, T)> = items.into_iter().take(self.most()).collect();
        let has_more = items.len() > self.limit;
        items.truncate(self.limit);
        let last = items.last().filter(|_| has_more);
        let next = last.map(|(key, _)| format!("{}{}", self.mark, hex(key.as_bytes())));
        let shown = Shown { items: items.iter().map(|(_, item)| item).collect(), next };
        let mut json = Vec::with_capacity(USUAL_BYTES);
        // What is shown has no keys that JSON can't write, and JSON is UTF-8.
        let written = serde_json::to_writer(&mut json, &shown);
        Answer::written(String::from_utf8(json).ok().filter(|_| written.is_ok()).unwrap_or_default())
    }

    /// The list, of all items in the order of their keys.
    pub(crate) fn answer_of_all<T: Serialize>(&self, items: impl IntoIterator<Item = (String, T)>) -> Answer {
        self.answer(items.into_iter().filter(|(key, _)| *key > self.after))
    }
}
