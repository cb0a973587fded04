//! Runs the program: once to its end, or as a server to talk to.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use avis_testing::{DEADLINE, KillAtDeadline, TempFolder, end_if_it_hangs};
use serde_json::Value;
use ureq::http::Response;

/// The folder of the demo data.
pub(crate) fn demo_data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("demo")
}

/// The demo's data without what happened before, so that a test begins with nothing sold.
pub(crate) fn without_past() -> TempFolder {
    let folder = TempFolder::new("demo-data");
    for file in std::fs::read_dir(demo_data()).unwrap().map(Result::unwrap) {
        if file.file_type().unwrap().is_file() && file.file_name() != "history.json" {
            std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
    }
    folder
}

/// What a run of the program left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The lines of the standard output as JSON.
    pub(crate) fn answers(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Runs the program to its end.
pub(crate) fn avis(arguments: &[&str]) -> Ran {
    avis_fed(arguments, "")
}

/// Runs the program to its end in an environment.
pub(crate) fn avis_in(environment: &[(&str, &str)], arguments: &[&str]) -> Ran {
    finished(command(arguments).envs(environment.iter().copied()), "")
}

/// Runs the program to its end with a standard input.
pub(crate) fn avis_fed(arguments: &[&str], input: &str) -> Ran {
    finished(&mut command(arguments), input)
}

/// Runs the program to its end in an environment, with a standard input.
pub(crate) fn avis_in_fed(environment: &[(&str, &str)], arguments: &[&str], input: &str) -> Ran {
    finished(command(arguments).envs(environment.iter().copied()), input)
}

fn finished(command: &mut Command, input: &str) -> Ran {
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut fed = child.stdin.take().unwrap();
    // It may answer before it has read everything: neither waits for the other.
    std::thread::scope(|scope| {
        scope.spawn(move || fed.write_all(input.as_bytes()).unwrap());
        ran_to_its_end(child)
    })
}

/// What a run left behind that goes to its end, or is killed before it (code -1).
pub(crate) fn ran_to_its_end(child: Child) -> Ran {
    let _deadline = KillAtDeadline::new(child.id(), "a run to its end");
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A run that is fed line by line.
pub(crate) struct Conversation {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Conversation {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// Sends a line and waits for the answer.
    pub(crate) fn say(&mut self, line: &Value) -> Value {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
        let mut answer = String::new();
        let _deadline = KillAtDeadline::new(self.child.id(), "an answer to a line");
        self.out.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // It ends with its input.
        let _deadline = KillAtDeadline::new(self.child.id(), "the end after the last line");
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The program.
pub(crate) const AVIS: &str = env!("CARGO_BIN_EXE_avis");

pub(crate) fn command(arguments: &[&str]) -> Command {
    end_if_it_hangs();
    let mut command = Command::new(AVIS);
    command.args(arguments).stdout(Stdio::piped());
    command
}

/// How many rounds a race has, unless `RACE_ROUNDS` says otherwise.
pub(crate) fn race_rounds(usual: usize) -> usize {
    std::env::var("RACE_ROUNDS").map_or(usual, |text| text.parse().unwrap())
}

/// How many people a story has, unless `STORY_PEOPLE` says otherwise.
pub(crate) fn story_people(usual: usize) -> usize {
    std::env::var("STORY_PEOPLE").map_or(usual, |text| text.parse().unwrap())
}

/// Whose requests come to an end, whatever the other side does.
pub(crate) fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_connect(Some(DEADLINE));
    config.timeout_recv_response(Some(DEADLINE)).timeout_recv_body(Some(DEADLINE)).build().into()
}

/// A folder of one test's own files, with nothing in it that an earlier run left.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file and returns its path.
    pub(crate) fn write(&self, name: &str, text: &(impl ToString + ?Sized)) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// One document a line.
    pub(crate) fn write_lines(&self, name: &str, documents: &Value) -> String {
        let lines: Vec<String> = documents.as_array().unwrap().iter().map(|document| format!("{document}\n")).collect();
        self.write(name, &lines.concat())
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

/// Imports the demo's rules, people and terminals into a folder; again, if they are there already, without effect.
pub(crate) fn import_demo(folder: &str) {
    let file = |name: &str| demo_data().join(name).to_str().unwrap().to_owned();
    let (catalogue, holders, terminals) = (file("catalogue.json"), file("holders.ndjson"), file("terminals.json"));
    let sources = ["--catalogue", &catalogue, "--holders", &holders, "--terminals", &terminals];
    let ran = avis(&[&["import", "--folder", folder], &sources[..]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
}

/// Settings by which sales of any day are taken, as far as tests know it: fifty years to and fro.
pub(crate) const ANY_TIME: [(&str, &str); 2] =
    [("AVIS_SELLING__PAST_S", "1576800000"), ("AVIS_SELLING__FUTURE_S", "1576800000")];

/// A server of the demo data on a free port; stopped when it is dropped.
pub(crate) struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    /// What it said before it listened and the address it named.
    pub(crate) welcome: String,
    address: String,
    agent: ureq::Agent,
}

impl Server {
    /// The demo, which takes sales of the days that its rules tell of.
    pub(crate) fn start() -> Self {
        let data = without_past();
        // Everything is read before it listens.
        Self::of_data(data.path())
    }

    /// The same with what happened before.
    pub(crate) fn with_past() -> Self {
        Self::of_data(&demo_data())
    }

    /// The demo of a folder of data.
    pub(crate) fn of_data(data: &Path) -> Self {
        let arguments = ["demo", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
        Self::run_in(&ANY_TIME, &arguments, "Stop with Ctrl-C.\n")
    }

    /// The demo's rules and people, with a ledger that lasts in a folder.
    pub(crate) fn serve(folder: &str) -> Self {
        import_demo(folder);
        Self::serve_as_it_is(folder)
    }

    /// What is in a folder already.
    pub(crate) fn serve_as_it_is(folder: &str) -> Self {
        Self::run(&["serve", "--listen", "127.0.0.1:0", "--folder", folder], " terminals.\n")
    }

    pub(crate) fn run(arguments: &[&str], last_words: &str) -> Self {
        Self::run_in(&[], arguments, last_words)
    }

    /// In an environment.
    pub(crate) fn run_in(environment: &[(&str, &str)], arguments: &[&str], last_words: &str) -> Self {
        let child = command(arguments).envs(environment.iter().copied()).spawn().unwrap();
        Self::started(child, last_words).unwrap()
    }

    /// One that is starting; none if it ends before it listens.
    pub(crate) fn started(mut child: Child, last_words: &str) -> Option<Self> {
        let _deadline = KillAtDeadline::new(child.id(), "a server to listen");
        let mut out = BufReader::new(child.stdout.take().unwrap());
        if let Some(mut err) = child.stderr.take() {
            // One that nobody reads would fill up, and the server would wait.
            std::thread::spawn(move || std::io::copy(&mut err, &mut std::io::stderr()));
        }
        let mut welcome = String::new();
        while !welcome.ends_with(last_words) {
            if out.read_line(&mut welcome).unwrap() == 0 {
                child.wait().unwrap();
                return None;
            }
        }
        let address = welcome
            .split_whitespace()
            .find(|word| word.starts_with("http://") || word.starts_with("https://"))
            .unwrap();
        // Of an address with a path, what it begins with.
        let address = address.split('/').take(3).collect::<Vec<_>>().join("/");
        Some(Self { child, out, welcome, address, agent: agent() })
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        Answer::of(self.agent.get(self.url(path)).call().unwrap())
    }

    /// Reads with headers.
    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request =
            headers.iter().fold(self.agent.get(self.url(path)), |request, (name, value)| request.header(*name, *value));
        Answer::of(request.call().unwrap())
    }

    /// Reads with a terminal's key.
    pub(crate) fn read(&self, key: &str, path: &str) -> Answer {
        Answer::of(self.agent.get(self.url(path)).header("authorization", format!("Bearer {key}")).call().unwrap())
    }

    /// Sends a quote's body with a terminal's key.
    pub(crate) fn quote(&self, key: &str, body: impl AsRef<[u8]>) -> Answer {
        self.send(key, "/v1/quote", body)
    }

    /// Sends a body of JSON with a terminal's key.
    pub(crate) fn send(&self, key: &str, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.post(path, &[("authorization", &format!("Bearer {key}")), ("content-type", "application/json")], body)
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let request = headers
            .iter()
            .fold(self.agent.post(self.url(path)), |request, (name, value)| request.header(*name, *value));
        Answer::of(request.send(body.as_ref()).unwrap())
    }

    /// Sends a body of JSON; none if the server is gone before its answer has come.
    pub(crate) fn try_send(&self, key: &str, path: &str, body: &Value) -> Option<Answer> {
        let request = self.agent.post(self.url(path)).header("authorization", format!("Bearer {key}"));
        let mut response = request.content_type("application/json").send(body.to_string()).ok()?;
        let text = response.body_mut().read_to_string().ok()?;
        Some(Answer { status: response.status().as_u16(), head: response.headers().clone(), text })
    }

    /// Kills it, as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended, as it was asked to.
    pub(crate) fn ended(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    fn ask_to_stop(&self) -> bool {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().is_ok_and(|asked| asked.success())
    }

    /// Asks it to stop and waits until it did; what it said meanwhile.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        let _deadline = KillAtDeadline::new(self.child.id(), "a server to stop");
        assert!(self.ask_to_stop());
        let status = self.child.wait().unwrap();
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.out, &mut rest).unwrap();
        (status, rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _deadline = KillAtDeadline::new(self.child.id(), "a server to stop");
        // It may have stopped already; else it takes its folder with it.
        if self.child.try_wait().is_ok_and(|stopped| stopped.is_none()) && !self.ask_to_stop() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: ureq::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    fn of(mut response: Response<ureq::Body>) -> Self {
        let text = response.body_mut().read_to_string().unwrap();
        Self { status: response.status().as_u16(), head: response.headers().clone(), text }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.head.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
