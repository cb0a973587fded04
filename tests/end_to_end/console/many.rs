//! Ten thousand rows: a page shows so many, and leads on.

use serde_json::{Value, json};

use super::person::Person;
use super::{demo, until_quote};
use crate::program::{Folder, Server};

const ROWS: u32 = 10_000;

/// The first three pages of a table, each with a hundred rows and a way on.
fn paged(server: &Server, email: &str, table: &str) {
    let person = Person::user(server, email);
    let mut address = table.to_owned();
    for _ in 0..3 {
        let page = person.get(&address);
        assert!(page.status == 200 && page.html.len() <= 120_000, "{address}: {}", page.html.len());
        assert_eq!(page.html.matches("<tr role=\"row\">").count(), 101, "{table}: a hundred, and the head");
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
