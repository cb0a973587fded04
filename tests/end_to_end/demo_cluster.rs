//! `avis demo --cluster`: a cluster to try, whose parts are stopped and started by typing.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use avis_testing::{KillAtDeadline, eventually, install_what_is_missing};
use serde_json::Value;

use crate::deployment::{DESK, new_id, single};
use crate::program::{agent, avis_in, command, demo_data};

/// A cluster with somebody who types.
struct Typed {
    child: Child,
    out: BufReader<ChildStdout>,
    welcome: String,
    engines: Vec<String>,
    agent: ureq::Agent,
}

impl Typed {
    fn start() -> Self {
        install_what_is_missing();
        let data = demo_data();
        let arguments = ["demo", "--cluster", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
        let mut child = command(&arguments).stdin(Stdio::piped()).spawn().unwrap();
        let _deadline = KillAtDeadline::new(child.id(), "a cluster to be there");
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut welcome = String::new();
        while !welcome.ends_with("nothing is kept.\n") {
            assert_ne!(out.read_line(&mut welcome).unwrap(), 0, "it ended: {welcome}");
        }
        let load = welcome.lines().find(|line| line.contains("--engine")).unwrap();
        let engines: Vec<String> = load.split(" --engine ").skip(1).map(str::to_owned).collect();
        assert_eq!(engines.len(), 2, "{load}");
        Self { child, out, welcome, engines, agent: agent() }
    }

    /// Types a line, and reads until this is said.
    fn types(&mut self, line: &str, until: &str) -> String {
        let _deadline = KillAtDeadline::new(self.child.id(), &format!("`{until}` after `{line}`"));
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
        let mut said = String::new();
        while !said.lines().any(|line| line.starts_with(until)) {
            assert_ne!(self.out.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
        said
    }

    /// Sends a sale once; none if it is to be sent again later.
    fn sent(&self, engine: usize, request: &Value) -> Option<String> {
        let post = self.agent.post(format!("{}/v1/authorizations", self.engines[engine]));
        let post = post.header("authorization", format!("Bearer {DESK}")).content_type("application/json");
        let mut answer = post.send(request.to_string()).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        match answer.status().as_u16() {
            200 => Some(text),
            503 => None,
            status => panic!("{status}: {text}"),
        }
    }

    /// Sends a sale until it is answered.
    fn sold(&self, engine: usize, request: &Value) -> String {
        eventually("an answer to a sale", || self.sent(engine, request), Option::is_some).unwrap()
    }

    /// Sends new sales until one is answered so. Those that were on their way to the database when it went wait for it.
    fn until_stale(&self, engine: usize, stale: bool) {
        let sent = || self.sent(engine, &single(&new_id()));
        let is_expected = |answer: &Option<String>| answer.as_ref().is_some_and(|answer| is_stale(answer) == stale);
        eventually(&format!("a sale with `stale` {stale}"), sent, is_expected);
    }
}

impl Drop for Typed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_stale(answer: &str) -> bool {
    serde_json::from_str::<Value>(answer).unwrap()["stale"] == true
}

#[test]
fn a_person_stops_every_part_in_turn_and_sales_go_on() {
    let mut demo = Typed::start();
    let before = single(&new_id());
    let answered = demo.sold(0, &before);
    assert!(!is_stale(&answered));
    let asked = demo.agent.get(format!("{}/v1/terminal", demo.engines[0]));
    let told = asked.header("authorization", format!("Bearer {DESK}")).call().unwrap().body_mut().read_to_string();
    let told: Value = serde_json::from_str(&told.unwrap()).unwrap();
    assert_eq!((&told["sales"]["past_s"], &told["sales"]["future_s"]), (&86_400.into(), &300.into()), "as `avis demo`");
    demo.types("stop nothing\nstatus", "two ");
    let is_equal = |status: &String| status.lines().any(|line| line.starts_with("two ") && line.contains("equal"));
    eventually("an engine that is equal to the store", || demo.types("status", "two "), is_equal);
    demo.types("stop redis", "redis is stopped");
    demo.types("stop redis", "redis does not run");
    assert_eq!(demo.sold(1, &before), answered, "news come later, and nothing else");
    demo.types("stop postgres", "postgres is stopped");
    let requests: Vec<Value> = (0..4).map(|_| single(&new_id())).collect();
    demo.until_stale(1, true);
    let answers: Vec<String> = requests.iter().map(|request| demo.sold(1, request)).collect();
    assert!(answers.iter().all(|answer| is_stale(answer)), "{answers:?}");
    demo.types("stop one", "one is stopped");
    assert!(TcpStream::connect(demo.engines[0].strip_prefix("http://").unwrap()).is_err());
    demo.types("start one", "one runs");
    assert!(is_stale(&demo.sold(0, &single(&new_id()))), "it starts from its snapshot");
    demo.types("start postgres", "postgres runs");
    demo.types("start redis", "redis runs");
    demo.types("start redis", "redis runs already");
    demo.until_stale(0, false);
    // What the other one sold without the database comes there; until then the first knows nothing of it.
    let metrics = |demo: &Typed| {
        demo.agent.get(format!("{}/metrics", demo.engines[1])).call().unwrap().body_mut().read_to_string()
    };
    let is_empty = |metrics: &String| metrics.contains("\navis_stand_in_journal 0\n");
    eventually("an empty journal", || metrics(&demo).unwrap(), is_empty);
    for (request, answer) in requests.iter().zip(&answers).chain([(&before, &answered)]) {
        assert_eq!(&demo.sold(0, request), answer);
    }
}

#[test]
fn nothing_is_left_behind_even_if_it_is_killed() {
    let mut demo = Typed::start();
    let folder = demo.welcome.lines().find_map(|line| line.strip_prefix("avis status --folder ")).unwrap().to_owned();
    let database =
        demo.welcome.lines().find_map(|line| line.strip_prefix("export AVIS_CLUSTER__DATABASE=postgres://postgres:"));
    let (_, database) = database.unwrap().split_once('@').unwrap();
    let database = database.split('/').next().unwrap().to_owned();
    assert!(Path::new(&folder).is_dir() && TcpStream::connect(&database).is_ok());
    demo.child.kill().unwrap();
    demo.child.wait().unwrap();
    let addresses: Vec<&str> =
        demo.engines.iter().map(|url| url.strip_prefix("http://").unwrap()).chain([&*database]).collect();
    let left = || {
        let listening = addresses.iter().filter(|address| TcpStream::connect(address).is_ok());
        (Path::new(&folder).exists(), listening.copied().collect::<Vec<_>>())
    };
    eventually("neither folder nor server", left, |(folder, listening)| !folder && listening.is_empty());
}

#[test]
fn people_sign_in_and_the_till_simulator_sells_at_an_engine() {
    let demo = Typed::start();
    let console = demo.welcome.lines().find_map(|line| line.strip_prefix("The console is at ")).unwrap();
    let console = console.split(' ').next().unwrap();
    assert!(demo.welcome.contains("aivars@state.example"), "{}", demo.welcome);
    let mut tried = demo.agent.get(format!("{console}/try")).call().unwrap();
    let html = tried.body_mut().read_to_string().unwrap();
    assert!(tried.status().as_u16() == 200 && html.contains("<form method=\"get\" action=\"/try\""), "{html}");
    let request = demo.agent.post(format!("{console}/sign-in")).header("sec-fetch-site", "same-origin");
    let form = "do=sign_in&email=aivars%40state.example&password=avis+demo+password&then=%2F";
    let request = request.config().max_redirects(0).build().content_type("application/x-www-form-urlencoded");
    let entered = request.send(form).unwrap();
    assert_eq!(entered.status().as_u16(), 303);
    assert!(entered.headers().contains_key("set-cookie"));
}

#[test]
fn what_is_not_installed_is_named_with_its_package() {
    let data = demo_data();
    let ran = avis_in(&[("PATH", "/nowhere")], &["demo", "--cluster", "--data", data.to_str().unwrap()]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.err.contains("`redis-server` is not installed: install the package `redis-server`"), "{}", ran.err);
}
