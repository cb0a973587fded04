//! Whether the names that rules refer to are there. Read from the document as it stands, so that a fault in an entry hides
//! neither its references nor those to it.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::loyalty::{check_loyalty, conditions_of_programmes};
use crate::nearest::suggestion;
use crate::read::Place;

/// The names of each list that rules refer to.
struct Known<'a> {
    calendars: HashSet<&'a str>,
    groups: HashSet<&'a str>,
    slots: HashSet<&'a str>,
    providers: HashSet<&'a str>,
}

/// Notes names that stand twice, and references to names that do not stand at all.
pub(super) fn check_references(catalogue: &Value, place: &Place<'_>) {
    let known = Known {
        calendars: unique(catalogue, "calendars", "name", place),
        groups: unique(catalogue, "groups", "code", place),
        slots: unique(catalogue, "slots", "name", place),
        providers: unique(catalogue, "providers", "code", place),
    };
    for (index, benefit) in items(catalogue, "benefits") {
        known.check_benefit(benefit, &place.field("benefits").item(index));
    }
    conditions_of_programmes(catalogue, place, &mut |condition, place| known.check_condition(condition, place));
    check_loyalty(catalogue, place);
    for (index, programme) in items(catalogue, "programs") {
        let (programs, scope) = (place.field("programs"), field(programme, "scope"));
        let (programme, providers) = (programs.item(index), field(scope, "providers"));
        let scope = programme.field("scope");
        check_all(&known.providers, providers, "codes", "provider", &scope.field("providers"));
    }
    check_languages(catalogue, place);
    unique(catalogue, "cases", "name", place);
    for (index, case) in items(catalogue, "cases") {
        check(&known.providers, case, "provider", "provider", &place.field("cases").item(index));
    }
    check_slot_names(catalogue, place);
    check_versions(catalogue, place);
}

/// Every text has the deployment's first language, from which the others fall back.
fn check_languages(catalogue: &Value, place: &Place<'_>) {
    let first = items(catalogue, "languages").next().map_or(Some("lv"), |(_, tag)| tag.as_str());
    let Some(first) = first else { return };
    for (list, texts) in [("benefits", &["name", "public_name"][..]), ("programs", &["name"])] {
        for (index, entry) in items(catalogue, list) {
            for text in texts {
                let has_it = |text: &Map<String, Value>| text.keys().any(|tag| tag.eq_ignore_ascii_case(first));
                if field(entry, text).as_object().is_some_and(|text| !has_it(text)) {
                    let place = place.field(list);
                    let detail = "expected a text in the first language of the deployment";
                    let _ = place.item(index).field(text).field(first).fault::<()>(detail);
                }
            }
        }
    }
}

/// A version is published once.
fn check_versions(catalogue: &Value, place: &Place<'_>) {
    let mut versions = HashSet::new();
    for (index, benefit) in items(catalogue, "benefits") {
        let version = field(benefit, "code").as_str().zip(field(benefit, "version").as_i64());
        if version.is_some_and(|version| !versions.insert(version)) {
            let place = place.field("benefits");
            let detail = "expected a version that no other entry of this code has";
            let _ = place.item(index).field("version").fault::<()>(detail);
        }
    }
}

/// A benefit with no slot is one of its own under its code, so no slot may be called so.
fn check_slot_names(catalogue: &Value, place: &Place<'_>) {
    let codes: HashSet<&str> =
        items(catalogue, "benefits").filter_map(|(_, benefit)| field(benefit, "code").as_str()).collect();
    for (index, slot) in items(catalogue, "slots") {
        if field(slot, "name").as_str().is_some_and(|name| codes.contains(name)) {
            let detail = "this is the code of a benefit, expected another name";
            let _ = place.field("slots").item(index).field("name").fault::<()>(detail);
        }
    }
}

impl Known<'_> {
    fn check_benefit(&self, benefit: &Value, place: &Place<'_>) {
        check(&self.slots, benefit, "slot", "slot", place);
        let (scope, scope_place) = (field(benefit, "scope"), place.field("scope"));
        let providers = field(scope, "providers");
        check_all(&self.providers, providers, "codes", "provider", &scope_place.field("providers"));
        for (index, suspension) in items(benefit, "suspensions") {
            let place = place.field("suspensions");
            check_all(&self.groups, suspension, "except_groups", "group", &place.item(index));
        }
        self.check_condition(field(benefit, "when"), &place.field("when"));
    }

    /// As deep as the document, whose reader bounds its depth.
    fn check_condition(&self, condition: &Value, place: &Place<'_>) {
        for name in ["all", "any"] {
            for (index, part) in items(condition, name) {
                self.check_condition(part, &place.field(name).item(index));
            }
        }
        if let Some(inner) = condition.get("not") {
            self.check_condition(inner, &place.field("not"));
        }
        check_all(&self.groups, field(condition, "member_of"), "groups", "group", &place.field("member_of"));
        check(&self.calendars, field(condition, "calendar"), "name", "calendar", &place.field("calendar"));
    }
}

/// What is not there is null, which refers to nothing.
fn field<'a>(parent: &'a Value, name: &str) -> &'a Value {
    parent.get(name).unwrap_or(&Value::Null)
}

fn items<'a>(parent: &'a Value, list: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    parent.get(list).and_then(Value::as_array).into_iter().flatten().enumerate()
}

fn unique<'a>(catalogue: &'a Value, list: &'static str, field: &'static str, place: &Place<'_>) -> HashSet<&'a str> {
    let mut seen = HashSet::new();
    for (index, item) in items(catalogue, list) {
        if let Some(name) = item.get(field).and_then(Value::as_str)
            && !seen.insert(name)
        {
            let place = place.field(list);
            let _ = place.item(index).field(field).fault::<()>("expected a value that no entry before has");
        }
    }
    seen
}

fn check_all(known: &HashSet<&str>, parent: &Value, list: &'static str, what: &str, place: &Place<'_>) {
    for (index, item) in items(parent, list) {
        check_name(known, item, what, &place.field(list).item(index));
    }
}

fn check(known: &HashSet<&str>, parent: &Value, name: &'static str, what: &str, place: &Place<'_>) {
    check_name(known, field(parent, name), what, &place.field(name));
}

/// What was written may be a value that must not come back; its place says where it stands.
fn check_name(known: &HashSet<&str>, name: &Value, what: &str, place: &Place<'_>) {
    if let Some(name) = name.as_str().filter(|name| !known.contains(name)) {
        let meant = suggestion(name, known.iter().copied());
        let _ = place.fault::<()>(format!("unknown {what}{meant}"));
    }
}
