//! The server against its published description: schemathesis sends what the description allows and what it forbids.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::program::{Folder, Server};

const VERSION: &str = "4.32.5";
const SELLER: &str = "avis_demo_atd_app";
const EXPLAINER: &str = "avis_demo_atd_service_desk";
const EXPLAINING: [&str; 2] = ["/v1/explain", "/v1/authorizations/{id}/explain"];

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
                      response_headers_conformance,unsupported_method,allow_header_conformance,ignored_auth";

#[test]
fn the_server_keeps_to_its_description() {
    let Some(schemathesis) = Schemathesis::installed() else { return };
    let server = Server::start();
    let document = server.get("/openapi.json").json();
    let authorized = |mode: &str, number: u32| {
        let mut sold = example(&document, "/v1/authorizations").clone();
        (sold["mode"], sold["request_id"]) = (json!(mode), json!(format!("0190f6a2-5001-7000-8000-{number:012}")));
        let answer = server.send(SELLER, "/v1/authorizations", sold.to_string()).json();
        answer["authorization_id"].as_str().unwrap().to_owned()
    };
    let operations =
        [("capture", authorized("hold", 1)), ("void", authorized("hold", 2)), ("refunds", authorized("sale", 3))]
            .map(|(name, id)| (format!("/v1/authorizations/{{id}}/{name}"), id));
    let held = authorized("hold", 4);

    let (allowed, forbidden) = (meaningful(document.clone()), whole(document.clone()));
    let selling = |run: Run| run.excluding(&EXPLAINING);
    let explaining = |run: Run| run.including(&EXPLAINING);
    let positive = |key| Run::new("positive", key, &allowed).checking("positive_data_acceptance");
    let negative = |key| Run::new("negative", key, &forbidden).checking("negative_data_rejection");
    // Each record of an upload is refused on its own, inside an answer that is none.
    let runs = [
        selling(positive(SELLER)).in_turn(),
        selling(negative(SELLER)).excluding(&["/v1/advices"]),
        explaining(positive(EXPLAINER)).of_authorization(&held),
        explaining(negative(EXPLAINER)),
    ];
    // After the first of these the authorization allows no more, or fewer units: a refusal is as good an answer.
    let on_authorizations = operations.iter().map(|(path, id)| {
        Run::new("positive", SELLER, &allowed).including(&[path, "/v1/authorizations/{id}"]).of_authorization(id)
    });
    for run in runs.into_iter().chain(on_authorizations) {
        schemathesis.check(&server, &run);
    }
}

#[test]
fn every_example_is_answered_as_it_says() {
    let server = Server::start();
    let document = server.get("/openapi.json").json();
    let mut held = String::new();
    for path in [
        "/v1/quote",
        "/v1/authorizations",
        "/v1/authorizations/{id}/capture",
        "/v1/authorizations/{id}/refunds",
        "/v1/reversals",
        "/v1/advices",
        "/v1/explain",
    ] {
        let key = if path == "/v1/explain" { EXPLAINER } else { SELLER };
        let answer = server.send(key, &path.replace("{id}", &held), example(&document, path).to_string());
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let (answer, told) = (answer.json(), &document["paths"][path]["post"]["responses"]["200"]);
        let told = &told["content"]["application/json"]["example"];
        for field in ["request_id", "outcome", "state", "payable", "reasons"] {
            assert_eq!(answer[field], told[field], "{path}: {field}");
        }
        if path == "/v1/authorizations" {
            held = answer["authorization_id"].as_str().unwrap().to_owned();
        }
    }
}

#[test]
fn the_page_needs_nothing_else() {
    let server = Server::start();
    let page = server.get("/docs");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.text.contains("POST</b> /v1/quote") && page.text.contains("unit_price"));
    for foreign in ["<script", "<link", "<img", "src=", "=\"http", "url("] {
        assert!(!page.text.contains(foreign), "{foreign}");
    }
    for target in page.text.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(page.text.contains(&format!("id=\"{target}\"")), "#{target} leads nowhere");
    }
}

fn example<'a>(document: &'a Value, path: &str) -> &'a Value {
    &document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"]
}

/// Without what asks for newer data: that is refused with a 503, as it should be.
fn whole(mut document: Value) -> Value {
    document["components"]["schemas"]["Request"]["properties"].as_object_mut().unwrap().remove("min_revision");
    document
}

/// Narrowed to what the demo's terminals may send, and to what a schema can't say; answers have no field but the described.
fn meaningful(document: Value) -> Value {
    let mut document = whole(document);
    let schemas = &mut document["components"]["schemas"];
    for schema in schemas.as_object_mut().unwrap().values_mut().filter(|schema| schema["properties"].is_object()) {
        schema["additionalProperties"] = json!(false);
    }
    let mut narrow = |schema: &str, field: &str, to: Value| {
        let field = &mut schemas[schema]["properties"][field];
        assert!(field.is_object(), "{schema} has the field");
        field.as_object_mut().unwrap().extend(to.as_object().unwrap().clone());
    };
    narrow("Request", "currency", json!({"enum": ["EUR"]}));
    narrow("Request", "channel", json!({"enum": ["app", null]}));
    narrow("Identifier", "scheme", json!({"enum": ["etalons"]}));
    // Few that nobody knows: they are counted against guessing.
    narrow("Identifier", "value", json!({"enum": ["ANNA-0001", "karlis 0002", "JANIS-0005", "LAURA-0010"]}));
    let products = ["transport.bus.regional.single", "transport.bus.city.single", "transport.train.single"];
    for line in ["LineOfUnits", "LineOfOnePiece"] {
        narrow(line, "product", json!({"anyOf": [{"enum": products}, {"maxLength": 20}]}));
    }
    // A sale is of about now, and so is an upload: not of the year 9999.
    let days = ["2026-11-18T08:12:00+02:00", "2026-09-01T04:00:00Z", "2027-02-28T23:59:59.999-12:00"];
    narrow("Request", "occurred_at", json!({"enum": days}));
    narrow("UnitsOfLine", "line_id", json!({"anyOf": [{"enum": ["1"]}, {"minLength": 2}]}));
    // No tender stands twice, and no id.
    narrow("Request", "redeem", json!({"maxItems": 1}));
    let code = json!({"type": "string", "pattern": "^[A-Z0-9]{1,20}$"});
    narrow("Request", "coupons", json!({"maxItems": 1, "items": code}));
    for schema in ["Request", "Capture", "Refund"] {
        narrow(schema, "lines", json!({"maxItems": 1}));
    }
    document
}

/// For JSON Schema 2.0 is a whole number, too; the server takes none but 2.
const WHOLE_NUMBERS: &str = r#"
import schemathesis

def whole(value):
    if isinstance(value, dict):
        return {name: whole(field) for name, field in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value

@schemathesis.hook
def map_body(context, body):
    return whole(body)
"#;

/// What is sent by one terminal.
struct Run {
    mode: &'static str,
    key: &'static str,
    document: String,
    checks: String,
    phases: &'static str,
    paths: Vec<String>,
    authorization: Option<String>,
}

impl Run {
    fn new(mode: &'static str, key: &'static str, document: &Value) -> Self {
        let (document, checks) = (document.to_string(), CHECKS.to_owned());
        Self {
            mode,
            key,
            document,
            checks,
            phases: "examples,coverage,fuzzing",
            paths: Vec::new(),
            authorization: None,
        }
    }

    fn checking(self, check: &str) -> Self {
        Self { checks: format!("{},{check}", self.checks), ..self }
    }

    /// One call after another, with what those before it answered.
    fn in_turn(self) -> Self {
        Self { phases: "examples,coverage,fuzzing,stateful", ..self }
    }

    fn excluding(mut self, paths: &[&str]) -> Self {
        self.paths.extend(paths.iter().map(|path| format!("--exclude-path={path}")));
        self
    }

    fn including(mut self, paths: &[&str]) -> Self {
        self.paths.extend(paths.iter().map(|path| format!("--include-path={path}")));
        self
    }

    fn of_authorization(self, id: &str) -> Self {
        Self { authorization: Some(id.to_owned()), ..self }
    }

    fn settings(&self, hooks: &str) -> String {
        let id = self.authorization.iter().map(|id| format!("[parameters]\n\"path.id\" = \"{id}\"\n"));
        let id: String = id.collect();
        format!("hooks = \"{hooks}\"\n{id}[auth.openapi.terminal]\nbearer = \"{}\"\n", self.key)
    }
}

struct Schemathesis(PathBuf);

impl Schemathesis {
    /// In a virtual environment beside what is built; none where it can't be had.
    fn installed() -> Option<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("schemathesis-{VERSION}"));
        let program = folder.join("bin/schemathesis");
        if runs(Command::new(&program).arg("--version")).is_err() {
            let made = runs(Command::new("python3").args(["-m", "venv"]).arg(&folder));
            let install = ["install", "--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "15"];
            let mut pip = Command::new(folder.join("bin/pip"));
            pip.args(install).arg(format!("schemathesis=={VERSION}"));
            if let Err(missing) = made.and_then(|()| runs(&mut pip)) {
                let told = format!(
                    "\nSKIPPED: the server was not held against its description, since schemathesis {VERSION} can't be \
                     installed: {missing}\nIt needs `python3` (3.10 or later) with its `venv` module, and a Python package \
                     index that pip can reach.\n"
                );
                // Past the test's capture: who reads that all is well reads this too.
                let _ = std::io::stderr().write_all(told.as_bytes());
                return None;
            }
        }
        Some(Self(program))
    }

    fn check(&self, server: &Server, run: &Run) {
        let folder = Folder::new("schemathesis-runs");
        let document = folder.write("openapi.json", &run.document);
        let hooks = folder.write("whole_numbers.py", WHOLE_NUMBERS);
        let settings = folder.write("schemathesis.toml", &run.settings(&hooks));
        let output = Command::new(&self.0)
            .current_dir(folder.path())
            .args(["--config-file", &settings, "run", &document, "--url", &server.url(""), "--no-color"])
            .args(["--mode", run.mode, "--checks", &run.checks, "--max-examples", "15", "--seed", "1"])
            .args(["--generation-deterministic", "--continue-on-failure", "--phases", run.phases])
            .args(&run.paths)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        let worse = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} requests with {}:\n{told}\n{worse}", run.mode, run.key);
    }
}

/// Runs to its end; what it said if that was not well.
fn runs(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    let told = [output.stdout, output.stderr].concat();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&told).trim().to_owned()) }
}
