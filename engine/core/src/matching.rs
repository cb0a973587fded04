//! Compares an answer with the parts of it that a case expects.

use serde_json::Value;

/// A part of an answer that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// JSON pointer into the answer.
    pub pointer: String,
    /// What the case expects there.
    pub expected: Value,
    /// What is there; none if nothing is.
    pub got: Option<Value>,
}

/// Every part that is not as expected: of objects only the fields that are named, lists entry by entry.
pub fn mismatches(expected: &Value, got: &Value) -> Vec<Mismatch> {
    let mut found = Vec::new();
    compare(expected, Some(got), String::new(), &mut found);
    found
}

fn compare(expected: &Value, got: Option<&Value>, pointer: String, found: &mut Vec<Mismatch>) {
    match (expected, got) {
        (Value::Object(fields), Some(Value::Object(answer))) => {
            for (name, expected) in fields {
                compare(expected, answer.get(name), format!("{pointer}/{}", escaped(name)), found);
            }
        }
        (Value::Array(items), Some(Value::Array(answer))) if items.len() == answer.len() => {
            for (index, (expected, got)) in items.iter().zip(answer).enumerate() {
                compare(expected, Some(got), format!("{pointer}/{index}"), found);
            }
        }
        _ if Some(expected) == got => {}
        _ => found.push(Mismatch { pointer, expected: expected.clone(), got: got.cloned() }),
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_a_case_names_is_compared() {
        let answer = json!({"outcome": "approved", "payable": 357, "lines": [{"line_id": "1", "payable": 357}]});
        assert_eq!(mismatches(&json!({"outcome": "approved", "lines": [{"payable": 357}]}), &answer), []);
        let wrong = mismatches(&json!({"payable": 1, "lines": [{"payable": 2}], "more": null}), &answer);
        let pointers: Vec<_> = wrong.iter().map(|mismatch| mismatch.pointer.as_str()).collect();
        assert_eq!(pointers, ["/lines/0/payable", "/more", "/payable"]);
    }

    #[test]
    fn lists_of_other_lengths_differ_as_a_whole() {
        let wrong = mismatches(&json!({"lines": []}), &json!({"lines": [1]}));
        assert_eq!(wrong, [Mismatch { pointer: "/lines".into(), expected: json!([]), got: Some(json!([1])) }]);
    }
}
