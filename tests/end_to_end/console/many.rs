//! Ten thousand rows: a page shows so many, and leads on.

use std::fs;

use serde_json::{Value, json};

use super::person::Person;
use crate::program::{ANY_TIME, Folder, Server, demo_data};

#[test]
fn a_table_of_ten_thousand_rows_is_shown_page_by_page() {
    let folder = Folder::new("console-many");
    for file in ["catalogue.json", "holders.ndjson", "try.json", "users.json", "simulator.json"] {
        folder.write(file, &fs::read_to_string(demo_data().join(file)).unwrap());
    }
    let mut terminals: Value =
        serde_json::from_str(&fs::read_to_string(demo_data().join("terminals.json")).unwrap()).unwrap();
    let more = (0..10_000).map(|number| {
        json!({"terminal": format!("bus-{number:05}"), "provider": "atd", "key": format!("avis_demo_many_{number:010}"),
               "channels": ["conductor"], "schemes": ["etalons"]})
    });
    terminals["terminals"].as_array_mut().unwrap().extend(more);
    folder.write("terminals.json", &terminals);
    let arguments = ["demo", "--listen", "127.0.0.1:0", "--data", folder.path()];
    let server = Server::run_in(&ANY_TIME, &arguments, "Stop with Ctrl-C.\n");
    let provider = Person::user(&server, "peteris@atd.example");
    let mut address = "/terminals".to_owned();
    for _ in 0..3 {
        let page = provider.get(&address);
        assert!(page.status == 200 && page.html.len() <= 120_000, "{address}: {}", page.html.len());
        assert_eq!(page.html.matches("<tr role=\"row\">").count(), 101, "a hundred, and the head");
        let next = page.html.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
        address = super::until_quote(next).replace("&#38;", "&");
    }
}
