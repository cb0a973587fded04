//! A large installation: 42 parties, 1,000 benefits that meet at one carrier, and 10,000 rows in every table. Each page shows so many,
//! leads on, stays light, and asks the store no more than it asks of a small one.

use std::path::PathBuf;

use avis_testing::DEADLINE;
use jiff::Span;
use jiff::civil::date;
use rusqlite::{Connection, Transaction};
use serde_json::json;

use super::person::{Page, Person};
use super::{USERS, looks, money, rooms, shop, until_quote};
use crate::program::{ANY_TIME, Folder, Server, demo_data};

const PARTIES: usize = 42;
const BENEFITS: usize = 1_000;
const ROWS: u32 = 10_000;

/// Bytes of a page with a table.
const TABLE_BYTES_MAX: usize = 120_000;
/// Statements of the store that a page runs at most, whatever there is: a thousand rows are read by one.
const STATEMENTS_MAX: u64 = 100;
/// Pages that run more, by what they begin with: figures are asked several times.
const MORE: &[(&str, u64)] = &[("/figures", 150)];

/// What is kept as records, of which one is copied ten thousand times: whose it is, and the key of a copy in the words of SQLite, in which
/// `i` is its number.
const KINDS: [(&str, &str, &str); 11] = [
    ("draft", "lv-state", OF_ID),
    ("form", "riga-centre", "printf('%06d-0', 100000 + i)"),
    ("party", "%", "printf('copied-%05d', i)"),
    ("user", "%", OF_ID),
    ("contract", "%", OF_ID),
    ("statement", "%", OF_ID),
    ("service", "demo-shop", OF_ID),
    ("adjustment", "demo-shop", OF_ID),
    ("job", "jelgava", OF_ID),
    ("reconciliation", "%", OF_ID),
    ("session", "%", "substr(key, 1, length(key) - 12) || printf('%012d', i)"),
];
const OF_ID: &str = "printf('0190f6a2-5000-7000-8000-%012d', i)";

/// Tables of 10,000 rows, with a user who reads each.
const TABLES: [(&str, &str); 18] = [
    ("elza@state.example", "/drafts"),
    ("elza@state.example", "/benefits"),
    ("elza@state.example", "/contracts"),
    ("elza@state.example", "/statements"),
    ("klinta@centre.example", "/forms"),
    ("olga@operator.example", "/parties"),
    ("olga@operator.example", "/users"),
    ("olga@operator.example", "/services"),
    ("olga@operator.example", "/engines"),
    ("ruta@audit.example", "/audit"),
    ("ruta@audit.example", "/audit/people"),
    ("rita@riga.example", "/lists"),
    ("solvita@shop.example", "/adjustments"),
    ("solvita@shop.example", "/programmes"),
    ("solvita@shop.example", "/campaigns"),
    ("elza@state.example", "/priorities/atd"),
    ("klinta@centre.example", "/forms/print"),
    ("peteris@atd.example", "/days"),
];

/// The demo with many parties, rules, programmes and campaigns.
fn large(folder: &Folder) -> Server {
    for file in ["holders.ndjson", "terminals.json", "try.json", "simulator.json"] {
        folder.write(file, &std::fs::read_to_string(demo_data().join(file)).unwrap());
    }
    let read = |file: &str| {
        serde_json::from_str::<serde_json::Value>(&std::fs::read_to_string(demo_data().join(file)).unwrap()).unwrap()
    };
    let mut users = read("users.json");
    let parties = users["parties"].as_array_mut().unwrap();
    parties.extend((parties.len()..PARTIES).map(
        |number| json!({"code": format!("p-{number}"), "name": {"lv": format!("Puse {number}"), "en": format!("Party {number}")}, "capacities": ["grantor"]}),
    ));
    folder.write("users.json", &users);
    let mut rules = read("catalogue.json");
    rules["benefits"].as_array_mut().unwrap().extend((0..BENEFITS).map(|number| {
        json!({"code": format!("a-{number:05}"), "version": 1, "grantor": "lv-state", "name": {"lv": "Viens no daudziem"},
               "valid": {"from": "2020-01-01"}, "priority": 50, "effect": {"percent": {"rate": 100}},
               "when": {"all": [{"member_of": {"groups": ["goda-gimene"]}}]},
               "scope": {"providers": {"codes": ["atd"]}, "products": [format!("transport.ship.s-{number}")]}})
    }));
    let copies = |one: &serde_json::Value| {
        let one = one.clone();
        (0..i64::from(ROWS)).map(move |number| {
            let mut one = one.clone();
            one["code"] = json!(format!("copied-{number:05}"));
            // Few programmes may be in force at one provider at once: each has a day of its own.
            let [from, until] = [number, number + 1].map(|day| date(1900, 1, 1).saturating_add(Span::new().days(day)));
            one["valid"] = json!({"from": from, "until": until});
            one
        })
    };
    for list in ["programs", "campaigns"] {
        let all = rules[list].as_array_mut().unwrap();
        let first = all[0].clone();
        all.extend(copies(&first));
    }
    folder.write("catalogue.json", &rules);
    Server::run_in(&ANY_TIME, &["demo", "--listen", "127.0.0.1:0", "--data", folder.path()], "Stop with Ctrl-C.\n")
}

/// What administration keeps, as the demo serves it.
pub(super) fn administration(server: &Server) -> Connection {
    let folder = server.welcome.split("serves the folder ").nth(1).unwrap().split(" until").next().unwrap();
    let store = Connection::open(PathBuf::from(folder).join("administration.db")).unwrap();
    store.busy_timeout(DEADLINE).unwrap();
    store
}

/// Copies the first record of each kind, the newest entries of the audit, and what an engine reported.
fn plant(server: &Server) {
    let mut store = administration(server);
    let rows = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})");
    let planting = store.transaction().unwrap();
    for (kind, owner, key) in KINDS {
        let copied = format!(
            "{rows} INSERT INTO record (kind, key, owner, state, version, expires_at, content) SELECT kind, {key}, owner, state, \
             version, expires_at, content FROM n, (SELECT * FROM record WHERE kind = ?1 AND owner LIKE ?2 ORDER BY key DESC LIMIT 1)"
        );
        assert_eq!(planting.execute(&copied, [kind, owner]).unwrap(), ROWS as usize, "{kind}");
    }
    // Newer than all that there is.
    for action in ["draft_made", "person_read"] {
        let copied = format!(
            "{rows} INSERT INTO audit SELECT (SELECT max(seq) FROM audit) + i, at, actor_kind, actor, party, on_behalf, origin, action, \
             object_kind, object_key, reason, request, owner, before, after, NULL, link FROM n, (SELECT * FROM audit WHERE action = ?1 \
             ORDER BY seq DESC LIMIT 1)"
        );
        assert_eq!(planting.execute(&copied, [action]).unwrap(), ROWS as usize, "{action}");
    }
    plant_content(&planting, &rows);
    let copied = format!(
        "{rows} INSERT INTO engine SELECT printf('copied-%05d', i), program, incarnation, revision, digest, age_ms, unreadable, \
         stand_in, at FROM n, (SELECT * FROM engine LIMIT 1)"
    );
    assert_eq!(planting.execute(&copied, []).unwrap(), ROWS as usize, "engines");
    planting.commit().unwrap();
}

/// What a record tells of itself is another in each copy: closed days of the carrier, and means that were once those of who was found;
/// and one statement has so many lines.
fn plant_content(planting: &Transaction<'_>, rows: &str) {
    let days = format!(
        "{rows} INSERT INTO record (kind, key, owner, state, version, expires_at, content) SELECT kind, owner || '/' || date('1980-01-01', i \
         || ' days'), owner, state, 1, NULL, json_set(content, '$.date', date('1980-01-01', i || ' days')) FROM n, (SELECT * FROM record \
         WHERE kind = 'day' AND owner = 'atd' ORDER BY key DESC LIMIT 1)"
    );
    let means = format!(
        "{rows} INSERT INTO record (kind, key, owner, state, version, expires_at, content) SELECT 'means', {OF_ID}, object_key, 'removed', \
         1, NULL, json_object('scheme', 'etalons', 'label', NULL, 'proof', 'desk', 'since', '2026-01-01T00:00:00Z') FROM n, (SELECT \
         object_key FROM audit WHERE action = 'person_found' ORDER BY seq DESC LIMIT 1)"
    );
    for (planted, copied) in [("days", days), ("means", means)] {
        assert_eq!(planting.execute(&copied, []).unwrap(), ROWS as usize, "{planted}");
    }
    let lines = format!(
        "{rows} UPDATE record SET content = json_set(content, '$.sealed.lines', json((SELECT json_group_array(json_set(content -> \
         '$.sealed.lines[0]', '$.line', i)) FROM n))) WHERE kind = 'statement' AND key = (SELECT max(key) FROM record WHERE kind = \
         'statement' AND key NOT LIKE '0190f6a2-5000%')"
    );
    assert_eq!(planting.execute(&lines, []).unwrap(), 1, "lines");
}

fn statements(page: &Page) -> u64 {
    page.header("avis-statements").parse().unwrap()
}

/// The bound of a page, of an address without what stands in it.
fn bound(path: &str) -> u64 {
    let path = path.split('?').next().unwrap();
    MORE.iter().find(|(known, _)| path.starts_with(known)).map_or(STATEMENTS_MAX, |(_, most)| *most)
}

/// What is wrong with a page: its status, its weight, or how much it asks.
fn wrong(path: &str, page: &Page) -> Option<String> {
    let (bytes, asked) = (page.html.len(), statements(page));
    let is_right = page.status == 200 && bytes <= TABLE_BYTES_MAX && asked <= bound(path);
    (!is_right).then(|| format!("{path}: status {}, {bytes} bytes, {asked} statements", page.status))
}

/// What is wrong with the first three pages of a table, of which each leads on.
fn leads_on(person: &Person<'_>, table: &str) -> Vec<String> {
    let (mut address, mut found) = (table.to_owned(), Vec::new());
    for _ in 0..3 {
        let page = person.get(&address);
        found.extend(wrong(&address, &page));
        let Some((before, _)) = page.html.split_once("rel=\"next\"") else {
            found.push(format!("{address} leads nowhere: {:.300}", page.text()));
            break;
        };
        address = until_quote(before.rsplit("href=\"").next().unwrap()).replace("&#38;", "&");
    }
    found
}

#[test]
fn no_page_of_a_large_installation_asks_much_or_is_heavy() {
    let folder = Folder::new("console-planted");
    let server = large(&folder);
    let made = [looks::made(&server), vec![("solvita@shop.example", shop::waiting(&server))]].concat();
    let clerk = Person::user(&server, "klinta@centre.example");
    let anna = [("scheme", "etalons"), ("value", "ANNA-0001"), ("code", "at_desk"), ("reason", "at the desk")];
    let person = clerk.step("/forms/000001-8", "find", &anna).leads_to();
    assert_eq!(clerk.get(&person).status, 200);
    let findings = money::unmatched(&server, ROWS);
    plant(&server);

    let mut found = Vec::new();
    let statement = |path: &&str| path.starts_with("/statements/") && path.split('/').count() == 3;
    let statement = made.iter().map(|(_, path)| path.as_str()).find(statement).unwrap();
    let paper = format!("{statement}/print");
    let at_carrier = [&findings, "/reconciling", statement, &paper].map(|table| ("peteris@atd.example", table));
    for (email, table) in TABLES.into_iter().chain(at_carrier) {
        found.extend(leads_on(&Person::user(&server, email), table));
    }
    // Who was found was found in one session.
    found.extend(leads_on(&clerk, &format!("{person}?asks=block")));
    // Every other page.
    for (email, ..) in USERS {
        let person = Person::user(&server, email);
        let behind = looks::BEHIND.iter().filter(|(whose, _)| *whose == email).map(|(_, path)| (*path).to_owned());
        let own = made.iter().filter(|(whose, _)| *whose == email).map(|(_, path)| path.clone());
        for path in rooms(&person).into_iter().chain(behind).chain(own).filter(|path| path != "/try") {
            found.extend(wrong(&path, &person.get(&path)));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    // What was made last stands first.
    let days = Person::user(&server, "peteris@atd.example").get("/days");
    assert!(days.text().contains("20 Nov 2026"), "{:.600}", days.text());
}
