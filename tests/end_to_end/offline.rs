//! What terminals sold without a connection, uploaded late, twice and out of order, across nights with another clock.

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::program::{Folder, Server, avis, demo_data};

const APP: &str = "avis_demo_atd_app";
const BUS: &str = "avis_demo_jelgava_bus";
const VALIDATOR: &str = "avis_demo_rigas_satiksme_validator";

const RECORDS: usize = 500;

fn folder(test: &str) -> (Folder, String) {
    let files = Folder::new(test);
    let path = format!("{}/avis", files.path());
    (files, path)
}

/// One of Anna's tickets for half the price, sold in the app without a connection.
fn ticket(number: usize, at: Timestamp) -> Value {
    json!({
        "request": {
            "request_id": format!("0190f6a2-2000-7000-8000-{number:012}"), "occurred_at": at.to_string(), "channel": "app",
            "currency": "EUR", "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
            "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 1, "unit_price": 700}],
        },
        "device_time": at.to_string(), "device_sequence": number,
        "granted": [{"line_id": "1", "benefit": "lv-goda-gimene", "version": 4, "amount": 350}],
    })
}

/// The answers to records in their order, each with 200.
fn uploaded(server: &Server, key: &str, records: &[Value]) -> Vec<Value> {
    let answer = server.send(key, "/v1/advices", json!({"records": records}).to_string());
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answers = answer.json()["records"].as_array().unwrap().clone();
    assert!(answers.iter().all(|answer| answer["status"] == 200), "{}", answer.text);
    answers
}

/// Minor units that grantors and providers bear of what was granted beyond what was due.
fn over_granted(answer: &Value) -> (i64, i64) {
    let listed = answer["body"]["advice"]["over_granted"].as_array().unwrap();
    let sum = |who: &str| listed.iter().map(|one| one[who].as_i64().unwrap()).sum();
    (sum("grantor"), sum("provider"))
}

/// F30.
#[test]
fn five_hundred_offline_records_count_once_each_as_of_their_time() {
    let (files, folder) = folder("f30");
    let server = Server::serve(&folder);
    let now = Timestamp::now();
    let at = |number: usize| now - SignedDuration::from_mins(10) * i32::try_from(RECORDS - number).unwrap();
    let records: Vec<Value> = (0..RECORDS).map(|number| ticket(number, at(number))).collect();
    // Every third record comes first, the last of them before the others.
    let first: Vec<Value> = records.iter().rev().step_by(3).cloned().collect();
    let before = uploaded(&server, APP, &first);
    assert!(before.iter().all(|answer| over_granted(answer) == (0, 0)), "all of it was due");

    // From the day before yesterday on the rule is suspended: what was sold since was not due.
    let zone = TimeZone::get("Europe/Riga").unwrap();
    let from = zone.to_datetime(now).date().checked_sub(jiff::Span::new().days(2)).unwrap();
    let text = std::fs::read_to_string(demo_data().join("catalogue.json")).unwrap();
    let mut catalogue: Value = serde_json::from_str(&text).unwrap();
    for benefit in catalogue["benefits"].as_array_mut().unwrap() {
        if benefit["code"] == "lv-goda-gimene" {
            benefit["suspensions"] = json!([{"from": from.to_string()}]);
        }
    }
    let path = files.write("suspended.json", &catalogue);
    // The demo's cases are of a rule that is in force.
    let imported = avis(&["import", "--folder", &folder, "--catalogue", &path, "--despite-failing-cases"]);
    assert_eq!(imported.code, 0, "{}", imported.err);
    // The next answer that demands this revision comes from the new rule.
    let revision: u64 = imported.out.rsplit(' ').next().unwrap().trim().trim_end_matches(')').parse().unwrap();
    let mut quote = ticket(0, now)["request"].clone();
    quote["min_revision"] = json!(revision);
    assert_eq!(server.quote(APP, quote.to_string()).json()["discount"], 0);

    let backwards: Vec<Value> = records.iter().rev().cloned().collect();
    let all = uploaded(&server, APP, &backwards);
    assert_eq!(uploaded(&server, APP, &backwards), all, "each counts once");
    let again: Vec<Value> = all.iter().step_by(3).cloned().collect();
    assert_eq!(again, before, "what was answered before the change is answered the same");

    let (mut grantors, mut providers) = (0, 0);
    for (place, answer) in all.iter().enumerate() {
        let (grantor, provider) = over_granted(answer);
        let is_late = zone.to_datetime(at(RECORDS - 1 - place)).date() >= from;
        let is_due = !is_late || place.is_multiple_of(3);
        assert_eq!(grantor + provider, if is_due { 0 } else { 350 }, "{answer}");
        (grantors, providers) = (grantors + grantor, providers + provider);
        assert_eq!((&answer["body"]["payable"], &answer["body"]["state"]), (&json!(350), &json!("captured")));
    }
    assert!(providers > 0, "some were sold after the change");
    let status = avis(&["status", "--folder", &folder]).out;
    let told = format!("over-granted offline {grantors} for grantors, {providers} for providers\n");
    for line in [&told, "captured             500\n", "requests answered    500\n"] {
        assert!(status.contains(line), "`{line}` in {status}");
    }
}

/// A ride of a pupil of Riga, of which four a day are free.
fn ride(number: usize, at: &str) -> Value {
    json!({
        "request": {
            "request_id": format!("0190f6a2-2300-7000-8000-{number:012}"), "occurred_at": at, "channel": "validator",
            "currency": "EUR", "identifiers": [{"scheme": "etalons", "value": "KARLIS-0002"}],
            "lines": [{"line_id": "1", "product": "transport.bus.city.single", "quantity": 1, "unit_price": 150}],
        },
        "device_time": at, "device_sequence": number,
        "granted": [{"line_id": "1", "benefit": "riga-pupil", "version": 1, "amount": 150}],
    })
}

/// F23: a day is the day of the benefit's zone, be it of 23 hours, of 25, or the last of a year.
#[test]
fn windows_are_right_in_nights_with_another_clock() {
    let (_, folder) = folder("f23");
    let server = Server::serve(&folder);
    // Three o'clock comes twice on the 27th of October, and never on the 30th of March.
    let rides = [
        ("2024-10-26T23:59:59+03:00", "2024-10-26"),
        ("2024-10-27T00:00:00+03:00", "2024-10-27"),
        ("2024-10-27T03:30:00+03:00", "2024-10-27"),
        ("2024-10-27T03:30:00+02:00", "2024-10-27"),
        ("2024-10-27T21:59:59Z", "2024-10-27"),
        ("2024-10-27T22:00:00Z", "2024-10-28"),
        ("2025-03-29T21:59:59Z", "2025-03-29"),
        ("2025-03-29T22:00:00Z", "2025-03-30"),
        ("2025-03-30T02:59:59+02:00", "2025-03-30"),
        ("2025-03-30T04:00:00+03:00", "2025-03-30"),
        ("2025-03-30T23:59:59+03:00", "2025-03-30"),
        ("2025-03-30T21:00:00Z", "2025-03-31"),
    ];
    let records: Vec<Value> = (0..).zip(rides).map(|(number, (at, _))| ride(number, at)).collect();
    let answers = uploaded(&server, VALIDATOR, &records);
    assert!(answers.iter().all(|answer| over_granted(answer) == (0, 0)), "all were due: {answers:?}");
    assert_eq!(uploaded(&server, VALIDATOR, &records), answers, "an id is an id in any night");
    let payable = |number: usize, at: &str| {
        let quote = server.quote(VALIDATOR, ride(number, at)["request"].to_string());
        quote.json()["payable"].as_i64().unwrap()
    };
    // The fifth of a day costs half, as for all pupils.
    assert_eq!((payable(50, "2024-10-27T12:00:00+02:00"), payable(51, "2025-03-30T12:00:00+03:00")), (75, 75));
    assert_eq!((payable(52, "2024-10-28T12:00:00+02:00"), payable(53, "2025-03-31T12:00:00+03:00")), (0, 0));

    let trip = |number: usize, at: &str| {
        json!({
            "request": {
                "request_id": format!("0190f6a2-2301-7000-8000-{number:012}"), "occurred_at": at, "channel": "conductor",
                "currency": "EUR", "identifiers": [{"scheme": "resident-card", "value": "VELTA-0004"}],
                "lines": [{"line_id": "1", "product": "transport.bus.city.single", "quantity": 1, "unit_price": 85}],
            },
            "device_time": at, "device_sequence": number,
            "granted": [{"line_id": "1", "benefit": "jelgava-free-trips", "version": 1, "amount": 85}],
        })
    };
    uploaded(&server, BUS, &[trip(1, "2024-12-31T23:59:59+02:00"), trip(2, "2024-12-31T22:00:00Z")]);
    server.stop();
    let ledger = rusqlite::Connection::open(format!("{folder}/ledger.db")).unwrap();
    let mut used = ledger.prepare("SELECT date, units FROM usage WHERE code = ?1 ORDER BY date").unwrap();
    let mut used = |code: &str| -> Vec<(String, i64)> {
        let day = |days: i64| date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap().to_string();
        let rows = used.query_map([code], |row| Ok((day(row.get(0)?), row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let mut expected: Vec<(String, i64)> = Vec::new();
    for (_, day) in rides {
        match expected.last_mut() {
            Some((last, units)) if last == day => *units += 1,
            _ => expected.push((day.to_owned(), 1)),
        }
    }
    assert_eq!(used("riga-pupil"), expected);
    assert_eq!(used("jelgava-free-trips"), [("2024-12-31".to_owned(), 1), ("2025-01-01".to_owned(), 1)]);
}

/// What a till may grant can be had before, so that its upload names it; what nobody knows is told.
#[test]
fn what_may_be_granted_offline_is_listed_and_an_upload_of_something_else_says_so() {
    let (_files, folder) = folder("offline-grants");
    let server = Server::serve(&folder);
    let answer = server.read(APP, "/v1/terminal/offline");
    assert_eq!(answer.status, 200, "{}", answer.text);
    let listed = answer.json();
    let benefits = listed["benefits"].as_array().unwrap();
    let find = |code: &str| benefits.iter().filter(|one| one["benefit"] == code).collect::<Vec<_>>();
    let family = find("lv-goda-gimene");
    assert_eq!(family.len(), 1, "the versions that have ended are left out: {listed}");
    assert_eq!(
        (&family[0]["version"], &family[0]["max_discount"], &family[0]["max_uses"]),
        (&json!(4), &json!(2000), &json!(20))
    );
    assert!(family[0]["public_name"].is_object() && family[0]["products"].is_array(), "{listed}");
    assert!(find("jelgava-free-trips").is_empty(), "it is another provider's");
    let denied = benefits.iter().all(|one| one["max_uses"].as_i64().unwrap() > 0);
    assert!(denied, "what is denied offline is not there: {listed}");
    let known = ticket(1, Timestamp::now());
    let mut unknown = ticket(2, Timestamp::now());
    unknown["granted"][0]["version"] = json!(99);
    let told = json!([{"line_id": "1", "benefit": "lv-goda-gimene", "version": 99}]);
    for _ in 0..2 {
        let answers = uploaded(&server, APP, &[known.clone(), unknown.clone()]);
        assert_eq!((answers[0].get("unknown"), &answers[1]["unknown"]), (None, &told), "also of a repeat");
    }
}
