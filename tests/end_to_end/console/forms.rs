//! Forms on paper in the console: numbered, printed with a code each, printed once more, and cancelled.

use super::person::Person;
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
    for count in ["0", "101", "many", ""] {
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
