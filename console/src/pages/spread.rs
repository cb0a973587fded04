//! A benefit spread out so that each of its fields has a name, such as `limits.0.max`: an effect and a window, which are objects of one
//! key, become a word with its numbers beside it.

use serde_json::{Map, Value, json};

pub(super) type Content = Map<String, Value>;

/// Under which an effect stands that could not be spread.
const WHOLE: &str = "whole";

/// The field of the number of an effect, by its kind.
fn number_of(kind: &str) -> &'static str {
    if kind == "percent" { "rate" } else { "amount" }
}

/// The field of the length of a window; none of a window that has no length.
fn length_of(window: &str) -> Option<&'static str> {
    match window {
        "rolling" => Some("days"),
        "from_first" => Some("minutes"),
        _ => None,
    }
}

/// A benefit spread out. What can't be spread is kept whole, as what no field has room for.
pub(super) fn spread(content: &Content) -> Content {
    let mut spread = content.clone();
    if let Some(effect) = spread.get_mut("effect") {
        *effect = spread_effect(effect);
    }
    for limit in spread.get_mut("limits").and_then(Value::as_array_mut).into_iter().flatten() {
        limit.as_object_mut().map(spread_window);
    }
    spread
}

fn spread_effect(effect: &Value) -> Value {
    // What can't be spread is no word, so that no field has room for it.
    let Value::Object(kinds) = effect else { return json!({"kind": {WHOLE: effect}}) };
    let (Some((kind, Value::Object(how))), 1) = (kinds.iter().next(), kinds.len()) else {
        return json!({"kind": {WHOLE: effect}});
    };
    let mut fields = how.clone();
    if let Some(number) = fields.remove(number_of(kind)) {
        fields.insert("number".to_owned(), number);
    }
    spread_window(&mut fields);
    fields.insert("kind".to_owned(), json!(kind));
    Value::Object(fields)
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

/// The benefit that was spread out.
pub(super) fn gathered(mut spread: Content) -> Content {
    match spread.remove("effect") {
        Some(Value::Object(effect)) => drop(spread.insert("effect".to_owned(), gathered_effect(effect))),
        other => spread.extend(other.map(|other| ("effect".to_owned(), other))),
    }
    for limit in spread.get_mut("limits").and_then(Value::as_array_mut).into_iter().flatten() {
        limit.as_object_mut().map(gather_window);
    }
    spread
}

fn gathered_effect(mut fields: Content) -> Value {
    let kind = match fields.remove("kind") {
        Some(Value::String(kind)) => kind,
        Some(mut whole) => return whole.get_mut(WHOLE).map(Value::take).unwrap_or_default(),
        None => return Value::Object(fields),
    };
    // What belongs to another kind is left where that kind was.
    if kind != "amount_off" {
        fields.remove("per");
    }
    if kind != "spend_cap" {
        fields.remove("window");
    }
    if let Some(number) = fields.remove("number") {
        fields.insert(number_of(&kind).to_owned(), number);
    }
    gather_window(&mut fields);
    json!({kind: fields})
}

fn gather_window(fields: &mut Content) {
    let length = fields.remove("length");
    if let Some(Value::String(window)) = fields.get("window") {
        let inner = length_of(window).zip(length).map(|(name, length)| (name.to_owned(), length));
        let window = json!({window.as_str(): Content::from_iter(inner)});
        fields.insert("window".to_owned(), window);
    }
}

/// The name of what a pointer into a benefit leads to, such as `/effect/percent/rate`.
pub(super) fn name_of(pointer: &str) -> String {
    let parts: Vec<&str> = pointer.split('/').skip(1).collect();
    let within_window = |before: String, rest: &[&str]| match rest {
        [_, "days" | "minutes", ..] => format!("{before}length"),
        _ => format!("{before}window"),
    };
    match parts.as_slice() {
        ["effect"] | ["effect", _] => "effect.kind".to_owned(),
        ["effect", _, "rate" | "amount", ..] => "effect.number".to_owned(),
        ["effect", _, "window", rest @ ..] => within_window("effect.".to_owned(), rest),
        ["effect", _, rest @ ..] => format!("effect.{}", rest.join(".")),
        ["limits", row, "window", rest @ ..] => within_window(format!("limits.{row}."), rest),
        parts => parts.join("."),
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
    fn what_is_spread_is_gathered_as_it_was() {
        for content in [
            json!({"effect": {"percent": {"rate": 5_000}}, "priority": 5}),
            json!({"effect": {"spend_cap": {"amount": 150, "window": {"from_first": {"minutes": 90}}}}}),
            json!({"effect": {"amount_off": {"amount": 150, "per": "basket", "more": [1]}}}),
            json!({"effect": {"other": {"amount": 1}}, "limits": [{"max": 3, "window": {"fortnight": {"x": 1}}}]}),
            json!({"effect": "none", "limits": [{"window": {"rolling": {"days": 9}}}, 7]}),
            json!({"effect": {"percent": 1}}),
            json!({}),
        ] {
            assert_eq!(gathered(spread(&fields(&content))), fields(&content));
        }
        let spread = spread(&fields(&json!({"limits": [{"window": {"rolling": {"days": 9}}}]})));
        assert_eq!(
            (at(&spread, "limits.0.window"), at(&spread, "limits.0.length")),
            (Some(&json!("rolling")), Some(&json!(9)))
        );
    }

    #[test]
    fn another_effect_takes_nothing_of_the_one_before_it() {
        let mut cap = spread(&fields(&json!({"effect": {"spend_cap": {"amount": 150, "window": {"day": {}}}}})));
        put(&mut cap, "effect.kind", Some(json!("percent")));
        assert_eq!(gathered(cap), fields(&json!({"effect": {"percent": {"rate": 150}}})));
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
