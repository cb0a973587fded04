//! Stories in a real browser by the keyboard alone: nothing is clicked, and every place is reached by the tabulator.

use avis_testing::eventually;
use serde_json::{Value, json};

use super::browser::{Browser, ENTER, TAB};
use super::demo;
use crate::program::{Folder, Server};

/// The width of a screen on a desk, and of a telephone.
const DESK: u32 = 1280;
const TELEPHONE: u32 = 390;

fn sign_out(browser: &Browser) {
    browser.enter("form[action='/sign-out'] button");
    browser.arrives("/sign-in");
}

#[test]
fn a_rate_is_changed_approved_by_another_and_live_by_keys_alone() {
    let folder = Folder::new("console-keys");
    let server = demo(&folder, "users.json", |users| {
        let elza = users["users"].as_array_mut().unwrap().iter_mut().find(|user| user["email"] == "elza@state.example");
        elza.unwrap()["roles"].as_array_mut().unwrap().push(json!(["lv-state", "ap"]));
    });
    let browser = Browser::english(&server, DESK);
    browser.sign_in_by_keys(&server, "elza@state.example");
    browser.go_to("/benefits");
    browser.enter("main a[href='/benefits/lv-goda-gimene']");
    browser.arrives("/benefits/lv-goda-gimene");
    browser.enter("#draft button");
    browser.arrives("/drafts/");
    let draft = browser.run("return location.pathname").as_str().unwrap().to_owned();

    // A case fails beside the editor while somebody types, and nothing is saved yet.
    browser.enter("#place-gets summary");
    browser.tab_to("[id='set:gets-effect.number']");
    browser.write("60");
    browser.reads("#cases", "to pay: expected €3.57, got €2.86");
    browser.press(ENTER);
    eventually("it is saved", || browser.run("return location.hash"), |hash| hash == "#at-gets");
    browser.reads("#place-gets summary", "60");

    // The case is mended in its JSON, and the draft submitted.
    let cases = browser.run("return document.querySelector('#save-cases').value");
    let mut cases: Value = serde_json::from_str(cases.as_str().unwrap()).unwrap();
    cases[0]["expect"][0]["payable"] = json!(286);
    browser.tab_to("#save-cases");
    browser.write(&cases.to_string());
    browser.reads("#cases", "as expected");
    browser.enter("#save > button:not([name])");
    let saved = || browser.run("return document.querySelector('#save-cases')?.defaultValue ?? ''");
    eventually("it is saved", saved, |cases| cases.as_str().is_some_and(|cases| cases.contains("286")));
    browser.enter("#submit button");
    browser.reads("main .facts", "waits for approval");
    // Who has both roles is told why nothing is there to approve it by.
    browser.reads("main", "another person of your party approves it");
    assert_eq!(browser.run("return document.querySelector('#approve')"), Value::Null);
    sign_out(&browser);

    // A second person reads the difference, approves, and publishes; it is told where it is live.
    browser.sign_in_by_keys(&server, "aivars@state.example");
    browser.enter(&format!("main a[href='{draft}']"));
    browser.arrives(&draft);
    browser.reads("main", "“50 % off” becomes “60 % off”");
    browser.enter("#approve button");
    browser.reads("main .facts", "approved");
    browser.tab_to("#publish-reason");
    browser.press("decided");
    browser.press(ENTER);
    browser.reads(".live", "Live on 1 of 1");
    let request = json!({"request_id": "0190f6a2-1001-7000-8000-000000000098", "occurred_at": "2026-11-25T08:12:00+02:00",
        "channel": "app", "currency": "EUR", "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}]});
    assert_eq!(server.quote("avis_demo_atd_app", request.to_string()).json()["payable"], 286);
}

#[test]
fn two_tickets_are_sold_and_one_is_taken_back_at_the_till_by_keys_alone_on_a_telephone() {
    let server = Server::start();
    for (language, app, free, half, sold, bar) in [
        ("lv", "L", "Maksā 0,00 € no 7,15 €", "Maksā 3,57 € no 7,15 €", "Maksā 7,14 € no 14,30 €", "lv-state 3,58 €"),
        ("en", "A", "Pays €0.00 of €7.15", "Pays €3.57 of €7.15", "Pays €7.14 of €14.30", "lv-state €3.58"),
    ] {
        let browser = Browser::english(&server, TELEPHONE);
        browser.choose("avis-language", language);
        browser.open(&server.url("/try"));
        browser.reads(".price", free);
        // The first letter of a choice chooses it.
        browser.tab_to("#channel");
        browser.press(app);
        browser.reads(".price", half);
        browser.tab_to("#quantity-1");
        browser.write("2");
        browser.press(TAB);
        browser.reads(".price", sold);
        browser.enter("button[value^='sell:']");
        eventually(
            "it is sold",
            || browser.run("return document.querySelector(\"#operation button[value^='refund:']\") !== null"),
            |is| *is == true,
        );
        browser.reads(".price", sold);
        browser.enter("#operation button[value^='refund:']");
        browser.reads(".price", half);
        let title =
            browser.run("return document.querySelector('svg.payers title').textContent.replaceAll('\\u00a0', ' ')");
        assert!(title.as_str().unwrap().contains(bar), "{title}");
    }
}

#[test]
fn a_benefit_is_moved_by_keys_alone_and_the_move_is_told() {
    let server = Server::start();
    let browser = Browser::english(&server, DESK);
    browser.sign_in_by_keys(&server, "elza@state.example");
    browser.go_to("/priorities");
    browser.enter("main a[href='/priorities/atd']");
    browser.arrives("/priorities/atd");
    browser.enter("form[id$=':lv-goda-gimene'] button");
    browser.arrives("/drafts/");
    browser.reads(".notice[role='status']", "A draft with another priority was made");
    browser.reads("main", "priority");
}

#[test]
fn enter_in_a_condition_saves_it_and_takes_nothing_out() {
    let server = Server::start();
    let browser = Browser::english(&server, DESK);
    browser.sign_in_by_keys(&server, "elza@state.example");
    browser.open(&server.url("/benefits/lv-goda-gimene"));
    browser.enter("#draft button");
    browser.arrives("/drafts/");
    browser.enter("#place-who summary");
    browser.tab_to("[id='n-0.0-groups']");
    browser.write("goda-gimene, politically-repressed");
    browser.press(ENTER);
    browser.reads("#place-who summary", "politically-repressed");
    browser.enter("#place-who summary");
    browser.enter("[value='wrap:0.0']");
    browser.reads("[id='n-0.0'] > legend", "Any of these");
    browser.reads("[id='n-0.0.0'] > legend", "In a group");
}
