//! What the control plane answers, read: fields of objects, and lists.

use avis_admin::control::{Code, Refusal, Reply};
use serde_json::Value;

use crate::view::{Column, Html, Tone, tag};
use crate::visit::Visit;

/// A text of an object; empty where it is not there.
pub(crate) fn text<'v>(object: &'v Value, name: &str) -> &'v str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A whole number of an object.
pub(crate) fn whole(object: &Value, name: &str) -> Option<i64> {
    object.get(name).and_then(Value::as_i64)
}

/// Whether a field is true.
pub(crate) fn is(object: &Value, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool) == Some(true)
}

/// The texts of a list.
pub(crate) fn texts(object: &Value, name: &str) -> Vec<String> {
    items_of(object, name).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The entries of a list in an object.
pub(crate) fn items_of<'v>(object: &'v Value, name: &str) -> &'v [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The entries of a list that was asked for.
pub(crate) fn items(reply: &Reply) -> &[Value] {
    items_of(&reply.body, "items")
}

/// JSON as people read it.
pub(crate) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A state as a tag, in the tone that it has wherever it is shown.
pub(crate) fn state(visit: &Visit<'_>, word: &str) -> Html {
    let tone = match word {
        "published" | "done" | "approved" | "counts" | "active" | "agreed" | "paid" | "closed" | "confirmed"
        | "in_balance" | "in_sync" | "in_force" => Tone::Good,
        "failed" | "rejected" | "suspended" | "disabled" | "out_of_balance" | "disputed" | "behind" => Tone::Bad,
        "ended" | "cancelled" | "draft" | "future" => Tone::Plain,
        _ => Tone::Warn,
    };
    tag(tone, visit.word("state", word))
}

/// Pages of a list that a file is made of.
const PAGES_MAX: usize = 50;

impl Visit<'_> {
    /// The heads of columns by their words: of texts, and behind them of numbers.
    pub(crate) fn columns(&self, texts: &[&str], numbers: &[&str]) -> Vec<Column> {
        let texts = texts.iter().map(|name| Column::text(self.word("column", name)));
        texts.chain(numbers.iter().map(|name| Column::number(self.word("column", name)))).collect()
    }

    /// A date or a moment of an object as people write it; empty where it is not there.
    pub(crate) fn when_of(&self, of: &Value, name: &str) -> String {
        of.get(name).map(|when| self.when(when)).unwrap_or_default()
    }

    /// Every entry of a list, for a file.
    ///
    /// # Errors
    /// What the control plane refuses; a list of more than 10,000 entries.
    pub(crate) fn all_of(&self, path: &str) -> Result<Vec<Value>, Refusal> {
        let (mut all, mut query) = (Vec::new(), vec![("limit", "200".to_owned())]);
        for _ in 0..PAGES_MAX {
            let reply = self.list(path, query.clone())?;
            all.extend(items(&reply).iter().cloned());
            let Some(cursor) = reply.body.get("next").and_then(Value::as_str) else { return Ok(all) };
            query = vec![("limit", "200".to_owned()), ("cursor", cursor.to_owned())];
        }
        Err(Code::TooManyObjects.into())
    }

    /// As [`Visit::page_of`], from what was made last.
    ///
    /// # Errors
    /// What the control plane refuses.
    pub(crate) fn newest_of(
        &self,
        path: impl Into<String>,
        limit: usize,
    ) -> Result<(Reply, Option<(String, String)>), Refusal> {
        self.page_of(path, vec![("limit", limit.to_string()), ("newest_first", "true".to_owned())])
    }

    /// A page of a list, from where the address says that the page before ended, with the link to the one behind it.
    ///
    /// # Errors
    /// What the control plane refuses.
    pub(crate) fn page_of(
        &self,
        path: impl Into<String>,
        mut query: Vec<(&'static str, String)>,
    ) -> Result<(Reply, Option<(String, String)>), Refusal> {
        if let Some(cursor) = self.query.find("cursor") {
            query.push(("cursor", cursor.to_owned()));
        }
        let reply = self.list(path, query)?;
        let next = reply.body.get("next").and_then(Value::as_str).map(|cursor| {
            let kept =
                self.query.pairs().filter(|(name, value)| *name != "cursor" && *name != "done" && !value.is_empty());
            let kept = kept.map(|(name, value)| format!("{name}={}&", avis_admin::control::encoded(value)));
            (format!("{}?{}cursor={cursor}", self.path, kept.collect::<String>()), self.say("table-next"))
        });
        Ok((reply, next))
    }
}
