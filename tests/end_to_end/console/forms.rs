//! Forms on paper in the console: numbered, printed with a code each, printed once more, cancelled, and entered for who is found.

use avis_testing::eventually;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::browser::{Browser, ENTER};
use super::looks;
use super::person::Person;
use crate::plane::{DEMO_PASSWORD, Plane};
use crate::program::Server;

#[test]
fn a_clerk_prints_forms_with_a_code_each_and_cancels_one_that_is_spoilt() {
    let server = Server::start();
    let clerk = Person::user(&server, "klinta@centre.example");
    assert!(clerk.get("/forms").text().contains("There is no form."));
    assert!(clerk.get("/forms/print").text().contains("No form waits."));

    let printed = clerk.step("/forms", "print", &[("count", "3")]);
    assert_eq!(printed.status, 200, "{}", printed.text());
    assert_eq!(printed.html.matches("<svg class=\"qr\"").count(), 3, "a code for each");
    assert_eq!(printed.html.matches("Service centre of Riga").count(), 3, "and whose it is");
    for number in ["000001-8", "000002-6", "000003-4"] {
        assert!(printed.html.contains(&format!("<h2>{number}</h2>")), "{}", printed.text());
        assert!(printed.html.contains(&format!("QR code that leads to form {number}")), "for who does not see it");
    }
    for count in ["0", "26", "many", ""] {
        let refused = clerk.step("/forms", "print", &[("count", count)]);
        assert!(refused.status == 422 && refused.html.contains("href=\"#print-count\""), "{count}: {}", refused.text());
    }
    assert_eq!(clerk.get("/forms/print").html.matches("<svg class=\"qr\"").count(), 3, "no more were numbered");

    // Where the code of a form leads.
    let form = "/forms/000002-6";
    assert!(clerk.get(form).text().contains("waits to be entered"), "{}", clerk.get(form).text());
    let cancelled = clerk.step(form, "cancel", &[("reason", "it fell into a river")]).leads_to();
    let shown = clerk.get(&cancelled);
    assert!(shown.text().contains("it fell into a river") && shown.steps().is_empty(), "{}", shown.text());
    let left = clerk.get("/forms/print").html;
    assert!(!left.contains("000002-6") && left.contains("000001-8") && left.contains("000003-4"));

    let others = Person::user(&server, "elza@state.example");
    assert_eq!((others.get("/forms").status, others.get(form).status), (403, 403));
    let auditor = Person::user(&server, "ruta@audit.example");
    assert!(auditor.get("/forms").text().contains("000001-8") && auditor.get("/forms").steps().is_empty());
    assert!(!auditor.get("/forms").html.contains("/forms/print"), "who numbers none prints none");
    assert!(auditor.get("/forms/print").text().contains("No form waits."), "none of others");
}

/// An institution that is asked about pensions.
fn institution(server: &Server) {
    let plane = Plane(server);
    let [operator, second] =
        ["olga@operator.example", "oto@operator.example"].map(|user| plane.sign_in_with(user, DEMO_PASSWORD));
    plane.party(&operator, "pensions", "institution");
    let specialist = plane.joins((&operator, &second), "pensions", "sp");
    let said = json!({"topics": [{"code": "old-age", "name": {"lv": "Vecuma pensija", "en": "Old-age pension"}}],
        "hosts": ["meet.pensions.lv"], "telephone": "+371 60000000"});
    plane.put(&specialist, "/institutions/pensions", &said);
}

/// The clocks of the demo, to the minute, as the clerk reads them from the paper.
fn now() -> String {
    let riga = TimeZone::get("Europe/Riga").unwrap();
    riga.to_datetime(Timestamp::now()).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// The page on which a form is entered for who shows a card.
fn found(clerk: &Person<'_>, form: &str, card: &str) -> String {
    let shown = [("scheme", "etalons"), ("value", card), ("code", "at_desk"), ("reason", "in the village")];
    clerk.step(form, "find", &shown).leads_to()
}

#[test]
fn a_clerk_enters_forms_for_who_is_found_with_a_reason_each_once() {
    let server = Server::start();
    institution(&server);
    let clerk = Person::user(&server, "klinta@centre.example");
    clerk.step("/forms", "print", &[("count", "3")]);
    let [lost, card, talk] = ["000001-8", "000002-6", "000003-4"].map(|number| format!("/forms/{number}"));

    // Without a reason nobody is found, nor is one whom nobody knows; what was shown is never written back.
    for (value, reason, field) in [("ANNA-0001", "", "find-reason"), ("NOBODY-0000", "in the village", "find-value")] {
        let shown = [("scheme", "etalons"), ("value", value), ("code", "at_desk"), ("reason", reason)];
        let refused = clerk.step(&lost, "find", &shown);
        assert!(refused.status == 422 && refused.html.contains(&format!("href=\"#{field}\"")), "{}", refused.text());
        assert!(!refused.html.contains(value), "{}", refused.html);
    }

    // What a form asks for is done under its number, once.
    let block = format!("{}?asks=block", found(&clerk, &lost, "ANNA-0001"));
    assert!(!block.contains("ANNA") && clerk.get(&block).text().contains("You act for a person"), "{block}");
    let early = clerk.step(&block, "block", &[("at", "2020-01-01T10:00")]);
    assert!(early.status == 422 && early.html.contains("href=\"#block-at\""), "{}", early.text());
    let opened = clerk.get(&block);
    let entered = clerk.step_of(&opened, &block, "block", &[("at", &now())]).leads_to();
    let shown = clerk.get(&entered);
    assert!(shown.text().contains("The form is entered.") && shown.text().contains("Live on"), "{}", shown.text());
    assert!(shown.steps().is_empty() && shown.text().contains("Block this card"), "{}", shown.text());
    let again =
        clerk.send(&block, &[("do", "block"), ("at", &now()), ("means", "0190f6a2-0000-7000-8000-000000000001")]);
    assert!(again.status == 409 && again.text().contains("entered, since"), "{} {}", again.status, again.text());

    let add = format!("{}?asks=add", found(&clerk, &card, "KARLIS-0002"));
    let new = [("scheme", "etalons"), ("value", "KARLIS-0777"), ("label", "the blue one"), ("at", &*now())];
    let wrong = clerk.step(&add, "add", &[&new[..], &[("valid_until", "soon")]].concat());
    assert!(wrong.status == 422 && wrong.html.contains("href=\"#add-valid_until\""), "{}", wrong.text());
    assert!(!wrong.html.contains("KARLIS-0777"), "{}", wrong.html);
    clerk.step(&add, "add", &new).leads_to();

    let talk_to = format!("{}?asks=consultation", found(&clerk, &talk, "KARLIS-0002"));
    assert!(clerk.get(&talk_to).text().contains("Old-age pension"), "{}", clerk.get(&talk_to).text());
    let topics = format!("{talk_to}&institution=pensions");
    clerk.step(&topics, "consultation", &[("at", &now()), ("agreed", "yes")]).leads_to();
    assert!(clerk.get(&talk).text().contains("Consultation"), "{}", clerk.get(&talk).text());

    // The auditor reads who was looked at and why, and that it was on paper.
    let auditor = Person::user(&server, "ruta@audit.example");
    let (reads, all) = (auditor.get("/audit/people").text(), auditor.get("/audit").text());
    assert!(reads.contains("looked at a person’s means") && reads.contains("at_desk: in the village"), "{reads}");
    assert!(all.contains("on paper 000003-4, at_desk: in the village"), "{all}");
}

#[test]
fn who_was_found_is_nobody_to_another_session_and_is_found_again() {
    let server = Server::start();
    let clerk = Person::user(&server, "klinta@centre.example");
    clerk.step("/forms", "print", &[("count", "1")]);
    let page = found(&clerk, "/forms/000001-8", "ANNA-0001");
    let later = Person::user(&server, "klinta@centre.example");
    for asks in ["", "?asks=block", "?asks=add"] {
        let told = later.get(&format!("{page}{asks}"));
        assert!(told.text().contains("Find the person again") && told.steps() == ["find", "cancel"], "{}", told.text());
    }
    let sent = later.send(&page, &[("do", "block"), ("at", &now()), ("means", "0190f6a2-0000-7000-8000-000000000001")]);
    assert!(sent.status == 422 && sent.text().contains("Find the person again"), "{}", sent.text());
    for email in ["elza@state.example", "ruta@audit.example"] {
        assert_eq!(Person::user(&server, email).get(&page).status, 403, "{email}");
    }
}

/// By the keyboard alone, on a telephone, in the language of the clerk; the pages are looked at by axe.
#[test]
fn a_form_is_entered_by_keys_alone_in_both_languages() {
    let server = Server::start();
    let clerk = Person::user(&server, "klinta@centre.example");
    clerk.step("/forms", "print", &[("count", "2")]);
    let axe = looks::axe();
    for (language, theme, width, form, card, done) in [
        ("lv", "dark", 390, "/forms/000001-8", "ANNA-0001", "Veidlapa ir ievadīta."),
        ("en", "light", 1280, "/forms/000002-6", "MIA-0003", "The form is entered."),
    ] {
        let browser = Browser::english(&server, width);
        browser.choose("avis-language", language);
        browser.choose("avis-theme", theme);
        browser.sign_in_by_keys(&server, "klinta@centre.example");
        let look = || {
            let widest = browser.run("return document.documentElement.scrollWidth");
            assert!(widest.as_i64().unwrap() <= i64::from(width), "{form}: {widest}");
            axe.iter().for_each(|axe| looks::judged(&browser, axe, form));
        };
        browser.open(&server.url(form));
        browser.tab_to("#find-scheme");
        browser.press("etalons");
        browser.tab_to("#find-value");
        browser.press(card);
        browser.tab_to("#find-reason");
        browser.press("in the village");
        browser.press(ENTER);
        browser.arrives(&format!("{form}/person/"));
        look();
        browser.enter("main a[href$='asks=block']");
        browser.arrives(&format!("{form}/person/"));
        eventually("its form", || browser.run("return !!document.querySelector('#block-at')"), |is| *is == true);
        look();
        // How a browser wants a day and a time typed follows from its own language.
        browser.run(&format!("document.querySelector('#block-at').value = '{}'", now()));
        browser.enter("#block button");
        browser.reads("main", done);
        look();
        assert_eq!(browser.said(), Vec::<String>::new());
    }
}
