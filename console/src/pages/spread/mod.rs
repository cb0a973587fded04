//! What is edited spread out so that each of its fields has a name, such as `limits.0.max`: what is an object of one key, as an effect
//! and a window are, becomes a word with its numbers beside it.

pub(super) mod benefit;
pub(super) mod programme;

use serde_json::{Map, Value, json};

pub(super) type Content = Map<String, Value>;

/// The field of the length of a window; none of a window that has no length.
fn length_of(window: &str) -> Option<&'static str> {
    match window {
        "rolling" => Some("days"),
        "from_first" => Some("minutes"),
        _ => None,
    }
}

fn spread_window(fields: &mut Content) {
    let Some(Value::Object(windows)) = fields.get("window") else { return };
    let (Some((window, Value::Object(inner))), 1) = (windows.iter().next(), windows.len()) else { return };
    let length = length_of(window).and_then(|name| inner.get(name)).cloned();
    if inner.len() == usize::from(length.is_some()) {
        let window = json!(window);
        fields.extend(length.map(|length| ("length".to_owned(), length)));
        fields.insert("window".to_owned(), window);
    }
}

fn gather_window(fields: &mut Content) {
    let length = fields.remove("length");
    if let Some(Value::String(window)) = fields.get("window") {
        let inner = length_of(window).zip(length).map(|(name, length)| (name.to_owned(), length));
        let window = json!({window.as_str(): Content::from_iter(inner)});
        fields.insert("window".to_owned(), window);
    }
}

/// The objects under a name: the one, or those of a list.
fn objects<'f>(fields: &'f mut Content, name: &str) -> Vec<&'f mut Content> {
    let mut parts = name.split('.');
    let first = parts.next().and_then(|part| fields.get_mut(part));
    match parts.fold(first, |value, part| value?.get_mut(part)) {
        Some(Value::Array(list)) => list.iter_mut().filter_map(Value::as_object_mut).collect(),
        Some(Value::Object(one)) => vec![one],
        _ => Vec::new(),
    }
}

/// The name of a window, or of its length, by what stands behind `window` in a pointer.
fn name_in_window(before: &str, rest: &[&str]) -> String {
    match rest {
        [_, "days" | "minutes", ..] => format!("{before}length"),
        _ => format!("{before}window"),
    }
}

/// What stands under a name.
pub(super) fn at<'v>(fields: &'v Content, name: &str) -> Option<&'v Value> {
    let mut parts = name.split('.');
    let first = fields.get(parts.next()?)?;
    parts.try_fold(first, |value, part| match value {
        Value::Array(list) => list.get(part.parse::<usize>().ok()?),
        other => other.get(part),
    })
}

/// Puts something under a name, or takes away what stands there, and with it what has nothing left in it then.
pub(super) fn put(fields: &mut Content, name: &str, value: Option<Value>) {
    let Some((first, rest)) = name.split_once('.') else {
        match value {
            Some(value) => drop(fields.insert(name.to_owned(), value)),
            None => drop(fields.remove(name)),
        }
        return;
    };
    if value.is_some() && !fields.get(first).is_some_and(Value::is_object) {
        fields.insert(first.to_owned(), json!({}));
    }
    let Some(inner) = fields.get_mut(first).and_then(Value::as_object_mut) else { return };
    put(inner, rest, value);
    // Every benefit has a scope, also one that says nothing yet.
    if inner.is_empty() && first != "scope" {
        fields.remove(first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(value: &Value) -> Content {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn what_has_nothing_left_in_it_is_taken_away() {
        let mut content =
            fields(&json!({"rounding": {"on": "price"}, "scope": {"products": ["a"]}, "offline": "deny"}));
        for name in ["rounding.on", "scope.products", "offline.allow.max_uses"] {
            put(&mut content, name, None);
        }
        assert_eq!(content, fields(&json!({"scope": {}, "offline": "deny"})));
        put(&mut content, "offline.allow.max_uses", Some(json!(2)));
        assert_eq!(at(&content, "offline.allow.max_uses"), Some(&json!(2)));
    }
}
