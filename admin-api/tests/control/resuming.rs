//! Imports whose process was killed: one whose file came whole goes on elsewhere, once; another is told that it left nothing.

use std::io::{self, Read};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use avis_admin::control::{Control, Question, Visitor};
use avis_core::movement::ServiceDay;
use avis_store::records::{RecordChange, RecordFilter};
use avis_store::{AuditFilter, AuditObject, Clock};
use avis_testing::{DEADLINE, eventually};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::imports::{faults, holder};
use crate::office::{cases, content};
use crate::parties::{Parties, on_each_store};
use crate::stores::aside;
use crate::world::{TestClock, World, run};

/// A clock that stops the import that looks at it so many times: as a process that is killed there, it does no more.
struct Stopping {
    clock: Arc<TestClock>,
    looks: Mutex<u32>,
    stopped: SyncSender<()>,
    /// Lets it go on, once what is promised was seen.
    gate: Mutex<Receiver<()>>,
}

impl Clock for Stopping {
    fn now(&self) -> Timestamp {
        if thread::current().name() == Some("avis-import") {
            let mut looks = self.looks.lock().unwrap();
            *looks = looks.saturating_sub(1);
            if *looks == 0 {
                let _ = self.stopped.try_send(());
                // An end without a word is as good.
                let _ = self.gate.lock().unwrap().recv_timeout(DEADLINE);
            }
        }
        self.clock.now()
    }

    fn service_day(&self) -> &ServiceDay {
        self.clock.service_day()
    }
}

/// A node whose import is stopped at a look at the clock; when it is, and what lets it go on.
struct Killed {
    node: Control,
    stopped: Receiver<()>,
    gate: SyncSender<()>,
}

impl Killed {
    fn at_look(world: &World, look: u32) -> Self {
        let ((stopped, is_stopped), (gate, opened)) = (sync_channel(1), sync_channel(1));
        let clock = world.clock.clone();
        let clock = Stopping { clock, looks: Mutex::new(look), stopped, gate: Mutex::new(opened) };
        Self { node: world.node_by(Arc::new(clock)), stopped: is_stopped, gate }
    }

    /// Sends a list and waits until its import is stopped; its job.
    fn import(&self, by: &str, query: &[(&'static str, &str)], (media_type, file): (&'static str, &str)) -> String {
        let file = io::Cursor::new(file.as_bytes().to_vec());
        let node = &self.node;
        let id = aside(|| sent(node, by, query, (media_type, Box::new(file)))).unwrap();
        self.stopped.recv_timeout(DEADLINE).unwrap();
        id
    }
}

fn sent(
    control: &Control,
    by: &str,
    query: &[(&'static str, &str)],
    file: (&'static str, Box<dyn Read + Send>),
) -> Result<String, String> {
    let mut query: Vec<_> = query.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    query.push(("reason", "monthly".to_owned()));
    let question = Question { method: "POST", path: "/imports".into(), query, file: Some(file), ..Question::default() };
    let visitor = Visitor::within(IpAddr::V4(Ipv4Addr::LOCALHOST), Some(by), control.now());
    let reply = control.ask(&visitor, question).map_err(|refusal| refusal.code.word().to_owned())?;
    Ok(reply.body["id"].as_str().unwrap().to_owned())
}

/// The contents of all records of a kind.
fn kept(world: &World, kind: &str) -> Vec<String> {
    let filter = RecordFilter { kind, ..RecordFilter::default() };
    aside(|| world.registry.records(&filter, 1_000).unwrap()).into_iter().map(|record| record.value.content).collect()
}

/// Two nodes look for what was left, at once.
fn two_nodes_take_up(world: &World) {
    let other = world.another_node();
    thread::scope(|scope| {
        for node in [&*world.control, &other] {
            scope.spawn(move || node.take_up_imports());
        }
    });
}

/// The job once it has ended, its rows forgotten and its places free.
async fn ended(world: &World, by: &str, id: &str) -> Value {
    let state = || world.registry.record("job", id).unwrap().unwrap().value.state;
    aside(|| eventually("the end of a job", state, |state| state != "running"));
    for kind in ["import_rows", "import_order", "job_place"] {
        aside(|| eventually("nothing that is kept", || kept(world, kind).len(), |count| *count == 0));
    }
    world.get(&format!("/imports/{id}")).by(by).send().await.json()
}

/// How often a job was committed, as the audit tells.
fn commits(world: &World, id: &str) -> usize {
    let object = Some(AuditObject { kind: "job".into(), key: id.into() });
    let filter = AuditFilter { object, ..AuditFilter::default() };
    aside(|| world.registry.entries(&filter, 10).unwrap().len())
}

const CSV: &str = "text/csv";
const NDJSON: &str = "application/x-ndjson";
const SENIORS: [(&str, &str); 2] = [("kind", "entitlements"), ("group", "seniors")];

on_each_store! {
    async fn an_import_whose_file_came_whole_goes_on_once_wherever_it_was_stopped(parties) {
        let Parties { world, editor, .. } = &parties;
        // In the plan, and in the commit.
        for (look, silent_for, until) in [(2, 3, "2027-01-31"), (4, 31, "2027-02-28")] {
            let killed = Killed::at_look(world, look);
            let query = [("bad_rows", "set_aside"), SENIORS[0], SENIORS[1]];
            let good = "etalons,A-1,2020-01-01,2026-12-31\n";
            let file = format!("scheme,value,from,until\n{good}etalons,B-1,2020-01-01,{until}\n");
            let id = killed.import(editor, &query, (CSV, &file));
            let rows = kept(world, "import_rows").concat();
            assert!(rows.contains(until) && !rows.contains("A-1") && !rows.contains("B-1"), "{rows}");
            two_nodes_take_up(world);
            assert_eq!(commits(world, &id), 0, "it may be at work still");
            world.clock.pass(SignedDuration::from_mins(silent_for));
            two_nodes_take_up(world);
            // The time passed for the sessions, too.
            let by = world.sign_in_again(editor).await;
            let job = ended(world, &by, &id).await;
            assert_eq!((&job["state"], &job["result"]["rows"]), (&json!("done"), &json!(2)), "{job}");
            assert!(job["revision"].is_u64(), "{job}");
            assert_eq!(aside(|| holder(world, "etalons", "B-1"))["entitlements"][0]["until"], until);
            // Who was held up finds that it is another's by now.
            killed.gate.send(()).unwrap();
            drop(killed);
            two_nodes_take_up(world);
            assert_eq!(ended(world, &by, &id).await, job);
            assert_eq!(commits(world, &id), 1);
        }
    }

    async fn each_kind_of_list_goes_on_at_the_next_start(parties) {
        let world = &parties.world;
        let operator = world.sign_in("olga@avis.lv").await;
        let person = json!({"holder": "h-new", "identifiers": [{"scheme": "etalons", "value": "N-1"}]}).to_string();
        let terminal = json!({"terminal": "bus-2", "provider": "bus"}).to_string();
        let rule = json!({"code": "rides", "grantor": "city", "content": content(1_000), "cases": cases(180)}).to_string();
        let relation = "scheme,value,guardian_scheme,guardian_value,relation\netalons,A-1,etalons,B-1,child\n";
        let means = "scheme,value,new_scheme,new_value\netalons,A-1,isic,I-1\n";
        let members = "scheme,value,from\netalons,B-1,2021-01-01\n";
        for (query, file, done) in [
            (&[("kind", "holders")][..], (NDJSON, &*person), "added"),
            (&[("kind", "terminals")], (NDJSON, &terminal), "added"),
            (&[("kind", "rules")], (NDJSON, &rule), "added"),
            (&[("kind", "relations")], (CSV, relation), "added"),
            (&[("kind", "means")], (CSV, means), "changed"),
            (&[SENIORS[0], SENIORS[1], ("dry_run", "true")], (CSV, members), "changed"),
            (&[SENIORS[0], SENIORS[1], ("mode", "full"), ("ends", "1")], (CSV, members), "ended"),
        ] {
            let killed = Killed::at_look(world, 1);
            let id = killed.import(&operator, query, file);
            // As the process that begins anew does.
            aside(|| world.control.end_interrupted_jobs());
            aside(|| world.control.take_up_imports());
            let job = ended(world, &operator, &id).await;
            assert_eq!((&job["state"], &job["result"][done]), (&json!("done"), &json!(1)), "{query:?}: {job}");
        }
        assert_eq!(aside(|| holder(world, "isic", "I-1"))["holder"], "h-anna");
        assert_eq!(aside(|| holder(world, "etalons", "N-1"))["holder"], "h-new");
    }
}

#[test]
fn faults_that_were_found_are_told_by_who_goes_on() {
    run(async {
        let parties = Parties::new("resuming-faults").await;
        let Parties { world, editor, .. } = &parties;
        let killed = Killed::at_look(world, 1);
        let file = "scheme,value,from\netalons,A-1,never\netalons,B-1,2021-01-01\n";
        let id = killed.import(editor, &SENIORS, (CSV, file));
        world.control.end_interrupted_jobs();
        world.control.take_up_imports();
        let job = ended(world, editor, &id).await;
        assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!("bad_rows")), "{job}");
        assert_eq!(faults(world, editor, &job).await, [(2, "from".to_owned(), "invalid".to_owned())]);
    });
}

#[test]
fn a_part_of_a_list_is_not_taken_for_the_whole_by_who_goes_on() {
    run(async {
        let parties = Parties::new("resuming-lost").await;
        let Parties { world, editor, .. } = &parties;
        let before = world.store.head().unwrap().revision;
        let killed = Killed::at_look(world, 1);
        let file = format!("scheme,value,from\n{}", "etalons,B-1,2021-01-01\n".repeat(9_000));
        let id = killed.import(editor, &[SENIORS[0], SENIORS[1], ("mode", "full"), ("ends", "9")], (CSV, &file));
        let filter = RecordFilter { kind: "import_rows", ..RecordFilter::default() };
        let parts = world.registry.records(&filter, 10).unwrap();
        assert!(parts.len() > 1, "{}", parts.len());
        world.registry.change(&[RecordChange::remove(&parts[0])], &[]).unwrap();
        world.control.end_interrupted_jobs();
        world.control.take_up_imports();
        let job = ended(world, editor, &id).await;
        assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!("interrupted")), "{job}");
        let detail = "rows of its file are not kept any more, and it left nothing; send the file again";
        assert_eq!(job["problem"]["detail"], detail);
        assert_eq!(world.store.head().unwrap().revision, before);
    });
}

#[test]
fn one_that_takes_down_who_works_on_it_is_given_up() {
    run(async {
        let parties = Parties::new("resuming-poison").await;
        let Parties { world, editor, .. } = &parties;
        let killed = Killed::at_look(world, 1);
        let id = killed.import(editor, &SENIORS, (CSV, "scheme,value,from\netalons,B-1,2021-01-01\n"));
        let mut more = Vec::new();
        for _ in 0..3 {
            let next = Killed::at_look(world, 1);
            world.control.end_interrupted_jobs();
            next.node.take_up_imports();
            next.stopped.recv_timeout(DEADLINE).unwrap();
            more.push(next);
        }
        world.control.end_interrupted_jobs();
        world.control.take_up_imports();
        let job = ended(world, editor, &id).await;
        assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!("interrupted")), "{job}");
        assert_eq!(commits(world, &id), 0);
    });
}

#[test]
fn one_whose_file_did_not_come_whole_is_told_so_and_left_nothing() {
    run(async {
        let parties = Parties::new("resuming-part").await;
        let Parties { world, editor, .. } = &parties;
        let before = world.store.head().unwrap().revision;
        let (reached, is_reached) = sync_channel::<()>(1);
        let (go_on, gate) = sync_channel::<()>(1);
        let gate = Mutex::new(gate);
        let row = "etalons,B-1,2021-01-01\n";
        let mut rows = io::Cursor::new(format!("scheme,value,from\n{}", row.repeat(20_000)).into_bytes());
        let coming = Coming(move |into: &mut [u8]| match rows.read(into)? {
            0 => {
                let _ = reached.try_send(());
                let _ = gate.lock().unwrap().recv_timeout(DEADLINE);
                Err(io::Error::other("reset by peer"))
            }
            count => Ok(count),
        });
        thread::scope(|scope| {
            let node = world.another_node();
            let sender = scope.spawn(move || sent(&node, editor, &SENIORS, (CSV, Box::new(coming))));
            is_reached.recv_timeout(DEADLINE).unwrap();
            assert!(!kept(world, "import_rows").is_empty());
            world.control.end_interrupted_jobs();
            world.control.take_up_imports();
            go_on.send(()).unwrap();
            assert_eq!(sender.join().unwrap().unwrap_err(), "malformed_request");
        });
        let jobs = world.get("/imports").by(editor).send().await.json();
        let id = jobs["items"][0]["id"].as_str().unwrap();
        let job = ended(world, editor, id).await;
        assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!("interrupted")), "{job}");
        assert_eq!(world.store.head().unwrap().revision, before);
    });
}

/// Reads what a closure gives.
struct Coming<F>(F);

impl<F: FnMut(&mut [u8]) -> io::Result<usize>> Read for Coming<F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        (self.0)(into)
    }
}
