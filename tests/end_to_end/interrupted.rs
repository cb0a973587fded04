//! Settlement on a server that is killed in the middle of it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use avis_testing::{DEADLINE, eventually};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::deployment::{DESK, Deployment, new_id, single};
use crate::plane::Plane;
use crate::program::{Folder, Server, agent, import_demo};

/// A folder of the demo whose server is killed, and begun again.
struct Installation {
    folder: String,
    temporary: String,
    /// The day on which it sells.
    day: String,
    next_day: String,
}

/// Who settles: the provider's, and the grantor's approver.
struct Settling {
    provider: String,
    approver: String,
}

impl Installation {
    /// Some tickets are sold; the server, and who settles them.
    fn with_sales(test: &str) -> (Self, Server, Settling) {
        let files = Folder::new(test);
        let [folder, temporary] = ["avis", "temporary"].map(|name| format!("{}/{name}", files.path()));
        fs::create_dir_all(&temporary).unwrap();
        import_demo(&folder);
        let today = TimeZone::get("Europe/Riga").unwrap().to_datetime(Timestamp::now()).date();
        let [day, next_day] = [today, today.tomorrow().unwrap()].map(|date| date.to_string());
        let installation = Self { folder, temporary, day, next_day };
        let server = installation.serve();
        for _ in 0..5 {
            let sold = server.send(DESK, "/v1/authorizations", single(&new_id()).to_string());
            assert_eq!(sold.status, 200, "{}", sold.text);
        }
        let plane = Plane(&server);
        let operators = plane.operators(&installation.folder);
        let operators = (&*operators.0, &*operators.1);
        plane.party(operators.0, "lv-state", "grantor");
        plane.party(operators.0, "atd", "provider");
        let provider = plane.joins(operators, "atd", "pr");
        let approver = plane.joins(operators, "lv-state", "ap");
        (installation, server, Settling { provider, approver })
    }

    fn serve(&self) -> Server {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--folder", &self.folder];
        Server::run_in(&[("TMPDIR", &self.temporary)], &arguments, " terminals.\n")
    }

    /// Kills a server as soon as what is asked of it shows in the log of the registry, or is answered.
    fn killed_while<T: Send>(&self, server: Server, ask: impl FnOnce(&str) -> T + Send) {
        let log = Path::new(&self.folder).join("registry.db-wal");
        let look = || fs::metadata(&log).map(|file| (file.len(), file.modified().unwrap())).ok();
        let (address, before) = (server.url(""), look());
        std::thread::scope(|threads| {
            let asked = threads.spawn(move || ask(&address));
            let begun = Instant::now();
            while !asked.is_finished() && look() == before && begun.elapsed() < DEADLINE {
                std::thread::yield_now();
            }
            let id = server.process_id().to_string();
            assert!(Command::new("kill").args(["-KILL", &id]).status().unwrap().success());
        });
        server.kill();
    }

    /// Nothing is left of what was sent: no file, and no run.
    fn has_nothing_left(&self, plane: &Plane<'_>, by: &Settling) {
        assert_eq!(fs::read_dir(&self.temporary).unwrap().count(), 0, "in the temporary folder");
        let names = fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let staged: Vec<String> = names.filter(|name| name.contains("staged")).collect();
        assert_eq!(staged, Vec::<String>::new(), "in its own");
        let runs = plane.read(&by.provider, "/providers/atd/reconciliations");
        assert_eq!(runs["items"], json!([]), "of those there are none");
        let jobs = plane.read(&by.provider, "/jobs");
        for job in jobs["items"].as_array().unwrap() {
            assert_eq!((&job["state"], &job["problem"]["code"]), (&json!("failed"), &json!("interrupted")), "{job}");
        }
    }
}

/// Posts as somebody, and does not mind that nobody answers.
fn try_post(address: &str, by: &str, path: &str, body: &Value) {
    let request = agent().post(format!("{address}/admin/v1{path}")).header("cookie", by);
    let request = request.header("sec-fetch-site", "same-origin").header("idempotency-key", new_id());
    let request = request.header("if-match", "\"1\"");
    let _ = if body.is_null() {
        request.send_empty()
    } else {
        request.content_type("application/json").send(body.to_string())
    };
}

/// So many rows, the first of the day and all others of one that is far.
fn rows(day: &str, others: usize) -> String {
    let first = format!("at;desk;discount;id\n{day} 10:00;atd-desk;7,15;T1\n");
    first + &"2020-03-01 05:00;atd-desk;1,00;T2\n".repeat(others)
}

/// How they are written.
fn profile() -> Value {
    let columns = json!({"occurred_at": "at", "terminal": "desk", "discount": "discount", "external_id": "id"});
    json!({"profile": {"dates": ["YYYY-MM-DD HH:mm"], "delimiter": ";", "decimal": ",", "columns": columns}})
}

fn upload_path(installation: &Installation, again: bool) -> String {
    let Installation { day, next_day, .. } = installation;
    format!("/admin/v1/providers/atd/reconciliations/file?from={day}&until={next_day}&again={again}")
}

/// Begins an upload and sends half of it; the connection, on which the rest is awaited.
fn half_an_upload(server: &Server, path: &str, by: &str, file: &str) -> TcpStream {
    let mut connection = TcpStream::connect(server.url("").strip_prefix("http://").unwrap()).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: avis\r\ncookie: {by}\r\nsec-fetch-site: same-origin\r\ncontent-type: text/csv\r\ncontent-length: {}\r\n\r\n",
        file.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&file.as_bytes()[..file.len() / 2]).unwrap();
    connection
}

/// Uploads a file, as slowly as is asked of who looked often before; the job that was begun.
fn upload(address: &str, path: &str, by: &str, file: &str) -> Option<Value> {
    let send = || {
        let request = agent().post(format!("{address}{path}")).header("cookie", by).content_type("text/csv");
        let response = request.header("sec-fetch-site", "same-origin").send(file).ok()?;
        serde_json::from_str::<Value>(&response.into_body().read_to_string().ok()?).ok()
    };
    let is_too_fast = |answer: &Value| answer["detail"] == "Too many requests came at once";
    eventually("an upload", send, |answer| !answer.as_ref().is_some_and(is_too_fast))
}

/// What a job came to, without who made it and when.
fn found(plane: &Plane<'_>, by: &str, job: &Value) -> Value {
    let path = format!("/jobs/{}", job["id"].as_str().unwrap_or_else(|| panic!("{job}")));
    let ended = eventually("the end of a job", || plane.read(by, &path), |job| job["state"] != "running");
    assert_eq!(ended["state"], "done", "{ended}");
    let id = ended["result"]["reconciliation"].as_str().unwrap();
    let mut run = plane.read(by, &format!("/reconciliations/{id}"));
    for own in ["id", "made_at", "made_by"] {
        run.as_object_mut().unwrap().remove(own);
    }
    run
}

#[test]
fn a_server_that_is_killed_in_an_upload_leaves_nothing_and_the_same_file_comes_to_the_same() {
    let (installation, server, by) = Installation::with_sales("interrupted-upload");
    let plane = Plane(&server);
    plane.put(&by.provider, "/providers/atd/profile", &profile());
    let (file, path) = (rows(&installation.day, 200_000), upload_path(&installation, false));

    // Half of it has come.
    let mut half = half_an_upload(&server, &path, &by.provider, &file);
    let jobs = || plane.read(&by.provider, "/jobs")["items"].clone();
    eventually("a job that takes a file in", jobs, |jobs| jobs[0]["state"] == "running");
    server.kill();
    let mut answer = Vec::new();
    let _ = half.read_to_end(&mut answer);
    assert_eq!(answer, b"", "nobody answers");
    let server = installation.serve();
    installation.has_nothing_left(&Plane(&server), &by);

    // All of it has come, and is read.
    let (address, provider) = (server.url(""), &by.provider);
    let begun = upload(&address, &path, provider, &file).unwrap();
    assert_eq!(begun["state"], "running", "{begun}");
    server.kill();
    let server = installation.serve();
    let plane = Plane(&server);
    installation.has_nothing_left(&plane, &by);

    let first = found(&plane, provider, &upload(&server.url(""), &path, provider, &file).unwrap());
    assert_eq!(first["outside"], 200_000, "{first}");
    let again = upload(&server.url(""), &upload_path(&installation, true), provider, &file).unwrap();
    assert_eq!(found(&plane, provider, &again), first);
}

#[test]
fn a_node_of_a_cluster_that_starts_lets_the_jobs_of_others_go_on() {
    let deployment = Deployment::of_the_demo("interrupted-cluster");
    let node = |name: &str, folder: &str| {
        let settings = [
            ("AVIS_CLUSTER__DATABASE", &*deployment.url),
            ("AVIS_CLUSTER__NODE", name),
            ("AVIS_ADMIN__LISTEN", "127.0.0.1:0"),
        ];
        Server::run_in(&settings, &["serve", "--folder", folder, "--role", "admin"], "this machine.\n")
    };
    let office = deployment.folder("office");
    let server = node("office", &office);
    let plane = Plane(&server);
    let link = fs::read_to_string(format!("{office}/first-operator.link")).unwrap();
    let second = deployment.avis(&["user", "--folder", &office, "invite"]).out;
    let operators = plane.operators_by((link.trim(), second.lines().next().unwrap()));
    let operators = (&*operators.0, &*operators.1);
    plane.party(operators.0, "atd", "provider");
    let provider = plane.joins(operators, "atd", "pr");
    plane.put(&provider, "/providers/atd/profile", &profile());
    let (file, day) = (rows("2026-11-18", 1_000), "from=2026-11-18&until=2026-11-19&again=false");
    let path = format!("/admin/v1/providers/atd/reconciliations/file?{day}");
    let mut half = half_an_upload(&server, &path, &provider, &file);
    let jobs = || plane.read(&provider, "/jobs")["items"].clone();
    eventually("a job that takes a file in", jobs, |jobs| jobs[0]["state"] == "running");

    let other = node("desk", &deployment.folder("desk"));
    assert_eq!(Plane(&other).read(&provider, "/jobs")["items"][0]["state"], "running");
    half.write_all(&file.as_bytes()[file.len() / 2..]).unwrap();
    let ended = eventually("the end of a job", jobs, |jobs| jobs[0]["state"] != "running");
    assert_eq!((&ended[0]["state"], &ended[0]["result"]["rows"]), (&json!("done"), &json!(1_001)), "{ended}");
}

#[test]
fn a_server_that_is_killed_while_a_day_is_closed_has_closed_it_or_not_and_closes_it_the_same() {
    let (installation, mut server, by) = Installation::with_sales("interrupted-close");
    let path = format!("/providers/atd/days/{}", installation.day);
    let open = Plane(&server).read(&by.provider, &path);
    assert_eq!((&open["state"], &open["ours"]["sale"]["count"]), (&json!("open"), &json!(5)), "{open}");
    for _ in 0..4 {
        installation.killed_while(server, |address| {
            try_post(address, &by.provider, &format!("{path}/close"), &json!({"totals": {"sale": {"count": 5}}}));
        });
        server = installation.serve();
        let day = Plane(&server).read(&by.provider, &path);
        assert!(day["state"] == "closed" || day == open, "closed whole, or not at all: {day}");
        assert_eq!(day["ours"], open["ours"]);
    }
    let plane = Plane(&server);
    plane.done(&by.provider, &format!("{path}/close"), None, &json!({}));
    let closed = plane.read(&by.provider, &path);
    assert_eq!((&closed["state"], &closed["ours"]), (&json!("closed"), &open["ours"]));
    // What comes now counts on the next day, and the closed one stays as it is.
    let sold = server.send(DESK, "/v1/authorizations", single(&new_id()).to_string());
    assert_eq!(sold.status, 200, "{}", sold.text);
    server.kill();
    let server = installation.serve();
    assert_eq!(Plane(&server).read(&by.provider, &path), closed);
}

#[test]
fn a_server_that_is_killed_while_a_statement_is_issued_has_issued_it_or_not_and_issues_it_once() {
    let (installation, mut server, by) = Installation::with_sales("interrupted-issue");
    let Installation { day, next_day, .. } = &installation;
    let plane = Plane(&server);
    plane.done(&by.provider, &format!("/providers/atd/days/{day}/close"), None, &json!({}));
    let stated = json!({"grantor": "lv-state", "provider": "atd", "from": day, "until": next_day});
    let draft = plane.done(&by.approver, "/statements", None, &stated);
    let path = format!("/statements/{}", draft["id"].as_str().unwrap());
    let lines = plane.read(&by.approver, &path)["lines"].clone();
    assert_eq!(lines[0]["uses"], 5, "{lines}");
    let mut sealed = None;
    for _ in 0..4 {
        installation.killed_while(server, |address| {
            try_post(address, &by.approver, &format!("{path}/issue"), &Value::Null);
        });
        server = installation.serve();
        let plane = Plane(&server);
        let statement = plane.read(&by.approver, &path);
        assert_eq!(statement["lines"], lines, "{statement}");
        if statement["state"] == "draft" {
            assert_eq!((&statement["number"], &sealed), (&Value::Null, &None), "{statement}");
            continue;
        }
        assert_eq!((&statement["state"], &statement["number"]), (&json!("issued"), &json!(1)));
        let bytes = plane.read(&by.approver, &format!("{path}/sealed"));
        assert_eq!(*sealed.get_or_insert_with(|| bytes.clone()), bytes, "what is sealed stays as it is");
    }
    let plane = Plane(&server);
    if sealed.is_none() {
        plane.done(&by.approver, &format!("{path}/issue"), Some(&json!(1)), &Value::Null);
    }
    let statements = plane.read(&by.approver, "/statements");
    let numbers: Vec<&Value> = statements["items"].as_array().unwrap().iter().map(|one| &one["number"]).collect();
    assert_eq!(numbers, [1]);
}
