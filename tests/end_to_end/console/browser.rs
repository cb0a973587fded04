//! A headless Chromium, as somebody uses it: by its address bar, by clicks, and by keys alone.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use avis_testing::{eventually, install_browser};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use ureq::Body;
use ureq::http::Response;

use super::person::PASSWORD;
use crate::program::{Server, agent};

/// Keys as WebDriver names them.
pub(super) const TAB: &str = "\u{e004}";
pub(super) const ENTER: &str = "\u{e007}";
pub(super) const ESCAPE: &str = "\u{e00c}";
const CONTROL: &str = "\u{e009}";
/// How far somebody goes from one thing to the next before it is said that it can't be reached.
const TABS_MAX: usize = 300;

/// How often a driver is started before it is said that none can be.
const DRIVERS_MAX: usize = 10;

/// A headless Chromium, driven by the protocol of WebDriver.
pub(super) struct Browser {
    driver: Child,
    /// What it says, which it may not lose while it runs.
    _out: BufReader<ChildStdout>,
    session: String,
}

impl Browser {
    pub(super) fn start() -> Self {
        install_browser();
        let (driver, out, port) = (0..DRIVERS_MAX).find_map(|_| driver()).unwrap_or_else(|| {
            panic!("chromedriver found no port that is free on both loopback addresses, {DRIVERS_MAX} times")
        });
        let base = format!("http://127.0.0.1:{port}/session");
        let arguments =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage"];
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments}}}});
        let session = sent(&base, &wanted)["sessionId"].as_str().unwrap().to_owned();
        Self { driver, _out: out, session: format!("{base}/{session}") }
    }

    /// One that reads the pages of a server in English, at a width.
    pub(super) fn english(server: &Server, width: u32) -> Self {
        let browser = Self::start();
        browser.resize(width);
        browser.open(&server.url("/help"));
        browser.choose("avis-language", "en");
        browser
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Value {
        sent(&format!("{}{path}", self.session), body)
    }

    fn get(&self, path: &str) -> Value {
        came(agent().get(format!("{}{path}", self.session)).call().unwrap())
    }

    fn delete(&self, path: &str) {
        came(agent().delete(format!("{}{path}", self.session)).call().unwrap());
    }

    pub(super) fn open(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    pub(super) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    pub(super) fn choose(&self, cookie: &str, value: &str) {
        self.post("/cookie", &json!({"cookie": {"name": cookie, "value": value, "path": "/"}}));
    }

    /// Loses every cookie but the language, as at the end of a session.
    pub(super) fn forget_cookies(&self) {
        let language = self.get("/cookie/avis-language");
        self.delete("/cookie");
        self.post("/cookie", &json!({"cookie": language}));
    }

    pub(super) fn resize(&self, width: u32) {
        let metrics = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.post("/goog/cdp/execute", &json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": metrics}));
    }

    /// A picture of the whole page (PNG).
    pub(super) fn picture(&self) -> Vec<u8> {
        let [width, height] =
            ["innerWidth", "document.documentElement.scrollHeight"].map(|size| self.run(&format!("return {size}")));
        let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
        let wanted = json!({"captureBeyondViewport": true, "clip": clip});
        let taken = self.post("/goog/cdp/execute", &json!({"cmd": "Page.captureScreenshot", "params": wanted}));
        STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()
    }

    /// What it wrote on its console since it was asked last.
    pub(super) fn said(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({"type": "browser"}));
        entries.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Presses a key, or types a text.
    pub(super) fn press(&self, keys: &str) {
        let each = keys.chars().flat_map(|key| ["keyDown", "keyUp"].map(|what| json!({"type": what, "value": key})));
        self.keys(&each.collect::<Vec<Value>>());
    }

    fn keys(&self, actions: &[Value]) {
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]}));
    }

    /// Goes by the tabulator to what a selector names, and nowhere by other ways.
    pub(super) fn tab_to(&self, selector: &str) {
        let is_there = format!("return document.activeElement?.matches({}) === true", Value::from(selector));
        for _ in 0..TABS_MAX {
            self.press(TAB);
            if self.run(&is_there) == true {
                return;
            }
        }
        panic!("nobody gets to `{selector}` by keys at {}", self.run("return location.href"));
    }

    /// Writes something in the place of what stands in a field that has the focus.
    pub(super) fn write(&self, text: &str) {
        let down = |key: &str| json!({"type": "keyDown", "value": key});
        let up = |key: &str| json!({"type": "keyUp", "value": key});
        self.keys(&[down(CONTROL), down("a"), up("a"), up(CONTROL)]);
        self.press(text);
    }

    /// Presses what a selector names, reached by keys alone.
    pub(super) fn enter(&self, selector: &str) {
        self.tab_to(selector);
        self.press(ENTER);
    }

    /// Goes to a room by keys alone: those among which it stands are opened first.
    pub(super) fn go_to(&self, room: &str) {
        self.enter(&format!("nav details:has(a[href='{room}']) > summary"));
        self.enter(&format!("nav a[href='{room}']"));
        self.arrives(room);
    }

    /// What a selector names reads so, sooner or later; blanks that no line breaks at are blanks.
    pub(super) fn reads(&self, selector: &str, text: &str) {
        let script = format!(
            "return (document.querySelector({})?.innerText ?? '').replaceAll('\\u00a0', ' ')",
            Value::from(selector)
        );
        eventually(text, || self.run(&script), |read| read.as_str().is_some_and(|read| read.contains(text)));
    }

    /// Signs in by keys alone.
    pub(super) fn sign_in_by_keys(&self, server: &Server, email: &str) {
        self.open(&server.url("/sign-in"));
        self.tab_to("#sign_in-email");
        self.press(email);
        self.tab_to("#sign_in-password");
        self.press(PASSWORD);
        self.press(ENTER);
        self.arrives("/");
    }

    /// The page of a path is there.
    pub(super) fn arrives(&self, path: &str) {
        let script = "return document.readyState === 'complete' ? location.pathname : ''";
        eventually(
            "a page",
            || self.run(script),
            |at| at == path || (path.len() > 1 && at.as_str().is_some_and(|at| at.starts_with(path))),
        );
    }

    pub(super) fn sign_in(&self, server: &Server, email: &str) {
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

/// A driver that listens, what it says, and its port; none where it ended first. It takes any port that is free on one
/// loopback address and ends where the same port of the other one is taken, which tests beside this one bring about.
fn driver() -> Option<(Child, BufReader<ChildStdout>, u16)> {
    let mut driver = Command::new("chromedriver");
    let driver = driver.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let missing = "the tests of the console need Debian's packages `chromium` and `chromium-driver`";
    let mut driver = driver.unwrap_or_else(|error| panic!("{missing}: {error}"));
    let mut out = BufReader::new(driver.stdout.take().unwrap());
    let mut line = String::new();
    while out.read_line(&mut line).unwrap() > 0 {
        if let Some((_, port)) = line.trim().split_once("successfully on port ") {
            let port = port.trim_end_matches('.').parse().unwrap_or_else(|_| panic!("chromedriver said `{port}`"));
            return Some((driver, out, port));
        }
        line.clear();
    }
    driver.wait().unwrap();
    None
}

fn sent(url: &str, body: &Value) -> Value {
    came(agent().post(url).content_type("application/json").send(body.to_string()).unwrap())
}

/// The value of an answer.
fn came(mut response: Response<Body>) -> Value {
    let text = response.body_mut().with_config().limit(64 * 1024 * 1024).read_to_string().unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(response.status().as_u16(), 200, "{text:.600}");
    answer["value"].clone()
}
