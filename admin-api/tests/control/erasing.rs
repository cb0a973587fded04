//! What an erasure leaves: amounts that are nobody's, and no word of what was known of the person.

use avis_admin::control::Role;
use avis_store::records::RecordChange;
use avis_store::{Act, Actor, Clock, Commit, Kind, Row};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::explaining::office;
use crate::world::{World, run};

impl World {
    /// The path of the person whom a clerk finds by a card.
    async fn planted(&self, clerk: &str) -> String {
        let shown = json!({"scheme": "etalons", "value": "P-1", "reason": {"code": "complaint", "text": "asks"}});
        let found = self.post("/people/find").by(clerk).json(&shown).send().await;
        format!("/people/{}", found.json()["handle"].as_str().unwrap())
    }

    /// What is sold for a month to who was erased is erased as it comes.
    async fn sells_late(&self, auditor: &str) {
        let look = || self.control.erase_what_came_late(|| false);
        for days in [1, 15, 14] {
            let late = self.sell_to("bus", "h-planted", 200, &["seniors", "planted-group"]);
            look();
            let auditor = self.sign_in_again(auditor).await;
            self.get(&format!("/authorizations/{late}/explain")).by(&auditor).send().await.is_done();
            self.clock.pass(SignedDuration::from_hours(24 * days + 1));
            look();
            assert_eq!(self.is_anywhere("planted-group"), Vec::<String>::new(), "after {days} days more");
        }
    }

    /// Coupons as a file would bring them, by their keys.
    fn import_coupons(&self, coupons: &[(String, Value)]) {
        let row = |(key, content): &(String, Value)| {
            let mut content = content.clone();
            content["key"] = json!(key);
            Ok(Row { kind: Kind::Coupon, key: key.as_str().into(), content: Some(content.to_string().into()) }.into())
        };
        let act = &Act::new(Actor::machine("anna"), "catalogue_imported");
        let (rows, at) = (&mut coupons.iter().map(row), self.clock.now());
        self.store.commit(Commit { rows, unchanged: &[], act, at, dry_run: false }).unwrap();
    }

    /// A person, and three coupons of that person or of Anna: the second was another's before, and the third is not any more.
    fn plant(&self) {
        self.import_as_owner(&json!({"holder": "h-planted", "birth_date": "1931-05-17",
            "residences": [{"territory": "lv.planted"}], "identifiers": [{"scheme": "etalons", "value": "P-1"}]}));
        let coupon = |number: u32, holder: &str| {
            let valid = json!({"until": "2031-11-23"});
            (format!("{number:032x}"), json!({"campaign": "city-spring", "holder": holder, "valid": valid}))
        };
        for holders in [["h-planted", "h-anna", "h-planted"], ["h-planted", "h-planted", "h-anna"]] {
            let coupons: Vec<_> = (1..).zip(holders).map(|(number, holder)| coupon(number, holder)).collect();
            self.import_coupons(&coupons);
        }
    }

    /// Whether a word stands anywhere in the tables of the folder, as text or as bytes.
    fn is_anywhere(&self, word: &str) -> Vec<String> {
        let mut found = Vec::new();
        for file in ["ledger.db", "registry.db", "administration.db", "tally.db"] {
            let path = self.folder.path().join(file);
            if !path.exists() {
                continue;
            }
            let file = rusqlite::Connection::open(&path).unwrap();
            let mut tables = file.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
            let tables: Vec<String> =
                tables.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
            for table in tables {
                let mut rows = file.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
                let columns = rows.column_count();
                let text = |row: &rusqlite::Row<'_>, column| match row.get_ref(column)? {
                    rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => {
                        Ok(String::from_utf8_lossy(bytes).into_owned())
                    }
                    _ => Ok(String::new()),
                };
                let has = |row: &rusqlite::Row<'_>| {
                    let texts =
                        (0..columns).map(|column| text(row, column)).collect::<Result<Vec<_>, rusqlite::Error>>()?;
                    Ok(texts.iter().any(|text| text.contains(word)))
                };
                if rows.query_map([], has).unwrap().any(|has| has.unwrap()) {
                    found.push(table);
                }
            }
        }
        found
    }
}

#[test]
fn an_erased_person_is_told_by_no_record_and_who_comes_under_the_code_has_none() {
    run(async {
        let office = office("erased-records").await;
        let world = &office.world;
        let clerk = world.user(&office.operator, "desk", Role::Clerk).await;
        let auditor = world.user(&office.operator, "operator", Role::Auditor).await;
        world.plant();
        let sold = world.sell_to("bus", "h-planted", 200, &["seniors", "planted-group"]);
        let person = world.planted(&clerk).await;
        let sales = async |clerk: &str, person: &str| -> usize {
            let listed = world.get(&format!("{person}/authorizations")).by(clerk).send().await.json();
            listed["items"].as_array().map_or(0, Vec::len)
        };
        assert_eq!(sales(&clerk, &person).await, 1);
        let record = format!("/authorizations/{sold}");
        let before = world.get(&record).by(&auditor).send().await;
        let explain = async |id: &str| world.get(&format!("/authorizations/{id}/explain")).by(&auditor).send().await;
        explain(&sold).await.is_done();
        for word in ["planted-group", "1931-05-17", "lv.planted"] {
            assert!(!world.is_anywhere(word).is_empty(), "{word} was there");
        }

        let asked = world.post(&format!("{person}/erasure")).by(&clerk).once().send().await.id();
        let confirm = || world.post(&format!("/erasures/{asked}/confirm")).by(&office.operator);
        assert_eq!(confirm().send().await.json()["state"], "done");
        confirm().send().await.is(409, "not_in_this_state");
        let told = explain(&sold).await;
        told.is(409, "not_in_this_state");
        assert!(told.text.contains("what was read was erased with the person"), "{told:?}");
        assert_eq!(world.get(&record).by(&auditor).send().await.json(), before.json(), "amounts stay");
        for word in ["planted-group", "1931-05-17", "lv.planted", "\"city-spring\",\"holder\":\"h-planted\""] {
            assert_eq!(world.is_anywhere(word), Vec::<String>::new(), "{word}");
        }
        let left: Vec<String> = world.coupons().into_iter().map(|(key, _)| key).collect();
        assert_eq!(left, [format!("{:032x}", 3)], "coupons of the person's own go, and no others");

        let verified = world.post("/audit/verify").by(&auditor).json(&json!({})).send().await.json();
        assert_eq!(verified["holds"], true, "{verified}");

        // What is sold by who did not know yet, or comes from where there was no connection, is erased for a month as it comes.
        world.sells_late(&auditor).await;
        let left = world.registry.record("erasure", &asked).unwrap().unwrap().value;
        assert!(left.state == "done" && !left.content.contains("h-planted"), "{left:?}");

        world.import_as_owner(&json!({"holder": "h-planted", "identifiers": [{"scheme": "etalons", "value": "P-1"}]}));
        let clerk = world.sign_in_again(&clerk).await;
        let person = world.planted(&clerk).await;
        assert_eq!(sales(&clerk, &person).await, 0, "another person begins with nothing");
        let again = world.sell_to("bus", "h-planted", 200, &["seniors"]);
        world.control.erase_what_came_late(|| false);
        let auditor = world.sign_in_again(&auditor).await;
        let kept: Value = world.get(&format!("/authorizations/{again}/explain")).by(&auditor).send().await.json();
        assert!(kept["lines"].is_array(), "who came again is left alone: {kept}");
        assert_eq!(sales(&clerk, &person).await, 1);
    });
}

#[test]
fn who_came_under_the_code_while_an_erasure_waited_for_the_ledger_is_not_erased() {
    run(async {
        let office = office("erased-then-another").await;
        let world = &office.world;
        let clerk = world.user(&office.operator, "desk", Role::Clerk).await;
        let person = json!({"holder": "h-planted", "identifiers": [{"scheme": "etalons", "value": "P-1"}]});
        world.import_as_owner(&person);
        let path = format!("{}/erasure", world.planted(&clerk).await);
        let asked = world.post(&path).by(&clerk).once().send().await.id();
        let confirm = || world.post(&format!("/erasures/{asked}/confirm")).by(&office.operator);
        // As an attempt leaves it that erased the person, and found the ledger away.
        let record = world.registry.record("erasure", &asked).unwrap().unwrap();
        let first = confirm().send().await.json();
        let now = world.registry.record("erasure", &asked).unwrap().unwrap();
        world.registry.change(&[RecordChange::replace(&now, record.value)], &[]).unwrap();
        world.import_as_owner(&person);
        let again = confirm().send().await.json();
        assert_eq!((&again["state"], &again["revision"]), (&json!("done"), &first["revision"]), "{again}");
        let clerk = world.sign_in_again(&clerk).await;
        world.planted(&clerk).await;
    });
}
