//! F20: the power is cut at every system call that writes, makes a write last, or answers.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::program::{Answer, Folder, Server, avis, demo_data, import_demo, ran_to_its_end};
use crate::trace::{can_trace, chosen, killed_at, log, points, watched};

const APP: &str = "avis_demo_atd_app";
const BUS: &str = "avis_demo_jelgava_bus";
const SHOP: &str = "avis_demo_shop_till";
const LAST_WORDS: &str = " terminals.\n";

/// One thing that is done to a served folder.
enum Step {
    /// A terminal sends a body; `{N}` in the path is the authorization that step N opened.
    Send(&'static str, &'static str, Value),
    Import(Vec<String>),
    Rotate,
}

/// What came of a step: the bytes of an answer, or what the command said.
type Came = Option<String>;

fn id(step: usize) -> String {
    format!("0190f6a2-4000-7000-8000-{step:012}")
}

fn sale(step: usize, mode: &str, at: Timestamp) -> Value {
    json!({
        "request_id": id(step), "mode": mode, "occurred_at": at.to_string(), "channel": "app", "currency": "EUR",
        "identifiers": [{"scheme": "etalons", "value": "ANNA-0001"}],
        "lines": [{"line_id": "1", "product": "transport.bus.regional.single", "quantity": 2, "unit_price": 715}],
    })
}

/// Trips of Velta's, of which twenty a month are free.
fn trips(step: usize, units: u32, at: Timestamp) -> Value {
    json!({
        "request_id": id(step), "occurred_at": at.to_string(), "channel": "conductor", "currency": "EUR",
        "identifiers": [{"scheme": "resident-card", "value": "VELTA-0004"}],
        "lines": [{"line_id": "1", "product": "transport.bus.city.single", "quantity": units, "unit_price": 85}],
    })
}

/// What Pēteris buys at the shop, where points are earned and pay.
fn shopping(step: usize, asked: &Value, at: Timestamp) -> Value {
    let mut sale = json!({
        "request_id": id(step), "occurred_at": at.to_string(), "channel": "till", "currency": "EUR",
        "identifiers": [{"scheme": "bank-card", "value": "PETERIS-BANK-0009"}],
        "lines": [{"line_id": "1", "product": "shop.coffee", "quantity": 2, "unit_price": 1000}],
    });
    sale.as_object_mut().unwrap().extend(asked.as_object().unwrap().clone());
    sale
}

/// A day of a folder: every kind of request, an import and another key between them.
fn script(files: &Folder, at: Timestamp) -> Vec<Step> {
    let sale = |step, mode| Step::Send(APP, "/v1/authorizations", sale(step, mode, at));
    let trips = |step, units| Step::Send(BUS, "/v1/authorizations", trips(step, units, at));
    let operate = |path, step| Step::Send(APP, path, json!({"request_id": id(step)}));
    let refund = json!({"request_id": id(3), "lines": [{"line_id": "1", "units": 1}]});
    let reversal = json!({"request_id": id(7), "original_request_id": id(6), "reason": "no answer came"});
    let sold_offline = |number: usize, amount: i64| {
        let mut request = self::sale(number, "sale", at);
        request["lines"][0]["quantity"] = json!(1);
        json!({"request": request, "device_time": at.to_string(), "device_sequence": number,
               "granted": [{"line_id": "1", "benefit": "lv-goda-gimene", "version": 4, "amount": amount}]})
    };
    let upload = json!({"records": [sold_offline(21, 358), sold_offline(22, 715)]});
    let newcomer = json!([{"holder": "h-new", "entitlements": [{"group": "goda-gimene"}],
                           "identifiers": [{"scheme": "etalons", "value": "NEW-1"}]}]);
    let import = |what: &str, path: String| Step::Import(vec![format!("--{what}"), path]);
    vec![
        sale(0, "sale"),
        sale(1, "hold"),
        operate("/v1/authorizations/{1}/capture", 2),
        Step::Send(APP, "/v1/authorizations/{1}/refunds", refund),
        sale(4, "hold"),
        operate("/v1/authorizations/{4}/void", 5),
        sale(6, "sale"),
        Step::Send(APP, "/v1/reversals", reversal),
        trips(8, 19),
        // A case of the demo shows what is suspended.
        Step::Import(vec!["--catalogue".to_owned(), suspended(files), "--despite-failing-cases".to_owned()]),
        trips(10, 2),
        Step::Rotate,
        Step::Send(APP, "/v1/advices", upload),
        import("holders", files.write_lines("new.ndjson", &newcomer)),
        trips(14, 1),
        Step::Send(SHOP, "/v1/authorizations", shopping(15, &json!({"coupons": ["DEMO-100"]}), at)),
        Step::Send(
            SHOP,
            "/v1/authorizations",
            shopping(16, &json!({"redeem": [{"program": "demo-points", "points": 150}]}), at),
        ),
        Step::Send(
            SHOP,
            "/v1/authorizations/{15}/refunds",
            json!({"request_id": id(17), "lines": [{"line_id": "1", "units": 1}]}),
        ),
    ]
}

/// The demo's rules with one suspended that nobody here uses.
fn suspended(files: &Folder) -> String {
    let text = std::fs::read_to_string(demo_data().join("catalogue.json")).unwrap();
    let mut catalogue: Value = serde_json::from_str(&text).unwrap();
    let benefits = catalogue["benefits"].as_array_mut().unwrap();
    let theatre = benefits.iter_mut().find(|benefit| benefit["code"] == "liepaja-theatre-youth").unwrap();
    theatre["suspensions"] = json!([{"from": "2026-01-01"}]);
    files.write("suspended.json", &catalogue)
}

/// A script in a folder of its own that it may be played in again and again.
struct Play {
    steps: Vec<Step>,
    folder: String,
}

impl Play {
    /// Does a step; none if the server was gone before it answered.
    fn step(&self, server: &Server, step: &Step, came: &[Came]) -> Came {
        match step {
            Step::Send(key, path, body) => Some(self.send(server, key, path, body, came)?.text),
            Step::Import(what) => {
                let what = what.iter().map(String::as_str);
                said(&["import", "--folder", &self.folder].into_iter().chain(what).collect::<Vec<_>>())
            }
            Step::Rotate => said(&["key", "--folder", &self.folder, "rotate", "demo-shop-till"]),
        }
    }

    fn send(&self, server: &Server, key: &str, path: &str, body: &Value, came: &[Came]) -> Option<Answer> {
        let mut path = path.to_owned();
        if let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
            let opened: usize = path[from + 1..to].parse().unwrap();
            let answer: Value = serde_json::from_str(came[opened].as_deref().unwrap()).unwrap();
            path.replace_range(from..=to, answer["authorization_id"].as_str().unwrap());
        }
        let answer = server.try_send(key, &path, body)?;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        Some(answer)
    }

    /// Everything until the power is cut.
    fn until_the_cut(&self, server: &Server) -> Vec<Came> {
        let mut came: Vec<Came> = Vec::new();
        for step in &self.steps {
            match self.step(server, step, &came) {
                None => break,
                answered => came.push(answered),
            }
        }
        came
    }

    /// Everything once more after it: what was answered has the same bytes (I2, I8), and the rest is done now.
    fn once_more(&self, server: &Server, mut came: Vec<Came>) {
        for (place, step) in self.steps.iter().enumerate() {
            let before = came.get(place).cloned().flatten();
            if let (Step::Rotate, Some(told)) = (step, &before) {
                // A key that was shown is a key.
                self.sells(server, told.lines().next().unwrap());
                continue;
            }
            let again = self.step(server, step, &came);
            match (step, before) {
                (Step::Send(..), Some(before)) => assert_eq!(again.as_ref(), Some(&before), "step {place}"),
                (Step::Import(_), Some(_)) => {
                    assert!(again.unwrap().contains(": 0 added, 0 changed"), "step {place} was imported");
                }
                // In doubt: it was recorded or not, and now it is.
                _ => came.push(Some(again.unwrap_or_else(|| panic!("step {place}")))),
            }
        }
        self.sells(server, SHOP);
    }

    /// Whether a key of the shop's is taken; what may apply there is another matter.
    fn sells(&self, server: &Server, key: &str) {
        assert_eq!(server.quote(key, "{}").status, 422);
    }
}

fn said(arguments: &[&str]) -> Came {
    let ran = avis(arguments);
    (ran.code == 0).then_some(ran.out)
}

/// What a stopped folder holds, but for what differs from run to run: moments and ids.
fn held(folder: &str) -> Vec<String> {
    let mut held = Vec::new();
    for (file, query) in [
        ("ledger.db", "SELECT code, subject, date, uses, units, discount, spent FROM usage ORDER BY 1, 2, 3"),
        ("ledger.db", "SELECT state, count(*) FROM authorization GROUP BY 1 ORDER BY 1"),
        ("ledger.db", "SELECT hex(request_id), kind, reversed FROM request ORDER BY 1"),
        ("ledger.db", "SELECT line_id, benefit, holder, grantor, provider FROM over_grant ORDER BY 1, 2, 3, 4, 5"),
        (
            "ledger.db",
            "SELECT program, ledger_account, lot, sum(points) FROM points_entry GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        ),
        ("ledger.db", "SELECT program, lot, points FROM points_lot ORDER BY 1, 2"),
        // A new key that nobody was told is made once more, by another revision.
        ("registry.db", "SELECT hex(rules), hex(holders) FROM revision GROUP BY 1, 2 ORDER BY min(number)"),
    ] {
        let connection = Connection::open(Path::new(folder).join(file)).unwrap();
        let mut statement = connection.prepare(query).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<_> = (0..columns).map(|column| format!("{:?}", row.get_ref(column).unwrap())).collect();
            held.push(cells.join(" "));
        }
    }
    held
}

/// The audit is whole, and each decision comes out again as it was recorded (I5); what was over-granted was none of ours.
fn holds(folder: &str) {
    let status = avis(&["status", "--folder", folder, "--verify"]);
    assert!(status.code == 0 && status.out.contains("audit                whole"), "{}{}", status.out, status.err);
    let ledger = Connection::open(Path::new(folder).join("ledger.db")).unwrap();
    let uneven =
        "SELECT count(*) FROM (SELECT 1 FROM points_entry GROUP BY program, account, number HAVING sum(points) <> 0)";
    assert_eq!(ledger.query_row(uneven, [], |row| row.get::<_, i64>(0)).unwrap(), 0, "points come from somewhere");
    let ids =
        ledger.prepare("SELECT hex(id) FROM authorization WHERE id NOT IN (SELECT authorization_id FROM over_grant)");
    let mut ids = ids.unwrap();
    let ids: Vec<String> = ids.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let arguments = ["replay", "--folder", folder].into_iter().chain(ids.iter().map(String::as_str));
    let replayed = avis(&arguments.collect::<Vec<_>>());
    assert_eq!(replayed.out.matches(": the same\n").count(), ids.len(), "{}{}", replayed.out, replayed.err);
}

/// The follower never found its copy to be other than the store (I3).
fn nothing_differs(server: &Server) {
    let metrics = server.get("/metrics").text;
    assert!(metrics.contains("avis_follower_mismatches_total 0\n"), "{metrics}");
}

fn copy(from: &str, to: &str) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), Path::new(to).join(file.file_name())).unwrap();
    }
}

#[test]
fn the_power_is_cut_at_every_write_of_a_day() {
    if !can_trace("the_power_is_cut_at_every_write_of_a_day") {
        return;
    }
    let files = Folder::new("f20-day");
    let (prepared, folder) = (format!("{}/prepared", files.path()), format!("{}/avis", files.path()));
    let _ = std::fs::remove_dir_all(&prepared);
    Server::serve(&prepared).stop();
    let play = Play { steps: script(&files, Timestamp::now()), folder: folder.clone() };
    let serve = ["serve", "--listen", "127.0.0.1:0", "--folder", &folder];

    copy(&prepared, &folder);
    let written = log(&files, "trace");
    let server = Server::started(watched(&written, &serve), LAST_WORDS).unwrap();
    let process = server.process_id();
    assert_eq!(play.until_the_cut(&server).len(), play.steps.len());
    server.stop();
    let (points, uncut) = (points(&written, process), held(&folder));

    let mut cut = 0;
    for point in chosen(&points) {
        copy(&prepared, &folder);
        let answered = match Server::started(killed_at(point, &serve), LAST_WORDS) {
            None => Vec::new(),
            Some(server) => play.until_the_cut(&server),
        };
        cut += usize::from(answered.len() < play.steps.len());
        let server = Server::serve_as_it_is(&folder);
        play.once_more(&server, answered);
        nothing_differs(&server);
        server.stop();
        assert_eq!(held(&folder), uncut, "{point:?}");
        holds(&folder);
    }
    eprintln!("the power was cut {cut} times, at {} of {} points", chosen(&points).len(), points.len());
    assert!(cut > 0);
}

#[test]
fn the_power_is_cut_at_every_write_of_a_first_start() {
    if !can_trace("the_power_is_cut_at_every_write_of_a_first_start") {
        return;
    }
    let files = Folder::new("f20-first");
    let folder = format!("{}/avis", files.path());
    let file = |name: &str| demo_data().join(name).to_str().unwrap().to_owned();
    let (catalogue, holders, terminals) = (file("catalogue.json"), file("holders.ndjson"), file("terminals.json"));
    let import = ["import", "--folder", &folder, "--catalogue", &catalogue, "--holders", &holders];
    let import = [&import[..], &["--terminals", &terminals]].concat();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--folder", &folder];
    let empty = || drop(std::fs::remove_dir_all(&folder));

    empty();
    let written = log(&files, "trace-import");
    let child = watched(&written, &import);
    let process = child.id();
    assert_eq!(ran_to_its_end(child).code, 0);
    for point in chosen(&points(&written, process)) {
        empty();
        ran_to_its_end(killed_at(point, &import));
        import_demo(&folder);
        assert!(
            avis(&["status", "--folder", &folder, "--verify"]).out.contains("audit                whole"),
            "{point:?}"
        );
    }

    let written = log(&files, "trace-serve");
    let server = Server::started(watched(&written, &serve), LAST_WORDS).unwrap();
    let process = server.process_id();
    // It answers, so it is there to be stopped in good order.
    assert_eq!(server.get("/readyz").status, 200);
    server.stop();
    for point in chosen(&points(&written, process)) {
        empty();
        import_demo(&folder);
        drop(Server::started(killed_at(point, &serve), LAST_WORDS));
        let server = Server::serve_as_it_is(&folder);
        assert_eq!(server.send(APP, "/v1/authorizations", sale(0, "sale", Timestamp::now()).to_string()).status, 200);
        nothing_differs(&server);
        server.stop();
        holds(&folder);
    }
}
