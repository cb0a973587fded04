//! What all rules stand on, and cards of a provider: tried before it is saved, and blocked without a word of whose it is.

use serde_json::json;

use super::demo;
use super::person::{Page, Person};
use crate::program::{Folder, Server};

#[test]
fn an_operator_tries_a_slot_before_saving_it_and_removes_what_no_rule_names() {
    let server = Server::start();
    let operator = Person::user(&server, "olga@operator.example");
    let slot = [("name", "season"), ("priority", "70"), ("policy", "best"), ("rate", "50"), ("reason", "a new order")];
    let tried = operator.step("/ground", "slot", &[&slot[..], &[("try", "yes")]].concat());
    assert!(tried.status == 200 && tried.text().contains("every case comes out"), "{}", tried.text());
    assert!(tried.form("slot").contains(&("name".to_owned(), "season".to_owned())), "what was typed stands there");
    assert!(!operator.get("/ground").html.contains("/ground/slots/season"), "nothing is changed yet");
    let untried = |page: &Page, path: &str, step: &str, changes: &[(&str, &str)]| {
        let mut fields = page.form(step);
        fields.retain(|(name, _)| name != "try" && !changes.iter().any(|(known, _)| known == name));
        let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        fields.extend(changes);
        operator.send(path, &fields)
    };
    let saved = untried(&tried, "/ground", "slot", &slot).leads_to();
    assert!(operator.get(&saved).text().contains("Live on"), "{saved}");
    let page = operator.get("/ground/slots/season");
    assert!(page.form("slot").contains(&("rate".to_owned(), "50".to_owned())), "{}", page.text());
    untried(&page, "/ground/slots/season", "slot", &[("priority", "71"), ("reason", "later")]).leads_to();
    let stale = untried(&page, "/ground/slots/season", "slot", &[("priority", "72"), ("reason", "later")]);
    assert_eq!(stale.status, 412, "{}", stale.text());
    // What rules name stays; each fault is at its field.
    let named = operator.step("/ground/slots/fare", "remove", &[("reason", "tidying")]);
    assert_eq!(named.status, 422, "{}", named.text());
    let wrong = operator.step("/ground", "slot", &[&slot[..], &[("rate", "all")]].concat());
    assert!(
        wrong.status == 422 && wrong.html.contains("<a href=\"#slot-rate\">Most off together: "),
        "{}",
        wrong.text()
    );
    operator.step("/ground/slots/season", "remove", &[("reason", "tidying")]).leads_to();

    let days = [("name", "fairs"), ("dates", "2027-05-01\n2027-09-01"), ("reason", "the fairs")];
    let page = operator.get("/ground/calendars");
    untried(&page, "/ground/calendars", "calendar", &days).leads_to();
    assert!(operator.get("/ground/calendars").text().contains("1 Sep 2027"));
    let wrong =
        untried(&page, "/ground/calendars", "calendar", &[("name", "fetes"), ("dates", "soon"), ("reason", "a fete")]);
    assert!(wrong.status == 422 && wrong.html.contains("href=\"#calendar-dates\""), "{}", wrong.text());
    assert_eq!(Person::user(&server, "elza@state.example").get("/ground").status, 200, "who may not write reads");
}

#[test]
fn a_carrier_blocks_a_card_that_it_issues_and_learns_nothing_of_whose_it_is() {
    let folder = Folder::new("console-cards");
    let server = demo(&folder, "catalogue.json", |rules| {
        let carrier = rules["providers"].as_array_mut().unwrap().iter_mut().find(|provider| provider["code"] == "atd");
        carrier.unwrap()["issues"] = json!(["etalons"]);
    });
    let carrier = Person::user(&server, "peteris@atd.example");
    let block = |value: &str| {
        let card = [("scheme", "etalons"), ("value", value), ("reason", "found in a bus")];
        carrier.step("/cards", "block", &card)
    };
    let (known, nobodys) = (block("ANNA-0001"), block("NOBODY-0000"));
    assert_eq!(
        (known.status, known.header("location")),
        (nobodys.status, nobodys.header("location")),
        "{}",
        known.text()
    );
    let bare = carrier.step("/cards", "block", &[("scheme", "etalons"), ("value", "ANNA-0001")]);
    assert!(bare.status == 422 && bare.html.contains("href=\"#block-reason\""), "{}", bare.text());
    assert!(!bare.html.contains("ANNA-0001"), "{}", bare.html);
}
