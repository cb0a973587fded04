//! Both languages say the same things, and all that pages say is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use avis_core::telling::Language;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey};
use fluent_syntax::parser::parse;

use super::{Argument, ENGLISH, LATVIAN, Texts, plural};

/// The places of a message, and the keys of each choice by a number.
#[derive(Default, PartialEq, Debug)]
struct Shape {
    places: BTreeSet<String>,
    choices: Vec<(String, BTreeSet<String>)>,
}

fn shape(pattern: &Pattern<&str>, shape_: &mut Shape) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        let (Expression::Inline(inline) | Expression::Select { selector: inline, .. }) = expression;
        let InlineExpression::VariableReference { id } = inline else { continue };
        shape_.places.insert(id.name.to_owned());
        let Expression::Select { variants, .. } = expression else { continue };
        let keys = variants.iter().map(|variant| match variant.key {
            VariantKey::Identifier { name } => name.to_owned(),
            VariantKey::NumberLiteral { value } => value.to_owned(),
        });
        shape_.choices.push((id.name.to_owned(), keys.collect()));
        for variant in variants {
            shape(&variant.value, shape_);
        }
    }
}

fn shapes(source: &'static str) -> BTreeMap<String, Shape> {
    let resource = parse(source).unwrap_or_else(|(_, faults)| panic!("{faults:?}"));
    let mut shapes = BTreeMap::new();
    for entry in resource.body {
        let message = match entry {
            Entry::Message(message) => message,
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => continue,
            other => panic!("{other:?}"),
        };
        let mut found = Shape::default();
        shape(message.value.as_ref().unwrap(), &mut found);
        assert!(shapes.insert(message.id.name.to_owned(), found).is_none(), "{} stands twice", message.id.name);
    }
    shapes
}

/// Every source and template in folders as one text.
fn read(folders: &[&str]) -> String {
    fn read(folder: &Path, all: &mut String) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.path() {
                path if path.is_dir() => read(&path, all),
                path if path.ends_with("checks.rs") => {}
                path => all.push_str(&fs::read_to_string(path).unwrap()),
            }
        }
    }
    let (root, mut all) = (Path::new(env!("CARGO_MANIFEST_DIR")), String::new());
    folders.iter().for_each(|folder| read(&root.join(folder), &mut all));
    all
}

/// Every source and template of the console as one text.
fn sources() -> String {
    read(&["src", "templates"])
}

/// Every source of the control plane as one text.
pub(crate) fn control_plane() -> String {
    read(&["../admin-api/src/control"])
}

/// What stands in quotes after a call, white space between them or not.
fn after<'s>(all: &'s str, call: &'s str) -> impl Iterator<Item = &'s str> {
    let rests = all.split(call).skip(1).map(str::trim_start);
    rests.filter_map(|rest| rest.strip_prefix('"')?.split('"').next())
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_places() {
    let (latvian, english) = (shapes(LATVIAN), shapes(ENGLISH));
    let names = |of: &BTreeMap<String, Shape>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&latvian), names(&english));
    for (name, shape) in &latvian {
        assert_eq!(shape.places, english[name].places, "{name}");
    }
    for (language, shapes) in [(Language::Lv, &latvian), (Language::En, &english)] {
        for (name, shape) in shapes {
            for (place, keys) in &shape.choices {
                let has_number = keys.contains("one") || keys.iter().any(|key| key.parse::<i64>().is_ok());
                let missing = plural::all(language).iter().find(|category| has_number && !keys.contains(**category));
                assert_eq!(missing, None, "{language:?} {name} {place}");
            }
        }
    }
}

#[test]
fn every_message_is_said_somewhere_and_every_one_that_is_said_is_there() {
    let (all, messages) = (sources(), shapes(ENGLISH));
    let families: Vec<&str> = ["word(", ".known(", "OneOf("].iter().flat_map(|call| after(&all, call)).collect();
    for name in messages.keys() {
        // Faults are found by what they say.
        let in_family =
            name.starts_with("fault-is-") || families.iter().any(|family| name.starts_with(&format!("{family}-")));
        assert!(in_family || all.contains(&format!("\"{name}\"")), "`{name}` is said nowhere");
    }
    for name in [".say(", ".with(", "shell.text("].iter().flat_map(|call| after(&all, call)) {
        assert!(messages.contains_key(name), "`{name}` is not there");
    }
}

#[test]
fn every_refusal_of_the_control_plane_is_said_in_both_languages() {
    for code in avis_admin::control::Code::ALL {
        for language in Language::ALL {
            assert!(Texts(language).known("problem", code.word()).is_some(), "{language:?} {}", code.word());
        }
    }
}

/// How the last word of an action ends, beside `ed`.
const ENDS: [&str; 12] =
    ["found", "held", "in", "left", "made", "out", "paid", "read", "scope", "set", "taken", "told"];

/// Words that end as actions do, and are none: codes of refusals, fields, kinds of records and outcomes.
const OTHERS: [&str; 38] = [
    "already_closed",
    "application_made",
    "authorization_response_iss_parameter_supported",
    "avis_follower_altered",
    "avis_ledger_unsealed",
    "case_failed",
    "content_changed",
    "dispute_ended",
    "encryption_needed",
    "end_sign_in",
    "forms_numbered",
    "handed_in",
    "held_out",
    "hold_out",
    "idempotency_key_reused",
    "not_added",
    "not_allowed",
    "not_found",
    "not_invited",
    "not_issued",
    "not_signed_in",
    "not_solved",
    "on_exhausted",
    "only_untouched",
    "over_granted",
    "partly_refunded",
    "period_is_issued",
    "points_booked",
    "precondition_required",
    "resident_in",
    "rules_replaced",
    "runs_out",
    "sign_in",
    "sign_in_not_completed",
    "start_invited_sign_in",
    "start_sign_in",
    "store_failed",
    "time_taken",
];

#[test]
fn every_action_of_the_audit_is_said_in_both_languages() {
    let all = read(&["../admin-api/src", "../engine/server/src"]);
    let is_action = |word: &&str| {
        let is_word = word.contains('_') && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let last = word.rsplit('_').next().unwrap_or_default();
        is_word && (last.ends_with("ed") || ENDS.contains(&last)) && !OTHERS.contains(word)
    };
    let noted: BTreeSet<&str> =
        all.split('"').filter(is_action).chain(["guessing", "refused", "request_id_reused"]).collect();
    assert!(noted.len() > 120, "{noted:?}");
    for language in Language::ALL {
        let silent: Vec<_> = noted.iter().filter(|action| Texts(language).known("did", action).is_none()).collect();
        assert!(silent.is_empty(), "{language:?}: {silent:?}");
    }
}

#[test]
fn a_form_is_chosen_by_the_number() {
    let said = |number: i64| Texts(Language::Lv).with("count-items", &[("n", Argument::Number(number))]);
    assert_ne!(said(1), said(2).replace('2', "1"));
    assert_eq!(said(21).replace("21", "1"), said(1));
}
