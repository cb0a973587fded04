//! Answers as somebody would read them: each of one shape, whichever operations answer with it; of a list one of its items.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Example {
    of: Vec<String>,
    is: Value,
}

static EXAMPLES: LazyLock<HashMap<String, Value>> = LazyLock::new(|| {
    // It is compiled in, and a test reads it.
    let all: Vec<Example> = serde_json::from_str(include_str!("examples.json")).unwrap_or_default();
    all.into_iter().flat_map(|example| example.of.into_iter().map(move |name| (name, example.is.clone()))).collect()
});

/// What an operation answers, or one item of its list.
pub(super) fn answered(operation: &str) -> Option<&'static Value> {
    EXAMPLES.get(operation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::operations::{Answers, all};
    use crate::control::shape::{self, Kind};

    #[test]
    fn each_answer_with_a_body_has_an_example_of_its_shape() {
        let mut found = 0;
        for operation in all() {
            let example = answered(operation.name);
            let fields = match operation.answers {
                Answers::One(fields) | Answers::Made(fields) | Answers::Accepted(fields) => Some(fields),
                Answers::Page(Kind::Object(fields)) => Some(fields),
                // The description is an example of itself.
                Answers::Document if operation.name == "openapi" => continue,
                Answers::Page(_) | Answers::Document => None,
                Answers::File(_) | Answers::Html | Answers::Elsewhere | Answers::Nothing => {
                    assert_eq!(example, None, "{}", operation.name);
                    continue;
                }
            };
            let example = example.unwrap_or_else(|| panic!("{} has no example", operation.name));
            if let Some(fields) = fields {
                assert_eq!(shape::check(example, fields), Ok(()), "{}", operation.name);
            }
            found += 1;
        }
        assert_eq!(found, EXAMPLES.len(), "each is of an operation that there is");
    }
}
