//! Faults in the language of a page. The control plane tells them in English; by the English message that is like it the fault is
//! found again, with what stands in its places, and is said by the message of the page's language.

use std::sync::LazyLock;

use avis_admin::control::Code;
use avis_core::telling::Language;
use fluent_syntax::ast::{Expression, InlineExpression, Pattern, PatternElement};

use super::{Argument, MESSAGES, Texts};

/// With what the names of faults begin.
const FAULT: &str = "fault-is-";
/// A place for words of the program in backticks.
const WORDS: &str = "words";
/// A place for what is a fault itself.
const WHAT: &str = "what";
/// A place for words of states.
const STATE: &str = "state";
/// A place for the field that says whose something is.
const OWNER: &str = "owner";
/// A place for what a draft is of.
const KIND: &str = "kind";

/// The English messages of faults; those that say most come first, so that the closest one is found.
static FAULTS: LazyLock<Vec<(&'static str, &'static Pattern<&'static str>)>> = LazyLock::new(|| {
    let [_, english] = &*MESSAGES;
    let mut all: Vec<_> =
        english.iter().filter(|(name, _)| name.starts_with(FAULT)).map(|(name, pattern)| (*name, pattern)).collect();
    all.sort_by_key(|(name, pattern)| (std::cmp::Reverse(said(pattern)), *name));
    all
});

/// How much a message says beside its places.
fn said(pattern: &Pattern<&str>) -> usize {
    let text = |element: &PatternElement<&str>| match element {
        PatternElement::TextElement { value } => value.len(),
        PatternElement::Placeable { .. } => 0,
    };
    pattern.elements.iter().map(text).sum()
}

/// What stands in the places of a message.
type Filled<'t> = Vec<(&'static str, &'t str)>;

/// What stands in the places of a message that a text was made of; none of another text.
fn places<'t>(elements: &[PatternElement<&'static str>], text: &'t str) -> Option<Filled<'t>> {
    let (first, rest) = match elements.split_first() {
        Some(parts) => parts,
        None => return text.is_empty().then(Vec::new),
    };
    match first {
        PatternElement::TextElement { value } => places(rest, text.strip_prefix(value)?),
        PatternElement::Placeable { expression } => {
            let Expression::Inline(InlineExpression::VariableReference { id }) = expression else { return None };
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]).skip(1);
            ends.filter_map(|end| text.split_at_checked(end)).find_map(|(place, behind)| {
                // What is behind comes first: a fault in a fault is looked for only where the rest fits.
                let mut others = places(rest, behind)?;
                let is_one = || match id.name {
                    WORDS => place.starts_with('`') && place.ends_with('`') && place.len() > 1,
                    WHAT => found(place).is_some(),
                    _ => true,
                };
                is_one().then(|| {
                    others.push((id.name, place));
                    others
                })
            })
        }
    }
}

/// The message that a text was made of, with what stands in its places.
fn found(text: &str) -> Option<(&'static str, Filled<'_>)> {
    FAULTS.iter().find_map(|(name, pattern)| Some((*name, places(&pattern.elements, text)?)))
}

impl Texts {
    /// Words of a family as they are called, with "or" between.
    fn each(self, words: &str, family: &str) -> String {
        let words = words.split(" or ").map(|word| self.word(family, word));
        words.collect::<Vec<_>>().join(&format!(" {} ", self.say("word-or")))
    }

    /// A fault as it was told, in the language; one that no message is like stays as it is.
    pub(crate) fn fault(self, told: &str) -> String {
        // A field may be told what a refusal of it alone would be called.
        if let Some(code) = Code::ALL.iter().find(|code| code.title() == told) {
            return self.word("problem", code.word());
        }
        let known = if self.0 == Language::En { None } else { found(told) };
        let Some((name, places)) = known else { return told.to_owned() };
        let places: Vec<(&str, String)> = places
            .into_iter()
            .map(|(place, text)| match place {
                WHAT => (place, self.fault(text)),
                STATE => (place, self.each(text, "state")),
                KIND => (place, self.each(text, "subject")),
                OWNER => (place, self.word("owner-word", text)),
                WORDS => (place, text.replace("` or `", &format!("` {} `", self.say("word-or")))),
                _ => (place, text.to_owned()),
            })
            .collect();
        let arguments: Vec<(&str, Argument<'_>)> = places
            .iter()
            .map(|(place, text)| (*place, text.parse().map_or_else(|_| Argument::Text(text), Argument::Number)))
            .collect();
        self.with(name, &arguments)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// What a source tells as faults: its texts that say what is expected or that something is unknown, with something in each place.
    fn told_in(path: &str) -> BTreeSet<String> {
        let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        let code = source.split("#[cfg(test)]").next().unwrap();
        let mut told = BTreeSet::new();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//") && !line.contains("\\\"")) {
            for text in line.split('"').skip(1).step_by(2) {
                let is_fault = ["expected ", "unknown ", "this field", "a spend cap", "a price cap", "a basket effect"];
                if is_fault.iter().any(|begin| text.starts_with(begin)) && text.len() > "expected {}".len() {
                    told.insert(filled(text));
                }
            }
        }
        told
    }

    /// What a source refuses: the texts with a space in each call that does, with something in each place.
    fn refused_in(path: &str) -> BTreeSet<String> {
        refused_by(path, &["Problem::at(", "Problem::new(", "#[error(", "let detail ="])
    }

    /// What a source says in calls, with something in each place.
    fn refused_by(path: &str, calls: &[&str]) -> BTreeSet<String> {
        let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        let code = source.split("#[cfg(test)]").next().unwrap();
        let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        let calls = calls.iter().flat_map(|call| {
            let is_open = call.ends_with('(');
            code.split(call)
                .skip(1)
                .map(move |rest| if is_open { closed(rest) } else { rest.split(";\n").next().unwrap() })
        });
        let texts = calls.flat_map(|call| call.split('"').skip(1).step_by(2));
        texts.filter(|text| text.trim().contains(' ')).map(filled).collect()
    }

    /// What stands before the bracket that closes.
    fn closed(rest: &str) -> &str {
        let mut open = 1;
        let end = rest.find(|sign: char| {
            open += i32::from(sign == '(') - i32::from(sign == ')');
            open == 0
        });
        rest.get(..end.unwrap()).unwrap()
    }

    fn filled(text: &str) -> String {
        let mut parts = text.split('{');
        let mut all = parts.next().unwrap().to_owned();
        for part in parts {
            let (place, rest) = part.split_once('}').unwrap();
            // What was meant is a sentence of its own behind; the others are numbers, or words in backticks.
            let is_meant = place == "meant" || rest.is_empty() && text.contains("one of {");
            let is_word = all.ends_with('`');
            let is_list = ["", "expected", "EXPECTED", "LEAVES", "words"].contains(&place);
            all.push_str(match (is_meant && !all.ends_with("of "), is_word, is_list) {
                (true, ..) => "",
                (_, true, _) => "x",
                (_, _, true) => "`a`, `b`",
                _ => "2",
            });
            all.push_str(rest);
        }
        all
    }

    #[test]
    fn what_a_grantor_meets_in_the_editor_and_in_lists_is_said_in_latvian() {
        let core = [
            "read",
            "condition",
            "window",
            "span",
            "path",
            "fact",
            "document/benefit",
            "document/combination",
            "document/limit",
            "document/pick",
            "document/scope",
            "document/text",
            "document/references",
            "loyalty/document/reward",
        ];
        let mut paths: Vec<String> = core.iter().map(|name| format!("../engine/core/src/{name}.rs")).collect();
        paths.extend(["shape", "prices", "stopping/mod"].map(|name| format!("../admin-api/src/control/{name}.rs")));
        paths.extend(
            ["drafts/mod", "imports/mod", "imports/rows"].map(|name| format!("../admin-api/src/control/{name}.rs")),
        );
        let told: BTreeSet<String> = paths.iter().flat_map(|path| told_in(path)).collect();
        assert!(told.len() > 60, "{told:?}");
        let silent: Vec<&String> = told.iter().filter(|told| found(told).is_none()).collect();
        assert!(silent.is_empty(), "{silent:#?}");
    }

    #[test]
    fn what_is_refused_of_statements_and_of_reconciling_is_said_in_latvian() {
        let sources = ["advising", "disputing", "steps", "reconciling", "statements", "contracts"];
        let mut told = refused_in("../engine/core/src/settlement/statement/period.rs");
        assert_eq!(told.len(), 4, "{told:?}");
        for source in sources {
            let refused = refused_in(&format!("../admin-api/src/control/settlement/{source}.rs"));
            assert!(refused.len() > 1, "{source}: {refused:?}");
            told.extend(refused);
        }
        let silent: Vec<&String> = told.iter().filter(|told| found(told).is_none()).collect();
        assert!(silent.is_empty(), "{silent:#?}");
    }

    /// Every source beneath a folder.
    fn sources(folder: &str) -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut all = Vec::new();
        for entry in fs::read_dir(root.join(folder)).unwrap().map(Result::unwrap) {
            let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                all.extend(sources(&path));
            } else {
                all.push(path);
            }
        }
        all
    }

    #[test]
    fn whatever_the_control_plane_refuses_is_said_in_latvian() {
        let told: BTreeSet<String> =
            sources("../admin-api/src/control").iter().flat_map(|path| refused_in(path)).collect();
        assert!(told.len() > 120, "{told:?}");
        let silent: Vec<&String> = told.iter().filter(|told| found(told).is_none()).collect();
        assert!(silent.is_empty(), "{silent:#?}");
    }

    #[test]
    fn whatever_is_wrong_with_a_file_of_sales_or_how_it_is_written_is_said_in_latvian() {
        let mut paths = sources("../engine/core/src/settlement/reconcile");
        paths.extend(["../engine/core/src/encoding.rs", "../admin-api/src/text_file.rs"].map(str::to_owned));
        let told: BTreeSet<String> = paths.iter().flat_map(|path| told_in(path)).collect();
        assert!(told.len() > 12, "{told:?}");
        let silent: Vec<&String> = told.iter().filter(|told| found(told).is_none()).collect();
        assert!(silent.is_empty(), "{silent:#?}");
    }

    #[test]
    fn whatever_is_wrong_with_a_programme_or_a_campaign_is_said_in_latvian() {
        let told: BTreeSet<String> = sources("../engine/core/src/loyalty/document")
            .iter()
            // Lines of files of requests, and what tills ask for.
            .filter(|path| !["operation.rs", "request.rs", "membership.rs"].iter().any(|other| path.ends_with(other)))
            .flat_map(|path| refused_by(path, &[".fault(", "fault::<()>("]))
            .collect();
        assert!(told.len() > 25, "{told:?}");
        let silent: Vec<&String> = told.iter().filter(|told| found(told).is_none()).collect();
        assert!(silent.is_empty(), "{silent:#?}");
    }

    #[test]
    fn a_fault_is_said_with_what_stands_in_its_places() {
        let latvian = Texts(Language::Lv);
        for (told, said) in [
            ("expected a whole number from 0 to 10000", "gaidīts vesels skaitlis no 0 līdz 10 000"),
            ("expected `percent` or `amount_off`", "gaidīts `percent` vai `amount_off`"),
            ("expected `bus`, did you mean `bus`?", "gaidīts `bus`; vai domāts `bus`?"),
            ("fails: expected 357, got 286", "neizdodas: gaidīts 357, sanāca 286"),
            ("unknown group, did you mean `pupils`?", "nezināma grupa; vai domāts `pupils`?"),
            (
                "expected a draft that is draft or approved",
                "gaidīts melnraksts šādā stāvoklī: tiek rakstīts vai apstiprināts",
            ),
            (
                "another owner has a program of this code",
                "ar šo kodu jau ir cita īpašnieka ieraksts (īpašnieks: programma)",
            ),
            ("something that nobody foresaw", "something that nobody foresaw"),
        ] {
            assert_eq!(latvian.fault(told).replace('\u{a0}', " "), said, "{told}");
            assert_eq!(Texts(Language::En).fault(told), told);
        }
    }

    #[test]
    fn each_message_of_a_fault_is_found_by_what_it_says() {
        for (name, pattern) in FAULTS.iter() {
            let text: String = pattern
                .elements
                .iter()
                .map(|element| match element {
                    PatternElement::TextElement { value } => *value,
                    PatternElement::Placeable {
                        expression: Expression::Inline(InlineExpression::VariableReference { id }),
                    } => match id.name {
                        WORDS => "`a`",
                        WHAT => "expected an object",
                        _ => "2",
                    },
                    PatternElement::Placeable { .. } => panic!("{name} chooses, so that nothing is found by it"),
                })
                .collect();
            assert_eq!(found(&text).map(|(name, _)| name), Some(*name), "{text}");
        }
    }
}
