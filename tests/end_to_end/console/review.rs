//! What a second person reads before they approve: what differs, which cases were changed, how they fail, who did what, and why a step
//! is refused; all of it in words of both languages.

use serde_json::{Value, json};

use super::editor::full;
use super::person::{Page, Person};
use super::{changed, demo, drafted};
use crate::program::{Folder, Server};

const ID: &str = "id=\"difference\"";

/// What differs by the page, each sentence by itself.
fn differences(page: &Page) -> Vec<String> {
    let list = page.html.split(ID).nth(1).unwrap_or_else(|| panic!("no difference: {}", page.text()));
    let list = list.split("<ul>").nth(1).unwrap_or_default().split("</ul>").next().unwrap();
    list.split("<li>").skip(1).map(|told| told.replace('\u{a0}', " ").replace("</li>", "")).collect()
}

/// The content and the cases of a draft, as they stand in its JSON.
pub(super) fn stands(page: &Page) -> (Value, Value) {
    let form = page.form("save");
    let field = |name: &str| serde_json::from_str(&form.iter().find(|(known, _)| known == name).unwrap().1).unwrap();
    (field("content"), field("cases"))
}

fn saved(editor: &Person<'_>, draft: &str, (content, cases): (&Value, &Value)) {
    editor.step(draft, "save", &[("content", &content.to_string()), ("cases", &cases.to_string())]).leads_to();
}

#[test]
fn whatever_a_benefit_says_otherwise_is_told_in_sentences_of_both_languages() {
    let server = Server::start();
    let editor = Person::user(&server, "elza@state.example");
    let draft = drafted(&editor);
    let (base, cases) = stands(&editor.get(&draft));
    let other = full(&json!({"amount_off": {"amount": 350, "per": "unit"}}));
    for (field, value) in other.as_object().unwrap() {
        let mut content = base.clone();
        assert_ne!(content.get(field), Some(value), "{field}");
        content[field] = value.clone();
        saved(&editor, &draft, (&content, &cases));
        for (language, becomes) in
            [("en", ["becomes", "is added", "is taken away"]), ("lv", ["kļūst par", "pievienots", "noņemts"])]
        {
            editor.choose("avis-language", language);
            let told = differences(&editor.get(&draft));
            assert!(!told.is_empty(), "{field}: nothing is told");
            for sentence in &told {
                assert!(
                    becomes.iter().any(|word| sentence.contains(word)) && sentence.ends_with('.'),
                    "{field}: {told:?}"
                );
                assert!(!sentence.contains(['{', '[']), "{field}: {told:?}");
            }
        }
    }
    // A list is told by what came and went, and a name in the language of others too.
    let mut content = base.clone();
    content["scope"]["products"].as_array_mut().unwrap().push(json!("transport.ferry"));
    content["name"]["lv"] = json!("Cits <b>nosaukums</b>");
    saved(&editor, &draft, (&content, &cases));
    editor.choose("avis-language", "en");
    let told = differences(&editor.get(&draft));
    assert!(told.iter().any(|told| told == "For: “transport.ferry” is added."), "{told:?}");
    let named = told.iter().find(|told| told.starts_with("Name in Latvian: ")).unwrap();
    assert!(named.contains("becomes “Cits &#60;b&#62;nosaukums&#60;/b&#62;”."), "{told:?}");
    assert_eq!(told.len(), 2, "{told:?}");
    // A version beside the one before it, and the first one.
    for (version, told) in [(4, "becomes"), (1, "It is the first version")] {
        let page = editor.get(&format!("/benefits/lv-goda-gimene/{version}"));
        assert!(page.text().contains(told), "{version}: {}", page.text());
        assert!(differences(&page).iter().all(|told| !told.contains('{')), "{version}");
    }
}

#[test]
fn an_approver_sees_which_cases_a_draft_adds_changes_and_removes_and_that_stays_to_be_read() {
    let server = Server::start();
    let (editor, approver) =
        (Person::user(&server, "elza@state.example"), Person::user(&server, "aivars@state.example"));
    let draft = drafted(&editor);
    assert!(editor.get(&draft).text().contains("Nothing changes in its cases."));
    let (mut content, mut cases) = stands(&editor.get(&draft));
    content["effect"]["percent"]["rate"] = json!(6_000);
    let mut more = cases[0].clone();
    more["name"] = json!("<b>at</b> \u{5d0} the desk");
    more["expect"][0]["payable"] = json!(286);
    cases[0]["expect"][0]["payable"] = json!(286);
    cases.as_array_mut().unwrap().push(more.clone());
    saved(&editor, &draft, (&content, &cases));
    editor.step(&draft, "submit", &[]).leads_to();
    let both = [
        ("en", "changes its own cases: new 1, changed 1, removed 0", "to pay: “€3.57” becomes “€2.86”", "New case:"),
        (
            "lv",
            "maina savus piemērus: jauni 1, mainīti 1, noņemti 0",
            "jāmaksā: “3,57 €” kļūst par “2,86 €”",
            "Jauns piemērs:",
        ),
    ];
    let read = |when: &str| {
        for (language, counted, told, added) in both {
            approver.choose("avis-language", language);
            let page = approver.get(&draft);
            let text = page.text().replace('\u{a0}', " ");
            assert!(text.contains(counted) && text.contains(told) && text.contains(added), "{when}: {text}");
            assert!(text.contains("<b>at</b> \u{5d0} the desk") && !page.html.contains("<b>at</b>"), "{when}");
            let all = approver.get(&format!("{draft}/changed-cases")).text().replace('\u{a0}', " ");
            assert!(all.contains(counted) && all.contains(told), "{when}: {all}");
        }
    };
    read("submitted");
    approver.step(&draft, "approve", &[]).leads_to();
    approver.step(&draft, "publish", &[("reason", "decided")]).leads_to();
    // The rules have these cases now; what was approved stays to be read.
    read("published");
    // Taken away again, they are told as gone.
    let next = drafted(&editor);
    let (content, _) = stands(&editor.get(&next));
    saved(&editor, &next, (&content, &json!([])));
    assert!(editor.get(&next).text().contains("new 0, changed 0, removed 2"), "{}", editor.get(&next).text());
}

#[test]
fn how_a_case_fails_is_told_in_words() {
    let server = Server::start();
    let editor = Person::user(&server, "elza@state.example");
    let draft = drafted(&editor);
    let (content, mut cases) = stands(&editor.get(&draft));
    cases[0]["name"] = json!("half <i>is</i> off");
    cases[0]["expect"][0] = json!({"outcome": "declined", "payable": 715, "reasons": ["no_right"],
        "lines": [{"payable": 715, "discounts": [{"amount": 0, "benefit": "lv-orphan"}]}]});
    saved(&editor, &draft, (&content, &cases));
    for (language, told) in [
        (
            "en",
            [
                "“half <i>is</i> off”: outcome: expected declined, got approved",
                "to pay: expected €7.15, got €3.57",
                "line 1, discount 1, amount: expected €0.00, got €3.58",
                "line 1, discount 1, benefit: expected lv-orphan, got lv-goda-gimene",
                "why something is left to pay",
            ],
        ),
        (
            "lv",
            [
                "“half <i>is</i> off”: iznākums: gaidīts noraidīts, sanāca apstiprināts",
                "jāmaksā: gaidīts 7,15 €, sanāca 3,57 €",
                "1. rinda, 1. atlaide, summa: gaidīts 0,00 €, sanāca 3,58 €",
                "1. rinda, 1. atlaide, atvieglojums: gaidīts lv-orphan, sanāca lv-goda-gimene",
                "kāpēc vēl jāmaksā",
            ],
        ),
    ] {
        editor.choose("avis-language", language);
        for step in ["check", "submit"] {
            let refused = editor.step(&draft, step, &[]);
            let text = refused.text().replace('\u{a0}', " ");
            assert_eq!(refused.status, 422, "{text}");
            for told in told {
                // In the summary, and where the cases are.
                let least = if told.starts_with('“') { 1 } else { 2 };
                assert!(text.matches(told).count() >= least, "{told}: {text}");
            }
            // The JSON itself stands further down.
            let before_json = refused.html.split("id=\"edit\"").next().unwrap();
            assert!(!before_json.contains("no_right") && !before_json.contains("/expect"), "{before_json}");
            assert!(refused.html.contains("<a href=\"#cases\">") && !refused.html.contains("<i>is"), "{text}");
        }
    }
}

#[test]
fn who_did_what_to_a_draft_is_told_with_names_and_reasons() {
    let server = Server::start();
    let (editor, approver) =
        (Person::user(&server, "elza@state.example"), Person::user(&server, "aivars@state.example"));
    let draft = drafted(&editor);
    let (content, cases) = changed(&editor.get(&draft), 6_000, 286);
    editor.step(&draft, "save", &[("content", &content), ("cases", &cases)]).leads_to();
    editor.step(&draft, "submit", &[]).leads_to();
    approver.step(&draft, "reject", &[("reason", "too <b>much</b>")]).leads_to();
    editor.step(&draft, "submit", &[]).leads_to();
    approver.step(&draft, "approve", &[]).leads_to();
    approver.step(&draft, "publish", &[("reason", "decided")]).leads_to();
    for (language, told) in [
        (
            "en",
            [
                "Elza Eglemade a draft",
                "Elza Eglechanged a draft",
                "Elza Eglesubmitted a draft",
                "Aivars Alksnissent a draft backtoo <b>much</b>",
                "Aivars Alksnisapproved a draft",
                "Aivars Alksnispublished a draftdecided",
            ],
        ),
        ("lv", ["Elza Egle", "Elza Egle", "Elza Egle", "too <b>much</b>", "Aivars Alksnis", "decided"]),
    ] {
        editor.choose("avis-language", language);
        let page = editor.get(&format!("{draft}/history"));
        let text = page.text();
        assert!(told.iter().all(|told| text.contains(told)) && !page.html.contains("<b>much"), "{text}");
        assert!(!text.contains("draft_") && !text.contains("began to publish"), "{text}");
        assert!(editor.get(&draft).text().contains("Aivars Alksnis"), "the newest stand with the draft");
    }
    let other = Person::user(&server, "rita@riga.example");
    assert_eq!(other.get(&format!("{draft}/history")).status, 404);
}

#[test]
fn a_step_that_is_refused_says_why_and_what_to_do_and_one_that_nobody_may_take_is_not_offered() {
    let folder = Folder::new("console-refused-steps");
    let server = demo(&folder, "users.json", |users| {
        let elza = users["users"].as_array_mut().unwrap().iter_mut().find(|user| user["email"] == "elza@state.example");
        elza.unwrap()["roles"].as_array_mut().unwrap().push(json!(["lv-state", "ap"]));
    });
    let (both, approver) = (Person::user(&server, "elza@state.example"), Person::user(&server, "aivars@state.example"));
    let (first, second) = (drafted(&both), drafted(&both));
    for (draft, rate, payable) in [(&first, 6_000, 286), (&second, 6_100, 279)] {
        let (content, cases) = changed(&both.get(draft), rate, payable);
        both.step(draft, "save", &[("content", &content), ("cases", &cases)]).leads_to();
        both.step(draft, "submit", &[]).leads_to();
        let own = both.get(draft);
        assert!(own.text().contains("another person of your party approves it"), "{}", own.text());
        assert!(!own.steps().contains(&"approve") && own.steps().contains(&"reject"), "{:?}", own.steps());
    }
    // A reason that is missing is told at its field, and what was read before stays refused.
    let bare = approver.step(&first, "reject", &[("reason", "")]);
    assert!(bare.status == 422 && bare.html.contains("href=\"#reject-reason\""), "{}", bare.text());
    let opened = approver.get(&first);
    approver.step(&first, "approve", &[]).leads_to();
    approver.step(&second, "approve", &[]).leads_to();
    for (language, told) in [("en", "look at it again"), ("lv", "skatiet vēlreiz")] {
        approver.choose("avis-language", language);
        let stale = approver.step_of(&opened, &first, "approve", &[]);
        assert!(stale.status == 412 && stale.steps().contains(&"publish"), "{language} {told}: {}", stale.text());
    }
    approver.choose("avis-language", "en");
    approver.step(&first, "publish", &[("reason", "decided")]).leads_to();
    // Of two drafts of one version the later is refused, and based on the new one by a button.
    let outdated = approver.step(&second, "publish", &[("reason", "decided <i>late</i>")]);
    assert_eq!(outdated.status, 409, "{}", outdated.text());
    assert!(outdated.text().contains("Another version was published meanwhile"), "{}", outdated.text());
    assert!(outdated.form("publish").contains(&("reason".to_owned(), "decided <i>late</i>".to_owned())));
    both.step(&second, "withdraw", &[]).leads_to();
    let refused = both.step(&second, "submit", &[]);
    let based = both.step_of(&refused, &second, "rebase", &[]).leads_to();
    let based = both.get(&based);
    assert!(
        based.text().contains("based on the newest version")
            && based.text().replace('\u{a0}', " ").contains("“60 % off” becomes “61 % off”"),
        "{}",
        based.text()
    );
    // A benefit is stopped with a reason alone; the form stays open with what was typed.
    let suspended = approver.step("/benefits/lv-orphan", "suspend", &[("reason", "  "), ("until", "soon")]);
    assert!(suspended.status == 422 && suspended.html.contains("<details open>"), "{}", suspended.text());
    assert!(suspended.form("suspend").contains(&("until".to_owned(), "soon".to_owned())), "{}", suspended.text());
}

#[test]
fn a_draft_and_a_benefit_lead_to_a_till_at_which_they_are_chosen() {
    let server = Server::start();
    let editor = Person::user(&server, "elza@state.example");
    let benefit = editor.get("/benefits/lv-goda-gimene");
    assert!(benefit.html.contains("href=\"/try?benefit=lv-goda-gimene\""), "{}", benefit.text());
    let draft = drafted(&editor);
    let (content, _) = changed(&editor.get(&draft), 6_000, 286);
    editor.step(&draft, "save", &[("content", &content)]).leads_to();
    let id = draft.trim_start_matches("/drafts/");
    assert!(editor.get(&draft).html.contains(&format!("href=\"/try?draft={id}\"")));
    for (language, gives, then) in [
        ("en", "lv-goda-gimene gives €3.58 off here.", "€2.86"),
        ("lv", "lv-goda-gimene te dod 3,58 € atlaidi.", "2,86 €"),
    ] {
        editor.choose("avis-language", language);
        let told = |path: &str| editor.goes_to(path).text().replace('\u{a0}', " ");
        let till = told("/try?benefit=lv-goda-gimene");
        assert!(till.contains(gives), "{till}");
        // Now, and with the draft, as soon as one comes.
        let beside = told(&format!("/try?draft={id}"));
        assert!(beside.contains(then), "{beside}");
    }
    let nobody = Person::nobody(&server, "en");
    assert_eq!(nobody.get(&format!("/try?draft={id}")).status, 200, "whoever does not read it begins as usual");
    assert_eq!(nobody.get("/try?benefit=none").status, 200);
}
