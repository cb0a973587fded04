//! What changes on an open page by itself leaves the focus, and what is typed, where they are.

use avis_testing::eventually;
use serde_json::{Value, json};

use super::browser::{Browser, ENTER, ESCAPE};
use super::person::Person;
use super::planted::administration;
use crate::program::Server;

const DESK: u32 = 1280;
const TELEPHONE: u32 = 390;

/// The id of what has the focus.
fn focused(browser: &Browser) -> Value {
    browser.run("return document.activeElement?.id")
}

/// Marks a part of a page: as long as it stays the same part, it is marked.
fn mark(browser: &Browser, selector: &str) {
    browser.run(&format!("document.querySelector({}).isMarked = true", Value::from(selector)));
}

fn is_marked(browser: &Browser, selector: &str) -> bool {
    browser.run(&format!("return document.querySelector({})?.isMarked === true", Value::from(selector))) == true
}

#[test]
fn a_choice_at_the_till_changes_the_page_and_leaves_the_focus_there() {
    let server = Server::start();
    let browser = Browser::english(&server, TELEPHONE);
    browser.open(&server.url("/try"));
    let paid = || browser.run("return document.querySelector('.price')?.innerText ?? ''");
    let before = eventually("a price", paid, |price| *price != "");
    browser.tab_to("#till [name='quantity']");
    let id = focused(&browser);
    mark(&browser, "#main");
    browser.write("3");
    browser.run("document.activeElement.dispatchEvent(new Event('change', {bubbles: true}))");
    eventually("another price", paid, |price| *price != before);
    assert_eq!((focused(&browser), is_marked(&browser, "#main")), (id, true));
    assert_eq!(browser.run("return document.activeElement.value"), "3");
}

#[test]
fn cases_are_told_while_somebody_types_and_the_focus_stays_in_the_field() {
    let server = Server::start();
    let browser = Browser::english(&server, DESK);
    browser.sign_in(&server, "elza@state.example");
    browser.open(&server.url("/benefits/lv-goda-gimene"));
    browser.enter("#draft button");
    browser.arrives("/drafts/");
    browser.enter("#place-gets summary");
    browser.tab_to("[id='set:gets-effect.number']");
    mark(&browser, "#cases");
    for (rate, told) in [("60", "expected €3.57, got €2.86"), ("50", "as expected")] {
        browser.write(rate);
        browser.reads("#cases", told);
        assert_eq!(focused(&browser), "set:gets-effect.number");
    }
    // Who listens hears what is told in a part of the page that stays.
    assert!(is_marked(&browser, "#cases"), "the outcome is another part of the page");
}

#[test]
fn on_how_many_engines_a_change_is_is_told_in_a_part_that_stays_until_it_is_on_all() {
    let server = Server::start();
    let approver = Person::user(&server, "aivars@state.example");
    let engines = administration(&server);
    let lagging = "INSERT INTO engine SELECT 'lagging', program, incarnation, 1, digest, age_ms, unreadable, stand_in, at FROM engine LIMIT 1";
    eventually("an engine that reports", || engines.execute(lagging, []).unwrap(), |count| *count == 1);
    let stopped = approver.step("/benefits/lv-goda-gimene", "suspend", &[("reason", "looked into")]).leads_to();

    let browser = Browser::english(&server, DESK);
    browser.sign_in(&server, "aivars@state.example");
    browser.open(&server.url(&stopped));
    browser.reads(".live", "Live on 1 of 2");
    mark(&browser, ".live");
    browser.tab_to("footer a");
    let looks = || browser.run("return document.querySelector('.live').getAttribute('hx-get')");
    let before = looks();
    eventually("another look", looks, |address| *address != before);
    engines.execute("DELETE FROM engine WHERE node = 'lagging'", []).unwrap();
    browser.reads(".live", "Live on 1 of 1");
    assert_eq!(looks(), Value::Null, "nothing is asked any more");
    let is_in_footer = browser.run("return document.activeElement.matches('footer a')");
    assert_eq!((is_marked(&browser, ".live"), is_in_footer), (true, json!(true)));
}

#[test]
fn a_session_is_prolonged_where_somebody_types_and_nothing_typed_is_lost() {
    let server = Server::start();
    for (language, ends, goes_on, ended) in [
        ("en", "ends in about two minutes", "Your session goes on", "Your session has ended"),
        ("lv", "Sesija beigsies", "Sesija turpinās", "Sesija ir beigusies"),
    ] {
        let browser = Browser::english(&server, DESK);
        browser.choose("avis-language", language);
        browser.sign_in(&server, "elza@state.example");
        browser.open(&server.url("/groups"));
        browser.tab_to("#make-code");
        browser.press("half-typed");
        // What a timer asks shortly before the end.
        let warn = "htmx.ajax('GET', '/session-ending', {target: '#session', swap: 'innerHTML'})";
        browser.run(warn);
        browser.reads("#session", ends);
        assert_eq!(focused(&browser), "make-code", "a warning takes no focus");
        assert_eq!(browser.run("return document.querySelector('#session').getAttribute('role')"), "status");
        browser.run("document.querySelector('#prolong button').focus()");
        browser.press(ENTER);
        browser.reads("#session", goes_on);
        let has_focus = "return document.activeElement.matches('#session .notice')";
        eventually("the focus on what is told", || browser.run(has_focus), |is| *is == true);
        assert_eq!(browser.run("return location.pathname"), "/groups");
        assert_eq!(browser.run("return document.querySelector('#make-code').value"), "half-typed");
        // It is looked after further on, as at first.
        assert_eq!(browser.run("return document.querySelectorAll('#session [hx-get]').length"), 1);

        // Whoever comes too late is told so on the page, where what was typed stands.
        browser.run(warn);
        browser.reads("#session", ends);
        browser.forget_cookies();
        browser.run("document.querySelector('#prolong button').click()");
        browser.reads("#session", ended);
        assert_eq!(browser.run("return document.querySelector('#make-code').value"), "half-typed");
    }
}

/// What has the focus matches a selector, sooner or later.
fn comes_to(browser: &Browser, selector: &str) {
    let script = format!("return document.activeElement?.matches({}) === true", Value::from(selector));
    let at = "return document.activeElement?.outerHTML.slice(0, 200)";
    eventually(selector, || (browser.run(&script), browser.run(at)), |(is, _)| *is == true);
}

#[test]
fn a_place_takes_the_focus_when_it_opens_and_gives_it_back_and_each_step_leads_it_on() {
    let server = Server::start();
    let browser = Browser::english(&server, DESK);
    browser.sign_in(&server, "elza@state.example");
    browser.open(&server.url("/benefits/lv-goda-gimene"));
    browser.enter("#draft button");
    browser.arrives("/drafts/");
    // What was done is said where one goes on.
    comes_to(&browser, ".notice[role='status']");
    browser.enter("#place-gets summary");
    comes_to(&browser, "[id='set:gets-effect.kind']");
    browser.press(ESCAPE);
    comes_to(&browser, "#place-gets > summary");
    assert_eq!(browser.run("return document.querySelector('#place-gets').open"), false);
    browser.press(ENTER);
    comes_to(&browser, "[id='set:gets-effect.kind']");
    browser.tab_to("[id='set:gets-effect.number']");
    browser.write("60");
    browser.press(ENTER);
    // Saved, the place says so itself.
    browser.reads("#place-gets > summary", "60");
    comes_to(&browser, "#place-gets > summary");
    // A box that is put around others is where one goes on.
    browser.enter("#place-who summary");
    comes_to(&browser, "[id='n-0-join']");
    browser.tab_to("[value='wrap:0.1']");
    browser.press(ENTER);
    eventually("another box", || browser.run("return location.hash"), |hash| *hash == "#n-0.1");
    comes_to(&browser, "[id='n-0.1-join']");
    // What is refused takes it, whatever the address named before; so does what is done after that.
    browser.enter("#submit button");
    browser.reads(".summary", "otherwise than it expects");
    comes_to(&browser, ".summary");
    browser.enter("#expect button");
    browser.reads(".notice[role='status']", "expect");
    comes_to(&browser, ".notice[role='status']");
    // And how the cases come out, for who asks by the button.
    browser.enter("#place-gets summary");
    browser.tab_to("#place-gets [name='try']");
    browser.press(ENTER);
    comes_to(&browser, "#cases");
}
