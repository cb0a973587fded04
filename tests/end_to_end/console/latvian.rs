//! Faults on Latvian pages are said in Latvian: every form of every page is sent filled wrongly, and what is told is read.

use std::collections::BTreeSet;

use avis_testing::eventually;

use super::person::{Page, Person};
use super::{USERS, looks, money, until_quote};
use crate::program::Server;

/// Fields that a page gives along, and nobody fills.
const GIVEN: [&str; 8] = ["do", "once", "etag", "base", "kind", "content_hash", "then", "try"];
/// Words of English that are none of Latvian.
const ENGLISH: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "by", "expected", "field", "for", "has", "in", "is", "it", "not", "of",
    "or", "that", "the", "this", "unknown", "was", "which", "with",
];

/// What a page tells as faults: above, and beside fields.
fn faults(page: &Page) -> BTreeSet<String> {
    let above = page.html.split("<div class=\"summary\"").skip(1).filter_map(|rest| rest.split("</div>").next());
    let beside = page.html.split("<p class=\"fault\"").skip(1).filter_map(|rest| rest.split("</p>").next());
    let text =
        |part: &str| part.split('<').filter_map(|part| Some(part.split_once('>')?.1)).collect::<Vec<_>>().join(" ");
    above.chain(beside).map(text).collect()
}

/// The English words of a text, without those of the program in backticks and pointers.
fn english(text: &str) -> Vec<&str> {
    let said = text.split('`').step_by(2).flat_map(str::split_whitespace).filter(|word| !word.contains('/'));
    let words = said.map(|word| word.trim_matches(|letter: char| !letter.is_alphanumeric()));
    words.filter(|word| ENGLISH.contains(word)).collect()
}

/// The fields of a form that somebody fills, each filled wrongly: with what is none of what is expected, or with nothing.
fn wrongly(page: &Page, step: &str, with: &str) -> Option<Vec<(String, String)>> {
    let mut fields = page.form(step);
    let filled = fields.iter_mut().filter(|(name, _)| !GIVEN.contains(&name.as_str()));
    let mut count = 0;
    for (name, value) in filled {
        // A step that only wants a reason would be taken.
        *value = if name == "reason" { String::new() } else { with.to_owned() };
        count += 1;
    }
    (count > 0).then_some(fields)
}

#[test]
fn no_fault_on_a_latvian_page_is_said_in_english() {
    let server = Server::start();
    let made = looks::made(&server);
    let (mut seen, mut told) = (BTreeSet::new(), BTreeSet::new());
    for (email, ..) in USERS {
        let person = Person::user(&server, email);
        person.choose("avis-language", "lv");
        let rooms: Vec<String> = person.get("/").html.split("<li><a href=\"").skip(1).map(until_quote).collect();
        let behind = looks::BEHIND.iter().filter(|(whose, _)| *whose == email).map(|(_, path)| (*path).to_owned());
        let own = made.iter().filter(|(whose, _)| *whose == email).map(|(_, path)| path.clone());
        for path in rooms.into_iter().chain(behind).chain(own).filter(|path| path != "/try") {
            let page = person.get(&path);
            let steps: Vec<String> = page.steps().into_iter().map(str::to_owned).collect();
            for step in steps {
                let kind = step.split(':').next().unwrap().to_owned();
                for with in ["?!", "", "-1"] {
                    // Forms of rows are the same for each row.
                    if !kind.starts_with("set") && !seen.insert((path.clone(), kind.clone(), with)) {
                        continue;
                    }
                    let Some(fields) = wrongly(&page, &step, with) else { continue };
                    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
                    let answer = person.send(&path, &fields);
                    if answer.status >= 400 {
                        told.extend(faults(&answer));
                    }
                }
            }
        }
    }
    assert!(told.len() > 40, "{told:#?}");
    let english: Vec<_> = told.iter().filter(|text| !english(text).is_empty()).collect();
    assert!(english.is_empty(), "{english:#?}");
}

#[test]
fn why_a_list_was_not_imported_is_said_in_latvian() {
    let server = Server::start();
    let editor = Person::user(&server, "rita@riga.example");
    editor.choose("avis-language", "lv");
    let fields = [("group", "jelgava-pensioner"), ("reason", "a try")];
    let begun = money::sent_with_file(&editor, "/lists", "import", &fields, "scheme,value\nno-such,1\n").leads_to();
    let told = || editor.get(&begun).text();
    eventually("a fault", told, |text| text.contains("1 no 1 rindām nevar importēt; katra ir nosaukta ziņojumā"));
}
