//! What moved is rows: reports by SQL, exports, and what was changed afterwards.

use std::collections::BTreeMap;
use std::time::Duration;

use avis_testing::{eventually, postgres};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::deployment::{BUS, Deployment};
use crate::program::{Folder, Ran, Server, avis, demo_data, import_demo};

const APP: &str = "avis_demo_atd_app";

/// Lets sales of last month be recorded.
const OLD_SALES: (&str, &str) = ("AVIS_SELLING__PAST_S", "4000000");

fn served(folder: &str) -> Server {
    import_demo(folder);
    Server::run_in(&[OLD_SALES], &["serve", "--listen", "127.0.0.1:0", "--folder", folder], " terminals.\n")
}

/// Grantor, benefit, provider, month, and the discount.
type Rows = BTreeMap<[String; 4], i64>;

/// The statements of the operator's page: for SQLite, and for PostgreSQL.
fn statements_of_the_page() -> [String; 2] {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operate.md")).unwrap();
    let blocks = page.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    let reports = blocks.filter(|block| block.starts_with("SELECT"));
    reports.collect::<Vec<_>>().try_into().unwrap()
}

fn id(number: u32) -> String {
    format!("0190f6a2-6000-7000-8000-{number:012}")
}

fn sale(number: u32, at: &DateTime, (scheme, card): (&str, &str), product: &str, units: u32) -> Value {
    json!({
        "request_id": id(number), "occurred_at": riga().to_timestamp(*at).unwrap().to_string(), "currency": "EUR",
        "identifiers": [{"scheme": scheme, "value": card}],
        "lines": [{"line_id": "1", "product": product, "quantity": units, "unit_price": 715}],
    })
}

fn sent(server: &Server, key: &str, path: &str, body: &Value) -> Value {
    let answer = server.send(key, path, body.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// Where the providers are.
fn riga() -> TimeZone {
    TimeZone::get("Europe/Riga").unwrap()
}

/// The first moment of this month there.
fn first_of_month() -> DateTime {
    riga().to_datetime(Timestamp::now()).date().first_of_month().at(0, 0, 0, 0)
}

fn month(at: &DateTime) -> String {
    at.strftime("%Y-%m").to_string()
}

/// Sells in two months, and gives one sale back; what terminals were told, as the report has it.
fn sold(server: &Server) -> Rows {
    let catalogue: Value =
        serde_json::from_str(&std::fs::read_to_string(demo_data().join("catalogue.json")).unwrap()).unwrap();
    let grantor = |benefit: &Value| {
        let benefits = catalogue["benefits"].as_array().unwrap();
        let granted = benefits.iter().find(|known| known["code"] == *benefit).unwrap();
        granted["grantor"].as_str().unwrap().to_owned()
    };
    let (anna, velta) = (("etalons", "ANNA-0001"), ("resident-card", "VELTA-0004"));
    let single = "transport.bus.regional.single";
    // In UTC a month begins two or three hours later.
    let [last_month, this_month] = [-1, 1].map(|minutes| first_of_month().checked_add(minutes.minutes()).unwrap());
    let sales = [
        (APP, "atd", &last_month, sale(1, &last_month, anna, single, 2)),
        (APP, "atd", &this_month, sale(2, &this_month, anna, single, 1)),
        (APP, "atd", &this_month, sale(3, &this_month, anna, single, 3)),
        (BUS, "jelgava-bus", &last_month, sale(4, &last_month, velta, "transport.bus.city.single", 3)),
    ];
    let mut told = Rows::new();
    for (key, provider, at, mut sale) in sales {
        sale["channel"] = json!(if key == APP { "app" } else { "conductor" });
        let answer = sent(server, key, "/v1/authorizations", &sale);
        let discounts = answer["lines"][0]["discounts"].as_array().unwrap().clone();
        assert!(!discounts.is_empty(), "{answer}");
        for discount in discounts {
            let benefit = discount["benefit"].as_str().unwrap().to_owned();
            let row = [grantor(&discount["benefit"]), benefit, provider.to_owned(), month(at)];
            *told.entry(row).or_default() += discount["amount"].as_i64().unwrap();
        }
    }
    told
}

/// Voids a sale; what was given back counts now.
fn voided(server: &Server, told: &mut Rows) {
    let sale = server.read(APP, &format!("/v1/requests/{}", id(3))).json();
    let path = format!("/v1/authorizations/{}/void", sale["authorization_id"].as_str().unwrap());
    sent(server, APP, &path, &json!({"request_id": id(9)}));
    for discount in sale["lines"][0]["discounts"].as_array().unwrap() {
        let of =
            |row: &[String; 4]| row[1] == discount["benefit"].as_str().unwrap() && row[3] == month(&first_of_month());
        let (_, amount) = told.iter_mut().find(|(row, _)| of(row)).unwrap();
        *amount -= discount["amount"].as_i64().unwrap();
    }
}

fn exported(lines: &str) -> Rows {
    let mut rows = Rows::new();
    for line in lines.lines() {
        let movement: Value = serde_json::from_str(line).unwrap();
        for discount in
            movement["lines"].as_array().unwrap().iter().flat_map(|line| line["discounts"].as_array().unwrap())
        {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let month = text(&movement["natural_date"])[..7].to_owned();
            let row = [text(&discount["grantor"]), text(&discount["benefit"]), text(&movement["provider"]), month];
            *rows.entry(row).or_default() += discount["amount"].as_i64().unwrap();
        }
    }
    rows
}

/// Waits until nothing is left to be sealed, and verifies.
fn verified(run: &dyn Fn(&[&str]) -> Ran, folder: &str) -> Ran {
    let look = || run(&["status", "--folder", folder, "--verify"]);
    let is_sealed = |ran: &Ran| {
        ran.out.lines().any(|line| line.strip_prefix("not sealed yet").is_some_and(|left| left.trim() == "0"))
    };
    eventually("a ledger that is sealed", look, is_sealed)
}

/// Changes a byte of an old movement by other means than AVIS, and finds it.
fn a_changed_movement_is_found(run: &dyn Fn(&[&str]) -> Ran, folder: &str, authorization: &str, change: &dyn Fn()) {
    let whole = verified(run, folder);
    assert!(whole.code == 0 && whole.out.contains("\nledger               whole\n"), "{}{}", whole.out, whole.err);
    change();
    let found = run(&["status", "--folder", folder, "--verify"]);
    let told = format!("changed              authorization {authorization}: its record or first movement was changed");
    assert!(found.code == 1 && found.out.contains(&told), "{}{}", found.out, found.err);
}

/// Changes what days come to by other means than AVIS, finds it, and takes it back.
fn a_changed_sum_is_found(folder: &str) {
    let look = || avis(&["status", "--folder", folder, "--verify"]);
    let is_added_up = |ran: &Ran| {
        ran.out.contains("added up by days     as the ledger, in ") && !ran.out.contains("as the ledger, in 0 rows")
    };
    eventually("movements that are added up", look, is_added_up);
    let tally = Connection::open(format!("{folder}/tally.db")).unwrap();
    let change = |by: &str| {
        let changed = tally.execute(&format!("UPDATE tally_borne SET amount = amount {by} WHERE span = 'month'"), []);
        assert!(changed.unwrap() > 0);
    };
    change("+ 1");
    let found = look();
    let is_told = found.out.contains("added up by days     not as the ledger")
        && found.out.contains("differs              kept: month");
    assert!(found.code == 1 && is_told, "{}{}", found.out, found.err);
    change("- 1");
}

fn first_authorization(server: &Server) -> String {
    server.read(APP, &format!("/v1/requests/{}", id(1))).json()["authorization_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_folders_rows_report_what_terminals_were_told_and_keep_what_they_say() {
    let files = Folder::new("ledger-rows");
    let folder = format!("{}/avis", files.path());
    let server = served(&folder);
    let mut told = sold(&server);
    voided(&server, &mut told);
    let ledger = Connection::open(format!("{folder}/ledger.db")).unwrap();
    let mut statement = ledger.prepare(&statements_of_the_page()[0]).unwrap();
    let rows = statement
        .query_map([], |row| Ok(([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?], row.get::<_, i64>(4)?)));
    assert_eq!(rows.unwrap().collect::<Result<Rows, _>>().unwrap(), told);

    let export = |arguments: &[&str]| {
        let ran = avis(&[&["export", "--folder", &folder, "movements"], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out
    };
    assert_eq!(exported(&export(&[])), told);
    let first = first_of_month().date().to_string();
    let (earlier, later) = (export(&["--until", &first]), export(&["--from", &first]));
    assert_eq!((earlier.lines().count(), later.lines().count()), (2, 3), "{earlier}{later}");
    assert!(exported(&later).keys().all(|row| row[3] == month(&first_of_month())));
    let output = format!("{}/movements.ndjson", files.path());
    let _ = std::fs::remove_file(&output);
    export(&["--output", &output]);
    let refused = |arguments: &[&str], told: &str| {
        let ran = avis(&[&["export", "--folder", &folder, "movements"], arguments].concat());
        assert!(ran.code == 2 && ran.err.contains(told) && ran.out.is_empty(), "{arguments:?}: {ran:?}");
    };
    refused(&["--output", &output], "this file is there already; name another one");
    for until in ["2026-11-01", "2026-10-31"] {
        let told = format!(
            "`--until` {until} is the first day that is left out, so it is after `--from`, which is 2026-11-01"
        );
        refused(&["--from", "2026-11-01", "--until", until], &told);
    }
    assert_eq!(std::fs::read_to_string(&output).unwrap(), export(&[]));
    let refused = avis(&["export", "--folder", &folder, "holders", "--from", "2026-11-01"]);
    assert!(refused.code == 2 && refused.err.contains("for `movements` only"), "{}", refused.err);

    verified(&avis, &folder);
    a_changed_sum_is_found(&folder);
    let authorization = first_authorization(&server);
    let change = || {
        let change = "UPDATE movement SET payable = payable + 1 WHERE number = 1 AND authorization_id =
                      (SELECT authorization_id FROM request WHERE request_id = ?1)";
        let request = uuid::Uuid::parse_str(&id(1)).unwrap();
        ledger.busy_timeout(Duration::from_secs(10)).unwrap();
        assert_eq!(ledger.execute(change, [request.as_bytes()]).unwrap(), 1);
    };
    a_changed_movement_is_found(&avis, &folder, &authorization, &change);
}

/// What was not sealed when a process was killed is sealed after the next start.
#[test]
fn sealing_goes_on_after_a_crash() {
    let files = Folder::new("ledger-rows-crash");
    let folder = format!("{}/avis", files.path());
    let server = served(&folder);
    sold(&server);
    server.kill();
    let sealed = avis(&["status", "--folder", &folder, "--verify"]);
    assert_eq!(sealed.code, 0, "{}{}", sealed.out, sealed.err);
    let server = Server::serve_as_it_is(&folder);
    let whole = verified(&avis, &folder);
    assert!(whole.code == 0 && whole.out.contains("sealed and as it was 4\n"), "{}{}", whole.out, whole.err);
    let metrics = server.get("/metrics").text;
    assert!(metrics.contains("avis_ledger_unsealed 0\n"), "{metrics}");
}

#[test]
fn a_databases_rows_report_what_terminals_were_told_and_keep_what_they_say() {
    let deployment = Deployment::of_the_demo("ledger-rows-cluster");
    let server = deployment.engine_in(&deployment.folder("one"), "one", &deployment.url, &[OLD_SALES]);
    let mut told = sold(&server);
    voided(&server, &mut told);
    let rows = postgres().sql(&deployment.database, &statements_of_the_page()[1]).unwrap();
    let row = |line: &str| {
        let mut cells: Vec<String> = line.split('|').map(str::to_owned).collect();
        let amount = cells.pop().unwrap().parse().unwrap();
        (<[String; 4]>::try_from(cells).unwrap(), amount)
    };
    assert_eq!(rows.lines().map(row).collect::<Rows>(), told);
    let folder = format!("{}/one", deployment.files.path());
    let ran = deployment.avis(&["export", "--folder", &folder, "movements"]);
    assert_eq!((ran.code, exported(&ran.out)), (0, told), "{}", ran.err);

    let authorization = first_authorization(&server);
    let change = || {
        let change = format!(
            "UPDATE avis.movement SET payable = payable + 1 WHERE number = 1 AND authorization_id = '{authorization}'"
        );
        postgres().sql(&deployment.database, &change).unwrap();
    };
    a_changed_movement_is_found(&|arguments| deployment.avis(arguments), &folder, &authorization, &change);
}
