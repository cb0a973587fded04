//! What a shop's file and the ledger come to: each pass by itself, and planted faults in whole files.

use std::convert::Infallible;

use avis_core::movement::ServiceDay;
use avis_core::settlement::reconcile::{
    CellKind, Dates, FileRow, Held, Listed, Profile, Sheet, SheetReader, Status, reconcile,
};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use crate::shop::{HEADER, Ticket, euro, held, profile, reconciled, sheet, ticket, told, zone};
use crate::world::date;

fn plain() -> Profile {
    profile(&json!({}))
}

#[test]
fn rows_without_ids_are_found_by_terminal_amount_and_time() {
    let tickets = [ticket(1, 3, 100, 715), ticket(2, 3, 102, 715), ticket(3, 3, 200, 420), ticket(4, 4, 0, 50)];
    let rows = [tickets[1].row(1), tickets[0].row(1), tickets[2].row(60), tickets[3].row(90_000)];
    assert_eq!(
        told(&reconciled(&rows, &tickets, &plain())),
        ["matched 2 2/1", "matched 3 1/1", "matched 4 3/1", "missing_here 5", "missing_there  4/1"]
    );
    let mut elsewhere = tickets[0].row(0);
    elsewhere = elsewhere.replace(";bus;", ";tram;");
    assert_eq!(told(&reconciled(&[elsewhere], &tickets[..1], &plain())), ["missing_here 2", "missing_there  1/1"]);
}

#[test]
fn a_clock_that_is_an_hour_or_a_day_off_is_followed_and_told() {
    let tickets = [ticket(1, 3, 40_000, 715), ticket(2, 3, 50_000, 420), ticket(3, 5, 40_000, 333)];
    let rows = [tickets[0].row(-3_600), tickets[1].row(-3_602), tickets[2].row(86_400)];
    assert_eq!(told(&reconciled(&rows, &tickets, &plain())), ["clock 2 1/1", "clock 3 2/1", "wrong_day 4 3/1"]);
}

#[test]
fn several_rows_may_be_one_movement_and_several_movements_one_row() {
    let tickets = [ticket(1, 3, 100, 715), ticket(2, 3, 5_000, 100), ticket(3, 3, 5_010, 250)];
    let part = |amount| tickets[0].row(0).replace("7,15", amount);
    let sum = tickets[1].row(5).replace("1,00", "3,50");
    let rows = [part("3,00"), part("4,15"), sum];
    assert_eq!(told(&reconciled(&rows, &tickets, &plain())), ["matched 2+3 1/1", "matched 4 2/1+3/1"]);
}

#[test]
fn ids_match_whatever_the_time_and_the_amount() {
    let mut back = ticket(1, 4, 0, -715);
    back.number = 2;
    let tickets =
        [ticket(1, 3, 100, 715), back, ticket(2, 3, 300, 420), ticket(3, 3, 400, 100), ticket(4, 3, 500, 200)];
    let with = |ticket: &Ticket, later, request: &str, authorizations: &str| {
        format!("{}{request};{authorizations}", ticket.row(later).strip_suffix(";").unwrap())
    };
    let id = |number: usize| tickets[number].movement().id.authorization.to_string();
    let rows = [
        with(&tickets[0], 70_000, &tickets[0].request().simple().to_string(), ""),
        with(&tickets[1], 0, "", &id(1)),
        with(&tickets[2], 0, "", &id(2)).replace("4,20", "4,00"),
        with(&tickets[3], 0, "", &format!("{} {}", id(3), id(4))).replace("1,00", "3,00"),
        with(&tickets[2], 9, "", &id(2)),
        with(&tickets[2], 9, "01890000-0000-7000-8000-000000000000", ""),
    ];
    assert_eq!(
        told(&reconciled(&rows, &tickets, &plain())),
        ["clock 2 1/1", "matched 3 1/2", "duplicate 4", "matched 5 3/1+4/1", "matched 6 2/1", "duplicate 7"]
    );
}

#[test]
fn a_file_of_dates_alone_does_not_depend_on_the_order_of_its_rows() {
    let profile = profile(&json!({"dates": ["DD.MM.YYYY"]}));
    let tickets = [ticket(1, 4, 100, 715)];
    let id = tickets[0].movement().id.authorization;
    let row = |day: i32| format!("0{day}.11.2026;;bus;7,15;;{id}");
    let found = |rows: &[String]| {
        told(&reconciled(rows, &tickets, &profile))
            .iter()
            .map(|told| told.split(' ').next().unwrap().to_owned())
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(found(&[row(3), row(4)]), found(&[row(4), row(3)]));
}

#[test]
fn what_is_said_twice_and_what_comes_to_nothing_is_told() {
    let (sold, mut back) = (ticket(1, 3, 100, 715), ticket(2, 4, 100, 300));
    let mut given = back.clone();
    (given.number, given.second, given.amount) = (2, 900, -300);
    let twice = sold.row(0);
    let later = sold.row(90);
    back.authorization = 2;
    let cancelled = [ticket(9, 5, 100, 555).row(0), ticket(9, 5, 100, 555).row(30).replace(";5,55", ";-5,55")];
    let rows = [twice.clone(), twice, later, cancelled[0].clone(), cancelled[1].clone()];
    let found = reconciled(&rows, &[sold, back, given], &plain());
    assert_eq!(told(&found), ["matched 2 1/1", "duplicate 3", "duplicate 4", "cancelled 5+6", "cancelled  2/1+2/2"]);
    let ours = serde_json::to_value(&found).unwrap();
    assert_eq!((&ours["ours"], &ours["theirs"]), (&json!({"discount": 715}), &json!({"discount": 2145})));
}

#[test]
fn findings_that_are_alike_have_keys_of_their_own() {
    let sold = ticket(1, 3, 100, 715);
    let without_id = sold.row(0).replace(&sold.id(), "").replace(";T", ";");
    let missing = vec![without_id; 3];
    let found = [vec![sold.row(0); 4], missing].map(|rows| reconciled(&rows, &[], &plain()));
    for findings in found.map(|found| found.findings) {
        let keys: std::collections::BTreeSet<&str> = findings.iter().map(|finding| &*finding.key).collect();
        assert_eq!(keys.len(), findings.len());
    }
}

#[test]
fn it_is_told_how_many_rows_are_settled_and_matching_ends_where_nobody_waits_for_it() {
    const ROWS: u64 = 40_000;
    let ticket = |number: u64| ticket(u128::from(number) + 1, 3, i64::try_from(number % 80_000).unwrap(), 715);
    let tickets: Vec<Ticket> = (0..ROWS).map(ticket).collect();
    // Of three rows one has an id, one is found by its time, and one is nowhere.
    let row = |(number, ticket): (usize, &Ticket)| match number % 3 {
        0 => ticket.row(0),
        1 => ticket.row(0).replace(&ticket.id(), ""),
        _ => ticket.row(0).replace(&ticket.id(), "").replace(";7,15", ";9,99"),
    };
    let rows: Vec<String> = tickets.iter().enumerate().map(row).collect();
    let (sheet, profile) = (sheet(&rows, &plain()), plain());
    let movements: Vec<_> = tickets.iter().map(Ticket::movement).collect();
    let dates = Dates::new(date(1), date(11)).unwrap();
    let asked = Held { profile: &profile, dates, zone: &zone(), listed: Listed::Unmatched };
    let mut told = Vec::new();
    let mut look = |settled| {
        told.push(settled);
        Ok::<_, Infallible>(())
    };
    let Ok(found) = reconcile(&sheet, &movements, asked, &mut look);
    assert!(told.is_sorted() && told.contains(&0) && told.contains(&ROWS), "{told:?}");
    assert!(told.iter().filter(|settled| (1..ROWS).contains(settled)).count() >= 3, "{told:?}");
    assert!(found.findings.iter().all(|finding| finding.status != Status::Matched), "what matches is not listed");
    for ends_at in [1, told.len() / 2, told.len()] {
        let mut looks = 0;
        let ended = reconcile(&sheet, &movements, asked, &mut |_| {
            looks += 1;
            if looks < ends_at { Ok(()) } else { Err("nobody waits") }
        });
        assert_eq!((ended.err(), looks), (Some("nobody waits"), ends_at));
    }
}

#[test]
fn files_are_read_as_shop_systems_write_them() {
    let by_kind = json!({"sign": "by_kind", "kinds": {"Pārdošana": "sale", "atgriešana": "return", "Starpsumma": "ignore"},
        "columns": {"occurred_at": ["Datums", "Laiks"], "kind": "Veids", "gross": "Summa"}, "dates": ["YYYY-MM-DD HH:mm"],
        "skip_rows": 1, "decimal": ",", "negate": []});
    let profile = Profile::from_json(by_kind.to_string().as_bytes()).unwrap();
    let text = "Pārskats par novembri\nDatums,Laiks,Veids,Summa\n2026-11-03,08:00,PĀRDOŠANA,\"1.234,50 €\"\n\n\
                2026-11-03,8:05,Atgriešana,\"7,15\"\n,,Starpsumma,\"1,00\"\n2026-11-03,08:06,Pārdošana,\"-7,15\"\n\
                2026-02-30,08:06,Pārdošana,\"7,15\"\n2026-11-03,08:06,Nekas,\"7,15\"\n2026-11-03,08:06,Pārdošana,,x\n\
                2026-11-03,08:07,Pārdošana,\"7,15\nx";
    let sheet = Sheet::read(text, &profile, &zone(), &ServiceDay::of_deployment(zone())).unwrap();
    let bad: Vec<_> = sheet.bad.iter().map(|bad| (bad.line, bad.field)).collect();
    assert_eq!(bad, [(7, "gross"), (8, "occurred_at"), (9, "kind"), (10, ""), (11, "")]);
    assert_eq!(sheet.bad_count, 5);
    let tickets = [ticket(1, 3, 8 * 3600, 123_450), ticket(2, 3, 8 * 3600 + 310, -715)];
    let movements: Vec<_> = tickets.iter().map(Ticket::movement).collect();
    let dates = Dates::new(date(1), date(30)).unwrap();
    let found = held(&sheet, &movements, &profile, dates);
    assert_eq!(told(&found), ["matched 3 1/1", "matched 5 2/1"]);
}

/// Whatever of the two columns is a date cell of a workbook, and which a text.
#[test]
fn each_half_of_a_time_is_read_by_its_own_kind() {
    let said = json!({"format": "xlsx", "columns": {"occurred_at": ["Datums", "Laiks"], "discount": "Summa"},
        "dates": ["DD/MM/YYYY HH.mm", "DD.MM.YYYY HH:mm:ss"]});
    let profile = Profile::from_json(said.to_string().as_bytes()).unwrap();
    let (day, time) = ("2026-11-03T00:00:00", "1899-12-31T08:00:07");
    let (cell, text) = (CellKind::Time, CellKind::Text);
    let halves = [
        ((day, cell), (time, cell)),
        ((day, cell), ("08:00:07", text)),
        (("03.11.2026", text), (time, cell)),
        (("03/11/2026", text), (time, cell)),
        (("03.11.2026", text), ("08:00:07", text)),
        ((day, cell), ("later", text)),
        (("2026", text), (time, cell)),
    ];
    let zone = zone();
    let mut reader = SheetReader::new(&profile, &zone, &ServiceDay::of_deployment(zone.clone()));
    let header = ["Datums", "Laiks", "Summa"].map(str::to_owned).to_vec();
    reader.take(&FileRow { line: 1, cells: header, ..FileRow::default() }).unwrap();
    for (line, ((first, of_first), (second, of_second))) in (2..).zip(halves) {
        let cells = [first, second, "7.15"].map(str::to_owned).to_vec();
        reader.take(&FileRow { line, cells, kinds: vec![of_first, of_second], is_open: false }).unwrap();
    }
    let sheet = reader.end().unwrap();
    assert_eq!(
        sheet.bad.iter().map(|bad| (bad.line, bad.field)).collect::<Vec<_>>(),
        [(7, "occurred_at"), (8, "occurred_at")]
    );
    let tickets = [1, 2, 3, 4, 5].map(|number| ticket(number, 3, 8 * 3600 + 7, 715));
    let movements: Vec<_> = tickets.iter().map(Ticket::movement).collect();
    let found = held(&sheet, &movements, &profile, Dates::new(date(1), date(30)).unwrap());
    assert!(told(&found).iter().all(|told| told.starts_with("matched")), "{:?}", told(&found));
    assert_eq!(found.findings.len(), 5);
}

#[test]
fn ids_are_cut_at_whatever_is_blank() {
    let tickets = [ticket(1, 3, 0, 715), ticket(2, 3, 60, 85)];
    let [one, other] = [1, 2].map(Uuid::from_u128);
    for blank in [" ", "\u{a0}", "\u{2003}", ", ", "\t"] {
        let row = format!("03.11.2026 00:00:00;X;bus;8,00;;{one}{blank}{other}");
        assert_eq!(told(&reconciled(&[row], &tickets, &plain())), ["matched 2 1/1+2/1"], "{blank:?}");
    }
}

#[test]
fn extreme_sums_and_a_lone_quote_are_told_and_stop_nothing() {
    let tickets = [ticket(1, 3, 0, -100)];
    let id = tickets[0].movement().id.authorization;
    let row = |number: usize| format!("03.11.2026 10:00:00;X{number};bus;-10000000000000000,00;;{id}");
    let rows: Vec<String> = (0..12).map(row).collect();
    let found = reconciled(&rows, &tickets, &plain());
    assert!(told(&found)[0].starts_with("amount_differs"));
    let discount = avis_core::settlement::reconcile::AmountField::Discount;
    let sum = -12_i128 * 1_000_000_000_000_000_000;
    assert_eq!((found.theirs.get(discount), found.findings[0].difference.get(discount)), (sum, sum + 100));
    // It is kept exactly, and told as the last number that JSON of ours has.
    let told = format!(r#""theirs":{{"discount":{}}}"#, i64::MIN);
    assert!(serde_json::to_string(&found).unwrap().contains(&told));
    let lone = sheet(&[ticket(1, 3, 0, 1).row(0), "\"".to_owned()], &plain());
    assert_eq!((lone.bad_count, lone.bad[0].line), (1, 3));
}

#[test]
fn a_last_row_of_sums_is_held_against_the_others() {
    let rows = [ticket(1, 3, 0, 715).row(0), ticket(2, 3, 9, 85).row(0), ";;;8,10;;".to_owned()];
    let sums = sheet(&rows, &plain()).sums.unwrap();
    let discount = avis_core::settlement::reconcile::AmountField::Discount;
    assert_eq!((sums.written.get(discount), sums.of_rows.get(discount)), (810, 800));
    let total_in_kind = json!({"columns": {"occurred_at": "Laiks", "kind": "Bons", "gross": "Kase", "discount": "Atlaide"},
        "kinds": {"T": "sale"}});
    let sold = "03.11.2026 10:00:00;T;9,00;7,15;;".to_owned();
    let sums = sheet(&[sold, ";Kopā;;7,15;;".to_owned()], &profile(&total_in_kind)).sums.unwrap();
    assert_eq!(sums.written, sums.of_rows, "what the last row leaves out is not compared");
    assert_eq!(serde_json::to_value(sums).unwrap()["written"], json!({"discount": 715}));
    let in_between = [rows[2].clone(), rows[0].clone()];
    let sheet = sheet(&in_between, &plain());
    assert!(sheet.sums.is_none());
    assert_eq!((sheet.bad[0].line, sheet.bad[0].field), (2, "occurred_at"));
}

#[test]
fn what_cannot_be_read_at_all_is_refused_with_its_place() {
    let refused = |text: &str| {
        let read = Sheet::read(text, &plain(), &zone(), &ServiceDay::of_deployment(zone()));
        read.unwrap_err().to_string()
    };
    assert!(refused("").contains("expected a header"));
    assert!(refused(&format!("{HEADER};\"Piezīme\n1;2")).contains("whose quotes are closed"));
    let without = refused(&HEADER.replace("Atlaide", "Rabatt"));
    assert!(without.contains("/columns/discount: the file has no column of this name"), "{without}");
    assert!(refused(&format!("{HEADER};Kase")).contains("/columns/terminal: the file has several"));
    assert!(refused(&format!("{HEADER}\n{}", "x;".repeat(250))).contains("line 2: expected at most 200 columns"));
    assert!(refused(&format!("{HEADER}\n{}", "x".repeat(5_000))).contains("line 2: expected at most 4096 characters"));
    let bad = |profile: serde_json::Value| Profile::from_json(profile.to_string().as_bytes()).unwrap_err().to_string();
    assert!(bad(json!({"columns": {"occurred_at": "t"}, "dates": ["YYYY-MM-DD"]})).contains("expected a column for"));
    assert!(bad(json!({"columns": {"occurred_at": "t", "gross": "g"}, "dates": ["YY-MM-DD"]})).contains("/dates/0"));
    assert!(bad(json!({"columns": {"occurred_at": "t", "gross": "g"}, "dates": []})).contains("/dates"));
    let by_kind = json!({"columns": {"occurred_at": "t", "gross": "g"}, "dates": ["YYYY-MM-DD"], "sign": "by_kind"});
    assert!(bad(by_kind).contains("/sign"));
}

/// What is planted in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Left,
    Twice,
    Amount,
    Day,
    Bad,
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let fault = prop_oneof![
        6 => Just(Fault::None), 1 => Just(Fault::Left), 1 => Just(Fault::Twice), 1 => Just(Fault::Amount),
        1 => Just(Fault::Day), 1 => Just(Fault::Bad),
    ];
    prop::collection::vec(fault, 1..40)
}

proptest! {
    /// Tickets are ten minutes apart, so that nothing can be taken for something else.
    #[test]
    fn every_planted_fault_is_found_and_nothing_else_is(faults in faults(), lag in 0..5_i64, seed in any::<u64>()) {
        let tickets: Vec<Ticket> = (0..faults.len()).map(|place| {
            let number = i64::try_from(place).unwrap();
            ticket(number.unsigned_abs().into(), 2 + i32::try_from(place % 5).unwrap(), 30_000 + number * 600, 100 + number * 7)
        }).collect();
        let mut rows: Vec<(String, String)> = Vec::new();
        let mut expected: Vec<String> = Vec::new();
        for (fault, ticket) in faults.iter().zip(&tickets) {
            let (row, number) = (ticket.row(lag), ticket.authorization);
            let mut plant = |row: String, told: String| { rows.push((row, told)); };
            match fault {
                Fault::None => plant(row, format!("matched {number}/1")),
                Fault::Left => expected.push(format!("missing_there {number}/1")),
                Fault::Twice => {
                    plant(row.clone(), format!("matched {number}/1"));
                    plant(row, "duplicate".to_owned());
                }
                Fault::Amount => plant(row.replace(&euro(ticket.amount), &euro(ticket.amount + 1)), format!("amount_differs {number}/1")),
                Fault::Day => plant(ticket.row(86_400 + lag), format!("wrong_day {number}/1")),
                Fault::Bad => {
                    plant(row.replace(&euro(ticket.amount), "?"), String::new());
                    expected.push(format!("missing_there {number}/1"));
                }
            }
        }
        expected.extend(rows.iter().map(|(_, told)| told.clone()).filter(|told| !told.is_empty()));
        expected.sort();
        // In an order of its own.
        rows.sort_by_key(|(row, _)| shuffled(row, seed));
        let lines: Vec<String> = rows.into_iter().map(|(row, _)| row).collect();
        let found = reconciled(&lines, &tickets, &plain());
        let mut said: Vec<String> = told(&found).iter().map(|told| {
            let mut words = told.split_whitespace();
            let status = words.next().unwrap();
            let movement = words.find(|word| word.contains('/')).map(|word| format!(" {word}"));
            format!("{status}{}", movement.unwrap_or_default())
        }).collect();
        said.sort();
        prop_assert_eq!(said, expected);
        prop_assert_eq!(sheet(&lines, &plain()).bad_count, faults.iter().filter(|fault| **fault == Fault::Bad).count() as u64);
        let differences: i64 = found.findings.iter().map(difference).sum();
        let totals = serde_json::to_value(&found).unwrap();
        prop_assert_eq!(totals["theirs"]["discount"].as_i64().unwrap() - totals["ours"]["discount"].as_i64().unwrap(), differences);
    }

    /// Times and amounts so near that much could be taken for something else: then still the order of rows decides nothing.
    #[test]
    fn no_order_of_rows_or_movements_changes_what_is_found(
        tickets in prop::collection::vec((1..4_i32, 0..400_i64, 1..4_i64, any::<bool>()), 1..25),
        lags in prop::collection::vec(-200..200_i64, 25), seed in any::<u64>(),
    ) {
        let tickets: Vec<Ticket> = tickets.into_iter().enumerate().map(|(place, (day, second, amount, is_return))| {
            ticket(place as u128, day, 40_000 + second, if is_return { -amount } else { amount })
        }).collect();
        let rows: Vec<String> = tickets.iter().zip(&lags).map(|(ticket, lag)| ticket.row(*lag)).collect();
        let mut other = rows.clone();
        other.sort_by_key(|row| shuffled(row, seed));
        let mut moved = tickets.clone();
        moved.sort_by_key(|ticket| shuffled(&ticket.id(), seed));
        let keys = |rows: &[String], tickets: &[Ticket]| {
            let mut keys: Vec<(String, Status)> = reconciled(rows, tickets, &plain()).findings.into_iter().map(|finding| (finding.key, finding.status)).collect();
            keys.sort();
            keys
        };
        prop_assert_eq!(keys(&rows, &tickets), keys(&other, &moved));
    }
}

fn difference(finding: &avis_core::settlement::reconcile::Finding) -> i64 {
    serde_json::to_value(finding).unwrap()["difference"]["discount"].as_i64().unwrap()
}

/// Some order that a seed gives.
fn shuffled(text: &str, seed: u64) -> u64 {
    text.bytes().fold(seed, |hash, byte| hash.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte))
}
