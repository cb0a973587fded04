//! What operators do in the console beside parties and people: e-services, indicators, metering, engines.

use super::person::Person;
use crate::program::Server;

/// What a service is called: as if it were a piece of a page.
const NAMES: [(&str, &str); 2] = [("name-lv", "<script>x</script>"), ("name-en", "Tickets <b>now</b>")];

/// A shop drafts a service; its path.
pub(super) fn service(shop: &Person<'_>) -> String {
    let fields = [NAMES[0], NAMES[1], ("address", "https://shop.example/tickets"), ("login", "yes")];
    let made = shop.step("/services", "make", &fields).leads_to();
    made.split('?').next().unwrap().to_owned()
}

#[test]
fn a_service_is_drafted_by_its_party_and_published_by_an_operator() {
    let server = Server::start();
    let (shop, operator) =
        (Person::user(&server, "solvita@shop.example"), Person::user(&server, "olga@operator.example"));
    let page = shop.get("/services");
    let fields = [NAMES[0], NAMES[1], ("address", "http://plain.example")];
    let bad = shop.step_of(&page, "/services", "make", &fields);
    assert!(bad.status == 422 && bad.html.contains("href=\"#make-address\""), "{}", bad.text());
    let nameless = [("name-lv", ""), ("name-en", "Tickets"), ("address", "https://shop.example")];
    let bad = shop.step("/services", "make", &nameless);
    assert!(bad.status == 422 && bad.html.contains("href=\"#make-name-lv\""), "{}", bad.text());
    let service = &service(&shop);
    let elsewhere = Person::user(&server, "elza@state.example");
    assert_eq!(elsewhere.get(service).status, 404, "a draft is its party's");

    let waits = operator.get("/");
    assert!(waits.text().contains("E-service to publish") && waits.html.contains(service), "{}", waits.text());
    let read = operator.get(service);
    assert!(read.text().contains("Tickets <b>now</b>") && !read.html.contains("<b>now"), "{}", read.text());
    assert!(!read.steps().contains(&"change"), "an operator changes nothing of it");
    operator.step_of(&read, service, "publish", &[("reason", "looked at")]).leads_to();
    let old = operator.step_of(&read, service, "publish", &[("reason", "looked at again")]);
    assert_eq!(old.status, 412, "{}", old.text());
    assert!(elsewhere.get(service).text().contains("published"));
    shop.step(service, "change", &[("name-en", "Tickets")]).leads_to();
    assert!(operator.get("/services").text().contains("a change waits"));
    operator.step(service, "withdraw", &[("reason", "it is away")]).leads_to();
    assert_eq!(elsewhere.get(service).status, 404);
}

#[test]
fn indicators_metering_and_engines_are_shown_to_who_runs_it() {
    let server = Server::start();
    let operator = Person::user(&server, "olga@operator.example");
    let indicators = operator.get("/indicators");
    assert!(indicators.text().contains("Remote consultations held"), "{}", indicators.text());
    let csv = operator.get("/indicators/csv").html;
    assert!(csv.starts_with("name,value,next_target,share_basis_points\ntransactions,0,"), "{csv}");
    assert!(operator.get("/metering/csv").html.starts_with("party,records,granted,loyalty,bytes\n"));
    assert!(operator.get("/engines").text().contains("has it all"));
    let open = operator.get("/figures/open-data?month=2026-01");
    assert!(open.status == 409 && open.text().contains("not closed yet"), "{}", open.text());
    let figures = operator.get("/figures");
    assert!(figures.text().contains("What is published of all parties"), "{}", figures.text());
}

#[test]
fn a_refusal_is_said_in_the_language_of_the_page() {
    let server = Server::start();
    let shop = Person::user(&server, "solvita@shop.example");
    let fields = [("grantor", "lv-state"), ("provider", "atd"), ("from", "2026-11-01"), ("until", "2026-11-02")];
    shop.choose("avis-language", "lv");
    let refused = shop.step("/statements", "make", &fields).text();
    assert!(refused.contains("Kaut kas nav tā, kā gaidīts"), "{refused}");
    let draft = shop.step("/statements", "make", &[("grantor", "lv-state"), fields[2], fields[3]]).leads_to();
    let draft = draft.split('?').next().unwrap();
    let refused = shop.step(draft, "issue", &[]);
    assert_eq!(refused.status, 409);
    let text = refused.text();
    assert!(text.contains("Kāda diena vēl nav slēgta") && !text.contains("is open"), "{text}");
}
