//! Describes what a reader takes by what it refuses: each place is given what can't be right, and its refusal says what would be.

use std::collections::BTreeMap;

use avis_core::Faults;
use serde_json::{Map, Value, json};

/// No field and no word has such a name.
const NOBODY: &str = "§ § §";

/// Places where a word in this field says which other fields stand beside it; without it, still others do.
const TAGGED: [(&str, &str); 1] = [("/cases/0/requests/0", "operation")];

/// How deep documents are described.
const DEPTH_MAX: usize = 24;

/// Reads a document, and says what is wrong with it.
pub(crate) type Reader = fn(&[u8]) -> Option<Faults>;

/// A reader that is being described.
pub(crate) struct Probe {
    reader: Reader,
    /// What is described once and referred to, by its alternatives.
    shared: BTreeMap<String, Value>,
}

/// A place of a document: how to make one that has a value there, and its pointer.
struct Place<'a> {
    parent: Option<(&'a Place<'a>, Step)>,
    pointer: String,
    depth: usize,
    /// A field that an object here has, where others depend on it.
    chosen: Option<(String, Value)>,
}

#[derive(Clone)]
enum Step {
    Field(String),
    Item,
}

impl Place<'_> {
    fn root() -> Self {
        Self { parent: None, pointer: String::new(), depth: 0, chosen: None }
    }

    fn field(&self, name: &str) -> Place<'_> {
        let pointer = format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"));
        Place { parent: Some((self, Step::Field(name.to_owned()))), pointer, depth: self.depth + 1, chosen: None }
    }

    fn item(&self) -> Place<'_> {
        let pointer = format!("{}/0", self.pointer);
        Place { parent: Some((self, Step::Item)), pointer, depth: self.depth + 1, chosen: None }
    }

    /// The same place, where an object has such a field.
    fn choosing(&self, name: &str, value: Value) -> Place<'_> {
        let parent = self.parent.as_ref().map(|(parent, step)| (*parent, step.clone()));
        Place { parent, pointer: self.pointer.clone(), depth: self.depth, chosen: Some((name.to_owned(), value)) }
    }

    fn document(&self, mut value: Value) -> Value {
        if let (Some((name, chosen)), Some(fields)) = (&self.chosen, value.as_object_mut()) {
            // Null is as good as nothing.
            if !chosen.is_null() {
                fields.entry(name.clone()).or_insert_with(|| chosen.clone());
            }
        }
        match &self.parent {
            None => value,
            Some((parent, Step::Field(name))) => parent.document(json!({ name: value })),
            Some((parent, Step::Item)) => parent.document(json!([value])),
        }
    }
}

/// The words in backticks of a refusal, up to what it suggests.
fn words(detail: &str) -> Vec<String> {
    let said = detail.split(", did you mean").next().unwrap();
    said.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The fields of which exactly one is wanted, such as "expected exactly one of `points`, `max`" of the object, or "expected this or
/// `price`" of the first of them.
fn choices((pointer, detail): &(String, String)) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return detail.strip_prefix("expected exactly one of ").map(words);
    }
    let first = pointer.strip_prefix('/').filter(|name| !name.contains('/'))?;
    let others = words(detail.strip_prefix("expected this or ")?);
    Some([first.to_owned()].into_iter().chain(others).collect())
}

fn require(object: &mut Value, name: &str) {
    let required = object.as_object_mut().unwrap().entry("required").or_insert_with(|| json!([]));
    required.as_array_mut().unwrap().push(json!(name));
}

impl Probe {
    /// The schema of the whole document.
    pub(crate) fn describe(reader: Reader) -> (Value, BTreeMap<String, Value>) {
        let mut probe = Self { reader, shared: BTreeMap::new() };
        let root = probe.at(&Place::root());
        (root, probe.shared)
    }

    /// The refusals at a place and below it where it holds a value: pointers from there, and what is said.
    fn refusals(&self, place: &Place<'_>, value: Value) -> Vec<(String, String)> {
        let document = place.document(value).to_string();
        let list = (self.reader)(document.as_bytes()).map(|faults| faults.list).unwrap_or_default();
        let below = |pointer: &str| {
            let rest = pointer.strip_prefix(&place.pointer)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| rest.to_owned())
        };
        list.into_iter().filter_map(|fault| Some((below(&fault.pointer)?, fault.detail))).collect()
    }

    fn at(&mut self, place: &Place<'_>) -> Value {
        assert!(place.depth < DEPTH_MAX, "{}", place.pointer);
        let tag = TAGGED.iter().find(|(pointer, _)| *pointer == place.pointer).filter(|_| place.chosen.is_none());
        if let Some((_, tag)) = tag {
            return self.tagged(place, tag);
        }
        let mut given = self.refusals(place, json!({ NOBODY: 0 }));
        given.extend(self.refusals(place, json!({ NOBODY: {} })));
        let inside = format!("/{NOBODY}");
        let known = given.iter().find_map(|(_, detail)| detail.strip_prefix("unknown field, expected "));
        if let Some(names) = known.filter(|names| names.is_empty() || names.starts_with('`')) {
            return self.object(place, &words(names));
        }
        let of_one = given.iter().filter(|(pointer, _)| *pointer == inside).map(|(_, detail)| detail);
        let choices =
            of_one.clone().find(|detail| detail.starts_with("unknown ") && detail.contains("expected one of"));
        if let Some(detail) = choices {
            return self.choice(place, &words(detail));
        }
        if let Some(forms) = of_one.clone().find_map(|detail| detail.strip_prefix("expected `\"")) {
            return self.forms(place, &format!("`\"{forms}"));
        }
        if of_one.count() > 0 {
            return self.map(place);
        }
        match given.iter().find(|(pointer, _)| pointer.is_empty()) {
            Some((_, detail)) => self.plain(place, &detail.clone()),
            None if self.refusals(place, json!(0)).is_empty() => json!({}),
            None => json!({"type": "object"}),
        }
    }

    /// Without the tag one object, with each of its words another.
    fn tagged(&mut self, place: &Place<'_>, tag: &str) -> Value {
        let refused = self.refusals(&place.field(tag), json!(NOBODY));
        let kinds = words(&refused.into_iter().find(|(pointer, _)| pointer.is_empty()).unwrap().1);
        let mut one_of = vec![self.at(&place.choosing(tag, Value::Null))];
        for kind in kinds {
            let mut object = self.at(&place.choosing(tag, json!(kind)));
            object["properties"][tag] = json!({ "enum": [kind] });
            require(&mut object, tag);
            one_of.push(object);
        }
        json!({ "oneOf": one_of })
    }

    /// What is said in JSON, such as "`\"deny\"` or `{\"allow\": …}`": a word, or an object of one field.
    fn forms(&mut self, place: &Place<'_>, said: &str) -> Value {
        let forms = words(said);
        let named = |form: &String| form.split('"').nth(1).unwrap().to_owned();
        let (alone, objects): (Vec<_>, Vec<_>) = forms.iter().partition(|form| form.starts_with('"'));
        let alone: Vec<String> = alone.into_iter().map(named).collect();
        let objects: Vec<String> = objects.into_iter().map(named).collect();
        let mut described = self.alternatives(place, &objects);
        described["oneOf"].as_array_mut().unwrap().insert(0, json!({ "enum": alone }));
        described
    }

    fn object(&mut self, place: &Place<'_>, names: &[String]) -> Value {
        let missing = self.refusals(place, json!({}));
        if let Some(choices) = missing.iter().find_map(choices).filter(|_| place.chosen.is_none()) {
            return self.one_of(place, &choices);
        }
        let says_so = |detail: &str| detail.contains("is required") || detail.starts_with("expected at least one");
        let is_required =
            |name: &&String| missing.iter().any(|(pointer, detail)| *pointer == format!("/{name}") && says_so(detail));
        let required: Vec<&String> = names.iter().filter(is_required).collect();
        let mut properties = Map::new();
        for name in names {
            properties.insert(name.clone(), self.at(&place.field(name)));
        }
        let mut object = json!({"type": "object", "properties": properties, "additionalProperties": false});
        if !required.is_empty() {
            object["required"] = json!(required);
        }
        object
    }

    /// Objects that have exactly one of several fields, each with what stands beside it.
    fn one_of(&mut self, place: &Place<'_>, choices: &[String]) -> Value {
        let with = |choice: &String| {
            let place = place.choosing(choice, json!(0));
            let refused = self.refusals(&place, json!({ NOBODY: 0 }));
            let known = refused.iter().find_map(|(_, detail)| detail.strip_prefix("unknown field, expected "));
            let mut names = words(known.unwrap());
            names.retain(|name| name == choice || !choices.contains(name));
            let mut object = self.object(&place, &names);
            require(&mut object, choice);
            object
        };
        json!({ "oneOf": choices.iter().map(with).collect::<Vec<_>>() })
    }

    /// An object of exactly one of several fields. Where it holds others of its kind it is described once and referred to.
    fn choice(&mut self, place: &Place<'_>, names: &[String]) -> Value {
        let is_nested = names.iter().any(|name| name == "not");
        if is_nested {
            if !self.shared.contains_key("condition") {
                self.shared.insert("condition".to_owned(), Value::Null);
                let described = self.alternatives(place, names);
                self.shared.insert("condition".to_owned(), described);
            }
            return json!({"$ref": "#/$defs/condition"});
        }
        self.alternatives(place, names)
    }

    fn alternatives(&mut self, place: &Place<'_>, names: &[String]) -> Value {
        let one = |(name, inner): (&String, Value)| json!({"type": "object", "properties": {name: inner}, "required": [name], "additionalProperties": false});
        let inner: Vec<Value> = names.iter().map(|name| self.at(&place.field(name))).collect();
        let listed: Vec<Value> = names.iter().zip(inner).map(one).collect();
        // Some are also said by a word alone.
        let words: Vec<&String> = names.iter().filter(|name| self.refusals(place, json!(name)).is_empty()).collect();
        let by_word = (!words.is_empty()).then(|| json!({ "enum": words }));
        let all: Vec<Value> = by_word.into_iter().chain(listed).collect();
        json!({ "oneOf": all })
    }

    /// An object of values by any name.
    fn map(&mut self, place: &Place<'_>) -> Value {
        // A name that is right for what names a language, too.
        json!({"type": "object", "additionalProperties": self.at(&place.field("lv"))})
    }

    fn plain(&mut self, place: &Place<'_>, detail: &str) -> Value {
        if self.refusals(place, json!([0])).iter().any(|(pointer, _)| pointer.starts_with("/0")) {
            let mut list = json!({"type": "array", "items": self.at(&place.item())});
            if self
                .refusals(place, json!([]))
                .iter()
                .any(|(pointer, said)| pointer.is_empty() && said.contains("at least one"))
            {
                list["minItems"] = json!(1);
            }
            return list;
        }
        if let Some(bounds) = detail.strip_prefix("expected a whole number from ") {
            let (least, most) = bounds.split_once(" to ").unwrap();
            return json!({"type": "integer", "minimum": least.parse::<i64>().unwrap(), "maximum": most.parse::<i64>().unwrap()});
        }
        if let Some(bounds) = detail.strip_prefix("expected text of ") {
            let (least, most) = bounds.trim_end_matches(" characters").split_once(" to ").unwrap();
            return json!({"type": "string", "minLength": least.parse::<u64>().unwrap(), "maxLength": most.parse::<u64>().unwrap()});
        }
        if detail == "expected a whole number of zero or more" {
            return json!({"type": "integer", "minimum": 0});
        }
        if detail == "expected true or false" {
            return json!({"type": "boolean"});
        }
        let accepted = |value: Value| {
            !self.refusals(place, value).iter().any(|(pointer, said)| pointer.is_empty() && said == detail)
        };
        let known = words(detail);
        let listed: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
        if !known.is_empty() && detail.replace(", ", " or ") == format!("expected {}", listed.join(" or ")) {
            return json!({ "enum": known });
        }
        let types = [("integer", json!(1)), ("string", json!("x")), ("boolean", json!(true))];
        let taken: Vec<_> =
            types.into_iter().filter(|(_, value)| accepted(value.clone())).map(|(name, _)| name).collect();
        let what = detail.trim_start_matches("expected ");
        match &*taken {
            [] => json!({"type": "string", "description": what}),
            [one] => json!({"type": one, "description": what}),
            several => json!({"type": several, "description": what}),
        }
    }
}
