//! A large installation: 42 parties, 1,000 benefits that meet at one carrier, and 10,000 rows in every table. Each page shows so many,
//! leads on, stays light, and asks the store no more than it asks of a small one.

use std::path::PathBuf;

use avis_testing::DEADLINE;
use jiff::Span;
use jiff::civil::date;
use rusqlite::Connection;
use serde_json::json;

use super::person::{Page, Person};
use super::{USERS, looks, money, rooms, shop, until_quote};
use crate::program::{ANY_TIME, Folder, Server, demo_data};

const PARTIES: usize = 42;
const BENEFITS: usize = 1_000;
const ROWS: u32 = 10_000;

/// Bytes of a page with a table.
const TABLE_BYTES_MAX: usize = 120_000;
/// Statements of the store that a page runs at most, whatever there is.
const STATEMENTS_MAX: u64 = 120;
/// Pages that run more, by what they begin with: each budget of a page reads what it used, and each month what moved in it.
const MORE: &[(&str, u64)] = &[("/budgets", 600), ("/benefits/", 700), ("/figures", 250), ("/programmes/", 200)];

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
const TABLES: [(&str, &str); 17] = [
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
    let copied = format!(
        "{rows} INSERT INTO engine SELECT printf('copied-%05d', i), program, incarnation, revision, digest, age_ms, unreadable, \
         stand_in, at FROM n, (SELECT * FROM engine LIMIT 1)"
    );
    assert_eq!(planting.execute(&copied, []).unwrap(), ROWS as usize, "engines");
    planting.commit().unwrap();
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
    let at_carrier = [findings.as_str(), "/reconciling"].map(|table| ("peteris@atd.example", table));
    for (email, table) in TABLES.into_iter().chain(at_carrier) {
        found.extend(leads_on(&Person::user(&server, email), table));
    }
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
}
