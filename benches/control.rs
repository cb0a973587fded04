//! What a page of the console and a call of the control plane cost the processor at 1,000 benefits of one provider and 42 parties:
//! the CPU time of all threads of the program for one request, by percentile; and how much longer a till waits for a quote beside people
//! who look at pages, as a ratio of medians in one run.
//!
//! `cargo bench --bench control` measures that. Without `--bench` it is small, so that nothing rots. CPU time is the system's own
//! account of the threads, in nanoseconds: who else runs on the machine counts little.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a bench may stop at what it does not expect"
)]

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use avis_testing::{KillAtDeadline, SetOnDrop, TempFolder, eventually};
use serde_json::{Value, json};

const PARTIES: usize = 42;
const PASSWORD: &str = "tilts pāri lielajai upei";
/// Who asks faster is told to come more slowly.
const PACE: Duration = Duration::from_millis(60);

fn main() {
    common::leaving_nothing(bench);
}

fn bench() {
    let full = std::env::args().any(|argument| argument == "--bench");
    let (benefits, rounds) = if full { (1_000, 100) } else { (20, 2) };
    let temporary = TempFolder::new("bench-control");
    let server = Server::of(temporary.path(), benefits);
    let operator = server.come_in(&server.link, "olga@avis.lv");
    for number in 0..PARTIES - 2 {
        server.party(&operator, &format!("party-{number}"), "grantor");
    }
    server.party(&operator, "state", "grantor");
    let invited = server.posted(&operator, "/invitations", &json!({"party": "state", "role": "ed"}));
    let editor = server.come_in(invited["link"].as_str().unwrap(), "ed@state.lv");

    println!("CPU time of one request in ms, {benefits} benefits, {PARTIES} parties: median, 95 of 100, greatest");
    for path in ["/", "/parties", "/users", "/engines", "/terminals", "/benefits", "/account"] {
        server.measure("op", &operator, path, rounds);
    }
    for path in ["/", "/benefits", "/drafts", "/groups", "/figures", "/priorities/provider-0"] {
        server.measure("ed", &editor, path, rounds);
    }
    for path in
        ["/admin/v1/benefits?limit=50", "/admin/v1/parties?limit=50", "/admin/v1/providers/provider-0/priorities"]
    {
        server.measure("ed", &editor, path, rounds);
    }
    server.beside([&operator, &editor], if full { 10 } else { 1 });
}

/// Quotes of one turn.
const QUOTES: u32 = 300;
/// Nobody looks longer than that.
const TURN_MAX: Duration = Duration::from_secs(60);
/// At which page each visitor looks over and over, and by which cookie.
const PAGES: [(&str, usize); 4] = [("/", 0), ("/benefits", 1), ("/account", 0), ("/", 1)];

/// A program that serves a folder.
struct Server {
    child: Child,
    address: String,
    link: String,
}

impl Server {
    /// Of rules in which all benefits meet at one provider.
    fn of(folder: &Path, benefits: usize) -> Self {
        let mut catalogue = common::catalogue(benefits);
        for benefit in catalogue["benefits"].as_array_mut().unwrap() {
            benefit["scope"]["providers"]["codes"] = json!(["provider-0"]);
        }
        let (rules, served) = (folder.join("catalogue.json"), folder.join("avis"));
        std::fs::write(&rules, catalogue.to_string()).unwrap();
        let terminals = folder.join("terminals.json");
        let till = json!({"terminal": "desk", "provider": "provider-0", "key": common::KEY, "channels": ["desk"],
            "schemes": ["etalons"]});
        std::fs::write(&terminals, json!({"terminals": [till]}).to_string()).unwrap();
        let files = ["--catalogue", text(&rules), "--terminals", text(&terminals)];
        let imported = avis(&[&["import", "--folder", text(&served)], &files[..]].concat()).output().unwrap();
        assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
        let mut serve = avis(&["serve", "--listen", "127.0.0.1:0", "--folder", text(&served)]);
        let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let deadline = KillAtDeadline::new(child.id(), "a server to listen");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line = line.unwrap();
            line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned)
        });
        drop(deadline);
        // What it says later has to go somewhere.
        std::thread::spawn(move || lines.for_each(drop));
        let link = std::fs::read_to_string(served.join("first-operator.link")).unwrap().trim().to_owned();
        let address = address.unwrap().split('/').take(3).collect::<Vec<_>>().join("/");
        Self { child, address, link }
    }

    fn posted(&self, cookie: &str, path: &str, body: &Value) -> Value {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let key = format!("0190f6a2-9000-7000-8000-{:012}", NEXT.fetch_add(1, Ordering::Relaxed));
        let send = || {
            let request =
                ureq::post(format!("{}/admin/v1{path}", self.address)).config().http_status_as_error(false).build();
            let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
            let mut response = request
                .header("idempotency-key", &key)
                .content_type("application/json")
                .send(body.to_string())
                .unwrap();
            (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
        };
        let (status, text) = eventually("an answer", send, |(status, _)| *status != 429);
        assert!(status < 300, "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn party(&self, operator: &str, code: &str, capacity: &str) {
        let party = json!({"code": code, "name": {"lv": code, "en": code}, "capacities": [capacity]});
        self.posted(operator, "/parties", &party);
    }

    /// Takes up a link and signs in; the cookie.
    fn come_in(&self, link: &str, email: &str) -> String {
        let new = json!({"link": link, "email": email, "name": "Kāds", "password": PASSWORD});
        self.posted("", "/invitations/accept", &new);
        let request = ureq::post(format!("{}/admin/v1/sessions", self.address)).content_type("application/json");
        let response = request.send(json!({"email": email, "password": PASSWORD}).to_string()).unwrap();
        response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
    }

    fn measure(&self, role: &str, cookie: &str, path: &str, rounds: usize) {
        let mut costs = Vec::new();
        // The first rounds fill what is kept in memory.
        for round in 0..rounds + 3 {
            std::thread::sleep(PACE);
            let before = self.cpu();
            let request = ureq::get(format!("{}{path}", self.address)).config().http_status_as_error(false).build();
            let mut response = request.header("cookie", cookie).call().unwrap();
            let (status, body) = (response.status().as_u16(), response.body_mut().read_to_vec().unwrap());
            assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
            if round >= 3 {
                costs.push(self.cpu() - before);
            }
        }
        costs.sort_unstable();
        let at = |part: usize| costs[(costs.len() - 1) * part / 100] as f64 / 1e6;
        println!("{role} {path:<45} {:>8.2} {:>8.2} {:>8.2}", at(50), at(95), at(100));
    }

    /// How long a till waits for a quote beside a busy console: quiet and busy turns follow one another.
    fn beside(&self, cookies: [&str; 2], turns: usize) {
        let (mut quiet, mut busy) = (Vec::new(), Vec::new());
        self.quotes();
        for _ in 0..turns {
            quiet.extend(self.quotes());
            let is_over = AtomicBool::new(false);
            let looked: u64 = std::thread::scope(|scope| {
                let over = SetOnDrop(&is_over);
                let is_over = &is_over;
                let visitors = PAGES.map(|(page, role)| scope.spawn(move || self.look(page, cookies[role], is_over)));
                busy.extend(self.quotes());
                drop(over);
                visitors.into_iter().map(|visitor| visitor.join().unwrap()).sum()
            });
            assert!(looked > 0, "nobody looked at a page");
        }
        let [quiet, busy] = [quiet, busy].map(|mut waits| {
            waits.sort_unstable();
            [50, 95].map(|part| waits[(waits.len() - 1) * part / 100].as_secs_f64() * 1e3)
        });
        println!(
            "a till's quote in ms, median and 95 of 100: quiet {:.3} {:.3}, beside {} who look at pages {:.3} {:.3}; ratio of \
             medians {:.2}",
            quiet[0],
            quiet[1],
            PAGES.len(),
            busy[0],
            busy[1],
            busy[0] / quiet[0]
        );
    }

    /// Looks at a page over and over; how often it was shown.
    fn look(&self, page: &str, cookie: &str, is_over: &AtomicBool) -> u64 {
        // Their browsers run elsewhere: they are not to take a processor from the till.
        avis_store::give_way();
        let (begun, mut looked) = (Instant::now(), 0);
        while begun.elapsed() < TURN_MAX && !is_over.load(Ordering::Relaxed) {
            let request = ureq::get(format!("{}{page}", self.address)).config().http_status_as_error(false).build();
            let mut response = request.header("cookie", cookie).call().unwrap();
            assert!(!response.body_mut().read_to_vec().unwrap().is_empty(), "{page}");
            looked += u64::from(response.status() == 200);
            std::thread::sleep(PACE);
        }
        looked
    }

    /// How long each quote of a turn took.
    fn quotes(&self) -> Vec<Duration> {
        let agent = ureq::Agent::new_with_defaults();
        // Who shows means that nobody knows is slowed down.
        let mut body: Value = serde_json::from_str(common::BODY).unwrap();
        body["identifiers"] = json!([]);
        let body = body.to_string();
        let quote = |_| {
            let begun = Instant::now();
            let request = agent.post(format!("{}/v1/quote", self.address)).content_type("application/json");
            let request = request.header("authorization", format!("Bearer {}", common::KEY));
            let answer = request.send(&body).unwrap().body_mut().read_to_vec().unwrap();
            assert!(!answer.is_empty());
            begun.elapsed()
        };
        (0..QUOTES).map(quote).collect()
    }

    /// Nanoseconds that the threads of the program ran.
    fn cpu(&self) -> u64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let ran = |task: std::fs::DirEntry| {
            let stat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            stat.split_whitespace().next()?.parse::<u64>().ok()
        };
        tasks.filter_map(|task| ran(task.ok()?)).sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn avis(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_avis"));
    command.args(arguments);
    command
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
