//! The schemas of the files that people write, made of what their readers say, and the copies in `schema/`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

mod probe;
mod sent;
mod valid;

use std::path::Path;

use avis_core::settlement::SettlementFile;
use avis_core::settlement::reconcile::Profile;
use avis_core::{Catalogue, WrittenHolder};
use serde_json::{Value, json};

use probe::{Probe, Reader};

const FILES: [(&str, &str, Reader); 4] = [
    ("catalogue", "Rules: what they refer to, benefits, programmes, and cases", |json| Catalogue::parse(json).err()),
    ("holder", "A holder: one line of a file of holders", |json| WrittenHolder::parse(json).err()),
    ("settlement", "Contracts, and the statements that are made of them", |json| SettlementFile::from_json(json).err()),
    ("profile", "How a provider's own file is read", |json| Profile::from_json(json).err()),
];

fn schema(title: &str, reader: Reader) -> Value {
    let (described, shared) = Probe::describe(reader);
    let mut schema = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title});
    schema.as_object_mut().unwrap().extend(described.as_object().unwrap().clone());
    if !shared.is_empty() {
        schema["$defs"] = json!(shared);
    }
    schema
}

#[test]
fn the_committed_schemas_are_what_the_readers_take() {
    for (name, title, reader) in FILES {
        let path = root().join(format!("schema/{name}.schema.json"));
        let made = format!("{:#}\n", schema(title, reader));
        let mut committed = std::fs::read_to_string(&path).unwrap_or_default();
        // Others read the files at the same time.
        if committed != made && std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&path, &made).unwrap();
            committed.clone_from(&made);
        }
        assert!(
            committed == made,
            "schema/{name}.schema.json is not what the reader takes: run this test with UPDATE_SCHEMA=1"
        );
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn committed(name: &str) -> Value {
    read(&format!("schema/{name}.schema.json"))
}

fn read(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(root().join(path)).unwrap()).unwrap()
}

#[test]
fn what_the_readers_take_is_valid() {
    let demo = [
        ("catalogue", "demo/catalogue.json"),
        ("catalogue", "demo/loyalty/catalogue.json"),
        ("settlement", "demo/settlement.json"),
        ("profile", "demo/carrier-profile.json"),
        ("terminals", "demo/terminals.json"),
    ];
    for (name, path) in demo {
        assert_eq!(valid::faults(&committed(name), &read(path)), Vec::<String>::new(), "{path}");
    }
    let holders = std::fs::read_to_string(root().join("demo/holders.ndjson")).unwrap();
    let holder = committed("holder");
    for line in holders.lines() {
        assert_eq!(valid::faults(&holder, &serde_json::from_str(line).unwrap()), Vec::<String>::new(), "{line}");
    }
    let (catalogue, mut tried) = (committed("catalogue"), 0);
    for case in root().join("engine/core/tests/data/public_cases").read_dir().unwrap() {
        let rules = case.unwrap().path().join("catalogue.json");
        if rules.exists() {
            let rules: Value = serde_json::from_str(&std::fs::read_to_string(&rules).unwrap()).unwrap();
            assert_eq!(valid::faults(&catalogue, &rules), Vec::<String>::new(), "{rules}");
            tried += 1;
        }
    }
    assert!(tried > 20);
}

/// A file names its schema as its first field, and an editor is told of what the reader would refuse.
#[test]
fn a_file_may_name_its_schema_and_a_slip_is_told_by_both() {
    let (mut rules, schema) = (read("demo/catalogue.json"), committed("catalogue"));
    rules["$schema"] = json!("../schema/catalogue.schema.json");
    rules["benefits"].as_array_mut().unwrap().truncate(1);
    rules["cases"] = json!([]);
    let tried =
        |document: &Value| (Catalogue::from_value(document).is_ok(), valid::faults(&schema, document).is_empty());
    assert_eq!((tried(&rules), valid::faults(&schema, &rules)), ((true, true), Vec::new()));
    rules["cases"] = json!([{
        "name": "One", "provider": rules["providers"][0]["code"], "expect": [{}, {}, {}],
        "requests": [
            {"occurred_at": "2026-11-18T08:12:00+02:00", "currency": "EUR", "coupons": ["A-1"],
                "redeem": [{"program": "shop", "reward": "cup", "units": 2}, {"program": "shop", "max": true}],
                "lines": [{"line_id": "1", "product": "bus", "quantity": 1, "unit_price": 715, "context": {"a": 1, "b": "c"}},
                    {"line_id": "2", "product": "apples", "quantity": 1_300, "price": 250, "for": "companion"}]},
            {"operation": "refund", "original_request_id": "0190f6a2-0000-7000-8000-000000000001",
                "lines": [{"line_id": "1", "units": 1}]},
            {"operation": "clock", "occurred_at": "2026-11-19T08:12:00+02:00"}],
    }]);
    assert_eq!((tried(&rules), valid::faults(&schema, &rules)), ((true, true), Vec::new()));
    let slips: [fn(&mut Value); 20] = [
        |rules| rules["benefits"][0]["efect"] = json!({}),
        |rules| rules["benefits"][0]["effect"] = json!({"percent": {"rate": 10_001}}),
        |rules| rules["benefits"][0]["effect"] = json!({"percent": {"rate": 1}, "price_cap": {"amount": 1}}),
        |rules| rules["benefits"][0]["when"] = json!({"all": [{"weekday": {"on": [1]}}]}),
        |rules| rules["slots"][0]["policy"] = json!("worst"),
        |rules| rules["benefits"][0]["limits"] = json!([{"scope": "holder"}]),
        |rules| rules["providers"][0]["tags"] = json!("bus"),
        |rules| drop(rules["groups"][0].as_object_mut().unwrap().remove("owner")),
        |rules| rules["cases"][0]["requests"][0]["chanel"] = json!("desk"),
        |rules| rules["cases"][0]["requests"][0]["lines"] = json!([]),
        |rules| rules["cases"][0]["requests"][0]["lines"][0]["price"] = json!(715),
        |rules| rules["cases"][0]["requests"][0]["lines"][0]["quantity"] = json!(0),
        |rules| drop(rules["cases"][0]["requests"][0]["lines"][1].as_object_mut().unwrap().remove("price")),
        |rules| rules["cases"][0]["requests"][0]["lines"][0]["context"]["a"] = json!([1]),
        |rules| rules["cases"][0]["requests"][0]["redeem"][1]["units"] = json!(1),
        |rules| rules["cases"][0]["requests"][0]["redeem"][0]["points"] = json!(1),
        |rules| rules["cases"][0]["requests"][1]["operation"] = json!("return"),
        |rules| rules["cases"][0]["requests"][1]["redeem"] = json!([]),
        |rules| drop(rules["cases"][0]["requests"][1].as_object_mut().unwrap().remove("original_request_id")),
        |rules| rules["cases"][0]["expect"][0] = json!("approved"),
    ];
    for (place, slip) in slips.iter().enumerate() {
        let mut wrong = rules.clone();
        slip(&mut wrong);
        assert_eq!(tried(&wrong), (false, false), "slip {place}");
    }
}
