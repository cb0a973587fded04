//! Ten thousand rows: a page shows so many, and leads on.

use serde_json::{Value, json};

use super::person::Person;
use super::{demo, until_quote};
use crate::program::{Folder, Server};

const ROWS: u32 = 10_000;

/// The first three pages of a table, each with a hundred rows and a way on.
fn paged(server: &Server, email: &str, table: &str) {
    paged_by(server, email, table, 100);
}

/// The same with so many rows.
fn paged_by(server: &Server, email: &str, table: &str, rows: usize) {
    let person = Person::user(server, email);
    let mut address = table.to_owned();
    for _ in 0..3 {
        let page = person.get(&address);
        assert!(page.status == 200 && page.html.len() <= 120_000, "{address}: {}", page.html.len());
        assert_eq!(page.html.matches("<tr role=\"row\">").count(), rows + 1, "{table}: {:.2000}", page.text());
        let next = page.html.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
        address = until_quote(next).replace("&#38;", "&");
    }
}

fn extend(list: &mut Value, entry: impl Fn(u32) -> Value) {
    list.as_array_mut().unwrap().extend((0..ROWS).map(entry));
}

#[test]
fn terminals_are_shown_page_by_page() {
    let folder = Folder::new("console-many-terminals");
    let server = demo(&folder, "terminals.json", |file| {
        extend(&mut file["terminals"], |number| {
            json!({"terminal": format!("bus-{number:05}"), "provider": "atd", "key": format!("avis_demo_many_{number:010}"),
                   "channels": ["conductor"], "schemes": ["etalons"]})
        });
    });
    paged(&server, "peteris@atd.example", "/terminals");
}

#[test]
fn groups_prices_and_providers_are_shown_page_by_page() {
    let folder = Folder::new("console-many-rules");
    let server = demo(&folder, "catalogue.json", |file| {
        extend(&mut file["groups"], |number| json!({"code": format!("a-{number:05}"), "owner": "lv-state"}));
        extend(&mut file["providers"], |number| json!({"code": format!("a-{number:05}"), "tags": ["bus"]}));
        if file["prices"].is_null() {
            file["prices"] = json!([]);
        }
        extend(
            &mut file["prices"],
            |number| json!({"provider": "demo-shop", "product": format!("many.p-{number:05}"), "price": 100, "from": "2026-01-01"}),
        );
    });
    for (email, table) in [
        ("elza@state.example", "/groups"),
        ("elza@state.example", "/priorities"),
        ("olga@operator.example", "/prices"),
        ("solvita@shop.example", "/prices"),
    ] {
        paged(&server, email, table);
    }
}

#[test]
fn benefits_are_shown_page_by_page() {
    let folder = Folder::new("console-many-benefits");
    let server = demo(&folder, "catalogue.json", |file| {
        extend(&mut file["benefits"], |number| {
            json!({"code": format!("a-{number:05}"), "version": 1, "grantor": "lv-state", "name": {"lv": "Viens no daudziem"},
                   "valid": {"from": "2020-01-01"}, "priority": 50, "effect": {"percent": {"rate": 100}},
                   "scope": {"providers": {"codes": [format!("far-{}", number % 200)]}, "products": ["transport.ship"]}})
        });
        let providers = file["providers"].as_array_mut().unwrap();
        providers.extend((0..200).map(|number| json!({"code": format!("far-{number}"), "tags": ["ship"]})));
    });
    paged_by(&server, "elza@state.example", "/benefits", 50);
    paged_by(&server, "ruta@audit.example", "/benefits?grantor=lv-state", 50);
    let choices = Person::user(&server, "aivars@state.example").get("/benefits/stop");
    assert!(choices.status == 200 && choices.html.len() <= 120_000, "{}", choices.html.len());
}

#[test]
fn sales_are_shown_page_by_page() {
    let server = Server::start();
    let sell = |number: u32| {
        let request = json!({"request_id": format!("0190f6a2-4000-7000-8000-{number:012}"), "channel": "app", "currency": "EUR",
            "occurred_at": "2026-11-20T08:12:00+02:00", "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
            "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 715}]});
        let sold = server.send("avis_demo_atd_app", "/v1/authorizations", request.to_string());
        assert_eq!(sold.status, 200, "{}", sold.text);
    };
    let sellers = 8;
    std::thread::scope(|scope| {
        for seller in 0..sellers {
            let sell = &sell;
            scope.spawn(move || (0..ROWS / sellers).for_each(|number| sell(seller * ROWS + number)));
        }
    });
    paged_by(&server, "peteris@atd.example", "/sales", 50);
    paged_by(&server, "elza@state.example", "/sales", 50);
}
