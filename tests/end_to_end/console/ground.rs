//! What all rules stand on, groups, what ends soon, and cards of a provider: tried before it is saved, and blocked without a word of whose
//! it is.

use avis_testing::eventually;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::demo;
use super::person::{Page, Person};
use super::planted::administration;
use crate::program::{Folder, Server};

#[test]
fn an_operator_tries_a_slot_before_saving_it_and_removes_what_no_rule_names() {
    let server = Server::start();
    let operator = Person::user(&server, "olga@operator.example");
    let slot = [("name", "season"), ("priority", "70"), ("policy", "best"), ("rate", "50"), ("reason", "a new order")];
    let tried = operator.step("/ground", "slot", &[&slot[..], &[("try", "yes")]].concat());
    assert!(tried.status == 200 && tried.text().contains("The rules hold with it"), "{}", tried.text());
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
    // Who may see engines is told which of them do not have it yet.
    let lagging = "INSERT INTO engine SELECT 'lagging', program, incarnation, 1, digest, age_ms, unreadable, stand_in, at FROM engine LIMIT 1";
    let engines = administration(&server);
    eventually("an engine that reports", || engines.execute(lagging, []).unwrap(), |count| *count == 1);
    let without = |person: &Person<'_>| {
        let page = person.get(&saved);
        page.text().split("Without it: ").nth(1).is_some_and(|names| names.contains("lagging"))
    };
    assert!(without(&operator) && !without(&Person::user(&server, "elza@state.example")));
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
    for name in ["Season Tickets", "a/b", ""] {
        let wrong = operator.step("/ground", "slot", &[&slot[..], &[("name", name)]].concat());
        assert!(wrong.status == 422 && wrong.html.contains("<a href=\"#slot-name\">"), "`{name}`: {}", wrong.text());
    }
    operator.step("/ground/slots/season", "remove", &[("reason", "tidying")]).leads_to();

    let days = [("name", "fairs"), ("dates", "2027-05-01\n2027-09-01"), ("reason", "the fairs")];
    let page = operator.get("/ground/calendars");
    untried(&page, "/ground/calendars", "calendar", &days).leads_to();
    assert!(operator.get("/ground/calendars").text().contains("1 Sep 2027"));
    let wrong =
        untried(&page, "/ground/calendars", "calendar", &[("name", "fetes"), ("dates", "soon"), ("reason", "a fete")]);
    assert!(wrong.status == 422 && wrong.html.contains("href=\"#calendar-dates\""), "{}", wrong.text());
    let reader = Person::user(&server, "elza@state.example");
    for path in ["/ground", "/ground/slots/fare", "/ground/calendars", "/ground/calendars/fairs"] {
        let page = reader.get(path);
        assert_eq!((page.status, page.steps()), (200, Vec::new()), "{path}: who may not write reads");
    }
}

#[test]
fn a_provider_says_which_means_it_accepts_and_an_operator_which_it_gives_out() {
    let server = Server::start();
    let (carrier, operator) =
        (Person::user(&server, "peteris@atd.example"), Person::user(&server, "olga@operator.example"));
    let path = "/providers/atd";
    assert!(carrier.get("/providers").html.contains(&format!("href=\"{path}\"")));
    let page = carrier.get(path);
    assert!(page.text().contains("nothing is said") && !page.html.contains("name=\"issues\""), "{}", page.text());
    let sent = |person: &Person<'_>, page: &Page, step: &str, changes: &[(&str, &str)]| {
        let mut fields = page.form(step);
        fields.retain(|(name, _)| name != "try" && !changes.iter().any(|(known, _)| known == name));
        let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        fields.extend(changes);
        person.send(path, &fields)
    };
    let means = |person: &Person<'_>, page: &Page, changes: &[(&str, &str)]| sent(person, page, "means", changes);
    let both = [("accepts", "etalons"), ("accepts", "goda-gimene")];
    let tried = means(&carrier, &page, &[&both[..], &[("reason", "new readers"), ("try", "yes")]].concat());
    assert!(tried.status == 200 && tried.text().contains("The rules hold with it"), "{}", tried.text());
    assert!(both.iter().all(|(name, value)| tried.form("means").contains(&((*name).into(), (*value).into()))));
    // What is ticked stays ticked after a fault.
    let wrong = means(&carrier, &page, &[&both[..], &[("reason", "")]].concat());
    assert!(wrong.status == 422 && wrong.html.contains("href=\"#means-reason\""), "{}", wrong.text());
    assert!(wrong.form("means").contains(&("accepts".to_owned(), "goda-gimene".to_owned())), "{}", wrong.html);
    let saved = means(&carrier, &page, &[&both[..], &[("reason", "new readers")]].concat()).leads_to();
    let told = carrier.get(&saved).text();
    assert!(told.contains("Acceptsetalons, goda-gimene") && told.contains("Live on"), "{told}");
    let stale = means(&carrier, &page, &[("accepts", "eid"), ("reason", "later")]);
    assert_eq!(stale.status, 412, "{}", stale.text());

    let read = operator.get(path);
    let given = means(&operator, &read, &[&both[..], &[("issues", "etalons"), ("reason", "it prints them")]].concat());
    carrier.choose("avis-language", "lv");
    assert!(carrier.get(&given.leads_to()).text().contains("Izdodetalons"), "{}", carrier.get(path).text());
    carrier.choose("avis-language", "en");
    assert!(carrier.get("/cards").text().contains("You issue: etalons"), "{}", carrier.get("/cards").text());
    // What it gives out stays as it is when it changes what it accepts.
    let again = means(&carrier, &carrier.get(path), &[("accepts", "etalons"), ("reason", "old readers")]).leads_to();
    assert!(carrier.get(&again).text().contains("AcceptsetalonsGives outetalonsTags"), "{}", carrier.get(path).text());
    let tags = [("tags", "bus, night"), ("reason", "at night, too")];
    sent(&operator, &operator.get(path), "tags", &tags).leads_to();
    assert!(carrier.get(path).text().contains("Tagsbus, night") && !carrier.get(path).steps().contains(&"tags"));
    assert_eq!(carrier.get("/providers/vivi").status, 404, "another one's");
    assert_eq!(Person::user(&server, "elza@state.example").get("/providers").status, 200, "who may not write reads");
}

#[test]
fn a_group_is_named_on_its_page_by_its_owner_alone() {
    let server = Server::start();
    let editor = Person::user(&server, "elza@state.example");
    let fields = [("code", "fishers"), ("lv", "Zvejnieki"), ("en", "Fishers"), ("reason", "a new one")];
    let half = editor.step("/groups", "make", &[&fields[..], &[("en", "")]].concat());
    assert!(half.status == 422 && half.html.contains("<a href=\"#make-en\">"), "{}", half.text());
    editor.step("/groups", "make", &fields).leads_to();
    assert!(editor.get("/groups").text().contains("fishersFisherslv-state"), "{}", editor.get("/groups").text());
    let path = "/groups/fishers";
    let read = editor.get(path);
    let named = |lv: &str| editor.step_of(&read, path, "name", &[("lv", lv), ("reason", "another word")]);
    let empty = named("");
    assert!(empty.status == 422 && empty.html.contains("<a href=\"#name-lv\">"), "{}", empty.text());
    named("Makšķernieki").leads_to();
    assert_eq!(named("Jūrnieki").status, 412, "somebody was faster");
    editor.choose("avis-language", "lv");
    assert!(editor.get(path).html.contains("<h1>Makšķernieki</h1>"), "{}", editor.get(path).text());
    let other = Person::user(&server, "rita@riga.example").get(path);
    assert!(other.status == 200 && !other.steps().contains(&"name"), "{}", other.text());
}

#[test]
fn sales_are_taken_out_of_the_days_that_are_sought_alone() {
    let server = Server::with_past();
    let carrier = Person::user(&server, "peteris@atd.example");
    let sought = "/sales?from=2026-11-09&until=2026-11-11";
    let taken = carrier.step(sought, "export", &[("reason", "a check")]);
    let days = ["2026-11-09", "2026-11-11"].map(|day| taken.html.lines().filter(|line| line.contains(day)).count());
    assert_eq!((taken.status, days, taken.html.lines().count()), (200, [1, 1], 2), "{}", taken.html);
}

#[test]
fn one_member_is_written_by_what_they_show_and_a_groups_list_is_taken_out_with_a_reason() {
    let server = Server::start();
    let editor = Person::user(&server, "elza@state.example");
    let path = "/groups/goda-gimene";
    let pays = || {
        let request = json!({"request_id": "0190f6a2-1001-7000-8000-000000000077", "channel": "app", "currency": "EUR",
            "occurred_at": "2026-11-25T08:12:00+02:00", "identifiers": [{"scheme": "etalons", "value": "JANIS-0005"}],
            "lines": [{"line_id": "1", "product": "transport.bus.regional.pass", "quantity": 1, "unit_price": 6000}]});
        server.quote("avis_demo_atd_app", request.to_string()).json()["payable"].clone()
    };
    assert_eq!(pays(), 6_000);
    let member = |value: &str, more: &[(&str, &str)]| {
        let shown = [("scheme", "etalons"), ("value", value), ("from", "2026-01-01")];
        editor.step(path, "member", &[&shown[..], more].concat())
    };
    let nobody = member("NOBODY-0000", &[("reason", "a decision")]);
    assert!(nobody.status == 422 && nobody.html.contains("href=\"#member-value\""), "{}", nobody.text());
    assert!(!nobody.html.contains("NOBODY-0000"), "it is typed again");
    let bare = member("JANIS-0005", &[]);
    assert!(bare.status == 422 && bare.html.contains("href=\"#member-reason\""), "{}", bare.text());
    let written = member("JANIS-0005", &[("reason", "a decision"), ("source", "No. 17")]).leads_to();
    assert!(editor.get(&written).text().contains("Live on"), "{written}");
    eventually("another price", pays, |price| *price == 3_600);
    editor
        .step(
            path,
            "member",
            &[("scheme", "etalons"), ("value", "JANIS-0005"), ("until", "2026-11-20"), ("reason", "it ended")],
        )
        .leads_to();
    eventually("the old price", pays, |price| *price == 6_000);

    let refused = editor.step(path, "export", &[]);
    assert!(refused.status == 422 && refused.html.contains("href=\"#export-reason\""), "{}", refused.text());
    let file = editor.step(path, "export", &[("reason", "a check")]);
    assert!(file.html.starts_with("scheme,key,from,until\n") && file.html.lines().count() > 2, "{:.300}", file.html);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"goda-gimene.csv\"");
    assert!(!file.html.contains("ANNA-0001"), "{:.300}", file.html);
    let carrier = Person::user(&server, "peteris@atd.example");
    let sales = carrier.step("/sales", "export", &[("reason", "a check")]);
    assert_eq!((sales.status, sales.header("content-type")), (200, "application/x-ndjson"), "{:.300}", sales.html);
    let auditor = Person::user(&server, "ruta@audit.example").get("/audit").text();
    assert!(auditor.contains("a check") && auditor.contains("a decision (No. 17)"), "{auditor}");
    assert!(
        !Person::user(&server, "rita@riga.example")
            .get(path)
            .steps()
            .iter()
            .any(|step| ["member", "export"].contains(step))
    );
}

#[test]
fn who_writes_and_approves_rules_is_told_which_own_benefits_end_soon() {
    let folder = Folder::new("console-ending");
    let today = TimeZone::get("Europe/Riga").unwrap().to_datetime(Timestamp::now()).date();
    let server = demo(&folder, "catalogue.json", |rules| {
        for (code, days) in [("ends-soon", 10), ("ends-later", 40), ("has-ended", -2)] {
            let benefit = json!({"code": code, "version": 1, "grantor": "lv-state", "name": {"lv": code}, "priority": 50,
                "valid": {"from": "2020-01-01", "until": today.saturating_add(days.days())},
                "scope": {"providers": {"codes": ["atd"]}, "products": ["transport.ship"]}, "effect": {"percent": {"rate": 100}}});
            rules["benefits"].as_array_mut().unwrap().push(benefit);
        }
    });
    let told = |email: &str| {
        let page = Person::user(&server, email).get("/");
        ["ends-soon", "ends-later", "has-ended"].map(|code| page.html.contains(&format!("href=\"/benefits/{code}\"")))
    };
    assert_eq!(told("elza@state.example"), [true, false, false]);
    assert_eq!(told("aivars@state.example"), [true, false, false]);
    assert_eq!(told("rita@riga.example"), [false; 3], "they are of another grantor");
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
