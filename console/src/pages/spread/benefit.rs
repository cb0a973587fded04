//! A benefit spread out.

use serde_json::{Value, json};

use super::{Content, gather_window, name_in_window, objects, spread_window};

/// Under which an effect stands that could not be spread.
const WHOLE: &str = "whole";

/// The field of the number of an effect, by its kind.
fn number_of(kind: &str) -> &'static str {
    if kind == "percent" { "rate" } else { "amount" }
}

/// A benefit spread out. What can't be spread is kept whole, as what no field has room for.
pub(in crate::pages) fn spread(content: &Content) -> Content {
    let mut spread = content.clone();
    if let Some(effect) = spread.get_mut("effect") {
        *effect = spread_effect(effect);
    }
    objects(&mut spread, "limits").into_iter().for_each(spread_window);
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

/// The benefit that was spread out.
pub(in crate::pages) fn gathered(mut spread: Content) -> Content {
    match spread.remove("effect") {
        Some(Value::Object(effect)) => drop(spread.insert("effect".to_owned(), gathered_effect(effect))),
        other => spread.extend(other.map(|other| ("effect".to_owned(), other))),
    }
    objects(&mut spread, "limits").into_iter().for_each(gather_window);
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

/// The name of what a pointer into a benefit leads to, such as `/effect/percent/rate`.
pub(in crate::pages) fn name_of(pointer: &str) -> String {
    let parts: Vec<&str> = pointer.split('/').skip(1).collect();
    match parts.as_slice() {
        ["effect"] | ["effect", _] => "effect.kind".to_owned(),
        ["effect", _, "rate" | "amount", ..] => "effect.number".to_owned(),
        ["effect", _, "window", rest @ ..] => name_in_window("effect.", rest),
        ["effect", _, rest @ ..] => format!("effect.{}", rest.join(".")),
        ["limits", row, "window", rest @ ..] => name_in_window(&format!("limits.{row}."), rest),
        parts => parts.join("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::spread::{at, put};

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
}
