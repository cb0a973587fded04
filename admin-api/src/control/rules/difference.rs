//! What differs between two versions of a benefit: as data, and in words for people who decide on it.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::words::{Language, Words, label};

/// A field that differs. It has no value where it is absent.
#[derive(Clone, Debug, PartialEq)]
struct Change<'v> {
    /// The names and places that lead to it.
    path: Vec<String>,
    before: Option<&'v Value>,
    after: Option<&'v Value>,
}

/// Fields that say which version it is, and not what it does.
const OF_THE_VERSION: [&str; 1] = ["version"];

/// Every field that differs, with its pointer, both values, and a sentence in Latvian and English.
pub(crate) fn changes(before: &Value, after: &Value) -> Vec<Value> {
    let mut changes = Vec::new();
    compare(Vec::new(), Some(before), Some(after), &mut changes);
    changes.retain(|change| !OF_THE_VERSION.iter().any(|name| change.path == [*name]));
    changes.iter().map(Change::shown).collect()
}

fn compare<'v>(path: Vec<String>, before: Option<&'v Value>, after: Option<&'v Value>, changes: &mut Vec<Change<'v>>) {
    let child = |step: String| path.iter().cloned().chain([step]).collect::<Vec<_>>();
    match (before.filter(|value| !value.is_null()), after.filter(|value| !value.is_null())) {
        (before, after) if before == after => {}
        (Some(Value::Object(before)), Some(Value::Object(after))) if are_alike(before, after) => {
            let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                compare(child(name.clone()), before.get(name), after.get(name), changes);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) if has_objects(before) && has_objects(after) => {
            for place in 0..before.len().max(after.len()) {
                compare(child(place.to_string()), before.get(place), after.get(place), changes);
            }
        }
        (before, after) => changes.push(Change { path, before, after }),
    }
}

/// Whether two objects are about the same, so that their fields are compared one by one: another kind of condition or effect is
/// another one as a whole.
fn are_alike(before: &Map<String, Value>, after: &Map<String, Value>) -> bool {
    before.len() > 1 || after.len() > 1 || before.keys().eq(after.keys())
}

fn has_objects(list: &[Value]) -> bool {
    list.iter().any(Value::is_object)
}

impl Change<'_> {
    fn shown(&self) -> Value {
        let pointer = self.path.iter().fold(String::new(), |mut pointer, step| {
            // Writing to a string can't fail.
            let _ = write!(pointer, "/{}", step.replace('~', "~0").replace('/', "~1"));
            pointer
        });
        json!({
            "pointer": pointer, "before": self.before, "after": self.after,
            "words": {"lv": self.told(Language::Latvian), "en": self.told(Language::English)},
        })
    }

    fn told(&self, language: Language) -> String {
        let words = Words::of(language);
        let name = self.path.iter().map(|step| match step.parse::<usize>() {
            Ok(place) => words.number(place + 1),
            Err(_) => label(step, language),
        });
        let name = name.collect::<Vec<_>>().join(", ");
        let field = self.path.iter().rfind(|step| step.parse::<usize>().is_err()).map_or("", String::as_str);
        let value = |value: &Value| words.value(field, value);
        match (self.before, self.after) {
            (Some(before), Some(after)) => words.changed(&name, &value(before), &value(after)),
            (None, Some(after)) => words.added(&name, &value(after)),
            (Some(before), None) => words.removed(&name, &value(before)),
            (None, None) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &Value, after: &Value) -> Vec<(String, String, String)> {
        let told = changes(before, after).into_iter().map(|change| {
            let text = |pointer: &str| change.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            (text("/pointer"), text("/words/en"), text("/words/lv"))
        });
        told.collect()
    }

    #[test]
    fn every_difference_is_told_once_in_both_languages() {
        let before = json!({"version": 1, "priority": 10, "effect": {"percent": {"rate": 5000}}, "slot": "fare",
            "limits": [{"max": 20, "measure": "units"}], "when": {"channel": {"in": ["desk"]}}});
        let after = json!({"version": 2, "priority": 10, "effect": {"percent": {"rate": 3333}}, "min_price": 150,
            "limits": [{"max": 30, "measure": "units"}, {"max": 1}], "when": {"age": {"min": 60}}});
        let expected = [
            (
                "/effect/percent/rate",
                "effect, percent, rate: 50 % becomes 33.33 %",
                "ieguvums, procenti, likme: 50 % kļūst par 33,33 %",
            ),
            (
                "/limits/0/max",
                "limits, no. 1, at most: 20 becomes 30",
                "ierobežojumi, 1., ne vairāk kā: 20 kļūst par 30",
            ),
            ("/limits/1", "limits, no. 2: {\"max\":1} is added", "ierobežojumi, 2.: pievienots {\"max\":1}"),
            ("/min_price", "lowest price: 1.50 is added", "zemākā cena: pievienots 1,50"),
            ("/slot", "slot: fare is removed", "vieta secībā: noņemts fare"),
            (
                "/when",
                "condition: {\"channel\":{\"in\":[\"desk\"]}} becomes {\"age\":{\"min\":60}}",
                "nosacījums: {\"channel\":{\"in\":[\"desk\"]}} kļūst par {\"age\":{\"min\":60}}",
            ),
        ];
        let told = told(&before, &after);
        let told: Vec<(&str, &str, &str)> = told.iter().map(|(at, en, lv)| (&**at, &**en, &**lv)).collect();
        assert_eq!(told, expected);
        assert!(changes(&before, &before).is_empty());
    }
}
