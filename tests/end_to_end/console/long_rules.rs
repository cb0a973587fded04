//! Pages of rules beside many others and of long ones: each stays within the weight of a page without a table.

use serde_json::{Value, json};

use super::person::Person;
use super::review::stands;
use super::{demo, drafted, until_quote};
use crate::program::{Folder, Server};

/// Bytes of a page without a table, and with one.
const PAGE_BYTES_MAX: usize = 40_000;
const TABLE_BYTES_MAX: usize = 120_000;
const VERSIONS: i64 = 120;

/// A benefit of the state that says as much as there may be of it.
fn long(version: i64) -> Value {
    let limits: Vec<Value> = (0..16)
        .map(|n| json!({"scope": "holder", "measure": "uses", "window": {"rolling": {"days": n + 1}}, "max": version + n}))
        .collect();
    let products: Vec<String> = (0..300).map(|n| format!("transport.ship.line-{n:04}.v{version}")).collect();
    let asked: Vec<Value> =
        (0..120).map(|n| json!({"attribute": {"name": format!("mark-{n}"), "op": "eq", "value": version}})).collect();
    json!({"code": "long-one", "version": version, "grantor": "lv-state", "name": {"lv": "Garais", "en": "The long one"},
        "valid": {"from": format!("{}-01-01", 2010 + version), "until": format!("{}-01-01", 2011 + version)}, "priority": 50, "effect": {"percent": {"rate": 5_000}},
        "when": {"any": asked}, "limits": limits, "scope": {"providers": {"codes": ["atd"]}, "products": products}})
}

fn large(folder: &Folder) -> Server {
    demo(folder, "catalogue.json", |file| {
        let benefits = file["benefits"].as_array_mut().unwrap();
        benefits.extend((0..1_000).map(|number| {
            json!({"code": format!("a-{number:05}"), "version": 1, "grantor": "lv-state", "name": {"lv": "Viens no daudziem"},
                   "valid": {"from": "2020-01-01"}, "priority": 50, "effect": {"percent": {"rate": 100}},
                   "scope": {"providers": {"codes": ["atd"]}, "products": [format!("transport.ship.s-{number}")]}})
        }));
        benefits.extend((1..=2).map(long));
        benefits.extend((1..=VERSIONS).map(|version| {
            json!({"code": "often", "version": version, "grantor": "lv-state", "name": {"lv": "Bieži mainīts"},
                   "valid": {"from": format!("{}-01-01", 1800 + version), "until": format!("{}-01-02", 1800 + version)},
                   "priority": 50, "effect": {"percent": {"rate": version}},
                   "scope": {"providers": {"codes": ["vivi"]}, "products": ["transport.ship"]}})
        }));
        let case = |n: i64| {
            json!({"name": format!("long-one: case {n}"), "provider": "vivi", "requests": [{"occurred_at": "2026-11-25T08:12:00+02:00",
                "channel": "app", "currency": "EUR", "lines": [{"line_id": "1", "product": "transport.none", "quantity": 1, "unit_price": 100 + n}]}],
                "expect": [{"payable": 100 + n}]})
        };
        file["cases"].as_array_mut().unwrap().extend((0..150).map(case));
    })
}

#[test]
fn pages_of_rules_stay_light_beside_a_thousand_benefits_and_however_long_one_is() {
    let folder = Folder::new("console-long-rules");
    let server = large(&folder);
    let editor = Person::user(&server, "elza@state.example");
    let weigh = |path: &str, most: usize| {
        let page = editor.get(path);
        assert!(page.status == 200 && page.html.len() <= most, "{path}: {} {} bytes", page.status, page.html.len());
        page
    };
    let made = editor.step("/benefits/long-one", "draft", &[]).leads_to();
    let draft = made.split('?').next().unwrap();
    // Every case is another one, and every place says something else.
    let json = format!("{draft}?json=yes");
    let (_, mut cases) = stands(&editor.get(&json));
    for case in cases.as_array_mut().unwrap() {
        case["expect"][0]["payable"] = json!(7);
    }
    let mut content = long(9);
    for given in ["code", "version", "grantor"] {
        content.as_object_mut().unwrap().remove(given);
    }
    editor.step(&json, "save", &[("content", &content.to_string()), ("cases", &cases.to_string())]).leads_to();
    for path in [
        "/benefits/long-one",
        "/benefits/often",
        "/benefits/long-one/1",
        "/benefits/long-one/2",
        "/benefits/long-one/2/differences",
        "/benefits/often/7",
        "/drafts/new",
        "/try",
        "/try?benefit=lv-goda-gimene",
    ] {
        weigh(path, PAGE_BYTES_MAX);
    }
    for part in [
        "",
        "?open=gets",
        "?open=limits",
        "?open=limits&row=3",
        "?open=paid-by",
        "/history",
        "/changed-cases",
        "/differences",
    ] {
        weigh(&format!("{draft}{part}"), PAGE_BYTES_MAX);
    }
    for path in ["/benefits", "/drafts", "/priorities/atd", "/benefits/stop"] {
        weigh(path, TABLE_BYTES_MAX);
    }
    let told = told_page_by_page(&editor, &format!("{draft}/changed-cases"));
    assert_eq!(told, 150, "each case that changes is told");
    assert!(editor.get(&drafted(&editor)).html.len() <= PAGE_BYTES_MAX);
}

/// How many cases are told, of which each page leads on to others.
fn told_page_by_page(editor: &Person<'_>, begin: &str) -> usize {
    let (mut address, mut told) = (begin.to_owned(), 0);
    loop {
        let page = editor.get(&address);
        assert!(page.status == 200 && page.html.len() <= PAGE_BYTES_MAX, "{address}: {} bytes", page.html.len());
        told += page.html.split("<main").nth(1).unwrap().matches("<details").count();
        let Some((before, _)) = page.html.split_once("rel=\"next\"") else { return told };
        address = until_quote(before.rsplit("href=\"").next().unwrap());
    }
}
