//! The console in a real browser: every page fits, says nothing on its console, and is accessible as far as a machine can tell.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use avis_testing::{eventually, install_browser};
use serde_json::{Value, json};

use super::USERS;
use super::person::PASSWORD;
use crate::program::{Server, agent};

/// Rules by which pages are looked at: WCAG 2.2 up to AA.
const TAGS: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const AXE: &str = "axe-core@4.11.0";

/// Pages behind the rooms that the demo has something for.
const DEEPER: [(&str, &str); 6] = [
    ("peteris@atd.example", "/terminals/atd-desk"),
    ("solvita@shop.example", "/programmes/demo-points"),
    ("solvita@shop.example", "/campaigns/demo-hundred"),
    ("solvita@shop.example", "/adjustments"),
    ("raivis@riga.example", "/budgets"),
    ("olga@operator.example", "/indicators?since=2026-01-01"),
];

/// A headless Chromium, driven by the protocol of WebDriver.
struct Browser {
    driver: Child,
    /// What it says, which it may not lose while it runs.
    _out: BufReader<ChildStdout>,
    session: String,
}

impl Browser {
    fn start() -> Self {
        install_browser();
        let mut driver = Command::new("chromedriver");
        let driver = driver.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let missing = "the tests of the console need Debian's packages `chromium` and `chromium-driver`";
        let mut driver = driver.unwrap_or_else(|error| panic!("{missing}: {error}"));
        let mut out = BufReader::new(driver.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("successfully on port ") {
            line.clear();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "chromedriver ended");
        }
        let port = line.trim().rsplit(' ').next().unwrap();
        let base = format!("http://127.0.0.1:{}/session", port.trim_end_matches('.'));
        let arguments =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"];
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments}}}});
        let session = sent(&base, &wanted)["sessionId"].as_str().unwrap().to_owned();
        Self { driver, _out: out, session: format!("{base}/{session}") }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        sent(&format!("{}{path}", self.session), body)
    }

    fn open(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    fn choose(&self, cookie: &str, value: &str) {
        self.post("/cookie", &json!({"cookie": {"name": cookie, "value": value, "path": "/"}}));
    }

    fn resize(&self, width: u32) {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.post("/goog/cdp/execute", &json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics}));
    }

    /// What it wrote on its console since it was asked last.
    fn said(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({"type": "browser"}));
        entries.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    fn sign_in(&self, server: &Server, email: &str) {
        self.open(&server.url("/sign-in"));
        let fill =
            |field: &str, value: &str| format!("document.querySelector('{field}').value={};", Value::from(value));
        self.run(&format!(
            "{}{}document.querySelector('#sign_in button').click();",
            fill("#sign_in-email", email),
            fill("#sign_in-password", PASSWORD)
        ));
        eventually("a sign-in", || self.run("return location.pathname"), |path| path == "/");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = agent().delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn sent(url: &str, body: &Value) -> Value {
    let mut response = agent().post(url).content_type("application/json").send(body.to_string()).unwrap();
    let text = response.body_mut().with_config().limit(64 * 1024 * 1024).read_to_string().unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(response.status().as_u16(), 200, "{url}: {text:.600}");
    answer["value"].clone()
}

/// axe's script; none where npm or its registry can't be had.
fn axe() -> Option<String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("axe");
    let script = folder.join("package/axe.min.js");
    if !script.exists() {
        fs::create_dir_all(&folder).unwrap();
        let run = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            command
                .current_dir(&folder)
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null());
            command.output().ok().filter(|output| output.status.success())
        };
        let packed = run("npm", &["pack", "--silent", AXE])?;
        let name = String::from_utf8(packed.stdout).unwrap();
        run("tar", &["xzf", Path::new(name.trim()).to_str().unwrap()])?;
    }
    fs::read_to_string(script).ok()
}

#[test]
fn every_page_fits_its_window_and_is_accessible_in_both_languages_and_themes() {
    let server = Server::start();
    let browser = Browser::start();
    let axe = axe();
    if axe.is_none() {
        eprintln!("SKIPPED: pages were not looked at by axe, since npm can't get {AXE}");
    }
    let ways = [("lv", "light", 1280), ("en", "dark", 390), ("lv", "dark", 1280), ("en", "light", 390)];
    for (place, (email, ..)) in USERS.into_iter().enumerate() {
        browser.sign_in(&server, email);
        let (language, theme, width) = ways[place % ways.len()];
        browser.choose("avis-language", language);
        browser.choose("avis-theme", theme);
        browser.resize(width);
        browser.open(&server.url("/"));
        let rooms = browser.run("return [...document.querySelectorAll('nav a')].map(a => a.pathname)");
        let rooms = rooms.as_array().unwrap().iter().map(|room| room.as_str().unwrap());
        let deeper = DEEPER.iter().filter(|(whose, _)| *whose == email).map(|(_, path)| *path);
        for room in rooms.chain(deeper) {
            browser.open(&server.url(room));
            eventually("a page", || browser.run("return document.querySelector('h1') !== null"), |is| *is == true);
            let widest = browser.run("return document.documentElement.scrollWidth");
            assert!(widest.as_i64().unwrap() <= i64::from(width), "{room} at {width}: {widest}");
            assert_eq!(browser.run("return document.documentElement.lang"), language);
            if let Some(axe) = &axe {
                look(&browser, axe, &format!("{email} {room} {theme} {width}"));
            }
            assert_eq!(browser.said(), Vec::<String>::new(), "{room}");
        }
        // Who comes next is not to meet who was here.
        browser.open(&server.url("/"));
        browser.run("document.querySelector('form[action=\"/sign-out\"] button').click()");
        eventually("a sign-out", || browser.run("return location.pathname"), |path| path == "/sign-in");
    }
}

/// Looks at a page by axe.
fn look(browser: &Browser, axe: &str, page: &str) {
    browser.run(axe);
    let script = format!(
        "const done = arguments[arguments.length - 1]; axe.run({{runOnly: {}}}).then(found => done(found.violations.map(one => \
         one.id + ': ' + one.nodes.map(node => node.html).join(' | '))))",
        json!(TAGS)
    );
    let found = browser.post("/execute/async", &json!({"script": script, "args": []}));
    assert_eq!(found, json!([]), "{page}");
}

#[test]
fn a_fault_takes_the_focus_and_leads_to_its_field() {
    let server = Server::start();
    let browser = Browser::start();
    browser.sign_in(&server, "elza@state.example");
    browser.open(&server.url("/groups"));
    browser.run("document.querySelector('#make button').click()");
    eventually("a fault", || browser.run("return document.activeElement.className"), |class| class == "summary");
    browser.run("document.querySelector('.summary a').click()");
    let focused = || browser.run("return document.querySelector(location.hash)?.name");
    eventually("the field of the fault", focused, |name| name == "code");
}
