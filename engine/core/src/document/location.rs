//! Where in the text of a document a pointer leads, as people look for it: the line, and the entry by its name.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

/// A place in the text of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// From 1.
    pub line: u64,
    /// The entry of a list, such as ``benefit `half` version 2``; none where it has no name.
    pub entry: Option<String>,
}

/// What its entries are called, by the list in which they stand.
const ENTRIES: [(&str, &str); 6] = [
    ("calendars", "calendar"),
    ("groups", "group"),
    ("slots", "slot"),
    ("providers", "provider"),
    ("benefits", "benefit"),
    ("cases", "case"),
];

impl Location {
    /// Where a JSON pointer leads: as far as there is something. None where the text is no JSON.
    pub fn of(json: &[u8], pointer: &str) -> Option<Self> {
        let text = std::str::from_utf8(json).ok()?;
        let mut place: &RawValue = serde_json::from_str(text).ok()?;
        let mut entry = None;
        let mut list = None;
        for (depth, step) in pointer.split('/').skip(1).enumerate() {
            let step = step.replace("~1", "/").replace("~0", "~");
            let Some(inner) = inner(place, &step) else { break };
            place = inner;
            match depth {
                0 => list = ENTRIES.iter().find(|(name, _)| *name == step),
                1 => entry = list.and_then(|(_, kind)| named(kind, place)),
                _ => {}
            }
        }
        let before = text.get(..offset(text, place.get())?)?;
        let line = before.bytes().filter(|byte| *byte == b'\n').count() as u64 + 1;
        Some(Self { line, entry })
    }
}

fn inner<'a>(place: &'a RawValue, step: &str) -> Option<&'a RawValue> {
    if place.get().starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(place.get()).ok()?;
        return items.get(step.parse::<usize>().ok()?).copied();
    }
    let fields: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(place.get()).ok()?;
    fields.get(step).copied()
}

fn named(kind: &str, entry: &RawValue) -> Option<String> {
    let fields: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(entry.get()).ok()?;
    let text = |name: &str| serde_json::from_str::<String>(fields.get(name)?.get()).ok();
    let name = text("code").or_else(|| text("name"))?;
    let version = fields.get("version").and_then(|version| version.get().parse::<u64>().ok());
    Some(match version {
        Some(version) => format!("{kind} `{name}` version {version}"),
        None => format!("{kind} `{name}`"),
    })
}

/// Where a part of a text begins in it.
fn offset(text: &str, part: &str) -> Option<usize> {
    (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{
  "currency": "EUR",
  "slots": [{"name": "fare",
             "policy": "bets"}],
  "benefits": [
    {"code": "one", "version": 1},
    {"code": "two", "version": 3, "name": {"en": "n"},
     "when": {"all": [{"age": {}},
                      {"a/b~": 1}]}}
  ],
  "cases": [7]
}"#;

    #[test]
    fn a_pointer_leads_to_a_line_and_an_entry() {
        let at = |pointer: &str| Location::of(DOCUMENT.as_bytes(), pointer).map(|found| (found.line, found.entry));
        let entry = |name: &str| Some(name.to_owned());
        assert_eq!(at(""), Some((1, None)));
        assert_eq!(at("/currency"), Some((2, None)));
        assert_eq!(at("/slots/0/policy"), Some((4, entry("slot `fare`"))));
        assert_eq!(at("/benefits/1/when/all/1/a~1b~0"), Some((9, entry("benefit `two` version 3"))));
        assert_eq!(
            at("/benefits/1/effect"),
            Some((7, entry("benefit `two` version 3"))),
            "what is missing, where it would be"
        );
        assert_eq!(at("/cases/0/name"), Some((11, None)));
        assert_eq!(at("/benefits/x"), Some((5, None)));
        assert_eq!(Location::of(b"{", "/a"), None);
    }
}
