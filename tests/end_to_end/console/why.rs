//! Why not? By what a person shows, and of a sale: who is told what, what is in the audit, and what a record comes to when it is
//! decided again. What a benefit cost, and what somebody did last.

use avis_core::telling::{self, Language};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::person::{Page, Person};
use crate::program::Server;

const VALUE: &str = "PETERIS-BANK-0009";

/// What somebody asks: a ticket for who shows a card.
fn fields<'f>(scheme: &'f str, value: &'f str) -> Vec<(&'f str, &'f str)> {
    vec![
        ("scheme", scheme),
        ("value", value),
        ("provider", "atd"),
        ("product", "transport.bus.regional.single"),
        ("quantity", "1"),
        ("price", "7,15"),
        ("channel", "app"),
        ("reason", "a complaint by letter"),
    ]
}

/// The benefits of which the answer tells.
fn told(page: &Page) -> Vec<String> {
    let links = page.html.split("<a href=\"/benefits/").skip(1);
    links.map(|link| link.split('"').next().unwrap().to_owned()).collect()
}

/// Sells a ticket of now; the path of its record.
pub(super) fn sold(server: &Server) -> String {
    let request = json!({"request_id": "0190f6a2-1002-7000-8000-000000000001", "mode": "sale",
        "occurred_at": Timestamp::now(), "channel": "app", "currency": "EUR",
        "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}]});
    let sold = server.send("avis_demo_atd_app", "/v1/authorizations", request.to_string()).json();
    format!("/sales/{}", sold["authorization_id"].as_str().unwrap())
}

#[test]
fn a_grantor_asks_by_what_is_shown_and_is_told_of_its_own_benefits() {
    let server = Server::start();
    let state = Person::user(&server, "elza@state.example");
    let answer = state.step("/why", "ask", &fields("bank-card", VALUE));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(told(&answer).contains(&"lv-goda-gimene".to_owned()), "{:?}", told(&answer));
    assert!(
        answer.text().contains("in one of the groups goda-gimene or goda-gimene-disabled-child✗ no"),
        "{}",
        answer.text()
    );
    assert!(answer.text().contains("What would change it"), "{}", answer.text());
    assert!(!answer.html.contains(VALUE), "what was shown is kept nowhere");
    let city = Person::user(&server, "raivis@riga.example").step("/why", "ask", &fields("bank-card", VALUE));
    assert!(city.status == 200 && told(&city).iter().all(|code| code.starts_with("riga-")), "{:?}", told(&city));

    let without = [&fields("bank-card", VALUE)[..], &[("reason", "")]].concat();
    let refused = state.step("/why", "ask", &without);
    assert!(refused.status == 422 && refused.html.contains("<a href=\"#ask-reason\">"), "{}", refused.text());
    assert!(!refused.html.contains(VALUE), "nor written back after a fault");
    let wrong = [&fields("bank-card", VALUE)[..], &[("price", "seven"), ("at", "soon")]].concat();
    assert!(state.step("/why", "ask", &wrong).html.contains("<a href=\"#ask-price\">"));
    let wrong = [&fields("bank-card", VALUE)[..], &[("at", "soon")]].concat();
    assert!(state.step("/why", "ask", &wrong).html.contains("<a href=\"#ask-at\">"));
}

#[test]
fn a_clerk_finds_who_shows_something_and_the_auditor_reads_that() {
    let server = Server::start();
    let clerk = Person::user(&server, "klinta@centre.example");
    let at_desk = [&fields("etalons", "LAURA-0010")[..], &[("code", "at_desk")]].concat();
    let answer = clerk.step("/why", "ask", &at_desk);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.text().contains("etalons: blocked"), "{}", answer.text());
    assert!(answer.text().contains("Goda ģimene") && !answer.html.contains("LAURA-0010"), "{}", answer.text());
    let nobody = [&fields("etalons", "NOBODY-0000")[..], &[("code", "at_desk")]].concat();
    let nobody = clerk.step("/why", "ask", &nobody);
    assert!(nobody.status == 422 && nobody.html.contains("<a href=\"#ask-value\">"), "{}", nobody.text());

    let auditor = Person::user(&server, "ruta@audit.example");
    let looks = auditor.get("/audit/people").text();
    for told in ["found a person", "looked why a person got what they got", "at_desk: a complaint by letter"] {
        assert!(looks.contains(told), "{told}: {looks}");
    }
    assert!(!looks.contains("LAURA"), "{looks}");
}

#[test]
fn an_auditor_decides_a_record_again_and_a_grantor_sees_what_its_benefit_cost() {
    let server = Server::start();
    let sale = sold(&server);
    let auditor = Person::user(&server, "ruta@audit.example").get(&sale);
    assert!(auditor.text().contains("it comes out the same"), "{}", auditor.text());
    assert!(auditor.text().contains("\"candidates\""), "the trace is there for programs");
    let editor = Person::user(&server, "elza@state.example");
    let own = editor.get(&sale);
    assert!(
        !own.text().contains("Decided again") && told(&own).contains(&"lv-goda-gimene".to_owned()),
        "{}",
        own.text()
    );

    // By its number, from where sales are and from where one asks why not.
    let number = sale.trim_start_matches("/sales/");
    for room in ["/sales", "/why"] {
        assert!(editor.get(room).html.contains("<form method=\"get\" class=\"search\" action=\"/sales\">"), "{room}");
    }
    assert_eq!(told(&editor.get(&format!("/sales?number=%20{number}"))), told(&own));
    for unknown in ["0190f6a2-0000-7000-8000-000000000001", "seven", "../parties"] {
        let page = editor.get(&format!("/sales?number={unknown}"));
        assert!(page.status == 200 && page.text().contains("No sale of this number"), "{unknown}: {}", page.text());
    }

    let benefit = editor.get("/benefits/lv-goda-gimene");
    let picture = &benefit.html;
    let month = telling::month(TimeZone::UTC.to_datetime(Timestamp::now()).date(), Language::En);
    assert!(
        picture.contains("<svg class=\"months\"") && picture.contains("lv-state: €3.58</title>"),
        "{}",
        benefit.text()
    );
    assert!(benefit.text().contains(&format!("{month}1€3.58€3.58")), "{}", benefit.text());
    // What another grantor's benefit cost is nobody else's to read here.
    assert!(!editor.get("/benefits/riga-museum-senior").html.contains("<svg class=\"months\""));
}

#[test]
fn a_budget_says_what_is_used_of_it() {
    let server = Server::start();
    let page = Person::user(&server, "raivis@riga.example").get("/benefits/riga-museum-senior");
    assert!(page.text().contains("Used €0.00 of") && page.text().contains("It lasts"), "{}", page.text());
}

#[test]
fn the_first_page_says_what_somebody_did_last_and_leads_there() {
    let server = Server::start();
    let editor = Person::user(&server, "elza@state.example");
    assert!(editor.get("/").text().contains("Nothing yet"));
    let draft = super::drafted(&editor);
    let start = editor.get("/");
    assert!(
        start.text().contains("made a draft") && start.html.contains(&format!("href=\"{draft}\"")),
        "{}",
        start.text()
    );
    let other = Person::user(&server, "aivars@state.example").get("/");
    assert!(other.text().contains("Nothing yet"), "what others did is not told: {}", other.text());
}
