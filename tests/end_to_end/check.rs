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
    let why = "lv-goda-gimene-free-day version 2 takes 708 off 1 unit(s)";
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
    assert!(avis(&["check", &path]).err.contains(": unknown slot `"), "alone it refers to nothing");
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
}
