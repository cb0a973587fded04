//! A provider's file of any size: a job holds it against the ledger, as a list is imported.

use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use avis_admin::control::{Code, Control, Question, Refusal, Reply, Visitor};
use avis_store::Clock as _;
use avis_store::records::{RecordChange, RecordFilter, RecordValue};
use avis_testing::eventually;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::parties::{Parties, on_each_store};
use crate::stores::aside;
use crate::till::Till;
use crate::workbooks::{packed, row, text};
use crate::world::{Answered, World, run};

const DAY: &str = "from=2026-11-18&until=2026-11-19";
const HEAD: &str = "Laiks;Kase;Atlaide;Piezīme\n";
const TEXT: &str = "text/csv";
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

fn profile() -> Value {
    json!({"dates": ["DD.MM.YYYY HH:mm"], "delimiter": ";", "decimal": ",",
           "columns": {"occurred_at": "Laiks", "terminal": "Kase", "discount": "Atlaide"}})
}

/// Two sales at the till of a provider that said how its files are written.
async fn sold(parties: &Parties, profile: &Value) {
    let till = Till::new(&parties.world);
    till.sell("2026-11-18T05:00:00Z", 1_000).await;
    till.sell("2026-11-18T05:10:00Z", 300).await;
    let said = parties.world.request("PUT", "/providers/bus/profile").by(&parties.bus);
    said.json(&json!({"profile": profile})).send().await.is_done();
}

/// A row of each sale, one that the ledger does not have, one that can't be read, and so many of another day.
fn file(others: usize) -> String {
    let rows = "18.11.2026 05:00;desk;5,00;\n18.11.2026 05:10;desk;1,50;\n18.11.2026 05:20;desk;1,40;\n18.11.2026 05:30;desk;x;\n";
    let other = format!("01.03.2026 05:00;desk;1,00;{}\n", "ā".repeat(80));
    format!("{HEAD}{rows}{}", other.repeat(others))
}

async fn upload(parties: &Parties, query: &str, bytes: &[u8]) -> Answered {
    let request = parties.world.post(&format!("/providers/bus/reconciliations/file?{query}")).by(&parties.bus);
    request.header("content-type", TEXT).bytes(bytes).send().await
}

/// The job once it has ended.
async fn ended(parties: &Parties, begun: &Answered) -> Value {
    assert_eq!(begun.status, 202, "{begun:?}");
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(begun.headers["location"], format!("/admin/v1/jobs/{id}"));
    let state = || parties.world.registry.record("job", &id).unwrap().unwrap().value.state;
    aside(|| eventually("the end of a job", state, |state| state != "running"));
    parties.get(&parties.bus, &format!("/jobs/{id}")).await.json()
}

/// What a job came to, without who made it and when.
async fn found(parties: &Parties, job: &Value) -> Value {
    assert_eq!(job["state"], "done", "{job}");
    let path = format!("/reconciliations/{}", job["result"]["reconciliation"].as_str().unwrap());
    let mut run = parties.get(&parties.bus, &path).await.json();
    let shown = run.as_object_mut().unwrap();
    assert!(shown.remove("made_at").is_some() && shown.remove("made_by").is_some());
    run["findings"] = parties.get(&parties.bus, &format!("{path}/findings")).await.json()["items"].clone();
    run
}

fn records(world: &World, kind: &str) -> usize {
    aside(|| world.registry.records(&RecordFilter { kind, ..RecordFilter::default() }, 1_000).unwrap().len())
}

on_each_store! {
    async fn a_file_beyond_the_bound_of_a_body_is_held_against_the_ledger_once(parties) {
        sold(&parties, &profile()).await;
        let file = file(50_000);
        assert!(file.len() > 8 * 1024 * 1024);
        let begun = upload(&parties, DAY, file.as_bytes()).await;
        let job = ended(&parties, &begun).await;
        assert_eq!((&job["kind"], &job["progress"]), (&json!("reconciliation"), &json!({"done": 50_004, "of": 50_004, "unit": "rows"})));
        let run = found(&parties, &job).await;
        assert_eq!((&run["summary"], &run["outside"]), (&json!({"matched": 2, "missing_here": 1}), &json!(50_000)), "{run}");
        assert_eq!((&run["bad_count"], &run["bad_rows"][0]["line"]), (&json!(1), &json!(5)));
        let again = upload(&parties, DAY, file.as_bytes()).await;
        assert_eq!((again.status, &again.json()["id"]), (202, &job["id"]), "the same file is the job that is there");
        assert_eq!((records(&parties.world, "reconciliation"), records(&parties.world, "finding")), (1, 1));
        let anew = upload(&parties, &format!("{DAY}&again=true"), file.as_bytes()).await;
        let anew = ended(&parties, &anew).await;
        assert_ne!(anew["result"]["reconciliation"], job["result"]["reconciliation"], "it was looked at again");
        assert_eq!(found(&parties, &anew).await["summary"], run["summary"]);
    }

    async fn a_file_is_the_same_run_whichever_way_it_comes(parties) {
        sold(&parties, &profile()).await;
        let body = json!({"from": "2026-11-18", "until": "2026-11-19", "file": file(0), "profile": profile()});
        let made = parties.make(&parties.bus, "/providers/bus/reconciliations", &body).await;
        let begun = upload(&parties, DAY, file(0).as_bytes()).await;
        let job = ended(&parties, &begun).await;
        assert_eq!((&job["state"], &job["result"]["reconciliation"]), (&json!("done"), &json!(made.id())), "{job}");
        assert_eq!(records(&parties.world, "reconciliation"), 1);
    }

    async fn a_file_whose_job_was_interrupted_is_taken_up_again_with_the_same_result(parties) {
        let undisturbed = Parties::new(&format!("uploads-undisturbed-{}", parties.world.key())).await;
        sold(&undisturbed, &profile()).await;
        let begun = upload(&undisturbed, DAY, file(10).as_bytes()).await;
        let expected = found(&undisturbed, &ended(&undisturbed, &begun).await).await;
        sold(&parties, &profile()).await;
        // As a process leaves it that is killed while it reads the rows.
        let dead = aside(|| parties.world.job_of("bus"));
        let value = |content: Value| RecordValue {
            expires_at: Some(parties.world.clock.now() + SignedDuration::from_mins(2)),
            content: content.to_string(),
            ..RecordValue::default()
        };
        let left = [("job_place", "party bus"), ("job_place", "all 0"), ("import_file", expected["id"].as_str().unwrap())];
        let left = left.map(|(kind, key)| RecordChange::make(kind, key, value(json!({"job": dead}))));
        aside(|| parties.world.registry.change(&left, &[]).unwrap());
        upload(&parties, DAY, file(10).as_bytes()).await.is(429, "too_many_requests");
        parties.world.clock.pass(SignedDuration::from_mins(3));
        let resumed = upload(&parties, DAY, file(10).as_bytes()).await;
        let resumed = ended(&parties, &resumed).await;
        assert_ne!(resumed["id"], json!(dead));
        assert_eq!(found(&parties, &resumed).await, expected);
        let dead = parties.get(&parties.bus, &format!("/jobs/{dead}")).await.json();
        assert_eq!((&dead["state"], &dead["problem"]["code"]), (&json!("failed"), &json!("interrupted")));
    }
}

#[test]
fn a_file_that_is_not_as_the_profile_says_is_refused_and_the_job_tells_why() {
    run(async {
        let parties = Parties::new("uploads-refused").await;
        upload(&parties, DAY, b"x").await.is(409, "not_in_this_state");
        sold(&parties, &profile()).await;
        for bad in ["from=2026-11-18", "from=2026-11-18&until=2026-11-18", "from=2026-11-18&until=2027-11-18"] {
            upload(&parties, bad, b"x").await.is(422, "invalid");
        }
        let path = format!("/providers/bus/reconciliations/file?{DAY}");
        let of_another = parties.world.post(&path).by(&parties.bus).header("content-type", WORKBOOK).bytes(b"x");
        of_another.send().await.is(415, "wrong_media_type");
        for (bytes, told) in [
            (&b"Laiks;Kase\n"[..], "/columns/discount: the file has no column of this name"),
            (b"\0\0", "expected text encoded in"),
            (b"", "expected a header"),
        ] {
            let begun = upload(&parties, DAY, bytes).await;
            let job = ended(&parties, &begun).await;
            assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!("invalid")), "{job}");
            assert!(job["problem"]["detail"].as_str().unwrap().contains(told), "{job}");
        }
        assert_eq!(records(&parties.world, "reconciliation"), 0);
        let by_city = parties.world.post(&path).by(&parties.editor).header("content-type", TEXT).bytes(b"x");
        by_city.send().await.is(403, "not_your_role");
    });
}

#[test]
fn of_more_findings_than_anybody_looks_at_the_first_are_kept_and_all_are_counted() {
    run(async {
        let parties = Parties::new("uploads-findings").await;
        sold(&parties, &profile()).await;
        // The two sales are in no row, so that they are findings, too.
        let unknown = |count: usize| {
            let rows = (0..count).map(|row| format!("18.11.2026 15:20;desk;{},{:02};\n", 100 + row / 100, row % 100));
            format!("{HEAD}{}", rows.collect::<String>())
        };
        let begun = upload(&parties, DAY, unknown(19_999).as_bytes()).await;
        let job = ended(&parties, &begun).await;
        assert_eq!((&job["state"], &job["result"]["rows"]), (&json!("done"), &json!(19_999)), "{job}");
        let path = format!("/reconciliations/{}", job["result"]["reconciliation"].as_str().unwrap());
        let run = parties.get(&parties.bus, &path).await.json();
        assert_eq!(run["summary"], json!({"missing_here": 19_999, "missing_there": 2}));
        assert_eq!((&run["findings"], &run["findings_kept"]), (&json!(20_001), &json!(20_000)));
        let kept = aside(|| {
            let filter = RecordFilter { kind: "finding", ..RecordFilter::default() };
            parties.world.registry.records(&filter, 30_000).unwrap().len()
        });
        assert_eq!(kept, 20_000);
    });
}

/// Reads what a closure gives.
struct Coming<F>(F);

impl<F: FnMut(&mut [u8]) -> io::Result<usize>> Read for Coming<F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        (self.0)(into)
    }
}

/// What is asked as a page asks it.
fn ask(control: &Control, by: &str, question: Question) -> Result<Reply, Refusal> {
    control.ask(&Visitor::within(IpAddr::V4(Ipv4Addr::LOCALHOST), Some(by), control.now()), question)
}

fn sent(
    control: &Control,
    by: &str,
    media_type: &'static str,
    file: impl FnMut(&mut [u8]) -> io::Result<usize> + Send + 'static,
) -> Result<Reply, Refusal> {
    let query = vec![("from", "2026-11-18".to_owned()), ("until", "2026-11-19".to_owned())];
    let file: Box<dyn Read + Send> = Box::new(Coming(file));
    let path = "/providers/bus/reconciliations/file".to_owned();
    ask(control, by, Question { method: "POST", path, query, file: Some((media_type, file)), ..Question::default() })
}

#[test]
fn an_upload_that_breaks_off_has_no_end_or_is_cancelled_leaves_nothing() {
    run(async {
        let parties = Parties::new("uploads-broken").await;
        sold(&parties, &profile()).await;
        let (control, by) = (Arc::clone(&parties.world.control), parties.bus.clone());
        let mut left = 100;
        let broken = sent(&control, &by, TEXT, move |into| {
            left -= 1;
            into.fill(b';');
            if left == 0 { Err(io::Error::other("reset by peer")) } else { Ok(into.len()) }
        });
        assert_eq!(broken.unwrap_err().code, Code::MalformedRequest);
        let endless = sent(&control, &by, TEXT, |into| {
            into.fill(b'x');
            Ok(into.len())
        });
        assert_eq!(endless.unwrap_err().code, Code::TooLarge, "a line without an end");
        let (world, canceller) = (Arc::clone(&control), by.clone());
        let clock = Arc::clone(&parties.world.clock);
        let (rows, mut place, mut is_cancelled) = (file(1_000).into_bytes(), 0, false);
        let cancelled = sent(&control, &by, TEXT, move |into| {
            if place > 0 && !is_cancelled {
                let get = Question { method: "GET", path: "/jobs".into(), ..Question::default() };
                let jobs = ask(&world, &canceller, get).unwrap().body;
                let jobs = jobs["items"].as_array().unwrap();
                let running = jobs.iter().find(|job| job["state"] == "running").unwrap()["id"].as_str().unwrap();
                let cancel =
                    Question { method: "POST", path: format!("/jobs/{running}/cancel"), ..Question::default() };
                assert_eq!(ask(&world, &canceller, cancel).unwrap().body["state"], "cancelled");
                clock.pass(SignedDuration::from_secs(10));
                is_cancelled = true;
            }
            let count = into.len().min(rows.len() - place);
            into[..count].copy_from_slice(&rows[place..place + count]);
            place += count;
            Ok(count)
        });
        assert_eq!(cancelled.unwrap_err().code, Code::NotInThisState);
        for kind in ["reconciliation", "finding", "import_file", "job_place"] {
            assert_eq!(records(&parties.world, kind), 0, "{kind}");
        }
        let begun = upload(&parties, DAY, file(1_000).as_bytes()).await;
        assert_eq!(found(&parties, &ended(&parties, &begun).await).await["outside"], 1_000, "and it is taken up again");
    });
}

#[test]
fn a_job_that_is_cancelled_in_its_work_leaves_nothing_and_makes_room_for_the_next() {
    run(async {
        let parties = Parties::new("uploads-cancelled").await;
        sold(&parties, &profile()).await;
        let file = file(50_000);
        // One that was too fast is tried again, as another one.
        let mut is_cancelled = false;
        for _ in 0..20 {
            let begun = upload(&parties, &format!("{DAY}&again=true"), file.as_bytes()).await;
            let path = format!("/jobs/{}", begun.json()["id"].as_str().unwrap());
            parties.world.clock.pass(SignedDuration::from_secs(10));
            let cancelled = parties.world.post(&format!("{path}/cancel")).by(&parties.bus).send().await;
            is_cancelled = cancelled.status == 200;
            let is_free = || parties.world.registry.record("job_place", "party bus").unwrap().is_none();
            aside(|| eventually("the place of a job", is_free, |is_free| *is_free));
            if is_cancelled {
                assert_eq!(parties.get(&parties.bus, &path).await.json()["state"], "cancelled");
                break;
            }
        }
        assert!(is_cancelled, "one of twenty was cancelled in its work");
        let before = records(&parties.world, "reconciliation");
        let begun = upload(&parties, DAY, file.as_bytes()).await;
        assert_eq!(found(&parties, &ended(&parties, &begun).await).await["outside"], 50_000);
        assert_eq!(records(&parties.world, "reconciliation"), before + 1, "of what was cancelled nothing is kept");
    });
}

#[test]
fn a_workbook_that_would_take_all_memory_is_refused_by_its_job() {
    run(async {
        let parties = Parties::new("uploads-bomb").await;
        let mut said = profile();
        said["format"] = json!("xlsx");
        sold(&parties, &said).await;
        let header = row(&["Laiks", "Kase", "Atlaide"].map(text));
        let bomb = format!("{header}<row>{}</row>", "<c r=\"A1\"><v>0</v></c>".repeat(1_000_000));
        let rows = format!("{header}{}", row(&["18.11.2026 05:00", "desk", "5,00"].map(text)));
        for (book, told) in [(&bomb, Some("unpacks to more")), (&rows, None)] {
            let path = format!("/providers/bus/reconciliations/file?{DAY}");
            let request = parties.world.post(&path).by(&parties.bus).header("content-type", WORKBOOK);
            let begun = request.bytes(&packed(book)).send().await;
            let job = ended(&parties, &begun).await;
            let detail = job["problem"]["detail"].as_str();
            assert_eq!(detail.is_some(), told.is_some(), "{job}");
            assert!(told.is_none_or(|told| detail.unwrap().contains(told)), "{job}");
        }
        assert_eq!(records(&parties.world, "reconciliation"), 1);
    });
}
