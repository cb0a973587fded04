//! A merchant's loyalty in the console: members, points, coupons, figures.

use avis_testing::eventually;
use serde_json::json;

use super::person::{Page, Person};
use crate::program::Server;

/// Coupons that were made; the path.
pub(super) fn coupons(shop: &Person<'_>) -> String {
    let page = shop.get("/campaigns/demo-hundred");
    let make = || shop.step_of(&page, "/campaigns/demo-hundred", "make", &[("count", "3"), ("reason", "the letter")]);
    assert_eq!(make().status, 200);
    make().leads_to()
}

/// Many points for a member, which wait for a second person; where that is seen.
pub(super) fn waiting(server: &Server) -> String {
    let editor = Person::user(server, "solvita@shop.example");
    let anna = [("scheme", "etalons"), ("value", "ANNA-0001"), ("reason", "at the till")];
    let joined = [&anna[..], &[("consent", "the terms of 2026")]].concat();
    editor.step("/programmes/demo-points", "join", &joined).leads_to();
    let member = editor.step("/programmes/demo-points", "find", &anna).leads_to();
    editor.step(&member, "adjust", &[("points", "5000"), ("reason", "a broken till")]).leads_to();
    "/adjustments".to_owned()
}

#[test]
fn a_member_is_enrolled_found_and_given_points_by_two() {
    let server = Server::start();
    let (editor, approver) =
        (Person::user(&server, "solvita@shop.example"), Person::user(&server, "sandis@shop.example"));
    assert!(editor.get("/programmes").text().contains("demo-points"));
    let programme = "/programmes/demo-points";
    let nobody = [("scheme", "loyalty"), ("value", "NOBODY-1"), ("reason", "a complaint")];
    let unknown = editor.step(programme, "find", &nobody);
    assert!(unknown.status == 422 && unknown.text().contains("nobody who is or was a member"), "{}", unknown.text());
    assert!(!unknown.html.contains("NOBODY-1"), "who is behind a card is typed again after a fault");
    let anna = [("scheme", "etalons"), ("value", "ANNA-0001"), ("reason", "at the till")];
    let joined = editor.step(programme, "join", &[&anna[..], &[("consent", "the terms of 2026")]].concat()).leads_to();
    assert!(editor.get(&joined).text().contains("The person is a member."));
    let member = editor.step(programme, "find", &anna).leads_to();
    assert!(!member.contains("ANNA") && editor.get(&member).text().contains("member"), "{member}");
    // A handle is of who found the person.
    assert_eq!(approver.get(&member).status, 403);

    let few = editor.step(&member, "adjust", &[("points", "200"), ("reason", "a late delivery")]).leads_to();
    assert!(editor.get(&few).text().contains("a late delivery"), "{}", editor.get(&few).text());
    let bad = editor.step(&member, "adjust", &[("points", "1.5"), ("reason", "half a point")]);
    assert!(bad.status == 422 && bad.html.contains("href=\"#adjust-points\""), "{}", bad.text());
    let many = editor.step(&member, "adjust", &[("points", "5000"), ("reason", "a broken <i>till</i>")]).leads_to();
    assert!(many.ends_with("done=adjustment-asked"), "{many}");
    let waits = editor.get("/adjustments");
    assert!(!waits.steps().iter().any(|step| step.starts_with("confirm")), "not by who asked");
    for (person, is_told) in [(&approver, true), (&editor, false)] {
        assert_eq!(person.get("/").text().contains("Points to confirm"), is_told);
    }
    let seen = approver.get("/adjustments");
    assert!(seen.text().contains("a broken <i>till</i>") && !seen.html.contains("<i>till"), "{}", seen.text());
    let step = seen.steps().into_iter().find(|step| step.starts_with("confirm:")).unwrap().to_owned();
    approver.step_of(&seen, "/adjustments", &step, &[]).leads_to();
    let twice = approver.step_of(&seen, "/adjustments", &step, &[]);
    assert_eq!(twice.status, 409, "{}", twice.text());
    assert!(editor.get(&member).text().contains("5,200"), "{}", editor.get(&member).text());

    let sale = json!({
        "request_id": "019a1f80-0000-7000-8000-000000000001", "occurred_at": jiff::Timestamp::now().to_string(), "channel": "till",
        "currency": "EUR", "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "redeem": [{"program": "demo-points", "points": 321}],
        "lines": [{"line_id": "1", "product": "shop.lamp", "quantity": 1, "unit_price": 2_321}],
    });
    let sold = server.send("avis_demo_shop_till", "/v1/authorizations", sale.to_string());
    assert_eq!((sold.status, sold.json()["due"].as_i64()), (200, Some(2_000)), "{}", sold.text);
    let figures = editor.get(programme);
    assert!(figures.text().contains("What is owed to members still"), "{}", figures.text());
    let of = |id: &str| {
        figures.html.split(&format!("id=\"{id}\"")).nth(1).unwrap().split("</table>").next().unwrap().to_owned()
    };
    let (providers, rules) = (of("providers"), of("rules"));
    for told in ["demo-shop", "€20.00", "100", "€1.00", "321", "€3.21"] {
        assert!(providers.contains(told), "{told}: {providers}");
    }
    assert!(rules.contains("base") && rules.contains("100") && !rules.contains("coupon"), "{rules}");
    let reconciles = editor.get("/figures").text();
    assert!(reconciles.contains("What points paid") && reconciles.contains("€3.21"), "{reconciles}");
    let csv = editor.get(&format!("{programme}/csv")).html;
    assert!(csv.starts_with("month,active,earned,spent,adjusted,expired,owed_points,owed_worth\n"), "{csv}");
    let elsewhere = Person::user(&server, "elza@state.example");
    for path in [programme, "/campaigns/demo-hundred", &member] {
        assert_eq!(elsewhere.get(path).status, 404, "{path}");
    }
    editor.step(programme, "leave", &anna).leads_to();
}

#[test]
fn a_merchant_tells_prices_and_sees_the_lowest_before_a_reduction() {
    let server = Server::start();
    let merchant = Person::user(&server, "solvita@shop.example");
    let own = merchant.get("/prices");
    assert!(own.text().contains("Prices at demo-shop"), "{}", own.text());
    let tell = |price: &str, from: &str, until: &str, reduced: &str| {
        let fields =
            [("product", "shop.rye"), ("price", price), ("from", from), ("until", until), ("reason", "Advent")];
        let fields = [&fields[..], &[("reduced", reduced)]].concat();
        merchant.step_of(&merchant.get("/prices"), "/prices/demo-shop", "tell", &fields)
    };
    let bad = tell("-1", "2020-01-01", "", "");
    assert!(bad.status == 422 && bad.html.contains("href=\"#tell-price\""), "{}", bad.text());
    tell("2.40", "2020-01-01", "2020-01-31", "").leads_to();
    let told = tell("1,99", "2020-02-01", "", "yes").leads_to();
    let told = merchant.get(&told).text();
    assert!(told.contains("The price is told.") && told.contains("€1.99") && told.contains("€2.40"), "{told}");
    let meets = tell("1.00", "2020-02-10", "", "");
    assert!(meets.status == 422 && meets.html.contains("href=\"#tell-from\""), "{}", meets.text());
    merchant.choose("avis-language", "lv");
    let meets = tell("1.00", "2020-02-10", "", "").text();
    assert!(meets.contains("gaidīts laiks, kurā nav spēkā cita šīs preces cena"), "{meets}");
    assert!(Person::user(&server, "olga@operator.example").get("/prices").text().contains("demo-shop"));
    assert_eq!(Person::user(&server, "peteris@atd.example").get("/prices/demo-shop").status, 404);
}

#[test]
fn coupons_are_made_in_bulk_and_their_file_is_taken_once() {
    let server = Server::start();
    let editor = Person::user(&server, "solvita@shop.example");
    let campaign = "/campaigns/demo-hundred";
    let bad = editor.step(campaign, "make", &[("count", "many"), ("reason", "the letter")]);
    assert!(bad.status == 422 && bad.html.contains("href=\"#make-count\""), "{}", bad.text());
    let page = editor.get(campaign);
    let made = editor.step_of(&page, campaign, "make", &[("count", "300"), ("reason", "the letter")]);
    assert_eq!(made.status, 200, "{}", made.text());
    let again = editor.step_of(&page, campaign, "make", &[("count", "300"), ("reason", "the letter")]);
    let job = again.leads_to();
    eventually("coupons", || editor.get(&job), |page: &Page| page.text().contains("done: 300 coupons made"));
    let taken = editor.step_of(&made, &job, "take", &[]);
    assert_eq!((taken.status, taken.html.lines().count()), (200, 301), "{}", taken.html);
    assert!(taken.header("content-disposition").contains("attachment"));
    let twice = editor.step_of(&made, &job, "take", &[]);
    assert_eq!(twice.status, 409, "{}", twice.text());
    assert_eq!(Person::user(&server, "elza@state.example").get(&job).status, 404);
}
