//! `avis decide`.

use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Conversation, Folder, Ran, avis, avis_fed, demo_data};

/// Two free trips a month for members, then full price.
fn catalogue() -> Value {
    json!({
        "currency": "EUR", "groups": [{"code": "member", "owner": "state"}], "providers": [{"code": "bus", "tags": []}],
        "benefits": [{
            "code": "two-trips", "version": 1, "grantor": "state", "name": {"lv": "Divi braucieni", "en": "Two trips"},
            "priority": 1, "scope": {"providers": {"all": true}}, "when": {"member_of": {"groups": ["member"]}},
            "effect": {"percent": {"rate": 10_000}},
            "limits": [{"scope": "holder", "measure": "units", "window": {"month": {}}, "max": 2}],
        }],
    })
}

fn holders() -> Value {
    json!([
        {"holder": "h-1", "entitlements": [{"group": "member"}], "identifiers": [{"scheme": "eid", "value": "SECRET-1"}]},
        {"holder": "h-2", "identifiers": [{"scheme": "eid", "value": "SECRET-2"}]},
    ])
}

fn request(number: u32) -> Value {
    json!({
        "request_id": format!("0190f6a2-0000-7000-8000-{number:012}"), "occurred_at": "2026-11-18T08:12:00+02:00",
        "currency": "EUR", "identifiers": [{"scheme": "eid", "value": "secret 1"}],
        "lines": [{"line_id": "1", "product": "bus.single", "quantity": 1, "unit_price": 100}],
    })
}

fn requests(count: u32) -> Value {
    (1..=count).map(request).collect()
}

/// The files of one test, each of which it may spoil.
struct Files {
    folder: Folder,
    catalogue: String,
    holders: String,
    requests: String,
}

impl Files {
    fn new(test: &str) -> Self {
        let folder = Folder::new(test);
        let catalogue = folder.write("catalogue.json", &catalogue());
        let holders = folder.write_lines("holders.ndjson", &holders());
        let requests = folder.write_lines("requests.ndjson", &requests(3));
        Self { folder, catalogue, holders, requests }
    }

    fn decide(&self, more: &[&str]) -> Ran {
        avis(&self.arguments(more))
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let files = ["--catalogue", &self.catalogue, "--holders", &self.holders, "--requests", &self.requests];
        [&["decide", "--provider", "bus"], &files[..], more].concat()
    }
}

fn payables(ran: &Ran) -> Vec<i64> {
    ran.answers().iter().map(|answer| answer["payable"].as_i64().unwrap()).collect()
}

#[test]
fn the_corpus_comes_out_to_the_cent() {
    let folder = Folder::new("corpus");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/core/tests/data/decisions.ndjson");
    for row in std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let catalogue = folder.write("catalogue.json", &row["catalogue"]);
        let holders = folder.write_lines("holders.ndjson", &row["holders"]);
        let requests = folder.write_lines("requests.ndjson", &row["requests"]);
        let files = ["--catalogue", &catalogue, "--holders", &holders, "--requests", &requests];
        let ran = avis(&[&["decide", "--provider", row["provider"].as_str().unwrap()], &files[..]].concat());
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", row["name"]);
        let expected = row["expect"].as_array().unwrap();
        let answers = ran.answers();
        assert_eq!(answers.len(), expected.len());
        for (expected, answer) in expected.iter().zip(&answers) {
            assert_eq!(avis_core::mismatches(expected, answer), [], "{}", row["name"]);
        }
    }
}

#[test]
fn each_request_sees_the_usage_of_those_before_it_unless_stateless() {
    let files = Files::new("usage");
    assert_eq!(payables(&files.decide(&[])), [0, 0, 100]);
    assert_eq!(payables(&files.decide(&["--stateless"])), [0, 0, 0]);
}

/// The table of normal forms, at a till: who is registered by one way of writing is known by the other, and nothing identifies nobody.
#[test]
fn who_is_registered_in_one_form_is_known_in_another() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/core/tests/data/normal_forms.ndjson");
    let files = Files::new("decide-forms");
    let mut decided = 0;
    for line in std::fs::read_to_string(table).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let shown = |value: &Value| json!([{"scheme": case["scheme"], "value": value}]);
        for (known, presented) in [("value", "normal"), ("normal", "value")] {
            let (known, presented) = (&case[known], &case[presented]);
            let person = json!([{"holder": "h", "entitlements": [{"group": "member"}], "identifiers": shown(known)}]);
            let mut request = request(1);
            request["identifiers"] = shown(presented);
            files.folder.write_lines("holders.ndjson", &person);
            files.folder.write_lines("requests.ndjson", &json!([request]));
            let ran = files.decide(&[]);
            if case["normal"] == "" {
                assert_eq!(ran.code, 2, "{line}: what identifies nobody is refused: {}", ran.out);
            } else {
                assert_eq!((ran.code, &ran.answers()[0]["payable"]), (0, &json!(0)), "{line}: {}", ran.err);
                decided += 1;
            }
        }
    }
    assert!(decided > 40, "{decided}");
}

#[test]
fn an_answer_has_nothing_that_only_a_record_has() {
    let answer = &Files::new("answer").decide(&[]).answers()[2];
    let fields: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["discount", "gross", "lines", "main_reason", "outcome", "payable", "reasons", "request_id"]);
    assert_eq!((&answer["outcome"], &answer["reasons"]), (&json!("declined"), &json!(["limit_reached"])));
}

#[test]
fn requests_come_from_the_standard_input_too() {
    let mut files = Files::new("input");
    files.requests = "-".into();
    let ran = avis_fed(&files.arguments(&[]), &format!("\n{}\n", request(1)));
    assert_eq!((ran.code, payables(&ran)), (0, vec![0]));
}

#[test]
fn who_sends_one_by_one_is_answered_one_by_one() {
    let mut files = Files::new("conversation");
    files.requests = "-".into();
    let mut conversation = Conversation::start(&files.arguments(&[]));
    for payable in [0, 0, 100] {
        assert_eq!(conversation.say(&request(1))["payable"], payable);
    }
}

#[test]
fn a_field_that_stands_twice_is_refused_and_not_half_read() {
    let mut files = Files::new("twice");
    let text = catalogue().to_string();
    files.catalogue = files.folder.write("twice.json", &format!(r#"{}, "benefits": []}}"#, text.trim_end_matches('}')));
    let ran = files.decide(&[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
}

#[test]
fn explaining_tells_people_and_programs_why() {
    let files = Files::new("explain");
    let told = files.decide(&["--explain"]);
    assert_eq!(told.code, 0, "{}", told.err);
    for part in ["two-trips version 1 (Two trips)", "✓ member_of", "has reached its limit", "state pays €1.00"] {
        assert!(told.out.contains(part), "`{part}` in\n{}", told.out);
    }
    let first = told.out.lines().next().unwrap();
    assert_eq!(first, "h-1 pays nothing of €1.00: Two trips, paid by state.", "what it comes to is said first");
    let third = told.out.split("\n\n").nth(2).unwrap();
    let said = "h-1 pays all of €1.00: the quota is used up (2 of 2 units used by the holder that month (until 30 November 2026), 0 left).";
    assert!(third.starts_with(said), "{third}");
    let latvian = files.decide(&["--explain", "--language", "lv"]).out;
    assert!(latvian.starts_with("h-1 nemaksā neko no 1,00\u{a0}€: Divi braucieni, sedz state."), "{latvian}");
    let traced = files.decide(&["--explain", "--json"]).answers();
    assert_eq!(traced[0]["explanation"], first);
    let limit = &traced[2]["trace"]["turns"][0]["limits"][0];
    assert_eq!((&limit["used"], &limit["max"], &limit["left"]), (&json!(2), &json!(2), &json!(0)));
    assert_eq!((&limit["until"], &limit["window"]), (&json!("2026-11-30"), &json!({"month": {}})));
    assert_eq!(traced[0]["trace"]["candidates"][0]["when"]["answer"], "true");
    assert_eq!(traced[2]["trace"]["turns"][0]["turn"], "limit_reached");
    assert_eq!(files.decide(&["--json"]).code, 2, "a trace must be asked for");
    for out in [told.out, traced[0].to_string()] {
        assert!(!out.to_lowercase().contains("secret"), "no value of an identifier is told");
    }
}

#[test]
fn a_bad_catalogue_is_refused_whole_with_every_error() {
    let mut files = Files::new("bad-catalogue");
    let mut bad = catalogue();
    bad["benefits"][0]["effect"]["percent"]["rate"] = json!(10_001);
    bad["benefits"][0]["slot"] = json!("nowhere");
    bad["groups"][0]["colour"] = json!("red");
    files.catalogue = files.folder.write("bad.json", &bad);
    let ran = files.decide(&[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    for path in ["/benefits/0/effect/percent/rate", "/benefits/0/slot", "/groups/0/colour"] {
        assert!(ran.err.contains(path), "{path} in\n{}", ran.err);
    }
}

#[test]
fn a_bad_holder_in_the_middle_names_its_line_and_nothing_is_decided() {
    let mut files = Files::new("bad-holders");
    let good = holders()[0].to_string();
    let twice = json!({"holder": "h-3", "identifiers": [{"scheme": "eid", "value": "secret1"}]});
    files.holders = files.folder.write("bad.ndjson", &format!("{good}\n{{\"holder\": \n\n{twice}\n{good}\n"));
    let ran = files.decide(&[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    for place in ["bad.ndjson:2:", "bad.ndjson:4: /identifiers/0:", "bad.ndjson:5: /holder:"] {
        assert!(ran.err.contains(place), "{place} in\n{}", ran.err);
    }
    assert!(!ran.err.to_lowercase().contains("secret"), "{}", ran.err);
}

#[test]
fn a_bad_request_in_the_middle_is_answered_as_such_and_the_others_go_on() {
    let mut files = Files::new("bad-requests");
    let mut negative = request(2);
    negative["lines"][0]["quantity"] = json!(-1);
    let long = "x".repeat(avis_core::limits::REQUEST_BYTES_MAX + 1);
    let text = format!("{}\nnot json\n{negative}\n{long}\n{}\n", request(1), request(3));
    files.requests = files.folder.write("bad.ndjson", &text);
    let ran = files.decide(&[]);
    let answers = ran.answers();
    assert_eq!((ran.code, answers.len()), (1, 5));
    assert_eq!((&answers[0]["payable"], &answers[4]["payable"]), (&json!(0), &json!(0)));
    for (answer, line) in answers[1..4].iter().zip(2..) {
        assert_eq!((&answer["code"], &answer["line"]), (&json!("invalid_request"), &json!(line)));
        assert!(ran.err.contains(&format!("bad.ndjson:{line}:")), "{}", ran.err);
    }
    assert_eq!(answers[2]["errors"][0]["pointer"], "/lines/0/quantity");
}

#[test]
fn files_that_are_not_there_or_no_files_are_named() {
    let files = Files::new("no-files");
    for (option, path) in [
        ("--catalogue", "nowhere.json"),
        ("--holders", "nowhere.ndjson"),
        ("--requests", "nowhere"),
        ("--holders", files.folder.path()),
    ] {
        let mut arguments = files.arguments(&[]);
        let place = arguments.iter().position(|argument| *argument == option).unwrap();
        arguments[place + 1] = path;
        let ran = avis(&arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""));
        assert!(ran.err.contains(path), "{}", ran.err);
    }
}

#[test]
fn a_provider_that_the_catalogue_does_not_name_is_warned_of_and_has_what_is_for_all() {
    let files = Files::new("no-provider");
    let mut arguments = files.arguments(&[]);
    arguments[2] = "tram";
    let ran = avis(&arguments);
    assert_eq!((ran.code, payables(&ran)), (0, vec![0, 0, 100]));
    assert!(ran.err.contains("no provider `tram`"), "{}", ran.err);
}

#[test]
fn the_demo_explains_the_free_day_at_the_desk_and_half_price_in_the_app() {
    let file = |name: &str| demo_data().join(name).to_str().unwrap().to_owned();
    let (catalogue, holders, requests) = (file("catalogue.json"), file("holders.ndjson"), file("requests.ndjson"));
    let files = ["--catalogue", &catalogue, "--holders", &holders, "--requests", &requests, "--provider", "atd"];
    let ran = avis(&[&["decide"], &files[..]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(payables(&ran)[..2], [0, 357]);
    let told = avis(&[&["decide", "--explain"], &files[..]].concat()).out;
    let (desk, app) = told.split_once("\n\n").unwrap();
    assert!(desk.contains("€7.15 by lv-goda-gimene-free-day"), "{desk}");
    assert!(app.starts_with("h-anna pays €3.57 of €7.15: ") && app.contains(", paid by lv-state.\n"), "{app}");
    assert!(app.contains("✗ channel {\"in\":[\"desk\",\"conductor\"]} — read \"app\""), "{app}");
    assert!(app.contains("€3.58 by lv-goda-gimene "), "{app}");
}

#[test]
fn the_manual_page_has_every_command_and_option() {
    let page = avis(&["man"]).out;
    assert!(page.starts_with(".TH AVIS 1 ") && page.contains("\n.SH NAME\navis \\- "), "{page}");
    let help = avis(&["--help"]).out;
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let names = listed.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
    let names: Vec<_> = names.filter(|name| *name != "help").collect();
    assert!(names.len() > 15, "{help}");
    for name in names {
        assert!(page.contains(&format!(".SS \"avis {name}")), "{name}");
    }
    for part in ["\\fB\\-\\-explain\\fR", ".SS \"avis key rotate TERMINAL\"", "avis decide \\-\\-catalogue"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

/// A shell completes what `--help` lists: bash itself is asked, the scripts of the others name every command.
#[test]
fn shells_complete_every_command_and_option() {
    let help = avis(&["--help"]).out;
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let names: Vec<&str> =
        listed.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next()).collect();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = avis(&["completions", shell]);
        assert_eq!(script.code, 0, "{}", script.err);
        for name in &names {
            assert!(script.out.contains(name), "{shell}: {name}");
        }
    }
    let files = Folder::new("completions");
    let script = format!("{}/avis.bash", files.path());
    std::fs::write(&script, avis(&["completions", "bash"]).out).unwrap();
    let completed = |words: &str, place: usize| -> String {
        let asked = format!(
            "source {script}; COMP_WORDS=({words}); COMP_CWORD={place}; _avis avis \"${{COMP_WORDS[{place}]}}\" avis; \
             echo \"${{COMPREPLY[@]}}\""
        );
        let ran = std::process::Command::new("bash").args(["--norc", "-c", &asked]).output().unwrap();
        String::from_utf8(ran.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(completed("avis imp", 1), "import");
    assert_eq!(completed("avis import --cat", 2), "--catalogue");
    assert_eq!(completed("avis completions fi", 2), "fish");
    let wrong = avis(&["completions", "tcsh"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("tcsh") && wrong.err.contains("bash"), "{}", wrong.err);
}

#[test]
fn every_command_helps_with_examples() {
    for arguments in [
        &["--help"][..],
        &["decide", "--help"],
        &["check", "--help"],
        &["demo", "--help"],
        &["serve", "--help"],
        &["status", "--help"],
        &["backup", "--help"],
        &["replay", "--help"],
        &["audit", "--help"],
        &["events", "--help"],
        &["man", "--help"],
        &["completions", "--help"],
        &["sign-in", "--help"],
        &["sign-out", "--help"],
        &["benefit", "--help"],
        &["people", "--help"],
        &["day", "--help"],
        &["report", "--help"],
    ] {
        let ran = avis(arguments);
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("Example"), "{}", ran.out);
    }
}
