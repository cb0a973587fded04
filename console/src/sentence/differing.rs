//! What differs between two versions, in whole sentences: place by place of what they say. What no place says is told by its field, so
//! that no change is left out.

use serde_json::Value;

use super::{condition, limit, payer, rules_of_programme, told};
use crate::reading::{items_of, text, texts};
use crate::visit::Visit;

/// Something becomes something else.
pub(super) fn becomes(visit: &Visit<'_>, place: &str, before: &str, after: &str) -> String {
    let both = [("place", place.into()), ("before", before.into()), ("after", after.into())];
    visit.texts.with("differs-becomes", &both)
}

/// What differs in what a version of a kind says, from what the one before it said; `changes` are all fields that differ, as the control
/// plane has them.
pub(crate) fn differences(
    visit: &Visit<'_>,
    kind: &str,
    (before, after): (&Value, &Value),
    changes: &[Value],
) -> Vec<String> {
    let (was, is) = (told(visit, kind, before), told(visit, kind, after));
    let mut all = Vec::new();
    for ((place, was), (_, is)) in was.into_iter().zip(&is) {
        if was != *is {
            let label = visit.word("sentence", place);
            let parts = |of: &Value| parts(visit, kind, place, of);
            all.extend(of_parts(visit, &label, &parts(before), &parts(after)).unwrap_or_else(|| {
                let or_none =
                    |told: Option<&String>| told.cloned().unwrap_or_else(|| visit.word("sentence-none", place));
                vec![becomes(visit, &label, &or_none(was.as_ref()), &or_none(is.as_ref()))]
            }));
        }
    }
    // What is taken back and still reads the same is in no place.
    let is_silent = |change: &&Value| taken_back(after, change).is_none_or(|other| told(visit, kind, &other) == is);
    all.extend(changes.iter().filter(is_silent).map(|change| by_field(visit, change)));
    all
}

/// Of what is a list of parts on both sides, those that came and those that went; none where the whole is to be told.
fn of_parts(visit: &Visit<'_>, label: &str, before: &[String], after: &[String]) -> Option<Vec<String>> {
    let mut gone: Vec<&String> = before.iter().collect();
    let mut new = Vec::new();
    for part in after {
        match gone.iter().position(|known| *known == part) {
            Some(place) => drop(gone.remove(place)),
            None => new.push(part),
        }
    }
    let stays = before.len().saturating_sub(gone.len());
    match (&*gone, &*new) {
        // Another order, or nothing in common.
        ([], []) => None,
        _ if stays == 0 => None,
        ([before], [after]) => Some(vec![becomes(visit, label, before, after)]),
        _ => {
            let gone = gone.iter().map(|what| {
                visit.texts.with("differs-removed", &[("place", label.into()), ("what", what.as_str().into())])
            });
            let new = new.iter().map(|what| {
                visit.texts.with("differs-added", &[("place", label.into()), ("what", what.as_str().into())])
            });
            Some(gone.chain(new).collect())
        }
    }
}

/// The parts of a place of which each stands for itself; none of a place that is one whole.
fn parts(visit: &Visit<'_>, kind: &str, place: &str, content: &Value) -> Vec<String> {
    let scope = content.get("scope").unwrap_or(&Value::Null);
    match (kind, place) {
        (_, "on") => {
            let except = texts(scope, "except_products")
                .into_iter()
                .map(|product| visit.texts.with("differs-but-not", &[("what", (&*product).into())]));
            texts(scope, "products").into_iter().chain(except).collect()
        }
        (_, "at") => {
            let providers = scope.get("providers").unwrap_or(&Value::Null);
            let tags = texts(providers, "tags").into_iter().map(|tag| format!("#{tag}"));
            texts(providers, "codes").into_iter().chain(tags).collect()
        }
        ("benefit", "who") => match content.get("when") {
            // Parts of an "any" are not asked each for itself.
            Some(when) if when.get("all").is_some() => {
                items_of(when, "all").iter().map(|part| condition(visit, part)).collect()
            }
            when => when.iter().map(|when| condition(visit, when)).collect(),
        },
        ("benefit", "limits") => items_of(content, "limits").iter().map(|one| limit(visit, one)).collect(),
        ("benefit", "paid-by") => items_of(content, "funding").iter().map(|one| payer(visit, one)).collect(),
        ("program", "earn") => rules_of_programme(visit, content.get("earn").unwrap_or(&Value::Null)).collect(),
        _ => Vec::new(),
    }
}

/// What a version said without one of its changes; none where that has no place in it.
fn taken_back(after: &Value, change: &Value) -> Option<Value> {
    let (mut other, pointer) = (after.clone(), text(change, "pointer"));
    let (around, step) = pointer.rsplit_once('/')?;
    let step = step.replace("~1", "/").replace("~0", "~");
    let before = change.get("before").filter(|before| !before.is_null()).cloned();
    match (other.pointer_mut(around)?, before) {
        (Value::Object(fields), Some(before)) => drop(fields.insert(step, before)),
        (Value::Object(fields), None) => drop(fields.remove(&step)),
        (Value::Array(list), before) => {
            let place: usize = step.parse().ok()?;
            match (list.get_mut(place), before) {
                (Some(there), Some(before)) => *there = before,
                (Some(_), None) => drop(list.remove(place)),
                (None, Some(before)) => list.push(before),
                (None, None) => return None,
            }
        }
        _ => return None,
    }
    Some(other)
}

/// A change by its field, where that is called something on pages; else as the control plane tells it.
fn by_field(visit: &Visit<'_>, change: &Value) -> String {
    let pointer = text(change, "pointer");
    let name = pointer.trim_start_matches('/').replace('/', ".");
    let value = |name: &str| change.get(name).filter(|value| !value.is_null());
    let plain = |value: Option<&Value>| match value {
        None => Some(visit.say("case-nothing")),
        Some(Value::String(text)) => Some(visit.when(&Value::from(text.as_str()))),
        Some(Value::Bool(is)) => Some(visit.yes_or_no(*is)),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(_) => None,
    };
    match (visit.texts.known("place", &name), plain(value("before")), plain(value("after"))) {
        (Some(label), Some(before), Some(after)) => becomes(visit, &label, &before, &after),
        _ => format!("{}.", visit.named(change.get("words").unwrap_or(&Value::Null))),
    }
}
