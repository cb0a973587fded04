//! `avis check`.

use serde_json::Value;

use crate::program::{Folder, avis, demo_data};

fn demo_catalogue() -> Value {
    serde_json::from_slice(&std::fs::read(demo_data().join("catalogue.json")).unwrap()).unwrap()
}

#[test]
fn the_demo_catalogue_passes() {
    let ran = avis(&["check", demo_data().join("catalogue.json").to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("ok: ") && ran.out.contains(" cases pass"), "{}", ran.out);
}

#[test]
fn a_changed_rate_fails_with_the_case_and_the_part_of_the_answer() {
    let mut catalogue = demo_catalogue();
    let benefits = catalogue["benefits"].as_array_mut().unwrap();
    let free_day = benefits.iter_mut().rfind(|benefit| benefit["code"] == "lv-goda-gimene-free-day");
    free_day.unwrap()["effect"]["percent"]["rate"] = 9_900.into();
    let path = Folder::new("changed-rate").write("catalogue.json", &catalogue);
    let ran = avis(&["check", &path]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("FAILED  T1 1.6"), "{}", ran.out);
    assert!(ran.out.contains("/payable: expected 0, got 7"), "{}", ran.out);
    let why = "lv-goda-gimene-free-day version 2 takes €7.08 off 1 unit;";
    assert!(ran.out.contains(why), "a case that fails explains what it got: {}", ran.out);
}

/// Each rate of each version is covered by a case; those of the test means by the test that sends their table.
#[test]
fn no_rate_of_the_demo_can_be_changed_unnoticed() {
    let folder = Folder::new("every-rate");
    let catalogue = demo_catalogue();
    let mut changed = 0;
    for place in 0..catalogue["benefits"].as_array().unwrap().len() {
        let mut other = catalogue.clone();
        if other["benefits"][place]["scope"]["providers"]["codes"][0] == "test-till" {
            continue;
        }
        let Some(rate) = other["benefits"][place].pointer_mut("/effect/percent/rate") else { continue };
        let nearby = rate.as_i64().unwrap() - 100;
        *rate = nearby.into();
        let code = other["benefits"][place]["code"].clone();
        let ran = avis(&["check", &folder.write("catalogue.json", &other)]);
        assert_eq!(ran.code, 1, "the rate of {code} at place {place}: {}", ran.out);
        changed += 1;
    }
    assert!(changed > 10, "the demo has rates");
}

#[test]
fn a_catalogue_that_is_not_valid_is_refused_with_its_places() {
    let mut catalogue = demo_catalogue();
    catalogue["benefits"][0]["effect"] = serde_json::json!({"percent": {"rate": 10_001}});
    let path = Folder::new("not-valid").write("catalogue.json", &catalogue);
    let ran = avis(&["check", &path]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("/benefits/0/effect/percent/rate"), "{}", ran.err);
}

#[test]
fn a_fault_names_the_line_and_the_entry_and_what_may_have_been_meant() {
    let text = std::fs::read_to_string(demo_data().join("catalogue.json")).unwrap();
    let wrong = text.replacen("\"rounding\"", "\"roundign\"", 1);
    let line = 1 + wrong.lines().position(|line| line.contains("roundign")).unwrap();
    let path = Folder::new("line").write("catalogue.json", &wrong);
    let ran = avis(&["check", &path]);
    assert_eq!(ran.code, 2);
    for part in [&format!("{path}:{line}: /benefits/"), " (benefit `", "` version ", "did you mean `rounding`?"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
}

#[test]
fn a_single_new_version_is_checked_beside_the_rules_that_there_are() {
    let (files, demo) = (Folder::new("beside"), demo_data().join("catalogue.json"));
    let demo = demo.to_str().unwrap();
    let catalogue = demo_catalogue();
    let benefits = catalogue["benefits"].as_array().unwrap();
    let mut next = benefits.iter().rfind(|benefit| benefit["code"] == "lv-goda-gimene-free-day").unwrap().clone();
    let alone = |benefit: &Value| serde_json::json!({"currency": "EUR", "benefits": [benefit]});
    next["effect"]["percent"]["rate"] = 9_000.into();
    let path = files.write("changed.json", &alone(&next));
    assert!(avis(&["check", &path]).err.contains(": unknown slot"), "alone it refers to nothing");
    let ran = avis(&["check", &path, "--beside", demo]);
    assert!(
        ran.code == 2
            && ran.err.contains(
                "/benefits/0/effect (benefit `lv-goda-gimene-free-day` version 2): this version is published"
            ),
        "{}",
        ran.err
    );
    next["version"] = 3.into();
    let path = files.write("next.json", &alone(&next));
    let ran = avis(&["check", &path, "--beside", demo]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.contains("FAILED  T1 1.6"), "the cases of the demo are run with it: {}", ran.out);
    let folder = format!("{}/avis", files.path());
    let imported = avis(&["import", "--folder", &folder, "--catalogue", demo]);
    assert_eq!(imported.code, 0, "{}", imported.err);
    let published = avis(&["check", &path, "--beside", &folder]);
    assert_eq!((published.code, published.out), (ran.code, ran.out), "beside an installation: {}", published.err);
    let nothing = avis(&["check", &path, "--beside", files.path()]);
    assert!(nothing.code == 2 && nothing.err.contains("there is no installation in this folder"), "{}", nothing.err);
}

/// A text that is no JSON is told with the line of the file on which it stops being it.
#[test]
fn what_is_no_json_is_told_with_its_line() {
    for (text, told) in [
        (
            "{\"currency\": \"EUR\",\n \"currency\": \"EUR\"}",
            "2: document: malformed JSON: a field stands twice in one object at line 2",
        ),
        ("{\n\n\"benefits\": [],\n}", "4: document: malformed JSON: trailing comma at line 4 column 1"),
        ("{\"currency\" \"EUR\"}", "1: document: malformed JSON: expected `:` at column 13"),
    ] {
        let path = Folder::new("no-json").write("catalogue.json", text);
        let ran = avis(&["check", &path]);
        assert!(ran.code == 2 && ran.err.contains(&format!("{path}:{told}")), "{told}: {}", ran.err);
    }
}

/// The first thing that somebody who writes rules reads.
#[test]
fn the_first_catalogue_of_the_page_on_rules_passes() {
    let page = include_str!("../../docs/rules.md").split("## A first catalogue").nth(1).unwrap();
    let json = page.split("```json").nth(1).unwrap().split("```").next().unwrap();
    let path = Folder::new("first-catalogue").write("catalogue.json", json);
    let ran = avis(&["check", &path]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("1 version of a benefit is valid, 1 case passes"), "{}", ran.out);
    let failing = files_with("first-catalogue-changed", json, "5000", "4000");
    assert_eq!(avis(&["check", &failing]).code, 1, "the case shows what the rule does");
}

/// What is right and seldom meant.
#[test]
fn a_night_that_is_torn_at_midnight_is_warned_of() {
    let page = include_str!("../../docs/rules.md").split("```json").nth(1).unwrap().split("```").next().unwrap();
    let night = |start: &str, until: &str| {
        let when = format!(
            r#""service_day_start": "{start}", "when": {{"all": [{{"member_of": {{"groups": ["pupil"]}}}},
                {{"weekday": {{"in": [1]}}}}, {{"time_of_day": {{"from": "06:00", "until": "{until}"}}}}]}}"#
        );
        avis(&["check", &files_with("night", page, r#""when": {"member_of": {"groups": ["pupil"]}}"#, &when)])
    };
    let torn = night("00:00", "02:00");
    assert!(torn.code == 0 && torn.out.contains("1 case passes"), "{}{}", torn.out, torn.err);
    assert!(
        torn.err.contains("warning: ") && torn.err.contains("/benefits/0/when (benefit `town-pupils` version 1): "),
        "{}",
        torn.err
    );
    for (start, until) in [("04:00", "02:00"), ("00:00", "22:00"), ("00:00", "00:00")] {
        assert_eq!(night(start, until).err, "", "{start} {until}");
    }
}

fn files_with(test: &str, text: &str, part: &str, other: &str) -> String {
    assert!(text.contains(part), "{part}");
    Folder::new(test).write("catalogue.json", &text.replacen(part, other, 1))
}
